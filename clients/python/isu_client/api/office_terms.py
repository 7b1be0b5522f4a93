# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import OfficeTermCopy


class OfficeTerms(BaseModel):
    office_terms: list["OfficeTermsOfficeTerms"] = Field(alias="officeTerms")


OfficeTermsOfficeTerms = OfficeTermCopy
OfficeTerms.model_rebuild()
