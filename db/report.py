"""Annual reports of the ISU."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint

from db.table import Kept, LocalizedTextType, column, key, refers_to
from mandate.text import LocalizedText


class AnnualReport(Kept, table=True):
    __tablename__ = "annual_report"
    __table_args__ = (UniqueConstraint("meeting_code", "year"),)

    id: str = key()
    year: int
    activities: LocalizedText = column(LocalizedTextType)
    functioning: LocalizedText = column(LocalizedTextType)
    meeting_code: str = refers_to("meeting.code", index=False)
    """To which it reports."""
