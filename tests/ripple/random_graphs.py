"""Random commitments, small and awkward: everything the definition speaks of, often at the same instant."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

PROMISED = datetime(2026, 3, 2, 9, tzinfo=UTC)
DEPARTMENTS = ("Finance", "IT", "Operations", "Sales", "Support")


def random_document(
    rng: random.Random, most_tickets: int = 8, units: Sequence[int] = (1, 7, 60), longest: int = 24
) -> dict[str, Any]:
    """A graph in the vectors' shape. Its instants are whole units, of as many seconds as one of ``units`` says."""
    departments = DEPARTMENTS[: rng.randint(1, len(DEPARTMENTS))]
    length = rng.randint(0, longest) if rng.random() < 0.2 else rng.randint(min(10, longest), longest)
    return _Company(rng, departments, length, rng.choice(units)).document(rng.randint(0, most_tickets))


def random_document_of_many(rng: random.Random, tickets: int = 40) -> dict[str, Any]:
    """A late commitment to which up to nine departments contributed, by seconds."""
    departments = [f"D{number}" for number in range(rng.randint(5, 9))]
    company = _Company(rng, departments, length=60, unit=1)
    document = company.document(tickets)
    document["commitment"]["due_at"] = written(rng.randint(0, 40))
    return document


def random_chain(rng: random.Random, depth: int) -> dict[str, Any]:
    """Tickets each blocking the one before; all delivered."""
    start, end = 0, 4 * depth
    tickets: list[dict[str, Any]] = []
    for number in range(depth):
        start, end = start + rng.randint(0, 2), end - rng.randint(0, 2)
        tickets.append(
            {
                "id": f"T{number}",
                "requester": f"D{(number - 1) % 5}",
                "provider": f"D{number % 5}",
                "opened_at": written(start),
                "resolved_at": written(end),
                "blocks": [f"T{number - 1}"] if number else [],
                "due_at": written(start + (end - start) * rng.randint(5, 11) // 10),
            }
        )
    commitment = {"owner": "D4", "promised_at": written(0), "due_at": written(3 * depth)}
    return {"commitment": commitment | {"delivered_at": written(4 * depth + 1)}, "tickets": tickets}


def written(units: int, unit: int = 1) -> str:
    """The instant so many units of seconds after the promise."""
    return (PROMISED + timedelta(seconds=units * unit)).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Company:
    def __init__(self, rng: random.Random, departments: Sequence[str], length: int, unit: int) -> None:
        self._rng = rng
        self._departments = departments
        self._end = length
        self._unit = unit
        self._lives = {"": (0, self._end)}

    def document(self, count: int) -> dict[str, Any]:
        rng = self._rng
        # Of different lengths, so that the lowest id isn't the lowest number.
        tickets = [self._ticket(f"T{number}") for number in range(8, 8 + count)]
        rng.shuffle(tickets)
        delivered = rng.random() < 0.8
        document: dict[str, Any] = {
            "commitment": {
                "owner": rng.choice(self._departments),
                "promised_at": self._at(0),
                "due_at": self._at(rng.randint(-1, self._end) if rng.random() < 0.9 else self._end + 2),
                "delivered_at": self._at(self._end) if delivered else None,
            },
            "tickets": tickets,
        }
        if not delivered:
            document["now"] = self._at(self._end)
        elif rng.random() < 0.1:
            document["now"] = self._at(self._end + rng.randint(-2, 20))
        return document

    def _ticket(self, name: str) -> dict[str, Any]:
        rng = self._rng
        blocks = self._blocked()
        start, end = self._lives[blocks[0] if blocks else ""]
        opened = rng.randint(start, max(start, end)) if rng.random() < 0.85 else rng.randint(start - 3, end + 3)
        resolved = opened + rng.randint(0, max(0, end - opened)) if rng.random() < 0.8 else opened + rng.randint(0, 14)
        unresolved = rng.random() < 0.08
        self._lives[name] = (opened, resolved)
        ticket = {
            "id": name,
            "requester": rng.choice(self._departments),
            "provider": rng.choice(self._departments),
            "opened_at": self._at(opened),
            "resolved_at": None if unresolved else self._at(resolved),
            "blocks": self._written(blocks),
        }
        if rng.random() < 0.8:
            ticket["due_at"] = self._at(rng.randint(opened - 1, max(opened, resolved) + 1))
        if rng.random() < 0.25:
            ticket["legs"] = self._legs(opened, resolved)
        elif rng.random() < 0.8:
            ticket["acknowledged_at"] = self._at(self._about(opened, resolved))
        if rng.random() < 0.4:
            ticket["waits"] = [self._wait(opened, resolved) for _ in range(rng.randint(1, 3))]
        return ticket

    def _blocked(self) -> list[str]:
        earlier = [name for name in self._lives if name]
        if not earlier or self._rng.random() < 0.35:
            return []
        return self._rng.sample(earlier, min(len(earlier), self._rng.choice((1, 1, 1, 2, 2, 3))))

    def _written(self, blocks: list[str]) -> list[str]:
        written = list(blocks)
        if self._rng.random() < 0.1:
            written.insert(self._rng.randint(0, len(written)), "of another commitment")
        if blocks and self._rng.random() < 0.1:
            written.append(blocks[0])
        return written

    def _legs(self, opened: int, resolved: int) -> list[dict[str, Any]]:
        rng = self._rng
        first = opened if rng.random() < 0.8 else opened + rng.randint(-2, 2)
        starts = [first, *(rng.randint(opened, resolved) for _ in range(rng.randint(0, 2)))]
        if rng.random() < 0.8:
            starts.sort()
        return [
            {
                "department": rng.choice(self._departments),
                "started_at": self._at(start),
                "acknowledged_at": self._at(self._about(start, resolved)) if rng.random() < 0.7 else None,
            }
            for start in starts
        ]

    def _wait(self, opened: int, resolved: int) -> dict[str, Any]:
        rng = self._rng
        start = rng.randint(opened - 1, resolved + 1)
        return {
            "from": self._at(start),
            "to": self._at(start + rng.randint(0, 8)) if rng.random() < 0.9 else None,
            "on": rng.choice(("requester", "customer", "third_party")),
        }

    def _about(self, start: int, end: int) -> int:
        """Mostly an instant in between."""
        return self._rng.randint(start, max(start, end)) if self._rng.random() < 0.9 else start - 1

    def _at(self, units: int) -> str:
        return written(units, self._unit)
