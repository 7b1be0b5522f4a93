"""Where each field of the API comes from, said once.

A `Shape` is a type of the API over a table; a `Declaration` says where one of its fields comes from; an `Asked` is
such a field with the arguments of one request. None of them knows GraphQL.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, Table

from mandate import actor as callers
from mandate.actor import Actor
from resolvers.error import UserError

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2099, 12, 31)
"""What is computed year by year has to end somewhere."""


def within_the_calendar(year: int) -> None:
    """A year that a question is about, or a mistake in the question."""
    if not FIRST_DAY.year <= year <= LAST_DAY.year:
        raise UserError(f"The year lies between {FIRST_DAY.year} and {LAST_DAY.year}.")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition may look at besides its own value: the field's other arguments, and the day."""

    args: Mapping[str, Any]
    actor: Actor
    today: date

    @property
    def as_of(self) -> date:
        """The day asked about; today where none was named."""
        day: date = self.args.get("as_of") or self.today
        if not FIRST_DAY <= day <= LAST_DAY:
            raise UserError(f"The day lies between {FIRST_DAY} and {LAST_DAY}.")
        return day


Condition = Callable[[Any, Scope], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Order:
    """A column, or an expression, to sort by. Where it can be empty, the empty ones come first."""

    column: ColumnElement[Any]
    descending: bool = False

    @property
    def nullable(self) -> bool:
        return bool(getattr(self.column, "nullable", True))


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of the type's own table, by name: one type may stand over several tables."""

    name: str
    convert: Callable[[Any], Any] | None = None
    needs: callers.Scope | None = None
    """Null for a caller whose key has not this scope, in rows that they may see."""
    table: Table | None = None
    """Whose column it is, where it is not read by name alone."""


@dataclass(frozen=True, slots=True, eq=False)
class One:
    """The row that a foreign key points to: of the type's own table, or of one that its foreign key points to."""

    path: tuple[str, ...]
    table: Table | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """The row of another table that has the key of this one for its own, if there is one: the two are kept together."""

    key: SqlColumn[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Many:
    """The rows that point here with a foreign key, in one statement for all parents; without one, a root list.

    The key may stand in a table between the two, such as that of a document's authors.
    """

    foreign_key: SqlColumn[Any] | None
    order_by: tuple[Order, ...] = ()
    only: ColumnElement[bool] | None = None
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    on: str | None = None
    """The column of the parent that it points to; the primary key where none is named."""
    guard: Callable[[Scope], None] | None = None
    """Raises for those who may not ask at all: an empty list would tell them that there is nothing."""
    table: Table | None = None
    """Where one type stands over several tables: which."""


@dataclass(frozen=True, slots=True, eq=False)
class Page(Many):
    """The same, a page at a time: keyset cursors, totalCount under the same conditions."""

    orders: Mapping[str, SqlColumn[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A pure function of what was read for the row, and of the field's arguments."""

    function: Callable[..., Any]
    uses: tuple[Column | Many, ...]
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """A row that a computed value names: the attribute holds the value, the column is where it is looked up.

    A tuple names several, in its order. Without a column the value says what it names: the type, and the key.
    """

    attribute: str
    column: SqlColumn[Any] | None


Declaration = Column | One | Beside | Many | Derived | Ref


@dataclass(slots=True, eq=False)
class Shape:
    """A type of the API: over a table (or several alike), or, without one, over computed values."""

    name: str
    make: Callable[[], Any]
    table: Table | None = None
    only: ColumnElement[bool] | None = None

    @property
    def key(self) -> SqlColumn[Any]:
        assert self.table is not None  # noqa: S101  only asked of shapes over a table
        (key,) = self.table.primary_key.columns
        return key


@dataclass(frozen=True, slots=True)
class Free:
    """Stands in a question for a value that comes with each asking."""

    name: str


Selection = Mapping[str, Sequence["Asked"]]
"""What is asked of an object, by the name of its shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A field, with the arguments of this request and what is asked of what it leads to."""

    name: str
    key: Hashable
    declaration: Declaration | None
    args: Mapping[str, Any]
    targets: tuple[Shape, ...] = ()
    inner: Selection = field(default_factory=dict)
    counts: bool = False
    """Of a page: whether totalCount is wanted."""
    lists: bool = True
    """Of a page: whether anything but totalCount is."""
    places: bool = True
    """Of a page: whether a cursor is."""
    times: int = 1
    """As how many copies it is written out, for one value may be asked for under several names."""
    stays: bool = False
    """It is kept, to be asked again: what is made of it may be kept with it."""


def answer_key(name: str, args: Mapping[str, Any]) -> Hashable:
    """Two fields of one name with the same arguments share one answer, whatever they are called."""
    return name if not args else (name, frozen(args))


def frozen(value: Any) -> Hashable:
    """What may be a key of a mapping; equal values have equal keys."""
    if isinstance(value, Mapping):
        return tuple(sorted((key, frozen(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return tuple(frozen(inner) for inner in value)
    kept: Hashable = value
    return kept
