"""A scorecard as a page that is laid on the table: self-contained, for a browser, and printed on A4.

It runs nothing and loads nothing: its style sheet is in it, and the browser is told to accept no other. What people
wrote is text of elements, never markup.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from app.ripple.elapsed import in_words
from app.ripple.engine.totals import Amount
from app.ripple.story.svg import Element, element
from app.scorecards.measures import MeasureName
from app.scorecards.scorecard_schemas import Measure, Scorecard
from app.scorecards.wording import SECTIONS, WORDS, amounts, change, figure, how_sure, money, number, other, span, trend

_STYLES: Final = (Path(__file__).parent / "pages" / "scorecard.css").read_text()
_HASH: Final = b64encode(hashlib.sha256(_STYLES.encode()).digest()).decode()

HEADERS: Final[dict[str, str]] = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What the page is sent with: it tells of people, and stays nowhere."""

_WIDE, _HIGH = 112, 12
_BESIDE: Final = (
    "Beside each figure stands that of the period of equal length just before, and the company's median. An interval "
    "says how sure a share is: of few decisions less can be told."
)
_BAR: Final = (
    "The bar of a share runs from 0 to 100 %: the band is its interval, the black mark its value, the blue one the "
    "median."
)
_CAUTION: Final = (
    "Of the time that was overrun or let wait, customers felt what made promises to them late. What is lost stands "
    "beside late promises; that it came after them does not say that it came of them."
)


def page_of(scorecard: Scorecard) -> str:
    """The page."""
    body, root = _document(f"{scorecard.of.name}: scorecard")
    of = scorecard.of
    element("p", body, "Scorecard of a department" if of.type == "department" else "Scorecard", class_="kicker")
    element("h1", body, of.name)
    element("p", body, _lead(scorecard), class_="lead")
    element("p", body, scorecard.totals.sentence, class_="sentence")
    told = {measure.group.measure: measure for measure in scorecard.rows}
    _tiles(body, scorecard, told)
    if scorecard.comparison.why_not is not None:
        element("p", body, scorecard.comparison.why_not, class_="note")
    for title, names in SECTIONS:
        _section(body, title, [told[name] for name in names if name in told])
    _worth(body, scorecard)
    footer = element("footer", body)
    for note in (_BESIDE, _BAR, _CAUTION):
        element("p", footer, note)
    return _written(root)


def dead_page(why: str) -> str:
    """The page of a link that shows nothing."""
    body, root = _document("Nothing to see here")
    element("h1", body, "Nothing to see here")
    element("p", body, f"{why} Ask for a new one.", class_="lead")
    return _written(root)


def _document(title: str) -> tuple[Element, Element]:
    root = element("html", lang="en")
    head = element("head", root)
    element("meta", head, charset="utf-8")
    element("meta", head, name="viewport", content="width=device-width, initial-scale=1")
    element("meta", head, name="robots", content="noindex")
    element("title", head, title)
    element("style", head, _STYLES)
    return element("body", root), root


def _written(root: Element) -> str:
    return "<!doctype html>\n" + ElementTree.tostring(root, encoding="unicode", method="html") + "\n"


def _lead(scorecard: Scorecard) -> str:
    now, before = span(scorecard.from_, scorecard.to), span(scorecard.previous_from, scorecard.from_)
    tickets = scorecard.totals.tickets
    opened = "1 ticket" if tickets == 1 else f"{number(tickets)} tickets"
    return f"{now}, beside {before} (UTC) · {opened} opened"


