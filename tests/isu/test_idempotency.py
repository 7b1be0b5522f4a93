"""Whoever sends a request again, for want of an answer, does not do again what it did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, func, select

import db
from db.engine import Database
from db.kept_answer import _PRUNED
from db.unit import Signature, Unit
from mandate.actor import Scope
from mandate.day import PartialDate
from resolvers.treaty_action import record as record_as_it_is
from tests.api import TODAY, Api, serving
from tests.make import ISU, another_key, coordinates, is_noted, key_for

pytestmark = pytest.mark.anyio

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
RECORD = """mutation Record($input: RecordTreatyActionInput!) { recordTreatyAction(input: $input) {
    __typename ... on TreatyActionRecorded { treatyAction { id } } ... on Problem { message } } }"""
BOTH = """mutation ($one: RecordTreatyActionInput!, $two: RecordTreatyActionInput!) {
    one: recordTreatyAction(input: $one) { __typename } two: recordTreatyAction(input: $two) { __typename } }"""
USA = {"state": "USA", "type": "ACCESSION", "date": "2025-12-01", "source": "C.N.1.2025"}
CHN = {**USA, "state": "CHN"}


@pytest.fixture
async def api(register_url: str) -> AsyncIterator[Api]:
    async with serving(register_url) as api:
        yield api


@pytest.fixture
async def token(api: Api) -> str:
    return await key_for(api.database, ISU)


async def send(
    api: Api, token: str | None, key: str | None = None, *, query: str = RECORD, media: str = JSON, **variables: Any
) -> httpx2.Response:
    headers = {"Accept": media}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if key is not None:
        headers["Idempotency-Key"] = key
    return await api.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


def outcome(answer: httpx2.Response) -> str:
    return str(answer.json()["data"]["recordTreatyAction"]["__typename"])


def code_of(answer: httpx2.Response) -> str:
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])


async def count(database: Database, table: Any, *where: Any) -> int:
    async with database.reading() as connection:
        statement = select(func.count()).select_from(table).where(*where)
        return int((await connection.execute(statement)).scalar_one())


async def recorded(api: Api) -> int:
    return await count(api.database, db.TreatyAction, col(db.TreatyAction.state_code).in_(["USA", "CHN"]))


async def test_ten_clients_at_once_with_one_key_have_one_effect_and_ten_equal_answers(api: Api, token: str) -> None:
    answers = await asyncio.gather(*(send(api, token, "K", input=USA) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert outcome(answers[0]) == "TreatyActionRecorded"
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == [""] + ["true"] * 9
    assert await recorded(api) == 1
    assert await count(api.database, db.Change, col(db.Change.act) == "recordTreatyAction") == 2  # with its source


async def test_without_a_key_the_same_act_is_told_to_be_done_already(api: Api, token: str) -> None:
    answers = await asyncio.gather(*(send(api, token, input=USA) for _ in range(3)))

    assert sorted(outcome(answer) for answer in answers) == ["Conflict", "Conflict", "TreatyActionRecorded"]
    assert await recorded(api) == 1
    assert await count(api.database, db.KeptAnswer) == 0


async def test_the_same_key_with_another_request_is_a_conflict(api: Api, token: str) -> None:
    first = await send(api, token, "K", input=USA)
    same_but_for_its_order = await send(api, token, "K", input=dict(reversed(USA.items())))
    others = [
        await send(api, token, "K", media=media, query=query, input=variables)
        for media in (JSON, RESPONSE)
        for query, variables in ((RECORD, CHN), (RECORD + " ", USA), (RECORD, {**USA, "note": "x"}))
    ]

    assert same_but_for_its_order.content == first.content
    assert {(answer.status_code, code_of(answer)) for answer in others} == {(409, "IDEMPOTENCY_CONFLICT")}
    assert all("data" not in answer.json() for answer in others)
    assert await recorded(api) == 1


async def test_two_at_once_with_one_key_and_two_bodies_are_one_effect_and_one_conflict(api: Api, token: str) -> None:
    answers = await asyncio.gather(send(api, token, "K", input=USA), send(api, token, "K", input=CHN))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await recorded(api) == 1


async def test_a_key_is_its_accounts_own(api: Api, token: str) -> None:
    other = await key_for(api.database, ISU, label="Another")
    first = await send(api, token, "K", input=USA)
    second = await send(api, other, "K", input=CHN)

    assert (outcome(first), outcome(second)) == ("TreatyActionRecorded", "TreatyActionRecorded")
    assert await recorded(api) == 2


async def test_what_was_answered_to_a_wider_key_is_not_repeated_to_a_narrower_one(api: Api, token: str) -> None:
    narrow = await another_key(api.database, token, Scope.READ_PUBLIC)
    equal = await another_key(api.database, token)
    first = await send(api, token, "K", input=USA)
    answers = [await send(api, each, "K", input=USA) for each in (narrow, equal)]

    assert outcome(first) == "TreatyActionRecorded"
    assert (answers[0].status_code, code_of(answers[0])) == (409, "IDEMPOTENCY_CONFLICT")
    assert answers[1].content == first.content


async def test_another_operation_of_the_same_document_is_another_request(api: Api, token: str) -> None:
    query = f"{RECORD} {RECORD.replace('Record', 'Again', 1)}"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "K"}
    asked = {"query": query, "variables": {"input": USA}}

    answers = [
        await api.http.post("/graphql", json={**asked, "operationName": name}, headers=headers)
        for name in ("Record", "Again", "Record")
    ]

    assert outcome(answers[0]) == "TreatyActionRecorded"
    assert (answers[1].status_code, code_of(answers[1])) == (409, "IDEMPOTENCY_CONFLICT")
    assert answers[2].content == answers[0].content


async def test_what_was_answered_in_an_office_is_not_repeated_to_who_has_lost_it(api: Api) -> None:
    token = await key_for(api.database, "STATE:SVN")
    await coordinates(api.database, "STATE:SVN")
    first = await send(api, token, "K", input=USA)
    repeated = await send(api, token, "K", input=USA)
    async with api.database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        terms = await connection.execute(
            select(col(db.OfficeTerm.id)).where(col(db.OfficeTerm.party_id) == "STATE:SVN")
        )
        ends_on = PartialDate.of(TODAY)
        await unit.change(db.OfficeTerm, [((each,), {"ends_on": ends_on}) for each in terms.scalars()])
    after = await send(api, token, "K", input=USA)

    assert outcome(first) == "Forbidden"
    assert repeated.content == first.content
    assert (after.status_code, code_of(after)) == (409, "IDEMPOTENCY_CONFLICT")


async def test_a_refusal_is_an_answer_and_kept_too(api: Api, token: str) -> None:
    await send(api, token, input=USA)
    refused = [await send(api, token, "K", input=USA) for _ in range(2)]

    assert [outcome(answer) for answer in refused] == ["Conflict", "Conflict"]
    assert refused[1].headers["Idempotency-Replayed"] == "true"
    assert refused[0].content == refused[1].content


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb", "schlüssel".encode("latin-1")])
async def test_a_key_that_can_not_be_kept_is_refused(api: Api, token: str, key: Any) -> None:
    answer = await send(api, token, key, input=USA)

    assert (answer.status_code, code_of(answer)) == (400, "IDEMPOTENCY_KEY_INVALID")
    assert await recorded(api) == 0


async def test_a_key_of_the_greatest_length_is_kept(api: Api, token: str) -> None:
    answers = [await send(api, token, "x" * 255, input=USA) for _ in range(2)]

    assert answers[0].content == answers[1].content


async def test_blanks_around_a_key_are_no_part_of_it(api: Api, token: str) -> None:
    answers = [await send(api, token, key, input=USA) for key in ("K", "K ", "\tK \t")]

    assert {answer.content for answer in answers} == {answers[0].content}
    assert await recorded(api) == 1


async def test_one_key_is_enough(api: Api, token: str) -> None:
    answer = await api.http.post(
        "/graphql",
        json={"query": RECORD, "variables": {"input": USA}},
        headers=[("Authorization", f"Bearer {token}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
    )

    assert (answer.status_code, code_of(answer)) == (400, "IDEMPOTENCY_KEY_INVALID")


async def test_a_key_needs_an_account(api: Api) -> None:
    anonymous = await send(api, None, "K", input=USA)
    without = await send(api, None, input=USA)

    assert (anonymous.status_code, code_of(anonymous)) == (400, "IDEMPOTENCY_NEEDS_ACCOUNT")
    assert outcome(without) == "Forbidden"


async def test_a_query_may_bring_a_key_and_is_answered_anew(api: Api, token: str) -> None:
    for caller in (token, None):
        answers = [await send(api, caller, "K", query="{ convention { code } }") for _ in range(2)]
        assert [answer.json()["data"] for answer in answers] == [{"convention": {"code": "CCM"}}] * 2
        assert all("Idempotency-Replayed" not in answer.headers for answer in answers)
    assert await count(api.database, db.KeptAnswer) == 0


async def test_after_72_hours_a_key_is_free_again_and_what_is_old_goes(api: Api, token: str) -> None:
    await send(api, token, "K", input=USA)
    async with api.database.writing() as connection:
        kept = (await connection.execute(select(db.KeptAnswer.__table__))).mappings().one()  # type: ignore[attr-defined]
        await connection.execute(update(db.KeptAnswer).values(at="2026-01-01T00:00:00.000000Z"))
        old = [{**kept, "key": f"old {n}", "at": "2025-01-01T00:00:00.000000Z"} for n in range(_PRUNED + 10)]
        await connection.execute(db.KeptAnswer.__table__.insert(), old)  # type: ignore[attr-defined]

    again = await send(api, token, "K", input=USA)
    kept_then = await count(api.database, db.KeptAnswer)
    await send(api, token, "L", input=USA)

    assert outcome(again) == "Conflict"
    assert "Idempotency-Replayed" not in again.headers
    assert kept_then == 1 + 10
    assert await count(api.database, db.KeptAnswer) == 2


async def test_what_ends_in_an_error_leaves_nothing_and_is_not_kept(
    api: Api, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks_at_the_second(context: Any, *, state: str, **rest: Any) -> str:
        if state == "CHN":
            raise RuntimeError("a fault of ours")
        return await record_as_it_is(context, state=state, **rest)

    monkeypatch.setattr("resolvers.treaty_action.record", breaks_at_the_second)
    broken = await send(api, token, "K", query=BOTH, one=USA, two=CHN)
    left = await recorded(api), await count(api.database, db.KeptAnswer)
    monkeypatch.undo()
    mended = await send(api, token, "K", query=BOTH, one=USA, two=CHN)

    assert (broken.status_code, code_of(broken), broken.json()["data"]) == (200, "INTERNAL", None)
    assert left == (0, 0)
    assert mended.json()["data"] == {
        "one": {"__typename": "TreatyActionRecorded"},
        "two": {"__typename": "TreatyActionRecorded"},
    }
    assert await recorded(api) == 2


class CutError(Exception):
    """Two writers in each other's way, as the drivers tell it."""

    sqlstate = "40001"


