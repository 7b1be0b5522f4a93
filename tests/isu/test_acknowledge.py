"""The link in a message: a scanner that opens it confirms nothing, a person who presses the button does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from resolvers import delivery
from resolvers.change import verify
from schema.id import key_of
from tests.api import Api, serving
from tests.institution import Institution
from tests.isu.test_app import UNREACHABLE
from tests.schema.test_communication import contact, recipients, sent, words

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(states_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(states_url, settings={"outbox": tmp_path}, delivers=True) as running:
        yield running


async def a_link(api: Api, **given: Any) -> tuple[Institution, Any, str]:
    isu = Institution(api.database)
    await contact(isu, preferredLanguages=["ar"])
    own = (await sent(isu, **given))["communication"]
    (one,) = await recipients(isu, own)
    token = delivery.token_of(await delivery.signing_key(api.database), key_of("Recipient", one["id"]))
    return isu, own, f"/acknowledge/{token}"


async def test_opening_the_link_confirms_nothing_and_the_button_does(api: Api) -> None:
    isu, own, link = await a_link(api, subject=words("Words <b>"))

    for method in ("GET", "HEAD", "GET"):
        page = await api.http.request(method, link)
        assert page.status_code == 200
    assert own["reference"] in page.text
    assert "Words &lt;b&gt;" in page.text
    assert '<form method="post">' in page.text
    assert [each["acknowledgedAt"] for each in await recipients(isu, own)] == [None]

    page = await api.http.post(link)
    assert page.status_code == 200
    assert "<form" not in page.text
    assert [each["acknowledgedAt"] is not None for each in await recipients(isu, own)] == [True]
    assert (await api.http.post(link)).status_code == 200
    assert (await verify(api.database)).faults == []


async def test_the_page_is_in_the_language_of_the_message(api: Api) -> None:
    texts = words("كلمات", "ar", "en")
    _, _, link = await a_link(api, subject=texts, body=texts)

    assert '<html lang="ar" dir="rtl">' in (await api.http.get(link)).text


async def test_the_page_runs_nothing_loads_nothing_and_is_kept_nowhere(api: Api) -> None:
    _, _, link = await a_link(api)

    headers = (await api.http.get(link)).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


async def test_a_link_that_is_not_ours_is_none(api: Api) -> None:
    isu, own, link = await a_link(api)
    (one,) = await recipients(isu, own)
    mac = link.rpartition(".")[2]
    forged = [
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link.rpartition(".")[0],
        f"/acknowledge/{key_of('Recipient', one['id'])}.",
        f"/acknowledge/x.{mac}",
        "/acknowledge/x",
        "/acknowledge/" + "x" * 5_000,
        "/acknowledge/%E2%80%AE.%E2%80%AE",
    ]

    answers = [await api.http.request(method, each) for each in forged for method in ("GET", "POST")]

    assert {each.status_code for each in answers} == {404}
    assert len({each.text for each in answers}) == 1
    assert [each["acknowledgedAt"] for each in await recipients(isu, own)] == [None]
    assert not re.search(r"acknowledge", answers[0].text)


async def test_where_the_database_is_away_the_page_says_to_try_again() -> None:
    async with serving(UNREACHABLE[0]) as api:
        pages = [await api.http.request(method, "/acknowledge/x.y") for method in ("GET", "POST")]

    assert [(page.status_code, page.headers["Retry-After"]) for page in pages] == [(503, "5")] * 2
    assert all("Please try again later." in page.text for page in pages)
