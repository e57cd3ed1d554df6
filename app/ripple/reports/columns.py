"""Many commitments and their entries as arrays, from the bytes they are stored as. Pure.

Every column is a run of bytes, commitment by commitment, so that of several such pieces one can be made by putting them
one behind the other: which is how the database answers them, however many commitments there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.ripple.engine.totals import Amount, Assessed, Place
from app.ripple.keeping.packing import FIGURES, Packed, gather, pack

Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Halves: TypeAlias = NDArray[np.uint64]
"""Ids, each as its two halves: a row of two."""

SECONDS_A_DAY: Final = 86_400
UNIT_DIGITS: Final = 4
UNIT: Final = Decimal(10) ** -UNIT_DIGITS
"""What money is counted in: nothing is stated more finely."""
HIGH: Final = 1_000_000_000
"""The units beyond which they are counted apart, so that no sum is too large for 64 bits."""

_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)
_UNFIT = np.dtype([("place", "<i4"), ("promises", "<i4"), ("slas", ">u8", (4,))])


@dataclass(frozen=True, slots=True)
class Pieces:
    """Some commitments and their entries, as bytes.

    By commitment: ids of 16 bytes; `delivered_at` in seconds since 1970, and seconds, as 64 bits; how many entries and
    mismatches it has, as 32 bits. What it is worth, in units of `UNIT`: the part above `HIGH` of them as 64 bits, the
    rest as 32, with how many decimals that was stated as 16, -1 for nothing, and a currency of three letters. All of
    these the highest byte first. By entry, and by mismatch: as `app.ripple.keeping.packing` has them.
    """

    ids: bytes = b""
    customer_ids: bytes = b""
    delivered_at: bytes = b""
    lateness: bytes = b""
    plan: bytes = b""
    unpromised: bytes = b""
    delay: bytes = b""
    worth_high: bytes = b""
    worth_low: bytes = b""
    worth_digits: bytes = b""
    currencies: bytes = b""
    entries: bytes = b""
    mismatches: bytes = b""
    places: bytes = b""
    tickets: bytes = b""
    overrun: bytes = b""
    primary: bytes = b""
    reactionary: bytes = b""
    kept_waiting: bytes = b""
    passed_on: bytes = b""
    outward: bytes = b""
    unfit: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes these are."""
        return sum(len(getattr(self, field.name)) for field in fields(self))


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


@dataclass(frozen=True, slots=True)
class AnnualValues:
    """What customers are worth in a year, by their ids."""

    customer_ids: Halves
    worth: Money

    def of(self, customers: Halves) -> Ints:
        """The place of each customer here, -1 for those who are not."""
        numbers, different = numbered(np.concatenate((self.customer_ids, customers)))
        places = np.full(len(different), -1, np.int64)
        places[numbers[: len(self.customer_ids)]] = np.arange(len(self.customer_ids))
        return places[numbers[len(self.customer_ids) :]]


def annual_values_of(amounts: Mapping[UUID, Amount]) -> AnnualValues:
    """Those that were read one by one."""
    rows = [_worth(amount) for amount in amounts.values()]
    high, low, digits = (np.array([row[index] for row in rows], np.int64) for index in range(3))
    currency = np.array([row[3].encode() for row in rows], "S3")
    return AnnualValues(halves(b"".join(id_.bytes for id_ in amounts)), Money(high, low, digits, currency))


def packed_annual_values(ids: bytes, high: bytes, low: bytes, digits: bytes, currencies: bytes) -> AnnualValues:
    """Those that are packed like `Pieces`."""
    return AnnualValues(halves(ids), _money(high, low, digits, currencies))


@dataclass(frozen=True, slots=True)
class Columns:
    """The same as arrays. `of` is the commitment of each entry, `unfit_of` that of each mismatch, by their places here.

    ``worth`` is money by commitment; ``unfit`` has a mismatch's place, how many promises, and the ids of both SLAs as
    four halves.
    """

    ids: Halves
    customer_ids: Halves
    delivered_at: Ints
    lateness: Ints
    plan: Ints
    unpromised: Ints
    delay: Ints
    worth: Money
    of: Ints
    places: NDArray[np.int32]
    figures: Mapping[str, NDArray[np.int32]]
    unfit_of: Ints
    unfit: NDArray[np.void]

    def __len__(self) -> int:
        return len(self.ids)


def joined(pieces: Sequence[Pieces]) -> Pieces:
    """One of several."""
    parts = {field.name: b"".join(getattr(each, field.name) for each in pieces) for field in fields(Pieces)}
    return Pieces(**parts)


