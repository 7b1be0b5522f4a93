"""Who may call, and with which keys."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON
from sqlmodel import Field

from db.table import Kept, Table, column, enum_type, key, personal, plain_text, refers_to
from mandate.account import AccountKind, AccountStatus
from mandate.actor import Visibility


class Account(Kept, table=True):
    """Belongs to a State, an organisation or the ISU; a person or a service."""

    default_visibility: ClassVar[Visibility] = Visibility.ISU

    id: str = key()
    label: str | None = personal(plain_text(200), default=None)
    """May be a name: empty once it is erased."""
    kind: AccountKind = column(enum_type(AccountKind))
    party_id: str = refers_to("party.id")
    subject: str | None = personal(plain_text(255), default=None, unique=True)
    """Its name at the configured OIDC issuer."""
    salt: str | None = column(plain_text(32), default=None)
    person_id: str | None = refers_to("person.id", default=None)
    """Who it is: an office held in person is a capacity of theirs."""
    is_admin: bool = False
    status: AccountStatus = column(enum_type(AccountStatus))


class ApiKey(Kept, table=True):
    """`isu_<id>_<secret>`: of the secret only its SHA-256 is kept."""

    __tablename__ = "api_key"
    default_visibility: ClassVar[Visibility] = Visibility.ISU

    id: str = key()
    account_id: str = refers_to("account.id")
    label: str = column(plain_text(200))
    secret_hash: str = column(plain_text(64))
    scopes: Any = column(JSON)
    created_at: str = column(plain_text(32))
    expires_at: str = column(plain_text(32))
    revoked_at: str | None = column(plain_text(32), default=None)


class KeyUse(Table, table=True):
    """When a key was last used; apart from the key, because it is no change of it."""

    __tablename__ = "key_use"

    key_id: str = refers_to("api_key.id", primary_key=True, index=False)
    last_used_at: str = Field(sa_type=plain_text(32))
