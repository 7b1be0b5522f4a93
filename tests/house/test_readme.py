"""What the README shows is what the server says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from isu import graphiql
from tests.api import serving
from tests.make import ISU, key_for

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.anyio


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_first_query_answers_as_the_readme_says(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        assert {"data": await api(block("graphql"))} == json.loads(block("json"))


async def test_the_first_write_answers_as_the_readme_says(register_url: str) -> None:
    section = README.partition("## A first write")[2].partition("\n## ")[0]
    asked = re.search(r"-d '(.*)'$", section, re.MULTILINE)
    told = re.search(r"answers `(.*?)`", section, re.DOTALL)
    assert asked is not None
    assert told is not None

    async with serving(register_url) as api:
        sent = json.loads(asked[1])
        isu = api.as_(await key_for(api.database, ISU))
        answers = [await caller(sent["query"], **sent["variables"]) for caller in (api, isu, isu)]

    kinds = [answer["recordTreatyAction"]["__typename"] for answer in answers]
    assert kinds == ["Forbidden", "TreatyActionRecorded", "Conflict"]
    assert {"data": answers[1]} == json.loads(told[1])


async def test_the_doors_without_graphql_answer_as_the_readme_says(shared_register_url: str) -> None:
    section = README.partition("## Without GraphQL")[2].partition("\n## ")[0]
    asked = re.findall(r"curl .*'http://127\.0\.0\.1:8000(/[^']*)'", section)

    async with serving(shared_register_url) as api:
        for path in asked:
            response = await api.http.get(path)

            assert response.status_code == 200, path
            assert len(response.text.splitlines()) > 1 or len(response.json()["data"]["meetings"]["nodes"]) == 5, path
    assert len(asked) == 6


def test_graphiql_shows_the_same_query_first() -> None:
    first = (Path(graphiql.__file__).parent / "first.graphql").read_text(encoding="utf-8")

    assert first.strip() == block("graphql").strip()


def test_what_the_readme_points_to_is_there() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)

    assert len(targets) > 5
    for target in targets:
        assert (Path(__file__).parents[2] / target).exists(), target
