"""Posts in the bodies of the Convention, and the terms for which they are held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Index,
    Select,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlmodel import col

from db.dialect import among
from db.table import (
    CodeTable,
    Kept,
    LocalizedTextType,
    PartialDateType,
    column,
    enum_type,
    key,
    plain_text,
    refers_to,
)
from mandate.day import PartialDate
from mandate.office import TermMoment
from mandate.text import LocalizedText


class OfficeRole(CodeTable, table=True):
    __tablename__ = "office_role"


class Office(Kept, table=True):
    code: str = key()
    role_code: str = refers_to("office_role.code")
    convention_code: str = refers_to("convention.code")
    body_code: str | None = refers_to("body.code", default=None)
    title: LocalizedText = column(LocalizedTextType)
    position: int
    paragraph: str | None = None
    """Of the paper of 2011; empty where practice made the post."""


class OfficeTerm(Kept, table=True):
    """Half-open: the holder is in office on the day it starts, and no longer on the day it ends."""

    __tablename__ = "office_term"
    # Should two elections race past the lock, the database still has one of them only.
    __table_args__ = (
        Index(
            "uq_office_term_elected",
            "office_code",
            "party_id",
            "starts_on",
            unique=True,
            sqlite_where=text("decision_id IS NOT NULL"),
            postgresql_where=text("decision_id IS NOT NULL"),
        ),
    )

    id: str = key()
    reference: str | None = column(plain_text(32), default=None, unique=True)
    """The number of the row in the imported list of office holders."""
    office_code: str = refers_to("office.code")
    party_id: str | None = refers_to("party.id", default=None)
    person_id: str | None = refers_to("person.id", default=None)
    start_meeting_code: str | None = refers_to("meeting.code", default=None)
    start_moment: TermMoment | None = column(enum_type(TermMoment), default=None)
    end_meeting_code: str | None = refers_to("meeting.code", default=None)
    end_moment: TermMoment | None = column(enum_type(TermMoment), default=None)
    starts_on: PartialDate | None = column(PartialDateType, default=None, index=True)
    ends_on: PartialDate | None = column(PartialDateType, default=None)
    attested: str | None = None
    attested_from: PartialDate | None = column(PartialDateType, default=None)
    attested_until: PartialDate | None = column(PartialDateType, default=None)
    note: str | None = None
    elected_until: date | None = None
    """The end for which the holder was elected, where the post was left before that."""
    completes_id: str | None = refers_to("office_term.id", default=None)
    """The term left early whose remainder this one is."""
    decision_id: str | None = refers_to("decision.id", default=None)
    handed_over_on: date | None = None
    handover_note: str | None = column(Text, default=None)
    also_serves_code: str | None = refers_to("organisation.code", default=None)
    """Another organisation that has the same person in its service; of the Director of the ISU."""


ON_A_DAY = bindparam("day", type_=PartialDateType())
"""The day of `held_on`, where a statement leaves it open."""


def held_on(day: date | BindParameter[Any], term: Any = OfficeTerm) -> ColumnElement[bool]:
    """In office on the day, as far as it is known.

    Where a bound is unknown, the sources that show the holder in office stand in for it, and beyond them
    nothing is claimed; with neither, the term is open. A bound known only to the month leaves the holder
    in office until that month is over.
    """
    on: Any = PartialDate.of(day) if isinstance(day, date) else day
    start = func.coalesce(col(term.starts_on), col(term.attested_from))
    end, seen = col(term.ends_on), col(term.attested_until)
    return and_(
        start <= on,
        or_(end > on, and_(func.length(end) < _WHOLE, _within(end, on)), end.is_(None)),
        or_(end.is_not(None), seen.is_(None), seen > on, _within(seen, on)),
    )


_WHOLE = len("2012-04-16")


def _within(bound: Any, day: Any) -> ColumnElement[bool]:
    """Whether the day falls in the year or month that is all we know, or on the day itself."""
    text = day if isinstance(day, BindParameter) else str(day)
    falls: ColumnElement[bool] = func.substr(text, 1, func.length(bound)) == bound
    return falls


def offices_with(roles: Sequence[str]) -> Select[Any]:
    """The codes of the posts of these roles."""
    return select(col(Office.code)).where(among(col(Office.role_code), roles))
