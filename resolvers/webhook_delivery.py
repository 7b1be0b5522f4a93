"""What webhooks have still to tell: one process takes a webhook, says so before it sends anything, and keeps what came
of each message.

At least once, and in order: the changes that a webhook is to tell are written down, each under an id that follows from
its place in the feed, before the first is sent; the first that is not received holds the others up until it is, or is
given up. A webhook in the hands of a process that was stopped is free when its time is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit, instant
from mandate.webhook import DEAD_LETTERS_IN_A_ROW, WebhookDeliveryStatus, WebhookStatus, wait_after
from resolvers import feed, webhook
from resolvers.context import Context
from resolvers.error import UserError
from resolvers.reading import Reader

AT_ONCE = 20
"""Changes that are written down together, and sent before the webhook makes room for others."""
KEPT_FOR = timedelta(days=30)
"""What was sent, after it was."""
_BY = Signature(act="deliver")
_LONGEST_ERROR = 1_000
_PENDING = WebhookDeliveryStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message to be sent."""

    id: str
    webhook: str
    is_apart: bool
    subject_type: str
    type_name: str
    subject_key: str
    kind: str | None
    at: str
    version: int | None
    fields: Sequence[str]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A webhook in the hands of a process, and what it has to send first; None where it is to look in the feed."""

    webhook: str
    delivery: Delivery | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What an attempt came to."""

    at: datetime
    milliseconds: int
    status_code: int | None = None
    error: str | None = None
    asked: timedelta | None = None
    """For how long the receiver wants to be left alone."""

    @property
    def is_gone(self) -> bool:
        return self.status_code == 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the feed tells a webhook next."""

    told: Sequence[tuple[str, feed.Told]]
    """Each with the id of its message."""
    cursor: str
    """After all of it."""
    ends_at: int | None
    """The end of the journal, where there is no more."""


# ---------- to take ----------


async def due(database: Database, now: datetime, most: int) -> int:
    """How many webhooks are, up to so many: asked often, and so without the write lock."""
    async with database.reading() as connection:
        return len((await connection.execute(_due(now).limit(most))).all())


async def take(database: Database, process: str, now: datetime, lease: timedelta) -> Taken | None:
    """The webhook that has waited longest, which is then this process's until the lease is over."""
    async with database.writing() as connection:
        row = (await connection.execute(_due(now).order_by(col(db.WebhookQueue.due_at)).limit(1))).first()
        if row is None:
            return None
        claim = {"claimed_by": process, "claimed_until": instant(now + lease)}
        await connection.execute(_of_queue(row.webhook_id).values(claim))
        return Taken(webhook=row.webhook_id, delivery=await _next(connection, row.webhook_id, now))


def _due(now: datetime) -> Any:
    queue, hook, delivery, head = db.WebhookQueue, db.Webhook, db.WebhookDelivery, db.JournalHead
    waits = select(1).where(col(delivery.webhook_id) == col(hook.id), col(delivery.status) == _PENDING)
    today = instant(now)[:10]
    has_news = or_(col(queue.looked_to) < select(col(head.sequence)).scalar_subquery(), col(queue.looked_on) != today)
    in_order = and_(
        col(hook.status) == WebhookStatus.ENABLED,
        col(queue.due_at) <= instant(now),
        or_(has_news, exists(waits.where(col(delivery.is_apart).is_(False)))),
    )
    until = col(queue.claimed_until)
    return (
        select(col(queue.webhook_id))
        .join(hook, col(hook.id) == col(queue.webhook_id))
        .where(
            col(hook.status) != WebhookStatus.DELETED,
            or_(until.is_(None), until <= instant(now)),
            or_(in_order, exists(waits.where(col(delivery.is_apart)))),
        )
    )


async def _next(connection: AsyncConnection, key: str, now: datetime) -> Delivery | None:
    """What is asked for apart, then the first of those in order, if it is due and the webhook tells anything."""
    queue, hook, delivery = db.WebhookQueue, db.Webhook, db.WebhookDelivery
    rows = await connection.execute(
        select(*delivery.__table__.columns)  # type: ignore[attr-defined]
        .join(hook, col(hook.id) == col(delivery.webhook_id))
        .join(queue, col(queue.webhook_id) == col(hook.id))
        .where(
            col(delivery.webhook_id) == key,
            col(delivery.status) == _PENDING,
            or_(
                col(delivery.is_apart),
                and_(col(hook.status) == WebhookStatus.ENABLED, col(queue.due_at) <= instant(now)),
            ),
        )
        .order_by(col(delivery.is_apart).desc(), col(delivery.number))
        .limit(1)
    )
    row = rows.first()
    if row is None:
        return None
    return Delivery(
        id=row.id,
        webhook=key,
        is_apart=row.is_apart,
        subject_type=row.subject_type,
        type_name=row.type_name,
        subject_key=row.subject_key,
        kind=row.kind,
        at=row.at,
        version=row.row_version,
        fields=row.fields,
        cursor=row.cursor,
    )


