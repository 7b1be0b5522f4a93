"""Every field, query and act is for those for whom the reviewed table says it is, and for nobody else."""

from __future__ import annotations

import copy
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    extend_schema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
)
from sqlalchemy import insert, select
from sqlmodel import col

import db
from db.table import new_id
from db.unit import instant
from mandate.actor import Act, Capacity, Visibility
from mandate.export import ExportFormat, ExportStatus
from schema import api as published
from schema.id import encode_id
from schema.reading import shape_of
from tests.access import matrix
from tests.access.matrix import PLACES, Selections, among, faults, granted, keys_of, outcome, parties_of, sees
from tests.access.register import Callers, Objects, Target, hide_one_of_each, let_call, targets
from tests.api import Api, serving
from tests.conftest import Templates

pytestmark = pytest.mark.anyio

SCHEMA: GraphQLSchema = published._schema
TABLE = matrix.load()
VISIBLE: list[str] = TABLE["visible"]["types"]
OTHERS = [name for name in TABLE["types"] if name not in VISIBLE]
CELLS = 114_223
"""Changes with the table: the difference is part of what is reviewed."""
CALLERS: list[str] = list(TABLE["callers"])
REFERENCE = "ISU_DIRECTOR"
"""Sees everything, so that an answer to others is its own without what they may not see."""
SIGHTS = ["PUBLIC", "SIGNATORY", "STATE_PARTY", "ICRC", "PARTICIPANT", REFERENCE]
"""One caller for every row of the visibilities that differs, and the rows of queries: of each group, somebody."""
EMPTY: tuple[Any, ...] = (None, [], {"nodes": []})
COMPUTED_KEYS = {"MandateRule": "2011-proposal/coordinator-rotation"}
"""Of types that no table holds, an object."""
TOLD_OF_IT = {"history", "evaluations", "waivers"}
"""What an object has, and no meeting: of what is for participants, it is for the ISU."""
TOGETHER = 60
"""Acts in one operation, at most."""
MOST_WORDS = 1_900
WORDS = re.compile(r"\w+|\.\.\.|[^\s,]")
"""What the limits of a document count."""
CANDIDATES = 40
"""Rows of a table from which the one of which most is told is taken."""


# ---------- the table and the schema name the same ----------


def test_the_table_names_everything_that_the_schema_has_and_nothing_else() -> None:
    assert faults(TABLE, SCHEMA) == []


def _without(table: Any, name: str, *below: str) -> Any:
    """All but what the names lead to; what is not on the way is no copy."""
    if below:
        return {**table, name: _without(table[name], *below)}
    if isinstance(table, list):
        return [each for each in table if each != name]
    return {each: row for each, row in table.items() if each != name}


