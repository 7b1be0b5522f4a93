"""What a State has to do under an Article, and by when the sources say."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ColumnElement, Numeric, UniqueConstraint, exists, select
from sqlmodel import col

from db.state import State
from db.table import Kept, PartialDateType, column, enum_type, key, refers_to
from mandate.day import PartialDate
from mandate.obligation import Article, ObligationStatus
from mandate.provenance import ProvenanceBasis


class Obligation(Kept, table=True):
    __table_args__ = (UniqueConstraint("state_code", "article"),)

    id: str = key()
    state_code: str = refers_to("state.code")
    article: Article = column(enum_type(Article))
    status: ObligationStatus = column(enum_type(ObligationStatus))
    status_as_of: PartialDate | None = column(PartialDateType, default=None)
    stated_original_deadline: PartialDate | None = column(PartialDateType, default=None)
    stated_deadline: PartialDate | None = column(PartialDateType, default=None)
    stated_deadline_basis: ProvenanceBasis | None = column(enum_type(ProvenanceBasis), default=None)
    fulfilled_on: PartialDate | None = column(PartialDateType, default=None)
    fulfilled_by: bool = False
    """The date is the latest possible one: fulfilled then or before."""
    quantity: Decimal | None = column(Numeric(20, 4), default=None)
    quantity_unit: str | None = None
    note: str | None = None


def has_obligation(article: Article) -> ColumnElement[bool]:
    """For a row of `state`."""
    own = col(Obligation.state_code) == col(State.code)
    return exists(select(1).where(own, col(Obligation.article) == article).correlate(State))
