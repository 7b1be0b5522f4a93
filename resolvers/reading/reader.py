"""What is asked, read into objects: for what is executed, each list is read at once for all its parents.

The number of statements depends on the shape of the question alone, never on how many rows answer it.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Column as SqlColumn
from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import LRUCache

from db.dialect import keys_to_come
from db.sending import once
from db.table import Kept
from db.visibility import visible
from mandate.actor import Actor
from resolvers.error import UserError
from resolvers.reading.declaration import (
    Asked,
    Column,
    Derived,
    Many,
    Page,
    Ref,
    Scope,
    Selection,
    Shape,
)
from resolvers.reading.page import Connected, Keyset, Place
from resolvers.reading.statement import Branch, Said, SaidPage, Statements, standing_for

T = TypeVar("T")
Say = Callable[..., Executable]
"""From who asks, and what else the words of a statement depend on, to the statement."""
_Rows = Mapping[Any, list[Any]]

_said: LRUCache[Any, Executable] = LRUCache(500)
"""Statements, each by what says it, to whom, and its shape."""

_found: LRUCache[Any, Said] = LRUCache(200)
"""What is said to find rows by their keys, each by who asks, where, and what is asked of them again and again."""

MOST_OBJECTS = 50_000
"""In the answer to one operation."""
_COMMON_CONDITIONS = 8
_STRETCH = 0.01
"""Seconds of computing, after which others are served."""


class Reader(Statements):
    """Answers what is asked, within one snapshot."""

    def __init__(
        self, connection: AsyncConnection, actor: Actor, today: date, *, most_objects: float | None = None
    ) -> None:
        super().__init__(actor, today)
        self._connection = connection
        self._most_objects = MOST_OBJECTS if most_objects is None else most_objects
        self._made = 0
        self._objects = 0

    async def every(self, asked: Asked) -> list[Any]:
        """A root list."""
        groups = await self._children(asked, None)
        found: list[Any] = groups.get(None, [])
        return found

    async def page(self, asked: Asked) -> Connected:
        """A root connection."""
        pages = await self._pages(asked, None)
        found: Connected = pages[None]
        return found

    async def by(self, shape: Shape, column: SqlColumn[Any], keys: Sequence[Any], asked: Selection) -> dict[Any, Any]:
        """Objects by a unique column, in one statement for all keys."""
        found = self.found_by(shape, column, [key for key in keys if key is not None], asked)
        return self._by_key(found, await self._run(found))

    async def _by_again(
        self, shape: Shape, column: SqlColumn[Any], keys: Sequence[Any], asked: Asked
    ) -> dict[Any, Any]:
        """The same for a question that stays."""
        name = (self.actor, shape.name, column.key, asked)
        said = _found.get(name)
        if said is None:
            said = self.found_by(shape, column, keys_to_come("keys"), asked.inner)
            said = _found[name] = Said(once(said.statement), said.root, said.parent)
        rows = await self._connection.execute(said.statement, {"keys": [key for key in keys if key is not None]})
        found = Said(said.statement, said.root.anew(), said.parent)
        return self._by_key(found, await self._make(found, list(rows)))

    @staticmethod
    def _by_key(found: Said, made: Sequence[tuple[Any, Row[Any]]]) -> dict[Any, Any]:
        assert found.parent is not None  # noqa: S101  it is found by its key
        return {row[found.parent]: each for each, row in made}

    async def complete(self, values: Iterable[Any], asked: Selection) -> None:
        """Computed values name rows of ours: fetch those, wherever in the values they are asked for."""
        by_shape: dict[str, list[Any]] = defaultdict(list)
        for value in _flat(values):
            by_shape[type(value).__name__].append(value)
        for name, fields in asked.items():
            own = by_shape.get(name, [])
            refs = []
            for field_asked in fields:
                if isinstance(field_asked.declaration, Ref):
                    await self._refer(own, field_asked, field_asked.declaration)
                    refs.append(field_asked)
                elif field_asked.inner:
                    inner = [_value_of(value, field_asked) for value in own]
                    await self.complete(inner, field_asked.inner)
            if refs:
                for value in own:
                    value.weight = _parts_weight(value) + sum(_weight_of(value, ref) for ref in refs)

    async def _refer(self, values: Sequence[Any], asked: Asked, ref: Ref) -> None:
        keys = [getattr(value, ref.attribute) for value in values]
        found: dict[Any, Any] = {}
        for shape in asked.targets:
            if ref.column is not None:
                found |= await self._named(shape, standing_for(shape, ref.column), list(_flat(keys)), asked)
                continue
            own = [key[1] for key in keys if key is not None and key[0] == shape.name]
            if own:
                named = await self._named(shape, shape.key, own, asked)
                found |= {(shape.name, key): each for key, each in named.items()}
        for value, key in zip(values, keys, strict=True):
            if not hasattr(value, "fetched"):
                value.fetched = {}
            several = isinstance(key, tuple) and ref.column is not None
            value.fetched[asked.key] = [found[each] for each in key if each in found] if several else found.get(key)

    async def _named(self, shape: Shape, column: SqlColumn[Any], keys: Sequence[Any], asked: Asked) -> dict[Any, Any]:
        if asked.stays:
            return await self._by_again(shape, column, keys, asked)
        return await self.by(shape, column, keys, asked.inner)

    async def rows(self, statement: Executable) -> Sequence[Any]:
        """Of a statement as it stands."""
        # A statement with conditions that nobody else will combine so is not worth remembering.
        if self._conditions_asked > _COMMON_CONDITIONS:
            await self._connection.execution_options(compiled_cache=None)
        return list(await self._connection.execute(statement))

    async def rows_of(self, say: Say, *shape: Hashable, **values: Any) -> Sequence[Any]:
        """Of a statement that is the same for this caller whatever the values, and may be kept as it is rendered.

        What its words depend on is its shape: equal shapes make equal statements.
        """
        name = (say, self.actor, shape)
        statement = _said.get(name)
        if statement is None:
            statement = _said[name] = once(say(self, *shape))
        return list(await self._connection.execute(statement, values))

    async def rows_of_each(self, *says: Say, **values: Any) -> Sequence[Sequence[Any]]:
        """Of several such statements, where none waits for what another says."""
        return [await self.rows_of(say, **values) for say in says]

    def sees(self, table: type[Kept]) -> Sequence[ColumnElement[bool]]:
        """What is part of a select of the table's rows for this caller."""
        condition = visible(table.__table__, self.actor)  # type: ignore[attr-defined]
        return () if condition is None else (condition,)

    def admit(self, answer: T, times: int = 1) -> T:
        """Refuses what would take too long to write out: rows are shared between parents, their text is not.

        So a short question along a circle of lists can have an answer of gigabytes.
        """
        self._objects += weight_of(answer) * times
        if self._objects > self._most_objects:
            raise _too_large()
        return answer

    def _count(self, made: int) -> None:
        """What is made stands in the answer once at least, so that nobody makes what can not be admitted."""
        self._made += made
        if self._made > self._most_objects:
            raise _too_large()

    async def _run(self, said: Said) -> list[tuple[Any, Row[Any]]]:
        return await self._make(said, await self.rows(said.statement))

    async def _make(self, said: Said, rows: Sequence[Row[Any]]) -> list[tuple[Any, Row[Any]]]:
        self._count(len(rows))
        made = [(said.root.make(row), row) for row in rows]
        await self._follow(said.root)
        return made

    async def _follow(self, branch: Branch) -> None:
        """What hangs on the rows of a branch, one statement each."""
        for asked, index, reference in branch.links:
            await self._link(branch, asked, index, reference)
        for asked, index in branch.lists:
            declaration = asked.declaration
            fetch = self._pages if isinstance(declaration, Page) else self._children
            groups = await fetch(asked, branch.keys(index))
            for made, row in branch.made:
                made.fetched[asked.key] = groups[row[index]]
        await self._derive(branch)
        for _, joined in branch.joined:
            await self._follow(joined)
        placed = [asked for asked, _, column in branch.columns if column.convert is not None]
        placed += [asked for asked, _ in (*branch.joined, *branch.lists)]
        placed += [asked for asked, *_ in branch.links] + [asked for asked, _ in branch.derived]
        for made, _ in branch.made:
            made.weight = 1 + sum(_weight_of(made, asked) for asked in placed)

    async def _link(self, branch: Branch, asked: Asked, index: int, reference: SqlColumn[Any]) -> None:
        """A foreign key to whatever may stand there: one statement for each kind of it."""
        found: dict[Any, Any] = {}
        for shape in asked.targets:
            column = standing_for(shape, reference)
            found |= await self.by(shape, column, branch.keys(index), asked.inner)
        for made, row in branch.made:
            made.fetched[asked.key] = found.get(row[index])

    async def _children(self, asked: Asked, parents: Sequence[Any] | None) -> _Rows:
        """A list for each parent; where several kinds stand in it, one statement each, put in order here."""
        many = asked.declaration
        assert isinstance(many, Many)  # noqa: S101
        found: list[tuple[Any, tuple[Any, ...], Any]] = []
        for shape in asked.targets:
            said = self.listed(asked, many, shape, parents)
            for made, row in await self._run(said):
                key = None if said.parent is None else row[said.parent]
                found.append((key, tuple(row[place] for place in said.place), made))
        if len(asked.targets) > 1:
            found.sort(key=lambda one: one[1])
        groups: dict[Any, list[Any]] = defaultdict(list)
        for key, _, made in found:
            groups[key].append(made)
        return groups

    async def _pages(self, asked: Asked, parents: Sequence[Any] | None) -> Mapping[Any, Connected]:
        """A page for each parent; the place in the order is counted within the parent's own rows."""
        said = self.paged(asked, parents)
        totals = await self._totals(said)
        items: dict[Any, list[tuple[Any, Place]]] = defaultdict(list)
        if said.items is not None:
            items = await self._items(said.items, said.keyset)
        return {
            key: said.keyset.page(items[key], None if totals is None else totals.get(key, 0))
            for key in ([None] if parents is None else parents)
        }

    async def _items(self, said: Said, keyset: Keyset) -> dict[Any, list[tuple[Any, Place]]]:
        """By parent, one more than a page holds, each with its place."""
        items: dict[Any, list[tuple[Any, Place]]] = defaultdict(list)
        for row in await self.rows(said.statement):
            own_items = items[None if said.parent is None else row[said.parent]]
            # Of the one beyond the page only its being there is told.
            made = said.root.make(row) if len(own_items) < keyset.size else None
            own_items.append((made, [row[index] for index in said.place]))
        self._count(len(said.root.made))
        await self._follow(said.root)
        return items

    async def _totals(self, said: SaidPage) -> Mapping[Any, int] | None:
        if said.count is None:
            return None
        rows = await self.rows(said.count)
        return {row[1]: row[0] for row in rows} if said.by_parent else {None: rows[0][0]}

    async def _derive(self, branch: Branch) -> None:
        """Computed fields: rows that several of them use are fetched once."""
        fetched: dict[Many, _Rows] = {}
        for asked, uses in branch.derived:
            derived = asked.declaration
            assert isinstance(derived, Derived)  # noqa: S101
            for use, index in uses:
                if isinstance(use, Many) and use not in fetched:
                    fetched[use] = await self._plain(use, branch.keys(index))
            scope = Scope(asked.args, self.actor, self._today)
            args = {name: scope.as_of if name == "as_of" else asked.args.get(name) for name in derived.args}
            values = []
            ends = time.perf_counter() + _STRETCH
            for made, row in branch.made:
                used = [
                    row[index] if isinstance(use, Column) else fetched[use].get(row[index], []) for use, index in uses
                ]
                value = derived.function(*used, **args)
                made.fetched[asked.key] = value
                values.append(value)
                self._count(weight_of(value))
                if time.perf_counter() > ends:
                    await asyncio.sleep(0)
                    ends = time.perf_counter() + _STRETCH
            if asked.inner:
                await self.complete(values, asked.inner)

    async def _plain(self, many: Many, parents: Sequence[Any]) -> _Rows:
        """For functions to compute from; without a foreign key, the same ones for every parent."""
        found = await self.rows(self.whole(many, parents))
        if many.foreign_key is None:
            return {parent: list(found) for parent in parents}
        groups: dict[Any, list[Any]] = defaultdict(list)
        for row in found:
            groups[getattr(row, many.foreign_key.name)].append(row)
        return groups


