"""The few places where SQLite and PostgreSQL want different words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Dialect,
    String,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


class _Keys(TypeDecorator[Sequence[str]]):
    """Any number of keys as one parameter: the text of the statement stays the same for 5 and for 5,000."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(String()) if array else String())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class among(ColumnElement[bool]):  # noqa: N801  reads as an operator
    """Whether a text column is one of the keys."""

    inherit_cache = True
    _is_implicitly_boolean = True
    """Else SQLAlchemy writes `= 1` behind it for SQLite, which then uses no index."""
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy wants it
        ("column", InternalTraversal.dp_clauseelement),
        ("keys", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, keys: Sequence[str]) -> None:
        self.column = column
        self.keys = bindparam("keys", value=tuple(keys), type_=_Keys(), unique=True)


@compiles(among, "postgresql")
def _among_array(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(part, **options) for part in (element.column, element.keys))
    return f"{column} = ANY ({keys})"


@compiles(among, "sqlite")
def _among_json(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(part, **options) for part in (element.column, element.keys))
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608  both are rendered by the compiler
