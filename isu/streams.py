"""A subscription from its beginning to its end: read page by page from the feed, and sent event by event."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
import strawberry
import structlog
from graphql import ExecutionResult, GraphQLError
from starlette.requests import HTTPConnection

from db.engine import Database
from isu.auth import Callers, Found
from isu.fair_use import LEAST_COST, FairUse
from isu.operation import OPERATION_SECONDS, Asked, Executable, execute_in
from isu.pulse import POLL_SECONDS, Pulse
from isu.turned_away import TurnedAway
from mandate.actor import Actor
from resolvers.context import Context
from resolvers.error import is_connection_lost
from schema.error import Code, Shown, at_most, from_exception, in_execution
from schema.feed import Heartbeat, Lagged, Reading
from schema.limits import MAX_COST

PAGE = 100
"""Changes in one reading at most, and fewer where they cost more than one operation may."""
MOST_STREAMS = 10_000
READINGS = 4
"""At a time: the other connections to the database are for those who wait for an answer."""
MOST_TEXT = 16 * 1024 * 1024
"""Letters of events that are kept for others who follow the same."""
_LEAST_SIZE = 4_096
_MOST_FOUND = 1_000
_AGAIN_SECONDS = 0.5

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds."""

    poll: float = POLL_SECONDS
    heartbeat: float = 20.0
    check: float = 4.0
    """A credential is looked for anew before each page, and this often; with the patience below, within 10 s."""
    patience: float = 4.0
    """With a database, or an issuer of tokens, that does not answer."""
    send: float = 10.0
    """Who takes longer to take an event is too slow."""
    linger: float = 20.0
    """For who was too slow to read that they were."""
    init: float = 10.0
    """For the first message over a WebSocket."""
    listens: bool = True
    """Whether it is told of commits, or has to look."""


class Event(NamedTuple):
    """What is sent: an answer, as JSON, and the place after it."""

    text: str
    cursor: str


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


Send = Callable[[Event], Awaitable[None]]
"""Waits for as long as the client does not take what was sent before."""


class Failed(Exception):  # noqa: N818  it reads as what happened
    """The stream ends with errors."""

    def __init__(self, errors: Sequence[Shown]) -> None:
        super().__init__("the stream failed")
        self.errors = at_most(errors)


class Unread(Exception):  # noqa: N818  it reads as what happened
    """The client reads nothing, so that nothing more can be told to it."""


class _Ended(Exception):  # noqa: N818  it reads as what happened
    """All that there is to say was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Who follows what."""

    operation: Executable
    by: HTTPConnection
    given: Sequence[str]
    """The credential, as it stands in the headers Authorization."""
    after: str | None = None
    """In the place of what the operation says."""


