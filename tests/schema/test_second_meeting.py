"""The Second Meeting of States Parties, replayed: what it decided, and what the mandate then says of the Third."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.engine import Database
from tests.institution import Institution, violated, warned

pytestmark = pytest.mark.anyio

# The first of each pair serves for one year.
ELECTED = {
    "general_status_and_operation": ("VAT", "ZMB"),
    "universalization": ("JPN", "PRT"),
    "victim_assistance": ("AUT", "BIH"),
    "clearance_and_risk_reduction": ("LAO", "IRL"),
    "stockpile_destruction_and_retention": ("DEU", "HRV"),
    "cooperation_and_assistance": ("ESP", "MEX"),
    "reporting_and_transparency": ("BEL",),
    "national_implementation_measures": ("NZL",),
}
COMMITTEE = """query ($day: Date!, $ruleSet: String) { coordinationCommittee(asOf: $day, ruleSet: $ruleSet) {
  ruleSet chair { holder { id } } vacancies { portfolio { code } seat opensOn affectedStatePreferred
  excludedStates { code } } seats { role capacity since until portfolio { code } term { id }
  holder { ... on State { code } ... on Organisation { organisation: code } }
  basis { paragraph quote { original en: in(language: "en") { value } zh: in(language: "zh") { value } } } } } }"""


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    database = Database(states_url)
    yield Institution(database)
    await database.close()


async def second_meeting(isu: Institution) -> dict[str, Any]:
    """All that it decided; the answers to the elections, by State."""
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16", city="Beirut", country="LBN")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14", city="Oslo", country="NOR")
    await isu.done("electPresident", meeting="2MSP", state="LBN", fullName="Adnan Mansour")
    await isu.done("designatePresident", meeting="3MSP", state="NOR", startsOn="2011-09-16")
    await isu.done("openMeeting", meeting="2MSP", expectedVersion=2)
    decision = await isu.decision("2MSP", "2011-09-16", number="25")
    elected = {}
    for portfolio, states in ELECTED.items():
        for place, state in enumerate(states):
            short = {"endsAt": {"meeting": "3MSP"}} if len(states) == 2 and place == 0 else {}
            elected[state] = await isu.done(
                "electCoordinator", portfolio=portfolio, state=state, decision=decision, **short
            )
    await isu.done("closeMeeting", meeting="2MSP", expectedVersion=3)
    return elected


async def germany_again(isu: Institution, **given: Any) -> Any:
    """At the Third Meeting, for the seat that Germany itself leaves."""
    decision = await isu.decision("3MSP", "2012-09-14")
    return await isu(
        "electCoordinator",
        portfolio="stockpile_destruction_and_retention",
        state="DEU",
        decision=decision,
        endsOn="2014-09-05",
        **given,
    )


async def test_the_committee_of_that_evening_has_the_right_seats(isu: Institution) -> None:
    await second_meeting(isu)

    committee = (await isu.ask(COMMITTEE, day="2011-09-16"))["coordinationCommittee"]
    held: dict[str, list[Any]] = {}
    for seat in committee["seats"]:
        assert seat["capacity"] == "MEMBER"
        held.setdefault(seat["role"], []).append(seat)
    portfolio_of = {
        seat["holder"]["code"]: seat["portfolio"]["code"]
        for role in ("WORKING_GROUP_COORDINATOR", "THEMATIC_COORDINATOR")
        for seat in held[role]
    }
    assert portfolio_of == {state: portfolio for portfolio, states in ELECTED.items() for state in states}
    assert len(held["WORKING_GROUP_COORDINATOR"]) == 12
    assert {
        role: [next(iter(seat["holder"].values())) for seat in seats]
        for role, seats in held.items()
        if "COORDINATOR" not in role
    } == {
        "PRESIDENT": ["LBN"],
        "PRESIDENT_DESIGNATE": ["NOR"],
        "ICRC": ["ICRC"],
        "UNITED_NATIONS": ["UN"],
        "CLUSTER_MUNITION_COALITION": ["CMC"],
    }
    assert {role: seats[0]["basis"][0]["paragraph"] for role, seats in held.items()} == {
        "PRESIDENT": "Proposal 3(2)(a)",
        "WORKING_GROUP_COORDINATOR": "Proposal 3(2)(b)",
        "THEMATIC_COORDINATOR": "Proposal 3(2)(c)",
        "PRESIDENT_DESIGNATE": "Proposal 3(2)(d)",
        "ICRC": "Proposal 3(2)(e)",
        "UNITED_NATIONS": "Proposal 3(2)(e)",
        "CLUSTER_MUNITION_COALITION": "Proposal 3(2)(f)",
    }
    assert committee["vacancies"] == []
    assert committee["ruleSet"] == "2011-proposal"


async def test_the_day_before_there_was_no_committee(isu: Institution) -> None:
    await second_meeting(isu)

    assert await isu.ask(COMMITTEE, day="2011-09-15") == {"coordinationCommittee": None}


async def test_two_pairs_without_an_affected_state_are_warned(isu: Institution) -> None:
    elected = await second_meeting(isu)

    second = {states[1]: warned(elected[states[1]]) for states in ELECTED.values() if len(states) == 2}
    assert second == {
        "ZMB": [],
        "PRT": ["coordinator-affected"],
        "BIH": [],
        "IRL": [],
        "HRV": [],
        "MEX": ["coordinator-affected"],
    }


async def test_germany_is_not_elected_again_a_year_later(isu: Institution) -> None:
    await second_meeting(isu)
    result = await germany_again(isu)

    assert result["__typename"] == "Refusal"
    assert result["code"] == "MANDATE_RULE"
    assert violated(result) == ["coordinator-rotation"]
    (rotation,) = (each for each in result["ruleEvaluations"] if each["verdict"] == "VIOLATED")
    assert rotation["citation"] == {"paragraph": "Proposal 2(6)"}
    assert "Proposal 2(6)" in result["message"]
    terms = await isu.ask('{ coordinatorTerms(state: "DEU") { startsOn } }')
    assert terms == {"coordinatorTerms": [{"startsOn": "2011-09-16"}]}


async def test_a_waiver_lets_germany_be_elected_and_stays_visible(isu: Institution) -> None:
    await second_meeting(isu)
    reason = "No other State Party came forward."
    result = await germany_again(isu, waivers=[{"rule": "coordinator-rotation", "reason": reason}])

    assert result["__typename"] == "CoordinatorElected", result
    verdicts = {each["rule"]["code"]: each for each in result["ruleEvaluations"]}
    assert verdicts["coordinator-rotation"]["verdict"] == "WAIVED"
    assert verdicts["coordinator-rotation"]["waiver"] == {"reason": reason}
    waivers = result["term"]["waivers"]
    assert [(each["rule"]["code"], each["reason"]) for each in waivers] == [("coordinator-rotation", reason)]
