"""Files: announced by an act, sent and served over HTTP, with the rights of whoever asks."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from db.s3 import Bucket
from db.store import Folder
from isu.settings import Settings
from mandate.account import AccountStatus
from mandate.file import DOCX, XLSX
from resolvers.file import verify
from schema.id import decode_id
from tests import make, paper, s3
from tests.api import Api, serving
from tests.call import hide, through_the_unit
from tests.conftest import Templates
from tests.institution import ACTS
from tests.server import isu_serves

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"files": str(tmp_path / "files"), "file_max_bytes": 1_000_000}


@pytest.fixture
async def api(register_url: str, settings: dict[str, Any]) -> AsyncIterator[Api]:
    async with serving(register_url, settings=settings) as api:
        yield api


Stored = Callable[[], list[Path]]


@pytest.fixture
def stored(settings: dict[str, Any]) -> Stored:
    return lambda: stored_in(Path(settings["files"]))


def stored_in(folder: Path) -> list[Path]:
    """All that is kept, and nothing that is on its way."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "incoming")


def code(response: httpx2.Response) -> str:
    told: str = response.json()["errors"][0]["extensions"]["code"]
    return told


def answer_of(response: httpx2.Response) -> tuple[int, str, str]:
    return response.status_code, code(response), response.json()["errors"][0]["message"]


def whole_document(*uploads: str, **given: Any) -> dict[str, Any]:
    return {
        "kind": "working_paper",
        "title": [{"language": "en", "value": "A paper"}],
        "originalLanguage": "en",
        "versions": [{"language": "en", "uploads": list(uploads)}],
        **given,
    }


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
        result = (await self.api(ACTS["issueDocument"], input=whole_document(*uploads, **given)))["issueDocument"]
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


async def test_every_type_is_served_as_what_it_is(isu: Desk, public: Desk) -> None:
    for name, content in paper.FILES.items():
        file = the_file(await isu.issue(await isu.send(name, content)))

        response = await public.get(file["url"])

        assert response.content == content
        assert response.headers["content-type"].startswith(file["mediaType"])
        inline = file["mediaType"] in ("application/pdf", "image/png", "image/jpeg")
        assert response.headers["content-disposition"].startswith("inline" if inline else "attachment")
        assert ("sandbox" in response.headers.get("content-security-policy", "")) == (not name.endswith(".pdf"))


async def test_a_name_of_any_script_comes_back(isu: Desk, public: Desk) -> None:
    file = the_file(await isu.issue(await isu.send('工作文件 "1".pdf')))

    disposition = (await public.get(file["url"])).headers["content-disposition"]

    assert disposition == (
        "inline; filename=\"____ _1_.pdf\"; filename*=UTF-8''%E5%B7%A5%E4%BD%9C%E6%96%87%E4%BB%B6%20%221%22.pdf"
    )


# ---------- what is refused ----------


@pytest.mark.parametrize("name", ["../paper.pdf", "/etc/passwd", "a\\b.pdf", "paper.exe", "", "paper\u202e.pdf"])
async def test_a_path_in_a_name_is_refused(isu: Desk, name: str) -> None:
    ticket = await isu.ticket(name)

    assert (ticket["__typename"], ticket["fields"][0]["path"]) == ("Invalid", ["name"])


async def test_what_is_not_of_its_type_is_refused_and_the_ticket_stays_good(isu: Desk, stored: Stored) -> None:
    ticket = await isu.ticket("paper.docx")
    bomb = paper.office(DOCX, more=bytes(100_000_000))

    for content in (paper.PDF, b"<html></html>", b"", bomb, paper.office(XLSX)):
        response = await isu.put(ticket, content)
        assert (response.status_code, code(response)) == (422, "FILE_REFUSED"), response.text
    assert stored() == []
    good = await isu.put(ticket, paper.office(DOCX))
    assert good.status_code == 201
    assert len(stored()) == 1


