"""Feedback on tickets, on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from app.kernel.schemas import Id, Instant, Text, example
from app.tickets.schemas import Moment


class Feedback(Moment):
    """How the requester was served: 1 (badly) to 5 (very well)."""

    model_config = example(score=4, comment="Quick, once it was looked at.")

    score: int = Field(ge=1, le=5)
    comment: Text | None = None
    member_id: Id | None = Field(
        None,
        description="Whose feedback it is: the ticket's requester, for whom the key speaks if this is left out. Where "
        "no requester is known, or they have left, a member of the department that asked.",
    )


@dataclass(frozen=True, slots=True)
class GivenFeedback:
    """What the requester said of one resolution of a ticket."""

    number: Annotated[int, Field(description="Of which resolution: 1, and one more after each time it was reopened.")]
    score: int
    comment: str | None
    member_id: Annotated[Id | None, Field(description="Whose it is, where that is known.")]
    given_at: Instant
    changed_at: Instant | None
    changeable_until: Instant
    actor: Annotated[dict[str, Any] | None, Field(description="Who gave it last, as events name them.")]


@dataclass(frozen=True, slots=True)
class FeedbackOnTicket:
    """All feedback on a ticket, in order."""

    items: list[GivenFeedback]
