"""What is searched follows what is kept, on both engines alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, inspect, select
from sqlmodel import col

import db
from db import search
from db.dialect import holds
from db.engine import Database
from db.table import kept_tables
from db.unit import Signature, Unit
from mandate.actor import PUBLIC
from mandate.search import SearchType, kept_words, sought
from mandate.text import LocalizedText
from resolvers.change import verify
from resolvers.reading import Reader
from resolvers.search import Wanted, find
from tests.api import TODAY
from tests.conftest import ENGINES, Templates

KIND = {"code": "paper", "label": LocalizedText.of("A paper")}


def paper(key: str, title: LocalizedText, **given: Any) -> dict[str, Any]:
    return {"id": key, "title": title, "kind_code": "paper", **given}


def unit_on(connection: Any) -> Unit:
    return Unit(connection, Signature(act="test"))


# ---------- both engines find the same ----------


@pytest.fixture(scope="module")
def both(templates_of: Callable[[str], Templates]) -> Iterator[list[str]]:
    urls = []
    for engine in ENGINES:
        templates = templates_of(engine)
        urls.append(templates.databases.copy(templates.empty))
    yield urls
    for engine, url in zip(ENGINES, urls, strict=True):
        templates_of(engine).databases.drop(url)


async def all_found(url: str, titles: Sequence[str], query: str) -> Any:
    """All that a search says, of papers that are gone again afterwards."""
    database = Database(url)
    async with database.writing() as connection, connection.begin_nested() as savepoint:
        unit = unit_on(connection)
        await unit.keep(db.DocumentKind, [KIND])
        rows = [
            paper(f"d{number}", LocalizedText.of(title, fr=title[::-1]), symbol=title[:60] if number == 0 else None)
            for number, title in enumerate(titles)
        ]
        await unit.keep(db.Document, rows)
        parts = {"hits", "highlights", "total", "facets"}
        answer = await find(Reader(connection, PUBLIC, TODAY), Wanted(query=query), parts=parts, first=250)
        hits = [(hit.place, hit.score, hit.language, hit.highlights) for hit in answer.hits]
        said = hits, answer.total, answer.facets
        await savepoint.rollback()
    await database.close()
    return said


LETTERS = "aeéÉß İıæo 12_-/.'\"*()^:+~{}\\|&!;,%$?\t\n执行公约集束弾Ливанйёقنابلةىإـَ\u200f\u200e\u200dສະ🙂ﷺ½ⅳｗ"
WORDS = st.sampled_from(
    [
        *(
            "NEAR",
            "AND",
            "OR",
            "NOT",
            "title:",
            "words:",
            '"',
            '""',
            "*",
            "^",
            "-",
            "a*",
            "NEAR(a b)",
            "{title}",
            "'",
            "''",
        ),
        *(
            "depollution",
            "dépollution",
            "执行",
            "执",
            "Ливан",
            "قنابل",
            "CCM/MSP/2011/WP.4",
            "2MSP",
            "the",
            ":*",
            "<->",
            "\\",
        ),
    ]
)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
PIECES = st.one_of(st.text(LETTERS, max_size=12), WORDS, ANY)
TITLES = st.lists(st.lists(PIECES, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=4)
QUERIES = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=3).map(" ".join)


@settings(max_examples=25, deadline=None)
@given(titles=TITLES, asked=QUERIES, at=st.integers(0, 50), length=st.integers(0, 12))
@example(titles=["集束弹药公约执行情况"], asked="执行", at=0, length=0)
@example(titles=["集束弹药公约执行情况"], asked="执", at=0, length=0)
@example(titles=["CCM/MSP/2011/WP.4"], asked="ccm/msp/2011/wp.4", at=0, length=0)
@example(titles=["a b", "b NEAR a"], asked='"a" NEAR "b" - * ( ', at=0, length=0)
@example(titles=["a"], asked="\0a\ud800", at=0, length=0)
@example(titles=["word " * 5_000, "字" * 50_000], asked="wor", at=0, length=0)
def test_both_engines_find_the_same_for_whatever_is_asked(
    both: list[str], titles: list[str], asked: str, at: int, length: int
) -> None:
    query = f"{asked} {titles[0][at : at + length]}"[:200]

    one, other = (asyncio.run(all_found(url, titles, query)) for url in both)

    assert one == other
    hits, total, _ = one
    assert len(hits) == total
    words = sought(query)
    by_hand = {
        f"d{number}"
        for number, title in enumerate(titles)
        for wording in (title, title[::-1])
        if words
        and all(
            any(each.finds(word) for word in kept_words([title[:60] if number == 0 else "", wording]).split())
            for each in words
        )
    }
    assert {key for (_, key), *_ in hits} == by_hand


# ---------- it follows what is kept ----------


@pytest.fixture
async def database(empty_database_url: str) -> Any:
    database = Database(empty_database_url)
    async with database.writing() as connection:
        await unit_on(connection).keep(db.DocumentKind, [KIND])
    yield database
    await database.close()


async def finds(database: Database, query: str) -> list[str]:
    async with database.reading() as connection:
        answer = await find(Reader(connection, PUBLIC, TODAY), Wanted(query=query), parts={"hits"})
    return [hit.place[1] for hit in answer.hits]


async def test_a_row_is_found_as_soon_as_it_is_kept_and_by_what_it_says_now(database: Database) -> None:
    async with database.writing() as connection:
        unit = unit_on(connection)
        await unit.keep(db.Document, [paper("one", LocalizedText.of("Before", fr="Dépollution"))])
    before = await finds(database, "before"), await finds(database, "depollution")
    async with database.writing() as connection:
        await unit_on(connection).change(db.Document, [(("one",), {"title": LocalizedText.of("After")})])

    assert before == (["one"], ["one"])
    assert [await finds(database, word) for word in ("before", "depollution", "after")] == [[], [], ["one"]]


async def test_what_is_undone_is_not_found(database: Database) -> None:
    async with database.writing() as connection, connection.begin_nested() as savepoint:
        await unit_on(connection).keep(db.Document, [paper("one", LocalizedText.of("Undone"))])
        await savepoint.rollback()

    assert await finds(database, "undone") == []


async def test_the_text_of_a_file_is_found_and_outlives_a_change_of_the_title(database: Database) -> None:
    async with database.writing() as connection:
        await unit_on(connection).keep(db.Document, [paper("one", LocalizedText.of("A paper"))])
        await search.attach(connection, db.Document, {("one", "fr"): "La dépollution des zones \0"})
    async with database.writing() as connection:
        await unit_on(connection).change(db.Document, [(("one",), {"title": LocalizedText.of("Another")})])
        await search.rebuild(connection)
    there = await finds(database, "zones another"), (await verify(database)).faults
    async with database.writing() as connection:
        await search.attach(connection, db.Document, {("one", "fr"): None})

    assert there == (["one"], [])
    assert await finds(database, "zones") == []
    assert (await verify(database)).faults == []


async def test_the_journal_says_nothing_of_it_and_names_of_people_are_not_in_it(database: Database) -> None:
    assert db.SearchText.__tablename__ not in {table.__tablename__ for table in kept_tables()}
    assert db.Person not in {each.table for each in search.SEARCHABLE}
    with pytest.raises(TypeError, match="about a person"):
        search.Searchable(search_type=SearchType.STATE, table=db.Person, headings=("full_name",))


async def test_what_was_lost_or_changed_behind_our_back_is_told_and_made_anew(database: Database) -> None:
    async with database.writing() as connection:
        titles = ["One", "Two", "Three"]
        await unit_on(connection).keep(db.Document, [paper(title, LocalizedText.of(title)) for title in titles])
    assert (await verify(database)).faults == []

    async with database.writing() as connection:
        whose = col(db.SearchText.subject_key)
        await connection.execute(delete(db.SearchText).where(whose == "One"))
        row = (
            (await connection.execute(select(inspect(db.SearchText).local_table).where(whose == "Two")))
            .mappings()
            .one()
        )
        await connection.execute(delete(db.SearchText).where(whose == "Two"))
        await connection.execute(insert(db.SearchText), [{**row, "words": "other"}])
        await connection.execute(insert(db.SearchText), [{**row, "id": 9999, "subject_key": "Nobody"}])
    faults = [str(fault) for fault in (await verify(database)).faults]
    async with database.writing() as connection:
        steps: list[tuple[int, int]] = []
        count = await search.rebuild(connection, lambda done, total: steps.append((done, total)))

    assert [fault.partition(": run")[0] for fault in faults] == [
        "what is searched of document One is not what it says",
        "what is searched of document Two is not what it says",
        "1 rows are searched of which nothing is kept",
    ]
    assert count == 3
    assert steps[-1] == (3, 3)
    assert (await verify(database)).faults == []
    assert await finds(database, "two") == ["Two"]


async def test_all_of_the_register_is_searched(shared_register_url: str) -> None:
    database = Database(shared_register_url)
    async with database.reading() as connection:
        counted = select(col(db.SearchText.subject_type), func.count(col(db.SearchText.subject_key).distinct()))
        rows = await connection.execute(counted.group_by(col(db.SearchText.subject_type)))
        searched = {row[0]: row[1] for row in rows}
        kept = {}
        for each in search.SEARCHABLE:
            kept[each.name] = (await connection.execute(select(func.count()).select_from(each.source))).scalar_one()
    faults = (await verify(database)).faults
    await database.close()

    assert searched == {name: count for name, count in kept.items() if count}
    assert faults == []


async def test_words_are_looked_up_in_an_index(shared_register_url: str) -> None:
    database = Database(shared_register_url)
    source = inspect(db.SearchText).local_table
    statement = select(source.c.id).where(holds(source.c.words, "wanted")).params(wanted=sought("convention"))
    async with database.reading() as connection:
        dialect = connection.dialect
        compiled = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        if dialect.name == "postgresql":
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = "\n".join(row[0] for row in await connection.exec_driver_sql(f"EXPLAIN {compiled}"))
            assert "ix_search_text_words" in plan
        else:
            plan = "\n".join(
                row._mapping["detail"] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")
            )
            assert "SCAN search_words VIRTUAL TABLE" in plan
            assert "SEARCH search_text USING INTEGER PRIMARY KEY" in plan
    await database.close()
