"""The authorisation matrix as Python reads it: what it lacks, what it says of a cell, and the requests it asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_required_argument,
    is_union_type,
)

from mandate.actor import Capacity, Scope, Visibility
from schema.reading import shape_of

Table = Mapping[str, Any]

PLACES = (*(each.value for each in Visibility), "CONCERNED_OWN")
"""The visibilities; CONCERNED twice, for it depends on the party named."""
ARGUMENTS = {
    "Communication.bodyHtml": 'language: "en"',
    "LocalizedText.in": 'language: "en"',
    "Query.audiencePreview": "audience: {groups: [NGOS]}",
    "Query.communication": "id: $communication",
    "Query.approvalReadiness": "workPlan: $workPlan",
    "Query.export": "id: $export",
    "Query.coordinatorEligibility": 'portfolio: "universalization", state: "DEU", startsOn: "2030-01-01"',
    "Query.eligibleStates": 'portfolio: "universalization", startsOn: "2030-01-01"',
    "Query.intersessionalSlots": "year: 2030",
    "Query.meetingFeasibility": 'input: {code: "NEW", kind: "intersessional_meeting", formality: INFORMAL, '
    'title: [{language: "en", value: "A meeting"}], startsOn: "2030-05-06", endsOn: "2030-05-08"}',
    "Query.upcomingVacancies": 'before: "2030-01-01"',
    "Viewer.can": 'action: "recordContact"',
    "Organisation.observerStatus": 'meeting: "3RC"',
    "Query.listOfParticipants": 'meeting: "13MSP"',
    "Query.document": "id: $document",
    "Query.meeting": "id: $meeting",
    "Query.node": "id: $state",
    "Query.nodes": "ids: [$state, $document]",
    "Query.organisation": 'code: "ICRC"',
    "Query.search": 'query: "of", first: 100',
    "Query.state": 'by: {code: "DEU"}',
}
"""Of fields that can not be asked without; lists in pages are asked for a whole page."""
ENOUGH = {"StateEligibility.report": "eligible asOf ruleSet evaluations { __typename verdict }"}
"""Of what is told of every State, where another query tells the same of one, and is asked for all of it."""


def load() -> dict[str, Any]:
    with Path(__file__).with_name("matrix.toml").open("rb") as file:
        return tomllib.load(file)


# ---------- what it says ----------


def among(table: Table, names: Iterable[str]) -> set[str]:
    """The callers meant by names of callers and groups."""
    found: set[str] = set()
    for name in names:
        found |= {name} if name in table["callers"] else among(table, table["groups"][name])
    return found


def sees(table: Table, caller: str, key: str, place: str, type_name: str) -> bool:
    """Whether an object of the type and of the visibility is there for the caller."""
    callers = among(table, table["visible"][place])
    if place == Visibility.PARTICIPANTS and type_name in table["visible"]["of_a_meeting"]:
        callers = {*callers, Capacity.PARTICIPANT.value}
    return caller in callers and place in table["keys"][key].get("sees", PLACES)


def granted(table: Table, caller: str, key: str, type_name: str) -> set[str]:
    """The fields of an object that is there; all others are null."""
    fields: set[str] = set()
    for name, named in table["types"][type_name].items():
        class_ = table["classes"][name]
        if key in class_["keys"] and caller in among(table, class_["callers"]):
            fields |= set(named)
    return fields


def outcome(table: Table, caller: str, key: str, act: str, *, own: bool) -> str:
    """Of an act of the caller's, upon its own party or another."""
    row = table["acts"][act]
    if not table["keys"][key].get("acts", True) and not row.get("any_key", False):
        return "FORBIDDEN"
    if caller in among(table, [*row["may"], *(row["own"] if own else [])]):
        return "DONE"
    if own and caller in among(table, row.get("invalid", [])):
        return "Invalid"
    return "Refusal" if caller in among(table, row.get("refused", [])) else "FORBIDDEN"


def fields_of(table: Table, type_name: str) -> list[str]:
    return [field for named in table["types"][type_name].values() for field in named]


