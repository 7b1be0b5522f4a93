"""Exports: all objects of a kind, or what a trusted document gives, as a file made with the rights of who asks."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from mandate.actor import Act
from mandate.export import ExportError, ExportFormat, ExportStatus
from resolvers import export as resolve
from resolvers.error import Invalid as InvalidProblem
from resolvers.error import UserError
from resolvers.text import against_json
from schema.feed import ChangeSubject
from schema.file import PATH
from schema.id import encode_id, key_of
from schema.operation import against_variables, cost_error, variables_of
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.success import Success
from schema.trusted import Trusted, TrustedDocuments, trusted

LONGEST_VARIABLES = 10_000
_TYPE = "Export"
_OF_NONE = "convention"


@strawberry.type(
    description="A copy of all objects of a kind, or of all rows of a trusted document, as far as who asked for it "
    "sees them; it is theirs alone"
)
class Export:
    id: strawberry.ID
    dataset: ChangeSubject = strawberry.field(
        description="The objects that are in it. Of a document there is none: where `document` is not null, this is "
        "CONVENTION, and says nothing"
    )
    document: str | None = strawberry.field(
        description="The name of the trusted document, as `/q` lists it, of which it has the rows; null of a dataset"
    )
    variables: JSON | None = strawberry.field(
        description="Those of the document: an object; null of a dataset, and where none were given"
    )
    format: ExportFormat
    status: ExportStatus
    progress: float | None = strawberry.field(
        description="From 0 to 1; null as long as it waits, where it is empty, and as long as nobody knows how much "
        "there is, as of a document that does not ask for `totalCount`"
    )
    object_count: int = strawberry.field(description="How many are written so far: objects, or rows of the document")
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
    error_message: str | None = strawberry.field(
        description="Why the document was not answered, in the words in which the API refuses it; null otherwise"
    )


@strawberry.input(
    description="Either all objects of a kind that the caller sees, or all rows of a trusted document: one of "
    "`dataset` and `document` is given"
)
class CreateExportInput:
    dataset: ChangeSubject | None = None
    document: str | None = strawberry.field(
        default=None,
        description="The name of a query that `/q` lists, such as documents. Rows are as in CSV there, with all pages "
        "and without a limit: those of its one list. In JSONL each is an object as GraphQL answers it. Where the "
        "answer is one object, that is the only row; a document of several lists has none, and is refused",
    )
    variables: JSON | None = strawberry.field(
        default=None,
        description="Of the document, by their names, as `/q` lists them. `first` is left out where there are pages; "
        f"up to {LONGEST_VARIABLES:,} characters",
    )
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
        description="Have all objects of a kind, or all rows of a trusted document, written into a file, with the "
        "rights that the caller has when it is made. At most five of an account are under way. A document that is not "
        "known, or whose variables are wrong or missing, is Invalid at once; what comes to light only when it is "
        "answered, such as a cursor that is none, makes the export FAILED, with `errorMessage`"
    )
    async def create_export(
        self, info: strawberry.Info[Any, Any], input: CreateExportInput, validate_only: bool = False
    ) -> CreateExportResult:
        # Whoever may not is told that before anything is looked at.
        info.context.permit(Act.CREATE_EXPORT, None)
        key = await resolve.create(info.context, _wanted(info, input), validate_only=validate_only)
        return ExportCreated(export=None if validate_only else await one(info, key))

    @strawberry.mutation(description="Stop an export of one's own that waits or is being made")
    async def cancel_export(self, info: strawberry.Info[Any, Any], input: CancelExportInput) -> CancelExportResult:
        key = key_of(_TYPE, input.export, "export")
        await resolve.cancel(info.context, key=key)
        export = await one(info, key)
        assert export is not None  # noqa: S101  just cancelled
        return ExportCancelled(export=export)


def to_export(
    schema: strawberry.Schema, documents: TrustedDocuments, name: str, variables: Mapping[str, Any]
) -> Trusted:
    """The document of this name, if it can be exported with these variables."""
    document = documents.named(name)
    if document is None or document.operation is None or not document.is_door:
        raise InvalidProblem(("document", "There is no such query; /q lists those that there are."))
    if not document.is_of_the_journal:
        raise InvalidProblem(("document", f"It tells how things stand for who asks: ask for it at /q/{name}."))
    if document.table is None:
        raise InvalidProblem(
            ("document", f"It has several lists, and nobody could say which are the rows: ask for it at /q/{name}.")
        )
    against = [*against_json(variables, LONGEST_VARIABLES), *against_variables(schema, document.operation, variables)]
    if document.has_pages and variables.get("first") is not None:
        against.append("An export has all pages: leave first out.")
    if not against and (error := cost_error(document.prepared.cost(document.operation, variables))) is not None:
        against.append(error["message"])
    if against:
        raise InvalidProblem(*(("variables", reason) for reason in against))
    return document


def _wanted(info: strawberry.Info[Any, Any], input: CreateExportInput) -> resolve.Wanted:
    variables = None if input.variables is None else variables_of(input.variables)
    if input.document is None:
        if input.dataset is None:
            raise InvalidProblem(("dataset", "Name a dataset or a document."))
        if variables is not None:
            raise InvalidProblem(("variables", "They are those of a document, and a dataset has none."))
        return resolve.Wanted(dataset=input.dataset.value, format=input.format)
    if input.dataset is not None:
        raise InvalidProblem(("document", "Name a dataset or a document, not both."))
    documents = info.context.trusted or trusted(info.schema)
    document = to_export(info.schema, documents, input.document, variables or {})
    return resolve.Wanted(document=document.name, variables=variables, format=input.format)


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
        dataset=ChangeSubject(row["dataset"] or _OF_NONE),
        document=row["document"],
        variables=row["variables"],
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
        error_message=row["error_message"],
    )
