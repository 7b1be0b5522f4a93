"""Who holds a post on a day, and how Coordinators come into office and leave it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import Executable, String, and_, bindparam, or_, select
from sqlmodel import col

import db
from db.dialect import among, keys_to_come
from db.office import ON_A_DAY, held_on
from db.party import party_id
from db.table import new_id
from db.unit import Unit
from mandate.actor import Act, Actor, Visibility
from mandate.committee import NOMINATION, Nomination
from mandate.day import PartialDate, years_after
from mandate.decision import FORMAL_MEETINGS, Cited, by_formal_meeting
from mandate.meeting import MeetingStatus
from mandate.obligation import Article, ObligationStatus
from mandate.office import (
    ELECTION,
    RESIGNATION,
    BodyKind,
    Election,
    Portfolio,
    Term,
    TermMoment,
    becomes_president_at,
    guided_by,
    in_order,
    term_years,
)
from mandate.party import PartyKind
from mandate.rule import Evaluation, RuleSet, RuleVerdict, in_force_on, judge
from mandate.source import Explanation
from mandate.treaty_action import BINDING, TreatyActionType
from resolvers.context import Asks, Context, find, find_seen
from resolvers.decision import cited_by, to_be_taken_by
from resolvers.error import Conflict, Invalid, NotFound, UserError
from resolvers.reading import Reader
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY
from resolvers.rule import Waiver, adopted, judged, keep_judgement, rule_set_on
from resolvers.text import against, against_prose

_COORDINATOR = "coordinator:"
PRESIDENT, _DESIGNATE, _REPRESENTATIVE = "president", "president_designate", "committee_representative"
_LONGEST_NOTE = 10_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Presidency:
    president: str | None
    designate: str | None
    guides: str | None
    """The most recent formal meeting, under whose President the Coordinators work."""
    explanation: Explanation


async def presidency_on(reader: Reader, day: date) -> Presidency:
    """The term of the President that covers the day, and the one that begins next after it."""
    holding, following = await in_turn_on(reader, day)
    if holding is None:
        summary = f"No term of a President is known that covers {day}."
    else:
        summary = f"The term from {holding.starts_on} up to but not including {holding.ends_on} covers {day}."
    return Presidency(
        president=None if holding is None else holding.id,
        designate=None if following is None else following.id,
        guides=None if await rule_set_on(reader, day) is None else guiding(await formal_meetings(reader), day),
        explanation=Explanation(
            summary=summary,
            citations=(),
            inputs={
                "asOf": str(day),
                "startsOn": None if holding is None else str(holding.starts_on),
                "endsOn": None if holding is None else str(holding.ends_on),
            },
        ),
    )


async def in_turn_on(asks: Asks, day: date) -> tuple[Any | None, Any | None]:
    """The term of the President on the day, and that of whoever is designated."""
    return in_turn(await asks.rows_of(_terms_of_presidents, day=PartialDate.of(day)), day)


def _terms_of_presidents(_asks: Asks) -> Executable:
    return (
        select(
            col(db.OfficeTerm.id),
            col(db.OfficeTerm.office_code),
            col(db.OfficeTerm.party_id),
            col(db.OfficeTerm.starts_on),
            col(db.OfficeTerm.ends_on),
            held_on(ON_A_DAY).label("held"),
        )
        .where(col(db.OfficeTerm.office_code).in_([PRESIDENT, _DESIGNATE]))
        .order_by(col(db.OfficeTerm.starts_on))
    )


def in_turn(terms: Sequence[Any], day: date) -> tuple[Any | None, Any | None]:
    """Of terms in their order: of the President on the day, and of whoever is designated or, else, begins next."""
    on = day.isoformat()
    presidents = [term for term in terms if term.office_code == PRESIDENT]
    holding = next((term for term in presidents if term.held), None)
    # Whoever was designated and presides by now is designated no longer.
    presiding = None if holding is None else holding.party_id
    held = [t for t in terms if t.office_code == _DESIGNATE and t.held and t.party_id != presiding]
    # Of several the one whose meeting opens first.
    designate = min(held, key=lambda term: str(term.ends_on or "9999"), default=None)
    # Nor does anybody begin next who left before the first day.
    coming = [term for term in presidents if term.starts_on and term.starts_on != term.ends_on]
    following = next((term for term in coming if str(term.starts_on) > on), None)
    return holding, designate or following


FORMAL = and_(
    col(db.Meeting.kind_code).in_(sorted(FORMAL_MEETINGS)),
    # One that is tentative has not opened, though its days come and go.
    col(db.Meeting.status).not_in([MeetingStatus.TENTATIVE, MeetingStatus.CANCELLED, MeetingStatus.POSTPONED]),
    col(db.Meeting.starts_on).is_not(None),
)
"""Meetings of States Parties and Review Conferences that were held, or are to be."""


async def formal_meetings(asks: Asks) -> Sequence[Any]:
    """With the day on which they open, and the State that presides."""
    return await asks.rows_of(_formal_meetings)


def _formal_meetings(asks: Asks) -> Executable:
    return select(col(db.Meeting.code), col(db.Meeting.starts_on), col(db.Meeting.presidency_code)).where(
        FORMAL, *asks.sees(db.Meeting)
    )


def guiding(formal: Sequence[Any], day: date) -> str | None:
    return guided_by([(row.code, row.starts_on.earliest) for row in formal], day)


# ---------- the facts of an election ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where a term begins or ends: with a meeting, or on a day."""

    meeting: str | None = None
    moment: TermMoment | None = None
    on: date | None = None


