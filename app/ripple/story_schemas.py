"""The story of a commitment on the wire: its sentences, and the timeline they are about."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import Id, Instant
from app.ripple.schemas import SegmentAnswer
from app.ripple.telling import Sentence

Cause = Literal["queue", "work", "requester", "customer", "third_party"]


@dataclass(frozen=True, slots=True)
class TimelineLeg:
    """The stretch of a ticket's life with one department."""

    department: str
    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    acknowledged_at: Instant | None


@dataclass(frozen=True, slots=True)
class TimelineWait:
    """A stretch in which the ticket waited for somebody, until the next wait at most."""

    on: Literal["requester", "customer", "third_party"]
    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant


@dataclass(frozen=True, slots=True)
class TimelineTicket:
    """A ticket's life; while it is open, or was when the commitment ended, `ended_at` is that instant.

    `depth` is 1 for what the commitment asked for, 2 for what that waited for, and so on. `raised_by` is the ticket for
    whose sake it was opened (null: the commitment, or nobody here). `driving`: what it blocks waited for it. `on_path`:
    the customer did, for `on_path_seconds`.
    """

    ticket_id: Id
    number: Annotated[int, Field(examples=[17])]
    title: str
    requester: Annotated[str, Field(description="The department's key.", examples=["OPS"])]
    provider: Annotated[str, Field(description="The department's key.", examples=["FIN"])]
    opened_at: Instant
    ended_at: Instant
    due_at: Instant | None
    resolved: bool
    depth: int
    raised_by: Id | None
    driving: bool
    on_path: bool
    on_path_seconds: int
    overrun_seconds: int
    legs: list[TimelineLeg]
    waits: list[TimelineWait]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a drawing needs. `from` and `to` bound everything, also the due time and tickets that outlast the
    commitment; each ticket comes after the one it was asked for."""

    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    promised_at: Instant
    due_at: Instant
    ended_at: Instant
    delivered: bool
    tickets: list[TimelineTicket]


@dataclass(frozen=True, slots=True)
class CommitmentStory:
    """Why a commitment was late, or was not, in sentences backed by figures; departments by key.

    What `share` and `plan` sentences come down to adds up to the lateness. `path` is whom the customer was waiting for,
    second by second. `as_of` is the delivery or cancellation, while the commitment is open now.
    """

    commitment_id: Id
    customer_id: Id
    as_of: Instant
    engine_version: str
    status: Literal["open", "delivered", "cancelled"]
    headline: Sentence
    sentences: list[Sentence]
    departments: Annotated[
        dict[str, str], Field(description="The names of the departments, by key.", examples=[{"FIN": "Finance"}])
    ]
    timeline: Timeline
    path: list[SegmentAnswer]
