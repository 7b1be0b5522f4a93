"""Records of meetings, from the draft to its publication and beyond, and who sees them on the way."""

from __future__ import annotations

import asyncio
import itertools
from datetime import date
from typing import Any

import pytest

import db
from mandate.actor import PUBLIC, Actor, Capacity, Scope, Visibility
from resolvers.account import Caller, capacities_on
from resolvers.reading import Reader
from schema.id import decode_id
from tests.api import TODAY
from tests.call import ISU, ask, caller, encode_id, hide, through_the_unit
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


async def begin(isu: Institution) -> None:
    """The Second Meeting has closed; the Committee met on 2 May 2012, on 6 June, and meets today."""
    await held(isu, "2MSP", "2011-09-12", "2011-09-16", kind="meeting_of_states_parties", formality="FORMAL")
    for code, on in (("CC-1", "2012-05-02"), ("CC-2", "2012-06-06"), ("CC-3", str(TODAY))):
        await held(isu, code, on, on, visibility="COMMITTEE")


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
        return await step(isu, "approveMeetingRecord", record, atMeeting="CC-3")
    number = f"on {given.get('kind', 'FULL')}"
    return await step(isu, "approveMeetingRecord", record, decision=await decided(isu, meeting, number))


async def decided(isu: Institution, meeting: str = "2MSP", number: str = "1") -> str:
    """Today, in writing: the meeting has closed."""
    return await isu.decision(meeting, str(TODAY), number, method="SILENCE_PROCEDURE")


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
    decision = await decided(isu)
    record = await step(isu, "approveMeetingRecord", record, decision=decision)
    assert (record["status"], record["approvedOn"], record["decision"]) == ("APPROVED", str(TODAY), {"id": decision})
    assert await seen(isu, record, *everybody) == [True, True, False, False, False, False]
    record = await step(isu, "publishMeetingRecord", record)
    assert (record["status"], record["visibility"], record["publishedOn"]) == ("PUBLISHED", "PUBLIC", str(TODAY))
    assert await seen(isu, record, *everybody) == [True] * 6


async def test_no_step_is_skipped_and_none_is_taken_twice(isu: Institution) -> None:
    """Each of the acts, at each of the stages that is not its own."""
    later: dict[str, dict[str, Any]] = {
        "submitMeetingRecord": {"reviewClosesOn": str(TODAY)},
        "approveMeetingRecord": {},
        "publishMeetingRecord": {},
        "correctMeetingRecord": {"reads": text("Otherwise"), "reason": "It was said otherwise."},
    }
    after = {
        "DRAFT": (["UNDER_REVIEW"], "The record is DRAFT; what may follow is UNDER_REVIEW."),
        "UNDER_REVIEW": (["APPROVED", "DRAFT"], "The record is UNDER_REVIEW; what may follow is APPROVED or DRAFT."),
        "APPROVED": (["DRAFT", "PUBLISHED"], "The record is APPROVED; what may follow is DRAFT or PUBLISHED."),
        "PUBLISHED": (["CORRECTED"], "The record is PUBLISHED; what may follow is CORRECTED."),
    }
    record, stood = await drafted(isu), []
    for name, given in later.items():
        for other, otherwise in later.items():
            if other == name:
                continue
            result = await isu(other, record=record["id"], expectedVersion=record["version"], **otherwise)
            if (name, other) == ("correctMeetingRecord", "correctMeetingRecord"):
                continue
            assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", record["status"])
            assert (result["allowed"], result["message"]) == after[record["status"]]
        stood.append(record["status"])
        if name == "approveMeetingRecord":
            given = {"decision": await decided(isu)}
        record = await step(isu, name, record, **given)

    assert [*stood, record["status"]] == ["DRAFT", "UNDER_REVIEW", "APPROVED", "PUBLISHED", "CORRECTED"]


