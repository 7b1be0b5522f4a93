"""A CSV file of the register, read strictly: every cell that is not as it should be is told by its place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

R = TypeVar("R", bound="Row")

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BadCell:
    """What is wrong, and where; no line where it is the file as a whole, no column where it is a row."""

    file: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    reason: str
    follows: bool = False
    """Nothing is wrong with the cell itself: what it refers to is left out."""

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        if self.value is not None:
            place += f", value {self.value!r}"
        return f"{place}: {self.reason}"


class BadRegister(Exception):  # noqa: N818  it is named for what is wrong
    """The files are not as they should be, and nothing was written."""

    def __init__(self, cells: list[BadCell]) -> None:
        super().__init__(cells)
        self.cells = cells

    def __str__(self) -> str:
        lines = [str(cell) for cell in self.cells[:_SHOWN]]
        if len(self.cells) > _SHOWN:
            lines.append(f"… and {len(self.cells) - _SHOWN} more")
        return "\n".join(lines)


class Row(BaseModel):
    """The columns of a file; an empty cell is None, and means that the sources do not say."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(slots=True)
class Line(Generic[R]):
    """A row in its place, and what is found to be wrong with it."""

    file: str
    number: int
    cells: Mapping[str, str]
    places: Mapping[str, int]
    """The physical line on which each cell begins: a quoted cell may hold line breaks."""
    values: R | None = None
    bad: list[BadCell] = field(default_factory=list)

    @property
    def row(self) -> R:
        assert self.values is not None  # noqa: S101  a line without values is left out before
        return self.values

    def refuse(self, column: str, reason: str, *, follows: bool = False) -> None:
        self.bad.append(
            BadCell(
                file=self.file,
                line=self.places[column],
                column=column,
                value=self.cells[column],
                reason=reason,
                follows=follows,
            )
        )


def read_sheet(path: Path, model: type[R]) -> list[Line[R]]:
    """The lines of a file, sound and unsound; raises where the file as a whole can not be read."""
    rows = _rows(path)
    columns = _columns(path.name, next(rows, None), model)
    return [_line(path.name, number, columns, cells, model) for number, cells in rows]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row with the physical line on which it begins."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        cell = BadCell(file=path.name, line=begins, reason=f"is not CSV: {error}")
        raise BadRegister([cell]) from error


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        cell = BadCell(file=path.name, reason=f"there is no such file in {path.parent}")
        raise BadRegister([cell]) from None
    except OSError as error:
        cell = BadCell(file=path.name, reason=f"can not be read: {error.strerror}")
        raise BadRegister([cell]) from error
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        reason = "is not CSV in UTF-8: it contains NUL, as binary files and UTF-16 do"
        raise BadRegister([BadCell(file=path.name, line=line, reason=reason)])
    # Excel puts a byte order mark before UTF-8, which does no harm. A byte that is no UTF-8 goes
    # through as a lone surrogate, so that the cell which holds it can be named.
    return data.decode("utf-8-sig", errors="surrogateescape")


def _columns(file: str, header: tuple[int, list[str]] | None, model: type[Row]) -> list[str]:
    if header is None:
        raise BadRegister([BadCell(file=file, reason="is empty")])
    line, columns = header[0], [name.strip() for name in header[1]]
    wanted = model.model_fields
    if not set(columns) & set(wanted):
        reason = f"is not CSV with the columns {', '.join(wanted)}"
        if len(columns) == 1 and ";" in columns[0]:
            reason += "; there are semicolons between its cells: save it with commas"
        raise BadRegister([BadCell(file=file, line=line, reason=reason)])
    missing = [name for name, about in wanted.items() if name not in columns and about.is_required()]
    wrong = [(name, "the column is missing") for name in missing]
    for place, name in enumerate(columns):
        if name not in wanted:
            wrong.append((_as_bytes(name), "there is no such column"))
        elif name in columns[:place]:
            wrong.append((name, "the column is there twice"))
    if wrong:
        raise BadRegister([BadCell(file=file, line=line, column=name, reason=reason) for name, reason in wrong])
    return columns


def _line(file: str, number: int, columns: list[str], cells: list[str], model: type[R]) -> Line[R]:
    places: dict[str, int] = {}
    at = number
    for column, cell in zip(columns, cells, strict=False):
        places[column] = at
        at += len(_LINE_BREAK.findall(cell))
    by_column = {column: cell.strip() for column, cell in zip(columns, cells, strict=False)}
    line: Line[R] = Line(file, number, {c: _as_bytes(v) for c, v in by_column.items()}, places)
    if len(cells) != len(columns):
        reason = f"has {len(cells)} cells, and the header has {len(columns)}"
        line.bad.append(BadCell(file=file, line=number, reason=reason))
        return line
    for column, cell in line.cells.items():
        if cell != by_column[column]:
            line.refuse(column, "is not UTF-8")
    if not line.bad:
        try:
            line.values = model.model_validate({c: v or None for c, v in by_column.items()})
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                line.refuse(str(detail["loc"][0]), _in_words(detail))
    return line


def _in_words(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["input"] is None:
        return "must not be empty"
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error" | "enum":
            return f"must be {context['expected']}"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
    return error["msg"]


def _as_bytes(cell: str) -> str:
    """Bytes that are no UTF-8 are shown as such: `caf\\xe9`."""
    return cell.encode(errors="surrogateescape").decode(errors="backslashreplace")
