"""Documents: symbols are allocated, documents issued in their languages, corrected, and translated late."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import inspect, or_, select
from sqlmodel import col

import db
from db import search
from db.dialect import among
from db.document import begins_with
from db.table import Kept, new_id
from db.unit import Key, Unit
from mandate.actor import Act, Actor, Visibility
from mandate.day import PartialDate
from mandate.document import (
    DocumentRelationType,
    Series,
    Symbol,
    is_series,
    next_suffixed,
    parse_symbol,
    prefix_of,
    symbol_order,
    takes_the_place,
)
from mandate.meeting import MeetingStatus, is_within
from mandate.text import LocalizedText, TextStatus, Wording
from resolvers import text
from resolvers.context import Context, absent, all_seen, find_seen
from resolvers.error import Conflict, Failed, Invalid, NotFound, Problem, or_nothing
from resolvers.file import against_uploads, only_new, sent, uploads_of
from resolvers.meeting import still
from resolvers.reading import Reader
from resolvers.reading.declaration import FIRST_DAY

MOST_AT_ONCE = 100
"""Documents that are issued in one act."""
MOST_NAMED = 50
"""Meetings, agenda items, authors, relations or language versions in one act."""
MOST_FILES = 20
"""Of one language version."""
LONGEST_LINE = 500
_CORRIGENDUM = "corrigendum"
_WIDEST_FIRST = (
    Visibility.PUBLIC,
    Visibility.STATES_PARTIES,
    Visibility.COMMITTEE,
    Visibility.PARTICIPANTS,
    Visibility.ISU,
)

Against = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A document in one language, as it is given."""

    language: str
    status: TextStatus = TextStatus.OFFICIAL
    is_advance: bool = False
    uploads: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    type: DocumentRelationType
    target: str
    languages: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSymbol:
    """The next number of a series of the first meeting; without a name, of the documents numbered alone."""

    series: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A document, as it is to be issued."""

    symbol: str | None
    next_symbol: NextSymbol | None = None
    kind: str
    title: LocalizedText
    original_language: str
    versions: Sequence[Version]
    meetings: Sequence[str] = ()
    """The first is the one for which it was made."""
    agenda_items: Sequence[str] = ()
    submitted_by: Sequence[str] = ()
    author: str | None = None
    portfolio: str | None = None
    is_un_document: bool | None = None
    """Whoever has a symbol is one, where nothing is said."""
    issued_on: date | None = None
    relations: Sequence[Relation] = ()
    visibility: Visibility | None = None
    """As its meetings allow, where nothing is said."""
    concerns: Sequence[str] = ()

    @property
    def uploads(self) -> list[tuple[str, str]]:
        """Each with its path."""
        return [
            (f"versions.{number}.uploads.{place}", upload)
            for number, version in enumerate(self.versions[:MOST_NAMED])
            for place, upload in enumerate(version.uploads[:MOST_FILES])
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Of documents that were to be issued together."""

    keys: tuple[str, ...] = ()
    failed: tuple[Failed, ...] = ()


# ---------- the acts ----------


async def allocate(
    context: Context,
    *,
    meeting: str,
    series: str | None,
    symbol: str | None,
    kind: str,
    title: LocalizedText,
    validate_only: bool = False,
) -> str | None:
    """Reserve a symbol for a document of a meeting: this one, or the next number of a series."""
    async with context.act(Act.ALLOCATE_SYMBOL, validate_only=validate_only) as unit:
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        still(held, without=frozenset({MeetingStatus.CANCELLED}))
        against = _unknown(await _known(unit, db.DocumentKind, [kind]), "kind", [kind], "documentKinds lists them")
        if symbol is not None and series is not None:
            against.append(("series", "Give a symbol, or the series in which the next number is taken."))
        if against:
            raise Invalid(*against)
        chosen = await _next_in(unit, held, series) if symbol is None else parse_symbol(symbol)
        _is_free(await _on_record(unit, [str(chosen)]), str(chosen))
        key = new_id()
        reserved = {
            "id": key,
            "symbol": str(chosen),
            "symbol_order": symbol_order(str(chosen)),
            "title": title,
            "kind_code": kind,
            "meeting_code": meeting,
            "is_un_document": True,
            "is_reserved": True,
            "visibility": Visibility.ISU,
        }
        await unit.keep(db.Document, [reserved])
    return None if validate_only else key


