"""The Coordination Committee: who sits on it on a day, computed from offices held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol

from mandate.day import PartialDate, years_after
from mandate.office import (
    BodyKind,
    Election,
    Portfolio,
    Term,
    no_state_follows_itself,
    remainders,
    seats_of,
    term_years,
)
from mandate.office import Seat as PortfolioSeat
from mandate.rule import Found, Outcome, Parameters, RuleSet, RuleVerdict, derives, finds, judge, judges, says
from mandate.source import PAPER, Citation, cite

PRESIDENT = cite(PAPER, "Proposal 3(2)(a)")
WORKING_GROUPS = cite(PAPER, "Proposal 3(2)(b)")
THEMES = cite(PAPER, "Proposal 3(2)(c)")
PRESIDENT_DESIGNATE = cite(PAPER, "Proposal 3(2)(d)")
RED_CROSS_AND_UN = cite(PAPER, "Proposal 3(2)(e)")
COALITION = cite(PAPER, "Proposal 3(2)(f)")
MEMBERS = cite(PAPER, "Proposal 3(2)")
ASSISTANCE = cite(PAPER, "Proposal 3(1)")


class CommitteeRole(StrEnum):
    PRESIDENT = "PRESIDENT"
    PRESIDENT_DESIGNATE = "PRESIDENT_DESIGNATE"
    OUTGOING_PRESIDENT = "OUTGOING_PRESIDENT"
    WORKING_GROUP_COORDINATOR = "WORKING_GROUP_COORDINATOR"
    THEMATIC_COORDINATOR = "THEMATIC_COORDINATOR"
    ICRC = "ICRC"
    UNITED_NATIONS = "UNITED_NATIONS"
    CLUSTER_MUNITION_COALITION = "CLUSTER_MUNITION_COALITION"
    INVITED_PARTY = "INVITED_PARTY"


class CommitteeCapacity(StrEnum):
    """Members decide; observers and those invited attend, and are not counted."""

    MEMBER = "MEMBER"
    OBSERVER = "OBSERVER"
    INVITED = "INVITED"


ORGANISATIONS: Mapping[str, tuple[CommitteeRole, Citation]] = {
    "ICRC": (CommitteeRole.ICRC, RED_CROSS_AND_UN),
    "UN": (CommitteeRole.UNITED_NATIONS, RED_CROSS_AND_UN),
    "CMC": (CommitteeRole.CLUSTER_MUNITION_COALITION, COALITION),
}


# Of a holding and a seat a score is made for each day that is asked about: a tuple is made in a third of the time.


class Holding(NamedTuple):
    """An office held on the day, or the next to be held."""

    term: str | None
    """None where no term says it, and it follows from who comes next."""
    party: str | None
    since: PartialDate | None
    until: PartialDate | None
    person: str | None = None
    portfolio: str | None = None
    kind: BodyKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What is known on the day of those who may sit on it."""

    president: Holding | None
    designate: Holding | None
    outgoing: Holding | None
    coordinators: Sequence[Holding]
    """In the order of the Working Groups, then of the themes."""
    representatives: Mapping[str, Sequence[Holding]]
    """By the code of the organisation: whom it has named."""
    invited: Sequence[Holding] = ()
    """To a meeting of it on that day; who sits on it needs no invitation."""
    since: PartialDate
    """Since when there is a Committee of this kind: organisations sit on it without a term."""


class CommitteeSeat(NamedTuple):
    role: CommitteeRole
    capacity: CommitteeCapacity
    party: str | None
    person: str | None
    portfolio: str | None
    term: str | None
    basis: tuple[Citation, ...]
    since: PartialDate | None
    until: PartialDate | None


