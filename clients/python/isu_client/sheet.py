"""A table that a spreadsheet opens: CSV in UTF-8, with a mark at its head by which Excel knows it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | None


def write(path: Path | None, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """To a file, or to the terminal where none is named."""
    if path is None:
        _write(sys.stdout, head, rows)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        _write(file, head, rows)


def _write(file: TextIO, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    writer = csv.writer(file, lineterminator="\r\n" if file is not sys.stdout else "\n")
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)


def harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula is a text: names and titles are written by others."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_BEGINS_A_FORMULA):
        return f"'{cell}"
    return cell
