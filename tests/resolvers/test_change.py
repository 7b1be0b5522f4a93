"""Whatever is done to the journal, or to a row behind its back, is found; the first bad entry is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

import db
from db.change import NOTHING_BEFORE
from db.engine import Database
from db.table import Kept, kept_tables
from db.unit import OF_THE_UNIT, Signature, Unit
from isu import migrate
from mandate.text import LocalizedText
from resolvers.change import ADOPTED, Point, verify
from tests.journal import tamper

# Statements are put together from words of this file alone.
# ruff: noqa: S608

BEFORE_THE_JOURNAL = "b2023d54de0a"
SWAP = [f"UPDATE change SET sequence = {new} WHERE sequence = {old}" for old, new in ((3, 900), (5, 3), (900, 5))]


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    """Ten acts: three languages, two people, each then changed once."""
    database = Database(empty_database_url)
    for code in "abc":
        await act(database, "keep", db.Language, [{"code": code, "label": LocalizedText.of(code)}])
    for key in "pq":
        await act(database, "keep", db.Person, [{"id": key, "full_name": f"Person {key}"}])
    for code in "abc":
        await act(database, "change", db.Language, [((code,), {"label": LocalizedText.of(f"Language {code}")})])
    for key in "pq":
        await act(database, "change", db.Person, [((key,), {"full_name": f"Somebody {key}"})])
    yield database
    await database.close()


async def act(database: Database, verb: str, table: type[Kept], what: Any) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test", account="someone", on_behalf_of="ISU:ISU", request_id="r"))
        await getattr(unit, verb)(table, what)


async def first_fault(database: Database) -> int | None:
    faults = (await verify(database)).faults
    assert faults, "nothing was found"
    return faults[0].sequence


async def test_an_honest_journal_is_clean(database: Database) -> None:
    verdict = await verify(database)

    assert (verdict.entries, verdict.faults) == (10, [])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'2026-01-15T12:00:00.000000Z'"),
        ("account_id", "'another'"),
        ("account_id", "NULL"),
        ("on_behalf_of", "'STATE:LAO'"),
        ("act", "'tesu'"),
        ("subject_type", "'person'"),
        ("subject_key", "'b'"),
        ("version", "3"),
        ("fields", "'[\"labem\"]'"),
        ("before", "replace(before, 'a', 'b')"),
        ("before", "NULL"),
        ("before", "'{'"),
        ("after", "replace(after, 'Language', 'Languagf')"),
        ("visibility", "'ISU'"),
        ("request_id", "'s'"),
        ("previous_hash", "replace(replace(previous_hash, '0', '1'), 'a', 'b')"),
        ("hash", "replace(replace(hash, '0', '1'), 'a', 'b')"),
    ],
)
async def test_a_flipped_byte_is_found_in_every_column(database: Database, column: str, value: str) -> None:
    await tamper(database, f"UPDATE change SET {column} = {value} WHERE sequence = 6")

    assert await first_fault(database) == 6


@pytest.mark.parametrize(
    ("statements", "first"),
    [
        pytest.param(["DELETE FROM change WHERE sequence = 1"], 1, id="the first deleted"),
        pytest.param(["DELETE FROM change WHERE sequence = 4"], 4, id="one deleted"),
        pytest.param(["DELETE FROM change WHERE sequence > 7"], 8, id="the tail truncated"),
        pytest.param(["DELETE FROM change"], 1, id="all of them deleted"),
        pytest.param(SWAP, 3, id="two swapped"),
        pytest.param(["UPDATE change SET sequence = 11 WHERE sequence = 4"], 4, id="one moved to the end"),
        pytest.param(["UPDATE journal_head SET sequence = 9"], 10, id="the head moved back"),
        pytest.param(["UPDATE journal_head SET hash = '0'"], 10, id="the head overwritten"),
    ],
)
async def test_a_broken_chain_is_found(database: Database, statements: list[str], first: int) -> None:
    await tamper(database, *statements)

    assert await first_fault(database) == first


@pytest.mark.parametrize("place", [0, 11])
async def test_an_inserted_entry_is_found(database: Database, place: int) -> None:
    copied = ", ".join(column.name for column in db.Change.__table__.columns if column.name != "sequence")  # type: ignore[attr-defined]
    await tamper(
        database, f"INSERT INTO change (sequence, {copied}) SELECT {place}, {copied} FROM change WHERE sequence = 7"
    )

    assert await first_fault(database) == place


async def test_an_entry_inserted_between_two_is_found(database: Database) -> None:
    copied = ", ".join(column.name for column in db.Change.__table__.columns if column.name != "sequence")  # type: ignore[attr-defined]
    moved = [f"UPDATE change SET sequence = {place + 1} WHERE sequence = {place}" for place in range(10, 4, -1)]
    await tamper(
        database,
        *moved,
        f"INSERT INTO change (sequence, {copied}) SELECT 5, {copied} FROM change WHERE sequence = 3",
        "UPDATE journal_head SET sequence = 11",
    )

    assert await first_fault(database) == 5


async def test_a_tail_cut_off_together_with_the_head_is_found_by_the_versions_of_rows(database: Database) -> None:
    await tamper(
        database,
        "UPDATE journal_head SET sequence = 8, hash = (SELECT hash FROM change WHERE sequence = 8)",
        "DELETE FROM change WHERE sequence > 8",
    )

    faults = (await verify(database)).faults
    assert [fault.sequence for fault in faults] == [4, 4, 5, 5]
    assert "at version 1, but it is at 2" in str(faults[0])


async def test_an_end_cut_off_with_all_that_tells_of_it_is_found_by_who_has_seen_it(database: Database) -> None:
    await act(database, "keep", db.Language, [{"code": "d", "label": LocalizedText.of("d")}])
    seen = (await verify(database)).last
    await tamper(
        database,
        "UPDATE journal_head SET sequence = 10, hash = (SELECT hash FROM change WHERE sequence = 10)",
        "DELETE FROM change WHERE sequence > 10",
        "DELETE FROM language WHERE code = 'd'",
    )
    unseen = await verify(database)
    found = await verify(database, expected=seen)
    await act(database, "keep", db.Language, [{"code": "e", "label": LocalizedText.of("e")}])
    rewritten = await verify(database, expected=seen)

    assert seen.sequence == 11
    assert (unseen.faults, unseen.last.sequence) == ([], 10)
    assert [str(fault) for fault in found.faults] == ["entry 11: was expected, and is missing"]
    assert [str(fault) for fault in rewritten.faults] == ["entry 11: is another than the one expected"]


async def test_a_journal_that_went_on_is_as_expected(database: Database) -> None:
    seen = (await verify(database)).last
    await act(database, "keep", db.Language, [{"code": "d", "label": LocalizedText.of("d")}])

    for expected in (seen, (await verify(database)).last, Point(0, NOTHING_BEFORE)):
        assert (await verify(database, expected=expected)).faults == []


async def test_a_lost_head_is_found(database: Database) -> None:
    await tamper(database, "DELETE FROM journal_head")

    assert (await verify(database)).faults


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        pytest.param("UPDATE language SET version = 3 WHERE code = 'b'", 7, id="a version raised"),
        pytest.param("UPDATE language SET label = replace(CAST(label AS TEXT), 'b', 'x')::json WHERE code = 'b'", 7),
        pytest.param("UPDATE person SET full_name = 'Nobody' WHERE id = 'p'", 9, id="a name changed"),
        pytest.param("UPDATE person SET full_name = NULL, salt = NULL WHERE id = 'p'", 9, id="a name erased"),
        pytest.param("UPDATE person SET salt = NULL WHERE id = 'p'", 9, id="a salt lost"),
        pytest.param("UPDATE person SET visibility = 'ISU' WHERE id = 'q'", 10, id="a visibility changed"),
        pytest.param("DELETE FROM language WHERE code = 'c'", 8, id="a row deleted"),
        pytest.param("UPDATE language SET code = 'd' WHERE code = 'c'", 8, id="a row renamed"),
        pytest.param("INSERT INTO person (id, version, visibility) VALUES ('r', 1, 'PUBLIC')", None, id="a row added"),
    ],
)
async def test_a_row_changed_behind_the_journals_back_is_found(
    database: Database, statement: str, first: int | None
) -> None:
    if database.url.get_backend_name() == "sqlite":
        statement = statement.replace("::json", "")
    await tamper(database, statement)

    assert await first_fault(database) == first


async def test_a_row_that_can_not_be_read_is_told_and_takes_no_other_with_it(database: Database) -> None:
    """Whoever writes past the unit of work need not write what a column can hold."""
    await tamper(
        database,
        """UPDATE language SET label = '{"en": 1}' WHERE code = 'b'""",
        "UPDATE person SET visibility = 'NOBODY' WHERE id = 'p'",
        "UPDATE person SET full_name = 'Nobody' WHERE id = 'q'",
    )

    faults = (await verify(database)).faults

    assert [(fault.sequence, fault.reason.partition(" was ")[0]) for fault in faults] == [
        (7, "language b"),
        (9, "person p"),
        (10, "person q"),
    ]
    assert "it can not be read" in str(faults[0])


async def test_an_entry_that_can_not_be_read_is_told_as_the_first_bad_one(database: Database) -> None:
    await tamper(database, "UPDATE change SET visibility = 'NOBODY' WHERE sequence = 6")

    faults = (await verify(database)).faults

    assert str(faults[0]) == "entry 6: can not be read"
    assert "is missing" not in " ".join(map(str, faults))


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE person SET full_name = X'FF' WHERE id = 'p'", 9),
        ("UPDATE person SET id = X'FF' WHERE id = 'p'", 9),
        ("UPDATE change SET subject_key = X'FF' WHERE sequence = 6", 6),
    ],
)
async def test_bytes_where_there_should_be_text_are_found(database: Database, statement: str, first: int) -> None:
    if database.url.get_backend_name() == "postgresql":
        # It keeps none in a column of text.
        return
    await tamper(database, statement)

    assert await first_fault(database) == first


async def test_nothing_is_moved_from_a_value_to_its_salt(database: Database) -> None:
    if database.url.get_backend_name() == "postgresql":
        # Its column holds no longer one.
        return
    await act(database, "keep", db.Person, [{"id": "r", "full_name": 'A "B"'}])
    await tamper(database, """UPDATE person SET salt = salt || '"A \\', full_name = 'B"' WHERE id = 'r'""")

    assert await first_fault(database) == 11


async def test_while_the_triggers_stand_nothing_of_it_can_be_done(database: Database) -> None:
    for statement in ("UPDATE change SET act = 'x' WHERE sequence = 6", "DELETE FROM change WHERE sequence = 6"):
        with pytest.raises(DBAPIError, match="never changed"):
            async with database.writing() as connection:
                await connection.exec_driver_sql(statement, execution_options=OF_THE_UNIT)

    assert (await verify(database)).faults == []


async def test_a_derived_date_is_checked_against_its_rule(register_url: str) -> None:
    database = Database(register_url)
    async with database.writing() as connection:
        action = (
            await connection.exec_driver_sql(
                "SELECT id FROM treaty_action WHERE state_code = 'LAO' AND type = 'RATIFICATION'"
            )
        ).scalar_one()
        wrong = {"takes_effect_on": None}
        await Unit(connection, Signature(act="test")).change(db.TreatyAction, [((action,), wrong)])

    (fault,) = (await verify(database)).faults
    await database.close()
    assert "by the rule it is 2010-08-01" in str(fault)


async def test_rows_older_than_the_journal_enter_it_with_the_migration_that_brings_it(states_url: str) -> None:
    def there_and_back() -> None:
        migrate.go_back(states_url, BEFORE_THE_JOURNAL)
        migrate.migrate(states_url)

    await asyncio.to_thread(there_and_back)

    database = Database(states_url)
    verdict = await verify(database)
    async with database.reading() as connection:
        acts = await connection.exec_driver_sql("SELECT DISTINCT act FROM change")
        assert acts.scalars().all() == [ADOPTED]
        told = await connection.exec_driver_sql("SELECT after FROM change WHERE subject_type = 'person'")
        assert all('"full_name":"sha256:' in after for after in told.scalars())
    assert verdict.faults == []
    assert verdict.entries > 1_000

    await tamper(database, "INSERT INTO person (id, version, visibility) VALUES ('r', 1, 'PUBLIC')")
    await asyncio.to_thread(migrate.migrate, states_url)
    assert len((await verify(database)).faults) == 1, "what is slipped in later is not adopted"
    await database.close()


def test_every_kept_table_is_watched_and_what_is_referred_to_comes_first() -> None:
    tables = [table.__tablename__ for table in kept_tables()]

    assert {"state", "treaty_action", "person", "contact", "account", "concern"} <= set(tables)
    assert tables.index("party") < tables.index("state") < tables.index("treaty_action")
    assert "change" not in tables
