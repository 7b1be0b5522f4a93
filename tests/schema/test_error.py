"""What an error shows to the caller, and what only we see."""

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, ClassVar, NewType

import asyncpg
import httpx2
import pytest
import sqlalchemy.exc as sa
import strawberry
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from isu.door import Door
from resolvers.error import Unavailable, UserError, is_connection_lost
from schema.error import MAX_ERRORS

Code = NewType("Code", str)
Clumsy = NewType("Clumsy", str)


def parse_code(value: object) -> str:
    if not (isinstance(value, str) and len(value) == 3):
        raise UserError("A code has three letters.")
    return value


def parse_clumsily(value: object) -> str:
    raise LookupError(f"at /srv/isu/clumsy.py: {type(value)}")


CONFIG = StrawberryConfig(
    scalar_map={
        Code: strawberry.scalar(name="Code", parse_value=parse_code),
        Clumsy: strawberry.scalar(name="Clumsy", parse_value=parse_clumsily),
    }
)


@strawberry.input
class Where:
    code: Code | None = None
    since: date | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        if self.count == 13:
            raise UserError("Not thirteen.")


@strawberry.type
class Item:
    number: int

    @strawberry.field
    async def broken(self) -> int | None:
        raise RuntimeError("SELECT secret FROM /srv/isu")


class ForeignError(Exception):
    extensions: ClassVar = {"code": "SECRET"}


