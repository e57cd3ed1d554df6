"""The figures of an import, of the file: what was read, what it came to, and what was left out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.exchange.interpret import Case
from app.exchange.promises import LeftOut

MOST_ERRORS: Final = 1_000


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong on a line of the file."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of the contract; `events` are the rows read, `skipped` those of them left out."""

    cases: int
    events: int
    tickets: int
    transfers: int
    reopens: int
    waits: int
    resolved: int
    ignored: int
    skipped: int
    commitments_left_out: int
    errors: tuple[RowError, ...] = ()


@dataclass(slots=True)
class Tally:
    """Counts while an import goes on. `errors` are (place in the file, reason), the first `MOST_ERRORS` found."""

    cases: int = 0
    events: int = 0
    tickets: int = 0
    transfers: int = 0
    reopens: int = 0
    waits: int = 0
    resolved: int = 0
    ignored: int = 0
    skipped: int = 0
    commitments_left_out: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)

    def add(self, case: Case) -> None:
        """Counts a case that gave a ticket."""
        self.tickets += 1
        self.transfers += case.transfers
        self.reopens += case.reopens
        self.waits += case.waits
        self.resolved += case.is_resolved
        self.ignored += case.ignored
        self.commitments_left_out += isinstance(case.promise, LeftOut)

    def name(self, place: int, reason: str) -> None:
        """Names what is wrong at a place in the file."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append((place, reason))

    def summary(self, lines: Mapping[int, int]) -> Summary:
        """The figures so far; `lines` are the lines of the errors' places."""
        figures: dict[str, Any] = {name: getattr(self, name) for name in Tally.__slots__ if name != "errors"}
        errors = sorted((RowError(lines[place], reason) for place, reason in self.errors), key=lambda e: e.line)
        return Summary(**figures, errors=tuple(errors))
