"""Meetings, formal and informal, with their parts and the attendance that reports give."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON

from db.table import (
    CodeTable,
    Kept,
    LocalizedTextType,
    PartialDateType,
    column,
    enum_type,
    key,
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
    starts_on: PartialDate | None = column(PartialDateType, default=None, index=True)
    ends_on: PartialDate | None = column(PartialDateType, default=None)
    first_planned_on: PartialDate | None = column(PartialDateType, default=None)
    """The day for which it was called first, where it was postponed."""
    status: MeetingStatus = column(enum_type(MeetingStatus))
    presidency_code: str | None = refers_to("state.code", default=None)
    president_id: str | None = refers_to("person.id", default=None)
    symbol_prefixes: Any = column(JSON)
    note: str | None = None
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )


class Attendance(Kept, table=True):
    __tablename__ = "meeting_attendance"

    meeting_code: str = refers_to("meeting.code", primary_key=True)
    participant_class: ParticipantClass = column(enum_type(ParticipantClass), primary_key=True)
    count: int
