"""Who calls: every credential is either good or refused with a code, and never overlooked."""

from __future__ import annotations

import asyncio
import re
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Any
from unittest.mock import patch

import httpx2
import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import func, inspect, select
from sqlmodel import col
from starlette.requests import Request
from structlog.testing import capture_logs

import db
from db.engine import Database
from db.table import Kept, new_id
from db.unit import Signature, Unit
from isu import auth, jwks
from isu.auth import Callers, Found
from isu.settings import Settings
from isu.turned_away import TurnedAway
from mandate.account import AccountKind, AccountStatus
from mandate.actor import COMMAND_LINE, Capacity, Scope
from mandate.day import PartialDate
from mandate.text import LocalizedText
from resolvers import account
from resolvers.context import Context, Operation
from tests.api import TODAY, Api, serving
from tests.call import encode_id, statements
from tests.conftest import Templates
from tests.isu.issuer import AUDIENCE, Issuer
from tests.journal import tamper
from tests.make import ISU, coordinates, key_for

pytestmark = pytest.mark.anyio
VIEWER = "{ viewer { account { label } capacities { name of } } }"


async def refusal(api: Api, *headers: str) -> tuple[int, str, str | None]:
    """Status, code and challenge of the answer to a harmless question."""
    response = await api.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers=[("Authorization", header) for header in headers]
    )
    errors = response.json().get("errors")
    code = errors[0]["extensions"]["code"] if errors else "none"
    return response.status_code, code, response.headers.get("WWW-Authenticate")


def is_401(code: str) -> tuple[int, str, str]:
    return 401, code, 'Bearer error="invalid_token"'


async def act(database: Database, what: Callable[[Context], Any]) -> Any:
    async with Context(database, TODAY, COMMAND_LINE, Operation(writes=True)) as context:
        return await what(context)


def key_id(token: str) -> str:
    return token.split("_")[1]


# ---------- keys ----------


async def test_without_a_credential_the_public_calls(shared_register_url: str) -> None:
    async with serving(shared_register_url) as api:
        assert await api(VIEWER) == {"viewer": {"account": None, "capacities": [{"name": "PUBLIC", "of": None}]}}


async def test_a_key_calls_as_its_account(register_url: str) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:LAO", label="Vientiane")

        assert await api.as_(token)(VIEWER) == {
            "viewer": {
                "account": {"label": "Vientiane"},
                "capacities": [
                    {"name": "PUBLIC", "of": None},
                    {"name": "STATE_PARTY", "of": None},
                    {"name": "PRESIDENT", "of": None},
                    {"name": "COMMITTEE_MEMBER", "of": None},
                    # Over these it presided.
                    *({"name": "PARTICIPANT", "of": meeting} for meeting in ("1MSP", "3RC-CONS-1", "IM-2011")),
                ],
            }
        }


async def test_the_secret_is_kept_nowhere(register_url: str) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:DEU")
        async with api.database.reading() as connection:
            kept = [
                str(row)
                for table in (db.ApiKey, db.Change, db.KeptAnswer)
                for row in await connection.execute(select(inspect(table).local_table))
            ]

    assert kept
    assert not any(token.split("_", 2)[2] in row for row in kept)


async def test_what_is_no_credential_is_refused(register_url: str) -> None:
    async with serving(register_url) as api:
        good = await key_for(api.database, "STATE:DEU")
        other = await key_for(api.database, "STATE:DEU")
        malformed = is_401("CREDENTIAL_MALFORMED")

        assert await refusal(api, f"Bearer {good}") == (200, "none", None)
        assert await refusal(api, f"bearer  {good}") == (200, "none", None)
        for header in (
            "",
            "Bearer",
            "Bearer ",
            good,
            f"Basic {good}",
            f"Bearer {good} {good}",
            f"Bearer {good}x",
            f"Bearer {good[:-1]}",
            f"Bearer isu_{key_id(good)}_",
            "Bearer isu_",
            "Bearer hello",
            "Bearer a.b",
            "Bearer ..",
            "Bearer " + "a" * 10_240,
            f"Bearer {good}" + "a" * 10_240,
        ):
            assert await refusal(api, header) == malformed, header
        assert await refusal(api, f"Bearer {good}", f"Bearer {good}") == malformed
        assert await refusal(api, f"Bearer {good}", "") == malformed
        unknown = good.replace(key_id(good), key_id(good)[:-1] + ("0" if key_id(good)[-1] != "0" else "1"))
        swapped = f"isu_{key_id(good)}_{other.split('_', 2)[2]}"
        for token in (unknown, swapped, "a.b.c"):
            assert await refusal(api, f"Bearer {token}") == is_401("UNAUTHENTICATED"), token


