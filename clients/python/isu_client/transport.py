"""How the client asks: with a key, with patience, and with errors that have a code."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx2
from pydantic_core import to_jsonable_python

_BUSY = (429, 502, 503, 504)
_LONGEST_WAIT = 300.0


class ApiError(Exception):
    """The API answered with an error; `code` is stable, and the API's docs/errors.md explains it."""

    def __init__(self, status: int, errors: list[dict[str, Any]]) -> None:
        self.status = status
        self.errors = errors
        first = errors[0] if errors else {}
        self.extensions: Mapping[str, Any] = first.get("extensions") or {}
        self.code = str(self.extensions.get("code", "UNKNOWN"))
        super().__init__(f"{self.code}: {first.get('message', f'HTTP {status}')}")


class Transport:
    """`url` is that of the server, without `/graphql`; without a key one sees what is public."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        attempts: int = 8,
        http_client: httpx2.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = f"{url.rstrip('/')}/graphql"
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._attempts = attempts
        self._http = http_client or httpx2.Client(timeout=60)
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def execute(
        self, query: str, operation_name: str | None = None, variables: dict[str, Any] | None = None, **_: Any
    ) -> httpx2.Response:
        """Asks again where the server is busy or not there; an act has the same Idempotency-Key each time."""
        from isu_client.api.base_model import UNSET  # the generated package imports this module

        headers = dict(self._headers)
        is_act = query.lstrip().startswith("mutation")
        if is_act and self._headers:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        given = {name: value for name, value in (variables or {}).items() if value is not UNSET}
        asked = {"query": query, "operationName": operation_name, "variables": to_jsonable_python(given)}
        may_repeat = not is_act or "Idempotency-Key" in headers
        for attempt in range(1, self._attempts + 1):
            is_last = attempt == self._attempts or not may_repeat
            try:
                response = self._http.post(self.url, json=asked, headers=headers)
            except httpx2.UnsupportedProtocol:
                raise  # An address that is none is none the next time, too.
            except httpx2.TransportError:
                if is_last:
                    raise
                self._sleep(_backoff(attempt))
                continue
            if response.status_code not in _BUSY or is_last:
                return response
            self._sleep(_told(response) or _backoff(attempt))
        raise AssertionError("the last attempt returns or raises")

    def get_data(self, response: httpx2.Response) -> dict[str, Any]:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ApiError(response.status_code, [])
        if answer.get("errors") or not isinstance(answer.get("data"), dict):
            raise ApiError(response.status_code, answer.get("errors") or [])
        data: dict[str, Any] = answer["data"]
        return data


def _backoff(attempt: int) -> float:
    """Longer each time, and by chance, so that many clients do not come back at once."""
    return random.uniform(0.5, 1) * min(2.0**attempt / 2, 60)  # noqa: S311  no secret


def _told(response: httpx2.Response) -> float | None:
    """Retry-After, in seconds or as a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        seconds = float(text)
    else:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.1), _LONGEST_WAIT)
