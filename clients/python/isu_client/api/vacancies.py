# Made by `make client` from queries/ and the schema; not to be edited.
from datetime import date
from typing import Literal, Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import Seat
from .fragments import Text


class Vacancies(BaseModel):
    upcoming_vacancies: list["VacanciesUpcomingVacancies"] = Field(
        alias="upcomingVacancies"
    )


class VacanciesUpcomingVacancies(BaseModel):
    opens_on: date = Field(alias="opensOn")
    until: Optional[date]
    seat: Seat
    affected_state_preferred: bool = Field(alias="affectedStatePreferred")
    portfolio: "VacanciesUpcomingVacanciesPortfolio"


class VacanciesUpcomingVacanciesPortfolio(BaseModel):
    typename__: Literal["Portfolio", "ThematicArea", "WorkingGroup"] = Field(
        alias="__typename"
    )
    code: str
    name: "VacanciesUpcomingVacanciesPortfolioName"


VacanciesUpcomingVacanciesPortfolioName = Text
Vacancies.model_rebuild()
VacanciesUpcomingVacancies.model_rebuild()
VacanciesUpcomingVacanciesPortfolio.model_rebuild()
