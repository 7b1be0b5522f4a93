"""The register is loaded whole or not at all; what is wrong with it is told by its place."""

import csv
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select
from sqlmodel import col

import db
from db.engine import Database
from db.office import held_on
from db.table import Table, kept_tables
from mandate.day import PartialDate
from mandate.office import TermMoment
from mandate.party import PartyKind
from mandate.provenance import ProvenanceBasis
from mandate.treaty_action import TreatyActionType
from resolvers.change import verify
from resolvers.error import UserError
from resolvers.load import FILES, BadCell, BadRegister, LoadReport, load_register
from tests.conftest import ON_SQLITE

DATA = Path(__file__).parents[2] / "data/ccm"
KEYS = {
    "states": "alpha3",
    "organisations": "code",
    "meetings": "code",
    "documents": "doc_id",
    "extension_requests": "request_id",
    "office_holders": "office_id",
    "comparable_structures": "row_id",
}


class Files:
    """A copy of the real files, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, file: str) -> Path:
        return self.folder / f"{file}.csv"

    def edit(self, file: str, key: str, **cells: str) -> int:
        """Changes the row with the key, and gives its line."""
        header, *rows = self._read(file)
        number = next(n for n, row in enumerate(rows) if self._key(file, header, row) == key)
        for column, value in cells.items():
            rows[number][header.index(column)] = value
        self._write(file, [header, *rows])
        return number + 2

    def remove(self, file: str, key: str) -> None:
        header, *rows = self._read(file)
        self._write(file, [header, *(row for row in rows if self._key(file, header, row) != key)])

    def rename(self, file: str, column: str, name: str) -> None:
        header, *rows = self._read(file)
        header[header.index(column)] = name
        self._write(file, [header, *rows])

    def drop(self, file: str, column: str) -> None:
        header, *rows = self._read(file)
        at = header.index(column)
        self._write(file, [row[:at] + row[at + 1 :] for row in [header, *rows]])

    def _key(self, file: str, header: list[str], row: list[str]) -> str:
        if file == "affected_states":
            return "/".join(row[:2])
        return row[header.index(KEYS[file])]

    def _read(self, file: str) -> list[list[str]]:
        with self.path(file).open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))

    def _write(self, file: str, rows: list[list[str]]) -> None:
        with self.path(file).open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows(rows)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "ccm"
    shutil.copytree(DATA, folder)
    return Files(folder)


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncIterator[Database]:
    database = Database(empty_database_url)
    yield database
    await database.close()


@pytest.fixture
def one_engine_url(templates_of: Callable[[str], Any]) -> Iterator[str]:
    """For what is found before anything is written, and so on either engine alike."""
    templates = templates_of("sqlite")
    url = templates.databases.copy(templates.empty)
    yield url
    templates.databases.drop(url)


@pytest.fixture
async def one_engine(one_engine_url: str) -> AsyncIterator[Database]:
    database = Database(one_engine_url)
    yield database
    await database.close()


@pytest.fixture
async def loaded(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


async def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every kept table: the journal is another's business."""
    async with database.reading() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in await connection.execute(select(table)))
            for table in (inspect(kept).local_table for kept in kept_tables())
        }


async def rows_of(database: Database, table: type[Table], *where: Any) -> list[Any]:
    async with database.reading() as connection:
        return list(await connection.execute(select(table.__table__).where(*where)))  # type: ignore[attr-defined]


async def row_of(database: Database, table: type[Table], *where: Any) -> Any:
    (row,) = await rows_of(database, table, *where)
    return row


def counts(report: LoadReport) -> dict[str, tuple[int, int]]:
    """What a load changed: created and changed rows, by table."""
    return {
        name: (table.created, table.changed) for name, table in report.tables.items() if table.created or table.changed
    }


# ---------- the real data


async def test_the_real_register_is_loaded_whole(empty: Database) -> None:
    report = await load_register(empty, DATA)

    found = {name: len(rows) for name, rows in (await contents(empty)).items() if name in report.tables}
    verdict = await verify(empty)
    assert (verdict.entries, verdict.faults) == (sum(found.values()), []), "each row enters the journal once"
    assert found == {
        "body": 10,
        "convention": 6,
        "document": 461,
        "document_author": 337,
        "document_kind": 57,
        "document_language": 90,
        "extension_request": 23,
        "language": 7,
        "meeting": 63,
        "meeting_attendance": 15,
        "meeting_kind": 16,
        "obligation": 75,
        "office": 24,
        "office_role": 10,
        "office_term": 105,
        "organisation": 70,
        "organisation_kind": 10,
        "organisation_role": 8,
        "party": 267,
        "person": 15,
        "provenance": 1750,
        "state": 197,
        "structure_element": 100,
        "treaty_action": 226,
    }
    assert report.changes == sum(found.values())
    assert report.skipped == []


