"""How a type, and each of its fields, says where it comes from."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import strawberry
from sqlalchemy import ColumnElement
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

import schema.enum  # noqa: F401  before any type is declared
from mandate import actor as callers
from resolvers import reading
from resolvers.reading import Declaration, Many, Order, Page, Scope, Shape
from resolvers.reading.declaration import Condition
from schema.id import encode_id
from schema.reading.where import READ, matching

T = TypeVar("T")


SHAPE = "__shape__"


@strawberry.interface(description="Whatever has an id of its own, for `node` and `nodes`")
class Node:
    id: strawberry.ID


TABLES: dict[str, str] = {}
"""By the name of a type with ids, the table that it stands over."""
ONLY: dict[str, ColumnElement[bool]] = {}
"""By its name, the condition on its rows, where it does not stand over all of them."""
NO_NODES = {"Account": "account", "ApiKey": "api_key", "Webhook": "webhook"}
"""Types whose ids the journal and the acts take, but not `node`, which answers everybody."""
ELSEWHERE = {
    **dict.fromkeys(NO_NODES, "`viewer` shows it to its holder"),
    "Export": "`export` shows it to its holder",
    "MandateRuleSet": "`mandateRuleSets` shows it",
    "Upload": "the acts that keep a file take it",
}
"""All whose ids are given out and are no nodes, and what knows them instead."""


def node(
    table: Any, *, only: ColumnElement[bool] | None = None, key: str | None = None, **options: Any
) -> Callable[[type[T]], type[T]]:
    """A type over a table, with its global id."""

    def declare(cls: type[T]) -> type[T]:
        columns = table.__table__.primary_key.columns.keys()
        cls.__annotations__["id"] = strawberry.ID
        cls.id = column(key or columns[0], convert=partial(encode_id, cls.__name__))  # type: ignore[attr-defined]
        TABLES[cls.__name__] = table.__tablename__
        if only is not None:
            ONLY[cls.__name__] = only
        return over(table, only=only, **options)(cls)

    return declare


def over(table: Any, *, only: ColumnElement[bool] | None = None, **options: Any) -> Callable[[type[T]], type[T]]:
    """A type over a table, without an id."""

    def declare(cls: type[T]) -> type[T]:
        made: type[T] = strawberry.type(cls, **options)
        setattr(made, SHAPE, Shape(made.__name__, partial(object.__new__, made), table.__table__, only))
        return made

    return declare


def names_rows(cls: type[T]) -> type[T]:
    """A type of computed values, some of whose fields are rows of ours."""
    setattr(cls, SHAPE, Shape(cls.__name__, partial(object.__new__, cls)))
    return cls


COMPUTED: dict[str, Callable[[str], Any]] = {}
"""By the name of a type with ids that no table holds, what makes the object of a key; None where there is none."""


def computed(name: str, by_key: Callable[[str], Any]) -> Callable[[type[T]], type[T]]:
    """A type with ids over values that no table holds."""
    COMPUTED[name] = by_key
    return lambda cls: cls


def column(
    attribute: Any,
    *,
    convert: Callable[[Any], Any] | None = None,
    needs: callers.Scope | None = None,
    description: str | None = None,
) -> Any:
    """A column of the type's own table; null for those whose key lacks the scope that it needs."""
    return _field(dataclasses.replace(_column(attribute, convert), needs=needs), description=description)


def one(*path: Any, description: str | None = None) -> Any:
    """What a foreign key points to; with several, each belongs to what the one before points to."""
    declaration = reading.One(tuple(step.key for step in path), table=sql_of(path[0]).table)
    return _field(declaration, description=description)


def beside(key: Any, *, description: str | None = None) -> Any:
    """The row of another table that has the key of this one for its own, if there is one."""
    return _field(reading.Beside(sql_of(key)), description=description)


def many(
    foreign_key: Any = None,
    *,
    order_by: Sequence[Any] = (),
    only: ColumnElement[bool] | None = None,
    on: Any = None,
    table: Any = None,
    arguments: Iterable[Argument] = (),
    description: str | None = None,
) -> Any:
    """A plain list, for closed sets."""
    arguments = tuple(arguments)
    declaration = rows(foreign_key, order_by=order_by, only=only, on=on, table=table, arguments=arguments)
    return _field(declaration, arguments, description=description)


