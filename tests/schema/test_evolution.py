"""What a release offers is taken away only after it was announced; tried with histories that are planted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import orjson
import pytest

from schema.evolution import HISTORY, bad_deprecations, broken, changes, releases
from tests.api import Api

pytestmark = pytest.mark.anyio

FIRST = """
type Query {
  state(code: String): State states(where: Where): [State!]! years: [Int!]!
  meetings: [String!]! @deprecated(reason: "since 2026-01-10: ask for meetingList")
}
type State { code: String! old: Old @deprecated(reason: "since 2026-01-10: nothing is old") }
type Old { since: Int }
enum Region { AFRICA ASIA ATLANTIS @deprecated(reason: "since 2026-01-10: it sank") }
input Where { region: Region drowned: Boolean @deprecated(reason: "since 2026-01-10: with Atlantis") }
"""
WITHOUT = """
type Query { state(code: String): State states(where: Where): [State!]! years: [Int!]! }
type State { code: String! }
enum Region { AFRICA ASIA }
input Where { region: Region }
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    (tmp_path / "2026-01-15.graphql").write_text(FIRST)
    return tmp_path


def test_what_was_deprecated_for_half_a_year_may_be_left_out_with_all_that_it_led_to(history: Path) -> None:
    assert broken(WITHOUT, date(2026, 7, 12), history) == []
    assert sorted(broken(WITHOUT, date(2026, 7, 11), history)) == [
        "Enum value Region.ATLANTIS was removed.",
        "Field Query.meetings was removed.",
        "Field State.old was removed.",
        "Field Where.drowned was removed.",
        "Old was removed.",
    ]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (FIRST.replace("state(code: String): State ", ""), "Query.state was removed"),
        (FIRST.replace("code: String!", "code: Int!"), "State.code changed type"),
        (FIRST.replace("code: String!", "code: String"), "State.code changed type"),
        (FIRST.replace("state(code: String)", "state(code: String!)"), "Query.state(code:)"),
        (FIRST.replace("state(code: String)", "state(code: String, on: Int!)"), "Query.state(on:)"),
        (FIRST.replace("AFRICA ", ""), "Region.AFRICA was removed"),
        (FIRST.replace("region: Region ", "region: Region! "), "Where.region"),
        (FIRST.replace("region: Region ", "region: Region more: Int! "), "Where.more"),
    ],
)
def test_whatever_else_breaks_a_client_is_told(history: Path, now: str, told: str) -> None:
    found = broken(now, date(2030, 1, 1), history)

    assert any(told in each for each in found), found


def test_what_is_added_breaks_nobody(history: Path) -> None:
    more = FIRST.replace("type State {", "type State { name(language: String): String").replace("ASIA", "ASIA EUROPE")

    assert broken(more, date(2026, 1, 16), history) == []
    told = orjson.loads(changes(more, history))
    assert sorted((each["effect"], each["code"], each["releasedOn"]) for each in told) == [
        ("DANGEROUS", "VALUE_ADDED_TO_ENUM", None),
        ("SAFE", "FIELD_ADDED", None),
    ]


def test_changes_are_told_from_release_to_release(history: Path) -> None:
    (history / "2026-08-01.graphql").write_text(WITHOUT)

    told = orjson.loads(changes(WITHOUT, history))

    assert [on for on, _ in releases(history)] == [date(2026, 1, 15), date(2026, 8, 1)]
    assert {each["releasedOn"] for each in told} == {"2026-08-01"}
    assert "Field Query.meetings was removed." in {each["description"] for each in told}
    assert broken(FIRST.replace("meetings", "gatherings"), date(2026, 8, 2), history) == []


def test_the_first_release_can_break_nothing(tmp_path: Path) -> None:
    assert broken(WITHOUT, date(2026, 1, 1), tmp_path) == []
    assert orjson.loads(changes(WITHOUT, tmp_path)) == []


def test_a_deprecation_says_since_when() -> None:
    assert bad_deprecations(FIRST) == []
    assert bad_deprecations(FIRST.replace("since 2026-01-10: it sank", "it sank")) == ["it sank"]
    assert bad_deprecations("type Query { a: Int @deprecated }") == [""]


async def test_who_asks_is_told_how_the_schema_changed(api: Api) -> None:
    query = "query ($since: Date) { schemaChanges(since: $since) { releasedOn effect code description } }"

    assert (await api(query))["schemaChanges"] == orjson.loads((HISTORY / "changes.json").read_bytes())
    assert {each["releasedOn"] for each in (await api(query, since="9999-12-31"))["schemaChanges"]} <= {None}
