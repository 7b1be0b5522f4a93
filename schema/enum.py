"""The closed sets of words that our own code decides, as GraphQL enums.

They stand together because Strawberry must know each before the first type that uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry

from mandate.account import AccountKind, AccountStatus
from mandate.actor import Capacity, Scope, Visibility
from mandate.agenda import ReviewSubject
from mandate.committee import CommitteeCapacity, CommitteeRole
from mandate.communication import (
    AcknowledgementMeans,
    AudienceGroup,
    CommunicationKind,
    CommunicationStatus,
    DeliveryOutcome,
    DeliveryStatus,
)
from mandate.contact import ContactRole
from mandate.contribution import ContributionStatus
from mandate.decision import DecisionMethod, ParagraphStatus, ParagraphType
from mandate.document import DocumentRelationType
from mandate.export import ExportError, ExportFormat, ExportStatus
from mandate.feed import ChangeKind
from mandate.meeting import Formality, InviteCategory, MeetingStatus, ParticipantClass
from mandate.obligation import Article, ObligationStatus
from mandate.observer import ObserverStatus
from mandate.office import BodyKind, Seat, TermMoment, TermStatus
from mandate.participation import CredentialsStatus, ListBasis, ParticipationRole, ParticipationStatus
from mandate.provenance import ProvenanceBasis
from mandate.record import RecordKind, RecordStatus
from mandate.rule import RuleForce, RuleSetStatus, RuleVerdict
from mandate.search import SearchType
from mandate.statement import StatementStatus
from mandate.support import ArrangementKind
from mandate.text import TextStatus
from mandate.treaty_action import TreatyActionType, TreatyStatusKind
from mandate.webhook import WebhookDeliveryStatus, WebhookStatus
from mandate.workplan import WorkPlanStatus, WorkPlanStep


def _explained(words: type[StrEnum], description: str, each: Mapping[str, str]) -> None:
    """With a sentence on each word, none left out."""
    declared: Any = strawberry.enum(words, description=description)
    for value in declared.__strawberry_definition__.values:
        value.description = each[value.name]


strawberry.enum(AccountKind, description="Somebody, or a program")
strawberry.enum(AcknowledgementMeans, description="By the link in the message, or by acknowledgeCommunication")
strawberry.enum(AccountStatus, description="Whether it may call")
strawberry.enum(
    ArrangementKind,
    description="HOST: it hosts the ISU. SERVICES: it serves the ISU. INTERIM_CAPACITY: until the ISU operates",
)
strawberry.enum(Article, description="Of the Convention")
strawberry.enum(BodyKind, description="Which kind of body it is")
_explained(
    Capacity,
    "In what capacity somebody calls: it follows from treaty status and from offices held on the day",
    {
        "PUBLIC": "Everybody, with or without a key",
        "STATE_PARTY": "Speaks for a State for which the Convention is in force",
        "SIGNATORY": "Speaks for a State that has signed, and for which the Convention is not in force",
        "OBSERVER_STATE": "Speaks for any other State, one that has withdrawn among them",
        "ORGANISATION": "Speaks for an organisation",
        "ICRC": "Speaks for the International Committee of the Red Cross",
        "UNITED_NATIONS": "Speaks for the United Nations",
        "CLUSTER_MUNITION_COALITION": "Speaks for the Cluster Munition Coalition",
        "GICHD": "Speaks for the Geneva International Centre for Humanitarian Demining",
        "COORDINATOR": "Speaks for a State that coordinates a Working Group or a theme; `of` tells which",
        "PRESIDENT": "Speaks for the State that presides",
        "PRESIDENT_DESIGNATE": "Speaks for the State that presides next",
        "COMMITTEE_MEMBER": "Speaks for who sits on the Coordination Committee: President, President-designate, "
        "Coordinators, ICRC, United Nations, Cluster Munition Coalition, and others elected to it",
        "PARTICIPANT": "Takes part in a meeting; `of` tells which",
        "ISU_STAFF": "Works for the ISU",
        "ISU_DIRECTOR": "Holds the office of Director of the ISU in person",
        "ADMIN": "Administers this instance, whatever the party; sees what the ISU sees",
    },
)
_explained(
    ChangeKind,
    "What a change is to who reads of it",
    {
        "CREATED": "The object is new",
        "UPDATED": "It is otherwise than before, or something that is part of it is",
        "DELETED": "What was personal in it was erased: keep no older copy",
        "PUBLISHED": "Everybody sees it since then, or at least the reader",
        "UNPUBLISHED": "No longer does everybody see it, but the reader still does",
        "VISIBILITY_LOST": "The reader no longer sees it",
    },
)
_explained(
    ContactRole,
    "What a point of contact is for",
    {
        "NATIONAL_FOCAL_POINT": "All that concerns the Convention in the State",
        "PERMANENT_MISSION": "The State's mission to the United Nations",
        "CAPITAL": "The ministry in the capital",
        "COORDINATOR_CONTACT": "Its work as Coordinator",
        "REPORTING_OFFICER": "The transparency reports of Article 7",
        "ORGANISATION_CONTACT": "All that concerns an organisation",
        "PRESIDENCY": "Its work as President",
    },
)
_explained(
    ExportError,
    "Why an export failed",
    {
        "ACCESS_LOST": "The account, or the key by which it was asked for, may no longer call",
        "GAVE_UP": "It was begun several times, and ended each time with the process that made it",
        "INTERNAL": "A fault of ours",
        "NOT_FOUND": "What the document asks for is not there, or nothing that the account may see",
        "REFUSED": "The document can not be answered, or not in full; `errorMessage` says why",
    },
)
_explained(
    ExportFormat,
    "How an export is written",
    {
        "JSONL": "JSON Lines: an object in each line",
        "CSV": "With a heading. A list in a cell is JSON, or of a document its values with semicolons between them; a "
        "text that a spreadsheet would take for a formula has an apostrophe before it",
    },
)
_explained(
    ExportStatus,
    "How far an export has come",
    {
        "QUEUED": "It waits for its turn",
        "RUNNING": "It is being made",
        "DONE": "It can be fetched at `url`",
        "FAILED": "There is none; `errorCode` says why",
        "CANCELLED": "It was not wanted any more",
        "EXPIRED": "It was there, and is no longer",
    },
)
strawberry.enum(CommitteeCapacity, description="Members decide; observers and those invited are not counted")
strawberry.enum(CommitteeRole, description="By what somebody sits on the Coordination Committee (Prop. 3(2))")
_explained(
    AudienceGroup,
    "Who is written to. Treaty status, offices and contributions are those of the audience's day",
    {
        "ALL_STATES_PARTIES": "For which the Convention is in force",
        "SIGNATORIES": "Which have signed, or expressed their consent, and for which it is not in force",
        "STATES_NOT_PARTY": "Which have neither signed nor expressed their consent, or have withdrawn",
        "COORDINATORS": "Of the Working Groups and themes",
        "COORDINATION_COMMITTEE": "Its members",
        "OBSERVER_STATES": "SIGNATORIES and STATES_NOT_PARTY together",
        "INTERNATIONAL_ORGANISATIONS": "Of States: international, regional, of the United Nations",
        "NGOS": "And coalitions of civil society",
        "AFFECTED_STATES": "By contamination (Article 4) or victims (Article 5)",
        "DONORS": "States that have pledged or paid a contribution to the ISU",
        "MEETING_PARTICIPANTS": "Who take part in the meeting that is named",
        "PUBLIC": "Everybody may read it; no message goes out for that",
    },
)
strawberry.enum(CommunicationKind, description="Of what the ISU writes")
_explained(
    CommunicationStatus,
    "Where a communication stands on its way; only what is SENDING, SENT or CORRECTED is seen outside the ISU",
    {
        "DRAFT": "Written, and not released",
        "APPROVED": "Released by somebody else; an edit makes it a draft again",
        "SENDING": "Its recipients are fixed, and messages wait or are on their way",
        "SENT": "Nothing waits any more",
        "CORRECTED": "A correction was sent to its recipients",
        "WITHDRAWN": "Given up before it was sent",
    },
)
_explained(
    DeliveryOutcome,
    "What one attempt to deliver a message came to",
    {
        "ACCEPTED": "A mail server took it",
        "PUT_OFF": "Refused for now (4xx), or not made by a fault of ours, as `text` says: it is tried again",
        "REFUSED": "Refused for good (5xx)",
        "UNREACHABLE": "Our own mail server was not there: it is tried again",
        "UNCONFIRMED": "We were stopped in the middle and do not know: it is sent again under the same Message-ID",
        "RETURNED": "It came back after a server had taken it",
    },
)
_explained(
    DeliveryStatus,
    "Where the message to a recipient stands",
    {
        "QUEUED": "It waits, or is tried again",
        "SENT": "A mail server took it",
        "DELIVERED": "Somebody has opened the link in it",
        "BOUNCED": "Refused for good, or come back",
        "FAILED": "Put off too often",
        "SUPPRESSED": "None is sent, for there is no address",
    },
)
strawberry.enum(ContributionStatus, description="PLEDGED until all of it is received")
_explained(
    CredentialsStatus,
    "Where the credentials of somebody stand: States Parties show them at formal meetings",
    {
        "NOT_REQUIRED": "Of observers, and at informal meetings",
        "AWAITED": "Not submitted yet",
        "SUBMITTED": "By the party; not looked at yet",
        "VERIFIED": "In order",
        "DEFECTIVE": "Not in order; they can be submitted anew",
    },
)
strawberry.enum(DocumentRelationType, description="What a document is to another")
strawberry.enum(DecisionMethod, description="How a decision was taken")
strawberry.enum(Formality, description="Formal meetings decide; informal ones prepare")
strawberry.enum(
    InviteCategory,
    description="Those whom Prop. 1(1) encourages to take part. OBSERVER_STATES: signatories and States not party",
)
_explained(
    ListBasis,
    "By what a list of participants is counted",
    {
        "ATTENDED": "Those of whom it is recorded that they came",
        "REGISTERED": "Those who are accredited or registered, where nobody has recorded yet who came",
        "REPORTED": "The figures of a report, where nobody is registered here",
    },
)
strawberry.enum(MeetingStatus, description="Where a meeting stands on its way")
strawberry.enum(
    ObligationStatus,
    description="REPORTED: the State reported that it has the obligation, which sets no day. "
    "UNCLEAR: sources leave open whether it has it",
)
_explained(
    ObserverStatus,
    "Of an organisation, at one meeting (rules 1.2 and 1.3 of the rules of procedure)",
    {
        "STANDING": "By rule 1.2, at every meeting",
        "REQUESTED": "Asked for; the organisation, the President-designate and the ISU know of it",
        "PROVISIONAL": "Invited on behalf of the President-designate, until the meeting decides",
        "ADMITTED": "By a decision of the meeting",
        "REFUSED": "Not invited, or not admitted by the meeting",
        "LAPSED": "The meeting is over, and has not decided",
    },
)
strawberry.enum(ParticipantClass, description="The classes by which final reports count who attended")
strawberry.enum(ParticipationRole, description="As what somebody takes part in a meeting")
_explained(
    ParticipationStatus,
    "How far somebody is on the way into the room; what is for participants is for whoever is ACCREDITED or further",
    {
        "NOMINATED": "By their party",
        "PROVISIONAL": "By an organisation that is invited provisionally, until the meeting admits it",
        "ACCREDITED": "Their credentials are in order, or their organisation was admitted",
        "REGISTERED": "On the list of the meeting",
        "ATTENDED": "They came",
        "REVOKED": "They take no part",
    },
)
strawberry.enum(ProvenanceBasis, description="Stated by a source, computed by a rule, or inferred")
strawberry.enum(ReviewSubject, description="What the First Review Conference is to review (Prop. 2(8), 3(1), 4(3))")
strawberry.enum(
    RuleForce,
    description="What happens when a rule is not met. BINDING: the act is refused. EXCEPTABLE: refused, unless a "
    "reason is given. ADVISORY: a warning. STANDING: a finding of the compliance review. DERIVED: computed",
)
strawberry.enum(RuleSetStatus, description="Whether a version of the mandate is in force")
strawberry.enum(RuleVerdict, description="What a rule says of an act; WARNING and WAIVED do not stand against it")
_explained(
    Scope,
    "What a key may be used for: it narrows what its account may do, and never widens it",
    {
        "READ_PUBLIC": "Read what is public. Every key has it",
        "READ_RESTRICTED": "Read what is not public too, as far as the account's capacities go",
        "READ_CONTACTS": "Read e-mail addresses and telephone numbers of the contacts that the key sees, which are the "
        "public ones alone without READ_RESTRICTED",
        "WRITE_DELEGATION": "Do what is for the party concerned, such as recordContact, for the account's own party",
        "WRITE_COORDINATION": "Do what is for an office held, such as that of a Coordinator",
        "WRITE_ISU": "Do the acts of the ISU, for any party; and what WRITE_DELEGATION is for",
        "ADMIN": "Manage accounts and keys, and erase people; and what WRITE_ISU is for",
    },
)
strawberry.enum(SearchType, description="What is searched")
strawberry.enum(
    Seat,
    description="Of the Coordinators of one Working Group (A, B) or theme (SINGLE): whoever begins first has A",
)
strawberry.enum(TermMoment, description="When a meeting opens, or when it closes")
strawberry.enum(TermStatus, description="Where a term stands on a day")
strawberry.enum(TextStatus, description="How far a language version can be relied on")
strawberry.enum(TreatyActionType, description="What a State does towards the Convention")
strawberry.enum(
    TreatyStatusKind,
    description="A State's place under the Convention: CONSENT_EXPRESSED between its deposit and entry into force",
)
_explained(
    Visibility,
    "Who may see a thing; all but what is PUBLIC is seen with keys of the scope READ_RESTRICTED",
    {
        "PUBLIC": "Everybody",
        "STATES_PARTIES": "States Parties, the President, the President-designate, and the ISU",
        "COMMITTEE": "Members of the Coordination Committee, and the ISU",
        "PARTICIPANTS": "Those who take part in its meeting, and the ISU",
        "CONCERNED": "The parties that it names, and the ISU",
        "ISU": "The ISU alone",
    },
)
strawberry.enum(WorkPlanStatus, description="Where a work plan stands on its way to approval (Prop. 4(4)(h))")
strawberry.enum(WorkPlanStep, description="What is done with a work plan on its way to approval (Prop. 4(4)(h))")
strawberry.enum(RecordKind, description="Whether a record says all, or sums up for all without naming anybody")
strawberry.enum(RecordStatus, description="Where a record stands on its way to publication")
strawberry.enum(StatementStatus, description="Where a statement stands on its way to publication")
strawberry.enum(ParagraphType, description="Whether a paragraph asks for something, or informs")
strawberry.enum(ParagraphStatus, description="What became of a paragraph of a decision")
strawberry.enum(WebhookStatus, description="DISABLED: by its holder, by a receiver that is gone, or for want of one")
strawberry.enum(
    WebhookDeliveryStatus,
    description="DEAD_LETTER: given up after the last attempt; SET_ASIDE: told anew by a replay, or not at all",
)
