"""The worker that tells webhooks what changes: within the server, and for `isu worker`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog

from db.engine import Database
from isu.operation import OPERATION_SECONDS, execute_in
from isu.receiver import Receivers
from isu.settings import Settings
from mandate.feed import ChangeKind
from mandate.webhook import WebhookStatus
from resolvers import feed, webhook
from resolvers import webhook_delivery as delivery
from resolvers.context import Context
from resolvers.error import is_connection_lost, is_timeout
from resolvers.rate_limit import RateLimit
from resolvers.webhook_delivery import Delivery, Taken, Tried
from schema import api
from schema.error import at_most, in_execution
from schema.feed import ChangeSubject, told_as
from schema.id import encode_id
from schema.operation import Prepared, documents_of
from schema.webhook import MAX_COST, event, given

POLL_SECONDS = 1.0
LANES = 8
"""Webhooks that one process serves side by side: one that does not answer holds nobody else up."""
_STOPS_WITHIN = 20.0
_AFTER_A_FAULT = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent, and where."""

    url: str
    body: bytes
    secrets: Sequence[str]


class Worker:
    """Each webhook is in the hands of one lane of one process at a time."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        now: Callable[[], datetime],
        receivers: Receivers | None = None,
        chance: Callable[[], float] = random.random,
        seconds: float = OPERATION_SECONDS,
    ) -> None:
        self._database = database
        self._receivers = receivers or Receivers(local=settings.webhook_http)
        self._lease = timedelta(seconds=settings.webhook_lease)
        self._now = now
        self._chance = chance
        self._seconds = seconds
        self._process = uuid.uuid4().hex
        self._stopping = asyncio.Event()
        self._taking = asyncio.Lock()

    async def deliver(self) -> int:
        """All that is due, once; how many attempts that took."""
        lanes = await delivery.due(self._database, self._now(), LANES)
        # A lane that fails leaves the others what they have in hand.
        came_to = await asyncio.gather(*(self._lane(number) for number in range(lanes)), return_exceptions=True)
        for each in came_to:
            if isinstance(each, BaseException):
                raise each
        return sum(each for each in came_to if isinstance(each, int))

    async def _lane(self, number: int) -> int:
        process, attempts = f"{self._process}-{number}", 0
        while not self._stopping.is_set():
            taken = await self._take(process)
            if taken is None:
                break
            attempts += await self._serve(process, taken)
        return attempts

    async def _take(self, process: str) -> Taken | None:
        # One after the other, so that not all lanes want the write lock for the one webhook that is due.
        async with self._taking:
            if not await delivery.due(self._database, self._now(), 1):
                return None
            return await delivery.take(self._database, process, self._now(), self._lease)

    async def _serve(self, process: str, taken: Taken) -> int:
        """What a webhook has to send, until one is not received or it has had its turn."""
        key, following, attempts = taken.webhook, taken.delivery, 0
        try:
            if following is None:
                following = await self._look(process, key)
            while following is not None:
                tried = await self._try(following)
                if tried is None:
                    # Somebody has disabled it meanwhile.
                    await delivery.free(self._database, process, key)
                    break
                attempts += 1
                following = await delivery.keep(
                    self._database,
                    process,
                    following,
                    tried,
                    now=self._now(),
                    lease=self._lease,
                    chance=self._chance(),
                )
                if following is not None and self._stopping.is_set():
                    await delivery.free(self._database, process, key)
                    break
        except webhook.Ended as ended:
            if following is not None and following.is_apart:
                await self._not_sent(process, following, ended.why)
            await delivery.end(self._database, process, key, ended.why)
        return attempts

    async def _look(self, process: str, key: str) -> Delivery | None:
        now = self._now()
        async with asyncio.timeout(self._seconds), self._context(now) as context:
            found = await delivery.look(context, key, told_as(), now)
        return await delivery.write_down(self._database, process, key, found, now)

    async def _try(self, following: Delivery) -> Tried | None:
        began, at = time.monotonic(), self._now()
        try:
            message = await self._message(following, at)
            if message is None:
                return None
            headers = signed(following.id, at, message)
            answer = await self._receivers.post(message.url, message.body, headers)
        except TimeoutError:
            return Tried(at=at, milliseconds=_since(began), error="The document took too long.")
        except NoPayload as fault:
            return Tried(at=at, milliseconds=_since(began), error=str(fault))
        except webhook.Ended:
            raise
        except Exception as fault:
            if is_connection_lost(fault):
                raise
            # Else one message would hold up all those after it for good.
            log.exception("webhooks.fault", message=following.id)
            return Tried(at=at, milliseconds=_since(began), error="Something went wrong on our side.")
        return Tried(
            at=at,
            milliseconds=_since(began),
            status_code=answer.status_code,
            error=answer.error,
            asked=answer.asked,
        )

    async def _not_sent(self, process: str, following: Delivery, why: str) -> None:
        now = self._now()
        tried = Tried(at=now, milliseconds=0, error=why)
        await delivery.keep(
            self._database, process, following, tried, now=now, lease=self._lease, chance=self._chance()
        )

    async def _message(self, following: Delivery, now: datetime) -> Message | None:
        """As whoever holds the webhook may see it now, whatever they saw when it happened; None where it is off."""
        async with asyncio.timeout(self._seconds), self._context(now) as context:
            row = await delivery.read_as_holder(context, following.webhook, now)
            if row["status"] is not WebhookStatus.ENABLED and not following.is_apart:
                return None
            subject = (following.subject_type, following.subject_key)
            async with context.reader() as reader:
                is_there = await feed.is_there(reader, told_as(), subject)
                cursor = following.cursor or await feed.latest(reader)
                secrets = webhook.secrets_of(await webhook.signing_key(reader), row, now)
            content = _content(following, cursor, is_there=is_there)
            content |= await _payload(context, row, following, cursor, now)
        return Message(url=row["url"], body=orjson.dumps(content), secrets=secrets)

    def _context(self, now: datetime) -> Context:
        return Context(self._database, now.date())

    async def run(self) -> None:
        """Until it is stopped; each lane looks by itself, however long the others take."""
        await asyncio.gather(*(self._keep_looking(number) for number in range(LANES)))

    async def _keep_looking(self, number: int) -> None:
        """Whatever goes wrong is told, and tried again."""
        while not self._stopping.is_set():
            wait = POLL_SECONDS
            try:
                await self._lane(number)
            except Exception as error:
                if not is_connection_lost(error):
                    log.exception("webhooks.failed")
                wait = _AFTER_A_FAULT
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def stop(self, running: asyncio.Task[None]) -> None:
        """What is in hand is finished, if that is soon: else it is sent once more."""
        self._stopping.set()
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(running, _STOPS_WITHIN)


# ---------- what is sent ----------


class NoPayload(Exception):  # noqa: N818  it reads as what happened
    """There is nothing to send, for a reason that the holder can mend."""


def _content(following: Delivery, cursor: str, *, is_there: bool) -> dict[str, Any]:
    """The part of a message that is the same for all webhooks."""
    kind = None if following.kind is None else ChangeKind(following.kind)
    if not is_there and kind is not None and kind is not ChangeKind.DELETED:
        # They may have been told more at the time; since then it is gone for them.
        kind = ChangeKind.VISIBILITY_LOST
    subject = ChangeSubject(following.subject_type)
    id_ = encode_id(following.type_name, following.subject_key)
    tombstone = None
    if not is_there:
        reason = (kind or ChangeKind.VISIBILITY_LOST).value
        tombstone = {"id": id_, "subjectType": subject.name, "removedAt": following.at, "reason": reason}
    return {
        "type": event(following.subject_type, kind),
        "timestamp": following.at,
        "change": {
            "cursor": cursor,
            "kind": None if kind is None else kind.value,
            "subjectType": subject.name,
            "subjectId": id_,
            "version": following.version if is_there else None,
            "changedFields": list(following.fields) if is_there else [],
            "tombstone": tombstone,
        },
    }


async def _payload(
    context: Context, row: Mapping[str, Any], following: Delivery, cursor: str, now: datetime
) -> dict[str, Any]:
    prepared = documents_of(api).prepare(row["document"])
    if not isinstance(prepared, Prepared):
        raise NoPayload(f"The document is no longer one of this API: {prepared[0]['message']}")
    operation = prepared.operation(None)
    assert not isinstance(operation, dict)  # noqa: S101  it was asked when the webhook was made
    id_ = encode_id(following.type_name, following.subject_key)
    variables = {**row["variables"], **given(id_, cursor, ChangeSubject(following.subject_type))}
    cost = prepared.cost(operation, variables)
    context.rate_limit = RateLimit(cost=cost, limit=MAX_COST, remaining=max(0, MAX_COST - cost), reset_at=now)
    result = await execute_in(api, context, prepared.document, variables)
    for error in result.errors or ():
        cause = error.original_error
        if cause is not None and is_timeout(cause):
            raise TimeoutError
        if cause is not None and is_connection_lost(cause):
            raise cause
    errors = at_most(in_execution(result.errors or (), following.id))
    return {"data": result.data, **({"errors": errors} if errors else {})}


def signed(message_id: str, at: datetime, message: Message) -> dict[str, str]:
    """The headers of Standard Webhooks, by every secret that is good."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), message.body))
    return {
        "Content-Type": "application/json",
        "User-Agent": "isu-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signature(secret, content) for secret in message.secrets),
    }


def signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
