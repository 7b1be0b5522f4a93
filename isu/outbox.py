"""The worker that empties the outbox: within the server, and for `isu deliver`."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import structlog

from db.engine import Database
from isu.mail import Folder, MailServer, Way, message_of
from isu.settings import Settings
from mandate.communication import DeliveryOutcome
from resolvers import delivery
from resolvers.error import is_connection_lost

POLL_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
_AGAIN = frozenset({DeliveryOutcome.UNREACHABLE, DeliveryOutcome.UNCONFIRMED})
_STOPS_WITHIN = 10.0

log = structlog.get_logger(__name__)


class Worker:
    """One at a time, and one message at a time: so the most that can be in doubt is one message a process."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._sender = settings.mail_from
        self._link = f"{settings.own_url}/acknowledge/"
        self._lease = timedelta(seconds=settings.outbox_lease)
        url = settings.smtp_url
        # An exchange has some ten answers to wait for: all together they end before the lease does.
        self._way: Way = (
            Folder(settings.outbox)
            if url is None
            else MailServer(url.get_secret_value(), self._sender, timeout=settings.outbox_lease / 10)
        )
        self._process = uuid.uuid4().hex
        self._pause = _FIRST_PAUSE
        self._stopping = asyncio.Event()

    async def deliver(self) -> Counter[DeliveryOutcome]:
        """All that is due, as long as there is a server to take it."""
        tally: Counter[DeliveryOutcome] = Counter()
        if not await delivery.is_any_due(self._database):
            return tally
        key = await delivery.signing_key(self._database)
        try:
            letter = await delivery.take(self._database, self._process, self._lease)
            while letter is not None:
                outcome = await asyncio.to_thread(self._send, letter, key)
                tally[outcome.of] += 1
                goes_on = outcome.of not in _AGAIN and not self._stopping.is_set()
                letter = await delivery.keep(
                    self._database,
                    self._process,
                    letter.recipient,
                    outcome,
                    pause=self._pause,
                    then=self._lease if goes_on else None,
                )
                if outcome.of in _AGAIN:
                    log.warning("outbox.put_off", outcome=outcome.of, code=outcome.code, again_in=str(self._pause))
                else:
                    self._pause = _FIRST_PAUSE
        finally:
            await asyncio.to_thread(self._way.close)
        return tally

    def _send(self, letter: delivery.Letter | delivery.Unmade, key: bytes) -> delivery.Outcome:
        if isinstance(letter, delivery.Unmade):
            return self._fault(letter.recipient, letter.fault)
        try:
            link = self._link + delivery.token_of(key, letter.recipient)
            message = message_of(letter, sender=self._sender, link=link)
            return self._way.send(message, letter.recipient, letter.address)
        except Exception as fault:
            # Nobody knows what the server has heard of it.
            self._way.close()
            return self._fault(letter.recipient, fault)

    def _fault(self, recipient: str, fault: Exception) -> delivery.Outcome:
        """Else one message would hold up all those after it for good. It is tried again, for we may mend it."""
        log.error("outbox.fault", recipient=recipient, exc_info=fault)
        return delivery.Outcome(of=DeliveryOutcome.PUT_OFF, text="Something went wrong on our side.")

    async def run(self) -> None:
        """Until it is stopped; whatever goes wrong is told, and tried again."""
        while not self._stopping.is_set():
            wait = POLL_SECONDS
            try:
                tally = await self.deliver()
            except Exception as error:
                if not is_connection_lost(error):
                    log.exception("outbox.failed")
                wait = self._later()
            else:
                if any(outcome in _AGAIN for outcome in tally):
                    wait = self._later()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    def _later(self) -> float:
        wait = self._pause.total_seconds()
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        return wait

    async def stop(self, running: asyncio.Task[None]) -> None:
        """The message in hand is finished, if that is soon: else nobody would know what became of it."""
        self._stopping.set()
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(running, _STOPS_WITHIN)
