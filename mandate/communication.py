"""Communications of the ISU (Prop. 4(4)(d)): who is meant, in which language they are written to, who may release."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mandate.contact import ContactRole
from mandate.party import ISU_PARTY
from mandate.text import LocalizedText
from mandate.treaty_action import TreatyStatusKind


class CommunicationKind(StrEnum):
    NOTE_VERBALE = "NOTE_VERBALE"
    LETTER = "LETTER"
    CIRCULAR = "CIRCULAR"
    NOTIFICATION = "NOTIFICATION"
    REMINDER = "REMINDER"
    NEWSLETTER = "NEWSLETTER"


class CommunicationStatus(StrEnum):
    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    SENDING = "SENDING"
    SENT = "SENT"
    CORRECTED = "CORRECTED"
    WITHDRAWN = "WITHDRAWN"


BECOMES: Mapping[CommunicationStatus, Collection[CommunicationStatus]] = {
    CommunicationStatus.DRAFT: (CommunicationStatus.APPROVED, CommunicationStatus.WITHDRAWN),
    # One that is edited is a draft again.
    CommunicationStatus.APPROVED: (
        CommunicationStatus.DRAFT,
        CommunicationStatus.SENDING,
        CommunicationStatus.WITHDRAWN,
    ),
    CommunicationStatus.SENDING: (CommunicationStatus.SENT, CommunicationStatus.CORRECTED),
    CommunicationStatus.SENT: (CommunicationStatus.CORRECTED,),
    CommunicationStatus.CORRECTED: (),
    CommunicationStatus.WITHDRAWN: (),
}


class DeliveryStatus(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    BOUNCED = "BOUNCED"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class DeliveryOutcome(StrEnum):
    """What one attempt to deliver came to."""

    ACCEPTED = "ACCEPTED"
    PUT_OFF = "PUT_OFF"
    REFUSED = "REFUSED"
    UNREACHABLE = "UNREACHABLE"
    UNCONFIRMED = "UNCONFIRMED"
    RETURNED = "RETURNED"


class AcknowledgementMeans(StrEnum):
    LINK = "LINK"
    ACT = "ACT"


class AudienceGroup(StrEnum):
    ALL_STATES_PARTIES = "ALL_STATES_PARTIES"
    SIGNATORIES = "SIGNATORIES"
    STATES_NOT_PARTY = "STATES_NOT_PARTY"
    COORDINATORS = "COORDINATORS"
    COORDINATION_COMMITTEE = "COORDINATION_COMMITTEE"
    OBSERVER_STATES = "OBSERVER_STATES"
    INTERNATIONAL_ORGANISATIONS = "INTERNATIONAL_ORGANISATIONS"
    NGOS = "NGOS"
    AFFECTED_STATES = "AFFECTED_STATES"
    DONORS = "DONORS"
    MEETING_PARTICIPANTS = "MEETING_PARTICIPANTS"
    PUBLIC = "PUBLIC"


_LETTERS: Mapping[CommunicationKind, str] = {
    CommunicationKind.NOTE_VERBALE: "NV",
    CommunicationKind.LETTER: "LTR",
    CommunicationKind.CIRCULAR: "CIRC",
    CommunicationKind.NOTIFICATION: "NOTIF",
    CommunicationKind.REMINDER: "REM",
    CommunicationKind.NEWSLETTER: "NEWS",
}


def reference(kind: CommunicationKind, year: int, number: int) -> str:
    """Given when it is sent, and not before: a gap in the numbers would tell of a draft."""
    return f"CCM/ISU/{_LETTERS[kind]}/{year}/{number}"


# ---------- who is meant ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    groups: tuple[AudienceGroup, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    as_of: date | None = None
    """The day on which parties belong to the groups; that of the sending where none is named."""
    meeting: str | None = None

    @property
    def is_public(self) -> bool:
        return AudienceGroup.PUBLIC in self.groups


STATUS_OF: Mapping[AudienceGroup, frozenset[TreatyStatusKind]] = {
    AudienceGroup.ALL_STATES_PARTIES: frozenset({TreatyStatusKind.STATE_PARTY}),
    # Who has deposited and waits for entry into force is a signatory still, or as good as one.
    AudienceGroup.SIGNATORIES: frozenset({TreatyStatusKind.SIGNATORY, TreatyStatusKind.CONSENT_EXPRESSED}),
    AudienceGroup.STATES_NOT_PARTY: frozenset({TreatyStatusKind.STATE_NOT_PARTY, TreatyStatusKind.WITHDRAWN}),
    AudienceGroup.OBSERVER_STATES: frozenset(TreatyStatusKind) - {TreatyStatusKind.STATE_PARTY},
}

_IN_WORDS: Mapping[AudienceGroup, str] = {
    AudienceGroup.ALL_STATES_PARTIES: "a State Party",
    AudienceGroup.SIGNATORIES: "a signatory",
    AudienceGroup.STATES_NOT_PARTY: "a State not party",
    AudienceGroup.COORDINATORS: "a Coordinator",
    AudienceGroup.COORDINATION_COMMITTEE: "a member of the Coordination Committee",
    AudienceGroup.OBSERVER_STATES: "an observer State",
    AudienceGroup.INTERNATIONAL_ORGANISATIONS: "an international organisation",
    AudienceGroup.NGOS: "a non-governmental organisation",
    AudienceGroup.AFFECTED_STATES: "an affected State",
    AudienceGroup.DONORS: "a donor",
    AudienceGroup.MEETING_PARTICIPANTS: "takes part in the meeting",
}
_IN_OFFICE = frozenset({AudienceGroup.COORDINATORS, AudienceGroup.COORDINATION_COMMITTEE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A party that is meant, and why."""

    party: str
    reason: str
    in_office: bool
    """Meant for an office that it holds, and for nothing else."""


