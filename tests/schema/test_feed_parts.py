"""What is part of an object, or a link between two, and who is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from db import feed
from db.engine import Database
from mandate.actor import PUBLIC, Actor, Capacity, Held, Scope
from tests.call import ISU, ask, caller, encode_id
from tests.institution import Institution
from tests.schema.test_communication import contact, drafted, sent, state, upon, words
from tests.schema.test_record import held, reviewed, step, whole

pytestmark = pytest.mark.anyio

GERMANY = caller("STATE:DEU", Capacity.STATE_PARTY)
FRANCE = caller("STATE:FRA", Capacity.STATE_PARTY)
LATEST = "{ serviceStatus { latestCursor } }"
CHANGES = """query ($after: String!, $first: Int! = 100) { changes(after: $after, first: $first) {
  pageInfo { endCursor hasNextPage } nodes { kind subjectType subjectId changedFields cursor } } }"""


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    database = Database(states_url)
    yield Institution(database)
    async with database.reading() as connection:
        assert await feed.faults(connection) == []
    await database.close()


async def latest(isu: Institution, actor: Actor) -> str:
    return str((await isu.as_(actor).ask(LATEST))["serviceStatus"]["latestCursor"])


async def told(isu: Institution, actor: Actor, after: str) -> list[tuple[str, str, list[str]]]:
    nodes = (await isu.as_(actor).ask(CHANGES, after=after))["changes"]["nodes"]
    return [(each["kind"], each["subjectType"], each["changedFields"]) for each in nodes]


async def test_who_has_written_is_not_told_that_an_answer_is_in_draft(isu: Institution) -> None:
    incoming = await isu.done(
        "recordIncomingCommunication", party=state("DEU"), receivedOn="2026-01-10", subject=words(), body=words()
    )
    cursor = await latest(isu, GERMANY)

    own = await drafted(isu, inReplyTo=[incoming["communication"]["id"]])

    assert await told(isu, GERMANY, cursor) == []
    await isu.done("withdrawCommunication", **upon(own))
    assert await told(isu, GERMANY, cursor) == []


async def test_who_has_written_is_told_of_the_answer_once_it_is_sent(isu: Institution) -> None:
    """`answers` of what came in shows it from then on."""
    incoming = await isu.done(
        "recordIncomingCommunication", party=state("DEU"), receivedOn="2026-01-10", subject=words(), body=words()
    )
    cursor = await latest(isu, GERMANY)
    await contact(isu)
    await sent(isu, inReplyTo=[incoming["communication"]["id"]])
    answers = "{ incomingCommunications { nodes { id answers { id } } } }"
    (node,) = (await isu.as_(GERMANY).ask(answers))["incomingCommunications"]["nodes"]
    assert len(node["answers"]) == 1
    assert "COMMUNICATION" in str(await told(isu, GERMANY, cursor))


async def issue(isu: Institution, visibility: str, **given: Any) -> Any:
    whole = {
        "kind": "working_paper",
        "title": words("A paper"),
        "originalLanguage": "en",
        "versions": [{"language": "en"}],
        "visibility": visibility,
        **given,
    }
    return (await isu.done("issueDocument", **whole))["document"]


async def test_nobody_is_told_that_a_hidden_document_refers_to_one_they_see(isu: Institution) -> None:
    paper = await issue(isu, "PUBLIC")
    cursors = {actor: await latest(isu, actor) for actor in (PUBLIC, FRANCE)}

    await issue(isu, "ISU", relations=[{"type": "SUMMARY", "target": paper["id"]}])
    shown = "{ documents { nodes { id relatedBy { type } } } }"
    assert "SUMMARY" not in str(await isu.as_(PUBLIC).ask(shown))

    for actor, cursor in cursors.items():
        assert await told(isu, actor, cursor) == []


async def test_who_acknowledges_is_told_that_they_have(isu: Institution) -> None:
    """And the ISU: `acknowledgements` of the communication show it."""
    await contact(isu)
    own = (await sent(isu))["communication"]
    cursors = {actor: await latest(isu, actor) for actor in (GERMANY, ISU)}

    await isu.as_(GERMANY).done("acknowledgeCommunication", communication=own["id"], party=state("DEU"))

    for actor, cursor in cursors.items():
        assert "COMMUNICATION" in {each[1] for each in await told(isu, actor, cursor)}, actor.label


async def test_who_asks_to_observe_is_told_of_their_request(isu: Institution) -> None:
    await isu.meeting("2MSP", "2031-09-12", "2031-09-16")
    ngo = caller("ORGANISATION:HRW", Capacity.ORGANISATION)
    cursor = await latest(isu, ngo)
    await isu.as_(ngo).done(
        "requestObserverStatus", meeting="2MSP", organisation=encode_id("Organisation", "HRW"), purpose="To follow."
    )
    observers = '{ meeting(code: "2MSP") { observers { organisation { code } status } } }'
    assert "REQUESTED" in str(await isu.as_(ngo).ask(observers))

    assert ("UPDATED", "MEETING", ["meeting_observer"]) in await told(isu, ngo, cursor)


async def test_a_cursor_that_the_feed_gives_is_one_that_it_takes(isu: Institution) -> None:
    """Somebody reads one by one, who has come to the monthly meetings of the Committee for years, and comes to more."""

    def at(*meetings: str) -> Actor:
        held = {
            Held(Capacity.PUBLIC),
            Held(Capacity.STATE_PARTY),
            *(Held(Capacity.PARTICIPANT, each) for each in meetings),
        }
        return Actor(account="one", party="STATE:DEU", held=frozenset(held), scopes=frozenset(Scope))

    codes = [f"Coordination-Committee-{year}-{month:02}" for year in range(2016, 2027) for month in range(1, 13)]
    found = []
    for count in (40, 120):
        cursor = await latest(isu, at(*codes[:count]))
        for number in range(1, 10):
            await isu.meeting(f"{count}-{number}", f"20{30 + number}-09-12", f"20{30 + number}-09-16")
        for more in range(1, 6):
            answer = await ask(isu.database, at(*codes[: count + more]), CHANGES, after=cursor, first=1)
            if "errors" in answer:
                found.append((count, more, len(cursor), answer["errors"][0]["message"]))
                break
            cursor = answer["data"]["changes"]["pageInfo"]["endCursor"]
    assert found == []


async def test_nobody_is_told_that_what_they_see_is_under_revision(isu: Institution) -> None:
    await issue(isu, "PUBLIC", symbol="CCM/MSP/2025/WP.9")
    cursors = {actor: await latest(isu, actor) for actor in (PUBLIC, FRANCE)}

    await issue(isu, "ISU", symbol="CCM/MSP/2025/WP.9/Rev.1")

    for actor, cursor in cursors.items():
        assert await told(isu, actor, cursor) == []


async def test_nobody_but_the_isu_is_told_that_somebody_was_asked_to_assist_the_committee(isu: Institution) -> None:
    await isu.meeting("CC-1", "2026-01-20", "2026-01-20", kind="coordination_committee", formality="INFORMAL")
    cursor = await latest(isu, PUBLIC)

    await isu.done("inviteToCommitteeMeeting", meeting="CC-1", party=state("FRA"))

    assert await told(isu, PUBLIC, cursor) == []


async def test_all_are_told_of_an_observer_that_is_invited(isu: Institution) -> None:
    await isu.meeting("2MSP", "2031-09-12", "2031-09-16")
    given = {"meeting": "2MSP", "organisation": encode_id("Organisation", "HRW")}
    await isu.done("requestObserverStatus", **given, purpose="To follow.")
    cursor = await latest(isu, PUBLIC)

    await isu.done("inviteObserverProvisionally", **given, expectedVersion=1)

    observers = '{ meeting(code: "2MSP") { observers { organisation { code } status } } }'
    assert "PROVISIONAL" in str(await isu.as_(PUBLIC).ask(observers))
    assert await told(isu, PUBLIC, cursor) == [("UPDATED", "MEETING", ["meeting_observer"])]


async def test_who_comes_later_is_not_told_of_what_was_hidden_again_before(isu: Institution) -> None:
    await held(isu, "2MSP", "2011-09-12", "2011-09-16", kind="meeting_of_states_parties", formality="FORMAL")
    before = caller("STATE:ZMB", Capacity.STATE_PARTY)
    since = replace(before, held=before.held | {Held(Capacity.PARTICIPANT, "2MSP")})
    cursor = await latest(isu, before)
    record = await reviewed(isu)
    await step(isu, "editMeetingRecord", record, **whole())

    assert await told(isu, before, cursor) == []
    assert await told(isu, since, cursor) == []
