"""A database to the newest revision, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from db import feed, search
from db.engine import Database
from db.table import Table
from isu.revision import SCRIPTS, newest_revision, revision_in
from resolvers.change import adopt
from resolvers.error import UserError


def migrate(url: str, revision: str = "head") -> None:
    _run(url, lambda config: command.upgrade(config, revision), then=_adopt)


def go_back(url: str, revision: str) -> None:
    _run(url, lambda config: command.downgrade(config, revision))


def check(url: str) -> None:
    """Raises where the tables in the code are not those that the migrations build."""
    _run(url, command.check)


def new_revision(url: str, message: str) -> None:
    _run(url, lambda config: command.revision(config, message, autogenerate=True))


async def _adopt(connection: AsyncConnection, before: str | None) -> None:
    """The migration that brings the journal finds rows that are older: they enter it in the same transaction.
    What is searched and what is fed are made anew: they may be younger than the rows, or tell more of them.

    Only where a migration has run: whoever slips a row past the journal shall not have it adopted by `isu migrate`.
    """
    after = await connection.run_sync(revision_in)
    if after == newest_revision() and before not in (None, after):
        await adopt(connection)
        await search.rebuild(connection)
        await feed.rebuild(connection)


def _check_empty(connection: Connection) -> None:
    """Tables that somebody else made, or whose revision was lost, are not built upon: nobody knows what is in them."""
    there = sorted({*inspect(connection).get_table_names()} & {*Table.metadata.tables})
    if there:
        raise UserError(
            f"The database has tables already ({there[0]}, …), and its alembic_version names no revision: "
            "restore it from a backup, or name an empty database in ISU_DATABASE_URL."
        )


def _run(
    url: str,
    act: Callable[[Config], object],
    then: Callable[[AsyncConnection, str | None], Awaitable[None]] | None = None,
) -> None:
    def within(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
        config.attributes["connection"] = connection
        try:
            act(config)
        except CommandError as error:
            raise UserError(f"{error}.") from error

    async def run() -> None:
        database = Database(url)
        try:
            async with database.migrating() as connection:
                before = await connection.run_sync(revision_in)
                if before is None:
                    await connection.run_sync(_check_empty)
                await connection.run_sync(within)
                if then is not None:
                    await then(connection, before)
        finally:
            await database.close()

    asyncio.run(run())
