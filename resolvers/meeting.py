"""Meetings are scheduled, moved, opened and closed; terms that begin or end with one go with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import or_, select
from sqlmodel import col

import db
from db.table import new_id
from db.unit import Unit
from mandate.actor import Act, Visibility
from mandate.day import PartialDate, years_after
from mandate.meeting import (
    INTERSESSIONAL,
    NEXT,
    RECORDS,
    SCHEDULE,
    SPECIAL,
    Formality,
    InviteCategory,
    MeetingFacts,
    MeetingStatus,
    Neighbour,
    Other,
    Plan,
    clashes,
    slots,
)
from mandate.office import ELECTION
from mandate.rule import Evaluation, judge, stands
from mandate.text import LocalizedText
from resolvers import text
from resolvers.context import Asks, Context, find, find_seen
from resolvers.decision import taken_when_it_did_not_sit
from resolvers.error import Conflict, Invalid, NotFound, UserError, out_of_turn
from resolvers.office import Eligibility, bound_terms, terms_follow
from resolvers.reading import Reader
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY, within_the_calendar
from resolvers.record import recorded as with_record
from resolvers.rule import Waiver, judged, keep_judgement, rule_set_on

_THIRD = "3MSP"
_LONGEST_CODE = 32
_LONGEST_CITY = 100
_LONGEST_VENUE = 200
_OFF = (MeetingStatus.CANCELLED, MeetingStatus.POSTPONED)
"""On no days that anybody could count on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A meeting, as it is to be scheduled."""

    code: str
    kind: str
    formality: Formality
    title: LocalizedText
    starts_on: date
    ends_on: date
    city: str | None = None
    country: str | None = None
    venue: str | None = None
    is_virtual: bool = False
    is_hybrid: bool = False
    time_zone: str | None = None
    half_days: int | None = None
    part_of: str | None = None
    status: MeetingStatus = MeetingStatus.CONFIRMED
    visibility: Visibility = Visibility.PUBLIC


# ---------- the facts ----------


async def _plan(
    asks: Asks,
    *,
    kind: str,
    starts_on: date,
    ends_on: date,
    city: str | None,
    half_days: int | None,
    without: str | None = None,
) -> Plan:
    meetings = await asks.rows(
        select(
            col(db.Meeting.code),
            col(db.Meeting.kind_code),
            col(db.Meeting.starts_on),
            col(db.Meeting.ends_on),
            col(db.Meeting.visibility),
        ).where(
            or_(col(db.Meeting.kind_code) == kind, col(db.Meeting.code) == _THIRD),
            col(db.Meeting.status).not_in(_OFF),
            col(db.Meeting.starts_on).is_not(None),
            *asks.sees(db.Meeting),
        )
    )
    third = next((row.starts_on for row in meetings if row.code == _THIRD), None)
    return Plan(
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        city=city,
        half_days=half_days,
        others=[
            Other(code=row.code, kind=row.kind_code, starts_on=row.starts_on, ends_on=row.ends_on or row.starts_on)
            for row in meetings
            if row.kind_code == kind and row.code != without
        ],
        neighbours=await neighbours_of(asks, starts_on.year) if kind == INTERSESSIONAL else (),
        third_meeting_on=third and third.earliest,
        seen_by=frozenset(
            row.visibility
            for row in meetings
            if row.code != without and (kind == SPECIAL or row.starts_on.year == starts_on.year)
        ),
    )


async def neighbours_of(asks: Asks, year: int) -> list[Neighbour]:
    rows = await asks.rows(
        select(
            col(db.ExternalMeeting.treaty),
            col(db.ExternalMeeting.title),
            col(db.ExternalMeeting.starts_on),
            col(db.ExternalMeeting.ends_on),
            col(db.ExternalMeeting.city),
        )
        .where(
            col(db.ExternalMeeting.starts_on) <= date(year, 12, 31), col(db.ExternalMeeting.ends_on) >= date(year, 1, 1)
        )
        .order_by(col(db.ExternalMeeting.starts_on), col(db.ExternalMeeting.title))
    )
    return [
        Neighbour(treaty=row.treaty, title=row.title, starts_on=row.starts_on, ends_on=row.ends_on, city=row.city)
        for row in rows
    ]


async def meetings(asks: Asks) -> list[MeetingFacts]:
    """All that the caller may see, for the compliance review."""
    meeting, item = db.Meeting, db.AgendaItem
    rows = await asks.rows(
        select(
            col(meeting.code),
            col(meeting.kind_code),
            col(meeting.formality),
            col(meeting.status),
            col(meeting.starts_on),
            col(meeting.ends_on),
            col(meeting.part_of_code),
            col(meeting.working_methods).is_not(None).label("has_methods"),
        )
        .where(*asks.sees(meeting))
        .order_by(col(meeting.starts_on), col(meeting.code))
    )
    invited: dict[str, set[InviteCategory]] = {}
    for row in await asks.rows(select(col(db.Invitation.meeting_code), col(db.Invitation.category))):
        invited.setdefault(row.meeting_code, set()).add(row.category)
    agenda: dict[str, set[str]] = {}
    for row in await asks.rows(select(col(item.meeting_code), col(item.subject)).where(*asks.sees(item)).distinct()):
        agenda.setdefault(row.meeting_code, set()).update([] if row.subject is None else [row.subject])
    documents = await asks.rows(
        select(col(db.Document.meeting_code))
        .where(col(db.Document.kind_code).in_(sorted(RECORDS)), *asks.sees(db.Document))
        .distinct()
    )
    whole = {row.code: row.part_of_code or row.code for row in rows}
    # The record of a part is one of the whole.
    codes = {row.meeting_code for row in documents} | {*await with_record(asks)}
    recorded = {whole.get(code, code) for code in codes}
    return [
        MeetingFacts(
            code=row.code,
            kind=row.kind_code,
            formality=row.formality,
            status=row.status,
            opens=row.starts_on and row.starts_on.earliest,
            closes=row.starts_on and (row.ends_on or row.starts_on).latest,
            is_part=row.part_of_code is not None,
            has_methods=bool(row.has_methods),
            invited=frozenset(invited.get(row.code, ())),
            has_agenda=row.code in agenda,
            subjects=frozenset(agenda.get(row.code, ())),
            has_record=row.code in recorded,
        )
        for row in rows
    ]


def opening(meeting: Mapping[str, Any], today: date) -> date:
    """The day by whose version of the mandate what is done about a meeting is judged."""
    opens: PartialDate | None = meeting["starts_on"]
    return today if opens is None else opens.earliest


def still(meeting: Mapping[str, Any], *, without: Collection[MeetingStatus]) -> None:
    """Refuses what comes too late for the meeting."""
    if meeting["status"] in without:
        raise _out_of_turn(meeting)


# ---------- asking first ----------


async def feasibility(reader: Reader, given: Given, rule_set: str | None) -> Eligibility:
    """What scheduling it would be judged to be, by the code that judges it."""
    version = await rule_set_on(reader, given.starts_on, rule_set)
    if version is None:
        raise UserError(f"No version of the mandate was in force on {given.starts_on}; name one as ruleSet.")
    against = [*_against(given), *await _unknown(reader, given)]
    if against:
        raise UserError(" ".join(reason for _, reason in against))
    plan = await _plan_of(reader, given)
    return Eligibility(evaluations=judge(SCHEDULE, plan, version), rule_set=version, as_of=given.starts_on)


async def _plan_of(asks: Asks, given: Given) -> Plan:
    return await _plan(
        asks,
        kind=given.kind,
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        city=given.city,
        half_days=given.half_days,
        without=given.code,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    starts_on: date
    ends_on: date
    adjoins: Neighbour
    evaluations: tuple[Evaluation, ...]


async def intersessional_slots(reader: Reader, year: int, rule_set: str | None) -> list[Slot]:
    """Days that no rule stands against, beside a meeting of a related treaty, and free of all other meetings."""
    within_the_calendar(year)
    version = await rule_set_on(reader, date(year, 6, 30), rule_set)
    if version is None:
        raise UserError(f"No version of the mandate was in force in {year}; name one as ruleSet.")
    beside = version.rules["intersessional-back-to-back"].parameters
    longest = version.rules["intersessional-length"].parameters["most_days"]
    plan = await _plan(
        reader,
        kind=INTERSESSIONAL,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 1, 1),
        city=beside["city"],
        half_days=None,
    )
    taken = [(each.starts_on, each.ends_on) for each in plan.neighbours] + await _own_days(reader, year)
    found = []
    for starts_on, ends_on, near in slots(plan, beside, longest):
        proposed = Plan(
            kind=INTERSESSIONAL,
            starts_on=starts_on,
            ends_on=ends_on,
            city=beside["city"],
            others=plan.others,
            neighbours=plan.neighbours,
        )
        evaluations = judge(SCHEDULE, proposed, version)
        if stands(evaluations) and not clashes(starts_on, ends_on, taken):
            found.append(Slot(starts_on=starts_on, ends_on=ends_on, adjoins=near, evaluations=evaluations))
    return sorted(found, key=lambda slot: (slot.starts_on, slot.ends_on))


async def _own_days(reader: Reader, year: int) -> list[tuple[date, date]]:
    rows = await reader.rows(
        select(col(db.Meeting.starts_on), col(db.Meeting.ends_on)).where(
            col(db.Meeting.starts_on).startswith(str(year)),
            col(db.Meeting.status).not_in(_OFF),
            *reader.sees(db.Meeting),
        )
    )
    # One known only to the month or the year would clash with everything in it, and says nothing of days.
    return [(row[0].exact, (row[1] or row[0]).latest) for row in rows if row[0].exact is not None]


# ---------- the acts ----------


async def schedule(
    context: Context, given: Given, *, waivers: Sequence[Waiver] = (), validate_only: bool = False
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Put a meeting in the calendar."""
    async with context.act(Act.SCHEDULE_MEETING, validate_only=validate_only) as unit:
        against = [*_against(given), *await _unknown(unit, given)]
        if against:
            raise Invalid(*against)
        if await unit.row(db.Meeting, (given.code,)) is not None:
            there = ("Meeting", given.code)
            raise Conflict("There is a meeting of this code already.", code="DUPLICATE", current=there)
        plan = await _plan_of(unit, given)
        evaluations = await judged(unit, SCHEDULE, plan, given.starts_on, waivers)
        elsewhen = {} if given.part_of is None else await taken_when_it_did_not_sit(unit, given.part_of)
        meeting = {
            "code": given.code,
            "kind_code": given.kind,
            "formality": given.formality,
            "title": given.title,
            "part_of_code": given.part_of,
            "city": given.city,
            "country_code": given.country,
            "venue": given.venue,
            "is_virtual": given.is_virtual,
            "is_hybrid": given.is_hybrid,
            "starts_on": PartialDate.of(given.starts_on),
            "ends_on": PartialDate.of(given.ends_on),
            "status": given.status,
            "symbol_prefixes": [],
            "time_zone": given.time_zone,
            "half_days": given.half_days,
            "visibility": given.visibility,
        }
        await unit.keep(db.Meeting, [meeting])
        if given.part_of is not None:
            await _still_sat(unit, given.part_of, elsewhen)
        await keep_judgement(
            unit,
            Act.SCHEDULE_MEETING,
            db.Meeting,
            given.code,
            evaluations,
            today=context.today,
            waivers=waivers,
            visibility=given.visibility,
            seen_by=plan.seen_by,
        )
    return None if validate_only else given.code, evaluations


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What changes of a meeting that is already in the calendar."""

    act: Act
    status: MeetingStatus | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    city: str | None = None
    country: str | None = None
    venue: str | None = None
    time_zone: str | None = None


async def move(
    context: Context,
    meeting: str,
    to: Move,
    *,
    expected_version: int,
    waivers: Sequence[Waiver] = (),
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Reschedule, confirm, postpone, open or close it: judged like any meeting that is scheduled, as it then stands."""
    async with context.act(to.act, validate_only=validate_only) as unit:
        row = await find(unit, db.Meeting, meeting, expected_version)
        _may_become(row, to)
        against = list(_against_place(city=to.city, venue=to.venue, time_zone=to.time_zone))
        if against:
            raise Invalid(*against)
        if to.status is MeetingStatus.CLOSED:
            await _without_parts(unit, meeting, {MeetingStatus.IN_PROGRESS})
        whole = row["part_of_code"] or meeting
        elsewhen = await taken_when_it_did_not_sit(unit, whole)
        if to.status is MeetingStatus.POSTPONED and to.starts_on is None and to.ends_on is None:
            # Until there are others, the days for which it was called stay on record: what is bound to it keeps them.
            await unit.change(db.Meeting, [((meeting,), {**_called_for(row), "status": MeetingStatus.POSTPONED})])
            await _still_sat(unit, whole, elsewhen)
            return None if validate_only else meeting, ()
        starts = None if to.starts_on is None else PartialDate.of(to.starts_on)
        ends = None if to.ends_on is None else PartialDate.of(to.ends_on)
        starts, ends = starts or row["starts_on"], ends or row["ends_on"] or row["starts_on"]
        if starts is None or ends is None or starts.exact is None or ends.exact is None:
            raise Invalid(("startsOn", "Its days are not known to the day: give both."))
        ahead = _still_ahead(to.status, starts.exact, ends.exact, context.today)
        if ahead is not None:
            raise Invalid(ahead)
        against = _against_days(starts.exact, ends.exact)
        if against:
            raise Invalid(*against)
        city = to.city or row["city"]
        # What was said of its length does not hold where the days are fewer than that.
        half_days = row["half_days"] if _fits_in(row["half_days"], starts.exact, ends.exact) else None
        plan = await _plan(
            unit,
            kind=row["kind_code"],
            starts_on=starts.exact,
            ends_on=ends.exact,
            city=city,
            half_days=half_days,
            without=meeting,
        )
        broken = await terms_follow(unit, meeting, starts, ends)
        evaluations = await judged(unit, SCHEDULE, plan, starts.exact, waivers, ELECTION, [said for _, said in broken])
        changed: dict[str, Any] = {"starts_on": starts, "ends_on": ends, "city": city, "half_days": half_days}
        changed |= {
            name: value for name, value in (("venue", to.venue), ("time_zone", to.time_zone)) if value is not None
        }
        if to.country is not None:
            await _country(unit, to.country)
            changed["country_code"] = to.country
        if to.status is not None:
            changed["status"] = to.status
        was: PartialDate | None = row["starts_on"]
        if to.status not in _HAPPENED and was is not None and not was.earliest <= starts.exact <= was.latest:
            changed |= _called_for(row)
        await unit.change(db.Meeting, [((meeting,), changed)])
        await _still_sat(unit, whole, elsewhen)
        of_it = evaluations[: len(evaluations) - len(broken)]
        await keep_judgement(
            unit,
            to.act,
            db.Meeting,
            meeting,
            of_it,
            today=context.today,
            waivers=waivers,
            visibility=row["visibility"],
            seen_by=plan.seen_by,
        )
        for (term, _), said in zip(broken, evaluations[len(of_it) :], strict=True):
            await keep_judgement(unit, to.act, db.OfficeTerm, term, [said], today=context.today, waivers=waivers)
    return None if validate_only else meeting, evaluations


