"""A register in which every caller of the matrix has a key, and every kind of object is there in every visibility."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

import db
from db.engine import Database
from db.record import paragraphs_as_json
from db.table import Kept, LocalizedTextType, PartialDateType, new_id
from db.unit import Signature, Unit, instant
from db.workplan import activities_as_json, budget_as_json
from mandate.account import AccountKind, AccountStatus
from mandate.actor import PUBLIC, Scope, Visibility
from mandate.agenda import ReviewSubject
from mandate.communication import (
    AcknowledgementMeans,
    Audience,
    AudienceGroup,
    CommunicationKind,
    CommunicationStatus,
    DeliveryOutcome,
    DeliveryStatus,
)
from mandate.contact import ContactRole
from mandate.contribution import ContributionStatus
from mandate.day import PartialDate
from mandate.decision import DecisionMethod, ParagraphStatus, ParagraphType
from mandate.document import DocumentRelationType
from mandate.export import ExportFormat, ExportStatus
from mandate.meeting import Formality, InviteCategory, MeetingStatus
from mandate.observer import ObserverStatus
from mandate.office import TermMoment
from mandate.participation import CredentialsStatus, ParticipationRole, ParticipationStatus
from mandate.provenance import ProvenanceBasis
from mandate.record import Paragraph, RecordKind, RecordStatus
from mandate.rule import PROPOSAL, RuleVerdict
from mandate.statement import StatementStatus
from mandate.support import ArrangementKind
from mandate.text import LocalizedText
from mandate.treaty_action import TreatyActionType
from mandate.webhook import WebhookDeliveryStatus, WebhookStatus
from mandate.workplan import Activity, BudgetLine, WorkPlanStatus
from resolvers import feed
from resolvers.communication import audience_as_json
from resolvers.reading import Reader
from schema.id import encode_id
from tests.access.matrix import PLACES, Table
from tests.api import TODAY, Api
from tests.make import LONG_AGO, coordinates, key_for

NEXT_PRESIDENT_FROM = PartialDate.of(date(2026, 9, 1))
NEXT_MEETING = "3RC"
OBSERVER = "HALO"
"""An organisation that none of the callers speaks for, and that asks to come."""
NOT_FILLED = {"symbol", "symbol_order", "salt"}
"""They are what they are, or nobody's to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Somebody of every capacity, with every key of the matrix."""

    api: Api
    tokens: Mapping[tuple[str, str], str]

    def __call__(self, caller: str, key: str = "full") -> Api:
        return self.api if caller == "PUBLIC" else self.api.as_(self.tokens[caller, key])


async def let_call(api: Api, table: Table, keys: Collection[str]) -> Callers:
    database = api.database
    await coordinates(database, table["callers"]["COORDINATOR"]["party"])
    await _in_office(
        database,
        [
            {
                "office_code": "president",
                "party_id": table["callers"]["PRESIDENT_DESIGNATE"]["party"],
                "starts_on": NEXT_PRESIDENT_FROM,
            },
            {
                "office_code": "coordination_committee_member",
                "party_id": table["callers"]["COMMITTEE_MEMBER"]["party"],
                "starts_on": LONG_AGO,
            },
        ],
    )
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await _take_part(unit, table["callers"]["PARTICIPANT"]["party"], ["13MSP"])
    tokens = {}
    for caller, row in table["callers"].items():
        for key in keys if "party" in row else ():
            tokens[caller, key] = await key_for(
                database,
                row["party"],
                admin="ADMIN" in row["holds"],
                director="ISU_DIRECTOR" in row["holds"],
                # Of nobody, it would approve no communication.
                somebody=not {"ISU_STAFF", "ADMIN"}.isdisjoint(row["holds"]),
                scopes=[Scope(scope) for scope in table["keys"][key]["scopes"]],
                label=f"{caller}, {key}",
            )
    return Callers(api=api, tokens=tokens)


async def _in_office(database: Database, terms: Sequence[Mapping[str, Any]]) -> None:
    # All in one insert have the same columns.
    columns = {name for term in terms for name in term}
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.OfficeTerm, [{**dict.fromkeys(columns), "id": new_id(), **term} for term in terms])


# ---------- what is to be seen ----------


@dataclass(slots=True)
class Objects:
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    """By type and visibility, the id of an object."""
    _places: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, type_name: str, place: str, id: str) -> None:
        self.ids[type_name, place] = id
        self._places[type_name, id] = place

    def place(self, type_name: str, id: str) -> str | None:
        """The visibility of an object that is not for everybody to see; None for all others."""
        return self._places.get((type_name, id))


