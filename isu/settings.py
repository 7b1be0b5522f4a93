"""The environment, read once."""

from __future__ import annotations

import re
import tempfile
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from inspect import signature
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import asyncpg
from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from db.engine import DRIVERS
from db.s3 import Bucket, Signer
from db.store import FileStore, Folder, Spool
from isu.address import Network, read_networks, read_origins
from resolvers.error import UserError
from resolvers.file import TICKET_LASTS

_A_DAY = 86_400
LAST_PORT = 65_535
MOST_PROCESSES = 64


class Settings(BaseSettings):
    """Every setting is `ISU_` and the name below, in capitals."""

    model_config = SettingsConfigDict(env_prefix="ISU_", frozen=True, hide_input_in_errors=True)

    database_url: str = "sqlite+aiosqlite:///var/isu.db"
    # Where it is empty, a socket would listen to all the world.
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=LAST_PORT)] = 8000
    processes: Annotated[int, Field(ge=1, le=MOST_PROCESSES)] | None = None
    """How many serve at the port together; as is usual (`isu/processes.py`), where nothing is said. Each keeps its own
    plans and answers, and counts fair use by itself."""
    cors_origins: Annotated[list[str], NoDecode, BeforeValidator(read_origins)] = []
    """Origins whose pages may call from a browser, as a JSON list; `["*"]` is safe, for there are no cookies."""
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_claim: str = "sub"
    """The claim of a token that is the `subject` of an account."""
    rate_limit: Literal["on", "off"] = "on"
    planner: Literal["on", "off"] = "on"
    """Whether queries that come again are planned; else each is executed field by field, with the same answers."""
    kept_answers: Literal["on", "off"] = "on"
    """Whether an answer is given again while nothing has entered the journal since; only what is planned is kept."""
    files: str = "var/files"
    """A folder for uploaded files, or `s3://bucket/prefix`."""
    spool: Path | None = None
    """Where a file stands until it is whole; a folder on this machine, beside the others where none is named."""
    s3_endpoint: str = "https://s3.amazonaws.com"
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    file_max_bytes: Annotated[int, Field(gt=0, lt=2**31)] = 250_000_000
    smtp_url: SecretStr | None = None
    """`smtp://`, `smtps://` or `smtp+starttls://`, with user and password where the server asks for them."""
    mail_from: str = "Implementation Support Unit <isu@localhost>"
    """Who writes, and where answers and bounces go."""
    outbox: Path = Path("var/outbox")
    """Where messages are put as files while there is no mail server."""
    outbox_lease: float = Field(default=600, gt=0, le=_A_DAY)
    """Seconds for which a process may have a message in hand before another takes it for lost."""
    worker: Literal["on", "off"] = "on"
    """Whether the server sends messages and tells webhooks by itself; else `isu worker` does."""
    webhook_lease: float = Field(default=60, ge=30, le=_A_DAY)
    """Seconds for which a process may have a webhook in hand before another takes it."""
    webhook_http: bool = False
    """For development alone: webhooks may lead anywhere, also to this machine, and without TLS."""
    public_url: str | None = None
    """Under which others reach this server, for links in messages."""
    documents: Path | None = None
    """A folder of GraphQL documents that are trusted beside ours."""
    trusted_documents_only: bool = False
    """Nothing but trusted documents is answered."""
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(read_networks)] = ()
    """Addresses and networks of our own proxies, with commas: only these are believed whom they forward for."""

    @property
    def own_url(self) -> str:
        return (self.public_url or url_of(self.host, self.port)).rstrip("/")

    @model_validator(mode="after")
    def _address_of_the_database(self) -> Settings:
        try:
            url = make_url(self.database_url)
        except (ArgumentError, ValueError):
            raise ValueError(_NO_DATABASE) from None
        if url.drivername not in DRIVERS and url.drivername not in DRIVERS.values():
            raise ValueError(_NO_DATABASE)
        if url.get_backend_name() == "sqlite":
            # Each connection to a database in memory would find one of its own.
            if not url.database or url.database == ":memory:":
                raise ValueError("ISU_DATABASE_URL names a file, where it is of SQLite: sqlite:////path/to/isu.db")
            return self
        if url.port is not None and not 0 < url.port <= LAST_PORT:
            raise ValueError(f"ISU_DATABASE_URL names a port from 1 to {LAST_PORT}")
        for name in url.query.keys() - _OF_A_CONNECTION:
            raise ValueError(f"ISU_DATABASE_URL says {name}, which asyncpg does not know")
        return self

    @model_validator(mode="after")
    def _mail(self) -> Settings:
        name, address = parseaddr(self.mail_from)
        if not (self.mail_from.isprintable() and address.isascii() and _is_written_to(name, address)):
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
    def _bucket_and_keys(self) -> Settings:
        if not self.files.startswith(_S3):
            # Of an address that is none of ours there would be a folder of that name.
            if not self.files or _ADDRESS.match(self.files):
                raise ValueError("ISU_FILES is a folder, or s3://bucket/prefix")
        else:
            bucket, *prefix = self.files.removeprefix(_S3).strip("/").split("/")
            if not _BUCKET.fullmatch(bucket) or {".", ".."} & {*prefix}:
                raise ValueError("ISU_FILES names a bucket: s3://bucket, or s3://bucket/prefix")
            if not _is_of_the_web(self.s3_endpoint):
                raise ValueError("ISU_S3_ENDPOINT begins with https:// or http://, and names a server")
            if not _WORD.fullmatch(self.s3_region):
                raise ValueError("ISU_S3_REGION is a word, such as us-east-1")
            if not self.s3_access_key or not self.s3_secret_key.get_secret_value():
                raise ValueError("ISU_S3_ACCESS_KEY and ISU_S3_SECRET_KEY are set where ISU_FILES is a bucket")
            if not (_WORD.fullmatch(self.s3_access_key) and _WORD.fullmatch(self.s3_secret_key.get_secret_value())):
                raise ValueError("ISU_S3_ACCESS_KEY and ISU_S3_SECRET_KEY are of ASCII, without spaces")
        return self

    @model_validator(mode="after")
    def _links(self) -> Settings:
        if self.public_url and not _is_of_the_web(self.public_url):
            raise ValueError("ISU_PUBLIC_URL begins with https:// or http://, and names a server")
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


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


