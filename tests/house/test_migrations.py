"""The migrations build the tables of the code, and go down and up again."""

import asyncio

from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, inspect
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex

from db.engine import Database
from isu import migrate
from isu.revision import SCRIPTS, newest_revision
from tests.conftest import ON_SQLITE


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


def test_the_newest_revision_is_that_of_alembic() -> None:
    assert newest_revision() == ScriptDirectory(str(SCRIPTS)).get_current_head()


async def over_expressions(url: str) -> dict[str, str]:
    """By name, the words of SQLite's indices."""
    database = Database(url)
    async with database.reading() as connection:
        indices = await connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
        found = {str(each.name): str(each.sql) for each in indices if "coalesce" in (each.sql or "")}
    await database.close()
    return found


@ON_SQLITE
def test_indices_over_expressions_outlive_the_copying_of_their_tables(empty_database_url: str) -> None:
    # Neither SQLAlchemy nor Alembic sees them on SQLite.
    from db.table import Table

    declared = {
        str(index.name): str(CreateIndex(index).compile(dialect=sqlite.dialect()))
        for table in Table.metadata.tables.values()
        for index in table.indexes
        if not all(isinstance(each, Column) for each in index.expressions)
    }
    found = asyncio.run(over_expressions(empty_database_url))

    assert found
    assert found == declared


def test_the_tables_are_those_that_the_code_names(empty_database_url: str) -> None:
    from db.table import Table

    assert asyncio.run(tables(empty_database_url)) - {"alembic_version"} == set(Table.metadata.tables)
