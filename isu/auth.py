"""From a request's credential to who calls: a key of ours, or a token of the configured issuer."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Integer, Select, bindparam, exists, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col
from starlette.requests import Request

import db
from db.engine import Database
from db.sending import HEAD
from db.table import Kept
from db.unit import instant
from isu.clock import Clock
from isu.settings import Settings
from isu.turned_away import TurnedAway, unauthenticated
from mandate.account import AccountStatus
from mandate.actor import PUBLIC, Actor, Held, Scope
from resolvers.account import CALLER, Caller, caller, capacities_on, secret_hash
from resolvers.reading import Reader
from resolvers.reading.direct import DirectReader
from resolvers.reading.run import Run

if TYPE_CHECKING:
    from isu.token import Tokens

MAX_TOKEN = 8 * 1024
NOTED_EVERY = timedelta(minutes=1)

_KEY = re.compile(r"isu_([0-9a-f-]{36})_([A-Za-z0-9_-]{43})", re.ASCII)
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who calls, as of where the journal stood when they were looked for."""

    actor: Actor
    look: Look | None = None
    """How to look again; the public need not be looked for."""
    head: str | None = None
    sequence: int = -1
    key: str | None = None
    """To be noted as used."""


Look = Callable[[Reader], Awaitable[Found]]


