"""The copy that `sync` keeps is what its reader may see, whenever it was killed and whatever happened meanwhile."""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from isu_client import Client
from isu_client.sync import KEPT, Copy, MovedError, Sync
from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from examples.second_meeting import SecondMeeting
from isu.app import create_app
from isu.settings import Settings
from mandate.actor import Scope, Visibility
from mandate.participation import ParticipationRole, ParticipationStatus
from mandate.text import LocalizedText
from resolvers.feed import RETENTION
from schema.id import encode_id
from tests import make
from tests.api import TODAY
from tests.clients.running import CLIENT, command, environment, run
from tests.server import isu_serves, serving

pytestmark = pytest.mark.anyio

TEXTS = "\n".join((CLIENT / "queries" / name).read_text(encoding="utf-8") for name in ("text.graphql", "sync.graphql"))
FRAGMENTS = {name: text for text, name in re.findall(r"^(fragment (\w+) .*?^})", TEXTS, re.MULTILINE | re.DOTALL)}
LISTS = {
    "states": "StateCopy",
    "organisations": "OrganisationCopy",
    "meetings": "MeetingCopy",
    "documents": "DocumentCopy",
    "decisions": "DecisionCopy",
    "statements": "StatementCopy",
    "meetingRecords": "MeetingRecordCopy",
    "officeTerms": "OfficeTermCopy",
}
WHOLE = {"decisions", "officeTerms"}
ISSUE = """mutation ($input: IssueDocumentInput!) { issueDocument(input: $input) {
  __typename ... on DocumentIssued { document { id } } ... on Problem { message } } }"""
REGISTER = """mutation ($input: RegisterParticipantInput!) { registerParticipant(input: $input) {
  __typename ... on ParticipantRegistered { participation { id version } } ... on Problem { message } } }"""
REVOKE = """mutation ($input: RevokeParticipationInput!) { revokeParticipation(input: $input) {
  __typename ... on ParticipationRevoked { participation { id } } ... on Problem { message } } }"""


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


def lists(address: str, key: str | None = None) -> dict[str, Any]:
    """By id, all that the reader sees in the lists, as the API answers."""
    found: dict[str, Any] = {}
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    with httpx2.Client(headers=headers, timeout=60) as http:
        for name, fragment in LISTS.items():
            used = FRAGMENTS[fragment] + (FRAGMENTS["Text"] if "...Text" in FRAGMENTS[fragment] else "")
            after: str | None = None
            while True:
                if name in WHOLE:
                    query = f"{{ found: {name} {{ ...{fragment} }} }} {used}"
                    variables = {}
                else:
                    query = f"""query ($after: String) {{ found: {name}(first: 250, after: $after) {{
                      nodes {{ ...{fragment} }} pageInfo {{ hasNextPage endCursor }} }} }} {used}"""
                    variables = {"after": after}
                answer = http.post(f"{address}/graphql", json={"query": query, "variables": variables}).json()
                assert "errors" not in answer, answer["errors"]
                page = answer["data"]["found"]
                found |= {node["id"]: node for node in (page if name in WHOLE else page["nodes"])}
                if name in WHOLE or not page["pageInfo"]["hasNextPage"]:
                    break
                after = page["pageInfo"]["endCursor"]
    return found


def copied(path: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(path)) as copy:
        return {id_: json.loads(data) for id_, data in copy.execute("SELECT id, data FROM object")}


# ---------- killed at any moment ----------


async def test_who_is_killed_six_times_while_much_happens_holds_what_they_may_see(
    database: Database, register_url: str, tmp_path: Path
) -> None:
    await hold(database, register_url, tmp_path, kills=3)


@pytest.mark.soak
async def test_who_is_killed_a_hundred_times_holds_what_they_may_see(
    database: Database, register_url: str, tmp_path: Path
) -> None:
    await hold(database, register_url, tmp_path, kills=50)


