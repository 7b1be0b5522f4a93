"""Which tables the feed tells of, and that it can be made anew from the journal."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

import db
from db import feed
from db.engine import Database
from db.table import Kept, kept_tables
from db.unit import Signature, Unit
from mandate.actor import Visibility
from resolvers.change import verify

pytestmark = pytest.mark.anyio


def test_of_every_kept_table_it_is_said_how_it_is_told() -> None:
    told: list[type[Kept]] = [*feed.SUBJECTS, *feed.PARTS, *feed.LINKS, *feed.OF_A_SUBJECT, db.Concern]

    names = sorted([*(str(table.__tablename__) for table in told), *feed.NOT_TOLD])
    assert names == sorted(str(table.__tablename__) for table in kept_tables())


async def test_it_is_made_anew_from_the_journal(register_url: str) -> None:
    database = Database(register_url)
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.change(db.Meeting, [(("3RC",), {"city": "Luang Prabang", "visibility": Visibility.PARTICIPANTS})])
        attendance = {"meeting_code": "3RC", "participant_class": "STATES_PARTIES", "count": 9}
        await unit.keep(db.Attendance, [attendance])
    async with database.reading() as connection:
        before = (await connection.execute(select(db.FeedEntry.__table__))).all()  # type: ignore[attr-defined]
        assert await feed.faults(connection) == []

    async with database.writing() as connection:
        await feed.rebuild(connection)

    async with database.reading() as connection:
        after = (await connection.execute(select(db.FeedEntry.__table__))).all()  # type: ignore[attr-defined]
    assert sorted(map(str, after)) == sorted(map(str, before))
    last = max(before, key=lambda row: row.sequence)
    assert (last.subject_key, last.was, last.now) == ("3RC", Visibility.PUBLIC, Visibility.PARTICIPANTS)
    assert last.fields == '["city","meeting_attendance","visibility"]'
    await database.close()


async def test_what_it_does_not_say_as_the_journal_does_is_found(register_url: str) -> None:
    database = Database(register_url)
    row = col(db.FeedEntry.subject_key) == "3RC"
    async with database.writing() as connection:
        await connection.execute(update(db.FeedEntry).where(row).values(now=Visibility.ISU))

    changed = (await verify(database)).faults

    async with database.writing() as connection:
        await connection.execute(delete(db.FeedEntry).where(row))
    gone = (await verify(database)).faults
    for faults in (changed, gone):
        (fault,) = faults
        assert "the feed does not say what entries" in fault.reason
        assert "isu reindex" in fault.reason
    await database.close()
