"""Event streams of the service as processes: from all of them the same, and none holds up the end."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.acceptance.test_running import Installation
from tests.webhooks.following import reading


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    yield made
    if made.process is not None:
        made.end(signal.SIGTERM)


@pytest.mark.parametrize(("workers", "how"), [("1", signal.SIGINT), ("2", signal.SIGTERM)])
async def test_every_stream_tells_what_any_process_commits_and_ends_with_the_service(
    installation: Installation, workers: str, how: signal.Signals
) -> None:
    """A stream that the service cuts off, because it waited for it in vain, would end in the middle of a chunk."""
    installation.serve("--workers", workers)
    key = (installation.data_dir / "admin.key").read_text().strip()
    address = f"http://127.0.0.1:{installation.port}"
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(reading(address, key=key)) for _ in range(4)]
        async with installation.client() as client:
            await client.post("/v1/customers", json={"external_ref": "ACME", "name": "Acme"})
        for stream in streams:
            assert (await stream.event()).event == "customer.created"
        ending = asyncio.create_task(asyncio.to_thread(installation.end, how))
        for stream in streams:
            assert await stream.ended()
        await ending
