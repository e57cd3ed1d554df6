"""What reports add up from one commitment, as it is stored: columns of packed integers. Pure.

A report over thousands of commitments then reads eight strings of bytes instead of a row for every entry.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final
from uuid import UUID

from app.ripple.engine.totals import Assessed, Entry, Place, entries, promises_impossible

FIGURES: Final = tuple(field.name for field in fields(Entry) if field.name != "place")
"""What an entry says of its place: tickets, and seconds."""
COLUMNS: Final = ("places", *FIGURES)
"""The parallel columns: the same number of little-endian signed integers of 32 bits in each."""

_LARGEST = 2**31 - 1
_UNFIT = struct.Struct("<ii16s16s")
MISMATCH_BYTES: Final = _UNFIT.size
_NO_SLA = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A promise at a place that could not be kept: the SLA it was made by, and that of the ticket it waited for last.

    As `totals.Unfit` has it: each is None where nothing was promised, or nothing waited for.
    """

    place: Place
    sla_id: UUID | None
    blocker_sla_id: UUID | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """One commitment's entries, one for each place, and how often it had each mismatch. No place tells an SLA."""

    entries: Mapping[Place, Entry]
    unfit: Mapping[Mismatch, int]

    @property
    def places(self) -> set[Place]:
        """All that packing needs an id for."""
        return {*self.entries, *(mismatch.place for mismatch in self.unfit)}


@dataclass(frozen=True, slots=True)
class Packed:
    """The columns, by place id; a place whose sum is beyond 32 bits is there more than once.

    ``unfit`` has 40 bytes for each mismatch, by place id and SLAs: the place's id and how many promises, as in the
    columns, then both SLAs' ids, zero for none.
    """

    places: bytes
    tickets: bytes
    overrun: bytes
    primary: bytes
    reactionary: bytes
    kept_waiting: bytes
    passed_on: bytes
    outward: bytes
    unfit: bytes


def gather(assessed: Assessed) -> Gathered:
    """A commitment's analysis taken apart, and put together by place."""
    found: dict[Place, Entry] = {}
    for entry in entries(assessed):
        place = _without_sla(entry.place)
        found[place] = _sum(found.get(place, Entry(place)), entry)
    unfit = Counter(
        Mismatch(_without_sla(place), sla_id, blocker_sla_id)
        for place, sla_id, blocker_sla_id in promises_impossible(assessed)
    )
    return Gathered(found, dict(unfit))


def pack(gathered: Gathered, ids: Mapping[Place, int]) -> Packed:
    """The same, with an id instead of each place: always the same bytes, whatever order it was gathered in."""
    numbered = sorted(((ids[place], entry) for place, entry in gathered.entries.items()), key=lambda pair: pair[0])
    rows = [row for id_, entry in numbered for row in _rows(id_, entry)]
    columns: Iterable[tuple[int, ...]] = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
    unfit = sorted(
        _UNFIT.pack(ids[each.place], promises, _bytes_of(each.sla_id), _bytes_of(each.blocker_sla_id))
        for each, promises in gathered.unfit.items()
    )
    packed = [struct.pack(f"<{len(rows)}i", *column) for column in columns]
    return Packed(*packed, *[b"".join(unfit)])


def unpack(packed: Packed, places: Mapping[int, Place]) -> Gathered:
    """What was packed; `places` are by their ids."""
    found: dict[Place, Entry] = {}
    for id_, *figures in zip(*(_numbers(getattr(packed, name)) for name in COLUMNS), strict=True):
        place = places[id_]
        found[place] = _sum(found.get(place, Entry(place)), Entry(place, *figures))
    unfit = {
        Mismatch(places[id_], _id_of(sla), _id_of(blocker_sla)): promises
        for id_, promises, sla, blocker_sla in _UNFIT.iter_unpack(packed.unfit)
    }
    return Gathered(found, unfit)


def felt_at(places: bytes, outward: bytes) -> set[int]:
    """The ids of the places of whose seconds customers felt any, from these packed columns."""
    return {id_ for id_, seconds in zip(_numbers(places), _numbers(outward), strict=True) if seconds > 0}


def _without_sla(place: Place) -> Place:
    if place.kind is None or place.kind.sla_id is None:
        return place
    return replace(place, kind=replace(place.kind, sla_id=None))


def _sum(one: Entry, other: Entry) -> Entry:
    return Entry(one.place, *(getattr(one, name) + getattr(other, name) for name in FIGURES))


def _rows(id_: int, entry: Entry) -> Iterator[tuple[int, ...]]:
    """The entry, in as many rows as it takes for no figure to be beyond 32 bits."""
    left = [getattr(entry, name) for name in FIGURES]
    while True:
        taken = [max(-_LARGEST, min(_LARGEST, figure)) for figure in left]
        yield (id_, *taken)
        left = [figure - part for figure, part in zip(left, taken, strict=True)]
        if not any(left):
            return


def _numbers(column: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(column) // 4}i", column)


def _bytes_of(id_: UUID | None) -> bytes:
    return (id_ or _NO_SLA).bytes


def _id_of(bytes_: bytes) -> UUID | None:
    id_ = UUID(bytes=bytes_)
    return None if id_ == _NO_SLA else id_