async def test_a_second_load_changes_nothing_and_says_so(loaded: Database) -> None:
    before = await contents(loaded)

    report = await load_register(loaded, DATA)

    assert report.changes == 0
    assert sum(table.unchanged for table in report.tables.values()) == sum(map(len, before.values()))
    assert await contents(loaded) == before


async def test_there_is_one_president_on_every_day(loaded: Database) -> None:
    # Only at the bounds of a term can it change; and at the months, of which a bound may be all we know.
    first, last = date(2010, 11, 9), date(2025, 12, 31)
    of_presidents = col(db.OfficeTerm.office_code) == "president"
    terms = await rows_of(loaded, db.OfficeTerm, of_presidents)
    bounds = {bound.earliest for term in terms for bound in (term.starts_on, term.ends_on)}
    bounds |= {date(year, month, 1) for year in range(2011, 2026) for month in range(1, 13)}
    days = {bound + timedelta(days=n) for bound in bounds for n in (-1, 0, 1)} | {last}
    days = {day for day in days if first <= day <= last}

    async with loaded.reading() as connection:
        in_office = [func.count().filter(held_on(day)) for day in sorted(days)]
        counted = (await connection.execute(select(*in_office).where(of_presidents))).one()

    assert set(counted) == {1}
    assert len(counted) > 500


async def test_presidents_change_as_the_sources_say(loaded: Database) -> None:
    terms = await rows_of(loaded, db.OfficeTerm, col(db.OfficeTerm.office_code) == "president")

    bounds = {
        term.party_id: (term.start_meeting_code, term.start_moment, term.end_meeting_code, term.end_moment)
        for term in terms
    }
    opening, close = TermMoment.OPENING, TermMoment.CLOSE
    assert bounds["STATE:CRI"] == ("5MSP", opening, "1RC", opening)
    assert bounds["STATE:HRV"] == ("1RC", opening, "1RC", close)
    assert bounds["STATE:NLD"] == ("1RC", close, "6MSP", close)


async def test_treaty_actions_take_effect_by_article_17(loaded: Database) -> None:
    lithuania = await rows_of(loaded, db.TreatyAction, col(db.TreatyAction.state_code) == "LTU")

    acts = {act.type: (act.date, act.takes_effect_on, act.stated_takes_effect_on) for act in lithuania}
    deposited = PartialDate(2011, 3, 24)
    assert acts == {
        TreatyActionType.SIGNATURE: (PartialDate(2008, 12, 3), None, None),
        TreatyActionType.RATIFICATION: (deposited, date(2011, 9, 1), PartialDate(2011, 9, 1)),
        TreatyActionType.PROVISIONAL_APPLICATION: (deposited, None, None),
        TreatyActionType.WITHDRAWAL: (None, date(2025, 3, 6), PartialDate(2025, 3, 6)),
    }


async def test_what_is_known_to_the_month_stays_so(loaded: Database) -> None:
    conference = await row_of(loaded, db.Meeting, col(db.Meeting.code) == "3RC")
    term = await row_of(loaded, db.OfficeTerm, col(db.OfficeTerm.reference) == "OH016")

    assert (conference.starts_on, conference.ends_on) == (PartialDate(2026, 9), None)
    assert term.ends_on == PartialDate(2026, 9)


async def test_an_online_meeting_has_no_venue(loaded: Database) -> None:
    part = await row_of(loaded, db.Meeting, col(db.Meeting.code) == "2RC-P1")

    assert (part.is_virtual, part.venue, part.part_of_code) == (True, None, "2RC")
    assert part.first_planned_on == PartialDate(2020, 11, 23)


