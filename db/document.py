"""Documents with symbol, languages, authors and files, and what they are to one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ColumnElement, Index, and_, exists, false, not_, or_, select
from sqlmodel import Field, col

from db.dialect import among
from db.table import (
    SEEN_WITH,
    CodeTable,
    Kept,
    LocalizedTextType,
    PartialDateType,
    column,
    enum_type,
    in_order,
    key,
    plain_text,
    refers_to,
)
from db.visibility import refers_to_visible
from mandate.actor import Actor, Visibility
from mandate.day import PartialDate
from mandate.document import DocumentRelationType
from mandate.text import LocalizedText, TextStatus


class Language(CodeTable, table=True):
    """BCP 47; the six languages of the United Nations, and others as they occur."""


class DocumentKind(CodeTable, table=True):
    __tablename__ = "document_kind"


class Document(Kept, table=True):
    __table_args__ = (Index("ix_document_meeting_code_id", "meeting_code", "id"),)

    id: str = key()
    symbol: str | None = column(plain_text(64), default=None, unique=True)
    symbol_order: str | None = column(plain_text(128), default=None)
    """The symbol with its numbers filled up, so that WP.10 sorts after WP.9."""
    title: LocalizedText = column(LocalizedTextType)
    kind_code: str = refers_to("document_kind.code")
    meeting_code: str | None = refers_to("meeting.code", index=False, default=None)
    issued_on: PartialDate | None = column(PartialDateType, default=None, index=True)
    author: str | None = None
    """As the source names it; whom we recognize stands in `document_author`."""
    body_code: str | None = refers_to("body.code", default=None)
    is_un_document: bool | None = None
    note: str | None = None
    original_language_code: str | None = refers_to("language.code", default=None)
    is_reserved: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """The symbol is allocated, and the document not issued: until then it is for the ISU alone."""
    corrected_languages: Any = column(JSON(none_as_null=True), default=None, nullable=True)
    """Those that a corrigendum is for; None for any other document."""
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )


in_order("ix_document_issued_on_order", Document, "issued_on", "id")
in_order("ix_document_symbol_order_order", Document, "symbol_order", "id")


class OfDocument(Kept):
    """What belongs to a document is seen with it; the journal tells of it to the ISU alone."""

    default_visibility: ClassVar[Visibility] = Visibility.ISU


class DocumentLanguage(OfDocument, table=True):
    __tablename__ = "document_language"

    document_id: str = refers_to("document.id", primary_key=True)
    language_code: str = refers_to("language.code", primary_key=True)
    text_status: TextStatus = column(
        enum_type(TextStatus), default=TextStatus.OFFICIAL, sa_column_kwargs={"server_default": TextStatus.OFFICIAL}
    )
    is_advance: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    available_on: PartialDate | None = column(PartialDateType, default=None)
    """The day on which this version came; None where no source says."""


class DocumentAuthor(OfDocument, table=True):
    __tablename__ = "document_author"
    __table_args__ = (Index("ix_document_author_party_id_document_id", "party_id", "document_id"),)

    document_id: str = refers_to("document.id", primary_key=True)
    party_id: str = refers_to("party.id", primary_key=True, index=False)
    position: int


class DocumentMeeting(OfDocument, table=True):
    """A meeting that a document serves, beside the one for which it was made."""

    __tablename__ = "document_meeting"
    __table_args__ = (Index("ix_document_meeting_meeting_code_document_id", "meeting_code", "document_id"),)

    document_id: str = refers_to("document.id", primary_key=True)
    meeting_code: str = refers_to("meeting.code", primary_key=True, index=False)


class DocumentAgendaItem(OfDocument, table=True):
    __tablename__ = "document_agenda_item"

    document_id: str = refers_to("document.id", primary_key=True)
    agenda_item_id: str = refers_to("agenda_item.id", primary_key=True)


class DocumentRelation(OfDocument, table=True):
    """What a document is to another; for those alone who see both."""

    __tablename__ = "document_relation"
    __table_args__: ClassVar[Any] = {"info": {SEEN_WITH: ("document_id", "target_id")}}

    document_id: str = refers_to("document.id", primary_key=True)
    type: DocumentRelationType = column(enum_type(DocumentRelationType), primary_key=True)
    target_id: str = refers_to("document.id", primary_key=True)
    languages: Any = column(JSON(none_as_null=True), default=None, nullable=True)
    """For which language versions; None for all."""


class DocumentFile(OfDocument, table=True):
    """A file of a language version."""

    __tablename__ = "document_file"
    __table_args__: ClassVar[Any] = {"info": {SEEN_WITH: ("document_id",)}}

    id: str = key()
    document_id: str = refers_to("document.id")
    language_code: str = refers_to("language.code")
    name: str
    media_type: str = column(plain_text(128))
    bytes: int = column(BigInteger)
    sha256: str = column(plain_text(64), index=True)
    is_replaced: bool = False
    """Another took its place: it is kept for the archive, and for the ISU."""


def in_language(code: str) -> ColumnElement[bool]:
    return _recorded(col(DocumentLanguage.language_code) == code)


def lacks_language(code: str) -> ColumnElement[bool]:
    """An official document of which languages are recorded, and not this one, officially; a corrigendum lacks none."""
    there = _recorded(
        col(DocumentLanguage.language_code) == code,
        col(DocumentLanguage.text_status) == TextStatus.OFFICIAL,
        col(DocumentLanguage.is_advance).is_(False),
    )
    due = col(Document.corrected_languages).is_(None)
    return and_(col(Document.is_un_document).is_(True), due, _recorded(), not_(there))


def serves(codes: Sequence[str], actor: Actor) -> ColumnElement[bool]:
    """A document of one of these meetings, or that serves one as well, as far as the meetings are there for the caller.

    Otherwise the documents of a hidden meeting would tell that there is one of that code.
    """
    own, also = Document.__table__.c.meeting_code, DocumentMeeting.__table__.c.meeting_code  # type: ignore[attr-defined]
    shared = select(1).where(
        col(DocumentMeeting.document_id) == col(Document.id), among(also, codes), refers_to_visible(also, actor)
    )
    return or_(and_(among(own, codes), refers_to_visible(own, actor)), exists(shared.correlate(Document)))


def begins_with(prefix: str) -> ColumnElement[bool]:
    """As a range of text: LIKE would tell upper from lower case on one engine and not on the other."""
    symbol = col(Document.symbol)
    return and_(symbol >= prefix, symbol < prefix + "\U0010ffff")


def _recorded(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    own = col(DocumentLanguage.document_id) == col(Document.id)
    return exists(select(1).where(own, *conditions).correlate(Document))
