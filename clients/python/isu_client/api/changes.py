# Made by `make client` from queries/ and the schema; not to be edited.
from typing import Annotated, Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    DecisionCopy,
    DecisionCopyDecisionText,
    DecisionCopyTitle,
    DocumentCopy,
    DocumentCopyLanguageVersions,
    DocumentCopyMeeting,
    DocumentCopyTitle,
    MeetingCopy,
    MeetingCopyTitle,
    MeetingRecordCopy,
    MeetingRecordCopyTitle,
    OfficeTermCopy,
    OfficeTermCopyHolder,
    OfficeTermCopyOffice,
    OrganisationCopy,
    OrganisationCopyName,
    StateCopy,
    StateCopyName,
    StatementCopy,
    StatementCopyBy,
    StatementCopyText,
)


class Changes(BaseModel):
    changes: "ChangesChanges"


class ChangesChanges(BaseModel):
    nodes: list["ChangesChangesNodes"]
    page_info: "ChangesChangesPageInfo" = Field(alias="pageInfo")


class ChangesChangesNodes(BaseModel):
    subject_id: str = Field(alias="subjectId")
    node: Optional[
        Annotated[
            Union[
                "ChangesChangesNodesNodeNode",
                "ChangesChangesNodesNodeDecision",
                "ChangesChangesNodesNodeDocument",
                "ChangesChangesNodesNodeMeeting",
                "ChangesChangesNodesNodeMeetingRecord",
                "ChangesChangesNodesNodeOfficeTerm",
                "ChangesChangesNodesNodeOrganisation",
                "ChangesChangesNodesNodeState",
                "ChangesChangesNodesNodeStatement",
            ],
            Field(discriminator="typename__"),
        ]
    ]


class ChangesChangesNodesNodeNode(BaseModel):
    typename__: Literal["Node"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeDecision(DecisionCopy):
    typename__: Literal["Decision"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeDocument(DocumentCopy):
    typename__: Literal["Document"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeMeeting(MeetingCopy):
    typename__: Literal["Meeting"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeMeetingRecord(MeetingRecordCopy):
    typename__: Literal["MeetingRecord"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeOfficeTerm(OfficeTermCopy):
    typename__: Literal["OfficeTerm"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeOrganisation(OrganisationCopy):
    typename__: Literal["Organisation"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeState(StateCopy):
    typename__: Literal["State"] = Field(alias="__typename")
    id: str


class ChangesChangesNodesNodeStatement(StatementCopy):
    typename__: Literal["Statement"] = Field(alias="__typename")
    id: str


class ChangesChangesPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


Changes.model_rebuild()
ChangesChanges.model_rebuild()
ChangesChangesNodes.model_rebuild()
