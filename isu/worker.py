"""What is done without a request: messages are sent, and webhooks told. Within the server, or for `isu worker`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from db.engine import Database
from isu import outbox, webhook
from isu.settings import Settings


@asynccontextmanager
async def working(database: Database, settings: Settings, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """As long as the block lasts; what is in hand at its end is finished, if that is soon."""
    workers: tuple[outbox.Worker | webhook.Worker, ...] = (
        outbox.Worker(database, settings),
        webhook.Worker(database, settings, now=now),
    )
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        await asyncio.gather(*(worker.stop(task) for worker, task in zip(workers, tasks, strict=True)))


async def until_told(database: Database, settings: Settings, now: Callable[[], datetime]) -> None:
    """Until the process is told to end."""
    told = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, told.set)
    async with working(database, settings, now):
        await told.wait()
