"""Words for accounts."""

from __future__ import annotations

from enum import StrEnum


class AccountKind(StrEnum):
    PERSON = "PERSON"
    SERVICE = "SERVICE"


class AccountStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
