"""What docs/integrations.md and the README of the Python client show is what the API has, and runs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from isu.app import create_app
from isu.settings import Settings
from mandate.export import KEPT_FOR, MOST_KEPT, MOST_UNDER_WAY
from tests.api import TODAY
from tests.server import serving

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/integrations.md"
CLIENT_PAGE = ROOT / "clients/python/README.md"
SCHEMA = build_schema((ROOT / "schema/schema.graphql").read_text(encoding="utf-8"))
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def queries() -> list[str]:
    """In blocks of their own, and within TypeScript."""
    within = re.compile(r"/\* GraphQL \*/ `(.*?)`", re.DOTALL)
    return blocks(PAGE, "graphql") + [text for block in blocks(PAGE, "ts") for text in within.findall(block)]


@pytest.mark.parametrize("text", queries())
def test_every_query_is_one_of_the_schema(text: str) -> None:
    assert [error.message for error in validate(SCHEMA, parse(text))] == []


def test_there_are_queries_to_check() -> None:
    assert len(queries()) == 6


def test_every_scalar_has_a_type_in_typescript() -> None:
    (codegen,) = (block for block in blocks(PAGE, "ts") if block.startswith("// codegen.ts"))
    named = re.search(r"scalars: \{(.*?)\}", codegen, re.DOTALL)
    assert named is not None
    scalars = set(re.findall(r"^scalar (\w+)", (ROOT / "schema/schema.graphql").read_text("utf-8"), re.MULTILINE))

    assert set(re.findall(r"(\w+):", named[1])) == scalars


@pytest.mark.parametrize("call", re.findall(r"(\w+): relayStylePagination\(\[(.*?)\]\)", PAGE.read_text("utf-8")))
def test_every_argument_but_those_of_pages_keeps_lists_apart(call: tuple[str, str]) -> None:
    field, named = call
    assert SCHEMA.query_type is not None
    arguments = SCHEMA.query_type.fields[field].args.keys() - {"first", "last", "after", "before"}

    assert set(re.findall(r'"(\w+)"', named)) in (arguments, arguments - {"asOf"})
    assert field != "states" or "asOf" in named


def test_what_the_page_says_of_tombstones_and_texts_is_so() -> None:
    assert "id" in SCHEMA.type_map["Tombstone"].fields  # type: ignore[attr-defined]
    assert "id" not in SCHEMA.type_map["LocalizedText"].fields  # type: ignore[attr-defined]


def test_the_headers_that_may_be_sent_and_read_are_named() -> None:
    from isu.app import _cors

    cors = _cors(Settings(cors_origins=["https://portal.example"]))
    (sent,) = re.findall(r"Pages\nmay send (.*?);", PAGE.read_text("utf-8"))
    (read,) = re.findall(r"They may read (.*?)\.\n", PAGE.read_text("utf-8"), re.DOTALL)

    assert sorted(re.findall(r"`([\w-]+)`", sent)) == sorted(cors["allow_headers"])
    assert sorted(re.findall(r"`([\w-]+)`", read)) == sorted(cors["expose_headers"])


def test_what_an_account_may_keep_of_exports_is_said() -> None:
    page = PAGE.read_text("utf-8")

    assert f"within {KEPT_FOR.days} days" in page
    assert f"at most {MOST_KEPT} exports are kept, fetched or not, and {MOST_UNDER_WAY} are under way" in page


# ---------- webhooks ----------


def signed(body: bytes, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """As Standard Webhooks 1.0 has it, written apart from the page."""
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(base64.b64decode(secret[6:]), digestmod=hashlib.sha256)
    mac.update(f"msg_1.{stamp}.".encode() + body)
    signature = "v1," + base64.b64encode(mac.digest()).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}


def is_ours(headers: dict[str, str], body: bytes) -> bool:
    names: dict[str, Any] = {}
    (code,) = blocks(PAGE, "python")
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102  the page is ours
    found: bool = names["is_ours"](SECRET, headers, body)
    return found


def test_a_signed_message_is_taken() -> None:
    headers = signed(b'{"type": "document.published"}')
    two = {**headers, "webhook-signature": f"v1,b3RoZXI= {headers['webhook-signature']}"}

    assert is_ours(headers, b'{"type": "document.published"}')
    assert is_ours(two, b'{"type": "document.published"}'), "while the secret is exchanged"


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        # Before: a second after this list is made may be the very one in which the message is signed.
        {"webhook-timestamp": str(int(time.time()) - 1)},
        {"webhook-timestamp": "now"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,é"},
        {
            "webhook-signature": signed(b"{}", secret="whsec_" + base64.b64encode(b"another").decode())[
                "webhook-signature"
            ]
        },
    ],
)
def test_a_message_of_others_is_not(change: dict[str, str]) -> None:
    assert is_ours(signed(b"{}"), b"{}")
    assert not is_ours({**signed(b"{}"), **change}, b"{}")


def test_a_message_that_was_changed_or_is_old_is_not() -> None:
    assert not is_ours(signed(b"{}"), b"{ }")
    assert not is_ours(signed(b"{}", at=time.time() - 301), b"{}")
    assert not is_ours(signed(b"{}", at=time.time() + 310), b"{}")
    assert not is_ours({}, b"{}")


# ---------- the page of the Python client ----------


def test_the_first_lines_with_the_client_run(shared_register_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks(CLIENT_PAGE, "python")
    settings = Settings(database_url=shared_register_url, rate_limit="off")
    assert 'Client("http://127.0.0.1:8000")' in code

    with serving(create_app(settings, today=lambda: TODAY, delivers=False)) as address:
        exec(code.replace("http://127.0.0.1:8000", address), {})  # noqa: S102  the page is ours

    told = capsys.readouterr().out.splitlines()
    assert len(told) == 14
    assert told[0] == f"{TODAY} general_status_and_operation A"


@pytest.mark.parametrize("page", [PAGE, CLIENT_PAGE], ids=lambda page: page.name)
def test_what_the_pages_point_to_is_there(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
