"""The journal: every change of a kept row, each entry chained to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Index, Text, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.sql import visitors
from sqlmodel import Field, col

from db.dialect import among
from db.table import Kept, Table, column, enum_type, kept_tables, key, plain_text
from mandate.actor import Visibility

NOTHING_BEFORE = "0" * 64


class Change(Table, table=True):
    """Never changed and never deleted: triggers refuse both on either engine.

    What is hashed is kept as text, as it was hashed: no engine may write a number or a time in another way.
    """

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_subject_key_subject_type_sequence", "subject_key", "subject_type", "sequence"),)

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str = column(plain_text(32), index=True)
    """In UTC, to the microsecond."""
    account_id: str | None = column(plain_text(64), default=None, index=True)
    on_behalf_of: str | None = column(plain_text(64), default=None)
    act: str = column(plain_text(64))
    subject_type: str = column(plain_text(64))
    """The name of its table."""
    subject_key: str = column(plain_text(200))
    version: int
    fields: str = column(Text)
    before: str | None = column(Text, default=None)
    after: str | None = column(Text, default=None)
    visibility: Visibility = column(enum_type(Visibility))
    request_id: str | None = column(plain_text(64), default=None)
    previous_hash: str = column(plain_text(64))
    hash: str = column(plain_text(64))


def entries_of(table: type[Kept], keys: Sequence[str]) -> Executable:
    """Who changed some rows, when, and what came first: facts for an act, in the order in which they were kept."""
    return (
        select(
            col(Change.sequence),
            col(Change.at),
            col(Change.on_behalf_of),
            col(Change.subject_key),
            col(Change.fields),
        )
        .where(among(col(Change.subject_key), keys), col(Change.subject_type) == table.__tablename__)
        .order_by(col(Change.sequence))
    )


class JournalHead(Table, table=True):
    """Where the journal ends: a tail cut off does not go unseen."""

    __tablename__ = "journal_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    sequence: int
    hash: str = column(plain_text(64))


class KeptAnswer(Table, table=True):
    """What was answered to a request with an Idempotency-Key, for 72 hours."""

    __tablename__ = "kept_answer"

    account_id: str = key()
    key: str = column(plain_text(255), primary_key=True)
    request_hash: str = column(plain_text(64))
    answer: str = column(Text)
    at: str = column(plain_text(32), index=True)


def is_of_the_journal(statement: Any) -> bool:
    """Whether a statement answers the same until something new enters the journal."""
    tables = (each for each in visitors.iterate(statement) if isinstance(each, SqlTable))
    return all(table in _of_the_journal() for table in tables)


@cache
def _of_the_journal() -> frozenset[Any]:
    return frozenset(table.__table__ for table in (*kept_tables(), Change, JournalHead))  # type: ignore[attr-defined]
