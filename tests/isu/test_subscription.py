"""Who follows the changes, over a WebSocket or as text/event-stream: what comes, when it ends, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from signal import SIGTERM
from typing import Any, Literal

import httpx2
import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from isu import fair_use
from isu.app import create_app
from isu.event_stream import EVENT_STREAM
from isu.readings import READINGS, Page, Readings, Shared, patiently
from isu.settings import Settings
from isu.streams import PAGE, Pace, Stream, Streams, _Ended
from isu.turned_away import TurnedAway
from isu.web_socket import MAX_OPERATIONS, PROTOCOL, Connection
from mandate.actor import COMMAND_LINE, Scope, Visibility
from mandate.text import LocalizedText
from resolvers import account
from resolvers.context import Context, Operation
from tests import server
from tests.api import TODAY, UNHURRIED
from tests.browser import wait_until
from tests.call import PUBLIC, ask, encode_id, hide, statements, through_the_unit
from tests.follow import CHANGES, TRANSPORTS, Refused, caught_up, event, events, follow, socket
from tests.make import ISU, key_for

pytestmark = pytest.mark.anyio
QUICK = Pace(poll=0.02, check=0.1)
COUNTED = Pace(poll=0.02, check=3_600, heartbeat=3_600)
"""Whatever takes long is read anew once it is of long ago, by each alone: here it never is, for it is counted."""
FIRST = "{ changes(first: 1, types: [STATE]) { nodes { cursor } } }"
ALL = """query ($after: String, $types: [ChangeSubject!]) { changes(first: 250, after: $after, types: $types) {
  nodes { cursor } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    """As another process has it."""
    opened = Database(register_url)
    yield opened
    await opened.close()


@asynccontextmanager
async def served(database: Database, pace: Pace = QUICK, **options: Any) -> AsyncIterator[str]:
    with server.serving(made(database, pace, **options)) as address:
        yield address


def made(
    database: Database, pace: Pace = QUICK, *, rate_limit: Literal["on", "off"] = "off", **options: Any
) -> Starlette:
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, rate_limit=rate_limit)
    return create_app(settings, today=lambda: TODAY, delivers=False, pace=pace, **{**UNHURRIED, **options})


@pytest.fixture
async def address(database: Database) -> AsyncIterator[str]:
    async with served(database) as address:
        yield address


async def together(app: Starlette, *sizes: int, at_rest: bool = True) -> None:
    """Once those who follow stand in groups of these sizes, and have read what there was at the last beat.

    The first comes a little after they do: when it comes is not what is asked here.
    """
    streams: Streams = app.state.streams

    def stand() -> bool:
        groups, beat = list(streams.groups.values()), streams.pulse.beat
        have_read = beat > 0 and all(each._beat == beat for each in groups)
        return (have_read or not at_rest) and sorted(len(each._waiting) for each in groups) == sorted(sizes)

    await asyncio.to_thread(wait_until, stand, f"groups of {sizes}")


async def document(database: Database, visibility: Visibility = Visibility.PUBLIC, title: str = "A paper") -> str:
    """Its id, of one that was just kept."""
    key = new_id()
    row = {"id": key, "title": LocalizedText.of(title), "kind_code": "working_paper", "visibility": visibility}
    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Document, [{**row, "meeting_code": "2MSP"}])
    return key


async def rename(database: Database, state: str) -> None:
    await through_the_unit(database, db.State, ((state,), {"sort_name": f"{state} by another name"}))


