"""What is given is coerced and made into inputs as GraphQL-core and Strawberry do it, or left to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    parse,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.types.arguments import convert_argument

from schema import api
from schema.given import coerced

CORE = api._schema
INPUTS = sorted(name for name, each in CORE.type_map.items() if isinstance(each, GraphQLInputObjectType))
SCALARS: dict[str, list[Any]] = {
    "Int": [0, 7, -1, 2**31, 1.0, 1.5, "1"],
    "Float": [0.5, 3, "0.5"],
    "Boolean": [True, False, 0],
    "String": ["", "some text", 5],
    "ID": ["an id", 5, 1.5],
    "Date": ["2026-01-15", "2026-13-15"],
    "DateTime": ["2026-01-15T12:00:00+00:00", "noon"],
}
OTHERS: list[Any] = ["text", "2026", "AUT", 1, True, {}, {"a": [1]}, []]


def value_of(type_: Any, chance: random.Random, depth: int = 0) -> Any:
    """Most of them good, some of them wrong in one place."""
    if isinstance(type_, GraphQLNonNull):
        return None if chance.random() < 0.01 else value_of(type_.of_type, chance, depth)
    if chance.random() < 0.1:
        return None
    if isinstance(type_, GraphQLList):
        if chance.random() < 0.1:
            return value_of(type_.of_type, chance, depth)
        return [value_of(type_.of_type, chance, depth + 1) for _ in range(chance.randrange(3) if depth < 4 else 0)]
    if isinstance(type_, GraphQLInputObjectType):
        value = {}
        for name, field in type_.fields.items():
            is_required = isinstance(field.type, GraphQLNonNull)
            if chance.random() < (0.99 if is_required else 0.5 if depth < 4 else 0):
                value[name] = value_of(field.type, chance, depth + 1)
        return {**value, "unknown": 1} if chance.random() < 0.01 else value
    if isinstance(type_, GraphQLEnumType):
        return chance.choice(list(type_.values)) if chance.random() < 0.98 else "NOBODY"
    good = SCALARS.get(type_.name, OTHERS)
    return good[0] if chance.random() < 0.9 else chance.choice(good)


def given(name: str) -> Iterator[tuple[OperationDefinitionNode, dict[str, Any]]]:
    chance = random.Random(name)  # noqa: S311  the same each time, that is the point
    for text in (f"$input: {name}", f"$input: {name}!, $more: [{name}!] = []"):
        document = parse(f"mutation ({text}) {{ __typename }}")
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        for _ in range(60):
            values = {"input": value_of(CORE.type_map[name], chance)}
            if "$more" in text and chance.random() < 0.9:
                values["more"] = [value_of(CORE.type_map[name], chance)]
            yield operation, values if chance.random() < 0.97 else {}


@pytest.mark.parametrize("name", INPUTS)
def test_what_is_given_is_coerced_as_the_specification_says(name: str) -> None:
    done = 0
    for operation, values in given(name):
        expected = get_variable_values(CORE, operation.variable_definitions or (), values)

        found = coerced(CORE, operation, values)

        assert found is None or isinstance(expected, VariableValues)
        if found is not None:
            assert isinstance(expected, VariableValues)
            assert found.coerced == expected.coerced
            assert {n: each.value for n, each in found.sources.items()} == {
                n: each.value for n, each in expected.sources.items()
            }
            done += 1
    assert done > 2


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_is_made_as_strawberry_makes_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = CORE.type_map[name].extensions["strawberry-definition"]
    converter = api.schema_converter
    rounds = [values for operation, each in given(name) if (values := coerced(CORE, operation, each)) is not None]

    def made() -> list[Any]:
        return [
            convert_argument(each.coerced["input"], definition.origin, converter.scalar_registry, converter.config)
            for each in rounds
            if "input" in each.coerced
        ]

    ours = made()
    with monkeypatch.context() as without:
        for each in INPUTS:
            without.setattr(CORE.type_map[each].extensions["strawberry-definition"], "from_input", None)
        theirs = made()

    assert ours == theirs
    assert rounds


def test_a_default_is_not_shared_between_those_who_are_given_it() -> None:
    document = parse("mutation ($input: DraftCommunicationInput!) { __typename }")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    definition = CORE.type_map["DraftCommunicationInput"].extensions["strawberry-definition"]
    text = [{"language": "en", "value": "x"}]
    values = {"input": {"kind": "CIRCULAR", "subject": text, "body": text, "audience": {}}}

    def documents() -> Any:
        found = coerced(CORE, operation, values)
        assert found is not None
        return definition.from_input(definition.origin, found.coerced["input"], None).documents

    documents().append("one")

    assert documents() == []
