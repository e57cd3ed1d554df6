"""Figures of the reports, and what each may be asked."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from app.kernel.reports import ReportQuery, grouped_by


@dataclass(frozen=True, slots=True)
class MetricFigures:
    """Clocks of one metric."""

    metric: Annotated[str, Field(description="`acknowledge`, `update` or `resolve`.")]
    decided: Annotated[int, Field(description="Met or breached in the period.")]
    met: int
    breached: int
    attainment: Annotated[float | None, Field(description="`met / decided`; null when nothing was decided.")]
    p50_seconds: Annotated[int | None, Field(description="Half of the decided clocks counted at most this long.")]
    p90_seconds: int | None
    p95_seconds: int | None
    running: Annotated[int, Field(description="Undecided at the end of the period, paused ones included.")]
    cancelled: Annotated[int, Field(description="Ended by a cancellation or a decline: in no attainment.")]
    handed_over: Annotated[int, Field(description="Ended by a hand-off: in no attainment.")]


@dataclass(frozen=True, slots=True)
class ServiceLevelTotals:
    """Clocks of all metrics together, and of each."""

    decided: int
    met: int
    breached: int
    attainment: float | None
    p50_seconds: int | None
    p90_seconds: int | None
    p95_seconds: int | None
    running: int
    cancelled: int
    handed_over: int
    by_metric: list[MetricFigures]


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """What passed between requesters and providers."""

    tickets: Annotated[int, Field(description="Opened in the period.")]
    open: Annotated[int, Field(description="Open at the end of the period, whenever they were opened.")]
    resolved: Annotated[int, Field(description="Resolved in the period; of a reopened ticket its last resolution.")]
    attainment: Annotated[
        float | None, Field(description="Of the tickets' own `resolve` clocks decided in the period, the share met.")
    ]
    p50_seconds: Annotated[
        int | None,
        Field(description="From opening to resolution of those resolved, around the clock as the requester waits."),
    ]
    p90_seconds: int | None
    waiting_requester_seconds: Annotated[int, Field(description="Waits on the requester, as far as in the period.")]
    waiting_customer_seconds: int
    waiting_third_party_seconds: int
    waiting_dependency_seconds: int


@dataclass(frozen=True, slots=True)
class Ages:
    """Open tickets by how long ago they were opened, around the clock; the lower bound belongs to the bucket."""

    under_1_day: int
    from_1_to_3_days: int
    from_3_to_7_days: int
    from_7_to_14_days: int
    from_14_to_30_days: int
    over_30_days: int


@dataclass(frozen=True, slots=True)
class BacklogFigures:
    """What is open."""

    open: int
    waiting: Annotated[int, Field(description="Of these, waiting on anybody or on a dependency.")]
    overdue: Annotated[int, Field(description="Of these, past the due time of their own `resolve` clock.")]
    oldest_seconds: Annotated[int | None, Field(description="Since the oldest was opened; null when none is open.")]
    ages: Ages


@dataclass(frozen=True, slots=True)
class HandoffFigures:
    """How tickets were passed around."""

    tickets: int
    legs: int
    transfers: Annotated[int, Field(description="Legs that came by a transfer.")]
    returns: Annotated[int, Field(description="Legs that came back because the receiver did not take them.")]
    ping_pong: Annotated[int, Field(description="Tickets that came back to a department they had left.")]
    questions: Annotated[int, Field(description="Questions asked back to the requester.")]
    reopened: Annotated[int, Field(description="Reopenings.")]
    waiting_in_transfer_seconds: Annotated[
        int,
        Field(description="From each hand-off until accepted, acknowledged, passed on or ended, else to now."),
    ]


@dataclass(frozen=True, slots=True)
class ApprovalFigures:
    """What was decided, and who waited for it."""

    decided: Annotated[int, Field(description="Resolved in the period, saying whether it was granted.")]
    granted: int
    granted_share: Annotated[float | None, Field(description="`granted / decided`; null when nothing was decided.")]
    p50_seconds: Annotated[int | None, Field(description="From asking to the decision, around the clock.")]
    customer_wait_seconds: Annotated[
        int, Field(description="How long customers waited for just these approvals: their part in the decompositions.")
    ]
    delegation_candidate: Annotated[
        bool, Field(description="At least 20 decided and 95 % of them granted: hardly worth the waiting.")
    ]


@dataclass(frozen=True, slots=True)
class FeedbackFigures:
    """How requesters were served."""

    responses: int
    mean_score: Annotated[float | None, Field(description="1 (badly) to 5 (very well).")]
    share_negative: Annotated[float | None, Field(description="The share of scores 1 and 2.")]


class ServiceLevelsQuery(ReportQuery):
    """Department and provider are those of the clock's leg."""


class FlowQuery(ReportQuery):
    """Department and provider are the ticket's present provider."""

    group_by: str = grouped_by("requester,provider")


class BacklogQuery(ReportQuery):
    """Department and provider are the ticket's present provider."""


class HandoffsQuery(ReportQuery):
    """The department is that of the legs, the provider the ticket's present one."""


class ApprovalsQuery(ReportQuery):
    """Department and provider are the ticket's present provider."""

    group_by: str = grouped_by("request_type")


class FeedbackQuery(ReportQuery):
    """Department and provider are the ticket's present provider."""
