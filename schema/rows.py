"""What of an answer becomes the rows of a table: its one list of objects, and every value below as a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

Path = tuple[str, ...]

_UNSAID = {("LocalizedText", "in"), ("LocalizedString", "value")}
"""A text in a language is called as the text is."""
_OF_A_PAGE = {"edges", "nodes"}


class Column(NamedTuple):
    name: str
    path: Path
    """From the row on."""


class Rows(NamedTuple):
    path: Path
    """Of the list, or of the one object, from the data on."""
    columns: Sequence[Column]
    page_info: Path | None
    """Where the answer says whether there is more, and after which cursor; None for a list without pages."""

    def of(self, data: Any) -> list[Any]:
        """Those in an answer; one object is a row by itself."""
        found = at(data, self.path)
        if isinstance(found, list):
            return found
        return [] if found is None else [found]

    def after(self, data: Any) -> str | None:
        """The cursor of what follows, where there is more."""
        found = None if self.page_info is None else at(data, self.page_info)
        return found["endCursor"] if found is not None and found["hasNextPage"] else None

    def total(self, data: Any) -> int | None:
        """Of all pages together; None where the document does not ask for it."""
        found = None if self.page_info is None else at(data, self.page_info[:-1])
        return None if found is None else found.get("totalCount")


class _Found(NamedTuple):
    """A field of the answer, with all that is asked below it."""

    key: str
    parent: str
    name: str
    field: GraphQLField
    below: tuple[SelectionSetNode, ...]

    @property
    def is_list(self) -> bool:
        return is_list_type(get_nullable_type(self.field.type))

    @property
    def is_connection(self) -> bool:
        return bool(get_named_type(self.field.type).name.endswith("Connection"))

    @property
    def of(self) -> GraphQLCompositeType | None:
        named = get_named_type(self.field.type)
        return named if is_composite_type(named) else None


def rows_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Rows | None:
    """None where there is no list, or more than one: nobody could say which is meant."""
    reading = _Reading(schema, document)
    root = schema.get_root_type(operation.operation)
    assert root is not None  # noqa: S101  the document was validated
    lists = list(reading.lists((), root, (operation.selection_set,)))
    if len(lists) != 1:
        return None
    ((path, found),) = lists
    assert found.of is not None  # noqa: S101
    columns = _columns(reading.columns((), (), found.of, found.below))
    page_info = (*path[:-1], "pageInfo")
    asked = set(reading.leaves((), root, (operation.selection_set,)))
    is_paged = {(*page_info, "hasNextPage"), (*page_info, "endCursor")} <= asked
    return Rows(path, columns, page_info if is_paged else None)


def row_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Rows | None:
    """The one object that is the whole answer, as the only row; None where it is more than one list."""
    reading = _Reading(schema, document)
    root = schema.get_root_type(operation.operation)
    assert root is not None  # noqa: S101  the document was validated
    everything = (operation.selection_set,)
    path: Path
    found = reading.fields(root, everything)
    if len(found) == 1 and found[0].of is not None and not found[0].is_list and not found[0].is_connection:
        (only,) = found
        path, columns = (only.key,), reading.columns((), (), only.of, only.below)
    elif any(reading.lists((), root, everything)):
        return None
    else:
        path, columns = (), reading.columns((), (), root, everything)
    return Rows(path, _columns(columns), None)


def _columns(found: Iterable[tuple[str, Path]]) -> list[Column]:
    plain = list(found)
    taken = Counter(name for name, _ in plain)
    return [Column(name if taken[name] == 1 else ".".join(path), path) for name, path in plain]


def at(data: Any, path: Sequence[str]) -> Any:
    for key in path:
        data = None if data is None else data.get(key)
    return data


class _Reading:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def lists(self, path: Path, parent: Any, sets: Sequence[SelectionSetNode]) -> Iterator[tuple[Path, _Found]]:
        """Those of objects, that are in no other."""
        for found in self.fields(parent, sets):
            here = (*path, found.key)
            if found.of is not None and found.is_list:
                yield here, found
            elif found.of is not None:
                yield from self.lists(here, found.of, found.below)

    def columns(
        self, path: Path, names: Path, parent: Any, sets: Sequence[SelectionSetNode]
    ) -> Iterator[tuple[str, Path]]:
        for found in self.fields(parent, sets):
            plumbing = found.parent.endswith("Connection") and found.name in _OF_A_PAGE
            unsaid = plumbing or (names and (found.parent, found.name) in _UNSAID)
            here, called = (*path, found.key), names if unsaid else (*names, found.key)
            if found.of is None:
                yield ".".join(called), here
            else:
                yield from self.columns(here, called, found.of, found.below)

    def leaves(self, path: Path, parent: Any, sets: Sequence[SelectionSetNode]) -> Iterator[Path]:
        for found in self.fields(parent, sets):
            here = (*path, found.key)
            if found.of is None:
                yield here
            elif not found.is_list:
                yield from self.leaves(here, found.of, found.below)

    def fields(self, parent: Any, sets: Sequence[SelectionSetNode]) -> list[_Found]:
        """In the order in which they are asked for; what is asked for twice is one."""
        merged: dict[str, _Found] = {}
        for of, node in self._spread(parent, sets):
            name = node.name.value
            key = node.alias.value if node.alias else name
            field = self._schema.get_field(of, name)
            assert field is not None  # noqa: S101  the document was validated
            known = merged.get(key)
            below = (*(known.below if known else ()), *([node.selection_set] if node.selection_set else []))
            merged[key] = _Found(key, of.name, name, field, below)
        return list(merged.values())

    def _spread(self, parent: Any, sets: Sequence[SelectionSetNode]) -> Iterator[tuple[Any, FieldNode]]:
        for each in sets:
            for selection in each.selections:
                match selection:
                    case FieldNode():
                        yield parent, selection
                    case InlineFragmentNode(type_condition=condition, selection_set=inner):
                        yield from self._spread(self._type(condition, parent), [inner])
                    case FragmentSpreadNode(name=name):
                        fragment = self._fragments[name.value]
                        yield from self._spread(self._type(fragment.type_condition, parent), [fragment.selection_set])

    def _type(self, condition: Any, parent: Any) -> Any:
        return parent if condition is None else self._schema.type_map[condition.name.value]
