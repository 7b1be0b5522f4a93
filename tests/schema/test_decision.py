"""Decisions by numbered paragraph: what they ask for, of whom, and what became of it; and a page for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import db as tables
from mandate.actor import PUBLIC, Actor, Capacity, Visibility
from schema.id import decode_id
from tests.api import TODAY, Api, serving
from tests.call import ISU, ask, caller, encode_id, hide
from tests.institution import PARAGRAPH, Institution

pytestmark = pytest.mark.anyio

MEMBER = caller("STATE:NOR", Capacity.STATE_PARTY, Capacity.COMMITTEE_MEMBER)
NORWAY, FRANCE = encode_id("State", "NOR"), encode_id("State", "FRA")
DECISIONS = f"""query ($meeting: String, $status: [ParagraphStatus!], $addressee: ID) {{
  decisions(meeting: $meeting, paragraphStatus: $status, addressee: $addressee) {{ number method permalink
    votes {{ inFavour against abstentions }} agendaItem {{ number }} paragraphs {{ {PARAGRAPH} }}
    open: paragraphs(status: ACTIVE) {{ number }} }} }}"""


async def begin(isu: Institution) -> None:
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    closed = {"kind": "coordination_committee", "formality": "INFORMAL", "visibility": "COMMITTEE"}
    await isu.meeting("CC-1", "2012-05-02", "2012-05-02", **closed)


def text(value: str) -> list[dict[str, str]]:
    return [{"language": "en", "value": value}]


def paragraph(number: str, **given: Any) -> dict[str, Any]:
    return {"number": number, "text": text(f"The Meeting asked for {number}."), **given}


async def decided(isu: Institution, number: str = "25", *, meeting: str = "2MSP", **given: Any) -> Any:
    on = {"2MSP": "2011-09-16", "3MSP": "2012-09-14", "CC-1": "2012-05-02"}[meeting]
    given = {"paragraphs": [paragraph("1")], **given}
    await isu.decision(meeting, on, number, **given)
    found = await decisions(isu, meeting=meeting)
    return next(each for each in found if each["number"] == number)


async def decisions(isu: Institution, actor: Actor = ISU, **given: Any) -> Any:
    answer = await ask(isu.database, actor, DECISIONS, **given)
    assert "errors" not in answer, answer
    return answer["data"]["decisions"]


async def follow(isu: Institution, paragraph: Any, **given: Any) -> Any:
    whole = {"paragraph": paragraph["id"], "expectedVersion": paragraph["version"], "note": "It was done.", **given}
    return await isu("followUpDecision", **whole)


async def test_a_decision_tells_what_it_asks_of_whom_until_when(isu: Institution) -> None:
    item = (await isu.done("addAgendaItem", meeting="2MSP", number="9", title=text("Universalization")))["item"]
    asked = paragraph("1", addressees=[NORWAY], actors=["The Coordinators"], dueOn="2012-09-11")
    informs = paragraph("2", type="INFORMATIONAL")
    votes = {"inFavour": 50, "against": 1, "abstentions": 3}

    decision = await decided(isu, method="VOTE", votes=votes, agendaItem=item["id"], paragraphs=[asked, informs])

    assert (decision["votes"], decision["agendaItem"]) == (votes, {"number": "9"})
    first, second = decision["paragraphs"]
    assert (first["number"], first["type"], first["status"], first["dueOn"]) == (
        "1",
        "OPERATIONAL",
        "ACTIVE",
        "2012-09-11",
    )
    assert (first["addressees"], first["actors"]) == ([{"id": NORWAY}], ["The Coordinators"])
    assert (second["type"], second["addressees"], second["actors"]) == ("INFORMATIONAL", [], [])


async def test_all_that_is_wrong_with_paragraphs_is_told_at_once(isu: Institution) -> None:
    paragraphs = [
        paragraph("1", dueOn="2011-09-15"),
        paragraph("1", addressees=[NORWAY, NORWAY]),
        paragraph("3", type="INFORMATIONAL", dueOn="2012-01-01", actors=["", "x" * 201]),
        paragraph("4", addressees=[encode_id("State", "XXX")]),
    ]
    given = {"meeting": "2MSP", "number": "25", "title": text("A decision"), "adoptedOn": "2011-09-16"}
    votes = {"inFavour": 1, "against": 2, "abstentions": 0}

    result = await isu("adoptDecision", **given, paragraphs=paragraphs, votes=votes)
    lost = await isu("adoptDecision", **given, method="VOTE", votes=votes)

    assert {".".join(each["path"]) for each in result["fields"]} == {
        "votes",
        "paragraphs.0.dueOn",
        "paragraphs.1.number",
        "paragraphs.1.addressees",
        "paragraphs.2.dueOn",
        "paragraphs.2.actors.0",
        "paragraphs.2.actors.1",
        "paragraphs.3.addressees",
    }
    assert [each["path"] for each in lost["fields"]] == [["votes"]]


@pytest.mark.parametrize("number", ["", ". .", "\u200b", "2\n5", "\u202e52", "x" * 33])
async def test_a_decision_has_a_number_that_can_be_read(isu: Institution, number: str) -> None:
    given = {"meeting": "2MSP", "title": text("A decision"), "adoptedOn": "2011-09-16"}

    result = await isu("adoptDecision", **given, number=number)

    assert [each["path"] for each in result["fields"]] == [["number"]]


@pytest.mark.parametrize("nothing", [" \n", "\u200b", "\ufeff\u2060"])
async def test_in_a_text_there_is_something_to_see(isu: Institution, nothing: str) -> None:
    given = {"meeting": "2MSP", "number": "25", "adoptedOn": "2011-09-16"}

    untitled = await isu("adoptDecision", **given, title=text(nothing))
    (first,) = (await decided(isu, paragraphs=[paragraph("1")]))["paragraphs"]
    unsaid = await isu("followUpDecision", paragraph=first["id"], expectedVersion=1, note=nothing)

    assert untitled["fields"] == [{"path": ["title", "0", "value"], "message": "Between 1 and 50000 characters."}]
    assert [each["path"] for each in unsaid["fields"]] == [["note"]]


@pytest.mark.parametrize("title", ["Two\nlines", "Two\u2029paragraphs", "\u202egnorw", "A\ttab"])
async def test_a_title_is_one_line_that_reads_as_it_stands(isu: Institution, title: str) -> None:
    given = {"meeting": "2MSP", "number": "25", "adoptedOn": "2011-09-16"}
    either = [{"language": "en", "value": "A decision \n"}, {"language": "fr", "value": title}]
    arabic = [{"language": "ar", "value": "\u200f\u0642\u0631\u0627\u0631 CCM"}]

    result = await isu("adoptDecision", **given, title=either)
    assert result["fields"] == [
        {"path": ["title", "1", "value"], "message": "In one line, without control characters."}
    ]

    await isu.done("adoptDecision", **given, title=arabic, text=text("Of several\nlines"))


async def test_a_meeting_that_is_put_off_decides_by_silence_procedure_until_it_sits(isu: Institution) -> None:
    """The Second Review Conference was put off, and its first part sat a week later."""
    await isu.meeting("2RC", "2020-11-16", "2020-11-20", kind="review_conference", city="Lausanne")
    await isu.done("postponeMeeting", meeting="2RC", expectedVersion=1)
    given = {"meeting": "2RC", "title": text("A decision")}

    refused = await isu("adoptDecision", number="1", adoptedOn="2020-11-17", **given)
    await isu.done("adoptDecision", number="2", adoptedOn="2020-11-17", method="SILENCE_PROCEDURE", **given)
    await isu.meeting("2RC-P1", "2020-11-25", "2020-11-27", kind="review_conference_part", partOf="2RC", isVirtual=True)
    await isu.done("adoptDecision", number="1", adoptedOn="2020-11-27", **given)

    why = "The meeting is put off: until it sits, it decides by silence procedure alone."
    assert refused["fields"] == [{"path": ["meeting"], "message": why}]


async def test_what_is_decided_and_due_lies_within_the_calendar(isu: Institution) -> None:
    given = {"meeting": "2MSP", "title": text("A decision"), "number": "25", "method": "SILENCE_PROCEDURE"}

    early = await isu("adoptDecision", **given, adoptedOn="0001-01-01")
    late = await isu("adoptDecision", **given, adoptedOn="2011-09-16", paragraphs=[paragraph("1", dueOn="9999-12-31")])

    assert early["fields"] == [{"path": ["adoptedOn"], "message": "1900-01-01 at the earliest."}]
    assert late["fields"] == [{"path": ["paragraphs", "0", "dueOn"], "message": "2099-12-31 at the latest."}]


async def test_what_was_done_is_noted_and_changes_what_became_of_the_paragraph(isu: Institution) -> None:
    first, second = (await decided(isu, paragraphs=[paragraph("1", dueOn="2012-01-01"), paragraph("2")]))["paragraphs"]

    noted = (await follow(isu, first, note="It was begun."))["paragraph"]
    elapsed = (await follow(isu, noted, status="ELAPSED"))["paragraph"]
    done = (await follow(isu, elapsed, status="IMPLEMENTED"))["paragraph"]

    assert [(each["note"], each["status"], each["notedOn"]) for each in done["followUps"]] == [
        ("It was begun.", "ACTIVE", str(TODAY)),
        ("It was done.", "ELAPSED", str(TODAY)),
        ("It was done.", "IMPLEMENTED", str(TODAY)),
    ]
    again = await follow(isu, done, status="ACTIVE")
    assert (again["code"], again["currentStatus"], again["allowed"]) == (
        "ILLEGAL_TRANSITION",
        "IMPLEMENTED",
        ["SUPERSEDED"],
    )
    stale = await follow(isu, first)
    assert stale["code"] == "STALE_VERSION"
    (decision,) = await decisions(isu, status=["ACTIVE"])
    assert decision["open"] == [{"number": second["number"]}]


async def test_a_paragraph_gives_way_to_one_of_a_later_decision_that_as_many_see(isu: Institution) -> None:
    (old,) = (await decided(isu))["paragraphs"]
    (later,) = (await decided(isu, meeting="3MSP"))["paragraphs"]
    (hidden,) = (await decided(isu, meeting="CC-1", visibility="COMMITTEE"))["paragraphs"]
    (itself,) = (await decided(isu, "26"))["paragraphs"]

    for wrong, fields in (
        ({"status": "SUPERSEDED"}, ["supersededBy"]),
        ({"status": "IMPLEMENTED", "supersededBy": later["id"]}, ["supersededBy"]),
        ({"supersededBy": later["id"]}, ["supersededBy"]),
        ({"status": "SUPERSEDED", "supersededBy": old["id"]}, ["supersededBy"]),
        ({"status": "SUPERSEDED", "supersededBy": hidden["id"]}, ["supersededBy"]),
        ({"status": "ELAPSED"}, ["status"]),
    ):
        result = await follow(isu, old, **wrong)
        assert [".".join(each["path"]) for each in result["fields"]] == fields, wrong
    backwards = await follow(isu, later, status="SUPERSEDED", supersededBy=itself["id"])
    assert [each["path"] for each in backwards["fields"]] == [["supersededBy"]]
    done = (await follow(isu, old, status="SUPERSEDED", supersededBy=later["id"]))["paragraph"]
    assert done["supersededBy"] == {"number": "1", "decision": {"number": "25"}}


async def test_decisions_are_found_by_what_became_of_them_and_by_whom_they_address(isu: Institution) -> None:
    await decided(isu, "1", paragraphs=[paragraph("1", addressees=[NORWAY])])
    (other,) = (await decided(isu, "2", paragraphs=[paragraph("1", addressees=[FRANCE])]))["paragraphs"]
    await decided(isu, "3", meeting="CC-1", visibility="COMMITTEE", paragraphs=[paragraph("1", addressees=[NORWAY])])
    await decided(isu, "4", paragraphs=[])
    await follow(isu, other, status="RETIRED")

    async def numbers(actor: Actor = ISU, **given: Any) -> list[str]:
        return sorted(each["number"] for each in await decisions(isu, actor, **given))

    assert await numbers() == ["1", "2", "3", "4"]
    assert await numbers(status=["RETIRED"]) == ["2"]
    assert await numbers(status=["ACTIVE", "RETIRED"]) == ["1", "2", "3"]
    assert await numbers(addressee=NORWAY) == ["1", "3"]
    assert await numbers(addressee=NORWAY, meeting="CC-1") == ["3"]
    assert await numbers(MEMBER, addressee=NORWAY) == ["1", "3"]
    assert await numbers(PUBLIC, addressee=NORWAY) == ["1"]
    assert await numbers(PUBLIC, status=["ACTIVE"]) == ["1"]


# ---------- a page for each ----------


@pytest.fixture
async def page(states_url: str) -> AsyncIterator[tuple[Api, Institution]]:
    async with serving(states_url) as api:
        institution = Institution(api.database)
        await institution.meeting("2MSP", "2011-09-12", "2011-09-16")
        closed = {"kind": "coordination_committee", "formality": "INFORMAL", "visibility": "COMMITTEE"}
        await institution.meeting("CC-1", "2012-05-02", "2012-05-02", **closed)
        yield api, institution


async def test_a_decision_stays_to_be_found_under_its_path(page: tuple[Api, Institution]) -> None:
    api, isu = page
    title = [{"language": "en", "value": "<b>A decision</b>"}, {"language": "ar", "value": "قرار"}]
    given = {"meeting": "2MSP", "number": "31(a)/b", "title": title, "adoptedOn": "2011-09-16"}
    await isu.done("adoptDecision", **given, paragraphs=[paragraph("1", addressees=[NORWAY])])
    (decision,) = await decisions(isu, PUBLIC)

    told = await api.http.get(decision["permalink"])
    shown = await api.http.get(decision["permalink"], headers={"Accept": "text/html"})
    arabic, older = [
        await api.http.get(f"{decision['permalink']}?{word}", headers={"Accept": "text/html"})
        for word in ("lang=AR", "language=ar")
    ]
    head = await api.http.head(decision["permalink"])

    assert decision["permalink"] == "/decisions/2MSP/31%28a%29%2Fb"
    assert (told.status_code, head.status_code, head.content) == (200, 200, b"")
    assert (told.json()["number"], told.json()["paragraphs"][0]["number"]) == ("31(a)/b", "1")
    assert "&lt;b&gt;A decision&lt;/b&gt;" in shown.text
    assert "<b>" not in shown.text
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert '<h1 lang="ar" dir="rtl">قرار</h1>' in arabic.text
    assert arabic.text == older.text


async def test_a_slash_in_the_code_of_a_meeting_is_none_between_it_and_the_number(
    page: tuple[Api, Institution],
) -> None:
    api, isu = page
    await isu.meeting("IM/2012", "2012-04-16", "2012-04-19", kind="coordination_committee", formality="INFORMAL")
    await isu.decision("IM/2012", "2012-04-17", "31(a)/b")
    (decision,) = await decisions(isu, PUBLIC)

    told = await api.http.get(decision["permalink"])

    assert decision["permalink"] == "/decisions/IM%2F2012/31%28a%29%2Fb"
    assert (told.status_code, told.json().get("number")) == (200, "31(a)/b")
    assert told.json()["meeting"]["code"] == "IM/2012"


async def test_what_is_hidden_has_no_page(page: tuple[Api, Institution]) -> None:
    """Nor has what is decided in public by a meeting that is not: the path would tell of the meeting."""
    api, isu = page
    await isu.decision("2MSP", "2011-09-16", "1", visibility="ISU")
    await isu.decision("CC-1", "2012-05-02", "1")
    decided = (await isu.ask('{ meeting(code: "CC-1") { decisions { id } } }'))["meeting"]["decisions"]
    await hide(isu.database, tables.Decision, decode_id(decided[0]["id"])[1], Visibility.PUBLIC)

    answers = [await api.http.get(f"/decisions/{path}") for path in ("2MSP/1", "CC-1/1", "2MSP/2", "9MSP/1")]
    links = {each["number"]: each["permalink"] for each in await decisions(isu, PUBLIC)}

    assert {each.status_code for each in answers} == {404}
    assert len({each.text for each in answers}) == 1
    assert links == {"1": None}


@pytest.mark.parametrize("hidden", ["meeting", "decision", None])
async def test_a_page_says_nothing_of_a_later_decision_that_the_caller_may_not_see(
    page: tuple[Api, Institution], hidden: str | None
) -> None:
    api, isu = page
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    (old,) = (await decided(isu, "24"))["paragraphs"]
    later = await decided(isu, "25", meeting="3MSP")
    await follow(isu, old, status="SUPERSEDED", supersededBy=later["paragraphs"][0]["id"])
    if hidden == "meeting":
        await hide(isu.database, tables.Meeting, "3MSP")
    if hidden == "decision":
        (row,) = (await isu.ask('{ decisions(meeting: "3MSP") { id } }'))["decisions"]
        await hide(isu.database, tables.Decision, decode_id(row["id"])[1])

    told = (await api.http.get("/decisions/2MSP/24")).json()["paragraphs"][0]
    shown = (await api.http.get("/decisions/2MSP/24", headers={"Accept": "text/html"})).text

    assert told["status"] == "SUPERSEDED"
    assert "None" not in shown
    if hidden is None:
        assert told["supersededBy"] == {"number": "1", "decision": {"permalink": "/decisions/3MSP/25"}}
        assert "<p>OPERATIONAL, SUPERSEDED, by /decisions/3MSP/25, paragraph 1</p>" in shown
    else:
        assert told["supersededBy"] is None
        assert "<p>OPERATIONAL, SUPERSEDED</p>" in shown


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/decisions/2MSP/1?language=nonsense!", {}, 400),
        ("/decisions/2MSP/1?lang=nonsense!&language=en", {}, 400),
        ("/decisions/2MSP/%00", {}, 400),
        ("/decisions/2MSP/1", {"Accept": "image/png"}, 406),
        ("/decisions/2MSP/1", {"Authorization": "Bearer isu_none"}, 401),
    ],
)
async def test_what_can_not_be_asked_is_refused(
    page: tuple[Api, Institution], path: str, headers: dict[str, str], status: int
) -> None:
    api, isu = page
    await isu.decision("2MSP", "2011-09-16", "1")

    assert (await api.http.get(path, headers=headers)).status_code == status


async def test_a_page_is_only_read(page: tuple[Api, Institution]) -> None:
    api, _ = page

    refused = await api.http.post("/decisions/2MSP/1")

    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_a_number_that_is_taken_leads_to_the_decision_that_has_it(isu: Institution) -> None:
    first = await isu.decision("2MSP", "2011-09-16", number="25")
    title = [{"language": "en", "value": "Another"}]

    again = await isu("adoptDecision", meeting="2MSP", number=" 25", title=title, adoptedOn="2011-09-16")

    assert (again["code"], again["currentId"]) == ("DUPLICATE", first)
