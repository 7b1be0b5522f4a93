"""From what is asked to statements: one for each list, for all its parents at once, with the to-one rows joined.

The number of statements depends on the shape of the question alone, never on how many rows answer it.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    FromClause,
    Row,
    Select,
    Table,
    UnaryExpression,
    and_,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy import Column as SqlColumn
from sqlalchemy.ext.asyncio import AsyncConnection

from db.dialect import among
from db.table import Kept
from db.visibility import visible
from mandate.actor import Actor
from resolvers.error import UserError
from resolvers.reading.declaration import (
    Asked,
    Column,
    Derived,
    Many,
    One,
    Order,
    Page,
    Ref,
    Scope,
    Selection,
    Shape,
)
from resolvers.reading.page import Connected, Keyset, Place

T = TypeVar("T")
_Rows = Mapping[Any, list[Any]]

MOST_OBJECTS = 50_000
"""In the answer to one operation."""
MOST_CONDITIONS = 60
"""In all the `where` of one operation: some of them look into other tables for each row."""
_COMMON_CONDITIONS = 8
_STRETCH = 0.01
"""Seconds of computing, after which others are served."""


@dataclass(slots=True, eq=False)
class _Branch:
    """One object of the answer: where its values stand in a row, and what is still to be fetched for it."""

    shape: Shape
    source: FromClause
    present: int | None = None
    """Where the primary key of a joined row stands: it is absent where that is empty."""
    columns: list[tuple[Asked, int, Column]] = field(default_factory=list)
    withheld: list[Asked] = field(default_factory=list)
    joined: list[tuple[Asked, _Branch]] = field(default_factory=list)
    lists: list[tuple[Asked, int]] = field(default_factory=list)
    links: list[tuple[Asked, int, SqlColumn[Any]]] = field(default_factory=list)
    derived: list[tuple[Asked, list[tuple[Column | Many, int]]]] = field(default_factory=list)
    made: list[tuple[Any, Row[Any]]] = field(default_factory=list)

    def make(self, row: Row[Any]) -> Any:
        if self.present is not None and row[self.present] is None:
            return None
        made = self.shape.make()
        made.fetched = fetched = {}
        for asked, index, column in self.columns:
            value = row[index]
            if column.convert is not None and value is not None:
                value = column.convert(value)
            fetched[asked.key] = value
        for asked in self.withheld:
            fetched[asked.key] = None
        for asked, branch in self.joined:
            fetched[asked.key] = branch.make(row)
        self.made.append((made, row))
        return made

    def keys(self, index: int) -> list[Any]:
        return list(dict.fromkeys(row[index] for _, row in self.made if row[index] is not None))


class _Level:
    """The columns and joins of one statement, as the fields asked of it need them."""

    def __init__(self, shape: Shape, table: Table, asked: Sequence[Asked], actor: Actor) -> None:
        self.actor = actor
        self.columns: list[ColumnElement[Any]] = []
        self._index: dict[tuple[FromClause, str], int] = {}
        self.joins: list[tuple[FromClause, ColumnElement[bool]]] = []
        self._start: FromClause = table
        self.root = self._branch(shape, table, asked)

    def index(self, source: FromClause, name: str) -> int:
        place = (source, name)
        if place not in self._index:
            self._index[place] = self.append(source.c[name])
        return self._index[place]

    def append(self, column: ColumnElement[Any]) -> int:
        self.columns.append(column)
        return len(self.columns) - 1

    def through(self, foreign_key: SqlColumn[Any] | None) -> None:
        """The key to the parent may stand in a table between."""
        self._start = _between(self.root.shape, foreign_key)

    def select(self) -> Select[Any]:
        source = self._start
        for joined, on in self.joins:
            source = source.outerjoin(joined, on)
        return select(*self.columns or [literal_column("1")]).select_from(source)

    def _branch(self, shape: Shape, source: FromClause, asked: Sequence[Asked]) -> _Branch:
        branch = _Branch(shape, source)
        for one in asked:
            self._place(branch, one)
        return branch

    def _place(self, branch: _Branch, asked: Asked) -> None:
        source, declaration = branch.source, asked.declaration
        match declaration:
            case Column() if declaration.needs is not None and declaration.needs not in self.actor.scopes:
                branch.withheld.append(asked)
            case Column():
                branch.columns.append((asked, self.index(source, declaration.name), declaration))
            case One():
                for step in declaration.path[:-1]:
                    source, _ = self._step(source, step, None)
                if len(asked.targets) == 1:
                    branch.joined.append((asked, self._join(source, declaration.path[-1], asked)))
                else:
                    reference = _reference(source, declaration.path[-1])
                    index = self.index(source, declaration.path[-1])
                    branch.links.append((asked, index, reference))
            case Many():
                branch.lists.append((asked, self._on(source, declaration)))
            case Derived():
                uses = [
                    (
                        use,
                        self.index(source, use.name) if isinstance(use, Column) else self._on(source, use),
                    )
                    for use in declaration.uses
                ]
                branch.derived.append((asked, uses))
            case _:
                raise TypeError(f"{asked.name} can not be read from {branch.shape.name}")

    def _step(self, source: FromClause, name: str, shape: Shape | None) -> tuple[FromClause, str]:
        """Join what a foreign key points to, and say by which of its columns."""
        target = _standing_for(shape, _reference(source, name))
        alias = target.table.alias()
        self.joins.append((alias, _all(source.c[name] == alias.c[target.name], visible(alias, self.actor))))
        return alias, target.name

    def _join(self, source: FromClause, name: str, asked: Asked) -> _Branch:
        (shape,) = asked.targets
        alias, key = self._step(source, name, shape)
        branch = self._branch(shape, alias, asked.inner.get(shape.name, ()))
        branch.present = self.index(alias, key)
        return branch

    def _on(self, source: FromClause, many: Many) -> int:
        """Where the value stands by which the rows of a list find their parent."""
        if many.on is not None:
            return self.index(source, many.on)
        if many.foreign_key is None:
            return self.index(source, _source_key(source))
        (reference,) = many.foreign_key.foreign_keys
        return self.index(source, reference.column.name)


Parents = Sequence[Any] | BindParameter[Any] | None
"""The keys of those whose lists are asked for, or where they will stand; None for a root list."""


@dataclass(slots=True, eq=False)
class Said:
    """A statement, and what its rows mean."""

    statement: Select[Any]
    root: _Branch
    parent: int | None
    """Where the key stands by which a row is found; None where one list has them all."""
    place: Sequence[int] = ()
    """Where the columns stand by which the rows are in order."""


@dataclass(slots=True, eq=False)
class SaidPage:
    """A page takes one statement for its rows and one for their number, where either is wanted."""

    keyset: Keyset
    items: Said | None
    count: Select[Any] | None
    by_parent: bool


class Reader:
    """Answers what is asked, within one snapshot."""

    def __init__(
        self, connection: AsyncConnection, actor: Actor, today: date, *, most_objects: float | None = None
    ) -> None:
        self._connection = connection
        self._most_objects = MOST_OBJECTS if most_objects is None else most_objects
        self.actor = actor
        self._today = today
        self._conditions_asked = 0
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
        assert found.parent is not None  # noqa: S101  it is found by its key
        return {row[found.parent]: made for made, row in await self._run(found)}

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
                found |= await self.by(shape, _standing_for(shape, ref.column), list(_flat(keys)), asked.inner)
                continue
            own = [key[1] for key in keys if key is not None and key[0] == shape.name]
            if own:
                named = await self.by(shape, shape.key, own, asked.inner)
                found |= {(shape.name, key): each for key, each in named.items()}
        for value, key in zip(values, keys, strict=True):
            if not hasattr(value, "fetched"):
                value.fetched = {}
            several = isinstance(key, tuple) and ref.column is not None
            value.fetched[asked.key] = [found[each] for each in key if each in found] if several else found.get(key)

    async def rows(self, statement: Executable) -> Sequence[Any]:
        """The one place that sends a statement."""
        # A statement with conditions that nobody else will combine so is not worth remembering.
        if self._conditions_asked > _COMMON_CONDITIONS:
            await self._connection.execution_options(compiled_cache=None)
        return list(await self._connection.execute(statement))

    def sees(self, table: type[Kept]) -> Sequence[ColumnElement[bool]]:
        """What is part of a select of the table's rows for this caller."""
        condition = visible(table.__table__, self.actor)  # type: ignore[attr-defined]
        return () if condition is None else (condition,)

    def admit(self, answer: T, times: int = 1) -> T:
        """Refuses what would take too long to write out: rows are shared between parents, their text is not.

        So a short question along a circle of lists can have an answer of gigabytes.
        """
        self._objects += _weight(answer) * times
        if self._objects > self._most_objects:
            raise _too_large()
        return answer

    def _count(self, made: int) -> None:
        """What is made stands in the answer once at least, so that nobody makes what can not be admitted."""
        self._made += made
        if self._made > self._most_objects:
            raise _too_large()

    async def _run(self, said: Said) -> list[tuple[Any, Row[Any]]]:
        rows = await self.rows(said.statement)
        self._count(len(rows))
        made = [(said.root.make(row), row) for row in rows]
        await self._follow(said.root)
        return made

    async def _follow(self, branch: _Branch) -> None:
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

    async def _link(self, branch: _Branch, asked: Asked, index: int, reference: SqlColumn[Any]) -> None:
        """A foreign key to whatever may stand there: one statement for each kind of it."""
        found: dict[Any, Any] = {}
        for shape in asked.targets:
            column = _standing_for(shape, reference)
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

    # ---------- what is asked, said as statements ----------

    def found_by(
        self, shape: Shape, column: SqlColumn[Any], keys: Sequence[Any] | BindParameter[Any], asked: Selection
    ) -> Said:
        assert shape.table is not None  # noqa: S101  only asked of shapes over a table
        level = _Level(shape, shape.table, asked.get(shape.name, ()), self.actor)
        key = level.append(column)
        condition = _all(among(column, keys), shape.only, visible(shape.table, self.actor))
        return Said(level.select().where(condition), level.root, key)

    def listed(self, asked: Asked, many: Many, shape: Shape, parents: Parents) -> Said:
        table = many.table if many.table is not None else shape.table
        assert table is not None  # noqa: S101
        level = _Level(shape, table, asked.inner.get(shape.name, ()), self.actor)
        parent = None if many.foreign_key is None else level.append(many.foreign_key)
        orders = [*many.order_by, *(Order(key) for key in table.primary_key.columns)]
        place = [level.append(order.column) for order in many.order_by]
        if many.foreign_key is not None:
            level.through(many.foreign_key)
        statement = level.select().where(*self._conditions(asked, many, shape, parents))
        return Said(statement.order_by(*(_by(order) for order in orders)), level.root, parent, place)

    def paged(self, asked: Asked, parents: Parents) -> SaidPage:
        """The place in the order is counted within the parent's own rows."""
        (shape,), page = asked.targets, asked.declaration
        assert isinstance(page, Page)  # noqa: S101
        keyset = Keyset(self._orders(asked, page, shape), asked.args)
        within = self._conditions(asked, page, shape, parents)
        items = self._said_items(asked, page, shape, keyset, within) if asked.lists else None
        count = self._said_count(page, shape, within) if asked.counts else None
        return SaidPage(keyset, items, count, by_parent=page.foreign_key is not None)

    def _said_items(
        self, asked: Asked, page: Page, shape: Shape, keyset: Keyset, conditions: Sequence[ColumnElement[bool]]
    ) -> Said:
        assert shape.table is not None  # noqa: S101
        level = _Level(shape, shape.table, asked.inner.get(shape.name, ()), self.actor)
        place = [level.append(column) for column in keyset.columns]
        beyond = keyset.condition()
        within = [*conditions, *([] if beyond is None else [beyond])]
        if page.foreign_key is None:
            statement = level.select().where(*within).order_by(*keyset.order_by())
            return Said(statement.limit(keyset.size + 1), level.root, None, place)
        own, key = page.foreign_key, shape.key
        number = func.row_number().over(partition_by=own, order_by=keyset.order_by())
        ranked = (
            select(key.label("key"), own.label("parent"), number.label("place"))
            .select_from(_between(shape, own))
            .where(*within)
            .subquery()
        )
        level.joins.insert(0, (ranked, ranked.c.key == key))
        parent = level.append(ranked.c.parent)
        statement = level.select().where(ranked.c.place <= keyset.size + 1)
        return Said(statement.order_by(ranked.c.parent, ranked.c.place), level.root, parent, place)

    @staticmethod
    def _said_count(page: Page, shape: Shape, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
        source = _between(shape, page.foreign_key)
        if page.foreign_key is None:
            return select(func.count()).select_from(source).where(*conditions)
        counted = select(func.count(), page.foreign_key).select_from(source).where(*conditions)
        return counted.group_by(page.foreign_key)

    def whole(self, many: Many, parents: Parents) -> Select[Any]:
        """Whole rows, for functions to compute from."""
        table = many.table if many.foreign_key is None else many.foreign_key.table
        assert table is not None  # noqa: S101  one of the two is declared
        theirs = None if many.foreign_key is None or parents is None else among(many.foreign_key, parents)
        statement = select(table).where(_all(theirs, many.only, visible(table, self.actor)))
        orders = [*many.order_by, *(Order(key) for key in table.primary_key.columns)]
        return statement.order_by(*(_by(order) for order in orders))

    def _conditions(self, asked: Asked, many: Many, shape: Shape, parents: Parents) -> list[ColumnElement[bool]]:
        self._conditions_asked += _parts(asked.args.get("where"))
        if self._conditions_asked > MOST_CONDITIONS:
            raise UserError(
                f"The operation has over {MOST_CONDITIONS} conditions; that is the most.", code="LIMIT_CONDITIONS"
            )
        assert shape.table is not None  # noqa: S101
        scope = Scope(asked.args, self.actor, self._today)
        if many.guard is not None:
            many.guard(scope)
        found = [
            condition(asked.args[name], scope)
            for name, condition in many.conditions.items()
            if asked.args.get(name) is not None
        ]
        found += [part for part in (many.only, shape.only, visible(shape.table, self.actor)) if part is not None]
        if many.foreign_key is not None and parents is not None:
            found.insert(0, among(many.foreign_key, parents))
        return found

    @staticmethod
    def _orders(asked: Asked, page: Page, shape: Shape) -> list[Order]:
        """As asked, else as declared; the primary key last, so that no two rows share a place."""
        wanted: dict[str, Order] = {}
        for order in asked.args.get("order_by") or ():
            # A column decides once: what comes later has nothing left to decide.
            name = order["field"].value
            wanted.setdefault(name, Order(page.orders[name], order["direction"].value == "DESC"))
        orders = list(wanted.values()) or list(page.order_by)
        if all(order.column is not shape.key for order in orders):
            orders.append(Order(shape.key))
        return orders

    async def _derive(self, branch: _Branch) -> None:
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
                self._count(_weight(value))
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


def _source_key(source: FromClause) -> str:
    (column,) = source.primary_key
    name: str = column.key
    return name


def _reference(source: FromClause, name: str) -> SqlColumn[Any]:
    """The column that a foreign key points to."""
    (foreign_key,) = source.c[name].base_columns
    (reference,) = foreign_key.foreign_keys
    column: SqlColumn[Any] = reference.column
    return column


def _standing_for(shape: Shape | None, target: SqlColumn[Any]) -> SqlColumn[Any]:
    """The column of the shape's table that stands for the target: a key to it, or else the target itself."""
    if shape is None or shape.table is None or shape.table is target.table:
        return target
    for column in shape.table.columns:
        if any(reference.column is target for reference in column.foreign_keys):
            return column
    return target


def _between(shape: Shape, foreign_key: SqlColumn[Any] | None) -> FromClause:
    """The shape's table, joined with the one between where the foreign key does not stand in it."""
    assert shape.table is not None  # noqa: S101
    if foreign_key is None or foreign_key.table is shape.table:
        return shape.table
    for column in foreign_key.table.columns:
        for reference in column.foreign_keys:
            own = _standing_for(shape, reference.column)
            if column is not foreign_key and own.table is shape.table:
                return shape.table.join(foreign_key.table, column == own)
    for column in shape.table.columns:
        for reference in column.foreign_keys:
            if reference.column.table is foreign_key.table:
                return shape.table.join(foreign_key.table, column == reference.column)
    raise TypeError(f"{foreign_key.table.name} does not lead to {shape.name}")


def _by(order: Order) -> UnaryExpression[Any]:
    """Where a column can be empty, the engines disagree on where the empty ones stand: first, say we."""
    if not order.nullable:
        return order.column.desc() if order.descending else order.column.asc()
    return order.column.desc().nulls_last() if order.descending else order.column.asc().nulls_first()


def _all(*conditions: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return and_(true(), *(condition for condition in conditions if condition is not None))


def _weight(value: Any) -> int:
    """How many objects the value is written out as."""
    if value is None or isinstance(value, (str, int)):
        return 0
    if isinstance(value, (list, tuple)):
        return sum(_weight(each) for each in value)
    if isinstance(value, Connected):
        return sum(_weight(each) for each in value.nodes)
    known = getattr(value, "weight", None)
    if isinstance(known, int):
        return known
    return _parts_weight(value) if is_dataclass(value) and hasattr(value, "__dict__") else 0


def _parts_weight(value: Any) -> int:
    """Of a computed value, without the rows that it names."""
    return 1 + sum(_weight(each) for each in vars(value).values())


def _weight_of(made: Any, asked: Asked) -> int:
    return asked.times * _weight(made.fetched[asked.key])


def _too_large() -> UserError:
    return UserError(
        f"The answer would have more than {MOST_OBJECTS:,} objects; ask for less at a time.", code="LIMIT_OBJECTS"
    )


def _parts(where: Any) -> int:
    """How many conditions a `where` has, however they are nested."""
    if isinstance(where, Mapping):
        return sum(1 + _parts(inner) for inner in where.values())
    return sum(_parts(inner) for inner in where) if isinstance(where, list) else 0


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value
