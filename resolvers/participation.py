"""Who is invited, who is registered, and who came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db.table import Kept, new_id
from db.unit import Unit
from mandate.actor import Act, Actor, Capacity, Visibility
from mandate.meeting import COMMITTEE, INTERSESSIONAL, InviteCategory, MeetingStatus
from mandate.participation import REGISTRATION, ParticipationRole, Registration, category_of
from mandate.party import PartyKind
from mandate.rule import Evaluation
from resolvers.context import Context, find_seen
from resolvers.error import Conflict, Forbidden, Invalid, NotFound
from resolvers.meeting import opening, still
from resolvers.office import bound_of, named_person
from resolvers.rule import judged, keep_judgement

_CANCELLED = frozenset({MeetingStatus.CANCELLED})
_SEEN_BY = Visibility.CONCERNED
"""By the party whose people they are, and the ISU.

Not by all participants: a person belongs to no meeting, and a delegation sees what it has just registered although it
was no participant when it asked.
"""


async def register(
    context: Context,
    *,
    meeting: str,
    party: str,
    person: str | None,
    full_name: str | None,
    role: ParticipationRole,
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Register somebody for a meeting; a name that is new is a new person, as visible as the participation."""
    async with context.act(Act.REGISTER_PARTICIPANT, party=party, validate_only=validate_only) as unit:
        actor, today = context.actor, context.today
        if await unit.row(db.Party, (party,)) is None:
            raise NotFound("There is no such party.")
        held = await find_seen(unit, actor, db.Meeting, meeting)
        # Who took part is entered afterwards by the ISU alone: it opens what is for participants.
        still(held, without=_CANCELLED if actor.is_isu else _CANCELLED | {MeetingStatus.CLOSED})
        if held["kind_code"] == COMMITTEE and not actor.is_isu:
            await _comes_to_the_committee(unit, actor, meeting, party)
        day = opening(held, today)
        category = await _category(unit, party, day)
        if not actor.is_isu and held["kind_code"] not in (COMMITTEE, INTERSESSIONAL):
            await _is_invited(unit, meeting, category)
        registration = Registration(meeting_kind=held["kind_code"], party=party, category=category)
        evaluations = await judged(unit, REGISTRATION, registration, day)
        named = await _named(unit, actor, party, person, full_name)
        same = await unit.rows(
            select(col(db.Participation.id)).where(
                col(db.Participation.meeting_code) == meeting,
                col(db.Participation.party_id) == party,
                col(db.Participation.person_id) == named,
            )
        )
        if same:
            raise Conflict("They are registered for this meeting already.", code="DUPLICATE")
        key = new_id()
        participation = {
            "id": key,
            "meeting_code": meeting,
            "party_id": party,
            "person_id": named,
            "role": role,
            "category": category,
            "registered_on": today,
            "visibility": _SEEN_BY,
        }
        await unit.keep(db.Participation, [participation])
        await _concern(unit, db.Participation, key, party)
        await keep_judgement(
            unit, Act.REGISTER_PARTICIPANT, db.Participation, key, evaluations, today=today, visibility=_SEEN_BY
        )
    return None if validate_only else key, evaluations


async def record_attendance(
    context: Context, *, participation: str, attended: bool, expected_version: int, validate_only: bool = False
) -> str | None:
    """Whether somebody who was registered came."""
    async with context.act(Act.RECORD_ATTENDANCE, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Participation, participation, expected_version)
        held = await unit.row(db.Meeting, (row["meeting_code"],))
        assert held is not None  # noqa: S101  the key refers to it
        if held["starts_on"] is None or held["starts_on"].earliest > context.today:
            raise Invalid(("attended", f"The meeting opens on {held['starts_on'] or 'a day not known yet'}."))
        await unit.change(db.Participation, [((participation,), {"attended": attended})])
    return None if validate_only else participation


