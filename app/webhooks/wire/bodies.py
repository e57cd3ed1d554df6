"""The body of a delivery: the same bytes at each attempt and to each endpoint."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.kernel.answers import to_json

LONGEST_BODY: Final = 256 * 1024
"""How many bytes are delivered: of an event that is longer, the consumer reads the rest in the feed."""

_SHORT: Final = 2 * 1024
"""How many bytes of JSON something in a longer event may have to be delivered whole all the same."""


def body(event_id: UUID, event_type: str, occurred_at: datetime, data: str) -> bytes:
    """`{id, type, timestamp, data}` as JSON, `data` being JSON as it is stored.

    When that is too long, `data` holds only the ids of what is concerned, and what is short, and beside it is
    `"truncated": true`.
    """
    told = {"id": event_id, "type": event_type, "timestamp": occurred_at, "data": orjson.Fragment(data)}
    whole = to_json(told)
    if len(whole) <= LONGEST_BODY:
        return whole
    return to_json(told | {"data": _cut(orjson.loads(data)), "truncated": True})


def _cut(data: Mapping[str, Any]) -> dict[str, Any]:
    short: dict[str, Any] = {}
    for name, value in data.items():
        if len(orjson.dumps(value)) <= _SHORT:
            short[name] = value
        elif isinstance(value, Mapping) and "id" in value:
            short[name] = {"id": value["id"]}
    return short
