"""Who hosts and serves the ISU, or stands in for it, and the instructions that it was given."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index

from db.table import Kept, LocalizedTextType, column, enum_type, key, refers_to
from mandate.actor import Visibility
from mandate.support import ArrangementKind
from mandate.text import LocalizedText


class IsuArrangement(Kept, table=True):
    """Half-open, like a term of office."""

    __tablename__ = "isu_arrangement"

    id: str = key()
    kind: ArrangementKind = column(enum_type(ArrangementKind))
    organisation_code: str = refers_to("organisation.code")
    starts_on: date
    ends_on: date | None = None
    with_another_isu: bool = False
    decision_id: str | None = refers_to("decision.id", default=None)


class Instruction(Kept, table=True):
    id: str = key()
    party_id: str | None = refers_to("party.id", default=None)
    """On whose behalf it was given."""
    text: LocalizedText = column(LocalizedTextType)
    given_on: date
    decision_id: str | None = refers_to("decision.id", default=None)
    committee_meeting_code: str | None = refers_to("meeting.code", default=None)
    visibility: Visibility = column(
        enum_type(Visibility),
        default=Visibility.STATES_PARTIES,
        sa_column_kwargs={"server_default": Visibility.STATES_PARTIES},
    )


class AdviceRequest(Kept, table=True):
    """Asked for by a State Party, and answered by the ISU (Prop. 4(4)(c))."""

    __tablename__ = "advice_request"
    __table_args__ = (Index("ix_advice_request_asked_on_id", "asked_on", "id"),)

    id: str = key()
    party_id: str = refers_to("party.id")
    subject: LocalizedText = column(LocalizedTextType)
    question: LocalizedText = column(LocalizedTextType)
    asked_on: date
    answer: LocalizedText | None = column(LocalizedTextType, default=None)
    answered_on: date | None = None
    visibility: Visibility = column(enum_type(Visibility))


class LiaisonEntry(Kept, table=True):
    """Contact with another actor (Prop. 4(4)(g))."""

    __tablename__ = "liaison_entry"
    __table_args__ = (Index("ix_liaison_entry_on_id", "on", "id"),)

    id: str = key()
    party_id: str = refers_to("party.id")
    on: date
    summary: LocalizedText = column(LocalizedTextType)
    visibility: Visibility = column(enum_type(Visibility))
