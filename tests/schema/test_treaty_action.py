"""Who is bound on a day, over all States."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import db
from db.engine import Database
from db.unit import Signature, Unit
from mandate.day import PartialDate
from resolvers.change import verify
from schema.id import encode_id
from tests.api import Api
from tests.call import ISU, act, ask

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


# ---------- to record and to correct ----------

PROBLEM = """... on Problem { message code } ... on Invalid { fields { path message } }
             ... on Conflict { currentVersion currentId }"""
ACTION = "treatyAction { id type date entersIntoForceOn statedEntryIntoForceOn note version }"
RECORD = f"""mutation ($input: RecordTreatyActionInput!) {{ recordTreatyAction(input: $input) {{
  __typename {PROBLEM} ... on TreatyActionRecorded {{ {ACTION} }} }} }}"""
CORRECT = f"""mutation ($input: CorrectTreatyActionInput!) {{ correctTreatyAction(input: $input) {{
  __typename {PROBLEM} ... on TreatyActionCorrected {{ {ACTION} }} }} }}"""
ACTIONS = """query ($code: CountryCode!) { state(by: {code: $code}) { treatyStatus { kind }
  treatyActions { id type date entersIntoForceOn statedEntryIntoForceOn note version } } }"""


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


async def of_state(database: Database, code: str) -> tuple[str, dict[str, Any]]:
    """Its status today, and its actions by type."""
    state = (await ask(database, ISU, ACTIONS, code=code))["data"]["state"]
    return state["treatyStatus"]["kind"], {each["type"]: each for each in state["treatyActions"]}


async def record(database: Database, state: str, type_: str, on: str, **given: Any) -> Any:
    facts = {"state": state, "type": type_, "date": on, "source": "C.N.1", **given}
    return await act(database, ISU, RECORD, input=facts)


async def correct(database: Database, action: Any, **given: Any) -> Any:
    facts = {"id": action["id"], "expectedVersion": action["version"], "source": "C.N.2", **given}
    return await act(database, ISU, CORRECT, input=facts)


def against(problem: Any) -> list[str]:
    assert problem["__typename"] == "Invalid", problem
    return [".".join(each["path"]) for each in problem["fields"]]


async def test_a_correction_leaves_what_it_does_not_mention(database: Database) -> None:
    before, actions = await of_state(database, "LTU")
    noted = await correct(database, actions["WITHDRAWAL"], note="A depositary notification")
    dated = await correct(database, noted["treatyAction"], date="2024-09-06")
    after, actions = await of_state(database, "LTU")

    assert before == after == "WITHDRAWN"
    assert actions["WITHDRAWAL"] == dated["treatyAction"]
    assert {**actions["WITHDRAWAL"], "id": ""} == {
        "id": "",
        "type": "WITHDRAWAL",
        "date": "2024-09-06",
        "entersIntoForceOn": "2025-03-06",
        "statedEntryIntoForceOn": "2025-03-06",
        "note": "A depositary notification",
        "version": 3,
    }
    assert (await verify(database)).faults == []


async def test_only_an_explicit_null_clears_a_value(database: Database) -> None:
    _, actions = await of_state(database, "LTU")
    dated = await correct(database, actions["WITHDRAWAL"], date="2024-09-06", note="x", takesEffectOn="2026-01-02")
    kept = await correct(database, dated["treatyAction"])
    cleared = await correct(database, kept["treatyAction"], note=None, takesEffectOn=None)

    assert kept["treatyAction"] == dated["treatyAction"], "nothing was changed, so it is at the same version"
    assert cleared["treatyAction"]["note"] is None
    assert cleared["treatyAction"]["statedEntryIntoForceOn"] is None
    assert cleared["treatyAction"]["entersIntoForceOn"] == "2025-03-06", "six months after its date"
    for told in ({"date": None}, {"date": None, "takesEffectOn": None}):
        assert against(await correct(database, cleared["treatyAction"], **told)) == ["date"]


async def test_what_the_convention_rules_out_is_refused_with_member_and_article(database: Database) -> None:
    for state, type_, on, told, member, article in (
        ("USA", "SIGNATURE", "2020-01-01", {}, "date", "Article 15"),
        ("USA", "ACCESSION", "2008-01-01", {}, "date", "Article 15"),
        ("USA", "RATIFICATION", "2020-01-01", {}, "type", "Article 16(1)"),
        ("AGO", "ACCESSION", "2020-01-01", {}, "type", "Article 16(2)"),
        ("AGO", "RATIFICATION", "2008-12-02", {}, "date", "Article 16(1)"),
        ("AGO", "RATIFICATION", "2020-01-01", {"takesEffectOn": "2019-01-01"}, "takesEffectOn", "Article 17(2)"),
        ("DEU", "PROVISIONAL_APPLICATION", "2011-01-01", {}, "date", "Article 18"),
        ("DEU", "RESERVATION", "2011-01-01", {}, "type", "Article 19"),
        ("USA", "WITHDRAWAL", "2020-01-01", {}, "type", "Article 20(2)"),
        ("DEU", "WITHDRAWAL", "2010-07-31", {}, "date", "Article 20(2)"),
        ("DEU", "WITHDRAWAL", "2020-01-01", {"takesEffectOn": "2020-06-30"}, "takesEffectOn", "Article 20(3)"),
        ("DEU", "WITHDRAWAL", "2020-01", {}, "takesEffectOn", "Article 20(3)"),
    ):
        refused = await record(database, state, type_, on, **told)
        assert against(refused) == [member], (state, type_, on)
        assert f"({article})" in refused["message"]
        assert refused["message"].startswith(f"{member}: ")


async def test_a_withdrawal_takes_effect_within_the_calendar(database: Database) -> None:
    for beyond in ("2100-01-01", "9999-12-31"):
        refused = await record(database, "DEU", "WITHDRAWAL", "2020-01-01", takesEffectOn=beyond)
        assert refused["message"] == "takesEffectOn: Between 1900-01-01 and 2099-12-31."
    done = await record(database, "DEU", "WITHDRAWAL", "2020-01", takesEffectOn="2020-08-01")

    assert done["treatyAction"]["entersIntoForceOn"] == "2020-08-01"
    assert (await of_state(database, "DEU"))[0] == "WITHDRAWN"


async def test_a_correction_is_judged_beside_its_neighbours(database: Database) -> None:
    _, germany = await of_state(database, "DEU")
    _, lithuania = await of_state(database, "LTU")

    for action, told, member in (
        (germany["SIGNATURE"], {"date": "2009-07-09"}, "date"),
        (germany["RATIFICATION"], {"date": "2008-12-02"}, "date"),
        (germany["RATIFICATION"], {"takesEffectOn": "2012-01-01"}, "takesEffectOn"),
        (lithuania["RATIFICATION"], {"date": "2024-06-01"}, "date"),
        (lithuania["WITHDRAWAL"], {"date": "2024-09-07"}, "takesEffectOn"),
        (lithuania["PROVISIONAL_APPLICATION"], {"date": "2011-09-01"}, "date"),
    ):
        assert member in against(await correct(database, action, **told)), (action["type"], told)
    good = await correct(database, germany["SIGNATURE"], date="2008-12-04")
    assert good["treatyAction"]["date"] == "2008-12-04"
    assert against(await correct(database, good["treatyAction"], date="9999-12")) == ["date"]


async def test_whoever_signed_may_ratify_on_the_same_day(database: Database) -> None:
    assert (await record(database, "USA", "SIGNATURE", "2010-07-30"))["__typename"] == "TreatyActionRecorded"
    done = await record(database, "USA", "RATIFICATION", "2010-07-30", note="Two lines\nof a note")

    assert done["treatyAction"]["entersIntoForceOn"] == "2011-01-01"


async def test_every_act_on_record_may_be_corrected_to_what_it_is(database: Database) -> None:
    query = "{ states(first: 250) { nodes { treatyActions { id version date type } } } }"
    states = (await ask(database, ISU, query))["data"]["states"]["nodes"]

    assert sum(len(state["treatyActions"]) for state in states) > 200
    for state in states:
        for action in state["treatyActions"]:
            done = await correct(database, action, date=action["date"])
            assert done["__typename"] == "TreatyActionCorrected", (action, done)
            assert done["treatyAction"]["version"] == action["version"]


async def test_a_source_and_a_note_say_something_and_not_too_much(database: Database) -> None:
    for told, member in (
        ({"source": ""}, "source"),
        ({"source": " \u200b"}, "source"),
        ({"source": "x" * 501}, "source"),
        ({"source": "a\nb"}, "source"),
        ({"note": "x" * 501}, "note"),
        ({"note": " "}, "note"),
    ):
        assert against(await record(database, "USA", "ACCESSION", "2020-01-01", **told)) == [member], told
        _, actions = await of_state(database, "DEU")
        assert against(await correct(database, actions["SIGNATURE"], **told)) == [member], told
    longest = await record(database, "USA", "ACCESSION", "2020-01-01", source="x" * 500, note="y" * 500)
    assert longest["__typename"] == "TreatyActionRecorded"


async def test_what_is_on_record_already_is_told(database: Database) -> None:
    _, germany = await of_state(database, "DEU")
    await correct(database, germany["RATIFICATION"], note="x")

    for type_ in ("RATIFICATION", "ACCESSION"):
        there = await record(database, "DEU", type_, "2020-01-01")
        assert (there["__typename"], there["code"], there["currentVersion"]) == ("Conflict", "DUPLICATE", 2)
        assert there["currentId"] == germany["RATIFICATION"]["id"]
        assert "RATIFICATION of 2009-07-08" in there["message"]
        assert "one consent to be bound for each State" in there["message"]
    first = await record(database, "DEU", "DECLARATION", "2020-01-01")
    second = await record(database, "DEU", "DECLARATION", "2021-01-01")
    assert second["currentId"] == first["treatyAction"]["id"]
    assert "The register keeps one DECLARATION for each State" in second["message"]


async def test_a_state_that_withdrew_and_comes_back_is_told_that_the_register_can_not_say_so(
    database: Database,
) -> None:
    back = await record(database, "LTU", "ACCESSION", "2025-12-01")

    assert (back["__typename"], back["code"]) == ("Conflict", "DUPLICATE")
    assert "comes back" in back["message"]
    assert "correct" not in back["message"]


async def test_an_act_that_could_never_be_is_named_by_its_id_when_it_is_corrected(database: Database) -> None:
    row = {"id": "never", "convention_code": "CCM", "state_code": "DEU", "type": "RESERVATION"}
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.TreatyAction, [{**row, "date": PartialDate.parse("2012-01-01")}])

    action = {"id": encode_id("TreatyAction", "never"), "version": 1}
    assert against(await correct(database, action, date="2013-01-01")) == ["id"]