async def hold(database: Database, register_url: str, tmp_path: Path, kills: int) -> None:
    """Two readers, each of whom is killed so many times."""
    isu = await make.key_for(database, make.ISU)
    delegation = await make.key_for(database, "STATE:ZMB", scopes=frozenset(Scope))
    seed = random.randrange(2**32)  # noqa: S311  no secret
    print(f"seed {seed}")  # noqa: T201  to find it again
    chance = random.Random(seed)  # noqa: S311  no secret

    with isu_serves({"ISU_DATABASE_URL": register_url, "ISU_RATE_LIMIT": "off"}) as (_, address):
        happening = asyncio.create_task(acts(database, address, isu, chance))
        were_loading = await asyncio.gather(
            survive(address, None, tmp_path / "public.db", kills, chance),
            survive(address, delegation, tmp_path / "delegation.db", kills, chance),
        )
        assert not happening.done(), happening.exception()
        happening.cancel()
        await asyncio.gather(happening, return_exceptions=True)
        readers = {"public": None, "delegation": delegation}
        for name, key in readers.items():
            run("sync", f"{name}.db", "--once", url=address, folder=tmp_path, key=key)
        should = {name: lists(address, key) for name, key in readers.items()}

    for name in readers:
        assert copied(tmp_path / f"{name}.db") == should[name], name
    assert should["public"].keys() < should["delegation"].keys(), "a delegation sees more"
    assert all(set(each) == {True, False} for each in were_loading), "killed in the lists, and in the feed"


async def survive(address: str, key: str | None, path: Path, kills: int, chance: random.Random) -> list[bool]:
    """So many lives, half of them in the lists, the others in the feed; and whether it was in the lists each time."""
    were_loading = []
    for life in range(kills):
        before = progress(path)
        in_lists = life < kills / 2
        running = await asyncio.create_subprocess_exec(
            *command("sync", str(path), "--every", "0.05", "--size", "5" if in_lists else "100"),
            cwd=path.parent,
            env=environment(address, key),
            stderr=asyncio.subprocess.PIPE,
        )
        deadline = time.monotonic() + 120
        while not has_kept(before, now := progress(path), in_lists):
            assert running.returncode is None, (await running.communicate())[1].decode()
            assert time.monotonic() < deadline, (before, now)
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.uniform(0, 0.15))
        assert running.returncode is None, (await running.communicate())[1].decode()
        running.send_signal(signal.SIGKILL)
        await running.communicate()
        end = progress(path)
        assert end is not None
        were_loading.append(end[3] is not None)
    return were_loading


def has_kept(before: tuple[Any, ...] | None, now: tuple[Any, ...] | None, in_lists: bool) -> bool:
    if now is None or now == before:
        return False
    return in_lists or (now[3] is None and before is not None and now[1] != before[1])


def progress(path: Path) -> tuple[Any, ...] | None:
    if not path.exists():
        return None
    # Not opened to read alone: what was cut off is rolled back by whoever opens the file next.
    with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=30)) as copy:
        if copy.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'place'").fetchone() == (0,):
            return None
        row: tuple[Any, ...] | None = copy.execute("SELECT reader, cursor, pass, list, page FROM place").fetchone()
    return row


