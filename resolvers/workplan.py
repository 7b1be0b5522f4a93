"""The ISU's work plan and budget: drafted, endorsed by the Committee, submitted to a formal meeting, approved by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db.table import new_id
from db.unit import Unit
from db.workplan import activities_as_json, activities_from_json, budget_as_json, budget_from_json
from mandate.actor import Act, Visibility
from mandate.committee import Sitting
from mandate.contribution import CURRENCIES
from mandate.meeting import MeetingStatus
from mandate.office import BodyKind
from mandate.rule import Evaluation, judge
from mandate.text import LocalizedText
from mandate.workplan import (
    CHECKS_OF,
    FROM,
    Activity,
    BudgetLine,
    PlanFacts,
    PlanMeeting,
    Serving,
    Step,
    WorkPlanStatus,
    WorkPlanStep,
)
from resolvers import text
from resolvers.committee import members_on
from resolvers.context import Asks, Context, find_seen
from resolvers.decision import cited_by
from resolvers.error import Invalid, UserError
from resolvers.office import Eligibility
from resolvers.reading import Reader
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY
from resolvers.rule import judged, keep_judgement, rule_set_on

_MOST = 200
_LONGEST_CODE = 32
_MOST_TASKS = 20
_LONGEST_REASON = 2_000
_LONGEST_TASK = 100
_MOST_PARTIES = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A plan with its budget, as it is to be drafted."""

    title: LocalizedText
    year_from: int
    year_to: int
    currency: str
    activities: Sequence[Activity]
    budget_lines: Sequence[BudgetLine]
    circulated: bool = False
    """Whether the Coordination Committee sees the draft."""


# ---------- the acts ----------

Answer = tuple[str | None, tuple[Evaluation, ...]]
"""The key of the plan, unless the act was only validated; and what the rules said."""


async def draft(
    context: Context,
    given: Given,
    *,
    plan: str | None = None,
    expected_version: int | None = None,
    validate_only: bool = False,
) -> Answer:
    """Draft a plan, or a draft again: what is given is then all that it holds."""
    async with context.act(Act.DRAFT_WORK_PLAN, validate_only=validate_only) as unit:
        if (plan is None) != (expected_version is None):
            raise Invalid(("expectedVersion", "Give it for a plan that is drafted already, and for no other."))
        row = None if plan is None else await find_seen(unit, context.actor, db.WorkPlan, plan, expected_version)
        against = [*_against(given), *await _unknown(unit, given)]
        if against:
            raise Invalid(*against)
        serving = [
            Serving(
                code=each.code,
                tasks=each.tasks,
                cited=[await cited_by(unit, decision) for decision in each.decisions],
            )
            for each in given.activities
        ]
        day = date(given.year_from, 1, 1)
        if await rule_set_on(unit, day) is None:
            raise Invalid(("yearFrom", f"On {day} there was no mandate to plan by yet."))
        step = Step(step=WorkPlanStep.DRAFT, status=None if row is None else row["status"], activities=serving)
        evaluations = await judged(unit, CHECKS_OF[step.step], step, day)
        values = {
            "title": given.title,
            "year_from": given.year_from,
            "year_to": given.year_to,
            "currency": given.currency,
            "activities": activities_as_json(given.activities),
            "budget_lines": budget_as_json(given.budget_lines),
        }
        to = Visibility.COMMITTEE if given.circulated else Visibility.ISU
        if row is None:
            key = new_id()
            kept = {**values, "id": key, "status": WorkPlanStatus.DRAFT, "visibility": to}
            await unit.keep(db.WorkPlan, [kept])
        else:
            key = row["id"]
            if to is not Visibility.ISU:
                # Why it was returned was said to the ISU.
                values["returned_because"] = None
            await _change(unit, key, values, to)
        await _judged_now(unit, context, Act.DRAFT_WORK_PLAN, key, evaluations, to)
    return None if validate_only else key, evaluations


