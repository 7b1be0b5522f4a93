"""Whoever may hold a seat, attend or be written to: a State, an organisation, the ISU."""

from __future__ import annotations

from enum import StrEnum


class PartyKind(StrEnum):
    STATE = "STATE"
    ORGANISATION = "ORGANISATION"
    ISU = "ISU"


ISU_PARTY = "ISU:ISU-CCM"
"""There is one."""


def code_of(party: str) -> str:
    """`DEU` of `STATE:DEU`."""
    return party.partition(":")[2]
