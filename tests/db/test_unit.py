"""What is kept is written in sets, by key, and enters the journal with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Executable, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

import db
import db.unit
from db.change import NOTHING_BEFORE
from db.dialect import among, keys_to_come
from db.engine import Database
from db.table import kept_tables
from db.unit import OF_THE_UNIT, Key, Signature, Stale, Unit, canonical, entry_hash, instant, subject_key
from mandate.actor import Visibility
from mandate.contribution import ContributionStatus
from mandate.day import PartialDate
from mandate.meeting import ParticipantClass
from mandate.text import LocalizedText
from resolvers.change import verify

CHANGE = db.Change.__table__  # type: ignore[attr-defined]


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    database = Database(empty_database_url)
    yield database
    await database.close()


async def journal(database: Database) -> list[Any]:
    async with database.reading() as connection:
        return list(await connection.execute(select(CHANGE).order_by(CHANGE.c.sequence)))


def language(code: str, label: str = "A language") -> dict[str, Any]:
    return {"code": code, "label": LocalizedText.of(label)}


async def test_rows_are_kept_and_changed_by_their_whole_key(register_url: str) -> None:
    database = Database(register_url)
    attendance = db.Attendance.__table__  # type: ignore[attr-defined]
    states, delegates = ParticipantClass.STATES_PARTIES, ParticipantClass.DELEGATES

    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        new = {"meeting_code": "3RC", "participant_class": states, "count": 90}
        await unit.keep(db.Attendance, [new, {**new, "participant_class": delegates}])
        await unit.keep(db.Attendance, [])
        await unit.change(db.Attendance, [(("3RC", states), {"count": 91}), (("3RC", delegates), {"count": 500})])

    async with database.reading() as connection:
        rows = await connection.execute(select(attendance).where(attendance.c.meeting_code == "3RC"))
        assert {tuple(row)[1:] for row in rows} == {("3RC", states, 91), ("3RC", delegates, 500)}
        others = await connection.execute(select(attendance).where(attendance.c.count.in_([91, 500])))
        assert len(others.all()) == 2
    await database.close()


async def test_each_row_changes_in_its_own_columns(register_url: str) -> None:
    database = Database(register_url)
    meeting = db.Meeting.__table__  # type: ignore[attr-defined]
    title = LocalizedText.of("Third Review Conference", lo="…")

    async with database.writing() as connection:
        changes: list[tuple[Key, dict[str, object]]] = [
            (("3RC",), {"city": None, "title": title}),
            (("13MSP",), {"city": "Vienna"}),
        ]
        await Unit(connection, Signature(act="test")).change(db.Meeting, changes)

    async with database.reading() as connection:
        columns = select(meeting.c.code, meeting.c.city, meeting.c.title, meeting.c.country_code)
        rows = {row.code: row for row in await connection.execute(columns)}
        assert (rows["3RC"].city, rows["3RC"].title, rows["3RC"].country_code) == (None, title, "LAO")
        assert (rows["13MSP"].city, rows["13MSP"].country_code) == ("Vienna", "CHE")
        assert rows["12MSP"].city == "Geneva"
    await database.close()


async def test_an_entry_says_who_did_what_and_when(database: Database) -> None:
    signature = Signature(
        act="test", account="a", on_behalf_of="ISU:ISU", request_id="r", at=datetime(2026, 1, 15, 12, tzinfo=UTC)
    )

    async with database.writing() as connection:
        unit = Unit(connection, signature)
        await unit.keep(db.Language, [language("xx")])
        await unit.change(db.Language, [(("xx",), {"label": LocalizedText.of("Another")})])

    first, second = await journal(database)
    assert (first.at, first.account_id, first.on_behalf_of) == ("2026-01-15T12:00:00.000000Z", "a", "ISU:ISU")
    assert (first.act, first.request_id, first.subject_type, first.subject_key) == ("test", "r", "language", "xx")
    assert (first.sequence, first.version, first.before) == (1, 1, None)
    assert orjson.loads(first.after) == {"code": "xx", "label": {"original": "en", "en": ["A language", "OFFICIAL"]}}
    assert (second.sequence, second.version, orjson.loads(second.fields)) == (2, 2, ["label"])
    assert orjson.loads(second.before)["label"]["en"][0] == "A language"
    assert (first.previous_hash, second.previous_hash) == (NOTHING_BEFORE, first.hash)
    assert [entry.hash for entry in (first, second)] == [entry_hash(entry) for entry in (first, second)]


async def test_what_is_as_it_was_is_no_change(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Language, [language("xx"), language("yy")])
        same, other = {"label": LocalizedText.of("A language")}, {"label": LocalizedText.of("Another")}
        await unit.change(db.Language, [(("xx",), same), (("yy",), other)])
        assert (await unit.row(db.Language, ("xx",)) or {})["version"] == 1

    assert [entry.subject_key for entry in await journal(database)] == ["xx", "yy", "yy"]


async def test_a_row_changes_once_in_a_set(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Language, [language("xx")])
        changes: list[tuple[Key, dict[str, object]]] = [
            (("xx",), {"label": LocalizedText.of("One")}),
            (("xx",), {"label": LocalizedText.of("Two")}),
        ]
        with pytest.raises(ValueError, match="once"):
            await unit.change(db.Language, changes)


async def test_a_row_that_has_moved_on_or_is_not_there_is_told(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Language, [language("xx")])
        await unit.change(db.Language, [(("xx",), {"label": LocalizedText.of("Another")})])

        assert await unit.row(db.Language, ("xx",), expected_version=2) is not None
        assert await unit.row(db.Language, ("zz",)) is None
        with pytest.raises(Stale) as moved:
            await unit.row(db.Language, ("xx",), expected_version=1)
        with pytest.raises(Stale) as absent:
            await unit.change(db.Language, [(("zz",), {"label": LocalizedText.of("Another")})])

    assert (moved.value.current, absent.value.current) == (2, None)


async def test_what_is_raised_undoes_rows_and_entries_together(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as connection:
            await Unit(connection, Signature(act="test")).keep(db.Language, [language("xx")])
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert await journal(database) == []
    async with database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(db.Language))).scalar_one() == 0
    assert (await verify(database)).faults == []


async def test_many_rows_are_found_by_keys_of_several_parts(register_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.unit, "_AT_ONCE", 2)
    database = Database(register_url)

    async with database.writing() as connection:
        attendance = db.Attendance.__table__  # type: ignore[attr-defined]
        rows = await connection.execute(select(attendance.c.meeting_code, attendance.c.participant_class).limit(5))
        keys = [tuple(row) for row in rows]
        await Unit(connection, Signature(act="test")).change(db.Attendance, [(key, {"count": 7_000}) for key in keys])

    async with database.reading() as connection:
        found = select(func.count()).where(attendance.c.count == 7_000)
        assert (await connection.execute(found)).scalar_one() == len(keys) == 5
    await database.close()


async def test_the_journal_says_what_every_engine_keeps(register_url: str) -> None:
    database = Database(register_url)
    obligation = db.Obligation.__table__  # type: ignore[attr-defined]

    async with database.writing() as connection:
        key = (await connection.execute(select(obligation.c.id).limit(1))).scalar_one()
        await Unit(connection, Signature(act="test")).change(db.Obligation, [((key,), {"quantity": Decimal("12.50")})])

    assert orjson.loads((await journal(database))[-1].after) == {"quantity": "12.5"}
    assert (await verify(database)).faults == []
    await database.close()


def test_a_moment_has_one_text_which_sorts_as_time_does() -> None:
    later = datetime(2026, 1, 15, 14, 0, 0, tzinfo=timezone(timedelta(hours=2)))

    assert instant(later) == "2026-01-15T12:00:00.000000Z"
    assert instant(later + timedelta(microseconds=5)) == "2026-01-15T12:00:00.000005Z"
    assert instant(later) < instant() < instant(datetime(3000, 1, 1, tzinfo=UTC))


def test_a_value_has_one_text() -> None:
    value = {
        "at": datetime(2026, 1, 15, 12, 0, 0, 5, tzinfo=UTC),
        "day": date(2026, 1, 15),
        "known": PartialDate.parse("2012-04"),
        "amount": Decimal("12.5000"),
        "seen": Visibility.ISU,
        "text": LocalizedText.of("a", fr="ä"),
        "several": (1, 1.5, None, True, [LocalizedText.of("b")]),
    }
    text = (
        '"amount":"12.5","at":"2026-01-15T12:00:00.000005+00:00","day":"2026-01-15","known":"2012-04","seen":"ISU",'
        '"several":[1,1.5,null,true,[{"en":["b","OFFICIAL"],"original":"en"}]],'
        '"text":{"en":["a","OFFICIAL"],"fr":["ä","COURTESY"],"original":"en"}}'
    )

    assert canonical(value) == f"{{{text}"
    assert canonical({1: 2, **value}) == f'{{"1":2,{text}'


async def test_a_column_that_is_not_named_enters_the_journal_with_its_default(database: Database) -> None:
    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Person, [{"id": "p", "full_name": "Someone"}])

    (entry,) = await journal(database)
    assert (entry.visibility, orjson.loads(entry.after)["visibility"]) == (Visibility.PUBLIC, "PUBLIC")


def test_no_two_keys_are_told_by_one_text() -> None:
    keys = [("a", "b", "c"), ("a|b", "c"), ("a", "b|c"), ("a\\", "b|c"), ("a\\|b", "c"), ("a|b|c",)]

    assert len({subject_key(each) for each in keys}) == len(keys) - 1, "a single part stands as it is"
    assert (subject_key(("2MSP", "en")), subject_key((7,)), subject_key((7, "x"))) == ("2MSP|en", "7", "7|x")


async def test_a_row_that_was_seen_is_read_again_once_it_has_changed(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"), at_once=False)
        await unit.keep(db.Language, [language("xx")])
        assert [row["code"] for row in unit.new["language"]] == ["xx"]
        unit.saw(db.Language, await unit.row(db.Language, ("xx",)) or {})
        for label in ("Another", "A third"):
            await unit.change(db.Language, [(("xx",), {"label": LocalizedText.of(label)})])
        assert unit.new == {}
        await unit.settle()
        row = await unit.row(db.Language, ("xx",))

    assert row is not None
    assert (row["version"], [entry.version for entry in await journal(database)]) == (3, [1, 2, 3])
    assert (await verify(database)).faults == []


async def test_personal_values_enter_as_digests_and_can_be_erased(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Person, [{"id": "p", "full_name": "Ann Example"}, {"id": "q", "full_name": "Bo Example"}])
        await unit.change(db.Person, [(("p",), {"full_name": "Ann Other"})])
        await unit.erase(db.Person, ("p",))
        await unit.erase(db.Person, ("p",))

    entries = await journal(database)
    assert len(entries) == 4
    assert not any("Ann" in f"{entry.before}{entry.after}" for entry in entries)
    assert orjson.loads(entries[-1].after) == {"full_name": None}
    assert (await verify(database)).faults == []
    async with database.reading() as connection:
        people = await connection.execute(select(db.Person.__table__).order_by("id"))  # type: ignore[attr-defined]
        erased, other = people.all()
    assert (erased.full_name, erased.salt, erased.version) == (None, None, 3)
    assert other.full_name == "Bo Example"


async def test_what_is_erased_leaves_the_file_and_its_log(database: Database) -> None:
    if database.url.get_backend_name() != "sqlite":
        return
    file = Path(database.url.database or "")
    files = [file, file.with_name(f"{file.name}-wal")]

    def told() -> bool:
        return any(b"Ann Example" in each.read_bytes() for each in files if each.exists())

    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Person, [{"id": "p", "full_name": "Ann Example"}])
    before = told()
    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).erase(db.Person, ("p",))

    assert (before, told()) == (True, False)


async def test_a_person_named_again_after_the_erasure_has_another_salt(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Person, [{"id": "p", "full_name": "Ann Example"}])
        await unit.erase(db.Person, ("p",))
        await unit.change(db.Person, [(("p",), {"full_name": "Ann Example"})])
        assert (await unit.row(db.Person, ("p",)) or {})["salt"]

    first, _, last = await journal(database)
    assert orjson.loads(first.after)["full_name"] != orjson.loads(last.after)["full_name"]
    assert (await verify(database)).faults == []


async def test_what_a_draft_held_is_not_told_to_those_for_whom_it_is_published(database: Database) -> None:
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        people = [{"id": key, "visibility": Visibility.ISU} for key in "pq"]
        await unit.keep(db.Person, people)
        both: dict[str, Any] = {"full_name": "Ann Example", "visibility": Visibility.PUBLIC}
        await unit.change(db.Person, [(("p",), both), (("q",), {"visibility": Visibility.PUBLIC})])

    assert [entry.visibility for entry in await journal(database)] == [
        Visibility.ISU,
        Visibility.ISU,
        Visibility.ISU,
        Visibility.PUBLIC,
    ]


@pytest.mark.parametrize("statement", ["UPDATE change SET act = 'x'", "DELETE FROM change", "TRUNCATE change"])
async def test_the_journal_is_never_changed(database: Database, statement: str) -> None:
    if statement.startswith("TRUNCATE") and database.url.get_backend_name() == "sqlite":
        statement = "DELETE FROM change WHERE sequence = 1"
    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Language, [language("xx")])

    async def tamper() -> None:
        async with database.writing() as connection:
            await connection.exec_driver_sql(statement, execution_options=OF_THE_UNIT)

    with pytest.raises(DBAPIError, match="never changed"):
        await tamper()

    assert len(await journal(database)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE state SET name = name",
        "DELETE FROM person",
        "INSERT INTO language (code, label) VALUES ('xx', '{}')",
        "UPDATE change SET act = act",
    ],
)
async def test_nothing_else_writes_what_is_kept(database: Database, statement: str) -> None:
    async def write() -> None:
        async with database.writing() as connection:
            await connection.exec_driver_sql(statement)

    with pytest.raises(AssertionError, match="past the unit of work"):
        await write()


async def test_a_writer_without_the_lock_is_found_out(database: Database) -> None:
    """As if another had entered something between the reading of the head and its moving."""

    async def write() -> None:
        async with database.writing() as connection:
            unit = Unit(connection, Signature(act="test"), at_once=False)
            await unit.keep(db.Language, [language("xx")])
            await connection.exec_driver_sql("UPDATE journal_head SET sequence = 7")
            await unit.settle()

    with pytest.raises(RuntimeError, match="write lock"):
        await write()

    assert await journal(database) == []


async def test_what_is_asked_at_once_is_what_is_asked_one_after_the_other(register_url: str) -> None:
    def whole(table: Any) -> Callable[[Any], Executable]:
        return lambda _unit: select(table.__table__).order_by(*table.__table__.primary_key)

    def of_states(_unit: Any) -> Executable:
        return select(col(db.State.code)).where(among(col(db.State.code), keys_to_come("keys")))

    says = [of_states, *map(whole, kept_tables())]
    money = {"party_id": "STATE:AUT", "year": 2025, "amount": Decimal("12345678.55"), "currency": "CHF"}
    database = Database(register_url)
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Contribution, [{"id": "one", "status": ContributionStatus.PLEDGED, **money}])

        together = await unit.rows_of_each(*says, keys=["AUT", "DEU", "XXX"])

        apart = [await unit.rows_of(say, keys=["AUT", "DEU", "XXX"]) for say in says]
        assert [[tuple(row) for row in rows] for rows in together] == [[tuple(row) for row in rows] for rows in apart]
        assert sorted(row.code for row in together[0]) == ["AUT", "DEU"]
        assert [] in together
    await database.close()
