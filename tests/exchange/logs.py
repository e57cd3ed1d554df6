"""Builders: logs, mappings and cases in one line."""

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.exchange.interpret import Case, interpret
from app.exchange.mapping import LogMapping, read_mapping
from app.exchange.reading import LogReading
from app.exchange.rows import PromiseTexts, Row, Trace

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MOST_BYTES = 10 * 1024**2

MAPPING = """
[log]
source = "tool"
case = "case"
time = "time"
activity = "activity"
department = "department"
member = "member"
customer = "customer"
priority = "priority"
title = "title"
[defaults]
requester = "Business"
department = "Unassigned"
customer = "Unknown"
timezone = "Europe/Paris"
[priority]
Major = "p1"
[activity]
"ack" = "acknowledge"
"start" = "start"
"wait requester" = "wait requester"
"wait customer" = "wait customer"
"wait third_party" = "wait third_party"
"resolve" = "resolve"
"close" = "close"
"cancel" = "cancel"
"look" = "none"
"""


def a_mapping(more: str = "", **replaced: str) -> LogMapping:
    """The mapping above, with more tables, and with texts in it replaced (`department='department = "org:group"'`)."""
    text = MAPPING
    for old, new in replaced.items():
        text = text.replace(f'{old} = "{old}"', new)
    return read_mapping(text + more)


def at(minutes: float) -> datetime:
    """An instant so many minutes after the beginning of every log here."""
    return datetime(2026, 1, 5, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)


def a_row(minutes: float, activity: str, department: str | None = None, **fields: object) -> Row:
    """A good event of the case C1; its place is its minute."""
    values: dict[str, object] = {
        "case": "C1",
        "place": int(minutes) + 2,
        "at": at(minutes),
        "activity": activity,
        "department": department,
        "member": None,
        "customer": None,
        "priority": None,
        "title": None,
    }
    return Row(**(values | fields))  # type: ignore[arg-type]


def told(*rows: Row | str, mapping: LogMapping | None = None, now: datetime = NOW) -> Case:
    """What rows mean; a text is a row of that activity, one minute after the one before."""
    events = [a_row(minute, row) if isinstance(row, str) else row for minute, row in enumerate(rows)]
    return interpret(events, mapping or a_mapping(), now)


def verbs(case: Case) -> list[str]:
    """What was done to the ticket after it was opened; events that are only history are `-`."""
    return [step.action.verb if step.action else "-" for step in case.steps]


def a_promise(due: str | None = None, promised: str | None = None, delivered: str | None = None) -> PromiseTexts:
    return PromiseTexts(due, promised, delivered)


def a_trace(promise: PromiseTexts | None, place: int = 1) -> Trace:
    return Trace(place, promise)


def reading(path: Path, mapping: LogMapping | None = None, *, strict: bool = False, now: datetime = NOW) -> LogReading:
    return LogReading(path, mapping or a_mapping(), now=now, max_bytes=MOST_BYTES, strict=strict)


def written(directory: Path, content: str | bytes, *, name: str = "log", packed: bool = False) -> Path:
    """The content in a file."""
    path = directory / name
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if packed else raw)
    return path


def csv_of(*rows: Sequence[str], header: str = "case,time,activity,department") -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def an_event(time: str | None, activity: str = "start", **attributes: str) -> str:
    """A XES event, on one line."""
    stated = {"activity": activity, **attributes}
    when = f'<date key="time" value="{time}"/>' if time is not None else ""
    return "<event>" + when + "".join(f'<string key="{k}" value="{v}"/>' for k, v in stated.items()) + "</event>"


def a_xes_trace(case: str | None, *events: str, **attributes: str) -> str:
    """A XES trace: its own line, one per attribute, one per event, and one to end it."""
    stated = ({"case": case} if case is not None else {}) | attributes
    own = [f'<string key="{key}" value="{value}"/>' for key, value in stated.items()]
    return "\n".join(["<trace>", *own, *events, "</trace>"])


def xes_of(*traces: str) -> str:
    """A XES file whose first trace begins on line 3."""
    return "\n".join(['<?xml version="1.0"?>', '<log xmlns="http://www.xes-standard.org/">', *traces, "</log>"])
