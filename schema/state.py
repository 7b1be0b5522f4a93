"""States: who they are, and where they stand under the Convention."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry
from sqlmodel import col

import db
from db.dialect import among
from db.obligation import has_obligation
from db.treaty_action import by_time, status_on
from mandate.obligation import Article
from mandate.treaty_action import TreatyStatusKind
from resolvers.reading import Scope
from schema.body import COORDINATORS, HELD_ON
from schema.change import HistoryEntry, history
from schema.document import IN_ORDER as DOCUMENTS_IN_ORDER
from schema.document import Document, DocumentWhere
from schema.explanation import CheckedDate
from schema.extension import ExtensionRequest
from schema.obligation import AS_OF, Obligation, ReportSchedule, report_schedule
from schema.office import CoordinatorTerm, OfficeTerm
from schema.order import OrderDirection
from schema.party import Party
from schema.provenance import Provenance, provenance
from schema.reading import (
    Connection,
    Node,
    column,
    condition,
    connection,
    derived,
    many,
    node,
    rows,
    where_input,
)
from schema.scalar import CountryCode
from schema.text import LocalizedText, text
from schema.treaty_action import TreatyAction, TreatyStatus, entry_into_force, treaty_status

_ACTIONS = rows(db.TreatyAction.state_code)


@strawberry.type(description="What others call it")
class ExternalId:
    scheme: str
    value: str


def external_ids(alpha2: str, m49: str) -> list[ExternalId]:
    return [ExternalId(scheme="iso3166-1-alpha-2", value=alpha2), ExternalId(scheme="un-m49", value=m49)]


@node(db.State, description="A State, whether bound by the Convention or not")
class State(Party, Node):
    code: CountryCode = column(db.State.code)
    name: LocalizedText = text(db.State.name)
    official_name: LocalizedText = text(db.State.official_name)
    external_ids: list[ExternalId] = derived(external_ids, uses=[db.State.alpha2, db.State.m49])
    un_status: str = column(db.State.un_status, description="member, observer or non-member of the United Nations")
    regional_group: str | None = column(db.State.regional_group, description="In the General Assembly")
    m49_region: str | None = column(db.State.m49_region)
    m49_subregion: str | None = column(db.State.m49_subregion)
    treaty_status: TreatyStatus = derived(treaty_status, uses=[_ACTIONS], arguments=[AS_OF])
    entry_into_force: CheckedDate | None = derived(
        entry_into_force,
        uses=[_ACTIONS],
        description="Of the Convention for this State (Article 17); null where it has deposited nothing",
    )
    treaty_actions: list[TreatyAction] = many(db.TreatyAction.state_code, order_by=[by_time()])
    obligations: list[Obligation] = many(db.Obligation.state_code, order_by=[db.Obligation.article])
    report_schedule: ReportSchedule = derived(report_schedule, uses=[_ACTIONS], arguments=[AS_OF])
    extension_requests: list[ExtensionRequest] = many(
        db.ExtensionRequest.state_code,
        order_by=[db.ExtensionRequest.article, db.ExtensionRequest.number, db.ExtensionRequest.code],
    )
    office_terms: list[OfficeTerm] = many(
        db.OfficeTerm.party_id,
        on=db.State.party_id,
        order_by=[db.OfficeTerm.starts_on, db.OfficeTerm.reference],
        arguments=[HELD_ON],
    )
    coordinator_terms: list[CoordinatorTerm] = many(
        db.OfficeTerm.party_id,
        on=db.State.party_id,
        only=COORDINATORS,
        order_by=[db.OfficeTerm.starts_on, db.OfficeTerm.reference],
        arguments=[HELD_ON],
    )
    documents: Connection[Document] = connection(
        db.DocumentAuthor.party_id,
        on=db.State.party_id,
        where=DocumentWhere,
        order_by=DOCUMENTS_IN_ORDER,
        description="Submitted by it",
    )
    provenance: list[Provenance] = provenance("State", db.State.code)
    version: int = column(db.State.version)
    history: Connection[HistoryEntry] = history(db.State, db.State.code)


def _has_status(kinds: list[TreatyStatusKind], scope: Scope) -> Any:
    return status_on(scope.as_of).in_(sorted({kind.value for kind in kinds}))


@where_input
class StateWhere:
    code: list[CountryCode] | None = condition(lambda codes, _: among(col(db.State.code), codes))
    status: list[TreatyStatusKind] | None = condition(_has_status, description="On the day of asOf")
    region: list[str] | None = condition(
        lambda groups, _: among(col(db.State.regional_group), groups), description="Regional groups"
    )
    has_obligation: Article | None = condition(
        lambda article, _: has_obligation(article),
        description="Has, or had, an obligation on record under this Article",
    )


@strawberry.enum(description="What a list of states can be sorted by")
class StateOrderField(Enum):
    NAME = "NAME"
    CODE = "CODE"


@strawberry.input(description="One column to sort by; the first decides first")
class StateOrder:
    field: StateOrderField
    direction: OrderDirection = OrderDirection.ASC


IN_ORDER = (StateOrder, {"NAME": db.State.sort_name, "CODE": db.State.code})


@strawberry.input(description="One of its keys", one_of=True)
class StateKey:
    id: strawberry.ID | None = strawberry.UNSET
    code: CountryCode | None = strawberry.UNSET
    m49: str | None = strawberry.UNSET
