"""What is exported of objects is what the API tells of them to who asks, and never more."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, inspect, select
from sqlmodel.sql.sqltypes import AutoString

import db
from db import change
from db.driver import Driver
from db.engine import Database
from db.table import LocalizedTextType, kept_tables
from db.unit import Signature, Unit
from isu import dump
from isu.export import as_csv, cells, copying, export_public, heading
from isu.operation import execute_in
from isu.sheet import harmless
from mandate.actor import PUBLIC, Actor, Visibility
from mandate.text import LocalizedText
from schema.id import decode_id
from schema.reading import TABLES
from schema.whole import Part, type_names, whole
from tests.access import matrix
from tests.access.register import Objects, hide_one_of_each
from tests.api import TODAY
from tests.call import ISU, ask, through_the_unit
from tests.conftest import Templates

pytestmark = pytest.mark.anyio

MARK = "PERAMBULATION"
"""A word that is written into all that is hidden, and stands nowhere else."""


async def mark_what_is_hidden(database: Database) -> int:
    """In every text of every row that is not public, and in the names of the files of such documents."""
    marked = 0
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        hidden = select(db.Document.id).where(db.Document.visibility != Visibility.PUBLIC)  # type: ignore[call-overload]
        documents = set((await connection.execute(hidden)).scalars())
        for table in kept_tables():
            source = inspect(table).local_table
            key = [column.key for column in source.primary_key]
            for row in (await connection.execute(select(source))).mappings().all():
                if row.get("visibility", Visibility.PUBLIC) is Visibility.PUBLIC and not (
                    table is db.DocumentFile and row["document_id"] in documents
                ):
                    continue
                values: dict[str, Any] = {}
                for column in source.columns:
                    if column.key in key or column.foreign_keys or column.unique:
                        continue
                    if isinstance(column.type, LocalizedTextType):
                        values[column.key] = LocalizedText.of(f"{MARK} {column.key}", "fr", en=MARK)
                    elif isinstance(column.type, (AutoString, Text)) or column.info.get("personal"):
                        values[column.key] = MARK
                await unit.change(table, [(tuple(row[name] for name in key), values)])
                marked += len(values)
    return marked


@dataclass(frozen=True, slots=True)
class Copy:
    """An institution in which one of each kind is there in every visibility, and its public export."""

    database: Database
    objects: Objects
    marked: int
    folder: Path

    @property
    def files(self) -> dict[str, bytes]:
        return contents(self.folder)


@pytest.fixture(scope="module")
def prepared_url(templates: Templates) -> Iterator[str]:
    url = templates.databases.copy(templates.register)
    yield url
    templates.databases.drop(url)


@pytest.fixture(scope="module")
async def copy(prepared_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Copy]:
    """For tests that only read."""
    database = Database(prepared_url)
    objects = await hide_one_of_each(database, matrix.load())
    marked = await mark_what_is_hidden(database)
    folder = tmp_path_factory.mktemp("exports") / "public"
    await export_public(database, folder, TODAY, nothing)
    yield Copy(database, objects, marked, folder)
    await database.close()


def nothing(*_: Any) -> None:
    """Of progress."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def objects_of(files: Mapping[str, bytes], type_name: str) -> list[Any]:
    return [json.loads(line) for line in files[f"{type_name}.jsonl"].splitlines()]


async def pages_of(
    database: Database, type_name: str, actor: Actor = PUBLIC, day: date = TODAY
) -> list[list[dict[str, Any]]]:
    async with copying(database, actor, day) as source:
        return [page async for page in source.pages(await source.whole(type_name))]


# ---------- all that the public may see ----------


async def test_nothing_that_is_hidden_is_in_the_public_export(copy: Copy) -> None:
    files, ids = copy.files, copy.objects.ids

    assert copy.marked > 200
    assert [name for name, content in files.items() if MARK.encode() in content] == []
    told = b"".join(files.values()).decode()
    assert [cell for cell, id_ in ids.items() if cell[1] != Visibility.PUBLIC and f'"{id_}"' in told] == []
    to_the_isu = await pages_of(copy.database, "Document", ISU)
    assert MARK in str(to_the_isu), "who may see it is told"
    there = {name for (name, place), id_ in ids.items() if place == Visibility.PUBLIC and id_ in told}
    assert there >= {"Document", "Meeting", "Decision", "MeetingRecord", "Statement", "AgendaItem", "WorkPlan"}


