"""The ways in which a resolver may fail on purpose, and how a lost database is recognised."""

import errno
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import asyncpg
from sqlalchemy import exc as sa

from mandate.rule import Evaluation, RuleVerdict

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
# Two writers in each other's way, and a server that stopped under us: another answers, or the same one again.
_WORTH_A_RETRY = {"40001", "40P01", "57P01", "57P02"}
# By the server's statement_timeout; by our own deadline in SQLite, and by its patience with another writer.
_STOPPED = {"57014", "SQLITE_INTERRUPT", "SQLITE_BUSY"}
# What a server says unasked is that it ends the connection. From then until the end asyncpg refuses whatever is asked,
# as though another operation had failed; where there is one, it says so by another number, or in other words.
_FAREWELL = "another operation (2) is in progress"
_SQLITE = ("unable to open database file", "database is locked", "disk I/O error")
_FULL = {"53100", "SQLITE_FULL"}


class UserError(Exception):
    """The caller asked for something that cannot be; the message is shown as it is."""

    def __init__(self, message: str, code: str = "BAD_USER_INPUT", **more: str) -> None:
        """What else a program needs, beside the code, to go on."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.more = more


class Unavailable(Exception):  # noqa: N818 - it reads as what happened
    """The database cannot be reached."""


class Problem(Exception):  # noqa: N818  the word of the API
    """A way in which an act may fail and that its result tells: it is no mistake in the query, and no fault of ours."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(Problem):
    """What was given can not be recorded; every field that stands against it is named."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__(" ".join(f"{path}: {message}" for path, message in fields))
        self.fields = fields


class Refused(Problem):
    """Rules of the mandate stand against it: all of them, with what every rule said."""

    def __init__(self, evaluations: Sequence[Evaluation]) -> None:
        against = [each for each in evaluations if each.verdict is RuleVerdict.VIOLATED]
        super().__init__(
            " ".join(f"{each.explanation} ({each.rule.id}, {each.rule.citations[0].paragraph})" for each in against)
        )
        self.evaluations = tuple(evaluations)


class NotFound(Problem):
    """Not there, or not for this caller to see: the two answer alike."""

    def __init__(self, message: str, member: str | None = None) -> None:
        super().__init__(message)
        self.member = member
        """Of the input, which names it, where an act takes several of the kind."""


class Forbidden(Problem):
    """Seen, but not for this caller to do."""


class Conflict(Problem):
    """The object has moved on, is there already, or is already what the act would make of it."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        current_version: int | None = None,
        current_status: str | None = None,
        allowed: Sequence[str] = (),
        current: tuple[str, str] | None = None,
        member: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.current_version = current_version
        self.current_status = current_status
        self.allowed = tuple(allowed)
        self.current = current
        """Type and key of what is there already."""
        self.member = member
        """Of the input, in which it stands, where that does not follow from the act."""


def out_of_turn(what: str, status: str, *, version: int | None, allowed: Iterable[str]) -> Conflict:
    """The one answer to an act for which something does not stand; people read the message, and look for what next."""
    follows = sorted(allowed)
    *most, last = follows or [""]
    rest = f"{', '.join(most)} or {last}" if most else last
    return Conflict(
        f"{what} {status}; what may follow is {rest}." if rest else f"{what} {status}, and stays so.",
        code="ILLEGAL_TRANSITION",
        current_version=version,
        current_status=status,
        allowed=follows,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """One of those that were put forward together, by its place among them, and what stands against it."""

    place: int
    member: str
    problem: Problem

    @property
    def members(self) -> Sequence[tuple[str, str]]:
        """Each that is at fault, and why."""
        return self.problem.fields if isinstance(self.problem, Invalid) else ((self.member, self.problem.message),)


class NoneKept(Invalid):
    """Of those that were put forward together, for one fails and all were meant, or all fail."""

    def __init__(self, name: str, failed: Sequence[Failed]) -> None:
        super().__init__(*((f"{name}.{each.place}.{member}", why) for each in failed for member, why in each.members))
        self.failed = tuple(failed)


def or_nothing(name: str, kept: Sequence[str], failed: Sequence[Failed], *, all_or_nothing: bool) -> None:
    if failed and (all_or_nothing or not kept):
        raise NoneKept(name, failed)


def is_worth_a_retry(error: BaseException) -> bool:
    """Whether what failed before its commit can be done again from the start, at once.

    Not where the database is away, full or locked: that lasts longer than the next attempt.
    """
    return any(_was_cut_off(link) for link in _chain(error))


def _was_cut_off(error: BaseException) -> bool:
    match error:
        case ConnectionRefusedError():
            return False
        case ConnectionError():
            return True
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return _is_of_an_end(error)
        case sa.DBAPIError() if error.connection_invalidated:
            return True
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and (state in _WORTH_A_RETRY or (state.startswith("08") and state != "08001"))


def _is_of_an_end(error: asyncpg.InterfaceError | asyncpg.InternalClientError) -> bool:
    """The same classes report misuse of a connection, and mistakes of asyncpg: those are faults of ours."""
    return "closed" in str(error) if isinstance(error, asyncpg.InterfaceError) else _FAREWELL in str(error)


def is_timeout(error: BaseException) -> bool:
    """Whether a statement was stopped at its deadline, or waited for the write lock until then."""
    return any(_is_stopped(link) for link in _chain(error))


def _is_stopped(error: BaseException) -> bool:
    return _code_of(error) in _STOPPED


def _code_of(error: BaseException) -> str | None:
    """As the engine calls it."""
    name = "sqlite_errorname" if isinstance(error, sqlite3.Error) else "sqlstate"
    code: str | None = getattr(error, name, None)
    return code


def is_full(error: BaseException) -> bool:
    """Whether there was no room for what was to be kept. What is kept already can be read all the same."""
    return any(_code_of(link) in _FULL for link in _chain(error))


def is_connection_lost(error: BaseException) -> bool:
    """Whether the error, or one that caused it, says that the database is out of reach."""
    return any(_is_lost(link) for link in _chain(error))


def _is_lost(error: BaseException) -> bool:
    match error:
        case Unavailable() | ConnectionError() | TimeoutError() | socket.gaierror():
            return True
        case FileNotFoundError() if error.filename is None:
            # Of a socket, as of PostgreSQL on this machine while it is not there; a file has its name.
            return True
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return _is_of_an_end(error)
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
