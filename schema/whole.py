"""What is asked of an object that is to be copied: all that it has itself, and of other objects what they are called.

It is read from the schema, so that a field that is added is exported. Left out is what can be had elsewhere: pages,
which are lists of other objects or the journal; explanations, which are worked out; and the words of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    parse,
    validate,
)

from schema import api
from schema.reading import COMPUTED, TABLES

_CORE: Any = api._schema  # noqa: SLF001  Strawberry has no public name for it
_LEFT_OUT = {"Explanation"}
_CALLED = ("code", "symbol")
"""By which of their fields other objects are called, beside their ids."""
_SHORT = {"RuleCitation": ("source", "paragraph")}
_OF_A_TEXT = "LocalizedText"


@dataclass(frozen=True, slots=True)
class Part:
    """A member of an object, and what it has in its turn."""

    name: str
    parts: tuple[Part, ...] = ()
    is_list: bool = False
    is_text: bool = False
    """In several languages: its parts are the languages."""
    keys: tuple[str, ...] = ()
    """Under which it is answered, the first that is there, where it has another type in each object."""

    def of(self, answered: Mapping[str, Any]) -> Any:
        """The member, as it is exported, of an object as it was answered."""
        value = next((answered[key] for key in self.keys or (self.name,) if key in answered), None)
        if value is None or not self.parts:
            return value
        return [self._inner(each) for each in value] if self.is_list else self._inner(value)

    def _inner(self, answered: Mapping[str, Any]) -> dict[str, Any]:
        if self.is_text:
            return {each.name: found for each in self.parts if (found := answered[each.name]) is not None}
        return {each.name: each.of(answered) for each in self.parts}

    def columns(self, before: str = "") -> Iterator[tuple[str, ...]]:
        """The paths to all that is to have a column of its own; what is a list has one for all of it."""
        if self.is_list or not self.parts:
            yield (self.name,)
        elif self.is_text:
            yield from ((self.name, each.name) for each in self.parts)
        else:
            yield from ((self.name, *path) for each in self.parts for path in each.columns())


@dataclass(frozen=True, slots=True)
class Whole:
    """How all of an object of one type is asked for, by ids."""

    type_name: str
    text: str
    document: DocumentNode
    parts: tuple[Part, ...]

    def columns(self) -> list[tuple[str, ...]]:
        return [path for part in self.parts for path in part.columns()]

    def of(self, answered: Mapping[str, Any]) -> dict[str, Any]:
        """An object as it is exported, of one as it was answered."""
        return {"__typename": self.type_name, **{part.name: part.of(answered) for part in self.parts}}


def type_names() -> list[str]:
    """Of all types over a table, in the order of their names."""
    return sorted(TABLES.keys() & _CORE.type_map.keys())


def whole(type_name: str, languages: Sequence[str]) -> Whole:
    asking = _Asking(languages)
    type_ = _CORE.type_map[type_name]
    parts, selection = asking.object(type_, frozenset())
    text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ... on {type_name} {{ {selection} }} }} }}"
    document = parse(text)
    errors = validate(_CORE, document)
    if errors:
        raise TypeError(f"all of a {type_name} can not be asked for: {errors[0].message}")
    return Whole(type_name, text, document, parts)


class _Asking:
    def __init__(self, languages: Iterable[str]) -> None:
        self._languages = {code.replace("-", "_"): code for code in languages}

    def object(self, type_: GraphQLObjectType, within: frozenset[str]) -> tuple[tuple[Part, ...], str]:
        only = _SHORT.get(type_.name)
        parts, texts = [], []
        for name, field in type_.fields.items():
            if only is not None and name not in only:
                continue
            found = self._field(name, field, within | {type_.name})
            if found is not None:
                parts.append(found[0])
                texts.append(found[1])
        return tuple(parts), " ".join(texts)

    def _field(self, name: str, field: GraphQLField, within: frozenset[str]) -> tuple[Part, str] | None:
        led_to = get_named_type(field.type)
        is_list = isinstance(get_nullable_type(field.type), GraphQLList)
        if (
            any(is_required_argument(each) for each in field.args.values())
            or led_to.name in _LEFT_OUT
            or led_to.name.endswith("Connection")
            or (led_to.name in within and not _is_of_its_own(led_to))
        ):
            return None
        if not is_composite_type(led_to):
            return Part(name, is_list=is_list), name
        if led_to.name == _OF_A_TEXT:
            parts = [Part("original"), *(Part(alias) for alias in self._languages)]
            texts = [
                f'{alias}: in(language: "{code}", fallback: []) {{ value status }}'
                for alias, code in self._languages.items()
            ]
            return Part(name, tuple(parts), is_list, is_text=True), f"{name} {{ original {' '.join(texts)} }}"
        if isinstance(led_to, GraphQLObjectType) and not _is_of_its_own(led_to):
            inner, text = self.object(led_to, within)
        else:
            inner, text = _called(led_to)
        return Part(name, inner, is_list), f"{name} {{ {text} }}"


def _is_of_its_own(type_: GraphQLNamedType) -> bool:
    return is_abstract_type(type_) or type_.name in TABLES or type_.name in COMPUTED


def _called(type_: GraphQLNamedType) -> tuple[tuple[Part, ...], str]:
    """Another object is named, and not told: it has a line of its own."""
    own = type_.fields if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else {}
    names = [name for name in _CALLED if name in own]
    text = " ".join(["id", *names])
    if is_abstract_type(type_) and not names:
        possible = _CORE.get_possible_types(type_)
        # Codes of States and of organisations are of two types, and may not be asked for under one name.
        asked = {f"{name}_{each.name}": (name, each) for each in possible for name in _CALLED if name in each.fields}
        text = " ".join(["id", *(f"... on {each.name} {{ {alias}: {name} }}" for alias, (name, each) in asked.items())])
        named = {name: tuple(alias for alias, (of, _) in asked.items() if of == name) for name, _ in asked.values()}
        return (Part("id"), *(Part(name, keys=aliases) for name, aliases in named.items())), text
    return (Part("id"), *map(Part, names)), text
