"""Whether the journal still tells the truth: its chain, its end, and every row that it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from sqlalchemy import func, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

import db
from db import feed, search
from db.batch import UnreadableRow, in_batches
from db.change import NOTHING_BEFORE
from db.engine import Database
from db.table import Kept, kept_tables
from db.unit import Signature, Unit, entry_hash, row_shown, subject_key
from resolvers.treaty_action import effect

ADOPTED = "adopt"
"""The act by which rows older than the journal entered it."""

Progress = Callable[[str, int, int], None]
"""What is read, how much of it, of how much."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is not as it was written."""

    sequence: int | None
    """Of the entry that it concerns; None where no entry does."""
    reason: str

    def __str__(self) -> str:
        return self.reason if self.sequence is None else f"entry {self.sequence}: {self.reason}"


class Point(NamedTuple):
    """An entry, and by its hash all those before it."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(slots=True)
class _Subject:
    """A row, as the journal has it so far."""

    version: int
    sequence: int
    values: dict[str, Any]


@dataclass(slots=True)
class _Journal:
    """What was read so far: the end of the chain, and what became of each row."""

    entries: int = 0
    sequence: int = 0
    hash: str = NOTHING_BEFORE
    subjects: dict[tuple[str, str], _Subject] = field(default_factory=dict)
    expected: Point | None = None
    faults: list[Fault] = field(default_factory=list)
    """Of the entries themselves, in their order."""
    off: list[Fault] = field(default_factory=list)
    """Rows that are not as their last entry left them; where entries are bad, that often follows from it."""
    is_readable: bool = True
    """Every row."""

    def read(self, entry: Any) -> None:
        """One entry more, judged by what it says and by the one before."""
        self.entries += 1
        faults = []
        self._miss(entry.sequence)
        if entry.sequence <= self.sequence:
            faults.append("stands before the first")
        if not _is_its_hash(entry):
            faults.append("is not as it was written: its hash is another")
        if entry.previous_hash != self.hash and entry.sequence == self.sequence + 1:
            faults.append("does not follow the entry before: its previous hash is another")
        faults += self._follow(entry)
        if self.expected is not None and self.expected.sequence == entry.sequence and self.expected.hash != entry.hash:
            faults.append("is another than the one expected")
        self.sequence, self.hash = entry.sequence, entry.hash
        self.faults += [Fault(entry.sequence, reason) for reason in faults]

    def pass_by(self, sequence: int) -> None:
        """An entry of which not even the columns can be read; what comes after it can."""
        self.entries += 1
        self._miss(sequence)
        self.faults.append(Fault(sequence, "can not be read"))
        self.sequence, self.hash = sequence, ""

    def _miss(self, sequence: int) -> None:
        """The entries between the one before and this one."""
        first, last = self.sequence + 1, sequence - 1
        if first <= last:
            self.faults.append(Fault(first, "is missing" if first == last else f"and those up to {last} are missing"))

    def _follow(self, entry: Any) -> list[str]:
        """What the entry says of its row, against what earlier ones said."""
        place = (entry.subject_type, entry.subject_key)
        before, after, fields = _object(entry.before), _object(entry.after), _read(entry.fields)
        if after is None or (before is None and entry.before is not None):
            return ["can not be read"]
        faults = []
        if fields != sorted(after):
            faults.append("its fields are not those that it tells")
        known = self.subjects.get(place)
        if before is None:
            if known is not None:
                faults.append(f"begins {_name(place)} a second time")
            self.subjects[place] = _Subject(entry.version, entry.sequence, after)
            return faults
        if known is None:
            self.subjects[place] = _Subject(entry.version, entry.sequence, after)
            return [*faults, f"changes {_name(place)}, of which no entry told before"]
        if entry.version != known.version + 1:
            faults.append(f"takes {_name(place)} from version {known.version} to {entry.version}")
        if differing := [name for name, value in before.items() if known.values.get(name) != value]:
            faults.append(f"tells another past of {_name(place)}: {', '.join(sorted(differing))}")
        known.version, known.sequence = entry.version, entry.sequence
        known.values |= after
        return faults

    def end(self, sequence: int, hash_: str) -> None:
        """The head says where the journal ends; who had seen it end later knows better."""
        if self.expected is not None and self.expected.sequence > max(sequence, self.sequence):
            self.faults.append(Fault(self.expected.sequence, "was expected, and is missing"))
        if sequence > self.sequence:
            self.faults.append(Fault(self.sequence + 1, f"and those up to {sequence}, the last, are missing"))
        elif sequence < self.sequence:
            self.faults.append(Fault(sequence + 1, f"comes after entry {sequence}, which is the last"))
        elif hash_ != self.hash:
            self.faults.append(Fault(sequence, "is the last, but its hash is not the one kept as the last"))

    def row(self, table: type[Kept], row: Mapping[str, Any]) -> None:
        """A row as it stands now; those that no row claims are left."""
        key = tuple(row[column.key] for column in inspect(table).primary_key)
        try:
            now = row_shown(table, row)
        except TypeError:
            # Bytes, which SQLite keeps in a column of text too.
            self.unreadable(table, key)
            return
        place = (str(table.__tablename__), subject_key(key))
        told = self.subjects.pop(place, None)
        if told is None:
            self.off.append(Fault(None, f"{_name(place)} is kept, but no entry tells of it"))
            return
        if row["version"] != told.version:
            reason = f"leaves {_name(place)} at version {told.version}, but it is at {row['version']}"
            self.off.append(Fault(told.sequence, reason))
        # Columns that came or went with a later migration are in one of the two alone.
        differing = sorted(name for name in now.keys() & told.values.keys() if now[name] != told.values[name])
        if differing:
            reason = f"{_name(place)} was changed behind the journal's back: {', '.join(differing)}"
            self.off.append(Fault(told.sequence, reason))

    def unreadable(self, table: type[Kept], key: tuple[Any, ...]) -> None:
        """A row that holds what its columns can not: no act of ours has written it."""
        place = (str(table.__tablename__), subject_key(key))
        told = self.subjects.pop(place, None)
        sequence = None if told is None else told.sequence
        self.off.append(Fault(sequence, f"{_name(place)} was changed behind the journal's back: it can not be read"))
        self.is_readable = False


@dataclass(frozen=True, slots=True)
class Verdict:
    entries: int
    last: Point
    """To be kept elsewhere: whoever can write the database can also cut off its end, and tell of it nowhere."""
    faults: list[Fault]
    """Of entries, the first bad one first; then of rows."""


async def verify(database: Database, progress: Progress | None = None, *, expected: Point | None = None) -> Verdict:
    """All that is wrong, within one snapshot: writers need not stop."""
    progress = progress or (lambda _what, _done, _all: None)
    journal = _Journal(expected=expected)
    async with database.reading() as connection:
        await _read_entries(connection, journal, progress)
        await _read_rows(connection, journal, progress)
        computed = []
        if journal.is_readable:
            # Else neither can be told what follows from the rows.
            computed = await _recompute(connection)
            computed += [Fault(None, fault) for fault in await search.faults(connection)]
        if not (journal.faults or journal.off or journal.subjects):
            # Derived from the journal: where that is not as it was written, neither can this be.
            computed += [Fault(None, fault) for fault in await feed.faults(connection)]
    journal.off += [
        Fault(told.sequence, f"tells of {_name(place)}, which is not kept") for place, told in journal.subjects.items()
    ]
    off = sorted([*journal.off, *computed], key=lambda fault: (fault.sequence is None, fault.sequence or 0))
    return Verdict(journal.entries, Point(journal.sequence, journal.hash), [*journal.faults, *off])


async def adopt(connection: AsyncConnection) -> int:
    """Rows kept before there was a journal enter it, once; afterwards only the unit of work writes."""
    head = (await connection.execute(select(inspect(db.JournalHead).local_table))).one()
    if head.sequence != 0:
        return 0
    unit, adopted = Unit(connection, Signature(act=ADOPTED)), 0
    for table in kept_tables():
        found = await connection.execute(select(inspect(table).local_table))
        rows = [dict(row) for row in found.mappings()]
        await unit.adopt(table, rows)
        adopted += len(rows)
    return adopted


async def _read_entries(connection: AsyncConnection, journal: _Journal, progress: Progress) -> None:
    head = (await connection.execute(select(inspect(db.JournalHead).local_table))).one_or_none()
    if head is None:
        journal.faults.append(Fault(None, "the row that says where the journal ends is missing"))
    change = inspect(db.Change).local_table
    total, done = await _count(connection, change), 0
    async for batch in in_batches(connection, change, whatever_they_hold=True):
        for entry in batch:
            if isinstance(entry, UnreadableRow):
                journal.pass_by(entry.key[0])
            else:
                journal.read(entry)
        done += len(batch)
        progress("the journal", done, total)
    if head is not None:
        journal.end(head.sequence, head.hash)


async def _read_rows(connection: AsyncConnection, journal: _Journal, progress: Progress) -> None:
    tables = list(kept_tables())
    totals = [await _count(connection, inspect(table).local_table) for table in tables]
    done = 0
    for table in tables:
        source = inspect(table).local_table
        async for batch in in_batches(connection, source, whatever_they_hold=True):
            for row in batch:
                if isinstance(row, UnreadableRow):
                    journal.unreadable(table, row.key)
                else:
                    journal.row(table, row._mapping)  # noqa: SLF001  its public name is the same
            done += len(batch)
            progress("what it tells of", done, sum(totals))


async def _recompute(connection: AsyncConnection) -> list[Fault]:
    """Columns that are kept only so that SQL can filter by them, against the rule that gives them."""
    actions = await connection.execute(select(inspect(db.TreatyAction).local_table))
    faults = []
    for row in actions:
        stated = row.stated_takes_effect_on
        should_be = effect(row.type, row.date, None if stated is None else stated.exact)
        if row.takes_effect_on != should_be:
            reason = f"treaty_action {row.id} takes effect on {row.takes_effect_on}; by the rule it is {should_be}"
            faults.append(Fault(None, reason))
    return faults


async def _count(connection: AsyncConnection, table: Any) -> int:
    count: int = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
    return count


def _is_its_hash(entry: Any) -> bool:
    try:
        hashed: str = entry_hash(entry)
    except TypeError:
        return False  # bytes again
    return bool(entry.hash == hashed)


def _object(text: str | None) -> dict[str, Any] | None:
    read = None if text is None else _read(text)
    return read if isinstance(read, dict) else None


def _read(text: str) -> Any:
    """What cannot be read is told as a fault of its entry, and stops nothing."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _name(place: tuple[str, str]) -> str:
    return " ".join(map(str, place))
