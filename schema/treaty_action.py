"""Signatures, deposits and withdrawals, and the status that follows from them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
import mandate.treaty_action
from mandate.day import PartialDate
from mandate.treaty_action import TreatyActionType, TreatyStatusKind
from resolvers import treaty_action as resolve
from schema.explanation import CheckedDate, Explanation, checked_date
from schema.provenance import Provenance, provenance
from schema.reading import Node, column, node, one

if TYPE_CHECKING:
    from schema.state import State

LazyState = Annotated["State", strawberry.lazy("schema.state")]


@node(db.TreatyAction, description="An act of a State towards the Convention, deposited with the Depositary")
class TreatyAction(Node):
    state: LazyState = one(db.TreatyAction.state_code)
    type: TreatyActionType = column(db.TreatyAction.type)
    date: PartialDate | None = column(db.TreatyAction.date)
    enters_into_force_on: datetime.date | None = column(
        db.TreatyAction.takes_effect_on,
        description="The day on which a consent, or a withdrawal, takes effect for the State",
    )
    stated_entry_into_force_on: PartialDate | None = column(db.TreatyAction.stated_takes_effect_on)
    note: str | None = column(db.TreatyAction.note)
    provenance: list[Provenance] = provenance("TreatyAction", db.TreatyAction.id)


@strawberry.type(description="A State's place under the Convention on a day, and why")
class TreatyStatus:
    kind: TreatyStatusKind
    since: PartialDate | None
    in_force_since: datetime.date | None
    as_of: datetime.date
    explanation: Explanation


def treaty_status(actions: Sequence[Any], as_of: datetime.date) -> TreatyStatus:
    status = mandate.treaty_action.status_on(resolve.acts(actions), as_of)
    return TreatyStatus(
        kind=status.kind,
        since=status.since,
        in_force_since=status.in_force_since,
        as_of=as_of,
        explanation=Explanation.of(status.explanation),
    )


def entry_into_force(actions: Sequence[Any]) -> CheckedDate | None:
    """Null for a State that has deposited nothing."""
    consent = resolve.consent(actions)
    if consent is None or consent.date is None:
        return None
    return checked_date(
        mandate.treaty_action.entry_into_force(consent.date),
        consent.stated_takes_effect_on,
        mandate.treaty_action.explain_entry_into_force(consent.date),
    )


@strawberry.enum(description="How counts are broken down")
class StatusGrouping(Enum):
    REGION = "REGION"


@strawberry.type(description='How many States stand where. A State without a regional group counts under ""')
class StatusCount:
    group: str | None = strawberry.field(description="Null where no grouping was asked for")
    kind: TreatyStatusKind
    count: int


@strawberry.type(description="How many had signed, deposited, were bound or had withdrawn, on this day")
class TimelinePoint:
    on: datetime.date
    signed: int
    deposited: int
    in_force: int = strawberry.field(description="States for which the Convention is in force on this day")
    withdrawn: int
