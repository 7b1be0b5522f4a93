"""What States and organisations give to the ISU, and whether it covers the budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Protocol

from mandate.rule import Found, Parameters, finds
from mandate.workplan import Planned, plan_of, years_reviewed

_ISO_4217 = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BYR BZD CAD CDF CHF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK
HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD
MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD
TZS UAH UGX USD UYU UZS VEF VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMK ZMW ZWG ZWL
"""
CURRENCIES = frozenset(_ISO_4217.split())
"""Those in use since the Convention has been in force, and no codes of metals, funds or tests."""

_CENT, _PER_MILLE = Decimal("0.01"), Decimal("0.001")


class ContributionStatus(StrEnum):
    PLEDGED = "PLEDGED"
    RECEIVED = "RECEIVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionFacts:
    id: str
    party: str
    year: int
    amount: Decimal
    currency: str
    received: Decimal

    @property
    def outstanding(self) -> Decimal:
        """Of the pledge, once what was paid is taken off; who pays more than was pledged owes nothing."""
        return max(self.amount - self.received, Decimal(0))


class Funded(Planned, Protocol):
    """What a review knows of the plans and of what was given for them."""

    @property
    def contributions(self) -> Sequence[ContributionFacts]: ...


@finds("isu-funded")
def the_approved_budget_is_covered(situation: Funded, _: Parameters) -> Iterator[Found]:
    """Of a plan for several years, each has an equal share; what is given in another currency is told beside it."""
    for year in years_reviewed(situation):
        plan = plan_of(situation.plans, year, situation.as_of)
        if plan is None:
            continue
        given = [each for each in situation.contributions if each.year == year]
        own = [each for each in given if each.currency == plan.currency]
        budget = (plan.total / (plan.year_to - plan.year_from + 1)).quantize(_CENT, ROUND_HALF_UP)
        paid = sum((each.received for each in own), Decimal(0))
        pledged = sum((each.outstanding for each in own), Decimal(0))
        missing = budget - paid - pledged
        if missing <= 0:
            continue
        share = (missing / budget).quantize(_PER_MILLE, ROUND_HALF_UP)
        yield Found(
            message=f"Of the budget of {year}, {_amount(budget)} {plan.currency}, there is not covered "
            f"{_amount(missing)} {plan.currency} ({_amount(share * 100)}%).",
            concerns=("WorkPlan", plan.id),
            since=date(year, 1, 1),
            due_on=date(year, 1, 1),
            inputs={
                "year": year,
                "currency": plan.currency,
                "budget": _amount(budget),
                "paid": _amount(paid),
                "pledged": _amount(pledged),
                "missing": _amount(missing),
                "share": _amount(share),
                "inOtherCurrencies": [
                    f"{_amount(each.received + each.outstanding)} {each.currency}"
                    for each in given
                    if each.currency != plan.currency
                ],
            },
        )


def _amount(amount: Decimal) -> str:
    return format(amount.normalize(), "f")