def keys_of(table: Table, caller: str) -> list[str]:
    """The public has none, and is listed as if it had one for everything."""
    return ["full"] if caller == "PUBLIC" else list(table["keys"])


def parties_of(table: Table, caller: str) -> list[bool]:
    """Whether an act concerns the caller's own party: it may or may not, where there is one."""
    return [False] if caller == "PUBLIC" else [True, False]


# ---------- what it lacks ----------


def faults(table: Table, schema: GraphQLSchema) -> list[str]:
    """What the schema has and the table does not name, and the reverse."""
    return sorted(
        {
            *_of_types(table, schema),
            *_of_visibility(table, schema),
            *_of_operations(table, schema),
            *_of_callers(table),
            *_of_names(table),
        }
    )


def _of_types(table: Table, schema: GraphQLSchema) -> Iterator[str]:
    named: dict[str, list[str]] = {
        **{name: [field for fields in row.values() for field in fields] for name, row in table["types"].items()},
        **table["belongs"],
    }
    shown = {type_.name: type_ for type_ in _shown(schema)}
    yield from _differences("type", shown, named)
    for name in shown.keys() & named.keys():
        yield from _differences(f"field {name}", shown[name].fields, named[name])
        yield from (f"field {name}.{each} is named twice" for each in named[name] if named[name].count(each) > 1)
    nodes = {name for name, type_ in shown.items() if any(each.name == "Node" for each in type_.interfaces)}
    yield from (f"type {name} has an id for `node`, and does not belong" for name in nodes & table["belongs"].keys())
    yield from (
        f"type {name} has no id for `node`: it belongs" for name in (shown.keys() & table["types"].keys()) - nodes
    )


def _of_visibility(table: Table, schema: GraphQLSchema) -> Iterator[str]:
    hidden = set()
    for name in table["types"]:
        type_ = schema.type_map.get(name)
        shape = None if type_ is None else shape_of(type_)
        if shape is not None and shape.table is not None and "visibility" in shape.table.columns:
            hidden.add(name)
    yield from _differences("visible type", hidden, table["visible"].get("types", []))
    places = [name for name in table["visible"] if name not in ("types", "of_a_meeting")]
    yield from _differences("visibility", PLACES, places)


def _of_operations(table: Table, schema: GraphQLSchema) -> Iterator[str]:
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    yield from _differences("query", schema.query_type.fields, table["queries"])
    assert schema.subscription_type is not None
    yield from _differences("act", schema.mutation_type.fields, table["acts"])
    yield from _differences("subscription", schema.subscription_type.fields, table["subscriptions"])
    for name, row in table["acts"].items():
        yield from _differences(
            f"of act {name}", ["may", "own", "input"], row.keys() - {"refused", "invalid", "any_key"}
        )


def _of_callers(table: Table) -> Iterator[str]:
    yield from _differences("capacity", Capacity, table["callers"])
    yield from _differences("scope", Scope, table["keys"].get("full", {}).get("scopes", []))


def _of_names(table: Table) -> Iterator[str]:
    """Names of callers, groups and classes that are nowhere explained."""
    rows: list[list[str]] = [
        *table["groups"].values(),
        *(row for name, row in table["visible"].items() if name not in ("types", "of_a_meeting")),
        *table["queries"].values(),
        *(row.get(part, []) for row in table["acts"].values() for part in ("may", "own", "refused")),
        *(row["callers"] for row in table["classes"].values()),
    ]
    known = table["callers"].keys() | table["groups"].keys()
    yield from (f"{name} is neither a caller nor a group" for row in rows for name in row if name not in known)
    classes = {name for row in table["types"].values() for name in row}
    yield from (f"class {name} is not explained" for name in classes - table["classes"].keys())


def _differences(what: str, there: Iterable[str], named: Iterable[str]) -> Iterator[str]:
    there, named = set(there), set(named)
    yield from (f"{what} {name} has no row" for name in there - named)
    yield from (f"{what} {name} has a row, and is not there" for name in named - there)


