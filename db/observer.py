"""Organisations that asked to observe one meeting (rule 1.3); who stands by rule 1.2 has no row here."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint

from db.table import Kept, column, enum_type, key, refers_to
from mandate.actor import Visibility
from mandate.observer import ObserverStatus


class MeetingObserver(Kept, table=True):
    __tablename__ = "meeting_observer"
    __table_args__ = (UniqueConstraint("meeting_code", "party_id"),)

    id: str = key()
    meeting_code: str = refers_to("meeting.code")
    party_id: str = refers_to("party.id")
    status: ObserverStatus = column(enum_type(ObserverStatus))
    purpose: str
    requested_on: date
    invited_on: date | None = None
    decided_on: date | None = None
    decision_id: str | None = refers_to("decision.id", default=None)
    visibility: Visibility = column(enum_type(Visibility))
    """A request is for the organisation, the President-designate and the ISU; once invited, as the meeting."""
