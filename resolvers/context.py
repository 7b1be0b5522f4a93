"""What every resolver is given: who calls, the day, one snapshot to read from, one unit of work to write in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Executable, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.sending import Writing
from db.table import Kept
from db.unit import Signature, Stale, Unit
from db.visibility import seen, seen_among_keys, seen_by_key
from mandate.actor import PUBLIC, Act, Actor, may
from resolvers.error import Conflict, Forbidden, NotFound
from resolvers.rate_limit import RateLimit
from resolvers.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is known of the operation at the door."""

    id: str | None = None
    writes: bool = False
    """A mutation: it reads what it writes, under the write lock, and all of it is committed at its end."""


class Asks(Protocol):
    """Where facts are read from: an operation's snapshot, as the caller sees it, or the unit of work of an act."""

    async def rows(self, statement: Executable) -> Sequence[Any]: ...

    async def rows_of(self, say: Callable[..., Any], *shape: Hashable, **values: Any) -> Sequence[Any]: ...

    async def rows_of_each(self, *says: Callable[..., Any], **values: Any) -> Sequence[Sequence[Any]]: ...

    def sees(self, table: type[Kept]) -> Sequence[ColumnElement[bool]]: ...


class Context:
    """Belongs to one operation. Fields run side by side, and a connection takes one statement at a time."""

    def __init__(
        self,
        database: Database,
        today: date,
        actor: Actor = PUBLIC,
        operation: Operation | None = None,
        *,
        confirm: Callable[[AsyncConnection], Awaitable[Actor]] | None = None,
        local_webhooks: bool = False,
        trusted: Any = None,
        snapshot: AsyncConnection | None = None,
        most_objects: float | None = None,
    ) -> None:
        """Given a snapshot, it reads from that: who reads in many operations may want one for all."""
        self.today = today
        self.actor = actor
        self.operation = operation or Operation()
        self.rate_limit: RateLimit | None = None
        """How the caller stands with fair use, once the door has counted the operation."""
        self.local_webhooks = local_webhooks
        """Whether webhooks may lead to this machine, for development."""
        self.trusted = trusted
        """The trusted documents of this server, of which `schema` knows; None for ours alone."""
        self._most_objects = most_objects
        self._database = database
        self._confirm = confirm
        """Who calls, asked again under the write lock: raises where they may no longer call."""
        self.shows_secrets_of: list[str] = []
        """Ids of what the answer holds the secrets of: they may be shown once and kept nowhere."""
        self.new_rows: Mapping[str, Sequence[Mapping[str, Any]]] = {}
        """Those that the last act of the operation kept, by table, where it changed nothing in that table since."""
        self._lock = asyncio.Lock()
        self._open = AsyncExitStack()
        self._connection = snapshot
        self._reader: Reader | None = None
        """One for the whole operation: it counts what the operation asks for."""

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Reader]:
        """The operation's one snapshot, opened when it is first needed."""
        async with self._lock:
            if self._reader is None:
                self._reader = Reader(await self._connected(), self.actor, self.today, most_objects=self._most_objects)
            yield self._reader

    @asynccontextmanager
    async def act(self, act: Act, *, party: str | None = None, validate_only: bool = False) -> AsyncIterator[Unit]:
        """An act of the institution: raising undoes it, returning keeps it, the operation's end commits it.

        One that is only to be validated is done like any other, and undone.
        """
        async with self._lock:
            # Who may not act does not wait for the write lock; who waited may have lost the right.
            self.permit(act, party)
            connection = await self._connected()
            assert isinstance(connection, Writing)  # noqa: S101  an act is part of a mutation
            self.permit(act, party)
            signature = Signature(
                act=act, account=self.actor.account, on_behalf_of=self.actor.party, request_id=self.operation.id
            )
            self.new_rows = {}
            try:
                async with connection.undoing() as undoing:
                    unit = Unit(connection, signature, at_once=False)
                    yield unit
                    if validate_only:
                        undoing.ask()
                    else:
                        await unit.settle()
                        self.new_rows = unit.new
            except Stale as stale:
                if stale.current is None:
                    raise NotFound("There is no such object.") from None
                raise Conflict(
                    f"The object is at version {stale.current}.",
                    code="STALE_VERSION",
                    current_version=stale.current,
                ) from None

    def permit(self, act: Act, party: str | None) -> None:
        permission = may(self.actor, act, party)
        if not permission.allowed:
            raise Forbidden(" ".join(permission.reasons))

    async def connection(self) -> AsyncConnection:
        """For the door, which keeps answers in the operation's own transaction."""
        async with self._lock:
            return await self._connected()

    async def anew(self) -> Context:
        """For one more operation on the same snapshot: what each may ask for is bounded."""
        again = Context(self._database, self.today, self.actor, self.operation, snapshot=await self.connection())
        again.rate_limit = self.rate_limit
        return again

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            opened = self._database.writing() if self.operation.writes else self._database.reading()
            self._connection = await self._open.enter_async_context(opened)
            if self.operation.writes and self._confirm is not None:
                # Whoever could not be confirmed is nobody for what remains of the operation.
                self.actor = PUBLIC
                self.actor = await self._confirm(self._connection)
        return self._connection

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        """Commits what a mutation wrote; where anything was raised, nothing of it stays."""
        return await self._open.__aexit__(*error)


