"""One line of a scorecard: of what a department overran or let others wait, how much did customers feel?"""

import pytest

from app.ripple.engine.totals import RippleFigures
from app.ripple.reports.scorecard import scorecard_line

DAY = 86_400


def figures(delay: int, outward: int) -> RippleFigures:
    return RippleFigures(
        tickets=1,
        overrun_seconds=delay,
        primary_seconds=delay,
        reactionary_seconds=0,
        kept_waiting_seconds=0,
        delay_seconds=delay,
        passed_on_seconds=0,
        outward_seconds=outward,
        transmission=outward / delay if delay else None,
        absorbed_seconds=max(0, delay - outward),
        commitments_delayed=1,
        customers_reached=1,
        value_touched=[],
    )


@pytest.mark.parametrize(
    ("delay", "outward", "sentence"),
    [
        (12 * DAY, 3 * DAY, "Of the 12 d that Finance overran or let others wait, customers felt 3 d (25 %)."),
        (12 * DAY, 0, "Of the 12 d that Finance overran or let others wait, customers felt nothing."),
        (100 * DAY, 60, "Of the 100 d that Finance overran or let others wait, customers felt 1 min (less than 1 %)."),
        (DAY, DAY, "Of the 1 d that Finance overran or let others wait, customers felt 1 d (100 %)."),
        (1000, 999, "Of the 17 min that Finance overran or let others wait, customers felt 17 min (more than 99 %)."),
        (
            DAY,
            2 * DAY,
            (
                "Of the 1 d that Finance overran or let others wait, customers felt 2 d, more than that: "
                "promises left no room for it."
            ),
        ),
        (0, 0, "Finance overran nothing and let nobody wait."),
    ],
)
def test_the_line_says_it_in_a_sentence(delay: int, outward: int, sentence: str) -> None:
    line = scorecard_line("Finance", figures(delay, outward))
    assert line.sentence == sentence
    assert (line.delay_seconds, line.outward_seconds, line.absorbed_seconds) == (
        delay,
        outward,
        max(0, delay - outward),
    )
