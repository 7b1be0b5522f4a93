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
from sqlalchemy import select, update
from sqlmodel import col

import db
from db.engine import Database
from db.store import FileStore, Folder, Missing
from db.table import new_id
from db.unit import instant
from isu.export_worker import Worker
from isu.settings import Settings, export_store, file_spool
from mandate.account import AccountStatus
from mandate.actor import Scope, Visibility
from mandate.export import ATTEMPTS, KEPT_FOR, MOST_KEPT, MOST_UNDER_WAY, TOLD_FOR, ExportStatus
from resolvers import export as resolve
from schema.id import encode_id, key_of
from tests import make
from tests.api import TODAY, Api, serving
from tests.call import hide, through_the_unit

pytestmark = pytest.mark.anyio

EXPORT = """id dataset format status progress objectCount createdAt url sha256 expiresAt changeCursor errorCode"""
CREATE = f"""mutation ($input: CreateExportInput!, $only: Boolean) {{
  createExport(input: $input, validateOnly: $only) {{ __typename
    ... on ExportCreated {{ changeCursor export {{ {EXPORT} }} }} ... on Problem {{ message code }} }} }}"""
CANCEL = f"""mutation ($export: ID!) {{ cancelExport(input: {{export: $export}}) {{
  __typename ... on ExportCancelled {{ export {{ {EXPORT} }} }} ... on Problem {{ message code }} }} }}"""
READ = f"query ($id: ID!) {{ export(id: $id) {{ {EXPORT} }} }}"
ALL = f"{{ viewer {{ exports {{ {EXPORT} }} }} }}"
ERASE = """mutation ($id: ID!) { erasePerson(input: {id: $id, expectedVersion: 1}) { __typename } }"""
KILLED = "0" * 32
HIDDEN = "CCM/MSP/2011/WP.2"


class Caller:
    """Somebody who asks for exports, as a client does it."""

    def __init__(self, api: Api, token: str | None = None) -> None:
        self.api = api if token is None else api.as_(token)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def create(self, dataset: str = "DOCUMENT", format_: str = "JSONL", *, only: bool = False) -> Any:
        given = {"dataset": dataset, "format": format_}
        return (await self.api(CREATE, input=given, only=only))["createExport"]

    async def asked(self, dataset: str = "DOCUMENT", format_: str = "JSONL") -> str:
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
    return {"files": str(tmp_path / "files")}


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
def worker(api: Api, settings: dict[str, Any]) -> Workers:
    given = Settings(**settings)

    def make_one(**options: Any) -> Worker:
        tells_always: dict[str, Any] = {"told_every": 0.0, **options}
        return Worker(api.database, export_store(given), file_spool(given), lambda: TODAY, **tells_always)

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
    created = await germany.create()
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
        **dict.fromkeys(["url", "sha256", "expiresAt", "changeCursor", "errorCode"]),
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
    async with api.database.reading() as connection:
        wanted = select(col(db.Document.id)).where(col(db.Document.symbol) == HIDDEN)
        key = (await connection.execute(wanted)).scalar_one()
    seen = {}
    for visibility in (Visibility.PUBLIC, Visibility.STATES_PARTIES, Visibility.ISU):
        await hide(api.database, db.Document, key, visibility)
        asked = [(await each.asked(), each) for each in (germany, isu)]
        await worker().work()
        told = [HIDDEN.encode() in (await each.get(await each.read(id_))).content for id_, each in asked]
        seen[visibility] = told

    assert seen == {
        Visibility.PUBLIC: [True, True],
        Visibility.STATES_PARTIES: [True, True],
        Visibility.ISU: [False, True],
    }


async def test_the_rights_are_those_of_when_it_is_made(api: Api, germany: Caller, worker: Workers) -> None:
    id_ = await germany.asked()
    async with api.database.reading() as connection:
        wanted = select(col(db.Document.id)).where(col(db.Document.symbol) == HIDDEN)
        key = (await connection.execute(wanted)).scalar_one()
    await hide(api.database, db.Document, key, Visibility.ISU)

    await worker().work()

    assert HIDDEN.encode() not in (await germany.get(await germany.read(id_))).content


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
    id_ = await isu.asked("STATE")
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


