"""A cursor is a place: nothing is shown twice or skipped while rows come and go."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import db
from db.table import Kept, new_id
from db.unit import Signature, Unit
from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.statement import StatementStatus
from mandate.text import LocalizedText
from tests.api import Api, serving

pytestmark = pytest.mark.anyio

PAGE = """
query ($order: [DocumentOrder!], $first: Int, $after: String, $last: Int, $before: String, $where: DocumentWhere) {
  documents(orderBy: $order, first: $first, after: $after, last: $last, before: $before, where: $where) {
    totalCount edges { cursor node { id symbol issuedOn } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

MIXED = [{"field": "ISSUED_ON", "direction": "DESC"}, {"field": "SYMBOL", "direction": "ASC"}]
ORDERS = st.sampled_from(
    [[], MIXED, *([{"field": f, "direction": d}] for f in ("ISSUED_ON", "SYMBOL", "RECORDED") for d in ("ASC", "DESC"))]
)
DATES = st.one_of(st.none(), st.sampled_from(["2009", "2011-09", "2011-09-12", "2011-09-30", "2015-09-07", "2030"]))


@pytest.fixture
async def own(register_url: str) -> AsyncIterator[Api]:
    """For tests that write."""
    async with serving(register_url) as api:
        yield api


async def insert(api: Api, dates: list[str | None]) -> None:
    async with api.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(
            db.Document,
            [
                {
                    "id": new_id(),
                    "title": LocalizedText.of("Inserted between two pages"),
                    "kind_code": "statement",
                    "issued_on": PartialDate.parse(day) if day else None,
                }
                for day in dates
            ],
        )


async def all_ids(api: Api, order: Sequence[Any] = ()) -> list[str]:
    found, after = [], None
    while True:
        page = (await api(PAGE, first=250, after=after, order=list(order)))["documents"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=ORDERS,
    size=st.integers(20, 120),
    between=st.lists(st.lists(DATES, max_size=4), max_size=6),
    back=st.booleans(),
)
async def test_pages_taken_while_others_are_inserted_show_none_twice_and_skip_none(
    own: Api, order: list[Any], size: int, between: list[list[str | None]], back: bool
) -> None:
    before = set(await all_ids(own))
    inserts = iter(between)
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"last": size, "before": cursor} if back else {"first": size, "after": cursor}
        page = (await own(PAGE, order=order, **asked))["documents"]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        seen = [*ids, *seen] if back else [*seen, *ids]
        if not page["pageInfo"]["hasPreviousPage" if back else "hasNextPage"]:
            break
        cursor = page["pageInfo"]["startCursor" if back else "endCursor"]
        if rows := next(inserts, None):
            await insert(own, rows)

    assert len(seen) == len(set(seen))
    assert before <= set(seen)


async def test_both_directions_show_the_same_list(api: Api) -> None:
    order = [{"field": "ISSUED_ON", "direction": "DESC"}]
    first = (await api(PAGE, order=order, first=30))["documents"]
    behind = (await api(PAGE, order=order, first=10, after=first["edges"][9]["cursor"]))["documents"]
    back = (await api(PAGE, order=order, last=10, before=first["edges"][20]["cursor"]))["documents"]

    assert behind["edges"] == back["edges"] == first["edges"][10:20]
    assert behind["pageInfo"]["hasPreviousPage"]
    assert back["pageInfo"]["hasNextPage"]
    assert first["totalCount"] == 461
    days = [edge["node"]["issuedOn"] for edge in first["edges"]]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("field", ["ISSUED_ON", "SYMBOL", "RECORDED"])
async def test_a_descending_list_is_the_ascending_one_read_backwards(api: Api, field: str) -> None:
    ascending, descending = [await all_ids(api, [{"field": field, "direction": each}]) for each in ("ASC", "DESC")]

    assert len(ascending) == 461
    assert descending == ascending[::-1]


DAYS: dict[str, tuple[type[Kept], str, dict[str, Any]]] = {
    "liaison": (db.LiaisonEntry, "on", {"summary": LocalizedText.of("x")}),
    "adviceRequests": (
        db.AdviceRequest,
        "asked_on",
        {"subject": LocalizedText.of("x"), "question": LocalizedText.of("x")},
    ),
    "incomingCommunications": (
        db.IncomingCommunication,
        "received_on",
        {"subject": LocalizedText.of("x"), "body": LocalizedText.of("x")},
    ),
    "statements": (
        db.Statement,
        "submitted_on",
        {
            "meeting_code": "2MSP",
            "text": LocalizedText.of("x"),
            "status": StatementStatus.PUBLISHED,
            "to_be_seen_by": Visibility.PUBLIC,
        },
    ),
}


@pytest.mark.parametrize("name", DAYS)
async def test_a_list_in_the_order_of_days_has_a_second_page(own: Api, name: str) -> None:
    table, day, rest = DAYS[name]
    days = [date(2011, 9, 12), date(2011, 9, 12), date(2011, 9, 13), date(2011, 9, 14)]
    rows = [
        {"id": new_id(), "party_id": "STATE:FRA", "visibility": Visibility.PUBLIC, day: each, **rest} for each in days
    ]
    async with own.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(table, rows)
    query = f"""query ($first: Int, $after: String) {{ {name}(first: $first, after: $after) {{
                edges {{ cursor node {{ id }} }} }} }}"""

    whole = (await own(query, first=20))[name]["edges"]
    found: list[Any] = []
    while page := (await own(query, first=1, after=found[-1]["cursor"] if found else None))[name]["edges"]:
        found += page

    assert len(whole) == 4
    assert found == whole
    for no_day in ("no day", 7):
        error = await own.error(query, after=forged(*orjson.loads(decoded(whole[0]["cursor"]))[:1], no_day, "x"))
        assert "after is not a cursor" in error["message"]


async def test_a_page_holds_twenty_where_nothing_is_said_and_250_at_most(api: Api) -> None:
    assert len((await api(PAGE))["documents"]["edges"]) == 20
    assert len((await api(PAGE, first=250))["documents"]["edges"]) == 250
    empty = (await api(PAGE, first=0))["documents"]
    assert (empty["edges"], empty["totalCount"], empty["pageInfo"]["endCursor"]) == ([], 461, None)


async def test_total_count_is_counted_under_the_same_conditions(api: Api) -> None:
    page = (await api(PAGE, first=1, where={"meeting": ["2MSP"], "kind": ["statement"]}))["documents"]
    everything = (await api(PAGE, first=250, where={"meeting": ["2MSP"], "kind": ["statement"]}))["documents"]

    assert page["totalCount"] == len(everything["edges"]) > 1


def decoded(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(parts))).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"first": -1}, "first is -1"),
        ({"first": 251}, "first is 251"),
        ({"first": 1_000_000}, "first is 1000000"),
        ({"last": -5}, "last is -5"),
        ({"first": 1, "last": 1}, "not for both"),
        ({"first": 0, "last": 1}, "not for both"),
        ({"last": 251}, "last is 251"),
        ({"after": ""}, "after is not a cursor"),
        ({"after": "not a cursor"}, "after is not a cursor"),
        ({"before": "AAAA"}, "before is not a cursor"),
        ({"after": forged("document.id")}, "another list"),
        ({"after": forged("document.symbol", "x")}, "another list"),
        ({"after": forged("document.symbol,document.id", "x", "y")}, "another list"),
        ({"after": forged("document.id", "x" * 2_000)}, "after is not a cursor"),
        ({"after": forged("document.id", "x") + "!!!!"}, "after is not a cursor"),
        ({"after": forged("document.id", 7)}, "after is not a cursor"),
        ({"after": forged("document.id", None)}, "after is not a cursor"),
        ({"after": forged("document.id", "a\0b")}, "after is not a cursor"),
        ({"after": base64.b64encode(b"{}").decode()}, "after is not a cursor"),
        ({"after": base64.b64encode(b"7").decode()}, "after is not a cursor"),
        ({"after": "A" * 100_000}, "after is not a cursor"),
    ],
)
async def test_a_page_that_can_not_be_is_told_clearly(api: Api, asked: dict[str, Any], message: str) -> None:
    error = await api.error(PAGE, **asked)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert message in error["message"]
    assert len(error["message"]) < 200


