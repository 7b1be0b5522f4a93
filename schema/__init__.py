"""What the API offers: types, inputs and results, put together; nothing is decided here."""

from __future__ import annotations

import datetime

import strawberry
from sqlalchemy import and_
from sqlmodel import col
from strawberry import Info

import db
import schema.document
import schema.meeting
import schema.obligation
import schema.organisation
import schema.state
from db.visibility import refers_to_visible
from mandate.decision import ParagraphStatus
from mandate.record import RecordKind, RecordStatus
from mandate.statement import StatementStatus
from resolvers import office, treaty_action
from schema.account import AccountMutation, AccountQuery
from schema.agenda import AgendaMutation
from schema.amendment import RuleMutation
from schema.body import HELD_ON, StandingBody, ThematicArea, WorkingGroup
from schema.change import AUDIT_ENTRIES, AuditEntry
from schema.code import Code
from schema.committee import CommitteeMutation, CommitteeQuery
from schema.communication import CommunicationMutation, CommunicationQuery
from schema.contact import ContactMutation
from schema.contribution import Contribution, ContributionMutation
from schema.convention import Convention, StructureElement
from schema.decision import Decision, DecisionMutation, DecisionParagraph, addresses, with_paragraph
from schema.document import Document, DocumentMutation, DocumentWhere
from schema.evolution import EvolutionQuery
from schema.explanation import Explanation
from schema.export import ExportMutation, ExportQuery
from schema.extension import ExtensionRequest, ExtensionRequestWhere
from schema.feed import FeedQuery, Subscription, install_events
from schema.file import FileMutation
from schema.given import install as install_inputs
from schema.meeting import Meeting, MeetingMutation, MeetingQuery, MeetingWhere
from schema.obligation import Obligation, ObligationWhere
from schema.observer import ObserverMutation
from schema.office import CoordinatorTerm, Office, OfficeMutation, OfficeQuery, OfficeTerm, Presidency
from schema.organisation import Organisation, OrganisationWhere
from schema.participation import ParticipationMutation, ParticipationQuery
from schema.party import party_key
from schema.person import Person, PersonMutation
from schema.problem import HANDLERS
from schema.rate_limit import RateLimit
from schema.reading import (
    Argument,
    Connection,
    Executing,
    Node,
    complete,
    connection,
    install,
    lookup,
    many,
    read_nodes,
)
from schema.record import MeetingRecord, RecordComment, RecordMutation
from schema.report import AnnualReport, ReportMutation
from schema.review import ReviewQuery
from schema.rule import MandateRule, RuleQuery, day_of
from schema.scalar import CONFIG, CountryCode, DocumentSymbol
from schema.search import SearchQuery
from schema.state import State, StateKey, StateWhere
from schema.statement import Statement, StatementMutation
from schema.support import Instruction, SupportMutation, SupportQuery
from schema.treaty_action import StatusCount, StatusGrouping, TimelinePoint, TreatyAction, TreatyActionMutation
from schema.webhook import WebhookMutation
from schema.workplan import WorkPlan, WorkPlanMutation, WorkPlanQuery

_OF_PORTFOLIO = Argument(
    "portfolio",
    str,
    lambda code, _: col(db.OfficeTerm.office_code) == f"coordinator:{code}",
    description="The code of a Working Group or theme",
)
_OF_STATE = Argument(
    "state",
    CountryCode,
    lambda code, _: col(db.OfficeTerm.party_id) == f"STATE:{code}",
    description="The code of a State",
)
_OF_ROLES = Argument(
    "role",
    list[str],
    lambda roles, _: col(db.OfficeTerm.office_code).in_(db.office.offices_with(roles)),
    description="Codes of roles, such as president or coordinator",
)
_BY_START = [db.OfficeTerm.starts_on, db.OfficeTerm.reference]


