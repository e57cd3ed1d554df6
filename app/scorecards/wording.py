"""What scorecards are called and how their figures read, for people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from app.ripple.elapsed import in_words
from app.ripple.engine.totals import Amount
from app.scorecards.measures import MeasureName
from app.scorecards.scorecard_schemas import Measure

WORDS: Final[Mapping[MeasureName, tuple[str, str]]] = {
    "attainment": ("Targets met", "of all clocks that were decided"),
    "attainment_acknowledge": ("Acknowledged in time", "of the targets to acknowledge"),
    "attainment_update": ("Updated in time", "of the targets to say how it stands"),
    "attainment_resolve": ("Resolved in time", "of the targets to resolve"),
    "delay": ("Delay caused", "overrun by itself, or let others wait"),
    "outward": ("Of that, felt by customers", "its share in late promises"),
    "absorbed": ("Of that, absorbed", "no customer felt it"),
    "transmission": ("Passed outward", "how much of the delay customers felt"),
    "feedback": ("Mean score", "of the answers, 1 to 5"),
    "csat": ("Satisfied", "scores of 4 and 5: internal CSAT"),
    "low_marks": ("Low marks", "scores of 1 and 2"),
    "low_marks_felt": ("Of these, felt by customers", "on tickets that made a promise late"),
    "transfers": ("Received by transfer", "for each ticket"),
    "returns": ("Returned", "not taken, for each ticket"),
    "ping_pong": ("Ping-pong", "came back to where they had left"),
    "questions": ("Questions asked back", "for each ticket"),
    "asked_again": ("Asked again", "what the ticket had answered already"),
    "time_to_accept": ("Time to accept", "of a hand-off, on average"),
    "recognitions": ("Recognitions received", "thanks from others"),
    "suggestions_adopted": ("Suggestions adopted", "what could be better, taken up"),
}
"""What each measure is called, and what it is."""

SECTIONS: Final[Sequence[tuple[str, Sequence[MeasureName]]]] = (
    ("Service levels", ("attainment", "attainment_acknowledge", "attainment_update", "attainment_resolve")),
    ("Delay, and what customers felt", ("delay", "outward", "absorbed", "transmission")),
    ("Feedback of colleagues", ("feedback", "csat", "low_marks", "low_marks_felt")),
    ("Hand-offs", ("transfers", "returns", "ping_pong", "questions", "asked_again", "time_to_accept")),
    ("Recognised and improved", ("recognitions", "suggestions_adopted")),
)

_NOTHING: Final = "–"
_SAME: Final = "same"


def figure(measure: Measure) -> str:
    """The measure's value in its unit."""
    return other(measure, measure.value)


def other(measure: Measure, value: float | None) -> str:
    """Another value in the measure's unit, which may be missing."""
    return _NOTHING if value is None else _said(measure.unit, value)


def how_sure(measure: Measure) -> str:
    """The interval, or out of how many."""
    if measure.value is None or measure.of is None:
        return ""
    if measure.unit == "seconds":
        return f"over {_times(measure.of, 'hand-off')}"
    if measure.unit == "score":
        return f"of {_times(measure.of, 'answer')}{_between(measure)}"
    if measure.group.measure in ("transmission", "low_marks_felt"):
        return ""
    return f"{number(measure.count or 0)} of {number(measure.of)}{_between(measure)}"


def change(measure: Measure) -> str:
    """How it moved, with its sign."""
    moved = measure.change
    if moved is None:
        return _NOTHING
    said = f"{abs(moved) * 100:.0f} pts" if measure.unit == "share" else _said(measure.unit, abs(moved))
    if said in ("0 pts", _said(measure.unit, 0)):
        return _SAME
    return f"{'+' if moved > 0 else '−'}{said}"


def trend(measure: Measure) -> str:
    """`good`, `poor`, or `none`: whether it moved to the better, as far as `change` tells."""
    if measure.better is None or measure.change is None or change(measure) == _SAME:
        return "none"
    return "good" if (measure.change > 0) == (measure.better == "higher") else "poor"


def number(value: float) -> str:
    return f"{value:,.0f}"


def money(amount: Amount) -> str:
    return f"{amount.currency}\u00a0{amount.value:,.0f}"


def amounts(values: Iterable[Amount]) -> str:
    """Each currency for itself."""
    return " and ".join(money(value) for value in values)


def span(start: datetime, end: datetime) -> str:
    """The days of a period, the last included."""
    last = end - timedelta(seconds=1)
    first = start.strftime("%-d %b %Y" if start.year != last.year else "%-d %b")
    return f"{first} – {last.strftime('%-d %b %Y')}"


def _said(unit: str, value: float) -> str:
    if unit == "share":
        return f"{value * 100:.0f}\u00a0%"
    if unit == "seconds":
        return in_words(round(value))
    return f"{value:.1f}" if unit == "score" else f"{value:.2f}" if unit == "per_ticket" else number(value)


def _between(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return ""
    if measure.unit == "score":
        return f"; {measure.low:.1f} to {measure.high:.1f}"
    return f"; {measure.low * 100:.0f} to {measure.high * 100:.0f}\u00a0%"


def _times(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
