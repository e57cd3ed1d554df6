"""Files into what they say things should be: one configuration, whatever file and order each stands in."""

from collections.abc import Iterable, Iterator
from typing import Any

from app.configuration.entries import body_of, fields_of, stand_in
from app.configuration.places import BadConfiguration, Document, Mistake, Path, written
from app.configuration.reading import read_document
from app.configuration.things import KEYS, SECTIONS, Kind, Name, Thing, Wanted


def gather(files: Iterable[tuple[str, bytes]]) -> list[Wanted]:
    """What files say, each given by its name and content.

    Raises:
        BadConfiguration: one is no YAML, or an entry breaks a rule that can be told from the files alone; every such
            mistake is named.
    """
    wanted: list[Wanted] = []
    mistakes: list[Mistake] = []
    for file, content in files:
        try:
            document = read_document(file, content)
        except BadConfiguration as error:
            mistakes += error.mistakes
            continue
        for found in _entries(document):
            if isinstance(found, Mistake):
                mistakes.append(found)
            else:
                wanted.append(found)
    mistakes += _stated_twice(wanted)
    if mistakes:
        raise BadConfiguration(mistakes)
    return wanted


def _entries(document: Document) -> Iterator[Wanted | Mistake]:
    if document.value is None:
        return
    if not isinstance(document.value, dict):
        yield Mistake(document.place(()), f"A file is a map with any of the fields {_listed()}.")
        return
    for section, entries in document.value.items():
        if section not in SECTIONS:
            place = document.place((section,), of_key=True)
            yield Mistake(place, f"{section}: is not known here; a file has any of {_listed()}.")
        elif entries is not None and not isinstance(entries, list):
            yield Mistake(document.place((section,)), f"{section}: must be a list.")
        else:
            for index, entry in enumerate(entries or ()):
                yield from _entry(document, (section, index), SECTIONS[section], entry)


def _listed() -> str:
    return ", ".join(SECTIONS)


def _entry(document: Document, path: Path, kind: Kind, entry: Any) -> Iterator[Wanted | Mistake]:
    if not isinstance(entry, dict):
        yield Mistake(document.place(path), f"{written(path)}: must be a map of fields.")
        return
    body = body_of(kind, entry)
    if body.wrong:
        for within, detail in body.wrong:
            place = document.place((*path, *within), of_key="known here" in detail)
            yield Mistake(place, f"{written((*path, *within))}: {detail}")
        return
    fields = fields_of(kind, body.values, {stand_in(each.to): each.to.key for each in body.references})
    key = tuple(fields[name] for name in KEYS[kind])
    yield Wanted(Thing(Name(kind, key), fields), body.values, tuple(body.references), document, path)


def _stated_twice(wanted: Iterable[Wanted]) -> Iterator[Mistake]:
    first: dict[Name, Wanted] = {}
    for each in wanted:
        before = first.setdefault(each.name, each)
        if before is not each:
            yield each.mistake((), f"is stated twice; the first time at {before.place}.")
