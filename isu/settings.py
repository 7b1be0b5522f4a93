"""The environment, read once."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from isu.address import Network, read_networks


class Settings(BaseSettings):
    """Every setting is `ISU_` and the name below, in capitals."""

    model_config = SettingsConfigDict(env_prefix="ISU_", frozen=True, hide_input_in_errors=True)

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
    smtp_url: SecretStr | None = None
    """`smtp://`, `smtps://` or `smtp+starttls://`, with user and password where the server asks for them."""
    mail_from: str = "Implementation Support Unit <isu@localhost>"
    """Who writes, and where answers and bounces go."""
    outbox: Path = Path("var/outbox")
    """Where messages are put as files while there is no mail server."""
    outbox_lease: float = Field(default=600, gt=0)
    """Seconds for which a process may have a message in hand before another takes it for lost."""
    public_url: str | None = None
    """Under which others reach this server, for links in messages."""
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(read_networks)] = ()
    """Addresses and networks of our own proxies, with commas: only these are believed whom they forward for."""

    @property
    def own_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @model_validator(mode="after")
    def _mail(self) -> Settings:
        address = parseaddr(self.mail_from)[1]
        if "@" not in address or not self.mail_from.isprintable() or not address.isascii():
            raise ValueError("ISU_MAIL_FROM is an e-mail address, with or without a name before it")
        if self.smtp_url is not None:
            try:
                parts = urlsplit(self.smtp_url.get_secret_value())
                known = parts.scheme in _MAIL and parts.hostname and parts.port != 0
            except ValueError:
                known = False
            # The value itself is not told: it may hold a password.
            if not known:
                raise ValueError("ISU_SMTP_URL begins with smtp://, smtps:// or smtp+starttls://, and names a server")
            if parts.password and parts.scheme == "smtp" and parts.hostname not in _LOOPBACK:
                raise ValueError("ISU_SMTP_URL sends no password in the clear: use smtps:// or smtp+starttls://")
        return self

    @model_validator(mode="after")
    def _issuer_and_audience(self) -> Settings:
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            raise ValueError("ISU_OIDC_ISSUER and ISU_OIDC_AUDIENCE are set together")
        if self.oidc_issuer is not None:
            parts = urlsplit(self.oidc_issuer)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise ValueError("ISU_OIDC_ISSUER begins with https://")
        return self


_MAIL = {"smtp", "smtps", "smtp+starttls"}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