async def test_a_file_that_is_too_large_is_refused_announced_or_not(isu: Desk, stored: Stored) -> None:
    ticket = await isu.ticket("statement.txt")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"a" * 100_000

    announced = await isu.put(ticket, b"a" * 1_000_001)
    streamed = await isu.put(ticket, pieces())

    assert [announced.status_code, streamed.status_code] == [413, 413]
    assert code(streamed) == "FILE_TOO_LARGE"
    assert stored() == []
    assert (await isu.put(ticket, b"a" * 1_000_000)).status_code == 201


async def test_a_ticket_is_for_one_file(isu: Desk) -> None:
    ticket = await isu.ticket()

    first = await isu.put(ticket, paper.PDF)
    again = await isu.put(ticket, paper.PDF)

    assert [first.status_code, again.status_code] == [201, 409]
    assert code(again) == "TICKET_USED"


async def test_of_two_that_come_at_once_one_is_taken(isu: Desk) -> None:
    ticket = await isu.ticket("statement.txt")

    answers = await asyncio.gather(*(isu.put(ticket, f"text {n}".encode()) for n in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    (taken,) = [answer for answer in answers if answer.status_code == 201]
    file = the_file(await isu.issue(ticket["upload"]))
    assert file["sha256"] == taken.json()["sha256"]


async def test_a_ticket_ends(isu: Desk) -> None:
    ticket = await isu.ticket()
    key = ticket["url"].rpartition("/")[2]
    await through_the_unit(isu.api.database, db.Upload, ((key,), {"expires_at": "2026-01-01T00:00:00.000000Z"}))

    response = await isu.put(ticket, paper.PDF)

    assert (response.status_code, code(response)) == (410, "TICKET_EXPIRED")


async def test_a_ticket_of_another_account_is_as_one_that_never_was(api: Api, isu: Desk, public: Desk) -> None:
    ticket = await isu.ticket()
    colleague = Desk(api, await make.key_for(api.database, make.ISU, label="A colleague"))
    state = Desk(api, await make.key_for(api.database, "STATE:NOR"))
    never = {"url": "/files/01890000-0000-7000-8000-000000000000"}

    for url in (ticket, never):
        assert answer_of(await colleague.put(url, paper.PDF)) == (404, "NOT_FOUND", "There is no such ticket.")
        assert (await state.put(url, paper.PDF)).status_code == 403
        assert (await public.put(url, paper.PDF)).status_code == 403
    assert (await isu.put(ticket, paper.PDF)).status_code == 201
    result = await colleague.api(ACTS["issueDocument"], input=whole_document(ticket["upload"]))
    assert result["issueDocument"]["fields"][0]["path"] == ["versions", "0", "uploads", "0"]


async def test_a_key_that_was_revoked_while_the_file_came_takes_nothing_in(api: Api, isu: Desk, stored: Stored) -> None:
    ticket = await isu.ticket()

    async def pieces() -> AsyncIterator[bytes]:
        yield paper.PDF[:10]
        async with api.database.reading() as connection:
            accounts = (await connection.execute(select(col(db.Account.id)))).scalars().all()
        suspended = {"status": AccountStatus.SUSPENDED}
        await through_the_unit(api.database, db.Account, *(((each,), suspended) for each in accounts))
        yield paper.PDF[10:]

    response = await isu.put(ticket, pieces())

    assert response.status_code == 401
    async with api.database.reading() as connection:
        assert (await connection.execute(select(col(db.Upload.sha256)))).scalars().all() == [None]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/html"}, 415),
        ({"Content-Type": "application/pdf; charset=x"}, 201),
        ({"Content-Type": "application/octet-stream"}, 201),
        ({"Content-Encoding": "gzip"}, 415),
        # As `curl -C -` sends the rest of what broke off.
        ({"Content-Range": "bytes 100-199/200"}, 400),
    ],
)
async def test_headers_that_say_something_else_are_refused(isu: Desk, headers: dict[str, str], status: int) -> None:
    response = await isu.put(await isu.ticket(), paper.PDF, **headers)

    assert response.status_code == status


@pytest.mark.parametrize(
    "key", ["x", "..%2f..%2fetc%2fpasswd", "%00", "01890000-0000-7000-8000-00000000000g", "a" * 500]
)
async def test_what_is_no_file_is_absent(isu: Desk, key: str) -> None:
    for response in (await isu.get(f"/files/{key}"), await isu.put({"url": f"/files/{key}"}, b"")):
        assert (response.status_code, code(response)) == (404, "NOT_FOUND")


