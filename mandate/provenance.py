"""Where a fact comes from."""

from __future__ import annotations

from enum import StrEnum


class ProvenanceBasis(StrEnum):
    STATED = "STATED"
    COMPUTED = "COMPUTED"
    INFERRED = "INFERRED"