async def test_facts_keep_their_provenance(loaded: Database) -> None:
    async def provenance_of(key: str, field: str = "") -> Any:
        of = (col(db.Provenance.subject_key) == key, col(db.Provenance.field) == field)
        return await row_of(loaded, db.Provenance, *of)

    consent = await row_of(
        loaded,
        db.TreatyAction,
        col(db.TreatyAction.state_code) == "BDI",
        col(db.TreatyAction.type) == TreatyActionType.RATIFICATION,
    )
    paper = await row_of(loaded, db.Document, col(db.Document.symbol) == "CCM/MSP/2011/WP.2")

    deposit = await provenance_of(consent.id)
    assert deposit.sources[0] == "UNTC table, copy of Jan 2014"
    assert deposit.disagreement.startswith("deposit: UNTC table and Monitor 2022 2009-09-25")
    in_force = await provenance_of(consent.id, "entersIntoForceOn")
    assert (in_force.basis, in_force.note) == (ProvenanceBasis.COMPUTED, "computed only")
    symbol = await provenance_of(paper.id, "symbol")
    assert symbol.basis == ProvenanceBasis.INFERRED
    assert symbol.note.startswith("inferred: the only number missing")
    assert (await provenance_of("USA")).sources == []
    assert await rows_of(loaded, db.Provenance, col(db.Provenance.subject_key) == "ARG") == []


async def test_the_isu_is_a_party_of_its_own_kind(loaded: Database) -> None:
    isu = await row_of(loaded, db.Party, col(db.Party.kind) == PartyKind.ISU)

    assert (isu.id, isu.code) == ("ISU:ISU-CCM", "ISU-CCM")


async def test_joint_authors_stand_in_their_order(loaded: Database) -> None:
    paper = await row_of(
        loaded, db.Document, col(db.Document.author) == "Spain, with Chile, Croatia, Mexico and Portugal"
    )
    authors = await rows_of(loaded, db.DocumentAuthor, col(db.DocumentAuthor.document_id) == paper.id)

    in_order = [author.party_id for author in sorted(authors, key=lambda author: author.position)]
    assert in_order == [f"STATE:{code}" for code in ("ESP", "CHL", "HRV", "MEX", "PRT")]


# ---------- changes


async def test_a_changed_cell_changes_its_row_alone(loaded: Database, files: Files) -> None:
    before = await contents(loaded)
    files.edit("meetings", "1MSP", city="Luang Prabang")

    report = await load_register(loaded, files.folder)

    assert counts(report) == {"meeting": (0, 1)}
    after = await contents(loaded)
    assert {name for name in after if after[name] != before[name]} == {"meeting"}
    assert len(set(after["meeting"]) - set(before["meeting"])) == 1
    assert (await row_of(loaded, db.Meeting, col(db.Meeting.code) == "1MSP")).city == "Luang Prabang"


async def test_a_row_that_left_the_file_stays(loaded: Database, files: Files) -> None:
    files.remove("comparable_structures", "CS001")

    report = await load_register(loaded, files.folder)

    assert report.changes == 0
    assert len(await rows_of(loaded, db.StructureElement)) == 100


async def test_a_document_that_gets_its_symbol_stays_the_same(loaded: Database, files: Files) -> None:
    before = await row_of(loaded, db.Document, col(db.Document.title)["en"][0].as_string().like("Draft Vientiane%"))
    files.edit("documents", "D020", symbol="CCM/MSP/2010/99", symbol_basis="stated")

    report = await load_register(loaded, files.folder)

    after = await row_of(loaded, db.Document, col(db.Document.id) == before.id)
    assert (before.symbol, after.symbol) == (None, "CCM/MSP/2010/99")
    assert counts(report) == {"document": (0, 1), "provenance": (1, 0)}


async def test_a_consent_of_another_kind_replaces_the_one_that_was_wrong(loaded: Database, files: Files) -> None:
    files.edit("states", "AFG", how="acceptance")

    report = await load_register(loaded, files.folder)

    assert counts(report) == {"treaty_action": (0, 1)}


async def test_a_part_may_stand_before_the_whole(empty: Database, files: Files) -> None:
    header, *rows = files.path("meetings").read_text(encoding="utf-8").splitlines(keepends=True)
    files.path("meetings").write_text("".join([header, *reversed(rows)]), encoding="utf-8")

    report = await load_register(empty, files.folder, only=["states", "meetings"])

    assert report.tables["meeting"].created == 63


async def test_a_dry_run_reports_and_writes_nothing(empty: Database) -> None:
    report = await load_register(empty, DATA, dry_run=True)

    assert report.dry_run
    assert report.tables["state"].created == 197
    assert not any((await contents(empty)).values())


async def test_progress_is_told_file_by_file(empty: Database) -> None:
    last: dict[str, tuple[int, int]] = {}

    await load_register(empty, DATA, progress=lambda file, done, total: last.update({file: (done, total)}))

    assert list(last) == [f"{name}.csv" for name in FILES]
    assert last["documents.csv"] == (461, 461)


