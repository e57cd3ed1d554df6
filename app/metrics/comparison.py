"""Which group of the period before a group is compared with. Pure, but for the problem it raises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.kernel.problems import Invalid
from app.kernel.reports import TIMES, Period

_DAY = timedelta(days=1)
_DAYS_OF_YEAR = 365.2425


@dataclass(frozen=True, slots=True)
class StepBack:
    """How far back the period before lies, in whole days and in whole months."""

    days: int
    months: int

    def group(self, told: Mapping[str, Any]) -> tuple[Any, ...]:
        """The group of the period before that corresponds to a group: the same one, and by time the one so much
        earlier."""
        return tuple(self._earlier(name, value) if name in TIMES else value for name, value in told.items())

    def _earlier(self, stretch: str, day: date) -> date:
        if stretch != "month":
            return day - self.days * _DAY
        months = day.year * 12 + day.month - 1 - self.months
        return date(months // 12, months % 12 + 1, 1)


def step_back(period: Period, dimensions: Iterable[str]) -> StepBack:
    """How far back the groups lie that this period's groups are compared with.

    Lengths are rounded to whole days, so that a change of summer time does not matter.

    Raises:
        Invalid: grouped by week it is not of whole weeks, or by month not of whole years.
    """
    days = round((period.end - period.start) / _DAY)
    years = round(days / _DAYS_OF_YEAR)
    grouped = set(dimensions)
    if "week" in grouped and (days % 7 or not days):
        raise Invalid.field("?compare", f"compares by week only periods of whole weeks; this one has {days} days.")
    if "month" in grouped and (not years or abs(days - years * _DAYS_OF_YEAR) >= 1):
        raise Invalid.field("?compare", f"compares by month only periods of whole years; this one has {days} days.")
    return StepBack(days, 12 * years)
