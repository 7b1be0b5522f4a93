"""The few places where SQLite and PostgreSQL want different words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    CTE,
    JSON,
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    Float,
    FromClause,
    Integer,
    Numeric,
    Select,
    SelectBase,
    String,
    TableValuedAlias,
    Text,
    TypeDecorator,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal

from mandate.search import Sought

_FLOAT, _NUMERIC = 701, 1700
"""The numbers that PostgreSQL has for types of numbers."""


def converting(type_: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes a value of the type of what the driver gives; None where that is the same."""
    kind = _FLOAT if isinstance(type_, Float) else _NUMERIC
    found: Callable[[Any], Any] | None = type_.dialect_impl(dialect).result_processor(dialect, kind)
    return found


def from_json(text: str) -> Any:
    """Some ten times faster than the standard parser, which knows what little this one refuses."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def to_json(value: Any) -> str:
    """The same the other way: what orjson takes for something else, the standard library writes or refuses."""
    try:
        return orjson.dumps(value, option=_AS_THE_STANDARD_DOES).decode()
    except TypeError:
        return json.dumps(value)


_AS_THE_STANDARD_DOES = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class _Keys(TypeDecorator[Sequence[Any]]):
    """Any number of keys as one parameter: the text of the statement stays the same for 5 and for 5,000."""

    impl = String
    cache_ok = True

    def __init__(self, of: type[String | Integer] = String) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(self.of()) if array else String())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else to_json(list(value))


class _OnlyKey(TypeDecorator[Sequence[Any]]):
    """The one key of as many as there are, or none."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        (key,) = tuple(value) or (None,)
        return key


class among(ColumnElement[bool]):  # noqa: N801  reads as an operator
    """Whether a column is one of the keys: texts, where they are given here."""

    inherit_cache = True
    _is_implicitly_boolean = True
    """Else SQLAlchemy writes `= 1` behind it for SQLite, which then uses no index."""
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy wants it
        ("column", InternalTraversal.dp_clauseelement),
        ("keys", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, keys: Sequence[str] | BindParameter[Any]) -> None:
        self.column = column
        self.keys = keys if isinstance(keys, BindParameter) else _several("keys", keys)


class is_in(ColumnElement[bool]):  # noqa: N801  as above
    """Whether a column is one of the values of a select, which is asked anew for each row of the tables around it.

    Either engine then looks up those values, and not the values of each of its own rows.
    """

    inherit_cache = True
    _is_implicitly_boolean = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy wants it
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, values: SelectBase) -> None:
        self.column = column
        self.values = values.scalar_subquery()


@compiles(is_in, "postgresql")
def _is_in_array(element: is_in, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} = ANY (ARRAY{values})"


@compiles(is_in, "sqlite")
def _is_in_list(element: is_in, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} IN {values}"


class _Each(FunctionElement[str]):
    name = "each"
    inherit_cache = True


def each_of(keys: Sequence[str] | BindParameter[Any]) -> TableValuedAlias:
    """The keys as rows of one column, `value`."""
    given = keys if isinstance(keys, BindParameter) else _several("keys", keys)
    # Of the one engine the function calls its column so, of the other the column has the name of the alias.
    return _Each(given).table_valued("value", name="value")


@compiles(_Each, "postgresql")
def _each_of_array(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **options)})"


@compiles(_Each, "sqlite")
def _each_of_json(element: _Each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


def _several(name: str, keys: Sequence[str]) -> BindParameter[Any]:
    return bindparam(name, value=tuple(keys), type_=_Keys(), unique=True)


def keys_to_come(name: str, of: type[String | Integer] = String) -> BindParameter[Any]:
    """Where keys will stand that are not known yet."""
    return bindparam(name, type_=_Keys(of))


def only_key_to_come(name: str) -> BindParameter[Any]:
    """Where one key will stand, given as several are: what is equal to it is a range of an index, in its order."""
    return bindparam(name, type_=_OnlyKey())


@compiles(among, "postgresql")
def _among_array(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(part, **options) for part in (element.column, element.keys))
    return f"{column} = ANY ({keys})"


@compiles(among, "sqlite")
def _among_json(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(part, **options) for part in (element.column, element.keys))
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608  both are rendered by the compiler


class Nested(TypeDecorator[Any]):
    """Rows of another statement, as JSON: each is an array of its values."""

    impl = JSON
    cache_ok = True


def nested(statement: Select[Any], *around: FromClause) -> ColumnElement[Any]:
    """The rows of a statement as a value of the one around it, for PostgreSQL; `around` is what it has of that one.

    JSON within is given as text, and so are numbers that JSON would round: how they are read is known.
    """
    return nested_rows(_numbered(statement).correlate(*around).subquery())


def aside(statement: Select[Any], name: str) -> CTE:
    """The rows of a statement, which several look into: they are read once. The columns are called by their places."""
    return _numbered(statement).cte(name)


def _numbered(statement: Select[Any]) -> Select[Any]:
    return statement.with_only_columns(*(each.label(f"v{n}") for n, each in enumerate(statement.selected_columns)))


def nested_rows(rows: FromClause) -> ColumnElement[Any]:
    """All of them as one value, as `nested` has them."""
    values = [cast(each, Text) if _is_given_as_text(each.type) else each for each in rows.c]
    found = select(func.json_agg(func.json_build_array(*values), type_=Nested())).select_from(rows)
    return found.scalar_subquery()


def _is_given_as_text(type_: Any) -> bool:
    if isinstance(type_, Nested):
        return False
    kept = getattr(type_, "impl", type_)
    return isinstance(kept, JSON) or (isinstance(kept, Numeric) and not isinstance(kept, Float))


class holds(ColumnElement[bool]):  # noqa: N801  reads as an operator
    """Whether a column of words of `search_text` holds all the words that are sought.

    PostgreSQL is given the words as they are: `to_tsvector` would parse them once more, and in its own way.
    """

    inherit_cache = True
    _is_implicitly_boolean = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012  as SQLAlchemy wants it
        ("column", InternalTraversal.dp_clauseelement),
        ("row", InternalTraversal.dp_clauseelement),
        ("wanted", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, wanted: str) -> None:
        """`wanted` is the parameter in which the words will stand."""
        self.column = column
        self.row = column.table.c.id
        self.wanted = bindparam(wanted, type_=_Wanted(column.name))


class _Wanted(TypeDecorator[Sequence[Sought]]):
    """Words have letters and digits alone: nothing in them can be an operator of either language."""

    impl = Text
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return " & ".join(f"'{each.text}'{':*' if each.begins else ''}" for each in value)
        return f"{{{self.column}}} : ({' AND '.join(_phrase(each) for each in value)})"


def _phrase(wanted: Sought) -> str:
    return f'"{wanted.text}"{"*" if wanted.begins else ""}'


@compiles(holds, "postgresql")
def _holds_vector(element: holds, compiler: SQLCompiler, **options: Any) -> str:
    column, wanted = (compiler.process(part, **options) for part in (element.column, element.wanted))
    return f"{VECTOR.format(column)} @@ CAST({wanted} AS tsquery)"


@compiles(holds, "sqlite")
def _holds_match(element: holds, compiler: SQLCompiler, **options: Any) -> str:
    row, wanted = (compiler.process(part, **options) for part in (element.row, element.wanted))
    return f"{row} IN (SELECT rowid FROM search_words WHERE search_words MATCH {wanted})"  # noqa: S608  as above


VECTOR = "array_to_tsvector(string_to_array({}, ' '))"
"""As it is indexed: PostgreSQL uses the index for this very expression."""
