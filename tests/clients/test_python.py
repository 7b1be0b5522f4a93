"""The Python client and its scripts, against a server that runs: what they tell is what the API says."""

from __future__ import annotations

import csv
import importlib.util
import io
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
from graphql import build_schema
from isu_client import ApiError, Client, sheet, vacancies
from isu_client.api import ChangeSubject, StateCopy
from isu_client.server import script

import db
from db.engine import Database
from db.unit import Signature, Unit
from isu.app import create_app
from isu.settings import Settings
from mandate.day import PartialDate
from mandate.text import LocalizedText
from tests import make
from tests.clients.running import CLIENT, PYTHON, ROOT, environment, run
from tests.server import serving

pytestmark = pytest.mark.anyio

FLOORS = {"isu", "schema", "resolvers", "db", "mandate", "migrations", "data"}
DUE = """query ($after: String) {
  states(where: {status: [STATE_PARTY]}, first: 20, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      code name { in(language: "en") { value } } reportSchedule { initialDueOn annual { calendarYear dueOn } }
      documents(first: 50, where: {kind: ["article_7_report"]}) { nodes { issuedOn submittedBy { id } } } id } } }"""
VACANT = "query ($before: Date!) { upcomingVacancies(before: $before) { opensOn seat portfolio { code } } }"


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


@contextmanager
def server(url: str) -> Iterator[str]:
    with serving(create_app(Settings(database_url=url, rate_limit="off"), delivers=False)) as address:
        yield address


