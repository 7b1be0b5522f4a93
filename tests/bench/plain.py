"""A route of fixed bytes: what HTTP costs, whatever is answered."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp


def app(folder: Path) -> Starlette:
    answers = {file.stem: file.read_bytes() for file in folder.glob("*.answer")}

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(answers[request.url.query], media_type="application/json")

    return Starlette(routes=[Route("/", answer, methods=["POST"]), Route("/health/live", lambda _request: Response())])


def run(app: ASGIApp, port: int) -> None:
    """As `isu serve` runs: uvloop, and httptools."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    run(app(Path(sys.argv[1])), int(sys.argv[2]))
