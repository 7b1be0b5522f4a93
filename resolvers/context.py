"""What every resolver is given: the day, and one snapshot to read from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date

from db.engine import Database
from resolvers.reading import Reader


class Context:
    """Belongs to one operation. Fields run side by side, and a connection takes one statement at a time."""

    def __init__(self, database: Database, today: date) -> None:
        self.today = today
        self._database = database
        self._lock = asyncio.Lock()
        self._open = AsyncExitStack()
        self._reader: Reader | None = None

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Reader]:
        """The operation's one snapshot, opened when it is first needed."""
        async with self._lock:
            if self._reader is None:
                connection = await self._open.enter_async_context(self._database.reading())
                self._reader = Reader(connection, self.today)
            yield self._reader

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()
