"""How lists are put in order, and filtered by date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, String, and_, func, true, type_coerce
from sqlmodel import col


@strawberry.enum(description="Upwards or downwards")
class OrderDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.input(
    description="All that is given must hold. A date known only to the month matches where one of its days would"
)
class DateFilter:
    eq: date | None = strawberry.UNSET
    gte: date | None = strawberry.field(default=strawberry.UNSET, description="On that day or later")
    lte: date | None = strawberry.field(default=strawberry.UNSET, description="On that day or earlier")
    is_null: bool | None = strawberry.UNSET


def dates(attribute: Any) -> Callable[[Mapping[str, Any], Any], ColumnElement[bool]]:
    """Compared at the precision of the kept date, so that 2012-04 is neither before nor after 2012-04-16."""

    def holds(wanted: Mapping[str, Any], _scope: Any) -> ColumnElement[bool]:
        kept: ColumnElement[str] = type_coerce(col(attribute), String)

        def day(name: str) -> ColumnElement[str]:
            return func.substr(str(wanted[name]), 1, func.length(kept))

        parts: list[ColumnElement[bool]] = [true()]
        if wanted.get("eq") is not None:
            parts.append(kept == day("eq"))
        if wanted.get("gte") is not None:
            parts.append(kept >= day("gte"))
        if wanted.get("lte") is not None:
            parts.append(kept <= day("lte"))
        if wanted.get("isNull") is not None:
            parts.append(kept.is_(None) if wanted["isNull"] else kept.is_not(None))
        return and_(*parts)

    return holds
