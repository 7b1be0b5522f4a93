# Made by `make client` from queries/ and the schema; not to be edited.
from .fragments import (
    DecisionCopy,
    News,
    NewsChanges,  # noqa: F401
)


class Decisions(News):
    decisions: list["DecisionsDecisions"]


DecisionsDecisions = DecisionCopy
Decisions.model_rebuild()
