"""The named queries that are the public doors: each can be asked, says what it gives, and becomes a table by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse

from schema import api
from schema.limits import MAX_COST
from schema.rows import row_of, rows_of
from schema.trusted import OURS, BadDocument, Trusted, TrustedDocuments, id_of, trusted

NAMES = sorted(path.stem for path in OURS.glob("*.graphql"))
WITHOUT_ROWS = {"codes", "document", "communication", "news"}
"""One object, or several lists."""
GOOD = "# The day of the register.\n{ __typename }\n"


def named(name: str) -> Trusted:
    document = trusted(api).named(name)
    assert document is not None
    return document


def columns(query: str) -> list[str] | None:
    document = parse(query)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    rows = rows_of(api._schema, document, operation)
    return None if rows is None else [column.name for column in rows.columns]


def test_the_doors_that_partners_were_promised_are_there() -> None:
    promised = {"states-parties", "meetings", "documents", "decisions", "communications", "coordination-committee"}
    promised |= {"article7-overdue", "report-schedule", "extension-requests", "upcoming-vacancies"}
    promised |= {"list-of-participants", "search", "changes"}

    assert promised <= {document.name for document in trusted(api)}


@pytest.mark.parametrize("name", NAMES)
def test_each_is_one_query_with_a_sentence_a_price_and_a_language(name: str) -> None:
    document = named(name)

    assert document.is_door
    assert document.description.endswith(".")
    assert document.operation is not None
    cost = document.prepared.cost(document.operation, {})
    assert cost <= MAX_COST / 4
    if any(each.name == "first" for each in document.arguments):
        assert document.prepared.cost(document.operation, {"first": 250}) <= MAX_COST
    if name != "list-of-participants":
        assert "lang" in {each.name for each in document.arguments}


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_table_with_columns_of_their_own_or_none(name: str) -> None:
    rows = named(name).rows

    assert (rows is None) == (name in WITHOUT_ROWS)
    if rows is not None:
        names = [column.name for column in rows.columns]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_has_pages_can_be_read_to_its_end(name: str) -> None:
    document = named(name)
    has_pages = document.rows is not None and document.rows.page_info is not None

    assert has_pages == ({"first", "after"} <= {each.name for each in document.arguments})


def test_columns_are_called_as_the_answer_is_without_what_is_but_plumbing() -> None:
    asked = """{ documents { nodes { symbol title { in(language: "en") { value language } }
        languageVersions { language files { url } } history(first: 1) { nodes { at } } } pageInfo { endCursor } } }"""

    assert columns(asked) == [
        "symbol",
        "title",
        "title.language",
        "languageVersions.language",
        "languageVersions.files.url",
        "history.at",
    ]


def test_columns_that_would_be_called_alike_have_their_whole_names() -> None:
    asked = """{ state(by: { code: "LBN" }) { name { in(language: "en") { value } }
        treatyActions { type nodes: note } } documents { nodes { title: symbol } } }"""
    alike = """{ documents { nodes {
        name: title { in(language: "en") { value } value: in(language: "fr") { value } } } } }"""

    assert columns(asked) is None, "which of the two lists is meant, nobody could say"
    assert columns(alike) == ["name.in.value", "name.value.value"]


def test_an_answer_without_a_list_of_its_own_is_one_row() -> None:
    def row(query: str) -> tuple[object, list[str]] | None:
        document = parse(query)
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        found = row_of(api._schema, document, operation)
        return None if found is None else (found.path, [column.name for column in found.columns])

    nested = """{ state(by: { code: "LBN" }) { code name { in(language: "en") { value } } treatyActions { type }
        documents { nodes { symbol } } } }"""

    assert row(nested) == (("state",), ["code", "name", "treatyActions.type", "documents.symbol"])
    assert row("{ meetings { totalCount } }") == ((), ["meetings.totalCount"])
    assert row("{ a: meetings { totalCount } b: documents { totalCount } }") == ((), ["a.totalCount", "b.totalCount"])
    assert row("{ meetings { nodes { code } edges { cursor } } }") is None, "pages are no part of a row"
    assert row("{ languages { code } regionalGroups workingGroups { code } }") is None
    assert columns('{ state(by: { code: "LBN" }) { code } }') is None, "a door has no table of one row"


def test_each_door_can_be_exported_but_those_of_several_lists() -> None:
    assert {each.name for each in trusted(api) if each.table is None} == {"codes", "news"}


def test_a_list_is_found_behind_an_interface_and_a_fragment() -> None:
    asked = """query { coordinatorTerms { ...Of } } fragment Of on CoordinatorTerm {
        portfolio { code ... on WorkingGroup { seats } ... on ThematicArea { seats kind } } }"""

    assert columns(asked) == ["portfolio.code", "portfolio.seats", "portfolio.kind"]


def test_a_document_is_known_by_the_hash_of_its_bytes() -> None:
    path = OURS / "meetings.graphql"

    assert named("meetings").id == id_of(path.read_bytes().decode())
    assert trusted(api).text(named("meetings").id) == path.read_text(encoding="utf-8")
    assert trusted(api).text("sha256:0") is None


def test_a_deployment_adds_its_own_and_may_answer_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "the-day.graphql").write_text(GOOD, encoding="utf-8")
    (tmp_path / "acts.graphql").write_text("# Two.\nquery A { __typename }\nquery B { __typename }\n")

    both, only = trusted(api, tmp_path), trusted(api, tmp_path, only=True)

    assert {"the-day", "acts", "meetings"} <= {each.name for each in both}
    assert [each.name for each in both if not each.is_door] == ["acts"]
    assert both.admits("{ anything }")
    assert only.admits(GOOD)
    assert not only.admits("{ anything }")
    assert not only.admits(GOOD + " ")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("day.graphql", "{ __typename }", "it begins with a comment that says what it gives"),
        ("day.graphql", "# A day.\n{ day }", "Cannot query field 'day' on type 'Query'"),
        ("day.graphql", "# A day.\n{", "Syntax Error: Expected Name, found <EOF>"),
        ("The Day.graphql", GOOD, "a name has small letters, digits and single hyphens"),
        ("meetings.graphql", GOOD, "there is a document of this name already"),
    ],
)
def test_a_bad_document_is_told_before_anything_is_served(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(BadDocument) as bad:
        trusted(api, tmp_path)

    assert bad.value.message == f"ISU_DOCUMENTS: {name}: {reason}."


def test_a_folder_that_is_not_there_and_a_file_in_another_encoding_are_told_too(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="there is no such folder"):
        trusted(api, tmp_path / "none")
    (tmp_path / "day.graphql").write_bytes(b"# Caf\xe9.\n{ __typename }")
    with pytest.raises(BadDocument, match="it is not UTF-8"):
        trusted(api, tmp_path)


def test_without_documents_nothing_is_known_and_everything_admitted() -> None:
    assert TrustedDocuments(()).admits("{ anything }")