async def test_what_is_edited_has_to_be_reviewed_and_approved_anew(isu: Institution) -> None:
    record = await approved(isu)

    record = await step(isu, "editMeetingRecord", record, **whole(title=text("Another title")))

    assert (record["status"], record["visibility"], record["approvedOn"]) == ("DRAFT", "ISU", None)
    assert (record["decision"], record["reviewClosesOn"]) == (None, None)
    assert await seen(isu, record, delegate("2MSP")) == [False]
    refused = await isu("publishMeetingRecord", record=record["id"], expectedVersion=record["version"])
    assert refused["code"] == "ILLEGAL_TRANSITION"


async def test_a_published_record_keeps_its_words_and_shows_its_corrigenda(isu: Institution) -> None:
    record = await published(isu)
    said = {"paragraph": "2", "reads": text("Norway spoke of victims."), "reason": "Another delegation spoke."}

    edited = await isu("editMeetingRecord", record=record["id"], expectedVersion=record["version"], **whole())
    record = await step(isu, "correctMeetingRecord", record, **said)
    again = await step(isu, "correctMeetingRecord", record, **said | {"paragraph": None})
    shown = (await ask(isu.database, PUBLIC, NODE, id=record["id"]))["data"]["node"]

    assert edited["code"] == "ILLEGAL_TRANSITION"
    assert record["status"] == again["status"] == "CORRECTED"
    assert [(each["number"], each["paragraph"]) for each in shown["corrigenda"]] == [(1, "2"), (2, None)]
    assert shown["corrigenda"][0]["issuedOn"] == str(TODAY)
    assert [each["text"]["in"]["value"] for each in shown["paragraphs"]] == [
        "Lebanon opened the meeting.",
        "France spoke of victims.",
    ]


async def test_two_corrigenda_at_once_are_not_both_issued_on_one_version(isu: Institution) -> None:
    record = await published(isu)
    given = {"record": record["id"], "expectedVersion": record["version"], "reads": text("Otherwise"), "reason": "So"}

    results = await asyncio.gather(*(isu("correctMeetingRecord", **given) for _ in range(4)))

    assert sorted(each["__typename"] for each in results) == ["Conflict"] * 3 + ["MeetingRecordCorrected"]
    assert {each["code"] for each in results if "code" in each} == {"STALE_VERSION"}


async def test_a_draft_leaves_no_trace_for_others_in_history_or_in_the_act(isu: Institution) -> None:
    record = await published(isu)
    query = "query ($id: ID!) { node(id: $id) { ... on MeetingRecord { history { nodes { act after before } } } } }"

    told = (await ask(isu.database, PUBLIC, query, id=record["id"]))["data"]["node"]["history"]["nodes"]

    # Only that it became public: drafts and reviews before it are for those who saw them.
    assert [(each["act"], each["after"]) for each in told] == [("publishMeetingRecord", {"visibility": "PUBLIC"})]


# ---------- what is given ----------


async def test_only_a_meeting_that_has_begun_has_a_record_and_only_one_of_a_kind(isu: Institution) -> None:
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    first = await drafted(isu)

    ahead = await isu("draftMeetingRecord", meeting="3MSP", **whole())
    second = await isu("draftMeetingRecord", meeting="2MSP", **whole())
    nowhere = await isu("draftMeetingRecord", meeting="9MSP", **whole())

    assert [each["path"] for each in ahead["fields"]] == [["meeting"]]
    assert (second["code"], second["currentVersion"]) == ("DUPLICATE", first["version"])
    assert nowhere["code"] == "NOT_FOUND"


async def test_all_that_is_wrong_with_a_draft_is_told_at_once(isu: Institution) -> None:
    numbered = [{"number": number, "text": text("Said")} for number in ("1", "1", " 2", "", "9" * 33)]

    result = await isu("draftMeetingRecord", meeting="CC-1", **whole(paragraphs=numbered, toBeSeenBy="PUBLIC"))
    empty = await isu("draftMeetingRecord", meeting="2MSP", title=text("Nothing"))
    many = await isu(
        "draftMeetingRecord",
        meeting="2MSP",
        **whole(paragraphs=[{"number": f"{n}", "text": text("x")} for n in range(1001)]),
    )

    assert {".".join(each["path"]) for each in result["fields"]} == {
        *(f"paragraphs.{place}.number" for place in (1, 2, 3, 4)),
        "toBeSeenBy",
    }
    assert [each["path"] for each in empty["fields"]] == [["paragraphs"]]
    assert [each["path"] for each in many["fields"]] == [["paragraphs"]]