async def hide_one_of_each(database: Database, table: Table) -> Objects:
    """One document, one meeting, one contact and one person in every visibility, with all that can be told of them."""
    objects = Objects()
    own = {row["party"] for row in table["callers"].values() if "party" in row}
    (stranger, *_) = await strangers(database, table)
    documents = await _richest(database, db.Document, db.DocumentLanguage, db.DocumentAuthor)
    meetings = await _richest(database, db.Meeting, db.Attendance, db.Meeting)
    # What others point to stays public: who may see a meeting is not asked of its documents.
    public_meeting = next(code for code in reversed(meetings) if code not in meetings[: len(PLACES)])
    others = [key for key in reversed(documents) if key not in documents[: len(PLACES)]]
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        filling = {
            name: await _filling(unit, model, meeting=public_meeting)
            for name, model in (("Document", db.Document), ("Meeting", db.Meeting))
        }
        for number, place in enumerate(PLACES):
            visibility = Visibility("CONCERNED" if place == "CONCERNED_OWN" else place)
            concerned = own if place == "CONCERNED_OWN" else {stranger}
            models: tuple[tuple[str, type[Kept], str], ...] = (
                ("AdviceRequest", db.AdviceRequest, new_id()),
                ("AgendaItem", db.AgendaItem, new_id()),
                ("Communication", db.Communication, new_id()),
                ("IncomingCommunication", db.IncomingCommunication, new_id()),
                ("LiaisonEntry", db.LiaisonEntry, new_id()),
                ("Recipient", db.Recipient, new_id()),
                ("Contribution", db.Contribution, new_id()),
                ("Decision", db.Decision, new_id()),
                ("DecisionParagraph", db.DecisionParagraph, new_id()),
                ("Instruction", db.Instruction, new_id()),
                ("MeetingRecord", db.MeetingRecord, new_id()),
                ("Participation", db.Participation, new_id()),
                ("RecordComment", db.RecordComment, new_id()),
                ("Statement", db.Statement, new_id()),
                ("WorkPlan", db.WorkPlan, new_id()),
                ("Document", db.Document, documents[number]),
                ("Meeting", db.Meeting, meetings[number]),
                ("Person", db.Person, new_id()),
                ("ContactPoint", db.Contact, new_id()),
                # They belong to what is seen, and are as visible.
                ("Corrigendum", db.Corrigendum, new_id()),
                ("FollowUp", db.FollowUp, new_id()),
            )
            keys = {name: key for name, _, key in models}
            for name, model, key in models:
                if visibility is Visibility.CONCERNED:
                    about = {"subject_type": model.__tablename__, "subject_key": key}
                    await unit.keep(db.Concern, [{**about, "party_id": party} for party in sorted(concerned)])
                if name in filling:
                    row = await unit.row(model, (key,))
                    assert row is not None
                    empty = {column: value for column, value in filling[name].items() if row[column] is None}
                    await unit.change(model, [((key,), {**empty, "visibility": visibility})])
                objects.add(name, place, encode_id(name, key))
            await _of_documents(unit, keys, others[number], meeting=public_meeting)
            await _judge(unit, "meeting", keys["Meeting"], visibility)
            await unit.keep(db.Decision, [{**_decision(keys["Meeting"], "1"), "id": new_id()}])
            invited = {"meeting_code": keys["Meeting"], "category": InviteCategory.NGOS, "invited_on": TODAY}
            await unit.keep(db.Invitation, [invited])
            item = {"id": new_id(), "meeting_code": keys["Meeting"], "number": "99", "number_order": "99"}
            opening = {"title": LocalizedText.of("Opening"), "visibility": Visibility.PUBLIC}
            await unit.keep(db.AgendaItem, [{**item, **opening}])
            votes = {"method": DecisionMethod.VOTE, "votes_for": 3, "votes_against": 2, "abstentions": 1}
            voted = {**_decision(public_meeting, place), **votes, "agenda_item_id": item["id"]}
            await unit.keep(db.Decision, [{**voted, "id": keys["Decision"], "visibility": visibility}])
            statement = {**_statement(keys["Meeting"], stranger), "id": new_id(), "visibility": Visibility.PUBLIC}
            await unit.keep(db.Statement, [statement])
            record = {**_record(keys["Meeting"]), "id": new_id(), "visibility": Visibility.PUBLIC}
            await unit.keep(db.MeetingRecord, [record])
            adopted = {"meeting_code": keys["Meeting"], "adopted_on": TODAY, "revised_on": TODAY}
            await unit.keep(db.AgendaAdoption, [{**adopted, "visibility": Visibility.PUBLIC}])
            await _of_the_institution(
                unit, keys, visibility, meeting=public_meeting, other=others[number], party=stranger, number=number
            )
            person = {"id": keys["Person"], "full_name": f"Somebody {place}", "visibility": visibility}
            await unit.keep(db.Person, [person])
            # A meeting has one record: each of these has a public meeting of its own.
            of = {"meeting": public_meeting, "party": stranger, "document": documents[len(PLACES)]}
            await _said(unit, keys, visibility, recorded=meetings[-2 - number], agenda_item=item["id"], **of)
            contact = {**_contact(stranger, visibility), "id": keys["ContactPoint"], "person_id": keys["Person"]}
            await unit.keep(db.Contact, [contact])
            enclosed = documents[len(PLACES)]
            await _communicate(unit, keys, visibility, document=enclosed, party=stranger, number=number)
            takes_part = {
                "id": keys["Participation"],
                "meeting_code": public_meeting,
                "party_id": stranger,
                "person_id": keys["Person"],
                "role": ParticipationRole.ADVISER,
                "category": InviteCategory.STATES_PARTIES,
                "registered_on": TODAY,
                "attended": True,
                "visibility": visibility,
            }
            await unit.keep(db.Participation, [takes_part])
            await _judge(unit, "participation", keys["Participation"], visibility)
            term = {"id": new_id(), "office_code": "vice_president", "person_id": keys["Person"], "ends_on": LONG_AGO}
            await unit.keep(db.OfficeTerm, [term])
        await _of_what_few_have(unit, public_meeting)
        for_participants = PLACES.index(Visibility.PARTICIPANTS)
        document = await unit.row(db.Document, (documents[for_participants],))
        assert document is not None
        own = {public_meeting, meetings[for_participants], meetings[-2 - for_participants], document["meeting_code"]}
        await _take_part(unit, table["callers"]["PARTICIPANT"]["party"], own)
    return objects


async def _of_documents(unit: Unit, keys: Mapping[str, str], other: str, *, meeting: str) -> None:
    """What a document is to a public one, and that to it; a file; what it serves, and what serves the meeting."""
    of, item = {"document_id": keys["Document"]}, new_id()
    revises = {"type": DocumentRelationType.REVISION, "languages": ["en"]}
    await unit.keep(db.DocumentRelation, [{**of, **revises, "target_id": other}])
    await unit.keep(db.DocumentRelation, [{**revises, "document_id": other, "target_id": keys["Document"]}])
    file = {"name": "paper.pdf", "media_type": "application/pdf", "bytes": 1, "sha256": "0" * 64}
    lao = {"language_code": "lo"}
    if await unit.row(db.DocumentLanguage, (keys["Document"], "lo")) is None:
        await unit.keep(db.DocumentLanguage, [{**of, **lao}])
    await unit.keep(db.DocumentFile, [{**of, **lao, **file, "id": new_id()}])
    await unit.keep(db.DocumentMeeting, [{**of, "meeting_code": meeting}])
    await unit.keep(db.DocumentMeeting, [{"document_id": other, "meeting_code": keys["Meeting"]}])
    numbered = {"meeting_code": meeting, "number": item[-12:], "number_order": item, "visibility": Visibility.PUBLIC}
    await unit.keep(db.AgendaItem, [{**numbered, "id": item, "title": LocalizedText.of("A paper")}])
    await unit.keep(db.DocumentAgendaItem, [{**of, "agenda_item_id": item}])


