"""The server is killed while it writes: what it has acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import string
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import select
from sqlmodel import col
from typer.testing import CliRunner

import db
from db.engine import Database
from db.unit import Signature, Unit
from isu import cli
from mandate.actor import Act
from mandate.party import PartyKind
from mandate.text import LocalizedText
from resolvers.change import verify
from schema.id import key_of
from tests import make
from tests.server import isu_serves

ROOT = Path(__file__).parents[2]
CLIENTS = 4
SOURCE = "a notification of these tests"
RECORD = """mutation ($state: CountryCode!, $source: String!) {
  recordTreatyAction(input: {state: $state, type: SIGNATURE, date: "2010-01-15", source: $source}) {
    __typename ... on TreatyActionRecorded { treatyAction { id version } } } }"""
READ = """query ($id: ID!) { node(id: $id) { ... on TreatyAction { version history { nodes { act version } } } } }"""


async def survive(url: str, rounds: int) -> None:
    database = Database(url)
    states = iter(await states_without_acts(database, 150 * rounds))
    key = await make.key_for(database, make.ISU)
    acknowledged: list[str] = []
    for _ in range(rounds):
        async with server(url) as (process, http):
            http.headers["Authorization"] = f"Bearer {key}"
            if acknowledged:
                data = await ask(http, READ, id=acknowledged[-1])
                assert data["node"] == {
                    "version": 1,
                    "history": {"nodes": [{"act": "recordTreatyAction", "version": 1}]},
                }
            clients = await recording(http, states, acknowledged)
            await asyncio.sleep(random.uniform(0, 0.3))  # noqa: S311  any moment will do
            process.kill()
            await asyncio.to_thread(process.wait)
            await asyncio.gather(*clients)
        await check(database, {key_of("TreatyAction", each) for each in acknowledged})
    assert len(acknowledged) >= CLIENTS * rounds
    await database.close()
    await asyncio.to_thread(verify_from_the_command_line, url)


async def recording(
    http: httpx2.AsyncClient, states: Iterator[str], acknowledged: list[str]
) -> list[asyncio.Task[None]]:
    """Clients who record, once as many acts have been acknowledged as they are."""
    before = len(acknowledged)
    clients = [asyncio.create_task(record(http, states, acknowledged)) for _ in range(CLIENTS)]
    deadline = time.monotonic() + 60
    while len(acknowledged) < before + CLIENTS:
        # What each met is told by its result.
        done = [each.result() for each in clients if each.done()]
        assert len(done) < CLIENTS, "nobody answers, or there are no more States"
        assert time.monotonic() < deadline, f"nothing was acknowledged after {before}"
        await asyncio.sleep(0.01)
    return clients


async def record(http: httpx2.AsyncClient, states: Iterator[str], acknowledged: list[str]) -> None:
    """One act after the other, until nobody answers."""
    for state in states:
        try:
            data = await ask(http, RECORD, state=state, source=SOURCE)
        except httpx2.TransportError:
            return
        assert data["recordTreatyAction"]["__typename"] == "TreatyActionRecorded", data
        acknowledged.append(data["recordTreatyAction"]["treatyAction"]["id"])


async def check(database: Database, acknowledged: set[str]) -> None:
    """An act is a row, its source, and the entries of both: all four are there, or none."""
    async with database.reading() as connection:
        told = select(col(db.Provenance.subject_key)).where(col(db.Provenance.subject_type) == "TreatyAction")
        found = (await connection.execute(select(col(db.Provenance.subject_key), col(db.Provenance.sources)))).all()
        sources = {key for key, names in found if names == [SOURCE]}
        there = (
            await connection.execute(select(col(db.TreatyAction.id)).where(col(db.TreatyAction.id).in_(told)))
        ).all()
        entries = (
            await connection.execute(
                select(col(db.Change.subject_type), col(db.Change.subject_key)).where(
                    col(db.Change.act) == Act.RECORD_TREATY_ACTION
                )
            )
        ).all()
    of_actions = {key for kind, key in entries if kind == "treaty_action"}
    of_sources = {key.split("|")[1] for kind, key in entries if kind == "provenance"}
    assert acknowledged <= of_actions
    assert of_actions == of_sources == sources
    assert of_actions <= {row.id for row in there}
    assert (await verify(database)).faults == []


def verify_from_the_command_line(url: str) -> None:
    verified = CliRunner().invoke(cli.app, ["verify"], env={"ISU_DATABASE_URL": url})
    assert verified.exit_code == 0
    assert "the chain holds" in verified.output


async def states_without_acts(database: Database, number: int) -> list[str]:
    """More States than the world has, so that there is enough to record."""
    narrow = string.ascii_letters + string.digits + string.punctuation
    async with database.reading() as connection:
        known = set((await connection.execute(select(col(db.State.code)))).scalars())
    every = ("".join(code) for code in itertools.product(string.ascii_uppercase, repeat=3))
    codes = list(itertools.islice((code for code in every if code not in known), number))
    # Of the world's own, both are capitals.
    pairs = [
        "".join(pair) for pair in itertools.product(narrow, repeat=2) if not set(pair) <= {*string.ascii_uppercase}
    ]
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        parties = [{"id": f"STATE:{code}", "kind": PartyKind.STATE, "code": code} for code in codes]
        await unit.keep(db.Party, parties)
        await unit.keep(
            db.State,
            [
                {
                    "code": code,
                    "party_id": f"STATE:{code}",
                    "alpha2": pair,
                    "m49": f"-{pair}",
                    "name": LocalizedText.of(code),
                    "official_name": LocalizedText.of(code),
                    "sort_name": code,
                    "un_status": "member",
                }
                for code, pair in zip(codes, itertools.islice(pairs, number), strict=True)
            ],
        )
    return codes


@asynccontextmanager
async def server(url: str, processes: int = 1) -> AsyncIterator[tuple[psutil.Process, httpx2.AsyncClient]]:
    environment = {"ISU_DATABASE_URL": url, "ISU_RATE_LIMIT": "off"}
    with isu_serves(environment, processes=processes) as (process, address):
        async with httpx2.AsyncClient(base_url=address, timeout=60) as http:
            yield process, http


async def ask(http: httpx2.AsyncClient, query: str, **variables: Any) -> Any:
    answer = json.loads((await http.post("/graphql", json={"query": query, "variables": variables})).content)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def test_what_was_acknowledged_outlives_the_server(states_url: str) -> None:
    await survive(states_url, 2)


async def test_what_was_acknowledged_outlives_each_of_several_processes(states_url: str) -> None:
    database = Database(states_url)
    states = iter(await states_without_acts(database, 2_000))
    key = await make.key_for(database, make.ISU)
    acknowledged: list[str] = []
    async with server(states_url, processes=2) as (process, http):
        http.headers["Authorization"] = f"Bearer {key}"
        clients = await recording(http, states, acknowledged)
        for each in process.children():
            each.kill()
            # Whose process is gone comes to the other, or to the next.
            clients += await recording(http, states, acknowledged)
        process.terminate()
        await asyncio.gather(*clients)
        await asyncio.to_thread(process.wait)
    await check(database, {key_of("TreatyAction", each) for each in acknowledged})
    await database.close()
    await asyncio.to_thread(verify_from_the_command_line, states_url)


@pytest.mark.soak
async def test_what_was_acknowledged_outlives_the_server_fifty_times(register_url: str) -> None:
    await survive(register_url, 50)
