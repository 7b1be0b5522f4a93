"""The day and the moment, for whoever names no other."""

from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], float]
"""Seconds, from whenever on."""


def today_in_utc() -> date:
    return datetime.now(UTC).date()


def now_in_utc() -> datetime:
    return datetime.now(UTC)
