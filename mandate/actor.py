"""Who acts, in what capacity, and what each capacity may do and see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

from mandate.party import PartyKind


class Capacity(StrEnum):
    """In what capacity somebody calls. Capacities follow from offices held on the day, never from a flag."""

    PUBLIC = "PUBLIC"
    STATE_PARTY = "STATE_PARTY"
    SIGNATORY = "SIGNATORY"
    OBSERVER_STATE = "OBSERVER_STATE"
    ORGANISATION = "ORGANISATION"
    ICRC = "ICRC"
    UNITED_NATIONS = "UNITED_NATIONS"
    CLUSTER_MUNITION_COALITION = "CLUSTER_MUNITION_COALITION"
    GICHD = "GICHD"
    COORDINATOR = "COORDINATOR"
    PRESIDENT = "PRESIDENT"
    PRESIDENT_DESIGNATE = "PRESIDENT_DESIGNATE"
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER"
    PARTICIPANT = "PARTICIPANT"
    ISU_STAFF = "ISU_STAFF"
    ISU_DIRECTOR = "ISU_DIRECTOR"
    ADMIN = "ADMIN"


class Visibility(StrEnum):
    """Who may see a kept thing."""

    PUBLIC = "PUBLIC"
    STATES_PARTIES = "STATES_PARTIES"
    COMMITTEE = "COMMITTEE"
    PARTICIPANTS = "PARTICIPANTS"
    CONCERNED = "CONCERNED"
    ISU = "ISU"


class Scope(StrEnum):
    """What a key may be used for; it narrows what its account may do, and never widens it."""

    READ_PUBLIC = "READ_PUBLIC"
    READ_RESTRICTED = "READ_RESTRICTED"
    READ_CONTACTS = "READ_CONTACTS"
    WRITE_DELEGATION = "WRITE_DELEGATION"
    WRITE_COORDINATION = "WRITE_COORDINATION"
    WRITE_ISU = "WRITE_ISU"
    ADMIN = "ADMIN"


_ISU = frozenset({Capacity.ISU_STAFF, Capacity.ISU_DIRECTOR, Capacity.ADMIN})

SEES: Mapping[Visibility, frozenset[Capacity]] = {
    Visibility.PUBLIC: frozenset(Capacity),
    Visibility.STATES_PARTIES: _ISU | {Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.PRESIDENT_DESIGNATE},
    Visibility.COMMITTEE: _ISU | {Capacity.COMMITTEE_MEMBER},
    Visibility.PARTICIPANTS: _ISU,
    Visibility.CONCERNED: _ISU,
    Visibility.ISU: _ISU,
}
"""Beside these, participants see what is theirs, and the parties concerned what names them."""


class Act(StrEnum):
    """An act of the institution: the mutation of that name."""

    CREATE_ACCOUNT = "createAccount"
    SUSPEND_ACCOUNT = "suspendAccount"
    ISSUE_API_KEY = "issueApiKey"
    REVOKE_API_KEY = "revokeApiKey"
    RECORD_CONTACT = "recordContact"
    CONFIRM_CONTACT = "confirmContact"
    END_CONTACT = "endContact"
    ERASE_PERSON = "erasePerson"
    RECORD_TREATY_ACTION = "recordTreatyAction"
    CORRECT_TREATY_ACTION = "correctTreatyAction"
    ADOPT_DECISION = "adoptDecision"
    FOLLOW_UP_DECISION = "followUpDecision"
    AMEND_MANDATE = "amendMandate"
    ELECT_COORDINATOR = "electCoordinator"
    FILL_VACANCY = "fillVacancy"
    RESIGN_OFFICE = "resignOffice"
    RECORD_HANDOVER = "recordHandover"
    ELECT_PRESIDENT = "electPresident"
    DESIGNATE_PRESIDENT = "designatePresident"
    NAME_COMMITTEE_REPRESENTATIVE = "nameCommitteeRepresentative"
    SCHEDULE_MEETING = "scheduleMeeting"
    RESCHEDULE_MEETING = "rescheduleMeeting"
    CONFIRM_MEETING = "confirmMeeting"
    POSTPONE_MEETING = "postponeMeeting"
    CANCEL_MEETING = "cancelMeeting"
    OPEN_MEETING = "openMeeting"
    CLOSE_MEETING = "closeMeeting"
    RECORD_NEIGHBOUR_MEETING = "recordNeighbourMeeting"
    SET_WORKING_METHODS = "setWorkingMethods"
    ADD_AGENDA_ITEM = "addAgendaItem"
    MOVE_AGENDA_ITEM = "moveAgendaItem"
    ADOPT_AGENDA = "adoptAgenda"
    AGREE_PROGRAMME = "agreeProgramme"
    INVITE_TO_MEETING = "inviteToMeeting"
    INVITE_TO_COMMITTEE_MEETING = "inviteToCommitteeMeeting"
    NOMINATE_DELEGATION = "nominateDelegation"
    REGISTER_PARTICIPANT = "registerParticipant"
    REGISTER_PARTICIPANTS = "registerParticipants"
    REVOKE_PARTICIPATION = "revokeParticipation"
    SUBMIT_CREDENTIALS = "submitCredentials"
    VERIFY_CREDENTIALS = "verifyCredentials"
    RECORD_ATTENDANCE = "recordAttendance"
    DRAFT_MEETING_RECORD = "draftMeetingRecord"
    EDIT_MEETING_RECORD = "editMeetingRecord"
    SUBMIT_MEETING_RECORD = "submitMeetingRecord"
    COMMENT_ON_MEETING_RECORD = "commentOnMeetingRecord"
    ANSWER_RECORD_COMMENT = "answerRecordComment"
    APPROVE_MEETING_RECORD = "approveMeetingRecord"
    PUBLISH_MEETING_RECORD = "publishMeetingRecord"
    CORRECT_MEETING_RECORD = "correctMeetingRecord"
    SUBMIT_STATEMENT = "submitStatement"
    DELIVER_STATEMENT = "deliverStatement"
    PUBLISH_STATEMENT = "publishStatement"
    WITHDRAW_STATEMENT = "withdrawStatement"
    REQUEST_OBSERVER_STATUS = "requestObserverStatus"
    INVITE_OBSERVER_PROVISIONALLY = "inviteObserverProvisionally"
    APPROVE_OBSERVER = "approveObserver"
    REFUSE_OBSERVER = "refuseObserver"
    ALLOCATE_SYMBOL = "allocateSymbol"
    REQUEST_UPLOAD = "requestUpload"
    ISSUE_DOCUMENT = "issueDocument"
    ISSUE_DOCUMENTS = "issueDocuments"
    ATTACH_LANGUAGE_VERSION = "attachLanguageVersion"
    ISSUE_CORRIGENDUM = "issueCorrigendum"
    DRAFT_WORK_PLAN = "draftWorkPlan"
    ENDORSE_WORK_PLAN = "endorseWorkPlan"
    SUBMIT_WORK_PLAN = "submitWorkPlan"
    APPROVE_WORK_PLAN = "approveWorkPlan"
    RETURN_WORK_PLAN = "returnWorkPlan"
    SUBMIT_ANNUAL_REPORT = "submitAnnualReport"
    PLEDGE_CONTRIBUTION = "pledgeContribution"
    RECORD_PAYMENT = "recordPayment"
    INSTRUCT_ISU = "instructIsu"
    APPOINT_DIRECTOR = "appointDirector"
    ARRANGE_ISU_SUPPORT = "arrangeIsuSupport"
    DRAFT_COMMUNICATION = "draftCommunication"
    APPROVE_COMMUNICATION = "approveCommunication"
    SEND_COMMUNICATION = "sendCommunication"
    CORRECT_COMMUNICATION = "correctCommunication"
    WITHDRAW_COMMUNICATION = "withdrawCommunication"
    ACKNOWLEDGE_COMMUNICATION = "acknowledgeCommunication"
    RECORD_BOUNCE = "recordBounce"
    RECORD_INCOMING_COMMUNICATION = "recordIncomingCommunication"
    REQUEST_ADVICE = "requestAdvice"
    ANSWER_ADVICE = "answerAdvice"
    LOG_LIAISON = "logLiaison"
    CREATE_WEBHOOK = "createWebhook"
    UPDATE_WEBHOOK = "updateWebhook"
    ROTATE_WEBHOOK_SECRET = "rotateWebhookSecret"  # noqa: S105  it is none
    ENABLE_WEBHOOK = "enableWebhook"
    DISABLE_WEBHOOK = "disableWebhook"
    DELETE_WEBHOOK = "deleteWebhook"
    TEST_WEBHOOK = "testWebhook"
    RETRY_DELIVERY = "retryDelivery"
    REPLAY_WEBHOOK = "replayWebhook"
    CREATE_EXPORT = "createExport"
    CANCEL_EXPORT = "cancelExport"


_OWN = frozenset(
    {
        Capacity.STATE_PARTY,
        Capacity.SIGNATORY,
        Capacity.OBSERVER_STATE,
        Capacity.ORGANISATION,
    }
)


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may do an act: for anybody, or (`own`) only where it concerns the caller's own party."""

    anybody: frozenset[Capacity]
    scopes: frozenset[Scope]
    own: frozenset[Capacity] = frozenset()


