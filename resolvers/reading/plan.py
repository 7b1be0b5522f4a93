"""A question that was asked before: its statements are rendered, and what is written out of their rows is compiled.

A plan answers with what JSON is made of, and passes no object on the way. It is for one caller, one day and one
shape of a question; what it can not do, or may not, raises `Unplanned`, and the reader answers instead.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Column as SqlColumn
from sqlalchemy import select, union_all

from db.dialect import aside, each_of, from_json, keys_to_come, nested, nested_rows, only_key_to_come
from db.driver import (
    Convert,
    Driver,
    Rendered,
    Row,
    Together,
    Values,
    names_of,
    nested_columns,
    nested_with_names,
    render,
    telling,
    with_names,
)
from mandate.actor import Actor
from resolvers.reading.declaration import Asked, Column, Derived, Many, Page, Scope, Shape
from resolvers.reading.page import Keyset
from resolvers.reading.reader import weight_of
from resolvers.reading.row import Compiler, Slots, required
from resolvers.reading.run import Run
from resolvers.reading.statement import Branch, Parents, Said, Statements, TheirKey, standing_for
from resolvers.reading.want import NamedRows, PageWant, Unplanned, Want, Wants

T = TypeVar("T")

_KEYS = "keys_to_come"
_STRETCH = 0.01
_AT_ONCE = 500
"""Rows, after which somebody else may be served."""
_MOST_NESTED_IN = 64
"""Rows, each of which may have others nested in it; those of more are read together, by a statement of their own."""
_MOST_LISTED = 100
"""How many rows a list that is whole is taken to have, before they are read."""
_MOST_BESIDE = 32
"""What is remembered to have been named, though no fact had told."""
_MOST_MISSED = 8
"""After which nothing is read ahead any more: what is missing is read by a statement of its own."""
_PART = 4
"""More objects than a converted column is ever written out as."""


class Planner:
    """Makes plans for one caller on one day."""

    def __init__(self, driver: Driver, actor: Actor, today: date) -> None:
        self.driver = driver
        self.actor = actor
        self.today = today
        self.statements = Statements(actor, today)
        self.rendered = 0
        """How many statements."""

    def render(self, statement: Any, free: Iterable[str] = ()) -> Rendered:
        self.rendered += 1
        return render(statement, self.driver.dialect, [_KEYS, *free])


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The statements of one root field, and what is written out of them."""

    root: _List | _Pages
    several: bool
    """Whether it takes more than one statement, and so a transaction to read one moment."""

    async def every(self, run: Run, values: Values, keys: Sequence[Any] | None = None) -> Any:
        run.values = values
        (groups,), weights = await self.root.run(run, keys)
        run.count(sum(weights.values()))
        return groups


def plan_list(planner: Planner, asked: Asked, want: Want) -> Plan:
    under = _Under(None, is_root=len(asked.targets) == 1, alone=True)
    return _planned(planner, lambda: _List(planner, asked, [want], under))


def plan_page(planner: Planner, asked: Asked, want: Want, free: Sequence[str]) -> Plan:
    return _planned(planner, lambda: _Pages(planner, asked, [want], _Under(None, is_root=True, alone=True, free=free)))


def plan_by(planner: Planner, shape: Shape, column: Any, asked: Asked, want: Want, most: int) -> Plan:
    """Of one object, or of so many at most."""
    under = replace(_by_key(most), is_root=True, alone=True)
    return _planned(planner, lambda: _Found(planner, [(shape, column)], asked, [want], under))


@dataclass(frozen=True, slots=True, eq=False)
class ValuePlan:
    """What is written of a value that was computed, and the rows that it names."""

    want: Want
    names: Sequence[_NamedRows]
    times: int
    bundle: _Bundle | None
    ahead: Ahead | None

    async def write(self, run: Run, value: Any) -> Any:
        (written,), left = _all_completed([value], self.want, self.names)
        keys = [name.keys(own) for name, own in zip(self.names, left, strict=True) if not name.by_kind]
        names = None if self.ahead is None else self.ahead.names(run, keys)
        if names is None:
            names = self.names
            if self.bundle is not None:
                await self.bundle.fetch(run, keys)
        weights = [self.times * weight_of(value)]
        for name, own in zip(names, left, strict=True):
            await name.fill(run, own, weights)
        run.count(weights[0])
        return written


def plan_value(planner: Planner, want: Want, times: int) -> ValuePlan:
    kinds = sum(len(each.targets) for each in want.named if not each.by_kind)
    bundle = _Bundle(planner) if planner.driver.is_remote and kinds > 1 else None
    names = [_NamedRows(planner, each, bundle) for each in want.named]
    if bundle is not None:
        bundle.close()
    ahead = Ahead(planner, names) if planner.driver.is_remote and kinds else None
    return ValuePlan(want, names, times, bundle, ahead)


