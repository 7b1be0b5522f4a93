# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    DocumentCopy,
    News,
    NewsChanges,  # noqa: F401
    Page,
)


class DocumentsPage(News):
    documents: "DocumentsPageDocuments"


class DocumentsPageDocuments(BaseModel):
    nodes: list["DocumentsPageDocumentsNodes"]
    page_info: "DocumentsPageDocumentsPageInfo" = Field(alias="pageInfo")


DocumentsPageDocumentsNodes = DocumentCopy
DocumentsPageDocumentsPageInfo = Page
DocumentsPage.model_rebuild()
DocumentsPageDocuments.model_rebuild()