async def _of_the_institution(
    unit: Unit, keys: Mapping[str, str], visibility: Visibility, *, meeting: str, other: str, party: str, number: int
) -> None:
    """An agenda item, a plan, a contribution and an instruction of which all is told."""

    async def keep(name: str, model: type[Kept], **given: Any) -> None:
        filling = await _filling(unit, model, meeting=meeting)
        await unit.keep(model, [{**filling, **given, "id": keys[name], "visibility": visibility}])

    words = LocalizedText.of("Some words")
    above = new_id()
    item = {"meeting_code": meeting, "title": words}
    numbered = {"number": f"{number}", "number_order": f"{number:08}", "visibility": Visibility.PUBLIC}
    await unit.keep(db.AgendaItem, [{**item, **numbered, "id": above}])
    placed = {"number": f"{number}.1", "number_order": f"{number:08}.1", "parent_id": above}
    await keep("AgendaItem", db.AgendaItem, **item, **placed, body_code="universalization", subject=ReviewSubject.ISU)
    await unit.keep(db.DocumentAgendaItem, [{"document_id": other, "agenda_item_id": keys["AgendaItem"]}])
    below = {"number": f"{number}.1.1", "number_order": f"{number:08}.1.1", "visibility": Visibility.PUBLIC}
    await unit.keep(db.AgendaItem, [{**item, **below, "id": new_id(), "parent_id": keys["AgendaItem"]}])
    await keep(
        "Contribution",
        db.Contribution,
        party_id=party,
        year=2030,
        amount=Decimal(1000),
        currency="CHF",
        status=ContributionStatus.PLEDGED,
        received=Decimal(500),
    )
    await keep("Instruction", db.Instruction, party_id=party, text=words, given_on=TODAY)
    await keep("WorkPlan", db.WorkPlan, **_plan(2030, WorkPlanStatus.SUBMITTED))
    for subject, name in (("agenda_item", "AgendaItem"), ("instruction", "Instruction"), ("work_plan", "WorkPlan")):
        await _judge(unit, subject, keys[name], visibility)


async def _said(
    unit: Unit,
    keys: Mapping[str, str],
    visibility: Visibility,
    *,
    recorded: str,
    meeting: str,
    party: str,
    document: str,
    agenda_item: str,
) -> None:
    """A record with a comment and a corrigendum, a statement, and a paragraph of a decision with a follow-up."""
    words, seen, other = LocalizedText.of("Some words"), {"visibility": visibility}, "STATE:NOR"
    twin = {**_record(recorded), "kind": RecordKind.PUBLIC_SUMMARY, "id": new_id()}
    await unit.keep(db.MeetingRecord, [{**twin, "visibility": Visibility.PUBLIC}])
    filling = await _filling(unit, db.MeetingRecord, meeting=meeting)
    whole = {**filling, **_record(recorded), "summary_of_id": twin["id"], "decision_id": keys["Decision"]}
    await unit.keep(db.MeetingRecord, [{**whole, **seen, "id": keys["MeetingRecord"]}])
    of_record = {"record_id": keys["MeetingRecord"], "meeting_code": recorded, "paragraph": "1", **seen}
    comment = {**of_record, "party_id": party, "text": "Told", "made_on": TODAY, "answer": "Told"}
    await unit.keep(db.RecordComment, [{**comment, "id": keys["RecordComment"]}])
    corrigendum = {**of_record, "number": 1, "reads": words, "reason": "Told", "issued_on": TODAY}
    await unit.keep(db.Corrigendum, [{**corrigendum, "id": keys["Corrigendum"]}])
    filling = await _filling(unit, db.Statement, meeting=meeting)
    told = {**filling, **_statement(meeting, party), "agenda_item_id": agenda_item, "speaker_id": keys["Person"]}
    await unit.keep(db.Statement, [{**told, **seen, "id": keys["Statement"]}])
    await unit.keep(db.StatementParty, [{"statement_id": keys["Statement"], "party_id": other}])
    later = {**_paragraph(keys["Decision"], meeting, "2"), "id": new_id(), "visibility": Visibility.PUBLIC}
    await unit.keep(db.DecisionParagraph, [later])
    paragraph = {**_paragraph(keys["Decision"], meeting, "1"), "due_on": TODAY, "superseded_by_id": later["id"]}
    await unit.keep(db.DecisionParagraph, [{**paragraph, **seen, "id": keys["DecisionParagraph"]}])
    await unit.keep(db.DecisionAddressee, [{"paragraph_id": keys["DecisionParagraph"], "party_id": other}])
    noted = {"noted_on": TODAY, "note": "Told", "status": ParagraphStatus.ACTIVE, "document_id": document}
    of_paragraph = {"paragraph_id": keys["DecisionParagraph"], "meeting_code": meeting, **seen}
    await unit.keep(db.FollowUp, [{**of_paragraph, **noted, "id": keys["FollowUp"]}])


def _record(meeting: str, status: RecordStatus = RecordStatus.PUBLISHED) -> dict[str, Any]:
    words = LocalizedText.of("Some words")
    return {
        "meeting_code": meeting,
        "kind": RecordKind.FULL,
        "title": words,
        "paragraphs": paragraphs_as_json([Paragraph(number="1", text=words)]),
        "status": status,
        "to_be_seen_by": Visibility.PUBLIC,
        "review_began_on": TODAY,
        "review_closes_on": TODAY,
    }


