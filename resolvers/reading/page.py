"""Pages by keyset: a cursor is a place in an order, and stays one while rows come and go."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    String,
    UnaryExpression,
    and_,
    bindparam,
    or_,
    tuple_,
    type_coerce,
)

from db.table import placed
from resolvers.error import UserError
from resolvers.reading.declaration import Free, Order

DEFAULT_SIZE = 20
LARGEST_SIZE = 250
_LONGEST_CURSOR = 2_000
_LEAST, _GREATEST = -(2**31), 2**31 - 1
"""What a column of numbers holds: PostgreSQL refuses to compare it with more."""

Place = Sequence[Any]
"""Where a row stands in an order: numbers and days as they are, everything else as the text that it is kept as."""


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    cursor: str
    """Empty where nobody asks for one."""
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
        """What a cursor is made of."""
        return [_comparable(order) for order in self.orders]

    @property
    def limit(self) -> BindParameter[int]:
        """One more than the page holds. Said as a number: who plans for any number plans for a tenth of all rows."""
        return bindparam("limit", self.size + 1, type_=Integer, unique=True, literal_execute=True)

    def by(self, key: ColumnElement[Any], instead: ColumnElement[Any]) -> Keyset:
        """The same, said by a column that equals the key."""
        same = copy(self)
        same.orders = tuple(replace(each, column=instead) if each.column is key else each for each in self.orders)
        return same

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
        edges = [Edge(self.cursor(values) if values else "", node) for node, values in kept]
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

        Said as `a >= x and (a, b) > (x, y)`, so that an index is of use: where one of a pair is an expression, SQLite
        finds the place by the first alone. Where the columns go different ways, there is no pair to compare.
        """
        values = [
            value if isinstance(value, BindParameter) else bindparam(None, value, type_=_kind(order))
            for order, value in zip(self.orders, place, strict=True)
        ]
        steps = list(zip(self.orders, self.columns, values, strict=True))
        if len(steps) > 1 and len({order.descending for order in self.orders}) == 1:
            _, first, value = steps[0]
            upwards = self.orders[0].descending != later
            pair, limit = tuple_(*self.columns), tuple_(*values)
            beyond = pair > limit if upwards else pair < limit
            if not any(order.nullable for order in self.orders):
                return beyond
            return and_(first >= value if upwards else first <= value, beyond)
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
        except (ValueError, TypeError):
            raise UserError(f"{name} is not a cursor of this API.") from None
        if order != self._name or len(values) != len(self.orders):
            raise UserError(f"{name} is a cursor of another list or order.")
        try:
            return tuple(_read(order, value) for order, value in zip(self.orders, values, strict=True))
        except ValueError:
            raise UserError(f"{name} is not a cursor of this API.") from None


@lru_cache(maxsize=1_000)
def _told(column: ColumnElement[Any]) -> str:
    """SQLAlchemy compiles what it tells."""
    return str(column)


_Kind = type[Integer] | type[Date] | type[String]
_LEAST_OF: Mapping[_Kind, str | int] = {Integer: _LEAST, Date: str(date.min), String: ""}


def _kind(order: Order) -> _Kind:
    return next((kind for kind in (Integer, Date) if isinstance(order.column.type, kind)), String)


def _read(order: Order, value: object) -> Any:
    """What a cursor holds, as the column holds it; ValueError where it can not."""
    kind = _kind(order)
    if kind is Integer and type(value) is int and _LEAST <= value <= _GREATEST:
        return value
    if kind is Date and isinstance(value, str):
        return date.fromisoformat(value)
    if kind is String and isinstance(value, str) and "\0" not in value:
        return value
    raise ValueError


def _comparable(order: Order) -> ColumnElement[Any]:
    kind, column = _kind(order), order.column
    if kind is String and type(column.type) is not String:
        column = type_coerce(column, String)
    return placed(column, _LEAST_OF[kind]) if order.nullable else column
