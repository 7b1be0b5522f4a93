"""The worker that makes the exports that were asked for, within the server."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

import structlog

from db.engine import Database
from db.store import FileStore, Spool, Spooled, StoreFailed
from isu.export import Copying, NotAnswered, as_csv, as_lines, cells, copying, heading
from isu.plain import spreadsheet
from mandate.export import ExportError, ExportFormat
from resolvers import export as resolve
from resolvers.context import Context
from resolvers.error import Invalid, is_connection_lost
from schema import api
from schema.export import to_export
from schema.feed import told_as
from schema.trusted import TrustedDocuments

POLL_SECONDS = 2.0
LEASE = timedelta(minutes=2)
TOLD_EVERY = 1.0
"""Seconds: to tell how far an export has come takes the write lock."""
_STOPS_WITHIN = 5.0

log = structlog.get_logger(__name__)


class Given(Exception):  # noqa: N818  it reads as what happened
    """The export is no longer this process's: it was cancelled, or another has it."""


class Part(NamedTuple):
    """What is written at once."""

    text: bytes
    objects: int
    total: int | None
    """Of all parts together, as far as that is known."""


class Worker:
    """One export at a time."""

    def __init__(
        self,
        database: Database,
        store: FileStore,
        spool: Spool,
        documents: TrustedDocuments,
        today: Callable[[], date],
        *,
        lease: timedelta = LEASE,
        told_every: float = TOLD_EVERY,
        planner: bool = True,
    ) -> None:
        self._database = database
        self._store = store
        self._spool = spool
        self._documents = documents
        self._today = today
        self._lease = lease
        self._told_every = told_every
        self._planner = planner
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
            except NotAnswered as refused:
                await resolve.fail(self._database, job, refused.error, refused.message)
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
            async with copying(self._database, actor, day, planner=self._planner) as source:
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
        done = 0
        told = -self._told_every
        parts = _of_dataset(job, job.dataset, source) if job.dataset is not None else self._of_document(job, source)
        async for part in parts:
            await asyncio.to_thread(spooled.write, part.text)
            done += part.objects
            if done and time.monotonic() - told >= self._told_every:
                told = time.monotonic()
                await self._tell(job, done, part.total)
        return done

    async def _of_document(self, job: resolve.Job, source: Copying) -> AsyncIterator[Part]:
        assert job.document is not None  # noqa: S101  it is of this or of a dataset
        try:
            # Another release, or another process, may have others than who asked was told of.
            document = to_export(api, self._documents, job.document, job.variables)
        except Invalid as invalid:
            raise NotAnswered(ExportError.REFUSED, invalid.message) from None
        table = document.table
        assert table is not None  # noqa: S101  else it is not exported
        if job.format is ExportFormat.CSV:
            yield Part(spreadsheet.heading(table).encode(), 0, None)
        async for page in source.answers(document, job.variables, job.id):
            is_lines = job.format is ExportFormat.JSONL
            text = as_lines(page.rows) if is_lines else spreadsheet.lines(table, page.rows).encode()
            yield Part(text, len(page.rows), table.total(page.data) if document.has_pages else len(page.rows))

    async def _tell(self, job: resolve.Job, done: int, total: int | None) -> None:
        if self._stopping.is_set() or not await resolve.tell_progress(
            self._database, job, done=done, total=total, lease=self._lease
        ):
            raise Given

    async def _remove_expired(self) -> None:
        """One that can not be removed holds up neither the others nor what is to be made."""
        gone = []
        for key, name in (await resolve.expired(self._database)).items():
            try:
                await self._store.remove(name)
            except StoreFailed:
                log.exception("export.not_removed", export=key)
            else:
                gone.append(key)
        if gone:
            await resolve.note_expired(self._database, gone)

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


async def _of_dataset(job: resolve.Job, dataset: str, source: Copying) -> AsyncIterator[Part]:
    kinds = [await source.whole(name) for name, _ in told_as()[dataset]]
    total = sum([await source.count(each.type_name) for each in kinds])
    # Of several kinds in one table, each has the columns of all.
    columns = list(dict.fromkeys([("__typename",), *(path for each in kinds for path in each.columns())]))
    if job.format is ExportFormat.CSV:
        yield Part(as_csv([heading(columns)]), 0, total)
    for each in kinds:
        async for page in source.pages(each):
            text = as_lines(page) if job.format is ExportFormat.JSONL else as_csv(cells(columns, page))
            yield Part(text, len(page), total)
