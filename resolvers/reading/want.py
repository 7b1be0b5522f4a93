"""What is asked for, as it is to be written out: a tree of names, which a plan is made for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from db.driver import Convert
from resolvers.reading.declaration import Asked, Ref, Shape


class Unplanned(Exception):  # noqa: N818 - it reads as what happened
    """A plan can not do it, or may not: this is for the reader."""


@dataclass(frozen=True, slots=True, eq=False)
class Want:
    """A field as it is written out."""

    name: str
    asked: Asked | None = None
    """None for what is the same in every object."""
    complete: Convert | None = None
    """From a value to what is written; None where that is the same."""
    known_as: Hashable = None
    """What writes alike, in whatever plan."""
    constant: Any = None
    required: bool = False
    inner: Mapping[str, Sequence[Want]] = field(default_factory=dict)
    """By the name of the shape that it leads to."""
    page: Sequence[PageWant] = ()
    named: Sequence[NamedRows] = ()
    """Rows that are named in what `complete` writes."""


@dataclass(slots=True, eq=False)
class NamedRows:
    """A row that a computed value names, or several.

    Writing the value leaves a place for it. All that were left open are filled at once, when their rows are there.
    """

    want: Want
    open: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    """What is being written, and the key of what belongs into it."""

    @property
    def by_kind(self) -> bool:
        """Whether the value says of which kind it is."""
        return self.ref.column is None

    @property
    def ref(self) -> Ref:
        assert self.want.asked is not None  # noqa: S101
        assert isinstance(self.want.asked.declaration, Ref)  # noqa: S101
        return self.want.asked.declaration

    @property
    def targets(self) -> Sequence[Shape]:
        assert self.want.asked is not None  # noqa: S101
        return self.want.asked.targets

    def leave(self, written: dict[str, Any], key: Any) -> None:
        written[self.want.name] = None
        self.open.append((written, key))

    def take(self) -> list[tuple[dict[str, Any], Any]]:
        left, self.open = self.open, []
        return left


@dataclass(frozen=True, slots=True, eq=False)
class PageWant:
    """A field of a page, or of an edge."""

    name: str
    what: str
    """As the schema calls it."""
    rows: Sequence[Want] = ()
    parts: Sequence[PageWant] = ()
    constant: Any = None


Wants = Sequence[Want]
