"""What every table shares: its base, and the types of columns that the engines do not agree on."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnClause,
    ColumnElement,
    Dialect,
    Enum,
    Index,
    MetaData,
    String,
    TypeDecorator,
    and_,
    func,
    literal_column,
    true,
    type_coerce,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.sql import visitors
from sqlmodel import Field, SQLModel

from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.text import LocalizedText, TextStatus, Wording

_LONGEST_KEY = 64
SEEN_WITH = "seen_with"
"""In the info of a table without a visibility of its own: the keys of what has to be seen for its rows to be."""


class Table(SQLModel):
    """The base of all tables; constraints are named, so that a migration can speak of them."""

    # What would check their values is made where it is first asked for, which is nowhere: it takes some megabytes.
    model_config = {"defer_build": True}

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Kept(Table):
    """A table of the institution: every change of a row raises its version and enters the journal.

    Rows are written through `db.unit.Unit` alone. Columns marked `personal` enter the journal as salted digests.
    """

    default_visibility: ClassVar[Visibility] = Visibility.PUBLIC
    """Of its rows, where they have none of their own."""

    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


def kept_tables() -> Iterator[type[Kept]]:
    """All of them; what is referred to comes before what refers to it."""
    classes = {mapper.local_table: mapper.class_ for mapper in Kept._sa_registry.mappers}  # noqa: SLF001  no public way
    for table in Table.metadata.sorted_tables:
        found = classes.get(table)
        if found is not None and issubclass(found, Kept):
            yield found


def plain_text(length: int | None = None) -> String:
    """Text that sorts by code point on both engines, so that a cursor means one place."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def placed(column: ColumnElement[Any], least: str | int = "") -> ColumnElement[Any]:
    """Empty values read as the least there is, so that they have a place too in an order, and in an index of it.

    Said without a parameter: the engines know an expression of an index again by its words.
    """
    return func.coalesce(column, literal_column(repr(least)))


def in_order(name: str, table: type[Table], column: str, key: str) -> None:
    """An index of the table in the order of a column that may be empty."""
    columns = table.__table__.c  # type: ignore[attr-defined]
    Index(name, placed(columns[column]), columns[key])


class PartialDateType(TypeDecorator[PartialDate]):
    """Kept as it is written: `2012-04` sorts before every day of April 2012, and after all of March."""

    impl = String(10)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(plain_text(10))

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> PartialDate | None:
        return None if value is None else parsed_once(value)


parsed_once = lru_cache(maxsize=20_000)(PartialDate.parse)


def dated(column: Any, wanted: Mapping[str, Any]) -> ColumnElement[bool]:
    """Compared at the precision of the kept date, so that 2012-04 is neither before nor after 2012-04-16.

    A day may be a parameter of which the value comes later.
    """
    kept: ColumnElement[str] = type_coerce(column, String)

    def day(name: str) -> ColumnElement[str]:
        on = wanted[name]
        return func.substr(on if isinstance(on, BindParameter) else str(on), 1, func.length(kept))

    parts: list[ColumnElement[bool]] = [true()]
    if wanted.get("eq") is not None:
        parts.append(kept == day("eq"))
    if wanted.get("gte") is not None:
        parts.append(kept >= day("gte"))
    if wanted.get("lte") is not None:
        parts.append(kept <= day("lte"))
    if wanted.get("isNull") is not None:
        parts.append(kept.is_(None) if wanted["isNull"] else kept.is_not(None))
    return and_(*parts)


class LocalizedTextType(TypeDecorator[LocalizedText]):
    """`{"original": "en", "en": ["the text", "OFFICIAL"], …}`"""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: LocalizedText | None, dialect: Dialect) -> Any:
        return None if value is None else text_as_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> LocalizedText | None:
        return None if value is None else text_from_json(value)


def text_as_json(text: LocalizedText) -> dict[str, Any]:
    texts = {code: [w.value, w.status.value] for code, w in sorted(text.wordings.items())}
    return {"original": text.original, **texts}


_STATUS = {each.value: each for each in TextStatus}
"""Found so in a third of the time; and a page has hundreds of texts."""


def text_from_json(value: dict[str, Any]) -> LocalizedText:
    texts = {code: Wording(text[0], _STATUS[text[1]]) for code, text in value.items() if code != "original"}
    return LocalizedText(value["original"], texts)


class MoneyType(TypeDecorator[Decimal]):
    """Kept as text: SQLite has no exact decimal, and nothing is summed up in SQL."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else format(value.normalize(), "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def enum_type(of: type[StrEnum]) -> Enum:
    """Kept as text: a native enum of PostgreSQL can not be changed inside a migration."""
    return Enum(of, native_enum=False, create_constraint=False, length=32)


class _Clock:
    """The last moment for which an id was made: within one process each id sorts after the one before."""

    last = 0


def new_id() -> str:
    """A UUIDv7 (RFC 9562), the bits behind its milliseconds their fractions: what comes later sorts later."""
    moment = max(time.time_ns() * 4096 // 1_000_000, _Clock.last + 1)
    _Clock.last = moment
    milliseconds, fraction = divmod(moment, 4096)
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | fraction << 64
    value |= 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return str(uuid.UUID(int=value))


def key(**options: Any) -> Any:
    return Field(primary_key=True, sa_type=plain_text(_LONGEST_KEY), **options)


def refers_to(target: str, *, index: bool = True, **options: Any) -> Any:
    """A foreign key. What is referred to is never deleted under those who refer to it."""
    return Field(
        foreign_key=target,
        sa_type=plain_text(_LONGEST_KEY),
        index=index,
        ondelete="RESTRICT",
        **options,
    )


def column(of: Any, **options: Any) -> Any:
    return Field(sa_type=of, **options)


def personal(of: Any, **options: Any) -> Any:
    """A value about a person: kept in its row alone, so that it can be erased while the journal still verifies."""
    return Field(sa_type=of, sa_column_kwargs={"info": {"personal": True}}, **options)


def is_personal(statement: Any) -> bool:
    """Whether a statement looks at anything that can be erased; of two columns of one name, at both."""
    parts = list(visitors.iterate(statement))
    named = {each.key for each in parts if isinstance(each, ColumnClause)}
    tables = (each for each in parts if isinstance(each, SqlTable))
    return any(each.info.get("personal") for table in tables for each in table.columns if each.key in named)


class CodeTable(Kept):
    """What the world adds to, we do not enumerate: a code and its label."""

    code: str = key()
    label: LocalizedText = column(LocalizedTextType)
