"""Global ids."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from graphql import GraphQLObjectType

from schema import api as published
from schema.reading import COMPUTED, shape_of
from tests.api import Api

pytestmark = pytest.mark.anyio

NODE = (
    "query ($id: ID!) { node(id: $id) { __typename id ... on State { code } ... on Meeting { title { original } } } }"
)


def id_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


NOT_IN_THE_FILES = {
    *("AgendaItem", "AnnualReport", "ContactPoint", "Contribution", "Decision", "ExternalMeeting", "Instruction"),
    *(
        "IsuArrangement",
        "Participation",
        "WorkPlan",
        "DecisionParagraph",
        "MeetingRecord",
        "RecordComment",
        "Statement",
    ),
    *("AdviceRequest", "Communication", "IncomingCommunication", "LiaisonEntry", "Recipient"),
}
"""Recorded by acts alone; the tests of those acts, or `test_hidden.py`, ask for them by id."""


def node_types() -> list[str]:
    return [
        name
        for name, type_ in published._schema.type_map.items()
        if isinstance(type_, GraphQLObjectType)
        and any(i.name == "Node" for i in type_.interfaces)
        and name not in NOT_IN_THE_FILES | COMPUTED.keys()
    ]


@pytest.mark.parametrize("name", node_types())
async def test_every_object_with_an_id_is_found_by_it_as_its_declared_class(api: Api, name: str) -> None:
    table = shape_of(published._schema.type_map[name]).table  # type: ignore[union-attr]
    async with api.database.reading() as connection:
        from sqlalchemy import select

        (key,) = table.primary_key.columns  # type: ignore[union-attr]
        keys = (await connection.execute(select(key).limit(200))).scalars().all()
    found = await api(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=[id_of(f"{name}:{k}") for k in keys]
    )

    here = [node for node in found["nodes"] if node is not None]
    assert here, f"no {name} in the register"
    assert {node["__typename"] for node in here} == {name}
    assert {node["id"] for node in here} <= {id_of(f"{name}:{k}") for k in keys}


async def test_a_rule_is_found_by_its_id_though_no_table_holds_it(api: Api) -> None:
    rule = "... on MandateRule { code ruleSet citation { document { symbol } } }"
    ids = [id_of(f"MandateRule:{each}") for each in ("2011-proposal/vacancy", "2011-proposal/none", "none/vacancy")]
    data = await api(f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id {rule} }} }}", ids=ids)

    found = {"__typename": "MandateRule", "id": ids[0], "code": "vacancy", "ruleSet": "2011-proposal"}
    assert data["nodes"] == [{**found, "citation": {"document": {"symbol": "CCM/MSP/2011/WP.2"}}}, None, None]


async def test_nodes_come_in_the_order_asked_with_null_for_the_absent(api: Api) -> None:
    ids = [id_of("Meeting:2MSP"), id_of("State:XXX"), id_of("State:DEU"), id_of("Meeting:2MSP")]

    data = await api("query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on State { code } } }", ids=ids)

    assert data["nodes"] == [{"id": ids[0]}, None, {"id": ids[2], "code": "DEU"}, {"id": ids[3]}]


@pytest.mark.parametrize(
    ("id_", "told"),
    [
        ("Export:01234567", "an Export, which is no node: `export` shows it to its holder."),
        ("Webhook:01234567", "a Webhook, which is no node: `viewer` shows it to its holder."),
        ("MandateRuleSet:2011-proposal", "a MandateRuleSet, which is no node: `mandateRuleSets` shows it."),
        ("Upload:01234567", "an Upload, which is no node: the acts that keep a file take it."),
    ],
)
async def test_an_id_of_ours_that_is_no_node_is_not_called_foreign(api: Api, id_: str, told: str) -> None:
    error = await api.error(NODE, id=id_of(id_))

    assert error["message"] == f"The id is that of {told}"


async def test_a_body_is_found_only_as_what_it_is(api: Api) -> None:
    assert await api(NODE, id=id_of("ThematicArea:universalization")) == {"node": None}


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "State:DEU",
        "####",
        id_of("State:"),
        id_of("State"),
        id_of(":DEU"),
        id_of("Nothing:1"),
        id_of("Query:1"),
        id_of("State:DEU") + "=",
        id_of("State:D\0U"),
        base64.b64encode(b"\xff\xfe:\xff").decode(),
        "A" * 5000,
        id_of("Code:x"),
    ],
)
async def test_a_malformed_or_forged_id_is_told_clearly(api: Api, id_: str) -> None:
    for query, variables in (
        (NODE, {"id": id_}),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [id_]}),
    ):
        error = await api.error(query, **variables)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "id of this API" in error["message"]
        assert len(error["message"]) < 200


@pytest.mark.parametrize(
    "field", ['meeting(id: "{id}") {{ code }}', 'document(id: "{id}") {{ id }}', 'state(by: {{id: "{id}"}}) {{ id }}']
)
async def test_an_id_of_another_type_is_told_clearly(api: Api, field: str) -> None:
    error = await api.error("{ " + field.format(id=id_of("Person:1")) + " }")

    assert "not that of a" in error["message"]


@pytest.mark.parametrize("field", ["meeting { code }", 'meeting(code: "2MSP", id: "x") { code }', "document { id }"])
async def test_one_key_at_a_time(api: Api, field: str) -> None:
    assert "Give one of" in (await api.error(f"{{ {field} }}"))["message"]


async def test_the_statements_for_an_absent_object_are_those_for_one_that_is_there(api: Api) -> None:
    query = """query ($id: ID!) { node(id: $id) { ... on State {
                 code treatyStatus { kind } obligations { deadlines { dueOn } } } } }"""
    for _ in range(2):
        # Then it is planned.
        await api(query, id=id_of("State:BEL"))
    with api.statements() as there:
        await api(query, id=id_of("State:DEU"))
    with api.statements() as absent:
        await api(query, id=id_of("State:XXX"))

    assert there == absent


async def test_one_answer_for_each_field_and_arguments_whatever_they_are_called(api: Api) -> None:
    data: Any = await api(
        """query { state(by: {code: "LTU"}) { ...A b: treatyStatus(asOf: "2011-04-01") { kind } ... on Party { c: id }
             ... on Node { id } before: officeTerms(asOf: "2000-01-01") { id } officeTerms { id } }
             other: state(by: {code: "LTU"}) { skipped: code @skip(if: true) kept: code @include(if: true) } }
           fragment A on State {
             a: treatyStatus(asOf: "2025-03-06") { kind } a: treatyStatus(asOf: "2025-03-06") { since } }"""
    )

    state = data["state"]
    assert state["a"] == {"kind": "WITHDRAWN", "since": "2025-03-06"}
    assert state["b"] == {"kind": "CONSENT_EXPRESSED"}
    assert state["c"] == state["id"] == id_of("State:LTU")
    assert state["before"] == []
    assert data["other"] == {"kept": "LTU"}


async def test_edges_and_nodes_of_one_page_may_ask_for_different_things(api: Api) -> None:
    data = await api(
        """{ states(first: 1) { edges { node { x: documents(first: 1) { nodes { id } } } }
                               nodes { x: documents(first: 2) { nodes { id } } code } } }"""
    )

    states = data["states"]
    assert len(states["edges"][0]["node"]["x"]["nodes"]) == 1
    assert len(states["nodes"][0]["x"]["nodes"]) == 2
    assert "code" not in states["edges"][0]["node"]