def _planned(planner: Planner, make: Callable[[], Any]) -> Plan:
    before = planner.rendered
    root = make()
    return Plan(root, several=planner.rendered - before > 1)


# ---------- a statement, and what hangs on it ----------


@dataclass(frozen=True, slots=True, eq=False)
class _Under:
    """Where the parents of rows stand."""

    parents: Parents
    within: _Statement | _Bundle | None = None
    """In whose rows they are nested: one statement then reads both."""
    most: int = 1
    """So many parents at most."""
    is_root: bool = False
    """Whether all that is asked hangs on these rows."""
    alone: bool = False
    """Whether this may be all that is asked, and need not tell where the journal stands."""
    free: Sequence[str] = ()


def _by_key(most: int) -> _Under:
    return _Under(TheirKey(only_key_to_come(_KEYS)) if most == 1 else keys_to_come(_KEYS), most=most)


Keys = Collection[Any] | None
"""Of the parents; where rows are nested in theirs, a mapping to those. None for a root list."""


class _Read:
    """Rows that are read by a statement of their own, or nested in those of another."""

    def __init__(self, planner: Planner, statement: Any, under: _Under) -> None:
        self.engine = planner.driver.dialect.name
        self.columns: Sequence[Convert | None]
        """How what is given becomes what we know."""
        self._rendered: Rendered | None = None
        self._within = under.within
        self._is_root = under.is_root
        self._place = 0
        if under.within is None:
            if planner.driver.is_remote and not under.alone:
                statement = telling(statement)
            self._rendered = planner.render(statement, under.free)
            self.columns = self._rendered.columns
        else:
            self._place = under.within.nest(statement)
            self.columns = nested_columns(statement, planner.driver.dialect)
        self.names = names_of(statement)

    async def rows(self, run: Run, keys: Keys) -> Sequence[Row]:
        if self._within is None:
            assert self._rendered is not None  # noqa: S101
            return await run.fetch(self._rendered, {} if keys is None else {_KEYS: keys}, is_root=self._is_root)
        found = [each for row in self._within.around(run, keys) for each in self._nested_in(row)]
        run.count(len(found))
        return found

    async def of_each(self, run: Run, keys: Keys, parent: int | None) -> dict[Any, Sequence[Row]]:
        """The rows of each parent; where none tells whose it is, they stand in its row, or are the only one's."""
        if parent is not None:
            groups: dict[Any, Any] = {}
            for row in await self.rows(run, keys):
                key = row[parent]
                if key in groups:
                    groups[key].append(row)
                else:
                    groups[key] = [row]
            return groups
        if isinstance(keys, Mapping) and self._within is not None:
            found = {key: self._nested_in(row) for key, row in keys.items()}
            run.count(sum(map(len, found.values())))
            return found
        (key,) = (None,) if keys is None else tuple(keys) or (None,)
        return {key: await self.rows(run, keys)}

    def _nested_in(self, row: Row) -> Sequence[Row]:
        nested = row[self._place]
        found: Sequence[Row] = from_json(nested) if isinstance(nested, str) else nested or ()
        return found