def _statement(meeting: str, party: str, status: StatementStatus = StatementStatus.DELIVERED) -> dict[str, Any]:
    return {
        "meeting_code": meeting,
        "party_id": party,
        "text": LocalizedText.of("Some words"),
        "status": status,
        "submitted_on": TODAY,
        "to_be_seen_by": Visibility.PUBLIC,
    }


def _paragraph(decision: str, meeting: str, number: str) -> dict[str, Any]:
    return {
        "decision_id": decision,
        "meeting_code": meeting,
        "number": number,
        "position": int(number),
        "text": LocalizedText.of("The Meeting asked for something."),
        "type": ParagraphType.OPERATIONAL,
        "actors": ["The Coordinators"],
        "status": ParagraphStatus.ACTIVE,
    }


async def _communicate(
    unit: Unit, keys: Mapping[str, str], visibility: Visibility, *, document: str, party: str, number: int
) -> None:
    """A communication with its recipient, an answer to it, advice and a contact, of which all is told."""
    words, seen = LocalizedText.of("Some words"), {"visibility": visibility}
    key, corrected, correction = keys["Communication"], new_id(), new_id()
    for place, (id_, corrects, to) in enumerate(
        ((corrected, None, Visibility.PUBLIC), (key, corrected, visibility), (correction, key, Visibility.PUBLIC))
    ):
        own = {"id": id_, "corrects_id": corrects, "visibility": to}
        await unit.keep(db.Communication, [{**_communication(CommunicationStatus.SENT, 3 * number + place), **own}])
    dispatch = {**_dispatch(key), "approved_by": "somebody", "approved_at": instant(), "approved_edition": 1}
    await unit.keep(db.Dispatch, [dispatch])
    link = {"communication_id": key, "position": 0}
    await unit.keep(db.CommunicationDocument, [{**link, "document_id": document}])
    came_in = {"id": keys["IncomingCommunication"], "party_id": party, "received_on": TODAY, "in_reply_to_id": key}
    await unit.keep(db.IncomingCommunication, [{**came_in, **seen, "subject": words, "body": words}])
    await unit.keep(db.CommunicationReply, [{**link, "incoming_id": keys["IncomingCommunication"]}])
    recipient = {**_recipient(key, party), "id": keys["Recipient"], "contact_id": keys["ContactPoint"], **seen}
    await unit.keep(db.Recipient, [{**recipient, "suppressed_because": "Told"}])
    of_it = {"recipient_id": keys["Recipient"], "at": instant(), "visibility": Visibility.PUBLIC}
    tried = {"id": new_id(), "outcome": DeliveryOutcome.ACCEPTED, "code": 250, "text": "Taken"}
    await unit.keep(db.DeliveryAttempt, [{**of_it, **tried}])
    confirmed = {"communication_id": key, "party_id": party, "means": AcknowledgementMeans.ACT}
    await unit.keep(db.Acknowledgement, [{**of_it, **confirmed}])
    advice = {"id": keys["AdviceRequest"], "party_id": party, "subject": words, "question": words, "asked_on": TODAY}
    await unit.keep(db.AdviceRequest, [{**advice, **seen, "answer": words, "answered_on": TODAY}])
    met = {"id": keys["LiaisonEntry"], "party_id": party, "on": TODAY, "summary": words}
    await unit.keep(db.LiaisonEntry, [{**met, **seen}])


def _communication(status: CommunicationStatus, number: int | None) -> dict[str, Any]:
    words = LocalizedText.of("Some words")
    return {
        "kind": CommunicationKind.LETTER,
        "status": status,
        "reference": None if number is None else f"CCM/ISU/LTR/2030/{number}",
        "year": None if number is None else 2030,
        "number": number,
        "subject": words,
        "body": words,
        "sent_at": None if number is None else instant(),
    }


def _dispatch(communication: str) -> dict[str, Any]:
    audience = Audience(groups=(AudienceGroup.ALL_STATES_PARTIES,), include=("STATE:NOR",), as_of=TODAY)
    by = [{"account": "somebody else", "person": None}]
    return {"communication_id": communication, "audience": audience_as_json(audience), "drafted_by": by}


def _recipient(communication: str, party: str) -> dict[str, Any]:
    return {
        "communication_id": communication,
        "party_id": party,
        "reason": "Named.",
        "language": "en",
        "is_fallback": False,
        "address": "somebody@capital.example",
        "status": DeliveryStatus.SENT,
    }


def _plan(year: int, status: WorkPlanStatus) -> dict[str, Any]:
    words = LocalizedText.of("Some words")
    activity = Activity(code="1", title=words, tasks=("a",), decisions=(), portfolio="universalization", due_on=TODAY)
    return {
        "title": words,
        "year_from": year,
        "year_to": year,
        "currency": "CHF",
        "activities": activities_as_json([activity]),
        "budget_lines": budget_as_json([BudgetLine(code="1", title=words, amount=Decimal(1000))]),
        "status": status,
    }


async def _take_part(unit: Unit, party: str, meetings: Collection[str]) -> None:
    """Somebody of the party is registered for each of the meetings."""
    for meeting in sorted(meetings):
        person = new_id()
        await unit.keep(db.Person, [{"id": person, "full_name": "A delegate", "visibility": Visibility.PUBLIC}])
        participation = {
            "id": new_id(),
            "meeting_code": meeting,
            "party_id": party,
            "person_id": person,
            "role": ParticipationRole.DELEGATE,
            "registered_on": date(2026, 1, 1),
            "visibility": Visibility.PUBLIC,
        }
        await unit.keep(db.Participation, [participation])


