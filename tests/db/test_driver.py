"""A statement that was sent before is known again, and gives what SQLAlchemy gives."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing
from datetime import date
from itertools import count
from typing import Any

import asyncpg
import pytest
from sqlalchemy import String, bindparam, func, literal, select, true, union_all
from sqlmodel import col

import db
from db import driver
from db.dialect import among, from_json, keys_to_come, nested, only_key_to_come, to_json
from db.driver import (
    MOST_CONNECTIONS,
    STANDS,
    PostgresqlDriver,
    Rendered,
    Repertoire,
    TookLong,
    nested_with_names,
    render,
)
from db.engine import Database
from db.office import ON_A_DAY, held_on
from db.table import new_id
from db.unit import Signature, Unit
from mandate.day import PartialDate
from tests.conftest import ON_SQLITE, Templates
from tests.leave import leaves

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(shared_register_url: str) -> AsyncIterator[Database]:
    database = Database(shared_register_url)
    yield database
    await database.close()


async def sent(database: Database, statement: Any) -> list[tuple[Any, ...]]:
    known, values = database.driver.repertoire.found(statement)
    async with database.driver.snapshot(several=False) as snapshot:
        return [tuple(row) for row in known.make(await snapshot.fetch(known.rendered, values))]


async def executed(database: Database, statement: Any) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(statement)]


def of_states(*codes: str) -> Any:
    return select(col(db.State.code), col(db.State.name)).where(col(db.State.code).in_(codes)).order_by(db.State.code)


def named(code: str) -> Any:
    return select(col(db.State.code).label("code"), func.length(col(db.State.code))).where(col(db.State.code) == code)


@pytest.mark.parametrize(
    "statements",
    [
        [
            of_states("LAO"),
            of_states("DEU", "LAO", "NOR"),
            of_states("FRA"),
            of_states(),
            of_states("AUT", "LAO", "NOR"),
        ],
        [named("LAO"), named("DEU"), named("none")],
        [union_all(named("LAO"), named("DEU")), union_all(named("NOR"), named("LAO"))],
        [
            select(col(db.OfficeTerm.id), col(db.OfficeTerm.starts_on), held_on(day).label("held")).order_by(
                col(db.OfficeTerm.id)
            )
            for day in (date(2011, 9, 16), date(2020, 1, 1))
        ],
        [
            select(func.count()).select_from(db.Document).where(among(col(db.Document.meeting_code), codes))
            for codes in (["2MSP"], ["2MSP", "1MSP"], [])
        ],
        [select(col(db.State.code)).order_by(col(db.State.code)).limit(size) for size in (1, 5, 0)],
    ],
)
async def test_a_statement_gives_the_same_whatever_values_it_was_rendered_with(
    database: Database, statements: list[Any]
) -> None:
    for statement in statements:
        assert await sent(database, statement) == await executed(database, statement)


async def test_what_was_rendered_is_not_rendered_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await sent(database, of_states("LAO", "NOR"))
    known = dict(database.driver.repertoire._known)

    await sent(database, of_states("DEU", "FRA"))

    assert dict(database.driver.repertoire._known) == known


async def test_a_row_answers_to_its_names(database: Database) -> None:
    known, values = database.driver.repertoire.found(named("LAO"))
    async with database.driver.snapshot(several=False) as snapshot:
        (row,) = known.make(await snapshot.fetch(known.rendered, values))

    assert (row.code, row[1], row._mapping["code"]) == ("LAO", 3, "LAO")


async def test_values_that_are_left_open_come_with_each_sending(database: Database) -> None:
    def say() -> Any:
        term = db.OfficeTerm
        return (
            select(col(term.id), held_on(ON_A_DAY).label("held"))
            .where(
                among(col(term.office_code), keys_to_come("offices")),
                col(term.party_id) == bindparam("party", type_=String()),
            )
            .order_by(col(term.id))
        )

    found = []
    for day in (date(2011, 9, 16), date(2020, 1, 1)):
        values = {"day": PartialDate.of(day), "offices": ["president"], "party": "STATE:LBN"}
        known = database.driver.repertoire.said("terms", say, values)
        async with database.driver.snapshot(several=False) as snapshot:
            rows = known.make(await snapshot.fetch(known.rendered, values))
        async with database.reading() as connection:
            assert rows == list(await connection.execute(say(), values))
        found.append([row.held for row in rows])

    assert found[0] != found[1]


async def test_what_takes_one_key_takes_none_and_no_other_beside_it(database: Database) -> None:
    def say() -> Any:
        return select(col(db.State.code)).where(col(db.State.code) == only_key_to_come("keys"))

    known = database.driver.repertoire.said("state", say, ["keys"])
    async with database.driver.snapshot(several=False) as snapshot:
        for keys, found in (({"LAO": ()}, ["LAO"]), (["XXX"], []), ((), [])):
            assert [row[0] for row in await snapshot.fetch(known.rendered, {"keys": keys})] == found
        with pytest.raises(ValueError, match="too many"):
            await snapshot.fetch(known.rendered, {"keys": ["LAO", "DEU"]})


async def test_so_many_statements_are_known_and_no_more(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "MOST_KNOWN", 3)
    repertoire = Repertoire(database.driver.dialect)
    for size in range(1, 9):
        repertoire.found(of_states(*["LAO"] * size))
        repertoire.said(size, lambda: of_states("LAO"), ())

    assert len(repertoire._known) == 3


@pytest.fixture
def nesting_url(postgres_url: str, templates_of: Callable[[str], Templates]) -> str:
    """The register on the engine that is asked to nest rows in others."""
    return templates_of("postgresql").shared_register


async def test_what_is_nested_is_what_a_statement_of_its_own_gives(nesting_url: str) -> None:
    database = Database(nesting_url)
    number = 0
    for table in db.State.metadata.sorted_tables:
        own = select(table).order_by(*table.primary_key.columns).limit(100)
        around = select(literal(1).label("one")).subquery()
        statement = select(around.c.one).add_columns(nested(own, around))
        async with database.driver.snapshot(several=False) as snapshot:
            ((_, rows),) = await snapshot.fetch(render(statement, database.driver.dialect), {})
        found = nested_with_names(own, database.driver.dialect)(from_json(rows or "[]"))

        assert [tuple(each) for each in found] == await executed(database, own), table.name
        number += len(found)
    await database.close()

    assert number > 1_000


async def test_json_that_the_fast_parser_refuses_is_read_by_the_standard_one() -> None:
    assert from_json('{"a": [1, "\\ud800", NaN]}')["a"][1] == "\ud800"


# ---------- where the journal stands ----------

WRITES = """
import sqlite3, sys, asyncio, asyncpg
url, moved = sys.argv[1], "UPDATE journal_head SET hash = '%s'"

