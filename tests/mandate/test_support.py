"""What the mandate says of the ISU: its Director, its independence, instructions, and the time before it operates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pytest

from mandate.decision import Cited
from mandate.rule import PROPOSAL, Check, RuleVerdict, judge, rule_sets
from mandate.support import (
    Appointment,
    Arrangement,
    ArrangementFacts,
    ArrangementKind,
    DirectorFacts,
    Instructed,
    an_interim_capacity_is_in_place,
    an_interim_capacity_leaves_no_gap,
    established_on,
    it_has_no_formal_tie_to_another_isu,
    states_parties_are_involved,
    the_isu_has_a_director,
    there_is_one_director_at_a_time,
)
from tests.mandate.judging import finds_nothing, finds_something, passes, refuses

BEGUN = date(2011, 9, 16)


def verdict(check: Check, facts: object) -> RuleVerdict:
    (evaluation,) = judge([check], facts, rule_sets()[PROPOSAL])
    return evaluation.verdict


def director(starts: str, ends: str | None = None) -> DirectorFacts:
    until = None if ends is None else date.fromisoformat(ends)
    return DirectorFacts(id=starts, starts_on=date.fromisoformat(starts), ends_on=until)


def support(
    starts: str, ends: str | None = None, kind: ArrangementKind = ArrangementKind.INTERIM_CAPACITY
) -> ArrangementFacts:
    until = None if ends is None else date.fromisoformat(ends)
    return ArrangementFacts(
        id=starts, kind=kind, organisation="UNDP", starts_on=date.fromisoformat(starts), ends_on=until
    )


@dataclass(frozen=True, kw_only=True)
class Known:
    as_of: date
    begun: date = BEGUN
    directors: Sequence[DirectorFacts] = ()
    arrangements: Sequence[ArrangementFacts] = ()


# ---------- the Director ----------


def appointment(starts: str, ends: str | None, *others: DirectorFacts) -> Appointment:
    until = None if ends is None else date.fromisoformat(ends)
    return Appointment(starts_on=date.fromisoformat(starts), ends_on=until, others=others)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (appointment("2015-05-01", None), RuleVerdict.SATISFIED),
        (appointment("2018-05-01", None, director("2015-05-01", "2018-05-01")), RuleVerdict.SATISFIED),
        (appointment("2012-01-01", "2015-05-01", director("2015-05-01")), RuleVerdict.SATISFIED),
        (appointment("2018-04-30", None, director("2015-05-01", "2018-05-01")), RuleVerdict.VIOLATED),
        (appointment("2018-05-01", None, director("2015-05-01")), RuleVerdict.VIOLATED),
        (appointment("2012-01-01", None, director("2015-05-01", "2018-05-01")), RuleVerdict.VIOLATED),
    ],
)
def test_there_is_one_director_at_a_time(facts: Appointment, wanted: RuleVerdict) -> None:
    assert verdict(there_is_one_director_at_a_time, facts) is wanted


def without_director(as_of: str, *directors: DirectorFacts) -> list[date | None]:
    known = Known(as_of=date.fromisoformat(as_of), directors=directors)
    return [each.since for each in the_isu_has_a_director(known, {})]


def test_an_isu_with_a_director_is_no_finding() -> None:
    assert without_director("2016-01-01", director("2015-05-01")) == []


def test_an_isu_whose_director_left_has_none_since() -> None:
    terms = director("2015-05-01", "2018-05-01"), director("2020-01-01")

    assert without_director("2018-04-30", *terms) == []
    assert without_director("2018-05-01", *terms) == [date(2018, 5, 1)]
    assert without_director("2018-05-01", *terms, director("2020-01-01", "2021-01-01")) == [date(2018, 5, 1)]
    assert without_director("2020-01-01", *terms) == []


def test_before_there_is_an_isu_nobody_has_to_direct_it() -> None:
    assert without_director("2015-04-30", director("2015-05-01")) == []
    assert without_director("2015-04-30") == []


def test_an_isu_that_is_hosted_and_has_no_director_yet_is_a_finding() -> None:
    hosted = support("2014-08-02", kind=ArrangementKind.HOST)

    (found,) = the_isu_has_a_director(Known(as_of=date(2014, 12, 31), arrangements=[hosted]), {})
    assert found.since == date(2014, 8, 2)


def test_the_isu_is_established_with_its_director_or_its_host_whichever_is_first() -> None:
    hosted, interim = support("2014-08-02", kind=ArrangementKind.HOST), support("2011-09-16")

    assert established_on([director("2015-05-01")], [hosted, interim]) == date(2014, 8, 2)
    assert established_on([director("2013-05-01")], [hosted]) == date(2013, 5, 1)
    assert established_on([], [interim]) is None


# ---------- independence ----------


def arrangement(kind: ArrangementKind, *, with_another_isu: bool) -> Arrangement:
    return Arrangement(
        kind=kind,
        organisation="GICHD",
        starts_on=date(2014, 8, 2),
        ends_on=None,
        with_another_isu=with_another_isu,
        begun=BEGUN,
    )


@pytest.mark.parametrize("kind", ArrangementKind)
def test_no_arrangement_ties_it_to_another_isu(kind: ArrangementKind) -> None:
    check = it_has_no_formal_tie_to_another_isu

    assert verdict(check, arrangement(kind, with_another_isu=False)) is RuleVerdict.SATISFIED
    assert verdict(check, arrangement(kind, with_another_isu=True)) is RuleVerdict.VIOLATED


@pytest.mark.parametrize(
    ("also_serves", "with_another_isu", "wanted"),
    [
        (None, False, RuleVerdict.SATISFIED),
        ("GICHD", False, RuleVerdict.SATISFIED),
        ("ISU-APMBC", True, RuleVerdict.VIOLATED),
    ],
)
def test_no_director_is_shared_with_another_isu(
    also_serves: str | None, with_another_isu: bool, wanted: RuleVerdict
) -> None:
    facts = Appointment(
        starts_on=date(2015, 5, 1),
        ends_on=None,
        others=(),
        also_serves=also_serves,
        with_another_isu=with_another_isu,
    )

    assert verdict(it_has_no_formal_tie_to_another_isu, facts) is wanted


# ---------- the interim ----------


def gaps(as_of: str, *arrangements: ArrangementFacts, directors: Sequence[DirectorFacts] = ()) -> list[tuple[str, str]]:
    known = Known(as_of=date.fromisoformat(as_of), arrangements=arrangements, directors=directors)
    found = an_interim_capacity_is_in_place(known, {})
    return [(each.inputs["from"], each.inputs["until"] or "") for each in found]


def test_an_interim_capacity_without_a_gap_until_the_isu_is_no_finding() -> None:
    two = support("2011-09-16", "2013-01-01"), support("2013-01-01", "2015-05-01")

    assert gaps("2012-06-01", *two) == []
    assert gaps("2020-01-01", *two, directors=[director("2015-05-01")]) == []
    assert gaps("2020-01-01", support("2010-01-01"), directors=[director("2015-05-01")]) == []


def test_every_gap_is_a_finding() -> None:
    some = support("2011-10-01", "2012-10-01"), support("2013-01-01", "2014-01-01")

    assert gaps("2014-06-30", *some) == [
        ("2011-09-16", "2011-10-01"),
        ("2012-10-01", "2013-01-01"),
        ("2014-01-01", ""),
    ]
    assert gaps("2015-06-30", *some, directors=[director("2015-05-01")])[-1] == ("2014-01-01", "2015-05-01")


def test_a_gap_ends_with_the_isu_though_an_interim_capacity_came_after_it() -> None:
    late = support("2016-01-01")
    assert gaps("2017-01-01", late, directors=[director("2015-05-01")]) == [("2011-09-16", "2015-05-01")]


def test_of_two_at_a_time_the_one_that_lasts_longer_leaves_no_gap() -> None:
    two = support("2011-09-16", "2014-01-01"), support("2012-01-01", "2012-06-01")
    assert gaps("2014-06-30", *two) == [("2014-01-01", "")]


def test_without_any_there_is_one_gap_since_the_version_begins() -> None:
    assert gaps("2011-09-15") == []
    assert gaps("2011-09-16") == [("2011-09-16", "")]
    assert gaps("2014-06-30", support("2011-09-16", kind=ArrangementKind.SERVICES)) == [("2011-09-16", "")]


def interim(
    starts: str, *others: ArrangementFacts, kind: ArrangementKind = ArrangementKind.INTERIM_CAPACITY
) -> Arrangement:
    return Arrangement(
        kind=kind,
        organisation="UNDP",
        starts_on=date.fromisoformat(starts),
        ends_on=None,
        with_another_isu=False,
        begun=BEGUN,
        others=others,
    )


def test_an_interim_capacity_that_leaves_a_gap_before_it_is_warned() -> None:
    check = an_interim_capacity_leaves_no_gap

    assert verdict(check, interim("2011-09-16")) is RuleVerdict.SATISFIED
    assert verdict(check, interim("2012-01-01", support("2011-09-16", "2012-01-01"))) is RuleVerdict.SATISFIED
    assert verdict(check, interim("2012-01-02", support("2011-09-16", "2012-01-01"))) is RuleVerdict.WARNING
    assert verdict(check, interim("2012-01-02", kind=ArrangementKind.HOST)) is RuleVerdict.NOT_APPLICABLE


# ---------- instructions ----------


def decided(kind: str, on: date = date(2012, 9, 14)) -> Cited:
    return Cited(meeting="X", meeting_kind=kind, adopted_on=on, sat=[(date(2012, 9, 11), date(2012, 9, 14))])


@pytest.mark.parametrize(
    ("cited", "committee_met", "wanted"),
    [
        (decided("meeting_of_states_parties"), False, RuleVerdict.SATISFIED),
        (decided("review_conference"), True, RuleVerdict.SATISFIED),
        (None, True, RuleVerdict.SATISFIED),
        (decided("coordination_committee"), False, RuleVerdict.SATISFIED),
        (None, False, RuleVerdict.WARNING),
        (decided("intersessional_meeting"), False, RuleVerdict.WARNING),
        (decided("meeting_of_states_parties", date(2012, 10, 1)), False, RuleVerdict.WARNING),
    ],
)
def test_an_instruction_rests_on_a_decision_of_states_parties(
    cited: Cited | None, committee_met: bool, wanted: RuleVerdict
) -> None:
    assert verdict(states_parties_are_involved, Instructed(cited=cited, committee_met=committee_met)) is wanted


# ---------- each rule by itself ----------


def test_each_rule_by_itself() -> None:
    passes("isu-director", appointment("2015-05-01", None))
    refuses("isu-director", appointment("2015-05-01", None, director("2014-05-01")))
    established = Known(as_of=date(2016, 1, 1), directors=[director("2015-05-01")])
    finds_nothing("isu-director", established)
    finds_something("isu-director", Known(as_of=date(2016, 1, 1), directors=[director("2015-05-01", "2015-12-01")]))
    passes("isu-independent", arrangement(ArrangementKind.HOST, with_another_isu=False))
    refuses("isu-independent", arrangement(ArrangementKind.HOST, with_another_isu=True))
    passes("isu-interim", interim("2011-09-16"))
    refuses("isu-interim", interim("2012-01-02"))
    finds_nothing("isu-interim", Known(as_of=date(2012, 1, 1), arrangements=[support("2011-09-16")]))
    finds_something("isu-interim", Known(as_of=date(2012, 1, 1)))
    passes("isu-instructions", Instructed(cited=decided("review_conference"), committee_met=False))
    refuses("isu-instructions", Instructed(cited=None, committee_met=False))
