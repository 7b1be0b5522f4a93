"""The work plan and budget of the ISU, and the acts by which it is drafted, endorsed, submitted and approved."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import strawberry

import db
import mandate.workplan
from db.workplan import activities_from_json, budget_from_json
from mandate.actor import Visibility
from mandate.workplan import WorkPlanStatus, WorkPlanStep
from resolvers import workplan as resolve
from resolvers.account import party_of
from resolvers.error import UserError
from schema.body import Portfolio
from schema.change import HistoryEntry, history
from schema.decision import Decision
from schema.id import decode_id, key_of
from schema.meeting import Meeting
from schema.party import party_key
from schema.problem import Conflict, Forbidden, Invalid, NotFound, Refusal
from schema.reading import Connection, Node, column, complete, derived, names_rows, node, one, ref
from schema.rule import EligibilityReport, RuleEvaluation, evaluations, said
from schema.scalar import CountryCode
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text


@names_rows
@strawberry.type(description="What the ISU is to do, and the tasks that it serves (Prop. 4(4))")
class Activity:
    code: str
    title: LocalizedText
    tasks: list[str] = strawberry.field(description="Letters of Proposal 4(4), a to i")
    decision_ids: strawberry.Private[tuple[str, ...]]
    decisions: list[Decision] = ref(
        "decision_ids", db.Decision.id, description="Of formal meetings that add the tasks that it serves"
    )
    body: strawberry.Private[str | None]
    portfolio: Portfolio | None = ref("body", db.Body.code, description="The Working Group or theme that it is for")
    due_on: datetime.date | None

    @classmethod
    def of(cls, activity: mandate.workplan.Activity) -> Activity:
        return cls(
            code=activity.code,
            title=LocalizedText.of(activity.title),
            tasks=list(activity.tasks),
            decision_ids=activity.decisions,
            body=activity.portfolio,
            due_on=activity.due_on,
        )


@strawberry.type(description="A line of the budget")
class BudgetLine:
    code: str
    title: LocalizedText
    amount: Decimal = strawberry.field(description="In the currency of the budget")


@strawberry.type(description="What the plan costs")
class Budget:
    currency: str = strawberry.field(description="ISO 4217")
    lines: list[BudgetLine]
    total: Decimal


def _activities(kept: Sequence[Any]) -> list[Activity]:
    return [Activity.of(each) for each in activities_from_json(kept)]


def _budget(currency: str, kept: Sequence[Any]) -> Budget:
    lines = budget_from_json(kept)
    return Budget(
        currency=currency,
        lines=[BudgetLine(code=each.code, title=LocalizedText.of(each.title), amount=each.amount) for each in lines],
        total=sum((each.amount for each in lines), Decimal(0)),
    )


@node(
    db.WorkPlan,
    description="A work plan and budget of the ISU: a draft is the ISU's, one endorsed the Committee's, one submitted "
    "for States Parties, one approved for all",
)
class WorkPlan(Node):
    title: LocalizedText = text(db.WorkPlan.title)
    year_from: int = column(db.WorkPlan.year_from)
    year_to: int = column(db.WorkPlan.year_to)
    activities: list[Activity] = derived(_activities, uses=[db.WorkPlan.activities])
    budget: Budget = derived(_budget, uses=[db.WorkPlan.currency, db.WorkPlan.budget_lines])
    status: WorkPlanStatus = column(db.WorkPlan.status)
    endorsed_at: Meeting | None = one(db.WorkPlan.endorsed_at_code, description="Of the Coordination Committee")
    endorsed_on: datetime.date | None = column(db.WorkPlan.endorsed_on)
    submitted_to: Meeting | None = one(db.WorkPlan.submitted_to_code)
    decision: Decision | None = one(db.WorkPlan.decision_id, description="By which it was approved")
    approved_on: datetime.date | None = column(db.WorkPlan.approved_on)
    returned_because: str | None = column(
        db.WorkPlan.returned_because, description="Of a draft that was endorsed or submitted before"
    )
    evaluations: list[RuleEvaluation] = evaluations(db.WorkPlan, db.WorkPlan.id)
    visibility: Visibility = column(db.WorkPlan.visibility)
    version: int = column(db.WorkPlan.version)
    history: Connection[HistoryEntry] = history(db.WorkPlan, db.WorkPlan.id)


# ---------- the acts ----------


@strawberry.input(description="What the ISU is to do")
class ActivityInput:
    code: str = strawberry.field(description="Unique within the plan; at most 32 characters")
    title: list[LocalizedTextInput]
    tasks: list[str] = strawberry.field(
        description="Letters of Proposal 4(4), a to i, or ids of decisions of formal meetings that add a task"
    )
    portfolio: str | None = strawberry.field(default=None, description="The code of a Working Group or theme")
    due_on: datetime.date | None = strawberry.field(default=None, description="Within the years of the plan")

    def given(self, path: str) -> mandate.workplan.Activity:
        tasks: list[str] = []
        decisions: list[str] = []
        for task in self.tasks:
            decision = _decision(task)
            if decision is None:
                tasks.append(task)
            elif decision not in decisions:
                decisions.append(decision)
        return mandate.workplan.Activity(
            code=self.code,
            title=line(f"{path}.title", self.title),
            tasks=tuple(dict.fromkeys(tasks)),
            decisions=tuple(decisions),
            portfolio=self.portfolio,
            due_on=self.due_on,
        )


def _decision(task: str) -> str | None:
    """The key of a decision, where the text is an id of one; a rule stands against what is no letter either."""
    try:
        name, key = decode_id(task)
    except UserError:
        return None
    return key if name == "Decision" else None


@strawberry.input(description="A line of the budget")
class BudgetLineInput:
    code: str = strawberry.field(description="Unique within the budget; at most 32 characters")
    title: list[LocalizedTextInput]
    amount: Decimal = strawberry.field(description="In the currency of the plan; not negative")


@strawberry.input(description="A work plan and budget; of one that is drafted again, all that it then holds")
class DraftWorkPlanInput:
    plan: strawberry.ID | None = strawberry.field(default=None, description="A draft that is edited")
    expected_version: int | None = strawberry.field(default=None, description="Of that draft")
    title: list[LocalizedTextInput]
    year_from: int
    year_to: int | None = strawberry.field(default=None, description="The same year where none is given")
    currency: str = strawberry.field(description="ISO 4217, such as CHF")
    activities: list[ActivityInput] = strawberry.field(description="1 to 200")
    budget_lines: list[BudgetLineInput] = strawberry.field(description="1 to 200")
    circulated: bool = strawberry.field(
        default=False, description="Whether the Coordination Committee, which is to endorse it, sees the draft"
    )

    def given(self) -> resolve.Given:
        return resolve.Given(
            title=line("title", self.title),
            year_from=self.year_from,
            year_to=self.year_from if self.year_to is None else self.year_to,
            currency=self.currency,
            activities=[each.given(f"activities.{place}") for place, each in enumerate(self.activities)],
            budget_lines=[
                mandate.workplan.BudgetLine(
                    code=each.code, title=line(f"budgetLines.{place}.title", each.title), amount=each.amount
                )
                for place, each in enumerate(self.budget_lines)
            ],
            circulated=self.circulated,
        )


@strawberry.input(description="The Coordination Committee has endorsed a draft")
class EndorseWorkPlanInput:
    plan: strawberry.ID
    expected_version: int
    meeting: str = strawberry.field(description="The code of the meeting of the Coordination Committee")
    chaired_by: CountryCode = strawberry.field(description="The State in the chair")
    in_favour: list[strawberry.ID] = strawberry.field(
        description="States and organisations that are counted in the decision: members on that day (Prop. 3(1), 3(2))"
    )
    present: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who attended beside them, those asked to assist among them"
    )


@strawberry.input(description="An endorsed plan goes to a formal meeting")
class SubmitWorkPlanInput:
    plan: strawberry.ID
    expected_version: int
    meeting: str = strawberry.field(description="The code of a Meeting of States Parties or Review Conference")


@strawberry.input(description="The meeting to which it was submitted has approved a plan")
class ApproveWorkPlanInput:
    plan: strawberry.ID
    expected_version: int
    decision: strawberry.ID = strawberry.field(description="Of that meeting")


@strawberry.input(description="A plan is returned to draft")
class ReturnWorkPlanInput:
    plan: strawberry.ID
    expected_version: int
    reason: str = strawberry.field(description="At most 2,000 characters")


def _plan() -> Any:
    return ref("key", db.WorkPlan.id, description="Null where the act was only validated")


def _said() -> Any:
    return strawberry.field(description="What every rule said")


@names_rows
@strawberry.type(description="The plan is a draft of the ISU")
class WorkPlanDrafted(Success):
    key: strawberry.Private[str | None]
    work_plan: WorkPlan | None = _plan()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The plan is endorsed; the Coordination Committee sees it")
class WorkPlanEndorsed(Success):
    key: strawberry.Private[str | None]
    work_plan: WorkPlan | None = _plan()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The plan is submitted; States Parties see it")
class WorkPlanSubmitted(Success):
    key: strawberry.Private[str | None]
    work_plan: WorkPlan | None = _plan()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The plan is approved, and public")
class WorkPlanApproved(Success):
    key: strawberry.Private[str | None]
    work_plan: WorkPlan | None = _plan()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The plan is a draft of the ISU again, and seen by nobody else")
class WorkPlanReturned(Success):
    key: strawberry.Private[str | None]
    work_plan: WorkPlan | None = _plan()
    rule_evaluations: list[RuleEvaluation] = _said()


DraftWorkPlanResult = Annotated[
    WorkPlanDrafted | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("DraftWorkPlanResult")
]
EndorseWorkPlanResult = Annotated[
    WorkPlanEndorsed | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("EndorseWorkPlanResult")
]
SubmitWorkPlanResult = Annotated[
    WorkPlanSubmitted | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SubmitWorkPlanResult")
]
ApproveWorkPlanResult = Annotated[
    WorkPlanApproved | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ApproveWorkPlanResult")
]
ReturnWorkPlanResult = Annotated[
    WorkPlanReturned | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ReturnWorkPlanResult")
]


@strawberry.type
class WorkPlanMutation:
    @strawberry.mutation(description="Draft a work plan and budget of the ISU, or edit a draft")
    async def draft_work_plan(
        self, info: strawberry.Info[Any, Any], input: DraftWorkPlanInput, validate_only: bool = False
    ) -> DraftWorkPlanResult:
        key, evaluations = await resolve.draft(
            info.context,
            input.given(),
            plan=None if input.plan is None else key_of("WorkPlan", input.plan, "plan"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, WorkPlanDrafted(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record that the Coordination Committee has endorsed a draft")
    async def endorse_work_plan(
        self, info: strawberry.Info[Any, Any], input: EndorseWorkPlanInput, validate_only: bool = False
    ) -> EndorseWorkPlanResult:
        key, evaluations = await resolve.endorse(
            info.context,
            plan=key_of("WorkPlan", input.plan, "plan"),
            expected_version=input.expected_version,
            meeting=input.meeting,
            chaired_by=party_of("State", input.chaired_by),
            in_favour=[party_key(each, f"inFavour.{place}") for place, each in enumerate(input.in_favour)],
            present=[party_key(each, f"present.{place}") for place, each in enumerate(input.present)],
            validate_only=validate_only,
        )
        return await complete(info, WorkPlanEndorsed(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Submit an endorsed plan to a formal meeting")
    async def submit_work_plan(
        self, info: strawberry.Info[Any, Any], input: SubmitWorkPlanInput, validate_only: bool = False
    ) -> SubmitWorkPlanResult:
        key, evaluations = await resolve.submit(
            info.context,
            plan=key_of("WorkPlan", input.plan, "plan"),
            expected_version=input.expected_version,
            meeting=input.meeting,
            validate_only=validate_only,
        )
        return await complete(info, WorkPlanSubmitted(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record that a formal meeting has approved the plan that was submitted to it")
    async def approve_work_plan(
        self, info: strawberry.Info[Any, Any], input: ApproveWorkPlanInput, validate_only: bool = False
    ) -> ApproveWorkPlanResult:
        key, evaluations = await resolve.approve(
            info.context,
            plan=key_of("WorkPlan", input.plan, "plan"),
            expected_version=input.expected_version,
            decision=key_of("Decision", input.decision, "decision"),
            validate_only=validate_only,
        )
        return await complete(info, WorkPlanApproved(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Return a plan that is not approved yet to draft")
    async def return_work_plan(
        self, info: strawberry.Info[Any, Any], input: ReturnWorkPlanInput, validate_only: bool = False
    ) -> ReturnWorkPlanResult:
        key, evaluations = await resolve.return_to_draft(
            info.context,
            plan=key_of("WorkPlan", input.plan, "plan"),
            expected_version=input.expected_version,
            reason=input.reason,
            validate_only=validate_only,
        )
        return await complete(info, WorkPlanReturned(key=key, rule_evaluations=said(evaluations)))


# ---------- asking first ----------


@strawberry.type(description="A step on the way of a plan, and what stands in its way")
class WorkPlanReadiness:
    step: WorkPlanStep
    report: EligibilityReport


@strawberry.type
class WorkPlanQuery:
    @strawberry.field(description="What stands in the way of each further step of a plan; judged as the act is")
    async def approval_readiness(
        self, info: strawberry.Info[Any, Any], work_plan: strawberry.ID
    ) -> list[WorkPlanReadiness]:
        async with info.context.reader() as reader:
            found = await resolve.readiness(reader, info.context.today, key_of("WorkPlan", work_plan))
        answer = [WorkPlanReadiness(step=step, report=EligibilityReport.of(each)) for step, each in found]
        return await complete(info, answer)
