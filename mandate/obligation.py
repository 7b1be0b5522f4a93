"""Articles 3, 4, 5 and 7: what is due, by when, and which extension moved it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from mandate.day import PartialDate, years_after
from mandate.provenance import ProvenanceBasis
from mandate.rule import Found, Parameters, derives, figures, finds
from mandate.source import Citation, Explanation, cite

STOCKPILES = cite("CCM", "Article 3(2)")
STOCKPILE_EXTENSION = cite("CCM", "Article 3(3)")
CLEARANCE = cite("CCM", "Article 4(1)(a)")
CLEARANCE_EXTENSION = cite("CCM", "Article 4(5)")
VICTIMS = cite("CCM", "Article 5(1)")
INITIAL_REPORT = cite("CCM", "Article 7(1)")
ANNUAL_REPORT = cite("CCM", "Article 7(2)")
WITHDRAWAL = cite("CCM", "Article 20(3)")


class Article(StrEnum):
    ARTICLE_3 = "ARTICLE_3"
    ARTICLE_4 = "ARTICLE_4"
    ARTICLE_5 = "ARTICLE_5"
    ARTICLE_6 = "ARTICLE_6"
    ARTICLE_7 = "ARTICLE_7"
    ARTICLE_9 = "ARTICLE_9"


class ObligationStatus(StrEnum):
    FULFILLED = "FULFILLED"
    OUTSTANDING = "OUTSTANDING"
    UNCLEAR = "UNCLEAR"
    REPORTED = "REPORTED"


YEARS: Mapping[Article, int] = {
    Article.ARTICLE_3: figures("stockpile-deadline")["years"],
    Article.ARTICLE_4: figures("clearance-deadline")["years"],
}
_PARAGRAPHS = {
    Article.ARTICLE_3: (STOCKPILES, STOCKPILE_EXTENSION),
    Article.ARTICLE_4: (CLEARANCE, CLEARANCE_EXTENSION),
    Article.ARTICLE_5: (VICTIMS, VICTIMS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What the rules may know of one extension request."""

    code: str
    number: int | None
    submitted: PartialDate | None
    granted_until: PartialDate | None
    decided: bool
    inferred: bool = False
    """The decision, or that it answers this request, is inferred from what followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineStep:
    """A deadline, and the extension that made it; the first one is made by the Convention."""

    due_on: PartialDate
    extension: str | None
    basis: ProvenanceBasis
    explanation: Explanation


@derives("stockpile-deadline")
@derives("clearance-deadline")
def original_deadline(article: Article, in_force: date) -> date | None:
    """Eight or ten years of entry into force for the State; the other articles set no day.

    For remnants that came to be later, the ten years run from the end of the active hostilities, given instead.
    """
    years = YEARS.get(article)
    return None if years is None else years_after(in_force, years)


def explain_original_deadline(article: Article, in_force: date | None) -> Explanation:
    due = None if in_force is None else original_deadline(article, in_force)
    citation = _PARAGRAPHS[article][0]
    if in_force is None:
        summary = "The Convention is not in force for the State: nothing is due yet."
    elif due is None:
        summary = f"{citation.paragraph} sets no day."
    else:
        summary = f"{YEARS[article]} years after entry into force on {in_force}: due on {due}."
    return Explanation(
        summary=summary,
        citations=(citation,),
        inputs={"entersIntoForceOn": None if in_force is None else str(in_force)},
    )


def deadline_history(article: Article, in_force: date | None, extensions: Iterable[Extension]) -> list[DeadlineStep]:
    """The original deadline and each granted extension, in the order in which they were asked for."""
    due = None if in_force is None else original_deadline(article, in_force)
    if due is None:
        return []
    steps = [
        DeadlineStep(
            due_on=PartialDate.of(due),
            extension=None,
            basis=ProvenanceBasis.COMPUTED,
            explanation=explain_original_deadline(article, in_force),
        )
    ]
    for extension in sorted(extensions, key=_in_order):
        if extension.granted_until is None:
            continue
        steps.append(
            DeadlineStep(
                due_on=extension.granted_until,
                extension=extension.code,
                basis=ProvenanceBasis.INFERRED if extension.inferred else ProvenanceBasis.STATED,
                explanation=Explanation(
                    summary=f"Moved from {steps[-1].due_on} to {extension.granted_until} by the extension "
                    f"{'inferred to be granted' if extension.inferred else 'granted'} on request {extension.code}.",
                    citations=(_PARAGRAPHS[article][1],),
                    inputs={"before": str(steps[-1].due_on), "request": extension.code},
                ),
            )
        )
    return steps


def due_on(steps: Sequence[DeadlineStep], stated: PartialDate | None) -> PartialDate | None:
    """The deadline to reckon with: the last that is known, and where a source states a later one, that.

    Reading: a decision that we do not have can only have moved a deadline to a later day.
    """
    if not steps:
        return stated
    known = steps[-1].due_on
    later = stated is not None and stated.latest > known.latest and not stated.covers(known.earliest)
    return stated if later else known


def is_overdue(
    *,
    status: ObligationStatus,
    fulfilled_on: PartialDate | None,
    due_on: PartialDate | None,
    extensions: Sequence[Extension],
    day: date,
) -> bool | None:
    """Past its deadline and not fulfilled; None where the sources do not tell.

    Reading: while the decision on a request is not known, nobody is called overdue in public.
    """
    if due_on is None or due_on.latest >= day:
        return False
    if status is ObligationStatus.FULFILLED:
        if fulfilled_on is None or fulfilled_on.latest <= day:
            return False
        late = True if fulfilled_on.earliest > day else None
    else:
        late = True if status is ObligationStatus.OUTSTANDING else None
    return None if any(not extension.decided for extension in extensions) else late


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDue:
    """A yearly transparency report: the calendar year it covers, and its due date."""

    calendar_year: int
    due_on: date


@derives("report-initial")
def initial_report_due(in_force: date) -> date:
    return in_force + timedelta(days=figures("report-initial")["days"])


@derives("report-annual")
def annual_reports_due(in_force: date, withdrawn_on: date | None, until: date) -> list[ReportDue]:
    """Every 30 April after the initial report is due, up to a day; none once a withdrawal holds."""
    initial, of = initial_report_due(in_force), figures("report-annual")
    first = initial.year if initial < date(initial.year, of["month"], of["day"]) else initial.year + 1
    days = (date(year, of["month"], of["day"]) for year in range(first, until.year + 1))
    return [
        ReportDue(calendar_year=day.year - 1, due_on=day)
        for day in days
        if day <= until and (withdrawn_on is None or day < withdrawn_on)
    ]


def explain_reports(in_force: date | None, withdrawn_on: date | None = None) -> Explanation:
    citations: tuple[Citation, ...] = (INITIAL_REPORT, ANNUAL_REPORT)
    if in_force is None:
        summary = "The Convention is not in force for the State: no report is due."
    else:
        summary = (
            f"In force since {in_force}: the first report is due 180 days later, on "
            f"{initial_report_due(in_force)}; then one every 30 April for the calendar year before."
        )
        if withdrawn_on is not None:
            summary += f" None from {withdrawn_on} on, when its withdrawal took effect."
            citations += (WITHDRAWAL,)
    return Explanation(
        summary=summary,
        citations=citations,
        inputs={
            "entersIntoForceOn": None if in_force is None else str(in_force),
            "withdrawalTakesEffectOn": None if withdrawn_on is None else str(withdrawn_on),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What a State Party has reported under Article 7, where its reports are kept."""

    state: str
    in_force: date
    withdrawn_on: date | None
    initial: date | None
    """The day on which the initial report came."""
    annual: Mapping[int, date]
    """By the calendar year covered, the day on which the report came."""


