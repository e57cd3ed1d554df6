"""Exposure: what is open and likely late, added up. Pure."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from math import fsum
from typing import Final
from uuid import UUID

from app.ripple.engine.stakes import Stake
from app.ripple.engine.totals import Amount

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Exposed:
    """An open commitment, what depends on it, and how likely it is late; None: it was not looked at yet."""

    id: UUID
    stake: Stake
    probability_late: float | None
    at_risk: bool


@dataclass(frozen=True, slots=True)
class ExposureFigures:
    """What is open, and how much of it is likely late.

    ``at_risk`` were told to be at risk, and not back on track since. ``expected_late`` is how many will be late on
    average: their probabilities added up. ``value_at_risk`` adds up probability times value in the one ``currency``
    there is; of several it is null, as where nothing has a value, and ``values_at_risk`` has it by currency. The value
    is the commitment's, else the annual value of its customer, which counts once, by the likeliest of such commitments.
    ``awaiting_forecast`` were not looked at yet, and add nothing but themselves.
    """

    open_commitments: int
    at_risk: int
    expected_late: float
    value_at_risk: Decimal | None
    currency: str | None
    values_at_risk: list[Amount]
    awaiting_forecast: int


class ExposureSums:
    """Adds up commitments, one after the other."""

    def __init__(self) -> None:
        self._open = self._at_risk = self._awaiting = 0
        self._probabilities: list[float] = []
        self._stakes: dict[UUID, tuple[Amount, float]] = {}

    def add(self, exposed: Exposed) -> None:
        self._open += 1
        self._at_risk += exposed.at_risk
        probability, amount = exposed.probability_late, exposed.stake.amount
        if probability is None:
            self._awaiting += 1
            return
        self._probabilities.append(probability)
        if amount is not None:
            _, likeliest = self._stakes.get(exposed.stake.id, (amount, 0.0))
            self._stakes[exposed.stake.id] = (amount, max(probability, likeliest))

    def figures(self) -> ExposureFigures:
        values = self._values()
        only = values[0] if len(values) == 1 else None
        return ExposureFigures(
            open_commitments=self._open,
            at_risk=self._at_risk,
            expected_late=round(fsum(self._probabilities), 3),
            value_at_risk=None if only is None else only.value,
            currency=None if only is None else only.currency,
            values_at_risk=values,
            awaiting_forecast=self._awaiting,
        )

    def _values(self) -> list[Amount]:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for amount, probability in self._stakes.values():
            sums[amount.currency] += value_at_risk(amount.value, probability)
        return [Amount(value, currency) for currency, value in sorted(sums.items())]


def value_at_risk(value: Decimal, probability_late: float) -> Decimal:
    """The probability that it is late, times what it is worth; to the cent."""
    return (value * Decimal(probability_late)).quantize(_CENT)