@pytest.mark.parametrize("to", ["PUBLIC", "STATES_PARTIES", "CONCERNED"])
async def test_minutes_of_the_committee_stay_there(isu: Institution, to: str) -> None:
    """Of a meeting of it that is public, too."""
    await held(isu, "CC-4", "2012-07-04", "2012-07-04")

    for meeting in ("CC-1", "CC-4"):
        refused = await isu("draftMeetingRecord", meeting=meeting, **whole(toBeSeenBy=to))
        assert [each["path"] for each in refused["fields"]] == [["toBeSeenBy"]]
    assert (await drafted(isu, "CC-4"))["toBeSeenBy"] == "COMMITTEE"


async def test_an_act_upon_what_is_not_there_or_not_seen_answers_alike(isu: Institution) -> None:
    record = await drafted(isu)
    absent = encode_id("MeetingRecord", "nothing")

    for id_ in (record["id"], absent):
        result = await isu.as_(delegate("2MSP"))("commentOnMeetingRecord", record=id_, text="So it was.")
        assert (result["code"], result["message"]) == ("NOT_FOUND", "There is no such meeting record.")
        result = await isu.as_(PRESIDENT)("approveMeetingRecord", record=id_, expectedVersion=7)
        assert (result["code"], result["message"]) == ("NOT_FOUND", "There is no such meeting record.")
    bad = await isu("publishMeetingRecord", record=encode_id("Meeting", "2MSP"), expectedVersion=1)
    assert [each["path"] for each in bad["fields"]] == [["record"]]


async def test_an_act_that_is_only_validated_changes_nothing(isu: Institution) -> None:
    record = await drafted(isu)
    given = {"record": record["id"], "expectedVersion": record["version"], "reviewClosesOn": str(TODAY)}

    for _ in range(2):
        result = await isu("submitMeetingRecord", validate_only=True, **given)
        assert result == {"__typename": "MeetingRecordSubmitted", "record": None}
    assert await seen(isu, record, delegate("2MSP")) == [False]


# ---------- the review ----------


async def test_participants_comment_on_paragraphs_and_the_isu_answers(isu: Institution) -> None:
    record = await reviewed(isu)
    zambia = isu.as_(caller("STATE:ZMB", Capacity.PARTICIPANT, meeting="2MSP", without=Scope.WRITE_ISU))

    said = (await zambia.done("commentOnMeetingRecord", record=record["id"], paragraph="2", text="We spoke too."))[
        "comment"
    ]
    answered = (await isu.done("answerRecordComment", comment=said["id"], expectedVersion=1, answer="It is added."))[
        "comment"
    ]

    assert (said["paragraph"], said["by"], said["resolved"]) == ("2", {"id": encode_id("State", "ZMB")}, False)
    assert (answered["answer"], answered["resolved"], answered["version"]) == ("It is added.", True, 2)
    record = await step(isu, "approveMeetingRecord", record, decision=await decided(isu))
    record = await step(isu, "publishMeetingRecord", record)
    # What was said of a draft is for those who could read it.
    for actor, comments in ((PUBLIC, 0), (STATE_PARTY, 0), (delegate("2MSP", "STATE:NOR"), 1), (isu._actor, 1)):
        shown = (await ask(isu.database, actor, NODE, id=record["id"]))["data"]["node"]
        assert len(shown["comments"]) == comments
        by_id = (await ask(isu.database, actor, NODE, id=said["id"]))["data"]["node"]
        assert (by_id is not None) == bool(comments)


async def test_whoever_was_not_there_comments_on_nothing(isu: Institution) -> None:
    record = await reviewed(isu)
    await hide(isu.database, db.MeetingRecord, _key(record), Visibility.PUBLIC)

    for actor in (delegate("CC-1"), STATE_PARTY, isu._actor, PUBLIC):
        result = await isu.as_(actor)("commentOnMeetingRecord", record=record["id"], text="So it was.")
        assert result["code"] == "FORBIDDEN"