class Streams:
    """All the subscriptions of this process."""

    def __init__(
        self,
        schema: strawberry.Schema,
        database: Database,
        callers: Callers,
        fair_use: FairUse,
        today: Callable[[], date],
        *,
        pace: Pace | None = None,
        operation_seconds: float = OPERATION_SECONDS,
    ) -> None:
        self._schema = schema
        self._database = database
        self._callers = callers
        self.fair_use = fair_use
        self.today = today
        self.pace = pace or Pace()
        self.pulse = Pulse(database, poll_seconds=self.pace.poll, listens=self.pace.listens)
        self._operation_seconds = operation_seconds
        self._pages = _Shared[Page](lambda page: page.size, MOST_TEXT, given_up=True)
        self._found = _Shared[Found](lambda _: 1, _MOST_FOUND)
        self._reading = asyncio.Semaphore(READINGS)
        self._open = 0
        self.is_stopping = False

    def stop(self) -> None:
        """Ends them all, as the server does: clients go on elsewhere, after their last cursor."""
        self.is_stopping = True
        self.pulse.wake()

    async def open(self, followed: Followed) -> Stream:
        """One that is paid for, and is to be run. Raises TurnedAway, as long as nothing was told."""
        found = await self.confirmed(followed.given)
        if self._open >= MOST_STREAMS or self.is_stopping:
            raise TurnedAway(503, "There is no room for another stream; try again.", Code.UNAVAILABLE)
        self.fair_use.charge(followed.by, found.actor.account, followed.operation.price)
        give_back = self.fair_use.take_stream(followed.by, found.actor.account)
        self._open += 1

        def leave() -> None:
            self._open -= 1
            give_back()

        return Stream(self, followed, found, leave)

    async def confirmed(self, given: Sequence[str]) -> Found:
        """Who calls now, looked for once for all streams of a credential that ask at once."""
        if not given:
            return await self._callers.known_by(given, self.today())
        return await self._patiently(lambda: self._identify(given))

    async def _identify(self, given: Sequence[str]) -> Found:
        day = self.today()
        async with asyncio.timeout(self.pace.patience):
            return await self._found.get(
                (*given, day, self.pulse.beat, _second()), lambda: self._callers.known_by(given, day)
            )

    async def page(
        self, operation: Executable, asked: bytes, cursor: str | None, actor: Actor, size: int
    ) -> tuple[Page, bool]:
        """One reading, made once for all who ask for the same; and whether it was made for this one."""
        day = self.today()
        key = (asked, cursor, actor, day, size, self.pulse.beat, _second())
        is_own = not self._pages.holds(key)
        page = await self._patiently(
            lambda: self._pages.get(key, lambda: self._read(operation, cursor, actor, day, size)),
        )
        return page, is_own

    async def _read(self, operation: Executable, cursor: str | None, actor: Actor, day: date, size: int) -> Page:
        reading, request_id = Reading(cursor, size), uuid.uuid4().hex
        events: list[Event] = []
        async with (
            self._reading,
            asyncio.timeout(self._operation_seconds),
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

    async def lagged(self, operation: Executable, cursor: str) -> Event:
        context = Context(self._database, self.today())
        result = await self._execute(operation, context, Lagged(resume_after=cursor))
        return Event(_text(result, uuid.uuid4().hex), cursor)

    async def _execute(self, operation: Executable, context: Context, root: Any) -> ExecutionResult:
        return await execute_in(self._schema, context, operation.document, *operation.asked[1:], root=root)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Again, for a while, where the database or the issuer of tokens does not answer."""
        ends = _now() + self.pace.patience
        while True:
            try:
                return await ask()
            except TurnedAway as refusal:
                if refusal.status != 503 or _now() > ends:
                    raise
            except Exception as error:
                if not is_connection_lost(error) or _now() > ends:
                    raise
            await asyncio.sleep(_AGAIN_SECONDS)


class Stream:
    """One subscription, and where it stands."""

    def __init__(self, streams: Streams, followed: Followed, found: Found, leave: Callable[[], None]) -> None:
        self._streams = streams
        self._followed = followed
        self._operation = followed.operation
        self._asked = _digest(followed.operation.asked)
        self._found = found
        self._leave = leave
        self._checked = _now()
        self._cursor = followed.after
        self._size = max(1, min(PAGE, MAX_COST // max(1, self._operation.cost)))
        self._told = _now()
        """When something was told last."""
        self._has_caught_up = False

    async def run(self, send: Send) -> None:
        """Until there is no more to tell. Raises TurnedAway where the caller may no longer call, Failed and Unread."""
        try:
            async with self._streams.pulse.followed():
                await self._follow(send)
        except _Ended:
            pass
        finally:
            self._leave()

    async def _follow(self, send: Send) -> None:
        streams = self._streams
        while not streams.is_stopping:
            await self._affords()
            beat, day = streams.pulse.beat, streams.today()
            await self._check(at_once=True)
            actor = self._found.actor
            page, is_own = await streams.page(self._operation, self._asked, self._cursor, actor, self._size)
            if page.failure:
                self._ask_for_less(page.failure)
                continue
            self._cursor = self._cursor or page.after or page.end_cursor
            self._pay(page, is_own=is_own)
            if not await self._send(page, actor, send):
                continue
            while (
                page.heartbeat is not None
                and not streams.is_stopping
                and (streams.pulse.beat, streams.today(), self._found.actor) == (beat, day, actor)
                and (quiet := self._quiet()) > 0
            ):
                await streams.pulse.wait(beat, min(quiet, streams.pace.check))
                await self._check()

    async def _send(self, page: Page, actor: Actor, send: Send) -> bool:
        """Whether all of it was sent: for who calls now, and before what it says is of long ago.

        The cursor knows how far it came, and with whose eyes: the rest is read anew.
        """
        read = _now()
        for event in page.events:
            await self._check()
            is_stale = self._found.actor != actor or _now() > read + self._streams.pace.check
            if is_stale or self._streams.is_stopping:
                return False
            await self._deliver(event, send)
        self._cursor = page.end_cursor
        if page.heartbeat is not None and (not self._has_caught_up or self._quiet() <= 0):
            await self._deliver(page.heartbeat, send)
            self._has_caught_up = True
        return True

    def _quiet(self) -> float:
        """Seconds until a heartbeat is due."""
        return self._told + self._streams.pace.heartbeat - _now()

    async def _deliver(self, event: Event, send: Send) -> None:
        try:
            async with asyncio.timeout(self._streams.pace.send):
                await send(event)
        except TimeoutError:
            await self._lag(send)
        self._cursor, self._told = event.cursor, _now()

    async def _lag(self, send: Send) -> None:
        """What could not be sent was not: it comes again, after the place that is told here."""
        log.info("stream.lagged")
        assert self._cursor is not None  # noqa: S101  there is a page
        event = await self._streams.lagged(self._operation, self._cursor)
        try:
            async with asyncio.timeout(self._streams.pace.linger):
                await send(event)
        except TimeoutError:
            log.info("stream.unread")
            raise Unread from None
        raise _Ended

    async def _check(self, *, at_once: bool = False) -> None:
        """Who calls now; raises TurnedAway where that is nobody any more."""
        if at_once or _now() >= self._checked + self._streams.pace.check:
            self._found = await self._streams.confirmed(self._followed.given)
            self._checked = _now()

    async def _affords(self) -> None:
        """Waits for as long as who calls owes: what is read then holds by then."""
        streams, by = self._streams, self._followed.by
        while not streams.is_stopping:
            seconds = streams.fair_use.seconds_until(by, self._found.actor.account, LEAST_COST)
            if seconds <= 0:
                break
            await asyncio.sleep(min(streams.pace.check, seconds))
            await self._check()

    def _pay(self, page: Page, *, is_own: bool) -> None:
        """For all that was read, taken or not; where it was read for another too, a point an event."""
        price = max(self._operation.price, LEAST_COST) if is_own else LEAST_COST
        if page.events:
            account = self._found.actor.account
            self._streams.fair_use.charge_afterwards(self._followed.by, account, price * len(page.events))

    def _ask_for_less(self, failure: Sequence[Shown]) -> None:
        if failure[0]["extensions"]["code"] != "LIMIT_OBJECTS" or self._size == 1:
            raise Failed(failure)
        self._size //= 2


class _Shared(Generic[T]):
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


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _digest(asked: Asked) -> bytes:
    """The same for all who ask for the same, and short, however much they say: it is kept, and not weighed."""
    # The standard writer, for numbers may be of more than 64 bits.
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def ending(error: Exception) -> list[Shown]:
    """The errors with which a stream ends."""
    if isinstance(error, Failed):
        return error.errors
    if isinstance(error, TurnedAway):
        return [{"message": error.message, "extensions": {"code": str(error.code)}}]
    return [from_exception(error, uuid.uuid4().hex)]


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


def _now() -> float:
    return asyncio.get_running_loop().time()


def _second() -> int:
    """What is shared is no older than this."""
    return int(_now())
