# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    News,
    NewsChanges,  # noqa: F401
    Page,
    StatementCopy,
)


class StatementsPage(News):
    statements: "StatementsPageStatements"


class StatementsPageStatements(BaseModel):
    nodes: list["StatementsPageStatementsNodes"]
    page_info: "StatementsPageStatementsPageInfo" = Field(alias="pageInfo")


StatementsPageStatementsNodes = StatementCopy
StatementsPageStatementsPageInfo = Page
StatementsPage.model_rebuild()
StatementsPageStatements.model_rebuild()
