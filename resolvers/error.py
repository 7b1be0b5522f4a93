"""The two ways a resolver may fail on purpose, and how a lost database is recognised."""

import errno
import socket
from collections.abc import Iterator

import asyncpg
from sqlalchemy import exc as sa

_NETWORK = {
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.EADDRNOTAVAIL,
}
# Classes 08 and 28 are a broken connection and one that is not let in; these, a server that stops, starts,
# is full or has no such database.
_NOT_SERVING = {"57P01", "57P02", "57P03", "53300", "3D000"}
_SQLITE = ("unable to open database file", "database is locked", "disk I/O error")


class UserError(Exception):
    """The caller asked for something that cannot be; the message is shown as it is."""

    def __init__(self, message: str, code: str = "BAD_USER_INPUT") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Unavailable(Exception):  # noqa: N818 - it reads as what happened
    """The database cannot be reached."""


def is_connection_lost(error: BaseException) -> bool:
    """Whether the error, or one that caused it, says that the database is out of reach."""
    return any(_is_lost(link) for link in _chain(error))


def _is_lost(error: BaseException) -> bool:
    match error:
        case Unavailable() | ConnectionError() | TimeoutError() | socket.gaierror():
            return True
        case asyncpg.InterfaceError():
            # The same class reports misuse of a connection, which is a fault of ours.
            return "closed" in str(error)
        case sa.TimeoutError():
            return True
        case sa.DBAPIError() if error.connection_invalidated:
            return True
        case sa.OperationalError():
            # On SQLite a misspelt column is an OperationalError too.
            return any(text in str(error.orig) for text in _SQLITE)
    if type(error) is OSError:
        # asyncio joins several refused addresses into one OSError without a number; a full disk
        # or a missing file has one, and is not the database's fault.
        return error.errno is None or error.errno in _NETWORK
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and (state.startswith(("08", "28")) or state in _NOT_SERVING)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            # Not __context__: what was being handled when a fault of ours happened is no excuse.
            waiting += [link.__cause__, getattr(link, "orig", None)]
