# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    MeetingCopy,
    News,
    NewsChanges,  # noqa: F401
    Page,
)


class MeetingsPage(News):
    meetings: "MeetingsPageMeetings"


class MeetingsPageMeetings(BaseModel):
    nodes: list["MeetingsPageMeetingsNodes"]
    page_info: "MeetingsPageMeetingsPageInfo" = Field(alias="pageInfo")


MeetingsPageMeetingsNodes = MeetingCopy
MeetingsPageMeetingsPageInfo = Page
MeetingsPage.model_rebuild()
MeetingsPageMeetings.model_rebuild()
