"""Agendas of meetings, and the programme of an intersessional one: its items, and who has agreed to them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import and_
from sqlmodel import col

import db
import mandate.agenda
from mandate.actor import Visibility
from mandate.agenda import PRESIDENT, ReviewSubject
from mandate.day import PartialDate
from mandate.meeting import INTERSESSIONAL
from resolvers import agenda as resolve
from resolvers.office import FORMAL, term_of
from schema.body import Portfolio
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import Party
from schema.problem import Conflict, Forbidden, Invalid, NotFound, Refusal
from schema.reading import Connection, Node, column, complete, many, names_rows, node, one, ref, rows
from schema.rule import RuleEvaluation, evaluations, said
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text

if TYPE_CHECKING:
    from schema.decision import Decision
    from schema.document import Document
    from schema.meeting import Meeting

LazyDocument = Annotated["Document", strawberry.lazy("schema.document")]
LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]
LazyDecision = Annotated["Decision", strawberry.lazy("schema.decision")]


@node(db.AgendaItem, description="An item on the agenda of a meeting")
class AgendaItem(Node):
    number: str = column(db.AgendaItem.number)
    title: LocalizedText = text(db.AgendaItem.title)
    meeting: LazyMeeting | None = one(db.AgendaItem.meeting_code)
    parent: AgendaItem | None = one(db.AgendaItem.parent_id)
    children: list[AgendaItem] = many(db.AgendaItem.parent_id, order_by=[db.AgendaItem.number_order])
    portfolio: Portfolio | None = one(db.AgendaItem.body_code, description="The Working Group or theme that it is for")
    subject: ReviewSubject | None = column(db.AgendaItem.subject, description="What is reviewed under it")
    documents: list[LazyDocument] = many(
        db.DocumentAgendaItem.agenda_item_id, order_by=[db.Document.symbol_order], description="Taken up under it"
    )
    evaluations: list[RuleEvaluation] = evaluations(db.AgendaItem, db.AgendaItem.id)
    visibility: Visibility = column(db.AgendaItem.visibility)
    version: int = column(db.AgendaItem.version)
    history: Connection[HistoryEntry] = history(db.AgendaItem, db.AgendaItem.id)


@names_rows
@strawberry.type(description="Who has a say in a programme: the President, or a Coordinator")
class ProgrammeOrganizer:
    party_id: strawberry.Private[str]
    body: strawberry.Private[str | None]
    party: Party = ref("party_id", db.Party.id)
    portfolio: Portfolio | None = ref("body", db.Body.code, description="Null for the President")

    @classmethod
    def of(cls, organizer: mandate.agenda.Organizer) -> ProgrammeOrganizer:
        return cls(party_id=organizer.party, body=None if organizer.office == PRESIDENT else organizer.office)


@strawberry.type(description="Somebody has agreed to the programme as it stands")
class ProgrammeAgreement:
    by: ProgrammeOrganizer
    at: datetime.datetime


@strawberry.type(
    description="Who has agreed to the agenda of an intersessional meeting, and who is awaited (Prop. 2(4))"
)
class Programme:
    final: bool = strawberry.field(description="Once nobody is awaited: nothing is added to it any more")
    agreed: list[ProgrammeAgreement] = strawberry.field(
        description="Since the last item was added: an addition voids what was agreed before"
    )
    awaited: list[ProgrammeOrganizer] = strawberry.field(
        description="The President, and the Coordinators of every Working Group and theme that has an item in it, as "
        "far as they have not agreed; an empty seat holds nothing up"
    )
    version: int = strawberry.field(description="Since the last item was added or moved, for agreeProgramme")


def programme_of(
    kind: str,
    opens: PartialDate | None,
    items: Sequence[Any],
    agreements: Sequence[Any],
    terms: Sequence[Any],
    formal: Sequence[Any],
    as_of: datetime.date,
) -> Programme | None:
    if kind != INTERSESSIONAL:
        return None
    found = resolve.programme(
        items=items,
        agreements=agreements,
        terms=[term for term in map(term_of, terms) if term is not None],
        formal=formal,
        day=resolve.day_of_offices(opens, as_of),
    )
    agreed = [
        ProgrammeAgreement(by=ProgrammeOrganizer.of(by), at=datetime.datetime.fromisoformat(row.agreed_at))
        for by, row in zip(found.agreed, agreements, strict=True)
    ]
    awaited = [ProgrammeOrganizer.of(each) for each in found.awaited]
    return Programme(final=found.final, agreed=agreed, awaited=awaited, version=found.version)


@names_rows
@strawberry.type(description="The meeting has adopted its agenda")
class AgendaAdoption:
    decision_id: strawberry.Private[str | None]
    adopted_on: datetime.date
    revised_on: datetime.date | None = strawberry.field(description="The last day on which it was changed since")
    decision: LazyDecision | None = ref("decision_id", db.Decision.id, description="By which, where one is cited")


def adoption_of(adoptions: Sequence[Any]) -> AgendaAdoption | None:
    for row in adoptions:
        return AgendaAdoption(decision_id=row.decision_id, adopted_on=row.adopted_on, revised_on=row.revised_on)
    return None


PROGRAMME = (
    db.Meeting.kind_code,
    db.Meeting.starts_on,
    rows(db.AgendaItem.meeting_code),
    rows(db.ProgrammeAgreement.meeting_code, only=col(db.ProgrammeAgreement.voided_at).is_(None)),
    rows(
        table=db.OfficeTerm,
        only=and_(
            col(db.OfficeTerm.office_code).startswith("coordinator:"), col(db.OfficeTerm.party_id).startswith("STATE:")
        ),
    ),
    rows(table=db.Meeting, only=FORMAL),
)
"""What a programme is computed from."""


# ---------- the acts ----------


@strawberry.input(description="An item that is to be on the agenda of a meeting")
class AddAgendaItemInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    number: str = strawberry.field(description="Unique within the meeting, such as 10 or 10(a); at most 32 characters")
    title: list[LocalizedTextInput]
    parent: strawberry.ID | None = strawberry.field(default=None, description="The item under which it stands")
    portfolio: str | None = strawberry.field(default=None, description="The code of a Working Group or theme")
    subject: ReviewSubject | None = strawberry.field(
        default=None, description="At a Review Conference: what is reviewed under it"
    )


@strawberry.input(description="Where an item of an agenda is to stand; what stands under it goes with it")
class MoveAgendaItemInput:
    item: strawberry.ID
    expected_version: int
    number: str = strawberry.field(description="Unique within the meeting, and its place among the others")
    parent: strawberry.ID | None = strawberry.field(
        default=None, description="The item under which it is to stand; under none, where none is given"
    )


@strawberry.input(description="A meeting has adopted its agenda, as it stands")
class AdoptAgendaInput:
    meeting: str = strawberry.field(description="The code of the meeting, which has opened")
    expected_version: int = strawberry.field(description="Of the meeting")
    on: datetime.date | None = strawberry.field(default=None, description="The day it opened, where none is given")
    decision: strawberry.ID | None = strawberry.field(default=None, description="Of that meeting")


@strawberry.input(description="The programme of an intersessional meeting is agreed to, as it stands")
class AgreeProgrammeInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    expected_version: int = strawberry.field(
        description="Of the programme: it may have been added to since it was read"
    )
    on_behalf_of: str | None = strawberry.field(
        default=None,
        description="PRESIDENT, or the code of a Working Group or theme. The ISU says for whom; others agree for all "
        "offices of their own, where none is named",
    )


@names_rows
@strawberry.type(description="The item is on the agenda; what was agreed about a programme before is void")
class AgendaItemAdded(Success):
    key: strawberry.Private[str | None]
    item: AgendaItem | None = ref("key", db.AgendaItem.id, description="Null where the act was only validated")
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


@names_rows
@strawberry.type(description="The item stands elsewhere; what was agreed about a programme before is void")
class AgendaItemMoved(Success):
    key: strawberry.Private[str | None]
    item: AgendaItem | None = ref("key", db.AgendaItem.id, description="Null where the act was only validated")
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


@names_rows
@strawberry.type(description="The agenda is adopted; a change of it is a revision from now on")
class AgendaAdopted(Success):
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = ref("key", db.Meeting.code, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The programme is agreed to; it is final once nobody is awaited")
class ProgrammeAgreed(Success):
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = ref("key", db.Meeting.code, description="Null where the act was only validated")
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


AddAgendaItemResult = Annotated[
    AgendaItemAdded | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AddAgendaItemResult")
]
MoveAgendaItemResult = Annotated[
    AgendaItemMoved | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("MoveAgendaItemResult")
]
AdoptAgendaResult = Annotated[
    AgendaAdopted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AdoptAgendaResult")
]
AgreeProgrammeResult = Annotated[
    ProgrammeAgreed | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AgreeProgrammeResult")
]


@strawberry.type
class AgendaMutation:
    @strawberry.mutation(
        description="Put an item on an agenda: the ISU on any, the President and the Coordinators on that of an "
        "intersessional meeting"
    )
    async def add_agenda_item(
        self, info: strawberry.Info[Any, Any], input: AddAgendaItemInput, validate_only: bool = False
    ) -> AddAgendaItemResult:
        key, evaluations = await resolve.add(
            info.context,
            meeting=input.meeting,
            number=input.number,
            title=line("title", input.title),
            parent=None if input.parent is None else key_of("AgendaItem", input.parent, "parent"),
            portfolio=input.portfolio,
            subject=input.subject,
            validate_only=validate_only,
        )
        return await complete(info, AgendaItemAdded(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Give an item of an agenda another number or another place, as addAgendaItem does")
    async def move_agenda_item(
        self, info: strawberry.Info[Any, Any], input: MoveAgendaItemInput, validate_only: bool = False
    ) -> MoveAgendaItemResult:
        key, evaluations = await resolve.move(
            info.context,
            item=key_of("AgendaItem", input.item, "item"),
            number=input.number,
            parent=None if input.parent is None else key_of("AgendaItem", input.parent, "parent"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, AgendaItemMoved(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record that a meeting has adopted its agenda")
    async def adopt_agenda(
        self, info: strawberry.Info[Any, Any], input: AdoptAgendaInput, validate_only: bool = False
    ) -> AdoptAgendaResult:
        key = await resolve.adopt(
            info.context,
            input.meeting,
            on=input.on,
            decision=None if input.decision is None else key_of("Decision", input.decision, "decision"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, AgendaAdopted(key=key))

    @strawberry.mutation(description="Agree to the programme of an intersessional meeting")
    async def agree_programme(
        self, info: strawberry.Info[Any, Any], input: AgreeProgrammeInput, validate_only: bool = False
    ) -> AgreeProgrammeResult:
        key, evaluations = await resolve.agree(
            info.context,
            meeting=input.meeting,
            on_behalf_of=input.on_behalf_of,
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, ProgrammeAgreed(key=key, rule_evaluations=said(evaluations)))
