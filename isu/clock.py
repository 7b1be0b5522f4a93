"""The day and the moment, for whoever names no other."""

from datetime import UTC, date, datetime


def today_in_utc() -> date:
    return datetime.now(UTC).date()


def now_in_utc() -> datetime:
    return datetime.now(UTC)
