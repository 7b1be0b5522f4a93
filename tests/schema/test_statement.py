"""Statements, from their submission to their publication, and who sees them on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mandate.actor import PUBLIC, Actor, Capacity, Scope
from tests.api import TODAY
from tests.call import ISU, ask, caller, encode_id
from tests.institution import STATEMENT, Institution

pytestmark = pytest.mark.anyio

ZAMBIA = caller("STATE:ZMB", Capacity.STATE_PARTY, without=Scope.WRITE_ISU)
NORWAY = caller("STATE:NOR", Capacity.STATE_PARTY, Capacity.COMMITTEE_MEMBER)
CMC = caller("ORGANISATION:CMC", Capacity.ORGANISATION, Capacity.CLUSTER_MUNITION_COALITION)
ALL = f"""query ($meeting: String, $party: ID) {{ statements(meeting: $meeting, party: $party) {{
  totalCount nodes {{ {STATEMENT} }} }} }}"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Statement { status } } }"


async def begin(isu: Institution) -> None:
    """The Second Meeting is open; so is a meeting of the Committee, which is not public."""
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
    informal = {"kind": "coordination_committee", "formality": "INFORMAL", "visibility": "COMMITTEE"}
    await isu.meeting("CC-1", "2012-05-02", "2012-05-02", **informal)
    for code in ("2MSP", "CC-1"):
        await isu.done("openMeeting", meeting=code, expectedVersion=1)


def text(value: str) -> list[dict[str, str]]:
    return [{"language": "en", "value": value}]


def whole(party: str = "ZMB", **given: Any) -> dict[str, Any]:
    return {"meeting": "2MSP", "party": encode_id("State", party), "text": text("We thank the host."), **given}


async def submitted(isu: Institution, actor: Actor = ZAMBIA, **given: Any) -> Any:
    return (await isu.as_(actor).done("submitStatement", **whole(**given)))["statement"]


async def step(isu: Institution, name: str, statement: Any, actor: Actor = ISU) -> Any:
    given = {"statement": statement["id"], "expectedVersion": statement["version"]}
    return (await isu.as_(actor).done(name, **given))["statement"]


async def seen(isu: Institution, statement: Any, *callers: Actor) -> list[bool]:
    found = []
    for each in callers:
        listed = (await ask(isu.database, each, ALL))["data"]["statements"]
        ids = [node["id"] for node in listed["nodes"]]
        assert listed["totalCount"] == len(ids)
        by_id = (await ask(isu.database, each, NODE, id=statement["id"]))["data"]["node"]
        assert (by_id is not None) == (statement["id"] in ids)
        found.append(by_id is not None)
    return found


async def test_a_statement_is_submitted_delivered_and_published(isu: Institution) -> None:
    on_behalf = [encode_id("State", "NOR"), encode_id("Organisation", "CMC")]
    statement = await submitted(isu, onBehalfOf=on_behalf)
    who = (ISU, ZAMBIA, NORWAY, CMC, PUBLIC)

    assert (statement["status"], statement["toBeSeenBy"]) == ("SUBMITTED", "PUBLIC")
    assert {each["id"] for each in statement["onBehalfOf"]} == set(on_behalf)
    # Those for whom it speaks see it once it is published, as everybody does.
    assert await seen(isu, statement, *who) == [True, True, False, False, False]
    statement = await step(isu, "deliverStatement", statement)
    assert (statement["status"], statement["deliveredOn"]) == ("DELIVERED", str(TODAY))
    assert await seen(isu, statement, *who) == [True, True, False, False, False]
    statement = await step(isu, "publishStatement", statement, ZAMBIA)
    assert (statement["status"], statement["visibility"]) == ("PUBLISHED", "PUBLIC")
    assert await seen(isu, statement, *who) == [True] * 5


async def test_it_is_as_visible_as_its_party_has_said_and_no_wider_than_its_meeting(isu: Institution) -> None:
    statement = await submitted(isu, toBeSeenBy="STATES_PARTIES")
    statement = await step(isu, "publishStatement", await step(isu, "deliverStatement", statement))
    inside = await submitted(isu, NORWAY, party="NOR", meeting="CC-1")
    inside = await step(isu, "publishStatement", await step(isu, "deliverStatement", inside))

    wider = await isu("submitStatement", **whole(meeting="CC-1", toBeSeenBy="PUBLIC"))
    blind = await isu.as_(CMC)(
        "submitStatement", **whole(party="x") | {"party": encode_id("Organisation", "CMC")}, toBeSeenBy="STATES_PARTIES"
    )

    assert await seen(isu, statement, ISU, ZAMBIA, NORWAY, CMC, PUBLIC) == [True, True, True, False, False]
    assert inside["visibility"] == "COMMITTEE"
    assert await seen(isu, inside, NORWAY, ZAMBIA, PUBLIC) == [True, False, False]
    assert [each["path"] for each in wider["fields"]] == [["toBeSeenBy"]]
    assert [each["path"] for each in blind["fields"]] == [["toBeSeenBy"]]


async def test_a_party_speaks_for_itself_and_at_a_meeting_that_it_sees(isu: Institution) -> None:
    for_another = await isu.as_(ZAMBIA)("submitStatement", **whole("NOR"))
    hidden = await isu.as_(ZAMBIA)("submitStatement", **whole(meeting="CC-1"))
    nowhere = await isu.as_(ZAMBIA)("submitStatement", **whole(meeting="9MSP"))
    anonymous = await isu.as_(PUBLIC)("submitStatement", **whole())

    assert for_another["code"] == anonymous["code"] == "FORBIDDEN"
    assert (
        (hidden["code"], hidden["message"])
        == (nowhere["code"], nowhere["message"])
        == (
            "NOT_FOUND",
            "There is no such meeting.",
        )
    )


