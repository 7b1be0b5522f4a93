"""Where everything meets: routes, the database, and what each request is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from db.engine import Database
from isu import graphiql
from isu.door import Door
from isu.migrate import newest_revision, revision_of
from isu.settings import Settings
from resolvers.context import Context
from resolvers.error import is_connection_lost
from schema import api

log = structlog.get_logger()


def today_in_utc() -> date:
    return datetime.now(UTC).date()


def create_app(settings: Settings, *, today: Callable[[], date] = today_in_utc) -> Starlette:
    database = Database(settings.database_url)

    def open_context(_request: Request) -> Context:
        return Context(database, today())

    async def ready(_request: Request) -> Response:
        """Whether this process can answer: the database is there, at the revision of this code."""
        try:
            revision = await revision_of(database)
        except Exception as error:
            if not is_connection_lost(error):
                log.exception("health.ready failed")
            return _health(503, "the database cannot be reached")
        if revision != newest_revision():
            return _health(503, f"the database is at revision {revision}, not {newest_revision()}")
        return _health(200, "ready")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    app = Starlette(
        routes=[
            Route("/", lambda _request: RedirectResponse("/graphql")),
            Route("/graphql", Door(api, open_context, graphiql.page)),
            Route("/health/live", lambda _request: _health(200, "alive")),
            Route("/health/ready", ready),
            *graphiql.routes,
        ],
        middleware=[Middleware(CORSMiddleware, **_cors(settings))] if settings.cors_origins else [],
        lifespan=lifespan,
    )
    app.state.database = database
    return app


def _cors(settings: Settings) -> dict[str, Any]:
    return {
        "allow_origins": settings.cors_origins,
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key"],
        "expose_headers": ["X-Request-Id", "Retry-After"],
    }


def _health(status: int, text: str) -> Response:
    return JSONResponse({"status": text}, status, {"Cache-Control": "no-store"})
