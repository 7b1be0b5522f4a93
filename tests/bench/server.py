"""The servers, each in a process of its own: `isu serve` as it is set, and what it is compared with."""

from __future__ import annotations

import asyncio
import os
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

from isu.processes import usual
from tests.postgres import own_port

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
    learns: int = 0
    """How often it is asked the same before it answers by what it has learned of it."""
    acts: bool = False
    """Whether acts are measured on it."""
    processes: int = 1
    """How many serve."""

    def url(self, slug: str) -> str:
        """Where a query is asked: those that parse none know their answers by it, the others do not look."""
        return f"{self.address}?{slug}"

    def ask(self, slug: str, body: bytes) -> bytes:
        request = Request(self.url(slug), body, {"Content-Type": "application/json"})  # noqa: S310  our own http://
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content

    def cpu(self) -> tuple[float, float]:
        """Seconds of processor time so far: of the server, and of PostgreSQL for it."""
        return _seconds(self.process), _seconds(self.postgres) if self.postgres else 0.0

    def memory(self) -> tuple[int, int]:
        """Of the process that answers, or of the largest of several; and of all, what they share counted once."""
        found = [each.memory_full_info() for each in (self.process, *self.process.children())]
        return max(each.rss for each in found), sum(getattr(each, "pss", each.rss) for each in found)


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
def app(name: str, database_url: str, *, kept: bool = False, processes: int | None = None) -> Iterator[Server]:
    """The real one, with limits of fair use off, and nothing going on beside what is asked; of as many processes as
    are usual, where no number is given."""
    number = processes or usual(database_url)
    environment = {
        "ISU_DATABASE_URL": database_url,
        "ISU_RATE_LIMIT": "off",
        "ISU_WORKER": "off",
        "ISU_PLANNER": "on",
        "ISU_PROCESSES": str(number),
        "ISU_KEPT_ANSWERS": "on" if kept else "off",
    }
    with own_port() as port, _process(["isu", "serve", "--port", str(port)], environment, port) as process:
        yield Server(
            name=name,
            address=f"http://127.0.0.1:{port}/graphql",
            process=process,
            postgres=_postgres(database_url),
            # Who is asked by chance may be the same each time.
            learns=2 if number == 1 else 8 * number,
            acts=not kept,
            processes=number,
        )


@contextmanager
def plain_strawberry(database_url: str) -> Iterator[Server]:
    """Our schema as Strawberry serves it: by its own view, without anything of ours before it."""
    words = ["tests.bench.plain_strawberry", database_url]
    with own_port() as port, _process([*words, str(port)], {}, port) as process:
        yield Server(
            name="strawberry",
            # With the slash at its end, without which it answers by telling where that is.
            address=f"http://127.0.0.1:{port}/graphql/",
            process=process,
            postgres=_postgres(database_url),
        )


@contextmanager
def limit(database_url: str, tails: Path) -> Iterator[Server]:
    """One statement written by hand for each query; a `.tail` is what follows the data in its answers."""
    with own_port() as port, _process(["tests.bench.limit", database_url, str(tails), str(port)], {}, port) as process:
        yield Server(
            name="sql",
            address=f"http://127.0.0.1:{port}/",
            process=process,
            postgres=_postgres(database_url),
            acts=True,
        )


@contextmanager
def plain_stream() -> Iterator[Server]:
    """Subscriptions by Strawberry's own handler."""
    with own_port() as port, _process(["tests.bench.plain_stream", str(port)], {}, port) as process:
        yield Server(name="strawberry", address=f"http://127.0.0.1:{port}/graphql", process=process)


@contextmanager
def fixed(answers: Path) -> Iterator[Server]:
    """The bytes of the files that end in `.answer`."""
    with own_port() as port, _process(["tests.bench.plain", str(answers), str(port)], {}, port) as process:
        yield Server(name="fixed", address=f"http://127.0.0.1:{port}/", process=process)


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


def _postgres(database_url: str) -> psutil.Process | None:
    return asyncio.run(_postmaster(database_url)) if database_url.startswith("postgresql:") else None


async def _postmaster(database_url: str) -> psutil.Process:
    """Every connection has a process of its own, whose parent is the server."""
    connection = await asyncpg.connect(database_url)
    try:
        return psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
    finally:
        await connection.close()
