"""Which places a process has for jobs in lanes, who holds them, and which lanes wait for one.

Instants are those of the event loop's clock, in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.kernel.outside import Lease

SLOW_SECONDS: Final = 2
"""After this time a job no longer counts among those `at_once`, so that those who hang do not keep out the others."""

MOST: Final = 5
"""How many times `at_once` jobs may be under way, the slow ones included."""


@dataclass(slots=True)
class _Lane:
    doing: int = 0
    leased: int = 0
    several: bool = False
    # It may hold more that is due than it had room for.
    full: bool = False


class Places:
    """`at_once` places, and more for those jobs that have held one for long."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._most = MOST * at_once
        self._doing: dict[Lease, None] = {}
        self._lanes: dict[UUID, _Lane] = {}
        self._served: dict[UUID, int] = {}
        self._turn = 0
        self.held_back = False
        """Whether something that is due may wait for a place."""

    def free(self, at: float) -> int:
        """How many more jobs may be begun."""
        return min(self._at_once - self._quick(at)[0], self._most - len(self._doing))

    def freed_at(self, at: float) -> float | None:
        """When the next job will have held its place for long; None when there is none that has not yet."""
        count, oldest = self._quick(at)
        return oldest + SLOW_SECONDS if count else None

    def known(self, at: float) -> dict[str, Any]:
        """What the statements that claim are told: see `claiming`.

        The more places are held for long, the smaller is the share of its width that a lane gets: many lanes that hang
        leave room for the others.
        """
        lanes = [*self._lanes, *(lane for lane in self._served if lane not in self._lanes)]
        idle = _Lane()
        return {
            "lanes": lanes,
            "doing": [self._lanes.get(lane, idle).doing for lane in lanes],
            "leased": [self._lanes.get(lane, idle).leased for lane in lanes],
            "served": [self._served.get(lane) for lane in lanes],
            "share": 1 - (len(self._doing) - self._quick(at)[0]) / self._most,
        }

    def take(self, leases: Sequence[Lease], rooms: Sequence[int], free: int) -> None:
        """Notes what was claimed when that many places were free and so many jobs had room in the lane of each."""
        self._turn += 1
        self.held_back = len(leases) >= free
        if not self.held_back:
            # Every lane got what it could: none has been waiting for another.
            self._served.clear()
        claimed: dict[UUID, int] = {}
        for lease, room in zip(leases, rooms, strict=True):
            id_ = lease.job.lane
            lane = self._lanes.setdefault(id_, _Lane())
            lane.doing += 1
            lane.leased += 1
            lane.several = lane.several or lane.leased > 1
            claimed[id_] = claimed.get(id_, 0) + 1
            lane.full = claimed[id_] >= room
            self._doing[lease] = None
            if self.held_back:
                self._served[id_] = self._turn

    def leave(self, lease: Lease, at: float) -> bool:
        """Notes that a job is no longer being done; whether another may now be begun that could not before."""
        del self._doing[lease]
        lane = self._lanes[lease.job.lane]
        lane.doing -= 1
        was_full, lane.full = lane.full, lane.full and lease.singly
        if lease.since <= at - SLOW_SECONDS or (was_full and not lease.singly):
            self.held_back = True
        return self.held_back

    def give_back(self, leases: Sequence[Lease]) -> bool:
        """Notes that jobs are no longer leased; whether another may now be begun that could not before."""
        drained = False
        for lease in leases:
            lane = self._lanes[lease.job.lane]
            lane.leased -= 1
            self.held_back = self.held_back or lease.singly
            if not lane.leased:
                # If the lane was closed meanwhile, it is tried with one job only after all the others.
                drained = drained or lane.several
                del self._lanes[lease.job.lane]
        return self.held_back or drained

    def _quick(self, at: float) -> tuple[int, float]:
        """How many jobs do not hold their places for long yet, and since when the first of them does."""
        count, oldest = 0, at
        for lease in reversed(self._doing):
            if lease.since <= at - SLOW_SECONDS:
                break
            count, oldest = count + 1, lease.since
        return count, oldest
