"""Who stands by the rules of procedure, and what becomes of a request when the meeting is over."""

from __future__ import annotations

import pytest

from mandate.meeting import MeetingStatus
from mandate.observer import NEXT, ObserverStatus, stands, status_at


@pytest.mark.parametrize(
    ("basis", "stood"), [("rule 1.2", True), ("rule 1.3", False), ("through the CMC or rule 1.3", False), (None, False)]
)
def test_rule_1_2_and_no_other_lets_stand(basis: str | None, stood: bool) -> None:
    assert stands(basis) is stood


@pytest.mark.parametrize("meeting", MeetingStatus)
def test_what_is_pending_lapses_when_the_meeting_is_over_and_what_is_decided_does_not(meeting: MeetingStatus) -> None:
    over = meeting in (MeetingStatus.CLOSED, MeetingStatus.CANCELLED)
    for pending in (ObserverStatus.REQUESTED, ObserverStatus.PROVISIONAL):
        assert status_at(pending, meeting) is (ObserverStatus.LAPSED if over else pending)
    for decided in (ObserverStatus.ADMITTED, ObserverStatus.REFUSED):
        assert status_at(decided, meeting) is decided


def test_nobody_is_admitted_who_was_not_invited() -> None:
    assert [each for each in NEXT if ObserverStatus.ADMITTED in NEXT[each]] == [ObserverStatus.PROVISIONAL]
    assert ObserverStatus.STANDING not in NEXT
    assert ObserverStatus.LAPSED not in NEXT
