"""At which revision a database is, and which is the newest; without Alembic, of which a server has no other need."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from db.engine import Database

SCRIPTS = Path(__file__).parent.parent / "migrations"

_MADE = re.compile(r"""^(revision|down_revision) = (?:["'](\w+)["']|None)$""", re.MULTILINE)
_VERSION = table("alembic_version", column("version_num"))


@cache
def newest_revision() -> str:
    """The one that no other follows."""
    said: list[dict[str, str]] = [
        dict(_MADE.findall(script.read_text())) for script in (SCRIPTS / "versions").glob("*.py")
    ]
    (newest,) = {each["revision"] for each in said} - {each["down_revision"] for each in said}
    return newest


async def revision_of(database: Database) -> str | None:
    """The revision that a database is at; None for an empty one, and for a file that is not there yet."""
    if not database.is_there:
        return None
    async with database.reading() as connection:
        return await connection.run_sync(revision_in)


def revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.execute(select(_VERSION.c.version_num)).scalar_one_or_none()
    return found