async def test_the_public_export_has_each_object_that_the_public_sees(copy: Copy) -> None:
    files = copy.files

    assert set(files) == {f"{name}.{kind}" for name in type_names() for kind in ("jsonl", "csv")} | {dump.MANIFEST}
    listed = """{ states(first: 250) { totalCount } documents { totalCount } meetings { totalCount }
                  decisions { id } workPlans { id } officeTerms { id } coordinatorTerms { id } workingGroups { id } }"""
    seen = (await ask(copy.database, PUBLIC, listed))["data"]
    for type_name, field in (("State", "states"), ("Document", "documents"), ("Meeting", "meetings")):
        assert len(objects_of(files, type_name)) == seen[field]["totalCount"]
    for type_name, field in (
        ("Decision", "decisions"),
        ("WorkPlan", "workPlans"),
        ("OfficeTerm", "officeTerms"),
        ("CoordinatorTerm", "coordinatorTerms"),
        ("WorkingGroup", "workingGroups"),
    ):
        assert {each["id"] for each in objects_of(files, type_name)} == {each["id"] for each in seen[field]}
    (contact,) = objects_of(files, "ContactPoint")
    assert (contact["emails"], contact["phones"]) == (None, None), "addresses are for keys that read contacts"


async def test_a_line_says_what_the_api_says(copy: Copy) -> None:
    files = copy.files
    asked = """query ($id: ID!) { meeting(id: $id) {
      id code startsOn city title { original en: in(language: "en", fallback: []) { value status } }
      kind { code } presidency { id code } attendance { participantClass count } } }"""
    line = next(each for each in objects_of(files, "Meeting") if each["attendance"] and each["presidency"])

    meeting = (await ask(copy.database, PUBLIC, asked, id=line["id"]))["data"]["meeting"]

    title = {code: wording for code, wording in line["title"].items() if code in ("original", "en")}
    assert {**{name: line[name] for name in meeting}, "title": title, "kind": {"code": line["kind"]["code"]}} == meeting
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(files["Meeting.csv"].decode()))}
    row = rows[line["id"]]
    assert (row["title.en"], row["presidency.code"]) == (meeting["title"]["en"]["value"], meeting["presidency"]["code"])
    assert json.loads(row["attendance"]) == meeting["attendance"]


async def test_others_may_read_the_public_export(copy: Copy) -> None:
    assert oct(copy.folder.stat().st_mode)[-3:] == "755"


async def test_two_exports_of_the_same_are_the_same_whether_planned_or_executed(copy: Copy, tmp_path: Path) -> None:
    await export_public(copy.database, tmp_path / "second", TODAY, nothing, planner=False)

    first, second = copy.files, contents(tmp_path / "second")
    manifest, other = (json.loads(files.pop(dump.MANIFEST)) for files in (first, second))
    assert first == second
    assert manifest.pop("createdAt") < other.pop("createdAt")
    assert manifest == other


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pages that no plan answered."""
    found: list[Any] = []

    async def noted(*given: Any) -> Any:
        found.append(given[2])
        return await execute_in(*given)

    monkeypatch.setattr("isu.export.execute_in", noted)
    return found


async def test_what_is_asked_again_is_planned(copy: Copy, executed: list[Any]) -> None:
    pages = await pages_of(copy.database, "Document")

    assert (len(executed), len(pages)) == (1, 5)


async def test_what_is_in_no_journal_is_not_taken_from_a_snapshot_that_may_be_of_another_moment(
    copy: Copy, executed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with copying(copy.database, PUBLIC, TODAY) as source:
        with monkeypatch.context() as patched:
            patched.setattr(change, "_of_the_journal", frozenset)
            beside = [page async for page in source.pages(await source.whole("Document"))]
            assert len(executed) == len(beside) == 5
        executed.clear()

        states = [page async for page in source.pages(await source.whole("State"))]

    assert (len(executed), len(states)) == (1, 2)


async def test_the_manifest_leads_from_the_copy_into_the_feed(
    register_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The others have a manifest in the tests above.
    monkeypatch.setattr("isu.export.type_names", lambda: ["Meeting"])
    database = Database(register_url)
    await export_public(database, tmp_path / "first", TODAY, nothing)
    await through_the_unit(database, db.Meeting, (("2MSP",), {"city": "Beyrouth"}))

    first = contents(tmp_path / "first")
    manifest = json.loads(first[dump.MANIFEST])
    changes = "query ($after: String!) { changes(after: $after) { nodes { subjectId changedFields } } }"
    told = (await ask(database, PUBLIC, changes, after=manifest["changeCursor"]))["data"]["changes"]["nodes"]

    (line,) = [each for each in objects_of(first, "Meeting") if each["code"] == "2MSP"]
    assert told == [{"subjectId": line["id"], "changedFields": ["city"]}]
    assert (manifest["asOf"], manifest["format"]) == (TODAY.isoformat(), "isu-public-export/1")
    rows = {each["name"]: each["rows"] for each in manifest["files"]}
    assert rows["Meeting.csv"] == rows["Meeting.jsonl"] == len(objects_of(first, "Meeting"))
    await database.close()


async def test_objects_that_are_too_much_at_once_come_in_smaller_pages(
    register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is too much by itself comes all the same."""
    database = Database(register_url)

    whole_pages = await pages_of(database, "Office")
    found = {}
    for most in (50, 1):
        for module in ("reader", "run"):
            monkeypatch.setattr(f"resolvers.reading.{module}.MOST_OBJECTS", most)
        found[most] = await pages_of(database, "Office")

    for smaller in found.values():
        assert list(chain(*smaller)) == list(chain(*whole_pages))
    assert len(whole_pages) < len(found[50]) < len(found[1]) == sum(map(len, whole_pages))
    await database.close()


