"""Statements: submitted by their party, delivered at a meeting, published as their party has said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

import db
from db.table import new_id
from db.unit import Unit
from db.visibility import seen
from mandate.actor import SEES, Act, Actor, Visibility
from mandate.meeting import MeetingStatus
from mandate.record import RecordKind, may_become, proposed
from mandate.statement import BECOMES, FROM, StatementStatus, StatementStep
from mandate.text import LocalizedText
from resolvers.context import Context, find_seen
from resolvers.error import Conflict, Invalid, NotFound, out_of_turn
from resolvers.meeting import still

_MOST_ON_BEHALF = 250
_MOST_OF_A_PARTY = 200
"""At one meeting."""
_OVER = frozenset({MeetingStatus.CANCELLED, MeetingStatus.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A statement as it is submitted."""

    meeting: str
    party: str
    agenda_item: str | None
    on_behalf_of: Sequence[str]
    speaker: str | None
    title: LocalizedText | None
    text: LocalizedText
    to_be_seen_by: Visibility | None


async def submit(context: Context, given: Given, *, validate_only: bool = False) -> str | None:
    """Submit what a party says, or is to say, at a meeting: until it is published, for that party and the ISU."""
    async with context.act(Act.SUBMIT_STATEMENT, party=given.party, validate_only=validate_only) as unit:
        actor = context.actor
        if await unit.row(db.Party, (given.party,)) is None:
            raise NotFound("There is no such party.")
        held = await find_seen(unit, actor, db.Meeting, given.meeting)
        # What was said is entered afterwards by the ISU alone.
        still(held, without=frozenset({MeetingStatus.CANCELLED}) if actor.is_isu else _OVER)
        to = given.to_be_seen_by or _proposed(held)
        wrong = [*await _against_parties(unit, given)]
        if not _may_become(to, held):
            wrong.append(("toBeSeenBy", f"No wider than its meeting, which is for {_proposed(held)}."))
        if actor.party == given.party and not _sees(actor, to, given.meeting):
            wrong.append(("toBeSeenBy", "The party could not see it itself."))
        if given.agenda_item is not None:
            item = await find_seen(unit, actor, db.AgendaItem, given.agenda_item)
            if item["meeting_code"] != given.meeting:
                wrong.append(("agendaItem", "It is on the agenda of another meeting."))
        if given.speaker is not None:
            person = await find_seen(unit, actor, db.Person, given.speaker)
            if person["full_name"] is None:
                wrong.append(("speaker", "The person was erased."))
        statement = db.Statement
        made = await unit.rows(
            select(func.count().label("count")).where(
                col(statement.meeting_code) == given.meeting, col(statement.party_id) == given.party
            )
        )
        if made[0].count >= _MOST_OF_A_PARTY:
            wrong.append(("meeting", f"The party has {_MOST_OF_A_PARTY} statements there, the most that one has."))
        if wrong:
            raise Invalid(*wrong)
        key = new_id()
        kept = {
            "id": key,
            "meeting_code": given.meeting,
            "agenda_item_id": given.agenda_item,
            "party_id": given.party,
            "speaker_id": given.speaker,
            "title": given.title,
            "text": given.text,
            "status": StatementStatus.SUBMITTED,
            "submitted_on": context.today,
            "to_be_seen_by": to,
            "visibility": Visibility.CONCERNED,
        }
        await unit.keep(db.Statement, [kept])
        others = [{"statement_id": key, "party_id": party} for party in given.on_behalf_of]
        await unit.keep(db.StatementParty, others)
        about = {"subject_type": db.Statement.__tablename__, "subject_key": key, "party_id": given.party}
        await unit.keep(db.Concern, [about])
    return None if validate_only else key


async def deliver(
    context: Context, *, statement: str, expected_version: int, validate_only: bool = False
) -> str | None:
    """Record that it was said in the room."""
    async with context.act(Act.DELIVER_STATEMENT, validate_only=validate_only) as unit:
        row = await _for(unit, context.actor, StatementStep.DELIVER, statement, expected_version)
        held = await _meeting(unit, row)
        if held["status"] not in (MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED):
            raise Conflict(
                f"The meeting is {held['status']}: what is said there is delivered once it has opened.",
                code="ILLEGAL_TRANSITION",
                current_version=row["version"],
            )
        values = {"status": StatementStatus.DELIVERED, "delivered_on": context.today}
        await unit.change(db.Statement, [((statement,), values)])
    return None if validate_only else statement


