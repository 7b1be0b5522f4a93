"""Statements: what parties say at meetings, for themselves and for others."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from sqlalchemy import Index

from db.table import Kept, LocalizedTextType, column, enum_type, key, refers_to
from mandate.actor import Visibility
from mandate.statement import StatementStatus
from mandate.text import LocalizedText


class Statement(Kept, table=True):
    __table_args__ = (
        Index("ix_statement_submitted_on_id", "submitted_on", "id"),
        Index("ix_statement_meeting_code_submitted_on_id", "meeting_code", "submitted_on", "id"),
    )

    id: str = key()
    meeting_code: str = refers_to("meeting.code", index=False)
    agenda_item_id: str | None = refers_to("agenda_item.id", default=None)
    party_id: str = refers_to("party.id")
    speaker_id: str | None = refers_to("person.id", default=None)
    title: LocalizedText | None = column(LocalizedTextType, default=None)
    text: LocalizedText = column(LocalizedTextType)
    status: StatementStatus = column(enum_type(StatementStatus))
    submitted_on: date
    delivered_on: date | None = None
    published_on: date | None = None
    to_be_seen_by: Visibility = column(enum_type(Visibility))
    """How visible it becomes with its publication, as its party has said."""
    visibility: Visibility = column(enum_type(Visibility))


class StatementParty(Kept, table=True):
    """A party on whose behalf a statement is made, beside the one that makes it."""

    __tablename__ = "statement_party"
    default_visibility: ClassVar[Visibility] = Visibility.ISU

    statement_id: str = refers_to("statement.id", primary_key=True)
    party_id: str = refers_to("party.id", primary_key=True)
