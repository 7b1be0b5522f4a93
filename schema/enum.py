"""The closed sets of words that our own code decides, as GraphQL enums.

They stand together because Strawberry must know each before the first type that uses it.
"""

from __future__ import annotations

import strawberry

from mandate.account import AccountKind, AccountStatus
from mandate.actor import Capacity, Scope, Visibility
from mandate.contact import ContactRole
from mandate.meeting import Formality, MeetingStatus, ParticipantClass
from mandate.obligation import Article, ObligationStatus
from mandate.office import BodyKind, TermMoment
from mandate.provenance import ProvenanceBasis
from mandate.text import TextStatus
from mandate.treaty_action import TreatyActionType, TreatyStatusKind

strawberry.enum(AccountKind, description="Somebody, or a program")
strawberry.enum(AccountStatus, description="Whether it may call")
strawberry.enum(Article, description="Of the Convention")
strawberry.enum(BodyKind, description="Which kind of body it is")
strawberry.enum(
    Capacity,
    description="In what capacity somebody calls: it follows from treaty status and from offices held on the day",
)
strawberry.enum(ContactRole, description="What a point of contact is for")
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
    Scope, description="What a key may be used for: it narrows what its account may do, and never widens it"
)
strawberry.enum(TermMoment, description="When a meeting opens, or when it closes")
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