async def publish(
    context: Context, *, statement: str, expected_version: int, validate_only: bool = False
) -> str | None:
    """Show it to those for whom its party has said that it is."""
    party = await _party_of(context, Act.PUBLISH_STATEMENT, statement)
    async with context.act(Act.PUBLISH_STATEMENT, party=party, validate_only=validate_only) as unit:
        row = await _for(unit, context.actor, StatementStep.PUBLISH, statement, expected_version)
        if not _may_become(row["to_be_seen_by"], await _meeting(unit, row)):
            raise Invalid(("statement", f"It is for {row['to_be_seen_by']}, which is wider than its meeting."))
        values = {"status": StatementStatus.PUBLISHED, "published_on": context.today}
        for each in (values, {"visibility": row["to_be_seen_by"]}):
            await unit.change(db.Statement, [((statement,), each)])
    return None if validate_only else statement


async def withdraw(
    context: Context, *, statement: str, expected_version: int, validate_only: bool = False
) -> str | None:
    """Take back what is not published: only the party and the ISU ever see it."""
    party = await _party_of(context, Act.WITHDRAW_STATEMENT, statement)
    async with context.act(Act.WITHDRAW_STATEMENT, party=party, validate_only=validate_only) as unit:
        await _for(unit, context.actor, StatementStep.WITHDRAW, statement, expected_version)
        await unit.change(db.Statement, [((statement,), {"status": StatementStatus.WITHDRAWN})])
    return None if validate_only else statement


def _proposed(meeting: Mapping[str, Any]) -> Visibility:
    return proposed(kind=RecordKind.FULL, meeting_kind=meeting["kind_code"], meeting=meeting["visibility"])


def _sees(actor: Actor, to: Visibility, meeting: str) -> bool:
    return bool(actor.capacities & SEES[to]) or (to is Visibility.PARTICIPANTS and meeting in actor.meetings)


def _may_become(to: Visibility, meeting: Mapping[str, Any]) -> bool:
    """What is said at a meeting goes as far as a record of it."""
    return may_become(to, kind=RecordKind.FULL, meeting_kind=meeting["kind_code"], meeting=meeting["visibility"])


async def _against_parties(unit: Unit, given: Given) -> list[tuple[str, str]]:
    if len(given.on_behalf_of) > _MOST_ON_BEHALF:
        return [("onBehalfOf", f"At most {_MOST_ON_BEHALF}.")]
    found = []
    for place, party in enumerate(given.on_behalf_of):
        path = f"onBehalfOf.{place}"
        if await unit.row(db.Party, (party,)) is None:
            found.append((path, "There is no such State or organisation."))
        if party == given.party:
            found.append((path, "It is its own statement."))
        if party in given.on_behalf_of[:place]:
            found.append((path, "The same is named twice."))
    return found


async def _party_of(context: Context, act: Act, statement: str) -> str | None:
    """Whose it is. Where there is none, or none to be seen, it is the caller's own affair."""
    context.permit(act, context.actor.party)
    async with context.reader() as reader:
        rows = await reader.rows(seen(db.Statement, statement, context.actor))
    return rows[0].party_id if rows else context.actor.party


async def _for(
    unit: Unit, actor: Actor, step: StatementStep, statement: str, expected_version: int
) -> Mapping[str, Any]:
    row = await find_seen(unit, actor, db.Statement, statement, expected_version)
    if row["status"] not in FROM[step]:
        raise out_of_turn("The statement is", row["status"], version=row["version"], allowed=BECOMES[row["status"]])
    return row


async def _meeting(unit: Unit, row: Mapping[str, Any]) -> Mapping[str, Any]:
    held = await unit.row(db.Meeting, (row["meeting_code"],))
    assert held is not None  # noqa: S101  the statement's key refers to it
    return held
