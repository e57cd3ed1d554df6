"""Deliveries on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from app.kernel.paging import Listing, choice_of
from app.kernel.schemas import Id, Instant

DeliveryStatus = Literal["pending", "succeeded", "dead"]


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One event on its way to one endpoint, and how the last attempt went."""

    id: Id
    webhook_endpoint_id: Id
    event_id: Annotated[Id, Field(description="The `webhook-id`, the same in every attempt and every replay.")]
    event_type: str
    sequence: Annotated[int, Field(description="The event's number in the feed.")]
    status: Annotated[
        DeliveryStatus,
        Field(description="`dead`: the schedule's last try failed; `retry` and `recover` begin it anew."),
    ]
    attempt_count: int
    status_code: Annotated[int | None, Field(description="Of the last attempt; null when nothing was answered.")]
    error: Annotated[str | None, Field(description="Why the last attempt got no answer.")]
    created_at: Instant
    next_attempt_at: Annotated[
        Instant | None,
        Field(description="Not before then: what is `ordered` waits for those before it, and a circuit may be open."),
    ]
    ended_at: Annotated[Instant | None, Field(description="When it succeeded or died.")]


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt, and what came of it."""

    number: int
    at: Instant
    duration_ms: int
    url: str
    status_code: int | None
    error: Annotated[str | None, Field(description="Why nothing was answered.")]
    answer_headers: dict[str, str] | None
    answer: Annotated[str | None, Field(description="The first 2 KiB of the answer's body.")]


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """What is sent. `webhook-timestamp` and `webhook-signature` are of each attempt and not kept."""

    url: Annotated[str, Field(description="The endpoint's URL, as it is now.")]
    headers: dict[str, str]
    body: Annotated[dict[str, Any], Field(description="`{id, type, timestamp, data}`")]


@dataclass(frozen=True, slots=True)
class LoggedWebhookDelivery(WebhookDelivery):
    """A delivery with its attempts and with what is sent."""

    attempts: Annotated[list[DeliveryAttempt], Field(description="The latest 200, in their order.")]
    request: Annotated[DeliveryRequest | None, Field(description="Null once the feed no longer has the event.")]


class DeliveryListing(Listing):
    """The query of the list of an endpoint's deliveries."""

    sort: str | None = choice_of(("id",))
    status: DeliveryStatus | None = None
    event_type: str | None = Field(None, max_length=100, description="Exactly this type.", examples=["ticket.opened"])
    event_id: Id | None = Field(None, description="Deliveries of this event; replays have their own.")
    status_code: int | None = Field(
        None, ge=100, le=999, description="What the last attempt was answered.", examples=[500]
    )
    since: Instant | None = Field(None, description="Those made at or after this instant.")
    until: Instant | None = Field(None, description="Those made before this instant.")
