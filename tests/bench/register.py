"""A larger register, the same on every machine: the answers to the queries are then the same bytes."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, text

import db
from db.engine import Database
from db.party import party_id
from db.table import CodeTable, Table
from db.unit import Signature, Unit
from mandate.day import PartialDate, years_after
from mandate.meeting import Formality, MeetingStatus, ParticipantClass
from mandate.obligation import Article, ObligationStatus, original_deadline
from mandate.office import TermMoment
from mandate.party import PartyKind
from mandate.provenance import ProvenanceBasis
from mandate.text import UN_LANGUAGES, LocalizedText, sort_key
from mandate.treaty_action import TreatyActionType, entry_into_force
from resolvers.load import reference
from resolvers.load.register import TABLES

STATES = 200
ORGANISATIONS = 400
MEETINGS = 300
DOCUMENTS = 20_000
FEWEST = 10

TODAY = date(2026, 1, 1)
"""The register is as of this day, and so are the queries."""
LARGEST_MEETING = "1MSP"
ITS_DOCUMENTS = 60

_FIRST_DAY = date(2008, 12, 3)
_DAYS = (TODAY - _FIRST_DAY).days
_UN_SHARE = 0.8
_KINDS = ("working_paper", "final_report", "statement", "article_7_report", "letter", "non_paper")
_GROUPS = (
    "African States",
    "Asia-Pacific States",
    "Eastern European States",
    "Latin American States",
    "Western States",
)
_REGIONS = ("Africa", "Americas", "Asia", "Europe", "Oceania")
_THEMES = ("clearance", "victim assistance", "stockpile destruction", "universalization", "transparency")
_CONSENTS = (TreatyActionType.RATIFICATION, TreatyActionType.ACCEPTANCE, TreatyActionType.APPROVAL)


async def build(url: str, *, scale: float = 1) -> int:
    """Fill a migrated database, and say with how many rows."""
    rows = _Register(scale).rows
    database = Database(url)
    try:
        async with database.writing() as connection:
            unit = Unit(connection, Signature(act="test"))
            for table in TABLES:
                await unit.keep(table, rows[table])
            if connection.dialect.name == "postgresql":
                # What autovacuum does in production, and what the servers of the tests go without.
                await connection.execute(text("ANALYZE"))
    finally:
        await database.close()
    return sum(map(len, rows.values()))


def documents(scale: float) -> int:
    return _scaled(DOCUMENTS, scale)


def state_code(number: int) -> str:
    """Three letters, as ISO gives them; the prime spreads them over the alphabet."""
    return _letters(number * 1733 % 26**3, 3)


def _scaled(number: int, scale: float) -> int:
    return max(FEWEST, round(number * scale))


def _letters(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, letter = divmod(number, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


class _Register:
    """The rows of every table, each made from those before it."""

    def __init__(self, scale: float) -> None:
        self.rows: defaultdict[type[Table], list[Mapping[str, Any]]] = defaultdict(list)
        self._random = random.Random(20100801)  # noqa: S311  the same every time, that is the point
        self._made = 0
        self._codes: set[tuple[type[CodeTable], str]] = set()
        self._in_force: dict[str, date] = {}
        for row in reference.rows():
            if isinstance(row, CodeTable):
                self._code(type(row), row.code)
            else:
                self._keep(type(row), **{column.key: getattr(row, column.key) for column in inspect(type(row)).columns})
        self._states = [state_code(number) for number in range(_scaled(STATES, scale))]
        for number, code in enumerate(self._states):
            self._state(number, code)
        organisations = [f"ORG-{number:03}" for number in range(_scaled(ORGANISATIONS, scale))]
        for number, code in enumerate(organisations):
            self._organisation(number, code)
        self._parties = [party_id(PartyKind.STATE, code) for code in self._states]
        self._parties += [party_id(PartyKind.ORGANISATION, code) for code in organisations]
        self._bodies = [row["code"] for row in self.rows[db.Body]]
        self._meetings: list[str] = []
        self._formal: list[str] = []
        self._opened: list[date] = []
        number_of_meetings = _scaled(MEETINGS, scale)
        while len(self._meetings) < number_of_meetings:
            self._meeting(len(self._meetings), number_of_meetings)
        self._terms()
        self._documents = [self._document(number) for number in range(documents(scale))]
        for code, in_force in self._in_force.items():
            self._obligations(code, in_force)

    def _keep(self, table: type[Table], **row: Any) -> None:
        self.rows[table].append(row)

    def _new_id(self) -> str:
        """Like a UUIDv7: later ones sort later, and the rest is chance, here the seed's."""
        self._made += 1
        value = (1_228_262_400_000 + self._made * 1000) << 80 | self._random.getrandbits(80)
        value = value & ~(0xF << 76) | 0x7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        return str(uuid.UUID(int=value))

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _day(self, *, after: date = _FIRST_DAY, before: date = TODAY) -> date:
        return after + timedelta(days=self._random.randrange(max(1, (before - after).days)))

    def _known_to_the(self, day: date) -> PartialDate:
        """One date in eight is known only to the month, one in forty only to the year."""
        chance = self._random.random()
        if chance < 1 / 40:
            return PartialDate(day.year)
        return PartialDate(day.year, day.month) if chance < 6 / 40 else PartialDate.of(day)

    def _code(self, table: type[CodeTable], code: str) -> str:
        if (table, code) not in self._codes:
            self._codes.add((table, code))
            self._keep(table, code=code, label=reference.label(table, code))
        return code

    def _provenance(self, of: type[Table], key: str, **more: Any) -> None:
        row = {"field": "", "basis": ProvenanceBasis.STATED, "stated_as_of": None, "note": None, "disagreement": None}
        sources = [f"Source {self._random.randrange(500)}"]
        self._keep(db.Provenance, subject_type=of.__name__, subject_key=key, sources=sources, **row | more)

    def _state(self, number: int, code: str) -> None:
        name = f"{code.capitalize()}ania"
        party = party_id(PartyKind.STATE, code)
        self._keep(db.Party, id=party, kind=PartyKind.STATE, code=code)
        self._keep(
            db.State,
            code=code,
            party_id=party,
            alpha2=_letters(number, 2),
            m49=f"{number + 1:03}",
            name=LocalizedText.of(name, fr=f"{name} (fr)"),
            official_name=LocalizedText.of(f"Republic of {name}"),
            sort_name=sort_key(name),
            un_status="member",
            regional_group=None if self._chance(0.02) else _GROUPS[number % len(_GROUPS)],
            m49_region=_REGIONS[number % len(_REGIONS)],
            m49_subregion=f"Subregion {number % 20}",
        )
        self._provenance(db.State, code)
        self._treaty_actions(number, code)

    def _treaty_actions(self, number: int, code: str) -> None:
        """Six States in ten are bound, one has only signed; the rest stand outside."""
        place = number % 10
        signed = place < 6
        if signed:
            self._treaty_action(code, TreatyActionType.SIGNATURE, PartialDate.of(_FIRST_DAY))
        if place < 5 or place == 6:
            deposited = self._known_to_the(self._day(before=date(2024, 1, 1)))
            deposited = PartialDate(deposited.year, deposited.month or 6, deposited.day)
            in_force = entry_into_force(deposited)
            assert in_force is not None
            type_ = self._random.choice(_CONSENTS) if signed else TreatyActionType.ACCESSION
            self._treaty_action(code, type_, deposited, in_force)
            self._in_force[code] = in_force
            if number == 40:
                left = years_after(in_force, 1)
                self._treaty_action(code, TreatyActionType.WITHDRAWAL, PartialDate.of(in_force), left)

    def _treaty_action(self, code: str, type_: TreatyActionType, on: PartialDate, effect: date | None = None) -> None:
        key = self._new_id()
        self._keep(
            db.TreatyAction,
            id=key,
            convention_code=reference.CONVENTION,
            state_code=code,
            type=type_,
            date=on,
            takes_effect_on=effect,
            stated_takes_effect_on=PartialDate.of(effect) if effect and self._chance(0.5) else None,
            note=None,
        )
        self._provenance(db.TreatyAction, key)

    def _organisation(self, number: int, code: str) -> None:
        name = f"Organisation for {self._random.choice(_THEMES)} {number}"
        party = party_id(PartyKind.ORGANISATION, code)
        self._keep(db.Party, id=party, kind=PartyKind.ORGANISATION, code=code)
        self._keep(
            db.Organisation,
            code=code,
            party_id=party,
            name=LocalizedText.of(name),
            sort_name=sort_key(name),
            acronym=f"O{number}",
            kind_code=self._code(db.OrganisationKind, self._random.choice(("ngo", "un_body", "academic"))),
            role_code=None,
            website=f"https://org-{number}.example",
            observer_basis="rule 1.3",
            cmc_member=True if self._chance(0.4) else None,
            country_code=self._random.choice(self._states),
            attested_at=None,
            note=None,
        )
        self._provenance(db.Organisation, code)

    def _meeting(self, number: int, of: int) -> None:
        """Every tenth is formal; every third of those is a Review Conference, which comes in two parts."""
        opens = _FIRST_DAY + timedelta(days=_DAYS * (number + 1) // of)
        if number % 10:
            code, kind, formality = f"IM-{number:03}", "intersessional_meeting", Formality.INFORMAL
        elif len(self._formal) % 3 == 2:
            code, kind, formality = f"{len(self._formal) + 1}RC", "review_conference", Formality.FORMAL
        else:
            code, kind, formality = f"{len(self._formal) + 1}MSP", "meeting_of_states_parties", Formality.FORMAL
        self._keep_meeting(code, kind, formality, opens, days=5 if formality is Formality.FORMAL else 2)
        if formality is Formality.FORMAL:
            self._formal.append(code)
            self._opened.append(opens)
        if kind == "review_conference":
            for part in (1, 2):
                self._keep_meeting(f"{code}-{part}", "review_conference_part", formality, opens, days=2, part_of=code)

    def _keep_meeting(
        self, code: str, kind: str, formality: Formality, opens: date, *, days: int, part_of: str | None = None
    ) -> None:
        formal = formality is Formality.FORMAL
        self._meetings.append(code)
        self._keep(
            db.Meeting,
            code=code,
            kind_code=self._code(db.MeetingKind, kind),
            formality=formality,
            title=LocalizedText.of(f"{kind.replace('_', ' ').capitalize()} {code}", fr=f"Réunion {code}"),
            part_of_code=part_of,
            city=self._random.choice(("Geneva", "Vientiane", "Dubrovnik", "Lausanne")),
            country_code=self._random.choice(self._states),
            venue=None,
            is_virtual=self._chance(0.1),
            starts_on=PartialDate.of(opens),
            ends_on=PartialDate.of(opens + timedelta(days=days - 1)),
            first_planned_on=None,
            status=MeetingStatus.CLOSED,
            presidency_code=self._random.choice(self._states) if formal else None,
            president_id=self._person() if formal else None,
            symbol_prefixes=["CCM/MSP/"] if formal else [],
            note=None,
        )
        self._provenance(db.Meeting, code)
        if formal:
            for participants in ParticipantClass:
                count = self._random.randrange(5, 120)
                self._keep(db.Attendance, meeting_code=code, participant_class=participants, count=count)

    def _person(self) -> str:
        key = self._new_id()
        self._keep(db.Person, id=key, full_name=f"Person {len(self.rows[db.Person]) + 1}")
        return key

    def _terms(self) -> None:
        """From each formal meeting to the next: a President, and two Coordinators of each Working Group."""
        offices = [row["code"] for row in self.rows[db.Office] if row["role_code"] == "coordinator"]
        posts = ["president", *offices, *offices]
        for number, start in enumerate(self._formal):
            following = number + 1
            end = self._formal[following] if following < len(self._formal) else None
            for office in posts:
                self._term(office, start, self._opened[number], end, self._opened[following] if end else None)

    def _term(self, office: str, start: str, starts_on: date, end: str | None, ends_on: date | None) -> None:
        key = self._new_id()
        self._keep(
            db.OfficeTerm,
            id=key,
            reference=f"T{len(self.rows[db.OfficeTerm]) + 1:05}",
            office_code=office,
            party_id=party_id(PartyKind.STATE, self._random.choice(self._states)),
            person_id=self._person() if office == "president" else None,
            start_meeting_code=start,
            start_moment=TermMoment.CLOSE,
            end_meeting_code=end,
            end_moment=TermMoment.CLOSE if end else None,
            starts_on=PartialDate.of(starts_on),
            ends_on=PartialDate.of(ends_on) if ends_on else None,
            attested=None,
            attested_from=None,
            attested_until=None,
            note=None,
        )
        self._provenance(db.OfficeTerm, key)

    def _document(self, number: int) -> str:
        key = self._new_id()
        issued = _FIRST_DAY + timedelta(days=_DAYS * number // (number + 2_000))
        official = self._chance(_UN_SHARE)
        revised = f"/Rev.{self._random.randrange(1, 4)}" if self._chance(0.05) else ""
        title = f"{self._random.choice(_THEMES).capitalize()}: document {number}"
        in_meeting = self._random.choice(self._meetings) if self._chance(0.7) else None
        self._keep(
            db.Document,
            id=key,
            symbol=f"CCM/MSP/{issued.year}/WP.{number + 1}{revised}" if official else None,
            title=LocalizedText.of(title, **({"fr": f"{title} (fr)"} if self._chance(0.5) else {})),
            kind_code=self._code(db.DocumentKind, self._random.choice(_KINDS)),
            meeting_code=LARGEST_MEETING if number < ITS_DOCUMENTS else in_meeting,
            issued_on=None if self._chance(0.02) else self._known_to_the(issued),
            author="Submitted by its authors",
            body_code=self._random.choice(self._bodies) if self._chance(0.5) else None,
            is_un_document=official,
            note=None,
        )
        languages = self._random.sample(UN_LANGUAGES, self._random.randrange(0, 6))
        for language in dict.fromkeys(("en", *languages)):
            self._keep(db.DocumentLanguage, document_id=key, language_code=language)
        for position, party in enumerate(self._some(self._parties, 0, 3), start=1):
            self._keep(db.DocumentAuthor, document_id=key, party_id=party, position=position)
        self._provenance(db.Document, key)
        return key

    def _some(self, of: Sequence[str], least: int, most: int) -> Iterable[str]:
        return self._random.sample(of, self._random.randint(least, most))

    def _obligations(self, code: str, in_force: date) -> None:
        for article, share in ((Article.ARTICLE_3, 0.4), (Article.ARTICLE_4, 0.3), (Article.ARTICLE_5, 0.2)):
            if self._chance(share):
                self._obligation(code, article, in_force)

    def _obligation(self, code: str, article: Article, in_force: date) -> None:
        key, due = self._new_id(), original_deadline(article, in_force)
        fulfilled = due is not None and due < TODAY and self._chance(0.5)
        status = ObligationStatus.FULFILLED if fulfilled else ObligationStatus.OUTSTANDING
        self._keep(
            db.Obligation,
            id=key,
            state_code=code,
            article=article,
            status=status if due else ObligationStatus.REPORTED,
            status_as_of=PartialDate(2025, 9),
            stated_original_deadline=PartialDate.of(due) if due and self._chance(0.5) else None,
            stated_deadline=None,
            fulfilled_on=PartialDate(due.year) if due and fulfilled else None,
            fulfilled_by=fulfilled and self._chance(0.3),
            quantity=Decimal(self._random.randrange(1, 100_000)) if article is Article.ARTICLE_4 else None,
            quantity_unit="m2" if article is Article.ARTICLE_4 else None,
            note=None,
        )
        self._provenance(db.Obligation, key, stated_as_of=PartialDate(2025, 9))
        if due is not None:
            self._provenance(db.Obligation, key, field="originalDeadline", basis=ProvenanceBasis.COMPUTED)
            for number in range(1, 1 + self._random.randrange(4)):
                due = self._extension(key, code, article, number, due)

    def _extension(self, obligation: str, code: str, article: Article, number: int, due: date) -> date:
        """A request of one year more, and the deadline after it."""
        asked, granted = years_after(due, 1), self._chance(0.8)
        request = f"ER-{code}-{article.removeprefix('ARTICLE_')}-{number}"
        self._keep(
            db.ExtensionRequest,
            code=request,
            obligation_id=obligation,
            state_code=code,
            article=article,
            number=number,
            submitted_on=PartialDate(due.year - 1, due.month),
            considered_at_code=self._random.choice(self._formal),
            period_asked="P1Y",
            requested_until=PartialDate.of(asked),
            decision="granted" if granted else None,
            granted_until=PartialDate.of(asked) if granted else None,
            analysis_id=self._random.choice(self._documents),
            note=None,
        )
        self._provenance(db.ExtensionRequest, request)
        return asked if granted else due
