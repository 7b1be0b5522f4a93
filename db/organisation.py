"""International and regional organisations, UN bodies, NGOs, national authorities."""

from __future__ import annotations

from sqlalchemy import Index

from db.table import CodeTable, Kept, LocalizedTextType, column, key, plain_text, refers_to
from mandate.text import LocalizedText


class OrganisationKind(CodeTable, table=True):
    __tablename__ = "organisation_kind"


class OrganisationRole(CodeTable, table=True):
    __tablename__ = "organisation_role"


class Organisation(Kept, table=True):
    __table_args__ = (Index("ix_organisation_sort_name_code", "sort_name", "code"),)

    code: str = key()
    party_id: str = refers_to("party.id", index=False, unique=True)
    name: LocalizedText = column(LocalizedTextType)
    sort_name: str = column(plain_text(200))
    acronym: str | None = None
    kind_code: str = refers_to("organisation_kind.code")
    role_code: str | None = refers_to("organisation_role.code", default=None)
    website: str | None = None
    observer_basis: str | None = None
    cmc_member: bool | None = None
    country_code: str | None = refers_to("state.code", default=None)
    attested_at: str | None = None
    note: str | None = None
