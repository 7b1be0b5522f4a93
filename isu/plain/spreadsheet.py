"""The rows of an answer as CSV (RFC 4180) that a spreadsheet opens and does not execute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from isu.sheet import harmless, line
from schema.rows import Path, Rows

BETWEEN = "; "
"""Several values in one cell."""
CHOICES: Mapping[str, Mapping[str, str]] = {
    "bom": {"true": "\ufeff", "false": ""},
    "separator": {"comma": ",", "semicolon": ";", "tab": "\t"},
}
"""Excel takes UTF-8 for what it is by its mark; where a comma is in its numbers, it wants another between its cells."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the spreadsheet of whoever asks wants to be told, and in which words."""

    bom: str = "false"
    separator: str = "comma"


def written(rows: Rows, found: Sequence[Mapping[str, Any]], sheet: Sheet) -> bytes:
    between = CHOICES["separator"][sheet.separator]
    return (CHOICES["bom"][sheet.bom] + heading(rows, between) + lines(rows, found, between)).encode()


def heading(rows: Rows, between: str = ",") -> str:
    return line([column.name for column in rows.columns], between)


def lines(rows: Rows, found: Iterable[Any], between: str = ",") -> str:
    return "".join(line([cell(row, column.path) for column in rows.columns], between) for row in found)


def cell(row: Any, path: Path) -> str:
    # Each by itself, and what they are together.
    values = [harmless(_text(value)) for value in _values(row, path)]
    if len(values) == 1:
        return values[0]
    return harmless(BETWEEN.join(values) if any(values) else "")


def _values(value: Any, path: Path) -> list[Any]:
    """Of a list all of them, in its order; one that is not there keeps its place."""
    while path and not isinstance(value, list):
        value, path = None if value is None else value.get(path[0]), path[1:]
    return [inner for each in value for inner in _values(each, path)] if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    return orjson.dumps(value).decode()
