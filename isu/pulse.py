"""Whether the journal has moved: what wakes those who follow it, and tells them nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from resolvers.error import is_connection_lost

POLL_SECONDS = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0

log = structlog.get_logger(__name__)


class Pulse:
    """One in each process, which beats only while somebody follows.

    It looks where the journal stands once a second; a commit of this process, or a notification of another's, only
    makes it look at once. So a notification that is lost costs a second, and nothing else.
    """

    def __init__(self, database: Database, *, poll_seconds: float = POLL_SECONDS, listens: bool = True) -> None:
        self._database = database
        self._poll_seconds = poll_seconds
        self._listens = listens
        self._look = asyncio.Event()
        self._moved = asyncio.Event()
        self._head: str | None = None
        self._followers = 0
        self._running: list[asyncio.Task[None]] = []
        self.beat = 0
        """How often the journal was seen to have moved; whoever read before a beat reads again after it."""
        if listens:
            database.committed = self._look.set

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        self._followers += 1
        if self._followers == 1:
            self._head = None
            self._look.set()
            self._running = [asyncio.create_task(self._run())]
            if self._listens:
                self._running.append(asyncio.create_task(self._listen()))
        try:
            yield
        finally:
            self._followers -= 1
            if self._followers == 0:
                running, self._running = self._running, []
                for each in running:
                    each.cancel()
                await asyncio.gather(*running, return_exceptions=True)

    async def wait(self, since: int, seconds: float) -> None:
        """Until there is a beat after that one, or the time is up."""
        if self.beat == since and seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._moved.wait()

    def wake(self) -> None:
        """All of them, whether or not anything has happened."""
        self.beat += 1
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._look.wait()
            self._look.clear()
            try:
                head = await self._read()
            except Exception as error:
                if not is_connection_lost(error):
                    log.exception("pulse.failed")
                # Not at once again, however often it is told to look.
                await asyncio.sleep(self._poll_seconds)
                continue
            if head != self._head:
                self._head = head
                self.wake()

    async def _read(self) -> str:
        # By its hash, for a restored database comes to the same numbers by another way.
        async with self._database.reading() as connection:
            return str((await connection.execute(select(col(db.JournalHead.hash)))).scalar_one())

    async def _listen(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._database.listening(self._look.set) as lost:
                    # What was told before is lost.
                    self._look.set()
                    pause = _FIRST_PAUSE
                    await lost.wait()
            except Exception as error:
                if not is_connection_lost(error):
                    log.exception("pulse.deaf")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
