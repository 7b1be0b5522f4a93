"""A file that is gone, or another one, is no longer answered from."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

import db
from db.engine import Database
from resolvers.error import is_connection_lost


async def states(database: Database) -> int:
    async with database.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(db.State))).scalar_one()


@pytest.fixture(autouse=True)
async def threads_end() -> AsyncIterator[None]:
    """A connection that could not be opened leaves a thread, which must not outlive the loop that it reports to."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if "connection_worker" in thread.name:
            await asyncio.to_thread(thread.join, 10)


async def test_a_file_that_was_deleted_is_a_lost_database_and_is_not_made_anew(register_url: str) -> None:
    database = Database(register_url)
    if database.url.get_backend_name() == "sqlite":
        path = Path(database.url.database or "")
        assert await states(database) == 197

        path.unlink()  # noqa: ASYNC240  as somebody else would do it
        with pytest.raises(Exception) as lost:  # noqa: PT011  whatever the driver says
            await states(database)

        assert is_connection_lost(lost.value)
        assert not path.exists()  # noqa: ASYNC240
    await database.close()


async def test_a_file_that_was_replaced_is_read_at_once(register_url: str, tmp_path: Path) -> None:
    database = Database(register_url)
    if database.url.get_backend_name() == "sqlite":
        path = Path(database.url.database or "")
        assert await states(database) == 197

        other = Database(f"sqlite:///{tmp_path}/other.db")
        async with other.writing() as connection:
            await connection.run_sync(lambda sync: db.State.metadata.create_all(sync))
        await other.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)  # noqa: ASYNC240
        shutil.move(tmp_path / "other.db", path)

        assert await states(database) == 0
    await database.close()
