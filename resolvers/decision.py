"""Decisions of meetings: how they are recorded, and how an act cites one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import or_, select
from sqlmodel import col

import db
from db.table import new_id
from mandate.actor import Act, Visibility
from mandate.decision import Cited, DecisionMethod
from mandate.meeting import MeetingStatus
from mandate.text import LocalizedText
from resolvers.context import Asks, Context, find
from resolvers.error import Conflict, Invalid, NotFound


async def adopt(
    context: Context,
    *,
    meeting: str,
    number: str,
    title: LocalizedText,
    text: LocalizedText | None,
    adopted_on: date,
    method: DecisionMethod,
    visibility: Visibility,
    validate_only: bool,
) -> str | None:
    """Record what a meeting has decided."""
    async with context.act(Act.ADOPT_DECISION, validate_only=validate_only) as unit:
        held = await find(unit, db.Meeting, meeting)
        against = []
        if held["status"] is MeetingStatus.CANCELLED:
            against.append(("meeting", "The meeting is cancelled: it decides nothing."))
        if not number.strip() or len(number) > 32:
            against.append(("number", "Between 1 and 32 characters, such as 25 or 31(a)."))
        if adopted_on > context.today:
            against.append(("adoptedOn", "A decision is recorded once it is taken: the date lies ahead."))
        opens, sits = held["starts_on"], method is not DecisionMethod.SILENCE_PROCEDURE
        if sits and opens is not None and adopted_on < opens.earliest:
            against.append(("adoptedOn", f"The meeting opens on {opens}."))
        if against:
            raise Invalid(*against)
        same = await unit.rows(
            select(col(db.Decision.id)).where(
                col(db.Decision.meeting_code) == meeting, col(db.Decision.number) == number.strip()
            )
        )
        if same:
            raise Conflict("The meeting has a decision of this number already.", code="DUPLICATE")
        key = new_id()
        decision = {
            "id": key,
            "meeting_code": meeting,
            "number": number.strip(),
            "title": title,
            "text": text,
            "adopted_on": adopted_on,
            "method": method,
            "visibility": visibility,
        }
        await unit.keep(db.Decision, [decision])
    return None if validate_only else key


async def cited_by(asks: Asks, decision: str) -> Cited:
    """What the rules may know of a decision; NotFound where there is none."""
    rows = await asks.rows(
        select(
            col(db.Decision.meeting_code),
            col(db.Decision.adopted_on),
            col(db.Decision.method),
            col(db.Decision.visibility),
        ).where(col(db.Decision.id) == decision, *asks.sees(db.Decision))
    )
    if not rows:
        raise NotFound("There is no such decision.")
    cited = await _cited(asks, rows[0].meeting_code, rows[0].adopted_on, rows[0].method)
    return replace(cited, seen_by=cited.seen_by | {rows[0].visibility})


async def taken_when_it_did_not_sit(asks: Asks, meeting: str) -> dict[str, str]:
    """Decisions of a meeting, but by silence procedure: by id, which it was."""
    taken = await asks.rows(
        select(col(db.Decision.id), col(db.Decision.number), col(db.Decision.adopted_on))
        .where(col(db.Decision.meeting_code) == meeting, col(db.Decision.method) != DecisionMethod.SILENCE_PROCEDURE)
        .order_by(col(db.Decision.adopted_on), col(db.Decision.number))
    )
    sat = (await _cited(asks, meeting, None, None)).sat if taken else ()
    return {
        row.id: f"Decision {row.number} was taken on {row.adopted_on}: the meeting sat then."
        for row in taken
        if not any(first <= row.adopted_on <= last for first, last in sat)
    }


async def to_be_taken_by(asks: Asks, meeting: str) -> Cited:
    """For a question that names the meeting only."""
    return await _cited(asks, meeting, None, None)


async def _cited(asks: Asks, meeting: str, adopted_on: date | None, method: DecisionMethod | None) -> Cited:
    found = await asks.rows(
        select(
            col(db.Meeting.code),
            col(db.Meeting.kind_code),
            col(db.Meeting.starts_on),
            col(db.Meeting.ends_on),
            col(db.Meeting.status),
            col(db.Meeting.visibility),
        ).where(or_(col(db.Meeting.code) == meeting, col(db.Meeting.part_of_code) == meeting), *asks.sees(db.Meeting))
    )
    whole = next((row for row in found if row.code == meeting), None)
    if whole is None:
        raise NotFound("There is no such meeting.")
    parts = [row for row in found if row.code != meeting and row.kind_code.endswith("_part")]
    sat = [
        (row.starts_on.earliest, (row.ends_on or row.starts_on).latest)
        for row in parts or [whole]
        if row.starts_on is not None and row.status not in (MeetingStatus.CANCELLED, MeetingStatus.POSTPONED)
    ]
    return Cited(
        meeting=meeting,
        meeting_kind=whole.kind_code,
        adopted_on=adopted_on,
        method=method,
        sat=tuple(sorted(sat)),
        cancelled=whole.status is MeetingStatus.CANCELLED,
        seen_by=frozenset(row.visibility for row in (whole, *parts)),
    )
