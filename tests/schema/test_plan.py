"""A plan answers as execution does, field by field: whoever asks, whatever they ask, on either engine."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, get_operation_ast, parse, validate
from sqlalchemy import select
from sqlmodel import col

import db
from db.driver import Rendered
from db.engine import Database
from db.table import kept_tables, new_id
from db.unit import Signature, Unit
from db.visibility import visible
from isu.operation import Executable, Parameters, execute_in
from isu.plans import Plans
from mandate.actor import PUBLIC, Actor, Capacity, Visibility
from mandate.committee import members
from mandate.communication import CommunicationKind, CommunicationStatus
from mandate.day import PartialDate
from mandate.text import LocalizedText
from resolvers.context import Context
from resolvers.reading import Page, Reader, row
from resolvers.reading import plan as reading_plan
from resolvers.reading.reader import weight_of
from resolvers.reading.run import Run
from resolvers.reading.worked import WorkedOut
from schema import api as offered
from schema.id import encode_id
from schema.operation import Documents, Prepared
from schema.reading import plan as planning
from schema.reading.completing import Question, declaration_of
from schema.reading.declare import TABLES
from schema.reading.plan import plan
from tests.api import TODAY
from tests.call import ISU, ask, caller, hide, through_the_unit
from tests.conftest import Templates, _private_copy
from tests.schema.operations import Operations

pytestmark = pytest.mark.anyio

VIEWERS: Mapping[str, Actor] = {
    "the public": PUBLIC,
    "the ISU": ISU,
    "a State": caller("STATE:FRA", Capacity.STATE_PARTY, Capacity.COORDINATOR, Capacity.COMMITTEE_MEMBER),
    "an NGO": caller("ORG:CMC", Capacity.CLUSTER_MUNITION_COALITION),
}
HIDDEN = (Visibility.ISU, Visibility.COMMITTEE, Visibility.STATES_PARTIES)


@pytest.fixture(scope="module")
def partly_hidden(templates: Templates) -> str:
    """The register, a third of what can be hidden hidden from somebody; made once, to be copied."""
    url = templates.databases.copy(templates.register)
    asyncio.run(hide_a_third_of(url))
    templates.databases.freeze(url)
    return url


async def hide_a_third_of(url: str) -> None:
    database = Database(url)
    await hide_a_third(database, Random(20101108))  # noqa: S311  any other would do
    await database.close()


async def hide_a_third(database: Database, random: Random) -> None:
    for table in kept_tables():
        columns = table.__table__.columns  # type: ignore[attr-defined]
        if "visibility" not in columns or len(table.__table__.primary_key.columns) != 1:  # type: ignore[attr-defined]
            continue
        async with database.reading() as connection:
            (key,) = table.__table__.primary_key.columns  # type: ignore[attr-defined]
            keys = sorted((await connection.execute(select(key))).scalars())
        for each in random.sample(keys, min(len(keys) // 3, 8)):
            await hide(database, table, each, random.choice(HIDDEN))


@pytest.fixture
def database_url(templates: Templates, partly_hidden: str) -> Iterator[str]:
    yield from _private_copy(templates, partly_hidden)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def known(database: Database) -> dict[str, list[str]]:
    """Values that are there, by the name of an argument or of a scalar; and some that are not."""
    found: dict[str, list[str]] = {"ID": ["not an id", encode_id("State", "XXX")]}
    async with database.reading() as connection:
        for name, table in TABLES.items():
            (key,) = db.State.metadata.tables[table].primary_key.columns
            keys = (await connection.execute(select(key).order_by(key).limit(4))).scalars()
            found["ID"] += [encode_id(name, each) for each in keys]
        for name, column in {
            "CountryCode": db.State.code,
            "DocumentSymbol": db.Document.symbol,
            "meeting": db.Meeting.code,
            "portfolio": db.Body.code,
            "number": db.Decision.number,
        }.items():
            values = (await connection.execute(select(column).where(column != "").distinct().limit(9))).scalars()  # type: ignore[call-overload]
            found[name] = list(values)
    found["code"] = found["meeting"] + found["CountryCode"]
    found["query"] = ["cluster", "munition convention", "état", "2MSP", "Beirut", "..."]
    found["ruleSet"] = ["2011-proposal", "current-practice", "x"]
    found["rules"] = ["coordinator-rotation", "isu-report", "committee-representatives"]
    found["workPlan"] = [encode_id("WorkPlan", "x")]
    for name in PAGED:
        page = (await ask(database, ISU, f"{{ {name}(first: 9) {{ edges {{ cursor }} }} }}"))["data"][name]
        found[f"cursor of {name}"] = [edge["cursor"] for edge in page["edges"]] or ["x"]
    for name, given in {"changes": "first: 9", "search": 'query: "cluster", first: 9'}.items():
        # The feed tells who comes back with a cursor of their own what they see since then, and when they asked.
        page = (await ask(database, PUBLIC, f"{{ {name}({given}) {{ edges {{ cursor }} }} }}"))["data"][name]
        found[f"cursor of {name}"] = [edge["cursor"] for edge in page["edges"]]
    return found


FIELDS = offered._schema.type_map["Query"].fields  # type: ignore[attr-defined]
PAGED = [name for name, field in FIELDS.items() if isinstance(declaration_of(field), Page)]
ROOTS = [name for name in FIELDS if name not in {"export", "rateLimit"}]
"""These two are for the account that asks, and never planned."""
RESOLVED = [name for name in ROOTS if declaration_of(FIELDS[name]) is None and name not in {"node", "nodes"}]


class Compared:
    """Asks both ways, and counts how often there was a plan."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.plans = Plans(offered, database)
        self._documents = Documents(offered)
        self.asked = self.planned = 0

    async def ask(self, text: str, variables: dict[str, Any], actor: Actor, *, anew: bool = True) -> bool:
        """Whether it could be asked at all. What was worked out before may be the answer where it is not `anew`."""
        prepared = self._documents.prepare(text)
        if not isinstance(prepared, Prepared):
            return False
        # What comes again is planned, then answered from the plan that was made, then not worked out again.
        planned = await self.answer(text, variables, actor)
        if anew:
            planning._WORKED_OUT = WorkedOut()
        for _ in range(2):
            planned = await self.answer(text, variables, actor)
        self.asked += 1
        if planned is None:
            return True
        self.planned += 1
        async with Context(self.database, TODAY, actor) as context:
            executed = await execute_in(offered, context, prepared.document, variables)
        assert not executed.errors, (text, variables, executed.errors)
        assert orjson.dumps(planned) == orjson.dumps(executed.data), (text, variables)
        return True

    async def answer(self, text: str, variables: dict[str, Any], actor: Actor) -> dict[str, Any] | None:
        """From a plan, where there is one."""
        prepared = self._documents.prepare(text)
        assert isinstance(prepared, Prepared)
        definition = prepared.operation(None)
        assert isinstance(definition, OperationDefinitionNode)
        operation = Executable(Parameters(text, variables, None), prepared.document, definition, 1)
        return await self.plans.answer(operation, actor, TODAY)


