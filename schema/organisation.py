"""International and regional organisations, UN bodies, NGOs, national authorities."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlmodel import col

import db
from db.dialect import among
from mandate.observer import ObserverStatus
from schema.change import HistoryEntry, history
from schema.code import Code
from schema.document import IN_ORDER as DOCUMENTS_IN_ORDER
from schema.document import Document, DocumentWhere
from schema.observer import AT_MEETING, STATUS_AT, status_of
from schema.office import OfficeTerm
from schema.order import OrderDirection
from schema.party import Party
from schema.provenance import Provenance, provenance
from schema.reading import Connection, Node, column, condition, connection, derived, many, node, one, where_input
from schema.scalar import URL
from schema.text import LocalizedText, text

if TYPE_CHECKING:
    from schema.state import State

LazyState = Annotated["State", strawberry.lazy("schema.state")]


@node(db.Organisation, description="An international organisation, a UN body, an NGO or the like")
class Organisation(Party, Node):
    code: str = column(db.Organisation.code)
    name: LocalizedText = text(db.Organisation.name)
    acronym: str | None = column(db.Organisation.acronym)
    type: Code = one(db.Organisation.kind_code)
    role: Code | None = one(db.Organisation.role_code, description="In the work of the Convention")
    website: URL | None = column(db.Organisation.website)
    observer_basis: str | None = column(
        db.Organisation.observer_basis, description="The rule of procedure by which it may attend"
    )
    observer_status: ObserverStatus | None = derived(
        status_of,
        uses=STATUS_AT,
        arguments=[AT_MEETING],
        description="At a formal meeting; null where it has none that the caller may know of",
    )
    is_cmc_member: bool | None = column(
        db.Organisation.cmc_member, description="Null where no source calls it a member of the CMC"
    )
    country: LazyState | None = one(db.Organisation.country_code)
    attested_at: str | None = column(db.Organisation.attested_at, description="Meetings or pages where it is named")
    note: str | None = column(db.Organisation.note)
    office_terms: list[OfficeTerm] = many(
        db.OfficeTerm.party_id, on=db.Organisation.party_id, order_by=[db.OfficeTerm.starts_on]
    )
    documents: Connection[Document] = connection(
        db.DocumentAuthor.party_id,
        on=db.Organisation.party_id,
        where=DocumentWhere,
        order_by=DOCUMENTS_IN_ORDER,
        description="Submitted by it",
    )
    provenance: list[Provenance] = provenance("Organisation", db.Organisation.code)
    version: int = column(db.Organisation.version)
    history: Connection[HistoryEntry] = history(db.Organisation, db.Organisation.code)


@where_input
class OrganisationWhere:
    type: list[str] | None = condition(lambda kinds, _: among(col(db.Organisation.kind_code), kinds))
    code: list[str] | None = condition(lambda codes, _: among(col(db.Organisation.code), codes))
    is_cmc_member: bool | None = condition(lambda wanted, _: col(db.Organisation.cmc_member).is_(True) == wanted)


@strawberry.enum(description="What a list of organisations can be sorted by")
class OrganisationOrderField(Enum):
    NAME = "NAME"
    CODE = "CODE"


@strawberry.input(description="One column to sort by; the first decides first")
class OrganisationOrder:
    field: OrganisationOrderField
    direction: OrderDirection = OrderDirection.ASC


IN_ORDER = (OrganisationOrder, {"NAME": db.Organisation.sort_name, "CODE": db.Organisation.code})
