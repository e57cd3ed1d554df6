"""Fixtures for those who receive webhooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webhooks.consumers import NODE, Verifier, kit_for_node, node_verifying


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
