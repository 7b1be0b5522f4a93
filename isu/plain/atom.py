"""Entries as Atom (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from isu.plain.entry import LONG_AGO, Entry, tag_of

AUTHOR = "Implementation Support Unit"
_HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'
# What XML 1.0 has no place for, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(entries: Sequence[Entry], *, title: str, url: str, path: str, language: str) -> bytes:
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": _clean(language)})
    _put(feed, "id", tag_of(path))
    _put(feed, "title", title)
    _put(feed, "updated", max((each.updated for each in entries), default=LONG_AGO))
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{url}{path}"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{url}/q"})
    _put(SubElement(feed, "author"), "name", AUTHOR)
    for each in entries:
        _tell(SubElement(feed, "entry", {"xml:lang": _clean(each.language)}), each)
    return _HEAD + bytes(tostring(feed, encoding="utf-8", xml_declaration=False))


def _tell(element: Element, entry: Entry) -> None:
    _put(element, "id", entry.id)
    _put(element, "title", entry.title)
    _put(element, "updated", entry.updated)
    if entry.published is not None:
        _put(element, "published", entry.published)
    for name in entry.authors:
        _put(SubElement(element, "author"), "name", name)
    for tag in entry.tags:
        SubElement(element, "category", {"term": _clean(tag)})
    alternates: set[tuple[str, str | None]] = set()
    for link in entry.links:
        # An entry has one alternate of a kind and a language; what else there is goes with it.
        kind = (link.media, link.language)
        given = {"rel": "enclosure" if kind in alternates else "alternate", "type": link.media, "href": link.url}
        alternates.add(kind)
        if link.language is not None:
            given["hreflang"] = link.language
        if link.bytes is not None:
            given["length"] = str(link.bytes)
        SubElement(element, "link", given)
    if entry.html:
        _put(
            element, "content", entry.html, {"type": "html", "xml:lang": _clean(entry.text_language or entry.language)}
        )


def _put(parent: Element, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    SubElement(parent, name, attributes or {}).text = _clean(text)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
