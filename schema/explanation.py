"""How a derived value came about, and whether it agrees with what the sources state."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

import db
import mandate.source
from mandate.day import PartialDate
from mandate.provenance import ProvenanceBasis
from schema.reading import names_rows, ref
from schema.text import LocalizedText

if TYPE_CHECKING:
    from schema.document import Document

LazyDocument = Annotated["Document", strawberry.lazy("schema.document")]


@names_rows
@strawberry.type(description="A paragraph of the Convention, or of a document under it")
class RuleCitation:
    source: str = strawberry.field(description="CCM for the Convention itself, else the symbol of the document")
    paragraph: str
    document: LazyDocument | None = ref("source", db.Document.symbol)

    @strawberry.field(
        description="The paragraph with its items: of the paper in Chinese, its source, and in a working English "
        "translation; of the Convention what we take from it, in our words"
    )
    def quote(self) -> LocalizedText | None:
        found = mandate.source.quote(mandate.source.Citation(self.source, self.paragraph))
        return None if found is None else LocalizedText.of(found)

    @classmethod
    def of(cls, citation: mandate.source.Citation) -> RuleCitation:
        return cls(source=citation.source, paragraph=citation.paragraph)


@strawberry.type(description="Inputs, rule and result of a derived value")
class Explanation:
    summary: str
    citations: list[RuleCitation]
    inputs: JSON

    @classmethod
    def of(cls, explanation: mandate.source.Explanation) -> Explanation:
        return cls(
            summary=explanation.summary,
            citations=[RuleCitation.of(each) for each in explanation.citations],
            inputs=JSON(dict(explanation.inputs)),
        )


@strawberry.type(description="A date that a rule gives, beside what the sources state")
class CheckedDate:
    computed: PartialDate | None
    stated: PartialDate | None
    stated_basis: ProvenanceBasis | None = strawberry.field(
        description="Of the date under `stated`: STATED by a source, or INFERRED from what sources say"
    )
    explanation: Explanation = strawberry.field(description="Of the computed date")

    @strawberry.field(description="Null where one of the two is missing, or what is stated was only inferred")
    def agrees(self) -> bool | None:
        if self.computed is None or self.stated is None or self.stated_basis is not ProvenanceBasis.STATED:
            return None
        return self.stated.covers(self.computed.earliest)


def checked_date(
    computed: PartialDate | date | None,
    stated: PartialDate | None,
    explanation: mandate.source.Explanation,
    basis: ProvenanceBasis | None = ProvenanceBasis.STATED,
) -> CheckedDate:
    if isinstance(computed, date):
        computed = PartialDate.of(computed)
    return CheckedDate(
        computed=computed,
        stated=stated,
        stated_basis=None if stated is None else basis,
        explanation=Explanation.of(explanation),
    )


def paper_citations(paragraphs: str | None) -> list[Any]:
    """`para 8; para 14` is two citations of the paper."""
    return [
        RuleCitation(source=mandate.source.PAPER, paragraph=each.strip())
        for each in (paragraphs or "").split(";")
        if each
    ]
