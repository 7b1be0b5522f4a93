"""The benchmark runs, whatever its figures: what nobody runs is broken when it is needed."""

from pathlib import Path

from tests import process
from tests.bench.__main__ import main

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


def test_every_query_is_measured_beside_a_bare_route(tmp_path: Path) -> None:
    # It fails by itself where an answer is wrong, or where more objects take more statements.
    told = _told(tmp_path)

    head, rows = _table(told)
    assert {row["query"] for row in rows} == QUERIES
    assert len(rows) == 2 * len(QUERIES)
    for row in rows:
        measured = ["requests/s", "of bare", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "bytes"]
        measured += ["statements"] if row["server"] == "sqlite" else []
        assert set(measured) <= set(head)
        assert all(float(row[name]) >= 0 for name in measured)
        assert float(row["requests/s"]) > 0
    assert "cores" in told


def test_streams_are_measured_too(tmp_path: Path) -> None:
    reached, idle, _machine = _told(tmp_path, "--streams").splitlines()

    assert reached.startswith("sqlite: an act of another process reaches 1 follower in ")
    assert " times as long" in reached
    assert idle.startswith("sqlite: 50 idle streams: ")


def _told(folder: Path, *words: str) -> str:
    words = (*words, "--quick", "--engine", "sqlite", "--scale", "0.02")
    out, err = folder / "out", folder / "err"
    bench = process.fork(main, words, out=out, err=err)
    bench.join(120)
    assert bench.exitcode == 0, err.read_text()
    return out.read_text()


def _table(report: str) -> tuple[list[str], list[dict[str, str]]]:
    lines = [line.strip("| ").split(" | ") for line in report.splitlines() if line.startswith("|")]
    head, _, *rows = lines
    return head, [dict(zip(head, row, strict=True)) for row in rows]