async def compare(database: Database, number: int, seed: int) -> Compared:
    compared, values = Compared(database), await known(database)
    viewers = list(VIEWERS.values())
    turn = 0
    while compared.asked < number:
        random = Random(f"{seed} {turn}")  # noqa: S311
        text, variables = Operations(offered._schema, values, random).query(ROOTS)
        await compared.ask(text, variables, viewers[turn % len(viewers)])
        turn += 1
        assert turn < number * 3, "most of what is made up is valid"
    return compared


async def test_a_plan_answers_as_execution_does(database: Database) -> None:
    compared = await compare(database, 200, 1)

    # What it does not plan proves nothing.
    assert compared.planned > 0.6 * compared.asked


@pytest.mark.soak
async def test_a_plan_answers_as_execution_does_for_long(database: Database) -> None:
    compared = await compare(database, 2_000, 2)

    assert compared.planned > 0.6 * compared.asked


async def test_what_was_worked_out_follows_all_that_happens(database: Database) -> None:
    compared, values, random = Compared(database), await known(database), Random(29)  # noqa: S311
    asked = [Operations(offered._schema, values, random).query(RESOLVED) for _ in range(40)]
    questions = list(zip(asked, cycle(VIEWERS.values()), strict=False))
    remembered: dict[Any, set[Any]] = defaultdict(set)
    for _ in range(3):
        for (text, variables), actor in questions:
            await compared.ask(text, variables, actor, anew=False)
        for place, known_then in planning._WORKED_OUT._known.items():
            remembered[place].add(known_then)
        await hide_a_third(database, random)

    changed = [each for each in remembered.values() if len(each) > 1]
    assert len(changed) >= 5, "else it proves nothing"


