"""A larger register, the same on every machine: the answers to the queries are then the same bytes.

Its rows are written as they are, without the journal, which would take ten times as long. In that are the meetings
alone: whoever calls with a key has it looked through, and how an empty one is read holds for none that is long. What an
act would keep from the public is public here, people and communications among it: the queries ask as the public does,
so that every row that they read is asked whether it may be seen. Communications are not searched.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
from sqlalchemy import Dialect, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

import db
from db.engine import Database
from db.party import party_id
from db.search import index
from db.table import CodeTable, Kept, kept_tables
from db.unit import Signature, Unit, instant
from mandate.account import AccountKind, AccountStatus
from mandate.actor import Scope, Visibility
from mandate.agenda import number_order
from mandate.communication import AudienceGroup, CommunicationKind, CommunicationStatus, DeliveryStatus, reference
from mandate.day import PartialDate, years_after
from mandate.meeting import Formality, MeetingStatus, ParticipantClass
from mandate.obligation import Article, ObligationStatus, original_deadline
from mandate.office import TermMoment
from mandate.participation import ParticipationRole
from mandate.party import ISU_PARTY, PartyKind
from mandate.provenance import ProvenanceBasis
from mandate.text import UN_LANGUAGES, LocalizedText, sort_key
from mandate.treaty_action import TreatyActionType, entry_into_force
from resolvers.account import secret_hash
from resolvers.load import reference as given

STATES = 200
ORGANISATIONS = 400
MEETINGS = 300
ITEMS_OF_A_MEETING = 20
PARTICIPANTS_OF_A_MEETING = 200
MEETINGS_OF_A_PERSON = 3
DOCUMENTS = 20_000
COMMUNICATIONS = 100_000
RECIPIENTS_OF_A_COMMUNICATION = 3
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
_ROLES = tuple(ParticipationRole)
_LETTERS = tuple(CommunicationKind)
_GROUPS_OF_RECIPIENTS = (AudienceGroup.ALL_STATES_PARTIES, AudienceGroup.COORDINATORS, AudienceGroup.NGOS)
_FIRST_SENDING = datetime(2009, 1, 1, tzinfo=UTC)
_CONSENTS = (TreatyActionType.RATIFICATION, TreatyActionType.ACCEPTANCE, TreatyActionType.APPROVAL)


KEY_ID = "0190aaaa-0000-7000-8000-000000000001"
_SECRET = "the-key-of-the-benchmark-that-opens-nothing"  # noqa: S105
KEY = f"isu_{KEY_ID}_{_SECRET}"
"""Of an account of the ISU, in the database of the benchmark alone."""
_ACCOUNT = "0190aaaa-0000-7000-8000-000000000000"
_SALT = "0" * 32
_A_BATCH = 2_000
"""Documents, or whatever else is many: at no time is all of it held."""


async def build(url: str, *, scale: float = 1, searched: bool = True) -> int:
    """Fill a migrated database, and say with how many rows. What is searched takes as long as all else."""
    database, count = Database(url), 0
    tables = list(kept_tables())
    try:
        for rows in _Register(scale).batches():
            async with database.writing() as connection:
                for table in tables:
                    await _write(connection, table, rows[table])
                    if searched and table is not db.Communication:
                        await index(connection, table, rows[table])
            count += sum(map(len, rows.values()))
        async with database.writing() as connection:
            meetings = (await connection.execute(select(inspect(db.Meeting).local_table))).mappings().all()
            await Unit(connection, Signature(act="bench")).adopt(db.Meeting, meetings)
    finally:
        await database.close()
    if url.startswith("postgresql:"):
        await _vacuum(url)
    return count


async def _vacuum(url: str) -> None:
    """What PostgreSQL does in production by itself, and what the servers of the tests go without."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _write(connection: AsyncConnection, table: type[Kept], rows: Sequence[Mapping[str, Any]]) -> None:
    """By the driver itself, which takes a third of the time."""
    if not rows:
        return
    columns = inspect(table).local_table.columns
    records = list(zip(*(_values(column, rows, connection.dialect) for column in columns), strict=True))
    names = [column.name for column in columns]
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.name == "postgresql":
        await driver.copy_records_to_table(table.__tablename__, records=records, columns=names)
    else:
        places = ", ".join("?" * len(names))
        await driver.executemany(f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({places})", records)  # noqa: S608


def _values(column: Any, rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> list[Any]:
    """Of one column, as the driver takes them."""
    name, default = column.key, None if column.default is None else column.default.arg
    values = [row.get(name, default) for row in rows]
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if convert is None else [None if value is None else convert(value) for value in values]


def states(scale: float) -> int:
    return _scaled(STATES, min(scale, 1))


def documents(scale: float) -> int:
    return _scaled(DOCUMENTS, scale)


def communications(scale: float) -> int:
    return _scaled(COMMUNICATIONS, scale)


def communication_id(number: int) -> str:
    """In the order in which they were written."""
    return f"01920000-0000-7000-8000-{number:012x}"


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


def organisation_code(number: int) -> str:
    """Those that sit on the Coordination Committee come first."""
    return ("ICRC", "UN", "CMC")[number] if number < 3 else f"ORG-{number:03}"


class _Register:
    """The rows of every table, each made from those before it."""

    def __init__(self, scale: float) -> None:
        self.rows: defaultdict[type[Kept], list[Mapping[str, Any]]] = defaultdict(list)
        self._scale = scale
        self._random = random.Random(20100801)  # noqa: S311  the same every time, that is the point
        self._made = 0
        self._people = 0
        self._codes: set[tuple[type[CodeTable], str]] = set()
        self._in_force: dict[str, date] = {}
        self._states = [state_code(number) for number in range(states(scale))]
        self._organisations = [organisation_code(number) for number in range(_scaled(ORGANISATIONS, min(scale, 1)))]
        self._parties = [party_id(PartyKind.STATE, code) for code in self._states]
        self._parties += [party_id(PartyKind.ORGANISATION, code) for code in self._organisations]
        self._bodies: list[str] = []
        self._documents: list[str] = []
        self._meetings: list[str] = []
        self._formal: list[str] = []
        self._opened: list[date] = []
        self._guests: list[str] = []

    def batches(self) -> Iterator[Mapping[type[Kept], Sequence[Mapping[str, Any]]]]:
        """What is referred to comes in an earlier batch, or in the same."""
        self._reference()
        self._accounts()
        for number, code in enumerate(self._states):
            self._state(number, code)
        for number, code in enumerate(self._organisations):
            self._organisation(number, code)
        number_of_meetings = _scaled(MEETINGS, self._scale)
        while len(self._meetings) < number_of_meetings:
            self._meeting(len(self._meetings), number_of_meetings)
        self._terms()
        yield self._taken()
        for number in range(documents(self._scale)):
            self._documents.append(self._document(number))
            if number % _A_BATCH == 0:
                yield self._taken()
        for code, in_force in self._in_force.items():
            self._obligations(code, in_force)
        yield self._taken()
        for number, code in enumerate(self._meetings):
            self._agenda(code)
            self._participations(number, code)
            if number % (_A_BATCH // PARTICIPANTS_OF_A_MEETING) == 0:
                yield self._taken()
        for number in range(communications(self._scale)):
            self._communication(number)
            if number % _A_BATCH == 0:
                yield self._taken()
        yield self._taken()

    def _taken(self) -> Mapping[type[Kept], Sequence[Mapping[str, Any]]]:
        taken, self.rows = self.rows, defaultdict(list)
        return taken

    def _reference(self) -> None:
        for row in given.rows():
            if isinstance(row, CodeTable):
                self._code(type(row), row.code)
            else:
                self._keep(type(row), **{column.key: getattr(row, column.key) for column in inspect(type(row)).columns})
        self._bodies = [row["code"] for row in self.rows[db.Body]]

    def _accounts(self) -> None:
        self._keep(db.Party, id=ISU_PARTY, kind=PartyKind.ISU, code=ISU_PARTY.partition(":")[2])
        account = {"kind": AccountKind.SERVICE, "party_id": ISU_PARTY, "status": AccountStatus.ACTIVE}
        self._keep(db.Account, id=_ACCOUNT, label="The benchmark", salt=_SALT, **account)
        now = datetime.now(UTC)
        self._keep(
            db.ApiKey,
            id=KEY_ID,
            account_id=_ACCOUNT,
            label="The benchmark",
            secret_hash=secret_hash(_SECRET),
            scopes=sorted(Scope),
            created_at=instant(now),
            expires_at=instant(now + timedelta(days=1)),
        )

    def _keep(self, table: type[Kept], **row: Any) -> None:
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
            self._keep(table, code=code, label=given.label(table, code))
        return code

    def _provenance(self, of: type[Kept], key: str, **more: Any) -> None:
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
            convention_code=given.CONVENTION,
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
            working_methods=None,
            note=None,
        )
        self._provenance(db.Meeting, code)
        if formal:
            for participants in ParticipantClass:
                count = self._random.randrange(5, 120)
                self._keep(db.Attendance, meeting_code=code, participant_class=participants, count=count)

    def _person(self) -> str:
        self._people += 1
        key = self._new_id()
        self._keep(db.Person, id=key, full_name=f"Person {self._people}", salt=_SALT)
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
            reference=f"T{self._made:07}",
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

    def _agenda(self, meeting: str) -> None:
        for number in range(1, ITEMS_OF_A_MEETING + 1):
            title = f"What there is to say at {meeting}, {number}"
            self._keep(
                db.AgendaItem,
                id=self._new_id(),
                meeting_code=meeting,
                number=str(number),
                number_order=number_order(str(number)),
                title=LocalizedText.of(title, fr=f"{title} (fr)"),
                visibility=Visibility.PUBLIC,
            )

    def _participations(self, number: int, meeting: str) -> None:
        """The people of a meeting come to a few more, so that most of them are known already."""
        if number % MEETINGS_OF_A_PERSON == 0:
            self._guests = [self._person() for _ in range(_scaled(PARTICIPANTS_OF_A_MEETING, min(self._scale * 5, 1)))]
        for place, person in enumerate(self._guests):
            self._keep(
                db.Participation,
                id=self._new_id(),
                meeting_code=meeting,
                party_id=self._parties[(number + place) % len(self._parties)],
                person_id=person,
                role=_ROLES[place % len(_ROLES)],
                registered_on=TODAY,
                visibility=Visibility.PUBLIC,
            )

    def _communication(self, number: int) -> None:
        key, kind = communication_id(number), _LETTERS[number % len(_LETTERS)]
        sent = _FIRST_SENDING + timedelta(hours=number)
        theme = _THEMES[number % len(_THEMES)]
        self._keep(
            db.Communication,
            id=key,
            kind=kind,
            status=CommunicationStatus.SENT,
            reference=reference(kind, sent.year, number + 1),
            year=sent.year,
            number=number + 1,
            subject=LocalizedText.of(f"On {theme}, number {number + 1}", fr=f"Sur {theme}, numéro {number + 1}"),
            body=LocalizedText.of(f"Dear all, this is what there is to say of {theme}."),
            sent_at=instant(sent),
            visibility=Visibility.PUBLIC,
        )
        group = _GROUPS_OF_RECIPIENTS[number % len(_GROUPS_OF_RECIPIENTS)]
        self._keep(
            db.Dispatch,
            communication_id=key,
            audience={"groups": [group], "include": [], "exclude": [], "as_of": None, "meeting": None},
            drafted_by=[{"account": _ACCOUNT, "person": None}],
            visibility=Visibility.PUBLIC,
        )
        for place in range(RECIPIENTS_OF_A_COMMUNICATION):
            self._keep(
                db.Recipient,
                id=f"{key[:8]}-{place + 1:04x}{key[13:]}",
                communication_id=key,
                party_id=self._parties[(number + place * 7) % len(self._parties)],
                reason=f"Of {group}",
                language="en",
                is_fallback=False,
                status=DeliveryStatus.DELIVERED if (number + place) % 4 else DeliveryStatus.BOUNCED,
                visibility=Visibility.PUBLIC,
            )

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
