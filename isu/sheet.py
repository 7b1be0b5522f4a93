"""Cells of CSV (RFC 4180) that a spreadsheet opens and does not execute: what stands in them was written by others."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A spreadsheet takes what begins so for a formula, and computes it (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_QUOTED = re.compile(r"[,;\t\"\r\n]")
"""Whatever separates cells somewhere, for programs that guess by what."""


def harmless(text: str) -> str:
    """A number stays one, also below zero; whatever else looks like a formula begins with an apostrophe."""
    if text.lstrip(" ").startswith(_FORMULA) and _NUMBER.fullmatch(text) is None:
        return f"'{text}"
    return text


def line(cells: Sequence[str], separator: str = ",") -> str:
    if list(cells) == [""]:
        # An empty line would be no row.
        return '""\r\n'
    return separator.join(map(_quoted, cells)) + "\r\n"


def _quoted(cell: str) -> str:
    if _QUOTED.search(cell) is None:
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'
