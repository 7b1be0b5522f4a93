# Made by `make client` from queries/ and the schema; not to be edited.
from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class Place(BaseModel):
    viewer: "PlaceViewer"
    service_status: "PlaceServiceStatus" = Field(alias="serviceStatus")


class PlaceViewer(BaseModel):
    account: Optional["PlaceViewerAccount"]


class PlaceViewerAccount(BaseModel):
    id: str


class PlaceServiceStatus(BaseModel):
    latest_cursor: str = Field(alias="latestCursor")


Place.model_rebuild()
PlaceViewer.model_rebuild()
