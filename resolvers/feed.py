"""One order of everything that changes, and the places in it that a client keeps.

A cursor is a place, not a right: whoever uses it sees what they may see. It also says what its holder saw when it was
given. Where that has changed since, by a registration for a meeting, by an office or by another key, what they now see
more or less comes first, and only then what happened; so what a client holds is always what it may see.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, case, exists, false, func, inspect, literal, not_, or_, select, tuple_

import db
from db.feed import SUBJECTS
from db.unit import instant
from db.visibility import visible
from mandate.actor import Act, Sight, Visibility
from mandate.feed import ChangeKind, kind_of
from resolvers.error import UserError
from resolvers.reading import Reader

RETENTION = timedelta(days=400)
"""Of the feed, never of the journal."""
DEFAULT_SIZE = 100
LARGEST_SIZE = 250
_LONGEST_CURSOR = 8_000
_MOST_SIGHTS = 4
"""Between two answers that a client has read to their end."""
_END = "~"
"""Sorts after the name of every table."""
_NOT_OURS = "after is not a cursor of this feed."

Types = Mapping[str, Sequence[tuple[str, ColumnElement[bool] | None]]]
"""By table, the types of the API over it, each with the condition by which its rows are told."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last change that was told, by its place in the journal and its object; and what its holder sees."""

    sequence: int
    subject: tuple[str, str] = (_END, "")
    account: str | None = None
    sight: Sight | None = None
    """None for the public, which always sees the same."""
    before: tuple[Sight, ...] = ()
    """What the holder saw before, and may still hold, as long as what changed up to `until` is not told."""
    until: int = 0
    difference: tuple[str, str] | None = None
    """Where between the two it is, while it tells of what is seen more or less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change, for one reader."""

    cursor: str
    at: str
    kind: ChangeKind
    type_name: str
    key: str
    version: int | None
    fields: Sequence[str]
    is_there: bool
    """Whether the reader sees the object now."""
    place: str
    """The same whenever this change is told to this reader; it says where in the journal, and is not for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    told: Sequence[Told]
    has_next_page: bool
    end_cursor: str
    latest_cursor: str


async def check(reader: Reader, after: str) -> None:
    """Raises as `changes` would of a place, whoever it was given to."""
    head = await _head(reader)
    cursor = _read(head.key, after)
    if await _is_expired(reader, cursor.sequence, instant(datetime.now(UTC) - RETENTION)):
        raise _expired(head.key, _end(reader, head.sequence))


async def is_there(reader: Reader, types: Types, subject: tuple[str, str]) -> bool:
    """Whether the reader sees an object now, by its table and its key."""
    return subject in await _types_of(reader, types, [subject])


async def latest(reader: Reader) -> str:
    """The place after everything that has happened, for who reads."""
    head = await _head(reader)
    return _signed(head.key, _end(reader, head.sequence))


async def changes(
    reader: Reader,
    types: Types,
    *,
    first: int,
    after: str | None = None,
    since: datetime | None = None,
) -> Changes:
    """What happened after a place or since a moment; without either, since the oldest that is kept."""
    if not 0 <= first <= LARGEST_SIZE:
        raise UserError(f"first is {first}; a page has from 0 to {LARGEST_SIZE} changes.")
    if after is not None and since is not None:
        raise UserError("Give after or since, not both.")
    head = await _head(reader)
    end = _end(reader, head.sequence)
    oldest = datetime.now(UTC) - RETENTION
    if since is not None and since < oldest:
        raise _expired(head.key, end)
    cursor = _end(reader, 0)
    if after is not None:
        cursor = _caught_up(_read(head.key, after), end)
        if await _is_expired(reader, cursor.sequence, instant(oldest)):
            raise _expired(head.key, end)
    told: list[Told] = []
    if cursor.difference is not None:
        cursor, told = await _difference(reader, types, cursor, head.key, first + 1)
    if cursor.difference is None and len(told) <= first:
        begins = instant(oldest if since is None else since)
        told += await _entries(reader, types, cursor, head, begins, first + 1 - len(told))
    more = len(told) > first
    told = told[:first]
    if not more:
        last = _signed(head.key, end)
    elif told:
        last = told[-1].cursor
    else:
        last = after if after is not None else _signed(head.key, cursor)
    return Changes(told=told, has_next_page=more, end_cursor=last, latest_cursor=_signed(head.key, end))


# ---------- what happened ----------


async def _entries(reader: Reader, types: Types, cursor: Cursor, head: Any, begins: str, limit: int) -> list[Told]:
    feed, sight = inspect(db.FeedEntry).local_table, reader.actor.sight
    names = sorted(types)
    seen_since = _sees(feed, feed.c.now, sight)
    seen_before = _sees(feed, feed.c.was, sight)
    if cursor.before:
        held = or_(*(_sees(feed, feed.c.was, each) for each in cursor.before))
        seen_before = or_(seen_before, and_(feed.c.sequence <= cursor.until, held))
    place = (feed.c.sequence, feed.c.subject_type, feed.c.subject_key)
    statement = (
        select(feed, seen_before.label("seen_before"), seen_since.label("seen_since"))
        .where(
            feed.c.sequence >= cursor.sequence,
            tuple_(*place) > tuple_(*(literal(each) for each in (cursor.sequence, *cursor.subject))),
            feed.c.sequence <= head.sequence,
            feed.c.at >= begins,
            feed.c.subject_type.in_(names),
            or_(feed.c.party_id.is_(None), feed.c.party_id == sight.party),
            or_(seen_before, seen_since),
        )
        .order_by(*place)
        .limit(limit)
    )
    rows = await reader.rows(statement)
    there = await _types_of(reader, types, [(row.subject_type, row.subject_key) for row in rows])
    told = []
    for row in rows:
        subject = (row.subject_type, row.subject_key)
        own = replace(cursor, sequence=row.sequence, subject=subject, difference=None)
        told.append(
            Told(
                cursor=_signed(head.key, own),
                at=row.at,
                kind=_kind(row),
                type_name=there.get(subject) or types[row.subject_type][0][0],
                key=row.subject_key,
                version=row.row_version,
                # Of what happened while they did not see it, they learn no more than that they see it now.
                fields=orjson.loads(row.fields) if row.seen_before and row.seen_since else (),
                is_there=subject in there,
                place=f"{row.sequence}|{row.subject_type}|{row.subject_key}",
            )
        )
    return told


def _kind(row: Any) -> ChangeKind:
    if row.act == Act.ERASE_PERSON:
        return ChangeKind.DELETED
    if row.is_part:
        if row.party_id is not None:
            return ChangeKind.PUBLISHED
        return ChangeKind.UPDATED
    kind = kind_of(row.was, row.now, seen_before=row.seen_before, seen_since=row.seen_since, is_new=row.is_new)
    assert kind is not None  # noqa: S101  the statement leaves out what was never seen
    return kind


def _sees(feed: Any, column: ColumnElement[Any], sight: Sight) -> ColumnElement[bool]:
    """As `db.visibility.visible` says of the object itself, of what it was at some time."""
    choices: list[ColumnElement[bool]] = [column.in_(sorted(sight.visibilities))]
    if sight.reads_restricted and sight.party is not None:
        concern = inspect(db.Concern).local_table
        concerned = exists(
            select(1)
            .where(
                concern.c.subject_type == feed.c.subject_type,
                concern.c.subject_key == feed.c.subject_key,
                concern.c.party_id == sight.party,
            )
            .correlate(feed)
        )
        choices.append(and_(column == Visibility.CONCERNED, concerned))
    if sight.reads_restricted and sight.meetings:
        choices.append(and_(column == Visibility.PARTICIPANTS, feed.c.meeting_code.in_(sorted(sight.meetings))))
    return func.coalesce(or_(*choices), false())


async def _types_of(reader: Reader, types: Types, subjects: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Of objects that the reader sees now, their types."""
    found: dict[tuple[str, str], str] = {}
    for table in SUBJECTS:
        name, source = str(table.__tablename__), inspect(table).local_table
        keys = sorted({key for of, key in subjects if of == name})
        if not keys:
            continue
        (key,) = source.primary_key
        rows = await reader.rows(select(key, _type(types[name])).where(key.in_(keys), *reader.sees(table)))
        found |= {(name, row[0]): row[1] for row in rows}
    return found


