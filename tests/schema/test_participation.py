"""Invitations, registrations and attendance: who may, who is told, and what a participant sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from mandate.actor import PUBLIC, Actor, Capacity, Scope, Visibility
from mandate.meeting import InviteCategory, MeetingFacts
from mandate.text import LocalizedText
from resolvers.meeting import meetings
from resolvers.reading import Reader
from tests.api import TODAY, serving
from tests.call import ISU, act, ask, caller, encode_id, hide, statements
from tests.institution import ACTS, PARTICIPATION, Institution
from tests.make import key_for

pytestmark = pytest.mark.anyio

GERMANY = caller("STATE:DEU", Capacity.STATE_PARTY)
FRANCE = caller("STATE:FRA", Capacity.STATE_PARTY)
DEU, FRA = encode_id("State", "DEU"), encode_id("State", "FRA")
OF_THE_MEETING = f"""query ($code: String!) {{ meeting(code: $code) {{ invitations {{ category invitedOn }}
  participations {{ totalCount nodes {{ {PARTICIPATION} }} }} }} }}"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Participation {{ {PARTICIPATION} }} }} }}"
SEATS = """query ($day: Date!) { coordinationCommittee(asOf: $day) {
  seats { role capacity since until holder { id } } } }"""


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    """An intersessional meeting is ahead, and a meeting of the Committee."""
    database = Database(states_url)
    isu = Institution(database)
    await isu.meeting(
        "IM-2026", "2026-04-13", "2026-04-15", city="Geneva", kind="intersessional_meeting", formality="INFORMAL"
    )
    await isu.meeting("CC-2026-02", "2026-02-10", "2026-02-10", kind="coordination_committee", formality="INFORMAL")
    yield isu
    await database.close()


def somebody(party: str = DEU, **given: Any) -> dict[str, Any]:
    return {
        "meeting": "IM-2026",
        "party": party,
        "fullName": "Erika Mustermann",
        "role": "DELEGATE",
        **given,
    }


async def register(isu: Institution, **given: Any) -> Any:
    return (await isu.done("registerParticipant", **somebody(**given)))["participation"]


async def seen(isu: Institution, actor: Actor) -> Any:
    return (await isu.as_(actor).ask(OF_THE_MEETING, code="IM-2026"))["meeting"]["participations"]


async def against(isu: Institution, name: str, **given: Any) -> dict[str, str]:
    result = await isu(name, **given)
    assert result["__typename"] == "Invalid", result
    return {".".join(each["path"]): each["message"] for each in result["fields"]}


# ---------- registering ----------


async def test_a_delegation_registers_its_own_people(isu: Institution) -> None:
    result = await isu.as_(GERMANY).done("registerParticipant", **somebody())

    found = result["participation"]
    assert found["person"]["fullName"] == "Erika Mustermann"
    assert {name: found[name] for name in ("role", "inviteCategory", "registeredOn", "attended", "visibility")} == {
        "role": "DELEGATE",
        "inviteCategory": "STATES_PARTIES",
        "registeredOn": "2026-01-15",
        "attended": None,
        "visibility": "CONCERNED",
    }
    assert [(each["rule"]["code"], each["verdict"]) for each in result["ruleEvaluations"]] == [
        ("intersessional-open", "SATISFIED")
    ]
    assert found["evaluations"] == [{"rule": {"code": "intersessional-open"}, "verdict": "SATISFIED"}]


@pytest.mark.parametrize(
    ("party", "category", "verdict"),
    [
        ("State:DEU", "STATES_PARTIES", "SATISFIED"),
        # It signed and has not ratified.
        ("State:AGO", "OBSERVER_STATES", "SATISFIED"),
        ("State:USA", "OBSERVER_STATES", "SATISFIED"),
        # It withdrew.
        ("State:LTU", "OBSERVER_STATES", "SATISFIED"),
        ("Organisation:ICRC", "ORGANISATIONS", "SATISFIED"),
        ("Organisation:UNIDIR", "ORGANISATIONS", "SATISFIED"),
        ("Organisation:CMC", "NGOS", "SATISFIED"),
        ("Organisation:ISU-CCM", None, "NOT_APPLICABLE"),
    ],
)
async def test_nobody_is_refused_because_of_their_category(
    isu: Institution, party: str, category: str | None, verdict: str
) -> None:
    found = await register(isu, party=encode_id(*party.split(":")))

    assert found["inviteCategory"] == category
    assert [each["verdict"] for each in found["evaluations"]] == [verdict]


