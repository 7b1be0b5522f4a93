"""The bodies of the Convention: Working Groups, thematic areas, the Coordination Committee, the ISU."""

from __future__ import annotations

from db.table import Kept, LocalizedTextType, column, enum_type, key, refers_to
from mandate.office import BodyKind
from mandate.text import LocalizedText


class Body(Kept, table=True):
    code: str = key()
    convention_code: str = refers_to("convention.code")
    kind: BodyKind = column(enum_type(BodyKind))
    name: LocalizedText = column(LocalizedTextType)
    position: int
    paragraph: str
    """Of the paper of 2011."""
    discussed_under_code: str | None = refers_to("body.code", default=None)
    seats: int | None = None
    """The most Coordinators that may lead it at a time."""
