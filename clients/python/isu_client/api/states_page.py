# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import Page, StateCopy


class StatesPage(BaseModel):
    states: "StatesPageStates"


class StatesPageStates(BaseModel):
    nodes: list["StatesPageStatesNodes"]
    page_info: "StatesPageStatesPageInfo" = Field(alias="pageInfo")


StatesPageStatesNodes = StateCopy
StatesPageStatesPageInfo = Page
StatesPage.model_rebuild()
StatesPageStates.model_rebuild()
