"""Webhooks as a partner sees them: what comes, in which order, signed by what, and what is never sent."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlmodel import col
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

import db
import isu.webhook
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from isu.dump import export_all, load_all
from isu.receiver import Receivers
from isu.settings import Settings
from isu.webhook import Worker
from mandate.actor import Scope, Visibility
from mandate.day import PartialDate
from mandate.meeting import Formality, MeetingStatus
from mandate.participation import ParticipationRole, ParticipationStatus
from mandate.text import LocalizedText
from resolvers import feed, webhook_delivery
from schema.id import encode_id, key_of
from tests import process
from tests.api import Api, serving
from tests.call import through_the_unit
from tests.conftest import Templates
from tests.make import ISU, another_key, key_for
from tests.receiver import Receiver, Request, receiving, says

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PAYLOAD = "query ($id: ID!) { node(id: $id) { ... on Document { id title { original } visibility } } }"
PROBLEM = "... on Problem { message code } ... on Invalid { fields { path message } }"
FIELDS = "id version label url types status disabledBecause nextAttemptAt scopes"
WEBHOOK = f"webhook {{ {FIELDS} }}"
ACTS = {
    "createWebhook": ("CreateWebhookInput", f"... on WebhookCreated {{ secret {WEBHOOK} }}"),
    "updateWebhook": ("UpdateWebhookInput", f"... on WebhookUpdated {{ {WEBHOOK} }}"),
    "rotateWebhookSecret": ("RotateWebhookSecretInput", f"... on WebhookSecretRotated {{ secret {WEBHOOK} }}"),
    "enableWebhook": ("WebhookInput", f"... on WebhookEnabled {{ {WEBHOOK} }}"),
    "disableWebhook": ("WebhookInput", f"... on WebhookDisabled {{ {WEBHOOK} }}"),
    "deleteWebhook": ("WebhookInput", f"... on WebhookDeleted {{ {WEBHOOK} }}"),
    "testWebhook": ("TestWebhookInput", f"... on WebhookTested {{ messageId {WEBHOOK} }}"),
    "retryDelivery": ("RetryDeliveryInput", f"... on DeliveryRetried {{ messageId {WEBHOOK} }}"),
    "replayWebhook": ("ReplayWebhookInput", f"... on WebhookReplayed {{ {WEBHOOK} }}"),
}
LISTED = f"""query ($account: ID) {{ viewer {{ webhooks(account: $account) {{ {FIELDS}
  deliveries(first: 100) {{ totalCount nodes {{ messageId type subjectId status finishedAt
    attempts {{ statusCode error milliseconds }} }} }} }} }} }}"""
LATEST = "{ serviceStatus { latestCursor } }"


@dataclass(slots=True)
class Clock:
    """It stands, a minute from now: what is written meanwhile is never of later, however long that takes."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return max(self.at, datetime.now(UTC))

    def pass_(self, **time: float) -> None:
        self.at = self() + timedelta(**time)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """Somebody with a webhook to be, and the worker that serves it."""

    api: Api
    receiver: Receiver
    clock: Clock

    def worker(self, **options: Any) -> Worker:
        settings = Settings(webhook_http=True, webhook_lease=60)
        given = {"now": self.clock, "receivers": Receivers(local=True), "chance": lambda: 0.0, **options}
        return Worker(self.api.database, settings, **given)

    async def deliver(self, **options: Any) -> int:
        return await self.worker(**options).deliver()

    async def act(self, name: str, **given: Any) -> Any:
        type_, below = ACTS[name]
        mutation = f"mutation ($input: {type_}!) {{ {name}(input: $input) {{ __typename {PROBLEM} {below} }} }}"
        return (await self.api(mutation, input=given))[name]

    async def upon(self, name: str, webhook: Any, **given: Any) -> Any:
        """An act upon a webhook as it is now."""
        (now,) = [each for each in await self.webhooks() if each["id"] == webhook["id"]]
        return await self.act(name, id=webhook["id"], expectedVersion=now["version"], **given)

    async def create(self, **given: Any) -> Any:
        whole = {"label": "Portal", "url": self.receiver.url, "document": PAYLOAD, "types": ["DOCUMENT"], **given}
        made = await self.act("createWebhook", **whole)
        assert made["__typename"] == "WebhookCreated", made
        return made

    async def webhooks(self, **variables: Any) -> list[Any]:
        found: list[Any] = (await self.api(LISTED, **variables))["viewer"]["webhooks"]
        return found

    async def document(self, visibility: Visibility = Visibility.PUBLIC, title: str = "A paper") -> str:
        """The id of a new one."""
        key = new_id()
        row = {"id": key, "title": LocalizedText.of(title), "kind_code": "working_paper", "visibility": visibility}
        async with self.api.database.writing() as connection:
            await Unit(connection, Signature(act="test")).keep(db.Document, [row])
        return encode_id("Document", key)

    async def documents(self, number: int) -> list[str]:
        return [await self.document() for _ in range(number)]


@pytest.fixture
async def partner(states_url: str) -> AsyncIterator[Partner]:
    """Germany's."""
    async with serving(states_url, settings={"webhook_http": True}) as api, receiving() as receiver:
        token = await key_for(api.database, "STATE:DEU")
        yield Partner(api=api.as_(token), receiver=receiver, clock=Clock())


def subjects(requests: Sequence[Request]) -> list[str]:
    return [each.content["change"]["subjectId"] for each in requests]


# ---------- what comes ----------


async def test_what_changes_comes_signed_in_order_and_in_the_partners_own_words(partner: Partner) -> None:
    await partner.document(title="Before")
    made = await partner.create()
    first, second = await partner.document(title="One"), await partner.document(title="Two")
    await partner.document(Visibility.ISU)

    await partner.deliver()

    one, two = partner.receiver.got
    verified = Verifier(made["secret"]).verify(one.body, one.headers)
    assert one.path == "/hook?of=test"
    assert one.headers["content-type"] == "application/json"
    assert verified["type"] == "document.created"
    assert verified["data"] == {
        "node": {"id": first, "title": {"original": "en"}, "visibility": "PUBLIC"},
    }
    change = verified["change"]
    assert (change["kind"], change["subjectType"], change["subjectId"]) == ("CREATED", "DOCUMENT", first)
    assert change["tombstone"] is None
    assert subjects([two]) == [second]
    (webhook,) = await partner.webhooks()
    assert [each["status"] for each in webhook["deliveries"]["nodes"]] == ["DELIVERED", "DELIVERED"]
    assert [each["messageId"] for each in webhook["deliveries"]["nodes"]] == [two.id, one.id]
    (attempt,) = webhook["deliveries"]["nodes"][0]["attempts"]
    assert (attempt["statusCode"], attempt["error"]) == (204, None)
    assert await partner.deliver() == 0