async def test_a_revoked_key_is_refused_at_once_in_every_process(register_url: str) -> None:
    async with serving(register_url) as api, serving(register_url) as another:
        token = await key_for(api.database, "STATE:DEU")
        before = await refusal(another, f"Bearer {token}")
        await act(api.database, lambda context: account.revoke(context, key=key_id(token)))

        assert before == (200, "none", None)
        for process in (api, another):
            assert await refusal(process, f"Bearer {token}") == is_401("CREDENTIAL_REVOKED")


@pytest.mark.parametrize("by", ["this process", "another", "both"])
@pytest.mark.parametrize("what", ["a person", "an office", "suspended", "revoked", "undone"])
async def test_who_waited_for_the_write_lock_is_who_they_are_by_then(register_url: str, by: str, what: str) -> None:
    async with serving(register_url) as api, serving(register_url) as another:
        token = await key_for(api.database, "STATE:SVN")
        row = await _account_of(api.database, token)
        callers = Callers(api.database, Settings(database_url=register_url), lambda: datetime.now(UTC), time.monotonic)

        async def write(database: Database) -> None:
            async with database.writing() as connection:
                unit = Unit(connection, Signature(act="test"))
                await unit.keep(db.Person, [{"id": new_id(), "full_name": "Somebody"}])

        async def write_what_is_undone(database: Database) -> None:
            with suppress(RuntimeError):
                async with database.writing() as connection:
                    unit = Unit(connection, Signature(act="test"))
                    await unit.change(db.Account, [((row,), {"status": AccountStatus.SUSPENDED})])
                    raise RuntimeError

        async def confirmed() -> tuple[bool, list[str]]:
            with statements(api.database) as sent:
                async with api.database.writing() as connection:
                    return await callers.confirm(found, TODAY, connection) == found.actor, sent

        await write(api.database)
        found = await callers.known_by([f"Bearer {token}"], TODAY)
        writes: dict[str, Callable[[Database], Awaitable[Any]]] = {
            "a person": write,
            "an office": lambda each: coordinates(each, "STATE:SVN"),
            "suspended": lambda each: act(each, lambda context: account.suspend(context, key=row)),
            "revoked": lambda each: act(each, lambda context: account.revoke(context, key=key_id(token))),
            "undone": write_what_is_undone,
        }
        await writes[what](api.database if by == "this process" else another.database)
        if by != "another":
            await write(api.database)
        if what in {"suspended", "revoked"}:
            with pytest.raises(TurnedAway):
                await confirmed()
            return
        is_who_they_were, sent = await confirmed()

    assert is_who_they_were == (what != "an office")
    is_postgresql = api.database.url.get_backend_name() == "postgresql"
    knows_it_all = by == "this process" and is_postgresql and what != "an office"
    assert bool(sent) != knows_it_all or what == "undone"


async def test_whoever_waited_too_long_to_tell_or_in_a_database_that_was_restored_is_looked_for_again(
    register_url: str,
) -> None:
    async with serving(register_url) as api, serving(register_url) as another:
        token = await key_for(api.database, "STATE:SVN")
        row = await _account_of(api.database, token)
        callers = Callers(api.database, Settings(database_url=register_url), lambda: datetime.now(UTC), time.monotonic)
        found = await callers.known_by([f"Bearer {token}"], TODAY)

        with statements(api.database) as sent:
            async with api.database.writing() as connection:
                restored = replace(found, head="by another way")
                assert await callers.confirm(restored, TODAY, connection) == found.actor
        assert any("secret_hash" in each for each in sent)
        async with another.database.writing() as connection:
            unit = Unit(connection, Signature(act="test"))
            await unit.keep(db.Person, [{"id": new_id(), "full_name": "Somebody"} for _ in range(200)])
        await act(another.database, lambda context: account.suspend(context, key=row))
        with pytest.raises(TurnedAway):
            async with api.database.writing() as connection:
                await callers.confirm(found, TODAY, connection)


