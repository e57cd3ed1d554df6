"""Events on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.kernel.schemas import Id, Instant, Pattern

_TYPE = r"[a-z_]+(\.([a-z_]+|\*))?"
EventTypes = Annotated[
    str, Pattern(f"{_TYPE}(,{_TYPE})*", "must be types separated by commas, such as ticket.opened,commitment.*")
]


class EventsQuery(BaseModel):
    """Where to go on reading, and what to leave out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: int = Field(0, ge=0, le=2**63 - 1, description="The `next` of the answer before; 0 begins at the oldest.")
    limit: int = Field(50, ge=1, le=200)
    types: EventTypes | None = Field(
        None,
        max_length=1000,
        description="Only these types, separated by commas; `ticket.*` stands for all that begin so.",
        examples=["ticket.opened,commitment.*"],
    )

    @property
    def type_names(self) -> list[str]:
        return self.types.split(",") if self.types else []


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
