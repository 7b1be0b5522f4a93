"""States, whether bound or not."""

from __future__ import annotations

from sqlalchemy import Index

from db.table import Kept, LocalizedTextType, column, key, plain_text, refers_to
from mandate.text import LocalizedText


class State(Kept, table=True):
    __table_args__ = (Index("ix_state_sort_name_code", "sort_name", "code"),)

    code: str = key()
    """ISO 3166-1 alpha-3."""
    party_id: str = refers_to("party.id", index=False, unique=True)
    alpha2: str = column(plain_text(2), unique=True)
    m49: str = column(plain_text(3), unique=True)
    name: LocalizedText = column(LocalizedTextType)
    official_name: LocalizedText = column(LocalizedTextType)
    sort_name: str = column(plain_text(200))
    un_status: str
    regional_group: str | None = column(plain_text(64), default=None, index=True)
    m49_region: str | None = column(plain_text(64), default=None)
    m49_subregion: str | None = column(plain_text(64), default=None)