async def test_a_plan_that_forgets_who_asks_is_found_out(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with forgetful_plans(monkeypatch), pytest.raises(AssertionError):
        await compare(database, 100, 1)


@contextmanager
def forgetful_plans(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Plans are made as if everything were public; what is executed is not."""
    seen, make = visible, plan

    def forgetful(*given: Any) -> Any:
        monkeypatch.setattr("resolvers.reading.statement.visible", lambda *_: None)
        try:
            return make(*given)
        finally:
            monkeypatch.setattr("resolvers.reading.statement.visible", seen)

    with monkeypatch.context() as patched:
        patched.setattr("isu.plans.plan", forgetful)
        yield


async def test_what_was_written_for_one_fragment_is_not_given_for_another_of_its_name(database: Database) -> None:
    compared = Compared(database)
    for language in ("en", "fr", "en"):
        text = f"""{{ states(first: 3) {{ nodes {{ name {{ ...In }} }} }} }}
                   fragment In on LocalizedText {{ in(language: "{language}") {{ language value }} }}"""
        await compared.ask(text, {}, PUBLIC)

    assert compared.planned == 3


async def test_what_can_be_erased_is_not_remembered_wherever_it_is_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = row._Remembered()
    monkeypatch.setattr(row, "_REMEMBERED", remembered)
    compared = Compared(database)
    points = "emails phones role"
    await compared.ask(f"{{ states(first: 9) {{ nodes {{ contactPoints {{ {points} }} }} }} }}", {}, ISU)
    recipients = f"recipients(first: 9) {{ nodes {{ address contactPoint {{ {points} }} }} }}"
    await compared.ask(f"{{ communications(first: 9) {{ nodes {{ {recipients} }} }} }}", {}, ISU)

    assert compared.planned == 2
    names: Any = list(remembered._kept)
    of_contacts = [known_as for _, table, known_as in names if table == "contact"]
    assert of_contacts == [("ContactPoint", "role")]


async def test_one_plan_serves_all_values_of_what_a_resolver_takes(database: Database) -> None:
    compared = Compared(database)
    committee = """query ($on: Date, $in: LanguageCode!) {
      coordinationCommittee(asOf: $on) {
        chair { since } seats(capacity: MEMBER) { role until holder { name { in(language: $in) { value } } } }
      }
    }"""
    for variables in ({"on": "2011-09-16"}, {"on": "2015-06-30"}, {"on": None}, {}, {"on": "2009-01-01"}):
        await compared.ask(committee, {"in": "en", **variables}, PUBLIC)
    search = """query ($words: String!, $where: SearchWhere, $types: [SearchType!], $after: String) {
      search(query: $words, where: $where, types: $types, after: $after, first: 2) {
        edges { cursor score language highlights node { __typename ... on Document { symbol } } }
        pageInfo { hasNextPage } totalCount facets { field values { value count } }
      }
    }"""
    for words in ("cluster munition", "2MSP", "CCM/MSP/2011/WP.2", "état", "..."):
        await compared.ask(search, {"words": words}, PUBLIC)
    for where in (
        {"kind": ["working_paper"]},
        {"meeting": ["2MSP"]},
        {"on": {"gte": "2011-01-01", "lte": "2015-06-30"}},
    ):
        await compared.ask(search, {"words": "cluster", "where": where}, PUBLIC)
    await compared.ask(search, {"words": "cluster", "where": {"on": {"isNull": True}}, "types": ["DOCUMENT"]}, PUBLIC)
    for cursor in (await known(database))["cursor of search"]:
        await compared.ask(search, {"words": "cluster", "after": cursor}, PUBLIC)

    assert compared.planned == compared.asked
    assert len(compared.plans._plans) == 2


def question_of(text: str) -> Question:
    document = parse(text)
    assert validate(offered._schema, document) == []
    operation = get_operation_ast(document)
    assert operation is not None
    return Question(offered, document, operation)


COMMITTEE = "coordinationCommittee(asOf: $on) { asOf }"


@pytest.mark.parametrize(
    ("text", "free", "taken"),
    [
        ("query ($c: CountryCode!) { state(by: { code: $c }) { code } }", {"c"}, set()),
        ("query ($c: String!) { a: meeting(code: $c) { id } b: meeting(code: $c) { city } }", {"c"}, set()),
        ("query ($c: String!) { a: meeting(code: $c) { id } meetings(where: { code: [$c] }) { totalCount } }", (), ()),
        ("query ($c: String!, $b: Boolean!) { meeting(code: $c) @skip(if: $b) { id } }", (), ()),
        ("query ($i: ID!) { node(id: $i) { id } }", {"i"}, set()),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", set(), {"i"}),
        ("query ($n: Int, $a: String) { states(first: $n, after: $a) { totalCount } }", {"a"}, set()),
        ("query ($n: Int, $b: String) { states(last: $n, before: $b) { totalCount } }", {"b"}, set()),
        (f"query ($on: Date = null) {{ {COMMITTEE} }}", set(), {"on"}),
        (f"query ($on: Date) {{ a: {COMMITTEE} b: {COMMITTEE} }}", set(), {"on"}),
        (
            f"query ($on: Date) {{ {COMMITTEE} states {{ nodes {{ reportSchedule(asOf: $on) {{ __typename }} }} }} }}",
            (),
            (),
        ),
    ],
)
def test_one_plan_serves_all_values_of_a_variable_that_decides_of_no_statement(
    text: str, free: Collection[str], taken: Collection[str]
) -> None:
    question = question_of(text)

    assert question.free() == set(free)
    assert question.taken() == set(taken)


def test_what_stays_as_it_is_when_it_is_coerced_is_text_and_what_is_true_or_false() -> None:
    plain = question_of(
        """query ($a: String, $i: ID!, $b: Boolean!) {
          states(after: $a) { totalCount } node(id: $i) { id @skip(if: $b) }
        }"""
    )
    number = question_of("query ($a: String, $n: Int) { states(after: $a, first: $n) { totalCount } }")

    assert plain.plain() == {"a": str, "i": str, "b": bool}
    assert number.plain() is None


async def test_root_fields_are_counted_together(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.reading.run.MOST_OBJECTS", 150)
    compared = Compared(database)
    await compared.ask("{ states(first: 50) { nodes { code } } }", {}, PUBLIC)
    assert compared.planned == 1

    await compared.ask(
        "{ a: states(first: 50) { nodes { code } } b: states(first: 50) { nodes { code } } }", {}, PUBLIC
    )

    assert compared.planned == 1


SEATS = 'coordinationCommittee(asOf: "2011-12-01") { seats { * } }'
MUCH = (
    ("states(first: 5) { nodes { * } }", "name { original }"),
    ("states(first: 5) { nodes { name { * original } } }", 'in(language: "en") { value }'),
    ("states(first: 5) { edges { * } }", "node { code }"),
    ("states(first: 5) { nodes { code } * }", "edges { node { code } }"),
    ("states(first: 5) { edges { node { code } } * }", "nodes { code }"),
    ("officeTerms { * }", "office { terms { id } }"),
    ("officeTerms { office { * } }", "terms { id }"),
    ('meeting(code: "2MSP") { * }', "documents(first: 5) { nodes { symbol } }"),
    ('meeting(code: "2MSP") { documents(first: 5) { * } }', "nodes { symbol }"),
    ("officeTerms { office { * } }", "body { code }"),
    ("states(first: 5) { nodes { * } }", 'reportSchedule(asOf: "2030-12-31") { annual { dueOn } }'),
    (SEATS, "holder { id }"),
    (SEATS.replace("*", "holder { ... on State { * } }"), "treatyActions { id }"),
    (SEATS.replace("{ seats", "{ a: seats { role } b: seats { role } seats"), "portfolio { code }"),
)
"""Where something may be asked for under many names, and what."""


async def test_many_rows_are_written_in_parts_and_others_are_served_in_between(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = list[float]()

    async def served(seconds: float) -> None:
        turns.append(seconds)

    monkeypatch.setattr(reading_plan, "_AT_ONCE", 3)
    monkeypatch.setattr(reading_plan, "_STRETCH", 60)
    monkeypatch.setattr(reading_plan, "asyncio", SimpleNamespace(sleep=served))
    compared = Compared(database)
    text = """{ states(first: 20) { nodes {
      code reportSchedule { annual { dueOn } } treatyActions { type } documents(first: 0) { totalCount } } } }"""
    await compared.ask(text, {}, PUBLIC)
    assert compared.planned == 1
    turns.clear()

    await compared.answer(text, {}, PUBLIC)

    assert len(turns) >= 20 / 3


async def test_all_that_is_written_is_counted_planned_as_executed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = defaultdict[type, int](int)

    def count(_run: Run, objects: int) -> None:
        counted[Run] += objects

    def admit(_reader: Reader, answer: Any, times: int = 1) -> Any:
        counted[Reader] += weight_of(answer) * times
        return answer

    monkeypatch.setattr(Run, "count", count)
    monkeypatch.setattr(Reader, "admit", admit)
    compared, missed = Compared(database), []
    for around, asked in MUCH:
        text = "{ " + around.replace("*", " ".join(f"a{n}: {asked}" for n in range(20))) + " }"
        assert await compared.answer(text, {}, ISU) is None, "it was asked before"
        counted.clear()
        assert await compared.answer(text, {}, ISU), text
        objects = _objects((await ask(database, ISU, text))["data"])
        assert objects > 80, text
        if min(counted[Run], counted[Reader]) < objects:
            missed.append((around, asked, objects, dict(counted)))

    assert not missed


@pytest.mark.parametrize(
    ("asked", "beside"),
    [
        ("decisions { number }", 0),
        ("documents(first: 0) { totalCount }", 1),
        ("documents(first: 5) { nodes { symbol } }", 1),
        ("documents(first: 5) { totalCount nodes { symbol } }", 2),
    ],
)
async def test_what_is_read_is_counted_before_it_is_written_also_where_it_is_nested(
    database: Database, monkeypatch: pytest.MonkeyPatch, asked: str, beside: int
) -> None:
    compared, counted = Compared(database), list[int]()
    text = f'{{ meeting(code: "2MSP") {{ code {asked} }} }}'
    await compared.ask(text, {}, PUBLIC)
    monkeypatch.setattr(Run, "count", lambda _, objects: counted.append(objects))
    answer = await compared.answer(text, {}, PUBLIC)
    assert answer is not None
    (found,) = (each for each in answer["meeting"].values() if not isinstance(each, str))
    rows = found if isinstance(found, list) else found.get("nodes", [])

    *read, written = counted
    assert written == 1 + len(rows)
    # Beside what is written, a row that tells a number is read, and one beyond the page.
    assert sum(read) == written + beside


async def test_of_a_row_beyond_a_page_nothing_else_is_read_and_nothing_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, counted = Compared(database), list[int]()
    states = "{ states(first: 3) { nodes { treatyActions { type } } } }"
    meetings = """{ meetings(where: { code: ["1MSP", "2MSP"] }) { nodes {
      documents(first: 1) { nodes { symbol } } } } }"""
    for text in (states, meetings):
        await compared.ask(text, {}, PUBLIC)
    monkeypatch.setattr(Run, "count", lambda _, objects: counted.append(objects))

    answer = await compared.answer(states, {}, PUBLIC)
    assert answer is not None
    actions = [each for state in answer["states"]["nodes"] for each in state["treatyActions"]]
    assert sum(counted[:-1]) == 3 + 1 + len(actions)

    counted.clear()
    await compared.answer(meetings, {}, PUBLIC)
    assert counted[-1] == 2 + 2


async def test_a_page_weighs_what_its_own_rows_do(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    compared, counted = Compared(database), list[int]()
    documents = "documents(first: 3) { nodes { symbol languageVersions { language } } }"
    text = f'{{ meetings(where: {{ code: ["1MSP", "2MSP", "2RC"] }}) {{ nodes {{ {documents} }} }} }}'
    await compared.ask(text, {}, PUBLIC)
    monkeypatch.setattr(Run, "count", lambda _, objects: counted.append(objects))
    answer = await compared.answer(text, {}, PUBLIC)
    assert answer is not None
    pages = [each["documents"]["nodes"] for each in answer["meetings"]["nodes"]]
    weights = [sum(1 + len(each["languageVersions"]) for each in page) for page in pages]

    assert len(set(weights)) > 1, "they tell nothing where they are alike"
    assert counted[-1] == len(pages) + sum(weights)


async def test_who_has_nothing_has_a_page_without_anything(database: Database) -> None:
    compared = Compared(database)
    page = 'documents(first: 1, where: { kind: ["working_paper"] }) { totalCount nodes { symbol } }'
    text = f"{{ states(first: 200) {{ nodes {{ {page} }} }} }}"
    await compared.ask(text, {}, PUBLIC)
    answer = await compared.answer(text, {}, PUBLIC)

    assert compared.planned == 1
    assert answer is not None
    pages = [each["documents"] for each in answer["states"]["nodes"]]
    assert {"totalCount": 0, "nodes": []} in pages
    assert any(each["totalCount"] for each in pages)


def _objects(answer: Any) -> int:
    """Those that hold no others."""
    if isinstance(answer, list):
        return sum(map(_objects, answer))
    if not isinstance(answer, dict):
        return 0
    inner = sum(map(_objects, answer.values()))
    return inner + (not any(isinstance(each, dict | list) for each in answer.values()))


async def test_a_list_is_counted_in_several_ways_by_one_statement(database: Database) -> None:
    compared, sent = Compared(database), list[Rendered]()
    database.driver.watch = sent.append
    counts = """{
      every: documents(first: 0) { totalCount }
      kinds: documents(first: 0, where: { kind: ["working_paper"] }) { __typename n: totalCount m: totalCount }
      meetings: documents(first: 0, where: { meeting: ["2MSP"] }) { totalCount }
    }"""
    for of_state in (counts, counts.replace("every: documents(first: 0) { totalCount }", "")):
        sent.clear()
        await compared.ask(
            f"{{ states(first: 200) {{ nodes {{ code ...In }} }} }} fragment In on State {of_state}", {}, PUBLIC
        )

        assert len(sent) == 4  # twice it is answered from the plan

    assert compared.planned == 2


async def test_a_list_of_several_kinds_is_in_its_order_in_each_way_and_counts_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    authors = db.DocumentAuthor
    async with database.writing() as connection:
        states, organisations = [
            (await connection.execute(select(col(table.party_id)).order_by(table.code).limit(2))).scalars().all()
            for table in (db.State, db.Organisation)
        ]
        mixed = [party for pair in zip(organisations, states, strict=True) for party in pair]
        free = select(col(db.Document.id)).where(
            col(db.Document.meeting_code) == "2MSP", col(db.Document.id).not_in(select(col(authors.document_id)))
        )
        documents = (await connection.execute(free.limit(2))).scalars().all()
        rows = [
            {"document_id": document, "party_id": party, "position": position}
            for document, parties in zip(documents, (mixed, mixed[::-1]), strict=True)
            for position, party in enumerate(parties, 1)
        ]
        await Unit(connection, Signature(act="test")).keep(authors, rows)
    compared = Compared(database)
    ids = ", ".join(f'"{encode_id("Document", each)}"' for each in documents)
    text = f"""{{ nodes(ids: [{ids}]) {{ ... on Document {{
      a: submittedBy {{ __typename }} b: submittedBy {{ kind: __typename }}
    }} }} }}"""
    await compared.ask(text, {}, ISU)
    counted: list[int] = []
    monkeypatch.setattr(Run, "count", lambda _, objects: counted.append(objects))
    answer = await compared.answer(text, {}, ISU)

    assert compared.planned == 1
    assert answer is not None
    kinds = ["Organisation", "State", "Organisation", "State"]
    assert [[each["__typename"] for each in one["a"]] for one in answer["nodes"]] == [kinds, kinds[::-1]]
    assert [[each["kind"] for each in one["b"]] for one in answer["nodes"]] == [kinds, kinds[::-1]]
    # What is found by its id counts as often as the part of it that is written out most often.
    assert max(counted) == 2 * (2 + 2 * 2 * len(kinds))


async def test_what_hangs_on_a_few_rows_is_nested_in_them_where_that_is_cheaper(database: Database) -> None:
    compared, sent = Compared(database), list[Rendered]()
    database.driver.watch = sent.append
    text = """query ($code: String!, $size: Int) {
      meeting(code: $code) {
        title { in(language: "en") { value } } agenda { number children { number } } decisions { number adoptedOn }
        participants: participations(first: 0) { totalCount }
        documents(first: $size) {
          totalCount pageInfo { endCursor } nodes { symbol languageVersions { language } submittedBy { __typename id } }
        }
      }
    }"""
    statements = []
    for size in (3, 100):
        sent.clear()
        for code in ("2MSP", "1MSP"):
            await compared.ask(text, {"code": code, "size": size}, PUBLIC)
        statements.append(len(sent) / 5)  # of six askings, the first is not planned yet

    assert compared.planned == compared.asked
    # What is nested in itself, and what many rows have, is read by another statement; where the last has no rows,
    # one more asks where the journal stands.
    assert statements == ([3, 3] if database.driver.is_remote else [10, 10])


async def test_what_a_value_may_name_is_read_with_the_facts_that_it_is_computed_from(database: Database) -> None:
    async with database.reading() as connection:
        president = select(col(db.Person.id)).where(col(db.Person.full_name) == "Adnan Mansour")
        await hide(database, db.Person, (await connection.execute(president)).scalar_one())
    compared, sent = Compared(database), list[Rendered]()
    database.driver.watch = sent.append
    text = """query ($on: Date!) {
      coordinationCommittee(asOf: $on) {
        seats { role holder { name { in(language: "en") { value } } } portfolio { code } representative { fullName } }
      }
    }"""
    statements, presidents = [], []
    for actor in VIEWERS.values():
        for on in ("2011-09-16", "2013-06-30", "2020-11-24"):
            sent.clear()
            await compared.ask(text, {"on": on}, actor)
            statements.append(len(sent))
        answer = await compared.answer(text, {"on": "2011-09-16"}, actor)
        assert answer is not None
        presidents.append(answer["coordinationCommittee"]["seats"][0]["representative"])

    assert compared.planned == compared.asked
    assert presidents == [None, {"fullName": "Adnan Mansour"}, None, None]
    # The first time that it is planned, organisations are named that hold no term; from then on all is told at once.
    assert statements == ([3, 3, 3] * 4 if database.driver.is_remote else [16, 24, 24] * 4)


async def test_the_rules_are_asked_again_where_something_that_they_judged_has_changed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = list[Any]()

    def counted(composition: Any, parameters: Any) -> Any:
        judged.append(composition)
        return members(composition, parameters)

    monkeypatch.setattr("resolvers.committee.members", counted)
    compared = Compared(database)

    async def seats(of: str = "since") -> tuple[list[Any], int]:
        """And how often the rules were asked."""
        judged.clear()
        text = f'{{ coordinationCommittee(asOf: "2011-12-01") {{ seats {{ role {of} holder {{ __typename }} }} }} }}'
        answer = await compared.answer(text, {}, PUBLIC)
        # What comes for the first time is not planned.
        found = {} if answer is None else orjson.loads(orjson.dumps(answer))["coordinationCommittee"]
        return found.get("seats", []), len(judged)

    for _ in range(3):
        before, _ = await seats()
        await seats("representative { fullName }")
    assert before
    assert await seats() == (before, 0)
    # What can be erased is remembered nowhere.
    assert (await seats("representative { fullName }"))[1] == 1

    await through_the_unit(database, db.Meeting, (("2MSP",), {"city": "Elsewhere"}))
    assert await seats() == (before, 0)
    coordinates = (
        col(db.OfficeTerm.starts_on) == PartialDate.parse("2011-09-16"),
        col(db.Office.role_code) == "coordinator",
    )
    async with database.reading() as connection:
        chosen = select(col(db.OfficeTerm.id)).join(db.Office).where(*coordinates).order_by(col(db.OfficeTerm.id))
        term = (await connection.execute(chosen)).scalars().first()
    await through_the_unit(database, db.OfficeTerm, ((term,), {"ends_on": PartialDate.parse("2011-11-30")}))
    after, times = await seats()
    assert (len(after), times) == (len(before) - 1, 1)
    assert await seats() == (after, 0)


async def test_what_was_worked_out_for_one_value_is_not_given_for_another(database: Database) -> None:
    compared = Compared(database)
    text = "query ($on: Date!) { coordinationCommittee(asOf: $on) { seats { role since } } }"
    for on in ("2011-12-01", "2015-12-01") * 2:
        await compared.ask(text, {"on": on}, PUBLIC, anew=False)

    assert compared.planned == 4


@pytest.mark.parametrize("below", ["", "treatyActions { type } documents(first: 1) { totalCount }"])
async def test_what_was_not_foreseen_is_read_afterwards(
    database: Database, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    # Of the organisations, which hold no term, one alone is read ahead then.
    monkeypatch.setattr("resolvers.reading.plan._MOST_BESIDE", 1)
    compared, sent = Compared(database), list[Rendered]()
    database.driver.watch = sent.append
    text = f"""query ($on: Date!) {{
      coordinationCommittee(asOf: $on) {{ seats {{ holder {{ __typename id ... on State {{ code {below} }} }} }} }}
    }}"""
    for year in range(2011, 2025):
        await compared.ask(text, {"on": f"{year}-12-01"}, PUBLIC)

    assert compared.planned == compared.asked
    if database.driver.is_remote and not below:
        # What is never foreseen is no longer looked for.
        assert sum("facts_0" in each.text for each in sent) == 8


async def test_what_is_foreseen_again_is_still_looked_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.reading.plan._MOST_BESIDE", 1)
    monkeypatch.setattr("resolvers.reading.plan._MOST_MISSED", 4)
    compared, sent = Compared(database), list[Rendered]()
    text = "query ($on: Date!) { coordinationCommittee(asOf: $on) { seats { holder { __typename } } } }"
    for year in range(2011, 2016):
        # Nobody sat on a Committee then: nothing is named, and nothing is missing.
        for on in (f"{year}-12-01", "2009-01-01"):
            sent.clear()
            database.driver.watch = sent.append
            await compared.ask(text, {"on": on}, PUBLIC)

    assert compared.planned == compared.asked
    assert any("facts_0" in each.text for each in sent) is database.driver.is_remote


@pytest.mark.parametrize("of", ["", '(where: { kind: ["none"] })'])
async def test_an_answer_is_of_one_moment_whatever_happens_between_its_statements(
    database: Database, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    compared = Compared(database)
    text = f"{{ meetings(first: 100) {{ nodes {{ city documents{of} {{ nodes {{ meeting {{ city }} }} }} }} }} }}"
    await compared.ask(text, {}, PUBLIC)
    assert compared.planned == 1
    fetch, sent = Run.fetch, list[Rendered]()

    async def act_before_the_second(run: Run, rendered: Rendered, keys: Any, **more: Any) -> Any:
        sent.append(rendered)
        if len(sent) == 2:
            await through_the_unit(database, db.Meeting, (("2MSP",), {"city": "Elsewhere"}))
        return await fetch(run, rendered, keys, **more)

    monkeypatch.setattr(Run, "fetch", act_before_the_second)
    answer = await compared.answer(text, {}, PUBLIC)

    assert answer is not None
    meetings = answer["meetings"]["nodes"]
    # Where a transaction is dear, what was read before is read again.
    assert ("Elsewhere" in {each["city"] for each in meetings}) is database.driver.is_remote
    for each in meetings:
        for document in each["documents"]["nodes"]:
            assert document["meeting"]["city"] == each["city"]
    # That it happened once is no reason to expect it.
    assert [made.tells for made in compared.plans._plans.values()] == [True]


async def test_what_one_caller_is_told_by_a_resolver_is_not_told_to_another(database: Database) -> None:
    await hide(database, db.Meeting, "2MSP")
    invited = {"meeting_code": "2MSP", "party_id": "ORGANISATION:HALO", "invited_on": TODAY}
    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.CommitteeInvitation, [invited])
    compared = Compared(database)
    for text in (
        '{ search(query: "convention", first: 50) { totalCount edges { node { __typename } highlights } } }',
        '{ listOfParticipants(meeting: "2MSP") { basis counts { participantClass count } } }',
        "{ changes(first: 50) { nodes { subjectId version changedFields node { id } tombstone { reason } } } }",
        "{ complianceReview { findings { message since } taskCoverage { task recorded } } }",
        "{ presidency { guidedBy: guides { code } } }",
        '{ coordinationCommittee(asOf: "2011-09-16") { seats { role capacity since until } } }',
    ):
        for actor in (ISU, *VIEWERS.values(), PUBLIC):
            await compared.ask(text, {}, actor)

    assert compared.planned > 20


async def test_what_was_written_for_one_value_of_a_variable_is_not_given_for_another(database: Database) -> None:
    compared = Compared(database)
    text = "query ($in: LanguageCode!) { states(first: 3) { nodes { name { in(language: $in) { language value } } } } }"
    for language in ("en", "fr", "en"):
        await compared.ask(text, {"in": language}, PUBLIC)

    assert compared.planned == 3


async def test_a_moment_is_written_as_precisely_as_it_is_known(database: Database) -> None:
    subject = LocalizedText.of("A circular")
    moments = [None, "2026-01-15T09:30:00.000000Z", "2026-01-15T09:30:00.120000Z", "0999-12-31T23:59:59.999999Z"]
    async with database.writing() as connection:
        rows = [
            {
                "id": new_id(),
                "kind": CommunicationKind.CIRCULAR,
                "status": CommunicationStatus.SENT,
                "subject": subject,
                "body": subject,
                "sent_at": moment,
                "visibility": Visibility.PUBLIC,
            }
            for moment in moments
        ]
        await Unit(connection, Signature(act="test")).keep(db.Communication, rows)
    compared = Compared(database)
    text = "{ communications(first: 4) { nodes { sentAt } } changes(first: 9) { nodes { at } } }"
    await compared.ask(text, {}, PUBLIC)
    planned = orjson.loads(orjson.dumps(await compared.answer(text, {}, PUBLIC)))

    assert compared.planned == 1
    assert {each["sentAt"] for each in planned["communications"]["nodes"]} == {
        None,
        "2026-01-15T09:30:00+00:00",
        "2026-01-15T09:30:00.120000+00:00",
        "0999-12-31T23:59:59.999999+00:00",
    }


def test_what_is_made_up_is_mostly_valid() -> None:
    made = [Operations(offered._schema, {"ID": ["x"]}, Random(seed)) for seed in range(100)]  # noqa: S311
    texts: Sequence[str] = [each.query(ROOTS)[0] for each in made]

    valid = [text for text in texts if not validate(offered._schema, parse(text))]

    assert len(valid) > 60
    assert all(get_operation_ast(parse(text), None) for text in valid)
