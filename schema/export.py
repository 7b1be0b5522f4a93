"""Exports: all objects of a kind as a file, made with the rights of who asks for it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from mandate.export import ExportError, ExportFormat, ExportStatus
from resolvers import export as resolve
from resolvers.error import UserError
from schema.feed import ChangeSubject
from schema.file import PATH
from schema.id import encode_id, key_of
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.success import Success

_TYPE = "Export"


@strawberry.type(
    description="A copy of all objects of a kind, as far as who asked for it sees them; it is theirs alone"
)
class Export:
    id: strawberry.ID
    dataset: ChangeSubject
    format: ExportFormat
    status: ExportStatus
    progress: float | None = strawberry.field(description="From 0 to 1; null as long as it waits, or where it is empty")
    object_count: int = strawberry.field(description="How many are written so far")
    created_at: datetime.datetime
    url: str | None = strawberry.field(
        description="Relative to this server, to be asked with a credential that sees as much as is in it"
    )
    sha256: str | None = strawberry.field(description="Of the file")
    expires_at: datetime.datetime | None = strawberry.field(description="Seven days after it was made")
    change_cursor: str | None = strawberry.field(
        description="What happened since it was read: `changes(after:)` goes on from here"
    )
    error_code: ExportError | None


@strawberry.input(description="All objects of a kind that the caller sees")
class CreateExportInput:
    dataset: ChangeSubject
    format: ExportFormat = ExportFormat.JSONL


@strawberry.input(description="An export that is no longer wanted")
class CancelExportInput:
    export: strawberry.ID


@strawberry.type(description="The export will be made: ask for `export(id:)` until it is DONE")
class ExportCreated(Success):
    export: Export | None = strawberry.field(description="Null where the act was only validated")


@strawberry.type(description="The export will not be made")
class ExportCancelled(Success):
    export: Export


CreateExportResult = Annotated[ExportCreated | Invalid | Forbidden | Conflict, strawberry.union("CreateExportResult")]
CancelExportResult = Annotated[
    ExportCancelled | Invalid | NotFound | Forbidden | Conflict, strawberry.union("CancelExportResult")
]


@strawberry.type
class ExportQuery:
    @strawberry.field(description="An export of the caller by its id; null where there is none")
    async def export(self, info: strawberry.Info[Any, Any], id: strawberry.ID) -> Export | None:
        if info.context.actor.account is None:
            raise UserError("An export is shown to the account that asked for it.", "FORBIDDEN")
        return await one(info, key_of(_TYPE, id))


@strawberry.type
class ExportMutation:
    @strawberry.mutation(
        description="Have all objects of a kind written into a file, with the rights that the caller has when it is "
        "made. At most five of an account are under way"
    )
    async def create_export(
        self, info: strawberry.Info[Any, Any], input: CreateExportInput, validate_only: bool = False
    ) -> CreateExportResult:
        key = await resolve.create(
            info.context, dataset=input.dataset.value, format_=input.format, validate_only=validate_only
        )
        return ExportCreated(export=None if validate_only else await one(info, key))

    @strawberry.mutation(description="Stop an export of one's own that waits or is being made")
    async def cancel_export(self, info: strawberry.Info[Any, Any], input: CancelExportInput) -> CancelExportResult:
        key = key_of(_TYPE, input.export, "export")
        await resolve.cancel(info.context, key=key)
        export = await one(info, key)
        assert export is not None  # noqa: S101  just cancelled
        return ExportCancelled(export=export)


async def one(info: strawberry.Info[Any, Any], key: str) -> Export | None:
    async with info.context.reader() as reader:
        found = await resolve.own(reader, key)
    return _of(found[0]) if found else None


async def every(info: strawberry.Info[Any, Any]) -> list[Export]:
    async with info.context.reader() as reader:
        return [_of(row) for row in await resolve.own(reader)]


def _of(row: Mapping[str, Any]) -> Export:
    status = row["status"]
    there = resolve.is_there(row)
    if status is ExportStatus.DONE and not there:
        # It is over before anybody has come to remove it.
        status = ExportStatus.EXPIRED
    return Export(
        id=strawberry.ID(encode_id(_TYPE, row["id"])),
        dataset=ChangeSubject(row["dataset"]),
        format=row["format"],
        status=status,
        progress=row["done"] / row["total"] if row["total"] else None,
        object_count=row["done"],
        created_at=datetime.datetime.fromisoformat(row["created_at"]),
        url=f"{PATH}/{row['id']}" if there else None,
        sha256=row["sha256"],
        expires_at=None if row["expires_at"] is None else datetime.datetime.fromisoformat(row["expires_at"]),
        change_cursor=row["change_cursor"],
        error_code=row["error"],
    )
