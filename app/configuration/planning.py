"""What would have to change for things to be as files say: a plan, or what is wrong with the files. Pure.

Nothing is deleted: what no file states is left alone. A thing that is stated is stated whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.configuration.places import BadConfiguration, Mistake, Place
from app.configuration.things import Kind, Name, Reference, Thing, Wanted
from app.configuration.ties import ties


class Action(StrEnum):
    CREATE = "create"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Present:
    """What is there: things by what they go by, and the names that several of a kind share.

    `members` are addresses in lower case, of those members that matter; `any_members` is whether there is one at all.
    """

    things: Mapping[Name, Thing]
    ambiguous: frozenset[Name] = frozenset()
    members: frozenset[str] = frozenset()
    any_members: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changes; of a thing that is made, `old` is None."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A thing to make or to change."""

    action: Action
    wanted: Wanted
    differences: tuple[Difference, ...]

    @property
    def name(self) -> Name:
        return self.wanted.name


@dataclass(frozen=True, slots=True)
class Note:
    """What is left out for now, and why."""

    place: Place
    detail: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in an order in which each can be made, how many things stay as they are, and what is left out for now."""

    changes: tuple[Change, ...]
    unchanged: int
    notes: tuple[Note, ...]


def plan(wanted: Iterable[Wanted], present: Present) -> Plan:
    """What to change.

    Raises:
        BadConfiguration: something refers to what is nowhere, a department would be part of itself, or SLAs tie.
    """
    notes: list[Note] = []
    entries = [each if present.any_members else _noted(each, notes) for each in wanted]
    stated = {each.name: each for each in entries}
    mistakes = [*_lost(entries, stated, present), *_metrics(entries, present)]
    depths = _depths(stated, present)
    mistakes += _circles(stated, present, depths)
    if not mistakes:
        mistakes += ties(stated, present.things)
    if mistakes:
        raise BadConfiguration(mistakes)
    order = list(Kind)
    entries.sort(key=lambda each: (order.index(each.name.kind), depths.get(each.name, 0)))
    changes = [change for each in entries if (change := _change(each, present)) is not None]
    return Plan(tuple(changes), len(entries) - len(changes), tuple(notes))


def _change(wanted: Wanted, present: Present) -> Change | None:
    there = present.things.get(wanted.name)
    fields = wanted.thing.fields
    if there is None:
        made = [Difference(name, None, value) for name, value in fields.items() if value not in (None, [], {})]
        return Change(Action.CREATE, wanted, tuple(made))
    differences = [
        Difference(name, there.fields[name], value) for name, value in fields.items() if there.fields[name] != value
    ]
    return Change(Action.CHANGE, wanted, tuple(differences)) if differences else None


def _lost(entries: Iterable[Wanted], stated: Mapping[Name, Wanted], present: Present) -> Iterator[Mistake]:
    """What names something that is nowhere, or that several go by."""
    for each in entries:
        if each.name in present.ambiguous:
            yield each.mistake(
                (), f"several in the database go by this name: rename all but one {each.name.kind.noun}."
            )
        for reference in each.references:
            to = reference.to
            if to.kind is Kind.MEMBER:
                if to.key[0] not in present.members:
                    yield each.mistake(reference.path, f"there is no member with the address {to.key[0]}.")
            elif to in present.ambiguous:
                yield each.mistake(reference.path, f"several in the database go by the name of the {to}.")
            elif to not in stated and to not in present.things:
                yield each.mistake(reference.path, f"there is no {to}, neither in the files nor in the database.")


def _metrics(entries: Iterable[Wanted], present: Present) -> Iterator[Mistake]:
    for each in entries:
        there = present.things.get(each.name)
        if each.name.kind is Kind.OBJECTIVE and there is not None:
            old, new = there.fields["metric"], each.thing.fields["metric"]
            if old != new:
                yield each.mistake(("metric",), f"is {old} and stays so: another metric is another objective.")


def _noted(wanted: Wanted, notes: list[Note]) -> Wanted:
    """On a database that has no members yet, who is named is left out and can be applied once they are there."""
    for reference in _members_named(wanted):
        place = wanted.document.place((*wanted.path, *reference.path))
        notes.append(Note(place, f"{wanted.name}: there are no members yet, so {reference.to.key[0]} is left out."))
    return without_members(wanted)


def without_members(wanted: Wanted) -> Wanted:
    """The same but for the members it names: a department without its manager, an SLA without what is done to them."""
    named = _members_named(wanted)
    fields, values = dict(wanted.thing.fields), dict(wanted.values)
    if named and wanted.name.kind is Kind.DEPARTMENT:
        fields["manager"] = values["manager_id"] = None
    elif named:
        left_out = {reference.path[1] for reference in named}
        for changed in (fields, values):
            changed["escalations"] = [
                each for place, each in enumerate(changed["escalations"]) if place not in left_out
            ]
    remaining = tuple(reference for reference in wanted.references if reference not in named)
    return replace(wanted, thing=replace(wanted.thing, fields=fields), values=values, references=remaining)


def _members_named(wanted: Wanted) -> list[Reference]:
    return [reference for reference in wanted.references if reference.to.kind is Kind.MEMBER]


def _depths(stated: Mapping[Name, Wanted], present: Present) -> dict[Name, int]:
    """How deep beneath a root each stated department will be; those on or beneath a circle are missing."""
    depths: dict[Name, int] = {}
    for name in stated:
        if name.kind is not Kind.DEPARTMENT:
            continue
        line: list[Name] = []
        at: Name | None = name
        while at is not None and at not in depths and at not in line:
            line.append(at)
            at = _parent(at, stated, present)
        if at is None or at in depths:
            depth = -1 if at is None else depths[at]
            for place, below in enumerate(reversed(line), start=1):
                depths[below] = depth + place
    return depths


def _parent(name: Name, stated: Mapping[Name, Wanted], present: Present) -> Name | None:
    thing = stated[name].thing if name in stated else present.things.get(name)
    parent = thing.fields["parent"] if thing is not None else None
    return None if parent is None else Name(Kind.DEPARTMENT, (parent,))


def _circles(stated: Mapping[Name, Wanted], present: Present, depths: Mapping[Name, int]) -> Iterator[Mistake]:
    for name, each in stated.items():
        if name.kind is Kind.DEPARTMENT and name not in depths and name in _above(name, stated, present):
            yield each.mistake(("parent",), "a department cannot be part of itself or of a department beneath it.")


def _above(name: Name, stated: Mapping[Name, Wanted], present: Present) -> set[Name]:
    """What the department is part of, near and far; on a circle it is part of itself."""
    above: set[Name] = set()
    at = _parent(name, stated, present)
    while at is not None and at not in above:
        above.add(at)
        at = _parent(at, stated, present)
    return above
