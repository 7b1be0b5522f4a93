"""The ISU itself: its Director, who hosts and serves it, and what it is instructed to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import col

import db
from db.office import held_on
from db.table import new_id
from db.unit import Unit
from mandate.actor import Act, Visibility
from mandate.day import PartialDate
from mandate.meeting import COMMITTEE
from mandate.party import ISU_PARTY
from mandate.rule import Evaluation, adoptions
from mandate.support import (
    APPOINTMENT,
    ARRANGEMENT,
    INSTRUCTION,
    SECRETARIAT,
    Appointment,
    Arrangement,
    ArrangementFacts,
    ArrangementKind,
    DirectorFacts,
    Instructed,
    established_on,
)
from mandate.text import LocalizedText
from resolvers.context import Asks, Context, absent, all_seen, already, find, find_seen
from resolvers.decision import cited_by
from resolvers.error import Conflict, Invalid, NotFound
from resolvers.office import bounds_of, named_person
from resolvers.reading import Reader
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY
from resolvers.rule import adopted, judged, keep_judgement, rule_set_on

_DIRECTOR = "isu_director"
_INTERIM = "executive_coordinator_interim_isu"


# ---------- the facts ----------


async def directors(asks: Asks) -> list[DirectorFacts]:
    """All terms of which a source tells when they began, or that they had begun."""
    return [
        DirectorFacts(id=id_, starts_on=starts_on, ends_on=ends_on)
        for id_, _, starts_on, ends_on in await _terms(asks, _DIRECTOR)
    ]


async def arrangements(asks: Asks) -> list[ArrangementFacts]:
    """Those on record; and that there was an Executive Coordinator of an interim ISU, which is an interim capacity."""
    table = db.IsuArrangement
    rows = await asks.rows(
        select(col(table.id), col(table.kind), col(table.organisation_code), col(table.starts_on), col(table.ends_on))
    )
    found = [
        ArrangementFacts(
            id=row.id,
            kind=row.kind,
            organisation=row.organisation_code,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )
        for row in rows
    ]
    found += [
        ArrangementFacts(
            id=id_,
            kind=ArrangementKind.INTERIM_CAPACITY,
            organisation=(party or "").partition(":")[2],
            starts_on=starts_on,
            ends_on=ends_on,
        )
        for id_, party, starts_on, ends_on in await _terms(asks, _INTERIM)
    ]
    return sorted(found, key=lambda each: (each.starts_on, each.id))


async def _terms(asks: Asks, office: str) -> list[tuple[str, str | None, date, date | None]]:
    term = db.OfficeTerm
    rows = await asks.rows(
        select(
            col(term.id),
            col(term.party_id),
            col(term.starts_on),
            col(term.ends_on),
            col(term.attested_from),
            col(term.attested_until),
        ).where(col(term.office_code) == office)
    )
    bounds = ((row, bounds_of(row)) for row in rows)
    return [(row.id, row.party_id, *known) for row, known in bounds if known is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What there is of the ISU on a day, by keys."""

    established_on: date | None
    director: str | None
    arrangements: tuple[str, ...]


async def support_on(reader: Reader, day: date) -> Support:
    term, table = db.OfficeTerm, db.IsuArrangement
    serving = await reader.rows(
        select(col(term.id))
        .where(col(term.office_code) == _DIRECTOR, held_on(day))
        .order_by(col(term.starts_on).desc(), col(term.id))
    )
    held = await reader.rows(
        select(col(table.id))
        .where(col(table.starts_on) <= day, (col(table.ends_on).is_(None)) | (col(table.ends_on) > day))
        .order_by(col(table.starts_on), col(table.id))
    )
    established = established_on(await directors(reader), await arrangements(reader))
    return Support(
        established_on=established if established is not None and established <= day else None,
        director=serving[0].id if serving else None,
        arrangements=tuple(row.id for row in held),
    )


# ---------- the acts ----------


