"""Exports: who asks for one, how far it has come, and which objects are there for who asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, inspect, or_, select, update
from sqlmodel import col

import db
from db.engine import Database
from db.feed import SUBJECTS
from db.table import new_id
from db.unit import Unit, instant
from mandate.account import AccountStatus
from mandate.actor import Act, Actor, Scope, Visibility
from mandate.export import (
    ATTEMPTS,
    KEPT_FOR,
    MEDIA_TYPES,
    MOST_KEPT,
    MOST_UNDER_WAY,
    TOLD_FOR,
    UNDER_WAY,
    ExportError,
    ExportFormat,
    ExportStatus,
)
from resolvers.account import CALLER, caller, capacities_on
from resolvers.context import Context
from resolvers.error import Conflict, NotFound
from resolvers.reading import Reader

_BY_NAME = {str(table.__tablename__): table for table in SUBJECTS}
_ALWAYS = ("ar", "en", "es", "fr", "ru", "zh")
"""The languages of the United Nations, in which there may be a text whatever else is there."""
_MOST_TOLD = 100
_export = db.Export
_source = inspect(db.Export).local_table


# ---------- asked for ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All objects of a table, or what a trusted document gives, which was looked at before."""

    dataset: str | None = None
    document: str | None = None
    variables: Mapping[str, Any] | None = None
    format: ExportFormat


async def create(context: Context, wanted: Wanted, *, validate_only: bool = False) -> str:
    async with context.act(Act.CREATE_EXPORT, validate_only=validate_only) as unit:
        account = context.actor.account
        assert account is not None  # noqa: S101  the act is for who has one
        under_way = select(func.count()).where(col(_export.account_id) == account, col(_export.status).in_(UNDER_WAY))
        if (await unit.rows(under_way))[0][0] >= MOST_UNDER_WAY:
            raise Conflict(
                f"{MOST_UNDER_WAY} exports of yours are under way: wait for one of them, or cancel it.",
                code="ILLEGAL_TRANSITION",
            )
        finished = (col(_export.status) == ExportStatus.DONE) & (col(_export.expires_at) > instant())
        kept = select(func.count(), func.min(col(_export.expires_at))).where(
            col(_export.account_id) == account, or_(finished, col(_export.status).in_(UNDER_WAY))
        )
        ((count, expires_at),) = await unit.rows(kept)
        if count >= MOST_KEPT:
            # To fetch one makes no room: it can be fetched again.
            raise Conflict(
                f"{MOST_KEPT} exports of yours are kept, fetched or not: the first of them expires at {expires_at}.",
                code="ILLEGAL_TRANSITION",
            )
        key = new_id()
        row = {
            "id": key,
            "account_id": account,
            "api_key_id": context.actor.key,
            "dataset": wanted.dataset,
            "document": wanted.document,
            "variables": None if wanted.variables is None else dict(wanted.variables),
            "format": wanted.format,
            "status": ExportStatus.QUEUED,
            "created_at": instant(),
        }
        await unit.connection.execute(insert(_export).values(row))
    return key


async def cancel(context: Context, *, key: str) -> None:
    async with context.act(Act.CANCEL_EXPORT) as unit:
        found = await unit.rows(select(col(_export.status)).where(*_own(context.actor, key)))
        if not found:
            raise NotFound("There is no such export.")
        if found[0].status not in UNDER_WAY:
            raise Conflict(f"It is {found[0].status} already.", code="ILLEGAL_TRANSITION")
        await unit.connection.execute(
            update(_export).where(col(_export.id) == key).values(_ended(ExportStatus.CANCELLED))
        )


async def forget(unit: Unit) -> None:
    """Where something personal is erased, what was copied before goes too, and what is being copied begins anew."""
    now = instant()
    made = update(_export).where(col(_export.status) == ExportStatus.DONE, col(_export.expires_at) > now)
    await unit.connection.execute(made.values(expires_at=now))
    begun = update(_export).where(col(_export.status) == ExportStatus.RUNNING)
    waits = {"status": ExportStatus.QUEUED, "done": 0, "total": None, "claimed_until": None, "attempts": 0}
    await unit.connection.execute(begun.values(waits))


async def own(reader: Reader, key: str | None = None) -> list[Mapping[str, Any]]:
    """Exports of who asks, the latest first; or that one of them."""
    if reader.actor.account is None:
        return []
    latest = select(_source).where(*_own(reader.actor, key)).order_by(col(_export.id).desc()).limit(_MOST_TOLD)
    return [row._mapping for row in await reader.rows(latest)]  # noqa: SLF001  its public name is the same


