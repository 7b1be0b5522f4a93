"""Words for meetings."""

from __future__ import annotations

from enum import StrEnum


class Formality(StrEnum):
    FORMAL = "FORMAL"
    INFORMAL = "INFORMAL"


class MeetingStatus(StrEnum):
    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    POSTPONED = "POSTPONED"
    CANCELLED = "CANCELLED"
    IN_PROGRESS = "IN_PROGRESS"
    CLOSED = "CLOSED"


class ParticipantClass(StrEnum):
    """The classes by which final reports count attendance."""

    STATES_PARTIES = "STATES_PARTIES"
    SIGNATORIES = "SIGNATORIES"
    OBSERVER_STATES = "OBSERVER_STATES"
    ORGANISATIONS = "ORGANISATIONS"
    DELEGATES = "DELEGATES"