def _tiles(body: Element, scorecard: Scorecard, told: Mapping[MeasureName, Measure]) -> None:
    tiles = element("dl", body, class_="tiles")
    worth = scorecard.totals.worth
    served = f"worth {amounts(worth.customer_value)} a year" if worth.customer_value else "of unknown worth"
    outward, delay = told["outward"], told["delay"]
    of_delay = "of no delay" if not delay.value else f"of {in_words(int(delay.value))} overrun or let wait"
    for name, value, how in (
        ("Targets met", figure(told["attainment"]), how_sure(told["attainment"])),
        ("Felt by customers", figure(outward), of_delay),
        ("Feedback, 1 to 5", figure(told["feedback"]), how_sure(told["feedback"])),
        ("Customers served", number(worth.customers), served),
    ):
        tile = element("div", tiles)
        element("dt", tile, name)
        element("dd", tile, value, class_="value")
        element("dd", tile, how, class_="how")


def _section(body: Element, title: str, measures: Sequence[Measure]) -> None:
    element("h2", body, title)
    table = element("table", body)
    head = element("tr", element("thead", table))
    for name, class_ in (("", ""), ("", "shape"), ("now", "value"), ("before", ""), ("change", ""), ("median", "")):
        element("th", head, name, class_=class_) if class_ else element("th", head, name)
    rows = element("tbody", table)
    for measure in measures:
        _row(element("tr", rows), measure)


def _row(row: Element, measure: Measure) -> None:
    name, meaning = WORDS[measure.group.measure]
    element("small", element("td", row, name), meaning)
    shape = element("td", row, class_="shape")
    if measure.unit == "share" and measure.value is not None and measure.better is not None:
        _draw_bar(shape, measure)
    cell = element("td", row)
    element("b", cell, figure(measure))
    sure = how_sure(measure)
    if sure:
        element("small", cell, sure)
    element("td", row, other(measure, measure.previous))
    element("td", row, change(measure), class_=trend(measure))
    element("td", row, other(measure, measure.median))


def _draw_bar(cell: Element, measure: Measure) -> None:
    """A share between 0 and 1, with its interval and the median; more than all is drawn as all."""

    def place(share: float) -> float:
        return min(max(share, 0.0), 1.0) * _WIDE

    drawing = element("svg", cell, viewBox=f"0 0 {_WIDE} {_HIGH}", aria_hidden="true")
    element("rect", drawing, x=0, y=4, width=_WIDE, height=4, rx=2, class_="track")
    if measure.low is not None and measure.high is not None:
        low, high = place(measure.low), place(measure.high)
        element("rect", drawing, x=low, y=3, width=max(high - low, 1.0), height=6, rx=2, class_="band")
    if measure.median is not None:
        element("rect", drawing, x=place(measure.median) - 1, y=0, width=2, height=_HIGH, class_="median")
    element("rect", drawing, x=place(measure.value or 0.0) - 1.5, y=1, width=3, height=10, rx=1, class_="mark")


def _worth(body: Element, scorecard: Scorecard) -> None:
    worth = scorecard.totals.worth
    element("h2", body, "What this work is worth to customers")
    rows = element("tbody", element("table", body))
    lines: list[tuple[str, str, int, Iterable[Amount]]] = [
        ("Customers served", "and what they are worth a year", worth.customers, worth.customer_value),
        ("Promises to them", "to be kept in the period", worth.commitments, worth.commitment_value),
        ("Of these late", "or overdue, whoever caused it", worth.late_commitments, worth.late_value),
        (
            "Late by its share",
            "delivered late with a share in that",
            scorecard.totals.delayed.commitments,
            scorecard.totals.delayed.value,
        ),
        ("At risk now", "open promises that wait for this last", worth.at_risk, worth.value_at_risk),
    ]
    if scorecard.of.type == "department":
        meaning = "who left after it had a share in a late promise"
        lines.append(("Customers lost", meaning, worth.lost_customers, worth.lost_value))
    for name, meaning, count, values in lines:
        row = element("tr", rows)
        element("small", element("td", row, name), meaning)
        element("b", element("td", row), number(count))
        element("td", row, "\u2002".join(money(value) for value in values) or "–", colspan=3)
    tickets = f"{number(worth.tickets)} tickets were worked on for them, {number(worth.open_tickets)} are open."
    element("p", body, tickets, class_="note")
