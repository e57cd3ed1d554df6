"""The ripple report, and the report on service levels that do not fit, on the wire."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field

from app.kernel.reports import DIMENSIONS, MOST_ROWS, ReportQuery, grouped_by
from app.kernel.schemas import Id
from app.ripple.engine.totals import RippleFigures
from app.ripple.reports.fit import FitFigures

ROWS = 500
"""How many rows are told in JSON, unless more are asked for."""
MOST_ROWS_WITH_INTERVALS = 2_500
"""More would take too much memory."""
PAIRS = 10
MOST_PAIRS = 1_000


class RippleQuery(ReportQuery):
    """The query of the ripple report."""

    allowed: ClassVar[Any] = DIMENSIONS
    status: Literal["delivered", "open"] = Field(
        "delivered",
        description="`delivered`: the commitments delivered in the period. `open`: those not delivered yet, as of now, "
        "whatever the period.",
    )
    group_by: str = grouped_by("department")
    limit: int | None = Field(
        None,
        ge=1,
        le=MOST_ROWS,
        description="How many groups: those with the largest share in the lateness of commitments, then in delay. The "
        f"totals are over all groups, and say how many these are. When left out, {ROWS:,} in JSON, and all in CSV.",
    )
    pairs: int = Field(
        PAIRS,
        ge=0,
        le=MOST_PAIRS,
        description="How many pairs of SLAs that do not fit the totals name: those of most promises.",
    )
    intervals: bool = Field(
        False,
        description="Whether to say how sure `outward_seconds` and `transmission` are, each by a 95 % interval. "
        f"For up to {MOST_ROWS_WITH_INTERVALS:,} groups.",
    )
    framing: ClassVar[frozenset[str]] = ReportQuery.framing | {"status", "limit", "pairs", "intervals"}


class FitQuery(ReportQuery):
    """The query of the report on service levels that do not fit."""

    allowed: ClassVar[Any] = ("edge", "requester", "provider", "request_type", "priority")
    status: Literal["delivered", "open"] = Field(
        "delivered",
        description="`delivered`: the commitments delivered in the period. `open`: those not delivered yet, as of now, "
        "whatever the period.",
    )
    limit: int | None = Field(
        None,
        ge=1,
        le=MOST_ROWS,
        description="How many groups: those that fit least. The totals are over all groups, and say how many these are."
        f" When left out, {ROWS:,} in JSON, and all in CSV.",
    )
    framing: ClassVar[frozenset[str]] = ReportQuery.framing | {"status", "limit"}
    group_by: str = grouped_by("edge", ("edge", "requester", "provider", "request_type", "priority"))
    department_id: Id | None = Field(None, description="Only pairs in which this department is one of the two.")
    requester_department_id: Id | None = Field(None, description="Only pairs in which it asked the other.")
    provider_department_id: Id | None = Field(None, description="Only pairs in which the other asked it.")
    request_type_id: Id | None = Field(None, description="Only tickets of this type that others block.")
    priority: Literal["p1", "p2", "p3", "p4"] | None = Field(
        None, description="Only tickets of this priority that others block."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FitTotals(FitFigures):
    """The figures of all `groups`, each ticket once. What awaits its analysis is not in them yet, or as it was."""

    groups: int
    awaiting_analysis: int


@dataclass(frozen=True, slots=True)
class UnfitPromises:
    """Promises that could not be kept: those of an SLA (null: the commitments') whose tickets waited last for one of
    another (null: for none that was promised). Which do not fit."""

    sla_id: Id | None
    sla_name: str | None
    blocker_sla_id: Id | None
    blocker_sla_name: str | None
    promises: int


@dataclass(frozen=True, slots=True)
class RippleRow(RippleFigures):
    """The figures of a group. With `intervals` also what `outward_seconds` and `transmission` would lie between for 95
    in 100 other samples of commitments like these, else null; that of the transmission is null without delay."""

    outward_seconds_low: int | None = None
    outward_seconds_high: int | None = None
    transmission_low: float | None = None
    transmission_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RippleTotals(RippleRow):
    """The figures of all `groups`, and the sums over their commitments: plan and outward seconds are the lateness, when
    no filter leaves out a part of it. The multiplier is the lateness less the plan by all of the delay. Of the
    `pairs_that_do_not_fit` those with most promises are told."""

    groups: int
    commitments: int
    delivered: int
    late: int
    lateness_seconds: int
    plan_seconds: int
    unpromised_seconds: int
    promises_impossible: int
    pairs_that_do_not_fit: int
    promises_that_do_not_fit: list[UnfitPromises]
    delay_multiplier: float | None
    awaiting_analysis: int
