"""Every setting, once: read from the environment or `.env`, never anywhere else."""

from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _user_data_directory() -> Path:
    return platformdirs.user_data_path("outward")


class Settings(BaseSettings):
    """The environment variables `OUTWARD_<NAME>`, as docs/reference/settings.md lists them."""

    model_config = SettingsConfigDict(env_prefix="OUTWARD_", env_file=".env", extra="ignore", frozen=True)

    database_url: str | None = Field(None, description="`postgresql://…`; unset: embedded PostgreSQL.")
    database_read_url: str | None = Field(None, description="A replica for metrics and exports.")
    data_dir: Path = Field(default_factory=_user_data_directory, description="Where what must last is kept.")
    bootstrap_key: SecretStr | None = Field(None, description="Becomes an admin key while no admin key exists.")
    secret_key: SecretStr | None = Field(None, description="Encrypts and signs what is secret at rest.")
    log_format: Literal["console", "json"] | None = None
    import_max_bytes: int = Field(4 * 1024**3, gt=0, description="Decompressed size at which an import is refused.")
    pool_size: int = Field(16, gt=0, description="Connections to the database per process.")

    @field_validator("bootstrap_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters long")
        return value

    @field_validator("database_url", "database_read_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return value or None
