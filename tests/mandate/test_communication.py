"""Who is meant, where and in which language each is written to, and who may release."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mandate.communication import (
    Audience,
    AudienceGroup,
    CommunicationKind,
    Hand,
    Reachable,
    addressees,
    against_approval,
    language_for,
    reference,
    wait_after,
    whom_to_write_to,
)
from mandate.contact import ContactRole
from mandate.party import ISU_PARTY
from mandate.text import LocalizedText, Wording

DAY = date(2026, 1, 15)
PARTIES, SEATS = AudienceGroup.ALL_STATES_PARTIES, AudienceGroup.COORDINATORS


def meant(members: dict[AudienceGroup, set[str]], **audience: Any) -> list[tuple[str, str, bool]]:
    found = addressees(Audience(groups=tuple(members), **audience), members, DAY)
    return [(each.party, each.reason, each.in_office) for each in found]


def test_each_is_meant_once_and_told_every_reason() -> None:
    members = {PARTIES: {"STATE:FRA", "STATE:DEU"}, SEATS: {"STATE:FRA", "STATE:NOR"}}

    assert meant(members, include=("STATE:DEU",)) == [
        ("STATE:DEU", "On 2026-01-15: a State Party. Named.", False),
        ("STATE:FRA", "On 2026-01-15: a State Party, a Coordinator.", False),
        ("STATE:NOR", "On 2026-01-15: a Coordinator.", True),
    ]


def test_whoever_is_named_is_not_meant_for_an_office_alone() -> None:
    assert meant({SEATS: {"STATE:NOR"}}, include=("STATE:NOR", "STATE:CHL")) == [
        ("STATE:CHL", "Named.", False),
        ("STATE:NOR", "On 2026-01-15: a Coordinator. Named.", False),
    ]


def test_whoever_is_excluded_is_not_meant_whatever_group_they_are_in() -> None:
    assert meant({PARTIES: {"STATE:FRA"}, SEATS: {"STATE:FRA"}}, exclude=("STATE:FRA",)) == []


def test_the_isu_does_not_write_to_itself() -> None:
    assert meant({SEATS: {ISU_PARTY}}) == []


def reachable(id: str, role: ContactRole, confirmed_at: str = "", valid_from: date = DAY) -> Reachable:
    return Reachable(
        id=id, role=role, languages=(), address="a@b.example", confirmed_at=confirmed_at, valid_from=valid_from
    )


def test_the_mission_comes_first_and_for_coordinators_their_own_contact() -> None:
    contacts = [reachable("1", ContactRole.CAPITAL), reachable("2", ContactRole.COORDINATOR_CONTACT)]
    contacts.append(reachable("3", ContactRole.PERMANENT_MISSION))

    assert [each and each.id for each in (whom_to_write_to(contacts, in_office=at) for at in (False, True))] == [
        "3",
        "2",
    ]
    assert whom_to_write_to([], in_office=False) is None


def test_of_two_alike_the_one_confirmed_last_is_written_to() -> None:
    role = ContactRole.CAPITAL
    old, new = reachable("1", role, "2025-01-01"), reachable("2", role, "2026-01-01")
    later = reachable("3", role, "2026-01-01", date(2026, 1, 16))

    for contacts in ([old, new, later], [later, new, old]):
        found = whom_to_write_to(contacts, in_office=False)
        assert found is later
    assert whom_to_write_to([new, reachable("3", role, "2025-01-01", date(2026, 1, 16))], in_office=False) is new


TEXT = LocalizedText("en", {"en": Wording("x"), "fr": Wording("x"), "zh-Hant": Wording("x")})


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [
        ((), ("en", False)),
        (("fr",), ("fr", False)),
        (("FR-ch",), ("fr", False)),
        (("zh-hant",), ("zh-Hant", False)),
        (("zh",), ("en", True)),
        (("ar", "fr", "en"), ("fr", False)),
        (("ar",), ("en", True)),
    ],
)
def test_the_first_preference_that_is_there_is_used(preferred: tuple[str, ...], expected: tuple[str, bool]) -> None:
    assert language_for(preferred, TEXT) == expected


def test_who_approves_has_a_person_on_record_who_wrote_none_of_it() -> None:
    one, other, nobody = Hand(account="1", person="p"), Hand(account="2", person="p"), Hand(account="3")

    assert against_approval(other, [nobody, Hand(account="4", person="q")]) is None
    for hand, why in (
        (one, "this account has."),
        (other, "the person of this account has, by another account of theirs or one that they made."),
        (Hand(account="4"), "of this account no person is on record, so that nobody can tell."),
    ):
        told = against_approval(hand, [nobody, one])
        assert told == f"A communication is approved by somebody who has not drafted or edited it: {why}"


def test_every_kind_has_a_reference_of_its_own() -> None:
    assert len({reference(each, 2026, 1) for each in CommunicationKind}) == len(CommunicationKind)


def test_attempts_lie_further_apart_and_end() -> None:
    waits = [wait_after(each) for each in range(1, 9)]

    assert waits[-1] is None
    known = [each for each in waits if each is not None]
    assert known == sorted(known)
    assert len(known) == 7
