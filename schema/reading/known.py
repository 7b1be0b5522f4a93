"""Rows that the act itself kept are not read again, where no more is asked of them than what they were given.

Whether they are there for the caller is told by their own visibility. Where that does not suffice, as with what is for
those whom it concerns, or where anything else is asked, the database is asked as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo
from sqlalchemy import Boolean, Enum, Integer, String, Table
from sqlalchemy.types import TypeEngine

from db.visibility import shows
from mandate.actor import Sight
from resolvers.reading import Asked, Column, Ref
from resolvers.reading.declaration import Shape
from resolvers.reading.reader import weight_of
from schema.reading.asking import InDocuments

NewRows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By the name of their table."""


def complete_from(info: GraphQLResolveInfo[Any], value: Any, asked: Asked, new: NewRows, sight: Sight) -> bool:
    """Whether all rows that the value names were new, and it has them now."""
    kept = _kept.of(info)
    name = type(value).__name__
    if kept is None or name not in asked.inner:
        return False
    if name not in kept:
        kept[name] = _naming(asked.inner[name])
    named = kept[name]
    if named is None:
        return False
    found = []
    for each in named:
        made = each.make(value, new, sight)
        if made is None:
            return False
        found.append((each.asked, made))
    fetched = value.fetched = {}
    for own, made in found:
        fetched[own.key] = made
    value.weight = weight_of(value) + sum(own.times * made.weight for own, made in found)
    return True


_kept: InDocuments[dict[str, Sequence[_Named] | None]] = InDocuments(dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """A field of a value that names a row by its key."""

    asked: Asked
    attribute: str
    shape: Shape
    source: Table
    key: str
    columns: Sequence[tuple[Asked, Column, Callable[[Any], bool]]]
    """Each with what tells whether a value that was given is read back as it is."""

    def make(self, value: Any, new: NewRows, sight: Sight) -> Any:
        wanted = getattr(value, self.attribute)
        for row in new.get(self.source.name, ()):
            if row[self.key] == wanted:
                break
        else:
            return None
        if not shows(self.source, row, sight):
            return None
        made = self.shape.make()
        made.fetched, made.weight = {}, 1
        for asked, column, is_as_read in self.columns:
            given = row[column.name]
            if not is_as_read(given):
                return None
            if column.convert is not None and given is not None:
                given = column.convert(given)
                made.weight += asked.times * weight_of(given)
            made.fetched[asked.key] = given
        return made


def _naming(fields: Sequence[Asked]) -> Sequence[_Named] | None:
    """None where more is asked than what a new row was given."""
    found = []
    for asked in fields:
        ref = asked.declaration
        if not isinstance(ref, Ref) or ref.column is None or len(asked.targets) != 1:
            return None
        (shape,) = asked.targets
        if shape.table is None or shape.only is not None:
            return None
        if ref.column is not shape.key:
            return None
        columns = []
        for each in asked.inner.get(shape.name, ()):
            column = each.declaration
            if not isinstance(column, Column) or column.needs is not None:
                return None
            is_as_read = _as_read(shape.table.columns[column.name].type)
            if is_as_read is None:
                return None
            columns.append((each, column, is_as_read))
        found.append(_Named(asked, ref.attribute, shape, shape.table, shape.key.key, columns))
    return found


def _as_read(type_: TypeEngine[Any]) -> Callable[[Any], bool] | None:
    of: Any = type_.enum_class if isinstance(type_, Enum) else _AS_THEY_ARE.get(type(type_))
    return None if of is None else lambda value: value is None or value.__class__ is of


_AS_THEY_ARE: Mapping[type, type] = {String: str, Integer: int, Boolean: bool}