async def test_an_interrupted_load_leaves_nothing(empty: Database) -> None:
    def interrupt(file: str, done: int, total: int) -> None:
        if (file, done) == ("documents.csv", 200):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await load_register(empty, DATA, progress=interrupt)

    assert not any((await contents(empty)).values())


# ---------- some of the files


async def test_a_register_can_be_loaded_without_offices_meetings_and_documents(empty: Database) -> None:
    report = await load_register(empty, DATA, only=["states", "organisations", "affected_states"])

    assert (report.tables["state"].created, report.tables["obligation"].created) == (197, 75)
    assert not await rows_of(empty, db.Meeting)
    assert len(await rows_of(empty, db.Office)) == 24


async def test_what_a_file_refers_to_may_be_in_the_database(loaded: Database, files: Files) -> None:
    shutil.rmtree(files.folder)
    files.folder.mkdir()
    for name in ("documents", "affected_states"):
        shutil.copy(DATA / f"{name}.csv", files.folder)
    files.edit("documents", "D001", note="The final document")

    report = await load_register(loaded, files.folder, only=["documents", "affected_states"])

    assert counts(report) == {"document": (0, 1)}


async def test_what_is_in_neither_is_a_bad_cell(empty: Database) -> None:
    with pytest.raises(BadRegister) as refused:
        await load_register(empty, DATA, only=["extension_requests"])

    first = refused.value.cells[0]
    assert (first.line, first.column, first.reason) == (2, "alpha3", "there is no State BGR")


async def test_an_unknown_file_is_told_with_those_there_are(empty: Database) -> None:
    with pytest.raises(UserError, match=r"no file treaties; there are states, .*, comparable_structures"):
        await load_register(empty, DATA, only=["states", "treaties"])


# ---------- bad cells

