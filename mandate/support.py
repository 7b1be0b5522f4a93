"""The ISU: its Director, who hosts and serves it, what it is told to do, and what stands in for it at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from mandate.decision import Cited, by_formal_meeting
from mandate.meeting import COMMITTEE
from mandate.rule import Found, Outcome, Parameters, finds, judges, says, shown

SECRETARIAT = "secretariat"
"""The kind of those organisations that are an ISU."""


class ArrangementKind(StrEnum):
    HOST = "HOST"
    INTERIM_CAPACITY = "INTERIM_CAPACITY"
    SERVICES = "SERVICES"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorFacts:
    """A term of a Director; half-open, the day it ends is not in it."""

    id: str
    starts_on: date
    ends_on: date | None

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    def overlaps(self, starts_on: date, ends_on: date | None) -> bool:
        return (ends_on is None or self.starts_on < ends_on) and (self.ends_on is None or starts_on < self.ends_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangementFacts:
    """With an organisation, about the ISU or what stands in for it; half-open like a term."""

    id: str
    kind: ArrangementKind
    organisation: str
    starts_on: date
    ends_on: date | None


class Supported(Protocol):
    """What a review knows of the ISU on a day."""

    @property
    def as_of(self) -> date: ...
    @property
    def begun(self) -> date:
        """The first day of the version by which it is reviewed."""

    @property
    def directors(self) -> Sequence[DirectorFacts]: ...
    @property
    def arrangements(self) -> Sequence[ArrangementFacts]: ...


def established_on(directors: Iterable[DirectorFacts], arrangements: Iterable[ArrangementFacts]) -> date | None:
    """Reading: the first day of the first Director's term or, if that is earlier, of the first hosting arrangement."""
    days = [director.starts_on for director in directors]
    days += [each.starts_on for each in arrangements if each.kind is ArrangementKind.HOST]
    return min(days, default=None)


def findings_begin(situation: Supported) -> date | None:
    """Nothing is asked of an ISU before it is established, nor by a version before it begins; None where not yet."""
    established = established_on(situation.directors, situation.arrangements)
    if established is None or max(established, situation.begun) > situation.as_of:
        return None
    return max(established, situation.begun)


# ---------- the Director ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """All that the rules may know of the appointment of a Director."""

    starts_on: date
    ends_on: date | None
    others: Sequence[DirectorFacts]
    also_serves: str | None = None
    """The code of another organisation that has the same person in its service."""
    with_another_isu: bool = False
    """Whether that one is, or is for the purpose, the ISU of another convention."""


@judges("isu-director")
def there_is_one_director_at_a_time(appointment: Appointment, _: Parameters) -> Outcome:
    at_once = [other for other in appointment.others if other.overlaps(appointment.starts_on, appointment.ends_on)]
    known = {
        "startsOn": appointment.starts_on,
        "endsOn": appointment.ends_on,
        "others": [f"{each.starts_on}/{each.ends_on or ''}" for each in at_once],
    }
    if not at_once:
        return says(True, "Nobody else is Director at that time.", **known)
    terms = ", ".join(f"from {each.starts_on} to {each.ends_on or 'no end'}" for each in at_once)
    return says(False, f"Somebody else is Director at that time: {terms}.", **known)


@finds("isu-director")
def the_isu_has_a_director(situation: Supported, _: Parameters) -> Iterator[Found]:
    """Since the last one left or, where there was none, since the ISU is established."""
    begin = findings_begin(situation)
    if begin is None or any(each.covers(situation.as_of) for each in situation.directors):
        return
    left = [each.ends_on for each in situation.directors if each.ends_on and each.ends_on <= situation.as_of]
    since = max([begin, *left])
    yield Found(message=f"As far as is known, the ISU has no Director since {since}.", since=since, due_on=since)


# ---------- independence ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """All that the rules may know of an arrangement with an organisation."""

    kind: ArrangementKind
    organisation: str
    starts_on: date
    ends_on: date | None
    with_another_isu: bool
    """Whether the organisation is itself the ISU of another convention; one that only hosts it is not."""
    begun: date
    """The first day of the version by which it is judged."""
    others: Sequence[ArrangementFacts] = ()
    directors: Sequence[DirectorFacts] = ()


