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
             english: documents(where: {language: "en", missingLanguage: "fr"}) { totalCount } }"""
    )

    assert [each["languageVersions"] for each in data["lao"]["nodes"]] == [[{"language": "lo"}]] * len(
        data["lao"]["nodes"]
    )
    assert data["lao"]["nodes"]
    assert data["plans"]["totalCount"] == 3
    assert data["english"]["totalCount"] > 0


async def test_authors_are_states_and_organisations_in_their_order(api: Api) -> None:
    data = await api(
        """{ documents(first: 250) { nodes { author submittedBy {
             __typename ... on State { code } ... on Organisation { acronym } } } } }"""
    )

    kinds = {party["__typename"] for doc in data["documents"]["nodes"] for party in doc["submittedBy"]}
    assert kinds == {"State", "Organisation"}


async def test_a_percent_sign_in_a_prefix_is_a_percent_sign(api: Api) -> None:
    data = await api('{ documents(where: {symbolPrefix: "CCM/%"}) { totalCount } }')

    assert data["documents"]["totalCount"] == 0
