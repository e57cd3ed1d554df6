"""Entries of files, checked by the rules of the API: what names something else is given a stand-in for its id, and what
remains is the body that the API would be sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ValidationError

from app.catalogue.schemas import RequestTypeDraft
from app.configuration.durations import duration, seconds_of
from app.configuration.places import Path
from app.configuration.things import KEYS, Key, Kind, Name, Reference
from app.directory.calendar import WEEKDAYS, InvalidCalendar, parse_calendar
from app.directory.schemas import CalendarDraft, DepartmentDraft
from app.kernel.findings import in_words
from app.service_levels.objective_schemas import ObjectiveDraft
from app.service_levels.schemas import SlaDraft

DRAFTS: Mapping[Kind, type[BaseModel]] = {
    Kind.CALENDAR: CalendarDraft,
    Kind.DEPARTMENT: DepartmentDraft,
    Kind.REQUEST_TYPE: RequestTypeDraft,
    Kind.SLA: SlaDraft,
    Kind.OBJECTIVE: ObjectiveDraft,
}
"""The body with which the API makes one."""

NAMING: Mapping[Kind, Mapping[str, tuple[str, Kind]]] = {
    Kind.CALENDAR: {},
    Kind.DEPARTMENT: {
        "parent": ("parent_id", Kind.DEPARTMENT),
        "calendar": ("calendar_id", Kind.CALENDAR),
        "manager": ("manager_id", Kind.MEMBER),
    },
    Kind.REQUEST_TYPE: {"provider": ("provider_department_id", Kind.DEPARTMENT)},
    Kind.SLA: {
        "provider": ("provider_department_id", Kind.DEPARTMENT),
        "requester": ("requester_department_id", Kind.DEPARTMENT),
        "request_type": ("request_type_id", Kind.REQUEST_TYPE),
        "calendar": ("calendar_id", Kind.CALENDAR),
    },
    Kind.OBJECTIVE: {"sla": ("sla_id", Kind.SLA)},
}
"""The fields that name something, with the API's field for its id, and what they name."""

_ADDRESSEES: Mapping[str, tuple[str, Kind]] = {
    "member": ("member_id", Kind.MEMBER),
    "department": ("department_id", Kind.DEPARTMENT),
}
_WITHIN_PROVIDER = frozenset({Kind.REQUEST_TYPE, Kind.SLA})
_WORDS_OF_FILES = {
    "must be an object.": "must be a map of fields.",
    "must be an array.": "must be a list.",
    "a member_id or a department_id": "a member or a department",
}
_STAND_INS = UUID("6f757477-6172-8d00-8000-000000000000")


def stand_in(name: Name) -> UUID:
    """What stands for the id of a thing until it is known."""
    return uuid5(_STAND_INS, "\x00".join((name.kind, *name.key)))


@dataclass(slots=True)
class Body:
    """An entry as a body of the API; `wrong` has what is wrong with it, by the path in the entry."""

    values: dict[str, Any] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    wrong: list[tuple[Path, str]] = field(default_factory=list)


def body_of(kind: Kind, entry: Mapping[str, Any]) -> Body:
    """An entry checked, with every default filled in."""
    body = Body()
    naming = NAMING[kind]
    ids = {api: stated for stated, (api, _) in naming.items()}
    for name, value in entry.items():
        if name in ids:
            body.wrong.append(((name,), f"is not known here; `{ids[name]}` names it instead."))
        elif name in naming:
            _name(body, (name,), value, naming[name], entry, body.values)
        elif name == "targets" and kind is Kind.SLA:
            body.values[name] = _each(value, lambda index, target: _target(body, index, target))
        elif name == "escalations" and kind is Kind.SLA:
            body.values[name] = _each(value, lambda index, each: _escalation(body, index, each))
        elif name != "provider" or kind is not Kind.OBJECTIVE:
            body.values[name] = value
    if kind is Kind.OBJECTIVE and not isinstance(entry.get("provider"), str):
        stated = entry.get("provider") is not None
        body.wrong.append((("provider",), "must name a department, as text." if stated else "is missing."))
        body.values["sla_id"] = _STAND_INS
    _validate(kind, body, entry)
    return body


def _each(values: Any, made: Any) -> Any:
    if not isinstance(values, list):
        return values
    return [made(index, each) if isinstance(each, dict) else each for index, each in enumerate(values)]


def _name(
    body: Body, path: Path, value: Any, target: tuple[str, Kind], entry: Mapping[str, Any], values: dict[str, Any]
) -> None:
    api, kind = target
    if value is None:
        values[api] = None
    elif not isinstance(value, str) or not value.strip():
        body.wrong.append((path, f"must name a {kind.noun}, as text."))
    elif kind in _WITHIN_PROVIDER:
        provider = entry.get("provider")
        if isinstance(provider, str):
            values[api] = _refer(body, path, Name(kind, (provider, value)))
    else:
        values[api] = _refer(body, path, Name(kind, (value.lower() if kind is Kind.MEMBER else value,)))


def _refer(body: Body, path: Path, name: Name) -> UUID:
    body.references.append(Reference(path, name))
    return stand_in(name)