async def test_other_methods_are_refused(isu: Desk) -> None:
    for method in ("POST", "DELETE", "PATCH"):
        response = await isu.api.http.request(method, "/files/x", headers=isu.headers)
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, PUT, OPTIONS")


async def test_a_bad_credential_is_told_and_not_overlooked(api: Api, isu: Desk) -> None:
    file = the_file(await isu.issue(await isu.send()))

    response = await api.http.get(file["url"], headers={"Authorization": "Bearer isu_x"})

    assert response.status_code == 401


# ---------- whoever may see the document ----------


async def test_a_file_of_a_hidden_document_is_as_one_that_never_was(api: Api, isu: Desk, public: Desk) -> None:
    document = await isu.issue(await isu.send(), visibility="STATES_PARTIES")
    state = Desk(api, await make.key_for(api.database, "STATE:NOR"))
    url = the_file(document)["url"]
    never = "/files/01890000-0000-7000-8000-000000000000"

    assert (await isu.get(url)).status_code == (await state.get(url)).status_code == 200
    hidden, absent = await public.get(url), await public.get(never)
    assert answer_of(hidden) == answer_of(absent) == (404, "NOT_FOUND", "There is no such file.")
    known = {"If-None-Match": f'"{the_file(document)["sha256"]}"'}
    assert (await public.get(url, **known)).status_code == 404
    assert set(hidden.headers) == set(absent.headers)


async def test_the_rights_are_those_of_the_moment(isu: Desk, public: Desk) -> None:
    document = await isu.issue(await isu.send())
    url, key = the_file(document)["url"], decode_id(document["id"])[1]
    before = await public.get(url)

    await hide(isu.api.database, db.Document, key)
    after = await public.get(url, **{"If-None-Match": before.headers["etag"]})

    assert (before.status_code, after.status_code) == (200, 404)
    assert before.headers["cache-control"] == "private, no-cache"
    assert "authorization" in before.headers["vary"].lower()


async def test_an_upload_is_served_to_nobody_before_it_is_attached(isu: Desk) -> None:
    ticket = await isu.ticket()
    sent = (await isu.put(ticket, paper.PDF)).json()

    assert (await isu.get(ticket["url"])).status_code == 404
    assert (await isu.get(f"/files/{sent['sha256']}")).status_code == 404


async def test_a_file_that_was_replaced_is_kept_for_the_isu(isu: Desk, public: Desk) -> None:
    advance = {"language": "en", "isAdvance": True, "uploads": [await isu.send()]}
    document = await isu.issue(versions=[advance])
    url = the_file(document)["url"]
    assert (await public.get(url)).status_code == 200

    given = {"document": document["id"], "expectedVersion": 1, "language": "en"}
    upload = await isu.send("final.pdf", paper.PDF + b"\n")
    result = await isu.api(ACTS["attachLanguageVersion"], input={**given, "uploads": [upload]})
    official = result["attachLanguageVersion"]["document"]

    assert the_file(official)["name"] == "final.pdf"
    assert (await public.get(url)).status_code == 404
    assert (await isu.get(url)).content == paper.PDF


async def test_what_takes_the_place_of_one_language_leaves_the_others_and_waits_for_its_own_file(
    isu: Desk, public: Desk
) -> None:
    advance = [{"language": each, "isAdvance": True, "uploads": [await isu.send()]} for each in ("en", "fr")]
    document = await isu.issue(versions=advance)
    urls = {each["language"]: each["files"][0]["url"] for each in document["languageVersions"]}
    given = {"document": document["id"], "language": "en"}

    # The official version is there before its file is.
    there = await isu.api(ACTS["attachLanguageVersion"], input={**given, "expectedVersion": 1})
    version = there["attachLanguageVersion"]["document"]["version"]
    file = {"expectedVersion": version, "uploads": [await isu.send("final.pdf", paper.PDF + b"\n")]}
    official = (await isu.api(ACTS["attachLanguageVersion"], input={**given, **file}))["attachLanguageVersion"]

    assert [(await public.get(urls[each])).status_code for each in ("en", "fr")] == [404, 200]
    files = {each["language"]: each["files"] for each in official["document"]["languageVersions"]}
    assert [each["name"] for each in files["en"]] == ["final.pdf"]
    assert [each["url"] for each in files["fr"]] == [urls["fr"]]


