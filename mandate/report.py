"""The annual report of the ISU on its activities and operation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mandate.rule import Found, Parameters, finds, shown
from mandate.support import Supported
from mandate.workplan import FormalMeeting, without


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    id: str
    year: int
    meeting: str
    """To which it reports."""


REPORT_DOCUMENT = "annual_report"
"""The kind of document."""


class Reported(Supported, Protocol):
    """What a review knows of the reports and of the meetings to which they go."""

    @property
    def reports(self) -> Sequence[ReportFacts]: ...
    @property
    def documents_of(self) -> Mapping[str, Collection[str]]:
        """By kind of document, the formal meetings to which one was issued."""

    @property
    def formal_meetings(self) -> Sequence[FormalMeeting]: ...


@finds("isu-report-each-meeting")
def every_formal_meeting_has_a_report(situation: Reported, _: Parameters) -> Iterator[Found]:
    """Due on the day it opens; of meetings before reports were kept here, the register of documents tells."""
    served = {report.meeting for report in situation.reports} | {*situation.documents_of.get(REPORT_DOCUMENT, ())}
    for meeting in without(situation, situation.formal_meetings, served):
        yield Found(
            message=f"The ISU did not report to {meeting.code}.",
            concerns=("Meeting", meeting.code),
            since=meeting.opens,
            due_on=meeting.opens,
            inputs={"meeting": meeting.code, "opens": shown(meeting.opens)},
        )
