"""All that is kept, as lines of text, and back: the one writer of kept rows and of the journal beside the unit of work.

A row is one line, in canonical JSON and in the order of the key, so that equal databases of either engine have equal
lines. What is restored is written as it was, journal and all: nobody acts, so nothing new enters the journal.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
import sqlalchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Enum,
    Integer,
    Numeric,
    bindparam,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from db import feed, search
from db.account import KeyUse
from db.batch import in_batches
from db.change import NOTHING_BEFORE, Change, JournalHead
from db.communication import Outbox
from db.document import DocumentFile
from db.file import Upload
from db.search import FileText
from db.table import LocalizedTextType, MoneyType, PartialDateType, kept_tables, text_from_json
from db.unit import OF_THE_UNIT, canonical, entry_hash
from mandate.day import PartialDate

LEFT_OUT: Mapping[str, str] = {
    "export": "jobs, whose files expire",
    "feed_entry": "derived from the journal",
    "journal_head": "the manifest says where the journal ends",
    "kept_answer": "answers for those who repeat a request, for 72 hours, with what they were shown",
    "search_text": "derived from the rows, and from the texts of the files",
    "signing_key": "a secret: who has it confirms receipt in the name of any recipient",
    "webhook_attempt": "a log, which is kept for as long as its delivery",
    "webhook_delivery": "what is on its way to a partner: a copy of this instance must not send it as well",
    "webhook_queue": "how far a partner was told: a copy tells nobody until its holder asks for it anew",
}
"""Tables of which an export holds nothing, each with the reason."""
_BESIDE = (KeyUse, Outbox, FileText)
"""Not in the journal, and derived from nothing that is in it."""
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_AT_ONCE = 500
_LONG_AT_ONCE = 20
"""Of rows that may be as long as a book."""
_BYTES_AT_ONCE = 8 * 1024 * 1024


class NotOurs(ValueError):  # noqa: N818  it reads as what happened
    """A line that no export of this code can hold."""


def dumped() -> tuple[sqlalchemy.Table, ...]:
    """What is referred to comes before what refers to it."""
    return tuple(inspect(table).local_table for table in (*kept_tables(), Change, *_BESIDE))


async def lines(connection: AsyncConnection, table: sqlalchemy.Table) -> AsyncIterator[list[str]]:
    """The rows of a table, some at a time."""
    at_once = _LONG_AT_ONCE if table.name == FileText.__tablename__ else _AT_ONCE
    async for rows in in_batches(connection, table, at_once):
        yield [canonical(dict(row._mapping)) for row in rows]  # noqa: SLF001  its public name is the same


async def files(connection: AsyncConnection) -> list[str]:
    """A line for each file that the rows tell of: what is to be copied beside them, and by which name."""
    told: dict[str, int] = {}
    for table in (DocumentFile, Upload):
        found = select(col(table.sha256), col(table.bytes)).where(col(table.sha256).is_not(None))
        for sha256, size in await connection.execute(found):
            told[str(sha256)] = int(size or 0)
    return [canonical({"sha256": sha256, "bytes": told[sha256]}) for sha256 in sorted(told)]


async def head(connection: AsyncConnection) -> tuple[int, str]:
    """Where the journal ends: its last entry, and the hash of that."""
    row = (await connection.execute(select(inspect(JournalHead).local_table))).one()
    return row.sequence, row.hash


async def is_empty(connection: AsyncConnection) -> bool:
    """As the migrations leave it."""
    for table in dumped():
        if (await connection.execute(select(func.count()).select_from(table))).scalar_one():
            return False
    return (await head(connection))[0] == 0


class Restoring:
    """Into an empty database, within one transaction: raising leaves it as empty as it was."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._sequence, self._hash = 0, NOTHING_BEFORE

    async def fill(self, table: sqlalchemy.Table, read: Callable[[], Iterable[bytes]]) -> int:
        """The rows of a table; they are read a second time where some refer to others among them."""
        try:
            return await self._fill(table, read)
        except DBAPIError as error:
            if isinstance(error, InterfaceError | OperationalError) or error.connection_invalidated:
                raise
            # What it says holds the values, which may be personal.
            raise NotOurs(f"the rows of {table.name} break a rule of the database") from None

    async def _fill(self, table: sqlalchemy.Table, read: Callable[[], Iterable[bytes]]) -> int:
        count = 0
        later = _within(table)
        for rows in _some(read(), table):
            if table.name == Change.__tablename__:
                self._follow(rows)
            given = [{**row, **dict.fromkeys(later)} for row in rows] if later else rows
            await self._connection.execute(insert(table), given, execution_options=OF_THE_UNIT)
            count += len(rows)
        for name in later:
            key = [column.key for column in table.primary_key]
            refer = (
                update(table)
                .where(*(table.c[each] == bindparam(f"key_{each}") for each in key))
                .values({name: bindparam("refers_to")})
            )
            for rows in _some(read(), table):
                given = [
                    {"refers_to": row[name], **{f"key_{each}": row[each] for each in key}}
                    for row in rows
                    if row[name] is not None
                ]
                if given:
                    await self._connection.execute(refer, given, execution_options=OF_THE_UNIT)
        return count

    def _follow(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Entry by entry the chain is that of the export, or nothing is restored."""
        for entry in entries:
            follows = entry["sequence"] == self._sequence + 1 and entry["previous_hash"] == self._hash
            if not follows or entry["hash"] != entry_hash(entry):
                raise NotOurs(f"entry {entry['sequence']} of the journal does not follow the one before")
            self._sequence, self._hash = entry["sequence"], entry["hash"]

    async def finish(self, sequence: int, hash_: str) -> None:
        """The journal ends where it should; what is derived is made anew."""
        if (self._sequence, self._hash) != (sequence, hash_):
            raise NotOurs(f"the journal ends at entry {self._sequence}, not at the one that the manifest names")
        ends = update(JournalHead).values(sequence=sequence, hash=hash_)
        await self._connection.execute(ends, execution_options=OF_THE_UNIT)
        await search.rebuild(self._connection)
        await self._attach_texts()
        await feed.rebuild(self._connection)

    async def _attach_texts(self) -> None:
        """What was read from files is found under their documents."""
        file = inspect(DocumentFile).local_table
        async for rows in in_batches(self._connection, file):
            await search.attach_files(self._connection, sorted({(row.document_id, row.language_code) for row in rows}))


def _some(read: Iterable[bytes], table: sqlalchemy.Table) -> Iterator[list[dict[str, Any]]]:
    """Rows some at a time, so that never all of them are held."""
    rows: list[dict[str, Any]] = []
    size = 0
    for number, line in enumerate(read, start=1):
        try:
            rows.append(_row(table, line))
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
            raise NotOurs(f"line {number} of {table.name} is no row of it: {error}") from None
        size += len(line)
        if len(rows) == _AT_ONCE or size > _BYTES_AT_ONCE:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _row(table: sqlalchemy.Table, line: bytes) -> dict[str, Any]:
    told = orjson.loads(line)
    names = [column.key for column in table.columns]
    if not isinstance(told, dict) or told.keys() != set(names):
        raise ValueError("its columns are others")
    return {name: None if told[name] is None else _value(table.c[name], told[name]) for name in names}


def _value(column: Column[Any], told: Any) -> Any:
    """The reverse of what `canonical` does."""
    match column.type:
        case Enum(enum_class=of) if of is not None:
            return of(told)
        case LocalizedTextType():
            return text_from_json(told)
        case PartialDateType():
            return PartialDate.parse(told)
        case Numeric() | MoneyType():
            number = Decimal(told)
            if not number.is_finite():
                raise ValueError(f"{column.name} is no number")
            return number
        case Date():
            return date.fromisoformat(told)
        case JSON():
            return told
        case Boolean():
            of_type: type = bool
        case Integer():
            of_type = int
        case _:
            of_type = str
    if type(told) is not of_type:
        raise ValueError(f"{column.name} is no {of_type.__name__}")
    if isinstance(told, str) and "\0" in told:
        raise ValueError(f"{column.name} holds a NUL")
    if of_type is int and not -(most := 2 ** (63 if isinstance(column.type, BigInteger) else 31)) <= told < most:
        raise ValueError(f"{column.name} is too large")
    if column.name == "sha256" and isinstance(told, str) and _SHA256.fullmatch(told) is None:
        # By it a file is found.
        raise ValueError("sha256 is none")
    return told


@cache
def _within(table: sqlalchemy.Table) -> tuple[str, ...]:
    """Columns by which rows refer to rows of the same table, which may come later."""
    return tuple(
        column.key for column in table.columns if any(each.column.table is table for each in column.foreign_keys)
    )
