"""An operation from its beginning to its end: paid for, executed, and kept as a whole or not at all."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from functools import lru_cache, partial
from inspect import isawaitable
from typing import Any, NamedTuple, Protocol

import orjson
import strawberry
import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    default_field_resolver,
    default_type_resolver,
    execute,
    get_operation_ast,
)
from graphql.execution.collect_fields import FragmentDetails
from starlette.requests import HTTPConnection, Request
from starlette.types import Scope

from isu.again import LARGEST, Data
from isu.fair_use import LEAST_COST, FairUse, cost_extension
from isu.idempotency import Repeatable
from isu.turned_away import TurnedAway
from mandate.actor import Actor
from resolvers.error import is_connection_lost, is_full, is_timeout, is_worth_a_retry
from schema.error import at_most, in_execution, timed_out
from schema.given import coerced

OPERATION_SECONDS = 10.0
ATTEMPTS = 3
PAUSE_SECONDS = 0.05
# The standard query takes some 40 ms, though it is rated at 4,000 points: the limits must bear worse ones.
INTROSPECTION_REBATE = 10
MOST_KEPT = 8
"""Answers about the schema, of two megabytes at most: tools ask it in the few ways that they were written with."""

OperationText = tuple[str, str | None]
"""A document, and the name of its operation."""
Opening = Callable[[Request], AbstractAsyncContextManager[Any]]

log = structlog.get_logger(__name__)


class Parameters(NamedTuple):
    """The parameters of a request, checked for their types."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None

    @property
    def text(self) -> OperationText:
        return self.query, self.operation_name


class Executable(NamedTuple):
    """What may be executed, and what it costs."""

    asked: Parameters
    document: DocumentNode
    definition: OperationDefinitionNode
    cost: int

    @property
    def writes(self) -> bool:
        return self.definition.operation is OperationType.MUTATION

    @property
    def streams(self) -> bool:
        return self.definition.operation is OperationType.SUBSCRIPTION

    @property
    def is_about_the_schema(self) -> bool:
        roots = self.definition.selection_set.selections
        return all(isinstance(root, FieldNode) and root.name.value.startswith("__") for root in roots)

    @property
    def price(self) -> int:
        """What fair use takes for it: the schema stands in memory, and every tool reads it first."""
        return self.cost // INTROSPECTION_REBATE if self.is_about_the_schema else self.cost


class Answer(NamedTuple):
    """What is sent; where execution did not begin, HTTP may have its own word for it."""

    body: bytes
    began: bool = True
    replayed: bool = False


class Answers(Protocol):
    """Who may answer a query without executing it."""

    async def answer(self, operation: Executable, actor: Actor, today: date) -> dict[str, Any] | None: ...


class Undone(Exception):  # noqa: N818 - it reads as what happened
    """Raised within the context, so that nothing stays of what was done; the answer, where it is given, says why."""

    def __init__(self, answer: Callable[[], Answer], causes: Sequence[BaseException] = ()) -> None:
        super().__init__("the operation was undone")
        self.answer = answer
        self.causes = causes

    @property
    def database_was_away(self) -> BaseException | None:
        """Or had no room left."""
        return next((cause for cause in self.causes if is_connection_lost(cause) or is_full(cause)), None)


class Unsettled(Exception):  # noqa: N818 - it reads as what happened
    """The connection was lost while committing: what was done may stand, so it is not done again."""


