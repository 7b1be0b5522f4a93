"""What takes too long is stopped, and nobody waits for what is left of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import aiosqlite
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, func, select

import db
from db.engine import Database
from db.unit import Unit
from mandate.actor import Scope
from resolvers.context import Context, Operation
from resolvers.reading import Reader
from tests.api import TODAY, Api, serving
from tests.call import encode_id
from tests.make import ISU, is_noted, key_for

pytestmark = pytest.mark.anyio

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000000) SELECT count(*) FROM n"
SLEEP = "SELECT pg_sleep(600)"
TIMELINE = "{ treatyTimeline { on } }"
RECORD = """mutation ($input: RecordTreatyActionInput!) { recordTreatyAction(input: $input) {
    __typename ... on TreatyActionRecorded { treatyAction { state { code } } } } }"""
CONFIRM = "mutation ($input: ConfirmContactInput!) { confirmContact(input: $input) { __typename } }"
END = "mutation ($input: EndContactInput!) { endContact(input: $input) { __typename } }"
ERASE = "mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { __typename } }"
ACCESSION = {"state": "USA", "type": "ACCESSION", "date": "2025-12-01", "source": "C.N.1.2025"}
SOON = 60.0
"""Seconds that nothing here may take, though what is stopped would take many minutes; and no bound that is set here."""
FAR = 3_600.0


async def run_for_long(connection: AsyncConnection) -> None:
    await connection.execute(text(LONG if connection.dialect.name == "sqlite" else SLEEP))


async def ask(api: Api, query: str, token: str | None = None, **variables: Any) -> Any:
    """The answer, which comes soon and with 200 whatever the client reads."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with asyncio.timeout(SOON):
        response = await api.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    assert response.status_code == 200
    return response.json()


async def ask_until_answered(api: Api, query: str, token: str | None = None, **variables: Any) -> Any:
    """The bounds are so short here that what stands in nobody's way may exceed them too, on a busy machine."""
    async with asyncio.timeout(SOON):
        while is_the_timeout(answer := await ask(api, query, token, **variables)):
            pass
    return answer


async def someone_else_may_write(database: Database) -> None:
    """They wait, but not for what would take many minutes."""
    other = Database(database.url.render_as_string(hide_password=False), statement_seconds=SOON)
    async with other.writing() as connection:
        await connection.execute(select(func.count()).select_from(db.State))
    await other.close()


async def recorded(database: Database) -> int:
    async with database.reading() as connection:
        count = select(func.count()).where(col(db.TreatyAction.state_code) == "USA")
        return int((await connection.execute(count)).scalar_one())


async def caller(url: str, party: str = ISU, scopes: Collection[Scope] | None = None) -> str:
    """One whose use of the key is noted already; they have all the time there is to come here."""
    database = Database(url)
    token = await key_for(database, party, scopes=scopes)
    await is_noted(database, token)
    await database.close()
    return token


def is_the_timeout(answer: Any) -> bool:
    if "errors" not in answer:
        return False
    [error] = answer["errors"]
    return bool(error["extensions"] == {"code": "TIMEOUT"} and answer["data"] is None and answer["extensions"]["cost"])


@pytest.fixture
def stuck_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(reader: Reader) -> None:
        await run_for_long(reader._connection)

    monkeypatch.setattr("resolvers.treaty_action.timeline", stuck)


def stick(monkeypatch: pytest.MonkeyPatch, how: Callable[[Unit], Any]) -> None:
    """In the middle of the act, when the rows are written already."""

    async def stuck(unit: Unit, *_: Any) -> None:
        await how(unit)

    monkeypatch.setattr("resolvers.treaty_action._tell_source", stuck)


@pytest.mark.usefixtures("stuck_reading")
async def test_a_statement_that_takes_too_long_ends_the_operation(shared_register_url: str) -> None:
    async with serving(shared_register_url, statement_seconds=0.1, operation_seconds=FAR) as api:
        alone = await ask(api, TIMELINE)
        among_others = await ask(
            api, "{ a: states(first: 5) { nodes { code } } treatyTimeline { on } b: conventions { code } }"
        )
        # As often as there are connections, and more.
        again = [await ask(api, TIMELINE) for _ in range(3)]
        afterwards = await ask_until_answered(api, "{ convention { code } }")

    assert all(is_the_timeout(answer) for answer in [alone, among_others, *again])
    assert afterwards["data"] == {"convention": {"code": "CCM"}}


