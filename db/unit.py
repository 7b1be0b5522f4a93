"""The one way by which kept rows are written: the rows, and what the journal says of them, together."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Dialect, Executable, Row, bindparam, insert, inspect, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from db.change import Change, JournalHead
from db.dialect import among, keys_to_come, nested
from db.driver import nested_with_names
from db.engine import ERASED, MOVED
from db.feed import InDatabase, Telling
from db.feed import keep as keep_told
from db.search import index, is_searched
from db.sending import GROWN, HEAD, Grown, Head, flush, later, once
from db.table import Kept
from mandate.actor import Visibility, narrower
from mandate.day import PartialDate
from mandate.text import LocalizedText

Key = tuple[Any, ...]
"""The primary key of a row, in the order of its columns."""

OF_THE_UNIT = {"unit": True}
"""The mark of its statements: a test refuses any other that writes a kept table."""
_SALT = "salt"
_OUR_SALT = re.compile(r"[0-9a-f]{32}", re.ASCII)
_UNSAID = frozenset({"version", _SALT})
"""An entry has the version in a column of its own; a salt that it told would outlive the erasure."""
_MOST_SAID = _MOST_UPDATES = 1_000
_AT_ONCE = 5_000
"""Keys in one statement: both engines take some 32,000 parameters, and a key has up to three parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who writes, on whose behalf, by which act; every entry of the unit carries it."""

    act: str
    account: str | None = None
    on_behalf_of: str | None = None
    request_id: str | None = None
    at: datetime | None = None


def instant(moment: datetime | None = None) -> str:
    """In UTC, to the microsecond, always in the same form: as text it sorts as time does."""
    moment = datetime.now(UTC) if moment is None else moment.astimezone(UTC)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class Stale(Exception):  # noqa: N818  it reads as what happened
    """The row has moved on, or is not there."""

    def __init__(self, current: int | None) -> None:
        super().__init__("the row has moved on")
        self.current = current


class Unit:
    """All that one act writes, on the connection that holds the write lock."""

    def __init__(self, connection: AsyncConnection, signature: Signature, *, at_once: bool = True) -> None:
        """What is said of its rows is written with them, or, where that is not wanted at once, when it is settled."""
        self.connection = connection
        self._signature = signature
        self._at = instant(signature.at)
        self._at_once = at_once
        self._telling = Telling(self._at, signature.act, InDatabase(connection))
        self._head: Head | None = None
        """Where the journal stood before what is to be settled."""
        self._entries: list[dict[str, Any]] = []
        self._told: list[dict[str, Any]] = []
        self._told_anew: list[dict[str, Any]] = []
        self._untold: set[int] = set()
        """The rows of both, which are merged with what is told of them later."""
        self._seen: dict[tuple[type[Kept], Key], Mapping[str, Any]] = {}
        """Rows as they stand: nobody else writes them meanwhile."""
        self.new: dict[str, list[Mapping[str, Any]]] = {}
        """Rows that an act kept, by table, where it changed nothing in that table since."""

    async def rows(self, statement: Executable) -> Sequence[Any]:
        """Facts for an act, as they stand under the write lock."""
        return list(await self.connection.execute(statement))

    async def rows_of(self, say: Callable[..., Executable], *shape: Hashable, **values: Any) -> Sequence[Any]:
        """The same, of a statement that leaves its values open."""
        return list(await self.connection.execute(_said(say, shape), values))

    async def rows_of_each(self, *says: Callable[..., Executable], **values: Any) -> Sequence[Sequence[Any]]:
        """Of several such statements, of which none waits for what another says: PostgreSQL is asked once for all."""
        if self.connection.dialect.name != "postgresql":
            return [await self.rows_of(say, **values) for say in says]
        together, makes = _said_together(says, self.connection.dialect)
        (row,) = await self.connection.execute(together, values)
        return [make(own or ()) for make, own in zip(makes, row, strict=True)]

    def sees(self, _table: type[Kept]) -> Sequence[ColumnElement[bool]]:
        """Everything: what is hidden from a caller binds them all the same."""
        return ()

    async def keep(self, table: type[Kept], rows: Sequence[Mapping[str, Any]]) -> None:
        """New rows, in their order; a column that has a default need not be named."""
        if not rows:
            return
        defaults = _defaults(table)
        whole: list[Mapping[str, Any]] = [{**defaults, **row, "version": 1} for row in rows]
        if personal_columns(table):
            whole = [_salted(table, row) for row in whole]
        await later(self.connection, _insert(table), whole)
        await index(self.connection, table, whole, are_new=True)
        if not self._at_once:
            self.new.setdefault(str(table.__tablename__), []).extend(whole)
        await self._enter(table, _new(table, whole))

    async def change(self, table: type[Kept], changes: Sequence[tuple[Key, Mapping[str, Any]]]) -> None:
        """Rows that are there already, each once; what is as it was is no change, and enters nothing.

        An entry is for those who may see it before and after. An act that publishes changes the visibility alone, so
        that it can be told to whom it is published.
        """
        if len({key for key, _ in changes}) < len(changes):
            raise ValueError("a row changes once in a set of changes: the order of two would be lost")
        self.new.pop(str(table.__tablename__), None)
        before = await self._rows(table, [key for key, _ in changes])
        for key, _ in changes:
            self._seen.pop((table, key), None)
        alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        entries, searched = [], []
        for key, wanted in changes:
            row = before.get(key)
            if row is None:
                raise Stale(None)
            values = {name: value for name, value in wanted.items() if _plain(value) != _plain(row[name])}
            if not values:
                continue
            version = row["version"] + 1
            after = _salted(table, {**row, **values, "version": version})
            if is_searched(table, values):
                searched.append(after)
            written = {name: after[name] for name in after if name in values or after[name] != row[name]}
            alike[tuple(sorted(written))].append({**_named(table, key), **written})
            was, now = _shown(table, row, {name: row[name] for name in values}), _shown(table, after, values)
            seen_before, seen = _visibility(table, row), _visibility(table, after)
            visibility = narrower(seen_before, seen) if len(values) > 1 else seen
            entries.append(_Entry(key, version, was, now, visibility, after, seen, seen_before))
        for columns, parameters in alike.items():
            await self._update(table, columns, parameters)
        await index(self.connection, table, searched)
        await self._enter(table, entries)

    async def erase(self, table: type[Kept], key: Key) -> None:
        """The personal values of a row, and the salt without which the journal's digests of them say nothing."""
        names = [*personal_columns(table), _SALT]
        await self.change(table, [(key, dict.fromkeys(names))])
        self.connection.info[ERASED] = True

    async def adopt(self, table: type[Kept], rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows kept before there was a journal enter it as they are."""
        salted = [_salted(table, row) for row in rows]
        unsalted = [new for row, new in zip(rows, salted, strict=True) if _SALT in new and new[_SALT] != row[_SALT]]
        parameters = [{**_named(table, _key(table, row)), _SALT: row[_SALT]} for row in unsalted]
        await self._update(table, (_SALT,), parameters)
        await self._enter(table, _new(table, salted))

    async def row(self, table: type[Kept], key: Key, expected_version: int | None = None) -> Mapping[str, Any] | None:
        """A row as it stands under the write lock, if it is there; Stale where it has moved on."""
        found = (await self._rows(table, [key])).get(key)
        if found is not None and expected_version is not None and found["version"] != expected_version:
            raise Stale(found["version"])
        return found

    def saw(self, table: type[Kept], row: Mapping[str, Any]) -> None:
        """A whole row was read under the write lock, and need not be read again to be changed."""
        self._seen[table, _key(table, row)] = row

    async def _rows(self, table: type[Kept], keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
        columns = inspect(table).primary_key
        found: dict[Key, dict[str, Any]] = {
            key: dict(self._seen[table, key]) for key in keys if (table, key) in self._seen
        }
        keys = [key for key in keys if key not in found]
        for start in range(0, len(keys), _AT_ONCE):
            some = list(keys[start : start + _AT_ONCE])
            if len(columns) == 1:
                rows = await self.connection.execute(_select(table), {"keys": [key[0] for key in some]})
            else:
                statement = select(inspect(table).local_table).where(tuple_(*columns).in_(some))
                rows = await self.connection.execute(statement)
            found |= {_key(table, row): dict(row) for row in rows.mappings()}
        return found

    async def _update(self, table: type[Kept], columns: Sequence[str], parameters: Sequence[dict[str, Any]]) -> None:
        if parameters:
            await later(self.connection, _update(table, tuple(columns)), parameters)

    async def _enter(self, table: type[Kept], entries: Sequence[_Entry]) -> None:
        if not entries:
            return
        if self._head is None:
            self._head = await head_of(self.connection)
        sequence, previous = self._head
        if self._entries:
            sequence, previous = self._entries[-1]["sequence"], self._entries[-1]["hash"]
        same = {
            "at": self._at,
            "account_id": self._signature.account,
            "on_behalf_of": self._signature.on_behalf_of,
            "act": self._signature.act,
            "subject_type": table.__tablename__,
            "request_id": self._signature.request_id,
        }
        fields: dict[tuple[str, ...], str] = {}
        for new in entries:
            new.sequence = sequence = sequence + 1
            names = tuple(new.after)
            if names not in fields:
                fields[names] = canonical(sorted(names))
            entry: dict[str, Any] = {
                **same,
                "sequence": sequence,
                "subject_key": subject_key(new.key),
                "version": new.version,
                "fields": fields[names],
                "before": None if new.before is None else canonical(new.before),
                "after": canonical(new.after),
                "visibility": new.visibility,
                "previous_hash": previous,
            }
            previous = entry["hash"] = _hash(entry)
            self._entries.append(entry)
        told, told_anew = await self._telling.take(table, entries)
        # What waits to be written is the very row that is told anew.
        anew = [row for row in told_anew if id(row) not in self._untold]
        self._untold.update(id(row) for row in (*told, *anew))
        self._told += told
        self._told_anew += anew
        if self._at_once:
            await self.settle()

    async def settle(self) -> None:
        """Write what is said of the rows that were written: one set of entries, chained to the head of the journal."""
        entries, self._entries = self._entries, []
        if not entries:
            return
        assert self._head is not None  # noqa: S101  they are chained to it
        stood, self._head = self._head, None
        await later(self.connection, _ENTER, entries)
        last = {"stood": stood[0], "sequence": entries[-1]["sequence"], "hash": entries[-1]["hash"]}
        await later(self.connection, _MOVE_HEAD, [last], unless_one=_overtaken)
        self.connection.info[MOVED] = True
        ends = self.connection.info[HEAD] = (last["sequence"], last["hash"])
        grown: Grown = self.connection.info.setdefault(GROWN, Grown(stood, ends, set()))
        grown.ends = ends
        grown.tables.update(each["subject_type"] for each in entries)
        told, self._told, told_anew, self._told_anew = self._told, [], self._told_anew, []
        self._untold.clear()
        await keep_told(self.connection, told, told_anew)
        await flush(self.connection)


@dataclass(slots=True)
class _Entry:
    """What is new in an entry; the unit adds who, when and its place in the chain."""

    key: Key
    version: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    visibility: Visibility
    row: Mapping[str, Any]
    """The whole of it, as it is since."""
    now: Visibility
    """Of the row."""
    was: Visibility | None = None
    """None where it was not there."""
    sequence: int = 0

    @property
    def fields(self) -> Iterable[str]:
        return self.after


def _new(table: type[Kept], rows: Sequence[Mapping[str, Any]]) -> list[_Entry]:
    """Of rows that were not there."""
    entries = []
    for row in rows:
        seen = _visibility(table, row)
        entries.append(_Entry(_key(table, row), row["version"], None, _shown(table, row, row), seen, row, seen))
    return entries


_HEAD_ROW = once(select(col(JournalHead.sequence), col(JournalHead.hash)))
_MOVE_HEAD = once(
    update(JournalHead)
    .where(col(JournalHead.sequence) == bindparam("stood"))
    .values(sequence=bindparam("sequence"), hash=bindparam("hash"))
    .execution_options(**OF_THE_UNIT)
)
_ENTER = once(insert(Change).execution_options(**OF_THE_UNIT))


def _overtaken() -> Exception:
    return RuntimeError("somebody writes the journal without the write lock")


async def head_of(connection: AsyncConnection) -> Head:
    """Where the journal ends: read once under the write lock, for nobody else moves it."""
    head: Head | None = connection.info.get(HEAD)
    if head is None:
        row = (await connection.execute(_HEAD_ROW)).one()
        head = connection.info[HEAD] = (row.sequence, row.hash)
    return head


class _Everything:
    """Who says a statement of a unit, which sees everything: it is the same for all of them."""

    def sees(self, _table: type[Kept]) -> Sequence[ColumnElement[bool]]:
        return ()


@lru_cache(_MOST_SAID)
def _said(say: Callable[..., Executable], shape: tuple[Hashable, ...]) -> Executable:
    return once(say(_Everything(), *shape))


@lru_cache(_MOST_SAID)
def _said_together(
    says: Sequence[Callable[..., Executable]], dialect: Dialect
) -> tuple[Executable, Sequence[Callable[[Iterable[Any]], list[Any]]]]:
    statements: list[Any] = [_said(say, ()) for say in says]
    makes = [nested_with_names(each, dialect) for each in statements]
    return once(select(*map(nested, statements))), makes


@cache
def _select(table: type[Kept]) -> Any:
    (key,) = inspect(table).primary_key
    return once(select(inspect(table).local_table).where(among(key, keys_to_come("keys"))))


@lru_cache(_MOST_UPDATES)
def _update(table: type[Kept], columns: tuple[str, ...]) -> Any:
    statement = (
        update(table)
        .where(*(column == bindparam(f"key_{column.key}") for column in inspect(table).primary_key))
        .values({name: bindparam(name) for name in columns})
    )
    return once(statement.execution_options(**OF_THE_UNIT))


@cache
def _insert(table: type[Kept]) -> Any:
    return once(insert(table).execution_options(**OF_THE_UNIT))


def subject_key(key: Key) -> str:
    """One text for one key: a part may hold the bar between the parts."""
    if len(key) == 1:
        return str(key[0])
    if all(part.__class__ is str and "|" not in part and "\\" not in part for part in key):
        return "|".join(key)
    return "|".join(str(part).replace("\\", "\\\\").replace("|", "\\|") for part in key)


def entry_hash(entry: Mapping[str, Any] | Row[Any]) -> str:
    """Of all that the entry says, the hash of the one before among it."""
    hashed = dict(entry if isinstance(entry, Mapping) else entry._mapping)  # noqa: SLF001  its public name is the same
    hashed.pop("hash", None)
    return _hash(hashed)


def _hash(entry: Mapping[str, Any]) -> str:
    """Of one that has none yet."""
    return hashlib.sha256(_canonical(entry)).hexdigest()


_PLAINLY = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def canonical(value: Any) -> str:
    """One text for one value, on every engine and machine."""
    return _canonical(value).decode()


def _canonical(value: Any) -> bytes:
    try:
        return orjson.dumps(value, _plain, _PLAINLY)
    except TypeError:  # a key that is no text, or one of a kind of its own
        return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)


def row_shown(table: type[Kept], row: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal would say of the whole row, as it would be read back from an entry."""
    read: dict[str, Any] = orjson.loads(canonical(_shown(table, row, row)))
    return read


@cache
def personal_columns(table: type[Kept]) -> tuple[str, ...]:
    return tuple(column.key for column in inspect(table).local_table.columns if column.info.get("personal"))


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case PartialDate():
            return str(value)
        case Decimal():
            # 12 is kept as 12.0000 by one engine, and read back as 12 from the other.
            return format(value.normalize(), "f")
        case date():
            return value.isoformat()
        case LocalizedText():
            texts = {code: [w.value, w.status.value] for code, w in value.wordings.items()}
            return {"original": value.original, **texts}
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return value


@cache
def _defaults(table: type[Kept]) -> Mapping[str, Any]:
    """What a column holds where a row does not name it: the journal names it all the same."""
    columns = inspect(table).local_table.columns
    return {
        column.key: column.default.arg if column.default is not None and column.default.is_scalar else None
        for column in columns
        if column.nullable or column.default is not None
    }


def _salted(table: type[Kept], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row that holds personal values has a salt: without one, whoever guesses a value could prove it."""
    personal = personal_columns(table)
    if not personal or row.get(_SALT) is not None or all(row.get(name) is None for name in personal):
        return row
    return {**row, _SALT: os.urandom(16).hex()}


def _shown(table: type[Kept], row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal says of values: personal ones as digests that need the salt in the row."""
    personal = personal_columns(table)
    if not personal:
        return {name: value for name, value in values.items() if name not in _UNSAID}
    shown = {}
    for name, value in values.items():
        if name in _UNSAID:
            continue
        if name in personal and value is not None:
            shown[name] = _digest(row[_SALT], value)
        else:
            shown[name] = value
    return shown


def _digest(salt: str | None, value: Any) -> str:
    """A value without a salt of ours can only have been put there behind the journal's back, and agrees with no entry.

    All salts are of one length, so that nothing can be moved between the salt and the value.
    """
    if _OUR_SALT.fullmatch(salt or "") is None:
        return "no salt"
    return "sha256:" + hashlib.sha256(f"{salt}{canonical(value)}".encode()).hexdigest()


def _named(table: type[Kept], key: Key) -> dict[str, Any]:
    return {f"key_{name}": part for name, part in zip(_key_names(table), key, strict=True)}


@cache
def _key_names(table: type[Kept]) -> tuple[str, ...]:
    return tuple(column.key for column in inspect(table).primary_key)


def _key(table: type[Kept], row: Mapping[str, Any] | Any) -> Key:
    names = _key_names(table)
    return (row[names[0]],) if len(names) == 1 else tuple([row[name] for name in names])


def _visibility(table: type[Kept], row: Mapping[str, Any]) -> Visibility:
    own: Visibility = row.get("visibility", table.default_visibility)
    return own
