"""Who may do what: by capacity, by party and by what the key is for."""

from __future__ import annotations

import pytest

from mandate.actor import PUBLIC, Act, Actor, Capacity, Held, Scope, may


def caller(party: str, capacity: Capacity, *scopes: Scope) -> Actor:
    return Actor(account="x", party=party, held=frozenset({Held(capacity)}), scopes=frozenset(scopes))


@pytest.mark.parametrize("capacity", [Capacity.ISU_STAFF, Capacity.ADMIN])
def test_a_key_for_a_delegation_is_for_its_own_party_alone(capacity: Capacity) -> None:
    narrow = caller("ISU:ISU-CCM", capacity, Scope.WRITE_DELEGATION)
    wide = caller("ISU:ISU-CCM", capacity, Scope.WRITE_ISU)

    assert may(narrow, Act.RECORD_CONTACT, "ISU:ISU-CCM").allowed
    for party in ("STATE:DEU", None):
        assert may(wide, Act.RECORD_CONTACT, party).allowed
        refused = may(narrow, Act.RECORD_CONTACT, party)
        assert refused.reasons == ("The key has none of the scopes ADMIN, WRITE_ISU.",)


def test_a_delegation_acts_for_its_own_party() -> None:
    germany = caller("STATE:DEU", Capacity.STATE_PARTY, Scope.WRITE_DELEGATION)

    assert may(germany, Act.RECORD_CONTACT, "STATE:DEU").allowed
    assert not may(germany, Act.RECORD_CONTACT, "STATE:FRA").allowed


@pytest.mark.parametrize("act", list(Act))
def test_nothing_is_said_of_the_key_of_somebody_who_has_none(act: Act) -> None:
    refused = may(PUBLIC, act)

    assert not refused.allowed
    assert refused.reasons[-1] == "No credential was sent."
    assert not any("key" in reason for reason in refused.reasons)
