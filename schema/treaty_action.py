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
from schema.change import HistoryEntry, history
from schema.explanation import CheckedDate, Explanation, checked_date
from schema.id import key_of
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.provenance import Provenance, provenance
from schema.reading import Connection, Node, column, complete, names_rows, node, one, ref
from schema.scalar import CountryCode
from schema.success import Success

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
    version: int = column(db.TreatyAction.version)
    provenance: list[Provenance] = provenance("TreatyAction", db.TreatyAction.id)
    history: Connection[HistoryEntry] = history(db.TreatyAction, db.TreatyAction.id)


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


@strawberry.input(description="An act of a State, as the Depositary notified it")
class RecordTreatyActionInput:
    state: CountryCode
    type: TreatyActionType
    date: PartialDate
    takes_effect_on: datetime.date | None = strawberry.field(
        default=None, description="Where a source states it; entry into force is computed all the same"
    )
    source: str = strawberry.field(
        description="Where it is told, such as the depositary notification; one line, at most 500 characters"
    )
    note: str | None = strawberry.field(default=None, description="At most 500 characters")


@strawberry.input(description="What a better source tells: a member that is left out leaves the value, null clears it")
class CorrectTreatyActionInput:
    id: strawberry.ID
    expected_version: int
    date: PartialDate | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it was done; null only for a withdrawal of which no more is known than its effect",
    )
    takes_effect_on: datetime.date | None = strawberry.field(
        default=strawberry.UNSET,
        description="Where a source states it. Without one a withdrawal takes effect six months after its date, which "
        "is then known to the day",
    )
    source: str = strawberry.field(description="Where it is told; one line, at most 500 characters")
    note: str | None = strawberry.field(default=strawberry.UNSET, description="At most 500 characters")


@names_rows
@strawberry.type(description="The act is on record; status, entry into force and deadlines follow from it at once")
class TreatyActionRecorded(Success):
    key: strawberry.Private[str]
    treaty_action: TreatyAction = ref("key", db.TreatyAction.id)


@names_rows
@strawberry.type(description="The act is corrected; what it was stays in the history")
class TreatyActionCorrected(Success):
    key: strawberry.Private[str]
    treaty_action: TreatyAction = ref("key", db.TreatyAction.id)


RecordTreatyActionResult = Annotated[
    TreatyActionRecorded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RecordTreatyActionResult")
]
CorrectTreatyActionResult = Annotated[
    TreatyActionCorrected | Invalid | NotFound | Forbidden | Conflict, strawberry.union("CorrectTreatyActionResult")
]


@strawberry.type
class TreatyActionMutation:
    @strawberry.mutation(description="Record a signature, a deposit, a withdrawal or another act of a State")
    async def record_treaty_action(
        self, info: strawberry.Info[Any, Any], input: RecordTreatyActionInput
    ) -> RecordTreatyActionResult:
        key = await resolve.record(
            info.context,
            state=input.state,
            type_=input.type,
            on=input.date,
            takes_effect_on=input.takes_effect_on,
            source=input.source,
            note=input.note,
        )
        return await complete(info, TreatyActionRecorded(key=key))

    @strawberry.mutation(description="Correct an act after a better source: its date, its effect, the note on it")
    async def correct_treaty_action(
        self, info: strawberry.Info[Any, Any], input: CorrectTreatyActionInput
    ) -> CorrectTreatyActionResult:
        correction: resolve.Correction = {}
        if input.date is not strawberry.UNSET:
            correction["on"] = input.date
        if input.takes_effect_on is not strawberry.UNSET:
            correction["takes_effect_on"] = input.takes_effect_on
        if input.note is not strawberry.UNSET:
            correction["note"] = input.note
        key = await resolve.correct(
            info.context,
            key=key_of("TreatyAction", input.id, "id"),
            expected_version=input.expected_version,
            correction=correction,
            source=input.source,
        )
        return await complete(info, TreatyActionCorrected(key=key))
