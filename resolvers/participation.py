"""Who is invited, who is registered, and who came."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Executable, bindparam, not_, select
from sqlmodel import col

import db
from db.change import entries_of
from db.dialect import among, keys_to_come
from db.table import Kept, new_id
from db.unit import Key, Unit
from mandate.actor import Act, Actor, Capacity, Visibility
from mandate.decision import FORMAL_MEETINGS
from mandate.meeting import COMMITTEE, INTERSESSIONAL, InviteCategory, MeetingStatus, ParticipantClass
from mandate.observer import MAY_ATTEND, ObserverStatus
from mandate.participation import (
    CREDENTIALS_NEXT,
    REGISTRATION,
    TAKES_PART,
    CredentialsStatus,
    ListBasis,
    ParticipationRole,
    ParticipationStatus,
    Registration,
    category_of,
    class_of,
    credentials_of,
)
from mandate.party import PartyKind, code_of
from mandate.person import kept_name, may_be, same_name
from mandate.rule import Evaluation, judge, stands
from mandate.treaty_action import TreatyActionType, status_on
from resolvers import text
from resolvers.context import Context, absent, all_seen, already, find_seen, party_concerned
from resolvers.error import (
    Conflict,
    Failed,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Refused,
    or_nothing,
    out_of_turn,
)
from resolvers.meeting import opening, still
from resolvers.observer import statuses
from resolvers.office import LONGEST_NAME, bound_of
from resolvers.reading import Reader
from resolvers.rule import keep_judgements, rule_set_on
from resolvers.treaty_action import acts as treaty_acts

_LONGEST_REMARKS = 1_000
_HELD = frozenset({MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED})
_CANCELLED = frozenset({MeetingStatus.CANCELLED})
_SEEN_BY = Visibility.CONCERNED
"""By the party whose people they are, and the ISU.

