"""Records of meetings: their way to publication, how visible they may become, who approves them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mandate.actor import Visibility
from mandate.meeting import COMMITTEE, MeetingStatus, is_within
from mandate.text import LocalizedText

KEEPS_RECORDS = "f"
"""The task of the ISU under which it keeps records of meetings (Prop. 4(4)(f))."""


class RecordKind(StrEnum):
    FULL = "FULL"
    PUBLIC_SUMMARY = "PUBLIC_SUMMARY"


class RecordStatus(StrEnum):
    DRAFT = "DRAFT"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    CORRECTED = "CORRECTED"


class RecordStep(StrEnum):
    EDIT = "EDIT"
    SUBMIT = "SUBMIT"
    COMMENT = "COMMENT"
    APPROVE = "APPROVE"
    PUBLISH = "PUBLISH"
    CORRECT = "CORRECT"


FROM: Mapping[RecordStep, Collection[RecordStatus]] = {
    RecordStep.EDIT: (RecordStatus.DRAFT, RecordStatus.UNDER_REVIEW, RecordStatus.APPROVED),
    RecordStep.SUBMIT: (RecordStatus.DRAFT,),
    RecordStep.COMMENT: (RecordStatus.UNDER_REVIEW,),
    RecordStep.APPROVE: (RecordStatus.UNDER_REVIEW,),
    RecordStep.PUBLISH: (RecordStatus.APPROVED,),
    RecordStep.CORRECT: (RecordStatus.PUBLISHED, RecordStatus.CORRECTED),
}
"""Where a record stands for a step to be taken.

One that is edited is a draft again: what was reviewed and approved was another text. One that is published is never
edited; a corrigendum stands beside it.
"""
BECOMES: Mapping[RecordStatus, Collection[RecordStatus]] = {
    RecordStatus.DRAFT: (RecordStatus.UNDER_REVIEW,),
    RecordStatus.UNDER_REVIEW: (RecordStatus.DRAFT, RecordStatus.APPROVED),
    RecordStatus.APPROVED: (RecordStatus.DRAFT, RecordStatus.PUBLISHED),
    RecordStatus.PUBLISHED: (RecordStatus.CORRECTED,),
    # It may be corrected again.
    RecordStatus.CORRECTED: (RecordStatus.CORRECTED,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    number: str
    text: LocalizedText


def may_become(visibility: Visibility, *, kind: RecordKind, meeting_kind: str, meeting: Visibility) -> bool:
    """Within its meeting; what is said in the Coordination Committee stays there, though the meeting be for all.

    A summary that names nobody may be for all.
    """
    if visibility is Visibility.CONCERNED:
        return False
    if kind is RecordKind.PUBLIC_SUMMARY:
        return True
    stays = (Visibility.COMMITTEE, Visibility.PARTICIPANTS, Visibility.ISU)
    if meeting_kind == COMMITTEE and visibility not in stays:
        return False
    return is_within(visibility, meeting, was_said=True)


def proposed(*, kind: RecordKind, meeting_kind: str, meeting: Visibility) -> Visibility:
    """How visible it becomes where nothing is said."""
    if kind is RecordKind.PUBLIC_SUMMARY:
        return Visibility.PUBLIC
    return Visibility.COMMITTEE if meeting_kind == COMMITTEE and meeting is Visibility.PUBLIC else meeting


# ---------- who approves ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A meeting, as far as the approval of a record asks for it."""

    code: str
    kind: str
    status: MeetingStatus
    opens: date | None
    presidency: str | None = None
    """The State that presides, as a party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """That of the version which is to be approved: one that is drafted anew is reviewed anew."""

    began_on: date
    committee_opened_on: Sequence[date] = ()
    """The days on which the Coordination Committee has met since, that day among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A decision that is to approve a record."""

    by: str
    on: date
    recorded_since: bool
    """Whether it was recorded after the review began, and not before."""


def against_approval(
    of: Held, review: Review, *, by_isu: bool, at: Held | None, decision: Taken | None
) -> Iterator[tuple[str, str]]:
    """Minutes of the Committee are approved at its next meeting; else the President approves, or the meeting did.

    Reading of Prop. 4(4)(f), which has the ISU keep records and says nothing of their approval: the meeting whose
    record it is approves it by a decision of its own, or its President does for it. It decides upon what it has before
    it, so not before the review began; it may on that very day, as it does of its report when it closes.
    """
    if of.kind == COMMITTEE:
        yield from _against_next(of, review, at)
        if decision is not None and (at is None or decision.by != at.code):
            yield "decision", "It is not of the meeting at which the minutes are approved."
    else:
        if at is not None:
            yield "atMeeting", "Only minutes of the Coordination Committee are approved at another meeting."
        if decision is not None and decision.by != of.code:
            yield "decision", f"It is not of {of.code}."
        if by_isu and decision is None:
            yield "decision", "The ISU acts for the meeting: cite the decision by which it approved its record."
    if decision is not None and decision.on < review.began_on:
        yield "decision", f"It was adopted on {decision.on}, and the review began on {review.began_on}."
    elif decision is not None and not decision.recorded_since:
        yield "decision", f"It was recorded before the review began, on {review.began_on}: it is of something else."


def _against_next(of: Held, review: Review, at: Held | None) -> Iterator[tuple[str, str]]:
    """The next that opened once the minutes were in review; of one that opened on the day itself they may be late."""
    if at is None:
        yield "atMeeting", "Minutes of the Coordination Committee are approved at its next meeting: name it."
    elif at.kind != COMMITTEE:
        yield "atMeeting", f"{at.code} is no meeting of the Coordination Committee."
    elif at.opens is None or of.opens is None or at.opens <= of.opens:
        yield "atMeeting", f"{at.code} is not later than {of.code}."
    elif at.status not in (MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED):
        yield "atMeeting", f"{at.code} was not opened."
    elif at.opens < review.began_on:
        yield "atMeeting", f"{at.code} opened on {at.opens}, and the review began on {review.began_on}."
    else:
        sooner = [day for day in review.committee_opened_on if review.began_on < day < at.opens]
        if sooner:
            yield "atMeeting", f"{at.code} is not the next meeting of the Committee: it met on {min(sooner)}."
