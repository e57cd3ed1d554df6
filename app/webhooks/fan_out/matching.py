"""Which events go to which endpoints. Pure.

An event concerns the departments and customers that its data names: whatever stands there under its singular name says
so in its fields `department_id`, `…_department_id` and `customer_id`, `previous` included (who had a ticket before a
hand-off is told of it), and a `department` or `customer` by its id. So a ticket's event concerns its requester, its
provider, and the owner of the commitment that it serves.

A filter by departments, or by customers, lets through what concerns one of them; so what concerns none at all, such as
`customer.created` and departments, passes no such filter. All filters must let an event through, and one that names
nothing lets everything through. Ids are as JSON has them: lower-case strings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

TEST: Final = "webhook.test"
"""Goes to the endpoint that it names, whatever its filters, and to no other."""

DISABLED: Final = "webhook.endpoint_disabled"
"""Never goes to the endpoint that it names."""

UNTOLD_ACTORS: Final = frozenset({"import", "demo"})
"""Whose doing is not delivered: it is history, however late it was recorded."""


@dataclass(frozen=True, slots=True)
class EndpointFilter:
    """What one endpoint wants: `event_types` are exact, or prefixes that end in `.*`, or `*`."""

    endpoint_id: str
    event_types: frozenset[str] = frozenset()
    department_ids: frozenset[str] = frozenset()
    customer_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom an event concerns."""

    department_ids: frozenset[str]
    customer_ids: frozenset[str]


def concerned(data: Mapping[str, Any]) -> Concerned:
    """The departments and customers that an event's data names."""
    departments: set[str] = set()
    customers: set[str] = set()
    for name, thing in data.items():
        if not isinstance(thing, Mapping) or name == "actor":
            continue
        for field, value in thing.items():
            if value is None:
                continue
            if _is_last_word(field, "department_id"):
                departments.add(value)
            elif field == "customer_id":
                customers.add(value)
        id_ = thing.get("id")
        if id_ is not None and _is_last_word(name, "department"):
            departments.add(id_)
        elif id_ is not None and name == "customer":
            customers.add(id_)
    return Concerned(frozenset(departments), frozenset(customers))


def _is_last_word(name: str, word: str) -> bool:
    return name.endswith(word) and name[: -len(word)][-1:] in ("", "_")


def is_told(data: Mapping[str, Any]) -> bool:
    """Whether an event is delivered to anybody: what an import or the demo recorded is not."""
    return (data.get("actor") or {}).get("type") not in UNTOLD_ACTORS


def matches(wanted: EndpointFilter, event_type: str, data: Mapping[str, Any]) -> bool:
    """Whether an event goes to an endpoint."""
    return bool(Index([wanted]).endpoints_of(event_type, data))


class Index:
    """Endpoints by what they want, for many events."""

    def __init__(self, wanted: Iterable[EndpointFilter]) -> None:
        self._by_id: dict[str, int] = {}
        self._of_everything: list[tuple[int, EndpointFilter]] = []
        self._by_pattern: defaultdict[str, list[tuple[int, EndpointFilter]]] = defaultdict(list)
        self._by_type: dict[str, Sequence[tuple[int, EndpointFilter]]] = {}
        for place, each in enumerate(wanted):
            self._by_id[each.endpoint_id] = place
            if not each.event_types or "*" in each.event_types:
                self._of_everything.append((place, each))
            else:
                for pattern in each.event_types:
                    self._by_pattern[pattern].append((place, each))

    @property
    def patterns(self) -> frozenset[str] | None:
        """What types of event anyone could want, as `event_types`; None: every type."""
        return None if self._of_everything else frozenset({*self._by_pattern, TEST})

    def endpoints_of(self, event_type: str, data: Mapping[str, Any]) -> list[int]:
        """The endpoints to which an event goes, by their places among those given, in that order."""
        if not is_told(data):
            return []
        named = (data.get("webhook_endpoint") or {}).get("id") if event_type in (TEST, DISABLED) else None
        if event_type == TEST:
            return [self._by_id[named]] if named in self._by_id else []
        candidates = self._wanting(event_type)
        if not candidates:
            return []
        found, whom = [], None
        for place, each in candidates:
            if each.department_ids or each.customer_ids:
                whom = whom or concerned(data)
                if each.department_ids and each.department_ids.isdisjoint(whom.department_ids):
                    continue
                if each.customer_ids and each.customer_ids.isdisjoint(whom.customer_ids):
                    continue
            if each.endpoint_id != named:
                found.append(place)
        return found

    def _wanting(self, event_type: str) -> Sequence[tuple[int, EndpointFilter]]:
        if event_type not in self._by_type:
            patterns = {event_type, *(f"{event_type[:end]}.*" for end in _dots(event_type))}
            found = dict(self._of_everything)
            for pattern in patterns:
                found |= dict(self._by_pattern.get(pattern, ()))
            self._by_type[event_type] = sorted(found.items(), key=lambda item: item[0])
        return self._by_type[event_type]


def _dots(event_type: str) -> list[int]:
    return [place for place, letter in enumerate(event_type) if letter == "."]
