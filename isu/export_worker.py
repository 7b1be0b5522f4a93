"""The worker that makes the exports that were asked for, within the server."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import structlog

from db.engine import Database
from db.store import FileStore, Spool, Spooled
from isu.export import Copying, as_csv, as_lines, cells, copying, heading
from mandate.export import ExportError, ExportFormat
from resolvers import export as resolve
from resolvers.context import Context
from resolvers.error import is_connection_lost
from schema.feed import told_as

POLL_SECONDS = 2.0
LEASE = timedelta(minutes=2)
TOLD_EVERY = 1.0
"""Seconds: to tell how far an export has come takes the write lock."""
_STOPS_WITHIN = 5.0

log = structlog.get_logger(__name__)


class Given(Exception):  # noqa: N818  it reads as what happened
    """The export is no longer this process's: it was cancelled, or another has it."""


class Worker:
    """One export at a time."""

    def __init__(
        self,
        database: Database,
        store: FileStore,
        spool: Spool,
        today: Callable[[], date],
        *,
        lease: timedelta = LEASE,
        told_every: float = TOLD_EVERY,
    ) -> None:
        self._database = database
        self._store = store
        self._spool = spool
        self._today = today
        self._lease = lease
        self._told_every = told_every
        self._stopping = asyncio.Event()

    async def work(self) -> int:
        """All that waits; says how many exports that was."""
        made = 0
        if not await resolve.is_any_due(self._database):
            return made
        await self._remove_expired()
        while not self._stopping.is_set():
            job = await resolve.take(self._database, uuid.uuid4().hex, self._lease)
            if job is None:
                break
            made += 1
            try:
                await self._make(job)
            except Given:
                log.info("export.given_up", export=job.id)
            except Exception as error:
                if is_connection_lost(error):
                    # Whoever finds it when the lease is over begins anew.
                    raise
                log.exception("export.failed", export=job.id)
                await resolve.fail(self._database, job, ExportError.INTERNAL)
        return made

    async def _make(self, job: resolve.Job) -> None:
        if job.left is not None:
            await self._store.remove(job.left)
        day = self._today()
        async with Context(self._database, day) as context, context.reader() as reader:
            actor = await resolve.who_asked(reader, job, day)
        if actor is None:
            await resolve.fail(self._database, job, ExportError.ACCESS_LOST)
            return
        with self._spool.open() as spooled:
            async with copying(self._database, actor, day) as source:
                cursor = await source.cursor()
                count = await self._write(job, source, spooled)
            await asyncio.to_thread(spooled.finish)
            await self._store.keep(spooled.sha256, spooled.path, job.stored)
        kept = await resolve.finish(
            self._database,
            job,
            count=count,
            size=spooled.size,
            sha256=spooled.sha256,
            cursor=cursor,
            actor=actor,
        )
        if not kept:
            await self._store.remove(job.stored)
            raise Given

    async def _write(self, job: resolve.Job, source: Copying, spooled: Spooled) -> int:
        kinds = [await source.whole(name) for name, _ in told_as()[job.dataset]]
        total = sum([await source.count(each.type_name) for each in kinds])
        # Of several kinds in one table, each has the columns of all.
        columns = list(dict.fromkeys([("__typename",), *(path for each in kinds for path in each.columns())]))
        done = 0
        told = -self._told_every
        if job.format is ExportFormat.CSV:
            await asyncio.to_thread(spooled.write, as_csv([heading(columns)]))
        for each in kinds:
            async for page in source.pages(each):
                text = as_lines(page) if job.format is ExportFormat.JSONL else as_csv(cells(columns, page))
                await asyncio.to_thread(spooled.write, text)
                done += len(page)
                if time.monotonic() - told >= self._told_every:
                    told = time.monotonic()
                    await self._tell(job, done, total)
        return done

    async def _tell(self, job: resolve.Job, done: int, total: int) -> None:
        if self._stopping.is_set() or not await resolve.tell_progress(
            self._database, job, done=done, total=total, lease=self._lease
        ):
            raise Given

    async def _remove_expired(self) -> None:
        files = await resolve.expired(self._database)
        for name in files.values():
            await self._store.remove(name)
        if files:
            await resolve.note_expired(self._database, files)

    async def run(self) -> None:
        """Until it is stopped; whatever goes wrong is told, and tried again."""
        while not self._stopping.is_set():
            try:
                await self.work()
            except Exception as error:
                if not is_connection_lost(error):
                    log.exception("exports.failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), POLL_SECONDS)

    async def stop(self, running: asyncio.Task[None]) -> None:
        """What is being made is left: it is begun anew by whoever finds it."""
        self._stopping.set()
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(running, _STOPS_WITHIN)
