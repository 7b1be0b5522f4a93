"""Everybody gets a fair share, and is told how much of it is left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import orjson
import pytest
from graphql import get_introspection_query
from starlette.requests import Request

import isu.operation
from isu.address import client_network, read_networks
from isu.fair_use import MAX_STREAMS, PER_ACCOUNT, PER_ADDRESS, REFUSED_COST, FairUse
from isu.operation import MOST_KEPT, execute_in
from isu.settings import Settings
from isu.turned_away import TurnedAway
from tests.api import Api, serving
from tests.make import ISU, key_for

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
ENFORCED = {"rate_limit": "on"}
RESPONSE = "application/graphql-response+json"


class Clock:
    """Two clocks that go together: one that only goes forward, and that on the wall."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 1_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def request_from(host: str | None, *forwarded: str, key: bool = False) -> Request:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    if key:
        headers.append((b"authorization", b"Bearer x"))
    return Request({"type": "http", "client": None if host is None else (host, 1), "headers": headers})


ANYBODY = request_from("192.0.2.1")


def fair_use(clock: Clock, **more: Any) -> FairUse:
    return FairUse(clock=clock.monotonic, now=clock.now, **more)


def test_points_flow_back_all_the_time(clock: Clock) -> None:
    counted = fair_use(clock, per_account=600)

    first = counted.charge(ANYBODY, "a", 400)
    clock.seconds += 10
    second = counted.charge(ANYBODY, "a", 250)
    clock.seconds += 3_600
    rested = counted.charge(ANYBODY, "a", 1)

    assert (first.remaining, first.limit, first.cost) == (200, 600, 400)
    assert first.reset_at == NOON + timedelta(seconds=40)
    assert (second.remaining, second.reset_at) == (50, NOON + timedelta(seconds=10 + 55))
    assert rested.remaining == 599


def test_who_asks_too_much_is_told_when_to_come_back_and_may_then(clock: Clock) -> None:
    counted = fair_use(clock, per_account=600)
    counted.charge(ANYBODY, "a", 500)

    with pytest.raises(TurnedAway) as refused:
        counted.charge(ANYBODY, "a", 301)
    wait = int((refused.value.headers or {})["Retry-After"])
    clock.seconds += wait - 1
    with pytest.raises(TurnedAway):
        counted.charge(ANYBODY, "a", 301)
    clock.seconds += 1

    assert refused.value.status == 429
    assert refused.value.extensions == {
        "cost": {"requested": 301, "remaining": 100, "limit": 600, "resetAt": "2026-01-15T12:00:50+00:00"}
    }
    assert wait == 21
    assert counted.charge(ANYBODY, "a", 301).remaining >= 0


def test_every_account_and_every_address_has_its_own_share(clock: Clock) -> None:
    counted = fair_use(clock, per_account=10, per_address=5)
    counted.charge(ANYBODY, "a", 10)
    counted.charge(ANYBODY, None, 5)

    assert counted.charge(ANYBODY, "b", 10).remaining == 0
    assert counted.charge(request_from("192.0.2.2"), None, 5).remaining == 0
    for account in ("a", "b", None):
        with pytest.raises(TurnedAway):
            counted.charge(ANYBODY, account, 1)


def test_an_operation_that_costs_nothing_is_still_a_request(clock: Clock) -> None:
    counted = fair_use(clock, per_account=1)
    counted.charge(ANYBODY, "a", 0)

    with pytest.raises(TurnedAway):
        counted.charge(ANYBODY, "a", 0)


def test_what_is_refused_is_paid_for_by_the_address_which_may_come_to_owe(clock: Clock) -> None:
    counted = fair_use(clock, per_address=2 * REFUSED_COST - 1)
    for _ in range(2):
        counted.greet(ANYBODY)
        counted.charge_refused(ANYBODY)

    with pytest.raises(TurnedAway):
        counted.greet(ANYBODY)
    counted.greet(request_from("192.0.2.2"))
    counted.greet(request_from("192.0.2.1", key=True))
    assert counted.charge(ANYBODY, "a", 1).cost == 1
    for _ in range(100):
        counted.charge_refused(ANYBODY)
    clock.seconds += 60
    counted.greet(ANYBODY)


