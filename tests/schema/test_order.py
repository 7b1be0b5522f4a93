"""A page is read along an index, from its place on: however long the list, in whatever order it is offered."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Container, Iterator, Mapping
from contextlib import closing
from itertools import product
from typing import Any, NamedTuple

import asyncpg
import orjson
import pytest
from graphql import GraphQLObjectType, get_named_type
from sqlalchemy import JSON, Boolean, Date, Enum, Integer, Numeric, String, Table, make_url

from db.dialect import keys_to_come
from db.driver import Rendered, render
from db.engine import Database
from db.table import LocalizedTextType, PartialDateType
from mandate.actor import Capacity
from mandate.communication import DeliveryStatus
from resolvers.reading.declaration import Asked, Free, Page, Shape
from resolvers.reading.page import Keyset
from resolvers.reading.statement import Statements
from schema import api as offered
from schema.reading.asking import shape_of
from schema.reading.completing import declaration_of
from tests.api import TODAY
from tests.call import ISU, caller
from tests.conftest import Templates

pytestmark = pytest.mark.anyio

FEW = {"Obligation", "Meeting", "TreatyAction"}
"""Of these there are some hundreds at most, which are sorted in less than a millisecond."""
FEW_OF_A_PARENT = {("Document", "ISSUED_ON"), ("Document", "SYMBOL")}
"""Of a meeting or of an author there are as few, and for them alone not every order is worth an index."""
STATE = caller("STATE:FRA", Capacity.STATE_PARTY)
ROWS = 3_000
PARENTS = 3


class Offered(NamedTuple):
    """A page, and one of the orders that it comes in."""

    field: str
    page: Page
    shape: Shape
    order: str | None
    descending: bool

    def __str__(self) -> str:
        return f"{self.field} {self.order or ''} {'DESC' if self.descending else ''}".strip()


class _Word(NamedTuple):
    """As an enum of the schema."""

    value: str


def pages() -> Iterator[Offered]:
    for type_ in offered._schema.type_map.values():
        for name, field in type_.fields.items() if isinstance(type_, GraphQLObjectType) else ():
            page = declaration_of(field)
            if not isinstance(page, Page):
                continue
            connection: Any = get_named_type(field.type)
            shape = shape_of(get_named_type(connection.fields["nodes"].type))
            assert shape is not None
            orders = [(None, False), *product(page.orders, (False, True))]
            yield from (Offered(f"{type_.name}.{name}", page, shape, *order) for order in orders)


def said(each: Offered, actor: Any, places: Mapping[str, Any], database: Database) -> Rendered:
    args: dict[str, Any] = {"first": 20, **places}
    if each.order is not None:
        direction = _Word("DESC" if each.descending else "ASC")
        args["order_by"] = [{"field": _Word(each.order), "direction": direction}]
    asked = Asked(each.field, each.field, each.page, args, (each.shape,))
    statements = Statements(actor, TODAY)
    keys = None if each.page.foreign_key is None else keys_to_come("keys")
    page = statements.paged(asked, keys)
    assert page.items is not None
    orders = statements.orders(asked, each.page, each.shape)
    free = Keyset(orders, {}).free(places["after"]) if places else []
    return render(page.items.statement, database.driver.dialect, ["keys", *free])


PAGES = [
    each
    for each in pages()
    if each.shape.name not in FEW
    and (each.page.foreign_key is None or (each.shape.name, each.order) not in FEW_OF_A_PARENT)
]


async def test_every_page_is_read_along_an_index(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    explain = await _explainer(empty_database_url)
    sorting = {}
    for each in PAGES:
        for actor, places in product((ISU, STATE), ({}, {"after": Free("after")})):
            if each.page.guard is not None and actor is STATE:
                continue
            statement = said(each, actor, places, database)
            if sorts := await explain(statement, each.page.foreign_key is not None):
                sorting[str(each), bool(places)] = [*sorts, statement.text]
    await database.close()

    assert len(PAGES) > 20
    assert not sorting


@pytest.fixture
def one_empty_url(templates_of: Callable[[str], Templates]) -> str:
    return templates_of("sqlite").empty


async def test_recipients_are_counted_by_what_stands_in_an_index(one_empty_url: str) -> None:
    database = Database(one_empty_url)
    (page, shape) = next((each.page, each.shape) for each in PAGES if each.field == "Communication.recipients")
    asked = [Asked(word, word, page, {"status": DeliveryStatus(word)}, (shape,)) for word in ("SENT", "BOUNCED")]
    counted = Statements(ISU, TODAY).counted(asked, keys_to_come("keys"))
    steps = _steps(one_empty_url, render(counted, database.driver.dialect, ["keys"]))
    await database.close()

    (step,) = (words for *_, words in steps if "recipient" in words)
    assert step.startswith("SEARCH recipient USING COVERING INDEX")


Explain = Callable[[Rendered, bool], Awaitable[list[str]]]
"""The steps of a statement that sort; of one for several parents, those that sort all that a parent has."""


async def _explainer(url: str) -> Explain:
    return await _of_postgresql(url) if url.startswith("postgresql") else _of_sqlite(url)


def _steps(url: str, statement: Rendered) -> list[tuple[int, int, int, str]]:
    with closing(sqlite3.connect(make_url(url).database or "")) as connection:
        return connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", [None] * len(statement.order)).fetchall()


def _of_sqlite(url: str) -> Explain:
    async def explain(statement: Rendered, for_parents: bool) -> list[str]:
        steps = _steps(url, statement)
        # What is sorted at the end is a page of each parent.
        lists = {number for number, _, _, words in steps if "LIST SUBQUERY" in words}
        return [words for _, within, _, words in steps if "ORDER BY" in words and (not for_parents or within in lists)]

    return explain


async def _of_postgresql(url: str) -> Explain:
    """What it does depends on how much there is."""
    keys = {each.page.foreign_key for each in PAGES if each.page.foreign_key is not None}
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")  # nothing that is referred to is there
    for table in {each.shape.table for each in PAGES if each.shape.table is not None} | {key.table for key in keys}:
        await connection.execute(_filling(table, keys))
    await connection.execute("ANALYZE")
    await connection.close()

    async def explain(statement: Rendered, for_parents: bool) -> list[str]:
        # As it is planned for any values, which is how the driver has it planned.
        connection = await asyncpg.connect(url, server_settings={"plan_cache_mode": "force_generic_plan"})
        await connection.execute(f"PREPARE asked AS {statement.text}")
        nothing = ", ".join(["NULL"] * len(statement.order))
        words = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked {f'({nothing})' if nothing else ''}")
        await connection.close()
        return list(_sorts(orjson.loads(words)[0]["Plan"], within=not for_parents))

    return explain


def _sorts(step: Any, *, within: bool) -> Iterator[str]:
    within = within or step.get("Parent Relationship") == "SubPlan"
    if within and "Sort" in step["Node Type"]:
        yield f"{step['Node Type']} by {step['Sort Key']}"
    for inner in step.get("Plans", ()):
        yield from _sorts(inner, within=within)


def _filling(table: Table, keys: Container[Any]) -> str:
    """Rows that nobody looks at, but for how many there are: of few parents, and of many days."""
    values = ", ".join(f"'parent ' || n % {PARENTS}" if each in keys else _value(each) for each in table.columns)
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM generate_series(1, {ROWS}) n'  # noqa: S608


def _value(column: Any) -> str:
    if column.name == "visibility":
        return "'PUBLIC'"
    match column.type:
        case Enum() as words:
            return f"'{words.enums[0]}'"
        case Boolean():
            return "n % 2 = 0"
        case Integer():
            return "1000000 + n"
        case Numeric():
            return "n"
        case Date():
            return "date '2010-01-01' + n"
        case PartialDateType():
            return "(date '2010-01-01' + n)::text"
        case JSON() | LocalizedTextType():
            return "'{}'"
        case String(length=2 | 3):
            return "chr(1000 + n)"
    return "'meeting'" if column.name == "subject_type" else "'x' || n"
