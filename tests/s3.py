"""A store that speaks S3, as far as we do: it keeps what is signed with its key, and refuses all else."""

from __future__ import annotations

import hashlib
import hmac
import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ACCESS, SECRET, REGION = "an-access-key", "a-secret-key", "eu-test-1"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


class Store:
    """`objects` by their paths; what was asked for stands in `asked`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.lengths: list[str | None] = []
        """As announced, of what was brought."""
        self.fails = False
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "PUT", "DELETE"])])

    async def _answer(self, request: Request) -> Response:
        path, body = request.url.path, await request.body()
        self.asked.append(f"{request.method} {path}")
        if self.fails:
            return Response(status_code=500)
        if not _is_signed(request, body):
            return Response(status_code=403)
        if request.method == "PUT":
            self.objects[path] = body
            self.lengths.append(request.headers.get("content-length"))
            return Response()
        if request.method == "DELETE":
            self.objects.pop(path, None)
            return Response(status_code=204)
        if path not in self.objects:
            return Response(status_code=404)
        content = self.objects[path]
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if part is not None:
            end = int(part[2]) + 1 if part[2] else len(content)
            return Response(content[int(part[1]) : end], 206)
        return Response(content)


def _is_signed(request: Request, body: bytes) -> bool:
    """By the description of Signature Version 4, from the request as it came."""
    match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None or match["key"] != ACCESS or match["region"] != REGION:
        return False
    if hashlib.sha256(body).hexdigest() != request.headers["x-amz-content-sha256"]:
        return False
    names = match["names"].split(";")
    if names != sorted(names) or not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names):
        return False
    canonical = [request.method, request.scope["raw_path"].decode(), request.scope["query_string"].decode()]
    canonical += [f"{name}:{request.headers[name]}" for name in names]
    canonical += ["", match["names"], request.headers["x-amz-content-sha256"]]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    scope = f"{match['day']}/{REGION}/s3/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{digest}"
    key = ("AWS4" + SECRET).encode()
    for step in (match["day"], REGION, "s3", "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, match["signature"])
