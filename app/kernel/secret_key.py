"""The secret key: as set, else generated once into the data directory of an embedded database."""

import hashlib
import hmac
import os
import secrets
from datetime import datetime
from pathlib import Path

from app.kernel.data_directory import UseOfDirectory, prepare, turn_to_start_or_stop
from app.settings import Settings

KEPT_IN = "secret.key"


class MissingSecretKey(Exception):
    """A server elsewhere was named, but no secret key."""

    def __init__(self) -> None:
        super().__init__(
            "OUTWARD_SECRET_KEY is required with OUTWARD_DATABASE_URL: set it to random text of 32 characters or more."
        )


class DirectoryInUse(Exception):
    """A process uses the data directory whose key is to change."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"Another process uses {data_dir} and would go on with the key before: stop `outward serve` and "
            "`outward worker`, then try again."
        )


def secret_keys(settings: Settings) -> tuple[bytes, ...]:
    """The keys that everything secret at rest is derived from: the one in use, then those before it, each once.

    Raises:
        MissingSecretKey: it is required and not set.
    """
    before = [key.get_secret_value().encode() for key in settings.secret_key_before]
    kept_before = keys_before(settings.data_dir) if settings.database_url is None else {}
    return tuple(dict.fromkeys([_in_use(settings), *before, *kept_before.values()]))


def _in_use(settings: Settings) -> bytes:
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    if settings.database_url is not None:
        raise MissingSecretKey
    return kept(settings.data_dir / KEPT_IN)


def derived(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose."""
    return hmac.digest(key, f"outward {purpose}".encode(), hashlib.sha256)


def kept(path: Path) -> bytes:
    """The secret in a file of mode 0600, made once however many processes ask at the same time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        mine = _made(path)
        try:
            os.link(mine, path)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_bytes()


def keys_before(data_dir: Path) -> dict[Path, bytes]:
    """The keys that a data directory has from before its key was changed, by their files; the latest first."""
    return {file: file.read_bytes() for file in sorted(data_dir.glob(f"{KEPT_IN}.before-*"), reverse=True)}


def keeps_its_key(settings: Settings) -> bool:
    """Whether the secret key in use is the one that the data directory keeps."""
    return settings.secret_key is None and settings.database_url is None


def change_kept_key(data_dir: Path, now: datetime) -> Path:
    """Makes a data directory's key anew, while no process uses the directory, and keeps the one before it.

    Answers the file of the one before.

    Raises:
        DirectoryInUse: a process that uses the directory would go on with the key before.
        DatabaseUnavailable: the directory cannot be used.
    """
    real = prepare(data_dir)
    with turn_to_start_or_stop(real):
        use = UseOfDirectory(real)
        try:
            if not use.is_the_last():
                raise DirectoryInUse(real)
            return _changed(real / KEPT_IN, now)
        finally:
            use.release()


def _changed(path: Path, now: datetime) -> Path:
    kept(path)
    before = path.with_name(f"{KEPT_IN}.before-{now:%Y%m%dT%H%M%SZ}")
    os.link(path, before)
    _made(path).replace(path)
    return before


def _made(path: Path) -> Path:
    mine = path.with_name(f".{path.name}.{os.getpid()}")
    mine.touch(mode=0o600)
    mine.write_text(secrets.token_urlsafe(48))
    return mine