async def test_a_partner_goes_on_from_the_cursor_of_a_message(partner: Partner) -> None:
    await partner.create()
    _, second = await partner.documents(2)
    await partner.deliver()

    after = partner.receiver.got[0].content["change"]["cursor"]

    changes = "query ($after: String) { changes(after: $after, types: [DOCUMENT]) { nodes { subjectId } } }"
    assert (await partner.api(changes, after=after))["changes"]["nodes"] == [{"subjectId": second}]


async def test_a_webhook_may_begin_after_a_place_of_the_feed(partner: Partner) -> None:
    cursor = (await partner.api(LATEST))["serviceStatus"]["latestCursor"]
    before = await partner.document()

    await partner.create(after=cursor)
    await partner.deliver()

    assert subjects(partner.receiver.got) == [before]


async def test_variables_are_given_with_each_message_beside_the_partners_own(partner: Partner) -> None:
    document = """query ($id: ID!, $cursor: String, $subjectType: ChangeSubject!, $code: String!) {
      node(id: $id) { id } organisation(code: $code) { code } changes(types: [$subjectType], after: $cursor) {
        nodes { subjectType } } rateLimit { limit } }"""
    await partner.create(document=document, variables={"code": "ICRC"})
    id_ = await partner.document()

    await partner.deliver()

    (request,) = partner.receiver.got
    assert "errors" not in request.content
    assert request.content["data"]["node"] == {"id": id_}
    assert request.content["data"]["organisation"] == {"code": "ICRC"}
    assert request.content["data"]["rateLimit"] == {"limit": 1000}


# ---------- what is not sent ----------


async def test_who_sees_less_by_the_time_it_is_sent_is_told_that_it_is_gone(partner: Partner) -> None:
    await partner.create()
    id_ = await partner.document(Visibility.STATES_PARTIES, title="A secret of States Parties")
    partner.receiver.behave = says("500 Oh")
    await partner.deliver()
    await through_the_unit(
        partner.api.database, db.Document, ((key_of("Document", id_),), {"visibility": Visibility.ISU})
    )
    partner.receiver.behave = says("204 No Content")
    partner.clock.pass_(seconds=5)

    await partner.deliver()

    before, *since = partner.receiver.got
    assert before.content["type"] == "document.created"
    assert before.content["data"]["node"]["id"] == id_
    # Once under the id of what happened, and once for the loss itself.
    assert [each.content["type"] for each in since] == ["document.visibility_lost"] * 2
    assert since[0].id == before.id
    assert {each.content["data"]["node"] for each in since} == {None}
    tombstone = since[0].content["change"]["tombstone"]
    assert (tombstone["id"], tombstone["reason"]) == (id_, "VISIBILITY_LOST")
    assert since[0].content["change"]["changedFields"] == []


async def test_who_comes_to_see_less_is_told_of_what_did_not_change(partner: Partner) -> None:
    meeting, database = "13MSP", partner.api.database
    somebody, registered, paper = new_id(), new_id(), new_id()
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        public = {"visibility": Visibility.PUBLIC}
        named = {"code": meeting, "kind_code": "meeting_of_states_parties", "title": LocalizedText.of("A meeting")}
        day = PartialDate.of(date(2025, 9, 16))
        planned = {"formality": Formality.FORMAL, "status": MeetingStatus.CONFIRMED, "symbol_prefixes": []}
        await unit.keep(db.Meeting, [{**named, **planned, **public, "starts_on": day, "ends_on": day}])
        await unit.keep(db.Person, [{**public, "id": somebody, "full_name": "Somebody"}])
        taking_part = {"id": registered, "meeting_code": meeting, "party_id": "STATE:DEU", "person_id": somebody}
        as_what = {"role": ParticipationRole.ADVISER, "registered_on": day.earliest}
        await unit.keep(db.Participation, [{**taking_part, **as_what, **public}])
        row = {"id": paper, "title": LocalizedText.of("For participants"), "kind_code": "working_paper"}
        for_them = {"meeting_code": meeting, "visibility": Visibility.PARTICIPANTS}
        await unit.keep(db.Document, [{**row, **for_them}])
    await partner.create()
    revoked = {"status": ParticipationStatus.REVOKED}
    await through_the_unit(database, db.Participation, ((registered,), revoked))

    await partner.deliver()

    (request,) = partner.receiver.got
    assert request.content["type"] == "document.visibility_lost"
    assert request.content["change"]["tombstone"]["id"] == encode_id("Document", paper)
    assert request.content["data"] == {"node": None}


async def test_what_was_hidden_before_it_was_ever_sent_is_never_sent(partner: Partner) -> None:
    await partner.create()
    id_ = await partner.document(Visibility.STATES_PARTIES, title="A secret")
    await through_the_unit(
        partner.api.database, db.Document, ((key_of("Document", id_),), {"visibility": Visibility.ISU})
    )

    await partner.deliver()

    assert {each.content["data"]["node"] for each in partner.receiver.got} == {None}
    assert all("A secret" not in each.body.decode() for each in partner.receiver.got)


async def test_a_payload_that_asks_for_what_the_partner_may_not_see_has_null_in_it(partner: Partner) -> None:
    hidden = await partner.document(Visibility.ISU)
    await partner.create(
        document="query ($id: ID!, $other: ID!) { node(id: $id) { id } other: node(id: $other) { id } }",
        variables={"other": hidden},
    )
    shown = await partner.document()

    await partner.deliver()

    (request,) = partner.receiver.got
    assert request.content["data"] == {"node": {"id": shown}, "other": None}


async def test_a_webhook_sees_no_more_than_the_key_that_made_it(partner: Partner) -> None:
    token = await key_for(partner.api.database, "STATE:DEU", scopes=[Scope.READ_PUBLIC])
    narrow = Partner(api=partner.api.as_(token), receiver=partner.receiver, clock=partner.clock)
    made = await narrow.create()
    await partner.document(Visibility.STATES_PARTIES)
    public = await partner.document()

    await partner.deliver()

    assert made["webhook"]["scopes"] == ["READ_PUBLIC"]
    assert subjects(partner.receiver.got) == [public]


