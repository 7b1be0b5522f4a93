"""Eight processes write at once: none loses what another did, and the journal is one chain."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select
from sqlmodel import col

import db
from db.engine import Database
from db.unit import Signature, Unit
from resolvers.change import verify
from tests import process
from tests.writer import COUNTER, write

WRITERS = 8


async def write_at_once(url: str, acts: int, folder: Path) -> None:
    database = Database(url)
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        if await unit.row(db.Attendance, COUNTER) is None:
            await unit.keep(db.Attendance, [{"meeting_code": COUNTER[0], "participant_class": COUNTER[1], "count": 0}])
        await unit.change(db.Attendance, [(COUNTER, {"count": 0})])
        before = await unit.row(db.Attendance, COUNTER)
    assert before is not None
    at_first = (await verify(database)).entries

    told = await asyncio.gather(*(run_writer(url, f"w{number}", acts, folder) for number in range(WRITERS)))

    lines = [line.split() for output in told for line in output.splitlines()]
    kept = [line for line in lines if line[0] == "kept"]
    total = WRITERS * acts
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


async def run_writer(url: str, name: str, acts: int, folder: Path) -> str:
    writer = process.fork(write, url, name, acts, out=folder / name, err=folder / f"{name}.err")
    await asyncio.to_thread(writer.join)
    assert writer.exitcode == 0, (folder / f"{name}.err").read_text()
    return (folder / name).read_text()


async def test_eight_writers_lose_nothing(register_url: str, tmp_path: Path) -> None:
    await write_at_once(register_url, 8, tmp_path)


@pytest.mark.soak
async def test_eight_writers_lose_nothing_over_two_hundred_acts_each(register_url: str, tmp_path: Path) -> None:
    await write_at_once(register_url, 200, tmp_path)
