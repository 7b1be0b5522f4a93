"""The acts of the institution in one line each, as the ISU records them through the API."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from db.engine import Database
from mandate.actor import Actor
from tests.call import ISU, act, ask, statements

EVALUATIONS = """ruleEvaluations { rule { code } verdict explanation inputs citation { paragraph }
                  waiver { reason } }"""
PROBLEM = """... on Problem { message code } ... on Invalid { fields { path message } }
             ... on Conflict { currentVersion currentStatus allowed currentId }"""
TERM = """id seat status startsOn endsOn electedUntil version state { code } portfolio { code } completes { id }
          evaluations { rule { code } verdict } waivers { rule { code } reason grantedOn }"""


def _mutation(name: str, event: str, fields: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    refusal = f"... on Refusal {{ {EVALUATIONS} }}" if EVALUATIONS in fields else ""
    return f"""mutation ($input: {kind}, $only: Boolean! = false) {{ {name}(input: $input, validateOnly: $only) {{
      __typename {PROBLEM} {refusal} ... on {event} {{ {fields} }} }} }}"""


_ELECTED = f"term {{ {TERM} }} {EVALUATIONS}"
_OFFICE = "term { id version startsOn endsOn office { code } }"
_PLAN = f"""workPlan {{ id version status visibility yearFrom yearTo endorsedOn approvedOn returnedBecause
  title {{ original }} budget {{ currency total lines {{ code amount }} }} endorsedAt {{ code }} submittedTo {{ code }}
  decision {{ id }} activities {{ code tasks dueOn portfolio {{ code }} decisions {{ id }} }} }} {EVALUATIONS}"""
_REPORT = "annualReport { id year version meeting { code } activities { original } functioning { original } }"
_CONTRIBUTION = """contribution { id version year amount currency earmark status received receivedOn visibility
  party { id } }"""
_ARRANGEMENT = f"""arrangement {{ id version kind startsOn endsOn withAnotherIsu organisation {{ code }}
  decision {{ id }} }} {EVALUATIONS}"""
_INSTRUCTION = f"""instruction {{ id version givenOn visibility party {{ id }} decision {{ id }}
  committeeMeeting {{ code }} }} {EVALUATIONS}"""
_DIRECTOR = "term { id version startsOn endsOn office { code } person { fullName } alsoServes { code } }"
_MEETING = "meeting { code status startsOn endsOn firstPlannedOn city venue timeZone version }"
_COMMUNICATION = """communication { id version status reference visibility kind sentAt corrects { reference }
  acknowledgements { means } }"""
_ADVICE = "request { id version askedOn answeredOn answer { original } }"
PROGRAMME = """final agreed { at by { party { ... on State { code } } portfolio { code } } }
               awaited { party { ... on State { code } } portfolio { code } } version"""
PARTICIPATION = """id role status credentials { status submittedOn judgedOn remarks }
                   inviteCategory registeredOn attended visibility version meeting { code } party { id }
                   person { id fullName } evaluations { rule { code } verdict }"""
COMMENT = "id paragraph text madeOn resolved answer visibility version by { id } record { id }"
RECORD = f"""id kind status visibility toBeSeenBy version reviewBeganOn reviewClosesOn approvedOn publishedOn
  meeting {{ code }} summaryOf {{ id }} title {{ original in(language: "en") {{ value }} }}
  summary {{ in(language: "en") {{ value }} }} paragraphs {{ number text {{ in(language: "en") {{ value }} }} }}
  approvedBy {{ id }} approvedAt {{ code }} decision {{ id }} comments {{ {COMMENT} }}
  corrigenda {{ number paragraph reason issuedOn reads {{ original }} }}"""
STATEMENT = """id status visibility toBeSeenBy version submittedOn deliveredOn publishedOn meeting { code } by { id }
  onBehalfOf { id } agendaItem { number } speaker { fullName } text { original in(language: "en") { value } }"""
PARAGRAPH = """id number type status dueOn actors addressees { id } version supersededBy { number decision { number } }
  followUps { note status notedOn document { id } } text { in(language: "en") { value } }"""
_RECORD = f"record {{ {RECORD} }}"
_MANY = f"participations {{ {PARTICIPATION} }} failed {{ place path code message }} {EVALUATIONS}"
OBSERVERS = """observers { status organisation { code } purpose requestedOn invitedOn decidedOn decision { id }
               version }"""
DOCUMENT = """document { id symbol version visibility isReserved issuedOn isUnDocument
  originalLanguage title { original available } kind { code } meeting { code } alsoServes { code }
  agendaItems { number } missingLanguages lateLanguages { language dueSince availableOn }
  languageVersions { language status isAdvance isLate availableOn files { name mediaType bytes sha256 url } }
  relations { type languages target { symbol } } relatedBy { type languages document { symbol } } }"""
_DOCUMENTS = DOCUMENT.replace("document {", "documents {", 1)
ACTS = {
    "adoptDecision": _mutation("adoptDecision", "DecisionAdopted", "decision { id number adoptedOn method }"),
    "amendMandate": _mutation("amendMandate", "MandateAmended", "ruleSet { code status effectiveFrom }"),
    "electCoordinator": _mutation("electCoordinator", "CoordinatorElected", _ELECTED),
    "fillVacancy": _mutation("fillVacancy", "VacancyFilled", _ELECTED),
    "resignOffice": _mutation("resignOffice", "OfficeResigned", f"{_OFFICE} {EVALUATIONS}"),
    "recordHandover": _mutation("recordHandover", "HandoverRecorded", _OFFICE),
    "electPresident": _mutation("electPresident", "PresidentElected", _OFFICE),
    "designatePresident": _mutation("designatePresident", "PresidentDesignated", _OFFICE),
    "nameCommitteeRepresentative": _mutation(
        "nameCommitteeRepresentative", "CommitteeRepresentativeNamed", f"{_OFFICE} {EVALUATIONS}"
    ),
    "scheduleMeeting": _mutation("scheduleMeeting", "MeetingScheduled", f"{_MEETING} {EVALUATIONS}"),
    "rescheduleMeeting": _mutation("rescheduleMeeting", "MeetingRescheduled", f"{_MEETING} {EVALUATIONS}"),
    "confirmMeeting": _mutation("confirmMeeting", "MeetingConfirmed", f"{_MEETING} {EVALUATIONS}"),
    "postponeMeeting": _mutation("postponeMeeting", "MeetingPostponed", f"{_MEETING} {EVALUATIONS}"),
    "cancelMeeting": _mutation("cancelMeeting", "MeetingCancelled", _MEETING),
    "openMeeting": _mutation("openMeeting", "MeetingOpened", f"{_MEETING} {EVALUATIONS}"),
    "closeMeeting": _mutation("closeMeeting", "MeetingClosed", f"{_MEETING} {EVALUATIONS}"),
    "recordNeighbourMeeting": _mutation(
        "recordNeighbourMeeting", "NeighbourMeetingRecorded", "meeting { id title startsOn }"
    ),
    "setWorkingMethods": _mutation(
        "setWorkingMethods",
        "WorkingMethodsSet",
        'meeting { code version workingMethods { original in(language: "en") { value } } workingMethodsSetOn }',
    ),
    "addAgendaItem": _mutation(
        "addAgendaItem",
        "AgendaItemAdded",
        f"""item {{ id number subject visibility version meeting {{ code }} parent {{ number }} portfolio {{ code }}
            title {{ original }} evaluations {{ rule {{ code }} verdict }} }} {EVALUATIONS}""",
    ),
    "moveAgendaItem": _mutation(
        "moveAgendaItem",
        "AgendaItemMoved",
        f"item {{ id number version meeting {{ code }} parent {{ number }} }} {EVALUATIONS}",
    ),
    "adoptAgenda": _mutation(
        "adoptAgenda",
        "AgendaAdopted",
        "meeting { code version agendaAdoption { adoptedOn revisedOn decision { id } } }",
    ),
    "agreeProgramme": _mutation(
        "agreeProgramme", "ProgrammeAgreed", f"meeting {{ code programme {{ {PROGRAMME} }} }} {EVALUATIONS}"
    ),
    "inviteToMeeting": _mutation(
        "inviteToMeeting", "MeetingInvitationsRecorded", "meeting { code invitations { category invitedOn } }"
    ),
    "inviteToCommitteeMeeting": _mutation(
        "inviteToCommitteeMeeting", "CommitteeInvitationRecorded", "meeting { code } party { id }"
    ),
    "registerParticipant": _mutation(
        "registerParticipant", "ParticipantRegistered", f"participation {{ {PARTICIPATION} }} {EVALUATIONS}"
    ),
    "nominateDelegation": _mutation("nominateDelegation", "DelegationNominated", _MANY),
    "registerParticipants": _mutation("registerParticipants", "ParticipantsRegistered", _MANY),
    "revokeParticipation": _mutation(
        "revokeParticipation", "ParticipationRevoked", f"participation {{ {PARTICIPATION} }}"
    ),
    "submitCredentials": _mutation("submitCredentials", "CredentialsSubmitted", f"participation {{ {PARTICIPATION} }}"),
    "verifyCredentials": _mutation("verifyCredentials", "CredentialsJudged", f"participation {{ {PARTICIPATION} }}"),
    "requestObserverStatus": _mutation(
        "requestObserverStatus", "ObserverStatusRequested", f"meeting {{ code {OBSERVERS} }}"
    ),
    "inviteObserverProvisionally": _mutation(
        "inviteObserverProvisionally", "ObserverInvitedProvisionally", f"meeting {{ code {OBSERVERS} }}"
    ),
    "approveObserver": _mutation("approveObserver", "ObserverApproved", f"meeting {{ code {OBSERVERS} }}"),
    "refuseObserver": _mutation("refuseObserver", "ObserverRefused", f"meeting {{ code {OBSERVERS} }}"),
    "recordAttendance": _mutation("recordAttendance", "AttendanceRecorded", f"participation {{ {PARTICIPATION} }}"),
    "followUpDecision": _mutation("followUpDecision", "DecisionFollowedUp", f"paragraph {{ {PARAGRAPH} }}"),
    "submitStatement": _mutation("submitStatement", "StatementSubmitted", f"statement {{ {STATEMENT} }}"),
    "deliverStatement": _mutation("deliverStatement", "StatementDelivered", f"statement {{ {STATEMENT} }}"),
    "publishStatement": _mutation("publishStatement", "StatementPublished", f"statement {{ {STATEMENT} }}"),
    "withdrawStatement": _mutation("withdrawStatement", "StatementWithdrawn", f"statement {{ {STATEMENT} }}"),
    "draftMeetingRecord": _mutation("draftMeetingRecord", "MeetingRecordDrafted", _RECORD),
    "editMeetingRecord": _mutation("editMeetingRecord", "MeetingRecordEdited", _RECORD),
    "submitMeetingRecord": _mutation("submitMeetingRecord", "MeetingRecordSubmitted", _RECORD),
    "commentOnMeetingRecord": _mutation("commentOnMeetingRecord", "MeetingRecordCommented", f"comment {{ {COMMENT} }}"),
    "answerRecordComment": _mutation("answerRecordComment", "RecordCommentAnswered", f"comment {{ {COMMENT} }}"),
    "approveMeetingRecord": _mutation("approveMeetingRecord", "MeetingRecordApproved", _RECORD),
    "publishMeetingRecord": _mutation("publishMeetingRecord", "MeetingRecordPublished", _RECORD),
    "correctMeetingRecord": _mutation("correctMeetingRecord", "MeetingRecordCorrected", _RECORD),
    "allocateSymbol": _mutation("allocateSymbol", "SymbolAllocated", DOCUMENT),
    "requestUpload": _mutation("requestUpload", "UploadRequested", "upload url mediaType expiresAt"),
    "issueDocument": _mutation("issueDocument", "DocumentIssued", DOCUMENT),
    "issueDocuments": _mutation(
        "issueDocuments", "DocumentsIssued", f"{_DOCUMENTS} failed {{ place path code message }}"
    ),
    "attachLanguageVersion": _mutation("attachLanguageVersion", "LanguageVersionAttached", DOCUMENT),
    "issueCorrigendum": _mutation("issueCorrigendum", "CorrigendumIssued", DOCUMENT),
    "draftWorkPlan": _mutation("draftWorkPlan", "WorkPlanDrafted", _PLAN),
    "endorseWorkPlan": _mutation("endorseWorkPlan", "WorkPlanEndorsed", _PLAN),
    "submitWorkPlan": _mutation("submitWorkPlan", "WorkPlanSubmitted", _PLAN),
    "approveWorkPlan": _mutation("approveWorkPlan", "WorkPlanApproved", _PLAN),
    "returnWorkPlan": _mutation("returnWorkPlan", "WorkPlanReturned", _PLAN),
    "submitAnnualReport": _mutation("submitAnnualReport", "AnnualReportSubmitted", _REPORT),
    "pledgeContribution": _mutation("pledgeContribution", "ContributionPledged", _CONTRIBUTION),
    "recordPayment": _mutation("recordPayment", "PaymentRecorded", _CONTRIBUTION),
    "instructIsu": _mutation("instructIsu", "IsuInstructed", _INSTRUCTION),
    "appointDirector": _mutation(
        "appointDirector",
        "DirectorAppointed",
        f"{_DIRECTOR} {EVALUATIONS}",
    ),
    "draftCommunication": _mutation("draftCommunication", "CommunicationDrafted", _COMMUNICATION),
    "approveCommunication": _mutation("approveCommunication", "CommunicationApproved", _COMMUNICATION),
    "sendCommunication": _mutation(
        "sendCommunication",
        "CommunicationSent",
        f"{_COMMUNICATION} recipientCount withoutAddress {{ id }}",
    ),
    "correctCommunication": _mutation("correctCommunication", "CommunicationCorrected", _COMMUNICATION),
    "withdrawCommunication": _mutation("withdrawCommunication", "CommunicationWithdrawn", _COMMUNICATION),
    "acknowledgeCommunication": _mutation("acknowledgeCommunication", "CommunicationAcknowledged", _COMMUNICATION),
    "recordBounce": _mutation("recordBounce", "BounceRecorded", "recipient { id status version }"),
    "recordIncomingCommunication": _mutation(
        "recordIncomingCommunication", "IncomingCommunicationRecorded", "communication { id version receivedOn }"
    ),
    "createExport": _mutation("createExport", "ExportCreated", "export { id status }"),
    "cancelExport": _mutation("cancelExport", "ExportCancelled", "export { id status }"),
    "requestAdvice": _mutation("requestAdvice", "AdviceRequested", _ADVICE),
    "answerAdvice": _mutation("answerAdvice", "AdviceAnswered", _ADVICE),
    "logLiaison": _mutation("logLiaison", "LiaisonLogged", "entry { id on visibility }"),
    "arrangeIsuSupport": _mutation("arrangeIsuSupport", "IsuSupportArranged", _ARRANGEMENT),
}


class Institution:
    """`await isu.electCoordinator(portfolio=…, …)` is what the act came to; a problem that is not expected fails."""

    def __init__(self, database: Database, actor: Actor = ISU) -> None:
        self.database = database
        self._actor = actor

    def as_(self, actor: Actor) -> Institution:
        return Institution(self.database, actor)

    async def __call__(self, name: str, /, **given: Any) -> Any:
        """Whatever it came to; `validate_only=True`, whatever it would come to."""
        only = given.pop("validate_only", False)
        return await act(self.database, self._actor, ACTS[name], input=given, only=only)

    async def done(self, name: str, /, **given: Any) -> Any:
        result = await self(name, **given)
        assert "message" not in result, result
        return result

    async def refused(self, name: str, /, **given: Any) -> list[str]:
        """The rules that stand against it."""
        result = await self(name, **given)
        assert result["__typename"] == "Refusal", result
        return violated(result)

    async def ask(self, query: str, **variables: Any) -> Any:
        answer = await ask(self.database, self._actor, query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def database_statements(self) -> AbstractContextManager[list[str]]:
        """What is sent to the database within the block."""
        return statements(self.database)

    async def meeting(self, code: str, starts_on: str, ends_on: str, **given: Any) -> Any:
        """A Meeting of States Parties, where nothing else is said."""
        whole = {
            "kind": "meeting_of_states_parties",
            "formality": "FORMAL",
            "title": [{"language": "en", "value": f"Meeting {code}"}],
            "startsOn": starts_on,
            "endsOn": ends_on,
            **given,
        }
        return await self.done("scheduleMeeting", code=code, **whole)

    async def decision(self, meeting: str, on: str, number: str = "1", **given: Any) -> str:
        """The id of a decision that the meeting took."""
        result = await self.done(
            "adoptDecision",
            meeting=meeting,
            number=number,
            title=[{"language": "en", "value": f"Decision {number}"}],
            adoptedOn=on,
            **given,
        )
        id_: str = result["decision"]["id"]
        return id_


def violated(result: Any) -> list[str]:
    return [each["rule"]["code"] for each in result["ruleEvaluations"] if each["verdict"] == "VIOLATED"]


def warned(result: Any) -> list[str]:
    return [each["rule"]["code"] for each in result["ruleEvaluations"] if each["verdict"] == "WARNING"]
