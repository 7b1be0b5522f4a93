"""Files in a bucket of any store that speaks S3: three requests, signed by hand (AWS Signature Version 4).

A library for S3 would bring a client of its own for HTTP, and the description of three hundred services.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2

from db.store import CHUNK, Missing, StoreFailed, checked

_EMPTY = hashlib.sha256(b"").hexdigest()
_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who asks, where."""

    access_key: str
    secret_key: str
    region: str

    def sign(self, method: str, url: str, headers: Mapping[str, str], payload: str, now: datetime) -> dict[str, str]:
        """The headers with which a request is sent; all of them are signed, and so is the hash of what it brings."""
        parts = urlsplit(url)
        moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {
            **{name.lower(): value.strip() for name, value in headers.items()},
            "host": parts.netloc,
            "x-amz-content-sha256": payload,
            "x-amz-date": moment,
        }
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        request = "\n".join([method, parts.path or "/", parts.query, lines, names, payload])
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        credential = f"{self.access_key}/{scope}"
        authorization = f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}"
        return {**signed, "authorization": authorization}


class Bucket:
    """A bucket, or a part of one below a prefix; it is addressed by its path, which every store takes."""

    def __init__(
        self, endpoint: str, bucket: str, prefix: str, signer: Signer, client: httpx2.AsyncClient | None = None
    ) -> None:
        self._base = f"{endpoint.rstrip('/')}/{quote(bucket)}/{quote(f'{prefix}/') if prefix else ''}"
        self._signer = signer
        self._client = client or httpx2.AsyncClient(timeout=_SECONDS)

    async def keep(self, sha256: str, path: Path, name: str | None = None) -> None:
        length = {"content-length": str((await asyncio.to_thread(path.stat)).st_size)}
        request = self._request("PUT", name or sha256, length, payload=sha256, content=_pieces(path))
        response = await self._send(request)
        # The store compares what came with the hash that was signed. Whether it is there already is not asked: whoever
        # may not list a bucket is not told, and the same bytes under the same name change nothing.
        _check(response, 200)

    async def remove(self, name: str) -> None:
        # One that is not there is removed all the same, which is also what stores answer.
        _check(await self._send(self._request("DELETE", name, {})), 204)

    async def read(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        part = {"range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}
        response = await self._send(self._request("GET", sha256, part), stream=True)
        try:
            if response.status_code == 404:
                raise Missing(sha256)
            _check(response, 206 if part else 200)
            async for chunk in response.aiter_raw(CHUNK):
                yield chunk
        except httpx2.TransportError as error:
            raise StoreFailed(type(error).__name__) from error
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, request: httpx2.Request, *, stream: bool = False) -> httpx2.Response:
        try:
            return await self._client.send(request, stream=stream)
        except httpx2.TransportError as error:
            raise StoreFailed(type(error).__name__) from error

    def _request(
        self,
        method: str,
        sha256: str,
        headers: Mapping[str, str],
        *,
        payload: str = _EMPTY,
        content: AsyncIterator[bytes] | None = None,
    ) -> httpx2.Request:
        url = self._base + checked(sha256)
        signed = self._signer.sign(method, url, headers, payload, datetime.now(UTC))
        return self._client.build_request(method, url, headers=signed, content=content)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
    finally:
        file.close()


def _check(response: httpx2.Response, expected: int) -> None:
    if response.status_code != expected:
        raise StoreFailed(f"the store of files answered {response.status_code}")
