"""The load: a client in a process of its own, so that its work is not counted as the server's.

`wrk` where it is installed, for it takes the least of a shared machine; else a small client of ours.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import uvloop

_GRACE = 60
"""Seconds for the answers that are still under way when the time is up."""

_SCRIPT = """
local file = io.open({body}, "rb")
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "application/json"
file:close()
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{{"requests": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f, ' ..
    '"left": %d, "failures": %d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3,
    {connections}, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    requests: int
    seconds: float
    p50: float
    """Milliseconds."""
    p95: float
    p99: float
    left: int = 0
    """Under way when the time was up: the server still finishes them."""
    failures: int = 0


def program(seconds: float) -> str:
    """Which client makes the load: wrk counts in whole seconds."""
    return "wrk" if shutil.which("wrk") and seconds == int(seconds) else "tests.bench.load"


def run(url: str, body: Path, answer: Path, *, seconds: float, connections: int) -> Figures:
    """Ask the same again and again, on several connections, each as soon as it has its answer."""
    if program(seconds) == "wrk":
        script = body.with_suffix(".lua")
        script.write_text(_SCRIPT.format(body=json.dumps(str(body)), connections=connections))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", f"--timeout={_GRACE}s", f"-s{script}", url]
    else:
        command = [sys.executable, "-m", "tests.bench.load", url, str(body), str(answer)]
        command += [str(seconds), str(connections)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds + 2 * _GRACE)
    if done.returncode != 0:
        raise RuntimeError(f"The load on {url} failed:\n{done.stderr}")
    figures = Figures(**json.loads(done.stdout.splitlines()[-1]))
    if figures.failures or not figures.requests:
        raise RuntimeError(f"{url} gave {figures.requests} answers and failed {figures.failures} times.")
    return figures


class _Run:
    """One load: what is sent, what must come back, and how long each answer took."""

    def __init__(self, url: str, body: bytes, answer: bytes, seconds: float, connections: int) -> None:
        parts = urlsplit(url)
        head = (
            f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.request = head.encode() + body
        self.answer = answer
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
        self._answer = b""
        self._began = 0.0

    def itself(self) -> _Connection:
        return self

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 200 ") or not self._run.answer.startswith(body):
            self._fail(f"another answer than the first: {head[:40]!r} {body[:200]!r}")
        elif len(body) == len(self._run.answer):
            now = perf_counter()
            self._run.took.append(now - self._began)
            if now < self._run.ends:
                self._ask()
            else:
                self.done.set_result(None)
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._fail(f"the connection was lost; so far came {self._answer[:400]!r}")

    def _ask(self) -> None:
        self._answer = b""
        self._began = perf_counter()
        self._transport.write(self._run.request)

    def _fail(self, why: str) -> None:
        self.done.set_exception(RuntimeError(why))
        self._transport.close()


def main(url: str, body: str, answer: str, seconds: str, connections: str) -> None:
    load = _Run(url, Path(body).read_bytes(), Path(answer).read_bytes(), float(seconds), int(connections))
    sys.stdout.write(json.dumps(asdict(uvloop.run(load.all()))) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
