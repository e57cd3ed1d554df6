"""Who used the time of a ticket's clocks, on the wire."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from app.kernel.schemas import Id, Instant
from app.tickets.schemas import ClockAnswer, PartyName


@dataclass(frozen=True, slots=True)
class LegShare:
    """What one leg used of a clock; the legs sum to the clock's `elapsed_seconds`."""

    leg: int
    department_id: Annotated[Id, Field(description="The department that had the ticket in that leg.")]
    elapsed_seconds: Annotated[int, Field(description="The business time it used, by the clock's calendar.")]
    share_of_target: Annotated[float, Field(description="That by the target: 1 is all that was allowed.", ge=0)]
    beyond_target_seconds: Annotated[int, Field(description="Of that, what it used when the target was used up.")]
    overrun_seconds: Annotated[
        int, Field(description="Its part of all that is beyond the target, in proportion to the time each leg used.")
    ]


@dataclass(frozen=True, slots=True)
class WaitShare:
    """How long one party was waited for while a clock lived."""

    party: PartyName
    clock_stood_still: Annotated[bool, Field(description="Whether the clock was paused meanwhile, by its SLA.")]
    wait_seconds: Annotated[int, Field(description="Around the clock.")]
    business_seconds: Annotated[int, Field(description="Of that, the open time of the clock's calendar.")]


@dataclass(frozen=True, slots=True)
class BreachHolder:
    """Who had the ticket just after the due time: what happened at that very instant came before."""

    department_id: Id
    leg: int
    assignee_id: Annotated[Id | None, Field(description="Null if it lay in the department's queue.")]


@dataclass(frozen=True, slots=True)
class ClockBreakdown(ClockAnswer):
    """A clock, and who used its time until then."""

    legs: Annotated[list[LegShare], Field(description="The legs in which it ran or was paused, in order.")]
    waits: Annotated[list[WaitShare], Field(description="By party, and by whether the clock stood still.")]
    held_at_breach: Annotated[BreachHolder | None, Field(description="Null unless it is breached.")]


@dataclass(frozen=True, slots=True)
class SlaBreakdown:
    """Who used the time of a ticket's clocks, as of an instant."""

    ticket_id: Id
    as_of: Instant
    clocks: list[ClockBreakdown]
