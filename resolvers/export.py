"""Objects that are to be copied: which of a table are there for who asks, some at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, inspect, select
from sqlmodel import col

import db
from db.feed import SUBJECTS
from resolvers.reading import Reader

_BY_NAME = {str(table.__tablename__): table for table in SUBJECTS}
_ALWAYS = ("ar", "en", "es", "fr", "ru", "zh")
"""The languages of the United Nations, in which there may be a text whatever else is there."""


async def keys(
    reader: Reader, table: str, only: ColumnElement[bool] | None, *, after: str | None, limit: int
) -> Sequence[str]:
    """Of those that are there for the reader, in the order of their keys."""
    of = _BY_NAME[table]
    (key,) = inspect(of).primary_key
    statement = select(key).where(*reader.sees(of)).order_by(key).limit(limit)
    if only is not None:
        statement = statement.where(only)
    if after is not None:
        statement = statement.where(key > after)
    return [row[0] for row in await reader.rows(statement)]


async def count(reader: Reader, table: str, only: ColumnElement[bool] | None) -> int:
    of = _BY_NAME[table]
    statement = select(func.count()).select_from(inspect(of).local_table).where(*reader.sees(of))
    found: int = (await reader.rows(statement if only is None else statement.where(only)))[0][0]
    return found


async def languages(reader: Reader) -> list[str]:
    """All in which there may be texts."""
    found: list[Any] = [row[0] for row in await reader.rows(select(col(db.Language.code)))]
    return sorted({*_ALWAYS, *found})