def _own(actor: Actor, key: str | None) -> list[ColumnElement[bool]]:
    conditions = [col(_export.account_id) == actor.account]
    return conditions if key is None else [*conditions, col(_export.id) == key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An export, as a file that is served."""

    stored: str
    """Under which name."""
    name: str
    media_type: str
    bytes: int
    sha256: str


async def served(reader: Reader, key: str) -> Made | None:
    """One of who asks, as long as it is kept and they see at least as much as is in it."""
    found = await own(reader, key)
    if not found:
        return None
    (row,) = found
    if not is_there(row) or not covers(reader.actor, row["rights"]):
        return None
    format_ = row["format"]
    return Made(
        stored=stored(key, row["claimed_by"]),
        name=f"{row['dataset'] or row['document']}.{format_.lower()}",
        media_type=MEDIA_TYPES[format_],
        bytes=row["bytes"],
        sha256=row["sha256"],
    )


def stored(key: str, claim: str | None) -> str:
    """The name of a file: whoever makes an export once more writes another, and nobody's is taken for it."""
    return key if claim is None else f"{key}.{claim}"


def is_there(row: Mapping[str, Any]) -> bool:
    return row["status"] is ExportStatus.DONE and row["expires_at"] > instant()


def rights_of(actor: Actor) -> dict[str, Any]:
    """All that decides what somebody sees."""
    sight = actor.sight
    return {
        "scopes": sorted(actor.scopes & {Scope.READ_RESTRICTED, Scope.READ_CONTACTS}),
        "visibilities": sorted(sight.visibilities),
        "party": sight.party,
        "meetings": sorted(sight.meetings),
    }


def covers(actor: Actor, rights: Mapping[str, Any]) -> bool:
    """Whether somebody sees at least what these rights show."""
    return (
        set(rights["scopes"]) <= actor.scopes
        and {Visibility(each) for each in rights["visibilities"]} <= actor.sight.visibilities
        and rights["party"] == actor.party
        and set(rights["meetings"]) <= actor.meetings
    )


# ---------- made ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An export that is this process's to make."""

    id: str
    account: str
    api_key: str | None
    dataset: str | None
    document: str | None
    variables: Mapping[str, Any]
    format: ExportFormat
    claim: str
    left: str | None
    """The name of a file that whoever began it before may have left."""

    @property
    def stored(self) -> str:
        return stored(self.id, self.claim)


async def is_any_due(database: Database) -> bool:
    """Asked often, and so without the write lock."""
    async with database.reading() as connection:
        due = select(col(_export.id)).where(or_(_waits(instant()), _is_over())).limit(1)
        return (await connection.execute(due)).first() is not None


def _waits(now: str) -> ColumnElement[bool]:
    left = and_(col(_export.status) == ExportStatus.RUNNING, col(_export.claimed_until) <= now)
    return or_(col(_export.status) == ExportStatus.QUEUED, left)


def _is_over() -> ColumnElement[bool]:
    """Of what has ended there is a file that nobody gets: of who was cancelled, once they have noticed."""
    now = instant()
    unfinished = and_(
        col(_export.status).in_([ExportStatus.FAILED, ExportStatus.CANCELLED]),
        col(_export.claimed_by).is_not(None),
        or_(col(_export.claimed_until).is_(None), col(_export.claimed_until) <= now),
    )
    return or_(and_(col(_export.status) == ExportStatus.DONE, col(_export.expires_at) <= now), unfinished)


async def take(database: Database, claim: str, lease: timedelta) -> Job | None:
    """The next that waits, or that a process left which is no more; begun too often, it is given up."""
    async with database.writing() as connection:
        while True:
            now = datetime.now(UTC)
            next_ = select(_source).where(_waits(instant(now))).order_by(col(_export.id)).limit(1)
            row = (await connection.execute(next_)).one_or_none()
            if row is None:
                return None
            if row.attempts >= ATTEMPTS:
                await connection.execute(
                    update(_export)
                    .where(col(_export.id) == row.id)
                    .values(_ended(ExportStatus.FAILED, error=ExportError.GAVE_UP))
                )
                continue
            claimed = {"claimed_by": claim, "claimed_until": instant(now + lease), "attempts": row.attempts + 1}
            begun = {**claimed, "status": ExportStatus.RUNNING, "done": 0, "total": None}
            await connection.execute(update(_export).where(col(_export.id) == row.id).values(begun))
            return Job(
                id=row.id,
                account=row.account_id,
                api_key=row.api_key_id,
                dataset=row.dataset,
                document=row.document,
                variables=row.variables or {},
                format=row.format,
                claim=claim,
                left=None if row.claimed_by is None else stored(row.id, row.claimed_by),
            )


async def who_asked(reader: Reader, job: Job, day: date) -> Actor | None:
    """With the rights of the day on which it is made; None where they may no longer call."""
    account = select(*CALLER, col(db.Account.status)).where(col(db.Account.id) == job.account)
    (row,) = await reader.rows(account)
    if row.status is not AccountStatus.ACTIVE:
        return None
    scopes = frozenset(Scope)
    if job.api_key is not None:
        key = db.ApiKey
        named = select(col(key.scopes), col(key.expires_at), col(key.revoked_at)).where(col(key.id) == job.api_key)
        (its,) = await reader.rows(named)
        if its.revoked_at is not None or its.expires_at <= instant():
            return None
        scopes = frozenset(Scope(scope) for scope in its.scopes) | {Scope.READ_PUBLIC}
    calls = caller(row)
    return Actor(
        account=calls.id,
        label=calls.label or calls.id,
        party=calls.party,
        held=await capacities_on(reader, calls, day),
        scopes=scopes,
        key=job.api_key,
    )


async def tell_progress(database: Database, job: Job, *, done: int, total: int | None, lease: timedelta) -> bool:
    """How far it has come, which also prolongs the lease; False where it is no longer this process's."""
    until = instant(datetime.now(UTC) + lease)
    return await _change(database, job, {"done": done, "total": total, "claimed_until": until})


async def finish(
    database: Database, job: Job, *, count: int, size: int, sha256: str, cursor: str, actor: Actor
) -> bool:
    values = {
        **_ended(ExportStatus.DONE),
        "done": count,
        "total": count,
        "bytes": size,
        "sha256": sha256,
        "change_cursor": cursor,
        "rights": rights_of(actor),
        "expires_at": instant(datetime.now(UTC) + KEPT_FOR),
    }
    return await _change(database, job, values)


async def fail(database: Database, job: Job, error: ExportError, message: str | None = None) -> None:
    await _change(database, job, {**_ended(ExportStatus.FAILED, error=error), "error_message": message})


async def expired(database: Database) -> dict[str, str]:
    """Those whose files are to be removed now, and under which names."""
    async with database.reading() as connection:
        found = await connection.execute(select(col(_export.id), col(_export.claimed_by)).where(_is_over()))
        return {row.id: stored(row.id, row.claimed_by) for row in found}


async def note_expired(database: Database, keys: Collection[str]) -> None:
    """Once their files are gone; rows that have ended long ago go."""
    async with database.writing() as connection:
        of_them = update(_export).where(col(_export.id).in_(keys))
        was_done = of_them.where(col(_export.status) == ExportStatus.DONE)
        await connection.execute(was_done.values(status=ExportStatus.EXPIRED))
        await connection.execute(of_them.values(claimed_by=None))
        long_ago = instant(datetime.now(UTC) - TOLD_FOR)
        old = col(_export.status).not_in([*UNDER_WAY, ExportStatus.DONE])
        await connection.execute(delete(_export).where(old, col(_export.ended_at) <= long_ago))


async def _change(database: Database, job: Job, values: Mapping[str, Any]) -> bool:
    async with database.writing() as connection:
        ours = update(_export).where(
            col(_export.id) == job.id,
            col(_export.claimed_by) == job.claim,
            col(_export.status) == ExportStatus.RUNNING,
        )
        return bool((await connection.execute(ours.values(values))).rowcount)


def _ended(status: ExportStatus, error: ExportError | None = None) -> dict[str, Any]:
    return {"status": status, "error": error, "ended_at": instant()}


# ---------- which objects are there ----------


async def keys(
    reader: Reader, table: str, only: ColumnElement[bool] | None, *, after: str | None, limit: int
) -> Sequence[str]:
    """Of those that are there for the reader, in the order of their keys."""
    of = _BY_NAME[table]
    (key,) = inspect(of).primary_key
    statement = select(key).where(*reader.sees(of)).order_by(key).limit(limit)
    if only is not None:
        statement = statement.where(only)
    if after is not None:
        statement = statement.where(key > after)
    return [row[0] for row in await reader.rows(statement)]


async def count(reader: Reader, table: str, only: ColumnElement[bool] | None) -> int:
    of = _BY_NAME[table]
    statement = select(func.count()).select_from(inspect(of).local_table).where(*reader.sees(of))
    found: int = (await reader.rows(statement if only is None else statement.where(only)))[0][0]
    return found


async def languages(reader: Reader) -> list[str]:
    """All in which there may be texts."""
    found: list[Any] = [row[0] for row in await reader.rows(select(col(db.Language.code)))]
    return sorted({*_ALWAYS, *found})
