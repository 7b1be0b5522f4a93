# Made by `make client` from queries/ and the schema; not to be edited.
from .base_model import BaseModel
from .fragments import DecisionCopy


class Decisions(BaseModel):
    decisions: list["DecisionsDecisions"]


DecisionsDecisions = DecisionCopy
Decisions.model_rebuild()
