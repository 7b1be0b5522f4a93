"""Declared fields answer from what the reader fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import strawberry
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
)

from resolvers import reading
from resolvers.error import UserError
from resolvers.reading import Asked, Declaration, Many, Page
from resolvers.reading.declaration import answer_key
from resolvers.reading.page import LARGEST_SIZE
from schema.id import decode_id, key_of, with_article
from schema.reading.asking import asked_again, asked_of, python_arguments, shape_of
from schema.reading.declare import COMPUTED, ELSEWHERE, Lookup, sql_of
from schema.reading.known import complete_from
from schema.reading.resolved import PlannedInfo
from schema.reading.where import READ

T = TypeVar("T")


def install(schema: strawberry.Schema) -> None:
    """Declared fields answer from what the reader fetched: Strawberry's own resolvers stay for all others."""
    core: GraphQLSchema = schema._schema  # noqa: SLF001  Strawberry has no public way to it
    for type_ in core.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for name, field in type_.fields.items():
            declared = field.extensions.get("strawberry-definition")
            declaration = declared.metadata.get(READ) if declared else None
            if declaration is None:
                continue
            if type_ in (core.query_type, core.mutation_type):
                field.resolve = _root(declaration)
            else:
                field.resolve = _fetched(field, declared.python_name)
                _check(type_, name, field, declaration)


def _fetched(field: GraphQLField, name: str) -> Any:
    if not field.args:
        return lambda source, _info: source.fetched[name]
    return lambda source, _info, **args: source.fetched[answer_key(name, python_arguments(args))]


def _root(declaration: Declaration | Lookup) -> Any:
    async def resolve(_source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        asked = asked_of(info, python_arguments(args))
        async with info.context.reader() as reader:
            if isinstance(declaration, Page):
                page = await reader.page(asked)
                reader.admit(page.nodes, asked.times)
                return page
            if isinstance(declaration, Many):
                return reader.admit(await reader.every(asked))
            assert isinstance(declaration, Lookup)  # noqa: S101
            return reader.admit(await _look_up(reader, declaration, asked))

    return resolve


async def _look_up(reader: reading.Reader, declaration: Lookup, asked: Asked) -> Any:
    given = asked.args.get("by", asked.args)
    names = [name for name in declaration.columns if given.get(name) is not None]
    if len(names) != 1:
        raise UserError(f"Give one of: {', '.join(declaration.columns)}.")
    (name,), (shape,) = names, asked.targets
    key = given[name]
    if name == "id":
        key = key_of(shape.name, key)
    key = str(key)
    column = shape.key if name == "id" else sql_of(declaration.columns[name])
    found = await reader.by(shape, column, [key], asked.inner)
    return found.get(key)


async def read_nodes(info: strawberry.Info, ids: Sequence[str]) -> list[Any]:
    """Objects by their ids, one statement for each type among them; what is not there is null."""
    if len(ids) > LARGEST_SIZE:
        raise UserError(f"{len(ids)} ids are asked for at once; {LARGEST_SIZE} is the most.")
    places = [decode_id(each) for each in ids]
    asked = asked_of(info._raw_info, {})  # noqa: SLF001  Strawberry shows only a copy of it
    shapes = {shape.name: shape for shape in asked.targets}
    for given, (name, _) in zip(ids, places, strict=True):
        if name in ELSEWHERE:
            raise UserError(f"The id is that of {with_article(name)}, which is no node: {ELSEWHERE[name]}.")
        if name not in shapes and name not in COMPUTED:
            raise UserError(f"{given} is not an id of this API.")
    found: dict[tuple[str, str], Any] = {}
    async with info.context.reader() as reader:
        for name in dict.fromkeys(name for name, _ in places):
            keys = [key for other, key in places if other == name]
            if name in COMPUTED:
                objects = {key: COMPUTED[name](key) for key in keys}
                await reader.complete(objects.values(), asked.inner)
            else:
                objects = await reader.by(shapes[name], shapes[name].key, keys, asked.inner)
            found |= {(name, key): each for key, each in objects.items()}
        answer = [found.get(place) for place in places]
        reader.admit(answer)
    return answer


async def complete(info: strawberry.Info, value: T) -> T:
    """For an ordinary resolver: fetch the rows that its computed value names."""
    if isinstance(info, PlannedInfo):
        # The plan fetches them.
        return value
    return await complete_in(info._raw_info, value)  # noqa: SLF001  Strawberry shows only a copy of it


async def complete_in(info: GraphQLResolveInfo[Any], value: T) -> T:
    asked = asked_again(info)
    context = info.context
    is_complete = context.new_rows and complete_from(info, value, asked, context.new_rows, context.actor.sight)
    async with context.reader() as reader:
        if not is_complete:
            await reader.complete([value], asked.inner)
        reader.admit(value, asked.times)
    return value


def _check(type_: GraphQLObjectType, name: str, field: GraphQLField, declaration: Declaration) -> None:
    """A declaration that its table can not serve stops the import, not the first request."""
    where = f"{type_.name}.{name}"
    shape = shape_of(type_)
    if shape is None or shape.table is None:
        if not isinstance(declaration, reading.Ref):
            raise TypeError(f"{where} reads from no table")
        return
    used = declaration.uses if isinstance(declaration, reading.Derived) else (declaration,)
    for each in used:
        if isinstance(each, (reading.Column, reading.One)) and each.table not in (None, shape.table):
            raise TypeError(f"{where} reads from {each.table}, and its type from {shape.table}")
        if isinstance(each, Many) and each.on is not None and each.on not in shape.table.columns:
            raise TypeError(f"{where} is found by {each.on}, which is no column of {shape.table}")
    if isinstance(declaration, reading.Column) and str(field.type).endswith("!"):
        column = shape.table.columns.get(declaration.name)
        if column is not None and column.nullable:
            raise TypeError(f"{where} is never null, but its column may be empty")
    if str(field.type).endswith("!") and _may_be_hidden(field, declaration):
        raise TypeError(f"{where} is never null, but may be hidden from the caller")


def _may_be_hidden(field: GraphQLField, declaration: Declaration) -> bool:
    if isinstance(declaration, reading.One):
        shape = shape_of(get_named_type(field.type))
        return shape is not None and shape.table is not None and "visibility" in shape.table.columns
    return isinstance(declaration, reading.Column) and declaration.needs is not None
