"""What is asked again is answered from a plan, and nobody can tell but by the time it takes."""

from __future__ import annotations

import ast
import gc
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import CellType, FunctionType, MethodType
from typing import Any

import pytest
from graphql import GraphQLError, OperationType, get_operation_ast, parse, validate
from sqlalchemy import SelectBase

import db
from db import driver
from db.driver import Rendered
from isu import plans
from mandate.actor import Visibility
from schema import api as offered
from schema.id import decode_id
from schema.reading.plan import Planned
from schema.trusted import trusted
from tests.api import Api, serving
from tests.call import hide
from tests.conftest import ROOT
from tests.isu.test_plain_doors import NEEDED
from tests.make import ISU, key_for

pytestmark = pytest.mark.anyio

DOCUMENTS = """query ($after: String) {
  documents(first: 2, after: $after) { nodes { symbol } pageInfo { endCursor } }
}"""
EXECUTED = {
    "{ viewer { webhooks { disabledBecause": "webhooks are read for their holder, one by one",
    "{ viewer { parties { id } } }": "the objects are found by their ids within a resolver",
}
"""Queries of the documents, of the README and of the examples that are not planned, by how they begin, and why."""


@pytest.fixture
async def api(register_url: str) -> AsyncIterator[Api]:
    async with serving(register_url, settings={"kept_answers": "off"}) as api:
        yield api


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[Planned]:
    """The plans that answered, in turn."""
    found: list[Planned] = []
    answer = Planned.answer

    async def note(planned: Planned, *given: Any) -> Any:
        data = await answer(planned, *given)
        found.append(planned)
        return data

    monkeypatch.setattr(Planned, "answer", note)
    return found


async def test_what_is_asked_again_is_planned_once(api: Api, answered: list[Planned]) -> None:
    answers = [
        await api('{ state(by: {code: "LAO"}) { code name { in(language: "fr") { value } } } }') for _ in range(4)
    ]

    assert answers[0]["state"]["name"]["in"]["value"]
    assert answers == answers[:1] * 4
    assert len(answered) == 3
    assert len(set(map(id, answered))) == 1


async def test_the_next_page_has_the_plan_of_the_one_before(api: Api, answered: list[Planned]) -> None:
    after, symbols = None, []
    for _ in range(6):
        page = (await api(DOCUMENTS, after=after))["documents"]
        after = page["pageInfo"]["endCursor"]
        symbols += [each["symbol"] for each in page["nodes"]]

    whole = await api("{ documents(first: 12) { nodes { symbol } } }")
    assert symbols == [each["symbol"] for each in whole["documents"]["nodes"]]
    # The first page is another question, for it has no cursor, and the second is asked for the first time.
    assert len(answered) == 4
    assert len(set(map(id, answered))) == 1


async def test_who_says_after_which_is_not_given_the_plan_of_who_does_not(api: Api, answered: list[Planned]) -> None:
    first = [(await api(DOCUMENTS))["documents"] for _ in range(3)][-1]
    after = first["pageInfo"]["endCursor"]
    next_ = [(await api(DOCUMENTS, after=after))["documents"] for _ in range(3)]

    assert next_ == next_[:1] * 3
    assert next_[0]["pageInfo"]["endCursor"] != after
    assert (await api(DOCUMENTS))["documents"] == first
    assert len(answered) == 2 + 2 + 1


async def test_a_plan_keeps_no_statement_that_it_was_made_of(api: Api) -> None:
    for _ in range(3):
        await api(
            """{
              meeting(code: "2MSP") { documents(first: 5) { nodes { symbol languageVersions { language } } } }
              coordinationCommittee(asOf: "2011-09-16") { seats { role holder { id } } }
            }"""
        )
    (planned,) = api.app.state.plans._plans.values()

    found, left = set(), [planned]
    while left:
        each = left.pop()
        if id(each) not in found:
            found.add(id(each))
            assert not isinstance(each, SelectBase)
            left += _held_by(each)
    assert len(found) > 300


