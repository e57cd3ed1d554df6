"""What is told of the organisation."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from app.directory.event_examples import DEEPA, LUCA
from app.directory.schemas import Member, PassedOn
from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType, SomeOf

_LEFT_AT: Final = datetime(2026, 3, 31, 15, tzinfo=UTC)
_BACK_AT: Final = datetime(2026, 9, 1, 7, tzinfo=UTC)


class MemberChangeData(TypedDict):
    """What is told of a member who is here, or is no longer."""

    member: Member
    previous: Annotated[dict[str, Any], SomeOf(Member)]
    actor: Actor


class MemberLeftData(MemberChangeData):
    """What is told of a member who left."""

    successor: Annotated[Member | None, Field(description="To whom what they held passed; null: to queues.")]
    passed_on: PassedOn


TYPES: Final = (
    EventType(
        "member.left",
        "A member left; what they held is somebody else's, or in a department's queue.",
        MemberLeftData,
        {
            "member": replace(DEEPA, version=2, left_at=_LEFT_AT, updated_at=_LEFT_AT),
            "successor": LUCA,
            "passed_on": PassedOn(tickets=4, requests=1, relationships=3, departments=0),
            "previous": {"left_at": None},
            "actor": EXAMPLE_ACTOR,
        },
    ),
    EventType(
        "member.rejoined",
        "A member who had left is back; what they held stays with whoever has it now.",
        MemberChangeData,
        {
            "member": replace(DEEPA, version=3, updated_at=_BACK_AT),
            "previous": {"left_at": _LEFT_AT},
            "actor": EXAMPLE_ACTOR,
        },
    ),
)
