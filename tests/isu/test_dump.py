"""All that is kept goes out as files and comes back, equal to the byte; and nothing half-done passes for whole."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
from sqlalchemy import insert, select
from typer.testing import CliRunner, Result

import db
from db import dump
from db.engine import Database
from db.table import Table
from db.unit import instant
from isu import cli
from isu.dump import MANIFEST, Folder, load_all
from mandate.actor import Visibility
from resolvers.change import verify
from tests import make, process
from tests.access import matrix
from tests.access.register import hide_one_of_each
from tests.api import serving
from tests.call import ISU, ask
from tests.conftest import Templates, migrate
from tests.isu.test_files import Desk
from tests.schema.test_search import SEARCH

DERIVED = {"feed_entry", "search_text"}
Isu = Callable[..., Result]


async def fill(url: str, files: Path) -> None:
    """The register, with an object of every kind in every visibility, files, an erased person, a message that waits."""
    async with serving(url, settings={"files": str(files)}) as api:
        await hide_one_of_each(api.database, matrix.load())
        isu = Desk(api, await make.key_for(api.database, make.ISU))
        upload = await isu.send("paper.txt", b"What stands in the file: a perambulation")
        await isu.issue(upload, symbol="CCM/MSP/2099/WP.1")
        await isu.send()
        colleague = api.as_(await make.key_for(api.database, make.ISU, somebody=True, label="A Colleague"))
        person = (await colleague("{ viewer { account { person { id version } } } }"))["viewer"]["account"]["person"]
        director = api.as_(await make.key_for(api.database, make.ISU, admin=True))
        erase = """mutation ($id: ID!, $version: Int!) {
          erasePerson(input: {id: $id, expectedVersion: $version}) { __typename } }"""
        erased = await director(erase, id=person["id"], version=person["version"])
        assert erased["erasePerson"]["__typename"] == "PersonErased"
        async with api.database.writing() as connection:
            (recipient,) = await connection.execute(select(db.Recipient.id, db.Recipient.communication_id).limit(1))  # type: ignore[call-overload]
            waits = {"recipient_id": recipient.id, "communication_id": recipient.communication_id, "due_at": instant()}
            await connection.execute(insert(db.Outbox).values(**waits))


@pytest.fixture(scope="module")
def institution(templates_of: Callable[[str], Templates], tmp_path_factory: pytest.TempPathFactory) -> str:
    """On SQLite: the other engine gets it by what is tested here."""
    templates = templates_of("sqlite")
    url = templates.databases.copy(templates.register)
    asyncio.run(fill(url, tmp_path_factory.mktemp("files")))
    templates.databases.freeze(url)
    return url


@pytest.fixture
def isu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Isu:
    """`isu(url, …)` is the command line over a database."""
    monkeypatch.setenv("ISU_FILES", str(tmp_path / "files"))

    def run(url: str, *words: Any) -> Result:
        monkeypatch.setenv("ISU_DATABASE_URL", url)
        return CliRunner().invoke(cli.app, [str(word) for word in words])

    return run


@pytest.fixture(scope="module")
def whole(institution: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "whole"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISU_DATABASE_URL", institution)
        told = CliRunner().invoke(cli.app, ["export", str(folder), "--full"])
    assert told.exit_code == 0, told.output
    return folder


@pytest.fixture
def empty(templates_of: Callable[[str], Templates]) -> Iterator[str]:
    databases = templates_of("sqlite")
    url = databases.databases.copy(databases.empty)
    yield url
    databases.databases.drop(url)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(folder: Path, table: str) -> list[Any]:
    return [json.loads(line) for line in (folder / f"{table}.jsonl").read_bytes().splitlines()]


# ---------- out and back ----------


def test_every_table_is_exported_or_there_is_a_reason() -> None:
    exported = {table.name for table in dump.dumped()}

    assert exported | dump.LEFT_OUT.keys() == Table.metadata.tables.keys()
    assert not exported & dump.LEFT_OUT.keys()


def test_it_comes_back_equal_to_the_byte_on_either_engine(
    isu: Isu, institution: str, whole: Path, templates_of: Callable[[str], Templates], postgres_url: str, tmp_path: Path
) -> None:
    source, path = whole, []
    # What a third would load is equal to the byte to what the first did.
    for number, engine in enumerate(("postgresql", "sqlite")):
        templates = templates_of(engine)
        path.append(templates.databases.copy(templates.empty))
        loaded = isu(path[-1], "load", source)
        exported = isu(path[-1], "export", tmp_path / str(number), "--full")

        assert (loaded.exit_code, exported.exit_code) == (0, 0), loaded.output + exported.output
        source = tmp_path / str(number)
        assert contents(source) == contents(whole)

    kept = [asyncio.run(told_by(url)) for url in (institution, *path)]
    assert kept[0]["entries"] > 4_000
    assert all(each == kept[0] for each in kept)


async def told_by(url: str) -> dict[str, Any]:
    """What the journal comes to, what stands in the derived tables, and what a search finds."""
    database = Database(url)
    verdict = await verify(database)
    assert verdict.faults == []
    told: dict[str, Any] = {"entries": verdict.entries, "last": verdict.last}
    async with database.reading() as connection:
        for name in DERIVED:
            table = Table.metadata.tables[name]
            found = (await connection.execute(select(table))).mappings()
            told[name] = sorted(str(sorted((k, str(v)) for k, v in row.items() if k != "id")) for row in found)
    found = await ask(database, ISU, SEARCH, q="perambulation", first=5)
    told["search"] = [edge["node"]["symbol"] for edge in found["data"]["search"]["edges"]]
    assert told["search"] == ["CCM/MSP/2099/WP.1"]
    await database.close()
    return told


def test_the_manifest_says_what_is_in_the_export(whole: Path) -> None:
    manifest = json.loads((whole / MANIFEST).read_bytes())

    assert {each["name"] for each in manifest["files"]} == {path.name for path in whole.iterdir()} - {MANIFEST}
    for each in manifest["files"]:
        content = (whole / each["name"]).read_bytes()
        assert (each["bytes"], each["rows"]) == (len(content), content.count(b"\n"))
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
    last = rows(whole, "change")[-1]
    assert manifest["journal"] == {"sequence": last["sequence"], "hash": last["hash"]}
    assert sum(each["bytes"] > 0 for each in manifest["files"]) > 50
    assert oct(whole.stat().st_mode)[-3:] == "700", "what is hidden and personal is its owner's alone"


def test_no_secret_goes_out(whole: Path, institution: str) -> None:
    async def key() -> str:
        database = Database(institution)
        async with database.reading() as connection:
            found: str = (await connection.execute(select(db.SigningKey.value))).scalar_one()  # type: ignore[call-overload]
        await database.close()
        return found

    secret = asyncio.run(key()).encode()

    assert [name for name, content in contents(whole).items() if secret in content] == []
    assert [key["secret_hash"] for key in rows(whole, "api_key")], "of keys only the hash is kept"


def test_an_export_holds_what_is_hidden_and_nothing_of_who_was_erased(whole: Path) -> None:
    assert {row["visibility"] for row in rows(whole, "document")} == set(Visibility)
    assert b"A Colleague" not in (whole / "person.jsonl").read_bytes()


# ---------- what is not taken ----------


def tampered(folder: Path) -> str:
    path = folder / "document.jsonl"
    path.write_bytes(path.read_bytes().replace(b"WP.1", b"WP.9", 1))
    return "document.jsonl is not what was exported"


def truncated(folder: Path) -> str:
    path = folder / "state.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    return "state.jsonl is not what was exported"


def longer(folder: Path) -> str:
    path = folder / "state.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])
    return "state.jsonl is not what was exported"


def missing(folder: Path) -> str:
    (folder / "person.jsonl").unlink()
    return "person.jsonl is missing"


def extra(folder: Path) -> str:
    (folder / "notes.txt").write_text("Read me")
    return "notes.txt belongs to no export"


def of_another_revision(folder: Path) -> str:
    change_manifest(folder, revision="0009")
    return "was made at revision 0009"


def of_another_format(folder: Path) -> str:
    change_manifest(folder, format="isu-full-export/2")
    return "is of another format"


def without_a_file(folder: Path) -> str:
    change_manifest(folder, files=[])
    return "does not name the files that an export has"


def no_manifest(folder: Path) -> str:
    (folder / MANIFEST).write_text("[")
    return "is no manifest of an export"


def with_a_forged_entry(folder: Path) -> str:
    """Whoever writes the checksums anew does not get past the chain of the journal."""
    path = folder / "change.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2', 1))
    with_checksum_of(path)
    return "entry 1 of the journal does not follow the one before"


def without_the_last_entry(folder: Path) -> str:
    path = folder / "change.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with_checksum_of(path)
    return "the journal ends at entry"


def with_a_strange_value(folder: Path) -> str:
    path = folder / "meeting.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"FORMAL"', b'"MERRY"', 1))
    with_checksum_of(path)
    return "of meeting is no row of it"


def with_a_path_for_a_hash(folder: Path) -> str:
    path = folder / "document_file.jsonl"
    path.write_bytes(re.sub(rb'"sha256":"[0-9a-f]{64}"', b'"sha256":"..//etc/hostname"', path.read_bytes(), count=1))
    with_checksum_of(path)
    return "of document_file is no row of it: sha256 is none"


def with_another_column(folder: Path) -> str:
    path = folder / "meeting.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"formality"', b'"ferocity"', 1))
    with_checksum_of(path)
    return "of meeting is no row of it: its columns are others"


def with_a_row(folder: Path, table: str, **values: Any) -> None:
    """The first of a table, otherwise."""
    path = folder / f"{table}.jsonl"
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(json.dumps({**json.loads(first), **values}).encode() + b"\n" + rest)
    with_checksum_of(path)


def with_a_key_that_leads_nowhere(folder: Path) -> str:
    with_a_row(folder, "meeting", presidency_code="XYZ")
    return "the rows of meeting break a rule of the database"


def with_a_row_twice(folder: Path) -> str:
    path = folder / "state.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])
    with_checksum_of(path)
    return "the rows of state break a rule of the database"


def with_a_number_that_no_column_holds(folder: Path) -> str:
    with_a_row(folder, "meeting", version=2**40)
    return "line 1 of meeting is no row of it: version is too large"


def with_an_amount_that_is_none(folder: Path) -> str:
    with_a_row(folder, "contribution", amount="NaN")
    return "line 1 of contribution is no row of it: amount is no number"


def with_a_nul(folder: Path) -> str:
    with_a_row(folder, "meeting", city="Gene\0va")
    return "line 1 of meeting is no row of it: city holds a NUL"


def with_a_text_in_no_language(folder: Path) -> str:
    with_a_row(folder, "state", name="Zambia")
    return "line 1 of state is no row of it"


def with_a_pipe(folder: Path) -> str:
    (folder / "person.jsonl").unlink()
    os.mkfifo(folder / "person.jsonl")
    return "person.jsonl is no file of its own"


def with_a_link(folder: Path) -> str:
    (folder / "person.jsonl").rename(folder.parent / "person.jsonl")
    (folder / "person.jsonl").symlink_to(folder.parent / "person.jsonl")
    return "person.jsonl is no file of its own"


def change_manifest(folder: Path, **members: Any) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **members}))


def with_checksum_of(path: Path) -> None:
    content = path.read_bytes()
    files = json.loads((path.parent / MANIFEST).read_bytes())["files"]
    told = {"bytes": len(content), "rows": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
    change_manifest(path.parent, files=[{**each, **told} if each["name"] == path.name else each for each in files])


SPOILT = (
    tampered,
    truncated,
    longer,
    missing,
    extra,
    of_another_revision,
    of_another_format,
    without_a_file,
    no_manifest,
    with_a_forged_entry,
    without_the_last_entry,
    with_a_strange_value,
    with_a_path_for_a_hash,
    with_another_column,
    with_a_number_that_no_column_holds,
    with_an_amount_that_is_none,
    with_a_nul,
    with_a_text_in_no_language,
    with_a_pipe,
    with_a_link,
)


def test_what_is_not_as_it_was_exported_is_not_loaded(isu: Isu, whole: Path, empty: str, tmp_path: Path) -> None:
    for spoil in SPOILT:
        export = shutil.copytree(whole, tmp_path / spoil.__name__)
        reason = spoil(export)

        told = isu(empty, "load", export)

        assert told.exit_code == 1, spoil
        # Had the one before left anything, another reason would be told.
        assert reason in told.output, spoil
        assert "nothing was written" in told.output, spoil
    # It is as empty as it was: the good one goes in.
    assert isu(empty, "load", whole).exit_code == 0


@pytest.mark.parametrize("spoil", [with_a_key_that_leads_nowhere, with_a_row_twice])
def test_rows_that_break_a_rule_of_the_database_are_refused_without_what_is_in_them(
    isu: Isu, whole: Path, empty_database_url: str, tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    export = shutil.copytree(whole, tmp_path / "spoilt")
    reason = spoil(export)

    told = isu(empty_database_url, "load", export)

    assert (told.exit_code, type(told.exception)) == (1, SystemExit)
    assert f"{reason}; nothing was written" in told.output.replace("\n", " ")
    assert "INSERT" not in told.output


def test_a_database_that_is_not_empty_is_left_as_it_is(isu: Isu, whole: Path, institution: str, tmp_path: Path) -> None:
    told = isu(institution, "load", whole)

    assert told.exit_code == 1
    assert "The database is not empty" in told.output
    isu(institution, "export", tmp_path / "again", "--full")
    assert contents(tmp_path / "again") == contents(whole)


def test_an_export_is_loaded_whole(isu: Isu, whole: Path, empty: str) -> None:
    told = isu(empty, "load", whole, "--dry-run")

    assert told.exit_code == 1
    assert "An export is loaded whole" in told.output


# ---------- all of it, or nothing ----------


def test_a_folder_with_something_in_it_is_not_written_to(isu: Isu, empty: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    first = isu(empty, "export", tmp_path / "there", "--full")
    second = isu(empty, "export", tmp_path / "there", "--full")
    (tmp_path / "file").touch()
    third = isu(empty, "export", tmp_path / "file", "--full")

    assert first.exit_code == 0, first.output
    for told in (second, third):
        assert told.exit_code == 1
        assert "is there already, and is no empty folder: nothing was written." in told.output
    assert (tmp_path / "file").is_file()


def test_a_full_disk_is_told_and_nothing_is_left(
    isu: Isu, institution: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Folder, "end", full)

    told = isu(institution, "export", tmp_path / "exports" / "whole", "--full")

    assert told.exit_code == 1
    assert "could not be written (No space left on device): nothing of it is left." in told.output
    assert list((tmp_path / "exports").iterdir()) == []


LONG = 200_000


def test_an_export_holds_little_of_it_at_a_time(isu: Isu, empty: str, tmp_path: Path) -> None:
    """Texts of files of 60 MB in all go out, and come back, in half of it."""

    async def fill() -> None:
        database = Database(empty)
        async with database.writing() as connection:
            for number in range(300):
                text = {"sha256": f"{number:064}", "text": f"{number} " + "x" * LONG}
                await connection.execute(insert(db.FileText), text)
        await database.close()

    async def load(url: str) -> None:
        database = Database(url)
        await load_all(database, tmp_path / "long", lambda *_: None)
        await database.close()

    asyncio.run(fill())
    other = f"sqlite+aiosqlite:///{tmp_path}/other.db"
    migrate(other)
    isu(empty, "export", tmp_path / "first", "--full")

    exported = peak(lambda: isu(empty, "export", tmp_path / "long", "--full"))
    loaded = peak(lambda: asyncio.run(load(other)))

    assert (tmp_path / "long" / "file_text.jsonl").stat().st_size > 300 * LONG
    assert contents(tmp_path / "long") == contents(tmp_path / "first")
    assert max(exported, loaded) < 150 * LONG


def peak(do: Callable[[], Any]) -> int:
    """Of the bytes that Python held meanwhile, beyond those that it held before."""
    tracemalloc.start()
    try:
        do()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def export_and_be_killed(url: str, target: str) -> None:
    """In a process of its own."""
    end = Folder.end

    def killed(folder: Folder, manifest: Any) -> None:
        end(folder, manifest)
        os.kill(os.getpid(), SIGKILL)

    os.environ["ISU_DATABASE_URL"] = url
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Folder, "end", killed)
        cli.app(["export", target, "--full"])


def test_an_export_that_is_killed_at_its_end_does_not_look_whole(isu: Isu, institution: str, tmp_path: Path) -> None:
    exports = process.fork(export_and_be_killed, institution, str(tmp_path / "exports" / "night"))
    exports.join()

    assert exports.exitcode == -SIGKILL

    (left,) = (tmp_path / "exports").iterdir()
    assert left.name.startswith(".night.part-")
    assert isu(institution, "export", tmp_path / "exports" / "night", "--full").exit_code == 0
