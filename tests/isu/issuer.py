"""An issuer of tokens on this machine, in good times and in bad."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests import server

AUDIENCE = "https://isu.test"


class Issuer:
    """`mode` says how it answers for its keys; `fetched` counts how often it was asked for them."""

    def __init__(self) -> None:
        self.url = ""
        self.mode = "good"
        self.fetched = 0
        self.keys = [RSAKey.generate_key(2048, {"kid": "first", "alg": "RS256"})]
        self.others: list[dict[str, Any]] = []

    @contextmanager
    def serving(self) -> Iterator[Issuer]:
        routes = [
            Route("/.well-known/openid-configuration", self._about),
            Route("/keys", self._keys),
            Route("/elsewhere", self._good),
        ]
        with server.serving(Starlette(routes=routes)) as self.url:
            yield self

    def token(self, key: RSAKey | ECKey | None = None, *, alg: str = "RS256", **claims: Any) -> str:
        """A good token, but for what is said."""
        key = key or self.keys[0]
        now = int(time.time())
        told = {"iss": self.url, "aud": AUDIENCE, "sub": "subject", "iat": now, "exp": now + 600} | claims
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": key.kid}, told, key, algorithms=[alg])

    def confused_token(self) -> str:
        """Signed with the public key, as if it were a shared secret."""
        secret = self.keys[0].as_pem(private=False)
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "subject", "exp": now + 600}
        return by_hand({"alg": "HS256", "kid": "first"}, claims, secret)

    def unsigned_token(self) -> str:
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "subject", "exp": int(time.time()) + 600}
        return f"{_part({'alg': 'none', 'kid': 'first'})}.{_part(claims)}."

    def _about(self, _request: Request) -> Response:
        if self.mode == "another":
            return JSONResponse({"issuer": "https://another.test", "jwks_uri": f"{self.url}/keys"})
        return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

    def _keys(self, request: Request) -> Response:
        self.fetched += 1
        match self.mode:
            case "down":
                # Whatever it says: an answer of an error is none.
                answer = self._good(request)
                answer.status_code = 500
                return answer
            case "slow":
                return StreamingResponse(_drops(), media_type="application/json")
            case "huge":
                return Response(b'{"keys": [' + b" " * 1_000_000 + b"]}", media_type="application/json")
            case "moved":
                return RedirectResponse(f"{self.url}/elsewhere")
            case "nonsense":
                return Response(b"[" * 100_000, media_type="application/json")
        return self._good(request)

    def _good(self, _request: Request) -> Response:
        return JSONResponse({"keys": [*(key.as_dict(private=False) for key in self.keys), *self.others]})


async def _drops() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.1)


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """What no library would sign."""
    signed = f"{_part(header)}.{_part(claims)}"
    return f"{signed}.{_encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _part(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value).encode())


def _encode(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
