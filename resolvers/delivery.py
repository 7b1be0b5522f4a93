"""The outbox: one process takes a message, says so before it sends anything, and keeps what came of it.

At least once: a message that was taken and of which nothing is known, because the process was stopped or the connection
broke, is sent again when its time is over, under the same Message-ID, by which mail servers and readers know a
second copy. A note verbale that never arrives is worse than one that arrives twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased
from sqlmodel import col

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit, instant
from mandate.actor import Act, Visibility
from mandate.communication import (
    AcknowledgementMeans,
    CommunicationStatus,
    DeliveryOutcome,
    DeliveryStatus,
    wait_after,
)
from mandate.text import LocalizedText
from resolvers.communication import keep_acknowledgement

_DELIVERY = Signature(act="deliver")
_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    symbol: str | None
    title: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All that a message to one recipient is made of."""

    recipient: str
    address: str
    language: str
    reference: str
    sent_at: datetime
    subject: str
    body: str
    documents: Sequence[Enclosed]
    corrects: tuple[str, str] | None
    """The reference of what it corrects, and this recipient of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmade:
    """A message of which a part is not as it should be, by a fault of ours."""

    recipient: str
    fault: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt came to, and what the server said."""

    of: DeliveryOutcome
    code: int | None = None
    text: str | None = None


async def is_any_due(database: Database) -> bool:
    """Asked often, and so without the write lock."""
    async with database.reading() as connection:
        found = await connection.execute(select(col(db.Outbox.recipient_id)).where(*_due(instant())).limit(1))
        return found.first() is not None


def _due(now: str) -> tuple[Any, ...]:
    until = col(db.Outbox.claimed_until)
    return col(db.Outbox.due_at) <= now, or_(until.is_(None), until <= now), ~_OVERTAKES


def _overtakes() -> ColumnElement[bool]:
    """A correction waits for what it corrects, recipient by recipient: what was wrong is not read last."""
    own, before = aliased(db.Recipient), aliased(db.Recipient)
    waiting, said = aliased(db.Outbox), db.Communication
    return (
        select(1)
        .select_from(own)
        .join(said, col(said.id) == own.communication_id)
        .join(
            before,
            and_(col(before.communication_id) == said.corrects_id, col(before.party_id) == own.party_id),
        )
        .join(waiting, col(waiting.recipient_id) == before.id)
        .where(col(own.id) == db.Outbox.recipient_id)
        .correlate(db.Outbox)
        .exists()
    )


_OVERTAKES = _overtakes()


async def take(database: Database, process: str, lease: timedelta) -> Letter | Unmade | None:
    """The next message that is due, which is then this process's until the lease is over."""
    async with database.writing() as connection:
        return await _take(Unit(connection, _DELIVERY), process, lease)


async def keep(
    database: Database,
    process: str,
    recipient: str,
    outcome: Outcome,
    *,
    pause: timedelta,
    then: timedelta | None,
) -> Letter | Unmade | None:
    """What came of a message; and the next one, for as long as is said, so that each costs one commit.

    One that is tried again is due after a time of its own, or after the pause where our own server was not there.
    """
    async with database.writing() as connection:
        unit = Unit(connection, _DELIVERY)
        await _keep(unit, process, recipient, outcome, pause)
        return None if then is None else await _take(unit, process, then)


async def _take(unit: Unit, process: str, lease: timedelta) -> Letter | Unmade | None:
    now, outbox = datetime.now(UTC), db.Outbox
    rows = await unit.rows(
        select(col(outbox.recipient_id), col(outbox.claimed_by))
        .where(*_due(instant(now)))
        .order_by(col(outbox.due_at), col(outbox.recipient_id))
        .limit(1)
    )
    if not rows:
        return None
    (row,) = rows
    if row.claimed_by is not None:
        await _keep_attempt(unit, row.recipient_id, Outcome(of=DeliveryOutcome.UNCONFIRMED))
    await unit.connection.execute(
        update(outbox)
        .where(col(outbox.recipient_id) == row.recipient_id)
        .values(claimed_by=process, claimed_until=instant(now + lease))
    )
    try:
        return await _letter(unit, row.recipient_id)
    except SQLAlchemyError:
        raise
    except Exception as fault:
        # It is taken all the same, and what came of the one before is kept: else none would come after it.
        return Unmade(recipient=row.recipient_id, fault=fault)


