"""GraphiQL from our own files, under a Content-Security-Policy that lets nothing else in."""

import gzip
import hashlib
import re
from functools import cache
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

HERE = Path(__file__).parent

# The only files that are served, each with its content type.
ASSETS = {
    "graphiql.min.css": (HERE / "vendor/graphiql.min.css", "text/css"),
    "graphiql.min.js": (HERE / "vendor/graphiql.min.js", "text/javascript"),
    "react.production.min.js": (HERE / "vendor/react.production.min.js", "text/javascript"),
    "react-dom.production.min.js": (HERE / "vendor/react-dom.production.min.js", "text/javascript"),
    "start.css": (HERE / "start.css", "text/css"),
    "start.js": (HERE / "start.js", "text/javascript"),
}

# GraphiQL styles its elements through the CSSOM, which a policy does not concern. It writes one
# <style>, to stop the page from scrolling behind a dialog or menu: always the same text, so its
# hash will do. When a renewed GraphiQL writes another, the browser's error names the new hash.
SCROLL_LOCK = "'sha256-Y/huXlwoYkVyQlxwSVcCi1RCDGDCSVBzDt0hYP9qlTc='"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {SCROLL_LOCK}",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def page(request: Request) -> Response:
    """What a browser gets that opens the address of the API."""
    return HTMLResponse(html(request.scope.get("root_path", "")), headers=PAGE_HEADERS)


def asset(request: Request) -> Response:
    """One of our files, kept by the browser for a year if asked for by its present hash."""
    name = request.path_params["name"]
    if name not in ASSETS:
        raise HTTPException(404)
    fresh = request.query_params.get("v") == version(name)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=31536000, immutable" if fresh else "no-cache",
        "Vary": "Accept-Encoding",
    }
    body = content(name)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = packed(name)
    return Response(body, headers=headers, media_type=ASSETS[name][1])


# Plain functions: Starlette runs them in a thread, where packing 3.5 MB holds nobody up.
routes: list[BaseRoute] = [Route("/graphiql/{name}", asset)]


@cache
def html(root: str) -> str:
    """`page.html` with the first query in its place and a hash behind the name of every file."""
    text = re.sub(
        r"/graphiql/([\w.-]+)",
        lambda found: f"{escape(root)}{found[0]}?v={version(found[1])}",
        (HERE / "page.html").read_text("utf-8"),
    )
    first = (HERE / "first.graphql").read_text("utf-8")
    return text.replace("<pre>first.graphql</pre>", f"<pre>{escape(first)}</pre>")


@cache
def content(name: str) -> bytes:
    return ASSETS[name][0].read_bytes()


@cache
def packed(name: str) -> bytes:
    return gzip.compress(content(name), mtime=0)


@cache
def version(name: str) -> str:
    return hashlib.sha256(content(name)).hexdigest()[:16]
