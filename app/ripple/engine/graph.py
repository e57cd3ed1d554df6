"""The graph of one commitment: what was promised, and the tickets beneath it.

Instants are integer seconds since the epoch, durations integer seconds. Node 0 is the commitment, node ``i + 1``
the ticket ``tickets[i]``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CUSTOMER: Final = "customer"
THIRD_PARTY: Final = "third_party"
REQUESTER: Final = "requester"
WAITED_FOR: Final = (REQUESTER, CUSTOMER, THIRD_PARTY)
RESERVED_NAMES: Final = frozenset((CUSTOMER, THIRD_PARTY))

ROOT: Final = 0
NOBODY: Final = -1


class InvalidGraph(ValueError):
    """The input describes no possible history. ``pointer`` is a JSON pointer into it, ``detail`` a sentence."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Leg:
    """The stretch of a ticket's life with one department, until the next leg starts."""

    department: str
    started_at: int
    acknowledged_at: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """An interval in which the ticket waited on ``requester``, ``customer`` or ``third_party``; None: until it ends."""

    on: str
    started_at: int
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Waited:
    """A wait as it counts: within the ticket's life, ended by the next one, never empty."""

    on: str
    started_at: int
    ended_at: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request as it happened. ``resolved_at`` is None while open; ``blocks`` holds ids, the raiser's first."""

    id: str
    requester: str
    provider: str
    opened_at: int
    resolved_at: int | None = None
    blocks: tuple[str, ...] = ()
    acknowledged_at: int | None = None
    due_at: int | None = None
    legs: tuple[Leg, ...] = ()
    waits: tuple[Wait, ...] = ()


