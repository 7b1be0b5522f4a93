"""Subscriptions as text/event-stream: GraphQL over SSE, a connection for each operation."""

from __future__ import annotations

import asyncio

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from isu.readings import Event
from isu.server import abort
from isu.streams import Stream, Unread, ending

EVENT_STREAM = "text/event-stream"
_COMPLETE = b"event: complete\ndata: \n\n"


class EventStream(Response):
    """Until the stream ends, or the client does."""

    def __init__(self, stream: Stream) -> None:
        self.status_code = 200
        self.background = None
        self._stream = stream
        # nginx would else keep events back until its buffer is full.
        self.init_headers({"Content-Type": f"{EVENT_STREAM}; charset=utf-8", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        running = asyncio.create_task(self._run(scope, send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (running, leaving):
                task.cancel()
            await asyncio.wait({running, leaving})
        if not running.cancelled():
            running.result()

    async def _run(self, scope: Scope, send: Send) -> None:
        async def write(body: bytes, *, more: bool = True) -> None:
            try:
                await send({"type": "http.response.body", "body": body, "more_body": more})
            except OSError:
                # So a server may say that the client is gone. Of a database that is away they tell likewise.
                raise ClientDisconnect from None

        async def tell(event: Event) -> None:
            # As the id of the event, the place comes back where a browser connects again.
            await write(b"event: next\nid: %b\ndata: %b\n\n" % (event.cursor.encode(), event.encoded))

        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            # So that the client, and whatever stands between, sees at once that there is a stream.
            await write(b":\n\n")
            await self._stream.run(tell)
        except Unread:
            abort(scope)
            return
        except ClientDisconnect:
            return
        except Exception as error:
            await write(framed(orjson.dumps({"errors": ending(error)})), more=False)
            return
        await write(_COMPLETE, more=False)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def framed(body: bytes) -> bytes:
    """One answer, and nothing after it."""
    return b"event: next\ndata: " + body + b"\n\n" + _COMPLETE
