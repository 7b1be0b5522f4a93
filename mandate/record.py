"""Records of meetings: their way to publication, how visible they may become, who approves them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mandate.actor import Visibility
from mandate.meeting import COMMITTEE, MeetingStatus
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    number: str
    text: LocalizedText


def may_become(visibility: Visibility, *, kind: RecordKind, meeting_kind: str, meeting: Visibility) -> bool:
    """Never wider than its meeting; what is said in the Coordination Committee stays there.

    Of the visibilities none contains another but for PUBLIC, so that a record is as visible as its meeting, or for its
    participants, or for the ISU. A summary that names nobody may be for all.
    """
    if visibility is Visibility.CONCERNED:
        return False
    if kind is RecordKind.PUBLIC_SUMMARY:
        return True
    if visibility in (Visibility.PARTICIPANTS, Visibility.ISU):
        return True
    if meeting_kind == COMMITTEE and visibility is not Visibility.COMMITTEE:
        return False
    return meeting in (Visibility.PUBLIC, visibility)


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


def against_approval(of: Held, *, by_isu: bool, at: Held | None, decided_by: str | None) -> Iterator[tuple[str, str]]:
    """Minutes of the Committee are approved at a later meeting of it; else the President approves, or the meeting did.

    Reading: the paper says nothing of approval. The meeting whose record it is approves it by a decision of its own, or
    its President does for it.
    """
    if of.kind == COMMITTEE:
        if at is None:
            yield "atMeeting", "Minutes of the Coordination Committee are approved at its next meeting: name it."
        elif at.kind != COMMITTEE:
            yield "atMeeting", f"{at.code} is no meeting of the Coordination Committee."
        elif at.opens is None or of.opens is None or at.opens <= of.opens:
            yield "atMeeting", f"{at.code} is not later than {of.code}."
        elif at.status not in (MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED):
            yield "atMeeting", f"{at.code} was not opened."
        if decided_by is not None and (at is None or decided_by != at.code):
            yield "decision", "It is not of the meeting at which the minutes are approved."
        return
    if at is not None:
        yield "atMeeting", "Only minutes of the Coordination Committee are approved at another meeting."
    if decided_by is not None and decided_by != of.code:
        yield "decision", f"It is not of {of.code}."
    if by_isu and decided_by is None:
        yield "decision", "The ISU acts for the meeting: cite the decision by which it approved its record."
