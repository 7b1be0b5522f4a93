"""Records of meetings: drafted by the ISU, reviewed by participants, approved, published, corrected in the open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlmodel import col

import db
from db.change import entries_of
from db.record import paragraphs_as_json, paragraphs_from_json
from db.table import Kept, new_id
from db.unit import Unit
from mandate.actor import Act, Actor, Visibility
from mandate.meeting import COMMITTEE, MeetingStatus
from mandate.name import NameFinder, Names, names_in
from mandate.party import PartyKind
from mandate.record import (
    BECOMES,
    FROM,
    Held,
    Paragraph,
    RecordKind,
    RecordStatus,
    RecordStep,
    Review,
    Taken,
    against_approval,
    may_become,
    proposed,
)
from mandate.text import LocalizedText
from resolvers.context import Asks, Context, find_seen
from resolvers.error import Conflict, Forbidden, Invalid, out_of_turn
from resolvers.markdown import plain
from resolvers.name import usual_names
from resolvers.text import against, against_prose

_MOST_PARAGRAPHS = 1_000
_LONGEST_NUMBER = 32
_LONGEST_COMMENT = 5_000
_MOST_COMMENTS = 1_000
_MOST_CORRIGENDA = 200
_OPENED = frozenset({MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A record as it is to be drafted."""

    title: LocalizedText
    summary: LocalizedText | None
    paragraphs: Sequence[Paragraph]
    to_be_seen_by: Visibility | None

    def texts(self) -> list[tuple[str, LocalizedText]]:
        """By the member of the input in which each stands; a number may be any word."""
        found = [("title", self.title)]
        if self.summary is not None:
            found.append(("summary", self.summary))
        for place, each in enumerate(self.paragraphs):
            found.append((f"paragraphs.{place}.number", LocalizedText.of(each.number)))
            found.append((f"paragraphs.{place}.text", each.text))
        return found


# ---------- the acts ----------


async def draft(
    context: Context,
    given: Given,
    *,
    meeting: str,
    kind: RecordKind,
    summary_of: str | None = None,
    validate_only: bool = False,
) -> str | None:
    """Draft the record of a meeting, or a summary of it for all."""
    async with context.act(Act.DRAFT_MEETING_RECORD, validate_only=validate_only) as unit:
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        if held["status"] not in _OPENED:
            raise Invalid(("meeting", f"The meeting is {held['status']}: what has not begun has no record."))
        if summary_of is not None:
            of = await find_seen(unit, context.actor, db.MeetingRecord, summary_of, member="summaryOf")
            if kind is not RecordKind.PUBLIC_SUMMARY or of["kind"] is not RecordKind.FULL:
                raise Invalid(("summaryOf", "A public summary is one of a full record."))
            if of["meeting_code"] != meeting:
                raise Invalid(("summaryOf", "It is the record of another meeting."))
        to = await _fit(unit, given, held, kind)
        record = db.MeetingRecord
        same = await unit.rows(
            select(col(record.id), col(record.version)).where(
                col(record.meeting_code) == meeting, col(record.kind) == kind
            )
        )
        if same:
            raise Conflict(
                "The meeting has one already: edit it, or correct it where it is published.",
                code="DUPLICATE",
                current_version=same[0].version,
                current=("MeetingRecord", same[0].id),
            )
        key = new_id()
        kept = {
            "id": key,
            "meeting_code": meeting,
            "kind": kind,
            "summary_of_id": summary_of,
            **_said(given),
            "status": RecordStatus.DRAFT,
            "to_be_seen_by": to,
            "visibility": Visibility.ISU,
        }
        await unit.keep(db.MeetingRecord, [kept])
    return None if validate_only else key


