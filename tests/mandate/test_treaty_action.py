"""Article 17, Article 20, and the status that follows."""

import csv
from datetime import date
from pathlib import Path

import pytest

from mandate.day import PartialDate
from mandate.source import Citation, cite
from mandate.treaty_action import (
    TreatyAct,
    TreatyActionType,
    TreatyStatusKind,
    against,
    entry_into_force,
    explain_entry_into_force,
    status_on,
    withdrawal_effect,
)
from tests.mandate.judging import gives

STATES = Path(__file__).parents[2] / "data" / "ccm" / "states.csv"


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


def test_an_act_known_to_the_month_counts_from_the_first_day_of_it() -> None:
    signed = [act(TreatyActionType.SIGNATURE, "2009-03")]

    assert status_on(signed, date(2009, 2, 28)).kind is TreatyStatusKind.STATE_NOT_PARTY
    assert status_on(signed, date(2009, 3, 1)).kind is TreatyStatusKind.SIGNATORY


def test_a_citation_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(LookupError, match="no paragraph"):
        cite("CCM", "Article 99")


def test_as_rules_of_the_mandate_they_give_the_days_of_the_convention() -> None:
    gives("entry-into-force", date(2026, 7, 1), PartialDate.parse("2026-01-12"))
    gives("entry-into-force", date(2010, 8, 1), PartialDate.parse("2009-02-01"))
    gives("withdrawal", date(2025, 3, 6), PartialDate.parse("2024-09-06"))
    gives("withdrawal", None, PartialDate.parse("2024-09"))


# ---------- what the Convention has against an act ----------

SIGNED = act(TreatyActionType.SIGNATURE, "2009-06-01")
RATIFIED = act(TreatyActionType.RATIFICATION, "2011-03-24", date(2011, 9, 1))
ACCEDED = act(TreatyActionType.ACCESSION, "2011-03-24", date(2011, 9, 1))
SUCCEEDED = act(TreatyActionType.SUCCESSION, "2011-03-24", date(2011, 9, 1))
WITHDRAWN = act(TreatyActionType.WITHDRAWAL, "2024-09-06", date(2025, 3, 6))


def objections(one: TreatyAct, *others: TreatyAct, stated: date | None = None) -> list[str]:
    return [f"{each.member} {each.citation.paragraph}" for each in against(one, others, stated)]


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("2008", []),
        ("2008-05-29", ["date Article 15"]),
        ("2008-12-02", ["date Article 15"]),
        ("2008-12", []),
        ("2008-12-03", []),
        ("2010-07-31", []),
        ("2010-08-01", ["date Article 15"]),
        ("2010", []),
        ("2011", ["date Article 15"]),
    ],
)
def test_the_convention_was_open_for_signature_from_oslo_until_it_entered_into_force(on: str, told: list[str]) -> None:
    assert objections(act(TreatyActionType.SIGNATURE, on)) == told


def test_nothing_was_done_before_the_convention_was_adopted() -> None:
    for type_ in (TreatyActionType.ACCESSION, TreatyActionType.DECLARATION, TreatyActionType.OBJECTION):
        assert objections(act(type_, "2008-05-29")) == ["date Article 15"]
        assert objections(act(type_, "2008-05")) == []


def test_a_reservation_is_excluded_and_says_by_which_article() -> None:
    (objection,) = against(act(TreatyActionType.RESERVATION, "2012-01-01"), [RATIFIED])

    assert objection.citation == Citation("CCM", "Article 19")
    assert str(objection) == "The Convention is not subject to reservations (Article 19)."


def test_signatories_ratify_others_accede_and_who_succeeds_is_asked_for_neither() -> None:
    assert objections(RATIFIED, SIGNED) == objections(SIGNED, RATIFIED) == []
    assert objections(RATIFIED) == ["type Article 16(1)"]
    assert objections(ACCEDED) == []
    assert objections(ACCEDED, SIGNED) == objections(SIGNED, ACCEDED) == ["type Article 16(2)"]
    assert objections(SUCCEEDED) == objections(SUCCEEDED, SIGNED) == []


def test_a_signature_is_not_later_than_the_deposit_whichever_is_told_last() -> None:
    late = act(TreatyActionType.SIGNATURE, "2010-06-02")
    early = act(TreatyActionType.RATIFICATION, "2010-06-01", date(2010, 12, 1))

    assert objections(late, early) == objections(early, late) == ["date Article 16(1)"]
    for on in ("2010-06-02", "2010-06", "2010"):
        assert objections(act(TreatyActionType.RATIFICATION, on), late) == []


def test_only_a_state_party_withdraws_whichever_is_told_last() -> None:
    early = act(TreatyActionType.WITHDRAWAL, "2011-08-31", date(2012, 2, 29))
    late = act(TreatyActionType.RATIFICATION, "2024-05-01", date(2024, 11, 1))

    assert objections(WITHDRAWN, SIGNED, RATIFIED) == objections(RATIFIED, SIGNED, WITHDRAWN) == []
    assert objections(WITHDRAWN) == objections(WITHDRAWN, SIGNED) == ["type Article 20(2)"]
    assert objections(early, SIGNED, RATIFIED) == ["date Article 20(2)"]
    first = act(TreatyActionType.WITHDRAWAL, str(RATIFIED.takes_effect_on), None)
    assert objections(first, SIGNED, RATIFIED) == []
    assert objections(late, SIGNED, WITHDRAWN) == ["date Article 20(2)"]


