"""E-mail, through a real server: each recipient gets one message, whatever happens to us in the middle."""

from __future__ import annotations

import asyncio
import pydoc
import smtplib
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from pydantic import SecretStr, ValidationError
from sqlalchemy import select, update
from sqlmodel import col
from structlog.testing import capture_logs
from typer.testing import CliRunner

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from isu import cli
from isu.app import create_app
from isu.mail import message_of
from isu.outbox import Worker
from isu.settings import Settings
from mandate.actor import Visibility
from mandate.communication import DeliveryOutcome
from mandate.contact import ContactRole
from mandate.text import LocalizedText
from resolvers import delivery
from resolvers.change import verify
from resolvers.delivery import Enclosed, Letter, Outcome, acknowledge_by_link
from schema.id import key_of
from tests import process
from tests.api import TODAY
from tests.call import ISU, act, encode_id
from tests.institution import Institution
from tests.isu.test_killed import states_without_acts
from tests.mail_server import Running, mail_server
from tests.schema.test_communication import another, contact, document, recipients, sent, state, upon, words

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
    way = None if url is None else SecretStr(url)
    return Worker(isu.database, Settings(smtp_url=way, mail_from="ISU <isu@ccm.example>", **settings))


async def deliver(isu: Institution, url: str | None, **settings: Any) -> dict[str, int]:
    tally = await worker(isu, url, **settings).deliver()
    return {outcome.value: count for outcome, count in tally.items()}


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