async def cancel(context: Context, meeting: str, *, expected_version: int, validate_only: bool = False) -> str | None:
    async with context.act(Act.CANCEL_MEETING, validate_only=validate_only) as unit:
        row = await find(unit, db.Meeting, meeting, expected_version)
        _may_become(row, Move(act=Act.CANCEL_MEETING, status=MeetingStatus.CANCELLED))
        await _without_parts(unit, meeting, _AHEAD | {MeetingStatus.IN_PROGRESS})
        if await bound_terms(unit, meeting):
            raise Invalid(("meeting", "Terms of office begin or end with it: they would have no bound."))
        if await unit.rows(select(col(db.Decision.id)).where(col(db.Decision.meeting_code) == meeting).limit(1)):
            raise Invalid(("meeting", "It took decisions: a meeting that is cancelled decides nothing."))
        whole = row["part_of_code"] or meeting
        elsewhen = await taken_when_it_did_not_sit(unit, whole)
        await unit.change(db.Meeting, [((meeting,), {"status": MeetingStatus.CANCELLED})])
        await _still_sat(unit, whole, elsewhen)
    return None if validate_only else meeting


async def set_working_methods(
    context: Context, meeting: str, methods: LocalizedText, *, expected_version: int, validate_only: bool = False
) -> str | None:
    """Record how an intersessional meeting is to work; a later text takes the place of an earlier one."""
    async with context.act(Act.SET_WORKING_METHODS, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Meeting, meeting, expected_version)
        if row["kind_code"] != INTERSESSIONAL:
            raise Invalid(("meeting", "Working methods are those of intersessional meetings (Prop. 1(2))."))
        still(row, without={MeetingStatus.CANCELLED})
        changed = {"working_methods": methods, "working_methods_set_on": context.today}
        await unit.change(db.Meeting, [((meeting,), changed)])
    return None if validate_only else meeting


