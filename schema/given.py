"""What is given to an operation: coerced and made into inputs by functions that are built once for each type.

GraphQL-core asks of every value what its type is, and Strawberry asks once more, which for an act takes longer than to
write its rows. What is not as it should be is left to them: they have the words for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import cache
from typing import Any

import strawberry
from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    is_leaf_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

Convert = Callable[[Any], Any]
_AS_THEY_ARE: Mapping[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
_SINGLE = (str, int, float, bool, dict)
"""What JSON has beside lists, each taken for a list of one."""


class _Wrong(Exception):  # noqa: N818  it reads as what happened
    """The value is not of its type, or we do not know."""


def coerced(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> VariableValues | None:
    """The variables of an operation; None where anything is wrong with them."""
    sources: dict[str, VariableValueSource] = {}
    found: dict[str, Any] = {}
    try:
        for definition in operation.variable_definitions or ():
            signature = get_variable_signature(schema, definition)
            if isinstance(signature, GraphQLError):
                return None
            name = signature.name
            if name in given:
                sources[name] = VariableValueSource(signature, given[name])
                found[name] = _coercing(signature.type)(given[name])
            elif signature.default is not None or is_non_null_type(signature.type):
                return None
            else:
                sources[name] = VariableValueSource(signature)
    except Exception:
        return None
    return VariableValues(sources, found)


def _coercing(type_: Any) -> Convert:
    if isinstance(type_, GraphQLNonNull):
        return _required(_of_its_type(type_.of_type))
    return _optional(_of_its_type(type_))


def _of_its_type(type_: Any) -> Convert:
    return _listed(_coercing(type_.of_type)) if isinstance(type_, GraphQLList) else _named(type_)


@cache
def _named(type_: Any) -> Convert:
    if isinstance(type_, GraphQLInputObjectType):
        return _object(type_)
    convert: Convert = type_.coerce_input_value
    of = _AS_THEY_ARE.get(type_)
    return convert if of is None else lambda value: value if value.__class__ is of else convert(value)


def _required(convert: Convert) -> Convert:
    def required(value: Any) -> Any:
        if value is None:
            raise _Wrong
        return convert(value)

    return required


def _optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _listed(convert: Convert) -> Convert:
    def listed(value: Any) -> Any:
        if value.__class__ is list:
            return [convert(each) for each in value]
        if value.__class__ in _SINGLE:
            return [convert(value)]
        raise _Wrong

    return listed


def _object(type_: GraphQLInputObjectType) -> Convert:
    members: list[tuple[str, str, Convert, Any]] = []

    def coerce(value: Any) -> Any:
        if value.__class__ is not dict or type_.is_one_of:
            raise _Wrong
        if not members:  # only now, for an input may have members of its own type
            members.extend(
                (
                    name,
                    field.out_name or name,
                    _coercing(field.type),
                    _Wrong if is_required_input_field(field) else coerce_default_value(field),
                )
                for name, field in type_.fields.items()
            )
        found, known = {}, 0
        for name, out_name, convert, otherwise in members:
            if name in value:
                known += 1
                found[out_name] = convert(value[name])
            elif otherwise is _Wrong:
                raise _Wrong
            elif otherwise is not Undefined:
                found[out_name] = otherwise
        if known < len(value):
            raise _Wrong
        return type_.out_type(found)

    return coerce


def install(schema: strawberry.Schema) -> None:
    """Every input is made by a function of its own, where Strawberry would look at its members anew."""
    core: GraphQLSchema = schema._schema  # noqa: SLF001  Strawberry has no public way to it
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            type_.extensions["strawberry-definition"].from_input = _making(type_)


def _making(type_: GraphQLInputObjectType) -> Callable[[type, Mapping[str, Any], Any], Any]:
    members: list[tuple[str, str, Convert | None]] = []
    unsaid: dict[str, None] = {}

    def make(of: type, value: Mapping[str, Any], _context: Any) -> Any:
        if not members:
            for name, field in type_.fields.items():
                declared = field.extensions["strawberry-definition"]
                members.append((name, declared.python_name, _made(field.type)))
                if declared.default_value is MISSING and declared.default_factory is MISSING:
                    unsaid[declared.python_name] = None
        given = dict(unsaid)
        for name, python_name, convert in members:
            if name in value:
                each = value[name]
                given[python_name] = each if convert is None or each is None else convert(each)
        return of(**given)

    return make


def _made(type_: Any) -> Convert | None:
    """How a coerced value becomes what a resolver is given; None where it is that already."""
    if isinstance(type_, GraphQLNonNull):
        return _made(type_.of_type)
    if is_leaf_type(type_):
        return None
    if isinstance(type_, GraphQLList):
        each = _made(type_.of_type)
        if each is None:
            return list  # a default is the same object each time
        return lambda values: [None if value is None else each(value) for value in values]
    definition = type_.extensions["strawberry-definition"]
    return lambda value: definition.from_input(definition.origin, value, None)
