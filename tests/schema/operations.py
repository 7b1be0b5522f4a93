"""Random queries that are valid by the schema: aliases, fragments, directives, variables, nulls and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

DAYS = ("2010-08-01", "2011-09-16", "2015-06-30", "2026-01-15")
TEXTS = ("en", "fr", "zh", "xx")


class Operations:
    """Asks about what there is: `known` are values by the name of an argument or of a scalar, or cursors of a field."""

    def __init__(self, schema: GraphQLSchema, known: Mapping[str, Sequence[str]], random: Random) -> None:
        self._schema = schema
        self._known = known
        self._random = random
        self._variables: dict[str, tuple[str, Any]] = {}
        self._fragments: list[str] = []
        self._left = 0
        self._names = 0
        self._asked = ""

    def query(self, roots: Sequence[str], *, size: int = 25, depth: int = 4) -> tuple[str, dict[str, Any]]:
        """A document and its variables."""
        self._left = size
        query = self._schema.query_type
        assert query is not None
        chosen = [self._random.choice(roots) for _ in range(self._random.choice((1, 1, 1, 2, 3)))]
        fields = [self._field(query.fields[name], name, depth) for name in chosen]
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self._variables.items())
        text = f"query {f'({declared}) ' if declared else ''}{{ {' '.join(fields)} }}\n" + "\n".join(self._fragments)
        return text, {name: value for name, (_, value) in self._variables.items() if value is not _LEFT_OUT}

    # ---------- selections ----------

    def _field(self, field: GraphQLField, name: str, depth: int) -> str:
        self._asked = name
        alias = f"{self._name('a')}: " if self._random.random() < 0.3 or self._takes(field) else ""
        return f"{alias}{name}{self._arguments(field)}{self._directive()}{self._selection(field, depth)}"

    def _takes(self, field: GraphQLField) -> bool:
        # Two fields of one name merge only with the same arguments.
        return bool(field.args) or not is_leaf_type(get_named_type(field.type))

    def _selection(self, field: GraphQLField, depth: int) -> str:
        named = get_named_type(field.type)
        return "" if is_leaf_type(named) else " " + self._set(named, depth - 1)

    def _set(self, type_: Any, depth: int) -> str:
        parts = ["__typename"] if self._random.random() < 0.2 or is_abstract_type(type_) else []
        if is_abstract_type(type_):
            kinds = list(self._schema.get_possible_types(type_))
            chosen = self._random.sample(kinds, min(len(kinds), self._random.choice((1, 2))))
            parts += [f"... on {kind.name} {self._set(kind, depth)}" for kind in chosen]
            return "{ " + " ".join(parts) + " }"
        assert isinstance(type_, GraphQLObjectType)
        names = [name for name, field in type_.fields.items() if depth > 0 or is_leaf_type(get_named_type(field.type))]
        for name in self._random.sample(names, min(len(names), self._random.randint(1, 5))):
            field = type_.fields[name]
            if self._left <= 0 and not is_leaf_type(get_named_type(field.type)):
                continue
            self._left -= 1
            text = self._field(field, name, depth)
            choice = self._random.random()
            if choice < 0.1:
                text = f"... on {type_.name}{self._directive()} {{ {text} }}"
            elif choice < 0.2:
                fragment = self._name("F")
                self._fragments.append(f"fragment {fragment} on {type_.name} {{ {text} }}")
                text = f"...{fragment}{self._directive()}"
            elif choice < 0.25:
                text = f"{text} {text}"
            parts.append(text)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _directive(self) -> str:
        if self._random.random() > 0.08:
            return ""
        name, value = self._random.choice(("skip", "include")), self._random.random() < 0.5
        if self._random.random() < 0.5:
            return f" @{name}(if: ${self._variable('Boolean!', value)})"
        return f" @{name}(if: {str(value).lower()})"

    # ---------- arguments ----------

    def _arguments(self, field: GraphQLField) -> str:
        given: list[str] = []
        for name, argument in field.args.items():
            required = is_required_argument(argument)
            often = 0.9 if name in {"first", "by", "code"} else 0.1 if name in {"after", "before"} else 0.35
            if not required and self._random.random() > often:
                continue
            if name == "last" and any(each.startswith("first") for each in given):
                continue
            given.append(f"{name}: {self._given(name, argument)}")
        return f"({', '.join(given)})" if given else ""

    def _given(self, name: str, argument: GraphQLArgument) -> str:
        value = self._value(name, argument.type)
        if self._random.random() < 0.4:
            if self._random.random() < 0.1 and not isinstance(argument.type, GraphQLNonNull):
                value = self._random.choice((None, _LEFT_OUT))
            return f"${self._variable(str(argument.type), value)}"
        return _literal(value, argument.type)

    def _value(self, name: str, type_: GraphQLInputType) -> Any:
        match type_:
            case GraphQLNonNull():
                return self._value(name, type_.of_type)
            case GraphQLList():
                return [self._value(name, type_.of_type) for _ in range(self._random.choice((0, 1, 1, 2)))]
            case GraphQLEnumType():
                return self._random.choice(list(type_.values))
            case GraphQLInputObjectType():
                return self._object(type_)
        if name in {"after", "before"} and str(type_) == "String":
            return self._random.choice(self._known.get(f"cursor of {self._asked}", ("x",)))
        if name in {"first", "last"}:
            return self._random.choice((0, 1, 2, 3, 7))
        make: Callable[[], Any] = {
            "Int": lambda: self._random.choice((0, 1, 2011, 2015)),
            "Float": lambda: 0.5,
            "Boolean": lambda: self._random.random() < 0.5,
            "Date": lambda: self._random.choice(DAYS),
            "DateTime": lambda: f"{self._random.choice(DAYS)}T00:00:00+00:00",
            "LanguageCode": lambda: self._random.choice(TEXTS),
        }.get(str(type_), lambda: self._random.choice(self._known.get(name) or self._known.get(str(type_)) or ("x",)))
        return make()

    def _object(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        names = list(type_.fields)
        number = 1 if type_.is_one_of else min(len(names), self._random.choice((1, 1, 2)))
        chosen = {name for name in self._random.sample(names, number) if self._random.random() < 0.8 or number == 1}
        chosen |= {name for name, each in type_.fields.items() if isinstance(each.type, GraphQLNonNull)}
        # What combines conditions with themselves would go on for ever.
        if self._left < 0:
            chosen -= {"and", "or", "not"}
        self._left -= 1
        return {name: self._value(name, type_.fields[name].type) for name in names if name in chosen}

    def _variable(self, type_: str, value: Any) -> str:
        name = self._name("v")
        self._variables[name] = (type_, value)
        return name

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}{self._names}"


_LEFT_OUT = object()


def _literal(value: Any, type_: GraphQLInputType) -> str:
    if isinstance(type_, GraphQLNonNull):
        return _literal(value, type_.of_type)
    if value is None:
        return "null"
    if isinstance(value, list):
        assert isinstance(type_, GraphQLList)
        return "[" + ", ".join(_literal(each, type_.of_type) for each in value) + "]"
    if isinstance(value, dict):
        assert isinstance(type_, GraphQLInputObjectType)
        return (
            "{" + ", ".join(f"{name}: {_literal(each, type_.fields[name].type)}" for name, each in value.items()) + "}"
        )
    if isinstance(type_, GraphQLEnumType):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value}"'
