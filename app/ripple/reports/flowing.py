"""Where delays flow: from the department that delayed, through the one it delayed, to the customer. Pure.

Nodes and links of a picture by Sankey (1898): a department that delays and the same department delayed are two nodes,
so nothing flows in a circle. What flows is what customers felt; the reactionary overrun beside it is what tickets
inherited on the way, whether or not a customer felt it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import numpy as np

from app.ripple.reports.codes import summed
from app.ripple.reports.columns import Columns
from app.ripple.reports.ids import Halves, Ints, Mask, uuids
from app.ripple.reports.placing import PlaceTable

NodeKind = Literal["delaying", "delayed", "plan", "customer", "other_customers"]

PLAN: Final = "plan"
OTHERS: Final = "customers"


@dataclass(frozen=True, slots=True)
class FlowNode:
    """``delaying``: a department, `customer` or `third_party`; ``delayed``: a department; ``plan``: promises that were
    too tight; ``customer``, and ``other_customers`` for all who have no node of their own."""

    id: str
    kind: NodeKind
    party: str | UUID | None


@dataclass(frozen=True, slots=True)
class FlowLink:
    """``seconds`` are those that customers felt; ``passed_on_seconds`` what tickets of the delayed inherited."""

    source: str
    target: str
    seconds: int
    passed_on_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """Into each delayed department flows what flows out of it; into the customers all that they felt, and the plan."""

    nodes: list[FlowNode]
    links: list[FlowLink]


def flow(columns: Columns, table: PlaceTable, counted: Mask | None, most_customers: int) -> Flow:
    """What flowed with these commitments; as many customers as asked for have a node, those who felt most."""
    entries = columns.entries if counted is None else columns.entries.where(counted[columns.entries.places])
    commitments = np.full(len(columns), counted is None)
    commitments[entries.of] = True
    by_place = columns.by_place if counted is None else entries
    outward, passed_on = entries.figures["outward"], by_place.figures["passed_on"]
    plan = np.where(commitments, columns.plan, 0)
    numbers, different = columns.customers
    felt_by = entries.of[outward.entries]
    sums = summed(numbers, plan, len(different)) + summed(numbers[felt_by], outward.amounts, len(different))
    customers, ends = _Customers(sums, different, most_customers), _Ends(table)
    target = customers.of[numbers]
    links: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for pair, to, seconds in _grouped(ends.of[entries.places[outward.entries]], target[felt_by], outward.amounts):
        links.update(dict.fromkeys(_path(*ends.told(pair), customers.ids[to]), seconds))
    for to, _, seconds in _grouped(target, np.zeros_like(target), plan):
        links[PLAN, customers.ids[to]] += seconds
    pairs = ends.of[by_place.places[passed_on.entries]]
    for pair, _, seconds in _grouped(pairs, np.zeros_like(pairs), passed_on.amounts):
        passed[_path(*ends.told(pair), OTHERS)[0]] += seconds
    return _told(links, passed, customers.parties)


class _Customers:
    """Who has a node: the number of it by customer, its id, and whom it stands for."""

    def __init__(self, sums: Ints, customers: Halves, most: int) -> None:
        ranked = np.argsort(-sums, kind="stable")[:most]
        largest = ranked[sums[ranked] > 0]
        self.of = np.full(len(customers), len(largest), np.int64)
        self.of[largest] = np.arange(len(largest))
        self.parties: dict[str, UUID] = {f"customer:{id_}": id_ for id_ in uuids(customers[largest])}
        self.ids = [*self.parties, OTHERS]


class _Ends:
    """Who delayed, and which department that was delayed, as one number by place id.

    What overran delayed its requester; a requester that was waited for delayed the provider.
    """

    def __init__(self, table: PlaceTable) -> None:
        self._named: list[str | None]
        self._named, (delaying, asked_by, asked) = table.comparable("party", "requester", "provider")
        delayed = np.where((asked_by == delaying) & (asked != asked_by), asked, asked_by)
        self.of = delaying * len(self._named) + delayed

    def told(self, number: int) -> tuple[str, str | None]:
        """Who delayed whom; None for the customer at once."""
        delaying, delayed = divmod(number, len(self._named))
        return self._named[delaying] or "", self._named[delayed]


def _path(delaying: str, delayed: str | None, customer: str) -> list[tuple[str, str]]:
    source = f"delaying:{delaying}"
    return (
        [(source, customer)] if delayed is None else [(source, f"delayed:{delayed}"), (f"delayed:{delayed}", customer)]
    )


def _grouped(first: Ints, second: Ints, column: Ints) -> Iterator[tuple[int, int, int]]:
    """The sum for each pair of numbers."""
    if len(first) == 0:
        return
    width = int(second.max()) + 1
    pairs, numbers = np.unique(first * width + second, return_inverse=True)
    for pair, total in zip(pairs.tolist(), summed(numbers, column, len(pairs)).tolist(), strict=True):
        if total:
            yield pair // width, pair % width, total


def _told(
    links: Mapping[tuple[str, str], int], passed: Mapping[tuple[str, str], int], customers: Mapping[str, UUID]
) -> Flow:
    """The widest first."""
    told = [FlowLink(*ends, links.get(ends, 0), passed.get(ends, 0)) for ends in {**links, **passed}]
    told.sort(key=lambda each: (-each.seconds, -each.passed_on_seconds, each.source, each.target))
    ids = dict.fromkeys(end for each in told for end in (each.source, each.target))
    return Flow([_node(id_, customers) for id_ in _in_layers(ids)], told)


def _in_layers(ids: Iterable[str]) -> list[str]:
    return sorted(ids, key=lambda id_: 2 if id_.startswith("customer") else 1 if id_.startswith("delayed:") else 0)


def _node(id_: str, customers: Mapping[str, UUID]) -> FlowNode:
    if id_ in customers:
        return FlowNode(id_, "customer", customers[id_])
    if id_ == OTHERS:
        return FlowNode(id_, "other_customers", None)
    if id_ == PLAN:
        return FlowNode(id_, "plan", None)
    kind, _, party = id_.partition(":")
    return FlowNode(id_, "delaying" if kind == "delaying" else "delayed", party)
