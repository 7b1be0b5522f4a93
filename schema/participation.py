"""Who is invited to meetings, and who takes part in them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from mandate.actor import Visibility
from mandate.meeting import InviteCategory
from mandate.participation import ParticipationRole
from resolvers import participation as resolve
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import Party, party_key
from schema.person import Person
from schema.problem import Conflict, Forbidden, Invalid, NotFound, Refusal
from schema.reading import Connection, Node, column, complete, names_rows, node, one, over, ref
from schema.rule import RuleEvaluation, evaluations, said

if TYPE_CHECKING:
    from schema.meeting import Meeting

LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


@over(db.Invitation, description="A category that is invited to a meeting")
class Invitation:
    category: InviteCategory = column(db.Invitation.category)
    invited_on: datetime.date = column(db.Invitation.invited_on, description="The day on which it was recorded")


@node(db.Participation, description="Somebody of a party, registered for a meeting; seen by that party and the ISU")
class Participation(Node):
    meeting: LazyMeeting | None = one(db.Participation.meeting_code)
    party: Party = one(db.Participation.party_id)
    person: Person | None = one(db.Participation.person_id)
    role: ParticipationRole = column(db.Participation.role)
    invite_category: InviteCategory | None = column(
        db.Participation.category,
        description="Of the party, on the day on which the meeting opens; null where it is in none of them",
    )
    registered_on: datetime.date = column(db.Participation.registered_on)
    attended: bool | None = column(db.Participation.attended, description="Null where nobody has recorded it")
    evaluations: list[RuleEvaluation] = evaluations(db.Participation, db.Participation.id)
    visibility: Visibility = column(db.Participation.visibility)
    version: int = column(db.Participation.version)
    history: Connection[HistoryEntry] = history(db.Participation, db.Participation.id)


# ---------- the acts ----------


@strawberry.input(description="Somebody of a State, an organisation or the ISU takes part in a meeting")
class RegisterParticipantInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation")
    person: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    full_name: str | None = strawberry.field(
        default=None, description="Of somebody who is not on record yet; seen by the party and the ISU"
    )
    role: ParticipationRole


@strawberry.input(description="Whether somebody who was registered came")
class RecordAttendanceInput:
    participation: strawberry.ID
    expected_version: int
    attended: bool


@strawberry.input(description="Categories that are invited, beside those that are already")
class InviteToMeetingInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    categories: list[InviteCategory]


@strawberry.input(description="The Coordination Committee asks a party to assist it at a meeting (Prop. 3(1))")
class InviteToCommitteeMeetingInput:
    meeting: str = strawberry.field(description="The code of the meeting of the Committee")
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation")


def _participation() -> Any:
    return ref("key", db.Participation.id, description="Null where the act was only validated")


def _meeting() -> Any:
    return ref("key", db.Meeting.code, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The participant is registered; from now on the party sees what is for participants")
class ParticipantRegistered:
    key: strawberry.Private[str | None]
    participation: Participation | None = _participation()
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


@names_rows
@strawberry.type(description="It is on record whether the participant came")
class AttendanceRecorded:
    key: strawberry.Private[str | None]
    participation: Participation | None = _participation()


@names_rows
@strawberry.type(description="The categories are invited")
class MeetingInvitationsRecorded:
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()


@names_rows
@strawberry.type(description="The party is invited: on the days of the meeting it has a seat as INVITED, and no vote")
class CommitteeInvitationRecorded:
    key: strawberry.Private[str | None]
    party_id: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()
    party: Party | None = ref("party_id", db.Party.id, description="Null where the act was only validated")


RegisterParticipantResult = Annotated[
    ParticipantRegistered | Refusal | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("RegisterParticipantResult"),
]
RecordAttendanceResult = Annotated[
    AttendanceRecorded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RecordAttendanceResult")
]
InviteToMeetingResult = Annotated[
    MeetingInvitationsRecorded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("InviteToMeetingResult")
]
InviteToCommitteeMeetingResult = Annotated[
    CommitteeInvitationRecorded | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("InviteToCommitteeMeetingResult"),
]


@strawberry.type
class ParticipationMutation:
    @strawberry.mutation(description="Register somebody for a meeting: a party its own people, or the ISU anybody")
    async def register_participant(
        self, info: strawberry.Info[Any, Any], input: RegisterParticipantInput, validate_only: bool = False
    ) -> RegisterParticipantResult:
        key, evaluations = await resolve.register(
            info.context,
            meeting=input.meeting,
            party=party_key(input.party, "party"),
            person=None if input.person is None else key_of("Person", input.person, "person"),
            full_name=input.full_name,
            role=input.role,
            validate_only=validate_only,
        )
        return await complete(info, ParticipantRegistered(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Record whether somebody who was registered came")
    async def record_attendance(
        self, info: strawberry.Info[Any, Any], input: RecordAttendanceInput, validate_only: bool = False
    ) -> RecordAttendanceResult:
        key = await resolve.record_attendance(
            info.context,
            participation=key_of("Participation", input.participation, "participation"),
            attended=input.attended,
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, AttendanceRecorded(key=key))

    @strawberry.mutation(description="Record which categories are invited to a meeting")
    async def invite_to_meeting(
        self, info: strawberry.Info[Any, Any], input: InviteToMeetingInput, validate_only: bool = False
    ) -> InviteToMeetingResult:
        key = await resolve.invite(
            info.context, meeting=input.meeting, categories=input.categories, validate_only=validate_only
        )
        return await complete(info, MeetingInvitationsRecorded(key=key))

    @strawberry.mutation(description="Record that the Coordination Committee asks a party to assist it at a meeting")
    async def invite_to_committee_meeting(
        self, info: strawberry.Info[Any, Any], input: InviteToCommitteeMeetingInput, validate_only: bool = False
    ) -> InviteToCommitteeMeetingResult:
        key, party = await resolve.invite_to_committee(
            info.context, meeting=input.meeting, party=party_key(input.party, "party"), validate_only=validate_only
        )
        return await complete(info, CommitteeInvitationRecorded(key=key, party_id=party))