async def test_nobody_registers_for_another_party(isu: Institution) -> None:
    assert (await isu.as_(GERMANY)("registerParticipant", **somebody(FRA)))["__typename"] == "Forbidden"
    assert (await isu.as_(PUBLIC)("registerParticipant", **somebody()))["__typename"] == "Forbidden"
    for scope in (Scope.WRITE_DELEGATION, Scope.WRITE_ISU):
        narrowed = Actor(party="STATE:DEU", held=GERMANY.held, scopes=frozenset({scope}))
        result = await isu.as_(narrowed)("registerParticipant", validate_only=True, **somebody())
        assert result["__typename"] == "ParticipantRegistered"
    reads = Actor(party="STATE:DEU", held=GERMANY.held, scopes=frozenset({Scope.READ_RESTRICTED}))
    assert (await isu.as_(reads)("registerParticipant", **somebody()))["__typename"] == "Forbidden"


async def test_what_can_not_be_registered_is_told(isu: Institution) -> None:
    person = (await register(isu.as_(GERMANY)))["person"]["id"]

    for given in (
        {"fullName": None},
        {"person": person},
        {"fullName": " "},
        {"fullName": "x" * 201},
        {"fullName": "a\nb"},
    ):
        assert set(await against(isu, "registerParticipant", **somebody(**given))) == {"fullName"}, given
    for unknown in (
        {"meeting": "99MSP"},
        {"party": encode_id("State", "XXX")},
        {"fullName": None, "person": encode_id("Person", "0")},
    ):
        assert (await isu("registerParticipant", **somebody(**unknown)))["__typename"] == "NotFound", unknown
    twice = await isu("registerParticipant", **somebody(fullName=None, person=person))
    assert (twice["__typename"], twice["code"]) == ("Conflict", "DUPLICATE")
    validated = await isu("registerParticipant", validate_only=True, **somebody())
    assert validated["participation"] is None
    assert (await seen(isu, ISU))["totalCount"] == 1


async def test_who_took_part_is_entered_afterwards_by_the_isu_alone(isu: Institution) -> None:
    await isu.done(
        "rescheduleMeeting", meeting="IM-2026", expectedVersion=1, startsOn="2026-01-13", endsOn="2026-01-15"
    )
    await isu.done("openMeeting", meeting="IM-2026", expectedVersion=2)
    await register(isu.as_(GERMANY))
    await isu.done("closeMeeting", meeting="IM-2026", expectedVersion=3)

    result = await isu.as_(GERMANY)("registerParticipant", **somebody())
    assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", "CLOSED")
    await register(isu)
    await isu.meeting("4RC", "2031-09-01", "2031-09-05")
    await isu.done("cancelMeeting", meeting="4RC", expectedVersion=1)
    assert (await isu("registerParticipant", **somebody(meeting="4RC")))["currentStatus"] == "CANCELLED"


async def test_to_the_committee_come_its_members_and_those_invited(isu: Institution) -> None:
    given = somebody(meeting="CC-2026-02")
    member = caller("STATE:FRA", Capacity.STATE_PARTY, Capacity.COMMITTEE_MEMBER)

    assert (await isu.as_(GERMANY)("registerParticipant", **given))["__typename"] == "Forbidden"
    await register(isu.as_(member), meeting="CC-2026-02", party=FRA)
    await isu.done("inviteToCommitteeMeeting", meeting="CC-2026-02", party=DEU)
    await register(isu.as_(GERMANY), meeting="CC-2026-02")


# ---------- who is told ----------


async def test_a_delegation_sees_its_own_people_and_the_isu_all(isu: Institution) -> None:
    german = await register(isu.as_(GERMANY))
    french = await register(isu, party=FRA, fullName="Jean Dupont")

    own = await seen(isu, GERMANY)
    assert (own["totalCount"], [each["person"]["fullName"] for each in own["nodes"]]) == (1, ["Erika Mustermann"])
    assert [each["person"]["fullName"] for each in (await seen(isu, FRANCE))["nodes"]] == ["Jean Dupont"]
    assert (await seen(isu, ISU))["totalCount"] == 2
    # Not all participants either: what is for them is not who they are.
    taking_part = caller("STATE:DEU", Capacity.STATE_PARTY, Capacity.PARTICIPANT, meeting="IM-2026")
    for actor, theirs in ((PUBLIC, ()), (taking_part, (german,)), (ISU, (german, french))):
        for each in (german, french):
            node = (await isu.as_(actor).ask(NODE, id=each["id"]))["node"]
            assert (node is not None) is (each in theirs)
            person = "query ($id: ID!) { node(id: $id) { id } }"
            assert ((await isu.as_(actor).ask(person, id=each["person"]["id"]))["node"] is not None) is (each in theirs)


