"""The benchmark runs, whatever its figures: what nobody runs is broken when it is needed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import func, select

import db
from db.driver import STANDS
from db.engine import Database
from tests import process
from tests.bench import register
from tests.bench.__main__ import main
from tests.bench.acts import Truth
from tests.bench.answers import answers, differs
from tests.bench.limit import WRITTEN
from tests.conftest import Templates

QUERIES = {"Q1", "Q2", "Q3", "Q3D", "Q4", "Q4N", "Q5", "Q6", "M1"}
OTHERS = {
    *("profiles", "meeting", "documents", "documents far"),
    *("search", "search wide", "search all", "status counts"),
}
TINY = 0.02


def test_every_query_is_measured_beside_fixed_bytes(tmp_path: Path) -> None:
    # It fails by itself where an answer is wrong, or where more objects take more statements.
    told = _told(tmp_path)

    head, rows = _table(told)
    assert {row["query"] for row in rows} == QUERIES
    servers = ["fixed", "sqlite", "sqlite, kept"]
    assert [row["server"] for row in rows] == [*servers * len(QUERIES - {"M1"}), "sqlite"]
    for row in rows:
        measured = ["requests/s", "p50 ms", "p99 ms", "CPU ms", "bytes"]
        assert set(measured) <= set(head)
        assert all(float(row[name]) >= 0 for name in measured)
        assert float(row["requests/s"]) > 0
        assert row["statements"].isdigit() is (row["server"] != "sqlite, kept")
    assert "cores" in told


async def test_who_calls_is_looked_for_in_a_journal_that_is_not_empty(empty_database_url: str) -> None:
    # PostgreSQL keeps to how it read an empty one, however long it has become: each act would cost more than the last.
    await register.build(empty_database_url, scale=TINY, searched=False)

    database = Database(empty_database_url)
    async with database.reading() as connection:
        entries = (await connection.execute(select(func.count()).select_from(db.Change))).scalar_one()
        stands = (await connection.execute(STANDS)).scalar_one()
        meetings = (await connection.execute(select(func.count()).select_from(db.Meeting))).scalar_one()
    await database.close()
    assert entries == stands == meetings > 0


async def test_every_query_has_its_answer_with_as_many_statements_for_few_as_for_many(empty_database_url: str) -> None:
    await register.build(empty_database_url, scale=TINY)

    found = await answers(empty_database_url, TINY, more=True, most_variants=2)

    assert {each.query.name for each in found} == QUERIES | OTHERS


@pytest.mark.parametrize("name", sorted(WRITTEN))
async def test_what_is_written_by_hand_answers_as_we_do(name: str, postgres_register: str) -> None:
    (ours,) = await answers(postgres_register, TINY, only=[name], most_variants=8)

    connection = await asyncpg.connect(postgres_register)
    query, written = ours.query, WRITTEN[name]
    given = [
        await connection.fetchval(written.sql, *written.parameters(variables))
        for variables in query.by_hand or query.variants
    ]
    await connection.close()

    for data, right in zip(given, ours.answers, strict=True):
        assert differs(b'{"data":%b%b' % (data.encode(), ours.tail), right) is None


def test_streams_are_measured_too(tmp_path: Path) -> None:
    reached, idle, ours, plain, _machine = _told(tmp_path, "--streams").splitlines()

    assert reached.startswith("sqlite: an act of another process reaches 1 follower in ")
    assert " times as long" in reached
    assert idle.startswith("sqlite: 50 idle streams: ")
    assert ours.startswith("S1, sqlite: an event to 20 subscribers takes ")
    assert plain.startswith("S1, strawberry: an event to 20 subscribers takes ")


def test_acts_among_reads_are_measured_too(tmp_path: Path) -> None:
    # It fails by itself where an answer is stale.
    *lines, _machine = _told(tmp_path, "--acts").splitlines()

    assert all(" compared with the register at their moment, none of them stale; " in line for line in lines)
    assert lines[-1].startswith("sqlite: ")


def test_an_answer_that_is_stale_is_found_out() -> None:
    truth = Truth(first={"IM-1": 5, "IM-2": 1})
    truth.acknowledged = [truth.begin(code) for code in ("IM-1", "IM-2", "IM-1")][-1]
    under_way = truth.begin("IM-2")

    assert truth.is_told({"IM-1": (3, 7)}, least=3)
    assert truth.is_told({"IM-1": (3, 7), "IM-2": (2, 2)}, least=3)
    assert truth.is_told({"IM-1": (3, 7), "IM-2": (under_way, 3)}, least=3)
    assert truth.is_told({"IM-1": (1, 6), "IM-2": (0, 1)}, least=1)
    assert not truth.is_told({"IM-1": (1, 6)}, least=3)
    assert not truth.is_told({"IM-1": (3, 6)}, least=3)
    assert not truth.is_told({"IM-1": (1, 6), "IM-2": (2, 2)}, least=3)
    assert not truth.is_told({"IM-1": (1, 6), "IM-2": (under_way, 3)}, least=1)


@pytest.fixture(scope="module")
def postgres_register(postgres_url: str, templates_of: Callable[[str], Templates]) -> str:
    """The register of the benchmark, on the engine for which there are statements by hand."""
    templates = templates_of("postgresql")
    url = templates.databases.copy(templates.empty)
    asyncio.run(register.build(url, scale=TINY, searched=False))
    return url


def _told(folder: Path, *words: str) -> str:
    words = (*words, "--quick", "--engine", "sqlite", "--scale", str(TINY))
    out, err = folder / "out", folder / "err"
    bench = process.fork(main, words, out=out, err=err)
    bench.join(600)
    assert bench.exitcode == 0, err.read_text()
    return out.read_text()


def _table(report: str) -> tuple[list[str], list[dict[str, str]]]:
    lines = [line.strip("| ").split(" | ") for line in report.splitlines() if line.startswith("|")]
    head, _, *rows = lines
    return head, [dict(zip(head, row, strict=True)) for row in rows]