def addressees(audience: Audience, members: Mapping[AudienceGroup, Collection[str]], day: date) -> list[Addressee]:
    """Each party once, in the order of their names; the ISU does not write to itself."""
    belongs: dict[str, list[AudienceGroup]] = {}
    for group in audience.groups:
        for party in members.get(group, ()):
            belongs.setdefault(party, []).append(group)
    meant = ({*belongs, *audience.include} - {*audience.exclude}) - {ISU_PARTY}
    return [_addressee(party, belongs.get(party, []), party in audience.include, day) for party in sorted(meant)]


def _addressee(party: str, groups: Sequence[AudienceGroup], named: bool, day: date) -> Addressee:
    reasons = [_IN_WORDS[group] for group in groups]
    told = [f"On {day}: {', '.join(reasons)}."] if reasons else []
    if named:
        told.append("Named.")
    return Addressee(party=party, reason=" ".join(told), in_office=not named and _IN_OFFICE.issuperset(groups))


# ---------- where, and in which language ----------

_BY_POST = (
    ContactRole.PERMANENT_MISSION,
    ContactRole.NATIONAL_FOCAL_POINT,
    ContactRole.CAPITAL,
    ContactRole.ORGANISATION_CONTACT,
    ContactRole.COORDINATOR_CONTACT,
    ContactRole.REPORTING_OFFICER,
    ContactRole.PRESIDENCY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """A point of contact that is valid and has an address."""

    id: str
    role: ContactRole
    languages: tuple[str, ...]
    address: str
    confirmed_at: str
    valid_from: date


def whom_to_write_to(contacts: Collection[Reachable], *, in_office: bool) -> Reachable | None:
    """One of a party: by its post, then the one confirmed last. Who is meant as Coordinator is written to as such."""
    first = ContactRole.COORDINATOR_CONTACT if in_office else ContactRole.PERMANENT_MISSION
    by_post = (first, *(role for role in _BY_POST if role is not first))
    ranked = sorted(contacts, key=lambda each: (each.confirmed_at, each.valid_from, each.id), reverse=True)
    return min(ranked, key=lambda each: by_post.index(each.role), default=None)


def language_for(preferred: Sequence[str], text: LocalizedText) -> tuple[str, bool]:
    """The first preference in which it is there, `fr` for `fr-CH` too; else the original, which is then a fallback.

    Who has said no preference is told in the original, and nothing was fallen back from.
    """
    there = {code.lower(): code for code in text.wordings}
    for wanted in preferred:
        for tag in (wanted.lower(), wanted.lower().partition("-")[0]):
            if tag in there:
                return there[tag], False
    return text.original, bool(preferred)


# ---------- who may release ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who has a communication in hand: an account and, where it is somebody's, the person."""

    account: str
    person: str | None = None


_SECOND = "A communication is approved by somebody who has not drafted or edited it"


def against_approval(hand: Hand, drafted: Collection[Hand]) -> str | None:
    """Why somebody may not approve: whoever wrote any of it may not, and one person with two accounts is not two.

    An account of which no person is on record could be anybody's second one, also that of a service.
    """
    if any(hand.account == other.account for other in drafted):
        return f"{_SECOND}: this account has."
    if hand.person is None:
        return f"{_SECOND}: of this account no person is on record, so that nobody can tell."
    if any(hand.person == other.person for other in drafted):
        return f"{_SECOND}: the person of this account has, by another account of theirs or one that they made."
    return None


# ---------- delivery ----------

_WAIT = (1, 5, 15, 60, 240, 720, 1_440)
"""Minutes until the next attempt; after the last of them it has failed."""


def wait_after(refusals: int) -> int | None:
    """Minutes, after so many temporary refusals; None where enough was tried."""
    return _WAIT[refusals - 1] if refusals <= len(_WAIT) else None
