"""How long the ripple engine takes, on one core: `python -m bench.ripple_engine` prints a table.

Each row is one commitment, from the graph as it is read to the finished analysis. ``contested`` is how many parties
could still change the lateness once what cannot come last was left out. The hard graphs are those in which nearly
everything can.
"""

import time
from collections.abc import Iterator

from app.ripple.engine.analysis import analyse
from app.ripple.engine.critical import find_contest
from app.ripple.engine.graph import build_graph
from app.ripple.engine.worlds import build_timeline
from tests.ripple.large_graphs import chain, nested, side_drivers, staged

CASES = {
    "10 tickets": lambda: nested(10, 6, seed=4),
    "5,000 tickets, 12 parties": lambda: nested(5000, 10),
    "5,000 tickets, 12 parties, in stages of 2 (hard)": lambda: staged(5000, 12, 2),
    "5,000 tickets, 12 parties, in stages of 20 (hard)": lambda: staged(5000, 12, 20),
    "chain of 2,000": lambda: chain(2000, 12),
    "chain of 1,000 with side drivers, 12 parties (hard)": lambda: side_drivers(1000, 12),
    "chain of 1,000 with side drivers, 16 parties (hard)": lambda: side_drivers(1000, 16),
    "500 tickets, 40 parties": lambda: nested(500, 38),
    "500 tickets, 40 parties, in stages of 2 (hard)": lambda: staged(500, 40, 2),
    "500 tickets, 40 parties, in stages of 20 (hard)": lambda: staged(500, 40, 20),
}


def measure(repeats: int = 5) -> Iterator[tuple[str, int, float]]:
    """Per case its name, the number of contested parties, and the shortest time in seconds."""
    for name, make in CASES.items():
        commitment, tickets = make()
        timeline = build_timeline(build_graph(commitment, tickets))
        contested = len(find_contest(timeline, timeline.plan_seconds()).parties)
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            analyse(build_graph(commitment, tickets))
            times.append(time.perf_counter() - start)
        yield name, contested, min(times)


def main() -> None:
    print(f"{'commitment':<60}{'contested':>10}{'ms':>10}")
    for name, contested, seconds in measure():
        print(f"{name:<60}{contested:>10}{seconds * 1000:>10.2f}")


if __name__ == "__main__":
    main()
