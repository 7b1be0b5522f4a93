"""`/q`: what doors there are, for people and for programs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from html import escape
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from isu.accept import has, negotiate
from isu.door import HTML, JSON
from isu.plain import arguments
from isu.plain.door import FRESH_SECONDS, Plain
from isu.plain.form import FEEDS
from isu.turned_away import TurnedAway
from schema.trusted import Argument, Trusted, TrustedDocuments

_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API without GraphQL</title><link rel="icon" href="data:,">"""
_HOW = """<p>Each query is an address, with its arguments as parameters, and comes as JSON, or as CSV for a spreadsheet:
<code>.csv</code> behind the name, <code>bom=true</code> where Excel shows strange letters, and
<code>separator=semicolon</code> where it shows one column.</p>
<p>A list takes its parameter several times; <a href="/q/codes">codes</a> says which codes there are. A page has as
many as <code>first</code> says, and the header <code>Link</code> has the address of the next one; CSV without
<code>first</code> holds all pages.</p>
<p>With a key, as <code>Authorization: Bearer isu_…</code>, you see what the key may see.</p>"""
_ONLY = "<p>This server answers these documents and no others, also at <code>/graphql</code>.</p>"
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Index(Plain):
    """What it lists is there from the start, and stays."""

    @cached_property
    def _html(self) -> bytes:
        return page(self.documents)

    @cached_property
    def _json(self) -> bytes:
        return orjson.dumps(listed(self.documents))

    async def _served(self, request: Request, accept: str) -> Response:
        arguments.taken(arguments.pairs_of(request), (), ())
        media = negotiate(accept, (JSON, HTML))
        if media is None:
            raise TurnedAway(406, f"This comes as {HTML} or {JSON}.")
        body = self._html if media == HTML else self._json
        tag = f'"{hashlib.sha256(body).hexdigest()[:40]}"'
        headers = {
            "ETag": tag,
            "Cache-Control": f"public, max-age={FRESH_SECONDS}",
            "Content-Type": f"{media}; charset=utf-8",
            "Content-Security-Policy": _POLICY,
        }
        if has(request, tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)


def listed(documents: TrustedDocuments) -> Mapping[str, Any]:
    return {
        "queries": [_listed(each) for each in documents if each.is_door],
        "feeds": [{"url": path, "query": name} for path, (name, *_) in FEEDS.items()],
        "trustedDocumentsOnly": documents.only,
    }


def _listed(document: Trusted) -> Mapping[str, Any]:
    return {
        "name": document.name,
        "description": document.description,
        "url": f"/q/{document.name}",
        "csv": f"/q/{document.name}.csv" if document.rows is not None else None,
        "graphql": f"/q/{document.name}.graphql",
        "documentId": document.id,
        "arguments": [
            {
                "name": each.name,
                "type": each.type,
                "required": each.is_required,
                "repeatable": each.is_many,
                "default": each.default,
                "values": list(each.values) or None,
            }
            for each in document.arguments
        ],
    }


def page(documents: TrustedDocuments) -> bytes:
    doors = [each for each in documents if each.is_door]
    parts = [
        _HEAD,
        *(f'<link rel="alternate" type="{form.media}" href="{path}">' for path, (_, form, _) in FEEDS.items()),
        "</head><body><main><h1>Without GraphQL</h1>",
        _HOW,
        _ONLY if documents.only else "",
        "<h2>Calendar and feeds</h2><ul>",
        *(
            f'<li><a href="{path}">{path}</a>, of <a href="#{name}">{name}</a>; '
            f'<a href="{path}?lang=fr" hreflang="fr">in French</a></li>'
            for path, (name, *_) in FEEDS.items()
        ),
        "</ul><h2>Queries</h2><ul>",
        *(f'<li><a href="#{each.name}">{each.name}</a></li>' for each in doors),
        "</ul>",
        *(part for each in doors for part in _section(each)),
        "</main></body></html>",
    ]
    return "\n".join(parts).encode()


def _section(document: Trusted) -> Iterator[str]:
    name = document.name
    yield f'<section id="{name}" aria-labelledby="{name}-title"><h3 id="{name}-title">{name}</h3>'
    yield f"<p>{escape(document.description)}</p>"
    links = [("JSON", f"/q/{name}"), *([("CSV", f"/q/{name}.csv")] if document.rows is not None else [])]
    # What asks for an argument, or for one of two, would be refused without.
    asks = document.rows is None or any(each.is_required for each in document.arguments)
    form = "{1}: <code>{0}</code>" if asks else '<a href="{0}">{1}</a>'
    told = [form.format(path, what) for what, path in links]
    yield f'<p>{", ".join(told)}, <a href="/q/{name}.graphql">the document</a></p>'
    yield f"<p><code>documentId</code>: <code>{document.id}</code></p>"
    if document.arguments:
        yield f"<table><caption>Arguments of {name}</caption>"
        yield '<thead><tr><th scope="col">name</th><th scope="col">type</th><th scope="col">default</th>'
        yield '<th scope="col">values</th></tr></thead><tbody>'
        yield from map(_row, document.arguments)
        yield "</tbody></table>"
    yield "</section>"


def _row(argument: Argument) -> str:
    kind = (
        argument.of + (", several times" if argument.is_many else "") + (", required" if argument.is_required else "")
    )
    cells = [kind, argument.default or "", ", ".join(argument.values)]
    told = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{argument.name}</th>{told}</tr>'
