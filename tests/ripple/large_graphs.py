"""Large commitments, made up: nested, in stages, deep, and those that are hard to share out; and any as JSON."""

import random
from datetime import UTC, datetime
from typing import Any

from app.ripple.engine.graph import Commitment, Leg, Ticket, Wait

HOUR = 3600
History = tuple[Commitment, list[Ticket]]


def nested(tickets: int, departments: int, seed: int = 1) -> History:
    """Most tickets ask for others; some are passed on, wait, or block more than one. Most were somewhat late."""
    rng = random.Random(seed)
    length = HOUR * max(40, 2 * tickets)
    lives, found = [(0, length)], []
    for number in range(1, tickets + 1):
        parent = rng.randrange(max(1, number - 50), number) if number > 1 and rng.random() < 0.6 else 0
        start, end = lives[parent]
        opened = start + rng.randint(0, (end - start) // 3)
        resolved = rng.randint(opened + (end - opened) // 3, end)
        lives.append((opened, resolved))
        blocks = [f"T{parent}"] if parent else []
        if number > 2 and rng.random() < 0.15:
            blocks.append(f"T{rng.randrange(max(1, number - 50), number)}")
        found.append(_ticket(rng, number, departments, opened, resolved, tuple(blocks)))
    return Commitment("D0", 0, length * 6 // 10, length), found


def _ticket(
    rng: random.Random, number: int, departments: int, opened: int, resolved: int, blocks: tuple[str, ...]
) -> Ticket:
    length = resolved - opened
    provider = f"D{rng.randrange(departments)}"
    legs: tuple[Leg, ...] = ()
    waits: tuple[Wait, ...] = ()
    if rng.random() < 0.15:
        legs = (Leg(f"D{rng.randrange(departments)}", opened), Leg(provider, opened + length // 2))
    if rng.random() < 0.25:
        on = rng.choice(("requester", "customer", "third_party"))
        waits = (Wait(on, opened + length // 3, opened + length // 2),)
    due = None if rng.random() < 0.05 else opened + int(length * rng.uniform(0.4, 1.1))
    return Ticket(f"T{number}", "D0", provider, opened, resolved, blocks, opened + length // 4, due, legs, waits)


def staged(tickets: int, departments: int, abreast: int, seed: int = 1) -> History:
    """Stage after stage of tickets side by side, nearly as long as each other: hardly anything can be left out."""
    rng = random.Random(seed)
    found: list[Ticket] = []
    start = 0
    while len(found) < tickets:
        ends = []
        for _ in range(abreast):
            length = rng.randint(20, 40) * 600
            due = start + int(length * rng.choice((0.5, 0.7, 0.9, 1.0)))
            provider = f"D{rng.randrange(departments)}"
            found.append(Ticket(f"T{len(found)}", "D0", provider, start, start + length, (), start, due))
            ends.append(start + length)
        start = max(ends) + rng.randint(0, 3000)
    return Commitment("D0", 0, start * 7 // 10, start), found


def chain(depth: int, departments: int) -> History:
    """Each ticket blocks the one before."""
    length = 3 * depth * HOUR
    found = [
        Ticket(
            id=f"T{number}",
            requester=f"D{(number - 1) % departments}",
            provider=f"D{number % departments}",
            opened_at=number * HOUR,
            resolved_at=length - number * HOUR,
            blocks=(f"T{number - 1}",) if number else (),
            due_at=2 * depth * HOUR,
        )
        for number in range(depth)
    ]
    return Commitment("D0", 0, 2 * depth * HOUR, length + HOUR), found


def side_drivers(depth: int, departments: int, seed: int = 1) -> History:
    """A chain in which each ticket also waits for one asked before it was opened: nothing comes apart in stages."""
    rng = random.Random(seed)
    length = depth * 2000
    found: list[Ticket] = []
    for number in range(depth):
        opened, resolved = (number + 1) * 600, length - number * 1000
        blocks = (f"T{number - 1}",) if number else ()
        for name, start, end, blocked in (
            (f"T{number}", opened, resolved, blocks),
            (f"U{number}", opened - rng.randint(1, 500), resolved - rng.randint(100, 900), (f"T{number}",)),
        ):
            due = start + int((end - start) * rng.choice((0.7, 0.9, 0.95)))
            found.append(Ticket(name, "D0", f"D{rng.randrange(departments)}", start, end, blocked, None, due))
    return Commitment("D0", 0, length * 6 // 10, length), found


def as_document(commitment: Commitment, tickets: list[Ticket], now: int | None = None) -> dict[str, Any]:
    """The graph in the vectors' shape."""
    document: dict[str, Any] = {
        "commitment": {
            "owner": commitment.owner,
            "promised_at": _instant(commitment.promised_at),
            "due_at": _instant(commitment.due_at),
            "delivered_at": _instant(commitment.delivered_at),
        },
        "tickets": [_written(ticket) for ticket in tickets],
    }
    return document if now is None else document | {"now": _instant(now)}


def _written(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "requester": ticket.requester,
        "provider": ticket.provider,
        "opened_at": _instant(ticket.opened_at),
        "resolved_at": _instant(ticket.resolved_at),
        "blocks": list(ticket.blocks),
        "acknowledged_at": _instant(ticket.acknowledged_at),
        "due_at": _instant(ticket.due_at),
        "legs": [
            {
                "department": leg.department,
                "started_at": _instant(leg.started_at),
                "acknowledged_at": _instant(leg.acknowledged_at),
            }
            for leg in ticket.legs
        ],
        "waits": [
            {"on": wait.on, "from": _instant(wait.started_at), "to": _instant(wait.ended_at)} for wait in ticket.waits
        ],
    }


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