_WRITE_ISU = frozenset({Scope.WRITE_ISU, Scope.ADMIN})
_WRITE_OWN = _WRITE_ISU | {Scope.WRITE_DELEGATION}
_WRITE_COORDINATION = _WRITE_OWN | {Scope.WRITE_COORDINATION}
_IN_COMMITTEE_THEMSELVES = frozenset({Capacity.ICRC, Capacity.UNITED_NATIONS, Capacity.CLUSTER_MUNITION_COALITION})
_ORGANIZES = _ISU | {Capacity.PRESIDENT, Capacity.COORDINATOR}
_ANSWERS_OBSERVERS = _ISU | {Capacity.PRESIDENT_DESIGNATE}
_MANAGES = frozenset({Capacity.ISU_DIRECTOR, Capacity.ADMIN})
# To be told of what one may read anyway takes no right to write, and so no key for more than reading.
_IS_TOLD = Rights(frozenset(Capacity) - {Capacity.PUBLIC}, frozenset(Scope))

ACTS: Mapping[Act, Rights] = {
    Act.CREATE_ACCOUNT: Rights(_MANAGES, frozenset({Scope.ADMIN})),
    Act.SUSPEND_ACCOUNT: Rights(_MANAGES, frozenset({Scope.ADMIN})),
    Act.ISSUE_API_KEY: Rights(_MANAGES, frozenset({Scope.ADMIN})),
    Act.REVOKE_API_KEY: Rights(_MANAGES, frozenset({Scope.ADMIN})),
    Act.RECORD_CONTACT: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.CONFIRM_CONTACT: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.END_CONTACT: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.ERASE_PERSON: Rights(_MANAGES, frozenset({Scope.ADMIN})),
    Act.RECORD_TREATY_ACTION: Rights(_ISU, _WRITE_ISU),
    Act.CORRECT_TREATY_ACTION: Rights(_ISU, _WRITE_ISU),
    Act.ADOPT_DECISION: Rights(_ISU, _WRITE_ISU),
    Act.FOLLOW_UP_DECISION: Rights(_ISU, _WRITE_ISU),
    Act.AMEND_MANDATE: Rights(_ISU, _WRITE_ISU),
    Act.ELECT_COORDINATOR: Rights(_ISU, _WRITE_ISU),
    Act.FILL_VACANCY: Rights(_ISU, _WRITE_ISU),
    Act.RESIGN_OFFICE: Rights(_ISU, _WRITE_COORDINATION, own=_OWN),
    Act.RECORD_HANDOVER: Rights(_ISU, _WRITE_COORDINATION, own=_OWN),
    Act.ELECT_PRESIDENT: Rights(_ISU, _WRITE_ISU),
    Act.DESIGNATE_PRESIDENT: Rights(_ISU, _WRITE_ISU),
    # Each for itself alone, which a rule sees to, so that who names for another is told the paragraph.
    Act.NAME_COMMITTEE_REPRESENTATIVE: Rights(_IN_COMMITTEE_THEMSELVES, _WRITE_OWN),
    Act.SCHEDULE_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.RESCHEDULE_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.CONFIRM_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.POSTPONE_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.CANCEL_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.OPEN_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.CLOSE_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.RECORD_NEIGHBOUR_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.SET_WORKING_METHODS: Rights(_ISU, _WRITE_ISU),
    # Of an intersessional meeting, where a rule says which of them; any other agenda is for the ISU alone.
    Act.ADD_AGENDA_ITEM: Rights(_ORGANIZES, _WRITE_COORDINATION),
    Act.MOVE_AGENDA_ITEM: Rights(_ORGANIZES, _WRITE_COORDINATION),
    Act.ADOPT_AGENDA: Rights(_ISU, _WRITE_ISU),
    Act.AGREE_PROGRAMME: Rights(_ORGANIZES, _WRITE_COORDINATION),
    Act.INVITE_TO_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.INVITE_TO_COMMITTEE_MEETING: Rights(_ISU, _WRITE_ISU),
    Act.NOMINATE_DELEGATION: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.REGISTER_PARTICIPANT: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.REGISTER_PARTICIPANTS: Rights(_ISU, _WRITE_ISU),
    Act.REVOKE_PARTICIPATION: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.SUBMIT_CREDENTIALS: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.VERIFY_CREDENTIALS: Rights(_ISU, _WRITE_ISU),
    Act.RECORD_ATTENDANCE: Rights(_ISU, _WRITE_ISU),
    Act.DRAFT_MEETING_RECORD: Rights(_ISU, _WRITE_ISU),
    Act.EDIT_MEETING_RECORD: Rights(_ISU, _WRITE_ISU),
    Act.SUBMIT_MEETING_RECORD: Rights(_ISU, _WRITE_ISU),
    # Of the meeting whose record it is, for their own party.
    Act.COMMENT_ON_MEETING_RECORD: Rights(frozenset({Capacity.PARTICIPANT}), _WRITE_OWN),
    Act.ANSWER_RECORD_COMMENT: Rights(_ISU, _WRITE_ISU),
    # The President of the meeting, or the ISU by a decision of it.
    Act.APPROVE_MEETING_RECORD: Rights(_ISU | {Capacity.PRESIDENT}, _WRITE_ISU | {Scope.WRITE_COORDINATION}),
    Act.PUBLISH_MEETING_RECORD: Rights(_ISU, _WRITE_ISU),
    Act.CORRECT_MEETING_RECORD: Rights(_ISU, _WRITE_ISU),
    Act.SUBMIT_STATEMENT: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.DELIVER_STATEMENT: Rights(_ISU, _WRITE_ISU),
    Act.PUBLISH_STATEMENT: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.WITHDRAW_STATEMENT: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.REQUEST_OBSERVER_STATUS: Rights(_ISU, _WRITE_OWN, own=frozenset({Capacity.ORGANISATION})),
    Act.INVITE_OBSERVER_PROVISIONALLY: Rights(_ANSWERS_OBSERVERS, _WRITE_COORDINATION),
    Act.APPROVE_OBSERVER: Rights(_ISU, _WRITE_ISU),
    Act.REFUSE_OBSERVER: Rights(_ANSWERS_OBSERVERS, _WRITE_COORDINATION),
    Act.ALLOCATE_SYMBOL: Rights(_ISU, _WRITE_ISU),
    Act.REQUEST_UPLOAD: Rights(_ISU, _WRITE_ISU),
    Act.ISSUE_DOCUMENT: Rights(_ISU, _WRITE_ISU),
    Act.ISSUE_DOCUMENTS: Rights(_ISU, _WRITE_ISU),
    Act.ATTACH_LANGUAGE_VERSION: Rights(_ISU, _WRITE_ISU),
    Act.ISSUE_CORRIGENDUM: Rights(_ISU, _WRITE_ISU),
    Act.DRAFT_WORK_PLAN: Rights(_ISU, _WRITE_ISU),
    Act.ENDORSE_WORK_PLAN: Rights(_ISU | {Capacity.PRESIDENT}, _WRITE_ISU | {Scope.WRITE_COORDINATION}),
    Act.SUBMIT_WORK_PLAN: Rights(_ISU, _WRITE_ISU),
    Act.APPROVE_WORK_PLAN: Rights(_ISU, _WRITE_ISU),
    Act.RETURN_WORK_PLAN: Rights(_ISU, _WRITE_ISU),
    Act.SUBMIT_ANNUAL_REPORT: Rights(_ISU, _WRITE_ISU),
    Act.PLEDGE_CONTRIBUTION: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.RECORD_PAYMENT: Rights(_ISU, _WRITE_ISU),
    Act.INSTRUCT_ISU: Rights(_ISU | {Capacity.STATE_PARTY, Capacity.PRESIDENT}, _WRITE_COORDINATION),
    Act.APPOINT_DIRECTOR: Rights(_ISU, _WRITE_ISU),
    Act.ARRANGE_ISU_SUPPORT: Rights(_ISU, _WRITE_ISU),
    Act.DRAFT_COMMUNICATION: Rights(_ISU, _WRITE_ISU),
    # By somebody else than who drafted it, which the act itself sees to.
    Act.APPROVE_COMMUNICATION: Rights(_ISU, _WRITE_ISU),
    Act.SEND_COMMUNICATION: Rights(_ISU, _WRITE_ISU),
    Act.CORRECT_COMMUNICATION: Rights(_ISU, _WRITE_ISU),
    Act.WITHDRAW_COMMUNICATION: Rights(_ISU, _WRITE_ISU),
    Act.ACKNOWLEDGE_COMMUNICATION: Rights(_ISU, _WRITE_OWN, own=_OWN),
    Act.RECORD_BOUNCE: Rights(_ISU, _WRITE_ISU),
    Act.RECORD_INCOMING_COMMUNICATION: Rights(_ISU, _WRITE_ISU),
    Act.REQUEST_ADVICE: Rights(_ISU, _WRITE_OWN, own=frozenset({Capacity.STATE_PARTY})),
    Act.ANSWER_ADVICE: Rights(_ISU, _WRITE_ISU),
    Act.LOG_LIAISON: Rights(_ISU, _WRITE_ISU),
    # Each upon their own, which the acts themselves see to; who manages accounts ends those of others.
    Act.CREATE_WEBHOOK: _IS_TOLD,
    Act.UPDATE_WEBHOOK: _IS_TOLD,
    Act.ROTATE_WEBHOOK_SECRET: _IS_TOLD,
    Act.ENABLE_WEBHOOK: _IS_TOLD,
    Act.DISABLE_WEBHOOK: _IS_TOLD,
    Act.DELETE_WEBHOOK: _IS_TOLD,
    Act.TEST_WEBHOOK: _IS_TOLD,
    Act.RETRY_DELIVERY: _IS_TOLD,
    Act.REPLAY_WEBHOOK: _IS_TOLD,
    Act.CREATE_EXPORT: _IS_TOLD,
    # One of their own, which the act itself sees to.
    Act.CANCEL_EXPORT: _IS_TOLD,
}
"""The one table of who may do what."""

