"""A plan and what is wrong with files, for people and for machines. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.configuration.places import Mistake, Path, Place, written
from app.configuration.planning import Action, Change, Difference, Plan

_SIGNS = {Action.CREATE: "+", Action.CHANGE: "~"}
_WIDEST = 60
_FEW = 4


def plan_told(plan: Plan) -> str:
    """What is going to change, a line for each thing and for each of its fields that does."""
    lines = [line for change in plan.changes for line in _change(change)]
    lines += [f"! {note.place}: {note.detail}" for note in plan.notes]
    return "\n".join([*lines, counts_told(plan)])


def counts_told(plan: Plan) -> str:
    """How many things are made, changed and left as they are."""
    made = sum(change.action is Action.CREATE for change in plan.changes)
    return f"{made} to create, {len(plan.changes) - made} to change, {plan.unchanged} unchanged."


def plan_document(plan: Plan, *, dry_run: bool) -> dict[str, Any]:
    """A plan that was carried out, or would have been."""
    return {
        "dry_run": dry_run,
        "applied": not dry_run,
        "created": sum(change.action is Action.CREATE for change in plan.changes),
        "changed": sum(change.action is Action.CHANGE for change in plan.changes),
        "unchanged": plan.unchanged,
        "changes": [_change_document(change) for change in plan.changes],
        "notes": [_at(note.place) | {"detail": note.detail} for note in plan.notes],
    }


def mistakes_document(mistakes: Iterable[Mistake], *, dry_run: bool) -> dict[str, Any]:
    """Files that were refused."""
    errors = [_at(mistake.place) | {"detail": mistake.detail} for mistake in mistakes]
    return {"dry_run": dry_run, "applied": False, "errors": errors}


def _change(change: Change) -> Iterator[str]:
    yield f"{_SIGNS[change.action]} {change.name}"
    if change.action is Action.CREATE:
        return
    for each in change.differences:
        yield from (f"    {line}" for line in _steps((each.field,), each.old, each.new))


def _steps(path: Path, old: Any, new: Any) -> Iterator[str]:
    """What differs, as deep within as it does."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from _steps((*path, name), old.get(name), new.get(name))
    elif _has_parts(old) and _has_parts(new) and len(old) == len(new):
        for place, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _steps((*path, place), before, after)
    elif isinstance(old, list) and isinstance(new, list) and max(len(old), len(new)) > _FEW:
        added, removed = [each for each in new if each not in old], [each for each in old if each not in new]
        told = [f"{what} {_told(each)}" for what, each in (("added", added), ("removed", removed)) if each]
        yield f"{written(path)}: {'; '.join(told) or 'in another order'}"
    else:
        yield f"{written(path)}: {_told(old)} → {_told(new)}"


def _has_parts(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, list | Mapping) for each in value)


def _told(value: Any) -> str:
    """A value in one line; what is too long for it is cut, `--json` has it whole."""
    text = _in_words(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _in_words(value: Any) -> str:
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_in_words(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_in_words(each) for each in value) + "]"
    return str(value)


def _change_document(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "kind": change.name.kind,
        "key": list(change.name.key),
        **_at(change.wanted.place),
        "fields": {each.field: _difference(each) for each in change.differences},
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {"old": difference.old, "new": difference.new}


def _at(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column}
