"""The Coordination Committee on a day: nobody's table, computed from the terms that cover it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

import db
from db.office import ON_A_DAY, held_on
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
from mandate.rule import Adoption, RuleSet, adoptions, in_force_on
from resolvers.context import Asks
from resolvers.office import PRESIDENT, affected_on, coordinator_terms, in_turn, portfolios
from resolvers.reading import Reader
from resolvers.rule import adopted_versions, adoption, named_rule_set

_SEATED = ("president", "president_designate", "coordinator", "committee_representative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee:
    as_of: date
    rule_set: RuleSet
    seats: Sequence[CommitteeSeat]
    vacancies: Sequence[Vacancy]

    @property
    def chair(self) -> CommitteeSeat | None:
        return next((seat for seat in self.seats if seat.role is CommitteeRole.PRESIDENT), None)


async def committee_on(
    reader: Reader, day: date, named: str | None, *, with_vacancies: bool = True
) -> Committee | None:
    """None before there was a mandate to have one by."""
    decided, composition = await _composition(reader, day)
    rule_set = in_force_on(day, decided) if named is None else named_rule_set(named)
    if rule_set is None:
        return None
    return Committee(
        as_of=day,
        rule_set=rule_set,
        seats=members(composition, rule_set.rules["committee-members"].parameters),
        vacancies=await upcoming_vacancies(reader, day, day, rule_set) if with_vacancies else (),
    )


async def members_on(asks: Asks, day: date, rule_set: RuleSet) -> tuple[str | None, list[str]]:
    """The party of the President in office, and those of all members."""
    _, composition = await _composition(asks, day)
    seats = members(composition, rule_set.rules["committee-members"].parameters)
    parties = [seat.party for seat in seats if seat.capacity is CommitteeCapacity.MEMBER and seat.party is not None]
    return None if composition.president is None else composition.president.party, parties


async def _composition(asks: Asks, day: date) -> tuple[Sequence[Adoption], Composition]:
    """And the versions of the mandate that say of what it is composed."""
    adopted, rows, invitations = await asks.rows_of_each(
        adopted_versions, _terms, _invitations, day=PartialDate.of(day)
    )
    decided = [adoption(row) for row in adopted]
    president, next_ = in_turn(rows, day)
    designate = None if next_ is None else _held(next_) if next_.held else _to_come(next_)
    outgoing = None
    for row in rows:
        # Whoever left before the first day never presided.
        presided = row.role_code == "president" and row.starts_on != row.ends_on
        if president is not None and presided and row.ends_on == president.starts_on:
            # Its seat as the outgoing one begins when the next one's does, and ends with it.
            outgoing = _held(row)._replace(since=president.starts_on, until=president.ends_on)
    representatives: dict[str, list[Holding]] = {}
    for row in rows:
        if row.role_code == "committee_representative":
            representatives.setdefault(row.party_id.partition(":")[2], []).append(_held(row))
    coordinators = sorted((row for row in rows if row.role_code == "coordinator"), key=lambda row: row.position)
    return decided, Composition(
        president=None if president is None else _held(president),
        designate=designate,
        outgoing=outgoing,
        coordinators=[_held(row) for row in coordinators],
        representatives=representatives,
        invited=_invited(invitations, day),
        since=PartialDate.of(adoptions(decided)[0].effective_from),
    )


def _terms(_asks: Asks) -> Executable:
    """Those that are held on the day; of Presidents also whoever went before, and whoever comes next."""
    term, held, role = db.OfficeTerm, held_on(ON_A_DAY), col(db.Office.role_code)
    return (
        select(
            col(term.id),
            col(term.office_code),
            col(term.party_id),
            col(term.person_id),
            col(term.starts_on),
            col(term.ends_on),
            role,
            col(db.Body.code).label("body_code"),
            col(db.Body.kind),
            col(db.Body.position),
            held.label("held"),
        )
        .join(db.Office, col(db.Office.code) == col(term.office_code))
        .outerjoin(db.Body, col(db.Body.code) == col(db.Office.body_code))
        # Said of the term itself, so that most terms are passed by before anything is joined to them.
        .where(or_(held, _goes_before_or_comes_next()), role.in_(_SEATED))
        .order_by(col(term.starts_on), col(term.id))
    )


def _goes_before_or_comes_next() -> ColumnElement[bool]:
    """Of the terms of Presidents, where the one of the day is known of itself."""
    term, other = db.OfficeTerm, aliased(db.OfficeTerm)
    presides, begins = col(other.office_code) == PRESIDENT, col(other.starts_on)
    coming = and_(begins > ON_A_DAY, begins.is_distinct_from(col(other.ends_on)))
    next_ = select(func.min(begins)).where(presides, coming).scalar_subquery()
    current = select(begins).where(presides, held_on(ON_A_DAY, other))
    return and_(col(term.office_code) == PRESIDENT, or_(col(term.starts_on) == next_, col(term.ends_on).in_(current)))


def _invited(rows: Sequence[Any], day: date) -> list[Holding]:
    """Parties asked to assist at a meeting of the Committee that sits on the day, and that the caller may know of."""
    return [
        Holding(
            term=None,
            party=row.party_id,
            since=row.starts_on,
            until=PartialDate.of((row.ends_on or row.starts_on).latest + timedelta(days=1)),
        )
        for row in rows
        if row.starts_on is not None and row.starts_on.earliest <= day <= (row.ends_on or row.starts_on).latest
    ]


def _invitations(asks: Asks) -> Executable:
    """With the days of the meeting, where it stands and the caller may know of it; there are few, and many meetings."""
    invitation, meeting = db.CommitteeInvitation, db.Meeting
    stands = col(meeting.status).not_in([MeetingStatus.CANCELLED, MeetingStatus.POSTPONED])
    of_it = and_(col(meeting.code) == col(invitation.meeting_code), stands, *asks.sees(meeting))
    return (
        select(col(invitation.party_id), col(meeting.starts_on), col(meeting.ends_on))
        .outerjoin(meeting, of_it)
        .order_by(col(invitation.party_id))
    )


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