async def test_a_language_that_was_recorded_without_a_file_gets_it(isu: Desk, public: Desk) -> None:
    query = """{ documents(first: 250, where: {language: "en", isUnDocument: true}) { nodes {
                 id version languageVersions { language files { url } } missingLanguages } } }"""
    document = (await isu.api(query))["documents"]["nodes"][0]
    assert [each["files"] for each in document["languageVersions"]] == [[]] * len(document["languageVersions"])

    upon = {"document": document["id"], "expectedVersion": document["version"], "language": "en"}
    given = {**upon, "uploads": [await isu.send()]}
    attached = (await isu.api(ACTS["attachLanguageVersion"], input=given))["attachLanguageVersion"]["document"]
    again = {**upon, "uploads": [await isu.send()]}
    again = (await isu.api(ACTS["attachLanguageVersion"], input=again))["attachLanguageVersion"]

    (english,) = [each for each in attached["languageVersions"] if each["language"] == "en"]
    assert (await public.get(english["files"][0]["url"])).content == paper.PDF
    assert (english["isLate"], attached["missingLanguages"]) == (False, document["missingLanguages"])
    assert again["code"] == "DUPLICATE"


# ---------- how it is served ----------


async def test_what_is_known_is_not_sent_again(isu: Desk, public: Desk) -> None:
    url = the_file(await isu.issue(await isu.send()))["url"]
    tag = (await public.get(url)).headers["etag"]

    same = await public.get(url, **{"If-None-Match": f'"other", W/{tag}'})
    other = await public.get(url, **{"If-None-Match": '"other"'})
    twice = await public.api.http.get(url, headers=[("If-None-Match", '"other"'), ("If-None-Match", tag)])

    assert twice.status_code == 304
    # Whoever asks is shown what they may see, and no cache shows it to others.
    assert twice.headers["cache-control"] == other.headers["cache-control"] == "private, no-cache"
    assert twice.headers["vary"] == other.headers["vary"] == "Authorization"
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert other.status_code == 200


async def test_a_part_is_served(isu: Desk, public: Desk) -> None:
    content = bytes(range(32, 127)) * 9_000
    url = the_file(await isu.issue(await isu.send("statement.txt", content)))["url"]
    tag = (await public.get(url)).headers["etag"]

    part = await public.get(url, Range="bytes=300000-300009")
    rest = await public.get(url, Range="bytes=-5", **{"If-Range": tag})
    whole = await public.get(url, Range="bytes=0-1", **{"If-Range": '"other"'})
    beyond = await public.get(url, Range="bytes=9000000-")
    head = await public.api.http.head(url, headers={"Range": "bytes=0-1"})
    two = await public.api.http.get(url, headers=[("Range", "bytes=0-1"), ("Range", "bytes=5-6")])
    listed = await public.get(url, Range="bytes=0-1, 5-6")

    for of_more in (two, listed):
        assert (of_more.status_code, of_more.content) == (200, content)
    assert (part.status_code, part.content) == (206, content[300_000:300_010])
    assert part.headers["content-range"] == f"bytes 300000-300009/{len(content)}"
    assert (rest.status_code, rest.content) == (206, content[-5:])
    assert (whole.status_code, whole.content) == (200, content)
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    assert "content-range" not in head.headers


