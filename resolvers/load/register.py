"""The register while it is loaded: what the database holds, and beside it what the files say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

import db
from db.table import CodeTable, Kept, Table, new_id
from db.unit import Key, Unit
from mandate.day import PartialDate
from mandate.provenance import ProvenanceBasis
from mandate.treaty_action import BINDING
from resolvers.load.reference import CONVENTION, label
from resolvers.load.sheet import BadCell, Line, Row

T = TypeVar("T", bound=Kept)
C = TypeVar("C", bound=CodeTable)

_PLACES = {table: place for place, table in enumerate(Table.metadata.sorted_tables)}
CONSENT = "consent"
_OTHERS = {
    db.Account,
    db.Acknowledgement,
    db.AdviceRequest,
    db.AgendaAdoption,
    db.AgendaItem,
    db.AnnualReport,
    db.ApiKey,
    db.CommitteeInvitation,
    db.Communication,
    db.CommunicationDocument,
    db.CommunicationReply,
    db.Concern,
    db.Contact,
    db.Contribution,
    db.Corrigendum,
    db.Decision,
    db.DecisionAddressee,
    db.DecisionParagraph,
    db.DeliveryAttempt,
    db.Dispatch,
    db.DocumentAgendaItem,
    db.DocumentFile,
    db.DocumentMeeting,
    db.DocumentRelation,
    db.ExternalMeeting,
    db.FollowUp,
    db.IncomingCommunication,
    db.Instruction,
    db.Invitation,
    db.IsuArrangement,
    db.Judgement,
    db.LiaisonEntry,
    db.MeetingObserver,
    db.MeetingRecord,
    db.Participation,
    db.ProgrammeAgreement,
    db.Recipient,
    db.RecordComment,
    db.RuleSetAdoption,
    db.RuleWaiver,
    db.Statement,
    db.StatementParty,
    db.Upload,
    db.Webhook,
    db.WorkPlan,
}
_OURS = {
    "version",
    "visibility",
    "salt",
    *("elected_until", "completes_id", "decision_id", "handed_over_on", "handover_note", "also_serves_code"),
    *("is_hybrid", "time_zone", "half_days", "working_methods", "working_methods_set_on"),
    *("is_reserved", "original_language_code", "corrected_languages", "text_status", "is_advance", "available_on"),
}
"""What no file says."""
TABLES: Sequence[type[Kept]] = sorted(
    (table for table in (getattr(db, name) for name in db.__all__) if issubclass(table, Kept) and table not in _OTHERS),
    key=lambda table: _PLACES[inspect(table).local_table],
)
"""Those that are referred to come before those that refer to them."""


def _of_document(row: Any) -> tuple[Key, ...]:
    """By its symbol, and without one by title, meeting, date and author."""
    if row.symbol:
        return ((row.symbol,),)
    title = row.title.wordings[row.title.original].value
    return ((title, row.meeting_code, row.issued_on, row.author),)


def _of_treaty_action(row: Any) -> tuple[Key, ...]:
    """By its type; a State consents once, so that a ratification may be corrected to an accession."""
    of = (row.convention_code, row.state_code)
    consent = ((*of, CONSENT),) if row.type in BINDING else ()
    return ((*of, row.type), *consent)


_KNOWN_BY: dict[type[Kept], Callable[[Any], tuple[Key, ...]]] = {
    db.Document: _of_document,
    db.Obligation: lambda row: ((row.state_code, row.article.removeprefix("ARTICLE_")),),
    db.OfficeTerm: lambda row: ((row.reference,),),
    db.Person: lambda row: ((row.full_name,),),
    db.TreatyAction: _of_treaty_action,
}
"""Where the key is a number of ours, a row is known again by these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file: its columns, and how a line of it becomes rows of tables, its main table first."""

    name: str
    row: type[Row]
    main: type[Kept]
    known_by: tuple[str, ...]
    """The columns by which other files refer to a line."""
    turn: Callable[[Any, Register], Iterator[Kept]]
    person: tuple[str, str] | None = None
    """Of a file that names people: its column, and the column of the main table that refers to them."""
    in_order: Callable[[list[Line[Any]]], Iterable[Line[Any]]] = iter

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


@dataclass(slots=True)
class TableReport:
    created: int = 0
    changed: int = 0
    unchanged: int = 0


class Register:
    """Every table by key: what is kept, and what is wanted instead or as well."""

    def __init__(self) -> None:
        self._kept: dict[type[Kept], dict[Key, Mapping[str, Any]]] = {table: {} for table in TABLES}
        self._wanted: dict[type[Kept], dict[Key, Kept]] = {table: {} for table in TABLES}
        self._ids: dict[tuple[type[Kept], Key], str] = {}
        self._lines: dict[tuple[str, Any], Line[Any]] = {}
        self._taken_in: set[tuple[type[Kept], Key]] = set()
        self._left_out: dict[tuple[type[Kept], Key], Line[Any]] = {}
        self._erased: dict[str, str] = {}
        self.bad: list[BadCell] = []

    async def read(self, connection: AsyncConnection) -> None:
        for table in TABLES:
            mapper = inspect(table)
            rows = await connection.execute(select(*mapper.columns))
            known_by = _KNOWN_BY.get(table)
            for values in rows:
                row = dict(values._mapping)  # noqa: SLF001  its public name is the same
                self._kept[table][tuple(row[column.key] for column in mapper.primary_key)] = row
                for known in known_by(values) if known_by else ():
                    self._ids[table, known] = row["id"]
        await self._forget_contacts(connection)

    async def _forget_contacts(self, connection: AsyncConnection) -> None:
        """Who is no more than a point of contact is not known to the files: another may hold office under that name."""
        contacts = await connection.execute(select(col(db.Contact.person_id)))
        in_office = {row["person_id"] for row in self._kept[db.OfficeTerm].values()}
        in_office |= {row["president_id"] for row in self._kept[db.Meeting].values()}
        others = set(contacts.scalars()) - in_office
        people = [known for known, key in self._ids.items() if known[0] is db.Person and key in others]
        for known in people:
            del self._ids[known]

    def remember_erased(self, source: Source, lines: Iterable[Line[Any]]) -> None:
        """Names that a file still has for somebody who was erased: no line brings them back."""
        if source.person is None:
            return
        column, attribute = source.person
        for line in lines:
            key = tuple(line.cells.get(each, "") for each in source.known_by)
            row = self.find(source.main, *key) or self.by(source.main, *key)
            person: str | None = None if row is None else getattr(row, attribute)
            name = line.cells.get(column)
            if name and person is not None and self._is_erased(person):
                self._erased[name] = person

    def add(self, source: Source, line: Line[Any]) -> None:
        """The rows that a line becomes; none of them where anything is wrong with it."""
        rows = [] if line.bad else list(source.turn(line, self))
        if not line.bad:
            *others, column = source.known_by
            self.only_once(line, column, _key(rows[0]), together_with=others)
        known = (source.main, tuple(line.cells.get(column, "") for column in source.known_by))
        if not line.bad:
            self.want(rows)
            self._taken_in.add(known)
        else:
            self.bad += line.bad
            if known not in self._taken_in:
                self._left_out[known] = line

    def want(self, rows: Iterable[Kept]) -> None:
        for row in rows:
            self._wanted[type(row)][_key(row)] = row

    def find(self, table: type[T], *key: Any) -> T | None:
        """The row as it will be after the load."""
        wanted = self._wanted[table].get(key)
        if isinstance(wanted, table):
            return wanted
        kept = self._kept[table].get(key)
        return None if kept is None else table(**kept)

    def id_of(self, table: type[Kept], *known_by: Key) -> str:
        """Of the row that is known by the first of these, else by the next; a new one if by none."""
        for known in known_by:
            found = self._ids.get((table, known))
            # Only what a row is known by now is surely its own; by what it was known before, it
            # may be another's that came first.
            if found and (known == known_by[0] or (found,) not in self._wanted[table]):
                break
        else:
            found = new_id()
        return self._ids.setdefault((table, known_by[0]), found)

    def by(self, table: type[T], *known_by: Any) -> T | None:
        found = self._ids.get((table, known_by))
        return None if found is None else self.find(table, found)

    def refer(self, line: Line[Any], column: str, table: type[T], key: Key, *, called: str) -> T | None:
        """What a cell refers to, in the files or in the database; refused where there is none."""
        left_out = self._left_out.get((table, key))
        if left_out and (table, key) not in self._taken_in:
            reason = f"{called} is left out: {left_out.file}, line {left_out.number}"
            line.refuse(column, reason, follows=True)
            return None
        found = self.find(table, *key) or self.by(table, *key)
        if found is None:
            line.refuse(column, f"there is no {called}")
        return found

    def state(self, line: Line[Any], column: str, code: str | None) -> db.State | None:
        return self._coded(line, column, db.State, code, "State")

    def organisation(self, line: Line[Any], column: str, code: str | None) -> db.Organisation | None:
        return self._coded(line, column, db.Organisation, code, "organisation")

    def meeting(self, line: Line[Any], column: str, code: str | None) -> db.Meeting | None:
        return self._coded(line, column, db.Meeting, code, "meeting")

    def body(self, line: Line[Any], column: str, code: str | None) -> db.Body | None:
        return self._coded(line, column, db.Body, code, "theme")

    def document(self, line: Line[Any], column: str, symbol: str | None) -> db.Document | None:
        return self._coded(line, column, db.Document, symbol, "document")

    def language(self, line: Line[Any], column: str, code: str) -> db.Language | None:
        return self._coded(line, column, db.Language, code, "language")

    def convention(self, line: Line[Any], column: str, code: str) -> db.Convention | None:
        return self._coded(line, column, db.Convention, code, "convention")

    def person(self, name: str | None, before: str | None) -> db.Person | None:
        """Whom a line names, or nobody. Where the row referred to somebody who was erased, it does so still."""
        known = None if name is None else self.by(db.Person, name)
        if known is not None:
            return known
        erased = before if self._is_erased(before) else None if name is None else self._erased.get(name)
        if erased is not None:
            return self.find(db.Person, erased)
        return None if name is None else db.Person(id=self.id_of(db.Person, (name,)), full_name=name)

    def _is_erased(self, person: str | None) -> bool:
        row = None if person is None else self._kept[db.Person].get((person,))
        return row is not None and row["full_name"] is None

    def in_force_for(self, state: db.State) -> date | None:
        """Since when the Convention is in force for the State, by what it deposited."""
        for act in sorted(BINDING):
            action = self.by(db.TreatyAction, CONVENTION, state.code, act)
            if action:
                return action.takes_effect_on
        return None

    def only_once(self, line: Line[Any], column: str, value: Any, *, together_with: Sequence[str] = ()) -> None:
        first = self._lines.setdefault((f"{line.file} {column}", value), line)
        if first is not line:
            same = f", with the same {', '.join(together_with)}" if together_with else ""
            line.refuse(column, f"is on line {first.number} already{same}")

    def only_here(self, line: Line[Any], column: str, table: type[Kept], code: str) -> None:
        """A value that one row of the table may have, among the lines and in the database."""
        value = line.cells[column]
        self.only_once(line, column, value)
        for (other,), row in self._kept[table].items():
            if row[column] == value and other != code:
                line.refuse(column, f"is that of {other} in the database")

    def code(self, table: type[C], code: str) -> C:
        return self.find(table, code) or table(code=code, label=label(table, code))

    async def write(self, unit: Unit) -> dict[str, TableReport]:
        report: dict[str, TableReport] = {}
        for table in TABLES:
            new: list[Mapping[str, Any]] = []
            changes: list[tuple[Key, Mapping[str, Any]]] = []
            for key, row in self._wanted[table].items():
                values, kept = _values(row), self._kept[table].get(key)
                if kept is None:
                    new.append(values)
                elif changed := {name: value for name, value in values.items() if value != kept[name]}:
                    changes.append((key, changed))
            await unit.keep(table, new)
            await unit.change(table, changes)
            report[inspect(table).local_table.name] = TableReport(
                created=len(new),
                changed=len(changes),
                unchanged=len(self._wanted[table]) - len(new) - len(changes),
            )
        return report

    def _coded(self, line: Line[Any], column: str, table: type[T], code: str | None, called: str) -> T | None:
        if code is None:
            return None
        return self.refer(line, column, table, (code,), called=f"{called} {code}")


def provenance(
    of: Kept,
    field: str = "",
    *,
    basis: ProvenanceBasis = ProvenanceBasis.STATED,
    sources: Sequence[str] = (),
    as_of: PartialDate | None = None,
    note: str | None = None,
    disagreement: str | None = None,
) -> Iterator[db.Provenance]:
    """Nothing where the file says nothing about where the fact comes from."""
    if sources or note or disagreement:
        yield db.Provenance(
            subject_type=type(of).__name__,
            subject_key="/".join(_key(of)),
            field=field,
            basis=basis,
            sources=list(sources),
            stated_as_of=as_of,
            note=note,
            disagreement=disagreement,
        )


def _key(row: Kept) -> Key:
    return tuple(getattr(row, column.key) for column in inspect(type(row)).primary_key)


def _values(row: Kept) -> dict[str, Any]:
    columns = (column.key for column in inspect(type(row)).columns)
    return {name: getattr(row, name) for name in columns if name not in _OURS}
