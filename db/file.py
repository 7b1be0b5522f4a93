"""Uploads: what somebody was given a ticket for, and what came of it. The bytes are not here, but in `db.store`."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger

from db.table import Kept, column, key, plain_text
from mandate.actor import Visibility


class Upload(Kept, table=True):
    """A file that was announced; once its bytes have come, they are known by their hash."""

    default_visibility: ClassVar[Visibility] = Visibility.ISU

    id: str = key()
    account_id: str = column(plain_text(64))
    """Who may send it, and attach it to a document."""
    name: str
    media_type: str = column(plain_text(128))
    expires_at: str = column(plain_text(32))
    sha256: str | None = column(plain_text(64), default=None, index=True)
    bytes: int | None = column(BigInteger, default=None)