Not by all participants: a person belongs to no meeting, and a delegation sees what it has just registered although it
was no participant when it asked.
"""


MOST_AT_ONCE = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominee:
    """Somebody of a party, as they are put forward for a meeting."""

    party: str
    role: ParticipationRole
    person: str | None = None
    full_name: str | None = None
    unfit: Invalid | None = None
    """What stands against it as it was given, before anything is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    keys: tuple[str, ...] = ()
    failed: tuple[Failed, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    """What every rule said; of people of one party it says the same."""


async def register(
    context: Context, meeting: str, nominee: Nominee, *, validate_only: bool = False
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Register somebody for a meeting; a name that is new is a new person, as visible as the participation."""
    act = Act.REGISTER_PARTICIPANT
    async with context.act(act, party=nominee.party, validate_only=validate_only) as unit:
        if await unit.row(db.Party, (nominee.party,)) is None:
            raise NotFound("There is no such party.")
        done = await _enrol(unit, context, act, meeting, [nominee])
        for each in done.failed:
            raise each.problem
    return None if validate_only else done.keys[0], done.evaluations


async def nominate(
    context: Context,
    meeting: str,
    party: str,
    people: Sequence[Nominee],
    *,
    all_or_nothing: bool = False,
    validate_only: bool = False,
) -> Enrolled:
    """A party names its own people, in one act; they are participants once they are accredited or registered."""
    act = Act.NOMINATE_DELEGATION
    async with context.act(act, party=party, validate_only=validate_only) as unit:
        if await unit.row(db.Party, (party,)) is None:
            raise NotFound("There is no such party.")
        done = await _enrol(unit, context, act, meeting, people)
        or_nothing("people", done.keys, done.failed, all_or_nothing=all_or_nothing)
    return replace(done, keys=()) if validate_only else done


async def register_many(
    context: Context,
    meeting: str,
    people: Sequence[Nominee],
    *,
    all_or_nothing: bool = False,
    validate_only: bool = False,
) -> Enrolled:
    """The ISU registers people of many parties, in one act; whoever was nominated is registered with it."""
    act = Act.REGISTER_PARTICIPANTS
    async with context.act(act, validate_only=validate_only) as unit:
        done = await _enrol(unit, context, act, meeting, people)
        or_nothing("people", done.keys, done.failed, all_or_nothing=all_or_nothing)
    return replace(done, keys=()) if validate_only else done


async def named_so(reader: Reader, meeting: str, people: Sequence[Nominee]) -> list[Any]:
    """Of people who are told by their names alone, in their order: who is of the party for this meeting by that name.

    Of several, one who is registered, and one who was revoked only where there is no other; of those who were revoked
    also whose name it may be.
    """
    participation, person = db.Participation, db.Person
    rows = await reader.rows(
        select(col(participation.party_id), col(person.full_name), col(person.id), col(participation.status))
        .join(person, col(person.id) == col(participation.person_id))
        .where(
            col(participation.meeting_code) == meeting,
            among(col(participation.party_id), sorted({each.party for each in people})),
            col(person.full_name).is_not(None),
        )
        .order_by(col(participation.id).desc())
    )
    last = {ParticipationStatus.REVOKED: 0, ParticipationStatus.REGISTERED: 2}
    there, revoked = _ByName(), _ByName()
    for row in sorted(rows, key=lambda row: last.get(row.status, 1)):
        there.add(row)
        if row.status is ParticipationStatus.REVOKED:
            revoked.add(row)
    return [
        there.find(each.party, each.full_name or "") or revoked.find(each.party, each.full_name or "", or_initials=True)
        for each in people
    ]


async def _enrol(unit: Unit, context: Context, act: Act, meeting: str, people: Sequence[Nominee]) -> Enrolled:
    """In as many statements for 150 as for one."""
    if not 1 <= len(people) <= MOST_AT_ONCE:
        raise Invalid(("people", f"Between 1 and {MOST_AT_ONCE}."))
    actor, today = context.actor, context.today
    held = await find_seen(unit, actor, db.Meeting, meeting)
    # Who took part is entered afterwards by the ISU alone: it opens what is for participants.
    still(held, without=_CANCELLED if actor.is_isu else _CANCELLED | {MeetingStatus.CLOSED})
    day = opening(held, today)
    facts = await _facts(unit, actor, held, day, people)
    if not actor.is_isu:
        await _may_come(unit, actor, held, people[0].party, facts)
    version = await rule_set_on(unit, day)
    failed, new = [], _New()
    named: set[tuple[str, str]] = set()
    for place, nominee in enumerate(people):
        try:
            key, person = _placed(facts, nominee, act, actor, named)
            category = facts.categories[nominee.party]
            registration = Registration(meeting_kind=held["kind_code"], party=nominee.party, category=category)
            evaluations = () if version is None else judge(REGISTRATION, registration, version)
            if not stands(evaluations):
                raise Refused(evaluations)
        except Problem as problem:
            failed.append(Failed(place=place, member=_member(nominee, problem), problem=problem))
            continue
        taking_part = {
            "role": nominee.role,
            "status": _begins_as(act, actor, facts.observers.get(nominee.party)),
            "registered_on": today,
        }
        if key is not None:
            new.changes.append(((key,), taking_part))
        else:
            key = new_id()
            row = {
                **taking_part,
                "id": key,
                "meeting_code": meeting,
                "party_id": nominee.party,
                "person_id": person or new.person(nominee),
                "category": category,
                "credentials": credentials_of(held["formality"], category),
                "visibility": _SEEN_BY,
            }
            new.participations.append(row)
            new.concern(db.Participation, key, nominee.party)
        new.said[key] = evaluations
    await new.keep(unit, act)
    # Of people of one party the rules say the same.
    evaluations = tuple({each.explanation: each for said in new.said.values() for each in said}.values())
    return Enrolled(keys=tuple(new.said), failed=tuple(failed), evaluations=evaluations)


@dataclass(slots=True)
class _New:
    """What is to be written of all that are put forward together, so that it is written at once."""

    persons: list[dict[str, Any]] = field(default_factory=list)
    participations: list[dict[str, Any]] = field(default_factory=list)
    changes: list[tuple[Key, dict[str, Any]]] = field(default_factory=list)
    concerns: list[dict[str, Any]] = field(default_factory=list)
    said: dict[str, Sequence[Evaluation]] = field(default_factory=dict)
    """Of each participation, in the order given."""

    def person(self, nominee: Nominee) -> str:
        assert nominee.full_name is not None  # noqa: S101  whoever is on record has none here
        key = new_id()
        self.persons.append({"id": key, "full_name": kept_name(nominee.full_name), "visibility": _SEEN_BY})
        self.concern(db.Person, key, nominee.party)
        return key

    def concern(self, table: type[Kept], key: str, party: str) -> None:
        self.concerns.append({"subject_type": table.__tablename__, "subject_key": key, "party_id": party})

    async def keep(self, unit: Unit, act: Act) -> None:
        await unit.keep(db.Person, self.persons)
        await unit.keep(db.Participation, self.participations)
        await unit.change(db.Participation, self.changes)
        await unit.keep(db.Concern, self.concerns)
        await keep_judgements(unit, act, db.Participation, self.said, visibility=_SEEN_BY)


class _ByName:
    """Participations by party and name; of one name, the last."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[tuple[str, ...], Any]] = {}

    def add(self, row: Any) -> None:
        self._rows.setdefault(row.party_id, {})[same_name(row.full_name)] = row

    def find(self, party: str, name: str, *, or_initials: bool = False) -> Any:
        there = self._rows.get(party)
        if not there:
            return None
        wanted = same_name(name)
        found = there.get(wanted)
        if found is None and or_initials:
            found = next((row for other, row in there.items() if may_be(wanted, other)), None)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """Of all that are put forward together."""

    categories: Mapping[str, InviteCategory | None]
    """Of the parties that there are."""
    observers: Mapping[str, ObserverStatus]
    persons: Mapping[str, Mapping[str, Any]]
    """People on record whom the caller may see."""
    on_record: Mapping[tuple[str, str], Any]
    """Participations, by party and person."""
    turned_away: _ByName
    """Participations that others than their party revoked."""


async def _facts(unit: Unit, actor: Actor, held: Mapping[str, Any], day: date, people: Sequence[Nominee]) -> _Facts:
    parties = sorted({each.party for each in people})
    wanted = sorted({each.person for each in people if each.person is not None})
    persons = await all_seen(unit, actor, db.Person, wanted, "id", "full_name") if wanted else {}
    at = {"meeting": held["code"], "parties": parties}
    on_record = await unit.rows_of(_on_record, **at, persons=wanted) if wanted else ()
    observers = await statuses(unit, held, parties) if held["kind_code"] in FORMAL_MEETINGS else {}
    return _Facts(
        categories=await _categories(unit, parties, day),
        observers=observers,
        persons=persons,
        on_record={(row.party_id, row.person_id): row for row in on_record},
        turned_away=await _turned_away(unit, held["code"], parties),
    )


async def _turned_away(unit: Unit, meeting: str, parties: Sequence[str]) -> _ByName:
    """Whose participation the ISU has revoked, or whoever else answers for the meeting; a party may think better."""
    revoked = await unit.rows_of(_revoked, meeting=meeting, parties=parties)
    turned_away = _ByName()
    if not revoked:
        return turned_away
    entries = await unit.rows(entries_of(db.Participation, [row.id for row in revoked]))
    by = {each.subject_key: each.on_behalf_of for each in entries if "status" in orjson.loads(each.fields)}
    for row in revoked:
        if by.get(row.id) != row.party_id:
            turned_away.add(row)
    return turned_away


_STANDING = (
    col(db.Participation.id),
    col(db.Participation.party_id),
    col(db.Participation.person_id),
    col(db.Participation.status),
    col(db.Participation.version),
)


def _of_parties() -> tuple[ColumnElement[bool], ...]:
    at = col(db.Participation.meeting_code) == bindparam("meeting")
    return at, among(col(db.Participation.party_id), keys_to_come("parties"))


def _on_record(_unit: Unit) -> Executable:
    return select(*_STANDING).where(*_of_parties(), among(col(db.Participation.person_id), keys_to_come("persons")))


def _revoked(_unit: Unit) -> Executable:
    return (
        select(*_STANDING, col(db.Person.full_name))
        .join(db.Person, col(db.Person.id) == col(db.Participation.person_id))
        .where(
            *_of_parties(),
            col(db.Participation.status) == ParticipationStatus.REVOKED,
            col(db.Person.full_name).is_not(None),
        )
    )


def _placed(
    facts: _Facts, nominee: Nominee, act: Act, actor: Actor, named: set[tuple[str, str]]
) -> tuple[str | None, str | None]:
    """The participation that there is already and may go on, and the person, if on record."""
    if nominee.unfit is not None:
        raise nominee.unfit
    if nominee.party not in facts.categories:
        raise NotFound("There is no such party.")
    if (nominee.person is None) == (nominee.full_name is None):
        raise Invalid(("fullName", "Give a person on record, or the name of one who is not."))
    takes_up = actor.is_isu and act is not Act.NOMINATE_DELEGATION
    if nominee.person is None:
        assert nominee.full_name is not None  # noqa: S101  one of the two is given
        unfit = [("fullName", reason) for reason in text.against(nominee.full_name, LONGEST_NAME)]
        if unfit:
            raise Invalid(*unfit)
        # A name that is spelled otherwise, or a second entry of it, is no way back in.
        row = facts.turned_away.find(nominee.party, nominee.full_name, or_initials=not takes_up)
        if row is None:
            return None, None
        person = row.person_id
    else:
        known = facts.persons.get(nominee.person)
        if known is None:
            raise absent(db.Person)
        if known["full_name"] is None:
            raise Invalid(("person", "The person was erased."))
        person = nominee.person
        row = facts.on_record.get((nominee.party, person))
        row = row or facts.turned_away.find(nominee.party, known["full_name"], or_initials=not takes_up)
    place = nominee.party, person
    if place in named:
        raise Conflict("They are named twice.", code="DUPLICATE")
    named.add(place)
    if row is None:
        return None, person
    if takes_up and row.status is not ParticipationStatus.REGISTERED:
        return (row.id, person) if row.person_id == person else (None, person)
    if row.status is ParticipationStatus.REVOKED:
        raise Conflict(
            "Their participation was revoked.",
            code="ILLEGAL_TRANSITION",
            current_version=row.version,
            current_status=row.status,
        )
    raise Conflict("They are registered for this meeting already.", code="DUPLICATE")


def _member(nominee: Nominee, problem: Problem) -> str:
    if nominee.person is None:
        return "fullName" if isinstance(problem, Conflict) else "party"
    return "person" if isinstance(problem, NotFound | Conflict) else "party"


def _begins_as(act: Act, actor: Actor, observer: ObserverStatus | None) -> ParticipationStatus:
    if observer is ObserverStatus.PROVISIONAL and not (actor.is_isu and act is not Act.NOMINATE_DELEGATION):
        return ParticipationStatus.PROVISIONAL
    return ParticipationStatus.NOMINATED if act is Act.NOMINATE_DELEGATION else ParticipationStatus.REGISTERED


async def _may_come(unit: Unit, actor: Actor, held: Mapping[str, Any], party: str, facts: _Facts) -> None:
    """Whoever registers sees what is for participants: only an intersessional meeting is open to all."""
    kind = held["kind_code"]
    if kind == INTERSESSIONAL:
        return
    if kind == COMMITTEE:
        await _comes_to_the_committee(unit, actor, held["code"], party)
    elif kind in FORMAL_MEETINGS and party.startswith(PartyKind.ORGANISATION):
        if facts.observers.get(party) not in MAY_ATTEND:
            raise Forbidden("The organisation is no observer of this meeting: it asks by requestObserverStatus.")
    else:
        await _is_invited(unit, held["code"], facts.categories[party])


async def revoke(
    context: Context, participation: str, *, expected_version: int, validate_only: bool = False
) -> str | None:
    """Somebody takes no part after all: their party says so, or the ISU."""
    async with _of_party(context, Act.REVOKE_PARTICIPATION, participation, expected_version, validate_only) as (
        unit,
        row,
    ):
        if row["attended"]:
            raise Invalid(("participation", "They came: what happened is not taken back."))
        if row["status"] is ParticipationStatus.REVOKED:
            raise already("was revoked", row)
        await unit.change(db.Participation, [((participation,), {"status": ParticipationStatus.REVOKED})])
    return None if validate_only else participation


async def submit_credentials(
    context: Context, participation: str, *, expected_version: int, validate_only: bool = False
) -> str | None:
    """A State says that the credentials of somebody are handed in; anew, where they were found defective."""
    async with _of_party(context, Act.SUBMIT_CREDENTIALS, participation, expected_version, validate_only) as (
        unit,
        row,
    ):
        changed = _credentials(row, CredentialsStatus.SUBMITTED) | {"credentials_submitted_on": context.today}
        await unit.change(db.Participation, [((participation,), changed)])
    return None if validate_only else participation


async def verify_credentials(
    context: Context,
    participation: str,
    *,
    in_order: bool,
    remarks: str | None,
    expected_version: int,
    validate_only: bool = False,
) -> str | None:
    """The ISU has looked at credentials: in order, and who was nominated is accredited, or defective, and why."""
    async with _of_party(context, Act.VERIFY_CREDENTIALS, participation, expected_version, validate_only) as (
        unit,
        row,
    ):
        unfit = () if remarks is None else text.against_prose(remarks.strip(), _LONGEST_REMARKS)
        if wrong := [("remarks", reason) for reason in unfit]:
            raise Invalid(*wrong)
        if not in_order and remarks is None:
            raise Invalid(("remarks", "Say what is defective."))
        changed = _credentials(row, CredentialsStatus.VERIFIED if in_order else CredentialsStatus.DEFECTIVE)
        changed |= {
            "credentials_judged_on": context.today,
            "credentials_remarks": None if remarks is None else remarks.strip(),
        }
        accredited = {True: ParticipationStatus.NOMINATED, False: ParticipationStatus.ACCREDITED}
        if row["status"] is accredited[in_order]:
            changed["status"] = accredited[not in_order]
        await unit.change(db.Participation, [((participation,), changed)])
    return None if validate_only else participation


def _credentials(row: Mapping[str, Any], status: CredentialsStatus) -> dict[str, Any]:
    was = row["credentials"]
    if status not in CREDENTIALS_NEXT[was]:
        raise out_of_turn("The credentials are", was, version=row["version"], allowed=CREDENTIALS_NEXT[was])
    if row["status"] is ParticipationStatus.REVOKED:
        raise already("was revoked", row)
    return {"credentials": status}


@asynccontextmanager
async def _of_party(
    context: Context, act: Act, participation: str, expected_version: int, validate_only: bool
) -> AsyncIterator[tuple[Unit, Mapping[str, Any]]]:
    """What a party does about its own people, until the meeting has closed; the ISU for anybody, and afterwards too."""
    party = await party_concerned(context, act, db.Participation, participation)
    async with context.act(act, party=party, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Participation, participation, expected_version)
        held = await unit.row(db.Meeting, (row["meeting_code"],))
        assert held is not None  # noqa: S101  the key refers to it
        still(held, without=_CANCELLED if context.actor.is_isu else _CANCELLED | {MeetingStatus.CLOSED})
        yield unit, row


async def record_attendance(
    context: Context, *, participation: str, attended: bool, expected_version: int, validate_only: bool = False
) -> str | None:
    """Whether somebody who was registered came."""
    async with context.act(Act.RECORD_ATTENDANCE, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.Participation, participation, expected_version)
        if row["status"] is ParticipationStatus.REVOKED:
            raise already("was revoked", row)
        held = await unit.row(db.Meeting, (row["meeting_code"],))
        assert held is not None  # noqa: S101  the key refers to it
        still(held, without=_CANCELLED)
        if held["starts_on"] is None or held["starts_on"].earliest > context.today:
            raise Invalid(("attended", f"The meeting opens on {held['starts_on'] or 'a day not known yet'}."))
        await unit.change(db.Participation, [((participation,), {"attended": attended})])
    return None if validate_only else participation


async def invite(
    context: Context, *, meeting: str, categories: Sequence[InviteCategory], validate_only: bool = False
) -> str | None:
    """Record which categories are invited to a meeting, beside those that are."""
    async with context.act(Act.INVITE_TO_MEETING, validate_only=validate_only) as unit:
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        still(held, without=_CANCELLED)
        if held["kind_code"] == COMMITTEE:
            raise Invalid(("meeting", "The Coordination Committee invites parties, by inviteToCommitteeMeeting."))
        if not categories:
            raise Invalid(("categories", "One at least."))
        if len(set(categories)) < len(categories):
            raise Invalid(("categories", "The same is named twice."))
        invited = await unit.rows(
            select(col(db.Invitation.category)).where(
                col(db.Invitation.meeting_code) == meeting, col(db.Invitation.category).in_(list(categories))
            )
        )
        if invited:
            names = ", ".join(sorted(row.category for row in invited))
            raise Conflict(f"Invited already: {names}.", code="DUPLICATE")
        new = [{"meeting_code": meeting, "category": each, "invited_on": context.today} for each in categories]
        await unit.keep(db.Invitation, new)
    return None if validate_only else meeting


async def invite_to_committee(
    context: Context, *, meeting: str, party: str, validate_only: bool = False
) -> tuple[str | None, str | None]:
    """Record that the Coordination Committee asks a party to assist it at a meeting of it."""
    async with context.act(Act.INVITE_TO_COMMITTEE_MEETING, validate_only=validate_only) as unit:
        if await unit.row(db.Party, (party,)) is None:
            raise NotFound("There is no such party.")
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        still(held, without=_CANCELLED)
        if held["kind_code"] != COMMITTEE:
            raise Invalid(("meeting", "It is no meeting of the Coordination Committee."))
        if await unit.row(db.CommitteeInvitation, (meeting, party)) is not None:
            raise Conflict("The party is invited to this meeting already.", code="DUPLICATE")
        new = {"meeting_code": meeting, "party_id": party, "invited_on": context.today}
        await unit.keep(db.CommitteeInvitation, [new])
    return (None, None) if validate_only else (meeting, party)


async def _comes_to_the_committee(unit: Unit, actor: Actor, meeting: str, party: str) -> None:
    """Its members and those invited; else whoever registers would see what is for its participants."""
    if Capacity.COMMITTEE_MEMBER in actor.capacities:
        return
    if await unit.row(db.CommitteeInvitation, (meeting, party)) is None:
        raise Forbidden("To a meeting of the Coordination Committee come its members and those invited.")


async def _is_invited(unit: Unit, meeting: str, category: InviteCategory | None) -> None:
    if category is None or await unit.row(db.Invitation, (meeting, category)) is None:
        raise Forbidden("The party is in no category that is invited to this meeting; the ISU registers others.")


async def _categories(unit: Unit, parties: Sequence[str], day: date) -> dict[str, InviteCategory | None]:
    """Of the parties that there are; of States, as they stand on the day."""
    known = await unit.rows_of(_kinds, parties=parties)
    bound = await bound_of(unit, [code_of(party) for party in parties if party.startswith(PartyKind.STATE)])
    found = {}
    for party, kind in known:
        since, until = bound.get(code_of(party), (None, None))
        found[party] = category_of(
            PartyKind(party.partition(":")[0]),
            is_state_party=since is not None and since <= day and (until is None or day < until),
            organisation_kind=kind,
        )
    return found


def _kinds(_unit: Unit) -> Executable:
    return (
        select(col(db.Party.id), col(db.Organisation.kind_code))
        .outerjoin(db.Organisation, col(db.Organisation.party_id) == col(db.Party.id))
        .where(among(col(db.Party.id), keys_to_come("parties")))
    )


# ---------- who was there ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """How many of each class, and by what they were counted."""

    meeting: str
    basis: ListBasis | None
    counts: Mapping[ParticipantClass, int]


async def list_of(reader: Reader, actor: Actor, today: date, meeting: str) -> Listed | None:
    """Counts are for whoever sees the meeting, once it has opened; before, for the ISU. Names are nobody's here."""
    found = await reader.rows(
        select(col(db.Meeting.code), col(db.Meeting.status), col(db.Meeting.starts_on)).where(
            col(db.Meeting.code) == meeting, *reader.sees(db.Meeting)
        )
    )
    if not found:
        return None
    held = found[0]
    if held.status not in _HELD and not actor.sees(Visibility.ISU):
        return Listed(meeting=meeting, basis=None, counts={})
    people = await reader.rows(
        select(col(db.Participation.party_id), col(db.Participation.status), col(db.Participation.attended)).where(
            col(db.Participation.meeting_code) == meeting,
            col(db.Participation.status) != ParticipationStatus.REVOKED,
            not_(col(db.Participation.party_id).startswith(PartyKind.ISU)),
        )
    )
    came = [row.party_id for row in people if row.attended]
    counted = came or [row.party_id for row in people if row.status in TAKES_PART]
    if not counted:
        reported = await reader.rows(
            select(col(db.Attendance.participant_class), col(db.Attendance.count)).where(
                col(db.Attendance.meeting_code) == meeting
            )
        )
        counts = {row[0]: row[1] for row in reported}
        return Listed(meeting=meeting, basis=ListBasis.REPORTED if counts else None, counts=counts)
    day = today if held.starts_on is None else held.starts_on.earliest
    classes = Counter((await _classes(reader, sorted(set(counted)), day)).values())
    counts = {each: classes[each] for each in ParticipantClass} | {ParticipantClass.DELEGATES: len(counted)}
    return Listed(meeting=meeting, basis=ListBasis.ATTENDED if came else ListBasis.REGISTERED, counts=counts)


async def _classes(reader: Reader, parties: Sequence[str], day: date) -> dict[str, ParticipantClass]:
    action = db.TreatyAction
    rows = await reader.rows(
        select(col(action.state_code), col(action.type), col(action.date), col(action.takes_effect_on)).where(
            col(action.convention_code) == "CCM",
            among(col(action.state_code), [code_of(party) for party in parties if party.startswith(PartyKind.STATE)]),
        )
    )
    done: dict[str, list[Any]] = {}
    for row in rows:
        done.setdefault(row.state_code, []).append(row)
    found = {}
    for party in parties:
        acts = treaty_acts(done.get(code_of(party), ()))
        signed = any(
            each.type is TreatyActionType.SIGNATURE and each.date is not None and each.date.earliest <= day
            for each in acts
        )
        class_ = class_of(PartyKind(party.partition(":")[0]), status_on(acts, day).kind, signed=signed)
        if class_ is not None:
            found[party] = class_
    return found
