"""Posts, the terms for which they are held, and the acts by which they change hands."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from mandate.day import PartialDate
from mandate.office import THEMES, Seat, TermMoment, TermStatus, seats_of, status_on
from resolvers import office as resolve
from resolvers.error import Invalid as Against
from resolvers.office import Bound
from schema.body import COORDINATORS, HELD_ON, Body, Portfolio
from schema.change import HistoryEntry, history
from schema.code import Code
from schema.decision import Decision
from schema.explanation import Explanation, RuleCitation, paper_citations
from schema.id import id_among, key_of
from schema.party import Party
from schema.person import Person
from schema.problem import Conflict, Forbidden, Invalid, NotFound, Refusal
from schema.provenance import Provenance, provenance
from schema.reading import Argument, Connection, Node, column, complete, derived, many, names_rows, node, one, ref, rows
from schema.rule import (
    EligibilityReport,
    RuleEvaluation,
    RuleWaiver,
    RuleWaiverInput,
    day_of,
    evaluations,
    given,
    said,
    waivers,
)
from schema.scalar import CountryCode
from schema.success import Success
from schema.text import LocalizedText, text

if TYPE_CHECKING:
    from schema.meeting import Meeting
    from schema.organisation import Organisation
    from schema.state import State

LazyState = Annotated["State", strawberry.lazy("schema.state")]
LazyOrganisation = Annotated["Organisation", strawberry.lazy("schema.organisation")]
LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


_BY_START = [db.OfficeTerm.starts_on, db.OfficeTerm.reference]


@node(db.Office, description="A post under the Convention")
class Office(Node):
    code: str = column(db.Office.code)
    role: Code = one(db.Office.role_code)
    title: LocalizedText = text(db.Office.title)
    body: Body | None = one(db.Office.body_code)
    citations: list[RuleCitation] = derived(
        paper_citations, uses=[db.Office.paragraph], description="Empty where practice made the post"
    )
    terms: list[OfficeTerm] = many(db.OfficeTerm.office_code, order_by=_BY_START, arguments=[HELD_ON])


@names_rows
@strawberry.type(description="A term begins or ends with a meeting")
class TermBound:
    meeting_code: strawberry.Private[str]
    moment: TermMoment
    meeting: LazyMeeting = ref("meeting_code", db.Meeting.code)


def term_bound(meetings: Sequence[Any], moment: TermMoment | None) -> TermBound | None:
    """From the meeting itself, not from its code in the term: one that is hidden is none."""
    if not meetings or moment is None:
        return None
    return TermBound(meeting_code=meetings[0].code, moment=moment)


def still_bound(meetings: Sequence[Any], moment: TermMoment | None, left: datetime.date | None) -> TermBound | None:
    """Where the post was left early, what remains of the term ends with the meeting; who left does not."""
    return term_bound(meetings, moment) if left is None else None


def _starts_at() -> Any:
    meeting = rows(db.Meeting.code, on=db.OfficeTerm.start_meeting_code)
    return derived(term_bound, uses=[meeting, db.OfficeTerm.start_moment])


def _ends_at() -> Any:
    meeting = rows(db.Meeting.code, on=db.OfficeTerm.end_meeting_code)
    return derived(
        still_bound,
        uses=[meeting, db.OfficeTerm.end_moment, db.OfficeTerm.elected_until],
        description="Null where the post was left before the end of the term",
    )


def _starts_on() -> Any:
    return column(db.OfficeTerm.starts_on, description="The first day in office; null where no source tells")


def _ends_on() -> Any:
    return column(db.OfficeTerm.ends_on, description="The first day no longer in office; null where no source tells")


_TERMS_OF_THE_POST = rows(db.OfficeTerm.office_code, on=db.OfficeTerm.office_code)
_THE_TERM = rows(db.OfficeTerm.id, on=db.OfficeTerm.id)
_ON = Argument("as_of", datetime.date, description="Today, where no day is named")


def _seat(id: str, office_code: str, terms: Sequence[Any]) -> Seat | None:
    placed = [term for term in map(resolve.term_of, terms) if term is not None]
    return seats_of(placed, theme=office_code.removeprefix("coordinator:") in THEMES).get(id)


def _status(terms: Sequence[Any], as_of: datetime.date) -> TermStatus | None:
    term = resolve.term_of(terms[0])
    return None if term is None else status_on(term, as_of)


@node(
    db.OfficeTerm,
    description="The time for which somebody holds a post: from the first day, up to but not including the last",
)
class OfficeTerm(Node):
    office: Office = one(db.OfficeTerm.office_code)
    holder: Party | None = one(db.OfficeTerm.party_id)
    person: Person | None = one(db.OfficeTerm.person_id)
    starts_on: PartialDate | None = _starts_on()
    ends_on: PartialDate | None = _ends_on()
    starts_at: TermBound | None = _starts_at()
    ends_at: TermBound | None = _ends_at()
    attested: str | None = column(db.OfficeTerm.attested, description="When sources show the holder in office")
    decision: Decision | None = one(db.OfficeTerm.decision_id)
    also_serves: LazyOrganisation | None = one(
        db.OfficeTerm.also_serves_code, description="Another organisation that the Director of the ISU serves"
    )
    evaluations: list[RuleEvaluation] = evaluations(db.OfficeTerm, db.OfficeTerm.id)
    waivers: list[RuleWaiver] = waivers(db.OfficeTerm, db.OfficeTerm.id)
    note: str | None = column(db.OfficeTerm.note)
    provenance: list[Provenance] = provenance("OfficeTerm", db.OfficeTerm.id)
    version: int = column(db.OfficeTerm.version)
    history: Connection[HistoryEntry] = history(db.OfficeTerm, db.OfficeTerm.id)


@node(
    db.OfficeTerm,
    only=COORDINATORS,
    description="A State Party's term as Coordinator of a Working Group or theme",
)
class CoordinatorTerm(Node):
    portfolio: Portfolio | None = one(db.OfficeTerm.office_code, db.Office.body_code)
    state: LazyState | None = one(db.OfficeTerm.party_id)
    seat: Seat | None = derived(
        _seat,
        uses=[db.OfficeTerm.id, db.OfficeTerm.office_code, _TERMS_OF_THE_POST],
        description="Computed from who began first; null where no source tells when the term began",
    )
    status: TermStatus | None = derived(
        _status, uses=[_THE_TERM], arguments=[_ON], description="Null where no source tells when the term began"
    )
    starts_on: PartialDate | None = _starts_on()
    ends_on: PartialDate | None = _ends_on()
    starts_at: TermBound | None = _starts_at()
    ends_at: TermBound | None = _ends_at()
    attested: str | None = column(db.OfficeTerm.attested, description="When sources show the State in office")
    elected_until: datetime.date | None = column(
        db.OfficeTerm.elected_until, description="The end for which it was elected, where it left before that"
    )
    completes: CoordinatorTerm | None = one(db.OfficeTerm.completes_id)
    decision: Decision | None = one(db.OfficeTerm.decision_id)
    handed_over_on: datetime.date | None = column(db.OfficeTerm.handed_over_on)
    handover_note: str | None = column(db.OfficeTerm.handover_note)
    evaluations: list[RuleEvaluation] = evaluations(db.OfficeTerm, db.OfficeTerm.id)
    waivers: list[RuleWaiver] = waivers(db.OfficeTerm, db.OfficeTerm.id)
    note: str | None = column(db.OfficeTerm.note)
    provenance: list[Provenance] = provenance("OfficeTerm", db.OfficeTerm.id)
    version: int = column(db.OfficeTerm.version)
    history: Connection[HistoryEntry] = history(db.OfficeTerm, db.OfficeTerm.id)


@names_rows
@strawberry.type(description="Who presides on a day, and who presides next")
class Presidency:
    president_id: strawberry.Private[str | None]
    designate_id: strawberry.Private[str | None]
    guides_code: strawberry.Private[str | None]
    as_of: datetime.date
    explanation: Explanation
    president: OfficeTerm | None = ref("president_id", db.OfficeTerm.id)
    president_designate: OfficeTerm | None = ref(
        "designate_id",
        db.OfficeTerm.id,
        description="Whoever is designated or, where nobody is on record, the next President",
    )
    guides: LazyMeeting | None = ref(
        "guides_code",
        db.Meeting.code,
        description="Under whose President the Coordinators work (Prop. 2(4)): the most recent Meeting of States "
        "Parties or Review Conference. Null before the mandate",
    )


# ---------- the acts ----------


@strawberry.input(description="When a meeting opens, or closes")
class TermBoundInput:
    meeting: str = strawberry.field(description="Its code, such as 4MSP; its days are known")
    moment: TermMoment = TermMoment.CLOSE


def _bound(name: str, on: datetime.date | None, at: TermBoundInput | None) -> Bound:
    if on is not None and at is not None:
        raise Against((f"{name}On", f"Give {name}On or {name}At, not both."))
    if at is not None:
        return Bound(meeting=at.meeting, moment=at.moment)
    return Bound(on=on)


@strawberry.input(description="An election that a Meeting of States Parties or Review Conference has made")
class ElectCoordinatorInput:
    portfolio: str = strawberry.field(description="The code of a Working Group or theme, such as victim_assistance")
    state: CountryCode
    decision: strawberry.ID = strawberry.field(description="By which it was made")
    starts_on: datetime.date | None = strawberry.field(
        default=None, description="Where neither this nor startsAt is given: the close of the meeting that decided"
    )
    starts_at: TermBoundInput | None = None
    ends_on: datetime.date | None = strawberry.field(
        default=None,
        description="The first day no longer in office. Where neither this nor endsAt is given: after the term of the "
        "mandate, two years in the proposal of 2011",
    )
    ends_at: TermBoundInput | None = strawberry.field(
        default=None, description="The end then moves with the meeting, should it move"
    )
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="An election to a seat that was left early, for what remains of its term")
class FillVacancyInput:
    term: strawberry.ID = strawberry.field(description="The term that was left early")
    state: CountryCode
    decision: strawberry.ID = strawberry.field(description="By which it was made")
    starts_on: datetime.date | None = strawberry.field(
        default=None, description="Where neither this nor startsAt is given: the close of the meeting that decided"
    )
    starts_at: TermBoundInput | None = None
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="A post is left before the end of the term")
class ResignOfficeInput:
    term: strawberry.ID
    expected_version: int
    on: datetime.date = strawberry.field(description="The first day no longer in office")
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="An outgoing Coordinator hands over (Prop. 2(7))")
class RecordHandoverInput:
    term: strawberry.ID
    expected_version: int
    on: datetime.date
    note: str = strawberry.field(description="The handover note; at most 10,000 characters")


@strawberry.input(description="A formal meeting has elected its President")
class ElectPresidentInput:
    meeting: str = strawberry.field(description="The code of the meeting, such as 2MSP")
    state: CountryCode
    person: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    full_name: str | None = strawberry.field(default=None, description="Of somebody who is not on record yet")
    decision: strawberry.ID | None = None
    starts_on: datetime.date | None = strawberry.field(
        default=None,
        description="Where neither this nor startsAt is given: as the mandate has it, when the meeting opens",
    )
    starts_at: TermBoundInput | None = None


@strawberry.input(description="Who is to preside over the next formal meeting, and prepares it (para. 8)")
class DesignatePresidentInput:
    meeting: str = strawberry.field(description="The code of the meeting, such as 3MSP")
    state: CountryCode
    person: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    full_name: str | None = strawberry.field(default=None, description="Of somebody who is not on record yet")
    decision: strawberry.ID | None = None
    starts_on: datetime.date | None = strawberry.field(
        default=None, description="The day of the decision where none is given; today where there is no decision"
    )


@names_rows
@strawberry.type(description="The Coordinator is elected")
class CoordinatorElected(Success):
    key: strawberry.Private[str | None]
    term: CoordinatorTerm | None = ref("key", db.OfficeTerm.id, description="Null where the act was only validated")
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said, the warnings too")


@names_rows
@strawberry.type(description="The seat is filled for what remains of the term")
class VacancyFilled(Success):
    key: strawberry.Private[str | None]
    term: CoordinatorTerm | None = ref("key", db.OfficeTerm.id, description="Null where the act was only validated")
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said, the warnings too")


def _term() -> Any:
    return ref("key", db.OfficeTerm.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The post is left")
class OfficeResigned(Success):
    key: strawberry.Private[str | None]
    term: OfficeTerm | None = _term()
    rule_evaluations: list[RuleEvaluation] = strawberry.field(
        description="What every rule said; none judges an end but that of a Coordinator's term"
    )


@names_rows
@strawberry.type(description="The handover is on record")
class HandoverRecorded(Success):
    key: strawberry.Private[str | None]
    term: OfficeTerm | None = _term()


@names_rows
@strawberry.type(description="The President is elected; whoever presided until then no longer does")
class PresidentElected(Success):
    key: strawberry.Private[str | None]
    term: OfficeTerm | None = _term()


@names_rows
@strawberry.type(description="The President of the next formal meeting is designated")
class PresidentDesignated(Success):
    key: strawberry.Private[str | None]
    term: OfficeTerm | None = _term()


ElectCoordinatorResult = Annotated[
    CoordinatorElected | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ElectCoordinatorResult")
]
FillVacancyResult = Annotated[
    VacancyFilled | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("FillVacancyResult")
]
ResignOfficeResult = Annotated[
    OfficeResigned | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ResignOfficeResult")
]
RecordHandoverResult = Annotated[
    HandoverRecorded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RecordHandoverResult")
]
ElectPresidentResult = Annotated[
    PresidentElected | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ElectPresidentResult")
]
DesignatePresidentResult = Annotated[
    PresidentDesignated | Invalid | NotFound | Forbidden | Conflict, strawberry.union("DesignatePresidentResult")
]


def term_key(id: str, member: str | None = None) -> str:
    """A Coordinator's term is a term of office: either id names it."""
    return id_among(("OfficeTerm", "CoordinatorTerm"), "a term of office", id, member)[1]


