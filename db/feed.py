"""The feed: what the journal tells, one row for each object that a unit of work changed.

The table is derived from the journal, and is not journalled: `db.unit.Unit` writes it with the entries that it tells
of, and `rebuild` makes it anew. A row keeps who could see the object before and who can since, for that is what
decides whether a reader is told of a change, of something new, or of a loss.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

import orjson
from sqlalchemy import Index, RowMapping, Text, bindparam, delete, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field, col

import db.agenda as agenda
import db.communication as communication
import db.decision as decision
import db.document as document
import db.meeting as meeting
import db.observer as observer
import db.participation as participation
import db.record as record
import db.rule as rule
import db.statement as statement
from db.body import Body
from db.change import Change
from db.contact import Contact
from db.contribution import Contribution
from db.convention import Convention, StructureElement
from db.dialect import among, keys_to_come
from db.extension import ExtensionRequest
from db.obligation import Obligation
from db.office import Office, OfficeTerm
from db.organisation import Organisation
from db.person import Person
from db.provenance import Provenance
from db.report import AnnualReport
from db.sending import later, once
from db.state import State
from db.support import AdviceRequest, Instruction, IsuArrangement, LiaisonEntry
from db.table import Kept, Table, column, enum_type, plain_text
from db.treaty_action import TreatyAction
from db.visibility import Concern
from db.workplan import WorkPlan
from mandate.actor import Visibility

SUBJECTS: tuple[type[Kept], ...] = (
    AdviceRequest,
    agenda.AgendaItem,
    AnnualReport,
    Body,
    communication.Communication,
    communication.IncomingCommunication,
    communication.Recipient,
    Contact,
    Contribution,
    Convention,
    decision.Decision,
    decision.DecisionParagraph,
    document.Document,
    ExtensionRequest,
    Instruction,
    IsuArrangement,
    LiaisonEntry,
    meeting.ExternalMeeting,
    meeting.Meeting,
    Obligation,
    Office,
    OfficeTerm,
    Organisation,
    participation.Participation,
    Person,
    record.MeetingRecord,
    record.RecordComment,
    State,
    statement.Statement,
    StructureElement,
    TreatyAction,
    WorkPlan,
)
"""What has an id of its own in the API."""
PARTS: Mapping[type[Kept], tuple[tuple[type[Kept], str], ...]] = {
    agenda.AgendaAdoption: ((meeting.Meeting, "meeting_code"),),
    agenda.ProgrammeAgreement: ((meeting.Meeting, "meeting_code"),),
    communication.Acknowledgement: (
        (communication.Recipient, "recipient_id"),
        (communication.Communication, "communication_id"),
    ),
    communication.CommunicationDocument: ((communication.Communication, "communication_id"),),
    communication.DeliveryAttempt: ((communication.Recipient, "recipient_id"),),
    communication.Dispatch: ((communication.Communication, "communication_id"),),
    decision.DecisionAddressee: ((decision.DecisionParagraph, "paragraph_id"),),
    decision.FollowUp: ((decision.DecisionParagraph, "paragraph_id"),),
    document.DocumentAgendaItem: ((document.Document, "document_id"),),
    document.DocumentAuthor: ((document.Document, "document_id"),),
    document.DocumentFile: ((document.Document, "document_id"),),
    document.DocumentLanguage: ((document.Document, "document_id"),),
    document.DocumentMeeting: ((document.Document, "document_id"),),
    meeting.Attendance: ((meeting.Meeting, "meeting_code"),),
    observer.MeetingObserver: ((meeting.Meeting, "meeting_code"),),
    participation.Invitation: ((meeting.Meeting, "meeting_code"),),
    record.Corrigendum: ((record.MeetingRecord, "record_id"),),
    statement.StatementParty: ((statement.Statement, "statement_id"),),
}
"""What is shown as part of another object, with the column that says of which."""
LINKS: Mapping[type[Kept], tuple[tuple[type[Kept], str], tuple[type[Kept], str]]] = {
    communication.CommunicationReply: (
        (communication.Communication, "communication_id"),
        (communication.IncomingCommunication, "incoming_id"),
    ),
    document.DocumentRelation: ((document.Document, "document_id"), (document.Document, "target_id")),
}
"""What is shown at two objects, to those who see both."""
OF_A_SUBJECT: tuple[type[Kept], ...] = (Provenance, rule.Judgement, rule.RuleWaiver)
"""What is shown as part of any object, which two columns name."""
NOT_TOLD: Mapping[str, str] = {
    "account": "no object of the API to others than its holder",
    "api_key": "no object of the API to others than its holder",
    "committee_invitation": "who sits on the Committee on a day is worked out, and no object shows it",
    "document_kind": "a word of the vocabulary, which comes with a release",
    "language": "a word of the vocabulary, which comes with a release",
    "meeting_kind": "a word of the vocabulary, which comes with a release",
    "office_role": "a word of the vocabulary, which comes with a release",
    "organisation_kind": "a word of the vocabulary, which comes with a release",
    "organisation_role": "a word of the vocabulary, which comes with a release",
    "party": "the State or the organisation that it stands for is told of",
    "rule_set_adoption": "the rules in force are a matter of the day",
    "upload": "a ticket, which its holder alone knows",
    "webhook": "no object of the API to others than its holder",
}
"""The tables of which the feed says nothing, each with the reason."""
_BY_NAME: Mapping[str, type[Kept]] = {str(each.__tablename__): each for each in SUBJECTS}
_AT_ONCE = 5_000
_KEY = ("sequence", "subject_type", "subject_key")
_MERGED = ("row_version", "fields", "is_part", "was", "now", "meeting_code")
_OF_SIGHT = ("visibility", "meeting_code")
_FOR_SOME = ("party_id", "part_type", "part_key", "part_was", "part_now", "other_type", "other_key")
_FOR_ALL: Mapping[str, None] = dict.fromkeys(_FOR_SOME)
_LINKED = frozenset(of for ends in LINKS.values() for of, _ in ends)

Row = dict[str, Any]


class FeedEntry(Table, table=True):
    __tablename__ = "feed_entry"
    __table_args__ = (
        Index("ix_feed_entry_subject_key_subject_type_sequence", "subject_key", "subject_type", "sequence"),
    )

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Of the first entry of the journal in which its unit of work touched the object."""
    subject_type: str = Field(primary_key=True, sa_type=plain_text(64))
    subject_key: str = Field(primary_key=True, sa_type=plain_text(64))
    at: str = column(plain_text(32), index=True)
    act: str = column(plain_text(64))
    row_version: int | None = None
    """None where only what is part of the object changed."""
    fields: str = column(Text)
    """Its columns that changed, and the tables of its parts that did; none where it is new."""
    is_new: bool
    is_part: bool
    """Only what is part of the object changed, which nobody loses with it."""
    was: Visibility | None = column(enum_type(Visibility), default=None, nullable=True)
    """Of the object before; None where it was not there."""
    now: Visibility = column(enum_type(Visibility))
    meeting_code: str | None = column(plain_text(64), default=None)
    """Whose participants see it, where they do."""
    party_id: str | None = column(plain_text(64), default=None)
    """For this party alone, which the object came to concern."""
    part_type: str | None = column(plain_text(64), default=None)
    part_key: str | None = column(plain_text(64), default=None)
    part_was: Visibility | None = column(enum_type(Visibility), default=None, nullable=True)
    part_now: Visibility | None = column(enum_type(Visibility), default=None, nullable=True)
    """Of a part with a visibility of its own: for those alone who see or saw it too."""
    other_type: str | None = column(plain_text(64), default=None)
    other_key: str | None = column(plain_text(64), default=None)
    """The other end of a link: for those alone who see it too, or did before."""


