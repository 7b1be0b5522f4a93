"""Deadlines of Articles 3 and 4, and reports under Article 7."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from mandate.day import PartialDate
from mandate.obligation import (
    Article,
    Extension,
    ObligationStatus,
    ReportDue,
    Reporting,
    annual_reports_due,
    deadline_history,
    due_on,
    explain_original_deadline,
    explain_reports,
    initial_report_due,
    is_overdue,
    original_deadline,
)
from tests.mandate.judging import finds_nothing, finds_something, gives


def extension(code: str, number: int | None, until: str | None, *, decided: bool = True) -> Extension:
    return Extension(
        code=code,
        number=number,
        submitted=None,
        granted_until=PartialDate.parse(until) if until else None,
        decided=decided,
    )


def overdue(
    day: date,
    *,
    status: ObligationStatus = ObligationStatus.OUTSTANDING,
    fulfilled: str | None = None,
    due: str | None = "2020-08-01",
    pending: bool = False,
) -> bool | None:
    return is_overdue(
        status=status,
        fulfilled_on=PartialDate.parse(fulfilled) if fulfilled else None,
        due_on=PartialDate.parse(due) if due else None,
        extensions=[extension("ER", 1, None, decided=False)] if pending else [],
        day=day,
    )


def test_stockpiles_have_eight_years_and_clearance_ten() -> None:
    assert original_deadline(Article.ARTICLE_3, date(2010, 8, 1)) == date(2018, 8, 1)
    assert original_deadline(Article.ARTICLE_4, date(2010, 8, 1)) == date(2020, 8, 1)
    assert original_deadline(Article.ARTICLE_5, date(2010, 8, 1)) is None


def test_every_granted_extension_moves_the_deadline_in_turn() -> None:
    chile = [
        extension("third", 3, "2026-06-01"),
        extension("first", 1, "2022-06-01"),
        extension("fourth", 4, None, decided=False),
        extension("second", 2, "2023-06-01"),
    ]

    steps = deadline_history(Article.ARTICLE_4, date(2011, 6, 1), chile)

    assert [(str(step.due_on), step.extension) for step in steps] == [
        ("2021-06-01", None),
        ("2022-06-01", "first"),
        ("2023-06-01", "second"),
        ("2026-06-01", "third"),
    ]
    assert steps[1].explanation.citations[0].paragraph == "Article 4(5)"


def test_an_extension_whose_number_is_not_known_comes_last() -> None:
    unnumbered = [
        replace(extension(year, None, year), submitted=PartialDate.parse(submitted))
        for year, submitted in (("2027", "2025"), ("2025", "2023-01"))
    ]

    steps = deadline_history(Article.ARTICLE_4, date(2011, 6, 1), [*unnumbered, extension("first", 1, "2023-06-01")])

    assert [step.extension for step in steps] == [None, "first", "2025", "2027"]


@pytest.mark.parametrize(
    ("stated", "due"),
    [
        (None, "2022-06-01"),
        ("2021-06-01", "2022-06-01"),
        ("2023-06-01", "2023-06-01"),
        # It may be the day that is known, and says less.
        ("2022-06", "2022-06-01"),
        ("2022", "2022-06-01"),
        ("2023", "2023"),
    ],
)
def test_a_later_deadline_that_a_source_states_is_reckoned_with(stated: str | None, due: str) -> None:
    steps = deadline_history(Article.ARTICLE_4, date(2011, 6, 1), [extension("first", 1, "2022-06-01")])
    given = None if stated is None else PartialDate.parse(stated)

    assert str(due_on(steps, given)) == due
    assert due_on([], given) == given


def test_nothing_is_due_before_entry_into_force() -> None:
    assert deadline_history(Article.ARTICLE_4, None, []) == []


def test_an_outstanding_obligation_is_overdue_the_day_after_its_deadline() -> None:
    assert overdue(date(2020, 8, 1)) is False
    assert overdue(date(2020, 8, 2)) is True


def test_nobody_is_called_overdue_while_a_decision_is_not_known() -> None:
    assert overdue(date(2021, 1, 1), pending=True) is None
    assert overdue(date(2021, 1, 1), status=ObligationStatus.UNCLEAR) is None


def test_a_late_fulfilment_was_overdue_until_it_came() -> None:
    late = {"status": ObligationStatus.FULFILLED, "fulfilled": "2021-05"}

    assert overdue(date(2021, 1, 1), **late) is True  # type: ignore[arg-type]
    assert overdue(date(2021, 5, 15), **late) is None  # type: ignore[arg-type]
    assert overdue(date(2021, 6, 1), **late) is False  # type: ignore[arg-type]


def test_a_deadline_known_to_the_month_lets_the_month_pass() -> None:
    assert overdue(date(2023, 12, 31), due="2023") is False
    assert overdue(date(2024, 1, 1), due="2023") is True


@pytest.mark.parametrize(
    ("in_force", "due"),
    [
        (date(2011, 6, 1), date(2011, 11, 28)),
        (date(2014, 3, 1), date(2014, 8, 28)),
        (date(2019, 7, 1), date(2019, 12, 28)),
        (date(2020, 7, 1), date(2020, 12, 28)),
        (date(2023, 8, 1), date(2024, 1, 28)),
        (date(2024, 2, 1), date(2024, 7, 30)),
    ],
    ids=["Chile", "Saint Kitts and Nevis", "Philippines", "Sao Tome and Principe", "Nigeria", "South Sudan"],
)
def test_the_first_report_is_due_when_the_sources_say(in_force: date, due: date) -> None:
    assert initial_report_due(in_force) == due


def test_then_one_every_30_april_for_the_year_before() -> None:
    reports = annual_reports_due(date(2010, 8, 1), None, date(2013, 1, 1))

    assert [(report.calendar_year, report.due_on) for report in reports] == [
        (2010, date(2011, 4, 30)),
        (2011, date(2012, 4, 30)),
    ]


def test_a_report_due_before_30_april_is_followed_by_one_on_that_day() -> None:
    reports = annual_reports_due(date(2023, 8, 1), None, date(2024, 12, 31))

    assert [report.due_on for report in reports] == [date(2024, 4, 30)]


def test_a_state_that_has_withdrawn_owes_no_more_reports() -> None:
    reports = annual_reports_due(date(2011, 9, 1), date(2025, 3, 6), date(2026, 12, 31))

    assert reports[-1].due_on == date(2024, 4, 30)


def test_none_is_due_on_the_day_on_which_a_withdrawal_takes_effect() -> None:
    for withdrawn_on, last in ((date(2024, 4, 30), date(2023, 4, 30)), (date(2024, 5, 1), date(2024, 4, 30))):
        reports = annual_reports_due(date(2011, 9, 1), withdrawn_on, date(2026, 12, 31))
        assert reports[-1].due_on == last


# ---------- as rules of the mandate ----------


def test_the_deadlines_are_those_of_their_articles() -> None:
    in_force = date(2010, 8, 1)
    gives("stockpile-deadline", date(2018, 8, 1), Article.ARTICLE_3, in_force)
    gives("stockpile-deadline", date(2019, 3, 1), Article.ARTICLE_3, date(2011, 3, 1))
    gives("clearance-deadline", date(2020, 8, 1), Article.ARTICLE_4, in_force)
    gives("clearance-deadline", None, Article.ARTICLE_5, in_force)


def test_reports_are_due_by_their_days() -> None:
    gives("report-initial", date(2011, 1, 28), date(2010, 8, 1))
    gives("report-initial", date(2025, 8, 28), date(2025, 3, 1))
    first = ReportDue(calendar_year=2010, due_on=date(2011, 4, 30))
    gives("report-annual", [first], date(2010, 8, 1), None, date(2011, 4, 30))
    gives("report-annual", [], date(2010, 8, 1), None, date(2011, 4, 29))


@dataclass(frozen=True)
class Kept:
    as_of: date
    reporting: tuple[Reporting, ...]


def reporting(**given: Any) -> Reporting:
    whole = {"withdrawn_on": None, "initial": None, "annual": {}, **given}
    return Reporting(state="DEU", in_force=date(2010, 8, 1), **whole)


def test_an_initial_report_that_did_not_come_is_found() -> None:
    (found,) = finds_something("report-initial", Kept(date(2011, 1, 29), (reporting(),)))
    assert (found.concerns, found.since, found.due_on) == (("State", "DEU"), date(2011, 1, 29), date(2011, 1, 28))
    finds_nothing("report-initial", Kept(date(2011, 1, 28), (reporting(),)))
    late = reporting(initial=date(2011, 3, 1))
    finds_nothing("report-initial", Kept(date(2011, 3, 1), (late,)))
    finds_something("report-initial", Kept(date(2011, 2, 28), (late,)))


def test_a_state_that_has_withdrawn_by_then_owes_none() -> None:
    finds_nothing("report-initial", Kept(date(2012, 1, 1), (reporting(withdrawn_on=date(2011, 1, 28)),)))
    finds_something("report-initial", Kept(date(2012, 1, 1), (reporting(withdrawn_on=date(2011, 1, 29)),)))


def test_annual_reports_that_did_not_come_are_found_one_by_one() -> None:
    both = finds_something("report-annual", Kept(date(2012, 5, 1), (reporting(),)))
    assert [(each.due_on, each.since, each.inputs) for each in both] == [
        (date(2011, 4, 30), date(2011, 5, 1), {"calendarYear": 2010}),
        (date(2012, 4, 30), date(2012, 5, 1), {"calendarYear": 2011}),
    ]
    one = reporting(annual={2010: date(2011, 4, 1), 2011: date(2012, 6, 1)})
    assert [each.due_on for each in finds_something("report-annual", Kept(date(2012, 5, 31), (one,)))] == [
        date(2012, 4, 30)
    ]
    finds_nothing("report-annual", Kept(date(2012, 6, 1), (one,)))
    finds_nothing("report-annual", Kept(date(2011, 4, 30), (reporting(),)))


def test_an_initial_report_due_on_30_april_is_followed_by_one_a_year_later() -> None:
    in_force = date(2010, 11, 1)
    assert initial_report_due(in_force) == date(2011, 4, 30)
    assert [each.due_on for each in annual_reports_due(in_force, None, date(2012, 12, 31))] == [date(2012, 4, 30)]


def test_what_is_done_on_its_last_day_is_done_in_time() -> None:
    for on in (date(2020, 8, 1), date(2020, 8, 2)):
        done = overdue(on, status=ObligationStatus.FULFILLED, fulfilled="2020-08-01", due="2020-08-01")
        assert done is False


def test_explanations_tell_what_is_not_known_as_unknown() -> None:
    assert explain_reports(None).inputs == {"entersIntoForceOn": None, "withdrawalTakesEffectOn": None}
    told = explain_reports(date(2010, 8, 1), date(2025, 3, 6)).inputs
    assert told == {"entersIntoForceOn": "2010-08-01", "withdrawalTakesEffectOn": "2025-03-06"}
    assert explain_original_deadline(Article.ARTICLE_3, None).inputs == {"entersIntoForceOn": None}
    known = explain_original_deadline(Article.ARTICLE_3, date(2010, 8, 1)).inputs
    assert known["entersIntoForceOn"] == "2010-08-01"
