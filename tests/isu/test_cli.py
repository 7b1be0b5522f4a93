"""The command line: what it says, how it ends, and what it leaves behind."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import delete, func, inspect, select
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner, Result

import db
from db.engine import Database
from db.store import StoreFailed
from db.table import kept_tables
from isu import cli
from isu.settings import Settings
from tests.journal import tamper

DATA = Path(__file__).parents[2] / "data" / "ccm"
Isu = Callable[..., Result]


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """`isu serve` configures the log for its process, which here is that of all the tests."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def isu(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Isu:
    monkeypatch.setenv("ISU_DATABASE_URL", empty_database_url)
    return lambda *words: CliRunner().invoke(cli.app, [str(word) for word in words])


def rows(url: str) -> int:
    async def count() -> int:
        database = Database(url)
        async with database.reading() as connection:
            counts = [
                (await connection.execute(select(func.count()).select_from(inspect(table).local_table))).scalar_one()
                for table in kept_tables()
            ]
        await database.close()
        return sum(counts)

    return asyncio.run(count())


def test_a_second_load_changes_nothing_and_says_so(isu: Isu, empty_database_url: str) -> None:
    states = ("load", DATA, "--only", "states")
    first, there = isu(*states), rows(empty_database_url)
    second = isu(*states)

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert f"Loaded: {there} changes." in first.output
    assert "0 changes" in second.output
    assert rows(empty_database_url) == there


def test_one_corrupted_cell_is_named_and_nothing_is_written(isu: Isu, empty_database_url: str, tmp_path: Path) -> None:
    folder = shutil.copytree(DATA, tmp_path / "ccm")
    states = folder / "states.csv"
    states.write_bytes(states.read_bytes().replace(b",2011-09-08,", b",2011-09-80,", 1))

    told = isu("load", folder)

    assert told.exit_code == 1
    for part in ("states.csv", "2", "deposited", "2011-09-80"):
        assert part in told.output
    assert "nothing was written" in told.output
    assert rows(empty_database_url) == 0


def test_bad_rows_are_left_out_when_asked(isu: Isu, empty_database_url: str, tmp_path: Path) -> None:
    folder = shutil.copytree(DATA, tmp_path / "ccm")
    states = folder / "states.csv"
    states.write_bytes(states.read_bytes().replace(b",2011-09-08,", b",2011-09-80,", 1))

    told = isu("load", folder, "--skip-bad")

    assert told.exit_code == 0, told.output
    assert "left out" in told.output
    assert rows(empty_database_url) > 3000


def test_a_dry_run_tells_and_writes_nothing(isu: Isu, empty_database_url: str) -> None:
    told = isu("load", DATA, "--dry-run", "--only", "states")

    assert told.exit_code == 0
    assert "Nothing was written" in told.output
    assert rows(empty_database_url) == 0


def test_part_of_the_register_loads_alone(isu: Isu) -> None:
    told = isu("load", DATA, "--only", "states,organisations,affected_states")

    assert told.exit_code == 0, told.output
    table = [line.split() for line in told.output.splitlines() if line.startswith("│")]
    created = {words[1]: int(words[3]) for words in table}
    assert (created["state"], created["organisation"], created["obligation"]) == (197, 70, 75)
    assert (created["meeting"], created["document"], created["office_term"]) == (0, 0, 0)


def test_a_file_that_nobody_knows_is_told(isu: Isu) -> None:
    told = isu("load", DATA, "--only", "treaties")

    assert told.exit_code == 1
    assert "affected_states" in told.output


def test_a_file_that_is_not_there_is_told(isu: Isu, tmp_path: Path) -> None:
    told = isu("load", tmp_path)

    assert told.exit_code == 1
    assert "states.csv" in told.output


