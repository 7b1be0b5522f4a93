"""Files over HTTP: `PUT /files/{ticket}` takes one in, `GET /files/{id}` serves it to whoever may see it then."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from db.store import CHUNK, FileStore, Missing, Spool, Spooled, StoreFailed
from isu.accept import has
from isu.accept import media_type as parsed
from isu.door import IDENTIFY_SECONDS, Identifying
from isu.fair_use import FairUse
from isu.operation import OPERATION_SECONDS, Opening
from isu.turned_away import LATER, TurnedAway
from mandate.export import MEDIA_TYPES
from mandate.file import JPEG, PDF, PNG, TEXT, BadFile, Stretch, check_content, stretch_of
from resolvers import file as resolve
from resolvers.error import Conflict, Forbidden, NotFound
from resolvers.export import Made
from resolvers.file_text import text_of
from schema.error import Code, Shown, from_exception

METHODS = ("GET", "HEAD", "PUT", "OPTIONS")
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_SHOWN_IN_PLACE = {PDF, PNG, JPEG}
_TEXTS = {TEXT, *MEDIA_TYPES.values()}
_ANY = "application/octet-stream"
_NO_FILE = "There is no such file."

log = structlog.get_logger(__name__)


class Files:
    """An ASGI endpoint. No connection to the database is held while bytes come or go."""

    def __init__(
        self,
        store: FileStore,
        exports: FileStore,
        spool: Spool,
        largest: int,
        open_context: Opening,
        identify: Identifying,
        fair_use: FairUse,
    ) -> None:
        self._store = store
        self._exports = exports
        self._spool = spool
        self._largest = largest
        self._open_context = open_context
        self._identify = identify
        self._fair_use = fair_use

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request.state.request_id = request_id = uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                response = await self._respond(request, request_id)
            except ClientDisconnect:
                return
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["X-Request-Id"] = request_id
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.add_vary_header("Authorization")
            await response(scope, receive, send)

    async def _respond(self, request: Request, request_id: str) -> Response:
        try:
            return await self._let_in(request)
        except ClientDisconnect:
            raise
        except TurnedAway as refusal:
            return _refusal(refusal.status, refusal.message, refusal.code, refusal.headers)
        except BadFile as bad:
            return _refusal(422, str(bad), Code.FILE_REFUSED)
        except NotFound as absent:
            return _refusal(404, absent.message, Code.NOT_FOUND)
        except Forbidden as forbidden:
            return _refusal(403, forbidden.message, "FORBIDDEN")
        except Conflict as conflict:
            used = conflict.code == "DUPLICATE"
            return _refusal(409 if used else 410, conflict.message, Code.TICKET_USED if used else Code.TICKET_EXPIRED)
        except StoreFailed as failed:
            log.warning("files.unreachable", reason=str(failed))
            return _refusal(503, "The store of files can not be reached; try again.", Code.UNAVAILABLE, LATER)
        except Exception as exc:
            error = from_exception(exc, request_id)
            unavailable = error["extensions"]["code"] in (Code.UNAVAILABLE, Code.TIMEOUT)
            return _answer(503 if unavailable else 500, {"errors": [error]}, LATER if unavailable else None)

    async def _let_in(self, request: Request) -> Response:
        allow = {"Allow": ", ".join(METHODS)}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allow)
        if request.method not in METHODS:
            raise TurnedAway(405, "Use GET or PUT.", headers=allow)
        self._fair_use.greet(request)
        await self._who(request)
        key: str = request.path_params["key"]
        if _KEY.fullmatch(key) is None:
            raise NotFound(_NO_FILE)
        if request.method == "PUT":
            return await self._take(request, key)
        return await self._serve(request, key)

    async def _who(self, request: Request) -> None:
        try:
            async with asyncio.timeout(IDENTIFY_SECONDS):
                account = (await self._identify(request)).account
        except TurnedAway as refusal:
            if refusal.status == 401:
                self._fair_use.charge_stranger(request)
                log.info("credential.refused", code=refusal.code, check=refusal.check)
            raise
        self._fair_use.charge(request, account, 1)

    async def _ask(self, request: Request, operation: str, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        """One question, or one act, in a context of its own."""
        request.state.operation = operation
        async with asyncio.timeout(OPERATION_SECONDS), self._open_context(request) as context:
            return await ask(context)

    # ---------- in ----------

    async def _take(self, request: Request, ticket: str) -> Response:
        upload = await self._ask(request, "query", lambda context: resolve.awaited(context, ticket))
        media_type: str = upload["media_type"]
        _check_headers(request, media_type, self._largest)
        seconds = (datetime.fromisoformat(upload["expires_at"]) - datetime.now(UTC)).total_seconds()
        with self._spool.open() as spooled:
            try:
                async with asyncio.timeout(seconds):
                    await self._receive(request, spooled)
            except TimeoutError:
                raise Conflict("The ticket has expired; ask for another.", code="ILLEGAL_TRANSITION") from None
            await asyncio.to_thread(check_content, spooled.file, media_type)
            await asyncio.to_thread(spooled.finish)
            sha256, size = spooled.sha256, spooled.size
            # First the bytes, then the word of them: what no row tells of is served to nobody.
            await self._store.keep(sha256, spooled.path)
            text = await asyncio.to_thread(text_of, spooled.path, media_type)
        await self._ask(
            request,
            "mutation",
            lambda context: resolve.received(context, ticket=ticket, sha256=sha256, size=size, text=text),
        )
        return _answer(201, {"sha256": sha256, "bytes": size, "mediaType": media_type})

    async def _receive(self, request: Request, spooled: Spooled) -> None:
        """Piece by piece, of which never more than a few are held."""
        waiting = bytearray()
        async for chunk in request.stream():
            waiting += chunk
            if spooled.size + len(waiting) > self._largest:
                raise _too_large(self._largest)
            if len(waiting) >= CHUNK:
                await asyncio.to_thread(spooled.write, waiting)
                waiting = bytearray()
        await asyncio.to_thread(spooled.write, waiting)

    # ---------- out ----------

    async def _serve(self, request: Request, key: str) -> Response:
        file = await self._ask(request, "query", lambda context: resolve.served(context, key))
        headers = _headers_of(file)
        tag = headers["ETag"]
        if has(request, tag):
            return Response(status_code=304, headers=headers)
        try:
            wanted = stretch_of(_range_of(request, tag), file.bytes)
        except BadFile as bad:
            raise TurnedAway(416, str(bad), headers={"Content-Range": f"bytes */{file.bytes}"}) from None
        part = wanted or Stretch(0, file.bytes)
        headers["Content-Length"] = str(part.end - part.start)
        if wanted is not None:
            headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{file.bytes}"
        status = 200 if wanted is None else 206
        # Of an empty file, as an export has it where its caller sees none of what it is of, there is nothing to read.
        if request.method == "HEAD" or part.start == part.end:
            return Response(status_code=status, headers=headers)
        if isinstance(file, Made):
            body = self._exports.read(file.stored, part.start, part.end)
        else:
            body = self._store.read(file.sha256, part.start, part.end)
        try:
            first = await anext(body)
        except Missing:
            log.exception("file.missing", sha256=file.sha256)
            raise
        return StreamingResponse(_with(first, body), status, headers)


async def _with(first: bytes, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """That the file is there is known before anything is answered."""
    async with aclosing(body):  # type: ignore[type-var]
        yield first
        async for chunk in body:
            yield chunk


def _range_of(request: Request, tag: str) -> str | None:
    """What is asked for in two headers is no part that we know, nor is any asked for by HEAD (RFC 9110, 14.2)."""
    said = request.headers.getlist("range")
    holds = request.method == "GET" and request.headers.get("if-range", tag) == tag
    return said[0] if holds and len(said) == 1 else None


def _headers_of(file: Any) -> dict[str, str]:
    headers = {
        "Content-Type": f"{file.media_type}; charset=utf-8" if file.media_type in _TEXTS else file.media_type,
        "Content-Disposition": _disposition(file),
        "ETag": f'"{file.sha256}"',
        "Accept-Ranges": "bytes",
        # Who may see it is asked each time; then what is the same need not be sent again.
        "Cache-Control": "private, no-cache",
    }
    if file.media_type != PDF:
        # A browser's own viewer of PDF does not run in a sandbox.
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return headers


def _disposition(file: Any) -> str:
    how = "inline" if file.media_type in _SHOWN_IN_PLACE else "attachment"
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", file.name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"


def _check_headers(request: Request, media_type: str, largest: int) -> None:
    said, _ = parsed(request.headers.get("content-type", _ANY))
    if said not in (media_type, _ANY):
        raise TurnedAway(415, f"The ticket is for {media_type}: send it as that, or as {_ANY}.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise TurnedAway(415, "Send the file as it is, not compressed.")
    if "content-range" in request.headers:
        # Who goes on with what broke off would have the rest of it taken for the whole.
        raise TurnedAway(400, "Send the whole file: a part of one (Content-Range) is not taken.")
    announced = request.headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdigit()):
        raise TurnedAway(400, "Content-Length is not a number.")
    if len(announced) > 15 or int(announced) > largest:
        raise _too_large(largest)


def _too_large(largest: int) -> TurnedAway:
    return TurnedAway(413, f"A file may have {largest:,} bytes at most.", Code.FILE_TOO_LARGE, {"Connection": "close"})


def _refusal(status: int, message: str, code: str, headers: Any = None) -> Response:
    error: Shown = {"message": message, "extensions": {"code": str(code)}}
    return _answer(status, {"errors": [error]}, headers)


def _answer(status: int, content: Any, headers: Any = None) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")
