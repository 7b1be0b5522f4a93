"""What is kept: one table and its queries per file.

Importing the package makes every table known, so that `db.Meeting` is all that others need.
"""

from db.account import Account, ApiKey, KeyUse
from db.agenda import AgendaItem, ProgrammeAgreement
from db.body import Body
from db.change import Change, JournalHead, KeptAnswer
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
from db.search import SearchText
from db.state import State
from db.support import Instruction, IsuArrangement
from db.treaty_action import TreatyAction
from db.visibility import Concern
from db.workplan import WorkPlan

__all__ = [
    "Account",
    "AgendaItem",
    "AnnualReport",
    "ApiKey",
    "Attendance",
    "Body",
    "Change",
    "CommitteeInvitation",
    "Concern",
    "Contact",
    "Contribution",
    "Convention",
    "Decision",
    "Document",
    "DocumentAuthor",
    "DocumentKind",
    "DocumentLanguage",
    "ExtensionRequest",
    "ExternalMeeting",
    "Instruction",
    "Invitation",
    "IsuArrangement",
    "JournalHead",
    "Judgement",
    "KeptAnswer",
    "KeyUse",
    "Language",
    "Meeting",
    "MeetingKind",
    "Obligation",
    "Office",
    "OfficeRole",
    "OfficeTerm",
    "Organisation",
    "OrganisationKind",
    "OrganisationRole",
    "Participation",
    "Party",
    "Person",
    "ProgrammeAgreement",
    "Provenance",
    "RuleSetAdoption",
    "RuleWaiver",
    "SearchText",
    "State",
    "StructureElement",
    "TreatyAction",
    "WorkPlan",
]
