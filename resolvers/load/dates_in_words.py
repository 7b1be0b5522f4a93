"""Dates that the files give in words only."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable

from mandate.day import PartialDate

_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()}
_MONTH = "|".join(_MONTHS)
_FIRST_PLANNED = re.compile(
    r"(?:Postponed from|[Ff]irst planned for|planned for [A-Z]\w+ on) "
    rf"(?P<day>\d{{1,2}})(?:-\d{{1,2}})? (?P<month>{_MONTH}) (?P<year>\d{{4}})"
)
_MENTION = re.compile(
    rf"(?:(?:(?P<day>\d{{1,2}}) )?(?P<month>{_MONTH})(?: (?P<year>\d{{4}}))?"
    r"|(?P<only_year>\d{4})|(?P<meeting>\d+(?:MSP|RC)))"
)
_BETWEEN = re.compile(r" to |-|, ")

Span = tuple[PartialDate | None, PartialDate | None]


def first_planned_on(note: str) -> PartialDate | None:
    """The day for which a meeting was called first, of several the first."""
    match = _FIRST_PLANNED.search(note)
    return match and _date(match["year"], match["month"], match["day"])


def attested(text: str, day_of: Callable[[str], PartialDate]) -> Span:
    """The first and the last of the dates at which sources show somebody in office.

    `day_of` gives the day of a meeting that is named instead of a date.
    """
    before = text.startswith("before ")
    dates: list[PartialDate] = []
    year: str | None = None
    # From the end, because "June to Nov 2020" gives its year with the last month only.
    for part in reversed(_BETWEEN.split(text.removeprefix("before ").removeprefix("since "))):
        match = _MENTION.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no date that can be read")
        if match["meeting"]:
            dates.append(day_of(match["meeting"]))
        else:
            year = match["year"] or match["only_year"] or year
            if year is None:
                raise ValueError(f"{part!r} has no year")
            dates.append(_date(year, match["month"], match["day"]))
    first = min(dates, key=lambda date: date.earliest)
    last = max(dates, key=lambda date: date.earliest)
    return (None, last) if before else (first, last)


def _date(year: str, month: str | None, day: str | None) -> PartialDate:
    try:
        return PartialDate(int(year), _MONTHS[month] if month else None, int(day) if day else None)
    except ValueError:
        raise ValueError(f"{day} {month} {year} is not in the calendar") from None