async def _keep(unit: Unit, process: str, recipient: str, outcome: Outcome, pause: timedelta) -> None:
    now, outbox = datetime.now(UTC), db.Outbox
    await _keep_attempt(unit, recipient, outcome)
    rows = await unit.rows(
        select(col(outbox.communication_id), col(outbox.refusals)).where(
            col(outbox.recipient_id) == recipient, col(outbox.claimed_by) == process
        )
    )
    if not rows:
        # The lease was over, and another has it now, or nobody any more: what it comes to there counts.
        return
    (row,) = rows
    status, wait = _after(outcome.of, row.refusals + 1, pause)
    if status is None:
        refusals = row.refusals + (outcome.of is DeliveryOutcome.PUT_OFF)
        again = {"due_at": instant(now + wait), "refusals": refusals, "claimed_by": None, "claimed_until": None}
        await unit.connection.execute(update(outbox).where(col(outbox.recipient_id) == recipient).values(again))
        return
    await unit.connection.execute(delete(outbox).where(col(outbox.recipient_id) == recipient))
    await unit.change(db.Recipient, [((recipient,), {"status": status})])
    await _finish(unit, row.communication_id)


def _after(outcome: DeliveryOutcome, refusals: int, pause: timedelta) -> tuple[DeliveryStatus | None, timedelta]:
    match outcome:
        case DeliveryOutcome.ACCEPTED:
            return DeliveryStatus.SENT, pause
        case DeliveryOutcome.REFUSED:
            return DeliveryStatus.BOUNCED, pause
        case DeliveryOutcome.PUT_OFF:
            minutes = wait_after(refusals)
            return (DeliveryStatus.FAILED, pause) if minutes is None else (None, timedelta(minutes=minutes))
    return None, pause


async def drop(unit: Unit, recipient: str) -> None:
    """Nothing is sent any more to a recipient whose address was erased."""
    row = await unit.row(db.Recipient, (recipient,))
    assert row is not None  # noqa: S101  asked of recipients that are there
    if row["status"] is DeliveryStatus.QUEUED:
        await _take_out(unit, row, status=DeliveryStatus.SUPPRESSED, suppressed_because="The address was erased.")


async def _take_out(unit: Unit, recipient: Mapping[str, Any], **values: Any) -> None:
    """Of the outbox; whoever has the message in hand keeps the attempt, and nothing else."""
    await unit.connection.execute(delete(db.Outbox).where(col(db.Outbox.recipient_id) == recipient["id"]))
    await unit.change(db.Recipient, [((recipient["id"],), values)])
    await _finish(unit, recipient["communication_id"])


async def _finish(unit: Unit, communication: str) -> None:
    """A communication of which no message waits any more is sent."""
    waiting = await unit.rows(
        select(col(db.Outbox.recipient_id)).where(col(db.Outbox.communication_id) == communication).limit(1)
    )
    row = await unit.row(db.Communication, (communication,))
    if not waiting and row is not None and row["status"] is CommunicationStatus.SENDING:
        await unit.change(db.Communication, [((communication,), {"status": CommunicationStatus.SENT})])


async def _keep_attempt(unit: Unit, recipient: str, outcome: Outcome) -> None:
    row = await unit.row(db.Recipient, (recipient,))
    assert row is not None  # noqa: S101  the outbox refers to it
    kept = {
        "id": new_id(),
        "recipient_id": recipient,
        "at": instant(),
        "outcome": outcome.of,
        "code": outcome.code,
        "text": _without(row["address"], outcome.text),
    }
    await unit.keep(db.DeliveryAttempt, [kept])


def _without(address: str | None, text: str | None) -> str | None:
    """A server likes to repeat the address; of one that was erased meanwhile its answer is not kept at all."""
    if text is None or address is None:
        return None
    return re.sub(re.escape(address), "…", text, flags=re.IGNORECASE)[:_LONGEST_TEXT]


