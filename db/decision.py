"""What meetings decided: an election and an approval cite it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint

from db.table import Kept, LocalizedTextType, column, enum_type, key, plain_text, refers_to
from mandate.actor import Visibility
from mandate.decision import DecisionMethod
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
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )
