"""The Second Meeting of States Parties, from the invitation to the acknowledged circular, by the public API alone.

It needs a server that knows States, organisations and who is affected, and no meeting yet, and the key of an
administrator of the ISU:

    isu migrate && isu load data/ccm --only states,organisations,affected_states && isu serve
    ISU_URL=http://127.0.0.1:8000 ISU_KEY=isu_… python examples/second_meeting.py

Five parties call: the ISU (two of its people, for what one drafts another releases), the State that presides, a
delegation, the CMC and an NGO. After each step it tells what the public, the delegation, the NGO and the ISU see.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

LANGUAGES = {
    "en": "Draft Beirut Declaration: clearance of contaminated land",
    "fr": "Projet de déclaration de Beyrouth : dépollution des terres contaminées",
    "es": "Proyecto de declaración de Beirut: limpieza de tierras contaminadas",
    "ru": "Проект Бейрутской декларации: Ливан и очистка загрязнённых земель",
    "zh": "贝鲁特宣言草案：《公约》的执行",
    "ar": "مشروع إعلان بيروت: تطهير الأراضي من قنابل عنقودية",
}
# The first of each pair serves for one year (Prop. 2(5)).
COORDINATORS = {
    "general_status_and_operation": ("VAT", "ZMB"),
    "universalization": ("JPN", "PRT"),
    "victim_assistance": ("AUT", "BIH"),
    "clearance_and_risk_reduction": ("LAO", "IRL"),
    "stockpile_destruction_and_retention": ("DEU", "HRV"),
    "cooperation_and_assistance": ("ESP", "MEX"),
    "reporting_and_transparency": ("BEL",),
    "national_implementation_measures": ("NZL",),
}
SIGHT = """{
  meeting(code: "2MSP") {
    status invitations { category } agenda { number } observers { organisation { code } status }
    participations { totalCount } documents { nodes { symbol } } statements { nodes { status } }
    decisions { number } records { status }
  }
  communications { nodes { status } }
  found: search(query: "dépollution") { totalCount }
}"""


class UnexpectedError(Exception):
    """An act came to something else than was expected."""


class Caller:
    """Somebody with a key, or nobody in particular."""

    def __init__(self, url: str, key: str | None = None) -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=60)

    def ask(self, query: str, **variables: Any) -> Any:
        answer = self._http.post("/graphql", json={"query": query, "variables": variables}).json()
        if "errors" in answer:
            raise UnexpectedError(answer["errors"])
        return answer["data"]

    def act(self, name: str, success: str, fields: str = "__typename", /, **given: Any) -> Any:
        """What the act brought about; whatever else it came to is raised, in the words of the API."""
        input_type = f"{name[0].upper()}{name[1:]}Input!"
        answer = self.ask(
            f"mutation ($input: {input_type}) {{ result: {name}(input: $input) {{ "
            f"__typename ... on {success} {{ {fields} }} ... on Problem {{ message }} }} }}",
            input=given,
        )["result"]
        if answer["__typename"] != success:
            raise UnexpectedError(f"{name}: {answer}")
        return answer

    def send(self, name: str, content: bytes) -> str:
        """The id of an upload, of which the bytes were sent."""
        ticket = self.act("requestUpload", "UploadRequested", "upload url", name=name)
        self._http.put(ticket["url"], content=content).raise_for_status()
        return str(ticket["upload"])

    def close(self) -> None:
        self._http.close()


def words(**wordings: str) -> list[dict[str, str]]:
    return [{"language": language, "value": value} for language, value in wordings.items()]


class SecondMeeting:
    """Its steps in their order, each of which is an act or a few that belong together."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self.isu = Caller(url, key)
        self.public = Caller(url)
        self.states = self._ids("states", first=250)
        self.organisations = self._ids("organisations", first=250)
        (office,) = self.isu.ask("{ viewer { parties { id } } }")["viewer"]["parties"]
        # Somebody on record: of an account that could be anybody's, nobody can tell whether it is a second person's.
        contact = {"party": office["id"], "role": "ORGANISATION_CONTACT", "validFrom": "2011-01-01"}
        recorded = self.isu.act(
            "recordContact",
            "ContactRecorded",
            "contactPoint { person { id } }",
            **contact,
            fullName="A colleague",
            emails=["colleague@isu.example"],
        )["contactPoint"]
        person = recorded["person"]["id"]
        self.colleague = self._let_in("A colleague at the ISU", office["id"], "WRITE_ISU", person=person)
        self.lebanon = self._let_in("The mission of Lebanon", self.states["LBN"])
        self.germany = self._let_in("The delegation of Germany", self.states["DEU"])
        self.cmc = self._let_in("The Cluster Munition Coalition", self.organisations["CMC"])
        self.ngo = self._let_in("Human Rights Watch", self.organisations["HRW"])
        self.today = self.isu.ask("{ presidency { asOf } }")["presidency"]["asOf"]
        self.agenda: dict[str, str] = {}
        self.kept: dict[str, Any] = {}

    def _ids(self, name: str, first: int) -> dict[str, str]:
        nodes = self.isu.ask(f"{{ found: {name}(first: {first}) {{ nodes {{ id code }} }} }}")["found"]["nodes"]
        return {node["code"]: node["id"] for node in nodes}

    def _let_in(self, label: str, party: str, *scopes: str, person: str | None = None) -> Caller:
        whose = {"kind": "SERVICE"} if person is None else {"kind": "PERSON", "person": person}
        account = self.isu.act("createAccount", "AccountCreated", "account { id }", label=label, party=party, **whose)[
            "account"
        ]["id"]
        granted = ["READ_PUBLIC", "READ_RESTRICTED", "READ_CONTACTS", "WRITE_DELEGATION", "WRITE_COORDINATION", *scopes]
        issued = self.isu.act("issueApiKey", "ApiKeyIssued", "token", account=account, label=label, scopes=granted)
        return Caller(self._url, issued["token"])

    def _version(self) -> int:
        version: int = self.isu.ask('{ meeting(code: "2MSP") { version } }')["meeting"]["version"]
        return version

    # ---------- before ----------

    def schedule(self) -> None:
        for code, place, country, starts, ends in (
            ("2MSP", "Beirut", "LBN", "2011-09-12", "2011-09-16"),
            ("3MSP", "Oslo", "NOR", "2012-09-11", "2012-09-14"),
        ):
            self.isu.act(
                "scheduleMeeting",
                "MeetingScheduled",
                code=code,
                kind="meeting_of_states_parties",
                formality="FORMAL",
                title=words(en=f"Meeting of States Parties in {place}"),
                startsOn=starts,
                endsOn=ends,
                city=place,
                country=country,
                timeZone="Asia/Beirut" if country == "LBN" else "Europe/Oslo",
            )

    def invite(self) -> None:
        categories = ["STATES_PARTIES", "OBSERVER_STATES", "ORGANISATIONS", "NGOS"]
        self.isu.act("inviteToMeeting", "MeetingInvitationsRecorded", meeting="2MSP", categories=categories)

    def nominate(self) -> None:
        """Each its own people; of States Parties credentials are asked (rule 4)."""
        for caller, party, head in (
            (self.lebanon, self.states["LBN"], "Adnan Mansour"),
            (self.germany, self.states["DEU"], "Gesine Beispiel"),
            (self.cmc, self.organisations["CMC"], "Laura Example"),
        ):
            named = caller.act(
                "nominateDelegation",
                "DelegationNominated",
                "failed { message } participations { id version credentials { status } }",
                meeting="2MSP",
                party=party,
                people=[
                    {"fullName": head, "role": "HEAD_OF_DELEGATION"},
                    {"fullName": f"Adviser to {head}", "role": "ADVISER"},
                ],
            )
            for each in named["participations"]:
                if each["credentials"]["status"] == "NOT_REQUIRED":
                    continue
                given = {"participation": each["id"]}
                caller.act("submitCredentials", "CredentialsSubmitted", **given, expectedVersion=each["version"])
                given |= {"inOrder": True, "expectedVersion": each["version"] + 1}
                self.isu.act("verifyCredentials", "CredentialsJudged", **given)

    def request_observer_status(self) -> None:
        given = {"meeting": "2MSP", "organisation": self.organisations["HRW"]}
        self.ngo.act("requestObserverStatus", "ObserverStatusRequested", **given, purpose="To follow the meeting.")
        self.isu.act("inviteObserverProvisionally", "ObserverInvitedProvisionally", **given, expectedVersion=1)

    def plan(self) -> None:
        for number, title in (
            ("1", "Opening of the meeting"),
            ("2", "Election of the President"),
            ("10", "General status and operation of the Convention"),
            ("11", "Clearance and risk reduction"),
        ):
            item = self.isu.act(
                "addAgendaItem",
                "AgendaItemAdded",
                "item { id }",
                meeting="2MSP",
                number=number,
                title=words(en=title),
            )
            self.agenda[number] = item["item"]["id"]

    def issue_documents(self) -> None:
        """Two papers: one in six languages, one for States Parties only."""
        versions = [
            {"language": language, "uploads": [self.isu.send(f"declaration-{language}.txt", text.encode())]}
            for language, text in LANGUAGES.items()
        ]
        symbol = self.isu.act(
            "allocateSymbol",
            "SymbolAllocated",
            "document { symbol }",
            meeting="2MSP",
            kind="working_paper",
            series="WP",
            title=words(en="Draft Beirut Declaration"),
        )["document"]["symbol"]
        given = {"kind": "working_paper", "meetings": ["2MSP"], "agendaItems": [self.agenda["10"]]}
        self.kept["paper"] = self.isu.act(
            "issueDocument",
            "DocumentIssued",
            "document { id symbol missingLanguages }",
            **given,
            symbol=symbol,
            issuedOn="2011-09-01",
            title=words(**LANGUAGES),
            originalLanguage="en",
            versions=versions,
            visibility="PUBLIC",
        )["document"]
        self.isu.act(
            "issueDocument",
            "DocumentIssued",
            **given,
            issuedOn="2011-09-02",
            symbol="CCM/MSP/2011/WP.4",
            title=words(en="Estimated costs, for States Parties"),
            originalLanguage="en",
            versions=[{"language": "en", "uploads": [self.isu.send("costs.txt", "The cost of dépollution".encode())]}],
            visibility="STATES_PARTIES",
        )

    # ---------- the meeting ----------

    def begin(self) -> None:
        self.isu.act("openMeeting", "MeetingOpened", meeting="2MSP", expectedVersion=self._version(), on="2011-09-12")
        self.isu.act("electPresident", "PresidentElected", meeting="2MSP", state="LBN", fullName="Adnan Mansour")
        self.isu.act("adoptAgenda", "AgendaAdopted", meeting="2MSP", expectedVersion=self._version())

    def decide(self) -> None:
        admitted = self._decision("1", "2011-09-12", "Organisations that observe the meeting")
        (hrw,) = (
            each
            for each in self.isu.ask('{ meeting(code: "2MSP") { observers { version organisation { code } } } }')[
                "meeting"
            ]["observers"]
            if each["organisation"]["code"] == "HRW"
        )
        given = {"meeting": "2MSP", "organisation": self.organisations["HRW"], "expectedVersion": hrw["version"]}
        self.isu.act("approveObserver", "ObserverApproved", **given, decision=admitted)
        self.kept["elections"] = self._decision(
            "25",
            "2011-09-16",
            "Coordinators of the Working Groups and themes",
            paragraphs=[
                {
                    "number": "25",
                    "text": words(en="The meeting welcomed the Coordinators, who hand over to those who follow."),
                    "actors": ["The Coordinators"],
                    "addressees": [self.states["DEU"], self.states["HRV"]],
                    "dueOn": "2012-09-14",
                }
            ],
        )

    def _decision(self, number: str, on: str, title: str, **given: Any) -> str:
        decided = self.isu.act(
            "adoptDecision",
            "DecisionAdopted",
            "decision { id permalink }",
            meeting="2MSP",
            number=number,
            title=words(en=title),
            adoptedOn=on,
            agendaItem=self.agenda["10"],
            **given,
        )
        return str(decided["decision"]["id"])

    def speak(self) -> None:
        for caller, party, text in (
            (self.germany, self.states["DEU"], "Germany has destroyed half of its stockpile."),
            (self.cmc, self.organisations["CMC"], "Not one more victim."),
        ):
            statement = caller.act(
                "submitStatement",
                "StatementSubmitted",
                "statement { id version }",
                meeting="2MSP",
                party=party,
                agendaItem=self.agenda["11"],
                text=words(en=text),
            )["statement"]
            given = {"statement": statement["id"]}
            self.isu.act("deliverStatement", "StatementDelivered", **given, expectedVersion=statement["version"])
            if caller is self.germany:
                caller.act("publishStatement", "StatementPublished", **given, expectedVersion=statement["version"] + 1)

    def elect(self) -> None:
        for portfolio, elected in COORDINATORS.items():
            for place, state in enumerate(elected):
                one_year = len(elected) == 2 and place == 0
                self.isu.act(
                    "electCoordinator",
                    "CoordinatorElected",
                    portfolio=portfolio,
                    state=state,
                    decision=self.kept["elections"],
                    **({"endsAt": {"meeting": "3MSP"}} if one_year else {}),
                )

    def close(self) -> None:
        self.isu.act("closeMeeting", "MeetingClosed", meeting="2MSP", expectedVersion=self._version())
        self.isu.act("designatePresident", "PresidentDesignated", meeting="3MSP", state="NOR", startsOn="2011-09-16")

    # ---------- afterwards ----------

    def draft_record(self) -> None:
        self.kept["record"] = self.isu.act(
            "draftMeetingRecord",
            "MeetingRecordDrafted",
            "record { id version }",
            meeting="2MSP",
            title=words(en="Final report of the Second Meeting of States Parties"),
            paragraphs=[
                {"number": "1", "text": words(en="The Second Meeting was held in Beirut.")},
                {"number": "25", "text": words(en="The meeting welcomed the Coordinators.")},
            ],
        )["record"]

    def review_record(self) -> None:
        given = {"record": self.kept["record"]["id"]}
        self._with_record(self.isu, "submitMeetingRecord", "MeetingRecordSubmitted", reviewClosesOn=self.today)
        comment = self.germany.act(
            "commentOnMeetingRecord",
            "MeetingRecordCommented",
            "comment { id version }",
            **given,
            paragraph="25",
            text="Name them.",
        )["comment"]
        self.isu.act(
            "answerRecordComment",
            "RecordCommentAnswered",
            comment=comment["id"],
            expectedVersion=comment["version"],
            answer="The decision names them.",
        )

    def approve_record(self) -> None:
        self._with_record(self.lebanon, "approveMeetingRecord", "MeetingRecordApproved")

    def publish_record(self) -> None:
        self._with_record(self.isu, "publishMeetingRecord", "MeetingRecordPublished")

    def _with_record(self, caller: Caller, name: str, success: str, **given: Any) -> None:
        record = self.kept["record"]
        given |= {"record": record["id"], "expectedVersion": record["version"]}
        self.kept["record"] = caller.act(name, success, "record { id version }", **given)["record"]

    def draft_circular(self) -> None:
        for state, language in (("DEU", "en"), ("LBN", "ar"), ("MEX", "es")):
            self.isu.act(
                "recordContact",
                "ContactRecorded",
                party=self.states[state],
                role="PERMANENT_MISSION",
                emails=[f"mission@{state.lower()}.example"],
                preferredLanguages=[language],
                validFrom="2011-09-16",
                visibility="ISU",
            )
        self.kept["circular"] = self.isu.act(
            "draftCommunication",
            "CommunicationDrafted",
            "communication { id version }",
            kind="CIRCULAR",
            audience={"groups": ["ALL_STATES_PARTIES"]},
            subject=words(en="Final report of the Second Meeting", es="Informe final de la Segunda Reunión"),
            body=words(en="The **final report** is published.", es="El **informe final** está publicado."),
            documents=[self.kept["paper"]["id"]],
        )["communication"]

    def send_circular(self) -> None:
        given = {"communication": self.kept["circular"]["id"]}
        version = self.kept["circular"]["version"]
        self.colleague.act("approveCommunication", "CommunicationApproved", **given, expectedVersion=version)
        self.kept["sent"] = self.isu.act(
            "sendCommunication",
            "CommunicationSent",
            "recipientCount withoutAddress { ... on State { code } }",
            **given,
            expectedVersion=version + 1,
        )

    def acknowledge(self) -> None:
        self.germany.act(
            "acknowledgeCommunication",
            "CommunicationAcknowledged",
            communication=self.kept["circular"]["id"],
            party=self.states["DEU"],
        )

    # ---------- all of it ----------

    STEPS = (
        schedule,
        invite,
        nominate,
        request_observer_status,
        plan,
        issue_documents,
        begin,
        decide,
        speak,
        elect,
        close,
        draft_record,
        review_record,
        approve_record,
        publish_record,
        draft_circular,
        send_circular,
        acknowledge,
    )

    def sights(self) -> dict[str, Any]:
        """What four of the callers see."""
        callers = {"public": self.public, "delegation": self.germany, "ngo": self.ngo, "isu": self.isu}
        return {name: seen(caller.ask(SIGHT)) for name, caller in callers.items()}

    def finish(self) -> None:
        everybody = (self.isu, self.colleague, self.lebanon, self.germany, self.cmc, self.ngo, self.public)
        for caller in everybody:
            caller.close()


def seen(data: Any) -> dict[str, Any]:
    """The sight of a caller, in short."""
    meeting = data["meeting"]
    return {
        "meeting": meeting["status"],
        "invited": len(meeting["invitations"]),
        "agenda": len(meeting["agenda"]),
        "observers": {each["organisation"]["code"]: each["status"] for each in meeting["observers"]}.get("HRW"),
        "participants": meeting["participations"]["totalCount"],
        "documents": len(meeting["documents"]["nodes"]),
        "found": data["found"]["totalCount"],
        "statements": [each["status"] for each in meeting["statements"]["nodes"]],
        "decisions": len(meeting["decisions"]),
        "record": [each["status"] for each in meeting["records"]],
        "communications": [each["status"] for each in data["communications"]["nodes"]],
    }


def hold(url: str, key: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Each step, with what four of the callers see after it."""
    meeting = SecondMeeting(url, key)
    try:
        sights = []
        for step in SecondMeeting.STEPS:
            step(meeting)
            sights.append((step.__name__, meeting.sights()))
        return sights
    finally:
        meeting.finish()


if __name__ == "__main__":
    for step, sights in hold(os.environ["ISU_URL"], os.environ["ISU_KEY"]):
        print(step)
        for caller, sight in sights.items():
            told = ", ".join(f"{name} {value}" for name, value in sight.items() if value)
            print(f"    {caller:<11}{told}")