async def test_a_folder_that_takes_nothing_is_tried_again_and_told(
    isu: Institution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = tmp_path / "outbox"
    outbox.touch()
    await contact(isu)
    own = (await sent(isu))["communication"]
    monkeypatch.setenv("ISU_DATABASE_URL", isu.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ISU_OUTBOX", str(outbox))

    told = await asyncio.to_thread(CliRunner().invoke, cli.app, ["deliver"])

    assert told.exit_code == 1
    assert f"{outbox} could not be written: what waits is tried again." in told.output
    (recipient,) = await recipients(isu, own)
    assert recipient["status"] == "QUEUED"
    outbox.unlink()
    await time_passes(isu)
    assert await deliver(isu, None, outbox=outbox) == {"ACCEPTED": 1}


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


@pytest.mark.parametrize("part", ["resolvers.delivery._letter", "isu.outbox.message_of"])
async def test_a_message_that_can_not_be_made_holds_up_no_other_and_comes_to_an_end(
    isu: Institution, server: Running, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    codes = ("DEU", "FRA", "NOR")
    for code in codes:
        await contact(isu, code)
    own = (await sent(isu, audience={"include": [state(each) for each in codes]}))["communication"]
    (bad,) = [each["id"] for each in await recipients(isu, own) if each["party"]["id"] == state("FRA")]
    make = pydoc.locate(part)
    assert callable(make)

    def faulty(*given: Any, **more: Any) -> Any:
        if key_of("Recipient", bad) in (given[-1], getattr(given[0], "recipient", None)):
            raise KeyError("fr")
        return make(*given, **more)

    with monkeypatch.context() as broken:
        broken.setattr(part, faulty)
        with capture_logs() as logs:
            assert await deliver(isu, server.url) == {"ACCEPTED": 2, "PUT_OFF": 1}
        assert await deliver(isu, server.url) == {}
        for _ in range(6):
            await time_passes(isu)
            assert await deliver(isu, server.url) == {"PUT_OFF": 1}
        assert await status(isu, own) == "SENDING"
        await time_passes(isu)
        assert await deliver(isu, server.url) == {"PUT_OFF": 1}

    assert [(each["event"], each["recipient"]) for each in logs] == [("outbox.fault", key_of("Recipient", bad))]
    found = {each["party"]["id"]: each for each in await recipients(isu, own)}
    assert [found[state(code)]["status"] for code in codes] == ["SENT", "FAILED", "SENT"]
    assert [each["text"] for each in found[state("FRA")]["attempts"]] == ["Something went wrong on our side."] * 8
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


class Shut:
    """A way out that is shut so often, and open between and at the end."""

    def __init__(self, *outcomes: DeliveryOutcome) -> None:
        self._outcomes = list(outcomes)
        self.is_open = False
        self.is_done = threading.Event()

    def send(self, _message: EmailMessage, _recipient: str, _address: str) -> Outcome:
        self.is_open = True
        outcome = Outcome(of=self._outcomes.pop(0))
        if not self._outcomes:
            self.is_done.set()
        return outcome

    def close(self) -> None:
        self.is_open = False


async def test_a_server_that_is_away_is_let_be_for_longer_each_time_but_not_for_too_long(
    isu: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And as at first, once it has taken something."""
    monkeypatch.setattr("isu.outbox._FIRST_PAUSE", timedelta(milliseconds=1))
    monkeypatch.setattr("isu.outbox._LONGEST_PAUSE", timedelta(milliseconds=3))
    monkeypatch.setattr("isu.outbox.POLL_SECONDS", 3_600.0)
    own = await with_addresses(isu, 2)
    away, takes = DeliveryOutcome.UNREACHABLE, DeliveryOutcome.ACCEPTED
    way = Shut(away, away, away, away, takes, away, takes)
    sends = worker(isu, None)
    sends._way = way

    with capture_logs() as logged:
        running = asyncio.create_task(sends.run())
        assert await asyncio.to_thread(way.is_done.wait, 60), "it was not tried again"
        await sends.stop(running)

    put_off = [each["again_in"] for each in logged if each["event"] == "outbox.put_off"]
    assert put_off == [str(timedelta(milliseconds=each)) for each in (1, 2, 3, 3, 1)]
    assert await status(isu, own) == "SENT"
    assert not way.is_open


async def test_whatever_goes_wrong_as_it_is_looked_for_what_is_due_it_is_looked_again(
    isu: Institution, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soon, and a database that is away is not told each time, for it tells of itself."""
    monkeypatch.setattr("isu.outbox._FIRST_PAUSE", timedelta(milliseconds=1))
    monkeypatch.setattr("isu.outbox.POLL_SECONDS", 3_600.0)
    await with_addresses(isu, 1)
    server.mailbox.holds_at = 0
    is_any_due, faults = delivery.is_any_due, [ConnectionResetError(), ZeroDivisionError()]

    async def fails(database: Database) -> bool:
        if faults:
            raise faults.pop(0)
        return await is_any_due(database)

    monkeypatch.setattr(delivery, "is_any_due", fails)
    sends = worker(isu, server.url)
    with capture_logs() as logged:
        running = asyncio.create_task(sends.run())
        assert await asyncio.to_thread(server.mailbox.held.wait, 60), "nothing was sent"
        server.mailbox.released.set()
        await sends.stop(running)

    assert [each["event"] for each in logged] == ["outbox.failed"]


async def test_after_a_fault_amid_an_exchange_the_next_message_has_one_of_its_own(
    isu: Institution, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_addresses(isu, 2)
    data, faults = smtplib.SMTP.data, [ZeroDivisionError()]

    def fails(server: smtplib.SMTP, message: Any) -> Any:
        if faults:
            raise faults.pop()
        return data(server, message)

    monkeypatch.setattr(smtplib.SMTP, "data", fails)

    assert await deliver(isu, server.url) == {"PUT_OFF": 1, "ACCEPTED": 1}


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


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_server_that_knows_us_takes_what_we_send(isu: Institution) -> None:
    def knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"isu", b"a b@c"))

    await contact(isu)
    await sent(isu)
    with mail_server(auth_required=True, auth_require_tls=False, authenticator=knows) as strict:
        assert await deliver(isu, strict.url.replace("smtp://", "smtp://isu:a%20b%40c@")) == {"ACCEPTED": 1}


async def test_a_message_names_documents_that_are_public_and_no_others(isu: Institution, server: Running) -> None:
    await contact(isu)
    titles = {Visibility.PUBLIC: "An open paper", Visibility.STATES_PARTIES: "A closed paper"}
    ids = [encode_id("Document", await document(isu, visibility, title)) for visibility, title in titles.items()]
    await sent(isu, documents=ids)

    await deliver(isu, server.url)

    ((_, message),) = server.mailbox.messages
    assert all("An open paper" in part for part in parts(message))
    assert "A closed paper" not in message.as_string()
    assert not any("A closed paper" in part for part in parts(message))


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


async def test_a_correction_does_not_overtake_what_it_corrects(isu: Institution, server: Running) -> None:
    for party in ("DEU", "NOR"):
        await contact(isu, party)
    audience = {"include": [state("DEU"), state("NOR")]}
    own = (await sent(isu, subject=words("Wrong"), audience=audience))["communication"]
    server.mailbox.refuses["mission@deu.example"] = "451 Later"
    assert await deliver(isu, server.url) == {"ACCEPTED": 1, "PUT_OFF": 1}
    server.mailbox.refuses.clear()
    told = {"subject": words("Right"), "body": words("Right")}
    draft = (await isu.done("correctCommunication", **upon(own), **told))["communication"]
    draft = (await (await another(isu)).done("approveCommunication", **upon(draft)))["communication"]
    await isu.done("sendCommunication", **upon(draft))

    assert await deliver(isu, server.url) == {"ACCEPTED": 1}
    await time_passes(isu)
    assert await deliver(isu, server.url) == {"ACCEPTED": 2}

    by_address = {
        name: [m["Subject"] for to, m in server.mailbox.messages if to == name] for name in server.mailbox.addresses
    }
    assert by_address == {f"mission@{each}.example": ["Wrong", "Right"] for each in ("deu", "nor")}


async def test_what_was_confirmed_by_its_link_is_not_sent_again(isu: Institution, server: Running) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    server.mailbox.holds_at, server.mailbox.keeps_held = 0, True
    assert await deliver(isu, server.url, outbox_lease=5) == {"UNCONFIRMED": 1}
    server.mailbox.released.set()
    (one,) = await recipients(isu, own)

    await acknowledge_by_link(isu.database, key_of("Recipient", one["id"]), None)

    await time_passes(isu)
    assert await deliver(isu, server.url) == {}
    assert len(server.mailbox.messages) == 1
    (one,) = await recipients(isu, own)
    assert (one["status"], [each["outcome"] for each in one["attempts"]]) == ("DELIVERED", ["UNCONFIRMED"])
    assert await status(isu, own) == "SENT"


async def test_who_confirms_before_the_server_has_answered_has_the_message(isu: Institution, server: Running) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    server.mailbox.holds_at, server.mailbox.keeps_held = 0, True
    sending = asyncio.create_task(deliver(isu, server.url))
    assert await asyncio.to_thread(server.mailbox.held.wait, 60), "nothing was sent"
    (one,) = await recipients(isu, own)

    await acknowledge_by_link(isu.database, key_of("Recipient", one["id"]), None)

    server.mailbox.released.set()
    assert await sending == {"PUT_OFF": 1}
    (one,) = await recipients(isu, own)
    assert (one["status"], [each["outcome"] for each in one["attempts"]]) == ("DELIVERED", ["PUT_OFF"])
    assert (await status(isu, own), await waiting(isu)) == ("SENT", 0)
    assert (await verify(isu.database)).faults == []


# ---------- many, and the process is killed ----------


async def with_addresses(isu: Institution, number: int) -> Any:
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


def delivering(url: str, server: Running) -> BaseProcess:
    mail = {"ISU_SMTP_URL": server.url, "ISU_MAIL_FROM": "ISU <isu@ccm.example>"}
    return process.isu(["deliver"], {"ISU_DATABASE_URL": url, **mail})


async def kill_in_the_middle(isu: Institution, url: str, server: Running) -> None:
    running = delivering(url, server)
    assert await asyncio.to_thread(server.mailbox.held.wait, 60), "nothing was sent"
    running.kill()
    await asyncio.to_thread(running.join)
    server.mailbox.released.set()
    # Another process, our own, goes on with all that the dead one had not in hand.
    await deliver(isu, server.url)
    await time_passes(isu)
    await deliver(isu, server.url)


@pytest.mark.parametrize("number", [40, pytest.param(500, marks=pytest.mark.soak)])
async def test_recipients_get_one_message_each_though_the_process_is_killed_in_the_middle(
    isu: Institution, states_url: str, server: Running, number: int
) -> None:
    own = await with_addresses(isu, number)
    server.mailbox.holds_at = number // 2

    await kill_in_the_middle(isu, states_url, server)

    assert len(server.mailbox.messages) == len(set(server.mailbox.addresses)) == len(set(server.mailbox.ids)) == number
    assert await status(isu, own) == "SENT"
    outcomes = await attempts(isu)
    assert outcomes == {DeliveryOutcome.ACCEPTED: number, DeliveryOutcome.UNCONFIRMED: 1}
    assert (await verify(isu.database)).faults == []


async def test_killed_between_the_servers_answer_and_our_record_of_it_one_message_comes_twice_as_the_same(
    isu: Institution, states_url: str, server: Running
) -> None:
    """The one moment that no sender can close: a mail server that knows the Message-ID drops the second copy."""
    await with_addresses(isu, 20)
    server.mailbox.holds_at, server.mailbox.keeps_held = 10, True

    await kill_in_the_middle(isu, states_url, server)

    counted = Counter(server.mailbox.ids)
    assert sorted(counted.values()) == [1] * 19 + [2]
    assert len(set(server.mailbox.addresses)) == 20
    assert await attempts(isu) == {DeliveryOutcome.ACCEPTED: 20, DeliveryOutcome.UNCONFIRMED: 1}


async def test_several_processes_at_once_send_nothing_twice(isu: Institution, states_url: str, server: Running) -> None:
    own = await with_addresses(isu, 30)

    several = [delivering(states_url, server) for _ in range(3)]
    for each in several:
        await asyncio.to_thread(each.join)
    assert [each.exitcode for each in several] == [0, 0, 0]

    assert len(server.mailbox.messages) == len(set(server.mailbox.ids)) == 30
    assert await status(isu, own) == "SENT"


async def test_a_worker_that_is_stopped_ends_what_it_has_in_hand_and_leaves_the_others_to_the_next(
    isu: Institution, server: Running
) -> None:
    await with_addresses(isu, 2)
    server.mailbox.holds_at = 0
    stops = worker(isu, server.url)
    running = asyncio.create_task(stops.run())
    assert await asyncio.to_thread(server.mailbox.held.wait, 60), "nothing was sent"
    stopping = asyncio.create_task(stops.stop(running))
    await asyncio.sleep(0)
    server.mailbox.released.set()

    await stopping

    assert not running.cancelled()
    assert (await attempts(isu), await waiting(isu)) == ({DeliveryOutcome.PUT_OFF: 1}, 2)
    assert await deliver(isu, server.url) == {"ACCEPTED": 1}


async def attempts(isu: Institution) -> dict[DeliveryOutcome, int]:
    async with isu.database.reading() as connection:
        return dict(Counter((await connection.execute(select(col(db.DeliveryAttempt.outcome)))).scalars()))


# ---------- what a message looks like ----------


def letter(**given: Any) -> Letter:
    whole: dict[str, Any] = {
        "recipient": "one",
        "address": "mission@deu.example",
        "language": "en",
        "reference": "CCM/ISU/CIRC/2026/1",
        "sent_at": datetime(2026, 1, 15, 12, tzinfo=UTC),
        "subject": "A circular",
        "body": "Some *words*.",
        "documents": (),
        "corrects": None,
    }
    return Letter(**{**whole, **given})


def written(own: Letter, sender: str = "ISU <isu@ccm.example>") -> EmailMessage:
    sent = message_of(own, sender=sender, link="https://isu.example/acknowledge/t").as_bytes()
    parsed = message_from_bytes(sent, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def test_arabic_is_written_from_the_right_and_asked_in_arabic() -> None:
    message = written(letter(language="ar", subject="تعميم عن الذخائر العنقودية", body="قنابل"))
    text, html = parts(message)

    assert message["Subject"] == "تعميم عن الذخائر العنقودية"
    assert message["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl">' in html
    assert "قنابل" in text
    assert "المرجع: CCM/ISU/CIRC/2026/1" in text


@pytest.mark.parametrize("subject", ["A\r\nBcc: x@y.example", "A\nB", "A\n", "A\r", "A\u2028B"])
def test_a_header_can_not_be_added_or_ended_by_a_subject(subject: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        message_of(letter(subject=subject), sender="isu@ccm.example", link="")


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?Agenda=0D=0ABcc:_x@y.example?=",
        "=?utf-8?b?Zm9vCkJjYzogeA==?=",
        "An =?iso-8859-1?q?caf=E9?= and =?utf-8?q??=",
        "États parties à la Convention (Genève) – note verbale à la государств-участников États (Женева, повестка дня)",
        "x" * 250,
        "The Thirteenth Meeting of States Parties, " * 5,
        "اجتماع الدول الأطراف " * 10,
        "集束弹药公约" * 40,
    ],
)
def test_a_subject_arrives_word_for_word(subject: str) -> None:
    message = written(letter(subject=subject))

    assert (message["Subject"], message["Bcc"]) == (subject, None)
    assert max(map(len, message.as_bytes().splitlines())) <= 78


def test_every_attempt_is_the_same_message() -> None:
    one, other = written(letter()), written(letter())

    for name in ("Message-ID", "Date", "From", "To", "Subject"):
        assert one[name] == other[name]
    assert one["Message-ID"] == "<one@ccm.example>"
    assert one["Date"].datetime == datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_a_correction_says_what_it_corrects_and_documents_are_linked() -> None:
    enclosed = [
        Enclosed(symbol="CCM/MSP/2011/WP.4", title=LocalizedText.of("A paper", fr="Un document")),
        Enclosed(symbol=None, title=LocalizedText.of("A <statement>")),
    ]
    message = written(letter(language="fr", corrects=("CCM/ISU/CIRC/2025/9", "before"), documents=enclosed))
    text, html = parts(message)

    assert (message["In-Reply-To"], message["References"]) == ("<before@ccm.example>", "<before@ccm.example>")
    assert "Corrige: CCM/ISU/CIRC/2025/9" in text
    assert "- CCM/MSP/2011/WP.4: Un document https://undocs.org/CCM/MSP/2011/WP.4" in text
    assert '<a href="https://undocs.org/CCM/MSP/2011/WP.4">CCM/MSP/2011/WP.4: Un document</a>' in html
    assert "<li>A &lt;statement&gt;</li>" in html


# ---------- settings, the command line, the server ----------


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "http://mail.example"},
        {"smtp_url": "smtp://"},
        {"smtp_url": "smtp://isu:secret@mail.example"},
        {"smtp_url": "smtp://isu:secret@mail.example:port"},
        {"mail_from": "nobody"},
        {"mail_from": "ISU <@ccm.example>"},
        {"mail_from": "isu..geneva@ccm.example"},
        {"mail_from": "ISU <isu@ccm.example>\r\nBcc: x@y.example"},
        {"outbox_lease": 0},
    ],
)
def test_settings_that_can_not_be_are_refused_and_tell_no_password(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**wrong)

    assert "secret" not in str(refused.value)


def test_credentials_go_where_they_are_encrypted_or_do_not_leave_the_machine() -> None:
    for url in ("smtps://isu:p@mail.example", "smtp+starttls://isu:p@mail.example:587", "smtp://isu:p@127.0.0.1:25"):
        assert "p@" not in repr(Settings(smtp_url=SecretStr(url)))


async def test_isu_deliver_tells_what_it_did(
    isu: Institution, states_url: str, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    monkeypatch.setenv("ISU_DATABASE_URL", states_url)
    monkeypatch.setenv("ISU_MAIL_FROM", "ISU <isu@ccm.example>")

    async def told(url: str) -> tuple[int, str]:
        monkeypatch.setenv("ISU_SMTP_URL", url)
        result = await asyncio.to_thread(CliRunner().invoke, cli.app, ["deliver"])
        return result.exit_code, result.output

    code, output = await told(Running(server.mailbox, 9).url)
    await time_passes(isu)

    assert code == 1
    assert "The mail server could not be reached" in output
    code, output = await told(server.url)
    assert (code, output.split()) == (0, ["ACCEPTED", "1"])
    assert await status(isu, own) == "SENT"


async def test_the_server_delivers_by_itself_and_stops_when_told(
    isu: Institution, states_url: str, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isu.outbox.POLL_SECONDS", 0.02)
    await contact(isu)
    settings = Settings(database_url=states_url, smtp_url=SecretStr(server.url), mail_from="isu@ccm.example")
    app = create_app(settings, today=lambda: TODAY)
    async with app.router.lifespan_context(app):
        own = (await sent(isu))["communication"]
        deadline = time.monotonic() + 60
        while await status(isu, own) != "SENT":
            assert time.monotonic() < deadline, "nothing was delivered"
            await asyncio.sleep(0.05)

    assert server.mailbox.addresses == ["mission@deu.example"]


async def test_an_address_erased_while_its_message_waits_is_not_written_to(isu: Institution, server: Running) -> None:
    own = await contact(isu, fullName="Somebody")
    server.mailbox.refuses["mission@deu.example"] = "451 <mission@deu.example> later"
    first = (await sent(isu))["communication"]
    assert await deliver(isu, server.url) == {"PUT_OFF": 1}
    mutation = "mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { __typename } }"
    erase = {"id": own["person"]["id"], "expectedVersion": own["person"]["version"]}
    assert (await act(isu.database, ISU, mutation, input=erase))["__typename"] == "PersonErased"

    await time_passes(isu)
    assert await deliver(isu, server.url) == {}

    (one,) = await recipients(isu, first)
    assert (one["status"], one["attempts"]) == ("SUPPRESSED", [{"outcome": "PUT_OFF", "code": 451, "text": None}])
    assert (await verify(isu.database)).faults == []
