"""What the README shows is what the server says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from isu import graphiql
from tests.api import serving

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.anyio


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_first_query_answers_as_the_readme_says(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        assert {"data": await api(block("graphql"))} == json.loads(block("json"))


def test_graphiql_shows_the_same_query_first() -> None:
    first = (Path(graphiql.__file__).parent / "first.graphql").read_text(encoding="utf-8")

    assert first.strip() == block("graphql").strip()


def test_what_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (Path(__file__).parents[2] / target).exists(), target
