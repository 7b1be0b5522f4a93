"""What comes before a body is bounded too: whoever sends without an end is cut off."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from isu.server import MAX_HEADERS, MAX_UNREAD
from tests import server

BEGIN = b"GET /?x HTTP/1.1\r\nHost: isu\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: isu\r\nTransfer-Encoding: chunked\r\n\r\n"


async def count(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with server.serving(Starlette(routes=[Route("/", count, methods=["GET", "POST"])])) as address:
        yield int(address.rpartition(":")[2])


async def send(port: int, *parts: bytes) -> bytes:
    """What comes back until the server closes, or has nothing more to say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        while b"\r\n\r\n" not in answer and (more := await asyncio.wait_for(reader.read(65_536), 60)):
            answer += more
    except ConnectionError:
        # Cut off while it sent: the answer may be lost with what was not read.
        pass
    finally:
        writer.close()
    return answer.partition(b"\r\n")[0]


pytestmark = pytest.mark.anyio
OK, TOO_LARGE = b"HTTP/1.1 200 OK", b"HTTP/1.1 431 Request Header Fields Too Large"


async def test_headers_have_a_size_however_they_are_cut(port: int) -> None:
    fits, long = b"X: " + b"y" * (MAX_HEADERS - 100), b"X: " + b"y" * MAX_HEADERS
    many = b"".join(b"X%d: y\r\n" % n for n in range(10_000))

    assert await send(port, BEGIN + fits + b"\r\n\r\n") == OK
    assert await send(port, BEGIN, fits[:1_000], fits[1_000:], b"\r\n\r\n") == OK
    assert await send(port, BEGIN + long + b"\r\n\r\n") == TOO_LARGE
    assert await send(port, BEGIN, long, b"\r\n\r\n") == TOO_LARGE
    assert await send(port, BEGIN + many + b"\r\n") == TOO_LARGE


@pytest.mark.parametrize(
    "begin",
    [BEGIN + b"X: ", b"GET /", b"GET / HTTP/1.1\r\n", CHUNKED + b"1;x=", CHUNKED + b"0\r\nX: ", b""],
    ids=["header", "url", "name", "extension", "trailer", "nothing"],
)
async def test_nothing_is_kept_of_what_never_ends(port: int, begin: bytes) -> None:
    fill = b"\r\n" if begin == b"" else b"y"
    sent = 0

    def pour() -> None:
        nonlocal sent
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.sendall(begin)
            for _ in range(500):
                client.sendall(fill * (65_536 // len(fill)))
                sent += 65_536

    with pytest.raises(ConnectionError):
        await asyncio.to_thread(pour)
    # Beside what the kernels on both sides hold.
    assert sent < MAX_UNREAD + 16 * 1024 * 1024


async def test_a_url_may_be_long_and_a_body_comes_in_any_number_of_pieces(port: int) -> None:
    url = b"GET /?" + b"y" * 60_000 + b" HTTP/1.1\r\nHost: isu\r\n\r\n"
    chunks = [b"1\r\ny\r\n"] * 1_000 + [b"10000\r\n" + b"y" * 65_536 + b"\r\n"] * 20

    assert await send(port, url) == OK
    assert await send(port, CHUNKED, *chunks, b"0\r\nX: y\r\n\r\n") == OK


async def test_one_request_after_another_is_counted_for_itself(port: int) -> None:
    one = BEGIN + b"X: " + b"y" * (MAX_HEADERS - 100) + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        for _ in range(MAX_UNREAD // len(one) + 2):
            await asyncio.to_thread(client.sendall, one)
            assert (await asyncio.to_thread(client.recv, 65_536)).startswith(OK)
