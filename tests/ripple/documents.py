"""Graphs as they are sent to `POST /v1/ripple/analyse`."""

from collections.abc import Mapping
from typing import Any

from app.ripple.engine.graph import Graph
from app.ripple.schemas import GivenGraph


def from_document(document: Mapping[str, Any]) -> Graph:
    """The graph that a body describes."""
    return GivenGraph.model_validate(document).graph()
