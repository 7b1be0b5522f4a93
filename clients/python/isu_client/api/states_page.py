# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    News,
    NewsChanges,  # noqa: F401
    Page,
    StateCopy,
)


class StatesPage(News):
    states: "StatesPageStates"


class StatesPageStates(BaseModel):
    nodes: list["StatesPageStatesNodes"]
    page_info: "StatesPageStatesPageInfo" = Field(alias="pageInfo")


StatesPageStatesNodes = StateCopy
StatesPageStatesPageInfo = Page
StatesPage.model_rebuild()
StatesPageStates.model_rebuild()
