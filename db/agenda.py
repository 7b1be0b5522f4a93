"""Agendas of meetings, and who has agreed to the programme of an intersessional one."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint

from db.table import Kept, LocalizedTextType, column, enum_type, key, plain_text, refers_to
from mandate.actor import Visibility
from mandate.agenda import ReviewSubject
from mandate.text import LocalizedText


class AgendaItem(Kept, table=True):
    __tablename__ = "agenda_item"
    __table_args__ = (UniqueConstraint("meeting_code", "number"),)

    id: str = key()
    meeting_code: str = refers_to("meeting.code")
    number: str = column(plain_text(32))
    number_order: str = column(plain_text(256))
    """The number with its digits filled up, so that 10 sorts after 9."""
    title: LocalizedText = column(LocalizedTextType)
    parent_id: str | None = refers_to("agenda_item.id", default=None)
    body_code: str | None = refers_to("body.code", default=None)
    subject: ReviewSubject | None = column(enum_type(ReviewSubject), default=None)
    visibility: Visibility = column(enum_type(Visibility))
    """That of its meeting."""


class AgendaAdoption(Kept, table=True):
    """The meeting has adopted its agenda: a change after that is a revision."""

    __tablename__ = "agenda_adoption"

    meeting_code: str = refers_to("meeting.code", index=False, primary_key=True)
    adopted_on: date
    decision_id: str | None = refers_to("decision.id", default=None)
    revised_on: date | None = None
    visibility: Visibility = column(enum_type(Visibility))
    """That of its meeting."""


class ProgrammeAgreement(Kept, table=True):
    """An organizer agreed to the programme as it stood: whatever is added to it voids the agreement."""

    __tablename__ = "programme_agreement"

    id: str = key()
    meeting_code: str = refers_to("meeting.code")
    office: str = column(plain_text(64))
    """PRESIDENT, or the code of a Working Group or theme."""
    party_id: str = refers_to("party.id")
    agreed_at: str = column(plain_text(32))
    made_final: bool
    """Nobody else was awaited: with it the programme is final."""
    voided_at: str | None = column(plain_text(32), default=None)
