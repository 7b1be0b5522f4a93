"""Where everything meets: routes, the database, and what each request is given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from db.engine import STATEMENT_SECONDS, Database
from isu import acknowledge, export_worker, graphiql
from isu.auth import Callers, Found
from isu.door import Door
from isu.fair_use import FairUse
from isu.files import Files
from isu.migrate import newest_revision, revision_of
from isu.operation import OPERATION_SECONDS
from isu.outbox import Worker
from isu.permalink import Permalink
from isu.settings import Settings, export_store, file_spool, file_store
from mandate.actor import Actor
from resolvers.context import Context, Operation
from resolvers.error import is_connection_lost
from schema import api
from schema.file import PATH

log = structlog.get_logger()


def today_in_utc() -> date:
    return datetime.now(UTC).date()


def now_in_utc() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    today: Callable[[], date] = today_in_utc,
    now: Callable[[], datetime] = now_in_utc,
    clock: Callable[[], float] = time.monotonic,
    statement_seconds: float = STATEMENT_SECONDS,
    operation_seconds: float = OPERATION_SECONDS,
    delivers: bool = True,
) -> Starlette:
    database = Database(settings.database_url, statement_seconds=statement_seconds)
    fair_use = FairUse(proxies=settings.trusted_proxies, enforced=settings.rate_limit != "off", clock=clock, now=now)
    callers = Callers(database, settings, now, clock)
    store, exports = file_store(settings), export_store(settings)

    async def identify(request: Request) -> Actor:
        request.state.day = day = today()
        request.state.found = found = await callers.identify(request, day)
        return found.actor

    @asynccontextmanager
    async def open_context(request: Request) -> AsyncIterator[Context]:
        found: Found = request.state.found
        operation = Operation(id=request.state.request_id, writes=request.state.operation == "mutation")
        confirm = partial(callers.confirm, found)
        context = Context(database, request.state.day, found.actor, operation, confirm=confirm)
        async with callers.noting(found), context:
            yield context

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
        worker = Worker(database, settings)
        exporter = export_worker.Worker(database, exports, file_spool(settings), today)
        delivering = asyncio.create_task(worker.run()) if delivers else None
        exporting = asyncio.create_task(exporter.run()) if delivers else None
        yield
        if delivering is not None:
            await worker.stop(delivering)
        if exporting is not None:
            await exporter.stop(exporting)
        await callers.close()
        await store.close()
        await exports.close()
        await database.close()

    app = Starlette(
        routes=[
            Route("/", lambda _request: RedirectResponse("/graphql")),
            Route("/graphql", Door(api, open_context, graphiql.page, identify, fair_use, operation_seconds)),
            Route(
                "/decisions/{meeting}/{number:path}",
                Permalink(api, open_context, graphiql.page, identify, fair_use, operation_seconds),
            ),
            Route(
                f"{PATH}/{{key:path}}",
                Files(store, exports, file_spool(settings), settings.file_max_bytes, open_context, identify, fair_use),
            ),
            Route("/health/live", lambda _request: _health(200, "alive")),
            Route("/health/ready", ready),
            acknowledge.route(database),
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
        "allow_methods": ["GET", "POST", "PUT"],
        "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key", "Range"],
        "expose_headers": ["X-Request-Id", "Retry-After", "ETag", "Content-Disposition", "Content-Range"],
    }


def _health(status: int, text: str) -> Response:
    return JSONResponse({"status": text}, status, {"Cache-Control": "no-store"})
