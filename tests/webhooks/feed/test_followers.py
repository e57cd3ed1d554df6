"""The followers of the consumer kit, as processes: they go on where they were, and stop when they are refused."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import BOOTSTRAP_KEY
from tests.webhooks.consumers import NODE
from tests.webhooks.following import ENOUGH_SECONDS, served

KIT = Path(__file__).parents[3] / "docs" / "consumer-kit"


@pytest.fixture(params=["Python", "JavaScript"])
def command(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "Python":
        return [sys.executable, str(KIT / "follower.py")]
    assert NODE is not None, "there is no `node` on this machine"
    return [str(NODE), str(KIT / "follower.mjs")]


@asynccontextmanager
async def follower(
    command: list[str], address: str, directory: Path, key: str = BOOTSTRAP_KEY
) -> AsyncIterator[Process]:
    environment = {"PATH": os.environ["PATH"], "OUTWARD_URL": address, "OUTWARD_KEY": key}
    process = await asyncio.create_subprocess_exec(*command, cwd=directory, env=environment, stdout=PIPE, stderr=PIPE)
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def line(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(ENOUGH_SECONDS):
        return (await process.stdout.readline()).decode().strip()


async def make(client: httpx.AsyncClient, *names: str) -> None:
    for name in names:
        assert (await client.post("/v1/customers", json={"external_ref": name, "name": name})).status_code == 201


async def begun(directory: Path) -> None:
    """Waits until a follower knows where it is."""
    async with asyncio.timeout(ENOUGH_SECONDS):
        while not (directory / "position").exists():
            await asyncio.sleep(0.05)


async def test_a_follower_goes_on_after_what_it_has_handled(
    app: FastAPI, client: httpx.AsyncClient, command: list[str], tmp_path: Path
) -> None:
    async with served(app) as address:
        async with follower(command, address, tmp_path) as first:
            await begun(tmp_path)
            await make(client, "A", "B")
            told = [await line(first), await line(first)]
        assert [each.split()[1] for each in told] == ["customer.created", "customer.created"]
        handled = [int(each.split()[0]) for each in told]
        (tmp_path / "position").write_text(str(handled[-1]))
        await make(client, "C", "D")
        async with follower(command, address, tmp_path) as second:
            gone_on = [int((await line(second)).split()[0]) for _ in range(2)]
    assert sorted({*handled, *gone_on}) == handled + gone_on


async def test_a_follower_whose_key_is_refused_ends(app: FastAPI, command: list[str], tmp_path: Path) -> None:
    async with served(app) as address, follower(command, address, tmp_path, key="wrong") as refused:
        async with asyncio.timeout(ENOUGH_SECONDS):
            _, told = await refused.communicate()
        assert refused.returncode == 1
        assert b"401" in told
