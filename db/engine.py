"""The one place that opens a database."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import quote, unquote

import aiosqlite
import structlog
from aiosqlite.core import _STOP_RUNNING_SENTINEL, set_exception, set_result
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from db.dialect import from_json, to_json
from db.driver import Driver, PostgresqlDriver, SqliteDriver
from db.sending import GROWN, HEAD, Grown, Head, Writing, ending

STATEMENT_SECONDS = 5.0
CLOSE_SECONDS = 1.0
LOCK_SECONDS = 0.001
"""After which the write lock of a SQLite file is looked for again, where another process has it."""
WATCH_SECONDS = 0.05
"""How often whoever listens looks whether a SQLite file was written: to look takes some microseconds."""
_TOLD = 20
"""How often they are told of what was written, so for a second: it can be read only once it is safe on the disk."""
# So many steps take SQLite some milliseconds. Asked more often, it would wait for Python's lock each time.
_STEPS = 100_000

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
ERASED = "erased"
"""The mark of a connection on which something personal was erased."""
MOVED = "moved"
"""The mark of a connection on which the journal grew."""
_CHANNEL = "isu_journal"
_MOST_GROWN = 100
MOST_READING = 15
_UNBOUND = {"max_overflow": -1}
"""Who writes waits for their turn, and who reads for a place, so that no pool need set a bound. One would not hold:
where whoever takes a connection is cancelled while a dead one is replaced, SQLAlchemy takes its place back when Python
happens to collect its garbage, and not before."""
_LOCK = "BEGIN IMMEDIATE"
_ONE_KEPT = {"pool_size": 1, **_UNBOUND}
_SSLMODE = "sslmode"
_WRITE_LOCK = 20110912  # any number will do, as long as every process takes the same

log = structlog.get_logger(__name__)


class Database:
    """One database, with its two ways in: a snapshot to read from, and the write lock."""

    def __init__(self, url: str, *, statement_seconds: float | None = None) -> None:
        """A statement that takes longer is stopped; whoever loads or migrates sets no bound."""
        self.committed: Callable[[], None] | None = None
        """Told after each commit of this process."""
        self.url = _address(url)
        self._grown: OrderedDict[Head, Grown] = OrderedDict()
        """How the journal grew of late by what this process wrote, by where it stood before."""
        self._last: Head | None = None
        """Where it stood when it was last seen under the write lock."""
        self._idle: Writing | None = None
        """Kept open, where nothing is written."""
        self._places = asyncio.Semaphore(MOST_READING)
        self._turn = asyncio.Lock()
        """Before the write lock of the database, who writes in this process waits for this one: so they come in turn,
        one connection is enough, and where the journal stood last is known when the other lock is asked for. No bound
        is set, for whoever holds it has one."""
        if self.url.get_backend_name() == "sqlite":
            self._writer = _sqlite(self.url, begin=_LOCK, seconds=statement_seconds, pool=_ONE_KEPT)
            reading = _read_only(self.url)
            self.reader = _sqlite(reading, begin="BEGIN", seconds=statement_seconds, pool=_UNBOUND, query_only="ON")
            self.driver: Driver = SqliteDriver(reading, self.reader.dialect)
        else:
            # Kept by the server, so that it holds even where this process hangs.
            settings = {} if statement_seconds is None else {"statement_timeout": str(round(statement_seconds * 1000))}
            connect_args = {"server_settings": settings}
            self._writer = _postgresql(self.url, connect_args=connect_args, **_ONE_KEPT)
            event.listen(self._writer.sync_engine, "checkout", _is_open)
            reader = _postgresql(self.url, connect_args=connect_args, pool_pre_ping=True, **_UNBOUND)
            self.reader = reader.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self.driver = PostgresqlDriver(self.url, self.reader.dialect, statement_seconds)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One snapshot for all that is read in it; a write is an error."""
        async with self._places, self.reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writing]:
        """The write lock and a transaction: raising rolls back, returning commits."""
        if self._writer.dialect.name != "postgresql":
            connection = Writing(self._writer)
            async with self._turn, connection:
                _forget(connection)
                async with connection.begin():
                    yield connection
                    await connection.flush()
                self._note(connection)
                if connection.info.pop(ERASED, False):
                    await _empty_log(connection)
            return
        # In one piece, for each part of it that waits by itself would cost as much as some statements do.
        async with self._turn:
            connection = await self._one_open()
            try:
                transaction = connection.starts()
                try:
                    await connection.lock(_WRITE_LOCK, self._last)
                    yield connection
                    await connection.flush()
                    if connection.info.get(MOVED, False):
                        # Sent by the commit, to whoever waits in another process.
                        connection.ends_with(f"NOTIFY {_CHANNEL}")
                except BaseException as error:
                    await connection.run_sync(ending, transaction, error)
                    raise
                await connection.run_sync(ending, transaction, None)
                self._note(connection)
            finally:
                if connection.is_as_before:
                    self._idle = connection
                else:
                    await connection.__aexit__(None, None, None)

    async def _one_open(self) -> Writing:
        """That was used before, where it is as it was then: to take one from the pool, and to give it back, takes
        longer than to ask the database something."""
        connection, self._idle = self._idle, None
        if connection is not None and not connection.is_as_before:
            await connection.close()
            connection = None
        if connection is None:
            connection = Writing(self._writer)
            await connection.start()
        _forget(connection)
        return connection

    def _note(self, connection: Writing) -> None:
        """What was committed."""
        self._last = connection.info.get(HEAD, self._last)
        grown: Grown | None = connection.info.get(GROWN)
        if grown is not None:
            self._grown[grown.stood] = grown
            if len(self._grown) > _MOST_GROWN:
                self._grown.popitem(last=False)
        if self.committed is not None:
            self.committed()

    def written_between(self, stood: Head, stands: Head) -> frozenset[str] | None:
        """The tables in which the journal tells of changes between two of its ends; None where others wrote too, or
        that is forgotten."""
        tables: set[str] = set()
        while stood != stands:
            grown = self._grown.get(stood)
            if grown is None:
                return None
            tables |= grown.tables
            stood = grown.ends
        return frozenset(tables)

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """For a change of the tables. SQLite changes one by copying it, and would miss what refers to it meanwhile."""
        if self.url.get_backend_name() != "sqlite":
            async with self.writing() as connection:
                yield connection
            return
        engine = _sqlite(self.url, begin=_LOCK, foreign_keys="OFF")
        try:
            async with engine.begin() as connection:
                yield connection
                broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"the migration leaves {len(broken)} references that lead nowhere")
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def listening(self, told: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
        """Told whenever another process may have moved the journal, until the event says that the connection was lost.

        What was told while nobody listened is lost, and so may be what is written to a SQLite file for long before it
        is committed.
        """
        lost = asyncio.Event()
        if self.url.get_backend_name() == "sqlite":
            log = Path(f"{self.url.database}-wal")
            watching = asyncio.create_task(_watch(log, _stand(log), told))
            try:
                yield lost
            finally:
                watching.cancel()
            return
        engine = create_async_engine(self.url, poolclass=NullPool, hide_parameters=True)
        try:
            async with engine.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                driver.add_termination_listener(lambda _driver: lost.set())
                await driver.add_listener(_CHANNEL, lambda *_: told())
                yield lost
        finally:
            await engine.dispose()

    @property
    def is_there(self) -> bool:
        """Whether there is anything to connect to, as far as that can be told without asking."""
        return self.url.get_backend_name() != "sqlite" or Path(self.url.database or "").exists()

    async def close(self) -> None:
        await self.driver.close()
        if self._idle is not None:
            await self._idle.close()
            self._idle = None
        await self.reader.dispose()
        await self._writer.dispose()


def _address(text: str) -> URL:
    url = make_url(text)
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    mode = url.query.get(_SSLMODE)
    # As libpq calls it, and with it nearly everybody; asyncpg takes the same words by another name.
    return url if mode is None else url.difference_update_query([_SSLMODE]).update_query_dict({"ssl": mode})


_Stand = tuple[int, int]


async def _watch(log: Path, seen: _Stand | None, told: Callable[[], None]) -> None:
    """SQLite tells nobody, but whoever commits writes to this file, from whatever process."""
    owed = 0
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if (stands := _stand(log)) != seen:
            seen, owed = stands, _TOLD
        if owed:
            owed -= 1
            told()


def _stand(file: Path) -> _Stand | None:
    """None where it is not there: the last who closes the database empties it, and takes it away."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _forget(connection: Writing) -> None:
    """What was known of it when it was used last."""
    for left in (MOVED, HEAD, GROWN):
        connection.info.pop(left, None)


def _postgresql(url: URL, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url, hide_parameters=True, json_serializer=to_json, json_deserializer=from_json, **options
    )
    event.listen(engine.sync_engine, "handle_error", _without_values)
    return engine


def _is_open(_connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """A connection that the server has ended is not taken. It is not asked: an act that is cut off is done again."""
    driver: Any = record.driver_connection
    if driver.is_closed():
        raise DisconnectionError


def _without_values(context: ExceptionContext) -> None:
    """Errors are logged: what PostgreSQL adds as DETAIL is the row itself, and an error about a value quotes it."""
    link: Any = context.original_exception
    while link is not None:
        link.detail = link.hint = None
        if isinstance(link, ValueError) or str(getattr(link, "sqlstate", None)).startswith("22"):
            for each in (context.sqlalchemy_exception, context.original_exception, link):
                if each is not None:
                    each.args = (f"{type(link).__name__}: the value does not fit",)
        link = link.__cause__


def _read_only(url: URL) -> URL:
    """Opened so, a file that is not there is not made."""
    return url.set(database=f"file:{quote(url.database or '')}", query={"mode": "ro", "uri": "true"})


async def _empty_log(connection: AsyncConnection) -> None:
    """Its pages hold what was erased. What was committed stays so, even if somebody reads from them for too long."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    with suppress(sqlite3.OperationalError):
        await (await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()


def _close_in_time(driver: Any) -> None:
    """Whoever is cancelled closes twice, and the thread that answered the first would never answer the second.

    So both wait for the same closing, and for no longer than is good: what is left of it is left alone.
    """
    close = driver.close
    closing: asyncio.Task[None] | None = None
    abandoned = False

    async def close_once() -> None:
        nonlocal closing, abandoned
        if closing is None:
            closing = asyncio.create_task(close())
            # Its error is told to those who wait for it, if there still are any.
            closing.add_done_callback(lambda task: task.cancelled() or task.exception())
        done, _ = await asyncio.wait({closing}, timeout=0 if abandoned else CLOSE_SECONDS)
        if not done and not abandoned:
            abandoned = True
            log.warning("database.close_abandoned", seconds=CLOSE_SECONDS)
            closing.cancel()
            driver.stop()
        elif done and not closing.cancelled():
            closing.result()

    driver.close = close_once


class _Cursor:
    """As SQLAlchemy asks for one, but the thread of the connection is asked once for a statement, and not four times:
    to make a cursor, to execute, to fetch, and to close. That took longer than most statements do."""

    def __init__(self, driver: Any, deadline: _Deadline, patience: float) -> None:
        self._driver = driver
        self._deadline = deadline
        self._patience = patience
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = self.lastrowid = -1
        self.arraysize = 1

    async def __aenter__(self) -> _Cursor:
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> None:
        await self._driver._execute(self._run, "execute", statement, parameters)  # noqa: SLF001 - aiosqlite's way in

    async def executemany(self, statement: str, parameters: Any) -> None:
        await self._driver._execute(self._run, "executemany", statement, parameters)  # noqa: SLF001

    async def execute_all(self, statements: Sequence[tuple[str, Any, bool]]) -> list[int]:
        """Each with its parameters, and whether those are many sets of them; says on how many rows each was."""
        found: list[int] = await self._driver._execute(self._run_all, statements)  # noqa: SLF001
        return found

    def _run_all(self, statements: Sequence[tuple[str, Any, bool]]) -> list[int]:
        found = []
        with closing(self._driver._conn.cursor()) as cursor:  # noqa: SLF001
            for statement, parameters, many in statements:
                self._deadline.begin()
                (cursor.executemany if many else cursor.execute)(statement, parameters)
                found.append(cursor.rowcount)
        return found

    def _run(self, verb: str, statement: str, parameters: Any) -> None:
        with closing(self._driver._conn.cursor()) as cursor:  # noqa: SLF001
            if statement == _LOCK:
                self._lock(cursor)
            else:
                getattr(cursor, verb)(statement, parameters)
            self.description, self._rows = cursor.description, cursor.fetchall()
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid

    def _lock(self, cursor: sqlite3.Cursor) -> None:
        """SQLite itself would look again after longer and longer pauses, of 0.1 s in the end: whoever waits for many
        acts of another process would come last each time."""
        ends = time.monotonic() + self._patience
        cursor.execute("PRAGMA busy_timeout = 0")
        while not self._locks(cursor, ends):
            time.sleep(LOCK_SECONDS)
        # Where it was not had, nothing else is done by this connection before it is looked for again.
        cursor.execute(f"PRAGMA busy_timeout = {round(self._patience * 1000)}")

    def _locks(self, cursor: sqlite3.Cursor, ends: float) -> bool:
        try:
            cursor.execute(_LOCK)
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or self._deadline.is_over() or time.monotonic() >= ends:
                raise
            return False
        return True

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = []


class _Deadline:
    """When the statement that runs on a SQLite connection must have ended: SQLite itself asks, now and then."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = math.inf if seconds is None else seconds
        self._ends = math.inf

    def begin(self) -> None:
        self._ends = time.monotonic() + self._seconds

    def end_now(self) -> None:
        self._ends = -math.inf

    def is_over(self) -> bool:
        return time.monotonic() >= self._ends


def _opened(*given: Any, **more: Any) -> aiosqlite.Connection:
    connection = aiosqlite.connect(*given, **more)
    connection._thread = Thread(target=_work, args=(connection._tx,), daemon=True)  # noqa: SLF001
    return connection


def _work(asked: SimpleQueue[Any]) -> None:
    """As aiosqlite does it; but who was cancelled may have closed their loop by the time at which they are answered."""
    result = None
    while result is not _STOP_RUNNING_SENTINEL:
        future, function = asked.get()
        try:
            result = function()
            answer = partial(set_result, future, result)
        except BaseException as error:
            answer = partial(set_exception, future, error)
        if future is not None:
            with suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(answer)


def _sqlite(
    url: URL, *, begin: str, seconds: float | None = None, pool: Mapping[str, int] | None = None, **pragmas: str
) -> AsyncEngine:
    """Transactions are ours to begin: those of the driver are no snapshots."""
    if url.database and not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"connect_args": {"async_creator_fn": _opened}, **(pool or {})}
    engine = create_async_engine(
        url, hide_parameters=True, json_serializer=to_json, json_deserializer=from_json, **options
    )
    if "query_only" not in pragmas:
        pragmas["journal_mode"] = "WAL"
    # A wait for the write lock is part of a statement, but no step of it.
    patience = 10.0 if seconds is None else seconds
    settings = {
        "foreign_keys": "ON",
        "busy_timeout": round(patience * 1000),
        "synchronous": "FULL",
        # What is erased leaves the file too, once the write-ahead log is emptied into it.
        "secure_delete": "ON",
        **pragmas,
    }

    def prepare(connection: Any, record: Any) -> None:
        driver = connection.driver_connection
        _close_in_time(driver)
        deadline = record.info[_Deadline] = _Deadline(seconds)
        driver.cursor = lambda: _Cursor(driver, deadline, patience)
        connection.isolation_level = None
        cursor = connection.cursor()
        for name, value in settings.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()
        connection.run_async(lambda driver: driver.set_progress_handler(deadline.is_over, _STEPS))

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    def begin_statement(connection: Connection, *_: Any) -> None:
        connection.info[_Deadline].begin()

    def abandon(connection: Any, record: Any, error: BaseException | None) -> None:
        # Cancelling whoever waits for a statement stops neither it nor the transaction, which holds the write lock;
        # nor would closing do, as long as Python keeps the statement.
        record.info[_Deadline].end_now()
        if isinstance(error, asyncio.CancelledError):
            with suppress(DBAPIError, sqlite3.Error):
                connection.rollback()

    named = url.database or ""
    # Quoted where it is only read (`_read_only`); where it is written, a % is one of its own.
    path = Path(unquote(named.removeprefix("file:")) if named.startswith("file:") else named)

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
    event.listen(engine.sync_engine, "before_cursor_execute", begin_statement)
    event.listen(engine.sync_engine, "invalidate", abandon)
    return engine
