"""Agendas, and the programme of an intersessional meeting: who edits it, who agrees to it, when it is final."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import db
from mandate.actor import PUBLIC, Actor, Capacity, Visibility
from schema.id import decode_id
from tests.call import ISU, act, ask, caller, encode_id, hide, statements
from tests.institution import ACTS, PROGRAMME, Institution, violated

pytestmark = pytest.mark.anyio

GENERAL, VICTIMS, REPORTING = "general_status_and_operation", "victim_assistance", "reporting_and_transparency"
LEBANON = caller("STATE:LBN", Capacity.STATE_PARTY, Capacity.PRESIDENT)
HOLY_SEE = caller("STATE:VAT", Capacity.STATE_PARTY, Capacity.COORDINATOR)
ZAMBIA = caller("STATE:ZMB", Capacity.STATE_PARTY, Capacity.COORDINATOR)
AUSTRIA = caller("STATE:AUT", Capacity.STATE_PARTY, Capacity.COORDINATOR)
# A Coordinator today, and none when the meeting of 2012 was prepared.
SLOVENIA = caller("STATE:SVN", Capacity.STATE_PARTY, Capacity.COORDINATOR)
AGENDA = """query ($code: String!) { meeting(code: $code) { agenda { number portfolio { code } children {
              number parent { number } children { number } } } } }"""
OF_THE_MEETING = (
    f"query ($code: String!, $day: Date) {{ meeting(code: $code) {{ programme(asOf: $day) {{ {PROGRAMME} }} }} }}"
)


async def begin(isu: Institution) -> None:
    """The Second Meeting has elected two Coordinators of one group and one of another, for the meeting of 2012."""
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16", city="Beirut")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14", city="Oslo")
    await isu.done("electPresident", meeting="2MSP", state="LBN")
    decision = await isu.decision("2MSP", "2011-09-16")
    short = {"endsAt": {"meeting": "3MSP"}}
    for portfolio, state, ends in ((GENERAL, "VAT", short), (GENERAL, "ZMB", {}), (VICTIMS, "AUT", {})):
        await isu.done("electCoordinator", portfolio=portfolio, state=state, decision=decision, **ends)
    await isu.meeting(
        "IM-2012", "2012-04-16", "2012-04-19", city="Geneva", kind="intersessional_meeting", formality="INFORMAL"
    )


def item(number: str, **given: Any) -> dict[str, Any]:
    title = [{"language": "en", "value": f"Item {number}"}]
    return {"meeting": "IM-2012", "number": number, "title": title, **given}


async def add(isu: Institution, number: str, **given: Any) -> Any:
    return (await isu.done("addAgendaItem", **item(number, **given)))["item"]


async def programme(isu: Institution, code: str = "IM-2012", **variables: Any) -> Any:
    return (await isu.ask(OF_THE_MEETING, code=code, **variables))["meeting"]["programme"]


async def stands(isu: Institution, code: str = "IM-2012") -> dict[str, Any]:
    """The programme, in the version that it has now."""
    found = await programme(isu, code)
    return {"meeting": code, "expectedVersion": 0 if found is None else found["version"]}


def offices(organizers: list[Any]) -> list[tuple[str, str | None]]:
    return [(each["party"]["code"], each["portfolio"] and each["portfolio"]["code"]) for each in organizers]


def agreed(found: Any) -> list[str]:
    return [each["by"]["party"]["code"] for each in found["agreed"]]


async def against(isu: Institution, name: str, **given: Any) -> dict[str, str]:
    result = await isu(name, **given)
    assert result["__typename"] == "Invalid", result
    return {".".join(each["path"]): each["message"] for each in result["fields"]}


# ---------- the tree ----------


async def test_an_agenda_is_a_tree_in_the_order_of_its_numbers(isu: Institution) -> None:
    ten = await add(isu, "10", portfolio=GENERAL)
    await add(isu, "9", portfolio=VICTIMS)
    sub = await add(isu, "10(a)", parent=ten["id"])
    await add(isu, "10(a)(i)", parent=sub["id"], portfolio=REPORTING)

    data = await isu.ask(AGENDA, code="IM-2012")
    assert data["meeting"]["agenda"] == [
        {"number": "9", "portfolio": {"code": VICTIMS}, "children": []},
        {
            "number": "10",
            "portfolio": {"code": GENERAL},
            "children": [{"number": "10(a)", "parent": {"number": "10"}, "children": [{"number": "10(a)(i)"}]}],
        },
    ]
    node = "query ($id: ID!) { node(id: $id) { ... on AgendaItem { number meeting { code } visibility } } }"
    found = await isu.ask(node, id=sub["id"])
    assert found["node"] == {"number": "10(a)", "meeting": {"code": "IM-2012"}, "visibility": "PUBLIC"}


async def test_an_item_of_a_theme_outside_the_general_group_is_refused(isu: Institution) -> None:
    victims = await add(isu, "1", portfolio=VICTIMS)

    assert await isu.refused("addAgendaItem", **item("2", portfolio=REPORTING)) == ["theme-placement"]
    assert await isu.refused("addAgendaItem", **item("2", portfolio=REPORTING, parent=victims["id"])) == [
        "theme-placement"
    ]
    assert len((await isu.ask(AGENDA, code="IM-2012"))["meeting"]["agenda"]) == 1
    # The paper says it of intersessional meetings.
    placed = await add(isu, "2", meeting="3MSP", portfolio=REPORTING)
    assert {each["rule"]["code"]: each["verdict"] for each in placed["evaluations"]} == {
        "theme-placement": "NOT_APPLICABLE",
        "programme-organizers": "NOT_APPLICABLE",
    }


async def test_what_can_not_be_an_item_is_told(isu: Institution) -> None:
    elsewhere = await add(isu, "1", meeting="3MSP")

    assert set(await against(isu, "addAgendaItem", **item("  "))) == {"number"}
    assert set(await against(isu, "addAgendaItem", **item("1" * 33))) == {"number"}
    assert set(await against(isu, "addAgendaItem", **item("1\t2", title=item("1")["title"]))) == {"number"}
    assert set(await against(isu, "addAgendaItem", **item("1", title=[]))) == {"title"}
    assert set(await against(isu, "addAgendaItem", **item("1", parent=elsewhere["id"]))) == {"parent"}
    assert set(await against(isu, "addAgendaItem", **item("1", subject="ISU"))) == {"subject"}
    for unknown in (
        {"meeting": "99MSP"},
        {"portfolio": "isu"},
        {"portfolio": "nothing"},
        {"parent": encode_id("AgendaItem", "0")},
    ):
        assert (await isu("addAgendaItem", **item("1", **unknown)))["__typename"] == "NotFound", unknown
    await add(isu, "1")
    assert (await isu("addAgendaItem", **item(" 1 ")))["code"] == "DUPLICATE"


async def test_an_item_that_is_only_validated_is_not_kept(isu: Institution) -> None:
    result = await isu("addAgendaItem", validate_only=True, **item("1"))

    assert (result["__typename"], result["item"]) == ("AgendaItemAdded", None)
    assert [each["verdict"] for each in result["ruleEvaluations"]] == ["NOT_APPLICABLE", "SATISFIED"]
    assert (await isu.ask(AGENDA, code="IM-2012"))["meeting"]["agenda"] == []


async def test_the_first_review_conference_has_its_subjects(isu: Institution) -> None:
    await isu.meeting("1RC", "2015-09-07", "2015-09-11", city="Dubrovnik", kind="review_conference")

    assert (await add(isu, "12", meeting="1RC", subject="ISU"))["subject"] == "ISU"


async def test_only_the_isu_keeps_another_agenda_and_one_of_a_meeting_that_has_closed(isu: Institution) -> None:
    given = item("1", meeting="3MSP")

    assert (await isu.as_(LEBANON)("addAgendaItem", **given))["__typename"] == "Forbidden"
    for status in ("openMeeting", "closeMeeting"):
        version = (await isu.ask('{ meeting(code: "IM-2012") { version } }'))["meeting"]["version"]
        await isu.done(status, meeting="IM-2012", expectedVersion=version)
    assert (await isu.as_(LEBANON)("addAgendaItem", **item("1")))["currentStatus"] == "CLOSED"
    await add(isu, "1")
    assert (await isu("agreeProgramme", **await stands(isu), onBehalfOf="PRESIDENT"))["currentStatus"] == "CLOSED"


# ---------- items move ----------


def to(moved: Any, number: str, **given: Any) -> dict[str, Any]:
    return {"item": moved["id"], "expectedVersion": 1, "number": number, **given}


async def test_an_item_moves_with_all_that_stands_under_it(isu: Institution) -> None:
    one, two = await add(isu, "1", portfolio=GENERAL), await add(isu, "2")
    sub = await add(isu, "2(a)", parent=two["id"])
    await add(isu, "2(a)(i)", parent=sub["id"])
    result = await isu.done("moveAgendaItem", **to(sub, "1(a)", parent=one["id"]))

    assert {name: result["item"][name] for name in ("number", "parent", "version")} == {
        "number": "1(a)",
        "parent": {"number": "1"},
        "version": 2,
    }
    agenda = (await isu.ask(AGENDA, code="IM-2012"))["meeting"]["agenda"]
    assert [(each["number"], [child["number"] for child in each["children"]]) for each in agenda] == [
        ("1", ["1(a)"]),
        ("2", []),
    ]
    assert agenda[0]["children"][0]["children"] == [{"number": "2(a)(i)"}]
    # And out of the tree again, to the front of it.
    top = await isu.done("moveAgendaItem", **{**to(sub, "0"), "expectedVersion": 2})
    assert top["item"]["parent"] is None
    agenda = (await isu.ask(AGENDA, code="IM-2012"))["meeting"]["agenda"]
    assert [each["number"] for each in agenda] == ["0", "1", "2"]


async def test_no_item_stands_under_itself(isu: Institution) -> None:
    one = await add(isu, "1")
    two = await add(isu, "2", parent=one["id"])
    three = await add(isu, "3", parent=two["id"])

    for below in (one, two, three):
        assert set(await against(isu, "moveAgendaItem", **to(one, "1", parent=below["id"]))) == {"parent"}


async def test_an_item_of_a_theme_does_not_leave_its_group_even_with_another_item(isu: Institution) -> None:
    general, victims = await add(isu, "1", portfolio=GENERAL), await add(isu, "2", portfolio=VICTIMS)
    between = await add(isu, "1(a)", parent=general["id"])
    theme = await add(isu, "1(a)(i)", parent=between["id"], portfolio=REPORTING)

    for moved, parent in ((theme, None), (theme, victims["id"]), (between, None), (between, victims["id"])):
        assert await isu.refused("moveAgendaItem", **to(moved, "9", parent=parent)) == ["theme-placement"]
    await isu.done("moveAgendaItem", **to(general, "2(b)", parent=victims["id"]))


async def test_what_can_not_be_moved_is_told(isu: Institution) -> None:
    one, elsewhere = await add(isu, "1"), await add(isu, "1", meeting="3MSP")
    await add(isu, "2")

    assert set(await against(isu, "moveAgendaItem", **to(one, " "))) == {"number"}
    assert set(await against(isu, "moveAgendaItem", **to(one, "x" * 33))) == {"number"}
    assert set(await against(isu, "moveAgendaItem", **to(one, "1", parent=elsewhere["id"]))) == {"parent"}
    assert (await isu("moveAgendaItem", **to(one, "2")))["code"] == "DUPLICATE"
    for member, told in (("item", "There is"), ("parent", "parent: There is")):
        unknown = await isu("moveAgendaItem", **{**to(one, "3"), member: encode_id("AgendaItem", "0")})
        assert (unknown["__typename"], unknown["message"]) == ("NotFound", f"{told} no such agenda item.")
    assert (await isu("moveAgendaItem", **{**to(one, "3"), "expectedVersion": 7}))["code"] == "STALE_VERSION"
    validated = await isu("moveAgendaItem", validate_only=True, **to(one, "3"))
    assert (validated["__typename"], validated["item"]) == ("AgendaItemMoved", None)
    assert (await isu.as_(LEBANON)("moveAgendaItem", **to(elsewhere, "3")))["__typename"] == "Forbidden"
    assert await isu.as_(SLOVENIA).refused("moveAgendaItem", **to(one, "3")) == ["programme-organizers"]
    assert (await isu.as_(PUBLIC)("moveAgendaItem", **to(one, "3")))["__typename"] == "Forbidden"
    await isu.as_(LEBANON).done("moveAgendaItem", **to(one, "3"))


async def test_a_move_voids_what_was_agreed_and_a_final_programme_is_not_moved(isu: Institution) -> None:
    one = await add(isu, "1", portfolio=VICTIMS)
    await isu.as_(AUSTRIA).done("agreeProgramme", **await stands(isu))
    await isu.done("moveAgendaItem", **to(one, "2"))

    assert (await programme(isu))["agreed"] == []
    for organizer in (AUSTRIA, LEBANON):
        await isu.as_(organizer).done("agreeProgramme", **await stands(isu))
    assert await isu.refused("moveAgendaItem", **{**to(one, "3"), "expectedVersion": 2}) == ["programme-organizers"]


async def test_who_moves_an_item_to_where_it_stands_voids_nothing(isu: Institution) -> None:
    one = await add(isu, "1", portfolio=VICTIMS)
    below = await add(isu, "1(a)", parent=one["id"])
    await isu.done("agreeProgramme", onBehalfOf="PRESIDENT", **await stands(isu))

    results = [
        await isu("moveAgendaItem", validate_only=only, **moved)
        for moved in (to(one, " 1 "), to(below, "1(a)", parent=one["id"]))
        for only in (True, False)
    ]

    assert {(each["code"], each["message"]) for each in results} == {("ILLEGAL_TRANSITION", "It stands there already.")}
    assert agreed(await programme(isu)) == ["LBN"]


async def test_of_two_who_move_an_item_at_the_same_time_one_is_told(isu: Institution) -> None:
    one = await add(isu, "1")
    results = await asyncio.gather(*(isu("moveAgendaItem", **to(one, number)) for number in ("2", "3")))

    assert sorted(each.get("code", "DONE") for each in results) == ["DONE", "STALE_VERSION"]


async def test_an_item_of_a_hidden_meeting_is_not_there_to_be_moved(isu: Institution) -> None:
    one = await add(isu, "1")
    await hide(isu.database, db.Meeting, "IM-2012")
    await hide(isu.database, db.AgendaItem, decode_id(one["id"])[1])
    query = ACTS["moveAgendaItem"]

    said = [
        await act(isu.database, LEBANON, query, input=to({"id": id_}, "2"), only=False)
        for id_ in (one["id"], encode_id("AgendaItem", "0"))
    ]
    assert said[0] == said[1]
    assert said[0]["__typename"] == "NotFound"


# ---------- the meeting adopts its agenda ----------

ADOPTION = "query ($code: String!) { meeting(code: $code) { agendaAdoption { adoptedOn revisedOn decision { id } } } }"


async def test_a_meeting_adopts_its_agenda_and_what_is_changed_then_is_a_revision(isu: Institution) -> None:
    one = await add(isu, "1", meeting="2MSP")
    decision = await isu.decision("2MSP", "2011-09-12", number="2")
    await isu.done("openMeeting", meeting="2MSP", expectedVersion=2)
    assert (await isu.ask(ADOPTION, code="2MSP"))["meeting"]["agendaAdoption"] is None
    result = await isu.done("adoptAgenda", meeting="2MSP", expectedVersion=3, decision=decision)

    adopted = {"adoptedOn": "2011-09-12", "revisedOn": None, "decision": {"id": decision}}
    assert result["meeting"] == {"code": "2MSP", "version": 3, "agendaAdoption": adopted}
    await isu.done("moveAgendaItem", **to(one, "1 bis"))
    assert (await isu.ask(ADOPTION, code="2MSP"))["meeting"]["agendaAdoption"]["revisedOn"] == "2026-01-15"
    assert (await isu("adoptAgenda", meeting="2MSP", expectedVersion=3))["code"] == "DUPLICATE"


async def test_an_adopted_programme_is_for_the_meeting_to_change(isu: Institution) -> None:
    one = await add(isu, "1")
    await isu.done("openMeeting", meeting="IM-2012", expectedVersion=1)
    await add(isu.as_(LEBANON), "2")
    await isu.done("adoptAgenda", meeting="IM-2012", expectedVersion=2, on="2012-04-17")

    assert (await isu.as_(LEBANON)("addAgendaItem", **item("3")))["__typename"] == "Forbidden"
    assert (await isu.as_(LEBANON)("moveAgendaItem", **to(one, "3")))["__typename"] == "Forbidden"
    await add(isu, "3")


async def test_what_can_not_be_adopted_is_told(isu: Institution) -> None:
    await add(isu, "1", meeting="2MSP")
    other = await isu.decision("3MSP", "2012-09-14")
    assert (await isu("adoptAgenda", meeting="2MSP", expectedVersion=2))["currentStatus"] == "CONFIRMED"
    await isu.done("openMeeting", meeting="2MSP", expectedVersion=2)
    given = {"meeting": "2MSP", "expectedVersion": 3}

    for path, wrong in (("on", {"on": "2011-09-11"}), ("on", {"on": "2011-09-17"}), ("decision", {"decision": other})):
        assert set(await against(isu, "adoptAgenda", **given, **wrong)) == {path}
    assert (await isu("adoptAgenda", **{**given, "expectedVersion": 1}))["code"] == "STALE_VERSION"
    for unknown in ({"meeting": "9MSP"}, {"decision": encode_id("Decision", "0")}):
        assert (await isu("adoptAgenda", **{**given, **unknown}))["__typename"] == "NotFound"
    assert (await isu.as_(LEBANON)("adoptAgenda", **given))["__typename"] == "Forbidden"
    assert (await isu("adoptAgenda", validate_only=True, **given))["meeting"] is None
    await isu.done("openMeeting", meeting="3MSP", expectedVersion=1)
    assert set(await against(isu, "adoptAgenda", meeting="3MSP", expectedVersion=2)) == {"meeting"}


async def test_the_adoption_by_a_hidden_decision_names_none(isu: Institution) -> None:
    await add(isu, "1", meeting="2MSP")
    decision = await isu.decision("2MSP", "2011-09-12", number="2", visibility="STATES_PARTIES")
    await isu.done("openMeeting", meeting="2MSP", expectedVersion=2)
    await isu.done("adoptAgenda", meeting="2MSP", expectedVersion=3, decision=decision)

    told = (await isu.as_(PUBLIC).ask(ADOPTION, code="2MSP"))["meeting"]["agendaAdoption"]
    assert told == {"adoptedOn": "2011-09-12", "revisedOn": None, "decision": None}


# ---------- who makes the programme ----------


async def test_the_organizers_edit_the_programme_and_nobody_else(isu: Institution) -> None:
    await add(isu.as_(LEBANON), "1")
    await add(isu.as_(HOLY_SEE), "2", portfolio=GENERAL)
    # Of a group that has no item in it.
    await add(isu.as_(AUSTRIA), "3")

    assert await isu.as_(SLOVENIA).refused("addAgendaItem", **item("4")) == ["programme-organizers"]
    for actor in (PUBLIC, caller("STATE:DEU", Capacity.STATE_PARTY)):
        assert (await isu.as_(actor)("addAgendaItem", **item("4")))["__typename"] == "Forbidden"
        assert (await isu.as_(actor)("agreeProgramme", **await stands(isu)))["__typename"] == "Forbidden"


async def test_the_programme_is_final_once_all_have_agreed(isu: Institution) -> None:
    await add(isu, "1", portfolio=GENERAL)
    assert offices((await programme(isu))["awaited"]) == [("LBN", None), ("VAT", GENERAL), ("ZMB", GENERAL)]

    await isu.as_(LEBANON).done("agreeProgramme", **await stands(isu))
    await isu.as_(HOLY_SEE).done("agreeProgramme", **await stands(isu), onBehalfOf=GENERAL)
    found = await programme(isu)
    assert (found["final"], agreed(found), offices(found["awaited"])) == (False, ["LBN", "VAT"], [("ZMB", GENERAL)])
    result = await isu.as_(ZAMBIA).done("agreeProgramme", **await stands(isu))

    assert result["meeting"]["programme"]["final"] is True
    assert result["meeting"]["programme"]["awaited"] == []
    assert [each["verdict"] for each in result["ruleEvaluations"]] == ["SATISFIED"]
    for organizer in (isu, isu.as_(LEBANON)):
        assert await organizer.refused("addAgendaItem", **item("2")) == ["programme-organizers"]


async def test_an_empty_seat_holds_nothing_up(isu: Institution) -> None:
    general = await add(isu, "1", portfolio=GENERAL)
    # Nobody leads this theme.
    await add(isu, "2", portfolio=REPORTING, parent=general["id"])
    await isu.done("agreeProgramme", **await stands(isu), onBehalfOf="PRESIDENT")
    refusal = await isu("agreeProgramme", **await stands(isu), onBehalfOf=REPORTING)
    result = await isu.done("agreeProgramme", **await stands(isu), onBehalfOf=GENERAL)

    assert violated(refusal) == ["programme-organizers"]
    assert result["meeting"]["programme"]["final"] is True
    assert agreed(result["meeting"]["programme"]) == ["LBN", "VAT", "ZMB"]


async def test_a_change_of_the_agenda_voids_what_was_agreed(isu: Institution) -> None:
    await add(isu, "1")
    await add(isu, "2", portfolio=VICTIMS)
    await isu.as_(AUSTRIA).done("agreeProgramme", **await stands(isu))
    await add(isu, "3")

    found = await programme(isu)
    assert (found["agreed"], offices(found["awaited"])) == ([], [("LBN", None), ("AUT", VICTIMS)])
    await isu.as_(AUSTRIA).done("agreeProgramme", **await stands(isu))
    assert agreed(await programme(isu)) == ["AUT"]


async def test_nobody_agrees_to_another_programme_than_they_have_read(isu: Institution) -> None:
    """Whatever was added, or moved, since."""
    first = await add(isu, "1", portfolio=VICTIMS)
    read = [await stands(isu)]
    await add(isu, "2")
    read.append(await stands(isu))
    await isu.done("moveAgendaItem", **to(first, "3"))

    for old in read:
        result = await isu.as_(AUSTRIA)("agreeProgramme", **old)
        assert (result["code"], result["currentVersion"]) == ("STALE_VERSION", 3)
    assert [each["expectedVersion"] for each in read] == [1, 2]
    assert (await programme(isu))["agreed"] == []
    await isu.as_(AUSTRIA).done("agreeProgramme", meeting="IM-2012", expectedVersion=3)
    assert agreed(await programme(isu)) == ["AUT"]


async def test_nobody_agrees_for_somebody_else_nor_twice(isu: Institution) -> None:
    await add(isu, "1", portfolio=GENERAL)
    await isu.as_(LEBANON).done("agreeProgramme", **await stands(isu))

    assert (await isu.as_(LEBANON)("agreeProgramme", **await stands(isu)))["code"] == "DUPLICATE"
    assert (await isu("agreeProgramme", **await stands(isu), onBehalfOf="PRESIDENT"))["code"] == "DUPLICATE"
    wrong = ((SLOVENIA, None), (AUSTRIA, GENERAL), (HOLY_SEE, "PRESIDENT"))
    for actor, office in wrong:
        result = await isu.as_(actor)("agreeProgramme", **await stands(isu), onBehalfOf=office)
        assert violated(result) == ["programme-organizers"]
        assert "Proposal 2(4)" in result["message"]
    assert agreed(await programme(isu)) == ["LBN"]


async def test_what_can_not_be_agreed_to_is_told(isu: Institution) -> None:
    assert set(await against(isu, "agreeProgramme", **await stands(isu), onBehalfOf="PRESIDENT")) == {"meeting"}
    assert set(await against(isu, "agreeProgramme", **await stands(isu, "3MSP"), onBehalfOf="PRESIDENT")) == {"meeting"}
    assert set(await against(isu, "agreeProgramme", **await stands(isu))) == {"onBehalfOf"}
    for meeting, office in (("99MSP", "PRESIDENT"), ("IM-2012", "isu")):
        assert (await isu("agreeProgramme", meeting=meeting, expectedVersion=0, onBehalfOf=office))[
            "__typename"
        ] == "NotFound"
    await add(isu, "1")
    result = await isu("agreeProgramme", validate_only=True, **await stands(isu), onBehalfOf="PRESIDENT")
    assert result["meeting"] is None
    assert agreed(await programme(isu)) == []
    await isu.meeting(
        "IM-2011", "2011-06-27", "2011-06-30", city="Geneva", kind="intersessional_meeting", formality="INFORMAL"
    )
    # Before the mandate nobody but the ISU kept an agenda, and nothing was agreed by it.
    before = item("1", meeting="IM-2011")
    assert (await isu.as_(LEBANON)("addAgendaItem", **before))["__typename"] == "Forbidden"
    await isu.done("addAgendaItem", **before)
    assert set(await against(isu, "agreeProgramme", **await stands(isu, "IM-2011"), onBehalfOf="PRESIDENT")) == {
        "meeting"
    }


async def test_all_who_agree_at_the_same_time_are_heard(isu: Institution) -> None:
    await add(isu, "1", portfolio=GENERAL)
    query = ACTS["agreeProgramme"]
    actors = (LEBANON, HOLY_SEE, ZAMBIA, LEBANON)
    given = await stands(isu)
    results = await asyncio.gather(*(act(isu.database, each, query, input=given, only=False) for each in actors))

    names = sorted(each["__typename"] for each in results)
    assert names == ["Conflict", "ProgrammeAgreed", "ProgrammeAgreed", "ProgrammeAgreed"]
    found = await programme(isu)
    assert (found["final"], sorted(agreed(found))) == (True, ["LBN", "VAT", "ZMB"])


async def test_whoever_is_in_office_on_the_day_is_awaited(isu: Institution) -> None:
    await isu.meeting(
        "IM-2013", "2013-04-15", "2013-04-18", city="Geneva", kind="intersessional_meeting", formality="INFORMAL"
    )
    await isu.done("electPresident", meeting="3MSP", state="NOR")
    await add(isu, "1", meeting="IM-2013", portfolio=GENERAL)

    early = await programme(isu, "IM-2013", day="2012-06-01")
    late = await programme(isu, "IM-2013", day="2020-01-01")
    assert offices(early["awaited"]) == [("LBN", None), ("VAT", GENERAL), ("ZMB", GENERAL)]
    assert offices(late["awaited"]) == [("NOR", None), ("ZMB", GENERAL)]
    assert await programme(isu, "2MSP") is None


async def test_the_programmes_of_all_meetings_cost_the_statements_of_one(isu: Institution) -> None:
    await add(isu, "1", portfolio=GENERAL)
    one = f'{{ meetings(where: {{code: ["IM-2012"]}}) {{ nodes {{ programme {{ {PROGRAMME} }} }} }} }}'
    every = f"{{ meetings {{ nodes {{ programme {{ {PROGRAMME} }} }} }} }}"

    counts = []
    for query in (one, every):
        with statements(isu.database) as sent:
            await isu.ask(query)
        counts.append(len(sent))
    assert counts[0] == counts[1]


# ---------- what is hidden ----------


async def test_the_agenda_of_a_hidden_meeting_is_hidden_with_it(isu: Institution) -> None:
    await hide(isu.database, db.Meeting, "IM-2012")
    hidden = await add(isu, "1")
    node = "query ($id: ID!) { node(id: $id) { id } }"

    assert hidden["visibility"] == Visibility.ISU
    for actor in (PUBLIC, LEBANON):
        assert (await ask(isu.database, actor, node, id=hidden["id"]))["data"] == {"node": None}
    for name, given in (
        ("addAgendaItem", item("2")),
        ("agreeProgramme", {"meeting": "IM-2012", "expectedVersion": 1}),
    ):
        result = await act(isu.database, LEBANON, ACTS[name], input=given, only=False)
        assert (result["__typename"], result["message"]) == ("NotFound", "There is no such meeting.")


async def test_a_hidden_item_is_no_parent(isu: Institution) -> None:
    hidden, shown = await add(isu, "1"), await add(isu, "2")
    await hide(isu.database, db.AgendaItem, decode_id(hidden["id"])[1])

    data = await isu.as_(LEBANON).ask(AGENDA, code="IM-2012")
    assert [each["number"] for each in data["meeting"]["agenda"]] == ["2"]
    result = await isu.as_(LEBANON)("addAgendaItem", **item("1(a)", parent=hidden["id"]))
    assert result["__typename"] == "NotFound"
    await add(isu.as_(LEBANON), "2(a)", parent=shown["id"])


# ---------- working methods, and under whom Coordinators work ----------


def methods(**given: Any) -> dict[str, Any]:
    text = [{"language": "en", "value": "Statements are short, and followed by questions."}]
    return {"meeting": "IM-2012", "expectedVersion": 1, "text": text, **given}


async def test_an_intersessional_meeting_sets_its_working_methods(isu: Institution) -> None:
    result = await isu.done("setWorkingMethods", **methods())

    assert result["meeting"] == {
        "code": "IM-2012",
        "version": 2,
        "workingMethods": {"original": "en", "in": {"value": "Statements are short, and followed by questions."}},
        "workingMethodsSetOn": "2026-01-15",
    }
    assert (await isu("setWorkingMethods", **methods()))["code"] == "STALE_VERSION"
    assert set(await against(isu, "setWorkingMethods", **methods(meeting="2MSP", expectedVersion=2))) == {"meeting"}
    assert set(await against(isu, "setWorkingMethods", **methods(expectedVersion=2, text=[]))) == {"text"}
    assert (await isu("setWorkingMethods", **methods(meeting="99MSP")))["__typename"] == "NotFound"
    assert (await isu.as_(LEBANON)("setWorkingMethods", **methods(expectedVersion=2)))["__typename"] == "Forbidden"
    await isu.done("cancelMeeting", meeting="IM-2012", expectedVersion=2)
    assert (await isu("setWorkingMethods", **methods(expectedVersion=3)))["code"] == "ILLEGAL_TRANSITION"


async def test_coordinators_work_under_the_president_of_the_latest_meeting(isu: Institution) -> None:
    query = "query ($day: Date!) { presidency(asOf: $day) { guides { code presidency { code } } } }"

    async def guides(day: str) -> Any:
        return (await isu.ask(query, day=day))["presidency"]["guides"]

    assert await guides("2011-09-15") is None
    assert await guides("2011-09-16") == {"code": "2MSP", "presidency": {"code": "LBN"}}
    assert (await guides("2012-09-11"))["code"] == "3MSP"
    await isu.meeting("4MSP", "2013-09-10", "2013-09-13", city="Lusaka", status="TENTATIVE")
    assert (await guides("2013-09-13"))["code"] == "3MSP"


async def test_a_meeting_that_is_cancelled_or_that_the_caller_may_not_see_guides_nobody(isu: Institution) -> None:
    query = 'query { presidency(asOf: "2014-12-01") { guides { code } } }'

    async def guides(actor: Actor) -> Any:
        return (await isu.as_(actor).ask(query))["presidency"]["guides"]["code"]

    await isu.meeting("5MSP", "2014-09-02", "2014-09-05")
    before = await guides(PUBLIC)
    await hide(isu.database, db.Meeting, "5MSP", Visibility.COMMITTEE)
    hidden = await guides(PUBLIC), await guides(ISU)
    await isu.done("cancelMeeting", meeting="5MSP", expectedVersion=2)

    assert before == "5MSP"
    assert hidden == ("3MSP", "5MSP")
    assert await guides(ISU) == "3MSP"