def test_a_refused_credential_is_paid_for_by_no_one_else_of_its_address(clock: Clock) -> None:
    counted = fair_use(clock, per_address=2 * REFUSED_COST - 1)
    junk = request_from("192.0.2.1", key=True)
    for _ in range(2):
        counted.charge_stranger(junk)

    with pytest.raises(TurnedAway) as refused:
        counted.charge_stranger(junk)
    assert (refused.value.status, (refused.value.headers or {})["Retry-After"]) == (429, "1")
    assert refused.value.message.startswith("What can not run, and a credential that is refused, costs 100 points,")
    counted.charge_stranger(request_from("192.0.2.2", key=True))
    counted.greet(ANYBODY)
    counted.greet(junk, "a")
    assert counted.charge(ANYBODY, None, 1).remaining == 2 * REFUSED_COST - 2
    clock.seconds += 1
    counted.charge_stranger(junk)


def test_an_account_pays_for_what_it_asks_in_vain_and_may_come_to_owe(clock: Clock) -> None:
    counted = fair_use(clock, per_account=REFUSED_COST)
    counted.greet(ANYBODY, "a")
    counted.charge_refused(ANYBODY, "a")

    with pytest.raises(TurnedAway):
        counted.greet(ANYBODY, "a")
    counted.greet(ANYBODY, "b")
    counted.greet(ANYBODY)


@pytest.mark.parametrize(("cost", "said"), [(1, "1 point,"), (2, "2 points,"), (1_001, "1,001 points,")])
def test_what_an_operation_costs_is_said(clock: Clock, cost: int, said: str) -> None:
    counted = fair_use(clock, per_account=1_500)
    counted.charge(ANYBODY, "a", 1_500)

    with pytest.raises(TurnedAway, match=f"The operation costs {said} and 0 are left of 1,500 a minute"):
        counted.charge(ANYBODY, "a", cost)


def test_only_so_many_callers_are_remembered_and_a_crowd_of_addresses_displaces_no_account(clock: Clock) -> None:
    counted = fair_use(clock, per_account=10, per_address=10, callers=3)
    counted.charge(ANYBODY, "a", 10)
    counted.charge(ANYBODY, None, 10)

    for n in range(4):
        counted.charge(request_from(f"198.51.100.{n}"), None, 1)

    assert len(counted._addresses._left) == 3
    assert counted.charge(ANYBODY, None, 10).remaining == 0  # forgotten, the one that was not seen for longest
    with pytest.raises(TurnedAway):
        counted.charge(ANYBODY, "a", 1)


def test_who_came_again_is_not_the_first_to_be_forgotten(clock: Clock) -> None:
    counted = fair_use(clock, per_account=10, callers=2)
    for account in ("a", "b", "a", "c"):
        counted.charge(ANYBODY, account, 5)

    with pytest.raises(TurnedAway):
        counted.charge(ANYBODY, "a", 1)
    assert counted.charge(ANYBODY, "b", 5).remaining == 5


def test_what_was_charged_too_much_is_given_back_and_no_more(clock: Clock) -> None:
    counted = fair_use(clock, per_account=10)
    counted.charge(ANYBODY, "a", 8)

    counted.give_back(ANYBODY, "a", 3)
    assert counted.charge(ANYBODY, "a", 1).remaining == 4
    counted.give_back(ANYBODY, "a", 9)
    assert counted.charge(ANYBODY, "a", 1).remaining == 9


def test_how_long_there_is_to_wait_is_known_before(clock: Clock) -> None:
    counted = fair_use(clock, per_account=60)
    counted.charge(ANYBODY, "a", 60)

    assert [counted.seconds_until(ANYBODY, "a", cost) for cost in (0, 1, 30)] == [1.0, 1.0, 30.0]
    assert counted.seconds_until(ANYBODY, "b", 30) == 0.0