async def edit(
    context: Context, given: Given, *, record: str, expected_version: int, validate_only: bool = False
) -> str | None:
    """What is given is then all that it says; it is a draft again, whoever had reviewed or approved it."""
    async with context.act(Act.EDIT_MEETING_RECORD, validate_only=validate_only) as unit:
        row = await _for(unit, context.actor, RecordStep.EDIT, record, expected_version)
        to = await _fit(unit, given, await _meeting(unit, row["meeting_code"]), row["kind"])
        values = {
            **_said(given),
            "status": RecordStatus.DRAFT,
            "to_be_seen_by": to,
            "review_began_on": None,
            "review_closes_on": None,
            "approved_by_id": None,
            "approved_on": None,
            "approved_at_code": None,
            "decision_id": None,
        }
        await _change(unit, record, values, Visibility.ISU)
    return None if validate_only else record


async def submit(
    context: Context, *, record: str, expected_version: int, review_closes_on: date, validate_only: bool = False
) -> str | None:
    """Show a draft to those who took part in the meeting, who may comment on it up to and on a day.

    What is never to be theirs they do not review either: that the ISU does by itself.
    """
    async with context.act(Act.SUBMIT_MEETING_RECORD, validate_only=validate_only) as unit:
        row = await _for(unit, context.actor, RecordStep.SUBMIT, record, expected_version)
        if review_closes_on < context.today:
            raise Invalid(("reviewClosesOn", "The day is over."))
        await _names_nobody(unit, row)
        values = {
            "status": RecordStatus.UNDER_REVIEW,
            "review_began_on": context.today,
            "review_closes_on": review_closes_on,
        }
        is_for_the_isu = row["to_be_seen_by"] is Visibility.ISU
        await _change(unit, record, values, Visibility.ISU if is_for_the_isu else Visibility.PARTICIPANTS)
    return None if validate_only else record


async def comment(
    context: Context, *, record: str, paragraph: str | None, text: str, validate_only: bool = False
) -> str | None:
    """What a participant of the meeting has to say of a paragraph, or of the whole."""
    # Each for their own party: that is what a delegation's key is for.
    party = context.actor.party
    async with context.act(Act.COMMENT_ON_MEETING_RECORD, party=party, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.MeetingRecord, record)
        if row["meeting_code"] not in context.actor.meetings or party is None:
            raise Forbidden("Whoever took part in the meeting comments on its record.")
        _at(RecordStep.COMMENT, row)
        if context.today > row["review_closes_on"]:
            raise Conflict(
                f"The review closed on {row['review_closes_on']}.",
                code="ILLEGAL_TRANSITION",
                current_version=row["version"],
                current_status=row["status"],
            )
        wrong = [*_against_paragraph(row, paragraph), *_against_words("text", text)]
        if wrong:
            raise Invalid(*wrong)
        made = await _count(unit, db.RecordComment, record)
        if made >= _MOST_COMMENTS:
            raise Invalid(("record", f"It has {_MOST_COMMENTS} comments, the most that one takes."))
        key = new_id()
        kept = {
            "id": key,
            "record_id": record,
            "meeting_code": row["meeting_code"],
            "party_id": party,
            "paragraph": paragraph,
            "text": text.strip(),
            "made_on": context.today,
            "visibility": Visibility.PARTICIPANTS,
        }
        await unit.keep(db.RecordComment, [kept])
    return None if validate_only else key


async def answer(
    context: Context,
    *,
    comment: str,
    expected_version: int,
    answer: str | None,
    resolved: bool,
    validate_only: bool = False,
) -> str | None:
    """What the ISU says to a comment, and whether it is settled."""
    async with context.act(Act.ANSWER_RECORD_COMMENT, validate_only=validate_only) as unit:
        await find_seen(unit, context.actor, db.RecordComment, comment, expected_version)
        wrong = [] if answer is None else _against_words("answer", answer)
        if answer is None and not resolved:
            wrong = [("answer", "Answer it, or say that it is resolved.")]
        if wrong:
            raise Invalid(*wrong)
        values: dict[str, Any] = {"resolved": resolved}
        if answer is not None:
            values["answer"] = answer.strip()
        await unit.change(db.RecordComment, [((comment,), values)])
    return None if validate_only else comment


