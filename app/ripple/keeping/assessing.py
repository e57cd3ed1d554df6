"""From a stored history to what reports add up."""

from datetime import datetime

from app.ripple.engine.analysis import analyse
from app.ripple.engine.graph import ROOT, Graph
from app.ripple.engine.totals import Assessed
from app.ripple.loading import History


def assess(history: History, now: datetime) -> Assessed:
    """The commitment's analysis, with what it is grouped by and worth. Costs time: not for the event loop."""
    graph, commitment = history.graph(now), history.commitment
    return Assessed(
        commitment_id=commitment.id,
        customer_id=commitment.customer_id,
        owner=commitment.owner,
        delivered=commitment.delivered_at is not None,
        analysis=analyse(graph),
        kinds=history.kinds,
        last_driver_id=_last_driver_id(graph),
        value=commitment.own_value,
        annual_value=commitment.customer_value,
    )


def _last_driver_id(graph: Graph) -> str | None:
    drivers = graph.drivers[ROOT]
    return graph.tickets[drivers[-1] - 1].id if drivers else None
