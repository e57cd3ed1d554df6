"""What is told of recognitions."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from app.customers.events import ALBION
from app.customers.schemas import Customer
from app.directory.event_examples import AMARA, DEEPA
from app.directory.schemas import Department, Member
from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType
from app.recognition.examples import THANKS
from app.recognition.schemas import Recognition
from app.tickets.event_examples import RESOLVED
from app.tickets.schemas import Ticket


class RecognitionData(TypedDict):
    """What is told of a recognition, and whom it concerns: a member or a department, the other is null."""

    recognition: Recognition
    member: Member | None
    department: Department | None
    from_member: Annotated[Member | None, Field(description="Who thanked, where that is known.")]
    ticket: Ticket | None
    customer: Customer | None
    actor: Actor


_AT: Final = datetime(2026, 3, 17, 9, tzinfo=UTC)
_THANKS: Final = Recognition(
    id=UUID(THANKS),
    version=1,
    member_id=DEEPA.id,
    department_id=None,
    from_member_id=AMARA.id,
    ticket_id=RESOLVED.ticket.id,
    customer_id=ALBION.id,
    message="Stayed until the credit line was open, so that the hall could go live on Monday.",
    given_at=_AT,
    actor=dict(EXAMPLE_ACTOR),
    created_at=_AT,
    updated_at=_AT,
)

TYPES: Final = (
    EventType(
        "recognition.given",
        "A member or a department is thanked for what they did.",
        RecognitionData,
        {
            "recognition": _THANKS,
            "member": DEEPA,
            "department": None,
            "from_member": AMARA,
            "ticket": RESOLVED.ticket,
            "customer": ALBION,
            "actor": EXAMPLE_ACTOR,
        },
    ),
)