class Operations:
    """Who opens the context finds the operation's kind and cost in `request.state`."""

    def __init__(
        self,
        schema: strawberry.Schema,
        open_context: Opening,
        fair_use: FairUse | None = None,
        seconds: float = OPERATION_SECONDS,
        plans: Answers | None = None,
    ) -> None:
        self._schema = schema
        self._plans = plans
        self._open_context = open_context
        self._fair_use = fair_use
        self._seconds = seconds
        self._about_the_schema: OrderedDict[OperationText, Data] = OrderedDict()

    async def answer(self, request: Request, operation: Executable, key: str | None = None) -> Answer:
        """A mutation that was cut off before its commit is executed again; all attempts share one deadline."""
        request.state.cost = operation.cost
        request.state.operation = operation.definition.operation.value
        repeats = None if key is None or not operation.writes else Repeatable(key, *operation.asked)
        ends = asyncio.get_running_loop().time() + self._seconds
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(request, operation, repeats, ends)
            except Exception as failure:
                again = operation.writes and attempt < ATTEMPTS and _may_go_again(failure)
                if not again and isinstance(failure, Undone):
                    if (away := failure.database_was_away) is not None:
                        # HTTP says so too, as where that came to light at the commit.
                        raise away from failure
                    return failure.answer()
                if not again:
                    raise
                log.info("operation.again", attempt=attempt, reason=repr(failure.__cause__ or failure))
            await asyncio.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError("the last attempt answers or raises")

    async def _attempt(
        self, request: Request, operation: Executable, repeats: Repeatable | None, ends: float
    ) -> Answer:
        commits = False
        try:
            async with asyncio.timeout_at(ends) as deadline, self._open_context(request) as context:
                answer = await self._within(request, operation, repeats, context)
                _no_longer_bound(deadline)
                commits = True
        except (Undone, TurnedAway):
            raise
        except Exception as failure:
            if deadline.expired() or is_timeout(failure):
                raise _stopped([failure], request) from failure
            # With a key the next attempt finds the answer, if there is one.
            if commits and operation.writes and repeats is None and is_connection_lost(failure):
                raise Unsettled from failure
            raise
        return answer

    async def _within(
        self, request: Request, operation: Executable, repeats: Repeatable | None, context: Any
    ) -> Answer:
        extensions = self._charge(request, operation, context)
        if (data := self.about_the_schema(operation.asked)) is not None:
            return Answer(data.body(members_of(extensions)))
        if repeats is not None and (kept := await repeats.kept(context)) is not None:
            return Answer(kept, replayed=True)
        result = await self._execute(operation, context)
        found = result.errors or []
        causes = [error.original_error for error in found if error.original_error is not None]
        if (turned_away := next((each for each in causes if isinstance(each, TurnedAway)), None)) is not None:
            # Who called may no longer call, which came to light under the write lock.
            raise turned_away
        if any(is_timeout(cause) for cause in causes):
            raise _stopped(causes, request)
        write = partial(_written, result, found, request.state.request_id, extensions, whole=operation.writes)
        if operation.writes and found:
            raise Undone(write, causes)
        answer = write()
        if repeats is not None:
            await repeats.keep(context, answer.body)
        return answer

    def _charge(self, request: Request, operation: Executable, context: Any) -> dict[str, Any]:
        """What is told of it: once for a request, however many attempts it takes."""
        if self._fair_use is None:
            return {}
        standing = getattr(request.state, "rate_limit", None)
        if standing is None:
            standing = self._fair_use.charge(request, context.actor.account, operation.price)
            request.state.rate_limit = standing
        context.rate_limit = standing
        return {"extensions": cost_extension(standing) if self._fair_use.enforced else _equal_for_all(standing.cost)}

    def charge(self, scope: Scope, price: int, account: str | None) -> bytes:
        """Before there is a request: what is told of it, as the members of an object."""
        if self._fair_use is None:
            return b""
        if not self._fair_use.enforced:
            return _told(price)
        request = HTTPConnection(scope)
        standing = request.state.rate_limit = self._fair_use.charge(request, account, price)
        return members_of({"extensions": cost_extension(standing)})

    async def _execute(self, operation: Executable, context: Any) -> ExecutionResult:
        if self._plans is not None and operation.definition.operation is OperationType.QUERY:
            data = await self._plans.answer(operation, context.actor, context.today)
            if data is not None:
                return ExecutionResult(data, None)
        result = await execute_in(self._schema, context, operation.document, *operation.asked[1:])
        if operation.is_about_the_schema and not operation.asked.variables and not result.errors:
            # The schema never changes while we run, and it takes as long to write out as some hundred small queries.
            told = Data(orjson.dumps(result.data))
            if len(told.json) <= LARGEST:
                self._about_the_schema[operation.asked.text] = told
            while len(self._about_the_schema) > MOST_KEPT:
                self._about_the_schema.popitem(last=False)
        return result

    def about_the_schema(self, asked: Parameters) -> Data | None:
        """What was answered to a question about the schema."""
        data = None if asked.variables else self._about_the_schema.get(asked.text)
        if data is not None:
            self._about_the_schema.move_to_end(asked.text)
        return data


