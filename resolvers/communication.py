"""What the ISU writes: drafted by one, released by another, sent to recipients that are then fixed; what comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Executable, bindparam, func, insert, select
from sqlmodel import col

import db
from db.sending import once
from db.table import Kept, new_id
from db.unit import Unit, instant
from db.visibility import seen_among_keys
from mandate.actor import Act, Actor, Sight, Visibility
from mandate.communication import (
    BECOMES,
    AcknowledgementMeans,
    Audience,
    AudienceGroup,
    CommunicationKind,
    CommunicationStatus,
    DeliveryOutcome,
    DeliveryStatus,
    Hand,
    against_approval,
    language_for,
    reference,
)
from mandate.party import ISU_PARTY
from mandate.text import LocalizedText
from resolvers import audience as audiences
from resolvers import text
from resolvers.context import Asks, Context, absent, all_seen, already, find, find_seen
from resolvers.error import Conflict, Forbidden, Invalid, NotFound
from resolvers.reading.declaration import FIRST_DAY

_LONGEST_SUBJECT = 250
_MOST_DOCUMENTS = 50
_MOST_ANSWERED = 20
_LONGEST_REASON = 500
_MOST_SIGHTS = 1_000

_BEFORE_SENDING = (CommunicationStatus.DRAFT, CommunicationStatus.APPROVED)
_SENT = (CommunicationStatus.SENDING, CommunicationStatus.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a communication says."""

    subject: LocalizedText
    body: LocalizedText
    documents: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A communication, as it is to be drafted."""

    kind: CommunicationKind
    written: Written
    audience: Audience
    in_reply_to: Sequence[str] = ()


# ---------- drafting and release ----------


async def draft(
    context: Context,
    given: Given,
    *,
    communication: str | None = None,
    expected_version: int | None = None,
    validate_only: bool = False,
) -> str | None:
    """Draft a communication, or edit one that is not sent: it is then a draft that nobody has approved."""
    async with context.act(Act.DRAFT_COMMUNICATION, validate_only=validate_only) as unit:
        if (communication is None) != (expected_version is None):
            raise Invalid(("expectedVersion", "Give it for a communication that is drafted already, and no other."))
        row = None
        if communication is not None:
            row = await find_seen(unit, context.actor, db.Communication, communication, expected_version)
            _still(row, _BEFORE_SENDING)
            if row["corrects_id"] is not None:
                raise Conflict(
                    "A correction is edited by correctCommunication: its audience is that of what it corrects.",
                    code="ILLEGAL_TRANSITION",
                    current_version=row["version"],
                    current_status=row["status"],
                )
            if given.kind is not row["kind"]:
                raise Invalid(("kind", f"It is drafted as {row['kind']}: withdraw it, and draft another."))
        hand = await _check(unit, context.actor, given.written)
        await audiences.check(unit, context.actor, given.audience)
        await _check_answered(unit, context.actor, given.in_reply_to)
        key = await _write(unit, hand, row, given.kind, given.written, audience_as_json(given.audience))
        await _attach(unit, db.CommunicationReply, "incoming_id", key, given.in_reply_to, is_new=row is None)
    return None if validate_only else key


async def correct(
    context: Context,
    *,
    communication: str,
    expected_version: int,
    written: Written,
    validate_only: bool = False,
) -> str | None:
    """Draft a correction of what was sent, or edit one: it goes to the same recipients, whatever has changed since."""
    async with context.act(Act.CORRECT_COMMUNICATION, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Communication, communication, expected_version)
        is_edit = row["corrects_id"] is not None and row["status"] in _BEFORE_SENDING
        if is_edit:
            await _corrected(unit, row)
        else:
            _still(row, _SENT)
        hand = await _check(unit, context.actor, written)
        dispatch = await _dispatch(unit, communication)
        kept = row if is_edit else None
        corrects = None if is_edit else communication
        key = await _write(unit, hand, kept, row["kind"], written, dispatch["audience"], corrects)
    return None if validate_only else key


async def approve(
    context: Context, *, communication: str, expected_version: int, validate_only: bool = False
) -> str | None:
    """Release a draft as it stands in this version: somebody else than those who wrote it."""
    async with context.act(Act.APPROVE_COMMUNICATION, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Communication, communication, expected_version)
        _still(row, (CommunicationStatus.DRAFT,))
        await _corrected(unit, row)
        dispatch = await _dispatch(unit, communication)
        hand = await _hand(unit, context.actor.account)
        reason = against_approval(hand, await _all_hands(unit, dispatch["drafted_by"]))
        if reason is not None:
            raise Forbidden(reason)
        await unit.change(db.Communication, [((communication,), {"status": CommunicationStatus.APPROVED})])
        approval = {"approved_by": hand.account, "approved_at": instant(), "approved_edition": row["edition"]}
        await unit.change(db.Dispatch, [((communication,), approval)])
    return None if validate_only else communication


async def withdraw(
    context: Context, *, communication: str, expected_version: int, validate_only: bool = False
) -> str | None:
    """Give up a communication that is not sent; it stays the ISU's."""
    async with context.act(Act.WITHDRAW_COMMUNICATION, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Communication, communication, expected_version)
        _still(row, _BEFORE_SENDING)
        await unit.change(db.Communication, [((communication,), {"status": CommunicationStatus.WITHDRAWN})])
    return None if validate_only else communication


