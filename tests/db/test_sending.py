"""Statements that go to the driver itself: what they say, what they give, and that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, event, func, insert, literal_column, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

import db
import db.sending
from db.dialect import among, keys_to_come
from db.engine import Database
from db.search import FileText
from db.sending import Lost, Writing, later, once
from db.table import kept_tables
from db.unit import Signature, Unit
from mandate.actor import Visibility
from mandate.text import LocalizedText
from resolvers.change import verify
from tests.conftest import Templates

CHANGE, FEED = db.Change.__table__, db.FeedEntry.__table__  # type: ignore[attr-defined]
AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
PERSON = {"id": "p", "full_name": "Ann Example", "salt": "0" * 32, "visibility": Visibility.PUBLIC}


@pytest.fixture
async def database(states_url: str) -> AsyncIterator[Database]:
    database = Database(states_url)
    yield database
    await database.close()


@pytest.fixture
def another_url(templates: Templates) -> Iterator[str]:
    url = templates.databases.copy(templates.states)
    yield url
    templates.databases.drop(url)


def sent_by(database: Database) -> list[str]:
    sent: list[str] = []
    event.listen(
        database._writer.sync_engine, "before_cursor_execute", lambda _c, _u, statement, *_: sent.append(statement)
    )
    return sent


async def test_a_statement_that_is_built_once_is_sent_with_other_values(database: Database) -> None:
    named = once(
        select(col(db.State.code), col(db.State.name), col(db.TreatyAction.date))
        .join(db.TreatyAction, col(db.TreatyAction.state_code) == col(db.State.code))
        .where(
            among(col(db.State.code), keys_to_come("codes")),
            col(db.TreatyAction.takes_effect_on) <= bindparam("day"),
            col(db.TreatyAction.type).in_(["RATIFICATION", "ACCESSION"]),
        )
        .order_by(col(db.State.code))
    )

    async with database.writing() as writing, database.reading() as reading:
        for connection in (writing, reading):
            for codes in (["AUT"], ["AUT", "DEU", "XXX"], []):
                values = {"codes": codes, "day": date(2020, 1, 1)}
                rows = (await connection.execute(named, values)).all()

                assert [row.code for row in rows] == [code for code in codes if code != "XXX"]
                assert all(isinstance(row.name, LocalizedText) and row.date.year > 2000 for row in rows)


async def test_whoever_listens_to_sqlalchemy_hears_of_what_goes_past_it(database: Database) -> None:
    sent = sent_by(database)

    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Person, [PERSON])

    assert [each.split(" (")[0] for each in sent if each.startswith(("INSERT", "UPDATE"))] == [
        "INSERT INTO person",
        "INSERT INTO change",
        next(each for each in sent if each.startswith("UPDATE journal_head")),
        "INSERT INTO feed_entry",
    ]


async def test_an_error_is_told_as_sqlalchemy_tells_it_and_without_the_row(database: Database) -> None:
    async def write_twice() -> None:
        async with database.writing() as connection:
            await Unit(connection, Signature(act="test")).keep(db.Person, [PERSON, PERSON])

    with pytest.raises(IntegrityError) as failed:
        await write_twice()

    assert "Ann Example" not in f"{failed.value} {failed.value.__cause__!r} {vars(failed.value.orig)}"
    async with database.writing() as connection:
        assert await Unit(connection, Signature(act="test")).row(db.Person, ("p",)) is None


async def test_a_default_of_a_column_that_is_not_named_is_kept(database: Database) -> None:
    async with database.writing() as connection:
        for execute in (insert(db.SearchText), once(insert(db.SearchText))):
            row = {
                "subject_type": "state",
                "subject_key": f"x{execute.get_execution_options().get('once')}",
                "language": "en",
                "is_original": True,
                "heading": "",
                "text": "",
                "title": "",
                "words": "",
            }
            await connection.execute(execute, [row])
        rows = await connection.execute(
            select(col(db.SearchText.attached)).where(col(db.SearchText.subject_key).startswith("x"))
        )
        assert [row.attached for row in rows] == [None, None]


async def test_what_is_raised_undoes_what_was_written_within_and_nothing_else(database: Database) -> None:
    async def keep_and_fail(connection: Writing, *keys: str) -> None:
        async with connection.undoing():
            for key in keys:
                await Unit(connection, Signature(act="test")).keep(db.Person, [{**PERSON, "id": key}])
            raise LookupError

    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Person, [PERSON])
        with pytest.raises(LookupError):
            await keep_and_fail(connection, "q")
        async with connection.undoing():
            await Unit(connection, Signature(act="test")).keep(db.Person, [{**PERSON, "id": "r"}])
        async with connection.undoing() as undoing:
            await Unit(connection, Signature(act="test")).keep(db.Person, [{**PERSON, "id": "s"}])
            undoing.ask()
        with pytest.raises(LookupError):
            await keep_and_fail(connection)

    async with database.reading() as reading:
        people = await reading.execute(select(col(db.Person.id)).where(col(db.Person.id).in_(["p", "q", "r", "s"])))
        assert sorted(people.scalars()) == ["p", "r"]
    assert (await verify(database)).faults == []


@pytest.mark.parametrize("way", ["execute", "exec_driver_sql", "later", "later, and not sent"])
async def test_whatever_way_it_was_written_it_is_undone_and_what_waited_before_is_not(
    database: Database, way: str
) -> None:
    async def write_and_fail(connection: Writing) -> None:
        async with connection.undoing():
            match way:
                case "execute":
                    await connection.execute(insert(FileText), [{"sha256": "1" * 64, "text": "undone"}])
                case "exec_driver_sql":
                    await connection.exec_driver_sql("INSERT INTO file_text (sha256, text) VALUES ('1', 'undone')")
                case _:
                    await later(connection, FILE_TEXT_LATER, [{"sha256": "1" * 64, "text": "undone"}])
                    if way == "later":
                        await connection.flush()
            raise LookupError

    async with database.writing() as connection:
        await later(connection, FILE_TEXT_LATER, [{"sha256": "0" * 64, "text": "kept"}])
        with pytest.raises(LookupError):
            await write_and_fail(connection)

    async with database.reading() as reading:
        assert list((await reading.execute(select(col(FileText.text)))).scalars()) == ["kept"]


async def test_what_waits_is_written_before_the_driver_is_asked(database: Database) -> None:
    async with database.writing() as connection:
        await later(connection, FILE_TEXT_LATER, [{"sha256": "0" * 64, "text": "some text"}])

        found = await connection.exec_driver_sql("SELECT text FROM file_text")

        assert list(found.scalars()) == ["some text"]


@pytest.mark.parametrize("kind", [AsyncConnection, Writing])
async def test_what_was_upon_no_row_is_told_where_nothing_can_wait_too(
    database: Database, kind: type[AsyncConnection]
) -> None:
    async with kind(database._writer) as connection:
        with pytest.raises(LookupError):
            await later(connection, NAMED, [{"key": "nobody", "name": "a"}], unless_one=LookupError)


async def of_units(database: Database, *, at_once: bool) -> tuple[list[Any], list[Any]]:
    """What the journal and the feed say of some units."""
    async with database.writing() as connection:
        for place in range(2):
            unit = Unit(connection, Signature(act=f"test {place}", at=AT), at_once=at_once)
            person = {**PERSON, "id": f"p{place}"}
            await unit.keep(db.Person, [person, {**person, "id": f"q{place}", "visibility": Visibility.CONCERNED}])
            await unit.change(db.Person, [((f"p{place}",), {"visibility": Visibility.ISU})])
            concern = {"subject_type": "person", "subject_key": f"q{place}", "party_id": "STATE:DEU"}
            await unit.keep(db.Concern, [concern])
            await unit.change(db.State, [(("AUT",), {"regional_group": f"group {place}"})])
            await unit.change(db.State, [(("AUT",), {"regional_group": f"{place}"})])
            await unit.change(db.Person, [((f"p{place}",), {"visibility": Visibility.PUBLIC})])
            await unit.settle()
    async with database.reading() as connection:
        entries = (await connection.execute(select(CHANGE).where(CHANGE.c.act != "load").order_by("sequence"))).all()
        told = await connection.execute(select(FEED).where(FEED.c.act != "load").order_by("sequence", "subject_key"))
        return [tuple(each) for each in entries], [tuple(each) for each in told]


async def test_what_is_settled_at_the_end_is_said_as_if_it_were_said_at_once(
    database: Database, another_url: str
) -> None:
    other = Database(another_url)

    at_once, at_the_end = await of_units(other, at_once=True), await of_units(database, at_once=False)

    assert at_the_end == at_once
    assert len(at_once[0]) == 14
    await other.close()


async def test_a_unit_that_is_settled_at_the_end_enters_everything_in_one_statement(database: Database) -> None:
    async with database.writing() as connection:
        sent = sent_by(database)
        unit = Unit(connection, Signature(act="test"), at_once=False)
        await unit.keep(db.Person, [PERSON])
        await unit.change(db.Person, [(("p",), {"visibility": Visibility.ISU})])
        assert not [each for each in sent if "INTO change" in each]
        await unit.settle()

    said = [each for each in sent if "change" in each or "journal_head" in each or "feed_entry" in each]
    assert [" ".join(each.split()[:3]) for each in said] == [
        "SELECT journal_head.sequence, journal_head.hash",
        "INSERT INTO change",
        "UPDATE journal_head SET",
        "INSERT INTO feed_entry",
    ]


@pytest.fixture
def trips(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the driver at once."""
    made: list[str] = []

    def counted(name: str, send: Any) -> Any:
        async def counting(*given: Any, **more: Any) -> Any:
            made.append(name)
            return await send(*given, **more)

        return counting

    for name in ("_to_postgresql", "_to_sqlite", "_all_to_postgresql", "_all_to_sqlite", "_plainly"):
        monkeypatch.setattr(db.sending, name, counted(name, getattr(db.sending, name)))
    return made


