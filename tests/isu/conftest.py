"""The whole application, over the register."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import structlog
from httpx2 import create_ssl_context
from starlette.applications import Starlette

from isu.app import create_app
from isu.settings import Settings
from tests.api import TODAY
from tests.conftest import Templates


@pytest.fixture(scope="module")
def register_app(templates_of: Callable[[str], Templates]) -> Starlette:
    """On SQLite alone: what these tests are about does not reach the database."""
    return create_app(Settings(database_url=templates_of("sqlite").shared_register), today=lambda: TODAY)


class Hurried:
    """What uvicorn knows as `asyncio`: it looks by tenths of a second whether it is to stop, and pauses as it does."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


@pytest.fixture(scope="package", autouse=True)
def nothing_beside_the_point_takes_long() -> Iterator[None]:
    """A client reads all the authorities that there are, though nothing is encrypted; a server that stops is slow to
    see it; and a fault is logged with the values of all its frames, in colours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx2._transports.default.create_ssl_context", cache(create_ssl_context))
        patch.setattr("uvicorn.server.asyncio", Hurried())
        plain = structlog.dev.plain_traceback
        patch.setattr(structlog.dev.RichTracebackFormatter, "__call__", lambda _, *given: plain(*given))
        yield
