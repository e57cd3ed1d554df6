"""What is told of webhook endpoints."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType
from app.webhooks.endpoints.schemas import Reason, WebhookEndpoint
from app.webhooks.fan_out.matching import DISABLED, TEST


class WebhookTestData(TypedDict):
    """What a test tells: the endpoint that is tested."""

    webhook_endpoint: Annotated[WebhookEndpoint, Field(description="Its URL without what follows the host.")]
    actor: Actor


class WebhookDisabledData(WebhookTestData):
    """What is told of an endpoint that was disabled."""

    because: Reason


_MADE_AT: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
_DISABLED_AT: Final = datetime(2026, 3, 9, 3, 12, 44, tzinfo=UTC)


def _endpoint(**changes: Any) -> WebhookEndpoint:
    made: dict[str, Any] = {
        "id": UUID("019cad56-1000-7a3e-8c1d-2f4b6a8c0e1f"),
        "version": 1,
        "url": "https://example.com/…",
        "description": "The account team's board",
        "event_types": ["sla.breached", "commitment.*"],
        "department_ids": [],
        "customer_ids": [],
        "ordered": False,
        "public_key": None,
        "status": "enabled",
        "disabled_because": None,
        "disabled_at": None,
        "missed_after": None,
        "previous_secret_until": None,
        "replay": None,
        "failures_in_a_row": 0,
        "failing_since": None,
        "last_success_at": None,
        "closed_until": None,
        "pending": 0,
        "created_at": _MADE_AT,
        "updated_at": _MADE_AT,
    }
    return WebhookEndpoint(**{**made, **changes})


TYPES: Final = (
    EventType(
        TEST,
        "An endpoint is tested. It gets this whatever its filters; no other does.",
        WebhookTestData,
        {"webhook_endpoint": _endpoint(), "actor": EXAMPLE_ACTOR},
    ),
    EventType(
        DISABLED,
        "An endpoint is disabled: by hand, because it answered 410, or because nothing succeeded for five days.",
        WebhookDisabledData,
        {
            "webhook_endpoint": _endpoint(
                version=2,
                status="disabled",
                disabled_because="failing",
                disabled_at=_DISABLED_AT,
                missed_after=48_213,
                failures_in_a_row=87,
                failing_since=_DISABLED_AT - timedelta(days=5),
                last_success_at=_DISABLED_AT - timedelta(days=5, minutes=2),
                pending=114,
                updated_at=_DISABLED_AT,
            ),
            "because": "failing",
            "actor": {"type": "system"},
        },
    ),
)
