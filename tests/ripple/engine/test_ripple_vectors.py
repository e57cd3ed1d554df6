"""The acceptance vectors: named scenarios and random graphs, with the answers they must get."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.ripple.engine.analysis import analyse
from app.ripple.engine.documents import to_document
from tests.ripple.documents import from_document

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ripple_vectors.json").read_text())


def differences(expected: Any, actual: Any, at: str = "") -> list[str]:
    """Where two documents differ, but for a second of rounding in durations."""
    if isinstance(expected, dict) and isinstance(actual, dict) and expected.keys() == actual.keys():
        return [found for key in expected for found in differences(expected[key], actual[key], f"{at}/{key}")]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [found for number, pair in pairs for found in differences(*pair, f"{at}/{number}")]
    if at.endswith("seconds") and isinstance(actual, int) and abs(expected - actual) <= 1:
        return []
    return [] if expected == actual else [f"{at}: {actual!r} instead of {expected!r}"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_answer_is_the_one_agreed(vector: dict[str, Any]) -> None:
    answer = to_document(analyse(from_document(vector["input"])))

    assert differences(vector["expected"], answer) == []


def test_there_are_seventy_vectors() -> None:
    assert len(VECTORS) == 70
