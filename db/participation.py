"""Who is invited to meetings, and who takes part in them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, or_
from sqlmodel import col

from db.table import Kept, column, enum_type, key, personal, plain_text, refers_to
from mandate.actor import Visibility
from mandate.meeting import InviteCategory
from mandate.participation import TAKES_PART, CredentialsStatus, ParticipationRole, ParticipationStatus


class Participation(Kept, table=True):
    """Somebody of a party, registered for a meeting."""

    __table_args__ = (
        UniqueConstraint("meeting_code", "party_id", "person_id"),
        Index("ix_participation_meeting_code_id", "meeting_code", "id"),
    )

    id: str = key()
    meeting_code: str = refers_to("meeting.code", index=False)
    party_id: str = refers_to("party.id")
    person_id: str = refers_to("person.id")
    role: ParticipationRole = column(enum_type(ParticipationRole))
    category: InviteCategory | None = column(enum_type(InviteCategory), default=None)
    """Of the party on the day on which the meeting opens; none where it is in none of them."""
    status: ParticipationStatus = column(
        enum_type(ParticipationStatus),
        default=ParticipationStatus.REGISTERED,
        sa_column_kwargs={"server_default": ParticipationStatus.REGISTERED},
    )
    """Never ATTENDED: that `attended` tells."""
    registered_on: date
    """Or, until then, nominated."""
    attended: bool | None = None
    credentials: CredentialsStatus = column(
        enum_type(CredentialsStatus),
        default=CredentialsStatus.NOT_REQUIRED,
        sa_column_kwargs={"server_default": CredentialsStatus.NOT_REQUIRED},
    )
    credentials_submitted_on: date | None = None
    credentials_judged_on: date | None = None
    credentials_remarks: str | None = personal(plain_text(1000), default=None)
    """What is defective, which may tell of the person."""
    salt: str | None = column(plain_text(32), default=None)
    visibility: Visibility = column(enum_type(Visibility))


def takes_part() -> ColumnElement[bool]:
    """Whoever is let in, or came: a nomination opens nothing by itself, and a revocation closes it again."""
    status = col(Participation.status)
    came = and_(col(Participation.attended).is_(True), status != ParticipationStatus.REVOKED)
    return or_(status.in_(sorted(TAKES_PART)), came)


class Invitation(Kept, table=True):
    """A category that is invited to a meeting."""

    __tablename__ = "meeting_invitation"

    meeting_code: str = refers_to("meeting.code", primary_key=True)
    category: InviteCategory = column(enum_type(InviteCategory), primary_key=True)
    invited_on: date


class CommitteeInvitation(Kept, table=True):
    """A party that is asked to assist the Coordination Committee at a meeting of it (Prop. 3(1))."""

    __tablename__ = "committee_invitation"

    meeting_code: str = refers_to("meeting.code", primary_key=True)
    party_id: str = refers_to("party.id", primary_key=True)
    invited_on: date