@pytest.mark.parametrize("nothing", [" ", "\u200b", "\u202e\n"])
async def test_in_a_comment_its_answer_and_a_reason_there_is_something_to_see(isu: Institution, nothing: str) -> None:
    record, there = await reviewed(isu), isu.as_(delegate("2MSP"))
    made = (await there.done("commentOnMeetingRecord", record=record["id"], text="So it was."))["comment"]
    upon = {"comment": made["id"], "expectedVersion": made["version"]}

    blank = await there("commentOnMeetingRecord", record=record["id"], text=nothing)
    silent = await isu("answerRecordComment", **upon, answer=nothing)
    record = await step(isu, "approveMeetingRecord", record, decision=await decided(isu))
    record = await step(isu, "publishMeetingRecord", record)
    corrected = {"record": record["id"], "expectedVersion": record["version"], "reads": text("France spoke.")}
    unsaid = await isu("correctMeetingRecord", **corrected, reason=nothing)

    for result, path in ((blank, "text"), (silent, "answer"), (unsaid, "reason")):
        assert result["fields"] == [{"path": [path], "message": "Between 1 and 5000 characters."}]


async def test_a_comment_names_a_paragraph_and_comes_in_time(isu: Institution) -> None:
    record, there = await reviewed(isu), isu.as_(delegate("2MSP"))

    nowhere = await there("commentOnMeetingRecord", record=record["id"], paragraph="7", text=" ")
    record = await step(isu, "approveMeetingRecord", record, decision=await decided(isu))
    late = await there("commentOnMeetingRecord", record=record["id"], text="We spoke too.")

    assert [each["path"] for each in nowhere["fields"]] == [["paragraph"], ["text"]]
    assert (late["code"], late["currentStatus"]) == ("ILLEGAL_TRANSITION", "APPROVED")


async def test_nobody_approves_what_is_still_under_review(isu: Institution) -> None:
    record = await drafted(isu)
    yesterday = await isu(
        "submitMeetingRecord", record=record["id"], expectedVersion=record["version"], reviewClosesOn="2026-01-14"
    )
    record = await step(isu, "submitMeetingRecord", record, reviewClosesOn="2026-01-16")

    early = await isu("approveMeetingRecord", record=record["id"], expectedVersion=record["version"])

    assert [each["path"] for each in yesterday["fields"]] == [["reviewClosesOn"]]
    assert (early["code"], early["message"]) == ("ILLEGAL_TRANSITION", "The review closes on 2026-01-16.")


async def test_what_is_for_the_isu_alone_is_reviewed_by_nobody_else(isu: Institution) -> None:
    record = await drafted(isu, toBeSeenBy="ISU")
    record = await step(isu, "submitMeetingRecord", record, reviewClosesOn=str(TODAY))
    there = delegate("2MSP")

    assert (record["status"], record["visibility"]) == ("UNDER_REVIEW", "ISU")
    assert await seen(isu, record, isu._actor, there, PRESIDENT, STATE_PARTY) == [True, False, False, False]
    comment = await isu.as_(there)("commentOnMeetingRecord", record=record["id"], text="So it was.")
    assert comment["code"] == "NOT_FOUND"
    record = await step(isu, "approveMeetingRecord", record, decision=await decided(isu))
    record = await step(isu, "publishMeetingRecord", record)
    assert await seen(isu, record, isu._actor, there, PUBLIC) == [True, False, False]


