"""How a picture tells causes apart, and the legend that says so. Pure."""

from dataclasses import dataclass
from typing import Final

from app.ripple.engine.graph import CUSTOMER, REQUESTER, THIRD_PARTY
from app.ripple.engine.walk import QUEUE, UNTICKETED, WORK
from app.ripple.story.svg import Element, element, width_of

PAPER: Final = "#ffffff"
_SOFT: Final = "#5f6570"
_DARK: Final = "#1d2127"
_LATE: Final = "#b3362b"


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause as it is drawn: hatched, unless ``hatch`` is None, so that it is told apart without colours, too.

    ``hatch`` is the angle of the lines; ``ink`` is legible on it.
    """

    meaning: str
    colour: str
    ground: str
    hatch: int | None
    ink: str


CAUSES: Final = {
    QUEUE: Cause("not acknowledged", "#d98e14", "#fae3b4", 45, "#5b3a00"),
    WORK: Cause("worked on", "#2b6a9b", "#2b6a9b", None, "#ffffff"),
    REQUESTER: Cause("waiting for the requester", "#8653a8", "#e6d7ef", -45, "#4d2767"),
    CUSTOMER: Cause("waiting for the customer", "#2f8f83", "#cdebe6", -45, "#12554c"),
    THIRD_PARTY: Cause("waiting for a third party", "#8b6a4a", "#eadfd2", 0, "#553b22"),
    UNTICKETED: Cause("nobody asked", "#a9adb5", "#eceef1", 90, "#43474f"),
}


def paint(cause: str) -> str:
    """What a cause is filled with."""
    return CAUSES[cause].colour if CAUSES[cause].hatch is None else f"url(#outward-{cause})"


def draw_patterns(root: Element) -> None:
    """What is hatched."""
    definitions = element("defs", root)
    for name, cause in CAUSES.items():
        if cause.hatch is not None:
            pattern = element(
                "pattern",
                definitions,
                id=f"outward-{name}",
                width=6,
                height=6,
                patternUnits="userSpaceOnUse",
                patternTransform=f"rotate({cause.hatch})",
            )
            element("rect", pattern, width=6, height=6, fill=cause.ground)
            element("rect", pattern, width=6, height="1.8", fill=cause.colour)


def draw_legend(root: Element, y: float, left: float, right: float, causes: set[str], marks: set[str]) -> float:
    """The legend of what was drawn, from ``y`` down; answers where it ends."""
    x = left
    for cause, drawn in CAUSES.items():
        if cause in causes:
            x, y = _beside(x, y, left, right, drawn.meaning)
            element("rect", root, x=x, y=y - 9, width=18, height=11, fill=paint(cause))
            x = _said(root, drawn.meaning, x, y)
    for mark, meaning in (("path", "the customer waited for this"), ("due", "due"), ("overrun", "overran")):
        if mark in marks:
            x, y = _beside(x, y, left, right, meaning)
            _draw_mark(root, mark, x, y)
            x = _said(root, meaning, x, y)
    return y + 22


def _draw_mark(root: Element, mark: str, x: float, y: float) -> None:
    if mark == "path":
        element("rect", root, x=x, y=y - 4.5, width=18, height=2.5, fill=_DARK)
    elif mark == "overrun":
        element("rect", root, x=x, y=y - 4.5, width=18, height=2, fill=_LATE)
    else:
        element("path", root, d=f"M{x + 9:.1f} {y - 8:.1f}l4 4l-4 4l-4 -4z", fill=_DARK)


def _beside(x: float, y: float, left: float, right: float, meaning: str) -> tuple[float, float]:
    """Where the next mark goes: beside the last one, or where there is no room below."""
    return (left, y + 20) if x > left and x + 24 + width_of(meaning, 11) > right else (x, y)


def _said(root: Element, meaning: str, x: float, y: float) -> float:
    element("text", root, meaning, x=x + 24, y=y, font_size=11, fill=_SOFT)
    return x + 24 + width_of(meaning, 11) + 18