RAISED: dict[str, Exception] = {
    "user": UserError("There is no such meeting."),
    "other code": UserError("You asked too much.", code="RATE_LIMITED"),
    "unavailable": Unavailable(),
    "refused": ConnectionRefusedError(errno.ECONNREFUSED, "10.0.0.7:5432"),
    "fault": RuntimeError("SELECT secret FROM /srv/isu"),
    "ours": GraphQLError("Said on purpose.", extensions={"code": "ON_PURPOSE"}),
    "foreign": ForeignError("at /srv/isu"),
    "theirs": GraphQLError("a library's words about <Internals at 0x7f>"),
}


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello"

    @strawberry.field
    async def failing(self, kind: str) -> str | None:
        raise RAISED[kind]

    @strawberry.field
    def required(self, kind: str) -> str:
        raise RAISED[kind]

    @strawberry.field
    def search(self, where: Where) -> str | None:
        return str(where.code)

    @strawberry.field
    def clumsy(self, value: Clumsy) -> str | None:
        return value

    @strawberry.field
    def wrong_type(self) -> int | None:
        return object()  # type: ignore[return-value]

    @strawberry.field
    def missing(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def items(self, first: int = 2) -> list[Item]:
        return [Item(number=number) for number in range(first)]


@asynccontextmanager
async def open_context(_request: Request) -> AsyncIterator[None]:
    yield None


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    schema = strawberry.Schema(query=Query, config=CONFIG)
    transport = httpx2.ASGITransport(app=Door(schema, open_context, lambda _request: Response()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://isu") as client:
        yield client


async def ask(client: httpx2.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = await client.post("/", json={"query": query, "variables": variables})
    return {"id": answer.headers["X-Request-Id"], **answer.json()}


async def error_of(client: httpx2.AsyncClient, query: str, **variables: Any) -> tuple[str, str]:
    """Message and code of the only error, which nobody logged."""
    with capture_logs() as logs:
        answer = await ask(client, query, **variables)
    assert logs == []
    [error] = answer["errors"]
    return error["message"], error["extensions"]["code"]


pytestmark = pytest.mark.anyio


async def test_a_resolver_may_tell_the_caller_what_is_wrong(client: httpx2.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await ask(client, '{ hello failing(kind: "user") }')

    assert answer["data"] == {"hello": "hello", "failing": None}
    assert answer["errors"] == [
        {
            "message": "There is no such meeting.",
            "locations": [{"line": 1, "column": 9}],
            "path": ["failing"],
            "extensions": {"code": "BAD_USER_INPUT"},
        }
    ]
    assert logs == []


@pytest.mark.parametrize(
    ("kind", "message", "code"),
    [
        ("other code", "You asked too much.", "RATE_LIMITED"),
        ("ours", "Said on purpose.", "ON_PURPOSE"),
        ("unavailable", "The database cannot be reached; try again.", "UNAVAILABLE"),
        ("refused", "The database cannot be reached; try again.", "UNAVAILABLE"),
    ],
)
async def test_expected_errors_have_their_own_code(
    client: httpx2.AsyncClient, kind: str, message: str, code: str
) -> None:
    assert await error_of(client, "query ($k: String!) { failing(kind: $k) }", k=kind) == (message, code)


@pytest.mark.parametrize(
    "query",
    [
        '{ failing(kind: "fault") }',
        '{ failing(kind: "theirs") }',
        '{ failing(kind: "foreign") }',
        '{ failing(kind: "unheard of") }',
        '{ required(kind: "fault") }',
        "{ wrongType }",
        "{ missing }",
    ],
)
async def test_a_fault_of_ours_is_logged_once_and_not_shown(client: httpx2.AsyncClient, query: str) -> None:
    with capture_logs() as logs:
        answer = await ask(client, query)

    [error] = answer["errors"]
    assert "data" in answer
    assert error["message"] == f"Something went wrong on our side; quote request id {answer['id']}."
    assert error["extensions"] == {"code": "INTERNAL", "requestId": answer["id"]}
    [entry] = logs
    assert (entry["log_level"], entry["request_id"]) == ("error", answer["id"])
    assert isinstance(entry["exc_info"], Exception)
    assert entry["exc_info"].__traceback__ is not None


async def test_the_same_fault_in_every_item_is_logged_once(client: httpx2.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await ask(client, "{ items(first: 200) { broken } }")

    assert len(answer["errors"]) == MAX_ERRORS
    assert answer["errors"][-1] == {
        "message": "191 more errors are not shown.",
        "extensions": {"code": "INTERNAL"},
    }
    assert len(logs) == 1


async def test_ten_errors_are_shown_at_most(client: httpx2.AsyncClient) -> None:
    ten = await ask(client, "{ " + " ".join(f"x{i}" for i in range(10)) + " }")
    eleven = await ask(client, "{ " + " ".join(f"x{i}" for i in range(11)) + " }")

    assert ten["errors"][-1]["message"] == "Cannot query field 'x9' on type 'Query'."
    assert len(eleven["errors"]) == MAX_ERRORS
    assert eleven["errors"][-1]["message"] == "2 more errors are not shown."
    assert eleven["errors"][-1]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("{ hello", "Syntax Error: Expected Name, found <EOF>.", "GRAPHQL_PARSE_FAILED"),
        ("{ helo }", "Cannot query field 'helo' on type 'Query'.", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{ search(where: { cod: null }) }",
            "Expected value of type 'Where' not to include unknown field 'cod'.",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{ search(where: null) }",
            "Expected value of non-null type 'Where!' not to be null.",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ('{ search(where: { code: "long" }) }', "A code has three letters.", "BAD_USER_INPUT"),
        (
            "{ clumsy(value: 1) }",
            "Expected value of type 'Clumsy'.",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ search(where: { count: 13 }) }", "Not thirteen.", "BAD_USER_INPUT"),
    ],
)
async def test_a_wrong_query_is_explained_without_guesses(
    client: httpx2.AsyncClient, query: str, message: str, code: str
) -> None:
    assert await error_of(client, query) == (message, code)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            {"code": "long"},
            "Variable '$where' has invalid value at .code: A code has three letters.",
        ),
        (
            {"since": "yesterday"},
            (
                "Variable '$where' has invalid value at .since: "
                "Value cannot represent a Date: \"yesterday\". Invalid isoformat string: 'yesterday'"
            ),
        ),
        (
            None,
            "Variable '$where' has invalid value: Expected value of non-null type 'Where!' not to be null.",
        ),
        (
            {"cod": None},
            ("Variable '$where' has invalid value: Expected value of type 'Where' not to include unknown field 'cod'."),
        ),
        (
            [{"a": True}],
            "Variable '$where' has invalid value: Expected value of type 'Where' to be an object.",
        ),
        ({"count": 13}, "Not thirteen."),
    ],
)
async def test_a_wrong_variable_is_explained_in_the_words_of_graphql(
    client: httpx2.AsyncClient, where: object, message: str
) -> None:
    query = "query ($where: Where!) { search(where: $where) }"

    assert await error_of(client, query, where=where) == (message, "BAD_USER_INPUT")


async def test_a_scalar_that_fails_in_python_does_not_show_it(client: httpx2.AsyncClient) -> None:
    query = "query ($value: Clumsy!) { clumsy(value: $value) }"

    assert await error_of(client, query, value={"a": None}) == (
        "Variable '$value' has invalid value: Expected value of type 'Clumsy'.",
        "BAD_USER_INPUT",
    )


async def test_a_variable_without_a_value_where_one_is_needed_is_the_callers_mistake(
    client: httpx2.AsyncClient,
) -> None:
    message, code = await error_of(client, "query ($kind: String = null) { failing(kind: $kind) }", kind=None)

    assert code in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
    assert "None" not in message


async def test_a_message_does_not_repeat_a_whole_document(client: httpx2.AsyncClient) -> None:
    message, _ = await error_of(client, "{ " + "x" * 100_000 + " }")

    assert len(message) == 1_000


def wrapped(orig: Exception, *, invalidated: bool = False) -> sa.DBAPIError:
    return sa.DBAPIError("SELECT 1", {}, orig, connection_invalidated=invalidated)


def caused_by(cause: Exception) -> Exception:
    error = RuntimeError("while reading")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        Unavailable(),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
        ConnectionResetError(),
        TimeoutError(),
        OSError("Multiple exceptions: [Errno 111], [Errno 111]"),
        OSError(errno.EHOSTUNREACH, "no route"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.AdminShutdownError("terminating"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        wrapped(asyncpg.ConnectionDoesNotExistError("gone")),
        wrapped(Exception("whatever"), invalidated=True),
        sa.OperationalError("SELECT 1", {}, Exception("unable to open database file")),
        sa.OperationalError("SELECT 1", {}, ConnectionRefusedError()),
        caused_by(ConnectionResetError()),
    ],
    ids=repr,
)
def test_a_lost_database_is_recognised(error: Exception) -> None:
    assert is_connection_lost(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("x"),
        UserError("x"),
        FileNotFoundError(errno.ENOENT, "x", "paper.pdf"),
        PermissionError(errno.EACCES, "x"),
        OSError(errno.ENOSPC, "disk full"),
        asyncpg.UniqueViolationError("x"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (15) is in progress"),
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        wrapped(Exception("syntax error")),
        sa.OperationalError("SELECT x", {}, Exception("no such column: x")),
        sa.IntegrityError("INSERT", {}, asyncpg.UniqueViolationError("x")),
    ],
    ids=repr,
)
def test_a_fault_of_ours_is_no_lost_database(error: Exception) -> None:
    assert not is_connection_lost(error)