async def test_whoever_presided_reviews_the_record_without_being_registered(isu: Institution) -> None:
    """Of that meeting, and not of another one."""
    await isu.done("electPresident", meeting="2MSP", state="LBN", fullName="Adnan Mansour")
    own, other = await reviewed(isu), await reviewed(isu, "CC-1")

    async def calls(party: str, day: date = TODAY) -> Actor:
        async with isu.database.reading() as connection:
            known = Caller(id="account", label=None, party=party)
            held = await capacities_on(Reader(connection, PUBLIC, TODAY), known, day)
        return Actor(account="account", party=party, held=held, scopes=frozenset(Scope))

    lebanon = await calls("STATE:LBN")

    assert await seen(isu, own, lebanon, await calls("STATE:NOR")) == [True, False]
    assert await seen(isu, other, lebanon) == [False]
    assert (await calls("STATE:LBN", date(2011, 9, 11))).meetings == frozenset()
    said = await isu.as_(lebanon).done("commentOnMeetingRecord", record=own["id"], text="I opened it.")
    assert said["comment"]["by"] == {"id": encode_id("State", "LBN")}


# ---------- who approves ----------


async def test_the_isu_cites_a_decision_of_the_meeting_and_the_president_does_not_have_to(isu: Institution) -> None:
    await isu.done("electPresident", meeting="2MSP", state="LBN", fullName="Adnan Mansour")
    record = await reviewed(isu)
    elsewhere = await isu.decision("CC-3", str(TODAY))
    given = {"record": record["id"], "expectedVersion": record["version"]}
    lebanon = caller("STATE:LBN", Capacity.PRESIDENT, Capacity.PARTICIPANT, meeting="2MSP")
    norway = caller("STATE:NOR", Capacity.PRESIDENT, Capacity.PARTICIPANT, meeting="2MSP")

    without = await isu("approveMeetingRecord", **given)
    other = await isu("approveMeetingRecord", **given, decision=elsewhere)
    at_another = await isu.as_(lebanon)("approveMeetingRecord", **given, atMeeting="2MSP")
    by_another = await isu.as_(norway)("approveMeetingRecord", **given)
    by_a_delegate = await isu.as_(delegate("2MSP"))("approveMeetingRecord", **given)
    done = await isu.as_(lebanon).done("approveMeetingRecord", **given)

    assert [each["path"] for each in without["fields"]] == [["decision"]]
    assert [each["path"] for each in other["fields"]] == [["decision"]]
    assert [each["path"] for each in at_another["fields"]] == [["atMeeting"]]
    assert by_another["code"] == by_a_delegate["code"] == "FORBIDDEN"
    assert done["record"]["approvedBy"] == {"id": encode_id("State", "LBN")}


async def test_minutes_of_the_committee_are_approved_at_its_next_meeting(isu: Institution) -> None:
    await isu.meeting("CC-9", "2012-12-05", "2012-12-05", kind="coordination_committee", formality="INFORMAL")
    await held(isu, "CC-0", "2012-04-04", "2012-04-04")
    record = await reviewed(isu, "CC-1")
    given = {"record": record["id"], "expectedVersion": record["version"]}

    for wrong in (None, "CC-0", "CC-1", "CC-2", "CC-9", "2MSP"):
        refused = await isu("approveMeetingRecord", **given, atMeeting=wrong)
        assert [each["path"] for each in refused["fields"]] == [["atMeeting"]], wrong
    record = await step(isu, "approveMeetingRecord", record, atMeeting="CC-3")
    record = await step(isu, "publishMeetingRecord", record)

    assert (record["approvedAt"], record["visibility"]) == ({"code": "CC-3"}, "COMMITTEE")
    assert await seen(isu, record, MEMBER, STATE_PARTY, PUBLIC, delegate("2MSP")) == [True, False, False, False]


async def test_no_decision_from_before_the_review_approves_a_record(isu: Institution) -> None:
    """By its day, or by when it was recorded; what the same day brings afterwards does."""
    old = await isu.decision("2MSP", "2011-09-16", "old")
    before = await decided(isu, number="before")
    record = await reviewed(isu)
    backdated = await isu.decision("2MSP", "2011-09-16", "backdated")
    given = {"record": record["id"], "expectedVersion": record["version"]}

    assert record["reviewBeganOn"] == str(TODAY)
    for decision, said in (
        (old, "It was adopted on 2011-09-16, and the review began on 2026-01-15."),
        (backdated, "It was adopted on 2011-09-16, and the review began on 2026-01-15."),
        (before, "It was recorded before the review began, on 2026-01-15: it is of something else."),
    ):
        refused = await isu("approveMeetingRecord", **given, decision=decision)
        assert refused["fields"] == [{"path": ["decision"], "message": said}]
    assert (await step(isu, "approveMeetingRecord", record, decision=await decided(isu)))["status"] == "APPROVED"


async def test_a_record_that_is_drafted_anew_is_decided_upon_anew(isu: Institution) -> None:
    record = await reviewed(isu)
    decision = await decided(isu)
    record = await step(isu, "editMeetingRecord", record, **whole(title=text("Another title")))
    began = record["reviewBeganOn"]
    record = await step(isu, "submitMeetingRecord", record, reviewClosesOn=str(TODAY))
    given = {"record": record["id"], "expectedVersion": record["version"]}

    refused = await isu("approveMeetingRecord", **given, decision=decision)
    approved = await step(isu, "approveMeetingRecord", record, decision=await decided(isu, number="2"))
    corrected = {"reads": text("Otherwise"), "reason": "It was said otherwise."}
    approved = await step(isu, "publishMeetingRecord", approved)
    corrected = await step(isu, "correctMeetingRecord", approved, **corrected)

    assert began is None
    assert [each["path"] for each in refused["fields"]] == [["decision"]]
    assert corrected["status"] == "CORRECTED"


async def test_a_review_that_began_before_its_day_was_kept_began_when_the_journal_says(isu: Institution) -> None:
    record = await reviewed(isu)
    await through_the_unit(isu.database, db.MeetingRecord, ((_key(record),), {"review_began_on": None}))
    given = {"record": record["id"], "expectedVersion": record["version"] + 1}

    refused = await isu("approveMeetingRecord", **given, decision=await decided(isu))

    # The journal has the time by the clock, which has passed the day of the tests.
    assert [each["path"] for each in refused["fields"]] == [["decision"]]
    assert "the review began on 20" in refused["message"]


# ---------- summaries that name nobody ----------

SUMMARY: dict[str, Any] = {
    "kind": "PUBLIC_SUMMARY",
    "title": text("Summary of a meeting"),
    "paragraphs": [{"number": "1", "text": text("Several States offered help, and one asked for it.")}],
}


async def test_a_summary_is_public_and_does_not_tell_of_its_twin(isu: Institution) -> None:
    full = await published(isu, "CC-1")
    given = {**SUMMARY, "summaryOf": full["id"]}
    summary = (await isu.done("draftMeetingRecord", meeting="CC-1", **given))["record"]
    summary = await step(isu, "submitMeetingRecord", summary, reviewClosesOn=str(TODAY))
    summary = await step(isu, "approveMeetingRecord", summary, atMeeting="CC-3")
    summary = await step(isu, "publishMeetingRecord", summary)

    for actor, twin in ((isu._actor, full), (MEMBER, full), (PUBLIC, None), (STATE_PARTY, None)):
        answer = (await ask(isu.database, actor, RECORDS))["data"]["meetingRecords"]
        of = next(each for each in answer["nodes"] if each["id"] == summary["id"])
        assert of["summaryOf"] == (twin and {"id": twin["id"]})
        assert of["meeting"] == (twin and {"code": "CC-1"})
        assert of["approvedAt"] == (twin and {"code": "CC-3"})
        assert of["approvedBy"] is None
        assert answer["totalCount"] == (2 if twin else 1)
        by_meeting = (await ask(isu.database, actor, RECORDS, meeting="CC-1"))["data"]["meetingRecords"]
        assert by_meeting["totalCount"] == (2 if twin else 0)
    history = """query ($id: ID!) { node(id: $id) { ... on MeetingRecord {
      history { nodes { changedFields before after } } } } }"""
    told = (await ask(isu.database, PUBLIC, history, id=summary["id"]))["data"]["node"]["history"]["nodes"]
    assert [each["changedFields"] for each in told] == [["visibility"]]


WORDS_THAT_NAME = [
    ("en", "One of them was Lebanon's neighbour.", "Lebanon"),
    ("en", "It was LEBANON.", "LEBANON"),
    ("en", "Leba\u200bnon spoke.", "Leba\u200bnon"),
    ("en", "The delegation (LBN) spoke.", "LBN"),
    ("en", "The Lao\nPeople's Democratic Republic spoke.", "Lao\nPeople's Democratic Republic"),
    ("fr", "La Co\u0302te d'Ivoire a parlé.", "Co\u0302te d'Ivoire"),
    ("en", "The ICRC spoke.", "ICRC"),
    ("en", "The International Committee of the Red Cross spoke.", "International Committee of the Red Cross"),
]
NAMES_AS_THEY_ARE_READ = [
    ("en", "It was Zam*bi*a.", "It names Zambia, at character 8 of the text in en as it is shown."),
    ("en", "It was &#90;ambia.", "It names Zambia, at character 8 of the text in en as it is shown."),
    ("en", "It was Z-ambia.", "It names Z-ambia, at character 8 of the text in en."),
    (
        "en",
        "It was Z\u0430mbia.",
        "It mixes the letters of two scripts in Z\u0430mbia, at character 8 of the text in en.",
    ),
    (
        "en",
        "It was \U0001f1ff\U0001f1f2.",
        "It shows the flag \U0001f1ff\U0001f1f2, at character 8 of the text in en.",
    ),
    ("en", "It was the UK.", "It names UK, at character 12 of the text in en."),
    ("en", "It was Turkey.", "It names Turkey, at character 8 of the text in en."),
    ("ru", "Так сказала Россия.", "It names Россия, at character 13 of the text in ru."),
    ("ar", "عرضت ألمانيا المساعدة على لبنان", "It names ألمانيا, at character 6 of the text in ar."),
    ("en", "Germany offered help.", "It names Germany, at character 1 of the text in en."),
    ("es", "Alemania ofreció ayuda al Líbano.", "It names Alemania, at character 1 of the text in es."),
    ("fr", "L'Allemagne a offert son aide au Liban.", "It names Allemagne, at character 3 of the text in fr."),
    ("ru", "Германия предложила помощь Ливану.", "It names Германия, at character 1 of the text in ru."),
    ("zh", "德国向黎巴嫩提供援助。", "It names 德国, at character 1 of the text in zh."),
]


async def test_a_summary_that_names_somebody_is_refused_with_the_word_and_its_place(isu: Institution) -> None:
    await isu.done(
        "registerParticipant",
        meeting="CC-1",
        party=encode_id("Organisation", "ICRC"),
        fullName="Somebody",
        role="DELEGATE",
    )
    for language, said, word in WORDS_THAT_NAME:
        paragraphs = [*SUMMARY["paragraphs"], {"number": "2", "text": text(said, language)}]

        refused = await isu("draftMeetingRecord", meeting="CC-1", **SUMMARY | {"paragraphs": paragraphs})

        told = f"It names {word}, at character {said.index(word) + 1} of the text in {language}."
        assert [(each["path"], each["message"]) for each in refused["fields"]] == [(["paragraphs", "1", "text"], told)]


async def test_a_name_is_refused_as_it_is_read_and_as_a_state_is_usually_called(isu: Institution) -> None:
    for language, said, told in NAMES_AS_THEY_ARE_READ:
        paragraphs = [{"number": "1", "text": text(said, language)}]

        refused = await isu("draftMeetingRecord", meeting="CC-1", **SUMMARY | {"paragraphs": paragraphs})

        assert [(each["path"], each["message"]) for each in refused["fields"]] == [(["paragraphs", "0", "text"], told)]


async def test_words_that_only_look_like_a_name_are_none(isu: Institution) -> None:
    said = "Let us not forget that the US$ 5 were for turkey and a guinea pig, as Mr. Jordan told us."
    await isu.done(
        "draftMeetingRecord", meeting="CC-1", **SUMMARY | {"paragraphs": [{"number": "1", "text": text(said)}]}
    )