async def acts(database: Database, address: str, key: str, chance: random.Random) -> None:
    """What the ISU does, without end; and the delegation comes to a meeting, and is sent away."""
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:

        async def act(mutation: str, **given: Any) -> Any:
            asked = {"query": mutation, "variables": {"input": given}}
            answer = (await http.post(f"{address}/graphql", json=asked)).json()
            assert "errors" not in answer, answer["errors"]
            (result,) = answer["data"].values()
            assert "message" not in result, result
            return result

        documents = await some(database, db.Document, db.Document.id)
        participation: dict[str, Any] | None = None
        for number in count(1):
            issued = await act(
                ISSUE,
                symbol=f"CCM/MSP/2011/INF.{100 + number}",
                meetings=["2MSP"],
                kind="working_paper",
                title=[{"language": "en", "value": f"Paper {number}"}],
                originalLanguage="en",
                versions=[{"language": "en"}],
                visibility=chance.choice(["PUBLIC", "STATES_PARTIES", "PARTICIPANTS", "ISU"]),
            )
            assert issued["document"]["id"]
            if participation is None:
                party = encode_id("State", "ZMB")
                given = {"meeting": "2MSP", "party": party, "fullName": f"Delegate {number}", "role": "DELEGATE"}
                participation = (await act(REGISTER, **given))["participation"]
            elif chance.random() < 0.3:
                await act(REVOKE, participation=participation["id"], expectedVersion=participation["version"])
                participation = None
            async with database.writing() as connection:
                unit = Unit(connection, Signature(act="test"))
                few = chance.sample(documents, 3)
                await unit.change(
                    db.Document,
                    [
                        ((few[0],), {"visibility": chance.choice(list(Visibility))}),
                        ((few[1],), {"visibility": Visibility.PUBLIC, "title": LocalizedText.of(f"Title {number}")}),
                    ],
                )
                await unit.change(db.Meeting, [(("3MSP",), {"city": f"City {number}"})])
                await unit.change(db.State, [(("ZMB",), {"regional_group": f"Group {number}"})])
            # The readers need the machine too, and the more happens, the more each life has to catch up with.
            await asyncio.sleep(0.1)


async def some(database: Database, table: Any, column: Any) -> list[Any]:
    async with database.reading() as connection:
        return list((await connection.execute(select(col(column)).order_by(col(column)))).scalars())


# ---------- each kind of object, and what goes wrong ----------


class Reader:
    """A copy that is brought up to date within this process."""

    def __init__(self, address: str, key: str | None, path: Path, size: int = 100) -> None:
        self.client = Client(address, key)
        self.copy = Copy(path)
        self.sync = Sync(self.client, self.copy, address, size)

    def catch_up(self) -> int:
        """How many pages it read."""
        self.sync.begin_if_another_reads()
        for pages in count(1):
            if not self.sync.step():
                return pages
        raise AssertionError

    def close(self) -> None:
        self.copy.close()
        self.client.__exit__()


def test_whatever_a_meeting_brings_is_in_the_copies(states_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=states_url, rate_limit="off", files=str(tmp_path / "files"))
    with serving(create_app(settings, today=lambda: TODAY, delivers=False)) as address:
        meeting = SecondMeeting(address, asyncio.run(key_of_an_administrator(states_url)))
        keys = {"public": None, "delegation": bearer(meeting.germany)}
        readers = {name: Reader(address, key, tmp_path / f"{name}.db") for name, key in keys.items()}
        for step in SecondMeeting.STEPS:
            step(meeting)
            for reader in readers.values():
                reader.catch_up()
        told = {name: lists(address, key) for name, key in keys.items()}
        for reader in readers.values():
            reader.close()
        meeting.finish()

    for name in readers:
        assert copied(tmp_path / f"{name}.db") == told[name], name
    kinds = {each["__typename"] for each in told["public"].values()}
    assert kinds == {each.fields.__name__.removesuffix("Copy") for each in KEPT}
    with closing(sqlite3.connect(tmp_path / "public.db")) as copy:
        seen = copy.execute("SELECT code, meetingStatus, city FROM meeting WHERE code = '2MSP'").fetchall()
    assert seen == [("2MSP", "CLOSED", "Beirut")]


async def key_of_an_administrator(url: str) -> str:
    database = Database(url)
    key = await make.key_for(database, make.ISU, admin=True)
    await database.close()
    return key


def bearer(caller: Any) -> str:
    return str(caller._http.headers["Authorization"].removeprefix("Bearer "))


@pytest.fixture
def address(database: Database, register_url: str) -> Iterator[str]:
    settings = Settings(database_url=register_url, rate_limit="off")
    with serving(create_app(settings, today=lambda: TODAY, delivers=False)) as address:
        yield address


