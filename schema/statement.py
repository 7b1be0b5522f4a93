"""Statements at meetings, from their submission to their publication."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from mandate.actor import Visibility
from mandate.statement import StatementStatus
from resolvers import statement as resolve
from schema.agenda import AgendaItem
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import Party, party_key
from schema.person import Person
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Connection, Node, column, complete, many, names_rows, node, one, ref
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text, wording

if TYPE_CHECKING:
    from schema.meeting import Meeting

LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


@node(
    db.Statement,
    description="What a party says at a meeting: until it is published, seen by that party and the ISU",
)
class Statement(Node):
    meeting: LazyMeeting | None = one(db.Statement.meeting_code)
    agenda_item: AgendaItem | None = one(db.Statement.agenda_item_id)
    by: Party = one(db.Statement.party_id)
    on_behalf_of: list[Party] = many(
        db.StatementParty.statement_id,
        order_by=[db.StatementParty.party_id],
        description="For whom it speaks beside the party that makes it",
    )
    speaker: Person | None = one(db.Statement.speaker_id)
    title: LocalizedText | None = text(db.Statement.title)
    text: LocalizedText = text(db.Statement.text)
    status: StatementStatus = column(db.Statement.status)
    submitted_on: datetime.date = column(db.Statement.submitted_on)
    delivered_on: datetime.date | None = column(
        db.Statement.delivered_on, description="The day on which it was recorded"
    )
    published_on: datetime.date | None = column(db.Statement.published_on)
    to_be_seen_by: Visibility = column(
        db.Statement.to_be_seen_by, description="How visible it becomes with its publication, as its party has said"
    )
    visibility: Visibility = column(db.Statement.visibility)
    version: int = column(db.Statement.version)
    history: Connection[HistoryEntry] = history(db.Statement, db.Statement.id)


# ---------- the acts ----------


@strawberry.input(description="What a State or an organisation says, or is to say, at a meeting")
class SubmitStatementInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation that makes it")
    agenda_item: strawberry.ID | None = strawberry.field(default=None, description="Of that meeting")
    on_behalf_of: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Other States and organisations for whom it speaks; at most 250"
    )
    speaker: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    title: list[LocalizedTextInput] | None = None
    text: list[LocalizedTextInput]
    to_be_seen_by: Visibility | None = strawberry.field(
        default=None,
        description="How visible it may become: no wider than its meeting, and as its meeting is where nothing is said",
    )


@strawberry.input(description="A statement was delivered")
class DeliverStatementInput:
    statement: strawberry.ID
    expected_version: int


@strawberry.input(description="A statement that was delivered is shown to those for whom it is")
class PublishStatementInput:
    statement: strawberry.ID
    expected_version: int


@strawberry.input(description="A statement that is not published is taken back")
class WithdrawStatementInput:
    statement: strawberry.ID
    expected_version: int


def _statement() -> Any:
    return ref("key", db.Statement.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The statement is with the ISU")
class StatementSubmitted(Success):
    key: strawberry.Private[str | None]
    statement: Statement | None = _statement()


@names_rows
@strawberry.type(description="The statement was delivered")
class StatementDelivered(Success):
    key: strawberry.Private[str | None]
    statement: Statement | None = _statement()


@names_rows
@strawberry.type(description="The statement is published")
class StatementPublished(Success):
    key: strawberry.Private[str | None]
    statement: Statement | None = _statement()


@names_rows
@strawberry.type(description="The statement is taken back, and is never published")
class StatementWithdrawn(Success):
    key: strawberry.Private[str | None]
    statement: Statement | None = _statement()


SubmitStatementResult = Annotated[
    StatementSubmitted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SubmitStatementResult")
]
DeliverStatementResult = Annotated[
    StatementDelivered | Invalid | NotFound | Forbidden | Conflict, strawberry.union("DeliverStatementResult")
]
PublishStatementResult = Annotated[
    StatementPublished | Invalid | NotFound | Forbidden | Conflict, strawberry.union("PublishStatementResult")
]
WithdrawStatementResult = Annotated[
    StatementWithdrawn | Invalid | NotFound | Forbidden | Conflict, strawberry.union("WithdrawStatementResult")
]


@strawberry.type
class StatementMutation:
    @strawberry.mutation(description="Submit a statement: a party its own, or the ISU for anybody")
    async def submit_statement(
        self, info: strawberry.Info[Any, Any], input: SubmitStatementInput, validate_only: bool = False
    ) -> SubmitStatementResult:
        given = resolve.Given(
            meeting=input.meeting,
            party=party_key(input.party, "party"),
            agenda_item=None if input.agenda_item is None else key_of("AgendaItem", input.agenda_item, "agendaItem"),
            on_behalf_of=[party_key(each, f"onBehalfOf.{place}") for place, each in enumerate(input.on_behalf_of)],
            speaker=None if input.speaker is None else key_of("Person", input.speaker, "speaker"),
            title=None if input.title is None else line("title", input.title),
            text=wording("text", input.text),
            to_be_seen_by=input.to_be_seen_by,
        )
        key = await resolve.submit(info.context, given, validate_only=validate_only)
        return await complete(info, StatementSubmitted(key=key))

    @strawberry.mutation(description="Record that a statement was delivered")
    async def deliver_statement(
        self, info: strawberry.Info[Any, Any], input: DeliverStatementInput, validate_only: bool = False
    ) -> DeliverStatementResult:
        key = await resolve.deliver(
            info.context,
            statement=key_of("Statement", input.statement, "statement"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, StatementDelivered(key=key))

    @strawberry.mutation(description="Publish a statement that was delivered: its party, or the ISU")
    async def publish_statement(
        self, info: strawberry.Info[Any, Any], input: PublishStatementInput, validate_only: bool = False
    ) -> PublishStatementResult:
        key = await resolve.publish(
            info.context,
            statement=key_of("Statement", input.statement, "statement"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, StatementPublished(key=key))

    @strawberry.mutation(description="Take back a statement that is not published: its party, or the ISU")
    async def withdraw_statement(
        self, info: strawberry.Info[Any, Any], input: WithdrawStatementInput, validate_only: bool = False
    ) -> WithdrawStatementResult:
        key = await resolve.withdraw(
            info.context,
            statement=key_of("Statement", input.statement, "statement"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, StatementWithdrawn(key=key))
