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
from mandate.contact import ContactRole
from mandate.contribution import ContributionStatus
from mandate.decision import DecisionMethod
from mandate.meeting import Formality, InviteCategory, MeetingStatus, ParticipantClass
from mandate.obligation import Article, ObligationStatus
from mandate.office import BodyKind, Seat, TermMoment, TermStatus
from mandate.participation import ParticipationRole
from mandate.provenance import ProvenanceBasis
from mandate.rule import RuleForce, RuleSetStatus, RuleVerdict
from mandate.search import SearchType
from mandate.support import ArrangementKind
from mandate.text import TextStatus
from mandate.treaty_action import TreatyActionType, TreatyStatusKind
from mandate.workplan import WorkPlanStatus, WorkPlanStep


def _explained(words: type[StrEnum], description: str, each: Mapping[str, str]) -> None:
    """With a sentence on each word, none left out."""
    declared: Any = strawberry.enum(words, description=description)
    for value in declared.__strawberry_definition__.values:
        value.description = each[value.name]


strawberry.enum(AccountKind, description="Somebody, or a program")
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
strawberry.enum(CommitteeCapacity, description="Members decide; observers and those invited are not counted")
strawberry.enum(CommitteeRole, description="By what somebody sits on the Coordination Committee (Prop. 3(2))")
strawberry.enum(ContributionStatus, description="PLEDGED until all of it is received")
strawberry.enum(DecisionMethod, description="How a decision was taken")
strawberry.enum(Formality, description="Formal meetings decide; informal ones prepare")
strawberry.enum(
    InviteCategory,
    description="Those whom Prop. 1(1) encourages to take part. OBSERVER_STATES: signatories and States not party",
)
strawberry.enum(MeetingStatus, description="Where a meeting stands on its way")
strawberry.enum(
    ObligationStatus,
    description="REPORTED: the State reported that it has the obligation, which sets no day. "
    "UNCLEAR: sources leave open whether it has it",
)
strawberry.enum(ParticipantClass, description="The classes by which final reports count who attended")
strawberry.enum(ParticipationRole, description="As what somebody takes part in a meeting")
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
