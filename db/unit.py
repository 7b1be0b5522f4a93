"""The one way by which kept rows are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, inspect, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.table import Table

Key = tuple[Any, ...]
"""The primary key of a row, in the order of its columns."""


class Unit:
    """All that one act writes, on the connection that holds the write lock."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
        """New rows, in their order; each names every column."""
        if rows:
            await self._connection.execute(insert(table), rows)

    async def change(self, table: type[Table], changes: Sequence[tuple[Key, Mapping[str, Any]]]) -> None:
        """Rows that are there already; one statement for all in which the same columns change."""
        key_columns = inspect(table).primary_key
        alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for key, values in changes:
            named = {f"key_{column.key}": part for column, part in zip(key_columns, key, strict=True)}
            alike[tuple(sorted(values))].append({**named, **values})
        statement = update(table).where(*(column == bindparam(f"key_{column.key}") for column in key_columns))
        for parameters in alike.values():
            await self._connection.execute(statement, parameters)
