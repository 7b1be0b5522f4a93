"""A country in one query, and how it is found."""

from __future__ import annotations

import re

import pytest

from tests.api import Api

pytestmark = pytest.mark.anyio

PROFILE = """
query Profile($first: Int!) { states(first: $first) { totalCount nodes {
  id code name { in(language: "en") { value } }
  treatyStatus { kind since explanation { summary inputs citations { paragraph document { symbol } } } }
  entryIntoForce { computed stated agrees }
  treatyActions { type date entersIntoForceOn statedEntryIntoForceOn provenance { basis sources } }
  obligations {
    article status dueOn overdue fulfilledOn originalDeadline { computed stated agrees } deadline { computed stated }
    deadlines { dueOn request { code considered: consideredAt { code } } explanation { citations { paragraph } } }
  }
  extensionRequests { code submittedOn newDeadline analysis { symbol } }
  reportSchedule { initialDueOn nextDueOn annual { calendarYear } }
  officeTerms { office { role { code } body { code } } startsOn endsOn startsAt { moment meeting { code } } }
  documents(first: 5) { totalCount nodes { title { in(language: "en") { value } } submittedBy { name { original } } } }
} } }
"""


async def test_a_profile_of_fifty_states_takes_as_many_statements_as_one_of_five(api: Api) -> None:
    with api.statements() as few:
        five = await api(PROFILE, first=5)
    with api.statements() as many:
        fifty = await api(PROFILE, first=50)

    assert (len(five["states"]["nodes"]), len(fifty["states"]["nodes"])) == (5, 50)
    assert len(few) == len(many)
    # How many are wanted is said in the words of the statement.
    assert [re.sub(r"LIMIT \d+", "", each) for each in few] == [re.sub(r"LIMIT \d+", "", each) for each in many]


async def test_germany_in_full(api: Api) -> None:
    data = await api(
        """{ state(by: {code: "DEU"}) {
             officialName { in(language: "fr") { value language isFallback } } regionalGroup
             externalIds { scheme value }
             obligations { article status dueOn overdue deadline { computed stated agrees }
                           deadlines { dueOn basis request { code decision considered: consideredAt { code } } } }
             extensionRequests { code newDeadline requestedUntil analysis { symbol } }
             coordinatorTerms { portfolio { code } startsOn endsOn }
             reportSchedule(asOf: "2012-01-01") { initialDueOn nextDueOn annual { calendarYear dueOn } } } }"""
    )

    germany = data["state"]
    assert germany["officialName"]["in"] == {"value": "Germany", "language": "en", "isFallback": True}
    assert {"scheme": "un-m49", "value": "276"} in germany["externalIds"]
    stockpiles, clearance = germany["obligations"]
    assert (stockpiles["article"], stockpiles["status"], stockpiles["overdue"]) == ("ARTICLE_3", "FULFILLED", False)
    assert clearance["deadline"] == {"computed": "2025-08-01", "stated": "2025-08-01", "agrees": True}
    assert [step["basis"] for step in clearance["deadlines"]] == ["COMPUTED", "STATED"]
    assert [step["dueOn"] for step in clearance["deadlines"]] == ["2020-08-01", "2025-08-01"]
    assert clearance["deadlines"][1]["request"]["considered"] == {"code": "9MSP"}
    assert clearance["overdue"] is None, "the decision on the second request is not known"
    assert [request["analysis"] for request in germany["extensionRequests"]] == [None, {"symbol": "CCM/MSP/2024/5"}]
    assert germany["coordinatorTerms"][0] == {
        "portfolio": {"code": "stockpile_destruction_and_retention"},
        "startsOn": "2011-09-16",
        "endsOn": "2012-09-14",
    }
    assert germany["reportSchedule"] == {
        "initialDueOn": "2011-01-28",
        "nextDueOn": "2012-04-30",
        "annual": [{"calendarYear": 2010, "dueOn": "2011-04-30"}],
    }


async def test_every_computed_original_deadline_is_the_stated_one_where_one_is_stated(api: Api) -> None:
    data = await api("{ states(first: 250) { nodes { code obligations { article originalDeadline { agrees } } } } }")

    agrees = [
        obligation["originalDeadline"]["agrees"]
        for state in data["states"]["nodes"]
        for obligation in state["obligations"]
    ]
    assert len(agrees) == 75
    assert agrees.count(True) == 13
    assert agrees.count(False) == 0


async def test_a_signatory_with_no_entry_into_force_owes_nothing_yet(api: Api) -> None:
    data = await api(
        """{ state(by: {code: "AGO"}) { entryIntoForce { computed }
             reportSchedule { initialDueOn nextDueOn annual { dueOn } } } }"""
    )

    assert data["state"] == {
        "entryIntoForce": None,
        "reportSchedule": {"initialDueOn": None, "nextDueOn": None, "annual": []},
    }


@pytest.mark.parametrize("key", ['{code: "CHE"}', '{m49: "756"}', '{id: "U3RhdGU6Q0hF"}'])
async def test_a_state_is_found_by_any_of_its_keys(api: Api, key: str) -> None:
    assert await api(f"{{ state(by: {key}) {{ code }} }}") == {"state": {"code": "CHE"}}


