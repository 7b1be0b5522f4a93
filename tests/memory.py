"""Room in memory, where there is any: on a disk that others use too, a commit may take seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108
_ENOUGH = 2 * 1024**3


def place() -> Path | None:
    """None where files are made elsewhere."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    return _MEMORY if roomy and os.access(_MEMORY, os.W_OK) else None


@contextmanager
def folder() -> Iterator[Path]:
    """Gone after the block, and where this process is killed: then a pipe closes, for which a shell waits."""
    made = Path(tempfile.mkdtemp(prefix="isu-sqlite-", dir=place()))
    remove = ["/bin/sh", "-c", 'read -r line; rm -rf "$1"', "sh", str(made)]
    with subprocess.Popen(remove, stdin=subprocess.PIPE, start_new_session=True):
        yield made
