"""Those who follow the same from the same place: what they are told is read once, and else they share nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date
from functools import partial
from ipaddress import ip_network
from itertools import count
from threading import Event
from typing import Any

import httpx2
import pytest
from sqlmodel import col, select
from starlette.applications import Starlette

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from isu.app import create_app
from isu.group import AT_A_TIME, Group, Told
from isu.readings import Page, Readings
from isu.settings import Settings
from isu.streams import Pace
from mandate.actor import Scope, Visibility
from mandate.day import PartialDate
from mandate.text import LocalizedText
from resolvers import account
from tests import server
from tests.api import TODAY
from tests.browser import wait_until
from tests.call import encode_id, through_the_unit
from tests.follow import TRANSPORTS, Refused, caught_up, event, events, follow, socket
from tests.isu.test_subscription import (
    COUNTED,
    HEAVY,
    act,
    beginning,
    document,
    everything,
    made,
    spend,
    together,
)
from tests.make import ISU, another_key, coordinates, key_for

pytestmark = pytest.mark.anyio
STREAM = """subscription ($after: String) { changes(after: $after, types: [DOCUMENT, STATE]) { __typename
  ... on Change { cursor kind subjectId node { ... on Document { title { original } } } } } }"""


async def two_who_wait(app: Starlette, address: str, stack: AsyncExitStack, transport: str) -> list[Any]:
    """Both have had their first event, and are read for as one."""
    followers = [await stack.enter_async_context(follow(address, transport, query=STREAM)) for _ in range(2)]
    for each in followers:
        await anext(each)
    await together(app, 2)
    return followers


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    """As another process has it."""
    opened = Database(register_url)
    yield opened
    await opened.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The places from which it was read, however many waited for it."""
    places: list[str | None] = []
    once = Readings._read

    async def noted(self: Readings, operation: Any, cursor: str | None, *rest: Any) -> Page:
        places.append(cursor)
        return await once(self, operation, cursor, *rest)

    monkeypatch.setattr(Readings, "_read", noted)
    return places


async def papers(database: Database, *visibilities: Visibility, concerns: str = "STATE:ZMB") -> list[str]:
    """Their ids, of papers that one act kept, the one of CONCERNED for a party."""
    keys = [new_id() for _ in visibilities]
    kept: dict[str, Any] = {"kind_code": "working_paper", "meeting_code": "2MSP"}
    rows = [
        {**kept, "id": key, "title": LocalizedText.of(f"For {visibility}"), "visibility": visibility}
        for key, visibility in zip(keys, visibilities, strict=True)
    ]
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Document, rows)
        concerned = [row["id"] for row in rows if row["visibility"] is Visibility.CONCERNED]
        about = {"subject_type": "document", "party_id": concerns}
        await unit.keep(db.Concern, [{**about, "subject_key": key} for key in concerned])
    return keys


# ---------- what they have in common ----------


async def test_what_happens_is_read_once_for_all_over_whatever_they_follow(
    database: Database, read: list[str | None]
) -> None:
    app = made(database, COUNTED)
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = [
                await stack.enter_async_context(follow(address, transport, query=STREAM))
                for transport in TRANSPORTS * 15
            ]
            for each in followers:
                await anext(each)
            await together(app, 30)
            read.clear()
            keys = [await document(database) for _ in range(2)]
            told = [[event(await anext(each)) for _ in keys] for each in followers]
            await together(app, 30)

    assert {tuple(each["subjectId"] for each in of_one) for of_one in told} == {
        tuple(encode_id("Document", key) for key in keys)
    }
    # Twice for two acts, and once more where it had moved before.
    assert 1 <= len(read) <= 3


async def test_who_begins_elsewhere_reads_alone_and_joins_the_others(
    database: Database, read: list[str | None]
) -> None:
    after = await beginning(database)
    app = made(database, COUNTED)
    asked = {"query": STREAM, "variables": {}}
    headers = {"Accept": "text/event-stream", "Last-Event-ID": after}
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False))
            followers = await two_who_wait(app, address, stack, "events")
            response = await stack.enter_async_context(
                http.stream("POST", f"{address}/graphql", json=asked, headers=headers)
            )
            elsewhere = (json.loads(data) async for _, data in events(response))
            told = await caught_up(elsewhere)
            await together(app, 3)
            read.clear()
            key = await document(database)
            last = [event(await anext(each)) for each in (*followers, elsewhere)]

    expected = await everything(database, after, "DOCUMENT", "STATE")
    assert [each["cursor"] for each in told] == expected[:-1]
    assert [each["subjectId"] for each in last] == [encode_id("Document", key)] * 3
    assert len(read) == 1


