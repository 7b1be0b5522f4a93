"""Fields that say where they come from, and the way from a GraphQL operation to what is asked of the reader."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import strawberry
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from graphql import GraphQLIncludeDirective as Include
from graphql import GraphQLSkipDirective as Skip
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.nodes import get_variable_values

import schema.enum  # noqa: F401  before any type is declared
from mandate import actor as callers
from resolvers import reading
from resolvers.error import UserError
from resolvers.reading import Asked, Declaration, Many, Order, Page, Scope, Selection, Shape
from resolvers.reading.declaration import Condition, answer_key
from resolvers.reading.page import LARGEST_SIZE
from schema.id import decode_id, encode_id, key_of

T = TypeVar("T")

_READ = "read"
_SHAPE = "__shape__"


# ---------- how a type says where it comes from ----------


@strawberry.interface(description="Whatever has an id of its own, for `node` and `nodes`")
class Node:
    id: strawberry.ID


TABLES: dict[str, str] = {}
"""By the name of a type with ids, the table that it stands over."""


def node(
    table: Any, *, only: ColumnElement[bool] | None = None, key: str | None = None, **options: Any
) -> Callable[[type[T]], type[T]]:
    """A type over a table, with its global id."""

    def declare(cls: type[T]) -> type[T]:
        columns = table.__table__.primary_key.columns.keys()
        cls.__annotations__["id"] = strawberry.ID
        cls.id = column(key or columns[0], convert=partial(encode_id, cls.__name__))  # type: ignore[attr-defined]
        TABLES[cls.__name__] = table.__tablename__
        return over(table, only=only, **options)(cls)

    return declare


def over(table: Any, *, only: ColumnElement[bool] | None = None, **options: Any) -> Callable[[type[T]], type[T]]:
    """A type over a table, without an id."""

    def declare(cls: type[T]) -> type[T]:
        made: type[T] = strawberry.type(cls, **options)
        setattr(made, _SHAPE, Shape(made.__name__, partial(object.__new__, made), table.__table__, only))
        return made

    return declare


def names_rows(cls: type[T]) -> type[T]:
    """A type of computed values, some of whose fields are rows of ours."""
    setattr(cls, _SHAPE, Shape(cls.__name__, partial(object.__new__, cls)))
    return cls


def column(
    attribute: Any,
    *,
    convert: Callable[[Any], Any] | None = None,
    needs: callers.Scope | None = None,
    description: str | None = None,
) -> Any:
    """A column of the type's own table; null for those whose key lacks the scope that it needs."""
    return _field(dataclasses.replace(_column(attribute, convert), needs=needs), description=description)


def one(*path: Any, description: str | None = None) -> Any:
    """What a foreign key points to; with several, each belongs to what the one before points to."""
    declaration = reading.One(tuple(step.key for step in path), table=_sql(path[0]).table)
    return _field(declaration, description=description)


def many(
    foreign_key: Any = None,
    *,
    order_by: Sequence[Any] = (),
    only: ColumnElement[bool] | None = None,
    on: Any = None,
    table: Any = None,
    arguments: Iterable[Argument] = (),
    description: str | None = None,
) -> Any:
    """A plain list, for closed sets."""
    arguments = tuple(arguments)
    declaration = rows(foreign_key, order_by=order_by, only=only, on=on, table=table, arguments=arguments)
    return _field(declaration, arguments, description=description)


def rows(
    foreign_key: Any = None,
    *,
    order_by: Sequence[Any] = (),
    only: ColumnElement[bool] | None = None,
    on: Any = None,
    table: Any = None,
    arguments: Iterable[Argument] = (),
) -> Many:
    """The declaration behind `many`; as it stands, what a derived field uses."""
    return Many(
        None if foreign_key is None else _sql(foreign_key),
        tuple(_order(each) for each in order_by),
        only,
        {a.name: a.condition for a in arguments if a.condition is not None},
        None if on is None else on.key,
        table=None if table is None else table.__table__,
    )


