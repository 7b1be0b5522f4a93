"""From a value to what is written of it: compiled once for a selection, where the executor asks anew at every field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    InlineFragmentNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_argument_values,
    is_non_null_type,
    type_from_ast,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.types.arguments import convert_arguments

from resolvers.reading import Page
from resolvers.reading.want import Unplanned
from schema.reading.asking import Asking, python_arguments
from schema.reading.declare import Lookup
from schema.reading.where import READ

Complete = Callable[[Any], Any]
Leave = Callable[[dict[str, Any], Any], None]
"""With what is written, and the value that it is written of."""
Fields = Mapping[str, Sequence[FieldNode]]
_PLAIN: Mapping[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """An operation that was validated, with what can be told of it once and for all."""

    schema: strawberry.Schema
    document: DocumentNode
    operation: OperationDefinitionNode

    @property
    def core(self) -> GraphQLSchema:
        return self.schema._schema  # noqa: SLF001  Strawberry has no public way to it

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        return {each.name.value: each for each in self.document.definitions if isinstance(each, FragmentDefinitionNode)}

    def coerced(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        definitions = self.operation.variable_definitions or ()
        found = get_variable_values(self.core, definitions, dict(variables))
        if not isinstance(found, VariableValues):
            raise Unplanned
        return found.coerced

    def plain(self) -> Mapping[str, type] | None:
        """The variables, where all are of types of which a value of this class stays as it is when it is coerced."""
        found = {}
        for definition in self.operation.variable_definitions or ():
            type_: Any = type_from_ast(self.core, definition.type)
            of = _PLAIN.get(nullable(type_))
            if of is None:
                return None
            found[definition.variable.name.value] = of
        return found

    def free(self) -> frozenset[str]:
        """Variables that are nothing but the key or the cursor of a root field: a plan serves all values of them."""
        return self._only(self._free_in)

    def taken(self) -> frozenset[str]:
        """Variables that are nothing but arguments of what is resolved, whatever they are."""
        return self._only(self._taken_in)

    def _only(self, found_in: Callable[[FieldNode], Sequence[str]]) -> frozenset[str]:
        used: dict[str, int] = {}
        for name in _variables_in(self.document):
            used[name] = used.get(name, 0) + 1
        here: dict[str, int] = {}
        for field in self.operation.selection_set.selections:
            if isinstance(field, FieldNode) and not field.directives:
                for name in found_in(field):
                    here[name] = here.get(name, 0) + 1
        return frozenset(name for name, times in here.items() if used[name] == times)

    def _free_in(self, field: FieldNode) -> Sequence[str]:
        declaration = declaration_of(_root_field(self.core, field))
        names = []
        for argument in field.arguments or ():
            if isinstance(declaration, Page) and argument.name.value not in {"after", "before"}:
                continue
            if not isinstance(declaration, (Page, Lookup)) and field.name.value != "node":
                continue
            value = argument.value
            parts = [each.value for each in value.fields] if isinstance(value, ObjectValueNode) else [value]
            names += [part.name.value for part in parts if isinstance(part, VariableNode)]
        return names

    def _taken_in(self, field: FieldNode) -> Sequence[str]:
        if field.name.value == "node" or declaration_of(_root_field(self.core, field)) is not None:
            return ()
        return [name for argument in field.arguments or () for name in _variables_in(argument)]


def _variables_in(node: Node) -> Sequence[str]:
    found = []

    class Uses(Visitor):
        def enter_variable(self, node: VariableNode, _key: Any, parent: Any, *_: Any) -> None:
            if getattr(parent, "kind", "") != "variable_definition":
                found.append(node.name.value)

    visit(node, Uses())
    return found


class Completing:
    """Of one question, with the values of its variables."""

    def __init__(self, question: Question, variables: Mapping[str, Any]) -> None:
        self.core = question.core
        self.operation = question.operation
        self.asking = Asking(self.core, question.fragments, variables)
        self.variables = VariableValues({}, dict(variables))
        self.fragments = question.fragments
        self._converter = question.schema.schema_converter

    def complete(self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> Complete:
        """Called with values that are not None; answers None for what may not be so written only where it may."""
        match type_:
            case GraphQLNonNull():
                return self.complete(type_.of_type, sets)
            case GraphQLList():
                return self._listed(type_.of_type, sets)
            case GraphQLScalarType() | GraphQLEnumType():
                return _leaf(type_)
            case GraphQLObjectType():
                return self._object(type_, sets)
            case GraphQLInterfaceType() | GraphQLUnionType():
                return self._abstract(type_, sets)
        raise Unplanned

    def _listed(self, of: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> Complete:
        writer = _Writer()
        each = self._expression("one", of, sets, writer)
        return writer.function(f"[{each} for one in value] if isinstance(value, (list, tuple)) else refused()")

    def _expression(self, get: str, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode], writer: _Writer) -> str:
        """What is written of the value that `get` has."""
        required, own = is_non_null_type(type_), nullable(type_)
        complete = writer.name(self.complete(own, sets))
        if own in (GraphQLString, GraphQLID):
            otherwise = writer.name(self.optional(type_, sets))
            return f"(x if (x := {get}).__class__ is str else {otherwise}(x))"
        if not required:
            return f"(None if (x := {get}) is None else {complete}(x))"
        return f"(x if (x := {get}) is not None and (x := {complete}(x)) is not None else refused())"

    def optional(self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> Complete:
        complete, required = self.complete(type_, sets), is_non_null_type(type_)

        def whether(value: Any) -> Any:
            found = None if value is None else complete(value)
            if found is None and required:
                raise Unplanned
            return found

        return whether

    def _object(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Complete:
        members: list[str] = []
        leaves: list[Leave] = []
        writer = _Writer()
        for response, nodes in self.fields(type_, sets).items():
            leave = self.left_open(type_, nodes)
            if leave is not None:
                leaves.append(leave)
            members.append(f"{response!r}: {'None' if leave is not None else self._source(type_, nodes, writer)}")
        complete = writer.function("{" + ", ".join(members) + "}")

        def complete_what_is_there(value: Any) -> Any:
            written = complete(value)
            for leave in leaves:
                leave(written, value)
            return written

        return complete_what_is_there if leaves else complete

    def _source(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], writer: _Writer) -> str:
        name = nodes[0].name.value
        if name == "__typename":
            return repr(type_.name)
        get, attribute = self._get(type_, nodes), _attribute_of(type_, name)
        source = f"{writer.name(get)}(value)" if attribute is None else f"value.{attribute}"
        return self._expression(source, type_.fields[name].type, sets_of(nodes), writer)

    def left_open(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Leave | None:
        """For a field that is filled in later: what is to be done with the object that is being written."""
        return None

    def _member(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> tuple[Complete, Complete]:
        """How its value is had from the object, and how it is written."""
        name = nodes[0].name.value
        if name == "__typename":
            return self._get(type_, nodes), _same
        return self._get(type_, nodes), self.optional(type_.fields[name].type, sets_of(nodes))

    def _get(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Complete:
        declaration = declaration_of(type_.fields.get(nodes[0].name.value))
        return self._attribute(type_, nodes[0]) if declaration is None else self.declared(type_, nodes, declaration)

    def declared(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], declaration: Any) -> Complete:
        """How the value of a declared field is had from an object."""
        raise Unplanned

    def _attribute(self, type_: GraphQLObjectType, node: FieldNode) -> Complete:
        name = node.name.value
        if name == "__typename":
            return lambda _value: type_.name
        definition = type_.fields[name]
        field: Any = definition.extensions.get("strawberry-definition")
        if field is None or field.extensions or field.permission_classes:
            raise Unplanned
        resolver = field.base_resolver
        if resolver is None:
            return attrgetter(field.python_name)
        if resolver.is_async or resolver.info_parameter or resolver.parent_parameter or resolver.root_parameter:
            raise Unplanned
        kwargs = self.given(definition, node, self.variables)
        function = resolver.wrapped_func
        return lambda value: function(value, **kwargs)

    def given(self, definition: GraphQLField, node: FieldNode, variables: VariableValues) -> dict[str, Any]:
        """The arguments of a resolver, as Strawberry gives them."""
        field: Any = definition.extensions["strawberry-definition"]
        return convert_arguments(
            get_argument_values(definition, node, variables),
            field.arguments,
            scalar_registry=self._converter.scalar_registry,
            config=self._converter.config,
        )

    def _abstract(self, type_: Any, sets: Sequence[SelectionSetNode]) -> Complete:
        kinds = {each.name: self._object(each, sets) for each in self.concrete(type_)}

        def complete(value: Any) -> Any:
            definition = getattr(type(value), "__strawberry_definition__", None)
            kind = kinds.get(getattr(definition, "name", ""))
            if kind is None:
                raise Unplanned
            return kind(value)

        return complete

    def arguments(self, definition: GraphQLField, node: FieldNode) -> dict[str, Any]:
        return python_arguments(get_argument_values(definition, node, self.variables))

    def concrete(self, type_: Any) -> Sequence[GraphQLObjectType]:
        if isinstance(type_, GraphQLObjectType):
            return [type_]
        return self.core.get_possible_types(type_)

    def fields(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Fields:
        """The fields of an object under the names of the answer, in the order of the specification."""
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()

        def collect(selections: SelectionSetNode) -> None:
            for selection in selections.selections:
                if self.asking.leaves_out(selection):
                    continue
                if isinstance(selection, FieldNode):
                    name = selection.alias.value if selection.alias else selection.name.value
                    found.setdefault(name, []).append(selection)
                elif isinstance(selection, InlineFragmentNode):
                    if self.asking.applies(selection, type_):
                        collect(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                    seen.add(selection.name.value)
                    fragment = self.fragments[selection.name.value]
                    if self.asking.applies(fragment, type_):
                        collect(fragment.selection_set)

        for each in sets:
            collect(each)
        return found


def _root_field(core: GraphQLSchema, node: FieldNode) -> GraphQLField | None:
    assert core.query_type is not None  # noqa: S101
    found: GraphQLField | None = core.query_type.fields.get(node.name.value)
    return found


def declaration_of(definition: GraphQLField | None) -> Any:
    """Where a field says that it comes from; None for one that is resolved."""
    declared: Any = None if definition is None else definition.extensions.get("strawberry-definition")
    return None if declared is None else declared.metadata.get(READ)


def sets_of(nodes: Sequence[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set is not None]


def nullable(type_: GraphQLOutputType) -> GraphQLOutputType:
    found: GraphQLOutputType = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return found


def _leaf(type_: GraphQLLeafType) -> Complete:
    serialize = type_.serialize
    if isinstance(type_, GraphQLEnumType):
        return _once_each(serialize)
    if type_ not in (GraphQLString, GraphQLID):
        return serialize

    def complete(value: Any) -> Any:
        return value if value.__class__ is str else serialize(value)

    return complete


def _once_each(serialize: Complete) -> Complete:
    """There are only so many values of an enum; what is none of them raises, and is not kept."""
    known: dict[Any, Any] = {}

    def complete(value: Any) -> Any:
        try:
            return known[value]
        except (KeyError, TypeError):
            found = serialize(value)
            if isinstance(value, Enum):
                known[value] = found
            return found

    return complete


def _same(value: Any) -> Any:
    return value


def _attribute_of(type_: GraphQLObjectType, name: str) -> str | None:
    """The attribute that holds the value of a field which nothing has to be asked for."""
    definition = type_.fields[name]
    if declaration_of(definition) is not None:
        return None
    field: Any = definition.extensions["strawberry-definition"]
    attribute: str = field.python_name
    return attribute if field.base_resolver is None and attribute.isidentifier() else None


def _refused() -> None:
    raise Unplanned


class _Writer:
    """Writes a function of a value: Python runs one expression faster than what goes through a list of members."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"refused": _refused}

    def name(self, value: Any) -> str:
        name = f"c{len(self._names)}"
        self._names[name] = value
        return name

    def function(self, expression: str) -> Complete:
        code = compile(f"lambda value: {expression}", "<completing>", "eval")
        made: Complete = eval(code, self._names)  # noqa: S307  made of names of the schema and of ours alone
        return made
