"""Webhooks: where an account wants to be told of what changes, and as whom it is then read for.

A webhook reads as its account does on the day, narrowed to the scopes of the key that made it, and ends with the key
by which it is held.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import col

import db
from db.table import new_id
from db.unit import Stale, Unit, instant
from mandate.account import AccountStatus
from mandate.actor import Act, Actor, Scope
from mandate.webhook import (
    MOST_APART,
    MOST_SECRETS,
    MOST_WEBHOOKS,
    SECRETS_OVERLAP,
    WebhookDeliveryStatus,
    WebhookStatus,
    against_url,
    may_act_upon,
)
from resolvers import feed, text
from resolvers.account import CALLER, caller, capacities_on
from resolvers.context import Context, already
from resolvers.error import Conflict, Forbidden, Invalid, NotFound
from resolvers.reading import Reader

LONGEST_DOCUMENT = 20_000
LONGEST_VARIABLES = 10_000
_LABEL = 200
_NONE = "There is no such webhook."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a webhook is to tell, and where; None for what stays as it is. The document was looked at before."""

    label: str | None = None
    url: str | None = None
    types: Sequence[str] | None = None
    """Tables; none for all."""
    document: str | None = None
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A webhook, and its secret, which is shown once."""

    id: str
    secret: str


# ---------- the acts ----------


async def create(context: Context, wanted: Wanted, *, after: str | None = None) -> Secret:
    """Tell an account of what changes from now on, or after a place of the feed."""
    async with context.act(Act.CREATE_WEBHOOK) as unit:
        account = context.actor.account
        if account is None or await unit.row(db.Account, (account,)) is None:
            raise Forbidden("A webhook belongs to an account on record.")
        _check(context, wanted)
        webhook = db.Webhook
        own = select(func.count()).where(
            col(webhook.account_id) == account, col(webhook.status) != WebhookStatus.DELETED
        )
        if (await unit.rows(own))[0][0] >= MOST_WEBHOOKS:
            raise Forbidden(f"An account has {MOST_WEBHOOKS} webhooks at most: delete one.")
        begins = await _place(unit, context, after)
        key = new_id()
        kept = {
            "id": key,
            "account_id": account,
            "api_key_id": context.actor.key,
            "scopes": sorted(context.actor.scopes),
            **_values(wanted),
            "status": WebhookStatus.ENABLED,
            "disabled_because": None,
            "generation": 1,
            "former": [],
            "created_at": instant(),
        }
        await unit.keep(db.Webhook, [kept])
        await _begin(unit, key, begins)
        secret = secret_of(await signing_key(unit), key, 1)
    return Secret(id=key, secret=secret)


async def change(context: Context, wanted: Wanted, *, key: str, expected_version: int) -> str:
    """Tell it something else, or somewhere else, from the next attempt on; held from now on by the key that calls."""
    async with context.act(Act.UPDATE_WEBHOOK) as unit:
        await _held(unit, context, Act.UPDATE_WEBHOOK, key, expected_version)
        _check(context, wanted)
        await unit.change(db.Webhook, [((key,), {**_values(wanted), "api_key_id": context.actor.key})])
        await _begun(unit, context, key)
        await _look_again(unit, key)
    return key


async def rotate(context: Context, *, key: str, expected_version: int, at_once: bool = False) -> Secret:
    """Another secret; for a day what is sent is signed with the former one too, unless it is known to others."""
    async with context.act(Act.ROTATE_WEBHOOK_SECRET) as unit:
        row = await _held(unit, context, Act.ROTATE_WEBHOOK_SECRET, key, expected_version)
        now = datetime.now(UTC)
        former = [] if at_once else [*_still_good(row, now), [row["generation"], instant(now + SECRETS_OVERLAP)]]
        if len(former) >= MOST_SECRETS:
            raise Conflict(
                f"{MOST_SECRETS} secrets are good already: wait for one to end, or end all of them by atOnce.",
                code="ILLEGAL_TRANSITION",
                current_version=row["version"],
            )
        generation = row["generation"] + 1
        await unit.change(db.Webhook, [((key,), {"generation": generation, "former": former})])
        secret = secret_of(await signing_key(unit), key, generation)
    return Secret(id=key, secret=secret)


async def enable(context: Context, *, key: str, expected_version: int) -> str:
    """Go on from where it stopped; held from now on by the key that calls."""
    async with context.act(Act.ENABLE_WEBHOOK) as unit:
        row = await _held(unit, context, Act.ENABLE_WEBHOOK, key, expected_version)
        if row["status"] is WebhookStatus.ENABLED:
            raise already("is enabled", row)
        on = {"status": WebhookStatus.ENABLED, "disabled_because": None, "api_key_id": context.actor.key}
        await unit.change(db.Webhook, [((key,), on)])
        await _begun(unit, context, key)
        await _look_again(unit, key, dead_letters=0)
    return key


async def disable(context: Context, *, key: str, expected_version: int) -> str:
    """Tell nothing until it is enabled again; what happens meanwhile is told then."""
    async with context.act(Act.DISABLE_WEBHOOK) as unit:
        row = await _held(unit, context, Act.DISABLE_WEBHOOK, key, expected_version)
        if row["status"] is WebhookStatus.DISABLED:
            raise already("is disabled", row)
        why = "By its holder." if row["account_id"] == context.actor.account else "By those who manage accounts."
        await stop(unit, key, why)
    return key


async def delete(context: Context, *, key: str, expected_version: int) -> str:
    """Tell nothing any more; the journal keeps that it was there."""
    async with context.act(Act.DELETE_WEBHOOK) as unit:
        await _held(unit, context, Act.DELETE_WEBHOOK, key, expected_version)
        await unit.change(db.Webhook, [((key,), {"status": WebhookStatus.DELETED})])
        await _set_aside(unit, key)
    return key


async def test(context: Context, *, key: str, subject: tuple[str, str, str]) -> str:
    """Send one message now, made of an object, outside of the order, and also where it is disabled."""
    async with context.act(Act.TEST_WEBHOOK) as unit:
        await _held(unit, context, Act.TEST_WEBHOOK, key)
        await _one_more_apart(unit, key)
        message = f"msg_{new_id().replace('-', '')}"
        table, type_name, subject_key = subject
        now = instant()
        number = await _begun(unit, context, key) + 1
        await unit.connection.execute(
            insert(db.WebhookDelivery).values(
                id=message,
                webhook_id=key,
                number=number,
                is_apart=True,
                status=WebhookDeliveryStatus.PENDING,
                subject_type=table,
                type_name=type_name,
                subject_key=subject_key,
                at=now,
                fields=[],
                attempts_made=0,
                created_at=now,
            )
        )
        await _set(unit, key, last_number=number)
    return message


async def retry(context: Context, *, key: str, message: str) -> str:
    """Send a message now: the one that waits, or, outside of the order, one that was sent or given up."""
    async with context.act(Act.RETRY_DELIVERY) as unit:
        webhook = await _held(unit, context, Act.RETRY_DELIVERY, key)
        delivery = db.WebhookDelivery
        rows = await unit.rows(
            select(col(delivery.status), col(delivery.number)).where(
                col(delivery.id) == message, col(delivery.webhook_id) == key
            )
        )
        if not rows:
            raise NotFound("There is no such delivery.")
        if webhook["status"] is WebhookStatus.DISABLED:
            raise Conflict("The webhook is disabled.", code="ILLEGAL_TRANSITION", current_version=webhook["version"])
        (row,) = rows
        if row.status is not WebhookDeliveryStatus.PENDING:
            await _one_more_apart(unit, key)
            again = {"status": WebhookDeliveryStatus.PENDING, "is_apart": True, "finished_at": None}
            await unit.connection.execute(update(delivery).where(col(delivery.id) == message).values(again))
            return message
        waiting = select(func.min(col(delivery.number))).where(
            col(delivery.webhook_id) == key,
            col(delivery.status) == WebhookDeliveryStatus.PENDING,
            col(delivery.is_apart).is_(False),
        )
        if (await unit.rows(waiting))[0][0] != row.number:
            raise Conflict("It waits for those before it.", code="ILLEGAL_TRANSITION")
        await _look_again(unit, key)
    return message


async def _one_more_apart(unit: Unit, key: str) -> None:
    delivery = db.WebhookDelivery
    waiting = select(func.count()).where(
        col(delivery.webhook_id) == key,
        col(delivery.status) == WebhookDeliveryStatus.PENDING,
        col(delivery.is_apart),
    )
    if (await unit.rows(waiting))[0][0] >= MOST_APART:
        raise Conflict(
            f"{MOST_APART} messages wait already to be sent outside of the order: wait for one of them.",
            code="ILLEGAL_TRANSITION",
        )


async def replay(context: Context, *, key: str, after: str) -> str:
    """Tell again all that happened after a place of the feed, each under the id that it had."""
    async with context.act(Act.REPLAY_WEBHOOK) as unit:
        await _held(unit, context, Act.REPLAY_WEBHOOK, key)
        begins = await _place(unit, context, after)
        await _set_aside(unit, key)
        await _begun(unit, context, key)
        # Whoever has a message in hand is not to go on from there.
        await _set(unit, key, cursor=begins, due_at=instant(), looked_to=-1, claimed_by=None, claimed_until=None)
    return key


def _check(context: Context, wanted: Wanted) -> None:
    against = []
    if wanted.label is not None:
        against += [("label", reason) for reason in text.against(wanted.label, _LABEL)]
    if wanted.url is not None:
        against += [("url", reason) for reason in against_url(wanted.url, local=context.local_webhooks)]
    if wanted.document is not None and len(wanted.document) > LONGEST_DOCUMENT:
        against.append(("document", f"At most {LONGEST_DOCUMENT:,} characters."))
    if wanted.variables is not None:
        against += [("variables", reason) for reason in text.against_json(wanted.variables, LONGEST_VARIABLES)]
    if against:
        raise Invalid(*against)


def _values(wanted: Wanted) -> dict[str, Any]:
    values = {
        "label": None if wanted.label is None else wanted.label.strip(),
        "url": wanted.url,
        "types": None if wanted.types is None else sorted(set(wanted.types)),
        "document": wanted.document,
        "variables": None if wanted.variables is None else dict(wanted.variables),
    }
    return {name: value for name, value in values.items() if value is not None}


async def _held(
    unit: Unit, context: Context, act: Act, key: str, expected_version: int | None = None
) -> Mapping[str, Any]:
    """A webhook that the caller may do this to; that it has moved on is told only then."""
    row = await unit.row(db.Webhook, (key,))
    if row is None or row["status"] is WebhookStatus.DELETED:
        raise NotFound(_NONE)
    permission = may_act_upon(context.actor, act, account=row["account_id"], scopes=row["scopes"])
    if permission is None:
        raise NotFound(_NONE)
    if not permission.allowed:
        raise Forbidden(" ".join(permission.reasons))
    if expected_version is not None and row["version"] != expected_version:
        raise Stale(row["version"])
    return row


async def _place(unit: Unit, context: Context, after: str | None) -> str:
    # Not by the context's own reader: the act holds its lock.
    reader = Reader(unit.connection, context.actor, context.today)
    if after is None:
        return await feed.latest(reader)
    await feed.check(reader, after)
    return after


async def stop(unit: Unit, key: str, why: str) -> None:
    off = {"status": WebhookStatus.DISABLED, "disabled_because": why}
    await unit.change(db.Webhook, [((key,), off)])


async def _begin(unit: Unit, key: str, cursor: str) -> None:
    queue = {
        "cursor": cursor,
        "last_number": 0,
        "dead_letters": 0,
        "due_at": instant(),
        "looked_to": -1,
        "looked_on": "",
    }
    await unit.connection.execute(insert(db.WebhookQueue).values(webhook_id=key, **queue))


async def _begun(unit: Unit, context: Context, key: str) -> int:
    """The number of its last message. A copy of another instance tells a webhook nothing (`db.dump.LEFT_OUT`) until
    its holder asks for something, and from then on."""
    queue = db.WebhookQueue
    rows = await unit.rows(select(col(queue.last_number)).where(col(queue.webhook_id) == key))
    if rows:
        return int(rows[0].last_number)
    await _begin(unit, key, await _place(unit, context, None))
    return 0


async def _set(unit: Unit, key: str, **values: Any) -> None:
    await unit.connection.execute(update(db.WebhookQueue).where(col(db.WebhookQueue.webhook_id) == key).values(values))


async def _look_again(unit: Unit, key: str, **values: Any) -> None:
    await _set(unit, key, due_at=instant(), looked_to=-1, **values)


async def _set_aside(unit: Unit, key: str) -> None:
    """What waits is told again from the feed, or not at all."""
    delivery = db.WebhookDelivery
    await unit.connection.execute(
        update(delivery)
        .where(col(delivery.webhook_id) == key, col(delivery.status) == WebhookDeliveryStatus.PENDING)
        .values(status=WebhookDeliveryStatus.SET_ASIDE, finished_at=instant())
    )


# ---------- reads ----------


async def of_account(context: Context, account: str | None) -> Sequence[str]:
    """The keys of the webhooks of who calls, or of an account for who manages them; the latest first.

    What a wider key is told is not for a narrower one, not even of what it was.
    """
    others = account is not None and account != context.actor.account
    if others and not context.actor.manages_accounts:
        return []
    webhook = db.Webhook
    async with context.reader() as reader:
        rows = await reader.rows(
            select(col(webhook.id), col(webhook.scopes))
            .where(
                col(webhook.account_id) == (account or context.actor.account),
                col(webhook.status) != WebhookStatus.DELETED,
            )
            .order_by(col(webhook.id).desc())
        )
    return [row.id for row in rows if others or context.actor.scopes.issuperset(row.scopes)]


async def payload_of(context: Context, key: str) -> tuple[str, Mapping[str, Any]] | None:
    """The document and the variables of a webhook of who calls; None where it is none of theirs."""
    webhook = db.Webhook
    async with context.reader() as reader:
        rows = await reader.rows(
            select(col(webhook.document), col(webhook.variables)).where(
                col(webhook.id) == key, col(webhook.account_id) == context.actor.account
            )
        )
    return (rows[0].document, rows[0].variables) if rows else None


# ---------- as whom, and by which secrets ----------


class Ended(Exception):  # noqa: N818  it reads as what happened
    """Nobody holds the webhook any more by what it was held by."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def holder(reader: Reader, webhook: Mapping[str, Any], now: datetime) -> Actor:
    """As whom a webhook reads at this moment; raises where its account or its key is no longer taken."""
    account, key = db.Account, db.ApiKey
    (row,) = await reader.rows(
        select(*CALLER, col(account.status), col(key.revoked_at), col(key.expires_at))
        .outerjoin(key, col(key.id) == webhook["api_key_id"])
        .where(col(account.id) == webhook["account_id"])
    )
    if row.status is not AccountStatus.ACTIVE:
        raise Ended("Its account is suspended.")
    if row.revoked_at is not None:
        raise Ended("The key by which it was held was revoked: enable it with another.")
    if row.expires_at is not None and row.expires_at <= instant(now):
        raise Ended("The key by which it was held has expired: enable it with another.")
    calls = caller(row)
    return Actor(
        account=calls.id,
        label=calls.label or calls.id,
        party=calls.party,
        held=await capacities_on(reader, calls, now.astimezone(UTC).date()),
        scopes=frozenset(map(Scope, webhook["scopes"])),
        key=webhook["api_key_id"],
    )


async def signing_key(asks: Unit | Reader) -> bytes:
    (row,) = await asks.rows(select(col(db.SigningKey.value)))
    return bytes.fromhex(row.value)


def secrets_of(key: bytes, webhook: Mapping[str, Any], now: datetime) -> list[str]:
    """By which a message is signed now, the newest first."""
    good = [webhook["generation"], *(generation for generation, _ in reversed(_still_good(webhook, now)))]
    return [secret_of(key, webhook["id"], generation) for generation in good]


def secret_of(key: bytes, webhook: str, generation: int) -> str:
    """It follows from what the database keeps, so that it is kept nowhere itself."""
    secret = hmac.digest(key, f"webhook secret:{webhook}:{generation}".encode(), hashlib.sha256)
    return f"whsec_{base64.b64encode(secret).decode()}"


def _still_good(webhook: Mapping[str, Any], now: datetime) -> list[list[Any]]:
    return [each for each in webhook["former"] if each[1] > instant(now)]


def message_id(key: bytes, webhook: str, place: str) -> str:
    """The same for one change and one webhook, whenever it is told; and nothing about its place."""
    return f"msg_{hmac.digest(key, f'webhook message:{webhook}:{place}'.encode(), hashlib.sha256).hex()[:40]}"
