"""What one document may ask for, and that finding out costs next to nothing."""

import time
from typing import Any

import pytest
import strawberry
from graphql import (
    OperationDefinitionNode,
    get_introspection_query,
    parse,
)

from schema.limits import (
    MAX_ALIASES,
    MAX_COST,
    MAX_DEPTH,
    MAX_DIRECTIVES,
    MAX_SELECTIONS,
    MAX_TOKENS,
    MAX_VALUE_DEPTH,
    measure,
)
from schema.operation import Documents, Prepared, cost_error


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class StateEdge:
    node: "State"


@strawberry.type
class StateConnection:
    edges: list[StateEdge]
    page_info: PageInfo


@strawberry.type
class State:
    code: str

    @strawberry.field
    def neighbours(self, first: int | None = None, last: int | None = None) -> StateConnection:
        raise NotImplementedError

    @strawberry.field
    def history(self, first: int = 50) -> list["State"]:
        raise NotImplementedError

    @strawberry.field
    def capital(self, tags: list[list[str]] | None = None) -> "State":
        raise NotImplementedError


@strawberry.type
class Query:
    @strawberry.field
    def state(self) -> State:
        raise NotImplementedError

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[State]:
        raise NotImplementedError


SCHEMA = strawberry.Schema(query=Query)
CORE = SCHEMA._schema
TWICE = "{ state { neighbours(first: %s) { edges { node { neighbours(first: %s) { edges { node { code } } } } } } } }"


def codes(text: str) -> list[str]:
    prepared = Documents(SCHEMA).prepare(text)
    return [] if isinstance(prepared, Prepared) else [e["extensions"]["code"] for e in prepared]


def message(text: str) -> str:
    prepared = Documents(SCHEMA).prepare(text)
    assert isinstance(prepared, list)
    [error] = prepared
    return str(error["message"])


def cost(text: str, **variables: Any) -> int:
    prepared = Documents(SCHEMA).prepare(text)
    assert isinstance(prepared, Prepared), prepared
    operation = prepared.operation(None)
    assert isinstance(operation, OperationDefinitionNode)
    return prepared.cost(operation, variables)


def nested(fields: int) -> str:
    return "{ state " + "{ capital " * (fields - 2) + "{ code }" + " }" * (fields - 2) + " }"


def test_a_document_may_be_twelve_fields_deep() -> None:
    assert codes(nested(MAX_DEPTH)) == []
    assert codes(nested(MAX_DEPTH + 1)) == ["LIMIT_DEPTH"]
    assert message(nested(13)) == "The document asks for 13 levels of fields; 12 are allowed."


def test_fragments_hide_no_depth() -> None:
    def through(links: int) -> str:
        fragments = (f"fragment F{i} on State {{ capital {{ ...F{i + 1} }} }}" for i in range(links))
        return "{ state { ...F0 } } " + " ".join(fragments) + f" fragment F{links} on State {{ code }}"

    assert codes(through(MAX_DEPTH - 2)) == []
    assert codes(through(MAX_DEPTH - 1)) == ["LIMIT_DEPTH"]


def test_introspection_may_be_deeper_and_its_standard_query_passes() -> None:
    standard = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )

    def chain(links: int) -> str:
        return "{ __schema { types " + "{ ofType " * links + "{ name }" + " }" * (links + 2)

    assert codes(standard) == []
    assert cost(standard) < MAX_COST / 2
    assert codes(chain(13)) == []
    assert codes(chain(14)) == ["LIMIT_DEPTH"]


def test_introspection_cannot_be_asked_over_and_over() -> None:
    once = "s%d: __schema { types { fields { type { fields { name type { name } } } } } }"

    assert codes("{ " + once % 1 + " }") == []
    assert codes("{ " + " ".join(once % i for i in range(30)) + " }") == ["LIMIT_COST"]


