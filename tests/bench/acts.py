"""Acts among reads: that no answer is stale, and what it costs.

Every act writes the next number into a meeting, one act at a time, every other one in this process instead of the
server's; so at each moment it is known what every answer has to say. An answer may be no older than what had been
acknowledged when it was asked for; one that tells of many meetings tells of all as they were at one moment.
"""

from __future__ import annotations

import asyncio
import random
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import orjson

import db
from db.engine import Database
from db.unit import Signature, Unit
from mandate.text import LocalizedText
from schema.id import encode_id
from tests.bench.query import Q1
from tests.bench.register import KEY
from tests.bench.server import Server

SHARE = 0.2
"""Of acts, among all that is asked."""
_FIELDS = 'id version workingMethods { in(language: "en") { value } }'
_MEETING = f"query ($id: ID!) {{ node(id: $id) {{ ... on Meeting {{ {_FIELDS} }} }} }}"
_MEETINGS = (
    f"query ($codes: [String!]) {{ meetings(first: 250, where: {{ code: $codes }}) {{ nodes {{ {_FIELDS} }} }} }}"
)
_ACT = """
mutation ($input: SetWorkingMethodsInput!) {
  setWorkingMethods(input: $input) { __typename ... on WorkingMethodsSet { meeting { version } } }
}
"""
_MOST_MEETINGS = 20
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def measure(servers: Sequence[Server], url: str, *, seconds: float, rounds: int, connections: int) -> list[str]:
    """Lines of a report; the last server is the one that the others are compared with."""
    found: defaultdict[str, list[_Mix]] = defaultdict(list)
    for number in range(rounds):
        for each in servers if number % 2 == 0 else reversed(servers):
            before = each.cpu()
            mix = asyncio.run(_mixed(each, url, seconds, connections, seed=number))
            mix.cpu = sum(each.cpu()) - sum(before)
            found[each.name].append(mix)
    other = found[servers[-1].name]
    lines = []
    for name, mixes in found.items():
        compared, acts = (sum(getattr(mix, what) for mix in mixes) for what in ("compared", "acts"))
        rate = median(mix.rate / than.rate for mix, than in zip(mixes, other, strict=True))
        cpu = median(1000 * mix.cpu / mix.asked for mix in mixes)
        lines.append(
            f"{name}: {compared:,} answers among {acts:,} acts compared with the register at their moment, none of "
            f"them stale; {median(mix.rate for mix in mixes):.0f} requests/s, {rate:.2f} of {servers[-1].name}; "
            f"{cpu:.2f} ms of processor time a request, PostgreSQL's counted."
        )
    return lines


@dataclass(slots=True)
class _Mix:
    """What came of one measurement."""

    seconds: float
    compared: int = 0
    acts: int = 0
    cpu: float = 0.0

    @property
    def asked(self) -> int:
        return self.compared + self.acts

    @property
    def rate(self) -> float:
        return self.asked / self.seconds


Shown = tuple[int, int]
"""What an answer says of a meeting: the number that stands in it, and its version."""


