"""From a request's credential to who calls: a key of ours, or a token of the configured issuer."""

from __future__ import annotations

import asyncio
import binascii
import hmac
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col
from starlette.requests import Request

import db
from db.engine import Database
from db.unit import instant
from isu.jwks import Clock, Keys, Unreachable
from isu.settings import Settings
from isu.turned_away import TurnedAway
from mandate.account import AccountStatus
from mandate.actor import PUBLIC, Actor, Held, Scope
from resolvers.account import CALLER, Caller, caller, capacities_on, secret_hash
from resolvers.reading import Reader

MAX_TOKEN = 8 * 1024
LEEWAY = 30
"""Seconds by which the issuer's clock and ours may differ."""
NOTED_EVERY = timedelta(minutes=1)
SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Only with a private half: neither `none`, nor a secret that whoever verifies could sign with too."""

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
    key: str | None = None
    """To be noted as used."""


Look = Callable[[AsyncConnection], Awaitable[Found]]


class Callers:
    """Who calls. Every request asks the database for its credential, so that what is revoked is refused at once."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], datetime], clock: Clock) -> None:
        self._database = database
        self._now = now
        self._tokens: _Tokens | None = None
        if settings.oidc_issuer is not None:
            self._tokens = _Tokens(settings, Keys(settings.oidc_issuer, clock), now)
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
        async with self._database.reading() as connection:
            return await look(connection)

    async def confirm(self, found: Found, connection: AsyncConnection) -> Actor:
        """Who calls, as of the write lock: whoever waited for it may have been suspended meanwhile."""
        if found.look is None or (await connection.execute(select(_HEAD))).scalar_one() == found.head:
            return found.actor
        return (await found.look(connection)).actor

    @asynccontextmanager
    async def noting(self, found: Found) -> AsyncIterator[None]:
        """Once the request is answered, the use of its key is noted."""
        try:
            yield
        finally:
            if found.key is not None:
                self.note(found.key)

    async def close(self) -> None:
        await asyncio.gather(*self._noting.values(), return_exceptions=True)

    async def _look_for(self, token: str, today: date) -> Look:
        if token.startswith("isu_"):
            match = _KEY.fullmatch(token)
            if match is None:
                raise _refused("The key is not of the form isu_<id>_<secret>.", "CREDENTIAL_MALFORMED")
            return partial(self._by_key, match[1], match[2], today)
        if _JWT.fullmatch(token) is None:
            raise _refused("The credential is neither a key of ours nor a JWT.", "CREDENTIAL_MALFORMED")
        if self._tokens is None:
            raise _refused("No issuer of tokens is configured here; use an API key.", check="issuer configured")
        return partial(self._by_subject, await self._tokens.subject_of(token), today)

    async def _by_key(self, key: str, secret: str, today: date, connection: AsyncConnection) -> Found:
        statement = (
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
            .where(col(db.ApiKey.id) == key)
        )
        row = (await connection.execute(statement)).one_or_none()
        kept = "" if row is None else row.secret_hash
        # Compared for an unknown key too, so that the time taken tells nothing.
        if not hmac.compare_digest(secret_hash(secret), kept) or row is None:
            raise _refused("The key is not known.")
        now = self._now()
        if row.revoked_at is not None:
            raise _refused("The key was revoked.", "CREDENTIAL_REVOKED")
        if row.expires_at <= instant(now):
            raise _refused("The key has expired.", "CREDENTIAL_EXPIRED")
        noted = row.last_used_at is not None and row.last_used_at > instant(now - NOTED_EVERY)
        return Found(
            actor=await self._actor(connection, row, frozenset(Scope(scope) for scope in row.scopes), today, key),
            look=partial(self._by_key, key, secret, today),
            head=row.head,
            key=None if noted else key,
        )

    async def _by_subject(self, subject: str, today: date, connection: AsyncConnection) -> Found:
        statement = select(*_ACCOUNT).where(col(db.Account.subject) == subject)
        row = (await connection.execute(statement)).one_or_none()
        if row is None:
            raise _refused("The token is good, but there is no account for who it names.", check="account")
        return Found(
            actor=await self._actor(connection, row, frozenset(Scope), today),
            look=partial(self._by_subject, subject, today),
            head=row.head,
        )

    async def _actor(
        self, connection: AsyncConnection, row: Any, scopes: frozenset[Scope], today: date, key: str | None = None
    ) -> Actor:
        if row.status is not AccountStatus.ACTIVE:
            raise _refused("The account is suspended.", "ACCOUNT_SUSPENDED")
        calls = caller(row)
        return Actor(
            account=calls.id,
            label=calls.label or calls.id,
            party=calls.party,
            held=await self._capacities.of(Reader(connection, PUBLIC, today), calls, today, row.head),
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


# Where the journal stands: by its hash, for a restored database comes to the same numbers by another way.
_HEAD = col(db.JournalHead.hash)
_ACCOUNT = (*CALLER, col(db.Account.status), select(_HEAD).scalar_subquery().label("head"))


class _Capacities:
    """Kept for as long as nothing whatever is written: they cost more than the rest of a small request."""

    def __init__(self) -> None:
        self._valid: tuple[str, date] | None = None
        self._held: dict[tuple[str, str | None, bool], frozenset[Held]] = {}

    async def of(self, reader: Reader, calls: Caller, today: date, head: str) -> frozenset[Held]:
        if self._valid != (head, today):
            self._valid, self._held = (head, today), {}
        known, key = self._held, (calls.party, calls.person, calls.is_admin)
        if key not in known:
            known[key] = await capacities_on(reader, calls, today)
        return known[key]


class _Tokens:
    """JWTs of the one issuer that is configured."""

    def __init__(self, settings: Settings, keys: Keys, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._claim = settings.oidc_claim
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": str(settings.oidc_issuer)},
            aud={"essential": True, "value": str(settings.oidc_audience)},
            exp={"essential": True},
        )

    async def subject_of(self, token: str) -> str:
        """The name of the account at the issuer, once everything about the token holds."""
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in SIGNED_WITH or "crit" in header:
            raise _refused(f"A token is signed with one of {', '.join(SIGNED_WITH)}.", check="algorithm")
        if not isinstance(kid, str):
            raise _refused("The token does not name the key that signed it.", check="kid")
        try:
            key = await self._keys.find(kid)
        except Unreachable:
            # Whether it is a good token can not be told; so it is neither let in nor called bad.
            raise TurnedAway(
                503, "The issuer of tokens can not be reached; try again.", "UNAVAILABLE", {"Retry-After": "60"}
            ) from None
        if key is None or (key.alg or algorithm) != algorithm:
            raise _refused("The issuer has no such key.", check="key")
        try:
            claims = jwt.decode(token, key, algorithms=[algorithm]).claims
            self._claims.validate(claims)
        except ExpiredTokenError:
            raise _refused("The token has expired.", "CREDENTIAL_EXPIRED") from None
        except (JoseError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise _refused("The token is not one of the issuer for this API.", check=_failed(error)) from None
        subject = claims.get(self._claim)
        # Neither NUL nor half of a surrogate pair can be looked for.
        if not isinstance(subject, str) or not subject or not subject.isprintable():
            raise _refused(f"The token has no claim {self._claim}.", check=self._claim)
        # Else anybody could call themselves at the issuer what somebody else is called here.
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise _refused("The issuer has not verified the address in the token.", check="email_verified")
        return subject


def _bearer(given: Sequence[str]) -> str:
    if len(given) > 1:
        raise _refused("Send one Authorization header.", "CREDENTIAL_MALFORMED")
    scheme, _, token = given[0].partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _refused("Send Authorization: Bearer, with a key or a token.", "CREDENTIAL_MALFORMED")
    if len(token) > MAX_TOKEN:
        raise _refused(f"A credential may have {MAX_TOKEN:,} characters at most.", "CREDENTIAL_MALFORMED")
    return token


def _header(token: str) -> dict[str, Any]:
    encoded = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise _refused("The token is not a JWT.", "CREDENTIAL_MALFORMED")
    return header


def _failed(error: Exception) -> str:
    """By the name of the check alone, for the operator: what the token says is nobody's business."""
    if isinstance(error, ClaimError):
        return error.claim
    return error.error if isinstance(error, JoseError) else type(error).__name__


def _refused(message: str, code: str = "UNAUTHENTICATED", *, check: str | None = None) -> TurnedAway:
    return TurnedAway(401, message, code, {"WWW-Authenticate": 'Bearer error="invalid_token"'}, check=check)
