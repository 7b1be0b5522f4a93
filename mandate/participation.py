"""Who takes part in meetings, who is invited, and that no category is kept out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mandate.decision import FORMAL_MEETINGS
from mandate.meeting import INTERSESSIONAL, Formality, InviteCategory, ParticipantClass, intersessional_since
from mandate.party import PartyKind, code_of
from mandate.rule import Found, Outcome, Parameters, finds, judges, says
from mandate.treaty_action import TreatyStatusKind


class ParticipationRole(StrEnum):
    HEAD_OF_DELEGATION = "HEAD_OF_DELEGATION"
    DELEGATE = "DELEGATE"
    ADVISER = "ADVISER"
    OBSERVER = "OBSERVER"
    EXPERT = "EXPERT"
    SECRETARIAT = "SECRETARIAT"


class ParticipationStatus(StrEnum):
    """How far somebody is on the way into the room."""

    NOMINATED = "NOMINATED"
    PROVISIONAL = "PROVISIONAL"
    ACCREDITED = "ACCREDITED"
    REGISTERED = "REGISTERED"
    ATTENDED = "ATTENDED"
    REVOKED = "REVOKED"


TAKES_PART = frozenset({ParticipationStatus.ACCREDITED, ParticipationStatus.REGISTERED})
"""Of what is kept: they are participants. Whoever is merely nominated, or invited provisionally, is none yet."""


def status_of(kept: ParticipationStatus, attended: bool | None) -> ParticipationStatus:
    """Whoever came has attended, however far they were: kept is what led there, so that it can be corrected."""
    return ParticipationStatus.ATTENDED if attended and kept is not ParticipationStatus.REVOKED else kept


class ListBasis(StrEnum):
    """By what a list of participants is counted."""

    ATTENDED = "ATTENDED"
    REGISTERED = "REGISTERED"
    REPORTED = "REPORTED"


class CredentialsStatus(StrEnum):
    NOT_REQUIRED = "NOT_REQUIRED"
    AWAITED = "AWAITED"
    SUBMITTED = "SUBMITTED"
    VERIFIED = "VERIFIED"
    DEFECTIVE = "DEFECTIVE"


CREDENTIALS_NEXT: Mapping[CredentialsStatus, frozenset[CredentialsStatus]] = {
    CredentialsStatus.NOT_REQUIRED: frozenset(),
    CredentialsStatus.AWAITED: frozenset({CredentialsStatus.SUBMITTED}),
    CredentialsStatus.SUBMITTED: frozenset({CredentialsStatus.VERIFIED, CredentialsStatus.DEFECTIVE}),
    CredentialsStatus.DEFECTIVE: frozenset({CredentialsStatus.SUBMITTED}),
    CredentialsStatus.VERIFIED: frozenset({CredentialsStatus.DEFECTIVE}),
}


def credentials_of(formality: Formality, category: InviteCategory | None) -> CredentialsStatus:
    """States Parties show credentials, at formal meetings, where they decide."""
    decides = formality is Formality.FORMAL and category is InviteCategory.STATES_PARTIES
    return CredentialsStatus.AWAITED if decides else CredentialsStatus.NOT_REQUIRED


def class_of(party: PartyKind, kind: TreatyStatusKind | None, *, signed: bool) -> ParticipantClass | None:
    """By which final reports count a party; the ISU serves, and is not counted.

    A State that has consented and is not bound yet is counted as what it was before: a signatory, if it signed.
    """
    if party is PartyKind.ISU:
        return None
    if party is PartyKind.ORGANISATION:
        return ParticipantClass.ORGANISATIONS
    if kind is TreatyStatusKind.STATE_PARTY:
        return ParticipantClass.STATES_PARTIES
    signatory = kind is TreatyStatusKind.SIGNATORY or (kind is TreatyStatusKind.CONSENT_EXPRESSED and signed)
    return ParticipantClass.SIGNATORIES if signatory else ParticipantClass.OBSERVER_STATES


def asked_for(meeting_kind: str) -> tuple[InviteCategory, ...]:
    """Prop. 1(1) names four for intersessional meetings.

    By Article 11 States Parties meet (1) and others may be invited (3): these are missed by nobody.
    """
    if meeting_kind == INTERSESSIONAL:
        return tuple(InviteCategory)
    return (InviteCategory.STATES_PARTIES,) if meeting_kind in FORMAL_MEETINGS else ()


_OF_ORGANISATIONS: Mapping[str, InviteCategory] = {
    "international_organization": InviteCategory.ORGANISATIONS,
    "regional_organization": InviteCategory.ORGANISATIONS,
    "un_body": InviteCategory.ORGANISATIONS,
    "ngo": InviteCategory.NGOS,
    "civil_society_coalition": InviteCategory.NGOS,
}


def category_of(party: PartyKind, *, is_state_party: bool, organisation_kind: str | None) -> InviteCategory | None:
    """Observer States are the signatories and the States not party; companies, say, are in none of the categories."""
    if party is PartyKind.STATE:
        return InviteCategory.STATES_PARTIES if is_state_party else InviteCategory.OBSERVER_STATES
    return _OF_ORGANISATIONS.get(organisation_kind or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Somebody is to be registered for a meeting."""

    meeting_kind: str
    party: str
    category: InviteCategory | None


@judges("intersessional-open")
def no_category_is_kept_out(registration: Registration, _: Parameters) -> Outcome:
    """It refuses nobody: it attests that belonging to one of the categories stood in nobody's way.

    Who belongs to none of them is not spoken of, and so not refused either.
    """
    if registration.meeting_kind != INTERSESSIONAL:
        return says(None, "This is for informal intersessional meetings.")
    known = {"party": registration.party, "category": registration.category}
    code = code_of(registration.party)
    if registration.category is None:
        return says(None, f"{code} is in none of the categories that are encouraged to take part.", **known)
    return says(True, f"{code} takes part as one of {registration.category}.", **known)


REGISTRATION = (no_category_is_kept_out,)


@finds("intersessional-open")
def categories_that_are_not_invited(situation: Any, _: Parameters) -> Iterator[Found]:
    """Of meetings for which invitations are recorded, and of those ahead.

    Of a meeting that is over and has no invitation on record it is not known who was invited: that is no finding.
    """
    for meeting, opens in intersessional_since(situation):
        is_ahead = opens > situation.as_of and not meeting.closed
        if not meeting.invited and not is_ahead:
            continue
        for category in InviteCategory:
            if category not in meeting.invited:
                yield Found(
                    message=f"{category} are not invited to {meeting.code}.",
                    concerns=meeting.concerned,
                    since=None if is_ahead else opens,
                    due_on=opens,
                    inputs={"category": category.value},
                )
