"""What a State has to do under an Article, by when, and which extension moved the day."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlmodel import col

import db
import mandate.obligation as rules
from db.dialect import among
from mandate.day import PartialDate
from mandate.obligation import Article, ObligationStatus
from mandate.provenance import ProvenanceBasis
from mandate.source import Explanation as Explained
from resolvers import obligation as resolve
from resolvers import treaty_action
from schema.change import HistoryEntry, history
from schema.explanation import CheckedDate, Explanation, checked_date
from schema.order import DateFilter, OrderDirection, dates
from schema.provenance import Provenance, provenance
from schema.reading import (
    Argument,
    Connection,
    Node,
    column,
    condition,
    derived,
    many,
    names_rows,
    node,
    one,
    ref,
    rows,
    where_input,
)
from schema.scalar import CountryCode

if TYPE_CHECKING:
    from schema.extension import ExtensionRequest
    from schema.state import State

LazyState = Annotated["State", strawberry.lazy("schema.state")]
LazyExtensionRequest = Annotated["ExtensionRequest", strawberry.lazy("schema.extension")]


AS_OF = Argument("as_of", datetime.date, description="Answer as of this day; today (in UTC) where none is named")
_ACTIONS = rows(db.TreatyAction.state_code, on=db.Obligation.state_code)
_REQUESTS = rows(db.ExtensionRequest.obligation_id)


@names_rows
@strawberry.type(description="A day by which an obligation is due, and what made it")
class Deadline:
    request_code: strawberry.Private[str | None]
    due_on: PartialDate
    basis: ProvenanceBasis = strawberry.field(
        description="COMPUTED for the first; STATED or INFERRED for the decision that made it"
    )
    explanation: Explanation
    request: LazyExtensionRequest | None = ref(
        "request_code", db.ExtensionRequest.code, description="Null for the first, which the Convention sets"
    )


def deadlines(article: Article, actions: Sequence[Any], requests: Sequence[Any]) -> list[Deadline]:
    return [
        Deadline(
            request_code=step.extension,
            due_on=step.due_on,
            basis=step.basis,
            explanation=Explanation.of(step.explanation),
        )
        for step in _history(article, actions, requests)
    ]


def original_deadline(article: Article, stated: PartialDate | None, actions: Sequence[Any]) -> CheckedDate:
    in_force = treaty_action.in_force_from(actions)
    computed = None if in_force is None else rules.original_deadline(article, in_force)
    return checked_date(computed, stated, rules.explain_original_deadline(article, in_force))


def deadline(
    article: Article,
    stated: PartialDate | None,
    basis: ProvenanceBasis | None,
    actions: Sequence[Any],
    requests: Sequence[Any],
) -> CheckedDate:
    steps = _history(article, actions, requests)
    if steps:
        return checked_date(steps[-1].due_on, stated, steps[-1].explanation, basis)
    explained = rules.explain_original_deadline(article, treaty_action.in_force_from(actions))
    return checked_date(None, stated, explained, basis)


def due_on(
    article: Article, stated: PartialDate | None, actions: Sequence[Any], requests: Sequence[Any]
) -> PartialDate | None:
    return rules.due_on(_history(article, actions, requests), stated)


def is_overdue(
    article: Article,
    status: ObligationStatus,
    fulfilled_on: PartialDate | None,
    stated: PartialDate | None,
    actions: Sequence[Any],
    requests: Sequence[Any],
    as_of: datetime.date,
) -> bool | None:
    return rules.is_overdue(
        status=status,
        fulfilled_on=fulfilled_on,
        due_on=due_on(article, stated, actions, requests),
        extensions=resolve.extensions(requests, article),
        day=as_of,
    )


def _history(article: Article, actions: Sequence[Any], requests: Sequence[Any]) -> list[rules.DeadlineStep]:
    return rules.deadline_history(article, treaty_action.in_force_from(actions), resolve.extensions(requests, article))


@node(db.Obligation, description="What a State has to do under an Article of the Convention")
class Obligation(Node):
    state: LazyState = one(db.Obligation.state_code)
    article: Article = column(db.Obligation.article)
    status: ObligationStatus = column(db.Obligation.status)
    status_as_of: PartialDate | None = column(
        db.Obligation.status_as_of, description="The month of the newest source: read the status as of then"
    )
    original_deadline: CheckedDate = derived(
        original_deadline,
        uses=[db.Obligation.article, db.Obligation.stated_original_deadline, _ACTIONS],
        description="As the Convention sets it, before any extension",
    )
    deadline: CheckedDate = derived(
        deadline,
        uses=[
            db.Obligation.article,
            db.Obligation.stated_deadline,
            db.Obligation.stated_deadline_basis,
            _ACTIONS,
            _REQUESTS,
        ],
        description="The one in force: computed from the extensions known, beside the last that a source states",
    )
    due_on: PartialDate | None = derived(
        due_on,
        uses=[db.Obligation.article, db.Obligation.stated_deadline, _ACTIONS, _REQUESTS],
        description="The deadline to reckon with: the computed one, or a later one that a source states; "
        "null for an Article that sets no day",
    )
    deadlines: list[Deadline] = derived(
        deadlines,
        uses=[db.Obligation.article, _ACTIONS, _REQUESTS],
        description="The history: the original, then each that an extension made",
    )
    extension_requests: list[LazyExtensionRequest] = many(
        db.ExtensionRequest.obligation_id, order_by=[db.ExtensionRequest.number, db.ExtensionRequest.code]
    )
    fulfilled_on: PartialDate | None = column(db.Obligation.fulfilled_on)
    fulfilled_on_or_before: bool = column(
        db.Obligation.fulfilled_by, description="fulfilledOn is the latest possible date: fulfilled then or earlier"
    )
    overdue: bool | None = derived(
        is_overdue,
        uses=[
            db.Obligation.article,
            db.Obligation.status,
            db.Obligation.fulfilled_on,
            db.Obligation.stated_deadline,
            _ACTIONS,
            _REQUESTS,
        ],
        arguments=[AS_OF],
        description="Null where the sources do not tell, as while a decision on a request is not known",
    )
    quantity: Decimal | None = column(db.Obligation.quantity)
    quantity_unit: str | None = column(db.Obligation.quantity_unit)
    note: str | None = column(db.Obligation.note)
    provenance: list[Provenance] = provenance("Obligation", db.Obligation.id)
    version: int = column(db.Obligation.version)
    history: Connection[HistoryEntry] = history(db.Obligation, db.Obligation.id)


@strawberry.type(description="A yearly transparency report that is due")
class ReportDue:
    calendar_year: int = strawberry.field(description="The year that it covers")
    due_on: datetime.date


@strawberry.type(description="When a State Party's transparency reports under Article 7 are due")
class ReportSchedule:
    initial_due_on: datetime.date | None
    annual: list[ReportDue] = strawberry.field(description="Those that fell due up to the day asked about")
    next_due_on: datetime.date | None
    explanation: Explanation


def report_schedule(actions: Sequence[Any], as_of: datetime.date) -> ReportSchedule:
    in_force, withdrawn = treaty_action.in_force_from(actions), treaty_action.withdrawn_on(actions)
    explained: Explained = rules.explain_reports(in_force, withdrawn)
    if in_force is None:
        return ReportSchedule(initial_due_on=None, annual=[], next_due_on=None, explanation=Explanation.of(explained))
    initial = rules.initial_report_due(in_force)
    ahead = as_of.replace(year=as_of.year + 2, month=1, day=1)
    annual = rules.annual_reports_due(in_force, withdrawn, ahead)
    days = [initial, *(report.due_on for report in annual)]
    return ReportSchedule(
        initial_due_on=initial,
        annual=[
            ReportDue(calendar_year=report.calendar_year, due_on=report.due_on)
            for report in annual
            if report.due_on <= as_of
        ],
        next_due_on=next((day for day in days if day > as_of), None),
        explanation=Explanation.of(explained),
    )


@where_input
class ObligationWhere:
    state: list[CountryCode] | None = condition(lambda codes, _: among(col(db.Obligation.state_code), codes))
    article: list[Article] | None = condition(lambda wanted, _: col(db.Obligation.article).in_(sorted(set(wanted))))
    status: list[ObligationStatus] | None = condition(
        lambda wanted, _: col(db.Obligation.status).in_(sorted(set(wanted)))
    )
    fulfilled_on: DateFilter | None = condition(dates(db.Obligation.fulfilled_on))


@strawberry.enum(description="What obligations can be sorted by")
class ObligationOrderField(Enum):
    STATE = "STATE"
    ARTICLE = "ARTICLE"
    FULFILLED_ON = "FULFILLED_ON"


@strawberry.input(description="One column to sort by")
class ObligationOrder:
    field: ObligationOrderField
    direction: OrderDirection = OrderDirection.ASC


IN_ORDER = (
    ObligationOrder,
    {
        "STATE": db.Obligation.state_code,
        "ARTICLE": db.Obligation.article,
        "FULFILLED_ON": db.Obligation.fulfilled_on,
    },
)
