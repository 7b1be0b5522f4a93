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
import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    inspect,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
)

import db
from db.dialect import among, keys_to_come
from db.feed import LINKS, OF_A_SUBJECT, PARTS, SUBJECTS
from db.table import Kept
from db.unit import instant
from db.visibility import sight_of, subject_of, visible
from mandate.actor import Act, Sight, Visibility
from mandate.feed import ChangeKind, kind_of
from resolvers.error import UserError
from resolvers.reading import Reader

RETENTION = timedelta(days=400)
"""Of the feed, never of the journal."""
DEFAULT_SIZE = 100
LARGEST_SIZE = 250
_LONGEST_CURSOR = 8_000
_MOST_SIGHTS = 8
"""Between two answers that a client has read to their end: a cursor has room for no more."""
_END = "~"
"""Sorts after the name of every table."""
_AT_ONCE = 500
_ANY: Sequence[tuple[str, None]] = (("", None),)
_NOT_OURS = "after is not a cursor of this feed."

Types = Mapping[str, Sequence[tuple[str, ColumnElement[bool] | None]]]
"""By table, the types of the API over it, each with the condition by which its rows are told."""


class Held(NamedTuple):
    """What was seen, at a place: of what is since then, nothing was told under this sight."""

    sight: Sight
    sequence: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last change that was told, by its place in the journal and its object; and what its holder sees."""

    sequence: int
    subject: tuple[str, str] = (_END, "")
    account: str | None = None
    sight: Sight | None = None
    """None for the public, which always sees the same."""
    before: tuple[Held, ...] = ()
    """What the holder may still hold from before, as long as what changed up to `through` is not told."""
    until: int = 0
    """Where they came to see what they see now."""
    through: int = 0
    """Where it had come to when the difference was told: what of it changed meanwhile is told with what happened."""
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
        if len(cursor.before) > _MOST_SIGHTS:
            raise _expired(head.key, end, _OTHER_EYES)
    told: list[Told] = []
    if cursor.difference is not None:
        cursor, told = await _difference(reader, types, cursor, head, first + 1)
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


async def journal_hash(reader: Reader) -> str:
    """Where the journal stands. What was read at the same hash, on the same day, by the same reader, is the same."""
    (row,) = await reader.rows(select(inspect(db.JournalHead).local_table.c.hash))
    return str(row.hash)


async def last_changes(reader: Reader, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """When objects, by table and key, last changed, or what is part of them, as far as the reader is told of it."""
    feed = inspect(db.FeedEntry).local_table
    found: dict[tuple[str, str], str] = {}
    for name in sorted({name for name, _ in places}):
        statement = (
            select(feed.c.subject_key, func.max(feed.c.at).label("at"))
            .where(
                feed.c.subject_type == name,
                among(feed.c.subject_key, sorted(key for of, key in places if of == name)),
                or_(feed.c.party_id.is_(None), feed.c.party_id == reader.actor.sight.party),
                # Not of parts and links that are for some of those who see the object.
                feed.c.part_now.is_(None),
                feed.c.other_key.is_(None),
                _sees(feed, "now", reader.actor.sight),
            )
            .group_by(feed.c.subject_key)
        )
        found |= {(name, row.subject_key): str(row.at) for row in await reader.rows(statement)}
    return found


# ---------- what happened ----------


async def _entries(reader: Reader, types: Types, cursor: Cursor, head: _Head, begins: str, limit: int) -> list[Told]:
    told: list[Told] = []
    place, more = (cursor.sequence, *cursor.subject), True
    while more and len(told) < limit:
        rows = await reader.rows(_statement(reader.actor.sight, sorted(types), cursor, place, head, begins))
        subjects = [(row.subject_type, row.subject_key) for row in rows]
        others = [(row.other_type, row.other_key) for row in rows if row.other_key is not None]
        there = await _types_of(reader, types, [*subjects, *others])
        to_be_told = islice((row for row in rows if _is_told(cursor, row, there)), limit - len(told))
        told += [_told(head, types, cursor, row, there) for row in to_be_told]
        more = len(rows) == _AT_ONCE
        if rows:
            place = (rows[-1].sequence, rows[-1].subject_type, rows[-1].subject_key)
    return told


def _statement(
    sight: Sight, names: Sequence[str], cursor: Cursor, place: tuple[int, str, str], head: _Head, begins: str
) -> Select[Any]:
    """What the reader saw before or sees since; what more it takes to tell it is looked at row by row."""
    feed = inspect(db.FeedEntry).local_table
    seen_before, seen_since = _sees(feed, "was", sight), _sees(feed, "now", sight)
    # What they may still hold from before they came to see another part of everything.
    held = [
        and_(
            _sees(feed, "was", each.sight),
            _is_first(feed, each.sequence),
            _unless_concerned_since(each, feed, feed.c.was, feed.c.subject_type, feed.c.subject_key),
        )
        for each in cursor.before
    ]
    may_hold = and_(feed.c.sequence <= cursor.through, or_(false(), *held))
    other = feed.alias()
    saw_other = exists(
        select(1)
        .where(
            other.c.subject_type == feed.c.other_type,
            other.c.subject_key == feed.c.other_key,
            other.c.at == feed.c.at,
            other.c.is_part.is_(False),
            _saw(other, "was", sight, cursor),
        )
        .correlate(feed)
    )
    order = (feed.c.sequence, feed.c.subject_type, feed.c.subject_key)
    return (
        select(
            feed,
            seen_before.label("seen_before"),
            seen_since.label("seen_since"),
            may_hold.label("may_hold"),
            saw_other.label("saw_other"),
        )
        .where(
            feed.c.sequence >= place[0],
            tuple_(*order) > tuple_(*(literal(each) for each in place)),
            feed.c.sequence <= head.sequence,
            feed.c.at >= begins,
            feed.c.subject_type.in_(names),
            or_(feed.c.party_id.is_(None), feed.c.party_id == sight.party),
            or_(
                feed.c.part_now.is_(None),
                _saw(feed, "part_was", sight, cursor),
                _sees(feed, "part_now", sight),
            ),
            or_(seen_before, seen_since, may_hold),
        )
        .order_by(*order)
        .limit(_AT_ONCE)
    )


def _saw(feed: Any, name: str, sight: Sight, cursor: Cursor) -> ColumnElement[bool]:
    """What the reader saw before, as they see now or as they saw until they came to see another part."""
    held = [_sees(feed, name, each.sight) for each in cursor.before]
    return or_(_sees(feed, name, sight), and_(feed.c.sequence <= cursor.through, or_(false(), *held)))


def _is_first(feed: Any, sequence: int) -> ColumnElement[bool]:
    """Of what was told of an object since a place: only that can tell what it was there."""
    earlier = feed.alias()
    return ~exists(
        select(1)
        .where(
            earlier.c.subject_type == feed.c.subject_type,
            earlier.c.subject_key == feed.c.subject_key,
            earlier.c.sequence > sequence,
            earlier.c.sequence < feed.c.sequence,
            earlier.c.is_part.is_(False),
        )
        .correlate(feed)
    )


def _came_to_concern(
    sight: Sight, source: Any, of_type: Any, of_key: Any, when: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether it came to concern the party at that time, of which the journal alone tells."""
    change = inspect(db.Change).local_table
    key = literal(of_type) if isinstance(of_type, str) else of_type
    return exists(
        select(1)
        .where(
            change.c.subject_type == str(db.Concern.__tablename__),
            change.c.subject_key == key + "|" + of_key + f"|{sight.party}",
            when,
        )
        .correlate(source)
    )


