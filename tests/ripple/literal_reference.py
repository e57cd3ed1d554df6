"""The definition of ripple, word by word: slow, exact (fractions), second by second, and sharing nothing with the app.

Takes and gives the JSON shape of the vectors.
"""

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import factorial, floor
from typing import Any

ROOT = "(the commitment)"
NONE = frozenset[str]()


def _at(instant: str | None) -> int | None:
    return None if instant is None else int(datetime.fromisoformat(instant).timestamp())


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Reference:
    """One commitment. Nodes are ticket ids and ROOT."""

    def __init__(self, document: dict[str, Any]) -> None:
        commitment = document["commitment"]
        self.owner = commitment["owner"]
        self.tickets = {ticket["id"]: ticket for ticket in document["tickets"]}
        self.nodes = [ROOT, *self.tickets]
        delivered = _at(commitment["delivered_at"])
        now = delivered if delivered is not None else _at(document["now"])
        self.opened = {ROOT: _at(commitment["promised_at"])}
        self.end = {ROOT: now}
        self.due = {ROOT: _at(commitment["due_at"])}
        self.resolved = {ROOT: delivered is not None}
        for name, ticket in self.tickets.items():
            self.opened[name] = _at(ticket["opened_at"])
            self.resolved[name] = ticket["resolved_at"] is not None
            self.end[name] = _at(ticket["resolved_at"]) if self.resolved[name] else max(now, self.opened[name])
            self.due[name] = _at(ticket.get("due_at"))
        self.blocks = {
            name: [other for other in ticket["blocks"] if other in self.tickets] or [ROOT]
            for name, ticket in self.tickets.items()
        }
        self.drivers = {node: [name for name in self.tickets if self._drives(name, node)] for node in self.nodes}
        self.lag = cache(self._lag)
        self.lasts = cache(self._lasts)
        self.pace_of = cache(self._pace_of)
        self.pace = {node: self.pace_of(node) for node in self.nodes}

    def _drives(self, name: str, node: str) -> bool:
        return (
            node in self.blocks[name]
            and self.opened[node] < self.end[name] <= self.end[node]
            and self.end[name] != self.opened[name]
            and (self.resolved[name] or not self.resolved[node])
        )

    def raiser(self, name: str) -> str | None:
        first = self.blocks[name][0]
        return first if self.opened[first] <= self.opened[name] < self.end[first] else None

    # 1. Decomposition

    def second(self, node: str, at: int) -> tuple[str | None, str]:
        """Whom and what the node's own second from ``at`` is charged to."""
        if node == ROOT:
            return self.owner, "unticketed"
        ticket = self.tickets[node]
        legs = sorted(ticket.get("legs") or [], key=lambda leg: _at(leg["started_at"])) or [
            {
                "department": ticket["provider"],
                "started_at": ticket["opened_at"],
                "acknowledged_at": ticket.get("acknowledged_at"),
            }
        ]
        leg = [leg for leg in legs if _at(leg["started_at"]) <= at][-1:] or legs[:1]
        department, acknowledged = leg[0]["department"], _at(leg[0].get("acknowledged_at"))
        waits = sorted(ticket.get("waits") or [], key=lambda wait: _at(wait["from"]))
        for wait in [wait for wait in waits if _at(wait["from"]) <= at][-1:]:
            if wait["to"] is None or at < _at(wait["to"]):
                charged = {"requester": ticket["requester"], "customer": None, "third_party": department}
                return charged[wait["on"]], wait["on"]
        return department, "work" if acknowledged is not None and acknowledged <= at else "queue"

    def walk(self) -> list[tuple[int, str | None, str | None, str]]:
        """(second, ticket, department, cause) of every second, in time order."""
        charged: list[tuple[int, str | None, str | None, str]] = []

        def charge(node: str, start: int, stop: int) -> None:
            ticket = None if node == ROOT else node
            charged.extend((at, ticket, *self.second(node, at)) for at in range(start, stop))

        def walk(node: str, start: int) -> None:
            cursor = self.end[node]
            while True:
                ended = [name for name in self.drivers[node] if start < self.end[name] <= cursor]
                if not ended:
                    charge(node, start, cursor)
                    return
                last = min(ended, key=lambda name: (-self.end[name], self.opened[name], name))
                charge(node, self.end[last], cursor)
                cursor = max(start, self.opened[last])
                walk(last, cursor)

        walk(ROOT, self.opened[ROOT])
        return sorted(charged, key=lambda second: second[0])

    # 2. Worlds

    def _lag(self, node: str, start: int, stop: int) -> tuple[Counter[str], Counter[str]]:
        """Base seconds by department, and waits by party, of the node's own time."""
        base: Counter[str] = Counter()
        waits: Counter[str] = Counter()
        for at in range(start, stop):
            department, cause = self.second(node, at)
            if cause in ("customer", "third_party"):
                waits[cause] += 1
            elif cause == "requester":
                waits[department] += 1
            else:
                base[department] += 1
        return base, waits

    def lag_before_opening(self, name: str) -> tuple[list[str], Counter[str], Counter[str]]:
        """The sibling drivers a raised ticket's opening waited for, and the split of its lag."""
        raiser = self.raiser(name)
        before = [other for other in self.drivers[raiser] if other != name and self.end[other] <= self.opened[name]]
        start = max([self.opened[raiser], *(self.end[other] for other in before)])
        return before, *self.lag(raiser, start, self.opened[name])

    def lag_before_end(self, node: str) -> tuple[Counter[str], Counter[str]]:
        start = max([self.opened[node], *(self.end[name] for name in self.drivers[node])])
        return self.lag(node, start, self.end[node])

    def duration_lines(self, node: str, with_waits: bool) -> list[tuple[int, Fraction]]:
        """``duration`` of the node's pace as the highest of lines (slope, at pace 0)."""
        opened: dict[str, list[tuple[int, Fraction]]] = {}
        ended: dict[str, list[tuple[int, Fraction]]] = {}

        def after(earlier: list[str], base: Counter[str], waits: Counter[str]) -> list[tuple[int, Fraction]]:
            lines = [(0, Fraction(0)), *(line for name in earlier for line in ended[name])]
            waited = waits.total() if with_waits else 0
            return list({(slope + base.total(), at_best + waited) for slope, at_best in lines})

        for name in sorted(self.drivers[node], key=lambda name: self.end[name]):
            if self.raiser(name) == node:
                opened[name] = after(*self.lag_before_opening(name))
            else:
                opened[name] = [(0, Fraction(self.opened[name] - self.opened[node]))]
            ended[name] = [(slope, at_best + self.lasts(name)) for slope, at_best in opened[name]]
        return after(self.drivers[node], *self.lag_before_end(node))

    def _lasts(self, node: str) -> Fraction:
        """How long it lasts at its own pace with nobody waited for."""
        pace, _, _ = self.pace_of(node)
        return _highest(self.duration_lines(node, with_waits=False), pace)

    def _pace_of(self, node: str) -> tuple[Fraction, bool, Fraction]:
        """The pace, whether the promise was impossible, and the primary overrun."""
        if self.due[node] is None:
            return Fraction(1), False, Fraction(0)
        lines = self.duration_lines(node, with_waits=True)
        allowed = Fraction(max(0, self.due[node] - self.opened[node]))
        impossible = _highest(lines, Fraction(0)) > allowed
        if impossible:
            allowed += _highest(lines, Fraction(0))
        pace = min([Fraction(1), *((allowed - at_best) / slope for slope, at_best in lines if slope)])
        return pace, impossible, _highest(lines, Fraction(1)) - _highest(lines, pace)

    def end_in_world(self, parties: frozenset[str], without_base: frozenset[str] = NONE) -> Fraction:
        def takes(node: str, base: Counter[str], waits: Counter[str]) -> Fraction:
            outside = Fraction(0) if node in without_base else self.pace[node][0]
            return sum(
                (seconds * (1 if department in parties else outside) for department, seconds in base.items()),
                Fraction(sum(seconds for party, seconds in waits.items() if party in parties)),
            )

        @cache
        def opened(node: str) -> Fraction:
            if node == ROOT or self.raiser(node) is None:
                return Fraction(self.opened[node])
            before, base, waits = self.lag_before_opening(node)
            raiser = self.raiser(node)
            return max([opened(raiser), *(ended(name) for name in before)]) + takes(raiser, base, waits)

        @cache
        def ended(node: str) -> Fraction:
            last = max([opened(node), *(ended(name) for name in self.drivers[node])])
            return last + takes(node, *self.lag_before_end(node))

        return ended(ROOT)

    def lateness(self, parties: frozenset[str], without_base: frozenset[str] = NONE) -> Fraction:
        return max(Fraction(0), self.end_in_world(parties, without_base) - self.due[ROOT])

    # 3. Attribution

    def parties(self) -> list[str]:
        names = {self.owner, "customer", "third_party"}
        for ticket in self.tickets.values():
            names |= {ticket["requester"], ticket["provider"]}
            names |= {leg["department"] for leg in ticket.get("legs") or []}
        return sorted(names)

    def shapley(self) -> dict[str, Fraction]:
        parties = self.parties()
        worth = {
            frozenset(chosen): self.lateness(frozenset(chosen))
            for size in range(len(parties) + 1)
            for chosen in combinations(parties, size)
        }
        shares = dict.fromkeys(parties, Fraction(0))
        for chosen, late in worth.items():
            for party in parties:
                if party not in chosen:
                    orders = factorial(len(chosen)) * factorial(len(parties) - 1 - len(chosen))
                    gain = worth[chosen | {party}] - late
                    shares[party] += Fraction(orders, factorial(len(parties))) * gain
        return shares

    def analysis(self) -> dict[str, Any]:
        everybody = frozenset(self.parties())
        lateness, plan = self.lateness(everybody), self.lateness(NONE)
        shares = self.shapley()
        rounded = _largest_remainder(int(lateness), [plan, *shares.values()])
        unpromised = plan - self.lateness(NONE, frozenset(node for node in self.nodes if self.due[node] is None))
        seconds = self.walk()
        parts = Counter((department, cause) for _, _, department, cause in seconds)
        return {
            "elapsed_seconds": self.end[ROOT] - self.opened[ROOT],
            "lateness_seconds": int(lateness),
            "plan_seconds": rounded[0],
            "unpromised_seconds": min(_half_up(unpromised), rounded[0]),
            "promise_impossible": self.pace[ROOT][1],
            "segments": _segments(seconds),
            "decomposition": [
                {"department": department, "cause": cause, "seconds": parts[department, cause]}
                for department, cause in sorted(parts, key=lambda key: (key[0] is None, key[0] or "", key[1]))
            ],
            "attribution": [
                {
                    "party": party,
                    "but_for_seconds": _half_up(lateness - self.lateness(everybody - {party})),
                    "shapley_seconds": share,
                }
                for party, share in zip(shares, rounded[1:], strict=True)
                if share > 0
            ],
            "overruns": [self._overrun(name) for name in self.tickets if self.due[name] is not None],
        }

    def _overrun(self, name: str) -> dict[str, Any]:
        pace, impossible, primary = self.pace[name]
        overrun = max(0, self.end[name] - self.due[name])
        return {
            "ticket_id": name,
            "overrun_seconds": overrun,
            "primary_seconds": _half_up(primary),
            "reactionary_seconds": _half_up(overrun - primary),
            "pace": round(float(pace), 6),
            "promise_impossible": impossible,
        }


def _highest(lines: list[tuple[int, Fraction]], pace: Fraction) -> Fraction:
    return max(slope * pace + at_best for slope, at_best in lines)


def _half_up(seconds: Fraction) -> int:
    return floor(seconds + Fraction(1, 2))


def _largest_remainder(total: int, amounts: list[Fraction]) -> list[int]:
    rounded = [floor(amount) for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda place: rounded[place] - amounts[place])
    for place in by_remainder[: total - sum(rounded)]:
        rounded[place] += 1
    return rounded


def _segments(seconds: list[tuple[int, str | None, str | None, str]]) -> list[dict[str, Any]]:
    segments: list[dict[str, Any]] = []
    for at, ticket, department, cause in seconds:
        charge = {"ticket_id": ticket, "department": department, "cause": cause}
        if segments and {key: segments[-1][key] for key in charge} == charge:
            segments[-1]["to"] = _instant(at + 1)
        else:
            segments.append({"from": _instant(at), "to": _instant(at + 1), **charge})
    return segments
