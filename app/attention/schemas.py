"""What needs attention, on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.kernel.paging import Listing, choice_of
from app.kernel.schemas import Currency, Id, Instant, Money

AttentionKindName = Literal["webhook_endpoint_dead"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What it is about."""

    type: Annotated[str, Field(description="The singular name of a resource, such as `webhook_endpoint`.")]
    id: Id


@dataclass(frozen=True, slots=True)
class Act:
    """The request that helps."""

    method: Literal["POST"]
    path: str


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that nobody seems to look after."""

    kind: AttentionKindName
    subject: Subject
    since: Instant
    why: str
    value: Annotated[Money | None, Field(description="What it puts at risk, where that is known.")]
    currency: Currency | None
    act: Act


class AttentionListing(Listing):
    """The query of the list of what needs attention."""

    sort: str | None = choice_of(("since",))
    kind: AttentionKindName | None = Field(None, description="Only this kind.")
