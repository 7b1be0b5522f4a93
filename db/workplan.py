"""Work plans of the ISU, each with its budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Text

from db.table import (
    Kept,
    LocalizedTextType,
    column,
    enum_type,
    key,
    plain_text,
    refers_to,
    text_as_json,
    text_from_json,
)
from mandate.actor import Visibility
from mandate.text import LocalizedText
from mandate.workplan import Activity, BudgetLine, WorkPlanStatus


class WorkPlan(Kept, table=True):
    """Activities and lines of the budget stand in its row: they are as visible as it is, and change with it alone."""

    __tablename__ = "work_plan"

    id: str = key()
    title: LocalizedText = column(LocalizedTextType)
    year_from: int
    year_to: int
    currency: str = column(plain_text(3))
    activities: Any = column(JSON, sa_column_kwargs={"info": {"names_rows": True}})
    """`[{"code", "title", "tasks", "decisions", "portfolio", "due_on"}, …]`"""
    budget_lines: Any = column(JSON)
    """`[{"code", "title", "amount"}, …]`, amounts as text."""
    status: WorkPlanStatus = column(enum_type(WorkPlanStatus))
    endorsed_at_code: str | None = refers_to("meeting.code", default=None)
    endorsed_on: date | None = None
    submitted_to_code: str | None = refers_to("meeting.code", default=None)
    decision_id: str | None = refers_to("decision.id", default=None)
    approved_on: date | None = None
    returned_because: str | None = column(Text, default=None)
    """Of a draft that was endorsed or submitted before; gone once it is endorsed again."""
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.ISU, sa_column_kwargs={"server_default": Visibility.ISU}
    )


def activities_as_json(activities: Sequence[Activity]) -> list[dict[str, Any]]:
    return [
        {
            "code": each.code,
            "title": text_as_json(each.title),
            "tasks": list(each.tasks),
            "decisions": list(each.decisions),
            "portfolio": each.portfolio,
            "due_on": None if each.due_on is None else each.due_on.isoformat(),
        }
        for each in activities
    ]


def activities_from_json(kept: Sequence[Mapping[str, Any]]) -> list[Activity]:
    return [
        Activity(
            code=each["code"],
            title=text_from_json(each["title"]),
            tasks=tuple(each["tasks"]),
            decisions=tuple(each["decisions"]),
            portfolio=each["portfolio"],
            due_on=None if each["due_on"] is None else date.fromisoformat(each["due_on"]),
        )
        for each in kept
    ]


def budget_as_json(lines: Sequence[BudgetLine]) -> list[dict[str, Any]]:
    return [
        {"code": each.code, "title": text_as_json(each.title), "amount": format(each.amount.normalize(), "f")}
        for each in lines
    ]


def budget_from_json(kept: Sequence[Mapping[str, Any]]) -> list[BudgetLine]:
    return [
        BudgetLine(code=each["code"], title=text_from_json(each["title"]), amount=Decimal(each["amount"]))
        for each in kept
    ]