async def endorse(
    context: Context,
    *,
    plan: str,
    expected_version: int,
    meeting: str,
    chaired_by: str,
    in_favour: Sequence[str],
    present: Sequence[str] = (),
    validate_only: bool = False,
) -> Answer:
    """Record that the Coordination Committee has endorsed a draft at a meeting of it."""
    async with context.act(Act.ENDORSE_WORK_PLAN, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.WorkPlan, plan, expected_version)
        held, days = await _meeting(unit, context, meeting)
        against = [
            *await _against_parties(unit, "inFavour", in_favour, least=1),
            *await _against_parties(unit, "present", present, least=0),
        ]
        if await unit.row(db.State, (chaired_by.partition(":")[2],)) is None:
            against.append(("chairedBy", "There is no such State."))
        if not days:
            against.append(("meeting", "The day on which it was held is not known."))
        rule_set = await rule_set_on(unit, held.opens)
        if rule_set is None:
            raise Invalid(("meeting", f"On {held.opens} there was no Coordination Committee yet."), *against)
        if against:
            raise Invalid(*against)
        president, members = await members_on(unit, held.opens, rule_set)
        step = Step(
            step=WorkPlanStep.ENDORSE,
            status=row["status"],
            meeting=held,
            sitting=Sitting(
                on=held.opens,
                chaired_by=chaired_by,
                president=president,
                members=members,
                in_favour=in_favour,
                present=present,
            ),
        )
        evaluations = await judged(unit, CHECKS_OF[step.step], step, held.opens)
        values = {
            "status": WorkPlanStatus.ENDORSED,
            "endorsed_at_code": meeting,
            "endorsed_on": held.opens,
            "returned_because": None,
        }
        await _change(unit, plan, values, Visibility.COMMITTEE)
        await _judged_now(unit, context, Act.ENDORSE_WORK_PLAN, plan, evaluations, Visibility.COMMITTEE)
    return None if validate_only else plan, evaluations


async def submit(
    context: Context, *, plan: str, expected_version: int, meeting: str, validate_only: bool = False
) -> Answer:
    """Submit an endorsed plan to a Meeting of States Parties or Review Conference."""
    async with context.act(Act.SUBMIT_WORK_PLAN, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.WorkPlan, plan, expected_version)
        held, _ = await _meeting(unit, context, meeting)
        if await rule_set_on(unit, held.opens) is None:
            raise Invalid(("meeting", f"On {held.opens} there was no ISU to submit a plan yet."))
        step = Step(step=WorkPlanStep.SUBMIT, status=row["status"], meeting=held, endorsed_on=row["endorsed_on"])
        evaluations = await judged(unit, CHECKS_OF[step.step], step, held.opens)
        values = {"status": WorkPlanStatus.SUBMITTED, "submitted_to_code": meeting}
        await _change(unit, plan, values, Visibility.STATES_PARTIES)
        await _judged_now(unit, context, Act.SUBMIT_WORK_PLAN, plan, evaluations, Visibility.STATES_PARTIES)
    return None if validate_only else plan, evaluations


async def approve(
    context: Context, *, plan: str, expected_version: int, decision: str, validate_only: bool = False
) -> Answer:
    """Record that the meeting to which it was submitted has approved it; from then on it is public."""
    async with context.act(Act.APPROVE_WORK_PLAN, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.WorkPlan, plan, expected_version)
        cited = await cited_by(unit, decision)
        decided = cited.adopted_on or context.today
        if await rule_set_on(unit, decided) is None:
            raise Invalid(("decision", f"On {decided} there was no mandate to approve a plan by yet."))
        step = Step(
            step=WorkPlanStep.APPROVE,
            status=row["status"],
            endorsed_on=row["endorsed_on"],
            submitted_to=row["submitted_to_code"],
            cited=cited,
        )
        evaluations = await judged(unit, CHECKS_OF[step.step], step, decided)
        values = {"status": WorkPlanStatus.APPROVED, "decision_id": decision, "approved_on": decided}
        await _change(unit, plan, values, Visibility.PUBLIC)
        await _judged_now(unit, context, Act.APPROVE_WORK_PLAN, plan, evaluations, Visibility.PUBLIC)
    return None if validate_only else plan, evaluations


