"""A database to the newest revision, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from db.engine import Database

_SCRIPTS = Path(__file__).parent.parent / "migrations"


def newest_revision() -> str:
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    assert head is not None  # noqa: S101  there is at least the first migration
    return head


async def revision_of(database: Database) -> str | None:
    """The revision that a database is at; None for an empty one, and for a file that is not there yet."""
    if not database.is_there:
        return None
    async with database.reading() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


def migrate(url: str, revision: str = "head") -> None:
    _run(url, lambda config: command.upgrade(config, revision))


def go_back(url: str, revision: str) -> None:
    _run(url, lambda config: command.downgrade(config, revision))


def check(url: str) -> None:
    """Raises where the tables in the code are not those that the migrations build."""
    _run(url, command.check)


def new_revision(url: str, message: str) -> None:
    _run(url, lambda config: command.revision(config, message, autogenerate=True))


def _run(url: str, act: Callable[[Config], object]) -> None:
    def within(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
        config.attributes["connection"] = connection
        act(config)

    async def run() -> None:
        database = Database(url)
        try:
            async with database.writing() as connection:
                await connection.run_sync(within)
        finally:
            await database.close()

    asyncio.run(run())