# ---------- to look in the feed ----------


async def look(context: Context, key: str, types: feed.Types, now: datetime) -> Found:
    """What the feed tells next, to whom the webhook tells it; raises `webhook.Ended` where it is held no more."""
    row = await read_as_holder(context, key, now)
    queue, head = db.WebhookQueue, db.JournalHead
    async with context.reader() as reader:
        ((after, ends_at),) = await reader.rows(
            select(col(queue.cursor), select(col(head.sequence)).scalar_subquery()).where(col(queue.webhook_id) == key)
        )
        wanted = {name: types[name] for name in row["types"] or types if name in types}
        try:
            found = await feed.changes(reader, wanted, first=AT_ONCE, after=after)
        except UserError as error:
            raise webhook.Ended(f"{error.message} Then replayWebhook, and enable it.") from None
        signed = await webhook.signing_key(reader)
    return Found(
        told=[(webhook.message_id(signed, key, each.place), each) for each in found.told],
        cursor=found.end_cursor,
        ends_at=None if found.has_next_page else ends_at,
    )


async def read_as_holder(context: Context, key: str, now: datetime) -> Mapping[str, Any]:
    """The webhook; and whatever is read in the context from here on, its holder reads."""
    hook = db.Webhook.__table__  # type: ignore[attr-defined]
    connection = await context.connection()
    row = dict((await connection.execute(select(hook).where(hook.c.id == key))).mappings().one())
    # The context's own reader is made when it is first needed, for whom the context then is.
    context.actor = await webhook.holder(Reader(connection, context.actor, context.today), row, now)
    return row


async def write_down(database: Database, process: str, key: str, found: Found, now: datetime) -> Delivery | None:
    """Before the first of it is sent; what was told before is to be told again, under the id that it had."""
    async with database.writing() as connection:
        queue = await _claimed(connection, process, key)
        if queue is None:
            return None
        delivery = db.WebhookDelivery
        ids = [message for message, _ in found.told]
        there = await connection.execute(select(col(delivery.id)).where(col(delivery.id).in_(ids)))
        known = set(there.scalars())
        for number, (message, told) in enumerate(found.told, start=queue.last_number + 1):
            values = {
                "number": number,
                "is_apart": False,
                "status": _PENDING,
                "subject_type": _table_of(told),
                "type_name": told.type_name,
                "subject_key": told.key,
                "kind": told.kind.value,
                "at": told.at,
                "row_version": told.version,
                "fields": list(told.fields),
                "cursor": told.cursor,
                "attempts_made": 0,
                "finished_at": None,
            }
            if message in known:
                await connection.execute(update(delivery).where(col(delivery.id) == message).values(values))
            else:
                new = {**values, "id": message, "webhook_id": key, "created_at": instant(now)}
                await connection.execute(insert(delivery).values(new))
        moved: dict[str, Any] = {"cursor": found.cursor, "last_number": queue.last_number + len(found.told)}
        today = instant(now)[:10]
        if found.ends_at is not None:
            moved |= {"looked_to": found.ends_at, "looked_on": today}
            if queue.looked_on != today:
                await _forget(connection, key, now)
        await connection.execute(_of_queue(key).values(moved))
        following = await _next(connection, key, now) if found.told else None
        if following is None:
            await connection.execute(_of_queue(key).values(_FREE))
        return following


def _table_of(told: feed.Told) -> str:
    return told.place.split("|")[1]


async def _forget(connection: AsyncConnection, key: str, now: datetime) -> None:
    delivery, attempt = db.WebhookDelivery, db.WebhookAttempt
    old = and_(col(delivery.webhook_id) == key, col(delivery.finished_at) < instant(now - KEPT_FOR))
    await connection.execute(delete(attempt).where(col(attempt.delivery_id).in_(select(col(delivery.id)).where(old))))
    await connection.execute(delete(delivery).where(old))


# ---------- to keep what came of it ----------