def test_every_account_and_every_address_has_its_own_streams(clock: Clock) -> None:
    counted = fair_use(clock)
    one, *_ = [counted.take_stream(ANYBODY, "a") for _ in range(MAX_STREAMS)]

    for caller in ("b", None):
        counted.take_stream(ANYBODY, caller)()
    with pytest.raises(TurnedAway) as refused:
        counted.take_stream(ANYBODY, "a")
    one()
    counted.take_stream(request_from("192.0.2.2"), "a")

    assert (refused.value.status, (refused.value.headers or {})["Retry-After"]) == (429, "60")
    assert dict(counted._streams) == {(False, "a"): MAX_STREAMS}


def test_switched_off_it_counts_nothing_and_still_tells_the_cost(clock: Clock) -> None:
    counted = fair_use(clock, per_account=10, per_address=10, enforced=False)
    for _ in range(3):
        counted.charge_refused(ANYBODY)
        counted.charge_stranger(ANYBODY)
        counted.greet(ANYBODY)
    for _ in range(MAX_STREAMS + 1):
        counted.take_stream(ANYBODY, "a")
    assert counted.seconds_until(ANYBODY, "a", 11) == 0.0

    for _ in range(3):
        standing = counted.charge(ANYBODY, "a", 9)
        assert (standing.cost, standing.remaining, standing.reset_at) == (9, 10, NOON)


PROXIES = tuple(read_networks("10.0.0.0/8, fd00::/8,192.0.2.7"))


@pytest.mark.parametrize(
    ("host", "forwarded", "proxies", "found"),
    [
        ("192.0.2.1", (), (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.1",), (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.1",), PROXIES, "192.0.2.1"),
        ("10.0.0.1", ("198.51.100.1",), PROXIES, "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9, 198.51.100.1",), PROXIES, "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9, 198.51.100.1, 10.2.3.4",), PROXIES, "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.1", "10.2.3.4"), PROXIES, "198.51.100.1"),
        ("192.0.2.7", ("198.51.100.1:4711",), PROXIES, "198.51.100.1"),
        ("fd00::1", ("[2001:db8:1:2:3:4:5:6]:4711",), PROXIES, "2001:db8:1:2::/64"),
        ("10.0.0.1", ("nonsense",), PROXIES, "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1, nonsense",), PROXIES, "10.0.0.1"),
        ("10.0.0.1", ("",), PROXIES, "10.0.0.1"),
        ("10.0.0.1", (), PROXIES, "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", (), (), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", (), (), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", (), (), "192.0.2.1"),
        ("fe80::1%eth0", (), (), "fe80::/64"),
        (None, ("198.51.100.1",), PROXIES, "local"),
        ("testclient", (), (), "local"),
    ],
)
def test_an_address_is_the_sockets_unless_a_proxy_of_ours_says_otherwise(
    host: str | None, forwarded: tuple[str, ...], proxies: Any, found: str
) -> None:
    assert client_network(request_from(host, *forwarded), proxies) == found


