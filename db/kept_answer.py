"""Answers kept under an Idempotency-Key, asked for and written under the write lock of the operation itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from db.change import KeptAnswer
from db.unit import instant

KEPT_FOR = timedelta(hours=72)
# More than come in between, so that what is old goes; and few enough that nobody waits for it.
_PRUNED = 100

_PLACE = (col(KeptAnswer.account_id), col(KeptAnswer.key))


async def find_answer(connection: AsyncConnection, account: str, key: str) -> tuple[str, str] | None:
    """The hash of the request, and what was answered to it."""
    found = await connection.execute(
        select(col(KeptAnswer.request_hash), col(KeptAnswer.answer)).where(
            col(KeptAnswer.account_id) == account, col(KeptAnswer.key) == key, col(KeptAnswer.at) > _oldest()
        )
    )
    row = found.one_or_none()
    return None if row is None else (row.request_hash, row.answer)


async def keep_answer(connection: AsyncConnection, account: str, key: str, request_hash: str, answer: str) -> None:
    old = select(*_PLACE).where(col(KeptAnswer.at) <= _oldest()).order_by(col(KeptAnswer.at)).limit(_PRUNED)
    await connection.execute(delete(KeptAnswer).where(tuple_(*_PLACE).in_(old)))
    # One that is too old may stand under this very key still.
    await connection.execute(
        delete(KeptAnswer).where(col(KeptAnswer.account_id) == account, col(KeptAnswer.key) == key)
    )
    kept = {"account_id": account, "key": key, "request_hash": request_hash, "answer": answer, "at": instant()}
    await connection.execute(insert(KeptAnswer).values(kept))


def _oldest() -> str:
    return instant(datetime.now(UTC) - KEPT_FOR)
