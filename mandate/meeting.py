"""Meetings, formal and informal, and what the mandate asks of those that are scheduled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.rule import Found, Outcome, Parameters, finds, judges, says
from mandate.text import sort_key


class Formality(StrEnum):
    FORMAL = "FORMAL"
    INFORMAL = "INFORMAL"


class MeetingStatus(StrEnum):
    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    POSTPONED = "POSTPONED"
    CANCELLED = "CANCELLED"
    IN_PROGRESS = "IN_PROGRESS"
    CLOSED = "CLOSED"


NEXT: Mapping[MeetingStatus, frozenset[MeetingStatus]] = {
    MeetingStatus.TENTATIVE: frozenset(
        {MeetingStatus.CONFIRMED, MeetingStatus.IN_PROGRESS, MeetingStatus.POSTPONED, MeetingStatus.CANCELLED}
    ),
    MeetingStatus.CONFIRMED: frozenset({MeetingStatus.IN_PROGRESS, MeetingStatus.POSTPONED, MeetingStatus.CANCELLED}),
    MeetingStatus.POSTPONED: frozenset({MeetingStatus.CONFIRMED, MeetingStatus.CANCELLED}),
    MeetingStatus.IN_PROGRESS: frozenset({MeetingStatus.CLOSED}),
    MeetingStatus.CLOSED: frozenset(),
    MeetingStatus.CANCELLED: frozenset(),
}
"""What may become of a meeting."""


class ParticipantClass(StrEnum):
    """The classes by which final reports count attendance."""

    STATES_PARTIES = "STATES_PARTIES"
    SIGNATORIES = "SIGNATORIES"
    OBSERVER_STATES = "OBSERVER_STATES"
    ORGANISATIONS = "ORGANISATIONS"
    DELEGATES = "DELEGATES"


class InviteCategory(StrEnum):
    """Those whom Proposal 1(1) encourages to take part in intersessional meetings."""

    STATES_PARTIES = "STATES_PARTIES"
    OBSERVER_STATES = "OBSERVER_STATES"
    ORGANISATIONS = "ORGANISATIONS"
    NGOS = "NGOS"


# ---------- how far what belongs to a meeting may be seen ----------


def is_within(visibility: Visibility, meeting: Visibility, *, is_main: bool = True, was_said: bool = False) -> bool:
    """Whether it is for nobody for whom its meeting is not; documents, decisions, records and statements ask here.

    Of the visibilities none contains another but for PUBLIC. *Reading*: those of another meeting take part in that one
    alone, so what is for participants is for those of its main meeting; what was said in the room they have heard,
    whoever else may know of the meeting. Which parties a thing concerns is said of each by itself.
    """
    if meeting is Visibility.PUBLIC or visibility is Visibility.ISU:
        return True
    if visibility is Visibility.PARTICIPANTS:
        return is_main and (was_said or meeting is visibility)
    return visibility is meeting and meeting is not Visibility.CONCERNED


# ---------- what a meeting that is scheduled is judged by ----------

INTERSESSIONAL = "intersessional_meeting"
SPECIAL = "special_meeting_of_states_parties"
COMMITTEE = "coordination_committee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A meeting under another treaty."""

    treaty: str
    title: str
    starts_on: date
    ends_on: date
    city: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another meeting of ours, neither cancelled nor postponed nor without a date."""

    code: str
    kind: str
    starts_on: PartialDate
    ends_on: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the rules may know of a meeting that is to be held, or was."""

    kind: str
    starts_on: date
    ends_on: date
    city: str | None
    half_days: int | None = None
    """Its length, where it is shorter than the days that it touches."""
    others: Sequence[Other] = ()
    neighbours: Sequence[Neighbour] = ()
    third_meeting_on: date | None = None
    """The opening of the meeting before which the special one is to be held, where it is known."""
    seen_by: frozenset[Visibility] = frozenset()
    """How visible the other meetings are."""

    @property
    def is_intersessional(self) -> bool:
        return self.kind == INTERSESSIONAL


_OTHER_KIND = "This is for informal intersessional meetings."


@judges("intersessional-half")
def opens_and_closes_in_the_first_half(plan: Plan, parameters: Parameters) -> Outcome:
    if not plan.is_intersessional:
        return says(None, _OTHER_KIND)
    last = parameters["last_month"]
    known = {"startsOn": plan.starts_on, "endsOn": plan.ends_on, "lastMonth": last}
    if plan.starts_on.year == plan.ends_on.year and plan.ends_on.month <= last:
        return says(True, f"It opens and closes in the first half of {plan.starts_on.year}.", **known)
    days = f"{plan.starts_on} to {plan.ends_on}"
    return says(False, f"It is not held within the first half of a year: {days}.", **known)


