"""The audits of GraphQL over HTTP, as the specification's authors wrote them, against a real server."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from isu.door import Door

AUDIT = Path(__file__).parent / "audit"
AUDITS = 61
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def greet(self, name: str) -> str:
        return name


@pytest.fixture
def app() -> ASGIApp:
    @asynccontextmanager
    async def nothing(_request: Request) -> AsyncIterator[None]:
        yield None

    schema = strawberry.Schema(query=Query, mutation=Mutation)
    door = Door(schema, nothing, lambda _request: HTMLResponse("<!doctype html>"))
    return Starlette(routes=[Route("/graphql", door)])


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of a server that runs in a thread for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 30
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                assert time.monotonic() < deadline, "the server took too long to start"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=30)


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """The audit suite, installed from its lock file."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"Not checked: the {AUDITS} audits of GraphQL over HTTP, which need Node and npm.")
    for name in ("package.json", "package-lock.json", "audit.mjs"):
        shutil.copy(AUDIT / name, tmp_path)
    installed = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
    )
    if installed.returncode and any(code in installed.stderr for code in UNREACHABLE):
        pytest.skip(f"Not checked: the {AUDITS} audits of GraphQL over HTTP; npm cannot reach its packages.")
    assert installed.returncode == 0, installed.stderr
    return tmp_path / "audit.mjs"


def test_the_server_passes_every_audit_of_graphql_over_http(app: ASGIApp, audit: Path) -> None:
    with serving(app) as address:
        ran = subprocess.run(
            ["node", audit, f"{address}/graphql"],
            cwd=audit.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert ran.returncode == 0, ran.stderr
    outcomes = json.loads(ran.stdout)
    assert [outcome for outcome in outcomes if outcome["status"] != "ok"] == []
    assert len(outcomes) == AUDITS
