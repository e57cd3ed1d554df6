"""Questions that are asked again: those whose answer was in the ticket before they were asked. Pure.

Nobody can tell that by comparing words. Whoever answers says it, and where it had been told; what is checked is that
there is a question, that the entry named comes before it, and that it tells something.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.tickets.life.verbs import Verb

TELLING: Final = frozenset({"open", Verb.TRANSFER, Verb.RETURN, Verb.REOPEN, Verb.WAIT, Verb.COMMENT})
"""The verbs of the entries that tell something: with a title and a description, a reason, a context or words."""


class NotAskedAgain(ValueError):
    """Why an answer does not show that its question was asked again."""


def asked_again(history: Sequence[Mapping[Any, Any]], told_in: int) -> int:
    """The number of the question that an answer answers: the last one in a ticket's history.

    ``history`` are its entries in order, with ``number``, ``verb`` and ``details``; ``told_in`` is the number of the
    one in which the answer had been told.

    Raises:
        NotAskedAgain: there is no question, it was said of it already, or it had not been told there.
    """
    questions = [entry["number"] for entry in history if entry["verb"] == Verb.ASK]
    if not questions:
        raise NotAskedAgain("must be left out: nothing was asked.")
    question: int = questions[-1]
    if any(entry["details"].get("question_number") == question for entry in history):
        raise NotAskedAgain("must be left out: it was said already that the last question was asked again.")
    named = next((entry for entry in history if entry["number"] == told_in), None)
    if named is None or named["number"] >= question:
        raise NotAskedAgain(f"must be the number of an entry of the history before the question, which is {question}.")
    if named["verb"] not in TELLING:
        raise NotAskedAgain(f"names an entry that tells nothing: `{named['verb']}`.")
    return question
