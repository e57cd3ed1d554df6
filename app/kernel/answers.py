"""Writing answers: frozen dataclasses to JSON, with the version as the ETag."""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson
from fastapi import Request
from fastapi.responses import Response


class Versioned(Protocol):
    """A resource as it is answered: it has an integer version."""

    @property
    def version(self) -> int: ...


_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_NON_STR_KEYS


def to_json(value: Any) -> bytes:
    """JSON of dataclasses, ids, instants in UTC with `Z`, and decimals as strings."""
    return orjson.dumps(value, default=str, option=_OPTIONS)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(to_json(value), status, headers, "application/json")


def etag(version: int, beside: str = "") -> str:
    """The tag of a version; `beside` is what else tells one answer from another: `"3"`, or `"3/125000.00EUR"`."""
    return f'"{version}/{beside}"' if beside else f'"{version}"'


def resource(
    value: Versioned, request: Request, *, created_at: str | None = None, settled: bool = True, beside: str = ""
) -> Response:
    """The answer that is one resource: its ETag, and its `Location` when it was just made at that path.

    A read with `If-None-Match` of the present tag gets 304, unless the resource is not `settled`: then something in it,
    like a running clock, moves with time although its version stands. What changes now and then although the version
    stands, like what another resource says, stands `beside` it in the tag; `If-Match` goes by the version alone.
    """
    tag = etag(value.version, beside)
    headers = {"ETag": tag}
    if created_at is not None:
        return answer(value, 201, headers | {"Location": created_at})
    if settled and request.method == "GET" and _names(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return answer(value, 200, headers)


def _names(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    return header.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in header.split(","))