@derives("committee-members")
def members(composition: Composition, parameters: Parameters) -> list[CommitteeSeat]:
    """Exactly these: the President, the Coordinators, the President-designate, one each of ICRC, UN and CMC."""
    seats = []
    if composition.president is not None:
        seats.append(_seat(CommitteeRole.PRESIDENT, composition.president, PRESIDENT))
    for held in composition.coordinators:
        of_theme = held.kind is BodyKind.THEMATIC_AREA
        role = CommitteeRole.THEMATIC_COORDINATOR if of_theme else CommitteeRole.WORKING_GROUP_COORDINATOR
        seats.append(_seat(role, held, THEMES if of_theme else WORKING_GROUPS))
    if composition.designate is not None:
        seats.append(_seat(CommitteeRole.PRESIDENT_DESIGNATE, composition.designate, PRESIDENT_DESIGNATE))
    if parameters["outgoing_president"] and composition.outgoing is not None:
        seats.append(_seat(CommitteeRole.OUTGOING_PRESIDENT, composition.outgoing, MEMBERS))
    for code in parameters["organisations"]:
        role, citation = ORGANISATIONS[code]
        observes = code in parameters["observers"]
        capacity = CommitteeCapacity.OBSERVER if observes else CommitteeCapacity.MEMBER
        named = composition.representatives.get(code, ())
        unnamed = Holding(term=None, party=f"ORGANISATION:{code}", since=composition.since, until=None)
        seats += [_seat(role, held, citation, capacity) for held in named or (unnamed,)]
    seated = {seat.party for seat in seats}
    seats += [
        _seat(CommitteeRole.INVITED_PARTY, held, ASSISTANCE, CommitteeCapacity.INVITED)
        for held in composition.invited
        if held.party not in seated
    ]
    return seats


def _seat(
    role: CommitteeRole, held: Holding, citation: Citation, capacity: CommitteeCapacity = CommitteeCapacity.MEMBER
) -> CommitteeSeat:
    return CommitteeSeat(
        role=role,
        capacity=capacity,
        party=held.party,
        person=held.person,
        portfolio=held.portfolio,
        term=held.term,
        basis=(citation,),
        since=held.since,
        until=held.until,
    )


# ---------- its decisions ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A meeting of the Committee that decides on something; who is meant is said by the key of the party."""

    on: date
    chaired_by: str
    president: str | None
    """In office on that day."""
    members: Sequence[str]
    in_favour: Sequence[str]
    """Those counted in the decision."""
    present: Sequence[str] = ()
    """Those who attended beside them."""


class InCommittee(Protocol):
    """Whatever the Committee decides on."""

    @property
    def sitting(self) -> Sitting | None:
        """None where the question names no meeting."""


@judges("committee-chair")
def meets_under_the_president_in_office(decided: InCommittee, _: Parameters) -> Outcome:
    sitting = decided.sitting
    if sitting is None:
        return says(None, "No meeting is named: it is to be under the President in office.")
    known = {"on": sitting.on, "chairedBy": sitting.chaired_by, "president": sitting.president}
    if sitting.president is None:
        return says(False, f"No President is known to have been in office on {sitting.on}.", **known)
    if sitting.chaired_by != sitting.president:
        return says(
            False,
            f"On {sitting.on} {_code(sitting.president)} presided, and {_code(sitting.chaired_by)} was in the chair.",
            **known,
        )
    return says(True, f"It met under {_code(sitting.president)}, in office on {sitting.on}.", **known)


@judges("committee-assist")
def invitees_are_not_counted(decided: InCommittee, _: Parameters) -> Outcome:
    """Whoever is no member on that day attends, and may be many; of those counted each is a member."""
    sitting = decided.sitting
    if sitting is None:
        return says(None, "No decision is named: members alone are counted in it.")
    others = [party for party in sitting.in_favour if party not in sitting.members]
    known = {"on": sitting.on, "inFavour": sitting.in_favour, "present": sitting.present, "notMembers": others}
    if not others:
        return says(True, f"Those counted were members on {sitting.on}.", **known)
    return says(False, f"Not members on {sitting.on}: {', '.join(map(_code, others))}.", **known)


def _code(party: str) -> str:
    return party.partition(":")[2]


# ---------- its representatives and seats ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Nomination:
    """Who is to represent whom, and who says so."""

    organisation: str
    by: str | None
    """The code of the organisation on whose behalf the act is done."""


@judges("committee-representatives")
def each_names_its_own(nomination: Nomination, parameters: Parameters) -> Outcome:
    organisations = parameters["organisations"]
    known = {"organisation": nomination.organisation, "namedBy": nomination.by, "organisations": organisations}
    if nomination.organisation not in organisations:
        return says(False, f"{nomination.organisation} has no seat: {', '.join(organisations)} have one.", **known)
    if nomination.by != nomination.organisation:
        return says(False, f"{nomination.organisation} names its own representative, and no one else does.", **known)
    return says(True, f"{nomination.organisation} names its own representative.", **known)


