"""The embedded PostgreSQL, started for real, each time in a directory of its own."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.kernel.postgres import DatabaseUnavailable, EmbeddedPostgres, ServerAddress

PROJECT = Path(__file__).parents[2]
SECONDS_AT_MOST = 60

# Says "ready" with the address once it has a share, and leaves when its standard input ends.
USER_PROCESS = """
import sys
from pathlib import Path
from app.kernel.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as address:
    print("ready", address.url, flush=True)
    sys.stdin.read()
"""

# Minutes of computing that needs no room on disk.
ENDLESS = "SELECT count(*) FROM (SELECT generate_series(1, 2000000000)) AS endless"
COMPUTING = """
SELECT count(*) FROM pg_stat_activity
WHERE query LIKE '%endless%' AND state = 'active' AND wait_event IS NULL AND pid <> pg_backend_pid()
"""


def ask(address: ServerAddress | str, *statements: str) -> Any:
    """The first value the last statement returns."""

    async def connect_and_ask() -> Any:
        connection = await asyncpg.connect(address if isinstance(address, str) else address.url, timeout=10)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, connect_and_ask()).result(SECONDS_AT_MOST)


def server_process(data_dir: Path) -> int:
    return int((data_dir / "postgresql" / "postmaster.pid").read_text().split("\n", 1)[0])


def is_running(data_dir: Path) -> bool:
    return (data_dir / "postgresql" / "postmaster.pid").exists()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A directory that isn't there yet, without a server when the test is over."""
    directory = tmp_path / "data"
    yield directory
    if is_running(directory):
        os.kill(server_process(directory), signal.SIGQUIT)


