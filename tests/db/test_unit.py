"""What is kept is written in sets, by key."""

from sqlalchemy import select

import db
from db.engine import Database
from db.unit import Key, Signature, Unit
from mandate.meeting import ParticipantClass
from mandate.text import LocalizedText


async def test_rows_are_kept_and_changed_by_their_whole_key(register_url: str) -> None:
    database = Database(register_url)
    attendance = db.Attendance.__table__  # type: ignore[attr-defined]
    states, delegates = ParticipantClass.STATES_PARTIES, ParticipantClass.DELEGATES

    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        new = {"meeting_code": "3RC", "participant_class": states, "count": 90}
        await unit.keep(db.Attendance, [new, {**new, "participant_class": delegates}])
        await unit.keep(db.Attendance, [])
        await unit.change(db.Attendance, [(("3RC", states), {"count": 91}), (("3RC", delegates), {"count": 500})])

    async with database.reading() as connection:
        rows = await connection.execute(select(attendance).where(attendance.c.meeting_code == "3RC"))
        assert {tuple(row)[1:] for row in rows} == {("3RC", states, 91), ("3RC", delegates, 500)}
        others = await connection.execute(select(attendance).where(attendance.c.count.in_([91, 500])))
        assert len(others.all()) == 2
    await database.close()


async def test_each_row_changes_in_its_own_columns(register_url: str) -> None:
    database = Database(register_url)
    meeting = db.Meeting.__table__  # type: ignore[attr-defined]
    title = LocalizedText.of("Third Review Conference", lo="…")

    async with database.writing() as connection:
        changes: list[tuple[Key, dict[str, object]]] = [
            (("3RC",), {"city": None, "title": title}),
            (("13MSP",), {"city": "Vienna"}),
        ]
        await Unit(connection, Signature(act="test")).change(db.Meeting, changes)

    async with database.reading() as connection:
        columns = select(meeting.c.code, meeting.c.city, meeting.c.title, meeting.c.country_code)
        rows = {row.code: row for row in await connection.execute(columns)}
        assert (rows["3RC"].city, rows["3RC"].title, rows["3RC"].country_code) == (None, title, "LAO")
        assert (rows["13MSP"].city, rows["13MSP"].country_code) == ("Vienna", "CHE")
        assert rows["12MSP"].city == "Geneva"
    await database.close()
