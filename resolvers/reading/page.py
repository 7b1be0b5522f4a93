"""Pages by keyset: a cursor is a place in an order, and stays one while rows come and go."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Integer, String, UnaryExpression, and_, bindparam, func, or_, type_coerce

from resolvers.error import UserError
from resolvers.reading.declaration import Free, Order

DEFAULT_SIZE = 20
LARGEST_SIZE = 250
_LONGEST_CURSOR = 2_000
_LEAST, _GREATEST = -(2**31), 2**31 - 1
"""What a column of numbers holds: PostgreSQL refuses to compare it with more."""

Place = Sequence[Any]
"""Where a row stands in an order: numbers as numbers, everything else as the text that it is kept as."""


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    cursor: str
    node: Any


@dataclass(frozen=True, slots=True)
class Connected:
    """A page as the API shows it."""

    edges: Sequence[Edge]
    nodes: Sequence[Any]
    page_info: PageInfo
    total_count: int | None


class Keyset:
    """One page of an order: how many, from which place, in which direction."""

    def __init__(self, orders: Sequence[Order], args: Mapping[str, Any]) -> None:
        self.orders = tuple(orders)
        first, last = args.get("first"), args.get("last")
        after, before = args.get("after"), args.get("before")
        if first is not None and last is not None:
            raise UserError("Ask for the first or for the last, not for both.")
        for name, size in (("first", first), ("last", last)):
            if size is not None and not 0 <= size <= LARGEST_SIZE:
                raise UserError(f"{name} is {size}; a page has from 0 to {LARGEST_SIZE} objects.")
        self.backwards = last is not None
        self.size: int = next((n for n in (first, last) if n is not None), DEFAULT_SIZE)
        self._after = None if after is None else self.place("after", after)
        self._before = None if before is None else self.place("before", before)

    @property
    def begins_after(self) -> bool:
        return self._after is not None

    @property
    def ends_before(self) -> bool:
        return self._before is not None

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """What a cursor is made of: empty values read as the least there is, so that they have a place too."""
        return [_comparable(order) for order in self.orders]

    def order_by(self) -> list[UnaryExpression[Any]]:
        return [
            column.desc() if order.descending != self.backwards else column.asc()
            for order, column in zip(self.orders, self.columns, strict=True)
        ]

    def condition(self) -> ColumnElement[bool] | None:
        parts = []
        if self._after is not None:
            parts.append(self._beyond(self._after, later=True))
        if self._before is not None:
            parts.append(self._beyond(self._before, later=False))
        return and_(*parts) if parts else None

    def page(self, items: Sequence[tuple[Any, Place]], total: int | None) -> Connected:
        """From one more item than the page holds, each with the values of its place."""
        more = len(items) > self.size
        kept = list(items[: self.size])
        if self.backwards:
            kept.reverse()
        edges = [Edge(self.cursor(values), node) for node, values in kept]
        return Connected(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                has_next_page=self.ends_before if self.backwards else more,
                has_previous_page=more if self.backwards else self.begins_after,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            total_count=total,
        )

    def _beyond(self, place: Place, *, later: bool) -> ColumnElement[bool]:
        """Behind the place in this order: beyond it in one column, and level with it in those before.

        Said as `a >= x and (a > x or …)`, so that an index over the first column is of use.
        """
        steps = list(zip(self.orders, self.columns, place, strict=True))
        condition: ColumnElement[bool] | None = None
        for order, column, value in reversed(steps):
            upwards = order.descending != later
            beyond = column > value if upwards else column < value
            if condition is None:
                condition = beyond
            else:
                level = column >= value if upwards else column <= value
                condition = and_(level, or_(beyond, condition))
        assert condition is not None  # noqa: S101  an order has at least the primary key
        return condition

    def free(self, cursor: Free) -> list[str]:
        """The parameters in which a place stands that comes with each asking."""
        return [f"{cursor.name}_{number}" for number in range(len(self.orders))]

    @cached_property
    def _name(self) -> str:
        return ",".join(f"{'-' if o.descending else ''}{_told(o.column)}" for o in self.orders)

    def cursor(self, values: Place) -> str:
        raw = orjson.dumps([self._name, *values])
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def place(self, name: str, cursor: str | Free) -> Place:
        """A cursor of ours, for this very order; whatever else is told from a fault of ours."""
        if isinstance(cursor, Free):
            free = zip(self.free(cursor), self.orders, strict=True)
            return [bindparam(each, type_=_kind(order)) for each, order in free]
        if len(cursor) > _LONGEST_CURSOR:
            raise UserError(f"{name} is not a cursor of this API.")
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
            order, *values = orjson.loads(raw)
        except (ValueError, TypeError, binascii.Error, orjson.JSONDecodeError):
            raise UserError(f"{name} is not a cursor of this API.") from None
        if order != self._name or len(values) != len(self.orders):
            raise UserError(f"{name} is a cursor of another list or order.")
        if not all(_may_stand(order, value) for order, value in zip(self.orders, values, strict=True)):
            raise UserError(f"{name} is not a cursor of this API.")
        return tuple(values)


@lru_cache(maxsize=1_000)
def _told(column: ColumnElement[Any]) -> str:
    """SQLAlchemy compiles what it tells."""
    return str(column)


def _counts(order: Order) -> bool:
    return isinstance(order.column.type, Integer)


def _kind(order: Order) -> type[Integer] | type[String]:
    return Integer if _counts(order) else String


def _may_stand(order: Order, value: object) -> bool:
    if _counts(order):
        return type(value) is int and _LEAST <= value <= _GREATEST
    return isinstance(value, str) and "\0" not in value


def _comparable(order: Order) -> ColumnElement[Any]:
    column: ColumnElement[Any] = order.column if _counts(order) else type_coerce(order.column, String)
    if not order.nullable:
        return column
    return func.coalesce(column, _LEAST if _counts(order) else "")
