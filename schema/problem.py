"""The ways to say no: what a resolver raises becomes one of these in the result of the act."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from resolvers import error
from schema.id import encode_id
from schema.reading import complete
from schema.rule import RuleEvaluation, said


@strawberry.enum(description="Why an act was not done")
class ProblemCode(Enum):
    MANDATE_RULE = "MANDATE_RULE"
    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    STALE_VERSION = "STALE_VERSION"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    DUPLICATE = "DUPLICATE"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"


@strawberry.interface(description="Why an act was not done: a client that knows only this can still explain it")
class Problem:
    message: str
    code: ProblemCode


@strawberry.type(description="One or more rules of the mandate stand against it: all of them, each with its paragraph")
class Refusal(Problem):
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said, the warnings too")


@strawberry.type(description="A member of the input, and what stands against it")
class InvalidField:
    path: list[str]
    message: str


@strawberry.type(description="What was given can not be recorded: all that stands against it")
class Invalid(Problem):
    fields: list[InvalidField]


@strawberry.type(description="There is no such object, or none that the caller may see")
class NotFound(Problem):
    pass


@strawberry.type(description="The caller may not do this")
class Forbidden(Problem):
    pass


@strawberry.type(description="The object has moved on, is there already, or is already what the act would make of it")
class Conflict(Problem):
    current_version: int | None
    current_status: str | None = strawberry.field(description="Of an object that has one")
    allowed: list[str] = strawberry.field(description="What it may become from there")
    current_id: strawberry.ID | None = strawberry.field(description="Of what is there already, where that is it")


class _Refused(strawberry.ExceptionHandler[error.Refused, Refusal]):
    async def handle(
        self, exception: error.Refused, *, field: StrawberryField, info: strawberry.Info[Any, Any]
    ) -> Refusal:
        refusal = Refusal(
            message=exception.message, code=ProblemCode.MANDATE_RULE, rule_evaluations=said(exception.evaluations)
        )
        return await complete(info, refusal)


class _Invalid(strawberry.ExceptionHandler[error.Invalid, Invalid]):
    def handle(self, exception: error.Invalid, *, field: StrawberryField, info: strawberry.Info[Any, Any]) -> Invalid:
        fields = [InvalidField(path=path.split("."), message=message) for path, message in exception.fields]
        return Invalid(message=exception.message, code=ProblemCode.INVALID_INPUT, fields=fields)


class _NotFound(strawberry.ExceptionHandler[error.NotFound, NotFound]):
    def handle(self, exception: error.NotFound, *, field: StrawberryField, info: strawberry.Info[Any, Any]) -> NotFound:
        named = "" if exception.member is None else f"{exception.member}: "
        return NotFound(message=f"{named}{exception.message}", code=ProblemCode.NOT_FOUND)


class _Forbidden(strawberry.ExceptionHandler[error.Forbidden, Forbidden]):
    def handle(
        self, exception: error.Forbidden, *, field: StrawberryField, info: strawberry.Info[Any, Any]
    ) -> Forbidden:
        return Forbidden(message=exception.message, code=ProblemCode.FORBIDDEN)


class _Conflict(strawberry.ExceptionHandler[error.Conflict, Conflict]):
    def handle(self, exception: error.Conflict, *, field: StrawberryField, info: strawberry.Info[Any, Any]) -> Conflict:
        return Conflict(
            message=exception.message,
            code=ProblemCode[exception.code],
            current_version=exception.current_version,
            current_status=exception.current_status,
            allowed=list(exception.allowed),
            current_id=None if exception.current is None else strawberry.ID(encode_id(*exception.current)),
        )


def _code_of(problem: error.Problem) -> ProblemCode:
    """Of one row among many, which an act tells beside those that it kept."""
    match problem:
        case error.Conflict():
            return ProblemCode[problem.code]
        case error.Invalid():
            return ProblemCode.INVALID_INPUT
        case error.NotFound():
            return ProblemCode.NOT_FOUND
        case error.Refused():
            return ProblemCode.MANDATE_RULE
    return ProblemCode.FORBIDDEN


HANDLERS = (_Refused(), _Invalid(), _NotFound(), _Forbidden(), _Conflict())


@strawberry.type(description="One of many that could not be kept: its place in the list, and what stands against it")
class FailedRow:
    place: int = strawberry.field(description="From 0")
    path: list[str] = strawberry.field(description="The member that is at fault, from its row on")
    code: ProblemCode
    message: str


def failed_rows(failed: Sequence[error.Failed]) -> list[FailedRow]:
    return [
        FailedRow(place=each.place, path=path.split("."), code=_code_of(each.problem), message=message)
        for each in failed
        for path, message in each.members
    ]