BAD_CELLS = [
    ("states", "AFG", "signed", "3 December 2008", "a date is written YYYY, YYYY-MM or YYYY-MM-DD"),
    ("states", "AFG", "signed", "2009-02-30", "there is no such day in the calendar"),
    ("states", "AFG", "signed", "2208-12-03", "the year is not between 1900 and 2199"),
    ("states", "AFG", "entry_into_force", "2012-02-01", "by Article 17 it should be 2012-03-01"),
    ("states", "AFG", "entry_into_force", "2012-03", "must be a whole day: YYYY-MM-DD"),
    ("states", "AFG", "entry_into_force", "1 March 2012", "must be a whole day: YYYY-MM-DD"),
    ("states", "AFG", "entry_into_force", "2012-02-30", "there is no such day in the calendar"),
    ("states", "AFG", "original_thirty", "yes", "should be no, from the deposit"),
    ("states", "AFG", "status", "signatory", "should be state_party, from the dates"),
    ("states", "AFG", "how", "handshake", "must be 'ratification', 'acceptance'"),
    ("states", "AFG", "how", "", "a deposit has a date and a manner, or neither"),
    ("states", "AND", "alpha3", "AFG", "is on line 2 already"),
    ("states", "AND", "alpha3", "And", "is no code of a State, such as LAO"),
    ("states", "AND", "alpha2", "AF", "is on line 2 already"),
    ("states", "AND", "m49", "4", "is no M49 code, such as 004"),
    ("states", "AND", "m49", "004", "is on line 2 already"),
    ("states", "AND", "name", "", "must not be empty"),
    ("states", "AND", "name", "A" * 201, "is longer than 200 characters"),
    ("organisations", "GICHD", "country_alpha3", "XXX", "there is no State XXX"),
    ("organisations", "IHRC", "kind", "NGO", "is no kind"),
    ("organisations", "IHRC", "website", "clinic", "is no address of a web site"),
    ("organisations", "IHRC", "cmc_member", "maybe", "must be 'yes' or 'partner'"),
    ("organisations", "IHRC", "code", "AAAS", "is on line 56 already"),
    ("organisations", "IHRC", "code", "I/HRC", "is no code"),
    ("meetings", "RW-2025-MNL", "start_date", "2025-13-01", "there is no such day in the calendar"),
    ("meetings", "RW-2025-MNL", "date_precision", "month", "should be day, from the date"),
    ("meetings", "RW-2025-MNL", "end_date", "2025-03-17", "is before it begins, on 2025-03-18"),
    ("meetings", "RW-2025-MNL", "part_of", "9RC", "there is no meeting 9RC"),
    ("meetings", "RW-2025-MNL", "part_of", "RW-2025-MNL", "goes round in a circle"),
    ("meetings", "RW-2025-MNL", "country_alpha3", "PHI", "there is no State PHI"),
    ("meetings", "RW-2025-MNL", "status", "over", "must be 'held' or 'planned'"),
    ("meetings", "RW-2025-MNL", "delegates", "many", "is no whole number"),
    ("meetings", "RW-2025-MNL", "delegates", "2147483648", "is no whole number"),
    ("meetings", "RW-2025-MNL", "note", "Postponed from 31 June 2024", "31 June 2024 is not in the calendar"),
    ("documents", "D461", "symbol", "CCM/MSP/x", "each part of a symbol begins"),
    ("documents", "D461", "symbol", "CCM/78", "is on line 2 already"),
    ("documents", "D461", "symbol_basis", "stated", "is the basis of nothing"),
    ("documents", "D461", "title", "", "must not be empty"),
    ("documents", "D461", "meeting_code", "99MSP", "there is no meeting 99MSP"),
    ("documents", "D461", "theme", "cluster_munitions", "there is no theme cluster_munitions"),
    ("documents", "D461", "languages", "EN|XX", "there is no language xx"),
    ("documents", "D461", "languages", "EN||FR", "has an empty part between two |"),
    ("documents", "D461", "author_alpha3", "AUS|XXX", "there is no State XXX"),
    ("documents", "D461", "author_alpha3", "AUS|AUS", "names the same twice"),
    ("documents", "D461", "author_organisation", "NATO", "there is no organisation NATO"),
    ("documents", "D461", "un_document", "perhaps", "must be 'yes' or 'no'"),
    ("affected_states", "ALB/4", "original_deadline", "2020-08-02", "should be 2020-08-01: in force since 2010-08-01"),
    ("affected_states", "ALB/5", "original_deadline", "2022-03-01", "should be empty"),
    ("affected_states", "ALB/4", "topic", "victim_assistance", "should be clearance, from the article"),
    ("affected_states", "ALB/4", "article", "6", "must be '3', '4' or '5'"),
    ("affected_states", "ALB/4", "obligation_status", "done", "must be 'fulfilled'"),
    ("affected_states", "ALB/4", "fulfilled_precision", "month", "should be empty, from the date"),
    ("affected_states", "ALB/4", "quantity", "much", "is no number"),
    ("affected_states", "ALB/4", "quantity", "1,5", "is no number"),
    ("extension_requests", "ER-SOM-4-1", "alpha3", "SOX", "there is no State SOX"),
    ("extension_requests", "ER-SOM-4-1", "article", "3", "there is no obligation of SOM under Article 3"),
    ("extension_requests", "ER-SOM-4-1", "considered_at", "99MSP", "there is no meeting 99MSP"),
    ("extension_requests", "ER-SOM-4-1", "period_asked", "4 years", "is no duration as in ISO 8601"),
    ("extension_requests", "ER-SOM-4-1", "analysis_symbol", "CCM/MSP/2025/99", "there is no document"),
    ("extension_requests", "ER-SOM-4-1", "request_id", "ER-CHL-9", "should begin with ER-SOM-4-"),
    ("extension_requests", "ER-SOM-4-1", "request_number", "first", "is no whole number"),
    ("office_holders", "OH017", "role", "chair", "there is no role chair"),
    ("office_holders", "OH017", "theme", "", "must not be empty: there is a coordinator for each theme"),
    ("office_holders", "OH017", "theme", "isu", "there is no coordinator for isu"),
    ("office_holders", "OH017", "alpha3", "VAX", "there is no State VAX"),
    ("office_holders", "OH017", "alpha3", "", "nobody holds it"),
    ("office_holders", "OH017", "organisation_code", "UN", "a State or an organisation, not both"),
    ("office_holders", "OH017", "end_meeting", "1MSP", "ends on 2010-11-12, before it starts on 2011-09-16"),
    ("office_holders", "OH017", "start_meeting", "0MSP", "there is no meeting 0MSP"),
    ("office_holders", "OH105", "office_id", "OH001", "is on line 2 already"),
    ("office_holders", "OH036", "attested_between", "often", "'often' is no date that can be read"),
    ("office_holders", "OH036", "attested_between", "99MSP", "there is no meeting 99MSP"),
    ("comparable_structures", "CS100", "instrument", "NPT", "there is no convention NPT"),
    ("comparable_structures", "CS100", "row_id", "CS001", "is on line 2 already"),
    ("comparable_structures", "CS100", "element", "", "must not be empty"),
]  # fmt: skip


def rounds() -> list[list[tuple[str, str, str, str, str]]]:
    """So that no two of one load are in one file, where one could stand in the way of the other."""
    of_file = [[case for case in BAD_CELLS if case[0] == file] for file in FILES]
    return [[case for case in some if case is not None] for some in zip_longest(*of_file)]


