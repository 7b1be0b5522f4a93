"""Requests to extend the deadline of Article 3 or 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlmodel import col

import db
from db.dialect import among
from db.visibility import refers_to_visible
from mandate.day import PartialDate
from mandate.obligation import Article
from mandate.provenance import ProvenanceBasis
from schema.change import HistoryEntry, history
from schema.provenance import Provenance, provenance
from schema.reading import Connection, Node, column, condition, node, one, where_input
from schema.scalar import CountryCode

if TYPE_CHECKING:
    from schema.document import Document
    from schema.meeting import Meeting
    from schema.obligation import Obligation
    from schema.state import State

LazyState = Annotated["State", strawberry.lazy("schema.state")]
LazyObligation = Annotated["Obligation", strawberry.lazy("schema.obligation")]
LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]
LazyDocument = Annotated["Document", strawberry.lazy("schema.document")]


@node(db.ExtensionRequest, description="A State Party's request for more time (Article 3(3) or 4(5))")
class ExtensionRequest(Node):
    code: str = column(db.ExtensionRequest.code)
    state: LazyState = one(db.ExtensionRequest.state_code)
    obligation: LazyObligation = one(db.ExtensionRequest.obligation_id)
    article: Article = column(db.ExtensionRequest.article)
    number: int | None = column(db.ExtensionRequest.number, description="Within the State and the Article")
    submitted_on: PartialDate | None = column(db.ExtensionRequest.submitted_on)
    considered_at: LazyMeeting | None = one(db.ExtensionRequest.considered_at_code)
    period_asked: str | None = column(
        db.ExtensionRequest.period_asked, description="An ISO 8601 duration, such as P18M or P5Y"
    )
    requested_until: PartialDate | None = column(db.ExtensionRequest.requested_until)
    decision: str | None = column(
        db.ExtensionRequest.decision, description="Such as granted; null where the sources do not tell"
    )
    decision_basis: ProvenanceBasis | None = column(
        db.ExtensionRequest.decision_basis, description="INFERRED where it only follows from a later deadline"
    )
    new_deadline: PartialDate | None = column(db.ExtensionRequest.granted_until)
    analysis: LazyDocument | None = one(db.ExtensionRequest.analysis_id)
    note: str | None = column(db.ExtensionRequest.note)
    provenance: list[Provenance] = provenance("ExtensionRequest", db.ExtensionRequest.code)
    version: int = column(db.ExtensionRequest.version)
    history: Connection[HistoryEntry] = history(db.ExtensionRequest, db.ExtensionRequest.code)


_CONSIDERED_AT = db.ExtensionRequest.__table__.c.considered_at_code  # type: ignore[attr-defined]


@where_input
class ExtensionRequestWhere:
    state: list[CountryCode] | None = condition(lambda codes, _: among(col(db.ExtensionRequest.state_code), codes))
    article: list[Article] | None = condition(
        lambda wanted, _: col(db.ExtensionRequest.article).in_(sorted(set(wanted)))
    )
    considered_at: list[str] | None = condition(
        lambda codes, scope: (
            among(col(db.ExtensionRequest.considered_at_code), codes) & refers_to_visible(_CONSIDERED_AT, scope.actor)
        ),
        description="Codes of meetings",
    )
    is_decided: bool | None = condition(
        lambda wanted, _: col(db.ExtensionRequest.decision).is_not(None) == wanted,
        description="Whether the sources tell the decision",
    )
