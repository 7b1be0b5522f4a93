"""Which version of the mandate judges an act, what it said, and what stays on record of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Executable, select
from sqlmodel import col

import db
from db.table import Kept, new_id
from db.unit import Unit, instant
from mandate.actor import Act, Visibility
from mandate.decision import by_formal_meeting
from mandate.rule import (
    Adoption,
    Check,
    Evaluation,
    RuleSet,
    RuleVerdict,
    against_waivers,
    in_force_on,
    judge,
    rule_sets,
    set_aside,
    stands,
)
from resolvers.context import Asks, Context, find
from resolvers.decision import cited_by
from resolvers.error import Conflict, Invalid, Refused, UserError
from resolvers.reading.declaration import LAST_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A rule that the caller asks to be set aside, and why."""

    rule: str
    reason: str
    decision: str | None = None


async def adopted(asks: Asks) -> list[Adoption]:
    """The versions that Meetings brought in force."""
    return [adoption(row) for row in await asks.rows_of(adopted_versions)]


def adopted_versions(_asks: Asks) -> Executable:
    table = db.RuleSetAdoption
    return select(col(table.rule_set), col(table.effective_from), col(table.decision_id))


def adoption(row: Any) -> Adoption:
    return Adoption(rule_set=row.rule_set, effective_from=row.effective_from, decision=row.decision_id)


async def rule_set_on(asks: Asks, day: date, named: str | None = None) -> RuleSet | None:
    """The version named, else the one in force on the day that is concerned."""
    if named is not None:
        return named_rule_set(named)
    return in_force_on(day, await adopted(asks))


def named_rule_set(code: str) -> RuleSet:
    found = rule_sets().get(code)
    if found is None:
        raise UserError(f"There is no version {code} of the mandate; there are {', '.join(rule_sets())}.")
    return found


async def judged(
    asks: Asks,
    checks: Sequence[Check],
    facts: Any,
    day: date,
    waivers: Sequence[Waiver] = (),
    elsewhere: Sequence[Check] = (),
    broken: Sequence[Evaluation] = (),
) -> tuple[Evaluation, ...]:
    """By the version in force on the day; refused where a rule stands against it that is not waived.

    What it would break of the rules of something else stands against it too, and comes last. Before the first version
    there was nothing to judge by.
    """
    rule_set = await rule_set_on(asks, day)
    version = rule_sets()[broken[0].rule.rule_set] if rule_set is None and broken else rule_set
    if version is None:
        return ()
    rules = {check.rule for check in (*checks, *elsewhere)}
    against = list(against_waivers([(each.rule, each.reason) for each in waivers], rules, version))
    if against:
        raise Invalid(*(("waivers", reason) for reason in against))
    for waiver in waivers:
        if waiver.decision is not None:
            await cited_by(asks, waiver.decision)
    reasons = {each.rule: each.reason.strip() for each in waivers}
    said = () if rule_set is None else judge(checks, facts, rule_set, reasons)
    evaluations = (*said, *set_aside(broken, reasons))
    if not stands(evaluations):
        raise Refused(evaluations)
    return evaluations


def _narrowest(visibilities: set[Visibility]) -> Visibility:
    restricted = visibilities - {Visibility.PUBLIC}
    if not restricted:
        return Visibility.PUBLIC
    if len(restricted) == 1 and restricted <= {Visibility.STATES_PARTIES, Visibility.COMMITTEE}:
        return restricted.pop()
    # What two circles may see, or those whom another object names, is known of the ISU alone.
    return Visibility.ISU


async def keep_judgement(
    unit: Unit,
    act: Act,
    table: type[Kept],
    key: str,
    evaluations: Sequence[Evaluation],
    *,
    today: date,
    waivers: Iterable[Waiver] = (),
    visibility: Visibility = Visibility.PUBLIC,
    seen_by: Iterable[Visibility] = (),
) -> None:
    """What was said of the act, and the waivers that it needed; one that it did not need is not kept.

    It names what it was judged by, a meeting or a decision: it is for nobody who may not see that.
    """
    if not evaluations:
        return
    restricted = {*seen_by} - {Visibility.PUBLIC}
    if restricted:
        visibility = _narrowest({visibility, *restricted})
    await keep_judgements(unit, act, table, {key: evaluations}, visibility=visibility)
    subject = {"subject_type": table.__tablename__, "subject_key": key, "visibility": visibility}
    rule_set = evaluations[0].rule.rule_set
    by_rule = {each.rule: each for each in waivers}
    waived = [each for each in evaluations if each.verdict is RuleVerdict.WAIVED]
    await unit.keep(
        db.RuleWaiver,
        [
            {
                **subject,
                "id": new_id(),
                "rule": each.rule.id,
                "rule_set": rule_set,
                "reason": each.waiver,
                "decision_id": by_rule[each.rule.id].decision,
                "granted_on": today,
            }
            for each in waived
        ],
    )


async def keep_judgements(
    unit: Unit, act: Act, table: type[Kept], said: Mapping[str, Sequence[Evaluation]], *, visibility: Visibility
) -> None:
    """What was said of an act upon several objects, by their keys, at once."""
    judged_at = instant()
    judgements = [
        {
            "subject_type": table.__tablename__,
            "subject_key": key,
            "visibility": visibility,
            "id": new_id(),
            "act": act,
            "rule_set": evaluations[0].rule.rule_set,
            "judged_at": judged_at,
            "evaluations": [_kept(each) for each in evaluations],
        }
        for key, evaluations in said.items()
        if evaluations
    ]
    await unit.keep(db.Judgement, judgements)


def _kept(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "rule": evaluation.rule.id,
        "verdict": evaluation.verdict.value,
        "explanation": evaluation.explanation,
        "inputs": dict(evaluation.inputs),
        "waiver": evaluation.waiver,
    }


def evaluations_of(judgement: Any) -> list[Evaluation]:
    """As they were said, of the rules as that version has them."""
    rules = rule_sets()[judgement.rule_set].rules
    return [_said(rules, each) for each in judgement.evaluations]


def _said(rules: Mapping[str, Any], said: Mapping[str, Any]) -> Evaluation:
    return Evaluation(
        rule=rules[said["rule"]],
        verdict=RuleVerdict(said["verdict"]),
        explanation=said["explanation"],
        inputs=said["inputs"],
        waiver=said["waiver"],
    )


async def amend(context: Context, *, rule_set: str, effective_from: date, decision: str, validate_only: bool) -> str:
    """Bring a version in force from a day, by a decision of a Meeting; what was judged before stays as it was."""
    async with context.act(Act.AMEND_MANDATE, validate_only=validate_only) as unit:
        if rule_set not in rule_sets():
            raise Invalid(("ruleSet", f"There is no version {rule_set}; there are {', '.join(rule_sets())}."))
        row = await find(unit, db.Decision, decision)
        cited = await cited_by(unit, decision)
        formal = by_formal_meeting(cited)
        if not formal.holds:
            raise Invalid(("decision", formal.explanation))
        if effective_from > LAST_DAY:
            raise Invalid(("effectiveFrom", f"{LAST_DAY} at the latest."))
        if effective_from < row["adopted_on"]:
            raise Invalid(("effectiveFrom", f"The decision was adopted on {row['adopted_on']}: not before that day."))
        taken = {each.rule_set for each in await adopted(unit)}
        if rule_set in taken or rule_sets()[rule_set].in_force_from is not None:
            raise Conflict("This version was brought in force already.", code="DUPLICATE")
        kept = {"rule_set": rule_set, "effective_from": effective_from, "decision_id": decision}
        await unit.keep(db.RuleSetAdoption, [kept])
    return rule_set