@pytest.mark.parametrize("how", ["suspended", "revoked"])
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
        await through_the_unit(api.database, db.ApiKey, ((key,), {"revoked_at": instant()}))

    await worker().work()

    async with api.database.reading() as connection:
        row = (await connection.execute(select(col(db.Export.status), col(db.Export.error)))).one()
    assert tuple(row) == ("FAILED", "ACCESS_LOST"), id_
    assert stored() == []


# ---------- on its way ----------


async def test_how_far_it_has_come_is_told(germany: Caller, worker: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    id_ = await germany.asked()
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
    id_ = await germany.asked()
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
    id_ = await germany.asked("STATE")
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
    id_ = await germany.asked("STATE")
    await worker().work()

    assert (await germany.cancel(id_))["message"] == "It is DONE already."
    assert (await germany.get(await germany.read(id_))).status_code == 200


async def test_five_of_an_account_are_under_way(germany: Caller, isu: Caller, worker: Workers) -> None:
    ids = [await germany.asked("STATE") for _ in range(MOST_UNDER_WAY)]
    sixth = await germany.create()
    other = await isu.create("STATE")
    await germany.cancel(ids[0])
    instead = await germany.create("STATE")

    assert (sixth["code"], sixth["message"]) == (
        "ILLEGAL_TRANSITION",
        "5 exports of yours are under way: wait for one of them, or cancel it.",
    )
    assert (other["__typename"], instead["__typename"]) == ("ExportCreated", "ExportCreated")
    assert await worker().work() == MOST_UNDER_WAY + 1
    assert (await germany.create())["__typename"] == "ExportCreated"


async def test_twenty_of_an_account_are_kept(germany: Caller, isu: Caller, api: Api) -> None:
    ids = []
    for _ in range(MOST_KEPT):
        ids.append(await germany.asked("STATE"))
        later = instant(datetime.now(UTC) + KEPT_FOR)
        await change_job(api.database, ids[-1], status=ExportStatus.DONE, expires_at=later)
    one_more = await germany.create("STATE")
    other = await isu.create("STATE")
    await change_job(api.database, ids[0], expires_at=instant())
    once_one_expired = await germany.create("STATE")

    assert (one_more["code"], one_more["message"]) == (
        "ILLEGAL_TRANSITION",
        "20 exports of yours are kept: fetch those, or wait until one of them expires.",
    )
    assert (other["__typename"], once_one_expired["__typename"]) == ("ExportCreated", "ExportCreated")
    assert (await germany.create("STATE"))["code"] == "ILLEGAL_TRANSITION", "one that is under way is counted"


async def test_one_that_is_only_validated_is_not_made(germany: Caller, worker: Workers) -> None:
    validated = await germany.create(only=True)

    assert (validated["__typename"], validated["export"]) == ("ExportCreated", None)
    assert await worker().work() == 0


# ---------- what goes wrong ----------


async def test_what_a_killed_process_left_is_begun_anew(germany: Caller, worker: Workers, api: Api) -> None:
    id_ = await germany.asked("STATE")
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
    id_ = await germany.asked("STATE")
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
    await worker().work()

    exports = [await germany.read(id_) for id_ in (bad, good)]
    assert [(each["status"], each["errorCode"]) for each in exports] == [("FAILED", "INTERNAL"), ("DONE", None)]


async def test_after_seven_days_it_is_gone(germany: Caller, worker: Workers, stored: Any, api: Api) -> None:
    id_, kept = await germany.asked("STATE"), await germany.asked("BODY")
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
    germany: Caller, worker: Workers, stored: Any, api: Api, settings: dict[str, Any], is_killed: bool
) -> None:
    """Neither is the export of another lost, nor is what was erased meanwhile in it again."""
    slow = Slow(export_store(Settings(**settings)), is_killed=is_killed)
    late = Worker(api.database, slow, file_spool(Settings(**settings)), lambda: TODAY)
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
    germany: Caller, worker: Workers, stored: Any, api: Api, settings: dict[str, Any]
) -> None:
    slow = Slow(export_store(Settings(**settings)), is_killed=True)
    slow.goes_on.set()
    ids = [await germany.asked("STATE"), await germany.asked("BODY")]
    for id_ in ids:
        killed = Worker(api.database, slow, file_spool(Settings(**settings)), lambda: TODAY)
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
