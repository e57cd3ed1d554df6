"""What is told of suggestions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from app.customers.events import ALBION
from app.customers.schemas import Customer
from app.directory.event_examples import AMARA, DEEPA, FINANCE
from app.directory.schemas import Department, Member
from app.kernel.background import SYSTEM
from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType, SomeOf
from app.suggestions.effects import Side, told, verdict
from app.suggestions.examples import CREDIT_FIRST
from app.suggestions.schemas import Effect, EffectSide, Suggestion


class SuggestionData(TypedDict):
    """What is told of a suggestion, and whom it concerns."""

    suggestion: Suggestion
    customer: Customer | None
    department: Department | None
    member: Annotated[Member | None, Field(description="Whose idea it is, where that is known.")]
    actor: Actor


class SuggestionChangeData(SuggestionData):
    """What is told of a suggestion that changed."""

    previous: Annotated[dict[str, Any], SomeOf(Suggestion)]


class VoteData(SuggestionChangeData):
    """What is told of a vote."""

    voter_member: Annotated[Member | None, Field(description="The member who voted; null: the key itself.")]


_AT: Final = datetime(2026, 3, 17, 9, tzinfo=UTC)
_ADOPTED_AT: Final = _AT + timedelta(days=3)
_DAYS: Final = timedelta(days=30)
_BEFORE: Final = Side(_ADOPTED_AT - _DAYS, _ADOPTED_AT, 0.72, 143, 0.641, 0.787)
_SINCE: Final = Side(_ADOPTED_AT, _ADOPTED_AT + _DAYS, 0.91, 156, 0.854, 0.945)


def _shown(side: Side) -> EffectSide:
    return EffectSide(start=side.start, end=side.end, value=side.value, n=side.n, low=side.low, high=side.high)


_MADE: Final = Suggestion(
    id=UUID(CREDIT_FIRST),
    version=1,
    customer_id=ALBION.id,
    department_id=FINANCE.id,
    member_id=AMARA.id,
    text="Check the credit of gold customers before the order, not after.",
    suggested_at=_AT,
    actor=dict(EXAMPLE_ACTOR),
    status="open",
    votes=0,
    answer=None,
    decided_at=None,
    decided_by=None,
    metric=None,
    days=None,
    effect=None,
    created_at=_AT,
    updated_at=_AT,
)
_VOTED: Final = replace(_MADE, version=2, votes=1)
_DECLINED: Final = replace(
    _VOTED,
    version=3,
    status="declined",
    answer="The bank answers within an hour by now, so nothing would be gained.",
    decided_at=_ADOPTED_AT,
    decided_by=dict(EXAMPLE_ACTOR),
    updated_at=_ADOPTED_AT,
)
_ADOPTED: Final = replace(
    _DECLINED,
    status="adopted",
    answer="From Monday on, with every order above 10,000 EUR.",
    metric="attainment",
    days=30,
)
_MEASURED_AT: Final = _SINCE.end + timedelta(hours=1)
_EFFECT: Final = Effect(
    before=_shown(_BEFORE),
    since=_shown(_SINCE),
    verdict=verdict("attainment", _BEFORE, _SINCE),
    text=told("attainment", _BEFORE, _SINCE),
    measured_at=_MEASURED_AT,
)
_CONCERNED: Final = {"customer": ALBION, "department": FINANCE, "member": AMARA, "actor": EXAMPLE_ACTOR}
_UNDECIDED: Final = {"status": "open", "answer": None, "decided_at": None, "decided_by": None}


def _type(name: str, description: str, data: type, suggestion: Suggestion, **more: Any) -> EventType:
    return EventType(f"suggestion.{name}", description, data, {**_CONCERNED, "suggestion": suggestion, **more})


TYPES: Final = (
    _type("made", "Somebody suggests how a customer or a department could be served better.", SuggestionData, _MADE),
    _type(
        "updated",
        "A suggestion was put in other words.",
        SuggestionChangeData,
        replace(_MADE, version=2, text="Check the credit of gold and silver customers before the order, not after."),
        previous={"text": _MADE.text},
    ),
    _type("voted", "Somebody votes for a suggestion.", VoteData, _VOTED, previous={"votes": 0}, voter_member=DEEPA),
    _type(
        "vote_withdrawn",
        "Somebody takes their vote for a suggestion back.",
        VoteData,
        replace(_VOTED, version=3, votes=0),
        previous={"votes": 1},
        voter_member=DEEPA,
    ),
    _type(
        "adopted",
        "A suggestion is adopted; with a metric one will see whether it helped.",
        SuggestionChangeData,
        _ADOPTED,
        previous={**_UNDECIDED, "metric": None, "days": None},
    ),
    _type("declined", "A suggestion is declined.", SuggestionChangeData, _DECLINED, previous=_UNDECIDED),
    _type(
        "effect_measured",
        "It is known what became of the metric that an adopted suggestion named.",
        SuggestionChangeData,
        replace(_ADOPTED, version=4, effect=_EFFECT, updated_at=_MEASURED_AT),
        previous={"effect": None},
        actor=SYSTEM,
    ),
)