async def everything(database: Database, after: str, *types: str) -> list[str]:
    """The cursors of all changes after one, page by page, as a query tells them."""
    cursors, more = [], True
    while more:
        page = (await ask(database, PUBLIC, ALL, after=after, types=types or None))["data"]["changes"]
        cursors += [each["cursor"] for each in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return cursors


async def beginning(database: Database) -> str:
    cursor: str = (await ask(database, PUBLIC, FIRST))["data"]["changes"]["nodes"][0]["cursor"]
    return cursor


async def act(database: Database, what: Any) -> None:
    async with Context(database, TODAY, COMMAND_LINE, Operation(writes=True)) as context:
        await what(context)


# ---------- what is told ----------


async def test_what_happens_is_told_as_it_happens(database: Database, address: str, transport: str) -> None:
    async with follow(address, transport) as answers:
        begins = event(await anext(answers))
        one = await document(database, title="One")
        first = event(await anext(answers))
        two = await document(database, title="Two")
        await hide(database, db.Document, two)
        rest = [event(await anext(answers)) for _ in range(2)]

    assert begins["__typename"] == "Heartbeat"
    assert (first["kind"], first["subjectId"]) == ("CREATED", encode_id("Document", one))
    assert first["node"]["title"]["in"]["value"] == "One"
    assert {each["subjectId"] for each in rest} == {encode_id("Document", two)}
    assert (rest[-1]["kind"], rest[-1]["node"]) == ("VISIBILITY_LOST", None)
    assert rest[-1]["tombstone"]["reason"] == "VISIBILITY_LOST"
    async with follow(address, transport, after=begins["cursor"]) as answers:
        again = await caught_up(answers)
    assert [each["cursor"] for each in again] == [each["cursor"] for each in (first, *rest)]


async def test_what_has_happened_comes_first_page_by_page_and_each_change_once(
    database: Database, address: str, transport: str
) -> None:
    after = await beginning(database)
    expected = await everything(database, after)
    async with follow(address, transport, after=after) as answers:
        told = await caught_up(answers, len(expected))
        await document(database)
        live = event(await anext(answers))

    assert len(expected) > 3 * PAGE
    assert [each["cursor"] for each in told] == expected
    assert [live["cursor"]] == await everything(database, expected[-1])


async def test_a_stream_is_of_the_types_that_are_asked_for(database: Database, address: str, transport: str) -> None:
    after = await beginning(database)
    expected = await everything(database, after, "STATE")
    async with follow(address, transport, after=after, types=["STATE"]) as answers:
        told = await caught_up(answers)
        await document(database)
        await rename(database, "ZMB")
        live = event(await anext(answers))

    assert {each["subjectType"] for each in told} == {"STATE"}
    assert [each["cursor"] for each in told] == expected
    assert (live["subjectType"], live["subjectId"]) == ("STATE", encode_id("State", "ZMB"))


async def test_a_browser_that_connects_again_says_itself_where_it_was(database: Database, address: str) -> None:
    cursor = await beginning(database)
    asked = {"query": "subscription { changes(types: [DOCUMENT]) { __typename ... on Change { subjectId } } }"}
    headers = {"Accept": "text/event-stream", "Last-Event-ID": (await everything(database, cursor))[-1]}
    key = await document(database)

    async with (
        httpx2.AsyncClient(trust_env=False) as http,
        http.stream("GET", f"{address}/graphql", params=asked, headers=headers) as response,
    ):
        told = [json.loads(data) for _, data in [await anext(aiter(events(response)))]]

    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert told[0]["data"]["changes"] == {"__typename": "Change", "subjectId": encode_id("Document", key)}


async def test_where_the_database_stays_away_the_end_of_a_stream_says_so(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def away() -> AsyncIterator[Any]:
        raise ConnectionRefusedError(111, "Connect call failed")
        yield

    app = made(database, Pace(poll=0.02, heartbeat=0.1, check=0.1, patience=0.1))
    with server.serving(app) as address:
        async with follow(address, transport) as answers:
            await caught_up(answers)
            monkeypatch.setattr(app.state.database, "reading", away)

            *_, last = [answer async for answer in answers]

    (error,) = last["errors"]
    assert error == {"message": "The database cannot be reached; try again.", "extensions": {"code": "UNAVAILABLE"}}


async def test_an_idle_reader_s_place_moves_with_what_it_is_not_told(database: Database, transport: str) -> None:
    async with served(database, Pace(poll=0.02, heartbeat=0.2)) as address, follow(address, transport) as answers:
        first = event(await anext(answers))
        await document(database, Visibility.ISU)
        later = event(await anext(answers))
        while later["cursor"] == first["cursor"]:
            later = event(await anext(answers))

    assert later["__typename"] == "Heartbeat"
    assert datetime.fromisoformat(later["at"]) >= datetime.fromisoformat(first["at"])
    async with served(database) as address, follow(address, transport, after=later["cursor"]) as answers:
        assert await caught_up(answers) == []


async def test_a_query_is_answered_as_streamtoo(address: str) -> None:
    async with follow(address, "events", query='{ state(by: { code: "ZMB" }) { code } }') as answers:
        answer = await anext(answers)
        rest = [each async for each in answers]

    assert answer["data"] == {"state": {"code": "ZMB"}}
    assert rest == []


async def test_who_wants_no_body_gets_no_stream_that_would_stay_open(quiet: str) -> None:
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.head(
            f"{quiet}/graphql", params={"query": CHANGES}, headers={"Accept": f"application/json, {EVENT_STREAM}"}
        )

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")


# ---------- what wakes ----------


async def test_a_commit_of_this_process_wakes_at_once(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks by themselves for an hour."""
    monkeypatch.setattr("db.engine.WATCH_SECONDS", 3_600)
    key = await key_for(database, ISU)
    async with served(database, Pace(poll=3_600)) as address, follow(address, transport) as answers:
        await anext(answers)
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.post(
                f"{address}/graphql", json={"query": MEETING}, headers={"Authorization": f"Bearer {key}"}
            )
        told = event(await anext(answers))

    assert answer.json()["data"]["scheduleMeeting"]["__typename"] == "MeetingScheduled"
    assert (told["kind"], told["subjectType"]) == ("CREATED", "MEETING")


MEETING = """mutation { scheduleMeeting(input: { code: "IM-2031", kind: "informal_meeting", formality: INFORMAL,
  title: [{ language: "en", value: "A meeting" }], startsOn: "2031-04-01", endsOn: "2031-04-02", city: "Geneva",
  country: "CHE" }) { __typename ... on Problem { message } } }"""


async def test_a_commit_of_another_process_wakes_before_anybody_looks(database: Database, transport: str) -> None:
    async with served(database, Pace(poll=3_600)) as address, follow(address, transport) as answers:
        await anext(answers)
        keys = [await document(database) for _ in range(2)]
        told = [event(await anext(answers))["subjectId"] for _ in keys]

    assert told == [encode_id("Document", key) for key in keys]


async def test_a_commit_of_another_process_wakes_by_postgresql_also_once_it_was_cut_off(
    postgres_states: str, transport: str
) -> None:
    database = Database(postgres_states)
    async with served(database, Pace(poll=3_600)) as address, follow(address, transport) as answers:
        await anext(answers)
        await rename(database, "ZMB")
        before = event(await anext(answers))
        await _listening(database, cut_off=True)
        await _listening(database)
        await rename(database, "AUT")
        after = event(await anext(answers))
    await database.close()

    assert [each["subjectId"] for each in (before, after)] == [encode_id("State", code) for code in ("ZMB", "AUT")]


@pytest.fixture
def postgres_states(templates_of: Any) -> Iterator[str]:
    """SQLite has no connection that could be cut off."""
    templates = templates_of("postgresql")
    url = templates.databases.copy(templates.states)
    yield url
    templates.databases.drop(url)


async def _listening(database: Database, *, cut_off: bool = False) -> None:
    """Once somebody listens; who is then cut off, if so wanted."""
    who = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    cut = f"SELECT pg_terminate_backend(pid) FROM ({who}) AS listening"  # noqa: S608  nothing comes from outside
    async with asyncio.timeout(20):
        while True:
            async with database.reading() as connection:
                if (await connection.execute(text(cut if cut_off else who))).all():
                    return


async def test_without_any_notification_it_looks_by_itself(database: Database, transport: str) -> None:
    async with served(database, Pace(poll=0.05, listens=False)) as address, follow(address, transport) as answers:
        await anext(answers)
        key = await document(database)

        assert event(await anext(answers))["subjectId"] == encode_id("Document", key)


async def test_what_many_follow_is_read_once(database: Database) -> None:
    app = made(database, COUNTED)
    with server.serving(app) as address:
        async with AsyncExitStack() as stack:
            followers = [await stack.enter_async_context(follow(address, "socket")) for _ in range(30)]
            for each in followers:
                await anext(each)
            await together(app, 30)
            with statements(app.state.database) as sent:
                key = await document(database)
                told = [event(await anext(each))["subjectId"] for each in followers]

    assert told == [encode_id("Document", key)] * 30
    assert sum("feed_entry" in each for each in sent) == 1


async def test_what_is_kept_of_a_reading_is_known_by_little(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is said for it is not weighed."""
    keys: list[Any] = []
    keep = Shared._keep

    def kept(self: Any, key: Any, made: Any) -> None:
        keys.append(key)
        keep(self, key, made)

    monkeypatch.setattr(Shared, "_keep", kept)
    async with served(database) as address:
        for number in range(2):
            async with follow(address, transport, junk="x" * 200_000, number=10**30 + number) as answers:
                assert event(await anext(answers))["__typename"] == "Heartbeat"

    pages = {key[0] for key in keys if isinstance(key[0], bytes)}
    assert len(pages) == 2
    assert max(len(repr(key)) for key in keys) < 4_096


async def test_a_reading_is_for_those_alone_who_ask_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0]
    monkeypatch.setattr("isu.readings.second", lambda: seconds[-1])

    async def read(*_: Any) -> Page:
        return Page()

    monkeypatch.setattr(Readings, "_read", read)
    readings, same = _readings(seconds=60), (b"asked", None, PUBLIC, TODAY, 20, 1)
    others = (b"asked otherwise", "later", replace(PUBLIC, account="another"), TODAY + timedelta(days=1), 21, 2)

    async def is_read(*given: Any) -> bool:
        return (await readings.page(EXECUTABLE, *given))[1]

    assert [await is_read(*same) for _ in range(2)] == [True, False]
    for place, other in enumerate(others):
        assert await is_read(*same[:place], other, *same[place + 1 :]), other
    seconds.append(1)
    assert await is_read(*same)


async def test_so_many_readings_are_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    began, goes_on = list[Any](), asyncio.Event()

    async def execute(*given: Any) -> None:
        began.append(given)
        await goes_on.wait()
        raise ConnectionResetError

    monkeypatch.setattr(Readings, "_execute", execute)
    readings = _readings(seconds=60)
    asked = [
        asyncio.ensure_future(readings.page(EXECUTABLE, b"", str(number), PUBLIC, TODAY, 20, 1))
        for number in range(READINGS + 3)
    ]
    for _ in range(20):
        await asyncio.sleep(0)
    at_first = len(began)
    goes_on.set()
    await asyncio.wait(asked, timeout=60)

    assert {type(each.exception()) for each in asked} == {ConnectionResetError}
    assert (at_first, len(began)) == (READINGS, READINGS + 3)


async def test_a_reading_that_takes_too_long_ends_and_the_next_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isu.readings.second", lambda: 0)
    began: list[Any] = []

    async def execute(*given: Any) -> None:
        began.append(given)
        await asyncio.Event().wait()

    monkeypatch.setattr(Readings, "_execute", execute)
    readings = _readings(seconds=0.01)
    for _ in range(2):
        asked = asyncio.ensure_future(readings.page(EXECUTABLE, b"", None, PUBLIC, TODAY, 20, 1))
        await asyncio.wait({asked}, timeout=10)
        assert asked.done()
        assert isinstance(asked.exception(), TimeoutError)

    assert len(began) == 2


@pytest.mark.parametrize("away", [TurnedAway(503, "The issuer of tokens does not answer."), ConnectionResetError()])
async def test_who_does_not_answer_is_asked_again_for_a_while(monkeypatch: pytest.MonkeyPatch, away: Exception) -> None:
    monkeypatch.setattr("isu.readings._AGAIN_SECONDS", 0)
    times, seconds = count(), [0.0]
    monkeypatch.setattr("isu.readings.now", lambda: seconds[-1])

    async def ask() -> str:
        if next(times) < 3:
            raise away
        return "answered"

    async def never() -> None:
        seconds.append(seconds[-1] + 4)
        raise away

    assert await patiently(ask, 10) == "answered"
    with pytest.raises(type(away)):
        await patiently(never, 10)
    assert seconds[-1] == 12


@pytest.mark.parametrize(
    "answer", [TurnedAway(401, "The key was revoked."), TurnedAway(429, "Too much."), ValueError()]
)
async def test_who_answers_is_not_asked_again(answer: Exception) -> None:
    times = count()

    async def ask() -> None:
        next(times)
        raise answer

    with pytest.raises(type(answer)):
        await patiently(ask, 60)
    assert next(times) == 1


def _readings(*, seconds: float) -> Readings:
    """Of no database: what they would read is said in the test."""
    nothing: Any = None
    return Readings(nothing, nothing, seconds=seconds)


EXECUTABLE: Any = None


# ---------- who may follow ----------


@pytest.mark.parametrize("reason", ["CREDENTIAL_REVOKED", "ACCOUNT_SUSPENDED", "CREDENTIAL_EXPIRED"])
async def test_a_stream_ends_with_the_right_to_it(database: Database, transport: str, reason: str) -> None:
    token, clock = await key_for(database, "STATE:ZMB"), [datetime.now(UTC)]
    app = made(database, now=lambda: clock[0])
    with server.serving(app) as address:
        async with follow(address, transport, token) as answers:
            await anext(answers)
            # What is being read already is told to who was somebody when it was begun.
            await together(app, 1)
            await _ends(database, answers, transport, token, reason, clock)


async def _ends(
    database: Database, answers: AsyncIterator[Any], transport: str, token: str, reason: str, clock: list[datetime]
) -> None:
    match reason:
        case "CREDENTIAL_REVOKED":
            await act(database, lambda context: account.revoke(context, key=token.split("_")[1]))
        case "ACCOUNT_SUSPENDED":
            async with database.reading() as connection:
                row = (await connection.execute(text("SELECT account_id FROM api_key"))).scalar_one()
            await act(database, lambda context: account.suspend(context, key=row))
        case _:
            clock[0] += timedelta(days=5_000)
    await document(database, Visibility.STATES_PARTIES)
    if transport == "socket":
        with pytest.raises(Refused) as ended:
            await anext(answers)
        assert ended.value.code == 4403
        assert ended.value.told.startswith("Forbidden: The ")
    else:
        last = [each async for each in answers]
        assert [each["errors"][0]["extensions"]["code"] for each in last] == [reason]


async def test_who_comes_to_see_more_or_less_is_told_that_first(database: Database, transport: str) -> None:
    """A delegate takes part, and later no more: of what was there all the while they hear then."""
    token = await key_for(database, "STATE:ZMB", scopes={Scope.READ_PUBLIC, Scope.READ_RESTRICTED}, somebody=True)
    key = await document(database, Visibility.STATES_PARTIES)
    async with served(database) as address, follow(address, transport, token, types=["DOCUMENT"]) as answers:
        await anext(answers)
        await hide(database, db.Document, key, Visibility.ISU)
        lost = event(await anext(answers))
        await hide(database, db.Document, key, Visibility.STATES_PARTIES)
        seen = event(await anext(answers))
    async with served(database) as address, follow(address, transport, types=["DOCUMENT"]) as answers:
        await anext(answers)
        await hide(database, db.Document, key, Visibility.ISU)
        await document(database)
        public = event(await anext(answers))

    assert [(each["kind"], each["subjectId"]) for each in (lost, seen)] == [
        ("VISIBILITY_LOST", encode_id("Document", key)),
        ("PUBLISHED", encode_id("Document", key)),
    ]
    assert public["kind"] == "CREATED"


@pytest.mark.parametrize(("token", "code"), [("isu_nonsense", "CREDENTIAL_MALFORMED"), ("a.b.c", "UNAUTHENTICATED")])
async def test_a_bad_credential_does_not_become_that_of_the_public(
    quiet: str, transport: str, token: str, code: str
) -> None:
    with pytest.raises((Refused, AssertionError)) as refused:
        async with follow(quiet, transport, token) as answers:
            await anext(answers)

    assert isinstance(refused.value, Refused)
    if transport == "socket":
        assert refused.value.code == 4403
    else:
        assert (refused.value.code, refused.value.told[0]["extensions"]["code"]) == (401, code)


async def test_a_credential_may_come_in_the_header_of_the_socket(database: Database, address: str) -> None:
    token = await key_for(database, ISU)
    key = await document(database, Visibility.ISU)
    async with (
        follow(address, "socket", token) as answers,
        socket(address, additional_headers={"Authorization": f"Bearer {token}"}) as client,
    ):
        await client.init()
        await client.subscribe("1")
        for _ in range(2):
            await (client.hear() if _ else anext(answers))
        await hide(database, db.Document, key, Visibility.COMMITTEE)

        assert (await client.hear())["payload"]["data"]["changes"]["subjectId"] == encode_id("Document", key)
        assert event(await anext(answers))["subjectId"] == encode_id("Document", key)


@pytest.mark.parametrize("after", ["", "nonsense", "x" * 9_000])
async def test_a_forged_cursor_is_refused(quiet: str, transport: str, after: str) -> None:
    if transport == "socket":
        with pytest.raises(Refused) as refused:
            async with follow(quiet, transport, after=after) as answers:
                await anext(answers)
        errors = refused.value.told
    else:
        async with follow(quiet, transport, after=after) as answers:
            (answer,) = [each async for each in answers]
        errors = answer["errors"]

    assert [(each["message"], each["extensions"]["code"]) for each in errors] == [
        ("after is not a cursor of this feed.", "BAD_USER_INPUT")
    ]


# ---------- who does not read ----------


HEAVY = f"""subscription ($after: String) {{ changes(after: $after) {{ __typename
  ... on Change {{ cursor {" ".join(f"{'x' * 100}{number}: cursor" for number in range(29))} }}
  ... on Heartbeat {{ cursor }} ... on Lagged {{ resumeAfter }} }} }}"""


async def test_who_reads_too_slowly_is_told_where_to_go_on(database: Database, transport: str) -> None:
    after = await beginning(database)
    expected = await everything(database, after)
    with capture_logs() as logs:
        async with (
            served(database, Pace(poll=0.02, send=0.1)) as address,
            follow(address, transport, query=HEAVY, narrow=True, after=after) as answers,
        ):
            told = [event(await anext(answers))]
            await asyncio.to_thread(wait_until, lambda: _is_logged(logs, "stream.lagged"), "that it is too slow")
            told += [event(answer) async for answer in answers]
    *told, last = told
    async with served(database) as address, follow(address, transport, after=last["resumeAfter"]) as answers:
        rest = await caught_up(answers)

    assert {each["__typename"] for each in told} == {"Change"}
    assert (last["__typename"], last["resumeAfter"]) == ("Lagged", told[-1]["cursor"])
    assert rest
    assert [each["cursor"] for each in (*told, *rest)] == expected


async def test_who_could_not_take_the_first_of_a_page_goes_on_before_it(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = await beginning(database)
    expected = await everything(database, after)

    async def too_late(stream: Stream, _event: Any, send: Any) -> None:
        await stream._lag(send)

    monkeypatch.setattr(Stream, "_deliver", too_late)
    async with served(database) as address, follow(address, transport, after=after) as answers:
        (last,) = [event(answer) async for answer in answers]

    assert last["__typename"] == "Lagged"
    assert await everything(database, last["resumeAfter"]) == expected


async def test_what_was_read_long_before_it_can_be_sent_is_read_anew(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper that was hidden while its reader was slow is not shown."""
    after = (await everything(database, await beginning(database)))[-1]
    await document(database)
    key = await document(database, title="A secret")
    deliver, pace, is_slow = Stream._deliver, Pace(poll=0.02, check=0.1), [True]

    async def slowly(stream: Stream, told: Any, send: Any) -> None:
        await deliver(stream, told, send)
        if is_slow.pop() if is_slow else False:
            own = Database(database.url.render_as_string(hide_password=False))
            await hide(own, db.Document, key)
            await document(own, title="The last")
            await own.close()
            await asyncio.sleep(2 * pace.check)

    monkeypatch.setattr(Stream, "_deliver", slowly)
    async with served(database, pace) as address, follow(address, transport, after=after) as answers:
        told = [event(await anext(answers))]
        while "The last" not in str(told[-1]):
            told.append(event(await anext(answers)))

    assert "A secret" not in str(told)


async def test_who_never_reads_is_cut_off(database: Database, transport: str) -> None:
    after = await beginning(database)
    with capture_logs() as logs:
        async with (
            served(database, Pace(poll=0.02, send=0.2, linger=0.2)) as address,
            follow(address, transport, query=HEAVY, narrow=True, after=after) as answers,
        ):
            await anext(answers)
            await asyncio.to_thread(wait_until, lambda: _is_logged(logs, "stream.unread"), "that nobody reads")
            with pytest.raises((Refused, httpx2.TransportError, OSError)):
                [event(answer) async for answer in answers]


def _is_logged(logs: Any, what: str) -> bool:
    return any(each["event"] == what for each in logs)


async def test_a_caller_has_so_many_streams_and_no_more(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_use, "MAX_STREAMS", 2)
    app = made(database, rate_limit="on")
    with server.serving(app) as address:
        async with follow(address, "events") as one, follow(address, "events") as two:
            await anext(one)
            await anext(two)
            status, message = await _refusal(address, transport)
        open_ = app.state.streams.fair_use._streams
        await asyncio.to_thread(wait_until, lambda: not open_, "that it is known who has left")
        again = await _refusal(address, "events")

    assert (status, message) == (429, "There may be 2 streams at a time.")
    assert again == (200, "")


async def _refusal(address: str, transport: str) -> tuple[int, str]:
    try:
        async with follow(address, transport) as answers:
            await anext(answers)
    except InvalidStatus as invalid:
        return invalid.response.status_code, json.loads(invalid.response.body)["errors"][0]["message"]
    except Refused as refused:
        return refused.code, refused.told[0]["message"]
    return 200, ""


async def spend(address: str, monkeypatch: pytest.MonkeyPatch, points: int, **headers: str) -> None:
    """By one request that can not run, and not by as many as that would take."""
    with monkeypatch.context() as patch:
        patch.setattr(fair_use, "REFUSED_COST", points)
        async with httpx2.AsyncClient(trust_env=False) as http:
            await http.post(f"{address}/graphql", json={"query": "{"}, headers=headers)


async def test_the_server_has_so_many_streams_and_room_again_when_one_ends(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isu.streams.MOST_STREAMS", 1)
    app = made(database)
    streams: Streams = app.state.streams
    with server.serving(app) as address:
        for _ in range(2):
            async with follow(address, transport) as answers:
                await anext(answers)
                with pytest.raises(Refused) as refused:
                    async with follow(address, transport) as others:
                        await anext(others)
            await asyncio.to_thread(wait_until, lambda: streams._open == 0, "the end of the stream")

    assert "There is no room for another stream; try again." in str(refused.value)


async def test_who_completes_or_leaves_takes_no_place_any_more(database: Database) -> None:
    app = made(database, COUNTED, rate_limit="on")
    streams: Streams = app.state.streams

    async def until_open(operations: int, streams_of_callers: int) -> None:
        """Of a socket too, whatever is followed over it."""
        of_callers = streams.fair_use._streams
        wanted = (operations, streams_of_callers)
        await asyncio.to_thread(wait_until, lambda: (streams._open, of_callers.total()) == wanted, f"{wanted} open")

    with server.serving(app) as address:
        async with socket(address) as client:
            await client.init()
            for id_ in "12":
                await client.subscribe(id_)
                await client.hear()
            await until_open(2, 3)
            await client.say({"type": "complete", "id": "1"})
            await until_open(1, 2)
        await until_open(0, 0)


async def test_what_is_refused_over_a_socket_is_paid_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    app = made(database, rate_limit="on", clock=lambda: 0.0)
    fair: fair_use.FairUse = app.state.streams.fair_use

    def paid(buckets: fair_use.Buckets) -> float:
        (caller,) = buckets._left
        return buckets.limit - buckets.left(caller)

    with server.serving(app) as address:
        async with socket(address) as client:
            await client.say({"type": "connection_init", "payload": {"Authorization": "Bearer nonsense"}})
            assert (await client.closed())[0] == 4403
        assert paid(fair._strangers) == fair_use.REFUSED_COST

        async with socket(address) as client:
            await client.init()
            for number, query in enumerate(("subscription {", "{ __typename }", CHANGES), 1):
                # Of the last it is only too many.
                monkeypatch.setattr("isu.web_socket.MAX_OPERATIONS", int(query != CHANGES))
                await client.subscribe("1", query)
                assert (await client.hear())["type"] == "error"
                assert paid(fair._addresses) == number * fair_use.REFUSED_COST

            monkeypatch.setattr("isu.web_socket.MAX_OPERATIONS", 1)
            await spend(address, monkeypatch, 30_000)
            await client.subscribe("1", "subscription {")
            (told,) = (await client.hear())["payload"]
        assert told["extensions"]["code"] == "RATE_LIMITED"
        assert (await _refusal(address, "socket"))[0] == 429


async def test_one_change_that_is_too_much_by_itself_ends_the_stream(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_much(*_: Any) -> Page:
        return Page(failure=[{"message": "Too much.", "extensions": {"code": "LIMIT_OBJECTS"}}])

    monkeypatch.setattr(Readings, "_read", too_much)
    async with served(database) as address, follow(address, "events") as answers:
        (last,) = [each async for each in answers]

    assert last["errors"][0]["extensions"]["code"] == "LIMIT_OBJECTS"


async def test_what_is_told_is_paid_for_and_waits_until_it_can_be(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    async with served(database, clock=lambda: clock[0], rate_limit="on") as address:
        cursor = await beginning(database)
        await spend(address, monkeypatch, 19_800)
        expected = await everything(database, cursor)
        told = []
        async with follow(address, transport, after=cursor) as answers:
            waits = asyncio.ensure_future(anext(answers))
            while (await asyncio.wait({waits}, timeout=0.25))[0]:
                told.append(event(waits.result())["cursor"])
                waits = asyncio.ensure_future(anext(answers))
            paid_for = len(told)
            clock[0] += 60
            told.append(event(await waits)["cursor"])
            told += [each["cursor"] for each in await caught_up(answers)]

    assert paid_for < 200
    assert told == expected


async def test_who_leaves_after_an_event_has_paid_for_what_was_read(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver = Stream._deliver

    async def deliver_one(*given: Any) -> None:
        await deliver(*given)
        raise _Ended

    monkeypatch.setattr(Stream, "_deliver", deliver_one)
    async with served(database, clock=lambda: 0.0, rate_limit="on") as address:
        cursor = await beginning(database)
        async with follow(address, transport, after=cursor) as answers:
            told = [event(answer) async for answer in answers]
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{address}/graphql", json={"query": "{ rateLimit { remaining } }"})

    assert [each["__typename"] for each in told] == ["Change"]
    assert answer.json()["data"]["rateLimit"]["remaining"] < 20_000 - 2 * PAGE


async def test_a_reading_that_everybody_has_left_is_given_up() -> None:
    made: list[asyncio.Task[Any] | None] = []
    goes_on, gives_back = asyncio.Event(), asyncio.Event()

    async def make() -> str:
        made.append(asyncio.current_task())
        try:
            await goes_on.wait()
        except asyncio.CancelledError:
            # As a connection is given back, which takes a while.
            await gives_back.wait()
            raise
        return "read"

    shared = Shared[str](len, 100, given_up=True)
    one, two = (asyncio.ensure_future(shared.get("key", make)) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.wait({one})
    still_wanted = shared.holds("key")
    two.cancel()
    await asyncio.wait({two})
    three = asyncio.ensure_future(shared.get("key", make))
    for _ in range(3):
        await asyncio.sleep(0)
    first, second = made
    assert first is not None
    gives_back.set()
    await asyncio.wait({first})
    goes_on.set()

    assert await three == "read"
    assert still_wanted
    assert first.cancelled()
    assert second is not first
    assert shared.holds("key")


async def test_who_had_to_wait_is_told_what_holds_by_then(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper that was hidden while its reader could not pay is not shown."""
    clock = [0.0]
    async with served(database, clock=lambda: clock[0], rate_limit="on") as address:
        await spend(address, monkeypatch, 19_800)
        async with follow(address, transport, query=COSTLY) as answers:
            await anext(answers)
            await document(database)
            # For which they come to owe.
            await anext(answers)
            key = await document(database, title="A secret")
            waits = asyncio.ensure_future(anext(answers))
            done, _ = await asyncio.wait({waits}, timeout=0.25)
            await hide(database, db.Document, key)
            clock[0] += 60
            told = event(await waits)

    assert not done
    assert (told["subjectId"], told["node"]) == (encode_id("Document", key), None)


COSTLY = """subscription { changes { __typename ... on Heartbeat { cursor } ... on Change { subjectId node { id
  ... on Meeting { documents(first: 120) { nodes { id } } } } } } }"""


async def test_the_server_takes_its_leave(database: Database) -> None:
    environment = {"ISU_DATABASE_URL": database.url.render_as_string(hide_password=False)}
    with server.isu_serves(environment) as (process, address):
        async with follow(address, "events") as stream, follow(address, "socket") as messages:
            await anext(stream)
            await anext(messages)
            process.send_signal(SIGTERM)
            assert [each async for each in stream] == []
            with pytest.raises(Refused) as ended:
                await anext(messages)
            assert ended.value.code == 1012
        await asyncio.to_thread(process.wait, 20)


async def test_of_a_socket_that_is_closed_while_something_is_sent_nobody_takes_leave(database: Database) -> None:
    """As where the server ends: it closes the socket by itself, and then the next event comes."""
    said = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": '{"type": "connection_init"}'},
        {
            "type": "websocket.receive",
            "text": json.dumps({"type": "subscribe", "id": "1", "payload": {"query": CHANGES}}),
        },
    ]
    sent = []

    async def receive() -> Any:
        return said.pop(0) if said else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)
        if '"next"' in message.get("text", ""):
            raise OSError

    app = made(database)
    scope = {"type": "websocket", "path": "/graphql", "headers": [], "query_string": b"", "client": ("127.0.0.1", 7)}
    await app({**scope, "subprotocols": [PROTOCOL]}, receive, send)
    await app.state.database.close()

    assert [each["type"] for each in sent] == ["websocket.accept", "websocket.send", "websocket.send"]


# ---------- what is said over a socket ----------


_IDS: list[Any] = [7, None, "", [], {}, "x" * 129, "\n"]
_PAYLOADS: list[Any] = [None, [], 7, "text", {}]
_QUERIES: list[Any] = [None, 7, [], {}, "\0"]
_VARIABLES: list[Any] = [[], 7, "text"]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "null",
        "7",
        '"text"',
        "{",
        "{}",
        b"{}",
        "[" * 100_000,
        '{"type": "connection_init", "type": "ping"}',
        {"type": 7},
        {"type": None},
        {"type": ["subscribe"]},
        {"type": "start", "id": "1", "payload": {"query": CHANGES}},
        {"type": "subscribe", "payload": {"query": CHANGES}},
        *({"type": "subscribe", "id": each, "payload": {"query": CHANGES}} for each in _IDS),
        *({"type": "subscribe", "id": "1", "payload": each} for each in _PAYLOADS),
        *({"type": "subscribe", "id": "1", "payload": {"query": each}} for each in _QUERIES),
        *({"type": "subscribe", "id": "1", "payload": {"query": CHANGES, "variables": each}} for each in _VARIABLES),
        {"type": "subscribe", "id": "1", "payload": {"query": CHANGES, "variables": {"after": "\ud800"}}},
        {"type": "subscribe", "id": "1", "payload": {"query": CHANGES, "operationName": 7}},
        {"type": "subscribe", "id": "1", "payload": {"query": CHANGES, "extensions": []}},
        {"type": "complete"},
        {"type": "complete", "id": 7},
    ],
    ids=repr,
)
async def test_what_is_no_message_of_the_protocol_closes_the_socket(quiet: str, message: Any) -> None:
    async with socket(quiet) as client:
        await client.init()
        await client.say(message)

        code, reason = await client.closed()

    assert code == 4400
    assert reason.startswith("Invalid message: ")


