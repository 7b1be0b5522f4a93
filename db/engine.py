"""The one place that opens a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
_WRITE_LOCK = 20110912  # any number will do, as long as every process takes the same


class Database:
    """One database, with its two ways in: a snapshot to read from, and the write lock."""

    def __init__(self, url: str) -> None:
        parts = make_url(url)
        self.url = parts.set(drivername=_DRIVERS.get(parts.drivername, parts.drivername))
        if self.url.get_backend_name() == "sqlite":
            self._writer = _sqlite(self.url, begin="BEGIN IMMEDIATE")
            self.reader = _sqlite(self.url, begin="BEGIN", query_only="ON")
        else:
            self._writer = create_async_engine(self.url, pool_pre_ping=True)
            self.reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One snapshot for all that is read in it; a write is an error."""
        async with self.reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """The write lock and a transaction: raising rolls back, returning commits."""
        async with self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
            yield connection

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """For a change of the tables. SQLite changes one by copying it, and would miss what refers to it meanwhile."""
        if self.url.get_backend_name() != "sqlite":
            async with self.writing() as connection:
                yield connection
            return
        engine = _sqlite(self.url, begin="BEGIN IMMEDIATE", foreign_keys="OFF")
        try:
            async with engine.begin() as connection:
                yield connection
                broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"the migration leaves {len(broken)} references that lead nowhere")
        finally:
            await engine.dispose()

    async def close(self) -> None:
        await self.reader.dispose()
        await self._writer.dispose()


def _sqlite(url: URL, *, begin: str, **pragmas: str) -> AsyncEngine:
    """Transactions are ours to begin: those of the driver are no snapshots."""
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url)
    settings = {"foreign_keys": "ON", "busy_timeout": "10000", "synchronous": "FULL", **pragmas}

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        for name, value in settings.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine
