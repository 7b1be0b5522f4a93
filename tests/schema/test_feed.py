"""One order of everything that changes: what each reader is told of it, and what cursors are good for."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import GraphQLUnionType, get_named_type

import db
from db.engine import Database
from db.feed import SUBJECTS, faults
from db.table import new_id
from db.unit import Signature, Unit, instant
from mandate.actor import PUBLIC, Actor, Capacity, Visibility
from mandate.document import DocumentRelationType
from mandate.text import LocalizedText
from resolvers.feed import LARGEST_SIZE, RETENTION
from schema import api as offered
from schema.feed import ChangeSubject, told_as
from schema.id import key_of
from schema.reading import TABLES
from tests.api import serving
from tests.call import ISU, act, ask, caller, encode_id, hide, through_the_unit
from tests.institution import ACTS, Institution

pytestmark = pytest.mark.anyio

DELEGATE = caller("STATE:ZMB", Capacity.STATE_PARTY)
THERE = caller("STATE:ZMB", Capacity.STATE_PARTY, Capacity.PARTICIPANT, meeting="2MSP")
CHANGES = """query ($after: String, $since: DateTime, $types: [ChangeSubject!], $first: Int! = 250) {
  changes(after: $after, since: $since, types: $types, first: $first) {
    latestCursor pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { cursor } }
    nodes { cursor kind subjectType subjectId version changedFields at node { __typename id }
            tombstone { id subjectType reason removedAt } } } }"""
LATEST = "{ serviceStatus { latestCursor changeRetentionDays } }"
PROBLEMS = {"Conflict", "Forbidden", "Invalid", "NotFound", "Refusal"}


@pytest.fixture
async def isu(register_url: str) -> AsyncIterator[Institution]:
    database = Database(register_url)
    yield Institution(database)
    await database.close()


async def latest(isu: Institution, actor: Actor = PUBLIC) -> str:
    cursor: str = (await isu.as_(actor).ask(LATEST))["serviceStatus"]["latestCursor"]
    return cursor


async def told(isu: Institution, actor: Actor = PUBLIC, **given: Any) -> list[Any]:
    nodes: list[Any] = (await isu.as_(actor).ask(CHANGES, **given))["changes"]["nodes"]
    return nodes


async def in_short(isu: Institution, actor: Actor, after: str) -> list[tuple[str, str, bool]]:
    """Kind, subject, and whether it is there."""
    return [
        (each["kind"], each["subjectType"], each["node"] is not None) for each in await told(isu, actor, after=after)
    ]


async def error_of(isu: Institution, actor: Actor = PUBLIC, **given: Any) -> dict[str, Any]:
    answer = await ask(isu.database, actor, CHANGES, **{"first": 250, **given})
    (error,) = answer["errors"]
    found: dict[str, Any] = error
    return found


async def document(isu: Institution, visibility: Visibility, meeting: str = "2MSP") -> str:
    row: dict[str, Any] = {"id": new_id(), "title": LocalizedText.of("A paper")}
    row |= {"kind_code": "working_paper", "meeting_code": meeting, "visibility": visibility}
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Document, [row])
    return str(row["id"])


# ---------- what is told ----------


def test_every_type_with_an_id_is_told_of_once() -> None:
    assert {str(table.__tablename__) for table in SUBJECTS} == set(TABLES.values())
    assert {each.value for each in ChangeSubject} == set(TABLES.values())
    assert {table: [name for name, _ in types] for table, types in told_as().items() if len(types) > 1} == {
        "body": ["WorkingGroup", "ThematicArea", "StandingBody"]
    }


def test_whatever_an_act_answers_with_when_it_was_done_says_where_it_stands_in_the_feed() -> None:
    schema = offered._schema
    assert schema.mutation_type is not None
    results = [get_named_type(field.type) for field in schema.mutation_type.fields.values()]
    done = {
        each
        for result in results
        for each in (result.types if isinstance(result, GraphQLUnionType) else [result])
        if each.name not in PROBLEMS
    }

    without = [each.name for each in done if "Success" not in {one.name for one in each.interfaces}]

    assert len(done) >= 70
    assert without == []


async def test_an_act_says_where_what_it_did_stands(isu: Institution) -> None:
    before = await latest(isu, ISU)
    mutation = ACTS["scheduleMeeting"].replace("__typename", "__typename ... on Success { changeCursor }", 1)
    given: dict[str, Any] = {
        "code": "99MSP",
        "kind": "meeting_of_states_parties",
        "formality": "FORMAL",
        "city": "Geneva",
    }
    given |= {"title": [{"language": "en", "value": "A meeting"}], "startsOn": "2031-09-01", "endsOn": "2031-09-05"}

    only = await act(isu.database, ISU, mutation, input=given, only=True)
    done = await act(isu.database, ISU, mutation, input=given, only=False)

    assert (only["__typename"], done["__typename"]) == ("MeetingScheduled", "MeetingScheduled")
    assert await told(isu, ISU, after=done["changeCursor"]) == []
    for cursor in (before, only["changeCursor"]):
        (change,) = await told(isu, ISU, after=cursor)
        assert (change["subjectId"], change["cursor"] != cursor) == (encode_id("Meeting", "99MSP"), True)


async def test_one_act_is_one_change_of_an_object(isu: Institution) -> None:
    before = await latest(isu)
    paper: dict[str, Any] = {
        "kind": "working_paper",
        "title": [{"language": "en", "value": "A paper"}],
        "originalLanguage": "en",
    }
    six = [{"language": code} for code in ("ar", "en", "es", "fr", "ru", "zh")]
    issued = (await isu.done("issueDocument", **paper, versions=six))["document"]

    (change,) = await told(isu, after=before)

    assert (change["kind"], change["subjectType"], change["version"]) == ("CREATED", "DOCUMENT", 1)
    assert change["node"] == {"__typename": "Document", "id": issued["id"]}
    assert (change["tombstone"], change["changedFields"]) == (None, [])


async def test_what_is_part_of_an_object_changes_it(isu: Institution) -> None:
    key, before = await document(isu, Visibility.PUBLIC), await latest(isu)
    async with isu.database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.DocumentLanguage, [{"document_id": key, "language_code": code} for code in ("en", "fr")])

    (change,) = await told(isu, after=before)

    assert (change["kind"], change["subjectId"]) == ("UPDATED", encode_id("Document", key))
    assert (change["version"], change["changedFields"]) == (None, ["document_language"])


async def test_each_reader_is_told_what_a_change_is_to_them(isu: Institution) -> None:
    starts = {actor: await latest(isu, actor) for actor in (PUBLIC, DELEGATE, ISU)}
    key = await document(isu, Visibility.ISU)
    await through_the_unit(isu.database, db.Document, ((key,), {"note": "The draft"}))
    for visibility in (Visibility.STATES_PARTIES, Visibility.PUBLIC, Visibility.STATES_PARTIES, Visibility.ISU):
        await hide(isu.database, db.Document, key, visibility)

    assert [kind for kind, _, _ in await in_short(isu, ISU, starts[ISU])] == [
        "CREATED",
        "UPDATED",
        "UPDATED",
        "PUBLISHED",
        "UNPUBLISHED",
        "UPDATED",
    ]
    assert await in_short(isu, DELEGATE, starts[DELEGATE]) == [
        ("PUBLISHED", "DOCUMENT", False),
        ("PUBLISHED", "DOCUMENT", False),
        ("UNPUBLISHED", "DOCUMENT", False),
        ("VISIBILITY_LOST", "DOCUMENT", False),
    ]
    published, lost = await told(isu, after=starts[PUBLIC])
    assert (published["kind"], lost["kind"]) == ("PUBLISHED", "VISIBILITY_LOST")
    assert published["changedFields"] == lost["changedFields"] == []
    assert lost["tombstone"] == {
        "id": encode_id("Document", key),
        "subjectType": "DOCUMENT",
        "reason": "VISIBILITY_LOST",
        "removedAt": lost["at"],
    }


async def test_what_became_public_and_changed_in_one_act_is_told_without_what_it_was(isu: Institution) -> None:
    key, before = await document(isu, Visibility.ISU), await latest(isu)

    values = {"visibility": Visibility.PUBLIC, "note": "No draft any more"}
    await through_the_unit(isu.database, db.Document, ((key,), values))

    (change,) = await told(isu, after=before)
    assert (change["kind"], change["changedFields"], change["node"] is not None) == ("PUBLISHED", [], True)


async def test_whom_something_comes_to_concern_is_told_of_it(isu: Institution) -> None:
    key, before = await document(isu, Visibility.CONCERNED), await latest(isu, DELEGATE)
    other = caller("STATE:FRA", Capacity.STATE_PARTY)
    start = await latest(isu, other)
    about = {"subject_type": "document", "subject_key": key, "party_id": "STATE:ZMB"}
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Concern, [about])

    assert await in_short(isu, DELEGATE, before) == [("PUBLISHED", "DOCUMENT", True)]
    assert await in_short(isu, other, start) == []
    assert await in_short(isu, PUBLIC, start) == []


async def test_who_is_registered_for_a_meeting_is_told_what_they_now_see_and_later_what_no_longer(
    isu: Institution,
) -> None:
    key, other = await document(isu, Visibility.PARTICIPANTS), await document(isu, Visibility.PARTICIPANTS, "3MSP")
    before = await latest(isu, DELEGATE)

    (gained,) = await told(isu, THERE, after=before)
    middle = await latest(isu, THERE)
    later = await document(isu, Visibility.PARTICIPANTS)
    (lost,) = await told(isu, DELEGATE, after=middle)

    assert (gained["kind"], gained["subjectId"]) == ("PUBLISHED", encode_id("Document", key))
    assert (lost["kind"], lost["subjectId"]) == ("VISIBILITY_LOST", encode_id("Document", key))
    assert await told(isu, DELEGATE, after=lost["cursor"]) == []
    assert {encode_id("Document", each) for each in (other, later)}.isdisjoint({gained["subjectId"], lost["subjectId"]})


async def test_what_is_hidden_while_a_reader_is_told_what_they_see_no_more_is_told_too(isu: Institution) -> None:
    keys = sorted([await document(isu, Visibility.PARTICIPANTS) for _ in range(3)])
    before = await latest(isu, THERE)

    page = (await isu.as_(DELEGATE).ask(CHANGES, after=before, first=1))["changes"]
    await hide(isu.database, db.Document, keys[1])
    rest = await told(isu, DELEGATE, after=page["pageInfo"]["endCursor"])

    changes = [*page["nodes"], *rest]
    assert {each["kind"] for each in changes} == {"VISIBILITY_LOST"}
    assert sorted(key_of("Document", each["subjectId"]) for each in changes) == keys
    assert await told(isu, DELEGATE, after=await latest(isu, DELEGATE)) == []


async def test_whose_eyes_change_too_often_while_they_catch_up_are_told_to_begin_anew(isu: Institution) -> None:
    """Else what they held at first would be forgotten, and stay with them."""
    for _ in range(3):
        await document(isu, Visibility.PARTICIPANTS)
    cursor = await latest(isu, THERE)
    for meeting in ("3MSP", "4MSP", "5MSP", "6MSP", "7MSP", "8MSP", "9MSP", "10MSP"):
        elsewhere = caller("STATE:ZMB", Capacity.STATE_PARTY, Capacity.PARTICIPANT, meeting=meeting)
        page = (await isu.as_(elsewhere).ask(CHANGES, after=cursor, first=1))["changes"]
        assert [each["kind"] for each in page["nodes"]] == ["VISIBILITY_LOST"]
        cursor = page["pageInfo"]["endCursor"]

    error = await error_of(isu, DELEGATE, after=cursor)

    assert "has changed too often" in error["message"]
    assert "go on after latestCursor" in error["message"]


async def test_what_is_of_no_meeting_is_not_searched_for_what_a_participant_sees_more(isu: Institution) -> None:
    before = await latest(isu, DELEGATE)

    with isu.database_statements() as sent:
        await told(isu, THERE, after=before)

    asked = {name for each in sent for name in re.findall(r"FROM (\w+)", each)}
    assert {"document", "meeting", "statement"} <= asked
    assert not asked & {"communication", "contact", "state", "treaty_action", "work_plan"}


async def relate(isu: Institution, of: str, to: str) -> None:
    row = {"document_id": of, "type": DocumentRelationType.SUMMARY, "target_id": to}
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.DocumentRelation, [row])


async def in_short_of(isu: Institution, actor: Actor, after: str) -> set[tuple[str, str, tuple[str, ...]]]:
    return {
        (key_of("Document", each["subjectId"]), each["kind"], tuple(each["changedFields"]))
        for each in await told(isu, actor, after=after)
    }


async def test_who_sees_more_or_less_is_told_also_of_what_that_is_linked_to(isu: Institution) -> None:
    """Else a copy keeps a link to what is gone, or never has one."""
    paper, inner = await document(isu, Visibility.PUBLIC), await document(isu, Visibility.PARTICIPANTS)
    await relate(isu, inner, paper)
    before = await latest(isu, DELEGATE)

    gained = await in_short_of(isu, THERE, before)
    lost = await in_short_of(isu, DELEGATE, await latest(isu, THERE))

    assert gained == {(inner, "PUBLISHED", ()), (paper, "UPDATED", ("document_relation",))}
    assert lost == {(inner, "VISIBILITY_LOST", ()), (paper, "UPDATED", ("document_relation",))}


async def test_who_saw_what_is_hidden_is_told_of_what_it_was_linked_to(isu: Institution) -> None:
    paper, other = await document(isu, Visibility.PUBLIC), await document(isu, Visibility.STATES_PARTIES)
    await relate(isu, other, paper)
    starts = {actor: await latest(isu, actor) for actor in (PUBLIC, DELEGATE)}
    await hide(isu.database, db.Document, other)

    assert await in_short_of(isu, DELEGATE, starts[DELEGATE]) == {
        (other, "VISIBILITY_LOST", ()),
        (paper, "UPDATED", ("document_relation",)),
    }
    assert await told(isu, PUBLIC, after=starts[PUBLIC]) == []


async def test_who_saw_what_was_hidden_before_they_lost_sight_of_it_is_told_of_what_it_was_linked_to(
    isu: Institution,
) -> None:
    paper, inner = await document(isu, Visibility.PUBLIC), await document(isu, Visibility.PARTICIPANTS)
    await relate(isu, inner, paper)
    before = await latest(isu, THERE)
    await hide(isu.database, db.Document, inner)

    assert await in_short_of(isu, DELEGATE, before) == {
        (inner, "VISIBILITY_LOST", ()),
        (paper, "UPDATED", ("document_relation",)),
    }


async def test_whom_something_comes_to_concern_is_told_of_what_it_is_linked_to(isu: Institution) -> None:
    paper, own = await document(isu, Visibility.PUBLIC), await document(isu, Visibility.CONCERNED)
    await relate(isu, own, paper)
    other = caller("STATE:FRA", Capacity.STATE_PARTY)
    starts = {actor: await latest(isu, actor) for actor in (PUBLIC, DELEGATE, other)}
    about = {"subject_type": "document", "subject_key": own, "party_id": "STATE:ZMB"}
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Concern, [about])

    assert await in_short_of(isu, DELEGATE, starts[DELEGATE]) == {
        (own, "PUBLISHED", ()),
        (paper, "UPDATED", ("document_relation",)),
    }
    assert [await told(isu, actor, after=starts[actor]) for actor in (PUBLIC, other)] == [[], []]
    async with isu.database.reading() as connection:
        assert await faults(connection) == []


async def judge(isu: Institution, subject: str, visibility: Visibility) -> str:
    key = new_id()
    row = {"id": key, "subject_type": "document", "subject_key": subject, "visibility": visibility, "evaluations": []}
    row |= {"act": "test", "rule_set": "2011-proposal", "judged_at": instant()}
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Judgement, [row])
    return key


async def test_whom_an_object_concerns_is_told_of_what_the_rules_say_of_it(isu: Institution) -> None:
    key = await document(isu, Visibility.CONCERNED)
    about = {"subject_type": "document", "subject_key": key, "party_id": "STATE:ZMB"}
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Concern, [about])
    before = await latest(isu, DELEGATE)
    await judge(isu, key, Visibility.CONCERNED)

    assert await in_short_of(isu, DELEGATE, before) == {(key, "UPDATED", ("judgement",))}


async def test_who_sees_more_or_less_of_an_object_is_told_that_it_changed(isu: Institution) -> None:
    key = await document(isu, Visibility.PUBLIC)
    judgement = await judge(isu, key, Visibility.STATES_PARTIES)
    account = caller("STATE:ZMB")
    before = await latest(isu, account)
    member = await latest(isu, DELEGATE)

    gained = await in_short_of(isu, DELEGATE, before)
    lost = await in_short_of(isu, account, member)
    await hide(isu.database, db.Judgement, judgement)

    assert (key, "UPDATED", ("judgement",)) in gained
    assert (key, "UPDATED", ("judgement",)) in lost
    assert (key, "UPDATED", ("judgement",)) in await in_short_of(isu, account, member)


async def test_what_is_erased_is_to_be_forgotten(isu: Institution) -> None:
    record = """mutation ($input: RecordContactInput!) { recordContact(input: $input) {
                  ... on ContactRecorded { contactPoint { person { id } } } } }"""
    erase = "mutation ($id: ID!) { erasePerson(input: {id: $id, expectedVersion: 1}) { __typename } }"
    france = {
        "party": encode_id("State", "FRA"),
        "role": "CAPITAL",
        "fullName": "Jeanne Martin",
        "validFrom": "2026-01-01",
    }
    person = (await act(isu.database, ISU, record, input=france))["contactPoint"]["person"]["id"]
    before = await latest(isu, ISU)
    assert (await act(isu.database, ISU, erase, id=person))["__typename"] == "PersonErased"

    changes = await told(isu, ISU, after=before)

    assert {each["subjectType"]: each["kind"] for each in changes} == {"PERSON": "DELETED", "CONTACT_POINT": "DELETED"}
    assert "Jeanne" not in str(changes)


async def test_only_what_is_asked_for(isu: Institution) -> None:
    types = ["STATE", "BODY"]
    changes = await told(isu, types=types)

    assert {each["subjectType"] for each in changes} == {"STATE", "BODY"}
    assert {each["node"]["__typename"] for each in changes} == {
        "State",
        "WorkingGroup",
        "ThematicArea",
        "StandingBody",
    }
    assert await told(isu, types=[]) == []


# ---------- places ----------


async def test_pages_follow_one_another_until_the_end(isu: Institution) -> None:
    whole, after, more = [], None, True
    while more:
        page = (await isu.ask(CHANGES, after=after, types=["STATE", "MEETING"], first=60))["changes"]
        whole += page["nodes"]
        assert [edge["cursor"] for edge in page["edges"]] == [edge["node"]["cursor"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert len({each["subjectId"] for each in whole}) == len(whole) > 200
    assert after == await latest(isu, ISU)
    empty = (await isu.ask(CHANGES, after=after))["changes"]
    assert (empty["nodes"], empty["pageInfo"]["endCursor"], empty["pageInfo"]["hasNextPage"]) == ([], after, False)
    none = (await isu.ask(CHANGES, first=0))["changes"]
    assert (none["nodes"], none["pageInfo"]["hasNextPage"]) == ([], True)
    again = (await isu.ask(CHANGES, after=none["pageInfo"]["endCursor"], first=1))["changes"]
    assert again["nodes"] == (await isu.ask(CHANGES, first=1))["changes"]["nodes"]


async def test_since_a_moment(isu: Institution) -> None:
    moment = datetime.now(UTC)
    key = await document(isu, Visibility.PUBLIC)

    (change,) = await told(isu, since=moment.isoformat())

    assert change["subjectId"] == encode_id("Document", key)
    assert await told(isu, since=(datetime.now(UTC) + timedelta(seconds=1)).isoformat()) == []


async def test_a_cursor_is_a_place_and_no_right(isu: Institution) -> None:
    before = await latest(isu, ISU)
    hidden = await document(isu, Visibility.ISU)
    shown = await document(isu, Visibility.PUBLIC)

    for cursor in (before, await latest(isu, DELEGATE)):
        assert encode_id("Document", hidden) not in str(await told(isu, after=cursor))
    (change,) = await told(isu, after=before)
    assert change["subjectId"] == encode_id("Document", shown)
    # Nor are they told of what the ISU saw until then and they did not.
    assert await told(isu, DELEGATE, after=await latest(isu, ISU)) == []


def _raw(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


async def test_no_cursor_can_be_made_or_changed_by_others(isu: Institution) -> None:
    good = await latest(isu, DELEGATE)
    raw = _raw(good)
    said = zlib.decompress(raw[17:])
    assert b"PUBLIC" in said
    assert good.startswith("A"), "or a spreadsheet may take it for a formula"
    forged = [
        "",
        "x",
        "ü",
        "a" * 9_000,
        good[:-2],
        f"{good}AA",
        base64.urlsafe_b64encode(raw[17:]).decode(),
        base64.urlsafe_b64encode(raw[:17] + zlib.compress(said.replace(b"PUBLIC", b"ISU"))).decode(),
        base64.urlsafe_b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode(),
        base64.urlsafe_b64encode(raw[:1] + bytes([raw[1] ^ 1]) + raw[2:]).decode(),
    ]
    for cursor in forged:
        error = await error_of(isu, DELEGATE, after=cursor)
        assert error["message"] == "after is not a cursor of this feed."
    page = await isu.ask("{ documents(first: 1) { pageInfo { endCursor } } }")
    assert (
        "not a cursor of this feed"
        in (await error_of(isu, after=page["documents"]["pageInfo"]["endCursor"]))["message"]
    )


async def test_what_is_asked_amiss_is_told(isu: Institution) -> None:
    cursor = await latest(isu)
    both = await error_of(isu, after=cursor, since="2026-01-01T00:00:00Z")
    assert both["message"] == "Give after or since, not both."
    for first in (-1, LARGEST_SIZE + 1):
        assert f"first is {first}" in (await error_of(isu, first=first))["message"]


async def test_a_place_that_is_older_than_the_feed_says_where_to_start_again(
    isu: Institution, register_url: str
) -> None:
    start = await latest(isu)
    async with isu.database.writing() as connection:
        long_ago = Signature(act="test", at=datetime.now(UTC) - RETENTION - timedelta(days=1))
        await Unit(connection, long_ago).change(db.Meeting, [(("3RC",), {"city": "Luang Prabang"})])
    after_it = await latest(isu)
    key = await document(isu, Visibility.PUBLIC)

    async with serving(register_url) as api:
        expired = await api.error(CHANGES, after=start)
        too_early = await api.error(CHANGES, since=(datetime.now(UTC) - RETENTION - timedelta(minutes=1)).isoformat())

    for error in (expired, too_early):
        assert error["extensions"]["code"] == "CURSOR_EXPIRED"
        assert "goes back 400 days" in error["message"]
        assert error["extensions"]["latestCursor"] == await latest(isu)
    (change,) = await told(isu, after=after_it)
    assert change["subjectId"] == encode_id("Document", key)
    status = (await isu.ask(LATEST))["serviceStatus"]
    assert (status["changeRetentionDays"], status["latestCursor"]) == (400, await latest(isu, ISU))