async def issue(context: Context, given: Given, *, validate_only: bool = False) -> str | None:
    async with context.act(Act.ISSUE_DOCUMENT, validate_only=validate_only) as unit:
        key = await _issue(unit, context.actor, given, context.today)
    return None if validate_only else key


async def issue_many(
    context: Context,
    rows: Sequence[Given | Invalid],
    *,
    all_or_nothing: bool = False,
    validate_only: bool = False,
) -> Issued:
    """Issue documents one after the other, so that each finds on record those before it, and what it alters; Invalid is
    one that was unfit as it was given."""
    async with context.act(Act.ISSUE_DOCUMENTS, validate_only=validate_only) as unit:
        if not 1 <= len(rows) <= MOST_AT_ONCE:
            raise Invalid(("documents", f"Between 1 and {MOST_AT_ONCE}."))
        done = await _issue_all(unit, context.actor, rows, context.today)
        or_nothing("documents", done.keys, done.failed, all_or_nothing=all_or_nothing)
    return replace(done, keys=()) if validate_only else done


async def issued_so(reader: Reader, symbols: Sequence[str]) -> dict[str, Any]:
    """Documents that are issued, by symbol."""
    document = db.Document
    columns = (col(document.symbol), col(document.title), col(document.kind_code))
    rows = await reader.rows(
        select(*columns).where(among(col(document.symbol), symbols), col(document.is_reserved).is_(False))
    )
    return {row.symbol: row for row in rows}


async def correct(
    context: Context,
    *,
    document: str,
    expected_version: int,
    versions: Sequence[Version],
    title: LocalizedText | None = None,
    issued_on: date | None = None,
    validate_only: bool = False,
) -> str | None:
    """Issue a corrigendum in some of the document's languages: for those who see that, with the next symbol."""
    async with context.act(Act.ISSUE_CORRIGENDUM, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Document, document, expected_version)
        _is_issued(row)
        there = {each.language_code for each in await _versions(unit, document)}
        against = [
            (f"versions.{place}.language", "The document is not there in this language.")
            for place, version in enumerate(versions)
            if there and version.language not in there
        ]
        against += _against_day("issuedOn", issued_on, context.today, row["issued_on"])
        if against:
            raise Invalid(*against)
        given = Given(
            symbol=None if row["symbol"] is None else str(await _next_after(unit, row["symbol"], "Corr")),
            kind=row["kind_code"] if await unit.row(db.DocumentKind, (_CORRIGENDUM,)) is None else _CORRIGENDUM,
            title=title or row["title"],
            original_language=versions[0].language if versions else "en",
            versions=versions,
            meetings=await _meetings(unit, row),
            submitted_by=await _column(unit, db.DocumentAuthor, "party_id", document),
            author=row["author"],
            portfolio=row["body_code"],
            is_un_document=row["is_un_document"],
            issued_on=issued_on,
            relations=[
                Relation(
                    type=DocumentRelationType.CORRIGENDUM,
                    target=document,
                    languages=[version.language for version in versions],
                )
            ],
            visibility=row["visibility"],
            concerns=await _concerned(unit, document),
        )
        key = await _issue(unit, context.actor, given, context.today, follows=True)
    return None if validate_only else key


