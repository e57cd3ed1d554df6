"""Service level agreements on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from app.catalogue.examples import CREDIT_CHECK
from app.directory.calendar import MAXIMUM_DAYS
from app.directory.examples import FINANCE, HEAD_OFFICE, LEAD_OF_FINANCE
from app.kernel.paging import Listing, choice_of, sorted_by
from app.kernel.schemas import Id, Instant, Name, Schema, example, left_out
from app.service_levels.escalation_schemas import EscalationAnswer, Escalations, MetricName, PriorityName

PausingParty = Literal["requester", "customer", "third_party"]


def _each_once(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("must name each once")
    return values


_UNIQUE = {"uniqueItems": True}

TargetSeconds = Annotated[
    int,
    Field(ge=1, le=MAXIMUM_DAYS * 86_400, description="Business time on the SLA's calendar.", examples=[14400]),
]


class ByPriority(Schema):
    """Other times for some priorities."""

    p1: TargetSeconds = left_out()
    p2: TargetSeconds = left_out()
    p3: TargetSeconds = left_out()
    p4: TargetSeconds = left_out()


class TargetDraft(Schema):
    """What is measured, and the business time allowed for it."""

    metric: MetricName
    seconds: TargetSeconds
    by_priority: ByPriority = left_out(examples=[{"p1": 3600}])


def _each_metric_once(targets: list[TargetDraft]) -> list[TargetDraft]:
    metrics = [target.metric for target in targets]
    for metric in metrics:
        if metrics.count(metric) > 1:
            raise ValueError(f"must not have two targets of the metric {metric}")
    return targets


class SlaDraft(Schema):
    """What a provider undertakes. A condition that is left out holds always."""

    model_config = example(
        name="Credit checks, urgent",
        provider_department_id=FINANCE,
        request_type_id=CREDIT_CHECK,
        priorities=["p1", "p2"],
        rank=5,
        calendar_id=HEAD_OFFICE,
        targets=[
            {"metric": "acknowledge", "seconds": 3600},
            {"metric": "resolve", "seconds": 14400, "by_priority": {"p1": 7200}},
        ],
        pause_on=["requester", "customer"],
        warn_at=[0.5, 0.8],
        escalations=[
            {"metric": "resolve", "at": 0.8, "do": "notify", "member_id": LEAD_OF_FINANCE},
            {"metric": "resolve", "at": 1, "do": "raise_priority", "priority": "p1"},
        ],
    )

    name: Name = Field(examples=["Finance for everybody"])
    provider_department_id: Id = Field(description="The department that undertakes it.")
    requester_department_id: Id | None = Field(None, description="Only towards this department.")
    request_type_id: Id | None = Field(None, description="Only for this entry of the provider's catalogue.")
    priorities: (
        Annotated[list[PriorityName], AfterValidator(_each_once), Field(min_length=1, json_schema_extra=_UNIQUE)] | None
    ) = Field(None, description="Only for these priorities.", examples=[["p1", "p2"]])
    customer_tiers: (
        Annotated[list[Name], AfterValidator(_each_once), Field(min_length=1, max_length=50, json_schema_extra=_UNIQUE)]
        | None
    ) = Field(None, description="Only for customers of these tiers.", examples=[["gold"]])
    rank: int = Field(
        ge=0,
        le=1_000_000,
        description="The lowest of those that match wins. No two active ones of equal rank may match the same ticket.",
        examples=[10],
    )
    calendar_id: Id = Field(description="The business hours that count.")
    targets: Annotated[
        list[TargetDraft],
        AfterValidator(_each_metric_once),
        Field(min_length=1, max_length=3, description="Each metric at most once; one it lacks has no clock."),
    ]
    pause_on: Annotated[
        list[PausingParty],
        AfterValidator(_each_once),
        Field(
            json_schema_extra=_UNIQUE,
            description="Waiting for these pauses `update` and `resolve`.",
            examples=[["requester", "customer"]],
        ),
    ] = []
    warn_at: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]],
        AfterValidator(_each_once),
        Field(
            max_length=10,
            json_schema_extra=_UNIQUE,
            description="Fractions of a target at which `sla.warning` is sent.",
            examples=[[0.5, 0.8]],
        ),
    ] = []
    escalations: Escalations = []
    active: bool = Field(True, description="Whether new legs are matched with it.")


class Target(TypedDict):
    """What is measured, and the business time allowed for it."""

    metric: MetricName
    seconds: int
    by_priority: dict[PriorityName, int]


@dataclass(frozen=True, slots=True)
class Sla:
    """A service level agreement: what a provider undertakes. Its `version` is what a ticket's leg keeps."""

    id: Id
    version: int
    name: str
    provider_department_id: Id
    requester_department_id: Id | None
    request_type_id: Id | None
    priorities: list[PriorityName] | None
    customer_tiers: list[str] | None
    rank: int
    calendar_id: Id
    targets: list[Target]
    pause_on: list[PausingParty]
    warn_at: list[float]
    escalations: list[EscalationAnswer]
    active: bool
    created_at: Instant
    updated_at: Instant


@dataclass(frozen=True, slots=True)
class SlaVersion:
    """What an SLA undertook from an instant on, for the legs that begin with it, until the next version."""

    number: Annotated[int, Field(description="The SLA's `version` then, which the leg of a ticket keeps.")]
    holds_from: Annotated[Instant, Field(description="The first one holds for all time before the second.")]
    name: str
    provider_department_id: Id
    requester_department_id: Id | None
    request_type_id: Id | None
    priorities: list[PriorityName] | None
    customer_tiers: list[str] | None
    rank: int
    calendar_id: Id
    targets: list[Target]
    pause_on: list[PausingParty]
    warn_at: list[float]
    escalations: list[EscalationAnswer]
    active: bool


class SlaVersionListing(Listing):
    """The query of the list of an SLA's versions."""

    sort: str | None = choice_of(("number",))


class SlaListing(Listing):
    """The query of the list of SLAs."""

    sort: str | None = sorted_by("name", "rank")
    name: str | None = None
    provider_department_id: Id | None = None
    requester_department_id: Id | None = None
    request_type_id: Id | None = None
    calendar_id: Id | None = None
    rank: int | None = Field(None, ge=0, le=1_000_000)
    active: bool | None = None
