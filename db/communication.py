"""What the ISU writes and is written to: communications, their recipients, and what became of each message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import JSON, ColumnElement, Index, Text, UniqueConstraint, and_, exists, or_, select, true
from sqlmodel import Field, col

from db.dialect import among
from db.table import Kept, LocalizedTextType, Table, column, enum_type, key, personal, plain_text, refers_to
from db.visibility import visible
from mandate.actor import Actor, Visibility
from mandate.communication import (
    AcknowledgementMeans,
    CommunicationKind,
    CommunicationStatus,
    DeliveryOutcome,
    DeliveryStatus,
)
from mandate.party import ISU_PARTY
from mandate.text import LocalizedText


def _of_the_isu() -> Any:
    return column(enum_type(Visibility), default=Visibility.ISU, sa_column_kwargs={"server_default": Visibility.ISU})


class Communication(Kept, table=True):
    """What its recipients see, once it is sent: how it came about stands in `dispatch`."""

    __table_args__ = (UniqueConstraint("kind", "year", "number"),)

    id: str = key()
    kind: CommunicationKind = column(enum_type(CommunicationKind))
    status: CommunicationStatus = column(enum_type(CommunicationStatus))
    edition: int = 1
    """Raised by every edit, also of what stands elsewhere: who approves a version approves all of it."""
    reference: str | None = column(plain_text(64), default=None, unique=True)
    year: int | None = None
    number: int | None = None
    subject: LocalizedText = column(LocalizedTextType)
    body: LocalizedText = column(LocalizedTextType)
    """Markdown."""
    corrects_id: str | None = refers_to("communication.id", default=None)
    sent_at: str | None = column(plain_text(32), default=None, index=True)
    visibility: Visibility = _of_the_isu()


class Dispatch(Kept, table=True):
    """To whom a communication goes and who released it: the ISU's alone, whoever sees the communication."""

    communication_id: str = refers_to("communication.id", primary_key=True, index=False)
    audience: Any = column(JSON, sa_column_kwargs={"info": {"names_rows": True}})
    """`{"groups", "include", "exclude", "as_of", "meeting"}`"""
    drafted_by: Any = column(JSON)
    """`[{"account", "person"}, …]`, everybody who wrote any of it."""
    approved_by: str | None = column(plain_text(64), default=None)
    approved_at: str | None = column(plain_text(32), default=None)
    approved_edition: int | None = None
    visibility: Visibility = _of_the_isu()


class CommunicationDocument(Kept, table=True):
    """A document that goes with a communication; without a place, it was taken out of a later edition."""

    __tablename__ = "communication_document"
    default_visibility: ClassVar[Visibility] = Visibility.ISU

    communication_id: str = refers_to("communication.id", primary_key=True)
    document_id: str = refers_to("document.id", primary_key=True)
    position: int | None = None


class Recipient(Kept, table=True):
    """Frozen at sending: what changes afterwards is what became of the message."""

    __table_args__ = (
        UniqueConstraint("communication_id", "party_id"),
        Index("ix_recipient_communication_id_party_id_id", "communication_id", "party_id", "id"),
        # All that is looked at where they are counted: a circular goes to a hundred, and a page has a hundred of these.
        Index("ix_recipient_communication_id_visibility_status_id", "communication_id", "visibility", "status", "id"),
    )

    id: str = key()
    communication_id: str = refers_to("communication.id", index=False)
    party_id: str = refers_to("party.id")
    contact_id: str | None = refers_to("contact.id", default=None)
    reason: str
    language: str = column(plain_text(35))
    is_fallback: bool
    address: str | None = personal(plain_text(254), default=None, nullable=True)
    salt: str | None = column(plain_text(32), default=None)
    status: DeliveryStatus = column(enum_type(DeliveryStatus))
    suppressed_because: str | None = None
    visibility: Visibility = _of_the_isu()


class DeliveryAttempt(Kept, table=True):
    __tablename__ = "delivery_attempt"

    id: str = key()
    recipient_id: str = refers_to("recipient.id")
    at: str = column(plain_text(32))
    outcome: DeliveryOutcome = column(enum_type(DeliveryOutcome))
    code: int | None = None
    text: str | None = personal(Text, default=None, nullable=True)
    """What the server said, without the address, which it likes to repeat."""
    salt: str | None = column(plain_text(32), default=None)
    visibility: Visibility = _of_the_isu()


class Acknowledgement(Kept, table=True):
    recipient_id: str = refers_to("recipient.id", primary_key=True, index=False)
    communication_id: str = refers_to("communication.id")
    party_id: str = refers_to("party.id")
    at: str = column(plain_text(32))
    means: AcknowledgementMeans = column(enum_type(AcknowledgementMeans))
    visibility: Visibility = column(enum_type(Visibility))


class IncomingCommunication(Kept, table=True):
    __tablename__ = "incoming_communication"
    __table_args__ = (Index("ix_incoming_communication_received_on_id", "received_on", "id"),)

    id: str = key()
    party_id: str = refers_to("party.id")
    received_on: date
    subject: LocalizedText = column(LocalizedTextType)
    body: LocalizedText = column(LocalizedTextType)
    in_reply_to_id: str | None = refers_to("communication.id", default=None)
    visibility: Visibility = column(enum_type(Visibility))


class CommunicationReply(Kept, table=True):
    """What came in, and is answered by a communication; without a place, as with documents, no longer."""

    __tablename__ = "communication_reply"
    default_visibility: ClassVar[Visibility] = Visibility.ISU

    communication_id: str = refers_to("communication.id", primary_key=True)
    incoming_id: str = refers_to("incoming_communication.id", primary_key=True)
    position: int | None = None


class Outbox(Table, table=True):
    """Messages that wait: the queue itself is nothing that the institution keeps.

    A process that takes one writes so before it sends anything.
    """

    recipient_id: str = refers_to("recipient.id", primary_key=True, index=False)
    communication_id: str = refers_to("communication.id")
    due_at: str = column(plain_text(32), index=True)
    refusals: int = 0
    """Temporary ones, by the server of the recipient."""
    claimed_by: str | None = column(plain_text(64), default=None)
    claimed_until: str | None = column(plain_text(32), default=None)


class SigningKey(Table, table=True):
    """By which links are signed: made when it is first needed, and in no file."""

    __tablename__ = "signing_key"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    value: str = column(plain_text(64))


def between(parties: Sequence[str], actor: Actor) -> ColumnElement[bool]:
    """A communication that one of the parties sent, which is the ISU, or received, as far as the caller may know.

    A recipient knows that it was written to; who else was, the ISU alone.
    """
    if ISU_PARTY in parties:
        return true()
    recipient = Recipient.__table__  # type: ignore[attr-defined]
    known = [visible(recipient, actor)]
    if actor.reads_restricted and actor.party is not None:
        known.append(recipient.c.party_id == actor.party)
    there = and_(recipient.c.communication_id == col(Communication.id), among(recipient.c.party_id, parties))
    return exists(select(1).where(there, or_(*(each for each in known if each is not None))).correlate(Communication))
