"""A subscription from its beginning to its end: read page by page from the feed, and sent event by event."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

import strawberry
import structlog
from starlette.requests import HTTPConnection

from db.engine import Database
from isu.auth import Callers, Found
from isu.fair_use import LEAST_COST, FairUse
from isu.group import Group, Place, Told
from isu.operation import OPERATION_SECONDS, Executable
from isu.pulse import POLL_SECONDS, Pulse
from isu.readings import Event, Page, Readings, Shared, digest, now, patiently, second
from isu.turned_away import TurnedAway
from mandate.actor import Actor
from schema.error import Code, Shown, at_most, from_exception
from schema.limits import MAX_COST

PAGE = 100
"""Changes in one reading at most, and fewer where they cost more than one operation may."""
MOST_STREAMS = 10_000
_MOST_FOUND = 1_000

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
        self._callers = callers
        self.fair_use = fair_use
        self.today = today
        self.pace = pace or Pace()
        self.pulse = Pulse(database, poll_seconds=self.pace.poll, listens=self.pace.listens)
        self.readings = Readings(schema, database, seconds=operation_seconds)
        self.groups: dict[Place, Group] = {}
        self._found = Shared[Found](lambda _: 1, _MOST_FOUND)
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
        return await patiently(lambda: self._identify(given), self.pace.patience)

    async def _identify(self, given: Sequence[str]) -> Found:
        day = self.today()
        async with asyncio.timeout(self.pace.patience):
            return await self._found.get(
                (*given, day, self.pulse.beat, second()), lambda: self._callers.known_by(given, day)
            )

    async def page(
        self, operation: Executable, asked: bytes, cursor: str | None, actor: Actor, day: date, size: int
    ) -> tuple[Page, bool]:
        """One reading, made once for all who ask for the same; and whether it was made for this one."""
        return await patiently(
            lambda: self.readings.page(operation, asked, cursor, actor, day, size, self.pulse.beat), self.pace.patience
        )


class Stream:
    """One subscription, and where it stands."""

    def __init__(self, streams: Streams, followed: Followed, found: Found, leave: Callable[[], None]) -> None:
        self._streams = streams
        self._followed = followed
        self._operation = followed.operation
        self._asked = digest(followed.operation.asked)
        self._found = found
        self._leave = leave
        self._checked = now()
        self._cursor = followed.after
        self._size = max(1, min(PAGE, MAX_COST // max(1, self._operation.cost)))
        self.told = now()
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
            told, group = await self._read(), None
            while told is not None and await self._take(told, send) and not streams.is_stopping:
                if group is None or not group.is_at(told.page.end_cursor):
                    group = self._beside(told)
                told = await group.next(self)
                if told is None:
                    self._cursor = group.place.cursor

    async def _read(self) -> Told | None:
        """By itself; None where less is to be asked for at once."""
        await self._affords()
        streams, beat, day = self._streams, self._streams.pulse.beat, self._streams.today()
        await self._check(at_once=True)
        found, checked = self._found, self._checked
        page, is_own = await streams.page(self._operation, self._asked, self._cursor, found.actor, day, self._size)
        if page.failure:
            self._ask_for_less(page.failure)
            return None
        return Told(page, is_own, found, checked, now(), day, beat)

    def _beside(self, told: Told) -> Group:
        """Those who stand where this one has come to."""
        place = Place(
            self._asked, tuple(self._followed.given), told.found.actor, told.day, self._size, told.page.end_cursor
        )
        groups = self._streams.groups
        if place not in groups:
            groups[place] = Group(self._streams, self._operation, place, told)
        return groups[place]

    async def _take(self, told: Told, send: Send) -> bool:
        """Whether it has caught up: all was sent, for who calls now, and before what it says is of long ago.

        The cursor knows how far it came, and with whose eyes: the rest is read anew.
        """
        page, self._found, self._checked = told.page, told.found, told.checked
        self._cursor = page.after or page.end_cursor
        self._pay(page, is_own=told.is_own)
        for event in page.events:
            await self._check()
            is_stale = self._found.actor != told.found.actor or now() > told.read + self._streams.pace.check
            if is_stale or self._streams.is_stopping:
                return False
            await self._deliver(event, send)
        self._cursor = page.end_cursor
        if page.heartbeat is not None and (
            not self._has_caught_up or self.told + self._streams.pace.heartbeat <= now()
        ):
            await self._deliver(page.heartbeat, send)
            self._has_caught_up = True
        return page.heartbeat is not None

    async def _deliver(self, event: Event, send: Send) -> None:
        try:
            async with asyncio.timeout(self._streams.pace.send):
                await send(event)
        except TimeoutError:
            await self._lag(send)
        self._cursor, self.told = event.cursor, now()

    async def _lag(self, send: Send) -> None:
        """What could not be sent was not: it comes again, after the place that is told here."""
        log.info("stream.lagged")
        assert self._cursor is not None  # noqa: S101  there is a page
        event = await self._streams.readings.lagged(self._operation, self._cursor, self._streams.today())
        try:
            async with asyncio.timeout(self._streams.pace.linger):
                await send(event)
        except TimeoutError:
            log.info("stream.unread")
            raise Unread from None
        raise _Ended

    async def _check(self, *, at_once: bool = False) -> None:
        """Who calls now; raises TurnedAway where that is nobody any more."""
        if at_once or now() >= self._checked + self._streams.pace.check:
            self._found = await self._streams.confirmed(self._followed.given)
            self._checked = now()

    async def _affords(self) -> None:
        """Waits for as long as who calls owes: what is read then holds by then."""
        while not self._streams.is_stopping and (seconds := self.owes()) > 0:
            await asyncio.sleep(min(self._streams.pace.check, seconds))
            await self._check()

    def owes(self) -> float:
        """Seconds until who calls owes nothing."""
        return self._streams.fair_use.seconds_until(self._followed.by, self._found.actor.account, LEAST_COST)

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


def ending(error: Exception) -> list[Shown]:
    """The errors with which a stream ends."""
    if isinstance(error, Failed):
        return error.errors
    if isinstance(error, TurnedAway):
        return [{"message": error.message, "extensions": {"code": str(error.code)}}]
    return [from_exception(error, uuid.uuid4().hex)]
