"""Who may be elected Coordinator, for how long, and after whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from mandate.decision import DecisionMethod, by_formal_meeting
from mandate.office import (
    BodyKind,
    Election,
    Portfolio,
    Seat,
    Term,
    TermMoment,
    TermStatus,
    in_order,
    remainders,
    seats_of,
    status_on,
)
from mandate.rule import rule_sets
from tests.mandate.judging import AT_2MSP, finds_nothing, finds_something, gives, is_silent, passes, refuses

GROUP, THEME = "victim_assistance", "reporting_and_transparency"


def day(text: str) -> date:
    return date.fromisoformat(text)


def term(state: str, starts: str, ends: str | None, **given: Any) -> Term:
    whole = {"id": f"{state} {starts}", "portfolio": GROUP, **given}
    return Term(state=state, starts_on=day(starts), ends_on=None if ends is None else day(ends), **whole)


def election(state: str = "AUT", starts: str = "2011-09-16", ends: str = "2013-09-16", **given: Any) -> Election:
    whole: dict[str, Any] = {
        "portfolio": GROUP,
        "kind": BodyKind.WORKING_GROUP,
        "seats": 2,
        "in_force_from": date(2010, 8, 1),
        "withdrawn_on": None,
        "cited": AT_2MSP,
        "terms": (),
        "affected": {},
        **given,
    }
    return Election(state=state, starts_on=day(starts), ends_on=day(ends), **whole)


def of_theme(state: str = "BEL", **given: Any) -> Election:
    return election(state, portfolio=THEME, kind=BodyKind.THEMATIC_AREA, seats=1, **given)


# ---------- who ----------


def test_a_coordinator_comes_from_a_state_for_which_the_convention_is_in_force() -> None:
    passes("coordinator-party", election(in_force_from=day("2011-09-16")))
    refuses("coordinator-party", election(in_force_from=None))
    said = refuses("coordinator-party", election(in_force_from=day("2011-09-17")))
    assert "2011-09-17" in said.explanation
    assert said.inputs["inForceFrom"] == "2011-09-17"


def test_it_is_so_until_the_term_ends() -> None:
    passes("coordinator-party", election(withdrawn_on=day("2013-09-16")))
    assert "within the term" in refuses("coordinator-party", election(withdrawn_on=day("2013-09-15"))).explanation
    assert "before the term" in refuses("coordinator-party", election(withdrawn_on=day("2011-09-16"))).explanation


def test_a_theme_asks_the_same_of_its_coordinator() -> None:
    refuses("coordinator-party", of_theme(in_force_from=None))


@pytest.mark.parametrize("kind", ["meeting_of_states_parties", "review_conference"])
def test_a_coordinator_is_elected_by_a_formal_meeting(kind: str) -> None:
    passes("coordinator-elected", election(cited=replace(AT_2MSP, meeting_kind=kind)))


@pytest.mark.parametrize("kind", ["intersessional_meeting", "coordination_committee", "preparatory_meeting"])
def test_no_other_meeting_elects(kind: str) -> None:
    refuses("coordinator-elected", election(cited=replace(AT_2MSP, meeting_kind=kind)))


def test_the_decision_is_of_a_day_on_which_the_meeting_sat() -> None:
    for on in ("2011-09-12", "2011-09-14", "2011-09-16"):
        passes("coordinator-elected", election(cited=replace(AT_2MSP, adopted_on=day(on))))
    for on in ("2011-09-11", "2011-09-17"):
        refuses("coordinator-elected", election(cited=replace(AT_2MSP, adopted_on=day(on))))


def test_a_conference_in_parts_sat_on_the_days_of_its_parts_only() -> None:
    sat = ((date(2020, 11, 25), date(2020, 11, 27)), (date(2021, 9, 20), date(2021, 9, 21)))
    conference = replace(AT_2MSP, meeting_kind="review_conference", sat=sat)

    assert by_formal_meeting(replace(conference, adopted_on=date(2021, 9, 21))).holds
    assert by_formal_meeting(replace(conference, adopted_on=date(2021, 2, 10))).holds is False


def test_a_silence_procedure_decides_on_any_day() -> None:
    silence = replace(AT_2MSP, adopted_on=date(2021, 2, 10), method=DecisionMethod.SILENCE_PROCEDURE)
    assert "silence" in passes("coordinator-elected", election(cited=silence)).explanation


def test_a_question_may_name_the_meeting_alone_or_no_decision_yet() -> None:
    passes("coordinator-elected", election(cited=replace(AT_2MSP, adopted_on=None, method=None)))
    is_silent("coordinator-elected", election(cited=None))


# ---------- how many ----------


def test_a_group_has_two_seats_and_no_third() -> None:
    one, other = term("BIH", "2011-09-16", "2013-09-16"), term("AFG", "2012-09-14", "2014-09-12")
    passes("group-seats", election())
    passes("group-seats", election(starts="2012-09-14", ends="2014-09-12", terms=(one,)))
    said = refuses("group-seats", election(starts="2012-09-14", ends="2014-09-12", terms=(one, other)))
    assert said.inputs["serving"] == ["BIH", "AFG"]


def test_the_seats_are_counted_over_the_whole_term() -> None:
    later = [term("BIH", "2012-09-14", "2014-09-12"), term("AFG", "2013-09-13", "2015-09-11")]
    refuses("group-seats", election(starts="2011-09-16", ends="2013-09-14", terms=later))
    passes("group-seats", election(starts="2011-09-16", ends="2013-09-13", terms=later))


def test_on_the_day_a_term_ends_its_seat_is_free() -> None:
    both = [term("BIH", "2011-09-16", "2013-09-16"), term("AFG", "2012-09-14", "2014-09-12")]
    passes("group-seats", election(starts="2013-09-16", ends="2015-09-16", terms=both))
    refuses("group-seats", election(starts="2013-09-15", ends="2015-09-15", terms=both))


def test_a_term_without_an_end_holds_its_seat_for_good() -> None:
    refuses(
        "theme-seat",
        of_theme(starts="2030-01-01", ends="2032-01-01", terms=[term("NZL", "2011-09-16", None, portfolio=THEME)]),
    )


def test_terms_of_others_do_not_count() -> None:
    elsewhere = [term("AUT", "2011-09-16", "2013-09-16", portfolio="universalization", id=str(n)) for n in range(3)]
    passes("group-seats", election(terms=elsewhere))


def test_a_theme_has_one_seat() -> None:
    held = term("NZL", "2011-09-16", "2013-09-16", portfolio=THEME)
    passes("theme-seat", of_theme())
    refuses("theme-seat", of_theme(starts="2013-09-15", ends="2015-09-15", terms=(held,)))
    is_silent("theme-seat", election())
    is_silent("group-seats", of_theme())


# ---------- for how long ----------


@pytest.mark.parametrize("ends", ["2013-03-16", "2013-09-16", "2014-03-16"])
def test_a_term_is_two_years_give_or_take_six_months(ends: str) -> None:
    passes("term-length", election(ends=ends))
    passes("term-length", of_theme(ends=ends))


@pytest.mark.parametrize("ends", ["2014-03-17", "2016-09-16", "2012-03-15"])
def test_no_term_is_longer_or_much_shorter(ends: str) -> None:
    refuses("term-length", election(ends=ends))
    refuses("term-length", of_theme(ends=ends))


def test_one_year_is_for_the_first_round_of_a_group_only() -> None:
    passes("term-length", election(ends="2012-09-14"))
    refuses("term-length", of_theme(ends="2012-09-14"))
    first = [term("BIH", "2011-09-16", "2013-09-16"), term("AUT", "2011-09-16", "2012-09-14")]
    refuses("term-length", election("AFG", "2012-09-14", "2013-09-13", terms=first))


def test_practice_has_one_year_for_the_themes() -> None:
    passes("term-length", of_theme(ends="2012-09-14"), "current-practice")
    refuses("term-length", of_theme(ends="2013-09-16"), "current-practice")
    passes("term-length", election(ends="2013-09-16"), "current-practice")


def test_of_the_first_two_one_serves_one_year_and_the_other_two() -> None:
    one, two = term("BIH", "2011-09-16", "2012-09-14"), term("BIH", "2011-09-16", "2013-09-16")
    passes("term-first-round", election())
    passes("term-first-round", election(ends="2012-09-14"))
    passes("term-first-round", election(ends="2013-09-16", terms=(one,)))
    passes("term-first-round", election(ends="2012-09-14", terms=(two,)))
    refuses("term-first-round", election(ends="2013-09-16", terms=(two,)))
    refuses("term-first-round", election(ends="2012-09-14", terms=(one,)))


def test_after_the_first_round_it_has_nothing_to_say() -> None:
    first = [term("BIH", "2011-09-16", "2013-09-16"), term("AUT", "2011-09-16", "2012-09-14")]
    is_silent("term-first-round", election("AFG", "2012-09-14", "2014-09-12", terms=first))
    is_silent("term-first-round", of_theme())


def test_one_that_never_had_a_fellow_is_no_first_round() -> None:
    alone = term("BIH", "2009-09-16", "2011-09-16")
    passes("term-first-round", election(ends="2012-09-14", terms=(alone,)))


def test_one_year_that_somebody_served_alone_was_the_first_round() -> None:
    alone = term("BIH", "2010-09-16", "2011-09-16")
    is_silent("term-first-round", election(ends="2012-09-14", terms=(alone,)))
    refuses("term-length", election(ends="2012-09-14", terms=(alone,)))


def test_the_length_of_one_who_left_early_is_that_for_which_it_was_elected() -> None:
    left = term("BIH", "2011-09-16", "2011-12-01", elected_until=day("2013-09-16"))
    passes("term-first-round", election(starts="2011-09-16", ends="2012-09-14", terms=(left,)))
    refuses("term-first-round", election(starts="2011-09-16", ends="2013-09-16", terms=(left,)))


def test_two_that_serve_together_begin_in_different_years() -> None:
    first = [term("BIH", "2011-09-16", "2013-09-16"), term("AUT", "2011-09-16", "2012-09-14")]
    second = term("AFG", "2012-09-14", "2014-09-12")
    passes("term-stagger", election("AFG", "2012-09-14", "2014-09-12", terms=first))
    said = refuses("term-stagger", election("LBN", "2012-12-01", "2014-12-01", terms=[*first, second]))
    assert said.inputs == {"beginsIn": 2012, "alongside": ["AFG"], "mayBeginFrom": "2013-01-01"}
    assert said.explanation.endswith("By this rule one may begin from 2013-01-01 on.")
    passes("term-stagger", election("LBN", "2013-01-01", "2015-01-01", terms=[*first, second]))
    passes("term-stagger", election("LBN", "2013-09-16", "2015-09-16", terms=[*first, second]))


def test_they_begin_apart_once_the_other_has_left_and_where_nobody_begins_in_the_same_year() -> None:
    first = [term("BIH", "2011-09-16", "2013-09-16"), term("AUT", "2011-09-16", "2012-09-14")]
    leaves = term("AFG", "2012-09-14", "2012-12-01")
    said = refuses("term-stagger", election("LBN", "2012-11-01", "2014-11-01", terms=[*first, leaves]))
    assert said.inputs["mayBeginFrom"] == "2012-12-01"
    passes("term-stagger", election("LBN", "2012-12-01", "2014-12-01", terms=[*first, leaves]))
    later = [term("AFG", "2012-09-14", "2014-09-12"), term("PHL", "2013-09-16", "2015-09-16")]
    said = refuses("term-stagger", election("LBN", "2012-12-01", "2014-12-01", terms=[*first, *later]))
    assert said.inputs["mayBeginFrom"] == "2014-01-01"
    passes("term-stagger", election("LBN", "2014-01-01", "2016-01-01", terms=[*first, *later]))


def test_one_that_is_gone_is_no_matter_for_the_staggering() -> None:
    gone = [term("BIH", "2011-09-16", "2012-03-01"), term("AUT", "2011-09-16", "2012-02-01")]
    passes("term-stagger", election("AFG", "2012-03-01", "2014-03-01", terms=gone))
    later = term("LBN", "2012-01-01", "2012-03-01")
    passes("term-stagger", election("AFG", "2012-03-01", "2014-03-01", terms=[*gone, later]))


def test_the_first_two_begin_together() -> None:
    is_silent("term-stagger", election(ends="2012-09-14", terms=(term("BIH", "2011-09-16", "2013-09-16"),)))
    is_silent("term-stagger", of_theme())


def test_a_vacancy_filled_keeps_the_beginning_of_its_term() -> None:
    left = term("AFG", "2012-09-14", "2013-02-01", elected_until=day("2014-09-12"))
    first = [term("BIH", "2011-09-16", "2013-09-16"), term("AUT", "2011-09-16", "2012-09-14")]
    is_silent("term-stagger", election("LBN", "2013-02-01", "2014-09-12", terms=[*first, left], completes=left))
    rest = term("LBN", "2013-02-01", "2014-09-12", completes=left.id)
    # By its own beginning, in 2013, the rest would stand against whoever begins then; by that of its term it does not.
    passes("term-stagger", election("CHE", "2013-09-16", "2015-09-16", terms=[*first, left, rest]))
    refuses("term-stagger", election("CHE", "2012-12-16", "2014-12-16", terms=[*first, left, rest]))


def test_it_keeps_it_though_it_is_left_too_and_whoever_begins_comes_after_the_first_has_left() -> None:
    first = [term("BIH", "2011-09-16", "2013-09-16"), term("AUT", "2011-09-16", "2012-02-01")]
    left = term("AFG", "2012-02-01", "2012-06-01", elected_until=day("2014-02-01"))
    rest = term("LBN", "2013-01-15", "2013-03-01", elected_until=day("2014-02-01"), completes=left.id)
    last = term("PHL", "2013-03-01", "2014-02-01", completes=rest.id)
    passes("term-stagger", election("CHE", "2013-09-16", "2015-09-16", terms=[*first, left, rest, last]))
    refuses("term-stagger", election("CHE", "2012-12-16", "2014-12-16", terms=[*first, left, rest, last]))


# ---------- a seat left early ----------


LEFT = term("AFG", "2012-09-14", "2013-02-01", elected_until=day("2014-09-12"))


def test_a_seat_left_early_is_filled_for_what_remains() -> None:
    rest = election("LBN", "2013-02-01", "2014-09-12", terms=(LEFT,), completes=LEFT)
    passes("vacancy", rest)
    passes("vacancy", replace(rest, starts_on=day("2013-09-13")))
    refuses("vacancy", replace(rest, starts_on=day("2013-01-31")))
    refuses("vacancy", replace(rest, ends_on=day("2014-09-13")))
    refuses("vacancy", replace(rest, ends_on=day("2014-09-11")))
    is_silent("term-length", rest)
    is_silent("term-first-round", rest)


def test_what_was_not_left_early_has_no_rest() -> None:
    served = term("AFG", "2012-09-14", "2014-09-12")
    to_the_end = term("AFG", "2012-09-14", "2014-09-12", elected_until=day("2014-09-12"))
    for each in (served, to_the_end, term("AFG", "2012-09-14", None)):
        said = refuses("vacancy", election("LBN", "2014-09-12", "2014-10-12", terms=(each,), completes=each))
        assert "not left early" in said.explanation


def test_nobody_is_elected_to_a_seat_left_early_for_a_new_term() -> None:
    other = term("BIH", "2011-09-16", "2013-09-16")
    said = refuses("vacancy", election("LBN", "2013-02-01", "2015-02-01", terms=(other, LEFT)))
    assert "AFG" in said.explanation
    passes("vacancy", election("LBN", "2013-02-01", "2015-02-01", terms=(LEFT,)))
    is_silent("vacancy", election("LBN", "2014-09-12", "2016-09-12", terms=(other, LEFT)))
    is_silent("vacancy", election("LBN", "2013-02-01", "2015-02-01", terms=(other,)))


def test_nor_where_whoever_has_the_other_seat_begins_later() -> None:
    later, last = term("BIH", "2014-01-01", "2016-01-01"), term("CHE", "2014-09-12", "2016-09-12")
    refuses("vacancy", election("LBN", "2013-03-01", "2015-03-01", terms=(LEFT, later)))
    passes("vacancy", election("LBN", "2013-03-01", "2015-03-01", terms=(LEFT, replace(last, id="CHE again"), last)))


def test_once_somebody_serves_the_rest_the_seat_is_no_longer_left() -> None:
    rest = term("LBN", "2013-02-01", "2014-09-12", completes=LEFT.id)
    assert remainders([LEFT, rest], day("2013-03-01")) == []
    assert remainders([LEFT], day("2013-02-01")) == [LEFT]
    assert remainders([LEFT], day("2013-01-31")) == []
    assert remainders([LEFT], day("2014-09-11")) == [LEFT]
    assert remainders([LEFT], day("2014-09-12")) == []


# ---------- after whom ----------


def test_no_state_follows_itself_in_the_same_theme_or_another() -> None:
    for portfolio in (GROUP, "universalization", THEME):
        before = term("AUT", "2009-09-16", "2011-09-16", portfolio=portfolio)
        said = refuses("coordinator-rotation", election(terms=(before,)))
        assert said.inputs["before"] == [portfolio]


def test_whoever_left_before_the_first_day_provided_no_coordinator() -> None:
    never = term("AUT", "2011-09-16", "2011-09-16", portfolio="universalization", elected_until=day("2013-09-16"))
    passes("coordinator-rotation", election(terms=(never,)))


def test_the_term_immediately_following_begins_on_the_day_the_other_ends() -> None:
    for ends in ("2011-09-15", "2011-09-17"):
        passes("coordinator-rotation", election(terms=(term("AUT", "2009-09-16", ends),)))
    passes("coordinator-rotation", election(terms=(term("BIH", "2009-09-16", "2011-09-16"),)))


def test_no_state_comes_right_before_a_term_of_its_own_that_was_recorded_first() -> None:
    ends = election().ends_on
    for portfolio in (GROUP, "universalization", THEME):
        after = term("AUT", str(ends), "2015-09-16", portfolio=portfolio)
        said = refuses("coordinator-rotation", election(terms=(after,)))
        assert (said.inputs["before"], said.inputs["after"]) == ([], [portfolio])
    for starts in (ends - timedelta(days=1), ends + timedelta(days=1)):
        passes("coordinator-rotation", election(terms=(term("AUT", str(starts), "2015-09-16"),)))
    same = term("BEL", str(of_theme().ends_on), "2015-09-16", portfolio=THEME)
    passes("coordinator-rotation", of_theme(terms=(same,)), "current-practice")


def test_practice_renews_a_theme_but_warns_of_any_other() -> None:
    same = term("BEL", "2010-09-16", "2011-09-16", portfolio=THEME)
    passes("coordinator-rotation", of_theme(terms=(same,)), "current-practice")
    refuses("coordinator-rotation", of_theme(terms=(same,)))
    other = replace(same, portfolio="universalization")
    refuses("coordinator-rotation", of_theme(terms=(other,)), "current-practice")
    in_group = replace(same, portfolio=GROUP)
    refuses("coordinator-rotation", election("BEL", terms=(in_group,)), "current-practice")


# ---------- affected States ----------


def test_one_of_the_two_comes_from_an_affected_state() -> None:
    affected = {"BIH": frozenset({4}), "AFG": frozenset({5}), "CHE": frozenset({3})}
    other = term("BIH", "2011-09-16", "2013-09-16")
    passes("coordinator-affected", election(terms=(other,), affected=affected))
    passes("coordinator-affected", election("AFG", affected=affected))
    refuses("coordinator-affected", election("CHE", affected=affected))
    said = refuses(
        "coordinator-affected", election(terms=(term("JPN", "2011-09-16", "2013-09-16"),), affected=affected)
    )
    assert said.inputs["coordinators"] == ["AUT", "JPN"]


def test_those_who_serve_on_the_day_it_begins_count_and_no_others() -> None:
    affected = {"BIH": frozenset({4})}
    refuses("coordinator-affected", election(terms=(term("BIH", "2009-09-16", "2011-09-16"),), affected=affected))
    refuses("coordinator-affected", election(terms=(term("BIH", "2012-09-16", "2014-09-16"),), affected=affected))
    elsewhere = term("BIH", "2011-09-16", "2013-09-16", portfolio="universalization")
    refuses("coordinator-affected", election(terms=(elsewhere,), affected=affected))


def test_it_is_not_asked_of_themes() -> None:
    is_silent("coordinator-affected", of_theme())


# ---------- all of them again ----------


def test_terms_are_judged_anew_each_before_those_that_begin_later_and_for_as_long_as_it_was_elected() -> None:
    rest = term("LBN", "2013-02-01", "2014-09-12", completes=LEFT.id)
    unended = term("BIH", "2011-09-16", None)

    found = list(
        in_order(
            [rest, LEFT, unended],
            {GROUP: Portfolio(GROUP, BodyKind.WORKING_GROUP, 2)},
            {"LBN": (day("2011-01-01"), None)},
        )
    )

    assert [(each.state, judged.ends_on, judged.terms) for each, judged in found] == [
        ("AFG", day("2014-09-12"), (unended,)),
        ("LBN", day("2014-09-12"), (unended, LEFT)),
    ]
    assert [(judged.completes, judged.in_force_from) for _, judged in found] == [
        (None, None),
        (LEFT, day("2011-01-01")),
    ]


# ---------- what is computed ----------


def test_who_begins_first_has_seat_a_and_who_completes_a_term_has_its_seat() -> None:
    one, two = term("AUT", "2011-09-16", "2012-09-14"), term("BIH", "2011-09-16", "2013-09-16")
    left = term("AFG", "2012-09-14", "2013-02-01", elected_until=day("2014-09-12"))
    rest = term("LBN", "2013-02-01", "2014-09-12", completes=left.id)
    next_ = term("CHE", "2013-09-16", "2015-09-16")

    assert seats_of([next_, rest, two, left, one], theme=False) == {
        one.id: Seat.A,
        two.id: Seat.B,
        left.id: Seat.A,
        rest.id: Seat.A,
        next_.id: Seat.B,
    }
    assert seats_of([one], theme=True) == {one.id: Seat.SINGLE}


def test_a_third_at_once_as_history_may_have_it_is_not_lost() -> None:
    three = [term(state, "2011-09-16", "2013-09-16") for state in ("AUT", "BIH", "CHE")]
    assert list(seats_of(three, theme=False).values()) == [Seat.A, Seat.B, Seat.B]


def test_where_a_term_stands_on_a_day() -> None:
    served, left = term("AUT", "2011-09-16", "2013-09-16"), LEFT
    assert [status_on(served, day(on)) for on in ("2011-09-15", "2011-09-16", "2013-09-15", "2013-09-16")] == [
        TermStatus.ELECTED,
        TermStatus.CURRENT,
        TermStatus.CURRENT,
        TermStatus.COMPLETED,
    ]
    assert status_on(left, day("2013-02-01")) is TermStatus.RESIGNED


def test_when_a_president_takes_office_is_for_the_version_to_say() -> None:
    proposal, practice = (
        rule_sets()[code].rules["president-preparation"] for code in ("2011-proposal", "current-practice")
    )
    gives("president-preparation", TermMoment.OPENING, proposal.parameters)
    gives("president-preparation", TermMoment.CLOSE, practice.parameters)


# ---------- what the review finds ----------


@dataclass(frozen=True)
class Posts:
    as_of: date = date(2013, 1, 1)
    begun: date = date(2011, 9, 16)
    portfolios: Sequence[Portfolio] = (
        Portfolio(GROUP, BodyKind.WORKING_GROUP, 2),
        Portfolio(THEME, BodyKind.THEMATIC_AREA, 1),
    )
    terms: Sequence[Term] = ()
    affected: Mapping[str, frozenset[int]] = field(default_factory=dict)


def test_the_six_groups_exist_each_once() -> None:
    codes = rule_sets()["2011-proposal"].rules["groups-six"].parameters["groups"]
    six = [Portfolio(code, BodyKind.WORKING_GROUP, 2) for code in codes]
    finds_nothing("groups-six", Posts(portfolios=six))
    (missing,) = finds_something("groups-six", Posts(portfolios=six[1:]))
    assert codes[0] in missing.message
    (twice,) = finds_something("groups-six", Posts(portfolios=[*six, six[0]]))
    assert "2 times" in twice.message
    themes = [Portfolio(code, BodyKind.THEMATIC_AREA, 1) for code in codes]
    assert len(finds_something("groups-six", Posts(portfolios=themes))) == 6


def test_a_group_and_a_theme_without_a_coordinator_are_found() -> None:
    held = [term("AUT", "2012-09-14", "2014-09-12"), term("BEL", "2012-09-14", "2014-09-12", portfolio=THEME)]
    finds_nothing("group-seats", Posts(terms=held))
    finds_nothing("theme-seat", Posts(terms=held))
    (group,) = finds_something("group-seats", Posts(terms=held[1:]))
    assert (group.concerns, group.since) == (("WorkingGroup", GROUP), date(2011, 9, 16))
    (theme,) = finds_something("theme-seat", Posts(terms=held[:1]))
    assert theme.concerns == ("ThematicArea", THEME)


def test_a_seat_is_empty_since_the_last_one_left_it() -> None:
    before = [term("AUT", "2010-09-16", "2012-09-14"), term("BIH", "2011-09-16", "2012-10-01")]
    (group,) = finds_something("group-seats", Posts(terms=[*before, term("CHE", "2013-09-16", "2015-09-16")]))
    assert group.since == date(2012, 10, 1)
    (group,) = finds_something("group-seats", Posts(terms=[term("AUT", "2009-09-16", "2011-09-15")]))
    assert group.since == date(2011, 9, 16)


def test_a_group_without_an_affected_state_is_found() -> None:
    held = [term("AUT", "2012-09-14", "2014-09-12"), term("BIH", "2011-09-16", "2013-09-16")]
    finds_nothing("coordinator-affected", Posts(terms=held, affected={"BIH": frozenset({5})}))
    (found,) = finds_something("coordinator-affected", Posts(terms=held, affected={"BIH": frozenset({3})}))
    assert (found.since, found.inputs) == (date(2012, 9, 14), {"coordinators": ["AUT", "BIH"]})
    finds_nothing("coordinator-affected", Posts())
    finds_nothing("coordinator-affected", Posts(terms=[term("BEL", "2012-09-14", "2014-09-12", portfolio=THEME)]))


def test_who_left_without_a_handover_note_is_found() -> None:
    ended = term("AUT", "2011-09-16", "2012-09-14")
    (found,) = finds_something("coordinator-continuity", Posts(terms=[ended]))
    assert (found.since, found.due_on, found.concerns) == (ended.ends_on, ended.ends_on, ("CoordinatorTerm", ended.id))
    finds_nothing("coordinator-continuity", Posts(terms=[replace(ended, handed_over_on=day("2012-09-10"))]))
    finds_nothing("coordinator-continuity", Posts(terms=[replace(ended, handed_over_on=day("2012-12-10"))]))
    finds_something("coordinator-continuity", Posts(terms=[replace(ended, handed_over_on=day("2013-01-02"))]))
    for other in (("2011-09-16", "2013-01-02"), ("2011-09-16", None), ("2010-09-16", "2011-09-16")):
        finds_nothing("coordinator-continuity", Posts(terms=[term("AUT", *other)]))
    finds_something("coordinator-continuity", Posts(terms=[term("AUT", "2011-09-16", "2013-01-01")]))


def test_a_fellow_whose_end_is_not_known_serves_neither_one_year_nor_two() -> None:
    refuses("term-first-round", election(ends="2012-09-14", terms=(term("BIH", "2011-09-16", None),)))


def test_a_seat_that_falls_empty_on_the_day_is_empty_since_that_day() -> None:
    (group,) = finds_something("group-seats", Posts(terms=[term("AUT", "2011-09-16", "2013-01-01")]))
    assert group.since == date(2013, 1, 1)