async def test_a_hidden_registration_answers_as_none(isu: Institution) -> None:
    kept = await register(isu)
    absent = encode_id("Participation", new_id())
    history = "query ($id: ID!) { node(id: $id) { ... on Participation { id history { totalCount } } } }"

    for query in (NODE, history):
        said = []
        for id_ in (kept["id"], absent):
            with statements(isu.database) as sent:
                said.append((await ask(isu.database, FRANCE, query, id=id_), list(sent)))
        assert said[0] == said[1]
    assert (await seen(isu, FRANCE)) == {"totalCount": 0, "nodes": []}
    entries = "query ($id: ID!) { node(id: $id) { ... on Participation { history { totalCount } } } }"
    assert (await isu.as_(GERMANY).ask(entries, id=kept["id"]))["node"]["history"]["totalCount"] == 1


async def test_a_person_or_a_meeting_that_is_hidden_can_not_be_named(isu: Institution) -> None:
    person = (await register(isu))["person"]["id"]
    await hide(isu.database, db.Meeting, "CC-2026-02")
    query = ACTS["registerParticipant"]

    for hidden, absent in (
        ({"person": person, "fullName": None}, {"person": encode_id("Person", new_id()), "fullName": None}),
        ({"meeting": "CC-2026-02"}, {"meeting": "CC-2026-03"}),
    ):
        said = []
        for given in (hidden, absent):
            whole = somebody(FRA, **given)
            said.append(await act(isu.database, FRANCE, query, input=whole, only=False))
        assert said[0] == said[1]
        assert said[0]["__typename"] == "NotFound"


async def test_an_erasure_leaves_somebody_without_a_name(isu: Institution) -> None:
    person = (await register(isu.as_(GERMANY)))["person"]["id"]
    erase = """mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { __typename } }"""
    erased = await act(isu.database, ISU, erase, input={"id": person, "expectedVersion": 1})

    assert erased == {"__typename": "PersonErased"}
    (left,) = (await seen(isu, GERMANY))["nodes"]
    assert left["person"] == {"id": person, "fullName": None}
    assert set(await against(isu, "registerParticipant", **somebody(fullName=None, person=person))) == {"person"}


# ---------- participants ----------


async def document_for_participants(database: Database, meeting: str) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.DocumentKind, [{"code": "paper", "label": LocalizedText.of("Paper")}])
        paper = {
            "id": new_id(),
            "title": LocalizedText.of("For participants"),
            "kind_code": "paper",
            "meeting_code": meeting,
            "visibility": Visibility.PARTICIPANTS,
        }
        await unit.keep(db.Document, [paper])


async def test_a_party_is_a_participant_from_its_registration_on(states_url: str) -> None:
    """Over HTTP, where capacities are remembered for as long as nothing is written."""
    async with serving(states_url) as api:
        isu = Institution(api.database)
        await isu.meeting("14MSP", "2027-09-06", "2027-09-10", city="Geneva")
        await document_for_participants(api.database, "14MSP")
        germany, france = [api.as_(await key_for(api.database, party)) for party in ("STATE:DEU", "STATE:FRA")]
        query = """{ viewer { capacities { name of } before: capacities(asOf: "2026-01-14") { name } }
                     meeting(code: "14MSP") { documents { totalCount } } }"""
        before = await germany(query)
        mutation = """mutation ($input: RegisterParticipantInput!) { registerParticipant(input: $input) {
                        __typename ... on ParticipantRegistered { participation { id } } } }"""
        given = {"meeting": "14MSP", "party": DEU, "fullName": "Erika", "role": "ADVISER"}
        uninvited = (await germany(mutation, input=given))["registerParticipant"]
        await isu.done("inviteToMeeting", meeting="14MSP", categories=["STATES_PARTIES"])
        registered = (await germany(mutation, input=given))["registerParticipant"]
        after = await germany(query)

        assert uninvited["__typename"] == "Forbidden"
        assert registered["participation"]["id"]
        held = {"name": "PARTICIPANT", "of": "14MSP"}
        assert held not in before["viewer"]["capacities"]
        assert before["meeting"]["documents"]["totalCount"] == 0
        assert held in after["viewer"]["capacities"]
        assert after["meeting"]["documents"]["totalCount"] == 1
        assert {"name": "PARTICIPANT"} not in after["viewer"]["before"]
        assert (await france(query))["meeting"]["documents"]["totalCount"] == 0
        # And after the meeting as well.
        await isu.done("openMeeting", meeting="14MSP", expectedVersion=1, on="2026-01-12")
        await isu.done("closeMeeting", meeting="14MSP", expectedVersion=2, on="2026-01-15")
        assert held in (await germany(query))["viewer"]["capacities"]


