"""Elections as the API takes them: what is refused, what is told, and what stays on record."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

import db as tables
from db.table import new_id
from db.unit import Signature, Unit
from mandate.actor import PUBLIC, Capacity, Scope, Visibility
from mandate.day import PartialDate
from schema.id import decode_id, encode_id
from tests.call import ask, caller, hide, through_the_unit
from tests.institution import TERM, Institution, violated, warned

pytestmark = pytest.mark.anyio

GROUP, THEME = "victim_assistance", "reporting_and_transparency"
ELIGIBILITY = """query ($state: CountryCode!, $portfolio: String!, $on: Date!, $until: Date, $at: String, $decision: ID,
    $completes: ID, $ruleSet: String) {
  coordinatorEligibility(state: $state, portfolio: $portfolio, startsOn: $on, endsOn: $until, electedAt: $at,
      decision: $decision, completes: $completes, ruleSet: $ruleSet) {
    eligible ruleSet asOf evaluations { rule { code } verdict explanation inputs } } }"""


async def begin(isu: Institution) -> None:
    """The Second, Third and Fourth Meeting are in the calendar."""
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16", city="Beirut", country="LBN")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14", city="Oslo", country="NOR")
    await isu.meeting("4MSP", "2013-09-10", "2013-09-13", city="Lusaka", country="ZMB")


async def elect(isu: Institution, state: str, meeting: str = "2MSP", **given: Any) -> Any:
    days = {"2MSP": "2011-09-16", "3MSP": "2012-09-14", "4MSP": "2013-09-13"}
    if "decision" not in given:
        given["decision"] = await isu.decision(meeting, days[meeting], number=f"{state} {len(given)}")
    return await isu("electCoordinator", state=state, **{"portfolio": GROUP, **given})


def asked_of(report: Any) -> dict[str, str]:
    return {each["rule"]["code"]: each["verdict"] for each in report["evaluations"]}


def evaluated(result: Any) -> dict[str, str]:
    return {each["rule"]["code"]: each["verdict"] for each in result["ruleEvaluations"]}


# ---------- what it comes to ----------


async def test_a_term_runs_for_two_years_from_the_close_of_the_meeting(isu: Institution) -> None:
    result = await elect(isu, "BIH")

    term = result["term"]
    assert (term["startsOn"], term["endsOn"], term["seat"], term["status"]) == (
        "2011-09-16",
        "2013-09-16",
        "A",
        "COMPLETED",
    )
    assert evaluated(result) == {
        "coordinator-party": "SATISFIED",
        "coordinator-elected": "SATISFIED",
        "group-seats": "SATISFIED",
        "theme-seat": "NOT_APPLICABLE",
        "term-length": "SATISFIED",
        "term-first-round": "SATISFIED",
        "term-stagger": "SATISFIED",
        "vacancy": "NOT_APPLICABLE",
        "coordinator-rotation": "SATISFIED",
        "coordinator-affected": "SATISFIED",
    }
    assert {each["rule"]["code"]: each["verdict"] for each in term["evaluations"]} == evaluated(result)


async def test_all_that_stands_against_an_election_is_told_at_once(isu: Institution) -> None:
    await isu.meeting(
        "IM-2012", "2012-04-16", "2012-04-19", kind="intersessional_meeting", formality="INFORMAL", city="Geneva"
    )
    decision = await isu.decision("IM-2012", "2012-04-18")
    result = await elect(isu, "USA", decision=decision, endsOn="2016-01-01")

    assert violated(result) == ["coordinator-party", "coordinator-elected", "term-length"]
    assert all(rule in result["message"] for rule in violated(result))
    assert (await isu.ask("{ coordinatorTerms { id } }"))["coordinatorTerms"] == []


@pytest.mark.parametrize(
    ("state", "starts"),
    [("USA", "2011-09-16"), ("AGO", "2011-09-16"), ("CHE", "2011-09-16"), ("LTU", "2024-09-06")],
    ids=["not party", "signatory", "not yet in force", "withdrawing"],
)
async def test_a_coordinator_comes_from_a_state_party(isu: Institution, state: str, starts: str) -> None:
    result = await elect(isu, state, startsOn=starts)

    assert violated(result) == ["coordinator-party"]


async def test_a_third_coordinator_and_a_second_of_a_theme_are_refused(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    await isu.done("electCoordinator", portfolio=GROUP, state="BIH", decision=decision)
    await isu.done("electCoordinator", portfolio=GROUP, state="AUT", decision=decision, endsAt={"meeting": "3MSP"})
    await isu.done("electCoordinator", portfolio=THEME, state="BEL", decision=decision)

    assert "group-seats" in await isu.refused("electCoordinator", portfolio=GROUP, state="CHL", decision=decision)
    assert await isu.refused("electCoordinator", portfolio=THEME, state="NZL", decision=decision) == ["theme-seat"]


async def test_an_unstaggered_pair_is_refused(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    await isu.done("electCoordinator", portfolio=GROUP, state="BIH", decision=decision)

    assert await isu.refused("electCoordinator", portfolio=GROUP, state="AUT", decision=decision) == [
        "term-first-round"
    ]
    short = {"portfolio": GROUP, "state": "AUT", "decision": decision, "endsAt": {"meeting": "3MSP"}}
    await isu.done("electCoordinator", **short)
    third = await isu.decision("3MSP", "2012-09-14")
    await isu.done("electCoordinator", portfolio=GROUP, state="AFG", decision=third)
    together = {"portfolio": GROUP, "state": "ALB", "decision": third, "startsOn": "2013-12-31", "endsOn": "2015-12-31"}
    await isu.done("electCoordinator", **together)
    fourth = await isu.decision("4MSP", "2013-09-13")
    late = {"portfolio": GROUP, "state": "LAO", "decision": fourth, "startsOn": "2013-09-16", "endsOn": "2015-09-16"}
    assert "group-seats" in await isu.refused("electCoordinator", **late)


async def test_a_decision_of_a_day_on_which_nobody_sat_elects_nobody(isu: Institution) -> None:
    later = await isu.decision("2MSP", "2011-09-20")
    given = {"portfolio": GROUP, "state": "BIH", "startsOn": "2011-09-20"}
    assert await isu.refused("electCoordinator", decision=later, **given) == ["coordinator-elected"]
    silence = await isu.decision("2MSP", "2011-09-20", number="2", method="SILENCE_PROCEDURE")
    assert (await isu.done("electCoordinator", decision=silence, **given))["term"]["startsOn"] == "2011-09-20"


async def test_the_same_election_twice_is_a_conflict_and_the_first_one_stands(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    short = {"portfolio": GROUP, "state": "BIH", "decision": decision, "endsAt": {"meeting": "3MSP"}}
    first = (await isu.done("electCoordinator", **short))["term"]
    again = await isu("electCoordinator", portfolio=GROUP, state="BIH", decision=decision)

    assert (again["__typename"], again["code"], again["currentId"]) == ("Conflict", "DUPLICATE", first["id"])
    assert len((await isu.ask("{ coordinatorTerms { id } }"))["coordinatorTerms"]) == 1


# ---------- bad input ----------


async def test_what_can_not_be_recorded_is_told_by_its_member(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    given: dict[str, Any] = {"portfolio": GROUP, "state": "BIH", "decision": decision}

    async def against(**more: Any) -> Any:
        result = await isu("electCoordinator", **{**given, **more})
        return result["fields"] if result["__typename"] == "Invalid" else result["message"]

    members: list[tuple[dict[str, Any], list[str]]] = [
        ({"endsOn": "2011-09-16"}, ["endsOn"]),
        ({"startsOn": "2011-09-15"}, ["startsOn"]),
        ({"startsOn": "2011-09-16", "startsAt": {"meeting": "2MSP"}}, ["startsOn"]),
        ({"waivers": [{"rule": "coordinator-rotation", "reason": " "}]}, ["waivers"]),
        ({"waivers": [{"rule": "group-seats", "reason": "We like them."}]}, ["waivers"]),
        ({"waivers": [{"rule": "isu-director", "reason": "We like them."}]}, ["waivers"]),
    ]
    for more, path in members:
        assert [each["path"] for each in await against(**more)] == [path], more
    assert "There is no such" in await against(portfolio="coordination_committee")
    assert "There is no such" in await against(state="XXX")
    assert "There is no such" in await against(startsAt={"meeting": "9MSP"})
    unknown = encode_id("Decision", "01a21000-0000-7000-8000-000000000000")
    assert await against(decision=unknown) == "There is no such decision."


async def test_before_there_was_a_mandate_nobody_is_elected(isu: Institution) -> None:
    await isu.meeting("1MSP", "2010-11-09", "2010-11-12", city="Vientiane", country="LAO")
    decision = await isu.decision("1MSP", "2010-11-12")
    result = await isu("electCoordinator", portfolio=GROUP, state="BIH", decision=decision)

    assert result["__typename"] == "Invalid"
    assert result["fields"][0]["path"] == ["startsOn"]


async def test_only_the_isu_records_an_election(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    president = caller("STATE:LBN", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER)
    for actor in (PUBLIC, president):
        result = await isu.as_(actor)("electCoordinator", portfolio=GROUP, state="BIH", decision=decision)
        assert result["__typename"] == "Forbidden"


async def test_an_act_that_is_only_validated_is_judged_and_writes_nothing(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    before = await isu.ask("{ auditEntries { totalCount } }")
    good = await isu("electCoordinator", validate_only=True, portfolio=GROUP, state="BIH", decision=decision)
    bad = await isu("electCoordinator", validate_only=True, portfolio=GROUP, state="USA", decision=decision)

    assert (good["__typename"], good["term"]) == ("CoordinatorElected", None)
    assert evaluated(good)["coordinator-party"] == "SATISFIED"
    assert violated(bad) == ["coordinator-party"]
    assert await isu.ask("{ auditEntries { totalCount } }") == before


# ---------- leaving, filling, handing over ----------


async def left_early(isu: Institution) -> dict[str, Any]:
    elected = (await elect(isu, "BIH"))["term"]
    await isu.done("resignOffice", term=elected["id"], expectedVersion=1, on="2012-03-01")
    term = f"query ($id: ID!) {{ node(id: $id) {{ ... on CoordinatorTerm {{ {TERM} }} }} }}"
    found: dict[str, Any] = (await isu.ask(term, id=elected["id"]))["node"]
    return found


async def test_who_leaves_early_leaves_a_rest_that_is_filled_like_any_seat(isu: Institution) -> None:
    left = await left_early(isu)
    assert (left["endsOn"], left["electedUntil"], left["status"]) == ("2012-03-01", "2013-09-16", "RESIGNED")
    silence = await isu.decision("2MSP", "2012-03-10", number="S", method="SILENCE_PROCEDURE")
    filled = await isu.done("fillVacancy", term=left["id"], state="AFG", decision=silence, startsOn="2012-03-10")

    rest = filled["term"]
    assert (rest["startsOn"], rest["endsOn"], rest["completes"], rest["seat"]) == (
        "2012-03-10",
        "2013-09-16",
        {"id": left["id"]},
        left["seat"],
    )
    assert evaluated(filled)["vacancy"] == "SATISFIED"
    again = await isu("fillVacancy", term=left["id"], state="LAO", decision=silence, startsOn="2012-03-10")
    assert (again["code"], again["currentId"]) == ("DUPLICATE", rest["id"])


async def test_a_question_about_a_rest_is_about_one_that_is_open(isu: Institution) -> None:
    left = await left_early(isu)
    held = (await elect(isu, "AUT", endsAt={"meeting": "3MSP"}))["term"]

    async def told(completes: str, portfolio: str = GROUP) -> str:
        variables = {"state": "AFG", "portfolio": portfolio, "on": "2012-03-10", "completes": completes}
        answer = await ask(isu.database, PUBLIC, ELIGIBILITY, **variables)
        return "" if "errors" not in answer else str(answer["errors"][0]["message"])

    assert await told(left["id"]) == ""
    assert f"one of {GROUP}" in await told(left["id"], "universalization")
    assert "not left early" in await told(held["id"])
    silence = await isu.decision("2MSP", "2012-03-10", number="S", method="SILENCE_PROCEDURE")
    await isu.done("fillVacancy", term=left["id"], state="LAO", decision=silence, startsOn="2012-03-10")
    assert "already" in await told(left["id"])


async def test_the_rest_counts_as_a_term_for_rotation(isu: Institution) -> None:
    left = await left_early(isu)
    silence = await isu.decision("2MSP", "2012-03-10", number="S", method="SILENCE_PROCEDURE")
    await isu.done("fillVacancy", term=left["id"], state="AFG", decision=silence, startsOn="2012-03-10")
    decision = await isu.decision("4MSP", "2013-09-13")
    next_ = {"state": "AFG", "decision": decision, "startsOn": "2013-09-16"}
    assert await isu.refused("electCoordinator", portfolio=THEME, **next_) == ["coordinator-rotation"]


async def test_a_seat_that_was_not_left_is_not_filled(isu: Institution) -> None:
    elected = (await elect(isu, "BIH"))["term"]
    third = await isu.decision("3MSP", "2012-09-14")
    refused = await isu.refused("fillVacancy", term=elected["id"], state="AFG", decision=third)
    assert "vacancy" in refused


async def test_a_post_is_left_within_its_term_and_once(isu: Institution) -> None:
    left = await left_early(isu)
    for version, on, outcome in ((1, "2012-02-01", "STALE_VERSION"), (2, "2012-02-01", "DUPLICATE")):
        result = await isu("resignOffice", term=left["id"], expectedVersion=version, on=on)
        assert result["code"] == outcome
    other = (await elect(isu, "BEL", portfolio=THEME))["term"]
    for on in ("2011-09-15", "2013-09-16"):
        result = await isu("resignOffice", term=other["id"], expectedVersion=1, on=on)
        assert result["fields"][0]["path"] == ["on"]


async def test_a_state_hands_over_and_resigns_for_itself_and_for_nobody_else(isu: Institution) -> None:
    elected = (await elect(isu, "BIH"))["term"]
    bosnia, france = caller("STATE:BIH", Capacity.STATE_PARTY), caller("STATE:FRA", Capacity.STATE_PARTY)
    handover = {"term": elected["id"], "expectedVersion": 1, "on": "2013-09-10", "note": "The files are in order."}
    resign = {"term": elected["id"], "expectedVersion": 2, "on": "2012-03-01"}
    assert (await isu.as_(france)("recordHandover", **handover))["__typename"] == "Forbidden"
    await isu.as_(bosnia).done("recordHandover", **handover)
    assert (await isu.as_(france)("resignOffice", **resign))["__typename"] == "Forbidden"
    # What is past, the ISU records: nobody rewrites their own.
    past = await isu.as_(bosnia)("resignOffice", **resign)
    assert past["fields"][0]["path"] == ["on"]
    await isu.meeting("13MSP", "2025-09-16", "2025-09-19")
    decision = await isu.decision("13MSP", "2025-09-19")
    now = (await isu.done("electCoordinator", portfolio=GROUP, state="BIH", decision=decision))["term"]
    await isu.as_(bosnia).done("resignOffice", term=now["id"], expectedVersion=1, on="2026-01-15")
    await isu.done("resignOffice", **resign)
    for wrong in ({"note": " "}, {"on": "2026-01-16"}, {"on": "2011-01-01"}):
        result = await isu("recordHandover", **{**handover, "expectedVersion": 3, **wrong})
        assert [each["path"] for each in result["fields"]] == [list(wrong)]
    await isu.done("recordHandover", **{**handover, "expectedVersion": 3, "on": "2026-01-15"})


async def test_a_waiver_gives_a_reason_that_can_be_read(isu: Institution) -> None:
    result = await elect(isu, "BIH", waivers=[{"rule": "coordinator-rotation", "reason": "\u200b"}])

    assert result["message"] == "waivers: The waiver of coordinator-rotation gives no reason."


# ---------- the Presidency ----------


async def test_a_president_presides_from_the_opening_to_the_next_opening(isu: Institution) -> None:
    await isu.done("electPresident", meeting="2MSP", state="LBN", fullName="Adnan Mansour")
    await isu.done("designatePresident", meeting="3MSP", state="NOR", startsOn="2011-09-16")
    await isu.done("electPresident", meeting="3MSP", state="NOR")
    query = """query ($day: Date!) { presidency(asOf: $day) { president { holder { ... on State { code } } }
               } officeTerms(role: ["president_designate"]) { startsOn endsOn } }"""
    found = [
        (await isu.ask(query, day=day))["presidency"]["president"]["holder"]["code"]
        for day in ("2011-09-12", "2012-09-10", "2012-09-11")
    ]

    assert found == ["LBN", "LBN", "NOR"]
    designated = (await isu.ask(query, day="2012-01-01"))["officeTerms"]
    assert designated == [{"startsOn": "2011-09-16", "endsOn": "2012-09-11"}]
    committee = """query ($day: Date!) { presidency(asOf: $day) {
      presidentDesignate { holder { ... on State { code } } } }
      coordinationCommittee(asOf: $day) { seats { role holder { ... on State { code } } } } }"""
    for day, president, designate in (("2012-01-01", "LBN", "NOR"), ("2012-09-11", "NOR", None)):
        told = await isu.ask(committee, day=day)
        seats = {each["role"]: each["holder"].get("code") for each in told["coordinationCommittee"]["seats"]}
        assert (seats["PRESIDENT"], seats.get("PRESIDENT_DESIGNATE")) == (president, designate)
        named = told["presidency"]["presidentDesignate"]
        assert (named and named["holder"]["code"]) == designate
    there = (await isu.ask('{ presidency(asOf: "2012-09-11") { president { id } } }'))["presidency"]["president"]["id"]
    again = await isu("electPresident", meeting="3MSP", state="FRA")
    assert (again["code"], again["currentId"]) == ("DUPLICATE", there)
    again = await isu("designatePresident", meeting="3MSP", state="FRA", startsOn="2011-10-01")
    assert (again["code"], decode_id(again["currentId"])[0]) == ("DUPLICATE", "OfficeTerm")


async def test_a_presidency_that_begins_at_a_close_begins_at_that_of_a_meeting_that_was_held(isu: Institution) -> None:
    await isu.meeting("13MSP", "2025-09-16", "2025-09-19")
    decision = await isu.decision("13MSP", "2025-09-19")
    await isu.done("amendMandate", decision=decision, ruleSet="current-practice", effectiveFrom="2025-09-20")
    await isu.meeting("cancelled", "2026-02-02", "2026-02-06")
    await isu.done("cancelMeeting", meeting="cancelled", expectedVersion=1)
    await isu.meeting("14MSP", "2026-09-14", "2026-09-18")

    elected = await isu.done("electPresident", meeting="14MSP", state="LAO")

    assert elected["term"]["startsOn"] == "2025-09-19"


async def test_who_made_way_before_the_opening_did_not_preside_over_the_meeting(isu: Institution) -> None:
    await isu.done("electPresident", meeting="2MSP", state="LBN")
    await isu.done("electPresident", meeting="2MSP", state="FRA", startsOn="2011-09-01")

    query = '{ meeting(code: "2MSP") { presidency { code } } officeTerms(role: ["president"]) { startsOn endsOn } }'
    found = await isu.ask(query)
    assert found["meeting"]["presidency"] == {"code": "LBN"}
    assert {"startsOn": "2011-09-01", "endsOn": "2011-09-12"} in found["officeTerms"]


async def test_who_is_no_longer_designated_is_not_again_when_the_days_of_the_meeting_are_set(isu: Institution) -> None:
    await isu.meeting("15MSP", "2027-09-06", "2027-09-10")
    in_september = PartialDate.parse("2027-09")
    of_it = {"starts_on": in_september, "ends_on": in_september}
    await through_the_unit(isu.database, tables.Meeting, (("15MSP",), of_it))
    term = (await isu.done("designatePresident", meeting="15MSP", state="NOR", startsOn="2026-01-15"))["term"]
    await isu.done("resignOffice", term=term["id"], expectedVersion=1, on="2026-02-01")
    await isu.done("rescheduleMeeting", meeting="15MSP", expectedVersion=2, startsOn="2027-09-06", endsOn="2027-09-10")

    found = await isu.ask('{ officeTerms(role: ["president_designate"]) { startsOn endsOn } }')
    assert found["officeTerms"] == [{"startsOn": "2026-01-15", "endsOn": "2026-02-01"}]


async def test_a_president_recorded_by_mistake_makes_way_for_the_one_who_was_elected(isu: Institution) -> None:
    wrong = (await isu.done("electPresident", meeting="3MSP", state="FRA"))["term"]
    await isu.done("resignOffice", term=wrong["id"], expectedVersion=1, on="2012-09-11")
    query = """query ($day: Date!) { presidency(asOf: $day) {
      president { holder { ... on State { code } } } presidentDesignate { holder { ... on State { code } } } } }"""

    nobody = (await isu.ask(query, day="2012-09-10"))["presidency"]
    await isu.done("electPresident", meeting="3MSP", state="NOR")
    later = await isu.done("electPresident", meeting="2MSP", state="LBN")
    presides = (await isu.ask(query, day="2012-09-11"))["presidency"]

    assert nobody == {"president": None, "presidentDesignate": None}
    assert presides["president"] == {"holder": {"code": "NOR"}}
    assert later["term"]["endsOn"] == "2012-09-11"
    held = (await isu.ask('{ meeting(code: "3MSP") { presidency { code } } }'))["meeting"]
    assert held == {"presidency": {"code": "NOR"}}


async def test_a_president_who_takes_over_leaves_whoever_is_designated_for_the_next_meeting(isu: Institution) -> None:
    await isu.done("electPresident", meeting="2MSP", state="LBN", fullName="Adnan Mansour")
    await isu.done("designatePresident", meeting="3MSP", state="NOR", startsOn="2011-09-16")

    await isu.done("electPresident", meeting="2MSP", state="LBN", fullName="Caroline Ziadeh", startsOn="2012-01-10")

    told = await isu.ask("""{ presidency(asOf: "2012-02-01") {
      president { startsOn } presidentDesignate { endsOn holder { ... on State { code } } } }
      meeting(code: "2MSP") { president { fullName } } }""")
    assert told["presidency"]["president"]["startsOn"] == "2012-01-10"
    assert told["presidency"]["presidentDesignate"] == {"endsOn": "2012-09-11", "holder": {"code": "NOR"}}
    # Who takes over after the close did not preside over the meeting.
    assert told["meeting"]["president"]["fullName"] == "Adnan Mansour"


async def test_a_presidency_begins_no_earlier_than_it_was_decided(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    early = {"meeting": "3MSP", "state": "NOR", "decision": decision, "startsOn": "2011-09-15"}

    for name in ("electPresident", "designatePresident"):
        result = await isu(name, **early)
        assert result["fields"] == [
            {"path": ["startsOn"], "message": "It was decided on 2011-09-16: a term begins on that day or later."}
        ]
        assert "message" not in await isu(name, **{**early, "startsOn": "2011-09-16"}, validate_only=True)


async def test_what_was_said_of_an_election_names_no_meeting_to_who_may_not_see_it(isu: Institution) -> None:
    await isu.meeting("SECRET-MSP", "2025-09-16", "2025-09-19", visibility="ISU")
    for visibility, state, until in (
        (Visibility.ISU, "BIH", "2026-09-19"),
        # As it was recorded before a decision was bound by its meeting.
        (Visibility.PUBLIC, "AFG", "2027-09-19"),
    ):
        decision = await isu.decision("SECRET-MSP", "2025-09-19", number=visibility)
        await hide(isu.database, tables.Decision, decode_id(decision)[1], visibility)
        await isu.done("electCoordinator", portfolio=GROUP, state=state, decision=decision, endsOn=until)
    query = "{ coordinatorTerms { state { code } evaluations { explanation inputs } } }"

    assert "SECRET" in str(await isu.ask(query))
    for actor in (PUBLIC, caller("STATE:FRA", Capacity.STATE_PARTY)):
        seen = await isu.as_(actor).ask(query)
        assert "AFG" in str(seen)
        assert "SECRET" not in str(seen)


async def test_a_meeting_that_is_cancelled_decides_nothing(isu: Institution) -> None:
    await isu.meeting("13MSP", "2025-09-16", "2025-09-19")
    await isu.done("cancelMeeting", meeting="13MSP", expectedVersion=1)
    given = {"portfolio": GROUP, "state": "BIH", "decision": await isu.decision("2MSP", "2011-09-16")}
    title = [{"language": "en", "value": "Too late"}]

    late = await isu("adoptDecision", meeting="13MSP", number="2", title=title, adoptedOn="2025-09-19")
    bound = await isu("electCoordinator", **given, startsOn="2011-09-16", endsAt={"meeting": "13MSP"})
    variables = {"state": "BIH", "portfolio": GROUP, "on": "2025-09-19", "at": "13MSP"}
    asked = (await isu.ask(ELIGIBILITY, **variables))["coordinatorEligibility"]
    assert late["fields"][0]["path"] == ["meeting"]
    assert bound["fields"][0]["path"] == ["endsAt"]
    assert asked_of(asked)["coordinator-elected"] == "VIOLATED"
    assert (await isu("electPresident", meeting="13MSP", state="NOR"))["fields"][0]["path"] == ["meeting"]


async def test_a_meeting_that_has_decided_is_not_cancelled(isu: Institution) -> None:
    await isu.decision("3MSP", "2012-09-14")
    result = await isu("cancelMeeting", meeting="3MSP", expectedVersion=1)

    assert result["message"] == "meeting: It took decisions: a meeting that is cancelled decides nothing."


async def test_the_parts_of_a_meeting_sat_on_the_days_of_its_decisions(isu: Institution) -> None:
    part: dict[str, Any] = {"kind": "review_conference_part", "partOf": "2RC"}
    await isu.meeting("2RC", "2020-11-25", "2021-09-21", kind="review_conference")
    await isu.decision("2RC", "2021-03-01")
    title = [{"language": "en", "value": "A part"}]
    first = {"code": "2RC-1", "startsOn": "2020-11-25", "endsOn": "2020-11-27", "formality": "FORMAL", "title": title}
    away = await isu("scheduleMeeting", **first, **part)
    await isu.meeting("2RC-2", "2021-02-22", "2021-03-05", **part)
    await isu.done("scheduleMeeting", **first, **part)
    cancelled = await isu("cancelMeeting", meeting="2RC-2", expectedVersion=1)
    moved_ = await isu(
        "rescheduleMeeting", meeting="2RC-2", expectedVersion=1, startsOn="2021-03-08", endsOn="2021-03-12"
    )

    said = "meeting: Decision 1 was taken on 2021-03-01: the meeting sat then."
    assert [each["message"] for each in (away, cancelled, moved_)] == [said] * 3


@pytest.mark.parametrize("day", ["9999-12-31", "9997-12-31", "0001-01-01"])
async def test_a_day_beyond_all_terms_is_invalid(isu: Institution, day: str) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    result = await isu("electCoordinator", portfolio=GROUP, state="BIH", decision=decision, startsOn=day)
    assert result["fields"][0]["path"] == ["startsOn"]


async def test_a_presidency_is_decided_by_a_formal_meeting_where_it_is_said_by_which(isu: Institution) -> None:
    await isu.meeting(
        "IM-2012", "2012-04-16", "2012-04-19", kind="intersessional_meeting", formality="INFORMAL", city="Geneva"
    )
    informal, formal = await isu.decision("IM-2012", "2012-04-19"), await isu.decision("2MSP", "2011-09-16")
    for act in ("electPresident", "designatePresident"):
        result = await isu(act, meeting="3MSP", state="NOR", decision=informal)
        assert result["fields"][0]["path"] == ["decision"]
    await isu.done("designatePresident", meeting="3MSP", state="NOR", decision=formal)


async def test_a_meeting_is_not_moved_so_that_a_term_would_end_before_it_begins(isu: Institution) -> None:
    await isu.meeting("13MSP", "2026-02-02", "2026-02-06")
    decision = await isu.decision("2MSP", "2011-09-16")
    given = {"portfolio": GROUP, "state": "BIH", "decision": decision}
    await isu.done("electCoordinator", **given, startsAt={"meeting": "13MSP"}, endsOn="2028-02-06")
    move = {"meeting": "13MSP", "expectedVersion": 1}
    late = await isu("rescheduleMeeting", **move, startsOn="2028-02-07", endsOn="2028-02-11")
    not_for_a_day = await isu("rescheduleMeeting", **move, startsOn="2028-02-02", endsOn="2028-02-06")
    await isu.done("electCoordinator", **given, startsOn="2029-02-09", endsOn="2031-02-09")

    assert late["fields"][0]["message"] == (
        "A term of office that is bound to it would begin on 2028-02-11 and end on 2028-02-06."
    )
    assert not_for_a_day["fields"][0]["path"] == ["meeting"]
    await isu.done("rescheduleMeeting", **move, startsOn="2026-02-03", endsOn="2026-02-07")


async def test_a_meeting_is_moved_within_the_calendar_and_for_no_more_than_two_years(isu: Institution) -> None:
    for starts, ends, path in (
        ("0001-01-01", "9999-12-31", "startsOn"),
        ("2012-09-11", "9999-12-31", "endsOn"),
        ("2012-09-11", "2015-09-11", "endsOn"),
        ("2012-09-11", "2012-09-10", "endsOn"),
    ):
        assert (await moved(isu, starts, ends))["fields"][0]["path"] == [path]
    for city in ("", "x" * 101, "Gen\u202eeva", "Gen\neva"):
        assert (await moved(isu, "2012-09-11", "2012-09-14", city=city))["fields"][0]["path"] == ["city"]


async def test_a_move_to_before_the_mandate_is_judged_by_the_terms_that_move(isu: Institution) -> None:
    given = {"portfolio": GROUP, "state": "BIH", "decision": await isu.decision("2MSP", "2011-09-16")}
    term = await isu.done("electCoordinator", **given, endsAt={"meeting": "3MSP"})
    early = await moved(isu, "2011-09-12", "2011-09-15")
    short = await moved(isu, "2011-09-12", "2011-09-17")

    assert term["term"]["endsOn"] == "2012-09-14"
    assert "would begin on 2011-09-16 and end on 2011-09-15" in early["message"]
    assert violated(short) == ["term-length"]
    waiver = {"rule": "group-seats", "reason": ""}
    assert (await moved(isu, "2011-09-12", "2011-09-17", waivers=[waiver]))["fields"][0]["path"] == ["waivers"]


async def test_a_term_is_not_moved_to_before_its_decision_or_the_mandate(isu: Institution) -> None:
    decision = await isu.decision("3MSP", "2012-09-14")
    silence = await isu.decision("2MSP", "2009-09-16", method="SILENCE_PROCEDURE")
    await isu.meeting("5MSP", "2013-09-16", "2013-09-20")
    for state, portfolio, decided, meeting in (
        ("BIH", GROUP, decision, "4MSP"),
        ("NOR", "universalization", silence, "5MSP"),
    ):
        given = {"state": state, "portfolio": portfolio, "decision": decided, "endsOn": "2015-09-13"}
        await isu.done("electCoordinator", **given, startsAt={"meeting": meeting})

    undecided = await isu(
        "rescheduleMeeting", meeting="4MSP", expectedVersion=1, startsOn="2012-08-01", endsOn="2012-09-13"
    )
    unmandated = await isu(
        "rescheduleMeeting", meeting="5MSP", expectedVersion=1, startsOn="2010-09-06", endsOn="2010-09-10"
    )
    assert "would begin with it on 2012-09-13, and was decided on 2012-09-14" in undecided["message"]
    assert "there was no mandate yet" in unmandated["message"]


async def test_two_terms_of_a_state_move_together(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    given = {"portfolio": GROUP, "state": "BIH", "decision": decision}
    await isu.done("electCoordinator", **given, startsAt={"meeting": "3MSP", "moment": "OPENING"}, endsOn="2013-09-11")
    waiver = {"rule": "coordinator-rotation", "reason": "Nobody else came forward."}
    other = {**given, "portfolio": "universalization", "waivers": [waiver]}
    await isu.done("electCoordinator", **other, startsAt={"meeting": "4MSP"}, endsOn="2015-09-13")
    done = await moved(isu, "2012-09-14", "2012-09-17")

    assert done["__typename"] == "MeetingRescheduled"


async def test_presidents_move_together_and_there_is_always_one(isu: Institution) -> None:
    for meeting, state in (("2MSP", "LBN"), ("4MSP", "ZMB"), ("3MSP", "NOR")):
        await isu.done("electPresident", meeting=meeting, state=state)
    await isu.done("rescheduleMeeting", meeting="3MSP", expectedVersion=2, startsOn="2012-12-03", endsOn="2012-12-07")
    query = '{ presidency(asOf: "2012-10-15") { president { holder { ... on State { code } } startsOn endsOn } } }'
    president = (await isu.ask(query))["presidency"]["president"]
    beyond = await isu(
        "rescheduleMeeting", meeting="3MSP", expectedVersion=3, startsOn="2013-12-03", endsOn="2013-12-07"
    )

    assert president == {"holder": {"code": "LBN"}, "startsOn": "2011-09-12", "endsOn": "2012-12-03"}
    assert beyond["message"] in (
        "meeting: There would be two Presidents at a time: move the other meeting first.",
        "meeting: A term of office that is bound to it would begin on 2013-12-03 and end on 2013-09-10.",
    )


async def test_two_presidents_of_old_hold_up_no_meeting_that_moves_another(isu: Institution) -> None:
    """History is kept as it was: what it has is nobody's to mend by moving a meeting."""
    for meeting, state in (("2MSP", "LBN"), ("3MSP", "NOR")):
        await isu.done("electPresident", meeting=meeting, state=state)
    of_old = {"office_code": "president", "starts_on": PartialDate.parse("2009"), "ends_on": PartialDate.parse("2010")}
    async with isu.database.writing() as connection:
        both = [{"id": new_id(), "party_id": f"STATE:{state}", **of_old} for state in ("AUT", "DEU")]
        await Unit(connection, Signature(act="test")).keep(tables.OfficeTerm, both)

    done = await isu("rescheduleMeeting", meeting="3MSP", expectedVersion=2, startsOn="2012-09-12", endsOn="2012-09-14")

    assert done["__typename"] == "MeetingRescheduled"


