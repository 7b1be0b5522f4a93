"""Article 17, Article 20, and the status that follows."""

from datetime import date

import pytest

from mandate.day import PartialDate
from mandate.source import Citation, cite
from mandate.treaty_action import (
    TreatyAct,
    TreatyActionType,
    TreatyStatusKind,
    entry_into_force,
    explain_entry_into_force,
    status_on,
    withdrawal_effect,
)
from tests.mandate.judging import gives


def act(type_: TreatyActionType, on: str | None, effect: date | None = None) -> TreatyAct:
    return TreatyAct(type=type_, date=PartialDate.parse(on) if on else None, takes_effect_on=effect)


LITHUANIA = [
    act(TreatyActionType.SIGNATURE, "2008-12-03"),
    act(TreatyActionType.RATIFICATION, "2011-03-24", date(2011, 9, 1)),
    act(TreatyActionType.WITHDRAWAL, None, date(2025, 3, 6)),
]


@pytest.mark.parametrize(
    ("deposited", "in_force"),
    [
        ("2008-12-03", date(2010, 8, 1)),
        ("2010-02-16", date(2010, 8, 1)),
        ("2010-03-01", date(2010, 9, 1)),
        ("2011-02-28", date(2011, 8, 1)),
        ("2011-09-08", date(2012, 3, 1)),
        ("2018-08", date(2019, 2, 1)),
        ("2018", None),
    ],
)
def test_the_first_day_of_the_sixth_month_after_the_month_of_deposit(deposited: str, in_force: date | None) -> None:
    assert entry_into_force(PartialDate.parse(deposited)) == in_force


def test_the_explanation_names_the_article_and_the_inputs() -> None:
    first = explain_entry_into_force(PartialDate.parse("2009-06-16"))
    later = explain_entry_into_force(PartialDate.parse("2011-09-08"))

    assert first.citations == (Citation("CCM", "Article 17(1)"),)
    assert later.citations == (Citation("CCM", "Article 17(2)"),)
    assert later.inputs == {"deposited": "2011-09-08", "conventionInForce": "2010-08-01"}
    assert "2012-03-01" in later.summary


@pytest.mark.parametrize(
    ("day", "kind", "since"),
    [
        (date(2008, 12, 2), TreatyStatusKind.STATE_NOT_PARTY, None),
        (date(2008, 12, 3), TreatyStatusKind.SIGNATORY, "2008-12-03"),
        (date(2011, 3, 24), TreatyStatusKind.CONSENT_EXPRESSED, "2011-03-24"),
        (date(2011, 9, 1), TreatyStatusKind.STATE_PARTY, "2011-09-01"),
        (date(2025, 3, 5), TreatyStatusKind.STATE_PARTY, "2011-09-01"),
        (date(2025, 3, 6), TreatyStatusKind.WITHDRAWN, "2025-03-06"),
    ],
)
def test_a_state_goes_from_signature_to_withdrawal(day: date, kind: TreatyStatusKind, since: str | None) -> None:
    status = status_on(LITHUANIA, day)

    assert (status.kind, status.since and str(status.since)) == (kind, since)
    assert (status.in_force_since is not None) == (kind is TreatyStatusKind.STATE_PARTY)


def test_a_state_party_that_withdraws_is_told_so_before_it_takes_effect() -> None:
    status = status_on(LITHUANIA, date(2025, 1, 1))

    assert "Its withdrawal takes effect on 2025-03-06" in status.explanation.summary


def test_a_withdrawal_takes_effect_six_months_after_it_is_received() -> None:
    assert withdrawal_effect(PartialDate.parse("2024-09-06")) == date(2025, 3, 6)
    assert withdrawal_effect(PartialDate.parse("2024-09")) is None


def test_an_accession_needs_no_signature() -> None:
    status = status_on([act(TreatyActionType.ACCESSION, "2014-09-02", date(2015, 3, 1))], date(2014, 9, 2))

    assert status.kind is TreatyStatusKind.CONSENT_EXPRESSED


def test_a_citation_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(LookupError, match="no paragraph"):
        cite("CCM", "Article 99")


def test_as_rules_of_the_mandate_they_give_the_days_of_the_convention() -> None:
    gives("entry-into-force", date(2026, 7, 1), PartialDate.parse("2026-01-12"))
    gives("entry-into-force", date(2010, 8, 1), PartialDate.parse("2009-02-01"))
    gives("withdrawal", date(2025, 3, 6), PartialDate.parse("2024-09-06"))
    gives("withdrawal", None, PartialDate.parse("2024-09"))
