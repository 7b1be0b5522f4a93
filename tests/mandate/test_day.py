"""Dates as precise as their source."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate.day import PartialDate, first_of_month_after, months_after, years_after


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2012", date(2012, 1, 1), date(2012, 12, 31)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2012-04-16", date(2012, 4, 16), date(2012, 4, 16)),
    ],
)
def test_a_date_says_no_more_than_its_source(text: str, earliest: date, latest: date) -> None:
    partial = PartialDate.parse(text)

    assert (partial.earliest, partial.latest, str(partial)) == (earliest, latest, text)
    assert partial.exact == (earliest if earliest == latest else None)


@pytest.mark.parametrize(
    "text", ["", "12", "2012-4", "2012-13", "2012-02-30", "2012-04-16T00", "٢٠١٢", "2012-04-16 ", "-2012", "0000"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|calendar"):
        PartialDate.parse(text)


@given(st.dates())
def test_a_whole_day_is_read_back_as_written(day: date) -> None:
    assert PartialDate.parse(str(day)).exact == day
    assert str(PartialDate.of(day)) == str(day)


def test_a_month_covers_its_days() -> None:
    april = PartialDate.parse("2012-04")

    assert april.covers(date(2012, 4, 30))
    assert not april.covers(date(2012, 5, 1))


def test_months_and_years_end_where_the_calendar_does() -> None:
    assert years_after(date(2012, 2, 29), 8) == date(2020, 2, 29)
    assert years_after(date(2012, 2, 29), 1) == date(2013, 2, 28)
    assert first_of_month_after(date(2011, 9, 8), 6) == date(2012, 3, 1)
    assert months_after(date(2012, 8, 31), 6) == date(2013, 2, 28)
    assert months_after(date(2024, 9, 6), 6) == date(2025, 3, 6)
