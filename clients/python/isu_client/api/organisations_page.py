# Made by `make client` from queries/ and the schema; not to be edited.
from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    News,
    NewsChanges,  # noqa: F401
    OrganisationCopy,
    Page,
)


class OrganisationsPage(News):
    organisations: "OrganisationsPageOrganisations"


class OrganisationsPageOrganisations(BaseModel):
    nodes: list["OrganisationsPageOrganisationsNodes"]
    page_info: "OrganisationsPageOrganisationsPageInfo" = Field(alias="pageInfo")


OrganisationsPageOrganisationsNodes = OrganisationCopy
OrganisationsPageOrganisationsPageInfo = Page
OrganisationsPage.model_rebuild()
OrganisationsPageOrganisations.model_rebuild()
