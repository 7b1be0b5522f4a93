# Made by `make client` from queries/ and the schema; not to be edited.
from typing import Annotated, Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import Text


class TransparencyReports(BaseModel):
    documents: "TransparencyReportsDocuments"


class TransparencyReportsDocuments(BaseModel):
    nodes: list["TransparencyReportsDocumentsNodes"]
    page_info: "TransparencyReportsDocumentsPageInfo" = Field(alias="pageInfo")


class TransparencyReportsDocumentsNodes(BaseModel):
    issued_on: Optional[str] = Field(alias="issuedOn")
    title: "TransparencyReportsDocumentsNodesTitle"
    submitted_by: list[
        Annotated[
            Union[
                "TransparencyReportsDocumentsNodesSubmittedByParty",
                "TransparencyReportsDocumentsNodesSubmittedByState",
            ],
            Field(discriminator="typename__"),
        ]
    ] = Field(alias="submittedBy")


TransparencyReportsDocumentsNodesTitle = Text


class TransparencyReportsDocumentsNodesSubmittedByParty(BaseModel):
    typename__: Literal["Organisation", "Party"] = Field(alias="__typename")


class TransparencyReportsDocumentsNodesSubmittedByState(BaseModel):
    typename__: Literal["State"] = Field(alias="__typename")
    code: str


class TransparencyReportsDocumentsPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


TransparencyReports.model_rebuild()
TransparencyReportsDocuments.model_rebuild()
TransparencyReportsDocumentsNodes.model_rebuild()