@pytest.mark.parametrize(("column", "what"), [("revoked_at", "was revoked"), ("expires_at", "has expired")])
async def test_a_webhook_ends_with_the_key_by_which_it_is_held(partner: Partner, column: str, what: str) -> None:
    made = await partner.create()
    await partner.document()
    await _end_key(partner, column)

    await partner.deliver()

    assert partner.receiver.got == []
    async with partner.api.database.reading() as connection:
        (row,) = await connection.execute(select(col(db.Webhook.status), col(db.Webhook.disabled_because)))
    assert (row.status, row.disabled_because) == (
        "DISABLED",
        f"The key by which it was held {what}: enable it with another.",
    )
    # Another key of the same account takes it up, and nothing is lost.
    again = await _by_another_key(partner)
    assert (await again.upon("enableWebhook", made["webhook"]))["webhook"]["status"] == "ENABLED"
    await partner.deliver()
    assert len(partner.receiver.got) == 1


async def test_who_changes_a_webhook_holds_it_from_then_on_by_their_key(partner: Partner) -> None:
    made = await partner.create()
    again = await _by_another_key(partner)
    await again.upon("updateWebhook", made["webhook"], label="Another")
    await _end_key(partner, "revoked_at")
    id_ = await partner.document()

    await partner.deliver()

    assert subjects(partner.receiver.got) == [id_]


async def _by_another_key(partner: Partner) -> Partner:
    token = await another_key(partner.api.database, partner.api.token)
    return replace(partner, api=partner.api.as_(token))


async def _end_key(partner: Partner, column: str) -> None:
    """That of the partner, long ago."""
    key = partner.api.token.split("_")[1]
    await through_the_unit(partner.api.database, db.ApiKey, ((key,), {column: "2020-01-01T00:00:00.000000Z"}))


async def _account_of(partner: Partner, made: Any) -> Any:
    table = db.Webhook.__table__  # type: ignore[attr-defined]
    async with partner.api.database.reading() as connection:
        found = await connection.execute(select(table).where(table.c.id == key_of("Webhook", made["webhook"]["id"])))
        return found.mappings().one()


# ---------- receivers that fail ----------


async def test_a_message_that_fails_is_tried_by_the_schedule_holds_up_the_others_and_is_given_up(
    partner: Partner,
) -> None:
    await partner.create()
    await partner.documents(2)
    partner.receiver.behave = says("503 Busy")
    waits = [0, 5, 300, 1800, 7200, 18000, 36000, 36000]

    for number, wait in enumerate(waits, start=1):
        partner.clock.pass_(seconds=max(0, wait - 1))
        assert number == 1 or await partner.deliver() == 0, "before its time"
        partner.clock.pass_(seconds=1)
        partner.receiver.behave = says("204 No Content") if number == 9 else says("503 Busy")
        attempts = await partner.deliver()
        # With the last attempt of the first, the second is due.
        assert attempts == 1 if number < len(waits) else attempts == 2

    first, second = partner.receiver.ids[0], partner.receiver.ids[-1]
    assert partner.receiver.ids == [first] * 8 + [second]
    (webhook,) = await partner.webhooks()
    waiting, dead = webhook["deliveries"]["nodes"]
    assert (dead["messageId"], dead["status"], len(dead["attempts"])) == (first, "DEAD_LETTER", 8)
    assert dead["attempts"][0] | {"milliseconds": 0} == {
        "statusCode": 503,
        "error": "It answered 503.",
        "milliseconds": 0,
    }
    assert (waiting["messageId"], waiting["status"]) == (second, "PENDING")
    assert webhook["nextAttemptAt"] is not None


async def test_a_webhook_is_disabled_after_five_dead_letters_in_a_row_and_its_holder_sees_why(
    partner: Partner,
) -> None:
    made = await partner.create()
    await partner.documents(6)
    partner.receiver.behave = says("500 Oh")

    for _ in range(50):
        partner.clock.pass_(hours=10)
        await partner.deliver()

    (webhook,) = await partner.webhooks()
    assert webhook["status"] == "DISABLED"
    assert webhook["disabledBecause"] == "5 messages in a row were never received; last: It answered 500."
    assert Counter(each["status"] for each in webhook["deliveries"]["nodes"]) == {"DEAD_LETTER": 5, "PENDING": 1}
    assert webhook["nextAttemptAt"] is None
    assert len(partner.receiver.got) == 40
    # It begins anew: one more is not the sixth in a row.
    await partner.upon("enableWebhook", made["webhook"])
    for _ in range(8):
        partner.clock.pass_(hours=10)
        await partner.deliver()
    (webhook,) = await partner.webhooks()
    assert webhook["status"] == "ENABLED"
    assert Counter(each["status"] for each in webhook["deliveries"]["nodes"]) == {"DEAD_LETTER": 6}
    partner.receiver.behave = says("200 OK")
    await partner.document()
    await partner.deliver()
    assert len(partner.receiver.got) == 49


async def test_five_dead_letters_that_are_not_in_a_row_disable_no_webhook(partner: Partner) -> None:
    await partner.create()
    for answer, documents in (("500 Oh", 4), ("200 OK", 1), ("500 Oh", 1)):
        partner.receiver.behave = says(answer)
        await partner.documents(documents)
        for _ in range(8 * documents):
            partner.clock.pass_(hours=10)
            await partner.deliver()

    (webhook,) = await partner.webhooks()
    assert Counter(each["status"] for each in webhook["deliveries"]["nodes"]) == {"DEAD_LETTER": 5, "DELIVERED": 1}
    assert webhook["status"] == "ENABLED"


async def test_a_receiver_that_is_gone_disables_its_webhook(partner: Partner) -> None:
    await partner.create()
    await partner.documents(2)
    partner.receiver.behave = says("410 Gone")

    await partner.deliver()
    partner.clock.pass_(days=1)
    await partner.deliver()

    assert len(partner.receiver.got) == 1
    (webhook,) = await partner.webhooks()
    assert (webhook["status"], webhook["disabledBecause"]) == ("DISABLED", "The receiver said that it is gone (410).")


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        ("1", 5),
        ("99999999", 36_000),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 5),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 5),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 5),
        ("nonsense", 5),
    ],
)
async def test_a_receiver_may_ask_for_time_within_bounds(partner: Partner, asked: str, seconds: int) -> None:
    await partner.create()
    await partner.document()
    partner.receiver.behave = says("429 Too Many Requests", f"Retry-After: {asked}")
    await partner.deliver()

    partner.clock.pass_(seconds=seconds - 2)
    too_early = await partner.deliver()
    partner.clock.pass_(seconds=2)
    in_time = await partner.deliver()

    assert (too_early, in_time) == (0, 1)


