"""Records of meetings, from the draft to its publication and beyond, and who sees them on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.engine import Database
from mandate.actor import PUBLIC, Actor, Capacity
from tests.api import TODAY
from tests.call import ask, caller
from tests.institution import RECORD, Institution

pytestmark = pytest.mark.anyio

PRESIDENT = caller("STATE:LBN", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER)
STATE_PARTY = caller("STATE:FRA", Capacity.STATE_PARTY)
MEMBER = caller("STATE:NOR", Capacity.STATE_PARTY, Capacity.COMMITTEE_MEMBER)
RECORDS = f"query ($meeting: String) {{ meetingRecords(meeting: $meeting) {{ totalCount nodes {{ {RECORD} }} }} }}"
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on MeetingRecord {{ {RECORD} }} ... on RecordComment {{ text }} }} }}"


def delegate(meeting: str, party: str = "STATE:ZMB") -> Actor:
    """Somebody who was registered for the meeting, and holds nothing else there."""
    return caller(party, Capacity.PARTICIPANT, meeting=meeting)


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    """The Second Meeting has closed; the Committee met on 2 May 2012, and again on 6 June."""
    database = Database(states_url)
    institution = Institution(database)
    await held(institution, "2MSP", "2011-09-12", "2011-09-16", kind="meeting_of_states_parties", formality="FORMAL")
    for code, on in (("CC-1", "2012-05-02"), ("CC-2", "2012-06-06")):
        await held(institution, code, on, on, visibility="COMMITTEE")
    yield institution
    await database.close()


async def held(isu: Institution, code: str, starts_on: str, ends_on: str, **given: Any) -> None:
    await isu.meeting(code, starts_on, ends_on, **{"kind": "coordination_committee", "formality": "INFORMAL", **given})
    await isu.done("openMeeting", meeting=code, expectedVersion=1)
    await isu.done("closeMeeting", meeting=code, expectedVersion=2)


def text(value: str, language: str = "en") -> list[dict[str, str]]:
    return [{"language": language, "value": value}]


def whole(**given: Any) -> dict[str, Any]:
    return {
        "title": text("Record of the meeting"),
        "paragraphs": [
            {"number": "1", "text": text("Lebanon opened the meeting.")},
            {"number": "2", "text": text("France spoke of victims.")},
        ],
        **given,
    }


async def drafted(isu: Institution, meeting: str = "2MSP", **given: Any) -> Any:
    return (await isu.done("draftMeetingRecord", meeting=meeting, **whole(**given)))["record"]


async def step(isu: Institution, name: str, record: Any, **given: Any) -> Any:
    """The record as it is after the act."""
    return (await isu.done(name, record=record["id"], expectedVersion=record["version"], **given))["record"]


async def reviewed(isu: Institution, meeting: str = "2MSP", **given: Any) -> Any:
    record = await drafted(isu, meeting, **given)
    return await step(isu, "submitMeetingRecord", record, reviewClosesOn=str(TODAY))


async def approved(isu: Institution, meeting: str = "2MSP", **given: Any) -> Any:
    record = await reviewed(isu, meeting, **given)
    if meeting.startswith("CC"):
        return await step(isu, "approveMeetingRecord", record, atMeeting="CC-2")
    number = f"on {given.get('kind', 'FULL')}"
    return await step(isu, "approveMeetingRecord", record, decision=await isu.decision(meeting, "2011-09-16", number))


async def published(isu: Institution, meeting: str = "2MSP", **given: Any) -> Any:
    return await step(isu, "publishMeetingRecord", await approved(isu, meeting, **given))


async def seen(isu: Institution, record: Any, *callers: Actor) -> list[bool]:
    """Whether the record is there: by its id, in the list, in the count, and in its meeting."""
    found = []
    for each in callers:
        by_id = (await ask(isu.database, each, NODE, id=record["id"]))["data"]["node"] is not None
        listed = (await ask(isu.database, each, RECORDS))["data"]["meetingRecords"]
        ids = [node["id"] for node in listed["nodes"]]
        assert listed["totalCount"] == len(ids)
        assert (record["id"] in ids) == by_id
        found.append(by_id)
    return found


# ---------- the way ----------


async def test_a_record_is_drafted_reviewed_approved_and_published(isu: Institution) -> None:
    record = await drafted(isu)
    everybody = (isu._actor, delegate("2MSP"), delegate("CC-1"), PRESIDENT, STATE_PARTY, PUBLIC)

    assert (record["status"], record["visibility"], record["toBeSeenBy"]) == ("DRAFT", "ISU", "PUBLIC")
    assert await seen(isu, record, *everybody) == [True, False, False, False, False, False]
    record = await step(isu, "submitMeetingRecord", record, reviewClosesOn=str(TODAY))
    assert (record["status"], record["visibility"]) == ("UNDER_REVIEW", "PARTICIPANTS")
    assert await seen(isu, record, *everybody) == [True, True, False, False, False, False]
    decision = await isu.decision("2MSP", "2011-09-16")
    record = await step(isu, "approveMeetingRecord", record, decision=decision)
    assert (record["status"], record["approvedOn"], record["decision"]) == ("APPROVED", str(TODAY), {"id": decision})
    assert await seen(isu, record, *everybody) == [True, True, False, False, False, False]
    record = await step(isu, "publishMeetingRecord", record)
    assert (record["status"], record["visibility"], record["publishedOn"]) == ("PUBLISHED", "PUBLIC", str(TODAY))
    assert await seen(isu, record, *everybody) == [True] * 6