@pytest.mark.usefixtures("stuck_reading")
async def test_an_operation_that_takes_too_long_is_stopped(shared_register_url: str) -> None:
    async with serving(shared_register_url, operation_seconds=0.3, statement_seconds=FAR) as api:
        answers = await asyncio.gather(*(ask(api, TIMELINE) for _ in range(3)))
        afterwards = await ask_until_answered(api, "{ convention { code } }")

    assert all(is_the_timeout(answer) for answer in answers)
    assert afterwards["data"] == {"convention": {"code": "CCM"}}


@pytest.mark.usefixtures("stuck_reading")
async def test_an_operation_ends_though_its_connection_is_never_closed(
    shared_register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: aiosqlite.Connection) -> None:
        # As the driver does, it waits again after it was cancelled once.
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async with serving(shared_register_url, operation_seconds=0.3, statement_seconds=FAR) as api:
        with monkeypatch.context() as patch:
            patch.setattr(aiosqlite.Connection, "close", never)
            patch.setattr("db.engine.CLOSE_SECONDS", 0.05)
            answers = await asyncio.gather(*(ask(api, TIMELINE) for _ in range(3)))
        afterwards = await ask_until_answered(api, "{ convention { code } }")

    assert all(is_the_timeout(answer) for answer in answers)
    assert afterwards["data"] == {"convention": {"code": "CCM"}}


