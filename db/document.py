"""Documents with symbol, languages and authors."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlmodel import col

from db.table import (
    CodeTable,
    Kept,
    LocalizedTextType,
    PartialDateType,
    column,
    enum_type,
    key,
    plain_text,
    refers_to,
)
from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.text import LocalizedText


class Language(CodeTable, table=True):
    """BCP 47; the six languages of the United Nations, and others as they occur."""


class DocumentKind(CodeTable, table=True):
    __tablename__ = "document_kind"


class Document(Kept, table=True):
    id: str = key()
    symbol: str | None = column(plain_text(64), default=None, unique=True)
    symbol_order: str | None = column(plain_text(128), default=None, index=True)
    """The symbol with its numbers filled up, so that WP.10 sorts after WP.9."""
    title: LocalizedText = column(LocalizedTextType)
    kind_code: str = refers_to("document_kind.code")
    meeting_code: str | None = refers_to("meeting.code", default=None)
    issued_on: PartialDate | None = column(PartialDateType, default=None, index=True)
    author: str | None = None
    """As the source names it; whom we recognize stands in `document_author`."""
    body_code: str | None = refers_to("body.code", default=None)
    is_un_document: bool | None = None
    note: str | None = None
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )


class DocumentLanguage(Kept, table=True):
    __tablename__ = "document_language"

    document_id: str = refers_to("document.id", primary_key=True)
    language_code: str = refers_to("language.code", primary_key=True)


class DocumentAuthor(Kept, table=True):
    __tablename__ = "document_author"

    document_id: str = refers_to("document.id", primary_key=True)
    party_id: str = refers_to("party.id", primary_key=True)
    position: int


def in_language(code: str) -> ColumnElement[bool]:
    return _recorded(col(DocumentLanguage.language_code) == code)


def lacks_language(code: str) -> ColumnElement[bool]:
    """An official document of which languages are recorded, and not this one."""
    return and_(col(Document.is_un_document).is_(True), _recorded(), not_(in_language(code)))


def begins_with(prefix: str) -> ColumnElement[bool]:
    """As a range of text: LIKE would tell upper from lower case on one engine and not on the other."""
    symbol = col(Document.symbol)
    return and_(symbol >= prefix, symbol < prefix + "\U0010ffff")


def _recorded(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    own = col(DocumentLanguage.document_id) == col(Document.id)
    return exists(select(1).where(own, *conditions).correlate(Document))