@pytest.mark.parametrize("between", ["before it is read", "amid it"])
async def test_a_copy_is_of_one_moment_whatever_happens_meanwhile(
    register_url: str, monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    database = Database(register_url)
    look = Driver.version_in

    async def act() -> None:
        await through_the_unit(database, db.Document, *(((key,), {"issued_on": date(2001, 2, 3)}) for key in keys))

    async def after_an_act(self: Driver, snapshot: Any) -> Any:
        await act()
        return await look(self, snapshot)

    before = await pages_of(database, "Document")
    keys = [decode_id(each["id"])[1] for page in before for each in page]
    if between == "before it is read":
        monkeypatch.setattr(Driver, "version_in", after_an_act)
    found = []
    async with copying(database, PUBLIC, TODAY) as source:
        async for page in source.pages(await source.whole("Document")):
            found.append(page)
            if between == "amid it" and len(found) == 2:
                await act()

    assert len(found) > 3
    assert found == before
    await database.close()


@pytest.mark.parametrize("step", ["snapshot", "version_in"])
async def test_a_copy_is_made_where_plans_have_no_connection(
    shared_register_url: str, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    database = Database(shared_register_url)

    def lost(*_: Any, **__: Any) -> Any:
        raise ConnectionRefusedError

    right = await pages_of(database, "Meeting")
    monkeypatch.setattr(database.driver, step, lost)
    found = await pages_of(database, "Meeting")

    assert len(right) > 0
    assert found == right
    await database.close()


async def test_what_depends_on_the_day_is_of_that_day(register_url: str) -> None:
    database = Database(register_url)
    statuses = []
    for day in (date(2011, 1, 1), TODAY):
        pages = await pages_of(database, "State", day=day)
        statuses.append({each["code"]: each["treatyStatus"]["kind"] for page in pages for each in page})

    assert [each["AFG"] for each in statuses] == ["SIGNATORY", "STATE_PARTY"]
    await database.close()


# ---------- how it is asked and written ----------


@pytest.mark.parametrize("type_name", sorted(TABLES))
def test_all_of_every_type_can_be_asked_for(type_name: str) -> None:
    asked = whole(type_name, ["en", "zh", "sr-Latn"])
    names = [".".join(path) for path in asked.columns()]

    assert names[0] == "id"
    assert len(set(names)) == len(names)
    assert not any("istory" in name or "xplanation" in name for name in names)


def test_what_refers_to_its_own_kind_is_named() -> None:
    assert ("partOf", "code") in whole("Meeting", ["en"]).columns()
    assert ("completes", "id") in whole("CoordinatorTerm", ["en"]).columns()


@pytest.mark.parametrize("cell", ["=1+1", "+41 22", "-2-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"])
def test_a_cell_is_no_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    columns = [("note",)]
    (_, row) = csv.reader(
        io.StringIO(as_csv([heading(columns), *cells(columns, [{"note": cell}])]).decode(), newline="")
    )
    assert row == [f"'{cell}"]


def test_what_separates_cells_somewhere_is_quoted() -> None:
    rows = [["a;=1", "b\t=1", "c d"], ['e,"f"', "g\rh", "-5"]]

    written = as_csv(rows)

    assert written == b'"a;=1","b\t=1",c d\r\n"e,""f""","g\rh",-5\r\n'
    assert list(csv.reader(io.StringIO(written.decode(), newline=""))) == rows
    assert as_csv([[""], ["x"]]) == b'""\r\nx\r\n'


def test_numbers_and_words_stay_as_they_are() -> None:
    columns = [("a",), ("b", "c"), ("d",), ("e",), ("f", "en")]
    told = {"a": -2, "b": {"c": None}, "d": True, "e": ["x"], "f": {"en": {"value": 'Élan, "so"', "status": "X"}}}

    assert list(cells(columns, [told])) == [["-2", "", "true", '["x"]', 'Élan, "so"']]
    assert list(cells([("b", "c")], [{"b": None}])) == [[""]]


def test_a_member_is_taken_from_where_it_was_answered() -> None:
    part = Part("party", (Part("id"), Part("code", keys=("code_State", "code_Organisation"))))

    assert part.of({"party": {"id": "1", "code_Organisation": "ICRC"}}) == {"id": "1", "code": "ICRC"}
    assert part.of({"party": None}) is None