def cut_off() -> DBAPIError:
    return DBAPIError("UPDATE", {}, CutError())


@pytest.mark.parametrize(("failures", "code"), [(2, None), (3, "INTERNAL")])
async def test_an_operation_that_was_cut_off_is_done_again_but_not_for_ever(
    api: Api, token: str, monkeypatch: pytest.MonkeyPatch, failures: int, code: str | None
) -> None:
    attempts = 0

    async def cut_off_at_first(context: Any, **rest: Any) -> str:
        nonlocal attempts
        attempts += 1
        key = await record_as_it_is(context, **rest)
        if attempts <= failures:
            raise cut_off()
        return key

    monkeypatch.setattr("resolvers.treaty_action.record", cut_off_at_first)
    answer = await send(api, token, "K", input=USA)

    assert attempts == 3
    if code is None:
        assert outcome(answer) == "TreatyActionRecorded"
    else:
        assert code_of(answer) == code
    assert await recorded(api) == (1 if code is None else 0)


async def test_a_query_or_a_fault_is_not_tried_again(api: Api, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = 0

    async def fails(*_: Any, **__: Any) -> None:
        nonlocal attempts
        attempts += 1
        raise RuntimeError("a fault of ours")

    async def is_cut_off(*_: Any) -> None:
        nonlocal attempts
        attempts += 1
        raise cut_off()

    monkeypatch.setattr("resolvers.treaty_action.record", fails)
    monkeypatch.setattr("resolvers.treaty_action.timeline", is_cut_off)
    await send(api, token, input=USA)
    await send(api, token, query="{ treatyTimeline { on } }")

    assert attempts == 2


async def test_a_connection_lost_at_the_commit_is_tried_again_only_under_a_key(api: Api, token: str) -> None:
    """The commit may have taken place; under a key, that is found out."""
    commits = 0

    def lose(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == 1:
            raise ConnectionResetError

    writer = api.database._writer.sync_engine
    await is_noted(api.database, token)
    answers = []
    for key in (None, "K"):
        commits = 0
        event.listen(writer, "commit", lose)
        answers.append(await send(api, token, key, input=USA))
        event.remove(writer, "commit", lose)

    assert (answers[0].status_code, code_of(answers[0])) == (503, "UNAVAILABLE")
    assert outcome(answers[1]) == "TreatyActionRecorded"
    assert await recorded(api) == 1
