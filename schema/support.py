"""The ISU itself: its Director, who hosts and serves it, what it is instructed to do, and the acts behind these."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import strawberry

import db
from mandate.actor import Visibility
from mandate.support import ArrangementKind
from resolvers import support as resolve
from resolvers.account import party_of
from schema.change import HistoryEntry, history
from schema.decision import Decision
from schema.id import key_of
from schema.meeting import Meeting
from schema.office import OfficeTerm
from schema.organisation import Organisation
from schema.party import Party
from schema.problem import Conflict, Forbidden, Invalid, NotFound, Refusal
from schema.reading import Connection, Node, column, complete, connection, down, names_rows, node, one, ref
from schema.rule import RuleEvaluation, day_of, evaluations, said
from schema.scalar import CountryCode
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text, wording


@node(db.IsuArrangement, description="With an organisation, about the ISU or what stands in for it until it operates")
class IsuArrangement(Node):
    kind: ArrangementKind = column(db.IsuArrangement.kind)
    organisation: Organisation = one(db.IsuArrangement.organisation_code)
    starts_on: datetime.date = column(db.IsuArrangement.starts_on)
    ends_on: datetime.date | None = column(
        db.IsuArrangement.ends_on, description="The first day no longer; null where no end is known"
    )
    with_another_isu: bool = column(
        db.IsuArrangement.with_another_isu, description="Whether the organisation is the ISU of another convention"
    )
    decision: Decision | None = one(db.IsuArrangement.decision_id)
    evaluations: list[RuleEvaluation] = evaluations(db.IsuArrangement, db.IsuArrangement.id)
    version: int = column(db.IsuArrangement.version)
    history: Connection[HistoryEntry] = history(db.IsuArrangement, db.IsuArrangement.id)


@node(db.Instruction, description="An instruction to the ISU, and what it rests on (para. 17(a))")
class Instruction(Node):
    text: LocalizedText = text(db.Instruction.text)
    party: Party | None = one(db.Instruction.party_id, description="On whose behalf it was given")
    given_on: datetime.date = column(db.Instruction.given_on)
    decision: Decision | None = one(db.Instruction.decision_id)
    committee_meeting: Meeting | None = one(db.Instruction.committee_meeting_code)
    evaluations: list[RuleEvaluation] = evaluations(db.Instruction, db.Instruction.id)
    visibility: Visibility = column(db.Instruction.visibility)
    version: int = column(db.Instruction.version)
    history: Connection[HistoryEntry] = history(db.Instruction, db.Instruction.id)


@node(db.AdviceRequest, description="Advice that a State Party asks of the ISU (Prop. 4(4)(c)): for the two alone")
class AdviceRequest(Node):
    party: Party = one(db.AdviceRequest.party_id)
    subject: LocalizedText = text(db.AdviceRequest.subject)
    question: LocalizedText = text(db.AdviceRequest.question)
    asked_on: datetime.date = column(db.AdviceRequest.asked_on)
    answer: LocalizedText | None = column(
        db.AdviceRequest.answer, convert=lambda found: None if found is None else LocalizedText.of(found)
    )
    answered_on: datetime.date | None = column(db.AdviceRequest.answered_on)
    visibility: Visibility = column(db.AdviceRequest.visibility)
    version: int = column(db.AdviceRequest.version)
    history: Connection[HistoryEntry] = history(db.AdviceRequest, db.AdviceRequest.id)


@node(db.LiaisonEntry, description="Contact of the ISU with another actor (Prop. 4(4)(g))")
class LiaisonEntry(Node):
    party: Party = one(db.LiaisonEntry.party_id)
    on: datetime.date = column(db.LiaisonEntry.on)
    summary: LocalizedText = text(db.LiaisonEntry.summary)
    visibility: Visibility = column(db.LiaisonEntry.visibility)
    version: int = column(db.LiaisonEntry.version)
    history: Connection[HistoryEntry] = history(db.LiaisonEntry, db.LiaisonEntry.id)


@names_rows
@strawberry.type(description="What there is of the ISU on a day (Prop. 4)")
class IsuSupport:
    as_of: datetime.date
    established_on: datetime.date | None = strawberry.field(
        description="The first day of its first Director or of its first hosting; null where that lies ahead"
    )
    director_id: strawberry.Private[str | None]
    director: OfficeTerm | None = ref("director_id", db.OfficeTerm.id)
    arrangement_ids: strawberry.Private[tuple[str, ...]]
    arrangements: list[IsuArrangement] = ref("arrangement_ids", db.IsuArrangement.id)


# ---------- the acts ----------


@strawberry.input(description="Somebody is appointed to lead the ISU")
class AppointDirectorInput:
    person: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    full_name: str | None = strawberry.field(default=None, description="Of somebody who is not on record yet")
    starts_on: datetime.date
    ends_on: datetime.date | None = strawberry.field(default=None, description="The first day no longer in office")
    decision: strawberry.ID | None = None
    also_serves: str | None = strawberry.field(
        default=None, description="The code of another organisation that the Director serves as well"
    )
    with_another_isu: bool = strawberry.field(
        default=False, description="Whether that organisation is the ISU of another convention"
    )


@strawberry.input(description="An arrangement about the ISU; of one on record, as it then stands")
class ArrangeIsuSupportInput:
    arrangement: strawberry.ID | None = strawberry.field(default=None, description="One on record that is changed")
    expected_version: int | None = strawberry.field(default=None, description="Of that arrangement")
    kind: ArrangementKind
    organisation: str = strawberry.field(description="Its code, such as GICHD")
    starts_on: datetime.date
    ends_on: datetime.date | None = strawberry.field(default=None, description="The first day no longer")
    decision: strawberry.ID | None = None
    with_another_isu: bool = strawberry.field(
        default=False,
        description="Whether the organisation is the ISU of another convention; one that only hosts it is not",
    )


@strawberry.input(description="What the ISU is to do; it cites a decision, or a meeting of the Coordination Committee")
class InstructIsuInput:
    text: list[LocalizedTextInput]
    decision: strawberry.ID | None = None
    committee_meeting: str | None = strawberry.field(default=None, description="The code of the meeting")


@strawberry.input(description="What a State Party asks of the ISU")
class RequestAdviceInput:
    state: CountryCode
    subject: list[LocalizedTextInput]
    question: list[LocalizedTextInput]


@strawberry.input(description="What the ISU answers")
class AnswerAdviceInput:
    request: strawberry.ID
    expected_version: int
    answer: list[LocalizedTextInput]


@strawberry.input(description="A contact with another actor")
class LogLiaisonInput:
    organisation: str = strawberry.field(description="Its code, such as CMC")
    on: datetime.date
    summary: list[LocalizedTextInput]
    visibility: Visibility = strawberry.field(
        default=Visibility.ISU, description="ISU, COMMITTEE, STATES_PARTIES or PUBLIC"
    )


@names_rows
@strawberry.type(description="The request for advice is on record")
class AdviceRequested(Success):
    key: strawberry.Private[str | None]
    request: AdviceRequest | None = ref(
        "key", db.AdviceRequest.id, description="Null where the act was only validated, or the caller may not read it"
    )


@names_rows
@strawberry.type(description="The advice is given")
class AdviceAnswered(Success):
    key: strawberry.Private[str | None]
    request: AdviceRequest | None = ref("key", db.AdviceRequest.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The contact is on record")
class LiaisonLogged(Success):
    key: strawberry.Private[str | None]
    entry: LiaisonEntry | None = ref("key", db.LiaisonEntry.id, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The Director is appointed")
class DirectorAppointed(Success):
    key: strawberry.Private[str | None]
    term: OfficeTerm | None = ref("key", db.OfficeTerm.id, description="Null where the act was only validated")
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


@names_rows
@strawberry.type(description="The arrangement is on record")
class IsuSupportArranged(Success):
    key: strawberry.Private[str | None]
    arrangement: IsuArrangement | None = ref(
        "key", db.IsuArrangement.id, description="Null where the act was only validated"
    )
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said, the warnings too")


@names_rows
@strawberry.type(description="The instruction is on record")
class IsuInstructed(Success):
    key: strawberry.Private[str | None]
    instruction: Instruction | None = ref(
        "key", db.Instruction.id, description="Null where the act was only validated, or the caller may not read it"
    )
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said, the warnings too")


AppointDirectorResult = Annotated[
    DirectorAppointed | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AppointDirectorResult")
]
ArrangeIsuSupportResult = Annotated[
    IsuSupportArranged | Refusal | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("ArrangeIsuSupportResult"),
]
InstructIsuResult = Annotated[
    IsuInstructed | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("InstructIsuResult")
]

RequestAdviceResult = Annotated[
    AdviceRequested | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RequestAdviceResult")
]
AnswerAdviceResult = Annotated[
    AdviceAnswered | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AnswerAdviceResult")
]
LogLiaisonResult = Annotated[
    LiaisonLogged | Invalid | NotFound | Forbidden | Conflict, strawberry.union("LogLiaisonResult")
]


def _decision(id: strawberry.ID | None) -> str | None:
    return None if id is None else key_of("Decision", id, "decision")


@strawberry.type
class SupportMutation:
    @strawberry.mutation(description="Record who is appointed Director of the ISU")
    async def appoint_director(
        self, info: strawberry.Info[Any, Any], input: AppointDirectorInput, validate_only: bool = False
    ) -> AppointDirectorResult:
        key, evaluations = await resolve.appoint(
            info.context,
            person=None if input.person is None else key_of("Person", input.person, "person"),
            full_name=input.full_name,
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            decision=_decision(input.decision),
            also_serves=input.also_serves,
            with_another_isu=input.with_another_isu,
            validate_only=validate_only,
        )
        return await complete(info, DirectorAppointed(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record who hosts or serves the ISU, or stands in for it until it operates")
    async def arrange_isu_support(
        self, info: strawberry.Info[Any, Any], input: ArrangeIsuSupportInput, validate_only: bool = False
    ) -> ArrangeIsuSupportResult:
        key, evaluations = await resolve.arrange(
            info.context,
            resolve.Given(
                kind=input.kind,
                organisation=input.organisation,
                starts_on=input.starts_on,
                ends_on=input.ends_on,
                decision=_decision(input.decision),
                with_another_isu=input.with_another_isu,
            ),
            arrangement=None
            if input.arrangement is None
            else key_of("IsuArrangement", input.arrangement, "arrangement"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, IsuSupportArranged(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Give the ISU an instruction")
    async def instruct_isu(
        self, info: strawberry.Info[Any, Any], input: InstructIsuInput, validate_only: bool = False
    ) -> InstructIsuResult:
        key, evaluations = await resolve.instruct(
            info.context,
            text=wording("text", input.text),
            decision=_decision(input.decision),
            committee_meeting=input.committee_meeting,
            validate_only=validate_only,
        )
        return await complete(info, IsuInstructed(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Ask the ISU for advice: a State Party for itself, or the ISU for any State")
    async def request_advice(
        self, info: strawberry.Info[Any, Any], input: RequestAdviceInput, validate_only: bool = False
    ) -> RequestAdviceResult:
        key = await resolve.request_advice(
            info.context,
            party=party_of("State", input.state),
            subject=line("subject", input.subject),
            question=wording("question", input.question),
            validate_only=validate_only,
        )
        return await complete(info, AdviceRequested(key=key))

    @strawberry.mutation(description="Answer a request for advice")
    async def answer_advice(
        self, info: strawberry.Info[Any, Any], input: AnswerAdviceInput, validate_only: bool = False
    ) -> AnswerAdviceResult:
        key = await resolve.answer_advice(
            info.context,
            request=key_of("AdviceRequest", input.request, "request"),
            expected_version=input.expected_version,
            answer=wording("answer", input.answer),
            validate_only=validate_only,
        )
        return await complete(info, AdviceAnswered(key=key))

    @strawberry.mutation(description="Record a contact with another actor")
    async def log_liaison(
        self, info: strawberry.Info[Any, Any], input: LogLiaisonInput, validate_only: bool = False
    ) -> LogLiaisonResult:
        key = await resolve.log_liaison(
            info.context,
            party=party_of("Organisation", input.organisation),
            on=input.on,
            summary=wording("summary", input.summary),
            visibility=input.visibility,
            validate_only=validate_only,
        )
        return await complete(info, LiaisonLogged(key=key))


@strawberry.type
class SupportQuery:
    advice_requests: Connection[AdviceRequest] = connection(
        default_order=[down(db.AdviceRequest.asked_on), down(db.AdviceRequest.id)],
        description="The latest first: a State Party's own, and all of them for the ISU",
    )
    liaison: Connection[LiaisonEntry] = connection(
        default_order=[down(db.LiaisonEntry.on), down(db.LiaisonEntry.id)],
        description="Contacts of the ISU with other actors, the latest first, as far as they are there for the caller",
    )

    @strawberry.field(
        description="The ISU on a day, today where none is named: its Director, and who hosts and serves it"
    )
    async def isu_support(self, info: strawberry.Info[Any, Any], as_of: datetime.date | None = None) -> IsuSupport:
        day = day_of(info, as_of)
        async with info.context.reader() as reader:
            found = await resolve.support_on(reader, day)
        value = IsuSupport(
            as_of=day,
            established_on=found.established_on,
            director_id=found.director,
            arrangement_ids=found.arrangements,
        )
        return await complete(info, value)
