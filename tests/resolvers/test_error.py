"""What is worth a second attempt, and what would only fail again."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import exc as sa

from db.engine import Database
from resolvers.error import Unavailable, UserError, is_connection_lost, is_worth_a_retry


def wrapped(cause: Exception, *, invalidated: bool = False) -> sa.DBAPIError:
    """As SQLAlchemy hands it on."""
    return sa.DBAPIError("COMMIT", {}, cause, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(asyncpg.SerializationError("could not serialize access")),
        wrapped(asyncpg.DeadlockDetectedError("deadlock detected")),
        wrapped(asyncpg.AdminShutdownError("terminating connection")),
        wrapped(asyncpg.CrashShutdownError("terminating connection")),
        wrapped(asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")),
        wrapped(asyncpg.InterfaceError("connection is closed")),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        wrapped(asyncpg.PostgresError("whatever"), invalidated=True),
        ConnectionResetError("reset by peer"),
        BrokenPipeError("broken"),
    ],
)
def test_what_was_cut_off_is_worth_a_retry(error: Exception) -> None:
    assert is_worth_a_retry(error)


@pytest.mark.parametrize(
    "error",
    [
        UserError("no"),
        Unavailable(),
        ConnectionRefusedError("nobody listens"),
        TimeoutError(),
        wrapped(asyncpg.CannotConnectNowError("the database system is starting up")),
        wrapped(asyncpg.TooManyConnectionsError("too many")),
        wrapped(asyncpg.UniqueViolationError("twice")),
        wrapped(asyncpg.QueryCanceledError("statement timeout")),
        wrapped(asyncpg.InterfaceError("another operation is in progress")),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (15) is in progress"),
        sa.OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked")),
        RuntimeError("a fault of ours"),
    ],
)
def test_what_would_fail_again_is_not(error: Exception) -> None:
    assert not is_worth_a_retry(error)


async def test_a_lock_that_is_not_given_in_time_is_an_outage(empty_database_url: str) -> None:
    """On either engine: the statement's own bound ends the wait."""
    holder, waiter = Database(empty_database_url), Database(empty_database_url, statement_seconds=0.2)

    async with holder.writing():
        with pytest.raises(sa.DBAPIError) as refused:
            async with waiter.writing():
                pass

    assert not is_worth_a_retry(refused.value)
    if holder.url.get_backend_name() == "sqlite":
        assert is_connection_lost(refused.value)
    await asyncio.gather(holder.close(), waiter.close())


def test_a_socket_that_is_not_there_is_an_outage_and_a_file_is_none() -> None:
    with pytest.raises(FileNotFoundError) as of_a_socket, socket.socket(socket.AF_UNIX) as way:
        way.connect("/nowhere/.s.PGSQL.5432")
    with pytest.raises(FileNotFoundError) as of_a_file:
        Path("/nowhere/paper.pdf").read_bytes()

    assert is_connection_lost(of_a_socket.value)
    assert not is_connection_lost(of_a_file.value)
