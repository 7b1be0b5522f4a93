"""Our schema as Strawberry serves it, by its own view: parsed, validated, and executed field by field each time."""

from __future__ import annotations

import sys
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.asgi import GraphQL

from db.engine import Database
from resolvers.context import Context
from schema import api
from tests.bench.plain import run
from tests.bench.register import TODAY


class _View(GraphQL[Any, Any]):
    async def get_context(self, request: Any, response: Any) -> Any:
        return request.state.context


def app(database_url: str) -> Starlette:
    database, view = Database(database_url), _View(api)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        """What resolvers are given lasts as long as the request."""
        async with Context(database, TODAY) as context:
            Request(scope).state.context = context
            await view(scope, receive, send)

    served: ASGIApp = answer
    return Starlette(routes=[Route("/health/live", lambda _request: Response()), Mount("/graphql", served)])


if __name__ == "__main__":
    run(app(sys.argv[1]), int(sys.argv[2]))