def _type(of: Sequence[tuple[str, ColumnElement[bool] | None]]) -> ColumnElement[str]:
    *others, (last, _) = of
    conditions = [(only, literal(name)) for name, only in others if only is not None]
    return case(*conditions, else_=literal(last)) if conditions else literal(last)


# ---------- what is seen more or less ----------


def _caught_up(cursor: Cursor, end: Cursor) -> Cursor:
    """A cursor as it is to be read on from, by one who may see another part of everything by now."""
    if cursor.account is None or cursor.account != end.account:
        # Of somebody else, or of the public: a place, from which all is told as to anybody who comes new.
        return replace(end, sequence=cursor.sequence, subject=cursor.subject)
    if cursor.sight == end.sight:
        over = cursor.difference is None and cursor.sequence >= cursor.until
        return replace(cursor, before=(), until=0) if over else cursor
    held = cursor.before if cursor.until > cursor.sequence or cursor.difference is not None else ()
    assert cursor.sight is not None  # noqa: S101  an account has one
    before = tuple(dict.fromkeys((*held, cursor.sight)))[-_MOST_SIGHTS:]
    return replace(cursor, sight=end.sight, before=before, until=end.sequence, difference=("", ""))


async def _difference(
    reader: Reader, types: Types, cursor: Cursor, key: bytes, limit: int
) -> tuple[Cursor, list[Told]]:
    """Objects that did not change since, and that the reader now sees or no longer sees."""
    feed = inspect(db.FeedEntry).local_table
    told: list[Told] = []
    assert cursor.difference is not None  # noqa: S101
    for table in sorted(SUBJECTS, key=lambda each: str(each.__tablename__)):
        name, source = str(table.__tablename__), inspect(table).local_table
        if name not in types or name < cursor.difference[0] or "visibility" not in source.c:
            continue
        (subject,) = source.primary_key
        sees, *saw = (_condition(source, each) for each in (reader.actor.sight, *cursor.before))
        changed = exists(
            select(1)
            .where(
                feed.c.subject_type == name,
                feed.c.subject_key == subject,
                feed.c.sequence > cursor.sequence,
                feed.c.is_part.is_(False),
            )
            .correlate(source)
        )
        statement = select(subject, source.c.version, sees.label("sees"), _type(types[name])).where(
            or_(and_(sees, not_(and_(*saw))), and_(not_(sees), or_(*saw))), not_(changed)
        )
        if name == cursor.difference[0]:
            statement = statement.where(subject > cursor.difference[1])
        for row in await reader.rows(statement.order_by(subject).limit(limit - len(told))):
            own = replace(cursor, difference=(name, row[0]))
            told.append(
                Told(
                    cursor=_signed(key, own),
                    at=instant(),
                    kind=ChangeKind.PUBLISHED if row.sees else ChangeKind.VISIBILITY_LOST,
                    type_name=row[3],
                    key=row[0],
                    version=row.version,
                    fields=(),
                    is_there=row.sees,
                    place=f"{cursor.until}|{name}|{row[0]}|{'more' if row.sees else 'less'}",
                )
            )
        if len(told) == limit:
            return cursor, told
    return replace(cursor, difference=None), told