async def _judge(unit: Unit, subject_type: str, key: str, visibility: Visibility = Visibility.PUBLIC) -> None:
    """How an act upon it was judged, and a rule that was set aside for it."""
    subject = {"subject_type": subject_type, "subject_key": key, "visibility": visibility}
    evaluation = {
        "rule": "coordinator-rotation",
        "verdict": RuleVerdict.WAIVED,
        "explanation": "It follows itself.",
        "inputs": {},
        "waiver": "Nobody else came forward.",
    }
    judged = {"act": "electCoordinator", "rule_set": PROPOSAL, "judged_at": instant(), "evaluations": [evaluation]}
    await unit.keep(db.Judgement, [{**subject, **judged, "id": new_id()}])
    waived = {"rule": "coordinator-rotation", "rule_set": PROPOSAL, "reason": "Nobody else", "granted_on": TODAY}
    await unit.keep(db.RuleWaiver, [{**subject, **waived, "id": new_id()}])


async def _of_what_few_have(unit: Unit, meeting: str) -> None:
    """A term of which all is told, and a meeting under another treaty."""
    decision, left, term = new_id(), new_id(), new_id()
    await unit.keep(db.Decision, [{**_decision(meeting, "T"), "id": decision}])
    empty = dict.fromkeys(column.key for column in inspect(db.OfficeTerm).local_table.columns)
    del empty["version"]
    full = {
        **empty,
        "office_code": "coordinator:victim_assistance",
        "party_id": "STATE:DNK",
        "start_meeting_code": meeting,
        "start_moment": TermMoment.CLOSE,
        "end_meeting_code": meeting,
        "end_moment": TermMoment.CLOSE,
        "ends_on": PartialDate.of(date(2031, 1, 1)),
        "attested": "2030",
        "note": "Told",
        "elected_until": date(2032, 1, 1),
        "decision_id": decision,
        "handed_over_on": date(2031, 1, 1),
        "handover_note": "Told",
    }
    first = {**full, "id": left, "starts_on": PartialDate.of(date(2030, 1, 1))}
    second = {**full, "id": term, "starts_on": PartialDate.of(date(2031, 1, 1)), "completes_id": left}
    await unit.keep(db.OfficeTerm, [first, second])
    await _judge(unit, "office_term", term)
    told = {"subject_type": "OfficeTerm", "subject_key": term, "field": "", "basis": ProvenanceBasis.STATED}
    await unit.keep(db.Provenance, [{**told, "sources": ["Told"]}])
    host = {"id": new_id(), "kind": ArrangementKind.HOST, "organisation_code": "GICHD", "decision_id": decision}
    await unit.keep(db.IsuArrangement, [{**host, "starts_on": date(2014, 8, 2), "ends_on": date(2030, 1, 1)}])
    words = LocalizedText.of("Some words")
    report = {"id": new_id(), "year": 2024, "activities": words, "functioning": words, "meeting_code": meeting}
    await unit.keep(db.AnnualReport, [report])
    neighbour = {
        "id": new_id(),
        "treaty": "APMBC",
        "title": "A meeting",
        "starts_on": date(2030, 5, 6),
        "ends_on": date(2030, 5, 10),
        "city": "Geneva",
        "url": "https://www.apminebanconvention.org",
    }
    await unit.keep(db.ExternalMeeting, [neighbour])


async def strangers(database: Database, table: Table) -> list[str]:
    """States that none of the callers speaks for."""
    own = {row.get("party") for row in table["callers"].values()}
    async with database.reading() as connection:
        parties = inspect(db.State).local_table.c.party_id
        rows = await connection.execute(select(parties).order_by(parties))
        return [party for party in rows.scalars() if party not in own]


def _decision(meeting: str, number: str) -> dict[str, Any]:
    return {
        "meeting_code": meeting,
        "number": number,
        "title": LocalizedText.of(f"Decision {number}"),
        "text": LocalizedText.of("The Meeting decided."),
        "adopted_on": date(2025, 9, 16),
        "method": DecisionMethod.CONSENSUS,
    }


def _contact(party: str, visibility: Visibility) -> dict[str, Any]:
    return {
        "party_id": party,
        "role": ContactRole.CAPITAL,
        "title": "Counsellor",
        "languages": ["en"],
        "emails": ["somebody@capital.example"],
        "phones": ["+41229170000"],
        "valid_from": date(2025, 1, 1),
        "valid_until": date(2030, 1, 1),
        "last_confirmed_at": instant(),
        "visibility": visibility,
    }


async def _richest(database: Database, model: type[Kept], *belonging: type[Kept]) -> list[str]:
    """Keys of rows, those first of which most is told: in what belongs to them, then in columns of their own."""
    source = inspect(model).local_table
    (key,) = source.primary_key.columns
    async with database.reading() as connection:
        rows = (await connection.execute(select(source).order_by(key))).mappings().all()
        told = {row[key.name]: sum(value is not None for value in row.values()) for row in rows}
        for each in belonging:
            table = inspect(each).local_table
            points = next(column for column in table.columns if any(f.column is key for f in column.foreign_keys))
            for owner in set((await connection.execute(select(points).where(points.is_not(None)))).scalars()):
                told[owner] += 100
    return sorted(told, key=lambda each: -told[each])


async def _filling(unit: Unit, model: type[Kept], *, meeting: str) -> dict[str, Any]:
    """Something for every column that may be empty."""
    filling = {}
    for column in inspect(model).local_table.columns:
        if column.nullable and column.name not in NOT_FILLED:
            filling[column.name] = await _value(unit, column, meeting)
    return filling


async def _value(unit: Unit, column: Column[Any], meeting: str) -> Any:
    for reference in column.foreign_keys:
        if reference.column.table.name == "meeting":
            return meeting
        found = await unit.connection.execute(select(reference.column).order_by(reference.column).limit(1))
        return found.scalar_one()
    for kind, value in (
        (PartialDateType, PartialDate.of(TODAY)),
        (LocalizedTextType, LocalizedText.of("Told")),
        (Date, TODAY),
        (Boolean, True),
        (Integer, 1),
    ):
        if isinstance(column.type, kind):
            return value
    return "Told"


