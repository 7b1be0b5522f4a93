"""The closed sets of words that our own code decides, as GraphQL enums.

They stand together because Strawberry must know each before the first type that uses it.
"""

from __future__ import annotations

import strawberry

from mandate.account import AccountKind, AccountStatus
from mandate.actor import Capacity, Scope, Visibility
from mandate.committee import CommitteeCapacity, CommitteeRole
from mandate.contact import ContactRole
from mandate.contribution import ContributionStatus
from mandate.decision import DecisionMethod
from mandate.meeting import Formality, MeetingStatus, ParticipantClass
from mandate.obligation import Article, ObligationStatus
from mandate.office import BodyKind, Seat, TermMoment, TermStatus
from mandate.provenance import ProvenanceBasis
from mandate.rule import RuleForce, RuleSetStatus, RuleVerdict
from mandate.support import ArrangementKind
from mandate.text import TextStatus
from mandate.treaty_action import TreatyActionType, TreatyStatusKind
from mandate.workplan import WorkPlanStatus, WorkPlanStep

strawberry.enum(AccountKind, description="Somebody, or a program")
strawberry.enum(AccountStatus, description="Whether it may call")
strawberry.enum(
    ArrangementKind,
    description="HOST: it hosts the ISU. SERVICES: it serves the ISU. INTERIM_CAPACITY: until the ISU operates",
)
strawberry.enum(Article, description="Of the Convention")
strawberry.enum(BodyKind, description="Which kind of body it is")
strawberry.enum(
    Capacity,
    description="In what capacity somebody calls: it follows from treaty status and from offices held on the day",
)
strawberry.enum(CommitteeCapacity, description="Members decide; observers and those invited are not counted")
strawberry.enum(CommitteeRole, description="By what somebody sits on the Coordination Committee (Prop. 3(2))")
strawberry.enum(ContactRole, description="What a point of contact is for")
strawberry.enum(ContributionStatus, description="PLEDGED until all of it is received")
strawberry.enum(DecisionMethod, description="How a decision was taken")
strawberry.enum(Formality, description="Formal meetings decide; informal ones prepare")
strawberry.enum(MeetingStatus, description="Where a meeting stands on its way")
strawberry.enum(
    ObligationStatus,
    description="REPORTED: the State reported that it has the obligation, which sets no day. "
    "UNCLEAR: sources leave open whether it has it",
)
strawberry.enum(ParticipantClass, description="The classes by which final reports count who attended")
strawberry.enum(ProvenanceBasis, description="Stated by a source, computed by a rule, or inferred")
strawberry.enum(
    RuleForce,
    description="What happens when a rule is not met. BINDING: the act is refused. EXCEPTABLE: refused, unless a "
    "reason is given. ADVISORY: a warning. STANDING: a finding of the compliance review. DERIVED: computed",
)
strawberry.enum(RuleSetStatus, description="Whether a version of the mandate is in force")
strawberry.enum(RuleVerdict, description="What a rule says of an act; WARNING and WAIVED do not stand against it")
strawberry.enum(
    Scope, description="What a key may be used for: it narrows what its account may do, and never widens it"
)
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
strawberry.enum(
    Visibility,
    description="Who may see a thing. CONCERNED: the parties that it names, and the ISU; "
    "PARTICIPANTS: those of its meeting, and the ISU",
)
strawberry.enum(WorkPlanStatus, description="Where a work plan stands on its way to approval (Prop. 4(4)(h))")
strawberry.enum(WorkPlanStep, description="What is done with a work plan on its way to approval (Prop. 4(4)(h))")
