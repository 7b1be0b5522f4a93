"""What was asked before is answered at once, and as if it had been asked for the first time."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import brotli
import httpx2
import orjson
import pytest
import zstandard
from graphql import get_introspection_query
from sqlalchemy import exists, select
from sqlmodel import col

import db
from db import change
from db.change import is_of_the_journal
from db.dialect import nested
from db.engine import Database
from isu import plans
from isu.again import LARGEST, Again, Data, coding_of
from isu.app import create_app
from isu.operation import Parameters
from isu.plans import Plans
from isu.settings import Settings
from mandate.actor import PUBLIC
from mandate.text import LocalizedText
from schema.id import decode_id
from tests import server
from tests.api import TODAY, Api, serving
from tests.call import hide, through_the_unit
from tests.make import ISU, key_for

pytestmark = pytest.mark.anyio

STATES = '{ states(first: 40) { nodes { code name { in(language: "fr") { value } } } } }'
SYMBOLS = "{ documents(first: 1) { totalCount nodes { id symbol } } }"
PRICEY = "{ states(first: 200) { nodes { code treatyActions { type } documents(first: 5) { totalCount } } } }"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def all_is_worth_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast the machine is."""
    monkeypatch.setattr("isu.front.WORTH", -1.0)
    for look in ("LOOK_SECONDS", "LOOK_SECONDS_AWAY"):
        monkeypatch.setattr(plans, look, 0.0)


@pytest.fixture
async def api(shared_register_url: str) -> AsyncIterator[Api]:
    async with serving(shared_register_url) as api:
        yield api


@pytest.fixture
async def own(register_url: str) -> AsyncIterator[Api]:
    async with serving(register_url) as api:
        yield api


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that went through the door."""
    found: list[str] = []
    answer = Plans.answer

    async def note(plans: Plans, operation: Any, *given: Any) -> Any:
        found.append(operation.asked.query)
        return await answer(plans, operation, *given)

    monkeypatch.setattr(Plans, "answer", note)
    return found


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The plans that ran."""
    found: list[Any] = []
    run = Plans.run

    async def note(plans: Plans, fit: Any, *given: Any) -> Any:
        found.append(fit)
        return await run(plans, fit, *given)

    monkeypatch.setattr(Plans, "run", note)
    return found


async def ask(api: Api, text: str, headers: dict[str, str] | None = None, **variables: Any) -> Any:
    content = orjson.dumps({"query": text, "variables": variables})
    return await api.http.post("/graphql", content=content, headers={**JSON, **(headers or {})})


async def test_the_third_asking_does_not_pass_the_door_and_has_its_answer(api: Api, executed: list[str]) -> None:
    answers = [await ask(api, STATES, {"Accept-Encoding": "identity"}) for _ in range(4)]

    assert len(executed) == 2
    assert len({each.content for each in answers}) == 1
    ours, theirs = ({k: v for k, v in each.headers.items() if k not in OWN} for each in (answers[0], answers[3]))
    assert ours == theirs
    assert answers[3].headers["vary"] == "Accept, Accept-Encoding, Authorization"
    assert answers[3].headers["x-request-id"] != answers[2].headers["x-request-id"]


