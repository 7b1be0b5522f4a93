"""Finding things, as a client does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest

import db
from db import search
from db.engine import Database
from db.unit import Signature, Unit
from mandate.actor import Capacity, Visibility
from mandate.day import PartialDate
from mandate.decision import DecisionMethod
from mandate.text import LocalizedText
from tests.api import Api
from tests.call import ISU, PUBLIC, ask, caller
from tests.conftest import Templates

pytestmark = pytest.mark.anyio

SEARCH = """query ($q: String!, $types: [SearchType!], $language: LanguageCode, $where: SearchWhere,
                   $first: Int, $after: String) {
  search(query: $q, types: $types, language: $language, where: $where, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } facets { field values { value count } }
    edges { cursor score language highlights node { __typename ... on Node { id } ... on State { iso: code }
            ... on Meeting { code } ... on Organisation { code } ... on Document { symbol } } } } }"""
PAPERS = {
    "CCM/MSP/2099/WP.1": LocalizedText.of("集束弹药公约：执行情况", "zh", en="Status of implementation"),
    "CCM/MSP/2099/WP.2": LocalizedText.of("La dépollution des zones & <des> terres", "fr"),
    "CCM/MSP/2099/WP.3": LocalizedText.of("Документ, представленный Ливаном", "ru", es="Documento del Líbano"),
    "CCM/MSP/2099/WP.4": LocalizedText.of("القنابل العنقودية في لبنان", "ar"),
    "CCM/MSP/2099/WP.40": LocalizedText.of("Answers to CCM/MSP/2099/WP.4"),
}


async def papers_come(url: str) -> None:
    database = Database(url)
    papers = [
        {
            "id": f"paper-{number}",
            "symbol": symbol,
            "title": title,
            "kind_code": "working_paper",
            "meeting_code": "2MSP",
            "issued_on": PartialDate.of(date(2099, 1, number + 1)),
        }
        for number, (symbol, title) in enumerate(PAPERS.items())
    ]
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Document, papers)
        decision = {
            "id": "decision",
            "meeting_code": "2MSP",
            "number": "29",
            "title": LocalizedText.of("Zeppelins"),
            "text": LocalizedText.of("The Meeting decided on zeppelins, and on <balloons>."),
            "adopted_on": date(2011, 9, 16),
            "method": DecisionMethod.CONSENSUS,
        }
        await unit.keep(db.Decision, [decision])
        item = {
            "id": "item",
            "meeting_code": "2MSP",
            "number": "99",
            "number_order": "000099",
            "title": LocalizedText.of("A word on Zeppelins"),
            "visibility": Visibility.PUBLIC,
        }
        await unit.keep(db.AgendaItem, [item])
    await database.close()


@pytest.fixture(scope="module")
def searched_url(templates: Templates) -> Iterator[str]:
    """The register with these papers, for tests that only read."""
    url = templates.databases.copy(templates.register)
    asyncio.run(papers_come(url))
    yield url
    templates.databases.drop(url)


@pytest.fixture
async def database(searched_url: str) -> AsyncIterator[Database]:
    database = Database(searched_url)
    yield database
    await database.close()


@pytest.fixture
async def own(register_url: str) -> AsyncIterator[Database]:
    await papers_come(register_url)
    database = Database(register_url)
    yield database
    await database.close()


async def look(database: Database, query: str, actor: Any = PUBLIC, **variables: Any) -> Any:
    answer = await ask(database, actor, SEARCH, q=query, **variables)
    assert "errors" not in answer, answer
    return answer["data"]["search"]


def names(found: Any) -> list[str]:
    nodes = [edge["node"] for edge in found["edges"]]
    return [node.get("symbol") or node.get("code") or node.get("iso") or node["__typename"] for node in nodes]


@pytest.mark.parametrize(
    ("query", "symbol", "language", "marked"),
    [
        ("执行", "CCM/MSP/2099/WP.1", "zh", "集束弹药公约：<mark>执行</mark>情况"),
        ("depollution", "CCM/MSP/2099/WP.2", "fr", "La <mark>dépollution</mark> des zones &amp; &lt;des&gt; terres"),
        ("Ливан", "CCM/MSP/2099/WP.3", "ru", "Документ, представленный <mark>Ливаном</mark>"),
        ("libano documento", "CCM/MSP/2099/WP.3", "es", "<mark>Documento</mark> del <mark>Líbano</mark>"),
        ("قنابل", "CCM/MSP/2099/WP.4", "ar", "<mark>القنابل</mark> العنقودية في لبنان"),
    ],
)
async def test_a_word_is_found_in_each_of_the_six_languages(
    database: Database, query: str, symbol: str, language: str, marked: str
) -> None:
    found = await look(database, query)

    assert names(found) == [symbol]
    assert found["totalCount"] == 1
    assert (found["edges"][0]["language"], found["edges"][0]["highlights"]) == (language, [marked])


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("CCM/MSP/2099/WP.4", "CCM/MSP/2099/WP.4"),
        ("ccm/msp/2099/wp.4", "CCM/MSP/2099/WP.4"),
        ("2MSP", "2MSP"),
        ("CHE", "CHE"),
        ("ICRC", "ICRC"),
        ("Lebanon", "LBN"),
        ("CCM/MSP/2011/WP.4", "CCM/MSP/2011/WP.4"),
    ],
)
async def test_what_has_exactly_this_symbol_code_or_title_comes_first(
    database: Database, query: str, first: str
) -> None:
    found = await look(database, query)

    assert names(found)[0] == first
    scores = [edge["score"] for edge in found["edges"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] >= 0.9 > max([0, *scores[1:]])


async def test_a_title_comes_before_a_text_and_the_text_is_shown(database: Database) -> None:
    found = await look(database, "zeppelins")

    assert names(found) == ["Decision", "AgendaItem"]
    assert [edge["score"] for edge in found["edges"]] == [0.9, 0.6]
    assert (await look(database, "balloons"))["edges"][0]["highlights"] == [
        "Zeppelins\nThe Meeting decided on zeppelins, and on &lt;<mark>balloons</mark>&gt;."
    ]


async def test_pages_hold_everything_once_in_one_order(database: Database) -> None:
    whole = await look(database, "meeting", first=250)
    after, edges = None, []
    while True:
        page = await look(database, "meeting", first=7, after=after)
        edges += page["edges"]
        assert page["totalCount"] == whole["totalCount"] == len(whole["edges"])
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert edges == whole["edges"]
    assert len(edges) > 21


@pytest.mark.parametrize(
    ("cursor", "first"), [("nonsense", 1), ("W10", 1), ("", 1), (None, 251), (None, -1), (None, 2**31 - 1)]
)
async def test_a_bad_cursor_or_size_is_told(database: Database, cursor: str | None, first: int) -> None:
    answer = await ask(database, PUBLIC, SEARCH, q="meeting", after=cursor, first=first)

    assert "errors" in answer


async def test_facets_count_all_that_was_found(database: Database) -> None:
    found = await look(database, "CCM 2099", first=1)
    facets = {each["field"]: {one["value"]: one["count"] for one in each["values"]} for each in found["facets"]}

    assert len(found["edges"]) == 1
    assert facets == {
        "type": {"DOCUMENT": 5},
        "language": {"ar": 1, "en": 2, "es": 1, "fr": 1, "ru": 1, "zh": 1},
        "year": {"2099": 5},
        "meeting": {"2MSP": 5},
    }
    many = await look(database, "of", first=1)
    assert max(len(each["values"]) for each in many["facets"]) == 20


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"types": ["STATE"]}, []),
        ({"types": ["DOCUMENT", "STATE"]}, ["WP.40", "WP.4", "WP.3", "WP.2", "WP.1"]),
        ({"types": []}, []),
        ({"language": "fr"}, ["WP.2"]),
        ({"language": "en"}, ["WP.40", "WP.1"]),
        ({"language": "xx"}, []),
        ({"where": {"on": {"gte": "2099-01-04"}}}, ["WP.40", "WP.4"]),
        ({"where": {"on": {"eq": "2099-01-01"}}}, ["WP.1"]),
        ({"where": {"on": {"isNull": True}}}, []),
        ({"where": {"meeting": ["2MSP"]}}, ["WP.40", "WP.4", "WP.3", "WP.2", "WP.1"]),
        ({"where": {"meeting": ["1MSP", "nowhere"]}}, []),
        ({"where": {"kind": ["working_paper"]}}, ["WP.40", "WP.4", "WP.3", "WP.2", "WP.1"]),
        ({"where": {"kind": []}}, []),
    ],
)
async def test_a_search_is_narrowed(database: Database, given: dict[str, Any], expected: list[str]) -> None:
    found = await look(database, "CCM 2099", **given)

    assert [name.removeprefix("CCM/MSP/2099/") for name in names(found)] == expected
    assert found["totalCount"] == len(expected)


@pytest.mark.parametrize("query", ["", "   ", '"', "*", "( - ) NEAR/2"[:5], "🙂", "' OR 1=1 --"[:1]])
async def test_signs_alone_find_nothing(database: Database, query: str) -> None:
    found = await look(database, query)

    assert (found["edges"], found["totalCount"]) == ([], 0)


async def test_operators_of_the_engines_mean_nothing(database: Database) -> None:
    assert names(await look(database, '"depollution"')) == ["CCM/MSP/2099/WP.2"]
    assert names(await look(database, "title:depollution")) == []
    assert names(await look(database, "depollution NOT zones")) == []
    assert names(await look(database, "depollution* -zones")) == ["CCM/MSP/2099/WP.2"]
    assert names(await look(database, "depollution' & !zones | :*")) == ["CCM/MSP/2099/WP.2"]


async def test_an_enormous_query_is_refused(database: Database) -> None:
    answer = await ask(database, PUBLIC, SEARCH, q="x" * 201)

    assert answer["errors"][0]["message"] == "The query has 201 characters; 200 is the most."
    assert (await look(database, "字" * 200))["totalCount"] == 0


async def test_a_draft_is_found_by_those_whom_it_is_for_alone(own: Database) -> None:
    state = caller("STATE:FRA", Capacity.STATE_PARTY)
    for visibility, seen_by in (
        (Visibility.ISU, [ISU]),
        (Visibility.STATES_PARTIES, [ISU, state]),
        (Visibility.PUBLIC, [ISU, state, PUBLIC]),
    ):
        async with own.writing() as connection:
            unit = Unit(connection, Signature(act="test"))
            await unit.change(db.Document, [(("paper-1",), {"visibility": visibility})])
        for actor in (ISU, state, PUBLIC):
            found = await look(own, "depollution", actor)
            counts = [each["count"] for facet in found["facets"] for each in facet["values"]]
            there = actor in seen_by
            assert (len(found["edges"]), found["totalCount"], len(counts)) == ((1, 1, 4) if there else (0, 0, 0))


async def test_the_text_of_a_file_is_as_hidden_as_its_document(own: Database) -> None:
    async with own.writing() as connection:
        await search.attach(connection, db.Document, {("paper-4", "en"): "On page seven of it stands Xylophone."})
    open_ = await look(own, "xylophone")
    async with own.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.change(db.Document, [(("paper-4",), {"visibility": Visibility.ISU})])

    assert names(open_) == ["CCM/MSP/2099/WP.40"]
    assert open_["edges"][0]["highlights"] == [
        "Answers to CCM/MSP/2099/WP.4\nOn page seven of it stands <mark>Xylophone</mark>."
    ]
    assert names(await look(own, "xylophone")) == []
    assert names(await look(own, "xylophone", ISU)) == ["CCM/MSP/2099/WP.40"]


async def test_what_is_not_asked_for_is_not_worked_out(api: Api) -> None:
    asked = {
        "__typename": 0,
        "totalCount": 1,
        "...More": 1,
        "edges { score }": 2,
        "edges { highlights } pageInfo { hasNextPage } totalCount facets { field }": 2,
    }
    for fields, expected in asked.items():
        more = "fragment More on SearchConnection { totalCount facets { field } }" if "More" in fields else ""
        with api.statements() as sent:
            await api(f'{{ search(query: "meeting") {{ {fields} }} }} {more}')
        assert len(sent) == expected, fields


async def test_a_search_costs_its_page_and_its_work(api: Api) -> None:
    answer = await api.answer('{ search(query: "CHE", first: 250) { totalCount facets { values { value } } } }')

    assert answer["extensions"]["cost"]["requested"] < 1_000


async def test_a_search_goes_through_the_door(api: Api) -> None:
    found = (await api(SEARCH, q="CHE"))["search"]

    assert names(found)[0] == "CHE"
    error = await api.error(SEARCH, q="a\0b")
    assert error["extensions"]["code"]