async def attach(
    context: Context,
    *,
    document: str,
    expected_version: int,
    version: Version,
    title: str | None = None,
    available_on: date | None = None,
    validate_only: bool = False,
) -> str | None:
    """Attach a language version: one that was missing, or a better one than stood there."""
    async with context.act(Act.ATTACH_LANGUAGE_VERSION, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Document, document, expected_version)
        _is_issued(row)
        against = _against_versions(await _known(unit, db.Language, [version.language]), [version], "")
        against += _against_day("availableOn", available_on, context.today, row["issued_on"])
        if row["corrected_languages"] is not None and version.language not in row["corrected_languages"]:
            against.append(("language", "The corrigendum is not for this language."))
        if title is not None:
            against += [("title", reason) for reason in text.against(title, LONGEST_LINE)]
        if against:
            raise Invalid(*against)
        files = await sent(unit, context.actor, [(f"uploads.{n}", each) for n, each in enumerate(version.uploads)])
        came = {
            "text_status": version.status,
            "is_advance": version.is_advance,
            "available_on": PartialDate.of(available_on or context.today),
        }
        key = (document, version.language)
        stands = await unit.row(db.DocumentLanguage, key)
        if stands is None:
            await unit.keep(db.DocumentLanguage, [{"document_id": document, "language_code": version.language, **came}])
        else:
            await _replace(unit, stands, version, came)
        await _keep_files(unit, {(document, version.language): files}, [(document, version.language)])
        if title is not None:
            wordings = {**row["title"].wordings, version.language: Wording(title.strip(), version.status)}
            changed = {"title": LocalizedText(row["title"].original, wordings)}
            await unit.change(db.Document, [((document,), changed)])
    return None if validate_only else document


# ---------- issuing ----------


@dataclass(slots=True, kw_only=True)
class _Facts:
    """Of all documents that are issued together; with each that is, they change as the record does."""

    kinds: Collection[str]
    languages: Collection[str]
    parties: Collection[str]
    bodies: Collection[str]
    meetings: Mapping[str, Mapping[str, Any]]
    """These and the next two, those that the caller may see."""
    agenda_items: Mapping[str, Mapping[str, Any]]
    targets: Collection[str]
    uploads: Mapping[str, dict[str, Any]]
    documents: dict[str, Mapping[str, Any]]
    """By symbol: whatever has one of the symbols, stands below one or is altered by one, or counts in a series."""
    related: set[tuple[str, DocumentRelationType, str]]
    """What is related already to one whose symbol was reserved."""


async def _issue(unit: Unit, actor: Actor, given: Given, today: date, *, follows: bool = False) -> str:
    done = await _issue_all(unit, actor, [given], today, follows=follows)
    for each in done.failed:
        raise each.problem
    return done.keys[0]


async def _issue_all(
    unit: Unit, actor: Actor, rows: Sequence[Given | Invalid], today: date, *, follows: bool = False
) -> Issued:
    """In as many statements for a hundred as for one.

    A corrigendum follows its document: it is for whom that is for, whatever has become of its meetings.
    """
    facts = await _facts(unit, actor, [row for row in rows if isinstance(row, Given)])
    keys, failed, new = {}, {}, _New()
    for place in _altered_first(rows):
        row = rows[place]
        try:
            if isinstance(row, Invalid):
                raise row
            keys[place] = new.issue(facts, row, today, follows=follows)
        except Problem as problem:
            member = problem.member if isinstance(problem, Conflict | NotFound) else None
            failed[place] = Failed(place=place, member=member or "symbol", problem=problem)
    await new.keep(unit)
    return Issued(
        keys=tuple(keys[place] for place in sorted(keys)), failed=tuple(failed[place] for place in sorted(failed))
    )


def _altered_first(rows: Sequence[Given | Invalid]) -> list[int]:
    """The places of the rows in the order in which they are issued.

    That of numbers is the order given. But what a symbol alters comes before it, wherever it stands: for whom that is
    bounds for whom this may be. It has the same number, so that no other is counted otherwise.
    """
    symbols = [None if isinstance(row, Invalid) or row.symbol is None else parse_symbol(row.symbol) for row in rows]
    places: dict[Symbol, list[int]] = {}
    for place, symbol in enumerate(symbols):
        if symbol is not None:
            places.setdefault(symbol, []).append(place)
    order: dict[int, None] = {}
    for place, symbol in enumerate(symbols):
        if symbol is not None:
            for count in range(len(symbol.suffixes)):
                altered = places.get(replace(symbol, suffixes=symbol.suffixes[:count]), ())
                order.update(dict.fromkeys(altered))
        order[place] = None
    return list(order)