async def execute_in(
    schema: strawberry.Schema,
    context: Any,
    document: DocumentNode,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    root: Any = None,
) -> ExecutionResult:
    """A document that was validated, in a context that is open: for a request, and for who reads without one."""
    core, given = schema._schema, dict(variables or {})  # noqa: SLF001 - Strawberry has no public name for it
    # Strawberry's, so that resolvers see variables as its own view shows them.
    executor: Any = schema.execution_context_class
    definition = get_operation_ast(document, operation_name)
    values = None if definition is None else coerced(core, definition, given)
    if definition is None or values is None:
        outcome: Any = execute(
            core,
            document,
            root,
            context,
            variable_values=given,
            operation_name=operation_name,
            hide_suggestions=True,
            executor_class=executor,
            operation_extensions={},
        )
    else:
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        outcome = executor(
            core,
            fragments,
            {name: FragmentDetails(each) for name, each in fragments.items()},
            root,
            context,
            definition,
            values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            hide_suggestions=True,
            operation_extensions={},
        ).execute_operation()
    found: ExecutionResult = await outcome if isawaitable(outcome) else outcome
    return found


def members_of(extensions: Mapping[str, Any]) -> bytes:
    """As they stand beside the data of an answer."""
    return orjson.dumps(extensions)[1:-1]


def _equal_for_all(cost: int) -> dict[str, Any]:
    """Where nothing runs out, so that equal questions have equal answers."""
    return {"cost": {"requested": cost}}


@lru_cache(1_000)
def _told(price: int) -> bytes:
    return members_of({"extensions": _equal_for_all(max(price, LEAST_COST))})


def _no_longer_bound(deadline: asyncio.Timeout) -> None:
    """Cancelled amid its commit, nobody would know whether the operation took place."""
    if deadline.expired():
        raise TimeoutError
    deadline.reschedule(None)


def _may_go_again(failure: Exception) -> bool:
    if isinstance(failure, Unsettled | TurnedAway):
        return False
    causes = failure.causes if isinstance(failure, Undone) else [failure]
    return any(is_worth_a_retry(cause) for cause in causes)


def _stopped(causes: Sequence[BaseException], request: Request) -> Undone:
    """No part of the answer is given: after one statement was stopped, the rest of the snapshot can not be read."""
    log.warning("operation.timeout", reason=repr(next(iter(causes), None)), operation=request.state.operation)
    standing = getattr(request.state, "rate_limit", None)
    extensions = {} if standing is None else {"extensions": cost_extension(standing)}
    body = orjson.dumps({"errors": [timed_out()], "data": None, **extensions})
    return Undone(lambda: Answer(body))


def _written(
    result: ExecutionResult, found: list[GraphQLError], request_id: str, extensions: dict[str, Any], *, whole: bool
) -> Answer:
    errors = at_most(in_execution(found, request_id))
    if result.data is None and not any(error.path for error in found):
        return Answer(orjson.dumps({"errors": errors, **extensions}), began=False)
    # Errors come first, where a person reading the answer sees them.
    content: dict[str, Any] = {"errors": errors} if errors else {}
    # What is undone is not told as if it were done.
    content["data"] = None if whole and errors else result.data
    return Answer(orjson.dumps({**content, **extensions}))