async def record_neighbour(
    context: Context,
    *,
    treaty: str,
    title: str,
    starts_on: date,
    ends_on: date,
    city: str,
    url: str | None,
    validate_only: bool = False,
) -> str | None:
    """Record a meeting under another treaty, beside which one of ours may be held."""
    async with context.act(Act.RECORD_NEIGHBOUR_MEETING, validate_only=validate_only) as unit:
        treaty, title, city = treaty.strip(), title.strip(), city.strip()
        against = [
            *(
                (name, reason)
                for name, said, longest in (("treaty", treaty, 32), ("title", title, 300), ("city", city, 100))
                for reason in text.against(said, longest)
            ),
            *_against_days(starts_on, ends_on),
        ]
        if url is not None and not url.startswith(("https://", "http://")):
            against.append(("url", "An address that begins with https:// or http://."))
        if against:
            raise Invalid(*against)
        known = await unit.rows(
            select(col(db.ExternalMeeting.id)).where(
                col(db.ExternalMeeting.treaty) == treaty,
                col(db.ExternalMeeting.title) == title,
                col(db.ExternalMeeting.starts_on) == starts_on,
            )
        )
        if known:
            there = ("ExternalMeeting", known[0].id)
            raise Conflict("This meeting is on record already.", code="DUPLICATE", current=there)
        key = new_id()
        kept = {
            "id": key,
            "treaty": treaty,
            "title": title,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "city": city,
            "url": url,
        }
        await unit.keep(db.ExternalMeeting, [kept])
    return None if validate_only else key


