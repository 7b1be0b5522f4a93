"""The API as somebody sees it, past the door: any caller can be made up, and what is sent to the database is seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from graphql import DocumentNode, GraphQLError, parse, validate
from sqlalchemy import event

from db.engine import Database
from db.table import Kept
from db.unit import Key, Signature, Unit
from isu.operation import execute_in
from mandate.actor import PUBLIC, Actor, Capacity, Held, Scope, Visibility
from resolvers.context import Context, Operation
from schema import api as offered
from schema.id import encode_id
from tests.api import TODAY

__all__ = ["ISU", "PUBLIC", "act", "ask", "caller", "encode_id", "hide", "statements", "through_the_unit"]


def caller(party: str | None, *capacities: Capacity, meeting: str | None = None, without: Scope | None = None) -> Actor:
    """Somebody who speaks for a party, with a key for everything but one scope."""
    held = {Held(Capacity.PUBLIC), *(Held(each, meeting) for each in capacities)}
    return Actor(account=f"account of {party}", party=party, held=frozenset(held), scopes=frozenset(Scope) - {without})


ISU = caller("ISU:ISU-CCM", Capacity.ISU_STAFF, Capacity.ISU_DIRECTOR)


async def ask(database: Database, actor: Actor, query: str, **variables: Any) -> Any:
    """The whole answer, errors and all."""
    return await _execute(Context(database, TODAY, actor), query, variables)


async def act(database: Database, actor: Actor, mutation: str, **variables: Any) -> Any:
    """What the one act of the mutation came to."""
    context = Context(database, TODAY, actor, Operation(id="test", writes=True))
    answer = await _execute(context, mutation, variables)
    assert "errors" not in answer, answer["errors"]
    (result,) = answer["data"].values()
    return result


async def _execute(context: Context, query: str, variables: dict[str, Any]) -> Any:
    document, errors = _validated(query)
    if errors:
        return {"data": None, "errors": [error.formatted for error in errors]}
    async with context:
        result = await execute_in(offered, context, document, variables)
    return dict(result.formatted)


@cache
def _validated(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Once for each of the few hundred documents that are asked all over."""
    document = parse(query)
    return document, validate(offered._schema, document)


async def through_the_unit(database: Database, table: type[Kept], *changes: tuple[Key, dict[str, Any]]) -> None:
    async with database.writing() as connection:
        await Unit(connection, Signature(act="test")).change(table, changes)


async def hide(database: Database, table: type[Kept], key: str, visibility: Visibility = Visibility.ISU) -> None:
    await through_the_unit(database, table, ((key,), {"visibility": visibility}))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database within the block, to read and to write."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    engines = (database.reader.sync_engine, database._writer.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
