"""What an act kept is answered from what it was given, as it would be from what is read back; and to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import db
from db.engine import Database
from mandate.actor import Visibility
from resolvers.reading import Asked, Reader, Ref
from schema import api as offered
from schema.reading import answer, known
from schema.reading.asking import shape_of
from schema.reading.completing import declaration_of
from tests.call import ISU, act, encode_id, statements

pytestmark = pytest.mark.anyio

PLAIN = "__typename id kind status version visibility reference mine: id"
DRAFT = """mutation ($input: DraftCommunicationInput!, $only: Boolean! = false) {
  draftCommunication(input: $input, validateOnly: $only) {
    __typename ... on CommunicationDrafted { communication { %s } } ... on Problem { message } } }"""
INCOMING = """mutation ($input: RecordIncomingCommunicationInput!) { recordIncomingCommunication(input: $input) {
  ... on IncomingCommunicationRecorded { communication { id version visibility } } } }"""
WORDS = [{"language": "en", "value": "Some words"}]


@pytest.fixture
async def database(states_url: str) -> AsyncIterator[Database]:
    database = Database(states_url)
    yield database
    await database.close()


def letter(**more: Any) -> dict[str, Any]:
    audience = {"include": [encode_id("State", "DEU")]}
    return {"kind": "CIRCULAR", "subject": WORDS, "body": WORDS, "audience": audience, **more}


def incoming() -> dict[str, Any]:
    return {"party": encode_id("State", "AUT"), "receivedOn": "2026-01-10", "subject": WORDS, "body": WORDS}


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What was known of the rows that a value names, beside what is read of them."""
    found: list[tuple[Any, Any]] = []
    complete_from, complete = known.complete_from, Reader.complete

    def told(value: Any) -> Any:
        rows = {
            name: None if row is None else (type(row), row.fetched, row.weight) for name, row in value.fetched.items()
        }
        return rows, value.weight

    def and_read(_info: Any, value: Any, *given: Any) -> bool:
        if complete_from(_info, value, *given):
            found.append((told(value), value))
            del value.fetched, value.weight
        return False

    async def and_compare(reader: Reader, values: Any, asked: Any) -> None:
        await complete(reader, values, asked)
        if found and isinstance(values, list) and values[0] is found[-1][1]:
            found[-1] = (found[-1][0], told(values[0]))

    monkeypatch.setattr(answer, "complete_from", and_read)
    monkeypatch.setattr(Reader, "complete", and_compare)
    return found


@pytest.mark.parametrize(("mutation", "given"), [(DRAFT % PLAIN, letter()), (INCOMING, incoming())])
async def test_what_is_known_of_a_row_is_what_would_be_read(
    database: Database, both: list[tuple[Any, Any]], mutation: str, given: dict[str, Any]
) -> None:
    for _ in range(2):
        await act(database, ISU, mutation, input=given)

    assert len(both) == 2
    assert all(one == other for one, other in both)


async def test_a_row_that_an_act_kept_is_not_read_again(database: Database) -> None:
    with statements(database) as sent:
        told = await act(database, ISU, DRAFT % PLAIN, input=letter())

    assert told["communication"]["status"] == "DRAFT"
    assert not [each for each in sent if "FROM communication" in each]


@pytest.mark.parametrize("asked", ["subject { original }", "documents { id }", "sentAt corrects { id }"])
async def test_what_it_was_not_given_as_it_is_told_is_read(database: Database, asked: str) -> None:
    with statements(database) as sent:
        await act(database, ISU, DRAFT % asked, input=letter())

    assert [each for each in sent if "FROM communication" in each]


@pytest.mark.parametrize(("name", "is_told"), [("version", True), ("address", False), ("contactPoint", False)])
def test_what_is_kept_from_some_keys_is_not_told_without_asking(name: str, is_told: bool) -> None:
    recipient: Any = offered._schema.type_map["Recipient"]
    shape = shape_of(recipient)
    assert shape is not None
    inner = Asked(name, name, declaration_of(recipient.fields[name]), {})
    asked = Asked("recipient", "recipient", Ref("key", shape.key), {}, (shape,), {"Recipient": [inner]})

    assert (known._naming([asked]) is not None) is is_told


def test_a_value_is_told_only_where_it_is_of_the_kind_that_is_read() -> None:
    types = [db.Communication.__table__.columns[name].type for name in ("visibility", "reference")]  # type: ignore[attr-defined]
    visibility, reference = map(known._as_read, types)
    assert visibility is not None
    assert reference is not None

    assert [visibility(each) for each in (Visibility.ISU, None, "ISU")] == [True, True, False]
    assert [reference(each) for each in ("a", None, Visibility.ISU, 1)] == [True, True, False, False]


def test_of_several_rows_that_an_act_kept_the_one_is_told_that_is_named() -> None:
    communication = offered._schema.type_map["Communication"]
    shape = shape_of(communication)
    assert shape is not None
    inner = Asked("version", "version", declaration_of(communication.fields["version"]), {})  # type: ignore[attr-defined]
    asked = Asked("communication", "it", Ref("key", shape.key), {}, (shape,), {"Communication": [inner]})
    (named,) = known._naming([asked]) or ()
    rows = [{"id": key, "version": version, "visibility": Visibility.ISU} for key, version in (("a", 1), ("b", 2))]

    made = [named.make(SimpleNamespace(key=key), {"communication": rows}, ISU.sight) for key in ("a", "b", "c")]

    assert [None if each is None else each.fetched for each in made] == [{"version": 1}, {"version": 2}, None]


async def test_what_was_there_before_or_is_only_validated_is_not_new(database: Database) -> None:
    first = await act(database, ISU, DRAFT % PLAIN, input=letter())
    again = letter(communication=first["communication"]["id"], expectedVersion=1)

    told = [
        await act(database, ISU, DRAFT % PLAIN, input=again),
        await act(database, ISU, DRAFT % PLAIN, input=letter(), only=True),
    ]

    assert told[0]["communication"] == {**first["communication"], "version": 2}
    assert told[1]["communication"] is None


class Allowed:
    allowed = True


async def test_who_does_not_see_what_they_wrote_is_not_told_of_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = await act(database, ISU, INCOMING, input=incoming())
    monkeypatch.setattr("resolvers.context.may", lambda *_: Allowed)

    told = await act(database, replace(ISU, held=frozenset()), INCOMING, input=incoming())

    assert seen["communication"]["visibility"] == "CONCERNED"
    assert told == {"communication": None}
