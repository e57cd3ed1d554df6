"""Curves that were estimated once, kept for whoever asks for the same again. Pure."""

from threading import Lock
from typing import Final

from app.ripple.forecasting.alike import Alike
from app.ripple.forecasting.survival import Outcomes, kaplan_meier

MOST_POINTS: Final = 500_000
"""How many points all curves that are kept have together; about 50 MB."""


class KeptCurves:
    """What was estimated, the oldest given up for the newest; several threads may ask."""

    def __init__(self, most_points: int = MOST_POINTS) -> None:
        self._most_points = most_points
        self._points = 0
        self._kept: dict[tuple[object, ...], Outcomes] = {}
        self._lock = Lock()

    def outcomes(self, alike: Alike, beyond_all: int | None = None) -> Outcomes:
        """How long they lasted in all, estimated with those that have not ended as censored; what is `beyond_all` as in
        `Curve.outcomes`."""
        key = (*alike.rank, beyond_all)
        found = self._kept.get(key)
        return found if found is not None else self._keep(key, kaplan_meier(alike.lasted()).outcomes(-1, beyond_all))

    def _keep(self, key: tuple[object, ...], found: Outcomes) -> Outcomes:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._points += len(found.seconds)
            while self._points > self._most_points:
                self._points -= len(self._kept.pop(next(iter(self._kept))).seconds)
        return found
