"""The work plan and budget of the ISU, from its draft to its approval, and who sees it on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

import db
from mandate.actor import PUBLIC, Actor, Capacity, Visibility
from tests.call import ask, caller, encode_id, hide
from tests.institution import Institution, violated

pytestmark = pytest.mark.anyio

PRESIDENT = caller("STATE:LBN", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER)
RED_CROSS = caller("ORGANISATION:ICRC", Capacity.ORGANISATION, Capacity.ICRC, Capacity.COMMITTEE_MEMBER)
STATE_PARTY = caller("STATE:FRA", Capacity.STATE_PARTY)
LEBANON, NORWAY, FRANCE = (encode_id("State", code) for code in ("LBN", "NOR", "FRA"))
ICRC, GICHD = encode_id("Organisation", "ICRC"), encode_id("Organisation", "GICHD")
PLANS = """query ($year: Int) { workPlans(year: $year) { id status visibility version returnedBecause
  activities { code tasks decisions { id } } budget { total } evaluations { rule { code } explanation }
  history { totalCount nodes { act changedFields before after } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id ... on WorkPlan { status } } }"
READY = """query ($id: ID!) { approvalReadiness(workPlan: $id) { step report { eligible ruleSet
  evaluations { rule { code } verdict explanation } } } }"""


async def begin(isu: Institution) -> None:
    """Lebanon presides from 12 September 2011; the Committee meets on 2 May 2012, the Third Meeting in September."""
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    await isu.done("electPresident", meeting="2MSP", state="LBN", fullName="Adnan Mansour")
    await isu.done("designatePresident", meeting="3MSP", state="NOR", startsOn="2011-09-16")
    await committee_meeting(isu, "CC-1", "2012-05-02")


async def committee_meeting(isu: Institution, code: str, on: str, *, held: bool = True) -> None:
    await isu.meeting(code, on, on, kind="coordination_committee", formality="INFORMAL")
    if held:
        await isu.done("openMeeting", meeting=code, expectedVersion=1)
        await isu.done("closeMeeting", meeting=code, expectedVersion=2)


def text(value: str) -> list[dict[str, str]]:
    return [{"language": "en", "value": value}]


def activity(code: str, *tasks: str, **given: Any) -> dict[str, Any]:
    return {"code": code, "title": text(f"Activity {code}"), "tasks": list(tasks), **given}


def line(code: str, amount: str, **given: Any) -> dict[str, Any]:
    return {"code": code, "title": text(f"Line {code}"), "amount": amount, **given}


def whole(**given: Any) -> dict[str, Any]:
    return {
        "title": text("Work plan and budget for 2013"),
        "yearFrom": 2013,
        "currency": "CHF",
        "activities": [activity("1", "a"), activity("2", "b", "c")],
        "budgetLines": [line("staff", "300000.25"), line("travel", "40000.5")],
        **given,
    }


async def drafted(isu: Institution, **given: Any) -> Any:
    return (await isu.done("draftWorkPlan", **whole(**given)))["workPlan"]


def upon(plan: Any) -> dict[str, Any]:
    return {"plan": plan["id"], "expectedVersion": plan["version"]}


def endorsement(plan: Any, **given: Any) -> dict[str, Any]:
    return {**upon(plan), "meeting": "CC-1", "chairedBy": "LBN", "inFavour": [LEBANON, NORWAY, ICRC], **given}


async def endorsed(isu: Institution, **given: Any) -> Any:
    return (await isu.done("endorseWorkPlan", **endorsement(await drafted(isu, **given))))["workPlan"]


async def submitted(isu: Institution, **given: Any) -> Any:
    plan = await endorsed(isu, **given)
    return (await isu.done("submitWorkPlan", **upon(plan), meeting="3MSP"))["workPlan"]


async def approved(isu: Institution) -> Any:
    plan = await submitted(isu)
    decision = await isu.decision("3MSP", "2012-09-14")
    return (await isu.done("approveWorkPlan", **upon(plan), decision=decision))["workPlan"]


async def plans(isu: Institution, actor: Actor | None = None, **variables: Any) -> Any:
    who = isu if actor is None else isu.as_(actor)
    return (await who.ask(PLANS, **variables))["workPlans"]


async def against(isu: Institution, name: str, **given: Any) -> dict[str, str]:
    result = await isu(name, **given)
    assert result["__typename"] == "Invalid", result
    return {".".join(each["path"]): each["message"] for each in result["fields"]}


# ---------- the way ----------


async def test_a_plan_is_drafted_endorsed_submitted_and_approved(isu: Institution) -> None:
    draft = await drafted(isu, activities=[activity("1", "a", portfolio="victim_assistance", dueOn="2013-06-30")])
    assert draft["status"] == "DRAFT"
    assert draft["visibility"] == "ISU"
    assert (draft["yearFrom"], draft["yearTo"]) == (2013, 2013)
    assert draft["budget"]["total"] == "340000.75"
    assert draft["activities"] == [
        {
            "code": "1",
            "tasks": ["a"],
            "dueOn": "2013-06-30",
            "portfolio": {"code": "victim_assistance"},
            "decisions": [],
        }
    ]

    endorsing = await isu.done("endorseWorkPlan", **endorsement(draft, present=[GICHD]))
    assert {each["rule"]["code"]: each["verdict"] for each in endorsing["ruleEvaluations"]} == {
        "isu-plan-approval": "SATISFIED",
        "committee-chair": "SATISFIED",
        "committee-assist": "SATISFIED",
    }
    plan = endorsing["workPlan"]
    assert (plan["status"], plan["visibility"], plan["endorsedOn"]) == ("ENDORSED", "COMMITTEE", "2012-05-02")
    assert plan["endorsedAt"] == {"code": "CC-1"}

    plan = (await isu.done("submitWorkPlan", **upon(plan), meeting="3MSP"))["workPlan"]
    assert (plan["status"], plan["visibility"]) == ("SUBMITTED", "STATES_PARTIES")
    assert plan["submittedTo"] == {"code": "3MSP"}

    decision = await isu.decision("3MSP", "2012-09-14")
    plan = (await isu.done("approveWorkPlan", **upon(plan), decision=decision))["workPlan"]
    assert (plan["status"], plan["visibility"], plan["approvedOn"]) == ("APPROVED", "PUBLIC", "2012-09-14")
    assert plan["decision"] == {"id": decision}


async def test_a_plan_for_several_years_is_found_in_each(isu: Institution) -> None:
    await drafted(isu, yearTo=2015)

    for year, there in ((2012, 0), (2013, 1), (2015, 1), (2016, 0)):
        assert len(await plans(isu, year=year)) == there


async def test_a_draft_is_edited_and_then_holds_what_was_given(isu: Institution) -> None:
    draft = await drafted(isu)

    edited = await isu.done("draftWorkPlan", **whole(**upon(draft), currency="EUR", budgetLines=[line("all", "-0.00")]))
    assert edited["workPlan"]["id"] == draft["id"]
    assert edited["workPlan"]["version"] == draft["version"] + 1
    assert edited["workPlan"]["budget"] == {"currency": "EUR", "total": "0", "lines": [{"code": "all", "amount": "0"}]}
    assert len(await plans(isu)) == 1


async def test_a_draft_that_moved_on_is_not_edited(isu: Institution) -> None:
    draft = await drafted(isu)
    await isu.done("draftWorkPlan", **whole(**upon(draft), yearFrom=2014))

    again = await isu("draftWorkPlan", **whole(**upon(draft), yearFrom=2015))
    assert (again["__typename"], again["code"], again["currentVersion"]) == ("Conflict", "STALE_VERSION", 2)


async def test_a_task_may_be_added_by_a_decision_of_a_formal_meeting(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16")

    draft = await drafted(isu, activities=[activity("1", decision)])

    assert draft["activities"][0]["decisions"] == [{"id": decision}]
    assert draft["activities"][0]["tasks"] == []


async def test_an_activity_that_names_no_task_is_refused(isu: Institution) -> None:
    for task in ("j", "A", "ab", "(a)", "", "nonsense", encode_id("Meeting", "2MSP")):
        given = whole(activities=[activity("1", "a"), activity("2", task)])
        assert await isu.refused("draftWorkPlan", **given) == ["isu-tasks"], task
    assert await isu.refused("draftWorkPlan", **whole(activities=[activity("1")])) == ["isu-tasks"]
    assert await plans(isu) == []


async def test_a_task_added_by_the_committee_is_none(isu: Institution) -> None:
    decision = await isu.decision("CC-1", "2012-05-02")

    assert await isu.refused("draftWorkPlan", **whole(activities=[activity("1", decision)])) == ["isu-tasks"]


async def test_a_decision_that_nobody_took_is_not_found(isu: Institution) -> None:
    result = await isu("draftWorkPlan", **whole(activities=[activity("1", encode_id("Decision", "none"))]))

    assert result["__typename"] == "NotFound"


# ---------- no step is skipped ----------


async def test_a_plan_is_not_approved_before_it_is_endorsed(isu: Institution) -> None:
    draft = await drafted(isu)
    decision = await isu.decision("3MSP", "2012-09-14")

    assert await isu.refused("approveWorkPlan", **upon(draft), decision=decision) == ["isu-plan-approval"]
    assert await isu.refused("submitWorkPlan", **upon(draft), meeting="3MSP") == ["isu-plan-approval"]
    plan = (await isu.done("endorseWorkPlan", **endorsement(draft)))["workPlan"]
    assert await isu.refused("approveWorkPlan", **upon(plan), decision=decision) == ["isu-plan-approval"]
    (kept,) = await plans(isu)
    assert kept["status"] == "ENDORSED"


async def test_a_refusal_cites_the_paragraph(isu: Institution) -> None:
    result = await isu("submitWorkPlan", **upon(await drafted(isu)), meeting="3MSP")

    assert result["code"] == "MANDATE_RULE"
    assert "(isu-plan-approval, Proposal 4(4)(h))" in result["message"]
    assert result["ruleEvaluations"][0]["citation"] == {"paragraph": "Proposal 4(4)(h)"}


async def test_a_step_is_not_taken_twice(isu: Institution) -> None:
    plan = await endorsed(isu)
    assert await isu.refused("endorseWorkPlan", **endorsement(plan)) == ["isu-plan-approval"]

    plan = (await isu.done("submitWorkPlan", **upon(plan), meeting="3MSP"))["workPlan"]
    assert await isu.refused("submitWorkPlan", **upon(plan), meeting="3MSP") == ["isu-plan-approval"]


async def test_an_approved_plan_is_neither_edited_nor_returned(isu: Institution) -> None:
    plan = await approved(isu)

    assert await isu.refused("draftWorkPlan", **whole(**upon(plan))) == ["isu-plan-approval"]
    assert await isu.refused("returnWorkPlan", **upon(plan), reason="A second thought") == ["isu-plan-approval"]
    assert await isu.refused("endorseWorkPlan", **endorsement(plan)) == ["isu-plan-approval"]
    assert await isu.refused("submitWorkPlan", **upon(plan), meeting="3MSP") == ["isu-plan-approval"]
    (kept,) = await plans(isu)
    assert (kept["status"], kept["version"]) == ("APPROVED", plan["version"])


async def test_a_plan_is_edited_only_as_a_draft(isu: Institution) -> None:
    assert await isu.refused("draftWorkPlan", **whole(**upon(await endorsed(isu)))) == ["isu-plan-approval"]


async def test_a_plan_that_is_returned_is_a_draft_again_and_redone(isu: Institution) -> None:
    plan = await submitted(isu)

    returned = (await isu.done("returnWorkPlan", **upon(plan), reason=" Too much travel "))["workPlan"]
    assert (returned["status"], returned["visibility"]) == ("DRAFT", "ISU")
    assert returned["returnedBecause"] == "Too much travel"
    assert (returned["endorsedAt"], returned["submittedTo"], returned["endorsedOn"]) == (None, None, None)

    decision = await isu.decision("3MSP", "2012-09-14")
    assert await isu.refused("approveWorkPlan", **upon(returned), decision=decision) == ["isu-plan-approval"]
    redone = (await isu.done("draftWorkPlan", **whole(**upon(returned), budgetLines=[line("staff", "300000")])))[
        "workPlan"
    ]
    plan = (await isu.done("endorseWorkPlan", **endorsement(redone)))["workPlan"]
    assert plan["returnedBecause"] is None
    plan = (await isu.done("submitWorkPlan", **upon(plan), meeting="3MSP"))["workPlan"]
    plan = (await isu.done("approveWorkPlan", **upon(plan), decision=decision))["workPlan"]
    assert (plan["status"], plan["budget"]["total"]) == ("APPROVED", "300000")


async def test_a_draft_is_not_returned(isu: Institution) -> None:
    assert await isu.refused("returnWorkPlan", **upon(await drafted(isu)), reason="Why not") == ["isu-plan-approval"]


async def test_of_two_approvals_at_once_one_is_done(isu: Institution) -> None:
    plan = await submitted(isu)
    decision = await isu.decision("3MSP", "2012-09-14")

    results = await asyncio.gather(
        *(isu("approveWorkPlan", **upon(plan), decision=decision) for _ in range(2)),
    )

    done, late = sorted(results, key=lambda each: each["__typename"], reverse=True)
    assert done["__typename"] == "WorkPlanApproved", results
    assert (late["__typename"], late["code"]) == ("Conflict", "STALE_VERSION")


# ---------- the Committee ----------


async def test_the_committee_does_not_endorse_without_the_president_in_the_chair(isu: Institution) -> None:
    draft = await drafted(isu)

    for chair in ("NOR", "FRA"):
        assert await isu.refused("endorseWorkPlan", **endorsement(draft, chairedBy=chair)) == ["committee-chair"]


async def test_who_presides_is_asked_of_the_day_of_the_meeting(isu: Institution) -> None:
    await isu.done("electPresident", meeting="3MSP", state="NOR", fullName="Somebody")
    await committee_meeting(isu, "CC-2", "2012-10-01")
    draft = await drafted(isu)
    in_norway = endorsement(draft, meeting="CC-2", chairedBy="NOR", inFavour=[NORWAY])

    assert await isu.refused("endorseWorkPlan", **{**in_norway, "chairedBy": "LBN"}) == ["committee-chair"]
    await isu.done("endorseWorkPlan", **in_norway)


async def test_an_invitee_attends_and_is_not_counted(isu: Institution) -> None:
    draft, invitees = await drafted(isu), [FRANCE, GICHD, encode_id("Organisation", "ISU-CCM")]

    for invitee in invitees:
        given = endorsement(draft, inFavour=[LEBANON, invitee])
        assert await isu.refused("endorseWorkPlan", **given) == ["committee-assist"]
    await isu.done("endorseWorkPlan", **endorsement(draft, present=invitees))


async def test_all_rules_that_stand_against_it_are_told_at_once(isu: Institution) -> None:
    await committee_meeting(isu, "CC-3", "2012-06-01", held=False)
    draft = await drafted(isu)

    assert await isu.refused(
        "endorseWorkPlan", **endorsement(draft, meeting="CC-3", chairedBy="FRA", inFavour=[FRANCE])
    ) == ["isu-plan-approval", "committee-chair", "committee-assist"]


async def test_it_is_endorsed_only_at_a_meeting_of_the_committee_that_took_place(isu: Institution) -> None:
    await committee_meeting(isu, "CC-4", "2026-06-01", held=False)
    await committee_meeting(isu, "CC-5", "2012-06-01", held=False)
    await isu.done("cancelMeeting", meeting="CC-5", expectedVersion=1)
    draft = await drafted(isu)

    for meeting in ("3MSP", "CC-4", "CC-5"):
        result = await isu("endorseWorkPlan", **endorsement(draft, meeting=meeting))
        assert "isu-plan-approval" in violated(result), (meeting, result)


async def test_a_meeting_that_is_open_can_endorse(isu: Institution) -> None:
    await committee_meeting(isu, "CC-6", "2012-06-01", held=False)
    await isu.done("openMeeting", meeting="CC-6", expectedVersion=1)

    await isu.done("endorseWorkPlan", **endorsement(await drafted(isu), meeting="CC-6"))


async def test_the_president_endorses_a_draft_that_was_circulated(isu: Institution) -> None:
    draft = await drafted(isu, circulated=True)
    assert (draft["status"], draft["visibility"]) == ("DRAFT", "COMMITTEE")

    president = isu.as_(PRESIDENT)
    plan = (await president.done("endorseWorkPlan", **endorsement(draft)))["workPlan"]

    assert plan["status"] == "ENDORSED"
    assert (await president("submitWorkPlan", **upon(plan), meeting="3MSP"))["__typename"] == "Forbidden"


async def test_a_state_does_not_endorse(isu: Institution) -> None:
    draft = await drafted(isu, circulated=True)

    result = await isu.as_(STATE_PARTY)("endorseWorkPlan", **endorsement(draft))
    assert result["__typename"] == "Forbidden"


# ---------- the formal meeting ----------


async def test_it_is_submitted_to_a_formal_meeting_that_is_held(isu: Institution) -> None:
    await isu.meeting("4MSP", "2013-09-09", "2013-09-13")
    await isu.done("cancelMeeting", meeting="4MSP", expectedVersion=1)
    await isu.meeting("BEFORE", "2012-03-01", "2012-03-02")
    plan = await endorsed(isu)

    for meeting in ("CC-1", "4MSP", "BEFORE"):
        assert await isu.refused("submitWorkPlan", **upon(plan), meeting=meeting) == ["isu-plan-approval"], meeting
    assert list(await against(isu, "submitWorkPlan", **upon(plan), meeting="2MSP")) == ["meeting"]


async def test_only_a_decision_of_the_meeting_that_it_was_submitted_to_approves_it(isu: Institution) -> None:
    await isu.meeting("4MSP", "2013-09-09", "2013-09-13")
    plan = await submitted(isu)
    others = [
        await isu.decision("2MSP", "2011-09-16"),
        await isu.decision("4MSP", "2013-09-13"),
        await isu.decision("CC-1", "2012-05-02"),
        await isu.decision("3MSP", "2012-10-01", number="late"),
    ]

    for decision in others:
        assert await isu.refused("approveWorkPlan", **upon(plan), decision=decision) == ["isu-plan-approval"]
    silent = await isu.decision("3MSP", "2012-10-01", number="silent", method="SILENCE_PROCEDURE")
    await isu.done("approveWorkPlan", **upon(plan), decision=silent)


# ---------- what can not be recorded ----------


NO_DRAFT: list[tuple[dict[str, Any], str]] = [
    ({"title": []}, "title"),
    ({"title": text(" ")}, "title.0.value"),
    ({"title": text("A plan\nin two lines")}, "title.0.value"),
    ({"activities": [activity("1", "a", title=text("\u202eslevart"))]}, "activities.0.title.0.value"),
    ({"budgetLines": [line("1", "1", title=text("Salaries\u2028travel"))]}, "budgetLines.0.title.0.value"),
    ({"yearFrom": 1899}, "yearFrom"),
    ({"yearFrom": 2100}, "yearFrom"),
    ({"yearFrom": 2011}, "yearFrom"),
    ({"yearTo": 2012}, "yearTo"),
    ({"yearTo": 2100}, "yearTo"),
    ({"currency": "chf"}, "currency"),
    ({"currency": "XXX"}, "currency"),
    ({"currency": ""}, "currency"),
    ({"activities": []}, "activities"),
    ({"activities": [activity(str(number), "a") for number in range(201)]}, "activities"),
    ({"activities": [activity("", "a")]}, "activities.0.code"),
    ({"activities": [activity(" 1", "a")]}, "activities.0.code"),
    ({"activities": [activity("1" * 33, "a")]}, "activities.0.code"),
    ({"activities": [activity("1\n2", "a", title=text("One"))]}, "activities.0.code"),
    ({"activities": [activity("\u200b", "a")]}, "activities.0.code"),
    ({"budgetLines": [line("\u202eabc", "1", title=text("One"))]}, "budgetLines.0.code"),
    ({"activities": [activity("1", "a"), activity("1", "b")]}, "activities.1.code"),
    ({"activities": [activity("1", "a", title=[])]}, "activities.0.title"),
    ({"activities": [activity("1", "a", dueOn="2014-01-01")]}, "activities.0.dueOn"),
    ({"activities": [activity("1", "a", portfolio="isu")]}, "activities.0.portfolio"),
    ({"activities": [activity("1", "x" * 101)]}, "activities.0.tasks"),
    ({"activities": [activity("1", *(f"x{number}" for number in range(21)))]}, "activities.0.tasks"),
    ({"budgetLines": []}, "budgetLines"),
    ({"budgetLines": [line("1", "-0.01")]}, "budgetLines.0.amount"),
    ({"budgetLines": [line("1", "1"), line("1", "2")]}, "budgetLines.1.code"),
    ({"expectedVersion": 1}, "expectedVersion"),
]


async def test_a_draft_that_can_not_be_recorded_says_what_stands_against_it(isu: Institution) -> None:
    for given, path in NO_DRAFT:
        assert path in await against(isu, "draftWorkPlan", **whole(**given)), given
    assert await plans(isu) == []


NO_ENDORSEMENT: list[tuple[dict[str, Any], str]] = [
    ({"chairedBy": "XXX"}, "chairedBy"),
    ({"inFavour": []}, "inFavour"),
    ({"inFavour": [LEBANON, LEBANON]}, "inFavour.1"),
    ({"inFavour": [LEBANON, encode_id("State", "XXX")]}, "inFavour.1"),
    ({"present": [encode_id("Organisation", "NONE")]}, "present.0"),
    ({"meeting": "OLD"}, "meeting"),
]


async def test_an_endorsement_that_can_not_be_recorded(isu: Institution) -> None:
    await committee_meeting(isu, "OLD", "2011-05-02")
    draft = await drafted(isu)

    for given, path in NO_ENDORSEMENT:
        assert path in await against(isu, "endorseWorkPlan", **endorsement(draft, **given)), given


async def test_what_is_not_there_is_not_found(isu: Institution) -> None:
    draft = await drafted(isu)
    absent = {"id": encode_id("WorkPlan", "none"), "version": 1}
    found = [
        await isu("draftWorkPlan", **whole(**upon(absent))),
        await isu("endorseWorkPlan", **endorsement(absent)),
        await isu("endorseWorkPlan", **endorsement(draft, meeting="NONE")),
        await isu("submitWorkPlan", **upon(absent), meeting="3MSP"),
        await isu("submitWorkPlan", **upon(draft), meeting="NONE"),
        await isu("approveWorkPlan", **upon(absent), decision=encode_id("Decision", "none")),
        await isu("approveWorkPlan", **upon(draft), decision=encode_id("Decision", "none")),
        await isu("returnWorkPlan", **upon(absent), reason="Because"),
    ]

    assert {each["__typename"] for each in found} == {"NotFound"}


async def test_a_return_gives_its_reason(isu: Institution) -> None:
    plan = await endorsed(isu)

    for reason in ("", "  ", "\u200b\ufeff", "x" * 2001):
        assert list(await against(isu, "returnWorkPlan", **upon(plan), reason=reason)) == ["reason"]


async def test_what_is_only_validated_is_not_kept(isu: Institution) -> None:
    result = await isu("draftWorkPlan", validate_only=True, **whole())
    assert result["workPlan"] is None
    assert [each["verdict"] for each in result["ruleEvaluations"]] == ["SATISFIED", "SATISFIED"]
    assert await plans(isu) == []

    draft = await drafted(isu)
    result = await isu("endorseWorkPlan", validate_only=True, **endorsement(draft))
    assert (result["__typename"], result["workPlan"]) == ("WorkPlanEndorsed", None)
    (kept,) = await plans(isu)
    assert (kept["status"], kept["visibility"], kept["version"]) == ("DRAFT", "ISU", 1)


async def test_the_isu_alone_keeps_its_plan(isu: Institution) -> None:
    plan, decision = await submitted(isu), await isu.decision("3MSP", "2012-09-14")

    for actor in (PUBLIC, STATE_PARTY, RED_CROSS, PRESIDENT):
        who = isu.as_(actor)
        for result in (
            await who("draftWorkPlan", **whole()),
            await who("submitWorkPlan", **upon(plan), meeting="3MSP"),
            await who("approveWorkPlan", **upon(plan), decision=decision),
            await who("returnWorkPlan", **upon(plan), reason="Because"),
        ):
            assert result["__typename"] == "Forbidden", (actor, result)


# ---------- who sees it ----------

CALLERS = {"public": PUBLIC, "state": STATE_PARTY, "committee": RED_CROSS, "president": PRESIDENT}


async def seeing(isu: Institution, plan: Any) -> set[str]:
    """Who sees the plan: in the list and by its id alike."""
    found = set()
    for name, actor in CALLERS.items():
        listed = await plans(isu, actor)
        node = (await isu.as_(actor).ask(NODE, id=plan["id"]))["node"]
        assert (node is not None) == (len(listed) == 1), name
        if listed:
            found.add(name)
    return found


async def test_a_plan_is_seen_by_more_as_it_goes_on(isu: Institution) -> None:
    plan = await drafted(isu)
    assert await seeing(isu, plan) == set()

    plan = (await isu.done("endorseWorkPlan", **endorsement(plan)))["workPlan"]
    assert await seeing(isu, plan) == {"committee", "president"}

    plan = (await isu.done("submitWorkPlan", **upon(plan), meeting="3MSP"))["workPlan"]
    assert await seeing(isu, plan) == {"state", "president"}

    plan = (await isu.done("returnWorkPlan", **upon(plan), reason="Too much travel"))["workPlan"]
    assert await seeing(isu, plan) == set()

    plan = (await isu.done("draftWorkPlan", **whole(**upon(plan), circulated=True)))["workPlan"]
    assert await seeing(isu, plan) == {"committee", "president"}

    plan = (await isu.done("draftWorkPlan", **whole(**upon(plan))))["workPlan"]
    assert await seeing(isu, plan) == set()


async def test_what_is_seen_of_a_plan_tells_nothing_of_its_drafts(isu: Institution) -> None:
    """Neither its history nor what the rules said of it: the first draft, its edits and why it was returned."""
    first = await drafted(isu, activities=[activity("SECRET", "a"), activity("SECRET-TOO", "b")], title=text("SECRET"))
    plan = (await isu.done("endorseWorkPlan", **endorsement(first)))["workPlan"]
    plan = (await isu.done("returnWorkPlan", **upon(plan), reason="SECRET"))["workPlan"]
    plan = (await isu.done("draftWorkPlan", **whole(**upon(plan))))["workPlan"]
    plan = (await isu.done("endorseWorkPlan", **endorsement(plan)))["workPlan"]
    seen_by_committee = await plans(isu, RED_CROSS)
    plan = (await isu.done("submitWorkPlan", **upon(plan), meeting="3MSP"))["workPlan"]
    seen_by_state = await plans(isu, STATE_PARTY)
    decision = await isu.decision("3MSP", "2012-09-14")
    await isu.done("approveWorkPlan", **upon(plan), decision=decision)
    seen_by_all = await plans(isu, PUBLIC)

    for seen in (seen_by_committee, seen_by_state, seen_by_all):
        assert "SECRET" not in str(seen)
        assert "returnWorkPlan" not in str(seen)
    (public,) = seen_by_all
    assert [(each["act"], each["changedFields"]) for each in public["history"]["nodes"]] == [
        ("approveWorkPlan", ["visibility"])
    ]
    assert public["history"]["totalCount"] == 1
    assert [each["rule"]["code"] for each in public["evaluations"]] == [
        *("isu-plan-approval", "isu-tasks"),
        "isu-plan-approval",
        "isu-plan-approval",
    ], "who sat on the Committee and how they decided is the Committee's"
    for code in ("LBN", "NOR", "ICRC"):
        assert code not in str([each["explanation"] for each in public["evaluations"]])
    assert "SECRET" in str(await plans(isu))


async def test_what_was_judged_is_as_visible_as_the_plan(isu: Institution) -> None:
    plan = await endorsed(isu)

    async def visibilities() -> list[Any]:
        async with isu.database.reading() as connection:
            rows = await connection.execute(select(db.Judgement.act, db.Judgement.visibility).order_by(db.Judgement.id))  # type: ignore[call-overload]
            return [(row.act, row.visibility) for row in rows if "WorkPlan" in row.act]

    assert await visibilities() == [
        ("draftWorkPlan", Visibility.COMMITTEE),
        ("endorseWorkPlan", Visibility.COMMITTEE),
    ]
    plan = (await isu.done("returnWorkPlan", **upon(plan), reason="Because"))["workPlan"]
    await isu.done("draftWorkPlan", **whole(**upon(plan), circulated=True))
    assert await visibilities() == [
        ("draftWorkPlan", Visibility.ISU),
        ("endorseWorkPlan", Visibility.ISU),
        ("returnWorkPlan", Visibility.ISU),
        ("draftWorkPlan", Visibility.COMMITTEE),
    ]


async def test_the_history_of_a_circulated_draft_names_no_decision(isu: Institution) -> None:
    decision = await isu.decision("2MSP", "2011-09-16", visibility="STATES_PARTIES")
    await drafted(isu, circulated=True, activities=[activity("1", decision)])

    (seen,) = await plans(isu, RED_CROSS)
    assert seen["activities"] == [{"code": "1", "tasks": [], "decisions": []}]
    assert seen["history"]["totalCount"] == 1
    assert "activities" in seen["history"]["nodes"][0]["changedFields"]
    assert "activities" not in seen["history"]["nodes"][0]["after"]


async def test_the_president_is_told_nothing_of_a_draft_that_is_hidden(isu: Institution) -> None:
    draft, president = await drafted(isu), isu.as_(PRESIDENT)
    absent = {**draft, "id": encode_id("WorkPlan", "none")}

    for version in (1, 7):
        hidden, none = [
            await president("endorseWorkPlan", **endorsement(each, expectedVersion=version)) for each in (draft, absent)
        ]
        assert hidden == none
        assert hidden["__typename"] == "NotFound"


async def test_the_president_does_not_name_a_meeting_that_is_hidden(isu: Institution) -> None:
    await hide(isu.database, db.Meeting, "CC-1")
    draft = await drafted(isu, circulated=True)

    result = await isu.as_(PRESIDENT)("endorseWorkPlan", **endorsement(draft))
    assert result["__typename"] == "NotFound"


# ---------- asking first ----------


async def ready(isu: Institution, plan: Any) -> dict[str, bool]:
    found = (await isu.ask(READY, id=plan["id"]))["approvalReadiness"]
    assert {each["report"]["ruleSet"] for each in found} == {"2011-proposal"}
    return {each["step"]: each["report"]["eligible"] for each in found}


async def test_what_stands_in_the_way_of_each_step_is_asked_first(isu: Institution) -> None:
    plan = await drafted(isu)
    assert await ready(isu, plan) == {"ENDORSE": True, "SUBMIT": False, "APPROVE": False, "RETURN": False}

    plan = (await isu.done("endorseWorkPlan", **endorsement(plan)))["workPlan"]
    assert await ready(isu, plan) == {"ENDORSE": False, "SUBMIT": True, "APPROVE": False, "RETURN": True}

    plan = (await isu.done("submitWorkPlan", **upon(plan), meeting="3MSP"))["workPlan"]
    assert await ready(isu, plan) == {"ENDORSE": False, "SUBMIT": False, "APPROVE": True, "RETURN": True}

    decision = await isu.decision("3MSP", "2012-09-14")
    plan = (await isu.done("approveWorkPlan", **upon(plan), decision=decision))["workPlan"]
    assert await ready(isu, plan) == {"ENDORSE": False, "SUBMIT": False, "APPROVE": False, "RETURN": False}


async def test_readiness_tells_nothing_of_a_plan_that_is_hidden(isu: Institution) -> None:
    draft = await drafted(isu)

    hidden = await ask(isu.database, STATE_PARTY, READY, id=draft["id"])
    absent = await ask(isu.database, STATE_PARTY, READY, id=encode_id("WorkPlan", "none"))
    assert hidden["errors"][0]["message"] == absent["errors"][0]["message"] == "There is no such work plan."
