# Made by `make client` from queries/ and the schema; not to be edited.
from datetime import date
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import Text


class ReportSchedules(BaseModel):
    states: "ReportSchedulesStates"


class ReportSchedulesStates(BaseModel):
    nodes: list["ReportSchedulesStatesNodes"]
    page_info: "ReportSchedulesStatesPageInfo" = Field(alias="pageInfo")


class ReportSchedulesStatesNodes(BaseModel):
    code: str
    name: "ReportSchedulesStatesNodesName"
    report_schedule: "ReportSchedulesStatesNodesReportSchedule" = Field(
        alias="reportSchedule"
    )


ReportSchedulesStatesNodesName = Text


class ReportSchedulesStatesNodesReportSchedule(BaseModel):
    initial_due_on: Optional[date] = Field(alias="initialDueOn")
    annual: list["ReportSchedulesStatesNodesReportScheduleAnnual"]


class ReportSchedulesStatesNodesReportScheduleAnnual(BaseModel):
    calendar_year: int = Field(alias="calendarYear")
    due_on: date = Field(alias="dueOn")


class ReportSchedulesStatesPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


ReportSchedules.model_rebuild()
ReportSchedulesStates.model_rebuild()
ReportSchedulesStatesNodes.model_rebuild()
ReportSchedulesStatesNodesReportSchedule.model_rebuild()
