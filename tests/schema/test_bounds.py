"""What a short question can cost: the answer and the conditions have bounds of their own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import schema
from resolvers.reading import Reader
from resolvers.reading.reader import MOST_OBJECTS
from schema.limits import LENGTHS, WORK
from schema.rule import RuleEvaluation
from tests.api import Api, serving

CIRCLE = "{ officeTerms { office { terms { office { terms { office { terms { office { terms { id } } } } } } } } } }"

SCHEDULE = 'reportSchedule(asOf: "2099-12-31")'


async def test_a_short_question_along_a_circle_of_lists_is_refused_before_it_is_written_out(api: Api) -> None:
    begun = time.process_time()
    error = await api.error(CIRCLE)

    assert error["extensions"]["code"] == "LIMIT_OBJECTS"
    assert time.process_time() - begun < 5


async def test_lists_that_are_computed_count_too(api: Api) -> None:
    field = 'r{day}: reportSchedule(asOf: "2099-12-{day}") {{ annual {{ dueOn }} }}'
    fields = " ".join(field.format(day=day) for day in range(10, 25))

    error = await api.error(f"{{ states(first: 250) {{ nodes {{ {fields} }} }} }}")

    assert error["extensions"]["code"] == "LIMIT_OBJECTS"


async def test_what_hangs_on_what_a_value_answers_with_counts_too(api: Api) -> None:
    circle = CIRCLE.removeprefix("{ officeTerms").removesuffix("}")
    error = await api.error(f'{{ coordinationCommittee(asOf: "2011-12-01") {{ seats {{ term {circle} }} }} }}')

    assert error["extensions"]["code"] == "LIMIT_OBJECTS"


async def test_an_answer_that_is_too_large_is_not_made_to_its_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made, count = 0, Reader._count

    def note(reader: Reader, more: int) -> None:
        nonlocal made
        made += more
        count(reader, more)

    monkeypatch.setattr(Reader, "_count", note)
    days = " ".join(f'a{n}: reportSchedule(asOf: "2099-01-{n}") {{ __typename }}' for n in range(10, 30))
    error = await api.error(f"{{ states(first: 250) {{ nodes {{ {days} }} }} }}")

    assert error["extensions"]["code"] == "LIMIT_OBJECTS"
    assert MOST_OBJECTS < made < MOST_OBJECTS + 1_000


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_others_are_served_while_an_answer_is_computed(
    shared_register_url: str, planner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    monkeypatch.setattr(f"resolvers.reading.{'plan' if planner == 'on' else 'reader'}._STRETCH", 0.0)
    async with serving(shared_register_url, settings={"planner": planner}) as api:
        # Once before, for what was never asked is not planned.
        await api("{ states(first: 250) { nodes { reportSchedule { __typename } } } }")
        others = asyncio.create_task(turn())
        await api("{ states(first: 250) { nodes { reportSchedule { __typename } } } }")
        others.cancel()

    assert turns >= 190


async def test_a_page_makes_nothing_of_the_row_beyond_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.reading.reader.MOST_OBJECTS", 1)
    page = await api('{ states(first: 1, where: {code: ["AUT", "BEL"]}) { nodes { code } pageInfo { hasNextPage } } }')

    assert page["states"] == {"nodes": [{"code": "AUT"}], "pageInfo": {"hasNextPage": True}}


@pytest.mark.parametrize(
    ("around", "asked"),
    [
        ("officeTerms { * }", "office { terms { office { terms { id } } } }"),
        ("states(first: 250) { * }", f"nodes {{ {SCHEDULE} {{ annual {{ dueOn }} }} }}"),
        ("states(first: 250) { edges { * } }", f"node {{ {SCHEDULE} {{ annual {{ dueOn }} }} }}"),
        ("states(first: 250) { nodes { * } }", f"{SCHEDULE} {{ annual {{ dueOn }} }}"),
        (f"states(first: 250) {{ nodes {{ {SCHEDULE} {{ * }} }} }}", "annual { dueOn }"),
    ],
    ids=["a list", "nodes", "node", "computed", "inside computed"],
)
async def test_what_is_asked_under_several_names_is_counted_as_often(api: Api, around: str, asked: str) -> None:
    def under(names: int) -> str:
        return "{ " + around.replace("*", " ".join(f"a{n}: {asked}" for n in range(names))) + " }"

    assert await api(under(1))
    error = await api.error(under(20))

    assert error["extensions"]["code"] == "LIMIT_OBJECTS"


async def test_what_is_asked_again_under_the_same_name_is_counted_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.reading.reader.MOST_OBJECTS", 1)
    page = await api("{ states(first: 1) { nodes { code } nodes { __typename } } }")

    assert page["states"]["nodes"] == [{"code": "AFG", "__typename": "State"}]


@pytest.mark.parametrize(
    "where",
    [
        {"or": [{"kind": ["x"]}] * 1000},
        {"and": [{"language": "en"}] * 100},
        {"not": {"or": [{"not": {"language": "en"}}] * 60}},
    ],
)
async def test_conditions_are_counted_however_they_are_nested(api: Api, where: dict[str, Any]) -> None:
    error = await api.error("query ($w: DocumentWhere) { documents(where: $w) { totalCount } }", w=where)

    assert error["extensions"]["code"] == "LIMIT_CONDITIONS"


async def test_conditions_are_counted_over_the_whole_operation(api: Api) -> None:
    where = {"or": [{"language": "en"}] * 15}
    query = """query ($w: DocumentWhere) {
        a: documents(where: $w, first: 1) { totalCount } b: documents(where: $w, first: 2) { totalCount } }"""

    assert (await api(query, w=where))["a"]["totalCount"] > 0
    assert (await api.error(query, w={"or": [{"language": "en"}] * 35}))["extensions"]["code"] == "LIMIT_CONDITIONS"


async def test_a_column_that_is_named_again_in_an_order_decides_nothing(api: Api) -> None:
    query = "query ($o: [DocumentOrder!]) { documents(orderBy: $o, first: 3) { nodes { symbol } } }"
    once = [{"field": "SYMBOL", "direction": "DESC"}]

    assert await api(query, o=once * 700) == await api(query, o=once)


async def test_a_list_of_many_words_is_a_set(api: Api) -> None:
    query = "query ($s: [MeetingStatus!]) { meetings(where: {and: [{status: $s}, {status: $s}]}) { totalCount } }"

    assert (await api(query, s=["CLOSED"] * 17_000))["meetings"]["totalCount"] == 62


async def test_a_very_long_prefix_finds_nothing(api: Api) -> None:
    query = "query ($p: String) { documents(where: {symbolPrefix: $p}) { totalCount } }"

    assert (await api(query, p="x" * 100_000))["documents"]["totalCount"] == 0


async def test_at_most_250_ids_at_once(api: Api) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    here = (await api('{ meeting(code: "2MSP") { id } }'))["meeting"]["id"]

    assert len((await api(query, ids=[here] * 250))["nodes"]) == 250
    assert "251" in (await api.error(query, ids=[here] * 251))["message"]


ELIGIBLE = 'eligibleStates(portfolio: "universalization", startsOn: "2026-01-01")'
WITH_REASONS = ELIGIBLE + " { state { code } report { eligible evaluations { explanation citation { paragraph } } } }"
SCALARS = {
    ELIGIBLE + " { report { eligible } }": 500,
    "complianceReview { asOf }": 100,
    "coordinationCommittee { asOf }": 50,
    'upcomingVacancies(before: "2027-01-01") { seat }': 50,
    'intersessionalSlots(year: 2026, ruleSet: "2011-proposal") { startsOn }': 20,
    "mandateRules { code }": 20,
}


async def cost_of(api: Api, *fields: str) -> int:
    asked = " ".join(f"a{n}: {field}" for n, field in enumerate(fields))
    answer = await api.answer(f"{{ {asked} }}")
    assert "errors" not in answer
    return int(answer["extensions"]["cost"]["requested"])


@pytest.mark.parametrize("field", SCALARS)
async def test_what_is_worked_out_anyhow_is_paid_for_whatever_is_chosen_of_it(api: Api, field: str) -> None:
    assert await cost_of(api, field) > SCALARS[field]


async def test_every_state_is_judged_with_reasons_in_one_question_and_not_ten_times(api: Api) -> None:
    assert await cost_of(api, WITH_REASONS) > 120 * 10
    error = await api.error("{ " + " ".join(f"a{n}: {WITH_REASONS}" for n in range(10)) + " }")
    assert error["extensions"]["code"] == "LIMIT_COST"


async def test_the_length_of_what_the_review_finds_is_paid_for(api: Api) -> None:
    findings = await cost_of(api, "complianceReview { findings { rule { code } } }")
    assert findings >= await cost_of(api, "complianceReview { findings { message } }") + 150


async def test_a_page_is_paid_for_once_through_its_nodes_as_through_its_edges(api: Api) -> None:
    people = 'meeting(code: "2MSP") { participations(first: 50) { %s } }'
    asked = "{ role party { __typename } person { fullName } credentials { status } }"

    assert await cost_of(api, people % f"nodes {asked}") == 1 + 1 + 50 + 50 * 3
    assert await cost_of(api, people % f"edges {{ node {asked} }}") == 1 + 1 + 50 + 50 + 50 * 3


def test_the_lists_and_fields_that_have_a_price_of_their_own_are_there() -> None:
    core = schema.api._schema
    assert core.query_type is not None
    assert set(WORK) <= set(core.query_type.fields)
    for name in LENGTHS:
        type_name, _, field = name.partition(".")
        assert type_name in core.type_map
        assert not field or field in core.type_map[type_name].fields  # type: ignore[attr-defined]


async def test_what_rules_said_is_made_only_where_it_is_asked_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made, of = 0, RuleEvaluation.of.__func__  # type: ignore[attr-defined]

    def note(cls: type[RuleEvaluation], *args: Any, **options: Any) -> Any:
        nonlocal made
        made += 1
        return of(cls, *args, **options)

    monkeypatch.setattr(RuleEvaluation, "of", classmethod(note))
    await api(f"{{ {ELIGIBLE} {{ report {{ eligible }} }} }}")
    assert made == 0
    answer = await api(f"{{ {ELIGIBLE} {{ report {{ a: evaluations {{ verdict }} b: evaluations {{ verdict }} }} }} }}")
    reports = [each["report"] for each in answer["eligibleStates"]]
    assert made == sum(len(report["a"]) for report in reports)
    assert all(report["a"] == report["b"] for report in reports)
