"""One line of a scorecard: of what a department overran or let others wait, how much did customers feel? Pure."""

from dataclasses import dataclass

from app.ripple.elapsed import in_words
from app.ripple.engine.totals import RippleFigures


@dataclass(frozen=True, slots=True)
class ScorecardLine:
    """What a department overran or let others wait (`delay_seconds`), what of it customers felt, and that in words."""

    delay_seconds: int
    outward_seconds: int
    transmission: float | None
    absorbed_seconds: int
    sentence: str


def scorecard_line(name: str, figures: RippleFigures) -> ScorecardLine:
    """The line of the department that people call so."""
    return ScorecardLine(
        delay_seconds=figures.delay_seconds,
        outward_seconds=figures.outward_seconds,
        transmission=figures.transmission,
        absorbed_seconds=figures.absorbed_seconds,
        sentence=sentence(name, figures.delay_seconds, figures.outward_seconds, figures.transmission),
    )


def sentence(name: str, delay: int, outward: int, share: float | None) -> str:
    """What somebody overran or let others wait, and what of it customers felt, in words; seconds."""
    if share is None:
        return f"{name} overran nothing and let nobody wait."
    of = f"Of the {in_words(delay)} that {name} overran or let others wait, customers felt"
    if not outward:
        return f"{of} nothing."
    if outward > delay:
        return f"{of} {in_words(outward)}, more than that: promises left no room for it."
    return f"{of} {in_words(outward)} ({_percent(share)})."


def _percent(share: float) -> str:
    if share < 0.005:
        return "less than 1 %"
    if 0.995 <= share < 1:
        return "more than 99 %"
    return f"{int(share * 100 + 0.5)} %"
