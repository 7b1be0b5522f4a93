"""documents.csv: documents with their symbols, languages and authors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import db
from db.table import Kept
from mandate.document import symbol_order
from mandate.provenance import ProvenanceBasis
from mandate.text import LocalizedText
from resolvers.load.cell import Code, Codes, Date, Kind, Symbol, Text, Texts
from resolvers.load.register import Register, Source, provenance
from resolvers.load.sheet import Line, Row


class DocumentRow(Row):
    doc_id: Code
    symbol: Symbol | None
    symbol_basis: Text | None
    title: Text
    kind: Kind
    meeting_code: Code | None
    date: Date | None
    date_basis: Text | None
    languages: Codes
    author: Text | None
    author_alpha3: Codes
    author_organisation: Codes
    theme: Kind | None
    un_document: Literal["yes", "no"] | None
    note: Text | None
    sources: Texts


def turn(line: Line[DocumentRow], register: Register) -> Iterator[Kept]:
    row = line.row
    register.meeting(line, "meeting_code", row.meeting_code)
    register.body(line, "theme", row.theme)
    for column, basis, of in (
        ("symbol_basis", row.symbol_basis, row.symbol),
        ("date_basis", row.date_basis, row.date),
    ):
        if basis and not of:
            line.refuse(column, "is the basis of nothing: the cell before it is empty")
    languages = [code.lower() for code in row.languages]
    for code in languages:
        register.language(line, "languages", code)
    states = [register.state(line, "author_alpha3", code) for code in row.author_alpha3]
    organisations = [register.organisation(line, "author_organisation", code) for code in row.author_organisation]
    described = (row.title, row.meeting_code, row.date, row.author)
    if row.symbol is None:
        register.only_once(line, "title", described, together_with=("meeting_code", "date", "author"))
    document = db.Document(
        id=register.id_of(db.Document, *([(row.symbol,)] if row.symbol else []), described),
        symbol=row.symbol,
        symbol_order=None if row.symbol is None else symbol_order(row.symbol),
        title=LocalizedText.of(row.title),
        kind_code=row.kind,
        meeting_code=row.meeting_code,
        issued_on=row.date,
        author=row.author,
        body_code=row.theme,
        is_un_document=None if row.un_document is None else row.un_document == "yes",
        note=row.note,
    )
    yield document
    yield register.code(db.DocumentKind, row.kind)
    for code in languages:
        yield db.DocumentLanguage(document_id=document.id, language_code=code)
    authors = [author for author in (*states, *organisations) if author]
    for position, author in enumerate(authors, start=1):
        yield db.DocumentAuthor(document_id=document.id, party_id=author.party_id, position=position)
    yield from provenance(document, sources=row.sources)
    for field, basis in (("symbol", row.symbol_basis), ("issuedOn", row.date_basis)):
        if basis:
            yield from provenance(
                document,
                field,
                basis=ProvenanceBasis.STATED if basis.startswith("stated") else ProvenanceBasis.INFERRED,
                sources=row.sources,
                note=None if basis == "stated" else basis,
            )


def without_symbol_first(lines: list[Line[DocumentRow]]) -> list[Line[DocumentRow]]:
    """A document kept without a symbol may have got one; but first come those still without."""
    return sorted(lines, key=lambda line: bool(line.cells.get("symbol")))


SOURCE = Source(
    name="documents",
    row=DocumentRow,
    main=db.Document,
    known_by=("symbol",),
    turn=turn,
    in_order=without_symbol_first,
)
