"""The work plan of the ISU with its budget: its tasks, and its way from draft to approval."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from mandate.committee import Sitting, invitees_are_not_counted, meets_under_the_president_in_office
from mandate.decision import FORMAL_MEETINGS, Cited, by_formal_meeting
from mandate.meeting import COMMITTEE
from mandate.rule import Found, Outcome, Parameters, finds, judges, says, shown
from mandate.support import Supported, findings_begin
from mandate.text import LocalizedText

TASKS = "abcdefghi"
"""The items of Proposal 4(4)."""


class WorkPlanStatus(StrEnum):
    DRAFT = "DRAFT"
    ENDORSED = "ENDORSED"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"


class WorkPlanStep(StrEnum):
    DRAFT = "DRAFT"
    ENDORSE = "ENDORSE"
    SUBMIT = "SUBMIT"
    APPROVE = "APPROVE"
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the ISU is to do, and the task that it serves: by its letter, or by the decision that adds one."""

    code: str
    title: LocalizedText
    tasks: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    portfolio: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    code: str
    title: LocalizedText
    amount: Decimal


# ---------- tasks ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """An activity, as the rule takes it."""

    code: str
    tasks: Sequence[str]
    cited: Sequence[Cited] = ()


@judges("isu-tasks")
def every_activity_names_a_task(step: Step, _: Parameters) -> Outcome:
    """At the least one of (a)–(i), or a decision of a Meeting of States Parties or Review Conference."""
    against = []
    for activity in step.activities:
        unknown = [task for task in activity.tasks if len(task) != 1 or task not in TASKS]
        if unknown:
            against.append(f"{activity.code} names {', '.join(unknown)}, which is none of (a)–(i)")
        if any(not by_formal_meeting(cited).holds for cited in activity.cited):
            against.append(f"{activity.code} names a decision that no formal meeting took")
        if not activity.tasks and not activity.cited:
            against.append(f"{activity.code} names no task")
    served = sorted({task for activity in step.activities for task in activity.tasks if task in TASKS})
    known = {"activities": len(step.activities), "tasks": served}
    if not against:
        return says(True, "Every activity names the task that it serves.", **known)
    return says(False, f"Of the activities: {'; '.join(against)}.", **known)


