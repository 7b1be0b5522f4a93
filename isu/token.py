"""JWTs of the one issuer that is configured."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError

from isu.clock import Clock
from isu.jwks import Keys, Unreachable
from isu.settings import Settings
from isu.turned_away import TurnedAway, unauthenticated

LEEWAY = 30
"""Seconds by which the issuer's clock and ours may differ."""
SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Only with a private half: neither `none`, nor a secret that whoever verifies could sign with too."""


class Tokens:
    """From a token to whom it names, once everything about it holds."""

    def __init__(self, settings: Settings, clock: Clock, now: Callable[[], datetime]) -> None:
        self._keys = Keys(str(settings.oidc_issuer), clock)
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
            raise unauthenticated(f"A token is signed with one of {', '.join(SIGNED_WITH)}.", check="algorithm")
        if not isinstance(kid, str):
            raise unauthenticated("The token does not name the key that signed it.", check="kid")
        try:
            key = await self._keys.find(kid)
        except Unreachable:
            # Whether it is a good token can not be told; so it is neither let in nor called bad.
            raise TurnedAway(
                503, "The issuer of tokens can not be reached; try again.", "UNAVAILABLE", {"Retry-After": "60"}
            ) from None
        if key is None or (key.alg or algorithm) != algorithm:
            raise unauthenticated("The issuer has no such key.", check="key")
        try:
            claims = jwt.decode(token, key, algorithms=[algorithm]).claims
            self._claims.validate(claims)
        except ExpiredTokenError:
            raise unauthenticated("The token has expired.", "CREDENTIAL_EXPIRED") from None
        except (JoseError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise unauthenticated("The token is not one of the issuer for this API.", check=_failed(error)) from None
        subject = claims.get(self._claim)
        # Neither NUL nor half of a surrogate pair can be looked for.
        if not isinstance(subject, str) or not subject or not subject.isprintable():
            raise unauthenticated(f"The token has no claim {self._claim}.", check=self._claim)
        # Else anybody could call themselves at the issuer what somebody else is called here.
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise unauthenticated("The issuer has not verified the address in the token.", check="email_verified")
        return subject


def _header(token: str) -> dict[str, Any]:
    encoded = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise unauthenticated("The token is not a JWT.", "CREDENTIAL_MALFORMED")
    return header


def _failed(error: Exception) -> str:
    """By the name of the check alone, for the operator: what the token says is nobody's business."""
    if isinstance(error, ClaimError):
        return error.claim
    return error.error if isinstance(error, JoseError) else type(error).__name__
