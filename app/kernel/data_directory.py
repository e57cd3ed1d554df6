"""The directory that holds what must last on this machine: whose it is, and which processes are using it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TURN_SECONDS = 180
_POLL_SECONDS = 0.02


class DatabaseUnavailable(Exception):
    """The embedded database can't be used; the message says what is wrong and how to mend it."""


def prepare(data_dir: Path) -> Path:
    """Makes the directory (mode 0700) when it is missing and returns its real, absolute path.

    Nothing about a directory that is there already is changed, nor about any directory above.
    Raises `DatabaseUnavailable` when it belongs to another user or can't be used.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        real = data_dir.resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError) as error:
        raise DatabaseUnavailable(
            f"The data directory {data_dir} can't be made or entered ({error}). Set OUTWARD_DATA_DIR to one that can."
        ) from error
    if status.st_uid != os.geteuid():
        raise DatabaseUnavailable(
            f"The data directory {real} belongs to the user with id {status.st_uid}, but this process runs as "
            f"{os.geteuid()}. Run as that user, or set OUTWARD_DATA_DIR to a directory of your own."
        )
    if status.st_mode & 0o002:
        raise DatabaseUnavailable(
            f"Every user of this machine may write into the data directory {real}. "
            "Set OUTWARD_DATA_DIR to a directory of your own, for example one inside it."
        )
    return real


class UseOfDirectory:
    """This process's share in a data directory: it lasts until `release`, or until the process ends in any way.

    The share is a `flock` on a file nobody deletes. A child made by `fork` would hold the same share uncounted, so it
    is dropped there: each process takes its own.
    """

    def __init__(self, data_dir: Path) -> None:
        self._file = _open(data_dir / "postgresql.users")
        os.register_at_fork(after_in_child=self._drop)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    @property
    def held(self) -> bool:
        return self._file >= 0

    def is_the_last(self) -> bool:
        """Whether no other process holds a share; asking may lose this one.

        To be asked within `turn_to_start_or_stop` and followed by `release`.
        """
        return _taken(self._file)

    def release(self) -> None:
        if self.held:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._drop()

    def _drop(self) -> None:
        if self.held:
            os.close(self._file)
            self._file = -1


@contextmanager
def turn_to_start_or_stop(data_dir: Path) -> Iterator[None]:
    """Waits until no other process is starting or stopping the server of `data_dir`, and keeps them waiting."""
    file = _open(data_dir / "postgresql.turn")
    try:
        deadline = time.monotonic() + _TURN_SECONDS
        while not _taken(file):
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"Another process has been starting or stopping the database in {data_dir} for "
                    f"{_TURN_SECONDS} seconds. See what it waits for, or end it, and try again."
                )
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DatabaseUnavailable(
            f"{path} can't be opened ({error}). See that its directory can be written."
        ) from error


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