class _Bundle:
    """Statements that are sent as one, whose only row has the rows of each."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._nested: list[Any] = []
        self._names: list[str] = []
        self._rendered: Rendered | None = None

    def under(self, most: int) -> _Under:
        """Of what stands under it, the keys are given in turn."""
        self._names.append(f"{_KEYS}_{len(self._names)}")
        return _Under(keys_to_come(self._names[-1]), self, most)

    def nest(self, statement: Any) -> int:
        self._nested.append(nested(statement))
        return len(self._nested) - 1

    def close(self) -> None:
        self._rendered = self._planner.render(telling(select(*self._nested)), self._names)
        self._nested.clear()

    async def fetch(self, run: Run, keys: Sequence[Collection[Any]]) -> None:
        assert self._rendered is not None  # noqa: S101  it was closed
        run.bundled[self] = await run.fetch(self._rendered, dict(zip(self._names, keys, strict=True)))

    def around(self, run: Run, _keys: Keys) -> Iterable[Row]:
        return run.bundled[self]


class Ahead(_Bundle):
    """The rows that a value may name, read by the statement that reads the facts which it is computed from.

    A fact that is a key may be named, and so may again what was named without being one. Where something else is
    named in the end, all is read as if nothing had been.
    """

    def __init__(self, planner: Planner, names: Sequence[_NamedRows]) -> None:
        # What is planned twice counts once.
        super().__init__(Planner(planner.driver, planner.actor, planner.today))
        self._foreseen = names
        self._says: Hashable = None
        """By whose facts it reads: those that were asked for first."""
        self._together: Together | None = None
        self._keys: Any = None
        """Of what is being planned."""
        self._places: list[Sequence[tuple[int, int]]] = []
        """Of each that is named, where its keys stand: in which facts, and in which of their columns."""
        self._beside: dict[str, dict[Any, None]] = {}
        """Of each, by the name of its parameter, what was named that is not among the facts."""
        self._missed = 0
        """How often in a row something was missing."""

    def under(self, most: int) -> _Under:
        return _Under(self._keys, self, most)

    async def rows_of_each(
        self, run: Run, says: Hashable, say: Callable[[], Sequence[Any]], values: Values
    ) -> Sequence[Sequence[Any]] | None:
        if self._says is None:
            self._says = says
            self._together = self._read_by(say(), values)
        if self._says != says or self._together is None:
            return None
        beside = {name: list(keys) for name, keys in self._beside.items()}
        (row,) = await run.fetch(self._together.rendered, {**values, **beside})
        facts = self._together.rows(row)
        run.bundled[self] = [row[len(facts) :]]
        run.ahead[self] = [
            {*own, *(fact[column] for number, column in places for fact in facts[number])}
            for own, places in zip(beside.values(), self._places, strict=True)
        ]
        return facts

    def names(self, run: Run, wanted: Sequence[Sequence[Any]]) -> Sequence[_NamedRows] | None:
        """Those that are read; None where not all that is wanted is."""
        told = run.ahead.get(self)
        if told is None:
            return None
        missing = [[key for key in keys if key not in own] for keys, own in zip(wanted, told, strict=True)]
        if not any(missing):
            self._missed = 0
            return self._foreseen
        run.is_foreseen = False
        self._missed += 1
        if self._missed == _MOST_MISSED:
            self._together = None
        for keys, beside in zip(missing, self._beside.values(), strict=True):
            beside.update(dict.fromkeys(keys))
            for key in list(beside)[:-_MOST_BESIDE]:
                del beside[key]
        return None

    def _read_by(self, statements: Sequence[Any], values: Values) -> Together | None:
        facts = [aside(each, f"facts_{number}") for number, each in enumerate(statements)]
        names = []
        for name in self._foreseen:
            if not name.by_kind:
                places = [
                    (number, place)
                    for number, statement in enumerate(statements)
                    for place, column in enumerate(statement.selected_columns)
                    if name.is_key(column)
                ]
                parameter = f"{_KEYS}_{len(self._places)}"
                beside = each_of(keys_to_come(parameter))
                found = [select(list(facts[number].c)[place]) for number, place in places]
                self._keys = union_all(*found, select(beside.c.value))
                self._places.append(places)
                self._beside[parameter] = {}
            names.append(name if name.by_kind else _NamedRows(self._planner, name.named, self))
        if self._planner.rendered or not any(self._places):
            # What hangs on what may be named is read for nothing, where it is not.
            return None
        self._foreseen = names
        together = telling(select(*map(nested_rows, facts), *self._nested))
        rendered = self._planner.render(together, [*values, *self._beside])
        self._nested.clear()
        self._keys = None
        return Together(rendered, [nested_with_names(each, self._planner.driver.dialect) for each in statements])


@dataclass(frozen=True, slots=True, eq=False)
class _Hanging:
    """What hangs on the rows of a branch, before it is known which statement reads it."""

    branch: Branch
    index: int
    """Where its parent's key stands."""
    tables: Sequence[Any]
    """Those that are read; none where they have nothing to do with the row."""
    make: Callable[[_Under], Any]
    wants: Sequence[Want]
    times: int = 1
    """As how many copies its branch is written out, where it is joined."""
    use: Many | None = None
    """Of whole rows: what they are used for."""


