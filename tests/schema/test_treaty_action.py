"""Who is bound on a day, over all States."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import Api

pytestmark = pytest.mark.anyio

STATES = Path(__file__).parents[2] / "data" / "ccm" / "states.csv"

COUNTS = "query ($day: Date!, $by: StatusGrouping) { statusCounts(asOf: $day, by: $by) { group kind count } }"
STATUS = "query ($day: Date) { states(first: 250) { nodes { code treatyStatus(asOf: $day) { kind } } } }"


async def counts(api: Api, day: str) -> dict[str, int]:
    data = await api(COUNTS, day=day)
    return {each["kind"]: each["count"] for each in data["statusCounts"]}


@pytest.mark.parametrize(
    ("day", "parties"),
    [("2010-07-31", 0), ("2010-08-01", 30), ("2015-09-07", 91), ("2025-03-05", 112), ("2025-03-06", 111)],
)
async def test_the_number_of_states_parties_on_a_day(api: Api, day: str, parties: int) -> None:
    assert (await counts(api, day)).get("STATE_PARTY", 0) == parties


async def test_every_state_is_counted_once(api: Api) -> None:
    for day in ("2008-01-01", "2012-06-30", "2026-01-15"):
        assert sum((await counts(api, day)).values()) == 197


async def test_states_without_a_regional_group_count_under_an_empty_one(api: Api) -> None:
    data = await api(COUNTS, day="2026-01-15", by="REGION")

    groups = {each["group"]: 0 for each in data["statusCounts"]}
    for each in data["statusCounts"]:
        groups[each["group"]] += each["count"]
    assert groups[""] == 4
    assert len(groups) == 6
    assert sum(groups.values()) == 197


async def test_lithuania_explains_its_withdrawal(api: Api) -> None:
    data = await api(
        """{ state(by: {code: "LTU"}) { treatyStatus(asOf: "2025-03-06") {
             kind since inForceSince explanation { summary inputs citations { source paragraph } } } } }"""
    )

    status = data["state"]["treatyStatus"]
    assert (status["kind"], status["since"], status["inForceSince"]) == ("WITHDRAWN", "2025-03-06", None)
    assert status["explanation"]["citations"] == [{"source": "CCM", "paragraph": "Article 20(3)"}]
    assert status["explanation"]["inputs"]["withdrawalTakesEffectOn"] == "2025-03-06"
    assert "2011-09-01" in status["explanation"]["summary"]


async def test_the_computed_entry_into_force_is_the_stated_one_wherever_one_is_stated(api: Api) -> None:
    data = await api(
        """{ states(first: 250) { nodes { code entryIntoForce {
             computed stated agrees explanation { inputs citations { paragraph } } } } } }"""
    )

    found: dict[str, Any] = {s["code"]: s["entryIntoForce"] for s in data["states"]["nodes"] if s["entryIntoForce"]}
    stated = {code: each for code, each in found.items() if each["stated"]}
    assert (len(found), len(stated)) == (113, 34)
    assert all(each["agrees"] is True and each["computed"] == each["stated"] for each in stated.values())
    assert all(each["agrees"] is None for code, each in found.items() if code not in stated)
    with STATES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["deposited"]:
                each = found[row["alpha3"]]
                paragraph = "Article 17(1)" if row["original_thirty"] == "yes" else "Article 17(2)"
                assert each["computed"] == row["entry_into_force"]
                assert each["explanation"]["citations"] == [{"paragraph": paragraph}]
                assert each["explanation"]["inputs"]["deposited"] == row["deposited"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(date(2008, 1, 1), date(2027, 1, 1)))
async def test_what_sql_counts_is_what_the_rule_says_of_each_state(api: Api, day: date) -> None:
    said = await api(STATUS, day=str(day))

    kinds = [state["treatyStatus"]["kind"] for state in said["states"]["nodes"]]
    assert await counts(api, str(day)) == {kind: kinds.count(kind) for kind in set(kinds)}


async def test_the_timeline_ends_where_the_counts_stand(api: Api) -> None:
    data = await api("{ treatyTimeline { on signed deposited inForce withdrawn } }")

    points = data["treatyTimeline"]
    assert points == sorted(points, key=lambda point: point["on"])
    assert next(p for p in points if p["on"] == "2010-08-01")["inForce"] == 30
    last = points[-1]
    assert (last["signed"], last["deposited"], last["withdrawn"]) == (108, 113, 1)
    assert last["inForce"] == (await counts(api, last["on"]))["STATE_PARTY"]


async def test_states_are_found_by_their_status_on_a_day(api: Api) -> None:
    query = """query ($day: Date!) { states(first: 250, asOf: $day, where: {status: [STATE_PARTY]}) {
                 totalCount nodes { code treatyStatus(asOf: $day) { kind } } } }"""
    data = await api(query, day="2015-09-07")

    assert data["states"]["totalCount"] == len(data["states"]["nodes"]) == 91
    assert {state["treatyStatus"]["kind"] for state in data["states"]["nodes"]} == {"STATE_PARTY"}


async def test_a_fact_tells_its_sources_and_what_they_disagree_on(api: Api) -> None:
    data = await api(
        """{ state(by: {code: "BDI"}) { provenance { field basis sources note disagreement } treatyActions {
             type provenance(field: "entersIntoForceOn") { basis } } } }"""
    )

    whole = next(each for each in data["state"]["provenance"] if each["field"] is None)
    assert whole["basis"] == "STATED"
    assert len(whole["sources"]) >= 2
    assert "2009-12-25" in whole["disagreement"]
    ratification = next(each for each in data["state"]["treatyActions"] if each["type"] == "RATIFICATION")
    assert ratification["provenance"] == [{"basis": "COMPUTED"}]
