"""How an error looks in an answer: a stable code, and nothing about how we are made."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import structlog
from graphql import GraphQLError, ValueNode
from strawberry.exceptions import StrawberryInputCoercionError

from resolvers.error import Problem, UserError, is_connection_lost, is_full, is_timeout

MAX_ERRORS = 10
# A message repeats what it complains of, and a name may be as long as a body.
MAX_MESSAGE = 1_000
TOO_SLOW = "The operation took too long and was stopped; nothing of it was kept. Ask for less at once, or try again."

Shown = dict[str, Any]

log = structlog.get_logger(__name__)


class Code(StrEnum):
    """The codes of errors that are not limits (`schema/limits.py`) and not a resolver's own."""

    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_NOT_FOUND = "OPERATION_NOT_FOUND"
    DOCUMENT_UNKNOWN = "DOCUMENT_UNKNOWN"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    NOT_FOUND = "NOT_FOUND"
    RATE_LIMITED = "RATE_LIMITED"
    IDEMPOTENCY_KEY_INVALID = "IDEMPOTENCY_KEY_INVALID"
    IDEMPOTENCY_NEEDS_ACCOUNT = "IDEMPOTENCY_NEEDS_ACCOUNT"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    SECRET_WAS_SHOWN = "SECRET_WAS_SHOWN"  # noqa: S105  it is none
    FILE_REFUSED = "FILE_REFUSED"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    TICKET_USED = "TICKET_USED"
    TICKET_EXPIRED = "TICKET_EXPIRED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


def in_request(error: GraphQLError, code: Code) -> Shown:
    """An error found before execution, by which nothing was executed."""
    own = next((link for link in _chain(error) if isinstance(link, UserError)), None)
    message = _plain(error)
    if own is not None:
        message = f"{_where(error)}{own.message}"
    return _shown(error, message, own.code if own else _own_code(error) or code)


def in_execution(errors: Sequence[GraphQLError], request_id: str) -> list[Shown]:
    """The errors of an executed operation; faults of ours are logged, and not shown."""
    logged: set[str] = set()
    return [_executed(error, request_id, logged) for error in errors]


def from_exception(exc: Exception, request_id: str) -> Shown:
    """An error outside any field, such as a context that cannot be opened."""
    error = GraphQLError(str(exc), original_error=exc)
    return _executed(error, request_id, set())


def timed_out() -> Shown:
    """An operation, or a statement of it, that took longer than is granted to one."""
    return {"message": TOO_SLOW, "extensions": {"code": str(Code.TIMEOUT)}}


def at_most(errors: Sequence[Shown]) -> list[Shown]:
    """All errors if they are few; else the first, and one that says how many more there are."""
    if len(errors) <= MAX_ERRORS:
        return list(errors)
    shown, hidden = list(errors[: MAX_ERRORS - 1]), errors[MAX_ERRORS - 1 :]
    more = f"{len(hidden)} more errors are not shown."
    return [*shown, {"message": more, "extensions": {"code": hidden[0]["extensions"]["code"]}}]


def _executed(error: GraphQLError, request_id: str, logged: set[str]) -> Shown:
    cause = error.original_error
    if isinstance(cause, UserError):
        return _shown(error, cause.message, cause.code, **cause.more)
    if isinstance(cause, Problem):
        # A query has no union in which to tell it.
        return _shown(error, cause.message, Code.BAD_USER_INPUT)
    if cause is not None and is_timeout(cause):
        return _shown(error, TOO_SLOW, Code.TIMEOUT)
    if cause is not None and is_full(cause):
        # Nobody learns of it otherwise, as long as what is asked is answered.
        log.error("database.full", reason=str(cause).partition("\n")[0], request_id=request_id)
        return _shown(error, "The database is full, and nothing was kept; try again later.", Code.UNAVAILABLE)
    if cause is not None and is_connection_lost(cause):
        return _shown(error, "The database cannot be reached; try again.", Code.UNAVAILABLE)
    if _is_about_input(error):
        return in_request(error, Code.BAD_USER_INPUT)
    # Any exception may have `extensions`; only a GraphQLError is meant for the caller.
    if isinstance(cause, GraphQLError) and (code := _own_code(cause)) is not None:
        return _shown(error, error.message, code)
    # A list of two hundred can fail in every item; one entry tells as much.
    if (kind := repr(cause or error)) not in logged:
        logged.add(kind)
        log.error("fault", exc_info=cause or error, request_id=request_id, path=error.path)
    message = f"Something went wrong on our side; quote request id {request_id}."
    return _shown(error, message, Code.INTERNAL, requestId=request_id)


def _is_about_input(error: GraphQLError) -> bool:
    """Whether the client's input is to blame: graphql-core says so by pointing at a value."""
    cause = error.original_error
    if cause is None:
        return error.path is None
    if not isinstance(cause, GraphQLError):
        return False
    if error.path is None or isinstance(cause, StrawberryInputCoercionError):
        return True
    return bool(cause.nodes) and all(isinstance(node, ValueNode) for node in cause.nodes or ())


def _own_code(error: GraphQLError) -> str | None:
    """The code that our own code gave to a GraphQLError; a library gives none."""
    code = (error.extensions or {}).get("code")
    return code if isinstance(code, str) else None


def _shown(error: GraphQLError, message: str, code: str, **more: object) -> Shown:
    shown: Shown = {"message": message[:MAX_MESSAGE]}
    if error.locations:
        shown["locations"] = [place.formatted for place in error.locations]
    if error.path:
        shown["path"] = error.path
    shown["extensions"] = {"code": str(code), **more}
    return shown


def _where(error: GraphQLError) -> str:
    """The part of a variable's error before its reason: which variable, and where in it."""
    inner = error.original_error
    if isinstance(inner, GraphQLError) and error.message.endswith(inner.message):
        return error.message.removesuffix(inner.message)
    return ""


_ENCOUNTERED = re.compile(r", but encountered error '.*(?=; found)", re.DOTALL)
_FOUND = re.compile(r"[,;] found: .*\Z", re.DOTALL)


def _plain(error: GraphQLError) -> str:
    """The message without what graphql-core prints of Python: exceptions, reprs, None."""
    message = _FOUND.sub(".", _ENCOUNTERED.sub("", error.message))
    return message.replace("not to be None.", "not to be null.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.original_error if isinstance(link, GraphQLError) else None
