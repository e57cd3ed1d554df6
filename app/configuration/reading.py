"""YAML files into plain values, with the line and column of each.

Only what a configuration needs is understood: maps, lists, text, numbers, truth values. Tags, anchors, aliases and
merge keys are refused, so no file can make anything but data or grow beyond its size; a field stated twice is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from app.configuration.places import BadConfiguration, Document, Mistake, Path, Place
from app.configuration.scalars import Ambiguous, meaning

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 20


def read_document(file: str, content: bytes) -> Document:
    """What a file says; `file` is its name in messages. One that has nothing in it says None.

    Raises:
        BadConfiguration: it is no YAML, or uses what is not understood here.
    """
    if len(content) > MAX_BYTES:
        raise _wrong(Place(file, 1, 1), f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        raise _wrong(_end_of(file, before), "The file is not encoded in UTF-8.") from error
    try:
        return _Reader(file).document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.reader.ReaderError as error:
        place = _end_of(file, text[: error.position])
        raise _wrong(place, f"A file may not contain the character U+{ord(text[error.position]):04X}.") from error
    except yaml.MarkedYAMLError as error:
        raise _wrong(*_syntax(file, error)) from error


@dataclass(slots=True)
class _Open:
    """A map or list whose end has not come yet."""

    value: dict[Any, Any] | list[Any]
    path: Path
    key: str | None = None


@dataclass(slots=True)
class _Reader:
    file: str
    places: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    value: Any = None

    def document(self, events: Iterator[yaml.Event]) -> Document:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _wrong(self._place(event), "A file holds one document: put the second one into its own file.")
            elif isinstance(event, yaml.NodeEvent):
                self._refuse_cleverness(event)
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.open.pop()
        if self.mistakes:
            raise BadConfiguration(self.mistakes)
        self.places.setdefault((), Place(self.file, 1, 1))
        return Document(self.value, self.places, self.keys)

    def _refuse_cleverness(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            what = "alias" if isinstance(event, yaml.AliasEvent) else "anchor"
            raise _wrong(self._place(event), f"Anchors and aliases are not understood: the {what} {event.anchor!r}.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _wrong(self._place(event), f"Tags are not understood: {tag}.")
        if len(self.open) >= MAX_DEPTH:
            raise _wrong(self._place(event), f"It is nested more than {MAX_DEPTH} levels deep.")

    def _node(self, event: yaml.NodeEvent) -> None:
        within = self.open[-1] if self.open else None
        if within is not None and isinstance(within.value, dict) and within.key is None:
            self._key(event, within)
            return
        path = self._path(within)
        self.places[path] = self._place(event)
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
            self.open.append(_Open(value, path))
        if within is None:
            self.value = value
        elif isinstance(within.value, dict):
            within.value[within.key], within.key = value, None
        else:
            within.value.append(value)

    def _path(self, within: _Open | None) -> Path:
        if within is None:
            return ()
        if isinstance(within.value, list):
            return (*within.path, len(within.value))
        return (*within.path, within.key or "")

    def _key(self, event: yaml.NodeEvent, within: _Open) -> None:
        place = self._place(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise _wrong(place, "The name of a field must be text.")
        if event.value == "<<" and event.style is None:
            raise _wrong(place, "Merge keys are not understood.")
        value = self._scalar(event)
        key = event.value if not isinstance(value, str) else value
        path = (*within.path, key)
        if path in self.keys:
            self._mistake(place, f"{key} is stated twice; the first time in line {self.keys[path].line}.")
        self.keys[path] = place
        within.key = key

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        if event.style is not None:
            return event.value
        try:
            return meaning(event.value)
        except Ambiguous as error:
            self._mistake(self._place(event), str(error))
            return event.value

    def _mistake(self, place: Place, detail: str) -> None:
        self.mistakes.append(Mistake(place, detail))

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)


def _wrong(place: Place, detail: str) -> BadConfiguration:
    return BadConfiguration([Mistake(place, detail)])


def _end_of(file: str, text: str) -> Place:
    lines = text.split("\n")
    return Place(file, len(lines), len(lines[-1]) + 1)


def _syntax(file: str, error: yaml.MarkedYAMLError) -> tuple[Place, str]:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    told = f"This is no YAML: {error.problem or error.context}"
    if error.problem and error.context and error.context_mark and error.context_mark.line != place.line - 1:
        told += f" ({error.context} in line {error.context_mark.line + 1})"
    return place, f"{told}."
