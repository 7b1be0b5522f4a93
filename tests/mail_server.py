"""A real mail server in a thread: it keeps what it takes, refuses whom it is told to, and stops in the middle."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.postgres import START_SECONDS, own_port


@dataclass
class Mailbox:
    """What came to whom."""

    messages: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    """By address, what is answered to RCPT."""
    refuses_data: dict[str, str] = field(default_factory=dict)
    holds_at: int | None = None
    """It takes so many, and waits before it answers to the next."""
    keeps_held: bool = False
    """Whether the one that is held is in the mailbox by then."""
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def ids(self) -> list[str]:
        return [message["Message-ID"] for _, message in self.messages]

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.messages]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        if address in self.refuses_data:
            return self.refuses_data[address]
        holds = self.holds_at is not None and len(self.messages) == self.holds_at and not self.held.is_set()
        if not holds or self.keeps_held:
            parsed = message_from_bytes(envelope.content, policy=default)
            assert isinstance(parsed, EmailMessage)
            self.messages.append((address, parsed))
        if holds:
            self.held.set()
            await asyncio.to_thread(self.released.wait)
            return "451 Too late"
        return "250 Taken"


@dataclass
class Running:
    mailbox: Mailbox
    port: int

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server(**options: Any) -> Iterator[Running]:
    mailbox = Mailbox()
    # The controller knocks at the port that it was given, and would knock at 0.
    with own_port() as port:
        controller = Controller(mailbox, hostname="127.0.0.1", port=port, ready_timeout=START_SECONDS, **options)
        controller.start()
        try:
            yield Running(mailbox, port)
        finally:
            mailbox.released.set()
            controller.stop()
