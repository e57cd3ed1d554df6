"""What is sent of an event."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.wire.bodies import LONGEST_BODY, body

EVENT = UUID("01923f4e-7b0a-7c3e-9d52-0a1b2c3d4e5f")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONG = "ß" * 200_000


def sent(data: str) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(body(EVENT, "ticket.opened", AT, data))
    return told


def test_a_body_is_the_events_id_type_instant_and_data_in_that_order() -> None:
    told = body(EVENT, "ticket.opened", AT, '{"ticket":{"id":"x"}}')
    assert told == (
        b'{"id":"01923f4e-7b0a-7c3e-9d52-0a1b2c3d4e5f","type":"ticket.opened",'
        b'"timestamp":"2026-03-02T09:00:00Z","data":{"ticket":{"id":"x"}}}'
    )


def test_data_is_sent_as_it_is_stored() -> None:
    assert b'{"b": 1.50, "a": "\\u00e9"}' in body(EVENT, "ticket.opened", AT, '{"b": 1.50, "a": "\\u00e9"}')


def test_a_body_of_exactly_the_longest_length_is_sent_whole() -> None:
    length = len(body(EVENT, "ticket.opened", AT, '{"a":""}'))
    longest = "x" * (LONGEST_BODY - length)
    assert "truncated" not in sent(f'{{"a":"{longest}"}}')
    assert "truncated" in sent(f'{{"a":"{longest}x"}}')


def test_of_a_longer_event_what_is_long_is_reduced_to_its_id_and_what_is_short_stays() -> None:
    data = {
        "ticket": {"id": "t-1", "description": LONG},
        "customer": {"id": "c-1", "name": "Northwind"},
        "previous": {"description": LONG},
        "fraction": 0.5,
        "actor": {"type": "system"},
    }
    told = sent(orjson.dumps(data).decode())
    assert told["truncated"] is True
    assert told["data"] == {
        "ticket": {"id": "t-1"},
        "customer": {"id": "c-1", "name": "Northwind"},
        "fraction": 0.5,
        "actor": {"type": "system"},
    }
    assert (told["id"], told["type"], told["timestamp"]) == (str(EVENT), "ticket.opened", "2026-03-02T09:00:00Z")


@given(st.dictionaries(st.text(max_size=20), st.integers(0, 60_000).map(lambda size: {"id": "i", "x": "y" * size})))
def test_no_body_is_longer_than_256_kib(data: dict[str, Any]) -> None:
    assert len(body(EVENT, "ticket.opened", AT, orjson.dumps(data).decode())) <= LONGEST_BODY
