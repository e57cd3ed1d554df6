"""Events on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.kernel.schemas import Id, Instant, Pattern

_TYPE = r"(\*|[a-z_]+(\.([a-z_]+|\*))?)"
EventTypes = Annotated[
    str, Pattern(f"{_TYPE}(,{_TYPE})*", "must be types separated by commas, such as ticket.opened,commitment.*")
]


LAST_NUMBER = 2**63 - 1


class TypesQuery(BaseModel):
    """Which types of events to tell."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: EventTypes | None = Field(
        None,
        max_length=1000,
        description="Only these types, separated by commas; `ticket.*` stands for all that begin so, `*` for all.",
        examples=["ticket.opened,commitment.*"],
    )

    @property
    def type_names(self) -> list[str]:
        return self.types.split(",") if self.types else []


class EventsQuery(TypesQuery):
    """Where to go on reading, and what to leave out."""

    after: int = Field(0, ge=0, le=LAST_NUMBER, description="The `next` of the answer before; 0 begins at the oldest.")
    limit: int = Field(50, ge=1, le=200)


class StreamQuery(TypesQuery):
    """From where to stream, and what to leave out."""

    after: int | None = Field(
        None,
        ge=0,
        le=LAST_NUMBER,
        description="The number of the feed after which to begin, such as the `next` of `GET /v1/events`; without it: "
        "what happens from now on. `Last-Event-ID` goes first.",
    )


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """One state change. `data` holds what is concerned under its singular name, `previous` and `actor`."""

    id: Id
    sequence: int
    type: str
    occurred_at: Instant
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Events:
    """A piece of the feed; go on with `after=next`."""

    items: list[EventAnswer]
    next: int