def test_thirty_aliases_are_counted_through_fragments() -> None:
    fifteen = "fragment F on State { " + " ".join(f"a{i}: code" for i in range(15)) + " }"

    assert codes("{ state { ...F } other: state { code } } " + fifteen) == []
    assert codes("{ state { ...F capital { ...F } } } " + fifteen) == []
    assert codes("{ state { ...F capital { ...F } } x: state { code } } " + fifteen) == ["LIMIT_ALIASES"]
    assert MAX_ALIASES == 30


def test_a_set_has_a_hundred_selections_at_most_counted_through_fragments() -> None:
    fifty = "fragment F on State { " + "code " * 50 + "}"

    assert codes("{ state { " + "code " * MAX_SELECTIONS + "} }") == []
    assert codes("{ state { " + "code " * (MAX_SELECTIONS + 1) + "} }") == ["LIMIT_SELECTIONS"]
    assert codes("{ state { ...F ...F } } " + fifty) == []
    assert codes("{ state { ...F ... { ...F } code } } " + fifty) == ["LIMIT_SELECTIONS"]


def test_directives_are_bounded_in_every_place() -> None:
    many = " @include(if: true)" * (MAX_DIRECTIVES + 1)

    for text in (
        f"{{ state {{ code{many} }} }}",
        f"query{many} {{ state {{ code }} }}",
        f"{{ state {{ ...F{many} }} }} fragment F on State {{ code }}",
        f"{{ state {{ ...F }} }} fragment F on State{many} {{ code }}",
        f"{{ state {{ ... {many} {{ code }} }} }}",
        f"query ($a: Int{many}) {{ state {{ history(first: $a) {{ code }} }} }}",
    ):
        assert codes(text) == ["LIMIT_DIRECTIVES"]


def test_a_document_has_two_thousand_tokens_at_most() -> None:
    # Two braces for each set, the name of each field; comments count too.
    text = "{ state { code } }" + "#\n" * (MAX_TOKENS - 6)

    assert codes(text) == []
    assert codes(text + "#\n") == ["LIMIT_TOKENS"]
    assert message(text + "#\n") == "The document asks for 2,001 or more tokens; 2,000 are allowed."


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("{ __typename }", 0),
        ("{ state { code } }", 1),
        ("{ state { capital { code } again: capital { code } } }", 3),
        ("{ state { neighbours { pageInfo { hasNextPage } } } }", 1 + 1 + 20),
        ("{ state { neighbours(first: 5) { edges { node { code } } } } }", 1 + 1 + 5 + 5),
        ("{ state { neighbours(last: 5) { edges { node { code } } } } }", 1 + 1 + 5 + 5),
        ("{ state { neighbours(first: 5, last: 7) { edges { node { code } } } } }", 1 + 1 + 7 + 7),
        ("{ state { neighbours(first: null) { edges { node { code } } } } }", 1 + 1 + 20 + 20),
        ("{ state { neighbours(first: -5) { edges { node { code } } } } }", 1 + 1),
        ("{ state { neighbours(first: 9999) { edges { node { code } } } } }", 1 + 1 + 250 + 250),
        ("{ state { history { capital { code } } } }", 1 + 1 + 50),
        ("{ state { history(first: 3) { capital { code } } } }", 1 + 1 + 3),
        ('{ nodes(ids: ["a", "b", "c"]) { capital { code } } }', 1 + 3),
        ('{ nodes(ids: "a") { capital { code } } }', 1 + 1),
        (
            TWICE % (10, 10),
            1 + 1 + 10 + 10 + 10 + 10 * (10 + 10),
        ),
        (
            "{ state { ...F } state { ...F } } fragment F on State { history { capital { code } } }",
            2 * (1 + 1 + 50),
        ),
    ],
)
def test_cost_is_one_for_each_object_times_the_pages_around_it(text: str, points: int) -> None:
    assert cost(text) == points


