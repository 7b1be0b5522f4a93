"""Lists from an office, as CSV: who comes to a meeting, and which documents are issued.

Each batch is kept whole or not at all, and what is there already is left as it is: a list that was cut off, or mended,
is given again.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.store import CHUNK, FileStore, Spool, Spooled
from mandate.actor import PUBLIC, Actor, Visibility
from mandate.file import BadFile, check_content, media_type_of
from mandate.participation import ParticipationRole, ParticipationStatus
from mandate.person import same_name
from mandate.text import LocalizedText
from resolvers import document, file, participation, text
from resolvers.account import actor_of
from resolvers.context import Context, Operation
from resolvers.error import Failed, NoneKept, UserError
from resolvers.file_text import text_of
from resolvers.load.cell import Code, Codes, Day, Kind, Name, Party, Symbol, Text
from resolvers.load.sheet import BadCell, Line, Row, read_sheet
from resolvers.reading import Reader

R = TypeVar("R", bound=Row)

_DOCUMENTS_AT_ONCE = 20
"""With their files they take a while: so often progress is told."""


class ParticipantRow(Row):
    party: Party
    full_name: Name
    role: ParticipationRole


class DocumentRow(Row):
    symbol: Symbol
    """By which a document is known again; those without one are issued through the API."""
    kind: Kind
    title: Text
    original_language: Code
    versions: Codes
    """Languages with bars between, each with a file or without: en:paper.pdf|fr:papier.pdf|ru."""
    meetings: Codes = ()
    submitted_by: Codes = ()
    author: Text | None = None
    portfolio: Code | None = None
    issued_on: Day | None = None
    visibility: Visibility | None = None
    concerns: Codes = ()


@dataclass(slots=True)
class Outcome:
    """What became of a list."""

    done: int = 0
    there: int = 0
    failed: list[BadCell] = field(default_factory=list)


class Acting:
    """Somebody of the ISU at the command line, by their account, which the journal names."""

    def __init__(self, database: Database, account: str, today: date) -> None:
        self._database = database
        self._account = account
        self._today = today

    @asynccontextmanager
    async def context(self) -> AsyncIterator[Context]:
        """One batch; who acts is asked under its write lock, for a list may take longer than an account lasts."""
        async with self._database.reading() as connection:
            actor = await self._actor(connection)
        operation = Operation(writes=True)
        async with Context(self._database, self._today, actor, operation, confirm=self._actor) as context:
            yield context

    async def _actor(self, connection: AsyncConnection) -> Actor:
        return await actor_of(Reader(connection, PUBLIC, self._today), self._account, self._today)


async def register(acting: Acting, meeting: str, path: Path, progress: file.Progress) -> Outcome:
    """Register people by their names; whoever was nominated by that name goes on from there."""
    lines, outcome = _read(path, ParticipantRow)
    lines = _only_once(lines, outcome, "full_name", lambda row: (row.party, same_name(row.full_name)))
    for batch in _batches(lines, participation.MOST_AT_ONCE, "participants", progress):
        people = [
            participation.Nominee(party=line.row.party, full_name=line.row.full_name, role=line.row.role)
            for line in batch
        ]
        async with _told(outcome) as told, acting.context() as context:
            async with context.reader() as reader:
                known = await participation.named_so(reader, meeting, people)
            for line, person, found in zip(batch, people, known, strict=True):
                if found is None:
                    told.lines.append((line, person))
                elif found.status is ParticipationStatus.REGISTERED:
                    told.there += 1
                elif found.status is ParticipationStatus.REVOKED:
                    told.failed.append(_bad(line, "full_name", "Their participation was revoked."))
                else:
                    told.lines.append((line, replace(person, full_name=None, person=found.id)))
            if told.lines:
                done = await participation.register_many(context, meeting, [person for _, person in told.lines])
                told.tell(len(done.keys), done.failed)
    return outcome


class Desk:
    """Where the files of documents lie, and where they are taken in."""

    def __init__(self, folder: Path | None, store: FileStore, spool: Spool, largest: int) -> None:
        self._folder = folder
        self._store = store
        self._spool = spool
        self._largest = largest

    async def versions(self, row: DocumentRow) -> list[tuple[str, list[file.Taken]]]:
        """The languages of a document with their files, stored; raises BadFile."""
        found: dict[str, list[file.Taken]] = {}
        for each in row.versions:
            language, _, name = each.partition(":")
            found.setdefault(language, [])
            if name:
                found[language].append(await self._take(name))
        return list(found.items())

    async def _take(self, name: str) -> file.Taken:
        media_type = media_type_of(name)
        if self._folder is None:
            raise BadFile(f"Say where {name} lies: --files.")
        with self._spool.open() as spooled:
            self._copy(self._folder / name, spooled)
            try:
                check_content(spooled.file, media_type)
            except BadFile as bad:
                raise BadFile(f"{name}: {bad}") from None
            spooled.finish()
            # First the bytes, then the word of them.
            await self._store.keep(spooled.sha256, spooled.path)
            return file.Taken(
                name=name,
                media_type=media_type,
                sha256=spooled.sha256,
                bytes=spooled.size,
                text=text_of(spooled.path, media_type),
            )

    def _copy(self, path: Path, spooled: Spooled) -> None:
        with _opened(path) as source:
            while chunk := source.read(CHUNK):
                spooled.write(chunk)
                if spooled.size > self._largest:
                    raise BadFile(f"{path.name}: a file may have {self._largest:,} bytes at most.")


def _opened(path: Path) -> BinaryIO:
    """A file that lies in the folder itself: a link may lead out of it, and a pipe waits for whoever writes to it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise BadFile(f"{path.name} can not be read from the folder: {reason}.") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BadFile(f"{path.name} can not be read from the folder: it is no file.")
    return os.fdopen(handle, "rb")


