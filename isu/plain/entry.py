"""What a feed tells of one object, whatever the feed is written in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlencode

from resolvers.markdown import html_of

AUTHORITY = "clusterconvention.org,2010"
"""Of `tag:` URIs (RFC 4151): they stay, under whatever address this is served."""
LONG_AGO = "2010-08-01T00:00:00Z"
"""The day on which the Convention entered into force, where nothing is known."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    url: str
    media: str
    language: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    id: str
    title: str
    language: str
    """Of the title."""
    text_language: str | None = None
    """Where the text has another."""
    updated: str
    published: str | None = None
    html: str = ""
    links: Sequence[Link] = ()
    """The first is the object itself, the others are its files and languages."""
    authors: Sequence[str] = ()
    tags: Sequence[str] = ()


def tag_of(id_: str) -> str:
    return f"tag:{AUTHORITY}:{id_}"


def entries_of(data: Mapping[str, Any], changed: Mapping[str, str], *, url: str) -> list[Entry]:
    """Of all the lists in an answer for which there is a way to tell of them."""
    return [
        tell(node, changed.get(node["id"], LONG_AGO), url)
        for name, tell in _TOLD.items()
        for node in _nodes(data.get(name))
    ]


def _nodes(found: Any) -> Sequence[Any]:
    return found["nodes"] if isinstance(found, Mapping) else found or ()


def _document(node: Mapping[str, Any], updated: str, url: str) -> Entry:
    title = _text(node["title"])
    files = [
        Link(url=f"{url}{file['url']}", media=file["mediaType"], language=version["language"], bytes=file["bytes"])
        for version in node["languageVersions"]
        for file in version["files"]
    ]
    named = [party["name"]["in"]["value"] for party in node["submittedBy"]]
    meeting = node["meeting"]
    tags = [node["kind"]["code"], *([meeting["code"]] if meeting else [])]
    languages = ", ".join(version["language"] for version in node["languageVersions"])
    told = [", ".join(named) or node["author"], node["issuedOn"], languages]
    return Entry(
        id=tag_of(node["id"]),
        title=": ".join(filter(None, [node["symbol"], title["value"]])),
        language=title["language"],
        updated=updated,
        published=_midnight(node["issuedOn"]),
        html=_lines(told),
        links=[_itself(url, "document", id=node["id"]), *files],
        authors=named or ([node["author"]] if node["author"] else []),
        tags=tags,
    )


def _meeting(node: Mapping[str, Any], updated: str, url: str) -> Entry:
    title = _text(node["title"])
    days = " – ".join(dict.fromkeys(filter(None, [node["startsOn"], node["endsOn"]])))
    place = ", ".join(filter(None, [node["venue"], node["city"], node["country"]]))
    return Entry(
        id=tag_of(node["id"]),
        title=f"{node['code']}: {title['value']}",
        language=title["language"],
        updated=updated,
        html=_lines([days, place, node["status"]]),
        links=[_itself(url, "meetings", code=node["code"])],
        tags=[node["kind"]["code"]],
    )


def _decision(node: Mapping[str, Any], updated: str, url: str) -> Entry:
    title, meeting, path = _text(node["title"]), node["meeting"], node["permalink"]
    where = f"{meeting['code']}, " if meeting else ""
    text = node["text"]
    pages = [
        Link(url=f"{url}{path}?{urlencode({'lang': language})}", media="text/html", language=language)
        for language in (node["title"]["available"] if path else ())
    ]
    itself = Link(url=f"{url}{path}", media="text/html") if path else _itself(url, "decisions", number=node["number"])
    return Entry(
        id=tag_of(node["id"]),
        title=f"{where}{node['number']}: {title['value']}",
        language=title["language"],
        updated=updated,
        published=_midnight(node["adoptedOn"]),
        html=_paragraphs(text["in"]["value"]) if text else "",
        text_language=text["in"]["language"] if text else None,
        links=[itself, *pages],
        tags=[meeting["code"]] if meeting else [],
    )


def _communication(node: Mapping[str, Any], updated: str, url: str) -> Entry:
    subject, body = _text(node["subject"]), _text(node["body"])
    return Entry(
        id=tag_of(node["id"]),
        title=": ".join(filter(None, [node["reference"], subject["value"]])),
        language=subject["language"],
        text_language=body["language"],
        updated=updated,
        published=node["sentAt"],
        html=html_of(body["value"]),
        links=[
            _itself(url, "communication", id=node["id"]),
            *(
                _itself(url, "communication", id=node["id"], lang=language)
                for language in sorted(node["body"]["available"])
            ),
        ],
        tags=[node["kind"]],
    )


_TOLD = {"documents": _document, "meetings": _meeting, "decisions": _decision, "communications": _communication}


def _itself(url: str, name: str, **parameters: str) -> Link:
    return Link(
        url=f"{url}/q/{name}?{urlencode(parameters)}", media="application/json", language=parameters.get("lang")
    )


def _text(text: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = text["in"]
    return found


def _midnight(day: str | None) -> str | None:
    """Of a whole date alone: a month has no moment."""
    return f"{day}T00:00:00Z" if day is not None and _DAY.fullmatch(day) else None


def _lines(texts: Sequence[str | None]) -> str:
    told = "<br>".join(escape(text) for text in texts if text)
    return f"<p>{told}</p>" if told else ""


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(each)}</p>".replace("\n", "<br>") for each in text.split("\n\n") if each.strip())
