"""What the ISU writes and is written to, and the acts by which it is drafted, released, sent and answered."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement
from sqlmodel import col

import db
import mandate.communication
import mandate.text
from db.communication import between
from db.dialect import among
from mandate.actor import Scope, Visibility
from mandate.communication import (
    AcknowledgementMeans,
    AudienceGroup,
    CommunicationKind,
    CommunicationStatus,
    DeliveryOutcome,
    DeliveryStatus,
)
from resolvers import audience as audiences
from resolvers import communication as resolve
from resolvers.account import party_of
from resolvers.communication import audience_from_json
from resolvers.error import UserError
from resolvers.markdown import html_of
from schema.change import HistoryEntry, history
from schema.contact import ContactPoint
from schema.document import Document
from schema.id import encode_id, key_of
from schema.meeting import Meeting
from schema.party import Party, party_key
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import (
    Argument,
    Connection,
    Node,
    beside,
    column,
    complete,
    condition,
    connection,
    derived,
    down,
    lookup,
    many,
    names_rows,
    node,
    one,
    over,
    ref,
    rows,
    where_input,
)
from schema.scalar import CountryCode, LanguageCode
from schema.success import Success
from schema.text import LocalizedString, LocalizedText, LocalizedTextInput, line, text, wording

LazyCommunication = Annotated["Communication", strawberry.lazy("schema.communication")]
LazyIncoming = Annotated["IncomingCommunication", strawberry.lazy("schema.communication")]
_moment = datetime.datetime.fromisoformat


@names_rows
@strawberry.type(description="To whom a communication goes, by groups and by name")
class Audience:
    groups: list[AudienceGroup]
    include_ids: strawberry.Private[tuple[str, ...]]
    include: list[Party] = ref("include_ids", db.Party.id)
    exclude_ids: strawberry.Private[tuple[str, ...]]
    exclude: list[Party] = ref("exclude_ids", db.Party.id)
    as_of: datetime.date | None = strawberry.field(
        description="On which parties belong to the groups; null for the day of the sending"
    )
    meeting_code: strawberry.Private[str | None]
    meeting: Meeting | None = ref("meeting_code", db.Meeting.code, description="Whose participants are meant")

    @classmethod
    def of(cls, audience: mandate.communication.Audience) -> Audience:
        return cls(
            groups=list(audience.groups),
            include_ids=audience.include,
            exclude_ids=audience.exclude,
            as_of=audience.as_of,
            meeting_code=audience.meeting,
        )


@strawberry.type(description="An account of the ISU that has a communication in hand")
class CommunicationHand:
    id: strawberry.ID = strawberry.field(description="Of the account")
    label: str | None


def _audience(kept: Mapping[str, Any]) -> Audience:
    return Audience.of(audience_from_json(kept))


def _hand(account: str | None, accounts: Sequence[Any]) -> CommunicationHand | None:
    if account is None:
        return None
    label = next((each.label for each in accounts if each.id == account), None)
    return CommunicationHand(id=strawberry.ID(encode_id("Account", account)), label=label)


def _hands(kept: Sequence[Mapping[str, Any]], accounts: Sequence[Any]) -> list[CommunicationHand | None]:
    return [_hand(each["account"], accounts) for each in kept]


_ACCOUNTS = rows(table=db.Account)


@over(db.Dispatch, description="How a communication came about and to whom it goes: for the ISU alone")
class Dispatch:
    audience: Audience = derived(_audience, uses=[db.Dispatch.audience])
    drafted_by: list[CommunicationHand] = derived(
        _hands, uses=[db.Dispatch.drafted_by, _ACCOUNTS], description="Everybody who wrote any of it"
    )
    approved_by: CommunicationHand | None = derived(
        _hand, uses=[db.Dispatch.approved_by, _ACCOUNTS], description="Somebody else"
    )
    approved_at: datetime.datetime | None = column(db.Dispatch.approved_at, convert=_moment)


@over(db.DeliveryAttempt, description="One attempt to deliver a message, or that it came back")
class DeliveryAttempt:
    at: datetime.datetime = column(db.DeliveryAttempt.at, convert=_moment)
    outcome: DeliveryOutcome = column(db.DeliveryAttempt.outcome)
    code: int | None = column(db.DeliveryAttempt.code, description="Of the SMTP answer")
    text: str | None = column(
        db.DeliveryAttempt.text, description="What the server said, or why it came back; null once it was erased"
    )


@over(db.Acknowledgement, description="That a recipient has received it")
class Acknowledgement:
    party: Party = one(db.Acknowledgement.party_id)
    at: datetime.datetime = column(db.Acknowledgement.at, convert=_moment)
    means: AcknowledgementMeans = column(db.Acknowledgement.means)


def _acknowledged_at(found: Sequence[Any]) -> datetime.datetime | None:
    return _moment(found[0].at) if found else None


@node(db.Recipient, description="A party to which a communication was sent, fixed at the sending: for the ISU alone")
class Recipient(Node):
    party: Party = one(db.Recipient.party_id)
    contact_point: ContactPoint | None = one(db.Recipient.contact_id)
    reason: str = column(db.Recipient.reason, description="Why it was meant")
    language_used: LanguageCode = column(db.Recipient.language)
    is_fallback: bool = column(
        db.Recipient.is_fallback, description="Whether it is there in none of the languages that the contact prefers"
    )
    address: str | None = column(
        db.Recipient.address,
        needs=Scope.READ_CONTACTS,
        description="Null where there is none, once it was erased, and for keys without the scope READ_CONTACTS",
    )
    status: DeliveryStatus = column(db.Recipient.status)
    suppressed_because: str | None = column(db.Recipient.suppressed_because)
    attempts: list[DeliveryAttempt] = many(db.DeliveryAttempt.recipient_id, order_by=[db.DeliveryAttempt.at])
    acknowledged_at: datetime.datetime | None = derived(_acknowledged_at, uses=[rows(db.Acknowledgement.recipient_id)])
    version: int = column(db.Recipient.version)
    history: Connection[HistoryEntry] = history(db.Recipient, db.Recipient.id)


def _html(body: mandate.text.LocalizedText, *, language: str, fallback: Sequence[str] | None) -> LocalizedString | None:
    chosen = body.choose(language, [body.original] if fallback is None else fallback)
    if chosen is None:
        return None
    wording = body.wordings[chosen]
    return LocalizedString(
        value=html_of(wording.value),
        language=LanguageCode(chosen),
        status=wording.status,
        is_fallback=chosen != language,
    )


@node(db.Communication, description="What the ISU writes: a draft is its own, what is sent is its recipients' too")
class Communication(Node):
    reference: str | None = column(db.Communication.reference, description="Null until it is sent")
    kind: CommunicationKind = column(db.Communication.kind)
    status: CommunicationStatus = column(db.Communication.status)
    subject: LocalizedText = text(db.Communication.subject)
    body: LocalizedText = text(db.Communication.body, description="Markdown")
    body_html: LocalizedString | None = derived(
        _html,
        uses=[db.Communication.body],
        arguments=[
            Argument("language", LanguageCode, required=True),
            Argument("fallback", list[LanguageCode], description="In this order; the original where none is given"),
        ],
        description="The body as HTML that is safe to show: no scripts, no pictures, links to the web and to e-mail",
    )
    documents: list[Document] = many(
        db.CommunicationDocument.communication_id,
        order_by=[db.CommunicationDocument.position],
        only=col(db.CommunicationDocument.position).is_not(None),
        description="That go with it",
    )
    sent_at: datetime.datetime | None = column(db.Communication.sent_at, convert=_moment)
    corrects: LazyCommunication | None = one(db.Communication.corrects_id)
    corrected_by: list[LazyCommunication] = many(
        db.Communication.corrects_id, order_by=[db.Communication.sent_at, db.Communication.id]
    )
    in_reply_to: list[LazyIncoming] = many(
        db.CommunicationReply.communication_id,
        order_by=[db.CommunicationReply.position],
        only=col(db.CommunicationReply.position).is_not(None),
        description="What it answers, as far as it is there for the caller",
    )
    replies: list[LazyIncoming] = many(
        db.IncomingCommunication.in_reply_to_id,
        order_by=[db.IncomingCommunication.received_on, db.IncomingCommunication.id],
        description="What came in upon it, as far as it is there for the caller",
    )
    acknowledgements: list[Acknowledgement] = many(
        db.Acknowledgement.communication_id,
        order_by=[db.Acknowledgement.at],
        description="Of the caller's own party; all of them for the ISU",
    )
    dispatch: Dispatch | None = beside(db.Dispatch.communication_id, description="For the ISU alone")
    recipients: Connection[Recipient] = connection(
        db.Recipient.communication_id,
        default_order=[db.Recipient.party_id],
        arguments=[Argument("status", DeliveryStatus, lambda status, _: col(db.Recipient.status) == status)],
        description="For the ISU alone",
    )
    visibility: Visibility = column(db.Communication.visibility)
    version: int = column(db.Communication.version)
    history: Connection[HistoryEntry] = history(db.Communication, db.Communication.id)


@node(db.IncomingCommunication, description="What a State or an organisation wrote to the ISU: its own and the ISU's")
class IncomingCommunication(Node):
    party: Party = one(db.IncomingCommunication.party_id)
    received_on: datetime.date = column(db.IncomingCommunication.received_on)
    subject: LocalizedText = text(db.IncomingCommunication.subject)
    body: LocalizedText = text(db.IncomingCommunication.body)
    in_reply_to: Communication | None = one(db.IncomingCommunication.in_reply_to_id)
    answers: list[Communication] = many(
        db.CommunicationReply.incoming_id,
        order_by=[db.CommunicationReply.communication_id],
        only=col(db.CommunicationReply.position).is_not(None),
    )
    visibility: Visibility = column(db.IncomingCommunication.visibility)
    version: int = column(db.IncomingCommunication.version)
    history: Connection[HistoryEntry] = history(db.IncomingCommunication, db.IncomingCommunication.id)


@where_input
class CommunicationWhere:
    state: list[CountryCode] | None = condition(
        lambda codes, scope: between([party_of("State", each) for each in codes], scope.actor),
        description="Received by one of these States: of others than the caller, the ISU alone finds it",
    )
    organisation: list[str] | None = condition(
        lambda codes, scope: between([party_of("Organisation", each) for each in codes], scope.actor),
        description="By code: received by one of these, or sent by it where it is the ISU, as with States",
    )


def _author(parties: list[str]) -> ColumnElement[bool]:
    return among(col(db.IncomingCommunication.party_id), parties)


@where_input
class IncomingCommunicationWhere:
    state: list[CountryCode] | None = condition(
        lambda codes, _: _author([party_of("State", each) for each in codes]), description="Sent by one of these States"
    )
    organisation: list[str] | None = condition(
        lambda codes, _: _author([party_of("Organisation", each) for each in codes]),
        description="By code: sent by one of these",
    )


# ---------- the acts ----------


@strawberry.input(description="To whom a communication goes")
class AudienceInput:
    groups: list[AudienceGroup] = strawberry.field(default_factory=list)
    include: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="States and organisations, beside the groups; at most 500"
    )
    exclude: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="States and organisations that are left out; at most 500"
    )
    as_of: datetime.date | None = strawberry.field(
        default=None, description="On which parties belong to the groups; the day of the sending where none is named"
    )
    meeting: str | None = strawberry.field(default=None, description="The code of a meeting, for MEETING_PARTICIPANTS")

    def given(self) -> mandate.communication.Audience:
        return mandate.communication.Audience(
            groups=tuple(self.groups),
            include=tuple(party_key(each, f"audience.include.{place}") for place, each in enumerate(self.include)),
            exclude=tuple(party_key(each, f"audience.exclude.{place}") for place, each in enumerate(self.exclude)),
            as_of=self.as_of,
            meeting=self.meeting,
        )


def _written(
    subject: list[LocalizedTextInput], body: list[LocalizedTextInput], documents: list[strawberry.ID]
) -> resolve.Written:
    return resolve.Written(
        subject=wording("subject", subject),
        body=wording("body", body),
        documents=[key_of("Document", each, f"documents.{place}") for place, each in enumerate(documents)],
    )


_DOCUMENTS = "That go with it; at most 50, and none that is for the ISU alone. Messages name those that are public"


@strawberry.input(description="A communication; of one that is edited, all that it then says")
class DraftCommunicationInput:
    communication: strawberry.ID | None = strawberry.field(default=None, description="One not yet sent, to edit it")
    expected_version: int | None = strawberry.field(default=None, description="Of that communication")
    kind: CommunicationKind
    subject: list[LocalizedTextInput] = strawberry.field(description="In one line; at most 250 characters")
    body: list[LocalizedTextInput] = strawberry.field(description="Markdown, in the languages of the subject")
    audience: AudienceInput
    documents: list[strawberry.ID] = strawberry.field(default_factory=list, description=_DOCUMENTS)
    in_reply_to: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Incoming communications that it answers; at most 20"
    )


@strawberry.input(description="A draft is released as it stands")
class ApproveCommunicationInput:
    communication: strawberry.ID
    expected_version: int


@strawberry.input(description="What was approved is sent")
class SendCommunicationInput:
    communication: strawberry.ID
    expected_version: int


@strawberry.input(description="A correction of what was sent; of one that is edited, all that it then says")
class CorrectCommunicationInput:
    communication: strawberry.ID = strawberry.field(description="What was sent, or a draft of its correction")
    expected_version: int
    subject: list[LocalizedTextInput] = strawberry.field(description="In one line; at most 250 characters")
    body: list[LocalizedTextInput] = strawberry.field(description="Markdown, in the languages of the subject")
    documents: list[strawberry.ID] = strawberry.field(default_factory=list, description=_DOCUMENTS)


@strawberry.input(description="What is not sent is given up")
class WithdrawCommunicationInput:
    communication: strawberry.ID
    expected_version: int


@strawberry.input(description="A recipient has received it")
class AcknowledgeCommunicationInput:
    communication: strawberry.ID
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation that received it")


@strawberry.input(description="A message came back after its server had taken it")
class RecordBounceInput:
    recipient: strawberry.ID
    expected_version: int
    reason: str = strawberry.field(description="At most 500 characters")


@strawberry.input(description="What a State or an organisation wrote to the ISU")
class RecordIncomingCommunicationInput:
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation")
    received_on: datetime.date
    subject: list[LocalizedTextInput]
    body: list[LocalizedTextInput]
    in_reply_to: strawberry.ID | None = strawberry.field(default=None, description="The communication it answers")


def _communication() -> Any:
    return ref("key", db.Communication.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="It is a draft of the ISU")
class CommunicationDrafted(Success):
    key: strawberry.Private[str | None]
    communication: Communication | None = _communication()


@names_rows
@strawberry.type(description="It may be sent as it stands; an edit makes it a draft again")
class CommunicationApproved(Success):
    key: strawberry.Private[str | None]
    communication: Communication | None = _communication()


@names_rows
@strawberry.type(description="Its recipients are fixed, and messages to them are on their way")
class CommunicationSent(Success):
    key: strawberry.Private[str | None]
    communication: Communication | None = _communication()
    recipient_count: int
    without_ids: strawberry.Private[tuple[str, ...]]
    without_address: list[Party] = ref(
        "without_ids", db.Party.id, description="Recipients to whom no message goes, for want of an address"
    )


@names_rows
@strawberry.type(description="The correction is a draft of the ISU")
class CommunicationCorrected(Success):
    key: strawberry.Private[str | None]
    communication: Communication | None = ref(
        "key", db.Communication.id, description="The correction; null where the act was only validated"
    )


@names_rows
@strawberry.type(description="It is not sent, and will not be")
class CommunicationWithdrawn(Success):
    key: strawberry.Private[str | None]
    communication: Communication | None = _communication()


@names_rows
@strawberry.type(description="The recipient is known to have received it")
class CommunicationAcknowledged(Success):
    key: strawberry.Private[str | None]
    communication: Communication | None = _communication()


@names_rows
@strawberry.type(description="The message is known to have come back")
class BounceRecorded(Success):
    key: strawberry.Private[str | None]
    recipient: Recipient | None = ref("key", db.Recipient.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="What came in is on record")
class IncomingCommunicationRecorded(Success):
    key: strawberry.Private[str | None]
    communication: IncomingCommunication | None = ref(
        "key", db.IncomingCommunication.id, description="Null where the act was only validated"
    )


DraftCommunicationResult = Annotated[
    CommunicationDrafted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("DraftCommunicationResult")
]
ApproveCommunicationResult = Annotated[
    CommunicationApproved | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ApproveCommunicationResult")
]
SendCommunicationResult = Annotated[
    CommunicationSent | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SendCommunicationResult")
]
CorrectCommunicationResult = Annotated[
    CommunicationCorrected | Invalid | NotFound | Forbidden | Conflict, strawberry.union("CorrectCommunicationResult")
]
WithdrawCommunicationResult = Annotated[
    CommunicationWithdrawn | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("WithdrawCommunicationResult"),
]
AcknowledgeCommunicationResult = Annotated[
    CommunicationAcknowledged | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("AcknowledgeCommunicationResult"),
]
RecordBounceResult = Annotated[
    BounceRecorded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RecordBounceResult")
]
RecordIncomingCommunicationResult = Annotated[
    IncomingCommunicationRecorded | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("RecordIncomingCommunicationResult"),
]


def _key(id: str) -> str:
    return key_of("Communication", id, "communication")


@strawberry.type
class CommunicationMutation:
    @strawberry.mutation(description="Draft a communication, or edit one that is not sent yet")
    async def draft_communication(
        self, info: strawberry.Info[Any, Any], input: DraftCommunicationInput, validate_only: bool = False
    ) -> DraftCommunicationResult:
        given = resolve.Given(
            kind=input.kind,
            written=_written(input.subject, input.body, input.documents),
            audience=input.audience.given(),
            in_reply_to=[
                key_of("IncomingCommunication", each, f"inReplyTo.{place}")
                for place, each in enumerate(input.in_reply_to)
            ],
        )
        key = await resolve.draft(
            info.context,
            given,
            communication=None if input.communication is None else _key(input.communication),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, CommunicationDrafted(key=key))

    @strawberry.mutation(
        description="Release a draft: somebody on record as the person of their account, who wrote none of it"
    )
    async def approve_communication(
        self, info: strawberry.Info[Any, Any], input: ApproveCommunicationInput, validate_only: bool = False
    ) -> ApproveCommunicationResult:
        key = await resolve.approve(
            info.context,
            communication=_key(input.communication),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, CommunicationApproved(key=key))

    @strawberry.mutation(description="Send what was approved: its recipients are fixed, and see it from now on")
    async def send_communication(
        self, info: strawberry.Info[Any, Any], input: SendCommunicationInput, validate_only: bool = False
    ) -> SendCommunicationResult:
        key, counts = await resolve.send(
            info.context,
            communication=_key(input.communication),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        sent = CommunicationSent(key=key, recipient_count=counts.recipients, without_ids=counts.without_address)
        return await complete(info, sent)

    @strawberry.mutation(
        description="Draft a correction, which is approved and sent as any other, to the same recipients"
    )
    async def correct_communication(
        self, info: strawberry.Info[Any, Any], input: CorrectCommunicationInput, validate_only: bool = False
    ) -> CorrectCommunicationResult:
        key = await resolve.correct(
            info.context,
            communication=_key(input.communication),
            expected_version=input.expected_version,
            written=_written(input.subject, input.body, input.documents),
            validate_only=validate_only,
        )
        return await complete(info, CommunicationCorrected(key=key))

    @strawberry.mutation(description="Give up a communication that is not sent")
    async def withdraw_communication(
        self, info: strawberry.Info[Any, Any], input: WithdrawCommunicationInput, validate_only: bool = False
    ) -> WithdrawCommunicationResult:
        key = await resolve.withdraw(
            info.context,
            communication=_key(input.communication),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, CommunicationWithdrawn(key=key))

    @strawberry.mutation(description="Say that a recipient has received it: a party for itself, or the ISU for any")
    async def acknowledge_communication(
        self, info: strawberry.Info[Any, Any], input: AcknowledgeCommunicationInput, validate_only: bool = False
    ) -> AcknowledgeCommunicationResult:
        key = await resolve.acknowledge(
            info.context,
            communication=_key(input.communication),
            party=party_key(input.party, "party"),
            validate_only=validate_only,
        )
        return await complete(info, CommunicationAcknowledged(key=key))

    @strawberry.mutation(description="Record that a message came back after its server had taken it")
    async def record_bounce(
        self, info: strawberry.Info[Any, Any], input: RecordBounceInput, validate_only: bool = False
    ) -> RecordBounceResult:
        key = await resolve.record_bounce(
            info.context,
            recipient=key_of("Recipient", input.recipient, "recipient"),
            expected_version=input.expected_version,
            reason=input.reason,
            validate_only=validate_only,
        )
        return await complete(info, BounceRecorded(key=key))

    @strawberry.mutation(description="Record what a State or an organisation wrote to the ISU")
    async def record_incoming_communication(
        self, info: strawberry.Info[Any, Any], input: RecordIncomingCommunicationInput, validate_only: bool = False
    ) -> RecordIncomingCommunicationResult:
        answered = input.in_reply_to
        given = resolve.Received(
            party=party_key(input.party, "party"),
            received_on=input.received_on,
            subject=line("subject", input.subject),
            body=wording("body", input.body),
            in_reply_to=None if answered is None else key_of("Communication", answered, "inReplyTo"),
        )
        key = await resolve.record_incoming(info.context, given, validate_only=validate_only)
        return await complete(info, IncomingCommunicationRecorded(key=key))


# ---------- asking ----------


@names_rows
@strawberry.type(description="A party that would be written to")
class AudienceMember:
    party_id: strawberry.Private[str]
    party: Party = ref("party_id", db.Party.id)
    reason: str
    contact_id: strawberry.Private[str | None]
    contact_point: ContactPoint | None = ref(
        "contact_id", db.Contact.id, description="At which; null where it has none with an address"
    )


@strawberry.type(description="Who an audience is, today")
class AudiencePreview:
    audience: Audience
    size: int
    without_address: int
    members: list[AudienceMember]


@strawberry.type
class CommunicationQuery:
    communication: Communication | None = lookup(
        [Argument("id", strawberry.ID), Argument("reference", str)],
        {"id": db.Communication.id, "reference": db.Communication.reference},
        description="One communication by its id or reference; null where there is none",
    )
    communications: Connection[Communication] = connection(
        default_order=[down(db.Communication.id)],
        arguments=[
            Argument("kind", list[CommunicationKind], lambda kinds, _: col(db.Communication.kind).in_(kinds)),
            Argument("status", list[CommunicationStatus], lambda each, _: col(db.Communication.status).in_(each)),
        ],
        where=CommunicationWhere,
        description="What the ISU wrote, the latest first, as far as it is there for the caller",
    )
    incoming_communications: Connection[IncomingCommunication] = connection(
        where=IncomingCommunicationWhere,
        default_order=[down(db.IncomingCommunication.received_on), down(db.IncomingCommunication.id)],
        description="What the ISU was written, the latest first, as far as it is there for the caller",
    )

    @strawberry.field(description="Who an audience is, and where each would be written to; for the ISU")
    async def audience_preview(self, info: strawberry.Info[Any, Any], audience: AudienceInput) -> AudiencePreview:
        if not info.context.actor.sees(Visibility.ISU):
            raise UserError("An audience is previewed by the ISU.", "FORBIDDEN")
        given = audience.given()
        async with info.context.reader() as reader:
            found = await audiences.previewed(reader, given, info.context.today)
        value = AudiencePreview(
            audience=Audience.of(given),
            size=len(found),
            without_address=sum(each.contact is None for each in found),
            members=[
                AudienceMember(
                    party_id=each.who.party,
                    reason=each.who.reason,
                    contact_id=None if each.contact is None else each.contact.id,
                )
                for each in found
            ],
        )
        return await complete(info, value)
