"""Who sits on the Coordination Committee, and which seats are free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from mandate.committee import (
    CommitteeCapacity,
    CommitteeRole,
    Composition,
    Holding,
    Nomination,
    members,
    vacancies,
)
from mandate.day import PartialDate
from mandate.office import BodyKind, Portfolio, Seat, Term
from mandate.rule import rule_sets
from tests.mandate.judging import finds_nothing, finds_something, gives, passes, refuses

SINCE = PartialDate.of(date(2011, 9, 16))
GROUP, THEME = "victim_assistance", "reporting_and_transparency"
PROPOSAL, PRACTICE = (
    rule_sets()[code].rules["committee-members"].parameters for code in ("2011-proposal", "current-practice")
)


def held(party: str, **given: Any) -> Holding:
    return Holding(**{"term": f"of {party}", "party": party, "since": SINCE, "until": None, **given})


COMMITTEE = Composition(
    president=held("STATE:LBN", person="Adnan Mansour"),
    designate=held("STATE:NOR"),
    outgoing=held("STATE:LAO"),
    coordinators=[
        held("STATE:AUT", portfolio=GROUP, kind=BodyKind.WORKING_GROUP),
        held("STATE:BEL", portfolio=THEME, kind=BodyKind.THEMATIC_AREA),
    ],
    representatives={"ICRC": [held("ORGANISATION:ICRC", person="Somebody")]},
    invited=[held("ORGANISATION:GICHD")],
    since=SINCE,
)


def seated(composition: Composition, parameters: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (seat.role.value, seat.capacity.value, str(seat.party), seat.basis[0].paragraph)
        for seat in members(composition, parameters)
    ]


def test_the_members_are_those_of_the_paper_each_by_its_paragraph() -> None:
    assert seated(COMMITTEE, PROPOSAL) == [
        ("PRESIDENT", "MEMBER", "STATE:LBN", "Proposal 3(2)(a)"),
        ("WORKING_GROUP_COORDINATOR", "MEMBER", "STATE:AUT", "Proposal 3(2)(b)"),
        ("THEMATIC_COORDINATOR", "MEMBER", "STATE:BEL", "Proposal 3(2)(c)"),
        ("PRESIDENT_DESIGNATE", "MEMBER", "STATE:NOR", "Proposal 3(2)(d)"),
        ("ICRC", "MEMBER", "ORGANISATION:ICRC", "Proposal 3(2)(e)"),
        ("UNITED_NATIONS", "MEMBER", "ORGANISATION:UN", "Proposal 3(2)(e)"),
        ("CLUSTER_MUNITION_COALITION", "MEMBER", "ORGANISATION:CMC", "Proposal 3(2)(f)"),
        ("INVITED_PARTY", "INVITED", "ORGANISATION:GICHD", "Proposal 3(1)"),
    ]


def test_in_practice_the_outgoing_president_is_a_member_and_three_organisations_observe() -> None:
    found = {role: capacity for role, capacity, _, _ in seated(COMMITTEE, PRACTICE)}
    assert found["OUTGOING_PRESIDENT"] == "MEMBER"
    assert {found[role] for role in ("ICRC", "UNITED_NATIONS", "CLUSTER_MUNITION_COALITION")} == {"OBSERVER"}


def test_a_seat_tells_its_holder_and_since_when() -> None:
    president, coordinator, *_ = members(COMMITTEE, PROPOSAL)
    assert (president.person, president.term, president.since) == ("Adnan Mansour", "of STATE:LBN", SINCE)
    assert coordinator.portfolio == GROUP
    red_cross, united_nations = members(COMMITTEE, PROPOSAL)[4:6]
    assert red_cross.person == "Somebody"
    assert (united_nations.person, united_nations.term, united_nations.since) == (None, None, SINCE)


def test_whom_nobody_knows_has_no_seat() -> None:
    nobody = Composition(
        president=None, designate=None, outgoing=None, coordinators=[], representatives={}, since=SINCE
    )
    gives("committee-members", members(nobody, PROPOSAL), nobody, PROPOSAL)
    assert [role for role, _, _, _ in seated(nobody, PRACTICE)] == [
        CommitteeRole.ICRC,
        CommitteeRole.UNITED_NATIONS,
        CommitteeRole.CLUSTER_MUNITION_COALITION,
    ]
    gives("committee-members", members(COMMITTEE, PROPOSAL), COMMITTEE, PROPOSAL)
    assert members(COMMITTEE, PROPOSAL) != members(nobody, PROPOSAL)
    assert CommitteeCapacity.OBSERVER not in {seat.capacity for seat in members(nobody, PROPOSAL)}


def test_each_organisation_names_its_own_representative() -> None:
    for code in ("ICRC", "UN", "CMC"):
        passes("committee-representatives", Nomination(organisation=code, by=code))
    assert "ICRC" in refuses("committee-representatives", Nomination(organisation="ICRC", by="CMC")).explanation
    refuses("committee-representatives", Nomination(organisation="ICRC", by=None))
    refuses("committee-representatives", Nomination(organisation="GICHD", by="GICHD"))


@dataclass(frozen=True)
class Represented:
    begun: date = date(2011, 9, 16)
    representatives: Mapping[str, date | None] = field(default_factory=dict)


def test_one_that_has_named_nobody_is_found() -> None:
    named: dict[str, date | None] = dict.fromkeys(("ICRC", "UN", "CMC"))
    finds_nothing("committee-representatives", Represented(representatives=named))
    (found,) = finds_something("committee-representatives", Represented(representatives={"ICRC": None, "UN": None}))
    assert (found.concerns, found.since) == (("Organisation", "CMC"), date(2011, 9, 16))
    ended = {**named, "UN": date(2013, 5, 1)}
    (found,) = finds_something("committee-representatives", Represented(representatives=ended))
    assert (found.concerns, found.since) == (("Organisation", "UN"), date(2013, 5, 1))
    early = {**named, "UN": date(2010, 5, 1)}
    (found,) = finds_something("committee-representatives", Represented(representatives=early))
    assert found.since == date(2011, 9, 16)


# ---------- vacancies ----------

PORTFOLIOS = [Portfolio(GROUP, BodyKind.WORKING_GROUP, 2), Portfolio(THEME, BodyKind.THEMATIC_AREA, 1)]
ONE = Term(id="1", portfolio=GROUP, state="AUT", starts_on=date(2011, 9, 16), ends_on=date(2012, 9, 14))
TWO = replace(ONE, id="2", state="BIH", ends_on=date(2013, 9, 16))
OF_THEME = replace(ONE, id="3", portfolio=THEME, state="BEL", ends_on=date(2013, 9, 16))
NOW = date(2012, 1, 1)


def free(terms: list[Term], before: date = NOW, affected: Mapping[str, frozenset[int]] | None = None) -> list[Any]:
    return vacancies(PORTFOLIOS, terms, NOW, before, affected or {}, rule_sets()["2011-proposal"])


def test_nothing_is_free_while_all_seats_are_held() -> None:
    assert free([ONE, TWO, OF_THEME]) == []


def test_a_seat_falls_free_when_its_term_ends() -> None:
    (found,) = free([ONE, TWO, OF_THEME], date(2012, 9, 15))
    assert (found.portfolio, found.seat, found.opens_on) == (GROUP, Seat.A, date(2012, 9, 14))
    assert found.excluded == ("AUT",)
    assert found.affected_preferred
    assert free([ONE, TWO, OF_THEME], date(2012, 9, 14)) == [], "before a day is not on it"
    three = free([ONE, TWO, OF_THEME], date(2013, 9, 17))
    assert [(each.portfolio, each.seat) for each in three] == [(GROUP, Seat.A), (GROUP, Seat.B), (THEME, Seat.SINGLE)]


def test_a_seat_for_which_somebody_is_elected_falls_free_after_them() -> None:
    next_ = replace(ONE, id="4", state="CHE", starts_on=date(2012, 9, 14), ends_on=date(2014, 9, 12))
    assert free([ONE, TWO, OF_THEME, next_], date(2013, 1, 1)) == []
    (found,) = free([ONE, replace(TWO, ends_on=None), OF_THEME, next_], date(2014, 9, 13))[:1]
    assert found.opens_on == date(2014, 9, 12)


def test_whoever_serves_without_an_end_leaves_no_vacancy() -> None:
    forever = [replace(each, ends_on=None) for each in (ONE, TWO, OF_THEME)]
    assert free(forever, date(2099, 1, 1)) == []


def test_an_affected_state_is_wanted_where_the_other_is_none() -> None:
    terms = [TWO, OF_THEME]
    assert free(terms)[0].affected_preferred
    assert not free(terms, affected={"BIH": frozenset({4})})[0].affected_preferred
    assert free(terms, affected={"BIH": frozenset({3})})[0].affected_preferred
    assert not free([ONE, TWO])[0].affected_preferred


def test_a_seat_left_early_is_free_for_the_rest_of_its_term() -> None:
    left = replace(ONE, ends_on=date(2011, 12, 1), elected_until=date(2012, 9, 14))
    (found,) = free([left, TWO, OF_THEME])
    assert (found.seat, found.opens_on, found.completes, found.until) == (Seat.A, NOW, "1", date(2012, 9, 14))
    (later,) = free([replace(left, ends_on=date(2012, 3, 1)), TWO, OF_THEME], date(2012, 6, 1))
    assert (later.opens_on, later.completes) == (date(2012, 3, 1), "1")
    assert later.excluded == ("AUT",)


def test_excluded_is_also_who_begins_a_term_when_the_one_to_be_elected_ends() -> None:
    elsewhere = replace(ONE, id="4", portfolio="universalization", state="CHL", ends_on=None)
    for starts_on, excluded in ((date(2014, 9, 14), True), (date(2014, 9, 15), False)):
        (found,) = free([ONE, TWO, OF_THEME, replace(elsewhere, starts_on=starts_on)], date(2012, 9, 15))
        assert ("CHL" in found.excluded) is excluded
    # Of a term left early, when what remains of it does.
    left = replace(ONE, ends_on=date(2011, 12, 1), elected_until=date(2012, 9, 14))
    for starts_on, excluded in ((date(2012, 9, 14), True), (date(2014, 1, 1), False)):
        (found,) = free([left, TWO, OF_THEME, replace(elsewhere, starts_on=starts_on)])
        assert ("CHL" in found.excluded) is excluded


def test_of_two_seats_left_early_each_is_free_for_its_own_rest() -> None:
    left = [replace(each, ends_on=date(2011, 12, 1), elected_until=each.ends_on) for each in (ONE, TWO)]
    assert [(each.seat, each.completes, each.until) for each in free([*left, OF_THEME])] == [
        (Seat.A, "1", ONE.ends_on),
        (Seat.B, "2", TWO.ends_on),
    ]


def test_who_served_before_the_seat_opens_does_not_count_as_serving() -> None:
    before = replace(ONE, id="0", state="LBN", starts_on=date(2009, 9, 16), ends_on=date(2011, 9, 16))
    assert free([before, TWO, OF_THEME], affected={"LBN": frozenset({4})})[0].affected_preferred


def test_a_party_that_has_a_seat_is_not_invited_as_well() -> None:
    twice = replace(COMMITTEE, invited=[held("STATE:LBN"), held("ORGANISATION:GICHD")])
    assert seated(twice, PROPOSAL) == seated(COMMITTEE, PROPOSAL)
