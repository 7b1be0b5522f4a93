"""Meetings with their parts, documents and attendance."""

from __future__ import annotations

import pytest

from tests.api import Api

pytestmark = pytest.mark.anyio


async def test_the_second_meeting_with_its_presidency_attendance_and_documents(api: Api) -> None:
    data = await api(
        """{ meeting(code: "2MSP") { startsOn endsOn days city country status formality kind { code label { original } }
             presidency { code } president { fullName } attendance { participantClass count } symbolPrefixes
             documents(first: 3, where: {symbolPrefix: "CCM/MSP/2011/WP.3"}, orderBy: [{field: SYMBOL}]) {
               totalCount nodes { symbol } } } }"""
    )

    meeting = data["meeting"]
    assert (meeting["startsOn"], meeting["endsOn"], meeting["days"]) == ("2011-09-12", "2011-09-16", 5)
    assert (meeting["presidency"], meeting["president"]) == ({"code": "LBN"}, {"fullName": "Adnan Mansour"})
    assert {each["participantClass"]: each["count"] for each in meeting["attendance"]} == {
        "STATES_PARTIES": 52,
        "SIGNATORIES": 38,
        "OBSERVER_STATES": 41,
        "ORGANISATIONS": 15,
        "DELEGATES": 1000,
    }
    assert meeting["documents"] == {
        "totalCount": 2,
        "nodes": [{"symbol": "CCM/MSP/2011/WP.3/Rev.1"}, {"symbol": "CCM/MSP/2011/WP.3/Rev.1/Amend.1"}],
    }


async def test_a_conference_in_two_parts_one_of_them_virtual_both_moved(api: Api) -> None:
    data = await api(
        """{ meeting(code: "2RC") {
             parts { code isVirtual venue city wasPostponed firstPlannedOn partOf { code } } } }"""
    )

    first, second = data["meeting"]["parts"]
    assert (first["code"], first["isVirtual"], first["city"]) == ("2RC-P1", True, None)
    assert (second["code"], second["isVirtual"], second["city"]) == ("2RC-P2", False, "Geneva")
    assert (second["wasPostponed"], second["firstPlannedOn"]) == (True, "2021-02-04")
    assert second["partOf"] == {"code": "2RC"}


async def test_a_month_stays_a_month(api: Api) -> None:
    data = await api('{ meeting(code: "3RC") { startsOn endsOn days status } }')

    assert data["meeting"] == {"startsOn": "2026-09", "endsOn": None, "days": None, "status": "TENTATIVE"}


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ('{gte: "2010-06-15", lte: "2010-06-20"}', ["SCL-2010"]),
        ('{eq: "2010-06-01"}', ["SCL-2010"]),
        ('{gte: "2010-05-01", lte: "2010-05-31"}', []),
        ('{gte: "2011-09-12", lte: "2011-09-12"}', ["2MSP"]),
        ("{isNull: true}", []),
    ],
)
async def test_a_date_known_to_the_month_is_found_on_each_of_its_days(api: Api, day: str, found: list[str]) -> None:
    data = await api(f"{{ meetings(where: {{startsOn: {day}}}) {{ nodes {{ code }} }} }}")

    assert [meeting["code"] for meeting in data["meetings"]["nodes"]] == found


async def test_meetings_are_found_by_kind_status_and_formality(api: Api) -> None:
    data = await api(
        """{ formal: meetings(where: {kind: ["meeting_of_states_parties"], formality: FORMAL}) { totalCount }
             planned: meetings(where: {status: [TENTATIVE, CONFIRMED]}) { nodes { code } }
             moved: meetings(where: {wasPostponed: true}) { nodes { code } }
             last: meetings(last: 2, where: {kind: ["intersessional_meeting"]}) { nodes { code } } }"""
    )

    assert data["formal"]["totalCount"] == 13
    assert [each["code"] for each in data["moved"]["nodes"]] == ["1RC-PM2", "2RC-PM1", "2RC-P1", "2RC-P2"]
    assert data["planned"]["nodes"] == [{"code": "3RC"}]
    assert data["last"]["nodes"] == [{"code": "IM-2022"}, {"code": "IM-2025"}]
