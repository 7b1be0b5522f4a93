"""The databases that tests are given: real, private, and gone afterwards."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiosqlite
import asyncpg
import pytest

from tests import postgres
from tests.conftest import Databases, Templates

HOLD_A_SERVER = """
import sys
from tests import postgres
with postgres.serve() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def databases(engine_name: str, templates_of: Callable[[str], Templates]) -> Databases:
    return templates_of(engine_name).databases


async def test_the_server_answers_in_utc_and_knows_letters(postgres_url: str) -> None:
    assert await ask(postgres_url, "SHOW timezone") == "UTC"
    assert await ask(postgres_url, "SELECT upper('états')") == "ÉTATS"


def test_a_copy_holds_what_its_template_held_and_keeps_its_changes_to_itself(
    databases: Databases,
) -> None:
    template = databases.create()
    asyncio.run(ask(template, "CREATE TABLE state (code text)"))
    asyncio.run(ask(template, "INSERT INTO state VALUES ('NOR')"))
    databases.freeze(template)
    mine, theirs = databases.copy(template), databases.copy(template)

    asyncio.run(ask(mine, "INSERT INTO state VALUES ('LAO')"))

    assert asyncio.run(ask(mine, "SELECT count(*) FROM state")) == 2
    assert asyncio.run(ask(theirs, "SELECT count(*) FROM state")) == 1
    assert asyncio.run(ask(databases.copy(template), "SELECT count(*) FROM state")) == 1


def test_dropped_databases_leave_nothing_on_the_server(postgres_url: str) -> None:
    databases = postgres.Databases(postgres_url)
    count = "SELECT count(*) FROM pg_database"
    before = asyncio.run(ask(postgres_url, count))
    template = databases.create()
    databases.freeze(template)
    databases.copy(template)

    databases.close()

    assert asyncio.run(ask(postgres_url, count)) == before


def test_a_stopped_server_leaves_nothing_on_the_machine() -> None:
    with postgres.serve() as url:
        folder = Path(str(asyncio.run(ask(url, "SHOW data_directory"))))

    assert not folder.exists()
    with pytest.raises(OSError, match=r"refused|failed"):
        asyncio.run(ask(url, "SELECT 1"))


def test_a_killed_run_leaves_nothing_either() -> None:
    command = [sys.executable, "-c", HOLD_A_SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        url = run.stdout.readline().decode().strip()
        folder = Path(str(asyncio.run(ask(url, "SHOW data_directory"))))

        run.kill()

    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()


async def ask(url: str, statement: str) -> object:
    if url.startswith("sqlite"):
        async with aiosqlite.connect(url.partition(":///")[2]) as file:
            row = await (await file.execute(statement)).fetchone()
            await file.commit()
            return row[0] if row else None
    connection = await asyncpg.connect(url)
    try:
        answer: object = await connection.fetchval(statement)
        return answer
    finally:
        await connection.close()


HOLD_A_FOLDER = """
from tests import memory
with memory.folder() as folder:
    print(folder, flush=True)
    input()
"""


@pytest.mark.parametrize("killed", [True, False])
def test_of_the_files_of_sqlite_nothing_is_left_either(killed: bool) -> None:
    command = [sys.executable, "-c", HOLD_A_FOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        there = folder.is_dir()
        if killed:
            run.kill()
        else:
            run.stdin.write("\n")
            run.stdin.flush()

    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert there
    assert not folder.exists()