@pytest.fixture(scope="module")
def quiet(templates_of: Any) -> Iterator[str]:
    """A server of which nothing is asked that reaches the database, so that one engine will do."""
    url = templates_of("sqlite").shared_register
    app = create_app(
        Settings(database_url=url, rate_limit="off"), today=lambda: TODAY, delivers=False, pace=Pace(init=3_600)
    )
    with server.serving(app) as address:
        yield address


@pytest.mark.parametrize("payload", [7, [], "text", {"Authorization": 7}, {"authorization": None}])
async def test_an_init_is_checked_too(quiet: str, payload: Any) -> None:
    async with socket(quiet) as client:
        await client.say({"type": "connection_init", "payload": payload})

        assert (await client.closed())[0] == 4400


async def test_who_says_nothing_is_not_waited_for(database: Database) -> None:
    async with served(database, Pace(init=0.5)) as address, socket(address) as client:
        await client.say({"type": "ping"})

        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_the_init_comes_first_and_once(quiet: str) -> None:
    async with socket(quiet) as client:
        await client.subscribe("1")
        assert (await client.closed())[0] == 4401
    async with socket(quiet) as client:
        await client.init()
        await client.say({"type": "connection_init"})
        assert (await client.closed())[0] == 4429


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"]])
async def test_another_protocol_is_none(quiet: str, protocols: Any) -> None:
    async with socket(quiet, subprotocols=protocols) as client:
        assert await client.closed() == (4406, "The protocol is graphql-transport-ws.")


