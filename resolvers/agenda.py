"""Agendas are built item by item; the organizers of an intersessional meeting agree to its programme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db.party import party_id
from db.table import new_id
from db.unit import Stale, Unit, instant
from mandate.actor import Act, Actor
from mandate.agenda import (
    ADDITION,
    AGREEMENT,
    PRESIDENT,
    Addition,
    Agreement,
    Organizer,
    Placed,
    Programme,
    ReviewSubject,
    number_order,
)
from mandate.day import PartialDate
from mandate.meeting import INTERSESSIONAL, MeetingStatus
from mandate.office import Term
from mandate.party import PartyKind
from mandate.rule import Evaluation
from mandate.text import LocalizedText
from resolvers import text
from resolvers.context import Context, already, find_seen
from resolvers.error import Conflict, Forbidden, Invalid, NotFound
from resolvers.meeting import opening, still
from resolvers.office import coordinator_terms, formal_meetings, guiding, portfolios
from resolvers.rule import judged, keep_judgement

_LONGEST_NUMBER = 32
_REVIEWS = "review_conference"
_NO_REVIEW = "It is reviewed by a Review Conference."
_NOT_SITTING = frozenset(MeetingStatus) - {MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED}
_BOTH = frozenset({MeetingStatus.CLOSED, MeetingStatus.CANCELLED})


# ---------- the facts ----------


def organizers(terms: Iterable[Term], formal: Sequence[Any], day: date) -> list[Organizer]:
    """The President of the most recent formal meeting, and the Coordinators in office on the day."""
    guides = guiding(formal, day)
    presides = next((row.presidency_code for row in formal if row.code == guides), None)
    president = [] if presides is None else [Organizer(office=PRESIDENT, party=party_id(PartyKind.STATE, presides))]
    serving = sorted((term.portfolio, term.starts_on, term.state) for term in terms if term.covers(day))
    return [
        *president,
        *(Organizer(office=office, party=party_id(PartyKind.STATE, state)) for office, _, state in serving),
    ]


def programme(
    *, items: Sequence[Any], agreements: Sequence[Any], terms: Iterable[Term], formal: Sequence[Any], day: date
) -> Programme:
    """From kept rows; of the agreements, those that were not voided."""
    return Programme(
        organizers=organizers(terms, formal, day),
        portfolios=frozenset(item.body_code for item in items if item.body_code is not None),
        agreed=[Organizer(office=row.office, party=row.party_id) for row in agreements],
        made_final=any(row.made_final for row in agreements),
        version=sum(item.version for item in items),
    )


def day_of_offices(opens: PartialDate | None, day: date) -> date:
    """Whoever is in office on the day is asked; of a meeting that has opened, whoever was when it did."""
    return day if opens is None else min(day, opens.earliest)


async def _programme(unit: Unit, meeting: Mapping[str, Any], items: Sequence[Any], today: date) -> Programme:
    return programme(
        items=items,
        agreements=await _agreements(unit, meeting["code"]),
        terms=await coordinator_terms(unit),
        formal=await formal_meetings(unit),
        day=day_of_offices(meeting["starts_on"], today),
    )


async def _items(unit: Unit, meeting: str) -> Sequence[Any]:
    item = db.AgendaItem
    return await unit.rows(
        select(col(item.id), col(item.number), col(item.parent_id), col(item.body_code), col(item.version)).where(
            col(item.meeting_code) == meeting
        )
    )


async def _agreements(unit: Unit, meeting: str) -> Sequence[Any]:
    agreement = db.ProgrammeAgreement
    return await unit.rows(
        select(col(agreement.id), col(agreement.office), col(agreement.party_id), col(agreement.made_final)).where(
            col(agreement.meeting_code) == meeting, col(agreement.voided_at).is_(None)
        )
    )


def _within(items: Sequence[Any], item: str) -> set[str]:
    """The item, and all that stand under it."""
    found, last = {item}, 0
    while len(found) > last:
        last = len(found)
        found |= {each.id for each in items if each.parent_id in found}
    return found


def _above(items: Sequence[Any], parent: str | None) -> list[str]:
    """The Working Groups and themes of an item and of those above it."""
    by_id = {item.id: item for item in items}
    found = []
    while parent is not None:
        item = by_id[parent]
        if item.body_code is not None:
            found.append(item.body_code)
        parent = item.parent_id
    return found


# ---------- the acts ----------


async def add(
    context: Context,
    *,
    meeting: str,
    number: str,
    title: LocalizedText,
    parent: str | None,
    portfolio: str | None,
    subject: ReviewSubject | None,
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Put an item on an agenda; that of an intersessional meeting is its programme, and agreed anew."""
    async with context.act(Act.ADD_AGENDA_ITEM, validate_only=validate_only) as unit:
        held = await _edited(unit, context.actor, meeting)
        await _known(unit, portfolio)
        against = [] if subject is None or held["kind_code"] == _REVIEWS else [("subject", _NO_REVIEW)]
        items = await _items(unit, meeting)
        place = await _place(unit, context.actor, meeting, items, number, parent, against)
        key = new_id()
        item = {
            "id": key,
            "meeting_code": meeting,
            **place,
            "title": title,
            "body_code": portfolio,
            "subject": subject,
            "visibility": held["visibility"],
        }
        placed = [Placed(portfolio=portfolio, above=_above(items, parent))]
        evaluations = await _judged(unit, context, held, items, placed)
        await unit.keep(db.AgendaItem, [item])
        await _edit(unit, context, held, Act.ADD_AGENDA_ITEM, key, evaluations)
    return None if validate_only else key, evaluations


