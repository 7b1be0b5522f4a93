"""Days, and dates that the sources know only to the month or the year."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date
from functools import total_ordering
from typing import Self

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as precise as its source: 2012, 2012-04 or 2012-04-16; in the order in which they are written and kept."""

    year: int
    month: int | None = None
    day: int | None = None
    earliest: date = field(init=False, repr=False, compare=False)
    _text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Made once, for they are asked for again and again.
        object.__setattr__(self, "earliest", date(self.year, self.month or 1, self.day or 1))
        parts = [f"{part:02}" for part in (self.month, self.day) if part is not None]
        object.__setattr__(self, "_text", "-".join([f"{self.year:04}", *parts]))

    @classmethod
    def parse(cls, text: str) -> Self:
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError("a date is written YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None  # noqa: S101  the form says so
        try:
            return cls(year, month, day)
        except ValueError:
            raise ValueError("there is no such day in the calendar") from None

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, day.month, day.day)

    def __lt__(self, other: PartialDate) -> bool:
        return self._text < other._text

    def __str__(self) -> str:
        return self._text

    @property
    def exact(self) -> date | None:
        """The day, where the source gives one."""
        return None if self.day is None else self.earliest

    @property
    def latest(self) -> date:
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def covers(self, day: date) -> bool:
        """Whether the day may be the one that is meant."""
        return self.earliest <= day <= self.latest


def years_after(day: date, years: int) -> date:
    """The same day some years later; a 29 February falls on the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def first_of_month_after(day: date, months: int) -> date:
    """The first day of the month that comes so many months after that of the day."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of that month where there is none."""
    first = first_of_month_after(day, months)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))
