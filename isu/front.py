"""The short way for what was asked before: plain ASGI, in front of everything else.

It answers a question that has a plan, and nothing else. Whatever is out of the ordinary (another method, a header that
means something, a body in pieces, an error of any kind) goes on to the door, which knows every rule and every refusal,
as if nobody had looked at it here.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
from graphql import OperationType
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isu.accept import MAX_LENGTH, negotiate
from isu.auth import Callers, Found
from isu.door import BODY_SECONDS, JSON, MAX_BODY, RESPONSE, Door, asked_of_body
from isu.operation import Executable
from isu.plans import Fit, Plans
from isu.turned_away import TurnedAway
from mandate.actor import PUBLIC, Actor

MOST_KNOWN = 2_000
MOST_BYTES = 4 * 2**20
PATH = "/graphql"
ASKED = "asked"
"""In the state of a request, where its body was read already."""

_READ = {b"accept", b"authorization", b"content-length", b"content-type"}
_MEANS_MORE = {b"content-encoding", b"idempotency-key", b"transfer-encoding"}
_PLAIN = {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}


@dataclass(slots=True, eq=False)
class _Known:
    """What a body says."""

    operation: Executable
    size: int
    fits: dict[tuple[Actor, date], Fit] = field(default_factory=dict)


class Front:
    """A middleware: within those that every answer passes, before the routes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        door: Door,
        callers: Callers,
        plans: Plans,
        today: Callable[[], date],
        seconds: float,
    ) -> None:
        self._app = app
        self._door = door
        self._callers = callers
        self._plans = plans
        self._today = today
        self._seconds = seconds
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = _head(scope)
        if head is None:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            await self._app(scope, _late, send)
            return
        answer = None
        if message["type"] == "http.request" and not message.get("more_body"):
            answer = await self._answer(scope, head, message["body"])
        if answer is None:
            await self._app(scope, _again(message, receive), send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _headers(_media(head), answer)})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, scope: Scope, head: Mapping[bytes, bytes], body: bytes) -> bytes | None:
        request = HTTPConnection(scope)
        try:
            if self._door.fair_use is not None:
                self._door.fair_use.greet(request)
            known = self._known.get(body) or self._read(request, body)
            if known is None:
                return None
            async with asyncio.timeout(self._seconds):
                found = await self._who(head)
                fit = self._fit(known, found.actor)
                if fit is None:
                    return None
                answer = await self._planned(request, known.operation, found, fit)
        except (TurnedAway, HTTPException, TimeoutError):
            return None
        if answer is not None and body not in self._known:
            self._remember(body, known)
        return answer

    def _read(self, request: HTTPConnection, body: bytes) -> _Known | None:
        asked = asked_of_body(body, self._door.trusted)
        setattr(request.state, ASKED, asked)
        if not self._plans.knows(asked):
            return None
        operation = self._door.judge(request, asked)
        if isinstance(operation, list) or operation.definition.operation is not OperationType.QUERY:
            return None
        return _Known(operation, len(body) + len(asked.query))

    async def _who(self, head: Mapping[bytes, bytes]) -> Found:
        given = head.get(b"authorization")
        return _PUBLIC if given is None else await self._callers.known_by([given.decode("latin-1")], self._today())

    def _fit(self, known: _Known, actor: Actor) -> Fit | None:
        place = (actor, self._today())
        fit = known.fits.get(place)
        if fit is not None and self._plans.planned(fit) is not None:
            return fit
        fit = self._plans.fit(known.operation, *place)
        if fit is None:
            known.fits.pop(place, None)
            return None
        known.fits = {place: fit}
        return fit

    async def _planned(self, request: HTTPConnection, operation: Executable, found: Found, fit: Fit) -> bytes | None:
        extensions = self._door.operations.charge(request, operation, found.actor.account)
        data = await self._plans.run(fit)
        if data is None:
            return None
        if found.key is not None:
            self._callers.note(found.key)
        return orjson.dumps({"data": data, **extensions})

    def _remember(self, body: bytes, known: _Known) -> None:
        self._known[body] = known
        self._bytes += known.size
        while len(self._known) > MOST_KNOWN or self._bytes > MOST_BYTES:
            self._bytes -= self._known.popitem(last=False)[1].size


_PUBLIC = Found(actor=PUBLIC)


def _head(scope: Scope) -> Mapping[bytes, bytes] | None:
    """The headers of a question that is sent as nearly all are."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
        return None
    head: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            if name in head:
                return None
            head[name] = value
        elif name in _MEANS_MORE:
            return None
    length = head.get(b"content-length", b"")
    if not length.isdigit() or len(length) > 7 or int(length) > MAX_BODY:
        return None
    return head if head.get(b"content-type") in _PLAIN and _media(head) else None


def _media(head: Mapping[bytes, bytes]) -> bytes | None:
    return _chosen(head.get(b"accept", b""))


@lru_cache(256)
def _chosen(accept: bytes) -> bytes | None:
    media = negotiate(accept.decode("latin-1"), (JSON, RESPONSE)) if len(accept) <= MAX_LENGTH else None
    return None if media is None else f"{media}; charset=utf-8".encode()


def _headers(media: bytes | None, body: bytes) -> list[tuple[bytes, bytes]]:
    assert media is not None  # noqa: S101  else nothing would be answered here
    return [
        (b"content-type", media),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"x-request-id", uuid.uuid4().hex.encode()),
        (b"vary", b"Accept"),
    ]


def _again(message: Message, receive: Receive) -> Receive:
    """What was received is received once more, and then what follows."""
    waiting = [message]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _late() -> Message:
    raise TimeoutError