async def test_an_expired_key_is_refused(register_url: str) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:DEU")
    in_a_year = datetime.now(UTC) + timedelta(days=366)
    async with serving(register_url, now=lambda: in_a_year) as later:
        assert await refusal(later, f"Bearer {token}") == is_401("CREDENTIAL_EXPIRED")


async def test_a_key_is_good_up_to_the_instant_at_which_it_expires(register_url: str) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:DEU")
        async with api.database.reading() as connection:
            kept = await connection.execute(select(col(db.ApiKey.expires_at)).where(col(db.ApiKey.id) == key_id(token)))
    expires = datetime.fromisoformat(kept.scalar_one())

    async with serving(register_url, now=lambda: expires - timedelta(microseconds=1)) as before:
        assert (await before.as_(token)("{ viewer { scopes } }"))["viewer"]["scopes"]
    async with serving(register_url, now=lambda: expires) as then:
        assert await refusal(then, f"Bearer {token}") == is_401("CREDENTIAL_EXPIRED")


async def test_every_key_reads_what_is_public(register_url: str) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:DEU", scopes=[Scope.WRITE_DELEGATION])

        viewer = (await api.as_(token)("{ viewer { scopes } }"))["viewer"]

    assert viewer["scopes"] == ["READ_PUBLIC", "WRITE_DELEGATION"]


async def test_the_key_of_a_suspended_account_is_refused(register_url: str) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:DEU")
        row = await _account_of(api.database, token)
        await act(api.database, lambda context: account.suspend(context, key=row))

        assert await refusal(api, f"Bearer {token}") == is_401("ACCOUNT_SUSPENDED")


async def _account_of(database: Database, token: str) -> str:
    async with database.reading() as connection:
        found = await connection.execute(select(col(db.ApiKey.account_id)).where(col(db.ApiKey.id) == key_id(token)))
        return str(found.scalar_one())


async def test_an_office_counts_from_the_moment_it_is_on_record(register_url: str) -> None:
    asked = "{ viewer { capacities { name } } }"
    async with serving(register_url) as api:
        slovenia = api.as_(await key_for(api.database, "STATE:SVN"))
        before = [await slovenia(asked) for _ in range(2)]
        await coordinates(api.database, "STATE:SVN")
        after = await slovenia(asked)

    named = [[each["name"] for each in found["viewer"]["capacities"]] for found in (*before, after)]
    assert named[0] == named[1] == ["PUBLIC", "STATE_PARTY"]
    assert named[2] == ["PUBLIC", "STATE_PARTY", "COORDINATOR", "COMMITTEE_MEMBER"]


async def test_only_what_gives_capacities_is_a_reason_to_work_them_out_anew(register_url: str) -> None:
    async def write(database: Database, number: int) -> None:
        async with database.writing() as connection:
            people = [{"id": new_id(), "full_name": "Somebody"} for _ in range(number)]
            await Unit(connection, Signature(act="test")).keep(db.Person, people)

    async def worked_out(api: Api) -> bool:
        with api.statements() as sent:
            await api("{ viewer { account { label } } }")
        return any("office_term" in each for each in sent)

    async with serving(register_url) as api:
        slovenia = api.as_(await key_for(api.database, "STATE:SVN"))
        found = []
        for number in (0, 1, 200, 201, 0):
            if number:
                await write(api.database, number)
            found.append(await worked_out(slovenia))
        await write(api.database, 1)
        await coordinates(api.database, "STATE:SVN")
        await write(api.database, 1)
        found.append(await worked_out(slovenia))

    assert found == [True, False, False, True, False, True]


async def test_whatever_capacities_are_worked_out_from_is_a_reason_to_work_them_out_anew(register_url: str) -> None:
    """What it was asked for beside them: who calls by the key, and where the journal stands."""
    async with serving(register_url) as api:
        token = await key_for(api.database, "ISU:ISU-CCM", director=True)
        callers = Callers(api.database, Settings(database_url=register_url), lambda: datetime.now(UTC), time.monotonic)

        found = []
        for sender in (token, await key_for(api.database, "STATE:LAO", somebody=True)):
            with api.statements() as sent:
                await callers.known_by([f"Bearer {sender}"], TODAY)
            found += sent

    read = {
        name for name in db.Account.metadata.tables if any(re.search(rf"(FROM|JOIN) {name}\b", each) for each in found)
    }
    asked = {"account", "api_key", "key_use", "journal_head", "change"}
    assert read - asked == {str(table.__tablename__) for table in auth._GIVES_CAPACITIES}


