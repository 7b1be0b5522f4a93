"""Processes write at once: none loses what another did, and the journal is one chain."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select
from sqlmodel import col

import db
from db.engine import Database
from db.unit import Signature, Unit
from resolvers.change import verify
from tests.writer import COUNTER

ROOT = Path(__file__).parents[2]


async def write_at_once(url: str, writers: int, acts: int) -> None:
    database = Database(url)
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        if await unit.row(db.Attendance, COUNTER) is None:
            await unit.keep(db.Attendance, [{"meeting_code": COUNTER[0], "participant_class": COUNTER[1], "count": 0}])
        await unit.change(db.Attendance, [(COUNTER, {"count": 0})])
        before = await unit.row(db.Attendance, COUNTER)
    assert before is not None
    at_first = (await verify(database)).entries

    told = await asyncio.gather(*(run_writer(url, f"w{number}", acts) for number in range(writers)))

    lines = [line.split() for output in told for line in output.splitlines()]
    kept = [line for line in lines if line[0] == "kept"]
    total = writers * acts
    assert Counter(line[1] for line in kept).most_common(1)[0][1] == 1
    assert sorted(int(line[2]) for line in kept) == list(range(1, total + 1)), "no update is lost, none is made twice"
    verdict = await verify(database)
    assert verdict.faults == []
    assert verdict.entries == at_first + 2 * total
    async with database.reading() as connection:
        after = (
            await connection.execute(
                select(inspect(db.Attendance).local_table).where(
                    col(db.Attendance.meeting_code) == COUNTER[0], col(db.Attendance.participant_class) == COUNTER[1]
                )
            )
        ).one()
        change = select(func.count(), func.count(col(db.Change.sequence).distinct()), func.max(db.Change.sequence))
        assert tuple((await connection.execute(change)).one()) == (verdict.entries,) * 3
    assert (after._mapping["count"], after._mapping["version"]) == (total, before["version"] + total)
    await database.close()


async def run_writer(url: str, name: str, acts: int) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.writer", url, name, str(acts), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


async def test_three_writers_lose_nothing(register_url: str) -> None:
    await write_at_once(register_url, 3, 20)


@pytest.mark.soak
async def test_eight_writers_lose_nothing_over_two_hundred_acts_each(register_url: str) -> None:
    await write_at_once(register_url, 8, 200)
