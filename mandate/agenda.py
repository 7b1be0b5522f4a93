"""Agendas, the programme of an intersessional meeting, and who makes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mandate.meeting import INTERSESSIONAL
from mandate.office import THEMES
from mandate.party import code_of
from mandate.rule import Found, Outcome, Parameters, finds, judges, says

PRESIDENT = "PRESIDENT"
"""The office of that organizer who has no Working Group and no theme."""


class ReviewSubject(StrEnum):
    """What the First Review Conference is to review."""

    INTERSESSIONAL_PROGRAMME = "INTERSESSIONAL_PROGRAMME"
    COORDINATION_COMMITTEE = "COORDINATION_COMMITTEE"
    ISU = "ISU"


def number_order(number: str) -> str:
    """The number of an item with its digits filled up, so that 10 sorts after 9."""
    return re.sub(r"[0-9]+", lambda digits: digits[0].zfill(6), number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organizer:
    """Who has a say in the programme: the President, or a Coordinator."""

    office: str
    """PRESIDENT, or the code of the Working Group or theme."""
    party: str

    def __str__(self) -> str:
        return f"{code_of(self.party)} ({self.office})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The agenda of an intersessional meeting, and who has agreed to it as it stands.

    Both Coordinators of a Working Group are asked. Any addition is another programme: what was agreed before is void.
    """

    organizers: Sequence[Organizer]
    """Who holds these offices on the day, of all Working Groups and themes: an empty seat is nobody."""
    portfolios: frozenset[str]
    """Working Groups and themes that have an item in it."""
    agreed: Sequence[Organizer] = ()
    made_final: bool = False
    """Whether it was final once, whoever has come into office since."""
    version: int = 0
    """That of all its items together: none is ever taken away, so it grows with each that is added or moved."""

    @property
    def awaited(self) -> list[Organizer]:
        if self.made_final:
            return []
        asked = {PRESIDENT, *self.portfolios}
        return [each for each in self.organizers if each.office in asked and each not in self.agreed]

    @property
    def final(self) -> bool:
        return self.made_final or (bool(self.agreed) and not self.awaited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where an item stands."""

    portfolio: str | None
    above: Sequence[str]
    """The Working Groups and themes of the items under which it stands, at whatever depth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """An item that is to be on an agenda, or in another place of it."""

    meeting_kind: str
    items: Sequence[Placed]
    """The item, and those that move with it, because they stand under it."""
    programme: Programme | None
    """None where the meeting is no intersessional one."""
    by: str | None
    """The party that adds it; None for the ISU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Somebody agrees to a programme."""

    programme: Programme
    office: str | None
    """For which office; all those of the party where none is named."""
    by: str | None
    """The party that agrees; None for the ISU, which says it for whoever holds the office."""

    @property
    def speaks_for(self) -> list[Organizer]:
        return [
            each
            for each in self.programme.organizers
            if self.office in (None, each.office) and self.by in (None, each.party)
        ]


@judges("theme-placement")
def themes_stand_under_the_general_group(addition: Addition, parameters: Parameters) -> Outcome:
    """At any depth."""
    if addition.meeting_kind != INTERSESSIONAL:
        return says(None, "This is for informal intersessional meetings.")
    under = parameters["under"]
    themes = [item for item in addition.items if item.portfolio in THEMES]
    if not themes:
        return says(None, "This is for items of the two themes.")
    item = next((item for item in themes if under not in item.above), themes[0])
    known = {"theme": item.portfolio, "under": under, "above": list(item.above)}
    if under in item.above:
        return says(True, f"It stands under an item of {under}.", **known)
    return says(False, f"An item of {item.portfolio} stands under one of {under}.", **known)


@judges("programme-organizers")
def only_the_organizers_make_the_programme(step: Addition | Agreement, _: Parameters) -> Outcome:
    """Editing is for any of them; each agrees for an office of their own, and the ISU for whoever holds one."""
    if step.programme is None:
        return says(None, "This is for informal intersessional meetings.")
    organizers = [str(each) for each in step.programme.organizers]
    known: dict[str, Any] = {"by": step.by or "ISU", "organizers": organizers}
    if isinstance(step, Agreement):
        known["office"] = step.office
        if step.speaks_for:
            return says(True, f"Agreed for {', '.join(map(str, step.speaks_for))}.", **known)
        what = "an office with a say in the programme" if step.office is None else f"the office of {step.office}"
        who = "Nobody holds" if step.by is None else f"{code_of(step.by)} does not hold"
        return says(False, f"{who} {what}.", **known)
    agreed = [str(each) for each in step.programme.agreed]
    if step.programme.final:
        return says(False, f"The programme is final: {', '.join(agreed)} have agreed.", agreed=agreed, **known)
    if step.by is None:
        return says(True, "The ISU edits the programme for its organizers.", **known)
    if any(each.party == step.by for each in step.programme.organizers):
        return says(True, f"{code_of(step.by)} is one of its organizers.", **known)
    return says(
        False, f"{code_of(step.by)} is neither the President nor a Coordinator: they edit the programme.", **known
    )


ADDITION = (themes_stand_under_the_general_group, only_the_organizers_make_the_programme)
AGREEMENT = (only_the_organizers_make_the_programme,)


@finds("review-first-rc")
def subjects_that_the_first_review_conference_leaves_out(situation: Any, parameters: Parameters) -> Iterator[Found]:
    """Looked for once its agenda is kept, or else when it has closed: before that nobody can tell."""
    for meeting in situation.meetings:
        if meeting.code != parameters["conference"] or not meeting.is_on or meeting.opens is None:
            continue
        if meeting.opens < situation.begun:
            continue
        has_closed = meeting.closed and meeting.closes is not None and meeting.closes <= situation.as_of
        if not meeting.has_agenda and not has_closed:
            continue
        for subject in parameters["subjects"]:
            if subject not in meeting.subjects:
                yield Found(
                    message=f"The agenda of {meeting.code} has no review of {subject.lower().replace('_', ' ')}.",
                    concerns=meeting.concerned,
                    since=meeting.opens if meeting.opens <= situation.as_of else None,
                    due_on=meeting.opens,
                    inputs={"subject": subject},
                )
