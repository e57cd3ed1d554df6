"""What is told of what needs attention."""

from datetime import UTC, datetime
from typing import Final

from app.attention.schemas import Act, AttentionItem, Subject, Who
from app.commitments.events import LEEDS
from app.customers.events import ALBION, CustomerData
from app.kernel.background import SYSTEM
from app.kernel.event_types import EventType


class AttentionData(CustomerData):
    """What is told of something that has begun to fall between two stools."""

    attention: AttentionItem


_UNTICKETED: Final = AttentionItem(
    kind="commitment_without_ticket",
    subject=Subject("commitment", LEEDS.id),
    since=datetime(2026, 3, 9, 9, tzinfo=UTC),
    why="Sales promised Albion Foods “Go-live of the Leeds site” for 14 March 2026, and has asked nobody for anything "
    "yet.",
    value=LEEDS.value,
    currency=LEEDS.currency,
    customer_id=ALBION.id,
    could_act=Who(LEEDS.owner_department_id, None),
    act=Act(
        "POST",
        "/v1/tickets",
        {"commitment_id": str(LEEDS.id)},
        ["title", "requester_department_id", "provider_department_id"],
    ),
    snoozed=None,
)

TYPES: Final = (
    EventType(
        "customer.attention",
        "Something that concerns a customer has begun to fall between two stools, such as a ticket that nobody "
        "acknowledged for a day; once for each entry of `GET /v1/attention`.",
        AttentionData,
        {"customer": ALBION, "attention": _UNTICKETED, "actor": SYSTEM},
    ),
)
