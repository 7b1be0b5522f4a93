"""Streams: how long until an act has reached one follower, and until it has reached 500; what idle ones weigh; and S1,
the processor time that the server takes to tell one event to 1,000.

The followers share the machine, and its two cores, with the server, so what is quoted is the ratio.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from statistics import median
from time import perf_counter

from websockets.asyncio.client import ClientConnection, connect

import db
from db.engine import WATCH_SECONDS, Database
from db.table import new_id
from db.unit import Signature, Unit
from mandate.text import LocalizedText
from schema.id import decode_id, encode_id
from tests.bench.server import Server

FOLLOW = """subscription { changes { __typename ... on Heartbeat { cursor }
  ... on Change { cursor kind subjectId node { ... on Document { title { original } symbol } } } } }"""
_PATIENCE = 60


def measure(server: Server, url: str, *, many: int = 500, idle: int = 1_000, acts: int = 20) -> list[str]:
    """Lines of a report."""
    return asyncio.run(_measure(server, url, many, idle, acts))


async def _measure(server: Server, url: str, many: int, idle: int, acts: int) -> list[str]:
    event = acts_in(url)
    one, all_ = [await _reached(server, event, number, acts) for number in (1, many)]
    before, _ = server.memory()
    async with AsyncExitStack() as stack:
        await _followers(server, stack, idle)
        after, _ = server.memory()
    looks = f"; whether a file was written is looked for every {WATCH_SECONDS} s" if url.startswith("sqlite") else ""
    reaches = f"{1000 * one:.1f} ms, and {many} in {1000 * all_:.1f} ms: {all_ / one:.1f} times as long"
    memory = f"{after / 2**20:.0f} MiB resident, {(after - before) / 2**20:.0f} of them theirs"
    return [
        f"an act of another process reaches 1 follower in {reaches} (medians of {acts}, from the commit{looks}).",
        f"{idle:,} idle streams: {memory}.",
    ]


def told_to_many(servers: Sequence[tuple[Server, Event]], *, many: int, acts: int, rounds: int) -> list[str]:
    """Lines of a report: S1, of each server in turn, the order reversed each round; the last is compared with."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        for server, event in servers if number % 2 == 0 else reversed(servers):
            found[server.name].append(asyncio.run(_takes(server, event, many, acts)))
    plain = servers[-1][0].name
    lines = []
    for name, took in found.items():
        ratio = median(one / other if other else 0.0 for one, other in zip(took, found[plain], strict=True))
        lines.append(
            f"S1, {name}: an event to {many:,} subscribers takes {1000 * median(took):.1f} ms of the server's "
            f"processor time, {ratio:.2f} of what {plain} takes."
        )
    return lines


Event = Callable[[], Awaitable[str]]
"""Makes one, and gives the key of what it is about."""


def acts_in(url: str) -> Event:
    """Acts in another process than the server's: this."""

    async def act() -> str:
        key = new_id()
        row = {"id": key, "title": LocalizedText.of("A paper"), "kind_code": "working_paper"}
        database = Database(url)
        async with database.writing() as connection:
            await Unit(connection, Signature(act="bench")).keep(db.Document, [row])
        await database.close()
        return key

    return act


def made_by(server: Server) -> Event:
    """What the server is told to tell."""

    async def event() -> str:
        key = new_id()
        body = json.dumps({"id": encode_id("Document", key)}).encode()
        await asyncio.to_thread(Server.ask, replace(server, address=f"{server.address[:-8]}/event"), "", body)
        return key

    return event


async def _takes(server: Server, event: Event, many: int, acts: int) -> float:
    """Seconds of its processor for each event, PostgreSQL's left out."""
    async with AsyncExitStack() as stack:
        followers = await _followers(server, stack, many)
        await _tell(server, event, followers)
        before, _ = server.cpu()
        for _ in range(acts):
            await _tell(server, event, followers)
        return (server.cpu()[0] - before) / acts


async def _tell(server: Server, event: Event, followers: Sequence[ClientConnection]) -> float:
    """Seconds from an event until the last follower has it."""
    key = await event()
    began = perf_counter()
    async with asyncio.timeout(_PATIENCE):
        told = await asyncio.gather(*(each.recv() for each in followers))
    took = perf_counter() - began
    if any(key != _subject(each) for each in told):
        raise RuntimeError(f"{server.name} told of something else.")
    return took


async def _reached(server: Server, event: Event, number: int, acts: int) -> float:
    """Seconds from the commit of an act in another process until the last follower has it."""
    async with AsyncExitStack() as stack:
        followers = await _followers(server, stack, number)
        return median([await _tell(server, event, followers) for _ in range(acts)])


async def _followers(server: Server, stack: AsyncExitStack, number: int) -> list[ClientConnection]:
    """Those who have been told that there is nothing yet."""
    address = server.address.replace("http", "ws", 1)
    followers = []
    for _ in range(number):
        each = await stack.enter_async_context(
            connect(address, subprotocols=["graphql-transport-ws"], proxy=None, compression=None, ping_interval=None)  # type: ignore[list-item]
        )
        await each.send('{"type": "connection_init"}')
        await each.recv()
        await each.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
        followers.append(each)
    for each in followers:
        await each.recv()
    return followers


def _subject(told: str | bytes) -> str:
    return decode_id(json.loads(told)["payload"]["data"]["changes"]["subjectId"])[1]