class Callers:
    """Who calls. Every request asks the database for its credential, so that what is revoked is refused at once."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], datetime], clock: Clock) -> None:
        self._database = database
        self._now = now
        self._tokens: Tokens | None = None
        if settings.oidc_issuer is not None:
            # Nobody else has need of cryptography, which takes some 10 MB.
            from isu.token import Tokens

            self._tokens = Tokens(settings, clock, now)
        self._capacities = _Capacities()
        self._noting: dict[str, asyncio.Task[None]] = {}

    async def identify(self, request: Request, today: date) -> Found:
        """Who calls with the request, as of now: what is bad about a credential is told, and never overlooked."""
        return await self.known_by(request.headers.getlist("authorization"), today)

    async def known_by(self, given: Sequence[str], today: date) -> Found:
        """The same, by what stands in the headers Authorization, or where a header can not be sent."""
        if not given:
            return Found(actor=PUBLIC)
        look = await self._look_for(_bearer(given), today)
        driver = self._database.driver
        try:
            async with driver.snapshot(several=False) as snapshot:
                return await look(DirectReader(driver, Run(snapshot), PUBLIC, today))
        except TurnedAway:
            raise
        except Exception as failure:
            # Whatever it is, the other way has its own connection, and its own words for it.
            log.info("caller.looked_for_again", reason=type(failure).__name__)
        async with self._database.reading() as connection:
            return await look(Reader(connection, PUBLIC, today))

    async def confirm(self, found: Found, today: date, connection: AsyncConnection) -> Actor:
        """Who calls, as of the write lock: whoever waited for it may have been suspended meanwhile."""
        if found.look is None:
            return found.actor
        head = connection.info.get(HEAD)
        if head is not None and found.head is not None:
            written = self._database.written_between((found.sequence, found.head), head)
            if written is not None and written.isdisjoint(_TELLS_WHO_CALLS):
                return found.actor
        reader = Reader(connection, PUBLIC, today)
        (row,) = await reader.rows_of(_standing, since=found.sequence)
        # The unit of the act begins from there, and need not ask once more.
        connection.info[HEAD] = (row.sequence, row.head)
        if row.hash_then == found.head and not row.moved and row.sequence <= found.sequence + _FEW:
            return found.actor
        return (await found.look(reader)).actor

    async def close(self) -> None:
        await asyncio.gather(*self._noting.values(), return_exceptions=True)

    async def _look_for(self, token: str, today: date) -> Look:
        if token.startswith("isu_"):
            match = _KEY.fullmatch(token)
            if match is None:
                raise unauthenticated("The key is not of the form isu_<id>_<secret>.", "CREDENTIAL_MALFORMED")
            return partial(self._by_key, match[1], match[2], today)
        if _JWT.fullmatch(token) is None:
            raise unauthenticated("The credential is neither a key of ours nor a JWT.", "CREDENTIAL_MALFORMED")
        if self._tokens is None:
            raise unauthenticated("No issuer of tokens is configured here; use an API key.", check="issuer configured")
        return partial(self._by_subject, await self._tokens.subject_of(token), today)

    async def _by_key(self, key: str, secret: str, today: date, reader: Reader) -> Found:
        known = self._capacities.known
        row = next(iter(await reader.rows_of(_account_of_key, key=key, since=known.sequence)), None)
        hash_ = "" if row is None else row.secret_hash
        # Compared for an unknown key too, so that the time taken tells nothing.
        if not hmac.compare_digest(secret_hash(secret), hash_) or row is None:
            raise unauthenticated("The key is not known.")
        now = self._now()
        if row.revoked_at is not None:
            raise unauthenticated("The key was revoked.", "CREDENTIAL_REVOKED")
        if row.expires_at <= instant(now):
            raise unauthenticated("The key has expired.", "CREDENTIAL_EXPIRED")
        noted = row.last_used_at is not None and row.last_used_at > instant(now - NOTED_EVERY)
        return Found(
            actor=await self._actor(reader, row, known, frozenset(Scope(scope) for scope in row.scopes), today, key),
            look=partial(self._by_key, key, secret, today),
            head=row.head,
            sequence=row.sequence,
            key=None if noted else key,
        )

    async def _by_subject(self, subject: str, today: date, reader: Reader) -> Found:
        known = self._capacities.known
        row = next(iter(await reader.rows_of(_account_of_subject, subject=subject, since=known.sequence)), None)
        if row is None:
            raise unauthenticated("The token is good, but there is no account for who it names.", check="account")
        return Found(
            actor=await self._actor(reader, row, known, frozenset(Scope), today),
            look=partial(self._by_subject, subject, today),
            head=row.head,
            sequence=row.sequence,
        )

    async def _actor(
        self, reader: Reader, row: Any, known: _Known, scopes: frozenset[Scope], today: date, key: str | None = None
    ) -> Actor:
        if row.status is not AccountStatus.ACTIVE:
            raise unauthenticated("The account is suspended.", "ACCOUNT_SUSPENDED")
        calls = caller(row)
        return Actor(
            account=calls.id,
            label=calls.label or calls.id,
            party=calls.party,
            held=await self._capacities.of(reader, calls, today, row, known),
            scopes=scopes | {Scope.READ_PUBLIC},
            key=key,
        )

    def note(self, key: str) -> None:
        """In the background: nobody waits for the write lock because they read."""
        if key not in self._noting:
            task = asyncio.create_task(self._write_use(key))
            self._noting[key] = task
            task.add_done_callback(lambda _: self._noting.pop(key, None))

    async def _write_use(self, key: str) -> None:
        used, at = db.KeyUse, instant(self._now())
        try:
            async with self._database.writing() as connection:
                # No upsert is needed under the write lock.
                changed = await connection.execute(update(used).where(col(used.key_id) == key).values(last_used_at=at))
                if not changed.rowcount:
                    await connection.execute(insert(used).values(key_id=key, last_used_at=at))
        except (SQLAlchemyError, OSError) as error:
            log.warning("the use of a key was not noted", key=key, reason=type(error).__name__)


_FEW = 200
"""Entries of the journal that are looked through: whoever comes after more of them works everything out anew."""
_GIVES_CAPACITIES = (db.TreatyAction, db.Office, db.OfficeTerm, db.Participation, db.Meeting)
"""The tables that `capacities_on` reads."""
_DECIDES = (db.Account, db.ApiKey, *_GIVES_CAPACITIES)
"""Those in which it is written who calls."""
_TELLS_WHO_CALLS = frozenset(str(table.__tablename__) for table in _DECIDES)
_SINCE = bindparam("since", type_=Integer)


def _head(*tables: type[Kept]) -> tuple[Any, ...]:
    """Where the journal stands: by its hash, for a restored database comes to the same numbers by another way.

    And how it stood then, and whether anything was written to these tables since.
    """
    change = db.Change
    since = select(1).where(
        col(change.sequence) > _SINCE,
        col(change.sequence) <= _SINCE + _FEW,
        col(change.subject_type).in_([str(table.__tablename__) for table in tables]),
    )
    return (
        select(col(db.JournalHead.hash)).scalar_subquery().label("head"),
        select(col(db.JournalHead.sequence)).scalar_subquery().label("sequence"),
        select(col(change.hash)).where(col(change.sequence) == _SINCE).scalar_subquery().label("hash_then"),
        exists(since).label("moved"),
    )


_ACCOUNT = (*CALLER, col(db.Account.status), *_head(*_GIVES_CAPACITIES))


def _standing(_reader: Reader) -> Select[Any]:
    return select(*_head(*_DECIDES))


def _account_of_key(_reader: Reader) -> Select[Any]:
    return (
        select(
            *_ACCOUNT,
            col(db.ApiKey.secret_hash),
            col(db.ApiKey.scopes),
            col(db.ApiKey.expires_at),
            col(db.ApiKey.revoked_at),
            col(db.KeyUse.last_used_at),
        )
        .join(db.ApiKey, col(db.ApiKey.account_id) == col(db.Account.id))
        .outerjoin(db.KeyUse, col(db.KeyUse.key_id) == col(db.ApiKey.id))
        .where(col(db.ApiKey.id) == bindparam("key"))
    )


def _account_of_subject(_reader: Reader) -> Select[Any]:
    return select(*_ACCOUNT).where(col(db.Account.subject) == bindparam("subject"))


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Capacities, as of where the journal stood on a day, and further on while nothing is written that gives any."""

    sequence: int = -1
    head: str | None = None
    day: date | None = None
    held: dict[tuple[str, str | None, bool], frozenset[Held]] = field(default_factory=dict)

    def holds_at(self, row: Any, today: date) -> bool:
        """By a row that was asked what was written since."""
        stood = row.hash_then == self.head and today == self.day
        return stood and not row.moved and row.sequence <= self.sequence + _FEW


class _Capacities:
    """They cost more than the rest of a small request."""

    def __init__(self) -> None:
        self.known = _Known()

    async def of(self, reader: Reader, calls: Caller, today: date, row: Any, asked: _Known) -> frozenset[Held]:
        """`asked`: what was known when the row was asked for; others may have come since, from further on."""
        holds = asked.holds_at(row, today)
        if not holds or row.sequence > self.known.sequence:
            self.known = _Known(row.sequence, row.head, today, asked.held if holds else {})
        held = asked.held if holds else self.known.held
        key = (calls.party, calls.person, calls.is_admin)
        if key not in held:
            held[key] = await capacities_on(reader, calls, today)
        return held[key]


def _bearer(given: Sequence[str]) -> str:
    if len(given) > 1:
        raise unauthenticated("Send one Authorization header.", "CREDENTIAL_MALFORMED")
    scheme, _, token = given[0].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("Send Authorization: Bearer, with a key or a token.", "CREDENTIAL_MALFORMED")
    if len(token) > MAX_TOKEN:
        raise unauthenticated(f"A credential may have {MAX_TOKEN:,} characters at most.", "CREDENTIAL_MALFORMED")
    return token
