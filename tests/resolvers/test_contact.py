"""What is personal stays in one place, and can be erased: the offices stay, the journal verifies, no load undoes it."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import FromClause, select

import db
from db.engine import Database
from db.table import Table, kept_tables, new_id
from db.unit import Signature, Unit, personal_columns
from mandate.actor import Visibility
from mandate.contact import ContactRole
from resolvers import contact, person
from resolvers.change import verify
from resolvers.context import Context, Operation
from resolvers.load import load_register
from tests.api import TODAY
from tests.call import ISU, hide

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parents[2] / "data/ccm"
REGISTER = Path(__file__).parents[2] / "docs/personal-data.md"
NAME, ADDRESS, NUMBER = "Erika Mustermann", "ccm@berlin.example", "+4930123456"
PRESIDENT = "Adnan Mansour"
PERSON: FromClause = db.Person.__table__  # type: ignore[attr-defined]
TERM: FromClause = db.OfficeTerm.__table__  # type: ignore[attr-defined]
MEETING: FromClause = db.Meeting.__table__  # type: ignore[attr-defined]


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "ccm"))


def edit(folder: Path, file: str, key: str, **cells: str) -> None:
    path = folder / f"{file}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = list(csv.reader(lines))
    for row in rows:
        if row[0] == key:
            for column, value in cells.items():
                row[header.index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])


async def rows(database: Database, table: FromClause, *where: Any) -> list[Any]:
    async with database.reading() as connection:
        return list(await connection.execute(select(table).where(*where)))


async def named(database: Database, name: str) -> list[Any]:
    return await rows(database, PERSON, PERSON.c.full_name == name)


async def record(database: Database, **given: Any) -> str:
    async with Context(database, TODAY, ISU, Operation(writes=True)) as context:
        whole: dict[str, Any] = {
            "party": "STATE:DEU",
            "role": ContactRole.NATIONAL_FOCAL_POINT,
            "full_name": NAME,
            "emails": [ADDRESS],
            "phones": [NUMBER],
            "valid_from": TODAY,
            **given,
        }
        return await contact.record(context, contact.Given(**whole))


async def erase(database: Database, key: str) -> None:
    (row,) = await rows(database, PERSON, PERSON.c.id == key)
    async with Context(database, TODAY, ISU, Operation(writes=True)) as context:
        await person.erase(context, key=key, expected_version=row.version)


async def erase_president(database: Database) -> str:
    (row,) = await named(database, PRESIDENT)
    await erase(database, row.id)
    key: str = row.id
    return key


async def everything(database: Database) -> str:
    """Every value of every row, the journal's too."""
    async with database.reading() as connection:
        values = [
            repr(tuple(row))
            for table in Table.metadata.sorted_tables
            for row in await connection.execute(select(table))
        ]
    return "\n".join(values)


# ---------- erasure ----------


async def test_values_about_people_stand_in_their_rows_alone(database: Database) -> None:
    await record(database)
    entries: FromClause = db.Change.__table__  # type: ignore[attr-defined]

    journal = "\n".join(repr(tuple(row)) for row in await rows(database, entries))

    for value in (NAME, ADDRESS, NUMBER, PRESIDENT):
        assert value not in journal
    assert "sha256:" in journal


async def test_an_erasure_leaves_nothing_and_the_journal_verifies(database: Database) -> None:
    await record(database)
    (row,) = await named(database, NAME)
    await record(database, full_name=None, person=row.id, visibility=Visibility.PUBLIC)
    salts = [row.salt, *(each.salt for each in await rows(database, db.Contact.__table__))]  # type: ignore[attr-defined]
    assert len(set(salts)) == 3

    await erase(database, row.id)

    left = await everything(database)
    for gone in (NAME, ADDRESS, NUMBER, *salts):
        assert gone not in left
    assert (await verify(database)).faults == []


async def test_an_erasure_leaves_nothing_in_the_files_while_the_server_runs(database: Database) -> None:
    if database.url.get_backend_name() != "sqlite":
        # What PostgreSQL frees is its own to clean.
        return
    await record(database)
    (row,) = await named(database, NAME)
    values = [value.encode() for value in (NAME, ADDRESS, NUMBER, row.salt)]

    def found() -> list[bytes]:
        files = [Path(f"{database.url.database}{suffix}").read_bytes() for suffix in ("", "-wal")]
        return [value for value in values if any(value in file for file in files)]

    assert found() == values
    await erase(database, row.id)

    assert found() == []


