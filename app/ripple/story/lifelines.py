"""A commitment and its tickets as lines over time, for whoever draws them. Pure.

Instants are integer seconds since the epoch.
"""

from collections import defaultdict
from dataclasses import dataclass

from app.ripple.engine.analysis import Analysis
from app.ripple.engine.graph import NOBODY, ROOT, Graph, Waited
from app.ripple.engine.walk import Charge, Segment, own_charges


@dataclass(frozen=True, slots=True)
class LineLeg:
    """A leg as it counts: within the ticket's life."""

    department: str
    started_at: int
    ended_at: int
    acknowledged_at: int | None


@dataclass(frozen=True, slots=True)
class Lifeline:
    """A ticket's life.

    ``depth`` is 1 for what the commitment asked for, 2 for what that waited for, and so on. ``raised_by`` is the ticket
    for whose sake it was opened (None: the commitment, or nobody). ``driving`` tells whether what it blocks waited for
    it, ``on_path_seconds`` how long the customer did. ``charges`` are its whole life by department and cause.
    """

    ticket_id: str
    requester: str
    provider: str
    opened_at: int
    ended_at: int
    due_at: int | None
    resolved: bool
    depth: int
    raised_by: str | None
    driving: bool
    on_path_seconds: int
    overrun_seconds: int
    legs: tuple[LineLeg, ...]
    waits: tuple[Waited, ...]
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class Lifelines:
    """The commitment from ``started_at`` to ``ended_at``, its tickets, each above those it waited for, and the path.

    ``first_at`` and ``last_at`` bound everything: also the due time, and tickets opened before or resolved after.
    """

    first_at: int
    last_at: int
    started_at: int
    ended_at: int
    due_at: int
    delivered: bool
    tickets: tuple[Lifeline, ...]
    path: tuple[Segment, ...]


def draw_lifelines(graph: Graph, analysis: Analysis) -> Lifelines:
    """The lines of a graph and its analysis."""
    depth, order = _depth_first(graph)
    on_path: dict[str | None, int] = defaultdict(int)
    for segment in analysis.segments:
        on_path[segment.ticket_id] += segment.seconds
    tickets = tuple(_lifeline(graph, node, depth[node], on_path) for node in order if node != ROOT)
    return Lifelines(
        first_at=min(graph.opened),
        last_at=max(*graph.ended, graph.commitment.due_at),
        started_at=graph.opened[ROOT],
        ended_at=graph.ended[ROOT],
        due_at=graph.commitment.due_at,
        delivered=graph.commitment.delivered_at is not None,
        tickets=tickets,
        path=analysis.segments,
    )


def _depth_first(graph: Graph) -> tuple[list[int], list[int]]:
    """The depth of each node, and the nodes as a tree is read: each once, under the first that it blocks."""
    nodes = {ticket.id: number + 1 for number, ticket in enumerate(graph.tickets)}
    children: dict[int, list[int]] = defaultdict(list)
    for number, ticket in enumerate(graph.tickets):
        parent = next((nodes[blocked] for blocked in ticket.blocks if blocked in nodes), ROOT)
        children[parent].append(number + 1)
    depth, order, ahead = [0] * len(graph.opened), [], [ROOT]
    while ahead:
        node = ahead.pop()
        order.append(node)
        beneath = sorted(children[node], key=lambda child: (graph.opened[child], graph.tickets[child - 1].id))
        for child in reversed(beneath):
            depth[child] = depth[node] + 1
            ahead.append(child)
    return depth, order


def _lifeline(graph: Graph, node: int, depth: int, on_path: dict[str | None, int]) -> Lifeline:
    ticket, raiser = graph.tickets[node - 1], graph.raiser[node]
    due, end = graph.due[node], graph.ended[node]
    return Lifeline(
        ticket_id=ticket.id,
        requester=ticket.requester,
        provider=ticket.provider,
        opened_at=graph.opened[node],
        ended_at=end,
        due_at=due,
        resolved=ticket.resolved_at is not None,
        depth=depth,
        raised_by=None if raiser in (NOBODY, ROOT) else graph.tickets[raiser - 1].id,
        driving=bool(graph.drives[node]),
        on_path_seconds=on_path.get(ticket.id, 0),
        overrun_seconds=0 if due is None else max(0, end - due),
        legs=_legs(graph, node),
        waits=graph.waits[node],
        charges=tuple(own_charges(graph, node)),
    )


def _legs(graph: Graph, node: int) -> tuple[LineLeg, ...]:
    """The legs that lasted, cut to the ticket's life; the first covers its opening."""
    found = graph.legs[node]
    start, end = graph.opened[node], graph.ended[node]
    legs: list[LineLeg] = []
    for number, leg in enumerate(found):
        stop = min(found[number + 1].started_at, end) if number + 1 < len(found) else end
        if stop > start or (number + 1 == len(found) and not legs):
            acknowledged = leg.acknowledged_at
            if acknowledged is not None:
                acknowledged = min(max(acknowledged, start), stop)
            legs.append(LineLeg(leg.department, start, stop, acknowledged))
            start = stop
    return tuple(legs)
