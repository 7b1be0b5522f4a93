"""Those who stand at the same place: one waits, asks and reads for all of them, and each sends for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from isu.auth import Found
from isu.readings import Page, now
from mandate.actor import Actor

if TYPE_CHECKING:
    from isu.operation import Executable
    from isu.streams import Stream, Streams

AT_A_TIME = 100
"""Are told, before everybody else has a turn."""


class Place(NamedTuple):
    """All that decides what is told next. Who shares it shares every word."""

    asked: bytes
    """The operation, by its digest."""
    given: tuple[str, ...]
    """The credential. Others see the same by another; but whether it is still good is asked for each."""
    actor: Actor
    day: date
    size: int
    """Of a page."""
    cursor: str


class Told(NamedTuple):
    """A page, and for whom it was read."""

    page: Page
    is_own: bool
    """Whether it was read for this one, or for another too."""
    found: Found
    checked: float
    """When that was asked."""
    read: float
    day: date
    beat: int
    """Before which nothing has happened that is not in it."""


class Group:
    """Begins with one who has caught up, and lasts for as long as anybody waits there."""

    def __init__(self, streams: Streams, operation: Executable, place: Place, told: Told) -> None:
        self.place = place
        self._streams = streams
        self._operation = operation
        self._found, self._checked, self._beat = told.found, told.checked, told.beat
        self._waiting: dict[Stream, asyncio.Future[Told | None]] = {}
        self._is_over = False
        # In a context of its own: it is not the request's in which it begins.
        self._running = asyncio.create_task(self._run(), context=Context())

    def is_at(self, cursor: str) -> bool:
        return self.place.cursor == cursor and not self._is_over

    async def next(self, stream: Stream) -> Told | None:
        """What is told next. None to who has to go on alone, from this place."""
        future: asyncio.Future[Told | None] = asyncio.get_running_loop().create_future()
        self._waiting[stream] = future
        try:
            return await future
        finally:
            if self._waiting.get(stream) is future:
                del self._waiting[stream]
                if not self._waiting:
                    self._end()
                    self._running.cancel()

    async def _run(self) -> None:
        try:
            while self._waiting and await self._go_on():
                pass
        except Exception as error:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(error)
        finally:
            self._end()

    async def _go_on(self) -> bool:
        """Until something happens, or is due. Whether they stay together."""
        streams, pace = self._streams, self._streams.pace
        await streams.pulse.wait(self._beat, min(self._quiet(), self._checked + pace.check - now()))
        if streams.is_stopping or streams.today() != self.place.day:
            return False
        beat = streams.pulse.beat
        if beat == self._beat and self._quiet() > 0:
            return await self._confirm()
        for stream in [each for each in self._waiting if each.owes() > 0]:
            self._say(stream, None)
        return bool(self._waiting) and await self._confirm() and await self._read(beat)

    async def _confirm(self) -> bool:
        """Whether they still see the same; raises TurnedAway where they are nobody any more."""
        self._found = await self._streams.confirmed(self.place.given)
        self._checked = now()
        return self._found.actor == self.place.actor

    async def _read(self, beat: int) -> bool:
        place = self.place
        page, is_own = await self._streams.page(
            self._operation, place.asked, place.cursor, place.actor, place.day, place.size
        )
        if page.failure:
            return False
        self._beat = beat
        others = self._move(page.end_cursor)
        told = Told(page, is_own, self._found, self._checked, now(), place.day, beat)
        # Where nothing is told, only the place moves on; but who comes to others is told so, and joins them.
        everybody, late = page.events or others is not self, now() - self._streams.pace.heartbeat
        await self._tell(told, [each for each in self._waiting if everybody or each.told <= late])
        return page.heartbeat is not None and others is self

    def _move(self, cursor: str) -> Group:
        """To another place; or to whoever stands there already."""
        groups = self._streams.groups
        del groups[self.place]
        self.place = self.place._replace(cursor=cursor)
        others = groups.setdefault(self.place, self)
        self._is_over = others is not self
        return others

    async def _tell(self, told: Told, streams: Sequence[Stream]) -> None:
        for start in range(0, len(streams), AT_A_TIME):
            for stream in streams[start : start + AT_A_TIME]:
                if self._say(stream, told) and told.is_own:
                    told = told._replace(is_own=False)
            # Who could send at once is back by then.
            await asyncio.sleep(0)

    def _say(self, stream: Stream, told: Told | None) -> bool:
        """Whether it still waits."""
        future = self._waiting.pop(stream, None)
        if future is None or future.done():
            return False
        future.set_result(told)
        return True

    def _quiet(self) -> float:
        """Seconds until a heartbeat is due to one of them."""
        return min(each.told for each in self._waiting) + self._streams.pace.heartbeat - now()

    def _end(self) -> None:
        self._is_over = True
        if self._streams.groups.get(self.place) is self:
            del self._streams.groups[self.place]
        for stream in list(self._waiting):
            self._say(stream, None)
