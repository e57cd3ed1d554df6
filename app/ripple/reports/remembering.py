"""What was asked last and what was answered, where the same question has the same answer. Pure."""

from collections import deque
from typing import Any, Final

MOST_ANSWERS: Final = 32


class Remembered:
    """The last answers, by questions that are compared: whatever the answer depends on is part of them."""

    def __init__(self) -> None:
        self._known: deque[tuple[Any, Any]] = deque(maxlen=MOST_ANSWERS)

    def to(self, question: Any) -> Any:
        """What was answered; None if that is not known."""
        return next((answer for known, answer in self._known if known == question), None)

    def remember(self, question: Any, answer: Any) -> None:
        self._known.appendleft((question, answer))