# ---------- the way to approval ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMeeting:
    """Where a step is taken."""

    code: str
    kind: str
    opens: date
    closes: date
    took_place: bool
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All that the rules may know of a step on the way of a plan, whether it is taken or asked about."""

    step: WorkPlanStep
    status: WorkPlanStatus | None
    """None of a plan that is drafted for the first time."""
    activities: Sequence[Serving] = ()
    meeting: PlanMeeting | None = None
    """Of the Committee, for an endorsement; formal, for a submission. None where the question names none."""
    sitting: Sitting | None = None
    endorsed_on: date | None = None
    submitted_to: str | None = None
    cited: Cited | None = None
    """The decision by which it is approved."""


FROM: Mapping[WorkPlanStep, Collection[WorkPlanStatus | None]] = {
    WorkPlanStep.DRAFT: (None, WorkPlanStatus.DRAFT),
    WorkPlanStep.ENDORSE: (WorkPlanStatus.DRAFT,),
    WorkPlanStep.SUBMIT: (WorkPlanStatus.ENDORSED,),
    WorkPlanStep.APPROVE: (WorkPlanStatus.SUBMITTED,),
    WorkPlanStep.RETURN: (WorkPlanStatus.ENDORSED, WorkPlanStatus.SUBMITTED),
}
"""Where a plan stands for a step to be taken."""
_ORDER = "a plan is drafted, endorsed by the Coordination Committee, submitted to a formal meeting, and approved by it"


@judges("isu-plan-approval")
def no_step_is_skipped(step: Step, _: Parameters) -> Outcome:
    """In this order, each where it belongs; an approved plan is neither edited nor returned.

    The meetings of a step that is taken are not named: whoever sees the plan may not see them.
    """
    known = {"step": step.step, "status": step.status}
    if step.status not in FROM[step.step]:
        return says(False, _against(step), **known)
    match step.step:
        case WorkPlanStep.ENDORSE:
            return _endorsed(step, known)
        case WorkPlanStep.SUBMIT:
            return _submitted(step, known)
        case WorkPlanStep.APPROVE:
            return _approved(step, known)
        case WorkPlanStep.RETURN:
            return says(True, "It may be returned until it is approved.", **known)
    return says(True, "It is a draft.", **known)


def _against(step: Step) -> str:
    if step.status is WorkPlanStatus.APPROVED:
        return "The plan is approved: it is not edited, and takes no further step."
    if step.step is WorkPlanStep.DRAFT:
        return f"The plan is {step.status}: it is edited once it is returned to draft."
    if step.step is WorkPlanStep.RETURN:
        return "The plan is a draft."
    return f"The plan is {step.status}: {_ORDER}."


def _endorsed(step: Step, known: Mapping[str, str | None]) -> Outcome:
    meeting = step.meeting
    if meeting is None:
        return says(True, "To be endorsed at a meeting of the Coordination Committee.", **known)
    if meeting.kind != COMMITTEE:
        return says(False, f"{meeting.code} is no meeting of the Coordination Committee.", **known)
    if not meeting.took_place:
        return says(False, f"{meeting.code} was not opened.", **known)
    return says(True, f"The Coordination Committee met on {meeting.opens}.", metOn=meeting.opens, **known)


def _submitted(step: Step, known: Mapping[str, str | None]) -> Outcome:
    meeting = step.meeting
    if meeting is None:
        return says(True, "To be submitted to a Meeting of States Parties or Review Conference.", **known)
    if meeting.kind not in FORMAL_MEETINGS:
        return says(False, f"{meeting.code} is no Meeting of States Parties and no Review Conference.", **known)
    if meeting.is_cancelled:
        return says(False, f"{meeting.code} is cancelled.", **known)
    if step.endorsed_on is not None and meeting.closes < step.endorsed_on:
        return says(False, f"{meeting.code} closed before the plan was endorsed on {step.endorsed_on}.", **known)
    return says(True, "It is submitted to a formal meeting.", endorsedOn=step.endorsed_on, **known)


def _approved(step: Step, known: Mapping[str, str | None]) -> Outcome:
    if step.cited is None:
        return says(True, "To be approved by a decision of the meeting to which it is submitted.", **known)
    formal = by_formal_meeting(step.cited)
    if not formal.holds:
        return says(False, formal.explanation, **known)
    decided = step.cited.adopted_on
    if step.cited.meeting != step.submitted_to:
        return says(False, f"It is submitted to {step.submitted_to}; the decision is of {step.cited.meeting}.", **known)
    if step.endorsed_on is not None and decided is not None and decided < step.endorsed_on:
        return says(False, f"The decision is of {decided}, and the plan was endorsed on {step.endorsed_on}.", **known)
    return says(True, f"The meeting to which it is submitted decided on {decided}.", decidedOn=decided, **known)


DRAFTING = (no_step_is_skipped, every_activity_names_a_task)
ENDORSEMENT = (no_step_is_skipped, meets_under_the_president_in_office, invitees_are_not_counted)
NEXT_STEP = (no_step_is_skipped,)
CHECKS_OF = {
    WorkPlanStep.DRAFT: DRAFTING,
    WorkPlanStep.ENDORSE: ENDORSEMENT,
    WorkPlanStep.SUBMIT: NEXT_STEP,
    WorkPlanStep.APPROVE: NEXT_STEP,
    WorkPlanStep.RETURN: NEXT_STEP,
}
"""What each step is judged by."""


# ---------- what a review finds ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    id: str
    status: WorkPlanStatus
    year_from: int
    year_to: int
    currency: str
    total: Decimal
    tasks: frozenset[str]
    """Of (a)–(i), those that its activities serve."""
    activities: Mapping[str, int] = field(default_factory=dict)
    """By task, how many of its activities serve it."""
    submitted_to: str | None
    approved_on: date | None


PLAN_DOCUMENT = "work_plan_and_budget"
"""The kind of document."""


class FormalMeeting(Protocol):
    """A Meeting of States Parties or a Review Conference that was decided on, and not cancelled."""

    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def opens(self) -> date | None: ...
    @property
    def closes(self) -> date | None: ...
    @property
    def closed(self) -> bool: ...


class Planned(Supported, Protocol):
    """What a review knows of the plans and of the meetings to which they go."""

    @property
    def plans(self) -> Sequence[PlanFacts]: ...
    @property
    def documents_of(self) -> Mapping[str, Collection[str]]:
        """By kind of document, the formal meetings to which one was issued."""

    @property
    def formal_meetings(self) -> Sequence[FormalMeeting]: ...


def years_reviewed(situation: Supported) -> range:
    """From that in which findings begin to that of the day asked about."""
    begin = findings_begin(situation)
    return range(0) if begin is None else range(begin.year, situation.as_of.year + 1)


def plan_of(plans: Sequence[PlanFacts], year: int, as_of: date) -> PlanFacts | None:
    """The approved one; of several for a year the one approved last, which takes the place of the others."""
    approved = [
        plan
        for plan in plans
        if plan.approved_on is not None and plan.approved_on <= as_of and plan.year_from <= year <= plan.year_to
    ]
    return max(approved, key=lambda plan: (plan.approved_on, plan.id), default=None)


@finds("isu-tasks")
def every_task_has_an_activity(situation: Planned, _: Parameters) -> Iterator[Found]:
    """In the approved plan of each year: others are no plans yet. A year that has none is told once."""
    for year in years_reviewed(situation):
        plan = plan_of(situation.plans, year, situation.as_of)
        since = max(date(year, 1, 1), findings_begin(situation) or situation.as_of)
        if plan is None:
            yield Found(
                message=f"No work plan of {year} is approved: none of the tasks (a)–(i) has an activity.",
                since=since,
                due_on=since,
                inputs={"year": year, "tasks": list(TASKS)},
            )
            continue
        for task in TASKS:
            if task not in plan.tasks:
                yield Found(
                    message=f"In {year} the task ({task}) has no activity.",
                    concerns=("WorkPlan", plan.id),
                    since=since,
                    due_on=since,
                    inputs={"year": year, "tasks": [task]},
                )


def without(
    situation: Supported, meetings: Sequence[FormalMeeting], served: Collection[str | None]
) -> Iterator[FormalMeeting]:
    """Formal meetings that have opened since findings begin, and are not among those served."""
    begin = findings_begin(situation)
    for meeting in meetings:
        if begin is None or meeting.kind not in FORMAL_MEETINGS or meeting.opens is None:
            continue
        if begin <= meeting.opens <= situation.as_of and meeting.code not in served:
            yield meeting


@finds("isu-plan-each-meeting")
def every_formal_meeting_has_a_plan_submitted(situation: Planned, _: Parameters) -> Iterator[Found]:
    """Due on the day it opens; one that was returned to draft since is not submitted.

    Of meetings before plans were kept here, the register of documents tells.
    """
    submitted = {plan.submitted_to for plan in situation.plans} | {*situation.documents_of.get(PLAN_DOCUMENT, ())}
    for meeting in without(situation, situation.formal_meetings, submitted):
        yield Found(
            message=f"No work plan and budget was submitted to {meeting.code}.",
            concerns=("Meeting", meeting.code),
            since=meeting.opens,
            due_on=meeting.opens,
            inputs={"meeting": meeting.code, "opens": shown(meeting.opens)},
        )