async def return_to_draft(
    context: Context, *, plan: str, expected_version: int, reason: str, validate_only: bool = False
) -> Answer:
    """Return a plan that is not approved yet: it is a draft again, and the ISU's alone."""
    async with context.act(Act.RETURN_WORK_PLAN, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.WorkPlan, plan, expected_version)
        if wrong := [("reason", why) for why in text.against_prose(reason, _LONGEST_REASON)]:
            raise Invalid(*wrong)
        step = Step(step=WorkPlanStep.RETURN, status=row["status"])
        evaluations = await judged(unit, CHECKS_OF[step.step], step, context.today)
        values = {
            "status": WorkPlanStatus.DRAFT,
            "endorsed_at_code": None,
            "endorsed_on": None,
            "submitted_to_code": None,
            "returned_because": reason.strip(),
        }
        await _change(unit, plan, values, Visibility.ISU)
        await _judged_now(unit, context, Act.RETURN_WORK_PLAN, plan, evaluations, Visibility.ISU)
    return None if validate_only else plan, evaluations


async def _change(unit: Unit, plan: str, values: Mapping[str, Any], to: Visibility) -> None:
    """Shown once it is changed, and hidden before: nobody reads in its history what is not for them."""
    changes = [{"visibility": to}, values] if to is Visibility.ISU else [values, {"visibility": to}]
    for each in changes:
        await unit.change(db.WorkPlan, [((plan,), each)])


async def _judged_now(
    unit: Unit, context: Context, act: Act, plan: str, evaluations: Sequence[Evaluation], to: Visibility
) -> None:
    """What is said of a plan is as visible as the plan; what was said of earlier drafts stays with the ISU."""
    await keep_judgement(unit, act, db.WorkPlan, plan, evaluations, today=context.today, visibility=to)
    said = await unit.rows(
        select(col(db.Judgement.id), col(db.Judgement.act))
        .where(col(db.Judgement.subject_type) == db.WorkPlan.__tablename__, col(db.Judgement.subject_key) == plan)
        .order_by(col(db.Judgement.judged_at), col(db.Judgement.id))
    )
    begins = max((place for place, each in enumerate(said) if each.act == Act.DRAFT_WORK_PLAN), default=0)
    returned = max((place + 1 for place, each in enumerate(said) if each.act == Act.RETURN_WORK_PLAN), default=0)
    changes = []
    for place, each in enumerate(said):
        shown = to if place >= max(begins, returned) else Visibility.ISU
        if each.act == Act.ENDORSE_WORK_PLAN and shown is not Visibility.ISU:
            # It names who was present and who was counted: the plan may go further, the Committee's meeting does not.
            shown = Visibility.COMMITTEE
        changes.append(((each.id,), {"visibility": shown}))
    await unit.change(db.Judgement, changes)


# ---------- what is given ----------


def _against(given: Given) -> list[tuple[str, str]]:
    found = []
    if not FIRST_DAY.year <= given.year_from <= LAST_DAY.year:
        found.append(("yearFrom", f"Between {FIRST_DAY.year} and {LAST_DAY.year}."))
    if not given.year_from <= given.year_to <= LAST_DAY.year:
        found.append(("yearTo", f"Between {given.year_from}, with which it begins, and {LAST_DAY.year}."))
    if given.currency not in CURRENCIES:
        found.append(("currency", "A code of ISO 4217, such as CHF."))
    found += _against_codes("activities", [each.code for each in given.activities])
    found += _against_codes("budgetLines", [each.code for each in given.budget_lines])
    for place, activity in enumerate(given.activities):
        if activity.due_on is not None and not given.year_from <= activity.due_on.year <= given.year_to:
            found.append((f"activities.{place}.dueOn", "Within the years of the plan."))
        tasks = [*activity.tasks, *activity.decisions]
        if len(tasks) > _MOST_TASKS or any(len(task) > _LONGEST_TASK for task in tasks):
            found.append((f"activities.{place}.tasks", f"At most {_MOST_TASKS} letters and ids of decisions."))
    found += [
        (f"budgetLines.{place}.amount", "Not less than nothing.")
        for place, line in enumerate(given.budget_lines)
        if line.amount < 0
    ]
    return found


def _against_codes(name: str, codes: Sequence[str]) -> list[tuple[str, str]]:
    if not 1 <= len(codes) <= _MOST:
        return [(name, f"Between 1 and {_MOST} of them.")]
    found = []
    for place, code in enumerate(codes):
        path = f"{name}.{place}.code"
        found += [(path, reason) for reason in text.against(code, _LONGEST_CODE)]
        if code != code.strip():
            found.append((path, "Without spaces around."))
        if code in codes[:place]:
            found.append((path, "The code is there already."))
    return found