OWN = {"x-request-id", "vary"}
"""What differs: each has an id, and the door compresses nothing."""


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Accept": "text/html"}, {"query": STATES}),
        ({"Accept": "text/event-stream"}, {"query": STATES}),
        ({"Authorization": "Bearer nonsense"}, {"query": STATES}),
        ({"Content-Type": "text/plain"}, {"query": STATES}),
        ({"Content-Encoding": "gzip"}, {"query": STATES}),
        ({"Idempotency-Key": "x" * 300}, {"query": STATES}),
        ({"Content-Length": "9999999"}, {"query": STATES}),
        ({}, {"query": STATES, "variables": []}),
        ({}, {"query": STATES, "operationName": "Another"}),
        ({}, [{"query": STATES}]),
        ({}, {"query": STATES, "documentId": "x"}),
        ({}, {"query": STATES + "}"}),
        ({}, {"query": STATES, "variables": {"deep": [[[[[[[["\x00"]]]]]]]]}}),
    ],
)
async def test_what_is_out_of_the_ordinary_is_refused_as_ever(
    api: Api, executed: list[str], headers: dict[str, str], body: Any
) -> None:
    first = await api.http.post("/graphql", content=orjson.dumps(body), headers={**JSON, **headers})
    for _ in range(3):
        await ask(api, STATES)
    then = await api.http.post("/graphql", content=orjson.dumps(body), headers={**JSON, **headers})

    assert (then.status_code, then.content) == (first.status_code, first.content)


async def test_a_body_in_pieces_is_read_as_a_whole(api: Api) -> None:
    whole = orjson.dumps({"query": STATES})

    async def pieces() -> AsyncIterator[bytes]:
        yield whole[:10]
        yield whole[10:]

    expected = (await ask(api, STATES)).content
    for _ in range(3):
        await ask(api, STATES)
    answer = await api.http.post("/graphql", content=pieces(), headers=JSON)
    assert answer.content == expected


@pytest.mark.parametrize("cut", [None, b"\r\n\r\n", b"nodes"])
async def test_over_one_connection_each_question_has_its_own_answer(
    shared_register_url: str, cut: bytes | None
) -> None:
    asked = [orjson.dumps({"query": text}) for text in (STATES, SYMBOLS)]
    head = b"POST /graphql HTTP/1.1\r\nHost: isu\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    requests = [head % (len(body), body) for body in asked]
    app = create_app(Settings(database_url=shared_register_url, rate_limit="off", worker="off"), delivers=False)
    with server.serving(app) as address:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        found: list[list[bytes]] = []
        for _ in range(4):
            for piece in pieces(b"".join(requests), cut):
                writer.write(piece)
                await writer.drain()
            found.append([await body_of(reader) for _ in requests])
        writer.close()
        await writer.wait_closed()

    assert all(each == found[0] for each in found)
    assert [list(orjson.loads(body)["data"]) for body in found[0]] == [["states"], ["documents"]]


def pieces(text: bytes, cut: bytes | None) -> list[bytes]:
    """Behind each place where it is cut."""
    if cut is None:
        return [text]
    *first, last = text.split(cut)
    return [*(each + cut for each in first), last]


async def body_of(reader: asyncio.StreamReader) -> bytes:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return await asyncio.wait_for(reader.readexactly(int(length)), 60)


async def test_an_answer_is_given_again_until_anything_is_written(own: Api, register_url: str, run: list[Any]) -> None:
    number = (await own(SYMBOLS))["documents"]["totalCount"]
    for _ in range(3):
        assert (await own(SYMBOLS))["documents"]["totalCount"] == number
    # It was executed, planned, kept; and found.
    assert len(run) == 2
    (first,) = (await own(SYMBOLS))["documents"]["nodes"]

    # By another process, which tells nobody.
    elsewhere = Database(register_url)
    await hide(elsewhere, db.Document, decode_id(first["id"])[1])
    await elsewhere.close()

    for _ in range(3):
        assert (await own(SYMBOLS))["documents"]["totalCount"] == number - 1
    assert len(run) == 3


