"""What is searched, and the table that it is searched in: one row for each language of each thing.

The table is derived, and is not journalled: `db.unit.Unit` writes it with every row that it keeps or changes, and
`rebuild` makes it anew. What it shows is what its subject shows, so whoever reads it joins the subject's own table,
under the subject's own visibility.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import RowMapping, Text, UniqueConstraint, bindparam, delete, func, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field, col

from db.agenda import AgendaItem
from db.communication import Communication
from db.decision import Decision
from db.dialect import among, keys_to_come
from db.document import Document, DocumentFile
from db.meeting import Meeting
from db.organisation import Organisation
from db.record import MeetingRecord, paragraphs_from_json
from db.sending import later, once
from db.state import State
from db.statement import Statement
from db.table import Kept, Table, column, plain_text
from mandate.search import SearchType, kept_words, words
from mandate.text import LocalizedText

LONGEST_TEXT = 200_000
"""Characters of one language version that are searched."""
_AT_ONCE = 500
_NO_LANGUAGE = "en"

Row = Mapping[str, Any] | RowMapping


class SearchText(Table, table=True):
    __tablename__ = "search_text"
    __table_args__ = (UniqueConstraint("subject_type", "subject_key", "language"),)

    id: int | None = Field(default=None, primary_key=True)
    subject_type: str = column(plain_text(64))
    """The name of its table."""
    subject_key: str = column(plain_text(64))
    language: str = column(plain_text(64))
    is_original: bool
    code: str | None = column(plain_text(200), default=None)
    """The words of its symbol or code: who asks for exactly these wants this one."""
    heading: str = column(Text)
    text: str = column(Text)
    """As they are written, for highlights."""
    attached: str | None = column(Text, default=None)
    """What was read from a file in this language: nothing else keeps it, so it outlives a change of the row."""
    title: str = column(Text)
    words: str = column(Text)
    """The words of the heading, and of everything."""


class FileText(Table, table=True):
    """What was read from a file when it came; files are stored once, and so are their texts."""

    __tablename__ = "file_text"

    sha256: str = Field(primary_key=True, sa_type=plain_text(64))
    text: str = column(Text)


@dataclass(frozen=True, kw_only=True)
class Searchable:
    """Which columns of a table are searched. A text in several languages is searched in each, all others in all."""

    search_type: SearchType
    table: type[Kept]
    code: str | None = None
    headings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    on: str | None = None
    """The column that says of when it is."""
    kind: str | None = None
    meeting: str | None = None

    def __post_init__(self) -> None:
        columns = inspect(self.table).local_table.columns
        for name in (self.code, *self.headings, *self.texts):
            if name is not None and columns[name].info.get("personal"):
                raise TypeError(f"{self.table.__name__}.{name} is about a person, and is not searched")

    @cached_property
    def name(self) -> str:
        return str(self.table.__tablename__)

    @property
    def type_name(self) -> str:
        """Of the type of the API."""
        return self.table.__name__

    @property
    def source(self) -> Any:
        return inspect(self.table).local_table

    @cached_property
    def key(self) -> Any:
        (found,) = self.source.primary_key
        return found


SEARCHABLE = (
    Searchable(
        search_type=SearchType.STATE,
        table=State,
        code="code",
        headings=("name",),
        texts=("official_name",),
        kind="regional_group",
    ),
    Searchable(
        search_type=SearchType.ORGANISATION,
        table=Organisation,
        code="code",
        headings=("name",),
        texts=("acronym",),
        kind="kind_code",
    ),
    Searchable(
        search_type=SearchType.MEETING,
        table=Meeting,
        code="code",
        headings=("title",),
        texts=("city", "venue", "working_methods"),
        on="starts_on",
        kind="kind_code",
        meeting="code",
    ),
    Searchable(
        search_type=SearchType.DOCUMENT,
        table=Document,
        code="symbol",
        headings=("title",),
        on="issued_on",
        kind="kind_code",
        meeting="meeting_code",
    ),
    Searchable(
        search_type=SearchType.DECISION,
        table=Decision,
        headings=("title",),
        texts=("text",),
        on="adopted_on",
        meeting="meeting_code",
    ),
    Searchable(search_type=SearchType.AGENDA_ITEM, table=AgendaItem, headings=("title",), meeting="meeting_code"),
    Searchable(
        search_type=SearchType.RECORD,
        table=MeetingRecord,
        headings=("title",),
        texts=("summary", "paragraphs"),
        on="published_on",
        kind="kind",
        meeting="meeting_code",
    ),
    Searchable(
        search_type=SearchType.STATEMENT,
        table=Statement,
        headings=("title",),
        texts=("text",),
        on="delivered_on",
        meeting="meeting_code",
    ),
    Searchable(
        search_type=SearchType.COMMUNICATION,
        table=Communication,
        code="reference",
        headings=("subject",),
        texts=("body",),
        on="sent_at",
        kind="kind",
    ),
)
"""In the order in which equally good finds are shown."""
_OF = {each.table: each for each in SEARCHABLE}
_INSERT = once(insert(SearchText))
_TAKE_OUT = once(
    delete(SearchText)
    .where(col(SearchText.subject_type) == bindparam("type"), among(col(SearchText.subject_key), keys_to_come("keys")))
    .returning(col(SearchText.subject_key), col(SearchText.language), col(SearchText.attached))
)


def is_searched(table: type[Kept], columns: Collection[str]) -> bool:
    """Whether what is searched of a row says anything of some of its columns."""
    of = _OF.get(table)
    return of is not None and not {of.code, *of.headings, *of.texts}.isdisjoint(columns)


async def index(connection: AsyncConnection, table: type[Kept], rows: Sequence[Row], *, are_new: bool = False) -> None:
    """What is searched of rows, as they are now. Part of the unit of work that writes them.

    Of rows that are new there is nothing yet, nor of a file.
    """
    of = _OF.get(table)
    if of is None or not rows:
        return
    if are_new:
        await later(connection, _INSERT, [each for row in rows for each in searched(of, row, {})])
        return
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        attached: dict[str, dict[str, str]] = {}
        gone = await connection.execute(_TAKE_OUT, {"type": of.name, "keys": [row[of.key.key] for row in some]})
        for key, language, text in gone:
            if text is not None:
                attached.setdefault(key, {})[language] = text
        made = [each for row in some for each in searched(of, row, attached.get(row[of.key.key], {}))]
        if made:
            await later(connection, _INSERT, made)


async def attach(connection: AsyncConnection, table: type[Kept], texts: Mapping[tuple[str, str], str | None]) -> None:
    """Texts of files by key and language, in place of what was there; None where there is no file any more."""
    of = _OF[table]
    keys = sorted({key for key, _ in texts})
    its = _of_subjects(of, keys)
    rows = (await connection.execute(select(of.source).where(among(of.key, keys)))).mappings().all()
    attached = await _attached(connection, its)
    for (key, language), text in texts.items():
        of_key = attached.setdefault(key, {})
        of_key.pop(language, None)
        if text:
            of_key[language] = text.replace("\0", " ")[:LONGEST_TEXT]
    await connection.execute(delete(SearchText).where(*its))
    made = [each for row in rows for each in searched(of, row, attached.get(row[of.key.key], {}))]
    if made:
        await connection.execute(_INSERT, made)


async def keep_file_text(connection: AsyncConnection, sha256: str, text: str) -> None:
    """What was read from a file, once for each that is stored."""
    there = select(col(FileText.sha256)).where(col(FileText.sha256) == sha256)
    if text and (await connection.execute(there)).first() is None:
        await connection.execute(insert(FileText), {"sha256": sha256, "text": text.replace("\0", " ")[:LONGEST_TEXT]})


async def attach_files(connection: AsyncConnection, versions: Sequence[tuple[str, str]]) -> None:
    """The texts of the files that documents have now in some languages; each version by its document and language."""
    if not versions:
        return
    file = DocumentFile
    found = await connection.execute(
        select(col(file.document_id), col(file.language_code), col(FileText.text))
        .join(file, col(file.sha256) == col(FileText.sha256))
        .where(among(col(file.document_id), sorted({key for key, _ in versions})), col(file.is_replaced).is_(False))
        .order_by(col(file.id))
    )
    texts: dict[tuple[str, str], list[str]] = {version: [] for version in versions}
    for document, language, text in found:
        if (document, language) in texts:
            texts[document, language].append(text)
    await attach(connection, Document, {version: "\n".join(parts) or None for version, parts in texts.items()})


def searched(of: Searchable, row: Row, attached: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row for each language in which a row of ours, or a file of its, has a text."""
    named = [row[name] for name in of.headings]
    told = [text for name in of.texts for text in _texts(row[name])]
    localized = [each for each in (*named, *told) if isinstance(each, LocalizedText)]
    original = localized[0].original if localized else _NO_LANGUAGE
    languages = {original, *(code for text in localized for code in text.wordings), *attached}
    symbol = None if of.code is None else row[of.code]
    made = []
    # In one order, so that of two that are equally good the same is shown on both engines.
    for language in sorted(languages):
        heading = _in(language, named)
        text = _in(language, told)[:LONGEST_TEXT]
        file_text = attached.get(language)
        code = None if symbol is None else " ".join(words(symbol))
        title = " ".join(each for each in (code, " ".join(words(heading))) if each)
        made.append(
            {
                "subject_type": of.name,
                "subject_key": row[of.key.key],
                "language": language,
                "is_original": language == original,
                "code": code,
                "heading": heading,
                "text": text,
                "attached": file_text,
                "title": title,
                "words": kept_words((symbol or "", heading, text, file_text or "")),
            }
        )
    return made


