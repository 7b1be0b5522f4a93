"""Posts, and the terms for which they are held."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from mandate.day import PartialDate
from mandate.office import TermMoment
from schema.body import COORDINATORS, HELD_ON, Body, Portfolio
from schema.change import HistoryEntry, history
from schema.code import Code
from schema.explanation import Explanation, RuleCitation, paper_citations
from schema.party import Party
from schema.person import Person
from schema.provenance import Provenance, provenance
from schema.reading import Connection, Node, column, derived, many, names_rows, node, one, ref, rows
from schema.text import LocalizedText, text

if TYPE_CHECKING:
    from schema.meeting import Meeting
    from schema.state import State

LazyState = Annotated["State", strawberry.lazy("schema.state")]
LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


_BY_START = [db.OfficeTerm.starts_on, db.OfficeTerm.reference]


@node(db.Office, description="A post under the Convention")
class Office(Node):
    code: str = column(db.Office.code)
    role: Code = one(db.Office.role_code)
    title: LocalizedText = text(db.Office.title)
    body: Body | None = one(db.Office.body_code)
    citations: list[RuleCitation] = derived(
        paper_citations, uses=[db.Office.paragraph], description="Empty where practice made the post"
    )
    terms: list[OfficeTerm] = many(db.OfficeTerm.office_code, order_by=_BY_START, arguments=[HELD_ON])


@names_rows
@strawberry.type(description="A term begins or ends with a meeting")
class TermBound:
    meeting_code: strawberry.Private[str]
    moment: TermMoment
    meeting: LazyMeeting = ref("meeting_code", db.Meeting.code)


def term_bound(meetings: Sequence[Any], moment: TermMoment | None) -> TermBound | None:
    """From the meeting itself, not from its code in the term: one that is hidden is none."""
    if not meetings or moment is None:
        return None
    return TermBound(meeting_code=meetings[0].code, moment=moment)


def _starts_at() -> Any:
    meeting = rows(db.Meeting.code, on=db.OfficeTerm.start_meeting_code)
    return derived(term_bound, uses=[meeting, db.OfficeTerm.start_moment])


def _ends_at() -> Any:
    meeting = rows(db.Meeting.code, on=db.OfficeTerm.end_meeting_code)
    return derived(term_bound, uses=[meeting, db.OfficeTerm.end_moment])


def _starts_on() -> Any:
    return column(db.OfficeTerm.starts_on, description="The first day in office; null where no source tells")


def _ends_on() -> Any:
    return column(db.OfficeTerm.ends_on, description="The first day no longer in office; null where no source tells")


@node(
    db.OfficeTerm,
    description="The time for which somebody holds a post: from the first day, up to but not including the last",
)
class OfficeTerm(Node):
    office: Office = one(db.OfficeTerm.office_code)
    holder: Party | None = one(db.OfficeTerm.party_id)
    person: Person | None = one(db.OfficeTerm.person_id)
    starts_on: PartialDate | None = _starts_on()
    ends_on: PartialDate | None = _ends_on()
    starts_at: TermBound | None = _starts_at()
    ends_at: TermBound | None = _ends_at()
    attested: str | None = column(db.OfficeTerm.attested, description="When sources show the holder in office")
    note: str | None = column(db.OfficeTerm.note)
    provenance: list[Provenance] = provenance("OfficeTerm", db.OfficeTerm.id)
    version: int = column(db.OfficeTerm.version)
    history: Connection[HistoryEntry] = history(db.OfficeTerm, db.OfficeTerm.id)


@node(
    db.OfficeTerm,
    only=COORDINATORS,
    description="A State Party's term as Coordinator of a Working Group or theme",
)
class CoordinatorTerm(Node):
    portfolio: Portfolio | None = one(db.OfficeTerm.office_code, db.Office.body_code)
    state: LazyState | None = one(db.OfficeTerm.party_id)
    starts_on: PartialDate | None = _starts_on()
    ends_on: PartialDate | None = _ends_on()
    starts_at: TermBound | None = _starts_at()
    ends_at: TermBound | None = _ends_at()
    attested: str | None = column(db.OfficeTerm.attested, description="When sources show the State in office")
    note: str | None = column(db.OfficeTerm.note)
    provenance: list[Provenance] = provenance("OfficeTerm", db.OfficeTerm.id)
    version: int = column(db.OfficeTerm.version)
    history: Connection[HistoryEntry] = history(db.OfficeTerm, db.OfficeTerm.id)


@names_rows
@strawberry.type(description="Who presides on a day, and who presides next")
class Presidency:
    president_id: strawberry.Private[str | None]
    designate_id: strawberry.Private[str | None]
    as_of: datetime.date
    explanation: Explanation
    president: OfficeTerm | None = ref("president_id", db.OfficeTerm.id)
    president_designate: OfficeTerm | None = ref(
        "designate_id", db.OfficeTerm.id, description="Inferred: the next President"
    )
