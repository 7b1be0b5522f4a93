"""Invitations, registrations and attendance: who may, who is told, and what a participant sees."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from mandate.actor import PUBLIC, Actor, Capacity, Scope, Visibility
from mandate.day import PartialDate
from mandate.meeting import InviteCategory, MeetingFacts
from mandate.participation import ParticipationRole
from mandate.text import LocalizedText
from mandate.treaty_action import TreatyActionType
from resolvers import account
from resolvers.change import verify
from resolvers.meeting import meetings
from resolvers.reading import Reader
from schema.id import key_of
from tests.api import TODAY, serving
from tests.call import ISU, act, ask, caller, encode_id, hide, statements, through_the_unit
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


async def begin(isu: Institution) -> None:
    """An intersessional meeting is ahead, and a meeting of the Committee."""
    await isu.meeting(
        "IM-2026", "2026-04-13", "2026-04-15", city="Geneva", kind="intersessional_meeting", formality="INFORMAL"
    )
    await isu.meeting("CC-2026-02", "2026-02-10", "2026-02-10", kind="coordination_committee", formality="INFORMAL")


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
        narrowed = Actor(account="one", party="STATE:DEU", held=GERMANY.held, scopes=frozenset({scope}))
        result = await isu.as_(narrowed)("registerParticipant", validate_only=True, **somebody())
        assert result["__typename"] == "ParticipantRegistered"
    reads = Actor(account="one", party="STATE:DEU", held=GERMANY.held, scopes=frozenset({Scope.READ_RESTRICTED}))
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
    await isu.meeting("14MSP", str(TODAY), str(TODAY))
    on_the_day = await register(isu, meeting="14MSP")
    assert (await isu.done("recordAttendance", **came(on_the_day)))["participation"]["attended"]
    absent = {"id": encode_id("Participation", "0")}
    assert (await isu("recordAttendance", **came(absent)))["__typename"] == "NotFound"
    assert (await isu.as_(GERMANY)("recordAttendance", **came(held, 2)))["__typename"] == "Forbidden"


async def test_nobody_came_to_a_meeting_that_was_cancelled(isu: Institution) -> None:
    days = {"kind": "informal_meeting", "formality": "INFORMAL"}
    await isu.meeting("briefing", "2026-01-12", "2026-01-12", **days)
    given = {"meeting": "briefing", "party": DEU, "fullName": "Erika Mustermann", "role": "DELEGATE"}
    registered = (await isu.done("registerParticipant", **given))["participation"]
    await isu.done("cancelMeeting", meeting="briefing", expectedVersion=1)

    result = await isu("recordAttendance", **upon(registered, attended=True))

    assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", "CANCELLED")


# ---------- delegations, in one act ----------

COUNTS = """query ($code: String!) { listOfParticipants(meeting: $code) {
  basis meeting { code } counts { participantClass count } } }"""


def delegate(name: str | None = "Erika Mustermann", **given: Any) -> dict[str, Any]:
    return {"fullName": name, "role": "DELEGATE", **given}


def delegation(*people: dict[str, Any], party: str = DEU, **given: Any) -> dict[str, Any]:
    return {"meeting": "IM-2026", "party": party, "people": list(people), **given}


async def formal(isu: Institution, **given: Any) -> None:
    await isu.meeting("14MSP", "2027-09-06", "2027-09-10", **given)
    await isu.done("inviteToMeeting", meeting="14MSP", categories=["STATES_PARTIES", "OBSERVER_STATES"])


async def one(isu: Institution, actor: Actor = GERMANY, party: str = DEU, meeting: str = "14MSP") -> Any:
    given = delegation(delegate(), party=party, meeting=meeting)
    (found,) = (await isu.as_(actor).done("nominateDelegation", **given))["participations"]
    return found


def upon(participation: Any, version: int = 1, **given: Any) -> dict[str, Any]:
    return {"participation": participation["id"], "expectedVersion": version, **given}


async def test_a_state_nominates_its_delegation_in_one_act(isu: Institution) -> None:
    people = [delegate("Erika Mustermann", role="HEAD_OF_DELEGATION"), delegate("Max Mustermann")]
    result = await isu.as_(GERMANY).done("nominateDelegation", **delegation(*people))

    assert [(each["person"]["fullName"], each["role"], each["status"]) for each in result["participations"]] == [
        ("Erika Mustermann", "HEAD_OF_DELEGATION", "NOMINATED"),
        ("Max Mustermann", "DELEGATE", "NOMINATED"),
    ]
    assert result["failed"] == []
    assert [each["verdict"] for each in result["ruleEvaluations"]] == ["SATISFIED"]
    assert (await seen(isu, GERMANY))["totalCount"] == 2
    assert (await seen(isu, FRANCE))["totalCount"] == 0


async def test_each_row_that_fails_is_named_and_the_good_ones_are_kept(isu: Institution) -> None:
    known = (await register(isu.as_(GERMANY)))["person"]["id"]
    french = (await register(isu, party=FRA, fullName="Jean Dupont"))["person"]["id"]
    rows = [
        delegate("Good"),
        delegate(" "),
        delegate(None, person=known),
        delegate(None, person=encode_id("Person", "0")),
        delegate(None, person="nonsense"),
        delegate(None),
        delegate("a\nb", person=known),
        # Of another delegation: hidden, and so not there.
        delegate(None, person=french),
        delegate("x" * 201),
        delegate("Good too"),
    ]
    result = await isu.as_(GERMANY).done("nominateDelegation", **delegation(*rows))

    assert [each["person"]["fullName"] for each in result["participations"]] == ["Good", "Good too"]
    assert [(each["place"], each["path"], each["code"]) for each in result["failed"]] == [
        (1, ["fullName"], "INVALID_INPUT"),
        (2, ["person"], "DUPLICATE"),
        (3, ["person"], "NOT_FOUND"),
        (4, ["person"], "INVALID_INPUT"),
        (5, ["fullName"], "INVALID_INPUT"),
        (6, ["fullName"], "INVALID_INPUT"),
        (7, ["person"], "NOT_FOUND"),
        (8, ["fullName"], "INVALID_INPUT"),
    ]
    hidden, absent = (each for each in result["failed"] if each["code"] == "NOT_FOUND")
    assert hidden["message"] == absent["message"]


async def test_all_or_nothing_is_nothing_where_one_fails(isu: Institution) -> None:
    given = delegation(delegate("Good"), delegate(" "), delegate(None), allOrNothing=True)

    assert set(await against(isu.as_(GERMANY), "nominateDelegation", **given)) == {
        "people.1.fullName",
        "people.2.fullName",
    }
    # Nor is there anything to keep where all fail.
    assert set(await against(isu, "nominateDelegation", **delegation(delegate(" ")))) == {"people.0.fullName"}
    assert (await seen(isu, ISU))["totalCount"] == 0
    names = await isu.ask("{ auditEntries(first: 250) { nodes { subjectType } } }")
    assert {"subjectType": "person"} not in names["auditEntries"]["nodes"]


async def test_a_delegation_that_is_only_validated_is_told_the_same_and_not_kept(isu: Institution) -> None:
    given = delegation(delegate("Good"), delegate(" "))
    result = await isu.as_(GERMANY)("nominateDelegation", validate_only=True, **given)

    assert (result["__typename"], result["participations"]) == ("DelegationNominated", [])
    assert [each["place"] for each in result["failed"]] == [1]
    assert (await seen(isu, ISU))["totalCount"] == 0


async def test_no_delegation_is_empty_or_endless(isu: Institution) -> None:
    for people in ([], [delegate(f"Delegate {place}") for place in range(151)]):
        assert set(await against(isu, "nominateDelegation", **delegation(*people))) == {"people"}


async def test_nobody_nominates_for_another_party(isu: Institution) -> None:
    given = delegation(delegate(), party=FRA)
    for actor in (GERMANY, PUBLIC, caller("ORGANISATION:HALO", Capacity.ORGANISATION)):
        assert (await isu.as_(actor)("nominateDelegation", **given))["__typename"] == "Forbidden"
    many = {"meeting": "IM-2026", "people": [delegate(party=DEU)]}
    assert (await isu.as_(GERMANY)("registerParticipants", **many))["__typename"] == "Forbidden"
    assert (await isu("nominateDelegation", **delegation(delegate(), party=encode_id("State", "XXX"))))[
        "__typename"
    ] == "NotFound"
    hidden = delegation(delegate(), meeting="CC-2026-02")
    await hide(isu.database, db.Meeting, "CC-2026-02")
    absent = {**hidden, "meeting": "CC-1999"}
    assert await isu.as_(GERMANY)("nominateDelegation", **hidden) == await isu.as_(GERMANY)(
        "nominateDelegation", **absent
    )


async def test_the_same_person_twice_in_one_act_is_one(isu: Institution) -> None:
    known = (await register(isu.as_(GERMANY), meeting="IM-2026"))["person"]["id"]
    await formal(isu)
    row = delegate(None, person=known)
    result = await isu.as_(GERMANY).done("nominateDelegation", **delegation(row, row, meeting="14MSP"))

    assert len(result["participations"]) == 1
    assert [(each["place"], each["code"]) for each in result["failed"]] == [(1, "DUPLICATE")]


async def test_a_delegation_that_is_sent_twice_at_the_same_time_is_one(isu: Institution) -> None:
    known = (await register(isu.as_(GERMANY)))["person"]["id"]
    await formal(isu)
    given = delegation(delegate(None, person=known), meeting="14MSP")
    results = await asyncio.gather(*(isu.as_(GERMANY)("nominateDelegation", **given) for _ in range(3)))

    assert sorted(each["__typename"] for each in results) == ["DelegationNominated", "Invalid", "Invalid"]


@pytest.mark.parametrize(
    ("state", "capacity", "credentials"),
    [
        ("DEU", Capacity.STATE_PARTY, "AWAITED"),
        ("AGO", Capacity.SIGNATORY, "NOT_REQUIRED"),
        # It withdrew.
        ("LTU", Capacity.OBSERVER_STATE, "NOT_REQUIRED"),
        ("USA", Capacity.OBSERVER_STATE, "NOT_REQUIRED"),
    ],
)
async def test_states_parties_show_credentials_at_formal_meetings(
    isu: Institution, state: str, capacity: Capacity, credentials: str
) -> None:
    await formal(isu)
    actor, party = caller(f"STATE:{state}", capacity), encode_id("State", state)

    assert (await one(isu, actor, party))["credentials"]["status"] == credentials
    informal = await one(isu, actor, party, meeting="IM-2026")
    assert informal["credentials"]["status"] == "NOT_REQUIRED"
    result = await isu.as_(actor)("submitCredentials", **upon(informal))
    assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", "NOT_REQUIRED")


async def test_a_party_that_is_not_invited_does_not_nominate(isu: Institution) -> None:
    await isu.meeting("14MSP", "2027-09-06", "2027-09-10")
    given = delegation(delegate(), meeting="14MSP")

    assert (await isu.as_(GERMANY)("nominateDelegation", **given))["__typename"] == "Forbidden"
    await isu.done("nominateDelegation", **given)
    committee = delegation(delegate(), meeting="CC-2026-02")
    assert (await isu.as_(GERMANY)("nominateDelegation", **committee))["__typename"] == "Forbidden"


async def test_the_isu_registers_a_hundred_and_fifty_of_many_parties_in_the_statements_of_one(isu: Institution) -> None:
    query = "{ states(first: 200) { nodes { id } } }"
    states = [each["id"] for each in (await isu.ask(query))["states"]["nodes"]]

    def rows(count: int) -> dict[str, Any]:
        people = [delegate(f"Delegate {place}", party=states[place % len(states)]) for place in range(count)]
        return {"meeting": "IM-2026", "people": people}

    counted = []
    # The first act of a process does not know yet where the journal stands.
    for count in (1, 1, 150):
        with isu.database_statements() as sent:
            result = await isu.done("registerParticipants", **rows(count))
        assert (len(result["participations"]), result["failed"]) == (count, [])
        counted.append(len(sent))
    assert counted[1] == counted[2]
    assert counted[0] < 60
    assert (await seen(isu, ISU))["totalCount"] == 152
    statuses = {each["status"] for each in result["participations"]}
    assert statuses == {"REGISTERED"}


async def test_registering_names_each_bad_row_of_many_parties(isu: Institution) -> None:
    people = [
        delegate("Good", party=DEU),
        delegate("Bad", party=encode_id("State", "XXX")),
        delegate("Bad", party="nonsense"),
        delegate("Bad", party=encode_id("Meeting", "2MSP")),
        delegate(" ", party=FRA),
    ]
    result = await isu.done("registerParticipants", meeting="IM-2026", people=people)

    assert [(each["place"], each["path"], each["code"]) for each in result["failed"]] == [
        (1, ["party"], "NOT_FOUND"),
        (2, ["party"], "INVALID_INPUT"),
        (3, ["party"], "INVALID_INPUT"),
        (4, ["fullName"], "INVALID_INPUT"),
    ]


async def test_who_was_nominated_is_registered_and_becomes_a_participant(isu: Institution) -> None:
    await formal(isu)
    nominated = await one(isu)
    capacities = await held(isu, "STATE:DEU")
    person = nominated["person"]["id"]
    people = [delegate(None, person=person, party=DEU, role="HEAD_OF_DELEGATION")]
    result = await isu.done("registerParticipants", meeting="14MSP", people=people)

    (registered,) = result["participations"]
    assert (registered["id"], registered["status"], registered["role"], registered["version"]) == (
        nominated["id"],
        "REGISTERED",
        "HEAD_OF_DELEGATION",
        2,
    )
    assert Capacity.PARTICIPANT not in capacities
    assert Capacity.PARTICIPANT in await held(isu, "STATE:DEU")
    # Once is enough.
    again = await isu("registerParticipants", meeting="14MSP", people=people)
    assert again["fields"][0]["path"] == ["people", "0", "person"]


async def held(isu: Institution, party: str) -> set[Capacity]:
    async with isu.database.reading() as connection:
        somebody = account.Caller(id="-", label="-", party=party, person=None, is_admin=False)
        found = await account.capacities_on(Reader(connection, PUBLIC, TODAY), somebody, TODAY)
    return {each.capacity for each in found}


# ---------- credentials ----------


async def test_credentials_are_handed_in_found_defective_mended_and_verified(isu: Institution) -> None:
    await formal(isu)
    nominated = await one(isu)
    submitted = await isu.as_(GERMANY).done("submitCredentials", **upon(nominated))
    assert submitted["participation"]["credentials"] == {
        "status": "SUBMITTED",
        "submittedOn": "2026-01-15",
        "judgedOn": None,
        "remarks": None,
    }
    found = await isu.done("verifyCredentials", **upon(nominated, 2, inOrder=False, remarks="Not signed."))
    assert (found["participation"]["credentials"]["status"], found["participation"]["status"]) == (
        "DEFECTIVE",
        "NOMINATED",
    )
    # The party reads why, and nobody else does.
    (own,) = (await isu.as_(GERMANY).ask(OF_THE_MEETING, code="14MSP"))["meeting"]["participations"]["nodes"]
    assert own["credentials"]["remarks"] == "Not signed."
    assert (await isu.as_(FRANCE).ask(NODE, id=nominated["id"]))["node"] is None
    await isu.as_(GERMANY).done("submitCredentials", **upon(nominated, 3))
    verified = await isu.done("verifyCredentials", **upon(nominated, 4, inOrder=True))

    assert verified["participation"]["credentials"] == {
        "status": "VERIFIED",
        "submittedOn": "2026-01-15",
        "judgedOn": "2026-01-15",
        "remarks": None,
    }
    assert verified["participation"]["status"] == "ACCREDITED"
    assert Capacity.PARTICIPANT in await held(isu, "STATE:DEU")


async def test_credentials_take_their_steps_in_order_and_from_whom_they_should(isu: Institution) -> None:
    await formal(isu)
    nominated = await one(isu)
    ngo = caller("ORGANISATION:HALO", Capacity.ORGANISATION)

    early = await isu("verifyCredentials", **upon(nominated, inOrder=True))
    assert (early["code"], early["currentStatus"], early["allowed"]) == ("ILLEGAL_TRANSITION", "AWAITED", ["SUBMITTED"])
    absent = {**upon(nominated), "participation": encode_id("Participation", "0")}
    for actor in (FRANCE, ngo):
        # Hidden is absent.
        assert await isu.as_(actor)("submitCredentials", **upon(nominated)) == await isu.as_(actor)(
            "submitCredentials", **absent
        )
    assert (await isu.as_(PUBLIC)("submitCredentials", **upon(nominated)))["__typename"] == "Forbidden"
    assert (await isu.as_(GERMANY)("submitCredentials", **upon(nominated, 7)))["code"] == "STALE_VERSION"
    results = await asyncio.gather(*(isu.as_(GERMANY)("submitCredentials", **upon(nominated)) for _ in range(2)))
    assert sorted(each.get("code", "DONE") for each in results) == ["DONE", "STALE_VERSION"]
    again = await isu.as_(GERMANY)("submitCredentials", **upon(nominated, 2))
    assert again["currentStatus"] == "SUBMITTED"
    # Nobody verifies their own.
    assert (await isu.as_(GERMANY)("verifyCredentials", **upon(nominated, 2, inOrder=True)))[
        "__typename"
    ] == "Forbidden"
    for given in ({"inOrder": False}, {"inOrder": False, "remarks": " "}, {"inOrder": True, "remarks": "x" * 1_001}):
        assert set(await against(isu, "verifyCredentials", **upon(nominated, 2, **given))) == {"remarks"}
    validated = await isu("verifyCredentials", validate_only=True, **upon(nominated, 2, inOrder=True))
    assert (validated["__typename"], validated["participation"]) == ("CredentialsJudged", None)
    await isu.done("revokeParticipation", **upon(nominated, 2))
    revoked = await isu("verifyCredentials", **upon(nominated, 3, inOrder=True))
    assert (revoked["code"], revoked["message"]) == ("ILLEGAL_TRANSITION", "It was revoked already.")


async def test_credentials_that_turn_out_to_be_wrong_take_the_accreditation_back(isu: Institution) -> None:
    await formal(isu)
    nominated = await one(isu)
    await isu.as_(GERMANY).done("submitCredentials", **upon(nominated))
    await isu.done("verifyCredentials", **upon(nominated, 2, inOrder=True))
    found = await isu.done("verifyCredentials", **upon(nominated, 3, inOrder=False, remarks="Revoked by the capital."))

    assert (found["participation"]["status"], found["participation"]["credentials"]["status"]) == (
        "NOMINATED",
        "DEFECTIVE",
    )


async def test_after_the_meeting_has_closed_a_party_changes_nothing_of_its_own(isu: Institution) -> None:
    await formal(isu)
    nominated = await one(isu)
    await isu.done("openMeeting", meeting="14MSP", expectedVersion=1, on="2026-01-15")
    await isu.done("closeMeeting", meeting="14MSP", expectedVersion=2, on="2026-01-15")

    for name in ("submitCredentials", "revokeParticipation"):
        result = await isu.as_(GERMANY)(name, **upon(nominated))
        assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", "CLOSED")
    given = delegation(delegate("Another"), meeting="14MSP")
    assert (await isu.as_(GERMANY)("nominateDelegation", **given))["currentStatus"] == "CLOSED"
    await isu.done("submitCredentials", **upon(nominated))


async def test_an_erasure_takes_the_remarks_along(isu: Institution) -> None:
    await formal(isu)
    nominated = await one(isu)
    await isu.as_(GERMANY).done("submitCredentials", **upon(nominated))
    await isu.done("verifyCredentials", **upon(nominated, 2, inOrder=False, remarks="Erika is not named in them."))
    erase = """mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { __typename } }"""
    given = {"id": nominated["person"]["id"], "expectedVersion": 1}
    await act(isu.database, ISU, erase, input=given)

    (left,) = (await isu.as_(GERMANY).ask(OF_THE_MEETING, code="14MSP"))["meeting"]["participations"]["nodes"]
    assert (left["credentials"]["remarks"], left["person"]["fullName"]) == (None, None)
    verdict = await verify(isu.database)
    assert verdict.faults == []
    again = delegation(delegate(None, person=nominated["person"]["id"]), meeting="IM-2026")
    assert set(await against(isu.as_(GERMANY), "nominateDelegation", **again)) == {"people.0.person"}


async def test_what_the_rules_said_of_somebody_is_for_those_whom_it_concerns(isu: Institution) -> None:
    await formal(isu)
    await one(isu)
    await register(isu)

    async with isu.database.reading() as connection:
        judgement = db.Judgement
        said = select(col(judgement.visibility)).where(col(judgement.subject_type) == db.Participation.__tablename__)
        assert set((await connection.execute(said)).scalars()) == {Visibility.CONCERNED}


# ---------- taken back ----------


async def test_a_participation_is_taken_back_by_its_party_and_then_only_the_isu_brings_it_again(
    isu: Institution,
) -> None:
    registered = await register(isu.as_(GERMANY))
    french = await isu.as_(FRANCE)("revokeParticipation", **upon(registered))
    revoked = await isu.as_(GERMANY).done("revokeParticipation", **upon(registered))

    assert french["__typename"] == "NotFound"
    assert revoked["participation"]["status"] == "REVOKED"
    assert Capacity.PARTICIPANT not in await held(isu, "STATE:DEU")
    assert (await isu.as_(GERMANY)("revokeParticipation", **upon(registered, 2)))["code"] == "ILLEGAL_TRANSITION"
    back = somebody(fullName=None, person=registered["person"]["id"])
    result = await isu.as_(GERMANY)("registerParticipant", **back)
    assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", "REVOKED")
    assert (await isu.done("registerParticipant", **back))["participation"]["status"] == "REGISTERED"


@pytest.mark.parametrize(
    "name", ["Erika Mustermann", " erika  MUSTERMANN ", "Mustermann, Érika", "Ms. Erik\u0430 Mustermann"]
)
async def test_whom_the_isu_has_revoked_their_party_does_not_bring_back_under_the_name(
    isu: Institution, name: str
) -> None:
    """Neither alone nor with others, nor as another person of that name; the ISU takes up what it revoked."""
    revoked = await register(isu.as_(GERMANY))
    twin = (await register(isu, party=FRA, fullName=name))["person"]["id"]
    await isu.done("revokeParticipation", **upon(revoked))
    germany = isu.as_(GERMANY)

    alone = await germany("registerParticipant", **somebody(fullName=name))
    as_another = await isu("nominateDelegation", **delegation(delegate(fullName=None, person=twin)))
    people = [delegate(name), delegate("Max Mustermann")]
    with_others = await germany.done("nominateDelegation", **delegation(*people))
    (failed,) = with_others["failed"]
    bulk = [delegate(each, party=DEU) for each in (name, "Erika Musterfrau")]
    by_the_isu = await register(isu, fullName=None, person=twin)
    taken_up = await isu.done("registerParticipants", meeting="IM-2026", people=bulk)

    assert (alone["code"], alone["currentStatus"]) == ("ILLEGAL_TRANSITION", "REVOKED")
    assert [each["path"] for each in as_another["fields"]] == [["people", "0", "person"]]
    assert (failed["place"], failed["code"]) == (0, "ILLEGAL_TRANSITION")
    assert (failed["path"], failed["message"]) == (["fullName"], "Their participation was revoked.")
    assert [each["person"]["fullName"] for each in with_others["participations"]] == ["Max Mustermann"]
    assert [each["id"] == revoked["id"] for each in taken_up["participations"]] == [True, False]
    assert taken_up["participations"][0]["status"] == "REGISTERED"
    # Whom the ISU names by their entry is that one, whoever else has the name.
    assert (by_the_isu["id"] != revoked["id"], by_the_isu["person"]["id"]) == (True, twin)


async def test_nor_by_an_initial_which_the_isu_tells_apart(isu: Institution) -> None:
    revoked = await register(isu.as_(GERMANY))
    ernst = (await register(isu, party=FRA, fullName="E. Mustermann"))["person"]["id"]
    await isu.done("revokeParticipation", **upon(revoked))

    alone = await isu.as_(GERMANY)("registerParticipant", **somebody(fullName="Dr. E. Mustermann"))
    as_another = await isu("nominateDelegation", **delegation(delegate(fullName=None, person=ernst)))
    by_the_isu = await register(isu, fullName="E. Mustermann")

    assert (alone["code"], alone["currentStatus"]) == ("ILLEGAL_TRANSITION", "REVOKED")
    assert [each["path"] for each in as_another["fields"]] == [["people", "0", "person"]]
    assert by_the_isu["id"] != revoked["id"]


async def test_a_name_is_kept_in_one_form_whichever_system_it_was_typed_on(isu: Institution) -> None:
    registered = await register(isu, fullName="Chloe\u0301 Camus")

    assert registered["person"]["fullName"] == "Chlo\u00e9 Camus"


async def test_whom_their_party_has_revoked_it_may_name_again_and_others_of_the_name_are_not_barred(
    isu: Institution,
) -> None:
    own = await register(isu.as_(GERMANY))
    other = await register(isu.as_(FRANCE), party=FRA)
    await isu.as_(GERMANY).done("revokeParticipation", **upon(own))
    await isu.done("revokeParticipation", **upon(other))
    # Who changes something else of it afterwards has not revoked it.
    changed = (key_of("Participation", own["id"]),), {"role": ParticipationRole.ADVISER}
    await through_the_unit(isu.database, db.Participation, changed)

    assert (await register(isu.as_(GERMANY)))["status"] == "REGISTERED"
    barred = await isu.as_(FRANCE)("registerParticipant", **somebody(FRA))
    assert barred["code"] == "ILLEGAL_TRANSITION"
    assert (await register(isu, party=FRA))["id"] == other["id"]


async def test_who_came_has_attended_and_that_is_not_taken_back(isu: Institution) -> None:
    await isu.meeting("13MSP", "2025-09-16", "2025-09-19")
    came = (await isu.done("nominateDelegation", **delegation(delegate(), meeting="13MSP")))["participations"][0]
    revoked = (await isu.done("nominateDelegation", **delegation(delegate("B"), meeting="13MSP")))["participations"][0]
    result = await isu.done("recordAttendance", **upon(came, attended=True))

    assert result["participation"]["status"] == "ATTENDED"
    assert set(await against(isu, "revokeParticipation", **upon(came, 2))) == {"participation"}
    corrected = await isu.done("recordAttendance", **upon(came, 2, attended=False))
    assert corrected["participation"]["status"] == "NOMINATED"
    await isu.done("revokeParticipation", **upon(revoked))
    assert (await isu("recordAttendance", **upon(revoked, 2, attended=True)))["code"] == "ILLEGAL_TRANSITION"


# ---------- the list of participants ----------


async def counts(isu: Institution, code: str, actor: Actor = ISU) -> tuple[str | None, dict[str, int]]:
    found = (await isu.as_(actor).ask(COUNTS, code=code))["listOfParticipants"]
    return found["basis"], {each["participantClass"]: each["count"] for each in found["counts"]}


async def test_the_second_meeting_is_counted_as_its_report_does(shared_register_url: str) -> None:
    isu = Institution(Database(shared_register_url), PUBLIC)
    found = await counts(isu, "2MSP", PUBLIC)
    await isu.database.close()

    assert found[0] == "REPORTED"
    classes = ("STATES_PARTIES", "SIGNATORIES", "OBSERVER_STATES", "ORGANISATIONS")
    assert [found[1][each] for each in classes] == [52, 38, 41, 15]


async def test_participants_are_counted_by_what_their_party_was_when_the_meeting_opened(isu: Institution) -> None:
    """Lithuania was a State Party then; of those who are counted, some did not come."""
    await isu.meeting("5MSP", "2014-09-03", "2014-09-05")
    parties = [
        "State:DEU",
        "State:DEU",
        "State:LTU",
        "State:AGO",
        "State:USA",
        "Organisation:ICRC",
        "Organisation:HALO",
    ]
    people = [delegate(f"Somebody {place}", party=encode_id(*party.split(":"))) for place, party in enumerate(parties)]
    done = await isu.done("registerParticipants", meeting="5MSP", people=people)
    # Nominated only, and staff: neither is counted.
    await isu.done("nominateDelegation", **delegation(delegate("N"), party=FRA, meeting="5MSP"))
    await register(isu, meeting="5MSP", party=encode_id("Organisation", "ISU-CCM"), fullName="Staff")

    assert await counts(isu, "5MSP") == (
        "REGISTERED",
        {"STATES_PARTIES": 2, "SIGNATORIES": 1, "OBSERVER_STATES": 1, "ORGANISATIONS": 2, "DELEGATES": 7},
    )
    for each in done["participations"][:2]:
        await isu.done("recordAttendance", **upon(each, attended=True))
    assert await counts(isu, "5MSP") == (
        "ATTENDED",
        {"STATES_PARTIES": 1, "SIGNATORIES": 0, "OBSERVER_STATES": 0, "ORGANISATIONS": 0, "DELEGATES": 2},
    )


@pytest.mark.parametrize(
    ("opens", "category", "counted"),
    [
        # It signed on the day.
        ("2008-12-02", "OBSERVER_STATES", "OBSERVER_STATES"),
        ("2008-12-03", "OBSERVER_STATES", "SIGNATORIES"),
        # The Convention entered into force for it on the day.
        ("2011-08-31", "OBSERVER_STATES", "SIGNATORIES"),
        ("2011-09-01", "STATES_PARTIES", "STATES_PARTIES"),
        # Its withdrawal took effect on the day.
        ("2025-03-05", "STATES_PARTIES", "STATES_PARTIES"),
        ("2025-03-06", "OBSERVER_STATES", "OBSERVER_STATES"),
    ],
)
async def test_a_state_comes_as_what_it_is_on_the_day_on_which_the_meeting_opens(
    isu: Institution, opens: str, category: str, counted: str
) -> None:
    await isu.meeting("X", opens, opens)
    came = await register(isu, meeting="X", party=encode_id("State", "LTU"))

    assert came["inviteCategory"] == category
    classes = (await counts(isu, "X"))[1]
    assert {name for name, number in classes.items() if number} == {counted, "DELEGATES"}


async def test_what_a_state_did_under_another_convention_does_not_make_it_a_state_party(isu: Institution) -> None:
    await isu.meeting("X", "2025-09-16", "2025-09-19")
    await register(isu, meeting="X", party=encode_id("State", "USA"))
    async with isu.database.writing() as connection:
        other = {"id": new_id(), "convention_code": "CCW", "state_code": "USA", "type": TreatyActionType.ACCESSION}
        days = {"date": PartialDate.of(date(1995, 3, 24)), "takes_effect_on": date(1995, 9, 24)}
        await Unit(connection, Signature(act="test")).keep(db.TreatyAction, [{**other, **days}])

    classes = (await counts(isu, "X"))[1]
    assert {name for name, number in classes.items() if number} == {"OBSERVER_STATES", "DELEGATES"}


async def test_counts_are_for_everybody_once_the_meeting_has_opened_and_names_for_nobody(isu: Institution) -> None:
    await isu.meeting("14MSP", "2026-01-15", "2026-01-16")
    await register(isu, meeting="14MSP")
    assert (await counts(isu, "14MSP"))[0] == "REGISTERED"
    for actor in (PUBLIC, GERMANY, FRANCE):
        assert await counts(isu, "14MSP", actor) == (None, {})
    await isu.done("openMeeting", meeting="14MSP", expectedVersion=1)

    assert (await counts(isu, "14MSP", PUBLIC))[1]["STATES_PARTIES"] == 1
    query = '{ meeting(code: "14MSP") { participations { totalCount } } }'
    assert (await isu.as_(PUBLIC).ask(query))["meeting"]["participations"]["totalCount"] == 0
    await hide(isu.database, db.Meeting, "14MSP", Visibility.STATES_PARTIES)
    for code in ("14MSP", "99MSP"):
        with isu.database_statements() as sent:
            assert (await isu.as_(PUBLIC).ask(COUNTS, code=code))["listOfParticipants"] is None
        assert len(sent) == 1
    assert (await counts(isu, "14MSP", FRANCE))[0] == "REGISTERED"


async def test_counting_a_hundred_delegations_costs_the_statements_of_one(isu: Institution) -> None:
    query = "{ states(first: 100) { nodes { id } } }"
    states = [each["id"] for each in (await isu.ask(query))["states"]["nodes"]]
    counted = []
    for count in (1, 100):
        people = [delegate(f"Delegate {place}", party=states[place]) for place in range(count)]
        await isu.done("registerParticipants", meeting="IM-2026", people=people)
        with isu.database_statements() as sent:
            await isu.ask(COUNTS, code="IM-2026")
        counted.append(len(sent))
    assert counted[0] == counted[1]


# ---------- invitations ----------


async def test_who_is_missing_among_those_to_be_invited_is_told(isu: Institution) -> None:
    query = "query ($code: String!) { meeting(code: $code) { missingCategories } }"
    await isu.meeting("14MSP", "2027-09-06", "2027-09-10")
    await isu.done("inviteToMeeting", meeting="IM-2026", categories=["STATES_PARTIES", "NGOS"])

    async def missing(code: str) -> list[str]:
        found: list[str] = (await isu.as_(PUBLIC).ask(query, code=code))["meeting"]["missingCategories"]
        return found

    assert await missing("IM-2026") == ["OBSERVER_STATES", "ORGANISATIONS"]
    assert await missing("14MSP") == ["STATES_PARTIES"]
    assert await missing("CC-2026-02") == []
    await isu.done("inviteToMeeting", meeting="14MSP", categories=["STATES_PARTIES"])
    assert await missing("14MSP") == []


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
