"""Documents: symbols, languages, authors."""

from __future__ import annotations

import pytest

from tests.api import Api

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