async def approve(
    context: Context,
    *,
    record: str,
    expected_version: int,
    at_meeting: str | None,
    decision: str | None,
    validate_only: bool = False,
) -> str | None:
    """Approve a record whose review has closed: its President does, or the ISU by a decision of the meeting."""
    async with context.act(Act.APPROVE_MEETING_RECORD, validate_only=validate_only) as unit:
        actor = context.actor
        row = await _for(unit, actor, RecordStep.APPROVE, record, expected_version)
        if context.today < row["review_closes_on"]:
            raise Conflict(
                f"The review closes on {row['review_closes_on']}.",
                code="ILLEGAL_TRANSITION",
                current_version=row["version"],
                current_status=row["status"],
            )
        of = _held(await _meeting(unit, row["meeting_code"]))
        if not actor.is_isu and of.presidency != actor.party:
            raise Forbidden("The caller is not known to have presided over the meeting.")
        at = None if at_meeting is None else _held(await find_seen(unit, actor, db.Meeting, at_meeting))
        review, began = await _review(unit, row)
        taken: Taken | None = None
        if decision is not None:
            cited = await find_seen(unit, actor, db.Decision, decision)
            recorded, *_ = await unit.rows(entries_of(db.Decision, [decision]))
            taken = Taken(
                by=cited["meeting_code"], on=cited["adopted_on"], recorded_since=recorded.sequence > began.sequence
            )
        wrong = [*against_approval(of, review, by_isu=actor.is_isu, at=at, decision=taken)]
        if wrong:
            raise Invalid(*wrong)
        await _names_nobody(unit, row)
        values = {
            "status": RecordStatus.APPROVED,
            # Of a meeting that is not for all, a summary for all does not tell who presided.
            "approved_by_id": None if row["kind"] is RecordKind.PUBLIC_SUMMARY else actor.party,
            "approved_on": context.today,
            "approved_at_code": at_meeting,
            "decision_id": decision,
        }
        await unit.change(db.MeetingRecord, [((record,), values)])
    return None if validate_only else record


async def publish(context: Context, *, record: str, expected_version: int, validate_only: bool = False) -> str | None:
    """Show an approved record to those for whom it is."""
    async with context.act(Act.PUBLISH_MEETING_RECORD, validate_only=validate_only) as unit:
        row = await _for(unit, context.actor, RecordStep.PUBLISH, record, expected_version)
        held = await _meeting(unit, row["meeting_code"])
        to = row["to_be_seen_by"]
        if not may_become(to, kind=row["kind"], meeting_kind=held["kind_code"], meeting=held["visibility"]):
            raise Invalid(("record", f"It is for {to}, and its meeting for {held['visibility']}: draft it again."))
        await _names_nobody(unit, row)
        await _change(unit, record, {"status": RecordStatus.PUBLISHED, "published_on": context.today}, to)
    return None if validate_only else record


async def correct(
    context: Context,
    *,
    record: str,
    expected_version: int,
    paragraph: str | None,
    reads: LocalizedText,
    reason: str,
    validate_only: bool = False,
) -> str | None:
    """Issue a corrigendum to a published record, whose own words stay as they are."""
    async with context.act(Act.CORRECT_MEETING_RECORD, validate_only=validate_only) as unit:
        row = await _for(unit, context.actor, RecordStep.CORRECT, record, expected_version)
        wrong = [*_against_paragraph(row, paragraph), *_against_words("reason", reason)]
        if row["kind"] is RecordKind.PUBLIC_SUMMARY:
            said = [("reads", reads), ("reason", LocalizedText.of(reason))]
            wrong += names_in(await _finder(unit, row["meeting_code"]), said, plain)
        number = await _count(unit, db.Corrigendum, record) + 1
        if number > _MOST_CORRIGENDA:
            wrong.append(("record", f"It has {_MOST_CORRIGENDA} corrigenda, the most that one takes."))
        if wrong:
            raise Invalid(*wrong)
        corrigendum = {
            "id": new_id(),
            "record_id": record,
            "meeting_code": row["meeting_code"],
            "number": number,
            "paragraph": paragraph,
            "reads": reads,
            "reason": reason.strip(),
            "issued_on": context.today,
            "visibility": row["visibility"],
        }
        await unit.keep(db.Corrigendum, [corrigendum])
        # A version of its own each time, so that of two who correct at once one is told.
        await unit.change(db.MeetingRecord, [((record,), {"status": RecordStatus.CORRECTED, "corrigenda": number})])
    return None if validate_only else record


