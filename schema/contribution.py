"""What is given to the ISU, and the acts by which it is pledged and paid."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

import db
from mandate.actor import Visibility
from mandate.contribution import ContributionStatus
from resolvers import contribution as resolve
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import Party, party_key
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Connection, Node, column, complete, names_rows, node, one, ref
from schema.success import Success


@node(db.Contribution, description="What a State or an organisation gives to the ISU for a year")
class Contribution(Node):
    party: Party = one(db.Contribution.party_id)
    year: int = column(db.Contribution.year)
    amount: Decimal = column(db.Contribution.amount, description="As pledged")
    currency: str = column(db.Contribution.currency, description="ISO 4217")
    earmark: str | None = column(db.Contribution.earmark, description="What it is for, where that is said")
    status: ContributionStatus = column(db.Contribution.status)
    received: Decimal = column(db.Contribution.received, description="Of all payments so far")
    received_on: datetime.date | None = column(db.Contribution.received_on, description="The day of the last payment")
    visibility: Visibility = column(db.Contribution.visibility)
    version: int = column(db.Contribution.version)
    history: Connection[HistoryEntry] = history(db.Contribution, db.Contribution.id)


@strawberry.input(description="What a State or an organisation is to give")
class PledgeContributionInput:
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation")
    year: int = strawberry.field(description="Of the budget that it is for")
    amount: Decimal
    currency: str = strawberry.field(description="ISO 4217, such as CHF")
    earmark: str | None = strawberry.field(default=None, description="At most 500 characters")
    visibility: Visibility = strawberry.field(
        default=Visibility.STATES_PARTIES,
        description="STATES_PARTIES, PUBLIC, or CONCERNED for the party itself and the ISU",
    )


@strawberry.input(description="A contribution, or a part of it, has come in")
class RecordPaymentInput:
    contribution: strawberry.ID
    expected_version: int
    amount: Decimal | None = strawberry.field(
        default=None, description="Of this payment; all that is outstanding where none is given"
    )
    received_on: datetime.date


@names_rows
@strawberry.type(description="The contribution is pledged")
class ContributionPledged(Success):
    key: strawberry.Private[str | None]
    contribution: Contribution | None = ref(
        "key", db.Contribution.id, description="Null where the act was only validated, or the caller may not read it"
    )


@names_rows
@strawberry.type(description="The payment is on record")
class PaymentRecorded(Success):
    key: strawberry.Private[str | None]
    contribution: Contribution | None = ref(
        "key", db.Contribution.id, description="Null where the act was only validated"
    )


PledgeContributionResult = Annotated[
    ContributionPledged | Invalid | NotFound | Forbidden | Conflict, strawberry.union("PledgeContributionResult")
]
RecordPaymentResult = Annotated[
    PaymentRecorded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RecordPaymentResult")
]


@strawberry.type
class ContributionMutation:
    @strawberry.mutation(description="Pledge a contribution: a party for itself, or the ISU for any")
    async def pledge_contribution(
        self, info: strawberry.Info[Any, Any], input: PledgeContributionInput, validate_only: bool = False
    ) -> PledgeContributionResult:
        given = resolve.Given(
            party=party_key(input.party, "party"),
            year=input.year,
            amount=input.amount,
            currency=input.currency,
            earmark=input.earmark,
            visibility=input.visibility,
        )
        key = await resolve.pledge(info.context, given, validate_only=validate_only)
        return await complete(info, ContributionPledged(key=key))

    @strawberry.mutation(description="Record what was received of a contribution")
    async def record_payment(
        self, info: strawberry.Info[Any, Any], input: RecordPaymentInput, validate_only: bool = False
    ) -> RecordPaymentResult:
        key = await resolve.pay(
            info.context,
            contribution=key_of("Contribution", input.contribution, "contribution"),
            expected_version=input.expected_version,
            amount=input.amount,
            received_on=input.received_on,
            validate_only=validate_only,
        )
        return await complete(info, PaymentRecorded(key=key))