def connection(
    foreign_key: Any = None,
    *,
    where: type | None = None,
    order_by: tuple[type, Mapping[str, Any]] | None = None,
    default_order: Sequence[Any] = (),
    only: ColumnElement[bool] | None = None,
    on: Any = None,
    guard: Callable[[Scope], None] | None = None,
    arguments: Iterable[Argument] = (),
    description: str | None = None,
) -> Any:
    """A list that grows, a page at a time."""
    extra = list(arguments)
    if where is not None:
        extra.append(Argument("where", where, matching(where)))
    orders: dict[str, Any] = {}
    if order_by is not None:
        order_input, fields = order_by
        orders = {name: _sql(attribute) for name, attribute in fields.items()}
        extra.append(Argument("order_by", list[order_input]))  # type: ignore[valid-type]
    declaration = Page(
        None if foreign_key is None else _sql(foreign_key),
        tuple(_order(each) for each in default_order),
        only,
        {a.name: a.condition for a in extra if a.condition is not None},
        None if on is None else on.key,
        guard,
        None,
        orders,
    )
    return _field(declaration, [*extra, *_PAGING], description=description)


def derived(
    function: Callable[..., Any],
    *,
    uses: Sequence[Any],
    arguments: Iterable[Argument] = (),
    description: str | None = None,
) -> Any:
    """A pure function of columns and rows of ours, in the order of `uses`, and of the field's arguments."""
    arguments = tuple(arguments)
    used = tuple(use if isinstance(use, Many) else _column(use) for use in uses)
    declaration = reading.Derived(function, used, tuple(a.name for a in arguments))
    return _field(declaration, arguments, description=description)


