"""GraphiQL: the page by its headers and files, then in a real browser."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from isu import graphiql
from tests import browser
from tests.browser import Browser, Tab
from tests.server import serving

FOLDER = Path(graphiql.__file__).parent
FIRST_QUERY = (FOLDER / "first.graphql").read_text("utf-8")

QUERY_EDITOR = ".graphiql-query-editor .CodeMirror"
HEADERS_EDITOR = ".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror"
RESULT = ".result-window .CodeMirror"
EXECUTE = ".graphiql-execute-button"
A_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def client(register_app: Starlette) -> Iterator[TestClient]:
    with TestClient(register_app, headers=A_BROWSER) as client:
        yield client


def links(html: str) -> list[str]:
    """The addresses that a page loads by itself."""
    return re.findall(r'(?:src|href)="([^"]*)"', html)


class TestFiles:
    def test_the_page_forbids_itself_everything_that_is_not_ours(self, client: TestClient) -> None:
        answer = client.get("/graphql")

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Security-Policy"].split("; ") == [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' {graphiql.SCROLL_LOCK}",
            "connect-src 'self'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-cache"

    def test_the_page_loads_nothing_from_elsewhere_and_runs_no_script_of_its_own(self, client: TestClient) -> None:
        html = client.get("/graphql").text

        own = r"/graphiql/[\w.-]+\?v=[0-9a-f]{16}"
        foreign = [link for link in links(html) if not re.fullmatch(own, link)]
        assert foreign == ["data:,"]
        assert "//" not in re.sub(r"<!doctype[^>]*>", "", html)
        assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", html))
        assert not re.search(r"<style|\s(style|on\w+)=", html)

    def test_every_file_of_the_page_is_served_and_kept_by_its_hash(self, client: TestClient) -> None:
        types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
        loaded = set()

        for link in links(client.get("/graphql").text):
            if link == "data:,":
                continue
            answer = client.get(link)
            path, _, version = link.partition("?v=")
            loaded.add(path.removeprefix("/graphiql/"))
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == types[Path(path).suffix]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert hashlib.sha256(answer.content).hexdigest().startswith(version)

        assert loaded == set(graphiql.ASSETS)

    @pytest.mark.parametrize("query", ["", "?v=", "?v=0000000000000000"])
    def test_a_file_asked_for_by_another_hash_is_not_kept(self, client: TestClient, query: str) -> None:
        answer = client.get(f"/graphiql/start.js{query}")

        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-cache"

    def test_a_file_travels_packed_only_where_that_is_understood(self, client: TestClient) -> None:
        packed = client.get("/graphiql/graphiql.min.js", headers={"Accept-Encoding": "gzip, br"})
        plain = client.get("/graphiql/graphiql.min.js", headers={"Accept-Encoding": "identity"})

        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) < 1_000_000
        assert "Content-Encoding" not in plain.headers
        assert packed.content == plain.content
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"

    @pytest.mark.parametrize(
        "path",
        [
            "__init__.py",
            "page.html",
            "vendor/README.md",
            "vendor%2FREADME.md",
            "../__init__.py",
            "..%2F__init__.py",
            "%2e%2e/%2e%2e/pyproject.toml",
            "..%5C__init__.py",
            "%2Fetc%2Fpasswd",
            "start.js%00",
            "",
        ],
    )
    def test_no_other_file_is_served(self, client: TestClient, path: str) -> None:
        assert client.get(f"/graphiql/{path}").status_code == 404

    def test_the_page_finds_its_files_below_a_prefix(self, register_app: Starlette) -> None:
        with TestClient(register_app, root_path="/treaty", headers=A_BROWSER) as client:
            html = client.get("/treaty/graphql").text

            paths = {urlsplit(link).path for link in links(html)} - {","}
            assert paths == {f"/treaty/graphiql/{name}" for name in graphiql.ASSETS}
            assert {client.get(path).status_code for path in paths} == {200}

    def test_the_vendored_files_are_those_of_the_readme(self) -> None:
        readme = (FOLDER / "vendor/README.md").read_text("utf-8")
        stated = dict(re.findall(r"^\| `([\w.-]+)` .* `([0-9a-f]{64})` \|$", readme, re.MULTILINE))

        found = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (FOLDER / "vendor").iterdir()
            if path.name != "README.md"
        }
        assert stated == found


@pytest.fixture(scope="module")
def address(register_app: Starlette) -> Iterator[str]:
    with serving(register_app) as address:
        yield f"{address}/graphql"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = browser.installed()
    if program is None:
        # No browser comes with the locked packages; the last lines of a run name what it left out.
        pytest.skip(
            f"None of {', '.join(browser.NAMES)} is on PATH. NOT checked: that GraphiQL starts "
            "under its Content-Security-Policy without an error, calls no host but ours, shows "
            "the first query, runs it, shows errors, sends headers and forgets them, lists the "
            "root fields, and opens its dialogs."
        )
    with browser.started(program) as chromium:
        yield chromium


@pytest.fixture
def tab(chromium: Browser, address: str) -> Iterator[Tab]:
    """GraphiQL, ready to run a query; whatever a test does there, it calls no foreign host."""
    with chromium.tab() as tab:
        tab.navigate(address)
        # It reads the schema first, and looks at the query again once it has it.
        tab.wait_for(f"!!{editor(QUERY_EDITOR)}?.options.lint.schema")
        yield tab

        assert foreign_requests(tab, address) == []
        assert tab.violations == []


def foreign_requests(tab: Tab, address: str) -> list[str]:
    ours = {urlsplit(address)[:2], ("about", ""), ("data", ""), ("blob", "")}
    return [sent.url for sent in tab.requests if urlsplit(sent.url)[:2] not in ours]


def editor(selector: str) -> str:
    """One of GraphiQL's panes, as JavaScript."""
    return f"document.querySelector('{selector}')?.CodeMirror"