async def _letter(unit: Unit, recipient: str) -> Letter:
    to = await unit.row(db.Recipient, (recipient,))
    assert to is not None  # noqa: S101  the outbox refers to it
    said = await unit.row(db.Communication, (to["communication_id"],))
    assert said is not None  # noqa: S101  likewise
    link, document = db.CommunicationDocument, db.Document
    # A title tells of a document, and a message can not be taken back: who may see others finds them here.
    enclosed = await unit.rows(
        select(col(document.symbol), col(document.title))
        .join(link, col(link.document_id) == col(document.id))
        .where(
            col(link.communication_id) == said["id"],
            col(link.position).is_not(None),
            col(document.visibility) == Visibility.PUBLIC,
        )
        .order_by(col(link.position))
    )
    corrects = None
    if said["corrects_id"] is not None:
        before = await unit.rows(
            select(col(db.Communication.reference), col(db.Recipient.id))
            .join(db.Recipient, col(db.Recipient.communication_id) == col(db.Communication.id))
            .where(col(db.Communication.id) == said["corrects_id"], col(db.Recipient.party_id) == to["party_id"])
        )
        corrects = (before[0].reference, before[0].id) if before else None
    language = to["language"]
    return Letter(
        recipient=recipient,
        address=to["address"],
        language=language,
        reference=said["reference"],
        sent_at=datetime.fromisoformat(said["sent_at"]),
        subject=said["subject"].wordings[language].value,
        body=said["body"].wordings[language].value,
        documents=[Enclosed(symbol=each.symbol, title=each.title) for each in enclosed],
        corrects=corrects,
    )


# ---------- signed links ----------


async def kept_key(database: Database) -> bytes | None:
    """None while no link was ever signed."""
    async with database.reading() as connection:
        found = (await connection.execute(select(col(db.SigningKey.value)))).scalar_one_or_none()
    return None if found is None else bytes.fromhex(found)


async def signing_key(database: Database) -> bytes:
    """Made when it is first needed, and the same for all processes."""
    key = await kept_key(database)
    if key is not None:
        return key
    async with database.writing() as connection:
        found = (await connection.execute(select(col(db.SigningKey.value)))).scalar_one_or_none()
        if found is None:
            found = os.urandom(32).hex()
            await connection.execute(insert(db.SigningKey).values(id=1, value=found))
    return bytes.fromhex(found)


def token_of(key: bytes, recipient: str) -> str:
    mac = hmac.digest(key, f"acknowledge:{recipient}".encode(), hashlib.sha256)
    return f"{recipient}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def recipient_of(key: bytes, token: str) -> str | None:
    """Whose link it is, if it is one of ours."""
    recipient, _, _ = token.partition(".")
    return recipient if hmac.compare_digest(token_of(key, recipient).encode(), token.encode()) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What somebody with a link is to confirm."""

    reference: str
    subject: str
    language: str
    acknowledged: bool


async def receipt(database: Database, recipient: str) -> Receipt | None:
    to, said, done = db.Recipient, db.Communication, db.Acknowledgement
    async with database.reading() as connection:
        found = await connection.execute(
            select(col(said.reference), col(said.subject), col(to.language), col(done.at))
            .join(said, col(said.id) == col(to.communication_id))
            .outerjoin(done, col(done.recipient_id) == col(to.id))
            .where(col(to.id) == recipient)
        )
        row = found.first()
    if row is None:
        return None
    wordings: Mapping[str, Any] = row.subject.wordings
    return Receipt(
        reference=row.reference,
        subject=wordings[row.language].value,
        language=row.language,
        acknowledged=row.at is not None,
    )


async def acknowledge_by_link(database: Database, recipient: str, request_id: str | None) -> None:
    """Whoever holds the link speaks for its recipient, and for nothing else; a second time changes nothing."""
    async with database.writing() as connection:
        found = await connection.execute(select(col(db.Recipient.party_id)).where(col(db.Recipient.id) == recipient))
        signature = Signature(act=Act.ACKNOWLEDGE_COMMUNICATION, on_behalf_of=found.scalar_one(), request_id=request_id)
        unit = Unit(connection, signature)
        row = await unit.row(db.Recipient, (recipient,))
        assert row is not None  # noqa: S101  just found, under the write lock
        await keep_acknowledgement(unit, row, AcknowledgementMeans.LINK)
        if row["status"] is DeliveryStatus.QUEUED:
            # It came, though no server has told us yet: it is not sent again, and nothing that one tells counts.
            await _take_out(unit, row, status=DeliveryStatus.DELIVERED)