_NO_DATABASE = "ISU_DATABASE_URL is no address of SQLite or PostgreSQL, such as postgresql://user@host/name"
_OF_A_CONNECTION = {"sslmode", "prepared_statement_cache_size", *signature(asyncpg.connect).parameters}
_S3 = "s3://"
_ADDRESS = re.compile(r"s3:|\w+://", re.IGNORECASE)
_BUCKET = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
"""Stores other than Amazon's take capitals and underscores too."""
_WORD = re.compile(r"[!-~]+")
_MAIL = {"smtp", "smtps", "smtp+starttls"}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def _is_written_to(name: str, address: str) -> bool:
    """Whether it stands in the head of a message: else none could be made, and each would be tried until it failed."""
    try:
        return bool(Address(name, addr_spec=address).domain)
    except (ValueError, IndexError, MessageError):
        return False


def _is_of_the_web(address: str) -> bool:
    """Whether paths can be put behind it."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(known and address.isprintable() and not (parts.query or parts.fragment or parts.username))


def check_folders(settings: Settings, *, delivers: bool) -> None:
    """Whether what comes can be kept: to be known before it comes. A bucket is asked when there is something for it."""
    in_a_bucket = settings.files.startswith(_S3)
    folders = [] if in_a_bucket else [("ISU_FILES", Path(settings.files))]
    folders.append(("ISU_SPOOL" if settings.spool or in_a_bucket else "ISU_FILES", file_spool(settings).folder))
    if delivers and settings.smtp_url is None:
        folders.append(("ISU_OUTBOX", settings.outbox))
    for name, folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise UserError(f"{name}: nothing can be kept in the folder {folder} ({error.strerror}).") from None


def export_store(settings: Settings) -> FileStore:
    """Apart from what is kept for good: exports are removed, and by their names."""
    return file_store(settings, "exports")


def file_store(settings: Settings, part: str = "") -> FileStore:
    if not settings.files.startswith(_S3):
        return Folder(Path(settings.files) / part)
    bucket, _, prefix = settings.files.removeprefix(_S3).strip("/").partition("/")
    prefix = "/".join(each for each in (prefix, part) if each)
    signer = Signer(
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        region=settings.s3_region,
    )
    return Bucket(settings.s3_endpoint, bucket, prefix, signer)


def file_spool(settings: Settings) -> Spool:
    beside = Path("var/incoming") if settings.files.startswith(_S3) else Path(settings.files) / "incoming"
    return Spool(settings.spool or beside, 2 * TICKET_LASTS.total_seconds())
