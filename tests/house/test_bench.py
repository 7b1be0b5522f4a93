"""The benchmark runs, whatever its figures: what nobody runs is broken when it is needed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUERIES = {
    "node",
    "states",
    "profiles",
    "meeting",
    "documents",
    "documents far",
    "search",
    "search wide",
    "search all",
    "status counts",
    "introspection",
}


def test_every_query_is_measured_beside_a_bare_route() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--engine", "sqlite", "--scale", "0.02"]

    # It fails by itself where an answer is wrong, or where more objects take more statements.
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert run.returncode == 0, run.stderr
    head, rows = _table(run.stdout)
    assert {row["query"] for row in rows} == QUERIES
    assert len(rows) == 2 * len(QUERIES)
    for row in rows:
        measured = ["requests/s", "of bare", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "bytes"]
        measured += ["statements"] if row["server"] == "sqlite" else []
        assert set(measured) <= set(head)
        assert all(float(row[name]) >= 0 for name in measured)
        assert float(row["requests/s"]) > 0
    assert "cores" in run.stdout


def test_streams_are_measured_too() -> None:
    command = [sys.executable, "-m", "tests.bench", "--streams", "--quick", "--engine", "sqlite", "--scale", "0.02"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert run.returncode == 0, run.stderr
    reached, idle, _machine = run.stdout.splitlines()
    assert reached.startswith("sqlite: an act of another process reaches 1 follower in ")
    assert " times as long" in reached
    assert idle.startswith("sqlite: 50 idle streams: ")


def _table(report: str) -> tuple[list[str], list[dict[str, str]]]:
    lines = [line.strip("| ").split(" | ") for line in report.splitlines() if line.startswith("|")]
    head, _, *rows = lines
    return head, [dict(zip(head, row, strict=True)) for row in rows]
