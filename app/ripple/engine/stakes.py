"""What is at stake with some commitments: each one's value, else its customer's, every customer once. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.ripple.engine.totals import Amount


@dataclass(frozen=True, slots=True)
class Stake:
    """What depends on one commitment.

    ``id`` is the commitment's where it states a value; else the customer's, so that several of its commitments stand
    for the same thing. ``amount`` is None when neither states any.
    """

    id: UUID
    amount: Amount | None


def stake_of(commitment_id: UUID, value: Amount | None, customer_id: UUID, annual_value: Amount | None) -> Stake:
    """The commitment's value, else the annual value of its customer."""
    return Stake(commitment_id, value) if value is not None else Stake(customer_id, annual_value)


class Stakes:
    """Counts, of each stake, the commitments that were added for it."""

    def __init__(self) -> None:
        self._amounts: dict[UUID, Amount] = {}
        self._commitments: Counter[UUID] = Counter()

    def add(self, stake: Stake) -> None:
        if stake.amount is not None:
            self._amounts[stake.id] = stake.amount
            self._commitments[stake.id] += 1

    def amounts(self) -> list[Amount]:
        """Each stake once, summed by currency, by its name."""
        return summed(self._amounts.values())

    def beyond(self, others: "Stakes") -> list[Amount]:
        """Only stakes that are not among the others, summed by currency."""
        return summed(amount for id_, amount in self._amounts.items() if id_ not in others._amounts)

    def whole(self, of: "Stakes") -> list[Amount]:
        """Only stakes with as many commitments here as there, summed by currency."""
        counted = of._commitments
        return summed(amount for id_, amount in self._amounts.items() if self._commitments[id_] == counted[id_])


def summed(amounts: Iterable[Amount]) -> list[Amount]:
    """The sum in each currency, by its name."""
    sums: dict[str, Decimal] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, Decimal(0)) + amount.value
    return [Amount(value, currency) for currency, value in sorted(sums.items())]


def by_currency(amounts: Iterable[Amount]) -> Mapping[str, Decimal]:
    return {amount.currency: amount.value for amount in amounts}