async def issue(acting: Acting, path: Path, desk: Desk, progress: file.Progress) -> Outcome:
    """Issue documents with their files; one that is issued with this symbol, title and kind is there already."""
    lines, outcome = _read(path, DocumentRow)
    lines = _only_once(lines, outcome, "symbol", lambda row: row.symbol)
    lines = _with_titles(lines, outcome)
    async with acting.context() as context:
        there = await _issued(context, lines)
    waiting = [line for line in lines if line.row.symbol not in there]
    outcome.there = len(there)
    for batch in _batches(waiting, _DOCUMENTS_AT_ONCE, "documents", progress):
        stored = []
        for line in batch:
            try:
                stored.append((line, await desk.versions(line.row)))
            except BadFile as bad:
                outcome.failed.append(_bad(line, "versions", str(bad)))
        async with _told(outcome) as told, acting.context() as context:
            # Once more, under the write lock: the same list may be under way elsewhere.
            there = await _issued(context, [line for line, _ in stored])
            told.there = len(there)
            stored = [(line, versions) for line, versions in stored if line.row.symbol not in there]
            files = [each for _, versions in stored for _, taken in versions for each in taken]
            uploads = iter(await file.take(context, files) if files else [])
            told.lines = [(line, _given(line.row, versions, uploads)) for line, versions in stored]
            if told.lines:
                done = await document.issue_many(context, [given for _, given in told.lines])
                told.tell(len(done.keys), done.failed)
    return outcome


async def _issued(context: Context, lines: Sequence[Line[DocumentRow]]) -> set[str]:
    """The symbols of those that are issued, and are what the list says."""
    async with context.reader() as reader:
        known = await document.issued_so(reader, [line.row.symbol for line in lines])
    there = set()
    for row in (line.row for line in lines):
        found = known.get(row.symbol)
        if found is not None and found.kind_code == row.kind and _original(found.title) == row.title:
            there.add(row.symbol)
    return there


def _original(title: LocalizedText) -> str:
    return title.wordings[title.original].value


def _given(
    row: DocumentRow, versions: Sequence[tuple[str, Sequence[file.Taken]]], uploads: Iterator[str]
) -> document.Given:
    return document.Given(
        symbol=row.symbol,
        kind=row.kind,
        title=LocalizedText.of(row.title, row.original_language),
        original_language=row.original_language,
        versions=[
            document.Version(language=language, uploads=[next(uploads) for _ in taken]) for language, taken in versions
        ],
        meetings=row.meetings,
        submitted_by=row.submitted_by,
        author=row.author,
        portfolio=row.portfolio,
        issued_on=row.issued_on,
        visibility=row.visibility,
        concerns=row.concerns,
    )


# ---------- lines, and what is told of them ----------


def _read(path: Path, model: type[R]) -> tuple[list[Line[R]], Outcome]:
    """The sound lines; the others have failed."""
    lines = read_sheet(path, model)
    if not lines:
        raise UserError(f"{path.name}: has a header, and nothing below it.")
    return [line for line in lines if not line.bad], Outcome(failed=[bad for line in lines for bad in line.bad])


def _only_once(lines: list[Line[R]], outcome: Outcome, column: str, of: Callable[[R], Any]) -> list[Line[R]]:
    first: dict[Any, Line[R]] = {}
    for line in lines:
        before = first.setdefault(of(line.row), line)
        if before is not line:
            outcome.failed.append(_bad(line, column, f"is in line {before.number} already"))
    return list(first.values())


def _with_titles(lines: list[Line[DocumentRow]], outcome: Outcome) -> list[Line[DocumentRow]]:
    """What the API asks of a text where it is given."""
    sound = []
    for line in lines:
        against = [_bad(line, "title", reason) for reason in text.against(line.row.title, document.LONGEST_LINE)]
        outcome.failed += against
        sound += [] if against else [line]
    return sound


def _batches(lines: list[Line[R]], size: int, what: str, progress: file.Progress) -> Iterator[list[Line[R]]]:
    for start in range(0, len(lines), size):
        progress(what, start, len(lines))
        yield lines[start : start + size]
    progress(what, len(lines), len(lines))


@dataclass(slots=True)
class _Told:
    """Of one batch, as it would be once it is committed."""

    lines: list[tuple[Line[Any], Any]] = field(default_factory=list)
    done: int = 0
    there: int = 0
    failed: list[BadCell] = field(default_factory=list)

    def tell(self, done: int, failed: Sequence[Failed]) -> None:
        self.done += done
        for each in failed:
            line = self.lines[each.place][0]
            self.failed += [_bad(line, _column(member), why) for member, why in each.members]


@asynccontextmanager
async def _told(outcome: Outcome) -> AsyncIterator[_Told]:
    told = _Told()
    try:
        yield told
    except NoneKept as none:
        told.tell(0, none.failed)
    outcome.done += told.done
    outcome.there += told.there
    outcome.failed += told.failed


def _column(member: str) -> str:
    """In which a member of the act is given."""
    first = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", member.partition(".")[0])
    return "full_name" if first == "person" else first


def _bad(line: Line[Any], column: str, reason: str) -> BadCell:
    return BadCell(
        file=line.file,
        line=line.places.get(column, line.number),
        column=column,
        value=line.cells.get(column),
        reason=reason,
    )
