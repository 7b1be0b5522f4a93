"""Documents: symbols, languages, authors."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

import db
from db.dialect import among
from db.document import begins_with, in_language, lacks_language
from db.visibility import refers_to_visible
from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.document import parse_symbol
from mandate.text import UN_LANGUAGES
from resolvers.reading import Scope
from schema.body import Portfolio
from schema.change import HistoryEntry, history
from schema.code import Code
from schema.order import DateFilter, OrderDirection, dates
from schema.party import Party
from schema.provenance import Provenance, provenance
from schema.reading import Connection, Node, column, condition, derived, many, node, one, over, rows, where_input
from schema.scalar import DocumentSymbol, LanguageCode
from schema.text import LocalizedText, text

if TYPE_CHECKING:
    from schema.meeting import Meeting

LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


@strawberry.type(description="A symbol in its parts: CCM/MSP · 2011 · WP · 3 · Rev.1, Amend.1")
class SymbolParts:
    body: str
    session: str | None
    series: str | None
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


def missing_languages(is_un_document: bool | None, languages: Sequence[Any]) -> list[LanguageCode] | None:
    """Official documents are due in six languages; where none is recorded, nothing can be said."""
    present = {row.language_code for row in languages}
    if not is_un_document or not present:
        return None
    return [LanguageCode(code) for code in UN_LANGUAGES if code not in present]


@over(db.DocumentLanguage, description="A document in one language")
class LanguageVersion:
    language: LanguageCode = column(db.DocumentLanguage.language_code)
    name: Code = one(db.DocumentLanguage.language_code)


@node(db.Document, description="A document, official or not, under the Convention")
class Document(Node):
    symbol: DocumentSymbol | None = column(db.Document.symbol)
    symbol_parts: SymbolParts | None = derived(symbol_parts, uses=[db.Document.symbol])
    title: LocalizedText = text(db.Document.title)
    kind: Code = one(db.Document.kind_code)
    meeting: LazyMeeting | None = one(db.Document.meeting_code)
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
        uses=[db.Document.is_un_document, rows(db.DocumentLanguage.document_id)],
        description="Of the six, for an official document; null where its languages are not recorded",
    )
    note: str | None = column(db.Document.note)
    visibility: Visibility = column(db.Document.visibility)
    provenance: list[Provenance] = provenance("Document", db.Document.id)
    version: int = column(db.Document.version)
    history: Connection[HistoryEntry] = history(db.Document, db.Document.id)


def _of_a_meeting(scope: Scope) -> ColumnElement[bool]:
    """Otherwise the documents of a hidden meeting would tell that there is one of that code."""
    return refers_to_visible(db.Document.__table__.c.meeting_code, scope.actor)  # type: ignore[attr-defined]


@where_input
class DocumentWhere:
    symbol_prefix: str | None = condition(
        lambda prefix, _: begins_with(prefix), description="As symbols are written, in capitals"
    )
    kind: list[str] | None = condition(lambda kinds, _: among(col(db.Document.kind_code), kinds))
    meeting: list[str] | None = condition(
        lambda codes, scope: among(col(db.Document.meeting_code), codes) & _of_a_meeting(scope),
        description="Codes of meetings",
    )
    portfolio: list[str] | None = condition(
        lambda codes, _: among(col(db.Document.body_code), codes),
        description="Codes of Working Groups and themes",
    )
    language: LanguageCode | None = condition(lambda code, _: in_language(code))
    missing_language: LanguageCode | None = condition(
        lambda code, _: lacks_language(code),
        description="Official documents of which languages are recorded, and not this one",
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
