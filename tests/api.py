"""The API as a client sees it, in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from typing import Any

import httpx2
from sqlalchemy import event
from starlette.applications import Starlette

from db.driver import Rendered
from db.engine import Database
from isu.app import create_app
from isu.settings import Settings

TODAY = date(2026, 1, 15)
"""The newest pages behind the data are of this month."""

UNHURRIED = {"statement_seconds": 120.0, "operation_seconds": 240.0}
"""Those of bounds set their own; on a machine that is busy enough, all others could exceed those that we serve with."""


class Api:
    """`await api(query, **variables)` is the data; an error fails the test."""

    def __init__(self, app: Starlette, http: httpx2.AsyncClient, token: str = "") -> None:
        self.app = app
        self.database: Database = app.state.database
        self.http = http
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def as_(self, token: str) -> Api:
        """The same server, called with a key of `tests.make.key_for`."""
        return Api(self.app, self.http, token)

    async def __call__(self, query: str, **variables: Any) -> Any:
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def answer(self, query: str, **variables: Any) -> Any:
        asked = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=asked, headers=self._headers)
        return response.json()

    async def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error that is expected."""
        (error,) = (await self.answer(query, **variables))["errors"]
        found: dict[str, Any] = error
        return found

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """What is sent to the database within the block."""
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA")):
                sent.append(statement)

        def planned(statement: Rendered) -> None:
            sent.append(statement.text)

        engine = self.database.reader.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        self.database.driver.watch = planned
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)
            self.database.driver.watch = None


@asynccontextmanager
async def serving(
    database_url: str, *, settings: Mapping[str, Any] | None = None, today: date = TODAY, **options: Any
) -> AsyncIterator[Api]:
    # A test may ask more than a minute grants; those of fair use switch it on. And it counts statements of its own.
    given, options = {"rate_limit": "off", **(settings or {})}, {"delivers": False, **UNHURRIED, **options}
    app = create_app(Settings(database_url=database_url, **given), today=lambda: today, **options)
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://isu") as http,
    ):
        yield Api(app, http)
