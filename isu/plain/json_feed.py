"""Entries as JSON Feed 1.1 (jsonfeed.org)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from isu.plain.entry import Entry


def written(entries: Sequence[Entry], *, title: str, url: str, path: str, language: str) -> bytes:
    return orjson.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": title,
            "home_page_url": f"{url}/q",
            "feed_url": f"{url}{path}",
            "language": language,
            "authors": [{"name": "Implementation Support Unit"}],
            "items": [_item(each) for each in entries],
        }
    )


def _item(entry: Entry) -> Mapping[str, Any]:
    itself, *others = entry.links
    told = {
        "id": entry.id,
        "url": itself.url,
        "title": entry.title,
        "language": entry.text_language or entry.language,
        "content_html": entry.html,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "tags": list(entry.tags),
        "authors": [{"name": name} for name in entry.authors],
        "attachments": [
            {
                "url": each.url,
                "mime_type": each.media,
                **({"title": each.language} if each.language else {}),
                **({"size_in_bytes": each.bytes} if each.bytes is not None else {}),
            }
            for each in others
        ],
    }
    return {name: value for name, value in told.items() if value is not None and value != []}