def test_a_withdrawal_takes_effect_six_months_later_or_when_a_conflict_ends() -> None:
    for stated, told in (
        (date(2025, 3, 5), ["takesEffectOn Article 20(3)"]),
        (date(2025, 3, 6), []),
        (date(2030, 1, 1), []),
    ):
        assert objections(WITHDRAWN, SIGNED, RATIFIED, stated=stated) == told
    # Of a month it may have been the first day.
    month = act(TreatyActionType.WITHDRAWAL, "2024-09", None)
    assert objections(month, SIGNED, RATIFIED, stated=date(2025, 3, 1)) == []
    assert objections(month, SIGNED, RATIFIED, stated=date(2025, 2, 28)) == ["takesEffectOn Article 20(3)"]


@pytest.mark.parametrize("received", ["2024-09", "2024"])
def test_a_withdrawal_that_is_not_known_to_the_day_names_the_one_on_which_it_takes_effect(received: str) -> None:
    withdrawal = act(TreatyActionType.WITHDRAWAL, received)

    assert objections(withdrawal, SIGNED, RATIFIED) == ["takesEffectOn Article 20(3)"]
    assert objections(withdrawal, SIGNED, RATIFIED, stated=date(2025, 3, 6)) == []


def test_a_withdrawal_known_by_its_effect_alone_is_of_a_state_party_too() -> None:
    effect = act(TreatyActionType.WITHDRAWAL, None, date(2012, 2, 29))
    ratified = act(TreatyActionType.RATIFICATION, "2011-02-01", date(2011, 8, 1))

    assert objections(effect, SIGNED, ratified) == objections(ratified, SIGNED, effect) == []
    assert objections(effect, SIGNED, RATIFIED) == ["takesEffectOn Article 20(3)"]
    assert objections(RATIFIED, SIGNED, effect) == ["date Article 20(3)"]


@pytest.mark.parametrize(
    ("on", "stated", "good"),
    [
        ("2011-03-24", date(2011, 9, 1), True),
        ("2011-03-24", date(2012, 9, 1), True),
        ("2011-03-24", date(2012, 9, 2), False),
        ("2011-03-24", date(2011, 3, 23), False),
        ("2009-06-01", date(2010, 8, 1), True),
        ("2011", date(2011, 7, 1), True),
        ("2011", date(2014, 1, 1), False),
        ("2011-03-24", date(9999, 12, 31), False),
    ],
)
def test_a_source_states_an_entry_into_force_near_that_of_the_rule(on: str, stated: date, good: bool) -> None:
    told = [] if good else ["takesEffectOn Article 17(2)"]

    assert objections(act(TreatyActionType.ACCESSION, on), stated=stated) == told


def test_what_has_no_effect_of_its_own_is_told_none() -> None:
    assert objections(SIGNED, stated=date(2009, 6, 1)) == ["takesEffectOn Article 17(2)"]


def test_provisional_application_ends_with_entry_into_force() -> None:
    for on, told in (("2011-03-24", []), ("2011-08-31", []), ("2011-09-01", ["date Article 18"])):
        applied = act(TreatyActionType.PROVISIONAL_APPLICATION, on)
        assert objections(applied, SIGNED, RATIFIED) == objections(RATIFIED, SIGNED, applied) == told
        assert objections(applied) == []


def test_nothing_stands_against_what_the_register_knows_to_have_been_done() -> None:
    with STATES.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    judged = 0
    for row in rows:
        done: list[tuple[TreatyAct, date | None]] = []
        if row["signed"]:
            done.append((act(TreatyActionType.SIGNATURE, row["signed"]), None))
        if row["deposited"]:
            in_force = date.fromisoformat(row["entry_into_force"])
            done.append((act(TreatyActionType(row["how"].upper()), row["deposited"], in_force), in_force))
        if row["provisional_application"]:
            done.append((act(TreatyActionType.PROVISIONAL_APPLICATION, row["provisional_application"]), None))
        if row["withdrawal_effective"]:
            effect = date.fromisoformat(row["withdrawal_effective"])
            done.append((act(TreatyActionType.WITHDRAWAL, None, effect), effect))
        for one, stated in done:
            others = [other for other, _ in done if other is not one]
            assert objections(one, *others, stated=stated) == [], (row["alpha3"], one)
            judged += 1

    assert judged == 108 + 113 + 4 + 1


def test_a_withdrawal_may_take_effect_six_months_after_entry_into_force() -> None:
    ratified = act(TreatyActionType.RATIFICATION, "2011-02-01", date(2011, 8, 1))
    for effect, told in ((date(2012, 2, 1), []), (date(2012, 1, 31), ["takesEffectOn Article 20(3)"])):
        assert objections(act(TreatyActionType.WITHDRAWAL, None, effect), SIGNED, ratified) == told
