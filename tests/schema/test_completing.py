"""What is written of a value is as its type says; what can not be is left to the executor, which has words for it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    get_operation_ast,
    parse,
)

from mandate.actor import Visibility
from resolvers.reading.want import Unplanned
from schema import api
from schema.reading.completing import Completing, Question

NOTHING = GraphQLScalarType("Nothing", serialize=lambda _: None)
VISIBILITY: Any = api._schema.type_map["Visibility"]


def completing() -> Completing:
    document = parse("{ __typename }")
    operation = get_operation_ast(document)
    assert operation is not None
    return Completing(Question(api, document, operation), {})


@pytest.mark.parametrize(
    ("type_", "value", "written"),
    [
        (GraphQLString, "a", "a"),
        (GraphQLString, 7, "7"),
        (GraphQLID, 7, "7"),
        (GraphQLInt, 7.0, 7),
        (GraphQLBoolean, True, True),
        (GraphQLNonNull(GraphQLInt), 7, 7),
        (GraphQLList(GraphQLString), ["a", None, 7], ["a", None, "7"]),
        (GraphQLList(GraphQLNonNull(GraphQLID)), ("a", 7), ["a", "7"]),
        (GraphQLList(GraphQLInt), (1, None), [1, None]),
        (GraphQLList(GraphQLNonNull(GraphQLInt)), [1, 0], [1, 0]),
        (GraphQLList(NOTHING), ["a"], [None]),
        (GraphQLList(GraphQLList(GraphQLInt)), [[1], None], [[1], None]),
        (GraphQLList(VISIBILITY), [Visibility.ISU, None], ["ISU", None]),
    ],
)
def test_a_value_is_written_as_its_type_says(type_: Any, value: Any, written: Any) -> None:
    write = completing().optional(type_, [])

    assert [write(value), write(value)] == [written, written]


@pytest.mark.parametrize("type_", [GraphQLString, GraphQLInt, VISIBILITY, GraphQLList(GraphQLNonNull(GraphQLInt))])
def test_what_is_not_there_is_null_only_where_it_may_be(type_: Any) -> None:
    assert completing().optional(type_, [])(None) is None
    with pytest.raises(Unplanned):
        completing().optional(GraphQLNonNull(type_), [])(None)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (GraphQLList(GraphQLString), "text"),
        (GraphQLList(GraphQLNonNull(GraphQLString)), ["a", None]),
        (GraphQLList(GraphQLNonNull(GraphQLInt)), [1, None]),
        (GraphQLList(GraphQLNonNull(NOTHING)), [1]),
        (GraphQLList(GraphQLNonNull(GraphQLList(GraphQLInt))), [None]),
        (GraphQLNonNull(NOTHING), 1),
        (GraphQLString, []),
        (GraphQLInt, "text"),
        (VISIBILITY, "NOBODY"),
        (VISIBILITY, []),
    ],
)
def test_what_is_not_as_its_type_says_is_not_written(type_: Any, value: Any) -> None:
    write = completing().optional(type_, [])

    for _ in range(2):
        with pytest.raises((Unplanned, GraphQLError)):
            write(value)
