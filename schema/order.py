"""How lists are put in order, and filtered by date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

from db.table import dated


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
    return lambda wanted, _scope: dated(col(attribute), wanted)
