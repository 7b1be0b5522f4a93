"""office_holders.csv: who held which post, from which meeting to which."""

from __future__ import annotations

from collections.abc import Iterator

import db
from db.table import Kept
from mandate.day import PartialDate
from mandate.office import TermMoment
from mandate.provenance import ProvenanceBasis
from resolvers.load.cell import Alpha3, Code, Kind, Name, Text, Texts
from resolvers.load.dates_in_words import Span, attested
from resolvers.load.register import Register, Source, provenance
from resolvers.load.sheet import Line, Row

_OPENS_THE_NEXT = "stated that the President of a meeting opens the next one"
_OF_ONE_MEETING = (TermMoment.OPENING, TermMoment.CLOSE)
_NOT_STATED = ("inferred", "seems", "not known")


class OfficeHolderRow(Row):
    office_id: Code
    role: Kind
    theme: Kind | None
    alpha3: Alpha3 | None
    person: Name | None
    start_meeting: Code | None
    end_meeting: Code | None
    term_basis: Text | None
    attested_between: Text | None
    note: Text | None
    sources: Texts
    organisation_code: Code | None


def turn(line: Line[OfficeHolderRow], register: Register) -> Iterator[Kept]:
    row = line.row
    office_code = f"{row.role}:{row.theme}" if row.theme else row.role
    _check_office(line, office_code, register)
    state = register.state(line, "alpha3", row.alpha3)
    organisation = register.organisation(line, "organisation_code", row.organisation_code)
    if row.alpha3 and row.organisation_code:
        line.refuse("organisation_code", "a post is held for a State or an organisation, not both")
    holder = state or organisation
    key = register.id_of(db.OfficeTerm, (row.office_id,))
    before = register.find(db.OfficeTerm, key)
    person = register.person(row.person, before.person_id if before else None)
    if not (row.alpha3 or row.organisation_code or person):
        line.refuse("alpha3", "nobody holds it: no State, no organisation, no person")

    start = register.meeting(line, "start_meeting", row.start_meeting)
    end = register.meeting(line, "end_meeting", row.end_meeting)
    start_moment, end_moment = _moments(row)
    if (start_moment, end_moment) == _OF_ONE_MEETING:
        start = end
    starts_on, ends_on = _day(start, start_moment), _day(end, end_moment)
    if starts_on and ends_on and ends_on.latest < starts_on.earliest:
        line.refuse("end_meeting", f"ends on {ends_on}, before it starts on {starts_on}")
    seen: Span = (None, None)
    if not line.bad and None in (starts_on, ends_on):
        seen = _attested(line, register)

    term = db.OfficeTerm(
        id=key,
        reference=row.office_id,
        office_code=office_code,
        party_id=holder.party_id if holder else None,
        person_id=person.id if person else None,
        start_meeting_code=start.code if start else None,
        start_moment=start_moment if start else None,
        end_meeting_code=end.code if end else None,
        end_moment=end_moment if end else None,
        starts_on=starts_on,
        ends_on=ends_on,
        attested=row.attested_between,
        attested_from=seen[0],
        attested_until=seen[1],
        note=row.note,
    )
    yield term
    if person:
        yield person
    inferred = any(word in (row.term_basis or "") for word in _NOT_STATED)
    yield from provenance(
        term,
        basis=ProvenanceBasis.INFERRED if inferred else ProvenanceBasis.STATED,
        sources=row.sources,
        note=row.term_basis,
    )


def _check_office(line: Line[OfficeHolderRow], code: str, register: Register) -> None:
    row = line.row
    if register.find(db.Office, code):
        return
    if register.find(db.OfficeRole, row.role) is None:
        line.refuse("role", f"there is no role {row.role}")
    elif row.theme is None:
        line.refuse("theme", f"must not be empty: there is a {row.role} for each theme")
    else:
        line.refuse("theme", f"there is no {row.role} for {row.theme}")


def _moments(row: OfficeHolderRow) -> tuple[TermMoment, TermMoment]:
    """Posts change hands when a meeting closes; Presidents as the sources say of their time."""
    basis = row.term_basis or ""
    if row.role == "vice_president":
        return _OF_ONE_MEETING
    if row.role == "president" and "inferred for the 1RC" in basis:
        # From the close of the 5MSP it would overlap with the President of the 5MSP, who stayed
        # until the 1RC opened.
        return _OF_ONE_MEETING
    if row.role == "president" and basis.startswith(_OPENS_THE_NEXT):
        return TermMoment.OPENING, TermMoment.OPENING
    return TermMoment.CLOSE, TermMoment.CLOSE


def _day(meeting: db.Meeting | None, moment: TermMoment) -> PartialDate | None:
    if meeting is None:
        return None
    closes = meeting.ends_on if moment is TermMoment.CLOSE else None
    return closes or meeting.starts_on


def _attested(line: Line[OfficeHolderRow], register: Register) -> Span:
    def day_of(code: str) -> PartialDate:
        meeting = register.meeting(line, "attested_between", code)
        if meeting is None or meeting.starts_on is None:
            raise ValueError(f"meeting {code} has no date")
        return meeting.starts_on

    text = line.row.attested_between
    try:
        return attested(text, day_of) if text else (None, None)
    except ValueError as error:
        if not line.bad:  # as it is, where a meeting that is named does not exist
            line.refuse("attested_between", str(error))
        return None, None


SOURCE = Source(
    name="office_holders",
    row=OfficeHolderRow,
    main=db.OfficeTerm,
    known_by=("office_id",),
    person=("person", "person_id"),
    turn=turn,
)