def asked(address: str, query: str, **variables: Any) -> Any:
    answer = httpx2.post(f"{address}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ---------- the scripts ----------


async def test_overdue_reports_are_those_that_fell_due_and_are_not_on_record(
    database: Database, register_url: str, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    last = today.year if today > date(today.year, 4, 30) else today.year - 1
    formula = LocalizedText.of('=HYPERLINK("http://evil.example")')
    report = {"id": "a-report", "kind_code": "article_7_report", "title": LocalizedText.of("Annual report")}
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.change(db.State, [(("BEL",), {"name": formula})])
        await unit.keep(db.Document, [report | {"issued_on": PartialDate.of(date(last, 3, 1))}])
        await unit.keep(db.DocumentAuthor, [{"document_id": "a-report", "party_id": "STATE:AUT", "position": 0}])

    with server(register_url) as address:
        run("overdue_reports", "--out", "overdue.csv", url=address, folder=tmp_path)
        every_year = table(run("overdue_reports", "--every-year", url=address, folder=tmp_path))
        should = due(address, today)

    text = (tmp_path / "overdue.csv").read_text(encoding="utf-8-sig")
    told = {(row["code"], row["report"]): row for row in table(text)}
    assert (tmp_path / "overdue.csv").read_bytes().startswith(b"\xef\xbb\xbfcode,state,report,due_on"), "for Excel"
    assert {(row["code"], row["report"], row["due_on"]) for row in every_year} == should
    newest = str(last - 1)
    assert told.keys() == {(state, what) for state, what, _ in should if what in ("initial", newest)}
    assert len(told) > 150, "of most States the register has no report"
    assert ("AUT", newest) not in told
    assert ("AUT", "initial") not in told
    assert told["BEL", newest]["state"] == '\'=HYPERLINK("http://evil.example")'
    assert int(told["BEL", newest]["days_overdue"]) == (today - date(last, 4, 30)).days
    assert told["DEU", newest]["last_report_on_record"] == "2016-04-05"


def due(address: str, today: date) -> set[tuple[str, str, str]]:
    """Asked State by State, where the script asks for the documents."""
    found = set()
    after = None
    while True:
        page = asked(address, DUE, after=after)["states"]
        for state in page["nodes"]:
            came = [
                report["issuedOn"]
                for report in state["documents"]["nodes"]
                if report["issuedOn"] and {"id": state["id"]} in report["submittedBy"]
            ]
            schedule = state["reportSchedule"]
            if schedule["initialDueOn"] and schedule["initialDueOn"] < str(today) and not came:
                found.add((state["code"], "initial", schedule["initialDueOn"]))
            for each in schedule["annual"]:
                if each["dueOn"] < str(today) and not any(day[:4] == each["dueOn"][:4] for day in came):
                    found.add((state["code"], str(each["calendarYear"]), each["dueOn"]))
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_vacancies_are_the_seats_of_the_api_and_the_terms_that_end_in_the_year(
    database: Database, register_url: str, tmp_path: Path
) -> None:
    year = datetime.now(UTC).year + 1
    await make.coordinates(database, "STATE:AUT", until=date(year, 9, 16))
    async with database.writing() as connection:
        for office, ends in (("president", (year, 9, 18)), ("isu_director", (year + 1, 6, 1))):
            term = make._term(office_code=office, party_id="STATE:LAO", ends_on=PartialDate.of(date(*ends)))
            await Unit(connection, Signature(act="test")).keep(db.OfficeTerm, [term])

    with server(register_url) as address:
        told = table(run("vacancies", url=address, folder=tmp_path))
        seats = asked(address, VACANT, before=f"{year + 1}-01-01")["upcomingVacancies"]

    from_api = [(f"coordinator:{each['portfolio']['code']}", each["seat"], each["opensOn"]) for each in seats]
    of_seats = [(row["office"], row["seat"], row["opens_on"]) for row in told if row["seat"]]
    others = [(row["office"], row["opens_on"], row["held_by"]) for row in told if not row["seat"]]
    assert sorted(of_seats) == sorted(from_api)
    assert ("coordinator:universalization", f"{year}-09-16") in {(office, day) for office, _, day in of_seats}
    assert others == [("president", f"{year}-09-18", "Lao PDR")]
    assert [row["opens_on"] for row in told] == sorted(row["opens_on"] for row in told)


SCRIPTS = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]["scripts"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_in_one_line_what_is_wrong_by_the_name_that_it_is_installed_under(
    name: str, tmp_path: Path
) -> None:
    module, _, entry = SCRIPTS[name].partition(":")
    called = f"import sys; from {module} import {entry}; sys.exit({entry}())"
    given = ["copy.db"] if name == "isu-sync" else []

    told = subprocess.run(
        [*PYTHON, "-c", called, *given],
        cwd=tmp_path,
        env=environment("isu.example"),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (told.returncode, told.stderr.count("\n")) == (1, 1), told.stderr
    assert told.stderr.startswith("UnsupportedProtocol: ")


@pytest.mark.parametrize(
    "fault", [ApiError(401, []), httpx2.ConnectError("gone"), OSError("full"), sqlite3.Error("no")]
)
def test_what_a_script_meets_on_its_way_is_told_in_one_line(fault: Exception) -> None:
    @script
    def main() -> None:
        raise fault

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == f"{type(fault).__name__}: {fault}"


@pytest.mark.parametrize("year", ["soon", "0", "9999"])
def test_a_year_without_a_first_day_or_a_next_is_no_year(
    year: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["isu-vacancies", "--year", year])

    with pytest.raises(SystemExit) as ended:
        vacancies.main()

    assert (ended.value.code, f"calendar_year value: '{year}'" in capsys.readouterr().err) == (2, True)


def test_an_error_of_the_api_has_its_code() -> None:
    refused = Client("http://isu", http_client=answering((401, {}, error("UNAUTHENTICATED"))))

    with pytest.raises(ApiError, match="UNAUTHENTICATED: A message") as caught:
        refused.place()

    assert caught.value.code == "UNAUTHENTICATED"
    assert caught.value.status == 401


# ---------- the client ----------


def test_the_client_is_made_from_the_schema_and_the_queries_as_they_are() -> None:
    script = [sys.executable, str(CLIENT / "generate.py"), "--check"]

    outcome = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)

    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_the_client_is_stale_where_the_schema_changed_under_its_queries_and_nowhere_else() -> None:
    generate = loaded(CLIENT / "generate.py")
    text = (ROOT / "schema/schema.graphql").read_text(encoding="utf-8")

    def made_from(old: str, new: str) -> str:
        assert old in text
        digest: str = generate.made_from(build_schema(text.replace(old, new)))
        return digest

    now = generate.made_from()
    assert made_from("  upcomingVacancies(before: Date!", "  another: Int\n  upcomingVacancies(before: Date!") == now
    assert made_from("enum Seat {", "enum Seat {\n  C") != now
    assert made_from("  affectedStatePreferred: Boolean!", "  affectedStatePreferred: Boolean") != now


def test_a_client_that_was_edited_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    generate = loaded(CLIENT / "generate.py")
    stamp = generate.STAMP.read_text(encoding="utf-8")
    assert list(generate.faults_of(stamp)) == []

    (tmp_path / "client.py").write_text("# edited")
    monkeypatch.setattr(generate, "API", tmp_path)

    assert list(generate.faults_of(stamp)) == ["The client is not as it was made."]


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_of_the_server_is_imported(tmp_path: Path) -> None:
    scripts = ", ".join(f"isu_client.{path.stem}" for path in (CLIENT / "isu_client").glob("*.py"))
    code = f"import sys, {scripts}; print(*{{name.partition('.')[0] for name in sys.modules}})"

    outcome = subprocess.run(
        [*PYTHON, "-c", code], cwd=tmp_path, env=environment("http://isu"), capture_output=True, text=True
    )

    assert outcome.returncode == 0, outcome.stderr
    assert "isu_client" in outcome.stdout.split()
    assert FLOORS & set(outcome.stdout.split()) == set()


def test_a_value_that_an_enum_has_come_to_have_is_no_error() -> None:
    assert ChangeSubject("A_NEW_KIND").value == "A_NEW_KIND"
    state = {"__typename": "State", "id": "x", "version": 1, "countryCode": "AUT", "regionalGroup": None}
    assert StateCopy.model_validate({**state, "name": {"original": "en", "english": None, "new": 1}}).id == "x"


def error(code: str) -> dict[str, Any]:
    return {"errors": [{"message": "A message", "extensions": {"code": code}}]}


PLACE = {"data": {"viewer": {"account": None}, "serviceStatus": {"latestCursor": "here"}}}


Answer = tuple[int, dict[str, str], Any] | Exception


def answering(*answers: Answer, note: Callable[[httpx2.Request], None] = lambda _: None) -> httpx2.Client:
    following = iter(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        note(request)
        given = next(following)
        if isinstance(given, Exception):
            raise given
        status, headers, body = given
        return httpx2.Response(status, headers=headers, json=body)

    return httpx2.Client(transport=httpx2.MockTransport(answer))


def test_who_is_told_to_wait_waits_as_long_as_told() -> None:
    waited: list[float] = []
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    busy: list[Answer] = [
        (429, {"Retry-After": "7"}, error("RATE_LIMITED")),
        (503, {"Retry-After": at}, error("UNAVAILABLE")),
        (503, {"Retry-After": "soon"}, error("UNAVAILABLE")),
        httpx2.ConnectError("refused"),
        (503, {"Retry-After": "99999"}, error("UNAVAILABLE")),
        (503, {"Retry-After": "0"}, error("UNAVAILABLE")),
    ]
    http = answering(*busy, (200, {}, PLACE))

    place = Client("http://isu/", http_client=http, sleep=waited.append).place()

    assert place.service_status.latest_cursor == "here"
    assert waited[0] == 7
    assert 35 < waited[1] <= 40
    assert 2 <= waited[2] <= 4
    assert 4 <= waited[3] <= 8
    assert waited[4:] == [300, 0.1]


def test_patience_ends_and_what_is_wrong_is_told() -> None:
    waited: list[float] = []
    http = answering(*[(503, {"Retry-After": "1"}, error("UNAVAILABLE"))] * 3)

    with pytest.raises(ApiError) as caught:
        Client("http://isu", http_client=http, sleep=waited.append, attempts=3).place()

    assert (caught.value.code, waited) == ("UNAVAILABLE", [1, 1])


def test_an_act_that_is_sent_again_happens_once() -> None:
    keys: list[str | None] = []

    def note(request: httpx2.Request) -> None:
        keys.append(request.headers.get("Idempotency-Key"))

    def act(key: str | None) -> None:
        lost = httpx2.ReadError("lost")
        http = answering(lost, (200, {}, {"data": {}}), note=note)
        Client("http://isu", key, http_client=http, sleep=lambda _: None).execute("mutation { anAct }")

    act("isu_key")
    act("isu_key")
    # Without a key it can not be told apart from another, and is not repeated.
    with pytest.raises(httpx2.ReadError):
        act(None)

    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert keys[4:] == [None]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert sheet.harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Côte d'Ivoire", "", "2012-04-30", None, -3, "a=b"])
def test_other_cells_are_as_they_are(cell: sheet.Cell) -> None:
    assert sheet.harmless(cell) == cell