async def _unknown(unit: Unit, given: Given) -> list[tuple[str, str]]:
    bodies = await unit.rows(
        select(col(db.Body.code)).where(col(db.Body.kind).in_([BodyKind.WORKING_GROUP, BodyKind.THEMATIC_AREA]))
    )
    known = {row.code for row in bodies}
    return [
        (f"activities.{place}.portfolio", "There is no such Working Group or theme.")
        for place, each in enumerate(given.activities)
        if each.portfolio is not None and each.portfolio not in known
    ]


async def _against_parties(unit: Unit, name: str, parties: Sequence[str], *, least: int) -> list[tuple[str, str]]:
    if not least <= len(parties) <= _MOST_PARTIES:
        return [(name, f"Between {least} and {_MOST_PARTIES} of them.")]
    found = []
    for place, party in enumerate(parties):
        if await unit.row(db.Party, (party,)) is None:
            found.append((f"{name}.{place}", "There is no such State or organisation."))
        if party in parties[:place]:
            found.append((f"{name}.{place}", "It is named already."))
    return found


async def _meeting(unit: Unit, context: Context, code: str) -> tuple[PlanMeeting, bool]:
    """Of the meetings that the caller sees; and whether its first day is known to the day."""
    row = await find_seen(unit, context.actor, db.Meeting, code)
    if row["starts_on"] is None:
        raise Invalid(("meeting", "Its days are not known."))
    opens = row["starts_on"].earliest
    held = PlanMeeting(
        code=code,
        kind=row["kind_code"],
        opens=opens,
        closes=(row["ends_on"] or row["starts_on"]).latest,
        took_place=row["status"] in (MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED) and opens <= context.today,
        is_cancelled=row["status"] is MeetingStatus.CANCELLED,
    )
    return held, row["starts_on"].exact is not None


# ---------- asking first ----------


async def readiness(reader: Reader, today: date, plan: str) -> list[tuple[WorkPlanStep, Eligibility]]:
    """What stands in the way of each step that is left, by the code that judges the act."""
    rows = await reader.rows(
        select(col(db.WorkPlan.status), col(db.WorkPlan.endorsed_on), col(db.WorkPlan.submitted_to_code)).where(
            col(db.WorkPlan.id) == plan, *reader.sees(db.WorkPlan)
        )
    )
    if not rows:
        raise UserError("There is no such work plan.")
    version = await rule_set_on(reader, today)
    if version is None:
        raise UserError(f"No version of the mandate is in force on {today}.")
    found: list[tuple[WorkPlanStep, Eligibility]] = []
    for step in FROM:
        facts = Step(
            step=step,
            status=rows[0].status,
            endorsed_on=rows[0].endorsed_on,
            submitted_to=rows[0].submitted_to_code,
        )
        if step is not WorkPlanStep.DRAFT:
            evaluations = judge(CHECKS_OF[step], facts, version)
            found.append((step, Eligibility(evaluations=evaluations, rule_set=version, as_of=today)))
    return found


# ---------- facts for a review ----------


async def plans(asks: Asks) -> list[PlanFacts]:
    """Those that are there for the caller."""
    table = db.WorkPlan
    rows = await asks.rows(
        select(
            col(table.id),
            col(table.status),
            col(table.year_from),
            col(table.year_to),
            col(table.currency),
            col(table.activities),
            col(table.budget_lines),
            col(table.submitted_to_code),
            col(table.approved_on),
        )
        .where(*asks.sees(table))
        .order_by(col(table.id))
    )
    activities = {
        row.id: Counter(t for each in activities_from_json(row.activities) for t in each.tasks) for row in rows
    }
    return [
        PlanFacts(
            id=row.id,
            status=row.status,
            year_from=row.year_from,
            year_to=row.year_to,
            currency=row.currency,
            total=sum((line.amount for line in budget_from_json(row.budget_lines)), Decimal(0)),
            tasks=frozenset(activities[row.id]),
            activities=activities[row.id],
            submitted_to=row.submitted_to_code,
            approved_on=row.approved_on,
        )
        for row in rows
    ]
