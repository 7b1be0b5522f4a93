"""Posts, the terms for which they are held, and how Coordinators are elected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Protocol

from mandate.day import months_after, years_after
from mandate.decision import Cited, by_formal_meeting
from mandate.rule import Found, Outcome, Parameters, RuleSet, derives, figures, finds, judges, says


class BodyKind(StrEnum):
    WORKING_GROUP = "WORKING_GROUP"
    THEMATIC_AREA = "THEMATIC_AREA"
    COMMITTEE = "COMMITTEE"
    ISU = "ISU"


class TermMoment(StrEnum):
    """A term begins or ends when a meeting opens, or when it closes."""

    OPENING = "OPENING"
    CLOSE = "CLOSE"


class Seat(StrEnum):
    """Of the Coordinators of one Working Group or theme; which of them holds which is computed."""

    A = "A"
    B = "B"
    SINGLE = "SINGLE"


class TermStatus(StrEnum):
    ELECTED = "ELECTED"
    CURRENT = "CURRENT"
    COMPLETED = "COMPLETED"
    RESIGNED = "RESIGNED"


THEMES = frozenset(figures("theme-seat")["themes"])
"""The two that are led by one Coordinator (Proposal 2(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What the rules may know of one term of a Coordinator; half-open, the day it ends is not in it."""

    id: str
    portfolio: str
    state: str
    starts_on: date
    ends_on: date | None
    elected_until: date | None = None
    """The end for which it was elected, where it was left before that."""
    completes: str | None = None
    """The term whose remainder it is."""
    handed_over_on: date | None = None

    @property
    def full_end(self) -> date | None:
        return self.elected_until or self.ends_on

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    def precedes(self, starts_on: date) -> bool:
        """A term that begins on that day follows immediately. Who was never in office, having left before the first
        day, provided no Coordinator."""
        return self.starts_on < starts_on == self.ends_on

    def overlaps(self, starts_on: date, ends_on: date | None) -> bool:
        return (ends_on is None or self.starts_on < ends_on) and (self.ends_on is None or starts_on < self.ends_on)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A Working Group or a theme, and how many may lead it at a time."""

    code: str
    kind: BodyKind
    seats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """All that the rules may know of one election of a Coordinator, whether it is made or asked about."""

    portfolio: str
    kind: BodyKind
    state: str
    starts_on: date
    ends_on: date
    in_force_from: date | None
    """Of the Convention for the State."""
    withdrawn_on: date | None
    cited: Cited | None
    """The decision by which it was made; None where the question names none."""
    terms: Sequence[Term]
    """Of the Working Group or theme, and of the State wherever; without this one."""
    affected: Mapping[str, frozenset[int]]
    """By State, the Articles under which it is affected on the day the term begins."""
    seats: int
    completes: Term | None = None
    """The term that was left early and that this one brings to its end."""

    @property
    def own(self) -> list[Term]:
        return [term for term in self.terms if term.portfolio == self.portfolio]

    @property
    def alongside(self) -> list[Term]:
        """Those of the same Working Group or theme that serve at a time with this one."""
        return [term for term in self.own if term.overlaps(self.starts_on, self.ends_on)]

    @property
    def is_theme(self) -> bool:
        return self.kind is BodyKind.THEMATIC_AREA


# ---------- who may be elected ----------


@judges("coordinator-party")
def comes_from_a_state_party(election: Election, _: Parameters) -> Outcome:
    """From the first day of the term until its end; the paper says it of Working Groups, we read it of themes too."""
    since, until = election.in_force_from, election.withdrawn_on
    known = {
        "state": election.state,
        "startsOn": election.starts_on,
        "endsOn": election.ends_on,
        "inForceFrom": since,
        "withdrawnOn": until,
    }
    if since is None:
        return says(False, f"The Convention is not in force for {election.state}.", **known)
    if since > election.starts_on:
        return says(False, f"The Convention enters into force for {election.state} on {since} only.", **known)
    if until is not None and until < election.ends_on:
        when = "before the term begins" if until <= election.starts_on else "within the term"
        return says(False, f"The withdrawal of {election.state} takes effect on {until}, {when}.", **known)
    return says(True, f"The Convention is in force for {election.state} since {since}.", **known)


@judges("coordinator-elected")
def is_elected_by_a_formal_meeting(election: Election, _: Parameters) -> Outcome:
    """Taken on a day on which the meeting sat, or by its silence procedure."""
    if election.cited is None:
        return says(None, "No decision is named: it is to be one of a Meeting of States Parties or Review Conference.")
    return by_formal_meeting(election.cited)


@judges("coordinator-affected")
def one_comes_from_an_affected_state(election: Election, parameters: Parameters) -> Outcome:
    """Affected on the day the term begins, by contamination or victims; a single Coordinator is judged alone."""
    if election.is_theme:
        return says(None, "A theme has one Coordinator, of whom the paper does not ask it.")
    articles = frozenset(parameters["articles"])
    serving = [election.state, *(term.state for term in election.own if term.covers(election.starts_on))]
    affected = sorted({state for state in serving if articles & election.affected.get(state, frozenset())})
    known = {"coordinators": serving, "affected": affected, "on": election.starts_on}
    if affected:
        return says(True, f"Affected by cluster munitions: {', '.join(affected)}.", **known)
    return says(False, f"None of {', '.join(serving)} is affected by cluster munitions.", **known)


@judges("coordinator-rotation")
def no_state_follows_itself(election: Election, parameters: Parameters) -> Outcome:
    """The term immediately following is one that begins on the day on which the earlier one ends.

    Elections may be recorded in any order: one that would be followed is judged as one that follows.
    """
    others = [
        term
        for term in election.terms
        if term.state == election.state
        and not (parameters["themes_renewable"] and election.is_theme and term.portfolio == election.portfolio)
    ]
    before = [term for term in others if term.precedes(election.starts_on)]
    after = [term for term in others if term.starts_on == election.ends_on]
    known = {
        "state": election.state,
        "startsOn": election.starts_on,
        "endsOn": election.ends_on,
        "before": [term.portfolio for term in before],
        "after": [term.portfolio for term in after],
    }
    if not before and not after:
        return says(True, f"No term of {election.state} ends on {election.starts_on}.", **known)
    held = " and ".join(term.portfolio.replace("_", " ") for term in before or after)
    if not before:
        return says(
            False,
            f"{election.state} provides the Coordinator on {held} from {election.ends_on} on, and that would be the "
            "term immediately following this one.",
            **known,
        )
    return says(
        False,
        f"{election.state} provided the Coordinator on {held} until {election.starts_on}, and would provide one again "
        "for the term immediately following.",
        **known,
    )


# ---------- seats and terms ----------


@judges("group-seats")
def a_group_has_no_third_coordinator(election: Election, parameters: Parameters) -> Outcome:
    if election.is_theme:
        return says(None, "This is for Working Groups.")
    return _free_seat(election, parameters["most"])


@judges("theme-seat")
def a_theme_has_no_second_coordinator(election: Election, parameters: Parameters) -> Outcome:
    if not election.is_theme:
        return says(None, "This is for the two themes.")
    return _free_seat(election, parameters["most"])


def _free_seat(election: Election, most: int) -> Outcome:
    at, serving = _fullest(election.alongside, election.starts_on)
    holders = [f"{term.state} until {term.ends_on}" if term.ends_on else term.state for term in serving]
    known = {"most": most, "serving": [term.state for term in serving], "on": at}
    if len(serving) < most:
        return says(True, f"A seat of {most} is free.", **known)
    return says(False, f"On {at} all seats ({most}) are held: {', '.join(holders)}.", **known)


def _fullest(terms: Iterable[Term], starts_on: date) -> tuple[date, list[Term]]:
    """The day, from the first one on, on which most serve: the first, or one on which a later term begins."""
    terms = list(terms)
    days = sorted({starts_on, *(term.starts_on for term in terms if term.starts_on > starts_on)})
    return max(((day, [term for term in terms if term.covers(day)]) for day in days), key=lambda each: len(each[1]))


@judges("term-length")
def the_term_is_two_years(election: Election, parameters: Parameters) -> Outcome:
    """Or from the close of one formal meeting to that of another, which differs by no more than the tolerance."""
    if election.completes is not None:
        return says(None, "It completes a term that was left early.")
    years = parameters["theme_years" if election.is_theme else "years"]
    tolerance = parameters["tolerance_months"]
    known = {
        "startsOn": election.starts_on,
        "endsOn": election.ends_on,
        "years": years,
        "toleranceMonths": tolerance,
    }
    lasts = f"from {election.starts_on} to {election.ends_on}"
    if _lasts(election.starts_on, election.ends_on, years, tolerance):
        return says(True, f"It lasts {_years(years)} ({lasts}).", **known)
    short = parameters["first_round_years"]
    if _may_be_first_round(election) and _lasts(election.starts_on, election.ends_on, short, tolerance):
        return says(True, f"It lasts {_years(short)} ({lasts}), as one of the two may in the first round.", **known)
    return says(False, f"A term is {_years(years)}, give or take {tolerance} months; this one runs {lasts}.", **known)


def term_years(version: RuleSet | None, kind: BodyKind) -> int:
    """Of a term that is not said to end."""
    parameters = {} if version is None else version.rules["term-length"].parameters
    years: int = parameters.get("theme_years" if kind is BodyKind.THEMATIC_AREA else "years", 2)
    return years


def _years(years: int) -> str:
    return "one year" if years == 1 else f"{years} years"


def _lasts(starts_on: date, ends_on: date | None, years: int, tolerance: int) -> bool:
    if ends_on is None:
        return False
    due = years_after(starts_on, years)
    return months_after(due, -tolerance) <= ends_on <= months_after(due, tolerance)


@judges("term-first-round")
def one_of_the_first_two_serves_one_year(election: Election, parameters: Parameters) -> Outcome:
    """Whichever is recorded first may serve either; the second serves the other."""
    if election.is_theme or election.completes is not None:
        return says(None, "This is for the first two Coordinators of a Working Group.")
    if not _may_be_first_round(election):
        return says(None, "The first round of the group is over.")
    fellow = _fellow_of_the_first_round(election)
    if fellow is None:
        return says(True, "It is the first of the group: one year or two, and the second serves the other.")
    short, long, tolerance = parameters["years"], parameters["other_years"], parameters["tolerance_months"]

    def lasts(years: int, other_years: int) -> bool:
        mine = _lasts(election.starts_on, election.ends_on, years, tolerance)
        return mine and _lasts(fellow.starts_on, fellow.full_end, other_years, tolerance)

    known = {
        "fellow": fellow.state,
        "fellowStartsOn": fellow.starts_on,
        "fellowEndsOn": fellow.full_end,
        "startsOn": election.starts_on,
        "endsOn": election.ends_on,
    }
    if lasts(short, long) or lasts(long, short):
        return says(True, f"Of {fellow.state} and {election.state}, one serves {_years(short)} in this round.", **known)
    return says(
        False,
        f"In the first round one of the two serves {_years(short)}, the other {_years(long)}: {fellow.state} serves "
        f"until {fellow.full_end}, {election.state} would until {election.ends_on}.",
        **known,
    )


def _whole(terms: Iterable[Term]) -> list[Term]:
    """A term with those that completed it is one: it keeps the beginning of the first."""
    by_id = {term.id: term for term in terms}
    whole: dict[str, Term] = {}
    for term in sorted(by_id.values(), key=lambda each: (each.starts_on, each.id)):
        first = term
        while first.completes in by_id:
            first = by_id[first.completes]
        whole[first.id] = replace(first, ends_on=term.ends_on, elected_until=first.full_end)
    return list(whole.values())


def _may_be_first_round(election: Election) -> bool:
    """The first round is the first time that a Working Group has two Coordinators at once.

    It is over, too, where somebody served one year alone: nobody else is elected for one year.
    """
    terms = _whole(election.own)
    return not election.is_theme and not any(
        (_is_of_one_year(one) and not one.overlaps(election.starts_on, election.ends_on))
        or any(one.overlaps(other.starts_on, other.ends_on) for other in terms[:place])
        for place, one in enumerate(terms)
    )


def _is_of_one_year(term: Term) -> bool:
    round_ = figures("term-first-round")
    return _lasts(term.starts_on, term.full_end, round_["years"], round_["tolerance_months"])


def _fellow_of_the_first_round(election: Election) -> Term | None:
    if not _may_be_first_round(election):
        return None
    return next((term for term in _whole(election.own) if term.overlaps(election.starts_on, election.ends_on)), None)


@judges("term-stagger")
def two_that_serve_together_begin_in_different_years(election: Election, _: Parameters) -> Outcome:
    if election.is_theme:
        return says(None, "A theme has one Coordinator.")
    if election.completes is not None:
        return says(None, "It keeps the beginning of the term that it completes.")
    if _fellow_of_the_first_round(election) is not None:
        return says(None, "In the first round both begin together.")
    year = election.starts_on.year
    alike = [
        term
        for term in _whole(election.own)
        if term.overlaps(election.starts_on, election.ends_on) and term.starts_on.year == year
    ]
    known = {"beginsIn": year, "alongside": [term.state for term in alike]}
    if not alike:
        return says(True, f"No other Coordinator of the group who serves with it began in {year}.", **known)
    who = ", ".join(f"{term.state} on {term.starts_on}" for term in alike)
    on = _first_day_apart(election)
    return says(
        False,
        f"Two that serve together would both begin in {year}: {who} did too. By this rule one may begin from {on} on.",
        **known,
        mayBeginFrom=on,
    )


def _first_day_apart(election: Election) -> date:
    """The next on which nobody serves, or is to serve, who begins in the same year: by when they leave, or the year
    ends."""
    terms = _whole(election.own)
    days = {term.ends_on for term in terms if term.ends_on is not None and term.ends_on > election.starts_on}
    last = max([election.starts_on, *days, *(term.starts_on for term in terms)])
    days |= {date(year, 1, 1) for year in range(election.starts_on.year + 1, last.year + 2)}
    return min(
        day for day in days if not any(term.overlaps(day, None) and term.starts_on.year == day.year for term in terms)
    )


@judges("vacancy")
def a_seat_left_early_is_filled_for_what_remains(election: Election, _: Parameters) -> Outcome:
    """The paper is silent; a seat left early keeps its term, so that the staggering holds."""
    left = election.completes
    if left is None:
        return _not_for_a_new_term(election)
    known = {
        "completes": left.state,
        "leftOn": left.ends_on,
        "electedUntil": left.full_end,
        "startsOn": election.starts_on,
        "endsOn": election.ends_on,
    }
    if left.ends_on is None or left.elected_until is None or left.ends_on >= left.elected_until:
        return says(False, f"The term of {left.state} was not left early.", **known)
    if election.starts_on < left.ends_on or election.ends_on != left.elected_until:
        remains = f"the time from {left.ends_on} to {left.elected_until}"
        return says(False, f"What remains of the term of {left.state} is {remains}.", **known)
    return says(True, f"It completes the term of {left.state}, until {left.elected_until}.", **known)


def _not_for_a_new_term(election: Election) -> Outcome:
    on = [election.starts_on, *(t.starts_on for t in election.alongside if t.starts_on > election.starts_on)]
    days = [
        (remainders(election.own, day), [term for term in election.own if term.covers(day)]) for day in sorted(set(on))
    ]
    left, serving = max(days, key=lambda each: (bool(each[0]), len(each[0]) + len(each[1])))
    known = {"leftEarly": [term.state for term in left], "serving": [term.state for term in serving]}
    if not left:
        return says(None, "No seat was left early.", **known)
    if len(serving) + len(left) < election.seats:
        return says(True, "Another seat is free.", **known)
    return says(
        False,
        f"The seat that {left[0].state} left is filled for what remains of its term, until {left[0].elected_until}, "
        "and not for a new one.",
        **known,
    )


def remainders(terms: Iterable[Term], day: date) -> list[Term]:
    """Terms that were left early and would still run on the day, where nobody was elected for the rest."""
    terms = list(terms)
    completed = {term.completes for term in terms}
    return [
        term
        for term in terms
        if term.elected_until is not None
        and term.ends_on is not None
        and term.ends_on <= day < term.elected_until
        and term.id not in completed
    ]


ELECTION = (
    comes_from_a_state_party,
    is_elected_by_a_formal_meeting,
    a_group_has_no_third_coordinator,
    a_theme_has_no_second_coordinator,
    the_term_is_two_years,
    one_of_the_first_two_serves_one_year,
    two_that_serve_together_begin_in_different_years,
    a_seat_left_early_is_filled_for_what_remains,
    no_state_follows_itself,
    one_comes_from_an_affected_state,
)
"""What an election is judged by, a vacancy filled like any other."""

RESIGNATION = (no_state_follows_itself,)
"""What an end before its time is judged by: another term of the State may begin on that very day."""


def in_order(
    terms: Sequence[Term],
    portfolios: Mapping[str, Portfolio],
    bound: Mapping[str, tuple[date | None, date | None]],
) -> Iterator[tuple[Term, Election]]:
    """Every term as if it were elected now, each before the ones that begin later.

    Where a meeting moves, terms move with it; the rules hold among them afterwards as they did before.
    """
    by_id = {term.id: term for term in terms}
    earlier: list[Term] = []
    for term in sorted(terms, key=lambda each: (each.starts_on, each.id)):
        portfolio = portfolios[term.portfolio]
        since, until = bound.get(term.state, (None, None))
        if term.full_end is not None:
            yield (
                term,
                Election(
                    portfolio=portfolio.code,
                    kind=portfolio.kind,
                    seats=portfolio.seats,
                    state=term.state,
                    starts_on=term.starts_on,
                    ends_on=term.full_end,
                    in_force_from=since,
                    withdrawn_on=until,
                    cited=None,
                    terms=tuple(earlier),
                    affected={},
                    completes=by_id.get(term.completes or ""),
                ),
            )
        earlier.append(term)


# ---------- standing rules ----------


class Posts(Protocol):
    """Of a situation, what the standing rules of posts look at."""

    @property
    def as_of(self) -> date: ...
    @property
    def begun(self) -> date: ...
    @property
    def portfolios(self) -> Sequence[Portfolio]: ...
    @property
    def terms(self) -> Sequence[Term]: ...
    @property
    def affected(self) -> Mapping[str, frozenset[int]]: ...


@finds("groups-six")
def the_six_groups_exist_each_once(posts: Posts, parameters: Parameters) -> Iterator[Found]:
    groups = [each.code for each in posts.portfolios if each.kind is BodyKind.WORKING_GROUP]
    for code in parameters["groups"]:
        if groups.count(code) != 1:
            there = "does not exist" if code not in groups else f"exists {groups.count(code)} times"
            yield Found(message=f"The Working Group {code} {there}.", since=posts.begun)


@finds("group-seats")
def a_group_has_a_coordinator(posts: Posts, _: Parameters) -> Iterator[Found]:
    yield from _without_coordinator(posts, BodyKind.WORKING_GROUP)


@finds("theme-seat")
def a_theme_has_a_coordinator(posts: Posts, _: Parameters) -> Iterator[Found]:
    yield from _without_coordinator(posts, BodyKind.THEMATIC_AREA)


def _without_coordinator(posts: Posts, kind: BodyKind) -> Iterator[Found]:
    name, type_name = ("Working Group", "WorkingGroup") if kind is BodyKind.WORKING_GROUP else ("theme", "ThematicArea")
    for portfolio in posts.portfolios:
        own = [term for term in posts.terms if term.portfolio == portfolio.code]
        if portfolio.kind is not kind or any(term.covers(posts.as_of) for term in own):
            continue
        ended = [term.ends_on for term in own if term.ends_on is not None and term.ends_on <= posts.as_of]
        yield Found(
            message=f"As far as is known, the {name} {portfolio.code} has no Coordinator.",
            concerns=(type_name, portfolio.code),
            since=max([posts.begun, *ended]),
        )


@finds("coordinator-affected")
def a_group_has_one_from_an_affected_state(posts: Posts, parameters: Parameters) -> Iterator[Found]:
    articles = frozenset(parameters["articles"])
    for portfolio in posts.portfolios:
        serving = [term for term in posts.terms if term.portfolio == portfolio.code and term.covers(posts.as_of)]
        if portfolio.kind is not BodyKind.WORKING_GROUP or not serving:
            continue
        if not any(articles & posts.affected.get(term.state, frozenset()) for term in serving):
            states = ", ".join(term.state for term in serving)
            yield Found(
                message=f"None of the Coordinators of {portfolio.code} ({states}) is from an affected State Party.",
                concerns=("WorkingGroup", portfolio.code),
                since=max(posts.begun, *(term.starts_on for term in serving)),
                inputs={"coordinators": [term.state for term in serving]},
            )


@finds("coordinator-continuity")
def an_outgoing_coordinator_hands_over(posts: Posts, _: Parameters) -> Iterator[Found]:
    """With a handover note by the end of the term; one that came later ends the finding."""
    for term in posts.terms:
        ended = term.ends_on is not None and posts.begun < term.ends_on <= posts.as_of
        if ended and (term.handed_over_on is None or term.handed_over_on > posts.as_of):
            yield Found(
                message=f"{term.state} left {term.portfolio} on {term.ends_on} without a handover note.",
                concerns=("CoordinatorTerm", term.id),
                since=term.ends_on,
                due_on=term.ends_on,
            )


def seats_of(terms: Iterable[Term], *, theme: bool) -> Mapping[str, Seat]:
    """Which of the two holds which seat: whoever begins first has A, and who completes a term has its seat."""
    if theme:
        return {term.id: Seat.SINGLE for term in terms}
    found: dict[str, Seat] = {}
    placed: list[tuple[Term, Seat]] = []
    for term in sorted(terms, key=lambda each: (each.starts_on, each.id)):
        taken = {seat for other, seat in placed if other.overlaps(term.starts_on, term.ends_on)}
        free = [seat for seat in (Seat.A, Seat.B) if seat not in taken]
        kept = found.get(term.completes or "")
        seat = kept if kept is not None else free[0] if free else Seat.B
        found[term.id] = seat
        placed.append((term, seat))
    return found


@derives("president-preparation")
def becomes_president_at(parameters: Parameters) -> TermMoment:
    """When the meeting opens and elects; a version may have it that the one before closes."""
    return TermMoment(parameters["becomes_president_at"])


@derives("coordinator-guidance")
def guided_by(formal: Iterable[tuple[str, date]], day: date) -> str | None:
    """Of the formal meetings and their openings, the most recent on the day: Coordinators work under its President.

    The most recent one is the last that has opened: there it elected its President (president-preparation).
    """
    opened = [(opens, code) for code, opens in formal if opens <= day]
    return max(opened)[1] if opened else None


def status_on(term: Term, day: date) -> TermStatus:
    if day < term.starts_on:
        return TermStatus.ELECTED
    if term.covers(day):
        return TermStatus.CURRENT
    return TermStatus.COMPLETED if term.elected_until is None else TermStatus.RESIGNED
