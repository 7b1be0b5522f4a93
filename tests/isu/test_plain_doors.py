"""What is promised to those who come with curl and a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import httpx2
import icalendar
import pytest
from structlog.testing import capture_logs

import db
from db.table import new_id
from db.unit import Signature, Unit
from isu.accept import MAX_LENGTH
from isu.fair_use import LEAST_COST, PER_ADDRESS, REFUSED_COST
from isu.plain import door, spreadsheet
from isu.plain.form import FEEDS
from isu.plain.ical import _folded
from isu.plans import Plans
from isu.settings import Settings
from isu.sheet import harmless
from mandate.actor import Scope, Visibility
from mandate.communication import CommunicationKind, CommunicationStatus
from mandate.day import PartialDate
from mandate.document import DocumentRelationType
from mandate.text import LocalizedText
from schema import api as offered
from schema.id import encode_id
from schema.trusted import trusted
from tests.api import Api, serving
from tests.call import hide
from tests.conftest import Templates
from tests.institution import Institution
from tests.make import ISU, another_key, key_for

pytestmark = pytest.mark.anyio

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
ATOM = "{http://www.w3.org/2005/Atom}"
NEEDED = {"upcoming-vacancies": {"before": "2027-01-01"}, "list-of-participants": {"meeting": "2MSP"}}
NEEDED |= {
    "search": {"query": "cluster"},
    "document": {"symbol": "CCM/MSP/2011/WP.3/Rev.1"},
    "communication": {"reference": "none"},
}
ROWS = {
    "states-parties": 111,
    "meetings": 63,
    "documents": 461,
    "decisions": 0,
    "communications": 0,
    "coordination-committee": 4,
    "coordinators": 69,
    "article7-overdue": 0,
    "report-schedule": 111,
    "obligations": 75,
    "extension-requests": 23,
    "upcoming-vacancies": 14,
    "list-of-participants": 5,
    "organisations": 70,
    "statements": 0,
    "records": 0,
    "office-holders": 105,
}
"""Of the register, as the tests' day has it; those that are left out are asked in tests of their own."""
NOT_PLANNED = {"/q/changes", "/q/search"}
"""What they read is made from the journal, and may stand behind it: its head says nothing of that."""
OF_MEETINGS = "after, bom, code, direction, first, formality, format, from, kind, lang, separator, status, to"
OPENED_WITH = ("=", "+", "-", "@", "\t", "\r", "\n")


@pytest.fixture
async def api(shared_register_url: str) -> AsyncIterator[Api]:
    """For tests that only read."""
    async with serving(shared_register_url) as api:
        yield api


@pytest.fixture
async def own(register_url: str) -> AsyncIterator[Api]:
    async with serving(register_url) as api:
        yield api


async def get(api: Api, path: str, token: str | None = None, **headers: str) -> httpx2.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    return await api.http.get(path, headers=given)


async def table(api: Api, path: str) -> list[dict[str, str]]:
    response = await get(api, path)
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def code_of(response: httpx2.Response) -> str:
    (error,) = response.json()["errors"]
    code: str = error["extensions"]["code"]
    return code


def message_of(response: httpx2.Response) -> str:
    (error,) = response.json()["errors"]
    message: str = error["message"]
    return message


async def document(api: Api, *, languages: dict[str, str] | None = None, **given: Any) -> str:
    """With a PDF in each of the languages."""
    row = {"id": new_id(), "title": LocalizedText.of("A paper"), "kind_code": "working_paper", "meeting_code": "2MSP"}
    row |= given
    async with api.database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Document, [row])
        for code, name in (languages or {}).items():
            of = {"document_id": row["id"], "language_code": code}
            await unit.keep(db.DocumentLanguage, [of])
            file = {"id": new_id(), "name": name, "media_type": "application/pdf", "bytes": 7, "sha256": "0" * 64}
            await unit.keep(db.DocumentFile, [{**of, **file}])
    return str(row["id"])


async def communication(api: Api, body: LocalizedText, **given: Any) -> None:
    row = {
        "id": new_id(),
        "kind": CommunicationKind.CIRCULAR,
        "status": CommunicationStatus.SENT,
        "reference": "ISU/2026/CIRC/1",
        "subject": LocalizedText.of("A letter"),
        "body": body,
        "sent_at": "2026-01-10T09:00:00.000000Z",
        "visibility": Visibility.PUBLIC,
        **given,
    }
    async with api.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Communication, [row])


# ---------- JSON and CSV ----------


async def test_every_door_answers_on_the_real_register(api: Api) -> None:
    for name in sorted(each.name for each in trusted(offered)):
        response = await api.http.get(f"/q/{name}", params=NEEDED.get(name, {}))

        assert response.headers["content-type"] == "application/json; charset=utf-8"
        if name == "communication":
            assert (response.status_code, code_of(response)) == (404, "NOT_FOUND"), "the register has none"
        else:
            assert response.status_code == 200, response.text
            assert set(response.json()) == {"data"}, name


async def test_every_list_is_a_table_of_all_its_rows(api: Api) -> None:
    for name, count in ROWS.items():
        response = await api.http.get(f"/q/{name}.csv", params=NEEDED.get(name, {}))

        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert response.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
        head, *rows = csv.reader(io.StringIO(response.text, newline=""))
        assert len(rows) == count, name
        assert {len(row) for row in rows} <= {len(head)}
        assert "link" not in response.headers