async def test_a_message_has_a_size(quiet: str) -> None:
    async with socket(quiet) as client:
        await client.init()
        await client.say({"type": "ping", "payload": {"x": "y" * 400_000}})

        assert (await client.closed())[0] == 1009


async def test_pings_are_answered_and_pongs_are_not(quiet: str) -> None:
    async with socket(quiet) as client:
        await client.init()
        await client.say({"type": "pong"})
        await client.say({"type": "ping", "payload": {"any": "thing"}})

        assert await client.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { changes { __typename } more: changes { __typename } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription A { changes { __typename } } subscription B { changes { __typename } }", "OPERATION_NOT_FOUND"),
        ("subscription ($types: [ChangeSubject!]) { changes(types: $types) { __typename } }", "BAD_USER_INPUT"),
        ("{ __typename }", "BAD_REQUEST"),
        ("mutation { __typename }", "BAD_REQUEST"),
    ],
)
async def test_what_can_not_be_followed_is_told_and_the_rest_goes_on(quiet: str, query: str, code: str) -> None:
    async with socket(quiet) as client:
        await client.init()
        await client.subscribe("good")
        assert (await client.hear())["id"] == "good"
        await client.subscribe("bad", query, types=["NONSENSE"])
        told = await client.hear()
        await client.say({"type": "ping"})

        assert await client.hear() == {"type": "pong"}
    assert (told["id"], told["type"], told["payload"][0]["extensions"]["code"]) == ("bad", "error", code)


