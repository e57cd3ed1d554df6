"""A proposed version of an SLA on the wire, and what it would have changed."""

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, create_model

from app.kernel.schemas import Id, Instant, Schema, example
from app.service_levels.clock import Metric, Scope, State
from app.service_levels.schemas import SlaDraft

MOST_DAYS = 366


def _left_out(name: str) -> tuple[Any, Any]:
    field = copy(SlaDraft.model_fields[name])
    field.default = None
    return field.annotation, field


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


class _Proposal(Schema):
    model_config = ConfigDict(title="SlaProposal", json_schema_extra=_without_defaults)


if TYPE_CHECKING:
    SlaProposal = _Proposal
else:
    SlaProposal = create_model(
        "SlaProposal",
        __base__=_Proposal,
        __doc__="What the version says otherwise; what is left out stays as it is. Escalations play no part.",
        **{name: _left_out(name) for name in SlaDraft.model_fields if name != "escalations"},
    )


class Simulate(Schema):
    """What to try, on which tickets."""

    model_config = example(
        proposed={"targets": [{"metric": "acknowledge", "seconds": 3600}, {"metric": "resolve", "seconds": 28800}]},
        days=90,
    )

    proposed: SlaProposal
    days: int = Field(30, ge=1, le=MOST_DAYS, description="How many days back from now decisions are looked at.")


@dataclass(frozen=True, slots=True)
class SimulatedFigures:
    """Decisions of the SLA's clocks."""

    decided: Annotated[int, Field(description="Met or breached in the period.")]
    met: int
    breached: int
    attainment: Annotated[float | None, Field(description="`met / decided`; null when nothing was decided.")]
    attainment_low: Annotated[float | None, Field(description="With `attainment_high` its 95 % interval (Wilson).")]
    attainment_high: float | None
    p50_seconds: Annotated[int | None, Field(description="Half of the decided clocks counted at most this long.")]
    p90_seconds: int | None
    p95_seconds: int | None
    excluded: Annotated[int, Field(description="Decided in an exclusion window: in no other figure.")]


@dataclass(frozen=True, slots=True)
class Compared:
    """The same as it went, and as it would have gone."""

    then: SimulatedFigures
    proposed: SimulatedFigures


@dataclass(frozen=True, slots=True)
class ComparedMetric:
    """A metric as it went, and as it would have gone."""

    metric: Metric
    then: SimulatedFigures
    proposed: SimulatedFigures


@dataclass(frozen=True, slots=True)
class SimulatedClock:
    """A clock as it stands now, or would."""

    sla_id: Id
    state: State
    target_seconds: int
    due_at: Instant | None
    elapsed_seconds: int


@dataclass(frozen=True, slots=True)
class ClockDifference:
    """A clock that would have been decided otherwise in the period. One side is null where there is no such clock."""

    ticket_id: Id
    number: Annotated[int, Field(description="The ticket's number.")]
    metric: Metric
    scope: Scope
    leg: int
    then: SimulatedClock | None
    proposed: SimulatedClock | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """An SLA as it went, and as a proposed version of it would have gone."""

    sla_id: Id
    version: Annotated[int, Field(description="The SLA's present version.")]
    since: Instant
    until: Instant
    tickets: Annotated[int, Field(description="How many tickets were gone through, the latest first.")]
    cut: Annotated[bool, Field(description="Whether there were more of them: then the figures are of the latest.")]
    metrics: list[ComparedMetric]
    totals: Compared
    changed: Annotated[int, Field(description="How many clocks would have been decided otherwise.")]
    changes: Annotated[list[ClockDifference], Field(description="The 100 worst of them, the worst first.")]
