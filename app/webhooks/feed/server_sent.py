"""Events as lines of an event stream (`text/event-stream`, WHATWG HTML, 9.2)."""

from collections.abc import Sequence
from typing import Final

from app.kernel.answers import to_json
from app.kernel.outbox import RecordedEvent

MEDIA_TYPE: Final = "text/event-stream"
RETRY_MILLISECONDS: Final = 3000
"""After how long a reader asks again who lost the connection."""

_LINE_ENDS: Final = "\x85\u2028\u2029"


def beginning(position: int) -> bytes:
    """The first lines: how soon to ask again, and from where if nothing else comes."""
    return f"retry: {RETRY_MILLISECONDS}\nid: {position}\n\n".encode()


def heartbeat(position: int) -> bytes:
    """Lines that dispatch nothing: they keep the connection, and move on from where a reader would ask again."""
    return f": nothing new\nid: {position}\n\n".encode()


def told(event: RecordedEvent) -> bytes:
    """An event: its number as the `id`, its type, and itself as the feed gives it, on one line."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, event.type.encode(), _on_one_line(to_json(event)))


def _on_one_line(json: bytes) -> bytes:
    """No end of a line, also to those readers (like `str.splitlines`) who take more than CR and LF for one."""
    for character in _LINE_ENDS:
        raw = character.encode()
        if raw in json:
            json = json.replace(raw, b"\\u%04x" % ord(character))
    return json


def is_of(type_: str, types: Sequence[str]) -> bool:
    """Whether an event's type is one of those asked for: exact ones, or prefixes that end in `.*`; none means all."""
    return not types or any(type_.startswith(asked[:-1]) if asked.endswith("*") else type_ == asked for asked in types)
