"""Clients that follow a stream, over a WebSocket or as text/event-stream, and know nothing else of the server."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from isu.web_socket import PROTOCOL

PATIENCE = 60.0
"""Seconds, after which what has not come is not coming, on whatever machine."""
TRANSPORTS = ("socket", "events")
NODE = 'id ... on Document { title { in(language: "en") { value } } missingLanguages } ... on State { code }'
CHANGES = f"""subscription ($after: String, $types: [ChangeSubject!]) {{ changes(after: $after, types: $types) {{
  __typename
  ... on Change {{ cursor kind subjectType subjectId node {{ {NODE} }} tombstone {{ id reason }} }}
  ... on Heartbeat {{ at cursor }}
  ... on Lagged {{ resumeAfter }} }} }}"""


class Refused(Exception):  # noqa: N818
    """HTTP refused the stream, or an `error` or the end of the socket came instead of the next event."""

    def __init__(self, code: int, told: Any) -> None:
        super().__init__(f"{code} {told}")
        self.code = code
        self.told = told


class Socket:
    """One connection, message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, message: Any) -> None:
        """As it is where it is text or bytes, and otherwise as JSON."""
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self) -> Any:
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self.connection.recv())

    async def init(self, token: str | None = None) -> None:
        payload = {} if token is None else {"Authorization": f"Bearer {token}"}
        await self.say({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, id_: str, query: str = CHANGES, **variables: Any) -> None:
        await self.say({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def closed(self) -> tuple[int, str]:
        """The code and the reason of its end, whatever was to come before."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
            await self.connection.wait_closed()
        return self.connection.close_code or 0, self.connection.close_reason or ""


@asynccontextmanager
async def socket(address: str, **options: Any) -> AsyncIterator[Socket]:
    given = {"subprotocols": [PROTOCOL], "proxy": None, "max_size": None, "compression": None, **options}
    async with connect(f"{address.replace('http', 'ws', 1)}/graphql", **given) as connection:
        yield Socket(connection)


@asynccontextmanager
async def follow(
    address: str,
    transport: str,
    token: str | None = None,
    query: str = CHANGES,
    *,
    narrow: bool = False,
    **variables: Any,
) -> AsyncIterator[AsyncIterator[Any]]:
    """What comes, answer by answer, until the stream is complete. Who leaves the block is gone at once.

    A narrow connection takes little that nobody has asked for yet.
    """
    of = _over_a_socket if transport == "socket" else _as_events
    async with aclosing(of(address, token, query, variables, narrow=narrow)) as answers:
        yield _patient(answers)


async def _patient(answers: AsyncIterator[Any]) -> AsyncIterator[Any]:
    while True:
        async with asyncio.timeout(PATIENCE):
            try:
                answer = await anext(answers)
            except StopAsyncIteration:
                return
        yield answer


async def _over_a_socket(
    address: str, token: str | None, query: str, variables: dict[str, Any], *, narrow: bool
) -> AsyncGenerator[Any, None]:
    options = {"sock": await _narrow(address), "max_queue": 1} if narrow else {}
    try:
        async with socket(address, **options) as client:
            await client.init(token)
            await client.subscribe("1", query, **variables)
            while True:
                message = json.loads(await client.connection.recv())
                assert message["id"] == "1"
                if message["type"] == "complete":
                    return
                if message["type"] == "error":
                    raise Refused(0, message["payload"])
                yield message["payload"]
    except ConnectionClosed as closed:
        frame = closed.rcvd
        raise Refused(0 if frame is None else frame.code, "" if frame is None else frame.reason) from None


async def _narrow(address: str) -> sockets.socket:
    made = sockets.socket()
    made.setsockopt(*_NARROW)
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", int(address.rpartition(":")[2])))
    return made


_NARROW = (sockets.SOL_SOCKET, sockets.SO_RCVBUF, 32_768)


async def _as_events(
    address: str, token: str | None, query: str, variables: dict[str, Any], *, narrow: bool
) -> AsyncGenerator[Any, None]:
    transport = httpx2.AsyncHTTPTransport(socket_options=[_NARROW] if narrow else [])
    headers = {"Accept": "text/event-stream"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    asked = {"query": query, "variables": variables}
    async with (
        httpx2.AsyncClient(timeout=PATIENCE, transport=transport) as http,
        http.stream("POST", f"{address}/graphql", json=asked, headers=headers) as response,
    ):
        if response.status_code != 200:
            raise Refused(response.status_code, json.loads(await response.aread())["errors"])
        async for name, text in events(response):
            if name == "complete":
                return
            yield json.loads(text)


async def events(response: httpx2.Response) -> AsyncIterator[tuple[str, str]]:
    """The name and the text of each."""
    members: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line and not line.startswith(":"):
            name, _, text = line.partition(":")
            members[name] = text.removeprefix(" ")
        elif not line and members:
            yield members.get("event", "message"), members.get("data", "")
            members = {}


def event(answer: Any) -> Any:
    """The one of an answer in which nothing failed."""
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["changes"]


async def caught_up(answers: AsyncIterator[Any], at_most: int = 1_000_000) -> list[Any]:
    """The changes that come before the next heartbeat."""
    changes: list[Any] = []
    async for answer in answers:
        told = event(answer)
        if told["__typename"] != "Change":
            assert told["__typename"] == "Heartbeat", told
            return changes
        changes.append(told)
        assert len(changes) <= at_most
    raise AssertionError("the stream ended")
