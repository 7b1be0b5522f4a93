"""Lists from an office, at the command line: who is registered, what is issued, and what is told of the rest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col
from typer.testing import CliRunner, Result

import db
from db.engine import Database
from db.table import Kept
from isu import cli, lists
from mandate.participation import ParticipationStatus
from tests import paper
from tests.call import through_the_unit

Isu = Callable[..., Result]
PEOPLE = "party,full_name,role\n"
DOCUMENTS = "symbol,kind,title,original_language,versions,meetings\n"


@pytest.fixture
def isu(register_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Isu:
    monkeypatch.setenv("ISU_DATABASE_URL", register_url)
    monkeypatch.setenv("ISU_FILES", str(tmp_path / "kept"))
    monkeypatch.setenv("ISU_FILE_MAX_BYTES", "10000")
    return lambda *words: CliRunner().invoke(cli.app, [str(word) for word in words])


@pytest.fixture
def account(isu: Isu) -> str:
    return isu("account", "create", "The office").output.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def register(isu: Isu, account: str, tmp_path: Path) -> Callable[[str | bytes], Result]:
    def run(text: str | bytes, meeting: str = "13MSP") -> Result:
        return isu("register-participants", meeting, written(tmp_path, text), "--account", account)

    return run


@pytest.fixture
def issue(isu: Isu, account: str, tmp_path: Path, folder: Path) -> Callable[[str | bytes], Result]:
    def run(text: str | bytes) -> Result:
        return isu("issue-documents", written(tmp_path, text), "--files", folder, "--account", account)

    return run


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(url: str, statement: Any) -> Sequence[Any]:
    async def ask() -> Sequence[Any]:
        database = Database(url)
        async with database.reading() as connection:
            found = list(await connection.execute(statement))
        await database.close()
        return found

    return asyncio.run(ask())


def registered(url: str) -> list[tuple[str, str]]:
    person, participation = db.Person, db.Participation
    found = rows(
        url,
        select(col(person.full_name), col(participation.status), col(participation.role))
        .join(person, col(person.id) == col(participation.person_id))
        .where(col(participation.meeting_code) == "13MSP")
        .order_by(col(person.full_name)),
    )
    return [(row.full_name, row.status.value) for row in found]


def issued(url: str) -> dict[str, str | None]:
    document = db.Document
    new = col(document.symbol).startswith("CCM/MSP/2025/WP.9")
    return {row[0]: row[1] for row in rows(url, select(col(document.symbol), col(document.meeting_code)).where(new))}


# ---------- people ----------


def test_a_list_of_people_is_registered_once_however_often_it_is_given(
    register: Callable[..., Result], account: str, register_url: str
) -> None:
    text = f"{PEOPLE}STATE:DEU,Anna Amt,DELEGATE\nORGANISATION:ICRC,Bo Bé,OBSERVER\n"
    first = register(b"\xef\xbb\xbf" + text.encode())
    second = register(f"{text}STATE:FRA,Chloé Camus,HEAD_OF_DELEGATION\n")

    assert (first.exit_code, first.stdout, first.stderr) == (0, "2 registered, 0 there already, 0 failed.\n", "")
    assert (second.exit_code, second.stdout) == (0, "1 registered, 2 there already, 0 failed.\n")
    assert registered(register_url) == [
        ("Anna Amt", "REGISTERED"),
        ("Bo Bé", "REGISTERED"),
        ("Chloé Camus", "REGISTERED"),
    ]
    acts = rows(register_url, select(col(db.Change.account_id)).where(col(db.Change.act) == "registerParticipants"))
    assert {row[0] for row in acts} == {account}


def test_each_person_that_can_not_be_registered_is_told_with_line_and_reason(
    register: Callable[..., Result], register_url: str
) -> None:
    told = register(
        f"{PEOPLE}STATE:DEU,Anna Amt,DELEGATE\n"
        "STATE:XXX,Nobody,DELEGATE\n"
        "DEU,Nobody,DELEGATE\n"
        "STATE:DEU,Nobody,DRIVER\n"
        "STATE:DEU,,DELEGATE\n"
        "STATE:DEU,Anna Amt,ADVISER\n"
        "STATE:DEU,Too,many,cells\n"
        "STATE:DEU,\x1b[31mRed,DELEGATE\n"
    )

    assert (told.exit_code, told.stdout) == (1, "1 registered, 0 there already, 7 failed.\n")
    assert told.stderr.splitlines() == [
        "list.csv, line 3, column party, value 'STATE:XXX': There is no such party.",
        "list.csv, line 4, column party, value 'DEU': is no party, such as STATE:DEU or ORGANISATION:ICRC",
        (
            "list.csv, line 5, column role, value 'DRIVER': must be 'HEAD_OF_DELEGATION', 'DELEGATE', 'ADVISER', "
            "'OBSERVER', 'EXPERT' or 'SECRETARIAT'"
        ),
        "list.csv, line 6, column full_name, value '': must not be empty",
        "list.csv, line 7, column full_name, value 'Anna Amt': is in line 2 already",
        "list.csv, line 8: has 4 cells, and the header has 3",
        r"list.csv, line 9, column full_name, value '\x1b[31mRed': In one line, without control characters.",
    ]
    assert registered(register_url) == [("Anna Amt", "REGISTERED")]


def test_where_all_fail_each_is_told_too(register: Callable[..., Result]) -> None:
    told = register(f"{PEOPLE}STATE:XXX,Nobody,DELEGATE\nSTATE:YYY,Nobody,DELEGATE\n")

    assert (told.exit_code, told.stdout) == (1, "0 registered, 0 there already, 2 failed.\n")
    assert [line.partition(",")[2].split(",")[0] for line in told.stderr.splitlines()] == [" line 2", " line 3"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "list.csv: is empty"),
        (PEOPLE, "list.csv: has a header, and nothing below it."),
        (
            "party;full_name;role\nSTATE:DEU;Anna;DELEGATE\n",
            "full_name, role; there are semicolons between its cells: save it with commas",
        ),
        ("party,full_name\n", "list.csv, line 1, column role: the column is missing"),
        ("party,full_name,role,email\n", "list.csv, line 1, column email: there is no such column"),
        ("name,country\n", "list.csv, line 1: is not CSV with the columns party, full_name, role"),
        (f"{PEOPLE}STATE:DEU,Müller,DELEGATE\n".encode("utf-16"), "it contains NUL, as binary files and UTF-16 do"),
        (
            f"{PEOPLE}STATE:DEU,Müller,DELEGATE\n".encode("latin-1"),
            r"list.csv, line 2, column full_name, value 'M\\xfcller': is not UTF-8",
        ),
        (f'{PEOPLE}STATE:DEU,"Anna,DELEGATE\n', "list.csv, line 2: is not CSV: unexpected end of data"),
    ],
)
def test_a_list_that_can_not_be_read_is_told(
    register: Callable[..., Result], register_url: str, text: str | bytes, told: str
) -> None:
    answer = register(text)

    assert answer.exit_code == 1
    assert told in answer.stderr
    assert registered(register_url) == []


@pytest.mark.parametrize(
    "strange", ["\x1b]0;mine\x07", "\x1b[2K", "\u202e", "\x9b2K", "line\nforged.csv, line 9: fine"]
)
def test_nothing_in_a_list_moves_the_cursor_of_a_terminal(
    register: Callable[..., Result], issue: Callable[..., Result], strange: str
) -> None:
    """Neither in its header nor in its cells, and nothing that it holds is a line of its own."""
    answers = [
        register(f'{PEOPLE.strip()},"{strange}"\nSTATE:DEU,Anna Amt,DELEGATE,x\n'),
        register(f'"{strange}",party\nx,STATE:DEU\n'),
        register(f'{PEOPLE}STATE:DEU,Anna Amt,"{strange}"\n'),
        register(f'{PEOPLE}"{strange}",Anna Amt,DELEGATE\n'),
        register(f'{PEOPLE}STATE:DEU,"A{strange}Z",DELEGATE\n'),
        issue(f'{DOCUMENTS}CCM/MSP/2025/WP.90,working_paper,A paper,en,"en:{strange}.txt",13MSP\n'),
        issue(f'{DOCUMENTS}"CCM/{strange}",working_paper,A paper,en,en,13MSP\n'),
    ]

    for answer in answers:
        assert answer.exit_code == 1
        lines = answer.stderr.splitlines()
        assert [line for line in lines if not line.isprintable() or line.startswith("forged")] == []
        assert lines[0].startswith("list.csv, line ")


def test_who_was_nominated_goes_on_and_who_was_revoked_does_not_come_back(
    register: Callable[..., Result], register_url: str
) -> None:
    people = f"{PEOPLE}STATE:DEU,Anna Amt,DELEGATE\nSTATE:DEU,Bernd Amt,DELEGATE\n"
    register(people)
    keys = [row[0] for row in rows(register_url, select(col(db.Participation.id)).order_by(col(db.Participation.id)))]
    become(register_url, {keys[0]: ParticipationStatus.NOMINATED, keys[1]: ParticipationStatus.REVOKED})
    told = register(people)

    assert (told.exit_code, told.stdout) == (1, "1 registered, 0 there already, 1 failed.\n")
    assert told.stderr.endswith("value 'Bernd Amt': Their participation was revoked.\n")
    assert registered(register_url) == [("Anna Amt", "REGISTERED"), ("Bernd Amt", "REVOKED")]


def test_a_person_is_known_by_the_name_however_it_is_spelled(
    register: Callable[..., Result], register_url: str
) -> None:
    register(f"{PEOPLE}STATE:FRA,Chlo\u00e9 Camus,DELEGATE\nSTATE:DEU,Erika Mustermann,DELEGATE\n")
    found = rows(register_url, select(col(db.Participation.id)).where(col(db.Participation.party_id) == "STATE:DEU"))
    become(register_url, {row[0]: ParticipationStatus.REVOKED for row in found})
    told = register(
        f"{PEOPLE}STATE:FRA,Chloe\u0301 Camus,DELEGATE\n"
        "STATE:FRA,Mme CAMUS Chlo\u00e9,DELEGATE\n"
        "STATE:DEU,MUSTERMANN Erika,DELEGATE\n"
        "STATE:DEU,Dr. E. Mustermann,DELEGATE\n"
        "STATE:DEU,Zoe\u0308 Amt,DELEGATE\n"
    )

    assert (told.exit_code, told.stdout) == (1, "1 registered, 1 there already, 3 failed.\n")
    assert [line.partition("': ")[2] for line in told.stderr.splitlines()] == [
        "is in line 2 already",
        "Their participation was revoked.",
        "Their participation was revoked.",
    ]
    assert registered(register_url) == [
        ("Chlo\u00e9 Camus", "REGISTERED"),
        ("Erika Mustermann", "REVOKED"),
        ("Zo\u00eb Amt", "REGISTERED"),
    ]


def test_who_is_registered_for_one_meeting_is_registered_for_another_too(
    register: Callable[..., Result], register_url: str
) -> None:
    people = f"{PEOPLE}STATE:DEU,Anna Amt,DELEGATE\n"
    register(people, "12MSP")
    told = register(people)

    assert (told.exit_code, told.stdout) == (0, "1 registered, 0 there already, 0 failed.\n")
    assert registered(register_url) == [("Anna Amt", "REGISTERED")]


def test_of_two_of_one_name_the_one_who_is_registered_is_meant(
    register: Callable[..., Result], register_url: str
) -> None:
    register(f"{PEOPLE}STATE:DEU,Anna Amt,DELEGATE\nSTATE:DEU,Bernd Amt,DELEGATE\n")
    participation = db.Participation
    found = rows(register_url, select(col(participation.id), col(participation.person_id)).order_by(participation.id))
    become(register_url, {found[0].id: ParticipationStatus.NOMINATED})
    change(register_url, db.Person, {found[1].person_id: {"full_name": "Anna Amt"}})
    told = register(f"{PEOPLE}STATE:DEU,Anna Amt,DELEGATE\n")

    assert (told.exit_code, told.stdout) == (0, "0 registered, 1 there already, 0 failed.\n")


def become(url: str, statuses: dict[str, ParticipationStatus]) -> None:
    change(url, db.Participation, {key: {"status": status} for key, status in statuses.items()})


def change(url: str, table: type[Kept], changes: dict[str, dict[str, Any]]) -> None:
    async def run() -> None:
        database = Database(url)
        await through_the_unit(database, table, *(((key,), values) for key, values in changes.items()))
        await database.close()

    asyncio.run(run())


def test_only_who_may_registers_and_issues(isu: Isu, account: str, tmp_path: Path) -> None:
    people, documents = written(tmp_path, f"{PEOPLE}STATE:DEU,Anna,DELEGATE\n"), tmp_path / "documents.csv"
    documents.write_text(f"{DOCUMENTS}CCM/MSP/2025/WP.90,working_paper,A paper,en,en,13MSP\n")
    germany = isu("account", "create", "Berlin", "--party", "STATE:DEU").output.strip()

    for who, told in ((germany, "registerParticipants is for"), ("nobody", "There is no such account")):
        answer = isu("register-participants", "13MSP", people, "--account", who)
        assert (answer.exit_code, told in answer.stderr) == (1, True), answer.output
    answer = isu("issue-documents", documents, "--account", germany)
    assert (answer.exit_code, "issueDocuments is for" in answer.stderr) == (1, True)
    isu("account", "suspend", account)
    answer = isu("register-participants", "13MSP", people, "--account", account)
    assert (answer.exit_code, answer.stderr) == (1, "The account is suspended.\n")
    absent = isu("register-participants", "99MSP", people, "--account", isu("account", "create", "x").output.strip())
    assert (absent.exit_code, absent.stderr) == (1, "There is no such meeting.\n")


# ---------- documents ----------


def test_documents_are_issued_with_their_files_once(
    issue: Callable[..., Result], isu: Isu, folder: Path, register_url: str
) -> None:
    (folder / "paper.pdf").write_bytes(paper.PDF)
    (folder / "texte.txt").write_bytes(paper.TEXT)
    text = (
        f"{DOCUMENTS}CCM/MSP/2025/WP.90,working_paper,A paper,en,"
        "en:paper.pdf|fr:texte.txt|fr:paper.pdf|ru,13MSP|12MSP\n"
        "CCM/MSP/2025/WP.90/Rev.1,working_paper,A paper,en,en,13MSP\n"
    )
    first, second = issue(text), issue(text)

    assert (first.exit_code, first.stdout, first.stderr) == (0, "2 issued, 0 there already, 0 failed.\n", "")
    assert (second.exit_code, second.stdout) == (0, "0 issued, 2 there already, 0 failed.\n")
    assert issued(register_url) == {"CCM/MSP/2025/WP.90": "13MSP", "CCM/MSP/2025/WP.90/Rev.1": "13MSP"}
    files = rows(
        register_url,
        select(col(db.DocumentFile.language_code), col(db.DocumentFile.name)).order_by(
            col(db.DocumentFile.language_code), col(db.DocumentFile.name)
        ),
    )
    assert [tuple(row) for row in files] == [("en", "paper.pdf"), ("fr", "paper.pdf"), ("fr", "texte.txt")]
    found = rows(register_url, select(col(db.SearchText.attached)).where(col(db.SearchText.attached).is_not(None)))
    assert ["Liban" in row[0] for row in found] == [True]
    assert isu("verify").exit_code == 0


def test_each_document_that_can_not_be_issued_is_told_with_line_and_reason(
    issue: Callable[..., Result], folder: Path, register_url: str, tmp_path: Path
) -> None:
    (folder / "paper.pdf").write_bytes(paper.PDF)
    (folder / "false.pdf").write_bytes(paper.PNG)
    (folder / "large.txt").write_bytes(b"x" * 10_001)
    (tmp_path / "secret.txt").write_text("Not in the folder")
    rest = "working_paper,A paper,en"
    told = issue(
        f"{DOCUMENTS}CCM/MSP/2025/WP.90,{rest},en:paper.pdf,13MSP\n"
        f"CCM/MSP/2011/WP.2,{rest},en,13MSP\n"
        f"CCM/MSP/2025/WP.91,novel,A paper,en,en|xx,99MSP\n"
        f"CCM/MSP/2025/WP.92,{rest},en:absent.pdf,13MSP\n"
        f"CCM/MSP/2025/WP.93,{rest},en:false.pdf,13MSP\n"
        f"CCM/MSP/2025/WP.94,{rest},en:large.txt,13MSP\n"
        f"CCM/MSP/2025/WP.95,{rest},en:../secret.txt,13MSP\n"
        f"CCM/MSP/2025/WP.x,{rest},en,13MSP\n"
        f",{rest},en,13MSP\n"
        f"CCM/MSP/2025/WP.90,{rest},en,13MSP\n"
        f"CCM/MSP/2025/WP.96,working_paper,A\u202epaper,en,en,13MSP\n"
        f"CCM/MSP/2025/WP.97,novel,A paper,en,en|xx,13MSP\n"
    )

    assert (told.exit_code, told.stdout) == (1, "1 issued, 0 there already, 11 failed.\n")
    reasons = [line.removeprefix("list.csv, line ") for line in told.stderr.splitlines()]
    assert reasons == [
        "3, column symbol, value 'CCM/MSP/2011/WP.2': CCM/MSP/2011/WP.2 is that of a document already.",
        "4, column meetings, value '99MSP': There is no such meeting.",
        (
            "5, column versions, value 'en:absent.pdf': "
            "absent.pdf can not be read from the folder: No such file or directory."
        ),
        "6, column versions, value 'en:false.pdf': false.pdf: The file is not a PDF, whatever its name says.",
        "7, column versions, value 'en:large.txt': large.txt: a file may have 10,000 bytes at most.",
        "8, column versions, value 'en:../secret.txt': A file name is a name, and no path.",
        (
            "9, column symbol, value 'CCM/MSP/2025/WP.x': "
            "a series and a number read like 5, WP.3, INF/1 or PM.1/2; the fault is at character 16"
        ),
        "10, column symbol, value '': must not be empty",
        "11, column symbol, value 'CCM/MSP/2025/WP.90': is in line 2 already",
        r"12, column title, value 'A\u202epaper': In one line, without control characters.",
        "13, column kind, value 'novel': There is no novel: documentKinds lists them.",
        "13, column versions, value 'en|xx': There is no language xx: languages lists them.",
    ]
    assert issued(register_url) == {"CCM/MSP/2025/WP.90": "13MSP"}


def test_only_what_lies_in_the_folder_itself_is_taken_and_nothing_waits_for_a_writer(
    issue: Callable[..., Result], folder: Path, register_url: str, tmp_path: Path
) -> None:
    (folder / "paper.txt").write_bytes(paper.TEXT)
    (tmp_path / "secret.txt").write_text("Not in the folder")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "within.txt").symlink_to(folder / "paper.txt")
    (folder / "folder.txt").mkdir()
    os.mkfifo(folder / "pipe.txt")
    rows = [
        f"CCM/MSP/2025/WP.9{place},working_paper,A paper,en,en:{name}.txt,13MSP\n"
        for place, name in enumerate(("paper", "out", "within", "folder", "pipe"))
    ]
    told = issue(DOCUMENTS + "".join(rows))

    assert (told.exit_code, told.stdout) == (1, "1 issued, 0 there already, 4 failed.\n")
    assert [line.partition("': ")[2] for line in told.stderr.splitlines()] == [
        "out.txt can not be read from the folder: it is a link.",
        "within.txt can not be read from the folder: it is a link.",
        "folder.txt can not be read from the folder: it is no file.",
        "pipe.txt can not be read from the folder: it is no file.",
    ]
    assert issued(register_url) == {"CCM/MSP/2025/WP.90": "13MSP"}


def test_a_list_that_was_cut_off_goes_on_where_it_ended(
    issue: Callable[..., Result], isu: Isu, register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DOCUMENTS + "".join(
        f"CCM/MSP/2025/WP.9{number},working_paper,Paper {number},en,en,13MSP\n" for number in range(5)
    )
    monkeypatch.setattr(lists, "_DOCUMENTS_AT_ONCE", 2)
    versions = lists.Desk.versions

    async def cut_off(desk: lists.Desk, row: lists.DocumentRow) -> Any:
        if row.symbol.endswith("WP.93"):
            raise KeyboardInterrupt
        return await versions(desk, row)

    with monkeypatch.context() as cut:
        cut.setattr(lists.Desk, "versions", cut_off)
        assert issue(text).exit_code != 0
    kept = len(issued(register_url))
    told = issue(text)

    assert kept == 2
    assert (told.exit_code, told.stdout) == (0, "3 issued, 2 there already, 0 failed.\n")
    assert isu("verify").exit_code == 0


def test_a_list_that_is_under_way_twice_is_issued_once(
    issue: Callable[..., Result], register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DOCUMENTS + "".join(
        f"CCM/MSP/2025/WP.9{number},working_paper,Paper {number},en,en,13MSP\n" for number in range(3)
    )
    versions = lists.Desk.versions
    others: list[Result] = []

    async def meanwhile(desk: lists.Desk, row: lists.DocumentRow) -> Any:
        """Another runs while the files of this one are taken in."""
        monkeypatch.setattr(lists.Desk, "versions", versions)
        others.append(await asyncio.to_thread(issue, text))
        return await versions(desk, row)

    monkeypatch.setattr(lists.Desk, "versions", meanwhile)
    told = issue(text)

    assert [each.stdout for each in others] == ["3 issued, 0 there already, 0 failed.\n"]
    assert told.stdout.endswith("0 issued, 3 there already, 0 failed.\n")
    assert len(issued(register_url)) == 3


def test_a_document_of_another_title_is_not_taken_for_the_one_that_is_there(issue: Callable[..., Result]) -> None:
    line = "CCM/MSP/2025/WP.90,working_paper,{},en,en,13MSP\n"
    issue(DOCUMENTS + line.format("A paper"))
    told = issue(DOCUMENTS + line.format("Another"))

    assert (told.exit_code, told.stdout) == (1, "0 issued, 0 there already, 1 failed.\n")
    assert "is that of a document already" in told.stderr


def test_a_symbol_that_is_only_reserved_is_not_taken_for_a_document_that_is_there(
    issue: Callable[..., Result], register_url: str
) -> None:
    text = f"{DOCUMENTS}CCM/MSP/2025/WP.90,working_paper,A paper,en,en,13MSP\n"
    issue(text)
    (row,) = rows(register_url, select(col(db.Document.id)).where(col(db.Document.symbol) == "CCM/MSP/2025/WP.90"))
    change(register_url, db.Document, {row.id: {"is_reserved": True}})
    told = issue(text.replace(",en,en,", ",en,fr,"))

    assert (told.exit_code, told.stdout) == (0, "1 issued, 0 there already, 0 failed.\n")


def test_more_columns_are_there_for_who_needs_them(
    issue: Callable[..., Result], isu: Isu, account: str, tmp_path: Path, register_url: str
) -> None:
    header = f"{DOCUMENTS.strip()},submitted_by,author,portfolio,issued_on,visibility,concerns\n"
    line = "CCM/MSP/2025/WP.90,working_paper,A paper,fr,fr,,STATE:NOR|STATE:LBN,Both,universalization,2025-09-01,"
    told = issue(f"{header}{line}CONCERNED,STATE:NOR\n")
    where_are_they = isu(
        "issue-documents",
        written(tmp_path, f"{DOCUMENTS}CCM/MSP/2025/WP.91,working_paper,A,en,en:a.pdf,\n"),
        "--account",
        account,
    )

    assert (told.exit_code, told.stderr) == (0, "")
    document = db.Document
    (row,) = rows(
        register_url,
        select(document.__table__).where(col(document.symbol) == "CCM/MSP/2025/WP.90"),  # type: ignore[attr-defined]
    )
    assert (row.title.original, row.author, row.body_code, str(row.issued_on), row.visibility.value) == (
        "fr",
        "Both",
        "universalization",
        "2025-09-01",
        "CONCERNED",
    )
    authors = select(func.count()).select_from(db.DocumentAuthor).where(col(db.DocumentAuthor.document_id) == row.id)
    assert rows(register_url, authors)[0][0] == 2
    assert where_are_they.stderr.endswith("Say where a.pdf lies: --files.\n")
