"""The compliance review: every standing rule's findings, and which tasks of the ISU the work plans serve."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

import mandate.rule
from resolvers import review as resolve
from schema.reading import Node, complete, names_rows, ref
from schema.rule import MandateRule, day_of


@names_rows
@strawberry.type(description="What a standing rule misses: a breach, or, where the paper only advises, advice")
class Finding:
    rule: MandateRule
    message: str
    of: strawberry.Private[tuple[str, str] | None]
    concerns: Node | None = ref("of", description="Null where it concerns no single object")
    since: datetime.date | None
    due_on: datetime.date | None
    advice: bool = strawberry.field(description="Whether the paper asks it only as far as possible")
    inputs: JSON

    @classmethod
    def of_rule(cls, finding: mandate.rule.Finding) -> Finding:
        found = finding.found
        return cls(
            rule=MandateRule.of(finding.rule),
            message=found.message,
            of=found.concerns,
            since=found.since,
            due_on=found.due_on,
            advice=finding.is_advice,
            inputs=JSON(dict(found.inputs)),
        )


@strawberry.type(description="What was planned, and what was done, in a year for a task of the ISU")
class TaskCoverage:
    task: str = strawberry.field(description="A letter, a to i")
    year: int
    activities: int = strawberry.field(description="Of the approved work plan, that serve it")
    recorded: int = strawberry.field(
        description="Advice given (c), communications sent (d), records approved (f), contacts with others (g), as far "
        "as they are there for the caller; 0 for other tasks"
    )


@strawberry.type(description="What the standing rules find on a day, in what the caller may see")
class ComplianceReview:
    as_of: datetime.date
    rule_set: str = strawberry.field(description="The code of the version in force on that day, or the one named")
    findings: list[Finding] = strawberry.field(description="In the order of the rules")
    task_coverage: list[TaskCoverage] = strawberry.field(
        description="Of the tasks (a) to (i) of the ISU (Prop. 4(4)), year by year since it was established"
    )


@strawberry.type
class ReviewQuery:
    @strawberry.field(
        description="What is missing by the standing rules, for whom, since when; imported history is judged, "
        "and never altered"
    )
    async def compliance_review(
        self,
        info: strawberry.Info[Any, Any],
        as_of: datetime.date | None = None,
        rule_set: Annotated[
            str | None,
            strawberry.argument(description="By which version everything is judged; else each by the one of its time"),
        ] = None,
        rules: Annotated[
            list[str] | None, strawberry.argument(description="The codes of rules: what these find alone")
        ] = None,
        advice: Annotated[
            bool | None, strawberry.argument(description="true: advice alone; false: breaches alone")
        ] = None,
    ) -> ComplianceReview:
        async with info.context.reader() as reader:
            found = await resolve.reviewed(reader, day_of(info, as_of), rule_set, rules=rules, advice=advice)
        value = ComplianceReview(
            as_of=found.as_of,
            rule_set=found.rule_set.code,
            findings=[Finding.of_rule(each) for each in found.findings],
            task_coverage=[
                TaskCoverage(task=each.task, year=each.year, activities=each.activities, recorded=each.recorded)
                for each in found.coverage
            ],
        )
        return await complete(info, value)