@judges("intersessional-place")
def is_held_in_the_place(plan: Plan, parameters: Parameters) -> Outcome:
    if not plan.is_intersessional:
        return says(None, _OTHER_KIND)
    return _in_the_place(plan, parameters["city"])


def _in_the_place(plan: Plan, city: str) -> Outcome:
    known = {"city": plan.city, "in": city}
    if same_city(plan.city, city):
        return says(True, f"It is held in {city}.", **known)
    return says(False, f"It is to be held in {city}, not {plan.city or 'elsewhere or online'}.", **known)


def same_city(one: str | None, other: str) -> bool:
    return one is not None and sort_key(one.strip()) == sort_key(other)


@judges("intersessional-length")
def lasts_no_more_than_the_days(plan: Plan, parameters: Parameters) -> Outcome:
    """Both ends counted."""
    if not plan.is_intersessional:
        return says(None, _OTHER_KIND)
    days, most = (plan.ends_on - plan.starts_on).days + 1, parameters["most_days"]
    known = {"days": days, "mostDays": most}
    if days <= most:
        return says(True, f"It lasts {days} days.", **known)
    return says(False, f"It lasts {days} days; {most} is the most.", **known)


@judges("intersessional-annual")
def is_the_only_one_of_its_year(plan: Plan, parameters: Parameters) -> Outcome:
    if not plan.is_intersessional:
        return says(None, _OTHER_KIND)
    year = plan.starts_on.year
    same = [other.code for other in plan.others if other.kind == plan.kind and other.starts_on.year == year]
    known = {"year": year, "others": same, "most": parameters["most"]}
    if len(same) < parameters["most"]:
        return says(True, f"{year} has no other.", **known)
    return says(False, f"{year} has one already: {', '.join(same)}.", **known)


@judges("intersessional-back-to-back")
def adjoins_a_meeting_of_a_related_treaty(plan: Plan, parameters: Parameters) -> Outcome:
    """Within a few days, so that a weekend may lie between; where the year has such a meeting."""
    if not plan.is_intersessional:
        return says(None, _OTHER_KIND)
    near = related(plan.neighbours, plan.starts_on.year, parameters)
    named = [f"{each.title} ({each.treaty}, {each.starts_on} to {each.ends_on})" for each in near]
    known = {"couldAdjoin": named, "daysApart": parameters["days_apart"]}
    if not near:
        return says(None, f"No informal meeting of a related treaty in Geneva is known for {plan.starts_on.year}.")
    adjoined = [name for name, each in zip(named, near, strict=True) if _adjoins(plan, each, parameters["days_apart"])]
    if adjoined:
        return says(True, f"It adjoins {', '.join(adjoined)}.", adjoins=adjoined, **known)
    return says(False, f"It could adjoin {', '.join(named)}.", **known)


def related(neighbours: Sequence[Neighbour], year: int, parameters: Parameters) -> list[Neighbour]:
    """Those of the year that a meeting of ours is to adjoin as far as possible."""
    return [
        each
        for each in sorted(neighbours, key=lambda one: (one.starts_on, one.title))
        if each.treaty in parameters["treaties"]
        and same_city(each.city, parameters["city"])
        and year in (each.starts_on.year, each.ends_on.year)
    ]


def _adjoins(plan: Plan, other: Neighbour, apart: int) -> bool:
    after, before = (plan.starts_on - other.ends_on).days, (other.starts_on - plan.ends_on).days
    return 0 < after <= apart or 0 < before <= apart


@judges("isu-special-meeting")
def is_the_one_special_meeting(plan: Plan, parameters: Parameters) -> Outcome:
    if plan.kind != SPECIAL:
        return says(None, "This is for the special meeting of States Parties on the ISU.")
    same = [other.code for other in plan.others if other.kind == SPECIAL]
    against = []
    if len(same) >= parameters["most"]:
        against.append(f"there was one already ({', '.join(same)})")
    if plan.starts_on != plan.ends_on or plan.half_days != parameters["half_days"]:
        against.append("it lasts half a day")
    if not same_city(plan.city, parameters["city"]):
        against.append(f"it is held in {parameters['city']}")
    if plan.third_meeting_on is not None and plan.ends_on >= plan.third_meeting_on:
        against.append(f"it comes before the Third Meeting, which opens on {plan.third_meeting_on}")
    known = {
        "others": same,
        "halfDays": plan.half_days,
        "city": plan.city,
        "startsOn": plan.starts_on,
        "endsOn": plan.ends_on,
        "thirdMeetingOn": plan.third_meeting_on,
    }
    if not against:
        return says(True, "It is the one special meeting on the ISU.", **known)
    return says(False, f"Of the special meeting on the ISU: {'; '.join(against)}.", **known)


