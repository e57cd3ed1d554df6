"""Fixtures for those who send and receive webhooks."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.kernel.database import Database
from app.webhooks.wire.transport import Transport
from tests.conftest import Clock
from tests.webhooks.consumers import NODE, Verifier, kit_for_node, node_verifying
from tests.webhooks.posting import HERE, PATIENT, QUICK
from tests.webhooks.receivers import Receivers, receiving
from tests.webhooks.senders import Sender, a_sender
from tests.webhooks.worlds import NOW


@pytest.fixture(scope="session")
def node_kit(run_directory: Path) -> Path:
    """The consumer kit with its npm packages, installed once per run."""
    if NODE is None:
        pytest.skip("there is no `node` on this machine")
    return kit_for_node(run_directory)


@pytest.fixture(scope="session")
def in_node(node_kit: Path) -> Iterator[Verifier]:
    """Verifies with the npm package, and `v1a` with Node's own Ed25519."""
    with node_verifying(node_kit) as verify:
        yield verify


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    """Receivers on this machine, path by path."""
    async with receiving() as receivers:
        yield receivers


@pytest.fixture
async def sender(database: Database, clock: Clock) -> AsyncIterator[Sender]:
    """A worker that sends, at the instants of the clock."""
    clock.instant = NOW
    async with a_sender(database, clock) as sender:
        yield sender


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    """A transport that waits for as long as it takes."""
    transport = Transport(HERE, limits=PATIENT)
    yield transport
    await transport.close()


@pytest.fixture
async def impatient() -> AsyncIterator[Transport]:
    """A transport that waits for a moment."""
    transport = Transport(HERE, limits=QUICK)
    yield transport
    await transport.close()
