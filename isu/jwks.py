"""The keys of the configured issuer: fetched with limits on time and size, and kept."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from isu.clock import Clock

PublicKey = RSAKey | ECKey | OKPKey

SECONDS = 5
"""For both documents together."""
MAX_BYTES = 256 * 1024
MAX_KEYS = 100
EVERY = 60
"""Seconds between two tries at most, whatever kids are asked for and whether the last try succeeded."""
FRESH = 600
"""Seconds after which the keys are fetched anew: one that was withdrawn must go."""
STALE = 6 * 3600
"""Seconds for which the last keys serve while the issuer is down."""
_SMALLEST_RSA = 2048

log = structlog.get_logger(__name__)


class Unreachable(Exception):  # noqa: N818 - it reads as what happened
    """The issuer gave no keys: whether a token is good can not be told."""


class Keys:
    """Of one issuer, by kid."""

    def __init__(self, issuer: str, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._failed = False

    async def find(self, kid: str) -> PublicKey | None:
        """The key of this name; None where the issuer has none."""
        key = self._keys.get(kid)
        # While one request fetches anew, the others go on with what is known.
        if key is not None and self._is_younger(STALE if self._lock.locked() else FRESH):
            return key
        async with self._lock:
            key = self._keys.get(kid)
            if key is not None and self._is_younger(FRESH):
                return key
            if self._tried is None or self._clock() - self._tried >= EVERY:
                await self._refresh()
            key = self._keys.get(kid)
            if key is not None and self._is_younger(STALE):
                return key
            if self._failed:
                raise Unreachable
            return None

    def _is_younger(self, seconds: float) -> bool:
        return self._fetched is not None and self._clock() - self._fetched < seconds

    async def _refresh(self) -> None:
        self._tried, self._failed = self._clock(), True
        try:
            async with asyncio.timeout(SECONDS):
                self._keys = await _fetch(self._issuer)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RecursionError) as error:
            log.warning("the issuer gave no keys", reason=repr(error)[:200])
        else:
            self._fetched, self._failed = self._clock(), False


async def _fetch(issuer: str) -> Mapping[str, PublicKey]:
    # Not compressed, so that the size on the wire is the size in memory; and no redirects to elsewhere.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with httpx2.AsyncClient(timeout=SECONDS, headers=headers) as client:
        about = await _document(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != issuer:
            raise ValueError("the issuer calls itself otherwise")
        address = about.get("jwks_uri")
        if not isinstance(address, str) or (issuer.startswith("https:") and not address.startswith("https:")):
            raise ValueError("jwks_uri is no address to trust")
        listed = (await _document(client, address)).get("keys")
    if not isinstance(listed, list):
        raise ValueError("there is no list of keys")  # noqa: TRY004 - what was received is wrong, not a call
    found = (_public_key(each) for each in listed[:MAX_KEYS] if isinstance(each, dict))
    return {str(key.kid): key for key in found if key is not None}


async def _document(client: httpx2.AsyncClient, address: str) -> dict[str, Any]:
    body = bytearray()
    async with client.stream("GET", address) as response:
        if response.status_code != 200:
            raise ValueError(f"status {response.status_code}")
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise ValueError("too large")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - what was received is wrong, not a call
    return document


def _public_key(member: dict[str, Any]) -> PublicKey | None:
    """Of a kind that signs with a private half: a shared secret in the list would make anybody an issuer."""
    try:
        if member.get("kty") not in {"RSA", "EC", "OKP"} or member.get("use", "sig") != "sig" or "d" in member:
            return None
        if not isinstance(member.get("kid"), str):
            return None
        if member["kty"] == "RSA" and _bits(member["n"]) < _SMALLEST_RSA:
            return None
        key = JWKRegistry.import_key(member)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


def _bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(number + "=" * (-len(number) % 4)), "big").bit_length()
