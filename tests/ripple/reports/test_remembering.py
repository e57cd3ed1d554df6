"""What was asked last and what was answered."""

from app.ripple.reports.remembering import MOST_ANSWERS, Remembered


def test_an_equal_question_has_the_answer_that_was_given_last() -> None:
    remembered = Remembered()
    remembered.remember(("by", ["customer"]), "many")
    remembered.remember(("by", ["day"]), "few")
    remembered.remember(("by", ["customer"]), "more")
    assert [remembered.to(("by", [name])) for name in ("customer", "day", "week")] == ["more", "few", None]


def test_the_questions_that_were_asked_longest_ago_are_forgotten() -> None:
    remembered = Remembered()
    for number in range(MOST_ANSWERS + 1):
        remembered.remember(number, str(number))
    assert remembered.to(0) is None
    assert [remembered.to(number) for number in (1, MOST_ANSWERS)] == ["1", str(MOST_ANSWERS)]