async def invite(
    context: Context, *, meeting: str, categories: Sequence[InviteCategory], validate_only: bool = False
) -> str | None:
    """Record which categories are invited to a meeting, beside those that are."""
    async with context.act(Act.INVITE_TO_MEETING, validate_only=validate_only) as unit:
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        still(held, without=_CANCELLED)
        if held["kind_code"] == COMMITTEE:
            raise Invalid(("meeting", "The Coordination Committee invites parties, by inviteToCommitteeMeeting."))
        if not categories:
            raise Invalid(("categories", "One at least."))
        if len(set(categories)) < len(categories):
            raise Invalid(("categories", "The same is named twice."))
        invited = await unit.rows(
            select(col(db.Invitation.category)).where(
                col(db.Invitation.meeting_code) == meeting, col(db.Invitation.category).in_(list(categories))
            )
        )
        if invited:
            names = ", ".join(sorted(row.category for row in invited))
            raise Conflict(f"Invited already: {names}.", code="DUPLICATE")
        new = [{"meeting_code": meeting, "category": each, "invited_on": context.today} for each in categories]
        await unit.keep(db.Invitation, new)
    return None if validate_only else meeting


async def invite_to_committee(
    context: Context, *, meeting: str, party: str, validate_only: bool = False
) -> tuple[str | None, str | None]:
    """Record that the Coordination Committee asks a party to assist it at a meeting of it."""
    async with context.act(Act.INVITE_TO_COMMITTEE_MEETING, validate_only=validate_only) as unit:
        if await unit.row(db.Party, (party,)) is None:
            raise NotFound("There is no such party.")
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        still(held, without=_CANCELLED)
        if held["kind_code"] != COMMITTEE:
            raise Invalid(("meeting", "It is no meeting of the Coordination Committee."))
        if await unit.row(db.CommitteeInvitation, (meeting, party)) is not None:
            raise Conflict("The party is invited to this meeting already.", code="DUPLICATE")
        new = {"meeting_code": meeting, "party_id": party, "invited_on": context.today}
        await unit.keep(db.CommitteeInvitation, [new])
    return (None, None) if validate_only else (meeting, party)


async def _comes_to_the_committee(unit: Unit, actor: Actor, meeting: str, party: str) -> None:
    """Its members and those invited; else whoever registers would see what is for its participants."""
    if Capacity.COMMITTEE_MEMBER in actor.capacities:
        return
    if await unit.row(db.CommitteeInvitation, (meeting, party)) is None:
        raise Forbidden("To a meeting of the Coordination Committee come its members and those invited.")


async def _is_invited(unit: Unit, meeting: str, category: InviteCategory | None) -> None:
    """Whoever registers sees what is for participants: only an intersessional meeting is open to all."""
    if category is None or await unit.row(db.Invitation, (meeting, category)) is None:
        raise Forbidden("The party is in no category that is invited to this meeting; the ISU registers others.")


async def _category(unit: Unit, party: str, day: date) -> InviteCategory | None:
    """Of a State, as it stands on the day."""
    kind, _, code = party.partition(":")
    is_state_party, organisation_kind = False, None
    if kind == PartyKind.STATE:
        since, until = (await bound_of(unit, [code])).get(code, (None, None))
        is_state_party = since is not None and since <= day and (until is None or day < until)
    else:
        organisation = await unit.row(db.Organisation, (code,))
        organisation_kind = None if organisation is None else organisation["kind_code"]
    return category_of(PartyKind(kind), is_state_party=is_state_party, organisation_kind=organisation_kind)


async def _named(unit: Unit, actor: Actor, party: str, person: str | None, full_name: str | None) -> str:
    """Somebody on record whom the caller may see, or a new person of that name, whom the party sees."""
    if (person is None) == (full_name is None):
        raise Invalid(("fullName", "Give a person on record, or the name of one who is not."))
    named = await named_person(unit, actor, person, full_name, _SEEN_BY)
    assert named is not None  # noqa: S101  one of the two is given
    if person is None:
        await _concern(unit, db.Person, named, party)
    return named


async def _concern(unit: Unit, table: type[Kept], key: str, party: str) -> None:
    about: dict[str, Any] = {"subject_type": table.__tablename__, "subject_key": key, "party_id": party}
    await unit.keep(db.Concern, [about])