async def on_postgresql(number):
    connection = await asyncpg.connect(url)
    await connection.execute(moved % number)
    await connection.close()

def on_sqlite(number):
    connection = sqlite3.connect(url.partition("///")[2])
    connection.execute(moved % number)
    connection.commit()
    connection.close()

for number in sys.stdin:
    number = number.strip()
    on_sqlite(number) if url.startswith("sqlite") else asyncio.run(on_postgresql(number))
    print(number, flush=True)
"""


@pytest.fixture
async def own(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


async def test_all_that_is_read_in_one_snapshot_is_of_the_same_moment(own: Database) -> None:
    stands = own.driver.stands

    async def write() -> None:
        async with own.writing() as connection:
            await Unit(connection, Signature(act="test")).keep(
                db.Person, [{"id": new_id(), "full_name": "Ann Example"}]
            )

    async with own.driver.snapshot(several=True) as snapshot, own.reading() as connection:
        by_driver, read = [], []
        for _ in range(2):
            by_driver.append(tuple((await snapshot.fetch(stands, {}))[0]))
            read.append((await connection.execute(STANDS)).one())
            await write()
    async with own.driver.snapshot(several=True) as snapshot:
        now = tuple((await snapshot.fetch(stands, {}))[0])

    assert by_driver == [by_driver[0]] * 2
    assert read == [read[0]] * 2
    assert now > by_driver[0]


async def test_what_another_process_has_committed_is_seen_at_the_next_look(own: Database, register_url: str) -> None:
    command = [sys.executable, "-c", WRITES, register_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # noqa: ASYNC220
        assert other.stdin is not None
        assert other.stdout is not None
        for number in range(20):
            other.stdin.write(f"{number}\n")
            other.stdin.flush()
            assert other.stdout.readline() == f"{number}\n"

            assert [await own.driver.version() for _ in range(2)] == [str(number)] * 2
        other.stdin.close()


async def test_to_look_often_is_not_to_look_long(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "BLOCKING_SECONDS", 0.0)
    await sent(database, named("LAO"))

    # SQLite counts the steps of a statement over all its runs, and asks after every ten thousand.
    assert len({await database.driver.version() for _ in range(3_000)}) == 1


@ON_SQLITE
async def test_what_takes_long_is_stopped_as_such_and_the_next_is_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "BLOCKING_SECONDS", 0.0)
    one, two, three = (db.State.__table__.alias() for _ in range(3))  # type: ignore[attr-defined]
    long = select(func.count()).select_from(one.join(two, true()).join(three, true()))
    with pytest.raises(TookLong):
        await sent(database, long)

    assert await sent(database, named("LAO")) == [("LAO", 3)]


@ON_SQLITE
async def test_a_lock_is_not_waited_for_where_others_wait_too(register_url: str) -> None:
    own = Database(register_url)
    with closing(sqlite3.connect(own.url.database or "", isolation_level=None)) as other:
        # As whoever repairs the file, or sets its journal mode.
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await sent(own, named("LAO"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await own.driver.version()
        assert time.monotonic() - began < 2
    assert await sent(own, named("LAO")) == [("LAO", 3)]
    await own.close()


@pytest.fixture
async def looking(nesting_url: str) -> AsyncIterator[PostgresqlDriver]:
    """On SQLite a look waits for nothing, so that there is none to share."""
    database = Database(nesting_url)
    assert isinstance(database.driver, PostgresqlDriver)
    yield database.driver
    await database.close()


class Looks:
    """Each says when it was begun, and ends when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: asyncio.Queue[asyncio.Future[str]] = asyncio.Queue()
        looks = self

        async def fetch(_snapshot: Any, _statement: Rendered, _values: Any) -> Any:
            ends: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            looks.begun.put_nowait(ends)
            return [(await ends,)]

        monkeypatch.setattr(driver._PostgresqlSnapshot, "fetch", fetch)


