"""Bodies, posts and who held them."""

from __future__ import annotations

import pytest

from tests.api import Api

pytestmark = pytest.mark.anyio

PRESIDENCY = """query ($day: Date) { presidency(asOf: $day) {
  president { holder { ... on State { code } } person { fullName } startsOn startsAt { moment meeting { code } } }
  presidentDesignate { holder { ... on State { code } } }
  explanation { summary inputs } } }"""


@pytest.mark.parametrize(
    ("day", "president", "designate"),
    [
        ("2011-09-11", "LAO", "LBN"),
        ("2011-09-12", "LBN", "NOR"),
        ("2011-09-16", "LBN", "NOR"),
        ("2015-09-06", "CRI", "HRV"),
        ("2015-09-07", "HRV", "NLD"),
        ("2015-09-11", "NLD", "DEU"),
        ("2020-12-01", "CHE", "GBR"),
        ("2026-01-15", "LAO", None),
    ],
)
async def test_the_president_on_a_day(api: Api, day: str, president: str, designate: str | None) -> None:
    found = (await api(PRESIDENCY, day=day))["presidency"]

    assert found["president"]["holder"]["code"] == president
    assert (found["presidentDesignate"] and found["presidentDesignate"]["holder"]["code"]) == designate


async def test_before_the_first_meeting_nobody_presided(api: Api) -> None:
    found = (await api(PRESIDENCY, day="2010-01-01"))["presidency"]

    assert found["president"] is None
    assert "No term" in found["explanation"]["summary"]
    assert found["presidentDesignate"]["holder"]["code"] == "LAO"


async def test_six_working_groups_and_two_themes_each_with_its_paragraph(api: Api) -> None:
    data = await api(
        """{ workingGroups { code seats name { in(language: "zh") { value } } citations { source paragraph }
                             thematicAreas { code } }
             thematicAreas { code seats discussedUnder { code } citations { paragraph document { symbol } } } }"""
    )

    groups, themes = data["workingGroups"], data["thematicAreas"]
    assert [group["citations"][0]["paragraph"] for group in groups] == [f"Proposal 2(1)({x})" for x in "abcdef"]
    assert [group["seats"] for group in groups] == [2] * 6
    assert groups[1]["name"]["in"]["value"] == "普遍加入工作组"
    assert [theme["code"] for theme in groups[0]["thematicAreas"]] == [theme["code"] for theme in themes]
    assert len(themes) == 2
    for theme in themes:
        assert theme["discussedUnder"] == {"code": "general_status_and_operation"}
        assert theme["citations"] == [{"paragraph": "Proposal 2(2)", "document": {"symbol": "CCM/MSP/2011/WP.2"}}]


async def test_the_coordinators_on_the_day_the_second_meeting_closed(api: Api) -> None:
    data = await api("""{ coordinatorTerms(asOf: "2011-09-16") { state { code } portfolio { __typename code } } }""")

    pairs: dict[str, set[str]] = {}
    for term in data["coordinatorTerms"]:
        pairs.setdefault(term["portfolio"]["code"], set()).add(term["state"]["code"])
    assert pairs == {
        "general_status_and_operation": {"VAT", "ZMB"},
        "universalization": {"JPN", "PRT"},
        "victim_assistance": {"AUT", "BIH"},
        "clearance_and_risk_reduction": {"LAO", "IRL"},
        "stockpile_destruction_and_retention": {"DEU", "HRV"},
        "cooperation_and_assistance": {"ESP", "MEX"},
        "reporting_and_transparency": {"BEL"},
        "national_implementation_measures": {"NZL"},
    }


async def test_where_a_bound_is_not_known_the_sources_stand_in_for_it(api: Api) -> None:
    query = """query ($day: Date!) { officeTerms(asOf: $day, role: ["isu_director"]) {
                 person { fullName } startsOn attested } }"""

    attested = (await api(query, day="2018-01-25"))["officeTerms"]
    beyond = (await api(query, day="2024-01-01"))["officeTerms"]

    assert [(term["person"]["fullName"], term["startsOn"]) for term in attested] == [("Sheila N. Mweemba", None)]
    assert beyond == []


async def test_terms_are_narrowed_by_state_and_theme(api: Api) -> None:
    data = await api(
        """{ coordinatorTerms(state: "DEU", portfolio: "stockpile_destruction_and_retention") { startsOn }
             officeTerms(state: "DEU", role: ["president"]) { office { title { in(language: "en") { value } } } } }"""
    )

    assert data == {
        "coordinatorTerms": [{"startsOn": "2011-09-16"}],
        "officeTerms": [{"office": {"title": {"in": {"value": "President"}}}}],
    }


async def test_every_post_is_listed_with_its_terms(api: Api) -> None:
    data = await api(
        "{ offices { code citations { paragraph } body { code kind } terms { id } } standingBodies { kind } }"
    )

    offices = {office["code"]: office for office in data["offices"]}
    assert sum(len(office["terms"]) for office in offices.values()) == 105
    assert offices["president"]["citations"] == [{"paragraph": "Proposal 3(2)(a)"}]
    assert offices["coordinator:clearance_and_risk_reduction"]["body"]["kind"] == "WORKING_GROUP"
    assert {body["kind"] for body in data["standingBodies"]} == {"COMMITTEE", "ISU"}
