"""`make bench`: what a query costs, beside a statement written by hand, a route of fixed bytes, and plain execution.

Servers take turns within a round, and the next round takes them in the other order: on a machine that others use
too, only what was measured side by side can be compared.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import os
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from isu.migrate import migrate
from tests import postgres
from tests.bench import acts, load, register, report, server, streams
from tests.bench.answers import BY_KEY, Answered, answers, differs
from tests.bench.limit import ACT, WRITTEN
from tests.bench.query import MOST_VARIANTS
from tests.bench.report import Line, Sample, Samples

COMPILED = ("isu", "schema", "resolvers", "db", "mandate", "tests")
ENGINES = ("sqlite", "postgresql")
COMPARED = ("sql", "strawberry")
"""Servers that answer by themselves what ours do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A query as it is measured: its requests, and the one right answer to each."""

    asked: Answered
    statements: Mapping[str, int]
    """By engine."""
    files: Mapping[str, Path]
    """What the load asks, by the name of a server that is asked otherwise than ours."""

    @property
    def name(self) -> str:
        return self.asked.query.name

    @property
    def slug(self) -> str:
        return self.asked.query.slug

    def file(self, each: server.Server) -> Path:
        return self.files.get(each.name, self.files[""])

    def is_known_to(self, each: server.Server) -> bool:
        if self.asked.query.writes:
            return each.acts
        return each.name != "sql" or self.name in WRITTEN


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    os.environ["ISU_KEPT_ANSWERS"] = "off"  # for the app in this process; the servers are told themselves
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped too
    if not options.quick:
        # As where it is installed: a server that compiles at its start keeps the memory which that takes.
        for package in COMPILED:
            compileall.compile_dir(server.ROOT / package, quiet=1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="isu-bench-")))
        databases = {}
        for engine in options.engines:
            url = databases[engine] = stack.enter_context(_database(engine, folder))
            _tell(f"{engine}: building the register …")
            migrate(url)
            rows = asyncio.run(register.build(url, scale=options.scale, searched=options.more))
            _tell(f"{engine}: {rows:,} rows")
        if options.streams:
            sys.stdout.writelines(f"{line}\n" for line in _streams(stack, databases, options))
            sys.stdout.write(f"{report.machine()}\n")
            return
        if options.acts:
            sys.stdout.writelines(f"{line}\n" for line in _acts(stack, databases, options))
            sys.stdout.write(f"{report.machine()}\n")
            return
        operations = _operations(databases, folder, options)
        servers = list(_servers(stack, databases, folder, options.processes))
        samples = _rounds(servers, operations, options)
        sys.stdout.write(_report(servers, operations, samples, options))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench args=…", description="What each query costs.")
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement (default: 2)")
    parser.add_argument("--rounds", type=int, default=3, help="of all servers and queries (default: 3)")
    parser.add_argument("--connections", type=int, default=8, help="that ask at a time (default: 8)")
    parser.add_argument("--variants", type=int, default=MOST_VARIANTS, help="of the variables of a query, at most")
    parser.add_argument("--only", action="append", metavar="QUERY", help="this query (may be repeated)")
    parser.add_argument("--more", action="store_true", help="searches, profiles and others too")
    parser.add_argument("--engine", dest="engines", action="append", choices=ENGINES, help="(may be repeated)")
    parser.add_argument("--scale", type=float, default=1, help="of the register (default: 1)")
    parser.add_argument("--processes", type=int, help="of each of our servers (default: as many as are usual)")
    parser.add_argument("--acts", action="store_true", help="acts among reads, instead: whether an answer is stale")
    parser.add_argument("--streams", action="store_true", help="streams, instead of queries")
    parser.add_argument("--quick", action="store_true", help="as short as it gets: to try, not to quote")
    options = parser.parse_args(arguments)
    options.engines = options.engines or list(ENGINES)
    if options.quick:
        options.seconds, options.rounds, options.connections, options.variants = 0.05, 1, 2, 4
    return options


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder}/register.db"
        return
    with postgres.serve() as url, closing(postgres.Databases(url)) as databases:
        yield databases.create()


def _servers(
    stack: ExitStack, databases: Mapping[str, str], folder: Path, processes: int | None
) -> Iterator[server.Server]:
    yield stack.enter_context(server.fixed(folder))
    for engine, url in databases.items():
        yield stack.enter_context(server.app(engine, url, processes=processes))
        yield stack.enter_context(server.app(f"{engine}, kept", url, kept=True, processes=processes))
    if "postgresql" in databases:
        yield stack.enter_context(server.limit(databases["postgresql"], folder))
        yield stack.enter_context(server.plain_strawberry(databases["postgresql"]))


def _acts(stack: ExitStack, databases: Mapping[str, str], options: argparse.Namespace) -> Iterator[str]:
    own = options.processes
    for engine, url in databases.items():
        kept = stack.enter_context(server.app(f"{engine}, kept", url, kept=True, processes=own))
        servers = [kept, stack.enter_context(server.app(engine, url, processes=own))]
        yield from acts.measure(
            servers, url, seconds=options.seconds, rounds=options.rounds, connections=options.connections
        )


def _streams(stack: ExitStack, databases: Mapping[str, str], options: argparse.Namespace) -> Iterator[str]:
    servers = {engine: stack.enter_context(server.app(engine, url)) for engine, url in databases.items()}
    few = {"many": 20, "idle": 50, "acts": 1} if options.quick else {}
    for engine, url in databases.items():
        yield from (f"{engine}: {line}" for line in streams.measure(servers[engine], url, **few))
    plain = stack.enter_context(server.plain_stream())
    told = [(each, streams.acts_in(databases[engine])) for engine, each in servers.items()]
    yield from streams.told_to_many(
        [*told, (plain, streams.made_by(plain))],
        many=20 if options.quick else 1_000,
        acts=1 if options.quick else 10,
        rounds=options.rounds,
    )


# ---------- what is asked, and what is the answer ----------


def _operations(databases: Mapping[str, str], folder: Path, options: argparse.Namespace) -> list[Operation]:
    """Every engine must answer alike, with as many statements for few objects as for many."""
    found = {
        engine: asyncio.run(
            answers(url, options.scale, more=options.more, only=options.only, most_variants=options.variants)
        )
        for engine, url in databases.items()
    }
    operations = []
    for measured in zip(*found.values(), strict=True):
        asked = measured[0]
        if not asked.query.writes and any(other.answers != asked.answers for other in measured):
            raise RuntimeError(f"{asked.query.name}: the engines answer differently.")
        path = folder / asked.query.slug
        path.with_suffix(".answer").write_bytes(asked.answers[0])
        path.with_suffix(".tail").write_bytes(asked.tail)
        files = {name: folder / f"{asked.query.slug}{name}.asked" for name in ("", "fixed", *COMPARED)}
        bodies = asked.query.bodies()
        if asked.query.writes:
            load.write(files[""], bodies, None, BY_KEY)
            load.write(files["sql"], bodies, None)
        else:
            load.write(files[""], bodies, asked.answers)
            load.write(files["fixed"], bodies, [asked.answers[0]] * len(bodies))
        statements = {engine: each.statements for engine, each in zip(found, measured, strict=True)}
        operations.append(Operation(asked=asked, statements=statements, files=files))
    return operations


# ---------- how long it takes ----------


def _rounds(servers: Sequence[server.Server], operations: Sequence[Operation], options: argparse.Namespace) -> Samples:
    for each in servers:
        for operation in operations:
            if operation.is_known_to(each):
                _prepare(each, operation)
    samples: defaultdict[tuple[str, str], list[Sample]] = defaultdict(list)
    # Acts come last: whoever reads would have to pass by the drafts that they leave.
    for writes in (False, True):
        chosen = [each for each in operations if each.asked.query.writes is writes]
        for number in range(options.rounds if chosen else 0):
            _tell(f"round {number + 1} of {options.rounds}{' of acts' if writes else ''} …")
            for operation in chosen:
                for each in servers if number % 2 == 0 else reversed(servers):
                    if operation.is_known_to(each):
                        samples[operation.name, each.name].append(_measure(each, operation, options))
    return samples


def _prepare(each: server.Server, operation: Operation) -> None:
    """Statements are compiled, plans made; and what the others answer is what ours do."""
    asked, query = operation.asked, operation.asked.query
    if query.writes:
        return
    if each.name in COMPARED:
        bodies = query.bodies(query.by_hand if each.name == "sql" else None)
        given = [each.ask(operation.slug, body) for body in bodies]
        for answer, right in zip(given, asked.answers, strict=True):
            if (difference := differs(answer, right, only_data=each.name == "strawberry")) is not None:
                raise RuntimeError(f"{each.name} answers {operation.name} differently: {difference}")
        load.write(operation.files[each.name], bodies, given)
        return
    bodies = query.bodies()
    for body in bodies * each.learns if each.learns else bodies[:2]:
        each.ask(operation.slug, body)


def _measure(each: server.Server, operation: Operation, options: argparse.Namespace) -> Sample:
    before = each.cpu()
    figures = load.run(
        each.url(operation.slug), operation.file(each), seconds=options.seconds, connections=options.connections
    )
    own, of_postgres = (1000 * (now - then) / figures.requests for now, then in zip(each.cpu(), before, strict=True))
    return Sample(
        rate=figures.requests / figures.seconds,
        p50=figures.p50,
        p95=figures.p95,
        p99=figures.p99,
        cpu=own,
        postgres_cpu=of_postgres,
    )


# ---------- what is told ----------


def _report(
    servers: Sequence[server.Server], operations: Sequence[Operation], samples: Samples, options: argparse.Namespace
) -> str:
    lines = [
        Line(
            name=each.name,
            statements={**each.statements, "sql": ACT if each.asked.query.writes else 1, "fixed": 0},
            size=len(each.asked.answers[0]),
        )
        for each in operations
    ]
    return (
        f"{report.table(lines, servers, samples)}\n\n"
        f"{report.act(samples)}"
        f"{report.memory(servers)}\n"
        f"{options.rounds} rounds of {options.seconds:g} s, {options.connections} connections, "
        f"register at scale {options.scale:g}.\n"
        f"{report.machine()}\n"
    )


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")


if __name__ == "__main__":
    main()