def rows(
    foreign_key: Any = None,
    *,
    order_by: Sequence[Any] = (),
    only: ColumnElement[bool] | None = None,
    on: Any = None,
    table: Any = None,
    arguments: Iterable[Argument] = (),
) -> Many:
    """The declaration behind `many`; as it stands, what a derived field uses: without a key, the same for all."""
    return Many(
        None if foreign_key is None else sql_of(foreign_key),
        tuple(_order(each) for each in order_by),
        only,
        {a.name: a.condition for a in arguments if a.condition is not None},
        None if on is None else on.key,
        table=None if table is None else table.__table__,
    )


def connection(
    foreign_key: Any = None,
    *,
    where: type | None = None,
    order_by: tuple[type, Mapping[str, Any]] | None = None,
    default_order: Sequence[Any] = (),
    only: ColumnElement[bool] | None = None,
    on: Any = None,
    guard: Callable[[Scope], None] | None = None,
    arguments: Iterable[Argument] = (),
    description: str | None = None,
) -> Any:
    """A list that grows, a page at a time."""
    extra = list(arguments)
    if where is not None:
        extra.append(Argument("where", where, matching(where)))
    orders: dict[str, Any] = {}
    if order_by is not None:
        order_input, fields = order_by
        orders = {name: sql_of(attribute) for name, attribute in fields.items()}
        extra.append(Argument("order_by", list[order_input]))  # type: ignore[valid-type]
    declaration = Page(
        None if foreign_key is None else sql_of(foreign_key),
        tuple(_order(each) for each in default_order),
        only,
        {a.name: a.condition for a in extra if a.condition is not None},
        None if on is None else on.key,
        guard,
        None,
        orders,
    )
    return _field(declaration, [*extra, *_PAGING], description=description)


def derived(
    function: Callable[..., Any],
    *,
    uses: Sequence[Any],
    arguments: Iterable[Argument] = (),
    description: str | None = None,
) -> Any:
    """A pure function of columns and rows of ours, in the order of `uses`, and of the field's arguments."""
    arguments = tuple(arguments)
    used = tuple(use if isinstance(use, Many) else _column(use) for use in uses)
    declaration = reading.Derived(function, used, tuple(a.name for a in arguments))
    return _field(declaration, arguments, description=description)


def ref(attribute: str, target: Any = None, *, description: str | None = None) -> Any:
    """A row that a computed value names in one of its attributes; without a target, by its type and its key."""
    column = None if target is None else sql_of(target)
    return _field(reading.Ref(attribute, column), description=description, init=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Lookup:
    """A root field that finds one object by a unique column."""

    columns: Mapping[str, Any]


def lookup(arguments: Sequence[Argument], columns: Mapping[str, Any], *, description: str | None = None) -> Any:
    return _field(Lookup(columns), arguments, description=description)


@dataclasses.dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field and, where it narrows a list, the condition that it stands for."""

    name: str
    type: Any
    condition: Condition | None = None
    default: Any = strawberry.UNSET
    description: str | None = None
    required: bool = False

    def declared(self) -> StrawberryArgument:
        return StrawberryArgument(
            python_name=self.name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(self.type if self.required else self.type | None),
            default=inspect.Parameter.empty if self.default is strawberry.UNSET else self.default,
            description=self.description,
        )


_PAGING = (
    Argument("first", int, description="How many from the front: 20 where nothing is said, 250 at most"),
    Argument("after", str, description="After this cursor"),
    Argument("last", int, description="How many from the back, instead of `first`"),
    Argument("before", str, description="Before this cursor"),
)


def _field(
    declaration: Declaration | Lookup,
    arguments: Iterable[Argument] = (),
    *,
    description: str | None,
    init: bool = True,
) -> Any:
    made: Any = strawberry.field(metadata={READ: declaration}, description=description)
    made.init = init
    made.arguments = [argument.declared() for argument in arguments]
    return made


def _column(attribute: Any, convert: Callable[[Any], Any] | None = None) -> reading.Column:
    """By name alone where one type stands over several tables."""
    if isinstance(attribute, str):
        return reading.Column(attribute, convert)
    return reading.Column(attribute.key, convert, table=sql_of(attribute).table)


def sql_of(attribute: Any) -> Any:
    return attribute.property.columns[0]


def down(attribute: Any) -> Order:
    """The latest, the greatest first."""
    return Order(sql_of(attribute), descending=True)


def _order(by: Any) -> Order:
    if isinstance(by, Order):
        return by
    return Order(sql_of(by) if hasattr(by, "property") else by)