def _condition(source: Any, sight: Sight) -> ColumnElement[bool]:
    condition = visible(source, sight)
    assert condition is not None  # noqa: S101  the table has a visibility
    return condition


# ---------- places ----------


async def _head(reader: Reader) -> Any:
    head, key = inspect(db.JournalHead).local_table, inspect(db.SigningKey).local_table
    (row,) = await reader.rows(select(head.c.sequence, select(key.c.value).scalar_subquery().label("value")))
    return _Head(row.sequence, hmac.digest(bytes.fromhex(row.value), b"feed", hashlib.sha256))


@dataclass(frozen=True, slots=True)
class _Head:
    sequence: int
    key: bytes


def _end(reader: Reader, sequence: int) -> Cursor:
    actor = reader.actor
    return Cursor(sequence, account=actor.account, sight=None if actor.account is None else actor.sight)


async def _is_expired(reader: Reader, sequence: int, oldest: str) -> bool:
    change = inspect(db.Change).local_table
    following = select(change.c.at).where(change.c.sequence > sequence).order_by(change.c.sequence).limit(1)
    return any(row.at < oldest for row in await reader.rows(following))


def _expired(key: bytes, end: Cursor) -> UserError:
    return UserError(
        f"The feed goes back {RETENTION.days} days, and this place is older. Read everything anew, and go on after "
        "latestCursor.",
        "CURSOR_EXPIRED",
        latestCursor=_signed(key, end),
    )


def _signed(key: bytes, cursor: Cursor) -> str:
    values = [cursor.sequence, *cursor.subject]
    if cursor.account is not None:
        sights = [_as_list(each) for each in (cursor.sight, *cursor.before) if each is not None]
        values += [cursor.account, sights, cursor.until, cursor.difference]
    raw = orjson.dumps(values)
    return base64.urlsafe_b64encode(_mac(key, raw) + raw).rstrip(b"=").decode()


def _read(key: bytes, text: str) -> Cursor:
    """A cursor of ours: nobody else can make one, for it says what its holder has seen."""
    if len(text) > _LONGEST_CURSOR:
        raise UserError(_NOT_OURS)
    try:
        signed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise UserError(_NOT_OURS) from None
    mac, raw = signed[:_MAC], signed[_MAC:]
    if not hmac.compare_digest(mac, _mac(key, raw)):
        raise UserError(_NOT_OURS)
    sequence, of, subject, *more = orjson.loads(raw)
    if not more:
        return Cursor(sequence, (of, subject))
    account, sights, until, difference = more
    sight, *before = map(_as_sight, sights)
    place = None if difference is None else (difference[0], difference[1])
    return Cursor(sequence, (of, subject), account, sight, tuple(before), until, place)


_MAC = 16


def _mac(key: bytes, raw: bytes) -> bytes:
    return hmac.digest(key, raw, hashlib.sha256)[:_MAC]


def _as_list(sight: Sight) -> list[Any]:
    return [sorted(sight.visibilities), sight.reads_restricted, sight.party, sorted(sight.meetings)]


def _as_sight(values: Sequence[Any]) -> Sight:
    visibilities, reads_restricted, party, meetings = values
    return Sight(frozenset(map(Visibility, visibilities)), reads_restricted, party, frozenset(meetings))
