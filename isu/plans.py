"""Plans that were made, by the question and by who asks it: the least recently used are forgotten first."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
import structlog

from db.engine import Database
from isu.operation import Executable
from mandate.actor import Actor
from resolvers.error import UserError
from resolvers.reading.declaration import Free, frozen
from resolvers.reading.plan import Unplanned
from schema.reading.completing import Question
from schema.reading.plan import Planned, plan

MOST_QUESTIONS = 1_000
MOST_PLANS = 250
"""Of 40 to 280 KB each."""
MOST_SEEN = 20_000
MOST_FAILURES = 3
"""After which a plan is not tried again: what fails so often costs more than it saves."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Asked:
    """A question, and which of its variables a plan leaves open."""

    question: Question
    free: frozenset[str]


@dataclass(slots=True, eq=False)
class _Made:
    planned: Planned | None
    """None where there can be none, or where it failed too often."""
    failures: int = 0


class Plans:
    """Answers the queries that can be planned."""

    def __init__(self, schema: strawberry.Schema, database: Database) -> None:
        self._schema = schema
        self._database = database
        self._questions: OrderedDict[Any, _Asked] = OrderedDict()
        self._plans: OrderedDict[Any, _Made] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        """What was asked once: to plan it takes longer than to answer it, and most of it never comes again."""

    async def answer(self, operation: Executable, actor: Actor, today: datetime.date) -> dict[str, Any] | None:
        """The data of an answer without errors; None where the operation has to be executed."""
        try:
            made, variables = self._made(operation, actor, today)
        except Unplanned:
            return None
        if made.planned is None:
            return None
        try:
            async with self._database.driver.snapshot(several=made.planned.several) as snapshot:
                return await made.planned.answer(snapshot, variables)
        except UserError:
            # What was given is wrong, which says nothing of the plan.
            return None
        except Exception as failure:
            # Whatever it is, the other way has its own connection, and its own words for it.
            self._note(made, failure)
            return None

    @staticmethod
    def _note(made: _Made, failure: Exception) -> None:
        if not isinstance(failure, Unplanned):
            # Without its words, which may hold what was asked for.
            log.warning("operation.unplanned", reason=type(failure).__name__)
        made.failures += 1
        if made.failures >= MOST_FAILURES:
            made.planned = None

    def _made(self, operation: Executable, actor: Actor, today: datetime.date) -> tuple[_Made, Mapping[str, Any]]:
        asked = self._asked(operation)
        variables = asked.question.coerced(operation.asked.variables)
        open_ = {name for name in asked.free if isinstance(variables.get(name), str)}
        closed = {name: value for name, value in variables.items() if name not in open_}
        key = (asked, actor, today, frozenset(open_), frozen(closed))
        made = self._plans.get(key)
        if made is not None:
            self._plans.move_to_end(key)
            return made, variables
        if not self._comes_again(hash(key)):
            raise Unplanned
        try:
            shaped = {**closed, **{name: Free(name) for name in open_}}
            made = _Made(plan(asked.question, shaped, self._database.driver, actor, today))
        except (Unplanned, UserError):
            made = _Made(None)
        self._plans[key] = made
        while len(self._plans) > MOST_PLANS:
            self._plans.popitem(last=False)
        return made, variables

    def _comes_again(self, key: int) -> bool:
        if self._seen.pop(key, 0) is None:
            return True
        self._seen[key] = None
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        return False

    def _asked(self, operation: Executable) -> _Asked:
        key = (operation.asked.query, operation.asked.operation_name)
        asked = self._questions.get(key)
        if asked is None:
            question = Question(self._schema, operation.document, operation.definition)
            asked = self._questions[key] = _Asked(question, question.free())
            while len(self._questions) > MOST_QUESTIONS:
                self._questions.popitem(last=False)
        else:
            self._questions.move_to_end(key)
        return asked