@pytest.mark.parametrize("cases", rounds(), ids=lambda cases: f"{len(cases)} files")
async def test_a_bad_cell_is_named_and_nothing_is_written(
    one_engine: Database, files: Files, cases: list[tuple[str, str, str, str, str]]
) -> None:
    lines = [files.edit(file, key, **{column: value}) for file, key, column, value, _ in cases]

    with pytest.raises(BadRegister) as refused:
        await load_register(one_engine, files.folder)

    for line, (file, key, column, value, reason) in zip(lines, cases, strict=True):
        told = [cell for cell in refused.value.cells if (cell.file, cell.column) == (f"{file}.csv", column)]
        assert [(cell.line, cell.value) for cell in told[:1]] == [(line, value)], (file, key, column, value)
        assert reason in told[0].reason
    assert not any((await contents(one_engine)).values())


@ON_SQLITE
async def test_one_bad_cell_in_any_file_leaves_the_database_as_it_was(loaded: Database, files: Files) -> None:
    """Of one file, on either engine: `test_a_full_database_is_untouched_by_a_bad_cell`."""
    before = await contents(loaded)
    files.edit("states", "AFG", name="Afghan Republic")
    for file in FILES:
        _, key, column, value, reason = next(case for case in reversed(BAD_CELLS) if case[0] == file)
        good = files.path(file).read_bytes()
        files.edit(file, key, **{column: value})

        with pytest.raises(BadRegister, match=reason):
            await load_register(loaded, files.folder)

        assert await contents(loaded) == before, file
        files.path(file).write_bytes(good)


async def test_all_bad_cells_are_told_at_once(one_engine: Database, files: Files) -> None:
    files.edit("states", "AFG", signed="yesterday", status="signatory")
    files.edit("documents", "D461", theme="mines", kind="Statement")
    files.edit("documents", "D003", theme="mines")

    with pytest.raises(BadRegister) as refused:
        await load_register(one_engine, files.folder)

    assert [(cell.file, cell.line, cell.column) for cell in refused.value.cells] == [
        ("states.csv", 2, "signed"),
        ("documents.csv", 4, "theme"),
        ("documents.csv", 462, "kind"),
    ]


async def test_a_bad_cell_is_told_in_words(one_engine: Database, files: Files) -> None:
    files.edit("states", "AFG", entry_into_force="2012-04-01")

    with pytest.raises(BadRegister) as refused:
        await load_register(one_engine, files.folder)

    assert str(refused.value) == (
        "states.csv, line 2, column entry_into_force, value '2012-04-01': "
        "by Article 17 it should be 2012-03-01, from the deposit"
    )


async def test_a_thousand_bad_cells_are_not_all_printed(one_engine: Database, files: Files) -> None:
    text = files.path("documents").read_text(encoding="utf-8")
    files.path("documents").write_text(text.replace(",statement,", ",Statement,"), encoding="utf-8")

    with pytest.raises(BadRegister) as refused:
        await load_register(one_engine, files.folder)

    assert len(refused.value.cells) == 184
    assert str(refused.value).splitlines()[20:] == ["… and 164 more"]


async def test_a_full_database_is_untouched_by_a_bad_cell(loaded: Database, files: Files) -> None:
    before = await contents(loaded)
    files.edit("states", "AFG", name="Emirate")
    files.edit("office_holders", "OH105", alpha3="XXX")

    with pytest.raises(BadRegister):
        await load_register(loaded, files.folder)

    assert await contents(loaded) == before


async def test_a_code_of_a_state_that_another_has_is_bad(loaded: Database, files: Files) -> None:
    line = files.edit("states", "AFG", alpha3="AFX")

    with pytest.raises(BadRegister) as refused:
        await load_register(loaded, files.folder)

    alpha2, m49 = refused.value.cells
    assert (alpha2.line, alpha2.column, m49.column) == (line, "alpha2", "m49")
    assert alpha2.reason == "is that of AFG in the database"


async def test_two_rows_for_one_article_of_a_state_are_one_too_many(one_engine: Database, files: Files) -> None:
    line = files.edit(
        "affected_states", "AFG/4", article="3", topic="stockpile_destruction", original_deadline="2020-03-01"
    )

    with pytest.raises(BadRegister) as refused:
        await load_register(one_engine, files.folder)

    told = BadCell(
        file="affected_states.csv",
        line=line,
        column="article",
        value="3",
        reason="is on line 2 already, with the same alpha3",
    )
    assert told in refused.value.cells


