"""Several processes that serve at one port, each on a processor of its own.

They are forked from one that has loaded everything, so that what they have in common is in memory once. That one serves
nobody: it starts another for each that ends, and ends them when it is told to.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

import structlog
from sqlalchemy import make_url
from uvicorn.config import STARTUP_FAILURE

PAUSE = 1.0
"""Seconds before another is started: what ended one at once may end the next."""
_TOLD = {signal.SIGTERM, signal.SIGINT}
_HEARD = {*_TOLD, signal.SIGCHLD}

log = structlog.get_logger(__name__)

Serve = Callable[[], None]


def usual(database_url: str) -> int:
    """How many serve where nothing is said: so many that answers are worked out on two processors.

    The statements of PostgreSQL run in processes of its own, those of SQLite in ours. On a system that does not say
    what processors there are for us, such as macOS, a process that is forked may not use all libraries either.
    """
    if make_url(database_url).get_backend_name() != "sqlite" or not hasattr(os, "sched_getaffinity"):
        return 1
    return min(2, len(os.sched_getaffinity(0)))


def serve_together(number: int, serve: Serve) -> None:
    """Until this process is told to end, which it does then as if it had served by itself."""
    # Some systems keep no signal for who waits for it where its default is that nothing is done.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # Blocked, and waited for, a signal comes at no other place: none gets lost between two lines.
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    running = [_forked(serve) for _ in range(number)]
    try:
        told = _replaced_until_told(running, serve)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        for pid in running:
            os.waitpid(pid, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    signal.raise_signal(told)


def _replaced_until_told(running: list[int], serve: Serve) -> int:
    """By which signal."""
    while (heard := signal.sigwait(_HEARD)) not in _TOLD:
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            running.remove(pid)
            code = os.waitstatus_to_exitcode(status)
            log.error("process.ended", pid=pid, code=code)
            if code == STARTUP_FAILURE:
                # None of the others will start.
                sys.exit(code)
            time.sleep(PAUSE)
            running.append(_forked(serve))
    return heard


def _forked(serve: Serve) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        serve()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except Exception:
        log.exception("process.failed")
    finally:
        # Nothing of what the other process would do at its end is done here too.
        os._exit(code)
