"""A back-test as a picture: was what was said to be likely late as often late as was said? Pure.

For each share of the promised time a reliability diagram (what was said across, what happened upwards, a dot for each
tenth, on the diagonal when all is well), how often each tenth was said, and where deliveries lay about the interval
that is meant to hold 80 % of them. An SVG that stands alone, as wide as the other drawings.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

from app.ripple.forecasting.backtest import BackTest
from app.ripple.forecasting.scores import Bin, Scores
from app.ripple.story.drawing import INK, WIDTH
from app.ripple.story.legend import PAPER
from app.ripple.story.svg import Element, cut, document, element
from app.service_levels.intervals import wilson

_FONT: Final = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
_SOFT: Final = "#5f6570"
_LINE: Final = "#e6e3dc"
_DOT: Final = "#2b6a9b"
_LATE: Final = "#b3362b"
_EARLY: Final = "#2f7d4f"

_MARGIN: Final = 28
_AXIS: Final = 40
_GAP: Final = 44
_TOP: Final = 122
_SAID: Final = 46
_HELD: Final = 16
_TENTHS: Final = 10
_QUARTERS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_SMALLEST, _LARGEST = 2.5, 10.0
_MEANT: Final = (0.1, 0.8, 0.1)
_NARROW: Final = 34


def draw_back_test(found: BackTest, name: str) -> str:
    """The picture of a back-test as text, in UTF-8 without a declaration; `name` is of what."""
    count = max(len(found.by_share), 1)
    side = min((WIDTH - _MARGIN - count * (_AXIS + _GAP)) / count, 300)
    height = _TOP + side + _AXIS + _SAID + _HELD + 114
    root = element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        width=WIDTH,
        height=height,
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        font_family=_FONT,
        role="img",
        aria_labelledby="outward-title outward-desc",
        lang="en",
    )
    title = f"How good forecasts were: {name}"
    element("title", root, title, id="outward-title")
    element("desc", root, " ".join(map(_described, found.by_share)), id="outward-desc")
    element("rect", root, width=WIDTH, height=height, fill=PAPER)
    _text(root, _MARGIN, 44, cut(title, WIDTH - 2 * _MARGIN, 20, bold=True), INK, 20, weight=700)
    told = (
        "Each dot: the forecasts that said about as much. On the diagonal, as many were late as was said; "
        "dashed, as all together."
    )
    _text(root, _MARGIN, 68, told, _SOFT, 13)
    for place, scores in enumerate(found.by_share):
        _Panel(root, scores, _MARGIN + _AXIS + place * (side + _AXIS + _GAP), side).draw()
    foot = f"{found.commitments:,} commitments. Lines through dots are 95 % intervals (Wilson)."
    _text(root, _MARGIN, height - 18, foot, _SOFT, 11)
    return document(root)


def _described(scores: Scores) -> str:
    skill = "unknown" if scores.brier_skill is None else _signed(scores.brier_skill)
    return (
        f"At {100 * scores.share:.0f} % of the promised time: {scores.forecasts:,} forecasts, "
        f"{_percent(scores.coverage)} delivered within the 80 % interval, Brier skill {skill}."
    )


class _Panel:
    """The diagrams of the forecasts at one share of the promised time, side by side with the others."""

    def __init__(self, root: Element, scores: Scores, left: float, side: float) -> None:
        self.root, self.scores, self.left, self.side = root, scores, left, side

    def draw(self) -> None:
        title = f"at {100 * self.scores.share:.0f} % of the promised time"
        _text(self.root, self.left, _TOP - 14, title, INK, 14, weight=700)
        self._grid()
        if self.scores.base_rate is not None:
            self._base_rate(self.scores.base_rate)
        most = max((each.forecasts for each in self.scores.reliability), default=1)
        for each in self.scores.reliability:
            self._dot(each, most)
        below = _TOP + self.side + _AXIS
        self._said(below, most)
        self._held(below + _SAID + 34)

    def _across(self, share: float) -> float:
        return self.left + share * self.side

    def _up(self, share: float) -> float:
        return _TOP + (1 - share) * self.side

    def _grid(self) -> None:
        for share in _QUARTERS:
            x, y = self._across(share), self._up(share)
            _line(self.root, self.left, y, self.left + self.side, y, _LINE)
            _line(self.root, x, _TOP, x, _TOP + self.side, _LINE)
            told = f"{100 * share:.0f} %"
            _text(self.root, self.left - 6, y + 4, told, _SOFT, 11, anchor="end")
            _text(self.root, x, _TOP + self.side + 16, told, _SOFT, 11, anchor="middle")
        _line(self.root, self.left, self._up(0), self.left + self.side, self._up(1), _SOFT, width=1.2)
        _text(self.root, self.left + 6, _TOP + 16, "were late", _SOFT, 11)
        _text(self.root, self.left + self.side - 6, self._up(0) - 8, "said to be late", _SOFT, 11, anchor="end")

    def _base_rate(self, share: float) -> None:
        y = self._up(share)
        _line(self.root, self.left, y, self.left + self.side, y, _LATE, dashes="4 4")
        _text(self.root, self.left + self.side + 4, y + 4, f"{100 * share:.0f} %", _LATE, 11)

    def _dot(self, each: Bin, most: int) -> None:
        x = self._across(each.mean_probability)
        low, high = wilson(round(each.late_share * each.forecasts), each.forecasts) or (0.0, 1.0)
        _line(self.root, x, self._up(high), x, self._up(low), _DOT, width=1.2)
        radius = max(_SMALLEST, _LARGEST * sqrt(each.forecasts / most))
        dot = element("circle", self.root, cx=x, cy=self._up(each.late_share), r=radius, fill=_DOT, stroke=PAPER)
        said, late = _percent(each.mean_probability), _percent(each.late_share)
        element("title", dot, f"{each.forecasts:,} forecasts said {said}; {late} were late.")

    def _said(self, top: float, most: int) -> None:
        _text(self.root, self.left, top + 4, "how often it was said", _SOFT, 11)
        bottom, width = top + _SAID + 8, self.side / _TENTHS
        for each in self.scores.reliability:
            height = max((_SAID - 14) * each.forecasts / most, 1.0)
            x = self._across(each.above) + 1.5
            element("rect", self.root, x=x, y=bottom - height, width=width - 3, height=height, fill=_DOT, opacity=0.8)
            number = f"{each.forecasts:,}"
            _text(self.root, x + width / 2 - 1.5, bottom - height - 3, number, _SOFT, 9, anchor="middle")
        _line(self.root, self.left, bottom, self.left + self.side, bottom, _SOFT)

    def _held(self, top: float) -> None:
        _text(self.root, self.left, top, "earlier, within, later than the 80 % interval", _SOFT, 11)
        shares = (self.scores.below, self.scores.coverage, self.scores.above)
        self._stacked(top + 8, shares)
        at = 0.0
        for meant in _MEANT[:-1]:
            at += meant
            x = self._across(at)
            _line(self.root, x, top + 4, x, top + 8, INK, width=1.2)
            _line(self.root, x, top + 8 + _HELD, x, top + 12 + _HELD, INK, width=1.2)
        skill = "" if self.scores.brier_skill is None else f"Brier skill {_signed(self.scores.brier_skill)} · "
        told = f"{skill}{self.scores.forecasts:,} forecasts"
        _text(self.root, self.left, top + 30 + _HELD, told, INK, 12)

    def _stacked(self, top: float, shares: Sequence[float | None]) -> None:
        at = 0.0
        for share, colour in zip(shares, (_EARLY, _DOT, _LATE), strict=True):
            if share:
                x, width = self._across(at), share * self.side
                element("rect", self.root, x=x, y=top, width=width, height=_HELD, fill=colour)
                if width >= _NARROW:
                    _text(self.root, x + width / 2, top + 12, _percent(share), PAPER, 11, anchor="middle")
                at += share


def _signed(skill: float) -> str:
    return f"{skill:+.3f}".replace("-", "−")


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f} %"


def _text(
    root: Element, x: float, y: float, text: str, fill: str, size: int, *, anchor: str = "start", weight: int = 400
) -> None:
    element("text", root, text, x=x, y=y, fill=fill, font_size=size, text_anchor=anchor, font_weight=weight)


def _line(
    root: Element, x1: float, y1: float, x2: float, y2: float, stroke: str, *, width: float = 1.0, dashes: str = "none"
) -> None:
    element("line", root, x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, stroke_dasharray=dashes)
