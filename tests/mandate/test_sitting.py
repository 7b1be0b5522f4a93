"""What the mandate says of a decision of the Coordination Committee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from mandate.committee import Sitting, invitees_are_not_counted, meets_under_the_president_in_office
from mandate.rule import PROPOSAL, Check, RuleVerdict, judge, rule_sets
from tests.mandate.judging import passes, refuses

MEMBERS = ("STATE:LBN", "STATE:NOR", "ORGANISATION:ICRC")


@dataclass(frozen=True, kw_only=True)
class Decided:
    sitting: Sitting | None


def sitting(
    chaired_by: str = "STATE:LBN",
    president: str | None = "STATE:LBN",
    in_favour: tuple[str, ...] = MEMBERS,
    present: tuple[str, ...] = (),
) -> Decided:
    return Decided(
        sitting=Sitting(
            on=date(2012, 5, 2),
            chaired_by=chaired_by,
            president=president,
            members=MEMBERS,
            in_favour=in_favour,
            present=present,
        )
    )


def verdict(check: Check, facts: object) -> RuleVerdict:
    (evaluation,) = judge([check], facts, rule_sets()[PROPOSAL])
    return evaluation.verdict


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (sitting(), RuleVerdict.SATISFIED),
        (sitting(chaired_by="STATE:NOR"), RuleVerdict.VIOLATED),
        (sitting(president=None), RuleVerdict.VIOLATED),
        (Decided(sitting=None), RuleVerdict.NOT_APPLICABLE),
    ],
)
def test_the_committee_meets_under_the_president_in_office(facts: Decided, wanted: RuleVerdict) -> None:
    assert verdict(meets_under_the_president_in_office, facts) is wanted


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (sitting(), RuleVerdict.SATISFIED),
        (sitting(present=("ORGANISATION:GICHD", "STATE:FRA")), RuleVerdict.SATISFIED),
        (sitting(in_favour=(*MEMBERS, "ORGANISATION:GICHD")), RuleVerdict.VIOLATED),
        (sitting(in_favour=("STATE:FRA",)), RuleVerdict.VIOLATED),
        (Decided(sitting=None), RuleVerdict.NOT_APPLICABLE),
    ],
)
def test_an_invitee_attends_and_is_not_counted(facts: Decided, wanted: RuleVerdict) -> None:
    assert verdict(invitees_are_not_counted, facts) is wanted


def test_each_rule_by_itself() -> None:
    passes("committee-chair", sitting())
    refuses("committee-chair", sitting(chaired_by="STATE:NOR"))
    passes("committee-assist", sitting(present=("ORGANISATION:GICHD",)))
    refuses("committee-assist", sitting(in_favour=("ORGANISATION:GICHD",)))
    refuses("committee-assist", sitting(in_favour=("ORGANISATION:GICHD",), present=("ORGANISATION:GICHD",)))
