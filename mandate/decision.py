"""Decisions of Meetings, and what it takes for one to be cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mandate.actor import Visibility
from mandate.rule import Outcome, says

FORMAL_MEETINGS = frozenset({"meeting_of_states_parties", "review_conference"})
"""Kinds of the meetings that elect and approve."""


class DecisionMethod(StrEnum):
    CONSENSUS = "CONSENSUS"
    VOTE = "VOTE"
    ACCLAMATION = "ACCLAMATION"
    SILENCE_PROCEDURE = "SILENCE_PROCEDURE"


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
