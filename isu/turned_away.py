"""What the front door says no with."""

from collections.abc import Mapping
from typing import Any

from schema.error import Code

LATER: Mapping[str, str] = {"Retry-After": "5"}
"""Seconds, beside each 503."""


class TurnedAway(Exception):  # noqa: N818 - it reads as what happened
    """A request that HTTP itself refuses; who opens a context may raise it too."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str = Code.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
        check: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers
        self.extensions = extensions
        """Of the answer, beside its errors."""
        self.check = check
        """What was not as it should be: for our log, where the message says less."""


def unauthenticated(message: str, code: str = "UNAUTHENTICATED", *, check: str | None = None) -> TurnedAway:
    return TurnedAway(401, message, code, {"WWW-Authenticate": 'Bearer error="invalid_token"'}, check=check)
