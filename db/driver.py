"""Reading without SQLAlchemy between: a statement is rendered once, and sent many times to the driver itself.

SQLite answers on the event loop, for a thread costs more than most of our statements; one that takes long is stopped,
and its operation goes the other way.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, namedtuple
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

import asyncpg
from sqlalchemy import JSON, URL, Date, Dialect, Float, Numeric, Select, select
from sqlmodel import col

from db.change import JournalHead, is_of_the_journal
from db.dialect import converting, from_json, nested
from db.table import PartialDateType, is_personal, parsed_once

MOST_CONNECTIONS = 10
BLOCKING_SECONDS = 0.1
"""Of processor time: the longest that one statement of SQLite may keep others waiting."""
LOOK_SECONDS = 5
"""Half of what an operation has, for who comes during a look waits for two."""
_STEPS = 10_000

Values = Mapping[str, Any]
Row = Sequence[Any]
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A statement in the words of one engine."""

    engine: str
    text: str
    order: tuple[str, ...]
    """The names of its parameters, as the engine counts them."""
    constants: Values
    converted: Mapping[str, Convert]
    """How a value that is not known yet becomes what the driver takes."""
    columns: tuple[Convert | None, ...]
    """How what the driver gives becomes what we know, by column."""
    is_of_the_journal: bool
    """Whether its rows are the same until something new enters the journal."""
    tells: bool
    """Whether the last column tells where that stood."""
    is_personal: bool
    """Whether it looks at what can be erased, and is to be remembered nowhere."""

    def parameters(self, values: Values) -> list[Any]:
        constants, converted, found = self.constants, self.converted, []
        for name in self.order:
            if name in constants:
                found.append(constants[name])
            else:
                convert = converted.get(name)
                found.append(values[name] if convert is None else convert(values[name]))
        return found


def render(statement: Select[Any], dialect: Dialect, free: Sequence[str] = ()) -> Rendered:
    """`free` are the parameters of which the values come with each sending."""
    compiled = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state(dict.fromkeys(free))
    converted = _converted(compiled, state, dialect)
    constants = {}
    for name in state.positiontup or ():
        if name not in free:
            value, convert = state.parameters[name], converted.get(name)
            constants[name] = value if convert is None else convert(value)
    return Rendered(
        engine=dialect.name,
        text=state.statement,
        order=tuple(state.positiontup or ()),
        constants=constants,
        converted={name: convert for name, convert in converted.items() if name in free},
        columns=_columns(statement, dialect),
        is_of_the_journal=is_of_the_journal(statement),
        tells=statement.selected_columns.keys()[-1] == _STANDS,
        is_personal=is_personal(statement),
    )


def _converted(compiled: Any, state: Any, dialect: Dialect) -> dict[str, Convert]:
    converted: dict[str, Convert] = {name: each for name, each in state.processors.items() if callable(each)}
    for name, parameter in compiled.binds.items():
        process: Convert | None = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None:
            converted[name] = process
    return converted


def _columns(statement: Select[Any], dialect: Dialect) -> tuple[Convert | None, ...]:
    return tuple(_of_column(column.type, dialect) for column in statement.selected_columns)


def _of_column(type_: Any, dialect: Dialect) -> Convert | None:
    if isinstance(type_, PartialDateType):
        return parsed_once
    convert = converting(type_, dialect)
    impl = type_.dialect_impl(dialect)
    if dialect.name == "postgresql" and isinstance(getattr(impl, "impl", impl), JSON):
        # SQLAlchemy has its connections do this; ours give the text, which is dear to read twice.
        return from_json if convert is None else lambda value: None if value is None else convert(from_json(value))
    return convert


def nested_columns(statement: Select[Any], dialect: Dialect) -> tuple[Convert | None, ...]:
    """How what stands in nested rows becomes what we know, by column."""
    return tuple(_of_nested(column.type, dialect) for column in statement.selected_columns)


def _of_nested(type_: Any, dialect: Dialect) -> Convert | None:
    if isinstance(type_, Date):
        return date.fromisoformat
    if isinstance(type_, Numeric) and not isinstance(type_, Float):
        return Decimal
    return _of_column(type_, dialect)


STANDS = select(col(JournalHead.sequence))
"""Where the journal stands, by the number of its last entry."""
_STANDS = "stands_in_the_journal"


