"""Streams: how long until an act has reached one follower, and until it has reached 500; and what idle ones weigh.

The followers share the machine, and its two cores, with the server, so what is quoted is the ratio.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from statistics import median
from time import perf_counter

from websockets.asyncio.client import ClientConnection, connect

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from mandate.text import LocalizedText
from schema.id import decode_id
from tests.bench.server import Server

FOLLOW = """subscription { changes { __typename ... on Heartbeat { cursor }
  ... on Change { cursor kind subjectId node { ... on Document { title { original } symbol } } } } }"""
_PATIENCE = 60


def measure(server: Server, url: str, *, many: int = 500, idle: int = 1_000, acts: int = 20) -> list[str]:
    """Lines of a report."""
    return asyncio.run(_measure(server, url, many, idle, acts))


async def _measure(server: Server, url: str, many: int, idle: int, acts: int) -> list[str]:
    database = Database(url)
    one, all_ = [await _reached(server, database, number, acts) for number in (1, many)]
    before = server.memory()
    async with AsyncExitStack() as stack:
        await _followers(server, stack, idle)
        after = server.memory()
    await database.close()
    looks = "; a file tells nobody, so that it looks once a second" if url.startswith("sqlite") else ""
    reaches = f"{1000 * one:.1f} ms, and {many} in {1000 * all_:.1f} ms: {all_ / one:.1f} times as long"
    memory = f"{after / 2**20:.0f} MiB resident, {(after - before) / 2**20:.0f} of them theirs"
    return [
        f"an act of another process reaches 1 follower in {reaches} (medians of {acts}, from the commit{looks}).",
        f"{idle:,} idle streams: {memory}.",
    ]


async def _reached(server: Server, database: Database, number: int, acts: int) -> float:
    """Seconds from the commit of an act in another process until the last follower has it."""
    async with AsyncExitStack() as stack:
        followers = await _followers(server, stack, number)
        took = []
        for _ in range(acts):
            key = await _act(database)
            began = perf_counter()
            async with asyncio.timeout(_PATIENCE):
                told = await asyncio.gather(*(each.recv() for each in followers))
            took.append(perf_counter() - began)
            if any(key != _subject(each) for each in told):
                raise RuntimeError(f"{server.name} told of something else.")
        return median(took)


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


async def _act(database: Database) -> str:
    key = new_id()
    row = {"id": key, "title": LocalizedText.of("A paper"), "kind_code": "working_paper"}
    async with database.writing() as connection:
        await Unit(connection, Signature(act="bench")).keep(db.Document, [row])
    return key


def _subject(told: str | bytes) -> str:
    return decode_id(json.loads(told)["payload"]["data"]["changes"]["subjectId"])[1]
