"""From a GraphQL operation to what is asked of the reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import ref

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    SelectionSetNode,
    VariableNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from graphql import GraphQLIncludeDirective as Include
from graphql import GraphQLSkipDirective as Skip
from graphql.execution.values import VariableValues
from strawberry.types.nodes import get_variable_values

from resolvers.reading import Asked, Column, Derived, Page, Selection, Shape
from resolvers.reading.declaration import answer_key
from schema.reading.declare import SHAPE
from schema.reading.where import READ

T = TypeVar("T")


_CURSORS = ("startCursor", "endCursor")


@dataclass(slots=True)
class _Page:
    """What is asked of a page."""

    counts: bool = False
    """Whether totalCount is."""
    copies: int = 1
    """How often a row is written out, if anything else is."""
    places: bool = True
    """Whether a cursor is."""
    rows: list[SelectionSetNode] = field(default_factory=list)


class Asking:
    """Turns the selections of one operation into what is asked of the reader."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, Any],
        variables: Mapping[str, Any],
        *,
        stays: bool = False,
    ) -> None:
        self._schema = schema
        self._stays = stays
        self._fragments = fragments
        self._variables = VariableValues({}, dict(variables))

    def field(self, parent: GraphQLObjectType, name: str, args: Mapping[str, Any], nodes: Sequence[FieldNode]) -> Asked:
        definition = parent.fields[name]
        declared = definition.extensions["strawberry-definition"]
        declaration = declared.metadata.get(READ)
        led_to = get_named_type(definition.type)
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        page, times = _Page(), _names(nodes)
        if isinstance(declaration, Page):
            page, led_to = self._inside_page(led_to, sets)
            sets, times = page.rows, times * page.copies
        inner, most = self.selection(led_to, sets)
        if declaration is None or isinstance(declaration, Column | Derived):
            # A computed value is counted as a whole, so it is the part written out most often that counts.
            times *= most
        return Asked(
            name=declared.python_name,
            key=answer_key(declared.python_name, args),
            declaration=declaration,
            args=args,
            targets=self._shapes(led_to) if is_composite_type(led_to) else (),
            inner=inner,
            counts=page.counts,
            lists=page.copies > 0,
            places=page.places,
            times=times,
            stays=self._stays,
        )

    def selection(self, type_: GraphQLNamedType, sets: Sequence[SelectionSetNode]) -> tuple[Selection, int]:
        """What is asked of an object, and as how many copies whatever is written out most often."""
        found, most = {}, 1
        for concrete in self._concrete(type_):
            asked = []
            for (name, _), (args, nodes) in self._collect(concrete, sets).items():
                asked.append(self.field(concrete, name, args, nodes))
                most = max(most, asked[-1].times)
            # A plain value of a computed object matters only if something is to be fetched inside it.
            found[concrete.name] = [one for one in asked if one.declaration is not None or one.inner]
        return {name: asked for name, asked in found.items() if asked}, most

    def _concrete(self, type_: GraphQLNamedType) -> Sequence[GraphQLObjectType]:
        if is_abstract_type(type_):
            return self._schema.get_possible_types(type_)
        return [type_] if isinstance(type_, GraphQLObjectType) else []

    def _shapes(self, type_: GraphQLNamedType) -> tuple[Shape, ...]:
        shapes = (shape_of(concrete) for concrete in self._concrete(type_))
        return tuple(shape for shape in shapes if shape is not None and shape.table is not None)

    def _inside_page(
        self, connection_type: GraphQLNamedType, sets: Sequence[SelectionSetNode]
    ) -> tuple[_Page, GraphQLNamedType]:
        """And the type of its rows."""
        assert isinstance(connection_type, GraphQLObjectType)  # noqa: S101
        node_type = get_named_type(connection_type.fields["nodes"].type)
        edge_type = get_named_type(connection_type.fields["edges"].type)
        assert isinstance(edge_type, GraphQLObjectType)  # noqa: S101
        page = _Page(copies=0, places=False)
        lists = False
        for (name, _), (_, nodes) in self._collect(connection_type, sets).items():
            own = [node.selection_set for node in nodes if node.selection_set is not None]
            if name == "totalCount":
                page.counts = True
                continue
            lists = True
            if name == "nodes":
                page.copies += _names(nodes)
                page.rows += own
            elif name == "edges":
                for (member, _), (_, within) in self._collect(edge_type, own).items():
                    if member == "node":
                        page.copies += _names(nodes) * _names(within)
                        page.rows += [node.selection_set for node in within if node.selection_set is not None]
                    page.places |= member == "cursor"
            else:
                info_type = get_named_type(connection_type.fields[name].type)
                assert isinstance(info_type, GraphQLObjectType)  # noqa: S101  it is pageInfo
                page.places |= any(member in _CURSORS for member, _ in self._collect(info_type, own))
        page.copies = max(page.copies, int(lists))
        return page, node_type

    def _collect(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]
    ) -> dict[tuple[str, Any], tuple[Mapping[str, Any], list[FieldNode]]]:
        """The fields asked of an object, those with the same arguments as one, whatever they are called."""
        found: dict[tuple[str, Any], tuple[Mapping[str, Any], list[FieldNode]]] = {}
        seen: set[str] = set()
        waiting = list(sets)
        while waiting:
            for selection in waiting.pop(0).selections:
                if self.leaves_out(selection):
                    continue
                if isinstance(selection, FieldNode):
                    name = selection.name.value
                    if name.startswith("__"):
                        continue
                    args = python_arguments(get_argument_values(type_.fields[name], selection, self._variables))
                    place = (name, answer_key(name, args))
                    found.setdefault(place, (args, []))[1].append(selection)
                elif isinstance(selection, InlineFragmentNode):
                    if self.applies(selection, type_):
                        waiting.append(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                    seen.add(selection.name.value)
                    fragment = self._fragments[selection.name.value]
                    if self.applies(fragment, type_):
                        waiting.append(fragment.selection_set)
        return found

    def applies(self, fragment: Any, type_: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        named: Any = self._schema.get_type(fragment.type_condition.name.value)
        return named is type_ or (is_abstract_type(named) and self._schema.is_sub_type(named, type_))

    def leaves_out(self, selection: Any) -> bool:
        skip = get_directive_values(Skip, selection, self._variables)
        include = get_directive_values(Include, selection, self._variables)
        return bool(skip and skip["if"]) or bool(include and not include["if"])


def asked_of(info: GraphQLResolveInfo[Any], args: Mapping[str, Any]) -> Asked:
    """What a root field asks, all the way down."""
    asking = Asking(info.schema, info.fragments, get_variable_values(info))
    return asking.field(info.parent_type, info.field_name, args, info.field_nodes)


def asked_again(info: GraphQLResolveInfo[Any]) -> Asked:
    """What a root field asks of its value: kept for as long as its document, where no variable decides of it."""
    kept = _kept.of(info)
    if kept is None:
        return asked_of(info, {})
    if not kept:
        asking = Asking(info.schema, info.fragments, {}, stays=True)
        kept.append(asking.field(info.parent_type, info.field_name, {}, info.field_nodes))
    return kept[0]


class InDocuments(Generic[T]):
    """Something of each root field, as it stands in a document: there are as many as documents are kept."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept: dict[int, tuple[ref[FieldNode], T | None]] = {}

    def of(self, info: GraphQLResolveInfo[Any]) -> T | None:
        """None where it stands there more than once, or where a variable decides of what is asked within it."""
        if len(info.field_nodes) > 1:
            return None
        node = info.field_nodes[0]
        place = id(node)
        kept = self._kept.get(place)
        if kept is None:
            made = None if _has_variables(node, info.fragments) else self._make()
            # Another node may come to stand where this one stood, but not before what was kept of it is gone.
            kept = self._kept[place] = (ref(node, lambda _node: self._kept.pop(place, None)), made)
        return kept[1]


_kept: InDocuments[list[Asked]] = InDocuments(list)


def _has_variables(field: FieldNode, fragments: Mapping[str, Any]) -> bool:
    """Whether any stands within a field; its own arguments are its resolver's."""
    waiting: list[Any] = [field.selection_set]
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, VariableNode):
            return True
        if isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            waiting.append(fragments[node.name.value])
        for key in () if node is None else node.keys:
            below = getattr(node, key)
            waiting += [
                each for each in (below if isinstance(below, (list, tuple)) else [below]) if isinstance(each, Node)
            ]
    return False


def python_arguments(args: Mapping[str, Any]) -> dict[str, Any]:
    """By our names, and without those that say nothing."""
    return {snake(name): value for name, value in args.items() if value is not None}


def shape_of(type_: GraphQLNamedType) -> Shape | None:
    definition: Any = (type_.extensions or {}).get("strawberry-definition")
    return None if definition is None else definition.origin.__dict__.get(SHAPE)


def _names(nodes: Sequence[FieldNode]) -> int:
    return len({node.alias.value if node.alias else node.name.value for node in nodes})


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
