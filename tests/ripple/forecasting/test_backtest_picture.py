"""The picture of a back-test: an SVG that stands alone and says what the figures say."""

import random
from xml.etree import ElementTree

import pytest

from app.ripple.forecasting.backtest import BackTest, back_test
from app.ripple.forecasting.backtest_picture import draw_back_test
from app.ripple.forecasting.scores import scores
from app.ripple.story.drawing import WIDTH
from tests.ripple.open_commitments import HOUR, random_records

SVG = "{http://www.w3.org/2000/svg}"


def found(seed: int) -> BackTest:
    return back_test(random_records(random.Random(seed), 120), 5_000 * HOUR, retrained_seconds=24 * HOUR)


def drawn(of: BackTest, name: str = "orders.csv") -> ElementTree.Element:
    return ElementTree.fromstring(draw_back_test(of, name))


def texts(root: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def test_each_tenth_that_was_said_is_a_dot_at_what_was_said_and_what_happened():
    judged = found(1)
    dots = list(drawn(judged).iter(f"{SVG}circle"))
    bins = [each for shares in judged.by_share for each in shares.reliability]

    assert len(dots) == len(bins) > 5
    for dot, each in zip(dots, bins, strict=True):
        (title,) = dot.iter(f"{SVG}title")
        assert title.text == (
            f"{each.forecasts:,} forecasts said {100 * each.mean_probability:.1f} %; "
            f"{100 * each.late_share:.1f} % were late."
        )


def test_a_dot_on_the_diagonal_says_what_happened():
    judged = found(1)
    root = drawn(judged)
    diagonal = next(line for line in root.iter(f"{SVG}line") if line.get("stroke-width") == "1.2")
    x1, y1, x2, y2 = (float(diagonal.get(name)) for name in ("x1", "y1", "x2", "y2"))
    shares = judged.by_share[0].reliability
    for dot, each in zip(root.iter(f"{SVG}circle"), shares, strict=False):
        assert float(dot.get("cx")) == pytest.approx(x1 + each.mean_probability * (x2 - x1), abs=0.1)
        assert float(dot.get("cy")) == pytest.approx(y1 + each.late_share * (y2 - y1), abs=0.1)


def test_it_says_the_scores_and_of_what():
    judged = found(2)
    root = drawn(judged, "orders.csv")
    half = judged.by_share[1]

    assert "How good forecasts were: orders.csv" in texts(root)
    assert f"{100 * half.coverage:.1f} %" in texts(root)
    (description,) = root.iter(f"{SVG}desc")
    assert f"{half.forecasts:,} forecasts" in description.text


@pytest.mark.parametrize("seed", range(3))
def test_it_stands_alone_and_keeps_within_its_frame(seed):
    root = drawn(found(seed))
    width, height = float(root.get("width")), float(root.get("height"))

    assert width == WIDTH
    assert not {each.tag.removeprefix(SVG) for each in root.iter()} & {"script", "style", "image", "use", "a"}
    for each in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(each.get(name, 0)) <= width
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(each.get(name, 0)) <= height


def test_of_nothing_there_is_an_empty_one():
    root = drawn(BackTest(0, 0, tuple(scores(share, []) for share in (0.25, 0.5, 0.75)), ()))

    assert list(root.iter(f"{SVG}circle")) == []
    assert "0 commitments. Lines through dots are 95 % intervals (Wilson)." in texts(root)


def test_a_name_that_is_markup_or_far_too_long_stays_text():
    root = drawn(found(1), "<b>&" + "x" * 500)

    assert any(text.startswith("How good forecasts were: <b>&x") and text.endswith("…") for text in texts(root))
