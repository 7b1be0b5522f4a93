"""What States and organisations pledged and paid to the ISU."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from db.table import Kept, MoneyType, column, enum_type, key, plain_text, refers_to
from mandate.actor import Visibility
from mandate.contribution import ContributionStatus


class Contribution(Kept, table=True):
    id: str = key()
    party_id: str = refers_to("party.id")
    year: int
    amount: Decimal = column(MoneyType)
    currency: str = column(plain_text(3))
    earmark: str | None = None
    status: ContributionStatus = column(enum_type(ContributionStatus))
    received: Decimal = column(MoneyType, default=Decimal(0))
    """Of all payments so far."""
    received_on: date | None = None
    """The day of the last payment."""
    visibility: Visibility = column(
        enum_type(Visibility),
        default=Visibility.STATES_PARTIES,
        sa_column_kwargs={"server_default": Visibility.STATES_PARTIES},
    )
