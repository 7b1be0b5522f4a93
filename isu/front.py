"""The short way for what was asked before: plain ASGI, in front of everything else.

It answers a question that has a plan, or is about the schema, and nothing else. Whatever is out of the ordinary
(another method, a header that means something, a body in pieces, an error of any kind) goes on to the door, which
knows every rule and every refusal, as if nobody had looked at it here.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from os import urandom
from typing import Any

import orjson
from graphql import OperationType
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isu.accept import MAX_LENGTH, negotiate
from isu.again import WORTH, Again, Data, coding_of
from isu.auth import Callers, Found
from isu.door import BODY_SECONDS, JSON, MAX_BODY, RESPONSE, Door, asked_of_body, asked_of_url
from isu.operation import Parameters
from isu.plans import Fit, Plans
from isu.server import BODY
from isu.turned_away import TurnedAway
from mandate.actor import PUBLIC, Actor

MOST_KNOWN = 2_000
MOST_BYTES = 4 * 2**20
_AROUND = 1_000
"""Bytes that are taken by what is no text."""
PATH = "/graphql"

_READ = {b"accept", b"accept-encoding", b"authorization", b"content-length", b"content-type", b"if-none-match"}
_MEANS_MORE = {b"content-encoding", b"idempotency-key", b"transfer-encoding"}
_PLAIN = {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}

Head = Mapping[bytes, bytes]
"""The headers that are read here."""


@dataclass(slots=True, eq=False)
class _Known:
    """What a body says, and the plan for who asked it last; not the document, which is kept where its tokens count."""

    asked: Parameters
    size: int
    price: int
    is_about_the_schema: bool
    asked_by: tuple[Actor, date] | None = None
    fit: Fit | None = None


class Front:
    """A middleware: within those that every answer passes, before the routes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        door: Door,
        callers: Callers,
        plans: Plans,
        again: Again | None,
        today: Callable[[], date],
        seconds: float,
    ) -> None:
        self._app = app
        self._door = door
        self._callers = callers
        self._plans = plans
        self._again = again
        self._today = today
        self._seconds = seconds
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = _head(scope)
        if head is None:
            await self._app(scope, receive, send)
            return
        gets = scope["method"] == "GET"
        asked: bytes | None
        if gets:
            asked = b"?" + scope["query_string"]
        else:
            came = scope.get("extensions", _NONE).get(BODY)
            asked = await _body(receive) if came is None else came["whole"]
            if asked is None:
                await self._app(scope, _late, send)
                return
            if came is None:
                receive = _again(asked, receive)
        answer = await self._answer(scope, head, asked) if len(asked) <= MAX_BODY else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        data, extensions = answer
        coding = coding_of(head.get(b"accept-encoding", b"")) if data.is_worth_compressing else None
        headers = [*_headers(head.get(b"accept", b""), coding, gets), (b"x-request-id", urandom(16).hex().encode())]
        status, body = 200, b""
        if gets:
            headers.append((b"etag", data.tag))
            status = 304 if _has(head, data.tag) else 200
        if status == 200:
            body = data.body(extensions, coding)
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, head: Head, asked: bytes) -> tuple[Data, bytes] | None:
        """The data, and the extensions that stand beside it."""
        ends = asyncio.get_running_loop().time() + self._seconds
        operations = self._door.operations
        try:
            known = self._known.get(asked) or self._read(HTTPConnection(scope), asked)
            if known is None:
                return None
            given = head.get(b"authorization")
            found = _PUBLIC if given is None else await self._who(given, ends)
            data = operations.about_the_schema(known.asked) if known.is_about_the_schema else None
            fit = self._fit(known, found.actor) if data is None else None
            if data is None and fit is None:
                return None
            extensions = operations.charge(scope, known.price, found.actor.account)
            if fit is not None:
                data = await self._planned(found, known, fit, ends)
        except (TurnedAway, HTTPException, TimeoutError):
            return None
        if data is None:
            return None
        if found.key is not None:
            self._callers.note(found.key)
        if asked not in self._known:
            self._remember(asked, known)
        return data, extensions

    async def _planned(self, found: Found, known: _Known, fit: Fit, ends: float) -> Data | None:
        """From what was answered before, where that still holds: then nothing is waited for, and no time is bound."""
        again, version = self._again, None
        if again is not None and (found.head is not None or self._plans.pays(fit)):
            version = found.head or await self._plans.stands()
            data = None if version is None else again.find(fit.answer, version)
            self._plans.looked(fit, found=data is not None)
            if data is not None:
                return data
        began = time.perf_counter()
        async with asyncio.timeout_at(ends):
            ran = await self._plans.run(fit)
        if ran is None:
            return None
        data = Data(orjson.dumps(ran.data), known.size)
        if again is not None and version is not None and ran.holds and time.perf_counter() - began > WORTH:
            again.keep(fit.answer, version, data)
        return data

    def _read(self, request: HTTPConnection, text: bytes) -> _Known | None:
        if self._door.fair_use is not None:
            self._door.fair_use.greet(request)
        trusted = self._door.trusted
        asked = asked_of_url(text[1:], trusted) if text.startswith(b"?") else asked_of_body(text, trusted)
        # The door need not read it again.
        request.state.asked = asked
        if not self._plans.knows(asked) and self._door.operations.about_the_schema(asked) is None:
            return None
        operation = self._door.judge(request, asked)
        if isinstance(operation, list) or operation.definition.operation is not OperationType.QUERY:
            return None
        return _Known(
            asked=asked,
            size=len(text) + len(asked.query) + _AROUND,
            price=operation.price,
            is_about_the_schema=operation.is_about_the_schema,
        )

    async def _who(self, given: bytes, ends: float) -> Found:
        async with asyncio.timeout_at(ends):
            return await self._callers.known_by([given.decode("latin-1")], self._today())

    def _fit(self, known: _Known, actor: Actor) -> Fit | None:
        asked_by, fit = (actor, self._today()), known.fit
        if fit is None or known.asked_by != asked_by or self._plans.planned(fit) is None:
            fit = self._plans.fit(known.asked, *asked_by)
            known.asked_by, known.fit = asked_by, fit
        return fit

    def _remember(self, body: bytes, known: _Known) -> None:
        self._known[body] = known
        self._bytes += known.size
        while len(self._known) > MOST_KNOWN or self._bytes > MOST_BYTES:
            self._bytes -= self._known.popitem(last=False)[1].size