# ---------- what is to be acted upon ----------

Target = Mapping[str, str]
"""What stands for the words in brackets of an input."""


async def targets(
    database: Database, table: Table, wanted: Iterable[tuple[str, str, str, bool]]
) -> dict[tuple[str, str, str, bool], Target]:
    """For each caller, key, act and whose party: things of that party which no other act is done upon.

    All may see them: an act upon what the caller does not see answers that there is no such thing, and not who may.
    """
    others = await strangers(database, table)
    shared = await _to_validate_upon(database)
    terms = await _terms(database, {row["party"] for row in table["callers"].values() if "party" in row} | {*others})
    async with database.reading() as connection:
        labelled = await connection.execute(select(inspect(db.Account).local_table))
        accounts = {row.label: row.id for row in labelled}
        end = await feed.latest(Reader(connection, PUBLIC, TODAY))
    found: dict[tuple[str, str, str, bool], Target] = {}
    exports: list[dict[str, Any]] = []
    async with database.reading() as connection:
        labelled = await connection.execute(select(col(db.Account.label), col(db.Account.id)))
        accounts = {str(label): id_ for label, id_ in labelled}
    rows: dict[type[Kept], list[dict[str, Any]]] = {}
    for number, place in enumerate(wanted):
        caller, key_name, act, own = place
        stranger = others[number % len(others)]
        party = table["callers"][caller]["party"] if own else stranger
        kind, _, code = party.partition(":")
        state = party if kind == "STATE" else stranger
        of_its_own = ("contact", "person", "account", "apiKey", "treatyAction", "takesPart", "statement")
        named = {each: new_id() for each in (*of_its_own, "webhook", "export")}
        words = {str(value) for value in table["acts"][act]["input"].values()}
        contact = {**_contact(party, Visibility.PUBLIC), "id": named["contact"]}
        account = {
            "id": named["account"],
            "label": "An account",
            "kind": AccountKind.SERVICE,
            "party_id": party,
            "status": AccountStatus.ACTIVE,
        }
        key = {
            "id": named["apiKey"],
            "account_id": named["account"],
            "label": "A key",
            "secret_hash": named["apiKey"],
            "scopes": ["READ_PUBLIC"],
            "created_at": instant(),
            "expires_at": instant(),
        }
        if "<contact>" in words:
            rows.setdefault(db.Contact, []).append(contact)
        if "<person>" in words:
            rows.setdefault(db.Person, []).append({"id": named["person"], "full_name": "Somebody"})
        if "<takesPart>" in words:
            rows.setdefault(db.Person, []).append({"id": named["person"], "full_name": "Somebody"})
            rows.setdefault(db.Participation, []).append(
                {
                    "id": named["takesPart"],
                    "meeting_code": "OPEN",
                    "party_id": party,
                    "person_id": named["person"],
                    "role": ParticipationRole.DELEGATE,
                    # So that nobody sees more for it.
                    "status": ParticipationStatus.NOMINATED,
                    "credentials": CredentialsStatus.AWAITED,
                    "registered_on": TODAY,
                    "visibility": Visibility.PUBLIC,
                }
            )
        if words & {"<account>", "<apiKey>"}:
            rows.setdefault(db.Account, []).append(account)
        if "<apiKey>" in words:
            rows.setdefault(db.ApiKey, []).append(key)
        if "<export>" in words:
            exports.append({"id": named["export"], "account_id": accounts.get(f"{caller}, {key_name}")})
        found[place] = {
            **shared,
            "<export>": encode_id("Export", named["export"]),
            "<term>": encode_id("OfficeTerm", terms[party]),
            "<organisation>": code if kind == "ORGANISATION" else "UNIDIR",
            "<giver>": encode_id("State", state.removeprefix("STATE:")) if kind == "ISU" else encode_id(*_named(party)),
            "<party>": encode_id(*_named(party)),
            "<state>": state.removeprefix("STATE:"),
            "<asking>": encode_id("Organisation", code if kind == "ORGANISATION" else OBSERVER),
            "<takesPart>": encode_id("Participation", named["takesPart"]),
            "<contact>": encode_id("ContactPoint", named["contact"]),
            "<person>": encode_id("Person", named["person"]),
            "<account>": encode_id("Account", named["account"]),
            "<apiKey>": encode_id("ApiKey", named["apiKey"]),
            "<treatyAction>": encode_id("TreatyAction", named["treatyAction"]),
            "<statement>": encode_id("Statement", named["statement"]),
            "<webhook>": encode_id("Webhook", named["webhook"]),
            "<message>": f"msg_{named['webhook']}",
            "<place>": end,
        }
        # Of the account itself, whatever the party; the public has none.
        holder = accounts.get(f"{caller}, {key_name}")
        if "<webhook>" in words and holder is not None:
            scopes = table["keys"][key_name]["scopes"]
            made = _webhook(named["webhook"], holder, scopes, on=act != "enableWebhook")
            rows.setdefault(db.Webhook, []).append(made)
        if "<statement>" in words:
            statement = {**_statement("OPEN", party), "id": named["statement"], "visibility": Visibility.PUBLIC}
            rows.setdefault(db.Statement, []).append(statement)
        if "<treatyAction>" in words:
            # Of a type that changes nobody's status, and with it who somebody is.
            action = {
                "id": named["treatyAction"],
                "convention_code": "CCM",
                "state_code": state.removeprefix("STATE:"),
                "type": TreatyActionType.OBJECTION,
                "date": PartialDate.of(TODAY),
            }
            taken = {each["state_code"] for each in rows.get(db.TreatyAction, [])}
            if action["state_code"] in taken:
                continue
            rows.setdefault(db.TreatyAction, []).append(action)
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        for model, kept in rows.items():
            await unit.keep(model, kept)
        for each in rows.get(db.Webhook, []):
            await _with_one_message(connection, each["id"], end)
        waits = {"dataset": "body", "format": ExportFormat.CSV, "status": ExportStatus.QUEUED, "created_at": instant()}
        own_exports = [{**each, **waits} for each in exports if each["account_id"] is not None]
        if own_exports:
            await connection.execute(insert(db.Export), own_exports)
    return found


