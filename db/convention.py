"""Instruments, and the structures by which their Parties organize the work."""

from __future__ import annotations

from datetime import date

from db.table import Kept, LocalizedTextType, column, key, refers_to
from mandate.text import LocalizedText


class Convention(Kept, table=True):
    code: str = key()
    title: LocalizedText = column(LocalizedTextType)
    adopted_on: date | None = None
    entered_into_force_on: date | None = None
    depositary: str | None = None


class StructureElement(Kept, table=True):
    """A body, post, task, rule or meeting of a convention, as the paper of 2011 describes it."""

    __tablename__ = "structure_element"

    code: str = key()
    convention_code: str = refers_to("convention.code")
    standing: str
    kind: str
    element: str
    term: LocalizedText | None = column(LocalizedTextType, default=None)
    detail: str | None = None
    role_title: str | None = None
    guided_by: str | None = None
    part_of: str | None = None
    item: str | None = None
    paragraphs: str
