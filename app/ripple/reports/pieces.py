"""Commitments and their entries as runs of bytes, as they are stored. Pure.

Every run goes commitment by commitment, so that of several such pieces one can be made by putting them one behind the
other: which is how the database answers them, however many commitments there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from app.ripple.engine.totals import Assessed, Place
from app.ripple.keeping.packing import MISMATCH_BYTES, Packed, gather, pack
from app.ripple.reports.money import in_units


@dataclass(frozen=True, slots=True)
class Pieces:
    """Some commitments and their entries, as bytes.

    By commitment: ids of 16 bytes; `delivered_at` in seconds since 1970, and seconds, as 64 bits; how many entries,
    mismatches and fits it has, as 32 bits. What it is worth, in units of `money.UNIT`: the part above `money.HIGH` of
    them as 64 bits, the rest as 32, with how many decimals that was stated as 16, -1 for nothing, and a currency of
    three letters. All of these the highest byte first. By entry, mismatch, and fit: as `app.ripple.keeping.packing` and
    `app.ripple.keeping.packed_fits` have them.
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
    fitted: bytes = b""
    places: bytes = b""
    tickets: bytes = b""
    overrun: bytes = b""
    primary: bytes = b""
    reactionary: bytes = b""
    kept_waiting: bytes = b""
    passed_on: bytes = b""
    outward: bytes = b""
    unfit: bytes = b""
    fits: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes these are."""
        return sum(len(getattr(self, field.name)) for field in fields(self))


def joined(pieces: Sequence[Pieces]) -> Pieces:
    """One of several."""
    parts = {field.name: b"".join(getattr(each, field.name) for each in pieces) for field in fields(Pieces)}
    return Pieces(**parts)


def piece_of(assessed: Assessed, at: int, ids: dict[Place, int]) -> Pieces:
    """A commitment that was just analysed, without its fits, as of an instant. Places not yet in `ids` get one."""
    gathered, analysis = gather(assessed), assessed.analysis
    for place in gathered.places:
        ids.setdefault(place, len(ids) + 1)
    packed = pack(gathered, ids)
    delay = sum(entry.primary + entry.kept_waiting for entry in gathered.entries.values())
    high, low, digits, currency = in_units(assessed.value)
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
        mismatches=_short(len(packed.unfit) // MISMATCH_BYTES),
        fitted=_short(0),
        **{field.name: getattr(packed, field.name) for field in fields(Packed)},
    )


def _long(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _short(number: int) -> bytes:
    return number.to_bytes(4, "big", signed=True)
