"""What of an answer becomes the rows of a table: its one list of objects, and every value below as a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
    """Of the list, from the data on."""
    columns: Sequence[Column]
    page_info: Path | None
    """Where the answer says whether there is more, and after which cursor; None for a list without pages."""


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
    plain = list(reading.columns((), (), found.of, found.below))
    taken = Counter(name for name, _ in plain)
    columns = [Column(name if taken[name] == 1 else ".".join(path), path) for name, path in plain]
    page_info = (*path[:-1], "pageInfo")
    asked = set(reading.leaves((), root, (operation.selection_set,)))
    is_paged = {(*page_info, "hasNextPage"), (*page_info, "endCursor")} <= asked
    return Rows(path, columns, page_info if is_paged else None)


class _Reading:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def lists(self, path: Path, parent: Any, sets: Sequence[SelectionSetNode]) -> Iterator[tuple[Path, _Found]]:
        """Those of objects, that are in no other."""
        for found in self._fields(parent, sets):
            here = (*path, found.key)
            if found.of is not None and found.is_list:
                yield here, found
            elif found.of is not None:
                yield from self.lists(here, found.of, found.below)

    def columns(
        self, path: Path, names: Path, parent: Any, sets: Sequence[SelectionSetNode]
    ) -> Iterator[tuple[str, Path]]:
        for found in self._fields(parent, sets):
            plumbing = found.parent.endswith("Connection") and found.name in _OF_A_PAGE
            unsaid = plumbing or (names and (found.parent, found.name) in _UNSAID)
            here, called = (*path, found.key), names if unsaid else (*names, found.key)
            if found.of is None:
                yield ".".join(called), here
            else:
                yield from self.columns(here, called, found.of, found.below)

    def leaves(self, path: Path, parent: Any, sets: Sequence[SelectionSetNode]) -> Iterator[Path]:
        for found in self._fields(parent, sets):
            here = (*path, found.key)
            if found.of is None:
                yield here
            elif not found.is_list:
                yield from self.leaves(here, found.of, found.below)

    def _fields(self, parent: Any, sets: Sequence[SelectionSetNode]) -> list[_Found]:
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
