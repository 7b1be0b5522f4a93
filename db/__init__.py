"""What is kept: one table and its queries per file.

Importing the package makes every table known, so that `db.Meeting` is all that others need.
"""

from db.account import Account, ApiKey, KeyUse
from db.agenda import AgendaItem, ProgrammeAgreement
from db.body import Body
from db.change import Change, JournalHead, KeptAnswer
from db.communication import (
    Acknowledgement,
    Communication,
    CommunicationDocument,
    CommunicationReply,
    DeliveryAttempt,
    Dispatch,
    IncomingCommunication,
    Outbox,
    Recipient,
    SigningKey,
)
from db.contact import Contact
from db.contribution import Contribution
from db.convention import Convention, StructureElement
from db.decision import Decision
from db.document import Document, DocumentAuthor, DocumentKind, DocumentLanguage, Language
from db.extension import ExtensionRequest
from db.meeting import Attendance, ExternalMeeting, Meeting, MeetingKind
from db.obligation import Obligation
from db.office import Office, OfficeRole, OfficeTerm
from db.organisation import Organisation, OrganisationKind, OrganisationRole
from db.participation import CommitteeInvitation, Invitation, Participation
from db.party import Party
from db.person import Person
from db.provenance import Provenance
from db.report import AnnualReport
from db.rule import Judgement, RuleSetAdoption, RuleWaiver
from db.state import State
from db.support import AdviceRequest, Instruction, IsuArrangement, LiaisonEntry
from db.treaty_action import TreatyAction
from db.visibility import Concern
from db.workplan import WorkPlan

__all__ = [
    "Account",
    "Acknowledgement",
    "AdviceRequest",
    "AgendaItem",
    "AnnualReport",
    "ApiKey",
    "Attendance",
    "Body",
    "Change",
    "CommitteeInvitation",
    "Communication",
    "CommunicationDocument",
    "CommunicationReply",
    "Concern",
    "Contact",
    "Contribution",
    "Convention",
    "Decision",
    "DeliveryAttempt",
    "Dispatch",
    "Document",
    "DocumentAuthor",
    "DocumentKind",
    "DocumentLanguage",
    "ExtensionRequest",
    "ExternalMeeting",
    "IncomingCommunication",
    "Instruction",
    "Invitation",
    "IsuArrangement",
    "JournalHead",
    "Judgement",
    "KeptAnswer",
    "KeyUse",
    "Language",
    "LiaisonEntry",
    "Meeting",
    "MeetingKind",
    "Obligation",
    "Office",
    "OfficeRole",
    "OfficeTerm",
    "Organisation",
    "OrganisationKind",
    "OrganisationRole",
    "Outbox",
    "Participation",
    "Party",
    "Person",
    "ProgrammeAgreement",
    "Provenance",
    "Recipient",
    "RuleSetAdoption",
    "RuleWaiver",
    "SigningKey",
    "State",
    "StructureElement",
    "TreatyAction",
    "WorkPlan",
]
