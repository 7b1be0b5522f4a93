"""From kept treaty actions to the facts that the rules judge, and to counts over all States."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from sqlalchemy import func, inspect, literal, select
from sqlmodel import col

import db
from db.table import new_id
from db.treaty_action import status_on
from db.unit import Unit
from mandate.actor import Act
from mandate.day import PartialDate
from mandate.provenance import ProvenanceBasis
from mandate.treaty_action import (
    BINDING,
    TreatyAct,
    TreatyActionType,
    TreatyStatusKind,
    against,
    entry_into_force,
    withdrawal_effect,
)
from resolvers import text
from resolvers.context import Context, find
from resolvers.error import Conflict, Invalid, NotFound
from resolvers.reading import Reader
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY

_LONGEST = 500


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


async def record(
    context: Context,
    *,
    state: str,
    type_: TreatyActionType,
    on: PartialDate,
    takes_effect_on: date | None = None,
    source: str,
    note: str | None = None,
) -> str:
    """Record what a State has done towards the Convention, as the Depositary notified it."""
    async with context.act(Act.RECORD_TREATY_ACTION) as unit:
        if await unit.row(db.State, (state,)) is None:
            raise NotFound("There is no such State.")
        recorded = await _of_state(unit, state)
        _is_new(recorded, type_)
        told = _judged(type_, on, takes_effect_on, recorded, context.today, _against_texts(source, note))
        key = new_id()
        of = {"id": key, "convention_code": "CCM", "state_code": state, "type": type_}
        await unit.keep(db.TreatyAction, [{**of, **told, "note": note}])
        await _tell_source(unit, key, source)
    return key


class Correction(TypedDict, total=False):
    """What a better source tells; what it does not name stays as it is."""

    on: PartialDate | None
    takes_effect_on: date | None
    note: str | None


async def correct(
    context: Context,
    *,
    key: str,
    expected_version: int,
    correction: Correction,
    source: str,
) -> str:
    """Correct an act after a better source; what it was stays in the journal."""
    async with context.act(Act.CORRECT_TREATY_ACTION) as unit:
        row = await find(unit, db.TreatyAction, key, expected_version)
        others = [each for each in await _of_state(unit, row["state_code"]) if each.id != key]
        stated = row["stated_takes_effect_on"]
        on = correction.get("on", row["date"])
        takes_effect_on = correction.get("takes_effect_on", None if stated is None else stated.exact)
        note = correction.get("note", row["note"])
        found = _against_texts(source, correction.get("note"))
        # An act that should never have been of its type is named by its id.
        told = _judged(row["type"], on, takes_effect_on, others, context.today, found, typed_by="id")
        if "takes_effect_on" not in correction:
            told["stated_takes_effect_on"] = stated
        await unit.change(db.TreatyAction, [((key,), {**told, "note": note})])
        await _tell_source(unit, key, source)
    return key


def effect(type_: TreatyActionType, on: PartialDate | None, stated: date | None) -> date | None:
    """Computed, so that it can be filtered by; stated only for a withdrawal, which a conflict can put off."""
    if type_ is TreatyActionType.WITHDRAWAL and stated is not None:
        return stated
    if on is None:
        return None
    if type_ in BINDING:
        return entry_into_force(on)
    return withdrawal_effect(on) if type_ is TreatyActionType.WITHDRAWAL else None


def _is_new(recorded: Iterable[Any], type_: TreatyActionType) -> None:
    """One act of each type is kept for a State, and one consent: what is there is told, and not overwritten."""
    by_type = {row.type: row for row in recorded}
    there = consent(by_type.values()) if type_ in BINDING else by_type.get(type_)
    if there is None:
        return
    message = f"On record for the State already: {there.type}"
    message += "." if there.date is None else f" of {there.date}."
    if TreatyActionType.WITHDRAWAL in by_type and type_ in BINDING:
        message += " The register can not hold a second consent, of a State that withdrew and comes back."
    else:
        kind = "consent to be bound" if type_ in BINDING else type_.value
        message += f" The register keeps one {kind} for each State; correctTreatyAction corrects its date."
    raise Conflict(message, code="DUPLICATE", current_version=there.version, current=("TreatyAction", there.id))


def _judged(
    type_: TreatyActionType,
    on: PartialDate | None,
    stated: date | None,
    others: Iterable[Any],
    today: date,
    found: list[tuple[str, str]],
    *,
    typed_by: str = "type",
) -> dict[str, Any]:
    """What is kept of an act, unless something stands against it: all of that is told at once."""
    if on is not None and on.earliest > today:
        raise Invalid(("date", "An act is recorded once it is done: the date lies ahead."), *found)
    if on is None and (type_ is not TreatyActionType.WITHDRAWAL or stated is None):
        found.append(("date", "Only of a withdrawal whose effect is known the date may be unknown."))
    if stated is not None and not FIRST_DAY <= stated <= LAST_DAY:
        found.append(("takesEffectOn", f"Between {FIRST_DAY} and {LAST_DAY}."))
    takes_effect_on = effect(type_, on, stated)
    act = TreatyAct(type=type_, date=on, takes_effect_on=takes_effect_on)
    objections = against(act, acts(others), stated)
    found += [(typed_by if each.member == "type" else each.member, str(each)) for each in objections]
    if found:
        raise Invalid(*found)
    return {
        "date": on,
        "takes_effect_on": takes_effect_on,
        "stated_takes_effect_on": None if stated is None else PartialDate.of(stated),
    }


def _against_texts(source: str, note: str | None) -> list[tuple[str, str]]:
    """A note may have several lines."""
    found = [("source", reason) for reason in text.against(source, _LONGEST)]
    if note is not None:
        found += [("note", reason) for reason in text.against(note.replace("\n", " "), _LONGEST)]
    return found


async def _of_state(unit: Unit, state: str) -> Sequence[Any]:
    rows = await unit.connection.execute(
        select(inspect(db.TreatyAction).local_table).where(
            col(db.TreatyAction.state_code) == state, col(db.TreatyAction.convention_code) == "CCM"
        )
    )
    return rows.all()


async def _tell_source(unit: Unit, key: str, source: str) -> None:
    """Where it was told before, the older source stays beside the new one."""
    subject, source = ("TreatyAction", key, ""), source.strip()
    before = await unit.row(db.Provenance, subject)
    if before is None:
        told = {
            "subject_type": subject[0],
            "subject_key": key,
            "field": "",
            "basis": ProvenanceBasis.STATED,
            "sources": [source],
            "stated_as_of": None,
            "note": None,
            "disagreement": None,
        }
        await unit.keep(db.Provenance, [told])
    elif source not in before["sources"]:
        await unit.change(db.Provenance, [(subject, {"sources": [*before["sources"], source]})])
