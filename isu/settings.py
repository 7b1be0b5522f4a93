"""The environment, read once."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting is `ISU_` and the name below, in capitals."""

    model_config = SettingsConfigDict(env_prefix="ISU_", frozen=True)

    database_url: str = "sqlite+aiosqlite:///var/isu.db"
    host: str = "127.0.0.1"
    port: int = 8000
    cors_origins: list[str] = []
    """Origins whose pages may call from a browser, as a JSON list; `["*"]` is safe, for there are no cookies."""
