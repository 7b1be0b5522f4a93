"""Answers kept under an Idempotency-Key, asked for and written under the write lock of the operation itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, bindparam, delete, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from db.change import KeptAnswer
from db.sending import once
from db.unit import instant

KEPT_FOR = timedelta(hours=72)
# More than come in between, so that what is old goes; and few enough that nobody waits for it.
_PRUNED = 100

_PLACE = (col(KeptAnswer.account_id), col(KeptAnswer.key))
_THIS = and_(_PLACE[0] == bindparam("account"), _PLACE[1] == bindparam("its_key"))
_OLD = select(*_PLACE).where(col(KeptAnswer.at) <= bindparam("oldest")).order_by(col(KeptAnswer.at)).limit(_PRUNED)
_FIND = once(
    select(col(KeptAnswer.request_hash), col(KeptAnswer.answer)).where(_THIS, col(KeptAnswer.at) > bindparam("oldest"))
)
# One that is too old may stand under this very key still.
_FORGET = once(delete(KeptAnswer).where(or_(tuple_(*_PLACE).in_(_OLD), _THIS)))
_KEEP = once(insert(KeptAnswer))


async def find_answer(connection: AsyncConnection, account: str, key: str) -> tuple[str, str] | None:
    """The hash of the request, and what was answered to it."""
    found = await connection.execute(_FIND, {"account": account, "its_key": key, "oldest": _oldest()})
    row = found.one_or_none()
    return None if row is None else (row.request_hash, row.answer)


async def keep_answer(connection: AsyncConnection, account: str, key: str, request_hash: str, answer: str) -> None:
    await connection.execute(_FORGET, {"account": account, "its_key": key, "oldest": _oldest()})
    kept = {"account_id": account, "key": key, "request_hash": request_hash, "answer": answer, "at": instant()}
    await connection.execute(_KEEP, [kept])


def _oldest() -> str:
    return instant(datetime.now(UTC) - KEPT_FOR)
