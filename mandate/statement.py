"""Statements: submitted by a party, delivered at a meeting, published as it was said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum


class StatementStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    DELIVERED = "DELIVERED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


class StatementStep(StrEnum):
    DELIVER = "DELIVER"
    PUBLISH = "PUBLISH"
    WITHDRAW = "WITHDRAW"


FROM: Mapping[StatementStep, Collection[StatementStatus]] = {
    StatementStep.DELIVER: (StatementStatus.SUBMITTED,),
    StatementStep.PUBLISH: (StatementStatus.DELIVERED,),
    # What was said in the room can not be unsaid; until it is published, the party may keep its text back.
    StatementStep.WITHDRAW: (StatementStatus.SUBMITTED, StatementStatus.DELIVERED),
}
"""Where a statement stands for a step to be taken."""
BECOMES: Mapping[StatementStatus, Collection[StatementStatus]] = {
    StatementStatus.SUBMITTED: (StatementStatus.DELIVERED, StatementStatus.WITHDRAWN),
    StatementStatus.DELIVERED: (StatementStatus.PUBLISHED, StatementStatus.WITHDRAWN),
    StatementStatus.PUBLISHED: (),
    StatementStatus.WITHDRAWN: (),
}
