"""The mandate: its versions, its rules with their paragraphs, and what they said of an act."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlmodel import col
from strawberry.scalars import JSON

import db
import mandate.rule
from mandate.rule import RuleForce, RuleSetStatus, RuleVerdict, adoptions, rule_sets
from resolvers import rule as resolve
from resolvers.office import Eligibility
from resolvers.reading import Scope
from schema.explanation import RuleCitation
from schema.id import encode_id, key_of
from schema.reading import Node, complete, computed, derived, names_rows, ref, rows
from schema.text import LocalizedText

if TYPE_CHECKING:
    from schema.decision import Decision

LazyDecision = Annotated["Decision", strawberry.lazy("schema.decision")]


@computed("MandateRule", lambda key: MandateRule.by_key(key))
@names_rows
@strawberry.type(description="A rule of the mandate, as one version has it")
class MandateRule(Node):
    id: strawberry.ID
    code: str = strawberry.field(description="The same in every version, such as coordinator-rotation")
    statement: LocalizedText
    citation: RuleCitation = strawberry.field(description="The first paragraph that it comes from")
    citations: list[RuleCitation] = strawberry.field(description="All of them")
    forces: list[RuleForce] = strawberry.field(description="What happens when it is not met")
    waivable: bool = strawberry.field(description="Whether an act may give a reason to set it aside")
    parameters: JSON = strawberry.field(description="The figures of this version, such as a number of days")
    rule_set: str = strawberry.field(description="The code of the version")

    @classmethod
    def of(cls, rule: mandate.rule.Rule) -> MandateRule:
        # No object stands in two places: each may be asked for something else of what it names.
        return cls(
            id=strawberry.ID(encode_id("MandateRule", f"{rule.rule_set}/{rule.id}")),
            code=rule.id,
            statement=LocalizedText.of(rule.statement),
            citation=RuleCitation.of(rule.citations[0]),
            citations=[RuleCitation.of(each) for each in rule.citations],
            forces=list(rule.forces),
            waivable=rule.waivable,
            parameters=JSON(dict(rule.parameters)),
            rule_set=rule.rule_set,
        )

    @classmethod
    def by_key(cls, key: str) -> MandateRule | None:
        code, _, id_ = key.partition("/")
        version = rule_sets().get(code)
        rule = None if version is None else version.rules.get(id_)
        return None if rule is None else cls.of(rule)


@names_rows
@strawberry.type(description="A version of the mandate: which rules hold, with what force and figures")
class MandateRuleSet:
    id: strawberry.ID
    code: str = strawberry.field(description="As `ruleSet` names it")
    title: LocalizedText
    status: RuleSetStatus = strawberry.field(description="On the day asked about")
    effective_from: datetime.date | None = strawberry.field(description="Null for a draft")
    effective_to: datetime.date | None = strawberry.field(description="The first day of the version that follows")
    rules: list[MandateRule]
    decision_id: strawberry.Private[str | None]
    adopted_by: LazyDecision | None = ref(
        "decision_id", db.Decision.id, description="Null for a draft, and for the proposal with which it began"
    )

    @classmethod
    def of(
        cls, rule_set: mandate.rule.RuleSet, decided: Sequence[mandate.rule.Adoption], day: datetime.date
    ) -> MandateRuleSet:
        chain = adoptions(decided)
        place = next((i for i, each in enumerate(chain) if each.rule_set == rule_set.code), None)
        begins = None if place is None else chain[place].effective_from
        ends = None if place is None or place + 1 == len(chain) else chain[place + 1].effective_from
        if begins is None or begins > day:
            status = RuleSetStatus.DRAFT
        else:
            status = RuleSetStatus.SUPERSEDED if ends is not None and ends <= day else RuleSetStatus.IN_FORCE
        return cls(
            id=strawberry.ID(encode_id("MandateRuleSet", rule_set.code)),
            code=rule_set.code,
            title=LocalizedText.of(rule_set.title),
            status=status,
            effective_from=begins,
            effective_to=ends,
            rules=[MandateRule.of(each) for each in rule_set.rules.values()],
            decision_id=None if place is None else chain[place].decision,
        )


@names_rows
@strawberry.type(description="A rule set aside, and why; it stays with what it was set aside for")
class RuleWaiver:
    rule: MandateRule
    reason: str
    granted_on: datetime.date | None = strawberry.field(description="Null in the answer to the act itself")
    decision_id: strawberry.Private[str | None]
    decision: LazyDecision | None = ref("decision_id", db.Decision.id, description="Null where none was named")


@names_rows
@strawberry.type(description="What a rule said of an act, or of a question about one")
class RuleEvaluation:
    rule: MandateRule
    verdict: RuleVerdict
    citation: RuleCitation
    explanation: str
    inputs: JSON = strawberry.field(description="What the rule looked at")
    waiver: RuleWaiver | None = strawberry.field(description="Where the rule was set aside")
    evaluated_at: datetime.datetime | None = strawberry.field(
        description="Of an act that is on record; null for a question, and in the answer to the act itself"
    )

    @classmethod
    def of(
        cls, said: mandate.rule.Evaluation, *, at: datetime.datetime | None = None, decision: str | None = None
    ) -> RuleEvaluation:
        waiver = None
        if said.waiver is not None:
            granted = None if at is None else at.date()
            rule = MandateRule.of(said.rule)
            waiver = RuleWaiver(rule=rule, reason=said.waiver, granted_on=granted, decision_id=decision)
        return cls(
            rule=MandateRule.of(said.rule),
            verdict=said.verdict,
            citation=RuleCitation.of(said.rule.citations[0]),
            explanation=said.explanation,
            inputs=JSON(dict(said.inputs)),
            waiver=waiver,
            evaluated_at=at,
        )


def said(evaluations: Sequence[mandate.rule.Evaluation]) -> list[RuleEvaluation]:
    return [RuleEvaluation.of(each) for each in evaluations]


@strawberry.type(description="What every rule says of something that is planned, by the code that judges the act")
class EligibilityReport:
    eligible: bool = strawberry.field(description="Whether no rule stands against it that can not be waived for it")
    judged: strawberry.Private[Sequence[mandate.rule.Evaluation]]
    made: strawberry.Private[list[RuleEvaluation]]
    rule_set: str = strawberry.field(description="The code of the version by which it is judged")
    as_of: datetime.date = strawberry.field(description="The day that is concerned")

    @strawberry.field
    def evaluations(self) -> list[RuleEvaluation]:
        # Made where they are asked for: of every State Party they are a thousand.
        if not self.made:
            self.made.extend(said(self.judged))
        return self.made

    @classmethod
    def of(cls, found: Eligibility) -> EligibilityReport:
        return cls(
            eligible=mandate.rule.stands(found.evaluations),
            judged=found.evaluations,
            made=[],
            rule_set=found.rule_set.code,
            as_of=found.as_of,
        )


@strawberry.input(description="Why a rule that allows it is set aside")
class RuleWaiverInput:
    rule: str = strawberry.field(description="Its code, such as coordinator-rotation")
    reason: str = strawberry.field(description="At most 2,000 characters; it is public, and stays")
    decision: strawberry.ID | None = strawberry.field(default=None, description="By which it was set aside")

    def given(self, place: int) -> resolve.Waiver:
        decision = None if self.decision is None else key_of("Decision", self.decision, f"waivers.{place}.decision")
        return resolve.Waiver(rule=self.rule, reason=self.reason, decision=decision)


def given(waivers: Sequence[RuleWaiverInput] | None) -> list[resolve.Waiver]:
    return [each.given(place) for place, each in enumerate(waivers or ())]


def _evaluations(judgements: Sequence[Any]) -> list[RuleEvaluation]:
    return [
        RuleEvaluation.of(each, at=datetime.datetime.fromisoformat(row.judged_at))
        for row in judgements
        for each in resolve.evaluations_of(row)
    ]


def _waivers(waivers: Sequence[Any]) -> list[RuleWaiver]:
    return [
        RuleWaiver(
            rule=MandateRule.of(rule_sets()[row.rule_set].rules[row.rule]),
            reason=row.reason,
            granted_on=row.granted_on,
            decision_id=row.decision_id,
        )
        for row in waivers
    ]


def evaluations(subject: Any, key: Any) -> Any:
    """How the acts upon an object were judged, for a type over its table."""
    judgements = rows(
        db.Judgement.subject_key,
        on=key,
        only=col(db.Judgement.subject_type) == subject.__tablename__,
        order_by=[db.Judgement.judged_at],
    )
    return derived(_evaluations, uses=[judgements], description="How the acts upon it were judged, the first one first")


def waivers(subject: Any, key: Any) -> Any:
    """The rules that were set aside for an object."""
    kept = rows(
        db.RuleWaiver.subject_key,
        on=key,
        only=col(db.RuleWaiver.subject_type) == subject.__tablename__,
        order_by=[db.RuleWaiver.granted_on],
    )
    return derived(_waivers, uses=[kept], description="Rules that were set aside for it, and why")


@strawberry.type
class RuleQuery:
    @strawberry.field(description="The versions of the mandate, in force and in draft")
    async def mandate_rule_sets(
        self, info: strawberry.Info[Any, Any], as_of: datetime.date | None = None
    ) -> list[MandateRuleSet]:
        async with info.context.reader() as reader:
            decided = await resolve.adopted(reader)
        day = day_of(info, as_of)
        return await complete(info, [MandateRuleSet.of(each, decided, day) for each in rule_sets().values()])

    @strawberry.field(description="The rules of the version in force on a day, or of the one that is named")
    async def mandate_rules(
        self, info: strawberry.Info[Any, Any], as_of: datetime.date | None = None, rule_set: str | None = None
    ) -> list[MandateRule]:
        async with info.context.reader() as reader:
            version = await resolve.rule_set_on(reader, day_of(info, as_of), rule_set)
        found = [] if version is None else [MandateRule.of(each) for each in version.rules.values()]
        return await complete(info, found)


def day_of(info: strawberry.Info[Any, Any], as_of: datetime.date | None) -> datetime.date:
    """The day asked about; today where none was named."""
    return Scope({"as_of": as_of}, info.context.actor, info.context.today).as_of
