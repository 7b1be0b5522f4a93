"""The annual report of the ISU to a formal meeting."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

import db
from db.table import new_id
from mandate.actor import Act
from mandate.decision import FORMAL_MEETINGS
from mandate.meeting import MeetingStatus
from mandate.report import ReportFacts
from mandate.text import LocalizedText
from resolvers.context import Asks, Context, find_seen
from resolvers.error import Conflict, Invalid
from resolvers.reading.declaration import FIRST_DAY


async def submit(
    context: Context,
    *,
    year: int,
    activities: LocalizedText,
    functioning: LocalizedText,
    meeting: str,
    validate_only: bool = False,
) -> str | None:
    """Submit what the ISU did in a year, and how it operated, to a formal meeting; it is public at once."""
    async with context.act(Act.SUBMIT_ANNUAL_REPORT, validate_only=validate_only) as unit:
        held = await find_seen(unit, context.actor, db.Meeting, meeting)
        against = []
        if held["kind_code"] not in FORMAL_MEETINGS:
            against.append(("meeting", "The ISU reports to Meetings of States Parties and Review Conferences."))
        if held["status"] is MeetingStatus.CANCELLED:
            against.append(("meeting", "The meeting is cancelled."))
        if not FIRST_DAY.year <= year <= context.today.year:
            against.append(("year", f"Between {FIRST_DAY.year} and this one."))
        elif held["starts_on"] is not None and year > held["starts_on"].year:
            against.append(("year", f"The meeting opens on {held['starts_on']}."))
        if against:
            raise Invalid(*against)
        table = db.AnnualReport
        same = await unit.rows(select(col(table.id)).where(col(table.meeting_code) == meeting, col(table.year) == year))
        if same:
            there = ("AnnualReport", same[0].id)
            raise Conflict(
                f"The report on {year} was submitted to this meeting already.", code="DUPLICATE", current=there
            )
        key = new_id()
        report = {
            "id": key,
            "year": year,
            "activities": activities,
            "functioning": functioning,
            "meeting_code": meeting,
        }
        await unit.keep(db.AnnualReport, [report])
    return None if validate_only else key


async def reports(asks: Asks) -> list[ReportFacts]:
    """For a review."""
    table = db.AnnualReport
    rows = await asks.rows(select(col(table.id), col(table.year), col(table.meeting_code)).order_by(col(table.id)))
    return [ReportFacts(id=row.id, year=row.year, meeting=row.meeting_code) for row in rows]