def piece_of(assessed: Assessed, at: int, ids: dict[Place, int]) -> Pieces:
    """A commitment that was just analysed, as of an instant. Places not yet in `ids` get one there."""
    gathered, analysis = gather(assessed), assessed.analysis
    for place in gathered.places:
        ids.setdefault(place, len(ids) + 1)
    packed = pack(gathered, ids)
    delay = sum(entry.primary + entry.kept_waiting for entry in gathered.entries.values())
    high, low, digits, currency = _worth(assessed.value)
    return Pieces(
        ids=assessed.commitment_id.bytes,
        customer_ids=assessed.customer_id.bytes,
        delivered_at=_long(at),
        lateness=_long(analysis.lateness_seconds),
        plan=_long(analysis.plan_seconds),
        unpromised=_long(analysis.unpromised_seconds),
        delay=_long(delay),
        worth_high=_long(high),
        worth_low=_short(low),
        worth_digits=digits.to_bytes(2, "big", signed=True),
        currencies=currency.ljust(3).encode(),
        entries=_short(len(packed.places) // 4),
        mismatches=_short(len(packed.unfit) // _UNFIT.itemsize),
        **{field.name: getattr(packed, field.name) for field in fields(Packed)},
    )


def _worth(amount: Amount | None) -> tuple[int, int, int, str]:
    if amount is None:
        return 0, 0, -1, ""
    digits = max(0, -int(amount.value.as_tuple().exponent))
    return *divmod(int(amount.value / UNIT), HIGH), digits, amount.currency


def _long(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _short(number: int) -> bytes:
    return number.to_bytes(4, "big", signed=True)


def columns_of(pieces: Pieces) -> Columns:
    ids = halves(pieces.ids)
    number = np.arange(len(ids))
    return Columns(
        ids=ids,
        customer_ids=halves(pieces.customer_ids),
        delivered_at=_longs(pieces.delivered_at),
        lateness=_longs(pieces.lateness),
        plan=_longs(pieces.plan),
        unpromised=_longs(pieces.unpromised),
        delay=_longs(pieces.delay),
        worth=_money(pieces.worth_high, pieces.worth_low, pieces.worth_digits, pieces.currencies),
        of=np.repeat(number, np.frombuffer(pieces.entries, ">i4")),
        places=np.frombuffer(pieces.places, "<i4"),
        figures={name: np.frombuffer(getattr(pieces, name), "<i4") for name in FIGURES},
        unfit_of=np.repeat(number, np.frombuffer(pieces.mismatches, ">i4")),
        unfit=np.frombuffer(pieces.unfit, _UNFIT),
    )


def narrowed(columns: Columns, kept: Mask) -> Columns:
    """Only the commitments that are kept."""
    if kept.all():
        return columns
    entries, mismatches = kept[columns.of], kept[columns.unfit_of]
    renumbered = np.cumsum(kept) - 1
    return Columns(
        ids=columns.ids[kept],
        customer_ids=columns.customer_ids[kept],
        delivered_at=columns.delivered_at[kept],
        lateness=columns.lateness[kept],
        plan=columns.plan[kept],
        unpromised=columns.unpromised[kept],
        delay=columns.delay[kept],
        worth=columns.worth.at(kept),
        of=renumbered[columns.of[entries]],
        places=columns.places[entries],
        figures={name: column[entries] for name, column in columns.figures.items()},
        unfit_of=renumbered[columns.unfit_of[mismatches]],
        unfit=columns.unfit[mismatches],
    )


def numbered(rows: NDArray[np.uint64]) -> tuple[Ints, NDArray[np.uint64]]:
    """The number of each row among the different ones, and these in an order that is always the same."""
    if len(rows) == 0:
        return np.zeros(0, np.int64), rows
    # One number for each row is sorted much faster than the row; should two have the same, the rows are.
    mixed = (rows * _ODD[: rows.shape[1]]).sum(axis=1, dtype=np.uint64)
    _, first, numbers = np.unique(mixed, return_index=True, return_inverse=True)
    different = rows[first]
    if (different[numbers] == rows).all():
        return numbers, different
    different, numbers = np.unique(rows, axis=0, return_inverse=True)
    return numbers.reshape(-1), different


def members(ids: Halves, of: Halves) -> Mask:
    """Which of the ids are among the others."""
    numbers, different = numbered(np.concatenate((of, ids)))
    there = np.zeros(len(different), np.bool_)
    there[numbers[: len(of)]] = True
    return there[numbers[len(of) :]]


def uuids(halves: Halves) -> list[UUID]:
    return [UUID(int=high << 64 | low) for high, low in halves.tolist()]


def _money(high: bytes, low: bytes, digits: bytes, currencies: bytes) -> Money:
    return Money(
        high=_longs(high),
        low=np.frombuffer(low, ">i4").astype(np.int64),
        digits=np.frombuffer(digits, ">i2").astype(np.int64),
        currency=np.frombuffer(currencies, "S3"),
    )


def halves(ids: bytes) -> Halves:
    """Ids of 16 bytes each, behind one another."""
    return np.frombuffer(ids, ">u8").reshape(-1, 2).astype(np.uint64)


def _longs(numbers: bytes) -> Ints:
    return np.frombuffer(numbers, ">i8").astype(np.int64)


NO_VALUES: Final = annual_values_of({})