async def test_who_comes_to_a_place_where_others_stand_joins_them(
    database: Database, read: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two read what nobody may see of it, and take long; meanwhile a third begins behind that."""
    app = made(database, COUNTED)
    goes_on, noted = Event(), Readings._read

    async def slowly(self: Readings, operation: Any, cursor: str | None, *rest: Any) -> Page:
        page = await noted(self, operation, cursor, *rest)
        if cursor is not None:
            await asyncio.to_thread(goes_on.wait, 60)
        return page

    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = await two_who_wait(app, address, stack, "socket")
            monkeypatch.setattr(Readings, "_read", slowly)
            # So that the third is not given the page with which the second began.
            monkeypatch.setattr("isu.readings.second", partial(next, count()))
            await papers(database, Visibility.ISU)
            followers.append(await stack.enter_async_context(follow(address, "socket", query=STREAM)))
            await anext(followers[-1])
            await together(app, 1, 2, at_rest=False)
            goes_on.set()
            await together(app, 3)
            read.clear()
            key = await document(database)
            told = [event(await anext(each))["subjectId"] for each in followers]
            await together(app, 3)

    assert told == [encode_id("Document", key)] * 3
    assert len(read) == 1


# ---------- what they have not ----------


async def test_nobody_is_told_what_was_read_for_other_eyes(database: Database, read: list[str | None]) -> None:
    """Papers of one act, for some of them; all follow the same, and stood at the same place."""
    isu, zambia = await key_for(database, ISU), await key_for(database, "STATE:ZMB")
    tokens = {
        "public": None,
        "ISU": isu,
        "Zambia": zambia,
        "Zambia by another key": await another_key(database, zambia),
        "Zambia by a key for less": await another_key(database, zambia, Scope.READ_PUBLIC),
        "France": await key_for(database, "STATE:FRA"),
    }
    app = made(database, COUNTED)
    heard: dict[str, list[list[str]]] = {name: [] for name in tokens}
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = [
                (name, await stack.enter_async_context(follow(address, transport, token, STREAM)))
                for transport in TRANSPORTS
                for name, token in tokens.items()
            ]
            for _, each in followers:
                await anext(each)
            await together(app, *(2 for _ in tokens))
            read.clear()
            public, parties, concerned, isu_only = await papers(
                database, Visibility.PUBLIC, Visibility.STATES_PARTIES, Visibility.CONCERNED, Visibility.ISU
            )
            last = (await papers(database, Visibility.PUBLIC))[0]
            for name, each in followers:
                told = [event(await anext(each))["subjectId"]]
                while told[-1] != encode_id("Document", last):
                    told.append(event(await anext(each))["subjectId"])
                heard[name].append(sorted(told[:-1]))

    sees = {
        "public": [public],
        "ISU": [public, parties, concerned, isu_only],
        "Zambia": [public, parties, concerned],
        "Zambia by another key": [public, parties, concerned],
        "Zambia by a key for less": [public],
        "France": [public, parties],
    }
    assert heard == {name: [sorted(encode_id("Document", key) for key in keys)] * 2 for name, keys in sees.items()}
    # Not for each of those who follow by the same key.
    assert len(read) <= 2 * len(tokens)


async def test_who_loses_an_office_while_they_wait_is_told_no_more_by_it(database: Database) -> None:
    token = await key_for(database, "STATE:SVN")
    await coordinates(database, "STATE:SVN")
    app = made(database, COUNTED)
    with server.serving(app) as address:
        async with follow(address, "socket", token, STREAM) as answers:
            await anext(answers)
            await together(app, 1)
            while_in_office = (await papers(database, Visibility.COMMITTEE))[0]
            told = [event(await anext(answers))["subjectId"]]
            await together(app, 1)
            await _leaves_office(database, "STATE:SVN")
            await papers(database, Visibility.COMMITTEE)
            last = (await papers(database, Visibility.PUBLIC))[0]
            while told[-1] != encode_id("Document", last):
                change = event(await anext(answers))
                told += [change["subjectId"]] if change["kind"] != "VISIBILITY_LOST" else []

    assert told == [encode_id("Document", key) for key in (while_in_office, last)]


async def _leaves_office(database: Database, party: str) -> None:
    async with database.reading() as connection:
        term = db.OfficeTerm
        (key,) = (await connection.execute(select(col(term.id)).where(col(term.party_id) == party))).scalars()
    await through_the_unit(database, db.OfficeTerm, ((key,), {"ends_on": PartialDate.of(TODAY)}))


async def test_what_is_told_after_midnight_is_of_that_day(database: Database) -> None:
    """Lithuania's withdrawal takes effect, and somebody has waited since the day before."""
    query = STREAM.replace("... on Document", "... on State { treatyStatus { kind } } ... on Document")
    days = [date(2025, 3, 5)]
    settings = Settings(database_url=database.url.render_as_string(hide_password=False), rate_limit="off")
    app = create_app(settings, today=lambda: days[0], delivers=False, pace=COUNTED)
    told = []
    with server.serving(app) as address:
        async with follow(address, "socket", query=query) as answers:
            await anext(answers)
            for day in (*days, date(2025, 3, 6)):
                await together(app, 1)
                days[0] = day
                await through_the_unit(database, db.State, (("LTU",), {"sort_name": f"Lithuania on {day}"}))
                told.append(event(await anext(answers))["node"]["treatyStatus"]["kind"])

    assert told == ["STATE_PARTY", "WITHDRAWN"]


async def test_where_all_of_it_is_too_much_for_those_who_wait_each_asks_for_less(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = made(database, COUNTED)
    once = Readings._read

    async def bounded(self: Readings, operation: Any, cursor: str | None, actor: Any, day: date, size: int) -> Page:
        if size > 50:
            return Page(failure=[{"message": "Too much.", "extensions": {"code": "LIMIT_OBJECTS"}}])
        return await once(self, operation, cursor, actor, day, size)

    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = await two_who_wait(app, address, stack, "socket")
            monkeypatch.setattr(Readings, "_read", bounded)
            key = await document(database)
            told = [event(await anext(each))["subjectId"] for each in followers]

    assert told == [encode_id("Document", key)] * 2


async def test_by_whichever_of_their_keys_somebody_follows_it_is_read_once(
    database: Database, read: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isu.readings.second", lambda: 0)
    one = await key_for(database, ISU)
    tokens = [one, await another_key(database, one)]
    app = made(database, COUNTED)
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = [await stack.enter_async_context(follow(address, "socket", each, STREAM)) for each in tokens]
            for each in followers:
                await anext(each)
            await together(app, 1, 1)
            read.clear()
            (key,) = await papers(database, Visibility.ISU)
            told = [event(await anext(each))["subjectId"] for each in followers]

    assert told == [encode_id("Document", key)] * 2
    assert len(read) == 1


async def test_the_key_of_one_is_refused_and_the_others_go_on(database: Database) -> None:
    one = await key_for(database, ISU)
    other = await another_key(database, one)
    app = made(database, COUNTED)
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = [
                await stack.enter_async_context(follow(address, "socket", token, STREAM)) for token in (one, one, other)
            ]
            for each in followers:
                await anext(each)
            await together(app, 2, 1)
            await act(database, lambda context: account.revoke(context, key=one.split("_")[1]))
            key = await document(database, Visibility.ISU)
            for each in followers[:2]:
                with pytest.raises(Refused) as refused:
                    await anext(each)
                assert refused.value.code == 4403
            told = event(await anext(followers[2]))

    assert told["subjectId"] == encode_id("Document", key)


async def test_who_does_not_read_holds_up_nobody_and_misses_nothing(database: Database, transport: str) -> None:
    """However long that takes: nobody here is ever too slow."""
    after = await beginning(database)
    async with database.reading() as connection:
        states = [row.code for row in await connection.execute(db.State.__table__.select())]  # type: ignore[attr-defined]
    app = made(database, Pace(poll=0.02, heartbeat=3_600, send=3_600))
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            slow = await stack.enter_async_context(follow(address, transport, query=HEAVY, narrow=True))
            others = [await stack.enter_async_context(follow(address, transport, query=HEAVY)) for _ in range(3)]
            heartbeats = [event(await anext(each)) for each in (slow, *others)]
            heard: list[list[str]] = [[] for _ in others]
            rounds = behind = 0
            # Until all the others have heard of everything, again, while one was busy with what came before.
            while behind < 2:
                rounds += 1
                await _rename(database, states, rounds)
                for each, of_one in zip(others, heard, strict=True):
                    of_one += [event(await anext(each))["cursor"] for _ in states]
                await asyncio.to_thread(wait_until, lambda: _waiting(app) >= 3, "those who have read")
                behind = behind + 1 if _waiting(app) == 3 else 0
            late = [event(await anext(slow))["cursor"] for _ in heard[0]]
            await together(app, 4)

    assert {each["__typename"] for each in heartbeats} == {"Heartbeat"}
    assert (await everything(database, after))[-len(late) :] == late
    assert heard == [late] * 3


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


async def _rename(database: Database, states: list[str], number: int) -> None:
    async with database.writing() as connection:
        changes = [((code,), {"sort_name": f"{code} {number}"}) for code in states]
        await Unit(connection, Signature(act="test")).change(db.State, changes)


def _waiting(app: Starlette) -> int:
    return sum(len(each._waiting) for each in list(app.state.streams.groups.values()))


async def test_each_pays_for_what_it_is_told_and_who_owes_waits_alone(
    database: Database, read: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, rate_limit="on", trusted_proxies=(ip_network("127.0.0.1"),))
    app = create_app(settings, today=lambda: TODAY, delivers=False, pace=COUNTED, clock=lambda: clock[0])
    callers = [{"X-Forwarded-For": f"192.0.2.{number}"} for number in range(1, 5)]
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False))
            clients = [await stack.enter_async_context(socket(address, additional_headers=each)) for each in callers]
            for each in clients:
                await each.init()
                await each.subscribe("1", STREAM)
                await each.hear()
            await together(app, 4)
            *_, debtor = callers
            await spend(address, monkeypatch, 20_000, **debtor)
            before = [await _left(http, address, each) for each in callers[:3]]
            read.clear()
            first = await document(database)
            told = [(await each.hear())["payload"]["data"]["changes"]["subjectId"] for each in clients[:3]]
            after = [await _left(http, address, each) for each in callers[:3]]
            await together(app, 3)
            reads = len(read)
            waits = asyncio.ensure_future(clients[3].hear())
            second = await document(database)
            told += [(await each.hear())["payload"]["data"]["changes"]["subjectId"] for each in clients[:3]]
            owes_still = not waits.done()
            clock[0] += 60
            late = [await waits, await clients[3].hear()]
            await together(app, 4)

    assert told == [encode_id("Document", first)] * 3 + [encode_id("Document", second)] * 3
    assert reads == 1
    assert owes_still
    assert [each["payload"]["data"]["changes"]["subjectId"] for each in late] == [
        encode_id("Document", first),
        encode_id("Document", second),
    ]
    # To ask what is left costs a point too. One pays for the reading, the others for what they are told.
    paid = sorted(one - other - 1 for one, other in zip(before, after, strict=True))
    assert paid[:2] == [1, 1]
    assert paid[2] > 1


async def _left(http: httpx2.AsyncClient, address: str, caller: dict[str, str]) -> int:
    answer = await http.post(f"{address}/graphql", json={"query": "{ rateLimit { remaining } }"}, headers=caller)
    left: int = answer.json()["data"]["rateLimit"]["remaining"]
    return left


async def test_who_is_quiet_for_long_is_told_so_whoever_else_came_later(database: Database) -> None:
    app = made(database, Pace(poll=0.02, check=0.1, heartbeat=0.1))
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = []
            for _ in range(3):
                followers.append(await stack.enter_async_context(follow(address, "socket", query=STREAM)))
                await anext(followers[-1])
            told = [[event(await anext(each))["__typename"] for _ in range(3)] for each in followers]

    assert told == [["Heartbeat"] * 3] * 3


async def test_others_have_their_turn_while_many_are_told() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    group = Group.__new__(Group)
    group._waiting = {object(): asyncio.get_running_loop().create_future() for _ in range(10 * AT_A_TIME)}  # type: ignore[misc]
    waiting = list(group._waiting.values())
    told = Told(Page(), True, None, 0, 0, TODAY, 0)  # type: ignore[arg-type]
    running = asyncio.create_task(others())
    await group._tell(told, list(group._waiting))
    running.cancel()

    assert turns >= 10
    owns = [one is not None and one.is_own for one in (each.result() for each in waiting)]
    assert owns == [True] + [False] * (10 * AT_A_TIME - 1)
