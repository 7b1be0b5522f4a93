"""The shapes in which an answer comes, and the doors that have one of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from isu.door import JSON
from isu.plain import atom, ical, json_feed, spreadsheet
from isu.plain.entry import Entry, entries_of
from schema.trusted import Trusted

CSV = "text/csv"
NEWEST = 100
"""Entries of a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was read for an answer, all of it in one snapshot."""

    tag: str
    data: Mapping[str, Any] | None = None
    """None where the client has it already."""
    after: str | None = None
    """The cursor of what follows, where there is more."""
    changed: Mapping[str, str] = field(default_factory=dict)
    """By id, when what is told of last changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRequest:
    """What a request asks for."""

    document: Trusted
    variables: Mapping[str, Any]
    form: Form
    url: str
    """Of the server, as others reach it."""
    path: str
    """Of the door, with all that the client chose: what it gives is always told of as the same."""
    language: str
    sheet: spreadsheet.Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One of the shapes in which an answer comes."""

    name: str
    media: str
    write: Callable[[PlainRequest, Found], bytes]
    follows: bool = False
    """All pages are one answer, unless the client asks for a page by its size."""
    tells_changes: bool = False


def _json(_asked: PlainRequest, found: Found) -> bytes:
    return orjson.dumps({"data": found.data})


def _csv(asked: PlainRequest, found: Found) -> bytes:
    assert asked.document.rows is not None  # noqa: S101  else it is refused
    assert found.data is not None  # noqa: S101
    return spreadsheet.written(asked.document.rows, asked.document.rows.of(found.data), asked.sheet)


def _calendar(asked: PlainRequest, found: Found) -> bytes:
    assert found.data is not None  # noqa: S101
    return ical.written(
        found.data["meetings"]["nodes"], found.changed, url=asked.url, path=asked.path, language=asked.language
    )


def _atom(asked: PlainRequest, found: Found) -> bytes:
    return atom.written(
        _entries(asked, found),
        title=TITLES[asked.document.name],
        url=asked.url,
        path=asked.path,
        language=asked.language,
    )


def _json_feed(asked: PlainRequest, found: Found) -> bytes:
    title = TITLES[asked.document.name]
    return json_feed.written(
        _entries(asked, found), title=title, url=asked.url, path=asked.path, language=asked.language
    )


def _entries(asked: PlainRequest, found: Found) -> Sequence[Entry]:
    assert found.data is not None  # noqa: S101
    entries = entries_of(found.data, found.changed, url=asked.url)
    # Those of one moment stay in the order of their lists.
    return sorted(entries, key=lambda each: each.updated, reverse=True)[:NEWEST]


TITLES = {
    "documents": "Documents of the Convention on Cluster Munitions",
    "decisions": "Decisions under the Convention on Cluster Munitions",
    "communications": "Communications of the Implementation Support Unit",
    "news": "News of the Convention on Cluster Munitions",
}
AS_JSON = Form(name="json", media=JSON, write=_json)
AS_CSV = Form(name="csv", media=CSV, write=_csv, follows=True)
CSV_PAGE = Form(name="csv", media=CSV, write=_csv)
AS_CALENDAR = Form(name="calendar", media="text/calendar", write=_calendar, follows=True, tells_changes=True)
AS_ATOM = Form(name="atom", media="application/atom+xml", write=_atom, tells_changes=True)
AS_JSON_FEED = Form(name="json feed", media="application/feed+json", write=_json_feed, tells_changes=True)

FEEDS: Mapping[str, tuple[str, Form, Mapping[str, Any]]] = {
    "/meetings.ics": ("meetings", AS_CALENDAR, {"first": 250, "direction": "DESC"}),
    "/documents.atom": ("documents", AS_ATOM, {"first": NEWEST, "order": "RECORDED", "direction": "DESC"}),
    "/decisions.atom": ("decisions", AS_ATOM, {}),
    "/communications.atom": ("communications", AS_ATOM, {"first": NEWEST, "status": ["SENDING", "SENT", "CORRECTED"]}),
    "/feed.json": ("news", AS_JSON_FEED, {"first": 50}),
}
"""By path: the document, the form, and the variables that are not for the client to choose."""