async def test_what_an_act_writes_is_sent_at_once(database: Database, trips: list[str]) -> None:
    async with database.writing() as connection, connection.undoing():
        unit = Unit(connection, Signature(act="test"), at_once=False)
        await unit.keep(db.Person, [{**PERSON, "id": key} for key in "pq"])
        await unit.keep(db.Concern, [{"subject_type": "person", "subject_key": "p", "party_id": "STATE:DEU"}])
        read = len(trips)
        await unit.settle()
        assert [each for each in trips[read:] if each != "_plainly"] in (["_all_to_postgresql"], ["_all_to_sqlite"])

    assert (await verify(database)).faults == []


async def test_what_waits_is_written_before_anything_is_asked(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"), at_once=False)
        await unit.keep(db.Person, [PERSON])
        assert (await unit.row(db.Person, ("p",)) or {})["full_name"] == "Ann Example"
        await unit.change(db.Person, [(("p",), {"full_name": "Ann Other"})])
        await unit.change(db.Person, [(("p",), {"visibility": Visibility.ISU})])
        assert (await unit.row(db.Person, ("p",)) or {})["full_name"] == "Ann Other"
        await unit.settle()

    async with database.reading() as connection:
        found = (await connection.execute(select(col(db.Person.version)).where(col(db.Person.id) == "p"))).scalars()
        assert list(found) == [3]
    assert (await verify(database)).faults == []


async def test_what_waits_is_written_before_the_end(database: Database) -> None:
    async with database.writing() as connection:
        await later(connection, PERSON_LATER, [PERSON])

    async with database.reading() as connection:
        found = await connection.execute(select(col(db.Person.full_name)).where(col(db.Person.id) == "p"))
        assert list(found.scalars()) == ["Ann Example"]


async def test_however_much_waits_all_of_it_is_written(database: Database) -> None:
    """PostgreSQL takes no more than some parts in one statement."""
    async with database.writing() as connection:
        for number in range(1_700):
            await later(connection, PERSON_LATER, [{**PERSON, "id": f"x{number}"}])
        await later(connection, PERSON_LATER, [{**PERSON, "id": f"y{number}"} for number in range(5_001)])
        counted = select(func.count()).where(col(db.Person.id).regexp_match("^[xy][0-9]+$"))
        assert (await connection.execute(counted)).scalar_one() == 1_700 + 5_001
        await connection.rollback()


async def test_where_the_database_undid_everything_nothing_more_is_written(database: Database) -> None:
    """SQLite does so where it is interrupted, and would keep each further statement by itself."""

    async def write() -> None:
        async with database.writing() as connection:
            with pytest.raises(DBAPIError, match="nothing"):
                await be_interrupted(connection)
            await Unit(connection, Signature(act="test")).keep(db.Person, [{**PERSON, "id": "q"}])

    async def be_interrupted(connection: Writing) -> None:
        async with connection.undoing():
            await Unit(connection, Signature(act="test")).keep(db.Person, [PERSON])
            await connection.exec_driver_sql("ROLLBACK")
            await connection.execute(select(literal_column("nothing")).select_from(FileText))

    with pytest.raises(SQLAlchemyError):
        await write()

    async with database.reading() as reading:
        people = await reading.execute(select(col(db.Person.id)).where(col(db.Person.id).in_(["p", "q"])))
        assert list(people.scalars()) == []
    assert (await verify(database)).faults == []


async def test_who_refuses_what_the_database_undid_already_does_not_answer_as_if_nothing_were(
    database: Database,
) -> None:
    async def write() -> None:
        async with database.writing() as connection, connection.undoing():
            await Unit(connection, Signature(act="test")).keep(db.Person, [PERSON])
            await connection.exec_driver_sql("ROLLBACK")
            raise LookupError

    with pytest.raises(DBAPIError):
        await write()


async def test_what_can_not_be_committed_is_not_said_to_be(database: Database) -> None:
    """PostgreSQL undoes what had failed before, and calls that no error."""

    async def write() -> None:
        async with database.writing() as connection:
            await later(connection, FILE_TEXT_LATER, [{"sha256": "0" * 64, "text": "some text"}])
            with pytest.raises(DBAPIError):
                await connection.execute(select(literal_column("nothing")).select_from(FileText))

    on_sqlite = database.url.get_backend_name() == "sqlite"
    with nullcontext() if on_sqlite else pytest.raises(Lost):
        await write()

    async with database.reading() as reading:
        kept = (await reading.execute(select(func.count()).select_from(FileText))).scalar_one()
        assert kept == int(on_sqlite)


async def test_what_depends_on_what_waits_may_wait_with_it(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"), at_once=False)
        await unit.keep(db.Party, [{"id": "ORGANISATION:X", "kind": "ORGANISATION", "code": "X"}])
        await later(connection, PERSON_LATER, [{**PERSON, "id": "x"}])
        await later(connection, NAMED, [{"key": "x", "name": "a"}])
        await later(connection, PERSON_LATER, [{**PERSON, "id": "y"}, {**PERSON, "id": "z"}])
        await later(connection, NAMED, [{"key": "y", "name": "b"}, {"key": "z", "name": "c"}])
        await later(connection, NAMED, [{"key": "x", "name": "d"}])
        await later(connection, FORGOTTEN, [{"key": "z"}])
        await later(connection, PERSON_LATER, [{**PERSON, "id": "z", "full_name": "e"}])
        await connection.flush()
        rows = await connection.execute(select(col(db.Person.full_name)).where(col(db.Person.id).in_(["x", "y", "z"])))

        assert sorted(rows.scalars()) == ["b", "d", "e"]
        await connection.rollback()


async def test_where_a_part_of_what_waits_is_refused_nothing_of_it_stays(database: Database) -> None:
    async def write() -> None:
        async with database.writing() as connection:
            await Unit(connection, Signature(act="test")).keep(db.Person, [PERSON])
            with pytest.raises(IntegrityError):
                await refused(connection)
            await Unit(connection, Signature(act="test")).keep(db.Person, [{**PERSON, "id": "r"}])

    async def refused(connection: Writing) -> None:
        async with connection.undoing():
            unit = Unit(connection, Signature(act="test"), at_once=False)
            await unit.keep(db.Person, [{**PERSON, "id": "q"}])
            concern = {"subject_type": "person", "subject_key": "q", "party_id": "STATE:nobody"}
            await unit.keep(db.Concern, [concern])
            await unit.settle()

    await write()

    async with database.reading() as reading:
        people = await reading.execute(select(col(db.Person.id)).where(col(db.Person.id).in_(["p", "q", "r"])))
        assert sorted(people.scalars()) == ["p", "r"]
    assert (await verify(database)).faults == []


async def test_what_waits_at_the_end_of_what_may_be_undone_is_refused_there(database: Database) -> None:
    async def refused(connection: Writing) -> None:
        async with connection.undoing():
            await later(connection, FILE_TEXT_LATER, [{"sha256": key * 64, "text": "another"} for key in "10"])

    async with database.writing() as connection:
        await later(connection, FILE_TEXT_LATER, [{"sha256": "0" * 64, "text": "some text"}])
        with pytest.raises(IntegrityError):
            await refused(connection)

    async with database.reading() as reading:
        assert list((await reading.execute(select(col(FileText.text)))).scalars()) == ["some text"]


async def test_rows_of_every_table_are_the_same_however_they_are_sent(register_url: str) -> None:
    """Many at once are one text for PostgreSQL, with every value as the table has it."""
    database, seen = Database(register_url), 0
    async with database.writing() as connection:
        unbound = "PRAGMA defer_foreign_keys = ON"
        if connection.dialect.name == "postgresql":
            unbound = "SET LOCAL session_replication_role = replica"
        await connection.exec_driver_sql(unbound)
        for table in kept_tables():
            source = table.__table__  # type: ignore[attr-defined]
            rows = [dict(row) for row in (await connection.execute(select(source).limit(200))).mappings()]
            if len(rows) < 2:
                continue
            async with connection.undoing() as undoing:
                await connection.execute(delete(source).execution_options(unit=True))
                await later(connection, FILE_TEXT_LATER, [{"sha256": "0" * 64, "text": "something beside"}])
                await later(connection, once(insert(table).execution_options(unit=True)), rows)
                found = [dict(row) for row in (await connection.execute(select(source))).mappings()]
                assert sorted(found, key=repr) == sorted(rows, key=repr), table
                undoing.ask()
            seen += 1
        await connection.rollback()
    await database.close()
    assert seen > 20


FILE_TEXT_LATER = once(insert(FileText))
PERSON_LATER = once(insert(db.Person).execution_options(unit=True))
FORGOTTEN = once(delete(db.Person).where(col(db.Person.id) == bindparam("key")).execution_options(unit=True))
NAMED = once(
    update(db.Person)
    .where(col(db.Person.id) == bindparam("key"))
    .values(full_name=bindparam("name"))
    .execution_options(unit=True)
)