async def portfolios(asks: Asks) -> list[Portfolio]:
    """The Working Groups and themes, in their order."""
    return [Portfolio(row.code, row.kind, row.seats or 1) for row in await asks.rows_of(_portfolios)]


def _portfolios(_asks: Asks) -> Executable:
    return (
        select(col(db.Body.code), col(db.Body.kind), col(db.Body.seats))
        .where(col(db.Body.kind).in_([BodyKind.WORKING_GROUP, BodyKind.THEMATIC_AREA]))
        .order_by(col(db.Body.position))
    )


async def _portfolio(asks: Asks, code: str) -> Portfolio:
    found = next((each for each in await portfolios(asks) if each.code == code), None)
    if found is None:
        raise NotFound("There is no such Working Group or theme.")
    return found


TERM = (
    col(db.OfficeTerm.id),
    col(db.OfficeTerm.office_code),
    col(db.OfficeTerm.party_id),
    col(db.OfficeTerm.starts_on),
    col(db.OfficeTerm.ends_on),
    col(db.OfficeTerm.attested_from),
    col(db.OfficeTerm.attested_until),
    col(db.OfficeTerm.elected_until),
    col(db.OfficeTerm.completes_id),
    col(db.OfficeTerm.handed_over_on),
)


async def coordinator_terms(
    asks: Asks, *, portfolio: str | None = None, states: Collection[str] | None = None
) -> list[Term]:
    """Of a Working Group or theme, and of States wherever; all of them where nothing is named."""
    of: dict[str, Any] = {}
    if portfolio is not None and states is not None:
        of = {"office": _COORDINATOR + portfolio, "parties": [party_id(PartyKind.STATE, code) for code in states]}
    rows = await asks.rows_of(_coordinator_terms, bool(of), **of)
    return [term for term in map(term_of, rows) if term is not None]


def _coordinator_terms(_asks: Asks, of_some: bool) -> Executable:
    office, party = col(db.OfficeTerm.office_code), col(db.OfficeTerm.party_id)
    every = select(*TERM).where(office.startswith(_COORDINATOR), party.startswith("STATE:"))
    # What is told of them is told in their order, on whichever way the engine found them.
    every = every.order_by(col(db.OfficeTerm.starts_on), col(db.OfficeTerm.id))
    if not of_some:
        return every
    return every.where(or_(office == bindparam("office", type_=String()), among(party, keys_to_come("parties"))))


def bounds_of(row: Any) -> tuple[date, date | None] | None:
    """The days of a term: where a bound is unknown, what attests the holder in office stands in for it."""
    starts = row.starts_on or row.attested_from
    if starts is None:
        return None
    ends = row.ends_on or row.attested_until
    if ends is None:
        return starts.earliest, None
    attested_only = row.ends_on is None
    whole = ends.exact is not None and not attested_only
    return starts.earliest, ends.earliest if whole else ends.latest + timedelta(days=1)


def term_of(row: Any) -> Term | None:
    """As the rules take it."""
    bounds = bounds_of(row)
    if bounds is None:
        return None
    starts_on, ends_on = bounds
    return Term(
        id=row.id,
        portfolio=row.office_code.removeprefix(_COORDINATOR),
        state=row.party_id.partition(":")[2],
        starts_on=starts_on,
        ends_on=ends_on,
        elected_until=row.elected_until,
        completes=row.completes_id,
        handed_over_on=row.handed_over_on,
    )


async def affected_on(asks: Asks, day: date) -> Mapping[str, frozenset[int]]:
    """By State, under which of Articles 4 and 5 it is affected: by contamination, by victims."""
    found: dict[str, frozenset[int]] = {}
    for row in await asks.rows_of(_affecting):
        done = row.fulfilled_on or row.status_as_of if row.status is ObligationStatus.FULFILLED else None
        if done is None or done.latest > day:
            number = int(row.article.removeprefix("ARTICLE_"))
            found[row.state_code] = found.get(row.state_code, frozenset()) | {number}
    return found


def _affecting(_asks: Asks) -> Executable:
    return select(
        col(db.Obligation.state_code),
        col(db.Obligation.article),
        col(db.Obligation.status),
        col(db.Obligation.status_as_of),
        col(db.Obligation.fulfilled_on),
    ).where(col(db.Obligation.article).in_([Article.ARTICLE_4, Article.ARTICLE_5]))


async def bound_of(asks: Asks, states: Collection[str] | None = None) -> Mapping[str, tuple[date | None, date | None]]:
    """By State, since when the Convention is in force for it, and from when on no longer."""
    of = {} if states is None else {"states": list(states)}
    found: dict[str, tuple[date | None, date | None]] = {}
    for row in await asks.rows_of(_binding, bool(of), **of):
        since, until = found.get(row.state_code, (None, None))
        if row.type is TreatyActionType.WITHDRAWAL:
            until = row.takes_effect_on
        else:
            since = row.takes_effect_on
        found[row.state_code] = since, until
    return found


