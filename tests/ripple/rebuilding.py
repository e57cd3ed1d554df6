"""Any world at all: a timeline rebuilt lag by lag from what each stretch of a node's own time takes in it."""

from collections.abc import Callable

from app.ripple.engine.graph import NOBODY, ROOT
from app.ripple.engine.walk import Charge, OwnTime
from app.ripple.engine.worlds import Timeline


def lateness_where(timeline: Timeline, takes: Callable[[int, Charge], float]) -> float:
    """How late the commitment is where a stretch of a node's own time takes `takes(node, stretch)` seconds."""
    graph, lags, own_time = timeline.graph, timeline.lags, OwnTime(timeline.graph)
    promised = graph.opened[ROOT]

    def lag(node: int, start: int, stop: int) -> float:
        return sum(takes(node, stretch) for stretch in own_time.backwards(node, start, stop))

    def end_of(node: int) -> float:
        return reached[node] + lag(node, lags.end_after[node], graph.ended[node])

    reached = [0.0] * len(graph.opened)
    for event in timeline.events:
        node = event if event >= 0 else ~event
        if event < 0:
            for parent in graph.drives[node]:
                reached[parent] = max(reached[parent], end_of(node))
        elif graph.raiser[node] == NOBODY:
            reached[node] = graph.opened[node] - promised
        else:
            raiser = graph.raiser[node]
            reached[node] = reached[raiser] + lag(raiser, lags.open_after[node], graph.opened[node])
    return max(0.0, end_of(ROOT) - (graph.commitment.due_at - promised))