async def test_an_upload_is_the_file_of_one_version_of_one_document(isu: Desk, public: Desk) -> None:
    """Of one that is hidden its file tells nothing, though it be used once more, by mistake, for all."""
    upload = await isu.send()
    document = await isu.issue(upload, visibility="ISU")
    of_two = [{"language": each, "uploads": [await isu.send()]} for each in ("en", "fr")]
    of_two[1]["uploads"] = of_two[0]["uploads"]
    upon = {"document": document["id"], "expectedVersion": document["version"]}

    for name, given in (
        ("issueDocument", whole_document(upload)),
        ("issueCorrigendum", {**upon, "versions": [{"language": "en", "uploads": [upload]}]}),
        ("attachLanguageVersion", {**upon, "language": "fr", "uploads": [upload]}),
    ):
        result = (await isu.api(ACTS[name], input=given))[name]
        assert (result["__typename"], result["code"]) == ("Conflict", "DUPLICATE"), name
        assert result["message"] == "The upload is the file of a document already: send it again, with a new ticket."
    twice = (await isu.api(ACTS["issueDocument"], input=whole_document(versions=of_two)))["issueDocument"]
    told = [(each["path"], each["message"]) for each in twice["fields"]]
    assert told == [(["versions", "1", "uploads", "0"], "The same upload is given twice.")]
    rows = [whole_document(await isu.send()), whole_document(versions=[{"language": "ru"}, of_two[0]])]
    many = await isu.api(ACTS["issueDocuments"], input={"documents": [*rows, whole_document(versions=of_two[:1])]})
    (failed,) = many["issueDocuments"]["failed"]
    assert (failed["place"], failed["code"]) == (2, "DUPLICATE")
    assert failed["path"] == ["versions", "0", "uploads", "0"]
    assert (await public.get(the_file(document)["url"])).status_code == 404
    assert (await public.get(the_file(await isu.issue(await isu.send()))["url"])).status_code == 200


async def test_two_documents_share_what_is_stored_once(isu: Desk, public: Desk, stored: Stored) -> None:
    first, second = [the_file(await isu.issue(await isu.send(name))) for name in ("one.pdf", "two.pdf")]

    assert first["url"] != second["url"]
    assert first["sha256"] == second["sha256"]
    assert [path.stat().st_size for path in stored()] == [len(paper.PDF)]
    assert (await public.get(second["url"])).headers["content-disposition"].startswith('inline; filename="two.pdf"')


async def test_a_file_that_got_lost_is_a_fault_of_ours(isu: Desk, public: Desk, stored: Stored) -> None:
    url = the_file(await isu.issue(await isu.send()))["url"]
    (path,) = stored()
    path.unlink()

    response = await public.get(url)

    assert (response.status_code, code(response)) == (500, "INTERNAL")


async def test_what_a_killed_process_left_is_swept_and_what_is_on_its_way_is_not(isu: Desk, settings: Any) -> None:
    incoming = Path(settings["files"]) / "incoming"
    incoming.mkdir(parents=True)
    for name, hours in (("upload-old", 3), ("upload-new", 1), ("note", 3)):
        (incoming / name).write_bytes(b"half")
        then = time.time() - hours * 3600
        os.utime(incoming / name, (then, then))

    await isu.send()

    assert {path.name for path in incoming.iterdir()} == {"upload-new", "note"}


# ---------- through a real server, in a process of its own ----------


@pytest.fixture(scope="module")
def copies(templates_of: Callable[[str], Templates]) -> Callable[[], str]:
    """On SQLite alone: what these tests are about does not reach the database."""
    templates = templates_of("sqlite")
    register = templates.register
    return lambda: templates.databases.copy(register)


@asynccontextmanager
async def served(url: str, folder: Path) -> AsyncIterator[Real]:
    database = Database(url)
    token = await make.key_for(database, make.ISU)
    await database.close()
    environment = {"ISU_DATABASE_URL": url, "ISU_FILES": str(folder), "ISU_RATE_LIMIT": "off"}
    with isu_serves(environment) as (process, address):
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60) as http:
            yield Real(process, address, http, folder)


@pytest.fixture(scope="module")
async def real(copies: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Real]:
    async with served(copies(), tmp_path_factory.mktemp("files")) as real:
        yield real