def test_a_proxy_that_is_no_network_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISU_TRUSTED_PROXIES", "10.0.0.0/8,proxy.example")
    with pytest.raises(ValueError, match=r"proxy\.example"):
        Settings()
    monkeypatch.setenv("ISU_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    assert len(Settings().trusted_proxies) == 2


# Over HTTP.


@pytest.fixture
async def api(shared_register_url: str, clock: Clock) -> AsyncIterator[Api]:
    async with serving(shared_register_url, settings=ENFORCED, clock=clock.monotonic, now=clock.now) as api:
        yield api


async def ask(api: Api, query: str, token: str | None = None, media: str = "application/json") -> httpx2.Response:
    headers = {"Accept": media} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    return await api.http.post("/graphql", json={"query": query}, headers=headers)


async def test_every_executed_answer_tells_its_cost(api: Api) -> None:
    answers = [
        (await ask(api, query)).json()
        for query in (
            "{ convention { code } }",
            "{ __schema { queryType { name } } }",
            '{ statusCounts(asOf: "9999-12-31") { count } }',
            "{ __typename }",
        )
    ]
    unable = (await ask(api, "{ nothing }")).json()

    assert [answer["extensions"]["cost"]["requested"] for answer in answers] == [1, 1, 1, 1]
    assert "errors" in answers[2]
    left = [answer["extensions"]["cost"]["remaining"] for answer in answers]
    assert left == [PER_ADDRESS - 1, PER_ADDRESS - 2, PER_ADDRESS - 3, PER_ADDRESS - 4]
    assert answers[0]["extensions"]["cost"]["limit"] == PER_ADDRESS
    assert answers[0]["extensions"]["cost"]["resetAt"] == "2026-01-15T12:00:01+00:00"
    assert "extensions" not in unable


async def test_who_asks_may_see_where_they_stand(api: Api) -> None:
    answer = (await ask(api, "{ convention { code } rateLimit { cost limit remaining resetAt } }")).json()

    told = answer["extensions"]["cost"]
    assert answer["data"]["rateLimit"] == {
        "cost": told["requested"],
        "limit": told["limit"],
        "remaining": told["remaining"],
        "resetAt": told["resetAt"],
    }
    assert told["requested"] == 2


async def test_an_account_has_more_than_an_address_and_neither_uses_up_the_other(register_url: str) -> None:
    async with serving(register_url, settings=ENFORCED) as api:
        token = await key_for(api.database, ISU)
        anonymous = (await ask(api, "{ rateLimit { limit } }")).json()
        known = (await ask(api, "{ rateLimit { limit remaining } }", token)).json()

    assert anonymous["data"]["rateLimit"]["limit"] == PER_ADDRESS
    assert known["data"]["rateLimit"] == {"limit": PER_ACCOUNT, "remaining": PER_ACCOUNT - 1}


@pytest.mark.parametrize("media", ["application/json", RESPONSE])
async def test_over_the_limit_nothing_runs_until_points_are_back(api: Api, clock: Clock, media: str) -> None:
    query = "{ states(first: 250) { nodes { state: treatyActions { state { code } } } } }"
    while (answer := await ask(api, query, media=media)).status_code == 200:
        cost = answer.json()["extensions"]["cost"]
    with api.statements() as sent:
        refused = await ask(api, query, media=media)
    cheap = await ask(api, "{ convention { code } }")
    clock.seconds += int(refused.headers["Retry-After"])
    after = await ask(api, query, media=media)

    [error] = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert refused.headers["Content-Type"].startswith(media)
    assert "data" not in refused.json()
    assert refused.json()["extensions"]["cost"]["requested"] == cost["requested"]
    assert refused.json()["extensions"]["cost"]["remaining"] < cost["requested"]
    assert sent == []
    assert cheap.status_code == 200
    assert after.status_code == 200


MUTATION = 'mutation { endContact(input: {id: "x", expectedVersion: 1}) { __typename } }'
IN_VAIN = {
    "syntax": "{",
    "validation": "{ nothing }",
    "limits": "{ conventions " + "a: conventions " * 31 + "}",
    "no stream": "subscription { changes { __typename } }",
}
STATUS = {"by GET": 405, "no stream": 400}


@pytest.mark.parametrize("kind", [*IN_VAIN, "by GET"])
async def test_what_can_not_run_is_not_free(api: Api, kind: str) -> None:
    async def in_vain() -> httpx2.Response:
        if kind == "by GET":
            return await api.http.get("/graphql", params={"query": MUTATION})
        return await ask(api, IN_VAIN[kind])

    refused = [(await in_vain()).status_code for _ in range(PER_ADDRESS // REFUSED_COST)]
    after = await in_vain()

    assert set(refused) == {STATUS.get(kind, 200)}
    assert after.status_code == (await ask(api, "{ __typename }")).status_code == 429
    [error] = after.json()["errors"]
    assert "costs 100 points, and 0 are left of 20,000 a minute; try again in 1 s." in error["message"]


async def test_refused_credentials_are_sent_away_and_their_neighbours_are_not(register_url: str, clock: Clock) -> None:
    async with serving(register_url, settings=ENFORCED, clock=clock.monotonic) as api:
        good = await key_for(api.database, ISU)
        junk = ["x", good[:-4] + "AAAA", "a.b.c"]
        refused = [
            await ask(api, query, junk[n % 3])
            for n, query in enumerate(["{", MUTATION, "{ __typename }"] * 80)
            if n < PER_ADDRESS // REFUSED_COST
        ]
        after = [await ask(api, "{", token) for token in junk]
        neighbours = [await ask(api, "{ __typename }", token) for token in (good, None)]
        clock.seconds += 1
        later = await ask(api, "{", junk[0])

    assert {answer.status_code for answer in refused} == {401}
    assert {answer.status_code for answer in after} == {429}
    assert [answer.status_code for answer in neighbours] == [200, 200]
    assert [answer.json()["extensions"]["cost"]["remaining"] for answer in neighbours] == [
        PER_ACCOUNT - 1,
        PER_ADDRESS - 1,
    ]
    assert later.status_code == 401


async def test_an_account_pays_for_its_own_mistakes(register_url: str, clock: Clock) -> None:
    async with serving(register_url, settings=ENFORCED, clock=clock.monotonic) as api:
        token = await key_for(api.database, ISU)
        for query in IN_VAIN.values():
            await ask(api, query, token)
        standing = [(await ask(api, "{ __typename }", each)).json()["extensions"]["cost"] for each in (token, None)]

    assert [each["remaining"] for each in standing] == [PER_ACCOUNT - len(IN_VAIN) * REFUSED_COST - 1, PER_ADDRESS - 1]


async def test_an_account_that_owes_is_sent_away_before_anything_is_parsed(
    register_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isu.fair_use.REFUSED_COST", PER_ACCOUNT)
    async with serving(register_url, settings=ENFORCED, clock=clock.monotonic) as api:
        token = await key_for(api.database, ISU)
        refused, after = [(await ask(api, "{", token)).status_code for _ in range(2)]
        neighbour = (await ask(api, "{ __typename }")).status_code

    assert (refused, after, neighbour) == (200, 429, 200)


async def test_a_bad_idempotency_key_is_refused_before_anything_is_parsed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.operation.parse", None)

    refused = await api.http.post("/graphql", json={"query": MUTATION}, headers={"Idempotency-Key": "x" * 256})

    assert refused.json()["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_INVALID"


async def test_a_roomful_of_people_behind_one_address_may_open_graphiql(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which asks for the whole schema first, and the schema is written out but once."""
    executed: list[Any] = []

    async def counted(*given: Any, **named: Any) -> Any:
        executed.append(given)
        return await execute_in(*given, **named)

    monkeypatch.setattr(isu.operation, "execute_in", counted)

    answers = [await ask(api, get_introspection_query()) for _ in range(30)]

    assert {answer.status_code for answer in answers} == {200}
    assert len({orjson.dumps(answer.json()["data"]) for answer in answers}) == 1
    assert len(executed) == 1


async def test_few_answers_about_the_schema_are_kept_and_each_to_its_own_question(api: Api) -> None:
    types = ["State", "Meeting", *(f"Nothing{number}" for number in range(2 * MOST_KEPT)), "State"]

    answers = [await api.answer("query ($name: String!) { __type(name: $name) { name } }", name=name) for name in types]

    told = [None if answer["data"]["__type"] is None else answer["data"]["__type"]["name"] for answer in answers]
    assert told == ["State", "Meeting", *[None] * (2 * MOST_KEPT), "State"]
    wrong = await api.answer("query ($name: String!) { __type(name: $name) { name } }")
    assert "errors" in wrong


async def test_the_page_and_health_are_free(api: Api) -> None:
    for _ in range(PER_ADDRESS // REFUSED_COST):
        await ask(api, "{")

    page = await api.http.get("/graphql", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert (await api.http.get("/health/live")).status_code == 200
    assert (await ask(api, "{ __typename }")).status_code == 429


async def test_it_can_be_switched_off(shared_register_url: str) -> None:
    async with serving(shared_register_url, settings={"rate_limit": "off"}) as api:
        for _ in range(PER_ADDRESS // REFUSED_COST + 1):
            await ask(api, "{")
        standing = await api("{ rateLimit { remaining } }")

    assert standing == {"rateLimit": {"remaining": PER_ADDRESS}}


async def test_what_a_query_costs_does_not_change_its_data(api: Api) -> None:
    query = "{ states(first: 3) { nodes { code } } }"

    first, second = (await ask(api, query)).json(), (await ask(api, query)).json()

    assert first["data"] == second["data"]
    assert first["extensions"] != second["extensions"]
