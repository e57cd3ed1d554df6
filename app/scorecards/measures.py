"""What a scorecard measures, of a department as of a member, and what it is held against. Pure.

A measure of a period is told beside the same of the period before, and beside the company's median: that of all whose
measure there is. Persons are held against others only where each has enough tickets, and where there are enough of them
that a median tells of nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Literal, TypeAlias

from app.ripple.engine.totals import Amount
from app.service_levels.intervals import wilson

LEAST_TICKETS: Final = 20
"""Whoever has fewer in the period is compared with nobody, and nobody with them."""
LEAST_PERSONS: Final = 3
"""A median over fewer persons would tell how single ones did."""

Unit: TypeAlias = Literal["share", "score", "per_ticket", "seconds", "count"]
Better: TypeAlias = Literal["higher", "lower"]
Number: TypeAlias = int | float
MeasureName: TypeAlias = Literal[
    "attainment",
    "attainment_acknowledge",
    "attainment_update",
    "attainment_resolve",
    "delay",
    "outward",
    "absorbed",
    "transmission",
    "feedback",
    "csat",
    "low_marks",
    "low_marks_felt",
    "transfers",
    "returns",
    "ping_pong",
    "questions",
    "asked_again",
    "time_to_accept",
    "recognitions",
    "suggestions_adopted",
]

METRICS: Final = ("acknowledge", "update", "resolve")


@dataclass(frozen=True, slots=True)
class Decided:
    """Clocks decided in the period, and those of them that were met."""

    met: int = 0
    decided: int = 0

    def __add__(self, other: "Decided") -> "Decided":
        return Decided(self.met + other.met, self.decided + other.decided)


@dataclass(frozen=True, slots=True)
class HandOffs:
    """How tickets that were opened in the period were passed around."""

    tickets: int = 0
    transfers: int = 0
    returns: int = 0
    ping_pong: int = 0
    questions: int = 0
    asked_again: int = 0
    waiting_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What requesters said; the interval of the mean where it is known."""

    responses: int = 0
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    satisfied: int = 0
    low_marks: int = 0
    low_marks_felt: int = 0


@dataclass(frozen=True, slots=True)
class Delay:
    """What was overrun or let wait in commitments delivered in the period, and what of it customers felt: in how many
    of them, and what these are worth."""

    delay_seconds: int = 0
    outward_seconds: int = 0
    absorbed_seconds: int = 0
    transmission: float | None = None
    commitments: int = 0
    value: Sequence[Amount] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What was counted of one department, or member, in one period."""

    clocks: Mapping[str, Decided] = field(default_factory=dict)
    hand_offs: HandOffs = HandOffs()
    feedback: Feedback = Feedback()
    delay: Delay | None = Delay()
    recognitions: int = 0
    suggestions_adopted: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, and how sure it is: an interval, what was counted, and out of how many."""

    value: Number | None
    count: int | None = None
    of: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a measure is in, and which way is better; None: neither is by itself."""

    unit: Unit
    better: Better | None


KINDS: Final[Mapping[MeasureName, Kind]] = {
    "attainment": Kind("share", "higher"),
    "attainment_acknowledge": Kind("share", "higher"),
    "attainment_update": Kind("share", "higher"),
    "attainment_resolve": Kind("share", "higher"),
    "delay": Kind("seconds", "lower"),
    "outward": Kind("seconds", "lower"),
    "absorbed": Kind("seconds", None),
    "transmission": Kind("share", "lower"),
    "feedback": Kind("score", "higher"),
    "csat": Kind("share", "higher"),
    "low_marks": Kind("share", "lower"),
    "low_marks_felt": Kind("count", "lower"),
    "transfers": Kind("per_ticket", None),
    "returns": Kind("per_ticket", "lower"),
    "ping_pong": Kind("share", "lower"),
    "questions": Kind("per_ticket", None),
    "asked_again": Kind("share", "lower"),
    "time_to_accept": Kind("seconds", "lower"),
    "recognitions": Kind("count", "higher"),
    "suggestions_adopted": Kind("count", "higher"),
}
"""The measures, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure with its period before and the company's median, over as many as had it."""

    figure: Figure
    previous: Number | None
    median: Number | None
    over: int

    @property
    def change(self) -> Number | None:
        """How much more it is than before."""
        before, now = self.previous, self.figure.value
        return None if before is None or now is None else now - before


def measured(done: Done) -> dict[str, Figure]:
    """Every measure of what was done."""
    clocks, hand_offs, feedback, delay = done.clocks, done.hand_offs, done.feedback, done.delay
    figures = {"attainment": _attainment(sum(clocks.values(), Decided()))}
    figures |= {f"attainment_{metric}": _attainment(clocks.get(metric, Decided())) for metric in METRICS}
    figures |= _of_delay(delay)
    passed = hand_offs.transfers + hand_offs.returns
    return figures | {
        "feedback": Figure(feedback.mean, None, feedback.responses, feedback.low, feedback.high),
        "csat": _share(feedback.satisfied, feedback.responses),
        "low_marks": _share(feedback.low_marks, feedback.responses),
        "low_marks_felt": Figure(feedback.low_marks_felt, None, feedback.low_marks),
        "transfers": _ratio(hand_offs.transfers, hand_offs.tickets),
        "returns": _ratio(hand_offs.returns, hand_offs.tickets),
        "ping_pong": _share(hand_offs.ping_pong, hand_offs.tickets),
        "questions": _ratio(hand_offs.questions, hand_offs.tickets),
        "asked_again": _share(hand_offs.asked_again, hand_offs.questions),
        "time_to_accept": Figure(round(hand_offs.waiting_seconds / passed) if passed else None, None, passed),
        "recognitions": Figure(done.recognitions),
        "suggestions_adopted": Figure(done.suggestions_adopted),
    }


def compared(of: Done, before: Done | None, all_of_them: Iterable[Done]) -> dict[MeasureName, Compared]:
    """Every measure beside that of before, and beside the median over all of them."""
    now, then = measured(of), {} if before is None else measured(before)
    others = [measured(done) for done in all_of_them]
    return {name: _compared(now[name], then.get(name), [each[name].value for each in others]) for name in KINDS}


def comparable(persons: Iterable[Done]) -> list[Done]:
    """The persons that can be held against each other; nobody, when these are too few."""
    enough = [done for done in persons if done.hand_offs.tickets >= LEAST_TICKETS]
    return enough if len(enough) >= LEAST_PERSONS else []


def _compared(now: Figure, then: Figure | None, values: Sequence[Number | None]) -> Compared:
    known = [value for value in values if value is not None]
    return Compared(now, None if then is None else then.value, median(known) if known else None, len(known))


def _attainment(decided: Decided) -> Figure:
    return _share(decided.met, decided.decided)


def _of_delay(delay: Delay | None) -> dict[str, Figure]:
    if delay is None:
        return dict.fromkeys(("delay", "outward", "absorbed", "transmission"), Figure(None))
    return {
        "delay": Figure(delay.delay_seconds),
        "outward": Figure(delay.outward_seconds),
        "absorbed": Figure(delay.absorbed_seconds),
        "transmission": Figure(delay.transmission, delay.outward_seconds, delay.delay_seconds),
    }


def _share(count: int, of: int) -> Figure:
    """With its 95 % interval (Wilson)."""
    low, high = wilson(count, of) or (None, None)
    return Figure(count / of if of else None, count, of, low, high)


def _ratio(count: int, of: int) -> Figure:
    return Figure(count / of if of else None, count, of)
