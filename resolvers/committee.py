"""The Coordination Committee on a day: nobody's table, computed from the terms that cover it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db.office import held_on
from mandate.committee import (
    CommitteeCapacity,
    CommitteeRole,
    CommitteeSeat,
    Composition,
    Holding,
    Vacancy,
    members,
    vacancies,
)
from mandate.day import PartialDate
from mandate.meeting import MeetingStatus
from mandate.rule import RuleSet, adoptions
from resolvers.context import Asks
from resolvers.office import affected_on, coordinator_terms, in_turn, portfolios
from resolvers.reading import Reader
from resolvers.rule import adopted, rule_set_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee:
    as_of: date
    rule_set: RuleSet
    seats: Sequence[CommitteeSeat]
    vacancies: Sequence[Vacancy]

    @property
    def chair(self) -> CommitteeSeat | None:
        return next((seat for seat in self.seats if seat.role is CommitteeRole.PRESIDENT), None)


async def committee_on(reader: Reader, day: date, named: str | None) -> Committee | None:
    """None before there was a mandate to have one by."""
    rule_set = await rule_set_on(reader, day, named)
    if rule_set is None:
        return None
    composition = await _composition(reader, day)
    return Committee(
        as_of=day,
        rule_set=rule_set,
        seats=members(composition, rule_set.rules["committee-members"].parameters),
        vacancies=await upcoming_vacancies(reader, day, day, rule_set),
    )


async def members_on(asks: Asks, day: date, rule_set: RuleSet) -> tuple[str | None, list[str]]:
    """The party of the President in office, and those of all members."""
    composition = await _composition(asks, day)
    seats = members(composition, rule_set.rules["committee-members"].parameters)
    parties = [seat.party for seat in seats if seat.capacity is CommitteeCapacity.MEMBER and seat.party is not None]
    return None if composition.president is None else composition.president.party, parties


async def _composition(asks: Asks, day: date) -> Composition:
    term = db.OfficeTerm
    rows = await asks.rows(
        select(
            col(term.id),
            col(term.office_code),
            col(term.party_id),
            col(term.person_id),
            col(term.starts_on),
            col(term.ends_on),
            col(db.Office.role_code),
            col(db.Body.code).label("body_code"),
            col(db.Body.kind),
            col(db.Body.position),
            held_on(day).label("held"),
        )
        .join(db.Office, col(db.Office.code) == col(term.office_code))
        .outerjoin(db.Body, col(db.Body.code) == col(db.Office.body_code))
        .where(
            col(db.Office.role_code).in_(
                ["president", "president_designate", "coordinator", "committee_representative"]
            )
        )
        .order_by(col(term.starts_on), col(term.id))
    )
    president, next_ = in_turn(rows, day)
    designate = None if next_ is None else _held(next_) if next_.held else _to_come(next_)
    outgoing = None
    for row in rows:
        if president is not None and row.role_code == "president" and row.ends_on == president.starts_on:
            # Its seat as the outgoing one begins when the next one's does, and ends with it.
            outgoing = replace(_held(row), since=president.starts_on, until=president.ends_on)
    representatives: dict[str, list[Holding]] = {}
    for row in rows:
        if row.role_code == "committee_representative" and row.held:
            representatives.setdefault(row.party_id.partition(":")[2], []).append(_held(row))
    coordinators = sorted(
        (row for row in rows if row.role_code == "coordinator" and row.held), key=lambda row: row.position
    )
    begun = adoptions(await adopted(asks))[0].effective_from
    return Composition(
        president=None if president is None else _held(president),
        designate=designate,
        outgoing=outgoing,
        coordinators=[_held(row) for row in coordinators],
        representatives=representatives,
        invited=await _invited(asks, day),
        since=PartialDate.of(begun),
    )


async def _invited(asks: Asks, day: date) -> list[Holding]:
    """Parties asked to assist at a meeting of the Committee that sits on the day, and that the caller may know of."""
    rows = await asks.rows(
        select(col(db.CommitteeInvitation.party_id), col(db.Meeting.starts_on), col(db.Meeting.ends_on))
        .join(db.Meeting, col(db.Meeting.code) == col(db.CommitteeInvitation.meeting_code))
        .where(
            col(db.Meeting.starts_on).is_not(None),
            col(db.Meeting.status).not_in([MeetingStatus.CANCELLED, MeetingStatus.POSTPONED]),
            *asks.sees(db.Meeting),
        )
        .order_by(col(db.CommitteeInvitation.party_id))
    )
    return [
        Holding(
            term=None,
            party=row.party_id,
            since=row.starts_on,
            until=PartialDate.of((row.ends_on or row.starts_on).latest + timedelta(days=1)),
        )
        for row in rows
        if row.starts_on.earliest <= day <= (row.ends_on or row.starts_on).latest
    ]


def _held(row: Any) -> Holding:
    coordinates = row.role_code == "coordinator"
    return Holding(
        term=row.id,
        party=row.party_id,
        person=row.person_id,
        portfolio=row.body_code if coordinates else None,
        kind=row.kind if coordinates else None,
        since=row.starts_on,
        until=row.ends_on,
    )


def _to_come(row: Any) -> Holding:
    """Who presides next is designated, though nobody recorded since when."""
    return Holding(term=row.id, party=row.party_id, person=row.person_id, since=None, until=row.starts_on)


async def upcoming_vacancies(reader: Reader, day: date, before: date, rule_set: RuleSet) -> list[Vacancy]:
    """Seats free on the day, or falling free before another."""
    return vacancies(
        await portfolios(reader),
        await coordinator_terms(reader),
        day,
        before,
        await affected_on(reader, day),
        rule_set,
    )
