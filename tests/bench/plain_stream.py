"""A subscription as Strawberry serves it: one execution for each subscriber, over a document and a payload like ours.

It reads no database: what it tells comes with the request that makes an event.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

from tests.bench.plain import run


@strawberry.type
class LocalizedText:
    original: str


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Document(Node):
    title: LocalizedText
    symbol: str | None


@strawberry.type
class Change:
    cursor: str
    kind: str
    subject_id: strawberry.ID
    node: Node | None


@strawberry.type
class Heartbeat:
    cursor: str


@strawberry.type
class Query:
    alive: bool = True


_followers: set[asyncio.Queue[Change]] = set()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def changes(self) -> AsyncGenerator[Annotated[Change | Heartbeat, strawberry.union("Event")], None]:
        queue: asyncio.Queue[Change] = asyncio.Queue()
        _followers.add(queue)
        try:
            yield Heartbeat(cursor="0")
            while True:
                yield await queue.get()
        finally:
            _followers.discard(queue)


async def happen(request: Request) -> Response:
    """Everybody is told of a document of this id."""
    id_ = strawberry.ID(orjson.loads(await request.body())["id"])
    document = Document(id=id_, title=LocalizedText(original="en"), symbol=None)
    for queue in _followers:
        queue.put_nowait(Change(cursor="1", kind="CREATED", subject_id=id_, node=document))
    return Response(b"{}", media_type="application/json")


def app() -> Starlette:
    schema = strawberry.Schema(Query, subscription=Subscription, types=[Document])
    served: Any = GraphQL(schema)
    return Starlette(
        routes=[
            Route("/health/live", lambda _request: Response()),
            Route("/event", happen, methods=["POST"]),
            WebSocketRoute("/graphql", served),
        ]
    )


if __name__ == "__main__":
    run(app(), int(sys.argv[1]))
