"""The service as a process: it starts, is killed, and has everything that it said it had."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

SOURCE = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


class Installation:
    """One data directory, served or not, with these settings (without their `OUTWARD_`)."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.settings = {f"OUTWARD_{name.upper()}": value for name, value in settings.items()}
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTWARD_")}
        return kept | self.settings | {"OUTWARD_DATA_DIR": str(self.data_dir), "OUTWARD_LOG_FORMAT": "json"}

    def outward(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app.cli", *arguments]
        environment = self.environment() | settings
        return subprocess.run(
            command, cwd=SOURCE, env=environment, capture_output=True, text=True, timeout=180, check=False
        )

    def serve(self, *options: str) -> None:
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port), *options]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, cwd=SOURCE, env=self.environment(), stdout=quiet, stderr=quiet)
        until = time.monotonic() + 180
        while time.monotonic() < until:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=60).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the service did not become ready")

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(60)
        self.process = None
        return status

    def postmaster(self) -> int:
        (pid_file,) = self.data_dir.rglob("postmaster.pid")
        return int(pid_file.read_text().split()[0])

    def client(self) -> httpx.AsyncClient:
        key = (self.data_dir / "admin.key").read_text().strip()
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {key}"}, timeout=60
        )


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    yield made
    if made.process is not None:
        made.end(signal.SIGTERM)


async def write_until(installation: Installation, enough: int, then: Any) -> list[str]:
    """Writes from eight connections until the service no longer answers; what it acknowledged."""
    acknowledged: list[str] = []
    async with installation.client() as client:

        async def write(writer: int) -> None:
            for number in range(100_000):
                key = f"K{writer}-{number}"
                try:
                    response = await client.put(f"/v1/departments/by-key/{key}", json={"name": key})
                except httpx.TransportError:
                    return
                if response.status_code != 201:
                    return
                acknowledged.append(key)
                if len(acknowledged) == enough:
                    then()

        await asyncio.gather(*[write(writer) for writer in range(8)])
    return acknowledged


async def everything(installation: Installation) -> set[str]:
    seen: set[str] = set()
    cursor: str | None = ""
    async with installation.client() as client:
        while cursor is not None:
            query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/v1/departments", params=query)).json()
            seen |= {item["key"] for item in page["items"]}
            cursor = page["next_cursor"]
    return seen


@pytest.mark.parametrize("victim", ["service", "postmaster"])
async def test_after_a_kill_everything_acknowledged_is_there(installation: Installation, victim: str) -> None:
    installation.serve()
    assert installation.process is not None
    pid = installation.process.pid if victim == "service" else installation.postmaster()
    acknowledged = await write_until(installation, 60, lambda: os.kill(pid, signal.SIGKILL))
    assert len(acknowledged) >= 60
    installation.end(signal.SIGKILL)
    installation.serve()
    assert set(acknowledged) <= await everything(installation)


def test_killed_among_several_processes_that_answer_it_leaves_none_behind(installation: Installation) -> None:
    installation.serve("--workers", "2")
    installation.end(signal.SIGKILL)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", installation.port)) != 0:
                return
        time.sleep(0.1)
    raise AssertionError("somebody still answers")


def test_the_last_to_leave_stops_the_database(installation: Installation) -> None:
    installation.serve()
    assert installation.postmaster() > 0
    installation.end(signal.SIGTERM)
    left = [path.name for path in installation.data_dir.rglob("postmaster.pid")]
    assert left == []


def test_the_command_makes_lists_and_revokes_keys(installation: Installation) -> None:
    made = json.loads(installation.outward("keys", "create", "--name", "a", "--role", "analyst", "--json").stdout)
    listed = json.loads(installation.outward("keys", "list", "--json").stdout)
    assert [key["id"] for key in listed] == [made["id"]]
    assert installation.outward("keys", "revoke", made["id"]).returncode == 0
    assert "revoked" in installation.outward("keys", "list").stdout


def test_exit_codes_tell_failure_from_wrong_use(installation: Installation) -> None:
    assert installation.outward("keys", "create", "--name", "a", "--role", "king").returncode == 2
    assert installation.outward("nonsense").returncode == 2
    failed = installation.outward("migrate", "--to", "nonsense")
    assert (failed.returncode, "no revision 'nonsense'" in failed.stderr) == (1, True)


def test_the_doctor_names_what_is_wrong(installation: Installation) -> None:
    sick = installation.outward("doctor")
    assert (sick.returncode, "outward migrate" in sick.stdout) == (1, True)
    assert installation.outward("migrate").returncode == 0
    assert installation.outward("keys", "create", "--name", "a", "--role", "admin").returncode == 0
    assert installation.outward("doctor").returncode == 0


def test_a_database_that_nobody_serves_is_named_in_a_line(installation: Installation) -> None:
    elsewhere = {"OUTWARD_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/none"}
    failed = installation.outward("worker", **elsewhere, OUTWARD_SECRET_KEY="a secret of the tests")
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