async def move(
    context: Context,
    *,
    item: str,
    number: str,
    parent: str | None,
    expected_version: int,
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Give an item another number, or another place in the tree; what stands under it goes with it."""
    async with context.act(Act.MOVE_AGENDA_ITEM, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.AgendaItem, item, expected_version)
        meeting = row["meeting_code"]
        held = await _edited(unit, context.actor, meeting)
        items = await _items(unit, meeting)
        within = _within(items, item)
        against = [("parent", "It can not stand under itself.")] if parent in within else []
        place = await _place(unit, context.actor, meeting, items, number, parent, against, without=item)
        moved = [
            SimpleNamespace(
                id=each.id, parent_id=parent if each.id == item else each.parent_id, body_code=each.body_code
            )
            for each in items
        ]
        placed = [
            Placed(portfolio=each.body_code, above=_above(moved, each.parent_id)) for each in moved if each.id in within
        ]
        evaluations = await _judged(unit, context, held, items, placed)
        if place["number"] == row["number"] and parent == row["parent_id"]:
            # It is no other programme, and no other agenda: what was agreed and adopted holds.
            raise already("stands there", row)
        await unit.change(db.AgendaItem, [((item,), place)])
        await _edit(unit, context, held, Act.MOVE_AGENDA_ITEM, item, evaluations)
    return None if validate_only else item, evaluations


async def adopt(
    context: Context,
    meeting: str,
    *,
    on: date | None,
    decision: str | None,
    expected_version: int,
    validate_only: bool = False,
) -> str | None:
    """Record that the meeting has adopted its agenda; what is changed of it afterwards is a revision."""
    async with context.act(Act.ADOPT_AGENDA, validate_only=validate_only) as unit:
        held = await find_seen(unit, context.actor, db.Meeting, meeting, expected_version)
        still(held, without=_NOT_SITTING)
        day = on or min(context.today, opening(held, context.today))
        last = None if held["starts_on"] is None else (held["ends_on"] or held["starts_on"]).latest
        against = []
        if day > context.today or (last is not None and not held["starts_on"].earliest <= day <= last):
            against.append(("on", "A day on which the meeting sat."))
        if not await _items(unit, meeting):
            against.append(("meeting", "There is nothing on its agenda yet."))
        if decision is not None:
            taken = await find_seen(unit, context.actor, db.Decision, decision)
            if taken["meeting_code"] not in (meeting, held["part_of_code"]):
                against.append(("decision", "It is one of another meeting."))
        if against:
            raise Invalid(*against)
        if await unit.row(db.AgendaAdoption, (meeting,)) is not None:
            raise Conflict("It has adopted its agenda already.", code="DUPLICATE")
        adoption = {
            "meeting_code": meeting,
            "adopted_on": day,
            "decision_id": decision,
            "visibility": held["visibility"],
        }
        await unit.keep(db.AgendaAdoption, [adoption])
    return None if validate_only else meeting


async def _edited(unit: Unit, actor: Actor, meeting: str) -> Mapping[str, Any]:
    """The meeting, where the caller may edit its agenda at all; of an intersessional one, a rule says who may."""
    held = await find_seen(unit, actor, db.Meeting, meeting)
    if held["kind_code"] != INTERSESSIONAL and not actor.is_isu:
        raise Forbidden("The President and the Coordinators edit the agenda of intersessional meetings alone.")
    still(held, without=frozenset({MeetingStatus.CANCELLED}) if actor.is_isu else _BOTH)
    if not actor.is_isu and await unit.row(db.AgendaAdoption, (meeting,)) is not None:
        raise Forbidden("The meeting has adopted its agenda: the meeting alone revises it, and the ISU records that.")
    return held


async def _place(
    unit: Unit,
    actor: Actor,
    meeting: str,
    items: Sequence[Any],
    number: str,
    parent: str | None,
    against: Sequence[tuple[str, str]],
    *,
    without: str | None = None,
) -> dict[str, Any]:
    """Number and parent of an item, as they are kept; with whatever else stands against it."""
    number = number.strip()
    above = None if parent is None else await find_seen(unit, actor, db.AgendaItem, parent, member="parent")
    found = [("number", reason) for reason in text.against(number, _LONGEST_NUMBER)]
    if above is not None and above["meeting_code"] != meeting:
        found.append(("parent", "It is on the agenda of another meeting."))
    found += against
    if found:
        raise Invalid(*found)
    if any(each.number == number for each in items if each.id != without):
        raise Conflict("The meeting has an item of this number already.", code="DUPLICATE")
    return {"number": number, "number_order": number_order(number), "parent_id": parent}


async def _judged(
    unit: Unit, context: Context, held: Mapping[str, Any], items: Sequence[Any], placed: Sequence[Placed]
) -> tuple[Evaluation, ...]:
    is_intersessional = held["kind_code"] == INTERSESSIONAL
    addition = Addition(
        meeting_kind=held["kind_code"],
        items=placed,
        programme=await _programme(unit, held, items, context.today) if is_intersessional else None,
        by=None if context.actor.is_isu else context.actor.party,
    )
    evaluations = await judged(unit, ADDITION, addition, opening(held, context.today))
    if not evaluations and not context.actor.is_isu:
        raise Forbidden("There was no mandate yet by which others than the ISU edit it.")
    return evaluations


async def _edit(
    unit: Unit, context: Context, held: Mapping[str, Any], act: Act, item: str, evaluations: Sequence[Evaluation]
) -> None:
    """It is another programme now, and another agenda than the one that was adopted."""
    meeting, voided = held["code"], {"voided_at": instant()}
    await unit.change(db.ProgrammeAgreement, [((each.id,), voided) for each in await _agreements(unit, meeting)])
    if await unit.row(db.AgendaAdoption, (meeting,)) is not None:
        await unit.change(db.AgendaAdoption, [((meeting,), {"revised_on": context.today})])
    await keep_judgement(
        unit, act, db.AgendaItem, item, evaluations, today=context.today, visibility=held["visibility"]
    )


async def agree(
    context: Context, *, meeting: str, on_behalf_of: str | None, expected_version: int, validate_only: bool = False
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Agree to the programme as it was read: an organizer for themselves, the ISU for whoever holds an office."""
    async with context.act(Act.AGREE_PROGRAMME, validate_only=validate_only) as unit:
        actor = context.actor
        held = await find_seen(unit, actor, db.Meeting, meeting)
        if held["kind_code"] != INTERSESSIONAL:
            raise Invalid(
                ("meeting", "It is no intersessional meeting: only of these is there a programme to agree to.")
            )
        still(held, without=_BOTH)
        await _known(unit, None if on_behalf_of == PRESIDENT else on_behalf_of)
        if actor.is_isu and on_behalf_of is None:
            raise Invalid(("onBehalfOf", "Say for whom: PRESIDENT, or the code of a Working Group or theme."))
        items = await _items(unit, meeting)
        if not items:
            raise Invalid(("meeting", "There is nothing on its agenda yet."))
        stands = await _programme(unit, held, items, context.today)
        if stands.version != expected_version:
            raise Stale(stands.version)
        agreement = Agreement(programme=stands, office=on_behalf_of, by=None if actor.is_isu else actor.party)
        evaluations = await judged(unit, AGREEMENT, agreement, opening(held, context.today))
        new = [each for each in agreement.speaks_for if each not in stands.agreed]
        if not evaluations:
            raise Invalid(("meeting", "There was no mandate yet by which its programme is agreed."))
        if not new:
            raise Conflict("They have agreed to the programme as it stands already.", code="DUPLICATE")
        final = not [each for each in stands.awaited if each not in new]
        agreed = {"meeting_code": meeting, "agreed_at": instant(), "made_final": final}
        rows = [{"id": new_id(), "office": each.office, "party_id": each.party, **agreed} for each in new]
        await unit.keep(db.ProgrammeAgreement, rows)
        await keep_judgement(
            unit,
            Act.AGREE_PROGRAMME,
            db.Meeting,
            meeting,
            evaluations,
            today=context.today,
            visibility=held["visibility"],
        )
    return None if validate_only else meeting, evaluations


async def _known(unit: Unit, portfolio: str | None) -> None:
    if portfolio is not None and all(each.code != portfolio for each in await portfolios(unit)):
        raise NotFound("There is no such Working Group or theme.")
