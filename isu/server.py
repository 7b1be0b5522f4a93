"""uvicorn as we run it: with a bound on what comes before a body, and an end to streams."""

from __future__ import annotations

import ctypes
import gc
import os
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

MAX_HEADERS = 32 * 1024
"""Bytes of all headers of a request together."""
MAX_UNREAD = 128 * 1024
"""Bytes that may come without ending a head or adding to a body: httptools takes no URL of half of it."""
MAX_MESSAGE = 320 * 1024
"""Bytes of a message over a WebSocket: a body, with what is around it."""
_ABORT = "isu.abort"
"""Of a scope's extensions: ASGI has no way to end a connection to which something is still to be sent."""

BODY = "isu.body"
"""Of a scope's extensions: the whole body, where it came with the head; then nobody need wait for it."""

_GARBAGE = (20_000, 20, 50)
"""After how many new objects, and rounds, it is looked for."""

_ARENA_MAX = -8
"""By malloc.h, what mallopt calls M_ARENA_MAX."""

_TOO_LARGE = b"The headers are too large."
_ANSWER = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_TOO_LARGE), _TOO_LARGE)
)


def config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Http,
        ws=Ws,
        ws_max_size=MAX_MESSAGE,
        # For each connection it would take more memory than all else.
        ws_per_message_deflate=False,
        server_header=False,
        # Whom a proxy forwards for is ours to decide (ISU_TRUSTED_PROXIES).
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        **more,
    )


def abort(scope: Scope) -> None:
    """Ends a connection whose client does not read, and would keep it open for ever."""
    known = scope.get("extensions", {}).get(_ABORT)
    if known is not None:
        known["now"]()


def settle() -> None:
    """What stands by now stays, the schema above all: to look through it for garbage takes as long as many requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    # Else glibc gives each thread of SQLite a heap of its own, and what is freed in one is of no use to the others.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 2)


def run(app: Starlette, listener: socket.socket, *, under: int | None = None) -> None:
    """Serves until it is told to end; or until the process is gone that this one is `under`."""

    async def look() -> None:
        if os.getppid() != under:
            server.should_exit = True

    more = {} if under is None else {"callback_notify": look, "timeout_notify": 0}
    server = Server(config(app, log_level="warning", **more), app.state.streams.stop)
    server.run(sockets=[listener])


class Server(uvicorn.Server):
    """A stream has no end of its own, so it is told when the server stops."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


class Ws(WebSocketsSansIOProtocol):
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][_ABORT] = {"now": self.transport.abort}


class Http(HttpToolsProtocol):
    """httptools takes heads and trailers of any size; h11 has a bound, and needs twice the time for a request."""

    _unread = 0
    _moved = False
    _comes_at_once = False
    _refused = False

    def data_received(self, data: bytes) -> None:
        self._moved = self._comes_at_once = False
        super().data_received(data)
        self._unread = 0 if self._moved else self._unread + len(data)
        if self._unread > MAX_UNREAD:
            self._refuse()

    def on_message_begin(self) -> None:
        self._moved = True
        super().on_message_begin()
        self.scope["extensions"] = {_ABORT: {"now": self.transport.abort}}

    def on_headers_complete(self) -> None:
        self._moved = True
        if sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADERS:
            self._refused = True
            # The parser stops at any error, and uvicorn answers it by the method below.
            raise ValueError("the headers are too large")
        self._comes_at_once = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._moved = True
        super().on_message_complete()
        if self._comes_at_once and self.cycle is not None and self.cycle.scope is self.scope:
            self.scope["extensions"][BODY] = {"whole": bytes(self.cycle.body)}

    def send_400_response(self, msg: str) -> None:
        if self._refused:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self._unread = 0
        self.transport.write(_ANSWER)
        self.transport.close()
