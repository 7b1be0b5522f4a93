"""Whatever is changed, whoever comes to see another part, and however often the way to them is cut: what subscribers
have pieced together is what `changes` says, in its order, each once, and what they may see.

On PostgreSQL there are two servers, of which one is killed and another started; on SQLite one, which no notification
reaches. The acts are done by this process. A subscriber is cut off in the middle, goes to another server and over
another transport, or has its rights changed, and has nothing but its last cursor.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from websockets.exceptions import InvalidHandshake

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from isu.app import create_app
from isu.settings import Settings
from isu.streams import Pace
from mandate.actor import Visibility
from mandate.text import LocalizedText
from tests import server
from tests.api import TODAY
from tests.follow import TRANSPORTS, Refused, event, follow
from tests.make import ISU, key_for

pytestmark = pytest.mark.anyio
PARTIES = ("STATE:ZMB", "STATE:FRA")
_NODE = 'id ... on Document { title { in(language: "en") { value } } missingLanguages }'
STREAM = f"""subscription ($after: String) {{ changes(after: $after, types: [DOCUMENT]) {{ __typename
  ... on Change {{ cursor kind subjectId node {{ {_NODE} }} tombstone {{ id }} }}
  ... on Heartbeat {{ cursor }} ... on Lagged {{ resumeAfter }} }} }}"""
PAGE = """query ($after: String, $first: Int!) { changes(after: $after, first: $first, types: [DOCUMENT]) {
  nodes { cursor kind subjectId } pageInfo { hasNextPage endCursor } } }"""
ALL = f"{{ documents(first: 250) {{ nodes {{ {_NODE} }} }} serviceStatus {{ latestCursor }} }}"


@dataclass
class Copy:
    """What a subscriber has: a cursor and what it was told, and nothing else."""

    token: str | None
    cursor: str = ""
    objects: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def take(self, told: Any) -> None:
        match told["__typename"]:
            case "Lagged":
                self.cursor = told["resumeAfter"]
                return
            case "Change":
                self.told.append((told["cursor"], told["kind"], told["subjectId"]))
                if told["node"] is None:
                    assert told["tombstone"] == {"id": told["subjectId"]}
                    self.objects.pop(told["subjectId"], None)
                else:
                    self.objects[told["subjectId"]] = told["node"]
        self.cursor = told["cursor"]


class World:
    """The acts, by a process of their own."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self.database = database
        self.chance = chance
        self.documents: list[str] = []
        self.number = 0

    async def act(self) -> None:
        async with self.database.writing() as connection:
            unit = Unit(connection, Signature(act="test"))
            for document in self.chance.sample(self.documents, min(len(self.documents), self.chance.randint(0, 3))):
                await self._change(unit, document)
            if self.chance.random() < 0.4 or not self.documents:
                await self._new(unit)

    async def _new(self, unit: Unit) -> None:
        key = new_id()
        row = {"id": key, "title": self._title(), "kind_code": "report", "visibility": self._visibility()}
        await unit.keep(db.Document, [row])
        self.documents.append(key)

    async def _change(self, unit: Unit, document: str) -> None:
        match self.chance.randint(0, 3):
            case 0:
                await unit.change(db.Document, [((document,), {"title": self._title()})])
            case 1:
                await unit.change(db.Document, [((document,), {"visibility": self._visibility()})])
            case 2:
                language = self.chance.choice(["ar", "en", "fr"])
                if await unit.row(db.DocumentLanguage, (document, language)) is None:
                    await unit.keep(db.DocumentLanguage, [{"document_id": document, "language_code": language}])
            case 3:
                party = self.chance.choice(PARTIES)
                if await unit.row(db.Concern, ("document", document, party)) is None:
                    about = {"subject_type": "document", "subject_key": document}
                    await unit.keep(db.Concern, [{**about, "party_id": party}])

    async def change_rights(self, token: str) -> None:
        """A key is for more or for less than it was: as a person who takes part, or no more, sees more or less."""
        scopes = self.chance.choice([["READ_PUBLIC"], ["READ_PUBLIC", "READ_RESTRICTED"]])
        async with self.database.writing() as connection:
            await Unit(connection, Signature(act="test")).change(
                db.ApiKey, [((token.split("_")[1],), {"scopes": scopes})]
            )

    def _title(self) -> LocalizedText:
        self.number += 1
        return LocalizedText.of(f"Title {self.number}")

    def _visibility(self) -> Visibility:
        return self.chance.choice(list(Visibility))


class Servers:
    """Two on PostgreSQL, as processes that may be killed, and one on SQLite, which nobody tells of anything."""

    def __init__(self, url: str, chance: random.Random) -> None:
        self._url = url
        self._chance = chance
        self._running: list[tuple[ExitStack, str]] = []

    def start(self) -> None:
        stack = ExitStack()
        if self._url.startswith("postgresql"):
            environment = {"ISU_DATABASE_URL": self._url, "ISU_RATE_LIMIT": "off"}
            _, address = stack.enter_context(server.isu_serves(environment))
        else:
            pace = Pace(poll=0.05, check=0.2, heartbeat=0.5, listens=False)
            settings = Settings(database_url=self._url, rate_limit="off")
            app = create_app(settings, today=lambda: TODAY, delivers=False, pace=pace)
            address = stack.enter_context(server.serving(app))
        self._running.append((stack, address))

    def kill(self) -> None:
        stack, _ = self._running.pop(0)
        stack.close()

    def any(self) -> str:
        return self._chance.choice(self._running)[1]

    def close(self) -> None:
        while self._running:
            self.kill()