def _held_by(each: Any) -> Sequence[Any]:
    """By our objects, by functions and by what holds others; not what a module or a class is made of."""
    if isinstance(each, FunctionType):
        return each.__closure__ or ()
    ours = type(each).__module__.startswith(("isu.", "resolvers.", "schema."))
    return gc.get_referents(each) if ours or isinstance(each, dict | list | tuple | CellType | MethodType) else ()


async def test_a_wrong_cursor_is_told_and_costs_nobody_the_plan(api: Api, answered: list[Planned]) -> None:
    page = (await api(DOCUMENTS))["documents"]
    good = page["pageInfo"]["endCursor"]
    for _ in range(5):
        error = await api.error(DOCUMENTS, after="wrong")
        assert error["message"] == "after is not a cursor of this API."

    await api(DOCUMENTS, after=good)

    assert len(answered) == 1


async def test_an_answer_is_of_now(api: Api, answered: list[Planned]) -> None:
    query = "{ documents(first: 1) { totalCount nodes { id symbol } } }"
    before = [await api(query) for _ in range(3)][-1]["documents"]
    _, key = decode_id(before["nodes"][0]["id"])

    await hide(api.database, db.Document, key, Visibility.ISU)

    after = (await api(query))["documents"]
    assert after["totalCount"] == before["totalCount"] - 1
    assert after["nodes"] != before["nodes"]
    staff = api.as_(await key_for(api.database, ISU))
    for _ in range(3):
        assert (await staff(query))["documents"]["totalCount"] == before["totalCount"]
    assert (await api(query))["documents"] == after
    assert len(answered) == 2 + 1 + 2 + 1


async def test_a_plan_that_fails_is_left_after_three_times_and_nobody_sees_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def fails(*_: Any) -> Any:
        nonlocal tried
        tried += 1
        raise RuntimeError("as it may happen")

    monkeypatch.setattr(Planned, "answer", fails)
    answers = [await api("{ states { totalCount } }") for _ in range(9)]

    assert answers == [{"states": {"totalCount": 197}}] * 9
    assert tried == plans.MOST_FAILURES


