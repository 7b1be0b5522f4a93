"""To which category a party belongs, and that none is kept out."""

from __future__ import annotations

from typing import Any

import pytest

from mandate.meeting import INTERSESSIONAL, Formality, InviteCategory, ParticipantClass
from mandate.participation import (
    REGISTRATION,
    CredentialsStatus,
    ParticipationStatus,
    Registration,
    asked_for,
    category_of,
    class_of,
    credentials_of,
    status_of,
)
from mandate.party import PartyKind
from mandate.rule import PROPOSAL, RuleVerdict, judge, rule_sets, stands
from mandate.treaty_action import TreatyStatusKind
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


# ---------- classes, credentials, status ----------


@pytest.mark.parametrize(
    ("kind", "signed", "class_"),
    [
        (TreatyStatusKind.STATE_PARTY, True, ParticipantClass.STATES_PARTIES),
        (TreatyStatusKind.STATE_PARTY, False, ParticipantClass.STATES_PARTIES),
        (TreatyStatusKind.SIGNATORY, True, ParticipantClass.SIGNATORIES),
        # Its deposit is made, and the Convention is not in force for it yet.
        (TreatyStatusKind.CONSENT_EXPRESSED, True, ParticipantClass.SIGNATORIES),
        (TreatyStatusKind.CONSENT_EXPRESSED, False, ParticipantClass.OBSERVER_STATES),
        (TreatyStatusKind.STATE_NOT_PARTY, False, ParticipantClass.OBSERVER_STATES),
        (TreatyStatusKind.WITHDRAWN, True, ParticipantClass.OBSERVER_STATES),
    ],
)
def test_a_state_is_counted_as_what_it_was(kind: TreatyStatusKind, signed: bool, class_: ParticipantClass) -> None:
    assert class_of(PartyKind.STATE, kind, signed=signed) is class_


def test_organisations_are_one_class_and_staff_is_none() -> None:
    assert class_of(PartyKind.ORGANISATION, None, signed=False) is ParticipantClass.ORGANISATIONS
    assert class_of(PartyKind.ISU, None, signed=False) is None


@pytest.mark.parametrize("category", [*InviteCategory, None])
def test_whoever_decides_shows_credentials(category: InviteCategory | None) -> None:
    decides = category is InviteCategory.STATES_PARTIES
    formal, informal = credentials_of(Formality.FORMAL, category), credentials_of(Formality.INFORMAL, category)

    assert formal is (CredentialsStatus.AWAITED if decides else CredentialsStatus.NOT_REQUIRED)
    assert informal is CredentialsStatus.NOT_REQUIRED


def test_whoever_came_has_attended_unless_it_was_revoked() -> None:
    for kept in (ParticipationStatus.NOMINATED, ParticipationStatus.PROVISIONAL, ParticipationStatus.REGISTERED):
        assert status_of(kept, True) is ParticipationStatus.ATTENDED
        assert status_of(kept, False) is status_of(kept, None) is kept
    assert status_of(ParticipationStatus.REVOKED, True) is ParticipationStatus.REVOKED


def test_all_four_are_asked_to_an_intersessional_meeting_and_states_parties_to_a_formal_one() -> None:
    assert asked_for("intersessional_meeting") == tuple(InviteCategory)
    assert asked_for("meeting_of_states_parties") == asked_for("review_conference") == (InviteCategory.STATES_PARTIES,)
    assert asked_for("coordination_committee") == ()