@judges("isu-independent")
def it_has_no_formal_tie_to_another_isu(tie: Arrangement | Appointment, _: Parameters) -> Outcome:
    """An organisation that hosts another ISU is not one itself."""
    if isinstance(tie, Appointment):
        if tie.also_serves is None and not tie.with_another_isu:
            return says(True, "The Director serves no other organisation.")
        known = {"alsoServes": tie.also_serves, "withAnotherIsu": tie.with_another_isu}
        if tie.with_another_isu:
            return says(False, "The Director would be shared with another ISU.", **known)
        return says(True, f"{tie.also_serves} is no ISU.", **known)
    known = {"organisation": tie.organisation, "kind": tie.kind, "withAnotherIsu": tie.with_another_isu}
    if tie.with_another_isu:
        return says(False, f"{tie.organisation} would be tied to it as another ISU.", **known)
    return says(True, f"{tie.organisation} is no ISU.", **known)


# ---------- until it operates ----------


def gaps(
    begun: date, until: date, arrangements: Iterable[ArrangementFacts], directors: Iterable[DirectorFacts]
) -> list[tuple[date, date]]:
    """From the one day up to and without the other, or the ISU's establishment: times without an interim capacity."""
    arrangements = list(arrangements)
    established = established_on(directors, arrangements)
    end = until if established is None else min(until, established)
    found, at = [], begun
    for each in sorted(arrangements, key=lambda one: one.starts_on):
        if each.kind is not ArrangementKind.INTERIM_CAPACITY or at >= end:
            continue
        if each.starts_on > at:
            found.append((at, min(each.starts_on, end)))
        at = max(at, each.starts_on, each.ends_on or end)
    if at < end:
        found.append((at, end))
    return found


@judges("isu-interim")
def an_interim_capacity_leaves_no_gap(arrangement: Arrangement, _: Parameters) -> Outcome:
    """What is missing before this one begins: what comes after it is not known yet."""
    if arrangement.kind is not ArrangementKind.INTERIM_CAPACITY:
        return says(None, "This is for an interim capacity.")
    missing = gaps(arrangement.begun, arrangement.starts_on, arrangement.others, arrangement.directors)
    known = {"startsOn": arrangement.starts_on, "gaps": [f"{first}/{last}" for first, last in missing]}
    if not missing:
        return says(True, "No day before it is without an interim capacity.", **known)
    days = ", ".join(f"from {first} to {last}" for first, last in missing)
    return says(False, f"There is none {days}.", **known)


@finds("isu-interim")
def an_interim_capacity_is_in_place(situation: Supported, _: Parameters) -> Iterator[Found]:
    """From the beginning of the version until the ISU is established; the day asked about counts."""
    until = date.fromordinal(situation.as_of.toordinal() + 1)
    for first, last in gaps(situation.begun, until, situation.arrangements, situation.directors):
        open_ended = last == until
        told = f"since {first}" if open_ended else f"from {first} to {last}"
        yield Found(
            message=f"No interim capacity was arranged for the ISU {told}.",
            since=first,
            due_on=first,
            inputs={"from": shown(first), "until": None if open_ended else shown(last)},
        )


# ---------- instructions ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructed:
    """What an instruction to the ISU rests on."""

    cited: Cited | None
    committee_met: bool
    """Whether a meeting of the Coordination Committee is cited."""


@judges("isu-instructions")
def states_parties_are_involved(instruction: Instructed, _: Parameters) -> Outcome:
    """Reading: the Coordination Committee, where a meeting or a decision of it is cited, acts on what a formal meeting
    decided.

    The meeting itself is not named: whoever sees the instruction may not see the meeting.
    """
    by_committee = instruction.committee_met or (
        instruction.cited is not None and instruction.cited.meeting_kind == COMMITTEE
    )
    if instruction.cited is not None and by_formal_meeting(instruction.cited).holds:
        return says(True, "It cites a decision of a formal meeting.", cites="a formal meeting")
    if by_committee:
        return says(True, "It cites the Coordination Committee.", cites="the Coordination Committee")
    return says(
        False,
        "It cites no decision of a Meeting of States Parties or Review Conference, nor of the Coordination Committee.",
        cites=None,
    )


APPOINTMENT = (there_is_one_director_at_a_time, it_has_no_formal_tie_to_another_isu)
ARRANGEMENT = (it_has_no_formal_tie_to_another_isu, an_interim_capacity_leaves_no_gap)
INSTRUCTION = (states_parties_are_involved,)