async def test_documents_without_symbol_differ_by_title_meeting_date_or_author(
    one_engine: Database, files: Files
) -> None:
    text = files.path("documents").read_text(encoding="utf-8")
    last = text.splitlines()[-1]
    files.path("documents").write_text(text + last.replace("D461", "D462"), encoding="utf-8")

    with pytest.raises(BadRegister) as refused:
        await load_register(one_engine, files.folder)

    (cell,) = refused.value.cells
    assert (cell.line, cell.column) == (463, "title")
    assert cell.reason == "is on line 462 already, with the same meeting_code, date, author"


# ---------- what is left out


async def test_skipping_leaves_out_the_bad_row_and_what_refers_to_it(empty: Database, files: Files) -> None:
    line = files.edit("meetings", "11MSP", start_date="September")

    report = await load_register(empty, files.folder, skip_bad=True)

    root, *others = report.skipped
    assert (root.file, root.line, root.column, root.follows) == ("meetings.csv", line, "start_date", False)
    assert all(cell.follows for cell in others)
    assert {cell.reason for cell in others} == {f"meeting 11MSP is left out: meetings.csv, line {line}"}
    assert {cell.file for cell in others} == {
        "documents.csv",
        "extension_requests.csv",
        "office_holders.csv",
    }
    assert report.tables["meeting"].created == 62
    assert report.tables["document"].created == 461 - 8
    assert report.tables["extension_request"].created == 22
    assert report.tables["state"].created == 197


async def test_what_follows_from_a_left_out_row_follows_further(empty: Database, files: Files) -> None:
    line = files.edit("states", "SOM", m49="?")

    report = await load_register(empty, files.folder, skip_bad=True)

    left_out = {(cell.file, cell.column): cell.reason for cell in report.skipped}
    assert left_out["affected_states.csv", "alpha3"] == f"State SOM is left out: states.csv, line {line}"
    assert ("extension_requests.csv", "alpha3") in left_out
    assert not await rows_of(empty, db.Obligation, col(db.Obligation.state_code) == "SOM")
    assert not await rows_of(empty, db.Provenance, col(db.Provenance.subject_key) == "SOM")


async def test_without_skipping_only_the_cause_is_told(one_engine: Database, files: Files) -> None:
    files.edit("meetings", "11MSP", start_date="September")

    with pytest.raises(BadRegister) as refused:
        await load_register(one_engine, files.folder)

    assert [cell.column for cell in refused.value.cells] == ["start_date"]


async def test_of_two_rows_with_one_key_the_first_is_loaded(empty: Database, files: Files) -> None:
    line = files.edit("meetings", "9MSP", code="8MSP")
    files.edit("documents", "D003", meeting_code="8MSP")

    report = await load_register(empty, files.folder, skip_bad=True)

    twice = [cell for cell in report.skipped if cell.file == "meetings.csv"]
    assert [(cell.line, cell.column, cell.value) for cell in twice] == [(line, "code", "8MSP")]
    (meeting,) = await rows_of(empty, db.Meeting, col(db.Meeting.code) == "8MSP")
    assert meeting.starts_on == PartialDate(2018, 9, 3)
    assert len(await rows_of(empty, db.Document, col(db.Document.meeting_code) == "8MSP")) == 12


async def test_skipping_where_nothing_is_bad_skips_nothing(loaded: Database) -> None:
    report = await load_register(loaded, DATA, skip_bad=True)

    assert (report.changes, report.skipped) == (0, [])


# ---------- files that are none


async def refusal(database: Database, files: Files, *, skip_bad: bool = True) -> list[BadCell]:
    """A file as a whole is never skipped."""
    with pytest.raises(BadRegister) as refused:
        await load_register(database, files.folder, skip_bad=skip_bad)
    assert not any((await contents(database)).values())
    return refused.value.cells


async def test_a_missing_file_is_told(one_engine: Database, files: Files) -> None:
    files.path("states").unlink()
    files.path("documents").unlink()

    cells = await refusal(one_engine, files)

    assert [str(cell) for cell in cells] == [
        f"states.csv: there is no such file in {files.folder}",
        f"documents.csv: there is no such file in {files.folder}",
    ]


async def test_a_folder_in_place_of_a_file_is_told(one_engine: Database, files: Files) -> None:
    files.path("states").unlink()
    files.path("states").mkdir()

    assert [str(cell) for cell in await refusal(one_engine, files)] == ["states.csv: can not be read: Is a directory"]


