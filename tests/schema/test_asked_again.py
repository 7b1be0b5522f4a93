"""What an act's answer asks for is kept with its document: it is the same for everybody, and for everybody else."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import DocumentNode, FragmentDefinitionNode, get_operation_ast, parse

from db.engine import Database
from mandate.actor import Capacity, Scope
from mandate.party import ISU_PARTY
from resolvers.reading.statement import Said
from schema.reading import acting, asking
from schema.reading.asking import Asking, InDocuments
from tests.call import ISU, act, caller, encode_id, statements

pytestmark = pytest.mark.anyio

WITHOUT_CONTACTS = caller(ISU_PARTY, Capacity.ISU_STAFF, Capacity.ISU_DIRECTOR, without=Scope.READ_CONTACTS)
DRAFT = """mutation ($input: DraftCommunicationInput!) { draftCommunication(input: $input) {
  ... on CommunicationDrafted { communication { status %s } } } }"""


@pytest.fixture
async def database(states_url: str) -> AsyncIterator[Database]:
    database = Database(states_url)
    yield database
    await database.close()


def letter() -> dict[str, Any]:
    words = [{"language": "en", "value": "Some words"}]
    audience = {"include": [encode_id("State", "DEU")]}
    return {"kind": "CIRCULAR", "subject": words, "body": words, "audience": audience}


async def test_the_second_to_ask_sends_what_the_first_did_and_is_told_of_what_they_wrote(database: Database) -> None:
    mutation = DRAFT % "id subject { original } documents { id }"
    sent = []
    drafted = []
    for _ in range(3):
        with statements(database) as each:
            drafted.append((await act(database, ISU, mutation, input=letter()))["communication"])
        sent.append(each)

    assert len({each["id"] for each in drafted}) == 3
    assert all(each["status"] == "DRAFT" and each["documents"] == [] for each in drafted)
    assert [each for each in sent[1] if "FROM communication" in each] == [
        each for each in sent[2] if "FROM communication" in each
    ]


async def test_what_is_kept_of_a_question_holds_nothing_of_what_it_was_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = dict[Any, Said]()
    monkeypatch.setattr("resolvers.reading.reader._found", kept)
    for _ in range(2):
        await act(database, ISU, DRAFT % "id subject { original }", input=letter())

    (said,) = kept.values()
    assert said.root.made == []


async def test_what_is_asked_is_found_out_once_for_a_document(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (asking, acting):
        monkeypatch.setattr(each, "_kept", InDocuments(list))
    looked_at = counted(monkeypatch)
    times = []
    for _ in range(3):
        looked_at.clear()
        await act(database, ISU, DRAFT % "id documents { id }", input=letter())
        times.append(len(looked_at))

    assert times[0] > 0
    assert times[1:] == [0, 0]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is looked at of the selections of an operation."""
    found: list[Any] = []
    leaves_out = Asking.leaves_out

    def note(self: Asking, selection: Any) -> bool:
        found.append(selection)
        return leaves_out(self, selection)

    monkeypatch.setattr(Asking, "leaves_out", note)
    return found


SPREAD_AGAIN = f"""mutation ($input: DraftCommunicationInput!) {{ draftCommunication(input: $input) {{
    ... on CommunicationDrafted {{ communication {{ status {"...outer " * 30} }} }} }} }}
  fragment outer on Communication {{ subject {{ {"...inner " * 30} }} }}
  fragment inner on LocalizedText {{ original }}"""


async def test_a_fragment_that_is_spread_again_is_looked_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = counted(monkeypatch)

    told = await act(database, ISU, SPREAD_AGAIN, input=letter())

    assert told["communication"] == {"status": "DRAFT", "subject": {"original": "en"}}
    # To find out what is asked, and again to write it.
    assert len(looked_at) < 200


class Fragments(dict[str, Any]):
    """Counts how often one is looked up."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__(
            {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        )
        self.looked_up = 0

    def __getitem__(self, name: str) -> Any:
        self.looked_up += 1
        return super().__getitem__(name)


def info_of(text: str) -> Any:
    """Of the one field of an operation."""
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    return SimpleNamespace(field_nodes=[*operation.selection_set.selections], fragments=Fragments(document))


def test_a_variable_is_looked_for_once_in_a_fragment_that_is_spread_again() -> None:
    info = info_of(SPREAD_AGAIN)

    assert InDocuments(list).of(info) == []
    assert info.fragments.looked_up == 2


def test_what_is_kept_of_a_document_goes_with_it() -> None:
    kept = InDocuments[list[str]](list)
    info = info_of("mutation { draftCommunication { __typename } }")
    own = kept.of(info)
    assert own is not None
    own.append("its own")
    assert kept.of(info) == ["its own"]
    assert len(kept._kept) == 1

    del info
    gc.collect()

    assert not kept._kept


async def test_who_may_see_less_is_told_less_by_the_same_document(database: Database) -> None:
    mutation = """mutation ($input: RecordContactInput!) { recordContact(input: $input) {
      ... on ContactRecorded { contactPoint { emails } } } }"""
    given = {
        "party": encode_id("State", "DEU"),
        "role": "PERMANENT_MISSION",
        "fullName": "Ann Example",
        "emails": ["mission@example.org"],
        "validFrom": "2011-01-01",
    }

    told = [await act(database, each, mutation, input=given) for each in (ISU, WITHOUT_CONTACTS, ISU)]

    assert [each["contactPoint"]["emails"] for each in told] == [["mission@example.org"], None, ["mission@example.org"]]


MORE = """mutation ($input: DraftCommunicationInput!, $all: Boolean!) {
  draftCommunication(input: $input) { ... on CommunicationDrafted { communication { status %s } } } %s }
  fragment more on Communication { subject @include(if: $all) { original } }"""
BESIDE = "draftCommunication(input: $input) { ... on CommunicationDrafted { communication { ...more } } }"


@pytest.mark.parametrize("mutation", [MORE % ("...more", ""), MORE % ("", BESIDE)], ids=["within", "beside"])
async def test_what_a_variable_leaves_out_is_left_out_for_that_time_alone(database: Database, mutation: str) -> None:
    told = [
        (await act(database, ISU, mutation, input=letter(), all=each))["communication"] for each in (True, False, True)
    ]

    assert [each.get("subject") for each in told] == [{"original": "en"}, None, {"original": "en"}]
