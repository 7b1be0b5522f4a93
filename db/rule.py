"""Which version of the mandate is in force from when, and how acts were judged by it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Index, Text

from db.table import Kept, column, enum_type, key, plain_text, refers_to
from mandate.actor import Visibility


class RuleSetAdoption(Kept, table=True):
    """A version that a Meeting brought in force; the one that ships in force has no row."""

    __tablename__ = "rule_set_adoption"

    rule_set: str = key()
    effective_from: date
    decision_id: str | None = refers_to("decision.id", default=None)


class Judgement(Kept, table=True):
    """How one act was judged: what was judged before a change of the mandate stays judged as it was."""

    __table_args__ = (Index("ix_judgement_subject_key_subject_type", "subject_key", "subject_type"),)

    id: str = key()
    subject_type: str = column(plain_text(64))
    """The name of the table of what the act was upon."""
    subject_key: str = column(plain_text(200))
    act: str = column(plain_text(64))
    rule_set: str = column(plain_text(64))
    judged_at: str = column(plain_text(32))
    evaluations: Any = column(JSON)
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )


class RuleWaiver(Kept, table=True):
    """A rule set aside for a reason; it stays with what it was set aside for."""

    __tablename__ = "rule_waiver"
    __table_args__ = (Index("ix_rule_waiver_subject_key_subject_type", "subject_key", "subject_type"),)

    id: str = key()
    subject_type: str = column(plain_text(64))
    subject_key: str = column(plain_text(200))
    rule: str = column(plain_text(64))
    rule_set: str = column(plain_text(64))
    reason: str = column(Text)
    decision_id: str | None = refers_to("decision.id", default=None)
    granted_on: date
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )
