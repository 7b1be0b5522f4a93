"""Subscriptions over a WebSocket, with the protocol graphql-transport-ws and no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import structlog
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from isu.door import Door, asked_by, loads
from isu.fair_use import FairUse
from isu.operation import Executable, Parameters
from isu.readings import Event
from isu.server import abort
from isu.streams import Failed, Followed, Streams, Unread, ending
from isu.turned_away import TurnedAway
from resolvers.error import is_connection_lost
from schema.error import Code, Shown
from schema.trusted import TrustedDocuments

PROTOCOL = "graphql-transport-ws"
MAX_OPERATIONS = 20
MAX_ID = 128
_LONGEST_REASON = 123
"""Bytes, of a frame that closes."""

log = structlog.get_logger(__name__)


class Closed(Exception):  # noqa: N818  it reads as what happened
    """The whole connection, with a code of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


class WebSockets:
    """An ASGI endpoint, beside the door and with its judgement."""

    def __init__(self, door: Door, streams: Streams, fair_use: FairUse) -> None:
        self._door = door
        self._streams = streams
        self._fair_use = fair_use

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        try:
            self._fair_use.greet(socket)
            give_back = self._fair_use.take_stream(socket)
        except TurnedAway as refusal:
            await _deny(socket, refusal)
            return
        try:
            if PROTOCOL not in scope["subprotocols"]:
                await socket.accept()
                await socket.close(4406, f"The protocol is {PROTOCOL}.")
                return
            await socket.accept(PROTOCOL)
            await Connection(socket, self._door, self._streams, self._fair_use).serve()
        except (WebSocketDisconnect, OSError):
            pass
        finally:
            give_back()


class Connection:
    """One client, with all that it follows."""

    def __init__(self, socket: WebSocket, door: Door, streams: Streams, fair_use: FairUse) -> None:
        self._socket = socket
        self._door = door
        self._streams = streams
        self._fair_use = fair_use
        self._given: Sequence[str] | None = None
        """The credential, once there was an init."""
        self._account: str | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._closing: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        hearing = asyncio.create_task(self._hear())
        try:
            either: set[asyncio.Future[Any]] = {hearing, self._closing}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks: set[asyncio.Future[None]] = {hearing, *self._running.values()}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if self._closing.done():
            await self._close(self._closing.result())
        elif not hearing.cancelled():
            try:
                hearing.result()
            except Closed as closed:
                await self._close(closed)

    async def _close(self, closed: Closed) -> None:
        """The goodbye is not waited for either, where the client does not read."""
        if self._socket.application_state is WebSocketState.DISCONNECTED:
            # The client was found to be gone when something was sent to it, as at the end of the server.
            return
        try:
            async with asyncio.timeout(self._streams.pace.send):
                await self._socket.close(closed.code, closed.reason)
        except TimeoutError:
            abort(self._socket.scope)

    # ---------- what the client says ----------

    async def _hear(self) -> None:
        ends = asyncio.get_running_loop().time() + self._streams.pace.init
        while True:
            try:
                async with asyncio.timeout_at(ends if self._given is None else None):
                    message = await self._socket.receive()
            except TimeoutError:
                raise Closed(4408, "Connection initialisation timeout") from None
            if message["type"] == "websocket.disconnect":
                return
            await self._heed(_read(message))

    async def _heed(self, said: dict[str, Any]) -> None:
        payload = said.get("payload")
        match said.get("type"):
            case "connection_init":
                await self._init(payload)
            case "ping":
                await self._say({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                if self._given is None:
                    raise Closed(4401, "Unauthorized: connection_init comes first.")
                if not isinstance(payload, dict):
                    raise _malformed("The payload of subscribe is an object.")
                await self._subscribe(_id(said), _asked(payload, self._door.trusted))
            case "complete":
                task = self._running.pop(_id(said), None)
                if task is not None:
                    task.cancel()
            case _:
                raise _malformed("The type of a message is one of the protocol.")

    async def _init(self, payload: Any) -> None:
        if self._given is not None:
            raise Closed(4429, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise _malformed("The payload of connection_init is an object.")
        given = [value for name, value in (payload or {}).items() if name.lower() == "authorization"]
        if not all(isinstance(value, str) for value in given):
            raise _malformed("Authorization is a string.")
        given = given or self._socket.headers.getlist("authorization")
        try:
            self._account = (await self._streams.confirmed(given)).actor.account
        except TurnedAway as refusal:
            raise self._refused(refusal) from None
        except Exception as error:
            if not is_connection_lost(error):
                raise
            raise Closed(1013, "The database cannot be reached; try again.") from None
        self._given = given
        await self._say({"type": "connection_ack"})

    async def _subscribe(self, id_: str, asked: Parameters) -> None:
        if id_ in self._running:
            raise Closed(4409, f"Subscriber for {id_} already exists")
        if len(self._running) >= MAX_OPERATIONS:
            self._fair_use.charge_refused(self._socket, self._account)
            message = f"A connection follows {MAX_OPERATIONS} operations at most."
            # Said from here, so that who does not read it is not heard either.
            await self._refuse(id_, ending(TurnedAway(429, message, Code.RATE_LIMITED)))
            return
        task = self._running[id_] = asyncio.create_task(self._follow(id_, asked))
        task.add_done_callback(lambda done: self._over(id_, done))

    def _over(self, id_: str, done: asyncio.Task[None]) -> None:
        if self._running.get(id_) is done:
            del self._running[id_]
        if not done.cancelled() and (error := done.exception()) is not None and not self._closing.done():
            if isinstance(error, WebSocketDisconnect | OSError):
                error = Closed(1001, "")
            if not isinstance(error, Closed):
                log.error("fault", exc_info=error)
                error = Closed(1011, "Something went wrong on our side.")
            self._closing.set_result(error)

    # ---------- what it is told ----------

    async def _follow(self, id_: str, asked: Parameters) -> None:
        """One operation. What is found before it begins is an `error`, and what comes later is in its last `next`."""
        assert self._given is not None  # noqa: S101  checked where it began
        name, began = orjson.dumps(id_).decode(), False

        async def tell(event: Event) -> None:
            nonlocal began
            await self._write(f'{{"id":{name},"type":"next","payload":{event.text}}}')
            began = True

        try:
            operation = self._judged(asked)
            followed = Followed(operation=operation, by=self._socket, given=self._given)
            await (await self._streams.open(followed)).run(tell)
        except Unread:
            raise self._cut_off() from None
        except WebSocketDisconnect:
            # As which Starlette tells that the client is gone; an OSError is the database's, of one that is away.
            raise
        except TurnedAway as refusal:
            if refusal.status == 401:
                raise self._refused(refusal) from None
            await self._end(id_, ending(refusal), began=began)
        except Exception as error:
            await self._end(id_, ending(error), began=began)
        else:
            await self._end(id_)

    def _judged(self, asked: Parameters) -> Executable:
        self._fair_use.greet(self._socket, self._account)
        operation = self._door.judge(self._socket, asked)
        if isinstance(operation, Executable) and operation.streams:
            return operation
        self._fair_use.charge_refused(self._socket, self._account)
        if isinstance(operation, Executable):
            raise TurnedAway(400, "Only subscriptions come over a WebSocket; send queries and mutations by POST.")
        raise Failed(operation)

    async def _end(self, id_: str, errors: Sequence[Shown] = (), *, began: bool = False) -> None:
        if errors and not began:
            await self._refuse(id_, errors)
        else:
            if errors:
                await self._say({"id": id_, "type": "next", "payload": {"errors": list(errors), "data": None}})
            await self._say({"id": id_, "type": "complete"})
        # From here on the client may use the id anew; until then it takes its place.
        self._running.pop(id_, None)

    async def _refuse(self, id_: str, errors: Sequence[Shown]) -> None:
        await self._say({"id": id_, "type": "error", "payload": list(errors)})

    def _refused(self, refusal: TurnedAway) -> Closed:
        if refusal.status != 401:
            return Closed(1013, refusal.message)
        try:
            self._fair_use.charge_stranger(self._socket)
        except TurnedAway as too_much:
            return Closed(4403, too_much.message)
        log.info("credential.refused", code=refusal.code, check=refusal.check)
        return Closed(4403, f"Forbidden: {refusal.message}")

    def _cut_off(self) -> Closed:
        abort(self._socket.scope)
        return Closed(1013, "The client does not read.")

    async def _say(self, message: dict[str, Any]) -> None:
        try:
            # As long as for an event, and that it came too late.
            async with asyncio.timeout(self._streams.pace.send + self._streams.pace.linger):
                await self._write(orjson.dumps(message).decode())
        except TimeoutError:
            raise self._cut_off() from None

    async def _write(self, text: str) -> None:
        await self._socket.send({"type": "websocket.send", "text": text})


def _read(message: Message) -> dict[str, Any]:
    text = message.get("text")
    if text is None:
        raise _malformed("Messages are text.")
    try:
        said = loads(text.encode(), "A message")
    except TurnedAway as refusal:
        raise _malformed(refusal.message) from None
    if not isinstance(said, dict):
        raise _malformed("A message is an object.")
    return said


def _id(said: dict[str, Any]) -> str:
    id_ = said.get("id")
    if not isinstance(id_, str) or not 0 < len(id_) <= MAX_ID or not id_.isprintable():
        raise _malformed(f"The id of an operation is a string of 1 to {MAX_ID} characters.")
    return id_


def _asked(payload: dict[str, Any], trusted: TrustedDocuments) -> Parameters:
    try:
        return asked_by(payload, trusted)
    except TurnedAway as refusal:
        raise _malformed(refusal.message) from None


def _malformed(message: str) -> Closed:
    return Closed(4400, f"Invalid message: {message}")


async def _deny(socket: WebSocket, refusal: TurnedAway) -> None:
    """Before there is a WebSocket, HTTP refuses."""
    content = orjson.dumps({"errors": ending(refusal)})
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    headers += [(name.lower().encode(), value.encode()) for name, value in (refusal.headers or {}).items()]
    await socket.send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await socket.send({"type": "websocket.http.response.body", "body": content})
