"""What is done without a request: messages are sent, webhooks told, exports made.

Within the server, or for `isu worker`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime

from db.engine import Database
from db.store import FileStore
from isu import export_worker, outbox, webhook
from isu.clock import now_in_utc, today_in_utc
from isu.settings import Settings, export_store, file_spool
from schema import api
from schema.trusted import TrustedDocuments, trusted


@asynccontextmanager
async def working(
    database: Database,
    settings: Settings,
    exports: FileStore,
    documents: TrustedDocuments,
    *,
    now: Callable[[], datetime] = now_in_utc,
    today: Callable[[], date] = today_in_utc,
) -> AsyncIterator[None]:
    """As long as the block lasts; what is in hand at its end is finished, if that is soon."""
    workers: tuple[outbox.Worker | webhook.Worker | export_worker.Worker, ...] = (
        outbox.Worker(database, settings),
        webhook.Worker(database, settings, now=now),
        export_worker.Worker(
            database, exports, file_spool(settings), documents, today, planner=settings.planner == "on"
        ),
    )
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        await asyncio.gather(*(worker.stop(task) for worker, task in zip(workers, tasks, strict=True)))


async def until_told(database: Database, settings: Settings) -> None:
    """Until the process is told to end."""
    told = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, told.set)
    documents = trusted(api, settings.documents)
    exports = export_store(settings)
    try:
        async with working(database, settings, exports, documents):
            await told.wait()
    finally:
        await exports.close()
