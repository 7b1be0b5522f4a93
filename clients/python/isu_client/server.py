"""Where the API is, and with which key: as all scripts are told it."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Callable
from functools import wraps

import httpx2

from isu_client.api import Client
from isu_client.transport import ApiError


def arguments(about: str) -> argparse.ArgumentParser:
    """The key comes from the environment alone: a command line is seen by everybody on the machine."""
    parser = argparse.ArgumentParser(description=about)
    address = os.environ.get("ISU_URL", "http://127.0.0.1:8000")
    parser.add_argument("--url", default=address, help="of the server; ISU_URL says it too (%(default)s)")
    return parser


def client(options: argparse.Namespace) -> Client:
    return Client(options.url, os.environ.get("ISU_KEY"))


def script(main: Callable[[], None]) -> Callable[[], None]:
    """What the API, the network or a file says goes to the user in one line, by whatever name it was called."""

    @wraps(main)
    def run() -> None:
        try:
            main()
        except (ApiError, httpx2.TransportError, OSError, sqlite3.Error) as error:
            sys.exit(f"{type(error).__name__}: {error}")
        except KeyboardInterrupt:
            sys.exit(130)

    return run
