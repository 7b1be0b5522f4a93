"""What meetings decided, paragraph by paragraph: an election and an approval cite it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from sqlalchemy import JSON, Text, UniqueConstraint

from db.table import Kept, LocalizedTextType, column, enum_type, key, plain_text, refers_to
from mandate.actor import Visibility
from mandate.decision import DecisionMethod, ParagraphStatus, ParagraphType
from mandate.text import LocalizedText


class Decision(Kept, table=True):
    __table_args__ = (UniqueConstraint("meeting_code", "number"),)

    id: str = key()
    meeting_code: str = refers_to("meeting.code")
    number: str = column(plain_text(32))
    """Of the paragraph of the report, or as the meeting counts them."""
    title: LocalizedText = column(LocalizedTextType)
    text: LocalizedText | None = column(LocalizedTextType, default=None)
    adopted_on: date
    method: DecisionMethod = column(enum_type(DecisionMethod))
    votes_for: int | None = None
    votes_against: int | None = None
    abstentions: int | None = None
    agenda_item_id: str | None = refers_to("agenda_item.id", default=None)
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )


class DecisionParagraph(Kept, table=True):
    """What a decision asks for, of whom, until when, and what became of it."""

    __tablename__ = "decision_paragraph"
    __table_args__ = (UniqueConstraint("decision_id", "number"),)

    id: str = key()
    decision_id: str = refers_to("decision.id")
    meeting_code: str = refers_to("meeting.code")
    number: str = column(plain_text(32))
    position: int
    text: LocalizedText = column(LocalizedTextType)
    type: ParagraphType = column(enum_type(ParagraphType))
    actors: list[str] = column(JSON)
    """Those addressed who are no party of the register, such as the ISU or the Coordinators, as the text names them."""
    due_on: date | None = None
    status: ParagraphStatus = column(enum_type(ParagraphStatus))
    superseded_by_id: str | None = refers_to("decision_paragraph.id", default=None)
    follow_ups: int = 0
    """How many there are."""
    visibility: Visibility = column(enum_type(Visibility))
    """That of its decision."""


class DecisionAddressee(Kept, table=True):
    """A party that a paragraph addresses."""

    __tablename__ = "decision_addressee"
    default_visibility: ClassVar[Visibility] = Visibility.ISU

    paragraph_id: str = refers_to("decision_paragraph.id", primary_key=True)
    party_id: str = refers_to("party.id", primary_key=True)


class FollowUp(Kept, table=True):
    """What was done about a paragraph."""

    __tablename__ = "decision_follow_up"

    id: str = key()
    paragraph_id: str = refers_to("decision_paragraph.id")
    meeting_code: str = refers_to("meeting.code")
    """That of the decision: whose participants see it."""
    noted_on: date
    note: str = column(Text)
    status: ParagraphStatus = column(enum_type(ParagraphStatus))
    """Of the paragraph, since then."""
    document_id: str | None = refers_to("document.id", default=None)
    visibility: Visibility = column(enum_type(Visibility))
    """That of the paragraph."""
