"""What the mandate asks of a meeting that is scheduled."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.meeting import (
    INTERSESSIONAL,
    SPECIAL,
    Neighbour,
    Other,
    Plan,
    clashes,
    is_within,
    related,
    same_city,
    slots,
)
from mandate.rule import rule_sets
from tests.mandate.judging import is_silent, passes, refuses

BACK_TO_BACK = rule_sets()["2011-proposal"].rules["intersessional-back-to-back"].parameters


def day(text: str) -> date:
    return date.fromisoformat(text)


def plan(starts: str = "2012-04-16", ends: str = "2012-04-19", **given: Any) -> Plan:
    whole = {"kind": INTERSESSIONAL, "city": "Geneva", **given}
    return Plan(starts_on=day(starts), ends_on=day(ends), **whole)


def other(code: str, starts: str, kind: str = INTERSESSIONAL) -> Other:
    return Other(code=code, kind=kind, starts_on=PartialDate.parse(starts), ends_on=PartialDate.parse(starts))


def neighbour(starts: str, ends: str, **given: Any) -> Neighbour:
    whole = {"treaty": "APMBC", "title": "Standing Committees", "city": "Geneva", **given}
    return Neighbour(starts_on=day(starts), ends_on=day(ends), **whole)


@pytest.mark.parametrize("days", [("2012-01-01", "2012-01-02"), ("2012-06-28", "2012-06-30")])
def test_it_opens_and_closes_in_the_first_half_of_a_year(days: tuple[str, str]) -> None:
    passes("intersessional-half", plan(*days))


@pytest.mark.parametrize(
    "days", [("2012-06-28", "2012-07-01"), ("2012-07-01", "2012-07-02"), ("2011-12-30", "2012-01-02")]
)
def test_it_is_not_held_in_the_second_half(days: tuple[str, str]) -> None:
    refuses("intersessional-half", plan(*days))


def test_it_is_held_in_geneva() -> None:
    for city in ("Geneva", " geneva ", "GENEVA"):
        passes("intersessional-place", plan(city=city))
    for elsewhere in ("Beirut", None, ""):
        refuses("intersessional-place", plan(city=elsewhere))
    assert same_city("Genéva", "Geneva")
    assert not same_city("Geneva NY", "Geneva")


def test_it_lasts_no_more_than_five_days_both_ends_counted() -> None:
    passes("intersessional-length", plan("2012-04-16", "2012-04-16"))
    passes("intersessional-length", plan("2012-04-16", "2012-04-20"))
    assert refuses("intersessional-length", plan("2012-04-16", "2012-04-21")).inputs == {"days": 6, "mostDays": 5}


def test_there_is_one_a_year() -> None:
    passes("intersessional-annual", plan(others=[other("IM-2011", "2011-06-27"), other("IM-2013", "2013-04-15")]))
    said = refuses("intersessional-annual", plan(others=[other("IM-2012", "2012-01")]))
    assert said.inputs["others"] == ["IM-2012"]
    passes("intersessional-annual", plan(others=[other("3MSP", "2012-09-11", "meeting_of_states_parties")]))


def test_it_adjoins_a_meeting_of_a_related_treaty_in_geneva() -> None:
    before, after = neighbour("2012-04-09", "2012-04-13"), neighbour("2012-04-22", "2012-04-27", title="Later")
    for near in (before, after, neighbour("2012-04-13", "2012-04-15"), neighbour("2012-04-20", "2012-04-27")):
        passes("intersessional-back-to-back", plan(neighbours=[near]))
    for far in (("2012-04-09", "2012-04-12"), ("2012-04-23", "2012-04-27"), ("2012-04-14", "2012-04-16")):
        refuses("intersessional-back-to-back", plan(neighbours=[neighbour(*far)]))
    said = passes("intersessional-back-to-back", plan(neighbours=[neighbour("2012-05-21", "2012-05-25"), before]))
    assert said.inputs["adjoins"] == ["Standing Committees (APMBC, 2012-04-09 to 2012-04-13)"]


def test_the_warning_names_what_it_could_adjoin() -> None:
    near = [neighbour("2012-05-21", "2012-05-25"), neighbour("2012-04-23", "2012-04-27", treaty="CCW", title="Experts")]
    said = refuses("intersessional-back-to-back", plan(neighbours=near))
    assert said.inputs["couldAdjoin"] == [
        "Experts (CCW, 2012-04-23 to 2012-04-27)",
        "Standing Committees (APMBC, 2012-05-21 to 2012-05-25)",
    ]


def test_where_the_year_has_no_such_meeting_nothing_is_asked() -> None:
    is_silent("intersessional-back-to-back", plan())
    for far in (
        neighbour("2013-04-09", "2013-04-13"),
        neighbour("2012-04-09", "2012-04-13", city="New York"),
        neighbour("2012-04-09", "2012-04-13", treaty="NPT"),
    ):
        is_silent("intersessional-back-to-back", plan(neighbours=[far]))
    over_new_year = neighbour("2011-12-28", "2012-01-03")
    assert related([over_new_year], 2012, BACK_TO_BACK) == related([over_new_year], 2011, BACK_TO_BACK) != []


@pytest.mark.parametrize(
    "rule",
    [
        "intersessional-half",
        "intersessional-place",
        "intersessional-length",
        "intersessional-annual",
        "intersessional-back-to-back",
        "isu-special-meeting",
    ],
)
def test_other_meetings_are_not_asked(rule: str) -> None:
    is_silent(rule, plan("2011-09-01", "2011-09-30", kind="meeting_of_states_parties", city="Beirut"))


def test_an_intersessional_is_no_special_meeting() -> None:
    is_silent("isu-special-meeting", plan())


def special(starts: str = "2012-05-21", ends: str = "2012-05-21", **given: Any) -> Plan:
    return plan(starts, ends, **{"kind": SPECIAL, "half_days": 1, "third_meeting_on": day("2012-09-11"), **given})


def test_the_special_meeting_on_the_isu_is_one_half_day_in_geneva_before_the_third_meeting() -> None:
    passes("isu-special-meeting", special())
    passes("isu-special-meeting", special(third_meeting_on=None))
    passes("isu-special-meeting", special("2012-09-10", "2012-09-10"))
    passes("isu-special-meeting", special(others=[other("3MSP", "2012-09-11", "meeting_of_states_parties")]))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"others": [other("SP", "2012-04-01", SPECIAL)]}, "SP"),
        ({"half_days": None}, "half a day"),
        ({"half_days": 2}, "half a day"),
        ({"ends": "2012-05-22"}, "half a day"),
        ({"city": "Oslo"}, "Geneva"),
        ({"starts": "2012-09-11", "ends": "2012-09-11"}, "Third Meeting"),
    ],
)
def test_no_other_special_meeting_is(given: dict[str, Any], reason: str) -> None:
    assert reason in refuses("isu-special-meeting", special(**given)).explanation


def test_all_that_stands_against_a_special_meeting_is_said_at_once() -> None:
    said = refuses("isu-special-meeting", special(city="Oslo", half_days=2)).explanation
    assert "half a day" in said
    assert "Geneva" in said


# ---------- slots ----------


def test_slots_are_the_working_days_before_and_after_within_a_week() -> None:
    friday_to_friday = plan("2012-01-01", "2012-01-01", neighbours=[neighbour("2012-05-21", "2012-05-25")])
    found = [(str(starts), str(ends)) for starts, ends, _ in slots(friday_to_friday, BACK_TO_BACK, 5)]
    assert found == [("2012-05-14", "2012-05-18"), ("2012-05-28", "2012-06-01")]


def test_a_slot_stops_at_the_weekend() -> None:
    midweek = plan("2012-01-01", "2012-01-01", neighbours=[neighbour("2012-05-23", "2012-05-23")])
    found = [(str(starts), str(ends)) for starts, ends, _ in slots(midweek, BACK_TO_BACK, 5)]
    assert found == [("2012-05-21", "2012-05-22"), ("2012-05-24", "2012-05-25")]
    shorter = [(str(starts), str(ends)) for starts, ends, _ in slots(midweek, BACK_TO_BACK, 1)]
    assert shorter == [("2012-05-22", "2012-05-22"), ("2012-05-24", "2012-05-24")]


def test_days_that_share_one_clash() -> None:
    days = (day("2012-05-14"), day("2012-05-18"))
    assert clashes(*days, [(day("2012-05-18"), day("2012-05-20"))])
    assert clashes(*days, [(day("2012-05-01"), day("2012-05-14"))])
    assert clashes(*days, [(day("2012-05-15"), day("2012-05-16"))])
    assert not clashes(*days, [(day("2012-05-01"), day("2012-05-13")), (day("2012-05-19"), day("2012-05-20"))])


# ---------- how far what belongs to it may be seen ----------


def test_what_belongs_to_a_meeting_is_for_nobody_for_whom_that_is_not() -> None:
    within = {(shown, meeting) for shown in Visibility for meeting in Visibility if is_within(shown, meeting)}

    same = {Visibility.STATES_PARTIES, Visibility.COMMITTEE, Visibility.PARTICIPANTS}
    assert within == (
        {(each, Visibility.PUBLIC) for each in Visibility}
        | {(Visibility.ISU, each) for each in Visibility}
        | {(each, each) for each in same}
    )
    assert not is_within(Visibility.PARTICIPANTS, Visibility.PARTICIPANTS, is_main=False)


def test_what_was_said_in_the_room_may_be_for_whoever_was_there() -> None:
    for meeting in Visibility:
        assert is_within(Visibility.PARTICIPANTS, meeting, was_said=True)
        others = [each for each in Visibility if each is not Visibility.PARTICIPANTS]
        for shown in others:
            assert is_within(shown, meeting, was_said=True) is is_within(shown, meeting)
