"""Documents: symbols, languages, authors, and the acts by which they are issued."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from mandate.actor import Actor, Capacity, Visibility
from resolvers.change import verify
from schema.id import encode_id
from tests.api import Api
from tests.call import ISU, PUBLIC, ask, caller, hide
from tests.conftest import Templates
from tests.institution import ACTS, Institution

pytestmark = pytest.mark.anyio


async def test_a_document_by_its_symbol(api: Api) -> None:
    data = await api(
        """{ document(symbol: "CCM/MSP/2011/WP.3/Rev.1/Amend.1") {
             symbolParts { body session series number suffixes } meeting { code } kind { code } }
             paper: document(symbol: "CCM/MSP/2011/WP.2") {
             provenance(field: "symbol") { basis note } } }"""
    )

    document = data["document"]
    assert document["symbolParts"] == {
        "body": "CCM/MSP",
        "session": "2011",
        "series": "WP",
        "number": 3,
        "suffixes": ["Rev.1", "Amend.1"],
    }
    assert document["meeting"] == {"code": "2MSP"}
    (basis,) = data["paper"]["provenance"]
    assert basis["basis"] == "INFERRED"
    assert "only number missing" in basis["note"]


async def test_missing_languages_are_told_only_where_something_is_known(api: Api) -> None:
    data = await api(
        """{ documents(first: 250, where: {isUnDocument: true}) { nodes {
             symbol languageVersions { language name { code } } missingLanguages } } }"""
    )

    assert {bool(each["languageVersions"]) for each in data["documents"]["nodes"]} == {True, False}
    for document in data["documents"]["nodes"]:
        present = {each["language"] for each in document["languageVersions"]}
        if present:
            assert set(document["missingLanguages"]) == {"ar", "en", "es", "fr", "ru", "zh"} - present
        else:
            assert document["missingLanguages"] is None


async def test_documents_are_found_by_language_kind_and_what_they_lack(api: Api) -> None:
    data = await api(
        """{ lao: documents(where: {language: "lo"}) {
               nodes { languageVersions { language } submittedBy { name { original } } } }
             plans: documents(where: {kind: ["work_plan_and_budget"]}) { totalCount }
             lacking: documents(first: 250, where: {missingLanguage: "fr"}) { nodes { missingLanguages } } }"""
    )

    assert [each["languageVersions"] for each in data["lao"]["nodes"]] == [[{"language": "lo"}]] * len(
        data["lao"]["nodes"]
    )
    assert data["lao"]["nodes"]
    assert data["plans"]["totalCount"] == 3
    assert data["lacking"]["nodes"]
    assert all("fr" in each["missingLanguages"] for each in data["lacking"]["nodes"])


async def test_authors_are_states_and_organisations_in_their_order(api: Api) -> None:
    data = await api(
        """{ documents(first: 250) { nodes { author submittedBy {
             __typename ... on State { code } ... on Organisation { acronym } } } } }"""
    )

    kinds = {party["__typename"] for doc in data["documents"]["nodes"] for party in doc["submittedBy"]}
    assert kinds == {"State", "Organisation"}


@pytest.mark.parametrize(
    ("prefix", "count"), [("CCM/MSP/2019/", 5), ("ccm/msp/2019/", 0), ("CCM/%", 0), ("CCM_", 0), ("", 69)]
)
async def test_a_prefix_means_the_same_on_every_engine(api: Api, prefix: str, count: int) -> None:
    data = await api("query ($p: String) { documents(where: {symbolPrefix: $p}) { totalCount } }", p=prefix)

    assert data["documents"]["totalCount"] == count


async def test_symbols_sort_by_their_numbers(api: Api) -> None:
    data = await api(
        """{ documents(where: {symbolPrefix: "CCM/MSP/2024/"}, orderBy: [{field: SYMBOL}], first: 50) {
             nodes { symbol } } }"""
    )

    symbols = [each["symbol"].removeprefix("CCM/MSP/2024/") for each in data["documents"]["nodes"]]
    assert symbols == ["1", "2/Rev.1", *"3456789", "10", "11", "WP.1", "WP.2"]


async def test_a_condition_and_its_contrary_are_all_there_is(api: Api) -> None:
    conditions = [
        '{symbolPrefix: "CCM"}',
        '{meeting: ["2MSP"]}',
        '{portfolio: ["universalization"]}',
        '{issuedOn: {gte: "2011-01-01"}}',
        "{isUnDocument: true}",
        '{language: "en"}',
        '{missingLanguage: "fr"}',
    ]
    for each in conditions:
        data = await api(
            f"{{ holds: documents(where: {each}) {{ totalCount }} "
            f"not: documents(where: {{not: {each}}}) {{ totalCount }} }}"
        )
        assert data["holds"]["totalCount"] + data["not"]["totalCount"] == 461, each
        assert data["holds"]["totalCount"] * data["not"]["totalCount"] > 0, each


# ---------- the acts ----------


@pytest.fixture
async def isu(register_url: str) -> AsyncIterator[Institution]:
    database = Database(register_url)
    yield Institution(database)
    await database.close()


def paper(**given: Any) -> dict[str, Any]:
    return {
        "kind": "working_paper",
        "title": [{"language": "en", "value": "A paper"}],
        "originalLanguage": "en",
        "versions": [{"language": "en"}],
        **given,
    }


def in_languages(*codes: str, **given: Any) -> list[dict[str, Any]]:
    return [{"language": code, **given} for code in codes]


SIX = in_languages("ar", "en", "es", "fr", "ru", "zh")
WORDS = {"kind": "working_paper", "title": [{"language": "en", "value": "To come"}]}
LEBANON, NORWAY = encode_id("State", "LBN"), encode_id("State", "NOR")


async def issued(isu: Institution, **given: Any) -> Any:
    return (await isu.done("issueDocument", **paper(**given)))["document"]


async def invalid(isu: Institution, act: str, **given: Any) -> list[str]:
    result = await isu(act, **given)
    assert result["__typename"] == "Invalid", result
    return [".".join(each["path"]) for each in result["fields"]]


async def seen(isu: Institution, actor: Actor, symbol: str) -> Any:
    data = await isu.as_(actor).ask("query ($s: DocumentSymbol) { document(symbol: $s) { id } }", s=symbol)
    return data["document"]


async def test_a_document_is_issued_with_all_that_belongs_to_it(isu: Institution) -> None:
    item = await isu.done("addAgendaItem", meeting="13MSP", number="9", title=[{"language": "en", "value": "Papers"}])

    document = await issued(
        isu,
        symbol="CCM/MSP/2025/WP.90",
        versions=in_languages("en", "fr"),
        meetings=["13MSP", "12MSP"],
        agendaItems=[item["item"]["id"]],
        submittedBy=[NORWAY, LEBANON],
        author="Norway and Lebanon",
        portfolio="universalization",
        issuedOn="2025-09-01",
    )

    assert (document["symbol"], document["version"], document["visibility"]) == ("CCM/MSP/2025/WP.90", 1, "PUBLIC")
    assert (document["meeting"]["code"], document["alsoServes"]) == ("13MSP", [{"code": "12MSP"}])
    assert document["agendaItems"] == [{"number": "9"}]
    assert (document["isUnDocument"], document["isReserved"], document["originalLanguage"]) == (True, False, "en")
    assert document["missingLanguages"] == ["ar", "es", "ru", "zh"]
    data = await isu.ask(
        """query ($id: ID!) { document(id: $id) { author submittedBy { ... on State { code } }
             portfolio { ... on WorkingGroup { code } } }
             meeting(code: "12MSP") { sharedDocuments { nodes { symbol } } }
             of: documents(where: {meeting: ["12MSP"], symbolPrefix: "CCM/MSP/2025"}) { nodes { symbol } }
             not: documents(where: {not: {meeting: ["12MSP"]}, symbolPrefix: "CCM/MSP/2025/WP.9"}) { totalCount } }""",
        id=document["id"],
    )
    assert data["document"]["submittedBy"] == [{"code": "NOR"}, {"code": "LBN"}]
    assert data["meeting"]["sharedDocuments"]["nodes"] == data["of"]["nodes"] == [{"symbol": "CCM/MSP/2025/WP.90"}]
    assert data["not"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"kind": "novel"}, ["kind"]),
        ({"originalLanguage": "xx"}, ["originalLanguage"]),
        ({"versions": []}, ["versions"]),
        ({"versions": in_languages("en", "xx")}, ["versions.1.language"]),
        ({"versions": in_languages("en", "en")}, ["versions.1.language"]),
        ({"versions": [{"language": "en", "isAdvance": True, "status": "MACHINE"}]}, ["versions.0.isAdvance"]),
        ({"versions": [{"language": "en", "uploads": ["x"]}]}, ["versions.0.uploads.0"]),
        ({"versions": [{"language": "en", "uploads": [encode_id("Upload", "x")]}]}, ["versions.0.uploads.0"]),
        ({"versions": [{"language": "en", "uploads": [LEBANON]}]}, ["versions.0.uploads.0"]),
        ({"submittedBy": [encode_id("State", "XXX")]}, ["submittedBy.0"]),
        ({"submittedBy": [LEBANON, LEBANON]}, ["submittedBy"]),
        ({"meetings": ["13MSP", "13MSP"]}, ["meetings"]),
        ({"portfolio": "novels"}, ["portfolio"]),
        ({"author": " "}, ["author"]),
        ({"author": "x\ny"}, ["author"]),
        ({"title": [{"language": "en", "value": " "}]}, ["title.0.value"]),
        ({"issuedOn": "2026-01-16"}, ["issuedOn"]),
        ({"issuedOn": "1800-01-01"}, ["issuedOn"]),
        ({"relations": [{"type": "SUMMARY", "target": "x"}]}, ["relations.0.target"]),
        ({"visibility": "CONCERNED"}, ["concerns"]),
        ({"concerns": [LEBANON]}, ["concerns"]),
        ({"visibility": "PARTICIPANTS"}, ["visibility"]),
        ({"kind": "novel", "originalLanguage": "xx", "author": ""}, ["kind", "originalLanguage", "author"]),
    ],
)
async def test_all_that_stands_against_it_is_told(isu: Institution, given: Any, paths: list[str]) -> None:
    assert await invalid(isu, "issueDocument", **paper(**given)) == paths


async def test_what_is_not_there_or_not_for_this_act_is_not_found(isu: Institution) -> None:
    item = await isu.done("addAgendaItem", meeting="13MSP", number="9", title=[{"language": "en", "value": "Papers"}])
    nobody = encode_id("Document", "01890000-0000-7000-8000-000000000000")
    for given, told in (
        ({"meetings": ["13MSP", "99MSP"]}, "meetings.1: There is no such meeting."),
        (
            {"agendaItems": [encode_id("AgendaItem", "x")], "meetings": ["13MSP"]},
            "agendaItems.0: There is no such agenda item.",
        ),
        ({"relations": [{"type": "SUMMARY", "target": nobody}]}, "relations.0.target: There is no such document."),
    ):
        result = await isu("issueDocument", **paper(**given))
        assert (result["__typename"], result["message"]) == ("NotFound", told)
    elsewhere = paper(agendaItems=[item["item"]["id"]], meetings=["12MSP"])
    assert await invalid(isu, "issueDocument", **elsewhere) == ["agendaItems.0"]


async def test_a_symbol_is_that_of_one_document(isu: Institution) -> None:
    given = paper(symbol="CCM/MSP/2025/WP.90")
    first = await issued(isu, **given)

    again = await isu("issueDocument", **given)

    assert (again["__typename"], again["code"]) == ("Conflict", "DUPLICATE")
    of_the_register = await isu("issueDocument", **paper(symbol="CCM/MSP/2011/WP.2"))
    assert of_the_register["code"] == "DUPLICATE"
    assert first["id"]


async def test_a_malformed_symbol_is_refused_with_the_place_of_the_fault(isu: Institution) -> None:
    answer = await ask(isu.database, ISU, ACTS["issueDocument"], input=paper(symbol="CCM/MSP/2025/WP.x"))

    (error,) = answer["errors"]
    assert "the fault is at character 16" in error["message"]


async def test_validating_writes_nothing(isu: Institution) -> None:
    before = (await isu.ask("{ documents { totalCount } }"))["documents"]["totalCount"]

    result = await isu("issueDocument", **paper(symbol="CCM/MSP/2025/WP.90"), validate_only=True)
    allocated = await isu("allocateSymbol", meeting="13MSP", **WORDS, validate_only=True)

    assert (result["document"], allocated["document"]) == (None, None)
    assert (await isu.ask("{ documents { totalCount } }"))["documents"]["totalCount"] == before
    assert (await verify(isu.database)).faults == []


# ---------- symbols are reserved ----------


async def test_symbols_are_allocated_one_after_the_other(isu: Institution) -> None:
    await isu.meeting("15MSP", "2027-09-06", "2027-09-10")

    async def next_in(series: str | None, meeting: str = "15MSP") -> str:
        document = (await isu.done("allocateSymbol", meeting=meeting, series=series, **WORDS))["document"]
        assert (document["isReserved"], document["visibility"], document["issuedOn"]) == (True, "ISU", None)
        return str(document["symbol"])

    assert [await next_in("WP"), await next_in("WP"), await next_in(None), await next_in("INF")] == [
        "CCM/MSP/2027/WP.1",
        "CCM/MSP/2027/WP.2",
        "CCM/MSP/2027/1",
        "CCM/MSP/2027/INF/1",
    ]
    assert await next_in(None, "1RC-PM1") == "CCM/CONF/2015/PM.1/3"
    assert await next_in("WP", "1RC") == "CCM/CONF/2015/WP.4"


async def test_two_at_once_get_two_numbers(isu: Institution) -> None:
    results = await asyncio.gather(
        *(isu.done("allocateSymbol", meeting="13MSP", series="L", **WORDS) for _ in range(5))
    )

    assert sorted(each["document"]["symbol"] for each in results) == [f"CCM/MSP/2025/L.{n}" for n in range(1, 6)]


async def test_what_is_reserved_is_for_the_isu_and_hidden_numbers_are_taken(isu: Institution) -> None:
    first = (await isu.done("allocateSymbol", meeting="13MSP", series="L", **WORDS))["document"]
    everything = '{ documents(first: 250, where: {meeting: ["13MSP"]}) { totalCount nodes { id symbol } } }'

    for other in (PUBLIC, caller("STATE:NOR", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER)):
        assert await seen(isu, other, first["symbol"]) is None
        found = (await isu.as_(other).ask(everything))["documents"]
        assert first["id"] not in {each["id"] for each in found["nodes"]}
        assert found["totalCount"] == len(found["nodes"])
        node = await isu.as_(other).ask("query ($id: ID!) { node(id: $id) { id } }", id=first["id"])
        assert node == {"node": None}
    assert await seen(isu, ISU, first["symbol"]) is not None
    again = await isu("allocateSymbol", meeting="13MSP", symbol=first["symbol"], **WORDS)
    assert again["code"] == "DUPLICATE"


async def test_a_reserved_symbol_becomes_that_of_the_document_that_is_issued(isu: Institution) -> None:
    reserved = (await isu.done("allocateSymbol", meeting="13MSP", symbol="CCM/MSP/2025/L.7/Rev.2", **WORDS))["document"]

    document = await issued(isu, symbol="CCM/MSP/2025/L.7/Rev.2", meetings=["13MSP"])

    assert (document["id"], document["isReserved"]) == (reserved["id"], False)
    assert await seen(isu, PUBLIC, "CCM/MSP/2025/L.7/Rev.2") == {"id": document["id"]}
    history = """query ($id: ID!) { document(id: $id) { history { nodes { changedFields before after } } } }"""
    told = (await isu.as_(PUBLIC).ask(history, id=document["id"]))["document"]["history"]["nodes"]
    assert [each["changedFields"] for each in told] == [["visibility"]]
    assert "To come" not in str(told)


async def test_what_belongs_to_one_meeting_is_not_taken_for_another(isu: Institution) -> None:
    words = [{"language": "en", "value": "Papers"}]
    item = (await isu.done("addAgendaItem", meeting="13MSP", number="9", title=words))["item"]
    symbol = "CCM/MSP/2025/L.7/Rev.2"
    await isu.done("allocateSymbol", meeting="13MSP", symbol=symbol, **WORDS)

    given = {"agendaItems": [item["id"]], "symbol": symbol}
    of_another = await invalid(isu, "issueDocument", **paper(**given, meetings=["12MSP"]))
    assert sorted(of_another) == ["agendaItems.0", "meetings"]
    await issued(isu, **given, meetings=["13MSP", "12MSP"])


async def test_a_symbol_that_was_reserved_is_taken_up_after_what_alters_it(isu: Institution) -> None:
    await isu.done("allocateSymbol", meeting="13MSP", symbol="CCM/MSP/2025/L.7", **WORDS)
    await issued(isu, symbol="CCM/MSP/2025/L.7/Rev.1", meetings=["13MSP"])

    document = await issued(isu, symbol="CCM/MSP/2025/L.7", meetings=["13MSP"])

    assert document["relatedBy"] == [
        {"type": "REVISION", "languages": None, "document": {"symbol": "CCM/MSP/2025/L.7/Rev.1"}}
    ]
    assert (await verify(isu.database)).faults == []


async def test_what_a_document_is_to_one_that_is_only_reserved_is_not_told(isu: Institution) -> None:
    reserved = (await isu.done("allocateSymbol", meeting="13MSP", symbol="CCM/MSP/2025/L.7", **WORDS))["document"]
    summary = await issued(isu, relations=[{"type": "SUMMARY", "target": reserved["id"]}])
    related = "query ($id: ID!) { document(id: $id) { relations { type target { symbol } } } }"

    public, staff = [(await isu.as_(actor).ask(related, id=summary["id"]))["document"] for actor in (PUBLIC, ISU)]

    assert public == {"relations": []}
    assert staff == {"relations": [{"type": "SUMMARY", "target": {"symbol": "CCM/MSP/2025/L.7"}}]}


async def test_a_reserved_document_is_neither_translated_nor_corrected(isu: Institution) -> None:
    reserved = (await isu.done("allocateSymbol", meeting="13MSP", **WORDS))["document"]
    upon = {"document": reserved["id"], "expectedVersion": 1}

    attached = await isu("attachLanguageVersion", **upon, language="fr")
    corrected = await isu("issueCorrigendum", **upon, versions=in_languages("en"))

    assert attached["code"] == corrected["code"] == "ILLEGAL_TRANSITION"
    assert attached["currentStatus"] == "RESERVED"


async def test_of_two_who_issue_one_reserved_symbol_at_once_one_does(isu: Institution) -> None:
    reserved = (await isu.done("allocateSymbol", meeting="13MSP", series="L", **WORDS))["document"]
    given = paper(symbol=reserved["symbol"], meetings=["13MSP"])

    results = await asyncio.gather(*(isu("issueDocument", **given) for _ in range(3)))

    assert sorted(each["__typename"] for each in results) == ["Conflict", "Conflict", "DocumentIssued"]
    assert (await verify(isu.database)).faults == []


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"meeting": "13MSP", "series": "QQ"}, ["series"]),
        ({"meeting": "13MSP", "series": "WP", "symbol": "CCM/MSP/2025/L.1"}, ["series"]),
        ({"meeting": "13MSP", "kind": "novel"}, ["kind"]),
        ({"meeting": "CC-2016-08"}, ["symbol"]),
        ({"meeting": "DDC-2008"}, ["symbol"]),
    ],
)
async def test_what_can_not_be_allocated_is_told(isu: Institution, given: Any, paths: list[str]) -> None:
    assert await invalid(isu, "allocateSymbol", **WORDS | given) == paths


# ---------- many at once ----------


def failed(result: Any) -> list[tuple[int, str, str]]:
    return [(each["place"], ".".join(each["path"]), each["code"]) for each in result["failed"]]


async def together(isu: Institution, *documents: Any, **given: Any) -> Any:
    return await isu.done("issueDocuments", documents=list(documents), **given)


async def total(isu: Institution) -> int:
    count: int = (await isu.ask("{ documents { totalCount } }"))["documents"]["totalCount"]
    return count


async def test_forty_documents_are_issued_in_the_statements_of_five(isu: Institution) -> None:
    reserved = [
        (await isu.done("allocateSymbol", meeting="13MSP", series="L", **WORDS))["document"]["symbol"] for _ in range(2)
    ]

    def documents(count: int, series: str) -> list[dict[str, Any]]:
        return [
            paper(
                symbol=f"CCM/MSP/2025/{series}.{place}",
                versions=in_languages("en", "fr"),
                meetings=["13MSP", "12MSP"],
                submittedBy=[NORWAY, LEBANON],
                portfolio="universalization",
            )
            for place in range(90, 90 + count - 1)
        ] + [paper(symbol=reserved.pop(), meetings=["13MSP"])]

    counted = []
    for count, series in ((5, "WP"), (40, "L")):
        with isu.database_statements() as sent:
            result = await together(isu, *documents(count, series))
        assert failed(result) == []
        assert [each["version"] for each in result["documents"]] == [1] * (count - 1) + [3]
        counted.append(len(sent))

    assert counted[0] == counted[1]
    assert counted[0] < 70
    assert result["documents"][7]["alsoServes"] == [{"code": "12MSP"}]
    assert (await verify(isu.database)).faults == []


async def test_each_row_that_fails_is_named_as_its_document_would_be_alone(isu: Institution) -> None:
    nobody = encode_id("Document", "01890000-0000-7000-8000-000000000000")
    bad = [
        paper(symbol="CCM/MSP/2011/WP.2"),
        paper(meetings=["13MSP", "99MSP"]),
        paper(kind="novel", author=" "),
        paper(submittedBy=["nonsense"]),
        paper(title=[{"language": "en", "value": " "}]),
        paper(versions=[{"language": "en", "uploads": [encode_id("Upload", "x")]}]),
        paper(relations=[{"type": "SUMMARY", "target": nobody}]),
        paper(agendaItems=[encode_id("AgendaItem", "x")]),
        paper(visibility="PARTICIPANTS"),
    ]
    alone = [await isu("issueDocument", **each) for each in bad]
    before = await total(isu)

    result = await together(isu, paper(symbol="CCM/MSP/2025/WP.90"), *bad, paper())

    assert [each["symbol"] for each in result["documents"]] == ["CCM/MSP/2025/WP.90", None]
    assert failed(result) == [
        (1, "symbol", "DUPLICATE"),
        (2, "meetings.1", "NOT_FOUND"),
        (3, "kind", "INVALID_INPUT"),
        (3, "author", "INVALID_INPUT"),
        (4, "submittedBy.0", "INVALID_INPUT"),
        (5, "title.0.value", "INVALID_INPUT"),
        (6, "versions.0.uploads.0", "INVALID_INPUT"),
        (7, "relations.0.target", "NOT_FOUND"),
        (8, "agendaItems.0", "NOT_FOUND"),
        (9, "visibility", "INVALID_INPUT"),
    ]
    for place, each in enumerate(alone, start=1):
        told = [(row["code"], row["message"]) for row in result["failed"] if row["place"] == place]
        # By itself, where no path stands beside it, what is not there is named in the words.
        fields = each.get("fields") or [{"message": re.sub(r"^[\w.]+: ", "", each["message"])}]
        assert told == [(each["code"], one["message"]) for one in fields]
    assert await total(isu) == before + 2


async def test_all_or_nothing_issues_none_where_one_fails(isu: Institution) -> None:
    before = await total(isu)
    rows = [paper(symbol="CCM/MSP/2025/WP.90"), paper(kind="novel"), paper(symbol="CCM/MSP/2011/WP.2")]

    paths = await invalid(isu, "issueDocuments", documents=rows, allOrNothing=True)
    none = await invalid(isu, "issueDocuments", documents=rows[1:])

    assert paths == ["documents.1.kind", "documents.2.symbol"]
    assert none == ["documents.0.kind", "documents.1.symbol"]
    assert await total(isu) == before
    assert await seen(isu, ISU, "CCM/MSP/2025/WP.90") is None


async def test_between_one_and_a_hundred_documents_are_issued_at_once(isu: Institution) -> None:
    assert await invalid(isu, "issueDocuments", documents=[]) == ["documents"]
    assert await invalid(isu, "issueDocuments", documents=[paper()] * 101) == ["documents"]
    assert len((await together(isu, *[paper()] * 100))["documents"]) == 100


async def test_a_symbol_that_is_there_twice_is_that_of_the_first_row_that_can_be_issued(isu: Institution) -> None:
    twice = paper(symbol="CCM/MSP/2025/WP.90")
    await isu.done("allocateSymbol", meeting="13MSP", symbol="CCM/MSP/2025/L.9", **WORDS)
    reserved = paper(symbol="CCM/MSP/2025/L.9", meetings=["13MSP"])

    result = await together(isu, {**twice, "kind": "novel"}, twice, twice, reserved, reserved)

    assert failed(result) == [
        (0, "kind", "INVALID_INPUT"),
        (2, "symbol", "DUPLICATE"),
        (4, "symbol", "DUPLICATE"),
    ]
    assert result["failed"][1]["message"] == "CCM/MSP/2025/WP.90 is that of a document already."
    assert len(result["documents"]) == 2


async def test_numbers_follow_one_another_and_a_row_that_fails_takes_none(isu: Institution) -> None:
    await isu.meeting("15MSP", "2027-09-06", "2027-09-10")

    def next_in(series: str | None = None, **given: Any) -> dict[str, Any]:
        return paper(**{"meetings": ["15MSP"], "nextSymbol": {"series": series}, **given})

    result = await together(
        isu,
        next_in("WP"),
        next_in("WP", kind="novel"),
        next_in("WP"),
        next_in(),
        paper(symbol="CCM/MSP/2027/WP.7", meetings=["15MSP"]),
        next_in("WP"),
        next_in("INF"),
        next_in("XX"),
        next_in("WP", symbol="CCM/MSP/2027/WP.20"),
        next_in("WP", meetings=[]),
        next_in("WP", meetings=["IM-2012"]),
        paper(symbol="CCM/MSP/2027/1", meetings=["15MSP"]),
    )

    symbols = ["WP.1", "WP.2", "1", "WP.7", "WP.8", "INF/1"]
    assert [each["symbol"] for each in result["documents"]] == [f"CCM/MSP/2027/{each}" for each in symbols]
    assert {each["isUnDocument"] for each in result["documents"]} == {True}
    assert failed(result) == [
        (1, "kind", "INVALID_INPUT"),
        (7, "nextSymbol.series", "INVALID_INPUT"),
        (8, "nextSymbol", "INVALID_INPUT"),
        (9, "meetings", "INVALID_INPUT"),
        (10, "nextSymbol", "INVALID_INPUT"),
        (11, "symbol", "DUPLICATE"),
    ]
    assert (await issued(isu, **next_in("WP")))["symbol"] == "CCM/MSP/2027/WP.9"


async def test_relations_follow_from_the_symbols_of_one_act_in_either_order(isu: Institution) -> None:
    await isu.done("allocateSymbol", meeting="13MSP", symbol="CCM/MSP/2025/L.3", **WORDS)
    suffixed = ["WP.90", "WP.90/Rev.1", "WP.91/Corr.1", "WP.91", "L.3/Rev.1", "L.3"]
    rows = [paper(symbol=f"CCM/MSP/2025/{each}", meetings=["13MSP"]) for each in suffixed]

    result = await together(isu, *rows)

    related = {
        each["symbol"].removeprefix("CCM/MSP/2025/"): [
            (one["type"], one["languages"], one["document"]["symbol"]) for one in each["relatedBy"]
        ]
        for each in result["documents"]
    }
    assert related == {
        "WP.90": [("REVISION", None, "CCM/MSP/2025/WP.90/Rev.1")],
        "WP.90/Rev.1": [],
        "WP.91/Corr.1": [],
        "WP.91": [("CORRIGENDUM", ["en"], "CCM/MSP/2025/WP.91/Corr.1")],
        "L.3/Rev.1": [],
        "L.3": [("REVISION", None, "CCM/MSP/2025/L.3/Rev.1")],
    }
    assert (await verify(isu.database)).faults == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_what_alters_a_hidden_document_is_as_hidden_in_whatever_order_they_are_issued(
    isu: Institution, order: Sequence[int]
) -> None:
    """And the answer is in the order given; of those with one symbol, the first that can be issued is it."""
    rows = [
        paper(symbol="CCM/MSP/2025/WP.90", visibility="ISU"),
        paper(symbol="CCM/MSP/2025/WP.90/Rev.1"),
        paper(symbol="CCM/MSP/2025/WP.90/Rev.1/Corr.1"),
    ]
    for_all = paper(symbol="CCM/MSP/2025/WP.90/Corr.1", visibility="PUBLIC")

    result = await together(
        isu, for_all, *(rows[place] for place in order), rows[0], paper(symbol="CCM/MSP/2025/WP.91"), paper(kind="no")
    )

    symbols = [*(rows[place]["symbol"] for place in order), "CCM/MSP/2025/WP.91"]
    assert [each["symbol"] for each in result["documents"]] == symbols
    assert [await seen(isu, PUBLIC, each) for each in symbols[:3]] == [None] * 3
    assert await seen(isu, PUBLIC, symbols[3]) is not None
    assert failed(result) == [
        (0, "visibility", "INVALID_INPUT"),
        (4, "symbol", "DUPLICATE"),
        (6, "kind", "INVALID_INPUT"),
    ]
    assert (await verify(isu.database)).faults == []


async def test_numbers_are_counted_as_given_though_what_is_altered_comes_first(isu: Institution) -> None:
    await isu.meeting("15MSP", "2027-09-06", "2027-09-10")
    following = paper(meetings=["15MSP"], nextSymbol={"series": "WP"})

    result = await together(
        isu,
        following,
        paper(symbol="CCM/MSP/2027/WP.5/Corr.1", meetings=["15MSP"]),
        following,
        paper(symbol="CCM/MSP/2027/WP.5", meetings=["15MSP"]),
        following,
    )

    symbols = [each["symbol"].removeprefix("CCM/MSP/2027/") for each in result["documents"]]
    assert symbols == ["WP.1", "WP.5/Corr.1", "WP.6", "WP.5", "WP.7"]


async def test_of_two_who_issue_the_same_documents_at_once_each_document_is_issued_once(isu: Institution) -> None:
    rows = [paper(symbol=f"CCM/MSP/2025/WP.{number}") for number in range(90, 95)]
    numbered = [paper(meetings=["13MSP"], nextSymbol={"series": "L"}) for _ in range(5)]

    results = await asyncio.gather(*(isu("issueDocuments", documents=[*rows, *numbered]) for _ in range(3)))

    issued_of_each = sorted(len(each["documents"]) for each in results)
    assert issued_of_each == [5, 5, 10]
    symbols = [one["symbol"] for each in results for one in each["documents"]]
    assert len(set(symbols)) == 20
    assert {f"CCM/MSP/2025/L.{number}" for number in range(1, 16)} < set(symbols)


async def test_many_that_are_only_validated_leave_nothing(isu: Institution) -> None:
    before = await total(isu)

    result = await isu("issueDocuments", documents=[paper(), paper(kind="novel")], validate_only=True)

    assert (result["documents"], failed(result)) == ([], [(1, "kind", "INVALID_INPUT")])
    assert await total(isu) == before


async def test_each_of_many_is_in_the_journal_and_what_is_taken_up_is_published_last(isu: Institution) -> None:
    await isu.done("allocateSymbol", meeting="13MSP", symbol="CCM/MSP/2025/L.9", **WORDS)
    rows = [paper(symbol="CCM/MSP/2025/L.9", meetings=["13MSP"]), paper(symbol="CCM/MSP/2025/WP.90")]

    result = await together(isu, *rows)

    async with isu.database.reading() as connection:
        entries = (
            await connection.execute(
                select(col(db.Change.subject_key), col(db.Change.version), col(db.Change.visibility))
                .where(col(db.Change.act) == "issueDocuments", col(db.Change.subject_type) == "document")
                .order_by(col(db.Change.sequence))
            )
        ).all()
        keys = {
            row.symbol: row.id
            for row in await connection.execute(
                select(col(db.Document.symbol), col(db.Document.id)).where(
                    col(db.Document.symbol).in_(["CCM/MSP/2025/L.9", "CCM/MSP/2025/WP.90"])
                )
            )
        }
    taken_up, new = keys["CCM/MSP/2025/L.9"], keys["CCM/MSP/2025/WP.90"]
    assert [each for each in entries if each.subject_key == taken_up] == [
        (taken_up, 2, Visibility.ISU),
        (taken_up, 3, Visibility.PUBLIC),
    ]
    assert [each for each in entries if each.subject_key == new] == [(new, 1, Visibility.PUBLIC)]
    assert await seen(isu, PUBLIC, "CCM/MSP/2025/L.9") is not None
    assert result["documents"][0]["visibility"] == "PUBLIC"


async def test_a_malformed_symbol_among_many_is_named_with_its_row(isu: Institution) -> None:
    rows = [paper(), paper(symbol="CCM/MSP/2025/WP.x")]

    answer = await ask(isu.database, ISU, ACTS["issueDocuments"], input={"documents": rows})

    (error,) = answer["errors"]
    assert "at .documents[1].symbol: " in error["message"]
    assert "the fault is at character 16" in error["message"]


async def test_only_the_isu_issues(isu: Institution) -> None:
    state = isu.as_(caller("STATE:NOR", Capacity.STATE_PARTY, Capacity.PRESIDENT))

    for act, given in (
        ("issueDocument", paper()),
        ("issueDocuments", {"documents": [paper()]}),
        ("allocateSymbol", {"meeting": "13MSP", **WORDS}),
        ("requestUpload", {"name": "paper.pdf"}),
    ):
        assert (await state(act, **given))["__typename"] == "Forbidden"


# ---------- never wider than the meeting ----------


@pytest.mark.parametrize(
    ("meeting", "document", "stands"),
    [
        ("COMMITTEE", None, "COMMITTEE"),
        ("COMMITTEE", "ISU", "ISU"),
        ("COMMITTEE", "PUBLIC", None),
        ("COMMITTEE", "STATES_PARTIES", None),
        ("PARTICIPANTS", None, "PARTICIPANTS"),
        ("PARTICIPANTS", "PUBLIC", None),
        ("ISU", None, "ISU"),
        ("ISU", "COMMITTEE", None),
        ("CONCERNED", None, "ISU"),
        ("PUBLIC", None, "PUBLIC"),
        ("PUBLIC", "STATES_PARTIES", "STATES_PARTIES"),
    ],
)
async def test_a_document_is_no_wider_than_its_meeting(
    isu: Institution, meeting: str, document: str | None, stands: str | None
) -> None:
    await hide(isu.database, db.Meeting, "13MSP", Visibility(meeting))
    given = paper(meetings=["12MSP", "13MSP"] if meeting != "PARTICIPANTS" else ["13MSP"], visibility=document)

    if stands is None:
        assert await invalid(isu, "issueDocument", **given) == ["visibility"]
    else:
        assert (await issued(isu, **given))["visibility"] == stands


async def test_what_concerns_parties_is_for_them(isu: Institution) -> None:
    document = await issued(isu, symbol="CCM/MSP/2025/L.1", visibility="CONCERNED", concerns=[NORWAY])

    norway, lebanon = (caller(f"STATE:{code}", Capacity.STATE_PARTY) for code in ("NOR", "LBN"))
    assert await seen(isu, norway, document["symbol"]) is not None
    assert await seen(isu, lebanon, document["symbol"]) is await seen(isu, PUBLIC, document["symbol"]) is None


# ---------- relations ----------


async def test_relations_follow_from_the_symbol(isu: Institution) -> None:
    symbol = "CCM/MSP/2025/L.1"
    late = await issued(isu, symbol=f"{symbol}/Rev.1/Add.1")
    base = await issued(isu, symbol=symbol)
    revision = await issued(isu, symbol=f"{symbol}/Rev.1")
    await issued(isu, symbol=f"{symbol}/Rev.1/Amend.1")

    assert late["relations"] == base["relations"] == []
    assert revision["relations"] == [{"type": "REVISION", "languages": None, "target": {"symbol": symbol}}]
    assert [(each["type"], each["document"]["symbol"]) for each in revision["relatedBy"]] == [
        ("ADDENDUM", f"{symbol}/Rev.1/Add.1")
    ]
    data = await isu.ask(
        "query ($id: ID!) { document(id: $id) { relatedBy { type document { symbol } } } }", id=revision["id"]
    )
    assert {each["type"] for each in data["document"]["relatedBy"]} == {"ADDENDUM", "AMENDMENT"}


async def test_a_relation_is_told_to_whoever_sees_both(isu: Institution) -> None:
    closed = await issued(isu, symbol="CCM/MSP/2025/L.1", visibility="COMMITTEE")
    summary = await issued(
        isu, relations=[{"type": "SUMMARY", "target": closed["id"], "languages": ["en"]}], symbol="CCM/MSP/2025/L.2"
    )
    both = "query ($id: ID!) { document(id: $id) { relations { type target { id } } relatedBy { type } } }"

    public = await isu.as_(PUBLIC).ask(both, id=summary["id"])
    member = await isu.as_(caller("STATE:NOR", Capacity.COMMITTEE_MEMBER)).ask(both, id=summary["id"])

    assert public["document"] == {"relations": [], "relatedBy": []}
    assert member["document"]["relations"] == [{"type": "SUMMARY", "target": {"id": closed["id"]}}]


async def test_a_corrigendum_is_for_some_languages_and_for_whoever_sees_the_document(isu: Institution) -> None:
    symbol = "CCM/MSP/2025/L.1"
    given = {"meetings": ["13MSP"], "submittedBy": [NORWAY, LEBANON], "visibility": "STATES_PARTIES"}
    document = await issued(isu, symbol=symbol, versions=SIX, **given)
    upon = {"document": document["id"], "expectedVersion": 1}

    first = (await isu.done("issueCorrigendum", **upon, versions=in_languages("fr", "es")))["document"]
    second = (await isu.done("issueCorrigendum", **upon, versions=in_languages("en")))["document"]

    assert [first["symbol"], second["symbol"]] == [f"{symbol}/Corr.1", f"{symbol}/Corr.2"]
    assert (first["visibility"], first["meeting"]["code"]) == ("STATES_PARTIES", "13MSP")
    assert (first["kind"]["code"], first["missingLanguages"], first["lateLanguages"]) == ("corrigendum", [], [])
    assert first["relations"] == [{"type": "CORRIGENDUM", "languages": ["fr", "es"], "target": {"symbol": symbol}}]
    authors = "query ($id: ID!) { document(id: $id) { submittedBy { ... on State { code } } } }"
    submitted_by = (await isu.ask(authors, id=first["id"]))["document"]["submittedBy"]
    assert submitted_by == [{"code": "NOR"}, {"code": "LBN"}]
    lacking = '{ documents(where: {missingLanguage: "ar", symbolPrefix: "CCM/MSP/2025/L"}) { totalCount } }'
    assert (await isu.ask(lacking))["documents"]["totalCount"] == 0


async def test_a_corrigendum_is_for_those_whom_its_document_concerns(isu: Institution) -> None:
    document = await issued(isu, symbol="CCM/MSP/2025/L.1", visibility="CONCERNED", concerns=[NORWAY])
    upon = {"document": document["id"], "expectedVersion": 1}
    corrigendum = (await isu.done("issueCorrigendum", **upon, versions=in_languages("en")))["document"]

    for party, there in (("STATE:NOR", True), ("STATE:LBN", False)):
        found = await seen(isu, caller(party, Capacity.STATE_PARTY), corrigendum["symbol"])
        assert (found is not None) is there


async def test_what_is_not_there_can_not_be_corrected(isu: Institution) -> None:
    document = await issued(isu, versions=in_languages("en", "fr"))
    upon = {"document": document["id"], "expectedVersion": 1}

    assert await invalid(isu, "issueCorrigendum", **upon, versions=in_languages("fr", "es")) == ["versions.1.language"]
    assert await invalid(isu, "issueCorrigendum", **upon, versions=[]) == ["versions"]
    stale = await isu("issueCorrigendum", **upon | {"expectedVersion": 2}, versions=in_languages("fr"))
    assert stale["code"] == "STALE_VERSION"


async def test_nothing_alters_a_document_before_it_is_there(isu: Institution) -> None:
    symbol = "CCM/MSP/2025/L.1"
    document = await issued(isu, symbol=symbol, issuedOn="2025-09-10", versions=in_languages("en"))
    upon = {"document": document["id"], "expectedVersion": 1, "versions": in_languages("en")}

    for day, paths in (("2025-09-09", ["issuedOn"]), ("2026-01-16", ["issuedOn"])):
        assert await invalid(isu, "issueCorrigendum", **upon, issuedOn=day) == paths
        assert await invalid(isu, "issueDocument", **paper(symbol=f"{symbol}/Rev.1", issuedOn=day)) == paths
    assert "message" not in await isu("issueCorrigendum", **upon, issuedOn="2025-09-10")


async def test_a_document_is_not_related_to_itself(isu: Institution) -> None:
    reserved = (await isu.done("allocateSymbol", meeting="13MSP", series="L", **WORDS))["document"]
    itself = [{"type": "REVISION", "target": reserved["id"]}]

    given = paper(symbol=reserved["symbol"], meetings=["13MSP"], relations=itself)

    assert await invalid(isu, "issueDocument", **given) == ["relations.0.target"]


# ---------- languages ----------


async def test_a_version_that_comes_late_stays_late(isu: Institution) -> None:
    document = await issued(isu, symbol="CCM/MSP/2025/L.1", versions=in_languages("en", "fr"), issuedOn="2025-09-01")
    assert document["lateLanguages"] == [
        {"language": code, "dueSince": "2025-09-01", "availableOn": None} for code in ("ar", "es", "ru", "zh")
    ]

    upon = {"document": document["id"], "expectedVersion": 1}
    given = {"language": "ru", "availableOn": "2025-10-02", "title": "Документ"}
    document = (await isu.done("attachLanguageVersion", **upon, **given))["document"]

    assert document["missingLanguages"] == ["ar", "es", "zh"]
    assert {"language": "ru", "dueSince": "2025-09-01", "availableOn": "2025-10-02"} in document["lateLanguages"]
    assert {each["language"]: each["isLate"] for each in document["languageVersions"]} == {
        "en": False,
        "fr": False,
        "ru": True,
    }
    assert document["title"] == {"original": "en", "available": ["en", "ru"]}
    assert document["version"] == 2


async def test_only_an_official_version_fills_the_place_of_one_that_is_due(isu: Institution) -> None:
    document = await issued(isu, symbol="CCM/MSP/2025/L.1", versions=in_languages("ar", "en", "es", "fr", "zh"))
    upon = {"document": document["id"], "expectedVersion": 1, "language": "ru"}
    lacking = '{ documents(where: {missingLanguage: "ru", symbolPrefix: "CCM/MSP/2025/L"}) { totalCount } }'
    missing = []

    for given in (
        {"status": "MACHINE"},
        {"status": "COURTESY"},
        {"isAdvance": True},
        {"status": "OFFICIAL"},
    ):
        document = (await isu.done("attachLanguageVersion", **upon, **given))["document"]
        missing.append(document["missingLanguages"])
        assert (await isu.ask(lacking))["documents"]["totalCount"] == len(document["missingLanguages"])

    assert missing == [["ru"], ["ru"], ["ru"], []]
    for worse in ({"status": "MACHINE"}, {"isAdvance": True}, {"status": "OFFICIAL"}):
        refused = await isu("attachLanguageVersion", **upon, **worse)
        assert refused["code"] == "DUPLICATE"


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"language": "xx"}, ["language"]),
        ({"language": "fr", "isAdvance": True, "status": "COURTESY"}, ["isAdvance"]),
        ({"language": "fr", "availableOn": "2025-08-31"}, ["availableOn"]),
        ({"language": "fr", "availableOn": "2026-01-16"}, ["availableOn"]),
        ({"language": "fr", "title": ""}, ["title"]),
        ({"language": "fr", "uploads": [encode_id("Upload", "x")]}, ["uploads.0"]),
    ],
)
async def test_a_version_that_can_not_be_is_refused(isu: Institution, given: Any, paths: list[str]) -> None:
    document = await issued(isu, issuedOn="2025-09-01")

    assert await invalid(isu, "attachLanguageVersion", document=document["id"], expectedVersion=1, **given) == paths


async def test_a_corrigendum_gets_no_version_in_a_language_that_it_does_not_correct(isu: Institution) -> None:
    document = await issued(isu, symbol="CCM/MSP/2025/L.1", versions=SIX)
    upon = {"document": document["id"], "expectedVersion": 1}
    corrigendum = (await isu.done("issueCorrigendum", **upon, versions=in_languages("fr")))["document"]

    upon = {"document": corrigendum["id"], "expectedVersion": 1}
    assert await invalid(isu, "attachLanguageVersion", **upon, language="ru") == ["language"]


async def test_what_belongs_to_a_document_is_in_the_journal_for_the_isu_alone(isu: Institution) -> None:
    await issued(isu, symbol="CCM/MSP/2025/L.1", submittedBy=[NORWAY], meetings=["13MSP", "12MSP"])

    async with isu.database.reading() as connection:
        told = select(col(db.Change.subject_type), col(db.Change.visibility)).where(
            col(db.Change.act) == "issueDocument"
        )
        entries = {tuple(row) for row in await connection.execute(told)}
    assert entries == {
        ("document", Visibility.PUBLIC),
        *((f"document_{name}", Visibility.ISU) for name in ("language", "author", "meeting")),
    }
    assert (await verify(isu.database)).faults == []


# ---------- in whatever order ----------

SYMBOLS = ["CCM/MSP/2027/L.1", "CCM/MSP/2027/L.1/Rev.1", "CCM/MSP/2027/L.1/Corr.1", "CCM/MSP/2027/L.2"]
STEPS = st.tuples(
    st.sampled_from(["allocate", "issue", "attach", "correct"]),
    st.sampled_from(SYMBOLS),
    st.sampled_from([None, "PUBLIC", "STATES_PARTIES", "ISU"]),
)
SEEN_BY = {PUBLIC: {"PUBLIC"}, caller("STATE:NOR", Capacity.STATE_PARTY): {"PUBLIC", "STATES_PARTIES"}}


@hypothesis.settings(max_examples=5, deadline=None)
@hypothesis.given(
    meeting=st.sampled_from(["PUBLIC", "STATES_PARTIES", "ISU"]), steps=st.lists(STEPS, min_size=4, max_size=8)
)
def test_no_order_of_acts_shows_what_is_not_issued_or_not_for_them(
    templates: Templates, meeting: str, steps: list[tuple[str, str, str | None]]
) -> None:
    asyncio.run(_in_this_order(templates.databases.copy(templates.states), meeting, steps))


async def _in_this_order(url: str, meeting: str, steps: list[tuple[str, str, str | None]]) -> None:
    database = Database(url)
    isu = Institution(database)
    await isu.meeting("15MSP", "2027-09-06", "2027-09-10")
    await hide(database, db.Meeting, "15MSP", Visibility(meeting))
    there: dict[str, str] = {}
    for act, symbol, visibility in steps:
        result = await _step(isu, act, symbol, visibility)
        if result.get("document") and not result["document"]["isReserved"]:
            document = result["document"]
            there[document["symbol"]] = document["visibility"]
            assert meeting == "PUBLIC" or document["visibility"] in (meeting, "ISU")
        for actor, sees in SEEN_BY.items():
            told = await isu.as_(actor).ask(
                """{ documents(where: {symbolPrefix: "CCM/MSP/2027"}) { totalCount nodes { symbol isReserved
                     title { original in(language: "en") { value } } relations { target { symbol } }
                     relatedBy { document { symbol } } } } }"""
            )
            shown = told["documents"]
            expected = {each for each, of in there.items() if of in sees}
            assert {each["symbol"] for each in shown["nodes"]} == expected
            assert shown["totalCount"] == len(expected)
            assert "To come" not in str(shown)
            for each in shown["nodes"]:
                related = [relation["target"]["symbol"] for relation in each["relations"]]
                related += [relation["document"]["symbol"] for relation in each["relatedBy"]]
                assert set(related) <= expected
    assert (await verify(database)).faults == []
    await database.close()


async def _step(isu: Institution, act: str, symbol: str, visibility: str | None) -> Any:
    if act == "allocate":
        return await isu("allocateSymbol", meeting="15MSP", symbol=symbol, **WORDS)
    if act == "issue":
        return await isu("issueDocument", **paper(symbol=symbol, meetings=["15MSP"], visibility=visibility))
    found = await isu.ask("query ($s: DocumentSymbol) { document(symbol: $s) { id version } }", s=symbol)
    if found["document"] is None:
        return {}
    upon = {"document": found["document"]["id"], "expectedVersion": found["document"]["version"]}
    if act == "attach":
        return await isu("attachLanguageVersion", **upon, language="fr", title="Un document")
    return await isu("issueCorrigendum", **upon, versions=in_languages("en"))