async def appoint(
    context: Context,
    *,
    person: str | None,
    full_name: str | None,
    starts_on: date,
    ends_on: date | None,
    decision: str | None,
    also_serves: str | None,
    with_another_isu: bool,
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Record who is appointed Director of the ISU, and from when."""
    async with context.act(Act.APPOINT_DIRECTOR, validate_only=validate_only) as unit:
        against = _against_days(starts_on, ends_on)
        if person is None and full_name is None:
            against.append(("fullName", "Name somebody: a person on record, or the name of one who is not."))
        if also_serves is None and with_another_isu:
            against.append(("alsoServes", "Name the organisation."))
        if against:
            raise Invalid(*against)
        if await rule_set_on(unit, starts_on) is None:
            raise Invalid(("startsOn", f"On {starts_on} there was no mandate yet, and no ISU to direct."))
        if await unit.row(db.Party, (ISU_PARTY,)) is None:
            raise NotFound("The ISU is not on record among the organisations.")
        if decision is not None:
            await cited_by(unit, decision)
        is_isu = with_another_isu
        if also_serves is not None:
            is_isu = is_isu or await _is_isu(unit, "alsoServes", also_serves)
        appointment = Appointment(
            starts_on=starts_on,
            ends_on=ends_on,
            others=await directors(unit),
            also_serves=also_serves,
            with_another_isu=is_isu,
        )
        evaluations = await judged(unit, APPOINTMENT, appointment, starts_on)
        for each in appointment.others:
            # Whoever left before the first day was never in office.
            if each.starts_on == starts_on and each.ends_on != starts_on:
                there = ("OfficeTerm", each.id)
                raise Conflict(f"Somebody was appointed from {starts_on} on already.", code="DUPLICATE", current=there)
        key = new_id()
        term = {
            "id": key,
            "office_code": _DIRECTOR,
            "party_id": ISU_PARTY,
            "person_id": await named_person(unit, context.actor, person, full_name, Visibility.PUBLIC),
            "starts_on": PartialDate.of(starts_on),
            "ends_on": None if ends_on is None else PartialDate.of(ends_on),
            "decision_id": decision,
            "also_serves_code": also_serves,
        }
        await unit.keep(db.OfficeTerm, [term])
        await keep_judgement(unit, Act.APPOINT_DIRECTOR, db.OfficeTerm, key, evaluations, today=context.today)
    return None if validate_only else key, evaluations


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An arrangement with an organisation about the ISU."""

    kind: ArrangementKind
    organisation: str
    starts_on: date
    ends_on: date | None = None
    decision: str | None = None
    with_another_isu: bool = False


async def arrange(
    context: Context,
    given: Given,
    *,
    arrangement: str | None = None,
    expected_version: int | None = None,
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Record an arrangement, or one on record as it then stands: so it gets its end."""
    async with context.act(Act.ARRANGE_ISU_SUPPORT, validate_only=validate_only) as unit:
        if (arrangement is None) != (expected_version is None):
            raise Invalid(("expectedVersion", "Give it for an arrangement that is on record, and for no other."))
        if arrangement is not None:
            await find(unit, db.IsuArrangement, arrangement, expected_version)
        against = _against_days(given.starts_on, given.ends_on)
        if against:
            raise Invalid(*against)
        is_isu = await _is_isu(unit, "organisation", given.organisation) or given.with_another_isu
        if given.decision is not None:
            await cited_by(unit, given.decision)
        others = [each for each in await arrangements(unit) if each.id != arrangement]
        if any(
            (each.kind, each.organisation, each.starts_on) == (given.kind, given.organisation, given.starts_on)
            for each in others
        ):
            raise Conflict("This arrangement is on record already.", code="DUPLICATE")
        facts = Arrangement(
            kind=given.kind,
            organisation=given.organisation,
            starts_on=given.starts_on,
            ends_on=given.ends_on,
            with_another_isu=is_isu,
            begun=await _begun(unit, given.starts_on),
            others=others,
            directors=await directors(unit),
        )
        evaluations = await judged(unit, ARRANGEMENT, facts, given.starts_on)
        values = {
            "kind": given.kind,
            "organisation_code": given.organisation,
            "starts_on": given.starts_on,
            "ends_on": given.ends_on,
            "with_another_isu": is_isu,
            "decision_id": given.decision,
        }
        if arrangement is None:
            key = new_id()
            await unit.keep(db.IsuArrangement, [{"id": key, **values}])
        else:
            key = arrangement
            await unit.change(db.IsuArrangement, [((key,), values)])
        await keep_judgement(unit, Act.ARRANGE_ISU_SUPPORT, db.IsuArrangement, key, evaluations, today=context.today)
    return None if validate_only else key, evaluations


async def instruct(
    context: Context,
    *,
    text: LocalizedText,
    decision: str | None,
    committee_meeting: str | None,
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Record an instruction to the ISU, on behalf of whoever gives it."""
    async with context.act(Act.INSTRUCT_ISU, validate_only=validate_only) as unit:
        cited = None
        if decision is not None:
            # What is hidden from the caller can not be cited: the verdict would tell of it.
            row = await find_seen(unit, context.actor, db.Decision, decision)
            if not await all_seen(unit, context.actor, db.Meeting, [row["meeting_code"]], "code"):
                raise absent(db.Decision)
            cited = await cited_by(unit, decision)
        if committee_meeting is not None:
            held = await find_seen(unit, context.actor, db.Meeting, committee_meeting)
            if held["kind_code"] != COMMITTEE:
                raise Invalid(("committeeMeeting", "It is no meeting of the Coordination Committee."))
        instructed = Instructed(cited=cited, committee_met=committee_meeting is not None)
        evaluations = await judged(unit, INSTRUCTION, instructed, context.today)
        key = new_id()
        instruction = {
            "id": key,
            "party_id": context.actor.party,
            "text": text,
            "given_on": context.today,
            "decision_id": decision,
            "committee_meeting_code": committee_meeting,
            "visibility": Visibility.STATES_PARTIES,
        }
        await unit.keep(db.Instruction, [instruction])
        await keep_judgement(
            unit,
            Act.INSTRUCT_ISU,
            db.Instruction,
            key,
            evaluations,
            today=context.today,
            visibility=Visibility.STATES_PARTIES,
        )
    return None if validate_only else key, evaluations


# ---------- advice, and contact with others ----------


async def request_advice(
    context: Context, *, party: str, subject: LocalizedText, question: LocalizedText, validate_only: bool = False
) -> str | None:
    """A State Party asks the ISU for advice (Prop. 4(4)(c)): the two alone see it."""
    async with context.act(Act.REQUEST_ADVICE, party=party, validate_only=validate_only) as unit:
        if await unit.row(db.Party, (party,)) is None:
            raise NotFound("There is no such State.")
        key = new_id()
        kept = {
            "id": key,
            "party_id": party,
            "subject": subject,
            "question": question,
            "asked_on": context.today,
            "visibility": Visibility.CONCERNED,
        }
        await unit.keep(db.AdviceRequest, [kept])
        about = {"subject_type": db.AdviceRequest.__tablename__, "subject_key": key, "party_id": party}
        await unit.keep(db.Concern, [about])
    return None if validate_only else key


async def answer_advice(
    context: Context, *, request: str, expected_version: int, answer: LocalizedText, validate_only: bool = False
) -> str | None:
    async with context.act(Act.ANSWER_ADVICE, validate_only=validate_only) as unit:
        row = await find_seen(unit, context.actor, db.AdviceRequest, request, expected_version)
        if row["answered_on"] is not None:
            raise already("was answered", row)
        answered = {"answer": answer, "answered_on": context.today}
        await unit.change(db.AdviceRequest, [((request,), answered)])
    return None if validate_only else request


_LIAISON_SEEN_BY = (Visibility.ISU, Visibility.COMMITTEE, Visibility.STATES_PARTIES, Visibility.PUBLIC)


async def log_liaison(
    context: Context,
    *,
    party: str,
    on: date,
    summary: LocalizedText,
    visibility: Visibility,
    validate_only: bool = False,
) -> str | None:
    """Record a contact with another actor (Prop. 4(4)(g))."""
    async with context.act(Act.LOG_LIAISON, validate_only=validate_only) as unit:
        if await unit.row(db.Party, (party,)) is None:
            raise NotFound("There is no such organisation.")
        against = []
        if party == ISU_PARTY:
            against.append(("organisation", "That is the ISU itself."))
        if not FIRST_DAY <= on <= context.today:
            against.append(("on", f"Between {FIRST_DAY} and today."))
        if visibility not in _LIAISON_SEEN_BY:
            against.append(("visibility", f"One of {', '.join(_LIAISON_SEEN_BY)}."))
        if against:
            raise Invalid(*against)
        key = new_id()
        kept = {"id": key, "party_id": party, "on": on, "summary": summary, "visibility": visibility}
        await unit.keep(db.LiaisonEntry, [kept])
    return None if validate_only else key


async def advised_on(asks: Asks) -> list[date]:
    """Of every answer that is there for the caller, the day on which it was given."""
    table = db.AdviceRequest
    rows = await asks.rows(select(col(table.answered_on)).where(col(table.answered_on).is_not(None), *asks.sees(table)))
    return [row.answered_on for row in rows]


async def liaised_on(asks: Asks) -> list[date]:
    table = db.LiaisonEntry
    return [row.on for row in await asks.rows(select(col(table.on)).where(*asks.sees(table)))]


def _against_days(starts_on: date, ends_on: date | None) -> list[tuple[str, str]]:
    found = []
    if not FIRST_DAY <= starts_on <= LAST_DAY:
        found.append(("startsOn", f"Between {FIRST_DAY} and {LAST_DAY}."))
    if ends_on is not None and not starts_on < ends_on <= LAST_DAY:
        found.append(("endsOn", f"After {starts_on}, on which it begins, and {LAST_DAY} at the latest."))
    return found


async def _is_isu(unit: Unit, name: str, organisation: str) -> bool:
    """Whether the organisation is itself the ISU of another convention, as far as its kind tells."""
    row = await unit.row(db.Organisation, (organisation,))
    if row is None:
        raise NotFound("There is no such organisation.")
    if row["party_id"] == ISU_PARTY:
        raise Invalid((name, "That is the ISU itself."))
    return bool(row["kind_code"] == SECRETARIAT)


async def _begun(asks: Asks, day: date) -> date:
    """The first day of the version in force on the day, or of the first one of all."""
    chain = adoptions(await adopted(asks))
    begun = [each.effective_from for each in chain if each.effective_from <= day]
    return begun[-1] if begun else chain[0].effective_from