async def test_missing_and_unknown_columns_are_told_by_name(one_engine: Database, files: Files) -> None:
    files.rename("states", "signed", "signature")
    files.drop("meetings", "venue")

    assert [str(cell) for cell in await refusal(one_engine, files)] == [
        "states.csv, line 1, column signed: the column is missing",
        "states.csv, line 1, column signature: there is no such column",
        "meetings.csv, line 1, column venue: the column is missing",
    ]


async def test_a_column_that_is_there_twice_is_told(one_engine: Database, files: Files) -> None:
    lines = files.path("states").read_text(encoding="utf-8").splitlines()
    files.path("states").write_text("\n".join(f"{line},note" for line in lines), encoding="utf-8")

    assert [str(cell) for cell in await refusal(one_engine, files)] == [
        "states.csv, line 1, column note: the column is there twice"
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "states.csv: is empty"),
        (b"\r\n\r\n", "states.csv: is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "states.csv, line 3: is not CSV in UTF-8: it contains NUL"),
        ("alpha2,alpha3".encode("utf-16"), "states.csv, line 1: is not CSV in UTF-8: it contains NUL"),
        (b'{"states": []}', "states.csv, line 1: is not CSV with the columns alpha2, alpha3, m49"),
        (b'alpha2,alpha3,"m49\n', "states.csv, line 1: is not CSV: unexpected end of data"),
        (b"alpha2;alpha3;m49\r\n", "states.csv, line 1: is not CSV with the columns"),
    ],
)
async def test_what_is_no_csv_is_told(one_engine: Database, files: Files, content: bytes, told: str) -> None:
    files.path("states").write_bytes(content)

    (cell,) = await refusal(one_engine, files)

    assert str(cell).startswith(told)


async def test_quotes_that_never_close_are_told(one_engine: Database, files: Files) -> None:
    data = files.path("states").read_bytes()
    files.path("states").write_bytes(data.replace(b"AO,AGO", b'"AO,AGO'))

    (cell,) = await refusal(one_engine, files)

    assert (cell.line, cell.reason.startswith("is not CSV: ")) == (3, True)


async def test_a_row_of_another_length_is_bad(one_engine: Database, files: Files) -> None:
    data = files.path("states").read_bytes()
    files.path("states").write_bytes(data.replace(b"\r\nAD,AND,020,", b"\r\nAD,AND,"))

    (cell,) = await refusal(one_engine, files, skip_bad=False)

    assert str(cell) == "states.csv, line 5: has 21 cells, and the header has 22"


async def test_bytes_that_are_no_utf_8_are_told_in_their_cell(one_engine: Database, files: Files) -> None:
    line = files.edit("meetings", "5MSP", city="San Jos#")
    data = files.path("meetings").read_bytes()
    files.path("meetings").write_bytes(data.replace(b"Jos#", b"Jos\xe9"))

    (cell,) = await refusal(one_engine, files, skip_bad=False)

    assert str(cell) == f"meetings.csv, line {line}, column city, value 'San Jos\\\\xe9': is not UTF-8"


async def test_a_line_is_the_one_in_the_file_though_cells_have_lines(one_engine: Database, files: Files) -> None:
    files.edit("states", "AFG", name="Islamic\r\nRepublic\n", note="Two\nlines")
    files.edit("states", "AGO", short_name="An\ngo\nla", signed="then")

    (cell,) = await refusal(one_engine, files, skip_bad=False)

    assert (cell.line, cell.column) == (8, "signed")


async def test_excel_may_put_its_mark_before_the_file(empty: Database, files: Files) -> None:
    for name in FILES:
        files.path(name).write_bytes(b"\xef\xbb\xbf" + files.path(name).read_bytes())

    assert (await load_register(empty, files.folder)).tables["state"].created == 197


async def test_line_ends_and_spaces_around_cells_do_not_matter(loaded: Database, files: Files) -> None:
    files.edit("states", "AFG", short_name=" Afghanistan ", withdrawal_effective=" ")
    for name in FILES:
        data = files.path(name).read_bytes()
        files.path(name).write_bytes(data.replace(b"\r\n", b"\n\n"))

    assert (await load_register(loaded, files.folder)).changes == 0


async def test_a_term_that_is_not_known_is_null(empty: Database, files: Files) -> None:
    files.edit("comparable_structures", "CS001", seed_term_zh="")

    await load_register(empty, files.folder, only=["comparable_structures"])

    without = await row_of(empty, db.StructureElement, col(db.StructureElement.term).is_(None))
    assert without.code == "CS001"