async def test_an_upload_that_breaks_off_leaves_nothing_and_can_be_sent_again(real: Real) -> None:
    kept = real.stored()
    ticket = await real.ticket("statement.txt")
    head = f"PUT {ticket['url']} HTTP/1.1\r\nHost: isu\r\nAuthorization: {real.http.headers['Authorization']}\r\n"
    with socket.create_connection(real.place) as half:
        half.sendall(f"{head}Content-Length: 900000\r\n\r\n".encode() + b"a" * 600_000)
        await eventually(lambda: real.incoming() != [] and real.incoming()[0].stat().st_size > 0)
    await eventually(lambda: real.incoming() == [])

    assert real.stored() == kept
    assert (await real.http.put(ticket["url"], content=b"a" * 900_000)).status_code == 201
    assert len(real.stored()) == len(kept) + 1


async def test_a_server_that_is_killed_in_the_middle_keeps_no_half_file(
    copies: Callable[[], str], tmp_path: Path
) -> None:
    async with served(copies(), tmp_path) as real:
        await is_killed(real)


async def is_killed(real: Real) -> None:
    ticket = await real.ticket("statement.txt")
    head = f"PUT {ticket['url']} HTTP/1.1\r\nHost: isu\r\nAuthorization: {real.http.headers['Authorization']}\r\n"
    with socket.create_connection(real.place) as half:
        half.sendall(f"{head}Content-Length: 900000\r\n\r\n".encode() + b"a" * 600_000)
        await eventually(lambda: real.incoming() != [])
        real.process.kill()
        real.process.wait()

    assert real.stored() == []
    assert len(real.incoming()) == 1


async def test_two_hundred_megabytes_are_taken_in_and_served_in_little_memory(real: Real) -> None:
    size = 200_000_000
    ticket = await real.ticket("large.txt")
    # One of the same kind goes before, so that what is measured is not what a first request loads.
    assert (await real.http.put((await real.ticket("a.txt"))["url"], content=b"a" * 300_000)).status_code == 201
    before = real.process.memory_info().rss

    async with Peak(real.process) as peak:
        response = await real.http.put(ticket["url"], content=megabytes(size), headers={"Content-Length": str(size)})
        assert (response.status_code, response.json()["bytes"]) == (201, size)
        issued = await real.act("issueDocument", whole_document(ticket["upload"]))
        received = 0
        async with real.http.stream("GET", the_file(issued["document"])["url"]) as body:
            async for chunk in body.aiter_bytes():
                received += len(chunk)

    assert received == size
    assert peak.rss - before < 50_000_000


async def megabytes(size: int) -> AsyncIterator[bytes]:
    line = b"The States Parties took note of it.\n" * 4_000
    while size > 0:
        yield line[:size]
        size -= len(line[:size])


class Real:
    """A server of its own, and its folder."""

    def __init__(self, process: psutil.Process, address: str, http: httpx2.AsyncClient, folder: Path) -> None:
        self.process = process
        self.http = http
        host, port = address.removeprefix("http://").split(":")
        self.place = (host, int(port))
        self._folder = folder

    async def act(self, name: str, given: Any) -> Any:
        response = await self.http.post("/graphql", json={"query": ACTS[name], "variables": {"input": given}})
        return response.json()["data"][name]

    async def ticket(self, name: str) -> Any:
        return await self.act("requestUpload", {"name": name})

    def incoming(self) -> list[Path]:
        return list((self._folder / "incoming").glob("*"))

    def stored(self) -> list[Path]:
        return stored_in(self._folder)


