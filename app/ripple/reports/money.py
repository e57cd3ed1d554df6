"""Money as arrays: exact, whatever is added up. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.ripple.engine.totals import Amount
from app.ripple.reports.ids import Halves, Ints, Mask, found_in, halves

UNIT_DIGITS: Final = 4
UNIT: Final = Decimal(10) ** -UNIT_DIGITS
"""What money is counted in: nothing is stated more finely."""
HIGH: Final = 1_000_000_000
"""The units beyond which they are counted apart, so that no sum is too large for 64 bits."""


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts: ``high`` times `HIGH` and ``low`` units of `UNIT`. ``digits`` are the decimals stated, -1 for none."""

    high: Ints
    low: Ints
    digits: Ints
    currency: NDArray[np.bytes_]

    def at(self, which: Ints | Mask) -> "Money":
        """Some of them."""
        return Money(self.high[which], self.low[which], self.digits[which], self.currency[which])

    def followed_by(self, more: "Money") -> "Money":
        """With more behind them."""
        return Money(
            np.concatenate((self.high, more.high)),
            np.concatenate((self.low, more.low)),
            np.concatenate((self.digits, more.digits)),
            np.concatenate((self.currency, more.currency)),
        )

    def sums(self, groups: Ints) -> dict[int, list[Amount]]:
        """By the group of each amount, the sum in each currency."""
        currencies, currency = np.unique(self.currency, return_inverse=True)
        keys, sums = np.unique(groups * len(currencies) + currency, return_inverse=True)
        high, low, digits = (np.zeros(len(keys), np.int64) for _ in range(3))
        np.add.at(high, sums, self.high)
        np.add.at(low, sums, self.low)
        np.maximum.at(digits, sums, self.digits)
        found: dict[int, list[Amount]] = {}
        names = [currency.decode() for currency in currencies.tolist()]
        for key, *parts in zip(keys.tolist(), high.tolist(), low.tolist(), digits.tolist(), strict=True):
            group, number = divmod(key, len(names))
            found.setdefault(group, []).append(Amount(_decimal(*parts), names[number]))
        return found


@dataclass(frozen=True, slots=True)
class AnnualValues:
    """What customers are worth in a year, by their ids."""

    customer_ids: Halves
    worth: Money

    def of(self, customers: Halves) -> Ints:
        """The place of each customer here, -1 for those who are not; each is there once."""
        return found_in(customers, self.customer_ids)


def annual_values_of(amounts: Mapping[UUID, Amount]) -> AnnualValues:
    """Those that were read one by one."""
    rows = [in_units(amount) for amount in amounts.values()]
    high, low, digits = (np.array([row[index] for row in rows], np.int64) for index in range(3))
    currency = np.array([row[3].encode() for row in rows], "S3")
    return AnnualValues(halves(b"".join(id_.bytes for id_ in amounts)), Money(high, low, digits, currency))


def packed_annual_values(ids: bytes, high: bytes, low: bytes, digits: bytes, currencies: bytes) -> AnnualValues:
    """Those that are packed like `app.ripple.reports.pieces.Pieces`."""
    return AnnualValues(halves(ids), packed_money(high, low, digits, currencies))


def packed_money(high: bytes, low: bytes, digits: bytes, currencies: bytes) -> Money:
    return Money(
        high=np.frombuffer(high, ">i8").astype(np.int64),
        low=np.frombuffer(low, ">i4").astype(np.int64),
        digits=np.frombuffer(digits, ">i2").astype(np.int64),
        currency=np.frombuffer(currencies, "S3"),
    )


def in_units(amount: Amount | None) -> tuple[int, int, int, str]:
    """High, low, digits and currency, as `Money` has them."""
    if amount is None:
        return 0, 0, -1, ""
    digits = max(0, -int(amount.value.as_tuple().exponent))
    return *divmod(int(amount.value / UNIT), HIGH), digits, amount.currency


def _decimal(high: int, low: int, digits: int) -> Decimal:
    """So much money, with that many decimals."""
    units = (high * HIGH + low) // 10 ** (UNIT_DIGITS - digits)
    return Decimal(f"{units}E-{digits}")


NO_VALUES: Final = annual_values_of({})