_PUBLIC = Found(actor=PUBLIC)
_NONE: Mapping[str, Any] = {}


def _head(scope: Scope) -> Head | None:
    """The headers of a question that is sent as nearly all are."""
    if scope["type"] != "http" or scope["path"] != PATH:
        return None
    gets = scope["method"] == "GET"
    if not gets and scope["method"] != "POST":
        return None
    head: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            if name in head:
                return None
            head[name] = value
        elif name in _MEANS_MORE:
            return None
    if _media(head.get(b"accept", b"")) is None:
        return None
    if gets:
        return head if 0 < len(scope["query_string"]) <= MAX_BODY else None
    length = head.get(b"content-length", b"")
    if not length.isdigit() or len(length) > 7 or int(length) > MAX_BODY:
        return None
    return head if head.get(b"content-type") in _PLAIN else None


@lru_cache(256)
def _media(accept: bytes) -> bytes | None:
    media = negotiate(accept.decode("latin-1"), (JSON, RESPONSE)) if len(accept) <= MAX_LENGTH else None
    return None if media is None else f"{media}; charset=utf-8".encode()


def _has(head: Head, tag: bytes) -> bool:
    return any(each.strip() in (tag, b"*") for each in head.get(b"if-none-match", b"").split(b","))


@lru_cache(256)
def _headers(accept: bytes, coding: str | None, gets: bool) -> tuple[tuple[bytes, bytes], ...]:
    media = _media(accept)
    assert media is not None  # noqa: S101  else nothing is answered here
    headers = (
        (b"content-type", media),
        (b"x-content-type-options", b"nosniff"),
        (b"vary", b"Accept, Accept-Encoding, Authorization"),
        # What is got may be kept by who asked, to be asked for by its tag; and how it was compressed is not in the tag.
        (b"cache-control", b"private, no-cache" if gets else b"no-store"),
    )
    return headers if coding is None else (*headers, (b"content-encoding", coding.encode()))


async def _body(receive: Receive) -> bytes | None:
    """All that comes, as far as it may; None where that takes too long, or will not be."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message["body"]
                if not message.get("more_body") or len(body) > MAX_BODY:
                    return bytes(body)
    except TimeoutError:
        return None


def _again(body: bytes, receive: Receive) -> Receive:
    """What was received is received once more, and then what follows."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _late() -> Message:
    """The door waits for the body too, and has the words for one that does not come."""
    raise TimeoutError