async def rebuild(connection: AsyncConnection, progress: Callable[[int, int], None] | None = None) -> int:
    """All of it, from the rows as they are; says of how many."""
    total, done = await _count(connection), 0
    async for of, rows in _subjects(connection):
        await index(connection, of.table, rows)
        done += len(rows)
        if progress is not None:
            progress(done, total)
    for of in SEARCHABLE:
        gone = col(SearchText.subject_key).not_in(select(of.key))
        await connection.execute(delete(SearchText).where(col(SearchText.subject_type) == of.name, gone))
    others = col(SearchText.subject_type).not_in([of.name for of in SEARCHABLE])
    await connection.execute(delete(SearchText).where(others))
    return total


async def faults(connection: AsyncConnection) -> list[str]:
    """Where it does not say what the rows say."""
    found = []
    claimed = 0
    async for of, rows in _subjects(connection):
        kept: dict[str, list[RowMapping]] = {}
        its = _of_subjects(of, [row[of.key.key] for row in rows])
        source = inspect(SearchText).local_table
        for each in (await connection.execute(select(source).where(*its))).mappings():
            kept.setdefault(each["subject_key"], []).append(each)
            claimed += 1
        for row in rows:
            key = row[of.key.key]
            own = kept.get(key, [])
            should_be = searched(of, row, {each["language"]: each["attached"] for each in own if each["attached"]})
            if _told(own) != _told(should_be):
                found.append(f"what is searched of {of.name} {key} is not what it says: run `isu reindex`")
    there = (await connection.execute(select(func.count()).select_from(SearchText))).scalar_one()
    if there > claimed:
        found.append(f"{there - claimed} rows are searched of which nothing is kept: run `isu reindex`")
    return found