def telling(statement: Select[Any]) -> Select[Any]:
    """The same, with a last column that tells where the journal stood."""
    return statement.add_columns(STANDS.scalar_subquery().label(_STANDS))


MOST_KNOWN = 500
"""Statements, most of them of a few KB; a search has 20."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A statement that was rendered, and what makes rows with names of what the driver gives for it."""

    rendered: Rendered
    make: Callable[[Iterable[Row]], list[Any]]
    lists: Mapping[str, Sequence[str]]
    """The parameters that are written out, one for each value of a list."""


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Statements that are sent as one; its only row begins with the rows of each."""

    rendered: Rendered
    makes: Sequence[Callable[[Iterable[Row]], list[Any]]]

    def rows(self, row: Row) -> list[list[Any]]:
        return [make(from_json(own or "[]")) for make, own in zip(self.makes, row, strict=False)]


class Repertoire:
    """Statements that were sent before: SQLAlchemy is asked for the words of each but once."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def said(self, name: Hashable, say: Callable[[], Any], free: Iterable[str]) -> Known:
        """By a name of its own, for who does not even build it again."""

        def make() -> Known:
            statement = say()
            rendered = render(statement, self._dialect, tuple(free))
            return Known(rendered, with_names(names_of(statement), rendered.columns), {})

        return self._find(name, make)  # type: ignore[no-any-return]

    def said_together(self, name: Hashable, say: Callable[[], Sequence[Any]], free: Iterable[str]) -> Together:
        """Several, sent as one."""

        def make() -> Together:
            statements = say()
            rendered = render(telling(select(*map(nested, statements))), self._dialect, tuple(free))
            return Together(rendered, [nested_with_names(each, self._dialect) for each in statements])

        return self._find(name, make)  # type: ignore[no-any-return]

    def found(self, statement: Any) -> tuple[Known, Values]:
        """By what SQLAlchemy knows it by, whatever the values in it, which are given beside."""
        key = statement._generate_cache_key()  # noqa: SLF001  it has no public name for it
        if key is None:
            raise LookupError("it can not be known again")
        compiled = self._find(key.key, lambda: statement.compile(dialect=self._dialect, cache_key=key))
        values = compiled.construct_params(extracted_parameters=key.bindparams, escape_names=False)
        lists = [name for each, name in compiled.bind_names.items() if each in compiled.post_compile_params]
        long = tuple(len(values[name]) for name in lists)
        known = self._find((key.key, long), lambda: self._written_out(statement, compiled, values))
        for name in lists:
            values |= dict(zip(known.lists[name], values[name], strict=True))
        return known, values

    def _written_out(self, statement: Any, compiled: Any, values: Values) -> Known:
        if compiled.literal_execute_params:
            raise LookupError("a value stands in its text")
        state = compiled.construct_expanded_state(values)
        rendered = Rendered(
            engine=self._dialect.name,
            text=state.statement,
            order=tuple(state.positiontup or ()),
            constants={},
            converted=_converted(compiled, state, self._dialect),
            columns=_columns(statement, self._dialect),
            is_of_the_journal=is_of_the_journal(statement),
            tells=False,
            is_personal=is_personal(statement),
        )
        return Known(rendered, with_names(names_of(statement), rendered.columns), state.parameter_expansion)

    def _find(self, key: Hashable, make: Callable[[], Any]) -> Any:
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
            return found
        found = self._known[key] = make()
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found


def names_of(statement: Any) -> list[str]:
    return [each.key for each in statement.selected_columns]


def with_names(names: Sequence[str], columns: Sequence[Convert | None]) -> Callable[[Iterable[Row]], list[Any]]:
    """Makes rows that answer to their names, as those of SQLAlchemy do."""
    named: Any = namedtuple("_Names", names, rename=True)  # type: ignore[misc]
    kind: Any = type("_Row", (named,), {"__slots__": (), "_mapping": property(named._asdict)})
    converted = [(index, each) for index, each in enumerate(columns) if each is not None]

    def make(rows: Iterable[Row]) -> list[Any]:
        if not converted:
            return list(map(kind._make, rows))
        found = []
        for row in rows:
            values = list(row)
            for index, convert in converted:
                if values[index] is not None:
                    values[index] = convert(values[index])
            found.append(kind._make(values))
        return found

    return make


