"""GraphQL over HTTP: what comes in, what goes out, and everything that is turned away."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
import strawberry
import structlog
from graphql import OperationDefinitionNode, OperationType
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from isu.accept import MAX_LENGTH, media_type, names, negotiate
from isu.event_stream import EVENT_STREAM, EventStream, framed
from isu.fair_use import FairUse
from isu.idempotency import REPLAYED, key_of
from isu.operation import OPERATION_SECONDS, Answers, Executable, Opening, Operations, Parameters
from isu.streams import Followed, Streams
from isu.turned_away import LATER
from isu.turned_away import TurnedAway as TurnedAway  # for those who know it from here
from mandate.actor import Actor
from schema.error import Code, Shown, at_most, from_exception
from schema.operation import cost_error, documents_of, has_nul_escape
from schema.trusted import TrustedDocuments

MAX_BODY = 256 * 1024
BODY_SECONDS = 15
IDENTIFY_SECONDS = 10
MAX_VARIABLE_DEPTH = 32

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
HTML = "text/html"
URL_PARAMETERS = {"query", "documentId", "variables", "operationName", "extensions"}
NO_ANSWER = (
    f"A subscription needs a stream: ask with Accept: {EVENT_STREAM}, or over a WebSocket at this address, "
    "with the protocol graphql-transport-ws."
)
NO_NUL = "NUL characters are not accepted."
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
READING = ("GET", "HEAD", "OPTIONS")
"""Of doors that only show."""

Identifying = Callable[[Request], Awaitable[Actor]]

log = structlog.get_logger(__name__)


class Door:
    """An ASGI endpoint."""

    def __init__(
        self,
        schema: strawberry.Schema,
        open_context: Opening,
        page: Callable[[Request], Response],
        identify: Identifying | None = None,
        fair_use: FairUse | None = None,
        operation_seconds: float = OPERATION_SECONDS,
        streams: Streams | None = None,
        trusted: TrustedDocuments | None = None,
        plans: Answers | None = None,
    ) -> None:
        self.trusted = trusted or TrustedDocuments(())
        self._page = page
        self._streams = streams
        self._identify = identify
        self.fair_use = fair_use
        self._documents = documents_of(schema)
        self.operations = Operations(schema, open_context, fair_use, operation_seconds, plans)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request_id = request.state.request_id = uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                response = await self._respond(request, request_id)
            except ClientDisconnect:
                return
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers["X-Request-Id"] = request_id
            response.headers.add_vary_header("Accept")
            await response(scope, receive, _bodiless(send) if request.method == "HEAD" else send)

    async def _respond(self, request: Request, request_id: str) -> Response:
        accept = ",".join(request.headers.getlist("accept"))
        media = negotiate(accept, (JSON, RESPONSE)) if len(accept) <= MAX_LENGTH else None
        streams = len(accept) <= MAX_LENGTH and names(accept, EVENT_STREAM)
        more: Mapping[str, Any] | None = None
        try:
            return await self._let_in(request, accept, media or (EVENT_STREAM if streams else None))
        except ClientDisconnect:
            raise
        except TurnedAway as refusal:
            status, headers, more = refusal.status, refusal.headers, refusal.extensions
            error: Shown = {"message": refusal.message, "extensions": {"code": str(refusal.code)}}
        except HTTPException as refusal:
            status, headers = refusal.status_code, refusal.headers
            error = {"message": refusal.detail, "extensions": {"code": str(Code.BAD_REQUEST)}}
        except Exception as exc:
            error = from_exception(exc, request_id)
            code = error["extensions"]["code"]
            status = {Code.INTERNAL: 500, Code.UNAVAILABLE: 503, Code.TIMEOUT: 503}.get(code, 400)
            headers = LATER if status == 503 else None
        content = {"errors": [error]} if more is None else {"errors": [error], "extensions": more}
        return _reply(status, orjson.dumps(content), media or JSON, headers)

    async def _let_in(self, request: Request, accept: str, media: str | None) -> Response:
        if (options := options_of(request, METHODS)) is not None:
            return options
        if max(len(accept), len(request.headers.get("content-type", ""))) > MAX_LENGTH:
            raise TurnedAway(431, f"Accept and Content-Type may have {MAX_LENGTH:,} characters each at most.")
        # Browsers name text/html; a client that takes anything gets JSON.
        prefers_page = negotiate(accept, (JSON, RESPONSE, HTML)) == HTML
        asks = {"query", "documentId"} & set(request.query_params)
        if prefers_page and request.method != "POST" and not asks:
            return self._page(request)
        if media is None:
            raise TurnedAway(406, f"Answers come as {RESPONSE} or {JSON}, and streams as {EVENT_STREAM}.")
        if self.fair_use is not None:
            self.fair_use.greet(request)
        asked: Parameters | None = getattr(request.state, "asked", None)
        return await self._answer(request, asked or await _read(request, self.trusted), media)

    async def _answer(self, request: Request, asked: Parameters, media: str) -> Response:
        # Clients of application/json take any other status for a broken server.
        refused = 400 if media == RESPONSE else 200
        key = key_of(request)
        account = await self._who(request)
        try:
            operation = self.judge(request, asked)
        except TurnedAway:
            self._charge_refused(request, account)
            raise
        if isinstance(operation, list):
            self._charge_refused(request, account)
            return _reply(refused, orjson.dumps({"errors": at_most(operation)}), media)
        if operation.streams:
            return await self._stream(request, operation, account)
        answer = await self.operations.answer(request, operation, key)
        headers = {REPLAYED: "true"} if answer.replayed else None
        return _reply(200 if answer.began else refused, answer.body, media, headers)

    async def _stream(self, request: Request, operation: Executable, account: str | None) -> Response:
        if self._streams is None or not names(",".join(request.headers.getlist("accept")), EVENT_STREAM):
            self._charge_refused(request, account)
            raise TurnedAway(400, NO_ANSWER)
        if request.method == "HEAD":
            raise TurnedAway(405, "A subscription needs GET or POST.", headers={"Allow": "GET, POST"})
        # A browser's EventSource connects again by itself, and says where it was.
        after = request.headers.get("last-event-id") or None
        given = request.headers.getlist("authorization")
        followed = Followed(operation=operation, by=request, given=given, after=after)
        return EventStream(await self._streams.open(followed))

    async def _who(self, request: Request) -> str | None:
        """The account that asks, before its query is parsed: so it is known who pays where that can not run."""
        if self._identify is None:
            return None
        try:
            async with asyncio.timeout(IDENTIFY_SECONDS):
                account = (await self._identify(request)).account
        except TurnedAway as refusal:
            if refusal.status == 401:
                if self.fair_use is not None:
                    self.fair_use.charge_stranger(request)
                log.info("credential.refused", code=refusal.code, check=refusal.check)
            raise
        if self.fair_use is not None and account is not None:
            self.fair_use.greet(request, account)
        return account

    def judge(self, request: HTTPConnection, asked: Parameters) -> Executable | list[Shown]:
        """The operation and its cost, or the errors for which it can not run."""
        prepared = self._documents.prepare(asked.query)
        if isinstance(prepared, list):
            return prepared
        definition = prepared.operation(asked.operation_name)
        if not isinstance(definition, OperationDefinitionNode):
            return [definition]
        if definition.operation is OperationType.MUTATION and request.scope.get("method") != "POST":
            raise TurnedAway(405, "A mutation needs POST.", headers={"Allow": "POST"})
        cost = prepared.cost(definition, asked.variables)
        if (error := cost_error(cost)) is not None:
            return [error]
        return Executable(asked, prepared.document, definition, cost)

    def _charge_refused(self, request: Request, account: str | None) -> None:
        if self.fair_use is not None:
            self.fair_use.charge_refused(request, account)


def options_of(request: Request, methods: Collection[str]) -> Response | None:
    """The answer to who asks which methods there are; None to who uses one, and all others are turned away."""
    allow = {"Allow": ", ".join(methods)}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=allow)
    if request.method not in methods:
        raise TurnedAway(405, "Use GET or POST." if "POST" in methods else "Use GET.", headers=allow)
    return None


def _reply(status: int, body: bytes, media: str, headers: Mapping[str, str] | None = None) -> Response:
    if media == EVENT_STREAM:
        # Who takes nothing else finds the errors in the one event too: a browser shows no other body.
        body = framed(body)
    response = Response(body, status, headers)
    response.headers["Content-Type"] = f"{media}; charset=utf-8"
    return response


def _bodiless(send: Send) -> Send:
    async def send_without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_without_body


async def _read(request: Request, trusted: TrustedDocuments) -> Parameters:
    if request.method != "POST":
        return asked_of_url(request.scope["query_string"], trusted)
    _check_content_type(request)
    return asked_of_body(await _body(request), trusted)


def asked_of_body(body: bytes, trusted: TrustedDocuments) -> Parameters:
    members = loads(body, "The body")
    if not isinstance(members, dict):
        raise TurnedAway(400, "The body must be a JSON object; batches are not accepted.")
    return asked_by(members, trusted)


def asked_by(members: dict[str, Any], trusted: TrustedDocuments) -> Parameters:
    """The parameters of a request, however it came."""
    check(members)
    query = text_of(members, trusted)
    if has_nul_escape(query):
        raise TurnedAway(400, NO_NUL)
    for name in ("variables", "extensions"):
        if not isinstance(members.get(name), dict | None):
            raise TurnedAway(400, f"The parameter '{name}' must be an object or null.")
    operation_name = members.get("operationName")
    if not isinstance(operation_name, str | None):
        raise TurnedAway(400, "The parameter 'operationName' must be a string or null.")
    return Parameters(query, members.get("variables") or {}, operation_name or None)


def text_of(members: dict[str, Any], trusted: TrustedDocuments) -> str:
    """The document that was sent, or the trusted one that was named instead."""
    query, document_id = members.get("query"), members.get("documentId")
    if document_id is None:
        if not isinstance(query, str):
            raise TurnedAway(400, "The parameter 'query' must be given, as a string.")
        if not trusted.admits(query):
            hint = "This server answers trusted documents alone; /q lists them. Name one by its documentId."
            raise TurnedAway(400, hint, Code.DOCUMENT_NOT_TRUSTED)
        return query
    if query is not None:
        raise TurnedAway(400, "Give 'query' or 'documentId', not both.")
    if not isinstance(document_id, str):
        raise TurnedAway(400, "The parameter 'documentId' must be a string.")
    text = trusted.text(document_id)
    if text is None:
        raise TurnedAway(400, "No document of this id is known here; /q lists those that are.", Code.DOCUMENT_UNKNOWN)
    return text


def _check_content_type(request: Request) -> None:
    media, parameters = media_type(request.headers.get("content-type", ""))
    if media != JSON or parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise TurnedAway(415, f"Send {JSON}, in UTF-8.", headers={"Accept-Post": JSON})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise TurnedAway(415, "Send the body as it is, not compressed.")


async def _body(request: Request) -> bytes:
    """The body, of which not more is read than is allowed, whatever its announced length."""
    too_large = TurnedAway(413, f"A body may have {MAX_BODY:,} bytes at most.", headers={"Connection": "close"})
    announced = request.headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdigit()):
        raise TurnedAway(400, "Content-Length is not a number.")
    if len(announced) > 12 or int(announced) > MAX_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise too_large
    except TimeoutError:
        raise TurnedAway(408, "The body took too long to arrive.", headers={"Connection": "close"}) from None
    return bytes(body)


def asked_of_url(raw: bytes, trusted: TrustedDocuments) -> Parameters:
    if len(raw) > MAX_BODY:
        raise TurnedAway(414, f"A URL may have {MAX_BODY:,} bytes at most.")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise TurnedAway(400, "The URL is not UTF-8.") from None
    members: dict[str, Any] = _once([pair for pair in pairs if pair[0] in URL_PARAMETERS])
    for name in ("variables", "extensions"):
        # An empty parameter is one that was left out.
        text = members.pop(name, "")
        if text:
            members[name] = loads(text.encode(), f"The parameter '{name}'")
    return asked_by(members, trusted)


def loads(text: bytes, what: str) -> Any:
    # The standard parser, for orjson takes the last of two members of one name without a word.
    try:
        return json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise TurnedAway(400, f"{what} is not valid JSON.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise TurnedAway(400, "A member or parameter is given twice.")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(name)


def check(members: dict[str, Any]) -> None:
    """What no part behind the door can bear: depth, NUL, and halves of surrogate pairs."""
    waiting: list[tuple[Any, int]] = [(members, -1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if "\0" in value:
                raise TurnedAway(400, NO_NUL)
            if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
                raise TurnedAway(400, "A string holds half of a surrogate pair.")
        elif isinstance(value, dict | list):
            if depth > MAX_VARIABLE_DEPTH:
                raise TurnedAway(400, f"Values may be {MAX_VARIABLE_DEPTH} levels deep at most.")
            waiting += [(item, depth + 1) for item in value]
            if isinstance(value, dict):
                waiting += [(item, depth + 1) for item in value.values()]
