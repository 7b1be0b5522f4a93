"""Where the bytes of files are kept: once each, named by their SHA-256, in a folder or in a bucket."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

CHUNK = 256 * 1024
_SPOOLED = "upload-"
_COPIED = "copy-"
_COPY_LASTS = 24 * 3600.0
"""Since it was last written to: on a disk that several share, their clocks may differ."""
_KEY = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"[0-9a-f]{{64}}|{_KEY}(\.[0-9a-f]{{32}})?", re.ASCII)
"""A hash; or of an export the key, and by which claim it was made."""


class Missing(Exception):  # noqa: N818  it reads as what happened
    """A file that the database tells of is not there."""


class StoreFailed(Exception):  # noqa: N818  it reads as what happened
    """The place for files can not be reached, or did not do what it was asked."""


class UnreadableFile(StoreFailed):
    """Of one file; the others may still be read."""


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    """A disk that is full, or may not be written, is told as a bucket that does not take anything is."""
    try:
        yield
    except OSError as error:
        raise StoreFailed(f"{folder} can not be written: {error.strerror or error}") from error


def checked(name: str) -> str:
    """A name as we make them: whatever else a row says leads to no file."""
    if _NAME.fullmatch(name) is None:
        raise Missing(name)
    return name


class FileStore(Protocol):
    """A place for files; whoever has a hash has the right to read, so who may is asked before."""

    async def keep(self, sha256: str, path: Path, name: str | None = None) -> None:
        """Take what stands at the path, whole and checked, under its hash or under a name.

        What is there already under a hash stays as it is.
        """

    async def remove(self, name: str) -> None:
        """What was kept under a name of its own: under a hash it may be somebody else's too."""

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """From a byte up to, and without, another; raises Missing."""

    async def close(self) -> None: ...


class Folder:
    """A folder of our own, on the disk of this machine or on one that several share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        name = checked(sha256)
        return self.folder / name[:2] / name[2:]

    async def keep(self, sha256: str, path: Path, name: str | None = None) -> None:
        with _on_disk(self.folder):
            await asyncio.to_thread(self._keep, self.path(name or sha256), path)

    async def remove(self, name: str) -> None:
        with _on_disk(self.folder):
            await asyncio.to_thread(self.path(name).unlink, missing_ok=True)

    async def read(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(self.path(sha256).open, "rb")
        except FileNotFoundError:
            raise Missing(sha256) from None
        except OSError as error:
            raise UnreadableFile(f"{sha256} can not be read: {error.strerror}") from error
        try:
            await asyncio.to_thread(file.seek, start)
            left = None if end is None else end - start
            while left is None or left > 0:
                chunk = await asyncio.to_thread(file.read, CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            file.close()

    async def close(self) -> None:
        pass

    def _keep(self, place: Path, path: Path) -> None:
        # Who stores it a second time stores the same bytes; a rename shows nobody a half of them.
        place.parent.mkdir(parents=True, exist_ok=True)
        # All in one folder, so that what a killed process left is found.
        copies = self.folder / "unfinished"
        _sweep(copies, _COPIED, _COPY_LASTS)
        copy = copies / f"{_COPIED}{uuid.uuid4().hex}"
        try:
            try:
                os.link(path, copy)
            except OSError:
                # On another disk, or one without links.
                with path.open("rb") as source, copy.open("xb") as target:
                    while chunk := source.read(CHUNK):
                        target.write(chunk)
                    target.flush()
                    os.fsync(target.fileno())
            copy.replace(place)
        finally:
            copy.unlink(missing_ok=True)
        # The folder of the file may be as new as the file, and its name must last too.
        for folder in (place.parent, self.folder):
            _sync_folder(folder)


# ---------- what is on its way in ----------


@dataclass(slots=True)
class Spooled:
    """The bytes of an upload so far, in a file that nobody else knows."""

    file: BinaryIO
    path: Path
    size: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        digest: str = self._hash.hexdigest()
        return digest

    def write(self, chunk: bytes | bytearray) -> None:
        with _on_disk(self.path.parent):
            self.file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def finish(self) -> None:
        with _on_disk(self.path.parent):
            self.file.flush()
            os.fsync(self.file.fileno())


class Spool:
    """A folder for what has not come whole; what a killed process left in it is swept by the next one."""

    def __init__(self, folder: Path, keep_seconds: float) -> None:
        self.folder = folder
        self._keep_seconds = keep_seconds

    @contextmanager
    def open(self) -> Iterator[Spooled]:
        with _on_disk(self.folder):
            self.sweep()
            handle, name = tempfile.mkstemp(prefix=_SPOOLED, dir=self.folder)
        path, file = Path(name), os.fdopen(handle, "w+b")
        try:
            yield Spooled(file, path)
        finally:
            # What a full disk did not take, it does not take at the end either, and that was told.
            with suppress(OSError):
                file.close()
            path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Take away what is older than any upload may last."""
        return _sweep(self.folder, _SPOOLED, self._keep_seconds)


def _sweep(folder: Path, prefix: str, seconds: float) -> int:
    """What nobody has written to for so long."""
    folder.mkdir(parents=True, exist_ok=True)
    before = time.time() - seconds
    swept = 0
    for path in folder.glob(f"{prefix}*"):
        try:
            if path.stat().st_mtime < before:
                path.unlink()
                swept += 1
        except FileNotFoundError:
            continue
    return swept


async def hash_of(store: FileStore, sha256: str) -> tuple[str, int]:
    """What is really there under the name: its hash and its length."""
    digest, size = hashlib.sha256(), 0
    async for chunk in store.read(sha256):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
