"""The background work as processes: beside the API or alone, killed in the middle, and seen to live."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.kernel.jobs import jobs
from tests.acceptance.test_running import SOURCE, Installation, free_port
from tests.kernel.background_work import ask_for, eventually, left, living, told

TELLER = "tests.kernel.telling_worker"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    yield made
    if made.process is not None:
        made.end(signal.SIGTERM)


def background_work(installation: Installation) -> dict[str, Any]:
    """What `/readyz` tells of it."""
    ready = httpx.get(f"http://127.0.0.1:{installation.port}/readyz", timeout=60)
    told_by: dict[str, Any] = ready.json()["background_work"]
    return told_by


def until_workers(installation: Installation, count: int) -> None:
    until = time.monotonic() + 120
    while background_work(installation)["workers"] != count:
        assert time.monotonic() < until
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if " worker " in line]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def until_gone(pid: int) -> None:
    until = time.monotonic() + 60
    while not is_gone(pid):
        assert time.monotonic() < until, f"{pid} still lives"
        time.sleep(0.05)


def test_serving_does_the_background_work_and_starts_it_again_when_it_died(installation: Installation) -> None:
    installation.serve()
    until_workers(installation, 1)
    assert installation.process is not None
    (child,) = children(installation.process.pid)
    os.kill(child, signal.SIGKILL)
    until_gone(child)
    until_workers(installation, 1)
    assert background_work(installation)["alive"] is True
    assert child not in children(installation.process.pid)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_background_work_ends_with_the_service(installation: Installation, how: signal.Signals) -> None:
    installation.serve()
    until_workers(installation, 1)
    assert installation.process is not None
    (child,) = children(installation.process.pid)
    installation.end(how)
    until_gone(child)


def test_the_background_work_can_be_left_to_a_process_of_its_own(installation: Installation) -> None:
    installation.serve("--no-background")
    found = background_work(installation)
    assert (found["alive"], found["workers"], found["jobs_failing"]) == (False, 0, 0)
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "worker", "--metrics-port", str(port)]
    alone = subprocess.Popen(command, cwd=SOURCE, env=installation.environment())
    until_workers(installation, 1)
    assert "outward_background_done_total" in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    taken = installation.outward("worker", "--metrics-port", str(port))
    assert (taken.returncode, f":{port} can't be listened on" in taken.stderr) == (1, True)
    findings = json.loads(installation.outward("doctor", "--json").stdout)["findings"]
    assert [each["says"] for each in findings if each["what"] == "background work"] == ["workers that live: 1"]
    alone.send_signal(signal.SIGTERM)
    assert alone.wait(60) == 0
    until_workers(installation, 0)


async def test_a_worker_killed_half_way_through_loses_no_job_and_doubles_none(database: Database) -> None:
    names = [f"{number:04}" for number in range(2000)]
    await ask_for(database, "tell", names)
    before = await living(database)
    command = [sys.executable, "-m", TELLER, database.url]
    killed = subprocess.Popen(command, cwd=SOURCE)
    other = None
    try:
        async with database.writing() as connection, asyncio.timeout(120):
            # However quick it is, some are left when it is killed.
            await connection.execute(select(jobs.c.id).limit(500).with_for_update())
            while len(await told(database)) < 300:
                await asyncio.sleep(0.01)
            os.kill(killed.pid, signal.SIGKILL)
            killed.wait(60)
        assert 500 <= await left(database) <= 1700
        other = subprocess.Popen(command, cwd=SOURCE)
        await eventually(lambda: left(database), 0, within_seconds=120)
    finally:
        for process in (killed, other):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(60)
    assert sorted(await told(database)) == names
    await eventually(lambda: living(database), before)