async def _write(
    unit: Unit,
    hand: Hand,
    row: Mapping[str, Any] | None,
    kind: CommunicationKind,
    written: Written,
    audience: Mapping[str, Any],
    corrects: str | None = None,
) -> str:
    this = {"account": hand.account, "person": hand.person}
    values = {"subject": written.subject, "body": written.body, "status": CommunicationStatus.DRAFT}
    if row is None:
        key = new_id()
        await unit.keep(db.Communication, [{**values, "id": key, "kind": kind, "corrects_id": corrects}])
        await unit.keep(db.Dispatch, [{"communication_id": key, "audience": dict(audience), "drafted_by": [this]}])
    else:
        key = row["id"]
        await unit.change(db.Communication, [((key,), {**values, "edition": row["edition"] + 1})])
        drafted = (await _dispatch(unit, key))["drafted_by"]
        everybody = drafted if this in drafted else [*drafted, this]
        again = {"audience": dict(audience), "drafted_by": everybody}
        again |= dict.fromkeys(("approved_by", "approved_at", "approved_edition"))
        await unit.change(db.Dispatch, [((key,), again)])
    await _attach(unit, db.CommunicationDocument, "document_id", key, written.documents, is_new=row is None)
    return key


async def _attach(unit: Unit, table: type[Kept], column: str, key: str, wanted: Sequence[str], *, is_new: bool) -> None:
    """What stood there and is no longer wanted stays without a place: nothing kept is deleted."""
    source = table.__table__  # type: ignore[attr-defined]
    there = set()
    if not is_new:
        rows = await unit.rows(select(source).where(source.c.communication_id == key))
        there = {getattr(row, column) for row in rows}
    place = {each: position for position, each in enumerate(wanted)}
    new = [each for each in wanted if each not in there]
    await unit.keep(table, [{"communication_id": key, column: each, "position": place[each]} for each in new])
    await unit.change(table, [((key, each), {"position": place.get(each)}) for each in sorted(there)])


# ---------- sending ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """To how many a communication goes, and how many of them have no address."""

    recipients: int
    without_address: tuple[str, ...]


