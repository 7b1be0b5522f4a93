"""`make bench`: what a query costs, beside a bare route that returns the same bytes.

Servers take turns within a round, and the next round takes them in the other order: on a machine that others use
too, only what was measured side by side can be compared.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import orjson
from sqlalchemy import event

from db.driver import Rendered
from isu.app import create_app
from isu.migrate import migrate
from isu.settings import Settings
from tests import postgres
from tests.bench import load, register, server, streams
from tests.bench.query import Query, queries

ENGINES = ("sqlite", "postgresql")
BARE = "bare route"
_FEW, _MANY = 5, 50
_NOT_COUNTED = ("BEGIN", "PRAGMA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A query as it is measured: its request, the one right answer, and the statements behind that."""

    name: str
    body: Path
    answer: Path
    statements: Mapping[str, int]

    @property
    def slug(self) -> str:
        return self.body.stem


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float
    """Milliseconds a request, of the server."""
    postgres_cpu: float


Samples = Mapping[tuple[str, str], Sequence[Sample]]
"""By the names of the query and the server; a sample for each round."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    os.environ["ISU_RATE_LIMIT"] = "off"  # for the app in this process; the servers are told themselves
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped too
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="isu-bench-")))
        databases = {}
        for engine in options.engines:
            url = databases[engine] = stack.enter_context(_database(engine, folder))
            _tell(f"{engine}: building the register …")
            migrate(url)
            rows = asyncio.run(register.build(url, scale=options.scale))
            _tell(f"{engine}: {rows:,} rows")
        if options.streams:
            few = {"many": 20, "idle": 50, "acts": 3} if options.quick else {}
            for engine, url in databases.items():
                with server.app(engine, url) as each:
                    sys.stdout.writelines(f"{engine}: {line}\n" for line in streams.measure(each, url, **few))
            sys.stdout.write(f"{_machine()}\n")
            return
        operations = _operations(databases, folder, options)
        servers = [stack.enter_context(server.bare(BARE, folder))]
        servers += [stack.enter_context(server.app(engine, url, options.planner)) for engine, url in databases.items()]
        samples = _rounds(servers, operations, options)
        sys.stdout.write(_report(servers, operations, samples, options))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench args=…", description="What each query costs.")
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement (default: 2)")
    parser.add_argument("--rounds", type=int, default=3, help="of all servers and queries (default: 3)")
    parser.add_argument("--connections", type=int, default=8, help="that ask at a time (default: 8)")
    parser.add_argument("--only", action="append", metavar="QUERY", help="this query (may be repeated)")
    parser.add_argument("--engine", dest="engines", action="append", choices=ENGINES, help="(may be repeated)")
    parser.add_argument("--scale", type=float, default=1, help="of the register (default: 1)")
    parser.add_argument("--planner", choices=("on", "off"), default="off", help="(default: off)")
    parser.add_argument("--streams", action="store_true", help="streams, instead of queries")
    parser.add_argument("--quick", action="store_true", help="as short as it gets: to try, not to quote")
    options = parser.parse_args(arguments)
    options.engines = options.engines or list(ENGINES)
    if options.quick:
        options.seconds, options.rounds, options.connections = 0.05, 1, 2
    return options


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder}/register.db"
        return
    with postgres.serve() as url:
        yield postgres.Databases(url).create()


# ---------- what is asked, and what is the answer ----------


def _operations(databases: Mapping[str, str], folder: Path, options: argparse.Namespace) -> list[Operation]:
    """Every engine must answer alike, with as many statements for few objects as for many."""
    documents = register.documents(options.scale)
    found = {engine: asyncio.run(_answers(url, documents)) for engine, url in databases.items()}
    operations = []
    for measured in zip(*found.values(), strict=True):
        query, answer, _ = measured[0]
        if options.only and query.name not in options.only:
            continue
        if any(other[1] != answer for other in measured):
            raise RuntimeError(f"{query.name}: the engines answer differently.")
        path = folder / query.name.replace(" ", "-")
        path.with_suffix(".body").write_bytes(query.body)
        path.with_suffix(".answer").write_bytes(answer)
        operations.append(
            Operation(
                name=query.name,
                body=path.with_suffix(".body"),
                answer=path.with_suffix(".answer"),
                statements={engine: count for engine, (_, _, count) in zip(found, measured, strict=True)},
            )
        )
    if not operations:
        names = (query.name for query, _, _ in next(iter(found.values())))
        raise SystemExit(f"There is no such query; there are: {', '.join(names)}.")
    return operations


async def _answers(url: str, documents: int) -> list[tuple[Query, bytes, int]]:
    """Each query with its answer and the number of statements that it takes."""
    app = create_app(Settings(database_url=url, rate_limit="off"))
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(_NOT_COUNTED):
            statements.append(statement)

    def note_planned(statement: Rendered) -> None:
        statements.append(statement.text)

    event.listen(app.state.database.reader.sync_engine, "before_cursor_execute", note)
    app.state.database.driver.watch = note_planned
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://bench") as client:

        async def answer(body: bytes) -> tuple[bytes, int]:
            statements.clear()
            response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
            if response.status_code != 200 or "errors" in response.json():
                raise RuntimeError(f"{body!r} was answered by {response.status_code} {response.text[:1000]}")
            return response.content, len(statements)

        async def ask(text: str, variables: Mapping[str, Any]) -> Any:
            content, _ = await answer(orjson.dumps({"query": text, "variables": variables}))
            return orjson.loads(content)["data"]

        found = []
        for query in await queries(ask, documents):
            content, count = await answer(query.body)
            for size in (_FEW, _MANY) if query.is_sized else ():
                _, of_size = await answer(query.of_size(size).body)
                if of_size != count:
                    raise RuntimeError(f"{query.name}: {count} statements, but {of_size} for {size} objects.")
            found.append((query, content, count))
    await app.state.database.close()
    return found


# ---------- how long it takes ----------


def _rounds(servers: Sequence[server.Server], operations: Sequence[Operation], options: argparse.Namespace) -> Samples:
    for each in servers:
        for operation in operations:  # statements are compiled, and the answer is that of the process beside us
            _check(each, operation)
    samples: defaultdict[tuple[str, str], list[Sample]] = defaultdict(list)
    for number in range(options.rounds):
        _tell(f"round {number + 1} of {options.rounds} …")
        for operation in operations:
            for each in servers if number % 2 == 0 else reversed(servers):
                samples[operation.name, each.name].append(_measure(each, operation, options))
    return samples


def _measure(each: server.Server, operation: Operation, options: argparse.Namespace) -> Sample:
    before = each.cpu()
    figures = load.run(
        each.url(operation.slug),
        operation.body,
        operation.answer,
        seconds=options.seconds,
        connections=options.connections,
    )
    # wrk leaves what is under way behind, and looks at no body: one more request waits for that, and looks.
    _check(each, operation)
    requests = figures.requests + figures.left + 1
    own, of_postgres = (1000 * (now - then) / requests for now, then in zip(each.cpu(), before, strict=True))
    return Sample(
        rate=figures.requests / figures.seconds,
        p50=figures.p50,
        p95=figures.p95,
        p99=figures.p99,
        cpu=own,
        postgres_cpu=of_postgres,
    )


def _check(each: server.Server, operation: Operation) -> None:
    if each.ask(operation.slug, operation.body.read_bytes()) != operation.answer.read_bytes():
        raise RuntimeError(f"{each.name} answers {operation.name} differently.")


# ---------- what is told ----------


def _report(
    servers: Sequence[server.Server], operations: Sequence[Operation], samples: Samples, options: argparse.Namespace
) -> str:
    head = ["query", "server", "requests/s", "of bare", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "PostgreSQL CPU ms"]
    lines = [[*head, "statements", "bytes"], ["---", "---", *["---:"] * 9]]
    for operation in operations:
        floor = samples[operation.name, BARE]
        for each in servers:
            own = samples[operation.name, each.name]
            lines.append(
                [
                    operation.name,
                    each.name,
                    f"{median(one.rate for one in own):.1f}",
                    f"{median(one.rate / low.rate for one, low in zip(own, floor, strict=True)):.4f}",
                    f"{median(one.p50 for one in own):.2f}",
                    f"{median(one.p95 for one in own):.2f}",
                    f"{median(one.p99 for one in own):.2f}",
                    f"{median(one.cpu for one in own):.2f}",
                    f"{median(one.postgres_cpu for one in own):.2f}" if each.postgres else "-",
                    str(operation.statements.get(each.name, "-")),
                    str(operation.answer.stat().st_size),
                ]
            )
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    memory = ", ".join(f"{each.name} {each.memory() / 2**20:.0f}" for each in servers)
    return (
        f"{table}\n\n"
        f"Resident memory at the end, MiB: {memory}.\n"
        f"{options.rounds} rounds of {options.seconds:g} s, {options.connections} connections by "
        f"{load.program(options.seconds)}, register at scale {options.scale:g}.\n"
        f"{_machine()}\n"
    )


def _machine() -> str:
    with Path("/proc/cpuinfo").open() as lines:
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    versions = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "strawberry-graphql", "SQLAlchemy"))
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores {model}; Python "
        f"{platform.python_version()}, {versions}, SQLite {sqlite3.sqlite_version}, asyncpg {version('asyncpg')}."
    )


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")


if __name__ == "__main__":
    main()
