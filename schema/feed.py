"""Everything that changes, in one order, for those who keep copies."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from enum import Enum
from functools import cache
from typing import Annotated, Any

import strawberry
from graphql import GraphQLResolveInfo

from db.feed import SUBJECTS
from mandate.feed import ChangeKind
from resolvers import feed as resolve
from schema.id import encode_id
from schema.reading import ONLY, TABLES, Node, complete, complete_in, names_rows, python_arguments, ref
from schema.reading.page import PageInfo

_TABLES = [str(table.__tablename__) for table in SUBJECTS]
_NAMES = {"contact": "CONTACT_POINT"}
"""Of tables that are called otherwise than their type."""

ChangeSubject: Any = strawberry.enum(
    Enum("ChangeSubject", {_NAMES.get(name, name.upper()): name for name in _TABLES}),  # type: ignore[call-overload]
    description="What the feed tells of. BODY: Working Groups, themes, the Coordination Committee and the ISU; "
    "a Coordinator's term is told as the OFFICE_TERM that it is",
)


@strawberry.type(description="What is left of an object that the reader does not see, or no longer: delete the copy")
class Tombstone:
    id: strawberry.ID
    subject_type: ChangeSubject
    removed_at: datetime.datetime = strawberry.field(description="When the change happened of which this tells")
    reason: ChangeKind


@names_rows
@strawberry.type(
    description="What one act did to one object, as far as the reader may see. Put the node in the place of the copy; "
    "where there is a tombstone instead, delete the copy. To do so twice does no harm"
)
class Change:
    place: strawberry.Private[tuple[str, str]]
    cursor: str = strawberry.field(description="The place after it: an opaque text of up to 8,000 characters")
    at: datetime.datetime
    kind: ChangeKind
    subject_type: ChangeSubject
    subject_id: strawberry.ID
    version: int | None = strawberry.field(
        description="Of the object, since then; null where only what is part of it changed"
    )
    changed_fields: list[str] = strawberry.field(
        description="As in `history`: columns, and kinds of parts; empty where the reader sees the object since then, "
        "or no longer"
    )
    node: Node | None = ref("place", description="As it is now, not as it was then; null where there is a tombstone")
    tombstone: Tombstone | None = strawberry.field(description="Where the reader does not see the object now")


@strawberry.type(description="A change, and its place in the feed")
class ChangeEdge:
    cursor: str
    node: Change


@strawberry.type(description="A page of the feed, the oldest change first")
class ChangeConnection:
    edges: list[ChangeEdge]
    nodes: list[Change]
    page_info: PageInfo = strawberry.field(
        description="Its endCursor is never null, and goes on after all that happened, also what is not shown"
    )
    latest_cursor: str = strawberry.field(
        description="After everything that has happened: take it first, then read the lists, then follow the feed"
    )


@strawberry.type(
    description="The stream ends here, for its reader takes too long to read; subscribe again after this place"
)
class Lagged:
    resume_after: str


@strawberry.type(
    description="Nothing has happened up to this place that was not told. Comes once the stream has caught up, and "
    "again whenever it has been quiet for a while: keep its cursor, for that moves on though nothing is told"
)
class Heartbeat:
    at: datetime.datetime
    cursor: str


ChangeEvent = Annotated[
    Change | Lagged | Heartbeat,
    strawberry.union("ChangeEvent", description="What a stream of changes tells"),
]


@strawberry.type(description="How the service stands")
class ServiceStatus:
    change_retention_days: int = strawberry.field(
        description="How far the feed goes back; an older cursor is CURSOR_EXPIRED"
    )
    latest_cursor: str = strawberry.field(description="The end of the feed")


@strawberry.type
class FeedQuery:
    @strawberry.field(
        description="Everything that changed, in the order in which it did, for who keeps a copy: after a cursor, or "
        "since a moment, or as far back as the feed goes. A cursor is a place and no right: whoever uses it sees what "
        "they may see. Where the reader has come to see more or less since their last cursor, by a meeting that they "
        "take part in or an office, what that concerns comes first, as PUBLISHED or VISIBILITY_LOST. "
        "A cursor older than the feed is an error with the code CURSOR_EXPIRED, and with latestCursor in its extensions"
    )
    async def changes(
        self,
        info: strawberry.Info[Any, Any],
        after: str | None = None,
        since: datetime.datetime | None = None,
        types: list[ChangeSubject] | None = None,
        first: int = resolve.DEFAULT_SIZE,
    ) -> ChangeConnection:
        async with info.context.reader() as reader:
            found = await resolve.changes(reader, _wanted(types), first=first, after=after, since=since)
        edges = [ChangeEdge(cursor=each.cursor, node=change(each)) for each in found.told]
        page = ChangeConnection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                has_next_page=found.has_next_page,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=found.end_cursor,
            ),
            latest_cursor=found.latest_cursor,
        )
        return await complete(info, page)

    @strawberry.field(description="How far back the feed goes, and where it ends")
    async def service_status(self, info: strawberry.Info[Any, Any]) -> ServiceStatus:
        async with info.context.reader() as reader:
            latest = await resolve.latest(reader)
        return ServiceStatus(change_retention_days=resolve.RETENTION.days, latest_cursor=latest)


@strawberry.type(description="Streams, over a WebSocket (graphql-transport-ws) or as text/event-stream")
class Subscription:
    @strawberry.subscription(
        description="Everything that changes, as it happens, and before that what has happened after a cursor: the "
        "same changes in the same order as `changes` of a query tells them, each once. Without a cursor, from now on: "
        "the first event is then a Heartbeat with the place. A stream that has ended, however it did, goes on after "
        "the last cursor that came"
    )
    async def changes(
        self, info: strawberry.Info[Any, Any], after: str | None = None, types: list[ChangeSubject] | None = None
    ) -> AsyncGenerator[ChangeEvent, None]:
        # Whoever streams executes the operation for each event instead: each page has a snapshot, and rights, of its
        # own, which the one context of a stream of GraphQL's could not give.
        raise NotImplementedError
        yield  # pragma: no cover


class Reading:
    """The root value with which a subscription is executed, once for each event of a page of the feed.

    The page is read with the first of them, for all of them at once. What comes after the last is a Heartbeat.
    """

    def __init__(self, after: str | None, first: int) -> None:
        """Without a place, after the one that the subscription names."""
        self.after = after
        self.last: Change | Heartbeat | None = None
        """What was given out; nothing where the page could not be read."""
        self.is_at_its_end = False
        """Nothing more is to be given out, for there is another page."""
        self.end_cursor = ""
        self._first = first
        self._waiting: deque[Change] | None = None
        self._has_next_page = False

    async def next(
        self, info: GraphQLResolveInfo[Any], after: str | None = None, types: list[Any] | None = None
    ) -> Change | Heartbeat:
        if self._waiting is None:
            self.after = self.after or after
            self._waiting = deque(await self._read(info, types))
        if self._waiting:
            self.last = self._waiting.popleft()
        else:
            self.last = Heartbeat(at=datetime.datetime.now(datetime.UTC), cursor=self.end_cursor)
        self.is_at_its_end = self._has_next_page and not self._waiting
        return self.last

    async def _read(self, info: GraphQLResolveInfo[Any], types: list[Any] | None) -> list[Change]:
        async with info.context.reader() as reader:
            if self.after is None:
                self.end_cursor = await resolve.latest(reader)
                return []
            found = await resolve.changes(reader, _wanted(types), first=self._first, after=self.after)
        self._has_next_page, self.end_cursor = found.has_next_page, found.end_cursor
        return await complete_in(info, [change(each) for each in found.told])


def install_events(schema: strawberry.Schema) -> None:
    """The events of a subscription come from the root value with which it is executed."""

    async def event(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        return await source.next(info, **python_arguments(args)) if isinstance(source, Reading) else source

    root = schema._schema.subscription_type  # noqa: SLF001  Strawberry has no public way to it
    assert root is not None  # noqa: S101
    root.fields["changes"].resolve = event


def _wanted(types: list[Any] | None) -> resolve.Types:
    return told_as() if types is None else {each.value: told_as()[each.value] for each in types}


@cache
def told_as() -> resolve.Types:
    """By table, the type over all its rows, or else those that share them."""
    found: dict[str, Sequence[tuple[str, Any]]] = {}
    for table in _TABLES:
        names = [name for name, over in TABLES.items() if over == table]
        whole = [(name, None) for name in names if name not in ONLY]
        found[table] = whole or [(name, ONLY[name]) for name in names]
    return found


def change(told: resolve.Told) -> Change:
    subject = ChangeSubject(TABLES[told.type_name])
    id_ = strawberry.ID(encode_id(told.type_name, told.key))
    at = datetime.datetime.fromisoformat(told.at)
    gone = None if told.is_there else Tombstone(id=id_, subject_type=subject, removed_at=at, reason=told.kind)
    return Change(
        place=(told.type_name, told.key),
        cursor=told.cursor,
        at=at,
        kind=told.kind,
        subject_type=subject,
        subject_id=id_,
        version=told.version,
        changed_fields=list(told.fields),
        tombstone=gone,
    )
