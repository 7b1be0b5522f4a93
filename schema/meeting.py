"""Meetings, formal and informal."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlmodel import col

import db
from db.dialect import among
from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.meeting import Formality, MeetingStatus, ParticipantClass
from schema.change import HistoryEntry, history
from schema.code import Code
from schema.document import IN_ORDER as DOCUMENTS_IN_ORDER
from schema.document import Document, DocumentWhere
from schema.order import DateFilter, OrderDirection, dates
from schema.person import Person
from schema.provenance import Provenance, provenance
from schema.reading import (
    Connection,
    Node,
    column,
    condition,
    connection,
    derived,
    many,
    node,
    one,
    over,
    where_input,
)
from schema.scalar import CountryCode
from schema.text import LocalizedText, text

if TYPE_CHECKING:
    from schema.extension import ExtensionRequest
    from schema.state import State

LazyState = Annotated["State", strawberry.lazy("schema.state")]
LazyExtensionRequest = Annotated["ExtensionRequest", strawberry.lazy("schema.extension")]


@over(db.Attendance, description="How many of a class attended, where a report says so")
class AttendanceCount:
    participant_class: ParticipantClass = column(db.Attendance.participant_class)
    count: int = column(db.Attendance.count)


def length_in_days(starts_on: PartialDate | None, ends_on: PartialDate | None) -> int | None:
    """Both ends counted; null where one of them is not known to the day."""
    if starts_on is None or ends_on is None or starts_on.exact is None or ends_on.exact is None:
        return None
    return (ends_on.exact - starts_on.exact).days + 1


def was_postponed(first_planned_on: PartialDate | None) -> bool:
    return first_planned_on is not None


@node(db.Meeting, description="A meeting under the Convention, formal or informal")
class Meeting(Node):
    code: str = column(db.Meeting.code)
    title: LocalizedText = text(db.Meeting.title)
    kind: Code = one(db.Meeting.kind_code)
    formality: Formality = column(db.Meeting.formality)
    status: MeetingStatus = column(db.Meeting.status)
    starts_on: PartialDate | None = column(db.Meeting.starts_on)
    ends_on: PartialDate | None = column(db.Meeting.ends_on)
    days: int | None = derived(length_in_days, uses=[db.Meeting.starts_on, db.Meeting.ends_on])
    first_planned_on: PartialDate | None = column(
        db.Meeting.first_planned_on, description="The day for which it was first called, where it was moved"
    )
    was_postponed: bool = derived(was_postponed, uses=[db.Meeting.first_planned_on])
    city: str | None = column(db.Meeting.city)
    country: CountryCode | None = column(db.Meeting.country_code)
    venue: str | None = column(db.Meeting.venue)
    is_virtual: bool = column(db.Meeting.is_virtual)
    part_of: Meeting | None = one(db.Meeting.part_of_code)
    parts: list[Meeting] = many(db.Meeting.part_of_code, order_by=[db.Meeting.starts_on])
    presidency: LazyState | None = one(db.Meeting.presidency_code)
    president: Person | None = one(db.Meeting.president_id)
    attendance: list[AttendanceCount] = many(db.Attendance.meeting_code)
    symbol_prefixes: list[str] = column(db.Meeting.symbol_prefixes)
    documents: Connection[Document] = connection(
        db.Document.meeting_code, where=DocumentWhere, order_by=DOCUMENTS_IN_ORDER
    )
    extension_requests: list[LazyExtensionRequest] = many(
        db.ExtensionRequest.considered_at_code,
        order_by=[db.ExtensionRequest.code],
        description="That it was asked to decide",
    )
    note: str | None = column(db.Meeting.note)
    visibility: Visibility = column(db.Meeting.visibility)
    provenance: list[Provenance] = provenance("Meeting", db.Meeting.code)
    version: int = column(db.Meeting.version)
    history: Connection[HistoryEntry] = history(db.Meeting, db.Meeting.code)


@where_input
class MeetingWhere:
    code: list[str] | None = condition(lambda codes, _: among(col(db.Meeting.code), codes))
    kind: list[str] | None = condition(lambda kinds, _: among(col(db.Meeting.kind_code), kinds))
    status: list[MeetingStatus] | None = condition(lambda wanted, _: col(db.Meeting.status).in_(sorted(set(wanted))))
    formality: Formality | None = condition(lambda wanted, _: col(db.Meeting.formality) == wanted)
    starts_on: DateFilter | None = condition(dates(db.Meeting.starts_on))
    was_postponed: bool | None = condition(
        lambda wanted, _: col(db.Meeting.first_planned_on).is_not(None) == wanted,
        description="Moved from the day for which it was first called, whatever its status now",
    )
    country: list[CountryCode] | None = condition(lambda codes, _: among(col(db.Meeting.country_code), codes))


@strawberry.enum(description="What a list of meetings can be sorted by")
class MeetingOrderField(Enum):
    STARTS_ON = "STARTS_ON"
    CODE = "CODE"


@strawberry.input(description="One column to sort by; the first decides first")
class MeetingOrder:
    field: MeetingOrderField
    direction: OrderDirection = OrderDirection.ASC


IN_ORDER = (MeetingOrder, {"STARTS_ON": db.Meeting.starts_on, "CODE": db.Meeting.code})
