"""What was measured, as a table."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.bench.server import Server


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

    @property
    def all_cpu(self) -> float:
        return self.cpu + self.postgres_cpu


Samples = Mapping[tuple[str, str], Sequence[Sample]]
"""By the names of the query and the server; a sample for each round."""

_HEAD = (
    *("query", "server", "requests/s", "of sql", "of fixed", "CPU of sql"),
    *("p50 ms", "p99 ms", "CPU ms", "PostgreSQL CPU ms", "statements", "bytes"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What else is known of a query."""

    name: str
    statements: Mapping[str, int]
    """By the names of servers."""
    size: int


def table(lines: Sequence[Line], servers: Sequence[Server], samples: Samples) -> str:
    """Ratios are medians of those of each round: what was measured side by side.

    "CPU of sql" is the processor time of a request to the hand-written route, its database's counted, as a part of
    that which ours takes: above 1 ours takes less.
    """
    rows = [list(_HEAD), ["---", "---", *["---:"] * (len(_HEAD) - 2)]]
    for line in lines:
        for each in servers:
            own = samples.get((line.name, each.name))
            if own is None:
                continue
            rows.append(
                [
                    line.name,
                    each.name,
                    f"{median(one.rate for one in own):.1f}",
                    _ratio(own, samples.get((line.name, "sql")), lambda one, other: one.rate / other.rate),
                    _ratio(own, samples.get((line.name, "fixed")), lambda one, other: one.rate / other.rate),
                    _ratio(own, samples.get((line.name, "sql")), _less_cpu),
                    f"{median(one.p50 for one in own):.2f}",
                    f"{median(one.p99 for one in own):.2f}",
                    f"{median(one.cpu for one in own):.3f}",
                    f"{median(one.postgres_cpu for one in own):.3f}" if each.postgres else "-",
                    str(line.statements.get(each.name, "-")),
                    str(line.size),
                ]
            )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def act(samples: Samples) -> str:
    """Of the act that is measured: what it takes of our own processor time, journal and rules among it."""
    ours, by_hand = samples.get(("M1", "postgresql")), samples.get(("M1", "sql"))
    if ours is None or by_hand is None:
        return ""
    times = median(one.cpu / other.cpu if other.cpu else 0.0 for one, other in zip(ours, by_hand, strict=True))
    return f"M1 takes {times:.1f} times the server's processor time of a transaction that is written by hand.\n"


def _ratio(own: Sequence[Sample], others: Sequence[Sample] | None, of: Callable[[Sample, Sample], float]) -> str:
    if others is None:
        return "-"
    return f"{median(of(one, other) for one, other in zip(own, others, strict=True)):.3g}"


def _less_cpu(one: Sample, other: Sample) -> float:
    """The clock of processor time ticks a hundred times a second, so that a short measurement may see none."""
    return other.all_cpu / one.all_cpu if one.all_cpu else 0.0


def memory(servers: Sequence[Server]) -> str:
    return f"Resident memory at the end, MiB: {', '.join(map(_memory, servers))}."


def _memory(server: Server) -> str:
    largest, together = (number / 2**20 for number in server.memory())
    if server.processes == 1:
        return f"{server.name} {largest:.0f}"
    return f"{server.name} {largest:.0f} (the largest of {server.processes}, which take {together:.0f} together)"


def machine() -> str:
    with Path("/proc/cpuinfo").open() as lines:
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    versions = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "strawberry-graphql", "SQLAlchemy"))
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores {model}; Python "
        f"{platform.python_version()}, {versions}, SQLite {sqlite3.sqlite_version}, asyncpg {version('asyncpg')}."
    )
