from datetime import date
from typing import Annotated, Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .enums import (
    DecisionMethod,
    Formality,
    MeetingStatus,
    RecordKind,
    RecordStatus,
    StatementStatus,
    TextStatus,
    Visibility,
)


class Text(BaseModel):
    original: str
    english: Optional["TextEnglish"]


class TextEnglish(BaseModel):
    language: str
    value: str


class DecisionCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    number: str
    adopted_on: date = Field(alias="adoptedOn")
    method: DecisionMethod
    title: "DecisionCopyTitle"
    decision_text: Optional["DecisionCopyDecisionText"] = Field(alias="decisionText")


class DecisionCopyTitle(Text):
    pass


class DecisionCopyDecisionText(Text):
    pass


class DocumentCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    symbol: Optional[str]
    issued_on: Optional[str] = Field(alias="issuedOn")
    visibility: Visibility
    meeting: Optional["DocumentCopyMeeting"]
    title: "DocumentCopyTitle"
    language_versions: list["DocumentCopyLanguageVersions"] = Field(
        alias="languageVersions"
    )


class DocumentCopyMeeting(BaseModel):
    id: str


class DocumentCopyTitle(Text):
    pass


class DocumentCopyLanguageVersions(BaseModel):
    language: str
    status: TextStatus


class MeetingCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    code: str
    meeting_status: MeetingStatus = Field(alias="meetingStatus")
    formality: Formality
    starts_on: Optional[str] = Field(alias="startsOn")
    ends_on: Optional[str] = Field(alias="endsOn")
    city: Optional[str]
    country: Optional[str]
    venue: Optional[str]
    title: "MeetingCopyTitle"


class MeetingCopyTitle(Text):
    pass


class MeetingRecordCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    kind: RecordKind
    record_status: RecordStatus = Field(alias="recordStatus")
    approved_on: Optional[date] = Field(alias="approvedOn")
    published_on: Optional[date] = Field(alias="publishedOn")
    title: "MeetingRecordCopyTitle"


class MeetingRecordCopyTitle(Text):
    pass


class OfficeTermCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    starts_on: Optional[str] = Field(alias="startsOn")
    ends_on: Optional[str] = Field(alias="endsOn")
    office: "OfficeTermCopyOffice"
    holder: Optional["OfficeTermCopyHolder"]


class OfficeTermCopyOffice(BaseModel):
    id: str
    code: str


class OfficeTermCopyHolder(BaseModel):
    typename__: Literal["Organisation", "Party", "State"] = Field(alias="__typename")
    id: str


class OrganisationCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    code: str
    acronym: Optional[str]
    website: Optional[str]
    name: "OrganisationCopyName"


class OrganisationCopyName(Text):
    pass


class Page(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


class StateCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    country_code: str = Field(alias="countryCode")
    regional_group: Optional[str] = Field(alias="regionalGroup")
    name: "StateCopyName"


class StateCopyName(Text):
    pass


class StatementCopy(BaseModel):
    typename__: str = Field(alias="__typename")
    id: str
    version: int
    statement_status: StatementStatus = Field(alias="statementStatus")
    submitted_on: date = Field(alias="submittedOn")
    delivered_on: Optional[date] = Field(alias="deliveredOn")
    by: "StatementCopyBy"
    text: "StatementCopyText"


class StatementCopyBy(BaseModel):
    typename__: Literal["Organisation", "Party", "State"] = Field(alias="__typename")
    id: str


class StatementCopyText(Text):
    pass


class News(BaseModel):
    changes: "NewsChanges"


class NewsChanges(BaseModel):
    nodes: list["NewsChangesNodes"]
    page_info: "NewsChangesPageInfo" = Field(alias="pageInfo")


class NewsChangesNodes(BaseModel):
    subject_id: str = Field(alias="subjectId")
    node: Optional[
        Annotated[
            Union[
                "NewsChangesNodesNodeNode",
                "NewsChangesNodesNodeDecision",
                "NewsChangesNodesNodeDocument",
                "NewsChangesNodesNodeMeeting",
                "NewsChangesNodesNodeMeetingRecord",
                "NewsChangesNodesNodeOfficeTerm",
                "NewsChangesNodesNodeOrganisation",
                "NewsChangesNodesNodeState",
                "NewsChangesNodesNodeStatement",
            ],
            Field(discriminator="typename__"),
        ]
    ]


class NewsChangesNodesNodeNode(BaseModel):
    typename__: Literal["Node"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeDecision(DecisionCopy):
    typename__: Literal["Decision"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeDocument(DocumentCopy):
    typename__: Literal["Document"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeMeeting(MeetingCopy):
    typename__: Literal["Meeting"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeMeetingRecord(MeetingRecordCopy):
    typename__: Literal["MeetingRecord"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeOfficeTerm(OfficeTermCopy):
    typename__: Literal["OfficeTerm"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeOrganisation(OrganisationCopy):
    typename__: Literal["Organisation"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeState(StateCopy):
    typename__: Literal["State"] = Field(alias="__typename")
    id: str


class NewsChangesNodesNodeStatement(StatementCopy):
    typename__: Literal["Statement"] = Field(alias="__typename")
    id: str


class NewsChangesPageInfo(Page):
    pass


Text.model_rebuild()
DecisionCopy.model_rebuild()
DocumentCopy.model_rebuild()
MeetingCopy.model_rebuild()
MeetingRecordCopy.model_rebuild()
OfficeTermCopy.model_rebuild()
OrganisationCopy.model_rebuild()
Page.model_rebuild()
StateCopy.model_rebuild()
StatementCopy.model_rebuild()
News.model_rebuild()
