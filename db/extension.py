"""Requests to extend a deadline under Article 3(3) or 4(5), and what became of them."""

from __future__ import annotations

from db.table import Kept, PartialDateType, column, enum_type, key, refers_to
from mandate.day import PartialDate
from mandate.obligation import Article
from mandate.provenance import ProvenanceBasis


class ExtensionRequest(Kept, table=True):
    __tablename__ = "extension_request"

    code: str = key()
    obligation_id: str = refers_to("obligation.id")
    state_code: str = refers_to("state.code")
    article: Article = column(enum_type(Article))
    number: int | None = None
    submitted_on: PartialDate | None = column(PartialDateType, default=None)
    considered_at_code: str | None = refers_to("meeting.code", default=None)
    period_asked: str | None = None
    """An ISO 8601 duration."""
    requested_until: PartialDate | None = column(PartialDateType, default=None)
    decision: str | None = None
    decision_basis: ProvenanceBasis | None = column(enum_type(ProvenanceBasis), default=None)
    """Some decisions are only inferred, from the deadlines that followed."""
    granted_until: PartialDate | None = column(PartialDateType, default=None)
    analysis_id: str | None = refers_to("document.id", default=None)
    note: str | None = None
