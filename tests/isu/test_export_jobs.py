"""An export that somebody asks for: made with their rights, theirs alone, told of at every step."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLError
from sqlalchemy import select, update
from sqlmodel import col
from structlog.testing import capture_logs

import db
from db.engine import Database
from db.store import FileStore, Folder, Missing, StoreFailed
from db.table import new_id
from db.unit import Signature, Unit, instant
from isu.export_worker import Worker
from isu.settings import Settings, export_store, file_spool
from mandate.account import AccountStatus
from mandate.actor import Actor, Capacity, Scope, Visibility
from mandate.export import ATTEMPTS, KEPT_FOR, MOST_KEPT, MOST_UNDER_WAY, TOLD_FOR, ExportStatus
from mandate.text import LocalizedText
from resolvers import export as resolve
from resolvers.reading import Reader
from schema import api as offered
from schema.id import encode_id, key_of
from schema.trusted import TrustedDocuments, trusted
from tests import make
from tests.api import TODAY, Api, serving
from tests.call import ISU, PUBLIC, caller, hide, through_the_unit

pytestmark = pytest.mark.anyio

EXPORT = """id dataset document variables format status progress objectCount createdAt url sha256 expiresAt changeCursor
  errorCode errorMessage"""
CREATE = f"""mutation ($input: CreateExportInput!, $only: Boolean) {{
  createExport(input: $input, validateOnly: $only) {{ __typename
    ... on ExportCreated {{ changeCursor export {{ {EXPORT} }} }} ... on Problem {{ message code }} }} }}"""
CANCEL = f"""mutation ($export: ID!) {{ cancelExport(input: {{export: $export}}) {{
  __typename ... on ExportCancelled {{ export {{ {EXPORT} }} }} ... on Problem {{ message code }} }} }}"""
READ = f"query ($id: ID!) {{ export(id: $id) {{ {EXPORT} }} }}"
ALL = f"{{ viewer {{ exports {{ {EXPORT} }} }} }}"
ERASE = """mutation ($id: ID!) { erasePerson(input: {id: $id, expectedVersion: 1}) { __typename } }"""
KILLED = "0" * 32
OF_A_DEPLOYMENT = {
    "broken-in-part": "# Meetings, and a document that is not named.\n"
    "{ meetings(first: 3) { nodes { code } } document { symbol } }\n",
    "mine": "# What I asked for.\n{ viewer { exports { id } } }\n",
    "counts": "# How many there are.\n{ meetings { totalCount } documents { totalCount } }\n",
    "costly": "# Much.\nquery ($size: Int) { "
    "meetings(first: $size) { nodes { documents(first: $size) { nodes { symbol } } } } }\n",
    "a-mutation": "# No query.\nmutation ($key: ID!) { cancelExport(input: {export: $key}) { __typename } }\n",
}
HIDDEN = "IM-2011"
SMALL = "OFFICE"
"""What is exported where it does not matter what: all States, or all documents, take twenty times as long."""
OF_THREE_PAGES = "TREATY_ACTION"


class Caller:
    """Somebody who asks for exports, as a client does it."""

    def __init__(self, api: Api, token: str | None = None) -> None:
        self.api = api if token is None else api.as_(token)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def create(self, dataset: str = SMALL, format_: str = "JSONL", *, only: bool = False) -> Any:
        return await self.create_by({"dataset": dataset, "format": format_}, only=only)

    async def create_by(self, given: dict[str, Any], *, only: bool = False) -> Any:
        return (await self.api(CREATE, input=given, only=only))["createExport"]

    async def asked_of(self, document: str, format_: str = "JSONL", **variables: Any) -> str:
        """A trusted document."""
        created = await self.create_by({"document": document, "format": format_, "variables": variables})
        assert created["__typename"] == "ExportCreated", created
        id_: str = created["export"]["id"]
        return id_

    async def at_the_door(self, path: str) -> Any:
        return await self.api.http.get(path, headers=self._headers)

    async def asked(self, dataset: str = SMALL, format_: str = "JSONL") -> str:
        created = await self.create(dataset, format_)
        assert created["__typename"] == "ExportCreated", created
        id_: str = created["export"]["id"]
        return id_

    async def cancel(self, id_: str) -> Any:
        return (await self.api(CANCEL, export=id_))["cancelExport"]

    async def read(self, id_: str) -> Any:
        return (await self.api(READ, id=id_))["export"]

    async def get(self, export: Any, **headers: str) -> Any:
        return await self.api.http.get(export["url"], headers={**self._headers, **headers})


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name, text in OF_A_DEPLOYMENT.items():
        (documents / f"{name}.graphql").write_text(text, encoding="utf-8")
    return {"files": str(tmp_path / "files"), "documents": documents}


@pytest.fixture
def documents(settings: dict[str, Any]) -> TrustedDocuments:
    return trusted(offered, settings["documents"])


@pytest.fixture
async def api(register_url: str, settings: dict[str, Any]) -> AsyncIterator[Api]:
    async with serving(register_url, settings=settings) as api:
        yield api


@pytest.fixture
async def germany(api: Api) -> Caller:
    return Caller(api, await make.key_for(api.database, "STATE:DEU"))


@pytest.fixture
async def isu(api: Api) -> Caller:
    return Caller(api, await make.key_for(api.database, make.ISU))


Workers = Callable[..., Worker]


@pytest.fixture
def worker(api: Api, settings: dict[str, Any], documents: TrustedDocuments) -> Workers:
    given = Settings(**settings)

    def make_one(documents: TrustedDocuments = documents, store: FileStore | None = None, **options: Any) -> Worker:
        tells_always: dict[str, Any] = {"told_every": 0.0, **options}
        kept_in = store or export_store(given)
        return Worker(api.database, kept_in, file_spool(given), documents, lambda: TODAY, **tells_always)

    return make_one


@pytest.fixture
def stored(settings: dict[str, Any]) -> Callable[[], list[Path]]:
    return lambda: [path for path in (Path(settings["files"]) / "exports").rglob("*") if path.is_file()]


def lines(response: Any) -> list[Any]:
    return [json.loads(line) for line in response.content.splitlines()]


async def change_job(database: Database, id_: str, **values: Any) -> None:
    async with database.writing() as connection:
        job = update(db.Export).where(col(db.Export.id) == key_of("Export", id_))
        await connection.execute(job.values(**values))


# ---------- made ----------


async def test_an_export_is_asked_for_made_and_fetched(germany: Caller, worker: Workers) -> None:
    created = await germany.create("DOCUMENT")
    waits = created["export"]
    made = await worker().work()
    export = await germany.read(waits["id"])
    response = await germany.get(export)

    assert made == 1
    assert {**waits, "createdAt": None} == {
        "id": waits["id"],
        "dataset": "DOCUMENT",
        "format": "JSONL",
        "status": "QUEUED",
        "progress": None,
        "objectCount": 0,
        "createdAt": None,
        **dict.fromkeys(["document", "variables", "url", "sha256", "expiresAt", "changeCursor"]),
        **dict.fromkeys(["errorCode", "errorMessage"]),
    }
    documents = lines(response)
    count = (await germany.api("{ documents { totalCount } }"))["documents"]["totalCount"]
    assert (export["status"], export["progress"], export["objectCount"]) == ("DONE", 1, len(documents))
    assert len(documents) == count > 200
    assert export["sha256"] == hashlib.sha256(response.content).hexdigest()
    assert response.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert "document.jsonl" in response.headers["content-disposition"]
    assert response.headers["content-disposition"].startswith("attachment")
    ends = datetime.fromisoformat(export["expiresAt"]) - datetime.now(UTC)
    assert timedelta() < KEPT_FOR - ends < timedelta(minutes=5)
    assert (await germany.api(ALL))["viewer"]["exports"] == [export]
    assert (await germany.get(export, **{"If-None-Match": response.headers["etag"]})).status_code == 304


async def test_an_export_of_what_there_is_none_of_is_an_empty_file(germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked("COMMUNICATION")
    await worker().work()
    export = await germany.read(id_)
    response = await germany.get(export)

    assert (export["status"], export["objectCount"]) == ("DONE", 0)
    assert (response.status_code, response.content) == (200, b"")
    assert export["sha256"] == hashlib.sha256(response.content).hexdigest()


async def test_the_cursor_goes_on_from_what_was_read(germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked("MEETING")
    await worker().work()
    cursor = (await germany.read(id_))["changeCursor"]
    await through_the_unit(germany.api.database, db.Meeting, (("2MSP",), {"city": "Beyrouth"}))

    changes = "query ($after: String!) { changes(after: $after) { nodes { subjectType changedFields } } }"
    told = (await germany.api(changes, after=cursor))["changes"]["nodes"]

    assert told == [{"subjectType": "MEETING", "changedFields": ["city"]}]


async def test_types_of_one_table_are_one_sheet(germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked("BODY", "CSV")
    await worker().work()
    response = await germany.get(await germany.read(id_))

    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert {row["__typename"] for row in rows} == {"WorkingGroup", "ThematicArea", "StandingBody"}
    assert all(row["name.en"] and None not in row.values() for row in rows)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"


async def test_it_is_made_with_the_rights_of_who_asked(api: Api, germany: Caller, isu: Caller, worker: Workers) -> None:
    seen = {}
    for visibility in (Visibility.PUBLIC, Visibility.STATES_PARTIES, Visibility.ISU):
        await hide(api.database, db.Meeting, HIDDEN, visibility)
        asked = [(await each.asked("MEETING"), each) for each in (germany, isu)]
        await worker().work()
        seen[visibility] = [HIDDEN in await codes_in(id_, each) for id_, each in asked]

    assert seen == {
        Visibility.PUBLIC: [True, True],
        Visibility.STATES_PARTIES: [True, True],
        Visibility.ISU: [False, True],
    }


async def codes_in(id_: str, caller: Caller) -> set[str]:
    return {each["code"] for each in lines(await caller.get(await caller.read(id_)))}


async def test_what_is_hidden_is_neither_named_nor_counted(api: Api) -> None:
    await hide(api.database, db.Meeting, HIDDEN)
    found = []

    async with api.database.reading() as connection:
        for actor in (PUBLIC, ISU):
            reader = Reader(connection, actor, TODAY)
            keys = await resolve.keys(reader, "meeting", None, after=None, limit=250)
            found.append((HIDDEN in keys, await resolve.count(reader, "meeting", None) - len(keys)))

    assert found == [(False, 0), (True, 0)]


async def test_the_rights_are_those_of_when_it_is_made(api: Api, germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked("MEETING")
    await hide(api.database, db.Meeting, HIDDEN, Visibility.ISU)

    await worker().work()

    assert HIDDEN not in await codes_in(id_, germany)


# ---------- theirs alone ----------


async def test_an_export_of_somebody_else_is_as_one_that_never_was(
    api: Api, germany: Caller, isu: Caller, worker: Workers
) -> None:
    id_ = await germany.asked()
    absent = encode_id("Export", "none")
    await worker().work()
    export = await germany.read(id_)

    public = Caller(api)
    for other in (isu, public, Caller(api, await make.key_for(api.database, "STATE:DEU", label="Another"))):
        if other is not public:
            assert await other.read(id_) is None
        refused = await other.get(export)
        assert (refused.status_code, refused.json()["errors"][0]["message"]) == (404, "There is no such file.")
    assert (await isu.cancel(id_))["message"] == "There is no such export."
    assert await germany.read(absent) is None
    assert (await isu.api(ALL))["viewer"]["exports"] == []
    assert (await public.api(ALL))["viewer"]["exports"] == []
    refused = await public.api.error(READ, id=id_)
    assert (refused["extensions"]["code"], refused["message"]) == (
        "FORBIDDEN",
        "An export is shown to the account that asked for it.",
    )


async def test_the_public_asks_for_none(api: Api) -> None:
    refused = await Caller(api).create()

    assert refused["__typename"] == "Forbidden"


async def test_who_sees_less_by_now_does_not_get_it(api: Api, worker: Workers) -> None:
    token = await make.key_for(api.database, make.ISU)
    isu = Caller(api, token)
    id_ = await isu.asked()
    await worker().work()
    export = await isu.read(id_)
    own = col(db.ApiKey.id) == token.split("_")[1]
    first = await isu.get(export)
    async with api.database.reading() as connection:
        key = (await connection.execute(select(col(db.ApiKey.id)).where(own))).scalar_one()

    await through_the_unit(api.database, db.ApiKey, ((key,), {"scopes": [Scope.READ_PUBLIC]}))
    less = await isu.get(export)
    await through_the_unit(api.database, db.ApiKey, ((key,), {"scopes": list(Scope)}))
    again = await isu.get(export)

    assert [first.status_code, less.status_code, again.status_code] == [200, 404, 200]


DELEGATION = (Capacity.STATE_PARTY, Capacity.PARTICIPANT)


@pytest.mark.parametrize(
    "less",
    [
        pytest.param(caller("STATE:DEU", *DELEGATION, meeting="2MSP", without=Scope.READ_CONTACTS), id="no contacts"),
        pytest.param(caller("STATE:DEU", *DELEGATION, meeting="2MSP", without=Scope.READ_RESTRICTED), id="public"),
        pytest.param(caller("STATE:DEU", Capacity.PARTICIPANT, meeting="2MSP"), id="no State Party"),
        pytest.param(caller("STATE:DEU", *DELEGATION, meeting="3MSP"), id="another meeting"),
        pytest.param(caller("STATE:AUT", *DELEGATION, meeting="2MSP"), id="another party"),
    ],
)
async def test_what_shows_more_than_somebody_sees_is_not_for_them(less: Actor) -> None:
    whole = caller("STATE:DEU", *DELEGATION, meeting="2MSP")

    rights = resolve.rights_of(whole)

    assert resolve.covers(whole, rights)
    assert not resolve.covers(less, rights)


@pytest.mark.parametrize("how", ["suspended", "revoked", "expired"])
async def test_who_may_no_longer_call_gets_none(api: Api, worker: Workers, stored: Any, how: str) -> None:
    token = await make.key_for(api.database, "STATE:DEU")
    germany = Caller(api, token)
    id_ = await germany.asked()
    key = token.split("_")[1]
    async with api.database.reading() as connection:
        owner = select(col(db.ApiKey.account_id)).where(col(db.ApiKey.id) == key)
        account = (await connection.execute(owner)).scalar_one()
    if how == "suspended":
        await through_the_unit(api.database, db.Account, ((account,), {"status": AccountStatus.SUSPENDED}))
    else:
        column = {"revoked": "revoked_at", "expired": "expires_at"}[how]
        await through_the_unit(api.database, db.ApiKey, ((key,), {column: instant()}))

    await worker().work()

    async with api.database.reading() as connection:
        row = (await connection.execute(select(col(db.Export.status), col(db.Export.error)))).one()
    assert tuple(row) == ("FAILED", "ACCESS_LOST"), id_
    assert stored() == []


# ---------- on its way ----------


async def test_how_far_it_has_come_is_told(germany: Caller, worker: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    id_ = await germany.asked(OF_THREE_PAGES)
    tell = resolve.tell_progress

    async def and_look(*place: Any, **given: Any) -> bool:
        ours = await tell(*place, **given)
        told.append(await germany.read(id_))
        return ours

    monkeypatch.setattr(resolve, "tell_progress", and_look)
    await worker().work()

    assert [each["status"] for each in told] == ["RUNNING"] * len(told)
    progress = [each["progress"] for each in told]
    assert len(progress) >= 3
    assert progress == sorted(progress)
    assert 0 < progress[0] < progress[-1] == 1
    assert [each["url"] for each in told] == [None] * len(told)


async def test_it_is_told_now_and_then_for_that_keeps_others_from_writing(
    germany: Caller, worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    tell = resolve.tell_progress

    async def and_note(*place: Any, **given: Any) -> bool:
        told.append(given["done"])
        return await tell(*place, **given)

    monkeypatch.setattr(resolve, "tell_progress", and_note)
    id_ = await germany.asked(OF_THREE_PAGES)
    await worker(told_every=3_600.0).work()

    assert len(told) == 1
    assert 0 < told[0] < (await germany.read(id_))["objectCount"]


async def test_a_worker_that_is_stopped_leaves_what_it_makes_to_the_next(
    germany: Caller, worker: Workers, stored: Any, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await germany.asked(OF_THREE_PAGES)
    tell, stops = resolve.tell_progress, worker()
    told, goes_on = asyncio.Event(), asyncio.Event()

    async def and_wait(*place: Any, **given: Any) -> bool:
        told.set()
        await goes_on.wait()
        return await tell(*place, **given)

    with monkeypatch.context() as patch:
        patch.setattr(resolve, "tell_progress", and_wait)
        running = asyncio.create_task(stops.run())
        await told.wait()
        stopping = asyncio.create_task(stops.stop(running))
        await asyncio.sleep(0)
        goes_on.set()
        await stopping
    left = await germany.read(id_)
    await change_job(api.database, id_, claimed_until=instant())
    made = await worker().work()

    assert not running.cancelled()
    assert (left["status"], made) == ("RUNNING", 1)
    assert (await germany.read(id_))["status"] == "DONE"
    assert len(stored()) == 1


async def test_one_that_waits_is_cancelled(germany: Caller, worker: Workers, stored: Any) -> None:
    id_ = await germany.asked()

    cancelled = await germany.cancel(id_)
    made = await worker().work()
    again = await germany.cancel(id_)

    assert (cancelled["__typename"], cancelled["export"]["status"]) == ("ExportCancelled", "CANCELLED")
    assert made == 0
    assert (again["code"], again["message"]) == ("ILLEGAL_TRANSITION", "It is CANCELLED already.")
    assert stored() == []


async def test_one_that_is_being_made_is_cancelled(
    germany: Caller, worker: Workers, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await germany.asked(OF_THREE_PAGES)
    tell = resolve.tell_progress

    async def and_cancel(*place: Any, **given: Any) -> bool:
        ours = await tell(*place, **given)
        if ours:
            await germany.cancel(id_)
        return ours

    monkeypatch.setattr(resolve, "tell_progress", and_cancel)
    await worker().work()

    export = await germany.read(id_)
    assert (export["status"], export["url"]) == ("CANCELLED", None)
    assert 0 < export["progress"] < 1
    assert stored() == []


async def test_one_that_is_cancelled_at_its_end_leaves_no_file(
    germany: Caller, worker: Workers, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await germany.asked()
    finish = resolve.finish

    async def cancelled_before(*place: Any, **given: Any) -> bool:
        assert len(stored()) == 1
        await germany.cancel(id_)
        return await finish(*place, **given)

    monkeypatch.setattr(resolve, "finish", cancelled_before)
    await worker().work()

    assert (await germany.read(id_))["status"] == "CANCELLED"
    assert stored() == []


async def test_one_that_is_done_is_not_cancelled(germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked()
    await worker().work()

    assert (await germany.cancel(id_))["message"] == "It is DONE already."
    assert (await germany.get(await germany.read(id_))).status_code == 200


async def test_five_of_an_account_are_under_way(germany: Caller, isu: Caller, worker: Workers) -> None:
    ids = [await germany.asked() for _ in range(MOST_UNDER_WAY)]
    sixth = await germany.create()
    other = await isu.create()
    await germany.cancel(ids[0])
    instead = await germany.create()

    assert (sixth["code"], sixth["message"]) == (
        "ILLEGAL_TRANSITION",
        "5 exports of yours are under way: wait for one of them, or cancel it.",
    )
    assert (other["__typename"], instead["__typename"]) == ("ExportCreated", "ExportCreated")
    assert await worker().work() == MOST_UNDER_WAY + 1
    assert (await germany.create())["__typename"] == "ExportCreated"


async def test_twenty_of_an_account_are_kept(germany: Caller, isu: Caller, api: Api) -> None:
    ids, ends = [], []
    for _ in range(MOST_KEPT):
        ids.append(await germany.asked())
        ends.append(instant(datetime.now(UTC) + KEPT_FOR))
        await change_job(api.database, ids[-1], status=ExportStatus.DONE, expires_at=ends[-1])
    one_more = await germany.create()
    other = await isu.create()
    await change_job(api.database, ids[0], expires_at=instant())
    once_one_expired = await germany.create()

    assert (one_more["code"], one_more["message"]) == (
        "ILLEGAL_TRANSITION",
        f"20 exports of yours are kept, fetched or not: the first of them expires at {ends[0]}.",
    )
    assert (other["__typename"], once_one_expired["__typename"]) == ("ExportCreated", "ExportCreated")
    assert (await germany.create())["code"] == "ILLEGAL_TRANSITION", "one that is under way is counted"


async def test_one_that_is_only_validated_is_not_made(germany: Caller, worker: Workers) -> None:
    validated = await germany.create(only=True)

    assert (validated["__typename"], validated["export"]) == ("ExportCreated", None)
    assert await worker().work() == 0


# ---------- what goes wrong ----------


async def test_what_a_killed_process_left_is_begun_anew(germany: Caller, worker: Workers, api: Api) -> None:
    id_ = await germany.asked()
    taken = await resolve.take(api.database, KILLED, timedelta(hours=1))
    waits = await worker().work()
    await change_job(api.database, id_, claimed_until=instant(datetime.now(UTC) - timedelta(seconds=1)))

    made = await worker().work()

    assert taken is not None
    assert (waits, made) == (0, 1)
    assert (await germany.read(id_))["status"] == "DONE"
    # The one that was taken for dead has nothing to say any more.
    assert not await resolve.tell_progress(api.database, taken, done=1, total=2, lease=timedelta())
    assert (await germany.read(id_))["status"] == "DONE"


async def test_one_that_ends_every_process_is_given_up(germany: Caller, worker: Workers, api: Api) -> None:
    id_ = await germany.asked()
    for _ in range(ATTEMPTS):
        assert await resolve.take(api.database, KILLED, timedelta(0)) is not None

    assert await worker().work() == 0

    export = await germany.read(id_)
    assert (export["status"], export["errorCode"]) == ("FAILED", "GAVE_UP")


async def test_a_fault_of_ours_ends_one_and_not_the_next(
    germany: Caller, worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await germany.asked("STATE"), await germany.asked("BODY")
    count = resolve.count

    async def fails_for_states(reader: Any, table: str, only: Any) -> int:
        if table == "state":
            raise ZeroDivisionError
        return await count(reader, table, only)

    monkeypatch.setattr(resolve, "count", fails_for_states)
    with capture_logs() as logged:
        await worker().work()

    assert [(each["event"], each["export"]) for each in logged] == [("export.failed", key_of("Export", bad))]
    exports = [await germany.read(id_) for id_ in (bad, good)]
    assert [(each["status"], each["errorCode"]) for each in exports] == [("FAILED", "INTERNAL"), ("DONE", None)]


async def test_whatever_goes_wrong_as_it_is_looked_for_what_waits_it_is_looked_again(
    germany: Caller, worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a database that is away is not told each time, for it tells of itself."""
    monkeypatch.setattr("isu.export_worker.POLL_SECONDS", 0.01)
    id_, makes, made = await germany.asked("BODY"), worker(), asyncio.Event()
    is_any_due, finish = resolve.is_any_due, resolve.finish
    faults = [ConnectionResetError(), ZeroDivisionError()]

    async def fails(database: Database) -> bool:
        if faults:
            raise faults.pop(0)
        return await is_any_due(database)

    async def and_tell(*given: Any, **more: Any) -> bool:
        kept = await finish(*given, **more)
        made.set()
        return kept

    monkeypatch.setattr(resolve, "is_any_due", fails)
    monkeypatch.setattr(resolve, "finish", and_tell)
    with capture_logs() as logged:
        running = asyncio.create_task(makes.run())
        await asyncio.wait_for(made.wait(), 60)
        await makes.stop(running)

    assert [each["event"] for each in logged] == ["exports.failed"]
    assert (await germany.read(id_))["status"] == "DONE"


