"""Observers of one meeting: who stands, who asks, who invites, and that the meeting alone admits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import db
from mandate.actor import PUBLIC, Actor, Capacity, Visibility
from tests.call import ISU, act, ask, caller, encode_id, hide, statements
from tests.institution import ACTS, OBSERVERS, Institution

pytestmark = pytest.mark.anyio

HALO, APOPO, ICRC = (encode_id("Organisation", code) for code in ("HALO", "APOPO", "ICRC"))
THE_HALO = caller("ORGANISATION:HALO", Capacity.ORGANISATION)
THE_APOPO = caller("ORGANISATION:APOPO", Capacity.ORGANISATION)
DESIGNATE = caller("STATE:LAO", Capacity.STATE_PARTY, Capacity.PRESIDENT_DESIGNATE)
GERMANY = caller("STATE:DEU", Capacity.STATE_PARTY)
OF_THE_MEETING = f"query ($code: String!) {{ meeting(code: $code) {{ {OBSERVERS} }} }}"
STATUS = """query ($code: String!, $meeting: String!) {
  organisation(code: $code) { observerStatus(meeting: $meeting) } }"""
STANDING = ["CMC", "GICHD", "ICRC", "IFRC", "UN"]


async def begin(isu: Institution) -> None:
    """The Fourteenth Meeting is ahead, over which the Lao PDR is to preside."""
    await isu.meeting("14MSP", "2026-09-07", "2026-09-11", city="Vientiane")
    await isu.meeting("15MSP", "2027-09-06", "2027-09-10")
    await isu.meeting(
        "IM-2026", "2026-04-13", "2026-04-15", city="Geneva", kind="intersessional_meeting", formality="INFORMAL"
    )
    await isu.done("designatePresident", meeting="14MSP", state="LAO", startsOn="2025-09-19")


def asking(organisation: str = HALO, **given: Any) -> dict[str, Any]:
    return {"meeting": "14MSP", "organisation": organisation, "purpose": "It clears land.", **given}


def about(organisation: str = HALO, version: int = 1, **given: Any) -> dict[str, Any]:
    return {"meeting": "14MSP", "organisation": organisation, "expectedVersion": version, **given}


async def observers(isu: Institution, actor: Actor = ISU, code: str = "14MSP") -> dict[str, str]:
    """Beside those that stand."""
    found = (await isu.as_(actor).ask(OF_THE_MEETING, code=code))["meeting"]["observers"]
    return {each["organisation"]["code"]: each["status"] for each in found if each["status"] != "STANDING"}


async def status(isu: Institution, code: str, actor: Actor = ISU, meeting: str = "14MSP") -> str | None:
    found: str | None = (await isu.as_(actor).ask(STATUS, code=code, meeting=meeting))["organisation"]["observerStatus"]
    return found


async def against(isu: Institution, name: str, **given: Any) -> dict[str, str]:
    result = await isu(name, **given)
    assert result["__typename"] == "Invalid", result
    return {".".join(each["path"]): each["message"] for each in result["fields"]}


async def open_14msp(isu: Institution) -> str:
    """It opens today; the id of a decision that it takes."""
    version = (await isu.ask('{ meeting(code: "14MSP") { version } }'))["meeting"]["version"]
    await isu.done("openMeeting", meeting="14MSP", expectedVersion=version, on="2026-01-15")
    return await isu.decision("14MSP", "2026-01-15")


# ---------- the way in ----------


async def test_five_stand_at_every_formal_meeting_and_at_no_other(isu: Institution) -> None:
    for code in ("14MSP", "15MSP"):
        found = (await isu.as_(PUBLIC).ask(OF_THE_MEETING, code=code))["meeting"]["observers"]
        assert [(each["organisation"]["code"], each["status"]) for each in found] == [
            (each, "STANDING") for each in STANDING
        ]
    assert (await isu.ask(OF_THE_MEETING, code="IM-2026"))["meeting"]["observers"] == []
    assert [await status(isu, each, PUBLIC) for each in STANDING] == ["STANDING"] * 5
    for meeting in ("IM-2026", "99MSP"):
        assert await status(isu, "ICRC", meeting=meeting) is None


async def test_an_organisation_asks_is_invited_and_is_admitted_by_the_meeting(isu: Institution) -> None:
    await isu.as_(THE_HALO).done("requestObserverStatus", **asking())
    assert (await observers(isu), await status(isu, "HALO")) == ({"HALO": "REQUESTED"}, "REQUESTED")
    await isu.as_(DESIGNATE).done("inviteObserverProvisionally", **about())
    assert await status(isu, "HALO", PUBLIC) == "PROVISIONAL"
    decision = await open_14msp(isu)
    result = await isu.done("approveObserver", **about(version=3, decision=decision))

    assert result["meeting"]["observers"][-1] == {
        "status": "ADMITTED",
        "organisation": {"code": "HALO"},
        "purpose": None,
        "requestedOn": "2026-01-15",
        "invitedOn": "2026-01-15",
        "decidedOn": "2026-01-15",
        "decision": {"id": decision},
        "version": 4,
    }
    # At this meeting, and at no other.
    assert await status(isu, "HALO", meeting="15MSP") is None


async def test_what_the_meeting_has_not_approved_lapses_with_it(isu: Institution) -> None:
    for organisation in (HALO, APOPO):
        await isu.done("requestObserverStatus", **asking(organisation))
    await isu.done("inviteObserverProvisionally", **about())
    await open_14msp(isu)
    await isu.done("closeMeeting", meeting="14MSP", expectedVersion=2, on="2026-01-15")

    assert await observers(isu) == {"APOPO": "LAPSED", "HALO": "LAPSED"}
    assert await observers(isu, PUBLIC) == {"HALO": "LAPSED"}
    assert await status(isu, "HALO", PUBLIC) == "LAPSED"


async def test_a_request_is_declined_by_the_designate_and_an_invitation_by_the_meeting_alone(isu: Institution) -> None:
    for organisation in (HALO, APOPO):
        await isu.done("requestObserverStatus", **asking(organisation))
    await isu.as_(DESIGNATE).done("refuseObserver", **about(APOPO))
    await isu.done("inviteObserverProvisionally", **about())
    assert set(await against(isu, "refuseObserver", **about(version=3))) == {"decision"}
    decision = await open_14msp(isu)
    await isu.done("refuseObserver", **about(version=3, decision=decision))

    assert await observers(isu) == {"APOPO": "REFUSED", "HALO": "REFUSED"}
    # That one was never invited is nobody's business.
    assert await observers(isu, PUBLIC) == {"HALO": "REFUSED"}
    again = await isu.as_(THE_APOPO)("requestObserverStatus", **asking(APOPO))
    assert again["code"] in ("DUPLICATE", "ILLEGAL_TRANSITION")


# ---------- who is told ----------


async def test_a_request_is_known_to_the_organisation_the_designate_and_the_isu(isu: Institution) -> None:
    await isu.as_(THE_HALO).done("requestObserverStatus", **asking())

    for actor in (THE_HALO, DESIGNATE, ISU):
        assert await observers(isu, actor) == {"HALO": "REQUESTED"}
        assert await status(isu, "HALO", actor) == "REQUESTED"
        told = (await isu.as_(actor).ask(OF_THE_MEETING, code="14MSP"))["meeting"]["observers"]
        assert told[-1]["purpose"] == "It clears land."
    president = caller("STATE:AUT", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER)
    taking_part = caller("STATE:FRA", Capacity.STATE_PARTY, Capacity.PARTICIPANT, meeting="14MSP")
    for actor in (PUBLIC, GERMANY, THE_APOPO, president, taking_part):
        assert await observers(isu, actor) == {}
        assert await status(isu, "HALO", actor) is None


async def test_a_hidden_request_answers_as_none(isu: Institution) -> None:
    questions: list[tuple[str, dict[str, Any]]] = [
        (OF_THE_MEETING, {"code": "14MSP"}),
        (STATUS, {"code": "HALO", "meeting": "14MSP"}),
        ('{ organisations(first: 250) { nodes { code observerStatus(meeting: "14MSP") } } }', {}),
    ]

    async def answers() -> list[Any]:
        found = []
        for query, variables in questions:
            with statements(isu.database) as sent:
                found.append((await ask(isu.database, GERMANY, query, **variables), list(sent)))
        return found

    before = await answers()
    await isu.done("requestObserverStatus", **asking())
    assert await answers() == before


async def test_of_a_hidden_meeting_nothing_is_told_and_nothing_is_asked(isu: Institution) -> None:
    await isu.done("requestObserverStatus", **asking())
    await isu.done("inviteObserverProvisionally", **about())
    await hide(isu.database, db.Meeting, "14MSP")

    assert await status(isu, "HALO", THE_HALO) is None
    assert await status(isu, "ICRC", PUBLIC) is None
    query = ACTS["requestObserverStatus"]
    said = [
        await act(isu.database, THE_APOPO, query, input=asking(APOPO, meeting=code), only=False)
        for code in ("14MSP", "99MSP")
    ]
    assert said[0] == said[1]
    assert said[0]["__typename"] == "NotFound"


async def test_the_observers_of_all_meetings_cost_the_statements_of_one(isu: Institution) -> None:
    def query(codes: str) -> str:
        return f"{{ meetings(where: {{ code: [{codes}] }}) {{ nodes {{ {OBSERVERS} }} }} }}"

    await isu.done("requestObserverStatus", **asking())
    counted = []
    for codes in ('"14MSP"', '"14MSP", "15MSP", "IM-2026"'):
        with isu.database_statements() as sent:
            await isu.ask(query(codes))
        counted.append(len(sent))
    assert counted[0] == counted[1]


# ---------- who may, and what not ----------


async def test_each_asks_for_itself(isu: Institution) -> None:
    for actor in (THE_APOPO, GERMANY, PUBLIC, DESIGNATE):
        assert (await isu.as_(actor)("requestObserverStatus", **asking()))["__typename"] == "Forbidden"
    # A State is no organisation, whatever its own id is.
    state = await isu.as_(GERMANY)("requestObserverStatus", **asking(encode_id("State", "DEU")))
    assert [each["path"] for each in state["fields"]] == [["organisation"]]


async def test_what_can_not_be_asked_for_is_told(isu: Institution) -> None:
    for path, given in (
        ("organisation", asking(ICRC)),
        ("organisation", asking(encode_id("Organisation", "ISU-CCM"))),
        ("organisation", asking("nonsense")),
        ("meeting", asking(meeting="IM-2026")),
        ("purpose", asking(purpose=" ")),
        ("purpose", asking(purpose="\u200b")),
        ("purpose", asking(purpose="x" * 2_001)),
    ):
        assert set(await against(isu, "requestObserverStatus", **given)) == {path}, given
    for unknown in (asking(meeting="99MSP"), asking(encode_id("Organisation", "NOBODY"))):
        assert (await isu("requestObserverStatus", **unknown))["__typename"] == "NotFound"
    validated = await isu("requestObserverStatus", validate_only=True, **asking())
    assert (validated["__typename"], validated["meeting"]) == ("ObserverStatusRequested", None)
    assert await observers(isu) == {}


async def test_two_requests_at_the_same_time_are_one(isu: Institution) -> None:
    results = await asyncio.gather(*(isu.as_(THE_HALO)("requestObserverStatus", **asking()) for _ in range(3)))

    assert sorted(each.get("code", "DONE") for each in results) == ["DONE", "DUPLICATE", "DUPLICATE"]
    assert await observers(isu) == {"HALO": "REQUESTED"}


async def test_after_the_meeting_the_isu_alone_enters_what_was(isu: Institution) -> None:
    decision = await open_14msp(isu)
    await isu.done("closeMeeting", meeting="14MSP", expectedVersion=2, on="2026-01-15")

    late = await isu.as_(THE_HALO)("requestObserverStatus", **asking())
    assert (late["code"], late["currentStatus"]) == ("ILLEGAL_TRANSITION", "CLOSED")
    await isu.done("requestObserverStatus", **asking())
    assert (await isu("inviteObserverProvisionally", **about()))["currentStatus"] == "CLOSED"
    assert (await isu("approveObserver", **about(decision=decision)))["currentStatus"] == "REQUESTED"
    await isu.done("refuseObserver", **about(decision=decision))


async def test_no_step_is_skipped_taken_twice_or_taken_by_others(isu: Institution) -> None:
    assert (await isu("inviteObserverProvisionally", **about()))["__typename"] == "NotFound"
    await isu.done("requestObserverStatus", **asking())
    other = await isu.decision("15MSP", "2026-01-15", method="SILENCE_PROCEDURE")
    own = await isu.decision("14MSP", "2026-01-15", method="SILENCE_PROCEDURE")

    early = await isu("approveObserver", **about(decision=own))
    assert (early["code"], early["allowed"]) == ("ILLEGAL_TRANSITION", ["PROVISIONAL", "REFUSED"])
    for actor in (GERMANY, THE_HALO, PUBLIC):
        for name in ("inviteObserverProvisionally", "refuseObserver"):
            assert (await isu.as_(actor)(name, **about()))["__typename"] == "Forbidden"
    assert (await isu("inviteObserverProvisionally", **about(version=7)))["code"] == "STALE_VERSION"
    await isu.as_(DESIGNATE).done("inviteObserverProvisionally", **about())
    again = await isu.as_(DESIGNATE)("inviteObserverProvisionally", **about(version=3))
    assert (again["code"], again["currentStatus"]) == ("ILLEGAL_TRANSITION", "PROVISIONAL")
    for actor in (DESIGNATE, GERMANY, THE_HALO):
        admitted = await isu.as_(actor)("approveObserver", **about(version=3, decision=own))
        assert admitted["__typename"] == "Forbidden"
    assert set(await against(isu, "approveObserver", **about(version=3, decision=other))) == {"decision"}
    await isu.done("approveObserver", **about(version=3, decision=own))


async def test_a_designate_answers_for_the_meeting_that_comes_next(isu: Institution) -> None:
    await isu.done("requestObserverStatus", **asking(meeting="15MSP"))
    given = {**about(), "meeting": "15MSP"}

    assert (await isu.as_(DESIGNATE)("inviteObserverProvisionally", **given))["__typename"] == "NotFound"
    await isu.done("inviteObserverProvisionally", **given)


# ---------- their people ----------


def delegation(organisation: str = HALO) -> dict[str, Any]:
    return {"meeting": "14MSP", "party": organisation, "people": [{"fullName": "Ada Halo", "role": "OBSERVER"}]}


async def people(isu: Institution) -> list[str]:
    query = '{ meeting(code: "14MSP") { participations { nodes { status } } } }'
    return [each["status"] for each in (await isu.ask(query))["meeting"]["participations"]["nodes"]]


async def test_an_organisation_names_its_people_once_it_is_invited(isu: Institution) -> None:
    await isu.done("inviteToMeeting", meeting="14MSP", categories=["NGOS", "ORGANISATIONS"])
    halo = isu.as_(THE_HALO)
    assert (await halo("nominateDelegation", **delegation()))["__typename"] == "Forbidden"
    await halo.done("requestObserverStatus", **asking())
    assert (await halo("nominateDelegation", **delegation()))["__typename"] == "Forbidden"
    await isu.done("inviteObserverProvisionally", **about())
    await halo.done("nominateDelegation", **delegation())

    assert await people(isu) == ["PROVISIONAL"]
    single = {"meeting": "14MSP", "party": HALO, "fullName": "Bob Halo", "role": "OBSERVER"}
    await halo.done("registerParticipant", **single)
    assert await people(isu) == ["PROVISIONAL", "PROVISIONAL"]
    # Whom the ISU registers waits for nothing.
    await isu.done("registerParticipant", **single | {"fullName": "Carol Halo"})
    assert await people(isu) == ["PROVISIONAL", "PROVISIONAL", "REGISTERED"]
    decision = await open_14msp(isu)
    await isu.done("approveObserver", **about(version=3, decision=decision))
    assert await people(isu) == ["ACCREDITED", "ACCREDITED", "REGISTERED"]
    # Who stands asks nobody.
    icrc = isu.as_(caller("ORGANISATION:ICRC", Capacity.ORGANISATION, Capacity.ICRC))
    await icrc.done("nominateDelegation", **delegation(ICRC))
    assert await people(isu) == ["ACCREDITED", "ACCREDITED", "REGISTERED", "NOMINATED"]


async def test_the_people_of_an_organisation_that_is_refused_take_no_part(isu: Institution) -> None:
    await isu.done("requestObserverStatus", **asking())
    await isu.done("inviteObserverProvisionally", **about())
    await isu.as_(THE_HALO).done("nominateDelegation", **delegation())
    decision = await open_14msp(isu)
    await isu.done("refuseObserver", **about(version=3, decision=decision))

    assert await people(isu) == ["REVOKED"]
    assert (await isu.as_(THE_HALO)("nominateDelegation", **delegation()))["__typename"] == "Forbidden"


async def test_a_request_is_kept_as_concerning_few_until_the_invitation(isu: Institution) -> None:
    """What others read of the journal goes by what it says of its entries."""
    await isu.done("requestObserverStatus", **asking())
    await isu.done("inviteObserverProvisionally", **about())
    query = "{ auditEntries(first: 250) { nodes { subjectType version changedFields visibility } } }"

    entries = [
        (each["version"], each["visibility"])
        for each in (await isu.ask(query))["auditEntries"]["nodes"]
        if each["subjectType"] == "meeting_observer"
    ]
    assert sorted(entries) == [(1, Visibility.CONCERNED), (2, Visibility.CONCERNED), (3, Visibility.PUBLIC)]
