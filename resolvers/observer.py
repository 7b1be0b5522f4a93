"""Organisations ask to observe a meeting, are invited provisionally, and admitted by the meeting itself (rule 1.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Executable, bindparam, select
from sqlmodel import col

import db
from db.dialect import among, keys_to_come
from db.table import new_id
from db.unit import Unit
from mandate.actor import Act, Capacity, Visibility
from mandate.decision import FORMAL_MEETINGS
from mandate.meeting import MeetingStatus
from mandate.observer import NEXT, ObserverStatus, stands, status_at
from mandate.participation import ParticipationStatus, category_of
from mandate.party import PartyKind, code_of
from resolvers.context import Context, find_seen
from resolvers.error import Conflict, Invalid, NotFound, out_of_turn
from resolvers.meeting import still
from resolvers.office import in_turn_on
from resolvers.text import against_prose

_LONGEST_PURPOSE = 2_000
_CANCELLED = frozenset({MeetingStatus.CANCELLED})
_OVER = _CANCELLED | {MeetingStatus.CLOSED}


async def statuses(unit: Unit, meeting: Mapping[str, Any], parties: Collection[str]) -> dict[str, ObserverStatus]:
    """Of organisations, at one meeting; who is not in it has asked for nothing."""
    wanted = sorted(parties)
    standing = await unit.rows_of(_standing, parties=wanted)
    found = {row.party_id: ObserverStatus.STANDING for row in standing if stands(row.observer_basis)}
    asked = await unit.rows_of(_of_meeting, meeting=meeting["code"], parties=wanted)
    return {row.party_id: status_at(row.status, meeting["status"]) for row in asked} | found


def _standing(_unit: Unit) -> Executable:
    organisation = db.Organisation
    return select(col(organisation.party_id), col(organisation.observer_basis)).where(
        among(col(organisation.party_id), keys_to_come("parties"))
    )


def _of_meeting(_unit: Unit) -> Executable:
    observer = db.MeetingObserver
    return select(col(observer.party_id), col(observer.status)).where(
        col(observer.meeting_code) == bindparam("meeting"), among(col(observer.party_id), keys_to_come("parties"))
    )


async def request(
    context: Context, *, meeting: str, organisation: str, purpose: str, validate_only: bool = False
) -> str | None:
    """Ask to observe a meeting; the President-designate and the ISU learn of it, and nobody else."""
    async with context.act(Act.REQUEST_OBSERVER_STATUS, party=organisation, validate_only=validate_only) as unit:
        code = code_of(organisation)
        row = await unit.row(db.Organisation, (code,))
        if row is None:
            raise NotFound("There is no such organisation.")
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        # What was asked at a meeting that is over is entered by the ISU, for the record.
        still(held, without=_CANCELLED if context.actor.is_isu else _OVER)
        against = []
        if held["kind_code"] not in FORMAL_MEETINGS:
            against.append(("meeting", "Meetings of States Parties and Review Conferences have observers (rule 1)."))
        if stands(row["observer_basis"]):
            against.append(("organisation", "It may attend as an observer by rule 1.2."))
        elif category_of(PartyKind.ORGANISATION, is_state_party=False, organisation_kind=row["kind_code"]) is None:
            against.append(("organisation", "Observers are international and regional organisations, and NGOs."))
        against += [("purpose", reason) for reason in against_prose(purpose, _LONGEST_PURPOSE)]
        if against:
            raise Invalid(*against)
        if await _asked(unit, meeting, organisation) is not None:
            raise Conflict("It has asked for this meeting already.", code="DUPLICATE")
        key = new_id()
        asked = {
            "id": key,
            "meeting_code": meeting,
            "party_id": organisation,
            "status": ObserverStatus.REQUESTED,
            "purpose": purpose.strip(),
            "requested_on": context.today,
            "visibility": Visibility.CONCERNED,
        }
        await unit.keep(db.MeetingObserver, [asked])
        _, designate = await in_turn_on(unit, context.today)
        concerned = (
            {organisation} if designate is None or designate.party_id is None else {organisation, designate.party_id}
        )
        about = {"subject_type": db.MeetingObserver.__tablename__, "subject_key": key}
        await unit.keep(db.Concern, [{**about, "party_id": party} for party in sorted(concerned)])
    return None if validate_only else meeting


async def invite(
    context: Context, *, meeting: str, organisation: str, expected_version: int, validate_only: bool = False
) -> str | None:
    """On behalf of the President-designate: the organisation may come, and the meeting will decide."""
    async with context.act(Act.INVITE_OBSERVER_PROVISIONALLY, validate_only=validate_only) as unit:
        held, row = await _pending(unit, context, meeting, organisation, expected_version)
        still(held, without=_OVER)
        await _becomes(unit, held, row, ObserverStatus.PROVISIONAL, invited_on=context.today)
    return None if validate_only else meeting


async def approve(
    context: Context,
    *,
    meeting: str,
    organisation: str,
    decision: str,
    expected_version: int,
    validate_only: bool = False,
) -> str | None:
    """Record that the meeting has admitted an organisation: its people are accredited with it."""
    async with context.act(Act.APPROVE_OBSERVER, validate_only=validate_only) as unit:
        held, row = await _pending(unit, context, meeting, organisation, expected_version)
        decided = await _decided(unit, context, held, decision)
        await _becomes(unit, held, row, ObserverStatus.ADMITTED, decided_on=decided["adopted_on"], decision_id=decision)
        await _people_become(unit, row, ParticipationStatus.ACCREDITED, {ParticipationStatus.PROVISIONAL})
    return None if validate_only else meeting


async def refuse(
    context: Context,
    *,
    meeting: str,
    organisation: str,
    decision: str | None,
    expected_version: int,
    validate_only: bool = False,
) -> str | None:
    """Not to invite an organisation, or, by a decision of the meeting, not to admit one that was invited."""
    async with context.act(Act.REFUSE_OBSERVER, validate_only=validate_only) as unit:
        held, row = await _pending(unit, context, meeting, organisation, expected_version)
        day = context.today
        if decision is not None:
            day = (await _decided(unit, context, held, decision))["adopted_on"]
        elif row["status"] is ObserverStatus.PROVISIONAL:
            raise Invalid(("decision", "It was invited: the meeting decides."))
        await _becomes(unit, held, row, ObserverStatus.REFUSED, decided_on=day, decision_id=decision)
        await _people_become(unit, row, ParticipationStatus.REVOKED, set(ParticipationStatus))
    return None if validate_only else meeting


async def _pending(
    unit: Unit, context: Context, meeting: str, organisation: str, expected_version: int
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The meeting and the request: whoever may do these acts knows of all requests, whenever they were designated."""
    held = await find_seen(unit, context.actor, db.Meeting, meeting)
    still(held, without=_CANCELLED)
    if not context.actor.is_isu:
        await _designated_for(unit, context, held)
    asked = await _asked(unit, meeting, organisation)
    if asked is None:
        raise NotFound("The organisation has not asked to observe this meeting.")
    row = await unit.row(db.MeetingObserver, (asked,), expected_version)
    assert row is not None  # noqa: S101  its id was just read
    return held, row


