"""Working Groups, thematic areas, the Coordination Committee and the ISU, as bodies of the Convention."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlmodel import col

import db
from db.office import held_on
from mandate.office import BodyKind
from schema.explanation import RuleCitation, paper_citations
from schema.reading import Argument, Node, column, derived, many, node, one
from schema.text import LocalizedText, text

if TYPE_CHECKING:
    from schema.office import CoordinatorTerm

LazyCoordinatorTerm = Annotated["CoordinatorTerm", strawberry.lazy("schema.office")]


HELD_ON = Argument(
    "as_of",
    datetime.date,
    lambda day, _: held_on(day),
    description="Only those in office on this day, as far as it is known",
)
COORDINATORS = col(db.OfficeTerm.office_code).startswith("coordinator:")


def _only(kind: BodyKind) -> Any:
    return col(db.Body.kind) == kind


@strawberry.interface(description="A body of the Convention, with the paragraph that it rests on")
class Body(Node):
    code: str
    kind: BodyKind
    name: LocalizedText
    citations: list[RuleCitation]


@strawberry.interface(description="What Coordinators lead: a Working Group or a thematic area")
class Portfolio(Node):
    code: str
    name: LocalizedText
    seats: int | None = strawberry.field(description="The most Coordinators at a time")
    coordinator_terms: list[LazyCoordinatorTerm]


def _coordinator_terms() -> Any:
    return many(
        db.Office.body_code,
        only=COORDINATORS,
        order_by=[db.OfficeTerm.starts_on, db.OfficeTerm.reference],
        arguments=[HELD_ON],
    )


@node(db.Body, only=_only(BodyKind.WORKING_GROUP), description="One of the six Working Groups (Prop. 2(1))")
class WorkingGroup(Body, Portfolio, Node):
    code: str = column(db.Body.code)
    kind: BodyKind = column(db.Body.kind)
    name: LocalizedText = text(db.Body.name)
    seats: int | None = column(db.Body.seats)
    citations: list[RuleCitation] = derived(paper_citations, uses=[db.Body.paragraph])
    coordinator_terms: list[LazyCoordinatorTerm] = _coordinator_terms()
    thematic_areas: list[ThematicArea] = many(
        db.Body.discussed_under_code,
        order_by=[db.Body.position],
        description="Discussed under it (Prop. 2(2))",
    )


@node(db.Body, only=_only(BodyKind.THEMATIC_AREA), description="A theme led by one Coordinator (Prop. 2(2))")
class ThematicArea(Body, Portfolio, Node):
    code: str = column(db.Body.code)
    kind: BodyKind = column(db.Body.kind)
    name: LocalizedText = text(db.Body.name)
    seats: int | None = column(db.Body.seats)
    citations: list[RuleCitation] = derived(paper_citations, uses=[db.Body.paragraph])
    coordinator_terms: list[LazyCoordinatorTerm] = _coordinator_terms()
    discussed_under: WorkingGroup | None = one(db.Body.discussed_under_code)


@node(
    db.Body,
    only=col(db.Body.kind).in_([BodyKind.COMMITTEE, BodyKind.ISU]),
    description="The Coordination Committee (Prop. 3) or the Implementation Support Unit (Prop. 4)",
)
class StandingBody(Body, Node):
    code: str = column(db.Body.code)
    kind: BodyKind = column(db.Body.kind)
    name: LocalizedText = text(db.Body.name)
    citations: list[RuleCitation] = derived(paper_citations, uses=[db.Body.paragraph])