async def test_what_remains_of_a_term_ends_with_the_meeting_with_which_the_term_did(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    given = {"portfolio": THEME, "decision": decision}
    left = await isu.done("electCoordinator", **given, state="BIH", endsAt={"meeting": "4MSP"})
    await isu.done("resignOffice", term=left["term"]["id"], expectedVersion=1, on="2012-03-01")
    await isu.done("fillVacancy", term=left["term"]["id"], state="NOR", decision=decision, startsOn="2012-04-01")
    await isu.done("electCoordinator", **given, state="AUT", startsAt={"meeting": "4MSP"}, endsOn="2015-09-06")
    await isu.done("rescheduleMeeting", meeting="4MSP", expectedVersion=1, startsOn="2013-09-03", endsOn="2013-09-06")
    terms = await isu.ask("{ coordinatorTerms { state { code } endsOn electedUntil endsAt { moment } } }")

    assert {each.pop("state")["code"]: each for each in terms["coordinatorTerms"]} == {
        "BIH": {"endsOn": "2012-03-01", "electedUntil": "2013-09-06", "endsAt": None},
        "NOR": {"endsOn": "2013-09-06", "electedUntil": None, "endsAt": {"moment": "CLOSE"}},
        "AUT": {"endsOn": "2015-09-06", "electedUntil": None, "endsAt": None},
    }


async def test_who_leaves_on_the_first_day_holds_up_neither_itself_nor_the_meeting(isu: Institution) -> None:
    await isu.meeting("13MSP", "2026-01-12", "2026-01-14")
    given = {"portfolio": GROUP, "state": "BIH", "decision": await isu.decision("2MSP", "2011-09-16")}
    term = (await isu.done("electCoordinator", **given, startsAt={"meeting": "13MSP"}, endsOn="2028-01-15"))["term"]
    left = await isu.done("resignOffice", term=term["id"], expectedVersion=1, on="2026-01-14")
    await isu.done("openMeeting", meeting="13MSP", expectedVersion=1)
    await isu.done("closeMeeting", meeting="13MSP", expectedVersion=2, on="2026-01-15")

    assert [each["verdict"] for each in left["ruleEvaluations"]] == ["SATISFIED"]
    found = await isu.ask("{ coordinatorTerms { startsOn endsOn } }")
    assert found["coordinatorTerms"] == [{"startsOn": "2026-01-15", "endsOn": "2026-01-15"}]


async def test_a_meeting_closes_with_a_waiver_on_the_day_on_which_it_really_closed(isu: Institution) -> None:
    await isu.meeting("13MSP", "2026-01-12", "2026-01-15")
    given = {"state": "BIH", "decision": await isu.decision("2MSP", "2011-09-16")}
    await isu.done("electCoordinator", **given, portfolio=GROUP, startsOn="2024-01-15", endsAt={"meeting": "13MSP"})
    await isu.done(
        "electCoordinator", **given, portfolio="universalization", startsOn="2026-01-14", endsOn="2028-01-14"
    )
    await isu.done("openMeeting", meeting="13MSP", expectedVersion=1)
    closing = {"meeting": "13MSP", "expectedVersion": 2, "on": "2026-01-14"}
    assert await isu.refused("closeMeeting", **closing) == ["coordinator-rotation"]
    waiver = {"rule": "coordinator-rotation", "reason": "It had no more to do."}
    await isu.done("closeMeeting", **closing, waivers=[waiver])
    query = '{ coordinatorTerms(asOf: "2026-01-14") { waivers { reason } } }'
    (term,) = (await isu.as_(PUBLIC).ask(query))["coordinatorTerms"]

    assert term["waivers"] == [{"reason": "It had no more to do."}]


async def test_only_the_isu_records_that_a_rule_was_set_aside(isu: Institution) -> None:
    given = {"portfolio": GROUP, "state": "BIH", "decision": await isu.decision("2MSP", "2011-09-16")}
    term = (await isu.done("electCoordinator", **given, startsOn="2025-09-16"))["term"]
    left = {"term": term["id"], "expectedVersion": 1, "on": "2026-01-20"}
    waiver = {"rule": "coordinator-rotation", "reason": "We say so."}
    result = await isu.as_(caller("STATE:BIH", Capacity.STATE_PARTY))("resignOffice", **left, waivers=[waiver])

    assert result["fields"][0]["path"] == ["waivers"]


async def test_nobody_is_elected_for_one_year_after_one_was(isu: Institution) -> None:
    given = {"portfolio": GROUP, "decision": await isu.decision("2MSP", "2011-09-16")}
    await isu.done("electCoordinator", **given, state="BIH", startsOn="2011-09-16", endsOn="2012-09-16")
    assert await isu.refused("electCoordinator", **given, state="NOR", startsOn="2013-09-16", endsOn="2014-09-16") == [
        "term-length"
    ]


async def test_a_seat_left_early_is_kept_for_the_rest_on_every_day_of_a_new_term(isu: Institution) -> None:
    given = {"portfolio": GROUP, "decision": await isu.decision("2MSP", "2011-09-16")}
    terms = {}
    for state, starts, ends in (
        ("BIH", "2011-09-16", "2012-09-16"),
        ("AUT", "2011-09-16", "2013-09-16"),
        ("NOR", "2014-09-16", "2016-09-16"),
        ("LAO", "2016-01-10", "2018-01-10"),
    ):
        terms[state] = await isu.done("electCoordinator", **given, state=state, startsOn=starts, endsOn=ends)
    await isu.done("resignOffice", term=terms["NOR"]["term"]["id"], expectedVersion=1, on="2015-03-01")
    assert await isu.refused("electCoordinator", **given, state="AFG", startsOn="2015-12-20", endsOn="2017-12-20") == [
        "vacancy"
    ]


async def test_a_vacancy_excludes_whom_rotation_excludes(isu: Institution) -> None:
    """Whoever held a seat until then, and whoever holds one from the end of the term on; by the version asked for."""
    given = {"decision": await isu.decision("2MSP", "2011-09-16")}
    for state, portfolio, starts, ends in (
        ("BIH", THEME, "2024-09-16", "2026-09-16"),
        ("AUT", "universalization", "2028-09-16", "2030-09-16"),
    ):
        await isu.done("electCoordinator", **given, state=state, portfolio=portfolio, startsOn=starts, endsOn=ends)
    query = """query ($ruleSet: String) { upcomingVacancies(before: "2026-10-01", ruleSet: $ruleSet) {
                 portfolio { code } opensOn excludedStates { code } } }"""

    async def excluded(**variables: str) -> list[str]:
        found = (await isu.ask(query, **variables))["upcomingVacancies"]
        (theme,) = (each for each in found if each["portfolio"]["code"] == THEME)
        return [state["code"] for state in theme["excludedStates"]]

    assert await excluded() == ["AUT", "BIH"]
    assert await excluded(ruleSet="current-practice") == []


async def moved(isu: Institution, starts: str, ends: str, **given: Any) -> Any:
    return await isu("rescheduleMeeting", meeting="3MSP", expectedVersion=1, startsOn=starts, endsOn=ends, **given)


async def test_a_meeting_is_not_moved_so_that_a_term_that_moves_with_it_would_be_too_long(isu: Institution) -> None:
    given = {"portfolio": GROUP, "decision": await isu.decision("2MSP", "2011-09-16"), "endsAt": {"meeting": "3MSP"}}
    await isu.done("electCoordinator", **given, state="BIH")
    result = await moved(isu, "2014-05-05", "2014-05-09")

    assert violated(result) == ["term-length"]
    (said,) = (each for each in result["ruleEvaluations"] if each["verdict"] == "VIOLATED")
    assert said["explanation"].startswith("BIH on victim assistance: A term is 2 years")
    assert "this one runs from 2011-09-16 to 2014-05-09" in said["explanation"]
    assert (await isu.ask("{ coordinatorTerms { endsOn } }"))["coordinatorTerms"] == [{"endsOn": "2012-09-14"}]
    assert (await moved(isu, "2012-12-03", "2012-12-07"))["__typename"] == "MeetingRescheduled"


async def test_nor_so_that_two_who_begin_with_it_would_serve_with_a_third(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    await isu.meeting("5MSP", "2013-10-14", "2013-10-18")
    given = {"portfolio": GROUP, "decision": decision}
    for state, starts, ends in (
        ("BIH", "2011-09-16", "2012-09-16"),
        ("AUT", "2011-09-16", "2013-09-16"),
        ("NOR", "2012-09-16", "2014-09-16"),
    ):
        await isu.done("electCoordinator", **given, state=state, startsOn=starts, endsOn=ends)
    await isu.done("electCoordinator", **given, state="LAO", startsAt={"meeting": "5MSP"}, endsOn="2015-10-18")
    move = {"meeting": "5MSP", "expectedVersion": 1}

    assert await isu.refused("rescheduleMeeting", **move, startsOn="2013-09-09", endsOn="2013-09-13") == ["group-seats"]


async def test_a_waiver_lets_a_meeting_move_to_where_one_term_would_follow_another(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    given = {"state": "BIH", "decision": decision}
    await isu.done("electCoordinator", **given, portfolio=GROUP, startsOn="2011-09-16", endsAt={"meeting": "3MSP"})
    await isu.done(
        "electCoordinator", **given, portfolio="universalization", startsOn="2012-10-05", endsOn="2014-10-05"
    )
    refused = await moved(isu, "2012-10-01", "2012-10-05")
    waiver = {"rule": "coordinator-rotation", "reason": "The hall is free in that week only."}
    done = await moved(isu, "2012-10-01", "2012-10-05", waivers=[waiver])
    assert violated(refused) == ["coordinator-rotation"]
    assert done["__typename"] == "MeetingRescheduled"
    assert [each["verdict"] for each in done["ruleEvaluations"]].count("WAIVED") == 1


async def test_a_meeting_sat_when_it_decided(isu: Institution) -> None:
    await isu.decision("3MSP", "2012-09-13")
    away = await moved(isu, "2012-10-01", "2012-10-05")

    assert away["fields"][0]["message"] == "Decision 1 was taken on 2012-09-13: the meeting sat then."
    assert (await moved(isu, "2012-09-10", "2012-09-13"))["__typename"] == "MeetingRescheduled"


async def test_whose_next_term_begins_on_the_day_does_not_resign_on_it_without_a_waiver(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    given = {"state": "BIH", "decision": decision}
    first = await isu.done("electCoordinator", **given, portfolio=GROUP, startsOn="2011-09-16", endsOn="2013-09-16")
    await isu.done(
        "electCoordinator", **given, portfolio="universalization", startsOn="2012-06-01", endsOn="2014-06-01"
    )
    left = {"term": first["term"]["id"], "expectedVersion": 1}
    assert await isu.refused("resignOffice", **left, on="2012-06-01") == ["coordinator-rotation"]
    waiver = {"rule": "coordinator-rotation", "reason": "Two groups at a time were too many."}
    done = await isu.done("resignOffice", **left, on="2012-06-01", waivers=[waiver])
    (term,) = (await isu.ask('{ coordinatorTerms(asOf: "2012-05-31") { waivers { reason } } }'))["coordinatorTerms"]

    assert [each["verdict"] for each in done["ruleEvaluations"]] == ["WAIVED"]
    assert term == {"waivers": [{"reason": waiver["reason"]}]}


async def test_who_resigns_is_not_asked_again_for_what_was_waived_when_they_were_elected(isu: Institution) -> None:
    given = {"state": "BIH", "decision": await isu.decision("2MSP", "2011-09-16")}
    waiver = {"rule": "coordinator-rotation", "reason": "Nobody else came forward."}
    await isu.done(
        "electCoordinator", **given, portfolio="universalization", startsOn="2011-09-16", endsOn="2012-09-16"
    )
    second = await isu.done(
        "electCoordinator", **given, portfolio=GROUP, startsOn="2012-09-16", endsOn="2014-09-16", waivers=[waiver]
    )

    await isu.done("resignOffice", term=second["term"]["id"], expectedVersion=1, on="2013-03-01")


async def test_a_president_is_outgoing_from_the_day_on_which_the_next_one_begins(isu: Institution) -> None:
    for meeting, state in (("2MSP", "LBN"), ("3MSP", "NOR"), ("4MSP", "ZMB")):
        await isu.done("electPresident", meeting=meeting, state=state)
    query = """{ coordinationCommittee(asOf: "2013-01-01", ruleSet: "current-practice") {
                 seats { role since until holder { ... on State { code } } } } }"""
    seats = (await isu.ask(query))["coordinationCommittee"]["seats"]
    (outgoing,) = (each for each in seats if each["role"] == "OUTGOING_PRESIDENT")

    assert outgoing["holder"] == {"code": "LBN"}
    assert (outgoing["since"], outgoing["until"]) == ("2012-09-11", "2013-09-10")


async def test_who_left_before_the_first_day_is_neither_outgoing_nor_designated(isu: Institution) -> None:
    await isu.done("electPresident", meeting="2MSP", state="LBN")
    for meeting, day, wrong in (("3MSP", "2012-09-11", "FRA"), ("4MSP", "2013-09-10", "DEU")):
        mistaken = await isu.done("electPresident", meeting=meeting, state=wrong)
        await isu.done("resignOffice", term=mistaken["term"]["id"], expectedVersion=1, on=day)
    await isu.done("electPresident", meeting="4MSP", state="ZMB")
    query = """query ($day: Date!) { coordinationCommittee(asOf: $day, ruleSet: "current-practice") {
                 seats { role holder { ... on State { code } } } } }"""

    async def presidents(day: str) -> list[str]:
        seats = (await isu.ask(query, day=day))["coordinationCommittee"]["seats"]
        return [seat["holder"]["code"] for seat in seats if "PRESIDENT" in seat["role"]]

    assert await presidents("2011-12-01") == ["LBN", "ZMB"]
    await isu.done("electPresident", meeting="3MSP", state="NOR")
    assert await presidents("2011-12-01") == ["LBN", "NOR"]
    assert await presidents("2012-12-01") == ["NOR", "ZMB", "LBN"]
    assert await presidents("2013-12-01") == ["ZMB", "NOR"]


async def test_presidents_are_those_of_formal_meetings(isu: Institution) -> None:
    await isu.meeting(
        "IM-2012", "2012-04-16", "2012-04-19", kind="intersessional_meeting", formality="INFORMAL", city="Geneva"
    )
    for act in ("electPresident", "designatePresident"):
        result = await isu(act, meeting="IM-2012", state="NOR")
        assert result["fields"][0]["path"] == ["meeting"]
    late = await isu("designatePresident", meeting="3MSP", state="NOR", startsOn="2012-09-11")
    assert late["fields"][0]["path"] == ["startsOn"]


# ---------- representatives ----------


async def test_each_organisation_names_its_own_representative(isu: Institution) -> None:
    red_cross = caller("ORGANISATION:ICRC", Capacity.ORGANISATION, Capacity.ICRC)
    coalition = caller("ORGANISATION:CMC", Capacity.ORGANISATION, Capacity.CLUSTER_MUNITION_COALITION)
    name = {"organisation": "ICRC", "fullName": "Henri Dunant", "startsOn": "2012-01-01"}
    for day in ("2011-01-01", "0001-01-01", "9999-12-31"):
        result = await isu.as_(coalition)("nameCommitteeRepresentative", **{**name, "startsOn": day})
        assert result["fields"][0]["path"] == ["startsOn"], "nobody is named before there is a Committee"
    for unfit in ("\u202e", "\u200b", "Henri\nDunant"):
        result = await isu.as_(red_cross)("nameCommitteeRepresentative", **{**name, "fullName": unfit})
        assert result["fields"][0]["path"] == ["fullName"]
    refused = await isu.as_(coalition)("nameCommitteeRepresentative", **name)
    assert violated(refused) == ["committee-representatives"]
    assert refused["ruleEvaluations"][0]["citation"]["paragraph"] == "Proposal 3(2)(e)"
    assert (await isu("nameCommitteeRepresentative", **name))["__typename"] == "Forbidden"
    await isu.as_(red_cross).done("nameCommitteeRepresentative", **name)
    next_ = {**name, "fullName": "Gustave Moynier", "startsOn": "2013-01-01"}
    await isu.as_(red_cross).done("nameCommitteeRepresentative", **next_)
    assert (await isu.as_(red_cross)("nameCommitteeRepresentative", **next_))["code"] == "DUPLICATE"

    seats = """query ($day: Date!) { coordinationCommittee(asOf: $day) { seats { role since until
               representative { fullName } } } }"""
    for day, full_name, since, until in (
        ("2012-12-31", "Henri Dunant", "2012-01-01", "2013-01-01"),
        ("2013-01-01", "Gustave Moynier", "2013-01-01", None),
    ):
        (seat,) = (
            each for each in (await isu.ask(seats, day=day))["coordinationCommittee"]["seats"] if each["role"] == "ICRC"
        )
        assert (seat["representative"], seat["since"], seat["until"]) == ({"fullName": full_name}, since, until)
        (hidden,) = (
            each
            for each in (await isu.as_(PUBLIC).ask(seats, day=day))["coordinationCommittee"]["seats"]
            if each["role"] == "ICRC"
        )
        assert hidden == {**seat, "representative": None}


async def test_representatives_follow_one_another_in_whatever_order_they_are_named(isu: Institution) -> None:
    red_cross = isu.as_(caller("ORGANISATION:ICRC", Capacity.ORGANISATION, Capacity.ICRC))

    async def named(full_name: str, starts_on: str) -> Any:
        given = {"organisation": "ICRC", "fullName": full_name, "startsOn": starts_on}
        return (await red_cross.done("nameCommitteeRepresentative", **given))["term"]

    first = await named("Henri Dunant", "2025-01-01")
    await isu.done("resignOffice", term=first["id"], expectedVersion=1, on="2025-06-01")
    later = await named("Gustave Moynier", "2026-03-01")
    between = await named("Louis Appia", "2026-02-01")
    await isu.done("resignOffice", term=later["id"], expectedVersion=1, on="2026-03-01")
    # Who left on the first day stands in nobody's way.
    await named("Théodore Maunoir", "2026-03-01")

    assert between["endsOn"] == "2026-03-01"
    terms = """{ officeTerms(role: ["committee_representative"]) { startsOn endsOn person { fullName } } }"""
    found = [(each["person"]["fullName"], each["endsOn"]) for each in (await isu.ask(terms))["officeTerms"]]
    assert dict(found) == {
        "Henri Dunant": "2025-06-01",
        "Louis Appia": "2026-03-01",
        "Gustave Moynier": "2026-03-01",
        "Théodore Maunoir": None,
    }


async def test_a_delegation_that_names_anothers_representative_is_told_the_paragraph(isu: Institution) -> None:
    coalition = caller("ORGANISATION:CMC", Capacity.ORGANISATION, Capacity.CLUSTER_MUNITION_COALITION)
    delegation = replace(coalition, scopes=frozenset({Scope.READ_PUBLIC, Scope.WRITE_DELEGATION}))
    name = {"fullName": "Henri Dunant", "startsOn": "2012-01-01"}
    refused = await isu.as_(delegation)("nameCommitteeRepresentative", organisation="ICRC", **name)

    assert violated(refused) == ["committee-representatives"]
    assert refused["ruleEvaluations"][0]["citation"]["paragraph"] == "Proposal 3(2)(e)"
    await isu.as_(delegation).done("nameCommitteeRepresentative", organisation="CMC", **name)


# ---------- asking first ----------


def asked(report: Any) -> dict[str, tuple[str, str]]:
    return {each["rule"]["code"]: (each["verdict"], each["explanation"]) for each in report}


async def test_the_question_says_what_the_act_says(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    for state, ends in (("BIH", "2013-09-16"), ("USA", "2012-01-01"), ("AUT", "2012-09-14"), ("CHL", "2013-09-16")):
        variables = {"state": state, "portfolio": GROUP, "on": "2011-09-16", "until": ends, "decision": decision}
        question = (await isu.ask(ELIGIBILITY, **variables))["coordinatorEligibility"]
        result = await isu(
            "electCoordinator", portfolio=GROUP, state=state, decision=decision, startsOn="2011-09-16", endsOn=ends
        )

        assert asked(question["evaluations"]) == asked(result["ruleEvaluations"])
        assert question["eligible"] == (result["__typename"] == "CoordinatorElected")


async def test_a_question_can_be_asked_of_any_version_and_by_anybody(isu: Institution) -> None:
    elected = await elect(isu, "DEU", endsAt={"meeting": "3MSP"})
    assert elected["term"]["endsOn"] == "2012-09-14"
    variables = {"state": "DEU", "portfolio": THEME, "on": "2012-09-14"}
    proposal = (await isu.as_(PUBLIC).ask(ELIGIBILITY, **variables))["coordinatorEligibility"]
    practice = (await isu.as_(PUBLIC).ask(ELIGIBILITY, ruleSet="current-practice", **variables))[
        "coordinatorEligibility"
    ]

    assert (proposal["eligible"], proposal["ruleSet"], proposal["asOf"]) == (False, "2011-proposal", "2012-09-14")
    assert asked(proposal["evaluations"])["coordinator-rotation"][0] == "VIOLATED"
    assert (practice["eligible"], practice["ruleSet"]) == (True, "current-practice")
    assert asked(practice["evaluations"])["coordinator-rotation"][0] == "WARNING"


async def test_a_president_designate_sees_every_state_party_with_its_verdicts(isu: Institution) -> None:
    await elect(isu, "DEU", endsAt={"meeting": "3MSP"})
    query = """query ($on: Date!) { eligibleStates(portfolio: "victim_assistance", startsOn: $on) {
                 state { code } report { eligible evaluations { rule { code } verdict } } } }"""
    with isu.database_statements() as sent:
        found = (await isu.ask(query, on="2012-09-14"))["eligibleStates"]

    by_state = {each["state"]["code"]: each["report"] for each in found}
    counts = (await isu.ask('{ statusCounts(asOf: "2012-09-14") { kind count } }'))["statusCounts"]
    assert len(by_state) == next(each["count"] for each in counts if each["kind"] == "STATE_PARTY")
    assert not by_state["DEU"]["eligible"]
    assert by_state["BIH"]["eligible"]
    assert "USA" not in by_state
    assert len(sent) <= 8


async def test_a_state_is_eligible_until_its_withdrawal_takes_effect(isu: Institution) -> None:
    query = (
        """query ($on: Date!) { eligibleStates(portfolio: "victim_assistance", startsOn: $on) { state { code } } }"""
    )
    there = {
        on: {"state": {"code": "LTU"}} in (await isu.ask(query, on=on))["eligibleStates"]
        for on in ("2025-03-05", "2025-03-06")
    }

    assert there == {"2025-03-05": True, "2025-03-06": False}


@pytest.mark.parametrize(
    ("state", "before", "preferred"),
    [
        ("NOR", "2019-08-30", False),
        # Known to have cleared its land in August 2019, which is over.
        ("NOR", "2019-09-02", True),
        # What is known of it is of a day long before, and it is still to be done.
        ("DEU", "2026-01-10", False),
    ],
)
async def test_a_group_has_an_affected_state_as_long_as_that_is_affected(
    isu: Institution, state: str, before: str, preferred: bool
) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    year = int(before[:4]) - 1
    given = {"portfolio": GROUP, "decision": decision, "startsOn": f"{year}-01-16", "endsOn": f"{year + 2}-01-16"}
    await isu.done("electCoordinator", **given, state=state)
    query = """query ($before: Date!) {
      upcomingVacancies(before: $before) { portfolio { code } affectedStatePreferred } }"""
    found = (await isu.ask(query, before=before))["upcomingVacancies"]

    assert [each["affectedStatePreferred"] for each in found if each["portfolio"]["code"] == GROUP] == [preferred]


async def test_vacancies_to_come_tell_whom_rotation_excludes(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")
    await isu.done(
        "electCoordinator", portfolio=GROUP, state="BIH", decision=decision, endsOn="2027-09-16", startsOn="2025-09-16"
    )
    query = """query ($before: Date!) { upcomingVacancies(before: $before) { portfolio { code } seat opensOn
                 excludedStates { code } affectedStatePreferred } }"""
    found = (await isu.ask(query, before="2027-09-17"))["upcomingVacancies"]

    (seat,) = (each for each in found if each["portfolio"]["code"] == GROUP and each["opensOn"] == "2027-09-16")
    assert seat["excludedStates"] == [{"code": "BIH"}]
    assert len(found) == 14


# ---------- two at once ----------


async def test_of_two_elections_to_one_seat_at_once_one_is_refused_by_its_rule(isu: Institution) -> None:
    await _race(isu, 10)


@pytest.mark.soak
@pytest.mark.parametrize("_", range(4))
async def test_two_hundred_times_one_of_two_elections_is_refused_by_its_rule(isu: Institution, _: int) -> None:
    await _race(isu, 50)


async def _race(isu: Institution, turns: int) -> None:
    """Each for another term of a theme, so that nothing but the other stands in the way."""
    decision = await isu.decision("2MSP", "2011-09-16")
    states = ["DEU", "FRA", "NOR", "AUT", "IRL", "MEX", "JPN", "ESP"]
    outcomes = []
    for turn in range(turns):
        theme = (THEME, "national_implementation_measures")[turn % 2]
        years = {"startsOn": f"{2012 + 2 * (turn // 2)}-09-16", "endsOn": f"{2014 + 2 * (turn // 2)}-09-16"}
        pair = [states[(4 * (turn // 2) + 2 * (turn % 2) + each) % len(states)] for each in (0, 1)]
        results = await asyncio.gather(
            *(isu("electCoordinator", portfolio=theme, state=state, decision=decision, **years) for state in pair)
        )
        outcomes.append(sorted(each["__typename"] for each in results))
        refusal = next(each for each in results if each["__typename"] == "Refusal")
        assert violated(refusal) == ["theme-seat"]
        assert warned(refusal) == []

    assert outcomes == [["CoordinatorElected", "Refusal"]] * turns
