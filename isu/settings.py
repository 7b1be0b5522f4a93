"""The environment, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from db.store import FileStore, Folder, Spool
from isu.address import Network, read_networks
from resolvers.file import TICKET_LASTS


class Settings(BaseSettings):
    """Every setting is `ISU_` and the name below, in capitals."""

    model_config = SettingsConfigDict(env_prefix="ISU_", frozen=True)

    database_url: str = "sqlite+aiosqlite:///var/isu.db"
    host: str = "127.0.0.1"
    port: int = 8000
    cors_origins: list[str] = []
    """Origins whose pages may call from a browser, as a JSON list; `["*"]` is safe, for there are no cookies."""
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_claim: str = "sub"
    """The claim of a token that is the `subject` of an account."""
    rate_limit: Literal["on", "off"] = "on"
    files: str = "var/files"
    """A folder for uploaded files."""
    spool: Path | None = None
    """Where files stand until all of them has come; within the folder for files where none is named."""
    file_max_bytes: Annotated[int, Field(gt=0, lt=2**31)] = 250_000_000
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(read_networks)] = ()
    """Addresses and networks of our own proxies, with commas: only these are believed whom they forward for."""

    @model_validator(mode="after")
    def _issuer_and_audience(self) -> Settings:
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            raise ValueError("ISU_OIDC_ISSUER and ISU_OIDC_AUDIENCE are set together")
        if self.oidc_issuer is not None:
            parts = urlsplit(self.oidc_issuer)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise ValueError("ISU_OIDC_ISSUER begins with https://")
        return self


_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def file_store(settings: Settings) -> FileStore:
    return Folder(Path(settings.files))


def file_spool(settings: Settings) -> Spool:
    folder = Path(settings.files) / "incoming" if settings.spool is None else settings.spool
    return Spool(folder, 2 * TICKET_LASTS.total_seconds())
