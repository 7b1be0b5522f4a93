"""The one way of writing kept rows, watched; and how a test goes behind its back to see whether that is found."""

from __future__ import annotations

import re
from typing import Any

import db
from db.engine import Database
from db.table import kept_tables
from db.unit import OF_THE_UNIT

WRITES = re.compile(r"""\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)""", re.IGNORECASE)
WATCHED = {*(str(table.__tablename__) for table in kept_tables()), db.Change.__tablename__}

_DISARM = {
    "sqlite": ["DROP TRIGGER IF EXISTS change_stays_update", "DROP TRIGGER IF EXISTS change_stays_delete"],
    "postgresql": ["DROP TRIGGER IF EXISTS change_stays ON change"],
}


def refuse_what_is_not_of_the_unit(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    writes = WRITES.match(statement)
    if writes is None or writes[1] not in WATCHED:
        return
    if context is None or not OF_THE_UNIT.items() <= context.execution_options.items():
        raise AssertionError(f"{writes[1]} is written past the unit of work: {statement[:200]}")


async def tamper(database: Database, *statements: str) -> None:
    """What somebody with the rights of an owner can do: take the triggers away, then write as they like."""
    async with database.writing() as connection:
        for statement in _DISARM[connection.dialect.name]:
            await connection.exec_driver_sql(statement)
        for statement in statements:
            done = await connection.exec_driver_sql(statement, execution_options=OF_THE_UNIT)
            assert done.rowcount != 0, f"nothing was tampered with: {statement}"
