"""Texts as callers give them: with something to see in them, and in one line where they are a name or a title."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import orjson

from mandate.text import is_blank

_NO_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of a pair, ends of a line and of a paragraph."""
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""They make what follows read in another order than it stands in; the scripts themselves need none of them."""


def against(text: str, longest: int) -> Iterator[str]:
    """All that keeps a text from being shown as it is, in a list among others."""
    if is_blank(text):
        yield "Must not be empty."
    if len(text) > longest:
        yield f"At most {longest} characters."
    yield from against_lines(text)


def against_lines(text: str) -> Iterator[str]:
    if any(
        unicodedata.category(character) in _NO_LINE or unicodedata.bidirectional(character) in _TURNS
        for character in text
    ):
        yield "In one line, without control characters."


def against_prose(text: str, longest: int) -> Iterator[str]:
    """The same of a text that may have several lines: in it, too, there is something to see."""
    if is_blank(text) or len(text) > longest:
        yield f"Between 1 and {longest} characters."


def against_json(value: Any, longest: int) -> Iterator[str]:
    """All that keeps a value from being kept as JSON."""
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:
        yield "Numbers of up to 64 bits, and no deeper than they are read."
    else:
        if len(written) > longest:
            yield f"At most {longest:,} characters."