async def keep(
    database: Database,
    process: str,
    delivery: Delivery,
    tried: Tried,
    *,
    now: datetime,
    lease: timedelta,
    chance: float,
) -> Delivery | None:
    """What came of a message, and the next one of the same webhook; None where it is to make room for others."""
    async with database.writing() as connection:
        await connection.execute(
            insert(db.WebhookAttempt).values(
                id=new_id(),
                delivery_id=delivery.id,
                at=instant(tried.at),
                milliseconds=tried.milliseconds,
                status_code=tried.status_code,
                error=None if tried.error is None else tried.error[:_LONGEST_ERROR],
            )
        )
        queue = await _claimed(connection, process, delivery.webhook)
        if queue is None:
            # The lease was over, or somebody has begun anew: what it comes to there counts.
            return None
        goes_on = tried.error is None and not delivery.is_apart
        if delivery.is_apart:
            of_it = WebhookDeliveryStatus.DELIVERED if tried.error is None else WebhookDeliveryStatus.DEAD_LETTER
            await _finish(connection, delivery.id, of_it, now)
            # Back in turn, and behind the others; but what waits for its next attempt waits no less.
            was_due = col(db.WebhookQueue.due_at) <= instant(now)
            await connection.execute(_of_queue(delivery.webhook).where(was_due).values(due_at=instant(now)))
        elif tried.error is None:
            await _finish(connection, delivery.id, WebhookDeliveryStatus.DELIVERED, now)
            await connection.execute(_of_queue(delivery.webhook).values(dead_letters=0, due_at=instant(now)))
        else:
            await _failed(connection, delivery, tried, queue, now, chance)
        if tried.is_gone and delivery.kind is not None:
            await _stop(connection, delivery.webhook, "The receiver said that it is gone (410).")
        following = await _next(connection, delivery.webhook, now) if goes_on else None
        claim = _FREE if following is None else {"claimed_by": process, "claimed_until": instant(now + lease)}
        await connection.execute(_of_queue(delivery.webhook).values(claim))
        return following


async def _failed(
    connection: AsyncConnection, delivery: Delivery, tried: Tried, queue: Any, now: datetime, chance: float
) -> None:
    row = db.WebhookDelivery
    made = (await connection.execute(select(col(row.attempts_made)).where(col(row.id) == delivery.id))).scalar_one() + 1
    await connection.execute(update(row).where(col(row.id) == delivery.id).values(attempts_made=made))
    if tried.is_gone:
        return
    wait = wait_after(made, chance=chance, asked=tried.asked)
    if wait is not None:
        await connection.execute(_of_queue(delivery.webhook).values(due_at=instant(now + wait)))
        return
    await _finish(connection, delivery.id, WebhookDeliveryStatus.DEAD_LETTER, now)
    dead = queue.dead_letters + 1
    await connection.execute(_of_queue(delivery.webhook).values(dead_letters=dead, due_at=instant(now)))
    if dead >= DEAD_LETTERS_IN_A_ROW:
        await _stop(connection, delivery.webhook, f"{dead} messages in a row were never received; last: {tried.error}")


async def end(database: Database, process: str, key: str, why: str) -> None:
    """Nobody holds it any more."""
    async with database.writing() as connection:
        if await _claimed(connection, process, key) is not None:
            await _stop(connection, key, why)
            await connection.execute(_of_queue(key).values(_FREE))


async def free(database: Database, process: str, key: str) -> None:
    """For whoever could not go on: nothing was sent."""
    async with database.writing() as connection:
        if await _claimed(connection, process, key) is not None:
            await connection.execute(_of_queue(key).values(_FREE))


async def _finish(connection: AsyncConnection, key: str, status: WebhookDeliveryStatus, now: datetime) -> None:
    row = db.WebhookDelivery
    await connection.execute(update(row).where(col(row.id) == key).values(status=status, finished_at=instant(now)))


async def _stop(connection: AsyncConnection, key: str, why: str) -> None:
    unit = Unit(connection, _BY)
    row = await unit.row(db.Webhook, (key,))
    if row is not None and row["status"] is WebhookStatus.ENABLED:
        await webhook.stop(unit, key, why[:_LONGEST_ERROR])


async def _claimed(connection: AsyncConnection, process: str, key: str) -> Any:
    """How far it has come, if it is still in the hands of this process."""
    queue = db.WebhookQueue
    rows = await connection.execute(
        select(col(queue.last_number), col(queue.dead_letters), col(queue.looked_on)).where(_is_of(process, key))
    )
    return rows.first()


def _is_of(process: str, key: str) -> ColumnElement[bool]:
    return and_(col(db.WebhookQueue.webhook_id) == key, col(db.WebhookQueue.claimed_by) == process)


def _of_queue(key: str) -> Any:
    return update(db.WebhookQueue).where(col(db.WebhookQueue.webhook_id) == key)


_FREE = {"claimed_by": None, "claimed_until": None}
