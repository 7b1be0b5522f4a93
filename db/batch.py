"""All rows of a table in the order of its key, without ever holding all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Enum, FromClause, Select, String, literal, select, tuple_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

_AT_ONCE = 2_000
_NO_VALUE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What the types of columns raise for what they can not hold."""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """Stands for a row that holds what is no value of its columns: somebody has written past them."""

    key: tuple[Any, ...]


async def in_batches(
    connection: AsyncConnection, table: FromClause, at_once: int = _AT_ONCE, *, whatever_they_hold: bool = False
) -> AsyncIterator[Sequence[Any]]:
    """In one order on both engines: keys are by code point. Raises where a row can not be read, or has another stand
    for it."""
    names = [column.key for column in table.primary_key]
    key = [_by_code_point(connection, table.c[name]) for name in names]
    last: Sequence[Any] | None = None
    while True:
        more = select(table).order_by(*key).limit(at_once)
        if last is not None:
            given = (_literal(value, table.c[name]) for name, value in zip(names, last, strict=True))
            more = more.where(tuple_(*key) > tuple_(*given))
        try:
            batch: Sequence[Any] = (await connection.execute(more)).all()
        except _NO_VALUE:
            if not whatever_they_hold:
                raise
            batch = await _one_by_one(connection, table, more)
        if not batch:
            return
        yield batch
        last = _key(batch[-1], names)


async def _one_by_one(connection: AsyncConnection, table: FromClause, some: Select[Any]) -> list[Any]:
    """So that one row takes none of the others with it."""
    key = list(table.primary_key)
    found: list[Any] = []
    # Also a key may hold what its column can not.
    for values in (await connection.execute(some.with_only_columns(*map(_as_it_is, key)))).all():
        alone = select(table).where(*(_as_it_is(column) == value for column, value in zip(key, values, strict=True)))
        try:
            found.append((await connection.execute(alone)).one())
        except _NO_VALUE:
            found.append(UnreadableRow(tuple(values)))
    return found


def _key(row: Any, names: Sequence[str]) -> Sequence[Any]:
    return row.key if isinstance(row, UnreadableRow) else [row._mapping[name] for name in names]  # noqa: SLF001  its public name is the same


def _literal(value: Any, column: Any) -> Any:
    """Of an enum, what is read as text is the name of none."""
    return literal(value, String() if type(value) is str and isinstance(column.type, Enum) else column.type)


def _as_it_is(column: Any) -> Any:
    return type_coerce(column, String()) if isinstance(column.type, Enum) else column


def _by_code_point(connection: AsyncConnection, column: Any) -> Any:
    """Text of ours has the collation already; the names of an enum do not."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, Enum):
        return column.collate("C")
    return column