async def send(
    context: Context, *, communication: str, expected_version: int, validate_only: bool = False
) -> tuple[str | None, Counts]:
    """Fix the recipients and queue a message for each; the outbox does the rest."""
    async with context.act(Act.SEND_COMMUNICATION, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Communication, communication, expected_version)
        _still(row, (CommunicationStatus.APPROVED,))
        dispatch = await _dispatch(unit, communication)
        if dispatch["approved_by"] is None or dispatch["approved_edition"] != row["edition"]:
            raise Forbidden("What is to be sent is not what was approved.")
        await _still_to_be_shown(unit, communication)
        audience = audience_from_json(dispatch["audience"])
        original = await _corrected(unit, row)
        if original is not None:
            recipients = await _the_same(unit, row)
        else:
            recipients = await _frozen(unit, row, audience, context.today)
        if not recipients and not audience.is_public:
            raise Invalid(("communication", "Its audience is nobody."))
        await unit.keep(db.Recipient, recipients)
        queued = [each for each in recipients if each["status"] is DeliveryStatus.QUEUED]
        await _queue(unit, queued)
        to = Visibility.PUBLIC if audience.is_public else Visibility.CONCERNED
        await _concern(unit, db.Communication, communication, [each["party_id"] for each in recipients], to)
        number = await _next_number(unit, row["kind"], context.today.year)
        sent = {
            "status": CommunicationStatus.SENDING if queued else CommunicationStatus.SENT,
            "year": context.today.year,
            "number": number,
            "reference": reference(row["kind"], context.today.year, number),
            "sent_at": instant(),
        }
        await unit.change(db.Communication, [((communication,), sent)])
        # Alone, so that its recipients are told of it and not of how it came about.
        await unit.change(db.Communication, [((communication,), {"visibility": to})])
        if original is not None:
            corrected = {"status": CommunicationStatus.CORRECTED}
            await unit.change(db.Communication, [((original["id"],), corrected)])
        without = tuple(each["party_id"] for each in recipients if each["status"] is DeliveryStatus.SUPPRESSED)
    return None if validate_only else communication, Counts(recipients=len(recipients), without_address=without)


async def _frozen(unit: Unit, row: Mapping[str, Any], audience: Audience, today: date) -> list[dict[str, Any]]:
    found = []
    for each in await audiences.addressed(unit, audience, today):
        contact = each.contact
        language, is_fallback = language_for(() if contact is None else contact.languages, row["body"])
        found.append(
            _recipient(
                communication_id=row["id"],
                party_id=each.who.party,
                contact_id=None if contact is None else contact.id,
                reason=each.who.reason,
                language=language,
                is_fallback=is_fallback,
                address=None if contact is None else contact.address,
                suppressed_because="No point of contact with an address is valid." if contact is None else None,
            )
        )
    return found