def test_cost_follows_the_variables_of_each_request() -> None:
    text = (
        "query ($n: Int = 3, $m: Int) { state { neighbours(first: $n) { edges { node { ...F } } } } } "
        "fragment F on State { neighbours(last: $m) { edges { __typename } } }"
    )

    assert cost(text) == 1 + 1 + 3 + 3 + 3 + 3 * 20
    assert cost(text, n=2) == 1 + 1 + 2 + 2 + 2 + 2 * 20
    assert cost(text, n=2, m=1) == 1 + 1 + 2 + 2 + 2 + 2
    assert cost(text, n=None, m=None) == 1 + 1 + 20 + 20 + 20 + 20 * 20
    assert cost(text, n=10**9, m=10**9) == 1 + 1 + 250 + 250 + 250 + 250 * 250
    assert cost(text, n={}, m=10**9) == cost(text, n=10**9, m=10**9)


@pytest.mark.parametrize("size", [0.0, -1.0, 1.0, 250.0, 1e300, float("inf")])
def test_a_number_costs_the_same_however_it_is_written(size: float) -> None:
    text = "query ($n: Int) { state { neighbours(first: $n) { edges { node { code } } } } }"

    assert cost(text, n=size) == cost(text, n=int(min(size, 250)))


def test_cost_counts_the_ids_that_are_asked_for() -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { capital { code } } }"

    assert cost(text, ids=["a"] * 300) == 1 + 300
    assert cost(text, ids="a") == cost(text) == 1 + 1


def test_each_operation_of_a_document_has_its_own_cost() -> None:
    prepared = Documents(SCHEMA).prepare(
        "query A($n: Int = 5) { state { ...F } } query B($n: Int = 7) { state { ...F } } "
        "query C { __typename } "
        "fragment F on State { history(first: $n) { capital { code } } }"
    )
    assert isinstance(prepared, Prepared)

    def of(name: str, **variables: Any) -> int:
        operation = prepared.operation(name)
        assert isinstance(operation, OperationDefinitionNode)
        return prepared.cost(operation, variables)

    assert (of("A"), of("B"), of("B", n=1), of("C")) == (7, 9, 3, 0)


def test_what_costs_too_much_is_refused_with_both_numbers() -> None:
    with_variables = "query ($n: Int) " + TWICE % ("$n", "$n")

    assert codes(TWICE % (90, 90)) == []
    assert codes(TWICE % (250, 250)) == ["LIMIT_COST"]
    assert "125,752" in message(TWICE % (250, 250))
    assert "20,000" in message(TWICE % (250, 250))
    assert cost_error(cost(with_variables, n=90)) is None
    refused = cost_error(cost(with_variables, n=250))
    assert refused is not None
    assert refused["extensions"] == {"code": "LIMIT_COST"}


SPREADS = "...F{0} ...F{0}"
LEAF = "fragment F60 on State { code }"


