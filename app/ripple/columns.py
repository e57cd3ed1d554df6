"""Many commitments and their entries as arrays, from the bytes they are stored as. Pure.

Every column is a run of bytes, commitment by commitment, so that of several such pieces one can be made by putting them
one behind the other: which is how the database answers them, however many commitments there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.ripple.packing import FIGURES, Packed, gather, pack
from app.ripple.totals import Assessed, Place

Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Halves: TypeAlias = NDArray[np.uint64]
"""Ids, each as its two halves: a row of two."""

SECONDS_A_DAY: Final = 86_400
_UNFIT = np.dtype([("place", "<i4"), ("promises", "<i4"), ("slas", ">u8", (4,))])


@dataclass(frozen=True, slots=True)
class Pieces:
    """Some commitments and their entries, as bytes.

    By commitment: ids of 16 bytes; `delivered_at` in seconds since 1970, and seconds, as 64 bits; how many entries and
    mismatches it has, as 32 bits; all of these the highest byte first. Values and currencies are text with a comma
    behind each, empty for none. By entry, and by mismatch: as `app.ripple.packing` has them.
    """

    ids: bytes = b""
    customer_ids: bytes = b""
    delivered_at: bytes = b""
    lateness: bytes = b""
    plan: bytes = b""
    unpromised: bytes = b""
    delay: bytes = b""
    values: str = ""
    currencies: str = ""
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


_TEXTS: Final = ("values", "currencies")


@dataclass(frozen=True, slots=True)
class Columns:
    """The same as arrays. `of` is the commitment of each entry, `unfit_of` that of each mismatch, by their places here.

    ``values`` and ``currencies`` are text, empty for none; ``unfit`` has a mismatch's place, how many promises, and the
    ids of both SLAs as four halves.
    """

    ids: Halves
    customer_ids: Halves
    delivered_at: Ints
    lateness: Ints
    plan: Ints
    unpromised: Ints
    delay: Ints
    values: Sequence[str]
    currencies: Sequence[str]
    of: Ints
    places: NDArray[np.int32]
    figures: Mapping[str, NDArray[np.int32]]
    unfit_of: Ints
    unfit: NDArray[np.void]

    def __len__(self) -> int:
        return len(self.ids)


def joined(pieces: Sequence[Pieces]) -> Pieces:
    """One of several."""
    parts: dict[str, Any] = {
        field.name: ("" if field.name in _TEXTS else b"").join(getattr(each, field.name) for each in pieces)
        for field in fields(Pieces)
    }
    return Pieces(**parts)


def piece_of(assessed: Assessed, at: int, ids: dict[Place, int]) -> Pieces:
    """A commitment that was just analysed, as of an instant. Places not yet in `ids` get one there."""
    gathered, analysis = gather(assessed), assessed.analysis
    for place in gathered.places:
        ids.setdefault(place, len(ids) + 1)
    packed = pack(gathered, ids)
    delay = sum(entry.primary + entry.kept_waiting for entry in gathered.entries.values())
    value = assessed.value
    return Pieces(
        ids=assessed.commitment_id.bytes,
        customer_ids=assessed.customer_id.bytes,
        delivered_at=_long(at),
        lateness=_long(analysis.lateness_seconds),
        plan=_long(analysis.plan_seconds),
        unpromised=_long(analysis.unpromised_seconds),
        delay=_long(delay),
        values="," if value is None else f"{value.value:f},",
        currencies="," if value is None else f"{value.currency},",
        entries=_short(len(packed.places) // 4),
        mismatches=_short(len(packed.unfit) // _UNFIT.itemsize),
        **{field.name: getattr(packed, field.name) for field in fields(Packed)},
    )


def _long(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _short(number: int) -> bytes:
    return number.to_bytes(4, "big", signed=True)


def columns_of(pieces: Pieces) -> Columns:
    ids = _halves(pieces.ids)
    number = np.arange(len(ids))
    return Columns(
        ids=ids,
        customer_ids=_halves(pieces.customer_ids),
        delivered_at=_longs(pieces.delivered_at),
        lateness=_longs(pieces.lateness),
        plan=_longs(pieces.plan),
        unpromised=_longs(pieces.unpromised),
        delay=_longs(pieces.delay),
        values=pieces.values.split(",")[:-1],
        currencies=pieces.currencies.split(",")[:-1],
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
    chosen: list[int] = np.flatnonzero(kept).tolist()
    return Columns(
        ids=columns.ids[kept],
        customer_ids=columns.customer_ids[kept],
        delivered_at=columns.delivered_at[kept],
        lateness=columns.lateness[kept],
        plan=columns.plan[kept],
        unpromised=columns.unpromised[kept],
        delay=columns.delay[kept],
        values=[columns.values[number] for number in chosen],
        currencies=[columns.currencies[number] for number in chosen],
        of=renumbered[columns.of[entries]],
        places=columns.places[entries],
        figures={name: column[entries] for name, column in columns.figures.items()},
        unfit_of=renumbered[columns.unfit_of[mismatches]],
        unfit=columns.unfit[mismatches],
    )


def numbered(rows: NDArray[np.uint64]) -> tuple[Ints, NDArray[np.uint64]]:
    """The number of each row among the different ones, and these in their order."""
    if len(rows) == 0:
        return np.zeros(0, np.int64), rows
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    begins = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
    numbers = np.empty(len(rows), np.int64)
    numbers[order] = np.cumsum(begins) - 1
    return numbers, ordered[begins]


def uuids(halves: Halves) -> list[UUID]:
    return [UUID(int=high << 64 | low) for high, low in halves.tolist()]


def _halves(ids: bytes) -> Halves:
    return np.frombuffer(ids, ">u8").reshape(-1, 2).astype(np.uint64)


def _longs(numbers: bytes) -> Ints:
    return np.frombuffer(numbers, ">i8").astype(np.int64)
