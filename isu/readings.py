"""What is read of the feed for those who follow it: once for all who ask for the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar

import orjson
import strawberry
from graphql import ExecutionResult, GraphQLError

from db.engine import Database
from isu.operation import Executable, Parameters, execute_in
from isu.turned_away import TurnedAway
from mandate.actor import Actor
from resolvers.context import Context
from resolvers.error import is_connection_lost
from schema.error import Shown, at_most, in_execution
from schema.feed import Heartbeat, Lagged, Reading

READINGS = 4
"""At a time: the other connections to the database are for those who wait for an answer."""
MOST_TEXT = 16 * 1024 * 1024
"""Letters of events that are kept for others who follow the same."""
_LEAST_SIZE = 4_096
_AGAIN_SECONDS = 0.5

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """What is sent: an answer, as JSON, and the place after it."""

    text: str
    cursor: str

    @cached_property
    def encoded(self) -> bytes:
        """Once, for all to whom it is sent."""
        return self.text.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One reading."""

    after: str | None = None
    events: Sequence[Event] = ()
    heartbeat: Event | None = None
    """Where there is no more to read."""
    end_cursor: str = ""
    failure: Sequence[Shown] = ()
    """Instead of everything else."""

    @property
    def size(self) -> int:
        # One without events takes its place too.
        return _LEAST_SIZE + sum(len(each.text) for each in self.events)


class Readings:
    """All those of this process."""

    def __init__(self, schema: strawberry.Schema, database: Database, *, seconds: float) -> None:
        self._schema = schema
        self._database = database
        self._seconds = seconds
        self._pages = Shared[Page](lambda page: page.size, MOST_TEXT, given_up=True)
        self._at_a_time = asyncio.Semaphore(READINGS)

    async def page(
        self, operation: Executable, asked: bytes, cursor: str | None, actor: Actor, day: date, size: int, beat: int
    ) -> tuple[Page, bool]:
        """One page, read once for all who ask for the same; and whether it was read for this one."""
        # By whichever of their keys somebody calls: no reading depends on it.
        key = (asked, cursor, replace(actor, key=None), day, size, beat, second())
        is_own = not self._pages.holds(key)
        return await self._pages.get(key, lambda: self._read(operation, cursor, actor, day, size)), is_own

    async def _read(self, operation: Executable, cursor: str | None, actor: Actor, day: date, size: int) -> Page:
        reading, request_id = Reading(cursor, size), uuid.uuid4().hex
        events: list[Event] = []
        async with (
            self._at_a_time,
            asyncio.timeout(self._seconds),
            Context(self._database, day, actor) as context,
        ):
            while not reading.is_at_its_end:
                result = await self._execute(operation, context, reading)
                if reading.last is None:
                    return Page(failure=in_execution(_given_up(result), request_id))
                event = Event(_text(result, request_id), reading.last.cursor)
                if isinstance(reading.last, Heartbeat):
                    return Page(after=reading.after, events=events, heartbeat=event, end_cursor=event.cursor)
                events.append(event)
        return Page(after=reading.after, events=events, end_cursor=reading.end_cursor)

    async def lagged(self, operation: Executable, cursor: str, day: date) -> Event:
        context = Context(self._database, day)
        result = await self._execute(operation, context, Lagged(resume_after=cursor))
        return Event(_text(result, uuid.uuid4().hex), cursor)

    async def _execute(self, operation: Executable, context: Context, root: Any) -> ExecutionResult:
        return await execute_in(self._schema, context, operation.document, *operation.asked[1:], root=root)


class Shared(Generic[T]):
    """What several ask for at once is made once, and kept for who asks a little later."""

    def __init__(self, weigh: Callable[[T], int], most: int, *, given_up: bool = False) -> None:
        """`given_up`: what everybody has left is not made to its end."""
        self._weigh = weigh
        self._most = most
        self._is_given_up = given_up
        self._weight = 0
        self._kept: OrderedDict[Any, asyncio.Task[T]] = OrderedDict()
        self._waiting: Counter[asyncio.Task[T]] = Counter()

    def holds(self, key: Any) -> bool:
        return key in self._kept

    async def get(self, key: Any, make: Callable[[], Awaitable[T]]) -> T:
        task = self._kept.get(key)
        if task is None:
            task = self._kept[key] = asyncio.ensure_future(_awaited(make()))
            task.add_done_callback(lambda made: self._keep(key, made))
        self._waiting[task] += 1
        try:
            # Whoever leaves does not take it from the others.
            return await asyncio.shield(task)
        finally:
            self._leave(key, task)

    def _leave(self, key: Any, task: asyncio.Task[T]) -> None:
        self._waiting[task] -= 1
        if self._waiting[task]:
            return
        del self._waiting[task]
        if self._is_given_up and not task.done():
            # At once, so that nobody comes to wait for what ends.
            del self._kept[key]
            task.cancel()

    def _keep(self, key: Any, made: asyncio.Task[T]) -> None:
        if made.cancelled() or made.exception() is not None:
            if self._kept.get(key) is made:
                del self._kept[key]
            return
        if self._kept.get(key) is not made:
            return
        self._weight += self._weigh(made.result())
        for oldest, task in list(self._kept.items()):
            if self._weight <= self._most:
                break
            if task.done():
                del self._kept[oldest]
                self._weight -= self._weigh(task.result())


async def patiently(ask: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Again, for a while, where the database or the issuer of tokens does not answer."""
    ends = now() + seconds
    while True:
        try:
            return await ask()
        except TurnedAway as refusal:
            if refusal.status != 503 or now() > ends:
                raise
        except Exception as error:
            if not is_connection_lost(error) or now() > ends:
                raise
        await asyncio.sleep(_AGAIN_SECONDS)


def digest(asked: Parameters) -> bytes:
    """The same for all who ask for the same, and short, however much they say: it is kept, and not weighed."""
    # The standard writer, for numbers may be of more than 64 bits.
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def now() -> float:
    return asyncio.get_running_loop().time()


def second() -> int:
    """What is shared is no older than this."""
    return int(now())


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _given_up(result: ExecutionResult) -> list[GraphQLError]:
    """The errors for which nothing was read; a database that does not answer is asked again instead."""
    errors = result.errors or []
    for error in errors:
        if error.original_error is not None and is_connection_lost(error.original_error):
            raise error.original_error
    return errors


def _text(result: ExecutionResult, request_id: str) -> str:
    errors = at_most(in_execution(result.errors or [], request_id))
    content = {"errors": errors} if errors else {}
    return orjson.dumps({**content, "data": result.data}).decode()