def _value_of(value: Any, asked: Asked) -> Any:
    """A computed field that takes arguments is a method, and answers with what the value holds already."""
    found = getattr(value, asked.name)
    return found(**asked.args) if callable(found) else found


def weight_of(value: Any) -> int:
    """How many objects the value is written out as."""
    kind = value.__class__
    weigh = _WEIGHING.get(kind)
    if weigh is None:
        weigh = _WEIGHING[kind] = _weighing(kind)
    return weigh(value)


_WEIGHING: dict[type, Callable[[Any], int]] = {}
"""By the kind of a value: there are as many as classes."""


def _weighing(kind: type) -> Callable[[Any], int]:
    if issubclass(kind, (list, tuple)) and not hasattr(kind, "_fields"):
        return _weight_of_all
    if issubclass(kind, dict):
        return lambda value: _weight_of_all(value.values())
    if issubclass(kind, Connected):
        return lambda value: _weight_of_all(value.nodes)
    if is_dataclass(kind) and kind.__dictoffset__:
        return _weight_of_object
    return _weightless


def _weightless(_value: Any) -> int:
    return 0


def _weight_of_all(values: Iterable[Any]) -> int:
    """Most of the values that an object holds are no objects, and are passed by."""
    total = 0
    for each in values:
        weigh = _WEIGHING.get(each.__class__, weight_of)
        if weigh is not _weightless:
            total += weigh(each)
    return total


def _weight_of_object(value: Any) -> int:
    known = getattr(value, "weight", None)
    return known if isinstance(known, int) else _parts_weight(value)


def _parts_weight(value: Any) -> int:
    """Of a computed value, without the rows that it names."""
    return 1 + _weight_of_all(part for name, part in vars(value).items() if name != "fetched")


def _weight_of(made: Any, asked: Asked) -> int:
    return asked.times * weight_of(made.fetched[asked.key])


def _too_large() -> UserError:
    return UserError(
        f"The answer would have more than {MOST_OBJECTS:,} objects; ask for less at a time.", code="LIMIT_OBJECTS"
    )


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value