async def test_an_unknown_code_is_null(api: Api) -> None:
    assert await api('{ state(by: {code: "XXX"}) { code } }') == {"state": None}


async def test_states_stand_in_alphabetical_order_whatever_their_accents(api: Api) -> None:
    data = await api('{ states(first: 250) { nodes { name { in(language: "en") { value } } } } }')

    names = [state["name"]["in"]["value"] for state in data["states"]["nodes"]]
    assert names.index("Tunisia") < names.index("Türkiye") < names.index("Turkmenistan")


async def test_conditions_combine(api: Api) -> None:
    query = """{ states(first: 250, where: {
        and: [{hasObligation: ARTICLE_4}, {not: {region: ["African States"]}}],
        or: [{code: ["DEU", "TCD"]}, {code: ["LAO"]}] }) { totalCount nodes { code } } }"""

    data = await api(query)

    assert [state["code"] for state in data["states"]["nodes"]] == ["DEU", "LAO"]
    assert (await api("{ states(where: {or: []}) { totalCount } }"))["states"]["totalCount"] == 0
    assert (await api("{ states(where: {and: []}) { totalCount } }"))["states"]["totalCount"] == 197


async def test_a_later_deadline_that_a_source_states_is_the_one_to_reckon_with(api: Api) -> None:
    """Whoever printed the computed one would call Bulgaria two years late."""
    data = await api(
        """{ obligations(where: {state: ["BGR", "MRT"], article: [ARTICLE_3, ARTICLE_4]}) { nodes {
             state { code } article dueOn fulfilledOn deadline { computed stated statedBasis agrees }
             overdue meanwhile: overdue(asOf: "2022-10-01") } } }"""
    )

    bulgaria, mauritania = data["obligations"]["nodes"]
    assert (bulgaria["deadline"]["computed"], bulgaria["dueOn"], bulgaria["fulfilledOn"]) == (
        "2021-04-01",
        "2023",
        "2023-09-12",
    )
    assert (bulgaria["overdue"], bulgaria["meanwhile"]) == (False, False)
    assert (mauritania["deadline"]["computed"], mauritania["dueOn"]) == ("2022-08-01", "2026")


async def test_what_is_only_inferred_agrees_with_nothing(api: Api) -> None:
    data = await api(
        """{ obligations(where: {state: ["AFG"], article: [ARTICLE_4]}) { nodes {
             deadline { computed stated statedBasis agrees }
             deadlines { basis explanation { summary } request { decisionBasis } } } } }"""
    )

    (clearance,) = data["obligations"]["nodes"]
    assert clearance["deadline"] == {
        "computed": "2026-03-01",
        "stated": "2026-03-01",
        "statedBasis": "INFERRED",
        "agrees": None,
    }
    assert [step["basis"] for step in clearance["deadlines"]] == ["COMPUTED", "INFERRED"]
    assert clearance["deadlines"][1]["request"] == {"decisionBasis": "INFERRED"}
    assert "inferred to be granted" in clearance["deadlines"][1]["explanation"]["summary"]


async def test_acts_stand_in_the_order_in_which_they_were_done(api: Api) -> None:
    data = await api(
        """{ state(by: {code: "LTU"}) { treatyActions { type } }
             convention { treatyActions(first: 1) { totalCount nodes { date state { code } } } } }"""
    )

    types = [action["type"] for action in data["state"]["treatyActions"]]
    assert types[0] == "SIGNATURE"
    assert types[-1] == "WITHDRAWAL"
    assert data["convention"]["treatyActions"]["totalCount"] == 226


async def test_obligations_and_requests_are_found_across_states(api: Api) -> None:
    data = await api(
        """{ obligations(where: {article: [ARTICLE_4], status: [OUTSTANDING]}) { totalCount }
             fulfilled: obligations(orderBy: [{field: FULFILLED_ON, direction: DESC}], first: 1) {
               nodes { fulfilledOn } }
             extensionRequests(where: {consideredAt: ["9MSP"], isDecided: true}) { nodes { state { code } } }
             meeting(code: "9MSP") { extensionRequests { code } } }"""
    )

    assert data["obligations"]["totalCount"] == 9
    assert data["fulfilled"]["nodes"] == [{"fulfilledOn": "2023-12"}]
    assert [each["state"]["code"] for each in data["extensionRequests"]["nodes"]] == ["BGR", "DEU", "LAO"]
    assert len(data["meeting"]["extensionRequests"]) == 3


async def test_the_codes_to_filter_by_can_be_listed(api: Api) -> None:
    data = await api(
        """{ meetingKinds { code } documentKinds { code label { in(language: "en") { value } } }
             organisationTypes { code } officeRoles { code } languages { code } regionalGroups }"""
    )

    assert {"code": "review_conference"} in data["meetingKinds"]
    assert len(data["documentKinds"]) == 57
    assert {"code": "article_7_report", "label": {"in": {"value": "Article 7 report"}}} in data["documentKinds"]
    assert {"code": "zh"} in data["languages"]
    assert len(data["regionalGroups"]) == 5
