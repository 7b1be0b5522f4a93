"""Records of meetings, what was said of their drafts, and their corrigenda."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import JSON, Text, UniqueConstraint

from db.table import (
    Kept,
    LocalizedTextType,
    column,
    enum_type,
    key,
    plain_text,
    refers_to,
    text_as_json,
    text_from_json,
)
from mandate.actor import Visibility
from mandate.record import Paragraph, RecordKind, RecordStatus
from mandate.text import LocalizedText


class MeetingRecord(Kept, table=True):
    """Its paragraphs stand in its row: they are as visible as it is, and change with it alone."""

    __tablename__ = "meeting_record"
    __table_args__ = (UniqueConstraint("meeting_code", "kind"),)

    id: str = key()
    meeting_code: str = refers_to("meeting.code")
    kind: RecordKind = column(enum_type(RecordKind))
    summary_of_id: str | None = refers_to("meeting_record.id", default=None)
    """Of a summary, the record that it sums up without naming anybody."""
    title: LocalizedText = column(LocalizedTextType)
    summary: LocalizedText | None = column(LocalizedTextType, default=None)
    paragraphs: Any = column(JSON)
    """`[{"number", "text"}, …]`"""
    status: RecordStatus = column(enum_type(RecordStatus))
    to_be_seen_by: Visibility = column(enum_type(Visibility))
    """How visible it becomes with its publication."""
    review_began_on: date | None = None
    """Of the version that stands; where it began before this was kept, only the journal knows."""
    review_closes_on: date | None = None
    approved_by_id: str | None = refers_to("party.id", default=None)
    approved_on: date | None = None
    approved_at_code: str | None = refers_to("meeting.code", default=None)
    decision_id: str | None = refers_to("decision.id", default=None)
    published_on: date | None = None
    corrigenda: int = 0
    """How many were issued."""
    visibility: Visibility = column(enum_type(Visibility))


class RecordComment(Kept, table=True):
    """What a participant said of a draft, for those who could read it."""

    __tablename__ = "record_comment"

    id: str = key()
    record_id: str = refers_to("meeting_record.id")
    meeting_code: str = refers_to("meeting.code")
    party_id: str = refers_to("party.id")
    paragraph: str | None = column(plain_text(32), default=None)
    """Its number; none where the comment is on the whole."""
    text: str = column(Text)
    made_on: date
    resolved: bool = False
    answer: str | None = column(Text, default=None)
    visibility: Visibility = column(enum_type(Visibility))


class Corrigendum(Kept, table=True):
    """How a published record should have read: its own words stay as they are."""

    __tablename__ = "record_corrigendum"
    __table_args__ = (UniqueConstraint("record_id", "number"),)

    id: str = key()
    record_id: str = refers_to("meeting_record.id")
    meeting_code: str = refers_to("meeting.code")
    number: int
    paragraph: str | None = column(plain_text(32), default=None)
    reads: LocalizedText = column(LocalizedTextType)
    reason: str = column(Text)
    issued_on: date
    visibility: Visibility = column(enum_type(Visibility))
    """That of its record."""


def paragraphs_as_json(paragraphs: Sequence[Paragraph]) -> list[dict[str, Any]]:
    return [{"number": each.number, "text": text_as_json(each.text)} for each in paragraphs]


def paragraphs_from_json(kept: Sequence[Mapping[str, Any]]) -> list[Paragraph]:
    return [Paragraph(number=each["number"], text=text_from_json(each["text"])) for each in kept]