def already(what: str, row: Mapping[str, Any]) -> Conflict:
    """The one answer to an act that would make of a row what it is already."""
    return Conflict(f"It {what} already.", code="ILLEGAL_TRANSITION", current_version=row["version"])


_IN_WORDS = {
    "api_key": "API key",
    "contact": "contact point",
    "isu_arrangement": "arrangement",
    "office_term": "term of office",
}
"""Where it is not the name of the table."""


def absent(table: type[Kept], member: str | None = None) -> NotFound:
    """The one answer to who names what is not there for them. Its kind is that of the id, whatever there is."""
    name = str(table.__tablename__)
    return NotFound(f"There is no such {_IN_WORDS.get(name, name.replace('_', ' '))}.", member)


async def find(
    unit: Unit, table: type[Kept], key: str, expected_version: int | None = None, *, member: str | None = None
) -> Mapping[str, Any]:
    """A row of ours under the write lock; told apart from one that is not there or has moved on."""
    found = await unit.row(table, (key,), expected_version)
    if found is None:
        raise absent(table, member)
    return found


async def find_seen(
    unit: Unit,
    actor: Actor,
    table: type[Kept],
    key: str,
    expected_version: int | None = None,
    *,
    member: str | None = None,
) -> Mapping[str, Any]:
    """A row under the write lock. One that is hidden from the caller is not there, whatever version was expected."""
    rows = await unit.connection.execute(seen_by_key(table, actor.sight), {"key": key})
    found: Mapping[str, Any] | None = rows.mappings().one_or_none()
    if found is None:
        raise absent(table, member)
    if expected_version is not None and found["version"] != expected_version:
        raise Stale(found["version"])
    unit.saw(table, found)
    return found


async def all_seen(
    unit: Unit, actor: Actor, table: type[Kept], keys: Collection[str], *columns: str
) -> dict[str, Mapping[str, Any]]:
    """Those of the rows that are there for the caller, by key, in one statement for all: whole, or in some columns, the
    key among them."""
    (key,) = inspect(table).primary_key
    rows = await unit.connection.execute(seen_among_keys(table, actor.sight, columns), {"keys": sorted(keys)})
    return {row[key.key]: row for row in rows.mappings()}


async def party_concerned(context: Context, act: Act, table: Any, key: str) -> str | None:
    """Whose row it is that an act is upon. Where there is none, or none to be seen, it is the caller's own affair."""
    # In a mutation even this is read under the write lock, which is not for who may not act for their own party.
    context.permit(act, context.actor.party)
    async with context.reader() as reader:
        rows = await reader.rows(seen(table, key, context.actor))
    return rows[0].party_id if rows else context.actor.party
