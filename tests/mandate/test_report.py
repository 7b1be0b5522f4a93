"""Whether every formal meeting has a report of the ISU."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from mandate.report import ReportFacts, every_formal_meeting_has_a_report
from mandate.support import ArrangementFacts, DirectorFacts
from tests.mandate.judging import finds_nothing, finds_something


@dataclass(frozen=True, kw_only=True)
class Held:
    code: str
    kind: str = "meeting_of_states_parties"
    opens: date | None
    closes: date | None = None
    closed: bool = True


@dataclass(frozen=True, kw_only=True)
class Known:
    as_of: date = date(2016, 9, 5)
    begun: date = date(2011, 9, 16)
    directors: Sequence[DirectorFacts] = (DirectorFacts(id="d", starts_on=date(2015, 5, 1), ends_on=None),)
    arrangements: Sequence[ArrangementFacts] = ()
    reports: Sequence[ReportFacts] = ()
    documents_of: Mapping[str, Collection[str]] = field(default_factory=dict)
    formal_meetings: Sequence[Held] = (
        Held(code="5MSP", opens=date(2014, 9, 2)),
        Held(code="1RC", kind="review_conference", opens=date(2015, 9, 7)),
        Held(code="6MSP", opens=date(2016, 9, 5)),
    )


def missing(known: Known) -> list[str]:
    return [each.inputs["meeting"] for each in every_formal_meeting_has_a_report(known, {})]


def test_a_formal_meeting_that_opened_without_a_report_is_a_finding() -> None:
    assert missing(Known()) == ["1RC", "6MSP"]
    assert missing(Known(as_of=date(2016, 9, 4))) == ["1RC"]
    assert missing(Known(begun=date(2015, 9, 7))) == ["1RC", "6MSP"]
    assert missing(Known(begun=date(2015, 9, 8))) == ["6MSP"]


def test_formal_meetings_with_a_report_are_none() -> None:
    reports = [ReportFacts(id="1", year=2015, meeting="6MSP"), ReportFacts(id="2", year=2014, meeting="1RC")]

    assert missing(Known(reports=reports)) == []


def test_a_report_among_the_documents_of_a_meeting_is_one() -> None:
    assert missing(Known(documents_of={"annual_report": {"1RC"}, "work_plan_and_budget": {"6MSP"}})) == ["6MSP"]


def test_before_the_isu_is_established_there_is_nobody_to_report() -> None:
    assert missing(Known(directors=())) == []


def test_the_rule_by_itself() -> None:
    finds_nothing("isu-report-each-meeting", Known(directors=()))
    finds_something("isu-report-each-meeting", Known())
