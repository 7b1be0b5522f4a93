"""Organisations that observe a meeting, or ask to, and the acts by which they are invited and admitted."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlmodel import col

import db
from mandate.actor import Visibility
from mandate.decision import FORMAL_MEETINGS
from mandate.meeting import MeetingStatus
from mandate.observer import STANDING_BY, ObserverStatus, stands, status_at
from resolvers import observer as resolve
from resolvers.account import party_of
from schema.id import key_of
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Argument, complete, names_rows, ref, rows
from schema.success import Success

if TYPE_CHECKING:
    from schema.decision import Decision
    from schema.meeting import Meeting
    from schema.organisation import Organisation

LazyDecision = Annotated["Decision", strawberry.lazy("schema.decision")]
LazyMeeting = Annotated["Meeting", strawberry.lazy("schema.meeting")]
LazyOrganisation = Annotated["Organisation", strawberry.lazy("schema.organisation")]


@names_rows
@strawberry.type(description="An organisation at a formal meeting (rules 1.2 and 1.3 of the rules of procedure)")
class MeetingObserver:
    party_id: strawberry.Private[str]
    decision_id: strawberry.Private[str | None]
    organisation: LazyOrganisation | None = ref("party_id", db.Organisation.party_id)
    status: ObserverStatus
    purpose: str | None = strawberry.field(
        description="For which it asked; for whoever knows of a request that led to no invitation yet"
    )
    requested_on: datetime.date | None = strawberry.field(description="Null of those who stand by rule 1.2")
    invited_on: datetime.date | None
    decided_on: datetime.date | None
    decision: LazyDecision | None = ref("decision_id", db.Decision.id, description="Of the meeting")
    version: int | None = strawberry.field(description="Of the request, for the acts upon it")


STANDING = rows(
    table=db.Organisation,
    only=col(db.Organisation.observer_basis) == STANDING_BY,
    order_by=[db.Organisation.code],
)


def observers_of(
    kind: str, status: MeetingStatus, requests: Sequence[Any], standing: Sequence[Any]
) -> list[MeetingObserver]:
    if kind not in FORMAL_MEETINGS:
        return []
    found = [
        MeetingObserver(
            party_id=row.party_id,
            decision_id=None,
            status=ObserverStatus.STANDING,
            purpose=None,
            requested_on=None,
            invited_on=None,
            decided_on=None,
            version=None,
        )
        for row in standing
    ]
    for row in sorted(requests, key=lambda each: each.party_id):
        among_few = row.visibility is Visibility.CONCERNED
        found.append(
            MeetingObserver(
                party_id=row.party_id,
                decision_id=row.decision_id,
                status=status_at(row.status, status),
                purpose=row.purpose if among_few else None,
                requested_on=row.requested_on,
                invited_on=row.invited_on,
                decided_on=row.decided_on,
                version=row.version,
            )
        )
    return found


AT_MEETING = Argument("meeting", str, description="The code of a formal meeting", required=True)
STATUS_AT = (
    db.Organisation.observer_basis,
    rows(db.MeetingObserver.party_id, on=db.Organisation.party_id),
    rows(table=db.Meeting, only=col(db.Meeting.kind_code).in_(sorted(FORMAL_MEETINGS))),
)
"""What the status of an organisation at a meeting is computed from."""


def status_of(
    observer_basis: str | None, requests: Sequence[Any], meetings: Sequence[Any], *, meeting: str
) -> ObserverStatus | None:
    held = next((row for row in meetings if row.code == meeting), None)
    if held is None:
        return None
    if stands(observer_basis):
        return ObserverStatus.STANDING
    return next((status_at(row.status, held.status) for row in requests if row.meeting_code == meeting), None)


# ---------- the acts ----------


@strawberry.input(description="An organisation asks to observe a formal meeting (rule 1.3)")
class RequestObserverStatusInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    organisation: strawberry.ID
    purpose: str = strawberry.field(description="At most 2000 characters; for the President-designate and the ISU")


@strawberry.input(description="An organisation may come, and the meeting will decide")
class InviteObserverProvisionallyInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    organisation: strawberry.ID
    expected_version: int = strawberry.field(description="Of the request: Meeting.observers tells it")


@strawberry.input(description="The meeting has admitted an organisation")
class ApproveObserverInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    organisation: strawberry.ID
    expected_version: int = strawberry.field(description="Of the request: Meeting.observers tells it")
    decision: strawberry.ID = strawberry.field(description="Of that meeting")


@strawberry.input(description="An organisation is not invited, or not admitted")
class RefuseObserverInput:
    meeting: str = strawberry.field(description="The code of the meeting")
    organisation: strawberry.ID
    expected_version: int = strawberry.field(description="Of the request: Meeting.observers tells it")
    decision: strawberry.ID | None = strawberry.field(
        default=None, description="Of that meeting; needed once the organisation was invited"
    )


def _meeting() -> Any:
    return ref("key", db.Meeting.code, description="Null where the act was only validated")


@names_rows
@strawberry.type(description="The request is with the President-designate and the ISU")
class ObserverStatusRequested(Success):
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()


@names_rows
@strawberry.type(description="The organisation is invited provisionally")
class ObserverInvitedProvisionally(Success):
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()


@names_rows
@strawberry.type(description="The organisation is admitted, and its people are accredited with it")
class ObserverApproved(Success):
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()


@names_rows
@strawberry.type(description="The organisation is refused, and its people take no part")
class ObserverRefused(Success):
    key: strawberry.Private[str | None]
    meeting: LazyMeeting | None = _meeting()


RequestObserverStatusResult = Annotated[
    ObserverStatusRequested | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("RequestObserverStatusResult"),
]
InviteObserverProvisionallyResult = Annotated[
    ObserverInvitedProvisionally | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("InviteObserverProvisionallyResult"),
]
ApproveObserverResult = Annotated[
    ObserverApproved | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ApproveObserverResult")
]
RefuseObserverResult = Annotated[
    ObserverRefused | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RefuseObserverResult")
]


def _party(organisation: str) -> str:
    return party_of("Organisation", key_of("Organisation", organisation, "organisation"))


@strawberry.type
class ObserverMutation:
    @strawberry.mutation(description="Ask to observe a formal meeting: an organisation for itself, or the ISU for it")
    async def request_observer_status(
        self, info: strawberry.Info[Any, Any], input: RequestObserverStatusInput, validate_only: bool = False
    ) -> RequestObserverStatusResult:
        key = await resolve.request(
            info.context,
            meeting=input.meeting,
            organisation=_party(input.organisation),
            purpose=input.purpose,
            validate_only=validate_only,
        )
        return await complete(info, ObserverStatusRequested(key=key))

    @strawberry.mutation(description="Invite an organisation provisionally, on behalf of the President-designate")
    async def invite_observer_provisionally(
        self, info: strawberry.Info[Any, Any], input: InviteObserverProvisionallyInput, validate_only: bool = False
    ) -> InviteObserverProvisionallyResult:
        key = await resolve.invite(
            info.context,
            meeting=input.meeting,
            organisation=_party(input.organisation),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, ObserverInvitedProvisionally(key=key))

    @strawberry.mutation(description="Record that a meeting has admitted an organisation as an observer")
    async def approve_observer(
        self, info: strawberry.Info[Any, Any], input: ApproveObserverInput, validate_only: bool = False
    ) -> ApproveObserverResult:
        key = await resolve.approve(
            info.context,
            meeting=input.meeting,
            organisation=_party(input.organisation),
            decision=key_of("Decision", input.decision, "decision"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, ObserverApproved(key=key))

    @strawberry.mutation(description="Refuse a request, or record that a meeting has not admitted an organisation")
    async def refuse_observer(
        self, info: strawberry.Info[Any, Any], input: RefuseObserverInput, validate_only: bool = False
    ) -> RefuseObserverResult:
        key = await resolve.refuse(
            info.context,
            meeting=input.meeting,
            organisation=_party(input.organisation),
            decision=None if input.decision is None else key_of("Decision", input.decision, "decision"),
            expected_version=input.expected_version,
            validate_only=validate_only,
        )
        return await complete(info, ObserverRefused(key=key))
