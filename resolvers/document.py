"""Documents: symbols are allocated, documents issued in their languages, corrected, and translated late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db import search
from db.dialect import among
from db.document import begins_with
from db.table import new_id
from db.unit import Unit
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
from resolvers.context import Context, find_seen
from resolvers.error import Conflict, Invalid
from resolvers.file import sent
from resolvers.meeting import still
from resolvers.reading.declaration import FIRST_DAY

MOST_NAMED = 50
"""Meetings, agenda items, authors, relations or language versions in one act."""
MOST_FILES = 20
"""Of one language version."""
_LONGEST_LINE = 500
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
class Given:
    """A document, as it is to be issued."""

    symbol: str | None
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
        against = await _unknown(unit, db.DocumentKind, "kind", [kind], "documentKinds lists them")
        if symbol is not None and series is not None:
            against.append(("series", "Give a symbol, or the series in which the next number is taken."))
        if against:
            raise Invalid(*against)
        chosen = await _next_in(unit, held, series) if symbol is None else parse_symbol(symbol)
        await _is_free(unit, str(chosen))
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
        against = await _against_versions(unit, [version], "")
        against += _against_day("availableOn", available_on, context.today, row["issued_on"])
        if row["corrected_languages"] is not None and version.language not in row["corrected_languages"]:
            against.append(("language", "The corrigendum is not for this language."))
        if title is not None:
            against += [("title", reason) for reason in text.against(title, _LONGEST_LINE)]
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
        await _keep_files(unit, document, version.language, files)
        if title is not None:
            wordings = {**row["title"].wordings, version.language: Wording(title.strip(), version.status)}
            changed = {"title": LocalizedText(row["title"].original, wordings)}
            await unit.change(db.Document, [((document,), changed)])
    return None if validate_only else document


# ---------- issuing ----------


async def _issue(unit: Unit, actor: Actor, given: Given, today: date, *, follows: bool = False) -> str:
    """A corrigendum follows its document: it is for whom that is for, whatever has become of its meetings."""
    meetings = [await find_seen(unit, actor, db.Meeting, code) for code in given.meetings]
    for relation in given.relations:
        await find_seen(unit, actor, db.Document, relation.target)
    against = [*await _against(unit, given, today), *await _against_items(unit, actor, given)]
    reserved = None if given.symbol is None else await _reserved(unit, given.symbol)
    bounds = [*meetings, *await _altered(unit, given.symbol)]
    visibility = given.visibility or next(each for each in _WIDEST_FIRST if _allow(bounds, each))
    if not follows:
        against += _against_visibility(given, visibility, bounds)
    if reserved is not None and reserved["meeting_code"] not in (None, *given.meetings[:1]):
        what = f"The symbol was reserved for {reserved['meeting_code']}: name it as the first of the meetings."
        against.append(("meetings", what))
    if against:
        raise Invalid(*against)
    key = new_id() if reserved is None else reserved["id"]
    relations = await _relations(unit, key, given)
    issued_on = PartialDate.of(given.issued_on or today)
    languages = [version.language for version in given.versions]
    corrects = any(each.type is DocumentRelationType.CORRIGENDUM for each in relations if each.document == key)
    document = {
        "symbol": given.symbol,
        "symbol_order": None if given.symbol is None else symbol_order(given.symbol),
        "title": given.title,
        "kind_code": given.kind,
        "meeting_code": given.meetings[0] if given.meetings else None,
        "issued_on": issued_on,
        "author": None if given.author is None else given.author.strip(),
        "body_code": given.portfolio,
        "is_un_document": given.symbol is not None if given.is_un_document is None else given.is_un_document,
        "original_language_code": given.original_language,
        "corrected_languages": languages if corrects else None,
        "is_reserved": False,
    }
    if reserved is None:
        await unit.keep(db.Document, [{**document, "id": key, "visibility": visibility}])
    else:
        # What it was while it was reserved is for the ISU still: that it is published is a change of its own.
        await unit.change(db.Document, [((key,), document)])
        await unit.change(db.Document, [((key,), {"visibility": visibility})])
    await _keep_belonging(unit, actor, key, given, issued_on)
    await unit.keep(db.DocumentRelation, [each.row for each in relations])
    concerned = given.concerns if visibility is Visibility.CONCERNED else ()
    about = {"subject_type": db.Document.__tablename__, "subject_key": key}
    await unit.keep(db.Concern, [{**about, "party_id": party} for party in concerned])
    return str(key)


async def _keep_belonging(unit: Unit, actor: Actor, key: str, given: Given, issued_on: PartialDate) -> None:
    of = {"document_id": key}
    await unit.keep(
        db.DocumentLanguage,
        [
            {
                **of,
                "language_code": version.language,
                "text_status": version.status,
                "is_advance": version.is_advance,
                "available_on": issued_on,
            }
            for version in given.versions
        ],
    )
    for number, version in enumerate(given.versions):
        paths = [(f"versions.{number}.uploads.{place}", upload) for place, upload in enumerate(version.uploads)]
        await _keep_files(unit, key, version.language, await sent(unit, actor, paths))
    authors = [{**of, "party_id": party, "position": n} for n, party in enumerate(given.submitted_by, start=1)]
    await unit.keep(db.DocumentAuthor, authors)
    await unit.keep(db.DocumentMeeting, [{**of, "meeting_code": code} for code in given.meetings[1:]])
    await unit.keep(db.DocumentAgendaItem, [{**of, "agenda_item_id": item} for item in given.agenda_items])


async def _keep_files(unit: Unit, document: str, language: str, uploads: Sequence[Mapping[str, Any]]) -> None:
    await unit.keep(
        db.DocumentFile,
        [
            {
                "document_id": document,
                "language_code": language,
                **{name: upload[name] for name in ("id", "name", "media_type", "bytes", "sha256")},
            }
            for upload in uploads
        ],
    )
    await search.attach_files(unit.connection, document, language)


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
    def row(self) -> dict[str, Any]:
        languages = None if self.languages is None else list(self.languages)
        return {
            "document_id": self.document,
            "type": self.type,
            "target_id": self.target,
            "languages": languages,
        }


async def _relations(unit: Unit, key: str, given: Given) -> list[_Related]:
    """Those that were named, and those that symbols tell: to what this one alters, and from what alters it."""
    found = [_Related(key, each.type, each.target, each.languages) for each in given.relations]
    if given.symbol is not None:
        symbol = parse_symbol(given.symbol)
        if symbol.relation is not None:
            type_, altered = symbol.relation
            target = await _by_symbol(unit, str(altered))
            if target is not None:
                corrects = type_ is DocumentRelationType.CORRIGENDUM
                languages = [version.language for version in given.versions] if corrects else None
                found.append(_Related(key, type_, target["id"], languages))
        for row in await _suffixed(unit, symbol):
            relation = parse_symbol(row.symbol).relation
            if relation is not None and relation[1] == symbol and not row.is_reserved:
                found.append(_Related(row.id, relation[0], key, row.corrected_languages))
    by_place = {(each.document, each.type, each.target): each for each in reversed(found)}
    return list(by_place.values())


# ---------- symbols ----------


async def _next_in(unit: Unit, meeting: Mapping[str, Any], name: str | None) -> Symbol:
    if name is not None and not is_series(name):
        raise Invalid(("series", "One of WP, L, INF, PM or PM.1; none for the documents that are numbered alone."))
    opens = meeting["starts_on"]
    year = None if opens is None else opens.earliest.year
    prefix = prefix_of(meeting["kind_code"], year, meeting["symbol_prefixes"])
    series = None if prefix is None else Series(prefix=prefix, name=name)
    if series is None or series.first is None:
        raise Invalid(("symbol", "Nothing is known of such symbols of this meeting: give the whole symbol."))
    within = f"{series.first.body}/{series.first.session}/"
    rows = await unit.rows(select(col(db.Document.symbol)).where(begins_with(within)))
    return series.next_symbol(row.symbol for row in rows)


async def _next_after(unit: Unit, symbol: str, suffix: str) -> Symbol:
    parsed = parse_symbol(symbol)
    return next_suffixed(parsed, suffix, [row.symbol for row in await _suffixed(unit, parsed)])


async def _suffixed(unit: Unit, symbol: Symbol) -> Sequence[Any]:
    """All that stands below a symbol: whoever sees it or not, it is taken."""
    table = db.Document
    columns = (col(table.id), col(table.symbol), col(table.is_reserved), col(table.corrected_languages))
    return await unit.rows(select(*columns).where(begins_with(f"{symbol}/")).order_by(col(table.symbol)))


async def _by_symbol(unit: Unit, symbol: str) -> Mapping[str, Any] | None:
    found = await unit.rows(select(col(db.Document.id)).where(col(db.Document.symbol) == symbol))
    return await unit.row(db.Document, (found[0].id,)) if found else None


async def _is_free(unit: Unit, symbol: str) -> None:
    taken = await _by_symbol(unit, symbol)
    if taken is not None:
        what = "reserved" if taken["is_reserved"] else "that of a document"
        raise Conflict(f"{symbol} is {what} already.", code="DUPLICATE", current=("Document", taken["id"]))


async def _altered(unit: Unit, symbol: str | None) -> list[Mapping[str, Any]]:
    """The document that the symbol is a revision, a corrigendum or another alteration of, where it is on record."""
    relation = None if symbol is None else parse_symbol(symbol).relation
    altered = None if relation is None else await _by_symbol(unit, str(relation[1]))
    return [] if altered is None else [altered]


async def _reserved(unit: Unit, symbol: str) -> Mapping[str, Any] | None:
    """What the symbol was reserved for, which this document then is; one that is issued stands against it."""
    taken = await _by_symbol(unit, symbol)
    if taken is not None and not taken["is_reserved"]:
        await _is_free(unit, symbol)
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


async def _against(unit: Unit, given: Given, today: date) -> Against:
    found = await _unknown(unit, db.DocumentKind, "kind", [given.kind], "documentKinds lists them")
    found += await _unknown(unit, db.Language, "originalLanguage", [given.original_language], "languages lists them")
    found += await _against_versions(unit, given.versions, "versions.")
    parties = "There is no such party"
    found += await _unknown(unit, db.Party, "submittedBy", given.submitted_by, parties, numbered=True)
    found += await _unknown(unit, db.Party, "concerns", given.concerns, parties, numbered=True)
    if given.portfolio is not None:
        found += await _unknown(unit, db.Body, "portfolio", [given.portfolio], "workingGroups and thematicAreas do")
    if given.author is not None:
        found += [("author", reason) for reason in text.against(given.author.strip(), _LONGEST_LINE)]
    found += _against_day("issuedOn", given.issued_on, today, None)
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
    for place, relation in enumerate(given.relations):
        path = f"relations.{place}.languages"
        found += await _unknown(unit, db.Language, path, relation.languages or (), "languages lists them")
    return found


async def _against_versions(unit: Unit, versions: Sequence[Version], prefix: str) -> Against:
    found: Against = []
    if not versions:
        return [("versions", "In one language at least.")]
    if len(versions) > MOST_NAMED:
        return [("versions", f"At most {MOST_NAMED}.")]
    known = await unit.rows(
        select(col(db.Language.code)).where(among(col(db.Language.code), [each.language for each in versions]))
    )
    codes = {row.code for row in known}
    for place, version in enumerate(versions):
        path = f"{prefix}{place}." if prefix else ""
        if version.language not in codes:
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


async def _against_items(unit: Unit, actor: Actor, given: Given) -> Against:
    items = [await find_seen(unit, actor, db.AgendaItem, key) for key in given.agenda_items[: MOST_NAMED + 1]]
    return [
        (f"agendaItems.{place}", "It is on the agenda of none of these meetings.")
        for place, item in enumerate(items)
        if item["meeting_code"] not in given.meetings
    ]


def _against_day(name: str, day: date | None, today: date, issued_on: PartialDate | None) -> Against:
    first = FIRST_DAY if issued_on is None else issued_on.earliest
    if day is None or first <= day <= today:
        return []
    return [(name, f"Between {first} and today.")]


async def _unknown(
    unit: Unit, table: Any, path: str, codes: Sequence[str], hint: str, *, numbered: bool = False
) -> Against:
    """Codes and keys that are not on record."""
    found = []
    for place, code in enumerate(codes[: MOST_NAMED + 1]):
        if await unit.row(table, (code,)) is None:
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
