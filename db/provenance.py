"""Where a kept fact comes from: of a whole row, or of one field of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON

from db.table import Kept, PartialDateType, column, enum_type, key
from mandate.day import PartialDate
from mandate.provenance import ProvenanceBasis


class Provenance(Kept, table=True):
    subject_type: str = key()
    subject_key: str = key()
    field: str = key()
    """Empty for the row as a whole."""
    basis: ProvenanceBasis = column(enum_type(ProvenanceBasis))
    sources: Any = column(JSON)
    stated_as_of: PartialDate | None = column(PartialDateType, default=None)
    note: str | None = None
    disagreement: str | None = None
