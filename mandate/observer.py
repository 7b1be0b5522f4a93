"""Observers: who stands by the rules of procedure (1.2), and who is invited and admitted to one meeting (1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mandate.meeting import MeetingStatus

STANDING_BY = "rule 1.2"
"""The United Nations, the ICRC, the IFRC, the GICHD and the CMC: an organisation's own row says that it is one."""


class ObserverStatus(StrEnum):
    """Of an organisation, at one meeting."""

    STANDING = "STANDING"
    REQUESTED = "REQUESTED"
    PROVISIONAL = "PROVISIONAL"
    ADMITTED = "ADMITTED"
    REFUSED = "REFUSED"
    LAPSED = "LAPSED"


NEXT: Mapping[ObserverStatus, frozenset[ObserverStatus]] = {
    ObserverStatus.REQUESTED: frozenset({ObserverStatus.PROVISIONAL, ObserverStatus.REFUSED}),
    ObserverStatus.PROVISIONAL: frozenset({ObserverStatus.ADMITTED, ObserverStatus.REFUSED}),
    ObserverStatus.ADMITTED: frozenset(),
    ObserverStatus.REFUSED: frozenset(),
}
"""Of what is kept; who stands asks for nothing, and what lapses does so by itself."""

MAY_ATTEND = frozenset({ObserverStatus.STANDING, ObserverStatus.PROVISIONAL, ObserverStatus.ADMITTED})


def stands(observer_basis: str | None) -> bool:
    return observer_basis == STANDING_BY


def status_at(kept: ObserverStatus, meeting: MeetingStatus) -> ObserverStatus:
    """Only the meeting admits for good: what it has not approved when it is over has lapsed."""
    over = meeting in (MeetingStatus.CLOSED, MeetingStatus.CANCELLED)
    pending = kept in (ObserverStatus.REQUESTED, ObserverStatus.PROVISIONAL)
    return ObserverStatus.LAPSED if over and pending else kept
