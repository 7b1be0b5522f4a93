"""A declaration that its table can not serve stops the import."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from graphql import GraphQLEnumType
from sqlalchemy import text

import db
from schema import api as published
from schema.reading import column, derived, install, node, one
from tests.api import Api


def declared(wrong: Any, *, nullable: bool = True) -> Callable[[], None]:
    """A type over meetings with one field, put into a schema."""

    def declare() -> None:
        annotation: Any = str | None if nullable else str
        made: Any = node(db.Meeting)(type("Wrong", (), {"__annotations__": {"wrong": annotation}, "wrong": wrong}))
        query = type("Query", (), {"__annotations__": {"it": made}, "it": strawberry.field()})
        install(strawberry.Schema(strawberry.type(query)))

    return declare


@pytest.mark.parametrize(
    ("declare", "told"),
    [
        (declared(column(db.Organisation.note)), "reads from organisation"),
        (declared(column(db.Meeting.city), nullable=False), "may be empty"),
        (declared(one(db.Document.meeting_code)), "reads from document"),
        (declared(derived(str, uses=[db.Organisation.acronym])), "reads from organisation"),
    ],
)
def test_a_field_that_reads_from_elsewhere_is_refused(declare: Callable[[], None], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        declare()


def test_every_type_and_every_root_field_says_what_it_is() -> None:
    core = published._schema
    silent = [
        name
        for name, type_ in core.type_map.items()
        if not name.startswith("__") and not type_.description and not name.endswith(("Connection", "Edge", "Result"))
    ]
    assert [name for name in silent if name not in ("ID", "Boolean", "Int", "String")] == []
    assert core.query_type is not None
    assert [name for name, field in core.query_type.fields.items() if not field.description] == []


@pytest.mark.parametrize("name", ["Capacity", "ContactRole", "Scope", "Visibility"])
def test_every_word_of_who_may_do_and_see_what_says_what_it_means(name: str) -> None:
    words = published._schema.type_map[name]
    assert isinstance(words, GraphQLEnumType)

    assert [word for word, value in words.values.items() if not value.description] == []


async def test_a_list_of_keys_uses_an_index_on_sqlite(api: Api) -> None:
    if api.database.url.get_backend_name() != "sqlite":
        return
    with api.statements() as sent:
        await api(
            "{ meetings(first: 5) { nodes { documents(first: 3) { nodes { languageVersions { language } } } } } }"
        )
    assert len(sent) == 3
    async with api.database.reading() as connection:
        for statement in sent[1:]:
            plan = await connection.execute(text("EXPLAIN QUERY PLAN " + statement.replace("?", "'[]'")))
            steps = [row.detail for row in plan]
            assert not [step for step in steps if step.startswith("SCAN document")], steps


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("nodes { code }", ["code"]),
        ("edges { node { code } }", ["code"]),
        ("pageInfo { hasNextPage }", []),
        ("edges { cursor node { code } }", ["code", "sort_name"]),
        ("nodes { code } pageInfo { ... { endCursor } }", ["code", "sort_name"]),
        ("pageInfo { startCursor }", ["sort_name", "code"]),
    ],
)
async def test_what_a_cursor_is_made_of_is_read_for_who_asks_for_one(api: Api, asked: str, read: list[str]) -> None:
    for _ in ("executed", "planned", "planned"):
        with api.statements() as sent:
            await api(f"{{ states(first: 2) {{ {asked} }} }}")

        (columns,) = (each.partition(" \nFROM ")[0] for each in sent if "FROM state" in each)
        found = [each.partition(" AS ")[0] for each in columns.removeprefix("SELECT ").split(", ")]
        assert found == ([f"state.{name}" for name in read] or ["1"])


async def test_who_says_null_asks_for_the_same_as_who_says_nothing(api: Api) -> None:
    asked = '(first: 2, where: { meeting: ["2MSP"] }%s) { nodes { id } }'
    query = f"{{ states(first: 9) {{ nodes {{ a: documents{asked % ''} b: documents{asked % ', after: null'} }} }} }}"
    for _ in ("executed", "planned", "planned"):
        with api.statements() as sent:
            states = (await api(query))["states"]["nodes"]

        assert all(each["a"] == each["b"] for each in states)
        assert len([each for each in sent if "FROM document" in each]) == 1


async def test_in_a_value_that_names_no_row_nothing_is_looked_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.reading.reader._value_of", None)

    committee = (await api('{ coordinationCommittee(asOf: "2011-12-01") { seats { role } } }'))["coordinationCommittee"]

    assert committee["seats"]


async def test_a_list_of_each_of_several_is_in_the_order_of_the_index_that_finds_it(api: Api) -> None:
    with api.statements() as sent:
        await api("{ documents(first: 3) { nodes { languageVersions { language } } } }")
    own = next(each for each in sent if "ORDER BY document_language" in each)

    _, _, order = own.partition("ORDER BY ")
    assert " ".join(order.split()) == "document_language.document_id ASC, document_language.language_code ASC"


@pytest.mark.parametrize(
    ("asked", "reads"),
    [
        ("kind { code }", []),
        ("kind { __typename again: code }", []),
        ("kind { code label { original } }", ["document_kind"]),
        # Whether a meeting is there for the caller stands with the meeting.
        ("meeting { code }", ["meeting"]),
    ],
)
async def test_a_key_that_stands_in_the_row_itself_is_read_there(api: Api, asked: str, reads: list[str]) -> None:
    for _ in ("executed", "planned", "planned"):
        with api.statements() as sent:
            found = await api(f'{{ document(symbol: "CCM/MSP/2011/WP.2") {{ {asked} }} }}')

        (statement,) = (each for each in sent if "FROM document" in each)
        assert re.findall(r"JOIN (\w+)", statement) == reads
        (one,) = found["document"].values()
        assert one.get("code", one.get("again")) in ("working_paper", "2MSP")


async def test_a_key_of_whatever_kind_does_not_tell_that_a_row_of_this_kind_is_there(api: Api) -> None:
    with api.statements() as sent:
        await api("{ workingGroups { coordinatorTerms { state { __typename } } } }")

    (statement,) = (each for each in sent if "JOIN state" in each)
    assert "office_term.party_id = state_1.party_id" in statement