async def test_attendance_is_recorded_once_the_meeting_has_opened(isu: Institution) -> None:
    await isu.meeting("13MSP", "2025-09-16", "2025-09-19")
    ahead, held = await register(isu), await register(isu, meeting="13MSP")

    def came(participation: Any, version: int = 1) -> dict[str, Any]:
        return {"participation": participation["id"], "expectedVersion": version, "attended": True}

    result = await isu.done("recordAttendance", **came(held))
    assert (result["participation"]["attended"], result["participation"]["version"]) == (True, 2)
    assert (await isu("recordAttendance", **came(held)))["code"] == "STALE_VERSION"
    assert set(await against(isu, "recordAttendance", **came(ahead))) == {"attended"}
    absent = {"id": encode_id("Participation", "0")}
    assert (await isu("recordAttendance", **came(absent)))["__typename"] == "NotFound"
    assert (await isu.as_(GERMANY)("recordAttendance", **came(held, 2)))["__typename"] == "Forbidden"


# ---------- invitations ----------


async def test_categories_are_invited_one_after_the_other(isu: Institution) -> None:
    await isu.done("inviteToMeeting", meeting="IM-2026", categories=["STATES_PARTIES"])
    result = await isu.done("inviteToMeeting", meeting="IM-2026", categories=["NGOS", "ORGANISATIONS"])

    assert result["meeting"]["invitations"] == [
        {"category": category, "invitedOn": "2026-01-15"} for category in ("NGOS", "ORGANISATIONS", "STATES_PARTIES")
    ]
    again = await isu("inviteToMeeting", meeting="IM-2026", categories=["OBSERVER_STATES", "NGOS"])
    assert (again["code"], again["message"]) == ("DUPLICATE", "Invited already: NGOS.")


async def test_what_can_not_be_invited_is_told(isu: Institution) -> None:
    ngos: dict[str, Any] = {"meeting": "IM-2026", "categories": ["NGOS"]}

    assert set(await against(isu, "inviteToMeeting", meeting="IM-2026", categories=[])) == {"categories"}
    twice = await against(isu, "inviteToMeeting", meeting="IM-2026", categories=["NGOS", "NGOS"])
    assert set(twice) == {"categories"}
    assert set(await against(isu, "inviteToMeeting", **{**ngos, "meeting": "CC-2026-02"})) == {"meeting"}
    assert (await isu("inviteToMeeting", **{**ngos, "meeting": "99MSP"}))["__typename"] == "NotFound"
    assert (await isu.as_(GERMANY)("inviteToMeeting", **ngos))["__typename"] == "Forbidden"
    await isu.done("cancelMeeting", meeting="IM-2026", expectedVersion=1)
    assert (await isu("inviteToMeeting", **ngos))["currentStatus"] == "CANCELLED"


async def test_who_is_invited_by_the_committee_has_a_seat_on_that_day_and_is_no_member(isu: Institution) -> None:
    result = await isu.done("inviteToCommitteeMeeting", meeting="CC-2026-02", party=DEU)
    # It sits on the Committee in its own right.
    await isu.done("inviteToCommitteeMeeting", meeting="CC-2026-02", party=encode_id("Organisation", "ICRC"))

    assert result == {
        "__typename": "CommitteeInvitationRecorded",
        "meeting": {"code": "CC-2026-02"},
        "party": {"id": DEU},
    }
    seats = (await isu.ask(SEATS, day="2026-02-10"))["coordinationCommittee"]["seats"]
    assert [seat for seat in seats if seat["capacity"] == "INVITED"] == [
        {
            "role": "INVITED_PARTY",
            "capacity": "INVITED",
            "since": "2026-02-10",
            "until": "2026-02-11",
            "holder": {"id": DEU},
        }
    ]
    for day in ("2026-02-09", "2026-02-11"):
        seats = (await isu.ask(SEATS, day=day))["coordinationCommittee"]["seats"]
        assert {seat["capacity"] for seat in seats} == {"MEMBER"}