async def test_after_seven_days_it_is_gone(germany: Caller, worker: Workers, stored: Any, api: Api) -> None:
    id_, kept = await germany.asked(), await germany.asked("BODY")
    await worker().work()
    export = await germany.read(id_)
    before = stored()
    await change_job(api.database, id_, expires_at=instant(datetime.now(UTC) - timedelta(seconds=1)))

    told, refused = await germany.read(id_), await germany.get(export)
    await worker().work()

    assert (told["status"], told["url"]) == ("EXPIRED", None)
    assert refused.status_code == 404
    assert [len(before), len(stored())] == [2, 1]
    assert (await germany.get(await germany.read(kept))).status_code == 200
    # Once it is long over, and another expires, nothing is told of it any more.
    await change_job(api.database, id_, ended_at=instant(datetime.now(UTC) - TOLD_FOR))
    await change_job(api.database, kept, expires_at=instant())
    await worker().work()
    assert await germany.read(id_) is None
    assert (await germany.read(kept))["status"] == "EXPIRED"


async def test_what_was_erased_is_in_no_export(
    germany: Caller, worker: Workers, stored: Any, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in one that was made before, nor in one that is being made from an older snapshot."""
    made = await germany.asked("PERSON")
    await worker().work()
    begun = await germany.asked("PERSON")
    async with api.database.reading() as connection:
        people = select(col(db.Person.id), col(db.Person.full_name)).order_by(col(db.Person.id)).limit(1)
        key, name = (await connection.execute(people)).one()
    assert name is not None
    before = (await germany.get(await germany.read(made))).content
    admin = api.as_(await make.key_for(api.database, make.ISU, admin=True))
    finish = resolve.finish
    erased: list[Any] = []

    async def erased_meanwhile(*place: Any, **given: Any) -> bool:
        if not erased:
            erased.append(await admin(ERASE, id=encode_id("Person", key)))
        return await finish(*place, **given)

    monkeypatch.setattr(resolve, "finish", erased_meanwhile)
    await worker().work()

    assert erased == [{"erasePerson": {"__typename": "PersonErased"}}]
    assert name.encode() in before
    exports = [await germany.read(id_) for id_ in (made, begun)]
    assert [each["status"] for each in exports] == ["EXPIRED", "DONE"]
    assert name.encode() not in (await germany.get(exports[1])).content
    await worker().work()
    assert len(stored()) == 1


async def test_a_bad_dataset_or_id_is_told(germany: Caller) -> None:
    unknown = await germany.api.answer(CREATE, input={"dataset": "SECRETS", "format": "JSONL"})
    no_id = await germany.cancel("nonsense")

    assert "SECRETS" in unknown["errors"][0]["message"]
    assert (no_id["__typename"], no_id["code"]) == ("Invalid", "INVALID_INPUT")


class Slow:
    """A store that takes so long that the lease is over; and then the process may be killed."""

    def __init__(self, inner: FileStore, *, is_killed: bool = False) -> None:
        self._inner = inner
        self._is_killed = is_killed
        self.began, self.goes_on = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def keep(self, *given: Any) -> None:
        self.began.set()
        await self.goes_on.wait()
        await self._inner.keep(*given)
        if self._is_killed:
            raise asyncio.CancelledError


@pytest.mark.parametrize("is_killed", [False, True])
async def test_who_comes_too_late_harms_nothing(
    germany: Caller,
    worker: Workers,
    stored: Any,
    api: Api,
    settings: dict[str, Any],
    is_killed: bool,
) -> None:
    """Neither is the export of another lost, nor is what was erased meanwhile in it again."""
    slow = Slow(export_store(Settings(**settings)), is_killed=is_killed)
    late = worker(store=slow)
    async with api.database.reading() as connection:
        people = select(col(db.Person.id), col(db.Person.full_name)).order_by(col(db.Person.id)).limit(1)
        key, name = (await connection.execute(people)).one()
    id_ = await germany.asked("PERSON")
    working = asyncio.create_task(late.work())
    await slow.began.wait()
    admin = api.as_(await make.key_for(api.database, make.ISU, admin=True))
    await admin(ERASE, id=encode_id("Person", key))
    begins_anew = (await germany.read(id_))["status"]
    await worker().work()
    export = await germany.read(id_)
    before = await germany.get(export)

    slow.goes_on.set()
    await asyncio.wait([working])
    after = await germany.get(export)

    assert (begins_anew, export["status"]) == ("QUEUED", "DONE")
    assert [before.status_code, after.status_code] == [200, 200]
    assert before.content == after.content
    assert name is not None
    assert name.encode() not in after.content
    assert export["sha256"] == hashlib.sha256(after.content).hexdigest()
    if not is_killed:
        assert len(stored()) == 1


async def test_what_was_left_by_who_is_no_more_is_removed(
    germany: Caller,
    worker: Workers,
    stored: Any,
    api: Api,
    settings: dict[str, Any],
) -> None:
    slow = Slow(export_store(Settings(**settings)), is_killed=True)
    slow.goes_on.set()
    ids = [await germany.asked(), await germany.asked("BODY")]
    for id_ in ids:
        killed = worker(store=slow)
        await asyncio.wait([asyncio.create_task(killed.work())])
        assert (await germany.read(id_))["status"] == "RUNNING"
    left = stored()
    await germany.cancel(ids[1])
    for id_ in ids:
        await change_job(api.database, id_, claimed_until=instant())

    await worker().work()

    assert [(await germany.read(id_))["status"] for id_ in ids] == ["DONE", "CANCELLED"]
    assert len(left) == 2
    assert len(stored()) == 1
    assert stored()[0] not in left
    assert not await resolve.is_any_due(api.database)


class Unyielding:
    """A store that lets go of no file whose name begins so."""

    def __init__(self, inner: FileStore, begins: str) -> None:
        self._inner = inner
        self._begins = begins

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def remove(self, name: str) -> None:
        if name.startswith(self._begins):
            raise StoreFailed("403")
        await self._inner.remove(name)


async def test_a_file_that_can_not_be_removed_holds_up_nothing_and_is_removed_later(
    germany: Caller, worker: Workers, stored: Any, api: Api, settings: dict[str, Any]
) -> None:
    ids = [await germany.asked(), await germany.asked("BODY")]
    await worker().work()
    for id_ in ids:
        await change_job(api.database, id_, expires_at=instant())
    waits = await germany.asked()
    unyielding: Any = Unyielding(export_store(Settings(**settings)), key_of("Export", ids[0]))

    with capture_logs() as logged:
        made = await worker(store=unyielding).work()
    left = [path.name for path in stored()]
    await worker().work()

    assert [(each["event"], each["log_level"]) for each in logged] == [("export.not_removed", "error")]
    assert (made, (await germany.read(waits))["status"]) == (1, "DONE")
    assert (len(left), len(stored())) == (2, 1)
    assert not await resolve.is_any_due(api.database)


async def test_who_has_lost_it_to_another_tells_nothing_of_it(germany: Caller, api: Api) -> None:
    await germany.asked()
    lost = await resolve.take(api.database, "a" * 32, timedelta(0))
    its = await resolve.take(api.database, "b" * 32, timedelta(hours=1))
    assert lost is not None
    assert its is not None

    told = [
        await resolve.tell_progress(api.database, job, done=1, total=2, lease=timedelta(hours=1)) for job in (lost, its)
    ]

    assert told == [False, True]


async def test_what_is_cancelled_is_removed_once_whoever_makes_it_has_noticed(germany: Caller, api: Api) -> None:
    id_ = await germany.asked()
    job = await resolve.take(api.database, "a" * 32, timedelta(hours=1))
    assert job is not None
    await germany.cancel(id_)

    still_made = await resolve.expired(api.database)
    await change_job(api.database, id_, claimed_until=instant())

    assert still_made == {}
    assert await resolve.expired(api.database) == {job.id: job.stored}


# ---------- of a trusted document ----------


async def keep_documents(database: Database, *papers: dict[str, Any]) -> None:
    given = {"title": LocalizedText.of("A paper"), "kind_code": "working_paper"}
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Document, [{"id": new_id(), **given, **paper} for paper in papers])


async def revoke(api: Api, token: str) -> None:
    own = col(db.ApiKey.id) == token.split("_")[1]
    async with api.database.reading() as connection:
        key = (await connection.execute(select(col(db.ApiKey.id)).where(own))).scalar_one()
    await through_the_unit(api.database, db.ApiKey, ((key,), {"revoked_at": instant()}))


async def test_a_document_is_exported_with_all_its_pages_as_its_door_gives_them(
    germany: Caller, worker: Workers
) -> None:
    ids = [await germany.asked_of("documents", format_) for format_ in ("CSV", "JSONL")]
    waits = await germany.read(ids[0])
    await worker().work()
    table, objects = [await germany.read(id_) for id_ in ids]
    response = await germany.get(table)
    door = await germany.at_the_door("/q/documents.csv")
    page = (await germany.at_the_door("/q/documents?first=250")).json()["data"]["documents"]["nodes"]

    assert (waits["status"], waits["dataset"], waits["document"], waits["variables"]) == (
        "QUEUED",
        "CONVENTION",
        "documents",
        {},
    )
    assert response.content == door.content
    assert response.text.count("\r\n") > 400
    assert "documents.csv" in response.headers["content-disposition"]
    assert table["sha256"] == hashlib.sha256(response.content).hexdigest()
    written = lines(await germany.get(objects))
    assert written[:250] == page
    counts = [(each["status"], each["progress"], each["objectCount"]) for each in (table, objects)]
    assert counts == [("DONE", 1, len(written))] * 2
    assert len({each["id"] for each in written}) == len(written) == response.text.count("\r\n") - 1


async def test_a_server_makes_exports_of_what_its_deployment_added(
    register_url: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, is_made = resolve.finish, asyncio.Event()

    async def and_tell(*place: Any, **given: Any) -> bool:
        ours = await finish(*place, **given)
        is_made.set()
        return ours

    monkeypatch.setattr(resolve, "finish", and_tell)
    monkeypatch.setattr("isu.export_worker.POLL_SECONDS", 0.02)
    async with serving(register_url, settings=settings, delivers=True) as api:
        germany = Caller(api, await make.key_for(api.database, "STATE:DEU"))
        id_ = await germany.asked_of("counts")
        await asyncio.wait_for(is_made.wait(), 60)
        export = await germany.read(id_)
        response = await germany.get(export)

    assert export["status"] == "DONE"
    assert lines(response)[0]["meetings"]["totalCount"] == 63


async def test_the_variables_of_a_document_choose_and_translate(api: Api, germany: Caller, worker: Workers) -> None:
    title = LocalizedText.of("Second Meeting", fr="Deuxième Assemblée")
    await through_the_unit(api.database, db.Meeting, (("2MSP",), {"title": title}))
    id_ = await germany.asked_of("meetings", "CSV", code=["2MSP", "3MSP"], lang="fr", direction="ASC")

    await worker().work()

    export = await germany.read(id_)
    response = await germany.get(export)
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert [(row["code"], row["title.language"]) for row in rows] == [("2MSP", "fr"), ("3MSP", "en")]
    assert rows[0]["title"] == "Deuxième Assemblée"
    assert export["variables"] == {"code": ["2MSP", "3MSP"], "lang": "fr", "direction": "ASC"}
    assert (
        response.content
        == (await germany.at_the_door("/q/meetings.csv?code=2MSP&code=3MSP&lang=fr&direction=ASC")).content
    )


async def test_variables_may_stand_in_the_mutation_itself(germany: Caller, worker: Workers) -> None:
    asked = """mutation { createExport(input: { document: "meetings", variables: { code: ["2MSP"], lang: "fr" } }) {
      ... on ExportCreated { export { id variables } } } }"""

    export = (await germany.api(asked))["createExport"]["export"]
    await worker().work()

    assert export["variables"] == {"code": ["2MSP"], "lang": "fr"}
    assert [row["code"] for row in lines(await germany.get(await germany.read(export["id"])))] == ["2MSP"]


async def test_one_object_is_one_row_with_its_lists_in_cells(api: Api, germany: Caller, worker: Workers) -> None:
    key = new_id()
    await keep_documents(api.database, {"id": key, "symbol": "CCM/X/1"})
    async with api.database.writing() as connection:
        languages = [{"document_id": key, "language_code": code} for code in ("en", "fr")]
        await Unit(connection, Signature(act="test")).keep(db.DocumentLanguage, languages)
    ids = [await germany.asked_of("document", each, symbol="CCM/X/1") for each in ("CSV", "JSONL")]
    counts = [await germany.asked_of("counts", each) for each in ("CSV", "JSONL")]
    await worker().work()
    table, objects = [await germany.get(await germany.read(id_)) for id_ in ids]
    of_counts = [await germany.get(await germany.read(id_)) for id_ in counts]
    door = (await germany.at_the_door("/q/document?symbol=CCM/X/1")).json()["data"]["document"]

    assert lines(objects) == [door]
    (row,) = csv.DictReader(io.StringIO(table.text, newline=""))
    assert row["title"] == door["title"]["in"]["value"]
    assert [each["language"] for each in door["languageVersions"]] == ["en", "fr"]
    assert row["languageVersions.language"] == "en; fr"
    (found,) = lines(of_counts[1])
    heading, cells = of_counts[0].text.splitlines()
    assert heading == "meetings.totalCount,documents.totalCount"
    assert cells == f"{found['meetings']['totalCount']},{found['documents']['totalCount']}"


async def test_lists_within_a_row_are_cells(germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked_of("states-parties", "CSV", region=["Asia-Pacific States"])
    await worker().work()

    rows = list(csv.DictReader(io.StringIO((await germany.get(await germany.read(id_))).text, newline="")))

    (lebanon,) = [row for row in rows if row["code"] == "LBN"]
    assert lebanon["treatyActions.type"] == "SIGNATURE; RATIFICATION"


async def test_a_formula_in_a_document_reaches_no_spreadsheet(api: Api, germany: Caller, worker: Workers) -> None:
    await keep_documents(api.database, {"title": LocalizedText.of("=1+1"), "author": "@SUM(A1)", "symbol": "CCM/X/1"})
    ids = [await germany.asked_of("documents", format_, symbolPrefix="CCM/X/") for format_ in ("CSV", "JSONL")]
    await worker().work()
    table, objects = [await germany.get(await germany.read(id_)) for id_ in ids]

    (row,) = csv.DictReader(io.StringIO(table.text, newline=""))
    assert (row["title"], row["author"]) == ("'=1+1", "'@SUM(A1)")
    (found,) = lines(objects)
    assert (found["title"]["in"]["value"], found["author"]) == ("=1+1", "@SUM(A1)")


async def test_more_rows_than_a_door_gives_are_all_there(
    germany: Caller, worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred pages that were made up: to record as many takes most of a minute, and is tried by `make soak`."""
    asked: list[Any] = []

    async def page(_schema: Any, _context: Any, _document: Any, variables: dict[str, Any]) -> ExecutionResult:
        asked.append(variables.get("after"))
        begins = int(variables.get("after", 0))
        nodes = [{"code": f"M{number}"} for number in range(begins, begins + 100)]
        place = {"hasNextPage": begins < 9_900, "endCursor": str(begins + 100)}
        return ExecutionResult(data={"meetings": {"nodes": nodes, "pageInfo": place, "totalCount": 10_000}})

    id_ = await germany.asked_of("meetings", "CSV")
    with monkeypatch.context() as patched:
        patched.setattr("isu.export.execute_in", page)
        await worker(told_every=3600.0).work()

    export = await germany.read(id_)
    rows = csv.DictReader(io.StringIO((await germany.get(export)).text, newline=""))
    assert asked == [None, *(str(number) for number in range(100, 10_000, 100))]
    assert [row["code"] for row in rows] == [f"M{number}" for number in range(10_000)]
    assert (export["status"], export["objectCount"]) == ("DONE", 10_000)


@pytest.mark.soak
async def test_ten_thousand_documents_are_exported(api: Api, germany: Caller, worker: Workers) -> None:
    await keep_documents(api.database, *({"symbol": f"CCM/X/{number}"} for number in range(10_000)))
    id_ = await germany.asked_of("documents", symbolPrefix="CCM/X/")

    await worker().work()

    export = await germany.read(id_)
    symbols = {each["symbol"] for each in lines(await germany.get(export))}
    assert (export["status"], export["objectCount"], len(symbols)) == ("DONE", 10_000, 10_000)


NO_STRING = f"Variable '$kind' has invalid value: String cannot represent a non string value: {2**70}"
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "dataset", "Name a dataset or a document."),
    ({"dataset": "STATE", "document": "meetings"}, "document", "Name a dataset or a document, not both."),
    (
        {"dataset": "STATE", "variables": {"lang": "fr"}},
        "variables",
        "They are those of a document, and a dataset has none.",
    ),
    ({"document": "secrets"}, "document", "There is no such query; /q lists those that there are."),
    ({"document": ""}, "document", "There is no such query; /q lists those that there are."),
    ({"document": "a-mutation"}, "document", "There is no such query; /q lists those that there are."),
    (
        {"document": "news"},
        "document",
        "It has several lists, and nobody could say which are the rows: ask for it at /q/news.",
    ),
    ({"document": "mine"}, "document", "It tells how things stand for who asks: ask for it at /q/mine."),
    ({"document": "meetings", "variables": ["2MSP"]}, "variables", "An object, with a member for each variable."),
    ({"document": "meetings", "variables": {"cod": "2MSP"}}, "variables", "The document does not declare $cod."),
    (
        {"document": "meetings", "variables": {"status": "HELD"}},
        "variables",
        "Variable '$status' has invalid value: Value 'HELD' does not exist in 'MeetingStatus' enum.",
    ),
    (
        {"document": "upcoming-vacancies"},
        "variables",
        "Variable '$before' has invalid value: Expected a value of non-null type 'Date!' to be provided.",
    ),
    (
        {"document": "meetings", "variables": {"first": 10}},
        "variables",
        "An export has all pages: leave first out.",
    ),
    ({"document": "search", "variables": {"query": "a" * 10_000}}, "variables", "At most 10,000 characters."),
    (
        {"document": "search", "variables": {"query": "a", "first": None, "kind": 2**70}},
        "variables",
        f"Numbers of up to 64 bits, and no deeper than they are read. variables: {NO_STRING}",
    ),
    (
        {"document": "costly", "variables": {"size": 250}},
        "variables",
        "The document asks for 63,001 points of cost (ask for smaller pages, or for less at once); 20,000 are allowed.",
    ),
]


