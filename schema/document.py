"""Documents: symbols, languages, authors, files, and the acts by which they are issued."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlmodel import col

import db
from db.dialect import among
from db.document import begins_with, in_language, lacks_language, serves
from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.document import DocumentRelationType, due_languages, parse_symbol
from mandate.text import TextStatus
from resolvers import document as resolve
from resolvers import error
from schema.body import Portfolio
from schema.change import HistoryEntry, history
from schema.code import Code
from schema.file import PATH, File
from schema.id import key_of
from schema.order import DateFilter, OrderDirection, dates
from schema.party import Party, party_key
from schema.problem import Conflict, FailedRow, Forbidden, Invalid, NotFound, failed_rows
from schema.provenance import Provenance, provenance
from schema.reading import (
    Connection,
    Node,
    column,
    complete,
    condition,
    derived,
    many,
    names_rows,
    node,
    one,
    over,
    ref,
    rows,
    where_input,
)
from schema.scalar import DocumentSymbol, LanguageCode
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text

if TYPE_CHECKING:
    from schema.agenda import AgendaItem
    from schema.meeting import Meeting

LazyAgendaItem = Annotated["AgendaItem", strawberry.lazy("schema.agenda")]
LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


@strawberry.type(description="A symbol in its parts: CCM/MSP · 2011 · WP · 3 · Rev.1, Amend.1")
class SymbolParts:
    body: str
    session: str | None = strawberry.field(description="Of a symbol of other bodies, all that follows the body")
    series: str | None = strawberry.field(
        description="Of a symbol of other bodies, what stands before its first number"
    )
    number: int | None
    suffixes: list[str]


def symbol_parts(symbol: str | None) -> SymbolParts | None:
    if symbol is None:
        return None
    parsed = parse_symbol(symbol)
    return SymbolParts(
        body=parsed.body,
        session=parsed.session,
        series=parsed.series,
        number=parsed.number,
        suffixes=list(parsed.suffixes),
    )


def _due(
    is_un_document: bool | None, corrected: Sequence[str] | None, languages: Sequence[Any]
) -> dict[str, Any] | None:
    """By language that is due, the official version that is there; nothing can be said where no version is recorded."""
    if not is_un_document or not languages:
        return None
    there = {
        row.language_code: row for row in languages if row.text_status is TextStatus.OFFICIAL and not row.is_advance
    }
    return {code: there.get(code) for code in due_languages(corrected)}


def missing_languages(
    is_un_document: bool | None, corrected: Sequence[str] | None, languages: Sequence[Any]
) -> list[LanguageCode] | None:
    due = _due(is_un_document, corrected, languages)
    return None if due is None else [LanguageCode(code) for code, version in due.items() if version is None]


@strawberry.type(description="An official version that did not come with its document")
class LateLanguage:
    language: LanguageCode
    due_since: PartialDate = strawberry.field(description="The day on which the document was issued")
    available_on: PartialDate | None = strawberry.field(
        description="The day on which it came; null while it is missing"
    )


def late_languages(
    is_un_document: bool | None,
    corrected: Sequence[str] | None,
    issued_on: PartialDate | None,
    languages: Sequence[Any],
) -> list[LateLanguage] | None:
    due = _due(is_un_document, corrected, languages)
    if due is None or issued_on is None:
        return None
    return [
        LateLanguage(
            language=LanguageCode(code),
            due_since=issued_on,
            available_on=None if version is None else version.available_on,
        )
        for code, version in due.items()
        if version is None or _came_after(version.available_on, issued_on)
    ]


def _came_after(available_on: PartialDate | None, issued_on: PartialDate) -> bool:
    """For sure: a version of some day in the month in which the document was issued may have come with it."""
    return available_on is not None and available_on.earliest > issued_on.latest


def is_late(available_on: PartialDate | None, documents: Sequence[Any]) -> bool:
    return any(row.issued_on is not None and _came_after(available_on, row.issued_on) for row in documents)


def files_in(language: str, files: Sequence[Any]) -> list[File]:
    return [
        File(name=row.name, media_type=row.media_type, bytes=row.bytes, sha256=row.sha256, url=f"{PATH}/{row.id}")
        for row in files
        if row.language_code == language
    ]


@over(db.DocumentLanguage, description="A document in one language")
class LanguageVersion:
    language: LanguageCode = column(db.DocumentLanguage.language_code)
    name: Code = one(db.DocumentLanguage.language_code)
    status: TextStatus = column(db.DocumentLanguage.text_status)
    is_advance: bool = column(
        db.DocumentLanguage.is_advance, description="An advance copy, until the official version takes its place"
    )
    available_on: PartialDate | None = column(
        db.DocumentLanguage.available_on, description="The day on which it came; null where no source says"
    )
    is_late: bool = derived(
        is_late,
        uses=[db.DocumentLanguage.available_on, rows(db.Document.id, on=db.DocumentLanguage.document_id)],
        description="It came after the document was issued",
    )
    files: list[File] = derived(
        files_in,
        uses=[
            db.DocumentLanguage.language_code,
            rows(
                db.DocumentFile.document_id,
                on=db.DocumentLanguage.document_id,
                only=col(db.DocumentFile.is_replaced).is_(False),
            ),
        ],
    )


@over(db.DocumentRelation, description="What a document is to another; there for whoever sees both")
class DocumentRelation:
    type: DocumentRelationType = column(db.DocumentRelation.type)
    document: Document | None = one(db.DocumentRelation.document_id, description="Which is this")
    target: Document | None = one(db.DocumentRelation.target_id, description="To this one")
    languages: list[LanguageCode] | None = column(
        db.DocumentRelation.languages, description="Of the versions that it is for; null for all"
    )


_LANGUAGES = (
    db.Document.is_un_document,
    db.Document.corrected_languages,
    rows(db.DocumentLanguage.document_id),
)


@node(db.Document, description="A document, official or not, under the Convention")
class Document(Node):
    symbol: DocumentSymbol | None = column(db.Document.symbol)
    symbol_parts: SymbolParts | None = derived(symbol_parts, uses=[db.Document.symbol])
    title: LocalizedText = text(db.Document.title)
    kind: Code = one(db.Document.kind_code)
    original_language: LanguageCode | None = column(
        db.Document.original_language_code, description="In which it was written; null where no source says"
    )
    meeting: LazyMeeting | None = one(db.Document.meeting_code, description="For which it was made")
    also_serves: list[LazyMeeting] = many(
        db.DocumentMeeting.document_id,
        order_by=[db.Meeting.starts_on],
        description="Other meetings that it serves, as rules of procedure that each confirms",
    )
    agenda_items: list[LazyAgendaItem] = many(
        db.DocumentAgendaItem.document_id,
        order_by=[db.AgendaItem.number_order],
        description="Under which it is taken up",
    )
    issued_on: PartialDate | None = column(db.Document.issued_on)
    author: str | None = column(db.Document.author, description="As the source names it")
    submitted_by: list[Party] = many(
        db.DocumentAuthor.document_id,
        order_by=[db.DocumentAuthor.position],
        description="Those among the authors that are States or organisations of the register",
    )
    portfolio: Portfolio | None = one(db.Document.body_code)
    is_un_document: bool | None = column(
        db.Document.is_un_document, description="An official document of the UN or of the meetings"
    )
    language_versions: list[LanguageVersion] = many(
        db.DocumentLanguage.document_id, order_by=[db.DocumentLanguage.language_code]
    )
    missing_languages: list[LanguageCode] | None = derived(
        missing_languages,
        uses=_LANGUAGES,
        description="Of the six, for an official document; null where its languages are not recorded. A corrigendum is "
        "due in those that it corrects. What is no official version, or an advance copy, is still missing",
    )
    late_languages: list[LateLanguage] | None = derived(
        late_languages,
        uses=[*_LANGUAGES[:2], db.Document.issued_on, _LANGUAGES[2]],
        description="Missing since when, or come after the document; null where that can not be said",
    )
    relations: list[DocumentRelation] = many(
        db.DocumentRelation.document_id,
        order_by=[db.DocumentRelation.type],
        description="What it is to others: a revision, a corrigendum, a summary …",
    )
    related_by: list[DocumentRelation] = many(
        db.DocumentRelation.target_id,
        order_by=[db.DocumentRelation.document_id],
        description="What others are to it: those that revise it, correct it, sum it up …",
    )
    is_reserved: bool = column(
        db.Document.is_reserved,
        description="Its symbol is allocated, and it is not issued: until then it is for the ISU",
    )
    note: str | None = column(db.Document.note)
    visibility: Visibility = column(db.Document.visibility)
    provenance: list[Provenance] = provenance("Document", db.Document.id)
    version: int = column(db.Document.version)
    history: Connection[HistoryEntry] = history(db.Document, db.Document.id)


@where_input
class DocumentWhere:
    symbol_prefix: str | None = condition(
        lambda prefix, _: begins_with(prefix), description="As symbols are written, in capitals"
    )
    kind: list[str] | None = condition(lambda kinds, _: among(col(db.Document.kind_code), kinds))
    meeting: list[str] | None = condition(
        lambda codes, scope: serves(codes, scope.actor),
        description="Codes of meetings: those for which it was made, and others that it serves",
    )
    portfolio: list[str] | None = condition(
        lambda codes, _: among(col(db.Document.body_code), codes),
        description="Codes of Working Groups and themes",
    )
    language: LanguageCode | None = condition(lambda code, _: in_language(code))
    missing_language: LanguageCode | None = condition(
        lambda code, _: lacks_language(code),
        description="Official documents of which languages are recorded, and no official version in this one",
    )
    issued_on: DateFilter | None = condition(dates(db.Document.issued_on))
    is_un_document: bool | None = condition(lambda wanted, _: col(db.Document.is_un_document) == wanted)


@strawberry.enum(description="What a list of documents can be sorted by")
class DocumentOrderField(Enum):
    ISSUED_ON = "ISSUED_ON"
    SYMBOL = "SYMBOL"
    RECORDED = "RECORDED"


@strawberry.input(description="One column to sort by; the first decides first")
class DocumentOrder:
    field: DocumentOrderField
    direction: OrderDirection = OrderDirection.ASC


IN_ORDER = (
    DocumentOrder,
    {"ISSUED_ON": db.Document.issued_on, "SYMBOL": db.Document.symbol_order, "RECORDED": db.Document.id},
)


# ---------- the acts ----------


_SERIES = "WP, L, INF, PM or PM.1; documents numbered alone where none is named"


@strawberry.input(description="A symbol is to be reserved: this one, or the next number of a series")
class AllocateSymbolInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    series: str | None = strawberry.field(default=None, description=_SERIES)
    symbol: DocumentSymbol | None = strawberry.field(default=None, description="Instead: exactly this one")
    kind: str = strawberry.field(description="The code of a kind, from documentKinds")
    title: list[LocalizedTextInput] = strawberry.field(description="A working title, for the ISU")


@strawberry.input(description="A document in one language")
class LanguageVersionInput:
    language: LanguageCode
    status: TextStatus = TextStatus.OFFICIAL
    is_advance: bool = strawberry.field(
        default=False, description="An advance copy: the official version will take its place"
    )
    uploads: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Of requestUpload, once the files were sent; at most 20"
    )


@strawberry.input(description="What the document is to another")
class DocumentRelationInput:
    type: DocumentRelationType
    target: strawberry.ID = strawberry.field(description="The id of the other document")
    languages: list[LanguageCode] | None = strawberry.field(
        default=None, description="Of the versions that it is for; all where none are named"
    )


@strawberry.input(description="The next number of a series of the meeting for which the document is made")
class NextSymbolInput:
    series: str | None = strawberry.field(default=None, description=_SERIES)


@strawberry.input(description="A document is to be issued")
class IssueDocumentInput:
    symbol: DocumentSymbol | None = strawberry.field(
        default=None, description="One that was allocated becomes that of this document"
    )
    next_symbol: NextSymbolInput | None = strawberry.field(
        default=None, description="Instead: the next of a series; it has none where neither is given"
    )
    kind: str = strawberry.field(description="The code of a kind, from documentKinds")
    title: list[LocalizedTextInput]
    original_language: LanguageCode = strawberry.field(description="In which it was written")
    versions: list[LanguageVersionInput] = strawberry.field(description="The languages in which it is there now")
    meetings: list[str] = strawberry.field(
        default_factory=list, description="Codes: first the one for which it was made, then others that it serves"
    )
    agenda_items: list[strawberry.ID] = strawberry.field(default_factory=list, description="Of these meetings")
    submitted_by: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Ids of States and organisations, in their order"
    )
    author: str | None = strawberry.field(default=None, description="As the document names it")
    portfolio: str | None = strawberry.field(default=None, description="The code of a Working Group or theme")
    is_un_document: bool | None = strawberry.field(
        default=None,
        description="Official, and so due in six languages; as it has a symbol or not, where nothing is said",
    )
    issued_on: datetime.date | None = strawberry.field(default=None, description="Today where no day is named")
    relations: list[DocumentRelationInput] = strawberry.field(
        default_factory=list, description="Beside those that the symbol tells: Rev., Corr., Amend. and Add."
    )
    visibility: Visibility | None = strawberry.field(
        default=None, description="Never wider than that of its meetings, and as wide as they allow where none is named"
    )
    concerns: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Where it is CONCERNED: ids of the States and organisations"
    )

    def given(self) -> resolve.Given:
        return resolve.Given(
            symbol=self.symbol,
            next_symbol=None if self.next_symbol is None else resolve.NextSymbol(series=self.next_symbol.series),
            kind=self.kind,
            title=line("title", self.title),
            original_language=self.original_language,
            versions=_versions(self.versions),
            meetings=self.meetings,
            agenda_items=[
                key_of("AgendaItem", each, f"agendaItems.{place}") for place, each in enumerate(self.agenda_items)
            ],
            submitted_by=_parties(self.submitted_by, "submittedBy"),
            author=self.author,
            portfolio=self.portfolio,
            is_un_document=self.is_un_document,
            issued_on=self.issued_on,
            relations=[
                resolve.Relation(
                    type=each.type,
                    target=key_of("Document", each.target, f"relations.{place}.target"),
                    languages=each.languages,
                )
                for place, each in enumerate(self.relations)
            ],
            visibility=self.visibility,
            concerns=_parties(self.concerns, "concerns"),
        )

    def given_among_many(self) -> resolve.Given | error.Invalid:
        """What stands against it as it was given is told with the others, by its row."""
        try:
            return self.given()
        except error.Invalid as unfit:
            return unfit


@strawberry.input(description="Documents are to be issued, one after the other: each finds on record those before it")
class IssueDocumentsInput:
    documents: list[IssueDocumentInput] = strawberry.field(description=f"At most {resolve.MOST_AT_ONCE}")
    all_or_nothing: bool = strawberry.field(default=False, description="Issue none of them where one can not be issued")


@strawberry.input(description="A language version has come, or a better one than is there")
class AttachLanguageVersionInput:
    document: strawberry.ID
    expected_version: int
    language: LanguageCode
    status: TextStatus = TextStatus.OFFICIAL
    is_advance: bool = False
    uploads: list[strawberry.ID] = strawberry.field(default_factory=list, description="At most 20")
    title: str | None = strawberry.field(default=None, description="Of the document, in this language")
    available_on: datetime.date | None = strawberry.field(
        default=None, description="Today where no day is named: a version that comes after its document stays late"
    )


@strawberry.input(description="Errors in some language versions of a document are to be set right")
class IssueCorrigendumInput:
    document: strawberry.ID = strawberry.field(description="That is corrected")
    expected_version: int
    versions: list[LanguageVersionInput] = strawberry.field(description="Of the corrigendum: the languages corrected")
    title: list[LocalizedTextInput] | None = strawberry.field(
        default=None, description="That of the document where none is given"
    )
    issued_on: datetime.date | None = strawberry.field(default=None, description="Today where no day is named")


_ONLY_VALIDATED = "Null where the act was only validated"


@names_rows
@strawberry.type(description="The symbol is reserved, for the ISU to see until the document is issued")
class SymbolAllocated(Success):
    key: strawberry.Private[str | None]
    document: Document | None = ref("key", db.Document.id, description=_ONLY_VALIDATED)


@names_rows
@strawberry.type(description="The document is issued")
class DocumentIssued(Success):
    key: strawberry.Private[str | None]
    document: Document | None = ref("key", db.Document.id, description=_ONLY_VALIDATED)


@names_rows
@strawberry.type(description="The documents are issued, but for those that could not be")
class DocumentsIssued(Success):
    keys: strawberry.Private[tuple[str, ...]]
    documents: list[Document] = ref(
        "keys", db.Document.id, description="In the order given; empty where the act was only validated"
    )
    failed: list[FailedRow]


@names_rows
@strawberry.type(description="The language version is there")
class LanguageVersionAttached(Success):
    key: strawberry.Private[str | None]
    document: Document | None = ref("key", db.Document.id, description=_ONLY_VALIDATED)


@names_rows
@strawberry.type(description="The corrigendum is issued, a document of its own")
class CorrigendumIssued(Success):
    key: strawberry.Private[str | None]
    document: Document | None = ref("key", db.Document.id, description=_ONLY_VALIDATED)


AllocateSymbolResult = Annotated[
    SymbolAllocated | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AllocateSymbolResult")
]
IssueDocumentResult = Annotated[
    DocumentIssued | Invalid | NotFound | Forbidden | Conflict, strawberry.union("IssueDocumentResult")
]
IssueDocumentsResult = Annotated[
    DocumentsIssued | Invalid | NotFound | Forbidden | Conflict, strawberry.union("IssueDocumentsResult")
]
AttachLanguageVersionResult = Annotated[
    LanguageVersionAttached | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AttachLanguageVersionResult")
]
IssueCorrigendumResult = Annotated[
    CorrigendumIssued | Invalid | NotFound | Forbidden | Conflict, strawberry.union("IssueCorrigendumResult")
]


def _version(given: LanguageVersionInput | AttachLanguageVersionInput, path: str) -> resolve.Version:
    return resolve.Version(
        language=given.language,
        status=given.status,
        is_advance=given.is_advance,
        uploads=[key_of("Upload", each, f"{path}uploads.{place}") for place, each in enumerate(given.uploads)],
    )


def _versions(given: Sequence[LanguageVersionInput]) -> list[resolve.Version]:
    return [_version(each, f"versions.{place}.") for place, each in enumerate(given)]


def _parties(ids: Sequence[str], member: str) -> list[str]:
    return [party_key(each, f"{member}.{place}") for place, each in enumerate(ids)]


@strawberry.type
class DocumentMutation:
    @strawberry.mutation(description="Reserve a symbol before its document is issued; two at once get two numbers")
    async def allocate_symbol(
        self, info: strawberry.Info[Any, Any], input: AllocateSymbolInput, validate_only: bool = False
    ) -> AllocateSymbolResult:
        key = await resolve.allocate(
            info.context,
            meeting=input.meeting,
            series=input.series,
            symbol=input.symbol,
            kind=input.kind,
            title=line("title", input.title),
            validate_only=validate_only,
        )
        return await complete(info, SymbolAllocated(key=key))

    @strawberry.mutation(description="Issue a document, with the language versions that are there")
    async def issue_document(
        self, info: strawberry.Info[Any, Any], input: IssueDocumentInput, validate_only: bool = False
    ) -> IssueDocumentResult:
        key = await resolve.issue(info.context, input.given(), validate_only=validate_only)
        return await complete(info, DocumentIssued(key=key))

    @strawberry.mutation(description="Issue many documents in one act; the rows that fail are named, each as by itself")
    async def issue_documents(
        self, info: strawberry.Info[Any, Any], input: IssueDocumentsInput, validate_only: bool = False
    ) -> IssueDocumentsResult:
        done = await resolve.issue_many(
            info.context,
            [each.given_among_many() for each in input.documents],
            all_or_nothing=input.all_or_nothing,
            validate_only=validate_only,
        )
        return await complete(info, DocumentsIssued(keys=done.keys, failed=failed_rows(done.failed)))

    @strawberry.mutation(description="Attach a language version to a document that was issued; a late one stays late")
    async def attach_language_version(
        self, info: strawberry.Info[Any, Any], input: AttachLanguageVersionInput, validate_only: bool = False
    ) -> AttachLanguageVersionResult:
        key = await resolve.attach(
            info.context,
            document=key_of("Document", input.document, "document"),
            expected_version=input.expected_version,
            version=_version(input, ""),
            title=input.title,
            available_on=input.available_on,
            validate_only=validate_only,
        )
        return await complete(info, LanguageVersionAttached(key=key))

    @strawberry.mutation(description="Correct some language versions of a document by a document of its own")
    async def issue_corrigendum(
        self, info: strawberry.Info[Any, Any], input: IssueCorrigendumInput, validate_only: bool = False
    ) -> IssueCorrigendumResult:
        key = await resolve.correct(
            info.context,
            document=key_of("Document", input.document, "document"),
            expected_version=input.expected_version,
            versions=_versions(input.versions),
            title=None if input.title is None else line("title", input.title),
            issued_on=input.issued_on,
            validate_only=validate_only,
        )
        return await complete(info, CorrigendumIssued(key=key))