@pytest.fixture
def another_process() -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """Starts processes that use a data directory, ready when returned."""
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: Path, *, wait: bool = True) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", USER_PROCESS, str(data_dir)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        if wait:
            assert ready(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ready(process: "subprocess.Popen[str]") -> str:
    """The address the process has got, when it has."""
    assert process.stdout is not None
    word, _, address = process.stdout.readline().strip().partition(" ")
    assert word == "ready"
    return address


def leave(process: "subprocess.Popen[str]") -> None:
    process.communicate(timeout=SECONDS_AT_MOST)
    assert process.returncode == 0


def test_a_first_start_in_an_empty_place_answers_and_leaving_stops_it(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as address:
        assert ask(address, "SELECT 1") == 1
        assert mode(data_dir) == 0o700
    assert not is_running(data_dir)


def test_rows_are_there_after_a_stop_and_a_start(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as address:
        ask(address, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    with EmbeddedPostgres(data_dir) as address:
        assert ask(address, "SELECT id FROM kept") == 7


def test_the_database_is_durable_in_utf8_and_utc_and_not_on_the_network(data_dir: Path) -> None:
    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }
    with EmbeddedPostgres(data_dir) as address:
        assert {name: ask(address, f"SHOW {name}") for name in expected} == expected
        assert ask(address, "SELECT lower('ØRE')") == "øre"


def test_starting_twice_in_one_process_keeps_one_share(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    assert server.start() == server.start()
    server.stop()
    assert not is_running(data_dir)
    server.stop()


def test_it_starts_in_a_thread_that_runs_an_event_loop(data_dir: Path) -> None:
    async def start() -> None:
        with EmbeddedPostgres(data_dir) as address:
            connection = await asyncpg.connect(address.url)
            assert await connection.fetchval("SELECT 1") == 1
            await connection.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, start()).result(SECONDS_AT_MOST)


def test_the_last_process_out_stops_the_server(data_dir: Path, another_process: Any) -> None:
    with EmbeddedPostgres(data_dir) as address:
        second = another_process(data_dir)
    assert ask(address, "SELECT 1") == 1
    leave(second)
    assert not is_running(data_dir)


def test_a_killed_process_lets_go_and_its_server_is_found_again(data_dir: Path, another_process: Any) -> None:
    killed = another_process(data_dir)
    running = server_process(data_dir)
    killed.kill()
    killed.wait()
    with EmbeddedPostgres(data_dir) as address:
        assert ask(address, "SELECT 1") == 1
        assert server_process(data_dir) == running
    assert not is_running(data_dir)


def test_a_process_killed_while_it_makes_the_database_leaves_nothing_in_the_way(
    data_dir: Path, another_process: Any
) -> None:
    killed = another_process(data_dir, wait=False)
    while not list(data_dir.glob("postgresql*/PG_VERSION")):
        assert killed.poll() is None
        time.sleep(0.005)
    killed.kill()
    killed.wait()
    with EmbeddedPostgres(data_dir) as address:
        assert ask(address, "SELECT 1") == 1


def test_a_half_made_database_is_never_used(data_dir: Path) -> None:
    half_made = data_dir / "postgresql.new-1234"
    (half_made / "global").mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data_dir) as address:
        assert ask(address, "SELECT 1") == 1
    assert not half_made.exists()


def test_processes_that_start_at_once_share_one_server(data_dir: Path, another_process: Any) -> None:
    processes = [another_process(data_dir, wait=False) for _ in range(4)]
    addresses = [ready(process) for process in processes]
    assert len(set(addresses)) == 1
    for process in processes[1:]:
        leave(process)
    assert ask(addresses[0], "SELECT 1") == 1
    leave(processes[0])
    assert not is_running(data_dir)


def test_one_may_start_while_another_leaves(data_dir: Path, another_process: Any) -> None:
    leaving = another_process(data_dir)
    for _ in range(2):
        starting = another_process(data_dir, wait=False)
        leave(leaving)
        assert ask(ready(starting), "SELECT 1") == 1
        leaving = starting
    leave(leaving)
    assert not is_running(data_dir)


def test_after_a_killed_server_what_was_committed_is_there(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as address:
        ask(address, "CREATE TABLE kept (id int)", "INSERT INTO kept SELECT generate_series(1, 1000)")
        os.kill(server_process(data_dir), signal.SIGKILL)
        again = EmbeddedPostgres(data_dir)
        assert ask(again.start(), "SELECT count(*) FROM kept") == 1000
        again.stop()


def test_a_query_that_outlives_its_killed_server_keeps_no_new_one_from_starting(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as address, ThreadPoolExecutor(max_workers=1) as thread:
        endless = thread.submit(ask, address, ENDLESS)
        while not ask(address, COMPUTING):
            assert not endless.done()
            time.sleep(0.01)
        os.kill(server_process(data_dir), signal.SIGKILL)
        with EmbeddedPostgres(data_dir) as again:
            assert ask(again, "SELECT 1") == 1
        assert isinstance(endless.exception(SECONDS_AT_MOST), asyncpg.PostgresError | OSError)


def test_a_lock_file_that_names_a_process_of_another_program_is_no_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    owner = (data_dir / "postgresql").stat()
    stranger = subprocess.Popen(["sleep", "60"], **({"user": owner.st_uid} if os.geteuid() == 0 else {}))
    left_over = data_dir / "postgresql" / "postmaster.pid"
    left_over.write_text(f"{stranger.pid}\n{data_dir}\n1\n5432\n.\n\n")
    os.chown(left_over, owner.st_uid, owner.st_gid)
    with EmbeddedPostgres(data_dir) as address:
        assert ask(address, "SELECT 1") == 1
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_server_whose_socket_is_gone_is_started_anew(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as address:
        (Path(address.host) / ".s.PGSQL.5432").unlink()
        with EmbeddedPostgres(data_dir) as again:
            assert ask(again, "SELECT 1") == 1


def test_two_directories_have_two_servers(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "one") as one, EmbeddedPostgres(tmp_path / "two") as two:
        ask(one, "CREATE TABLE only_here (id int)", "SELECT 1")
        assert ask(one, "SELECT to_regclass('only_here') IS NULL") is False
        assert ask(two, "SELECT to_regclass('only_here') IS NULL") is True


def deep_below(directory: Path) -> Path:
    while len(str(directory)) < 200:
        directory = directory / ("d" * 30)
    return directory


def test_a_directory_deeper_than_a_socket_may_be_has_a_private_one_elsewhere(
    tmp_path: Path, another_process: Any
) -> None:
    data_dir = deep_below(tmp_path)
    with EmbeddedPostgres(data_dir) as address:
        sockets = Path(address.host)
        assert len(address.host) < 100
        assert mode(sockets) == 0o700
        assert sockets.stat().st_uid == (data_dir / "postgresql").stat().st_uid
        leave(another_process(data_dir))
        assert ask(address, "SELECT 1") == 1
    shutil.rmtree(sockets)
    with EmbeddedPostgres(data_dir) as address:
        assert ask(address, "SELECT 1") == 1
    shutil.rmtree(address.host)


def test_a_private_socket_directory_that_vanished_under_a_running_server_is_made_anew(tmp_path: Path) -> None:
    data_dir = deep_below(tmp_path)
    with EmbeddedPostgres(data_dir) as address:
        shutil.rmtree(address.host)
        with EmbeddedPostgres(data_dir) as again:
            assert ask(again, "SELECT 1") == 1
    shutil.rmtree(again.host)


def test_a_path_that_would_need_quoting_works(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "ours, $HOME and 'theirs'") as address:
        assert ask(address, "SELECT 1") == 1
    shutil.rmtree(address.host)


def test_nobody_else_may_enter_the_socket_directory_and_no_directory_above_is_changed(tmp_path: Path) -> None:
    above = tmp_path / "private"
    above.mkdir(mode=0o700)
    before = [(mode(path), path.stat().st_uid) for path in (above, *above.parents)]
    with EmbeddedPostgres(above / "data") as address:
        assert mode(Path(address.host)) == 0o700
        assert mode(Path(address.host) / ".s.PGSQL.5432") == 0o700
    assert [(mode(path), path.stat().st_uid) for path in (above, *above.parents)] == before


def test_a_database_of_another_postgresql_is_refused_by_name(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    (data_dir / "postgresql" / "PG_VERSION").write_text("15\n")
    with pytest.raises(DatabaseUnavailable, match=r"made by PostgreSQL 15; .* 18"):
        EmbeddedPostgres(data_dir).start()


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    with (data_dir / "postgresql" / "postgresql.auto.conf").open("a") as settings:
        settings.write("max_connections = 'none'\n")
    with pytest.raises(DatabaseUnavailable, match="max_connections"):
        EmbeddedPostgres(data_dir).start()


def test_a_start_that_fails_leaves_no_server_and_no_share(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as address:
        ask(address, "ALTER ROLE outward NOLOGIN", "SELECT 1")
        with pytest.raises(DatabaseUnavailable, match="not permitted to log in"):
            EmbeddedPostgres(data_dir).start()
        assert is_running(data_dir)
    with pytest.raises(DatabaseUnavailable, match="not permitted to log in"):
        EmbeddedPostgres(data_dir).start()
    assert not is_running(data_dir)


def test_a_directory_into_which_everybody_writes_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o777)
    with pytest.raises(DatabaseUnavailable, match="a directory of your own"):
        EmbeddedPostgres(data_dir).start()


def test_a_place_that_is_a_file_is_refused(data_dir: Path) -> None:
    data_dir.write_text("")
    with pytest.raises(DatabaseUnavailable, match="OUTWARD_DATA_DIR"):
        EmbeddedPostgres(data_dir).start()


if os.geteuid() == 0:
    STRANGER = 65533

    # Enters the socket's directory while it is root, so that only what is asked for stands between.
    STRANGERS_PROCESS = """
import asyncio, os, sys
import asyncpg
if sys.argv[2] == "inside":
    os.chdir(sys.argv[1])
    where = "/proc/self/cwd"
else:
    where = sys.argv[1]
os.setgroups([])
os.setgid(65533)
os.setuid(65533)
asyncio.run(asyncpg.connect(host=where, port=5432, user="outward", database="outward"))
"""

    def connect_as_a_stranger(address: ServerAddress, where: str) -> str:
        finished = subprocess.run(
            [sys.executable, "-c", STRANGERS_PROCESS, address.host, where],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=SECONDS_AT_MOST,
        )
        assert finished.returncode != 0
        return finished.stderr.strip().splitlines()[-1]

    def test_another_user_is_kept_out_by_directory_by_socket_and_by_name(tmp_path: Path) -> None:
        with EmbeddedPostgres(deep_below(tmp_path)) as address:
            sockets = Path(address.host)
            assert "PermissionError" in connect_as_a_stranger(address, "outside")
            assert "PermissionError" in connect_as_a_stranger(address, "inside")
            sockets.chmod(0o755)
            assert "PermissionError" in connect_as_a_stranger(address, "outside")
            (sockets / ".s.PGSQL.5432").chmod(0o777)
            assert "Peer authentication failed" in connect_as_a_stranger(address, "outside")
        shutil.rmtree(sockets)

    def test_root_leaves_the_data_to_an_unprivileged_user_and_keeps_the_directory(data_dir: Path) -> None:
        with EmbeddedPostgres(data_dir):
            assert data_dir.stat().st_uid == 0
            assert (data_dir / "postgresql").stat().st_uid != 0
            assert Path(f"/proc/{server_process(data_dir)}").stat().st_uid != 0

    def test_the_data_directory_of_another_user_is_refused(data_dir: Path) -> None:
        data_dir.mkdir()
        os.chown(data_dir, STRANGER, STRANGER)
        with pytest.raises(DatabaseUnavailable, match="belongs to the user with id 65533"):
            EmbeddedPostgres(data_dir).start()
