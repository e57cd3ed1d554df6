"""Exclusion windows on the wire."""

from dataclasses import dataclass

from pydantic import Field

from app.directory.examples import FINANCE
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Schema, Words, example, left_out
from app.service_levels.examples import CREDIT_CHECKS


class ExclusionWindowDraft(Schema):
    """Decisions to leave out. All conditions that are stated must hold; without any, it is those of the whole
    company."""

    model_config = example(
        reason="Power cut in the data centre",
        starts_at="2026-03-04T09:15:00Z",
        ends_at="2026-03-04T13:00:00Z",
        provider_department_id=FINANCE,
    )

    reason: Words = Field(description="Why, for those who read the reports.", examples=["Strike"])
    starts_at: Instant = Field(description="The first instant.", examples=["2026-03-04T09:15:00Z"])
    ends_at: Instant = Field(description="The instant just after the last.", examples=["2026-03-04T13:00:00Z"])
    provider_department_id: Id | None = Field(None, description="Only clocks of this department.")
    sla_id: Id | None = Field(None, description="Only clocks of this SLA, in whatever version.")


class ExclusionWindowChange(Schema):
    """What to change; what is left out stays."""

    model_config = example(ends_at="2026-03-04T14:30:00Z", sla_id=CREDIT_CHECKS)

    reason: Words = left_out()
    starts_at: Instant = left_out()
    ends_at: Instant = left_out()
    provider_department_id: Id | None = None
    sla_id: Id | None = None


@dataclass(frozen=True, slots=True)
class ExclusionWindow:
    """A stretch of time, an outage or a strike, in which decisions count towards no attainment and no error budget:
    the reports tell them as `excluded`."""

    id: Id
    version: int
    reason: str
    starts_at: Instant
    ends_at: Instant
    provider_department_id: Id | None
    sla_id: Id | None
    created_at: Instant
    updated_at: Instant


class ExclusionWindowListing(Listing):
    """The query of the list of exclusion windows."""

    sort: str | None = sorted_by("starts_at", "ends_at")
    provider_department_id: Id | None = None
    sla_id: Id | None = None
    ends_after: Instant | None = Field(None, description="Those that end after this instant.")
    starts_before: Instant | None = Field(None, description="Those that start before this instant.")