class Peak:
    """The most memory that a process has within the block, looked at often."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.rss = 0

    async def _look(self) -> None:
        while True:
            self.rss = max(self.rss, self._process.memory_info().rss)
            await asyncio.sleep(0.01)

    async def __aenter__(self) -> Peak:
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._looking.cancel()


async def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.01)


# ---------- in a bucket, and verified ----------


@pytest.mark.parametrize("place", ["files", "spool"])
async def test_where_no_file_can_be_put_that_is_told_and_the_ticket_is_good_later(
    register_url: str, tmp_path: Path, place: str
) -> None:
    (tmp_path / "no folder").touch()
    places = {"files": "files", "spool": "incoming", place: "no folder/here"}
    settings = {name: str(tmp_path / folder) for name, folder in places.items()}
    async with serving(register_url, settings=settings) as api:
        isu = Desk(api, await make.key_for(api.database, make.ISU))
        ticket = await isu.ticket("statement.txt")

        response = await isu.put(ticket, paper.TEXT)
        (tmp_path / "no folder").unlink()
        again = await isu.put(ticket, paper.TEXT)

    assert (response.status_code, code(response)) == (503, "UNAVAILABLE")
    assert "Retry-After" in response.headers
    assert again.status_code == 201


async def test_files_may_lie_in_a_bucket(register_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = s3.Store()
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=store.app))
    monkeypatch.setattr("isu.settings.Bucket", partial(Bucket, client=client))
    in_a_bucket = {
        "files": "s3://papers/isu",
        "spool": tmp_path / "incoming",
        "s3_endpoint": "https://s3.example",
        "s3_region": s3.REGION,
        "s3_access_key": s3.ACCESS,
        "s3_secret_key": s3.SECRET,
    }
    async with serving(register_url, settings=in_a_bucket) as api:
        isu = Desk(api, await make.key_for(api.database, make.ISU))
        file = the_file(await isu.issue(await isu.send()))

        assert list(store.objects) == [f"/papers/isu/{file['sha256']}"]
        assert (await Desk(api, None).get(file["url"])).content == paper.PDF
        assert (await isu.get(file["url"], Range="bytes=0-3")).content == b"%PDF"
        store.fails = True
        ticket = await isu.ticket("statement.txt")
        for response in (await isu.get(file["url"]), await isu.put(ticket, paper.TEXT)):
            assert (response.status_code, code(response)) == (503, "UNAVAILABLE")
        store.fails = False
        assert (await isu.put(ticket, paper.TEXT)).status_code == 201
    assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize("files", ["s3://", "s3://bucket"])
def test_a_bucket_is_named_with_its_keys(files: str) -> None:
    with pytest.raises(ValueError, match="ISU_"):
        Settings(files=files)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("files", ""),
        ("files", "S3://papers"),
        ("files", "s3:/papers"),
        ("files", "https://s3.example/papers"),
        ("files", "s3://../papers"),
        ("files", "s3://papers/../isu"),
        ("files", "s3://pa?pers"),
        ("s3_endpoint", ""),
        ("s3_endpoint", "s3.example:9000"),
        ("s3_endpoint", "ftp://s3.example"),
        ("s3_endpoint", "https://[s3.example"),
        ("s3_endpoint", "https://s3.example:99999"),
        ("s3_endpoint", "https://s3.example/?region=x"),
        ("s3_region", ""),
        ("s3_access_key", "\u00e9"),
        ("s3_secret_key", "a secret\n"),
        ("public_url", "ccm.example"),
    ],
)
def test_a_place_that_can_not_be_is_told_by_its_setting(name: str, value: str) -> None:
    good: dict[str, Any] = {
        "files": "s3://papers/isu",
        "s3_endpoint": "http://[::1]:9000/store",
        "s3_access_key": s3.ACCESS,
        "s3_secret_key": s3.SECRET,
        "public_url": "https://ccm.example/api",
    }
    Settings(**good)

    with pytest.raises(ValueError, match=f"ISU_{name.upper()}"):
        Settings(**good | {name: value})


async def test_it_is_verified_that_every_file_is_there_as_it_was(isu: Desk, settings: Any, stored: Stored) -> None:
    folder = Folder(Path(settings["files"]))
    await isu.issue(await isu.send(), await isu.send("other.pdf"))
    await isu.send("statement.txt", paper.TEXT)
    assert await verify(isu.api.database, folder, no_progress) == (2, [])

    lost, changed = stored()
    lost.unlink()
    lost.mkdir()
    assert "can not be read" in " ".join((await verify(isu.api.database, folder, no_progress))[1])
    lost.rmdir()
    changed.write_bytes(b"x")

    files, faults = await verify(isu.api.database, folder, no_progress)
    assert files == 2
    assert sorted(fault.split(" is ")[1].partition(":")[0] for fault in faults) == ["missing", "not what it was"]


def no_progress(_what: str, _done: int, _all: int) -> None:
    pass
