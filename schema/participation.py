"""Who is invited to meetings, and who takes part in them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from mandate.actor import Visibility
from mandate.meeting import InviteCategory, ParticipantClass
from mandate.participation import CredentialsStatus, ListBasis, ParticipationRole, ParticipationStatus, status_of
from resolvers import error
from resolvers import participation as resolve
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import Party, party_key
from schema.person import Person
from schema.problem import Conflict, FailedRow, Forbidden, Invalid, NotFound, Refusal, failed_rows
from schema.reading import Connection, Node, column, complete, derived, names_rows, node, one, over, ref
from schema.rule import RuleEvaluation, evaluations, said
from schema.success import Success

if TYPE_CHECKING:
    from schema.meeting import Meeting

LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]


@over(db.Invitation, description="A category that is invited to a meeting")
class Invitation:
    category: InviteCategory = column(db.Invitation.category)
    invited_on: datetime.date = column(db.Invitation.invited_on, description="The day on which it was recorded")


@strawberry.type(description="How the credentials of somebody stand")
class Credentials:
    status: CredentialsStatus
    submitted_on: datetime.date | None
    judged_on: datetime.date | None
    remarks: str | None = strawberry.field(description="Why they are defective, or what else there is to say")


def credentials_of(
    status: CredentialsStatus, submitted_on: datetime.date | None, judged_on: datetime.date | None, remarks: str | None
) -> Credentials:
    return Credentials(status=status, submitted_on=submitted_on, judged_on=judged_on, remarks=remarks)


@node(
    db.Participation,
    description="Somebody of a party, nominated or registered for a meeting; seen by that party and the ISU",
)
class Participation(Node):
    meeting: LazyMeeting | None = one(db.Participation.meeting_code)
    party: Party = one(db.Participation.party_id)
    person: Person | None = one(db.Participation.person_id)
    role: ParticipationRole = column(db.Participation.role)
    invite_category: InviteCategory | None = column(
        db.Participation.category,
        description="Of the party, on the day on which the meeting opens; null where it is in none of them",
    )
    status: ParticipationStatus = derived(status_of, uses=[db.Participation.status, db.Participation.attended])
    credentials: Credentials = derived(
        credentials_of,
        uses=[
            db.Participation.credentials,
            db.Participation.credentials_submitted_on,
            db.Participation.credentials_judged_on,
            db.Participation.credentials_remarks,
        ],
    )
    registered_on: datetime.date = column(db.Participation.registered_on, description="Or, until then, nominated")
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


@strawberry.input(description="Somebody of a delegation")
class NomineeInput:
    person: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    full_name: str | None = strawberry.field(
        default=None, description="Of somebody who is not on record yet; seen by the party and the ISU"
    )
    role: ParticipationRole

    def nominee(self, party: str | None) -> resolve.Nominee:
        """Without a party, one that is of none: what stands against the row goes with it."""
        person, unfit = None, None
        try:
            person = None if self.person is None else key_of("Person", self.person, "person")
        except error.Invalid as problem:
            unfit = problem
        return resolve.Nominee(party=party or "", person=person, full_name=self.full_name, role=self.role, unfit=unfit)


@strawberry.input(description="Somebody of a State, an organisation or the ISU, among many")
class RegistrationInput(NomineeInput):
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation")

    def registered(self) -> resolve.Nominee:
        try:
            return self.nominee(party_key(self.party, "party"))
        except error.Invalid as problem:
            return replace(self.nominee(None), unfit=problem)


_MANY = f"At most {resolve.MOST_AT_ONCE}"
_ALL_OR_NOTHING = "Keep none of them where one can not be kept"


@strawberry.input(description="A State or an organisation sends its people to a meeting")
class NominateDelegationInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation")
    people: list[NomineeInput] = strawberry.field(description=_MANY)
    all_or_nothing: bool = strawberry.field(default=False, description=_ALL_OR_NOTHING)


@strawberry.input(description="People of many parties take part in a meeting")
class RegisterParticipantsInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    people: list[RegistrationInput] = strawberry.field(description=_MANY)
    all_or_nothing: bool = strawberry.field(default=False, description=_ALL_OR_NOTHING)


@strawberry.input(description="Somebody takes no part after all")
class RevokeParticipationInput:
    participation: strawberry.ID
    expected_version: int


@strawberry.input(description="The credentials of somebody are handed in")
class SubmitCredentialsInput:
    participation: strawberry.ID
    expected_version: int


@strawberry.input(description="The credentials of somebody were looked at")
class VerifyCredentialsInput:
    participation: strawberry.ID
    expected_version: int
    in_order: bool = strawberry.field(description="VERIFIED; else DEFECTIVE")
    remarks: str | None = strawberry.field(
        default=None, description="Needed where they are defective; at most 1000 characters, seen by the party"
    )


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
class ParticipantRegistered(Success):
    key: strawberry.Private[str | None]
    participation: Participation | None = _participation()
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


@names_rows
@strawberry.type(description="The delegation is nominated, but for those who could not be")
class DelegationNominated(Success):
    keys: strawberry.Private[tuple[str, ...]]
    participations: list[Participation] = ref(
        "keys", db.Participation.id, description="In the order given; empty where the act was only validated"
    )
    failed: list[FailedRow]
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


@names_rows
@strawberry.type(description="The participants are registered, but for those who could not be")
class ParticipantsRegistered(Success):
    keys: strawberry.Private[tuple[str, ...]]
    participations: list[Participation] = ref(
        "keys", db.Participation.id, description="In the order given; empty where the act was only validated"
    )
    failed: list[FailedRow]
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said of each party")


@names_rows
@strawberry.type(description="They take no part")
class ParticipationRevoked(Success):
    key: strawberry.Private[str | None]
    participation: Participation | None = _participation()


@names_rows
@strawberry.type(description="The credentials are handed in")
class CredentialsSubmitted(Success):
    key: strawberry.Private[str | None]
    participation: Participation | None = _participation()


@names_rows
@strawberry.type(description="The credentials were looked at; who was nominated and shows them in order is accredited")
class CredentialsJudged(Success):
    key: strawberry.Private[str | None]
    participation: Participation | None = _participation()


@names_rows
@strawberry.type(description="It is on record whether the participant came")
class AttendanceRecorded(Success):
    key: strawberry.Private[str | None]
    participation: Participation | None = _participation()


@names_rows
@strawberry.type(description="The categories are invited")
class MeetingInvitationsRecorded(Success):
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()


@names_rows
@strawberry.type(description="The party is invited: on the days of the meeting it has a seat as INVITED, and no vote")
class CommitteeInvitationRecorded(Success):
    key: strawberry.Private[str | None]
    party_id: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()
    party: Party | None = ref("party_id", db.Party.id, description="Null where the act was only validated")


RegisterParticipantResult = Annotated[
    ParticipantRegistered | Refusal | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("RegisterParticipantResult"),
]
NominateDelegationResult = Annotated[
    DelegationNominated | Refusal | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("NominateDelegationResult"),
]
RegisterParticipantsResult = Annotated[
    ParticipantsRegistered | Refusal | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("RegisterParticipantsResult"),
]
RevokeParticipationResult = Annotated[
    ParticipationRevoked | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RevokeParticipationResult")
]
SubmitCredentialsResult = Annotated[
    CredentialsSubmitted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SubmitCredentialsResult")
]
VerifyCredentialsResult = Annotated[
    CredentialsJudged | Invalid | NotFound | Forbidden | Conflict, strawberry.union("VerifyCredentialsResult")
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
        nominee = resolve.Nominee(
            party=party_key(input.party, "party"),
            person=None if input.person is None else key_of("Person", input.person, "person"),
            full_name=input.full_name,
            role=input.role,
        )
        key, evaluations = await resolve.register(info.context, input.meeting, nominee, validate_only=validate_only)
        return await complete(info, ParticipantRegistered(key=key, rule_evaluations=said(evaluations)))

    @strawberry.mutation(description="Nominate a delegation: a State or an organisation its own people, in one act")
    async def nominate_delegation(
        self, info: strawberry.Info[Any, Any], input: NominateDelegationInput, validate_only: bool = False
    ) -> NominateDelegationResult:
        party = party_key(input.party, "party")
        done = await resolve.nominate(
            info.context,
            input.meeting,
            party,
            [each.nominee(party) for each in input.people],
            all_or_nothing=input.all_or_nothing,
            validate_only=validate_only,
        )
        nominated = DelegationNominated(
            keys=done.keys, failed=failed_rows(done.failed), rule_evaluations=said(done.evaluations)
        )
        return await complete(info, nominated)

    @strawberry.mutation(description="Register people of many parties for a meeting, in one act")
    async def register_participants(
        self, info: strawberry.Info[Any, Any], input: RegisterParticipantsInput, validate_only: bool = False
    ) -> RegisterParticipantsResult:
        done = await resolve.register_many(
            info.context,
            input.meeting,
            [each.registered() for each in input.people],
            all_or_nothing=input.all_or_nothing,
            validate_only=validate_only,
        )
        registered = ParticipantsRegistered(
            keys=done.keys, failed=failed_rows(done.failed), rule_evaluations=said(done.evaluations)
        )
        return await complete(info, registered)

    @strawberry.mutation(description="Take a participation back: a party of its own people, or the ISU of anybody")
    async def revoke_participation(
        self, info: strawberry.Info[Any, Any], input: RevokeParticipationInput, validate_only: bool = False
    ) -> RevokeParticipationResult:
        key = await resolve.revoke(
            info.context,
            key_of("Participation", input.participation, "participation"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, ParticipationRevoked(key=key))

    @strawberry.mutation(description="Hand in the credentials of somebody, for the first time or mended")
    async def submit_credentials(
        self, info: strawberry.Info[Any, Any], input: SubmitCredentialsInput, validate_only: bool = False
    ) -> SubmitCredentialsResult:
        key = await resolve.submit_credentials(
            info.context,
            key_of("Participation", input.participation, "participation"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, CredentialsSubmitted(key=key))

    @strawberry.mutation(description="Find credentials in order, or defective")
    async def verify_credentials(
        self, info: strawberry.Info[Any, Any], input: VerifyCredentialsInput, validate_only: bool = False
    ) -> VerifyCredentialsResult:
        key = await resolve.verify_credentials(
            info.context,
            key_of("Participation", input.participation, "participation"),
            in_order=input.in_order,
            remarks=input.remarks,
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, CredentialsJudged(key=key))

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


# ---------- who was there ----------


@strawberry.type(description="How many of a class: parties, but for DELEGATES, who are people")
class ClassCount:
    participant_class: ParticipantClass
    count: int


@names_rows
@strawberry.type(description="A list of participants as final reports count it; names are for `Meeting.participations`")
class ListOfParticipants:
    key: strawberry.Private[str]
    meeting: LazyMeeting | None = ref("key", db.Meeting.code)
    basis: ListBasis | None = strawberry.field(
        description="By what it is counted; null where nothing is known, or the meeting has not opened yet"
    )
    counts: list[ClassCount]


@strawberry.type
class ParticipationQuery:
    @strawberry.field(
        description="How many took part in a meeting, by class, States as they stood on the day it opened; null where "
        "there is no such meeting. Until it has opened, for the ISU alone"
    )
    async def list_of_participants(self, info: strawberry.Info[Any, Any], meeting: str) -> ListOfParticipants | None:
        async with info.context.reader() as reader:
            found = await resolve.list_of(reader, info.context.actor, info.context.today, meeting)
        if found is None:
            return None
        counts = [ClassCount(participant_class=each, count=count) for each, count in found.counts.items()]
        return await complete(info, ListOfParticipants(key=found.meeting, basis=found.basis, counts=counts))