async def hangs(_request: Request, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drips_headers(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def resets(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def talks_nonsense(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.org ESMTP\r\n")


async def is_endless(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
    for _ in range(1024):
        writer.write(bytes(65_536))
        await writer.drain()


@pytest.mark.parametrize("behave", [hangs, drips, drips_headers])
async def test_a_receiver_that_takes_too_long_is_cut_off_and_tried_again(partner: Partner, behave: Any) -> None:
    await partner.create()
    await partner.document()
    partner.receiver.behave = behave

    await partner.deliver(receivers=Receivers(local=True, seconds=0.2))

    (webhook,) = await partner.webhooks()
    (delivery,) = webhook["deliveries"]["nodes"]
    assert delivery["status"] == "PENDING"
    assert [each["error"] for each in delivery["attempts"]] == ["There was no whole answer within 0.2 seconds."]


@pytest.mark.parametrize("behave", [resets, talks_nonsense])
async def test_a_receiver_that_breaks_off_is_tried_again(partner: Partner, behave: Any) -> None:
    await partner.create()
    await partner.document()
    partner.receiver.behave = behave

    await partner.deliver()

    (webhook,) = await partner.webhooks()
    (delivery,) = webhook["deliveries"]["nodes"]
    assert delivery["status"] == "PENDING"
    assert delivery["attempts"][0]["error"].startswith("The connection failed: ")


async def test_a_fault_of_ours_as_it_is_sent_is_on_record_and_holds_up_nobody_for_good(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def post(*_: Any) -> Any:
        raise RuntimeError

    await partner.create()
    await partner.document()
    with monkeypatch.context() as patch:
        patch.setattr(Receivers, "post", post)
        await partner.deliver()
    (webhook,) = await partner.webhooks()
    partner.clock.pass_(seconds=5)
    await partner.deliver()

    (delivery,) = webhook["deliveries"]["nodes"]
    assert delivery["status"] == "PENDING"
    assert [each["error"] for each in delivery["attempts"]] == ["Something went wrong on our side."]
    assert len(partner.receiver.got) == 1


async def test_no_more_is_read_of_an_answer_than_a_receiver_has_to_say(partner: Partner) -> None:
    await partner.create()
    await partner.document()
    partner.receiver.behave = is_endless

    await partner.deliver()

    (webhook,) = await partner.webhooks()
    assert webhook["deliveries"]["nodes"][0]["status"] == "DELIVERED"


async def test_a_redirect_leads_nowhere(partner: Partner) -> None:
    async with receiving() as other:
        await partner.create()
        await partner.document()
        partner.receiver.behave = says("307 Temporary Redirect", f"Location: {other.url}")

        await partner.deliver()

        (webhook,) = await partner.webhooks()
        error = webhook["deliveries"]["nodes"][0]["attempts"][0]["error"]
        assert other.got == []
        assert error == "It answered 307. Redirects are not followed."


async def test_a_receiver_that_hangs_holds_up_nobody_elses(partner: Partner) -> None:
    elsewhere = asyncio.Event()

    async def waits(request: Request, writer: asyncio.StreamWriter) -> None:
        await elsewhere.wait()
        await says("204 No Content")(request, writer)

    async def receives(request: Request, writer: asyncio.StreamWriter) -> None:
        elsewhere.set()
        await says("204 No Content")(request, writer)

    async with receiving() as other:
        await partner.create()
        await partner.create(url=other.url)
        partner.receiver.behave, other.behave = waits, receives
        id_ = await partner.document()

        await partner.deliver()

        # Who answers only once the other has it got it at the first attempt: no time-out came between.
        assert subjects(other.got) == subjects(partner.receiver.got) == [id_]
        assert [each["deliveries"]["nodes"][0]["status"] for each in await partner.webhooks()] == ["DELIVERED"] * 2


async def test_a_receiver_that_hangs_keeps_no_worker_from_what_comes_later(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, came, idle = asyncio.Event(), asyncio.Event(), asyncio.Event()
    due = webhook_delivery.due

    async def due_or_idle(*given: Any) -> int:
        number = await due(*given)
        if number == 0:
            idle.set()
        return number

    async def waits(request: Request, writer: asyncio.StreamWriter) -> None:
        await goes_on.wait()
        await says("204 No Content")(request, writer)

    async def receives(request: Request, writer: asyncio.StreamWriter) -> None:
        await says("204 No Content")(request, writer)
        came.set()

    monkeypatch.setattr(webhook_delivery, "due", due_or_idle)
    monkeypatch.setattr(isu.webhook, "POLL_SECONDS", 0.02)
    partner.receiver.behave = waits
    await partner.create()
    async with receiving() as other:
        other.behave = receives
        await partner.create(url=other.url)
        worker = partner.worker()
        running = asyncio.create_task(worker.run())
        happened = []
        for _ in range(2):
            happened.append(await partner.document())
            await asyncio.wait_for(came.wait(), 60)
            came.clear()
            idle.clear()
            # So that the next finds all that is not held up at rest.
            await asyncio.wait_for(idle.wait(), 60)
        held_up = len(partner.receiver.got)
        goes_on.set()
        await worker.stop(running)

        assert subjects(other.got) == happened
    assert held_up <= 1


# ---------- kills ----------


async def test_with_a_receiver_down_half_of_the_time_and_a_worker_killed_twenty_times_all_of_it_comes_in_order(
    partner: Partner,
) -> None:
    chances = random.Random(20101108)  # noqa: S311  any other would do
    made = await partner.create()
    accepted: list[Request] = []
    refused: Counter[str] = Counter()
    # Whoever receives takes a new secret a while after it was made.
    known = fresh = made["secret"]
    steps, deaths = 0, 0
    killed: asyncio.Task[int]

    def step(*_: Any) -> None:
        """Of the worker: a statement, or what a receiver does. With one of them its time has come."""
        nonlocal steps, deaths
        steps -= 1
        if steps == 0:
            deaths += killed.cancel()

    async def half(request: Request, writer: asyncio.StreamWriter) -> None:
        step()
        # Half of the time, and never so often that a message is given up.
        if chances.random() < 0.5 and refused[request.id] < 7:
            refused[request.id] += 1
            await says("503 Busy")(request, writer)
        else:
            assert signature_by(known, request) in request.headers["webhook-signature"].split()
            accepted.append(request)
            # Its death may be that it never reads this.
            await says("204 No Content")(request, writer)
        step()

    partner.receiver.behave = half
    happened: list[str] = []
    with each_statement(partner.api.database, step):
        for number in range(20):
            steps = 0
            happened += await partner.documents(2)
            partner.clock.pass_(hours=1)
            # Cancelled, it writes nothing more: another finds what it left, as after a kill.
            steps, killed = chances.randrange(1, 60), asyncio.create_task(partner.deliver())
            await asyncio.gather(killed, return_exceptions=True)
            steps = 0
            known = fresh
            if number in (3, 9, 12):
                fresh = (await partner.upon("rotateWebhookSecret", made["webhook"]))["secret"]
        known = fresh
        for _ in range(100):
            partner.clock.pass_(hours=3)
            await partner.deliver()
            if {each.id for each in accepted} == set(partner.receiver.ids) and len(accepted) >= len(happened):
                break

    ids: dict[str, set[str]] = {}
    for request, subject in zip(partner.receiver.got, subjects(partner.receiver.got), strict=True):
        ids.setdefault(subject, set()).add(request.id)
    # One stable id for each, all of them there, and each for the first time after those before it.
    assert deaths >= 10
    assert set(ids) == set(happened)
    assert all(len(each) == 1 for each in ids.values())
    assert len({next(iter(each)) for each in ids.values()}) == len(happened)
    assert list(dict.fromkeys(subjects(accepted))) == happened
    (webhook,) = await partner.webhooks()
    assert {each["status"] for each in webhook["deliveries"]["nodes"]} == {"DELIVERED"}


@contextmanager
def each_statement(database: Database, note: Callable[..., None]) -> Iterator[None]:
    engines = (database.reader.sync_engine, database._writer.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def test_a_worker_that_is_killed_with_a_message_on_its_way_leaves_it_to_the_next(
    partner: Partner, states_url: str
) -> None:
    await partner.create()
    id_ = await partner.document()
    came = asyncio.Event()

    async def hangs_then(_request: Request, _writer: asyncio.StreamWriter) -> None:
        came.set()
        await asyncio.Event().wait()

    partner.receiver.behave = hangs_then
    worker = process.isu(["worker"], {"ISU_DATABASE_URL": states_url, "ISU_WEBHOOK_HTTP": "1"})
    try:
        await asyncio.wait_for(came.wait(), 60)
    finally:
        worker.kill()
        await asyncio.to_thread(worker.join)
    # As if its time were over.
    async with partner.api.database.writing() as connection:
        await connection.execute(update(db.WebhookQueue).values(claimed_until="2026-01-01T00:00:00.000000Z"))
    partner.receiver.behave = says("204 No Content")
    await partner.deliver()

    assert subjects(partner.receiver.got) == [id_, id_]
    assert len(set(partner.receiver.ids)) == 1
    (webhook,) = await partner.webhooks()
    (delivery,) = webhook["deliveries"]["nodes"]
    # Of the attempt that was cut off, nobody is left to tell.
    assert (delivery["status"], len(delivery["attempts"])) == ("DELIVERED", 1)


async def test_who_has_lost_a_webhook_to_another_neither_lets_go_of_it_nor_ends_it(partner: Partner) -> None:
    await partner.create()
    await partner.document()
    database, now = partner.api.database, partner.clock()
    lost = await webhook_delivery.take(database, "a", now, timedelta(0))
    its = await webhook_delivery.take(database, "b", now, timedelta(minutes=1))
    assert lost is not None
    assert its == lost

    await webhook_delivery.free(database, "a", lost.webhook)
    await webhook_delivery.end(database, "a", lost.webhook, "Nobody holds it.")

    assert await webhook_delivery.take(database, "c", now, timedelta(minutes=1)) is None
    assert [each["status"] for each in await partner.webhooks()] == ["ENABLED"]


async def test_two_workers_send_nothing_twice(partner: Partner) -> None:
    await partner.create()
    happened = await partner.documents(30)

    await asyncio.gather(partner.deliver(), partner.deliver(), partner.deliver())
    await partner.deliver()

    assert subjects(partner.receiver.got) == happened


# ---------- secrets ----------


def signature_by(secret: str, request: Request) -> str:
    """Whenever it was made."""
    moment = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    return Verifier(secret).sign(request.id, moment, request.body.decode())


def is_signed_by(request: Request, secret: str) -> bool:
    try:
        Verifier(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


async def test_for_a_day_after_a_rotation_both_secrets_hold(partner: Partner) -> None:
    made = await partner.create()
    rotated = await partner.upon("rotateWebhookSecret", made["webhook"])
    again = await partner.upon("rotateWebhookSecret", made["webhook"])
    secrets = [made["secret"], rotated["secret"], again["secret"]]
    await partner.document()
    await partner.deliver()
    (request,) = partner.receiver.got

    assert len(set(secrets)) == 3
    assert [is_signed_by(request, each) for each in secrets] == [True, True, True]

    partner.clock.pass_(hours=25)
    await partner.document()
    await partner.deliver()
    later = partner.receiver.got[-1]
    assert later.headers["webhook-signature"].split() == [signature_by(secrets[-1], later)]


async def test_a_secret_that_others_know_ends_at_once(partner: Partner) -> None:
    made = await partner.create()
    rotated = await partner.upon("rotateWebhookSecret", made["webhook"], atOnce=True)
    await partner.document()

    await partner.deliver()

    (request,) = partner.receiver.got
    assert [is_signed_by(request, each) for each in (made["secret"], rotated["secret"])] == [False, True]


async def test_five_secrets_are_good_at_one_time_and_no_more(partner: Partner) -> None:
    made = await partner.create()

    came_to = [(await partner.upon("rotateWebhookSecret", made["webhook"]))["__typename"] for _ in range(5)]

    assert came_to == ["WebhookSecretRotated"] * 4 + ["Conflict"]


async def test_a_secret_is_kept_nowhere(partner: Partner) -> None:
    made = await partner.create()
    secret = made["secret"].removeprefix("whsec_")

    async with partner.api.database.reading() as connection:
        for table in db.Webhook.metadata.sorted_tables:
            rows = (await connection.execute(select(table))).all()
            assert secret not in repr(rows), table.name


async def test_who_repeats_a_request_is_told_that_the_secret_was_shown(partner: Partner) -> None:
    mutation = """mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) {
      ... on WebhookCreated { secret webhook { id } } } }"""
    given = {"label": "Portal", "url": partner.receiver.url, "document": PAYLOAD}
    body = {"query": mutation, "variables": {"input": given}}
    headers = {**partner.api._headers, "Idempotency-Key": "1"}

    first = (await partner.api.http.post("/graphql", json=body, headers=headers)).json()
    second = (await partner.api.http.post("/graphql", json=body, headers=headers)).json()

    (error,) = second["errors"]
    assert error["extensions"] == {
        "code": "SECRET_WAS_SHOWN",
        "ids": [first["data"]["createWebhook"]["webhook"]["id"]],
    }


# ---------- the holder's acts ----------


async def test_a_test_is_sent_once_also_where_the_webhook_is_disabled(partner: Partner) -> None:
    made = await partner.create(document="query ($id: ID!) { node(id: $id) { __typename } }")
    await partner.upon("disableWebhook", made["webhook"])
    await partner.document()
    tested = await partner.act("testWebhook", id=made["webhook"]["id"])
    partner.receiver.behave = says("500 Oh")

    await partner.deliver()
    partner.clock.pass_(days=1)
    await partner.deliver()

    (request,) = partner.receiver.got
    assert request.id == tested["messageId"]
    assert (request.content["type"], request.content["data"]) == (
        "webhook.test",
        {"node": {"__typename": "Convention"}},
    )
    (webhook,) = await partner.webhooks()
    (delivery,) = webhook["deliveries"]["nodes"]
    assert (delivery["type"], delivery["status"]) == ("webhook.test", "DEAD_LETTER")


async def test_five_messages_wait_apart_and_no_more_and_others_have_their_turn_between(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isu.webhook, "LANES", 1)
    one = await partner.create(types=["STATE"])
    await partner.create()
    of = {"id": one["webhook"]["id"]}
    tested = [await partner.act("testWebhook", **of) for _ in range(5)]
    refused = await partner.act("testWebhook", **of)
    await partner.document()
    await partner.deliver()
    for _ in range(5):
        await partner.act("testWebhook", **of)
    again = await partner.act("retryDelivery", **of, messageId=tested[0]["messageId"])
    await partner.deliver()

    types = [each.content["type"] for each in partner.receiver.got]
    assert sorted(types) == ["document.created", *["webhook.test"] * 10]
    assert types[:5].count("webhook.test") == 4
    assert types.index("document.created") <= 1
    assert partner.receiver.ids[0] == tested[0]["messageId"]
    for each in (refused, again):
        assert (each["__typename"], each["code"], each["message"]) == (
            "Conflict",
            "ILLEGAL_TRANSITION",
            "5 messages wait already to be sent outside of the order: wait for one of them.",
        )


async def test_what_is_asked_for_apart_comes_before_what_is_due_in_order(partner: Partner) -> None:
    made = await partner.create()
    await partner.document()
    partner.receiver.behave = says("500 Oh")
    await partner.deliver()
    (first,) = partner.receiver.ids
    tested = await partner.act("testWebhook", id=made["webhook"]["id"])
    await partner.act("retryDelivery", id=made["webhook"]["id"], messageId=first)
    partner.receiver.behave = says("204 No Content")

    await partner.deliver()

    assert partner.receiver.ids == [first, tested["messageId"], first]


async def test_more_than_is_written_down_at_once_is_all_told(partner: Partner) -> None:
    await partner.create()
    happened = await partner.documents(webhook_delivery.AT_ONCE + 5)

    await partner.deliver()

    assert subjects(partner.receiver.got) == happened


async def test_a_test_may_be_about_an_object(partner: Partner) -> None:
    id_ = await partner.document()
    made = await partner.create()
    await partner.act("testWebhook", id=made["webhook"]["id"], subject=id_)
    wrong = await partner.act("testWebhook", id=made["webhook"]["id"], subject=made["webhook"]["id"])

    await partner.deliver()

    assert partner.receiver.got[0].content["data"]["node"]["id"] == id_
    assert wrong["fields"] == [
        {"path": ["subject"], "message": "The id is not that of an object that the feed tells of."}
    ]


async def test_a_message_that_waits_is_sent_now_and_one_that_was_given_up_is_sent_again(partner: Partner) -> None:
    made = await partner.create()
    await partner.documents(2)
    partner.receiver.behave = says("500 Oh")
    for _ in range(3):
        partner.clock.pass_(minutes=6)
        await partner.deliver()
    (webhook,) = await partner.webhooks()
    second, first = (each["messageId"] for each in webhook["deliveries"]["nodes"])
    of = {"id": made["webhook"]["id"]}

    later = await partner.act("retryDelivery", **of, messageId=second)
    unknown = await partner.act("retryDelivery", **of, messageId="msg_unknown")
    another = (await partner.create())["webhook"]["id"]
    of_another = await partner.act("retryDelivery", id=another, messageId=first)
    partner.receiver.behave = says("204 No Content")
    now = await partner.act("retryDelivery", **of, messageId=first)
    await partner.deliver()
    again = await partner.act("retryDelivery", **of, messageId=first)
    await partner.deliver()

    assert (later["code"], later["message"]) == ("ILLEGAL_TRANSITION", "It waits for those before it.")
    assert unknown["__typename"] == of_another["__typename"] == "NotFound"
    assert now["messageId"] == again["messageId"] == first
    assert partner.receiver.ids == [first] * 3 + [first, second, first]


async def test_the_first_of_those_in_order_is_sent_now_whatever_waits_apart(partner: Partner) -> None:
    made = await partner.create()
    await partner.document()
    await partner.deliver()
    await partner.document()
    partner.receiver.behave = says("500 Oh")
    await partner.deliver()
    (webhook,) = await partner.webhooks()
    second, first = (each["messageId"] for each in webhook["deliveries"]["nodes"])

    told = [await partner.act("retryDelivery", id=made["webhook"]["id"], messageId=each) for each in (first, second)]

    assert [each["__typename"] for each in told] == ["DeliveryRetried"] * 2


async def test_a_replay_tells_again_under_the_same_ids(partner: Partner) -> None:
    cursor = (await partner.api(LATEST))["serviceStatus"]["latestCursor"]
    made = await partner.create()
    happened = await partner.documents(3)
    await partner.deliver()

    replayed = await partner.act("replayWebhook", id=made["webhook"]["id"], after=cursor)
    await partner.deliver()

    assert replayed["__typename"] == "WebhookReplayed"
    assert subjects(partner.receiver.got) == happened * 2
    assert partner.receiver.ids == partner.receiver.ids[:3] * 2
    error = await partner.api.error(
        "mutation ($input: ReplayWebhookInput!) { replayWebhook(input: $input) { __typename } }",
        input={"id": made["webhook"]["id"], "after": "nonsense"},
    )
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_replay_holds_also_against_a_worker_that_was_looking_as_it_was_asked_for(partner: Partner) -> None:
    cursor = (await partner.api(LATEST))["serviceStatus"]["latestCursor"]
    made = await partner.create()
    happened = await partner.documents(2)
    await partner.deliver()
    new = await partner.document()
    look = webhook_delivery.look
    replayed: list[Any] = []

    async def meanwhile(*given: Any) -> Any:
        found = await look(*given)
        if not replayed:
            replayed.append(await partner.act("replayWebhook", id=made["webhook"]["id"], after=cursor))
        return found

    with monkeypatched(webhook_delivery, "look", meanwhile):
        await partner.deliver()
    await partner.deliver()

    assert replayed[0]["__typename"] == "WebhookReplayed"
    assert subjects(partner.receiver.got) == [*happened, *happened, new]


async def test_a_copy_of_the_instance_tells_a_webhook_once_its_holder_asks_for_it(
    partner: Partner, empty_database_url: str, templates: Templates, tmp_path: Path
) -> None:
    made = await partner.create()
    await export_all(partner.api.database, tmp_path / "whole", lambda *_: None)
    database = Database(empty_database_url)
    await load_all(database, tmp_path / "whole", lambda *_: None)
    await database.close()
    # In a thread, for they have a loop of their own.
    await asyncio.to_thread(templates.databases.freeze, empty_database_url)
    for asks in ("enableWebhook", "updateWebhook", "testWebhook", "replayWebhook"):
        url = await asyncio.to_thread(templates.databases.copy, empty_database_url)
        nothing, before, after = await _asked_in_a_copy(partner, made, url, asks)
        await asyncio.to_thread(templates.databases.drop, url)

        assert nothing == [], asks
        first = {"testWebhook": [encode_id("Convention", "CCM")], "replayWebhook": [before]}.get(asks, [])
        assert subjects(partner.receiver.got) == [*first, after], asks
        partner.receiver.got.clear()


async def _asked_in_a_copy(partner: Partner, made: Any, url: str, asks: str) -> tuple[list[Request], str, str]:
    """What came before it was asked for, and what happened before and after that."""
    async with serving(url, settings={"webhook_http": True}) as api:
        copy = replace(partner, api=api.as_(partner.api.token))
        cursor = (await copy.api(LATEST))["serviceStatus"]["latestCursor"]
        before = await copy.document()
        await copy.deliver()
        nothing = list(copy.receiver.got)

        if asks == "enableWebhook":
            await copy.upon("disableWebhook", made["webhook"])
        if asks in ("enableWebhook", "updateWebhook"):
            await copy.upon(asks, made["webhook"])
        else:
            given = {"after": cursor} if asks == "replayWebhook" else {}
            await copy.act(asks, id=made["webhook"]["id"], **given)
        after = await copy.document()
        await copy.deliver()
        return nothing, before, after


async def test_what_happens_while_a_webhook_is_disabled_is_told_when_it_is_enabled(partner: Partner) -> None:
    made = await partner.create()
    off = await partner.upon("disableWebhook", made["webhook"])
    twice = await partner.upon("disableWebhook", made["webhook"])
    id_ = await partner.document()
    await partner.deliver()
    nothing = list(partner.receiver.got)

    await partner.upon("enableWebhook", made["webhook"])
    await partner.deliver()

    assert (off["webhook"]["status"], off["webhook"]["disabledBecause"]) == ("DISABLED", "By its holder.")
    assert (twice["__typename"], twice["message"]) == ("Conflict", "It is disabled already.")
    assert nothing == []
    assert subjects(partner.receiver.got) == [id_]


async def test_a_webhook_that_slept_longer_than_the_feed_goes_back_is_told_how_to_wake(partner: Partner) -> None:
    made = await partner.create()
    await partner.document()
    with monkeypatched(feed, "RETENTION", timedelta(seconds=-3600)):
        await partner.deliver()

    (webhook,) = await partner.webhooks()
    assert webhook["status"] == "DISABLED"
    assert webhook["disabledBecause"].startswith("The feed goes back ")
    assert webhook["disabledBecause"].endswith("Then replayWebhook, and enable it.")
    cursor = (await partner.api(LATEST))["serviceStatus"]["latestCursor"]
    await partner.act("replayWebhook", id=made["webhook"]["id"], after=cursor)
    await partner.upon("enableWebhook", made["webhook"])
    id_ = await partner.document()
    await partner.deliver()
    assert subjects(partner.receiver.got) == [id_]


async def test_what_was_sent_is_forgotten_after_a_month_and_known_again_in_a_replay(partner: Partner) -> None:
    cursor = (await partner.api(LATEST))["serviceStatus"]["latestCursor"]
    made = await partner.create()
    await partner.documents(2)
    await partner.deliver()
    counts = []
    for days in (29, 2):
        partner.clock.pass_(days=days)
        await partner.deliver()
        (webhook,) = await partner.webhooks()
        counts.append(webhook["deliveries"]["totalCount"])

    await partner.act("replayWebhook", id=made["webhook"]["id"], after=cursor)
    await partner.deliver()

    assert counts == [2, 0]
    assert partner.receiver.ids[2:] == partner.receiver.ids[:2]


@contextmanager
def monkeypatched(module: Any, name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, value)
        yield


async def test_a_server_leaves_the_work_to_others_where_it_is_told_to(partner: Partner, states_url: str) -> None:
    await partner.create()
    came = asyncio.Event()

    async def receives(request: Request, writer: asyncio.StreamWriter) -> None:
        await says("204 No Content")(request, writer)
        came.set()

    partner.receiver.behave = receives
    async with serving(states_url, settings={"webhook_http": True, "worker": "off"}, delivers=True):
        await partner.document()
        assert not any("webhook" in repr(each) or "outbox" in repr(each) for each in asyncio.all_tasks())
    assert not came.is_set()
    async with serving(states_url, settings={"webhook_http": True}, delivers=True):
        await asyncio.wait_for(came.wait(), 60)


async def test_a_deleted_webhook_is_silent_and_nowhere_to_be_found(partner: Partner) -> None:
    made = await partner.create()
    await partner.document()
    await partner.upon("deleteWebhook", made["webhook"])
    await partner.deliver()
    again = await partner.act("deleteWebhook", id=made["webhook"]["id"], expectedVersion=2)

    assert partner.receiver.got == []
    assert await partner.webhooks() == []
    assert again["__typename"] == "NotFound"
    async with partner.api.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(db.Webhook))).scalar_one() == 1


async def test_a_webhook_is_changed_from_the_next_attempt_on(partner: Partner) -> None:
    made = await partner.create()
    await partner.document()
    partner.receiver.behave = says("500 Oh")
    await partner.deliver()
    async with receiving() as other:
        given = {"url": other.url, "document": "query ($id: ID!) { node(id: $id) { id } }", "label": "Elsewhere"}
        changed = await partner.upon("updateWebhook", made["webhook"], **given)
        stale = await partner.act("updateWebhook", id=made["webhook"]["id"], expectedVersion=1, label="x")
        await partner.deliver()

        assert (changed["webhook"]["label"], changed["webhook"]["url"]) == ("Elsewhere", other.url)
        assert stale["code"] == "STALE_VERSION"
        assert other.ids == partner.receiver.ids


async def test_a_webhook_is_its_holders_and_those_who_manage_accounts_end_it(partner: Partner) -> None:
    made = await partner.create()
    of = {"id": made["webhook"]["id"], "expectedVersion": 1}
    state = Partner(
        api=partner.api.as_(await key_for(partner.api.database, "STATE:AUT")),
        receiver=partner.receiver,
        clock=partner.clock,
    )
    admin = Partner(
        api=partner.api.as_(await key_for(partner.api.database, ISU, admin=True)),
        receiver=partner.receiver,
        clock=partner.clock,
    )
    account = encode_id("Account", (await _account_of(partner, made))["account_id"])
    can = "query ($action: String!, $id: ID!) { viewer { can(action: $action, subject: $id) { allowed reasons } } }"

    assert (await state.act("disableWebhook", **of))["__typename"] == "NotFound"
    # Not even what is wrong with what it would tell from then on.
    assert (await state.act("updateWebhook", **of, document="{ nothing }"))["__typename"] == "NotFound"
    assert await state.webhooks(account=account) == []
    assert (await admin.act("rotateWebhookSecret", **of))["message"] == "That is for the account that holds it."
    assert [each["id"] for each in await admin.webhooks(account=account)] == [made["webhook"]["id"]]
    asked = [
        (await each.api(can, action=action, id=of["id"]))["viewer"]["can"]["allowed"]
        for each in (partner, state, admin)
        for action in ("disableWebhook", "enableWebhook")
    ]
    assert asked == [True, True, False, False, True, False]
    ended = await admin.act("disableWebhook", **of)
    assert ended["webhook"]["disabledBecause"] == "By those who manage accounts."


async def test_a_narrower_key_of_the_account_does_not_get_the_secret(partner: Partner) -> None:
    made = await partner.create()
    account = (await _account_of(partner, made))["account_id"]
    admin = await key_for(partner.api.database, ISU, admin=True)
    issue = """mutation ($input: IssueApiKeyInput!) { issueApiKey(input: $input) { ... on ApiKeyIssued { token } } }"""
    given = {"account": encode_id("Account", account), "label": "Narrow", "scopes": ["READ_PUBLIC"]}
    token = (await partner.api.as_(admin)(issue, input=given))["issueApiKey"]["token"]
    narrow = Partner(api=partner.api.as_(token), receiver=partner.receiver, clock=partner.clock)

    refused = await narrow.act("rotateWebhookSecret", id=made["webhook"]["id"], expectedVersion=1)

    assert await narrow.webhooks() == []
    assert refused["__typename"] == "Forbidden"
    assert "The webhook reads by READ_RESTRICTED, which this key is not for." in refused["message"]


async def test_an_account_has_twenty_webhooks_at_most(partner: Partner) -> None:
    made = [await partner.create() for _ in range(20)]

    refused = await partner.act("createWebhook", label="x", url=partner.receiver.url, document=PAYLOAD)
    await partner.upon("deleteWebhook", made[0]["webhook"])
    again = await partner.act("createWebhook", label="x", url=partner.receiver.url, document=PAYLOAD)

    assert (refused["code"], refused["message"]) == (
        "FORBIDDEN",
        "An account has 20 webhooks at most: delete one.",
    )
    assert again["__typename"] == "WebhookCreated"


@pytest.mark.parametrize(
    ("document", "variables", "path", "message"),
    [
        ("query { nothing }", {}, "document", "Cannot query field 'nothing' on type 'Query'."),
        ("{", {}, "document", "Syntax Error: Expected Name, found <EOF>."),
        ("query A { __typename } query B { __typename }", {}, "document", "It has one operation."),
        (
            'mutation { deleteWebhook(input: {id: "x", expectedVersion: 1}) { __typename } }',
            {},
            "document",
            "It is a query: a payload changes nothing.",
        ),
        (
            "query ($code: String!) { organisation(code: $code) { code } }",
            {},
            "variables",
            "Variable '$code' has invalid value: Expected a value of non-null type 'String!' to be provided.",
        ),
        (
            "query ($code: String!) { organisation(code: $code) { code } }",
            {"code": 3},
            "variables",
            "Variable '$code' has invalid value: String cannot represent a non string value: 3",
        ),
        ("query ($id: ID!) { node(id: $id) { id } }", {"id": "x"}, "variables", "$id is given with each message."),
        (
            "query ($code: String) { organisation(code: $code) { code } }",
            {},
            "document",
            "Variable '$code' of type 'String' used in position expecting type 'String!'.",
        ),
        (
            "query ($code: String!) { organisation(code: $code) { code } }",
            {"code": "x" * 10_000},
            "variables",
            "At most 10,000 characters.",
        ),
        ("{ __typename }", [], "variables", "An object, with a member for each variable."),
        ("{ __typename }", {"code": "x"}, "variables", "The document does not declare $code."),
        (
            "{ states(first: 250) { nodes { treatyStatus { kind } obligations { id } officeTerms { id } } } }",
            {},
            "document",
            "points; the payload of a webhook has 1,000.",
        ),
    ],
)
async def test_a_payload_is_a_query_that_the_api_can_answer_and_that_costs_little(
    partner: Partner, document: str, variables: Any, path: str, message: str
) -> None:
    given = {"label": "x", "url": partner.receiver.url, "document": document, "variables": variables}

    refused = await partner.act("createWebhook", **given)

    assert refused["__typename"] == "Invalid"
    assert [each["path"] for each in refused["fields"]] == [[path]]
    assert message in refused["message"]


async def test_an_empty_document_does_not_take_the_place_of_one_that_can_be_answered(partner: Partner) -> None:
    made = await partner.create()

    refused = await partner.upon("updateWebhook", made["webhook"], document="")

    assert refused["__typename"] == "Invalid"
    assert [each["path"] for each in refused["fields"]] == [["document"]]


async def test_numbers_beyond_what_is_kept_are_refused(partner: Partner) -> None:
    mutation = """mutation ($url: String!) { createWebhook(input: { label: "x", url: $url,
      document: "query ($code: ID!) { node(id: $code) { id } }",
      variables: { code: 123456789012345678901234567890 } }) {
      __typename ... on Invalid { fields { path message } } } }"""

    refused = (await partner.api(mutation, url=partner.receiver.url))["createWebhook"]

    assert refused["__typename"] == "Invalid"
    assert [each["path"] for each in refused["fields"]] == [["variables"]]
