"""Files: how they are announced, and where they are read."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import strawberry

from resolvers import file as resolve
from schema.id import encode_id
from schema.problem import Conflict, Forbidden, Invalid
from schema.reading import complete
from schema.success import Success

PATH = "/files"


@strawberry.type(description="A file of a language version; its address serves it to whoever sees the document then")
class File:
    name: str
    media_type: str = strawberry.field(description="As checked by what is in it")
    bytes: int
    sha256: str
    url: str = strawberry.field(description="Relative to this server, to be asked with the caller's own credential")


@strawberry.input(description="A file that is to be sent")
class RequestUploadInput:
    name: str = strawberry.field(
        description="Without a path, ending in .pdf, .docx, .xlsx, .pptx, .odt, .png, .jpg or .txt, which is what "
        "must be in the file"
    )


@strawberry.type(description="The file can be sent: PUT its bytes to `url`, with the same credential, once")
class UploadRequested(Success):
    upload: strawberry.ID | None = strawberry.field(
        description="For the act that attaches it; null where the act was only validated"
    )
    url: str | None = strawberry.field(description="Relative to this server")
    media_type: str
    expires_at: datetime.datetime = strawberry.field(description="By then all of it must have come")


RequestUploadResult = Annotated[
    UploadRequested | Invalid | Forbidden | Conflict, strawberry.union("RequestUploadResult")
]


@strawberry.type
class FileMutation:
    @strawberry.mutation(
        description="Get a ticket for a file, which is then sent over HTTP, and attached by another act"
    )
    async def request_upload(
        self, info: strawberry.Info[Any, Any], input: RequestUploadInput, validate_only: bool = False
    ) -> RequestUploadResult:
        ticket = await resolve.request(info.context, name=input.name, validate_only=validate_only)
        key = ticket.upload
        requested = UploadRequested(
            upload=None if key is None else strawberry.ID(encode_id("Upload", key)),
            url=None if key is None else f"{PATH}/{key}",
            media_type=ticket.media_type,
            expires_at=ticket.expires_at,
        )
        return await complete(info, requested)