async def test_others_do_nothing_with_it_and_do_not_learn_that_it_is_there(isu: Institution) -> None:
    statement = await submitted(isu)
    delivered = await step(isu, "deliverStatement", await submitted(isu))

    for name, id_ in (("publishStatement", delivered["id"]), ("withdrawStatement", statement["id"])):
        hidden = await isu.as_(NORWAY)(name, statement=id_, expectedVersion=1)
        absent = await isu.as_(NORWAY)(name, statement=encode_id("Statement", "nothing"), expectedVersion=1)
        assert hidden == absent
        assert hidden["code"] == "NOT_FOUND"
    by_its_party = await isu.as_(ZAMBIA)("deliverStatement", statement=statement["id"], expectedVersion=1)
    assert by_its_party["code"] == "FORBIDDEN"


async def test_no_step_is_skipped_and_what_is_withdrawn_stays_so(isu: Institution) -> None:
    statement = await submitted(isu)

    early = await isu("publishStatement", statement=statement["id"], expectedVersion=statement["version"])
    withdrawn = await step(isu, "withdrawStatement", statement, ZAMBIA)
    late = [
        await isu(name, statement=withdrawn["id"], expectedVersion=withdrawn["version"])
        for name in ("deliverStatement", "publishStatement", "withdrawStatement")
    ]
    published = await step(isu, "publishStatement", await step(isu, "deliverStatement", await submitted(isu)))
    taken_back = await isu("withdrawStatement", statement=published["id"], expectedVersion=published["version"])

    assert (early["code"], early["currentStatus"]) == ("ILLEGAL_TRANSITION", "SUBMITTED")
    assert {(each["code"], each["currentStatus"]) for each in late} == {("ILLEGAL_TRANSITION", "WITHDRAWN")}
    assert (taken_back["code"], taken_back["currentStatus"]) == ("ILLEGAL_TRANSITION", "PUBLISHED")
    assert (early["allowed"], taken_back["allowed"]) == (["DELIVERED", "WITHDRAWN"], [])
    assert early["message"] == "The statement is SUBMITTED; what may follow is DELIVERED or WITHDRAWN."
    assert taken_back["message"] == "The statement is PUBLISHED, and stays so."
    assert await seen(isu, withdrawn, ZAMBIA, NORWAY, PUBLIC) == [True, False, False]


async def test_of_several_who_publish_at_once_one_does(isu: Institution) -> None:
    statement = await step(isu, "deliverStatement", await submitted(isu))
    given = {"statement": statement["id"], "expectedVersion": statement["version"]}

    results = await asyncio.gather(*(isu("publishStatement", **given) for _ in range(3)))

    assert sorted(each["__typename"] for each in results) == ["Conflict", "Conflict", "StatementPublished"]


async def test_all_that_is_wrong_is_told_at_once(isu: Institution) -> None:
    item = await isu.done("addAgendaItem", meeting="CC-1", number="1", title=text("Universalization"))
    norway = encode_id("State", "NOR")
    others = [norway, norway, encode_id("State", "ZMB"), encode_id("State", "XXX")]

    result = await isu("submitStatement", **whole(onBehalfOf=others, agendaItem=item["item"]["id"]))
    bad = await isu("submitStatement", **whole(speaker=norway))
    many = await isu("submitStatement", **whole(onBehalfOf=[norway] * 251))
    nobody = await isu("submitStatement", **whole("XXX"))

    assert {".".join(each["path"]) for each in result["fields"]} == {
        *(f"onBehalfOf.{place}" for place in (1, 2, 3)),
        "agendaItem",
    }
    assert [each["path"] for each in bad["fields"]] == [["speaker"]]
    assert [each["path"] for each in many["fields"]] == [["onBehalfOf"]]
    assert nobody["code"] == "NOT_FOUND"


async def test_once_a_meeting_has_closed_the_isu_alone_enters_what_was_said(isu: Institution) -> None:
    await isu.done("closeMeeting", meeting="2MSP", expectedVersion=2)

    late = await isu.as_(ZAMBIA)("submitStatement", **whole())
    entered = await submitted(isu, ISU)

    assert late["code"] == "ILLEGAL_TRANSITION"
    assert (await step(isu, "deliverStatement", entered))["status"] == "DELIVERED"


async def test_nothing_is_delivered_before_its_meeting_opens(isu: Institution) -> None:
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    statement = await submitted(isu, meeting="3MSP")

    early = await isu("deliverStatement", statement=statement["id"], expectedVersion=statement["version"])

    assert early["code"] == "ILLEGAL_TRANSITION"
    assert early["message"] == "The meeting is CONFIRMED: what is said there is delivered once it has opened."


async def test_who_spoke_is_as_visible_as_the_person(isu: Institution) -> None:
    there = {"meeting": "2MSP", "party": encode_id("State", "ZMB"), "fullName": "Bwalya", "role": "DELEGATE"}
    person = (await isu.done("registerParticipant", **there))["participation"]["person"]["id"]
    statement = await submitted(isu, speaker=person)
    await step(isu, "publishStatement", await step(isu, "deliverStatement", statement))

    for actor, name in ((ZAMBIA, "Bwalya"), (ISU, "Bwalya"), (PUBLIC, None), (NORWAY, None)):
        (shown,) = (await ask(isu.database, actor, ALL, meeting="2MSP"))["data"]["statements"]["nodes"]
        assert shown["speaker"] == (name and {"fullName": name})