class Reports(Protocol):
    """Of a situation, what the standing rules of Article 7 look at."""

    @property
    def as_of(self) -> date: ...
    @property
    def reporting(self) -> Sequence[Reporting]: ...


@finds("report-initial")
def the_initial_report_came(reports: Reports, _: Parameters) -> Iterator[Found]:
    for each in reports.reporting:
        due = initial_report_due(each.in_force)
        bound = each.withdrawn_on is None or due < each.withdrawn_on
        if bound and due < reports.as_of and (each.initial is None or each.initial > reports.as_of):
            yield Found(
                message=f"The initial transparency report of {each.state} was due on {due}.",
                concerns=("State", each.state),
                since=due + timedelta(days=1),
                due_on=due,
            )


@finds("report-annual")
def the_annual_reports_came(reports: Reports, _: Parameters) -> Iterator[Found]:
    for each in reports.reporting:
        for due in annual_reports_due(each.in_force, each.withdrawn_on, reports.as_of):
            came = each.annual.get(due.calendar_year)
            if due.due_on < reports.as_of and (came is None or came > reports.as_of):
                yield Found(
                    message=f"The report of {each.state} for {due.calendar_year} was due on {due.due_on}.",
                    concerns=("State", each.state),
                    since=due.due_on + timedelta(days=1),
                    due_on=due.due_on,
                    inputs={"calendarYear": due.calendar_year},
                )


def _in_order(extension: Extension) -> tuple[bool, int, str]:
    """By number; those without one last, by the day on which they were submitted."""
    submitted = "" if extension.submitted is None else str(extension.submitted)
    return (extension.number is None, extension.number or 0, submitted)
