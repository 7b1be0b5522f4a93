"""Run by `isu.migrate`, which hands over an open connection."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import sqlmodel
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Enum, String

import db
from db.table import LocalizedTextType, MoneyType, PartialDateType


def render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Migrations outlive the code of the day: they name SQLAlchemy's types, never ours."""
    if kind != "type":
        return False
    if isinstance(item, LocalizedTextType):
        return "sa.JSON()"
    if isinstance(item, PartialDateType):
        return "text(10)"
    if isinstance(item, MoneyType):
        return "sa.String(24)"
    if isinstance(item, Enum):
        return f"sa.String({item.length})"
    if isinstance(item, sqlmodel.AutoString):
        return "sa.String()"
    if isinstance(item, String) and "postgresql" in item._variant_mapping:  # noqa: SLF001
        return f"text({item.length})"
    return False


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Not what the engines keep for full text, which SQLAlchemy has no words for."""
    return kind not in ("table", "index") or not (name or "").startswith(("search_words", "ix_search_text_words"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=db.State.metadata,
    include_name=is_ours,
    render_as_batch=True,
    render_item=render,
)

with warnings.catch_warnings():
    # What SQLite does not tell of an index over an expression, a test of ours compares.
    warnings.filterwarnings("ignore", ".* expression-based index")
    with context.begin_transaction():
        context.run_migrations()
