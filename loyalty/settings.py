"""What an operator may set, as environment variables `LOYALTY_…` (and `DATABASE_URL`, `REDIS_URL`, `SMTP_URL`)."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SHORTEST_KEY = 32
_ORIGIN = re.compile(r"https?://[^/\s,*?#]+")


class Settings(BaseSettings):
    """The settings of one process. Without `DATABASE_URL` or `REDIS_URL` the embedded servers are used."""

    model_config = SettingsConfigDict(env_prefix="LOYALTY_", secrets_dir=None)

    home: Path = Field(default=Path(".loyalty"), description="Where the embedded servers keep their data.")
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    migration_database_url: str | None = Field(default=None, validation_alias="MIGRATION_DATABASE_URL")
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="The address under which browsers reach the panel."
    )
    smtp_url: str | None = Field(default=None, validation_alias="SMTP_URL", repr=False)
    link_keys: Annotated[list[SecretStr], NoDecode] = Field(
        default=[],
        description="Secrets of 32 characters or more, parted by commas, the newest first: they make survey links."
        " Unset: a file in LOYALTY_HOME.",
    )
    mail_from: str = Field(default="loyalty@localhost", description="The address that letters to people come from.")
    rate_limit_per_minute: int = Field(
        default=30_000, ge=0, description="Requests a minute for each key; 0: no limit. Off while Redis is away."
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default=[], description="Origins whose pages may call the API, parted by commas; none, unless it says so."
    )
    pool_size: int = Field(default=6, ge=1, le=200, description="Connections to PostgreSQL per process.")

    @field_validator("link_keys", mode="before")
    @classmethod
    def _keys(cls, told: object) -> object:
        return [key.strip() for key in told.split(",") if key.strip()] if isinstance(told, str) else told

    @field_validator("link_keys")
    @classmethod
    def _keys_are_long(cls, keys: list[SecretStr]) -> list[SecretStr]:
        if any(len(key.get_secret_value()) < SHORTEST_KEY for key in keys):
            msg = f"a key has {SHORTEST_KEY} characters or more; `openssl rand -base64 32` makes one"
            raise ValueError(msg)
        return keys

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, told: object) -> object:
        return [origin.strip() for origin in told.split(",") if origin.strip()] if isinstance(told, str) else told

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_some(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                msg = f"{origin!r} is no origin; one looks like https://shop.example, without a path"
                raise ValueError(msg)
        return origins

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("smtp://", "smtps://")):
            msg = "it is the mail server's address, as smtp://user:password@mail.example.org:587 or smtps://…"
            raise ValueError(msg)
        return url
