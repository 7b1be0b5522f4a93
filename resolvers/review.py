"""The compliance review: what the standing rules find on a day, in what is known to the one who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlmodel import col

import db
from mandate.actor import Visibility
from mandate.record import KEEPS_RECORDS
from mandate.report import REPORT_DOCUMENT
from mandate.review import Situation
from mandate.rule import FINDERS, Finding, RuleSet, adoptions, review, review_in_turn
from mandate.workplan import PLAN_DOCUMENT, TASKS, plan_of, years_reviewed
from resolvers import communication, contribution, meeting, report, support, workplan
from resolvers.error import UserError
from resolvers.office import affected_on, coordinator_terms, portfolios
from resolvers.reading import Reader
from resolvers.record import recorded
from resolvers.rule import adopted, rule_set_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    task: str
    year: int
    activities: int
    recorded: int
    """Of tasks whose single acts are kept here: advice given (c), communications sent (d), records approved (f),
    contacts with others (g)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    as_of: date
    rule_set: RuleSet
    findings: Sequence[Finding]
    coverage: Sequence[Coverage]


async def reviewed(
    reader: Reader,
    day: date,
    named: str | None = None,
    *,
    rules: Collection[str] | None = None,
    advice: bool | None = None,
) -> Review:
    """Of these rules, and only what is advice or only what is a breach; all of it where nothing is said."""
    unknown = [each for each in rules or () if each not in FINDERS]
    if unknown:
        raise UserError(f"The review has nothing of {', '.join(unknown)}: it has {', '.join(FINDERS)}.")
    rule_set = await rule_set_on(reader, day, named)
    if rule_set is None:
        raise UserError(f"No version of the mandate was in force on {day}; name one as ruleSet.")
    situation = await situation_on(reader, day)
    findings = review(situation, rule_set) if named else review_in_turn(situation, day, await adopted(reader))
    if not reader.actor.sees(Visibility.STATES_PARTIES):
        findings = [each for each in findings if each.rule.id not in _OF_WHAT_IS_NOT_PUBLIC]
    findings = [
        each
        for each in findings
        if (rules is None or each.rule.id in rules) and (advice is None or each.is_advice is advice)
    ]
    done = {
        "c": await support.advised_on(reader),
        "d": await communication.sent_on(reader),
        KEEPS_RECORDS: list((await recorded(reader)).values()),
        "g": await support.liaised_on(reader),
    }
    coverage = _coverage(situation, done)
    return Review(as_of=day, rule_set=rule_set, findings=findings, coverage=coverage)


_OF_WHAT_IS_NOT_PUBLIC = frozenset({"isu-funded", "isu-plan-each-meeting"})
"""To whoever sees no contribution, and no plan before it is approved, these would find what is not missing."""


def _coverage(situation: Situation, done: Mapping[str, Sequence[date]]) -> list[Coverage]:
    """By task of the ISU and by year, the activities of approved plans that serve it, and what is on record of it."""
    years = years_reviewed(situation)
    plans = {year: plan_of(situation.plans, year, situation.as_of) for year in years}
    return [
        Coverage(
            task=task,
            year=year,
            activities=0 if plan is None else plan.activities.get(task, 0),
            recorded=sum(day.year == year and day <= situation.as_of for day in done.get(task, ())),
        )
        for task in TASKS
        for year, plan in plans.items()
    ]


async def situation_on(reader: Reader, day: date) -> Situation:
    begun = adoptions(await adopted(reader))[0].effective_from
    return Situation(
        as_of=day,
        begun=begun,
        portfolios=await portfolios(reader),
        terms=await coordinator_terms(reader),
        affected=await affected_on(reader, day),
        representatives=await _representatives(reader, day),
        meetings=await meeting.meetings(reader),
        directors=await support.directors(reader),
        arrangements=await support.arrangements(reader),
        plans=await workplan.plans(reader),
        reports=await report.reports(reader),
        contributions=await contribution.contributions(reader),
        documents_of=await _documents(reader),
    )


async def _documents(reader: Reader) -> Mapping[str, set[str]]:
    document, held = db.Document, db.Meeting
    rows = await reader.rows(
        select(col(document.kind_code), func.coalesce(col(held.part_of_code), col(held.code)))
        .join(held, col(held.code) == col(document.meeting_code))
        .where(
            col(document.kind_code).in_([PLAN_DOCUMENT, REPORT_DOCUMENT]), *reader.sees(document), *reader.sees(held)
        )
    )
    found: dict[str, set[str]] = {}
    for kind, meeting_code in rows:
        found.setdefault(kind, set()).add(meeting_code)
    return found


async def _representatives(reader: Reader, day: date) -> Mapping[str, date | None]:
    """By organisation: None while it has one, else when the last one left."""
    rows = await reader.rows(
        select(col(db.OfficeTerm.party_id), col(db.OfficeTerm.starts_on), col(db.OfficeTerm.ends_on)).where(
            col(db.OfficeTerm.office_code) == "committee_representative"
        )
    )
    found: dict[str, date | None] = {}
    for row in rows:
        code = row.party_id.partition(":")[2]
        if row.starts_on.earliest > day:
            continue
        ended = None if row.ends_on is None else row.ends_on.latest
        if ended is None or ended > day:
            found[code] = None
        elif found.get(code, date.min) is not None:
            found[code] = max(found.get(code) or date.min, ended)
    return found