def _webhook(key: str, account: str, scopes: Sequence[str], *, on: bool) -> dict[str, Any]:
    return {
        "id": key,
        "account_id": account,
        "scopes": scopes,
        "label": "A webhook",
        "url": "https://portal.example.org/hook",
        "types": [],
        "document": "{ __typename }",
        "variables": {},
        "status": WebhookStatus.ENABLED if on else WebhookStatus.DISABLED,
        "former": [],
        "created_at": instant(),
    }


async def _with_one_message(connection: AsyncConnection, webhook: str, cursor: str) -> None:
    queue = {"webhook_id": webhook, "cursor": cursor, "due_at": instant()}
    await connection.execute(insert(db.WebhookQueue).values(queue))
    message = {
        "id": f"msg_{webhook}",
        "webhook_id": webhook,
        "number": 1,
        "status": WebhookDeliveryStatus.DELIVERED,
        "subject_type": "convention",
        "type_name": "Convention",
        "subject_key": "CCM",
        "at": instant(),
        "fields": [],
        "created_at": instant(),
    }
    await connection.execute(insert(db.WebhookDelivery).values(message))


def _named(party: str) -> tuple[str, str]:
    kind, _, code = party.partition(":")
    return ("State" if kind == "STATE" else "Organisation"), code


async def _to_validate_upon(database: Database) -> Target:
    """What acts that are only validated are tried upon, by whomever: nothing becomes of it."""
    meeting = {
        "kind_code": "meeting_of_states_parties",
        "formality": Formality.FORMAL,
        "title": LocalizedText.of("A meeting"),
        "symbol_prefixes": [],
    }
    days = {"starts_on": PartialDate.of(date(2027, 9, 6)), "ends_on": PartialDate.of(date(2027, 9, 10))}
    open_ = {"starts_on": PartialDate.of(date(2026, 1, 12)), "ends_on": PartialDate.of(date(2026, 1, 16))}
    decision, left, participation, contribution = (new_id() for _ in range(4))
    document, on_agenda, submitted_credentials = (new_id() for _ in range(3))
    plans = {name: new_id() for name in ("<draft>", "<endorsed>", "<submitted>")}
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        spring = {"starts_on": PartialDate.of(date(2040, 5, 7)), "ends_on": PartialDate.of(date(2040, 5, 8))}
        informal = {**meeting, "formality": Formality.INFORMAL}
        committee = {**informal, "kind_code": "coordination_committee"}
        await unit.keep(
            db.Meeting,
            [
                {**meeting, **days, "code": "PLANNED", "status": MeetingStatus.CONFIRMED},
                {**meeting, **days, "code": "TENTATIVE", "status": MeetingStatus.TENTATIVE},
                {**meeting, **open_, "code": "OPEN", "status": MeetingStatus.IN_PROGRESS},
                {
                    **informal,
                    **spring,
                    "kind_code": "intersessional_meeting",
                    "code": "IM-PLANNED",
                    "status": MeetingStatus.CONFIRMED,
                },
                {**committee, **spring, "code": "CC-PLANNED", "status": MeetingStatus.CONFIRMED},
                {**committee, **open_, "code": "CC-HELD", "status": MeetingStatus.IN_PROGRESS},
                {
                    **informal,
                    **open_,
                    "kind_code": "preparatory_meeting",
                    "code": "PRESIDED",
                    "status": MeetingStatus.IN_PROGRESS,
                    "presidency_code": "LAO",
                },
            ],
        )
        await unit.keep(db.Decision, [{**_decision("13MSP", "M"), "id": decision}])
        item = {"meeting_code": "IM-PLANNED", "number": "1", "number_order": "1"}
        whole = {"title": LocalizedText.of("Universalization"), "body_code": "universalization"}
        whole = {**item, **whole, "visibility": Visibility.PUBLIC}
        await unit.keep(db.AgendaItem, [{**whole, "id": on_agenda}, {**whole, "id": new_id(), "meeting_code": "OPEN"}])
        somebody = new_id()
        await unit.keep(db.Person, [{"id": somebody, "full_name": "Somebody", "visibility": Visibility.PUBLIC}])
        taking_part = {"id": participation, "meeting_code": "OPEN", "party_id": "STATE:NOR", "person_id": somebody}
        as_what = {"role": ParticipationRole.ADVISER, "registered_on": TODAY, "visibility": Visibility.PUBLIC}
        handed_in = {"credentials": CredentialsStatus.SUBMITTED, "id": submitted_credentials, "meeting_code": "PLANNED"}
        await unit.keep(db.Participation, [{**taking_part, **as_what}])
        await unit.keep(db.Participation, [{**taking_part, **as_what, **handed_in}])
        asked = {"party_id": f"ORGANISATION:{OBSERVER}", "purpose": "To follow it", "requested_on": TODAY}
        await unit.keep(
            db.MeetingObserver,
            [
                {**asked, "id": new_id(), "meeting_code": code, "status": status, "visibility": Visibility.PUBLIC}
                for code, status in ((NEXT_MEETING, ObserverStatus.REQUESTED), ("13MSP", ObserverStatus.PROVISIONAL))
            ],
        )
        pledged = {"id": contribution, "party_id": "STATE:NOR", "year": 2030, "amount": Decimal(1000)}
        of_it = {"currency": "CHF", "status": ContributionStatus.PLEDGED, "visibility": Visibility.PUBLIC}
        await unit.keep(db.Contribution, [{**pledged, **of_it}])
        paper = {"id": document, "title": LocalizedText.of("A paper"), "kind_code": "working_paper"}
        await unit.keep(db.Document, [{**paper, "visibility": Visibility.PUBLIC}])
        await unit.keep(db.DocumentLanguage, [{"document_id": document, "language_code": "en"}])
        endorsed_at = {"endorsed_at_code": "CC-2016-08", "endorsed_on": date(2016, 8, 11)}
        submitted_to = {"submitted_to_code": "13MSP"}
        draft = {**_plan(2041, WorkPlanStatus.DRAFT), "visibility": Visibility.PUBLIC}
        endorsed = {**draft, **endorsed_at, "year_from": 2042, "year_to": 2042, "status": WorkPlanStatus.ENDORSED}
        submitted = {**endorsed, **submitted_to, "year_from": 2043, "year_to": 2043}
        for id_, plan in (
            (plans["<draft>"], draft),
            (plans["<endorsed>"], endorsed),
            (plans["<submitted>"], {**submitted, "status": WorkPlanStatus.SUBMITTED}),
        ):
            await unit.keep(db.WorkPlan, [{**plan, "id": id_}])
        said = await _records_and_statements(unit)
        term = {
            "id": left,
            "office_code": "coordinator:national_implementation_measures",
            "party_id": "STATE:NOR",
            "starts_on": PartialDate.of(date(2041, 1, 1)),
            "ends_on": PartialDate.of(date(2041, 3, 1)),
            "elected_until": date(2043, 1, 1),
        }
        await unit.keep(db.OfficeTerm, [term])
        to_all, recipient, request = new_id(), new_id(), new_id()
        drafted, released = new_id(), new_id()
        for id_, status, number in (
            (to_all, CommunicationStatus.SENT, 1_000),
            (drafted, CommunicationStatus.DRAFT, None),
            (released, CommunicationStatus.APPROVED, None),
        ):
            kept = {**_communication(status, number), "id": id_, "visibility": Visibility.PUBLIC}
            await unit.keep(db.Communication, [kept])
            release = {"approved_by": "somebody", "approved_edition": 1} if id_ is released else {}
            await unit.keep(db.Dispatch, [{**_dispatch(id_), **release}])
        parties = (await unit.connection.execute(select(inspect(db.Party).local_table.c.id))).scalars()
        received = [
            {
                **_recipient(to_all, each),
                "id": recipient if each == "STATE:NOR" else new_id(),
                "visibility": Visibility.PUBLIC,
            }
            for each in parties
        ]
        await unit.keep(db.Recipient, received)
        asked = {"id": request, "party_id": "STATE:NOR", "asked_on": TODAY, "visibility": Visibility.PUBLIC}
        words = LocalizedText.of("Some words")
        await unit.keep(db.AdviceRequest, [{**asked, "subject": words, "question": words}])
    return {
        "<toAll>": encode_id("Communication", to_all),
        "<letter>": encode_id("Communication", drafted),
        "<released>": encode_id("Communication", released),
        "<recipient>": encode_id("Recipient", recipient),
        "<request>": encode_id("AdviceRequest", request),
        "<number>": "N",
        "<decision>": encode_id("Decision", decision),
        "<left>": encode_id("CoordinatorTerm", left),
        "<participation>": encode_id("Participation", participation),
        "<contribution>": encode_id("Contribution", contribution),
        "<next>": NEXT_MEETING,
        "<observer>": encode_id("Organisation", OBSERVER),
        "<submittedCredentials>": encode_id("Participation", submitted_credentials),
        "<item>": encode_id("AgendaItem", on_agenda),
        "<document>": encode_id("Document", document),
        "<somebody>": encode_id("State", "FRA"),
        "<president>": encode_id("State", "LAO"),
        **{name: encode_id("WorkPlan", id_) for name, id_ in plans.items()},
        **said,
    }


