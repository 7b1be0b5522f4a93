"""Conventions, and the structures that the paper compares."""

import pytest

from tests.api import Api

pytestmark = pytest.mark.anyio


async def test_the_convention_with_its_bodies_posts_and_the_nine_tasks_of_its_isu(api: Api) -> None:
    data = await api(
        """{ convention { code adoptedOn entryIntoForce depositary title { in(language: "zh") { value } }
             bodies { element citations { paragraph } } offices { element }
             isuTasks { item citations { paragraph } } } }"""
    )

    convention = data["convention"]
    assert (convention["adoptedOn"], convention["entryIntoForce"]) == ("2008-05-30", "2010-08-01")
    assert convention["title"]["in"]["value"] == "集束弹药公约"
    tasks = convention["isuTasks"]
    assert [task["item"] for task in tasks] == list("abcdefghi")
    assert tasks[7]["citations"] == [{"paragraph": "Proposal 4(4)(h)"}]
    assert all(body["citations"] for body in convention["bodies"])


async def test_the_conventions_that_the_paper_compares_are_there_with_their_paragraphs(api: Api) -> None:
    data = await api(
        "{ conventions { code structures { element citations { source paragraph } term { original } } adoptedOn } }"
    )

    found = {each["code"]: each for each in data["conventions"]}
    assert {code: len(each["structures"]) for code, each in found.items()} == {
        "APMBC": 19,
        "BWC": 17,
        "CCM": 47,
        "CCW": 9,
        "CCW-AP-II": 4,
        "CCW-P-V": 4,
    }
    rapporteur = next(each for each in found["APMBC"]["structures"] if each["element"] == "Co-Rapporteur")
    assert rapporteur["term"] == {"original": "zh"}
    assert all(citation["paragraph"] for citation in rapporteur["citations"])
    assert found["BWC"]["adoptedOn"] is None, "no source of ours gives the day"


async def test_a_convention_that_is_not_kept_is_null(api: Api) -> None:
    assert await api('{ convention(code: "NPT") { code } }') == {"convention": None}
