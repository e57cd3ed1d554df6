"""PostgreSQL's data on disk and the server that works on it: made, configured, started and stopped."""

import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from app.kernel.data_directory import DatabaseUnavailable
from app.kernel.postgres_programs import MAJOR_VERSION, Programs, can_enter, client_name, server_user

PORT = 5432
SUPERUSER = "outward"

_SOCKET = f".s.PGSQL.{PORT}"
_SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107
# Commas separate directories for the server and hosts for its clients.
_PLAIN_PATH = re.compile(r"[\w/.+~ -]+")
_INITDB_SECONDS = 120
_START_SECONDS = 120
_STOP_SECONDS = 60
_LOGS_KEPT = 5
# What a start meets while the processes of a killed server are still ending.
_PASSING = ("lock file", "pre-existing shared memory block")

_CONFIGURATION = """\
# Written at every start; ALTER SYSTEM keeps what should differ.
cluster_name = 'outward'
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%Y%m%d-%H%M%S.log'
log_rotation_age = 0
log_rotation_size = 10MB
log_checkpoints = off
"""


class Cluster:
    """The cluster in a data directory; only for a process that has the turn to start or stop it."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "postgresql"
        self._data_dir = data_dir
        self._user = server_user(self.path)
        self._programs = Programs(self._user)

    def make_if_missing(self) -> None:
        """Makes the cluster beside its place and moves it there whole: what a killed start leaves is never used.

        Raises `DatabaseUnavailable` when it can't be made, or when the one that is there isn't for this server.
        """
        for left_over in self._data_dir.glob("postgresql.new-*"):
            # A killed start's initdb may still be writing here; what stays is removed by a later start.
            shutil.rmtree(left_over, ignore_errors=True)
        if not self.path.exists() or not any(self.path.iterdir()):
            self._make()
        self._check()

    def _make(self) -> None:
        making = Path(tempfile.mkdtemp(prefix="postgresql.new-", dir=self._data_dir))
        try:
            self._give(making)
            options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            options += [f"--username={SUPERUSER}", "--auth=reject", "--no-instructions"]
            status, printed = self._programs.run("initdb", *options, cluster=making, timeout_seconds=_INITDB_SECONDS)
            if status != 0:
                raise DatabaseUnavailable(f"PostgreSQL's initdb failed in {self._data_dir}:\n{printed}")
            making.rename(self.path)
            _make_durable(self._data_dir)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def _check(self) -> None:
        owner = self.path.stat().st_uid
        if owner != self._user.uid:
            raise DatabaseUnavailable(
                f"{self.path} belongs to the user with id {owner}, but the server would run as {self._user.name} "
                f"({self._user.uid}). Give it over with: chown -R {self._user.name} {self.path}"
            )
        version_file = self.path / "PG_VERSION"
        if not version_file.is_file():
            raise DatabaseUnavailable(f"{self.path} holds something, but no database. Move it away, then start again.")
        version = version_file.read_text().strip()
        if version != str(MAJOR_VERSION):
            raise DatabaseUnavailable(
                f"{self.path} was made by PostgreSQL {version}; this Outward brings {MAJOR_VERSION}. Dump it with "
                "the Outward that made it (pg_dump), move the directory away, start this one, and load the dump."
            )

    def socket_directory(self) -> Path:
        """The cluster's own directory, or a private one under the temporary directory when that path is too long."""
        if _fits(self.path):
            return self.path
        record = self._data_dir / "postgresql.sockets"
        if record.exists() and self._is_private(recorded := Path(record.read_text())):
            return recorded
        for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
            shared = Path(parent).resolve()
            if _fits(shared / "outward-12345678") and can_enter(self._user, shared):
                private = Path(tempfile.mkdtemp(prefix="outward-", dir=shared))
                self._give(private)
                record.write_text(str(private))
                return private
        raise DatabaseUnavailable(
            f"No directory for the database's socket: {self.path} is too long, and {tempfile.gettempdir()} is too "
            "long as well or can't be entered. Set TMPDIR to a short path, or OUTWARD_DATA_DIR to a shorter one."
        )

    def _is_private(self, directory: Path) -> bool:
        try:
            status = directory.lstat()
        except OSError:
            return False
        return status.st_uid == self._user.uid and status.st_mode & 0o170777 == 0o040700

    def is_running(self) -> bool:
        """Whether the server's process lives, whether or not it answers.

        A lock file may name a process that long means something else, so its word alone isn't taken where /proc says
        more.
        """
        processes = self._programs.processes_in(self.path)
        if processes is None:
            return self._programs.run("pg_ctl", "status", cluster=self.path, timeout_seconds=10)[0] == 0
        return self._recorded_process() in processes

    def start_server(self, sockets: Path) -> None:
        """Starts a server that isn't running, to listen in `sockets`.

        Returns too when processes of a killed one still stand in the way, which passes. Raises `DatabaseUnavailable`.
        """
        self._clear_after_a_kill(sockets)
        self._configure(sockets)
        for old in sorted(self.path.glob("log/postgresql-*.log"))[:-_LOGS_KEPT]:
            old.unlink()
        start_log = self.path / "start.log"
        start_log.unlink(missing_ok=True)
        status, printed = self._programs.run(
            "pg_ctl",
            *["start", "-w", "-t", str(_START_SECONDS), "-l", start_log.name],
            cluster=self.path,
            timeout_seconds=_START_SECONDS + 10,
        )
        if status == 0 or (start_log.exists() and any(sign in start_log.read_text() for sign in _PASSING)):
            return
        raise DatabaseUnavailable(f"The database in {self.path} didn't start. {printed}{self.log_tail()}")

    def stop_server(self) -> None:
        """Stops the server if it is running. Raises `DatabaseUnavailable` when it doesn't stop in time."""
        if not self.path.exists() or not self.is_running():
            return
        self._programs.run(
            "pg_ctl",
            *["stop", "-w", "-m", "fast", "-t", str(_STOP_SECONDS)],
            cluster=self.path,
            timeout_seconds=_STOP_SECONDS + 10,
        )
        if self.is_running():
            raise DatabaseUnavailable(
                f"The database in {self.path} didn't stop within {_STOP_SECONDS} seconds. It has been told to, and "
                f"will when its last checkpoint is written.{self.log_tail()}"
            )

    def log_tail(self) -> str:
        """The last lines the server wrote, headed, on lines of their own; empty when it wrote none."""
        logs = [self.path / "start.log", *sorted(self.path.glob("log/postgresql-*.log"))[-1:]]
        lines = [line for log in logs if log.is_file() for line in log.read_text(errors="replace").splitlines()[-15:]]
        return "\nThe end of its log:\n" + "\n".join(lines) if lines else ""

    def _recorded_process(self) -> int:
        try:
            return abs(int((self.path / "postmaster.pid").read_text().split("\n", 1)[0]))
        except (FileNotFoundError, ValueError):
            return 0

    def _clear_after_a_kill(self, sockets: Path) -> None:
        """Ends what a killed server left behind, where /proc shows it.

        A backend busy computing doesn't notice its server's death, and its memory keeps a new one from starting.
        """
        processes = self._programs.processes_in(self.path)
        for process in processes or ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        if processes is not None and not processes:
            (self.path / "postmaster.pid").unlink(missing_ok=True)
            (sockets / f"{_SOCKET}.lock").unlink(missing_ok=True)

    def _configure(self, sockets: Path) -> None:
        seen_as = "." if sockets == self.path else str(sockets)
        client = client_name().replace('"', '""')
        self._write("postgresql.conf", _CONFIGURATION.format(port=PORT, sockets=seen_as))
        self._write("pg_hba.conf", f"local all all peer map={SUPERUSER}\n")
        self._write("pg_ident.conf", f'{SUPERUSER} "{client}" {SUPERUSER}\n')

    def _write(self, name: str, text: str) -> None:
        handle, making = tempfile.mkstemp(prefix=f"{name}.", dir=self.path)
        with os.fdopen(handle, "w") as file:
            file.write(text)
            if self._user.unprivileged:
                os.fchown(handle, self._user.uid, self._user.gid)
        Path(making).replace(self.path / name)

    def _give(self, directory: Path) -> None:
        if self._user.unprivileged:
            os.chown(directory, self._user.uid, self._user.gid)


def _fits(directory: Path) -> bool:
    """Whether a socket in `directory` can be bound, and named in an address."""
    path = directory / _SOCKET
    return len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and bool(_PLAIN_PATH.fullmatch(str(path)))


def _make_durable(directory: Path) -> None:
    """Until then a loss of power could bring back the old name, which the next start would clear away."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