def bomb(link: str) -> str:
    links = "".join(f"fragment F{i} on State {{ {link.format(i + 1)} }} " for i in range(60))
    return "{ state { ...F0 } } " + links


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (bomb(SPREADS) + LEAF, "LIMIT_SELECTIONS"),
        (bomb(SPREADS) + "fragment F60 on State { }", "LIMIT_SELECTIONS"),
        (bomb(SPREADS) + "fragment F60 on State { ...F0 }", "LIMIT_SELECTIONS"),
        (bomb("a: capital {{ ...F{0} }} b: capital {{ ...F{0} }}") + LEAF, "LIMIT_DEPTH"),
        (bomb("capital {{ ...F{0} }} capital {{ ...F{0} }}") + LEAF, "LIMIT_DEPTH"),
        (bomb("a: code ...F{0} b: code ...F{0}") + LEAF, "LIMIT_ALIASES"),
        (bomb("... @skip(if: true) {{ ...F{0} ...F{0} }}") + LEAF, "LIMIT_SELECTIONS"),
        ("{ state { " + " code" * 40_000 + "} }", "LIMIT_TOKENS"),
        ("{ state { " + " ".join(f"a{i}: code" for i in range(16_000)) + "} }", "LIMIT_TOKENS"),
        ("{ state { " + ("capital { " + "code " * 95 + "} ") * 20 + "} }", "LIMIT_SELECTIONS"),
        ("{ state { " + "," * 250_000 + "nothing } }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ state { capital(tags: "' + "x" * 250_000 + '", a: 1) { code } } }', "GRAPHQL_VALIDATION_FAILED"),
        ("{" + "state {" * 900 + "}" * 901, "GRAPHQL_PARSE_FAILED"),
        ("{" + "... {" * 900 + "}" * 901, "GRAPHQL_PARSE_FAILED"),
        ("{ state" + "{ capital" * 150 + "{ code }" + "}" * 151, "LIMIT_DEPTH"),
        ("{ state { capital(tags: " + "[" * 900 + "]" * 900 + ") { code } } }", "GRAPHQL_PARSE_FAILED"),
        ("{ state { capital(tags: " + "[" * 150 + "]" * 150 + ") { code } } }", "LIMIT_DEPTH"),
        ("{ state { capital(tags: " + "{a:" * 150 + "1" + "}" * 150 + ") { code } } }", "LIMIT_DEPTH"),
        ("{ state @a(b: " + "[" * 150 + "]" * 150 + ") { code } }", "LIMIT_DEPTH"),
        ("query ($a: X = " + "[" * 150 + "]" * 150 + ") { state { code } }", "LIMIT_DEPTH"),
        ("query ($a: " + "[" * 900 + "X" + "]" * 900 + ") { state { code } }", "GRAPHQL_PARSE_FAILED"),
        ("query ($a: " + "[" * 150 + "X" + "]" * 150 + ") { state { code } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ state { ...F0 } } "
            + "".join(f"fragment F{i} on State {{ ...F{i + 1} }} " for i in range(240))
            + "fragment F240 on State { code }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{ state { ...A } } fragment A on State { ...B } fragment B on State { ...A }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ state { ...A } } fragment A on State { ...A }", "GRAPHQL_VALIDATION_FAILED"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_hostile_document_is_refused_at_once(text: str, code: str) -> None:
    # Of this process alone and the best of three: neither a busy machine nor garbage is its fault.
    spent = []
    for _ in range(3):
        begun = time.process_time()
        found = codes(text)
        spent.append(time.process_time() - begun)

    assert code in found
    assert min(spent) < 0.15


def test_the_deepest_value_that_is_allowed_reaches_validation() -> None:
    tags = "[" * MAX_VALUE_DEPTH + "]" * MAX_VALUE_DEPTH

    assert codes("{ state { capital(tags: " + tags + ") { code } } }") == ["GRAPHQL_VALIDATION_FAILED"]


def test_a_chain_of_fragments_is_walked_without_recursion() -> None:
    chain = "".join(f"fragment F{i} on State {{ ...F{i + 1} }} " for i in range(5_000))

    errors, bill = measure(CORE, parse("{ state { ...F0 } } " + chain + "fragment F5000 on State { code }"))

    assert errors == []
    assert bill.cost("", {}) == 1


def test_unknown_fields_types_and_fragments_are_left_to_validation() -> None:
    text = "{ nothing(first: 3) { at { all } } ...Missing ... on Nowhere { code } }"

    assert set(codes(text)) == {"GRAPHQL_VALIDATION_FAILED"}


def test_the_memory_for_documents_is_bounded_by_number_and_by_size() -> None:
    by_number = Documents(SCHEMA, max_documents=2)
    first = by_number.prepare("{ state { code } }")
    by_number.prepare("{")
    assert by_number.prepare("{ state { code } }") is first
    bad = by_number.prepare("{ nothing }")
    assert by_number.prepare("{ nothing }") is bad
    assert by_number.prepare("{ state { code } }") is first
    by_number.prepare("{ __typename }")
    assert by_number.prepare("{ nothing }") is not bad

    by_size = Documents(SCHEMA, max_bytes=40)
    first = by_size.prepare("{ state { code } }")
    assert by_size.prepare("{ state { code } }") is first
    by_size.prepare("{ state { code } }" + " " * 10)
    assert by_size.prepare("{ state { code } }") is not first
