"""What the report on service levels that do not fit adds up from one commitment, packed. Pure."""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.ripple.engine.fitting import Fit
from app.ripple.engine.totals import Kind, Place

AGAIN: Final = 1
"""Of the same ticket as the one before."""
IMPOSSIBLE: Final = 2
LAST: Final = 4
"""The ticket waited last for this provider."""
UNPROMISED: Final = -1

_FIT: Final = struct.Struct("<iiii")
FIT_BYTES: Final = _FIT.size
_LARGEST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PlacedFit:
    """A ticket that others block, and the places of those that block it: the ticket's provider asked the place's party.

    They are of the ticket's kind. Targets are None where nothing was promised, `last` where it waited for nobody.
    """

    places: tuple[Place, ...]
    last: Place | None
    promise_impossible: bool
    target_seconds: int | None
    fitting_seconds: int | None


def placed(fit: Fit, kind: Kind) -> PlacedFit:
    """The ticket's fit, where it counts."""
    of_kind = Kind(kind.priority, kind.request_type_id)
    places = {name: Place(name, fit.requester, name, of_kind) for name in fit.providers}
    last = None if fit.last_provider is None else places.get(fit.last_provider)
    return PlacedFit(tuple(places.values()), last, fit.promise_impossible, fit.target_seconds, fit.fitting_seconds)


def pack_fits(fits: Iterable[PlacedFit], ids: Mapping[Place, int]) -> bytes:
    """16 bytes for each ticket with each who blocks it, little-endian, signed: the place's id, the target that was
    promised, the fitting one, and what is so of it. Tickets stay in their order, places come by their ids."""
    return b"".join(_FIT.pack(*row) for fit in fits for row in _rows(fit, ids))


def unpack_fits(packed: bytes, places: Mapping[int, Place]) -> list[PlacedFit]:
    """What was packed; `places` are by their ids, and come in their order."""
    told: list[list[tuple[int, ...]]] = []
    for row in _FIT.iter_unpack(packed):
        if not row[3] & AGAIN:
            told.append([])
        told[-1].append(row)
    return [_fit(rows, places) for rows in told]


def _rows(fit: PlacedFit, ids: Mapping[Place, int]) -> Iterator[tuple[int, int, int, int]]:
    for number, place in enumerate(sorted(fit.places, key=lambda place: ids[place])):
        flags = AGAIN * (number > 0) | IMPOSSIBLE * fit.promise_impossible | LAST * (place == fit.last)
        yield ids[place], _packed(fit.target_seconds), _packed(fit.fitting_seconds), flags


def _packed(seconds: int | None) -> int:
    return UNPROMISED if seconds is None else min(seconds, _LARGEST)


def _fit(rows: Sequence[tuple[int, ...]], places: Mapping[int, Place]) -> PlacedFit:
    _, target, fitting, flags = rows[0]
    return PlacedFit(
        places=tuple(places[id_] for id_, *_ in rows),
        last=next((places[id_] for id_, *_, each in rows if each & LAST), None),
        promise_impossible=bool(flags & IMPOSSIBLE),
        target_seconds=None if target == UNPROMISED else target,
        fitting_seconds=None if fitting == UNPROMISED else fitting,
    )