# ---------- what a review asks ----------


async def recorded(asks: Asks) -> Mapping[str, date]:
    """By meeting, the day on which its record was approved, as far as the caller may see either."""
    record = db.MeetingRecord
    rows = await asks.rows(
        select(col(record.meeting_code), col(record.approved_on)).where(
            col(record.kind) == RecordKind.FULL,
            # Whoever edits it takes the approval back.
            col(record.approved_on).is_not(None),
            *asks.sees(record),
        )
    )
    return {row.meeting_code: row.approved_on for row in rows}


# ---------- what is given ----------


async def _for(unit: Unit, actor: Actor, step: RecordStep, record: str, expected_version: int) -> Mapping[str, Any]:
    row = await find_seen(unit, actor, db.MeetingRecord, record, expected_version)
    _at(step, row)
    return row


def _at(step: RecordStep, row: Mapping[str, Any]) -> None:
    if row["status"] not in FROM[step]:
        raise out_of_turn("The record is", row["status"], version=row["version"], allowed=BECOMES[row["status"]])


async def _meeting(unit: Unit, code: str) -> Mapping[str, Any]:
    held = await unit.row(db.Meeting, (code,))
    assert held is not None  # noqa: S101  the record's key refers to it
    return held


def _held(meeting: Mapping[str, Any]) -> Held:
    presidency, opens = meeting["presidency_code"], meeting["starts_on"]
    return Held(
        code=meeting["code"],
        kind=meeting["kind_code"],
        status=meeting["status"],
        opens=None if opens is None else opens.earliest,
        presidency=None if presidency is None else f"{PartyKind.STATE}:{presidency}",
    )


async def _review(unit: Unit, row: Mapping[str, Any]) -> tuple[Review, Any]:
    """Of the version that stands, and the entry of the journal with which it began."""
    entries = await unit.rows(entries_of(db.MeetingRecord, [row["id"]]))
    # It is under review: with the last change of its status that began.
    began = next(each for each in reversed(entries) if "status" in orjson.loads(each.fields))
    began_on = row["review_began_on"] or date.fromisoformat(began.at[:10])
    committee = await unit.rows(
        select(col(db.Meeting.starts_on)).where(
            col(db.Meeting.kind_code) == COMMITTEE, col(db.Meeting.status).in_(sorted(_OPENED))
        )
    )
    days = sorted(each.starts_on.earliest for each in committee if each.starts_on is not None)
    review = Review(began_on=began_on, committee_opened_on=[day for day in days if day >= began_on])
    return review, began


def _said(given: Given) -> dict[str, Any]:
    return {"title": given.title, "summary": given.summary, "paragraphs": paragraphs_as_json(given.paragraphs)}


async def _change(unit: Unit, record: str, values: Mapping[str, Any], to: Visibility) -> None:
    """Shown once it is changed, and hidden before: nobody reads in its history what is not for them."""
    changes = [{"visibility": to}, values] if to is Visibility.ISU else [values, {"visibility": to}]
    for each in changes:
        await unit.change(db.MeetingRecord, [((record,), each)])