async def _the_same(unit: Unit, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of what is corrected, at the addresses to which that was sent."""
    before = db.Recipient.__table__  # type: ignore[attr-defined]
    rows = await unit.rows(select(before).where(before.c.communication_id == row["corrects_id"]).order_by(before.c.id))
    found = []
    for each in rows:
        there = each.language in row["body"].wordings
        erased = None if each.suppressed_because else "The address was erased."
        found.append(
            _recipient(
                communication_id=row["id"],
                party_id=each.party_id,
                contact_id=each.contact_id,
                reason=each.reason,
                language=each.language if there else row["body"].original,
                is_fallback=each.is_fallback or not there,
                address=each.address,
                suppressed_because=(each.suppressed_because or erased) if each.address is None else None,
            )
        )
    return found


def _recipient(**values: Any) -> dict[str, Any]:
    reachable = values["address"] is not None
    status = DeliveryStatus.QUEUED if reachable else DeliveryStatus.SUPPRESSED
    return {"id": new_id(), "status": status, "visibility": Visibility.ISU, **values}


async def _queue(unit: Unit, recipients: Sequence[Mapping[str, Any]]) -> None:
    if not recipients:
        return
    at = instant()
    rows = [
        {"recipient_id": each["id"], "communication_id": each["communication_id"], "due_at": at} for each in recipients
    ]
    await unit.connection.execute(_QUEUE, rows)


_QUEUE = once(insert(db.Outbox))


async def _next_number(unit: Unit, kind: CommunicationKind, year: int) -> int:
    (last,) = await unit.rows_of(_last_number, kind=kind, year=year)
    return int(last[0] or 0) + 1


def _last_number(_unit: Unit) -> Executable:
    table = db.Communication
    return select(func.max(col(table.number))).where(
        col(table.kind) == bindparam("kind"), col(table.year) == bindparam("year")
    )


async def _still_to_be_shown(unit: Unit, communication: str) -> None:
    """A title is enough to tell of a document: what is the ISU's alone goes to nobody."""
    if await unit.rows_of(_hidden, communication=communication):
        raise Conflict("It carries a document that is for the ISU alone.", code="ILLEGAL_TRANSITION")


def _hidden(_unit: Unit) -> Executable:
    link, document = db.CommunicationDocument, db.Document
    return (
        select(col(document.id))
        .join(link, col(link.document_id) == col(document.id))
        .where(
            col(link.communication_id) == bindparam("communication"),
            col(link.position).is_not(None),
            col(document.visibility) == Visibility.ISU,
        )
    )


# ---------- what comes back ----------


async def acknowledge(context: Context, *, communication: str, party: str, validate_only: bool = False) -> str | None:
    """A recipient confirms that it has received a communication; the ISU records it where that came on paper."""
    async with context.act(Act.ACKNOWLEDGE_COMMUNICATION, party=party, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Communication, communication)
        recipient = await _recipient_of(unit, communication, party)
        if not await keep_acknowledgement(unit, recipient, AcknowledgementMeans.ACT):
            raise already("was acknowledged", row)
    return None if validate_only else communication


async def keep_acknowledgement(unit: Unit, recipient: Mapping[str, Any], means: AcknowledgementMeans) -> bool:
    """Whether it is the first one of this recipient: a second says nothing new."""
    if await unit.row(db.Acknowledgement, (recipient["id"],)) is not None:
        return False
    kept = {
        "recipient_id": recipient["id"],
        "communication_id": recipient["communication_id"],
        "party_id": recipient["party_id"],
        "at": instant(),
        "means": means,
        "visibility": Visibility.CONCERNED,
    }
    await unit.keep(db.Acknowledgement, [kept])
    await _concern(unit, db.Acknowledgement, recipient["id"], [recipient["party_id"]], Visibility.CONCERNED)
    if means is AcknowledgementMeans.LINK and recipient["status"] is DeliveryStatus.SENT:
        # Who opens the link has the message.
        await unit.change(db.Recipient, [((recipient["id"],), {"status": DeliveryStatus.DELIVERED})])
    return True


async def record_bounce(
    context: Context, *, recipient: str, expected_version: int, reason: str, validate_only: bool = False
) -> str | None:
    """A message that a server had taken came back later."""
    async with context.act(Act.RECORD_BOUNCE, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Recipient, recipient, expected_version)
        if wrong := [("reason", why) for why in text.against_prose(reason, _LONGEST_REASON)]:
            raise Invalid(*wrong)
        if row["status"] is not DeliveryStatus.SENT:
            raise Conflict(
                f"The message is {row['status']}, and one comes back that was SENT.",
                code="ILLEGAL_TRANSITION",
                current_version=row["version"],
                current_status=row["status"],
            )
        told = {"recipient_id": recipient, "at": instant(), "outcome": DeliveryOutcome.RETURNED, "text": reason.strip()}
        await unit.keep(db.DeliveryAttempt, [{**told, "id": new_id()}])
        await unit.change(db.Recipient, [((recipient,), {"status": DeliveryStatus.BOUNCED})])
    return None if validate_only else recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a party has written to the ISU."""

    party: str
    received_on: date
    subject: LocalizedText
    body: LocalizedText
    in_reply_to: str | None = None


async def record_incoming(context: Context, given: Received, *, validate_only: bool = False) -> str | None:
    """Keep what came in with the communication that it answers; its author and the ISU see it."""
    async with context.act(Act.RECORD_INCOMING_COMMUNICATION, validate_only=validate_only) as unit:
        if given.party == ISU_PARTY:
            raise Invalid(("party", "The ISU does not write to itself."))
        if await unit.row(db.Party, (given.party,)) is None:
            raise NotFound("There is no such State or organisation.")
        if given.in_reply_to is not None:
            answered = await find_seen(unit, context.actor, db.Communication, given.in_reply_to)
            if answered["sent_at"] is None:
                raise Invalid(("inReplyTo", "It is not sent: nobody can have answered it."))
        against = _against_subject(given.subject)
        if not FIRST_DAY <= given.received_on <= context.today:
            against.append(("receivedOn", f"Between {FIRST_DAY} and today."))
        if against:
            raise Invalid(*against)
        key = new_id()
        kept = {
            "id": key,
            "party_id": given.party,
            "received_on": given.received_on,
            "subject": given.subject,
            "body": given.body,
            "in_reply_to_id": given.in_reply_to,
            "visibility": Visibility.CONCERNED,
        }
        await unit.keep(db.IncomingCommunication, [kept])
        await _concern(unit, db.IncomingCommunication, key, [given.party], Visibility.CONCERNED)
    return None if validate_only else key


# ---------- facts for a review ----------


async def sent_on(asks: Asks) -> list[date]:
    """Of every communication that is there for the caller, the day on which it was sent."""
    table = db.Communication
    rows = await asks.rows(select(col(table.sent_at)).where(col(table.sent_at).is_not(None), *asks.sees(table)))
    return [datetime.fromisoformat(row.sent_at).date() for row in rows]


# ---------- what several of them need ----------


def audience_as_json(audience: Audience) -> dict[str, Any]:
    return {
        "groups": list(audience.groups),
        "include": list(audience.include),
        "exclude": list(audience.exclude),
        "as_of": None if audience.as_of is None else audience.as_of.isoformat(),
        "meeting": audience.meeting,
    }


def audience_from_json(kept: Mapping[str, Any]) -> Audience:
    return Audience(
        groups=tuple(AudienceGroup(each) for each in kept["groups"]),
        include=tuple(kept["include"]),
        exclude=tuple(kept["exclude"]),
        as_of=None if kept["as_of"] is None else date.fromisoformat(kept["as_of"]),
        meeting=kept["meeting"],
    )


def _still(row: Mapping[str, Any], statuses: Sequence[CommunicationStatus]) -> None:
    if row["status"] not in statuses:
        raise Conflict(
            f"It is {row['status']}; the act is for what is {' or '.join(statuses)}.",
            code="ILLEGAL_TRANSITION",
            current_version=row["version"],
            current_status=row["status"],
            allowed=sorted(BECOMES[row["status"]]),
        )


async def _corrected(unit: Unit, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What it corrects, and nothing else has: of two drafted side by side, the second knows nothing of the first."""
    if row["corrects_id"] is None:
        return None
    original = await unit.row(db.Communication, (row["corrects_id"],))
    assert original is not None  # noqa: S101  the key refers to it
    if original["status"] in _SENT:
        return original
    table = db.Communication
    (latest,) = await unit.rows(
        select(col(table.id), col(table.reference), col(table.version), col(table.status)).where(
            col(table.corrects_id) == original["id"], col(table.sent_at).is_not(None)
        )
    )
    raise Conflict(
        f"{original['reference']} was corrected since, by {latest.reference}: withdraw this one, and correct that one.",
        code="ILLEGAL_TRANSITION",
        current_version=latest.version,
        current_status=latest.status,
        current=("Communication", latest.id),
    )


async def _dispatch(unit: Unit, communication: str) -> Mapping[str, Any]:
    row = await unit.row(db.Dispatch, (communication,))
    assert row is not None  # noqa: S101  the two are kept together
    return row


async def _hand(unit: Unit, account: str | None) -> Hand:
    return _hand_of(account, await unit.rows_of(_person_of, account=account))


def _hand_of(account: str | None, found: Sequence[Any]) -> Hand:
    assert account is not None  # noqa: S101  nobody without one is let in
    return Hand(account=account, person=found[0].person_id if found else None)


def _person_of(_unit: Unit) -> Executable:
    return select(col(db.Account.person_id)).where(col(db.Account.id) == bindparam("account"))


async def _all_hands(unit: Unit, drafted_by: Sequence[Mapping[str, Any]]) -> list[Hand]:
    """Whose the accounts were when they drafted, and whose they are by now: a person may be put on record later."""
    hands = []
    for each in drafted_by:
        hands += [Hand(**each), await _hand(unit, each["account"])]
        if each["person"] is None:
            makers = await _makers(unit, each["account"])
            hands += [Hand(account=each["account"], person=maker.person) for maker in makers]
    return hands


async def _makers(unit: Unit, account: str) -> list[Hand]:
    """Who made an account that was nobody's, and may have its keys; and so on, where that was nobody's too."""
    change = db.Change
    found: dict[str, Hand] = {}
    while True:
        made = await unit.rows(
            select(col(change.account_id), col(change.after))
            .where(
                col(change.subject_type) == db.Account.__tablename__,
                col(change.subject_key) == account,
                col(change.before).is_(None),
            )
            .order_by(col(change.sequence))
            .limit(1)
        )
        if not made or made[0].account_id is None or orjson.loads(made[0].after)["person_id"] is not None:
            break
        account = made[0].account_id
        if account in found:
            break
        found[account] = await _hand(unit, account)
    return list(found.values())


async def _recipient_of(unit: Unit, communication: str, party: str) -> Mapping[str, Any]:
    table = db.Recipient
    rows = await unit.rows(
        select(col(table.id)).where(col(table.communication_id) == communication, col(table.party_id) == party)
    )
    if not rows:
        raise NotFound("It was not sent to this party.")
    return await find(unit, table, rows[0].id)


async def _concern(unit: Unit, table: type[Kept], key: str, parties: Sequence[str], to: Visibility) -> None:
    if to is Visibility.CONCERNED:
        about = {"subject_type": table.__tablename__, "subject_key": key}
        await unit.keep(db.Concern, [{**about, "party_id": party} for party in parties])


async def _check(unit: Unit, actor: Actor, written: Written) -> Hand:
    """Says whose hand it is in."""
    against = _against_subject(written.subject)
    if set(written.subject.wordings) != set(written.body.wordings) or written.subject.original != written.body.original:
        against.append(("body", "In the same languages as the subject, with the same one first."))
    if len(written.documents) > _MOST_DOCUMENTS:
        against.append(("documents", f"At most {_MOST_DOCUMENTS}."))
    if len(set(written.documents)) < len(written.documents):
        against.append(("documents", "The same is named twice."))
    if against:
        raise Invalid(*against)
    if not written.documents:
        return await _hand(unit, actor.account)
    rows, people = await unit.rows_of_each(
        _documents_seen_by(actor.sight), _person_of, keys=sorted(written.documents), account=actor.account
    )
    documents = {row.id: row for row in rows}
    for place, document in enumerate(written.documents):
        if document not in documents:
            raise absent(db.Document, f"documents.{place}")
    against = [
        (f"documents.{place}", "It is for the ISU alone.")
        for place, document in enumerate(written.documents)
        if documents[document].visibility is Visibility.ISU
    ]
    if against:
        raise Invalid(*against)
    return _hand_of(actor.account, people)


@lru_cache(_MOST_SIGHTS)
def _documents_seen_by(sight: Sight) -> Callable[[Asks], Executable]:
    return lambda _unit: seen_among_keys(db.Document, sight, ("id", "visibility"))


def _against_subject(subject: LocalizedText) -> list[tuple[str, str]]:
    """In one line, for it becomes a header."""
    return [
        (f"subject.{place}.value", reason)
        for place, wording in enumerate(subject.wordings.values())
        for reason in text.against(wording.value, _LONGEST_SUBJECT)
    ]


async def _check_answered(unit: Unit, actor: Actor, incoming: Sequence[str]) -> None:
    if len(incoming) > _MOST_ANSWERED or len(set(incoming)) < len(incoming):
        raise Invalid(("inReplyTo", f"At most {_MOST_ANSWERED}, each once."))
    there = await all_seen(unit, actor, db.IncomingCommunication, incoming, "id") if incoming else {}
    for place, each in enumerate(incoming):
        if each not in there:
            raise absent(db.IncomingCommunication, f"inReplyTo.{place}")
