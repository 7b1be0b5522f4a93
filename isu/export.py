"""Objects as somebody sees them, all of a kind: read as the API answers, and written as JSON Lines and as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime
from math import inf
from pathlib import Path
from typing import Any

import orjson
import structlog
from graphql import DocumentNode, ExecutionResult, GraphQLError
from graphql.utilities import get_operation_ast
from sqlalchemy.ext.asyncio import AsyncConnection

from db.driver import Snapshot
from db.engine import Database
from db.unit import instant
from isu import dump
from isu.operation import Executable, Parameters, execute_in
from isu.pages import NOTHING, Page, pages
from isu.plans import Plans
from isu.sheet import harmless, line
from mandate.actor import PUBLIC, Actor
from mandate.export import ExportError
from resolvers import export as resolve
from resolvers import feed
from resolvers.context import Context
from resolvers.error import UserError, is_connection_lost
from schema import api
from schema.error import Code, in_execution
from schema.id import encode_id
from schema.reading import ONLY, TABLES
from schema.trusted import Trusted
from schema.whole import Whole, type_names, whole

_AT_ONCE = 100

log = structlog.get_logger(__name__)


class NotAnswered(Exception):  # noqa: N818  it reads as what happened
    """What is no fault of ours, and will not be otherwise the next time."""

    def __init__(self, error: ExportError, message: str) -> None:
        super().__init__(message)
        self.error = error
        self.message = message


class Copying:
    """One moment, as one caller sees it."""

    def __init__(
        self,
        database: Database,
        connection: AsyncConnection,
        actor: Actor,
        day: date,
        plans: Plans,
        snapshot: Snapshot | None,
    ) -> None:
        """Of that moment are the connection, and the snapshot in which plans read, if there is one."""
        self.connection = connection
        self._database = database
        self._actor = actor
        self._day = day
        self._plans = plans
        self._snapshot = snapshot
        self._languages: list[str] | None = None

    def _context(self, most_objects: float | None = None) -> Context:
        """One for each page: what an operation may ask for is bounded."""
        return Context(self._database, self._day, self._actor, snapshot=self.connection, most_objects=most_objects)

    async def _answer(
        self,
        text: str,
        document: DocumentNode,
        variables: Mapping[str, Any],
        most_objects: float | None = None,
    ) -> ExecutionResult:
        definition = get_operation_ast(document)
        if self._snapshot is not None and definition is not None:
            asked = Executable(Parameters(text, dict(variables), None), document, definition, 0)
            data = await self._plans.answer_in(self._snapshot, asked, self._actor, self._day)
            if data is not None:
                return ExecutionResult(data, None)
        async with self._context(most_objects) as context:
            return await execute_in(api, context, document, variables)

    async def whole(self, type_name: str) -> Whole:
        if self._languages is None:
            async with self._context() as context, context.reader() as reader:
                self._languages = await resolve.languages(reader)
        return whole(type_name, self._languages)

    async def count(self, type_name: str) -> int:
        async with self._context() as context, context.reader() as reader:
            return await resolve.count(reader, TABLES[type_name], ONLY.get(type_name))

    async def cursor(self) -> str:
        """Where the feed stands in the snapshot: what comes later is told after it."""
        async with self._context() as context, context.reader() as reader:
            return await feed.latest(reader)

    async def pages(self, asked: Whole) -> AsyncIterator[list[dict[str, Any]]]:
        """All that are there, in the order of their keys."""
        name, last = asked.type_name, None
        while True:
            async with self._context() as context, context.reader() as reader:
                found = await resolve.keys(reader, TABLES[name], ONLY.get(name), after=last, limit=_AT_ONCE)
            if not found:
                return
            async for page in self._read(asked, found):
                yield page
            last = found[-1]

    async def _read(self, asked: Whole, keys: Sequence[str]) -> AsyncIterator[list[dict[str, Any]]]:
        """At once, or half by half where that would be too much; one alone is read whatever there is in it."""
        ids = {"ids": [encode_id(asked.type_name, key) for key in keys]}
        answer = await self._answer(asked.text, asked.document, ids, None if len(keys) > 1 else inf)
        if answer.errors:
            if len(keys) == 1 or not any(map(_is_too_much, answer.errors)):
                raise _fault(answer.errors)
            half = len(keys) // 2
            for some in (keys[:half], keys[half:]):
                async for page in self._read(asked, some):
                    yield page
            return
        assert answer.data is not None  # noqa: S101  only errors take it away
        yield [asked.of(node) for node in answer.data["nodes"] if node is not None]

    async def answers(self, document: Trusted, variables: Mapping[str, Any], request_id: str) -> AsyncIterator[Page]:
        """What a trusted document gives, whole pages or nothing: nobody could tell a part from the whole."""

        async def read(variables: Mapping[str, Any]) -> Mapping[str, Any]:
            answer = await self._answer(document.text, document.prepared.document, variables)
            if answer.errors:
                raise _why(answer.errors, request_id)
            assert answer.data is not None  # noqa: S101  only errors take it away
            return answer.data

        is_first = True
        async for page in pages(document, variables, read):
            if is_first and page.is_of_nothing:
                raise NotAnswered(ExportError.NOT_FOUND, NOTHING)
            is_first = False
            yield page


def _is_too_much(error: GraphQLError) -> bool:
    return isinstance(error.original_error, UserError) and error.original_error.code == "LIMIT_OBJECTS"


def _fault(errors: Sequence[GraphQLError]) -> Exception:
    """A lost connection as such, so that it is known for one."""
    causes = [each.original_error for each in errors if each.original_error is not None]
    return next((cause for cause in causes if is_connection_lost(cause)), errors[0])


def _why(errors: Sequence[GraphQLError], request_id: str) -> Exception:
    fault = _fault(errors)
    if is_connection_lost(fault):
        return fault
    shown = in_execution(errors, request_id)
    if any(each["extensions"]["code"] == Code.INTERNAL for each in shown):
        return fault
    return NotAnswered(ExportError.REFUSED, shown[0]["message"])


@asynccontextmanager
async def copying(database: Database, actor: Actor, day: date, *, planner: bool = True) -> AsyncIterator[Copying]:
    async with database.reading() as connection, AsyncExitStack() as beside:
        async with Context(database, day, snapshot=connection) as context, context.reader() as reader:
            head = await feed.journal_hash(reader)
        snapshot = await _snapshot_at(head, database, beside) if planner else None
        yield Copying(database, connection, actor, day, Plans(api, database), snapshot)


async def _snapshot_at(head: str, database: Database, beside: AsyncExitStack) -> Snapshot | None:
    """Open for as long as the stack; None where there is none of the same moment."""
    try:
        async with AsyncExitStack() as unless_kept:
            snapshot = await unless_kept.enter_async_context(database.driver.snapshot(several=True))
            if await database.driver.version_in(snapshot) == head:
                beside.push_async_exit(unless_kept.pop_all())
                return snapshot
    except Exception as failure:
        # Whatever it is, the other way has its own connection, and its own words for it.
        log.info("export.unplanned", reason=type(failure).__name__)
    return None


# ---------- all that the public may see ----------


async def export_public(
    database: Database, target: Path, day: date, progress: dump.Progress, *, planner: bool = True
) -> int:
    """Two files for each type; says how many objects."""
    total = 0
    with dump.new_folder(target, is_public=True) as folder:
        async with copying(database, PUBLIC, day, planner=planner) as source:
            manifest = {
                **await dump.manifest(source.connection, dump.PUBLIC),
                "createdAt": instant(datetime.now(UTC)),
                "asOf": day.isoformat(),
                "changeCursor": await source.cursor(),
            }
            for name in type_names():
                total += await _export_type(source, folder, name, progress)
            folder.end(manifest)
    return total


async def _export_type(source: Copying, folder: dump.Folder, name: str, progress: dump.Progress) -> int:
    asked, count = await source.whole(name), await source.count(name)
    columns = asked.columns()
    with folder.file(f"{name}.jsonl") as lines, folder.file(f"{name}.csv") as table:
        table.write(as_csv([heading(columns)]))
        async for page in source.pages(asked):
            lines.write(as_lines(page), len(page))
            table.write(as_csv(cells(columns, page)), len(page))
            progress(name, lines.rows, count)
    return lines.rows


# ---------- how they are written ----------


def as_lines(objects: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in objects)


def heading(columns: Sequence[tuple[str, ...]]) -> list[str]:
    return [".".join(path) for path in columns]


def cells(columns: Sequence[tuple[str, ...]], objects: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    for each in objects:
        yield [_cell(each, path) for path in columns]


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    return "".join(map(line, rows)).encode()


def _cell(value: Any, path: Sequence[str]) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and "value" in value:
        # Of a text in a language, the words.
        value = value["value"]
    match value:
        case None:
            return ""
        case str():
            return harmless(value)
        case bool() | int() | float():
            return str(value).lower()
        case _:
            return orjson.dumps(value).decode()
