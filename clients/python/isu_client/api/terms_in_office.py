# Made by `make client` from queries/ and the schema; not to be edited.
from typing import Literal, Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import Text


class TermsInOffice(BaseModel):
    office_terms: list["TermsInOfficeOfficeTerms"] = Field(alias="officeTerms")


class TermsInOfficeOfficeTerms(BaseModel):
    ends_on: Optional[str] = Field(alias="endsOn")
    office: "TermsInOfficeOfficeTermsOffice"
    holder: Optional["TermsInOfficeOfficeTermsHolder"]


class TermsInOfficeOfficeTermsOffice(BaseModel):
    code: str
    role: "TermsInOfficeOfficeTermsOfficeRole"
    title: "TermsInOfficeOfficeTermsOfficeTitle"


class TermsInOfficeOfficeTermsOfficeRole(BaseModel):
    code: str


TermsInOfficeOfficeTermsOfficeTitle = Text


class TermsInOfficeOfficeTermsHolder(BaseModel):
    typename__: Literal["Organisation", "Party", "State"] = Field(alias="__typename")
    name: "TermsInOfficeOfficeTermsHolderName"


TermsInOfficeOfficeTermsHolderName = Text
TermsInOffice.model_rebuild()
TermsInOfficeOfficeTerms.model_rebuild()
TermsInOfficeOfficeTermsOffice.model_rebuild()
TermsInOfficeOfficeTermsHolder.model_rebuild()
