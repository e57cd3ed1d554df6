"""Moving tickets to the current version of an SLA, on the wire."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from app.kernel.schemas import Id, Instant, Schema, example
from app.service_levels.clock import Metric, Scope, State


class Reapply(Schema):
    """Whether to move tickets, or only to say what that would change."""

    model_config = example(dry_run=True)

    dry_run: bool = Field(False, description="Whether nothing is stored.")


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What becomes of one clock of a ticket at the move."""

    ticket_id: Id
    number: Annotated[int, Field(description="The ticket's number.")]
    metric: Metric
    scope: Scope
    leg: int
    from_version: Annotated[int | None, Field(description="The SLA's version it ran by; null when it begins now.")]
    to_version: Annotated[int | None, Field(description="The version it runs by now; null when its metric is gone.")]
    target_seconds: int
    previous_target_seconds: int | None
    due_at: Instant | None
    previous_due_at: Instant | None
    state: State
    previous_state: State | None


@dataclass(frozen=True, slots=True)
class Reapplied:
    """What moved, or would, in the tickets' order of opening."""

    sla_id: Id
    version: Annotated[int, Field(description="The SLA's current version, to which they move.")]
    dry_run: bool
    tickets: Annotated[int, Field(description="How many tickets moved, also those no clock of which changed.")]
    changes: list[ClockChange]
    remaining: Annotated[int, Field(description="How many tickets are left: call again to go on with them.")]
