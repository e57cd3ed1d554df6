"""Every setting, once: read from the environment or `.env`, never anywhere else."""

import json
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_DAY = 86_400
Patience = Annotated[int, Field(ge=0, le=366 * _DAY)]


def _user_data_directory() -> Path:
    return platformdirs.user_data_path("outward")


def _listed(value: str) -> list[str]:
    return [text.strip() for text in value.split(",") if text.strip()]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(f"has {text!r}, which is not a network like 10.0.0.0/8 ({error})") from error
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
        raise ValueError(f"has {text!r}; write the IPv4 network that it stands for")
    return network


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError(f"has {text!r}, which is not a port from 1 to 65535")
    return int(text)


class Settings(BaseSettings):
    """The environment variables `OUTWARD_<NAME>`, as docs/reference/settings.md lists them."""

    model_config = SettingsConfigDict(env_prefix="OUTWARD_", env_file=".env", extra="ignore", frozen=True)

    database_url: str | None = Field(None, description="`postgresql://…`; unset: embedded PostgreSQL.")
    database_read_url: str | None = Field(None, description="A replica for metrics and exports.")
    data_dir: Path = Field(default_factory=_user_data_directory, description="Where what must last is kept.")
    bootstrap_key: SecretStr | None = Field(None, description="Becomes an admin key while no admin key exists.")
    secret_key: SecretStr | None = Field(None, description="Encrypts and signs what is secret at rest.")
    secret_key_before: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="Opens what is not yet sealed under the secret key: one key, or a JSON array of several."
    )
    log_format: Literal["console", "json"] | None = None
    import_max_bytes: int = Field(4 * 1024**3, gt=0, description="Decompressed size at which an import is refused.")
    pool_size: int = Field(16, gt=0, description="Connections to the database per process.")
    event_streams: int = Field(100, gt=0, description="Event streams that a process keeps open at the same time.")
    deliveries_kept_days: int = Field(
        30, ge=7, description="For how many days at least deliveries of webhooks are kept; a week goes as a whole."
    )
    attention_unacknowledged_seconds: Patience = Field(
        _DAY, description="For how long nobody acknowledged a ticket that is then listed in attention."
    )
    attention_handoff_unaccepted_seconds: Patience = Field(_DAY, description="For how long nobody accepted a hand-off.")
    attention_wait_unchased_seconds: Patience = Field(
        3 * _DAY, description="For how long nothing was said or done about a ticket that waits."
    )
    attention_question_unanswered_seconds: Patience = Field(_DAY, description="For how long nobody answered.")
    attention_customer_without_owner_seconds: Patience = Field(
        _DAY, description="For how long nobody owned a customer."
    )
    attention_commitment_without_ticket_seconds: Patience = Field(
        _DAY, description="For how long nobody was asked for anything that keeps a promise."
    )
    webhook_allow_private: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Networks that are not public and that webhooks may be sent to: CIDRs, separated by commas."
    )
    webhook_ports: Annotated[frozenset[int], NoDecode] = Field(
        frozenset({443, 8443}), description="Ports that webhooks may be sent to, separated by commas."
    )

    @field_validator("webhook_allow_private", mode="before")
    @classmethod
    def _are_networks(cls, value: object) -> object:
        return tuple(_network(text) for text in _listed(value)) if isinstance(value, str) else value

    @field_validator("webhook_ports", mode="before")
    @classmethod
    def _are_ports(cls, value: object) -> object:
        return frozenset(_port(text) for text in _listed(value)) if isinstance(value, str) else value

    @field_validator("bootstrap_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters long")
        return value

    @field_validator("secret_key")
    @classmethod
    def _unset_when_empty(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value is None or value.get_secret_value() else None

    @field_validator("secret_key_before", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            several = json.loads(value)
        except ValueError:
            return (value,) if value else ()
        return tuple(several) if isinstance(several, list) else (value,)

    @field_validator("database_url", "database_read_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return value or None
