"""Signatures, deposits and withdrawals; from them, who is bound on a day."""

from __future__ import annotations

import datetime

from sqlalchemy import ColumnElement, String, UniqueConstraint, case, cast, exists, func, select, type_coerce
from sqlmodel import Field, col

from db.state import State
from db.table import Kept, PartialDateType, column, enum_type, key, refers_to
from mandate.day import PartialDate
from mandate.treaty_action import BINDING, TreatyActionType, TreatyStatusKind


class TreatyAction(Kept, table=True):
    __tablename__ = "treaty_action"
    __table_args__ = (UniqueConstraint("convention_code", "state_code", "type"),)

    id: str = key()
    convention_code: str = refers_to("convention.code")
    state_code: str = refers_to("state.code")
    type: TreatyActionType = column(enum_type(TreatyActionType))
    date: PartialDate | None = column(PartialDateType, default=None, index=True)
    takes_effect_on: datetime.date | None = Field(default=None, index=True)
    """Computed by `mandate.treaty_action`; for a withdrawal, stated."""
    stated_takes_effect_on: PartialDate | None = column(PartialDateType, default=None)
    note: str | None = None


def by_time() -> ColumnElement[str]:
    """In the order in which they were done; of some only the effect is known."""
    return func.coalesce(type_coerce(col(TreatyAction.date), String), cast(col(TreatyAction.takes_effect_on), String))


def status_on(day: datetime.date) -> ColumnElement[str]:
    """`mandate.treaty_action.status_on` for a row of `state`, where SQL must filter and count by it."""
    binding = sorted(BINDING)

    def has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        own = col(TreatyAction.state_code) == col(State.code)
        ours = col(TreatyAction.convention_code) == "CCM"
        return exists(select(1).where(own, ours, *conditions).correlate(State))

    kind, on, effect = (
        col(TreatyAction.type),
        col(TreatyAction.date),
        col(TreatyAction.takes_effect_on),
    )
    by_day = on <= PartialDate.of(day)
    return case(
        (has(kind == TreatyActionType.WITHDRAWAL, effect <= day), TreatyStatusKind.WITHDRAWN.value),
        (has(kind.in_(binding), effect <= day), TreatyStatusKind.STATE_PARTY.value),
        (has(kind.in_(binding), by_day), TreatyStatusKind.CONSENT_EXPRESSED.value),
        (has(kind == TreatyActionType.SIGNATURE, by_day), TreatyStatusKind.SIGNATORY.value),
        else_=TreatyStatusKind.STATE_NOT_PARTY.value,
    )
