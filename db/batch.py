"""All rows of a table in the order of its key, without ever holding all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Enum, FromClause, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

_AT_ONCE = 2_000


async def in_batches(
    connection: AsyncConnection, table: FromClause, at_once: int = _AT_ONCE
) -> AsyncIterator[Sequence[Any]]:
    """In one order on both engines: keys are by code point."""
    names = [column.key for column in table.primary_key]
    key = [_by_code_point(connection, table.c[name]) for name in names]
    last: Sequence[Any] | None = None
    while True:
        more = select(table).order_by(*key).limit(at_once)
        if last is not None:
            given = (literal(value, table.c[name].type) for name, value in zip(names, last, strict=True))
            more = more.where(tuple_(*key) > tuple_(*given))
        batch = (await connection.execute(more)).all()
        if not batch:
            return
        yield batch
        last = [batch[-1]._mapping[name] for name in names]  # noqa: SLF001  its public name is the same


def _by_code_point(connection: AsyncConnection, column: Any) -> Any:
    """Text of ours has the collation already; the names of an enum do not."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, Enum):
        return column.collate("C")
    return column
