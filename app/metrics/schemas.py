"""Figures of the reports, and what each may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from app.directory.calendar import is_zone
from app.kernel.reports import DIMENSIONS, ReportQuery, grouped_by
from app.kernel.schemas import Id


@dataclass(frozen=True, slots=True)
class MetricFigures:
    """Clocks of one metric."""

    metric: Annotated[str, Field(description="`acknowledge`, `update` or `resolve`.")]
    decided: Annotated[int, Field(description="Met or breached in the period.")]
    met: int
    breached: int
    attainment: Annotated[float | None, Field(description="`met / decided`; null when nothing was decided.")]
    attainment_low: Annotated[
        float | None,
        Field(description="With `attainment_high` its 95 % interval (Wilson): of few decisions less can be told."),
    ]
    attainment_high: float | None
    p50_seconds: Annotated[int | None, Field(description="Half of the decided clocks counted at most this long.")]
    p90_seconds: int | None
    p95_seconds: int | None
    running: Annotated[int, Field(description="Undecided at the end of the period, paused ones included.")]
    cancelled: Annotated[int, Field(description="Ended by a cancellation or a decline: in no attainment.")]
    handed_over: Annotated[int, Field(description="Ended by a hand-off: in no attainment.")]
    excluded: Annotated[
        int, Field(description="Met or breached in an exclusion window: in no other figure, so not in `decided`.")
    ]


@dataclass(frozen=True, slots=True)
class ServiceLevelTotals:
    """Clocks of all metrics together, and of each."""

    decided: int
    met: int
    breached: int
    attainment: float | None
    attainment_low: float | None
    attainment_high: float | None
    p50_seconds: int | None
    p90_seconds: int | None
    p95_seconds: int | None
    running: int
    cancelled: int
    handed_over: int
    excluded: int
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
    excluded: Annotated[int, Field(description="Of these, decided in an exclusion window: in no attainment.")]
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
    unaccepted: Annotated[
        int,
        Field(description="Hand-offs that nobody has taken on so far: neither accepted, acknowledged nor passed on."),
    ]
    oldest_unaccepted_seconds: Annotated[int | None, Field(description="Since the oldest of these; null without any.")]
    questions: Annotated[int, Field(description="Questions asked back to the requester.")]
    asked_again: Annotated[
        int, Field(description="Of these, the ones whose answer the ticket held already, as the answer says.")
    ]
    asked_again_seconds: Annotated[int, Field(description="From these questions to their answers, around the clock.")]
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
    delegated: Annotated[int, Field(description="Of those granted, the ones that a delegation granted at once.")]
    p50_seconds: Annotated[int | None, Field(description="From asking to the decision, around the clock.")]
    customer_wait_seconds: Annotated[
        int, Field(description="How long customers waited for just these approvals: their part in the decompositions.")
    ]
    delegation_saves_seconds: Annotated[
        int,
        Field(
            description="How much less customers would have waited, had those that somebody granted been granted when "
            "they were asked for: what else held them up would have held them up still."
        ),
    ]
    delegation_candidate: Annotated[
        bool,
        Field(description="At least 20 decided by somebody and 95 % of them granted: hardly worth the waiting."),
    ]


@dataclass(frozen=True, slots=True)
class DelegationFigures:
    """What was granted by delegation."""

    granted: Annotated[int, Field(description="Asked for in the period, and granted at once.")]
    customers: Annotated[int, Field(description="Whom these served, each once.")]
    reopened: Annotated[int, Field(description="Of these, the ones that somebody looked into after all.")]
    refused: Annotated[int, Field(description="Of those, the ones that were then decided otherwise.")]
    spared_seconds: Annotated[
        int,
        Field(
            description="About how long requesters would have waited: for each, the median of such requests of their "
            "department in the 90 days before it was delegated; nothing, if there were none."
        ),
    ]


@dataclass(frozen=True, slots=True)
class SeasonalityFigures:
    """When work comes, and when promises break."""

    arrivals: Annotated[int, Field(description="Tickets opened.")]
    breaches: Annotated[int, Field(description="Clocks breached, of every metric, whether or not anybody noticed.")]
    excluded: Annotated[int, Field(description="Breached in an exclusion window: not in `breaches`.")]


class CountingQuery(ReportQuery):
    """The query of a report that counts."""

    framing: ClassVar[frozenset[str]] = ReportQuery.framing | {"timezone", "compare"}

    timezone: str | None = Field(
        None,
        max_length=64,
        description="The zone (IANA) of every `day`, `week`, `month`, `weekday` and `hour`; left out, each department's"
        " own: that of its calendar, and UTC where it has none.",
        examples=["Europe/Berlin"],
    )
    compare: Literal["previous"] | None = Field(
        None,
        description="`previous`: beside each row, and the totals, their figures in the period of equal length just "
        "before. By `week` only whole weeks can be compared, by `month` only whole years.",
    )

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and not is_zone(value):
            raise ValueError("must be a time zone of the IANA data, such as Europe/Berlin")
        return value


class ServiceLevelsQuery(CountingQuery):
    """Department and provider are those of the clock's leg; the holder is who held the ticket at the decision."""

    allowed: ClassVar[Sequence[str]] = (*DIMENSIONS, "holder")
    group_by: str = grouped_by("department", allowed)
    holder_department_id: Id | None = Field(
        None, description="Only clocks that were decided, or run, while this department held the ticket."
    )


class FlowQuery(CountingQuery):
    """Department and provider are the ticket's present provider."""

    group_by: str = grouped_by("requester,provider")


class BacklogQuery(CountingQuery):
    """Department and provider are the ticket's present provider."""


class HandoffsQuery(CountingQuery):
    """The department is that of the legs, the provider the ticket's present one."""


class ApprovalsQuery(CountingQuery):
    """Department and provider are the ticket's present provider."""

    group_by: str = grouped_by("request_type")


class DelegationsQuery(CountingQuery):
    """Department and provider are the ticket's present provider."""

    group_by: str = grouped_by("request_type,requester")


class SeasonalityQuery(CountingQuery):
    """Department and provider are the one that was asked first, and for breaches the one whose clock it is."""

    allowed: ClassVar[Sequence[str]] = ("weekday", "hour", *DIMENSIONS)
    group_by: str = grouped_by("weekday,hour", allowed)