@strawberry.type(description="The register of the Convention on Cluster Munitions, and the work under it")
class Query(
    AccountQuery,
    CommitteeQuery,
    CommunicationQuery,
    EvolutionQuery,
    ExportQuery,
    FeedQuery,
    MeetingQuery,
    OfficeQuery,
    ParticipationQuery,
    ReviewQuery,
    RuleQuery,
    SearchQuery,
    SupportQuery,
    WorkPlanQuery,
):
    conventions: list[Convention] = many(description="The Convention, and those that the paper of 2011 compares")
    convention: Convention | None = lookup(
        [Argument("code", str, default="CCM")],
        {"code": db.Convention.code},
        description="One convention by its code; null where it is not kept",
    )

    state: State | None = lookup(
        [Argument("by", StateKey, required=True)],
        {"id": db.State.code, "code": db.State.code, "m49": db.State.m49},
        description="One State by one of its keys; null where there is none",
    )
    states: Connection[State] = connection(
        where=StateWhere,
        order_by=schema.state.IN_ORDER,
        default_order=[db.State.sort_name],
        arguments=[
            Argument(
                "as_of",
                datetime.date,
                description="The day that `where: { status }` asks about, today if none; "
                "the fields of a State take their own asOf",
            )
        ],
        description="States, in alphabetical order where nothing else is said",
    )
    organisation: Organisation | None = lookup(
        [Argument("code", str, required=True)],
        {"code": db.Organisation.code},
        description="One organisation by its code; null where there is none",
    )
    organisations: Connection[Organisation] = connection(
        where=OrganisationWhere,
        order_by=schema.organisation.IN_ORDER,
        default_order=[db.Organisation.sort_name],
        description="International and regional organisations, UN bodies, NGOs, national authorities",
    )

    working_groups: list[WorkingGroup] = many(
        order_by=[db.Body.position], description="The six of the paper of 2011 (Prop. 2(1))"
    )
    thematic_areas: list[ThematicArea] = many(
        order_by=[db.Body.position], description="The two themes led by one Coordinator each (Prop. 2(2))"
    )
    standing_bodies: list[StandingBody] = many(
        order_by=[db.Body.position], description="The Coordination Committee and the ISU"
    )
    offices: list[Office] = many(order_by=[db.Office.position], description="Every post under the Convention")
    office_terms: list[OfficeTerm] = many(
        order_by=_BY_START, arguments=[HELD_ON, _OF_ROLES, _OF_STATE], description="Who held which post, and when"
    )
    coordinator_terms: list[CoordinatorTerm] = many(
        order_by=_BY_START,
        arguments=[HELD_ON, _OF_PORTFOLIO, _OF_STATE],
        description="Which State Party coordinated what, and when",
    )

    obligations: Connection[Obligation] = connection(
        where=ObligationWhere,
        order_by=schema.obligation.IN_ORDER,
        default_order=[db.Obligation.state_code, db.Obligation.article],
        description="What States have to do under Articles 3, 4 and 5",
    )
    extension_requests: Connection[ExtensionRequest] = connection(
        where=ExtensionRequestWhere,
        default_order=[db.ExtensionRequest.code],
        description="Requests to extend the deadline of Article 3 or 4",
    )

    meeting: Meeting | None = lookup(
        [Argument("id", strawberry.ID), Argument("code", str)],
        {"id": db.Meeting.code, "code": db.Meeting.code},
        description="One meeting by its code (such as 2MSP, 1RC, IM-2012) or id; null where there is none",
    )
    meetings: Connection[Meeting] = connection(
        where=MeetingWhere,
        order_by=schema.meeting.IN_ORDER,
        default_order=[db.Meeting.starts_on],
        description="Formal and informal meetings, the earliest first",
    )
    document: Document | None = lookup(
        [Argument("symbol", DocumentSymbol), Argument("id", strawberry.ID)],
        {"symbol": db.Document.symbol, "id": db.Document.id},
        description="One document by its symbol or id; null where there is none",
    )
    documents: Connection[Document] = connection(
        where=DocumentWhere,
        order_by=schema.document.IN_ORDER,
        default_order=[db.Document.id],
        description="Official documents, working papers, statements, reports",
    )

    decisions: list[Decision] = many(
        order_by=[db.Decision.adopted_on, db.Decision.number],
        arguments=[
            Argument(
                "meeting",
                str,
                lambda code, scope: and_(
                    col(db.Decision.meeting_code) == code,
                    refers_to_visible(db.Decision.__table__.c.meeting_code, scope.actor),  # type: ignore[attr-defined]
                ),
                description="The code of a meeting",
            ),
            Argument("number", str, lambda number, _: col(db.Decision.number) == number, description="Of the decision"),
            Argument(
                "paragraph_status",
                list[ParagraphStatus],
                lambda wanted, scope: with_paragraph(col(db.DecisionParagraph.status).in_(wanted), scope),
                description="That have a paragraph of which one of these has become",
            ),
            Argument(
                "addressee",
                strawberry.ID,
                lambda party, scope: with_paragraph(addresses(party), scope),
                description="That have a paragraph which addresses this State or organisation",
            ),
        ],
        description="What meetings decided, in the order in which they did",
    )

    meeting_records: Connection[MeetingRecord] = connection(
        default_order=[db.MeetingRecord.id],
        arguments=[
            Argument(
                "meeting",
                str,
                lambda code, scope: and_(
                    col(db.MeetingRecord.meeting_code) == code,
                    refers_to_visible(db.MeetingRecord.__table__.c.meeting_code, scope.actor),  # type: ignore[attr-defined]
                ),
                description="The code of a meeting",
            ),
            Argument("kind", RecordKind, lambda kind, _: col(db.MeetingRecord.kind) == kind),
            Argument("status", RecordStatus, lambda status, _: col(db.MeetingRecord.status) == status),
        ],
        description="Records of meetings, as far as they are there for the caller",
    )

    statements: Connection[Statement] = connection(
        default_order=[db.Statement.submitted_on, db.Statement.id],
        arguments=[
            Argument(
                "meeting",
                str,
                lambda code, scope: and_(
                    col(db.Statement.meeting_code) == code,
                    refers_to_visible(db.Statement.__table__.c.meeting_code, scope.actor),  # type: ignore[attr-defined]
                ),
                description="The code of a meeting",
            ),
            Argument(
                "party",
                strawberry.ID,
                lambda party, _: col(db.Statement.party_id) == party_key(party),
                description="The id of the State or the organisation that made it",
            ),
            Argument("status", StatementStatus, lambda status, _: col(db.Statement.status) == status),
        ],
        description="What was said at meetings, as far as it is there for the caller",
    )

    work_plans: list[WorkPlan] = many(
        order_by=[db.WorkPlan.year_from, db.WorkPlan.id],
        arguments=[
            Argument(
                "year",
                int,
                lambda year, _: and_(col(db.WorkPlan.year_from) <= year, col(db.WorkPlan.year_to) >= year),
                description="That it covers",
            )
        ],
        description="Of the ISU, each with its budget, as far as they are there for the caller",
    )
    annual_reports: list[AnnualReport] = many(
        order_by=[db.AnnualReport.year, db.AnnualReport.id],
        arguments=[Argument("year", int, lambda year, _: col(db.AnnualReport.year) == year)],
        description="Of the ISU to the States Parties",
    )
    contributions: list[Contribution] = many(
        order_by=[db.Contribution.year, db.Contribution.id],
        arguments=[Argument("year", int, lambda year, _: col(db.Contribution.year) == year)],
        description="To the ISU, pledged and paid, as far as they are there for the caller",
    )
    instructions: list[Instruction] = many(
        order_by=[db.Instruction.given_on, db.Instruction.id], description="To the ISU, in the order in which they came"
    )

    audit_entries: Connection[AuditEntry] = AUDIT_ENTRIES

    meeting_kinds: list[Code] = many(table=db.MeetingKind, description="Codes for `where: { kind }` of meetings")
    document_kinds: list[Code] = many(table=db.DocumentKind, description="Codes for `where: { kind }` of documents")
    organisation_types: list[Code] = many(
        table=db.OrganisationKind, description="Codes for `where: { type }` of organisations"
    )
    office_roles: list[Code] = many(table=db.OfficeRole, description="Codes for `role` of officeTerms")
    languages: list[Code] = many(table=db.Language, description="BCP 47: those in which documents are recorded")

    @strawberry.field(description="Regional groups of the General Assembly, for `where: { region }` of states")
    async def regional_groups(self, info: Info) -> list[str]:
        async with info.context.reader() as reader:
            return await treaty_action.regional_groups(reader)

    @strawberry.field(description="An object by its id; null where there is none, an error where it is no id")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        found: Node | None = (await read_nodes(info, [id]))[0]
        return found

    @strawberry.field(description="Objects by their ids, in the same order; at most 250")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        return await read_nodes(info, ids)

    @strawberry.field(description="Who presides on a day, and who is President-designate")
    async def presidency(self, info: Info, as_of: datetime.date | None = None) -> Presidency:
        day = day_of(info, as_of)
        async with info.context.reader() as reader:
            found = await office.presidency_on(reader, day)
        value = Presidency(
            president_id=found.president,
            designate_id=found.designate,
            guides_code=found.guides,
            as_of=day,
            explanation=Explanation.of(found.explanation),
        )
        return await complete(info, value)

    @strawberry.field(description="How the caller stands with fair use, this operation counted")
    def rate_limit(self, info: Info) -> RateLimit:
        standing = info.context.rate_limit
        assert standing is not None  # noqa: S101  the door counts before it executes
        return RateLimit(
            cost=standing.cost, limit=standing.limit, remaining=standing.remaining, reset_at=standing.reset_at
        )

    @strawberry.field(description="How many States stand where under the Convention on a day")
    async def status_counts(
        self, info: Info, as_of: datetime.date | None = None, by: StatusGrouping | None = None
    ) -> list[StatusCount]:
        async with info.context.reader() as reader:
            counts = await treaty_action.status_counts(
                reader, day_of(info, as_of), by_region=by is StatusGrouping.REGION
            )
        return [StatusCount(group=group, kind=kind, count=count) for group, kind, count in counts]

    @strawberry.field(description="Cumulative counts, at every day on which one of them changes")
    async def treaty_timeline(self, info: Info) -> list[TimelinePoint]:
        async with info.context.reader() as reader:
            points = await treaty_action.timeline(reader)
        return [
            TimelinePoint(
                on=point.on,
                signed=point.signed,
                deposited=point.deposited,
                in_force=point.in_force,
                withdrawn=point.withdrawn,
            )
            for point in points
        ]


@strawberry.type(description="Acts of the institution: one each, and every way to say no in its result")
class Mutation(
    TreatyActionMutation,
    AccountMutation,
    ContactMutation,
    PersonMutation,
    DecisionMutation,
    OfficeMutation,
    CommitteeMutation,
    MeetingMutation,
    AgendaMutation,
    ParticipationMutation,
    RecordMutation,
    StatementMutation,
    ObserverMutation,
    DocumentMutation,
    FileMutation,
    RuleMutation,
    WorkPlanMutation,
    ReportMutation,
    ContributionMutation,
    SupportMutation,
    CommunicationMutation,
    WebhookMutation,
    ExportMutation,
):
    pass


api = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    exception_handlers=HANDLERS,
    config=CONFIG,
    execution_context_class=Executing,
    types=[
        Decision,
        DecisionParagraph,
        ExtensionRequest,
        MandateRule,
        Obligation,
        Person,
        RecordComment,
        StructureElement,
        TreatyAction,
    ],
)
install(api)
install_inputs(api)
install_events(api)
