"""Plans that were made, by the question and by who asks it: the least recently used are forgotten first."""

from __future__ import annotations

import datetime
import itertools
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import strawberry
import structlog

from db.driver import Snapshot, TookLong
from db.engine import Database
from isu.operation import Executable, OperationText, Parameters
from mandate.actor import Actor
from resolvers.error import Problem, UserError, is_connection_lost
from resolvers.reading.declaration import Free, frozen
from resolvers.reading.run import Moved, Untold
from resolvers.reading.want import Unplanned
from schema.reading.completing import Question
from schema.reading.plan import Planned, plan

MOST_QUESTIONS = 1_000
MOST_TOKENS = 100_000
"""Of all questions together: each token takes some 700 bytes."""
MOST_PLANS = 250
"""Of 40 to 280 KB each."""
MOST_SEEN = 20_000
MOST_FAILURES = 3
"""After which a plan is not tried again: what fails so often costs more than it saves."""
MOST_SLOW = 1_000
LOOK_SECONDS = 0.00002
"""To learn where the journal stands, from SQLite."""
LOOK_SECONDS_AWAY = 0.0002
"""The same from PostgreSQL, with what it takes there."""
_SWAY = 1 / 16
_ONE_IN = 16
_EASES = 1.01

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Plannable:
    """A question, and which of its variables a plan leaves open: texts, or whatever they are."""

    question: Question
    number: int
    """By which the keys of plans and answers know it, for they may outlive the document."""
    free: tuple[str, ...]
    taken: tuple[str, ...]
    plain: Mapping[str, type] | None
    """The variables, where coercing a value of this class would change nothing."""

    def coerced(self, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        plain = self.plain
        if plain is None or plain.keys() != variables.keys():
            return self.question.coerced(variables)
        as_it_is = all(variables[name].__class__ is of for name, of in plain.items())
        return variables if as_it_is else self.question.coerced(variables)


@dataclass(slots=True, eq=False)
class _Made:
    planned: Planned | None
    """None where there can be none, or where it failed too often."""
    failures: int = 0
    tells: bool = True
    """Until it turned out that some of its statements do not tell where the journal stood."""
    took: float = 0.0
    """Seconds: of late, when it took least."""
    found: float = 1.0
    """The share of its answers, of late, that were found where answers are kept."""
    passed: int = 0
    """How often that was not looked for."""
    slow: OrderedDict[Hashable, None] = field(default_factory=OrderedDict)
    """Values that it leaves open and for which it takes too long: of a search, words that are everywhere."""


class Key:
    """Of a plan, or of an answer: it holds all that a caller holds, so that it is hashed once and not at each look."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, *parts: Hashable) -> None:
        self._parts = parts
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Key) and self._parts == other._parts)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A plan that was made for what is asked, and the values that it leaves open."""

    key: Key
    """Of the plan."""
    variables: Mapping[str, Any]
    open: tuple[str, ...]
    answer: Key
    """Of its answer."""


class Ran(NamedTuple):
    data: dict[str, Any]
    holds: bool
    """Until the journal moves."""


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Some of what a plan writes is bytes already."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(data))
    return found


class Plans:
    """Answers the queries that can be planned."""

    def __init__(self, schema: strawberry.Schema, database: Database) -> None:
        self._schema = schema
        self.driver = database.driver
        self._questions: OrderedDict[OperationText, _Plannable] = OrderedDict()
        self._numbers = itertools.count()
        self._tokens = 0
        self._plans: OrderedDict[Key, _Made] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        """What was asked once: to plan it takes longer than to answer it, and most of it never comes again."""

    async def answer(self, operation: Executable, actor: Actor, today: datetime.date) -> dict[str, Any] | None:
        """The data of an answer without errors; None where the operation has to be executed."""
        ran = await self._answered(operation, actor, today)
        return None if ran is None else ran.data

    async def answer_at(
        self, head: str, operation: Executable, actor: Actor, today: datetime.date
    ) -> dict[str, Any] | None:
        """The same, for who reads more than this of one moment: None too where the journal no longer stands there."""
        ran = await self._answered(operation, actor, today)
        if ran is None or not ran.holds or await self.stands() != head:
            return None
        return _plain(ran.data)

    async def answer_in(
        self, snapshot: Snapshot, operation: Executable, actor: Actor, today: datetime.date
    ) -> dict[str, Any] | None:
        """The same, of what is of the journal, in a snapshot that is open."""
        ran = await self._answered(operation, actor, today, snapshot)
        return None if ran is None or not ran.holds else _plain(ran.data)

    async def _answered(
        self, operation: Executable, actor: Actor, today: datetime.date, snapshot: Snapshot | None = None
    ) -> Ran | None:
        try:
            asked = self._asked(operation)
            fit = self._fit(asked, operation.asked.variables, actor, today)
            if fit.key not in self._plans:
                self._make(asked, fit, actor, today)
        except Unplanned:
            return None
        return await self.run(fit, snapshot)

    async def stands(self) -> str | None:
        """Where the journal stands; None where that can not be read."""
        try:
            return await self.driver.version()
        except Exception as failure:
            # Whatever it is, the other way has its own connection, and its own words for it.
            log.info("journal.not_read", reason=type(failure).__name__)
            return None

    def knows(self, asked: Parameters) -> bool:
        return asked.text in self._questions

    def fit(self, asked: Parameters, actor: Actor, today: datetime.date) -> Fit | None:
        """The plan for it, if one was made before."""
        known = self._questions.get(asked.text)
        if known is None:
            return None
        try:
            fit = self._fit(known, asked.variables, actor, today)
        except Unplanned:
            return None
        return fit if self.planned(fit) is not None else None

    def planned(self, fit: Fit) -> Planned | None:
        made = self._plans.get(fit.key)
        return None if made is None else made.planned

    def pays(self, fit: Fit) -> bool:
        """Whether to look for its answer where answers are kept: that saves more time than it takes.

        Where it does not, one look in some tells when that has changed.
        """
        made = self._plans.get(fit.key)
        if made is None:
            return False
        if made.took * made.found >= (LOOK_SECONDS_AWAY if self.driver.is_remote else LOOK_SECONDS):
            return True
        made.passed = (made.passed + 1) % _ONE_IN
        return made.passed == 0

    def looked(self, fit: Fit, *, found: bool) -> None:
        made = self._plans.get(fit.key)
        if made is not None:
            made.found += (found - made.found) * _SWAY

    async def run(self, fit: Fit, snapshot: Snapshot | None = None) -> Ran | None:
        made = self._plans.get(fit.key)
        if made is None or made.planned is None or (made.slow and fit.answer in made.slow):
            return None
        self._plans.move_to_end(fit.key)
        began = time.perf_counter()
        try:
            if snapshot is not None:
                return await self._read_in(snapshot, made.planned, fit.variables)
            return await self._read(made, made.planned, fit.variables)
        except (UserError, Problem):
            # What was given is wrong, which says nothing of the plan.
            return None
        except TookLong:
            self._note_slow(made, fit.answer)
            return None
        except Exception as failure:
            # Whatever it is, the other way has its own connection, and its own words for it.
            if not is_connection_lost(failure):
                self._note(made, failure)
            return None
        finally:
            took = time.perf_counter() - began
            # Others were served meanwhile: how long it takes is told by when there were few of them.
            made.took = min(took, made.took * _EASES) if made.took else took

    async def _read(self, made: _Made, planned: Planned, variables: Mapping[str, Any]) -> Ran:
        several = planned.several(variables)
        if several and planned.tells and made.tells:
            # Without a transaction, which takes as long as two statements more.
            try:
                async with self.driver.snapshot(several=False) as snapshot:
                    return Ran(await planned.answer(snapshot, variables, self.driver.stands), snapshot.of_the_journal)
            except Moved as moved:
                made.tells = not isinstance(moved, Untold)
        async with self.driver.snapshot(several=several) as snapshot:
            return await self._read_in(snapshot, planned, variables)

    @staticmethod
    async def _read_in(snapshot: Snapshot, planned: Planned, variables: Mapping[str, Any]) -> Ran:
        snapshot.of_the_journal = True
        return Ran(await planned.answer(snapshot, variables), snapshot.of_the_journal)

    @staticmethod
    def _note_slow(made: _Made, given: Hashable) -> None:
        made.slow[given] = None
        if len(made.slow) > MOST_SLOW:
            made.slow.popitem(last=False)

    @staticmethod
    def _note(made: _Made, failure: Exception) -> None:
        if not isinstance(failure, Unplanned):
            # Without its words, which may hold what was asked for.
            log.warning("operation.unplanned", reason=type(failure).__name__)
        made.failures += 1
        if made.failures >= MOST_FAILURES:
            made.planned = None

    @staticmethod
    def _fit(asked: _Plannable, given: Mapping[str, Any], actor: Actor, today: datetime.date) -> Fit:
        variables = asked.coerced(given)
        open_ = (*(name for name in asked.free if isinstance(variables.get(name), str)), *asked.taken)
        closed = {name: value for name, value in variables.items() if name not in open_}
        key = Key(asked.number, actor, today, open_, frozen(closed))
        answer = Key(key, *((name, frozen(variables[name])) for name in open_ if name in variables))
        return Fit(key, variables, open_, answer)

    def _make(self, asked: _Plannable, fit: Fit, actor: Actor, today: datetime.date) -> None:
        if not self._comes_again(hash(fit.key)):
            raise Unplanned
        shaped = {**fit.variables, **{name: Free(name) for name in fit.open}}
        try:
            made = _Made(plan(asked.question, shaped, self.driver, actor, today))
        except (Unplanned, UserError):
            made = _Made(None)
        self._plans[fit.key] = made
        while len(self._plans) > MOST_PLANS:
            self._plans.popitem(last=False)

    def _comes_again(self, key: int) -> bool:
        if self._seen.pop(key, 0) is None:
            return True
        self._seen[key] = None
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        return False

    def _asked(self, operation: Executable) -> _Plannable:
        key = operation.asked.text
        asked = self._questions.get(key)
        if asked is not None:
            self._questions.move_to_end(key)
            return asked
        question = Question(self._schema, operation.document, operation.definition)
        asked = self._questions[key] = _Plannable(
            question=question,
            number=next(self._numbers),
            free=tuple(sorted(question.free())),
            taken=tuple(sorted(question.taken())),
            plain=question.plain(),
        )
        self._tokens += operation.document.token_count
        while len(self._questions) > MOST_QUESTIONS or self._tokens > MOST_TOKENS:
            self._tokens -= self._questions.popitem(last=False)[1].question.document.token_count
        return asked