async def _facts(unit: Unit, actor: Actor, given: Sequence[Given]) -> _Facts:
    def named(of: Callable[[Given], Sequence[str]]) -> set[str]:
        return {one for each in given for one in of(each)[:MOST_NAMED]}

    meetings = await all_seen(unit, actor, db.Meeting, named(lambda each: each.meetings))
    symbols = [each.symbol for each in given if each.symbol is not None]
    altered = [str(relation[1]) for relation in (parse_symbol(symbol).relation for symbol in symbols) if relation]
    series = [
        _series_of(meetings[each.meetings[0]], each.next_symbol.series)
        for each in given
        if each.next_symbol is not None and each.meetings and each.meetings[0] in meetings
    ]
    below = {f"{symbol}/" for symbol in symbols} | {each.within for each in series if each and each.within}
    documents = await _on_record(unit, [*symbols, *altered], below)
    reserved = [documents[symbol]["id"] for symbol in symbols if symbol in documents]
    relation = db.DocumentRelation
    related = await unit.rows(
        select(col(relation.document_id), col(relation.type), col(relation.target_id)).where(
            among(col(relation.target_id), reserved)
        )
    )
    languages = {
        code
        for each in given
        for code in (
            each.original_language,
            *(version.language for version in each.versions[:MOST_NAMED]),
            *(code for one in each.relations[:MOST_NAMED] for code in (one.languages or ())[:MOST_NAMED]),
        )
    }
    targets = await all_seen(unit, actor, db.Document, named(lambda each: [one.target for one in each.relations]))
    return _Facts(
        kinds=await _known(unit, db.DocumentKind, named(lambda each: [each.kind])),
        languages=await _known(unit, db.Language, languages),
        parties=await _known(unit, db.Party, named(lambda each: each.submitted_by) | named(lambda each: each.concerns)),
        bodies=await _known(unit, db.Body, named(lambda each: [each.portfolio] if each.portfolio else [])),
        meetings=meetings,
        agenda_items=await all_seen(unit, actor, db.AgendaItem, named(lambda each: each.agenda_items)),
        targets=targets,
        uploads=await uploads_of(unit, actor, {key for each in given for _, key in each.uploads}),
        documents=documents,
        related={(row.document_id, row.type, row.target_id) for row in related},
    )


async def _known(unit: Unit, table: type[Kept], keys: Collection[str]) -> set[str]:
    """Those of the codes and keys that are on record."""
    (key,) = inspect(table).primary_key
    return {row[0] for row in await unit.rows(select(key).where(among(key, sorted(keys))))}


def _absent(facts: _Facts, given: Given) -> tuple[type[Kept], str] | None:
    """The first that is named and is not there for the caller: of what kind, and by which member."""
    targets = [each.target for each in given.relations]
    kinds: list[tuple[type[Kept], str, Sequence[str], Collection[str]]] = [
        (db.Meeting, "meetings.{}", given.meetings, facts.meetings),
        (db.Document, "relations.{}.target", targets, facts.targets),
        (db.AgendaItem, "agendaItems.{}", given.agenda_items, facts.agenda_items),
    ]
    return next(
        (
            (table, member.format(place))
            for table, member, named, there in kinds
            for place, key in enumerate(named[:MOST_NAMED])
            if key not in there
        ),
        None,
    )


