"""The picture of a commitment: an SVG that stands alone, whatever is in it."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.engine.analysis import analyse
from app.ripple.engine.graph import Commitment, Graph, Ticket, build_graph
from app.ripple.story.drawing import MOST_ROWS, WIDTH, draw
from app.ripple.story.explaining import explain
from app.ripple.story.lifelines import draw_lifelines
from app.ripple.story.svg import balanced, cut, width_of, wrapped
from app.ripple.story.telling import Named, Names
from tests.ripple.documents import from_document
from tests.ripple.random_graphs import random_document

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ripple_vectors.json").read_text())
SVG = "{http://www.w3.org/2000/svg}"
DAY = 86_400
PLAIN = Names("Go-live", "Acme")

graphs = st.randoms(use_true_random=False).map(random_document).map(from_document)


def picture_of(graph: Graph, names: Names = PLAIN) -> ElementTree.Element:
    analysis = analyse(graph)
    status = "open" if graph.commitment.delivered_at is None else "delivered"
    drawn = draw(explain(graph, analysis, names, status), draw_lifelines(graph, analysis), names)
    return ElementTree.fromstring(drawn)


def scenario(name: str) -> Graph:
    return from_document(next(vector["input"] for vector in VECTORS if vector["name"] == name))


def texts(picture: ElementTree.Element) -> list[str]:
    return [drawn.text or "" for drawn in picture.iter(f"{SVG}text")]


def of_many(number: int, late: int = 0) -> Graph:
    """The first is what the customer waited for; of the others some were late, and nobody felt it."""
    tickets = [Ticket("T0", "Sales", "Operations", 0, 9 * DAY, due_at=8 * DAY)]
    for each in range(1, number):
        due = DAY if each <= late else 3 * DAY
        tickets.append(Ticket(f"T{each}", "Operations", "Finance", each, 2 * DAY, ("T0",), due_at=due))
    return build_graph(Commitment("Sales", 0, 8 * DAY, 9 * DAY), tickets)


def test_it_tells_the_story_above_the_tickets() -> None:
    said = texts(picture_of(scenario("both late")))
    assert said[0] == "“Go-live” for Acme was delivered 3 d late, 2 d of it because of Finance."
    assert said[1] == "2 d of the 3 d came from Finance: T2 waited 4 d unacknowledged and was worked on for 1 d."
    assert {"3 d late", "due 7 Mar 2026, 09:00", "delivered 10 Mar 2026, 09:00"} <= set(said)
    assert {"T1", "Sales → Operations", "T2", "Operations → Finance"} <= set(said)


def test_readers_of_screens_are_told_the_whole_story() -> None:
    picture = picture_of(scenario("both late"))
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "“Go-live” for Acme was delivered 3 d late, 2 d of it because of Finance."
    assert (description.text or "").startswith("2 d of the 3 d came from Finance: ")
    assert (description.text or "").endswith(" went by: 5 d with Finance and 3 d with Operations.")


def test_each_ticket_tells_more_when_it_is_pointed_at() -> None:
    names = Names("Go-live", "Acme", tickets={"T2": Named("T-17", "Credit line")})
    told = [each.text for each in picture_of(scenario("both late"), names).iter(f"{SVG}title")]
    assert (
        "T-17 Credit line: Operations asked Finance, 3 Mar 2026, 09:00 – 8 Mar 2026, 09:00; overran by 2 d; the "
        "customer waited 5 d for it."
    ) in told


def test_what_is_open_is_marked_as_of_now() -> None:
    picture = picture_of(scenario("still open"))
    assert "as of 7 Mar 2026, 09:00" in texts(picture)
    assert any("still open" in (each.text or "") for each in picture.iter(f"{SVG}title"))


@pytest.mark.parametrize("number", [0, 1, MOST_ROWS])
def test_a_few_tickets_are_all_drawn(number: int) -> None:
    said = texts(picture_of(of_many(number) if number else build_graph(Commitment("Sales", 0, DAY, 2 * DAY), [])))
    assert sum(bool(re.fullmatch(r"T\d+", text)) for text in said) == number
    assert not any("more ticket" in text for text in said)


def test_of_many_tickets_those_on_the_path_and_those_that_overran_are_drawn_and_the_rest_is_counted() -> None:
    picture = picture_of(of_many(500, late=40))
    said = texts(picture)
    drawn = [text for text in said if re.fullmatch(r"T\d+", text)]
    assert len(drawn) == MOST_ROWS
    assert "T0" in drawn
    assert all(int(ticket[1:]) <= 40 for ticket in drawn)
    assert "and 470 more tickets, not on the path, 11 of them overran" in said
    assert int(picture.get("height") or 0) < 2_000


def test_of_a_long_path_it_is_said_how_much_of_it_is_left_out() -> None:
    tickets = [Ticket(f"T{n}", "A", "B", n * DAY, (n + 1) * DAY) for n in range(MOST_ROWS + 7)]
    said = texts(picture_of(build_graph(Commitment("A", 0, DAY, 60 * DAY), tickets)))
    assert "and 7 more tickets, 7 of them on the path" in said


def test_a_path_of_thousands_of_stretches_stays_small_and_whole() -> None:
    tickets = [Ticket(f"T{n}", "A", f"D{n % 7}", n * 60, n * 60 + 60) for n in range(5_000)]
    picture = picture_of(build_graph(Commitment("A", 0, 60, 5_000 * 60), tickets))
    assert len(ElementTree.tostring(picture)) < 500_000
    assert_covers(picture, 20)


def assert_covers(picture: ElementTree.Element, nearly: float) -> None:
    """The strip leaves no gap."""
    strip = [each for each in picture.iter(f"{SVG}rect") if each.get("height") == "22" and each.get("width") != "0.6"]
    reached = min(float(each.get("x") or 0) for each in strip)
    covered = sum(float(each.get("width") or 0) for each in strip)
    end = max(float(each.get("x") or 0) + float(each.get("width") or 0) for each in strip)
    assert covered == pytest.approx(end - reached, abs=nearly)


def test_nothing_is_red_where_nothing_was_late() -> None:
    late = {"#b3362b"}
    assert late.isdisjoint(colours(picture_of(scenario("everything on time"))))
    missed = picture_of(scenario("both late"))
    assert late < colours(missed)
    assert late < {each.get("stroke") for each in missed.iter(f"{SVG}line")}


def colours(picture: ElementTree.Element) -> set[str]:
    return {each.get(name) or "" for each in picture.iter() for name in ("fill", "stroke")}


AWKWARD = '<script>alert(1)</script> & "quotes" ]]> \x01\x0b\ud7ff\ufffe 非常に長いタイトル ' * 5


def test_names_are_escaped_cut_and_rid_of_what_xml_cannot_say() -> None:
    names = Names(AWKWARD, AWKWARD, "id", {"Finance": AWKWARD}, {"T2": Named("T-17", AWKWARD)})
    picture = picture_of(scenario("both late"), names)
    assert {each.tag for each in picture.iter()}.isdisjoint({"script", f"{SVG}script"})
    assert any(text.startswith("T-17 <script>alert(1)") and text.endswith("…") for text in texts(picture))
    assert "\x01" not in "".join(texts(picture))


ALLOWED = {"svg", "title", "desc", "defs", "pattern", "g", "rect", "circle", "path", "line", "text"}


def test_whatever_the_names_the_headline_says_to_the_end_what_came_of_it() -> None:
    names = Names("A promise that goes on and on, " * 6, "Donaudampfschifffahrtsgesellschaft " * 5)
    headline, said = "", texts(picture_of(scenario("both late"), names))
    for line in said[:3]:
        headline = f"{headline} {line}".strip()

    assert headline.startswith("“A promise that goes on and on")
    assert "Donaudampfschifffahrtsgesellschaft" in headline
    assert headline.endswith("… was delivered 3 d late, 2 d of it because of Finance.")


def test_a_department_with_a_long_name_is_told_on_the_strip_as_far_as_there_is_room() -> None:
    names = Names("Go-live", "Acme", departments={"Finance": "Finance " + "and all that comes with it " * 7})
    (told,) = (text for text in texts(picture_of(scenario("both late"), names)) if text.startswith("Finance and all"))

    assert told.endswith("…")


@given(graphs)
def test_it_stands_alone_and_runs_nothing(graph: Graph) -> None:
    for drawn in picture_of(graph).iter():
        assert drawn.tag.removeprefix(SVG) in ALLOWED
        for name, value in drawn.attrib.items():
            assert not name.startswith("on")
            assert name not in ("href", "style", "class")
            assert "url(" not in value or re.fullmatch(r"url\(#outward-[a-z_]+\)", value)


@given(graphs)
def test_nothing_lies_outside_and_nothing_is_smaller_than_nothing(graph: Graph) -> None:
    picture = picture_of(graph)
    height = float(picture.get("height") or 0)
    assert picture.get("viewBox") == f"0 0 {WIDTH} {picture.get('height')}"
    outside_patterns = [each for each in picture if each.tag != f"{SVG}defs"]
    for drawn in (each for top in outside_patterns for each in top.iter()):
        x, y = float(drawn.get("x") or 0), float(drawn.get("y") or 0)
        wide, high = float(drawn.get("width") or 0), float(drawn.get("height") or 0)
        assert x >= 0
        assert y >= 0
        assert wide >= 0
        assert high >= 0
        assert x + wide <= WIDTH
        assert y + high <= height + 1


@given(graphs)
def test_the_strip_covers_the_whole_time_of_the_commitment(graph: Graph) -> None:
    if graph.opened[0] < graph.ended[0]:
        assert_covers(picture_of(graph), 0.1 * 40)


@given(graphs)
def test_every_hatching_that_is_used_is_defined(graph: Graph) -> None:
    picture = picture_of(graph)
    defined = {f"url(#{each.get('id')})" for each in picture.iter(f"{SVG}pattern")}
    used = {each.get("fill") or "" for each in picture.iter() if (each.get("fill") or "").startswith("url")}
    assert used <= defined


@given(st.text(max_size=200), st.floats(20, 400))
def test_a_text_is_cut_to_the_width(text: str, width: float) -> None:
    assert width_of(cut(text, width, 12), 12) <= width


@given(st.text(max_size=400), st.integers(1, 4))
def test_a_text_is_wrapped_to_at_most_so_many_lines(text: str, lines: int) -> None:
    found = wrapped(text, 200, 12, lines)
    assert 1 <= len(found) <= lines
    assert all(width_of(line, 12) <= 200 for line in found)


def test_what_is_cut_ends_with_an_ellipsis() -> None:
    assert cut("A title that is far too long", 80, 12) == "A title that i…"
    assert wrapped("one two three four", 50, 12, 2) == ["one two", "three f…"]


@given(st.text(max_size=400), st.integers(1, 4))
def test_lines_are_balanced_without_being_more(text: str, lines: int) -> None:
    found, wide = balanced(text, 200, 12, lines), wrapped(text, 200, 12, lines)
    assert len(found) == len(wide)
    assert " ".join(found) == " ".join(wide)


def test_no_word_is_left_alone_on_the_last_line() -> None:
    text = "It was delivered two days late, all of it because of Finance"
    assert wrapped(text, 310, 12, 2)[1] == "Finance"
    assert balanced(text, 310, 12, 2) == ["It was delivered two days late,", "all of it because of Finance"]
