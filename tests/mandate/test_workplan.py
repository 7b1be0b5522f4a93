"""What the mandate says of a work plan, its tasks and its way to approval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from mandate.decision import Cited
from mandate.rule import PROPOSAL, Check, RuleVerdict, judge, rule_sets
from mandate.support import ArrangementFacts, ArrangementKind, DirectorFacts
from mandate.workplan import (
    DRAFTING,
    TASKS,
    PlanFacts,
    PlanMeeting,
    Serving,
    Step,
    WorkPlanStatus,
    WorkPlanStep,
    every_activity_names_a_task,
    every_formal_meeting_has_a_plan_submitted,
    every_task_has_an_activity,
    no_step_is_skipped,
)
from tests.mandate.judging import finds_nothing, finds_something, passes, refuses

VERSION = rule_sets()[PROPOSAL]
COMMITTEE = PlanMeeting(
    code="CC-1",
    kind="coordination_committee",
    opens=date(2012, 5, 2),
    closes=date(2012, 5, 2),
    took_place=True,
)
THIRD = PlanMeeting(
    code="3MSP",
    kind="meeting_of_states_parties",
    opens=date(2012, 9, 11),
    closes=date(2012, 9, 14),
    took_place=False,
)


def decided(meeting: str = "3MSP", kind: str = "meeting_of_states_parties", on: date = date(2012, 9, 14)) -> Cited:
    return Cited(meeting=meeting, meeting_kind=kind, adopted_on=on, sat=[(date(2012, 9, 11), date(2012, 9, 14))])


def verdict(check: Check, facts: object) -> RuleVerdict:
    (evaluation,) = judge([check], facts, VERSION)
    return evaluation.verdict


def drafted(*activities: Serving) -> Step:
    return Step(step=WorkPlanStep.DRAFT, status=None, activities=activities)


# ---------- tasks ----------


@pytest.mark.parametrize("letter", TASKS)
def test_an_activity_names_a_task_of_the_paper(letter: str) -> None:
    assert verdict(every_activity_names_a_task, drafted(Serving(code="1", tasks=[letter]))) is RuleVerdict.SATISFIED


def test_an_activity_names_a_decision_that_adds_a_task() -> None:
    added = Serving(code="1", tasks=[], cited=[decided()])

    assert verdict(every_activity_names_a_task, drafted(added)) is RuleVerdict.SATISFIED


@pytest.mark.parametrize(
    "activity",
    [
        Serving(code="1", tasks=[]),
        Serving(code="1", tasks=["j"]),
        Serving(code="1", tasks=["a", "A"]),
        Serving(code="1", tasks=["ab"]),
        Serving(code="1", tasks=[""]),
        Serving(code="1", tasks=[], cited=[decided(kind="intersessional_meeting")]),
        Serving(code="1", tasks=["a"], cited=[decided(on=date(2012, 9, 20))]),
    ],
)
def test_an_activity_that_names_none_is_refused(activity: Serving) -> None:
    assert verdict(every_activity_names_a_task, drafted(Serving(code="0", tasks=["a"]), activity)) is (
        RuleVerdict.VIOLATED
    )


def test_all_that_stands_against_a_draft_is_told_at_once() -> None:
    step = Step(step=WorkPlanStep.DRAFT, status=WorkPlanStatus.APPROVED, activities=[Serving(code="1", tasks=[])])

    evaluations = judge(DRAFTING, step, VERSION)

    assert [each.rule.id for each in evaluations if each.verdict is RuleVerdict.VIOLATED] == [
        "isu-plan-approval",
        "isu-tasks",
    ]


# ---------- the way to approval ----------

IN_ORDER = {
    (WorkPlanStep.DRAFT, None),
    (WorkPlanStep.DRAFT, WorkPlanStatus.DRAFT),
    (WorkPlanStep.ENDORSE, WorkPlanStatus.DRAFT),
    (WorkPlanStep.SUBMIT, WorkPlanStatus.ENDORSED),
    (WorkPlanStep.APPROVE, WorkPlanStatus.SUBMITTED),
    (WorkPlanStep.RETURN, WorkPlanStatus.ENDORSED),
    (WorkPlanStep.RETURN, WorkPlanStatus.SUBMITTED),
}


@pytest.mark.parametrize("step", WorkPlanStep)
@pytest.mark.parametrize("status", [None, *WorkPlanStatus])
def test_no_step_is_skipped(step: WorkPlanStep, status: WorkPlanStatus | None) -> None:
    wanted = RuleVerdict.SATISFIED if (step, status) in IN_ORDER else RuleVerdict.VIOLATED

    assert verdict(no_step_is_skipped, Step(step=step, status=status)) is wanted


def endorsing(meeting: PlanMeeting) -> Step:
    return Step(step=WorkPlanStep.ENDORSE, status=WorkPlanStatus.DRAFT, meeting=meeting)


def test_the_committee_endorses_at_a_meeting_that_took_place() -> None:
    to_come = PlanMeeting(
        code="CC-2", kind=COMMITTEE.kind, opens=COMMITTEE.opens, closes=COMMITTEE.closes, took_place=False
    )

    assert verdict(no_step_is_skipped, endorsing(COMMITTEE)) is RuleVerdict.SATISFIED
    assert verdict(no_step_is_skipped, endorsing(to_come)) is RuleVerdict.VIOLATED
    assert verdict(no_step_is_skipped, endorsing(THIRD)) is RuleVerdict.VIOLATED


def submitting(meeting: PlanMeeting, endorsed_on: date = date(2012, 5, 2)) -> Step:
    return Step(step=WorkPlanStep.SUBMIT, status=WorkPlanStatus.ENDORSED, meeting=meeting, endorsed_on=endorsed_on)


def test_it_is_submitted_to_a_formal_meeting_that_comes_after_the_endorsement() -> None:
    cancelled = PlanMeeting(
        code="4MSP", kind=THIRD.kind, opens=THIRD.opens, closes=THIRD.closes, took_place=False, is_cancelled=True
    )

    assert verdict(no_step_is_skipped, submitting(THIRD)) is RuleVerdict.SATISFIED
    assert verdict(no_step_is_skipped, submitting(THIRD, date(2012, 9, 14))) is RuleVerdict.SATISFIED
    assert verdict(no_step_is_skipped, submitting(THIRD, date(2012, 9, 15))) is RuleVerdict.VIOLATED
    assert verdict(no_step_is_skipped, submitting(COMMITTEE)) is RuleVerdict.VIOLATED
    assert verdict(no_step_is_skipped, submitting(cancelled)) is RuleVerdict.VIOLATED


@pytest.mark.parametrize(
    ("cited", "wanted"),
    [
        (decided(), RuleVerdict.SATISFIED),
        (decided("4MSP"), RuleVerdict.VIOLATED),
        (decided(kind="coordination_committee"), RuleVerdict.VIOLATED),
        (decided(on=date(2012, 9, 10)), RuleVerdict.VIOLATED),
        (decided(on=date(2012, 9, 11)), RuleVerdict.SATISFIED),
    ],
)
def test_it_is_approved_by_the_meeting_to_which_it_was_submitted(cited: Cited, wanted: RuleVerdict) -> None:
    step = Step(
        step=WorkPlanStep.APPROVE,
        status=WorkPlanStatus.SUBMITTED,
        submitted_to="3MSP",
        endorsed_on=date(2012, 5, 2),
        cited=cited,
    )

    assert verdict(no_step_is_skipped, step) is wanted


def test_it_is_not_approved_before_it_was_endorsed() -> None:
    step = Step(
        step=WorkPlanStep.APPROVE,
        status=WorkPlanStatus.SUBMITTED,
        submitted_to="3MSP",
        endorsed_on=date(2012, 9, 14),
        cited=decided(on=date(2012, 9, 12)),
    )

    assert verdict(no_step_is_skipped, step) is RuleVerdict.VIOLATED


# ---------- findings ----------


@dataclass(frozen=True, kw_only=True)
class Held:
    code: str
    kind: str = "meeting_of_states_parties"
    opens: date | None
    closes: date | None = None
    closed: bool = True


@dataclass(frozen=True, kw_only=True)
class Known:
    as_of: date = date(2016, 12, 31)
    begun: date = date(2011, 9, 16)
    directors: Sequence[DirectorFacts] = (DirectorFacts(id="d", starts_on=date(2015, 5, 1), ends_on=None),)
    arrangements: Sequence[ArrangementFacts] = ()
    plans: Sequence[PlanFacts] = ()
    formal_meetings: Sequence[Held] = ()
    documents_of: Mapping[str, Collection[str]] = field(default_factory=dict)


def plan(year: int, **given: object) -> PlanFacts:
    whole: dict[str, object] = {
        "id": f"plan {year}",
        "status": WorkPlanStatus.APPROVED,
        "year_from": year,
        "year_to": year,
        "currency": "CHF",
        "total": Decimal(100),
        "tasks": frozenset(TASKS),
        "submitted_to": None,
        "approved_on": date(year - 1, 9, 11),
    }
    return PlanFacts(**(whole | given))  # type: ignore[arg-type]


def found(known: Known) -> list[tuple[int, str]]:
    return [(each.inputs["year"], "".join(each.inputs["tasks"])) for each in every_task_has_an_activity(known, {})]


def test_a_plan_with_an_activity_for_each_task_is_no_finding() -> None:
    assert found(Known(plans=[plan(2015), plan(2016)])) == []
    assert found(Known(plans=[plan(2015, year_to=2016)])) == []


def test_a_task_without_an_activity_is_a_finding_of_its_year() -> None:
    assert found(Known(plans=[plan(2015), plan(2016, tasks=frozenset("abcdefg"))])) == [(2016, "h"), (2016, "i")]


def test_a_year_without_an_approved_plan_is_one_finding() -> None:
    draft = plan(2016, status=WorkPlanStatus.DRAFT, approved_on=None)

    assert found(Known(plans=[plan(2015), draft])) == [(2016, TASKS)]


def test_nothing_is_found_before_the_isu_is_established() -> None:
    assert found(Known(as_of=date(2015, 4, 30))) == []
    assert found(Known(directors=())) == []
    assert found(Known(as_of=date(2015, 5, 1))) == [(2015, TASKS)]


def test_hosting_establishes_the_isu_too() -> None:
    host = ArrangementFacts(
        id="a", kind=ArrangementKind.HOST, organisation="GICHD", starts_on=date(2014, 8, 2), ends_on=None
    )

    assert found(Known(arrangements=[host], as_of=date(2014, 12, 31))) == [(2014, TASKS)]


def test_of_two_approved_plans_of_a_year_the_later_counts() -> None:
    earlier = plan(2015, id="x", tasks=frozenset("a"))
    later = plan(2015, approved_on=date(2015, 9, 11))

    assert found(Known(plans=[earlier, later], as_of=date(2015, 12, 31))) == []
    assert len(found(Known(plans=[earlier, later], as_of=date(2015, 9, 10)))) == 8
    assert found(Known(plans=[earlier, later], as_of=date(2015, 9, 11))) == []


def test_a_version_that_begins_later_finds_nothing_of_before() -> None:
    assert found(Known(begun=date(2016, 1, 1))) == [(2016, TASKS)]


MEETINGS = (
    Held(code="5MSP", opens=date(2014, 9, 2)),
    Held(code="1RC", kind="review_conference", opens=date(2015, 9, 7)),
    Held(code="IM-2016", kind="intersessional_meeting", opens=date(2016, 5, 19)),
    Held(code="6MSP", opens=date(2016, 9, 5)),
    Held(code="7MSP", opens=date(2017, 9, 4)),
    Held(code="8MSP", opens=None),
)


def test_a_formal_meeting_without_a_plan_is_a_finding() -> None:
    known = Known(formal_meetings=MEETINGS, plans=[plan(2016, submitted_to="1RC")])

    (missing,) = every_formal_meeting_has_a_plan_submitted(known, {})
    assert missing.concerns == ("Meeting", "6MSP")
    assert missing.due_on == date(2016, 9, 5)


def test_formal_meetings_that_each_have_a_plan_are_none() -> None:
    plans = [plan(2016, submitted_to="1RC"), plan(2017, submitted_to="6MSP", approved_on=None)]

    assert list(every_formal_meeting_has_a_plan_submitted(Known(formal_meetings=MEETINGS, plans=plans), {})) == []


def test_each_rule_by_itself() -> None:
    task = Serving(code="1", tasks=("a",))
    passes("isu-tasks", drafted(task))
    refuses("isu-tasks", drafted(Serving(code="1", tasks=())))
    finds_nothing("isu-tasks", Known(plans=[plan(2015), plan(2016)]))
    finds_something("isu-tasks", Known(plans=[plan(2015)]))
    passes("isu-plan-approval", drafted(task))
    refuses("isu-plan-approval", Step(step=WorkPlanStep.SUBMIT, status=WorkPlanStatus.DRAFT))
    finds_nothing("isu-plan-each-meeting", Known())
    finds_something("isu-plan-each-meeting", Known(formal_meetings=MEETINGS))


def test_what_is_missing_is_missing_since_the_isu_is_there() -> None:
    first, second = every_task_has_an_activity(Known(), {})
    assert (first.since, second.since) == (date(2015, 5, 1), date(2016, 1, 1))


def test_it_may_be_approved_on_the_day_on_which_it_was_endorsed() -> None:
    day = date(2012, 9, 11)
    step = Step(
        step=WorkPlanStep.APPROVE,
        status=WorkPlanStatus.SUBMITTED,
        submitted_to="3MSP",
        endorsed_on=day,
        cited=decided(on=day),
    )
    assert verdict(no_step_is_skipped, step) is RuleVerdict.SATISFIED
