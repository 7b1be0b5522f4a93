"""What is written of an act's value at once is what the executor writes of it, field by field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import parse

from db.engine import Database
from isu.operation import execute_in
from resolvers.context import Context, Operation
from schema import api
from schema.reading import acting
from tests.api import TODAY
from tests.call import ISU, act, ask, encode_id

pytestmark = pytest.mark.anyio

DRAFT = """mutation ($input: DraftCommunicationInput!) {
  done: draftCommunication(input: $input) { ...drafted ... on Problem { __typename message ... on Invalid { code
    fields { path message } } } }
}
fragment drafted on CommunicationDrafted {
  __typename
  communication {
    __typename key: id id kind status reference version visibility sentAt
    subject { original available in(language: "fr") { value language status isFallback } nothing: in(language: "fr",
      fallback: []) { value } }
    german: bodyHtml(language: "de") { value }
    bodyHtml(language: "en") { value isFallback }
    documents { id } corrects { id }
    dispatch { audience { groups include { __typename ... on State { code } } asOf } draftedBy { id label } }
    recipients(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id } } }
  }
}"""
WITH_A_CURSOR = DRAFT.replace("__typename\n  communication", "changeCursor\n  communication")
GIVEN_BY_A_VARIABLE = DRAFT.replace(
    "DraftCommunicationInput!)", "DraftCommunicationInput!, $no: Boolean = false)"
).replace("corrects {", "corrects @include(if: $no) {")

DEFAULT_BY_A_VARIABLE = DRAFT.replace(
    "DraftCommunicationInput!)", "DraftCommunicationInput!, $none: [LanguageCode!] = [])"
).replace("fallback: []", "fallback: $none")


@pytest.fixture
async def database(states_url: str) -> AsyncIterator[Database]:
    database = Database(states_url)
    yield database
    await database.close()


def letter(**more: Any) -> dict[str, Any]:
    words = [{"language": "en", "value": "Some *words*"}, {"language": "de", "value": "Worte"}]
    audience = {"include": [encode_id("State", "DEU")], "groups": ["ALL_STATES_PARTIES"]}
    return {"kind": "CIRCULAR", "subject": words, "body": words, "audience": audience, **more}


WRONG = letter(subject=[{"language": "en", "value": "In two\nlines"}])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was written at once, none of which is told: it is as if all of it had failed."""
    found: list[Any] = []
    writing = acting.writing

    def and_fails(info: Any) -> Any:
        write = writing(info)
        if write is None:
            return None

        def fails(value: Any) -> Any:
            found.append(write(value))
            raise RuntimeError("the executor is asked")

        return fails

    monkeypatch.setattr(acting, "writing", and_fails)
    return found


@pytest.mark.parametrize("given", [letter(), WRONG, letter(communication=encode_id("Communication", "none"))])
async def test_an_act_answers_as_the_executor_would_have_it(
    database: Database, written: list[Any], given: dict[str, Any]
) -> None:
    answers = [await act(database, ISU, DRAFT, input=given) for _ in range(2)]

    assert written == answers
    assert [list(each) for each in written] == [list(each) for each in answers]


async def test_it_is_written_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting.Executing, "complete_value", None)

    answer = await act(database, ISU, DRAFT, input=letter())

    assert answer["communication"]["subject"]["in"] == {
        "value": "Some *words*",
        "language": "en",
        "status": "OFFICIAL",
        "isFallback": True,
    }


@pytest.mark.parametrize("document", [WITH_A_CURSOR, GIVEN_BY_A_VARIABLE, DEFAULT_BY_A_VARIABLE])
async def test_what_has_to_ask_or_depends_on_a_variable_is_left_to_the_executor(
    database: Database, written: list[Any], document: str
) -> None:
    answer = await act(database, ISU, document, input=letter())

    assert written == []
    assert answer["communication"]["kind"] == "CIRCULAR"


async def test_what_is_read_is_no_act(database: Database, written: list[Any]) -> None:
    answer = await ask(database, ISU, "{ rulesInForce: mandateRules { code } states(first: 1) { nodes { code } } }")

    assert "errors" not in answer
    assert written == []


@pytest.mark.parametrize("directive", ["@skip(if: $yes)", "@include(if: $no)", "@skip(if: true)"])
async def test_an_act_that_is_left_out_is_not_done(
    database: Database, monkeypatch: pytest.MonkeyPatch, directive: str
) -> None:
    monkeypatch.setattr("resolvers.communication.draft", None)
    document = DRAFT.replace("!)", "!, $yes: Boolean! = true, $no: Boolean! = false)", 1)
    document = document.replace("input: $input)", f"input: $input) {directive}")
    async with Context(database, TODAY, ISU, Operation(id="test", writes=True)) as context:
        result = await execute_in(api, context, parse(document), {"input": letter()})

    assert (result.data, result.errors) == ({}, None)


@pytest.mark.parametrize(
    "document",
    [
        DRAFT.replace("done: ", ""),
        DRAFT.replace("done:", "__typename done:"),
        DRAFT.replace("input: $input)", "input: $input) @skip(if: false)"),
        DRAFT.replace("{\n  done:", "{ ... on Mutation {\n  done:").replace("\nfragment", "}\nfragment", 1),
    ],
)
async def test_an_act_is_done_however_it_stands_in_its_document(database: Database, document: str) -> None:
    context = Context(database, TODAY, ISU, Operation(id="test", writes=True))
    async with context:
        result = await execute_in(api, context, parse(document), {"input": letter()})

    assert result.errors is None
    told = [each for each in (result.data or {}).values() if each != "Mutation"]
    assert [each["communication"]["kind"] for each in told] == ["CIRCULAR"]


async def test_an_error_of_an_act_is_told_at_its_place(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("resolvers.communication.draft", fails)
    told = []
    for document in (DRAFT, DRAFT.replace("done:", "__typename done:")):
        async with Context(database, TODAY, ISU, Operation(id="test", writes=True)) as context:
            result = await execute_in(api, context, parse(document), {"input": letter()})
        told.append((result.data, [(each.message, each.path) for each in result.errors or ()]))

    assert told == [(None, [("a fault of ours", ["done"])])] * 2