def _shown(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """All that data is made of, but for pages, which show what their nodes show."""
    for type_ in schema.type_map.values():
        if (
            isinstance(type_, GraphQLObjectType)
            and not type_.name.startswith("__")
            and type_ not in (schema.query_type, schema.mutation_type, schema.subscription_type)
            and type_.name != "PageInfo"
            and not type_.name.endswith(("Connection", "Edge"))
        ):
            yield type_


# ---------- how many cells ----------


def cells(table: Table) -> dict[str, int]:
    """By type, and for queries and acts: caller × what × visibility, or × whose party; with each key that is tried.

    What belongs to a field is compared with it, and not counted.
    """
    callers = list(table["callers"])
    with_keys = sum(len(keys_of(table, caller)) for caller in callers)
    of_types = {
        name: len(fields_of(table, name))
        * (len(PLACES) * with_keys if name in table["visible"]["types"] else len(callers))
        for name in table["types"]
    }
    parties = sum(len(keys_of(table, caller)) * len(parties_of(table, caller)) for caller in callers)
    return {**of_types, "queries": len(table["queries"]) * len(callers), "acts": len(table["acts"]) * parties}


# ---------- what is to be asked ----------


class Selections:
    """Selections of everything: objects with an id down to it, what belongs to them all the way."""

    def __init__(self, table: Table, schema: GraphQLSchema) -> None:
        self._table = table
        self._schema = schema
        self.asked: set[str] = set()
        """`Type.field` of all that was selected so far."""

    def node(self, type_name: str) -> str:
        """All the fields of a type with an id."""
        return self._fields(self._object(type_name), set())

    def field(self, parent: GraphQLObjectType, name: str) -> str:
        """A field of the query or of the mutation, with all that it leads to; its `arguments` are given by name."""
        return self._field(parent, name, parent.fields[name], set())

    def below(self, type_: GraphQLNamedType) -> str:
        return self._below(type_, set())

    def _object(self, name: str) -> GraphQLObjectType:
        type_ = self._schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        return type_

    def _fields(self, type_: GraphQLObjectType, within: set[str]) -> str:
        # What belongs is asked for in full once on each way down, so that an explanation of one ends somewhere.
        inside = within | {type_.name}
        return " ".join(
            ["__typename", *(self._field(type_, name, each, inside) for name, each in type_.fields.items())]
        )

    def _field(self, parent: GraphQLObjectType, name: str, field: GraphQLField, within: set[str]) -> str:
        self.asked.add(f"{parent.name}.{name}")
        given = ARGUMENTS.get(f"{parent.name}.{name}", "first: 100" if "first" in field.args else "")
        required = [each for each, argument in field.args.items() if is_required_argument(argument)]
        assert given or not required, f"ARGUMENTS has none for {parent.name}.{name}"
        arguments = f"({given})" if given else ""
        if (enough := ENOUGH.get(f"{parent.name}.{name}")) is not None:
            return f"{name}{arguments} {{ __typename {enough} }}"
        return f"{name}{arguments}{self._below(get_named_type(field.type), within)}"

    def _below(self, type_: GraphQLNamedType, within: set[str]) -> str:
        if is_abstract_type(type_):
            if all(each.name in self._table["types"] for each in self._schema.get_possible_types(type_)):
                return " { __typename ... on Node { id } }" if is_union_type(type_) else " { __typename id }"
            # A result of an act: fields of one name may differ in whether they can be null.
            parts = [
                f"... on {each.name} {{ {self._fields(each, within)} }}"
                for each in self._schema.get_possible_types(type_)
            ]
            return f" {{ __typename {' '.join(parts)} }}"
        if not isinstance(type_, GraphQLObjectType):
            return ""
        if type_.name in self._table["types"]:
            return " { __typename id }"
        if type_.name.endswith("Connection") and "nodes" in type_.fields:
            return f" {{ nodes{self._below(get_named_type(type_.fields['nodes'].type), within)} }}"
        if type_.name in within:
            return " { __typename }"
        return f" {{ {self._fields(type_, within)} }}"
