"""The register from its CSV files into the database: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.engine import Database
from db.unit import Signature, Unit
from resolvers.error import UserError
from resolvers.load import (
    convention,
    document,
    extension,
    meeting,
    obligation,
    office,
    organisation,
    reference,
    state,
)
from resolvers.load.register import Register, Source, TableReport
from resolvers.load.sheet import BadCell, BadRegister, Line, read_sheet

__all__ = ["FILES", "BadCell", "BadRegister", "LoadReport", "TableReport", "load_register"]

_SOURCES = (
    state.SOURCE,
    organisation.SOURCE,
    meeting.SOURCE,
    document.SOURCE,
    obligation.SOURCE,
    extension.SOURCE,
    office.SOURCE,
    convention.SOURCE,
)
"""What is referred to comes first."""

FILES = tuple(source.name for source in _SOURCES)

Progress = Callable[[str, int, int], None]
"""File, lines done, lines in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    tables: dict[str, TableReport]
    skipped: list[BadCell]
    dry_run: bool

    @property
    def changes(self) -> int:
        return sum(table.created + table.changed for table in self.tables.values())


async def load_register(
    database: Database,
    folder: Path,
    *,
    only: Collection[str] | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Rows that are new are kept, those that differ are changed, and what no file names stays."""
    sheets = _read(folder, _chosen(only))
    async with database.writing() as connection:
        register = Register()
        await register.read(connection)
        register.want(reference.rows())
        for source, lines in sheets:
            register.remember_erased(source, lines)
        for source, lines in sheets:
            for done, line in enumerate(source.in_order(lines), start=1):
                register.add(source, line)
                if progress:
                    progress(source.file, done, len(lines))
        bad = _in_order(register.bad)
        faults = [cell for cell in bad if not cell.follows]
        if faults and not skip_bad:
            raise BadRegister(faults)
        tables = await register.write(Unit(connection, Signature(act="load")))
        if dry_run:
            await connection.rollback()
    return LoadReport(tables=tables, skipped=bad, dry_run=dry_run)


def _chosen(only: Collection[str] | None) -> list[Source]:
    unknown = sorted(set(only or ()) - set(FILES))
    if unknown:
        raise UserError(f"There is no file {', '.join(unknown)}; there are {', '.join(FILES)}.")
    return [source for source in _SOURCES if only is None or source.name in only]


def _read(folder: Path, sources: list[Source]) -> list[tuple[Source, list[Line[Any]]]]:
    sheets, unreadable = [], []
    for source in sources:
        try:
            sheets.append((source, read_sheet(folder / source.file, source.row)))
        except BadRegister as error:
            unreadable += error.cells
    if unreadable:
        raise BadRegister(unreadable)
    return sheets


def _in_order(cells: list[BadCell]) -> list[BadCell]:
    files = [source.file for source in _SOURCES]
    return sorted(cells, key=lambda cell: (files.index(cell.file), cell.line or 0))
