"""The servers, each in a process of its own: `isu serve` as it is, and a bare route as the floor under it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import asyncpg
import psutil  # type: ignore[import-untyped]
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import Response
from starlette.routing import Route

ROOT = Path(__file__).parents[2]
_START_SECONDS = 30
_STOP_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that runs, and the processes whose work is its own."""

    name: str
    address: str
    process: psutil.Process
    postgres: psutil.Process | None = None

    def url(self, slug: str) -> str:
        """Where a query is asked: the bare server knows its answers by it, the others do not look."""
        return f"{self.address}?{slug}"

    def ask(self, slug: str, body: bytes) -> bytes:
        request = Request(self.url(slug), body, {"Content-Type": "application/json"})  # noqa: S310  our own http://
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content

    def cpu(self) -> tuple[float, float]:
        """Seconds of processor time so far: of the server, and of PostgreSQL for it."""
        return _seconds(self.process), _seconds(self.postgres) if self.postgres else 0.0

    def memory(self) -> int:
        resident: int = self.process.memory_info().rss
        return resident


def _seconds(process: psutil.Process) -> float:
    """With its children, those that have ended too."""
    total = 0.0
    for each in (process, *process.children()):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    times = process.cpu_times()
    return total + float(times.children_user + times.children_system)


@contextmanager
def app(name: str, database_url: str, planner: str = "off") -> Iterator[Server]:
    """The real one, with limits of fair use off."""
    port = _free_port()
    postgres = asyncio.run(_postmaster(database_url)) if database_url.startswith("postgresql:") else None
    environment = {"ISU_DATABASE_URL": database_url, "ISU_RATE_LIMIT": "off", "ISU_PLANNER": planner}
    with _process(["isu", "serve", "--port", str(port)], environment, port) as process:
        yield Server(name=name, address=f"http://127.0.0.1:{port}/graphql", process=process, postgres=postgres)


@contextmanager
def bare(name: str, answers: Path) -> Iterator[Server]:
    port = _free_port()
    with _process(["tests.bench.server", str(answers), str(port)], {}, port) as process:
        yield Server(name=name, address=f"http://127.0.0.1:{port}/", process=process)


@contextmanager
def _process(module: list[str], environment: Mapping[str, str], port: int) -> Iterator[psutil.Process]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ISU_")}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            if not _answers(port, process):
                log.seek(0)
                raise RuntimeError(f"{module[0]} did not start:\n{log.read().decode(errors='replace')}")
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5):
            return True
        time.sleep(0.02)
    return False


async def _postmaster(database_url: str) -> psutil.Process:
    """Every connection has a process of its own, whose parent is the server."""
    connection = await asyncpg.connect(database_url)
    try:
        return psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
    finally:
        await connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(folder: str, port: str) -> None:
    """Read the request, and give the bytes that are known beforehand."""
    answers = {file.stem: file.read_bytes() for file in Path(folder).glob("*.answer")}

    async def answer(request: Asked) -> Response:
        await request.body()
        return Response(answers[request.url.query], media_type="application/json")

    routes = [
        Route("/", answer, methods=["POST"]),
        Route("/health/live", lambda _request: Response()),
    ]
    uvicorn.run(
        Starlette(routes=routes),
        host="127.0.0.1",
        port=int(port),
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
