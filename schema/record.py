"""Records of meetings, the comments made in their review, and their corrigenda."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
import mandate.record
from db.record import paragraphs_from_json
from mandate.actor import Visibility
from mandate.record import RecordKind, RecordStatus
from resolvers import record as resolve
from schema.change import HistoryEntry, history
from schema.decision import Decision
from schema.id import key_of
from schema.party import Party
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Connection, Node, column, complete, derived, many, names_rows, node, one, over, ref
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text, wording

if TYPE_CHECKING:
    from schema.meeting import Meeting

LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]
LazyMeetingRecord = Annotated["MeetingRecord", strawberry.lazy("schema.record")]


@strawberry.type(description="A paragraph of a record")
class RecordParagraph:
    number: str
    text: LocalizedText


def _paragraphs(kept: Sequence[Any]) -> list[RecordParagraph]:
    return [
        RecordParagraph(number=each.number, text=LocalizedText.of(each.text)) for each in paragraphs_from_json(kept)
    ]


@node(db.RecordComment, description="What a participant said of a draft; for those of the meeting, and the ISU")
class RecordComment(Node):
    record: LazyMeetingRecord | None = one(db.RecordComment.record_id)
    by: Party = one(db.RecordComment.party_id)
    paragraph: str | None = column(db.RecordComment.paragraph, description="Its number; null where it is on the whole")
    text: str = column(db.RecordComment.text)
    made_on: datetime.date = column(db.RecordComment.made_on)
    resolved: bool = column(db.RecordComment.resolved)
    answer: str | None = column(db.RecordComment.answer, description="Of the ISU")
    visibility: Visibility = column(db.RecordComment.visibility)
    version: int = column(db.RecordComment.version)
    history: Connection[HistoryEntry] = history(db.RecordComment, db.RecordComment.id)


@over(db.Corrigendum, description="How a published record should have read, and why; its own words stay as they are")
class Corrigendum:
    number: int = column(db.Corrigendum.number)
    paragraph: str | None = column(db.Corrigendum.paragraph, description="Its number; null where it is on the whole")
    reads: LocalizedText = text(db.Corrigendum.reads)
    reason: str = column(db.Corrigendum.reason)
    issued_on: datetime.date = column(db.Corrigendum.issued_on)


@node(
    db.MeetingRecord,
    description="The record of a meeting: a draft is the ISU's, one under review or approved for those who took "
    "part, as far as it is ever to be theirs, one published as visible as was decided",
)
class MeetingRecord(Node):
    meeting: LazyMeeting | None = one(db.MeetingRecord.meeting_code)
    kind: RecordKind = column(db.MeetingRecord.kind)
    summary_of: MeetingRecord | None = one(
        db.MeetingRecord.summary_of_id, description="Of a public summary, the record that it sums up"
    )
    title: LocalizedText = text(db.MeetingRecord.title)
    summary: LocalizedText | None = text(db.MeetingRecord.summary)
    paragraphs: list[RecordParagraph] = derived(_paragraphs, uses=[db.MeetingRecord.paragraphs])
    status: RecordStatus = column(db.MeetingRecord.status)
    to_be_seen_by: Visibility = column(
        db.MeetingRecord.to_be_seen_by, description="How visible it becomes with its publication"
    )
    review_began_on: datetime.date | None = column(
        db.MeetingRecord.review_began_on, description="No decision of an earlier day approves it"
    )
    review_closes_on: datetime.date | None = column(
        db.MeetingRecord.review_closes_on, description="The last day for comments"
    )
    comments: list[RecordComment] = many(
        db.RecordComment.record_id, order_by=[db.RecordComment.made_on, db.RecordComment.id]
    )
    approved_by: Party | None = one(
        db.MeetingRecord.approved_by_id,
        description="The State that presides, or the ISU for the meeting; null of a public summary",
    )
    approved_on: datetime.date | None = column(db.MeetingRecord.approved_on)
    approved_at: LazyMeeting | None = one(
        db.MeetingRecord.approved_at_code, description="Of minutes of the Coordination Committee, its next meeting"
    )
    decision: Decision | None = one(db.MeetingRecord.decision_id, description="By which the meeting approved it")
    published_on: datetime.date | None = column(db.MeetingRecord.published_on)
    corrigenda: list[Corrigendum] = many(db.Corrigendum.record_id, order_by=[db.Corrigendum.number])
    visibility: Visibility = column(db.MeetingRecord.visibility)
    version: int = column(db.MeetingRecord.version)
    history: Connection[HistoryEntry] = history(db.MeetingRecord, db.MeetingRecord.id)


# ---------- the acts ----------


@strawberry.input(description="A numbered paragraph")
class RecordParagraphInput:
    number: str = strawberry.field(description="Unique within the record; at most 32 characters")
    text: list[LocalizedTextInput]


@strawberry.input(description="The record of a meeting that has opened")
class DraftMeetingRecordInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    kind: RecordKind = strawberry.field(
        default=RecordKind.FULL,
        description="PUBLIC_SUMMARY for one that may be for all, and names no State and no organisation that took part",
    )
    summary_of: strawberry.ID | None = strawberry.field(
        default=None, description="Of a public summary, the full record that it sums up"
    )
    title: list[LocalizedTextInput]
    summary: list[LocalizedTextInput] | None = None
    paragraphs: list[RecordParagraphInput] = strawberry.field(
        default_factory=list, description="At most 1,000; one at least, or a summary"
    )
    to_be_seen_by: Visibility | None = strawberry.field(
        default=None,
        description="How visible it becomes with its publication: no wider than its meeting, and as its meeting is "
        "where nothing is said; a public summary PUBLIC",
    )


@strawberry.input(description="All that a record which is not published yet is to say; it is a draft again")
class EditMeetingRecordInput:
    record: strawberry.ID
    expected_version: int
    title: list[LocalizedTextInput]
    summary: list[LocalizedTextInput] | None = None
    paragraphs: list[RecordParagraphInput] = strawberry.field(default_factory=list)
    to_be_seen_by: Visibility | None = None


@strawberry.input(description="A draft goes to those who took part in the meeting")
class SubmitMeetingRecordInput:
    record: strawberry.ID
    expected_version: int
    review_closes_on: datetime.date = strawberry.field(description="The last day for comments")


@strawberry.input(description="What a participant has to say of a draft")
class CommentOnMeetingRecordInput:
    record: strawberry.ID
    paragraph: str | None = strawberry.field(default=None, description="Its number; null for the whole")
    text: str = strawberry.field(description="At most 5,000 characters")


@strawberry.input(description="What the ISU says to a comment")
class AnswerRecordCommentInput:
    comment: strawberry.ID
    expected_version: int
    answer: str | None = strawberry.field(default=None, description="At most 5,000 characters")
    resolved: bool = True


@strawberry.input(description="A record whose review has closed is approved, by its meeting or by the President for it")
class ApproveMeetingRecordInput:
    record: strawberry.ID
    expected_version: int
    at_meeting: str | None = strawberry.field(
        default=None,
        description="Of minutes of the Coordination Committee: the code of its next meeting, which opened once they "
        "were under review",
    )
    decision: strawberry.ID | None = strawberry.field(
        default=None,
        description="By which the meeting approved its record, adopted and recorded since the review began; the ISU "
        "has to cite it",
    )


@strawberry.input(description="An approved record is shown to those for whom it is")
class PublishMeetingRecordInput:
    record: strawberry.ID
    expected_version: int


@strawberry.input(description="A published record should have read otherwise")
class CorrectMeetingRecordInput:
    record: strawberry.ID
    expected_version: int
    paragraph: str | None = strawberry.field(default=None, description="Its number; null for the whole")
    reads: list[LocalizedTextInput] = strawberry.field(description="As it should read")
    reason: str = strawberry.field(description="At most 5,000 characters")


def _said(
    input: DraftMeetingRecordInput | EditMeetingRecordInput,
) -> resolve.Given:
    return resolve.Given(
        title=line("title", input.title),
        summary=None if input.summary is None else wording("summary", input.summary),
        paragraphs=[
            mandate.record.Paragraph(number=each.number, text=wording(f"paragraphs.{place}.text", each.text))
            for place, each in enumerate(input.paragraphs)
        ],
        to_be_seen_by=input.to_be_seen_by,
    )


def _record() -> Any:
    return ref("key", db.MeetingRecord.id, description="Null where the act was only validated")


def _comment() -> Any:
    return ref("key", db.RecordComment.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The record is a draft of the ISU")
class MeetingRecordDrafted(Success):
    key: strawberry.Private[str | None]
    record: MeetingRecord | None = _record()


@names_rows
@strawberry.type(description="The record is a draft of the ISU again, and has to be reviewed and approved anew")
class MeetingRecordEdited(Success):
    key: strawberry.Private[str | None]
    record: MeetingRecord | None = _record()


@names_rows
@strawberry.type(description="The record is under review: whoever took part in the meeting sees it")
class MeetingRecordSubmitted(Success):
    key: strawberry.Private[str | None]
    record: MeetingRecord | None = _record()


@names_rows
@strawberry.type(description="The comment is made; all who review the record see it")
class MeetingRecordCommented(Success):
    key: strawberry.Private[str | None]
    comment: RecordComment | None = _comment()


@names_rows
@strawberry.type(description="The comment is answered")
class RecordCommentAnswered(Success):
    key: strawberry.Private[str | None]
    comment: RecordComment | None = _comment()


@names_rows
@strawberry.type(description="The record is approved, and not published yet")
class MeetingRecordApproved(Success):
    key: strawberry.Private[str | None]
    record: MeetingRecord | None = _record()


@names_rows
@strawberry.type(description="The record is published")
class MeetingRecordPublished(Success):
    key: strawberry.Private[str | None]
    record: MeetingRecord | None = _record()


@names_rows
@strawberry.type(description="A corrigendum stands beside the record")
class MeetingRecordCorrected(Success):
    key: strawberry.Private[str | None]
    record: MeetingRecord | None = _record()


DraftMeetingRecordResult = Annotated[
    MeetingRecordDrafted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("DraftMeetingRecordResult")
]
EditMeetingRecordResult = Annotated[
    MeetingRecordEdited | Invalid | NotFound | Forbidden | Conflict, strawberry.union("EditMeetingRecordResult")
]
SubmitMeetingRecordResult = Annotated[
    MeetingRecordSubmitted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SubmitMeetingRecordResult")
]
CommentOnMeetingRecordResult = Annotated[
    MeetingRecordCommented | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("CommentOnMeetingRecordResult"),
]
AnswerRecordCommentResult = Annotated[
    RecordCommentAnswered | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AnswerRecordCommentResult")
]
ApproveMeetingRecordResult = Annotated[
    MeetingRecordApproved | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ApproveMeetingRecordResult")
]
PublishMeetingRecordResult = Annotated[
    MeetingRecordPublished | Invalid | NotFound | Forbidden | Conflict, strawberry.union("PublishMeetingRecordResult")
]
CorrectMeetingRecordResult = Annotated[
    MeetingRecordCorrected | Invalid | NotFound | Forbidden | Conflict, strawberry.union("CorrectMeetingRecordResult")
]


@strawberry.type
class RecordMutation:
    @strawberry.mutation(description="Draft the record of a meeting, or a public summary of it")
    async def draft_meeting_record(
        self, info: strawberry.Info[Any, Any], input: DraftMeetingRecordInput, validate_only: bool = False
    ) -> DraftMeetingRecordResult:
        key = await resolve.draft(
            info.context,
            _said(input),
            meeting=input.meeting,
            kind=input.kind,
            summary_of=None if input.summary_of is None else key_of("MeetingRecord", input.summary_of, "summaryOf"),
            validate_only=validate_only,
        )
        return await complete(info, MeetingRecordDrafted(key=key))

    @strawberry.mutation(description="Write a record anew that is not published yet")
    async def edit_meeting_record(
        self, info: strawberry.Info[Any, Any], input: EditMeetingRecordInput, validate_only: bool = False
    ) -> EditMeetingRecordResult:
        key = await resolve.edit(
            info.context,
            _said(input),
            record=key_of("MeetingRecord", input.record, "record"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, MeetingRecordEdited(key=key))

    @strawberry.mutation(description="Submit a draft for review by those who took part in the meeting")
    async def submit_meeting_record(
        self, info: strawberry.Info[Any, Any], input: SubmitMeetingRecordInput, validate_only: bool = False
    ) -> SubmitMeetingRecordResult:
        key = await resolve.submit(
            info.context,
            record=key_of("MeetingRecord", input.record, "record"),
            expected_version=input.expected_version,
            review_closes_on=input.review_closes_on,
            validate_only=validate_only,
        )
        return await complete(info, MeetingRecordSubmitted(key=key))

    @strawberry.mutation(description="Comment on a record under review, for one's own party")
    async def comment_on_meeting_record(
        self, info: strawberry.Info[Any, Any], input: CommentOnMeetingRecordInput, validate_only: bool = False
    ) -> CommentOnMeetingRecordResult:
        key = await resolve.comment(
            info.context,
            record=key_of("MeetingRecord", input.record, "record"),
            paragraph=input.paragraph,
            text=input.text,
            validate_only=validate_only,
        )
        return await complete(info, MeetingRecordCommented(key=key))

    @strawberry.mutation(description="Answer a comment, or say that it is resolved")
    async def answer_record_comment(
        self, info: strawberry.Info[Any, Any], input: AnswerRecordCommentInput, validate_only: bool = False
    ) -> AnswerRecordCommentResult:
        key = await resolve.answer(
            info.context,
            comment=key_of("RecordComment", input.comment, "comment"),
            expected_version=input.expected_version,
            answer=input.answer,
            resolved=input.resolved,
            validate_only=validate_only,
        )
        return await complete(info, RecordCommentAnswered(key=key))

    @strawberry.mutation(description="Approve a record whose review has closed")
    async def approve_meeting_record(
        self, info: strawberry.Info[Any, Any], input: ApproveMeetingRecordInput, validate_only: bool = False
    ) -> ApproveMeetingRecordResult:
        key = await resolve.approve(
            info.context,
            record=key_of("MeetingRecord", input.record, "record"),
            expected_version=input.expected_version,
            at_meeting=input.at_meeting,
            decision=None if input.decision is None else key_of("Decision", input.decision, "decision"),
            validate_only=validate_only,
        )
        return await complete(info, MeetingRecordApproved(key=key))

    @strawberry.mutation(description="Publish an approved record")
    async def publish_meeting_record(
        self, info: strawberry.Info[Any, Any], input: PublishMeetingRecordInput, validate_only: bool = False
    ) -> PublishMeetingRecordResult:
        key = await resolve.publish(
            info.context,
            record=key_of("MeetingRecord", input.record, "record"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, MeetingRecordPublished(key=key))

    @strawberry.mutation(description="Issue a corrigendum to a published record")
    async def correct_meeting_record(
        self, info: strawberry.Info[Any, Any], input: CorrectMeetingRecordInput, validate_only: bool = False
    ) -> CorrectMeetingRecordResult:
        key = await resolve.correct(
            info.context,
            record=key_of("MeetingRecord", input.record, "record"),
            expected_version=input.expected_version,
            paragraph=input.paragraph,
            reads=wording("reads", input.reads),
            reason=input.reason,
            validate_only=validate_only,
        )
        return await complete(info, MeetingRecordCorrected(key=key))
