"""Whether the approved budget is covered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mandate.contribution import CURRENCIES, ContributionFacts, the_approved_budget_is_covered
from mandate.support import ArrangementFacts, DirectorFacts
from mandate.workplan import PlanFacts, WorkPlanStatus
from tests.mandate.judging import finds_nothing, finds_something


@dataclass(frozen=True, kw_only=True)
class Known:
    as_of: date = date(2016, 12, 31)
    begun: date = date(2011, 9, 16)
    directors: Sequence[DirectorFacts] = (DirectorFacts(id="d", starts_on=date(2015, 5, 1), ends_on=None),)
    arrangements: Sequence[ArrangementFacts] = ()
    plans: Sequence[PlanFacts] = ()
    formal_meetings: Sequence[Any] = ()
    contributions: Sequence[ContributionFacts] = ()
    documents_of: Mapping[str, Collection[str]] = field(default_factory=dict)


def plan(year: int, total: str, until: int | None = None, approved_on: date | None = date(2015, 9, 11)) -> PlanFacts:
    return PlanFacts(
        id="plan",
        status=WorkPlanStatus.SUBMITTED if approved_on is None else WorkPlanStatus.APPROVED,
        year_from=year,
        year_to=until or year,
        currency="CHF",
        total=Decimal(total),
        tasks=frozenset(),
        submitted_to="1RC",
        approved_on=approved_on,
    )


def given(amount: str, received: str = "0", year: int = 2016, currency: str = "CHF") -> ContributionFacts:
    return ContributionFacts(
        id="c",
        party="STATE:NOR",
        year=year,
        amount=Decimal(amount),
        currency=currency,
        received=Decimal(received),
    )


def findings(plans: Sequence[PlanFacts], *contributions: ContributionFacts, as_of: date = Known.as_of) -> list[Any]:
    return [
        each.inputs
        for each in the_approved_budget_is_covered(Known(plans=plans, contributions=contributions, as_of=as_of), {})
    ]


@pytest.mark.parametrize(
    "contributions",
    [
        [given("480000")],
        [given("480000", "480000")],
        [given("400000", "100000"), given("80000")],
        [given("1", "480000")],
    ],
)
def test_a_budget_that_is_pledged_or_paid_is_covered(contributions: list[ContributionFacts]) -> None:
    assert findings([plan(2016, "480000")], *contributions) == []


def test_what_is_not_covered_is_told_with_its_share() -> None:
    contributions = [given("200000", "150000"), given("100000.50"), given("7", year=2017), given("9", currency="EUR")]

    (missing,) = findings([plan(2016, "400000.50")], *contributions)

    assert missing == {
        "year": 2016,
        "currency": "CHF",
        "budget": "400000.5",
        "paid": "150000",
        "pledged": "150000.5",
        "missing": "100000",
        "share": "0.25",
        "inOtherCurrencies": ["9 EUR"],
    }


def test_a_cent_that_is_missing_is_missing() -> None:
    (missing,) = findings([plan(2016, "100")], given("99.99"))

    assert missing["missing"] == "0.01"


def test_a_plan_of_several_years_is_shared_among_them() -> None:
    both = findings([plan(2015, "100", until=2016)], given("50", year=2015))

    assert [(each["year"], each["budget"], each["missing"]) for each in both] == [(2016, "50", "50")]


def test_a_budget_that_is_not_approved_is_not_to_be_covered() -> None:
    assert findings([plan(2016, "100", approved_on=None)]) == []
    assert findings([plan(2016, "0")]) == []


def test_years_before_the_isu_and_years_to_come_are_not_looked_at() -> None:
    assert findings([plan(2014, "100"), plan(2017, "100")]) == []


@pytest.mark.parametrize(
    ("code", "known"), [("CHF", True), ("EUR", True), ("LAK", True), ("XXX", False), ("chf", False)]
)
def test_currencies_are_those_of_iso_4217(code: str, known: bool) -> None:
    assert (code in CURRENCIES) is known


def test_the_rule_by_itself() -> None:
    approved = [plan(2016, "480000")]
    finds_nothing("isu-funded", Known(plans=approved, contributions=[given("480000")]))
    finds_something("isu-funded", Known(plans=approved))