@pytest.mark.parametrize("learned_before", ["submitMeetingRecord", "approveMeetingRecord", "publishMeetingRecord"])
async def test_a_name_that_the_register_learns_later_stands_in_the_way_of_every_step(
    isu: Institution, learned_before: str
) -> None:
    given = SUMMARY | {"paragraphs": [{"number": "1", "text": text("The ICRC offered help.")}]}
    summary = (await isu.done("draftMeetingRecord", meeting="CC-1", **given))["record"]
    steps = {
        "submitMeetingRecord": {"reviewClosesOn": str(TODAY)},
        "approveMeetingRecord": {"atMeeting": "CC-3"},
        "publishMeetingRecord": {},
    }
    for name in itertools.takewhile(lambda each: each != learned_before, steps):
        summary = await step(isu, name, summary, **steps[name])
    there = {"meeting": "CC-1", "party": encode_id("Organisation", "ICRC"), "fullName": "Somebody", "role": "DELEGATE"}
    await isu.done("registerParticipant", **there)

    upon = {"record": summary["id"], "expectedVersion": summary["version"]}
    refused = await isu(learned_before, **upon, **steps[learned_before])

    assert [each["path"] for each in refused["fields"]] == [["paragraphs", "0", "text"]]
    assert await seen(isu, summary, PUBLIC) == [False]


async def test_a_corrigendum_to_a_summary_names_nobody_either(isu: Institution) -> None:
    summary = await published(isu, **SUMMARY)
    given = {"record": summary["id"], "expectedVersion": summary["version"]}

    refused = await isu("correctMeetingRecord", **given, reads=text("Norway offered help."), reason="France said so.")

    assert [each["path"] for each in refused["fields"]] == [["reads"], ["reason"]]


async def test_a_summary_sums_up_the_full_record_of_its_own_meeting(isu: Institution) -> None:
    full = await drafted(isu)

    other = await isu("draftMeetingRecord", meeting="CC-1", **SUMMARY, summaryOf=full["id"])
    not_one = await isu("draftMeetingRecord", meeting="2MSP", **SUMMARY | {"kind": "FULL"}, summaryOf=full["id"])

    assert [each["path"] for each in other["fields"]] == [["summaryOf"]]
    assert [each["path"] for each in not_one["fields"]] == [["summaryOf"]]


# ---------- what the review finds ----------


async def test_a_meeting_whose_record_is_approved_is_no_finding(isu: Institution) -> None:
    query = """{ complianceReview(asOf: "2026-01-15", rules: ["isu-records"]) {
      findings { concerns { ... on Meeting { code } } } } }"""

    async def missing() -> set[str]:
        found = (await isu.ask(query))["complianceReview"]["findings"]
        return {each["concerns"]["code"] for each in found}

    assert await missing() == {"2MSP", "CC-1", "CC-2", "CC-3"}
    await reviewed(isu, "CC-1")
    assert await missing() == {"2MSP", "CC-1", "CC-2", "CC-3"}
    await approved(isu)
    assert await missing() == {"CC-1", "CC-2", "CC-3"}


async def test_that_a_record_is_approved_the_review_tells_to_whoever_sees_it(isu: Institution) -> None:
    query = f"""{{ complianceReview(asOf: "{TODAY}", rules: ["isu-records"]) {{
      findings {{ concerns {{ ... on Meeting {{ code }} }} }} taskCoverage {{ task year recorded }} }} }}"""
    # Since there is a Director, there is something to cover.
    await isu.done("appointDirector", fullName="Sheila Mweemba", startsOn="2025-05-01")
    await approved(isu)
    # Of one meeting the full record counts, and not its summary too.
    await approved(isu, **SUMMARY)

    for actor, sees in ((ISU, True), (delegate("2MSP"), True), (STATE_PARTY, False), (PUBLIC, False)):
        review = (await isu.as_(actor).ask(query))["complianceReview"]
        found = {(each["task"], each["year"]): each["recorded"] for each in review["taskCoverage"] if each["recorded"]}
        assert found == ({("f", TODAY.year): 1} if sees else {})
        assert ("2MSP" in {each["concerns"]["code"] for each in review["findings"]}) == (not sees)


def _key(record: Any) -> str:
    return decode_id(record["id"])[1]
