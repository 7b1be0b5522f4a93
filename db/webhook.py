"""Webhooks, what each has still to tell, and what became of it."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, Index, Text

from db.table import Kept, Table, column, enum_type, key, plain_text, refers_to
from mandate.actor import Visibility
from mandate.webhook import WebhookDeliveryStatus, WebhookStatus


class Webhook(Kept, table=True):
    """Where an account wants to be told. Its secret is kept nowhere: it follows from the signing key, the id and the
    generation."""

    default_visibility: ClassVar[Visibility] = Visibility.ISU

    id: str = key()
    account_id: str = refers_to("account.id")
    api_key_id: str | None = refers_to("api_key.id", default=None)
    """By which it is held: with that it ends. None where its holder came with a token."""
    scopes: Any = column(JSON)
    """Of the key that made it: they never become more."""
    label: str = column(plain_text(200))
    url: str = column(Text)
    types: Any = column(JSON)
    """Tables; none for all that the feed tells of."""
    document: str = column(Text)
    variables: Any = column(JSON)
    status: WebhookStatus = column(enum_type(WebhookStatus))
    disabled_because: str | None = None
    generation: int = 1
    former: Any = column(JSON)
    """`[[generation, until], …]`: secrets by which is still signed, too."""
    created_at: str = column(plain_text(32))


class WebhookQueue(Table, table=True):
    """How far a webhook has come: no change of it, and so in no journal."""

    __tablename__ = "webhook_queue"

    webhook_id: str = refers_to("webhook.id", primary_key=True, index=False)
    cursor: str = column(Text)
    """After all that stands among its deliveries."""
    last_number: int = 0
    dead_letters: int = 0
    """In a row."""
    due_at: str = column(plain_text(32), index=True)
    looked_to: int = -1
    """The end of the journal when there was nothing more to tell."""
    looked_on: str = column(plain_text(10), default="")
    """The day of that: what somebody sees changes with the day too."""
    claimed_by: str | None = column(plain_text(64), default=None)
    claimed_until: str | None = column(plain_text(32), default=None)


class WebhookDelivery(Table, table=True):
    """A change that is told to one webhook. What is sent is not kept: it is made anew at each attempt."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_webhook_id_status_number", "webhook_id", "status", "number"),
        Index("ix_webhook_delivery_webhook_id_number_id", "webhook_id", "number", "id"),
    )

    id: str = key()
    """The header `webhook-id`."""
    webhook_id: str = refers_to("webhook.id", index=False)
    number: int
    """Its place among those of its webhook."""
    is_apart: bool = False
    """Tried once, and out of order: a test, or one that is sent again because somebody asked for it."""
    status: WebhookDeliveryStatus = column(enum_type(WebhookDeliveryStatus))
    subject_type: str = column(plain_text(64))
    type_name: str = column(plain_text(64))
    subject_key: str = column(plain_text(64))
    kind: str | None = column(plain_text(32), default=None)
    """None for a test."""
    at: str = column(plain_text(32))
    row_version: int | None = None
    fields: Any = column(JSON)
    cursor: str | None = column(Text, default=None)
    attempts_made: int = 0
    """By the schedule."""
    created_at: str = column(plain_text(32))
    finished_at: str | None = column(plain_text(32), default=None, index=True)


class WebhookAttempt(Table, table=True):
    __tablename__ = "webhook_attempt"

    id: str = key()
    delivery_id: str = refers_to("webhook_delivery.id")
    at: str = column(plain_text(32))
    milliseconds: int
    status_code: int | None = None
    error: str | None = column(Text, default=None)
    """Why it does not count as received; None where it does."""