async def _designated_for(unit: Unit, context: Context, held: Mapping[str, Any]) -> None:
    """A President-designate is one of the meeting that comes next, and of no later one."""
    following = await unit.rows(
        select(col(db.Meeting.code))
        .where(
            col(db.Meeting.kind_code).in_(sorted(FORMAL_MEETINGS)),
            col(db.Meeting.starts_on).is_not(None),
            col(db.Meeting.status).in_([MeetingStatus.TENTATIVE, MeetingStatus.CONFIRMED, MeetingStatus.POSTPONED]),
        )
        .order_by(col(db.Meeting.starts_on), col(db.Meeting.code))
        .limit(1)
    )
    if Capacity.PRESIDENT_DESIGNATE not in context.actor.capacities or held["code"] not in {r.code for r in following}:
        raise NotFound("The organisation has not asked to observe this meeting.")


async def _asked(unit: Unit, meeting: str, organisation: str) -> str | None:
    rows = await unit.rows(
        select(col(db.MeetingObserver.id)).where(
            col(db.MeetingObserver.meeting_code) == meeting, col(db.MeetingObserver.party_id) == organisation
        )
    )
    return rows[0].id if rows else None


async def _decided(unit: Unit, context: Context, held: Mapping[str, Any], decision: str) -> Mapping[str, Any]:
    taken = await find_seen(unit, context.actor, db.Decision, decision)
    if taken["meeting_code"] != held["code"]:
        raise Invalid(("decision", "It is one of another meeting: each admits its own observers."))
    return taken


async def _becomes(
    unit: Unit, held: Mapping[str, Any], row: Mapping[str, Any], status: ObserverStatus, **given: Any
) -> None:
    was = row["status"]
    if status not in NEXT[was]:
        raise out_of_turn("The request is", was, version=row["version"], allowed=NEXT[was])
    await unit.change(db.MeetingObserver, [((row["id"],), {"status": status, **given})])
    if was is not ObserverStatus.REQUESTED or status is ObserverStatus.PROVISIONAL:
        # That it was invited is known from then on; a request that led to nothing is not. By itself, for the journal.
        await unit.change(db.MeetingObserver, [((row["id"],), {"visibility": held["visibility"]})])


async def _people_become(
    unit: Unit, row: Mapping[str, Any], status: ParticipationStatus, which: Collection[ParticipationStatus]
) -> None:
    people = await unit.rows(
        select(col(db.Participation.id)).where(
            col(db.Participation.meeting_code) == row["meeting_code"],
            col(db.Participation.party_id) == row["party_id"],
            col(db.Participation.status).in_(sorted(which)),
        )
    )
    await unit.change(db.Participation, [((each.id,), {"status": status}) for each in people])
