"""A scorecard as CSV: a line for each measure, and for each amount that the work is worth."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from app.kernel.reports import Period, Report, Row
from app.ripple.engine.totals import Amount
from app.scorecards.scorecard_schemas import Scorecard


@dataclass(frozen=True, slots=True)
class Line:
    """A measure, or an amount, whose unit is then its currency."""

    unit: str
    better: str | None = None
    value: float | Decimal | None = None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    of: int | None = None
    previous: float | None = None
    change: float | None = None
    median: float | None = None
    over: int | None = None


_NAMES = tuple(field.name for field in fields(Line))


def csv_of(scorecard: Scorecard) -> str:
    """The lines beneath their header."""
    period = Period(scorecard.from_, scorecard.to, scorecard.to)
    return Report(period, ("measure",), Line, list(_rows(scorecard)), None).csv()


def _rows(scorecard: Scorecard) -> Iterator[Row[Line]]:
    for told in scorecard.rows:
        values: dict[str, Any] = {name: getattr(told, name) for name in _NAMES}
        yield Row({"measure": told.group.measure}, Line(**values))
    yield from _told("delayed_commitments", scorecard.totals.delayed.commitments)
    yield from _told("delayed_value", scorecard.totals.delayed.value)
    for field in fields(scorecard.totals.worth):
        yield from _told(field.name, getattr(scorecard.totals.worth, field.name))


def _told(name: str, worth: int | list[Amount]) -> Iterator[Row[Line]]:
    if isinstance(worth, int):
        yield Row({"measure": name}, Line("count", value=worth))
        return
    for amount in worth:
        yield Row({"measure": name}, Line(amount.currency, value=amount.value))
