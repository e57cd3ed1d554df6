"""Events as lines of an event stream."""

import json
from datetime import UTC, datetime

import pytest

from app.kernel.ids import new_id
from app.kernel.outbox import RecordedEvent
from app.webhooks.feed.server_sent import beginning, heartbeat, is_of, told

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def event(text: str) -> RecordedEvent:
    return RecordedEvent(new_id(), 7, "ticket.opened", NOW, {"ticket": {"title": text}})


@pytest.mark.parametrize("text", ["plain", "a\nb", "a\r\nb", "a\rb", "a\u2028b\u2029c\x85d\x0be\x0cf", 'a\\u2028"\\'])
def test_an_event_is_three_lines_whatever_its_text(text: str) -> None:
    lines = told(event(text)).decode().splitlines()
    assert lines[0] == "id: 7"
    assert lines[1] == "event: ticket.opened"
    assert json.loads(lines[2].removeprefix("data: "))["data"]["ticket"]["title"] == text
    assert lines[3:] == [""]


def test_what_only_keeps_the_connection_has_no_data() -> None:
    assert beginning(41) == b"retry: 3000\nid: 41\n\n"
    assert heartbeat(42) == b": nothing new\nid: 42\n\n"


@pytest.mark.parametrize(
    ("asked", "is_told"),
    [
        ([], True),
        (["ticket.opened"], True),
        (["sla.met", "ticket.*"], True),
        (["ticket"], False),
        (["tick.*", "ticket.open", "sla.*"], False),
    ],
)
def test_types_are_exact_or_begin_alike(asked: list[str], is_told: bool) -> None:
    assert is_of("ticket.opened", asked) is is_told
