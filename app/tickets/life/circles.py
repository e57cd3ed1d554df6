"""Whether a new dependency would close a circle. Pure."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)


def way(edges: Iterable[tuple[Id, Id]], start: Id, end: Id) -> list[Id] | None:
    """A shortest way from `start` to `end` along edges (from, to), both ends included; None when there is none."""
    onward: dict[Id, list[Id]] = {}
    for source, target in edges:
        onward.setdefault(source, []).append(target)
    came_from: dict[Id, Id] = {start: start}
    frontier = [start]
    while frontier and end not in came_from:
        following = []
        for here in frontier:
            for there in onward.get(here, ()):
                if there not in came_from:
                    came_from[there] = here
                    following.append(there)
        frontier = following
    if end not in came_from:
        return None
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return path[::-1]
