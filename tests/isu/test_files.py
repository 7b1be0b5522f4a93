"""Files: announced by an act, sent and served over HTTP, with the rights of whoever asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import make, paper
from tests.api import Api, serving
from tests.institution import ACTS

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"files": str(tmp_path / "files"), "file_max_bytes": 1_000_000}


@pytest.fixture
async def api(register_url: str, settings: dict[str, Any]) -> AsyncIterator[Api]:
    async with serving(register_url, settings=settings) as api:
        yield api


class Desk:
    """Somebody who issues documents with files, as a client does it."""

    def __init__(self, api: Api, token: str | None) -> None:
        self.api = api if token is None else api.as_(token)
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def ticket(self, name: str = "paper.pdf") -> Any:
        return (await self.api(ACTS["requestUpload"], input={"name": name}))["requestUpload"]

    async def put(self, ticket: Any, content: Any, **headers: str) -> httpx2.Response:
        return await self.api.http.put(ticket["url"], content=content, headers={**self.headers, **headers})

    async def send(self, name: str = "paper.pdf", content: bytes = paper.PDF) -> str:
        ticket = await self.ticket(name)
        response = await self.put(ticket, content)
        assert response.status_code == 201, response.text
        upload: str = ticket["upload"]
        return upload

    async def issue(self, *uploads: str, **given: Any) -> Any:
        whole = {
            "kind": "working_paper",
            "title": [{"language": "en", "value": "A paper"}],
            "originalLanguage": "en",
            "versions": [{"language": "en", "uploads": list(uploads)}],
            **given,
        }
        result = (await self.api(ACTS["issueDocument"], input=whole))["issueDocument"]
        assert "document" in result, result
        return result["document"]

    async def get(self, url: str, **headers: str) -> httpx2.Response:
        return await self.api.http.get(url, headers={**self.headers, **headers})


@pytest.fixture
async def isu(api: Api) -> Desk:
    return Desk(api, await make.key_for(api.database, make.ISU))


@pytest.fixture
def public(api: Api) -> Desk:
    return Desk(api, None)


def the_file(document: Any) -> Any:
    (version,) = document["languageVersions"]
    (file,) = version["files"]
    return file


async def test_a_file_is_sent_attached_and_served(isu: Desk, public: Desk) -> None:
    document = await isu.issue(await isu.send())

    file = the_file(document)
    assert (file["name"], file["mediaType"], file["bytes"]) == ("paper.pdf", "application/pdf", len(paper.PDF))
    response = await public.get(file["url"])
    assert (response.status_code, response.content) == (200, paper.PDF)
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["etag"] == f'"{file["sha256"]}"'
    assert response.headers["x-content-type-options"] == "nosniff"
