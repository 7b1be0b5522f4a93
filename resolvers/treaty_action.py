"""From kept treaty actions to the facts that the rules judge, and to counts over all States."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, literal, select
from sqlmodel import col

import db
from db.treaty_action import status_on
from mandate.treaty_action import BINDING, TreatyAct, TreatyActionType, TreatyStatusKind
from resolvers.reading import Reader


def acts(rows: Iterable[Any]) -> list[TreatyAct]:
    return [TreatyAct(type=row.type, date=row.date, takes_effect_on=row.takes_effect_on) for row in rows]


def consent(rows: Iterable[Any]) -> Any | None:
    """The row of the act by which the State consented to be bound."""
    return next((row for row in rows if row.type in BINDING), None)


def in_force_from(rows: Iterable[Any]) -> date | None:
    row = consent(rows)
    return None if row is None else row.takes_effect_on


def withdrawn_on(rows: Iterable[Any]) -> date | None:
    return next((row.takes_effect_on for row in rows if row.type is TreatyActionType.WITHDRAWAL), None)


async def regional_groups(reader: Reader) -> list[str]:
    group = col(db.State.regional_group)
    rows = await reader.rows(select(group).where(group.is_not(None)).distinct().order_by(group))
    return [row[0] for row in rows]


async def status_counts(
    reader: Reader, day: date, *, by_region: bool
) -> list[tuple[str | None, TreatyStatusKind, int]]:
    kind = status_on(day).label("kind")
    group = func.coalesce(col(db.State.regional_group), "") if by_region else literal(None)
    states = select(group.label("place"), kind).select_from(db.State).subquery()
    counted = select(states.c.place, states.c.kind, func.count()).group_by(states.c.place, states.c.kind)
    rows = await reader.rows(counted.order_by(states.c.place, states.c.kind))
    return [(row[0], TreatyStatusKind(row[1]), row[2]) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many up to and with a day."""

    on: date
    signed: int
    deposited: int
    in_force: int
    withdrawn: int


async def timeline(reader: Reader) -> Sequence[Totals]:
    """Cumulative counts, at every day on which one of them changes."""
    rows = await reader.rows(
        select(col(db.TreatyAction.type), col(db.TreatyAction.date), col(db.TreatyAction.takes_effect_on))
    )
    events: dict[date, list[str]] = {}

    def count(day: date | None, what: str) -> None:
        if day is not None:
            events.setdefault(day, []).append(what)

    for type_, on, effect in rows:
        if type_ is TreatyActionType.SIGNATURE:
            count(on and on.earliest, "signed")
        elif type_ in BINDING:
            count(on and on.earliest, "deposited")
            count(effect, "in_force")
        elif type_ is TreatyActionType.WITHDRAWAL:
            count(effect, "withdrawn")
    totals = dict.fromkeys(("signed", "deposited", "in_force", "withdrawn"), 0)
    points = []
    for day in sorted(events):
        for what in events[day]:
            totals[what] += 1
            if what == "withdrawn":
                totals["in_force"] -= 1
        points.append(Totals(on=day, **totals))
    return points
