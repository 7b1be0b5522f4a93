"""The application as a whole: health, and what it says when its database is not there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event
from structlog.testing import capture_logs

import db
from db.engine import Database
from db.table import new_id
from db.unit import OF_THE_UNIT, Signature, Unit
from isu.revision import newest_revision
from isu.settings import Settings
from resolvers.reading import Reader
from resolvers.reading.run import Run
from tests.api import Api, serving
from tests.make import ISU, is_noted, key_for

pytestmark = pytest.mark.anyio

UNREACHABLE = ("postgresql://nobody:secret@127.0.0.1:1/nowhere", "sqlite+aiosqlite:////proc/nowhere/isu.db")


async def health(api: Api, which: str) -> tuple[int, str]:
    response = await api.http.get(f"/health/{which}")
    return response.status_code, response.json()["status"]


async def test_a_server_over_a_migrated_database_is_ready(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        assert await health(api, "ready") == (200, "ready")
        assert await health(api, "live") == (200, "alive")


async def test_the_root_leads_to_the_api(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        response = await api.http.get("/")

    assert (response.status_code, response.headers["location"]) == (307, "/graphql")


async def test_a_server_over_an_empty_database_is_alive_but_not_ready(tmp_path: Path) -> None:
    async with serving(f"sqlite+aiosqlite:///{tmp_path}/new.db") as api:
        assert await health(api, "live") == (200, "alive")
        status, said = await health(api, "ready")

    assert status == 503
    assert said == f"the database is at revision None, not {newest_revision()}"


async def test_a_database_that_can_not_be_reached_is_told_without_its_address() -> None:
    async with serving(UNREACHABLE[0]) as api:
        assert await health(api, "ready") == (503, "the database cannot be reached")
        answer = await api.answer("{ states { totalCount } }")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "127.0.0.1" not in json.dumps(answer)
    assert "nowhere" not in json.dumps(answer)


@asynccontextmanager
async def full(database: Database) -> AsyncIterator[None]:
    """SQLite may not grow, and PostgreSQL says what it does where the disk has no room."""
    if database.url.get_backend_name() == "sqlite":

        def bound(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA max_page_count = 1")

        writer = database._writer
        event.listen(writer.sync_engine, "connect", bound)
        await writer.dispose()
        yield
        event.remove(writer.sync_engine, "connect", bound)
        await writer.dispose()
        return
    async with database.writing() as connection:
        await connection.exec_driver_sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        await connection.exec_driver_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON change EXECUTE FUNCTION full_disk()"
        )
    yield
    async with database.writing() as connection:
        await connection.exec_driver_sql("DROP TRIGGER full_disk ON change")


async def test_where_the_database_is_full_an_act_is_put_off_and_what_is_read_is_answered(
    register_url: str,
) -> None:
    # Of more pages than are half empty.
    words = [{"language": "en", "value": "A long letter. " * 1_000}]
    letter = {"kind": "LETTER", "subject": [{**words[0], "value": "A letter"}], "body": words}
    act = """mutation ($input: DraftCommunicationInput!) { draftCommunication(input: $input) { __typename } }"""
    body = {"query": act, "variables": {"input": {**letter, "audience": {"groups": ["NGOS"]}}}}
    async with serving(register_url) as api:
        token = await key_for(api.database, ISU)
        await is_noted(api.database, token)
        asked: dict[str, Any] = {"json": body, "headers": {"Authorization": f"Bearer {token}"}}

        async with full(api.database):
            with capture_logs() as logs:
                refused = await api.http.post("/graphql", **asked)
            counted = await api("{ states { totalCount } }")
            ready = await health(api, "ready")
        kept = await api.http.post("/graphql", **asked)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert [each["extensions"]["code"] for each in refused.json()["errors"]] == ["UNAVAILABLE"]
    assert refused.json()["errors"][0]["message"] == "The database is full, and nothing was kept; try again later."
    assert [(each["event"], each["log_level"]) for each in logs] == [("database.full", "error")]
    assert counted == {"states": {"totalCount": 197}}
    assert ready == (200, "ready")
    assert kept.json()["data"] == {"draftCommunication": {"__typename": "CommunicationDrafted"}}


async def test_what_needs_no_database_is_answered_without_one() -> None:
    async with serving(UNREACHABLE[0]) as api:
        assert await api("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ states {", {}, "GRAPHQL_PARSE_FAILED"),
        ('{ statusCounts(asOf: "2025-02-30") { count } }', {}, "GRAPHQL_VALIDATION_FAILED"),
        ('{ statusCounts(asOf: "20250206") { count } }', {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($d: Date) { statusCounts(asOf: $d) { count } }", {"d": "tomorrow"}, "BAD_USER_INPUT"),
        ("query ($d: Date) { statusCounts(asOf: $d) { count } }", {"d": 20250206}, "BAD_USER_INPUT"),
        ('{ statusCounts(asOf: "9999-12-31") { count } }', {}, "BAD_USER_INPUT"),
        ('{ states { nodes { reportSchedule(asOf: "9999-12-31") { nextDueOn } } } }', {}, "BAD_USER_INPUT"),
        ('{ state(by: {code: "deu"}) { id } }', {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ state(by: {}) { id } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ('{ state(by: {code: "DEU", m49: "276"}) { id } }', {}, "GRAPHQL_VALIDATION_FAILED"),
        ('{ document(symbol: "ccm 1") { id } }', {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($c: String) { meeting(code: $c) { id } }", {"c": "2MSP\0"}, "BAD_REQUEST"),
        ('{ meeting(code: "2MSP\\u0000") { id } }', {}, "BAD_REQUEST"),
    ],
)
async def test_a_mistake_is_told_clearly_and_by_a_stable_code(
    shared_register_url: str, query: str, variables: dict[str, Any], code: str
) -> None:
    async with serving(shared_register_url) as api:
        error = await api.error(query, **variables)

    assert error["extensions"]["code"] == code, error
    assert "Did you mean" not in error["message"]


async def test_a_fault_of_ours_shows_a_request_id_and_nothing_else(
    shared_register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("SELECT secret FROM /etc/passwd")

    monkeypatch.setattr("resolvers.treaty_action.timeline", broken)
    async with serving(shared_register_url) as api:
        response = await api.http.post("/graphql", json={"query": "{ treatyTimeline { on } }"})

    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "secret" not in response.text
    assert "RuntimeError" not in response.text


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_an_operation_reads_from_one_snapshot(
    register_url: str, planner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written while an operation runs does not show in the rest of its answer."""
    way = "resolvers.reading.run.Run.fetch" if planner == "on" else "resolvers.reading.Reader.rows"
    ways: dict[str, Any] = {"on": Run.fetch, "off": Reader.rows}
    send = ways[planner]
    times = 0

    async def send_and_let_another_write(*asked: Any, **more: Any) -> Any:
        nonlocal times
        times += 1
        rows = await send(*asked, **more)
        async with api.database.writing() as connection:
            await Unit(connection, Signature(act="test")).keep(db.Person, [{"id": new_id(), "full_name": new_id()}])
            await connection.execute(delete(db.Provenance), execution_options=OF_THE_UNIT)
        return rows

    query = """{ a: offices { terms { provenance { basis } } } b: meeting(code: "2MSP") { provenance { basis } } }"""
    async with serving(register_url, settings={"planner": planner}) as api:
        undisturbed = await api(query)
        monkeypatch.setattr(way, send_and_let_another_write)
        disturbed = await api(query)
        monkeypatch.undo()
        afterwards = await api(query)

    assert times > 1
    assert disturbed == undisturbed != afterwards


