"""The annual report of the ISU, and the act by which it is submitted."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

import db
from resolvers import report as resolve
from schema.change import HistoryEntry, history
from schema.meeting import Meeting
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Connection, Node, column, complete, names_rows, node, one, ref
from schema.success import Success
from schema.text import LocalizedText, LocalizedTextInput, text, wording


@node(db.AnnualReport, description="What the ISU did in a year, and how it operated (Prop. 4(4)(i))")
class AnnualReport(Node):
    year: int = column(db.AnnualReport.year)
    activities: LocalizedText = text(db.AnnualReport.activities)
    functioning: LocalizedText = text(db.AnnualReport.functioning)
    meeting: Meeting | None = one(db.AnnualReport.meeting_code, description="To which it was submitted")
    version: int = column(db.AnnualReport.version)
    history: Connection[HistoryEntry] = history(db.AnnualReport, db.AnnualReport.id)


@strawberry.input(description="What the ISU did in a year, and how it operated")
class SubmitAnnualReportInput:
    year: int = strawberry.field(description="On which it reports")
    activities: list[LocalizedTextInput]
    functioning: list[LocalizedTextInput]
    meeting: str = strawberry.field(description="The code of a Meeting of States Parties or Review Conference")


@names_rows
@strawberry.type(description="The report is submitted, and public")
class AnnualReportSubmitted(Success):
    key: strawberry.Private[str | None]
    annual_report: AnnualReport | None = ref(
        "key", db.AnnualReport.id, description="Null where the act was only validated"
    )


SubmitAnnualReportResult = Annotated[
    AnnualReportSubmitted | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SubmitAnnualReportResult")
]


@strawberry.type
class ReportMutation:
    @strawberry.mutation(description="Submit the annual report of the ISU to a formal meeting")
    async def submit_annual_report(
        self, info: strawberry.Info[Any, Any], input: SubmitAnnualReportInput, validate_only: bool = False
    ) -> SubmitAnnualReportResult:
        key = await resolve.submit(
            info.context,
            year=input.year,
            activities=wording("activities", input.activities),
            functioning=wording("functioning", input.functioning),
            meeting=input.meeting,
            validate_only=validate_only,
        )
        return await complete(info, AnnualReportSubmitted(key=key))