async def _subjects(connection: AsyncConnection) -> AsyncIterator[tuple[Searchable, Sequence[RowMapping]]]:
    for of in SEARCHABLE:
        last: str | None = None
        while True:
            more = select(of.source).order_by(of.key).limit(_AT_ONCE)
            rows = (await connection.execute(more if last is None else more.where(of.key > last))).mappings().all()
            if not rows:
                break
            yield of, rows
            last = rows[-1][of.key.key]


async def _count(connection: AsyncConnection) -> int:
    total = 0
    for of in SEARCHABLE:
        total += (await connection.execute(select(func.count()).select_from(of.source))).scalar_one()
    return total


def _of_subjects(of: Searchable, keys: Sequence[str]) -> tuple[Any, Any]:
    return col(SearchText.subject_type) == of.name, among(col(SearchText.subject_key), keys)


async def _attached(connection: AsyncConnection, its: tuple[Any, Any]) -> dict[str, dict[str, str]]:
    """The texts of files that are there, by key and language."""
    text = col(SearchText.attached)
    found = await connection.execute(
        select(col(SearchText.subject_key), col(SearchText.language), text).where(*its, text.is_not(None))
    )
    attached: dict[str, dict[str, str]] = {}
    for key, language, its_text in found:
        attached.setdefault(key, {})[language] = str(its_text)
    return attached


def _told(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    return {row["language"]: {name: value for name, value in row.items() if name != "id"} for row in rows}


def _texts(value: Any) -> Sequence[Any]:
    """Of paragraphs that stand in the row itself, each; of anything else, itself."""
    return [each.text for each in paragraphs_from_json(value)] if isinstance(value, list) else [value]


def _in(language: str, values: Sequence[Any]) -> str:
    """What stands in the language, and what is of no language; in its original where there is nothing in it."""
    texts = []
    for value in values:
        if isinstance(value, LocalizedText):
            wording = value.wordings.get(language) or value.wordings[value.original]
            texts.append(wording.value)
        elif value is not None:
            texts.append(str(value))
    return "\n".join(texts)