Place = tuple[str, str]
"""The table and the key of an object."""


class Reach(NamedTuple):
    """Who may see an object."""

    visibility: Visibility
    meeting_code: str | None


class Known(Protocol):
    """What stood there before the unit of work that is told of."""

    async def reaches(self, table: type[Kept], keys: Sequence[str]) -> Mapping[str, Reach]:
        """By key, who sees the objects of a table."""

    async def linked(self, places: Sequence[Place]) -> Sequence[tuple[Place, Place, str]]:
        """An object, another one that it is linked to, and the table that links them."""


class Entered(Protocol):
    """An entry of the journal, with what it says of who may see."""

    @property
    def sequence(self) -> int: ...

    @property
    def version(self) -> int: ...

    @property
    def fields(self) -> Iterable[str]: ...

    @property
    def row(self) -> Mapping[str, Any]:
        """As it is since."""

    @property
    def was(self) -> Visibility | None: ...

    @property
    def now(self) -> Visibility: ...


@dataclass(slots=True, kw_only=True)
class _Read:
    """One that was read from the journal."""

    sequence: int
    version: int
    fields: Iterable[str]
    row: Mapping[str, Any]
    was: Visibility | None
    now: Visibility


class Telling:
    """What one unit of work tells: of each object once, at the place where it was touched first.

    Not once is told what is not for all who see the object: for one party, of a part that others do not see, of a link.
    """

    def __init__(self, at: str, act: str, known: Known) -> None:
        self._at = at
        self._act = act
        self._known = known
        self._told: dict[Place, Row] = {}

    async def take(self, table: type[Kept], entries: Sequence[Entered]) -> tuple[list[Row], list[Row]]:
        """The rows that entries about a table add, and those that they change."""
        if table in SUBJECTS:
            for_all, for_some = self._of_subject(table, entries), await self._of_links_to(table, entries)
        elif table in LINKS:
            for_all, for_some = [], await self._of_links(table, entries)
        elif table is Concern:
            for_all, for_some = [], await self._of_concern(entries)
        else:
            for_all, for_some = await self._of_parts(table, entries)
        added: dict[Place, Row] = {}
        changed: dict[Place, Row] = {}
        for row in for_all:
            place = (row["subject_type"], row["subject_key"])
            known = self._told.get(place)
            if known is None:
                self._told[place] = added[place] = row
            elif _merge(known, row) and place not in added:
                changed[place] = known
        return [*added.values(), *for_some], list(changed.values())

    def _of_subject(self, table: type[Kept], entries: Sequence[Entered]) -> list[Row]:
        name = str(table.__tablename__)
        return [
            self._row((name, _key_of(table, each.row)), each.sequence, Reach(each.now, _meeting_of(name, each.row)))
            | {
                "row_version": each.version,
                "fields": "[]" if each.was is None else orjson.dumps(sorted(each.fields)).decode(),
                "is_new": each.was is None,
                "is_part": False,
                "was": each.was,
            }
            for each in entries
        ]

    async def _of_links_to(self, table: type[Kept], entries: Sequence[Entered]) -> list[Row]:
        """Where others come to see an object, or to see it no longer, so they do its links at the other ends."""
        name = str(table.__tablename__)
        moved = {(name, _key_of(table, each.row)): each for each in entries if each.was not in (None, each.now)}
        links = await self._known.linked(sorted(moved)) if moved and table in _LINKED else ()
        reaches = await self._reaches({end for _, end, _ in links})
        rows = {
            (place, end): self._row(end, moved[place].sequence, reaches[end], link)
            | {"other_type": place[0], "other_key": place[1]}
            for place, end, link in links
            if end in reaches
        }
        return list(rows.values())

    async def _of_links(self, table: type[Kept], entries: Sequence[Entered]) -> list[Row]:
        rows = []
        for each in entries:
            one, other = ((str(of.__tablename__), str(each.row[name])) for of, name in LINKS[table])
            reaches = await self._reaches({one, other})
            rows += [
                self._row(end, each.sequence, reaches[end], str(table.__tablename__))
                | {"other_type": far[0], "other_key": far[1]}
                for end, far in dict.fromkeys([(one, other), (other, one)])
                if end in reaches and not self._is_new(end)
            ]
        return rows

    async def _of_concern(self, entries: Sequence[Entered]) -> list[Row]:
        """Whoever sees what concerns them is told by the row of the object itself, where there is one; of its links,
        at the other ends."""
        places = {each.sequence: (str(each.row["subject_type"]), str(each.row["subject_key"])) for each in entries}
        reaches = await self._reaches({place for place in places.values() if place[0] in _BY_NAME})
        rows = [
            self._row(place, each.sequence, reaches[place]) | {"was": None, "party_id": each.row["party_id"]}
            for each in entries
            if (place := places[each.sequence]) in reaches and place not in self._told
        ]
        parties: defaultdict[Place, list[Entered]] = defaultdict(list)
        for each in entries:
            place = places[each.sequence]
            is_shown = place in reaches and reaches[place].visibility is Visibility.CONCERNED
            if is_shown and _BY_NAME[place[0]] in _LINKED and not self._is_new(place):
                parties[place].append(each)
        return rows + await self._of_links_for(parties)

    async def _of_links_for(self, parties: Mapping[Place, Sequence[Entered]]) -> list[Row]:
        """Of objects that came to concern parties, for those."""
        links = await self._known.linked(sorted(parties)) if parties else ()
        reaches = await self._reaches({end for _, end, _ in links})
        rows = {
            (each.sequence, end): self._row(end, each.sequence, reaches[end], link)
            | {"party_id": each.row["party_id"], "other_type": place[0], "other_key": place[1]}
            for place, end, link in links
            if end in reaches
            for each in parties[place]
        }
        return list(rows.values())

    async def _of_parts(self, table: type[Kept], entries: Sequence[Entered]) -> tuple[list[Row], list[Row]]:
        name = str(table.__tablename__)
        parts = [
            (place, each)
            for each in entries
            for place in _subjects_of(table, each.row)
            # Whoever sees what is new is told of all that is part of it.
            if not self._is_new(place)
        ]
        if not parts:
            return [], []
        reaches = await self._reaches({place for place, _ in parts})
        for_all, for_some = [], []
        for place, each in parts:
            if place not in reaches:
                continue
            row = self._row(place, each.sequence, reaches[place], name)
            if "visibility" not in each.row or Visibility.PUBLIC in (each.was, each.now):
                for_all.append(row)
            else:
                # What is said of any object is seen by whom that concerns.
                about = place if table in OF_A_SUBJECT else (name, _key_of(table, each.row))
                own = {"part_type": about[0], "part_key": about[1], "part_now": each.now}
                for_some.append(row | own | {"part_was": each.was or each.now})
        return for_all, for_some

    def _is_new(self, place: Place) -> bool:
        told = self._told.get(place)
        return told is not None and bool(told["is_new"])

    def _row(self, place: Place, sequence: int, reach: Reach, part: str | None = None) -> Row:
        """That something of an object changed which was there, and is as visible as before."""
        return {
            "sequence": sequence,
            "subject_type": place[0],
            "subject_key": place[1],
            "at": self._at,
            "act": self._act,
            "row_version": None,
            "fields": "[]" if part is None else orjson.dumps([part]).decode(),
            "is_new": False,
            "is_part": True,
            "was": reach.visibility,
            "now": reach.visibility,
            "meeting_code": reach.meeting_code,
            **_FOR_ALL,
        }

    async def _reaches(self, places: Iterable[Place]) -> dict[Place, Reach]:
        """Who sees the objects now: as was told, or as they stood before."""
        found: dict[Place, Reach] = {}
        others: defaultdict[str, list[str]] = defaultdict(list)
        for place in sorted(places):
            told = self._told.get(place)
            if told is not None and not told["is_part"]:
                found[place] = Reach(told["now"], told["meeting_code"])
            else:
                others[place[0]].append(place[1])
        for name, keys in others.items():
            reaches = await self._known.reaches(_BY_NAME[name], keys)
            found |= {(name, key): reach for key, reach in reaches.items()}
        return found