def _without_one_name(table: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The table without each of its rows in turn, and without each of its fields; with what is then missing."""
    for section, what in (("types", "type"), ("belongs", "type"), ("queries", "query"), ("acts", "act")):
        for name in table[section]:
            yield _without(table, section, name), f"{what} {name} has no row"
    for name in table["callers"]:
        yield _without(table, "callers", name), f"capacity {name} has no row"
    for name in PLACES:
        yield _without(table, "visible", name), f"visibility {name} has no row"
    for name in VISIBLE:
        yield _without(table, "visible", "types", name), f"visible type {name} has no row"
    for type_name, row in table["types"].items():
        for class_, fields in row.items():
            for name in fields:
                yield _without(table, "types", type_name, class_, name), f"field {type_name} {name} has no row"
    for type_name, fields in table["belongs"].items():
        for name in fields:
            yield _without(table, "belongs", type_name, name), f"field {type_name} {name} has no row"


def test_whatever_row_is_taken_out_is_missed() -> None:
    tried = list(_without_one_name(TABLE))

    assert len(tried) > 300
    for shorter, missed in tried:
        assert missed in faults(shorter, SCHEMA)


@pytest.mark.parametrize(
    ("added", "missed"),
    [
        ("extend type State { secret: String }", "field State secret has no row"),
        ("extend type Explanation { secret: String }", "field Explanation secret has no row"),
        ("extend type Query { secrets: [String!]! }", "query secrets has no row"),
        ("extend type Mutation { tell: Boolean }", "act tell has no row"),
        ("type Secret { told: String } extend type State { secret: Secret }", "type Secret has no row"),
    ],
)
def test_what_is_added_to_the_schema_is_missed_in_the_table(added: str, missed: str) -> None:
    assert missed in faults(TABLE, extend_schema(SCHEMA, parse(added)))


@pytest.mark.parametrize(
    ("section", "name", "row"),
    [
        ("types", "Treasure", {"all": ["id"]}),
        ("belongs", "Price", ["amount"]),
        ("queries", "treasures", ["everybody"]),
        ("acts", "giveAway", {"may": ["isu"], "own": [], "input": {}}),
    ],
)
def test_what_the_schema_lacks_is_a_fault_of_the_table(section: str, name: str, row: Any) -> None:
    longer = copy.deepcopy(TABLE)
    longer[section][name] = row

    assert any(name in fault and "is not there" in fault for fault in faults(longer, SCHEMA))


def test_every_act_of_the_mandate_has_a_row() -> None:
    assert set(TABLE["acts"]) == {act.value for act in Act}


def test_the_matrix_is_as_large_as_we_say() -> None:
    # Each test below compares as many of them as are counted here.
    assert sum(matrix.cells(TABLE).values()) == CELLS


def test_every_field_of_the_table_is_among_those_asked_for() -> None:
    selections = Selections(TABLE, SCHEMA)
    for name in TABLE["types"]:
        selections.node(name)
    for root in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type):
        assert root is not None
        for field_ in root.fields.values():
            selections.below(get_named_type(field_.type))
    named = {f"{name}.{each}" for name in TABLE["types"] for each in matrix.fields_of(TABLE, name)}
    named |= {f"{name}.{each}" for name, fields in TABLE["belongs"].items() for each in fields}

    assert named <= selections.asked


# ---------- what is asked over HTTP ----------


@dataclass(slots=True)
class Held:
    """What was compared, and where the answer is not what the table says."""

    cells: set[tuple[str, ...]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def compare(self, cell: tuple[str, ...], answered: Any, expected: Any) -> None:
        self.cells.add(cell)
        if answered != expected:
            self.wrong.append(f"{' × '.join(cell)}: {_short(answered)}, and not {_short(expected)}")


@dataclass(frozen=True, slots=True)
class Register:
    callers: Callers
    objects: Objects


@pytest.fixture(scope="module")
def prepared_url(templates: Templates) -> Iterator[str]:
    url = templates.databases.copy(templates.register)
    yield url
    templates.databases.drop(url)


@pytest.fixture(scope="module")
async def register(prepared_url: str) -> AsyncIterator[Register]:
    """For tests that only read: what they read is prepared once."""
    async with serving(prepared_url) as api:
        objects = await hide_one_of_each(api.database, TABLE)
        yield Register(await let_call(api, TABLE, list(TABLE["keys"])), objects)


@pytest.fixture
async def own(register_url: str) -> AsyncIterator[Api]:
    async with serving(register_url) as api:
        yield api


async def test_callers_hold_what_the_table_says(register: Register) -> None:
    held = {}
    for caller in CALLERS:
        (viewer,) = (await register.callers(caller)("{ viewer { capacities { name } } }")).values()
        held[caller] = {each["name"] for each in viewer["capacities"]}

    assert held == {caller: {"PUBLIC", *row["holds"]} for caller, row in TABLE["callers"].items()}
    assert set().union(*held.values()) == set(Capacity)


async def test_accounts_and_keys_are_shown_to_their_holder_alone(register: Register) -> None:
    shown = {}
    for caller in CALLERS:
        (viewer,) = (await register.callers(caller)("{ viewer { account { id label keys { id label } } } }")).values()
        shown[caller] = viewer["account"]
    node = "query ($id: ID!) { node(id: $id) { id } }"
    ids = [shown[REFERENCE]["id"], shown[REFERENCE]["keys"][0]["id"]]
    refused = [await register.callers(caller).error(node, id=each) for caller in CALLERS for each in ids]

    assert shown.pop("PUBLIC") is None
    for caller, account in shown.items():
        assert [account["label"], *(key["label"] for key in account["keys"])] == [f"{caller}, full"] * 2
    assert {error["message"].partition(":")[0] for error in refused} == {
        "The id is that of an Account, which is no node",
        "The id is that of an ApiKey, which is no node",
    }


@pytest.mark.parametrize("type_name", VISIBLE)
async def test_an_object_is_there_for_those_in_the_row_of_its_visibility(register: Register, type_name: str) -> None:
    found, selection = Held(), Selections(TABLE, SCHEMA).node(type_name)
    one = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {selection} }} }} }}"
    all_ = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {{ {selection} }} }} }}"
    ids = {place: register.objects.ids[type_name, place] for place in PLACES}
    whole = {place: (await register.callers(REFERENCE)(one, id=each))["node"] for place, each in ids.items()}

    for caller in CALLERS:
        for key in keys_of(TABLE, caller):
            # One by one for whom the most is absent; for all others what is absent stands beside what is there.
            if caller == "PUBLIC":
                answers = [await register.callers(caller).answer(one, id=each) for each in ids.values()]
                told = {place: _data(answer, "node") for place, answer in zip(ids, answers, strict=True)}
            else:
                answer = await register.callers(caller, key).answer(all_, ids=list(ids.values()))
                told = dict(zip(ids, _data(answer, "nodes"), strict=True))
            for place in PLACES:
                expected = (
                    _expected(register, caller, key, type_name, whole[place])
                    if sees(TABLE, caller, key, place, type_name)
                    else None
                )
                as_participant = caller == Capacity.PARTICIPANT and place == Visibility.PARTICIPANTS
                for name in matrix.fields_of(TABLE, type_name):
                    cell = (caller, key, f"{type_name}.{name}", place)
                    answered = _member(told[place], name)
                    if as_participant and name in TOLD_OF_IT and _is_part_of(answered, _member(expected, name)):
                        found.compare(cell, answered, answered)
                    else:
                        found.compare(cell, answered, _member(expected, name))

    assert found.wrong == []
    assert len(found.cells) == matrix.cells(TABLE)[type_name]
    # A field that is empty in every object proves nothing; that no language is missing is an answer.
    empty = {name for name in matrix.fields_of(TABLE, type_name) if all(told[name] in EMPTY for told in whole.values())}
    assert empty - {"missingLanguages"} == set()


@pytest.mark.parametrize("type_name", OTHERS)
async def test_an_object_that_can_not_be_hidden_is_there_for_everybody(register: Register, type_name: str) -> None:
    found, selection = Held(), Selections(TABLE, SCHEMA).node(type_name)
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {selection} }} }} }}"
    key, whole = await _richest(register, type_name, selection)

    for caller in CALLERS:
        told = _data(await register.callers(caller).answer(query, id=key), "node")
        expected = _expected(register, caller, "full", type_name, whole)
        for name in matrix.fields_of(TABLE, type_name):
            found.compare((caller, f"{type_name}.{name}"), _member(told, name), _member(expected, name))

    assert found.wrong == []
    assert len(found.cells) == matrix.cells(TABLE)[type_name]


async def test_a_query_is_answered_to_those_in_its_row(register: Register, engine_name: str) -> None:
    """Who may ask it, is decided before the database is asked, and what it then shows, by what the caller may see: on
    SQLite all ask, on PostgreSQL one of each kind of sight."""
    found, selections = Held(), Selections(TABLE, SCHEMA)
    callers = CALLERS if engine_name == "sqlite" else SIGHTS
    variables = {
        "state": encode_id("State", "DEU"),
        "document": register.objects.ids["Document", "PUBLIC"],
        "meeting": register.objects.ids["Meeting", "PUBLIC"],
        "communication": register.objects.ids["Communication", "PUBLIC"],
        "workPlan": register.objects.ids["WorkPlan", "PUBLIC"],
    }
    exports = await _an_export_each(register)
    variables["export"] = ""
    root = SCHEMA.query_type
    assert root is not None

    for name, row in TABLE["queries"].items():
        asked = selections.field(root, name)
        used = [each for each in variables if f"${each}" in asked]
        declared = f"({', '.join(f'${each}: ID!' for each in used)})" if used else ""
        for caller in callers:
            variables["export"] = exports.get(f"{caller}, full", encode_id("Export", "none"))
            answer = await register.callers(caller).answer(
                f"query {declared} {{ {asked} }}", **{each: variables[each] for each in used}
            )
            found.compare(
                (caller, name), _outcome(answer, name), "ANSWERED" if caller in among(TABLE, row) else "FORBIDDEN"
            )
            for type_name, key in _named(answer.get("data")):
                place = register.objects.place(type_name, key)
                if place is not None and not sees(TABLE, caller, "full", place, type_name):
                    found.wrong.append(f"{caller} × {name} names a {type_name} that is {place}")

    assert found.wrong == []
    assert len(found.cells) == len(TABLE["queries"]) * len(callers)
    assert engine_name != "sqlite" or len(found.cells) == matrix.cells(TABLE)["queries"]


async def test_an_act_is_done_by_those_in_its_row(own: Api, engine_name: str) -> None:
    """Each act is asked for all that it leads to; but where it is forbidden, there is only a message to ask for.

    Acts of one caller come together, as many as a document may hold, for what they cost is mostly the request; those
    that are done, with those that are for the same callers, so that all of these ask by one document. And a key that is
    for no acts is refused before the database is asked: with those keys acts are tried on SQLite, and with the others
    on both engines. What an act asks of the database is the same for all who may: on SQLite all of them do it, on
    PostgreSQL the first, upon its own party and upon another.
    """
    found = Held()
    keys = [key for key, row in TABLE["keys"].items() if engine_name == "sqlite" or row.get("acts", True)]
    wanted = [
        (caller, key, act, of_own)
        for act in TABLE["acts"]
        for caller in CALLERS
        for key in keys_of(TABLE, caller)
        if key in keys
        for of_own in parties_of(TABLE, caller)
    ]
    callers, upon = await let_call(own, TABLE, keys), await targets(own.database, TABLE, wanted)
    wholly: dict[tuple[str, str, bool, str], list[str]] = {}
    forbidden: dict[tuple[str, str, bool, str], list[str]] = {}
    done, left_out = set[tuple[str, bool, str]](), 0

    for caller, key, act, of_own in wanted:
        expected = outcome(TABLE, caller, key, act, own=of_own)
        if expected == "FORBIDDEN":
            forbidden.setdefault((caller, key, of_own, ""), []).append(act)
        elif engine_name != "sqlite" and (act, of_own, expected) in done:
            left_out += 1
        else:
            done.add((act, of_own, expected))
            wholly.setdefault((caller, key, of_own, _who(act)), []).append(act)
    below = {act: Selections(TABLE, SCHEMA).below(get_named_type(_field(act).type)) for act in TABLE["acts"]}
    message = dict.fromkeys(below, " { __typename ... on Problem { code } }")
    for asked, selections in ((wholly, below), (forbidden, message)):
        for (caller, key, of_own, _), acts in asked.items():
            for some in _documents(acts, selections):
                given = {act: _input(act, upon[caller, key, act, of_own]) for act in some}
                answer = await callers(caller, key).answer(_all_of(some, selections), **given)
                for act in some:
                    expected = outcome(TABLE, caller, key, act, own=of_own)
                    found.compare(_of_act(caller, key, act, of_own), _came_to(answer, act), expected)

    assert found.wrong == []
    assert len(found.cells) == len(wanted) - left_out
    assert engine_name != "sqlite" or len(wanted) == matrix.cells(TABLE)["acts"]


# ---------- answers ----------


def _of_act(caller: str, key: str, act: str, own: bool) -> tuple[str, ...]:
    return caller, key, act, "its own party" if own else "another party"


def _came_to(answer: dict[str, Any], act: str) -> str:
    if "errors" in answer:
        return str(answer["errors"])
    problem: dict[str, str] = answer["data"][act]
    if problem["__typename"] == "Forbidden":
        return "FORBIDDEN"
    return problem["__typename"] if "code" in problem else "DONE"


async def _an_export_each(register: Register) -> dict[str, str]:
    """By the label of its account."""
    waits = {"dataset": "body", "format": ExportFormat.CSV, "status": ExportStatus.QUEUED, "created_at": instant()}
    async with register.callers.api.database.writing() as connection:
        accounts = (await connection.execute(select(col(db.Account.label), col(db.Account.id)))).all()
        found = {str(label): {**waits, "id": new_id(), "account_id": key} for label, key in accounts}
        await connection.execute(insert(db.Export), list(found.values()))
    return {label: encode_id("Export", str(row["id"])) for label, row in found.items()}


def _data(answer: dict[str, Any], name: str) -> Any:
    """Absent is null without a word; an error is told as it is."""
    return answer["errors"] if "errors" in answer else answer["data"][name]


def _member(told: Any, name: str) -> Any:
    return told.get(name) if isinstance(told, Mapping) else told


def _is_part_of(answered: Any, whole: Any) -> bool:
    """Whether a list, or a page, has nothing but what the whole one has."""
    if isinstance(whole, dict) and isinstance(answered, dict):
        answered, whole = answered["nodes"], whole["nodes"]
    return isinstance(answered, list) and isinstance(whole, list) and all(each in whole for each in answered)


def _outcome(answer: dict[str, Any], name: str) -> str:
    if "errors" not in answer:
        return "NULL" if answer["data"][name] is None else "ANSWERED"
    codes = {error["extensions"]["code"] for error in answer["errors"]}
    return "FORBIDDEN" if codes == {"FORBIDDEN"} else str(answer["errors"])


def _expected(register: Register, caller: str, key: str, type_name: str, whole: dict[str, Any]) -> dict[str, Any]:
    """The whole object without the fields that are not for the caller, and without what is hidden from the caller."""
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    fields = granted(TABLE, caller, key, type_name)
    found: dict[str, Any] = {}
    for name, value in whole.items():
        if name == "__typename":
            continue
        shown = _without_hidden(register, caller, key, type_.fields[name].type, value)
        found[name] = None if name not in fields or shown is _GONE else shown
    return found


_GONE = object()


def _without_hidden(register: Register, caller: str, key: str, declared: Any, value: Any) -> Any:
    """Objects that are hidden leave their lists; where one may not be null, what holds it goes with it."""
    nullable = get_nullable_type(declared)
    if is_list_type(nullable) and value is not None:
        kept = [_without_hidden(register, caller, key, nullable.of_type, each) for each in value]
        return [each for each in kept if each is not None and each is not _GONE]
    type_ = get_named_type(declared)
    if not isinstance(value, dict) or not hasattr(type_, "fields"):
        return value
    shown: Any = {}
    place = register.objects.place(value.get("__typename", ""), value.get("id", ""))
    if place is not None and not sees(TABLE, caller, key, place, value["__typename"]):
        shown = None
    for name, each in value.items() if shown is not None else ():
        member = type_.fields[name].type if name in type_.fields else None
        below = each if member is None else _without_hidden(register, caller, key, member, each)
        if below is _GONE:
            shown = None
            break
        shown[name] = below
    return _GONE if shown is None and isinstance(declared, GraphQLNonNull) else shown


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """The objects that an answer names."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value.get("__typename", ""), value["id"]
        for each in value.values():
            yield from _named(each)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


# ---------- requests ----------


async def _richest(register: Register, type_name: str, selection: str) -> tuple[str, dict[str, Any]]:
    """The object of which most is told, among the first of its table, so that few cells are empty for everybody."""
    shape = shape_of(SCHEMA.type_map[type_name])
    assert shape is not None
    if shape.table is None:
        query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {selection} }} }} }}"
        id_ = encode_id(type_name, COMPUTED_KEYS[type_name])
        return id_, (await register.callers(REFERENCE)(query, id=id_))["node"]
    (key,) = shape.table.primary_key.columns
    rows = select(shape.table) if shape.only is None else select(shape.table).where(shape.only)
    api = register.callers(REFERENCE)
    async with api.database.reading() as connection:
        found = (await connection.execute(rows.order_by(key))).mappings().all()
    found = sorted(found, key=lambda row: -sum(value is not None for value in row.values()))[:CANDIDATES]
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {{ {selection} }} }} }}"
    best: dict[str, Any] = {}
    for start in range(0, len(found), 4):
        ids = [encode_id(type_name, row[key.name]) for row in found[start : start + 4]]
        best = max([best, *(await api(query, ids=ids))["nodes"]], key=_told)
    return best["id"], best


