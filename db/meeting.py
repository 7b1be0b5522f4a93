"""Meetings, formal and informal, with their parts and the attendance that reports give."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Date, UniqueConstraint, false
from sqlmodel import Field

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
from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.meeting import Formality, MeetingStatus, ParticipantClass
from mandate.text import LocalizedText


class MeetingKind(CodeTable, table=True):
    __tablename__ = "meeting_kind"


class Meeting(Kept, table=True):
    code: str = key()
    kind_code: str = refers_to("meeting_kind.code")
    formality: Formality = column(enum_type(Formality))
    title: LocalizedText = column(LocalizedTextType)
    part_of_code: str | None = refers_to("meeting.code", default=None)
    city: str | None = None
    country_code: str | None = refers_to("state.code", default=None)
    venue: str | None = None
    is_virtual: bool = False
    is_hybrid: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Held in its place and online."""
    starts_on: PartialDate | None = column(PartialDateType, default=None, index=True)
    ends_on: PartialDate | None = column(PartialDateType, default=None)
    first_planned_on: PartialDate | None = column(PartialDateType, default=None)
    """The day for which it was called first, where it was postponed."""
    status: MeetingStatus = column(enum_type(MeetingStatus))
    presidency_code: str | None = refers_to("state.code", default=None)
    president_id: str | None = refers_to("person.id", default=None)
    symbol_prefixes: Any = column(JSON)
    note: str | None = None
    time_zone: str | None = None
    half_days: int | None = None
    """Its length, where it is shorter than the days that it touches."""
    working_methods: LocalizedText | None = column(LocalizedTextType, default=None)
    working_methods_set_on: date | None = None
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )


class ExternalMeeting(Kept, table=True):
    """A meeting under another treaty, beside which one of ours may be held."""

    __tablename__ = "external_meeting"
    __table_args__ = (UniqueConstraint("treaty", "title", "starts_on"),)

    id: str = key()
    treaty: str = column(plain_text(32))
    title: str
    starts_on: date = column(Date, index=True)
    ends_on: date
    city: str
    url: str | None = None


class Attendance(Kept, table=True):
    __tablename__ = "meeting_attendance"

    meeting_code: str = refers_to("meeting.code", primary_key=True)
    participant_class: ParticipantClass = column(enum_type(ParticipantClass), primary_key=True)
    count: int
