"""The catalogue as people look at it, on the wire."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from app.catalogue.schemas import Kind
from app.kernel.paging import Listing, choice_of
from app.kernel.schemas import Id
from app.service_levels.escalation_schemas import MetricName, PriorityName
from app.service_levels.schemas import PausingParty


@dataclass(frozen=True, slots=True)
class NamedDepartment:
    """A department, by its key and name."""

    id: Id
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """The calendar by whose business time a promise counts."""

    calendar_id: Id
    name: str
    timezone: str
    hours: dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Reached:
    """How a target was kept lately, in just this entry: clocks by when they were decided."""

    days: Annotated[int, Field(description="How far back, from now.")]
    decided: Annotated[int, Field(description="Clocks met or breached; what an exclusion window names is left out.")]
    met: int
    attainment: Annotated[float | None, Field(description="`met / decided`; null when nothing was decided.")]


@dataclass(frozen=True, slots=True)
class PromisedTarget:
    """By when something is done, in business time of the calendar, and how that was kept lately."""

    metric: MetricName
    seconds: int
    by_priority: Annotated[dict[PriorityName, int], Field(description="The priorities for which it is another time.")]
    reached: list[Reached]


@dataclass(frozen=True, slots=True)
class Promise:
    """An SLA that can apply to the entry. Of those whose conditions hold for a ticket the first applies, alone; one
    whose turn never comes is left out."""

    sla_id: Id
    sla_version: int
    name: str
    requester: Annotated[NamedDepartment | None, Field(description="Towards whom; null: towards everybody.")]
    priorities: Annotated[list[PriorityName] | None, Field(description="Only for these; null: for all.")]
    customer_tiers: Annotated[list[str] | None, Field(description="Only for customers of these; null: for all.")]
    business_hours: BusinessHours
    targets: list[PromisedTarget]
    pause_on: list[PausingParty]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One thing a provider can be asked for; without a request type, whatever is not in its catalogue."""

    provider: NamedDepartment
    request_type_id: Id | None
    key: str | None
    name: str | None
    kind: Kind | None
    description: str | None
    required_fields: list[str]
    promises: Annotated[list[Promise], Field(description="In the order in which they are tried; empty: no promise.")]


class CatalogueListing(Listing):
    """The query of the catalogue."""

    sort: str | None = choice_of(("provider",))
    provider_department_id: Id | None = Field(None, description="Only what this department offers.")
    requester_department_id: Id | None = Field(
        None, description="As this department sees it: what is promised to it, and how that was kept towards it."
    )
