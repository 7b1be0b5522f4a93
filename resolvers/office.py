"""Who holds a post on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db.office import held_on
from mandate.day import PartialDate
from mandate.source import Explanation
from resolvers.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Presidency:
    president: str | None
    designate: str | None
    explanation: Explanation


async def presidency_on(reader: Reader, day: date) -> Presidency:
    """The term of the President that covers the day, and the one that begins next after it."""
    terms = (
        select(
            col(db.OfficeTerm.id),
            col(db.OfficeTerm.starts_on),
            col(db.OfficeTerm.ends_on),
            held_on(day).label("held"),
        )
        .where(col(db.OfficeTerm.office_code) == "president")
        .order_by(col(db.OfficeTerm.starts_on))
    )
    rows = await reader.rows(terms)
    holding, following = in_turn(rows, day)
    if holding is None:
        summary = f"No term of a President is known that covers {day}."
    else:
        summary = f"The term from {holding.starts_on} up to but not including {holding.ends_on} covers {day}."
    return Presidency(
        president=None if holding is None else holding.id,
        designate=None if following is None else following.id,
        explanation=Explanation(
            summary=summary,
            citations=(),
            inputs={
                "asOf": str(day),
                "startsOn": None if holding is None else str(holding.starts_on),
                "endsOn": None if holding is None else str(holding.ends_on),
            },
        ),
    )


def in_turn(terms: Sequence[Any], day: date) -> tuple[Any | None, Any | None]:
    """Of the terms of Presidents, in their order: the one held on the day, and the one that begins next after it."""
    on = str(PartialDate.of(day))
    holding = next((term for term in terms if term.held), None)
    following = next((term for term in terms if term.starts_on and str(term.starts_on) > on), None)
    return holding, following