def _still_ahead(status: MeetingStatus | None, opens: date, closes: date, today: date) -> tuple[str, str] | None:
    """An act records what has happened: a meeting opens and closes on its day, or was opened and closed before."""
    if status is MeetingStatus.IN_PROGRESS and opens > today:
        return "on", f"It opens on {opens}: until then it is not open."
    if status is MeetingStatus.CLOSED and closes > today:
        return "on", f"It closes on {closes}: until then it is not closed; one that closes early names its last day."
    return None


async def _still_sat(unit: Unit, meeting: str, before: Collection[str]) -> None:
    """A meeting sat on the days of its decisions, and its parts do where it has parts."""
    for decision, what in (await taken_when_it_did_not_sit(unit, meeting)).items():
        if decision not in before:
            raise Invalid(("meeting", what))


_HAPPENED = frozenset({MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED})
_AHEAD = frozenset({MeetingStatus.TENTATIVE, MeetingStatus.CONFIRMED, MeetingStatus.POSTPONED})


def _called_for(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a meeting that is moved, the day for which it was called first."""
    return {"first_planned_on": row["first_planned_on"] or row["starts_on"]}


async def _without_parts(unit: Unit, meeting: str, status: Collection[MeetingStatus]) -> None:
    """A meeting ends no earlier than its parts."""
    parts = await unit.rows(
        select(col(db.Meeting.code), col(db.Meeting.status))
        .where(col(db.Meeting.part_of_code) == meeting, col(db.Meeting.status).in_(sorted(status)))
        .order_by(col(db.Meeting.code))
        .limit(1)
    )
    if parts:
        raise Invalid(("meeting", f"A part of it, {parts[0].code}, is {parts[0].status}."))


def _may_become(row: Mapping[str, Any], to: Move) -> None:
    status = row["status"]
    moved = to.status is None
    if moved and status in _AHEAD:
        return
    if moved or to.status not in NEXT[status]:
        raise _out_of_turn(row)


def _out_of_turn(meeting: Mapping[str, Any]) -> Conflict:
    status = meeting["status"]
    return out_of_turn("The meeting is", status, version=meeting["version"], allowed=NEXT[status])


def _against(given: Given) -> list[tuple[str, str]]:
    found = [*_against_days(given.starts_on, given.ends_on)]
    # Of dots alone it would lead elsewhere, in the path of a decision.
    dots = not given.code.strip(".")
    if dots or given.code != given.code.strip() or any(text.against(given.code, _LONGEST_CODE)):
        found.append(("code", f"Between 1 and {_LONGEST_CODE} characters, such as 2MSP or IM-2012."))
    if not _fits_in(given.half_days, given.starts_on, given.ends_on):
        found.append(("halfDays", "At least one, and no more than the days have."))
    found += _against_place(city=given.city, venue=given.venue, time_zone=given.time_zone)
    if given.is_hybrid and given.is_virtual:
        found.append(("isHybrid", "Online alone, or in its place and online: not both."))
    if given.status not in (MeetingStatus.TENTATIVE, MeetingStatus.CONFIRMED):
        found.append(("status", "A meeting is scheduled as TENTATIVE or CONFIRMED."))
    return found


def _fits_in(half_days: int | None, starts_on: date, ends_on: date) -> bool:
    return half_days is None or 1 <= half_days <= 2 * ((ends_on - starts_on).days + 1)


def _against_days(starts_on: date, ends_on: date) -> list[tuple[str, str]]:
    found = []
    if not FIRST_DAY <= starts_on <= LAST_DAY:
        found.append(("startsOn", f"Between {FIRST_DAY} and {LAST_DAY}."))
    if not starts_on <= ends_on <= LAST_DAY:
        found.append(("endsOn", f"Not before {starts_on}, on which it opens, and {LAST_DAY} at the latest."))
    elif not found and ends_on > years_after(starts_on, 2):
        found.append(("endsOn", "A meeting, with all its parts, is over within two years."))
    return found


def _against_place(*, city: str | None, venue: str | None, time_zone: str | None) -> Iterator[tuple[str, str]]:
    for name, said, longest in (("city", city, _LONGEST_CITY), ("venue", venue, _LONGEST_VENUE)):
        if said is not None:
            yield from ((name, reason) for reason in text.against(said, longest))
    if time_zone is not None and time_zone not in available_timezones():
        yield "timeZone", "A name of the IANA time zone database, such as Europe/Zurich."


async def _unknown(asks: Asks, given: Given) -> list[tuple[str, str]]:
    found = []
    if not await asks.rows(select(col(db.MeetingKind.code)).where(col(db.MeetingKind.code) == given.kind)):
        found.append(("kind", f"There is no kind {given.kind}: meetingKinds lists them."))
    if given.country is not None and not await asks.rows(
        select(col(db.State.code)).where(col(db.State.code) == given.country)
    ):
        found.append(("country", f"There is no State {given.country}."))
    if given.part_of is not None:
        whole = await asks.rows(
            select(col(db.Meeting.part_of_code), col(db.Meeting.status)).where(
                col(db.Meeting.code) == given.part_of, *asks.sees(db.Meeting)
            )
        )
        if not whole:
            found.append(("partOf", f"There is no meeting {given.part_of}."))
        elif whole[0].part_of_code is not None:
            found.append(("partOf", f"{given.part_of} is a part itself."))
        elif whole[0].status is MeetingStatus.CANCELLED:
            found.append(("partOf", f"{given.part_of} is cancelled."))
    return found


async def _country(unit: Unit, code: str) -> None:
    if await unit.row(db.State, (code,)) is None:
        raise NotFound("There is no such State.")
