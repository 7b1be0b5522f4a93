"""Processes of their own, forked from one that has loaded the house already: to load it takes a processor four seconds,
and a test in which one is killed starts several."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NOWHERE = Path(os.devnull)
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["isu.app", "isu.cli"])


def isu(words: Sequence[str], environment: Mapping[str, str]) -> BaseProcess:
    """The command line."""
    return fork(_isu, list(words), dict(environment))


def fork(work: Callable[..., None], *given: Any, out: Path = NOWHERE, err: Path = NOWHERE) -> BaseProcess:
    """It runs, and tells into files; whoever started it ends it, and waits for it."""
    process = _FORKS.Process(target=_work, args=(work, given, out, err), daemon=True)
    process.start()
    return process


def _work(work: Callable[..., None], given: tuple[Any, ...], out: Path, err: Path) -> None:
    with suppress(KeyError):
        del os.environ["ISU_TEST_DATABASE_URL"]
    os.chdir(ROOT)
    for stream, place in ((1, out), (2, err)):
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT), stream)
    os.dup2(os.open(NOWHERE, os.O_RDONLY), 0)
    work(*given)


def _isu(words: list[str], environment: dict[str, str]) -> None:
    from isu.cli import app

    os.environ.update(environment)
    app(words)
