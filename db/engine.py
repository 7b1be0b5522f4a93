"""The one place that opens a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

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
            self.reader = _sqlite(_read_only(self.url), begin="BEGIN", query_only="ON")
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

    @property
    def is_there(self) -> bool:
        """Whether there is anything to connect to, as far as that can be told without asking."""
        return self.url.get_backend_name() != "sqlite" or Path(self.url.database or "").exists()

    async def close(self) -> None:
        await self.reader.dispose()
        await self._writer.dispose()


def _read_only(url: URL) -> URL:
    """Opened so, a file that is not there is not made."""
    return url.set(database=f"file:{quote(url.database or '')}", query={"mode": "ro", "uri": "true"})


def _sqlite(url: URL, *, begin: str, **pragmas: str) -> AsyncEngine:
    """Transactions are ours to begin: those of the driver are no snapshots."""
    if url.database and not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url)
    if "query_only" not in pragmas:
        pragmas["journal_mode"] = "WAL"
    settings = {"foreign_keys": "ON", "busy_timeout": "10000", "synchronous": "FULL", **pragmas}

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for name, value in settings.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    path = Path(unquote((url.database or "").removeprefix("file:")))

    def remember(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["file"] = path.stat().st_ino

    def is_still_the_file(_connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        """A file that was deleted, or replaced by a restored one, must not go on answering from the pool."""
        if not path.exists() or path.stat().st_ino != record.info["file"]:
            raise DisconnectionError

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "connect", remember)
    event.listen(engine.sync_engine, "checkout", is_still_the_file)
    event.listen(engine.sync_engine, "begin", start)
    return engine
