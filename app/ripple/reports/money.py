"""Money as arrays: exact, whatever is added up. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.ripple.engine.totals import Amount
from app.ripple.reports.codes import renumbered
from app.ripple.reports.ids import Halves, Ints, Mask, found_in, halves

Currencies: TypeAlias = NDArray[np.bytes_]

UNIT_DIGITS: Final = 4
UNIT: Final = Decimal(10) ** -UNIT_DIGITS
"""What money is counted in: nothing is stated more finely."""
HIGH: Final = 1_000_000_000
"""The units beyond which they are counted apart, so that no sum is too large for 64 bits."""


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts: ``high`` times `HIGH` and ``low`` units of `UNIT`. ``digits`` are the decimals stated, -1 for none;
    ``currency`` is the place of each one's among the different ones, which are in order."""

    high: Ints
    low: Ints
    digits: Ints
    currency: Ints
    currencies: Currencies

    def at(self, which: Ints | Mask) -> "Money":
        """Some of them."""
        return Money(self.high[which], self.low[which], self.digits[which], self.currency[which], self.currencies)

    def followed_by(self, more: "Money") -> "Money":
        """With more behind them."""
        currencies, place = np.unique(np.concatenate((self.currencies, more.currencies)), return_inverse=True)
        mine, others = np.split(place, [len(self.currencies)])
        return Money(
            np.concatenate((self.high, more.high)),
            np.concatenate((self.low, more.low)),
            np.concatenate((self.digits, more.digits)),
            np.concatenate((mine[self.currency], others[more.currency])),
            currencies,
        )

    def sums(self, groups: Ints) -> dict[int, list[Amount]]:
        """By the group of each amount, the sum in each currency."""
        names = [currency.decode() for currency in self.currencies.tolist()]
        size = len(names) * (int(groups.max()) + 1) if len(groups) else 0
        sums, keys = renumbered(groups * len(names) + self.currency, size)
        high, low, digits = (np.zeros(len(keys), np.int64) for _ in range(3))
        np.add.at(high, sums, self.high)
        np.add.at(low, sums, self.low)
        np.maximum.at(digits, sums, self.digits)
        found: dict[int, list[Amount]] = {}
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
    currencies, currency = np.unique(np.array([row[3].encode() for row in rows], "S3"), return_inverse=True)
    return AnnualValues(halves(b"".join(id_.bytes for id_ in amounts)), Money(high, low, digits, currency, currencies))


def packed_annual_values(ids: bytes, high: bytes, low: bytes, digits: bytes, currencies: bytes) -> AnnualValues:
    """Those that are packed like `app.ripple.reports.pieces.Pieces`."""
    return AnnualValues(halves(ids), packed_money(high, low, digits, currencies))


def packed_money(high: bytes, low: bytes, digits: bytes, currencies: bytes) -> Money:
    different, currency = np.unique(np.frombuffer(currencies, "S3"), return_inverse=True)
    return Money(
        high=np.frombuffer(high, ">i8").astype(np.int64),
        low=np.frombuffer(low, ">i4").astype(np.int64),
        digits=np.frombuffer(digits, ">i2").astype(np.int64),
        currency=currency,
        currencies=different,
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
NO_PACKED_VALUES: Final = (b"",) * 5