SCHEDULE = (
    opens_and_closes_in_the_first_half,
    is_held_in_the_place,
    lasts_no_more_than_the_days,
    is_the_only_one_of_its_year,
    adjoins_a_meeting_of_a_related_treaty,
    is_the_one_special_meeting,
)
"""What a meeting is judged by when it is scheduled, moved, opened and closed."""


def slots(plan: Plan, parameters: Parameters, most_days: int) -> list[tuple[date, date, Neighbour]]:
    """Weeks that adjoin a meeting of a related treaty, before it and after it, within working days."""
    found = []
    for near in related(plan.neighbours, plan.starts_on.year, parameters):
        ends = _working(near.starts_on - timedelta(days=1), -1)
        found.append((_within_week(ends, -1, most_days), ends, near))
        starts = _working(near.ends_on + timedelta(days=1), 1)
        found.append((starts, _within_week(starts, 1, most_days), near))
    return found


_SATURDAY = 5


def _working(day: date, step: int) -> date:
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=step)
    return day


def _within_week(day: date, step: int, most_days: int) -> date:
    """The last day, that way, of so many working days at most in the same week."""
    for _ in range(most_days - 1):
        further = day + timedelta(days=step)
        if further.weekday() >= _SATURDAY:
            break
        day = further
    return day


def clashes(starts_on: date, ends_on: date, others: Iterable[tuple[date, date]]) -> bool:
    return any(first <= ends_on and starts_on <= last for first, last in others)


# ---------- what the compliance review looks for ----------

RECORDS = frozenset({"final_report", "minutes", "summary"})
"""Kinds of the documents by which a meeting has a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFacts:
    """What the standing rules may know of one meeting."""

    code: str
    kind: str
    formality: Formality
    status: MeetingStatus
    opens: date | None = None
    """Where it is known to the month or the year only: the first day that may be meant; of the close, the last."""
    closes: date | None = None
    is_part: bool = False
    has_methods: bool = False
    invited: frozenset[InviteCategory] = frozenset()
    has_agenda: bool = False
    subjects: frozenset[str] = frozenset()
    """Of the review under the First Review Conference, those that have an item on its agenda."""
    has_record: bool = False

    @property
    def is_on(self) -> bool:
        return self.status not in (MeetingStatus.CANCELLED, MeetingStatus.POSTPONED)

    @property
    def is_decided(self) -> bool:
        """One that is tentative has not opened, though its days come and go: nothing was due at it."""
        return self.is_on and self.status is not MeetingStatus.TENTATIVE

    @property
    def closed(self) -> bool:
        return self.status is MeetingStatus.CLOSED

    @property
    def concerned(self) -> tuple[str, str]:
        return "Meeting", self.code


def intersessional_since(situation: Any) -> Iterator[tuple[MeetingFacts, date]]:
    """Intersessional meetings that the version judges, with the day on which they open: what opened before does not."""
    for meeting in situation.meetings:
        opens = meeting.opens
        if meeting.kind == INTERSESSIONAL and meeting.is_on and opens is not None and opens >= situation.begun:
            yield meeting, opens


@finds("intersessional-methods")
def opened_without_working_methods(situation: Any, _: Parameters) -> Iterator[Found]:
    """Due the day it opens; methods set after that day mend it."""
    for meeting, opens in intersessional_since(situation):
        if meeting.is_decided and opens <= situation.as_of and not meeting.has_methods:
            yield Found(
                message=f"{meeting.code} opened on {opens} and has set no working methods.",
                concerns=meeting.concerned,
                since=opens,
                due_on=opens,
            )


_HALF = (6, 30)
"""The last day of the first half of a year."""


@finds("intersessional-annual")
def years_without_an_intersessional_meeting(situation: Any, _: Parameters) -> Iterator[Found]:
    """From the year after the version begins, once the first half of a year is over."""
    held = {
        meeting.opens.year
        for meeting in situation.meetings
        if meeting.kind == INTERSESSIONAL and meeting.is_on and meeting.opens is not None
    }
    for year in range(situation.begun.year + 1, situation.as_of.year + 1):
        due = date(year, *_HALF)
        if due < situation.as_of and year not in held:
            yield Found(
                message=f"{year} had no informal intersessional meeting.",
                since=due + timedelta(days=1),
                due_on=due,
                inputs={"year": year},
            )


@finds("isu-records")
def closed_without_a_record(situation: Any, _: Parameters) -> Iterator[Found]:
    """A part of a meeting has its record in that of the whole; the paper names no day, so none is due."""
    for meeting in situation.meetings:
        closes = meeting.closes
        if not meeting.closed or meeting.is_part or closes is None or meeting.has_record:
            continue
        if situation.begun <= closes <= situation.as_of:
            yield Found(
                message=f"{meeting.code} closed on {closes} and has no record.",
                concerns=meeting.concerned,
                since=closes,
            )