NOMINATION = (each_names_its_own,)


class Represented(Protocol):
    """Of a situation, what the standing rule of representatives looks at."""

    @property
    def begun(self) -> date: ...
    @property
    def representatives(self) -> Mapping[str, date | None]: ...


@finds("committee-representatives")
def each_has_named_one(represented: Represented, parameters: Parameters) -> Iterator[Found]:
    """`representatives` has who is represented on the day, and those who no longer are, with the day it ended."""
    for code in parameters["organisations"]:
        ended = represented.representatives.get(code, represented.begun)
        if ended is not None:
            yield Found(
                message=f"{code} has named nobody who represents it on the Coordination Committee.",
                concerns=("Organisation", code),
                since=max(ended, represented.begun),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """A seat that is free, or will be."""

    portfolio: str
    seat: PortfolioSeat
    opens_on: date
    completes: str | None
    """The term left early whose remainder is open."""
    until: date | None
    """The end of that remainder."""
    excluded: tuple[str, ...]
    """States that rotation excludes on that day, unless it is necessary."""
    affected_preferred: bool
    """Whether the group would otherwise have no Coordinator from an affected State."""


def vacancies(
    portfolios: Sequence[Portfolio],
    terms: Sequence[Term],
    day: date,
    before: date,
    affected: Mapping[str, frozenset[int]],
    version: RuleSet,
) -> list[Vacancy]:
    """Seats free on the day, or that fall free before the other day while nobody is elected to follow."""
    articles = frozenset(version.rules["coordinator-affected"].parameters["articles"])
    found = []
    for portfolio in portfolios:
        own = [term for term in terms if term.portfolio == portfolio.code]
        theme = portfolio.kind is BodyKind.THEMATIC_AREA
        names = [PortfolioSeat.SINGLE] if theme else [PortfolioSeat.A, PortfolioSeat.B][: portfolio.seats]
        held = seats_of(own, theme=theme)
        for name in names:
            opens = _opens(own, held, name, day)
            if opens is None or (opens > day and opens >= before):
                continue
            left = next((each for each in remainders(own, opens) if held[each.id] is name), None)
            serving = [term.state for term in own if term.covers(opens)]
            found.append(
                Vacancy(
                    portfolio=portfolio.code,
                    seat=name,
                    opens_on=opens,
                    completes=None if left is None else left.id,
                    until=None if left is None else left.elected_until,
                    excluded=_excluded(portfolio, terms, opens, left, version),
                    affected_preferred=not theme
                    and not any(articles & affected.get(state, frozenset()) for state in serving),
                )
            )
    return found


def _excluded(
    portfolio: Portfolio, terms: Sequence[Term], opens: date, left: Term | None, version: RuleSet
) -> tuple[str, ...]:
    """By the rule itself, of a term from that day on, as long as the version has it or for what remains."""
    ends = None if left is None else left.elected_until
    ends = ends or years_after(opens, term_years(version, portfolio.kind))
    proposed = {
        state: Election(
            portfolio=portfolio.code,
            kind=portfolio.kind,
            seats=portfolio.seats,
            state=state,
            starts_on=opens,
            ends_on=ends,
            in_force_from=None,
            withdrawn_on=None,
            cited=None,
            terms=terms,
            affected={},
            completes=left,
        )
        # Whoever has no term beside it would follow nobody.
        for state in sorted({term.state for term in terms if term.precedes(opens) or term.starts_on == ends})
    }
    return tuple(
        state
        for state, election in proposed.items()
        for said in judge([no_state_follows_itself], election, version)
        if said.verdict in (RuleVerdict.VIOLATED, RuleVerdict.WARNING)
    )


def _opens(terms: Sequence[Term], held: Mapping[str, PortfolioSeat], seat: PortfolioSeat, day: date) -> date | None:
    """The first day, from this one on, on which nobody holds the seat; None where somebody does without an end."""
    opens = day
    for term in sorted((each for each in terms if held[each.id] is seat), key=lambda each: each.starts_on):
        if term.covers(opens):
            if term.ends_on is None:
                return None
            opens = term.ends_on
    return opens