async def test_what_can_not_be_exported_is_refused_before_there_is_a_job(germany: Caller) -> None:
    for given, member, message in REFUSED:
        refused = await germany.create_by(given)

        assert refused["__typename"] == "Invalid", (given, refused)
        assert (refused["code"], refused["message"]) == ("INVALID_INPUT", f"{member}: {message}")
    assert (await germany.api(ALL))["viewer"]["exports"] == []


async def test_the_public_is_told_no_more_of_documents_than_that_it_may_not(api: Api) -> None:
    refused = [await Caller(api).create_by({"document": name}) for name in ("meetings", "secrets")]

    assert [each["__typename"] for each in refused] == ["Forbidden"] * 2


@pytest.mark.parametrize(
    ("document", "variables", "error", "message"),
    [
        ("document", {"symbol": "CCM/77"}, "NOT_FOUND", "There is no such thing, or nothing that you may see."),
        ("broken-in-part", {}, "REFUSED", "Give one of: symbol, id."),
        ("changes", {"after": "forged"}, "REFUSED", "after is not a cursor of this feed."),
    ],
)
async def test_what_is_not_there_or_only_in_part_is_no_file(
    germany: Caller, worker: Workers, stored: Any, document: str, variables: dict[str, Any], error: str, message: str
) -> None:
    id_ = await germany.asked_of(document, **variables)
    good = await germany.asked_of("counts")

    await worker().work()

    export = await germany.read(id_)
    assert (export["status"], export["errorCode"], export["url"]) == ("FAILED", error, None)
    assert export["errorMessage"] == message
    assert (await germany.read(good))["status"] == "DONE"
    assert len(stored()) == 1


