"""What is kept: one table and its queries per file.

Importing the package makes every table known, so that `db.Meeting` is all that others need.
"""

from db.account import Account, ApiKey, KeyUse
from db.agenda import AgendaAdoption, AgendaItem, ProgrammeAgreement
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
from db.decision import Decision, DecisionAddressee, DecisionParagraph, FollowUp
from db.document import (
    Document,
    DocumentAgendaItem,
    DocumentAuthor,
    DocumentFile,
    DocumentKind,
    DocumentLanguage,
    DocumentMeeting,
    DocumentRelation,
    Language,
)
from db.export import Export
from db.extension import ExtensionRequest
from db.feed import FeedEntry
from db.file import Upload
from db.meeting import Attendance, ExternalMeeting, Meeting, MeetingKind
from db.obligation import Obligation
from db.observer import MeetingObserver
from db.office import Office, OfficeRole, OfficeTerm
from db.organisation import Organisation, OrganisationKind, OrganisationRole
from db.participation import CommitteeInvitation, Invitation, Participation
from db.party import Party
from db.person import Person
from db.provenance import Provenance
from db.record import Corrigendum, MeetingRecord, RecordComment
from db.report import AnnualReport
from db.rule import Judgement, RuleSetAdoption, RuleWaiver
from db.search import FileText, SearchText
from db.state import State
from db.statement import Statement, StatementParty
from db.support import AdviceRequest, Instruction, IsuArrangement, LiaisonEntry
from db.treaty_action import TreatyAction
from db.visibility import Concern
from db.webhook import Webhook, WebhookAttempt, WebhookDelivery, WebhookQueue
from db.workplan import WorkPlan

__all__ = [
    "Account",
    "Acknowledgement",
    "AdviceRequest",
    "AgendaAdoption",
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
    "Corrigendum",
    "Decision",
    "DecisionAddressee",
    "DecisionParagraph",
    "DeliveryAttempt",
    "Dispatch",
    "Document",
    "DocumentAgendaItem",
    "DocumentAuthor",
    "DocumentFile",
    "DocumentKind",
    "DocumentLanguage",
    "DocumentMeeting",
    "DocumentRelation",
    "Export",
    "ExtensionRequest",
    "ExternalMeeting",
    "FeedEntry",
    "FileText",
    "FollowUp",
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
    "MeetingObserver",
    "MeetingRecord",
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
    "RecordComment",
    "RuleSetAdoption",
    "RuleWaiver",
    "SearchText",
    "SigningKey",
    "State",
    "Statement",
    "StatementParty",
    "StructureElement",
    "TreatyAction",
    "Upload",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookQueue",
    "WorkPlan",
]
