"""A file that is gone, or another one, is no longer answered from; and what goes wrong is told without values."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext, suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import aiosqlite
import pytest
from sqlalchemy import Executable, String, column, event, func, insert, literal, select, table, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

import db
from db.driver import PostgresqlDriver
from db.engine import LOCK_SECONDS, MOST_READING, Database, _Cursor, _Deadline, _opened, _stand
from db.sending import HEAD
from db.table import new_id
from db.unit import OF_THE_UNIT, Signature, Unit, head_of
from resolvers.error import is_connection_lost, is_worth_a_retry
from tests.browser import wait_until
from tests.conftest import ON_SQLITE, Templates
from tests.leave import leaves


async def states(database: Database) -> int:
    async with database.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(db.State))).scalar_one()


@ON_SQLITE
async def test_a_file_that_was_deleted_is_a_lost_database_and_is_not_made_anew(register_url: str) -> None:
    database = Database(register_url)
    path = Path(database.url.database or "")
    assert await states(database) == 197

    path.unlink()  # noqa: ASYNC240  as somebody else would do it
    with pytest.raises(Exception) as lost:  # noqa: PT011  whatever the driver says
        await states(database)

    assert is_connection_lost(lost.value)
    assert not path.exists()  # noqa: ASYNC240
    await database.close()


@ON_SQLITE
async def test_a_file_that_was_replaced_is_read_at_once(register_url: str) -> None:
    database = Database(register_url)
    path = Path(database.url.database or "")
    assert await states(database) == 197
    assert await database.driver.version() is not None

    # Beside it: from another disk its content would come into the file that is there.
    beside = path.with_suffix(".other")
    other = Database(f"sqlite:///{beside}")
    async with other.writing() as connection:
        await connection.run_sync(lambda sync: db.State.metadata.create_all(sync))
    await other.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)  # noqa: ASYNC240
    beside.rename(path)

    assert await states(database) == 0
    assert await database.driver.version() is None
    await database.close()


async def driver_of(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection


@ON_SQLITE
async def test_a_statement_goes_to_the_thread_of_its_connection_once(
    shared_register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(shared_register_url)
    went = 0
    async with database.reading() as connection:
        await connection.execute(text("SELECT 1"))  # begins the transaction too
        driver = await driver_of(connection)
        execute = driver._execute

        def count(*what: Any) -> Any:
            nonlocal went
            went += 1
            return execute(*what)

        monkeypatch.setattr(driver, "_execute", count)
        found = await connection.execute(text("SELECT code FROM state WHERE code IN ('LAO', 'NOR') ORDER BY code"))
        assert found.all() == [("LAO",), ("NOR",)]
        assert went == 1
    await database.close()


@ON_SQLITE
@pytest.mark.parametrize("way", ["reading", "writing"])
async def test_a_block_ends_though_its_connection_is_never_closed(
    register_url: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    database = Database(register_url)
    closing = asyncio.Event()

    async def never(_: aiosqlite.Connection) -> None:
        closing.set()
        await asyncio.Event().wait()

    async def lost() -> None:
        async with getattr(database, way)() as connection:
            await connection.invalidate()
            raise ConnectionError

    with monkeypatch.context() as patch, capture_logs() as logged:
        patch.setattr(aiosqlite.Connection, "close", never)
        patch.setattr("db.engine.CLOSE_SECONDS", 0.05)
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(lost(), 60)
    assert closing.is_set()
    assert [each["event"] for each in logged] == ["database.close_abandoned"]
    assert await states(database) == 197
    await database.close()


@ON_SQLITE
async def test_a_connection_that_is_closed_twice_at_once_is_closed(register_url: str) -> None:
    database = Database(register_url)
    with capture_logs() as logged:
        async with database.reading() as connection:
            driver = await driver_of(connection)
            await asyncio.wait_for(asyncio.gather(driver.close(), driver.close()), 60)
            await connection.invalidate()
    assert logged == []
    assert await states(database) == 197
    await database.close()


@ON_SQLITE
async def test_a_closing_that_was_given_up_is_not_waited_for_again(
    register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(register_url)

    async def never(_: aiosqlite.Connection) -> None:
        # As the driver does, it waits again after it was cancelled once.
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch, capture_logs() as logged:
        patch.setattr(aiosqlite.Connection, "close", never)
        async with database.reading() as connection:
            driver = await driver_of(connection)
        patch.setattr("db.engine.CLOSE_SECONDS", 0.01)
        await driver.close()
        patch.setattr("db.engine.CLOSE_SECONDS", 3_600.0)
        await asyncio.wait_for(driver.close(), 60)
    assert [each["event"] for each in logged] == ["database.close_abandoned"]
    await database.close()


@ON_SQLITE
@pytest.mark.parametrize("way", ["reading", "writing"])
async def test_sqlite_is_told_what_it_would_not_do_by_itself(register_url: str, way: str) -> None:
    """It would take references that lead nowhere, forget a commit where the power fails, and keep what was erased."""
    database = Database(register_url, statement_seconds=2.5)
    wanted = {"foreign_keys": 1, "synchronous": 2, "secure_delete": 1, "busy_timeout": 2_500, "journal_mode": "wal"}
    async with getattr(database, way)() as connection:
        told = {name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one() for name in wanted}
    assert told == wanted
    await database.close()


async def test_a_file_may_lie_in_a_folder_of_any_name_which_is_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "100%25 für alle? #1" / "isu.db"
    database = Database(f"sqlite:///{quote(str(path))}")
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE note (id integer)"))
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM note"))).scalar_one() == 0
    await database.close()

    assert path.exists()


DOES_NOT_FIT = "the value does not fit"
SECRET = {"id": "Erika", "full_name": "Erika Mustermann", "salt": "e1f2", "version": 1, "visibility": "PUBLIC"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"visibility": None}, "visibility"),
        ({}, "person"),
        ({"full_name": "Erika" * 100}, DOES_NOT_FIT),
        ({"version": "Erika"}, DOES_NOT_FIT),
    ],
    ids=["null", "duplicate", "too long", "of another type"],
)
async def test_what_is_logged_of_a_failing_insert_has_no_value_in_it(
    empty_database_url: str, wrong: dict[str, Any], told: str
) -> None:
    database = Database(empty_database_url)
    # SQLite keeps whatever fits nowhere.
    if told != DOES_NOT_FIT or database.url.get_backend_name() == "postgresql":
        logged = await what_is_logged(database, insert(db.Person), [SECRET | wrong] * 2)

        assert told in logged
        assert not any(value in logged for value in ("Erika", "Mustermann", "e1f2"))
    await database.close()


async def test_a_value_that_the_server_can_not_read_is_not_quoted(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    if database.url.get_backend_name() == "postgresql":
        logged = await what_is_logged(database, text("SELECT CAST(CAST(:id AS text) AS integer)"), [SECRET])

        assert DOES_NOT_FIT in logged
        assert "Erika" not in logged
    await database.close()


async def what_is_logged(database: Database, statement: Executable, rows: list[dict[str, Any]]) -> str:
    async def fail() -> None:
        async with database.writing() as connection:
            for row in rows:
                await connection.execute(statement, row, execution_options=OF_THE_UNIT)

    with pytest.raises(DBAPIError) as failed:
        await fail()
    return str(format_exc_info(None, "error", {"exc_info": failed.value, "reason": repr(failed.value)}))


async def test_a_connection_that_writes_is_kept_open_and_is_used_once_more_as_if_new(postgres_url: str) -> None:
    database = Database(postgres_url)
    writer = database._writer.sync_engine
    backends, left = [], []

    async def write(*, has_options: bool = False) -> None:
        async with database.writing() as connection:
            backends.append((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())
            left.append((await connection.execute(text("SELECT current_setting('isu.left', true)"))).scalar_one())
            left.append(connection.sync_connection.get_execution_options().get("of_one"))  # type: ignore[union-attr]
            await connection.execute(text("SELECT set_config('isu.left', 'something', true)"))
            if has_options:
                await connection.execution_options(of_one=True)

    def lose(_connection: Any) -> None:
        raise ConnectionResetError

    for has_options in (False, False, True, False):
        await write(has_options=has_options)
    event.listen(writer, "commit", lose)
    with pytest.raises(ConnectionResetError):
        await write()
    event.remove(writer, "commit", lose)
    await asyncio.gather(*(write() for _ in range(12)))
    await database.close()

    assert len(set(backends[:5])) == 1
    assert len(set(backends)) <= 5
    assert not any(left)


async def test_another_end_of_the_same_number_is_not_taken_for_the_one_that_was_seen(empty_database_url: str) -> None:
    """As where a copy was restored, and others have written since."""
    here, elsewhere = Database(empty_database_url), Database(empty_database_url)
    async with here.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Person, [{"id": new_id(), "full_name": "Ann Example"}])
    async with elsewhere.writing() as connection:
        other = text("UPDATE journal_head SET hash = :hash")
        await connection.execute(other, {"hash": "0" * 64}, execution_options=OF_THE_UNIT)

    async with here.writing() as connection:
        known = connection.info.get(HEAD)
    await asyncio.gather(here.close(), elsewhere.close())

    assert known is None


async def test_whoever_can_not_commit_keeps_nobody_elsewhere_from_writing(empty_database_url: str) -> None:
    here, elsewhere = Database(empty_database_url), Database(empty_database_url, statement_seconds=20.0)

    def lose(_connection: Any) -> None:
        raise ConnectionResetError

    event.listen(here._writer.sync_engine, "commit", lose)
    with pytest.raises(ConnectionResetError):
        await use(here, "writing")
    await use(elsewhere, "writing")
    await asyncio.gather(here.close(), elsewhere.close())


@ON_SQLITE
async def test_a_table_that_others_refer_to_is_changed_and_no_reference_is_left_that_leads_nowhere(
    register_url: str,
) -> None:
    database = Database(register_url)
    async with database.migrating() as connection:
        made = (await connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'state'"))).scalar_one()
        await connection.exec_driver_sql(made.replace("CREATE TABLE state", "CREATE TABLE copied", 1))
        for step in (
            "INSERT INTO copied SELECT * FROM state",
            "DROP TABLE state",
            "ALTER TABLE copied RENAME TO state",
        ):
            await connection.exec_driver_sql(step)
    assert await states(database) == 197

    async def leave_some() -> None:
        async with database.migrating() as connection:
            await connection.execute(text("DELETE FROM state WHERE code = 'LAO'"), execution_options=OF_THE_UNIT)

    with pytest.raises(RuntimeError, match="references that lead nowhere"):
        await leave_some()
    assert await states(database) == 197
    await database.close()


async def test_where_the_journal_was_last_seen_is_known_again_under_the_write_lock(empty_database_url: str) -> None:
    here, elsewhere = Database(empty_database_url), Database(empty_database_url)
    rows = [{"id": new_id(), "full_name": "Ann Example"} for _ in range(6)]

    async def write(database: Database, *, undo: bool = False) -> tuple[Any, Any]:
        """Where the journal was known to stand, and where it stands since."""
        async with database.writing() as connection:
            known = connection.info.get(HEAD)
            with nullcontext() if not undo else pytest.raises(RuntimeError):
                async with connection.undoing():
                    await Unit(connection, Signature(act="test")).keep(db.Person, [rows.pop()])
                    if undo:
                        raise RuntimeError
            return known, await head_of(connection)

    first = await write(here)
    second = await write(here)
    undone = await write(here, undo=True)
    third = await write(elsewhere)
    fourth = await write(here)
    fifth = await write(here)
    between = here.written_between
    await asyncio.gather(here.close(), elsewhere.close())

    told = here.url.get_backend_name() == "postgresql"
    assert [each[0] for each in (first, third, fourth)] == [None, None, None]
    assert [second[0], undone[0], fifth[0]] == ([first[1], second[1], fourth[1]] if told else [None, None, None])
    assert undone[1] == second[1]
    assert between(first[1], first[1]) == frozenset()
    assert between(first[1], second[1]) == between(fourth[1], fifth[1]) == frozenset({"person"})
    assert between(first[1], third[1]) is between(first[1], fifth[1]) is between(second[1], first[1]) is None


@pytest.fixture
def postgres_register(templates_of: Callable[[str], Templates]) -> str:
    return templates_of("postgresql").shared_register


AT_ONCE = {"reading": MOST_READING, "writing": 1}


async def use(database: Database, way: str) -> None:
    async with getattr(database, way)():
        pass


@asynccontextmanager
async def all_places(database: Database, way: str) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(AT_ONCE[way]):
            await stack.enter_async_context(getattr(database, way)())
        yield


@pytest.mark.parametrize("way", AT_ONCE)
async def test_whoever_waits_for_their_turn_takes_no_connection_before_it(empty_database_url: str, way: str) -> None:
    database = Database(empty_database_url)
    engine = (database.reader if way == "reading" else database._writer).sync_engine
    taken: list[Any] = []

    async with all_places(database, way):
        event.listen(engine, "do_connect", lambda *given: taken.append(given))
        waiting = asyncio.create_task(use(database, way))
        await asyncio.sleep(0)
        at_once = len(taken)
    await waiting
    await database.close()

    assert at_once == 0


@pytest.mark.parametrize("way", AT_ONCE)
async def test_whoever_gives_up_waiting_for_their_turn_keeps_nobody_else_from_it(
    empty_database_url: str, way: str
) -> None:
    database = Database(empty_database_url)

    async with all_places(database, way):
        waiting = [asyncio.create_task(use(database, way)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    await asyncio.gather(*waiting[1:], use(database, way))
    async with all_places(database, way):
        pass
    await database.close()

    assert waiting[0].cancelled()


@pytest.mark.parametrize("way", AT_ONCE)
async def test_whoever_leaves_while_a_dead_connection_is_replaced_leaves_their_place_to_others(
    empty_database_url: str, way: str
) -> None:
    database = Database(empty_database_url)
    engine = (database.reader if way == "reading" else database._writer).sync_engine

    def is_dead(*_: Any) -> None:
        event.remove(engine, "checkout", is_dead)
        raise DisconnectionError

    for moment in count(1):
        await use(database, way)
        if database._idle is not None:
            await database._idle.close()
        event.listen(engine, "checkout", is_dead)
        if not await leaves(use(database, way), moment):
            break
        if event.contains(engine, "checkout", is_dead):
            event.remove(engine, "checkout", is_dead)
    async with all_places(database, way):
        pass
    await database.close()

    assert moment > 3


async def test_whoever_is_cancelled_while_a_lost_connection_is_closed_is_cancelled_and_no_more(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_url)
    closing = asyncio.Event()

    async def never(_adapted: Any) -> None:
        closing.set()
        await asyncio.Event().wait()

    async def write() -> None:
        async with database.writing() as connection:
            (await driver_of(connection)).terminate()
            await connection.execute(select(literal(1)))

    with monkeypatch.context() as patched:
        patched.setattr(AsyncAdapt_asyncpg_connection, "_terminate_graceful_close", never)
        task = asyncio.create_task(write())
        await closing.wait()
        task.cancel()
        await asyncio.wait({task})
    await use(database, "writing")
    await database.close()

    assert task.cancelled()


async def test_the_write_lock_of_sqlite_is_looked_for_as_often_after_long_as_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds, waits = (Database(f"sqlite:///{tmp_path}/register.db", statement_seconds=60) for _ in range(2))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)

    async def write() -> None:
        async with waits.writing() as connection:
            await connection.exec_driver_sql("INSERT INTO one VALUES (1)")

    async with holds.writing() as connection:
        await connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
        monkeypatch.setattr("db.engine.time", SimpleNamespace(monotonic=time.monotonic, sleep=pause))
        writing = asyncio.create_task(write())
        await asyncio.to_thread(wait_until, lambda: len(pauses) > 100, "a hundred looks")
        assert not writing.done()
    await writing
    async with waits.reading() as reading:
        found = (await reading.execute(text("SELECT number FROM one"))).scalars().all()

    assert set(pauses) == {LOCK_SECONDS}
    assert found == [1]
    await asyncio.gather(holds.close(), waits.close())


async def test_who_waits_too_long_for_the_write_lock_of_sqlite_has_written_nothing_and_may_ask_again(
    tmp_path: Path,
) -> None:
    holds = Database(f"sqlite:///{tmp_path}/register.db")
    waits = Database(f"sqlite:///{tmp_path}/register.db", statement_seconds=0.05)
    async with holds.writing() as connection:
        await connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
        with pytest.raises(DBAPIError, match="locked"):
            async with waits.writing():
                pytest.fail("the lock is held")
    async with waits.writing() as connection:
        await connection.exec_driver_sql("INSERT INTO one VALUES (1)")
    await asyncio.gather(holds.close(), waits.close())


@pytest.mark.parametrize(("seconds", "patience"), [(None, 10.0), (2.5, 2.5)])
async def test_the_write_lock_of_sqlite_is_waited_for_as_long_as_a_statement_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float | None, patience: float
) -> None:
    holds = Database(f"sqlite:///{tmp_path}/register.db")
    waits = Database(f"sqlite:///{tmp_path}/register.db", statement_seconds=seconds)
    now = 0.0

    def pause(seconds: float) -> None:
        nonlocal now
        now += seconds
        assert now < 20, "it waits for ever"

    async with holds.writing():
        monkeypatch.setattr("db.engine.time", SimpleNamespace(monotonic=lambda: now, sleep=pause))
        with pytest.raises(DBAPIError, match="locked"):
            async with waits.writing():
                pytest.fail("the lock is held")
    await asyncio.gather(holds.close(), waits.close())

    assert now == pytest.approx(patience, abs=0.01)


async def test_who_is_cancelled_looks_for_the_write_lock_of_sqlite_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds, waits = (Database(f"sqlite:///{tmp_path}/register.db", statement_seconds=60) for _ in range(2))
    looks: list[float] = []

    def pause(seconds: float) -> None:
        looks.append(seconds)
        time.sleep(seconds)

    async with holds.writing():
        monkeypatch.setattr("db.engine.time", SimpleNamespace(monotonic=time.monotonic, sleep=pause))
        waiting = asyncio.create_task(use(waits, "writing"))
        await asyncio.to_thread(wait_until, lambda: looks, "a look")
        waiting.cancel()
        left, _ = await asyncio.wait({waiting}, timeout=10)
    await asyncio.gather(holds.close(), waits.close())

    assert left == {waiting}


async def test_what_is_wrong_with_a_lock_of_sqlite_that_nobody_holds_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path}/register.db")
    pauses: list[float] = []
    monkeypatch.setattr("db.engine.time", SimpleNamespace(monotonic=time.monotonic, sleep=pauses.append))
    async with database.writing() as connection:
        with pytest.raises(DBAPIError, match="within a transaction"):
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
    await database.close()

    assert pauses == []


def test_who_comes_while_another_process_recovers_a_file_of_sqlite_waits_too() -> None:
    def recovers(_statement: str) -> None:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
        raise error

    cursor: Any = SimpleNamespace(execute=recovers)

    assert not _Cursor(None, _Deadline(None), 10.0)._locks(cursor, time.monotonic() + 10.0)


async def test_who_listens_hears_of_whoever_writes_a_file_of_sqlite(tmp_path: Path) -> None:
    listening, writing = (Database(f"sqlite:///{tmp_path}/register.db") for _ in range(2))
    told = asyncio.Event()

    async def hears() -> None:
        await asyncio.wait_for(told.wait(), 20)
        told.clear()

    async with listening.listening(told.set) as lost:
        for statement in ("CREATE TABLE one (number INTEGER)", "INSERT INTO one VALUES (1)"):
            async with writing.writing() as connection:
                await connection.exec_driver_sql(statement)
            await hears()
        # The last one to close takes the log away, and whoever comes next begins another.
        await writing.close()
        await hears()
        async with writing.writing() as connection:
            await connection.exec_driver_sql("INSERT INTO one VALUES (2)")
        await hears()

        assert not lost.is_set()
    await writing.close()
    await listening.close()


async def test_who_listens_to_a_file_of_sqlite_hears_of_what_is_written_while_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.WATCH_SECONDS", 0.001)
    database = Database(f"sqlite:///{tmp_path}/register.db")
    heard: list[bool] = []

    async def write(statement: str) -> None:
        async with database.writing() as connection:
            await connection.exec_driver_sql(statement)

    await write("CREATE TABLE one (number INTEGER)")
    async with database.listening(lambda: heard.append(True)):
        await asyncio.sleep(0.05)
        before = len(heard)
        await write("INSERT INTO one VALUES (1)")
        await asyncio.to_thread(wait_until, lambda: heard, "what was written")
    heard.clear()
    await write("INSERT INTO one VALUES (2)")
    await asyncio.sleep(0.05)
    await database.close()

    assert before == 0
    assert heard == []


async def test_who_listens_hears_of_what_takes_the_place_of_what_was_written_before(tmp_path: Path) -> None:
    """Where all that is in the log was taken into the file, it begins anew, and grows no more."""
    database, log = Database(f"sqlite:///{tmp_path}/register.db"), tmp_path / "register.db-wal"
    told = asyncio.Event()

    async def write(statement: str) -> None:
        async with database.writing() as connection:
            await connection.exec_driver_sql(statement)

    for statement in ("CREATE TABLE one (number INTEGER)", "INSERT INTO one VALUES (1)"):
        await write(statement)
    with closing(sqlite3.connect(tmp_path / "register.db")) as other:
        other.execute("PRAGMA wal_checkpoint")
    size = log.stat().st_size
    async with database.listening(told.set):
        await write("INSERT INTO one VALUES (2)")
        await asyncio.wait_for(told.wait(), 20)

    assert log.stat().st_size == size
    await database.close()


def test_a_log_of_sqlite_that_has_grown_within_a_tick_of_the_clock_is_another(tmp_path: Path) -> None:
    log = tmp_path / "register.db-wal"
    stands = []
    for content in (b"", b"one"):
        log.write_bytes(content)
        os.utime(log, ns=(1, 1))
        stands.append(_stand(log))

    assert stands[0] != stands[1]


async def test_who_hears_of_a_file_of_sqlite_before_it_is_committed_hears_of_it_again(tmp_path: Path) -> None:
    """What is committed is written first, and is there for others only once it is safe on the disk."""
    listening, log = Database(f"sqlite:///{tmp_path}/register.db"), tmp_path / "register.db-wal"
    log.touch()
    told = asyncio.Event()

    async with listening.listening(told.set):
        log.write_bytes(b"what is on its way")
        await asyncio.wait_for(told.wait(), 20)
        told.clear()

        assert await asyncio.wait_for(told.wait(), 20)
    await listening.close()


@pytest.mark.parametrize("way", AT_ONCE)
async def test_a_connection_that_was_ended_while_nobody_used_it_is_not_taken(postgres_url: str, way: str) -> None:
    database = Database(postgres_url)
    async with getattr(database, way)() as connection:
        # What has options of its own goes back to the pool, also of the one that writes.
        await connection.execution_options(of_one=True)
        driver = await driver_of(connection)

    driver.terminate()
    async with getattr(database, way)() as connection:
        other = await driver_of(connection)
        found = (await connection.execute(select(literal(1)))).scalar_one()
    await database.close()

    assert (found, other is driver) == (1, False)


_SAID = b"SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
FAREWELL = b"E" + struct.pack("!I", len(_SAID) + 4) + _SAID
"""What PostgreSQL says unasked, before it closes a connection."""


@pytest.mark.parametrize("way", ["reading", "writing", "listening", "looking"])
async def test_a_connection_that_has_said_farewell_is_a_lost_one_though_it_is_not_closed_yet(
    postgres_register: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    database = Database(postgres_register)
    ended: list[Any] = []

    def end(driver: Any) -> None:
        if not ended:
            driver._protocol.data_received(FAREWELL)
        ended.append(driver)

    async def ask() -> None:
        match way:
            case "listening":
                async with database.listening(lambda: None):
                    pass
            case "looking":
                assert isinstance(database.driver, PostgresqlDriver)
                for each in database.driver._idle:
                    end(each)
                await database.driver.version()
            case _:
                await use(database, way)

    def ended_amid_the_first_statements(dialect: Any, adapted: Any) -> Any:
        end(adapted.driver_connection)
        return get_isolation_level(dialect, adapted)

    get_isolation_level: Any = PGDialect.get_isolation_level
    monkeypatch.setattr(PGDialect, "get_isolation_level", ended_amid_the_first_statements)
    if way == "looking":
        await ask()
    with pytest.raises(Exception, match="another operation") as told:
        await ask()
    await ask()
    await database.close()

    assert len(ended) > 1
    assert is_connection_lost(told.value)
    assert is_worth_a_retry(told.value)


@pytest.mark.parametrize("end", ["lost", "left"])
async def test_whoever_sends_more_than_the_server_takes_is_told_of_the_end_and_may_leave(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    async def takes_too_long(_adapted: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(AsyncAdapt_asyncpg_connection, "_terminate_graceful_close", takes_too_long)
    database = Database(postgres_url)
    notes = table("note", column("text", String))
    ready = asyncio.Event()
    drivers: list[Any] = []

    async def write() -> None:
        async with database.writing() as connection:
            drivers.append(driver := await driver_of(connection))
            await connection.execute(text("CREATE TEMPORARY TABLE note (text VARCHAR) ON COMMIT DROP"))
            await connection.execute(insert(notes), [{"text": "short"}] * 2)
            # As where the server has not read what was sent before. What follows is prepared already, and so comes as
            # far as it can without any answer.
            driver._protocol.pause_writing()
            asyncio.get_running_loop().call_soon(ready.set)
            await connection.execute(insert(notes), [{"text": "long" * 10_000}] * 20)

    task = asyncio.create_task(write())
    await ready.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    if end == "left":
        task.cancel()
    else:
        drivers[0]._transport.abort()
    done, _ = await asyncio.wait({task}, timeout=60)
    assert done
    await use(database, "writing")
    await database.close()

    assert task.cancelled() if end == "left" else is_connection_lost(task.exception())  # type: ignore[arg-type]


def test_a_thread_whose_loop_is_closed_by_the_time_it_answers_ends_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    begun, goes_on = threading.Event(), threading.Event()

    def works() -> None:
        begun.set()
        goes_on.wait()

    async def leave() -> Any:
        driver: Any = await _opened(f"{tmp_path}/isu.db")
        working = asyncio.ensure_future(driver._execute(works))
        await asyncio.to_thread(begun.wait)
        working.cancel()
        driver.stop()
        return driver

    driver = asyncio.run(leave())
    goes_on.set()
    driver._thread.join(60)

    assert not driver._thread.is_alive()
    assert driver._connection is None
    assert failures == []