@pytest.mark.parametrize("words", [["load", str(DATA)], ["serve", "--port", "0"], ["migrate"], ["verify"], ["reindex"]])
def test_a_database_that_can_not_be_reached_is_told_in_a_line(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISU_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/nowhere")

    told = CliRunner().invoke(cli.app, words)

    assert told.exit_code == 1
    assert "cannot be reached at postgresql://nobody:***@127.0.0.1:1/nowhere" in told.output
    assert "secret" not in told.output


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ISU_DATABASE_URL", "foo", "ISU_DATABASE_URL is no address"),
        ("ISU_DATABASE_URL", "mysql://x/y", "ISU_DATABASE_URL is no address"),
        ("ISU_DATABASE_URL", "sqlite:///:memory:", "ISU_DATABASE_URL names a file"),
        ("ISU_DATABASE_URL", "sqlite+pysqlite:///isu.db", "ISU_DATABASE_URL is no address"),
        ("ISU_DATABASE_URL", "postgresql://127.0.0.1:port/x", "ISU_DATABASE_URL is no address"),
        ("ISU_DATABASE_URL", "postgresql://127.0.0.1:99999/x", "ISU_DATABASE_URL names a port"),
        ("ISU_DATABASE_URL", "postgresql://127.0.0.1:1/x?sllmode=require", "ISU_DATABASE_URL says sllmode"),
        ("ISU_HOST", "", "ISU_HOST: "),
        ("ISU_PORT", "abc", "ISU_PORT: "),
        ("ISU_CORS_ORIGINS", "https://portal.example", "ISU_CORS_ORIGINS: A JSON list of origins"),
        ("ISU_CORS_ORIGINS", '["https://portal.example/"]', "ISU_CORS_ORIGINS: A JSON list of origins"),
        ("ISU_PORT", "70000", "ISU_PORT: "),
        ("ISU_PROCESSES", "0", "ISU_PROCESSES: "),
        ("ISU_PROCESSES", "65", "ISU_PROCESSES: "),
        ("ISU_OUTBOX_LEASE", "inf", "ISU_OUTBOX_LEASE: "),
        ("ISU_WEBHOOK_LEASE", "1e300", "ISU_WEBHOOK_LEASE: "),
        ("ISU_OIDC_ISSUER", "https://issuer.test", "ISU_OIDC_ISSUER and ISU_OIDC_AUDIENCE are set together."),
    ],
)
def test_a_setting_that_can_not_be_is_told_in_a_line(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    answer = CliRunner().invoke(cli.app, ["serve", "--port", "0"])

    assert answer.exit_code == 1
    assert answer.output.startswith(told)


@pytest.mark.parametrize(
    "words",
    [
        ["register-participants", "13MSP", "people.csv", "--account", "x"],
        ["issue-documents", "documents.csv", "--account", "x"],
        ["verify"],
        ["reindex"],
        ["review"],
        ["account", "list"],
        ["key", "revoke", "x"],
    ],
)
def test_every_word_tells_of_a_setting_and_of_a_revision_in_a_line(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISU_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/new.db")
    monkeypatch.chdir(tmp_path)

    unmade = CliRunner().invoke(cli.app, words)
    monkeypatch.setenv("ISU_PORT", "abc")
    unset = CliRunner().invoke(cli.app, words)

    assert (unmade.exit_code, "run `isu migrate`" in unmade.output) == (1, True)
    assert (unset.exit_code, unset.output.startswith("ISU_PORT: ")) == (1, True)


def test_a_full_disk_is_told_in_a_line(isu: Isu, monkeypatch: pytest.MonkeyPatch) -> None:
    async def write(*_: object, **__: object) -> None:
        raise OperationalError("INSERT INTO state", None, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr("resolvers.load.load_register", write)

    told = isu("load", DATA)

    assert told.exit_code == 1
    assert told.stderr.startswith("There is no room left for the database at ")
    assert "INSERT" not in told.output


def test_that_somebody_else_writes_for_long_is_told_in_a_line(isu: Isu, monkeypatch: pytest.MonkeyPatch) -> None:
    async def write(*_: object, **__: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr("resolvers.load.load_register", write)

    told = isu("load", DATA)

    assert told.exit_code == 1
    assert told.stderr.startswith("Somebody else is writing to the database at ")


def test_a_file_that_is_no_database_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "isu.db").write_text("This is no database, but a letter that is long enough to be read as one." * 20)
    monkeypatch.setenv("ISU_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/isu.db")

    for words in (["migrate"], ["load", str(DATA)], ["serve", "--port", "0"]):
        told = CliRunner().invoke(cli.app, words)
        assert told.exit_code == 1
        assert "file is not a database" in told.output


def test_a_port_that_is_taken_is_told_before_anything_is_served(isu: Isu) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = isu("serve", "--port", taken.getsockname()[1])

    assert told.exit_code == 1
    assert "choose another by ISU_PORT" in told.output
    assert "Serving" not in told.output


def test_what_leads_to_a_server_names_the_port_that_it_took(isu: Isu, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []

    def serve(_app: Any, listener: socket.socket, **_: Any) -> None:
        named.append(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def made(settings: Settings) -> None:
        named.append(settings.own_url)

    monkeypatch.setenv("ISU_PROCESSES", "1")
    monkeypatch.setattr("isu.server.run", serve)
    monkeypatch.setattr("isu.app.create_app", made)

    told = isu("serve", "--port", 0)

    link, address = named
    assert link == address
    assert told.stdout.startswith(f"Serving on {address}/graphql")


@pytest.mark.parametrize(("host", "url"), [("localhost", "http://localhost:8000"), ("::1", "http://[::1]:8000")])
def test_an_address_of_ipv6_stands_in_brackets(host: str, url: str) -> None:
    assert Settings(host=host, port=8000, public_url=None).own_url == url


@pytest.mark.parametrize("word", [["serve", "--port", "0"], ["worker"]])
@pytest.mark.parametrize("setting", ["ISU_FILES", "ISU_SPOOL", "ISU_OUTBOX"])
def test_a_folder_in_which_nothing_can_be_kept_is_told_at_the_start(
    isu: Isu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, word: list[str]
) -> None:
    (tmp_path / "file").touch()
    for each in ("ISU_FILES", "ISU_SPOOL", "ISU_OUTBOX"):
        monkeypatch.setenv(each, str(tmp_path / ("file" if each == setting else each)))

    told = isu(*word)

    assert told.exit_code == 1
    assert told.stderr == f"{setting}: nothing can be kept in the folder {tmp_path}/file (File exists).\n"


def test_a_folder_of_documents_that_can_not_be_served_is_told_in_a_line(
    isu: Isu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "day.graphql").write_text("# A day.\n{ day }", encoding="utf-8")
    monkeypatch.setenv("ISU_DOCUMENTS", str(tmp_path))

    told = isu("serve", "--port", 0)

    assert told.exit_code == 1
    assert told.stderr.splitlines() == ["ISU_DOCUMENTS: day.graphql: Cannot query field 'day' on type 'Query'."]


def test_going_back_is_a_word_of_its_own(isu: Isu, empty_database_url: str) -> None:
    assert isu("migrate", "--to", "nonsense").exit_code == 1
    assert "say one of them" in isu("migrate", "--to", "0018", "--back-to", "0015").output
    for way in ("--to", "--back-to", "--new"):
        told = isu("migrate", way, "")
        assert (told.exit_code, "name a revision" in told.stderr, told.stderr.count("\n")) == (1, True, 1)
    assert isu("migrate", "--back-to", "0015").exit_code == 0
    assert "isu migrate" in isu("load", DATA).output
    assert isu("migrate").exit_code == 0


def test_tables_of_which_no_revision_is_known_are_not_built_upon(isu: Isu, empty_database_url: str) -> None:
    asyncio.run(_forget_the_revision(empty_database_url))

    for way in ((), ("--to", "0015"), ("--back-to", "base")):
        told = isu("migrate", *way)
        assert (told.exit_code, told.stderr.count("\n")) == (1, 1)
        assert "alembic_version names no revision: restore it from a backup" in told.stderr


def test_a_wrong_revision_is_told_and_nothing_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISU_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/new.db")

    for words in (["load", str(DATA)], ["serve", "--port", "0"]):
        told = CliRunner().invoke(cli.app, words)
        assert told.exit_code == 1
        assert "isu migrate" in " ".join(told.output.split())


def test_an_honest_journal_is_said_to_be_one(isu: Isu) -> None:
    isu("load", DATA, "--only", "organisations")

    told = isu("verify")

    assert told.exit_code == 0, told.output
    assert "the chain holds" in told.output


def test_the_end_of_the_journal_is_told_and_expected_the_next_time(isu: Isu) -> None:
    isu("load", DATA, "--only", "organisations")
    end = isu("verify").output.splitlines()[-1]
    later = f"{int(end.partition(':')[0]) + 1}:{end.partition(':')[2]}"

    assert isu("verify", "--expect", end).exit_code == 0
    assert isu("verify", "--expect", later).exit_code == 1
    told = isu("verify", "--expect", "7")
    assert (told.exit_code, "SEQUENCE:HASH" in told.output) == (1, True)
    assert "cut off the end of the journal" in " ".join(isu("verify", "--help").output.split())


def test_the_first_bad_entry_is_named(isu: Isu, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreachable(*_: object) -> None:
        raise StoreFailed("ConnectError")

    async def delete() -> None:
        database = Database(empty_database_url)
        await tamper(database, "DELETE FROM change WHERE sequence = 17", "UPDATE state SET sort_name = 'Nowhere'")
        await database.close()

    isu("load", DATA, "--only", "states")
    asyncio.run(delete())

    told = isu("verify")
    monkeypatch.setattr(cli, "_verify_files", unreachable)
    without_files = isu("verify")

    assert told.exit_code == without_files.exit_code == 1
    lines = told.stderr.splitlines()
    assert without_files.stderr.splitlines()[:-1] == lines
    assert "ISU_FILES" in without_files.stderr
    assert lines[0].startswith("entry 17: is missing")
    assert any("was changed behind the journal's back: sort_name" in line for line in lines)
    assert f"{len(lines) - 1} found, the first at entry 17." in told.output


def test_the_published_contract_is_what_the_code_says(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = cli.contract()
    # It takes long, and is the same whenever it is made.
    monkeypatch.setattr(cli, "contract", lambda: contract)

    assert cli.CONTRACT.read_text(encoding="utf-8") == contract
    assert CliRunner().invoke(cli.app, ["schema", "--check"]).exit_code == 0


def test_only_the_words_that_need_the_api_load_it() -> None:
    """It takes as long as all the rest, which `isu deliver` in a timer would pay for each time."""
    loaded = "import sys, isu.cli; print(sorted({'graphql', 'schema', 'strawberry', 'uvicorn'} & sys.modules.keys()))"

    told = subprocess.run([sys.executable, "-c", loaded], cwd=DATA.parents[1], capture_output=True, text=True)

    assert (told.stdout.strip(), told.stderr) == ("[]", "")


def test_a_server_does_without_what_other_words_need() -> None:
    """Alembic alone takes more memory than all that is kept of answers; and rich is there for bars and tables."""
    needed = {"alembic", "mako", "rich", "isu.lists", "isu.rule_book", "resolvers.load"}
    loaded = f"import sys, isu.cli, isu.app; print(sorted({needed} & sys.modules.keys()))"

    told = subprocess.run([sys.executable, "-c", loaded], cwd=DATA.parents[1], capture_output=True, text=True)

    assert (told.stdout.strip(), told.stderr) == ("[]", "")


# ---------- the mandate ----------


def test_the_book_of_rules_is_that_of_the_rules() -> None:
    told = CliRunner().invoke(cli.app, ["rules"])

    assert told.exit_code == 0
    assert "### coordinator-rotation" in told.output
    assert "除非在有必要的情况下" in told.output
    assert CliRunner().invoke(cli.app, ["rules", "--check"]).exit_code == 0


def test_the_review_tells_what_is_missing_by_which_paragraph(
    register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISU_DATABASE_URL", register_url)
    monkeypatch.setenv("COLUMNS", "200")
    told = CliRunner().invoke(cli.app, ["review", "--as-of", "2013-01-01"])

    assert told.exit_code == 0
    assert "IM-2012 opened on 2012-04-16 and has set no working methods." in told.output
    assert "Proposal 3(2)(e)" in told.output
    assert told.output.splitlines()[-1].startswith("2013-01-01, by 2011-proposal: ")
    before = CliRunner().invoke(cli.app, ["review", "--as-of", "2010-01-01"])
    assert before.exit_code == 1
    assert "No version of the mandate was in force on 2010-01-01" in before.output


@pytest.mark.parametrize("day", ["1899-12-31", "9999-12-31"])
def test_a_day_that_no_question_is_asked_of_is_told_in_a_line(isu: Isu, day: str, tmp_path: Path) -> None:
    for words in (["review"], ["export", tmp_path / "copy"]):
        told = isu(*words, "--as-of", day)

        assert told.exit_code == 1
        assert told.output == "--as-of lies between 1900-01-01 and 2099-12-31.\n"


def test_what_is_searched_is_made_anew(isu: Isu, empty_database_url: str) -> None:
    assert isu("load", DATA, "--only", "states").exit_code == 0
    asyncio.run(_forget_what_is_searched(empty_database_url))
    lost = isu("verify")
    told = isu("reindex")

    assert lost.exit_code == 1
    assert "what is searched of state AFG is not what it says: run `isu reindex`" in lost.output
    assert told.exit_code == 0
    assert "things can be found" in told.output
    assert isu("verify").exit_code == 0


async def _forget_the_revision(url: str) -> None:
    database = Database(url)
    async with database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM alembic_version")
    await database.close()


async def _forget_what_is_searched(url: str) -> None:
    database = Database(url)
    async with database.writing() as connection:
        await connection.execute(delete(db.SearchText))
    await database.close()
