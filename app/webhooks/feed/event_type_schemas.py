"""Types of events on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from app.kernel.event_types import EventType
from app.kernel.paging import Listing, choice_of


class EventTypeListing(Listing):
    """The query of the list of event types."""

    sort: str | None = choice_of(("type",))
    type: str | None = Field(
        None,
        max_length=100,
        description="Exactly this type; `ticket.*` stands for all that begin so.",
        examples=["commitment.*"],
        json_schema_extra={"pattern": r"^(\*|[a-z_]+\.([a-z_]+|\*))$"},
    )


@dataclass(frozen=True, slots=True)
class EventTypeAnswer:
    """What events of one type tell."""

    type: Annotated[str, Field(examples=["ticket.opened"])]
    description: Annotated[str, Field(description="When it is told.")]
    schema: Annotated[dict[str, Any], Field(description="The JSON Schema (2020-12) of the event's `data`.")]
    example: Annotated[dict[str, Any], Field(description="Such `data`.")]

    @classmethod
    def of(cls, kind: EventType) -> "EventTypeAnswer":
        return cls(kind.name, kind.description, kind.schema(), kind.example_document())