_A_PARTY = ("State", "Organisation")
_A_COMMUNICATION = ("Communication",)
_A_PLAN = ("WorkPlan",)
_A_RECORD = ("MeetingRecord",)
_A_STATEMENT = ("Statement",)
_A_TERM = ("OfficeTerm", "CoordinatorTerm")
_A_WEBHOOK = ("Webhook",)
ABOUT: Mapping[Act, tuple[str, ...]] = {
    Act.CREATE_ACCOUNT: _A_PARTY,
    Act.SUSPEND_ACCOUNT: ("Account",),
    Act.ISSUE_API_KEY: ("Account",),
    Act.REVOKE_API_KEY: ("ApiKey",),
    Act.RECORD_CONTACT: _A_PARTY,
    Act.CONFIRM_CONTACT: ("ContactPoint",),
    Act.END_CONTACT: ("ContactPoint",),
    Act.ERASE_PERSON: ("Person",),
    Act.RECORD_TREATY_ACTION: ("State",),
    Act.CORRECT_TREATY_ACTION: ("TreatyAction",),
    Act.ADOPT_DECISION: ("Meeting",),
    Act.FOLLOW_UP_DECISION: ("DecisionParagraph",),
    Act.AMEND_MANDATE: ("Decision",),
    Act.ELECT_COORDINATOR: ("State",),
    Act.FILL_VACANCY: _A_TERM,
    Act.RESIGN_OFFICE: _A_TERM,
    Act.RECORD_HANDOVER: _A_TERM,
    Act.ELECT_PRESIDENT: ("Meeting", "State"),
    Act.DESIGNATE_PRESIDENT: ("Meeting", "State"),
    Act.NAME_COMMITTEE_REPRESENTATIVE: ("Organisation",),
    Act.SCHEDULE_MEETING: (),
    Act.RESCHEDULE_MEETING: ("Meeting",),
    Act.CONFIRM_MEETING: ("Meeting",),
    Act.POSTPONE_MEETING: ("Meeting",),
    Act.CANCEL_MEETING: ("Meeting",),
    Act.OPEN_MEETING: ("Meeting",),
    Act.CLOSE_MEETING: ("Meeting",),
    Act.RECORD_NEIGHBOUR_MEETING: (),
    Act.SET_WORKING_METHODS: ("Meeting",),
    Act.ADD_AGENDA_ITEM: ("Meeting",),
    Act.MOVE_AGENDA_ITEM: ("AgendaItem",),
    Act.ADOPT_AGENDA: ("Meeting",),
    Act.AGREE_PROGRAMME: ("Meeting",),
    Act.INVITE_TO_MEETING: ("Meeting",),
    Act.INVITE_TO_COMMITTEE_MEETING: ("Meeting",),
    Act.NOMINATE_DELEGATION: _A_PARTY,
    Act.REGISTER_PARTICIPANT: _A_PARTY,
    Act.REGISTER_PARTICIPANTS: ("Meeting",),
    Act.REVOKE_PARTICIPATION: ("Participation",),
    Act.SUBMIT_CREDENTIALS: ("Participation",),
    Act.VERIFY_CREDENTIALS: ("Participation",),
    Act.RECORD_ATTENDANCE: ("Participation",),
    Act.DRAFT_MEETING_RECORD: ("Meeting",),
    Act.EDIT_MEETING_RECORD: _A_RECORD,
    Act.SUBMIT_MEETING_RECORD: _A_RECORD,
    Act.COMMENT_ON_MEETING_RECORD: _A_RECORD,
    Act.ANSWER_RECORD_COMMENT: ("RecordComment",),
    Act.APPROVE_MEETING_RECORD: _A_RECORD,
    Act.PUBLISH_MEETING_RECORD: _A_RECORD,
    Act.CORRECT_MEETING_RECORD: _A_RECORD,
    Act.SUBMIT_STATEMENT: _A_PARTY,
    Act.DELIVER_STATEMENT: _A_STATEMENT,
    Act.PUBLISH_STATEMENT: _A_STATEMENT,
    Act.WITHDRAW_STATEMENT: _A_STATEMENT,
    Act.REQUEST_OBSERVER_STATUS: ("Organisation",),
    Act.INVITE_OBSERVER_PROVISIONALLY: ("Meeting",),
    Act.APPROVE_OBSERVER: ("Meeting",),
    Act.REFUSE_OBSERVER: ("Meeting",),
    Act.ALLOCATE_SYMBOL: ("Meeting",),
    Act.REQUEST_UPLOAD: (),
    Act.ISSUE_DOCUMENT: ("Meeting",),
    Act.ISSUE_DOCUMENTS: ("Meeting",),
    Act.ATTACH_LANGUAGE_VERSION: ("Document",),
    Act.ISSUE_CORRIGENDUM: ("Document",),
    Act.DRAFT_WORK_PLAN: _A_PLAN,
    Act.ENDORSE_WORK_PLAN: _A_PLAN,
    Act.SUBMIT_WORK_PLAN: _A_PLAN,
    Act.APPROVE_WORK_PLAN: _A_PLAN,
    Act.RETURN_WORK_PLAN: _A_PLAN,
    Act.SUBMIT_ANNUAL_REPORT: ("Meeting",),
    Act.PLEDGE_CONTRIBUTION: _A_PARTY,
    Act.RECORD_PAYMENT: ("Contribution",),
    Act.INSTRUCT_ISU: (),
    Act.APPOINT_DIRECTOR: (),
    Act.ARRANGE_ISU_SUPPORT: ("IsuArrangement",),
    Act.DRAFT_COMMUNICATION: _A_COMMUNICATION,
    Act.APPROVE_COMMUNICATION: _A_COMMUNICATION,
    Act.SEND_COMMUNICATION: _A_COMMUNICATION,
    Act.CORRECT_COMMUNICATION: _A_COMMUNICATION,
    Act.WITHDRAW_COMMUNICATION: _A_COMMUNICATION,
    Act.ACKNOWLEDGE_COMMUNICATION: _A_PARTY,
    Act.RECORD_BOUNCE: ("Recipient",),
    Act.RECORD_INCOMING_COMMUNICATION: _A_PARTY,
    Act.REQUEST_ADVICE: ("State",),
    Act.ANSWER_ADVICE: ("AdviceRequest",),
    Act.LOG_LIAISON: ("Organisation",),
    Act.CREATE_WEBHOOK: (),
    Act.UPDATE_WEBHOOK: _A_WEBHOOK,
    Act.ROTATE_WEBHOOK_SECRET: _A_WEBHOOK,
    Act.ENABLE_WEBHOOK: _A_WEBHOOK,
    Act.DISABLE_WEBHOOK: _A_WEBHOOK,
    Act.DELETE_WEBHOOK: _A_WEBHOOK,
    Act.TEST_WEBHOOK: _A_WEBHOOK,
    Act.RETRY_DELIVERY: _A_WEBHOOK,
    Act.REPLAY_WEBHOOK: _A_WEBHOOK,
    Act.CREATE_EXPORT: (),
    Act.CANCEL_EXPORT: (),
}
"""What an act is done upon, by the names of the API."""


