"""The ways to say no, over all acts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLSchema, get_named_type, get_nullable_type, is_list_type

from schema import api as published
from schema.id import encode_id
from tests.access import matrix
from tests.api import serving
from tests.make import ISU, key_for

pytestmark = pytest.mark.anyio

SCHEMA: GraphQLSchema = published._schema
TABLE = matrix.load()
LISTS = {
    "agendaItems": "AgendaItem",
    "documents": "Document",
    "inReplyTo": "IncomingCommunication",
    "uploads": "Upload",
}
"""What members that hold several ids hold; all others hold parties."""
OF_ANY_TYPE = {("testWebhook", "subject")}


def ids_in_inputs() -> Iterator[tuple[str, str, str, bool]]:
    """Each member that holds an id: the act, the type of its input, the name, and whether it holds several."""
    root = SCHEMA.mutation_type
    assert root is not None
    for act, field in root.fields.items():
        given = get_named_type(field.args["input"].type)
        assert isinstance(given, GraphQLInputObjectType)
        for name, member in given.fields.items():
            if get_named_type(member.type).name == "ID":
                yield act, given.name, name, is_list_type(get_nullable_type(member.type))


async def test_a_bad_id_in_an_input_is_told_with_the_member_that_holds_it(register_url: str) -> None:
    members = list(ids_in_inputs())
    good = {
        "<party>": encode_id("State", "DEU"),
        "<decision>": encode_id("Decision", "x"),
        "<term>": encode_id("OfficeTerm", "x"),
        "<left>": encode_id("CoordinatorTerm", "x"),
        **{each: encode_id("State", "FRA") for each in ("<giver>", "<somebody>", "<president>")},
        "<item>": encode_id("AgendaItem", "x"),
        "<document>": encode_id("Document", "x"),
        "<webhook>": encode_id("Webhook", "x"),
        "<paragraph>": encode_id("DecisionParagraph", "x"),
        "<reviewed>": encode_id("MeetingRecord", "x"),
        **{each: encode_id("Organisation", "x") for each in ("<asking>", "<observer>")},
        **{each: encode_id("Communication", "x") for each in ("<toAll>", "<letter>")},
        "<participation>": encode_id("Participation", "x"),
        "<contribution>": encode_id("Contribution", "x"),
        **{each: encode_id("WorkPlan", "x") for each in ("<draft>", "<endorsed>", "<submitted>")},
    }
    async with serving(register_url) as api:
        isu = api.as_(await key_for(api.database, ISU, admin=True))
        for act, input_type, name, several in members:
            for bad in ("no id", *([] if (act, name) in OF_ANY_TYPE else [encode_id("Convention", "CCM")])):
                given: dict[str, Any] = {
                    each: [good.get(str(one), one) for one in value]
                    if isinstance(value, list)
                    else good.get(str(value), value)
                    for each, value in TABLE["acts"][act]["input"].items()
                }
                given[name] = [encode_id(LISTS.get(name, "State"), "DEU"), bad] if several else bad
                mutation = f"""mutation ($input: {input_type}!) {{ {act}(input: $input) {{
                    __typename ... on Invalid {{ message fields {{ path message }} }} }} }}"""
                answer = (await isu(mutation, input=given))[act]

                assert answer["__typename"] == "Invalid", (act, name)
                (told,) = answer["fields"]
                assert told["path"] == ([name, "1"] if several else [name])
                assert answer["message"] == f"{'.'.join(told['path'])}: {told['message']}"

    assert len(members) >= 12


async def test_in_a_query_a_bad_id_is_an_error(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        error = await api.error("query ($id: ID!) { meeting(id: $id) { id } }", id=encode_id("State", "DEU"))

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] == "The id is not that of a Meeting."