async def test_what_is_hardly_ever_found_is_seldom_looked_for_and_what_takes_long_sooner(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for look in ("LOOK_SECONDS", "LOOK_SECONDS_AWAY"):
        monkeypatch.setattr(plans, look, 0.001)
    for _ in range(2):
        await api(SYMBOLS)
    made: Plans = api.app.state.plans
    fit = made.fit(Parameters(SYMBOLS, {}, None), PUBLIC, TODAY)
    assert fit is not None

    def looks(times: int, *, found: bool, took: float) -> int:
        """In how many of so many askings it is looked for."""
        made._plans[fit.key].took = took
        looked = 0
        for _ in range(times):
            if made.pays(fit):
                looked += 1
                made.looked(fit, found=found)
        return looked

    # As long as it may be found; then once in some.
    assert 30 < looks(200, found=False, took=0.01) < 60
    assert looks(160, found=False, took=0.01) == 10
    assert looks(160, found=False, took=0.000001) == 10
    # And as soon as it is found again, each time.
    assert looks(1_000, found=True, took=0.01) > 900
    assert looks(100, found=True, took=0.001001) == 100
    assert looks(160, found=True, took=0.0001) == 10


async def test_how_long_a_plan_takes_is_told_by_when_few_others_were_served(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await api(SYMBOLS)
    made: Plans = api.app.state.plans
    fit = made.fit(Parameters(SYMBOLS, {}, None), PUBLIC, TODAY)
    assert fit is not None
    made._plans[fit.key].took = 0.0
    clock = iter([0.0, 8.0, 10.0, 12.0, 20.0, 28.0, 30.0, 31.0])
    monkeypatch.setattr(plans, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    took = []
    for _ in range(4):
        assert await made.run(fit) is not None
        took.append(made._plans[fit.key].took)

    first, shorter, longer, shortest = took
    assert (first, shorter, shortest) == (8.0, 2.0, 1.0)
    # So that it comes to light where it takes longer each time.
    assert shorter < longer < 2.1


async def test_on_another_day_it_is_another_question(shared_register_url: str) -> None:
    """The withdrawal of Lithuania took effect overnight."""
    days = [date(2025, 3, 5)]
    app = create_app(
        Settings(database_url=shared_register_url, rate_limit="off"), today=lambda: days[-1], delivers=False
    )
    text = '{ state(by: {code: "LTU"}) { treatyStatus { kind } } }'
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://isu") as http,
    ):
        api = Api(app, http)
        for day, kind in ((5, "STATE_PARTY"), (6, "WITHDRAWN"), (5, "STATE_PARTY")):
            days.append(date(2025, 3, day))
            for _ in range(4):
                assert (await api(text))["state"]["treatyStatus"]["kind"] == kind


async def test_nobody_is_given_what_was_made_for_others(own: Api, run: list[Any]) -> None:
    documents = (await own(SYMBOLS))["documents"]
    await hide(own.database, db.Document, decode_id(documents["nodes"][0]["id"])[1])
    staff = own.as_(await key_for(own.database, ISU))
    for _ in range(4):
        assert (await staff(SYMBOLS))["documents"]["totalCount"] == documents["totalCount"]
        assert (await own(SYMBOLS))["documents"]["totalCount"] == documents["totalCount"] - 1
    assert len(run) == 2 * 2


async def test_who_may_no_longer_call_is_given_nothing_again(own: Api) -> None:
    token = await key_for(own.database, ISU)
    staff = own.as_(token)
    for _ in range(4):
        await staff(SYMBOLS)
    at = {"revoked_at": "2026-01-15T12:00:00.000000Z"}
    await through_the_unit(own.database, db.ApiKey, ((token.split("_")[1],), at))

    assert (await staff.answer(SYMBOLS))["errors"][0]["extensions"]["code"] == "CREDENTIAL_REVOKED"


async def test_where_the_journal_can_not_be_read_the_door_has_its_say(
    api: Api, run: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        expected = await ask(api, SYMBOLS)

    async def lost(_driver: Any) -> str:
        raise ConnectionResetError

    monkeypatch.setattr(type(api.database.driver), "version", lost)

    assert (await ask(api, SYMBOLS)).content == expected.content


async def test_where_it_takes_too_long_the_door_has_its_say(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        expected = await ask(api, SYMBOLS)

    async def late(*_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr("isu.front.Front._planned", late)

    assert (await ask(api, SYMBOLS)).content == expected.content


async def test_a_key_by_which_it_is_asked_again_is_noted_as_used(
    own: Api, executed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    monkeypatch.setattr("isu.auth.Callers.note", lambda _, key: noted.append(key))
    token = await key_for(own.database, "STATE:DEU")
    for _ in range(4):
        await own.as_(token)(STATES)

    assert len(executed) == 2
    assert noted == [token.split("_")[1]] * 4


async def test_what_changes_beside_the_journal_is_read_each_time(
    api: Api, run: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_of_the_journal(select(db.Document).where(exists(select(col(db.Meeting.code)))))
    assert not is_of_the_journal(select(db.Document).where(exists(select(col(db.Export.id)))))
    document = db.Document.__table__  # type: ignore[attr-defined]
    beside = nested(select(col(db.Export.id)).where(col(db.Export.id) == document.c.id), document)
    assert not is_of_the_journal(select(col(db.Document.id)).add_columns(beside))
    monkeypatch.setattr(change, "_of_the_journal", frozenset)
    for _ in range(4):
        await api(SYMBOLS)
    assert len(run) == 3


async def test_each_asking_is_paid_for(shared_register_url: str) -> None:
    async with serving(shared_register_url, settings={"rate_limit": "on"}, clock=lambda: 0.0) as api:
        answers = [await api.answer(STATES) for _ in range(5)]
    left = [each["extensions"]["cost"]["remaining"] for each in answers]
    cost = answers[0]["extensions"]["cost"]["requested"]
    assert all(one - other == cost for one, other in itertools.pairwise(left))


@pytest.mark.parametrize("limit", ["on", "off"])
async def test_what_it_costs_is_told_in_the_words_of_the_door(shared_register_url: str, limit: str) -> None:
    told = []
    for planner in ("on", "off"):
        settings = {"rate_limit": limit, "planner": planner}
        async with serving(shared_register_url, settings=settings, clock=lambda: 0.0, now=lambda: NOON) as api:
            told.append([(await ask(api, text)).content for text in (STATES, "{ __typename }") for _ in range(4)])

    ours, theirs = told
    assert ours == theirs


async def test_who_has_nothing_left_is_refused_here_too(shared_register_url: str) -> None:
    async with serving(shared_register_url, settings={"rate_limit": "on"}, clock=lambda: 0.0) as api:
        answers = [await api.answer(PRICEY) for _ in range(40)]

    codes = [each["errors"][0]["extensions"]["code"] if "errors" in each else "" for each in answers]
    assert codes[:3] == ["", "", ""]
    assert codes[-1] == "RATE_LIMITED"
    assert sorted(codes) == codes


@pytest.mark.parametrize("coding", ["zstd", "br"])
async def test_what_is_given_again_is_compressed_for_those_who_take_it(api: Api, coding: str) -> None:
    plain = [(await ask(api, STATES, {"Accept-Encoding": "identity"})) for _ in range(3)][-1]
    assert "content-encoding" not in plain.headers

    async with api.http.stream(
        "POST",
        "/graphql",
        content=orjson.dumps({"query": STATES, "variables": {}}),
        headers={**JSON, "Accept-Encoding": f"gzip, {coding}"},
    ) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])

    assert answer.headers["content-encoding"] == coding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert len(raw) < len(plain.content) / 2
    assert plain_of(coding, raw) == plain.content


async def test_by_get_an_answer_has_a_tag_and_is_not_sent_twice(own: Api) -> None:
    url = "/graphql?" + urlencode({"query": STATES})
    first = [await own.http.get(url) for _ in range(3)][-1]
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"

    again_ = await own.http.get(url, headers={"If-None-Match": f'"other", {tag}'})
    assert (again_.status_code, again_.content, again_.headers["etag"]) == (304, b"", tag)

    await through_the_unit(own.database, db.State, (("AUT",), {"un_status": "non_member"}))
    # Nothing of it is in the answer, so that the tag holds.
    assert (await own.http.get(url, headers={"If-None-Match": tag})).status_code == 304
    await through_the_unit(own.database, db.State, (("AUT",), {"name": LocalizedText.of("Elsewhere", fr="Ailleurs")}))
    fresh = await own.http.get(url, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh.headers["etag"] != tag
    assert "Ailleurs" in fresh.text


async def test_the_schema_is_told_from_memory(api: Api, executed: list[str]) -> None:
    text = get_introspection_query()
    answers = [await ask(api, text) for _ in range(3)]
    assert len({each.content for each in answers}) == 1
    assert len(executed) == 1
    assert answers[0].json()["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_a_client_that_sends_no_body_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isu.front.BODY_SECONDS", 0.01)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}

    async def receive() -> Any:
        await asyncio.Event().wait()

    await asyncio.wait_for(api.app({**scope, "client": None}, receive, send), 60)
    assert sent[0]["status"] == 408


# ---------- what keeps them ----------


def test_so_many_bytes_are_kept_and_no_more() -> None:
    kept = Again(most_bytes=100)
    kept.find("a", "1")
    for key in "abc":
        kept.keep(key, "1", Data(b"x" * 20))
    assert [key for key in "abc" if kept.find(key, "1")] == ["b", "c"]
    kept.keep("c", "1", Data(b"y" * 40))
    assert [key for key in "abc" if kept.find(key, "1")] == ["c"]


def test_what_was_asked_for_last_is_kept_longest() -> None:
    kept = Again(most_bytes=100)
    kept.find("a", "1")
    for key in "ab":
        kept.keep(key, "1", Data(b"x" * 20))
    kept.find("a", "1")
    kept.keep("c", "1", Data(b"x" * 20))
    assert [key for key in "abc" if kept.find(key, "1")] == ["a", "c"]


def test_one_answer_that_is_too_large_is_not_kept() -> None:
    kept = Again()
    kept.find("a", "1")
    kept.keep("as much as may be", "1", Data(b"x" * LARGEST))
    kept.keep("more", "1", Data(b"x" * (LARGEST + 1)))
    assert kept.find("as much as may be", "1") is not None
    assert kept.find("more", "1") is None


def test_what_was_read_before_the_journal_moved_is_not_kept() -> None:
    kept = Again()
    assert kept.find("a", "1") is None
    assert kept.find("b", "2") is None
    kept.keep("a", "1", Data(b"old"))
    assert kept.find("a", "2") is None
    assert kept.find("a", "1") is None


@pytest.mark.parametrize("size", [0, 1, 1_000, 300_000])
@pytest.mark.parametrize("coding", ["zstd", "br"])
@pytest.mark.parametrize("extensions", [b"", b'"extensions":{"cost":{"requested":1}}'])
def test_what_is_compressed_in_parts_is_read_as_a_whole(size: int, coding: str, extensions: bytes) -> None:
    text = random.Random(1).randbytes(size // 2).hex()  # noqa: S311  it is not to be secret, but the same each time
    data = Data(orjson.dumps(text))
    assert plain_of(coding, data.body(extensions, coding)) == data.body(extensions)
    orjson.loads(data.body(extensions))


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("br;q=1.0, zstd;q=0.5", "br"),
        ("gzip", None),
        ("", None),
        ("*", None),
        ("zstd;q=0, br;q=0", None),
        ("zstd;q=x", None),
        ("zstd, " * 1_000, None),
    ],
)
def test_the_coding_is_the_one_that_is_liked_best(accept: str, coding: str | None) -> None:
    assert coding_of(accept.encode()) == coding


def plain_of(coding: str, text: bytes) -> bytes:
    plain: bytes = (
        brotli.decompress(text)
        if coding == "br"
        else zstandard.ZstdDecompressor().decompress(text, max_output_size=2**24)
    )
    return plain
