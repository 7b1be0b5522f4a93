"""The compliance review through the API, on the real register."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from db.table import Kept
from mandate.actor import PUBLIC, Visibility
from mandate.meeting import RECORDS
from tests.api import Api
from tests.call import ISU, ask, hide
from tests.institution import Institution

pytestmark = pytest.mark.anyio

REVIEW = """query ($day: Date!, $ruleSet: String) { complianceReview(asOf: $day, ruleSet: $ruleSet) { ruleSet
  taskCoverage { task year activities }
  findings { rule { code } message since dueOn advice inputs
    concerns { __typename id ... on Meeting { code } ... on CoordinatorTerm { state { code } } } } } }"""


def by_rule(review: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in review["findings"]:
        found.setdefault(each["rule"]["code"], []).append(each)
    return found


async def test_history_is_judged_as_it_was_imported(api: Api) -> None:
    found = by_rule((await api(REVIEW, day="2013-01-01"))["complianceReview"])

    (methods,) = found["intersessional-methods"]
    assert (methods["concerns"]["__typename"], methods["concerns"]["code"]) == ("Meeting", "IM-2012")
    assert (methods["since"], methods["advice"]) == ("2012-04-16", False)
    assert {each["concerns"]["state"]["code"] for each in found["coordinator-continuity"]} == {
        *("VAT", "JPN", "AUT", "DEU", "ESP", "LAO")
    }
    assert all(each["advice"] for each in found["coordinator-continuity"])
    assert len(found["committee-representatives"]) == 3
    assert "intersessional-annual" not in found


async def test_a_year_without_an_intersessional_meeting_is_found_by_the_paper_and_not_by_practice(api: Api) -> None:
    paper = by_rule((await api(REVIEW, day="2018-01-01"))["complianceReview"])
    practice = by_rule((await api(REVIEW, day="2018-01-01", ruleSet="current-practice"))["complianceReview"])

    assert [each["inputs"]["year"] for each in paper["intersessional-annual"]] == [2016, 2017]
    assert "intersessional-annual" not in practice


async def test_what_the_register_of_documents_has_is_not_missing(api: Api) -> None:
    query = """query ($rules: [String!]) { complianceReview(asOf: "2025-12-31", rules: $rules) {
      findings { rule { code } concerns { ... on Meeting { code } } } } }"""
    found = by_rule((await api(query, rules=["isu-report-each-meeting", "isu-records"]))["complianceReview"])

    assert set(found) <= {"isu-report-each-meeting", "isu-records"}
    assert "12MSP" not in {each["concerns"]["code"] for each in found.get("isu-report-each-meeting", [])}


async def test_a_review_tells_advice_and_breaches_apart(api: Api) -> None:
    query = """query ($advice: Boolean) { complianceReview(asOf: "2013-01-01", advice: $advice) {
      findings { advice message } } }"""
    all_, advice, breaches = [
        (await api(query, advice=each))["complianceReview"]["findings"] for each in (None, True, False)
    ]

    assert {each["advice"] for each in advice} == {True}
    assert {each["advice"] for each in breaches} == {False}
    assert len(advice) + len(breaches) == len(all_)


async def test_a_rule_that_a_review_does_not_look_at_is_a_mistake_in_the_query(api: Api) -> None:
    error = await api.error('{ complianceReview(rules: ["coordinator-elected"]) { asOf } }')
    assert "The review has nothing of coordinator-elected: it has " in error["message"]


async def test_before_the_mandate_there_is_nothing_to_review(api: Api) -> None:
    error = await api.error(REVIEW, day="2011-09-15")
    assert "No version of the mandate" in error["message"]


async def test_what_is_hidden_is_found_for_nobody_who_may_not_see_it(register_url: str) -> None:
    database = Database(register_url)
    await hide(database, db.Meeting, "IM-2012", Visibility.ISU)
    seen = [
        by_rule((await ask(database, actor, REVIEW, day="2013-01-01"))["data"]["complianceReview"])
        for actor in (ISU, PUBLIC)
    ]
    await database.close()

    assert [len(each.get("intersessional-methods", [])) for each in seen] == [1, 0]


async def test_what_is_hidden_is_missing_to_whoever_may_not_see_it(register_url: str) -> None:
    """A report of a meeting is its record, and what stands on an agenda is a subject of it, for those who see that."""
    database = Database(register_url)
    isu = Institution(database)
    item = {"meeting": "1RC", "number": "90", "title": [{"language": "en", "value": "Support"}], "subject": "ISU"}
    await isu.done("addAgendaItem", **item)
    reports = select(col(db.Document.id)).where(
        col(db.Document.meeting_code) == "12MSP", col(db.Document.kind_code).in_(sorted(RECORDS))
    )
    async with database.reading() as connection:
        kept: list[tuple[type[Kept], str]] = [
            (db.Document, key) for key in (await connection.execute(reports)).scalars()
        ]
        items = select(col(db.AgendaItem.id)).where(col(db.AgendaItem.meeting_code) == "1RC")
        kept += [(db.AgendaItem, key) for key in (await connection.execute(items)).scalars()]
    for table, key in kept:
        await hide(database, table, key, Visibility.ISU)
    seen = [
        by_rule((await ask(database, actor, REVIEW, day="2025-12-31"))["data"]["complianceReview"])
        for actor in (ISU, PUBLIC)
    ]
    await database.close()

    without = [{each["concerns"]["code"] for each in found["isu-records"]} for found in seen]
    assert without[1] - without[0] == {"12MSP"}
    subjects = [{each["inputs"]["subject"] for each in found["review-first-rc"]} for found in seen]
    assert subjects[1] - subjects[0] == {"ISU"}


async def test_the_tasks_of_the_isu_are_covered_year_by_year(states_url: str) -> None:
    database = Database(states_url)
    isu = Institution(database)
    await isu.meeting("1RC", "2015-09-07", "2015-09-11", kind="review_conference")
    await isu.meeting("6MSP", "2016-05-05", "2016-05-07", status="TENTATIVE")
    await isu.done("appointDirector", fullName="Sheila Mweemba", startsOn="2015-05-01")
    coverage = (await isu.ask(REVIEW, day="2016-06-01"))["complianceReview"]["taskCoverage"]
    found = by_rule((await isu.ask(REVIEW, day="2016-06-01"))["complianceReview"])
    await database.close()

    assert {(each["task"], each["year"]) for each in coverage} == {
        (task, year) for task in "abcdefghi" for year in (2015, 2016)
    }
    assert {each["activities"] for each in coverage} == {0}
    assert [each["concerns"]["code"] for each in found["isu-plan-each-meeting"]] == ["1RC"]
    assert [each["concerns"]["code"] for each in found["isu-report-each-meeting"]] == ["1RC"]


@pytest.mark.parametrize("year", [-1, 0, 99999])
async def test_a_year_beyond_the_calendar_is_a_mistake_in_the_query(api: Api, year: int) -> None:
    error = await api.error("query ($year: Int) { externalMeetings(year: $year) { id } }", year=year)
    assert (error["message"], error["extensions"]["code"]) == (
        "The year lies between 1900 and 2099.",
        "BAD_USER_INPUT",
    )


async def test_a_day_beyond_the_calendar_is_told_as_one_whatever_its_argument_is_called(api: Api) -> None:
    for query in (
        '{ statusCounts(asOf: "1899-12-31") { count } }',
        '{ upcomingVacancies(before: "2100-01-01") { seat } }',
        """{ coordinatorEligibility(state: "DEU", portfolio: "victim_assistance", startsOn: "1800-01-01") {
             eligible } }""",
    ):
        error = await api.error(query)
        assert (error["message"], error["extensions"]["code"]) == (
            "The day lies between 1900-01-01 and 2099-12-31.",
            "BAD_USER_INPUT",
        )


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            'coordinatorEligibility(state: "DEU", portfolio: "disarmament", startsOn: "2012-09-14") { eligible }',
            "theme",
        ),
        (
            'coordinatorEligibility(state: "QQQ", portfolio: "universalization", startsOn: "2012-09-14") { eligible }',
            "There is no such State.",
        ),
        ('eligibleStates(portfolio: "disarmament", startsOn: "2012-09-14") { state { code } }', "theme"),
        (
            'eligibleStates(portfolio: "universalization", startsOn: "2012-09-14", electedAt: "99MSP") { __typename }',
            "There is no such",
        ),
    ],
)
async def test_a_question_about_what_is_not_there_says_so(api: Api, question: str, message: str) -> None:
    error = await api.error(f"{{ {question} }}")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert message in error["message"]