@dataclass(slots=True)
class Truth:
    """What was written, and when: the number of an act is also what it wrote."""

    first: Mapping[str, int]
    """The versions of the meetings before the first act."""
    begun: int = 0
    acknowledged: int = 0
    of: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The numbers of the acts upon a meeting."""

    def begin(self, code: str) -> int:
        self.begun += 1
        self.of[code].append(self.begun)
        return self.begun

    def at(self, moment: int, code: str) -> Shown:
        """As the meeting stood after so many acts."""
        acts = self.of[code]
        count = bisect_right(acts, moment)
        return (acts[count - 1] if count else 0), self.first[code] + count

    def is_told(self, shown: Mapping[str, Shown], least: int) -> bool:
        """Whether they stood so at one moment, which is no earlier than that act."""
        moment = max(number for number, _ in shown.values())
        alike = all(each == self.at(moment, code) for code, each in shown.items())
        return alike and all(each >= self.at(least, code) for code, each in shown.items())


async def _mixed(server: Server, url: str, seconds: float, connections: int, *, seed: int) -> _Mix:
    database = Database(url)
    client = await _Client.to(server)
    codes = [
        each["code"]
        for each in (await client.ask('{ meetings(where: { kind: ["intersessional_meeting"] }) { nodes { code } } }'))[
            "meetings"
        ]["nodes"][:_MOST_MEETINGS]
    ]
    async with database.writing() as connection:  # begun anew: what stood there says nothing of our acts
        unit = Unit(connection, Signature(act="bench"))
        await unit.change(db.Meeting, [((code,), {"working_methods": None}) for code in codes])
    found = await client.ask(_MEETINGS, {"codes": codes})
    of_ids = {encode_id("Meeting", code): code for code in codes}
    truth = Truth(first={of_ids[each["id"]]: each["version"] for each in found["meetings"]["nodes"]})
    states = await client.raw(Q1, {"first": 200})
    mixing = _Mixing(server, database, truth, of_ids, states, perf_counter() + seconds)
    mix = _Mix(seconds=seconds)
    await asyncio.gather(*(mixing.ask(mix, random.Random(f"{seed} {place}")) for place in range(connections)))  # noqa: S311
    mix.seconds = perf_counter() - (mixing.ends - seconds)
    client.close()
    await database.close()
    return mix


class _Mixing:
    """Clients side by side, and one truth."""

    def __init__(
        self,
        server: Server,
        database: Database,
        truth: Truth,
        of_ids: Mapping[str, str],
        states: bytes,
        ends: float,
    ) -> None:
        self._server = server
        self._database = database
        self._truth = truth
        self._of_ids = of_ids
        self._codes = sorted(of_ids.values())
        self._states = states
        self._acting = asyncio.Lock()
        self.ends = ends

    async def ask(self, mix: _Mix, chance: random.Random) -> None:
        client = await _Client.to(self._server)
        while perf_counter() < self.ends:
            if chance.random() < SHARE:
                async with self._acting:
                    await self._act(client, chance.choice(self._codes))
                mix.acts += 1
            else:
                await chance.choice((self._one, self._one, self._many, self._others))(client, chance)
                mix.compared += 1
        client.close()

    async def _act(self, client: _Client, code: str) -> None:
        _, version = self._truth.at(self._truth.begun, code)
        number = self._truth.begin(code)
        if number % 2:
            given = {"meeting": code, "expectedVersion": version, "text": [{"language": "en", "value": str(number)}]}
            done = (await client.ask(_ACT, {"input": given}))["setWorkingMethods"]
            if done["__typename"] != "WorkingMethodsSet":
                raise RuntimeError(f"{self._server.name} does not act: {done}")
        else:
            async with self._database.writing() as connection:
                change = ((code,), {"working_methods": LocalizedText.of(str(number))})
                await Unit(connection, Signature(act="bench")).change(db.Meeting, [change])
        self._truth.acknowledged = number

    async def _one(self, client: _Client, chance: random.Random) -> None:
        id_ = chance.choice(list(self._of_ids))
        least = self._truth.acknowledged
        self._compare([(await client.ask(_MEETING, {"id": id_}))["node"]], least)

    async def _many(self, client: _Client, _chance: random.Random) -> None:
        least = self._truth.acknowledged
        nodes = (await client.ask(_MEETINGS, {"codes": self._codes}))["meetings"]["nodes"]
        if len(nodes) != len(self._codes):
            raise self._stale(f"{len(nodes)} of {len(self._codes)} meetings")
        self._compare(nodes, least)

    def _compare(self, nodes: Sequence[Mapping[str, Any]], least: int) -> None:
        shown = {self._of_ids[each["id"]]: (_number(each), each["version"]) for each in nodes}
        if not self._truth.is_told(shown, least):
            raise self._stale(f"{shown} after act {least}")

    async def _others(self, client: _Client, _chance: random.Random) -> None:
        """What no act changes is what it was."""
        if await client.raw(Q1, {"first": 200}) != self._states:
            raise self._stale("States otherwise than before")

    def _stale(self, what: str) -> RuntimeError:
        return RuntimeError(f"{self._server.name} showed {what}.")


def _number(meeting: Mapping[str, Any]) -> int:
    methods = meeting["workingMethods"]
    return 0 if methods is None else int(methods["in"]["value"])


class _Client:
    """A connection that is kept open, with the key of the benchmark where it acts."""

    def __init__(self, place: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._place = place
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, server: Server) -> _Client:
        parts = urlsplit(server.address)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        return cls(f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n", reader, writer)

    async def ask(self, text: str, variables: Mapping[str, Any] | None = None) -> Any:
        answer = orjson.loads(await self.raw(text, variables))
        if "errors" in answer:
            raise RuntimeError(f"{text} was answered by {answer}")
        return answer["data"]

    async def raw(self, text: str, variables: Mapping[str, Any] | None = None) -> bytes:
        body = orjson.dumps({"query": text, "variables": variables or {}})
        key = f"Authorization: Bearer {KEY}\r\n" if text is _ACT else ""
        head = f"{self._place}{key}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answered = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answered)
        if length is None or not answered.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{text} was answered by {answered!r}")
        return await self._reader.readexactly(int(length[1]))

    def close(self) -> None:
        self._writer.close()
