# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .fragments import (
    News,
    NewsChanges,  # noqa: F401
    OfficeTermCopy,
)


class OfficeTerms(News):
    office_terms: list["OfficeTermsOfficeTerms"] = Field(alias="officeTerms")


OfficeTermsOfficeTerms = OfficeTermCopy
OfficeTerms.model_rebuild()