async def _records_and_statements(unit: Unit) -> Target:
    """A record at each step, with a comment; a statement that is submitted; a paragraph; and what approves a record."""
    public = {"visibility": Visibility.PUBLIC}
    records = {
        "<drafted>": _record("IM-PLANNED", RecordStatus.DRAFT),
        "<commented>": _record("13MSP", RecordStatus.UNDER_REVIEW),
        "<reviewed>": _record("PRESIDED", RecordStatus.UNDER_REVIEW),
        "<approved>": _record("PLANNED", RecordStatus.APPROVED),
        "<published>": _record("CC-PLANNED"),
    }
    keys = {name: new_id() for name in (*records, "<comment>", "<said>", "<approval>", "<paragraph>")}
    await unit.keep(db.MeetingRecord, [{**row, **public, "id": keys[name]} for name, row in records.items()])
    comment = {"record_id": keys["<commented>"], "meeting_code": "13MSP", "party_id": "STATE:NOR", "text": "Told"}
    await unit.keep(db.RecordComment, [{**comment, **public, "id": keys["<comment>"], "made_on": TODAY}])
    statement = _statement("OPEN", "STATE:NOR", StatementStatus.SUBMITTED)
    await unit.keep(db.Statement, [{**statement, **public, "id": keys["<said>"]}])
    approval = {**_decision("PRESIDED", "1"), "adopted_on": TODAY}
    await unit.keep(db.Decision, [{**approval, **public, "id": keys["<approval>"]}])
    paragraph = _paragraph(keys["<approval>"], "PRESIDED", "1")
    await unit.keep(db.DecisionParagraph, [{**paragraph, **public, "id": keys["<paragraph>"]}])
    types = {"<comment>": "RecordComment", "<said>": "Statement"}
    types |= {"<approval>": "Decision", "<paragraph>": "DecisionParagraph"}
    return {name: encode_id(types.get(name, "MeetingRecord"), key) for name, key in keys.items()}


async def _terms(database: Database, parties: Collection[str]) -> Mapping[str, str]:
    """For each party, a term of office of its own."""
    ids = {party: new_id() for party in parties}
    terms = [
        {"id": id_, "office_code": "vice_president", "party_id": party, "starts_on": PartialDate.of(date(2025, 1, 1))}
        for party, id_ in ids.items()
    ]
    await _in_office(database, terms)
    return ids
