"""When a message is tried again, and whose webhook it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mandate.actor import Act, Actor, Capacity, Held, Scope
from mandate.webhook import may_act_upon, wait_after

HOURS = 3600


def test_there_are_eight_attempts_by_the_schedule() -> None:
    waits = [wait_after(attempts, chance=0) for attempts in range(9)]

    assert [None if each is None else each.total_seconds() for each in waits] == [
        *(0, 5, 300, 1800, 2 * HOURS, 5 * HOURS, 10 * HOURS, 10 * HOURS),
        None,
    ]


def test_chance_makes_it_later_by_a_fifth_at_most() -> None:
    assert wait_after(2, chance=1) == timedelta(minutes=6)
    assert wait_after(2, chance=0.5) == timedelta(minutes=5.5)


@pytest.mark.parametrize(("asked", "heeded"), [(1, 5), (60, 60), (100 * HOURS, 10 * HOURS)])
def test_a_receiver_is_heeded_within_bounds(asked: int, heeded: int) -> None:
    assert wait_after(1, chance=0, asked=timedelta(seconds=asked)) == timedelta(seconds=heeded)


def test_nobody_asks_for_an_attempt_more() -> None:
    assert wait_after(8, chance=0, asked=timedelta(seconds=1)) is None


def _actor(account: str, *capacities: Capacity, scopes: frozenset[Scope] = frozenset(Scope)) -> Actor:
    return Actor(account=account, party="STATE:DEU", held=frozenset(map(Held, capacities)), scopes=scopes)


ENDS = {Act.DISABLE_WEBHOOK, Act.DELETE_WEBHOOK}


@pytest.mark.parametrize("act", [each for each in Act if "Webhook" in each or each is Act.RETRY_DELIVERY])
def test_a_webhook_is_its_holders(act: Act) -> None:
    of = {"account": "own", "scopes": ["READ_PUBLIC", "READ_RESTRICTED"]}
    holder = _actor("own", Capacity.STATE_PARTY)
    narrow = _actor("own", Capacity.STATE_PARTY, scopes=frozenset({Scope.READ_PUBLIC}))
    manager = _actor("manager", Capacity.ADMIN)
    without_scope = _actor("manager", Capacity.ADMIN, scopes=frozenset({Scope.READ_PUBLIC}))

    allowed = [
        None if found is None else found.allowed
        for found in (may_act_upon(each, act, **of) for each in (holder, narrow, manager, without_scope))  # type: ignore[arg-type]
    ]

    assert allowed == [True, False, act in ENDS, None]
    assert may_act_upon(_actor("other", Capacity.ISU_STAFF), act, **of) is None  # type: ignore[arg-type]