async def test_a_plan_answers_every_door_as_execution_does(
    shared_register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed: list[str] = []
    execute = door.Plain._one_page

    async def noted(self: door.Plain, request: Any, *given: Any) -> Any:
        executed.append(request.url.path)
        return await execute(self, request, *given)

    monkeypatch.setattr(door.Plain, "_one_page", noted)
    lists = [each.name for each in trusted(offered) if each.rows is not None]
    paths = [*(f"/q/{each.name}" for each in trusted(offered)), *(f"/q/{name}.csv" for name in lists), *FEEDS]
    async with (
        serving(shared_register_url, settings={"planner": "off"}) as plain,
        serving(shared_register_url) as planning,
    ):
        for path in paths:
            params = NEEDED.get(path.removeprefix("/q/").partition(".")[0], {})
            right = await plain.http.get(path, params=params)
            for _ in range(3):
                executed.clear()
                found = await planning.http.get(path, params=params)
            assert (found.status_code, found.content) == (right.status_code, right.content), path
            assert found.headers.get("etag") == right.headers.get("etag"), path
            assert bool(executed) == (path.removesuffix(".csv") in NOT_PLANNED), path


async def test_a_door_is_answered_where_nobody_can_say_whether_its_plan_read_the_same_moment(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost() -> str:
        raise ConnectionResetError

    right = [await get(api, "/q/meetings.csv") for _ in range(3)]
    monkeypatch.setattr(api.database.driver, "version", lost)
    found = await get(api, "/q/meetings.csv")

    assert found.status_code == 200
    assert [each.content for each in right] == 3 * [found.content]


async def test_what_happens_between_the_pages_of_a_table_is_in_none_of_them(
    own: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Plans.answer_at
    pages = 0

    async def after_an_act(self: Plans, *given: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 2:
            await document(own, visibility=Visibility.PUBLIC)
        return await answer(self, *given)

    before = [await get(own, "/q/documents.csv") for _ in range(3)]
    monkeypatch.setattr(Plans, "answer_at", after_an_act)
    between = await get(own, "/q/documents.csv")
    monkeypatch.undo()
    after = await get(own, "/q/documents.csv")

    assert pages == 5
    assert [each.content for each in before] == 3 * [between.content]
    assert between.headers["etag"] == before[0].headers["etag"] != after.headers["etag"]
    assert len(after.text.splitlines()) == len(between.text.splitlines()) + 1


async def test_what_is_not_there_is_told_so_and_is_no_empty_table(api: Api) -> None:
    for path in (
        "list-of-participants.csv?meeting=9XYZ",
        "document?symbol=CCM/0",
        "coordination-committee?asOf=2010-01-01",
    ):
        response = await get(api, f"/q/{path}")

        assert (response.status_code, code_of(response)) == (404, "NOT_FOUND"), path
        assert message_of(response) == "There is no such thing, or nothing that you may see."


async def test_the_second_meeting_by_curl(api: Api) -> None:
    (row,) = await table(api, "/q/meetings.csv?code=2MSP")

    assert (row["code"], row["title"], row["title.language"]) == ("2MSP", "Second Meeting of States Parties", "en")
    assert (row["startsOn"], row["endsOn"], row["city"], row["isVirtual"]) == (
        "2011-09-12",
        "2011-09-16",
        "Beirut",
        "false",
    )
    assert row["presidency.name"] == "Lebanon"


async def test_who_coordinated_on_a_day_and_who_was_on_the_committee(api: Api) -> None:
    seats = await table(api, "/q/coordination-committee.csv?asOf=2011-09-16")
    terms = await table(api, "/q/coordinators.csv?asOf=2012-01-01&portfolio=universalization")

    assert [row["holder.name"] for row in seats if row["role"] == "PRESIDENT"] == ["Lebanon"]
    assert {row["state.name"] for row in terms} == {"Japan", "Portugal"}


async def test_several_values_of_a_list_are_one_cell(api: Api) -> None:
    (row,) = [row for row in await table(api, "/q/states-parties.csv") if row["code"] == "LBN"]

    assert row["treatyActions.type"] == "SIGNATURE; RATIFICATION"
    assert row["treatyActions.date"] == "2008-12-03; 2010-11-05"


async def test_status_is_as_of_a_day_and_lists_take_their_parameter_again(api: Api) -> None:
    in_force = await table(api, "/q/states-parties.csv?asOf=2010-08-01")
    others = await table(
        api, "/q/states-parties.csv?status=SIGNATORY&status=STATE_NOT_PARTY&region=Asia-Pacific+States"
    )

    assert len(in_force) == 30
    assert {row["treatyStatus.kind"] for row in in_force} == {"STATE_PARTY"}
    assert {row["treatyStatus.kind"] for row in others} == {"SIGNATORY", "STATE_NOT_PARTY"}
    assert {row["regionalGroup"] for row in others} == {"Asia-Pacific States"}


async def test_csv_is_chosen_by_the_name_the_parameter_or_the_header(api: Api) -> None:
    by_name = await get(api, "/q/list-of-participants.csv?meeting=2MSP")
    by_parameter = await get(api, "/q/list-of-participants?meeting=2MSP&format=csv")
    by_header = await get(api, "/q/list-of-participants?meeting=2MSP", accept="text/csv")
    browser = await get(api, "/q/list-of-participants?meeting=2MSP", accept="text/html,*/*;q=0.8")

    assert by_name.text == (
        "participantClass,count\r\nSTATES_PARTIES,52\r\nSIGNATORIES,38\r\nOBSERVER_STATES,41\r\n"
        "ORGANISATIONS,15\r\nDELEGATES,1000\r\n"
    )
    assert by_parameter.text == by_header.text == by_name.text
    assert browser.headers["content-type"].startswith("application/json")
    assert "accept" in by_header.headers["vary"].lower()
    assert (await get(api, "/q/meetings", accept="image/png")).status_code == 406


async def test_excel_is_told_that_it_is_utf_8(api: Api) -> None:
    plain = await get(api, "/q/meetings.csv?code=RW-2013-LFW")
    marked = await get(api, "/q/meetings.csv?code=RW-2013-LFW&bom=true")

    assert marked.content == b"\xef\xbb\xbf" + plain.content
    assert "Lomé" in plain.content.decode()


async def test_excel_in_geneva_wants_semicolons(api: Api) -> None:
    response = await get(api, "/q/states-parties.csv?separator=semicolon&first=3")

    rows = list(csv.DictReader(io.StringIO(response.text, newline=""), delimiter=";"))
    assert len(rows) == 3
    assert rows[0]["treatyActions.type"] == "SIGNATURE; RATIFICATION"


async def test_a_page_says_where_the_next_one_is_until_there_is_none(api: Api) -> None:
    codes: list[str] = []
    path = "/q/states-parties?first=50&lang=fr"
    for _ in range(3):
        response = await get(api, path)
        codes += [node["code"] for node in response.json()["data"]["states"]["nodes"]]
        link = re.fullmatch(r'<(.*)>; rel="next"', response.headers.get("link", ""))
        path = "" if link is None else link[1]

    assert path == ""
    assert len(set(codes)) == len(codes) == 111


async def test_a_table_with_a_size_is_one_page(api: Api) -> None:
    response = await get(api, "/q/states-parties.csv?first=50")
    link = re.fullmatch(r'<(/q/states-parties\.csv\?.*)>; rel="next"', response.headers["link"])

    assert link is not None
    assert response.text.count("\r\n") == 51
    rest = await table(api, link[1])
    assert len(rest) == 50


async def test_a_table_that_costs_too_much_says_where_it_goes_on(api: Api) -> None:
    """The whole feed since the register was loaded is more than one operation may cost."""
    response = await get(api, "/q/changes.csv")

    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert len(rows) == 1_200
    link = re.fullmatch(r'<(.*)>; rel="next"', response.headers["link"])
    assert link is not None
    following = await table(api, link[1])
    assert following[0]["cursor"] not in {row["cursor"] for row in rows}
    # A cursor is what another door takes too.
    after = (await api.http.get("/q/changes", params={"after": rows[-1]["cursor"], "first": "1"})).json()
    assert after["data"]["changes"]["nodes"][0]["cursor"] == following[0]["cursor"]


async def test_what_is_found_says_what_it_is(api: Api) -> None:
    rows = await table(api, "/q/search.csv?query=beirut&types=MEETING&types=DOCUMENT&first=5")

    assert rows
    assert {row["node.type"] for row in rows} <= {"Meeting", "Document"}
    assert all(row["node.title"] for row in rows)


async def test_what_is_no_single_list_is_json_alone(api: Api) -> None:
    for path, accept in (("/q/news.csv", "*/*"), ("/q/codes?format=csv", "*/*"), ("/q/document?id=x", "text/csv")):
        response = await get(api, path, accept=accept)

        assert response.status_code == 406, path


# ---------- what can not be answered ----------


BAD = [
    (
        "/q/meetings?cod=2MSP",
        f"There is no parameter cod. There are {OF_MEETINGS}.",
    ),
    ("/q/document?symbol=CCM/77&bom=true", "There is no parameter bom. There are format, id, lang, symbol."),
    (
        "/q/meetings?first=many",
        "Variable '$first' has invalid value: Int cannot represent non-integer value: 'many'",
    ),
    ("/q/meetings?first=1&first=2", "The parameter first is given twice, and takes one value."),
    ("/q/upcoming-vacancies", "The parameter before is missing (Date!)."),
    ("/q/upcoming-vacancies?before=", "The parameter before is missing (Date!)."),
    ("/q/meetings?bom=yes", "The parameter bom is one of true, false."),
    ("/q/meetings.csv?format=json", "The address says csv, and format says json."),
    (
        "/meetings.ics?first=3",
        "There is no parameter first. There are code, formality, from, kind, lang, status, to.",
    ),
    ("/q?format=json", "There is no parameter format. There are none."),
    ("/q/changes?after=forged", "after is not a cursor of this feed."),
    (
        "/q/obligations?article=4",
        "The parameter article is 4. There are ARTICLE_3, ARTICLE_4, ARTICLE_5, ARTICLE_6, ARTICLE_7, ARTICLE_9.",
    ),
]


async def test_a_bad_parameter_is_told_with_those_that_there_are(api: Api) -> None:
    for path, message in BAD:
        response = await get(api, path)

        assert (response.status_code, code_of(response)) == (400, "BAD_USER_INPUT"), path
        assert message_of(response) == message
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers


OF_ANOTHER_KIND = [
    "/q/states-parties?status=HELD",
    "/q/meetings?from=2011-13-01",
    "/q/meetings?lang=english",
    "/q/extension-requests?isDecided=perhaps",
    "/q/states-parties?first=251",
    "/q/meetings?after=nowhere",
    "/q/meetings?first=99999999999999999999999999",
    "/meetings.ics?lang=a%20b",
    "/documents.atom?from=soon",
]


async def test_a_value_of_another_kind_is_refused(api: Api) -> None:
    for path in OF_ANOTHER_KIND:
        response = await get(api, path)

        assert (response.status_code, code_of(response)) == (400, "BAD_USER_INPUT"), path


NO_ADDRESS = [
    ("/q/none", 404),
    ("/q/none.csv", 404),
    ("/q/meetings.xlsx", 404),
    ("/q/none.graphql", 404),
    ("/q/meetings?code=%00", 400),
    ("/q/meetings?code=%FF", 400),
    ("/q/meetings?" + "&".join(["code=a"] * 300), 414),
]


async def test_what_is_no_address_of_ours_is_told_so(api: Api) -> None:
    for path, status in NO_ADDRESS:
        response = await get(api, path)

        assert response.status_code == status, path
        assert code_of(response) in ("NOT_FOUND", "BAD_REQUEST")


async def test_only_get_is_for_reading(api: Api) -> None:
    refused = await api.http.post("/q/meetings", json={})
    options = await api.http.options("/q/meetings")

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


async def test_who_can_not_pay_for_a_whole_table_does_not_pay_for_a_part_of_it(shared_register_url: str) -> None:
    async with serving(shared_register_url, settings={"rate_limit": "on"}, clock=lambda: 0.0) as api:
        answers = [(await get(api, "/q/documents.csv")).status_code for _ in range(4)]
        left = await get(api, "/q/meetings.csv")

    assert answers == [200, 200, 200, 429]
    assert left.status_code == 200


async def test_whoever_asks_too_much_is_told_when_to_come_back(shared_register_url: str) -> None:
    async with serving(shared_register_url, settings={"rate_limit": "on"}, clock=lambda: 0.0) as api:
        first = await get(api, "/q/changes.csv")
        second = await get(api, "/q/changes.csv")
        known = await get(api, "/q/changes.csv", if_none_match=first.headers["etag"])

    assert (first.status_code, second.status_code, code_of(second)) == (200, 429, "RATE_LIMITED")
    assert int(second.headers["retry-after"]) > 0
    assert known.status_code == 304, "to ask whether something is new costs next to nothing"


@pytest.fixture
async def paying(shared_register_url: str) -> AsyncIterator[Api]:
    async with serving(shared_register_url, settings={"rate_limit": "on"}, clock=lambda: 0.0) as api:
        yield api


async def left_of(api: Api) -> int:
    """Before this was asked."""
    remaining: int = (await api("{ rateLimit { remaining } }"))["rateLimit"]["remaining"]
    return remaining + LEAST_COST


PAGE_OF_DOCUMENTS = 1 + 100 * 11
"""The connection, and for each of a hundred the object with ten below it, as `/graphql` charges it."""
READ_ON = "{ documents(first: 200, orderBy: [{field: ISSUED_ON, direction: DESC}]) { pageInfo { endCursor } } }"


async def test_who_reads_on_pays_for_what_was_read_and_no_more(paying: Api) -> None:
    """The total is of all 461; after 200 of them there are three pages, and not five."""
    after = (await paying(READ_ON))["documents"]["pageInfo"]["endCursor"]
    costs = []
    for parameters in ({}, {"after": after}, {"after": after, "first": "100"}):
        before = await left_of(paying)
        response = await paying.http.get("/q/documents.csv", params=parameters)
        costs.append((response.text.count("\r\n") - 1, before - LEAST_COST - await left_of(paying)))

    assert costs == [
        (461, LEAST_COST + 5 * PAGE_OF_DOCUMENTS),
        (261, LEAST_COST + 3 * PAGE_OF_DOCUMENTS),
        (100, LEAST_COST + PAGE_OF_DOCUMENTS),
    ]


async def test_a_table_that_breaks_off_costs_what_was_read_of_it(paying: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = 0

    async def fails_at_the_third(*given: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise ZeroDivisionError
        return await read(*given)

    read = door.Plain._planned
    before = await left_of(paying)
    monkeypatch.setattr(door.Plain, "_planned", fails_at_the_third)
    with capture_logs() as logs:
        response = await get(paying, "/q/documents.csv")

    assert response.status_code == 500
    assert [(each["event"], type(each["exc_info"])) for each in logs] == [("fault", ZeroDivisionError)]
    assert before - LEAST_COST - await left_of(paying) == LEAST_COST + 3 * PAGE_OF_DOCUMENTS


async def test_conditions_do_not_add_up_over_the_pages_of_a_table(own: Api) -> None:
    paper = {"title": LocalizedText.of("A paper"), "kind_code": "working_paper", "meeting_code": "2MSP"}
    paper |= {"issued_on": PartialDate.of(date(2011, 9, 1))}
    papers = [{**paper, "id": new_id(), "symbol": f"CCM/X/{number}"} for number in range(1_500)]
    async with own.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Document, papers)

    chosen = "symbolPrefix=CCM/X/&from=2000-01-01&to=2030-01-01&kind=working_paper&meeting=2MSP"
    found = await table(own, f"/q/documents.csv?{chosen}")

    assert len(found) == 1_500


REFUSED = ("/q/nothing", "/q/nothing.graphql", "/q/documents?nope=1", "/q/documents?direction=X")


@pytest.mark.parametrize("path", REFUSED)
async def test_what_is_refused_is_paid_for(shared_register_url: str, path: str) -> None:
    async with serving(shared_register_url, settings={"rate_limit": "on"}, clock=lambda: 0.0) as api:
        refused = await get(api, path)
        left = (await api("{ rateLimit { remaining } }"))["rateLimit"]["remaining"]

    assert refused.status_code in (400, 404)
    assert left == PER_ADDRESS - REFUSED_COST - LEAST_COST


async def test_what_would_cost_too_much_is_paid_for_as_what_is_refused(
    shared_register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_much = {"message": "Too much.", "extensions": {"code": "LIMIT_COST"}}
    async with serving(shared_register_url, settings={"rate_limit": "on"}, clock=lambda: 0.0) as api:
        with monkeypatch.context() as patch:
            patch.setattr(door, "cost_error", lambda _cost: too_much)
            refused = await get(api, "/q/meetings")
        left = (await api("{ rateLimit { remaining } }"))["rateLimit"]["remaining"]

    assert (refused.status_code, code_of(refused)) == (400, "LIMIT_COST")
    assert left == PER_ADDRESS - REFUSED_COST - LEAST_COST


async def test_a_header_has_a_length_here_too(api: Api) -> None:
    answers = [await get(api, "/q/meetings", accept="*/*".ljust(length, " ") + ",") for length in (100, MAX_LENGTH)]

    assert [answer.status_code for answer in answers] == [200, 431]


# ---------- a spreadsheet does not compute what others wrote ----------


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("https://example.org","x")', '\'=HYPERLINK("https://example.org","x")'),
        ("+41 22 730 93 30", "'+41 22 730 93 30"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("-12.50", "-12.50"),
        ("-3", "-3"),
        ("a=b", "a=b"),
        ("'=1", "'=1"),
        ("", ""),
    ],
)
def test_what_looks_like_a_formula_is_text_and_a_number_stays_one(text: str, cell: str) -> None:
    assert harmless(text) == cell
    assert spreadsheet.cell({"a": text}, ("a",)) == cell


def test_every_kind_of_value_has_its_cell() -> None:
    row = {"n": -5, "f": -0.5, "b": True, "no": None, "j": [{"x": {"k": "=1"}}, {"x": None}], "deep": [[1], [2, 3]]}

    assert [spreadsheet.cell(row, (name,)) for name in ("n", "f", "b", "no", "deep")] == [
        "-5",
        "-0.5",
        "true",
        "",
        "1; 2; 3",
    ]
    assert spreadsheet.cell(row, ("j", "x", "k")) == "'=1; ", "what is not there keeps its place"
    assert spreadsheet.cell({"two": ["first", "=1"]}, ("two",)) == "first; '=1"
    assert spreadsheet.cell({"two": ["-5", "-6"]}, ("two",)) == "'-5; -6"
    assert spreadsheet.cell({"json": {"a": [1]}}, ("json",)) == '{"a":[1]}'


async def test_a_formula_in_the_register_reaches_no_spreadsheet(own: Api) -> None:
    formula = '=HYPERLINK("https://example.org/?"&A1;"x")\r\n@second,line'
    await document(own, title=LocalizedText.of(formula), author="+evil")

    response = await get(own, "/q/documents.csv?order=RECORDED")

    row, *_ = csv.DictReader(io.StringIO(response.text, newline=""))
    assert (row["title"], row["author"]) == (f"'{formula}", "'+evil")
    for cells in csv.reader(io.StringIO(response.text, newline="")):
        assert not [cell for cell in cells if cell.startswith(OPENED_WITH)]


# ---------- the same again ----------


async def test_who_has_it_already_is_told_so_by_the_head_of_the_journal_alone(api: Api) -> None:
    for path in ("/q/meetings", "/q/documents.csv", "/q/coordination-committee?asOf=2011-09-16", *FEEDS):
        first = await get(api, path)
        with api.statements() as sent:
            second = await get(api, path, if_none_match=first.headers["etag"])

        assert (second.status_code, second.content) == (304, b""), path
        assert second.headers["etag"] == first.headers["etag"]
        assert second.headers["cache-control"] == first.headers["cache-control"]
        (statement,) = sent
        assert re.fullmatch(r"SELECT journal_head\.hash\s+FROM journal_head", statement)


async def test_head_says_what_get_would_and_nothing_more(api: Api) -> None:
    got = await get(api, "/q/meetings.csv")
    head = await api.http.head("/q/meetings.csv")
    known = await api.http.head("/q/meetings.csv", headers={"If-None-Match": f'"other", W/{got.headers["etag"]}'})

    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length", "cache-control", "content-disposition"):
        assert head.headers[name] == got.headers[name]
    assert known.status_code == 304


async def test_every_other_question_form_day_and_act_has_another_tag(own: Api, register_url: str) -> None:
    paths: tuple[str, ...] = (
        "/q/meetings",
        "/q/meetings.csv",
        "/q/meetings.csv?bom=true",
        "/q/meetings.csv?first=100",
        "/q/meetings.csv?separator=tab",
    )
    paths += ("/q/meetings?lang=fr", "/q/organisations", "/meetings.ics", "/documents.atom", "/documents.atom?lang=fr")
    before = [(await get(own, path)).headers["etag"] for path in paths]
    await document(own)
    after = [(await get(own, path)).headers["etag"] for path in paths]
    async with serving(register_url, today=date(2026, 1, 16)) as tomorrow:
        later = [(await get(tomorrow, path)).headers["etag"] for path in paths]
        fresh = await get(tomorrow, "/q/documents?order=RECORDED&first=1", if_none_match=before[0])

    assert len({*before, *after, *later}) == 3 * len(paths)
    assert fresh.status_code == 200
    assert fresh.json()["data"]["documents"]["nodes"][0]["title"]["in"]["value"] == "A paper"


async def test_another_address_of_the_server_and_another_release_have_another_tag(
    shared_register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = []
    for settings in ({}, {"public_url": "https://api.example.org"}):
        async with serving(shared_register_url, settings=settings) as api:
            tags.append((await get(api, "/documents.atom")).headers["etag"])
            with monkeypatch.context() as patch:
                patch.setattr(door, "_contract", lambda _schema: "another")
                tags.append((await get(api, "/documents.atom")).headers["etag"])

    assert len(set(tags)) == 4


async def test_the_same_question_has_the_same_bytes(api: Api) -> None:
    for path in ("/q/meetings", "/q/changes", "/meetings.ics", "/feed.json"):
        first, second = await get(api, path), await get(api, path)

        assert (first.headers["etag"], first.content) == (second.headers["etag"], second.content)


# ---------- with a key ----------


async def test_what_one_may_see_is_never_the_answer_of_another(own: Api) -> None:
    hidden = await document(own, title=LocalizedText.of("For the ISU"), visibility=Visibility.ISU)
    isu = await key_for(own.database, ISU)
    germany = await key_for(own.database, "STATE:DEU")

    for path in ("/q/documents?order=RECORDED&first=1", "/q/documents.csv", "/documents.atom", "/feed.json"):
        answers = {token: await get(own, path, token) for token in (None, germany, isu)}

        assert [("For the ISU" in answers[token].text) for token in (None, germany, isu)] == [False, False, True]
        assert len({answer.headers["etag"] for answer in answers.values()}) == 3
        assert answers[None].headers["cache-control"] == "public, max-age=60"
        for token in (germany, isu):
            assert answers[token].headers["cache-control"] == "private, no-cache"
        for answer in answers.values():
            assert "authorization" in answer.headers["vary"].lower()
        stolen = await get(own, path, if_none_match=answers[isu].headers["etag"])
        assert stolen.status_code == 200
        assert (await get(own, path, isu, if_none_match=answers[isu].headers["etag"])).status_code == 304

    await hide(own.database, db.Document, hidden, Visibility.PUBLIC)
    assert "For the ISU" in (await get(own, "/documents.atom")).text


async def test_of_two_keys_of_one_account_the_narrower_one_is_not_told_that_it_has_the_answer_of_the_wider(
    own: Api,
) -> None:
    await document(own, title=LocalizedText.of("For the ISU"), visibility=Visibility.ISU)
    wide = await key_for(own.database, ISU)
    narrow = await another_key(own.database, wide, Scope.READ_PUBLIC)
    equal = await another_key(own.database, wide)
    tag = (await get(own, "/documents.atom", wide)).headers["etag"]

    answers = [await get(own, "/documents.atom", token, if_none_match=tag) for token in (narrow, equal)]

    assert [answer.status_code for answer in answers] == [200, 304]
    assert "For the ISU" not in answers[0].text


async def test_a_bad_key_is_refused_also_where_the_answer_is_known(api: Api) -> None:
    tag = (await get(api, "/q/meetings")).headers["etag"]

    response = await get(api, "/q/meetings", "nonsense", if_none_match=tag)

    assert (response.status_code, code_of(response)) == (401, "CREDENTIAL_MALFORMED")
    assert response.headers["cache-control"] == "no-store"


# ---------- the calendar ----------


def events(response: httpx2.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    calendar = icalendar.Calendar.from_ical(response.content)
    found = list(calendar.walk("VEVENT"))
    assert not calendar.errors
    assert [event.errors for event in found if event.errors] == []
    return {str(event["url"]).partition("code=")[2]: event for event in found}


async def test_every_real_meeting_is_in_the_calendar(api: Api) -> None:
    response = await get(api, "/meetings.ics")
    found = events(response)

    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert set(found) == {row["code"] for row in await table(api, "/q/meetings.csv")}
    assert len({event["uid"] for event in found.values()}) == 63
    second = found["2MSP"]
    assert (second.decoded("dtstart"), second.decoded("dtend")) == (date(2011, 9, 12), date(2011, 9, 17))
    assert second["summary"] == "Second Meeting of States Parties"
    assert second["summary"].params["language"] == "en"
    assert second["location"] == "Beirut, LBN"
    assert (second["status"], int(second["sequence"])) == ("CONFIRMED", 1)
    assert datetime.now(UTC) - second.decoded("dtstamp") < timedelta(hours=12)


@pytest.mark.parametrize(
    "path", ["/documents.atom?meeting=2MSP&lang=", "/feed.json?lang=", "/q/meetings?first=5&lang="]
)
async def test_a_language_is_the_same_in_capitals(api: Api, path: str) -> None:
    small, large = [(await get(api, path + tag)).text for tag in ("fr", "FR")]

    assert large.replace("lang=FR", "lang=fr") == small


async def test_lines_are_short_and_end_as_they_must(api: Api) -> None:
    for language in ("en", "ar", "ZH"):
        content = (await get(api, f"/meetings.ics?lang={language}")).content

        lines = content.split(b"\r\n")
        assert lines.pop() == b""
        assert max(len(line) for line in lines) <= 75
        assert b"\n" not in b"".join(lines)
        for line in lines:
            line.decode()


def test_no_letter_is_cut_in_two() -> None:
    text = "SUMMARY:" + "集束弹药🙂é" * 40

    folded = _folded(text)

    assert folded.replace(b"\r\n ", b"").decode() == text + "\r\n"
    for line in folded.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


async def test_a_month_is_a_month_and_says_that_its_days_are_not_known(api: Api) -> None:
    third = events(await get(api, "/meetings.ics?code=3RC"))["3RC"]
    held = events(await get(api, "/meetings.ics?code=SCL-2010"))["SCL-2010"]

    assert (third.decoded("dtstart"), third.decoded("dtend")) == (date(2026, 9, 1), date(2026, 10, 1))
    assert (third["status"], held["status"]) == ("TENTATIVE", "CONFIRMED")
    assert third["description"] == "Known so far: 2026-09. The days are not on record."


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar", "ru", "zh"])
async def test_a_title_in_another_language_is_marked(own: Api, language: str) -> None:
    async with own.database.writing() as connection:
        title = LocalizedText.of("Second Meeting", fr="Deuxième Assemblée; Beyrouth, Liban")
        await Unit(connection, Signature(act="test")).change(db.Meeting, [(("2MSP",), {"title": title})])

    second = events(await get(own, f"/meetings.ics?lang={language}&code=2MSP"))["2MSP"]

    shown = "fr" if language == "fr" else "en"
    assert second["summary"].params["language"] == shown
    assert second["summary"] == ("Deuxième Assemblée; Beyrouth, Liban" if language == "fr" else "Second Meeting")
    assert ("description" in second) == (language not in ("en", "fr"))
    if "description" in second:
        assert second["description"].params["language"] == language
        assert "en" in second["description"]


async def test_a_meeting_stays_one_event_when_it_is_put_off_moved_and_cancelled(own: Api) -> None:
    isu = Institution(own.database)
    told = []

    async def look() -> None:
        told.append(events(await get(own, "/meetings.ics?code=15MSP"))["15MSP"])

    await isu.meeting("15MSP", "2027-09-06", "2027-09-10", city="Geneva; in part, online")
    await look()
    await isu.done("postponeMeeting", meeting="15MSP", expectedVersion=1)
    await look()
    moved = {"startsOn": "2027-11-15", "endsOn": "2027-11-19"}
    await isu.done("rescheduleMeeting", meeting="15MSP", expectedVersion=2, **moved)
    await isu.done("confirmMeeting", meeting="15MSP", expectedVersion=3)
    await look()
    await isu.done("cancelMeeting", meeting="15MSP", expectedVersion=4)
    await look()

    assert len({event["uid"] for event in told}) == 1
    assert [event["status"] for event in told] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
    assert [int(event["sequence"]) for event in told] == [1, 2, 4, 5]
    assert [event.decoded("dtstart") for event in told[1:3]] == [date(2027, 9, 6), date(2027, 11, 15)]
    assert told[1]["description"] == "Postponed; new days are not set yet."
    assert told[2]["description"] == "First planned for 2027-09-06."
    assert told[0]["location"] == "Geneva; in part, online"
    stamps = [event.decoded("dtstamp") for event in told]
    assert stamps == sorted(stamps)


# ---------- feeds ----------


def valid(response: httpx2.Response) -> Element:
    """What RFC 4287 requires of a feed and of its entries."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = fromstring(response.content)  # noqa: S314  it is ours
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"{ATOM}{name}")
            assert found.text
        assert element.find(f"{ATOM}author") is not None or feed.find(f"{ATOM}author") is not None
        assert re.match(r"tag:[a-z.]+,2010:", element.findtext(f"{ATOM}id", ""))
        for name in ("updated", "published"):
            for found in element.findall(f"{ATOM}{name}"):
                assert datetime.fromisoformat(found.text or "").tzinfo is not None
        links = element.findall(f"{ATOM}link")
        alternates = [(each.get("type"), each.get("hreflang")) for each in links if each.get("rel") == "alternate"]
        assert alternates
        assert len(set(alternates)) == len(alternates)
        assert all((each.get("href") or "").startswith("http://") for each in links)
    (itself,) = [each for each in feed.findall(f"{ATOM}link") if each.get("rel") == "self"]
    assert (itself.get("href") or "").endswith(str(response.url).removeprefix("http://isu"))
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    return feed


def entry_of(feed: Element, title: str) -> Element:
    (found,) = [each for each in feed.iter(f"{ATOM}entry") if each.findtext(f"{ATOM}title") == title]
    return found


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("/documents.atom", 100),
        ("/documents.atom?lang=fr&meeting=2MSP", 65),
        ("/decisions.atom", 0),
        ("/communications.atom", 0),
    ],
)
async def test_every_feed_is_valid_atom(api: Api, path: str, entries: int) -> None:
    feed = valid(await get(api, path))

    assert len(feed.findall(f"{ATOM}entry")) == entries


async def test_a_feed_names_no_page_that_it_would_not_give(api: Api) -> None:
    for path in FEEDS:
        response = await get(api, path)

        assert (path, response.status_code, response.headers.get("link")) == (path, 200, None)


async def test_a_document_says_what_it_revises_and_what_revises_it(own: Api) -> None:
    keys = [
        await document(own, title=LocalizedText.of("A paper"), symbol=f"CCM/MSP/2011/WP.99{revision}")
        for revision in ("", "/Rev.1")
    ]
    relation = {"document_id": keys[1], "type": DocumentRelationType.REVISION}
    async with own.database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.DocumentRelation, [{**relation, "target_id": keys[0]}])

    ids = [encode_id("Document", key) for key in keys]
    former, later = [(await own.http.get("/q/document", params={"id": id_})).json()["data"]["document"] for id_ in ids]

    assert [each["document"]["id"] for each in former["relatedBy"]] == [ids[1]]
    assert [(each["type"], each["target"]) for each in later["relations"]] == [
        ("REVISION", {"id": ids[0], "symbol": former["symbol"]})
    ]
    assert (former["relations"], later["relatedBy"]) == ([], [])


async def test_a_document_comes_with_its_languages(own: Api) -> None:
    title = LocalizedText.of("A paper & <more>\x07")
    languages = {"en": "wp.pdf", "fr": "wp-f.pdf"}
    await document(own, title=title, symbol="CCM/MSP/2011/WP.99", author="Us & <b>you</b>", languages=languages)

    feed = valid(await get(own, "/documents.atom"))

    first = feed.find(f"{ATOM}entry")
    assert first is not None
    assert first.findtext(f"{ATOM}title") == "CCM/MSP/2011/WP.99: A paper & <more>\ufffd"
    assert first.findtext(f"{ATOM}content") == "<p>Us &amp; &lt;b&gt;you&lt;/b&gt;<br>en, fr</p>"
    files = [each for each in first.findall(f"{ATOM}link") if each.get("type") == "application/pdf"]
    assert [(each.get("rel"), each.get("hreflang"), each.get("length")) for each in files] == [
        ("alternate", "en", "7"),
        ("alternate", "fr", "7"),
    ]
    assert all("/files/" in (each.get("href") or "") for each in files)


async def test_a_translation_that_comes_later_is_news(own: Api) -> None:
    old = await document(own, title=LocalizedText.of("Old"))
    await document(own, title=LocalizedText.of("New"))
    async with own.database.writing() as connection:
        of = {"document_id": old, "language_code": "fr"}
        await Unit(connection, Signature(act="test")).keep(db.DocumentLanguage, [of])

    feed = valid(await get(own, "/documents.atom"))

    titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    assert titles[:2] == ["Old", "New"]
    assert feed.findtext(f"{ATOM}updated") == entry_of(feed, "Old").findtext(f"{ATOM}updated")


async def test_a_decision_leads_to_its_page(own: Api) -> None:
    await Institution(own.database).decision(
        "2MSP", "2011-09-16", number="29", text=[{"language": "en", "value": "A\n\n<B>"}]
    )

    entry = entry_of(valid(await get(own, "/decisions.atom")), "2MSP, 29: Decision 29")

    (page,) = [each for each in entry.findall(f"{ATOM}link") if each.get("hreflang") is None]
    assert entry.findtext(f"{ATOM}published") == "2011-09-16T00:00:00Z"
    assert entry.findtext(f"{ATOM}content") == "<p>A</p><p>&lt;B&gt;</p>"
    (english,) = [each for each in entry.findall(f"{ATOM}link") if each.get("hreflang") == "en"]
    assert english.get("href") == f"{page.get('href')}?lang=en"
    for link in (page, english):
        path = (link.get("href") or "").removeprefix(Settings().own_url)
        assert (await get(own, path, accept="text/html")).status_code == 200


async def test_a_communication_is_read_in_its_languages_and_a_draft_by_nobody(own: Api) -> None:
    body = LocalizedText.of("Dear all, **come**. <script>alert(1)</script>", fr="Venez")
    await communication(own, body)
    draft = {"reference": "ISU/2026/CIRC/2", "status": CommunicationStatus.DRAFT, "sent_at": None}
    await communication(own, body, **draft)

    feed = valid(await get(own, "/communications.atom"))
    french = valid(await get(own, "/communications.atom?lang=fr"))
    drafts = await get(own, "/communications.atom?status=DRAFT", await key_for(own.database, ISU))

    assert (drafts.status_code, len(feed.findall(f"{ATOM}entry"))) == (400, 1)
    entry = entry_of(feed, "ISU/2026/CIRC/1: A letter")
    content = entry.findtext(f"{ATOM}content") or ""
    assert "<strong>come</strong>" in content
    assert "<script" not in content
    assert {each.get("hreflang") for each in entry.findall(f"{ATOM}link")} == {None, "en", "fr"}
    in_french = entry_of(french, "ISU/2026/CIRC/1: A letter")
    text = in_french.find(f"{ATOM}content")
    assert text is not None
    assert (in_french.get(LANGUAGE), text.get(LANGUAGE)) == ("en", "fr"), "its subject is in English alone"
    assert "Venez" in (entry_of(french, "ISU/2026/CIRC/1: A letter").findtext(f"{ATOM}content") or "")
    assert [row["reference"] for row in await table(own, "/q/communications.csv")] == ["ISU/2026/CIRC/1"]
    for each in entry.findall(f"{ATOM}link"):
        path = (each.get("href") or "").removeprefix(Settings().own_url)
        assert (await get(own, path)).json()["data"]["communication"]["reference"] == "ISU/2026/CIRC/1"


async def test_the_json_feed_has_what_its_version_asks_for(own: Api) -> None:
    await document(own, title=LocalizedText.of("A paper"), languages={"en": "wp.pdf"})
    await Institution(own.database).decision("2MSP", "2011-09-16")
    await communication(own, LocalizedText.of("Dear all"))

    response = await get(own, "/feed.json")
    feed = response.json()

    assert response.headers["content-type"] == "application/feed+json; charset=utf-8"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed["feed_url"].endswith("/feed.json")
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"]) == 100
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert "content_html" in item
        assert datetime.fromisoformat(item["date_modified"]).tzinfo is not None
    assert [item["title"] for item in feed["items"][:3]] == [
        "ISU/2026/CIRC/1: A letter",
        "2MSP, 1: Decision 1",
        "A paper",
    ]
    (file,) = feed["items"][2]["attachments"]
    assert (file["mime_type"], file["title"], file["size_in_bytes"]) == ("application/pdf", "en", 7)


async def test_links_lead_to_where_others_reach_the_server(shared_register_url: str) -> None:
    async with serving(shared_register_url, settings={"public_url": "https://isu.example.org/"}) as api:
        feed = (await get(api, "/documents.atom?lang=fr&meeting=2MSP", host="evil.example")).text
        calendar = events(await get(api, "/meetings.ics?code=2MSP", host="evil.example"))

    assert "evil.example" not in feed
    assert 'href="https://isu.example.org/documents.atom?lang=fr&amp;meeting=2MSP"' in feed
    assert calendar["2MSP"]["url"] == "https://isu.example.org/q/meetings?code=2MSP"


# ---------- the index ----------


async def test_the_index_lists_every_door_with_its_arguments(api: Api) -> None:
    listed = (await get(api, "/q")).json()

    names = [each["name"] for each in listed["queries"]]
    assert names == sorted(each.name for each in trusted(offered))
    (meetings,) = [each for each in listed["queries"] if each["name"] == "meetings"]
    arguments = {each["name"]: each for each in meetings["arguments"]}
    assert meetings["csv"] == "/q/meetings.csv"
    assert arguments["status"] == {
        "name": "status",
        "type": "[MeetingStatus!]",
        "required": False,
        "repeatable": True,
        "default": None,
        "values": ["TENTATIVE", "CONFIRMED", "POSTPONED", "CANCELLED", "IN_PROGRESS", "CLOSED"],
    }
    assert {each["url"] for each in listed["feeds"]} == set(FEEDS)
    text = (await get(api, meetings["graphql"])).text
    assert text.startswith(f"# {meetings['description']}")


async def test_the_index_is_a_page_without_a_script_whose_links_lead_somewhere(
    templates_of: Callable[[str], Templates],
) -> None:
    """On SQLite alone: that every door, list and feed answers on either engine is shown above."""
    async with serving(templates_of("sqlite").shared_register) as api:
        await the_links_of_the_index_lead_somewhere(api)


async def the_links_of_the_index_lead_somewhere(api: Api) -> None:
    response = await get(api, "/q", accept="text/html,application/xhtml+xml,*/*;q=0.8")
    page = response.text

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert '<html lang="en">' in page
    assert "<script" not in page
    assert page.count("<h1>") == 1
    for link in sorted(set(re.findall(r'<a href="(/[^"]*)"', page))):
        assert (await get(api, link)).status_code == 200, link
    anchors = set(re.findall(r'<a href="#([^"]*)"', page))
    assert anchors <= set(re.findall(r' id="([^"]*)"', page))
    assert (await get(api, "/q", accept="text/html", if_none_match=response.headers["etag"])).status_code == 304


# ---------- documents by their id ----------


async def test_a_document_is_named_instead_of_sent(api: Api) -> None:
    document = trusted(offered).named("meetings")
    assert document is not None
    asked = {"documentId": document.id, "variables": {"code": ["2MSP"]}}

    posted = await api.http.post("/graphql", json=asked)
    got = await api.http.get("/graphql", params={"documentId": document.id, "variables": '{"code": ["2MSP"]}'})
    browser = await get(api, f"/graphql?documentId={document.id}", accept="text/html,*/*;q=0.8")

    assert posted.json()["data"]["meetings"]["nodes"][0]["code"] == "2MSP"
    assert got.json()["data"] == posted.json()["data"]
    assert posted.json()["data"] == (await get(api, "/q/meetings?code=2MSP")).json()["data"]
    assert browser.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("asked", "status", "code", "message"),
    [
        (
            {"documentId": "sha256:" + "0" * 64},
            400,
            "DOCUMENT_UNKNOWN",
            "No document of this id is known here; /q lists those that are.",
        ),
        ({"documentId": "meetings"}, 400, "DOCUMENT_UNKNOWN", None),
        ({"documentId": 7}, 400, "BAD_REQUEST", "The parameter 'documentId' must be a string."),
        ({"documentId": "x", "query": "{ a }"}, 400, "BAD_REQUEST", "Give 'query' or 'documentId', not both."),
        ({}, 400, "BAD_REQUEST", "The parameter 'query' must be given, as a string."),
    ],
)
async def test_an_id_that_is_none_of_ours_is_told(
    api: Api, asked: dict[str, Any], status: int, code: str, message: str | None
) -> None:
    response = await api.http.post("/graphql", json=asked)

    assert (response.status_code, code_of(response)) == (status, code)
    assert message is None or message_of(response) == message


OF_ONE_CALLER = (
    "{ viewer { exports { id } } }",
    "{ a: rateLimit { ...b } } fragment b on RateLimit { remaining }",
)


@pytest.mark.parametrize("query", OF_ONE_CALLER)
async def test_what_is_not_in_the_journal_is_kept_by_nobody(
    shared_register_url: str, tmp_path: Path, query: str
) -> None:
    (tmp_path / "mine.graphql").write_text(f"# Mine.\n{query}\n", encoding="utf-8")

    async with serving(shared_register_url, settings={"documents": tmp_path}) as api:
        first = await get(api, "/q/mine")
        again = await get(api, "/q/mine", if_none_match="*")

    for response in (first, again):
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
        assert "etag" not in response.headers
        assert "data" in response.json()


async def test_a_deployment_answers_its_own_documents_and_no_others(shared_register_url: str, tmp_path: Path) -> None:
    text = "# How many meetings there are.\n{ meetings { totalCount } }\n"
    (tmp_path / "how-many.graphql").write_text(text, encoding="utf-8")
    settings = {"documents": tmp_path, "trusted_documents_only": True}

    async with serving(shared_register_url, settings=settings) as api:
        own = await get(api, "/q/how-many")
        sent = await api.http.post("/graphql", json={"query": text})
        refused = await api.http.post("/graphql", json={"query": "{ meetings { totalCount } }"})
        introspection = await api.http.get("/graphql", params={"query": "{ __schema { types { name } } }"})
        browser = await get(api, "/graphql", accept="text/html,*/*;q=0.8")
        permalink = await get(api, "/decisions/2MSP/1")
        page = await get(api, "/q", accept="text/html")

    assert own.json() == {"data": {"meetings": {"totalCount": 63}}}
    assert sent.json()["data"] == own.json()["data"]
    for response in (refused, introspection):
        assert (response.status_code, code_of(response)) == (400, "DOCUMENT_NOT_TRUSTED")
        assert "/q lists them" in message_of(response)
    assert (browser.status_code, browser.headers["location"]) == (307, "/q")
    assert code_of(permalink) == "NOT_FOUND", "what this server asks by itself is not asked for by a client"
    assert "no others" in page.text