def _unless_concerned_since(held: Held, source: Any, visibility: Any, of_type: Any, of_key: Any) -> ColumnElement[bool]:
    """What came to concern its holder only after the place was not seen for that there."""
    since = inspect(db.Change).local_table.c.sequence > held.sequence
    return or_(visibility != Visibility.CONCERNED, ~_came_to_concern(held.sight, source, of_type, of_key, since))


def _is_told(cursor: Cursor, row: Any, there: Mapping[tuple[str, str], str]) -> bool:
    is_there = (row.subject_type, row.subject_key) in there
    if row.is_part:
        # A loss of the whole is told by the row of the whole.
        return is_there and (row.other_key is None or row.saw_other or (row.other_type, row.other_key) in there)
    # Since when the reader sees what they see now is not known: of what they do not hold, they need not hear the end.
    return is_there or bool(row.may_hold) or row.sequence > cursor.until


def _told(head: _Head, types: Types, cursor: Cursor, row: Any, there: Mapping[tuple[str, str], str]) -> Told:
    subject = (row.subject_type, row.subject_key)
    return Told(
        cursor=_signed(head.key, replace(cursor, sequence=row.sequence, subject=subject, difference=None)),
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


def _kind(row: Any) -> ChangeKind:
    if row.act == Act.ERASE_PERSON:
        return ChangeKind.DELETED
    if row.is_part:
        if row.party_id is not None and row.other_key is None:
            return ChangeKind.PUBLISHED
        return ChangeKind.UPDATED
    kind = kind_of(row.was, row.now, seen_before=row.seen_before, seen_since=row.seen_since, is_new=row.is_new)
    # What they only held from before is not there for them now.
    return kind or ChangeKind.VISIBILITY_LOST


def _sees(feed: Any, name: str, sight: Sight) -> ColumnElement[bool]:
    """As `db.visibility.visible` says of the object itself: what it, or a part of it, was before, or is since then."""
    column, then = feed.c[name], feed.c.at
    place = (
        (feed.c.part_type, feed.c.part_key) if name.startswith("part") else (feed.c.subject_type, feed.c.subject_key)
    )
    choices: list[ColumnElement[bool]] = [column.in_(sorted(sight.visibilities))]
    if sight.reads_restricted and sight.party is not None:
        concern = inspect(db.Concern).local_table
        concerned = exists(
            select(1)
            .where(
                concern.c.subject_type == place[0],
                concern.c.subject_key == place[1],
                concern.c.party_id == sight.party,
            )
            .correlate(feed)
        )
        change = inspect(db.Change).local_table
        later = change.c.at >= then if name.endswith("was") else change.c.at > then
        only_later = _came_to_concern(sight, feed, *place, later)
        choices.append(and_(column == Visibility.CONCERNED, concerned, ~only_later))
    if sight.reads_restricted and sight.meetings:
        choices.append(and_(column == Visibility.PARTICIPANTS, feed.c.meeting_code.in_(sorted(sight.meetings))))
    return func.coalesce(or_(*choices), false())


async def _types_of(reader: Reader, types: Types, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Of objects that the reader sees now, their types, where they are to be told."""
    found: dict[tuple[str, str], str] = {}
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for name, key in places:
        keys[name].add(key)
    for table in SUBJECTS:
        name = str(table.__tablename__)
        if name in keys:
            rows = await reader.rows_of(_seen_now, table, tuple(types.get(name, _ANY)), keys=sorted(keys[name]))
            found |= {(name, row[0]): row[1] for row in rows}
    return found


def _seen_now(reader: Reader, table: type[Kept], of: Sequence[tuple[str, ColumnElement[bool] | None]]) -> Select[Any]:
    (key,) = inspect(table).local_table.primary_key
    return select(key, _type(of)).where(among(key, keys_to_come("keys")), *reader.sees(table))


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
        over = cursor.difference is None and cursor.sequence >= cursor.through
        return replace(cursor, before=(), until=0, through=0) if over else cursor
    held = cursor.before if cursor.through > cursor.sequence or cursor.difference is not None else ()
    assert cursor.sight is not None  # noqa: S101  an account has one
    before = (*held, Held(cursor.sight, cursor.sequence))
    return replace(cursor, sight=end.sight, before=before, until=end.sequence, through=0, difference=("", ""))


async def _difference(
    reader: Reader, types: Types, cursor: Cursor, head: _Head, limit: int
) -> tuple[Cursor, list[Told]]:
    """Objects that did not change since, and that the reader now sees or no longer sees, or of which they do so with a
    part or with what is linked to it."""
    feed = inspect(db.FeedEntry).local_table
    told: list[Told] = []
    assert cursor.difference is not None  # noqa: S101
    for table in sorted(SUBJECTS, key=lambda each: str(each.__tablename__)):
        name, source = str(table.__tablename__), inspect(table).local_table
        if name not in types or name < cursor.difference[0]:
            continue
        (subject,) = source.primary_key
        own = _Moved.of(source, cursor, reader.actor.sight)
        parts = _parts_moved(table, cursor, reader.actor.sight)
        if not own.can_have and not parts:
            continue
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
        statement = select(
            subject,
            source.c.version,
            _type(types[name]).label("type"),
            own.sees.label("sees"),
            own.gained.label("gained"),
            *(condition.label(part) for part, condition in parts.items()),
        ).where(or_(own.gained, own.lost, and_(own.sees, or_(false(), *parts.values()))), not_(changed))
        if name == cursor.difference[0]:
            statement = statement.where(subject > cursor.difference[1])
        for row in await reader.rows(statement.order_by(subject).limit(limit - len(told))):
            of_parts = row.sees and not row.gained
            kind = (
                ChangeKind.PUBLISHED if row.gained else ChangeKind.UPDATED if of_parts else ChangeKind.VISIBILITY_LOST
            )
            told.append(
                Told(
                    cursor=_signed(head.key, replace(cursor, difference=(name, row[0]))),
                    at=instant(),
                    kind=kind,
                    type_name=row.type,
                    key=row[0],
                    version=None if of_parts else row.version,
                    fields=[part for part in parts if row._mapping[part]] if of_parts else (),  # noqa: SLF001  its public name is the same
                    is_there=row.sees,
                    place=f"{cursor.until}|{name}|{row[0]}|{_WORDS[kind]}",
                )
            )
        if len(told) == limit:
            return cursor, told
    return replace(cursor, difference=None, through=head.sequence), told


_WORDS = {ChangeKind.PUBLISHED: "more", ChangeKind.VISIBILITY_LOST: "less", ChangeKind.UPDATED: "parts"}


class _Moved(NamedTuple):
    """Of rows of one table, which the reader sees now, and of which they did not before or do no more."""

    sees: ColumnElement[bool]
    gained: ColumnElement[bool] = false()
    lost: ColumnElement[bool] = false()
    can_have: bool = False
    """Else none of them has moved, and the database need not be asked."""

    @classmethod
    def of(cls, source: Any, cursor: Cursor, sight: Sight) -> _Moved:
        if "visibility" not in source.c:
            return cls(true())
        about = subject_of(source)
        sees = _condition(source, sight)
        if all(sight_of(source, each.sight) == sight_of(source, sight) for each in cursor.before):
            return cls(sees)
        saw = [_condition(source, each.sight) for each in cursor.before]
        held = [
            and_(condition, _unless_concerned_since(each, source, source.c.visibility, *about))
            for condition, each in zip(saw, cursor.before, strict=True)
        ]
        return cls(sees, and_(sees, not_(and_(*saw))), and_(not_(sees), or_(*held)), can_have=True)


def _parts_moved(table: type[Kept], cursor: Cursor, sight: Sight) -> dict[str, ColumnElement[bool]]:
    """By the table of a part, or of a link, whether an object has one that the reader sees more or less."""
    source = inspect(table).local_table
    (key,) = source.primary_key
    found: dict[str, ColumnElement[bool]] = {}

    def moved(name: str, shown: Any, of: Any, *conditions: ColumnElement[bool]) -> None:
        which = _Moved.of(shown, cursor, sight)
        if not which.can_have:
            return
        there = exists(select(1).select_from(of).where(*conditions, or_(which.gained, which.lost)).correlate(source))
        found[name] = or_(found[name], there) if name in found else there

    for part, owners in PARTS.items():
        shown = inspect(part).local_table.alias()
        if "visibility" in shown.c:
            for owner, column in owners:
                if owner is table:
                    moved(str(part.__tablename__), shown, shown, shown.c[column] == key)
    for part in OF_A_SUBJECT:
        shown = inspect(part).local_table.alias()
        if "visibility" in shown.c:
            about = shown.c.subject_type == str(table.__tablename__), shown.c.subject_key == key
            moved(str(part.__tablename__), shown, shown, *about)
    for part, ends in LINKS.items():
        link = inspect(part).local_table.alias()
        for (owner, column), (far, far_column) in (ends, ends[::-1]):
            if owner is table:
                shown = inspect(far).local_table.alias()
                (far_key,) = shown.primary_key
                of = link.join(shown, far_key == link.c[far_column])
                moved(str(part.__tablename__), shown, of, link.c[column] == key)
    return found


def _condition(source: Any, sight: Sight) -> ColumnElement[bool]:
    condition = visible(source, sight)
    assert condition is not None  # noqa: S101  the table has a visibility
    return condition


# ---------- places ----------


async def _head(reader: Reader) -> Any:
    (row,) = await reader.rows_of(_head_and_key)
    return _Head(row.sequence, hmac.digest(bytes.fromhex(row.value), b"feed", hashlib.sha256))


def _head_and_key(_reader: Reader) -> Select[Any]:
    head, key = inspect(db.JournalHead).local_table, inspect(db.SigningKey).local_table
    return select(head.c.sequence, select(key.c.value).scalar_subquery().label("value"))


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


_TOO_OLD = f"The feed goes back {RETENTION.days} days, and this place is older."
_OTHER_EYES = "What you may see has changed too often since this place was read to the end."


def _expired(key: bytes, end: Cursor, why: str = _TOO_OLD) -> UserError:
    return UserError(
        f"{why} Read everything anew, and go on after latestCursor.",
        "CURSOR_EXPIRED",
        latestCursor=_signed(key, end),
    )


def _signed(key: bytes, cursor: Cursor) -> str:
    values = [cursor.sequence, *cursor.subject]
    if cursor.account is not None:
        held = [[*_as_list(each.sight), each.sequence] for each in cursor.before]
        assert cursor.sight is not None  # noqa: S101  an account has one
        values += [cursor.account, _as_list(cursor.sight), held, cursor.until, cursor.through, cursor.difference]
    # The meetings that somebody took part in are many, and their codes alike.
    raw = zlib.compress(orjson.dumps(values))
    return base64.urlsafe_b64encode(_FIRST + _mac(key, raw) + raw).rstrip(b"=").decode()


def _read(key: bytes, text: str) -> Cursor:
    """A cursor of ours: nobody else can make one, for it says what its holder has seen."""
    if len(text) > _LONGEST_CURSOR:
        raise UserError(_NOT_OURS)
    try:
        signed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise UserError(_NOT_OURS) from None
    first, mac, raw = signed[:1], signed[1 : _MAC + 1], signed[_MAC + 1 :]
    if first != _FIRST or not hmac.compare_digest(mac, _mac(key, raw)):
        raise UserError(_NOT_OURS)
    sequence, of, subject, *more = orjson.loads(zlib.decompress(raw))
    if not more:
        return Cursor(sequence, (of, subject))
    account, sight, held, until, *through, difference = more
    before = tuple(Held(_as_sight(values), since) for *values, since in held)
    place = None if difference is None else (difference[0], difference[1])
    # Those that were given out before there was such a place have none.
    last = through[0] if through else until
    return Cursor(sequence, (of, subject), account, _as_sight(sight), before, until, last, place)


_MAC = 16
_FIRST = b"\0"
"""So that all begin with an A, and none with a sign that a spreadsheet takes for a formula."""


def _mac(key: bytes, raw: bytes) -> bytes:
    return hmac.digest(key, raw, hashlib.sha256)[:_MAC]


def _as_list(sight: Sight) -> list[Any]:
    return [sorted(sight.visibilities), sight.reads_restricted, sight.party, sorted(sight.meetings)]


def _as_sight(values: Sequence[Any]) -> Sight:
    visibilities, reads_restricted, party, meetings = values
    return Sight(frozenset(map(Visibility, visibilities)), reads_restricted, party, frozenset(meetings))