class InDatabase:
    """As the rows stand, for the unit of work that is about to be told of."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def reaches(self, table: type[Kept], keys: Sequence[str]) -> dict[str, Reach]:
        name, key = str(table.__tablename__), _key_name(table)
        found = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = {"keys": keys[start : start + _AT_ONCE]}
            for row in (await self._connection.execute(_reaching(table), some)).mappings():
                found[row[key]] = Reach(_visibility_of(table, row), _meeting_of(name, row))
        return found

    async def linked(self, places: Sequence[Place]) -> list[tuple[Place, Place, str]]:
        found = []
        for table, ends in LINKS.items():
            for (of, name), (far_of, far_name) in (ends, ends[::-1]):
                keys = [key for type_, key in places if type_ == of.__tablename__]
                if keys:
                    rows = await self._connection.execute(_linking(table, name, far_name), {"keys": keys})
                    found += [
                        ((str(of.__tablename__), one), (str(far_of.__tablename__), other), str(table.__tablename__))
                        for one, other in sorted(rows.all())
                    ]
        return found


@cache
def _reaching(table: type[Kept]) -> Any:
    source = inspect(table).local_table
    (key,) = source.primary_key
    columns = [key, *(source.c[name] for name in _OF_SIGHT if name in source.c)]
    return once(select(*columns).where(among(key, keys_to_come("keys"))))


@cache
def _linking(table: type[Kept], near: str, far: str) -> Any:
    source = inspect(table).local_table
    return once(select(source.c[near], source.c[far]).where(among(source.c[near], keys_to_come("keys"))))


async def keep(connection: AsyncConnection, added: Sequence[Row], changed: Sequence[Row]) -> None:
    if added:
        await later(connection, _TELL, added)
    if changed:
        await later(
            connection,
            _TELL_ANEW,
            [{**{f"of_{n}": row[n] for n in _KEY}, **{f"to_{n}": row[n] for n in _MERGED}} for row in changed],
        )


_TELL = once(insert(FeedEntry))
_TELL_ANEW = once(
    update(FeedEntry)
    .where(*(col(getattr(FeedEntry, name)) == bindparam(f"of_{name}") for name in _KEY))
    .values({name: bindparam(f"to_{name}") for name in _MERGED})
)


async def rebuild(connection: AsyncConnection) -> None:
    """All of it, from the journal."""
    await connection.execute(delete(FeedEntry))
    async for rows in _replayed(connection):
        await keep(connection, rows, [])


async def faults(connection: AsyncConnection) -> list[str]:
    """Where it does not say what the journal says."""
    kept = inspect(FeedEntry).local_table
    last, found = 0, []
    async for rows in _replayed(connection):
        through = max(row["sequence"] for row in rows)
        there = (
            select(kept).where(kept.c.sequence > last, kept.c.sequence <= through).order_by(*(kept.c[n] for n in _KEY))
        )
        told = [dict(row) for row in (await connection.execute(there)).mappings()]
        if told != sorted(rows, key=lambda row: tuple(row[name] for name in _KEY)):
            found.append(f"the feed does not say what entries {last + 1} to {through} say: run `isu reindex`")
        last = through
    if (await connection.execute(select(kept.c.sequence).where(kept.c.sequence > last).limit(1))).first() is not None:
        found.append(f"the feed tells of more than the journal, after entry {last}: run `isu reindex`")
    return found


async def _replayed(connection: AsyncConnection) -> AsyncIterator[list[Row]]:
    """What the journal tells, some units of work at a time."""
    replay = _Replay()
    told: tuple[type[Kept], ...] = (*SUBJECTS, *PARTS, *LINKS, *OF_A_SUBJECT, Concern)
    tables = {str(each.__tablename__): each for each in told}
    rows: dict[tuple[Any, ...], Row] = {}
    unit: tuple[Any, ...] | None = None
    telling = Telling("", "", replay)
    async for entry in _entries(connection):
        if (entry.at, entry.act, entry.account_id, entry.request_id) != unit:
            if len(rows) >= _AT_ONCE:
                yield list(rows.values())
                rows = {}
            unit = (entry.at, entry.act, entry.account_id, entry.request_id)
            telling = Telling(entry.at, entry.act, replay)
        table = tables.get(entry.subject_type)
        if table is None:
            continue
        after = orjson.loads(entry.after)
        place = (entry.subject_type, entry.subject_key)
        before = replay.rows.get(place)
        row = {**(before or {}), **{name: value for name, value in after.items() if name in _columns_told(table)}}
        entered = _Read(
            sequence=entry.sequence,
            version=entry.version,
            fields=list(after),
            row=row,
            was=None if entry.before is None else _visibility_of(table, before or row),
            now=_visibility_of(table, row),
        )
        added, changed = await telling.take(table, [entered])
        replay.take(table, place, row)
        rows |= {tuple(each[name] for name in _KEY): each for each in (*added, *changed)}
    if rows:
        yield list(rows.values())


class _Replay:
    """What the journal has told so far."""

    def __init__(self) -> None:
        self.rows: dict[Place, dict[str, Any]] = {}
        self._links: defaultdict[Place, list[tuple[str, Place]]] = defaultdict(list)

    def take(self, table: type[Kept], place: Place, row: dict[str, Any]) -> None:
        if table in LINKS and place not in self.rows:
            one, other = ((str(of.__tablename__), str(row[name])) for of, name in LINKS[table])
            self._links[one].append((place[0], other))
            self._links[other].append((place[0], one))
        self.rows[place] = row

    async def reaches(self, table: type[Kept], keys: Sequence[str]) -> dict[str, Reach]:
        name = str(table.__tablename__)
        there = {key: self.rows[name, key] for key in keys if (name, key) in self.rows}
        return {key: Reach(_visibility_of(table, row), _meeting_of(name, row)) for key, row in there.items()}

    async def linked(self, places: Sequence[Place]) -> list[tuple[Place, Place, str]]:
        return [(place, other, link) for place in places for link, other in self._links[place]]


async def _entries(connection: AsyncConnection) -> AsyncIterator[Any]:
    entry, last = inspect(Change).local_table, 0
    while True:
        more = select(entry).where(entry.c.sequence > last).order_by(entry.c.sequence).limit(_AT_ONCE)
        found = (await connection.execute(more)).all()
        if not found:
            return
        for each in found:
            yield each
        last = found[-1].sequence


@cache
def _columns_told(table: type[Kept]) -> frozenset[str]:
    """Those of a row that the feed looks at."""
    keys = {each.key for each in inspect(table).primary_key}
    parts = {name for _, name in (*PARTS.get(table, ()), *LINKS.get(table, ()))}
    return frozenset(keys | parts | {*_OF_SIGHT, "subject_type", "subject_key", "party_id"})


def _subjects_of(table: type[Kept], row: Mapping[str, Any]) -> list[Place]:
    if table in OF_A_SUBJECT:
        place = (str(row["subject_type"]), str(row["subject_key"]))
        return [place] if place[0] in _BY_NAME else []
    places = [(of, row[name]) for of, name in _parts_of(table) if row[name] is not None]
    if len(places) < 2:
        return places
    return list(dict.fromkeys(places))


@cache
def _parts_of(table: type[Kept]) -> list[tuple[str, str]]:
    """Of what its rows are part, and by which of their columns."""
    named = [(str(of.__tablename__), name) for of, name in PARTS.get(table, ())]
    return [(of, name) for of, name in named if of in _BY_NAME]


@cache
def _key_name(table: type[Kept]) -> str:
    (key,) = inspect(table).primary_key
    return str(key.key)


def _key_of(table: type[Kept], row: Mapping[str, Any]) -> str:
    return str(row[_key_name(table)])


def _meeting_of(name: str, row: Mapping[str, Any] | RowMapping) -> str | None:
    found: str | None = row["code"] if name == "meeting" else row.get("meeting_code")
    return found


def _visibility_of(table: type[Kept], row: Mapping[str, Any] | RowMapping) -> Visibility:
    return Visibility(row.get("visibility", table.default_visibility))


def _merge(known: Row, more: Row) -> bool:
    """Takes up what is told of an object once more; says whether anything is new in it."""
    before = {name: known[name] for name in _MERGED}
    if not known["is_new"]:
        fields = {*orjson.loads(known["fields"]), *orjson.loads(more["fields"])}
        known["fields"] = orjson.dumps(sorted(fields)).decode()
    if not more["is_part"]:
        if known["is_part"]:
            known |= {"is_part": False, "was": more["was"]}
        known |= {name: more[name] for name in ("row_version", "now", "meeting_code")}
    return before != {name: known[name] for name in _MERGED}
