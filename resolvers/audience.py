"""Who is meant by an audience on a day, and where and in which language each of them is written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Executable, select
from sqlmodel import col

import db
from db.contact import valid_on
from db.dialect import among, keys_to_come
from db.office import held_on, offices_with
from db.participation import takes_part
from db.treaty_action import status_on
from db.unit import Unit
from mandate.actor import Actor
from mandate.communication import (
    STATUS_OF,
    Addressee,
    Audience,
    AudienceGroup,
    Reachable,
    addressees,
    whom_to_write_to,
)
from mandate.meeting import InviteCategory
from mandate.participation import category_of
from mandate.party import ISU_PARTY, PartyKind
from mandate.treaty_action import TreatyStatusKind
from resolvers.committee import members_on
from resolvers.context import Asks, find_seen
from resolvers.error import Invalid, UserError
from resolvers.office import affected_on
from resolvers.reading import Reader
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY
from resolvers.rule import rule_set_on

_MOST = 500
"""Parties named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A party that is meant, and the point of contact at which it is written to, if it has one."""

    who: Addressee
    contact: Reachable | None


async def addressed(asks: Asks, audience: Audience, today: date) -> list[Addressed]:
    day = audience.as_of or today
    meant = addressees(audience, await _members(asks, audience, day), day)
    contacts = await _contacts(asks, [each.party for each in meant], today)
    return [
        Addressed(who=each, contact=whom_to_write_to(contacts.get(each.party, ()), in_office=each.in_office))
        for each in meant
    ]


async def previewed(reader: Reader, audience: Audience, today: date) -> list[Addressed]:
    """For a question: what is wrong with the audience is a mistake in it."""
    against = [*_against(audience), *await _unknown(reader, audience)]
    if audience.meeting is not None and not against:
        held = await reader.rows(select(col(db.Meeting.code)).where(col(db.Meeting.code) == audience.meeting))
        if not held:
            against.append(("audience.meeting", "There is no such meeting."))
    if against:
        raise UserError(" ".join(f"{path}: {message}" for path, message in against))
    return await addressed(reader, audience, today)


async def check(unit: Unit, actor: Actor, audience: Audience) -> None:
    """What keeps an audience from being written to, for an act."""
    against = [*_against(audience), *await _unknown(unit, audience)]
    if against:
        raise Invalid(*against)
    if audience.meeting is not None:
        await find_seen(unit, actor, db.Meeting, audience.meeting)


def _against(audience: Audience) -> list[tuple[str, str]]:
    found = []
    if not audience.groups and not audience.include:
        found.append(("audience.groups", "Name a group, or somebody in include."))
    if len(set(audience.groups)) < len(audience.groups):
        found.append(("audience.groups", "The same is named twice."))
    if (AudienceGroup.MEETING_PARTICIPANTS in audience.groups) != (audience.meeting is not None):
        found.append(("audience.meeting", "Name a meeting for MEETING_PARTICIPANTS, and for nothing else."))
    if audience.as_of is not None and not FIRST_DAY <= audience.as_of <= LAST_DAY:
        found.append(("audience.asOf", f"Between {FIRST_DAY} and {LAST_DAY}."))
    for name, parties in (("include", audience.include), ("exclude", audience.exclude)):
        if len(parties) > _MOST:
            found.append((f"audience.{name}", f"At most {_MOST}."))
        if len(set(parties)) < len(parties):
            found.append((f"audience.{name}", "The same is named twice."))
    if ISU_PARTY in audience.include:
        found.append(("audience.include", "The ISU does not write to itself."))
    if set(audience.include) & set(audience.exclude):
        found.append(("audience.exclude", "Somebody is both included and excluded."))
    return found


async def _unknown(asks: Asks, audience: Audience) -> list[tuple[str, str]]:
    named = [*audience.include, *audience.exclude][: 2 * _MOST]
    if not named:
        return []
    rows = await asks.rows_of(_parties, parties=named)
    known = {row.id for row in rows}
    return [
        (f"audience.{name}.{place}", "There is no such State or organisation.")
        for name, parties in (("include", audience.include), ("exclude", audience.exclude))
        for place, party in enumerate(parties)
        if party not in known
    ]


def _parties(_asks: Asks) -> Executable:
    return select(col(db.Party.id)).where(among(col(db.Party.id), keys_to_come("parties")))


# ---------- who belongs to a group ----------

_OF_ORGANISATIONS = {
    AudienceGroup.INTERNATIONAL_ORGANISATIONS: InviteCategory.ORGANISATIONS,
    AudienceGroup.NGOS: InviteCategory.NGOS,
}


async def _members(asks: Asks, audience: Audience, day: date) -> Mapping[AudienceGroup, set[str]]:
    found: dict[AudienceGroup, set[str]] = {}
    if any(group in STATUS_OF for group in audience.groups):
        rows = await asks.rows(select(col(db.State.party_id), status_on(day).label("status")))
        for group in audience.groups:
            if group in STATUS_OF:
                found[group] = {row.party_id for row in rows if TreatyStatusKind(row.status) in STATUS_OF[group]}
    if any(group in _OF_ORGANISATIONS for group in audience.groups):
        rows = await asks.rows(select(col(db.Organisation.party_id), col(db.Organisation.kind_code)))
        for group in audience.groups:
            if group in _OF_ORGANISATIONS:
                wanted = _OF_ORGANISATIONS[group]
                found[group] = {row.party_id for row in rows if _category(row.kind_code) is wanted}
    for group in audience.groups:
        match group:
            case AudienceGroup.COORDINATORS:
                found[group] = await _coordinators(asks, day)
            case AudienceGroup.COORDINATION_COMMITTEE:
                rule_set = await rule_set_on(asks, day)
                found[group] = set() if rule_set is None else {*(await members_on(asks, day, rule_set))[1]}
            case AudienceGroup.AFFECTED_STATES:
                found[group] = {f"{PartyKind.STATE}:{code}" for code in await affected_on(asks, day)}
            case AudienceGroup.DONORS:
                found[group] = await _donors(asks, day)
            case AudienceGroup.MEETING_PARTICIPANTS:
                found[group] = await _participants(asks, audience.meeting)
    return found


def _category(kind: str) -> InviteCategory | None:
    return category_of(PartyKind.ORGANISATION, is_state_party=False, organisation_kind=kind)


async def _coordinators(asks: Asks, day: date) -> set[str]:
    term = db.OfficeTerm
    rows = await asks.rows(
        select(col(term.party_id)).where(
            col(term.office_code).in_(offices_with(["coordinator"])), held_on(day), col(term.party_id).is_not(None)
        )
    )
    return {row.party_id for row in rows}


async def _donors(asks: Asks, day: date) -> set[str]:
    """Whoever has pledged or paid for a year that had begun."""
    given = db.Contribution
    rows = await asks.rows(select(col(given.party_id)).where(col(given.year) <= day.year, *asks.sees(given)).distinct())
    return {row.party_id for row in rows if row.party_id.startswith(f"{PartyKind.STATE}:")}


async def _participants(asks: Asks, meeting: str | None) -> set[str]:
    part = db.Participation
    rows = await asks.rows(
        select(col(part.party_id)).where(col(part.meeting_code) == meeting, takes_part(), *asks.sees(part)).distinct()
    )
    return {row.party_id for row in rows}


# ---------- where each is reached ----------


async def _contacts(asks: Asks, parties: Sequence[str], today: date) -> Mapping[str, list[Reachable]]:
    """By party, those valid today that have an address; the first of several addresses is the one written to."""
    rows = await asks.rows_of(_reached, today, parties=list(parties))
    found: dict[str, list[Reachable]] = {}
    for row in rows:
        if row.emails:
            reachable = Reachable(
                id=row.id,
                role=row.role,
                languages=tuple(row.languages),
                address=row.emails[0],
                confirmed_at=row.last_confirmed_at or "",
                valid_from=row.valid_from,
            )
            found.setdefault(row.party_id, []).append(reachable)
    return found


def _reached(asks: Asks, today: date) -> Executable:
    contact = db.Contact
    return select(
        col(contact.id),
        col(contact.party_id),
        col(contact.role),
        col(contact.languages),
        col(contact.emails),
        col(contact.last_confirmed_at),
        col(contact.valid_from),
    ).where(among(col(contact.party_id), keys_to_come("parties")), valid_on(today), *asks.sees(contact))
