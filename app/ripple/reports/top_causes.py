"""What made commitments late, or was absorbed: the causes that cost most, each with commitments to look at. Pure.

A cause is who delayed whom by what: a department that overran, or let others wait, on tickets of one type that one
department asked another for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal
from uuid import UUID

import numpy as np

from app.ripple.engine.totals import RippleFigures
from app.ripple.reports.adding_up import Addition
from app.ripple.reports.axes import Axis, Group
from app.ripple.reports.codes import summed
from app.ripple.reports.columns import Columns
from app.ripple.reports.ids import Ints, uuids
from app.ripple.reports.placing import PlaceTable

Kind = Literal["overran", "kept_waiting", "unticketed", "waited_for"]
Of = Literal["lateness", "absorbed"]

KINDS: Final[tuple[Kind, ...]] = ("overran", "kept_waiting", "unticketed", "waited_for")
"""A ticket's department took too long; its requester let it wait; the commitment's owner did, without a ticket; the
customer or a third party did."""
EXAMPLES: Final = 3

_TELLING: Final = ("party", "requester", "provider", "request_type_id")


@dataclass(frozen=True, slots=True)
class Example:
    """A commitment, and how many of the cause's seconds are its."""

    commitment_id: UUID
    seconds: int


@dataclass(frozen=True, slots=True)
class Cause:
    """``group`` tells it: party, kind, requester, provider and request type; ``seconds`` are those it is ranked by."""

    group: Group
    seconds: int
    figures: RippleFigures
    tickets: int
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Causes:
    """The causes that cost most, and how many seconds all there are cost together."""

    causes: list[Cause]
    seconds: int


def axes_of_causes(table: PlaceTable) -> list[Axis]:
    """By party, kind, requester, provider and request type."""
    party, *others = [_side(table, name) for name in _TELLING]
    return [party, Axis(_kinds(table), KINDS, by_commitment=False), *others]


def top_causes(addition: Addition, table: PlaceTable, columns: Columns, of: Of, most: int) -> Causes:
    """Of commitments added up by `axes_of_causes`: by the seconds that customers felt, or else that were absorbed."""
    outward = addition.outward()
    seconds = outward if of == "lateness" else np.maximum(0, addition.delay() - outward)
    chosen = _worst(addition, seconds, most)
    groups = addition.groups(chosen)
    found = zip(
        groups,
        seconds[chosen].tolist(),
        addition.rows(chosen),
        _tickets(columns, table, groups),
        _examples(addition, columns, of, chosen),
        strict=True,
    )
    return Causes([Cause(*each) for each in found], int(seconds.sum()))


def _worst(addition: Addition, seconds: Ints, most: int) -> Ints:
    """Those with most seconds; of as many by what tells them, so that they are the same whatever order they come in."""
    least = np.partition(seconds, -most)[-most] if len(seconds) > most else 1
    among = np.flatnonzero(seconds >= max(1, least))
    ranked = zip((-seconds[among]).tolist(), map(_as_text, addition.groups(among)), among.tolist(), strict=True)
    return np.array([number for _, _, number in sorted(ranked)[:most]], np.int64)


def _as_text(group: Group) -> list[str]:
    return [str(value) for value in group]


def _side(table: PlaceTable, name: str) -> Axis:
    side = table.sides[name]
    return Axis(side.numbers.astype(np.int64), side.values, by_commitment=False)


def _kinds(table: PlaceTable) -> Ints:
    """The kind of delay at each place. Where a department asks itself its overrun and its waiting are one."""
    values, (party, requester, provider) = table.comparable(*_TELLING[:3])
    nobody = values.index(None) if None in values else -1
    kinds = np.where((party == requester) & (party != provider), KINDS.index("kept_waiting"), KINDS.index("overran"))
    kinds[requester == nobody] = KINDS.index("unticketed")
    kinds[provider == nobody] = KINDS.index("waited_for")
    return kinds.astype(np.int64)


def _tickets(columns: Columns, table: PlaceTable, causes: Sequence[Group]) -> list[int]:
    """How many tickets were asked in the way of each cause: by its requester, provider and request type."""
    sides = [table.sides[name] for name in _TELLING[1:]]
    tickets = np.zeros(table.size, np.int64)
    tickets[columns.by_place.places] = columns.by_place.figures["tickets"].column
    asked = []
    for cause in causes:
        here = np.ones(table.size, np.bool_)
        for side, value in zip(sides, cause[2:], strict=True):
            here &= side.numbers == side.values.index(value)
        asked.append(int(tickets[here].sum()))
    return asked


def _examples(addition: Addition, columns: Columns, of: Of, chosen: Ints) -> list[list[Example]]:
    """For each cause the commitments with most of its seconds."""
    which, many = np.sort(chosen), len(columns)
    delays = addition.delays(which)
    seconds = delays.outward if of == "lateness" else delays.delay - delays.outward
    pairs, numbers = np.unique(delays.groups * many + delays.commitments, return_inverse=True)
    sums = summed(numbers, seconds, len(pairs))
    groups, commitments = np.divmod(pairs[sums > 0], many)
    sums = sums[sums > 0]
    high, low = columns.ids[commitments].T
    order = np.lexsort((low, high, -sums, groups))
    ends = np.searchsorted(groups[order], np.arange(len(which) + 1)).tolist()
    told = [order[start : min(end, start + EXAMPLES)] for start, end in pairwise(ends)]
    in_rank = [told[place] for place in np.searchsorted(which, chosen).tolist()]
    return [_named(columns, commitments[each], sums[each]) for each in in_rank]


def _named(columns: Columns, commitments: Ints, sums: Ints) -> list[Example]:
    return [Example(id_, total) for id_, total in zip(uuids(columns.ids[commitments]), sums.tolist(), strict=True)]
