"""What a process that writes does, for tests in which several do."""

from __future__ import annotations

import asyncio

from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from db.unit import Signature, Stale, Unit
from mandate.meeting import ParticipantClass
from mandate.text import LocalizedText

COUNTER = ("3RC", ParticipantClass.STATES_PARTIES)
"""A row with a number: each act adds one to it, and keeps a language of its own."""


def write(url: str, name: str, acts: int) -> None:
    asyncio.run(_write(url, name, acts))


async def _write(url: str, name: str, acts: int) -> None:
    """Every other act reads first and tells the version that it saw, as a caller of the API does."""
    database = Database(url)
    for number in range(acts):
        code = f"{name}-{number}"
        while True:
            try:
                count = await _act(database, code, await _seen(database) if number % 2 else None)
            except Stale:
                print("stale", flush=True)  # noqa: T201
            else:
                print("kept", code, count, flush=True)  # noqa: T201
                break
    await database.close()


async def _seen(database: Database) -> int:
    async with database.reading() as connection:
        version: int = (
            await connection.execute(
                select(col(db.Attendance.version)).where(
                    col(db.Attendance.meeting_code) == COUNTER[0], col(db.Attendance.participant_class) == COUNTER[1]
                )
            )
        ).scalar_one()
        return version


async def _act(database: Database, code: str, version: int | None) -> int:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test", request_id=code))
        row = await unit.row(db.Attendance, COUNTER, expected_version=version)
        assert row is not None
        count: int = row["count"] + 1
        await unit.keep(db.Language, [{"code": code, "label": LocalizedText.of(code)}])
        await unit.change(db.Attendance, [(COUNTER, {"count": count})])
    return count
