"""What an act's answer asks for is kept with its document: it is the same for everybody, and for everybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.engine import Database
from mandate.actor import Capacity, Scope
from mandate.party import ISU_PARTY
from resolvers.reading.statement import Said
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


async def test_what_a_variable_leaves_out_is_left_out_for_that_time_alone(database: Database) -> None:
    mutation = """mutation ($input: DraftCommunicationInput!, $all: Boolean!) { draftCommunication(input: $input) {
      ... on CommunicationDrafted { communication { status ...more } } } }
      fragment more on Communication { subject @include(if: $all) { original } }"""

    told = [
        (await act(database, ISU, mutation, input=letter(), all=each))["communication"] for each in (True, False, True)
    ]

    assert [each.get("subject") for each in told] == [{"original": "en"}, None, {"original": "en"}]
