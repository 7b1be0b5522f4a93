"""meetings.csv: meetings, formal and informal, and who was counted there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import db
from db.table import Kept
from mandate.meeting import Formality, MeetingStatus, ParticipantClass
from mandate.text import LocalizedText
from resolvers.load.cell import Alpha3, Code, Count, Date, Kind, Name, Text, Texts, precision
from resolvers.load.dates_in_words import first_planned_on
from resolvers.load.register import Register, Source, provenance
from resolvers.load.sheet import Line, Row

_STATUS = {"held": MeetingStatus.CLOSED, "planned": MeetingStatus.TENTATIVE}
_COUNTED = {
    "states_parties_attending": ParticipantClass.STATES_PARTIES,
    "signatories_attending": ParticipantClass.SIGNATORIES,
    "observer_states_attending": ParticipantClass.OBSERVER_STATES,
    "organizations_attending": ParticipantClass.ORGANISATIONS,
    "delegates": ParticipantClass.DELEGATES,
}


class MeetingRow(Row):
    code: Code
    kind: Kind
    formal: Literal["formal", "informal"]
    name: Text
    part_of: Code | None
    city: Text | None
    country_alpha3: Alpha3 | None
    start_date: Date | None
    end_date: Date | None
    date_precision: Literal["day", "month", "year"] | None
    venue: Text | None
    status: Literal["held", "planned"]
    president_state: Alpha3 | None
    president_name: Name | None
    symbol_prefix: Texts
    note: Text | None
    sources: Texts
    states_parties_attending: Count | None
    signatories_attending: Count | None
    observer_states_attending: Count | None
    organizations_attending: Count | None
    delegates: Count | None


def turn(line: Line[MeetingRow], register: Register) -> Iterator[Kept]:
    row = line.row
    register.meeting(line, "part_of", row.part_of)
    register.state(line, "country_alpha3", row.country_alpha3)
    register.state(line, "president_state", row.president_state)
    if row.date_precision != precision(row.start_date):
        line.refuse("date_precision", f"should be {precision(row.start_date) or 'empty'}, from the date")
    if row.start_date and row.end_date and row.end_date.latest < row.start_date.earliest:
        line.refuse("end_date", f"is before it begins, on {row.start_date}")
    planned = None
    try:
        planned = first_planned_on(row.note or "")
    except ValueError as error:
        line.refuse("note", str(error))
    before = register.find(db.Meeting, row.code)
    president = register.person(row.president_name, before.president_id if before else None)
    online = row.venue == "online"
    meeting = db.Meeting(
        code=row.code,
        kind_code=row.kind,
        formality=Formality(row.formal.upper()),
        title=LocalizedText.of(row.name),
        part_of_code=row.part_of,
        city=row.city,
        country_code=row.country_alpha3,
        venue=None if online else row.venue,
        is_virtual=online,
        starts_on=row.start_date,
        ends_on=row.end_date,
        first_planned_on=planned,
        status=_STATUS[row.status],
        presidency_code=row.president_state,
        president_id=president.id if president else None,
        symbol_prefixes=list(row.symbol_prefix),
        note=row.note,
    )
    yield meeting
    yield register.code(db.MeetingKind, row.kind)
    if president:
        yield president
    for column, participants in _COUNTED.items():
        count = getattr(row, column)
        if count is not None:
            yield db.Attendance(meeting_code=row.code, participant_class=participants, count=count)
    yield from provenance(meeting, sources=row.sources)


def parents_first(lines: list[Line[MeetingRow]]) -> Iterator[Line[MeetingRow]]:
    """A part may stand in the file before the meeting that it is a part of."""
    waiting = lines
    while waiting:
        codes = {line.cells.get("code") for line in waiting} - {"", None}
        ready = [line for line in waiting if line.cells.get("part_of") not in codes]
        if not ready:
            for line in waiting:
                line.refuse("part_of", "goes round in a circle: none of them is the whole")
            ready = waiting
        yield from ready
        done = {id(line) for line in ready}
        waiting = [line for line in waiting if id(line) not in done]


SOURCE = Source(
    name="meetings",
    row=MeetingRow,
    main=db.Meeting,
    known_by=("code",),
    person=("president_name", "president_id"),
    turn=turn,
    in_order=parents_first,
)
