"""Reading a graph from JSON values."""

import copy
from typing import Any

import pytest

from app.ripple.engine.documents import from_document
from app.ripple.engine.graph import InvalidGraph, Leg, Wait

DOCUMENT: dict[str, Any] = {
    "commitment": {
        "owner": "Sales",
        "promised_at": "2026-03-02T09:00:00Z",
        "due_at": "2026-03-03T09:00:00Z",
        "delivered_at": "2026-03-04T09:00:00Z",
    },
    "tickets": [
        {
            "id": "T1",
            "requester": "Sales",
            "provider": "Finance",
            "opened_at": "2026-03-02T10:00:00Z",
            "legs": [{"department": "IT", "started_at": "2026-03-02T10:00:00Z"}],
            "waits": [{"from": "2026-03-02T11:00:00Z", "on": "customer"}],
        }
    ],
}


def test_what_may_be_left_out_may_be_left_out() -> None:
    ticket = from_document(DOCUMENT).tickets[0]

    opened = ticket.opened_at
    assert (ticket.resolved_at, ticket.due_at, ticket.acknowledged_at, ticket.blocks) == (None, None, None, ())
    assert ticket.legs == (Leg("IT", opened, None),)
    assert ticket.waits == (Wait("customer", opened + 3600, None),)


def test_an_instant_of_another_offset_is_the_same_instant_cut_to_whole_seconds() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["commitment"]["promised_at"] = "2026-03-02T11:00:00.999+02:00"

    assert from_document(document).commitment == from_document(DOCUMENT).commitment


@pytest.mark.parametrize(
    ("pointer", "given"),
    [
        ("/commitment", None),
        ("/commitment", []),
        ("/commitment/owner", 7),
        ("/commitment/due_at", None),
        ("/commitment/due_at", "soon"),
        ("/commitment/due_at", "2026-03-03T09:00:00"),
        ("/tickets", None),
        ("/tickets", {}),
        ("/tickets/0", "T1"),
        ("/tickets/0/id", None),
        ("/tickets/0/blocks", "T2"),
        ("/tickets/0/blocks/0", 2),
        ("/tickets/0/legs/0/started_at", None),
        ("/tickets/0/waits/0/from", 3),
        ("/now", 1),
    ],
)
def test_a_value_that_cannot_be_read_is_pointed_at(pointer: str, given: object) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["tickets"][0]["blocks"] = ["T2"]
    *path, last = pointer.removeprefix("/").split("/")
    holder: Any = document
    for step in path:
        holder = holder[int(step) if isinstance(holder, list) else step]
    holder[int(last) if isinstance(holder, list) else last] = given

    with pytest.raises(InvalidGraph) as refusal:
        from_document(document)

    assert refusal.value.pointer == pointer
