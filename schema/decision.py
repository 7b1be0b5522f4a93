"""What meetings decided, and the act that records it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from mandate.actor import Visibility
from mandate.decision import DecisionMethod
from resolvers import decision as resolve
from schema.change import HistoryEntry, history
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Connection, Node, column, complete, names_rows, node, one, ref
from schema.text import LocalizedText, LocalizedTextInput, text, wording

if TYPE_CHECKING:
    from schema.meeting import Meeting

LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


@node(db.Decision, description="A decision of a meeting")
class Decision(Node):
    number: str = column(db.Decision.number, description="Of the paragraph of the report, or as the meeting counts")
    title: LocalizedText = text(db.Decision.title)
    text: LocalizedText | None = text(db.Decision.text)
    meeting: LazyMeeting | None = one(db.Decision.meeting_code)
    adopted_on: datetime.date = column(db.Decision.adopted_on)
    method: DecisionMethod = column(db.Decision.method)
    visibility: Visibility = column(db.Decision.visibility)
    version: int = column(db.Decision.version)
    history: Connection[HistoryEntry] = history(db.Decision, db.Decision.id)


@strawberry.input(description="A decision that a meeting has taken")
class AdoptDecisionInput:
    meeting: str = strawberry.field(description="The code of the meeting, such as 2MSP")
    number: str = strawberry.field(description="Unique within the meeting; at most 32 characters")
    title: list[LocalizedTextInput]
    text: list[LocalizedTextInput] = strawberry.field(default_factory=list)
    adopted_on: datetime.date
    method: DecisionMethod = DecisionMethod.CONSENSUS
    visibility: Visibility = Visibility.PUBLIC


@names_rows
@strawberry.type(description="The decision is on record: elections and approvals can cite it")
class DecisionAdopted:
    key: strawberry.Private[str | None]
    decision: Decision | None = ref("key", db.Decision.id, description="Null where the act was only validated")


AdoptDecisionResult = Annotated[
    DecisionAdopted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AdoptDecisionResult")
]


@strawberry.type
class DecisionMutation:
    @strawberry.mutation(description="Record a decision of a meeting")
    async def adopt_decision(
        self, info: strawberry.Info[Any, Any], input: AdoptDecisionInput, validate_only: bool = False
    ) -> AdoptDecisionResult:
        key = await resolve.adopt(
            info.context,
            meeting=input.meeting,
            number=input.number,
            title=wording("title", input.title),
            text=wording("text", input.text) if input.text else None,
            adopted_on=input.adopted_on,
            method=input.method,
            visibility=input.visibility,
            validate_only=validate_only,
        )
        return await complete(info, DecisionAdopted(key=key))