async def test_a_place_that_has_become_too_old_starts_the_copy_anew(
    database: Database, address: str, tmp_path: Path
) -> None:
    reader = Reader(address, None, tmp_path / "copy.db")
    reader.catch_up()
    async with database.writing() as connection:
        long_ago = Signature(act="test", at=datetime.now(UTC) - RETENTION - timedelta(days=1))
        await Unit(connection, long_ago).change(db.Meeting, [(("3RC",), {"city": "Luang Prabang"})])
        hidden = {"visibility": Visibility.ISU}
        await Unit(connection, long_ago).change(db.Document, [((await one(connection),), hidden)])

    pages = reader.catch_up()

    place = reader.copy.place()
    reader.close()
    assert pages > len(KEPT), "all lists were read again"
    assert place is not None
    assert (place.number, place.list) == (2, None)
    copy = copied(tmp_path / "copy.db")
    assert copy == lists(address)
    assert copy[encode_id("Meeting", "3RC")]["city"] == "Luang Prabang"
    assert sum(each["__typename"] == "Document" for each in copy.values()) == 460


async def one(connection: Any) -> str:
    return str((await connection.execute(select(col(db.Document.id)).order_by(col(db.Document.id)).limit(1))).scalar())


async def test_with_another_account_the_copy_is_made_anew(database: Database, address: str, tmp_path: Path) -> None:
    key = await make.key_for(database, "STATE:ZMB")
    async with database.writing() as connection:
        restricted = {"visibility": Visibility.STATES_PARTIES}
        await Unit(connection, Signature(act="test")).change(db.Document, [((await one(connection),), restricted)])
    first = Reader(address, key, tmp_path / "copy.db")
    first.catch_up()
    first.close()
    seen = copied(tmp_path / "copy.db")

    second = Reader(address, None, tmp_path / "copy.db")
    second.catch_up()
    second.close()

    public = copied(tmp_path / "copy.db")
    assert public == lists(address)
    assert len(seen) == len(public) + 1


async def test_what_was_seen_only_while_the_lists_were_read_is_not_kept(
    database: Database, address: str, tmp_path: Path
) -> None:
    key = await make.key_for(database, "STATE:ZMB")
    reader = Reader(address, key, tmp_path / "copy.db")
    reader.sync.step()
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        participation = await take_part(unit, "STATE:ZMB", "2MSP")
        paper = {"kind_code": "working_paper", "meeting_code": "2MSP", "visibility": Visibility.PARTICIPANTS}
        await unit.keep(db.Document, [{**paper, "id": "a-paper", "title": LocalizedText.of("A paper")}])
    while (place := reader.copy.place()) is not None and place.list is not None:
        reader.sync.step()
    assert encode_id("Document", "a-paper") in copied(tmp_path / "copy.db")

    async with database.writing() as connection:
        revoked = {"status": ParticipationStatus.REVOKED}
        await Unit(connection, Signature(act="test")).change(db.Participation, [((participation,), revoked)])
    reader.catch_up()

    reader.close()
    assert encode_id("Document", "a-paper") not in copied(tmp_path / "copy.db")
    assert copied(tmp_path / "copy.db") == lists(address, key)


async def take_part(unit: Unit, party: str, meeting: str) -> str:
    person, participation = new_id(), new_id()
    await unit.keep(db.Person, [{"id": person, "full_name": "A delegate", "visibility": Visibility.PUBLIC}])
    registered: dict[str, Any] = {"id": participation, "meeting_code": meeting, "party_id": party, "person_id": person}
    registered |= {"role": ParticipationRole.DELEGATE, "registered_on": TODAY, "visibility": Visibility.PUBLIC}
    await unit.keep(db.Participation, [registered])
    return participation


async def test_of_two_that_keep_one_copy_the_slower_keeps_nothing(address: str, tmp_path: Path) -> None:
    first, second = (Reader(address, None, tmp_path / "copy.db") for _ in range(2))
    first.sync.step()
    place = first.copy.place()
    second.sync.step()
    assert first.copy.place() != place

    with pytest.raises(MovedError), first.copy.page(place):
        raise AssertionError("the copy is elsewhere")

    first.catch_up()
    first.close()
    second.close()
    assert copied(tmp_path / "copy.db") == lists(address)
