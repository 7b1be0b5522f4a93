"""uvicorn as we run it: with a bound on what comes before a body."""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADERS = 32 * 1024
"""Bytes of all headers of a request together."""
MAX_UNREAD = 128 * 1024
"""Bytes that may come without ending a head or adding to a body: httptools takes no URL of half of it."""

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
        server_header=False,
        # Whom a proxy forwards for is ours to decide (ISU_TRUSTED_PROXIES).
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        **more,
    )


class Http(HttpToolsProtocol):
    """httptools takes heads and trailers of any size; h11 has a bound, and needs twice the time for a request."""

    _unread = 0
    _moved = False
    _refused = False

    def data_received(self, data: bytes) -> None:
        self._moved = False
        super().data_received(data)
        self._unread = 0 if self._moved else self._unread + len(data)
        if self._unread > MAX_UNREAD:
            self._refuse()

    def on_message_begin(self) -> None:
        self._moved = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._moved = True
        if sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADERS:
            self._refused = True
            # The parser stops at any error, and uvicorn answers it by the method below.
            raise ValueError("the headers are too large")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._moved = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self._refused:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self._unread = 0
        self.transport.write(_ANSWER)
        self.transport.close()