async def _fit(unit: Unit, given: Given, held: Mapping[str, Any], kind: RecordKind) -> Visibility:
    """How visible it is to become; raises where it can not be drafted so."""
    wrong = _against_numbers([each.number for each in given.paragraphs])
    if not given.paragraphs and given.summary is None:
        wrong.append(("paragraphs", "One at least, or a summary."))
    of_meeting = {"kind": kind, "meeting_kind": held["kind_code"], "meeting": held["visibility"]}
    to = given.to_be_seen_by or proposed(**of_meeting)
    if not may_become(to, **of_meeting):
        whom = Visibility.COMMITTEE if held["kind_code"] == COMMITTEE else held["visibility"]
        wrong.append(("toBeSeenBy", f"No wider than its meeting, which is for {whom}."))
    if kind is RecordKind.PUBLIC_SUMMARY:
        wrong += names_in(await _finder(unit, held["code"]), given.texts(), plain)
    if wrong:
        raise Invalid(*wrong)
    return to


def _against_numbers(numbers: Sequence[str]) -> list[tuple[str, str]]:
    if len(numbers) > _MOST_PARAGRAPHS:
        return [("paragraphs", f"At most {_MOST_PARAGRAPHS}.")]
    seen: set[str] = set()
    found = []
    for place, number in enumerate(numbers):
        path = f"paragraphs.{place}.number"
        found += [(path, reason) for reason in against(number, _LONGEST_NUMBER)]
        if number != number.strip():
            found.append((path, "Without spaces around."))
        if number in seen:
            found.append((path, "The number is there already."))
        seen.add(number)
    return found


def _against_paragraph(row: Mapping[str, Any], paragraph: str | None) -> list[tuple[str, str]]:
    numbers = {each["number"] for each in row["paragraphs"]}
    if paragraph is None or paragraph in numbers:
        return []
    return [("paragraph", "The record has no paragraph of this number.")]


def _against_words(name: str, text: str) -> list[tuple[str, str]]:
    return [(name, reason) for reason in against_prose(text, _LONGEST_COMMENT)]


async def _count(unit: Unit, table: type[Kept], record: str) -> int:
    source = table.__table__  # type: ignore[attr-defined]
    rows = await unit.rows(select(func.count().label("count")).where(source.c.record_id == record))
    count: int = rows[0].count
    return count


# ---------- nobody is named ----------


async def _names_nobody(unit: Unit, row: Mapping[str, Any]) -> None:
    """Asked again at every step: since it was drafted, the register may have learned a name."""
    if row["kind"] is not RecordKind.PUBLIC_SUMMARY:
        return
    given = Given(
        title=row["title"],
        summary=row["summary"],
        paragraphs=paragraphs_from_json(row["paragraphs"]),
        to_be_seen_by=None,
    )
    wrong = names_in(await _finder(unit, row["meeting_code"]), given.texts(), plain)
    if wrong:
        raise Invalid(*wrong)


async def _finder(unit: Unit, meeting: str) -> NameFinder:
    """All States, and the organisations that took part in the meeting, by all their names; and the usual ones."""
    state, organisation = db.State, db.Organisation
    states = await unit.rows(select(col(state.code), col(state.alpha2), col(state.name), col(state.official_name)))
    took_part = select(col(db.Participation.party_id)).where(col(db.Participation.meeting_code) == meeting)
    organisations = await unit.rows(
        select(col(organisation.code), col(organisation.acronym), col(organisation.name)).where(
            col(organisation.party_id).in_(took_part)
        )
    )
    named = [text for row in states for text in (row.name, row.official_name)]
    named += [row.name for row in organisations]
    acronyms = {each for row in organisations for each in (row.code, row.acronym) if each}
    return _finder_of(
        Names(
            texts=frozenset(wording.value for text in named for wording in text.wordings.values()),
            usual=usual_names([row.alpha2 for row in states]),
            codes=frozenset({row.code for row in states} | acronyms),
        )
    )


# It learns some two thousand names, which change with the register alone.
_finder_of = lru_cache(maxsize=16)(NameFinder)
