"""Statements on their way to the driver itself, past most of what SQLAlchemy does anew for each of them.

The connection, its transaction, its events and its errors are SQLAlchemy's, and so is whatever is not sent from here.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from types import SimpleNamespace
from typing import Any, NoReturn, TypeVar
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import CompoundSelect, Connection, Delete, Dialect, Enum, Executable, Insert, Select, Update
from sqlalchemy.engine import RootTransaction
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import LRUCache

from db.dialect import converting

_SENT = (Select, CompoundSelect, Insert, Update, Delete)
_MOST_KEPT = 500
_MOST_PARTS = 20
_MOST_AS_ONE = 5_000
"""Rows that are one text: more of them are better sent as they go."""
_ONCE = "once"
HEAD = "head"
"""What of a connection is known of where the journal ends, as long as it holds the write lock."""
GROWN = "grown"
"""What of a connection is known of how the journal grew on it, under the write lock."""

Head = tuple[int, str]
"""The number of the last entry, and its hash, which tells it from another of that number."""
Convert = Callable[[Any], Any]
Row = Mapping[str, Any]
S = TypeVar("S", bound=Executable)
T = TypeVar("T")


def once(statement: S) -> S:
    """A statement that is built once and sent many times, each with values of its own: what it says is not looked at
    again, which takes longer than to send it."""
    return statement.execution_options(**{_ONCE: True})


def ending(_connection: Connection, transaction: RootTransaction, error: BaseException | None) -> None:
    transaction.__exit__(None if error is None else type(error), error, None if error is None else error.__traceback__)


class Done:
    """What became of a statement that gives no rows."""

    def __init__(self, rowcount: int) -> None:
        self.rowcount = rowcount
        """How many rows it was upon; -1 of many statements, of which PostgreSQL does not tell."""


class Writing(AsyncConnection):
    """A connection that holds the write lock."""

    def __init__(self, engine: AsyncEngine, connection: Connection | None = None) -> None:
        super().__init__(engine, connection)
        self._undoing = _Undoing()
        self._locked: _Locked | None = None
        self._waiting: list[_Waiting] = []

    def starts(self) -> RootTransaction:
        """A transaction of SQLAlchemy's, which it ends in its own way. PostgreSQL is told nothing of it yet, so that
        there is nothing to be waited for."""
        self._undoing, self._locked, self._waiting = _Undoing(), None, []
        connection = self.sync_connection
        assert connection is not None  # noqa: S101
        transaction = connection.begin()
        transaction.__enter__()
        return transaction

    @property
    def is_as_before(self) -> bool:
        """Whether it can be used once more as if it had never been: open, without a transaction or options of its own.

        Of PostgreSQL; the driver is asked too, for where a commit fails, SQLAlchemy leaves the rest to its pool.
        """
        connection = self.sync_connection
        if connection is None or connection.closed or connection.invalidated or connection.in_transaction():
            return False
        if connection.get_execution_options() != self.engine.get_execution_options():
            return False
        driver: Any = connection.connection.driver_connection
        # None where whoever ended it was cancelled.
        return driver is not None and not (driver.is_closed() or driver.is_in_transaction())

    async def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        await self.flush()
        if not isinstance(statement, (Select, CompoundSelect)):
            await self._writes()
        connection = self.sync_connection
        said = None
        if connection is not None and connection.in_transaction() and isinstance(statement, _SENT):
            said = _said(statement, parameters, connection)
        if connection is None or said is None:
            return await super().execute(statement, parameters, execution_options=execution_options)
        options = statement.get_execution_options() if execution_options is None else execution_options
        return await self._send(connection, said, options)

    async def exec_driver_sql(self, statement: str, *arguments: Any, **more: Any) -> Any:
        await self.flush()
        await self._writes()
        return await super().exec_driver_sql(statement, *arguments, **more)

    async def later(
        self, statement: Any, rows: Sequence[Row], *, unless_one: Callable[[], Exception] | None = None
    ) -> None:
        """Written before anything else is asked, and before the end: all that waits is sent in one way there and back.

        `unless_one`: what to raise where it was upon no row, or upon several.
        """
        connection = self.sync_connection
        if connection is not None and connection.in_transaction():
            said = _said(statement, rows, connection, in_one=True)
            if said is not None:
                self._waiting.append(_Waiting(said, statement, unless_one))
                return
        result = await self.execute(statement, rows)
        if unless_one is not None and result.rowcount != 1:
            raise unless_one()

    async def flush(self) -> None:
        """Send what waits."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        connection = self.sync_connection
        assert connection is not None  # noqa: S101
        marks, is_heard = self._marks(), _is_heard(connection)
        for each in waiting if is_heard else ():
            _tell("before_cursor_execute", connection, each.said, each.options)
        if connection.dialect.name == "postgresql":
            if marks:
                await self.plainly(_MARK)
            sent = _all_to_postgresql(connection, waiting)
        else:
            sent = _all_to_sqlite(connection, waiting, marks=marks)
        found = await self._run(sent, waiting[0].said.text)
        for each, rows in zip(waiting, found, strict=True):
            if is_heard:
                _tell("after_cursor_execute", connection, each.said, each.options)
            if each.unless_one is not None and rows != 1:
                raise each.unless_one()

    async def _send(self, connection: Connection, said: _Said, options: Mapping[str, Any]) -> Any:
        is_heard = _is_heard(connection)
        if is_heard:
            _tell("before_cursor_execute", connection, said, options)
        send = _to_postgresql if connection.dialect.name == "postgresql" else _to_sqlite
        result = await self._run(send(connection, said), said.text)
        if is_heard:
            _tell("after_cursor_execute", connection, said, options)
        return result

    async def _run(self, work: Awaitable[T], text: str) -> T:
        try:
            return await work
        except BaseException as error:  # whoever is cancelled leaves the connection in no good state either
            await self.run_sync(_raise, error, text)
            raise

    async def lock(self, number: int, last: Head | None = None) -> None:
        """The write lock of PostgreSQL, taken with the beginning of the transaction: one way there and back.

        With it comes whether the journal still ends where it was last seen: the statement after the lock sees all that
        was committed before.
        """
        connection = self.sync_connection
        assert connection is not None  # noqa: S101
        adapted: Any = connection.connection.dbapi_connection
        adapted._transaction = self._locked = _Locked(adapted.driver_connection)  # noqa: SLF001
        taking = f"BEGIN; SELECT pg_advisory_xact_lock({number}); SAVEPOINT {_SAVEPOINT}"
        if last is not None:
            # Nothing but a number and hexadecimal digits.
            ends_there = f"sequence = {int(last[0])} AND hash = '{bytes.fromhex(last[1]).hex()}'"
            taking = f"{taking}; SELECT FROM journal_head WHERE {ends_there}"
        if await self._run(adapted.driver_connection.execute(taking), taking) == "SELECT 1":
            self.info[HEAD] = last

    def ends_with(self, text: str) -> None:
        """What is sent with the commit."""
        if self._locked is not None:
            self._locked.ends = f"{text}; COMMIT"

    async def plainly(self, text: str) -> None:
        """A statement that has no values and gives no rows."""
        connection = self.sync_connection
        assert connection is not None  # noqa: S101
        await self._run(_plainly(connection, text), text)

    @asynccontextmanager
    async def undoing(self) -> AsyncIterator[_Undoing]:
        """What is written within is undone where something is raised, and nothing else is. As most of what is raised
        is raised before anything is written, a savepoint is made only for the first that is."""
        await self.flush()
        outer, self._undoing = self._undoing, _Undoing(wanted=True)
        try:
            yield self._undoing
            await self.flush()
            if self._undoing.asked:
                await self._undo()
        except BaseException as reason:
            try:
                await self._undo()
            except DBAPIError:
                # SQLite undoes everything where it was interrupted: nothing more is to be written then.
                await self.invalidate()
                if isinstance(reason, DBAPIError):
                    raise reason from None
                raise
            raise
        finally:
            self._undoing = outer

    async def _writes(self) -> None:
        if self._marks():
            await self.plainly(_MARK)

    def _marks(self) -> bool:
        """Whether a savepoint has to be made before what is written now."""
        fresh = self._locked is not None and self._locked.is_fresh
        if self._locked is not None:
            self._locked.is_fresh = False
        if not self._undoing.wanted or self._undoing.made:
            return False
        self._undoing.made = True
        return not fresh

    async def _undo(self) -> None:
        self._waiting.clear()
        if self._undoing.made and self.sync_connection is not None and not self.invalidated:
            for what in (HEAD, GROWN):
                self.info.pop(what, None)
            await self.plainly(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")


async def later(
    connection: AsyncConnection,
    statement: Any,
    rows: Sequence[Row],
    *,
    unless_one: Callable[[], Exception] | None = None,
) -> None:
    """To be sent with what follows, where the connection can wait: rows that are written, and many of them."""
    if isinstance(connection, Writing):
        await connection.later(statement, rows, unless_one=unless_one)
        return
    result = await connection.execute(statement, rows)
    if unless_one is not None and result.rowcount != 1:
        raise unless_one()


async def flush(connection: AsyncConnection) -> None:
    if isinstance(connection, Writing):
        await connection.flush()


@dataclass(slots=True)
class Grown:
    """From where to where, and in what tables."""

    stood: Head
    ends: Head
    tables: set[str]


@dataclass(slots=True, kw_only=True)
class _Undoing:
    wanted: bool = False
    made: bool = False
    asked: bool = False

    def ask(self) -> None:
        """To undo it at the end, although nothing was raised."""
        self.asked = True


_SAVEPOINT = "act"
_MARK = f"SAVEPOINT {_SAVEPOINT}"


class Lost(Exception):  # noqa: N818  it reads as what happened
    """The transaction had failed before it was to be committed, and nobody had said so."""


class _Locked:
    """A transaction, as SQLAlchemy asks its driver for the end of one."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self.ends = "COMMIT"
        self.is_fresh = True
        """Whether nothing is written since its savepoint was made."""

    async def commit(self) -> None:
        # PostgreSQL ends a failed transaction by undoing it, and calls that no error.
        if await self._driver.execute(self.ends) != "COMMIT":
            raise Lost

    async def rollback(self) -> None:
        await self._driver.execute("ROLLBACK")


@dataclass(slots=True, eq=False)
class _Ready:
    """A statement in the words of one engine."""

    compiled: Any
    text: str
    order: tuple[tuple[str, Convert | None], ...]
    """The names of its parameters as the engine counts them, and how each becomes what the driver takes."""
    constants: Row
    """Of values that are not given."""
    expands: bool
    """How it reads depends on how many values there are."""
    columns: SimpleResultMetaData | None
    """None where it gives no rows."""
    of_many: str | None
    """How it reads for PostgreSQL with all rows in one parameter, where it inserts and can be so read."""
    converted: tuple[tuple[str, Convert], ...] = ()
    """Those of its parameters that are not taken as they are."""

    def __post_init__(self) -> None:
        self.converted = tuple((name, convert) for name, convert in self.order if convert is not None)

    def values(self, given: Row) -> list[Any]:
        constants = self.constants
        if not constants:
            return [given[name] if convert is None else convert(given[name]) for name, convert in self.order]
        return [
            (given[name] if convert is None else convert(given[name])) if name in given else constants[name]
            for name, convert in self.order
        ]

    def as_text(self, rows: Sequence[Row]) -> str:
        """To encode every value for itself takes much longer here than to read them takes there."""
        made = []
        for given in rows:
            row = {**self.constants, **given}
            for name, convert in self.converted:
                if name in given:
                    row[name] = convert(given[name])
            made.append(row)
        return orjson.dumps(made, str).decode()


@dataclass(slots=True, eq=False)
class _Said:
    """A statement with its values: a set of them, or, of many, a set for each row."""

    ready: _Ready
    text: str
    values: list[Any]
    many: bool

    @property
    def columns(self) -> SimpleResultMetaData | None:
        return self.ready.columns


@dataclass(slots=True, eq=False)
class _Waiting:
    """A statement that is sent with others."""

    said: _Said
    statement: Any
    unless_one: Callable[[], Exception] | None

    @property
    def options(self) -> Mapping[str, Any]:
        options: Mapping[str, Any] = self.statement.get_execution_options()
        return options

    @property
    def inserts(self) -> bool:
        return isinstance(self.statement, Insert)

    @property
    def table(self) -> str:
        name: str = self.statement.table.name
        return name

    @property
    def joins_others(self) -> bool:
        """Whether it may be part of a statement with others."""
        return self.said.columns is None and (not self.said.many or len(self.said.values) == 1)

    @property
    def values(self) -> Sequence[Any]:
        values: Sequence[Any] = self.said.values[0] if self.said.many else self.said.values
        return values


def _is_heard(connection: Connection) -> bool:
    """Whoever listens to SQLAlchemy hears of what is sent from here too."""
    found: bool = connection._has_events or connection.engine._has_events  # noqa: SLF001
    return found


def _tell(what: str, connection: Connection, said: _Said, options: Mapping[str, Any]) -> None:
    context = SimpleNamespace(execution_options=options, executemany=said.many)
    for each in getattr(connection.dispatch, what):
        each(connection, None, said.text, said.values, context, said.many)


_kept: LRUCache[Any, _Ready | None] = LRUCache(_MOST_KEPT)
"""By the kind of the engine, what a statement says and the names of its values; None for what is not sent from here."""
_built_once: WeakKeyDictionary[Any, dict[Any, _Ready | None]] = WeakKeyDictionary()


def _said(statement: Any, parameters: Any, connection: Connection, *, in_one: bool = False) -> _Said | None:
    """`in_one`: it is to be part of one statement with others, if possible."""
    dialect = connection.dialect
    many = isinstance(parameters, (list, tuple))
    first: Row = (parameters[0] if parameters else {}) if many else parameters or {}
    if many and not parameters:
        return None
    if _ONCE in statement.get_execution_options():
        ready_of = _built_once.get(statement)
        if ready_of is None:
            ready_of = _built_once[statement] = {}
        names = (dialect.name, many, *first)
        if names not in ready_of:
            ready_of[names] = _ready(statement, None, first, dialect, many=many)
        ready = ready_of[names]
        if ready is None:
            return None
        if in_one and ready.of_many is not None and 1 < len(parameters) <= _MOST_AS_ONE:
            return _Said(ready, ready.of_many, [ready.as_text(parameters)], many=False)
        values = [ready.values(row) for row in parameters] if many else ready.values(first)
        return _Said(ready, ready.text, values, many)
    if connection.get_execution_options().get("compiled_cache", _kept) is None:
        return None  # who reads with conditions of their own will not ask so again
    said = statement._generate_cache_key()  # noqa: SLF001  as SQLAlchemy keeps them
    if said is None:
        return None
    key = (dialect.name, said.key, many, *first)
    if key not in _kept:
        _kept[key] = _ready(statement, said, first, dialect, many=many)
    ready = _kept.get(key)
    if ready is None:
        return None
    values = ready.compiled.construct_params(
        first, extracted_parameters=said.bindparams, escape_names=False, _no_postcompile=True
    )
    for name in ready.constants:
        del values[name]
    if ready.expands:
        state = ready.compiled._process_parameters_for_postcompile(values)  # noqa: SLF001
        processors = {**ready.compiled._bind_processors, **state.processors}  # noqa: SLF001
        own = [
            processors[name](state.parameters[name]) if name in processors else state.parameters[name]
            for name in state.positiontup or ()
        ]
        return _Said(ready, state.statement, own, many)
    if not many:
        return _Said(ready, ready.text, ready.values(values), many)
    return _Said(ready, ready.text, [ready.values({**values, **row}) for row in parameters], many)


def _ready(statement: Any, said: Any, given: Row, dialect: Dialect, *, many: bool) -> _Ready | None:
    compiled = statement._compiler(  # noqa: SLF001
        dialect, cache_key=said, column_keys=sorted(given), for_executemany=many, schema_translate_map=None
    )
    expands = bool(compiled.literal_execute_params or compiled.post_compile_params)
    made_here = [*(compiled.insert_prefetch or ()), *(compiled.update_prefetch or ())]
    if (
        (expands and (many or made_here))
        or compiled.implicit_returning
        or (isinstance(statement, Insert) and not many)
        or not all(column.default is not None and column.default.is_scalar for column in made_here)
    ):
        return None
    columns = None
    if isinstance(statement, (Select, CompoundSelect)) or compiled.effective_returning:
        found = compiled._result_columns  # noqa: SLF001
        processed: Any = [converting(each.type, dialect) for each in found]
        columns = SimpleResultMetaData([each.keyname for each in found], _processors=processed)
    defaults = {column.key: column.default.arg for column in made_here}
    if said is not None:
        text, order, processors = compiled.string, compiled.positiontup or (), compiled._bind_processors  # noqa: SLF001
        constants = {name: _converted(processors, name, value) for name, value in defaults.items()}
    else:
        values = compiled.construct_params(given, escape_names=False, _check=False, _no_postcompile=True) | defaults
        state = compiled._process_parameters_for_postcompile(values)  # noqa: SLF001
        text, order = state.statement, state.positiontup or ()
        processors = {**compiled._bind_processors, **state.processors}  # noqa: SLF001
        constants = {
            name: _converted(processors, name, value) for name, value in state.parameters.items() if name not in given
        }
    return _Ready(
        compiled=compiled,
        text=text,
        order=tuple((name, _remembering(compiled.binds.get(name), processors.get(name))) for name in order),
        constants=constants,
        expands=expands,
        columns=columns,
        of_many=_of_many(statement, text, order)
        if isinstance(statement, Insert) and dialect.name == "postgresql" and not expands
        else None,
    )


_INSERTED = re.compile(r"(INSERT INTO \S+ \(([^()]*)\)) VALUES \((.*)\)", re.DOTALL)
_PARAMETER = re.compile(r"\$(\d+)")
_TYPED = re.compile(r"\$(\d+)(?:::([A-Z ]+(?:\([0-9, ]+\))?(?:\[\])?))?(?:, |$)")


def _of_many(statement: Insert, text: str, order: Sequence[str]) -> str | None:
    found = _INSERTED.fullmatch(text)
    if found is None:
        return None
    names, typed = found[2].split(", "), list(_TYPED.finditer(found[3]))
    if len(names) != len(typed) or sum(len(each[0]) for each in typed) != len(found[3]):
        return None
    selected, given = [], []
    for place, (name, value, given_as) in enumerate(zip(names, typed, order, strict=True), start=1):
        # SQLAlchemy leaves it to the column of what type a word is.
        column = statement.table.c.get(name.strip('"'))
        type_ = value[2] or ("VARCHAR" if column is not None and isinstance(column.type, Enum) else "[]")
        if value[1] != str(place) or type_.endswith("[]"):
            return None
        selected.append(f'"{given_as}"::JSON' if type_ == "JSON" else f'"{given_as}"')
        given.append(f'"{given_as}" {"VARCHAR" if type_ == "JSON" else type_}')
    rows = f"json_to_recordset($1::VARCHAR::JSON) AS given ({', '.join(given)})"
    return f"{found[1]} SELECT {', '.join(selected)} FROM {rows}"  # noqa: S608  it is rendered by the compiler


def _remembering(of: Any, convert: Convert | None) -> Convert | None:
    """Of words there are few, and SQLAlchemy looks each of them up in several steps."""
    if convert is None or of is None or not isinstance(of.type, Enum):
        return convert
    known: dict[Any, Any] = {}

    def converted(word: Any) -> Any:
        if word not in known:
            known[word] = convert(word)  # raises where there is no such word
        return known[word]

    return converted


def _converted(processors: Mapping[str, Any], name: str, value: Any) -> Any:
    return processors[name](value) if name in processors else value


async def _postgresql(connection: Connection) -> Any:
    adapted: Any = connection.connection.dbapi_connection
    if adapted._transaction is None:  # noqa: SLF001  begun with the first statement
        await adapted._start_transaction()  # noqa: SLF001
    return adapted.driver_connection


async def _plainly(connection: Connection, text: str) -> None:
    if connection.dialect.name == "postgresql":
        await (await _postgresql(connection)).execute(text)
    else:
        driver: Any = connection.connection.driver_connection
        await driver.cursor().execute(text)


async def _to_postgresql(connection: Connection, said: _Said) -> Any:
    driver = await _postgresql(connection)
    if said.columns is not None:
        return _rows(said.columns, await driver.fetch(said.text, *said.values))
    if said.many and len(said.values) > 1:
        await _send_many(driver, said)
        return Done(-1)
    values = said.values[0] if said.many else said.values
    return Done(int((await driver.execute(said.text, *values)).rpartition(" ")[2]))


async def _send_many(driver: Any, said: _Said) -> None:
    """Where it is more than the server takes at once, asyncpg waits to send the rest. It would wait for ever if the
    connection is lost meanwhile; and whoever is cancelled there, for an answer to what was sent by half."""
    ended = asyncio.get_running_loop().create_future()

    def end(_driver: Any) -> None:
        if not ended.done():
            ended.set_result(None)

    driver.add_termination_listener(end)
    sending = asyncio.ensure_future(driver.executemany(said.text, said.values))
    # Its error is told to whoever waits for it, if they still do.
    sending.add_done_callback(lambda task: task.cancelled() or task.exception())
    try:
        await asyncio.wait({sending, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        driver.remove_termination_listener(end)
        # Where it waits to send, it takes the first time for nothing.
        while not sending.done():
            sending.cancel()
            await asyncio.wait({sending}, timeout=0)
    await sending


async def _all_to_postgresql(connection: Connection, waiting: Sequence[_Waiting]) -> list[int]:
    """On how many rows each of them was."""
    found: list[int] = []
    for together in _together(waiting):
        if len(together) == 1:
            found.append((await _to_postgresql(connection, together[0].said)).rowcount)
            continue
        driver = await _postgresql(connection)
        values = [each.values for each in together]
        as_one = _as_one(tuple((each.said.text, len(own)) for each, own in zip(together, values, strict=True)))
        found += await driver.fetchrow(as_one, *chain.from_iterable(values))
    return found


def _together(waiting: Iterable[_Waiting]) -> Iterator[list[_Waiting]]:
    """Those that can be one statement: its parts do not see what the others write, and so are upon different rows."""
    group: list[_Waiting] = []
    tables: dict[str, bool] = {}
    for each in waiting:
        apart = each.table in tables and not (each.inserts and tables[each.table])
        if group and (apart or len(group) == _MOST_PARTS or not each.joins_others):
            yield group
            group, tables = [], {}
        if not each.joins_others:
            yield [each]
            continue
        group.append(each)
        tables[each.table] = each.inserts
    if group:
        yield group


@lru_cache(_MOST_KEPT)
def _as_one(parts: tuple[tuple[str, int], ...]) -> str:
    """Of statements, each with the number of its parameters: it gives on how many rows each of them was."""
    texts, before = [], 0
    for place, (text, number) in enumerate(parts):
        shifted = _PARAMETER.sub(lambda found, before=before: f"${int(found[1]) + before}", text)  # type: ignore[misc]
        texts.append(f"part{place} AS ({shifted} RETURNING 1)")
        before += number
    counts = ", ".join(f"(SELECT count(*) FROM part{place})" for place in range(len(parts)))  # noqa: S608  rendered here
    return f"WITH {', '.join(texts)} SELECT {counts}"


async def _all_to_sqlite(connection: Connection, waiting: Sequence[_Waiting], *, marks: bool) -> list[int]:
    driver: Any = connection.connection.driver_connection
    first: list[tuple[str, Sequence[Any], bool]] = [(_MARK, (), False)] if marks else []
    written = [(each.said.text, each.said.values, each.said.many) for each in waiting]
    found: list[int] = await driver.cursor().execute_all([*first, *written])
    return found[len(first) :]


async def _to_sqlite(connection: Connection, said: _Said) -> Any:
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    await (cursor.executemany if said.many else cursor.execute)(said.text, said.values)
    if said.columns is not None:
        return _rows(said.columns, await cursor.fetchall())
    return Done(cursor.rowcount)


def _rows(columns: SimpleResultMetaData, found: Iterable[Any]) -> Any:
    return IteratorResult(columns, iter(found))


def _raise(connection: Connection, error: BaseException, text: str) -> NoReturn:
    """As SQLAlchemy would: in its words, and with an end to the connection where that is lost."""
    try:
        if isinstance(error, Exception) and not isinstance(error, sqlite3.Error):
            connection.connection.dbapi_connection._handle_exception(error)  # type: ignore[union-attr]  # noqa: SLF001
        raise error  # noqa: TRY301  so that both come the same way
    except BaseException as told:
        connection._handle_dbapi_exception(told, text, None, None, None)  # noqa: SLF001
