"""Meridian, the demo company, as its file configures it: read once, and the same for whoever tells of it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from app.configuration.reading import read_document

FILE = "meridian.yaml"


def content() -> bytes:
    """The file, as `outward apply` takes it."""
    return files("app.demo").joinpath(FILE).read_bytes()


@lru_cache(maxsize=1)
def _sections() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    sections: Mapping[str, Sequence[Mapping[str, Any]]] = read_document(FILE, content()).value
    return sections


def stated(section: str) -> Sequence[Mapping[str, Any]]:
    """The entries of a section of the file, such as `departments`, in their order."""
    return _sections()[section]
