"""What is pledged and paid to the ISU."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlmodel import col

import db
from db.table import new_id
from mandate.actor import Act, Visibility
from mandate.contribution import CURRENCIES, ContributionFacts, ContributionStatus
from mandate.party import ISU_PARTY
from resolvers.context import Asks, Context, find_seen
from resolvers.error import Conflict, Invalid, NotFound
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY
from resolvers.text import against_prose

_LONGEST_EARMARK = 500
_SEEN_BY = (Visibility.PUBLIC, Visibility.STATES_PARTIES, Visibility.CONCERNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A contribution, as it is pledged."""

    party: str
    year: int
    amount: Decimal
    currency: str
    earmark: str | None = None
    visibility: Visibility = Visibility.STATES_PARTIES


async def pledge(context: Context, given: Given, *, validate_only: bool = False) -> str | None:
    async with context.act(Act.PLEDGE_CONTRIBUTION, party=given.party, validate_only=validate_only) as unit:
        if await unit.row(db.Party, (given.party,)) is None:
            raise NotFound("There is no such State or organisation.")
        against = _against(given)
        if against:
            raise Invalid(*against)
        key = new_id()
        kept = {
            "id": key,
            "party_id": given.party,
            "year": given.year,
            "amount": given.amount,
            "currency": given.currency,
            "earmark": None if given.earmark is None else given.earmark.strip(),
            "status": ContributionStatus.PLEDGED,
            "visibility": given.visibility,
        }
        await unit.keep(db.Contribution, [kept])
        if given.visibility is Visibility.CONCERNED:
            concern = {
                "subject_type": db.Contribution.__tablename__,
                "subject_key": key,
                "party_id": given.party,
            }
            await unit.keep(db.Concern, [concern])
    return None if validate_only else key


async def pay(
    context: Context,
    *,
    contribution: str,
    expected_version: int,
    amount: Decimal | None,
    received_on: date,
    validate_only: bool = False,
) -> str | None:
    """Record a payment: all that is outstanding where no amount is given; several may make up one contribution."""
    async with context.act(Act.RECORD_PAYMENT, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Contribution, contribution, expected_version)
        if row["status"] is ContributionStatus.RECEIVED:
            raise Conflict(
                "All of it was received already.",
                code="ILLEGAL_TRANSITION",
                current_version=row["version"],
                current_status=row["status"],
            )
        paid = row["amount"] - row["received"] if amount is None else amount
        against = []
        if paid <= 0:
            against.append(("amount", "More than nothing."))
        if not FIRST_DAY <= received_on <= context.today:
            against.append(("receivedOn", f"Between {FIRST_DAY} and today."))
        if against:
            raise Invalid(*against)
        received = row["received"] + paid
        whole = received >= row["amount"]
        changed = {
            "received": received,
            "received_on": received_on,
            "status": ContributionStatus.RECEIVED if whole else ContributionStatus.PLEDGED,
        }
        await unit.change(db.Contribution, [((contribution,), changed)])
    return None if validate_only else contribution


def _against(given: Given) -> list[tuple[str, str]]:
    found = []
    if given.party == ISU_PARTY:
        found.append(("party", "The ISU does not contribute to itself."))
    if not FIRST_DAY.year <= given.year <= LAST_DAY.year:
        found.append(("year", f"Between {FIRST_DAY.year} and {LAST_DAY.year}."))
    if given.amount <= 0:
        found.append(("amount", "More than nothing."))
    if given.currency not in CURRENCIES:
        found.append(("currency", "A code of ISO 4217, such as CHF."))
    if given.earmark is not None:
        found += [("earmark", reason) for reason in against_prose(given.earmark, _LONGEST_EARMARK)]
    if given.visibility not in _SEEN_BY:
        found.append(("visibility", f"One of {', '.join(_SEEN_BY)}."))
    return found


async def contributions(asks: Asks) -> list[ContributionFacts]:
    """For a review: those that are there for the caller."""
    table = db.Contribution
    rows = await asks.rows(
        select(
            col(table.id),
            col(table.party_id),
            col(table.year),
            col(table.amount),
            col(table.currency),
            col(table.received),
        )
        .where(*asks.sees(table))
        .order_by(col(table.id))
    )
    return [
        ContributionFacts(
            id=row.id,
            party=row.party_id,
            year=row.year,
            amount=row.amount,
            currency=row.currency,
            received=row.received,
        )
        for row in rows
    ]