class _Statement:
    """Its rows, and for each way in which they are written out, a compiled function."""

    def __init__(self, planner: Planner, said: Said, ways: Sequence[Wants], under: _Under, most: int) -> None:
        self.parent = said.parent
        self.place = tuple(said.place)
        self.today = planner.today
        self.actor = planner.actor
        self._statement = said.statement
        self._source = said.root.source
        self._nests = planner.driver.is_remote and most <= _MOST_NESTED_IN
        self._most = most
        self._nested: list[Any] = []
        self._children: list[tuple[int, int, int, int, Any]] = []
        """Where its parent's key stands, as how many copies that is written out, its slots, and the child."""
        self._derived: list[_Computed] = []
        self._wholes: dict[tuple[Many, int], _Whole] = {}
        """What several computed fields use is fetched once."""
        self._slots = 0
        self._slot_of: dict[int, int] = {}
        self.constant = 0
        self._bundle: _Bundle | None = None
        self._bundled: list[int] = []
        """Where the keys stand of what is read with it."""
        before = planner.rendered
        self._hang(planner, list(self._plan(planner, said.root, ways)))
        if planner.rendered > before:
            under = replace(under, alone=False)
        self._read = _Read(planner, said.statement.add_columns(*self._nested), under)
        self.engine, self.columns, self.rows = self._read.engine, self._read.columns, self._read.rows
        self.of_each = partial(self._read.of_each, parent=said.parent)
        self.ways = [Compiler(self).compile(said.root, way) for way in ways]
        # A plan lives long, and what its statements were made of would take a third of its room.
        del self._statement, self._source, self._nested

    def nest(self, statement: Any) -> int:
        """Where the rows of the other statement stand in a row of this one."""
        self._nested.append(nested(statement, self._source))
        return len(self._statement.selected_columns) + len(self._nested) - 1

    def around(self, _run: Run, keys: Keys) -> Iterable[Row]:
        assert isinstance(keys, Mapping)  # noqa: S101  of what is nested, the rows around are given
        return keys.values()

    def _hang(self, planner: Planner, hanging: Sequence[_Hanging]) -> None:
        """Nested in the rows, or else together, where each statement is a way there and back."""
        together = [each for each in hanging if not self._may_nest(each)]
        if planner.driver.is_remote and len(together) > 1:
            self._bundle = _Bundle(planner)
        for each in hanging:
            if each not in together:
                under = _Under(TheirKey(self._statement.selected_columns[each.index]), self, self._most)
            elif self._bundle is not None:
                under = self._bundle.under(self._most)
                self._bundled.append(each.index)
            else:
                under = _by_key(self._most)
            child = each.make(under)
            if each.use is not None:
                self._wholes[each.use, each.index] = child
            else:
                first = self._slot_of[id(each.wants[0])]
                self._children.append((each.index, each.times, first, len(each.wants), child))
        if self._bundle is not None:
            self._bundle.close()

    def _may_nest(self, hanging: _Hanging) -> bool:
        """A table within itself would be taken for the one around."""
        ours = self._nests and hanging.branch.source is self._source
        return ours and bool(hanging.tables) and self._source not in hanging.tables

    def _plan(self, planner: Planner, branch: Branch, ways: Sequence[Wants], times: int = 1) -> Iterable[_Hanging]:
        wanted: dict[Any, list[Want]] = defaultdict(list)
        for way in ways:
            for want in way:
                if want.asked is not None:
                    wanted[want.asked.key].append(want)
        parts = sum(asked.times for asked, _, column in branch.columns if column.convert)
        self.constant += times * (1 + _PART * parts)
        counted: dict[Any, list[Asked]] = defaultdict(list)
        for asked, index in branch.lists:
            if isinstance(asked.declaration, Page) and not asked.lists:
                counted[asked.declaration, index].append(asked)
                continue
            wants = wanted[asked.key]
            kind = _Pages if isinstance(asked.declaration, Page) else _List
            yield self._hanging(branch, index, _tables_of(asked), partial(kind, planner, asked, wants), wants, times)
        for (_, index), several in counted.items():
            each_way = [wanted[asked.key] for asked in several]
            wants = [want for way in each_way for want in way]
            tables = _tables_of(several[0])
            yield self._hanging(branch, index, tables, partial(_Counts, planner, several, each_way), wants, times)
        for asked, index, reference in branch.links:
            shapes = [(shape, standing_for(shape, reference)) for shape in asked.targets]
            wants = wanted[asked.key]
            make = partial(_Found, planner, shapes, asked, wants)
            yield self._hanging(branch, index, _tables_of(asked), make, wants, times)
        seen = set()
        for asked, uses in branch.derived:
            for use, index in uses:
                if isinstance(use, Many) and (use, index) not in seen:
                    seen.add((use, index))
                    tables = () if use.foreign_key is None else (use.foreign_key.table,)
                    yield _Hanging(branch, index, tables, partial(_Whole, planner, use), (), use=use)
            first = self._take(wanted[asked.key])
            named = [[_NamedRows(planner, each) for each in want.named] for want in wanted[asked.key]]
            copies = times * asked.times
            self._derived.append(_Computed(first, wanted[asked.key], asked, copies, uses, branch.present, named))
        for asked, joined in branch.joined:
            inner = [want.inner.get(joined.shape.name, ()) for want in wanted[asked.key]]
            yield from self._plan(planner, joined, inner, times * asked.times)

    def _hanging(
        self,
        branch: Branch,
        index: int,
        tables: Sequence[Any],
        make: Callable[[_Under], Any],
        wants: Sequence[Want],
        times: int,
    ) -> _Hanging:
        self._take(wants)
        return _Hanging(branch, index, tables, make, wants, times)

    def _take(self, wants: Sequence[Want]) -> int:
        first = self._slots
        for want in wants:
            self._slot_of[id(want)] = self._slots
            self._slots += 1
        return first

    def slot(self, want: Want) -> int:
        return self._slot_of[id(want)]

    async def filled(self, run: Run, rows: Sequence[Row]) -> tuple[Slots, list[int]]:
        """What hangs on the rows, and how much each of them weighs with it."""
        slots: Slots = [None] * self._slots
        weights = [self.constant] * len(rows)
        if self._bundle is not None:
            await self._bundle.fetch(run, [_parents(rows, index) for index in self._bundled])
        for index, times, first, number, child in self._children:
            keys = _parents(rows, index)
            groups, heavy = await child.run(run, keys)
            slots[first : first + number] = groups
            if heavy:
                for place, row in enumerate(rows):
                    weights[place] += times * heavy.get(row[index], 0)
        wholes = {use: await whole.run(run, _parents(rows, use[1])) for use, whole in self._wholes.items()}
        for computed in self._derived:
            # What is computed from the same is computed once.
            kinds, places = _kinds(rows, computed)
            values = await self._computed(kinds, computed, wholes)
            own_weights = [computed.times * weight_of(value) for value in values]
            weights = [weight + own_weights[place] for weight, place in zip(weights, places, strict=True)]
            for slot, (want, names) in enumerate(zip(computed.wants, computed.named, strict=True), computed.first):
                if not names:
                    written, _ = _all_completed(values, want, names)
                    slots[slot] = [written[place] for place in places]
                    continue
                slots[slot], left = _all_completed([values[place] for place in places], want, names)
                for name, own in zip(names, left, strict=True):
                    await name.fill(run, own, weights)
        return slots, weights

    async def _computed(
        self, rows: Sequence[Row], computed: _Computed, wholes: Mapping[Any, Mapping[Any, list[Any]]]
    ) -> list[Any]:
        derived, asked = computed.asked.declaration, computed.asked
        assert isinstance(derived, Derived)  # noqa: S101
        used: list[Sequence[Any]] = []
        for use, index in computed.uses:
            if isinstance(use, Many):
                groups = wholes[use, index]
                used.append([groups.get(row[index], []) for row in rows])
                continue
            decode = self.columns[index]
            values = [row[index] for row in rows]
            used.append(values if decode is None else [None if value is None else decode(value) for value in values])
        scope = Scope(asked.args, self.actor, self.today)
        args = {name: scope.as_of if name == "as_of" else asked.args.get(name) for name in derived.args}
        found = []
        ends = time.perf_counter() + _STRETCH
        for row, *each in zip(rows, *used, strict=True):
            there = computed.present is None or row[computed.present] is not None
            found.append(derived.function(*each, **args) if there else _ABSENT)
            if time.perf_counter() > ends:
                await asyncio.sleep(0)
                ends = time.perf_counter() + _STRETCH
        return found

    def places(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Of each row what it is put in order by."""
        converts = [(index, self.columns[index]) for index in self.place]
        return [
            tuple(
                row[index] if convert is None or row[index] is None else convert(row[index])
                for index, convert in converts
            )
            for row in rows
        ]

    async def written(self, rows: Sequence[Row], slots: Slots, way: int) -> list[Any]:
        write = self.ways[way]
        if len(rows) <= _AT_ONCE:
            return write(rows, slots)
        found: list[Any] = []
        for first in range(0, len(rows), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            # What is computed stands beside its row; what hangs on it is found by its key.
            found += write(rows[part], [each[part] if isinstance(each, list) else each for each in slots])
            await asyncio.sleep(0)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Computed:
    """A field that is computed, for all rows before any is written."""

    first: int
    """Its first slot; each way in which it is written takes one."""
    wants: Sequence[Want]
    asked: Asked
    times: int
    """As how many copies it is written out."""
    uses: Sequence[tuple[Column | Many, int]]
    present: int | None
    """Where the key of a joined row stands: nothing is computed for one that is absent."""
    named: Sequence[Sequence[_NamedRows]] = ()
    """By want, the rows that are named in what is written."""


def _kinds(rows: Sequence[Row], computed: _Computed) -> tuple[Sequence[Row], Sequence[int]]:
    """A row of each kind, and of each row the place of its kind: those of one kind are the same to the function."""
    if any(isinstance(use, Many) and use.foreign_key is not None for use, _ in computed.uses):
        return rows, range(len(rows))
    columns = [index for use, index in computed.uses if isinstance(use, Column)]
    if not columns:
        return rows, range(len(rows))
    keys = list(map(itemgetter(*columns), rows))
    nothing = None if len(columns) == 1 else (None,) * len(columns)
    present = computed.present
    if present is not None and nothing in keys:
        # What is absent is something else than what holds nothing.
        keys = [(row[present] is None,) if key == nothing else key for key, row in zip(keys, rows, strict=True)]
    kinds = dict(zip(keys, rows, strict=True))
    places = {key: place for place, key in enumerate(kinds)}
    return list(kinds.values()), [places[key] for key in keys]


_ABSENT = object()
_Left = list[tuple[int, dict[str, Any], Any]]
"""By the row in which something is named, where it belongs and by which key."""


def _all_completed(values: Sequence[Any], want: Want, names: Sequence[_NamedRows]) -> tuple[list[Any], list[_Left]]:
    """Nobody else is served meanwhile: what is left open belongs to these values."""
    written: list[Any] = []
    left: list[_Left] = [[] for _ in names]
    try:
        for place, value in enumerate(values):
            written.append(_completed(value, want))
            for name, own in zip(names, left, strict=True):
                own += [(place, *each) for each in name.named.take()]
    except BaseException:
        for name in names:
            name.named.take()
        raise
    return written, left


def _completed(value: Any, want: Want) -> Any:
    """Of a row that is absent, nothing is written, and nothing is required."""
    if value is _ABSENT:
        return None
    return required(_written(value, want)) if want.required else _written(value, want)


def _written(value: Any, want: Want) -> Any:
    return value if value is None or want.complete is None else want.complete(value)


def _parents(rows: Sequence[Row], index: int) -> Mapping[Any, Row]:
    """By key: where several have the same, what is nested in them is the same too."""
    return {row[index]: row for row in rows if row[index] is not None}


def _tables_of(asked: Asked) -> Sequence[Any]:
    """Whose rows are read for it."""
    tables = [shape.table for shape in asked.targets]
    key = asked.declaration.foreign_key if isinstance(asked.declaration, Many) else None
    return tables if key is None else [*tables, key.table]


class _List:
    """The rows that belong to each parent."""

    def __init__(self, planner: Planner, asked: Asked, wants: Sequence[Want], under: _Under) -> None:
        many = asked.declaration
        assert isinstance(many, Many)  # noqa: S101
        self._times = asked.times
        self._ways = len(wants)
        self._kinds = []
        for shape in asked.targets:
            said = planner.statements.listed(asked, many, shape, under.parents)
            ways = [want.inner.get(shape.name, ()) for want in wants]
            self._kinds.append(_Statement(planner, said, ways, under, under.most * _MOST_LISTED))

    async def run(self, run: Run, keys: Keys) -> tuple[list[Any], Mapping[Any, int]]:
        kinds = [await self._of_kind(kind, run, keys) for kind in self._kinds]
        return kinds[0][:2] if len(kinds) == 1 else self._in_order(kinds)

    async def _of_kind(self, kind: _Statement, run: Run, keys: Keys) -> _OfKind:
        of_each = await kind.of_each(run, keys)
        rows = [*chain.from_iterable(of_each.values())]
        slots, weights = await kind.filled(run, rows)
        ways = [_apart(of_each, await kind.written(rows, slots, way)) for way in range(self._ways)]
        heavy = {parent: self._times * sum(own) for parent, own in _apart(of_each, weights).items()}
        return ways, heavy, _apart(of_each, kind.places(rows)) if len(self._kinds) > 1 else {}

    def _in_order(self, kinds: Sequence[_OfKind]) -> tuple[list[Any], Mapping[Any, int]]:
        groups: list[dict[Any, list[Any]]] = [{} for _ in range(self._ways)]
        heavy: dict[Any, int] = {}
        for parent in dict.fromkeys(parent for _, _, places in kinds for parent in places):
            heavy[parent] = sum(own.get(parent, 0) for _, own, _ in kinds)
            orders = [place for _, _, places in kinds for place in places.get(parent, ())]
            places = sorted(range(len(orders)), key=orders.__getitem__)
            for number, group in enumerate(groups):
                written = [each for ways, _, _ in kinds for each in ways[number].get(parent, ())]
                group[parent] = [written[place] for place in places]
        return groups, heavy


_OfKind = tuple[list[dict[Any, list[Any]]], dict[Any, int], dict[Any, list[tuple[Any, ...]]]]
"""By parent: what is written in each way, what it weighs, and what it is put in order by."""


def _apart(of_each: Mapping[Any, Sequence[Row]], made: Iterable[T]) -> dict[Any, list[T]]:
    """What was made of all rows, by the parents of those."""
    following = iter(made)
    return {parent: list(islice(following, len(own))) for parent, own in of_each.items()}


class _Found:
    """Objects by a key of theirs, of whatever kind they are."""

    def __init__(
        self,
        planner: Planner,
        shapes: Sequence[tuple[Shape, Any]],
        asked: Asked,
        wants: Sequence[Want],
        under: _Under,
    ) -> None:
        assert under.parents is not None  # noqa: S101  it is found by their keys
        self._times = asked.times
        self._ways = len(wants)
        self._kinds = []
        for shape, column in shapes:
            said = planner.statements.found_by(shape, column, under.parents, asked.inner)
            ways = [want.inner.get(shape.name, ()) for want in wants]
            self._kinds.append(_Statement(planner, said, ways, under, under.most))

    async def run(self, run: Run, keys: Keys) -> tuple[list[Any], Mapping[Any, int]]:
        heavy: dict[Any, int] = {}
        groups: list[dict[Any, Any]] = [{} for _ in range(self._ways)]
        for kind in self._kinds:
            rows = await kind.rows(run, keys)
            slots, weights = await kind.filled(run, rows)
            parent = kind.parent
            assert parent is not None  # noqa: S101
            names = [row[parent] for row in rows]
            heavy |= {name: weight * self._times for name, weight in zip(names, weights, strict=True)}
            for number, found in enumerate(groups):
                found |= dict(zip(names, await kind.written(rows, slots, number), strict=True))
        return list(groups), heavy


class _NamedRows:
    """The rows that computed values name."""

    def __init__(self, planner: Planner, named: NamedRows, bundle: _Bundle | None = None) -> None:
        """Of several, a bundle reads what it can."""
        self.named = named
        self.by_kind, column = named.by_kind, named.ref.column
        self._columns = {
            shape.name: (shape, shape.key if column is None else standing_for(shape, column)) for shape in named.targets
        }
        self._kinds: dict[str, _Found] = {}
        self._planner = planner
        if self.by_kind:
            # Of the many kinds that a value may name, few ever come: each is planned when it does.
            planner.rendered += len(self._columns)
            return
        under = _by_key(_MOST_LISTED) if bundle is None else bundle.under(_MOST_LISTED)
        for name in self._columns:
            self._kinds[name] = self._planned(name, under)

    def is_key(self, column: Any) -> bool:
        """Whether what stands in a column may be named."""
        target = self.named.ref.column
        bases = (each for each in column.base_columns if isinstance(each, SqlColumn))
        return target is not None and any(each is target or each.references(target) for each in bases)

    def keys(self, left: _Left) -> Sequence[Any]:
        found = (
            each for _, _, key in left for each in (key if key.__class__ is tuple and not self.by_kind else (key,))
        )
        return list(dict.fromkeys(each for each in found if each is not None))

    async def fill(self, run: Run, left: _Left, weights: list[int]) -> None:
        found: dict[Any, Any] = {None: None}
        heavy: dict[Any, int] = {}
        keys = self.keys(left)
        for kind in self._columns:
            own = [key[1] for key in keys if key[0] == kind] if self.by_kind else keys
            if self.by_kind and not own:
                continue
            (objects,), weigh = await self._of(kind).run(run, own)
            if self.by_kind:
                objects = {(kind, key): each for key, each in objects.items()}
                weigh = {(kind, key): weight for key, weight in weigh.items()}
            found |= objects
            heavy |= weigh
        name, required = self.named.want.name, self.named.want.required
        for place, written, key in left:
            if key.__class__ is tuple and not self.by_kind:
                weights[place] += sum(heavy.get(each, 0) for each in key)
                written[name] = [found[each] for each in key if each in found]
                continue
            weights[place] += heavy.get(key, 0)
            written[name] = one = found.get(key)
            if one is None and required:
                raise Unplanned

    def _of(self, kind: str) -> _Found:
        if kind not in self._kinds:
            self._kinds[kind] = self._planned(kind, _by_key(_MOST_LISTED))
        return self._kinds[kind]

    def _planned(self, kind: str, under: _Under) -> _Found:
        asked = self.named.want.asked
        assert asked is not None  # noqa: S101
        return _Found(self._planner, [self._columns[kind]], asked, [self.named.want], under)


class _Counts:
    """How many there are for each parent, where nothing else is asked: a list is counted in all ways at once."""

    def __init__(self, planner: Planner, asked: Sequence[Asked], wants: Sequence[Wants], under: _Under) -> None:
        assert under.parents is not None  # noqa: S101  only asked of what has parents
        self._read = _Read(planner, planner.statements.counted(asked, under.parents), under)
        self._wants = [(number, want.page) for number, each in enumerate(wants, 1) for want in each]
        """The column of each, and what is written of it."""

    async def run(self, run: Run, keys: Keys) -> tuple[list[Any], Mapping[Any, int]]:
        assert keys is not None  # noqa: S101  as above
        rows = await self._read.rows(run, keys)
        groups = []
        for number, page in self._wants:
            totals = {row[0]: row[number] for row in rows}
            constants = {want.name: want.constant for want in page}
            names = [want.name for want in page if want.what == "totalCount"]
            # Few numbers come again and again.
            written = {total: {**constants, **dict.fromkeys(names, total)} for total in {0, *totals.values()}}
            groups.append({key: written[totals.get(key, 0)] for key in keys})
        return groups, {}


class _Pages:
    """A page for each parent."""

    def __init__(self, planner: Planner, asked: Asked, wants: Sequence[Want], under: _Under) -> None:
        said = planner.statements.paged(asked, under.parents)
        if said.count is not None and said.items is not None:
            under = replace(under, alone=False)
        self._times = asked.times
        self._keyset: Keyset = said.keyset
        self._by_parent = said.by_parent
        self._count = None if said.count is None else _Read(planner, said.count, under)
        self._wants = wants
        self._ways: dict[int, int] = {}
        ways: list[Wants] = []
        for want in wants:
            for part in _lists_of(want.page):
                self._ways[id(part)] = len(ways)
                ways.append(part.rows)
        most = under.most * (said.keyset.size + 1)
        self._items = None if said.items is None else _Statement(planner, said.items, ways, under, most)

    async def run(self, run: Run, keys: Keys) -> tuple[list[Any], Mapping[Any, int]]:
        totals: Mapping[Any, int] | None = None
        if self._count is not None:
            counted = await self._count.rows(run, keys)
            totals = {row[1]: row[0] for row in counted} if self._by_parent else {None: counted[0][0]}
        parents = [None] if keys is None else keys
        found: dict[Any, Sequence[Row]] = dict.fromkeys(parents, ())
        heavy: dict[Any, int] = {}
        starts: dict[Any, int] = {}
        written: list[list[Any]] = []
        if self._items is not None:
            kept: list[Row] = []
            found |= await self._items.of_each(run, keys)
            size = self._keyset.size
            for key, own in found.items():
                starts[key] = len(kept)
                # Of the one beyond the page only its being there is told.
                kept += reversed(own[:size]) if self._keyset.backwards else own[:size]
            slots, weights = await self._items.filled(run, kept)
            written = [await self._items.written(kept, slots, way) for way in range(len(self._items.ways))]
            for key, own in found.items():
                first = starts[key]
                heavy[key] = self._times * sum(weights[first : first + min(len(own), size)])
        groups = []
        for want in self._wants:
            write = self._page_writer(want.page)
            groups.append(
                {
                    key: write(rows, starts.get(key, 0), written, None if totals is None else totals.get(key, 0))
                    for key, rows in found.items()
                }
            )
        return groups, heavy

    def _page_writer(self, wants: Sequence[PageWant]) -> Callable[..., Any]:
        keyset, size = self._keyset, self._keyset.size

        def write(rows: Sequence[Row], start: int, written: list[list[Any]], total: int | None) -> dict[str, Any]:
            more = len(rows) > size
            own = list(rows[:size])
            if keyset.backwards:
                own.reverse()
            page: dict[str, Any] = {}
            for want in wants:
                match want.what:
                    case "totalCount":
                        page[want.name] = total
                    case "nodes":
                        page[want.name] = written[self._ways[id(want)]][start : start + len(own)]
                    case "edges":
                        page[want.name] = self._edges(want.parts, own, start, written)
                    case "pageInfo":
                        page[want.name] = {each.name: self._info(each, own, more) for each in want.parts}
                    case _:
                        page[want.name] = want.constant
            return page

        return write

    def _edges(
        self, parts: Sequence[PageWant], rows: Sequence[Row], start: int, written: list[list[Any]]
    ) -> list[dict[str, Any]]:
        edges: list[dict[str, Any]] = [{} for _ in rows]
        for part in parts:
            if part.what == "cursor":
                values: Sequence[Any] = [self._cursor(row) for row in rows]
            elif part.what == "node":
                values = written[self._ways[id(part)]][start : start + len(rows)]
            else:
                values = [part.constant] * len(rows)
            for edge, value in zip(edges, values, strict=True):
                edge[part.name] = value
        return edges

    def _info(self, part: PageWant, rows: Sequence[Row], more: bool) -> Any:
        match part.what:
            case "hasNextPage":
                return self._keyset.ends_before if self._keyset.backwards else more
            case "hasPreviousPage":
                return more if self._keyset.backwards else self._keyset.begins_after
            case "startCursor":
                return self._cursor(rows[0]) if rows else None
            case "endCursor":
                return self._cursor(rows[-1]) if rows else None
            case _:
                return part.constant

    def _cursor(self, row: Row) -> str:
        assert self._items is not None  # noqa: S101
        (place,) = self._items.places([row])
        return self._keyset.cursor(place)


def _lists_of(wants: Sequence[PageWant]) -> Iterable[PageWant]:
    for want in wants:
        if want.what in {"nodes", "node"}:
            yield want
        yield from _lists_of(want.parts)


class _Whole:
    """Whole rows, for functions to compute from."""

    def __init__(self, planner: Planner, many: Many, under: _Under) -> None:
        self._by = None if many.foreign_key is None else many.foreign_key.name
        self._read = _Read(planner, planner.statements.whole(many, under.parents), under)
        self._make = with_names(self._read.names, self._read.columns)

    async def run(self, run: Run, keys: Collection[Any]) -> Mapping[Any, list[Any]]:
        found = self._make(await self._read.rows(run, keys))
        if self._by is None:
            return dict.fromkeys(keys, found)
        groups: dict[Any, list[Any]] = {}
        for row in found:
            groups.setdefault(getattr(row, self._by), []).append(row)
        return groups
