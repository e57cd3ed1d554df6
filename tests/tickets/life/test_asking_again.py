"""Which questions were asked again."""

from typing import Any

import pytest

from app.tickets.life.asking_again import NotAskedAgain, asked_again


def history(*verbs: str, marks: dict[int, int] | None = None) -> list[dict[str, Any]]:
    """Entries of these verbs; `marks` says by which of them it was said of which question."""
    marked = marks or {}
    return [
        {"number": number, "verb": verb, "details": {"question_number": marked[number]} if number in marked else {}}
        for number, verb in enumerate(verbs, 1)
    ]


@pytest.mark.parametrize("telling", ["open", "transfer", "return", "reopen", "wait", "comment"])
def test_the_last_question_was_asked_again_if_an_entry_before_it_told_the_answer(telling: str) -> None:
    assert asked_again(history(telling, "ask", "start"), 1) == 2
    assert asked_again(history(telling, "ask", "comment", "ask"), 1) == 4


def test_an_answer_to_one_question_can_answer_the_next() -> None:
    assert asked_again(history("open", "ask", "comment", "ask", marks={3: 2}), 3) == 4


@pytest.mark.parametrize(
    ("entries", "told_in", "why"),
    [
        (history("open", "comment"), 1, "nothing was asked"),
        (history("open", "ask", "comment"), 3, "before the question, which is 2"),
        (history("open", "ask"), 2, "before the question, which is 2"),
        (history("open", "ask"), 9, "before the question, which is 2"),
        (history("open", "assign", "ask"), 2, "tells nothing: `assign`"),
        (history("open", "ask", "comment", marks={3: 2}), 1, "said already"),
    ],
)
def test_what_does_not_show_that_is_refused(entries: list[dict[str, Any]], told_in: int, why: str) -> None:
    with pytest.raises(NotAskedAgain, match=why):
        asked_again(entries, told_in)