def _binding(_asks: Asks, of_some: bool) -> Executable:
    action = db.TreatyAction
    every = select(col(action.state_code), col(action.type), col(action.takes_effect_on)).where(
        col(action.convention_code) == "CCM",
        col(action.type).in_([*sorted(BINDING), TreatyActionType.WITHDRAWAL]),
    )
    return every.where(among(col(action.state_code), keys_to_come("states"))) if of_some else every


async def _elections(
    asks: Asks,
    states: Sequence[str],
    *,
    portfolio: Portfolio,
    starts_on: date,
    ends_on: date,
    cited: Cited | None,
    completes: str | None = None,
    everywhere: bool = False,
) -> list[Election]:
    """One for each State: the facts are read once, however many there are."""
    bound = await bound_of(asks, None if everywhere else states)
    terms = await coordinator_terms(
        asks, portfolio=None if everywhere else portfolio.code, states=None if everywhere else states
    )
    affected = await affected_on(asks, starts_on)
    own = [term for term in terms if term.portfolio == portfolio.code]
    by_state: dict[str, list[Term]] = {}
    for term in terms:
        if term.portfolio != portfolio.code:
            by_state.setdefault(term.state, []).append(term)
    return [
        Election(
            portfolio=portfolio.code,
            kind=portfolio.kind,
            seats=portfolio.seats,
            state=state,
            starts_on=starts_on,
            ends_on=ends_on,
            in_force_from=bound.get(state, (None, None))[0],
            withdrawn_on=bound.get(state, (None, None))[1],
            cited=cited,
            terms=(*own, *by_state.get(state, ())),
            affected=affected,
            completes=next((term for term in own if term.id == completes), None),
        )
        for state in states
    ]


# ---------- asking first ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """What every rule says of it, by which version, for which day."""

    evaluations: tuple[Evaluation, ...]
    rule_set: RuleSet
    as_of: date


async def eligibility(
    reader: Reader,
    *,
    portfolio: str,
    state: str | None,
    starts_on: date,
    ends_on: date | None = None,
    elected_at: str | None = None,
    decision: str | None = None,
    completes: str | None = None,
    rule_set: str | None = None,
) -> list[tuple[str, Eligibility]]:
    """Of one State, or of every State Party on the day the term begins: by the code that judges the act."""
    found = await _portfolio(reader, portfolio)
    version = await rule_set_on(reader, starts_on, rule_set)
    if version is None:
        raise UserError(f"No version of the mandate was in force on {starts_on}; name one as ruleSet.")
    cited = None
    if decision is not None:
        cited = await cited_by(reader, decision)
    elif elected_at is not None:
        cited = await to_be_taken_by(reader, elected_at)
    if completes is not None:
        remainder = await _remainder(reader, found, completes)
        ends_on = ends_on or remainder
    ends_on = ends_on or years_after(starts_on, term_years(version, found.kind))
    _fits(starts_on, ends_on, cited)
    if state is not None:
        if not await reader.rows(select(col(db.State.code)).where(col(db.State.code) == state)):
            raise NotFound("There is no such State.")
        states = [state]
    else:
        bound = await bound_of(reader)
        states = sorted(
            code
            for code, (since, until) in bound.items()
            if since is not None and since <= starts_on and (until is None or until > starts_on)
        )
    elections = await _elections(
        reader,
        states,
        portfolio=found,
        starts_on=starts_on,
        ends_on=ends_on,
        cited=cited,
        completes=completes,
        everywhere=state is None,
    )
    return [
        (
            election.state,
            Eligibility(evaluations=judge(ELECTION, election, version), rule_set=version, as_of=starts_on),
        )
        for election in elections
    ]


async def _remainder(asks: Asks, portfolio: Portfolio, term: str) -> date:
    """The end of a term that was left early, and that nobody was elected to complete."""
    terms = await coordinator_terms(asks)
    left = next((each for each in terms if each.id == term), None)
    if left is None:
        raise NotFound("There is no such term.")
    if left.portfolio != portfolio.code:
        raise Invalid(("completes", f"The term is one of {left.portfolio}."))
    if left.elected_until is None:
        raise Invalid(("completes", "The term was not left early."))
    if any(each.completes == term for each in terms):
        raise Invalid(("completes", "Somebody was elected for the rest of this term already."))
    return left.elected_until


def _fits(starts_on: date, ends_on: date, cited: Cited | None) -> None:
    """What no version of the mandate has to say: the question and the act refuse it alike."""
    if not starts_on < ends_on:
        raise Invalid(("endsOn", f"The term would begin on {starts_on}: it ends later than that."))
    if ends_on > LAST_DAY:
        raise Invalid(("endsOn", f"{LAST_DAY} at the latest."))
    _after_its_decision(starts_on, cited)


def _after_its_decision(starts_on: date, cited: Cited | None) -> None:
    if cited is not None and cited.adopted_on is not None and starts_on < cited.adopted_on:
        raise Invalid(("startsOn", f"It was decided on {cited.adopted_on}: a term begins on that day or later."))


# ---------- the acts ----------


