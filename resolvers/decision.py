"""Decisions of meetings: how they are recorded, and how an act cites one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

import db
from db.dialect import among
from db.table import new_id
from db.unit import Unit
from mandate.actor import Act, Actor, Visibility
from mandate.decision import (
    BECOMES,
    Cited,
    DecisionMethod,
    ParagraphStatus,
    ParagraphType,
    Votes,
    against_follow_up,
    against_votes,
)
from mandate.meeting import MeetingStatus, is_within
from mandate.text import LocalizedText
from resolvers.context import Asks, Context, find, find_seen
from resolvers.error import Conflict, Invalid, NotFound, out_of_turn
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY
from resolvers.text import against, against_prose

_MOST_PARAGRAPHS = 300
_MOST_ADDRESSED = 250
_MOST_FOLLOW_UPS = 500
_LONGEST_NUMBER = 32
_LONGEST_ACTOR = 200
_LONGEST_NOTE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenParagraph:
    number: str
    text: LocalizedText
    type: ParagraphType
    addressees: Sequence[str]
    actors: Sequence[str]
    due_on: date | None


async def adopt(
    context: Context,
    *,
    meeting: str,
    number: str,
    title: LocalizedText,
    text: LocalizedText | None,
    adopted_on: date,
    method: DecisionMethod,
    visibility: Visibility | None,
    paragraphs: Sequence[GivenParagraph] = (),
    votes: Votes | None = None,
    agenda_item: str | None = None,
    validate_only: bool,
) -> str | None:
    """Record what a meeting has decided."""
    async with context.act(Act.ADOPT_DECISION, validate_only=validate_only) as unit:
        held = await find(unit, db.Meeting, meeting)
        wrong = []
        if visibility is None:
            # Whom a thing concerns is said of each by itself.
            own = held["visibility"]
            visibility = Visibility.ISU if own is Visibility.CONCERNED else own
        elif not is_within(visibility, held["visibility"]):
            wrong.append(("visibility", f"The meeting is for {held['visibility']}: nobody else sees what it decided."))
        if held["status"] is MeetingStatus.CANCELLED:
            wrong.append(("meeting", "The meeting is cancelled: it decides nothing."))
        if not number.strip(". ") or any(against(number.strip(), _LONGEST_NUMBER)):
            wrong.append(("number", f"Between 1 and {_LONGEST_NUMBER} characters in one line, such as 25 or 31(a)."))
        if adopted_on < FIRST_DAY:
            wrong.append(("adoptedOn", f"{FIRST_DAY} at the earliest."))
        if adopted_on > context.today:
            wrong.append(("adoptedOn", "A decision is recorded once it is taken: the date lies ahead."))
        opens, sits = held["starts_on"], method is not DecisionMethod.SILENCE_PROCEDURE
        if sits and opens is not None and adopted_on < opens.earliest:
            wrong.append(("adoptedOn", f"The meeting opens on {opens}."))
        if sits and held["status"] is MeetingStatus.POSTPONED and not await _sat_on(unit, meeting, adopted_on):
            # None that decided is put off.
            wrong.append(("meeting", "The meeting is put off: until it sits, it decides by silence procedure alone."))
        wrong += against_votes(method, votes)
        wrong += await _against_paragraphs(unit, paragraphs, adopted_on)
        if agenda_item is not None:
            item = await find_seen(unit, context.actor, db.AgendaItem, agenda_item)
            if item["meeting_code"] != meeting:
                wrong.append(("agendaItem", "It is on the agenda of another meeting."))
        if wrong:
            raise Invalid(*wrong)
        same = await unit.rows(
            select(col(db.Decision.id)).where(
                col(db.Decision.meeting_code) == meeting, col(db.Decision.number) == number.strip()
            )
        )
        if same:
            there = ("Decision", same[0].id)
            raise Conflict("The meeting has a decision of this number already.", code="DUPLICATE", current=there)
        key = new_id()
        decision = {
            "id": key,
            "meeting_code": meeting,
            "number": number.strip(),
            "title": title,
            "text": text,
            "adopted_on": adopted_on,
            "method": method,
            "votes_for": None if votes is None else votes.in_favour,
            "votes_against": None if votes is None else votes.against,
            "abstentions": None if votes is None else votes.abstentions,
            "agenda_item_id": agenda_item,
            "visibility": visibility,
        }
        await unit.keep(db.Decision, [decision])
        await _keep_paragraphs(unit, decision, paragraphs)
    return None if validate_only else key


async def _keep_paragraphs(unit: Unit, decision: Mapping[str, Any], given: Sequence[GivenParagraph]) -> None:
    rows, addressed = [], []
    for position, each in enumerate(given):
        key = new_id()
        row = {
            "id": key,
            "decision_id": decision["id"],
            "meeting_code": decision["meeting_code"],
            "number": each.number,
            "position": position,
            "text": each.text,
            "type": each.type,
            "actors": list(each.actors),
            "due_on": each.due_on,
            "status": ParagraphStatus.ACTIVE,
            "visibility": decision["visibility"],
        }
        rows.append(row)
        addressed += [{"paragraph_id": key, "party_id": party} for party in each.addressees]
    await unit.keep(db.DecisionParagraph, rows)
    await unit.keep(db.DecisionAddressee, addressed)


async def _against_paragraphs(unit: Unit, given: Sequence[GivenParagraph], adopted_on: date) -> list[tuple[str, str]]:
    if len(given) > _MOST_PARAGRAPHS:
        return [("paragraphs", f"At most {_MOST_PARAGRAPHS}.")]
    found = []
    numbers = [each.number for each in given]
    for place, each in enumerate(given):
        path = f"paragraphs.{place}"
        found += [(f"{path}.number", reason) for reason in against(each.number, _LONGEST_NUMBER)]
        if each.number != each.number.strip():
            found.append((f"{path}.number", "Without spaces around."))
        if each.number in numbers[:place]:
            found.append((f"{path}.number", "The number is there already."))
        if each.due_on is not None and each.due_on > LAST_DAY:
            found.append((f"{path}.dueOn", f"{LAST_DAY} at the latest."))
        if each.due_on is not None and each.due_on < adopted_on:
            found.append((f"{path}.dueOn", f"It was decided on {adopted_on}."))
        if each.due_on is not None and each.type is ParagraphType.INFORMATIONAL:
            found.append((f"{path}.dueOn", "What informs is due on no day."))
        found += await _against_addressees(unit, path, each)
    return found


async def _against_addressees(unit: Unit, path: str, given: GivenParagraph) -> list[tuple[str, str]]:
    found = []
    for name, several in (("addressees", given.addressees), ("actors", given.actors)):
        if len(several) > _MOST_ADDRESSED:
            return [(f"{path}.{name}", f"At most {_MOST_ADDRESSED}.")]
        if len(set(several)) < len(several):
            found.append((f"{path}.{name}", "The same is named twice."))
    known = await unit.rows(select(col(db.Party.id)).where(among(col(db.Party.id), given.addressees)))
    if len(known) < len(set(given.addressees)):
        found.append((f"{path}.addressees", "One of them is no State and no organisation."))
    for place, actor in enumerate(given.actors):
        found += [(f"{path}.actors.{place}", reason) for reason in against(actor, _LONGEST_ACTOR)]
    return found


async def follow_up(
    context: Context,
    *,
    paragraph: str,
    expected_version: int,
    note: str,
    status: ParagraphStatus | None,
    superseded_by: str | None,
    document: str | None,
    validate_only: bool = False,
) -> str | None:
    """Note what was done about a paragraph, and what has become of it."""
    async with context.act(Act.FOLLOW_UP_DECISION, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.DecisionParagraph, paragraph, expected_version)
        to = row["status"] if status is None else status
        if to is not row["status"] and to not in BECOMES[row["status"]]:
            raise out_of_turn("The paragraph is", row["status"], version=row["version"], allowed=BECOMES[row["status"]])
        wrong = [("note", reason) for reason in against_prose(note, _LONGEST_NOTE)]
        if to is not row["status"]:
            wrong += against_follow_up(
                type=row["type"], due_on=row["due_on"], to=to, today=context.today, later=superseded_by is not None
            )
        elif superseded_by is not None:
            wrong.append(("supersededBy", "Name it where the paragraph becomes SUPERSEDED."))
        if superseded_by is not None:
            wrong += await _against_later(unit, context.actor, row, superseded_by)
        if document is not None:
            shown = await find_seen(unit, context.actor, db.Document, document)
            if not _seen_as_far(shown, row):
                wrong.append(("document", "It is not for all who see the decision."))
        made = await unit.rows(select(func.count().label("count")).where(col(db.FollowUp.paragraph_id) == paragraph))
        if made[0].count >= _MOST_FOLLOW_UPS:
            wrong.append(("paragraph", f"It has {_MOST_FOLLOW_UPS} follow-ups, the most that one takes."))
        if wrong:
            raise Invalid(*wrong)
        kept = {
            "id": new_id(),
            "paragraph_id": paragraph,
            "meeting_code": row["meeting_code"],
            "noted_on": context.today,
            "note": note.strip(),
            "status": to,
            "document_id": document,
            "visibility": row["visibility"],
        }
        await unit.keep(db.FollowUp, [kept])
        changed = {"status": to, "follow_ups": made[0].count + 1}
        if superseded_by is not None:
            changed["superseded_by_id"] = superseded_by
        await unit.change(db.DecisionParagraph, [((paragraph,), changed)])
    return None if validate_only else paragraph


async def _against_later(unit: Unit, actor: Actor, row: Mapping[str, Any], later: str) -> list[tuple[str, str]]:
    """A paragraph gives way to one of a later decision, which whoever sees the one may see too."""
    other = await find_seen(unit, actor, db.DecisionParagraph, later, member="supersededBy")
    old, new = [await find(unit, db.Decision, each["decision_id"]) for each in (row, other)]
    found = []
    if old["id"] == new["id"] or new["adopted_on"] < old["adopted_on"]:
        found.append(("supersededBy", "It is of no later decision."))
    if not _seen_as_far(other, row):
        found.append(("supersededBy", "It is not for all who see the decision."))
    return found


def _seen_as_far(shown: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether whoever sees the one sees the other: else the one would tell of the other."""
    if shown["visibility"] is Visibility.PUBLIC or row["visibility"] is Visibility.ISU:
        return True
    alike = shown["visibility"] is row["visibility"]
    return (
        alike
        and row["visibility"] is not Visibility.CONCERNED
        and (row["visibility"] is not Visibility.PARTICIPANTS or shown["meeting_code"] == row["meeting_code"])
    )


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


async def _sat_on(asks: Asks, meeting: str, day: date) -> bool:
    return any(first <= day <= last for first, last in (await to_be_taken_by(asks, meeting)).sat)


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