_CUT_OFF = (0, 1001, 1005, 1006, 1012)


async def _subscribe(servers: Servers, copy: Copy, chance: random.Random) -> None:
    """Goes on from the last cursor, wherever there is a server, whenever the connection is lost."""
    while True:
        try:
            async with follow(
                servers.any(), chance.choice(TRANSPORTS), copy.token, STREAM, after=copy.cursor
            ) as answers:
                async for answer in answers:
                    copy.take(event(answer))
        except Refused as refused:
            if refused.code not in _CUT_OFF or isinstance(refused.told, list):
                raise
        except (httpx2.TransportError, InvalidHandshake, OSError):
            # A server that was killed, or was quiet for long.
            pass
        await asyncio.sleep(0.01)


async def _ask(servers: Servers, token: str | None, query: str, **variables: Any) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
        asked = {"query": query, "variables": variables}
        answer = (await http.post(f"{servers.any()}/graphql", json=asked, headers=headers)).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def _listed(servers: Servers, token: str | None, after: str) -> list[tuple[str, str, str]]:
    """As `changes` tells it."""
    told, more = [], True
    while more:
        page = (await _ask(servers, token, PAGE, after=after, first=7))["changes"]
        told += [(each["cursor"], each["kind"], each["subjectId"]) for each in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return told


async def _run(url: str, seed: int, steps: int) -> None:
    chance = random.Random(seed)  # noqa: S311  no secret
    database, servers = Database(url), Servers(url, chance)
    world = World(database, chance)
    is_one_file = url.startswith("sqlite")
    copies = {"public": Copy(None), "isu": Copy(await key_for(database, ISU))}
    copies |= {party: Copy(await key_for(database, party)) for party in PARTIES}
    # Most of the time two stand at the same place.
    copies |= {f"{name} too": Copy(copy.token) for name, copy in copies.items()}
    running: dict[str, asyncio.Task[None]] = {}
    try:
        for _ in range(1 if is_one_file else 2):
            await asyncio.to_thread(servers.start)
        begins = {}
        for name, copy in copies.items():
            begins[name] = copy.cursor = (await _ask(servers, copy.token, ALL))["serviceStatus"]["latestCursor"]
            running[name] = asyncio.create_task(_subscribe(servers, copy, chance))
        for step in range(steps):
            await world.act()
            await asyncio.sleep(chance.choice([0, 0, 0.02, 0.1]))
            if chance.random() < 0.4:
                name = chance.choice(list(copies))
                await _cut(running.pop(name))
                await world.act()
                running[name] = asyncio.create_task(_subscribe(servers, copies[name], chance))
            if chance.random() < 0.3:
                token = copies[chance.choice(PARTIES)].token
                assert token is not None
                await world.change_rights(token)
            if step == steps // 2 and not is_one_file:
                await asyncio.to_thread(servers.start)
                await asyncio.to_thread(servers.kill)
        for name, copy in copies.items():
            await _comes_to_hold(servers, name, copy, running[name])
            assert len({cursor for cursor, _, _ in copy.told}) == len(copy.told), f"{name} was told twice"
        for name in ("public", "isu", "public too", "isu too"):
            told, listed = copies[name].told, await _listed(servers, copies[name].token, begins[name])
            assert [each for each in told if each in listed] == [each for each in listed if each in told], name
            for one, other in ((told, listed), (listed, told)):
                assert all(_is_lost(one[place:]) for place, each in enumerate(one) if each not in other), name
    finally:
        for task in running.values():
            task.cancel()
        await asyncio.gather(*running.values(), return_exceptions=True)
        await asyncio.to_thread(servers.close)
        await database.close()


def _is_lost(told: list[tuple[str, str, str]]) -> bool:
    """Whether the first was told of something whose loss is told later: who reads while it is lost is told of that
    alone, and who reads when it is there again is told of both."""
    (_, kind, subject), *later = told
    return kind == "UPDATED" and any((kind, of) == ("VISIBILITY_LOST", subject) for _, kind, of in later)


async def _cut(task: asyncio.Task[None]) -> None:
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(outcome, asyncio.CancelledError), outcome


async def _comes_to_hold(servers: Servers, name: str, copy: Copy, task: asyncio.Task[None]) -> None:
    """What its holder may see; nothing changes meanwhile."""
    seen = (await _ask(servers, copy.token, ALL))["documents"]["nodes"]
    expected = {each["id"]: each for each in seen}
    ends = asyncio.get_running_loop().time() + 60
    while copy.objects != expected and asyncio.get_running_loop().time() < ends:
        assert not task.done(), task.exception()
        await asyncio.sleep(0.05)
    assert copy.objects == expected, name


async def test_subscribers_hold_what_they_may_see(states_url: str) -> None:
    await _run(states_url, 20101112, 25)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(40))
async def test_in_many_orders(states_url: str, seed: int) -> None:
    await _run(states_url, seed, 60)
