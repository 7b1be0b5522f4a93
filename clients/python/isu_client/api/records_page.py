# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    MeetingRecordCopy,
    News,
    NewsChanges,  # noqa: F401
    Page,
)


class RecordsPage(News):
    meeting_records: "RecordsPageMeetingRecords" = Field(alias="meetingRecords")


class RecordsPageMeetingRecords(BaseModel):
    nodes: list["RecordsPageMeetingRecordsNodes"]
    page_info: "RecordsPageMeetingRecordsPageInfo" = Field(alias="pageInfo")


RecordsPageMeetingRecordsNodes = MeetingRecordCopy
RecordsPageMeetingRecordsPageInfo = Page
RecordsPage.model_rebuild()
RecordsPageMeetingRecords.model_rebuild()
