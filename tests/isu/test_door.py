"""What the front door promises to whoever speaks GraphQL over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

import asyncpg
import httpx2
import pytest
import strawberry
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import Message
from structlog.testing import capture_logs

from isu.accept import MAX_LENGTH, media_type, negotiate
from isu.door import MAX_BODY, Door, TurnedAway, asked_of_url
from isu.event_stream import EVENT_STREAM
from mandate.actor import Actor
from resolvers.error import Unavailable, UserError
from schema.trusted import TrustedDocuments

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@strawberry.enum
class Language(Enum):
    EN = "en"
    FR = "fr"


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class State(Node):
    name: str

    @strawberry.field
    async def neighbours(self, first: int = 2) -> list["State"]:
        return [State(id=strawberry.ID(f"{self.id}{i}"), name=f"N{i}") for i in range(first)]


@strawberry.input
class Where:
    name: str = "Austria"
    languages: list[Language] = strawberry.field(default_factory=lambda: [Language.EN])
    inner: "Where | None" = None


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    async def node(self, id: strawberry.ID) -> Node | None:
        return State(id=id, name="Austria")

    @strawberry.field
    def search(self, where: Where) -> str:
        return f"{where.name} {[language.value for language in where.languages]}"

    @strawberry.field
    def variables(self, info: strawberry.Info, wanted: int) -> str:
        return f"{info.variable_values['wanted']} {info.context} {wanted}"

    @strawberry.field
    def request_id(self) -> str:
        return str(structlog.contextvars.get_contextvars()["request_id"])

    @strawberry.field
    def endless(self) -> strawberry.scalars.JSON:
        return 2**70  # type: ignore[return-value]

    @strawberry.field
    async def waits(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "at last"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> str | None:
        if not name:
            raise UserError("A name has letters.")
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


SCHEMA = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription, types=[State])
SEEN: list[tuple[int, str]] = []


@asynccontextmanager
async def open_context(request: Request) -> AsyncIterator[str]:
    match request.headers.get("x-trouble"):
        case "database":
            raise Unavailable
        case "fault":
            raise RuntimeError("at /srv/secret")
        case "unknown caller":
            raise HTTPException(401, "Who are you?", {"WWW-Authenticate": "Bearer"})
    SEEN.append((request.state.cost, request.state.operation))
    yield "the context"


def page(_request: Request) -> HTMLResponse:
    return HTMLResponse("<!doctype html>", headers={"Content-Security-Policy": "script-src 'self'"})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=[Route("/graphql", Door(SCHEMA, open_context, page))])
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://isu") as client:
        yield client


async def ask(client: httpx2.AsyncClient, query: str, **more: Any) -> httpx2.Response:
    return await client.post("/graphql", json={"query": query, **more}, headers={"Accept": RESPONSE})


def code_of(answer: httpx2.Response) -> str:
    [error] = answer.json()["errors"]
    assert error["message"]
    return str(error["extensions"]["code"])


pytestmark = pytest.mark.anyio


async def test_every_kind_of_resolver_answers(client: httpx2.AsyncClient) -> None:
    answer = await ask(
        client,
        """query ($where: Where!, $wanted: Int = 7) {
            hello
            search(where: $where)
            variables(wanted: $wanted)
            node(id: "a") { __typename id ... on State { name neighbours { id } } }
        }""",
        variables={"where": {"languages": ["FR"]}},
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "data": {
            "hello": "hello world",
            "search": "Austria ['fr']",
            "variables": "7 the context 7",
            "node": {
                "__typename": "State",
                "id": "a",
                "name": "Austria",
                "neighbours": [{"id": "a0"}, {"id": "a1"}],
            },
        }
    }


async def test_every_answer_says_how_to_treat_it(client: httpx2.AsyncClient) -> None:
    answers = [
        await ask(client, "{ hello }"),
        await ask(client, "{"),
        await client.put("/graphql"),
        await client.request("OPTIONS", "/graphql"),
        await client.get("/graphql", headers={"Accept": BROWSER}),
        await client.get("/graphql", headers={"Accept": "image/png"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 405, 204, 200, 406]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Vary"] == "Accept"
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == len(answers)


async def test_what_is_logged_during_a_request_carries_its_id(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "{ requestId }")

    assert answer.json()["data"]["requestId"] == answer.headers["X-Request-Id"]
    assert len(answer.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        (RESPONSE.upper(), RESPONSE),
        (f"{JSON}, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.5, {JSON}", JSON),
        (f"{RESPONSE}, {JSON};q=0.9, text/event-stream", RESPONSE),
        (f"{JSON};charset=utf-8", JSON),
        (f"{JSON}, */*", JSON),
        (f"{RESPONSE};q=0.1, */*", JSON),
        (f"{JSON};q=0, */*;q=0.1", RESPONSE),
        ("*/*;q=0", None),
        (f"{JSON};q=0", None),
        (f"{JSON};charset=latin1", None),
        (f"{JSON};q=nonsense", None),
        ("application/jsonfoo", None),
        ("text/event-stream", EVENT_STREAM),
        ("text/event-stream;q=0", None),
        ("text/*", None),
        (";;,,=", None),
    ],
)
async def test_the_type_of_the_answer_is_the_one_that_is_liked_best(
    client: httpx2.AsyncClient, accept: str, chosen: str | None
) -> None:
    answer = await client.post("/graphql", json={"query": "{ hello }"}, headers={"Accept": accept})

    assert answer.status_code == (406 if chosen is None else 200)
    assert answer.headers["Content-Type"] == f"{chosen or JSON}; charset=utf-8"


async def test_a_browser_gets_the_page_and_nobody_else_does(client: httpx2.AsyncClient) -> None:
    browser = await client.get("/graphql", headers={"Accept": BROWSER})
    with_query = await client.get("/graphql", params={"query": "{ hello }"}, headers={"Accept": BROWSER})
    curl = await client.get("/graphql")
    prefers_json = await client.get("/graphql", headers={"Accept": f"text/html;q=0.5, {JSON}"})

    assert browser.headers["Content-Type"].startswith("text/html")
    assert browser.headers["Content-Security-Policy"] == "script-src 'self'"
    assert with_query.json() == {"data": {"hello": "hello world"}}
    assert (curl.status_code, code_of(curl)) == (400, "BAD_REQUEST")
    assert (prefers_json.status_code, code_of(prefers_json)) == (400, "BAD_REQUEST")
    assert negotiate(BROWSER, (JSON, RESPONSE, "text/html")) == "text/html"


async def test_who_takes_nothing_but_a_stream_finds_in_it_also_why_nothing_runs(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{"}, headers={"Accept": EVENT_STREAM})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{EVENT_STREAM}; charset=utf-8")
    event, data, *_ = answer.text.split("\n")
    assert event == "event: next"
    assert json.loads(data.removeprefix("data: "))["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


async def test_a_query_may_come_by_get_with_all_its_parameters(client: httpx2.AsyncClient) -> None:
    answer = await client.get(
        "/graphql",
        params={
            "query": "query A($name: String!) { hello(name: $name) } query B { hello }",
            "variables": '{"name": "Österreich"}',
            "operationName": "A",
            "extensions": "",
            "anything": "else",
        },
    )

    assert answer.json() == {"data": {"hello": "hello Österreich"}}


@pytest.mark.parametrize(
    "query_string",
    [
        "query=%FF",
        "query={hello}&query={hello}",
        "query={hello}&variables=[]",
        "query={hello}&variables={",
        "query={hello}&variables=1",
        "query={hello}&extensions=[]",
        'query={hello}&variables={"a":1,"a":2}',
        "query={hello}%00",
        "variables={}",
    ],
)
async def test_a_url_that_cannot_be_understood_is_a_bad_request(client: httpx2.AsyncClient, query_string: str) -> None:
    answer = await client.get(f"/graphql?{query_string}")

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


async def test_a_mutation_needs_post(client: httpx2.AsyncClient) -> None:
    mutation = 'mutation { rename(name: "x") }'

    for media in (JSON, RESPONSE):
        refused = await client.get("/graphql", params={"query": mutation}, headers={"Accept": media})
        assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
        assert code_of(refused) == "BAD_REQUEST"
    done = await ask(client, mutation)
    assert done.json() == {"data": {"rename": "x"}}


async def test_a_mutation_in_which_anything_fails_shows_nothing_as_done(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, 'mutation { one: rename(name: "x") two: rename(name: "") }')

    assert (answer.status_code, answer.json()["data"], code_of(answer)) == (200, None, "BAD_USER_INPUT")
    assert answer.json()["errors"][0]["path"] == ["two"]


@pytest.mark.parametrize("media", [JSON, RESPONSE])
async def test_an_operation_has_an_end(media: str) -> None:
    app = Starlette(routes=[Route("/graphql", Door(SCHEMA, open_context, page, operation_seconds=0.2))])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://isu") as client:
        headers = {"Accept": media}
        late = await client.post("/graphql", json={"query": "{ hello waits(seconds: 30) }"}, headers=headers)
        in_time = await client.post("/graphql", json={"query": "{ waits(seconds: 0.01) }"}, headers=headers)

    assert (late.status_code, late.json()["data"], code_of(late)) == (200, None, "TIMEOUT")
    assert in_time.json() == {"data": {"waits": "at last"}}


async def test_a_subscription_is_told_how_it_is_asked_for(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "subscription { ticks }")

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
    message = answer.json()["errors"][0]["message"]
    assert "Accept: text/event-stream" in message
    assert "graphql-transport-ws" in message


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "BREW", "OST"])
async def test_other_methods_are_told_which_there_are(client: httpx2.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql")

    assert (answer.status_code, code_of(answer)) == (405, "BAD_REQUEST")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


async def test_head_is_get_without_a_body(client: httpx2.AsyncClient) -> None:
    got = await client.get("/graphql", params={"query": "{ hello }"})
    head = await client.head("/graphql", params={"query": "{ hello }"})

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/jsonfoo",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/graphql",
    ],
)
async def test_a_body_of_another_type_is_not_read(client: httpx2.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)

    assert (answer.status_code, code_of(answer)) == (415, "BAD_REQUEST")


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON", 'application/json;charset="UTF-8"'])
async def test_json_in_utf_8_is_read_however_it_is_written(client: httpx2.AsyncClient, content_type: str) -> None:
    answer = await client.post("/graphql", content=b'{"query": "{ hello }"}', headers={"Content-Type": content_type})

    assert answer.status_code == 200


async def test_a_body_that_is_said_to_be_as_it_is_is_read(client: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": "Identity"}
    answer = await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)

    assert answer.json() == {"data": {"hello": "hello world"}}


async def test_a_compressed_body_is_not_read(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", content=b"x", headers={"Content-Type": JSON, "Content-Encoding": "gzip"})

    assert (answer.status_code, code_of(answer)) == (415, "BAD_REQUEST")


DEEP = MAX_BODY - 100


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"1",
        b"null",
        b'"{ hello }"',
        b"[]",
        b'[{"query": "{ hello }"}]',
        b"{",
        b"{}",
        b"\xff\xfe",
        b'{"query": "\xff"}',
        '{"query": "{ hello }"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"query": "{ hello }"}',
        b"[" * DEEP,
        b'{"query":' * 20_000,
        b'{"query": "{ hello }", "variables": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"query": "{ hello }", "variables": {"a": ' + b"[" * 33 + b"]" * 33 + b"}}",
        b'{"query": "{ hello }", "query": "{ hello }"}',
        b'{"query": "{ hello }", "\\u0071uery": "{ hello }"}',
        b'{"query": "{ hello }", "variables": {"a": 1, "a": 2}}',
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": ["{ hello }"]}',
        b'{"query": {"a": 1}}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "variables": false}',
        b'{"query": "{ hello }", "variables": 0}',
        b'{"query": "{ hello }", "extensions": []}',
        b'{"query": "{ hello }", "operationName": 1}',
        b'{"query": "{ hello }", "operationName": {}}',
        b'{"query": "{ hello }", "variables": {"a": NaN}}',
        b'{"query": "{ hello }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
        b'{"query": "{ hello }", "variables": {"a": "x\\u0000"}}',
        b'{"query": "{ hello }", "variables": {"a": [{"b\\u0000": 1}]}}',
        b'{"query": "{ hello }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ hello }", "operationName": "\\udfff"}',
        b'{"query": "{ hello }", "operationName": "a\\u0000"}',
        b'{"query": "{ hello }\\u0000"}',
        b'{"query": "{ hello(name: \\"a\\u0000\\") }"}',
        b'{"query": "{ hello(name: \\"a\\\\u0000\\") }"}',
        b'{"query": "{ hello(name: \\"a\\\\u{0}\\") }"}',
        b'{"query": "{ hello(name: \\"a\\\\\\\\\\\\u{000}\\") }"}',
    ],
    ids=lambda body: body[:60].decode("latin-1"),
)
async def test_a_body_that_cannot_be_understood_is_a_bad_request(client: httpx2.AsyncClient, body: bytes) -> None:
    for media in (JSON, RESPONSE):
        with capture_logs() as logs:
            answer = await client.post("/graphql", content=body, headers={"Content-Type": JSON, "Accept": media})

        assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
        assert logs == []


async def test_text_that_only_looks_like_nul_is_text(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, r'{ hello(name: "a\\u0000") }')

    assert answer.json() == {"data": {"hello": "hello a\\u0000"}}


async def test_values_may_be_as_deep_as_promised(client: httpx2.AsyncClient) -> None:
    value: list[Any] = []
    for _ in range(31):
        value = [value]
    answer = await ask(client, "{ hello }", variables={"a": value})

    assert answer.json() == {"data": {"hello": "hello world"}}


async def test_a_body_that_is_too_large_is_refused(client: httpx2.AsyncClient) -> None:
    fits = json.dumps({"query": "{ hello }"}).ljust(MAX_BODY).encode()

    accepted = await client.post("/graphql", content=fits, headers={"Content-Type": JSON})
    refused = await client.post("/graphql", content=fits + b" ", headers={"Content-Type": JSON})

    assert accepted.status_code == 200
    assert (refused.status_code, code_of(refused)) == (413, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("length", "most_read"),
    [(str(MAX_BODY + 1), 0), ("9" * 5_000, 0), ("10", MAX_BODY + 65_536), (None, MAX_BODY + 65_536)],
    ids=["announced", "absurd", "lying", "absent"],
)
async def test_reading_stops_where_a_body_is_too_large(length: str | None, most_read: int) -> None:
    read = 0
    sent: list[Message] = []
    headers = [(b"content-type", b"application/json")]
    if length is not None:
        headers.append((b"content-length", length.encode()))

    async def receive() -> Message:
        nonlocal read
        read += 65_536
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    door = Door(SCHEMA, open_context, page)
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    await door(scope, receive, send)

    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert read <= most_read


@pytest.mark.parametrize("length", ["", "-1", "ten", "1_0", "²"])
async def test_a_length_that_is_no_number_is_a_bad_request(client: httpx2.AsyncClient, length: str) -> None:
    headers = {b"Content-Type": JSON.encode(), b"Content-Length": length.encode("latin-1")}
    answer = await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isu.door.BODY_SECONDS", 0.01)
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    await asyncio.wait_for(Door(SCHEMA, open_context, page)(scope, receive, send), 60)

    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_url_that_is_too_long_is_refused() -> None:
    trusted, fits = TrustedDocuments(()), b"query={hello}".ljust(MAX_BODY, b"&")

    accepted = asked_of_url(fits, trusted)
    with pytest.raises(TurnedAway) as refused:
        asked_of_url(fits + b"&", trusted)

    assert accepted.query == "{hello}"
    assert refused.value.status == 414


async def never() -> None:
    await asyncio.Event().wait()


async def is_cut_off() -> None:
    raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")


@pytest.mark.parametrize("media", [JSON, RESPONSE])
@pytest.mark.parametrize(("ends", "code"), [(never, "UNAVAILABLE"), (is_cut_off, "TIMEOUT")])
async def test_who_asks_is_not_looked_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, media: str, ends: Callable[[], Awaitable[None]], code: str
) -> None:
    async def identify(_request: Request) -> Actor:
        await ends()
        return Actor()

    monkeypatch.setattr("isu.door.IDENTIFY_SECONDS", 0.01)
    app = Starlette(routes=[Route("/graphql", Door(SCHEMA, open_context, page, identify))])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://isu") as client:
        asking = client.post("/graphql", json={"query": "{ hello }"}, headers={"Accept": media})
        answer = await asyncio.wait_for(asking, 60)

    assert (answer.status_code, code_of(answer), answer.headers["Retry-After"]) == (503, code, "5")


async def test_a_client_that_leaves_while_it_sends_is_let_go() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await Door(SCHEMA, open_context, page)(scope, receive, send)

    assert sent == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { hello } query B { hello }"}, "OPERATION_NOT_FOUND"),
        ({"query": "query A { hello }", "operationName": "B"}, "OPERATION_NOT_FOUND"),
        ({"query": "{ ...F }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($a: Int!) { variables(wanted: $a) }"}, "BAD_USER_INPUT"),
        ({"query": "{ hello " + "a: hello " * 31 + "}"}, "LIMIT_ALIASES"),
        ({"query": "{ hello " + "# x\n" * 2_000 + "}"}, "LIMIT_TOKENS"),
    ],
)
async def test_an_operation_that_cannot_begin_has_no_data(
    client: httpx2.AsyncClient, body: dict[str, str], code: str
) -> None:
    with capture_logs() as logs:
        modern = await client.post("/graphql", json=body, headers={"Accept": RESPONSE})
        legacy = await client.post("/graphql", json=body, headers={"Accept": JSON})

    assert (modern.status_code, legacy.status_code) == (400, 200)
    assert modern.json() == legacy.json()
    assert "data" not in modern.json()
    assert code_of(modern) == code
    assert logs == []


async def test_a_context_that_cannot_be_opened_is_explained(client: httpx2.AsyncClient) -> None:
    async def trouble(kind: str) -> httpx2.Response:
        return await client.post("/graphql", json={"query": "{ hello }"}, headers={"X-Trouble": kind})

    down = await trouble("database")
    unknown = await trouble("unknown caller")
    with capture_logs() as logs:
        fault = await trouble("fault")

    assert (down.status_code, code_of(down), down.headers["Retry-After"]) == (503, "UNAVAILABLE", "5")
    assert (unknown.status_code, code_of(unknown)) == (401, "BAD_REQUEST")
    assert unknown.headers["WWW-Authenticate"] == "Bearer"
    assert (fault.status_code, code_of(fault)) == (500, "INTERNAL")
    assert "secret" not in fault.text
    assert [entry["request_id"] for entry in logs] == [fault.headers["X-Request-Id"]]


async def test_an_answer_that_cannot_be_written_is_our_fault(client: httpx2.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await ask(client, "{ endless }")

    assert (answer.status_code, code_of(answer)) == (500, "INTERNAL")
    assert len(logs) == 1


async def test_who_opens_the_context_knows_the_cost(client: httpx2.AsyncClient) -> None:
    SEEN.clear()

    await ask(client, 'query ($n: Int) { node(id: "a") { ... on State { neighbours(first: $n) { id } } } }')
    await ask(
        client,
        'query ($n: Int) { node(id: "a") { ...S } } '
        "fragment S on State { neighbours(first: $n) { neighbours { id } } }",
        variables={"n": 50},
    )
    await ask(client, 'mutation { rename(name: "x") }')

    assert SEEN == [(1 + 1, "query"), (1 + 1 + 50, "query"), (0, "mutation")]


async def test_a_deep_chain_of_inline_fragments_is_an_answer_and_not_a_crash(
    client: httpx2.AsyncClient,
) -> None:
    with capture_logs() as logs:
        answer = await ask(client, "{..." * 190 + "{ hello }" + "}" * 190)

    assert answer.status_code in {200, 400}
    assert logs == []


@pytest.mark.parametrize("header", ["Accept", "Content-Type"])
async def test_a_header_of_any_size_is_neither_read_nor_remembered(client: httpx2.AsyncClient, header: str) -> None:
    headers = {"Content-Type": JSON, header: JSON + ";x=" + "y" * MAX_LENGTH}
    before = negotiate.cache_info().currsize, media_type.cache_info().currsize

    answer = await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)

    assert (answer.status_code, code_of(answer)) == (431, "BAD_REQUEST")
    longest = {**headers, header: (JSON + ";x=").ljust(MAX_LENGTH, "y")}
    if header == "Accept":
        assert (negotiate.cache_info().currsize, media_type.cache_info().currsize) == before
    assert (await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=longest)).status_code == 200
