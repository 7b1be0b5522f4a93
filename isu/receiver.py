"""The way to a receiver of webhooks: to addresses of the internet alone, and never for long.

The name is resolved here, all that it resolves to is judged, and the connection goes to what was judged: a name that
means another address a moment later leads nowhere else.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from urllib.parse import urlsplit

import httpx2

from mandate.webhook import against_url, is_public

SECONDS = 15.0
"""For all of it: to resolve, connect, send, and read the answer."""
CONNECT_SECONDS = 5.0
MOST_READ = 64 * 1024
MOST_ADDRESSES = 4
"""That are tried, one after the other, where a host has several."""

_NAMES = ThreadPoolExecutor(8, thread_name_prefix="names")
"""Of its own: a name server that does not answer keeps a thread for longer than we wait for it."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a receiver said; with an error where that does not count as received."""

    status_code: int | None = None
    error: str | None = None
    asked: timedelta | None = None
    """For how long it wants to be left alone."""


class Refused(Exception):  # noqa: N818  it reads as what happened
    """Nothing is sent there."""


async def resolved(host: str, port: int) -> Sequence[str]:
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_NAMES, ask)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Receivers:
    """All of them; each message has a connection of its own."""

    def __init__(
        self,
        *,
        local: bool = False,
        resolve: Resolve = resolved,
        seconds: float = SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._local = local
        self._resolve = resolve
        self._seconds = seconds
        self._transport = transport
        self._trusted = verify

    @cached_property
    def _verify(self) -> ssl.SSLContext:
        """Made once, and only where it is needed: that takes longer than many a message."""
        return httpx2.create_ssl_context(self._trusted, trust_env=False)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, body, headers)
        except Refused as refused:
            return Response(error=f"Nothing is sent there: {refused}")
        except TimeoutError:
            return Response(error=f"There was no whole answer within {self._seconds:g} seconds.")
        except socket.gaierror:
            return Response(error="The name of its host leads nowhere.")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return Response(error=f"The connection failed: {error or type(error).__name__}")

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        wrong = " ".join(against_url(url, local=self._local))
        if wrong:
            raise Refused(wrong)
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        addresses = await self._resolve(host, port)
        if not addresses or not (self._local or all(map(is_public, addresses))):
            raise Refused("its host is no address of the internet.")
        # Ours come last: nobody else's Host, and no encoding that would have to be undone.
        sent = {**headers, "Host": parts.netloc, "Accept-Encoding": "identity", "Connection": "close"}
        async with httpx2.AsyncClient(
            transport=self._transport,
            verify=self._verify if secure else False,
            # No proxy of the surroundings: it would resolve the name again.
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        ) as client:
            for place, address in enumerate(addresses[:MOST_ADDRESSES], start=1):
                there = f"[{address}]" if ":" in address else address
                request = client.build_request(
                    "POST",
                    f"{parts.scheme}://{there}:{port}{target}",
                    content=body,
                    headers=sent,
                    extensions={"sni_hostname": host} if secure else {},
                )
                try:
                    answer = await client.send(request, stream=True)
                except (httpx2.ConnectError, httpx2.ConnectTimeout):
                    if place == min(len(addresses), MOST_ADDRESSES):
                        raise
                    continue
                try:
                    await _read(answer)
                finally:
                    await answer.aclose()
                return _response(answer)
        raise AssertionError("the last address answers or raises")


async def _read(answer: httpx2.Response) -> None:
    """So much of it that a receiver which answers as one should is not cut off."""
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > MOST_READ:
            return


def _response(answer: httpx2.Response) -> Response:
    status = answer.status_code
    if answer.is_success:
        return Response(status_code=status)
    redirected = " Redirects are not followed." if answer.is_redirect else ""
    asked = _asked(answer.headers.get("retry-after")) if status in (429, 503) else None
    return Response(status_code=status, error=f"It answered {status}.{redirected}", asked=asked)


def _asked(value: str | None) -> timedelta | None:
    """Seconds, or a moment; what is neither asks for nothing."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 10**6))
    try:
        moment = parsedate_to_datetime(value)
        return max(timedelta(0), moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC))
    except (ValueError, OverflowError):
        return None
