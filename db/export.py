"""Exports that accounts ask for: jobs, which are no acts of the institution and enter no journal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Text

from db.table import Table, column, enum_type, key, plain_text, refers_to
from mandate.export import ExportError, ExportFormat, ExportStatus


class Export(Table, table=True):
    """A process that makes one writes so before; its lease over, another begins anew."""

    id: str = key()
    account_id: str = refers_to("account.id")
    api_key_id: str | None = refers_to("api_key.id", index=False, default=None)
    """By which it was asked for; None for who calls with a token of the issuer."""
    dataset: str | None = column(plain_text(64), default=None)
    """The name of a table that the feed tells of; None where a document is named."""
    document: str | None = column(plain_text(255), default=None)
    """The name of a trusted one."""
    variables: Any = column(JSON(none_as_null=True), default=None, nullable=True)
    format: ExportFormat = column(enum_type(ExportFormat))
    status: ExportStatus = column(enum_type(ExportStatus), index=True)
    created_at: str = column(plain_text(32), index=True)
    done: int = 0
    total: int | None = None
    """Objects, as far as they are written, and all of them."""
    bytes: int | None = column(BigInteger, default=None)
    sha256: str | None = column(plain_text(64), default=None)
    change_cursor: str | None = column(Text, default=None)
    rights: Any = column(JSON(none_as_null=True), default=None, nullable=True)
    """By which it was made, and without which nobody gets it."""
    error: ExportError | None = column(enum_type(ExportError), default=None, nullable=True)
    error_message: str | None = column(Text, default=None)
    ended_at: str | None = column(plain_text(32), default=None)
    expires_at: str | None = column(plain_text(32), default=None)
    attempts: int = 0
    claimed_by: str | None = column(plain_text(64), default=None)
    """By whoever makes it, anew each time; once it has ended, whose file is there, or may be."""
    claimed_until: str | None = column(plain_text(32), default=None)
