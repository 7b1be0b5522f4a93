"""The load: a client in a process of its own, so that its work is not counted as the server's."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvloop

_GRACE = 60
"""Seconds for the answers that are still under way when the time is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    requests: int
    seconds: float
    p50: float
    """Milliseconds."""
    p95: float
    p99: float


def write(
    path: Path, bodies: Sequence[bytes], answers: Sequence[bytes] | None, headers: Mapping[str, str] | None = None
) -> None:
    """What is asked in turn, and the one right answer to each; without answers, any that has no errors is."""
    asked = [body.decode() for body in bodies]
    right = None if answers is None else [answer.decode() for answer in answers]
    path.write_bytes(orjson.dumps({"bodies": asked, "answers": right, "headers": headers or {}}))


def run(url: str, asked: Path, *, seconds: float, connections: int) -> Figures:
    """Ask on several connections, on each as soon as it has its answer."""
    command = [sys.executable, "-m", "tests.bench.load", url, str(asked), str(seconds), str(connections)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds + 2 * _GRACE)
    if done.returncode != 0:
        raise RuntimeError(f"The load on {url} failed:\n{done.stderr}")
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


class _Run:
    """One load: what is sent, what must come back, and how long each answer took."""

    def __init__(self, url: str, asked: Any, seconds: float, connections: int) -> None:
        parts = urlsplit(url)
        given = "".join(f"{name}: {value}\r\n" for name, value in asked["headers"].items())
        bodies = [body.encode() for body in asked["bodies"]]
        requests = [
            b"POST %b?%b HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%b"
            % (parts.path.encode(), parts.query.encode(), parts.netloc.encode(), given.encode(), len(body), body)
            for body in bodies
        ]
        answers = [None] * len(bodies) if asked["answers"] is None else [each.encode() for each in asked["answers"]]
        self.asked = cycle(zip(requests, answers, strict=True))
        self.connections = connections
        self.place = (parts.hostname or "", parts.port or 80)
        self.ends = perf_counter() + seconds
        self.took: list[float] = []

    async def all(self) -> Figures:
        loop = asyncio.get_running_loop()
        began = perf_counter()
        connections = [_Connection(self, loop.create_future()) for _ in range(self.connections)]
        async with asyncio.timeout(self.ends - began + _GRACE):
            for each in connections:
                await loop.create_connection(each.itself, *self.place)
            await asyncio.gather(*(each.done for each in connections))
        cuts = quantiles(self.took, n=100, method="inclusive") if len(self.took) > 1 else self.took * 99
        p50, p95, p99 = (cuts[percent - 1] * 1000 for percent in (50, 95, 99))
        return Figures(requests=len(self.took), seconds=perf_counter() - began, p50=p50, p95=p95, p99=p99)


class _Connection(asyncio.Protocol):
    """Asks, waits for the whole answer, and asks again until the time is up."""

    def __init__(self, run: _Run, done: asyncio.Future[None]) -> None:
        self.done = done
        self._run = run
        self._parts: list[bytes] = []
        self._missing = 0
        self._right: bytes | None = None
        self._began = 0.0

    def itself(self) -> _Connection:
        return self

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._parts:
            self._missing -= len(data)
            self._parts.append(data)
        else:
            head, found, body = data.partition(b"\r\n\r\n")
            if not found or not head.startswith(b"HTTP/1.1 200 "):
                self._fail(f"no answer: {data[:400]!r}")
                return
            length = head[head.lower().index(b"content-length:") + 15 :].partition(b"\r\n")[0]
            self._missing = int(length) - len(body)
            self._parts.append(body)
        if self._missing == 0:
            self._answered(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))

    def _answered(self, body: bytes) -> None:
        now = perf_counter()
        self._run.took.append(now - self._began)
        if body != self._right and (self._right is not None or _is_refused(body)):
            self._fail(f"another answer than the first: {body[:400]!r}")
        elif now < self._run.ends:
            self._ask()
        else:
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._fail(f"the connection was lost; so far came {b''.join(self._parts)[:400]!r}")

    def _ask(self) -> None:
        self._parts = []
        request, self._right = next(self._run.asked)
        self._began = perf_counter()
        self._transport.write(request)

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))
        self._transport.close()


def _is_refused(body: bytes) -> bool:
    return b'"errors"' in body or b'"message"' in body


def main(url: str, asked: str, seconds: str, connections: str) -> None:
    load = _Run(url, orjson.loads(Path(asked).read_bytes()), float(seconds), int(connections))
    sys.stdout.write(json.dumps(asdict(uvloop.run(load.all()))) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