async def elect(
    context: Context,
    *,
    portfolio: str,
    state: str,
    decision: str,
    starts: Bound,
    ends: Bound,
    waivers: Sequence[Waiver] = (),
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Record the election of a Coordinator that a Meeting has made."""
    async with context.act(Act.ELECT_COORDINATOR, validate_only=validate_only) as unit:
        found = await _portfolio(unit, portfolio)
        await _state(unit, state)
        cited = await cited_by(unit, decision)
        begins = await _begins(unit, starts, cited)
        version = await rule_set_on(unit, _day(begins))
        if ends == Bound():
            ends = Bound(on=years_after(_day(begins), term_years(version, found.kind)))
        ending = await _dated(unit, ends, "ends")
        key, evaluations = await _take_office(
            unit,
            Act.ELECT_COORDINATOR,
            found,
            state,
            decision,
            cited,
            begins,
            ending,
            waivers=waivers,
            today=context.today,
        )
    return None if validate_only else key, evaluations


async def fill(
    context: Context,
    *,
    term: str,
    state: str,
    decision: str,
    starts: Bound,
    waivers: Sequence[Waiver] = (),
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Record an election to a seat that was left early, for what remains of its term."""
    async with context.act(Act.FILL_VACANCY, validate_only=validate_only) as unit:
        left = await find(unit, db.OfficeTerm, term)
        if not left["office_code"].startswith(_COORDINATOR):
            raise NotFound("There is no such term of a Coordinator.")
        found = await _portfolio(unit, left["office_code"].removeprefix(_COORDINATOR))
        await _state(unit, state)
        cited = await cited_by(unit, decision)
        for each in await coordinator_terms(unit):
            if each.completes == term:
                there = ("CoordinatorTerm", each.id)
                raise Conflict(
                    "Somebody was elected for the rest of this term already.", code="DUPLICATE", current=there
                )
        begins = await _begins(unit, starts, cited)
        until = left["elected_until"] or (left["ends_on"].latest if left["ends_on"] else _day(begins))
        key, evaluations = await _take_office(
            unit,
            Act.FILL_VACANCY,
            found,
            state,
            decision,
            cited,
            begins,
            Bound(meeting=left["end_meeting_code"], moment=left["end_moment"], on=until),
            completes=term,
            waivers=waivers,
            today=context.today,
        )
    return None if validate_only else key, evaluations


async def _take_office(
    unit: Unit,
    act: Act,
    portfolio: Portfolio,
    state: str,
    decision: str,
    cited: Cited,
    begins: Bound,
    ends: Bound,
    *,
    completes: str | None = None,
    waivers: Sequence[Waiver],
    today: date,
) -> tuple[str, tuple[Evaluation, ...]]:
    starts_on, ends_on = _day(begins), _day(ends)
    _fits(starts_on, ends_on, cited)
    if await rule_set_on(unit, starts_on) is None:
        raise Invalid(("startsOn", f"On {starts_on} there was no mandate yet, and there were no Coordinators."))
    (election,) = await _elections(
        unit,
        [state],
        portfolio=portfolio,
        starts_on=starts_on,
        ends_on=ends_on,
        cited=cited,
        completes=completes,
    )
    evaluations = await judged(unit, ELECTION, election, starts_on, waivers)
    for same in election.own:
        if (same.state, same.starts_on) == (state, starts_on):
            there = ("CoordinatorTerm", same.id)
            raise Conflict(f"{state} was elected to this from {starts_on} on already.", code="DUPLICATE", current=there)
    key = new_id()
    term = {
        "id": key,
        "office_code": _COORDINATOR + portfolio.code,
        "party_id": party_id(PartyKind.STATE, state),
        "start_meeting_code": begins.meeting,
        "start_moment": begins.moment,
        "end_meeting_code": ends.meeting,
        "end_moment": ends.moment,
        "starts_on": PartialDate.of(starts_on),
        "ends_on": PartialDate.of(ends_on),
        "decision_id": decision,
        "completes_id": completes,
    }
    await unit.keep(db.OfficeTerm, [term])
    await keep_judgement(
        unit, act, db.OfficeTerm, key, evaluations, today=today, waivers=waivers, seen_by=cited.seen_by
    )
    return key, evaluations


async def resign(
    context: Context,
    *,
    term: str,
    on: date,
    expected_version: int,
    waivers: Sequence[Waiver] = (),
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """Record that somebody leaves a post before the end of the term."""
    party = await _party_of(context, Act.RESIGN_OFFICE, term)
    async with context.act(Act.RESIGN_OFFICE, party=party, validate_only=validate_only) as unit:
        row = await find(unit, db.OfficeTerm, term, expected_version)
        starts, ends = row["starts_on"] or row["attested_from"], row["ends_on"]
        if waivers and not context.actor.is_isu:
            raise Invalid(("waivers", "It is for the ISU to record that a rule was set aside."))
        if not FIRST_DAY <= on <= LAST_DAY:
            raise Invalid(("on", f"Between {FIRST_DAY} and {LAST_DAY}."))
        if not context.actor.is_isu and on < context.today:
            raise Invalid(
                ("on", "Whoever leaves a post of their own does so today or later; the ISU records the past.")
            )
        if row["elected_until"] is not None:
            raise Conflict(f"The post was left on {ends} already.", code="DUPLICATE", current_version=row["version"])
        if (starts is not None and on < starts.earliest) or (ends is not None and on >= ends.latest):
            raise Invalid(("on", f"A day within the term, which runs from {starts} up to but without {ends}."))
        evaluations = await _left(unit, row, on, waivers)
        until = None if ends is None else ends.exact
        # Where the term was to end with a meeting, what remains of it still does.
        changed: dict[str, Any] = {"ends_on": PartialDate.of(on), "elected_until": until}
        if until is None:
            changed |= {"end_meeting_code": None, "end_moment": None}
        await unit.change(db.OfficeTerm, [((term,), changed)])
        await keep_judgement(
            unit, Act.RESIGN_OFFICE, db.OfficeTerm, term, evaluations, today=context.today, waivers=waivers
        )
    return None if validate_only else term, evaluations


async def _left(unit: Unit, row: Mapping[str, Any], on: date, waivers: Sequence[Waiver]) -> tuple[Evaluation, ...]:
    """Of a Coordinator: another term of the State may begin on that very day, and would be the one following."""
    left = next((each for each in await coordinator_terms(unit) if each.id == row["id"]), None)
    if left is None:
        if waivers:
            raise Invalid(("waivers", "No rule judges this."))
        return ()
    (election,) = await _elections(
        unit,
        [left.state],
        portfolio=await _portfolio(unit, left.portfolio),
        starts_on=left.starts_on,
        ends_on=on,
        cited=None,
    )
    later = tuple(term for term in election.terms if term.starts_on >= on and term.id != left.id)
    return await judged(unit, RESIGNATION, replace(election, terms=later), on, waivers)


async def hand_over(
    context: Context,
    *,
    term: str,
    on: date,
    note: str,
    expected_version: int,
    validate_only: bool = False,
) -> str | None:
    """Record that an outgoing Coordinator has handed over, with a note."""
    party = await _party_of(context, Act.RECORD_HANDOVER, term)
    async with context.act(Act.RECORD_HANDOVER, party=party, validate_only=validate_only) as unit:
        row = await find(unit, db.OfficeTerm, term, expected_version)
        against = []
        if row["starts_on"] is not None and on < row["starts_on"].earliest:
            against.append(("on", f"The term began on {row['starts_on']}."))
        if on > context.today:
            against.append(("on", "A handover is recorded once it is done: the date lies ahead."))
        against += [("note", reason) for reason in against_prose(note, _LONGEST_NOTE)]
        if against:
            raise Invalid(*against)
        await unit.change(db.OfficeTerm, [((term,), {"handed_over_on": on, "handover_note": note.strip()})])
    return None if validate_only else term


async def _party_of(context: Context, act: Act, term: str) -> str | None:
    """Whose term it is; where there is none, it is the caller's own affair."""
    # In a mutation even this is read under the write lock, which is not for who may not act for their own party.
    context.permit(act, context.actor.party)
    async with context.reader() as reader:
        rows = await reader.rows(select(col(db.OfficeTerm.party_id)).where(col(db.OfficeTerm.id) == term))
    return rows[0].party_id if rows else context.actor.party


async def _state(unit: Unit, code: str) -> None:
    if await unit.row(db.State, (code,)) is None:
        raise NotFound("There is no such State.")


async def _begins(asks: Asks, starts: Bound, cited: Cited) -> Bound:
    """Where nothing is said, a term begins at the close of the meeting that made the election."""
    if starts == Bound():
        starts = Bound(meeting=cited.meeting, moment=TermMoment.CLOSE)
    return await _dated(asks, starts, "starts")


async def _dated(asks: Asks, bound: Bound, name: str) -> Bound:
    """The day on which the meeting opens or closes, where the bound is one."""
    if bound.meeting is None:
        if bound.on is not None and not FIRST_DAY <= bound.on <= LAST_DAY:
            raise Invalid((f"{name}On", f"Between {FIRST_DAY} and {LAST_DAY}."))
        return bound
    rows = await asks.rows(
        select(col(db.Meeting.starts_on), col(db.Meeting.ends_on), col(db.Meeting.status)).where(
            col(db.Meeting.code) == bound.meeting, *asks.sees(db.Meeting)
        )
    )
    if not rows:
        raise NotFound("There is no such meeting.")
    opens, closes, status = rows[0]
    if status is MeetingStatus.CANCELLED:
        raise Invalid((f"{name}At", f"{bound.meeting} is cancelled: nothing begins or ends with it."))
    day: PartialDate | None = opens if bound.moment is TermMoment.OPENING else closes or opens
    if day is None or day.exact is None:
        raise Invalid((f"{name}At", f"The days of {bound.meeting} are not known yet; give a day instead."))
    return replace(bound, on=day.exact)


def _day(bound: Bound) -> date:
    assert bound.on is not None  # noqa: S101  every bound was dated
    return bound.on


# ---------- a meeting moves ----------


_PLACE = (
    col(db.OfficeTerm.id),
    col(db.OfficeTerm.office_code),
    col(db.OfficeTerm.party_id),
    col(db.OfficeTerm.starts_on),
    col(db.OfficeTerm.ends_on),
)


async def bound_terms(unit: Unit, meeting: str) -> Sequence[Any]:
    """Those that begin or end with a meeting, or would have ended with it had nobody left early."""
    term = db.OfficeTerm
    return await unit.rows(
        select(
            *_PLACE,
            col(term.elected_until),
            col(term.start_meeting_code),
            col(term.start_moment),
            col(term.end_meeting_code),
            col(term.end_moment),
            col(db.Decision.adopted_on),
        )
        .outerjoin(db.Decision, col(db.Decision.id) == col(term.decision_id))
        .where(or_(col(term.start_meeting_code) == meeting, col(term.end_meeting_code) == meeting))
    )


async def terms_follow(
    unit: Unit, meeting: str, starts: PartialDate, ends: PartialDate
) -> list[tuple[str, Evaluation]]:
    """A term that begins or ends when the meeting opens or closes does so on the day on which it now does.

    Answers with what of the rules of elections would be broken by that, and was not before, by term.
    """
    bound = await bound_terms(unit, meeting)
    if not bound:
        return []
    before = await _breaches(unit)
    moved = {term.id: _moved(term, meeting, starts, ends) for term in bound}
    for term in bound:
        await _may_be_there(unit, term, moved[term.id])
    await _keeps_apart(unit, {term.office_code for term in bound}, moved)
    # Of two terms of one State in one post, neither is ever put where the other still is.
    going_later = any(str(moved[term.id].get("starts_on") or "") > str(term.starts_on) for term in bound)
    ahead_first = sorted(bound, key=lambda term: str(term.starts_on), reverse=going_later)
    await unit.change(db.OfficeTerm, [((term.id,), moved[term.id]) for term in ahead_first])
    return [(place[0], said) for place, said in (await _breaches(unit)).items() if place not in before]


def _moved(term: Any, meeting: str, starts: PartialDate, ends: PartialDate) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if term.start_meeting_code == meeting:
        changed["starts_on"] = starts if term.start_moment is TermMoment.OPENING else ends
    if term.end_meeting_code == meeting:
        until = starts if term.end_moment is TermMoment.OPENING else ends
        if term.elected_until is None or until <= term.ends_on:
            changed |= {"ends_on": until, "elected_until": None}
        else:
            changed["elected_until"] = until.exact
    begins, left_on = changed.get("starts_on", term.starts_on), changed.get("ends_on", term.ends_on)
    if term.elected_until is not None and begins is not None and left_on < begins:
        # Whoever left before the first day is not in office for a day, wherever that is.
        changed["ends_on"] = begins
    return changed


async def _may_be_there(unit: Unit, term: Any, moved: Mapping[str, Any]) -> None:
    begins, until = moved.get("starts_on", term.starts_on), moved.get("ends_on", term.ends_on)
    if begins is None:
        return
    if until is not None and until <= begins and term.elected_until is None:
        what = f"A term of office that is bound to it would begin on {begins} and end on {until}."
        raise Invalid(("meeting", what))
    if "starts_on" not in moved:
        return
    if term.adopted_on is not None and begins.earliest < term.adopted_on:
        what = f"A term of office would begin with it on {begins}, and was decided on {term.adopted_on}."
        raise Invalid(("meeting", what))
    if term.office_code.startswith(_COORDINATOR) and await rule_set_on(unit, begins.earliest) is None:
        raise Invalid(("meeting", f"A Coordinator would begin with it on {begins}: there was no mandate yet."))


async def _keeps_apart(unit: Unit, offices: Collection[str], moved: Mapping[str, Mapping[str, Any]]) -> None:
    """Nobody begins twice in one post on one day, and there is one President at a time."""
    rows = await unit.rows(
        select(*_PLACE).where(
            col(db.OfficeTerm.office_code).in_(sorted(offices)), col(db.OfficeTerm.starts_on).is_not(None)
        )
    )
    places = [{**row._mapping, **moved.get(row.id, {})} for row in rows]  # noqa: SLF001  its public name is the same
    for one, other in combinations(places, 2):
        if one["office_code"] != other["office_code"] or not {one["id"], other["id"]} & moved.keys():
            continue
        if (one["party_id"], one["starts_on"]) == (other["party_id"], other["starts_on"]):
            whose = one["party_id"].partition(":")[2]
            raise Invalid(("meeting", f"Two terms of {whose} in one post would begin then."))
        if one["office_code"] == PRESIDENT and _before_the_end(one, other) and _before_the_end(other, one):
            raise Invalid(("meeting", "There would be two Presidents at a time: move the other meeting first."))


def _before_the_end(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return other["ends_on"] is None or one["starts_on"] < other["ends_on"]


async def _breaches(unit: Unit) -> dict[tuple[str, str, str], Evaluation]:
    """What is broken as the elections on record stand, by term, rule and whom it involves; waived or not."""
    by_code = {each.code: each for each in await portfolios(unit)}
    versions = await adopted(unit)
    found = {}
    for term, election in in_order(await coordinator_terms(unit), by_code, await bound_of(unit)):
        version = in_force_on(term.starts_on, versions)
        for said in () if version is None else judge(ELECTION, election, version):
            if said.verdict is RuleVerdict.VIOLATED:
                whose = f"{term.state} on {term.portfolio.replace('_', ' ')}: {said.explanation}"
                involved = sorted(f"{name} {value}" for name, value in said.inputs.items() if isinstance(value, list))
                found[term.id, said.rule.id, str(involved)] = replace(said, explanation=whose)
    return found


# ---------- Presidents and representatives ----------


async def elect_president(
    context: Context,
    *,
    meeting: str,
    state: str,
    person: str | None,
    full_name: str | None,
    decision: str | None,
    starts: Bound,
    validate_only: bool = False,
) -> str | None:
    """Record who presides over a formal meeting; whoever presided until then no longer does."""
    async with context.act(Act.ELECT_PRESIDENT, validate_only=validate_only) as unit:
        held = await _formal(unit, meeting)
        await _state(unit, state)
        cited = await _decided(unit, decision)
        if starts == Bound():
            starts = await _presidency_begins(unit, held)
        begins = await _dated(unit, starts, "starts")
        _after_its_decision(_day(begins), cited)
        starts_on = PartialDate.of(_day(begins))
        until = await _make_way(unit, meeting, begins)
        named = await named_person(unit, context.actor, person, full_name, Visibility.PUBLIC)
        key = new_id()
        term = {
            "id": key,
            "office_code": PRESIDENT,
            "party_id": party_id(PartyKind.STATE, state),
            "person_id": named,
            "start_meeting_code": begins.meeting,
            "start_moment": begins.moment,
            "starts_on": starts_on,
            **until,
            "decision_id": decision,
        }
        await unit.keep(db.OfficeTerm, [term])
        # Whoever takes over after the close, or made way before the opening, did not preside over the meeting itself.
        if held["presidency_code"] is None or _is_there(held, starts_on, until.get("ends_on")):
            await unit.change(db.Meeting, [((meeting,), {"presidency_code": state, "president_id": named})])
    return None if validate_only else key


def _is_there(meeting: Mapping[str, Any], begins: PartialDate, until: PartialDate | None) -> bool:
    opens, closes = meeting["starts_on"], meeting["ends_on"] or meeting["starts_on"]
    return opens is None or (begins.earliest <= closes.latest and (until is None or until.earliest > opens.earliest))


async def _presidency_begins(unit: Unit, meeting: Mapping[str, Any]) -> Bound:
    """When the meeting opens and elects, or, as another version has it, when the one before closes."""
    opening = Bound(meeting=meeting["code"], moment=TermMoment.OPENING)
    version = await rule_set_on(unit, _day(await _dated(unit, opening, "starts")))
    if version is None or becomes_president_at(version.rules["president-preparation"].parameters) is TermMoment.OPENING:
        return opening
    before = await unit.rows(
        select(col(db.Meeting.code))
        .where(
            col(db.Meeting.kind_code).in_(sorted(FORMAL_MEETINGS)),
            col(db.Meeting.ends_on) < meeting["starts_on"],
            col(db.Meeting.status) != MeetingStatus.CANCELLED,
        )
        .order_by(col(db.Meeting.ends_on).desc())
        .limit(1)
    )
    return Bound(meeting=before[0].code, moment=TermMoment.CLOSE) if before else opening


async def _make_way(unit: Unit, meeting: str, begins: Bound) -> Mapping[str, Any]:
    """Ends the terms of whoever presides, or is designated, until then; answers where the next one begins.

    Whoever is designated for another meeting still is. A term that ends because another begins is bound to where that
    one begins, and moves with it.
    """
    terms = await unit.rows(
        select(
            *_PLACE,
            col(db.OfficeTerm.start_meeting_code),
            col(db.OfficeTerm.start_moment),
            col(db.OfficeTerm.end_meeting_code),
        )
        .where(col(db.OfficeTerm.office_code).in_([PRESIDENT, _DESIGNATE]))
        .order_by(col(db.OfficeTerm.starts_on))
    )
    on = PartialDate.of(_day(begins))
    ended = {"ends_on": on, "end_meeting_code": begins.meeting, "end_moment": begins.moment}
    changes: list[tuple[Any, Mapping[str, Any]]] = []
    next_: Mapping[str, Any] = {}
    for term in terms:
        if term.starts_on is None:
            continue
        if term.office_code == _DESIGNATE and term.end_meeting_code not in (None, meeting):
            continue
        if term.starts_on < on and (term.ends_on is None or term.ends_on > on):
            changes.append(((term.id,), ended))
        # Whoever left before the first day was never in office, and stands in nobody's way.
        if term.office_code != PRESIDENT or term.ends_on == term.starts_on:
            continue
        if term.starts_on == on:
            there = ("OfficeTerm", term.id)
            raise Conflict(f"Another President begins on {on} already.", code="DUPLICATE", current=there)
        if term.starts_on > on and not next_:
            next_ = {
                "ends_on": term.starts_on,
                "end_meeting_code": term.start_meeting_code,
                "end_moment": term.start_moment,
            }
    await unit.change(db.OfficeTerm, changes)
    return next_


async def designate_president(
    context: Context,
    *,
    meeting: str,
    state: str,
    person: str | None,
    full_name: str | None,
    decision: str | None,
    starts_on: date | None,
    validate_only: bool = False,
) -> str | None:
    """Record who is to preside over the next formal meeting, and until then leads its preparation."""
    async with context.act(Act.DESIGNATE_PRESIDENT, validate_only=validate_only) as unit:
        held = await _formal(unit, meeting)
        await _state(unit, state)
        cited = await _decided(unit, decision)
        day = starts_on or (cited.adopted_on if cited else None) or context.today
        opens: PartialDate | None = held["starts_on"]
        if not FIRST_DAY <= day <= LAST_DAY:
            raise Invalid(("startsOn", f"Between {FIRST_DAY} and {LAST_DAY}."))
        if opens is not None and day >= opens.latest:
            raise Invalid(("startsOn", f"The meeting opens on {opens}: a President is designated before that."))
        _after_its_decision(day, cited)
        others = await unit.rows(
            select(col(db.OfficeTerm.id)).where(
                col(db.OfficeTerm.office_code) == _DESIGNATE, col(db.OfficeTerm.end_meeting_code) == meeting
            )
        )
        if others:
            there = ("OfficeTerm", others[0].id)
            raise Conflict("Somebody was designated for this meeting already.", code="DUPLICATE", current=there)
        key = new_id()
        term = {
            "id": key,
            "office_code": _DESIGNATE,
            "party_id": party_id(PartyKind.STATE, state),
            "person_id": await named_person(unit, context.actor, person, full_name, Visibility.PUBLIC),
            "starts_on": PartialDate.of(day),
            "end_meeting_code": meeting,
            "end_moment": TermMoment.OPENING,
            "ends_on": opens,
            "decision_id": decision,
        }
        await unit.keep(db.OfficeTerm, [term])
    return None if validate_only else key


async def name_representative(
    context: Context,
    *,
    organisation: str,
    person: str | None,
    full_name: str | None,
    starts_on: date | None,
    validate_only: bool = False,
) -> tuple[str | None, tuple[Evaluation, ...]]:
    """The ICRC, the United Nations and the CMC each name who represents it on the Coordination Committee."""
    party = party_id(PartyKind.ORGANISATION, organisation)
    # Who names for another is answered by the rule, and not at the door.
    async with context.act(
        Act.NAME_COMMITTEE_REPRESENTATIVE, party=context.actor.party, validate_only=validate_only
    ) as unit:
        if await unit.row(db.Organisation, (organisation,)) is None:
            raise NotFound("There is no such organisation.")
        if person is None and full_name is None:
            raise Invalid(("fullName", "Name somebody: a person on record, or the name of one who is not."))
        kind, _, by = (context.actor.party or "").partition(":")
        day = starts_on or context.today
        if not FIRST_DAY <= day <= LAST_DAY or await rule_set_on(unit, day) is None:
            raise Invalid(("startsOn", f"On {day} nobody sits on the Coordination Committee."))
        nomination = Nomination(organisation=organisation, by=by if kind == PartyKind.ORGANISATION else None)
        evaluations = await judged(unit, NOMINATION, nomination, day)
        serving = await unit.rows(
            select(col(db.OfficeTerm.id), col(db.OfficeTerm.starts_on), col(db.OfficeTerm.ends_on)).where(
                col(db.OfficeTerm.office_code) == _REPRESENTATIVE, col(db.OfficeTerm.party_id) == party
            )
        )
        begins = PartialDate.of(day)
        if any(term.starts_on == begins and term.ends_on != begins for term in serving):
            raise Conflict(f"Somebody was named from {day} on already.", code="DUPLICATE")
        later = sorted(str(term.starts_on) for term in serving if str(term.starts_on) > str(begins))
        before = [
            ((term.id,), {"ends_on": begins})
            for term in serving
            if str(term.starts_on) < str(begins) and (term.ends_on is None or str(term.ends_on) > str(begins))
        ]
        await unit.change(db.OfficeTerm, before)
        key = new_id()
        term = {
            "id": key,
            "office_code": _REPRESENTATIVE,
            "party_id": party,
            "person_id": await named_person(unit, context.actor, person, full_name, Visibility.COMMITTEE),
            "starts_on": begins,
            "ends_on": PartialDate.parse(later[0]) if later else None,
        }
        await unit.keep(db.OfficeTerm, [term])
        await keep_judgement(
            unit, Act.NAME_COMMITTEE_REPRESENTATIVE, db.OfficeTerm, key, evaluations, today=context.today
        )
    return None if validate_only else key, evaluations


async def _decided(unit: Unit, decision: str | None) -> Cited | None:
    """By whom a Presidency was decided, where it is said: by a formal meeting, that is."""
    if decision is None:
        return None
    cited = await cited_by(unit, decision)
    formal = by_formal_meeting(cited)
    if not formal.holds:
        raise Invalid(("decision", formal.explanation))
    return cited


async def _formal(unit: Unit, meeting: str) -> Mapping[str, Any]:
    row = await find(unit, db.Meeting, meeting)
    if row["kind_code"] not in FORMAL_MEETINGS:
        raise Invalid(("meeting", "Presidents are those of Meetings of States Parties and Review Conferences."))
    if row["status"] is MeetingStatus.CANCELLED:
        raise Invalid(("meeting", "The meeting is cancelled: nobody presides over it."))
    return row


async def named_person(
    unit: Unit, actor: Actor, person: str | None, full_name: str | None, visibility: Visibility
) -> str | None:
    """Somebody on record, or a new person of that name; or nobody."""
    if person is not None and full_name is not None:
        raise Invalid(("fullName", "Give a person on record, or the name of one who is not, but not both."))
    if person is not None:
        row = await find_seen(unit, actor, db.Person, person)
        if row["full_name"] is None:
            raise Invalid(("person", "The person was erased."))
        return person
    if full_name is None:
        return None
    unfit = [("fullName", reason) for reason in against(full_name, LONGEST_NAME)]
    if unfit:
        raise Invalid(*unfit)
    key = new_id()
    await unit.keep(db.Person, [{"id": key, "full_name": full_name.strip(), "visibility": visibility}])
    return key