@dataclass(slots=True)
class _New:
    """What is to be written of all documents that are issued together, so that it is written at once."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    taken_up: list[tuple[Key, dict[str, Any]]] = field(default_factory=list)
    published: list[tuple[Key, dict[str, Any]]] = field(default_factory=list)
    languages: list[dict[str, Any]] = field(default_factory=list)
    files: dict[tuple[str, str], list[Mapping[str, Any]]] = field(default_factory=dict)
    authors: list[dict[str, Any]] = field(default_factory=list)
    meetings: list[dict[str, Any]] = field(default_factory=list)
    agenda_items: list[dict[str, Any]] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)
    concerns: list[dict[str, Any]] = field(default_factory=list)

    def issue(self, facts: _Facts, given: Given, today: date, *, follows: bool) -> str:
        """The key of the document; raises before anything of it is new."""
        if (named := _absent(facts, given)) is not None:
            table, member = named
            raise absent(table, member)
        altered = _altered(facts.documents, given.symbol)
        against = _against(facts, given, today, altered[0]["issued_on"] if altered else None)
        given, against_symbol = _with_symbol(facts, given)
        against += against_symbol
        meetings = [facts.meetings[code] for code in given.meetings[:MOST_NAMED]]
        reserved = None if given.symbol is None else _reserved(facts.documents, given.symbol)
        bounds = [*meetings, *altered]
        visibility = given.visibility or next(each for each in _WIDEST_FIRST if _allow(bounds, each))
        if not follows:
            against += _against_visibility(given, visibility, bounds)
        if reserved is not None and reserved["meeting_code"] not in (None, *given.meetings[:1]):
            what = f"The symbol was reserved for {reserved['meeting_code']}: name it as the first of the meetings."
            against.append(("meetings", what))
        if reserved is not None:
            against += [
                (f"relations.{place}.target", "It is the document itself.")
                for place, relation in enumerate(given.relations[:MOST_NAMED])
                if relation.target == reserved["id"]
            ]
        if against:
            raise Invalid(*against)
        only_new(facts.uploads, given.uploads)
        for _, upload in given.uploads:
            facts.uploads[upload]["serves"] = True
        key = new_id() if reserved is None else reserved["id"]
        relations = _relations(facts, key, given)
        languages = [version.language for version in given.versions]
        corrects = any(each.type is DocumentRelationType.CORRIGENDUM for each in relations if each.document == key)
        document = {
            "symbol": given.symbol,
            "symbol_order": None if given.symbol is None else symbol_order(given.symbol),
            "title": given.title,
            "kind_code": given.kind,
            "meeting_code": given.meetings[0] if given.meetings else None,
            "issued_on": PartialDate.of(given.issued_on or today),
            "author": None if given.author is None else given.author.strip(),
            "body_code": given.portfolio,
            "is_un_document": given.symbol is not None if given.is_un_document is None else given.is_un_document,
            "original_language_code": given.original_language,
            "corrected_languages": languages if corrects else None,
            "is_reserved": False,
        }
        if reserved is None:
            self.documents.append({**document, "id": key, "visibility": visibility})
        else:
            # What it was while it was reserved is for the ISU still: that it is published is a change of its own.
            self.taken_up.append(((key,), document))
            self.published.append(((key,), {"visibility": visibility}))
        self._belongs(facts, key, given, document["issued_on"])
        self.relations += [each.row for each in relations]
        about = {"subject_type": db.Document.__tablename__, "subject_key": key}
        concerned = given.concerns if visibility is Visibility.CONCERNED else ()
        self.concerns += [{**about, "party_id": party} for party in concerned]
        facts.related.update(each.place for each in relations)
        if given.symbol is not None:
            facts.documents[given.symbol] = {**document, "id": key, "visibility": visibility}
        return key

    def _belongs(self, facts: _Facts, key: str, given: Given, issued_on: Any) -> None:
        of = {"document_id": key}
        for version in given.versions:
            row = {
                "language_code": version.language,
                "text_status": version.status,
                "is_advance": version.is_advance,
                "available_on": issued_on,
            }
            self.languages.append({**of, **row})
            if version.uploads:
                self.files[key, version.language] = [facts.uploads[upload] for upload in version.uploads]
        self.authors += [
            {**of, "party_id": party, "position": n} for n, party in enumerate(given.submitted_by, start=1)
        ]
        self.meetings += [{**of, "meeting_code": code} for code in given.meetings[1:]]
        self.agenda_items += [{**of, "agenda_item_id": item} for item in given.agenda_items]

    async def keep(self, unit: Unit) -> None:
        await unit.keep(db.Document, self.documents)
        await unit.change(db.Document, self.taken_up)
        await unit.change(db.Document, self.published)
        await unit.keep(db.DocumentLanguage, self.languages)
        await _keep_files(unit, self.files, list(self.files))
        await unit.keep(db.DocumentAuthor, self.authors)
        await unit.keep(db.DocumentMeeting, self.meetings)
        await unit.keep(db.DocumentAgendaItem, self.agenda_items)
        await unit.keep(db.DocumentRelation, self.relations)
        await unit.keep(db.Concern, self.concerns)


async def _keep_files(
    unit: Unit, files: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]], versions: Sequence[tuple[str, str]]
) -> None:
    """Of language versions, each by its document and its language."""
    await unit.keep(
        db.DocumentFile,
        [
            {
                "document_id": document,
                "language_code": language,
                **{name: upload[name] for name in ("id", "name", "media_type", "bytes", "sha256")},
            }
            for (document, language), uploads in files.items()
            for upload in uploads
        ],
    )
    await search.attach_files(unit.connection, versions)


async def _replace(unit: Unit, stands: Mapping[str, Any], version: Version, came: Mapping[str, Any]) -> None:
    """A better version takes the place of the one that stood there; its files stay, for the ISU."""
    document, language = stands["document_id"], stands["language_code"]
    table = db.DocumentFile
    files = await unit.rows(
        select(col(table.id)).where(
            col(table.document_id) == document,
            col(table.language_code) == language,
            col(table.is_replaced).is_(False),
        )
    )
    if takes_the_place(version.status, version.is_advance, stands["text_status"], stands["is_advance"]):
        await unit.change(db.DocumentLanguage, [((document, language), came)])
        await unit.change(table, [((row.id,), {"is_replaced": True}) for row in files])
        return
    same = (version.status, version.is_advance) == (stands["text_status"], stands["is_advance"])
    if files or not (same and version.uploads):
        raise Conflict(
            "The document is there in this language, as good or better; an error in it is set right by a corrigendum.",
            code="DUPLICATE",
        )


@dataclass(frozen=True, slots=True)
class _Related:
    document: str
    type: DocumentRelationType
    target: str
    languages: Sequence[str] | None = None

    @property
    def place(self) -> tuple[str, DocumentRelationType, str]:
        return self.document, self.type, self.target

    @property
    def row(self) -> dict[str, Any]:
        languages = None if self.languages is None else list(self.languages)
        return {
            "document_id": self.document,
            "type": self.type,
            "target_id": self.target,
            "languages": languages,
        }


def _relations(facts: _Facts, key: str, given: Given) -> list[_Related]:
    """Those that were named, and those that symbols tell: to what this one alters, and from what alters it."""
    found = [_Related(key, each.type, each.target, each.languages) for each in given.relations]
    if given.symbol is not None:
        symbol = parse_symbol(given.symbol)
        if symbol.relation is not None:
            type_, altered = symbol.relation
            target = facts.documents.get(str(altered))
            if target is not None:
                corrects = type_ is DocumentRelationType.CORRIGENDUM
                languages = [version.language for version in given.versions] if corrects else None
                found.append(_Related(key, type_, target["id"], languages))
        for other, row in sorted(facts.documents.items()):
            relation = parse_symbol(other).relation if other.startswith(f"{symbol}/") else None
            if relation is not None and relation[1] == symbol and not row["is_reserved"]:
                found.append(_Related(row["id"], relation[0], key, row["corrected_languages"]))
    by_place = {each.place: each for each in reversed(found)}
    # What altered it while it was reserved is related to it already.
    return [each for place, each in by_place.items() if place not in facts.related]


# ---------- symbols ----------


_SERIES = "One of WP, L, INF, PM or PM.1; none for the documents that are numbered alone."
_NO_SERIES = "Nothing is known of such symbols of this meeting: give the whole symbol."
_ONE_OF_BOTH = "Give a symbol, or the series in which the next number is taken."


def _series_of(meeting: Mapping[str, Any], name: str | None) -> Series | None:
    """Where the documents of a meeting are counted; None where nothing is known of it."""
    opens = meeting["starts_on"]
    year = None if opens is None else opens.earliest.year
    prefix = prefix_of(meeting["kind_code"], year, meeting["symbol_prefixes"])
    series = None if prefix is None else Series(prefix=prefix, name=name)
    return None if series is None or series.first is None else series


async def _next_in(unit: Unit, meeting: Mapping[str, Any], name: str | None) -> Symbol:
    if name is not None and not is_series(name):
        raise Invalid(("series", _SERIES))
    series = _series_of(meeting, name)
    if series is None or series.within is None:
        raise Invalid(("symbol", _NO_SERIES))
    return series.next_symbol(await _on_record(unit, [], [series.within]))


def _with_symbol(facts: _Facts, given: Given) -> tuple[Given, Against]:
    """The document with the symbol that it gets, and what stands against its getting one."""
    if given.next_symbol is None:
        return given, []
    name = given.next_symbol.series
    if given.symbol is not None:
        return given, [("nextSymbol", _ONE_OF_BOTH)]
    if not given.meetings:
        return given, [("meetings", "Of which meeting it is the next symbol, the document has to say.")]
    if name is not None and not is_series(name):
        return given, [("nextSymbol.series", _SERIES)]
    series = _series_of(facts.meetings[given.meetings[0]], name)
    if series is None:
        return given, [("nextSymbol", _NO_SERIES)]
    return replace(given, symbol=str(series.next_symbol(facts.documents))), []


async def _next_after(unit: Unit, symbol: str, suffix: str) -> Symbol:
    parsed = parse_symbol(symbol)
    return next_suffixed(parsed, suffix, await _on_record(unit, [], [f"{parsed}/"]))


async def _on_record(unit: Unit, symbols: Collection[str], below: Collection[str] = ()) -> dict[str, Mapping[str, Any]]:
    """Whatever has one of the symbols, or one that begins so: whoever sees it or not, it is taken."""
    table = db.Document.__table__  # type: ignore[attr-defined]
    taken = [among(table.c.symbol, sorted(symbols)), *map(begins_with, sorted(below))]
    rows = await unit.connection.execute(select(table).where(or_(*taken)))
    return {row["symbol"]: dict(row) for row in rows.mappings()}


def _is_free(documents: Mapping[str, Mapping[str, Any]], symbol: str) -> None:
    taken = documents.get(symbol)
    if taken is not None:
        what = "reserved" if taken["is_reserved"] else "that of a document"
        raise Conflict(f"{symbol} is {what} already.", code="DUPLICATE", current=("Document", taken["id"]))


def _altered(documents: Mapping[str, Mapping[str, Any]], symbol: str | None) -> list[Mapping[str, Any]]:
    """The document that the symbol is a revision, a corrigendum or another alteration of, where it is on record."""
    relation = None if symbol is None else parse_symbol(symbol).relation
    altered = None if relation is None else documents.get(str(relation[1]))
    return [] if altered is None else [altered]


def _reserved(documents: Mapping[str, Mapping[str, Any]], symbol: str) -> Mapping[str, Any] | None:
    """What the symbol was reserved for, which this document then is; one that is issued stands against it."""
    taken = documents.get(symbol)
    if taken is not None and not taken["is_reserved"]:
        _is_free(documents, symbol)
    return taken


# ---------- what stands against it ----------


def _is_issued(row: Mapping[str, Any]) -> None:
    if row["is_reserved"]:
        raise Conflict(
            "Its symbol is reserved, and it is not issued yet.",
            code="ILLEGAL_TRANSITION",
            current_version=row["version"],
            current_status="RESERVED",
            allowed=["ISSUED"],
        )


def _allow(meetings: Sequence[Mapping[str, Any]], visibility: Visibility) -> bool:
    if visibility is Visibility.PARTICIPANTS and not meetings:
        return False
    return all(is_within(visibility, each["visibility"], is_main=n == 0) for n, each in enumerate(meetings))


def _against_visibility(given: Given, visibility: Visibility, meetings: Sequence[Mapping[str, Any]]) -> Against:
    found = []
    if visibility is Visibility.PARTICIPANTS and not meetings:
        found.append(("visibility", "Of which meeting they are participants, the document has to say."))
    elif not _allow(meetings, visibility):
        found.append(("visibility", "A document is for nobody for whom its meetings, or what it alters, are not."))
    if visibility is Visibility.CONCERNED and not given.concerns:
        found.append(("concerns", "Say which parties it concerns."))
    if visibility is not Visibility.CONCERNED and given.concerns:
        found.append(("concerns", "Only what is CONCERNED names those whom it concerns."))
    return found


def _against(facts: _Facts, given: Given, today: date, altered_on: PartialDate | None) -> Against:
    """What is altered was issued before, or on the same day."""
    found = _unknown(facts.kinds, "kind", [given.kind], "documentKinds lists them")
    found += _unknown(facts.languages, "originalLanguage", [given.original_language], "languages lists them")
    found += _against_versions(facts.languages, given.versions, "versions.")
    parties = "There is no such party"
    found += _unknown(facts.parties, "submittedBy", given.submitted_by, parties, numbered=True)
    found += _unknown(facts.parties, "concerns", given.concerns, parties, numbered=True)
    if given.portfolio is not None:
        found += _unknown(facts.bodies, "portfolio", [given.portfolio], "workingGroups and thematicAreas do")
    if given.author is not None:
        found += [("author", reason) for reason in text.against(given.author.strip(), LONGEST_LINE)]
    found += _against_day("issuedOn", given.issued_on, today, altered_on)
    for name, named in (
        ("meetings", given.meetings),
        ("agendaItems", given.agenda_items),
        ("submittedBy", given.submitted_by),
        ("concerns", given.concerns),
        ("relations", [(each.type, each.target) for each in given.relations]),
    ):
        if len(named) > MOST_NAMED:
            found.append((name, f"At most {MOST_NAMED}."))
        elif len(set(named)) < len(named):
            found.append((name, "The same is named twice."))
    for place, relation in enumerate(given.relations[:MOST_NAMED]):
        path = f"relations.{place}.languages"
        found += _unknown(facts.languages, path, relation.languages or (), "languages lists them")
    found += [
        (f"agendaItems.{place}", "It is on the agenda of none of these meetings.")
        for place, item in enumerate(given.agenda_items[:MOST_NAMED])
        if facts.agenda_items[item]["meeting_code"] not in given.meetings
    ]
    return found + against_uploads(facts.uploads, given.uploads)


def _against_versions(known: Collection[str], versions: Sequence[Version], prefix: str) -> Against:
    found: Against = []
    if not versions:
        return [("versions", "In one language at least.")]
    if len(versions) > MOST_NAMED:
        return [("versions", f"At most {MOST_NAMED}.")]
    for place, version in enumerate(versions):
        path = f"{prefix}{place}." if prefix else ""
        if version.language not in known:
            found.append((f"{path}language", f"There is no language {version.language}: languages lists them."))
        if any(other.language == version.language for other in versions[:place]):
            found.append((f"{path}language", "The language is there already."))
        if version.is_advance and version.status is not TextStatus.OFFICIAL:
            found.append((f"{path}isAdvance", "An advance copy is one of the official version."))
        if len(version.uploads) > MOST_FILES:
            found.append((f"{path}uploads", f"At most {MOST_FILES} files."))
        elif len(set(version.uploads)) < len(version.uploads):
            found.append((f"{path}uploads", "The same is named twice."))
    return found


def _against_day(name: str, day: date | None, today: date, issued_on: PartialDate | None) -> Against:
    first = FIRST_DAY if issued_on is None else issued_on.earliest
    if day is None or first <= day <= today:
        return []
    return [(name, f"Between {first} and today.")]


def _unknown(known: Collection[str], path: str, codes: Sequence[str], hint: str, *, numbered: bool = False) -> Against:
    """Codes and keys that are not on record."""
    found = []
    for place, code in enumerate(codes[:MOST_NAMED]):
        if code not in known:
            message = f"{hint}." if numbered else f"There is no {code}: {hint}."
            found.append((f"{path}.{place}" if numbered else path, message))
    return found


# ---------- what is there ----------


async def _versions(unit: Unit, document: str) -> Sequence[Any]:
    table = db.DocumentLanguage
    return await unit.rows(select(col(table.language_code)).where(col(table.document_id) == document))


async def _meetings(unit: Unit, row: Mapping[str, Any]) -> list[str]:
    own = [] if row["meeting_code"] is None else [row["meeting_code"]]
    return [*own, *await _column(unit, db.DocumentMeeting, "meeting_code", row["id"])]


async def _column(unit: Unit, table: Any, name: str, document: str) -> list[str]:
    order = col(table.position) if table is db.DocumentAuthor else getattr(table, name)
    rows = await unit.rows(select(getattr(table, name)).where(col(table.document_id) == document).order_by(order))
    return [row[0] for row in rows]


async def _concerned(unit: Unit, document: str) -> list[str]:
    table = db.Concern
    rows = await unit.rows(
        select(col(table.party_id)).where(
            col(table.subject_type) == db.Document.__tablename__, col(table.subject_key) == document
        )
    )
    return [row.party_id for row in rows]
