"""Files: tickets for what is to come, and who may read what is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, union
from sqlmodel import col

import db
from db import search
from db.dialect import among
from db.engine import Database
from db.store import FileStore, Missing, UnreadableFile, hash_of
from db.table import new_id
from db.unit import Unit, instant
from mandate.actor import Act, Actor
from mandate.file import BadFile, media_type_of
from resolvers import export
from resolvers.context import Context
from resolvers.error import Conflict, Invalid, NotFound

TICKET_LASTS = timedelta(hours=1)

Progress = Callable[[str, int, int], None]
"""What is read, how much of it, of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Leave to send one file; whoever finds it can do nothing with it, for it is its account's alone."""

    upload: str | None
    """None where the act was only validated."""
    media_type: str
    expires_at: datetime


async def request(context: Context, *, name: str, validate_only: bool = False) -> Ticket:
    """A ticket for a file, which is then sent over HTTP; the type follows from the name, and is checked by content."""
    async with context.act(Act.REQUEST_UPLOAD, validate_only=validate_only) as unit:
        try:
            media_type = media_type_of(name)
        except BadFile as bad:
            raise Invalid(("name", str(bad))) from None
        key, expires_at = new_id(), datetime.now(UTC) + TICKET_LASTS
        upload = {
            "id": key,
            "account_id": context.actor.account,
            "name": name,
            "media_type": media_type,
            "expires_at": instant(expires_at),
        }
        await unit.keep(db.Upload, [upload])
    return Ticket(upload=None if validate_only else key, media_type=media_type, expires_at=expires_at)


async def awaited(context: Context, ticket: str) -> Any:
    """What a ticket is for, before its bytes are taken in."""
    context.permit(Act.REQUEST_UPLOAD, None)
    async with context.reader() as reader:
        upload = db.Upload
        rows = await reader.rows(
            select(
                col(upload.id),
                col(upload.account_id),
                col(upload.media_type),
                col(upload.expires_at),
                col(upload.sha256),
            ).where(col(upload.id) == ticket)
        )
    return _usable(rows[0]._mapping if rows else None, context.actor)  # noqa: SLF001  its public name is the same


async def received(context: Context, *, ticket: str, sha256: str, size: int, text: str = "") -> None:
    """The bytes are stored, whole and checked: from now on the upload can be attached to a document."""
    async with context.act(Act.REQUEST_UPLOAD) as unit:
        _usable(await unit.row(db.Upload, (ticket,)), context.actor)
        await unit.change(db.Upload, [((ticket,), {"sha256": sha256, "bytes": size})])
        await search.keep_file_text(unit.connection, sha256, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that was stored from this machine, whole and checked."""

    name: str
    media_type: str
    sha256: str
    bytes: int
    text: str


async def take(context: Context, files: Sequence[Taken]) -> list[str]:
    """What `request` and `received` do, for files that need no ticket; the uploads, in the order given."""
    keys = [new_id() for _ in files]
    async with context.act(Act.REQUEST_UPLOAD) as unit:
        uploads = [
            {
                "id": key,
                "account_id": context.actor.account,
                "name": each.name,
                "media_type": each.media_type,
                "expires_at": instant(datetime.now(UTC)),
                "sha256": each.sha256,
                "bytes": each.bytes,
            }
            for key, each in zip(keys, files, strict=True)
        ]
        await unit.keep(db.Upload, uploads)
        for each in files:
            await search.keep_file_text(unit.connection, each.sha256, each.text)
    return keys


def _usable(row: Mapping[str, Any] | None, actor: Actor) -> Mapping[str, Any]:
    if row is None or row["account_id"] != actor.account:
        raise NotFound("There is no such ticket.")
    if row["sha256"] is not None:
        raise Conflict("The ticket was used: each is for one file.", code="DUPLICATE")
    if row["expires_at"] <= instant():
        raise Conflict("The ticket has expired; ask for another.", code="ILLEGAL_TRANSITION")
    return row


async def sent(unit: Unit, actor: Actor, uploads: Sequence[tuple[str, str]]) -> list[Mapping[str, Any]]:
    """The uploads of the caller by these ids, each told with its path in the input, all of them come, and new."""
    found = await uploads_of(unit, actor, [key for _, key in uploads])
    against = against_uploads(found, uploads)
    if against:
        raise Invalid(*against)
    only_new(found, uploads)
    return [found[key] for _, key in uploads]


async def uploads_of(unit: Unit, actor: Actor, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Those of the caller, by key, whether their files have come or not, and whether they serve already.

    A file has the id of its upload, so that the same upload is never the file of two versions.
    """
    upload = db.Upload
    source = upload.__table__  # type: ignore[attr-defined]
    serves = exists(select(1).where(col(db.DocumentFile.id) == source.c.id)).label("serves")
    theirs = select(source, serves).where(among(col(upload.id), sorted(keys)), col(upload.account_id) == actor.account)
    return {row["id"]: dict(row) for row in (await unit.connection.execute(theirs)).mappings()}


def against_uploads(
    found: Mapping[str, Mapping[str, Any]], uploads: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    against = []
    for place, (path, key) in enumerate(uploads):
        if key not in found:
            against.append((path, "There is no such upload of yours."))
        elif found[key]["sha256"] is None:
            against.append((path, "Its file has not come yet: PUT it to the url of the ticket."))
        elif key in (other for _, other in uploads[:place]):
            against.append((path, "The same upload is given twice."))
    return against


def only_new(found: Mapping[str, Mapping[str, Any]], uploads: Sequence[tuple[str, str]]) -> None:
    for path, key in uploads:
        if found[key]["serves"]:
            raise Conflict(
                "The upload is the file of a document already: send it again, with a new ticket.",
                code="DUPLICATE",
                member=path,
            )


async def served(context: Context, file: str) -> Any:
    """A file, if its document is there for the caller at this moment; what was replaced is for the ISU.

    Or an export, to who asked for it.
    """
    async with context.reader() as reader:
        table = db.DocumentFile
        rows = await reader.rows(
            select(
                col(table.name), col(table.media_type), col(table.bytes), col(table.sha256), col(table.is_replaced)
            ).where(col(table.id) == file, *reader.sees(table))
        )
        if not rows and (made := await export.served(reader, file)) is not None:
            return made
    if not rows or (rows[0].is_replaced and not (context.actor.is_isu and context.actor.reads_restricted)):
        raise NotFound("There is no such file.")
    return rows[0]


# ---------- whether all is there ----------


async def verify(database: Database, store: FileStore, progress: Progress) -> tuple[int, list[str]]:
    """How many files the database tells of, and which of them are not there, or are not what they were."""
    async with database.reading() as connection:
        every = union(
            *(
                select(col(table.sha256), col(table.bytes)).where(col(table.sha256).is_not(None))
                for table in (db.DocumentFile, db.Upload)
            )
        )
        files: list[tuple[str, int]] = [(str(row[0]), int(row[1] or 0)) for row in await connection.execute(every)]
    faults = []
    for number, (sha256, size) in enumerate(sorted(files), start=1):
        try:
            found = await hash_of(store, sha256)
        except Missing:
            faults.append(f"file {sha256} is missing")
        except UnreadableFile as unreadable:
            faults.append(f"file {unreadable}")
        else:
            if found != (sha256, size):
                faults.append(
                    f"file {sha256} is not what it was: it now has {found[1]:,} bytes and the hash {found[0]}"
                )
        progress("files", number, len(files))
    return len(files), faults