async def test_two_of_one_party_have_each_their_own_capacities(register_url: str) -> None:
    async with serving(register_url) as api:
        staff = api.as_(await key_for(api.database, "ISU:ISU-CCM"))
        director = api.as_(await key_for(api.database, "ISU:ISU-CCM", director=True))

        found = [
            (await each("{ viewer { capacities { name } } }"))["viewer"]["capacities"] for each in (staff, director)
        ]

    assert [{"name": "ISU_DIRECTOR"} in each for each in found] == [False, True]


async def test_an_office_that_ended_yesterday_opens_nothing(register_url: str) -> None:
    asked = "{ viewer { capacities { name } } }"
    found = []
    for day in (TODAY, TODAY + timedelta(days=1)):
        async with serving(register_url, today=day) as api:
            if day == TODAY:
                token = await key_for(api.database, "STATE:SVN")
                await coordinates(api.database, "STATE:SVN", until=TODAY + timedelta(days=1))
            viewer = (await api.as_(token)(asked))["viewer"]
        found.append([each["name"] for each in viewer["capacities"]])

    assert found == [["PUBLIC", "STATE_PARTY", "COORDINATOR", "COMMITTEE_MEMBER"], ["PUBLIC", "STATE_PARTY"]]


async def test_it_ends_at_midnight_while_the_service_runs(register_url: str) -> None:
    tomorrow = TODAY + timedelta(days=1)
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:SVN")
        await coordinates(api.database, "STATE:SVN", until=tomorrow)
        callers = Callers(api.database, Settings(database_url=register_url), lambda: datetime.now(UTC), time.monotonic)

        found = [(await callers.known_by([f"Bearer {token}"], day)).actor for day in (TODAY, tomorrow, TODAY)]

    assert [Capacity.COORDINATOR in each.capacities for each in found] == [True, False, True]


async def test_the_last_use_of_a_key_is_noted_at_most_once_a_minute(register_url: str) -> None:
    moment = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
    noted = []
    for seconds in (0, 59, 61):
        now = moment + timedelta(seconds=seconds)
        async with serving(register_url, now=lambda now=now: now) as api:
            if seconds == 0:
                token = await key_for(api.database, "STATE:DEU")
            await api.as_(token)("{ __typename }")
        noted.append(await _last_use(register_url))

    assert noted == ["2026-11-01T12:00:00.000000Z", "2026-11-01T12:00:00.000000Z", "2026-11-01T12:01:01.000000Z"]


async def _last_use(url: str) -> str:
    database = Database(url)
    try:
        async with database.reading() as connection:
            return str((await connection.execute(select(col(db.KeyUse.last_used_at)))).scalar_one())
    finally:
        await database.close()


async def test_a_read_waits_for_no_writer(register_url: str) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, "STATE:DEU")
        async with api.database.writing():
            answer = await asyncio.wait_for(api.as_(token)("{ __typename }"), 60)

    assert answer == {"__typename": "Query"}
    assert await _last_use(register_url)


