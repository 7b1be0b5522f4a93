"""To which category a party belongs, and that none is kept out."""

from __future__ import annotations

from typing import Any

import pytest

from mandate.meeting import INTERSESSIONAL, InviteCategory
from mandate.participation import REGISTRATION, Registration, category_of
from mandate.party import PartyKind
from mandate.rule import PROPOSAL, RuleVerdict, judge, rule_sets, stands
from tests.mandate.judging import passes


def said(category: InviteCategory | None, kind: str = INTERSESSIONAL) -> Any:
    registration = Registration(meeting_kind=kind, party="ORGANISATION:X", category=category)
    (found,) = judge(REGISTRATION, registration, rule_sets()[PROPOSAL])
    return found


@pytest.mark.parametrize("category", InviteCategory)
def test_no_category_stands_in_the_way_of_a_registration(category: InviteCategory) -> None:
    found = said(category)

    passes("intersessional-open", Registration(meeting_kind=INTERSESSIONAL, party="STATE:DEU", category=category))
    assert found.verdict is RuleVerdict.SATISFIED
    assert found.inputs["category"] == category


def test_of_others_and_of_other_meetings_the_paper_does_not_speak() -> None:
    for found in (said(None), said(InviteCategory.NGOS, "meeting_of_states_parties")):
        assert found.verdict is RuleVerdict.NOT_APPLICABLE
        assert stands([found])


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("international_organization", InviteCategory.ORGANISATIONS),
        ("regional_organization", InviteCategory.ORGANISATIONS),
        ("un_body", InviteCategory.ORGANISATIONS),
        ("ngo", InviteCategory.NGOS),
        ("civil_society_coalition", InviteCategory.NGOS),
        ("company", None),
        ("national_authority", None),
        (None, None),
    ],
)
def test_organisations_are_international_or_not_of_governments(
    kind: str | None, category: InviteCategory | None
) -> None:
    assert category_of(PartyKind.ORGANISATION, is_state_party=False, organisation_kind=kind) is category


def test_a_state_is_a_party_or_an_observer() -> None:
    def of_state(*, is_party: bool) -> InviteCategory | None:
        return category_of(PartyKind.STATE, is_state_party=is_party, organisation_kind=None)

    assert of_state(is_party=True) is InviteCategory.STATES_PARTIES
    assert of_state(is_party=False) is InviteCategory.OBSERVER_STATES
    assert category_of(PartyKind.ISU, is_state_party=False, organisation_kind="secretariat") is None
