"""Posts, and the terms for which they are held."""

from __future__ import annotations

from enum import StrEnum


class BodyKind(StrEnum):
    WORKING_GROUP = "WORKING_GROUP"
    THEMATIC_AREA = "THEMATIC_AREA"
    COMMITTEE = "COMMITTEE"
    ISU = "ISU"


class TermMoment(StrEnum):
    """A term begins or ends when a meeting opens, or when it closes."""

    OPENING = "OPENING"
    CLOSE = "CLOSE"
