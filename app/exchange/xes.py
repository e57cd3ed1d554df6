"""XES, the XML of event logs: streamed trace by trace, DTDs and entities refused.

A `place` is the number of a start tag among those of traces and events, in the file's order.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from lxml import etree

from app.exchange.rows import BadRow, Described, Event, Mention, Row, RowReader, Trace, Unusable
from app.exchange.source import Source, UnreadableLog, open_source

_PARSED: Final = ("{*}trace", "{*}event")
# No file with a DTD comes as far as this parser: so nothing declares an entity, and any but XML's own is an error.
_OPTIONS: Final = {
    "remove_blank_text": True,
    "remove_comments": True,
    "remove_pis": True,
    "resolve_entities": "internal",
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
}
_CHUNK: Final = 4096
_SILENT: Final = Described(None, None, None, None, None)


class XesLog:
    """A XES file."""

    def __init__(self, path: Path, rows: RowReader, max_bytes: int) -> None:
        self._path, self._rows, self._max_bytes = path, rows, max_bytes
        self.source: Source | None = None

    def events(self) -> Iterator[Row | BadRow | Mention]:
        """Every event of the file, in its order.

        Raises:
            UnreadableLog: it is no well-formed XES, or has a DTD.
        """
        _check_prolog(self._path, self._max_bytes)
        with open_source(self._path, self._max_bytes) as stream:
            self.source = stream.raw  # type: ignore[assignment]
            try:
                yield from self._parsed(etree.iterparse(stream, events=("start", "end"), tag=_PARSED, **_OPTIONS))
            except etree.XMLSyntaxError as error:
                reason, _, _ = (error.msg or "").partition(", line ")
                raise UnreadableLog(f"the XML is broken: {reason}", error.lineno) from error

    def lines(self, places: Collection[int]) -> Mapping[int, int]:
        """The line on which each of these start tags stands; reads the file once more, as far as the last of them.

        The parser of the events knows lines only up to 65,535.
        """
        wanted, found = set(places), dict[int, int]()
        last, number = max(wanted, default=0), 0

        def on_start(name: str, _: Any) -> None:
            nonlocal number
            if name.rpartition(":")[2] in ("trace", "event"):
                number += 1
                if number in wanted:
                    found[number] = parser.CurrentLineNumber

        parser = expat.ParserCreate()
        parser.StartElementHandler = on_start
        with open_source(self._path, self._max_bytes) as stream:
            while number < last and (chunk := stream.read(_CHUNK)):
                parser.Parse(chunk)
        return found

    def _parsed(self, parsed: Iterator[tuple[str, Any]]) -> Iterator[Row | BadRow | Mention]:
        number = trace_place = 0
        in_trace = False
        waiting: list[tuple[int, Event | str]] = []
        for kind, element in parsed:
            is_event = element.tag.endswith("event")
            if kind == "start":
                number += 1
                if is_event:
                    event_place = number
                else:
                    in_trace, trace_place = True, number
            elif is_event:
                waiting.append((event_place, self._event(element)))
                _forget(element)
                if not in_trace:
                    yield from self._of_trace({}, Trace(0, None), waiting)
                    waiting = []
            else:
                values = self._attributes(element)
                yield from self._of_trace(values, Trace(trace_place, self._rows.promise(values)), waiting)
                in_trace, waiting = False, []
                _forget(element)

    def _attributes(self, element: Any) -> dict[str, Any]:
        wanted = self._rows.columns
        return {key: child.get("value") for child in element if (key := child.get("key")) in wanted}

    def _event(self, element: Any) -> Event | str:
        try:
            return self._rows.event(self._attributes(element))
        except Unusable as error:
            return str(error)

    def _of_trace(
        self, values: Mapping[str, Any], trace: Trace, events: list[tuple[int, Event | str]]
    ) -> Iterator[Row | BadRow | Mention]:
        try:
            case = self._rows.case(values)
        except Unusable as error:
            yield from (BadRow(None, place, str(error)) for place, _ in events)
            return
        if not events:
            yield Mention(case, trace.place)
        outer = self._rows.described(values)
        for place, event in events:
            if isinstance(event, str):
                yield BadRow(case, place, event)
            else:
                described = event.described
                if outer != _SILENT:
                    described = Described(*[own or of_trace for own, of_trace in zip(described, outer, strict=True)])
                yield Row(case, place, event.at, event.activity, *described, event.promise, trace)


def _forget(element: Any) -> None:
    # The element itself must stay until the parser has gone on: what goes is what came before it.
    element.clear()
    previous = element.getprevious()
    if previous is not None and previous.tag == element.tag:
        element.getparent().remove(previous)


class _RootSeen(Exception):
    pass


def _check_prolog(path: Path, max_bytes: int) -> None:
    """Refuses a DTD before anything in it, or after it, is looked at."""
    parser = expat.ParserCreate()

    def on_doctype(*_: Any) -> None:
        raise UnreadableLog("the file has a DTD, which is refused, as are entities", parser.CurrentLineNumber)

    def on_root(name: str, _: Any) -> None:
        if name.rpartition(":")[2] != "log":
            raise UnreadableLog(f"the file is no XES: its root is <{name[:60]}>, not <log>", parser.CurrentLineNumber)
        raise _RootSeen

    parser.StartDoctypeDeclHandler = on_doctype
    parser.StartElementHandler = on_root
    with open_source(path, max_bytes) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk)
            parser.Parse(b"", True)
        except _RootSeen:
            return
        except expat.ExpatError as error:
            reason = f"the XML is broken: {expat.ErrorString(error.code)}"
            raise UnreadableLog(reason, error.lineno) from error
