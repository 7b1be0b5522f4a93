"""Meetings, formal and informal, and the acts by which they are put in the calendar, moved, opened and closed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import and_
from sqlmodel import col

import db
from db.dialect import among
from mandate.actor import Act, Visibility
from mandate.day import PartialDate
from mandate.meeting import Formality, InviteCategory, MeetingStatus, ParticipantClass
from mandate.participation import asked_for
from resolvers import meeting as resolve
from resolvers.reading.declaration import within_the_calendar
from schema.agenda import PROGRAMME, AgendaAdoption, AgendaItem, Programme, adoption_of, programme_of
from schema.change import HistoryEntry, history
from schema.code import Code
from schema.document import IN_ORDER as DOCUMENTS_IN_ORDER
from schema.document import Document, DocumentWhere
from schema.observer import STANDING, MeetingObserver, observers_of
from schema.order import DateFilter, OrderDirection, dates
from schema.participation import Invitation, Participation
from schema.person import Person
from schema.problem import Conflict, Forbidden, Invalid, NotFound, Refusal
from schema.provenance import Provenance, provenance
from schema.reading import (
    Argument,
    Connection,
    Node,
    column,
    complete,
    condition,
    connection,
    derived,
    many,
    names_rows,
    node,
    one,
    over,
    ref,
    rows,
    where_input,
)
from schema.rule import (
    EligibilityReport,
    RuleEvaluation,
    RuleWaiver,
    RuleWaiverInput,
    evaluations,
    given,
    said,
    waivers,
)
from schema.scalar import URL, CountryCode
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, line, text, wording

if TYPE_CHECKING:
    from schema.decision import Decision
    from schema.extension import ExtensionRequest
    from schema.record import MeetingRecord
    from schema.state import State
    from schema.statement import Statement


LazyState = Annotated["State", strawberry.lazy("schema.state")]
LazyDecision = Annotated["Decision", strawberry.lazy("schema.decision")]
LazyMeetingRecord = Annotated["MeetingRecord", strawberry.lazy("schema.record")]
LazyStatement = Annotated["Statement", strawberry.lazy("schema.statement")]
LazyExtensionRequest = Annotated["ExtensionRequest", strawberry.lazy("schema.extension")]


@over(db.Attendance, description="How many of a class attended, where a report says so")
class AttendanceCount:
    participant_class: ParticipantClass = column(db.Attendance.participant_class)
    count: int = column(db.Attendance.count)


def length_in_days(starts_on: PartialDate | None, ends_on: PartialDate | None) -> int | None:
    """Both ends counted; null where one of them is not known to the day."""
    if starts_on is None or ends_on is None or starts_on.exact is None or ends_on.exact is None:
        return None
    return (ends_on.exact - starts_on.exact).days + 1


def missing_categories(kind: str, invitations: Sequence[Any]) -> list[InviteCategory]:
    invited = {row.category for row in invitations}
    return [category for category in asked_for(kind) if category not in invited]


def was_postponed(first_planned_on: PartialDate | None) -> bool:
    return first_planned_on is not None


@node(db.Meeting, description="A meeting under the Convention, formal or informal")
class Meeting(Node):
    code: str = column(db.Meeting.code)
    title: LocalizedText = text(db.Meeting.title)
    kind: Code = one(db.Meeting.kind_code)
    formality: Formality = column(db.Meeting.formality)
    status: MeetingStatus = column(db.Meeting.status)
    starts_on: PartialDate | None = column(
        db.Meeting.starts_on, description="Of a meeting that is POSTPONED to no other days yet, for when it was called"
    )
    ends_on: PartialDate | None = column(db.Meeting.ends_on)
    days: int | None = derived(length_in_days, uses=[db.Meeting.starts_on, db.Meeting.ends_on])
    first_planned_on: PartialDate | None = column(
        db.Meeting.first_planned_on, description="The day for which it was first called, where it was moved"
    )
    was_postponed: bool = derived(was_postponed, uses=[db.Meeting.first_planned_on])
    city: str | None = column(db.Meeting.city)
    country: CountryCode | None = column(db.Meeting.country_code)
    venue: str | None = column(db.Meeting.venue)
    time_zone: str | None = column(db.Meeting.time_zone, description="As IANA names it, such as Europe/Zurich")
    half_days: int | None = column(
        db.Meeting.half_days, description="Its length, where it is shorter than the days that it touches"
    )
    is_virtual: bool = column(db.Meeting.is_virtual, description="Held online alone")
    is_hybrid: bool = column(db.Meeting.is_hybrid, description="Held in its place and online")
    part_of: Meeting | None = one(db.Meeting.part_of_code)
    parts: list[Meeting] = many(db.Meeting.part_of_code, order_by=[db.Meeting.starts_on])
    presidency: LazyState | None = one(db.Meeting.presidency_code)
    president: Person | None = one(db.Meeting.president_id)
    attendance: list[AttendanceCount] = many(db.Attendance.meeting_code)
    symbol_prefixes: list[str] = column(db.Meeting.symbol_prefixes)
    documents: Connection[Document] = connection(
        db.Document.meeting_code, where=DocumentWhere, order_by=DOCUMENTS_IN_ORDER, description="That were made for it"
    )
    shared_documents: Connection[Document] = connection(
        db.DocumentMeeting.meeting_code,
        where=DocumentWhere,
        order_by=DOCUMENTS_IN_ORDER,
        description="That were made for another meeting, and serve this one as well",
    )
    extension_requests: list[LazyExtensionRequest] = many(
        db.ExtensionRequest.considered_at_code,
        order_by=[db.ExtensionRequest.code],
        description="That it was asked to decide",
    )
    decisions: list[LazyDecision] = many(
        db.Decision.meeting_code, order_by=[db.Decision.adopted_on, db.Decision.number]
    )
    working_methods: LocalizedText | None = text(db.Meeting.working_methods, description="Of an intersessional meeting")
    working_methods_set_on: datetime.date | None = column(db.Meeting.working_methods_set_on)
    agenda: list[AgendaItem] = many(
        db.AgendaItem.meeting_code,
        only=col(db.AgendaItem.parent_id).is_(None),
        order_by=[db.AgendaItem.number_order],
        description="The items that stand under no other",
    )
    agenda_adoption: AgendaAdoption | None = derived(
        adoption_of, uses=[rows(db.AgendaAdoption.meeting_code)], description="Null until it is adopted"
    )
    programme: Programme | None = derived(
        programme_of,
        uses=PROGRAMME,
        arguments=[
            Argument(
                "as_of",
                datetime.date,
                description="Whoever is in office on this day is awaited; today, where none is named. "
                "Once the meeting has opened, whoever was on that day",
            )
        ],
        description="Of an intersessional meeting (Prop. 2(4)); null for others",
    )
    invitations: list[Invitation] = many(
        db.Invitation.meeting_code, order_by=[db.Invitation.category], description="The categories that are invited"
    )
    missing_categories: list[InviteCategory] = derived(
        missing_categories,
        uses=[db.Meeting.kind_code, rows(db.Invitation.meeting_code)],
        description="That are not invited, of those who are to be: the four of Prop. 1(1) to an intersessional "
        "meeting, States Parties to a formal one",
    )
    observers: list[MeetingObserver] = derived(
        observers_of,
        uses=[db.Meeting.kind_code, db.Meeting.status, rows(db.MeetingObserver.meeting_code), STANDING],
        description="Organisations that may attend a formal meeting, or asked to, as far as the caller may know",
    )
    participations: Connection[Participation] = connection(
        db.Participation.meeting_code, description="Who is nominated or registered, as far as the caller may know"
    )
    records: list[LazyMeetingRecord] = many(
        db.MeetingRecord.meeting_code, order_by=[db.MeetingRecord.kind], description="A full one, and a public summary"
    )
    statements: Connection[LazyStatement] = connection(
        db.Statement.meeting_code, default_order=[db.Statement.submitted_on, db.Statement.id]
    )
    evaluations: list[RuleEvaluation] = evaluations(db.Meeting, db.Meeting.code)
    waivers: list[RuleWaiver] = waivers(db.Meeting, db.Meeting.code)
    note: str | None = column(db.Meeting.note)
    visibility: Visibility = column(db.Meeting.visibility)
    provenance: list[Provenance] = provenance("Meeting", db.Meeting.code)
    version: int = column(db.Meeting.version)
    history: Connection[HistoryEntry] = history(db.Meeting, db.Meeting.code)


@where_input
class MeetingWhere:
    code: list[str] | None = condition(lambda codes, _: among(col(db.Meeting.code), codes))
    kind: list[str] | None = condition(lambda kinds, _: among(col(db.Meeting.kind_code), kinds))
    status: list[MeetingStatus] | None = condition(lambda wanted, _: col(db.Meeting.status).in_(sorted(set(wanted))))
    formality: Formality | None = condition(lambda wanted, _: col(db.Meeting.formality) == wanted)
    starts_on: DateFilter | None = condition(dates(db.Meeting.starts_on))
    was_postponed: bool | None = condition(
        lambda wanted, _: col(db.Meeting.first_planned_on).is_not(None) == wanted,
        description="Moved from the day for which it was first called, whatever its status now",
    )
    country: list[CountryCode] | None = condition(lambda codes, _: among(col(db.Meeting.country_code), codes))


@strawberry.enum(description="What a list of meetings can be sorted by")
class MeetingOrderField(Enum):
    STARTS_ON = "STARTS_ON"
    CODE = "CODE"


@strawberry.input(description="One column to sort by; the first decides first")
class MeetingOrder:
    field: MeetingOrderField
    direction: OrderDirection = OrderDirection.ASC


IN_ORDER = (MeetingOrder, {"STARTS_ON": db.Meeting.starts_on, "CODE": db.Meeting.code})


# ---------- meetings under other treaties ----------


@node(db.ExternalMeeting, description="A meeting under another treaty, beside which one of ours may be held")
class ExternalMeeting(Node):
    treaty: str = column(db.ExternalMeeting.treaty, description="Such as APMBC or CCW")
    title: str = column(db.ExternalMeeting.title)
    starts_on: datetime.date = column(db.ExternalMeeting.starts_on)
    ends_on: datetime.date = column(db.ExternalMeeting.ends_on)
    city: str = column(db.ExternalMeeting.city)
    url: URL | None = column(db.ExternalMeeting.url)
    version: int = column(db.ExternalMeeting.version)


@names_rows
@strawberry.type(description="Days in Geneva for an intersessional meeting, that no rule stands against")
class MeetingSlot:
    starts_on: datetime.date
    ends_on: datetime.date
    adjoins: str = strawberry.field(description="The meeting of a related treaty that it follows or precedes")
    evaluations: list[RuleEvaluation]


# ---------- the acts ----------


@strawberry.input(description="A meeting that is to be in the calendar")
class ScheduleMeetingInput:
    code: str = strawberry.field(description="Such as 2MSP, 1RC, IM-2012; at most 32 characters")
    kind: str = strawberry.field(description="One of the codes of meetingKinds")
    formality: Formality
    title: list[LocalizedTextInput]
    starts_on: datetime.date
    ends_on: datetime.date
    city: str | None = None
    country: CountryCode | None = None
    venue: str | None = strawberry.field(default=None, description="At most 200 characters")
    is_virtual: bool = strawberry.field(default=False, description="Held online alone")
    is_hybrid: bool = strawberry.field(default=False, description="Held in its place and online")
    time_zone: str | None = strawberry.field(default=None, description="As IANA names it, such as Europe/Zurich")
    half_days: int | None = strawberry.field(
        default=None, description="The length, where it is shorter than the days that it touches"
    )
    part_of: str | None = strawberry.field(default=None, description="The code of the meeting of which it is a part")
    status: MeetingStatus = strawberry.field(
        default=MeetingStatus.CONFIRMED, description="CONFIRMED, or TENTATIVE while it is not decided"
    )
    visibility: Visibility = Visibility.PUBLIC
    waivers: list[RuleWaiverInput] | None = None

    def given(self) -> resolve.Given:
        return resolve.Given(
            code=self.code,
            kind=self.kind,
            formality=self.formality,
            title=line("title", self.title),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            city=self.city,
            country=self.country,
            venue=self.venue,
            is_virtual=self.is_virtual,
            is_hybrid=self.is_hybrid,
            time_zone=self.time_zone,
            half_days=self.half_days,
            part_of=self.part_of,
            status=self.status,
            visibility=self.visibility,
        )


@strawberry.input(description="A meeting is held on other days, or in another place")
class RescheduleMeetingInput:
    meeting: str = strawberry.field(description="Its code")
    expected_version: int
    starts_on: datetime.date
    ends_on: datetime.date
    city: str | None = strawberry.field(default=None, description="As it was, where none is given")
    country: CountryCode | None = None
    venue: str | None = None
    time_zone: str | None = strawberry.field(default=None, description="As IANA names it, such as Europe/Zurich")
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="A meeting that was tentative or postponed is to be held")
class ConfirmMeetingInput:
    meeting: str = strawberry.field(description="Its code")
    expected_version: int
    starts_on: datetime.date | None = strawberry.field(default=None, description="As it was, where none is given")
    ends_on: datetime.date | None = None
    city: str | None = None
    country: CountryCode | None = None
    venue: str | None = None
    time_zone: str | None = strawberry.field(default=None, description="As IANA names it, such as Europe/Zurich")
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="A meeting is not held on its days")
class PostponeMeetingInput:
    meeting: str = strawberry.field(description="Its code")
    expected_version: int
    starts_on: datetime.date | None = strawberry.field(
        default=None, description="Of the days to which it is put off; where these are not known yet, neither is given"
    )
    ends_on: datetime.date | None = None
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="A meeting is not held")
class CancelMeetingInput:
    meeting: str = strawberry.field(description="Its code")
    expected_version: int


@strawberry.input(description="A meeting opens")
class OpenMeetingInput:
    meeting: str = strawberry.field(description="Its code")
    expected_version: int
    on: datetime.date | None = strawberry.field(default=None, description="The day planned, where none is given")
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="A meeting closes")
class CloseMeetingInput:
    meeting: str = strawberry.field(description="Its code")
    expected_version: int
    on: datetime.date | None = strawberry.field(default=None, description="The day planned, where none is given")
    waivers: list[RuleWaiverInput] | None = None


@strawberry.input(description="How an intersessional meeting is to work (Prop. 1(2))")
class SetWorkingMethodsInput:
    meeting: str = strawberry.field(description="Its code")
    expected_version: int
    text: list[LocalizedTextInput]


@strawberry.input(description="A meeting under another treaty")
class RecordNeighbourMeetingInput:
    treaty: str = strawberry.field(description="Such as APMBC or CCW")
    title: str
    starts_on: datetime.date
    ends_on: datetime.date
    city: str
    url: URL | None = None


def _meeting() -> Any:
    return ref("key", db.Meeting.code, description="Null where the act was only validated")


def _said() -> Any:
    return strawberry.field(description="What every rule said, the warnings too")


@names_rows
@strawberry.type(description="The meeting is in the calendar")
class MeetingScheduled(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The meeting is moved; terms that begin or end with it go with it")
class MeetingRescheduled(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The meeting is to be held")
class MeetingConfirmed(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The meeting is put off; with its new days, terms that begin or end with it go too")
class MeetingPostponed(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The meeting is not held")
class MeetingCancelled(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()


@names_rows
@strawberry.type(description="The meeting is open")
class MeetingOpened(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The meeting is closed; terms that begin or end with its close do so on that day")
class MeetingClosed(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()
    rule_evaluations: list[RuleEvaluation] = _said()


@names_rows
@strawberry.type(description="The meeting has its working methods")
class WorkingMethodsSet(Success):
    key: strawberry.Private[str | None]
    meeting: Meeting | None = _meeting()


@names_rows
@strawberry.type(description="The meeting under another treaty is on record")
class NeighbourMeetingRecorded(Success):
    key: strawberry.Private[str | None]
    meeting: ExternalMeeting | None = ref(
        "key", db.ExternalMeeting.id, description="Null where the act was only validated"
    )


ScheduleMeetingResult = Annotated[
    MeetingScheduled | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ScheduleMeetingResult")
]
RescheduleMeetingResult = Annotated[
    MeetingRescheduled | Refusal | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("RescheduleMeetingResult"),
]
ConfirmMeetingResult = Annotated[
    MeetingConfirmed | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ConfirmMeetingResult")
]
PostponeMeetingResult = Annotated[
    MeetingPostponed | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("PostponeMeetingResult")
]
CancelMeetingResult = Annotated[
    MeetingCancelled | Invalid | NotFound | Forbidden | Conflict, strawberry.union("CancelMeetingResult")
]
OpenMeetingResult = Annotated[
    MeetingOpened | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("OpenMeetingResult")
]
CloseMeetingResult = Annotated[
    MeetingClosed | Refusal | Invalid | NotFound | Forbidden | Conflict, strawberry.union("CloseMeetingResult")
]
SetWorkingMethodsResult = Annotated[
    WorkingMethodsSet | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SetWorkingMethodsResult")
]
RecordNeighbourMeetingResult = Annotated[
    NeighbourMeetingRecorded | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("RecordNeighbourMeetingResult"),
]


@strawberry.type
class MeetingMutation:
    @strawberry.mutation(description="Put a meeting in the calendar")
    async def schedule_meeting(
        self, info: strawberry.Info[Any, Any], input: ScheduleMeetingInput, validate_only: bool = False
    ) -> ScheduleMeetingResult:
        key, evaluations = await resolve.schedule(
            info.context, input.given(), waivers=given(input.waivers), validate_only=validate_only
        )
        return await complete(info, MeetingScheduled(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Move a meeting to other days, or to another place")
    async def reschedule_meeting(
        self, info: strawberry.Info[Any, Any], input: RescheduleMeetingInput, validate_only: bool = False
    ) -> RescheduleMeetingResult:
        key, evaluations = await resolve.move(
            info.context,
            input.meeting,
            resolve.Move(
                act=Act.RESCHEDULE_MEETING,
                starts_on=input.starts_on,
                ends_on=input.ends_on,
                city=input.city,
                country=input.country,
                venue=input.venue,
                time_zone=input.time_zone,
            ),
            expected_version=input.expected_version,
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, MeetingRescheduled(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Say that a meeting, tentative or postponed until now, is to be held")
    async def confirm_meeting(
        self, info: strawberry.Info[Any, Any], input: ConfirmMeetingInput, validate_only: bool = False
    ) -> ConfirmMeetingResult:
        key, evaluations = await resolve.move(
            info.context,
            input.meeting,
            resolve.Move(
                act=Act.CONFIRM_MEETING,
                status=MeetingStatus.CONFIRMED,
                starts_on=input.starts_on,
                ends_on=input.ends_on,
                city=input.city,
                country=input.country,
                venue=input.venue,
                time_zone=input.time_zone,
            ),
            expected_version=input.expected_version,
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, MeetingConfirmed(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Put a meeting off, to other days or to none yet")
    async def postpone_meeting(
        self, info: strawberry.Info[Any, Any], input: PostponeMeetingInput, validate_only: bool = False
    ) -> PostponeMeetingResult:
        key, evaluations = await resolve.move(
            info.context,
            input.meeting,
            resolve.Move(
                act=Act.POSTPONE_MEETING,
                status=MeetingStatus.POSTPONED,
                starts_on=input.starts_on,
                ends_on=input.ends_on,
            ),
            expected_version=input.expected_version,
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, MeetingPostponed(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Call a meeting off")
    async def cancel_meeting(
        self, info: strawberry.Info[Any, Any], input: CancelMeetingInput, validate_only: bool = False
    ) -> CancelMeetingResult:
        key = await resolve.cancel(
            info.context, input.meeting, expected_version=input.expected_version, validate_only=validate_only
        )
        return await complete(info, MeetingCancelled(key=key))

    @strawberry.mutation(description="Open a meeting")
    async def open_meeting(
        self, info: strawberry.Info[Any, Any], input: OpenMeetingInput, validate_only: bool = False
    ) -> OpenMeetingResult:
        key, evaluations = await resolve.move(
            info.context,
            input.meeting,
            resolve.Move(act=Act.OPEN_MEETING, status=MeetingStatus.IN_PROGRESS, starts_on=input.on),
            expected_version=input.expected_version,
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, MeetingOpened(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Close a meeting")
    async def close_meeting(
        self, info: strawberry.Info[Any, Any], input: CloseMeetingInput, validate_only: bool = False
    ) -> CloseMeetingResult:
        key, evaluations = await resolve.move(
            info.context,
            input.meeting,
            resolve.Move(act=Act.CLOSE_MEETING, status=MeetingStatus.CLOSED, ends_on=input.on),
            expected_version=input.expected_version,
            waivers=given(input.waivers),
            validate_only=validate_only,
        )
        return await complete(info, MeetingClosed(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record the working methods that an intersessional meeting has set")
    async def set_working_methods(
        self, info: strawberry.Info[Any, Any], input: SetWorkingMethodsInput, validate_only: bool = False
    ) -> SetWorkingMethodsResult:
        key = await resolve.set_working_methods(
            info.context,
            input.meeting,
            wording("text", input.text),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, WorkingMethodsSet(key=key))

    @strawberry.mutation(description="Record a meeting under another treaty, beside which one of ours may be held")
    async def record_neighbour_meeting(
        self, info: strawberry.Info[Any, Any], input: RecordNeighbourMeetingInput, validate_only: bool = False
    ) -> RecordNeighbourMeetingResult:
        key = await resolve.record_neighbour(
            info.context,
            treaty=input.treaty,
            title=input.title,
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            city=input.city,
            url=input.url,
            validate_only=validate_only,
        )
        return await complete(info, NeighbourMeetingRecorded(key=key))


# ---------- asking first ----------


def _of_year(year: int, _: Any) -> Any:
    within_the_calendar(year)
    first, last = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    return and_(col(db.ExternalMeeting.starts_on) <= last, col(db.ExternalMeeting.ends_on) >= first)


@strawberry.type
class MeetingQuery:
    external_meetings: list[ExternalMeeting] = many(
        order_by=[db.ExternalMeeting.starts_on, db.ExternalMeeting.title],
        arguments=[Argument("year", int, _of_year)],
        description="Meetings under other treaties that are on record",
    )

    @strawberry.field(description="What every rule says of a meeting that is planned; judged as scheduleMeeting is")
    async def meeting_feasibility(
        self, info: strawberry.Info[Any, Any], input: ScheduleMeetingInput, rule_set: str | None = None
    ) -> EligibilityReport:
        async with info.context.reader() as reader:
            found = await resolve.feasibility(reader, input.given(), rule_set)
        return await complete(info, EligibilityReport.of(found))

    @strawberry.field(
        description="Days in Geneva in the first half of a year, beside a meeting of a related treaty that is on "
        "record, and free of all other meetings"
    )
    async def intersessional_slots(
        self, info: strawberry.Info[Any, Any], year: int, rule_set: str | None = None
    ) -> list[MeetingSlot]:
        async with info.context.reader() as reader:
            found = await resolve.intersessional_slots(reader, year, rule_set)
        slots = [
            MeetingSlot(
                starts_on=each.starts_on,
                ends_on=each.ends_on,
                adjoins=each.adjoins.title,
                evaluations=said(each.evaluations),
            )
            for each in found
        ]
        return await complete(info, slots)
