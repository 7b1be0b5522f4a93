"""What is in an issued file is found by whoever sees its document, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from mandate.file import DOCX
from tests import paper
from tests.api import serving
from tests.institution import Institution
from tests.make import key_for

pytestmark = pytest.mark.anyio

SEARCH = """query ($words: String!) { search(query: $words) { totalCount
  edges { language highlights node { ... on Document { symbol } } } } }"""
ISSUE = """mutation ($input: IssueDocumentInput!) { issueDocument(input: $input) { __typename
  ... on DocumentIssued { document { id version } } ... on Problem { message } } }"""
ATTACH = """mutation ($input: AttachLanguageVersionInput!) { attachLanguageVersion(input: $input) { __typename
  ... on Problem { message } } }"""
UPLOAD = """mutation ($input: RequestUploadInput!) { requestUpload(input: $input) {
  ... on UploadRequested { upload url } ... on Problem { message } } }"""


def docx(text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    return paper.office(DOCX, **{"word/document.xml": body.encode()})


async def test_the_text_of_a_file_is_found_where_its_document_is_seen(states_url: str, tmp_path: Any) -> None:
    async with serving(states_url, settings={"files": str(tmp_path)}) as api:
        isu = Institution(api.database)
        await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
        token = await key_for(api.database, "ISU:ISU-CCM")
        office = api.as_(token)
        germany = api.as_(await key_for(api.database, "STATE:DEU"))

        async def sent(name: str, content: bytes) -> str:
            ticket = (await office(UPLOAD, input={"name": name}))["requestUpload"]
            response = await office.http.put(
                ticket["url"], content=content, headers={"Authorization": f"Bearer {token}"}
            )
            assert response.status_code == 201, response.text
            return str(ticket["upload"])

        given = {
            "kind": "working_paper",
            "meetings": ["2MSP"],
            "originalLanguage": "fr",
            "title": [{"language": "fr", "value": "Un document"}],
            "visibility": "STATES_PARTIES",
        }
        french = {"language": "fr", "uploads": [await sent("a.docx", docx("La dépollution au Liban"))]}
        issued = (await office(ISSUE, input={**given, "symbol": "CCM/MSP/2011/WP.4", "versions": [french]}))[
            "issueDocument"
        ]
        chinese = {"language": "zh", "uploads": [await sent("b.txt", "《公约》的执行情况".encode())]}
        document = {"document": issued["document"]["id"], "expectedVersion": issued["document"]["version"]}
        attached = (await office(ATTACH, input={**document, **chinese}))["attachLanguageVersion"]
        assert attached["__typename"] == "LanguageVersionAttached", attached

        for query, language in (("depollution", "fr"), ("执行", "zh")):
            found = (await germany(SEARCH, words=query))["search"]
            assert [(each["node"]["symbol"], each["language"]) for each in found["edges"]] == [
                ("CCM/MSP/2011/WP.4", language)
            ]
            assert "<mark>" in found["edges"][0]["highlights"][0]
            assert (await api(SEARCH, words=query))["search"] == {"totalCount": 0, "edges": []}