@pytest.mark.parametrize("bound", ["statement_seconds", "operation_seconds"])
async def test_an_act_that_is_stopped_leaves_nothing_and_the_next_begins_at_once(
    register_url: str, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    bounds: dict[str, Any] = {"statement_seconds": FAR, "operation_seconds": FAR, bound: 0.3}
    async with serving(register_url, **bounds) as api:
        key = await caller(register_url)
        with monkeypatch.context() as patch:
            stick(patch, lambda unit: run_for_long(unit.connection))
            stopped = await ask(api, RECORD, key, input=ACCESSION)
            await someone_else_may_write(api.database)
            left = await recorded(api.database)
        done = await ask_until_answered(api, RECORD, key, input=ACCESSION)

        assert is_the_timeout(stopped)
        assert left == 0
        assert done["data"]["recordTreatyAction"]["__typename"] == "TreatyActionRecorded"
        assert await recorded(api.database) == 1


async def test_an_act_that_only_waits_is_stopped_too(register_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(register_url, operation_seconds=0.3, statement_seconds=FAR) as api:
        key = await key_for(api.database, ISU)
        stick(monkeypatch, lambda _: asyncio.sleep(600))
        stopped = await ask(api, RECORD, key, input=ACCESSION)
        await someone_else_may_write(api.database)

        assert is_the_timeout(stopped)
        assert await recorded(api.database) == 0


async def test_a_writer_that_is_cancelled_gives_the_lock_back(register_url: str) -> None:
    database = Database(register_url)

    async def write_for_long() -> None:
        async with asyncio.timeout(0.2), database.writing() as connection:
            await connection.execute(text("CREATE TABLE left_behind (id integer)"))
            await run_for_long(connection)

    with pytest.raises(TimeoutError) as cancelled:  # kept, and with it all that the frames of its traceback hold
        await write_for_long()
    await someone_else_may_write(database)

    assert cancelled.value is not None
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE left_behind (id integer)"))
    await database.close()


async def test_waiting_for_the_write_lock_has_an_end(register_url: str) -> None:
    async with serving(register_url, statement_seconds=0.3, operation_seconds=FAR) as api:
        key = await caller(register_url)
        other = Database(register_url)
        async with other.writing():
            waited = await ask(api, RECORD, key, input=ACCESSION)
        await other.close()
        done = await ask_until_answered(api, RECORD, key, input=ACCESSION)

    assert is_the_timeout(waited)
    assert done["data"]["recordTreatyAction"]["__typename"] == "TreatyActionRecorded"


async def test_who_may_not_act_does_not_wait_for_the_write_lock(register_url: str) -> None:
    acts: dict[str, Any] = {
        RECORD: {"input": ACCESSION},
        CONFIRM: {"input": {"id": encode_id("ContactPoint", "x"), "expectedVersion": 1}},
        END: {"input": {"id": encode_id("ContactPoint", "x"), "expectedVersion": 1}},
        ERASE: {"input": {"id": encode_id("Person", "x"), "expectedVersion": 1}},
    }
    async with serving(register_url, statement_seconds=FAR, operation_seconds=FAR) as api:
        reads_only = await caller(register_url, "STATE:DEU", scopes=[Scope.READ_PUBLIC])
        async with api.database.writing():
            answers = [
                await ask(api, act, token, **variables)
                for act, variables in acts.items()
                for token in (None, reads_only)
            ]
            async with asyncio.timeout(SOON):
                with_a_key = await api.http.post(
                    "/graphql",
                    json={"query": RECORD, "variables": {"input": ACCESSION}},
                    headers={"Idempotency-Key": "K"},
                )

    for answer in answers:
        [result] = answer["data"].values()
        assert result["__typename"] == "Forbidden"
    assert with_a_key.json()["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_NEEDS_ACCOUNT"


async def test_those_who_wait_to_write_keep_nobody_from_reading(register_url: str) -> None:
    """More of them than there are connections, and none gives up before those who read would have."""
    async with serving(register_url, statement_seconds=FAR, operation_seconds=FAR) as api:
        key = await caller(register_url)
        async with api.database.writing():
            writers = [asyncio.create_task(api.as_(key).answer(RECORD, input=ACCESSION)) for _ in range(20)]
            for _ in range(20):
                assert await api("{ convention { code } }") == {"convention": {"code": "CCM"}}
        answers = await asyncio.gather(*writers)

    outcomes = Counter(answer["data"]["recordTreatyAction"]["__typename"] for answer in answers)
    assert outcomes == {"TreatyActionRecorded": 1, "Conflict": 19}


async def test_a_commit_that_has_begun_is_not_cut_off(register_url: str) -> None:
    loop, passed = asyncio.get_running_loop(), 0.0
    time_of_loop = loop.time

    def an_hour_passes(_connection: Any) -> None:
        nonlocal passed
        passed += 3_600

    async with serving(register_url, operation_seconds=600) as api:
        key = await caller(register_url)
        writer = api.database._writer.sync_engine
        event.listen(writer, "commit", an_hour_passes)
        with patch.object(loop, "time", lambda: time_of_loop() + passed):
            answer = await api.as_(key).answer(RECORD, input=ACCESSION)
        event.remove(writer, "commit", an_hour_passes)

        assert passed == 3_600
        assert "errors" not in answer, json.dumps(answer)
        assert await recorded(api.database) == 1


async def test_who_loads_or_migrates_has_all_the_time_there_is(shared_register_url: str) -> None:
    database = Database(shared_register_url)
    postgresql = database.url.get_backend_name() == "postgresql"
    async with database.reading() as connection:
        wait = "SELECT pg_sleep(0.1)" if postgresql else LONG.replace("2000000000", "300000")
        await connection.execute(text(wait))
        if postgresql:
            assert (await connection.execute(text("SHOW statement_timeout"))).scalar_one() == "0"
    await database.close()


async def test_a_context_that_is_left_by_an_error_keeps_nothing(register_url: str) -> None:
    """What the door relies on."""
    database = Database(register_url)

    async def leave(context: Context) -> None:
        async with context:
            connection = await context.connection()
            await connection.execute(text("CREATE TABLE left_behind (id integer)"))
            raise KeyError

    with pytest.raises(KeyError):
        await leave(Context(database, TODAY, operation=Operation(writes=True)))
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE left_behind (id integer)"))
    await database.close()
