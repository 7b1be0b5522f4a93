"""What is asked, said as statements: one for each list, with the to-one rows joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeGuard

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Row,
    Select,
    SelectBase,
    Table,
    UnaryExpression,
    and_,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy import Column as SqlColumn

from db.dialect import among, each_of, is_in
from db.visibility import visible
from mandate.actor import Actor
from resolvers.error import UserError
from resolvers.reading.declaration import (
    Asked,
    Beside,
    Column,
    Derived,
    Many,
    One,
    Order,
    Page,
    Scope,
    Selection,
    Shape,
)
from resolvers.reading.page import Keyset

MOST_CONDITIONS = 60
"""In all the `where` of one operation: some of them look into other tables for each row."""


@dataclass(slots=True, eq=False)
class Branch:
    """One object of the answer: where its values stand in a row, and what is still to be fetched for it."""

    shape: Shape
    source: FromClause
    present: int | None = None
    """Where the primary key of a joined row stands: it is absent where that is empty."""
    columns: list[tuple[Asked, int, Column]] = field(default_factory=list)
    withheld: list[Asked] = field(default_factory=list)
    joined: list[tuple[Asked, Branch]] = field(default_factory=list)
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

    def anew(self) -> Branch:
        """The same, of which nothing is made yet."""
        return replace(self, joined=[(asked, branch.anew()) for asked, branch in self.joined], made=[])

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

    def of(self, column: SqlColumn[Any]) -> int:
        """Of any table that is read; once, where it is asked for too."""
        return self.index(column.table, column.name)

    def place(self, order: ColumnElement[Any]) -> int:
        """Of what a cursor is made of: a column that is asked for too is read once."""
        return self.of(order) if isinstance(order, SqlColumn) else self.append(order)

    def append(self, column: ColumnElement[Any]) -> int:
        self.columns.append(column)
        return len(self.columns) - 1

    def through(self, foreign_key: SqlColumn[Any] | None) -> None:
        """The key to the parent may stand in a table between."""
        self._start = _between(self.root.shape, foreign_key)

    def of_each(self, parents: FromClause, theirs: ColumnElement[bool]) -> None:
        """A row for each parent that it is of."""
        self._start = parents.join(self._start, theirs)

    def select(self) -> Select[Any]:
        source = self._start
        for joined, on in self.joins:
            source = source.outerjoin(joined, on)
        return select(*self.columns or [literal_column("1")]).select_from(source)

    def _branch(self, shape: Shape, source: FromClause, asked: Sequence[Asked]) -> Branch:
        branch = Branch(shape, source)
        for one in asked:
            self._place(branch, one)
        return branch

    def _place(self, branch: Branch, asked: Asked) -> None:
        source, declaration = branch.source, asked.declaration
        match declaration:
            case Column() if declaration.needs is not None and declaration.needs not in self.actor.scopes:
                branch.withheld.append(asked)
            case Column():
                branch.columns.append((asked, self.index(source, declaration.name), declaration))
            case One():
                for step in declaration.path[:-1]:
                    source, _ = self._joined(source.c[step], _reference(source, step))
                if len(asked.targets) == 1:
                    branch.joined.append((asked, self._join(source, declaration.path[-1], asked)))
                else:
                    reference = _reference(source, declaration.path[-1])
                    index = self.index(source, declaration.path[-1])
                    branch.links.append((asked, index, reference))
            case Beside():
                branch.joined.append((asked, self._beside(source, declaration.key, asked)))
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

    def _joined(self, value: ColumnElement[Any], target: SqlColumn[Any]) -> tuple[FromClause, str]:
        """Join the row in which the value stands, and say in which of its columns."""
        alias = target.table.alias()
        self.joins.append((alias, _all(value == alias.c[target.name], visible(alias, self.actor))))
        return alias, target.name

    def _join(self, source: FromClause, name: str, asked: Asked) -> Branch:
        (shape,) = asked.targets
        reference = _reference(source, name)
        target = standing_for(shape, reference)
        own = [(each, each.declaration) for each in asked.inner.get(shape.name, ())]
        keys = [(each, declaration) for each, declaration in own if _is_of_key(declaration, target)]
        is_there = target is reference and visible(target.table, self.actor) is None
        if not is_there or len(keys) < len(own):
            return self._under(asked, *self._joined(source.c[name], target))
        # All that is asked of it stands here too: its table need not be read.
        index = self.index(source, name)
        return Branch(shape, target.table, index, [(each, index, column) for each, column in keys])

    def _beside(self, source: FromClause, key: SqlColumn[Any], asked: Asked) -> Branch:
        return self._under(asked, *self._joined(source.c[_source_key(source)], key))

    def _under(self, asked: Asked, alias: FromClause, key: str) -> Branch:
        (shape,) = asked.targets
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


@dataclass(frozen=True, slots=True, eq=False)
class TheirKey:
    """What the key of a parent is: a column of the statement around this one, or the only one that is to come."""

    value: ColumnElement[Any]


Keys = Sequence[Any] | BindParameter[Any] | TheirKey | SelectBase
"""Of parents: as they are, where they will stand, where they stand, or what finds them."""
Parents = Keys | None
"""The keys of those whose lists are asked for; None for a root list."""


@dataclass(slots=True, eq=False)
class Said:
    """A statement, and what its rows mean."""

    statement: Select[Any]
    root: Branch
    parent: int | None
    """Where the key stands by which a row is found; None where one list has them all, or it is known whose they are."""
    place: Sequence[int] = ()
    """Where the columns stand by which the rows are in order."""


@dataclass(slots=True, eq=False)
class SaidPage:
    """A page takes one statement for its rows and one for their number, where either is wanted."""

    keyset: Keyset
    items: Said | None
    count: Select[Any] | None
    by_parent: bool


class Statements:
    """For one caller on one day; all that is said counts as one operation."""

    def __init__(self, actor: Actor, today: date) -> None:
        self.actor = actor
        self._today = today
        self._conditions_asked = 0

    def found_by(self, shape: Shape, column: SqlColumn[Any], keys: Keys, asked: Selection) -> Said:
        assert shape.table is not None  # noqa: S101  only asked of shapes over a table
        level = _Level(shape, shape.table, asked.get(shape.name, ()), self.actor)
        key = level.of(column)
        condition = _all(_is_of(column, keys), shape.only, visible(shape.table, self.actor))
        return Said(level.select().where(condition), level.root, key)

    def listed(self, asked: Asked, many: Many, shape: Shape, parents: Parents) -> Said:
        table = many.table if many.table is not None else shape.table
        assert table is not None  # noqa: S101
        level = _Level(shape, table, asked.inner.get(shape.name, ()), self.actor)
        is_known = isinstance(parents, TheirKey)
        parent = None if many.foreign_key is None or is_known else level.of(many.foreign_key)
        # Those of several kinds are put in order afterwards.
        place = [level.append(order.column) for order in many.order_by] if len(asked.targets) > 1 else []
        if many.foreign_key is not None:
            level.through(many.foreign_key)
        theirs = [] if many.foreign_key is None or parents is None else [_is_of(many.foreign_key, parents)]
        statement = level.select().where(*theirs, *self._conditions(asked, many, shape))
        return Said(statement.order_by(*_in_order(many, table, parents)), level.root, parent, place)

    def paged(self, asked: Asked, parents: Parents) -> SaidPage:
        """Of each parent its own first rows are taken: whoever ranked them all would read them all."""
        (shape,), page = asked.targets, asked.declaration
        assert isinstance(page, Page)  # noqa: S101
        keyset = Keyset(self.orders(asked, page, shape), asked.args)
        within = self._conditions(asked, page, shape)
        items = self._said_items(asked, page, shape, keyset, within, parents) if asked.lists else None
        count = self._said_count(page, shape, within, parents) if asked.counts else None
        return SaidPage(keyset, items, count, by_parent=page.foreign_key is not None)

    def _said_items(
        self,
        asked: Asked,
        page: Page,
        shape: Shape,
        keyset: Keyset,
        conditions: Sequence[ColumnElement[bool]],
        parents: Parents,
    ) -> Said:
        assert shape.table is not None  # noqa: S101
        level = _Level(shape, shape.table, asked.inner.get(shape.name, ()), self.actor)
        place = [level.place(column) for column in keyset.columns] if asked.places else []
        if page.foreign_key is None:
            return Said(_first(level.select().where(*conditions), keyset), level.root, None, place)
        assert parents is not None  # noqa: S101  what has a key to them has parents
        own, key = page.foreign_key, _key_beside(page.foreign_key, shape)
        if isinstance(parents, TheirKey):
            level.through(own)
            theirs = level.select().where(own == parents.value, *conditions)
            return Said(_first(theirs, keyset.by(shape.key, key)), level.root, None, place)
        assert not isinstance(parents, SelectBase)  # noqa: S101  no page is read ahead
        each = each_of(parents)
        theirs = select(key).select_from(_between(shape, own)).where(own == each.c.value, *conditions)
        level.of_each(each, is_in(shape.key, _first(theirs, keyset.by(shape.key, key)).correlate(each)))
        parent = level.append(each.c.value)
        return Said(level.select().order_by(*keyset.order_by()), level.root, parent, place)

    @staticmethod
    def _said_count(
        page: Page, shape: Shape, conditions: Sequence[ColumnElement[bool]], parents: Parents
    ) -> Select[Any]:
        source = _between(shape, page.foreign_key)
        if page.foreign_key is None or parents is None:
            return select(func.count()).select_from(source).where(*conditions)
        counted = select(func.count(), page.foreign_key).select_from(source)
        return counted.where(_is_of(page.foreign_key, parents), *conditions).group_by(page.foreign_key)

    def counted(self, asked: Sequence[Asked], parents: Keys) -> Select[Any]:
        """How many rows of one list each parent has, once for each way in which they are asked for."""
        page, (shape,) = asked[0].declaration, asked[0].targets
        assert isinstance(page, Page)  # noqa: S101
        assert page.foreign_key is not None  # noqa: S101  what has parents has a key to them
        for each in asked:
            # What says which page is wanted is read, and refused, all the same.
            Keyset(self.orders(each, page, shape), each.args)
        wanted = [self._wanted(each, page) for each in asked]
        counts = [func.count().filter(*each) if each else func.count() for each in wanted]
        statement = select(page.foreign_key, *counts).select_from(_between(shape, page.foreign_key))
        statement = statement.where(_is_of(page.foreign_key, parents), *self._seen(page, shape))
        if all(wanted):
            statement = statement.where(or_(*(and_(*each) for each in wanted)))
        return statement.group_by(page.foreign_key)

    def whole(self, many: Many, parents: Parents) -> Select[Any]:
        """Whole rows, for functions to compute from."""
        table = many.table if many.foreign_key is None else many.foreign_key.table
        assert table is not None  # noqa: S101  one of the two is declared
        theirs = None if many.foreign_key is None or parents is None else _is_of(many.foreign_key, parents)
        statement = select(table).where(_all(theirs, many.only, visible(table, self.actor)))
        return statement.order_by(*_in_order(many, table, parents))

    def _conditions(self, asked: Asked, many: Many, shape: Shape) -> list[ColumnElement[bool]]:
        return [*self._wanted(asked, many), *self._seen(many, shape)]

    def _wanted(self, asked: Asked, many: Many) -> list[ColumnElement[bool]]:
        """What the arguments say."""
        self._conditions_asked += _parts(asked.args.get("where"))
        if self._conditions_asked > MOST_CONDITIONS:
            raise UserError(
                f"The operation has over {MOST_CONDITIONS} conditions; that is the most.", code="LIMIT_CONDITIONS"
            )
        scope = Scope(asked.args, self.actor, self._today)
        if many.guard is not None:
            many.guard(scope)
        return [
            condition(asked.args[name], scope)
            for name, condition in many.conditions.items()
            if asked.args.get(name) is not None
        ]

    def _seen(self, many: Many, shape: Shape) -> list[ColumnElement[bool]]:
        """What is part of the list at all, and there for the caller."""
        assert shape.table is not None  # noqa: S101
        return [part for part in (many.only, shape.only, visible(shape.table, self.actor)) if part is not None]

    @staticmethod
    def orders(asked: Asked, page: Page, shape: Shape) -> list[Order]:
        """As asked, else as declared; the primary key last, so that no two rows share a place.

        It goes the way of the column before it: one index then has the order, and read backwards its opposite.
        """
        wanted: dict[str, Order] = {}
        for order in asked.args.get("order_by") or ():
            # A column decides once: what comes later has nothing left to decide.
            name = order["field"].value
            wanted.setdefault(name, Order(page.orders[name], order["direction"].value == "DESC"))
        orders = list(wanted.values()) or list(page.order_by)
        if all(order.column is not shape.key for order in orders):
            orders.append(Order(shape.key, descending=bool(orders) and orders[-1].descending))
        return orders


def _is_of(column: SqlColumn[Any], keys: Keys) -> ColumnElement[bool]:
    if isinstance(keys, SelectBase):
        return is_in(column, keys)
    return column == keys.value if isinstance(keys, TheirKey) else among(column, keys)


def _first(statement: Select[Any], keyset: Keyset) -> Select[Any]:
    beyond = keyset.condition()
    if beyond is not None:
        statement = statement.where(beyond)
    return statement.order_by(*keyset.order_by()).limit(keyset.limit)


def _is_of_key(declaration: Any, key: SqlColumn[Any]) -> TypeGuard[Column]:
    return isinstance(declaration, Column) and declaration.needs is None and declaration.name == key.name


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


def standing_for(shape: Shape | None, target: SqlColumn[Any]) -> SqlColumn[Any]:
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
            own = standing_for(shape, reference.column)
            if column is not foreign_key and own.table is shape.table:
                return shape.table.join(foreign_key.table, column == own)
    for column in shape.table.columns:
        for reference in column.foreign_keys:
            if reference.column.table is foreign_key.table:
                return shape.table.join(foreign_key.table, column == reference.column)
    raise TypeError(f"{foreign_key.table.name} does not lead to {shape.name}")


def _key_beside(foreign_key: SqlColumn[Any], shape: Shape) -> SqlColumn[Any]:
    """The shape's key as it stands in the table between: an index has the order of its own table's columns alone."""
    if foreign_key.table is shape.table:
        return shape.key
    beside = (each for each in foreign_key.table.columns if each is not foreign_key and each.references(shape.key))
    return next(beside, shape.key)


def _by(order: Order) -> UnaryExpression[Any]:
    """Where a column can be empty, the engines disagree on where the empty ones stand: first, say we."""
    if not order.nullable:
        return order.column.desc() if order.descending else order.column.asc()
    return order.column.desc().nulls_last() if order.descending else order.column.asc().nulls_first()


def _in_order(many: Many, table: Table, parents: Parents) -> Iterable[UnaryExpression[Any]]:
    """Of several parents one after the other, as the index has them by which they are found; no column twice."""
    decided: list[ColumnElement[Any]] = []
    if many.foreign_key is not None and parents is not None:
        decided.append(many.foreign_key)
        if not isinstance(parents, TheirKey):
            yield many.foreign_key.asc()
    for order in (*many.order_by, *(Order(key) for key in table.primary_key.columns)):
        if all(order.column is not column for column in decided):
            decided.append(order.column)
            yield _by(order)


def _all(*conditions: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return and_(true(), *(condition for condition in conditions if condition is not None))


def _parts(where: Any) -> int:
    """How many conditions a `where` has, however they are nested."""
    if isinstance(where, Mapping):
        return sum(1 + _parts(inner) for inner in where.values())
    return sum(_parts(inner) for inner in where) if isinstance(where, list) else 0
