"""Exports: copies that somebody asks for, and gets once they are made."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

KEPT_FOR = timedelta(days=7)
TOLD_FOR = timedelta(days=30)
"""After it ended, how long an export is still told of."""
MOST_UNDER_WAY = 5
"""Of one account."""
MOST_KEPT = 20
"""Of one account, those that are under way among them."""
ATTEMPTS = 3
"""One that ends the process that makes it shall not end all of them, one after the other."""


class ExportFormat(StrEnum):
    JSONL = "JSONL"
    CSV = "CSV"


class ExportStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


UNDER_WAY = (ExportStatus.QUEUED, ExportStatus.RUNNING)


class ExportError(StrEnum):
    """Why there is none."""

    ACCESS_LOST = "ACCESS_LOST"
    GAVE_UP = "GAVE_UP"
    INTERNAL = "INTERNAL"
    NOT_FOUND = "NOT_FOUND"
    REFUSED = "REFUSED"


MEDIA_TYPES = {ExportFormat.JSONL: "application/x-ndjson", ExportFormat.CSV: "text/csv"}