def _target(body: Body, index: int, target: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(target)
    path: Path = ("targets", index)
    if "within" in values:
        within = values.pop("within")
        if "seconds" in values:
            body.wrong.append(((*path, "within"), "and `seconds` say the same: state one of them."))
        elif not isinstance(within, str):
            body.wrong.append(((*path, "within"), "must be a duration such as 4h, 90m or 1h30m."))
        else:
            values["seconds"] = _seconds(body, (*path, "within"), within)
    if isinstance(values.get("by_priority"), dict):
        values["by_priority"] = {
            priority: _seconds(body, (*path, "by_priority", priority), stated)
            for priority, stated in values["by_priority"].items()
        }
    return values


def _seconds(body: Body, path: Path, stated: Any) -> Any:
    if not isinstance(stated, str):
        return stated
    try:
        return seconds_of(stated)
    except ValueError as error:
        body.wrong.append((path, str(error)))
        return 1


def _escalation(body: Body, index: int, escalation: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in escalation.items():
        path: Path = ("escalations", index, name)
        if name in _ADDRESSEES:
            _name(body, path, value, _ADDRESSEES[name], {}, values)
        elif name in {api for api, _ in _ADDRESSEES.values()}:
            body.wrong.append((path, f"is not known here; `{name.removesuffix('_id')}` names it instead."))
        else:
            values[name] = value
    return values


def _validate(kind: Kind, body: Body, entry: Mapping[str, Any]) -> None:
    stated_wrong = {path for path, _ in body.wrong}
    try:
        draft = DRAFTS[kind].model_validate(body.values)
    except ValidationError as error:
        for finding in error.errors():
            path = path_in_file(kind, finding["loc"], entry)
            if not any(wrong[: len(path)] == path for wrong in stated_wrong):
                # What is null where an id is needed names nothing: it is as good as missing.
                body.wrong.append((path, "is missing." if finding.get("input") is None else _worded(finding)))
        return
    body.values = complete(draft)
    if kind is Kind.CALENDAR and not body.wrong:
        _normalise_hours(body)


def _worded(finding: Any) -> str:
    told = in_words(finding)
    if finding["type"] == "string_type" and isinstance(finding.get("input"), bool | int | float):
        told += " Put it in quotes."
    for of_the_api, of_files in _WORDS_OF_FILES.items():
        told = told.replace(of_the_api, of_files)
    return told


def complete(draft: BaseModel) -> dict[str, Any]:
    """A body with every default, but for what is left out deep within and has none."""
    values = draft.model_dump(exclude_unset=True)
    defaults = {name: getattr(draft, name) for name in type(draft).model_fields if name not in values}
    return defaults | values


def _normalise_hours(body: Body) -> None:
    """Days in their order, intervals in theirs, those that touch as one, holidays once: as they are stored."""
    values = body.values
    holidays = sorted(set(values["holidays"]))
    try:
        calendar = parse_calendar(values["timezone"], values["hours"], holidays)
    except InvalidCalendar as error:
        body.wrong.append((path_of_pointer(error.pointer), f"{error.detail}."))
        return
    hours = {
        day: [[_time(begin), _time(end)] for begin, end in intervals]
        for day, intervals in zip(WEEKDAYS, calendar.hours, strict=True)
        if intervals
    }
    body.values = values | {"hours": hours, "holidays": holidays}


def _time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"


def path_of_pointer(pointer: str) -> Path:
    """The path that a JSON pointer stands for."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def path_in_file(kind: Kind, path: Path, entry: Mapping[str, Any]) -> Path:
    """Where in an entry that stands which the API calls by this path."""
    if not path:
        return path
    first, *rest = path
    stated = {api: name for name, (api, _) in NAMING[kind].items()}
    if first == "escalations" and len(rest) > 1:
        addressed = {api: name for name, (api, _) in _ADDRESSEES.items()}
        rest[1] = addressed.get(str(rest[1]), rest[1])
    if first == "targets" and len(rest) > 1 and rest[1] == "seconds" and isinstance(rest[0], int):
        targets = entry.get("targets")
        if isinstance(targets, list) and rest[0] < len(targets) and "seconds" not in targets[rest[0]]:
            rest[1] = "within"
    return (stated.get(str(first), first), *rest)


def fields_of(kind: Kind, values: Mapping[str, Any], called: Mapping[UUID, Key]) -> dict[str, Any]:
    """The fields of an entry from a body or an answer of the API; `called` are the keys of what the ids stand for."""
    fields = dict(_fields_of(kind, values, called))
    return {name: fields[name] for name in (*KEYS[kind], *fields)}


def _fields_of(kind: Kind, values: Mapping[str, Any], called: Mapping[UUID, Key]) -> Iterator[tuple[str, Any]]:
    stated = {api: name for name, (api, _) in NAMING[kind].items()}
    for name in DRAFTS[kind].model_fields:
        value = values[name]
        if name in stated:
            key = None if value is None else called[value]
            if kind is Kind.OBJECTIVE and key is not None:
                yield "provider", key[0]
            yield stated[name], None if key is None else key[-1]
        elif name == "hours":
            yield name, {day: value[day] for day in WEEKDAYS if day in value}
        elif name == "targets":
            yield name, [_told_target(target) for target in value]
        elif name == "escalations":
            yield name, [_told_escalation(each, called) for each in value]
        elif name == "holidays":
            yield name, [day.isoformat() for day in value]
        else:
            yield name, value


def _told_target(target: Mapping[str, Any]) -> dict[str, Any]:
    by_priority = target.get("by_priority") or {}
    told = {"metric": target["metric"], "within": duration(target["seconds"])}
    if by_priority:
        told["by_priority"] = {priority: duration(by_priority[priority]) for priority in sorted(by_priority)}
    return told


def _told_escalation(escalation: Mapping[str, Any], called: Mapping[UUID, Key]) -> dict[str, Any]:
    told = {name: escalation[name] for name in ("metric", "at", "do", "priority") if name in escalation}
    told["at"] = float(told["at"])
    for name, (api, _) in _ADDRESSEES.items():
        if escalation.get(api) is not None:
            told[name] = called[UUID(str(escalation[api]))][-1]
    return told