def content(selector: str) -> str:
    """What stands in a pane, as JavaScript."""
    return f"{editor(selector)}?.getValue()"


def write(tab: Tab, selector: str, text: str) -> None:
    """Replace what stands in a pane, as one would with the keyboard."""
    tab.click(f"{selector} .CodeMirror-lines")
    tab.press("a", 65, ctrl=True)
    tab.type(text)
    tab.wait_for(f"{content(selector)} === {json.dumps(text)}")


def result(tab: Tab) -> dict[str, Any]:
    """What the result pane shows, once it shows an answer."""
    tab.wait_for(content(RESULT))
    answer: dict[str, Any] = json.loads(tab.evaluate(content(RESULT)))
    return answer


class TestInABrowser:
    def test_it_starts_without_an_error_from_our_files_alone(self, tab: Tab, address: str) -> None:
        tab.wait_for("document.fonts.status === 'loaded'")

        assert tab.console_errors == []
        assert tab.violations == []
        assert tab.failures == []
        assert foreign_requests(tab, address) == []
        loaded = {Path(urlsplit(sent.url).path).name for sent in tab.requests}
        assert loaded >= set(graphiql.ASSETS)

    def test_the_first_query_stands_in_the_first_tab(self, tab: Tab) -> None:
        assert tab.evaluate(content(QUERY_EDITOR)).strip() == FIRST_QUERY.strip()
        assert tab.evaluate(content(QUERY_EDITOR)).startswith("# ")

    def test_the_first_query_runs(self, tab: Tab) -> None:
        tab.click(EXECUTE)

        answer = result(tab)
        assert "errors" not in answer
        assert set(answer["data"]) == {"coordinationCommittee"}
        assert tab.console_errors == []

    def test_a_mistake_is_shown(self, tab: Tab) -> None:
        write(tab, QUERY_EDITOR, "{ statusCounts { colour } }")
        # GraphiQL notices a moment later that this is no longer the query named FirstLook.
        tab.wait_for(f"{editor(QUERY_EDITOR)}.operationName === null")
        tab.click(EXECUTE)

        assert "colour" in json.dumps(result(tab)["errors"])

    def test_an_answer_that_is_no_json_is_named(self, tab: Tab) -> None:
        tab.evaluate("void (window.fetch = async () => new Response('down', { status: 502 }))")
        tab.click(EXECUTE)

        errors = result(tab)["errors"]
        assert errors == [{"message": "The server answered 502: down"}]

    def test_headers_are_sent_and_then_forgotten(self, tab: Tab, address: str) -> None:
        key = "Bearer isu_example"
        tab.click(".graphiql-editor-tools button:nth-of-type(2)")
        write(tab, HEADERS_EDITOR, json.dumps({"Authorization": key}))
        tab.click(EXECUTE)
        result(tab)

        sent = [one for one in tab.requests if "FirstLook" in one.body][-1]
        assert (sent.method, sent.url) == ("POST", address)
        assert sent.headers["Authorization"] == key
        assert sent.headers["Content-Type"] == "application/json"
        accepted = "application/graphql-response+json, application/json;q=0.9"
        assert sent.headers["Accept"] == accepted
        # GraphiQL keeps the tabs half a second after the last change.
        tab.wait_for("localStorage['isu:graphiql:tabState']?.includes('FirstLook')")
        tab.navigate(address)
        tab.wait_for(content(QUERY_EDITOR))
        kept = tab.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
        assert "FirstLook" in kept
        assert "isu_example" not in kept

    def test_the_documentation_lists_the_root_fields(self, tab: Tab) -> None:
        tab.click('[aria-label="Show Documentation Explorer"]')
        tab.click(".graphiql-doc-explorer .graphiql-doc-explorer-type-name")
        fields = "[...document.querySelectorAll('.graphiql-doc-explorer-field-name')]"
        tab.wait_for(f"{fields}.length > 0")

        names = tab.evaluate(f"{fields}.map((field) => field.textContent)")
        assert {"statusCounts", "state"} <= set(names)

    @pytest.mark.parametrize("button", ["Open short keys dialog", "Open settings dialog"])
    def test_a_dialog_opens_within_the_policy(self, tab: Tab, button: str) -> None:
        tab.click(f'[aria-label="{button}"]')

        tab.wait_for("!!document.querySelector('.graphiql-dialog')")
        assert tab.console_errors == []
        assert tab.violations == []

    def test_the_choice_between_operations_opens_within_the_policy(self, tab: Tab) -> None:
        write(tab, QUERY_EDITOR, "query A { __typename } query B { __typename }")
        tab.click(f"{EXECUTE}[aria-haspopup=menu]")

        tab.wait_for("document.querySelectorAll('[role=menuitem]').length === 2")
        assert tab.console_errors == []
        assert tab.violations == []