async def test_those_who_come_at_the_same_time_share_a_look_that_begins_after_they_came(
    looking: PostgresqlDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(monkeypatch)
    early = [asyncio.create_task(looking.version()) for _ in range(3)]
    first = await looks.begun.get()
    # What they have seen may have been committed when the first look was over on the other side.
    late = [asyncio.create_task(looking.version()) for _ in range(3)]
    await asyncio.sleep(0)
    first.set_result("old")
    assert await asyncio.gather(*early) == ["old"] * 3

    second = await looks.begun.get()
    second.set_result("new")

    assert await asyncio.gather(*late) == ["new"] * 3
    assert looks.begun.empty()


async def test_who_leaves_does_not_end_the_look_of_others(
    looking: PostgresqlDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(monkeypatch)
    leaves, stays = [asyncio.create_task(looking.version()) for _ in range(2)]
    look = await looks.begun.get()
    leaves.cancel()
    await asyncio.wait([leaves])
    look.set_result("it")

    assert await stays == "it"


async def test_a_look_that_fails_fails_for_all_who_wait_and_the_next_one_does_not(
    looking: PostgresqlDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as within:
        looks = Looks(within)
        early = [asyncio.create_task(looking.version()) for _ in range(2)]
        look = await looks.begun.get()
        late = asyncio.create_task(looking.version())
        await asyncio.sleep(0)
        look.set_exception(asyncpg.ConnectionDoesNotExistError())

        failures = await asyncio.gather(*early, late, return_exceptions=True)
        assert [type(each) for each in failures] == [asyncpg.ConnectionDoesNotExistError] * 3

    assert isinstance(await looking.version(), str)


async def test_a_look_that_takes_too_long_is_given_up(
    looking: PostgresqlDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as within:
        Looks(within)
        within.setattr(driver, "LOOK_SECONDS", 0.01)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(looking.version(), 60)

    assert isinstance(await looking.version(), str)


async def test_a_look_ends_before_what_it_was_taken_on_is_closed(
    looking: PostgresqlDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(monkeypatch)
    waits = asyncio.create_task(looking.version())
    look = await looks.begun.get()
    closing = asyncio.create_task(looking.close())
    await asyncio.sleep(0)
    look.set_result("it")
    await closing

    assert await waits == "it"
    assert looking._idle == []


async def test_what_was_read_stays_read_where_the_connection_is_lost_afterwards(looking: PostgresqlDriver) -> None:
    async with looking.snapshot(several=True) as snapshot:
        found = await snapshot.fetch(looking.stands, {})
        snapshot._connection.terminate()  # type: ignore[attr-defined]

    assert found
    assert looking._idle == []
    assert looking._places._value == MOST_CONNECTIONS


@pytest.mark.parametrize("several", [False, True])
async def test_whoever_leaves_at_whatever_moment_leaves_their_place_to_others(
    looking: PostgresqlDriver, several: bool
) -> None:
    async def read() -> None:
        async with looking.snapshot(several=several) as snapshot:
            await snapshot.fetch(looking.stands, {})

    left = 0
    for is_dead in (False, True):
        for moment in count(1):
            await read()
            if is_dead:
                for each in looking._idle:
                    each.terminate()
            if not await leaves(read(), moment):
                break
            left += 1
    async with AsyncExitStack() as stack:
        for _ in range(MOST_CONNECTIONS):
            await stack.enter_async_context(looking.snapshot(several=several))
        waiting = [asyncio.create_task(read()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    await asyncio.gather(*waiting[1:], read())

    assert left > 3
    assert waiting[0].cancelled()
    assert looking._places._value == MOST_CONNECTIONS


@pytest.mark.parametrize(
    "value", [{"a": [1, "ü\u2028", None, True, 0.5]}, "text", 2**70, {1: "one"}, "\ud800", [1e300]]
)
def test_json_that_is_written_is_read_as_what_it_was(value: Any) -> None:
    assert json.loads(to_json(value)) == json.loads(json.dumps(value)) == from_json(to_json(value))


@pytest.mark.parametrize("value", [date(2026, 1, 15), {"a": object()}, {1, 2}])
def test_what_is_no_json_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError):
        to_json(value)


async def test_who_reads_while_it_is_closed_reads_on_and_leaves_no_connection(database: Database) -> None:
    driver = database.driver
    for several in (False, True):
        async with driver.snapshot(several=several) as snapshot:
            await driver.close()
            assert len(await snapshot.fetch(driver.stands, {})) == 1

        assert driver._idle == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("said", ["ssl=disable", "sslmode=disable", "sslmode=prefer", "command_timeout=60"])
async def test_whatever_an_address_says_holds_for_both_ways_to_postgresql(postgres_url: str, said: str) -> None:
    database = Database(f"{postgres_url}?{said}")
    async with database.reading() as connection:
        assert (await connection.execute(select(literal(1)))).scalar() == 1
    async with database.driver.snapshot(several=True) as snapshot:
        asked = render(select(literal(1)), database.driver.dialect)
        assert [tuple(row) for row in await snapshot.fetch(asked, {})] == [(1,)]
    await database.close()
