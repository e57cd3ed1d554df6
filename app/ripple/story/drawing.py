"""The story of a commitment as a picture: its sentences, and a Gantt chart with its critical path. Pure.

An SVG that stands alone, 960 wide: readable in a browser, in an e-mail, and on paper.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, TypeVar

from app.ripple.elapsed import in_words
from app.ripple.engine.walk import Charge, Segment
from app.ripple.story.axis import Axis, moment_told
from app.ripple.story.explaining import Story
from app.ripple.story.legend import CAUSES, PAPER, draw_legend, draw_patterns, paint
from app.ripple.story.lifelines import Lifeline, Lifelines
from app.ripple.story.svg import Element, balanced, cut, document, element, width_of, wrapped
from app.ripple.story.telling import Names, Sentence

Stretch = TypeVar("Stretch", Charge, Segment)

WIDTH: Final = 960
MOST_ROWS: Final = 30
_MARGIN: Final = 28
_LEFT: Final = 300
_RIGHT: Final = WIDTH - _MARGIN
_ROW: Final = 38
_BAR: Final = 14
_STRIP: Final = 22
_MOST_SENTENCES: Final = 5
# What a picture says first, where it cannot say all.
_WEIGHT: Final = (
    "waiting_now",
    "share",
    "plan",
    "impossible",
    "absorbed",
    "concurrent",
    "together",
    "kept",
    "inherited",
)
_MOST_CONNECTORS: Final = 200
# What a name in the headline is cut to, where that does not fit.
_NAME_WIDTHS: Final = (800, 500, 300)
# Of what is cut to fewer characters nobody could tell what it was.
_LEAST_NAME: Final = 6
# What is narrower than half a pixel cannot be seen.
_LEAST: Final = 0.5

INK: Final = "#1d2127"
_SOFT: Final = "#5f6570"
_LINE: Final = "#e6e3dc"
_LATE: Final = "#b3362b"
_EARLY: Final = "#2f7d4f"
_FONT: Final = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"


def draw(story: Story, lifelines: Lifelines, names: Names) -> str:
    """The picture as text, in UTF-8 without a declaration."""
    return _Picture(story, lifelines, names).drawn()


class _Picture:
    def __init__(self, story: Story, lifelines: Lifelines, names: Names) -> None:
        self._story = story
        self._lines = lifelines
        self._names = names
        self._axis = _axis_of(lifelines)
        self._late = lifelines.ended_at > lifelines.due_at
        self._root = element(
            "svg",
            xmlns="http://www.w3.org/2000/svg",
            width=WIDTH,
            font_family=_FONT,
            role="img",
            aria_labelledby="outward-title outward-desc",
            lang="en",
        )
        self._bottom = 0.0
        self._row_of: dict[str | None, float] = {}

    def drawn(self) -> str:
        root = self._root
        element("title", root, self._story.headline.text, id="outward-title")
        said = " ".join(sentence.text for sentence in self._story.sentences)
        element("desc", root, said or self._story.headline.text, id="outward-desc")
        draw_patterns(root)
        paper = element("rect", root, width=WIDTH, fill=PAPER)
        self._draw_story()
        shown, left_out = _chosen(self._lines.tickets)
        top = self._bottom + 78
        behind = element("g", root)
        self._draw_promise(top)
        self._draw_strip(top + 46)
        self._draw_tickets(shown, top + 46 + _STRIP + 22)
        self._draw_left_out(left_out)
        self._draw_behind(behind, top)
        self._draw_connectors()
        self._bottom = draw_legend(root, self._bottom + 30, _MARGIN, _RIGHT, self._causes(), _marks(shown))
        self._draw_footer()
        height = self._bottom + 22
        for sized in (root, paper):
            sized.set("height", f"{height:.0f}")
        root.set("viewBox", f"0 0 {WIDTH} {height:.0f}")
        return document(root)

    def _draw_story(self) -> None:
        y = 46.0
        for line in self._headline():
            self._text(line, _MARGIN, y, 20, weight=600)
            y += 26
        y += 2
        for sentence in _weightiest(self._story.sentences):
            element("circle", self._root, cx=_MARGIN + 3, cy=y - 4.5, r=2.5, fill=_SOFT)
            for line in wrapped(sentence.text, _RIGHT - _MARGIN - 16, 13.5, 2):
                self._text(line, _MARGIN + 16, y, 13.5, _SOFT)
                y += 19
            y += 2
        self._bottom = y - 12

    def _headline(self) -> list[str]:
        """On three lines at most: what is said comes last, so rather than that, names that are too long are cut."""
        said, title, customer = self._story.headline.text, self._names.commitment, self._names.customer
        lines = balanced(said, _RIGHT - _MARGIN, 20, 3, bold=True)
        for room in _NAME_WIDTHS:
            if " ".join(lines) == " ".join(said.split()):
                break
            shorter = [cut(name, room, 20, bold=True) for name in (title, customer)]
            said = self._story.headline.text.replace(f"“{title}” for {customer}", "“{}” for {}".format(*shorter), 1)
            lines = balanced(said, _RIGHT - _MARGIN, 20, 3, bold=True)
        return lines

    def _draw_promise(self, top: float) -> None:
        """The commitment itself: up to its due time, and beyond or short of it."""
        lines, axis = self._lines, self._axis
        self._label("The promise", f"made {moment_told(lines.started_at)}", top)
        start, due, end = (axis.place(at) for at in (lines.started_at, lines.due_at, lines.ended_at))
        bar = {"y": top - _BAR / 2, "height": _BAR, "rx": 2}
        element("rect", self._root, x=start, width=max(1.0, min(due, end) - start), fill=INK, **bar)
        gap = abs(lines.ended_at - lines.due_at)
        if gap:
            colour = _LATE if self._late else _EARLY
            early = {} if self._late else {"fill_opacity": 0.18, "stroke": _EARLY, "stroke_dasharray": "3 2"}
            x, width = min(due, end), abs(end - due)
            element("rect", self._root, x=x, width=max(1.0, width), fill=colour, **bar, **early)
            said = f"{in_words(gap)} {'late' if self._late else 'early' if lines.delivered else 'left'}"
            if width_of(said, 10.5, bold=True) + 8 < width:
                middle, fill = x + width / 2, "#ffffff" if self._late else _EARLY
                self._text(said, middle, top + 4, 10.5, fill, 600, anchor="middle")

    def _draw_strip(self, top: float) -> None:
        """Whom the customer was waiting for, second by second."""
        self._label("Whom the customer waited for", "every second once", top)
        self._row_of[None] = top
        y = top - _STRIP / 2
        drawn = self._stretches(self._lines.path)
        for segment, x, width in drawn:
            element("rect", self._root, x=x, y=y, width=width, height=_STRIP, fill=paint(segment.cause))
            if width > 3:
                element("rect", self._root, x=x + width - 0.6, y=y, width=0.6, height=_STRIP, fill=PAPER)
            whole = self._waited_for(segment)
            named = cut(whole, width - 8, 10.5, bold=True)
            if named == whole or len(named) >= _LEAST_NAME:
                self._on_strip(named, segment.cause, x + width / 2, top)

    def _on_strip(self, text: str, cause: str, x: float, y: float) -> None:
        """A text on a light plate where the ground is hatched."""
        width = width_of(text, 10.5, bold=True)
        if CAUSES[cause].hatch is not None:
            plate = {"width": width + 6, "height": 14, "rx": 3, "fill": PAPER, "fill_opacity": "0.85"}
            element("rect", self._root, x=x - width / 2 - 3, y=y - 7, **plate)
        self._text(text, x, y + 4, 10.5, CAUSES[cause].ink, 600, anchor="middle")

    def _waited_for(self, segment: Segment | Charge) -> str:
        if segment.cause in ("customer", "third_party") or segment.department is None:
            return self._names.party(segment.cause)
        return self._names.party(segment.department)

    def _draw_tickets(self, shown: Sequence[Lifeline], top: float) -> None:
        on_path: dict[str, list[Segment]] = {}
        for segment in self._lines.path:
            if segment.ticket_id is not None:
                on_path.setdefault(segment.ticket_id, []).append(segment)
        y = top
        for line in shown:
            self._draw_ticket(line, on_path.get(line.ticket_id, ()), y)
            self._row_of[line.ticket_id] = y
            y += _ROW
        self._bottom = y - _ROW / 2 if shown else top - 22

    def _draw_ticket(self, line: Lifeline, path: Iterable[Segment], y: float) -> None:
        group = element("g", self._root)
        element("title", group, self._told(line))
        name = f"{self._names.ticket(line.ticket_id)} {self._names.title(line.ticket_id)}".strip()
        asked = f"{self._names.party(line.requester)} → {self._names.party(line.provider)}"
        self._label(name, asked, y, group, 12.0 * min(line.depth - 1, 5), not line.on_path_seconds)
        faint, bar = element("g", group, opacity="0.38"), {"y": y - _BAR / 2, "height": _BAR}
        drawn = self._stretches(line.charges)
        for charge, x, width in drawn:
            element("rect", faint, x=x, width=width, fill=paint(charge.cause), **bar)
        if not drawn:
            element("circle", faint, cx=self._axis.place(line.opened_at), cy=y, r=3, fill=INK)
        for segment, x, width in self._stretches(path):
            element("rect", group, x=x, width=width, fill=paint(segment.cause), **bar)
            element("rect", group, x=x, y=y + _BAR / 2 + 2, width=width, height="2.4", fill=INK)
        for leg in line.legs[1:]:
            x = self._axis.place(leg.started_at)
            element("rect", group, x=x - 1, y=y - _BAR / 2 - 1, width=2, height=_BAR + 2, fill=PAPER)
        if not line.resolved and self._axis.last_at >= line.ended_at:
            end = self._axis.place(line.ended_at)
            element("path", group, d=f"M{end + 2:.1f} {y - 4:.1f}l5 4l-5 4z", fill=_SOFT)
        self._draw_due(group, line, y)

    def _draw_due(self, group: Element, line: Lifeline, y: float) -> None:
        """When the ticket was due, and how far it went beyond."""
        if line.due_at is None or not self._axis.first_at <= line.due_at <= self._axis.last_at:
            return
        due, above = self._axis.place(line.due_at), y - _BAR / 2 - 3
        if line.overrun_seconds:
            end = self._axis.place(line.ended_at)
            element("rect", group, x=due, y=above - 1, width=max(1.0, end - due), height=2, fill=_LATE)
        colour = _LATE if line.overrun_seconds else INK
        element("rect", group, x=due - 0.6, y=above, width=1.2, height=_BAR + 6, fill=colour)
        element("path", group, d=f"M{due:.1f} {above - 5:.1f}l4 4l-4 4l-4 -4z", fill=colour)

    def _told(self, line: Lifeline) -> str:
        end = moment_told(line.ended_at) if line.resolved else "still open"
        told = f"{self._names.ticket(line.ticket_id)} {self._names.title(line.ticket_id)}: "
        told += f"{self._names.party(line.requester)} asked {self._names.party(line.provider)}, "
        told += f"{moment_told(line.opened_at)} – {end}"
        if line.overrun_seconds:
            told += f"; overran by {in_words(line.overrun_seconds)}"
        if line.on_path_seconds:
            told += f"; the customer waited {in_words(line.on_path_seconds)} for it"
        return f"{told}."

    def _draw_left_out(self, left_out: Sequence[Lifeline]) -> None:
        if not left_out:
            return
        on_path = sum(line.on_path_seconds > 0 for line in left_out)
        overrun = sum(line.overrun_seconds > 0 for line in left_out)
        many = "1 more ticket" if len(left_out) == 1 else f"{len(left_out):,} more tickets"
        said = [f"{on_path:,} of them on the path" if on_path else "not on the path"]
        if overrun:
            said.append(f"{overrun:,} of them overran")
        self._bottom += 20
        self._text(f"and {many}, {', '.join(said)}", _LEFT, self._bottom, 12, _SOFT, style="italic")
        self._bottom += 4

    def _draw_behind(self, behind: Element, top: float) -> None:
        """The grid, the days, and the instants that count."""
        axis, lines = self._axis, self._lines
        upper, lower = top - 26, self._bottom + 6
        due, end = axis.place(lines.due_at), axis.place(lines.ended_at)
        if self._late:
            band = {"y": upper, "height": lower - upper, "fill": _LATE, "fill_opacity": 0.07}
            element("rect", behind, x=due, width=max(0.5, end - due), **band)
        beyond = -100.0
        for at, told in axis.ticks():
            x = axis.place(at)
            element("line", behind, x1=x, x2=x, y1=upper, y2=lower, stroke=_LINE, stroke_width=1)
            half = width_of(told, 10.5) / 2
            if x - half > beyond and x + half <= WIDTH - 4:
                self._text(told, x, upper - 4, 10.5, _SOFT, anchor="middle", parent=behind)
                beyond = x + half + 8
        status = "delivered" if lines.delivered else "as of"
        marks = (
            (end, f"{status} {moment_told(lines.ended_at)}", INK, None, 31),
            (due, f"due {moment_told(lines.due_at)}", _LATE if self._late else INK, "4 3", 17),
        )
        for x, told, colour, dashes, above in marks:
            drawn = element("line", behind, x1=x, x2=x, y1=upper - above + 3, y2=lower, stroke=colour)
            if dashes is not None:
                drawn.set("stroke-dasharray", dashes)
            half = width_of(told, 10.5, bold=True) / 2
            middle = min(max(x, _LEFT + half), _RIGHT - half)
            self._text(told, middle, upper - above, 10.5, colour, 600, anchor="middle", parent=behind)

    def _draw_connectors(self) -> None:
        """Where the path goes over from one ticket to the next."""
        path, drawn, beyond = self._lines.path, 0, -1.0
        for before, after in pairwise(path):
            one, other = self._row_of.get(before.ticket_id), self._row_of.get(after.ticket_id)
            x = self._axis.place(after.started_at)
            if one is None or other is None or one == other or drawn == _MOST_CONNECTORS or x - beyond < 1:
                continue
            upper, lower = sorted((one, other))
            upper += (_STRIP if upper == self._row_of[None] else _BAR) / 2
            d = f"M{x:.1f} {upper:.1f}V{lower - _BAR / 2:.1f}"
            element("path", self._root, d=d, stroke=INK, stroke_width="1.4", fill="none", stroke_opacity="0.8")
            element("circle", self._root, cx=x, cy=upper if other < one else lower - _BAR / 2, r=2.6, fill=INK)
            drawn, beyond = drawn + 1, x

    def _draw_footer(self) -> None:
        told = f"Outward · {moment_told(self._lines.ended_at)} · all times UTC, a day is 24 hours"
        self._text(told, _MARGIN, self._bottom + 4, 10.5, _SOFT)

    def _causes(self) -> set[str]:
        charges = (charge.cause for line in self._lines.tickets for charge in line.charges)
        return {*charges, *(segment.cause for segment in self._lines.path)}

    def _label(
        self, name: str, told: str, y: float, parent: Element | None = None, indent: float = 0.0, faint: bool = False
    ) -> None:
        x = _MARGIN + indent
        room = _LEFT - 14 - x
        self._text(cut(name, room, 12.5, bold=True), x, y - 1, 12.5, _SOFT if faint else INK, 600, parent=parent)
        self._text(cut(told, room, 11), x, y + 13, 11, _SOFT, parent=parent)

    def _text(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        fill: str = INK,
        weight: int = 400,
        *,
        anchor: str = "start",
        style: str = "normal",
        parent: Element | None = None,
    ) -> None:
        drawn = element("text", self._root if parent is None else parent, text, x=x, y=y, font_size=size, fill=fill)
        for name, value, usual in (
            ("font-weight", str(weight), "400"),
            ("text-anchor", anchor, "start"),
            ("font-style", style, "normal"),
        ):
            if value != usual:
                drawn.set(name, value)

    def _stretches(self, charges: Iterable[Stretch]) -> list[tuple[Stretch, float, float]]:
        """Those that can be seen, each with where it begins and how wide it is; what cannot goes to the one after."""
        found: list[tuple[Stretch, float, float]] = []
        start, until = 0.0, None
        for charge in charges:
            if charge.started_at != until:
                start = self._axis.place(charge.started_at)
            end, until = self._axis.place(charge.ended_at), charge.ended_at
            if end - start >= _LEAST:
                found.append((charge, start, end - start))
                start = end
        return found


def _marks(shown: Sequence[Lifeline]) -> set[str]:
    """Which marks there are at the tickets that are drawn."""
    path = {"path"} if any(line.on_path_seconds for line in shown) else set()
    due = {"due"} if any(line.due_at is not None for line in shown) else set()
    return path | due | ({"overrun"} if any(line.overrun_seconds for line in shown) else set())


def _weightiest(sentences: Sequence[Sentence]) -> list[Sentence]:
    """As many as there is room for, in their order."""
    rank = {kind: number for number, kind in enumerate(_WEIGHT)}
    by_weight = sorted(range(len(sentences)), key=lambda place: rank.get(sentences[place].kind, len(rank)))
    return [sentences[place] for place in sorted(by_weight[:_MOST_SENTENCES])]


def _axis_of(lines: Lifelines) -> Axis:
    """The commitment's time, with some of what began before and ended after."""
    first, last = lines.started_at, max(lines.ended_at, lines.due_at)
    beyond = max(1, (last - first) // 2)
    first, last = max(lines.first_at, first - beyond), min(lines.last_at, last + beyond)
    return Axis(first, max(last, first + 1), _LEFT, _RIGHT)


def _chosen(lines: Sequence[Lifeline]) -> tuple[list[Lifeline], list[Lifeline]]:
    """The tickets that are drawn and those that are left out: what the customer waited for longest comes first, then
    what overran; both in their order."""
    if len(lines) <= MOST_ROWS:
        return list(lines), []
    by_weight = sorted(lines, key=lambda line: (-line.on_path_seconds, -line.overrun_seconds, not line.driving))
    chosen = {line.ticket_id for line in by_weight[:MOST_ROWS]}
    return (
        [line for line in lines if line.ticket_id in chosen],
        [line for line in lines if line.ticket_id not in chosen],
    )
