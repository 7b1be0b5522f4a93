"""The annual report of the ISU to the States Parties."""

from __future__ import annotations

from typing import Any

import pytest

from mandate.actor import PUBLIC, Capacity
from tests.call import caller
from tests.institution import Institution

pytestmark = pytest.mark.anyio

STATE_PARTY = caller("STATE:NOR", Capacity.STATE_PARTY, Capacity.PRESIDENT)
REPORTS = "query ($year: Int) { annualReports(year: $year) { id year meeting { code } history { totalCount } } }"
NODE = "query ($id: ID!) { node(id: $id) { ... on AnnualReport { year } } }"


async def begin(isu: Institution) -> None:
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    await isu.meeting("CC-1", "2012-05-02", "2012-05-02", kind="coordination_committee", formality="INFORMAL")


def report(**given: Any) -> dict[str, Any]:
    return {
        "year": 2011,
        "activities": [{"language": "en", "value": "Two meetings were prepared."}],
        "functioning": [{"language": "en", "value": "Three people worked."}],
        "meeting": "3MSP",
        **given,
    }


async def test_a_report_is_public_once_it_is_submitted(isu: Institution) -> None:
    result = await isu.done("submitAnnualReport", **report())

    own = result["annualReport"]
    assert (own["year"], own["meeting"]) == (2011, {"code": "3MSP"})
    public = isu.as_(PUBLIC)
    assert (await public.ask(REPORTS, year=2011))["annualReports"] == [
        {"id": own["id"], "year": 2011, "meeting": {"code": "3MSP"}, "history": {"totalCount": 1}}
    ]
    assert (await public.ask(REPORTS, year=2012))["annualReports"] == []
    assert (await public.ask(NODE, id=own["id"]))["node"] == {"year": 2011}


async def test_a_year_is_reported_once_to_a_meeting(isu: Institution) -> None:
    first = (await isu.done("submitAnnualReport", **report()))["annualReport"]

    again = await isu("submitAnnualReport", **report())
    assert (again["__typename"], again["code"], again["currentId"]) == ("Conflict", "DUPLICATE", first["id"])
    await isu.done("submitAnnualReport", **report(year=2012))


async def test_a_report_that_can_not_be_recorded_says_why(isu: Institution) -> None:
    await isu.meeting("4MSP", "2013-09-09", "2013-09-13")
    await isu.done("cancelMeeting", meeting="4MSP", expectedVersion=1)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"meeting": "CC-1"}, "meeting"),
        ({"meeting": "4MSP"}, "meeting"),
        ({"year": 2013}, "year"),
        ({"year": 2027}, "year"),
        ({"year": 1899}, "year"),
        ({"activities": []}, "activities"),
        ({"functioning": [{"language": "en", "value": " "}]}, "functioning.0.value"),
    ]
    for given, path in wrong:
        result = await isu("submitAnnualReport", **report(**given))
        assert result["__typename"] == "Invalid", result
        assert [".".join(each["path"]) for each in result["fields"]] == [path], given
    assert (await isu("submitAnnualReport", **report(meeting="NONE")))["__typename"] == "NotFound"
    assert (await isu.ask(REPORTS))["annualReports"] == []


async def test_a_report_that_is_only_validated_is_not_kept(isu: Institution) -> None:
    result = await isu("submitAnnualReport", validate_only=True, **report())

    assert (result["__typename"], result["annualReport"]) == ("AnnualReportSubmitted", None)
    assert (await isu.ask(REPORTS))["annualReports"] == []


async def test_the_isu_alone_reports(isu: Institution) -> None:
    for actor in (PUBLIC, STATE_PARTY):
        assert (await isu.as_(actor)("submitAnnualReport", **report()))["__typename"] == "Forbidden"