@strawberry.type
class OfficeMutation:
    @strawberry.mutation(description="Record the election of a Coordinator of a Working Group or theme")
    async def elect_coordinator(
        self, info: strawberry.Info[Any, Any], input: ElectCoordinatorInput, validate_only: bool = False
    ) -> ElectCoordinatorResult:
        key, evaluations = await resolve.elect(
            info.context,
            portfolio=input.portfolio,
            state=input.state,
            decision=key_of("Decision", input.decision, "decision"),
            starts=_bound("starts", input.starts_on, input.starts_at),
            ends=_bound("ends", input.ends_on, input.ends_at),
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, CoordinatorElected(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record an election to a seat that was left early")
    async def fill_vacancy(
        self, info: strawberry.Info[Any, Any], input: FillVacancyInput, validate_only: bool = False
    ) -> FillVacancyResult:
        key, evaluations = await resolve.fill(
            info.context,
            term=term_key(input.term, "term"),
            state=input.state,
            decision=key_of("Decision", input.decision, "decision"),
            starts=_bound("starts", input.starts_on, input.starts_at),
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, VacancyFilled(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record that a post is left before the end of the term")
    async def resign_office(
        self, info: strawberry.Info[Any, Any], input: ResignOfficeInput, validate_only: bool = False
    ) -> ResignOfficeResult:
        key, evaluations = await resolve.resign(
            info.context,
            term=term_key(input.term, "term"),
            on=input.on,
            expected_version=input.expected_version,
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, OfficeResigned(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record the handover of an outgoing Coordinator, with its note")
    async def record_handover(
        self, info: strawberry.Info[Any, Any], input: RecordHandoverInput, validate_only: bool = False
    ) -> RecordHandoverResult:
        key = await resolve.hand_over(
            info.context,
            term=term_key(input.term, "term"),
            on=input.on,
            note=input.note,
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, HandoverRecorded(key=key))

    @strawberry.mutation(description="Record the election of the President of a formal meeting")
    async def elect_president(
        self, info: strawberry.Info[Any, Any], input: ElectPresidentInput, validate_only: bool = False
    ) -> ElectPresidentResult:
        key = await resolve.elect_president(
            info.context,
            meeting=input.meeting,
            state=input.state,
            person=None if input.person is None else key_of("Person", input.person, "person"),
            full_name=input.full_name,
            decision=None if input.decision is None else key_of("Decision", input.decision, "decision"),
            starts=_bound("starts", input.starts_on, input.starts_at),
            validate_only=validate_only,
        )
        return await complete(info, PresidentElected(key=key))

    @strawberry.mutation(description="Record who is designated to preside over the next formal meeting")
    async def designate_president(
        self, info: strawberry.Info[Any, Any], input: DesignatePresidentInput, validate_only: bool = False
    ) -> DesignatePresidentResult:
        key = await resolve.designate_president(
            info.context,
            meeting=input.meeting,
            state=input.state,
            person=None if input.person is None else key_of("Person", input.person, "person"),
            full_name=input.full_name,
            decision=None if input.decision is None else key_of("Decision", input.decision, "decision"),
            starts_on=input.starts_on,
            validate_only=validate_only,
        )
        return await complete(info, PresidentDesignated(key=key))


# ---------- asking first ----------


@names_rows
@strawberry.type(description="A State Party, and what every rule says of its election")
class StateEligibility:
    code: strawberry.Private[str]
    state: LazyState = ref("code", db.State.code)
    report: EligibilityReport


@strawberry.type
class OfficeQuery:
    @strawberry.field(description="Whether a State could be elected Coordinator; judged as the act is")
    async def coordinator_eligibility(
        self,
        info: strawberry.Info[Any, Any],
        state: CountryCode,
        portfolio: str,
        starts_on: datetime.date,
        ends_on: Annotated[
            datetime.date | None, strawberry.argument(description="Where none is given: after the term of the mandate")
        ] = None,
        elected_at: Annotated[
            str | None, strawberry.argument(description="The code of the meeting that is to elect")
        ] = None,
        decision: Annotated[strawberry.ID | None, strawberry.argument(description="By which it was elected")] = None,
        completes: Annotated[
            strawberry.ID | None, strawberry.argument(description="A term left early, whose rest it is to serve")
        ] = None,
        rule_set: Annotated[
            str | None, strawberry.argument(description="Of the version in force that day where none is named")
        ] = None,
    ) -> EligibilityReport:
        async with info.context.reader() as reader:
            ((_, found),) = await resolve.eligibility(
                reader,
                portfolio=portfolio,
                state=state,
                starts_on=day_of(info, starts_on),
                ends_on=ends_on,
                elected_at=elected_at,
                decision=None if decision is None else key_of("Decision", decision),
                completes=None if completes is None else term_key(completes),
                rule_set=rule_set,
            )
        return await complete(info, EligibilityReport.of(found))

    @strawberry.field(description="Every State Party on the day a term would begin, with what every rule says of it")
    async def eligible_states(
        self,
        info: strawberry.Info[Any, Any],
        portfolio: str,
        starts_on: datetime.date,
        ends_on: datetime.date | None = None,
        elected_at: str | None = None,
        completes: strawberry.ID | None = None,
        rule_set: str | None = None,
    ) -> list[StateEligibility]:
        async with info.context.reader() as reader:
            found = await resolve.eligibility(
                reader,
                portfolio=portfolio,
                state=None,
                starts_on=day_of(info, starts_on),
                ends_on=ends_on,
                elected_at=elected_at,
                completes=None if completes is None else term_key(completes),
                rule_set=rule_set,
            )
        answer = [StateEligibility(code=code, report=EligibilityReport.of(each)) for code, each in found]
        return await complete(info, answer)
