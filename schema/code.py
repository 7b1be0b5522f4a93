"""Entries of code tables: what the world adds to, we do not enumerate."""

from __future__ import annotations

import db
from schema.reading import column, over
from schema.text import LocalizedText, text


# Declared over one code table, it reads from any of them: they all have these two columns.
@over(db.MeetingKind, description="An entry of a code table")
class Code:
    code: str = column("code")
    label: LocalizedText = text("label")