def _told(node: dict[str, Any] | None) -> int:
    return sum(value not in EMPTY for value in (node or {}).values())


def _who(act: str) -> str:
    """All that its row says of callers."""
    return repr({name: who for name, who in TABLE["acts"][act].items() if name != "input"})


def _documents(acts: Iterable[str], selections: Mapping[str, str]) -> Iterator[list[str]]:
    """In the order of the table, as many at a time as come in under the limits of a document."""
    some, tokens = list[str](), 0
    for act in acts:
        more = len(WORDS.findall(_all_of([act], selections)))
        if some and (tokens + more > MOST_WORDS or len(some) == TOGETHER):
            yield some
            some, tokens = [], 0
        some.append(act)
        tokens += more
    yield some


def _all_of(acts: Iterable[str], selections: Mapping[str, str]) -> str:
    """One after the other, each with its input by its name; if one is done after all, its code is absent."""
    declared = ", ".join(f"${act}: {_field(act).args['input'].type}" for act in acts)
    return f"mutation ({declared}) {{ {' '.join(f'{_asked(act, act)}{selections[act]}' for act in acts)} }}"


def _asked(act: str, variable: str) -> str:
    only = ", validateOnly: true" if "validateOnly" in _field(act).args else ""
    return f"{act}(input: ${variable}{only})"


def _field(act: str) -> GraphQLField:
    root = SCHEMA.mutation_type
    assert root is not None
    found: GraphQLField = root.fields[act]
    return found


def _input(act: str, target: Target) -> dict[str, Any]:
    filled: dict[str, Any] = _filled(TABLE["acts"][act]["input"], target)
    return filled


def _filled(value: Any, target: Target) -> Any:
    match value:
        case dict():
            return {name: _filled(each, target) for name, each in value.items()}
        case list():
            return [_filled(each, target) for each in value]
        case str():
            return target.get(value, value)
    return value
