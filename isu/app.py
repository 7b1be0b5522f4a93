"""Where everything meets: routes, the database, and what each request is given."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime
from functools import partial
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from db.engine import STATEMENT_SECONDS, Database
from isu import acknowledge, graphiql, plain
from isu.again import Again
from isu.auth import Callers, Found
from isu.clock import now_in_utc, today_in_utc
from isu.door import Door
from isu.fair_use import FairUse
from isu.files import Files
from isu.front import Front
from isu.operation import OPERATION_SECONDS
from isu.permalink import Permalink
from isu.plans import Plans
from isu.revision import newest_revision, revision_of
from isu.settings import Settings, export_store, file_spool, file_store
from isu.streams import Pace, Streams
from isu.web_socket import WebSockets
from isu.worker import working
from mandate.actor import Actor
from resolvers.context import Context, Operation
from resolvers.error import is_connection_lost
from schema import api
from schema.file import PATH
from schema.trusted import trusted

log = structlog.get_logger()


def create_app(
    settings: Settings,
    *,
    today: Callable[[], date] = today_in_utc,
    now: Callable[[], datetime] = now_in_utc,
    clock: Callable[[], float] = time.monotonic,
    statement_seconds: float = STATEMENT_SECONDS,
    operation_seconds: float = OPERATION_SECONDS,
    delivers: bool = True,
    pace: Pace | None = None,
) -> Starlette:
    """`delivers`: unless ISU_WORKER is off, the outbox is emptied and webhooks are told from here."""
    database = Database(settings.database_url, statement_seconds=statement_seconds)
    fair_use = FairUse(proxies=settings.trusted_proxies, enforced=settings.rate_limit != "off", clock=clock, now=now)
    callers = Callers(database, settings, now, clock)
    store, exports = file_store(settings), export_store(settings)
    documents = trusted(api, settings.documents, only=settings.trusted_documents_only)
    streams = Streams(api, database, callers, fair_use, today, pace=pace, operation_seconds=operation_seconds)

    async def identify(request: Request) -> Actor:
        request.state.day = day = today()
        request.state.found = found = await callers.identify(request, day)
        return found.actor

    @asynccontextmanager
    async def open_context(request: Request) -> AsyncIterator[Context]:
        found: Found = request.state.found
        operation = Operation(id=request.state.request_id, writes=request.state.operation == "mutation")
        confirm = partial(callers.confirm, found, request.state.day)
        context = Context(
            database,
            request.state.day,
            found.actor,
            operation,
            confirm=confirm,
            local_webhooks=settings.webhook_http,
            trusted=documents,
        )
        try:
            async with context:
                yield context
        finally:
            if found.key is not None:
                callers.note(found.key)

    async def ready(_request: Request) -> Response:
        """Whether this process can answer: the database is there, at the revision of this code.

        Also where the database is full: what is there is still read, and other processes have no more room.
        """
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
        async with AsyncExitStack() as works:
            if delivers and settings.worker == "on":
                await works.enter_async_context(working(database, settings, exports, documents, now=now, today=today))
            yield
        await callers.close()
        await store.close()
        await exports.close()
        await database.close()

    def page(request: Request) -> Response:
        # GraphiQL begins by asking for the schema, which is no trusted document.
        return RedirectResponse("/q") if documents.only else graphiql.page(request)

    plans = Plans(api, database) if settings.planner == "on" else None
    door = Door(api, open_context, page, identify, fair_use, operation_seconds, streams, documents, plans)
    middleware = [Middleware(CORSMiddleware, **_cors(settings))] if settings.cors_origins else []
    if plans is not None:
        again = Again() if settings.kept_answers == "on" else None
        front = partial(Front, door=door, callers=callers, plans=plans, again=again, today=today)
        middleware.append(Middleware(front, seconds=operation_seconds))
    app = Starlette(
        routes=[
            Route("/", lambda _request: RedirectResponse("/graphql")),
            Route("/graphql", door),
            WebSocketRoute("/graphql", WebSockets(door, streams, fair_use)),
            Route(
                "/decisions/{meeting}/{number:path}",
                Permalink(api, open_context, graphiql.page, identify, fair_use, operation_seconds, plans=plans),
            ),
            Route(
                f"{PATH}/{{key:path}}",
                Files(store, exports, file_spool(settings), settings.file_max_bytes, open_context, identify, fair_use),
            ),
            *plain.routes(
                api,
                open_context=open_context,
                identify=identify,
                fair_use=fair_use,
                documents=documents,
                url=settings.own_url,
                operation_seconds=operation_seconds,
                plans=plans,
            ),
            Route("/health/live", lambda _request: _health(200, "alive")),
            Route("/health/ready", ready),
            acknowledge.route(database),
            *graphiql.routes,
        ],
        middleware=middleware,
        lifespan=lifespan,
    )
    app.state.database = database
    app.state.streams = streams
    app.state.plans = plans
    return app


def _cors(settings: Settings) -> dict[str, Any]:
    return {
        "allow_origins": settings.cors_origins,
        "allow_methods": ["GET", "POST", "PUT"],
        "allow_headers": [
            *("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "Range"),
        ],
        "expose_headers": ["X-Request-Id", "Retry-After", "ETag", "Link", "Content-Disposition", "Content-Range"],
    }


def _health(status: int, text: str) -> Response:
    return JSONResponse({"status": text}, status, {"Cache-Control": "no-store"})