async def test_who_is_invited_to_a_hidden_meeting_is_told_to_nobody(isu: Institution) -> None:
    await isu.done("inviteToCommitteeMeeting", meeting="CC-2026-02", party=DEU)
    await hide(isu.database, db.Meeting, "CC-2026-02", Visibility.COMMITTEE)
    query = '{ coordinationCommittee(asOf: "2026-02-10") { seats(capacity: INVITED) { holder { id } } } }'

    assert (await isu.as_(PUBLIC).ask(query))["coordinationCommittee"]["seats"] == []
    member = caller("STATE:FRA", Capacity.STATE_PARTY, Capacity.COMMITTEE_MEMBER)
    assert len((await isu.as_(member).ask(query))["coordinationCommittee"]["seats"]) == 1


async def test_what_the_committee_can_not_invite_to_is_told(isu: Institution) -> None:
    given: dict[str, Any] = {"meeting": "CC-2026-02", "party": DEU}
    await isu.done("inviteToCommitteeMeeting", **given)

    assert (await isu("inviteToCommitteeMeeting", **given))["code"] == "DUPLICATE"
    assert set(await against(isu, "inviteToCommitteeMeeting", **{**given, "meeting": "IM-2026"})) == {"meeting"}
    for unknown in ({"meeting": "CC-1999"}, {"party": encode_id("State", "XXX")}):
        assert (await isu("inviteToCommitteeMeeting", **{**given, **unknown}))["__typename"] == "NotFound"
    assert (await isu.as_(GERMANY)("inviteToCommitteeMeeting", **given))["__typename"] == "Forbidden"
    validated = await isu("inviteToCommitteeMeeting", validate_only=True, meeting="CC-2026-02", party=FRA)
    assert (validated["meeting"], validated["party"]) == (None, None)


# ---------- what the compliance review is given ----------


async def facts(database: Database, actor: Actor) -> dict[str, MeetingFacts]:
    async with database.reading() as connection:
        found = await meetings(Reader(connection, actor, TODAY))
    return {each.code: each for each in found}


async def test_the_facts_of_a_meeting_are_gathered(isu: Institution) -> None:
    await isu.done("inviteToMeeting", meeting="IM-2026", categories=["NGOS"])
    await isu.done(
        "setWorkingMethods", meeting="IM-2026", expectedVersion=1, text=[{"language": "en", "value": "Short."}]
    )
    await isu.meeting("1RC", "2015-09-07", "2015-09-11", kind="review_conference")
    title = [{"language": "en", "value": "Review"}]
    await isu.done("addAgendaItem", meeting="1RC", number="1", title=title, subject="ISU")
    await isu.done("addAgendaItem", meeting="IM-2026", number="1", title=title)

    found = await facts(isu.database, PUBLIC)
    ahead, conference = found["IM-2026"], found["1RC"]
    assert (ahead.opens, ahead.closes) == (date(2026, 4, 13), date(2026, 4, 15))
    assert (ahead.has_methods, ahead.has_agenda) == (True, True)
    assert ahead.invited == frozenset({InviteCategory.NGOS})
    assert ahead.subjects == frozenset()
    assert (conference.has_methods, conference.has_record) == (False, False)
    assert conference.subjects == frozenset({"ISU"})
    await hide(isu.database, db.Meeting, "1RC")
    assert set(await facts(isu.database, PUBLIC)) == set(found) - {"1RC"}


async def test_a_final_report_or_minutes_are_the_record_of_a_meeting(shared_register_url: str) -> None:
    database = Database(shared_register_url)
    found = await facts(database, PUBLIC)
    await database.close()

    assert {code for code, each in found.items() if each.has_record} >= {"2MSP", "1RC", "CC-2016-08", "ICA-2017-1"}
    assert not found["IM-2012"].has_record
    assert found["2RC-P1"].is_part
    assert found["2MSP"].closed
