"""A contest taken apart where its ways run together."""

from dataclasses import dataclass

from app.ripple.engine.critical import START, Contest, Way


@dataclass(frozen=True, slots=True)
class Branch:
    """Ways from one source: through the ``inner`` stages, then the longest of ``ways`` from the last of them."""

    inner: tuple[int, ...]
    ways: tuple[Way, ...]


class Stages:
    """A contest as the sum of smaller ones.

    Every junction counts from the latest point all its ways come through, its anchor: what it adds to that is a game
    of its own among the parties in between, usually few. The lateness is the sum of the stages ``in_line`` up to
    the end, and of ``end`` itself; at least the plan.
    """

    def __init__(self, contest: Contest) -> None:
        self._anchor: list[int] = []
        self._depth: list[int] = []
        self.branches: list[tuple[Branch, ...]] = []
        for ways in contest.junctions:
            self._add(ways)
        self.end = contest.end
        self.in_line = self._between(START, contest.end.source)
        self.plan_seconds = contest.plan_seconds
        self.plan_decides = contest.plan_decides

    def _add(self, ways: tuple[Way, ...]) -> None:
        by_source: dict[int, list[Way]] = {}
        for way in ways:
            by_source.setdefault(way.source, []).append(way)
        anchor, *others = by_source
        for source in others:
            anchor = self._last_common(anchor, source)
        self.branches.append(
            tuple(Branch(self._between(anchor, source), tuple(found)) for source, found in by_source.items())
        )
        self._anchor.append(anchor)
        self._depth.append(self._depth_of(anchor) + 1)

    def _depth_of(self, junction: int) -> int:
        return 0 if junction == START else self._depth[junction]

    def _last_common(self, one: int, other: int) -> int:
        while one != other:
            if self._depth_of(one) < self._depth_of(other):
                one, other = other, one
            one = self._anchor[one]
        return one

    def _between(self, anchor: int, junction: int) -> tuple[int, ...]:
        """The stages from ``anchor`` (not included) up to ``junction``."""
        stages = []
        while junction != anchor:
            stages.append(junction)
            junction = self._anchor[junction]
        return tuple(stages)