async def test_the_offices_held_stay(database: Database) -> None:
    terms = [(row.id, row.party_id, row.starts_on) for row in await rows(database, TERM)]

    key = await erase_president(database)

    assert [(row.id, row.party_id, row.starts_on) for row in await rows(database, TERM)] == terms
    assert await rows(database, TERM, TERM.c.person_id == key)
    assert await rows(database, MEETING, MEETING.c.president_id == key)
    assert (await verify(database)).faults == []


# ---------- no load brings anybody back ----------


async def test_a_load_after_an_erasure_changes_nothing(database: Database, files: Path) -> None:
    await erase_president(database)

    report = await load_register(database, files)

    assert report.changes == 0
    assert await named(database, PRESIDENT) == []


async def test_a_load_without_the_name_keeps_the_office_of_the_erased(database: Database, files: Path) -> None:
    key = await erase_president(database)
    edit(files, "office_holders", "OH002", person="")
    edit(files, "meetings", "2MSP", president_name="")

    report = await load_register(database, files)

    assert report.changes == 0
    assert await rows(database, TERM, TERM.c.person_id == key)


async def test_a_name_that_was_erased_is_not_brought_back_by_another_line(database: Database, files: Path) -> None:
    key = await erase_president(database)
    # The meetings come before the offices, by which alone the name is known to be that of the erased.
    edit(files, "meetings", "IM-2011", president_name=PRESIDENT)
    edit(files, "meetings", "2MSP", president_name="")

    await load_register(database, files)

    assert await named(database, PRESIDENT) == []
    (meeting,) = await rows(database, MEETING, MEETING.c.code == "IM-2011")
    assert meeting.president_id == key


async def test_an_office_of_the_erased_may_turn_out_to_be_anothers(database: Database, files: Path) -> None:
    await erase_president(database)
    (other,) = await named(database, "Steffen Kongstad")
    edit(files, "office_holders", "OH002", person="Steffen Kongstad")

    await load_register(database, files)

    (term,) = await rows(database, TERM, TERM.c.reference == "OH002")
    assert term.person_id == other.id


async def test_a_point_of_contact_is_not_taken_for_an_office_holder_of_the_same_name(
    database: Database, files: Path
) -> None:
    await record(database)
    edit(files, "office_holders", "OH003", person=NAME)

    await load_register(database, files)

    (term,) = await rows(database, TERM, TERM.c.reference == "OH003")
    (holder,) = await rows(database, PERSON, PERSON.c.id == term.person_id)
    assert (holder.full_name, holder.visibility) == (NAME, Visibility.PUBLIC)
    assert len(await named(database, NAME)) == 2


async def test_whoever_was_hidden_stays_hidden(database: Database, files: Path) -> None:
    (president,) = await named(database, PRESIDENT)
    await hide(database, db.Person, president.id)

    report = await load_register(database, files)

    assert report.changes == 0
    (row,) = await named(database, PRESIDENT)
    assert row.visibility is Visibility.ISU


# ---------- who is concerned ----------


async def test_a_contact_concerns_its_party_and_those_named(database: Database) -> None:
    key = await record(database, concerned=["ORGANISATION:ICRC", "STATE:DEU"])
    (row,) = await named(database, NAME)

    concern: FromClause = db.Concern.__table__  # type: ignore[attr-defined]
    found = {(each.subject_type, each.subject_key, each.party_id) for each in await rows(database, concern)}
    assert found == {
        (subject, each, party)
        for subject, each in (("contact", key), ("person", row.id))
        for party in ("STATE:DEU", "ORGANISATION:ICRC")
    }


async def test_only_what_is_concerned_names_parties(database: Database) -> None:
    await record(database, visibility=Visibility.STATES_PARTIES)

    assert await rows(database, db.Concern.__table__) == []  # type: ignore[attr-defined]


# ---------- the register of personal data ----------


def test_every_personal_column_is_in_the_register_of_personal_data() -> None:
    told = set(re.findall(r"^\| `([a-z_.]+)`", REGISTER.read_text(encoding="utf-8"), re.MULTILINE))
    marked = {f"{table.__tablename__}.{name}" for table in kept_tables() for name in personal_columns(table)}
    columns = {f"{table.name}.{column.name}" for table in Table.metadata.sorted_tables for column in table.columns}

    assert marked <= told, "marked as personal, and not in the register"
    assert told <= columns, "in the register, and no column"
    assert marked >= {"person.full_name", "contact.emails", "contact.phones"}


async def test_a_row_with_personal_values_has_a_salt_of_its_own(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        keys = [new_id(), new_id()]
        await unit.keep(db.Person, [{"id": key, "full_name": NAME, "visibility": Visibility.ISU} for key in keys])

    first, second = await named(database, NAME)
    assert first.salt
    assert first.salt != second.salt
