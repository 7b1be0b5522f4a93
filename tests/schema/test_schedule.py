"""Meetings as the API schedules them, and the questions that come before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import db as tables
from db.engine import Database
from mandate.actor import PUBLIC, Capacity, Visibility
from mandate.day import PartialDate
from schema.id import encode_id
from tests.call import ISU, ask, caller, hide, through_the_unit
from tests.institution import Institution, violated, warned

pytestmark = pytest.mark.anyio

FEASIBLE = """query ($input: ScheduleMeetingInput!, $ruleSet: String) {
  meetingFeasibility(input: $input, ruleSet: $ruleSet) {
    eligible evaluations { rule { code } verdict explanation inputs } } }"""
SLOTS = "query ($year: Int!) { intersessionalSlots(year: $year) { startsOn endsOn adjoins evaluations { verdict } } }"


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    database = Database(states_url)
    yield Institution(database)
    await database.close()


def intersessional(code: str, starts_on: str, ends_on: str, **given: Any) -> dict[str, Any]:
    return {
        "code": code,
        "kind": "intersessional_meeting",
        "formality": "INFORMAL",
        "title": [{"language": "en", "value": "An intersessional meeting"}],
        "startsOn": starts_on,
        "endsOn": ends_on,
        "city": "Geneva",
        "country": "CHE",
        **given,
    }


async def broken(isu: Institution, given: dict[str, Any]) -> list[str]:
    """The rules of the proposal that it would break."""
    report = (await isu.ask(FEASIBLE, input=given, ruleSet="2011-proposal"))["meetingFeasibility"]
    found = [each["rule"]["code"] for each in report["evaluations"] if each["verdict"] == "VIOLATED"]
    assert report["eligible"] == (found == [])
    return found


# ---------- real dates ----------


async def test_intersessional_meetings_as_they_were_held_pass(isu: Institution) -> None:
    for days in (("2011-06-27", "2011-06-30"), ("2012-04-16", "2012-04-19"), ("2014-04-07", "2014-04-09")):
        assert await broken(isu, intersessional("IM", *days)) == []


async def test_the_days_of_the_second_meeting_would_have_broken_two_rules_or_three(isu: Institution) -> None:
    beirut = {"city": "Beirut", "country": "LBN"}
    five = intersessional("IM", "2012-09-12", "2012-09-16", **beirut)
    seven = intersessional("IM", "2012-09-10", "2012-09-16", **beirut)

    assert await broken(isu, five) == ["intersessional-half", "intersessional-place"]
    assert await broken(isu, seven) == ["intersessional-half", "intersessional-place", "intersessional-length"]


async def test_july_six_days_and_a_second_one_are_refused(isu: Institution) -> None:
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-04-16", "2012-04-19"))

    july = intersessional("IM-A", "2013-07-01", "2013-07-02")
    six = intersessional("IM-B", "2013-04-15", "2013-04-20")
    second = intersessional("IM-C", "2012-05-14", "2012-05-15")
    assert await isu.refused("scheduleMeeting", **july) == ["intersessional-half"]
    assert await isu.refused("scheduleMeeting", **six) == ["intersessional-length"]
    assert await isu.refused("scheduleMeeting", **second) == ["intersessional-annual"]
    for each in (july, six, second):
        result = await isu("scheduleMeeting", **each)
        assert await broken(isu, each) == violated(result)


# ---------- beside other treaties ----------


async def near_may(isu: Institution) -> None:
    for treaty, title, starts_on, ends_on in (
        ("APMBC", "Standing Committees", "2012-05-21", "2012-05-25"),
        ("CCW", "Group of Experts", "2012-04-23", "2012-04-27"),
    ):
        await isu.done(
            "recordNeighbourMeeting",
            treaty=treaty,
            title=title,
            startsOn=starts_on,
            endsOn=ends_on,
            city="Geneva",
        )


async def test_a_meeting_that_adjoins_none_is_told_which_it_could(isu: Institution) -> None:
    await near_may(isu)
    alone = await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-06-18", "2012-06-20"))
    moved = await isu.done(
        "rescheduleMeeting", meeting="IM-2012", expectedVersion=1, startsOn="2012-05-28", endsOn="2012-05-30"
    )

    assert warned(alone) == ["intersessional-back-to-back"]
    (warning,) = (each for each in alone["ruleEvaluations"] if each["verdict"] == "WARNING")
    assert "Standing Committees" in warning["explanation"]
    assert "Group of Experts" in warning["explanation"]
    assert warned(moved) == []


async def test_slots_adjoin_a_neighbour_and_keep_clear_of_every_other_meeting(isu: Institution) -> None:
    await near_may(isu)
    await isu.meeting("CC-2012-05", "2012-05-15", "2012-05-15", kind="coordination_committee", formality="INFORMAL")
    found = (await isu.as_(PUBLIC).ask(SLOTS, year=2012))["intersessionalSlots"]

    assert [(each["startsOn"], each["endsOn"], each["adjoins"]) for each in found] == [
        ("2012-04-16", "2012-04-20", "Group of Experts"),
        ("2012-04-30", "2012-05-04", "Group of Experts"),
        ("2012-05-28", "2012-06-01", "Standing Committees"),
    ]
    assert all("VIOLATED" not in {every["verdict"] for every in each["evaluations"]} for each in found)
    assert (await isu.ask(SLOTS, year=2013))["intersessionalSlots"] == []


async def test_a_year_that_has_its_meeting_has_no_slot_left(isu: Institution) -> None:
    await near_may(isu)
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-06-18", "2012-06-20"))

    assert (await isu.ask(SLOTS, year=2012))["intersessionalSlots"] == []


async def test_who_may_not_see_a_meeting_is_not_told_of_it_by_a_verdict(isu: Institution) -> None:
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-06-18", "2012-06-20"))
    await hide(isu.database, tables.Meeting, "IM-2012", Visibility.ISU)
    second = intersessional("IM-A", "2012-05-14", "2012-05-15")

    assert await broken(isu, second) == ["intersessional-annual"]
    assert await broken(isu.as_(PUBLIC), second) == []


async def test_who_may_not_see_a_meeting_is_not_told_of_it_by_a_slot_that_is_taken(isu: Institution) -> None:
    await near_may(isu)
    await isu.meeting("CC-2012-05", "2012-05-02", "2012-05-02", kind="coordination_committee", formality="INFORMAL")
    await hide(isu.database, tables.Meeting, "CC-2012-05", Visibility.ISU)
    free = {}
    for actor in (ISU, PUBLIC):
        found = (await isu.as_(actor).ask(SLOTS, year=2012))["intersessionalSlots"]
        free[actor] = {each["startsOn"] for each in found}

    assert "2012-04-30" in free[PUBLIC]
    assert "2012-04-30" not in free[ISU]


async def test_what_was_judged_by_a_hidden_meeting_is_told_to_nobody_who_may_not_see_that(isu: Institution) -> None:
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14", city="Oslo")
    await hide(isu.database, tables.Meeting, "3MSP", Visibility.ISU)
    # By what it is before, in whatever year that is; by all of its year; and by nothing hidden.
    special = {"kind": "special_meeting_of_states_parties", "city": "Geneva", "halfDays": 1}
    await isu.meeting("SP", "2011-10-10", "2011-10-10", **special)
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-06-18", "2012-06-20"))
    await isu.done("scheduleMeeting", **intersessional("IM-2013", "2013-04-15", "2013-04-16"))

    told = "query ($code: String!) { meeting(code: $code) { evaluations { verdict } } }"
    for code, day, is_public in (
        ("SP", "2011-10-11", False),
        ("IM-2012", "2012-06-19", False),
        ("IM-2013", "2013-04-16", True),
    ):
        await isu.done("rescheduleMeeting", meeting=code, expectedVersion=1, startsOn=day, endsOn=day)
        assert (await isu.ask(told, code=code))["meeting"]["evaluations"]
        found = (await isu.as_(PUBLIC).ask(told, code=code))["meeting"]["evaluations"]
        assert bool(found) == is_public


async def test_a_hidden_meeting_has_no_part_for_whoever_may_not_see_it(isu: Institution) -> None:
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-06-18", "2012-06-20"))
    await hide(isu.database, tables.Meeting, "IM-2012", Visibility.ISU)
    part = intersessional("IM-2012-A", "2012-06-18", "2012-06-18", partOf="IM-2012")
    none = {**part, "partOf": "IM-2013"}

    messages = []
    for given in (part, none):
        found = await ask(isu.database, PUBLIC, FEASIBLE, input=given, ruleSet="2011-proposal")
        messages.append(found["errors"][0]["message"].replace("IM-2013", "IM-2012"))
    assert messages[0] == messages[1]
    await isu.ask(FEASIBLE, input=part, ruleSet="2011-proposal")


# ---------- the special meeting ----------


async def test_there_is_one_special_meeting_of_half_a_day_before_the_third(isu: Institution) -> None:
    special = {"kind": "special_meeting_of_states_parties", "city": "Geneva", "halfDays": 1}
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14", city="Oslo")
    late = {"kind": special["kind"], "city": "Geneva", "halfDays": 1, "formality": "FORMAL"}
    title = [{"language": "en", "value": "A special meeting"}]
    days = {"startsOn": "2012-09-17", "endsOn": "2012-09-17"}
    assert await isu.refused("scheduleMeeting", code="SP", title=title, **days, **late) == ["isu-special-meeting"]
    await isu.meeting("SP-1", "2012-05-21", "2012-05-21", **special)
    days = {"startsOn": "2012-06-21", "endsOn": "2012-06-21"}
    assert await isu.refused("scheduleMeeting", code="SP-2", title=title, **days, **late) == ["isu-special-meeting"]


# ---------- moved, opened, closed ----------


async def test_a_term_that_ends_with_a_meeting_moves_with_it(isu: Institution) -> None:
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16", city="Beirut", country="LBN")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14", city="Oslo")
    decision = await isu.decision("2MSP", "2011-09-16")
    await isu.done(
        "electCoordinator", portfolio="universalization", state="JPN", decision=decision, endsAt={"meeting": "3MSP"}
    )
    await isu.done("rescheduleMeeting", meeting="3MSP", expectedVersion=1, startsOn="2012-10-01", endsOn="2012-10-05")
    terms = '{ coordinatorTerms { endsOn endsAt { moment } } meeting(code: "3MSP") { firstPlannedOn wasPostponed } }'
    moved = await isu.ask(terms)
    await isu.done("openMeeting", meeting="3MSP", expectedVersion=2, on="2012-10-02")
    closed = await isu.done("closeMeeting", meeting="3MSP", expectedVersion=3, on="2012-10-04")

    assert moved["coordinatorTerms"] == [{"endsOn": "2012-10-05", "endsAt": {"moment": "CLOSE"}}]
    assert moved["meeting"] == {"firstPlannedOn": "2012-09-11", "wasPostponed": True}
    assert (closed["meeting"]["status"], closed["meeting"]["startsOn"]) == ("CLOSED", "2012-10-02")
    assert (await isu.ask(terms))["coordinatorTerms"][0]["endsOn"] == "2012-10-04"


async def test_an_intersessional_that_closes_too_late_is_refused(isu: Institution) -> None:
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-04-16", "2012-04-19"))
    await isu.done("openMeeting", meeting="IM-2012", expectedVersion=1)
    assert await isu.refused("closeMeeting", meeting="IM-2012", expectedVersion=2, on="2012-04-21") == [
        "intersessional-length"
    ]
    await isu.done("closeMeeting", meeting="IM-2012", expectedVersion=2, on="2012-04-20")


async def test_a_meeting_takes_its_steps_in_order(isu: Institution) -> None:
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16", city="Beirut", country="LBN")
    early = await isu("closeMeeting", meeting="2MSP", expectedVersion=1)
    await isu.done("openMeeting", meeting="2MSP", expectedVersion=1)
    moved = await isu(
        "rescheduleMeeting", meeting="2MSP", expectedVersion=2, startsOn="2011-10-01", endsOn="2011-10-02"
    )
    cancelled = await isu("cancelMeeting", meeting="2MSP", expectedVersion=2)
    stale = await isu("closeMeeting", meeting="2MSP", expectedVersion=1)

    assert (early["code"], early["currentStatus"]) == ("ILLEGAL_TRANSITION", "CONFIRMED")
    assert early["allowed"] == ["CANCELLED", "IN_PROGRESS", "POSTPONED"]
    assert early["message"] == "The meeting is CONFIRMED; what may follow is CANCELLED, IN_PROGRESS or POSTPONED."
    assert (moved["code"], cancelled["code"]) == ("ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION")
    assert (stale["code"], stale["currentVersion"]) == ("STALE_VERSION", 2)


async def test_a_meeting_with_which_terms_end_is_not_called_off(isu: Institution) -> None:
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14", city="Oslo")
    await isu.meeting("4MSP", "2013-09-10", "2013-09-13", city="Lusaka")
    await isu.done("designatePresident", meeting="3MSP", state="NOR", startsOn="2011-09-16")

    assert (await isu("cancelMeeting", meeting="3MSP", expectedVersion=1))["__typename"] == "Invalid"
    await isu.done("cancelMeeting", meeting="4MSP", expectedVersion=1)
    await isu.done("scheduleMeeting", **intersessional("IM-2013", "2013-04-15", "2013-04-18"))
    await isu.done("cancelMeeting", meeting="IM-2013", expectedVersion=1)
    await isu.done("scheduleMeeting", **intersessional("IM-2013-B", "2013-04-15", "2013-04-18"))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"endsOn": "2012-04-15"}, "endsOn"),
        ({"startsOn": "1812-04-16"}, "startsOn"),
        ({"code": ""}, "code"),
        ({"code": "x" * 33}, "code"),
        ({"code": ".."}, "code"),
        ({"kind": "tea_party"}, "kind"),
        ({"country": "XXX"}, "country"),
        ({"partOf": "9MSP"}, "partOf"),
        ({"halfDays": 9}, "halfDays"),
        ({"city": " "}, "city"),
        ({"city": "Geneva\nBern"}, "city"),
        ({"venue": " "}, "venue"),
        ({"venue": "x" * 201}, "venue"),
        ({"timeZone": "Europe/Atlantis"}, "timeZone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone"),
        ({"timeZone": ""}, "timeZone"),
        ({"isHybrid": True, "isVirtual": True}, "isHybrid"),
        ({"status": "CLOSED"}, "status"),
        ({"title": []}, "title"),
        ({"title": [{"language": "en", "value": " "}]}, "title.0.value"),
        ({"title": [{"language": "en", "value": "A"}, {"language": "en", "value": "B"}]}, "title.1.language"),
    ],
)
async def test_what_can_not_be_scheduled_is_told_by_its_member(
    isu: Institution, given: dict[str, Any], path: str
) -> None:
    result = await isu("scheduleMeeting", **{**intersessional("IM", "2012-04-16", "2012-04-19"), **given})

    assert [".".join(each["path"]) for each in result["fields"]] == [path]


async def test_the_same_meeting_twice_is_a_conflict(isu: Institution) -> None:
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
    again = {"kind": "meeting_of_states_parties", "formality": "FORMAL", "title": [{"language": "en", "value": "A"}]}
    result = await isu("scheduleMeeting", code="2MSP", startsOn="2011-09-12", endsOn="2011-09-16", **again)
    assert (result["code"], result["currentId"]) == ("DUPLICATE", encode_id("Meeting", "2MSP"))
    await near_may(isu)
    again = {"treaty": "APMBC", "title": "Standing Committees", "startsOn": "2012-05-21", "endsOn": "2012-05-25"}
    assert (await isu("recordNeighbourMeeting", city="Geneva", **again))["code"] == "DUPLICATE"
    spaced = {**again, "treaty": f" {again['treaty']} ", "title": f"{again['title']}  "}
    assert (await isu("recordNeighbourMeeting", city="Geneva", **spaced))["code"] == "DUPLICATE"
    unseen = await isu("recordNeighbourMeeting", **{**again, "city": "Geneva", "title": "\u200b"})
    assert [each["path"] for each in unseen["fields"]] == [["title"]]
    bad = await isu("recordNeighbourMeeting", **{**again, "city": " ", "title": "", "endsOn": "2012-05-20"})
    assert sorted(each["path"][0] for each in bad["fields"]) == ["city", "endsOn", "title"]


async def test_a_meeting_is_opened_and_closed_once_its_day_has_come(isu: Institution) -> None:
    """Today is 15 January 2026."""
    await isu.meeting("14MSP", "2027-11-16", "2027-11-20")
    early = await isu("openMeeting", meeting="14MSP", expectedVersion=1)
    later = await isu("openMeeting", meeting="14MSP", expectedVersion=1, on="2026-01-16")
    await isu.done("openMeeting", meeting="14MSP", expectedVersion=1, on="2026-01-15")
    open_still = await isu("closeMeeting", meeting="14MSP", expectedVersion=2)
    await isu.done("closeMeeting", meeting="14MSP", expectedVersion=2, on="2026-01-15")

    assert [each["fields"][0]["path"] for each in (early, later, open_still)] == [["on"]] * 3
    assert early["message"] == "on: It opens on 2027-11-16: until then it is not open."


# ---------- tentative, confirmed, postponed ----------


async def test_a_tentative_meeting_is_confirmed_with_its_days_and_its_place(isu: Institution) -> None:
    await isu.meeting("14MSP", "2027-09-06", "2027-09-10", status="TENTATIVE")
    result = await isu.done(
        "confirmMeeting",
        meeting="14MSP",
        expectedVersion=1,
        startsOn="2027-11-15",
        endsOn="2027-11-19",
        city="Geneva",
        country="CHE",
        venue="Palais des Nations",
        timeZone="Europe/Zurich",
    )

    assert result["meeting"] == {
        "code": "14MSP",
        "status": "CONFIRMED",
        "startsOn": "2027-11-15",
        "endsOn": "2027-11-19",
        "firstPlannedOn": "2027-09-06",
        "city": "Geneva",
        "venue": "Palais des Nations",
        "timeZone": "Europe/Zurich",
        "version": 2,
    }
    again = await isu("confirmMeeting", meeting="14MSP", expectedVersion=2)
    assert (again["code"], again["currentStatus"]) == ("ILLEGAL_TRANSITION", "CONFIRMED")


async def test_a_meeting_known_to_the_year_needs_its_days_and_was_not_moved_by_getting_them(isu: Institution) -> None:
    await isu.meeting("3RC", "2026-09-07", "2026-09-11", status="TENTATIVE", kind="review_conference")
    year = {"starts_on": PartialDate.parse("2026"), "ends_on": PartialDate.parse("2026")}
    await through_the_unit(isu.database, tables.Meeting, (("3RC",), year))

    vague = await isu("confirmMeeting", meeting="3RC", expectedVersion=2)
    assert [each["path"] for each in vague["fields"]] == [["startsOn"]]
    days = {"startsOn": "2026-11-16", "endsOn": "2026-11-20"}
    result = await isu.done("confirmMeeting", meeting="3RC", expectedVersion=2, **days)
    assert (result["meeting"]["status"], result["meeting"]["firstPlannedOn"]) == ("CONFIRMED", None)


async def test_a_meeting_is_put_off_to_no_day_yet_and_then_to_another(isu: Institution) -> None:
    """The Second Review Conference was to open on 16 November 2020."""
    await isu.meeting("2RC", "2020-11-16", "2020-11-20", kind="review_conference", city="Lausanne")
    await isu.done("designatePresident", meeting="2RC", state="CHE", startsOn="2019-09-04")
    put_off = (await isu.done("postponeMeeting", meeting="2RC", expectedVersion=1))["meeting"]

    assert (put_off["status"], put_off["startsOn"], put_off["firstPlannedOn"]) == (
        "POSTPONED",
        "2020-11-16",
        "2020-11-16",
    )
    terms = '{ officeTerms(role: ["president_designate"]) { endsOn } }'
    assert (await isu.ask(terms))["officeTerms"] == [{"endsOn": "2020-11-16"}]
    for name in ("openMeeting", "postponeMeeting"):
        result = await isu(name, meeting="2RC", expectedVersion=2)
        assert (result["code"], result["allowed"]) == ("ILLEGAL_TRANSITION", ["CANCELLED", "CONFIRMED"])
    await isu.done("rescheduleMeeting", meeting="2RC", expectedVersion=2, startsOn="2021-09-20", endsOn="2021-09-21")
    confirmed = (await isu.done("confirmMeeting", meeting="2RC", expectedVersion=3))["meeting"]
    assert (confirmed["status"], confirmed["startsOn"], confirmed["firstPlannedOn"]) == (
        "CONFIRMED",
        "2021-09-20",
        "2020-11-16",
    )
    assert (await isu.ask(terms))["officeTerms"] == [{"endsOn": "2021-09-20"}]
    await isu.done("openMeeting", meeting="2RC", expectedVersion=4)


async def test_a_meeting_that_is_put_off_does_not_stand_in_the_way_of_another(isu: Institution) -> None:
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-04-16", "2012-04-19"))
    second = intersessional("IM-2012-B", "2012-05-14", "2012-05-15")
    assert await isu.refused("scheduleMeeting", **second) == ["intersessional-annual"]
    late = {"startsOn": "2012-07-02", "endsOn": "2012-07-03"}
    assert await isu.refused("postponeMeeting", meeting="IM-2012", expectedVersion=1, **late) == ["intersessional-half"]
    await isu.done("postponeMeeting", meeting="IM-2012", expectedVersion=1)

    await isu.done("scheduleMeeting", **second)
    assert await isu.refused("confirmMeeting", meeting="IM-2012", expectedVersion=2) == ["intersessional-annual"]


async def test_what_has_begun_is_neither_confirmed_nor_put_off_and_only_the_isu_says_so(isu: Institution) -> None:
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
    state = isu.as_(caller("STATE:LBN", Capacity.STATE_PARTY, Capacity.PRESIDENT))
    for name in ("confirmMeeting", "postponeMeeting"):
        assert (await state(name, meeting="2MSP", expectedVersion=1))["__typename"] == "Forbidden"
        assert (await isu(name, meeting="9MSP", expectedVersion=1))["__typename"] == "NotFound"
        assert (await isu(name, meeting="2MSP", expectedVersion=7))["code"] == "STALE_VERSION"
    validated = await isu("postponeMeeting", validate_only=True, meeting="2MSP", expectedVersion=1)
    assert (validated["__typename"], validated["meeting"]) == ("MeetingPostponed", None)
    await isu.done("openMeeting", meeting="2MSP", expectedVersion=1)
    for name in ("confirmMeeting", "postponeMeeting"):
        result = await isu(name, meeting="2MSP", expectedVersion=2)
        assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", "IN_PROGRESS")


# ---------- parts, and where a meeting is held ----------


async def test_a_meeting_ends_no_earlier_than_its_parts(isu: Institution) -> None:
    await isu.meeting("2RC", "2020-11-25", "2021-09-21", kind="review_conference")
    part = {"kind": "review_conference_part", "partOf": "2RC"}
    await isu.meeting("2RC-P1", "2020-11-25", "2020-11-27", isVirtual=True, **part)
    await isu.meeting("2RC-P2", "2021-09-20", "2021-09-21", isHybrid=True, city="Geneva", **part)
    query = '{ meeting(code: "2RC") { isHybrid parts { code isVirtual isHybrid partOf { code } } } }'

    assert (await isu.ask(query))["meeting"] == {
        "isHybrid": False,
        "parts": [
            {"code": "2RC-P1", "isVirtual": True, "isHybrid": False, "partOf": {"code": "2RC"}},
            {"code": "2RC-P2", "isVirtual": False, "isHybrid": True, "partOf": {"code": "2RC"}},
        ],
    }
    cancelled = await isu("cancelMeeting", meeting="2RC", expectedVersion=1)
    assert cancelled["fields"][0]["message"] == "A part of it, 2RC-P1, is CONFIRMED."
    await isu.done("openMeeting", meeting="2RC", expectedVersion=1)
    await isu.done("openMeeting", meeting="2RC-P2", expectedVersion=1)
    closed = await isu("closeMeeting", meeting="2RC", expectedVersion=2)
    assert closed["fields"][0]["message"] == "A part of it, 2RC-P2, is IN_PROGRESS."
    await isu.done("closeMeeting", meeting="2RC-P2", expectedVersion=2)
    await isu.done("closeMeeting", meeting="2RC", expectedVersion=2)


async def test_a_part_has_no_parts_and_none_is_of_what_is_called_off(isu: Institution) -> None:
    await isu.meeting("2RC", "2020-11-16", "2020-11-20", kind="review_conference")
    await isu.meeting("2RC-P1", "2020-11-16", "2020-11-17", kind="review_conference_part", partOf="2RC")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    await isu.done("cancelMeeting", meeting="3MSP", expectedVersion=1)

    for whole in ("2RC-P1", "3MSP"):
        given = intersessional("IM", "2012-04-16", "2012-04-19", partOf=whole)
        result = await isu("scheduleMeeting", **given)
        assert [each["path"] for each in result["fields"]] == [["partOf"]]


async def test_a_place_is_checked_when_a_meeting_moves_too(isu: Institution) -> None:
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
    days = {"startsOn": "2011-09-12", "endsOn": "2011-09-16"}
    for given, path in (({"city": " "}, "city"), ({"venue": "x" * 201}, "venue"), ({"timeZone": "Mars"}, "timeZone")):
        result = await isu("rescheduleMeeting", meeting="2MSP", expectedVersion=1, **days, **given)
        assert [each["path"] for each in result["fields"]] == [[path]]


# ---------- versions ----------


async def test_a_review_judges_what_was_due_by_the_version_of_its_time(isu: Institution) -> None:
    """The proposal asks for an intersessional meeting every year; the practice brought in force in 2025 does not."""
    await isu.meeting("13MSP", "2025-09-16", "2025-09-19", city="Geneva")
    decision = await isu.decision("13MSP", "2025-09-19")
    await isu.done("amendMandate", decision=decision, ruleSet="current-practice", effectiveFrom="2025-09-20")
    query = """query ($day: Date!, $ruleSet: String) { complianceReview(asOf: $day, ruleSet: $ruleSet,
      rules: ["intersessional-annual", "group-seats"]) { ruleSet findings { rule { code ruleSet } dueOn } } }"""
    told = (await isu.ask(query, day="2026-12-31"))["complianceReview"]
    named = (await isu.ask(query, day="2026-12-31", ruleSet="current-practice"))["complianceReview"]

    years = [each["dueOn"][:4] for each in told["findings"] if each["rule"]["code"] == "intersessional-annual"]
    assert years == [str(year) for year in range(2012, 2026)], "that of 2026 is due by a version that asks for none"
    assert told["ruleSet"] == "current-practice"
    assert {each["rule"]["ruleSet"] for each in told["findings"] if each["dueOn"]} == {"2011-proposal"}
    # An empty seat is a matter of the day.
    empty = [each["rule"]["ruleSet"] for each in told["findings"] if each["rule"]["code"] == "group-seats"]
    assert empty == ["current-practice"] * 6
    assert {each["rule"]["code"] for each in named["findings"]} == {"group-seats"}


async def test_a_meeting_brings_a_version_in_force_and_what_was_judged_stays(isu: Institution) -> None:
    await isu.meeting("13MSP", "2025-09-16", "2025-09-19", city="Geneva")
    before = await isu.done("scheduleMeeting", **intersessional("IM-2025", "2025-04-07", "2025-04-08"))
    decision = await isu.decision("13MSP", "2025-09-19")
    informal = await isu.decision("IM-2025", "2025-04-08")
    amend = {"ruleSet": "current-practice", "effectiveFrom": "2025-09-20"}
    wrong = await isu("amendMandate", decision=informal, **amend)
    early = await isu("amendMandate", decision=decision, **{**amend, "effectiveFrom": "2025-09-18"})
    never = await isu("amendMandate", decision=decision, **{**amend, "effectiveFrom": "9999-12-31"})
    unknown = await isu("amendMandate", decision=decision, **{**amend, "ruleSet": "2030-dream"})
    amended = await isu.done("amendMandate", decision=decision, **amend)
    again = await isu("amendMandate", decision=decision, **amend)

    assert [each["fields"][0]["path"] for each in (wrong, early, never, unknown)] == [
        ["decision"],
        ["effectiveFrom"],
        ["effectiveFrom"],
        ["ruleSet"],
    ]
    assert amended["ruleSet"] == {
        "code": "current-practice",
        "status": "IN_FORCE",
        "effectiveFrom": "2025-09-20",
    }
    assert again["code"] == "DUPLICATE"
    sets = (
        "query ($day: Date!) { mandateRuleSets(asOf: $day) { code status effectiveFrom effectiveTo adoptedBy { id } } }"
    )
    told = {each["code"]: each for each in (await isu.ask(sets, day="2025-09-19"))["mandateRuleSets"]}
    assert (told["2011-proposal"]["status"], told["2011-proposal"]["effectiveTo"]) == ("IN_FORCE", "2025-09-20")
    assert (told["current-practice"]["status"], told["current-practice"]["adoptedBy"]["id"]) == ("DRAFT", decision)
    told = {each["code"]: each for each in (await isu.ask(sets, day="2025-09-20"))["mandateRuleSets"]}
    assert [told[code]["status"] for code in ("2011-proposal", "current-practice")] == ["SUPERSEDED", "IN_FORCE"]
    rules = "query ($day: Date!) { mandateRules(asOf: $day) { code forces ruleSet } }"
    for day, force in (("2025-09-19", "EXCEPTABLE"), ("2025-09-20", "ADVISORY")):
        found = {each["code"]: each["forces"] for each in (await isu.ask(rules, day=day))["mandateRules"]}
        assert found["coordinator-rotation"] == [force]
    judged = 'query { meeting(code: "IM-2025") { evaluations { rule { ruleSet } verdict } } }'
    kept = (await isu.ask(judged))["meeting"]["evaluations"]
    assert {each["rule"]["ruleSet"] for each in kept} == {"2011-proposal"}
    assert len(kept) == len(before["ruleEvaluations"])
    assert (await isu.ask(rules, day="2011-09-15"))["mandateRules"] == []


async def test_a_version_that_is_not_there_is_a_mistake_in_the_query(isu: Institution) -> None:
    from tests.call import ISU, ask

    answer = await ask(isu.database, ISU, '{ mandateRules(ruleSet: "2030-dream") { code } }')
    assert "2011-proposal, current-practice" in answer["errors"][0]["message"]
    answer = await ask(isu.database, ISU, SLOTS, year=2010)
    assert "No version of the mandate" in answer["errors"][0]["message"]


async def test_a_meeting_that_is_shortened_is_no_longer_said_to_take_more_than_its_days(isu: Institution) -> None:
    query = '{ meeting(code: "IM-2012") { days halfDays } }'
    await isu.done("scheduleMeeting", **intersessional("IM-2012", "2012-04-16", "2012-04-19", halfDays=5))
    days = {"meeting": "IM-2012", "startsOn": "2012-04-16"}

    await isu.done("rescheduleMeeting", **days, expectedVersion=1, endsOn="2012-04-18")
    assert (await isu.ask(query))["meeting"] == {"days": 3, "halfDays": 5}
    await isu.done("rescheduleMeeting", **days, expectedVersion=2, endsOn="2012-04-17")
    assert (await isu.ask(query))["meeting"] == {"days": 2, "halfDays": None}
