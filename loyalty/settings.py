"""What an operator may set, each as an environment variable `LOYALTY_…` (and `DATABASE_URL`, `REDIS_URL`)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    pool_size: int = Field(default=6, ge=1, le=200, description="Connections to PostgreSQL per process.")