def ref(attribute: str, target: Any, *, description: str | None = None) -> Any:
    """A row that a computed value names in one of its attributes."""
    return _field(reading.Ref(attribute, _sql(target)), description=description, init=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Lookup:
    """A root field that finds one object by a unique column."""

    columns: Mapping[str, Any]


def lookup(arguments: Sequence[Argument], columns: Mapping[str, Any], *, description: str | None = None) -> Any:
    return _field(Lookup(columns), arguments, description=description)


@dataclasses.dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field and, where it narrows a list, the condition that it stands for."""

    name: str
    type: Any
    condition: Condition | None = None
    default: Any = strawberry.UNSET
    description: str | None = None
    required: bool = False

    def declared(self) -> StrawberryArgument:
        return StrawberryArgument(
            python_name=self.name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(self.type if self.required else self.type | None),
            default=inspect.Parameter.empty if self.default is strawberry.UNSET else self.default,
            description=self.description,
        )


_PAGING = (
    Argument("first", int, description="How many from the front: 20 where nothing is said, 250 at most"),
    Argument("after", str, description="After this cursor"),
    Argument("last", int, description="How many from the back, instead of `first`"),
    Argument("before", str, description="Before this cursor"),
)


def _field(
    declaration: Declaration | Lookup,
    arguments: Iterable[Argument] = (),
    *,
    description: str | None,
    init: bool = True,
) -> Any:
    made: Any = strawberry.field(metadata={_READ: declaration}, description=description)
    made.init = init
    made.arguments = [argument.declared() for argument in arguments]
    return made


def _column(attribute: Any, convert: Callable[[Any], Any] | None = None) -> reading.Column:
    """By name alone where one type stands over several tables."""
    if isinstance(attribute, str):
        return reading.Column(attribute, convert)
    return reading.Column(attribute.key, convert, table=_sql(attribute).table)


def _sql(attribute: Any) -> Any:
    return attribute.property.columns[0]


def down(attribute: Any) -> Order:
    """The latest, the greatest first."""
    return Order(_sql(attribute), descending=True)


def _order(by: Any) -> Order:
    if isinstance(by, Order):
        return by
    return Order(_sql(by) if hasattr(by, "property") else by)


# ---------- conditions ----------


def where_input(cls: type[T]) -> type[T]:
    """An input of conditions; `and`, `or` and `not` combine it with itself."""
    for name, annotation in (
        ("and_", f"list[{cls.__name__}] | None"),
        ("or_", f"list[{cls.__name__}] | None"),
        ("not_", f"{cls.__name__} | None"),
    ):
        cls.__annotations__[name] = annotation
        setattr(cls, name, strawberry.field(name=name.rstrip("_"), default=strawberry.UNSET))
    return strawberry.input(cls, description="All the conditions given must hold")


def condition(holds: Callable[..., ColumnElement[bool]], *, description: str | None = None) -> Any:
    """A member of such an input: the value asked for (and the scope) to a condition."""
    return strawberry.field(default=strawberry.UNSET, metadata={_READ: holds}, description=description)


def matching(cls: type) -> Condition:
    """The condition that a value of the input stands for."""
    members: dict[str, Condition] = {}

    def declared() -> dict[str, Condition]:
        if not members:
            for member in cls.__strawberry_definition__.fields:  # type: ignore[attr-defined]
                if _READ in member.metadata:
                    members[_camel(member.python_name)] = member.metadata[_READ]
        return members

    def holds(value: Mapping[str, Any], scope: Scope) -> ColumnElement[bool]:
        parts: list[ColumnElement[bool]] = [true()]
        for name, wanted in value.items():
            if wanted is None:
                continue
            if name == "and":
                parts += [holds(each, scope) for each in wanted]
            elif name == "or":
                parts.append(or_(false(), *(holds(each, scope) for each in wanted)))
            elif name == "not":
                # What is not known does not hold, and so its contrary does.
                parts.append(not_(func.coalesce(holds(wanted, scope), false())))
            else:
                parts.append(declared()[name](wanted, scope))
        return and_(*parts)

    return holds


# ---------- pages ----------


@strawberry.type(description="Where a page stands in its list")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="An object in a list, and its place there")
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type(description="A page of a list")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The objects, where their cursors do not matter")
    page_info: PageInfo
    total_count: int = strawberry.field(description="Of the whole list, under the same conditions")


# ---------- from an operation to what is asked ----------


class _Asking:
    """Turns the selections of one operation into what is asked of the reader."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._schema: GraphQLSchema = info.schema
        self._fragments = info.fragments
        self._variables = VariableValues({}, get_variable_values(info))

    def field(self, parent: GraphQLObjectType, name: str, args: Mapping[str, Any], nodes: Sequence[FieldNode]) -> Asked:
        definition = parent.fields[name]
        declared = definition.extensions["strawberry-definition"]
        declaration = declared.metadata.get(_READ)
        led_to = get_named_type(definition.type)
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        counts, lists = False, True
        if isinstance(declaration, Page):
            counts, lists, led_to, sets = self._inside_page(led_to, sets)
        composite = is_composite_type(led_to)
        return Asked(
            name=declared.python_name,
            key=answer_key(declared.python_name, args),
            declaration=declaration,
            args=args,
            targets=self._shapes(led_to) if composite else (),
            inner=self.selection(led_to, sets) if composite else {},
            counts=counts,
            lists=lists,
        )

    def selection(self, type_: GraphQLNamedType, sets: Sequence[SelectionSetNode]) -> Selection:
        found = {}
        for concrete in self._concrete(type_):
            asked = []
            for (name, _), (args, nodes) in self._collect(concrete, sets).items():
                asked.append(self.field(concrete, name, args, nodes))
            # A plain value of a computed object matters only if something is to be fetched inside it.
            found[concrete.name] = [one for one in asked if one.declaration is not None or one.inner]
        return {name: asked for name, asked in found.items() if asked}

    def _concrete(self, type_: GraphQLNamedType) -> Sequence[GraphQLObjectType]:
        if is_abstract_type(type_):
            return self._schema.get_possible_types(type_)
        return [type_] if isinstance(type_, GraphQLObjectType) else []

    def _shapes(self, type_: GraphQLNamedType) -> tuple[Shape, ...]:
        shapes = (shape_of(concrete) for concrete in self._concrete(type_))
        return tuple(shape for shape in shapes if shape is not None and shape.table is not None)

    def _inside_page(
        self, connection_type: GraphQLNamedType, sets: Sequence[SelectionSetNode]
    ) -> tuple[bool, bool, GraphQLNamedType, list[SelectionSetNode]]:
        assert isinstance(connection_type, GraphQLObjectType)  # noqa: S101
        node_type = get_named_type(connection_type.fields["nodes"].type)
        edge_type = get_named_type(connection_type.fields["edges"].type)
        assert isinstance(edge_type, GraphQLObjectType)  # noqa: S101
        counts, lists, inner = False, False, []
        for (name, _), (_, nodes) in self._collect(connection_type, sets).items():
            own = [node.selection_set for node in nodes if node.selection_set is not None]
            if name == "totalCount":
                counts = True
                continue
            lists = True
            if name == "nodes":
                inner += own
            elif name == "edges":
                for (member, _), (_, within) in self._collect(edge_type, own).items():
                    if member == "node":
                        inner += [node.selection_set for node in within if node.selection_set is not None]
        return counts, lists, node_type, inner

    def _collect(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> dict[tuple[str, Any], tuple[Mapping[str, Any], list[FieldNode]]]:
        """The fields asked of an object, those with the same arguments as one, whatever they are called."""
        found: dict[tuple[str, Any], tuple[Mapping[str, Any], list[FieldNode]]] = {}
        seen: set[str] = set()
        waiting = list(sets)
        while waiting:
            for selection in waiting.pop(0).selections:
                if self._left_out(selection):
                    continue
                if isinstance(selection, FieldNode):
                    name = selection.name.value
                    if name.startswith("__"):
                        continue
                    args = python_arguments(get_argument_values(type_.fields[name], selection, self._variables))
                    place = (name, answer_key(name, args))
                    found.setdefault(place, (args, []))[1].append(selection)
                elif isinstance(selection, InlineFragmentNode):
                    if self._applies(selection, type_):
                        waiting.append(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                    seen.add(selection.name.value)
                    fragment = self._fragment(selection.name.value)
                    if self._applies(fragment, type_):
                        waiting.append(fragment.selection_set)
        return found

    def _fragment(self, name: str) -> Any:
        found: Any = self._fragments[name]
        return getattr(found, "definition", found)

    def _applies(self, fragment: Any, type_: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        named: Any = self._schema.get_type(fragment.type_condition.name.value)
        return named is type_ or (is_abstract_type(named) and self._schema.is_sub_type(named, type_))

    def _left_out(self, selection: Any) -> bool:
        skip = get_directive_values(Skip, selection, self._variables)
        include = get_directive_values(Include, selection, self._variables)
        return bool(skip and skip["if"]) or bool(include and not include["if"])


def asked_of(info: GraphQLResolveInfo[Any], args: Mapping[str, Any]) -> Asked:
    """What a root field asks, all the way down."""
    return _Asking(info).field(info.parent_type, info.field_name, args, info.field_nodes)


def python_arguments(args: Mapping[str, Any]) -> dict[str, Any]:
    """By our names, and without those that say nothing."""
    return {_snake(name): value for name, value in args.items() if value is not None}


def shape_of(type_: GraphQLNamedType) -> Shape | None:
    definition: Any = (type_.extensions or {}).get("strawberry-definition")
    return None if definition is None else definition.origin.__dict__.get(_SHAPE)


def install(schema: strawberry.Schema) -> None:
    """Declared fields answer from what the reader fetched: Strawberry's own resolvers stay for all others."""
    core: GraphQLSchema = schema._schema  # noqa: SLF001  Strawberry has no public way to it
    for type_ in core.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for name, field in type_.fields.items():
            declared = field.extensions.get("strawberry-definition")
            declaration = declared.metadata.get(_READ) if declared else None
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
                reader.admit(page.nodes)
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
    column = shape.key if name == "id" else _sql(declaration.columns[name])
    found = await reader.by(shape, column, [key], asked.inner)
    return found.get(key)


async def read_nodes(info: strawberry.Info, ids: Sequence[str]) -> list[Any]:
    """Objects by their ids, one statement for each type among them; what is not there is null."""
    if len(ids) > LARGEST_SIZE:
        raise UserError(f"{len(ids)} ids are asked for at once; {LARGEST_SIZE} is the most.")
    places = [decode_id(each) for each in ids]
    asked = asked_of(info._raw_info, {})  # noqa: SLF001  Strawberry shows only a copy of it
    shapes = {shape.name: shape for shape in asked.targets}
    unknown = next((given for given, (name, _) in zip(ids, places, strict=True) if name not in shapes), None)
    if unknown is not None:
        raise UserError(f"{unknown} is not an id of this API.")
    found: dict[tuple[str, str], Any] = {}
    async with info.context.reader() as reader:
        for name in dict.fromkeys(name for name, _ in places):
            keys = [key for other, key in places if other == name]
            objects = await reader.by(shapes[name], shapes[name].key, keys, asked.inner)
            found |= {(name, key): each for key, each in objects.items()}
        answer = [found.get(place) for place in places]
        reader.admit(answer)
    return answer


async def complete(info: strawberry.Info, value: T) -> T:
    """For an ordinary resolver: fetch the rows that its computed value names."""
    asked = asked_of(info._raw_info, {})  # noqa: SLF001  Strawberry shows only a copy of it
    async with info.context.reader() as reader:
        await reader.complete([value], asked.inner)
        reader.admit(value)
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


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