async def test_where_the_database_is_away_the_init_is_to_come_again(
    quiet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_away(*_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(Streams, "confirmed", is_away)
    async with socket(quiet) as client:
        await client.say({"type": "connection_init"})

        assert await client.closed() == (1013, "The database cannot be reached; try again.")


async def test_a_fault_of_ours_is_logged_and_closes_the_socket(quiet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("as it may happen")

    monkeypatch.setattr(Connection, "_end", fails)
    with capture_logs() as logs:
        async with socket(quiet) as client:
            await client.init()
            await client.subscribe("1", "{")
            closed = await client.closed()

    assert closed == (1011, "Something went wrong on our side.")
    assert _is_logged(logs, "fault")


async def test_an_id_is_of_one_operation_at_a_time(quiet: str) -> None:
    async with socket(quiet) as client:
        await client.init()
        for _ in range(2):
            await client.subscribe("1")
            assert (await client.hear())["type"] == "next"
            await client.say({"type": "complete", "id": "1"})
        await client.say({"type": "complete", "id": "never heard of"})
        await client.subscribe("1")
        assert (await client.hear())["type"] == "next"
        await client.subscribe("1")

        assert await client.closed() == (4409, "Subscriber for 1 already exists")


async def test_a_socket_follows_so_many_operations_and_no_more(quiet: str) -> None:
    async with socket(quiet) as client:
        await client.init()
        for number in range(MAX_OPERATIONS + 1):
            await client.subscribe(str(number))
        told = [await client.hear() for _ in range(MAX_OPERATIONS + 1)]
        (refused,) = [each for each in told if each["type"] == "error"]
        await client.say({"type": "complete", "id": "0"})
        await client.subscribe("another")

        assert (await client.hear())["id"] == "another"
    assert refused["id"] == str(MAX_OPERATIONS)
    assert refused["payload"][0]["message"] == f"A connection follows {MAX_OPERATIONS} operations at most."


async def test_who_does_not_read_what_is_refused_is_heard_no_more_and_cut_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, unread = Connection._write, []

    async def write_unless_refused(self: Connection, text: str) -> None:
        if '"error"' in text:
            unread.append(text)
            await asyncio.Event().wait()
        await write(self, text)

    monkeypatch.setattr(Connection, "_write", write_unless_refused)
    async with served(database, Pace(send=0.3, linger=0.3)) as address, socket(address) as client:
        await client.init()
        for number in range(2 * MAX_OPERATIONS):
            await client.subscribe(str(number), "{")
        code, _ = await client.closed()

    assert len(unread) == MAX_OPERATIONS + 1
    assert sum("A connection follows 20 operations at most." in each for each in unread) == 1
    assert code in (1006, 1013)
