"""What meetings decided, and the act that records it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, exists, select
from sqlmodel import col

import db
from db.visibility import visible
from mandate.actor import Visibility
from mandate.decision import DecisionMethod, ParagraphStatus, ParagraphType, Votes, permalink
from resolvers import decision as resolve
from resolvers.reading import Scope
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import Party, party_key
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import (
    Argument,
    Connection,
    Node,
    column,
    complete,
    derived,
    many,
    names_rows,
    node,
    one,
    over,
    ref,
    rows,
)
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text, wording

if TYPE_CHECKING:
    from schema.agenda import AgendaItem
    from schema.document import Document
    from schema.meeting import Meeting

LazyAgendaItem = Annotated["AgendaItem", strawberry.lazy("schema.agenda")]
LazyDecision = Annotated["Decision", strawberry.lazy("schema.decision")]
LazyDocument = Annotated["Document", strawberry.lazy("schema.document")]
LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


@over(db.FollowUp, description="What was done about a paragraph of a decision")
class FollowUp:
    noted_on: datetime.date = column(db.FollowUp.noted_on)
    note: str = column(db.FollowUp.note)
    status: ParagraphStatus = column(db.FollowUp.status, description="Of the paragraph, since then")
    document: LazyDocument | None = one(db.FollowUp.document_id)


@node(db.DecisionParagraph, description="A numbered paragraph of a decision")
class DecisionParagraph(Node):
    number: str = column(db.DecisionParagraph.number)
    decision: LazyDecision | None = one(db.DecisionParagraph.decision_id)
    text: LocalizedText = text(db.DecisionParagraph.text)
    type: ParagraphType = column(db.DecisionParagraph.type)
    addressees: list[Party] = many(
        db.DecisionAddressee.paragraph_id,
        order_by=[db.DecisionAddressee.party_id],
        description="States and organisations that it addresses by name",
    )
    actors: list[str] = column(
        db.DecisionParagraph.actors, description="Others that it addresses, as it names them, such as the Coordinators"
    )
    due_on: datetime.date | None = column(db.DecisionParagraph.due_on)
    status: ParagraphStatus = column(db.DecisionParagraph.status)
    superseded_by: DecisionParagraph | None = one(db.DecisionParagraph.superseded_by_id)
    follow_ups: list[FollowUp] = many(db.FollowUp.paragraph_id, order_by=[db.FollowUp.noted_on, db.FollowUp.id])
    visibility: Visibility = column(db.DecisionParagraph.visibility)
    version: int = column(db.DecisionParagraph.version)
    history: Connection[HistoryEntry] = history(db.DecisionParagraph, db.DecisionParagraph.id)


@strawberry.type(description="How a vote ended")
class DecisionVotes:
    in_favour: int
    against: int
    abstentions: int


def _votes(in_favour: int | None, against: int | None, abstentions: int | None) -> DecisionVotes | None:
    if in_favour is None or against is None or abstentions is None:
        return None
    return DecisionVotes(in_favour=in_favour, against=against, abstentions=abstentions)


def _permalink(number: str, meetings: Sequence[Any]) -> str | None:
    """Of a decision whose meeting the caller may not see it would tell the code of that meeting."""
    return permalink(meetings[0].code, number) if meetings else None


@node(db.Decision, description="A decision of a meeting")
class Decision(Node):
    number: str = column(db.Decision.number, description="Of the paragraph of the report, or as the meeting counts")
    title: LocalizedText = text(db.Decision.title)
    text: LocalizedText | None = text(db.Decision.text)
    meeting: LazyMeeting | None = one(db.Decision.meeting_code)
    adopted_on: datetime.date = column(db.Decision.adopted_on)
    method: DecisionMethod = column(db.Decision.method)
    votes: DecisionVotes | None = derived(
        _votes,
        uses=[db.Decision.votes_for, db.Decision.votes_against, db.Decision.abstentions],
        description="Where it was taken by vote, and the numbers are on record",
    )
    agenda_item: LazyAgendaItem | None = one(db.Decision.agenda_item_id)
    paragraphs: list[DecisionParagraph] = many(
        db.DecisionParagraph.decision_id,
        order_by=[db.DecisionParagraph.position],
        arguments=[Argument("status", ParagraphStatus, lambda wanted, _: col(db.DecisionParagraph.status) == wanted)],
    )
    permalink: str | None = derived(
        _permalink,
        uses=[db.Decision.number, rows(db.Meeting.code, on=db.Decision.meeting_code)],
        description="The path on this server under which it is, and stays, to be found; null where its meeting is not "
        "there for the caller",
    )
    visibility: Visibility = column(db.Decision.visibility)
    version: int = column(db.Decision.version)
    history: Connection[HistoryEntry] = history(db.Decision, db.Decision.id)


def with_paragraph(holds: ColumnElement[bool], scope: Scope) -> ColumnElement[bool]:
    """Whether a decision has a paragraph for which it holds, among those that the caller may see."""
    paragraph = db.DecisionParagraph.__table__  # type: ignore[attr-defined]
    there = select(1).where(paragraph.c.decision_id == col(db.Decision.id), holds)
    seen = visible(paragraph, scope.actor)
    return exists((there if seen is None else there.where(seen)).correlate(db.Decision.__table__))  # type: ignore[attr-defined]


def addresses(id: str) -> ColumnElement[bool]:
    named = select(col(db.DecisionAddressee.paragraph_id)).where(col(db.DecisionAddressee.party_id) == party_key(id))
    return col(db.DecisionParagraph.id).in_(named)


@strawberry.input(description="A numbered paragraph of a decision")
class DecisionParagraphInput:
    number: str = strawberry.field(description="Unique within the decision; at most 32 characters")
    text: list[LocalizedTextInput]
    type: ParagraphType = ParagraphType.OPERATIONAL
    addressees: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Ids of States and organisations; at most 250"
    )
    actors: list[str] = strawberry.field(
        default_factory=list, description="Others, as the text names them; at most 200 characters each"
    )
    due_on: datetime.date | None = None

    def given(self, path: str) -> resolve.GivenParagraph:
        return resolve.GivenParagraph(
            number=self.number,
            text=wording(f"{path}.text", self.text),
            type=self.type,
            addressees=[party_key(each, f"{path}.addressees.{place}") for place, each in enumerate(self.addressees)],
            actors=[each.strip() for each in self.actors],
            due_on=self.due_on,
        )


@strawberry.input(description="How a vote ended")
class DecisionVotesInput:
    in_favour: int
    against: int
    abstentions: int


@strawberry.input(description="A decision that a meeting has taken")
class AdoptDecisionInput:
    meeting: str = strawberry.field(description="The code of the meeting, such as 2MSP")
    number: str = strawberry.field(description="Unique within the meeting; at most 32 characters")
    title: list[LocalizedTextInput]
    text: list[LocalizedTextInput] = strawberry.field(default_factory=list)
    adopted_on: datetime.date
    method: DecisionMethod = DecisionMethod.CONSENSUS
    visibility: Visibility | None = strawberry.field(
        default=None, description="Never wider than that of its meeting, which it has where nothing is said"
    )
    paragraphs: list[DecisionParagraphInput] = strawberry.field(default_factory=list, description="At most 300")
    votes: DecisionVotesInput | None = strawberry.field(default=None, description="Of a decision by vote")
    agenda_item: strawberry.ID | None = strawberry.field(default=None, description="Of that meeting")


@strawberry.input(description="What was done about a paragraph of a decision, and what has become of it")
class FollowUpDecisionInput:
    paragraph: strawberry.ID
    expected_version: int
    note: str = strawberry.field(description="At most 5,000 characters")
    status: ParagraphStatus | None = strawberry.field(default=None, description="As it was, where none is given")
    superseded_by: strawberry.ID | None = strawberry.field(
        default=None, description="Of a paragraph that becomes SUPERSEDED: the one of a later decision"
    )
    document: strawberry.ID | None = strawberry.field(default=None, description="That tells more")


@names_rows
@strawberry.type(description="The decision is on record: elections and approvals can cite it")
class DecisionAdopted(Success):
    key: strawberry.Private[str | None]
    decision: Decision | None = ref("key", db.Decision.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="What was done is on record")
class DecisionFollowedUp(Success):
    key: strawberry.Private[str | None]
    paragraph: DecisionParagraph | None = ref(
        "key", db.DecisionParagraph.id, description="Null where the act was only validated"
    )


AdoptDecisionResult = Annotated[
    DecisionAdopted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AdoptDecisionResult")
]

FollowUpDecisionResult = Annotated[
    DecisionFollowedUp | Invalid | NotFound | Forbidden | Conflict, strawberry.union("FollowUpDecisionResult")
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
            title=line("title", input.title),
            text=wording("text", input.text) if input.text else None,
            adopted_on=input.adopted_on,
            method=input.method,
            visibility=input.visibility,
            paragraphs=[each.given(f"paragraphs.{place}") for place, each in enumerate(input.paragraphs)],
            votes=None
            if input.votes is None
            else Votes(
                in_favour=input.votes.in_favour, against=input.votes.against, abstentions=input.votes.abstentions
            ),
            agenda_item=None if input.agenda_item is None else key_of("AgendaItem", input.agenda_item, "agendaItem"),
            validate_only=validate_only,
        )
        return await complete(info, DecisionAdopted(key=key))

    @strawberry.mutation(description="Note what was done about a paragraph of a decision")
    async def follow_up_decision(
        self, info: strawberry.Info[Any, Any], input: FollowUpDecisionInput, validate_only: bool = False
    ) -> FollowUpDecisionResult:
        later = input.superseded_by
        key = await resolve.follow_up(
            info.context,
            paragraph=key_of("DecisionParagraph", input.paragraph, "paragraph"),
            expected_version=input.expected_version,
            note=input.note,
            status=input.status,
            superseded_by=None if later is None else key_of("DecisionParagraph", later, "supersededBy"),
            document=None if input.document is None else key_of("Document", input.document, "document"),
            validate_only=validate_only,
        )
        return await complete(info, DecisionFollowedUp(key=key))