async def test_a_database_that_does_not_answer_costs_nobody_the_plan(
    api: Api, answered: list[Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_away(*_: Any) -> Any:
        raise ConnectionResetError

    query = "{ states { totalCount } }"
    before = [await api(query) for _ in range(2)]
    with monkeypatch.context() as patched:
        patched.setattr(Planned, "answer", is_away)
        meanwhile = [await api(query) for _ in range(plans.MOST_FAILURES)]
    after = await api(query)

    assert [*before, *meanwhile] == [after] * (2 + plans.MOST_FAILURES)
    assert len(answered) == 2


async def test_a_statement_that_takes_long_on_the_loop_goes_the_long_way(
    register_url: str, answered: list[Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_STEPS", 1)
    monkeypatch.setattr(driver, "BLOCKING_SECONDS", -1.0)
    async with serving(register_url, settings={"kept_answers": "off"}) as api:
        on_the_loop = api.database.url.get_backend_name() == "sqlite"
        answers = [await api("{ states(first: 3) { nodes { code } } }") for _ in range(3)]

    assert answers == answers[:1] * 3
    assert len(answered) == (0 if on_the_loop else 2)


async def test_what_takes_long_for_some_words_is_planned_for_all_others(
    api: Api, answered: list[Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = driver._SqliteSnapshot if api.database.url.get_backend_name() == "sqlite" else driver._PostgresqlSnapshot
    send, stopped = kind.send, []

    async def sent_in_time(snapshot: Any, statement: Rendered, parameters: Sequence[Any]) -> Any:
        exact = dict(zip(statement.order, parameters, strict=True)).get("exact")
        if exact not in (None, "cluster"):
            stopped.append(exact)
            raise driver.TookLong
        return await send(snapshot, statement, parameters)

    monkeypatch.setattr(kind, "send", sent_in_time)
    query = "query ($words: String!) { search(query: $words) { totalCount } }"
    before = [await api(query, words="cluster") for _ in range(2)]
    for words in ("convention", "report", "munition", "meeting"):
        for _ in range(2):
            assert (await api(query, words=words))["search"]["totalCount"] > 0

    after = await api(query, words="cluster")

    assert before == [after] * 2
    assert stopped == ["convention", "report", "munition", "meeting"]
    assert len(answered) == 2


async def test_so_many_plans_are_kept_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_PLANS", 3)
    monkeypatch.setattr(plans, "MOST_SEEN", 3)
    monkeypatch.setattr(plans, "MOST_QUESTIONS", 3)
    for size in range(1, 8):
        for _ in range(2):
            await api(f"{{ states(first: {size}) {{ nodes {{ code }} }} }}")

    made = api.app.state.plans
    assert (len(made._plans), len(made._questions)) == (3, 3)
    assert len(made._seen) <= 3


async def test_so_many_tokens_are_kept_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "{{ states(first: {}) {{ nodes {{ code }} }} }}"
    monkeypatch.setattr(plans, "MOST_TOKENS", 3 * parse(text.format(1)).token_count)
    for size in range(1, 8):
        await api(text.format(size))

    made = api.app.state.plans
    assert [query for query, _ in made._questions] == [text.format(size) for size in (5, 6, 7)]


def test_so_many_words_that_take_long_are_known_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_SLOW", 2)
    made = plans._Made(None)
    for words in ("convention", "report", "munition"):
        plans.Plans._note_slow(made, words)

    assert list(made.slow) == ["report", "munition"]


@pytest.mark.parametrize("code", [7, True, ["2MSP"], None])
async def test_a_value_of_another_type_is_told_however_often_the_question_was_asked(api: Api, code: Any) -> None:
    text = "query ($code: String!) { meeting(code: $code) { city } }"
    for _ in range(3):
        await api(text, code="2MSP")

    told = [await api.error(text, code=code) for _ in range(3)]

    assert {each["extensions"]["code"] for each in told} == {"BAD_USER_INPUT"}


async def test_nothing_is_planned_where_that_is_turned_off(register_url: str, answered: list[Planned]) -> None:
    async with serving(register_url, settings={"planner": "off"}) as api:
        for _ in range(3):
            await api("{ states { totalCount } }")

    assert answered == []


async def test_what_we_show_is_planned(api: Api, answered: list[Planned]) -> None:
    shown = list(queries_shown())
    executed = set()
    for query, variables in shown:
        before = len(answered)
        for _ in range(2):
            asked = {"query": query, "variables": variables}
            assert "errors" not in (await api.http.post("/graphql", json=asked)).json()
        if len(answered) == before:
            executed |= {next((each for each in EXECUTED if query.startswith(each)), query)}

    assert executed == set(EXECUTED)
    assert len(executed) < 0.1 * len(shown)


def queries_shown() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Of the trusted documents, of the README and of the examples: whatever is a valid query by itself."""
    for document in trusted(offered):
        yield document.text, NEEDED.get(document.name, {})
    readme = (ROOT / "README.md").read_text()
    within = [json.loads(each)["query"] for each in re.findall(r"-d '(\{.*\})'$", readme, re.MULTILINE)]
    within += re.findall(r"```graphql\n(.*?)```", readme, re.DOTALL)
    for example in sorted((ROOT / "examples").glob("*.py")):
        constants = [each for each in ast.walk(ast.parse(example.read_text())) if isinstance(each, ast.Constant)]
        within += [each.value for each in constants if isinstance(each.value, str)]
    for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", readme, flags=re.DOTALL)):
        within += [span, f"{{ {span} }}"]
    for text in dict.fromkeys(within):
        if _is_query(text):
            yield text, {}


def _is_query(text: str) -> bool:
    try:
        document = parse(text)
    except GraphQLError:
        return False
    operation = get_operation_ast(document, None)
    return (
        operation is not None and operation.operation is OperationType.QUERY and not validate(offered._schema, document)
    )
