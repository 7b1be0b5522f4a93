"""Points of contact: who to write to at a State or an organisation, and since when that holds."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, ColumnElement, or_
from sqlmodel import col

from db.table import Kept, column, enum_type, key, personal, plain_text, refers_to
from mandate.actor import Visibility
from mandate.contact import ContactRole


class Contact(Kept, table=True):
    id: str = key()
    party_id: str = refers_to("party.id")
    person_id: str | None = refers_to("person.id", default=None)
    role: ContactRole = column(enum_type(ContactRole))
    title: str | None = None
    """Of the post, such as Counsellor (Disarmament)."""
    languages: Any = column(JSON)
    """In order of preference."""
    emails: Any = personal(JSON(none_as_null=True), default=None, nullable=True)
    phones: Any = personal(JSON(none_as_null=True), default=None, nullable=True)
    """Both are empty once they are erased."""
    salt: str | None = column(plain_text(32), default=None)
    valid_from: date
    valid_until: date | None = None
    """Half-open: no longer valid on this day."""
    last_confirmed_at: str | None = column(plain_text(32), default=None)
    visibility: Visibility = column(enum_type(Visibility))


def valid_on(day: date) -> ColumnElement[bool]:
    until = col(Contact.valid_until)
    return (col(Contact.valid_from) <= day) & or_(until.is_(None), until > day)