def narrower(one: Visibility, other: Visibility) -> Visibility:
    """What nobody sees who may not see both."""
    if one is other or other is Visibility.PUBLIC:
        return one
    return other if one is Visibility.PUBLIC else Visibility.ISU


@dataclass(frozen=True, slots=True)
class Held:
    """A capacity and what it is for: the portfolio of a Coordinator, the meeting of a participant."""

    capacity: Capacity
    of: str | None = None


_MOST_SIGHTS = 1_000


@dataclass(frozen=True, slots=True)
class Sight:
    """All that decides what somebody sees; two callers of one sight see the same."""

    visibilities: frozenset[Visibility]
    """Of all things of these, whatever they are about."""
    reads_restricted: bool
    party: str | None
    meetings: frozenset[str]

    def sees(self, visibility: Visibility) -> bool:
        return visibility in self.visibilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who calls, on one day."""

    account: str | None = None
    label: str = "the public"
    party: str | None = None
    held: frozenset[Held] = frozenset({Held(Capacity.PUBLIC)})
    scopes: frozenset[Scope] = frozenset({Scope.READ_PUBLIC})
    key: str | None = None
    """By which they call, where it is one of ours."""

    @property
    def capacities(self) -> frozenset[Capacity]:
        return frozenset(held.capacity for held in self.held)

    @property
    def meetings(self) -> frozenset[str]:
        return frozenset(h.of for h in self.held if h.capacity is Capacity.PARTICIPANT and h.of is not None)

    def sees(self, visibility: Visibility) -> bool:
        """Whether all things of this visibility, whatever they are about."""
        restricted = visibility is not Visibility.PUBLIC
        if restricted and Scope.READ_RESTRICTED not in self.scopes:
            return False
        return bool(self.capacities & SEES[visibility])

    @property
    def sight(self) -> Sight:
        return _sight_of(self)

    @property
    def manages_accounts(self) -> bool:
        return bool(self.capacities & _MANAGES) and Scope.ADMIN in self.scopes

    @property
    def is_isu(self) -> bool:
        """Whether they act for the ISU, which acts for others."""
        return bool(self.capacities & _ISU)

    @property
    def reads_restricted(self) -> bool:
        return Scope.READ_RESTRICTED in self.scopes

    @property
    def reads_contacts(self) -> bool:
        return Scope.READ_CONTACTS in self.scopes


@lru_cache(_MOST_SIGHTS)
def _sight_of(actor: Actor) -> Sight:
    seen = frozenset(each for each in Visibility if actor.sees(each))
    return Sight(seen, actor.reads_restricted, actor.party, actor.meetings)


PUBLIC = Actor()


@dataclass(frozen=True, slots=True)
class Permission:
    allowed: bool
    reasons: tuple[str, ...] = field(default=())


def may(actor: Actor, act: Act, party: str | None = None) -> Permission:
    """Whether the caller may do the act, upon the party that it concerns; with the reasons where not."""
    rights = ACTS[act]
    reasons = []
    own = party is not None and party == actor.party
    if not actor.capacities & rights.anybody and not (own and actor.capacities & rights.own):
        needed = _in_words(rights.anybody)
        if rights.own:
            needed += ", or the party that it concerns"
        reasons.append(f"{act} is for {needed}.")
    # A delegation speaks for its own party alone, whatever else its account may do.
    scopes = rights.scopes if own else rights.scopes - {Scope.WRITE_DELEGATION}
    if actor.account is None:
        reasons.append("No credential was sent.")
    elif not actor.scopes & scopes:
        reasons.append(f"The key has none of the scopes {_in_words(scopes)}.")
    return Permission(not reasons, tuple(reasons))


def _in_words(words: Iterable[StrEnum]) -> str:
    return ", ".join(sorted(word.value for word in words))


KIND_CAPACITY: Mapping[PartyKind, Capacity] = {
    PartyKind.ORGANISATION: Capacity.ORGANISATION,
    PartyKind.ISU: Capacity.ISU_STAFF,
}
OWN_RIGHTS: Mapping[str, Capacity] = {
    "ORGANISATION:ICRC": Capacity.ICRC,
    "ORGANISATION:UN": Capacity.UNITED_NATIONS,
    "ORGANISATION:CMC": Capacity.CLUSTER_MUNITION_COALITION,
    "ORGANISATION:GICHD": Capacity.GICHD,
}
"""Organisations that the rules of procedure and the paper name (rule 1.2; Prop. 3(2)(e), (f))."""

COMMITTEE_SINCE = date(2011, 9, 16)
"""The close of the Second Meeting of States Parties, which gave the Convention its Coordination Committee."""
_IN_COMMITTEE = frozenset(
    {
        Capacity.PRESIDENT,
        Capacity.PRESIDENT_DESIGNATE,
        Capacity.COORDINATOR,
        Capacity.ICRC,
        Capacity.UNITED_NATIONS,
        Capacity.CLUSTER_MUNITION_COALITION,
    }
)


def sits_in_committee(held: Iterable[Held], day: date) -> bool:
    """Whether one of these capacities brings a seat on the Coordination Committee (Prop. 3(2))."""
    return day >= COMMITTEE_SINCE and any(each.capacity in _IN_COMMITTEE for each in held)


COMMAND_LINE = Actor(
    account="command-line",
    label="the command line",
    held=frozenset({Held(Capacity.PUBLIC), Held(Capacity.ADMIN)}),
    scopes=frozenset(Scope),
)
"""Whoever has a shell on the machine has its database anyway."""
