"""The secret key: as set, else generated once into the data directory of an embedded database."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from app.settings import Settings


class MissingSecretKey(Exception):
    """A server elsewhere was named, but no secret key."""

    def __init__(self) -> None:
        super().__init__(
            "OUTWARD_SECRET_KEY is required with OUTWARD_DATABASE_URL: set it to random text of 32 characters or more."
        )


def secret_key(settings: Settings) -> bytes:
    """The key that everything secret at rest is derived from.

    Raises:
        MissingSecretKey: it is required and not set.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    if settings.database_url is not None:
        raise MissingSecretKey
    return kept(settings.data_dir / "secret.key")


def derived(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose."""
    return hmac.digest(key, f"outward {purpose}".encode(), hashlib.sha256)


def kept(path: Path) -> bytes:
    """The secret in a file of mode 0600, made once however many processes ask at the same time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        mine = path.with_name(f".{path.name}.{os.getpid()}")
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_urlsafe(48))
        try:
            os.link(mine, path)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_bytes()
