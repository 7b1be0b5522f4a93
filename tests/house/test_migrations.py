"""The migrations build the tables of the code, and go down and up again."""

import asyncio

from sqlalchemy import Connection, inspect

from db.engine import Database
from isu import migrate


async def tables(url: str) -> set[str]:
    def names(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    database = Database(url)
    async with database.reading() as connection:
        found = await connection.run_sync(names)
    await database.close()
    # SQLite keeps its full text in tables of its own making.
    return {name for name in found if not name.startswith("search_words")}


def test_migrations_and_tables_agree_and_go_down_and_up_again(empty_database_url: str) -> None:
    migrate.check(empty_database_url)
    there = asyncio.run(tables(empty_database_url))

    migrate.go_back(empty_database_url, "base")
    assert asyncio.run(tables(empty_database_url)) == {"alembic_version"}

    migrate.migrate(empty_database_url)
    assert asyncio.run(tables(empty_database_url)) == there
    migrate.check(empty_database_url)


def test_the_tables_are_those_that_the_code_names(empty_database_url: str) -> None:
    from db.table import Table

    assert asyncio.run(tables(empty_database_url)) - {"alembic_version"} == set(Table.metadata.tables)
