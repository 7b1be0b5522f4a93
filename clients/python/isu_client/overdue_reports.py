"""Transparency reports under Article 7 that are overdue, as a spreadsheet: initial ones, and those on the last year.

The API says when each is due. That a report came is a document of the kind article_7_report, of the State, with its
day: the first answers for the initial report, and one issued in a year for that which fell due in it. A report that the
register lacks is told as overdue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from isu_client import sheet
from isu_client.api import Client, ReportSchedulesStatesNodes
from isu_client.server import arguments, client, script

HEAD = ("code", "state", "report", "due_on", "days_overdue", "last_report_on_record")


@dataclass(frozen=True)
class Overdue:
    code: str
    state: str
    report: str
    due_on: date
    days: int
    last: str | None


def overdue(api: Client, day: date, *, every_year: bool = False) -> list[Overdue]:
    """The State that is longest overdue first."""
    reports = reports_on_record(api)
    found = []
    for state in schedules(api, day):
        came = sorted(reports[state.code])
        annual = state.report_schedule.annual if every_year else state.report_schedule.annual[-1:]
        due = [
            ("initial", state.report_schedule.initial_due_on, bool(came)),
            *((str(each.calendar_year), each.due_on, came_in(each.due_on.year, came)) for each in annual),
        ]
        found += [
            Overdue(
                code=state.code,
                state=state.name.english.value if state.name.english else state.code,
                report=report,
                due_on=due_on,
                days=(day - due_on).days,
                last=came[-1] if came else None,
            )
            for report, due_on, is_there in due
            if due_on is not None and due_on < day and not is_there
        ]
    return sorted(found, key=lambda each: (each.due_on, each.code, each.report))


def came_in(year: int, days: Sequence[str]) -> bool:
    return any(day.startswith(str(year)) for day in days)


def schedules(api: Client, day: date) -> Iterator[ReportSchedulesStatesNodes]:
    after = None
    while True:
        page = api.report_schedules(day=day, after=after)
        yield from page.nodes
        if not page.page_info.has_next_page:
            return
        after = page.page_info.end_cursor


def reports_on_record(api: Client) -> defaultdict[str, list[str]]:
    """By State, the days on which its reports were issued, as precise as they are known."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    after = None
    while True:
        page = api.transparency_reports(after=after)
        for report in page.nodes:
            for party in report.submitted_by:
                if party.typename__ == "State" and report.issued_on:
                    found[party.code].append(report.issued_on)
        if not page.page_info.has_next_page:
            return found
        after = page.page_info.end_cursor


@script
def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("--day", type=date.fromisoformat, default=datetime.now(UTC).date(), help="overdue on this day")
    parser.add_argument("--every-year", action="store_true", help="the annual reports of all years, not of the last")
    parser.add_argument("--out", type=Path, help="a file such as overdue.csv; the terminal where none is named")
    options = parser.parse_args()
    with client(options) as api:
        rows = [
            (each.code, each.state, each.report, str(each.due_on), each.days, each.last)
            for each in overdue(api, options.day, every_year=options.every_year)
        ]
    sheet.write(options.out, HEAD, rows)


if __name__ == "__main__":
    main()
