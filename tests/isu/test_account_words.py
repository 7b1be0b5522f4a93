"""`isu account` and `isu key`, and the key that a first start shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from isu import cli
from mandate.account import AccountKind, AccountStatus
from tests.api import serving
from tests.make import ISU

Isu = Callable[..., Result]
TOKEN = re.compile(r"^isu_[0-9a-f-]{36}_[A-Za-z0-9_-]{43}$", re.MULTILINE)


@pytest.fixture
def isu(register_url: str, monkeypatch: pytest.MonkeyPatch) -> Isu:
    monkeypatch.setenv("ISU_DATABASE_URL", register_url)
    monkeypatch.setenv("ISU_PORT", "0")  # any that is free, whoever else serves on this machine
    monkeypatch.setenv("ISU_PROCESSES", "1")  # this one
    # It would log to what the runner takes for standard error, long after that is closed.
    monkeypatch.setattr("isu.log.configure", lambda: None)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    return lambda *words: CliRunner().invoke(cli.app, [str(word) for word in words])


def answer(url: str, token: str) -> dict[str, Any]:
    async def ask() -> Any:
        async with serving(url) as api:
            return await api.as_(token).answer("{ viewer { account { label } scopes } }")

    found: dict[str, Any] = asyncio.run(ask())
    return found


def test_an_account_is_made_gets_a_key_calls_and_is_closed(isu: Isu, register_url: str) -> None:
    account = isu("account", "create", "Berlin", "--party", "STATE:DEU").output.strip()
    issued = isu("key", "issue", account, "--scope", "READ_PUBLIC", "--days", 7)
    token = issued.output.strip()
    called = answer(register_url, token)
    keys = isu("key", "list").output
    closed = isu("account", "suspend", account)

    assert TOKEN.fullmatch(token), issued.output
    assert called["data"]["viewer"] == {"account": {"label": "Berlin"}, "scopes": ["READ_PUBLIC"]}
    assert token.split("_")[1] in keys
    assert token.split("_", 2)[2] not in keys
    assert closed.exit_code == 0
    assert f"{account}\tSTATE:DEU\tSERVICE\tSUSPENDED\t\tBerlin" in isu("account", "list").output
    assert answer(register_url, token)["errors"][0]["extensions"]["code"] == "ACCOUNT_SUSPENDED"


def test_a_key_is_revoked_once(isu: Isu, register_url: str) -> None:
    account = isu("account", "create", "Local").output.strip()
    token = isu("key", "issue", account, "--scope", "WRITE_ISU").output.strip()
    first, second = (isu("key", "revoke", token.split("_")[1]) for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "It is revoked already." in second.output
    assert answer(register_url, token)["errors"][0]["extensions"]["code"] == "CREDENTIAL_REVOKED"


def test_what_can_not_be_done_is_told_in_a_line(isu: Isu) -> None:
    for words, told in (
        (("account", "create", "x", "--party", "STATE:XXX"), "There is no such party."),
        (
            ("account", "create", "x", "--party", "DEU"),
            "A party is written STATE:DEU, ORGANISATION:ICRC or ISU:ISU-CCM.",
        ),
        (
            ("account", "create", "x", "--party", "COUNTRY:DEU"),
            "A party is written STATE:DEU, ORGANISATION:ICRC or ISU:ISU-CCM.",
        ),
        (("account", "create", " "), "label: Must not be empty."),
        (("account", "suspend", "nobody"), "There is no such account."),
        (("key", "issue", "nobody", "--scope", "READ_PUBLIC"), "There is no such account."),
    ):
        refused = isu(*words)
        assert (refused.exit_code, refused.output.strip()) == (1, told)


async def keep(url: str, **account: Any) -> None:
    database = Database(url)
    async with database.writing() as connection:
        row = {"id": new_id(), "kind": AccountKind.SERVICE, "status": AccountStatus.ACTIVE, "party_id": ISU, **account}
        await Unit(connection, Signature(act="test")).keep(db.Account, [row])
    await database.close()


def test_accounts_are_listed_with_the_names_that_they_call_with(isu: Isu) -> None:
    words = ("account", "create", "Anna", "--party", "STATE:DEU", "--kind", "PERSON", "--subject", "anna@idp.example")
    account = isu(*words).output.strip()

    assert f"{account}\tSTATE:DEU\tPERSON\tACTIVE\t\tAnna\tanna@idp.example\t\n" in isu("account", "list").output


def test_an_account_is_one_line_whatever_it_is_called(isu: Isu, register_url: str) -> None:
    forged = "0198\tISU:ISU-CCM\tSERVICE\tACTIVE\tADMIN"
    for end in ("\n", "\u2028", "\x85", "\r"):
        asyncio.run(keep(register_url, label=f"Somebody{end}{forged}"))
        assert isu("account", "create", f"Somebody{end}{forged}").exit_code == 1

    lines = isu("account", "list").output.splitlines()

    assert len(lines) == 4
    assert not any(line.startswith("0198") or "\tADMIN" in line for line in lines)
    assert "\\u000a0198\\u0009ISU:ISU-CCM" in lines[0]


def test_a_first_start_shows_a_key_and_a_second_does_not(isu: Isu, register_url: str) -> None:
    first, second = isu("serve", "--setup"), isu("serve", "--setup")
    (token,) = TOKEN.findall(first.output)

    assert first.exit_code == 0, first.output
    assert "ADMIN" in answer(register_url, token)["data"]["viewer"]["scopes"]
    assert not TOKEN.search(second.output)


def test_without_setup_nobody_gets_a_key(isu: Isu) -> None:
    assert not TOKEN.search(isu("serve").output)
    assert isu("account", "list").output == ""
