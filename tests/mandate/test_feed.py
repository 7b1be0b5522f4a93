"""What a change is to one who saw the object before, or sees it since."""

from __future__ import annotations

import pytest

from mandate.actor import Visibility
from mandate.feed import ChangeKind, kind_of

PUBLIC, HIDDEN = Visibility.PUBLIC, Visibility.STATES_PARTIES


@pytest.mark.parametrize(
    ("was", "now", "seen_before", "seen_since", "kind"),
    [
        (None, PUBLIC, False, True, ChangeKind.CREATED),
        (HIDDEN, PUBLIC, False, True, ChangeKind.PUBLISHED),
        (HIDDEN, PUBLIC, True, True, ChangeKind.PUBLISHED),
        (HIDDEN, HIDDEN, False, True, ChangeKind.PUBLISHED),
        (PUBLIC, HIDDEN, True, True, ChangeKind.UNPUBLISHED),
        (PUBLIC, PUBLIC, True, True, ChangeKind.UPDATED),
        (HIDDEN, Visibility.COMMITTEE, True, True, ChangeKind.UPDATED),
        (PUBLIC, HIDDEN, True, False, ChangeKind.VISIBILITY_LOST),
    ],
)
def test_a_change_is_told_by_what_it_is_for_whoever_reads_of_it(
    was: Visibility | None, now: Visibility, seen_before: bool, seen_since: bool, kind: ChangeKind
) -> None:
    assert kind_of(was, now, seen_before=seen_before, seen_since=seen_since, is_new=was is None) is kind


@pytest.mark.parametrize("was", [None, *Visibility])
@pytest.mark.parametrize("now", Visibility)
def test_whoever_saw_it_neither_before_nor_since_is_told_nothing(was: Visibility | None, now: Visibility) -> None:
    assert kind_of(was, now, seen_before=False, seen_since=False, is_new=was is None) is None
