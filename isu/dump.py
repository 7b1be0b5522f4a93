"""Exports as folders: files, and a manifest that says what is in each.

A folder takes its name once all of it is written: what a killed process leaves bears another, and has no manifest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import dump
from db.engine import Database
from isu.revision import newest_revision
from resolvers.error import UserError, is_connection_lost
from schema import api

MANIFEST = "manifest.json"
FULL, PUBLIC = "isu-full-export/1", "isu-public-export/1"
_FILES = "files.jsonl"
_LARGEST_MANIFEST = 1_000_000
_LONGEST_LINE = 64 * 1024 * 1024
_CHUNK = 256 * 1024

Progress = Callable[[str, int, int], None]
"""What is written or read, how much of it, of how much."""


@dataclass(slots=True)
class Writing:
    """A file of an export, counted and hashed as it is written."""

    name: str
    _file: BinaryIO
    rows: int = 0
    size: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def write(self, text: bytes, rows: int = 0) -> None:
        self._file.write(text)
        self._hash.update(text)
        self.size += len(text)
        self.rows += rows

    def told(self) -> dict[str, Any]:
        return {"name": self.name, "rows": self.rows, "bytes": self.size, "sha256": self._hash.hexdigest()}


class Folder:
    """An export that is being written, beside the place where it will be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: list[Writing] = []

    @contextmanager
    def file(self, name: str) -> Iterator[Writing]:
        with (self._path / name).open("xb") as file:
            writing = Writing(name, file)
            yield writing
            file.flush()
            os.fsync(file.fileno())
        self._files.append(writing)

    def end(self, manifest: Mapping[str, Any]) -> None:
        told = {**manifest, "files": [each.told() for each in sorted(self._files, key=lambda each: each.name)]}
        with (self._path / MANIFEST).open("xb") as file:
            file.write(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def new_folder(target: Path, *, is_public: bool = False) -> Iterator[Folder]:
    """One that is there whole, or not at all."""
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} is there already, and is no empty folder: nothing was written.")
    made = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # At first for its owner alone: an export may hold what is nobody else's to read.
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
        yield Folder(made)
        if is_public:
            made.chmod(0o755)
        made.rename(target)
        _sync(target.parent)
    except OSError as error:
        if is_connection_lost(error):
            raise
        raise UserError(f"{target} could not be written ({error.strerror or error}): nothing of it is left.") from error
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


async def export_all(database: Database, target: Path, progress: Progress) -> int:
    """All that is kept, from one snapshot; says how many rows."""
    total = 0
    with new_folder(target) as folder:
        async with database.reading() as connection:
            for table in dump.dumped():
                total += await _export_table(connection, folder, table, progress)
            with folder.file(_FILES) as file:
                files = await dump.files(connection)
                file.write("".join(f"{line}\n" for line in files).encode(), len(files))
            folder.end(await manifest(connection, FULL))
    return total


async def _export_table(connection: AsyncConnection, folder: Folder, table: Any, progress: Progress) -> int:
    count: int = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
    with folder.file(f"{table.name}.jsonl") as file:
        async for lines in dump.lines(connection, table):
            for line in lines:
                file.write(f"{line}\n".encode(), 1)
            progress(table.name, file.rows, count)
    return file.rows


async def manifest(connection: AsyncConnection, format_: str) -> dict[str, Any]:
    """What an export is of; the same for two equal databases."""
    sequence, hash_ = await dump.head(connection)
    return {
        "format": format_,
        "revision": newest_revision(),
        "journal": {"sequence": sequence, "hash": hash_},
        "schemaSha256": hashlib.sha256(api.as_str().encode()).hexdigest(),
        "versions": {"isu-api": version("isu-api")},
    }


# ---------- back ----------


def is_export(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


class _File(BaseModel, strict=True):
    name: str
    rows: int
    size: int = Field(alias="bytes")
    sha256: str


class _Journal(BaseModel, strict=True):
    sequence: int
    hash: str


class _Manifest(BaseModel, strict=True):
    format: str
    revision: str
    journal: _Journal
    files: list[_File]


@dataclass(frozen=True, slots=True)
class _Listed:
    """A file, and what the manifest tells of it."""

    path: Path
    told: _File

    def lines(self) -> Iterator[bytes]:
        """Its lines; raises at the end of them where the file is not the one that was written."""
        digest, rows, size = hashlib.sha256(), 0, 0
        with self.path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                digest.update(line)
                rows += 1
                size += len(line)
                if size > self.told.size:
                    break
                yield line
        if (rows, size, digest.hexdigest()) != (self.told.rows, self.told.size, self.told.sha256):
            raise _bad(self.path, f"is not what was exported: {size:,} bytes and {rows:,} rows, or another checksum")


async def load_all(database: Database, folder: Path, progress: Progress) -> int:
    """A full export into an empty database, all of it or nothing; says how many rows."""
    journal, files = _read_manifest(folder)
    for number, each in enumerate(files.values(), start=1):
        for _ in each.lines():
            pass
        progress("checksums", number, len(files))
    total = 0
    async with database.writing() as connection:
        if not await dump.is_empty(connection):
            raise UserError("The database is not empty: an export is loaded into one that `isu migrate` has just made.")
        restoring = dump.Restoring(connection)
        tables = dump.dumped()
        try:
            for number, table in enumerate(tables, start=1):
                total += await restoring.fill(table, files[f"{table.name}.jsonl"].lines)
                progress("tables", number, len(tables))
            await restoring.finish(journal.sequence, journal.hash)
        except dump.NotOurs as fault:
            raise UserError(f"{folder}: {fault}; nothing was written.") from None
    return total


def _read_manifest(folder: Path) -> tuple[_Journal, dict[str, _Listed]]:
    """Where the journal ends, and the files, which are all there and no others."""
    path = folder / MANIFEST
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise _bad(path, "is no manifest of an export")
    try:
        told = _Manifest.model_validate_json(path.read_bytes())
    except ValidationError:
        raise _bad(path, "is no manifest of an export") from None
    if told.format == PUBLIC:
        raise _bad(folder, "is a public export, which holds not all: `isu export --full` makes one to be loaded")
    if told.format != FULL:
        raise _bad(path, "is of another format than this code writes")
    if told.revision != newest_revision():
        raise _bad(
            path,
            f"was made at revision {told.revision}, and this code is at {newest_revision()}: load it with the code "
            "of that revision, then run `isu migrate`",
        )
    names = [f"{table.name}.jsonl" for table in dump.dumped()] + [_FILES]
    if sorted(names) != sorted(each.name for each in told.files):
        raise _bad(path, "does not name the files that an export has")
    found = {each.name for each in folder.iterdir()} - {MANIFEST}
    for name in sorted(found.symmetric_difference(names)):
        raise _bad(folder / name, "belongs to no export" if name in found else "is missing")
    for name in names:
        # A link may lead out of it, and a pipe waits for whoever writes to it.
        if not stat.S_ISREG((folder / name).lstat().st_mode):
            raise _bad(folder / name, "is no file of its own")
    return told.journal, {each.name: _Listed(folder / each.name, each) for each in told.files}


def _bad(path: Path, reason: str) -> UserError:
    return UserError(f"{path} {reason}; nothing was written.")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