async def test_what_is_not_asked_for_is_not_read(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        with api.statements() as sent:
            data = await api("{ a: states { totalCount } b: meetings(first: 2) { nodes { __typename } } }")

    assert data == {"a": {"totalCount": 197}, "b": {"nodes": [{"__typename": "Meeting"}] * 2}}
    assert len(sent) == 2


async def test_a_mistake_in_a_literal_is_told_with_its_place(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        error = await api.error('{ state(by: {code: "che"}) { id } }')

    assert error["locations"] == [{"line": 1, "column": 20}]
    assert '"che"' in error["message"]
    assert "three capital letters" in error["message"]


async def test_a_language_tag_knows_no_capitals(shared_register_url: str) -> None:
    state = 'state(by: { code: "CHE" }) { name { in(language: %s) { language isFallback } } }'
    by_variable = f"query ($tag: LanguageCode!) {{ {state % '$tag'} }}"
    async with serving(shared_register_url) as api:
        found = [await api(f"{{ {state % literal} }}") for literal in ('"en"', '"EN"')]
        found += [await api(by_variable, tag=tag) for tag in ("en", "EN", "En")]
        error = await api.error(by_variable, tag="english")

    assert found == [{"state": {"name": {"in": {"language": "en", "isFallback": False}}}}] * 5
    assert "a language tag" in error["message"]


async def test_pages_of_other_origins_may_call_only_where_that_is_set(shared_register_url: str) -> None:
    asked = {"Origin": "https://portal.example"}
    for origins, allowed in (([], None), (["https://portal.example"], "https://portal.example")):
        async with serving(shared_register_url, settings={"cors_origins": origins}) as api:
            response = await api.http.post("/graphql", json={"query": "{ __typename }"}, headers=asked)
        assert response.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ('["https://portal.example", "http://localhost:5173"]', ["https://portal.example", "http://localhost:5173"]),
        ('["*"]', ["*"]),
        ("", []),
    ],
)
def test_origins_are_a_list_in_json(text: str, origins: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISU_CORS_ORIGINS", text)

    assert Settings().cors_origins == origins
