"""Decisions of Meetings, and what it takes for one to be cited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import quote

from mandate.actor import Visibility
from mandate.rule import Outcome, says

FORMAL_MEETINGS = frozenset({"meeting_of_states_parties", "review_conference"})
"""Kinds of the meetings that elect and approve."""


class DecisionMethod(StrEnum):
    CONSENSUS = "CONSENSUS"
    VOTE = "VOTE"
    ACCLAMATION = "ACCLAMATION"
    SILENCE_PROCEDURE = "SILENCE_PROCEDURE"


class ParagraphType(StrEnum):
    OPERATIONAL = "OPERATIONAL"
    INFORMATIONAL = "INFORMATIONAL"


class ParagraphStatus(StrEnum):
    ACTIVE = "ACTIVE"
    IMPLEMENTED = "IMPLEMENTED"
    ELAPSED = "ELAPSED"
    SUPERSEDED = "SUPERSEDED"
    RETIRED = "RETIRED"


BECOMES: Mapping[ParagraphStatus, Sequence[ParagraphStatus]] = {
    ParagraphStatus.ACTIVE: (
        ParagraphStatus.IMPLEMENTED,
        ParagraphStatus.ELAPSED,
        ParagraphStatus.SUPERSEDED,
        ParagraphStatus.RETIRED,
    ),
    # What is late may still be done, or be overtaken.
    ParagraphStatus.ELAPSED: (ParagraphStatus.IMPLEMENTED, ParagraphStatus.SUPERSEDED, ParagraphStatus.RETIRED),
    ParagraphStatus.IMPLEMENTED: (ParagraphStatus.SUPERSEDED,),
    ParagraphStatus.SUPERSEDED: (),
    ParagraphStatus.RETIRED: (),
}
"""What may become of a paragraph; a follow-up that changes nothing is always possible."""


def against_follow_up(
    *, type: ParagraphType, due_on: date | None, to: ParagraphStatus, today: date, later: bool
) -> Iterator[tuple[str, str]]:
    """`later`: whether another paragraph is named that takes its place."""
    if to is ParagraphStatus.IMPLEMENTED and type is ParagraphType.INFORMATIONAL:
        yield "status", "It informs, and asks for nothing that could be implemented."
    if to is ParagraphStatus.ELAPSED and due_on is None:
        yield "status", "It is due on no day."
    if to is ParagraphStatus.ELAPSED and due_on is not None and today <= due_on:
        yield "status", f"It is due on {due_on}."
    if (to is ParagraphStatus.SUPERSEDED) != later:
        yield "supersededBy", "Name the paragraph that takes its place where it is superseded, and only then."


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """How many were in favour, against, and abstained."""

    in_favour: int
    against: int
    abstentions: int


def against_votes(method: DecisionMethod, votes: Votes | None) -> Iterator[tuple[str, str]]:
    if votes is None:
        return
    if method is not DecisionMethod.VOTE:
        yield "votes", f"It was decided by {method}, and not by vote."
    elif min(votes.in_favour, votes.against, votes.abstentions) < 0:
        yield "votes", "Not less than none."
    elif votes.in_favour <= votes.against:
        yield "votes", "What more vote against than for is not decided."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """What the rules may know of a decision, or of the meeting that is to take it."""

    meeting: str
    meeting_kind: str
    adopted_on: date | None
    """None where only the meeting is named, which is yet to decide."""
    method: DecisionMethod | None = None
    sat: Sequence[tuple[date, date]] = ()
    """The days on which the meeting sat, both ends counted; several where it had parts."""
    cancelled: bool = False
    seen_by: frozenset[Visibility] = frozenset()
    """How visible the decision is, and the meeting with its parts."""


def permalink(meeting: str, number: str) -> str:
    """The path under which a decision stays to be found."""
    return f"/decisions/{quote(meeting, safe='')}/{quote(number, safe='')}"


def by_formal_meeting(cited: Cited) -> Outcome:
    """Whether a Meeting of States Parties or a Review Conference decided it, while it sat or by silence procedure."""
    known = {
        "meeting": cited.meeting,
        "meetingKind": cited.meeting_kind,
        "adoptedOn": cited.adopted_on,
        "method": cited.method,
        "sat": [f"{first}/{last}" for first, last in cited.sat],
    }
    if cited.meeting_kind not in FORMAL_MEETINGS:
        return says(False, f"{cited.meeting} is no Meeting of States Parties and no Review Conference.", **known)
    if cited.cancelled:
        return says(False, f"{cited.meeting} is cancelled: it decides nothing.", **known)
    if cited.adopted_on is None:
        return says(True, f"To be decided by {cited.meeting}.", **known)
    if cited.method is DecisionMethod.SILENCE_PROCEDURE:
        return says(True, f"Decided by {cited.meeting}, by silence procedure, on {cited.adopted_on}.", **known)
    if any(first <= cited.adopted_on <= last for first, last in cited.sat):
        return says(True, f"Decided by {cited.meeting} on {cited.adopted_on}.", **known)
    return says(False, f"{cited.meeting} did not sit on {cited.adopted_on}.", **known)