async def test_a_document_that_is_gone_when_it_is_made_is_told(germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked_of("counts")

    await worker(trusted(offered)).work()

    export = await germany.read(id_)
    assert (export["status"], export["errorCode"]) == ("FAILED", "REFUSED")
    assert export["errorMessage"] == "document: There is no such query; /q lists those that there are."


async def test_a_document_is_read_with_the_rights_of_who_asked(
    api: Api, germany: Caller, isu: Caller, worker: Workers
) -> None:
    papers = [{"symbol": "CCM/X/1"}, {"symbol": "CCM/X/2", "visibility": Visibility.ISU}]
    await keep_documents(api.database, *papers)
    asked = [(await each.asked_of("documents", symbolPrefix="CCM/X/"), each) for each in (germany, isu)]

    await worker().work()

    exports = [await each.read(id_) for id_, each in asked]
    told = [
        {row["symbol"] for row in lines(await each.get(export))}
        for export, (_, each) in zip(exports, asked, strict=True)
    ]
    assert told == [{"CCM/X/1"}, {"CCM/X/1", "CCM/X/2"}]
    assert (await germany.get(exports[1])).status_code == 404


async def test_who_loses_the_right_to_call_while_a_document_is_read_does_not_get_it(
    api: Api, worker: Workers, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a dataset: it is of one snapshot, and is served to who may call, with as much sight."""
    token = await make.key_for(api.database, "STATE:DEU")
    germany = Caller(api, token)
    running, waiting = await germany.asked_of("documents"), await germany.asked_of("documents")
    tell = resolve.tell_progress

    async def and_revoke(*place: Any, **given: Any) -> bool:
        ours = await tell(*place, **given)
        if given["done"] == 100:
            await revoke(api, token)
        return ours

    monkeypatch.setattr(resolve, "tell_progress", and_revoke)
    await worker().work()

    async with api.database.reading() as connection:
        columns = (col(db.Export.id), col(db.Export.status), col(db.Export.error))
        rows = {row[0]: tuple(row[1:]) for row in await connection.execute(select(*columns))}
    assert rows == {key_of("Export", running): ("DONE", None), key_of("Export", waiting): ("FAILED", "ACCESS_LOST")}
    assert (await germany.get({"url": f"/files/{key_of('Export', running)}"})).status_code == 401
    assert len(stored()) == 1


async def test_how_far_a_document_has_come_is_told_as_far_as_it_is_known(
    germany: Caller, worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    counted, uncounted = await germany.asked_of("documents"), await germany.asked_of("changes", types=["MEETING"])
    tell = resolve.tell_progress

    async def and_look(*place: Any, **given: Any) -> bool:
        ours = await tell(*place, **given)
        told.append([(await germany.read(id_))["progress"] for id_ in (counted, uncounted)])
        return ours

    monkeypatch.setattr(resolve, "tell_progress", and_look)
    await worker().work()

    of_counted = [first for first, second in told if first != 1]
    assert len(of_counted) >= 3
    assert of_counted == sorted(of_counted)
    assert {second for _, second in told} == {None}
    assert (await germany.read(uncounted))["progress"] == 1


async def test_a_document_that_is_being_read_is_cancelled(
    germany: Caller, worker: Workers, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await germany.asked_of("documents", "CSV")
    tell = resolve.tell_progress

    async def and_cancel(*place: Any, **given: Any) -> bool:
        ours = await tell(*place, **given)
        await germany.cancel(id_)
        return ours

    monkeypatch.setattr(resolve, "tell_progress", and_cancel)
    await worker().work()

    export = await germany.read(id_)
    assert (export["status"], export["objectCount"], export["url"]) == ("CANCELLED", 100, None)
    assert stored() == []


async def test_a_document_is_read_from_the_start_where_its_process_was_killed(
    germany: Caller, worker: Workers, api: Api, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await germany.asked_of("documents", "CSV")
    tell = resolve.tell_progress

    async def and_be_killed(*place: Any, **given: Any) -> bool:
        ours = await tell(*place, **given)
        if given["done"] == 200:
            raise asyncio.CancelledError
        return ours

    with monkeypatch.context() as patched:
        patched.setattr(resolve, "tell_progress", and_be_killed)
        await asyncio.wait([asyncio.create_task(worker().work())])
    left = await germany.read(id_)
    await change_job(api.database, id_, claimed_until=instant())
    await worker().work()

    export = await germany.read(id_)
    assert (left["status"], left["objectCount"]) == ("RUNNING", 200)
    assert (export["status"], len(stored())) == ("DONE", 1)
    assert (await germany.get(export)).content == (await germany.at_the_door("/q/documents.csv")).content


async def test_the_same_document_twice_at_the_same_time_is_two_equal_files(
    germany: Caller, worker: Workers, stored: Any
) -> None:
    ids = [await germany.asked_of("documents", "CSV") for _ in range(2)]

    made = await asyncio.gather(worker().work(), worker().work())

    exports = [await germany.read(id_) for id_ in ids]
    assert sum(made) == 2
    assert [each["status"] for each in exports] == ["DONE", "DONE"]
    assert len({each["sha256"] for each in exports}) == 1
    assert len({each["url"] for each in exports}) == len(stored()) == 2


@pytest.mark.parametrize("given", [{"dataset": SMALL}, {"document": "meetings"}])
async def test_where_the_database_is_away_amid_it_it_is_left_for_later(
    germany: Caller, worker: Workers, api: Api, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    id_ = (await germany.create_by(given))["export"]["id"]
    lost = GraphQLError("lost", original_error=ConnectionResetError())

    async def is_away(*_: Any) -> ExecutionResult:
        return ExecutionResult(data=None, errors=[lost])

    with monkeypatch.context() as patched:
        patched.setattr("isu.export.execute_in", is_away)
        with pytest.raises(ConnectionResetError):
            await worker().work()
    left = await germany.read(id_)
    await change_job(api.database, id_, claimed_until=instant())
    await worker().work()

    assert (left["status"], left["errorCode"]) == ("RUNNING", None)
    assert (await germany.read(id_))["status"] == "DONE"


# ---------- where they lie ----------


async def test_exports_lie_apart_from_what_is_kept(tmp_path: Path) -> None:
    store = export_store(Settings(files=str(tmp_path / "files")))
    assert isinstance(store, Folder)
    file = tmp_path / "file"
    file.write_bytes(b"told")
    name = new_id()

    await store.keep("0" * 64, file, name)
    kept = b"".join([chunk async for chunk in store.read(name)])
    await store.remove(name)
    await store.remove(name)

    assert kept == b"told"
    assert store.folder == tmp_path / "files" / "exports"
    with pytest.raises(Missing):
        await anext(store.read(name))
