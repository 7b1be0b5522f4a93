"""The command line in processes of its own, forked from one that has loaded the house already: to load it takes a
processor four seconds, and a test in which one is killed starts several."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

ROOT = Path(__file__).parents[1]
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["isu.app", "isu.cli"])


def isu(words: Sequence[str], environment: Mapping[str, str]) -> BaseProcess:
    """It runs; whoever started it ends it, and waits for it."""
    process = _FORKS.Process(target=_run, args=(list(words), dict(environment)), daemon=True)
    process.start()
    return process


def _run(words: list[str], environment: dict[str, str]) -> None:
    from isu.cli import app

    with suppress(KeyError):
        del os.environ["ISU_TEST_DATABASE_URL"]
    os.environ.update(environment)
    os.chdir(ROOT)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    app(words)
