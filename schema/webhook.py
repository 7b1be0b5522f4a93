"""Webhooks: told of what changes, in the words of a document of one's own."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import strawberry
from graphql import OperationType
from strawberry.scalars import JSON

import db
from mandate.actor import Act, Scope
from mandate.feed import ChangeKind
from mandate.webhook import MOST_WEBHOOKS, WebhookDeliveryStatus, WebhookStatus
from resolvers import webhook as resolve
from resolvers.error import Invalid as InvalidProblem
from schema.feed import ChangeSubject, told_as
from schema.id import encode_id, id_among, key_of
from schema.operation import Prepared, against_variables, documents_of, variables_of
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import (
    TABLES,
    Connection,
    column,
    complete,
    connection,
    derived,
    down,
    many,
    names_rows,
    over,
    ref,
    rows,
)
from schema.success import Success

MAX_COST = 1_000
"""Points for the payload of one message."""
GIVEN = ("id", "cursor", "subjectType")
"""Variables that are ours to give."""


# ---------- the payload ----------


def given(id: str, cursor: str, subject: ChangeSubject) -> dict[str, str]:
    """What a payload may ask for of the change that it is about."""
    return dict(zip(GIVEN, (id, cursor, subject.name), strict=True))


def against_payload(schema: strawberry.Schema, text: str, variables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """All that keeps a document from being the payload of a webhook, by the member of the input that is at fault."""
    prepared = documents_of(schema).prepare(text)
    if not isinstance(prepared, Prepared):
        yield from (("document", each["message"]) for each in prepared)
        return
    operation = prepared.operation(None)
    if isinstance(operation, dict):
        yield "document", "It has one operation."
        return
    if operation.operation is not OperationType.QUERY:
        yield "document", "It is a query: a payload changes nothing."
        return
    yield from (("variables", f"${name} is given with each message.") for name in variables if name in GIVEN)
    declared = {each.variable.name.value for each in operation.variable_definitions or ()}
    ours = given(encode_id("Convention", "CCM"), "", ChangeSubject("convention"))
    asked = {name: value for name, value in variables.items() if name not in GIVEN}
    example = {**asked, **{name: value for name, value in ours.items() if name in declared}}
    against = [("variables", reason) for reason in against_variables(schema, operation, example)]
    if against:
        yield from against
        return
    cost = prepared.cost(operation, example)
    if cost > MAX_COST:
        yield "document", f"It costs {cost:,} points; the payload of a webhook has {MAX_COST:,}."


# ---------- what is seen of them ----------

# Neither is a Node: `node` answers everybody, and these are for their holder and for who manages accounts.


@over(db.WebhookAttempt, description="An attempt to send a message")
class WebhookAttempt:
    at: datetime.datetime = column(db.WebhookAttempt.at, convert=datetime.datetime.fromisoformat)
    milliseconds: int = column(db.WebhookAttempt.milliseconds)
    status_code: int | None = column(db.WebhookAttempt.status_code, description="Of HTTP; null without an answer")
    error: str | None = column(
        db.WebhookAttempt.error, description="Why it does not count as received; null where it does"
    )


def _event_of(subject: str, kind: str | None) -> str:
    return event(subject, None if kind is None else ChangeKind(kind))


def event(subject: str, kind: ChangeKind | None) -> str:
    """`type` of a message: `document.published`."""
    return "webhook.test" if kind is None else f"{ChangeSubject(subject).name}.{kind.value}".lower()


@over(db.WebhookDelivery, description="A message of a webhook; it has one id, however often it is sent")
class WebhookDelivery:
    message_id: str = column(
        db.WebhookDelivery.id, description="As in the header webhook-id: by it a receiver knows one that came twice"
    )
    type: str = derived(
        _event_of,
        uses=[db.WebhookDelivery.subject_type, db.WebhookDelivery.kind],
        description="Such as document.published, or webhook.test",
    )
    subject_id: strawberry.ID = derived(encode_id, uses=[db.WebhookDelivery.type_name, db.WebhookDelivery.subject_key])
    at: datetime.datetime = column(
        db.WebhookDelivery.at, convert=datetime.datetime.fromisoformat, description="Of the change"
    )
    cursor: str | None = column(db.WebhookDelivery.cursor, description="The place after the change; null of a test")
    status: WebhookDeliveryStatus = column(db.WebhookDelivery.status)
    finished_at: datetime.datetime | None = column(
        db.WebhookDelivery.finished_at, convert=datetime.datetime.fromisoformat
    )
    attempts: list[WebhookAttempt] = many(db.WebhookAttempt.delivery_id, order_by=[db.WebhookAttempt.id])


def _next_attempt(status: WebhookStatus, queue: Sequence[Any], waiting: Sequence[Any]) -> datetime.datetime | None:
    # What waits in a webhook that is off is not attempted, whenever it was due.
    if status is not WebhookStatus.ENABLED or not waiting:
        return None
    return datetime.datetime.fromisoformat(queue[0].due_at)


@over(db.Webhook, description="Where an account is told of what changes; its secret is shown once")
class Webhook:
    id: strawberry.ID = column(db.Webhook.id, convert=partial(encode_id, "Webhook"))
    label: str = column(db.Webhook.label)
    url: str = column(db.Webhook.url)
    types: list[ChangeSubject] = column(
        db.Webhook.types,
        convert=lambda types: [ChangeSubject(each) for each in types],
        description="Of what it tells; empty: of all that the feed tells of",
    )
    document: str = column(db.Webhook.document)
    variables: JSON = column(db.Webhook.variables)
    scopes: list[Scope] = column(
        db.Webhook.scopes,
        convert=lambda scopes: [Scope(scope) for scope in scopes],
        description="Of the key that made it: it reads as its account does on the day, by these",
    )
    status: WebhookStatus = column(db.Webhook.status)
    disabled_because: str | None = column(db.Webhook.disabled_because)
    created_at: datetime.datetime = column(db.Webhook.created_at, convert=datetime.datetime.fromisoformat)
    next_attempt_at: datetime.datetime | None = derived(
        _next_attempt,
        uses=[
            db.Webhook.status,
            rows(db.WebhookQueue.webhook_id),
            rows(
                db.WebhookDelivery.webhook_id,
                only=(db.WebhookDelivery.__table__.c.status == WebhookDeliveryStatus.PENDING),  # type: ignore[attr-defined]
            ),
        ],
        description="Of the first message that waits; null where none does, and where the webhook is disabled",
    )
    deliveries: Connection[WebhookDelivery] = connection(
        db.WebhookDelivery.webhook_id,
        default_order=[down(db.WebhookDelivery.number)],
        description="Its messages of the last 30 days, and all that wait, the latest first",
    )
    version: int = column(db.Webhook.version)


# ---------- the acts ----------

_PAYLOAD = (
    "A GraphQL query, executed for each message as the account of the webhook: what it may not see is null. "
    f"It may declare ${', $'.join(GIVEN)}, and costs up to {MAX_COST:,} points"
)


@strawberry.input(description="Where to tell of what")
class CreateWebhookInput:
    label: str = strawberry.field(description="What it is for; one line, at most 200 characters")
    url: str = strawberry.field(
        description="https, with a full domain name and port 443 or 8443. Put no secret into it: messages are signed"
    )
    document: str = strawberry.field(description=_PAYLOAD)
    variables: JSON | None = strawberry.field(default=None, description="Of the document, beside those")
    types: list[ChangeSubject] = strawberry.field(
        default_factory=list, description="Of what; empty: of all that the feed tells of"
    )
    after: str | None = strawberry.field(
        default=None, description="A cursor of the feed after which it begins; what happens from now on if none"
    )


@strawberry.input(description="What of a webhook is to be otherwise; what is left out stays")
class UpdateWebhookInput:
    id: strawberry.ID
    expected_version: int
    label: str | None = None
    url: str | None = None
    document: str | None = strawberry.field(default=None, description=_PAYLOAD)
    variables: JSON | None = None
    types: list[ChangeSubject] | None = strawberry.field(
        default=None, description="Of what; empty: of all that the feed tells of"
    )


@strawberry.input(description="A webhook that is to have another secret")
class RotateWebhookSecretInput:
    id: strawberry.ID
    expected_version: int
    at_once: bool = strawberry.field(
        default=False, description="The former secret is known to others: do not sign with it for another 24 hours"
    )


@strawberry.input(description="Which webhook")
class WebhookInput:
    id: strawberry.ID
    expected_version: int


@strawberry.input(description="A webhook that is to send one message now")
class TestWebhookInput:
    id: strawberry.ID
    subject: strawberry.ID | None = strawberry.field(
        default=None, description="The object that the message is about; the Convention where none is named"
    )


@strawberry.input(description="A message that is to be sent again")
class RetryDeliveryInput:
    id: strawberry.ID = strawberry.field(description="Of the webhook")
    message_id: str = strawberry.field(description="As in the header webhook-id")


@strawberry.input(description="A webhook that is to tell again what it told")
class ReplayWebhookInput:
    id: strawberry.ID
    after: str = strawberry.field(description="A cursor of the feed")


@names_rows
@strawberry.type(description="The webhook is there")
class WebhookCreated(Success):
    key: strawberry.Private[str]
    secret: str = strawberry.field(
        description="By which messages are signed (Standard Webhooks, whsec_…). It is shown this once, and kept nowhere"
    )
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="From now on messages are as the webhook says now")
class WebhookUpdated(Success):
    key: strawberry.Private[str]
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="Messages are signed with another secret")
class WebhookSecretRotated(Success):
    key: strawberry.Private[str]
    secret: str = strawberry.field(description="It is shown this once")
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="It goes on from where it stopped")
class WebhookEnabled(Success):
    key: strawberry.Private[str]
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="It sends nothing until it is enabled")
class WebhookDisabled(Success):
    key: strawberry.Private[str]
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="It sends nothing any more, and is listed no longer")
class WebhookDeleted(Success):
    key: strawberry.Private[str]
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="A test is on its way: what comes of it stands among the deliveries")
class WebhookTested(Success):
    key: strawberry.Private[str]
    message_id: str = strawberry.field(description="As in the header webhook-id")
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="The message is sent once more, now")
class DeliveryRetried(Success):
    key: strawberry.Private[str]
    message_id: str = strawberry.field(description="As in the header webhook-id")
    webhook: Webhook = ref("key", db.Webhook.id)


@names_rows
@strawberry.type(description="All that happened after the place is told again")
class WebhookReplayed(Success):
    key: strawberry.Private[str]
    webhook: Webhook = ref("key", db.Webhook.id)


CreateWebhookResult = Annotated[WebhookCreated | Invalid | Forbidden, strawberry.union("CreateWebhookResult")]
UpdateWebhookResult = Annotated[
    WebhookUpdated | Invalid | NotFound | Forbidden | Conflict, strawberry.union("UpdateWebhookResult")
]
RotateWebhookSecretResult = Annotated[
    WebhookSecretRotated | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RotateWebhookSecretResult")
]
EnableWebhookResult = Annotated[
    WebhookEnabled | Invalid | NotFound | Forbidden | Conflict, strawberry.union("EnableWebhookResult")
]
DisableWebhookResult = Annotated[
    WebhookDisabled | Invalid | NotFound | Forbidden | Conflict, strawberry.union("DisableWebhookResult")
]
DeleteWebhookResult = Annotated[
    WebhookDeleted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("DeleteWebhookResult")
]
TestWebhookResult = Annotated[
    WebhookTested | Invalid | NotFound | Forbidden | Conflict, strawberry.union("TestWebhookResult")
]
RetryDeliveryResult = Annotated[
    DeliveryRetried | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RetryDeliveryResult")
]
ReplayWebhookResult = Annotated[
    WebhookReplayed | Invalid | NotFound | Forbidden, strawberry.union("ReplayWebhookResult")
]

_Info = strawberry.Info[Any, Any]


@strawberry.type
class WebhookMutation:
    @strawberry.mutation(
        description=f"Be told of what changes, by messages to a server of one's own; up to {MOST_WEBHOOKS} an account"
    )
    async def create_webhook(self, info: _Info, input: CreateWebhookInput) -> CreateWebhookResult:
        # Whoever may not is told that before anything is looked at.
        info.context.permit(Act.CREATE_WEBHOOK, None)
        variables = variables_of(input.variables)
        _check(info, input.document, variables)
        wanted = resolve.Wanted(
            label=input.label,
            url=input.url,
            types=[each.value for each in input.types],
            document=input.document,
            variables=variables,
        )
        made = await resolve.create(info.context, wanted, after=input.after)
        info.context.shows_secrets_of.append(encode_id("Webhook", made.id))
        return await complete(info, WebhookCreated(key=made.id, secret=made.secret))

    @strawberry.mutation(
        description="Tell something else, or somewhere else; from now on the webhook is held by the key that calls"
    )
    async def update_webhook(self, info: _Info, input: UpdateWebhookInput) -> UpdateWebhookResult:
        key = _key(input.id)
        variables = None if input.variables is None else variables_of(input.variables)
        if input.document is not None or variables is not None:
            kept = await resolve.payload_of(info.context, key)
            if kept is not None:
                document, before = kept
                _check(
                    info,
                    document if input.document is None else input.document,
                    before if variables is None else variables,
                )
        wanted = resolve.Wanted(
            label=input.label,
            url=input.url,
            types=None if input.types is None else [each.value for each in input.types],
            document=input.document,
            variables=variables,
        )
        key = await resolve.change(info.context, wanted, key=key, expected_version=input.expected_version)
        return await complete(info, WebhookUpdated(key=key))

    @strawberry.mutation(description="Sign with another secret, and for 24 hours with the former one too")
    async def rotate_webhook_secret(self, info: _Info, input: RotateWebhookSecretInput) -> RotateWebhookSecretResult:
        made = await resolve.rotate(
            info.context, key=_key(input.id), expected_version=input.expected_version, at_once=input.at_once
        )
        info.context.shows_secrets_of.append(encode_id("Webhook", made.id))
        return await complete(info, WebhookSecretRotated(key=made.id, secret=made.secret))

    @strawberry.mutation(
        description="Go on from where it stopped; from now on the webhook is held by the key that calls"
    )
    async def enable_webhook(self, info: _Info, input: WebhookInput) -> EnableWebhookResult:
        key = await resolve.enable(info.context, key=_key(input.id), expected_version=input.expected_version)
        return await complete(info, WebhookEnabled(key=key))

    @strawberry.mutation(description="Send nothing until it is enabled; what happens meanwhile is told then")
    async def disable_webhook(self, info: _Info, input: WebhookInput) -> DisableWebhookResult:
        key = await resolve.disable(info.context, key=_key(input.id), expected_version=input.expected_version)
        return await complete(info, WebhookDisabled(key=key))

    @strawberry.mutation(description="Send nothing any more")
    async def delete_webhook(self, info: _Info, input: WebhookInput) -> DeleteWebhookResult:
        key = await resolve.delete(info.context, key=_key(input.id), expected_version=input.expected_version)
        return await complete(info, WebhookDeleted(key=key))

    @strawberry.mutation(description="Send one message now, also where the webhook is disabled; it is tried once")
    async def test_webhook(self, info: _Info, input: TestWebhookInput) -> TestWebhookResult:
        type_name, key = "Convention", "CCM"
        if input.subject is not None:
            known = [name for names in told_as().values() for name, _ in names]
            type_name, key = id_among(known, "an object that the feed tells of", input.subject, "subject")
        subject = (TABLES[type_name], type_name, key)
        message = await resolve.test(info.context, key=_key(input.id), subject=subject)
        return await complete(info, WebhookTested(key=_key(input.id), message_id=message))

    @strawberry.mutation(
        description="Send a message now: the one that waits for its next attempt, or, once and outside of the order, "
        "one that was sent or given up"
    )
    async def retry_delivery(self, info: _Info, input: RetryDeliveryInput) -> RetryDeliveryResult:
        message = await resolve.retry(info.context, key=_key(input.id), message=input.message_id)
        return await complete(info, DeliveryRetried(key=_key(input.id), message_id=message))

    @strawberry.mutation(
        description="Tell again all that happened after a place, each message under the id that it had"
    )
    async def replay_webhook(self, info: _Info, input: ReplayWebhookInput) -> ReplayWebhookResult:
        key = await resolve.replay(info.context, key=_key(input.id), after=input.after)
        return await complete(info, WebhookReplayed(key=key))


def _key(id: str) -> str:
    return key_of("Webhook", id, "id")


def _check(info: _Info, document: str, variables: Mapping[str, Any]) -> None:
    against = list(against_payload(info.schema, document, variables))
    if against:
        raise InvalidProblem(*against)
