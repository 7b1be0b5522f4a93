"""The act by which a Meeting brings a version of the mandate in force."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import strawberry

from mandate.rule import rule_sets
from resolvers import rule as resolve
from schema.id import key_of
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import complete
from schema.rule import MandateRuleSet
from schema.success import Success


@strawberry.input(description="A version is to hold from a day, by a decision of a formal meeting")
class AmendMandateInput:
    rule_set: str = strawberry.field(description="The code of a draft, such as current-practice")
    effective_from: datetime.date = strawberry.field(description="The first day on which acts are judged by it")
    decision: strawberry.ID = strawberry.field(
        description="Of a Meeting of States Parties or Review Conference (Prop. 1(1), 2(8), 3(1), 4(3))"
    )


@strawberry.type(description="The version is in force from that day; what was judged before stays as it was judged")
class MandateAmended(Success):
    rule_set: MandateRuleSet


AmendMandateResult = Annotated[
    MandateAmended | Invalid | NotFound | Forbidden | Conflict, strawberry.union("AmendMandateResult")
]


@strawberry.type
class RuleMutation:
    @strawberry.mutation(description="Bring a version of the mandate in force, by a decision of a formal meeting")
    async def amend_mandate(
        self, info: strawberry.Info[Any, Any], input: AmendMandateInput, validate_only: bool = False
    ) -> AmendMandateResult:
        await resolve.amend(
            info.context,
            rule_set=input.rule_set,
            effective_from=input.effective_from,
            decision=key_of("Decision", input.decision, "decision"),
            validate_only=validate_only,
        )
        async with info.context.reader() as reader:
            decided = await resolve.adopted(reader)
        version = MandateRuleSet.of(rule_sets()[input.rule_set], decided, info.context.today)
        return await complete(info, MandateAmended(rule_set=version))
