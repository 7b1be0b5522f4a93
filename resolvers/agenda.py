"""Agendas are built item by item; the organizers of an intersessional meeting agree to its programme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db.party import party_id
from db.table import new_id
from db.unit import Unit, instant
from mandate.actor import Act
from mandate.agenda import (
    ADDITION,
    AGREEMENT,
    PRESIDENT,
    Addition,
    Agreement,
    Organizer,
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
from resolvers.context import Context, find_seen
from resolvers.error import Conflict, Forbidden, Invalid, NotFound
from resolvers.meeting import opening, still
from resolvers.office import coordinator_terms, formal_meetings, guiding, portfolios
from resolvers.rule import judged, keep_judgement

_LONGEST_NUMBER = 32
_REVIEWS = "review_conference"
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
        select(col(item.id), col(item.number), col(item.parent_id), col(item.body_code)).where(
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
        actor, number = context.actor, number.strip()
        held = await find_seen(unit, actor, db.Meeting, meeting)
        is_intersessional = held["kind_code"] == INTERSESSIONAL
        if not is_intersessional and not actor.is_isu:
            raise Forbidden("The President and the Coordinators edit the agenda of intersessional meetings alone.")
        still(held, without=frozenset({MeetingStatus.CANCELLED}) if actor.is_isu else _BOTH)
        above = None if parent is None else await find_seen(unit, actor, db.AgendaItem, parent)
        await _known(unit, portfolio)
        against = [("number", reason) for reason in text.against(number, _LONGEST_NUMBER)]
        if above is not None and above["meeting_code"] != meeting:
            against.append(("parent", "It is on the agenda of another meeting."))
        if subject is not None and held["kind_code"] != _REVIEWS:
            against.append(("subject", "It is reviewed by a Review Conference."))
        if against:
            raise Invalid(*against)
        items = await _items(unit, meeting)
        if any(item.number == number for item in items):
            raise Conflict("The meeting has an item of this number already.", code="DUPLICATE")
        addition = Addition(
            meeting_kind=held["kind_code"],
            portfolio=portfolio,
            above=_above(items, parent),
            programme=await _programme(unit, held, items, context.today) if is_intersessional else None,
            by=None if actor.is_isu else actor.party,
        )
        evaluations = await judged(unit, ADDITION, addition, opening(held, context.today))
        if not evaluations and not actor.is_isu:
            raise Forbidden("There was no mandate yet by which others than the ISU edit it.")
        key = new_id()
        item = {
            "id": key,
            "meeting_code": meeting,
            "number": number,
            "number_order": number_order(number),
            "title": title,
            "parent_id": parent,
            "body_code": portfolio,
            "subject": subject,
            "visibility": held["visibility"],
        }
        await unit.keep(db.AgendaItem, [item])
        voided = {"voided_at": instant()}
        await unit.change(db.ProgrammeAgreement, [((each.id,), voided) for each in await _agreements(unit, meeting)])
        await keep_judgement(
            unit,
            Act.ADD_AGENDA_ITEM,
            db.AgendaItem,
            key,
            evaluations,
            today=context.today,
            visibility=held["visibility"],
        )
    return None if validate_only else key, evaluations


async def agree(
    context: Context, *, meeting: str, on_behalf_of: str | None, validate_only: bool = False
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Agree to the programme as it stands: an organizer for themselves, the ISU for whoever holds an office."""
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
