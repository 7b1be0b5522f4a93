"""Where items of themes stand on an agenda, and who makes the programme of an intersessional meeting."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mandate.agenda import (
    ADDITION,
    AGREEMENT,
    PRESIDENT,
    Addition,
    Agreement,
    Organizer,
    Placed,
    Programme,
    number_order,
)
from mandate.office import guided_by
from mandate.rule import PROPOSAL, Evaluation, RuleVerdict, judge, rule_sets
from tests.mandate.judging import gives, passes, refuses

GENERAL, VICTIMS, REPORTING = "general_status_and_operation", "victim_assistance", "reporting_and_transparency"
LEBANON = Organizer(office=PRESIDENT, party="STATE:LBN")
HOLY_SEE = Organizer(office=GENERAL, party="STATE:VAT")
ZAMBIA = Organizer(office=GENERAL, party="STATE:ZMB")
AUSTRIA = Organizer(office=VICTIMS, party="STATE:AUT")
EVERYBODY = (LEBANON, HOLY_SEE, ZAMBIA, AUSTRIA)


def programme(*agreed: Organizer, organizers: Any = EVERYBODY, of: Any = (GENERAL,), final: bool = False) -> Programme:
    return Programme(organizers=organizers, portfolios=frozenset(of), agreed=agreed, made_final=final)


def addition(**given: Any) -> Addition:
    whole: dict[str, Any] = {
        "meeting_kind": "intersessional_meeting",
        "items": [Placed(portfolio=given.pop("portfolio", None), above=given.pop("above", ()))],
        "programme": programme(),
        "by": None,
        **given,
    }
    return Addition(**whole)


def verdicts(checks: Any, facts: Any) -> dict[str, RuleVerdict]:
    return {each.rule.id: each.verdict for each in judged(checks, facts)}


def judged(checks: Any, facts: Any) -> tuple[Evaluation, ...]:
    return judge(checks, facts, rule_sets()[PROPOSAL])


def placed(**given: Any) -> RuleVerdict:
    return verdicts(ADDITION, addition(**given))["theme-placement"]


def test_each_rule_by_itself() -> None:
    passes("theme-placement", addition(portfolio=REPORTING, above=(GENERAL,)))
    refuses("theme-placement", addition(portfolio=REPORTING))
    passes("programme-organizers", addition(by="STATE:LBN"))
    refuses("programme-organizers", addition(by="STATE:DEU"))
    formal = [("1MSP", date(2010, 11, 9)), ("2MSP", date(2011, 9, 12))]
    gives("coordinator-guidance", "1MSP", formal, date(2011, 9, 11))
    gives("coordinator-guidance", "2MSP", formal, date(2011, 9, 12))


def test_an_item_of_a_theme_stands_under_the_general_group_at_any_depth() -> None:
    assert placed(portfolio=REPORTING) is RuleVerdict.VIOLATED
    assert placed(portfolio=REPORTING, above=[VICTIMS]) is RuleVerdict.VIOLATED
    assert placed(portfolio=REPORTING, above=[GENERAL]) is RuleVerdict.SATISFIED
    assert placed(portfolio=REPORTING, above=[VICTIMS, GENERAL]) is RuleVerdict.SATISFIED


def test_all_items_that_move_together_are_placed() -> None:
    victims, below = Placed(portfolio=VICTIMS, above=()), Placed(portfolio=REPORTING, above=(VICTIMS,))

    assert placed(items=[victims, below]) is RuleVerdict.VIOLATED
    good = Placed(portfolio=REPORTING, above=(GENERAL,))
    assert placed(items=[victims, good]) is RuleVerdict.SATISFIED
    assert placed(items=[good, below]) is RuleVerdict.VIOLATED


def test_other_items_and_other_meetings_are_placed_freely() -> None:
    assert placed(portfolio=VICTIMS) is RuleVerdict.NOT_APPLICABLE
    assert placed() is RuleVerdict.NOT_APPLICABLE
    elsewhere = placed(portfolio=REPORTING, meeting_kind="meeting_of_states_parties", programme=None)
    assert elsewhere is RuleVerdict.NOT_APPLICABLE


def edited(**given: Any) -> RuleVerdict:
    return verdicts(ADDITION, addition(**given))["programme-organizers"]


def test_the_president_the_coordinators_and_the_isu_edit_the_programme() -> None:
    assert edited(by="STATE:LBN") is RuleVerdict.SATISFIED
    # Of a group that has no item in it, too: they organize it together.
    assert edited(by="STATE:AUT") is RuleVerdict.SATISFIED
    assert edited(by=None) is RuleVerdict.SATISFIED
    assert edited(by="STATE:DEU") is RuleVerdict.VIOLATED


def test_a_programme_that_is_final_is_not_edited_by_anybody() -> None:
    agreed = programme(LEBANON, HOLY_SEE, ZAMBIA)
    assert agreed.final

    for by in ("STATE:LBN", None):
        assert edited(by=by, programme=agreed) is RuleVerdict.VIOLATED
        assert edited(by=by, programme=programme(LEBANON, HOLY_SEE)) is RuleVerdict.SATISFIED


def test_a_programme_is_final_once_nobody_is_awaited() -> None:
    assert programme().awaited == [LEBANON, HOLY_SEE, ZAMBIA]
    assert programme(LEBANON, ZAMBIA).awaited == [HOLY_SEE]
    assert programme(LEBANON, of=()).final
    assert not programme(LEBANON, HOLY_SEE, ZAMBIA, of=(GENERAL, VICTIMS)).final
    # Whoever comes into office afterwards does not undo it.
    assert programme(LEBANON, final=True).awaited == []
    assert programme(LEBANON, final=True).final


def test_an_empty_seat_holds_nothing_up_but_somebody_has_to_agree() -> None:
    assert programme(LEBANON, organizers=[LEBANON], of=(GENERAL, REPORTING)).final
    assert programme(HOLY_SEE, ZAMBIA, organizers=[HOLY_SEE, ZAMBIA]).final
    assert not programme(organizers=[]).final


def agreement(by: str | None, office: str | None = None) -> Agreement:
    return Agreement(programme=programme(), office=office, by=by)


@pytest.mark.parametrize(
    ("by", "office", "speaks_for"),
    [
        ("STATE:LBN", None, [LEBANON]),
        ("STATE:VAT", None, [HOLY_SEE]),
        ("STATE:VAT", GENERAL, [HOLY_SEE]),
        (None, GENERAL, [HOLY_SEE, ZAMBIA]),
        (None, PRESIDENT, [LEBANON]),
    ],
)
def test_each_agrees_for_their_own_office(by: str | None, office: str | None, speaks_for: list[Organizer]) -> None:
    given = agreement(by, office)

    assert given.speaks_for == speaks_for
    assert verdicts(AGREEMENT, given) == {"programme-organizers": RuleVerdict.SATISFIED}


@pytest.mark.parametrize(
    ("by", "office", "explanation"),
    [
        ("STATE:DEU", None, "DEU does not hold an office with a say in the programme."),
        ("STATE:LBN", GENERAL, f"LBN does not hold the office of {GENERAL}."),
        ("STATE:VAT", PRESIDENT, "VAT does not hold the office of PRESIDENT."),
        (None, REPORTING, f"Nobody holds the office of {REPORTING}."),
    ],
)
def test_nobody_agrees_for_an_office_of_somebody_else(by: str | None, office: str | None, explanation: str) -> None:
    (said,) = judged(AGREEMENT, agreement(by, office))

    assert said.verdict is RuleVerdict.VIOLATED
    assert said.explanation == explanation
    assert said.rule.citations[0].paragraph == "Proposal 2(4)"


def test_coordinators_work_under_the_president_of_the_meeting_that_opened_last() -> None:
    formal = [("3MSP", date(2012, 9, 11)), ("1MSP", date(2010, 11, 9)), ("2MSP", date(2011, 9, 12))]

    assert guided_by(formal, date(2010, 1, 1)) is None
    assert guided_by(formal, date(2011, 9, 11)) == "1MSP"
    assert guided_by(formal, date(2011, 9, 12)) == "2MSP"
    assert guided_by(formal, date(2020, 1, 1)) == "3MSP"


def test_items_are_in_the_order_of_their_numbers() -> None:
    numbers = ["10", "2", "10(a)", "1.10", "1.9", "1"]

    assert sorted(numbers, key=number_order) == ["1", "1.9", "1.10", "2", "10", "10(a)"]
