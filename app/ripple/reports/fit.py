"""How the promises of many blocked tickets go with what blocks them, by group. Pure.

What `app.ripple.engine.fitting` says of one ticket is added up in columns: a ticket counts once in every group that one
of its blockers puts it in, and once over all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any, Final

import numpy as np

from app.ripple.reports.axes import Axis, Group, groups_of, in_common
from app.ripple.reports.codes import in_order_of, renumbered
from app.ripple.reports.columns import Fits, Seconds
from app.ripple.reports.ids import Ints, Mask

FITTING_SHARE: Final = 0.95


@dataclass(frozen=True, slots=True)
class FitFigures:
    """How the promises of a group's blocked tickets go with what blocks them.

    ``tickets`` had a promise, ``unpromised`` none. ``promises_impossible`` could not have been kept even had their own
    work taken no time, ``share_impossible`` of the tickets (null without any); ``waited_last`` of these waited last for
    this provider. ``target_seconds`` is the median of what was promised, ``fitting_target_seconds`` the target at which
    95 % would have fitted; both in business time.
    """

    tickets: int
    unpromised: int
    promises_impossible: int
    share_impossible: float | None
    waited_last: int
    target_seconds: int | None
    fitting_target_seconds: int | None


class FitAddition:
    """Fits added up by group; with ``counted`` (by place) only those at such places."""

    def __init__(self, fits: Fits, axes: Sequence[Axis], counted: Mask | None = None) -> None:
        fits = fits.by_fitting
        self.axes = axes
        self._of_tickets = fits.by_ticket
        kept: Any = slice(None) if counted is None else counted[fits.places]
        self._tickets, self._last, places = fits.tickets[kept], fits.last[kept], fits.places[kept]
        self._common = in_common(axes)
        self._codes, self._group_codes = renumbered(self._common.of(places), len(self._common.examples))

    def __len__(self) -> int:
        """How many groups there are."""
        return len(self._group_codes)

    def numbers(self) -> list[Ints]:
        """For each axis, the number of each group's value."""
        examples = self._common.examples[self._group_codes]
        return [axis.numbers[examples] for axis in self.axes]

    def groups(self, chosen: Ints) -> list[Group]:
        """What tells the groups that are chosen."""
        return groups_of(self.axes, [number[chosen] for number in self.numbers()], len(chosen))

    def rows(self) -> list[FitFigures]:
        """The figures of every group."""
        order = in_order_of(self._codes, len(self))
        groups, tickets = self._codes[order], self._tickets[order]
        # Of the same ticket in the same group there are as many as blockers; any may be the one it waited for last.
        another = np.ones(len(order), np.bool_)
        another[1:] = (groups[1:] != groups[:-1]) | (tickets[1:] != tickets[:-1])
        first = np.flatnonzero(another)
        last = np.logical_or.reduceat(self._last[order], first) if len(order) else self._last[order]
        return self._told(groups[first], tickets[first], last, len(self))

    def totals(self) -> FitFigures:
        """The figures of all groups together: each ticket once."""
        there, last = (np.zeros(len(self._of_tickets.targets), np.bool_) for _ in range(2))
        there[self._tickets] = True
        last[self._tickets[self._last]] = True
        tickets = np.flatnonzero(there)
        (figures,) = self._told(np.zeros_like(tickets), tickets, last[tickets], 1)
        return figures

    def _told(self, group: Ints, ticket: Ints, last: Mask, groups: int) -> list[FitFigures]:
        """The figures of so many groups; each ticket is once in each of its groups, which come in order, and in each of
        them the tickets do."""
        of_tickets = self._of_tickets
        fitting, (number, targets) = of_tickets.fitting[ticket], of_tickets.promised
        number = number[ticket]
        promised = (targets >= 0)[number]
        kind = (promised.view(np.int8) << 2) | (of_tickets.impossible[ticket].view(np.int8) << 1) | last.view(np.int8)
        kinds = np.bincount((group << 3) | kind, minlength=groups * 8).reshape(groups, 8)
        tickets, failed = kinds[:, 4:].sum(axis=1), kinds[:, 6:].sum(axis=1)
        if not promised.all():
            group, number, fitting = group[promised], number[promised], fitting[promised]
        shortest_first = in_order_of(number, len(targets))
        in_groups = shortest_first[in_order_of(group[shortest_first], groups)]
        columns = (
            tickets.tolist(),
            kinds[:, :4].sum(axis=1).tolist(),
            failed.tolist(),
            np.divide(failed, tickets, out=np.full(groups, None, object), where=tickets != 0).tolist(),
            kinds[:, 7].tolist(),
            _at_share(targets[number[in_groups]], tickets, 0.5),
            _at_share(fitting, tickets, FITTING_SHARE),
        )
        return list(starmap(FitFigures, zip(*columns, strict=True)))


def _at_share(values: Seconds, counts: Ints, share: float) -> list[int | None]:
    """For each group, whose values come in order, the least of them that at least this share does not exceed."""
    some = np.flatnonzero(counts)
    starts, within = (np.cumsum(counts) - counts)[some], np.ceil(share * counts[some]).astype(np.int64) - 1
    found = np.full(len(counts), None, object)
    found[some] = values[starts + within]
    return found.tolist()