async def test_a_cursor_of_a_list_is_none_of_the_same_list_read_backwards(api: Api) -> None:
    forwards, backwards = [[{"field": "SYMBOL", "direction": each}] for each in ("ASC", "DESC")]
    cursor = (await api(PAGE, order=forwards, first=1))["documents"]["pageInfo"]["endCursor"]

    error = await api.error(PAGE, order=backwards, after=cursor)

    assert "another list" in error["message"]


async def test_a_place_among_numbers_is_a_number_that_a_column_holds(api: Api) -> None:
    query = """query ($after: String) {
      state(by: { code: "FRA" }) { history(first: 1, after: $after) { edges { cursor } } } }"""
    ((edge,),) = [each["edges"] for each in (await api(query))["state"].values()]
    order, number, *rest = orjson.loads(decoded(edge["cursor"]))
    assert isinstance(number, int)

    for wrong in (2**31, -(2**31) - 1, True, 1.5, "1", None):
        error = await api.error(query, after=forged(order, wrong, *rest))
        assert "after is not a cursor" in error["message"]
    for most in (2**31 - 1, -(2**31)):
        assert "errors" not in await api.answer(query, after=forged(order, most, *rest))


@pytest.mark.parametrize(
    ("asked", "shown", "next_", "previous"),
    [
        ({}, "012", False, False),
        ({"first": 3}, "012", False, False),
        ({"first": 2}, "01", True, False),
        ({"first": 2, "after": 0}, "12", False, True),
        ({"first": 1, "after": 0}, "1", True, True),
        ({"first": 1, "after": 0, "before": 2}, "1", False, True),
        ({"first": 1, "before": 2}, "0", True, False),
        ({"first": 0}, "", True, False),
        ({"before": 2}, "01", False, False),
        ({"last": 3}, "012", False, False),
        ({"last": 2}, "12", False, True),
        ({"last": 2, "before": 2}, "01", True, False),
        ({"last": 1, "before": 2}, "1", True, True),
        ({"last": 1, "after": 0, "before": 2}, "1", True, False),
        ({"last": 2, "after": 0}, "12", False, False),
        ({"last": 1, "after": 0}, "2", False, True),
        ({"last": 0}, "", False, True),
    ],
)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_a_page_tells_what_lies_on_both_sides_of_it(
    api: Api, asked: dict[str, int], shown: str, next_: bool, previous: bool, direction: str
) -> None:
    query = """query ($first: Int, $last: Int, $after: String, $before: String, $by: [StateOrder!]) {
      states(first: $first, last: $last, after: $after, before: $before, orderBy: $by,
             where: { code: ["AUT", "BEL", "CHE"] }) {
        edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    by = [{"field": "CODE", "direction": direction}]
    whole = [edge["cursor"] for edge in (await api(query, by=by))["states"]["edges"]]
    places = {name: whole[n] if name in ("after", "before") else n for name, n in asked.items()}

    for _ in ("executed", "planned", "planned"):
        page = (await api(query, by=by, **places))["states"]

        cursors = [edge["cursor"] for edge in page["edges"]]
        assert cursors == [whole[int(n)] for n in shown]
        assert page["pageInfo"] == {
            "hasNextPage": next_,
            "hasPreviousPage": previous,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        }


async def test_a_page_of_each_parent_has_its_own_places(api: Api) -> None:
    query = """query ($after: String) { meetings(where: {code: ["2MSP", "4MSP"]}) { nodes { code
                 documents(first: 5, after: $after) { totalCount edges { cursor node { id meeting { code } } }
                                                      pageInfo { hasNextPage } } } } }"""
    first = (await api(query))["meetings"]["nodes"]

    assert [meeting["documents"]["totalCount"] for meeting in first] == [65, 18]
    for meeting in first:
        assert len(meeting["documents"]["edges"]) == 5
        assert {edge["node"]["meeting"]["code"] for edge in meeting["documents"]["edges"]} == {meeting["code"]}
    cursor = first[0]["documents"]["edges"][-1]["cursor"]
    second = (await api(query, after=cursor))["meetings"]["nodes"][0]["documents"]["edges"]
    assert not {edge["node"]["id"] for edge in second} & {edge["node"]["id"] for edge in first[0]["documents"]["edges"]}


async def test_a_page_of_each_author_has_its_own_places(api: Api) -> None:
    query = """query ($first: Int, $after: String, $order: [DocumentOrder!]) {
                 states(where: { code: ["FRA", "NOR", "LAO"] }) { nodes { code
                   documents(first: $first, after: $after, orderBy: $order) {
                     totalCount edges { cursor node { id } } } } } }"""
    for order in [], MIXED, [{"field": "SYMBOL", "direction": "DESC"}]:
        whole = {
            each["code"]: each["documents"] for each in (await api(query, first=250, order=order))["states"]["nodes"]
        }
        assert all(len(documents["edges"]) == documents["totalCount"] > 2 for documents in whole.values())
        for code, documents in whole.items():
            after = documents["edges"][1]["cursor"]
            page = (await api(query, first=3, after=after, order=order))["states"]["nodes"]
            (own,) = [each["documents"]["edges"] for each in page if each["code"] == code]
            assert own == documents["edges"][2:5]
