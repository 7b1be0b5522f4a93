"""E-mail, through a real server: each recipient gets one message, whatever happens to us in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from isu.outbox import Worker
from isu.settings import Settings
from mandate.actor import Visibility
from mandate.communication import DeliveryOutcome
from mandate.contact import ContactRole
from resolvers.change import verify
from tests.api import TODAY
from tests.institution import Institution
from tests.isu.test_killed import states_without_acts
from tests.mail_server import Running, mail_server
from tests.schema.test_communication import contact, recipients, sent, state, words

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
LONG_AGO = "2020-01-01T00:00:00.000000Z"


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    database = Database(states_url)
    yield Institution(database)
    await database.close()


@pytest.fixture
def server() -> Iterator[Running]:
    with mail_server() as running:
        yield running


def worker(isu: Institution, url: str | None, **settings: Any) -> Worker:
    return Worker(isu.database, Settings(smtp_url=url, mail_from="ISU <isu@ccm.example>", **settings))


async def deliver(isu: Institution, url: str | None, **settings: Any) -> dict[str, int]:
    return dict(await worker(isu, url, **settings).deliver())


async def time_passes(isu: Institution) -> None:
    """All that waits is due, and whoever has a message in hand has had it for too long."""
    async with isu.database.writing() as connection:
        await connection.execute(update(db.Outbox).values(due_at=LONG_AGO))
        await connection.execute(
            update(db.Outbox).where(col(db.Outbox.claimed_by).is_not(None)).values(claimed_until=LONG_AGO)
        )


async def waiting(isu: Institution) -> int:
    async with isu.database.reading() as connection:
        return len((await connection.execute(select(col(db.Outbox.recipient_id)))).all())


async def status(isu: Institution, communication: Any) -> str:
    query = "query ($id: ID!) { node(id: $id) { ... on Communication { status } } }"
    found: str = (await isu.ask(query, id=communication["id"]))["node"]["status"]
    return found


# ---------- one message ----------


async def test_a_message_is_taken_by_the_server_and_the_communication_is_sent(
    isu: Institution, server: Running
) -> None:
    await contact(isu)
    own = (await sent(isu, subject=words("A circular"), body=words("# Dear *all*\n\nSee <b>this</b>.")))[
        "communication"
    ]
    assert await status(isu, own) == "SENDING"

    assert await deliver(isu, server.url) == {"ACCEPTED": 1}

    (one,) = await recipients(isu, own)
    assert (one["status"], [each["outcome"] for each in one["attempts"]]) == ("SENT", ["ACCEPTED"])
    assert one["attempts"][0]["code"] == 250
    assert await status(isu, own) == "SENT"
    ((address, message),) = server.mailbox.messages
    assert address == message["To"] == "mission@deu.example"
    assert (message["Subject"], message["From"]) == ("A circular", "ISU <isu@ccm.example>")
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert own["reference"] in text.get_content()
    assert "<h1>Dear <em>all</em></h1>" in html.get_content()
    assert "&lt;b&gt;this&lt;/b&gt;" in html.get_content()
    assert "/acknowledge/" in text.get_content()


async def test_without_a_mail_server_messages_are_files(isu: Institution, tmp_path: Path) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]

    assert await deliver(isu, None, outbox=tmp_path / "outbox") == {"ACCEPTED": 1}

    (path,) = (tmp_path / "outbox").iterdir()
    assert path.suffix == ".eml"
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "mission@deu.example"
    assert await status(isu, own) == "SENT"


# ---------- who does not get one ----------


async def test_a_hard_bounce_a_soft_one_and_a_good_address_each_end_where_they_should(
    isu: Institution, server: Running
) -> None:
    for code in ("DEU", "FRA", "NOR"):
        await contact(isu, code)
    server.mailbox.refuses["mission@fra.example"] = "550 5.1.1 <mission@fra.example> unknown"
    server.mailbox.refuses["mission@nor.example"] = "451 4.7.1 Later"
    own = (await sent(isu, audience={"include": [state(each) for each in ("DEU", "FRA", "NOR")]}))["communication"]

    assert await deliver(isu, server.url) == {"ACCEPTED": 1, "REFUSED": 1, "PUT_OFF": 1}
    found = {each["party"]["id"]: each for each in await recipients(isu, own)}
    assert [found[state(code)]["status"] for code in ("DEU", "FRA", "NOR")] == ["SENT", "BOUNCED", "QUEUED"]
    assert found[state("FRA")]["attempts"] == [{"outcome": "REFUSED", "code": 550, "text": "5.1.1 <…> unknown"}]
    assert await status(isu, own) == "SENDING"
    assert await deliver(isu, server.url) == {}

    for _ in range(7):
        await time_passes(isu)
        assert await deliver(isu, server.url) == {"PUT_OFF": 1}
    found = {each["party"]["id"]: each for each in await recipients(isu, own)}
    assert found[state("NOR")]["status"] == "FAILED"
    assert [each["code"] for each in found[state("NOR")]["attempts"]] == [451] * 8
    assert await status(isu, own) == "SENT"
    assert await waiting(isu) == 0


async def test_a_soft_bounce_that_is_over_is_a_message_that_comes(isu: Institution, server: Running) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    server.mailbox.refuses_data["mission@deu.example"] = "452 Full"
    assert await deliver(isu, server.url) == {"PUT_OFF": 1}

    server.mailbox.refuses_data.clear()
    await time_passes(isu)
    assert await deliver(isu, server.url) == {"ACCEPTED": 1}

    (one,) = await recipients(isu, own)
    assert [each["outcome"] for each in one["attempts"]] == ["PUT_OFF", "ACCEPTED"]


async def test_a_dead_server_costs_nobody_a_message(isu: Institution, server: Running) -> None:
    for code in ("DEU", "FRA"):
        await contact(isu, code)
    own = (await sent(isu, audience={"include": [state("DEU"), state("FRA")]}))["communication"]

    for _ in range(12):
        await time_passes(isu)
        assert await deliver(isu, "smtp://127.0.0.1:9") == {"UNREACHABLE": 1}
    assert {each["status"] for each in await recipients(isu, own)} == {"QUEUED"}
    assert await waiting(isu) == 2

    await time_passes(isu)
    assert await deliver(isu, server.url) == {"ACCEPTED": 2}
    assert sorted(server.mailbox.addresses) == ["mission@deu.example", "mission@fra.example"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_server_that_does_not_let_us_in_is_no_fault_of_a_recipient(isu: Institution) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    with mail_server(auth_required=True, auth_require_tls=False) as strict:
        assert await deliver(isu, strict.url) == {"UNREACHABLE": 1}
        await time_passes(isu)
        wrong = strict.url.replace("smtp://", "smtp://isu:wrong@")
        assert await deliver(isu, wrong) == {"UNREACHABLE": 1}

    assert [each["status"] for each in await recipients(isu, own)] == ["QUEUED"]


async def test_what_no_server_answered_to_is_sent_again_as_the_same_message(isu: Institution, server: Running) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    server.mailbox.holds_at, server.mailbox.keeps_held = 0, True

    assert await deliver(isu, server.url, outbox_lease=5) == {"UNCONFIRMED": 1}
    server.mailbox.released.set()
    await time_passes(isu)
    assert await deliver(isu, server.url) == {"ACCEPTED": 1}

    first, second = server.mailbox.messages
    assert first[1]["Message-ID"] == second[1]["Message-ID"]
    (one,) = await recipients(isu, own)
    assert [each["outcome"] for each in one["attempts"]] == ["UNCONFIRMED", "ACCEPTED"]


# ---------- five hundred, and the process is killed ----------


async def five_hundred(isu: Institution, number: int = 500) -> Any:
    """A communication to so many States, each with an address of its own."""
    codes = await states_without_acts(isu.database, number)
    kept = [
        {
            "id": new_id(),
            "party_id": f"STATE:{code}",
            "role": ContactRole.CAPITAL,
            "languages": ["en"],
            "emails": [f"{code.lower()}@states.example"],
            "valid_from": TODAY,
            "visibility": Visibility.ISU,
        }
        for code in codes
    ]
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Contact, kept)
    return (await sent(isu, audience={"include": [state(code) for code in codes]}))["communication"]


async def delivering(url: str, server: Running) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "ISU_DATABASE_URL": url,
        "ISU_SMTP_URL": server.url,
        "ISU_MAIL_FROM": "ISU <isu@ccm.example>",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "isu", "deliver", cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )


async def kill_in_the_middle(isu: Institution, url: str, server: Running) -> None:
    process = await delivering(url, server)
    assert await asyncio.to_thread(server.mailbox.held.wait, 60), "nothing was sent"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    server.mailbox.released.set()
    # Another process goes on with all that the dead one had not in hand.
    assert await (await delivering(url, server)).wait() == 0
    await time_passes(isu)
    assert await (await delivering(url, server)).wait() == 0


async def test_500_recipients_get_one_message_each_though_the_process_is_killed_in_the_middle(
    isu: Institution, states_url: str, server: Running
) -> None:
    own = await five_hundred(isu)
    server.mailbox.holds_at = 250

    await kill_in_the_middle(isu, states_url, server)

    assert len(server.mailbox.messages) == len(set(server.mailbox.addresses)) == len(set(server.mailbox.ids)) == 500
    assert await status(isu, own) == "SENT"
    outcomes = await attempts(isu)
    assert outcomes == {DeliveryOutcome.ACCEPTED: 500, DeliveryOutcome.UNCONFIRMED: 1}
    assert (await verify(isu.database)).faults == []


async def test_killed_between_the_servers_answer_and_our_record_of_it_one_message_comes_twice_as_the_same(
    isu: Institution, states_url: str, server: Running
) -> None:
    """The one moment that no sender can close: a mail server that knows the Message-ID drops the second copy."""
    await five_hundred(isu, 20)
    server.mailbox.holds_at, server.mailbox.keeps_held = 10, True

    await kill_in_the_middle(isu, states_url, server)

    counted = Counter(server.mailbox.ids)
    assert sorted(counted.values()) == [1] * 19 + [2]
    assert len(set(server.mailbox.addresses)) == 20
    assert await attempts(isu) == {DeliveryOutcome.ACCEPTED: 20, DeliveryOutcome.UNCONFIRMED: 1}


async def test_several_processes_at_once_send_nothing_twice(isu: Institution, states_url: str, server: Running) -> None:
    own = await five_hundred(isu, 60)

    processes = [await delivering(states_url, server) for _ in range(3)]
    assert [await process.wait() for process in processes] == [0, 0, 0]

    assert len(server.mailbox.messages) == len(set(server.mailbox.ids)) == 60
    assert await status(isu, own) == "SENT"


async def attempts(isu: Institution) -> dict[DeliveryOutcome, int]:
    async with isu.database.reading() as connection:
        return dict(Counter((await connection.execute(select(col(db.DeliveryAttempt.outcome)))).scalars()))