class Waiting:
    """An act that somebody was let in for, and that waits for the write lock for as long as the block lasts."""

    def __init__(self, api: Api, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._api, self._token = api, token
        self._identified = asyncio.Event()
        identify = Callers.identify

        async def note(callers: Callers, request: Request, today: date) -> Found:
            found = await identify(callers, request, today)
            self._identified.set()
            return found

        monkeypatch.setattr(Callers, "identify", note)

    @asynccontextmanager
    async def behind(self, act: str) -> AsyncIterator[tuple[Unit, asyncio.Task[httpx2.Response]]]:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._api.database.writing() as connection:
            task = asyncio.create_task(self._api.http.post("/graphql", json={"query": act}, headers=headers))
            await self._identified.wait()
            yield Unit(connection, Signature(act="test")), task


CREATE = """mutation { createAccount(input: {label: "x", kind: SERVICE, party: "%s"}) {
    __typename ... on Problem { message } } }"""


@pytest.mark.parametrize("reason", ["suspended", "revoked", "ended", "unrelated"])
async def test_what_changed_while_an_act_waited_is_not_overlooked(
    register_url: str, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, ISU, director=True)
        mine, party = await _account_of(api.database, token), encode_id("State", "DEU")
        before = await count(api.database, db.Account)
        async with Waiting(api, token, monkeypatch).behind(CREATE % party) as (unit, task):
            match reason:
                case "suspended":
                    await unit.change(db.Account, [((mine,), {"status": AccountStatus.SUSPENDED})])
                case "revoked":
                    await unit.change(db.ApiKey, [((key_id(token),), {"revoked_at": "2026-01-15T12:00:00.000000Z"})])
                case "ended":
                    terms = await unit.connection.execute(
                        select(col(db.OfficeTerm.id)).where(col(db.OfficeTerm.office_code) == "isu_director")
                    )
                    ended = {"ends_on": PartialDate.of(TODAY - timedelta(days=1))}
                    await unit.change(db.OfficeTerm, [((each,), ended) for each in terms.scalars()])
                case "unrelated":
                    await unit.keep(db.Language, [{"code": "xx", "label": LocalizedText.of("x")}])
        answer = await task
        made = await count(api.database, db.Account) - before

    told = answer.json()
    if reason == "unrelated":
        assert (told["data"]["createAccount"]["__typename"], made) == ("AccountCreated", 1)
        return
    assert made == 0
    if reason == "ended":
        assert told["data"]["createAccount"]["__typename"] == "Forbidden"
    else:
        code = {"suspended": "ACCOUNT_SUSPENDED", "revoked": "CREDENTIAL_REVOKED"}[reason]
        assert (answer.status_code, told["errors"][0]["extensions"]["code"]) == (401, code)


async def test_who_is_no_longer_let_in_does_nothing_of_the_rest_either(
    register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(register_url) as api:
        token = await key_for(api.database, ISU, director=True)
        mine, party = await _account_of(api.database, token), encode_id("State", "DEU")
        before = await count(api.database, db.Account)
        twice = CREATE.replace("createAccount", "a: createAccount") % party
        twice = (
            twice[: twice.rindex("}")] + CREATE.partition("{")[2].replace("createAccount", "b: createAccount") % party
        )
        async with Waiting(api, token, monkeypatch).behind(twice) as (unit, task):
            await unit.change(db.Account, [((mine,), {"status": AccountStatus.SUSPENDED})])
        answer = await task

        assert answer.status_code == 401, answer.text
        assert await count(api.database, db.Account) == before


async def count(database: Database, table: type[Kept]) -> int:
    async with database.reading() as connection:
        found = await connection.execute(select(func.count()).select_from(inspect(table).local_table))
        return int(found.scalar_one())


async def test_a_restored_database_gives_no_office_that_is_not_in_it(register_url: str) -> None:
    """Its journal comes to the same length again, by another way."""
    asked = "{ viewer { capacities { name } } }"
    async with serving(register_url) as api:
        slovenia = api.as_(await key_for(api.database, "STATE:SVN"))
        before = await slovenia(asked)
        await coordinates(api.database, "STATE:SVN")
        in_office = await slovenia(asked)
        await tamper(
            api.database,
            "DELETE FROM office_term WHERE party_id = 'STATE:SVN'",
            "DELETE FROM change WHERE sequence = (SELECT sequence FROM journal_head)",
            "UPDATE journal_head SET sequence = sequence - 1",
            "UPDATE journal_head SET hash = (SELECT hash FROM change WHERE change.sequence = journal_head.sequence)",
        )
        async with api.database.writing() as connection:
            unit = Unit(connection, Signature(act="test"))
            await unit.keep(db.Language, [{"code": "xx", "label": LocalizedText.of("x")}])
        restored = await slovenia(asked)

    assert in_office != before
    assert restored == before


# ---------- tokens ----------


@cache
def rsa(kid: str, bits: int = 2048) -> RSAKey:
    """Of somebody else than the issuer; to make one takes longer than most tests here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return RSAKey.generate_key(bits, {"kid": kid})


@pytest.fixture(scope="module")
def one_issuer() -> Iterator[Issuer]:
    with Issuer().serving() as issuer:
        yield issuer


@pytest.fixture
def issuer(one_issuer: Issuer) -> Issuer:
    one_issuer.mode, one_issuer.fetched, one_issuer.others = "good", 0, []
    del one_issuer.keys[1:]
    return one_issuer


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def trusting(url: str, issuer: Issuer, **options: Any) -> Any:
    settings = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, **(options.pop("settings", {}))}
    return serving(url, settings=settings, **options)


async def with_account(api: Api, subject: str = "subject") -> None:
    await act(
        api.database,
        lambda context: account.create(
            context, label="Berlin", kind=AccountKind.PERSON, party="STATE:DEU", subject=subject
        ),
    )


async def test_a_token_calls_as_the_account_of_its_subject(register_url: str, issuer: Issuer) -> None:
    async with trusting(register_url, issuer) as api:
        await with_account(api)
        found = await api.as_(issuer.token())(VIEWER)
        by_list = await refusal(api, f"Bearer {issuer.token(aud=['https://other.test', AUDIENCE])}")

    assert found["viewer"] == {
        "account": {"label": "Berlin"},
        "capacities": [
            {"name": "PUBLIC", "of": None},
            {"name": "STATE_PARTY", "of": None},
            *({"name": "PARTICIPANT", "of": meeting} for meeting in ("7MSP", "RW-2017-BKK", "RW-2017-RAK")),
        ],
    }
    assert by_list == (200, "none", None)
    assert issuer.fetched == 1


async def test_bad_tokens_are_refused(register_url: str, issuer: Issuer) -> None:
    now = int(time.time())
    stranger, small = rsa("first"), rsa("small", 1024)
    unbound = RSAKey.import_key(issuer.keys[0].as_pem(private=True), {"kid": "first"})
    curve = ECKey.generate_key("P-256", {"kid": "first"})
    issuer.others = [
        small.as_dict(private=False),
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken"},
        {"kid": 5},
        7,  # type: ignore[list-item]
    ]
    bad = {
        "none": issuer.unsigned_token() + "c2ln",
        "confused": issuer.confused_token(),
        "stranger": issuer.token(stranger),
        "another algorithm": issuer.token(curve, alg="ES256"),
        "algorithm of another key": issuer.token(unbound, alg="RS512"),
        "small": issuer.token(small),
        "audience": issuer.token(aud="https://other.test"),
        "no audience": issuer.token(aud=None),
        "odd audience": issuer.token(aud={"a": 1}),
        "issuer": issuer.token(iss="https://other.test"),
        "no issuer": issuer.token(iss=None),
        "not yet": issuer.token(nbf=now + 300),
        "no end": issuer.token(exp=None),
        "odd end": issuer.token(exp="tomorrow"),
        "no subject": issuer.token(sub=None),
        "odd subject": issuer.token(sub=["subject"]),
        "NUL": issuer.token(sub="subject\0"),
        "no account": issuer.token(sub="nobody"),
        "tampered": issuer.token()[:-6] + "AAAAAA",
    }
    async with trusting(register_url, issuer) as api:
        await with_account(api)

        assert await refusal(api, f"Bearer {issuer.token()}") == (200, "none", None)
        for name, token in bad.items():
            assert await refusal(api, f"Bearer {token}") == is_401("UNAUTHENTICATED"), name
        assert await refusal(api, f"Bearer {issuer.token(exp=now - 31)}") == is_401("CREDENTIAL_EXPIRED")
        assert await refusal(api, f"Bearer {issuer.unsigned_token()}") == is_401("CREDENTIAL_MALFORMED")
        assert await refusal(api, "Bearer bm8.bm8.bm8") == is_401("CREDENTIAL_MALFORMED")
        assert await refusal(api, f"Bearer {issuer.token(pad='x' * 10_240)}") == is_401("CREDENTIAL_MALFORMED")


async def test_the_operator_is_told_which_check_failed_and_nothing_of_the_token(
    register_url: str, issuer: Issuer
) -> None:
    now, stranger, unknown = int(time.time()), rsa("first"), rsa("unknown")
    failing = {
        "aud": issuer.token(aud="https://secret.test"),
        "iss": issuer.token(iss="https://secret.test"),
        "nbf": issuer.token(nbf=now + 300),
        "exp": issuer.token(exp="secret"),
        "sub": issuer.token(sub=["secret"]),
        "account": issuer.token(sub="secret"),
        "bad_signature": issuer.token(stranger, sub="secret"),
        "key": issuer.token(unknown, sub="secret"),
        "algorithm": issuer.confused_token(),
    }
    async with trusting(register_url, issuer) as api:
        with capture_logs() as logged:
            messages = [
                (
                    await api.http.post("/graphql", json={"query": "{"}, headers={"Authorization": f"Bearer {token}"})
                ).text
                for token in failing.values()
            ]

    refused = [entry for entry in logged if entry["event"] == "credential.refused"]
    assert [entry["check"] for entry in refused] == list(failing)
    assert "secret" not in str(logged)
    assert not any(part in str(logged) for token in failing.values() for part in token.split("."))
    assert not any(f"'{check}'" in message for check, message in zip(failing, messages, strict=True))


async def test_a_key_that_is_no_key_keeps_nobody_out(register_url: str, issuer: Issuer) -> None:
    odd: list[dict[str, Any]] = [
        {"kty": ["RSA"]},
        {"kty": {}},
        {"use": ["sig"]},
        {"n": 5},
        {"n": "ü"},
        {"e": None},
        {"kty": "EC", "crv": []},
    ]
    issuer.others = [{**issuer.keys[0].as_dict(private=False), "kid": "odd", **each} for each in odd]
    async with trusting(register_url, issuer) as api:
        await with_account(api)

        assert await refusal(api, f"Bearer {issuer.token()}") == (200, "none", None)


async def test_the_token_of_a_suspended_account_is_refused(register_url: str, issuer: Issuer) -> None:
    async with trusting(register_url, issuer) as api:
        key = await act(
            api.database,
            lambda context: account.create(
                context, label="x", kind=AccountKind.PERSON, party="STATE:DEU", subject="subject"
            ),
        )
        await act(api.database, lambda context: account.suspend(context, key=key))

        assert await refusal(api, f"Bearer {issuer.token()}") == is_401("ACCOUNT_SUSPENDED")


async def test_without_an_issuer_there_are_no_tokens(shared_register_url: str, issuer: Issuer) -> None:
    async with serving(shared_register_url) as api:
        assert await refusal(api, f"Bearer {issuer.token()}") == is_401("UNAUTHENTICATED")


async def test_another_claim_may_name_the_account_but_no_unverified_address(register_url: str, issuer: Issuer) -> None:
    async with trusting(register_url, issuer, settings={"oidc_claim": "email"}) as api:
        await with_account(api, "a@example.org")
        mine: dict[str, Any] = {"email": "a@example.org"}

        assert await refusal(api, f"Bearer {issuer.token(**mine, email_verified=True)}") == (200, "none", None)
        assert await refusal(api, f"Bearer {issuer.token(**mine)}") == is_401("UNAUTHENTICATED")


async def test_an_unknown_kid_is_looked_for_at_most_once_a_minute(register_url: str, issuer: Issuer) -> None:
    clock, new = Clock(), rsa("second")
    async with trusting(register_url, issuer, clock=clock) as api:
        await with_account(api)
        first = await refusal(api, f"Bearer {issuer.token()}")
        early = [await refusal(api, f"Bearer {issuer.token(new)}") for _ in range(3)]
        issuer.keys.append(new)
        clock.seconds += 59
        still = await refusal(api, f"Bearer {issuer.token(new)}")
        fetched = issuer.fetched
        clock.seconds += 1
        late = await asyncio.gather(*(refusal(api, f"Bearer {issuer.token(new)}") for _ in range(5)))

    assert first == (200, "none", None)
    assert {*early, still} == {is_401("UNAUTHENTICATED")}
    assert fetched == 1
    assert set(late) == {(200, "none", None)}
    assert issuer.fetched == 2


async def test_a_key_that_the_issuer_withdrew_is_refused_once_the_list_has_aged(
    register_url: str, issuer: Issuer
) -> None:
    clock, withdrawn = Clock(), rsa("second")
    issuer.keys.append(withdrawn)
    async with trusting(register_url, issuer, clock=clock) as api:
        await with_account(api)
        before = await refusal(api, f"Bearer {issuer.token(withdrawn)}")
        issuer.keys.remove(withdrawn)
        clock.seconds += jwks.FRESH

        assert before == (200, "none", None)
        assert await refusal(api, f"Bearer {issuer.token(withdrawn)}") == is_401("UNAUTHENTICATED")


@pytest.fixture
def one_register(templates_of: Callable[[str], Templates]) -> str:
    """On SQLite alone: what comes of an issuer does not reach the database."""
    return templates_of("sqlite").shared_register


@pytest.mark.parametrize("mode", ["down", "slow", "huge", "moved", "nonsense", "another"])
async def test_keys_that_cannot_be_had_are_told_as_that_and_known_ones_go_on(
    one_register: str, issuer: Issuer, mode: str
) -> None:
    clock, short = Clock(), partial(patch.object, jwks, "SECONDS", 0.4)
    async with trusting(one_register, issuer, clock=clock) as api:
        issuer.mode = mode
        # Short only where nothing good is waited for: a busy machine may be slower than this.
        with short():
            bad = [(await refusal(api, f"Bearer {issuer.token()}"))[:2] for _ in range(3)]
        fetched = issuer.fetched
        clock.seconds += 60
        issuer.mode = "good"
        good = await refusal(api, f"Bearer {issuer.token()}")
        clock.seconds += jwks.FRESH
        issuer.mode = mode
        with short():
            known = await refusal(api, f"Bearer {issuer.token()}")
            clock.seconds += jwks.STALE
            forgotten = await refusal(api, f"Bearer {issuer.token()}")

    assert bad == [(503, "UNAVAILABLE")] * 3
    assert fetched <= 1
    # Nobody here is called "subject": that the token itself is good is what matters.
    assert good == known == is_401("UNAUTHENTICATED")
    assert forgotten[:2] == (503, "UNAVAILABLE")


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ({}, True),
        ({"use": "sig"}, True),
        ({"use": "enc"}, False),
        (rsa("listed").as_dict(private=True), False),
        ({"kid": 1}, False),
        ({"kty": "oct", "k": "AQAB"}, False),
    ],
)
def test_of_the_listed_keys_those_are_taken_that_are_public_and_sign(given: dict[str, Any], is_taken: bool) -> None:
    member = {**rsa("listed").as_dict(private=False), **given}

    assert (jwks._public_key(member) is not None) is is_taken


@pytest.mark.parametrize(("issuer_at", "good"), [("https", False), ("http", True)])
async def test_an_issuer_in_private_names_no_keys_in_public_and_not_too_many(
    monkeypatch: pytest.MonkeyPatch, issuer_at: str, good: bool
) -> None:
    keys = [{**rsa(str(number)).as_dict(private=False), "kid": str(number)} for number in range(2)]
    issuer = f"{issuer_at}://issuer.test"
    told = {"issuer": issuer, "jwks_uri": "http://issuer.test/keys", "keys": keys}

    async def document(*_: Any) -> dict[str, Any]:
        return told

    monkeypatch.setattr(jwks, "_document", document)
    monkeypatch.setattr(jwks, "MAX_KEYS", 1)
    if good:
        assert list(await jwks._fetch(issuer)) == ["0"]
    else:
        with pytest.raises(ValueError, match="no address to trust"):
            await jwks._fetch(issuer)


async def test_an_issuer_that_nobody_answers_for_is_out_of_reach(shared_register_url: str, issuer: Issuer) -> None:
    token = issuer.token()
    nowhere = {"oidc_issuer": "http://127.0.0.1:9", "oidc_audience": AUDIENCE}
    async with serving(shared_register_url, settings=nowhere) as api:
        assert (await refusal(api, f"Bearer {token}"))[:2] == (503, "UNAVAILABLE")


def test_an_issuer_is_named_with_its_audience_and_reached_in_private() -> None:
    for wrong in (
        {"oidc_issuer": "https://issuer.test"},
        {"oidc_audience": "x"},
        {"oidc_issuer": "http://issuer.test", "oidc_audience": "x"},
    ):
        with pytest.raises(ValueError, match="ISU_OIDC_ISSUER"):
            Settings(**wrong)  # type: ignore[arg-type]


async def test_who_calls_is_known_where_the_short_way_to_the_database_is_closed(
    register_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: Any, **__: Any) -> Any:
        raise OSError("no way")

    async with serving(register_url) as api:
        staff = api.as_(await key_for(api.database, ISU))
        monkeypatch.setattr(api.database.driver, "snapshot", closed)
        assert (await staff(VIEWER))["viewer"]["account"]["label"] == "A caller"