@dataclass(frozen=True, slots=True)
class Commitment:
    """What was promised to the customer; ``delivered_at`` is None while it is not delivered."""

    owner: str
    promised_at: int
    due_at: int
    delivered_at: int | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A commitment's history, checked and normalised: made by ``build_graph``, read by everything else.

    Per node: ``opened`` and ``ended`` bound its life; ``due`` is None without a promise; ``raiser`` is the node that
    opened it, or ``NOBODY``; ``drivers`` are the nodes its end waited for, the earliest end first and in ties the
    one to be blamed last; ``drives`` are the nodes it is a driver of; ``legs`` start with one that covers its
    opening, in time order (the root has none); ``waits`` are in time order, without overlap.
    ``children_first`` is an order of the nodes in which every ticket comes before what it blocks.
    """

    commitment: Commitment
    tickets: tuple[Ticket, ...]
    opened: tuple[int, ...]
    ended: tuple[int, ...]
    due: tuple[int | None, ...]
    raiser: tuple[int, ...]
    drivers: tuple[tuple[int, ...], ...]
    drives: tuple[tuple[int, ...], ...]
    legs: tuple[tuple[Leg, ...], ...]
    waits: tuple[tuple[Waited, ...], ...]
    children_first: tuple[int, ...]


def build_graph(commitment: Commitment, tickets: Sequence[Ticket], now: int | None = None) -> Graph:
    """Check and normalise a history.

    ``now`` is where an undelivered commitment and its open tickets end; for a delivered one it is the delivery.
    Raises ``InvalidGraph`` for ends before openings, waits the wrong way round, reserved department names,
    ids given twice and cycles.
    """
    now = _check_commitment(commitment, now)
    for position, ticket in enumerate(tickets):
        _check_ticket(position, ticket)
    nodes = _number(tickets)
    opened = (commitment.promised_at, *(ticket.opened_at for ticket in tickets))
    ended = (now, *(_end_of(ticket, now) for ticket in tickets))
    parents = _parents(tickets, nodes)
    children_first = _children_first(parents, tickets)
    drivers = _drivers(commitment, tickets, parents, opened, ended)
    return Graph(
        commitment=commitment,
        tickets=tuple(tickets),
        opened=opened,
        ended=ended,
        due=(commitment.due_at, *(ticket.due_at for ticket in tickets)),
        raiser=_raisers(parents, opened, ended),
        drivers=drivers,
        drives=_inverse(drivers),
        legs=((), *(_legs_of(ticket) for ticket in tickets)),
        waits=((), *(_waits_of(ticket, end) for ticket, end in zip(tickets, ended[1:], strict=True))),
        children_first=children_first,
    )


def _check_commitment(commitment: Commitment, now: int | None) -> int:
    """The instant at which the commitment ends."""
    _check_name(commitment.owner, "/commitment/owner")
    if commitment.delivered_at is not None:
        if commitment.delivered_at < commitment.promised_at:
            raise InvalidGraph("/commitment/delivered_at", "A commitment cannot be delivered before it was promised.")
        return commitment.delivered_at
    if now is None:
        raise InvalidGraph("/now", "An undelivered commitment is seen as of an instant: now is missing.")
    if now < commitment.promised_at:
        raise InvalidGraph("/now", "A commitment cannot be looked at before it was promised.")
    return now


def _check_ticket(position: int, ticket: Ticket) -> None:
    _check_name(ticket.requester, "/tickets/{}/requester", position)
    _check_name(ticket.provider, "/tickets/{}/provider", position)
    if ticket.resolved_at is not None and ticket.resolved_at < ticket.opened_at:
        raise InvalidGraph(f"/tickets/{position}/resolved_at", "A ticket cannot be resolved before it was opened.")
    for number, leg in enumerate(ticket.legs):
        _check_name(leg.department, "/tickets/{}/legs/{}/department", position, number)
    for number, wait in enumerate(ticket.waits):
        at = f"/tickets/{position}/waits/{number}"
        if wait.on not in WAITED_FOR:
            raise InvalidGraph(f"{at}/on", f"A ticket waits on one of {', '.join(WAITED_FOR)}.")
        if wait.ended_at is not None and wait.ended_at < wait.started_at:
            raise InvalidGraph(f"{at}/to", "A wait cannot end before it began.")


def _check_name(department: str, pointer: str, *positions: int) -> None:
    if department in RESERVED_NAMES:
        raise InvalidGraph(pointer.format(*positions), f"{department!r} is reserved: no department may be so named.")


def _number(tickets: Sequence[Ticket]) -> dict[str, int]:
    nodes: dict[str, int] = {}
    for position, ticket in enumerate(tickets):
        if ticket.id in nodes:
            raise InvalidGraph(f"/tickets/{position}/id", f"The id {ticket.id!r} is given twice.")
        nodes[ticket.id] = position + 1
    return nodes


def _end_of(ticket: Ticket, now: int) -> int:
    return ticket.resolved_at if ticket.resolved_at is not None else max(now, ticket.opened_at)


def _parents(tickets: Sequence[Ticket], nodes: dict[str, int]) -> list[tuple[int, ...]]:
    """What each node blocks, the raiser's first, without repetition; the root's children block it alone."""
    parents: list[tuple[int, ...]] = [()]
    for ticket in tickets:
        known = dict.fromkeys(nodes[blocked] for blocked in ticket.blocks if blocked in nodes)
        parents.append(tuple(known) or (ROOT,))
    return parents


def _children_first(parents: list[tuple[int, ...]], tickets: Sequence[Ticket]) -> tuple[int, ...]:
    unseen_children = [0] * len(parents)
    for blocked in parents:
        for parent in blocked:
            unseen_children[parent] += 1
    order = [node for node, unseen in enumerate(unseen_children) if not unseen]
    for node in order:
        for parent in parents[node]:
            unseen_children[parent] -= 1
            if not unseen_children[parent]:
                order.append(parent)
    if len(order) < len(parents):
        raise _cycle(parents, unseen_children, tickets)
    return tuple(order)


def _cycle(parents: list[tuple[int, ...]], unseen_children: list[int], tickets: Sequence[Ticket]) -> InvalidGraph:
    child_in_the_way: dict[int, int] = {}
    for node, blocked in enumerate(parents):
        if unseen_children[node]:
            for parent in blocked:
                child_in_the_way[parent] = node
    trail: dict[int, None] = {}
    node = next(node for node in range(1, len(parents)) if unseen_children[node])
    while node not in trail:
        trail[node] = None
        node = child_in_the_way[node]
    nodes = list(trail)
    circle = nodes[nodes.index(node) :][::-1]
    first = circle.index(min(circle))
    circle = circle[first:] + circle[: first + 1]
    named = " blocks ".join(tickets[node - 1].id for node in circle)
    return InvalidGraph(f"/tickets/{circle[0] - 1}/blocks", f"Tickets may not block each other in a cycle: {named}.")


def _raisers(parents: list[tuple[int, ...]], opened: tuple[int, ...], ended: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(
        blocked[0] if blocked and opened[blocked[0]] <= opened[node] < ended[blocked[0]] else NOBODY
        for node, blocked in enumerate(parents)
    )


def _drivers(
    commitment: Commitment,
    tickets: Sequence[Ticket],
    parents: list[tuple[int, ...]],
    opened: tuple[int, ...],
    ended: tuple[int, ...],
) -> tuple[tuple[int, ...], ...]:
    unresolved = [commitment.delivered_at is None, *(ticket.resolved_at is None for ticket in tickets)]
    drivers: list[list[int]] = [[] for _ in parents]
    for node in range(1, len(parents)):
        end = ended[node]
        if end == opened[node]:
            continue
        for parent in parents[node]:
            if opened[parent] < end <= ended[parent] and (unresolved[parent] or not unresolved[node]):
                drivers[parent].append(node)
    for found in drivers:
        if len(found) > 1:
            found.sort(key=lambda node: (-ended[node], opened[node], tickets[node - 1].id))
            found.reverse()
    return tuple(map(tuple, drivers))


def _inverse(drivers: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    drives: list[list[int]] = [[] for _ in drivers]
    for parent, found in enumerate(drivers):
        for node in found:
            drives[node].append(parent)
    return tuple(map(tuple, drives))


def _legs_of(ticket: Ticket) -> tuple[Leg, ...]:
    if not ticket.legs:
        return (Leg(ticket.provider, ticket.opened_at, ticket.acknowledged_at),)
    if len(ticket.legs) == 1:
        return ticket.legs
    return tuple(sorted(ticket.legs, key=lambda leg: leg.started_at))


def _waits_of(ticket: Ticket, end: int) -> tuple[Waited, ...]:
    if not ticket.waits:
        return ()
    begun = sorted(ticket.waits, key=lambda wait: wait.started_at)
    found = []
    for number, wait in enumerate(begun):
        start = max(wait.started_at, ticket.opened_at)
        stop = end if wait.ended_at is None else min(wait.ended_at, end)
        if number + 1 < len(begun):
            stop = min(stop, begun[number + 1].started_at)
        if start < stop:
            found.append(Waited(wait.on, start, stop))
    return tuple(found)
