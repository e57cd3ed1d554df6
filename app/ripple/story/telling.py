"""Sentences with the figures they state. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from app.ripple.elapsed import in_words
from app.ripple.engine.graph import CUSTOMER, THIRD_PARTY

COMMITMENT: Final = "commitment"
DEPARTMENT: Final = "department"
TICKET: Final = "ticket"
OTHERS: Final = "others"

# What a reader takes in; the rest is added up in one sentence.
FEW: Final = 5

Item = TypeVar("Item")

Kind = Literal[
    "headline",
    "waiting_now",
    "share",
    "concurrent",
    "together",
    "plan",
    "impossible",
    "inherited",
    "absorbed",
    "kept",
    "elapsed",
]


@dataclass(frozen=True, slots=True)
class Named:
    """What people call a ticket, by its number and its title."""

    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Names:
    """What people call the things of a graph; ``departments`` are by what the graph calls them, ``tickets`` by id.

    Whatever is not listed keeps the name it has in the graph.
    """

    commitment: str
    customer: str
    commitment_id: str | None = None
    departments: Mapping[str, str] = field(default_factory=dict)
    tickets: Mapping[str, Named] = field(default_factory=dict)

    def party(self, party: str) -> str:
        """A department, the customer, or a third party, within a sentence."""
        if party == CUSTOMER:
            return "the customer"
        if party == THIRD_PARTY:
            return "a third party"
        return self.departments.get(party, party)

    def ticket(self, ticket_id: str) -> str:
        named = self.tickets.get(ticket_id)
        return ticket_id if named is None else named.label

    def title(self, ticket_id: str) -> str:
        named = self.tickets.get(ticket_id)
        return "" if named is None else named.title


@dataclass(frozen=True, slots=True)
class About:
    """Whom or what a sentence is about; ``key`` is a department's, ``id`` the commitment's or a ticket's.

    ``type`` is ``commitment``, ``department``, ``ticket``, ``customer``, ``third_party`` or ``others``.
    """

    type: str
    id: str | None = None
    key: str | None = None


def about_party(party: str) -> About:
    return About(party) if party in (CUSTOMER, THIRD_PARTY) else About(DEPARTMENT, key=party)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of seconds that a sentence states, and the words it states them in."""

    name: str
    seconds: int
    text: str
    ticket_id: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence; ``seconds`` is what it comes down to (None where it counts none), ``figures`` all that it states."""

    kind: Kind
    text: str
    about: About
    seconds: int | None
    figures: tuple[Figure, ...]
    ticket_ids: tuple[str, ...]


class Telling:
    """A sentence in the making: whatever is named or counted in it is noted down."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._figures: list[Figure] = []
        self._ticket_ids: dict[str, None] = {}

    def time(self, name: str, seconds: int, ticket_id: str | None = None, department: str | None = None) -> str:
        """So many seconds, in words."""
        if ticket_id is not None:
            self.mention(ticket_id)
        text = in_words(seconds)
        self._figures.append(Figure(name, seconds, text, ticket_id, department))
        return text

    def ticket(self, ticket_id: str) -> str:
        """A ticket, by its label."""
        self.mention(ticket_id)
        return self.names.ticket(ticket_id)

    def mention(self, *ticket_ids: str) -> None:
        """Tickets the sentence is backed by."""
        self._ticket_ids.update(dict.fromkeys(ticket_ids))

    def sentence(self, kind: Kind, about: About, seconds: int | None, text: str) -> Sentence:
        """What was told."""
        return Sentence(kind, text, about, seconds, tuple(self._figures), tuple(self._ticket_ids))


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def spelled_out(found: Sequence[Item], few: int) -> tuple[Sequence[Item], Sequence[Item]]:
    """The first few, and the rest, which is added up: never a single one."""
    number = len(found) if len(found) <= few + 1 else few
    return found[:number], found[number:]


def much(telling: Telling, name: str, part: int, whole: int) -> str:
    """How much of a whole: all, or the time."""
    if part == whole:
        return "all"
    return "nearly all" if in_words(part) == in_words(whole) else telling.time(name, part)
