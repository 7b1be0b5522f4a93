"""Where a stated fact comes from."""

from __future__ import annotations

from typing import Any

from sqlmodel import col

import db
from mandate.day import PartialDate
from mandate.provenance import ProvenanceBasis
from schema.reading import Argument, column, many, over


@over(db.Provenance, description="Where a fact comes from: the whole object, or one of its fields")
class Provenance:
    field: str | None = column(
        db.Provenance.field, convert=lambda name: name or None, description="Null for the object as a whole"
    )
    basis: ProvenanceBasis = column(db.Provenance.basis)
    sources: list[str] = column(db.Provenance.sources)
    stated_as_of: PartialDate | None = column(db.Provenance.stated_as_of)
    note: str | None = column(db.Provenance.note)
    disagreement: str | None = column(db.Provenance.disagreement)


def provenance(subject: str, key: Any) -> Any:
    """The provenance of an object, or of one of its fields."""
    return many(
        db.Provenance.subject_key,
        on=key,
        only=col(db.Provenance.subject_type) == subject,
        arguments=[Argument("field", str, lambda name, _: col(db.Provenance.field) == name)],
    )