def nested_with_names(statement: Any, dialect: Dialect) -> Callable[[Iterable[Row]], list[Any]]:
    return with_names(names_of(statement), nested_columns(statement, dialect))


class TookLong(Exception):  # noqa: N818 - it reads as what happened
    """So that it is no longer waited for here, where others wait too."""


class Snapshot(ABC):
    """Where statements are sent; all of them read the same moment."""

    of_the_journal: bool
    """Whether all that was read is the same until something new enters the journal."""

    async def fetch(self, statement: Rendered, values: Values) -> Sequence[Row]:
        return await self.send(statement, statement.parameters(values))

    @abstractmethod
    async def send(self, statement: Rendered, parameters: Sequence[Any]) -> Sequence[Row]:
        """With what the driver takes for its parameters."""


Watch = Callable[[Rendered], None]
"""Told of each statement that is sent."""


class Driver(ABC):
    """The way of an engine to a snapshot."""

    is_remote: ClassVar[bool]
    """Whether each statement is a way there and back, which costs more than most statements do."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.repertoire = Repertoire(dialect)
        self.watch: Watch | None = None
        self._is_closed = False
        """What is under way ends as ever, and its connection with it."""
        self._head = render(select(col(JournalHead.hash)), dialect)
        self.stands = render(STANDS, dialect)

    @abstractmethod
    def snapshot(self, *, several: bool) -> AbstractAsyncContextManager[Snapshot]:
        """`several`: whether more than one statement is sent, which all read the same moment."""

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def version(self) -> str | None:
        """Where the journal stands, by its hash; never where it stood before it was asked for."""

    async def version_in(self, snapshot: Snapshot) -> str | None:
        """Where it stood at that moment."""
        found = await snapshot.fetch(self._head, {})
        return found[0][0] if found else None

    def note(self, statement: Rendered) -> None:
        if self.watch is not None:
            self.watch(statement)


class SqliteDriver(Driver):
    """A few connections to the file, each used by one operation at a time."""

    is_remote = False

    def __init__(self, url: URL, dialect: Dialect) -> None:
        super().__init__(dialect)
        self._database = url.database or ""
        self._path = Path(unquote(self._database.removeprefix("file:")))
        self._idle: list[_SqliteSnapshot] = []

    @asynccontextmanager
    async def snapshot(self, *, several: bool) -> AsyncIterator[Snapshot]:
        connection = self._connection()
        connection.of_the_journal = True
        try:
            if several:
                connection.driver.execute("BEGIN")
            yield connection
            if several:
                connection.driver.execute("ROLLBACK")
        except BaseException:
            connection.driver.close()
            raise
        self._take_back(connection)

    def _take_back(self, connection: _SqliteSnapshot) -> None:
        if self._is_closed:
            connection.driver.close()
        else:
            self._idle.append(connection)

    def _connection(self) -> _SqliteSnapshot:
        """A file that was deleted, or replaced by a restored one, must not go on answering."""
        file = self._path.stat().st_ino
        while self._idle:
            connection = self._idle.pop()
            if connection.file == file:
                return connection
            connection.driver.close()
        return _SqliteSnapshot(self, f"{self._database}?mode=ro", file)

    async def version(self) -> str | None:
        connection = self._connection()
        self.note(self._head)
        connection.ends = math.inf
        try:
            found = connection.driver.execute(self._head.text).fetchone()
        except BaseException:
            connection.driver.close()
            raise
        self._take_back(connection)
        return found[0] if found else None

    async def close(self) -> None:
        self._is_closed = True
        while self._idle:
            self._idle.pop().driver.close()


class _SqliteSnapshot(Snapshot):
    def __init__(self, way: SqliteDriver, uri: str, file: int) -> None:
        self._way = way
        self.file = file
        self.of_the_journal = True
        # Who has a lock is waited for where nobody else has to: the other way.
        self.driver = sqlite3.connect(
            uri, uri=True, isolation_level=None, cached_statements=500, timeout=BLOCKING_SECONDS
        )
        self.ends = 0.0
        self.driver.execute("PRAGMA query_only = ON")
        self.driver.set_progress_handler(self._is_over, _STEPS)

    def _is_over(self) -> bool:
        return time.thread_time() > self.ends

    async def send(self, statement: Rendered, parameters: Sequence[Any]) -> Sequence[Row]:
        self._way.note(statement)
        self.of_the_journal &= statement.is_of_the_journal
        self.ends = time.thread_time() + BLOCKING_SECONDS
        try:
            return self.driver.execute(statement.text, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise TookLong from error
            raise


_OF_THE_DIALECT = {"async_creator_fn", "prepared_statement_cache_size", "prepared_statement_name_func"}


class PostgresqlDriver(Driver):
    """Connections of its own, on which statements stay prepared, and nothing is asked when one comes back.

    The pool of asyncpg takes as long to give out a connection as a small statement takes to be answered.
    """

    is_remote = True

    def __init__(self, url: URL, dialect: Dialect, seconds: float | None) -> None:
        super().__init__(dialect)
        # As the engine connects, whatever its address says: asyncpg would read some of it otherwise.
        _, options = dialect.create_connect_args(url)
        self._options = {name: value for name, value in options.items() if name not in _OF_THE_DIALECT}
        self._settings = {
            "default_transaction_read_only": "on",
            # Else a statement with a limit is planned anew each time, which takes longer than to answer it.
            "plan_cache_mode": "force_generic_plan",
        }
        if seconds is not None:
            self._settings["statement_timeout"] = str(round(seconds * 1000))
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._idle: list[Any] = []
        self._waiting: list[asyncio.Future[str | None]] = []
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def snapshot(self, *, several: bool) -> AsyncIterator[Snapshot]:
        async with self._places:
            connection = await self._connection()
            try:
                if several:
                    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield _PostgresqlSnapshot(self, connection)
            except Exception:
                await self._take_back(connection, several=several)
                raise
            except BaseException:
                # Cut off amid a statement: what would come next on it is not known.
                connection.terminate()
                raise
            await self._take_back(connection, several=several)

    async def _take_back(self, connection: Any, *, several: bool) -> None:
        try:
            if several:
                await connection.execute("ROLLBACK")
            if self._is_closed:
                await connection.close()
                return
        except Exception:
            # What was read stays read.
            connection.terminate()
            return
        except BaseException:
            connection.terminate()
            raise
        self._idle.append(connection)

    async def _connection(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        own = {"statement_cache_size": 500, "server_settings": self._settings}
        return await asyncpg.connect(**{**self._options, **own})

    async def version(self) -> str | None:
        """Those who ask at the same time share a look, which is begun when all of them have come.

        Who comes while one is under way waits for the next: what moved the journal before they came may have been too
        late for this one.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        found: str | None = await waiter
        return found

    async def _look(self) -> None:
        """For as long as somebody waits for it; a task of its own, so that nobody's leaving is felt by the others."""
        waiting: list[asyncio.Future[str | None]] = []
        try:
            now = asyncio.get_running_loop().time
            async with asyncio.timeout(LOOK_SECONDS) as bound, self.snapshot(several=False) as snapshot:
                while self._waiting:
                    waiting, self._waiting = self._waiting, []
                    bound.reschedule(now() + LOOK_SECONDS)
                    found = await self.version_in(snapshot)
                    for each in waiting:
                        if not each.done():
                            each.set_result(found)
        except Exception as failure:
            waiting, self._waiting = [*waiting, *self._waiting], []
            for each in waiting:
                if not each.done():
                    each.set_exception(failure)
        finally:
            self._looking = asyncio.create_task(self._look()) if self._waiting else None

    async def close(self) -> None:
        self._is_closed = True
        # Whoever looked may have left: the look itself ends within its bound.
        while self._looking is not None:
            await asyncio.wait({self._looking})
        while self._idle:
            await self._idle.pop().close()


class _PostgresqlSnapshot(Snapshot):
    def __init__(self, way: PostgresqlDriver, connection: Any) -> None:
        self._way = way
        self._connection = connection
        self.of_the_journal = True

    async def send(self, statement: Rendered, parameters: Sequence[Any]) -> Sequence[Row]:
        self._way.note(statement)
        self.of_the_journal &= statement.is_of_the_journal
        rows: Sequence[Row] = await self._connection.fetch(statement.text, *parameters)
        return rows
